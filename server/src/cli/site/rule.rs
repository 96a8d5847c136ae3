//! `trackflow site rule`.

use anyhow::Context;
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use trackflow::{
    db::Db,
    domain::{Principal, RuleKind},
    services::{rule_service, site_service},
};

use crate::clock;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Rule {
    /// Add a rule; a new rate limit takes the place of the old one.
    Add(Named),
    /// List a site's rules: kind and value, separated by a tab.
    List {
        /// Host name of the site
        domain: String,
    },
    /// Remove a rule.
    Remove(Named),
}

/// One rule of one site.
#[derive(Debug, Args)]
pub(in crate::cli) struct Named {
    /// Host name of the site
    domain: String,
    /// What the rule is about
    #[arg(value_parser = PossibleValuesParser::new(RuleKind::ALL.map(RuleKind::key)))]
    kind: String,
    /// Host, address or network, country code, page or number of events a second
    value: String,
}

impl Named {
    fn kind(&self) -> RuleKind {
        RuleKind::from_key(&self.kind).expect("the parser takes keys only")
    }
}

pub(super) async fn run(db: &Db, command: Rule) -> anyhow::Result<()> {
    let system = Principal::System;
    match command {
        Rule::Add(named) => {
            let kind = named.kind();
            let site = site_service::get_by_domain(db, &system, &named.domain).await?;
            let rule =
                rule_service::create(db, &system, site.id, kind, &named.value, clock::now()).await;
            let rule = rule.context("no rule was added")?;
            println!("{} {} was added", named.kind, rule.value);
        }
        Rule::List { domain } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            for rule in rule_service::find_all(db, &system, site.id).await? {
                println!("{}\t{}", rule.kind.key(), rule.value);
            }
        }
        Rule::Remove(named) => {
            let kind = named.kind();
            let site = site_service::get_by_domain(db, &system, &named.domain).await?;
            rule_service::delete(db, &system, site.id, kind, &named.value)
                .await
                .context("no rule was removed")?;
            println!("{} {} was removed", named.kind, named.value);
        }
    }
    Ok(())
}
