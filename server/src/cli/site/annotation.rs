//! `trackflow site annotation`.

use anyhow::Context;
use clap::Subcommand;
use trackflow::{
    db::Db,
    domain::{AnnotatedTime, AnnotationId, NewAnnotation, Principal, Timestamp},
    services::{annotation_service, site_service},
};

use crate::clock;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Annotation {
    /// Add a note to the chart, at a date or a time of the site's zone.
    Add {
        /// Host name of the site
        domain: String,
        /// Date, such as 2026-11-24
        date: String,
        /// What happened
        text: String,
        /// Time of day, such as 14:05 [default: the whole day]
        #[arg(long, default_value = "", hide_default_value = true)]
        time: String,
    },
    /// List a site's annotations, latest first: number, date or instant (UTC), text, separated by tabs.
    List {
        /// Host name of the site
        domain: String,
    },
    /// Remove an annotation.
    Remove {
        /// Host name of the site
        domain: String,
        /// Its number, as the list shows it
        id: i64,
    },
}

pub(super) async fn run(db: &Db, command: Annotation) -> anyhow::Result<()> {
    let system = Principal::System;
    match command {
        Annotation::Add {
            domain,
            date,
            text,
            time,
        } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            let new = NewAnnotation { date, time, text };
            let annotation =
                annotation_service::create(db, &system, &site, &new, clock::now()).await;
            let annotation = annotation.context("no annotation was added")?;
            println!("annotation {} was added", annotation.id.0);
        }
        Annotation::List { domain } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            for annotation in annotation_service::find_all(db, &system, &site).await? {
                let when = time_words(annotation.time);
                println!("{}\t{when}\t{}", annotation.id.0, annotation.text);
            }
        }
        Annotation::Remove { domain, id } => {
            let site = site_service::get_by_domain(db, &system, &domain).await?;
            annotation_service::delete(db, &system, site.id, AnnotationId(id))
                .await
                .context("no annotation was removed")?;
            println!("annotation {id} was removed");
        }
    }
    Ok(())
}

fn time_words(time: AnnotatedTime) -> String {
    match time {
        AnnotatedTime::Day(day) => day.to_string(),
        AnnotatedTime::Instant(Timestamp(at)) => jiff::Timestamp::from_millisecond(at)
            .map(|at| at.to_string())
            .unwrap_or_default(),
    }
}
