//! `trackflow site`.

mod annotation;
mod funnel;
mod goal;
mod rule;
mod segment;

use anyhow::Context;
use clap::Subcommand;
use trackflow::{
    config::Config,
    domain::{NewSite, Principal},
    services::site_service,
};

use super::open;
use crate::clock;

#[derive(Debug, Subcommand)]
pub(super) enum Site {
    /// Add a site.
    Add {
        /// Host name, such as example.com
        domain: String,
        /// What the dashboard calls it [default: the domain]
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// IANA time zone whose midnights bound the site's days, such as Europe/Berlin
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        time_zone: String,
    },
    /// List all sites: domain, time zone and name, separated by tabs.
    List,
    /// Remove a site with everything that was counted for it. Cannot be undone.
    Remove {
        /// Host name
        domain: String,
    },
    /// Add, list and remove rules on which events of a site count.
    #[command(subcommand)]
    Rule(rule::Rule),
    /// Add, list and remove what visitors of a site are meant to do.
    #[command(subcommand)]
    Goal(goal::Goal),
    /// Add, list and remove steps that lead to goals of a site.
    #[command(subcommand)]
    Funnel(funnel::Funnel),
    /// Add, list and remove saved filters of a site.
    #[command(subcommand)]
    Segment(segment::Segment),
    /// Add, list and remove notes in the chart of a site.
    #[command(subcommand)]
    Annotation(annotation::Annotation),
}

pub(super) async fn run(config: &Config, command: Site) -> anyhow::Result<()> {
    let db = open::database(&config.database).await?;
    let system = Principal::System;
    match command {
        Site::Add {
            domain,
            name,
            time_zone,
        } => {
            let new = NewSite {
                domain,
                name,
                time_zone,
            };
            let site = site_service::create(&db, &system, &new, clock::now()).await?;
            println!("{} was added", site.domain);
        }
        Site::List => {
            for site in site_service::find_all(&db, &system).await? {
                println!("{}\t{}\t{}", site.domain, site.time_zone, site.name);
            }
        }
        Site::Remove { domain } => {
            let site = site_service::get_by_domain(&db, &system, &domain)
                .await
                .with_context(|| format!("{domain} cannot be removed"))?;
            site_service::delete(&db, &system, site.id).await?;
            println!("{} was removed", site.domain);
        }
        Site::Rule(command) => rule::run(&db, command).await?,
        Site::Goal(command) => goal::run(&db, command).await?,
        Site::Funnel(command) => funnel::run(&db, command).await?,
        Site::Segment(command) => segment::run(&db, command).await?,
        Site::Annotation(command) => annotation::run(&db, command).await?,
    }
    Ok(())
}
