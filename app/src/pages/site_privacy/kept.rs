//! What is kept of the site and for how long.

use leptos::prelude::*;
use trackflow::domain::{KeptTable, Site};

use super::{fact, facts};
use crate::{format, time_zones::date_words};

pub(super) fn section(site: &Site, kept: &[KeptTable]) -> AnyView {
    let mut rows: Vec<_> = kept.iter().map(|table| row(site, table)).collect();
    rows.push(entry(
        "Keys",
        "A random key for each time zone and day",
        String::new(),
        "Until 30 minutes after their day",
    ));
    rows.push(entry(
        "Sessions",
        "Of the people who log in here",
        String::new(),
        "30 days, or until they sign out",
    ));
    view! {
        <section class="section" aria-labelledby="kept">
            <header>
                <h2 id="kept">"What is kept"</h2>
                <p class="hint">
                    "Addresses, user agents, queries and cookies of visitors are kept nowhere, \
                    in no table and no log."
                </p>
            </header>
            {facts("What is kept of this site, and for how long", rows)}
        </section>
    }
    .into_any()
}

fn row(site: &Site, table: &KeptTable) -> AnyView {
    let (name, holds, life) = match table.name.as_str() {
        "event" => ("Events", "What happened, one row each", FOREVER),
        "visit" => ("Visits", "What is known of a visit, one row each", FOREVER),
        "dictionary" => (
            "Dictionary",
            "Paths, sources, browsers: each text once",
            FOREVER,
        ),
        "event_key" => (
            "Keys of events",
            "Random numbers by which senders mark a repetition",
            "48 hours",
        ),
        "refusal" => (
            "Ledger of refusals",
            "How many events were not counted, by hour and reason",
            "13 months",
        ),
        "vital" => (
            "Web vitals",
            "How many page views were how fast, by day, page, country and class of device",
            FOREVER,
        ),
        "site_rule" => (
            "Rules",
            "What you want counted, as you entered it",
            UNTIL_REMOVED,
        ),
        "goal" => ("Goals", "What visitors are meant to do", UNTIL_REMOVED),
        "funnel" => ("Funnels", "Steps that lead there", UNTIL_REMOVED),
        "segment" => ("Segments", "Filters under a name", UNTIL_REMOVED),
        "share_link" => (
            "Secret links",
            "Whom you share the dashboard with, as you named it; nothing of readers",
            UNTIL_REMOVED,
        ),
        "annotation" => (
            "Annotations",
            "Notes in the chart and who wrote them",
            UNTIL_REMOVED,
        ),
        _ => (table.name.as_str(), "", FOREVER),
    };
    let since = table
        .first_at
        .and_then(|at| date_words(at, &site.time_zone))
        .map_or_else(String::new, |date| format!(" since {date}"));
    let rows = match table.rows {
        KeptTable::COUNT_LIMIT => {
            format!("more than {}", format::exact(KeptTable::COUNT_LIMIT - 1))
        }
        rows => format::exact(rows),
    };
    let unit = if table.rows == 1 { "row" } else { "rows" };
    entry(name, holds, format!("{rows} {unit}{since}"), life)
}

/// What owners enter themselves.
const UNTIL_REMOVED: &str = "Until you remove them";

/// Nothing ends by itself yet.
const FOREVER: &str = "Until the site is deleted";

fn entry(name: &str, holds: &'static str, now: String, life: &'static str) -> AnyView {
    let now = (!now.is_empty()).then(|| view! { <span class="more">{now}</span> });
    fact(
        view! {
            {name.to_owned()}
            <span class="more">{holds}</span>
        },
        view! { {life} {now} },
    )
}
