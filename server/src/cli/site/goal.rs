//! `trackflow site goal`.

use anyhow::Context;
use clap::{Args, Subcommand};
use trackflow::{
    db::Db,
    domain::{Filter, Goal as SiteGoal, GoalKind, Principal, Site},
    services::{ServiceError, goal_service, site_service},
};

use crate::clock;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Goal {
    /// Add a goal: a page that is viewed or scrolled, or an event that happens.
    Add(New),
    /// List a site's goals: name and what it is, separated by a tab.
    List {
        /// Host name of the site
        domain: String,
    },
    /// Remove a goal.
    Remove {
        /// Host name of the site
        domain: String,
        /// Name of the goal
        name: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// Host name of the site
    domain: String,
    /// Page to be viewed; * is one segment or a part of one, ** any text
    #[arg(
        long,
        value_name = "PATTERN",
        required_unless_present = "event",
        conflicts_with = "event"
    )]
    page: Option<String>,
    /// How far the page must be scrolled, in percent, instead of being viewed
    #[arg(long, value_name = "PERCENT", requires = "page")]
    scrolled: Option<u8>,
    /// Name of the custom event that must happen
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// Condition on a property of the event, such as plan:is:pro; may be repeated
    #[arg(
        long = "where",
        value_name = "PROPERTY:OPERATOR:VALUE",
        requires = "event"
    )]
    properties: Vec<String>,
    /// What the dashboard calls it [default: what it is]
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
}

impl New {
    fn kind(&self) -> Result<GoalKind, ServiceError> {
        if let Some(name) = &self.event {
            let properties = self.properties.iter().map(|text| {
                Filter::parse(&format!("property.{text}")).map_err(|error| ServiceError::Invalid {
                    field: "where",
                    reason: error.to_string(),
                })
            });
            return Ok(GoalKind::Event {
                name: name.clone(),
                properties: properties.collect::<Result<_, _>>()?,
            });
        }
        let pattern = self.page.clone().unwrap_or_default();
        Ok(match self.scrolled {
            Some(percent) => GoalKind::Scroll { pattern, percent },
            None => GoalKind::Page { pattern },
        })
    }
}

pub(super) async fn run(db: &Db, command: Goal) -> anyhow::Result<()> {
    let system = Principal::System;
    match command {
        Goal::Add(new) => {
            let site = site_service::get_by_domain(db, &system, &new.domain).await?;
            let kind = new.kind()?;
            let goal =
                goal_service::create(db, &system, site.id, &new.name, &kind, clock::now()).await;
            println!("{} was added", goal.context("no goal was added")?.name);
        }
        Goal::List { domain } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            for goal in goal_service::find_all(db, &system, site.id).await? {
                println!("{}\t{}", goal.name, goal.kind);
            }
        }
        Goal::Remove { domain, name } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            let goal = named(db, &site, &name)
                .await
                .context("no goal was removed")?;
            goal_service::delete(db, &system, site.id, goal.id).await?;
            println!("{name} was removed");
        }
    }
    Ok(())
}

/// The goal of a name.
pub(super) async fn named(db: &Db, site: &Site, name: &str) -> Result<SiteGoal, ServiceError> {
    let goals = goal_service::find_all(db, &Principal::System, site.id).await?;
    let goal = goals.into_iter().find(|goal| goal.name == name);
    goal.ok_or(ServiceError::NotFound("goal"))
}
