//! `trackflow site segment`.

use anyhow::Context;
use clap::Subcommand;
use trackflow::{
    db::Db,
    domain::{Condition, Filter, Principal},
    services::{ServiceError, segment_service, site_service},
};

use crate::clock;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Segment {
    /// Save filters for everyone who sees the site.
    Add {
        /// Host name of the site
        domain: String,
        /// What menus call it
        name: String,
        /// A filter as the dashboard's address has it, such as country:is:DE; all must hold
        #[arg(long = "filter", value_name = "FILTER", required = true)]
        filters: Vec<String>,
    },
    /// List a site's segments: name and condition, separated by a tab. Personal ones are their users' only.
    List {
        /// Host name of the site
        domain: String,
    },
    /// Remove a segment.
    Remove {
        /// Host name of the site
        domain: String,
        /// Name of the segment
        name: String,
    },
}

pub(super) async fn run(db: &Db, command: Segment) -> anyhow::Result<()> {
    let system = Principal::System;
    match command {
        Segment::Add {
            domain,
            name,
            filters,
        } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            let filters = filters.iter().map(|text| {
                Filter::parse(text).map_err(|error| ServiceError::Invalid {
                    field: "filter",
                    reason: error.0,
                })
            });
            let condition = Condition::all(&filters.collect::<Result<Vec<_>, _>>()?);
            let now = clock::now();
            let segment =
                segment_service::create(db, &system, site.id, &name, &condition, false, now).await;
            println!(
                "{} was added",
                segment.context("no segment was added")?.name
            );
        }
        Segment::List { domain } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            for segment in segment_service::find_all(db, &system, site.id).await? {
                let words = match &segment.condition {
                    Ok(condition) => condition.to_string(),
                    Err(reason) => format!("cannot be used: {reason}"),
                };
                println!("{}\t{words}", segment.name);
            }
        }
        Segment::Remove { domain, name } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            let segments = segment_service::find_all(db, &system, site.id).await?;
            let segment = segments.into_iter().find(|segment| segment.name == name);
            let segment = segment
                .ok_or(ServiceError::NotFound("segment"))
                .context("no segment was removed")?;
            segment_service::delete(db, &system, site.id, segment.id).await?;
            println!("{name} was removed");
        }
    }
    Ok(())
}
