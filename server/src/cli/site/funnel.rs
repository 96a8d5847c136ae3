//! `trackflow site funnel`.

use anyhow::Context;
use clap::{Subcommand, builder::PossibleValuesParser};
use trackflow::{
    db::Db,
    domain::{Funnel as SiteFunnel, FunnelScope, FunnelStep, Goal, GoalKind, NewFunnel, Principal},
    services::{ServiceError, funnel_service, goal_service, site_service},
};

use crate::clock;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Funnel {
    /// Add a funnel.
    Add {
        /// Host name of the site
        domain: String,
        /// What the dashboard calls it
        name: String,
        /// A step: goal:NAME, page:PATTERN or event:NAME; 2 to 10, in their order
        #[arg(long = "step", value_name = "STEP", required = true)]
        steps: Vec<String>,
        /// Within what all steps must be taken
        #[arg(
            long,
            value_name = "SCOPE",
            default_value = "visit",
            value_parser = PossibleValuesParser::new(FunnelScope::ALL.map(FunnelScope::key)),
        )]
        within: String,
    },
    /// List a site's funnels: name, scope and steps, separated by tabs.
    List {
        /// Host name of the site
        domain: String,
    },
    /// Remove a funnel; its goals stay.
    Remove {
        /// Host name of the site
        domain: String,
        /// Name of the funnel
        name: String,
    },
}

pub(super) async fn run(db: &Db, command: Funnel) -> anyhow::Result<()> {
    let system = Principal::System;
    match command {
        Funnel::Add {
            domain,
            name,
            steps,
            within,
        } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            let goals = goal_service::find_all(db, &system, site.id).await?;
            let steps = steps.iter().map(|step| parse_step(step, &goals));
            let new = NewFunnel {
                name,
                scope: FunnelScope::from_key(&within).expect("the parser takes keys only"),
                steps: steps.collect::<Result<_, _>>()?,
            };
            let funnel = funnel_service::create(db, &system, site.id, &new, clock::now()).await;
            println!("{} was added", funnel.context("no funnel was added")?.name);
        }
        Funnel::List { domain } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            let goals = goal_service::find_all(db, &system, site.id).await?;
            for funnel in funnel_service::find_all(db, &system, site.id).await? {
                println!("{}", line(&funnel, &goals));
            }
        }
        Funnel::Remove { domain, name } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            let funnels = funnel_service::find_all(db, &system, site.id).await?;
            let funnel = funnels.into_iter().find(|funnel| funnel.name == name);
            let funnel = funnel
                .ok_or(ServiceError::NotFound("funnel"))
                .context("no funnel was removed")?;
            funnel_service::delete(db, &system, site.id, funnel.id).await?;
            println!("{name} was removed");
        }
    }
    Ok(())
}

fn line(funnel: &SiteFunnel, goals: &[Goal]) -> String {
    let mut cells = vec![funnel.name.clone(), funnel.scope.key().to_owned()];
    let steps = funnel.steps.iter();
    cells.extend(steps.map(|step| funnel_service::resolve_step(step, goals).0));
    cells.join("\t")
}

fn parse_step(text: &str, goals: &[Goal]) -> Result<FunnelStep, ServiceError> {
    let invalid = |reason: String| ServiceError::Invalid {
        field: "step",
        reason,
    };
    let value = |value: &str| value.to_owned();
    match text.split_once(':') {
        Some(("page", pattern)) => Ok(FunnelStep::Other(GoalKind::Page {
            pattern: value(pattern),
        })),
        Some(("event", name)) => Ok(FunnelStep::Other(GoalKind::Event {
            name: value(name),
            properties: Vec::new(),
        })),
        Some(("goal", name)) => {
            let goal = goals.iter().find(|goal| goal.name == name);
            goal.map(|goal| FunnelStep::Goal(goal.id))
                .ok_or_else(|| invalid(format!("names the goal {name}, which there is not")))
        }
        _ => Err(invalid(format!(
            "must be goal:NAME, page:PATTERN or event:NAME, not {text}"
        ))),
    }
}
