//! The key of today: since when it lives and when it dies.

use leptos::prelude::*;
use trackflow::domain::{KeyReport, Site, Timestamp};

use super::{fact, facts};
use crate::{format, time_zones::moment_words};

pub(super) fn section(site: &Site, keys: KeyReport, now: Timestamp) -> AnyView {
    let moment = |at: Timestamp| moment_words(at, &site.time_zone).unwrap_or_default();
    let mut rows = Vec::new();
    match keys.current {
        Some(key) => {
            let age = format!("{} ago", span(key.created_at, now));
            let rest = format!("in {}", span(now, key.dies_at));
            rows.push(fact(
                "Today’s key was made",
                value(moment(key.created_at), age),
            ));
            rows.push(fact(
                "It will be destroyed",
                value(moment(key.dies_at), rest),
            ));
        }
        None => rows.push(fact(
            "Today’s key",
            value("None".into(), "The first event of the day makes it".into()),
        )),
    }
    if let Some(key) = keys.previous {
        let rest = format!(
            "in {}, so that visits over midnight stay whole",
            span(now, key.dies_at)
        );
        rows.push(fact(
            "Yesterday’s key will be destroyed",
            value(moment(key.dies_at), rest),
        ));
    }
    let (at, more) = match keys.last_destroyed_at {
        Some(at) => (moment(at), format!("{} ago", span(at, now))),
        None => (
            "Not known".into(),
            if keys.has_file {
                "None since the machine was started".into()
            } else {
                "None since the program was started".into()
            },
        ),
    };
    rows.push(fact("A key was last destroyed", value(at, more)));
    let place = if keys.has_file {
        value(
            "Memory, and a file in memory".into(),
            "Never in the database, the data folder or a backup".into(),
        )
    } else {
        value(
            "Memory only".into(),
            "A restart of the program destroys them and splits running visits".into(),
        )
    };
    rows.push(fact("Keys are kept in", place));
    view! {
        <section class="section" aria-labelledby="keys">
            <header>
                <h2 id="keys">"The key of the day"</h2>
                <p class="hint">
                    "A visitor is a keyed hash of network, browser and site. Once the day’s random key is destroyed, \
                    nobody can tell whose a stored number was. Times are those of "
                    {site.time_zone.clone()} "."
                </p>
            </header>
            {facts("The key of the day", rows)}
        </section>
    }
    .into_any()
}

fn value(main: String, more: String) -> AnyView {
    view! {
        {main}
        <span class="more">{more}</span>
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "a few days in milliseconds")]
fn span(from: Timestamp, to: Timestamp) -> String {
    format::duration((to.0 - from.0) as f64 / 1_000.0)
}
