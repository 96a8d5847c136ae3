//! The ledger of refusals as chart and tables, each reason with what it means and what to do.

use leptos::prelude::*;
use trackflow::domain::{RefusalPeriod, RefusalReport, Site};

use super::FigureText;
use crate::{
    charts::{Bar, bars_svg},
    format,
    query::encode,
};

mod words;

use words::words;

/// Bots that are shown before "more".
const BOTS_SHOWN: usize = 10;

/// A report with links to the other periods.
#[component]
pub fn Refusals(report: RefusalReport, site: Site) -> impl IntoView {
    let total = report.total();
    let body = if total == 0 {
        view! { <p class="panel-empty">"Nothing was refused in this time."</p> }.into_any()
    } else {
        view! {
            {chart(&report)}
            {reasons(&report, &site)}
        }
        .into_any()
    };
    let bots = (!report.bots.is_empty()).then(|| bots(&report.bots));
    let without_site = (report.without_site > 0).then(|| without_site(&report, &site));
    view! {
        <section class="section" aria-labelledby="refused">
            <div class="section-head">
                <header>
                    <h2 id="refused">"Refused events"</h2>
                    <p class="hint" data-refresh="refused-total">
                        {summary(&report)}
                    </p>
                </header>
                {periods(report.period, &site)}
            </div>
            <div class="refusals" data-refresh="refusals">
                {body}
                {without_site}
            </div>
        </section>
        <div data-refresh="bots">{bots}</div>
    }
    .into_any()
}

fn summary(report: &RefusalReport) -> String {
    let span = match report.period {
        RefusalPeriod::Hours24 => "the last 24 hours",
        RefusalPeriod::Days7 => "the last 7 days",
        RefusalPeriod::Days30 => "the last 30 days",
    };
    match report.total() {
        0 => format!("None in {span}."),
        total => format!(
            "{} in {span}, not counted in the figures.",
            format::exact(total)
        ),
    }
}

fn periods(current: RefusalPeriod, site: &Site) -> impl IntoView + use<> {
    let links = RefusalPeriod::ALL.map(|period| {
        let label = match period {
            RefusalPeriod::Hours24 => "24 h",
            RefusalPeriod::Days7 => "7 d",
            RefusalPeriod::Days30 => "30 d",
        };
        let href = format!(
            "/sites/{}/ingestion?period={}",
            encode(&site.domain),
            period.key()
        );
        let is_current = (period == current).then_some("true");
        view! {
            <a href=href aria-current=is_current>
                {label}
            </a>
        }
    });
    view! {
        <nav class="segments" aria-label="Period">
            {links.collect_view()}
        </nav>
    }
    .into_any()
}

fn chart(report: &RefusalReport) -> impl IntoView + use<> {
    let bars: Vec<Bar> = report
        .buckets
        .iter()
        .map(|bucket| {
            let (day, time) = bucket.label.rsplit_once(' ').unwrap_or(("", &bucket.label));
            let label = match report.period {
                RefusalPeriod::Hours24 => time,
                RefusalPeriod::Days7 => day,
                RefusalPeriod::Days30 => &bucket.label,
            };
            Bar {
                label: label.to_owned(),
                title: format!(
                    "{}: {} kept out as intended, {} perhaps visitors",
                    bucket.label,
                    format::exact(bucket.intended),
                    format::exact(bucket.suspect)
                ),
                lower: bucket.intended,
                upper: bucket.suspect,
            }
        })
        .collect();
    let rows: Vec<_> = report
        .buckets
        .iter()
        .rev()
        .map(|bucket| {
            view! {
                <tr>
                    <th scope="row">{bucket.label.clone()}</th>
                    <td class="value">{format::exact(bucket.intended)}</td>
                    <td class="value">{format::exact(bucket.suspect)}</td>
                </tr>
            }
        })
        .collect();
    let drawing = bars_svg(
        &bars,
        "Refused events by time; the figures stand in the table below",
    );
    view! {
        <figure class="chart bars" aria-label="Refused events by time">
            <div class="chart-body" inner_html=drawing></div>
            <div class="chart-foot">
                <ul class="legend">
                    <li>
                        <svg class="key lower" aria-hidden="true">
                            <rect></rect>
                        </svg>
                        "Kept out as intended"
                    </li>
                    <li>
                        <svg class="key upper" aria-hidden="true">
                            <rect></rect>
                        </svg>
                        "Perhaps real visitors"
                    </li>
                </ul>
                <details class="chart-data">
                    <summary>"Figures as a table"</summary>
                    <div class="scroll" tabindex="0" role="region" aria-label="Refused events by time">
                        <table class="table">
                            <thead>
                                <tr>
                                    <th scope="col">"From"</th>
                                    <th scope="col" class="value">
                                        "As intended"
                                    </th>
                                    <th scope="col" class="value">
                                        "Perhaps visitors"
                                    </th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </details>
            </div>
        </figure>
    }
    .into_any()
}

fn reasons(report: &RefusalReport, site: &Site) -> impl IntoView + use<> {
    let total = report.total();
    let rows: Vec<_> = report
        .reasons
        .iter()
        .map(|&(reason, count)| {
            let words = words(reason);
            let rules = words.leads_to_rules.then(|| {
                let href = format!("/sites/{}/rules", encode(&site.domain));
                view! {
                    " "
                    <a href=href>"Open the rules"</a>
                }
            });
            let look = reason
                .may_be_visitor()
                .then(|| view! { <span class="badge look">"Worth a look"</span> });
            view! {
                <tr>
                    <th scope="row">
                        <span class="reason">{words.label}</span>
                        {look}
                        <p class="hint">
                            {words.meaning}
                            " "
                            {words.advice}
                            {rules}
                        </p>
                    </th>
                    <td class="value">
                        <b>
                            <FigureText figure=format::count(count)/>
                        </b>
                        <span class="part">{format::share(count, total)}</span>
                    </td>
                </tr>
            }
        })
        .collect();
    view! {
        <table class="reasons">
            <caption class="visually-hidden">"Refused events by reason"</caption>
            <thead class="visually-hidden">
                <tr>
                    <th scope="col">"Reason"</th>
                    <th scope="col">"Events"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn bots(bots: &[(String, u64)]) -> impl IntoView + use<> {
    let row = |(name, count): &(String, u64)| {
        let name = if name.is_empty() { "unnamed" } else { name };
        view! {
            <tr>
                <th scope="row" class="truncate">
                    {name.to_owned()}
                </th>
                <td class="value">
                    <FigureText figure=format::count(*count)/>
                </td>
            </tr>
        }
    };
    let (first, more) = bots.split_at(bots.len().min(BOTS_SHOWN));
    let first: Vec<_> = first.iter().map(row).collect();
    let more = (!more.is_empty()).then(|| {
        let rows: Vec<_> = more.iter().map(row).collect();
        let words = format!("{} more", rows.len());
        view! {
            <details class="chart-data">
                <summary>{words}</summary>
                <table class="plain">
                    <caption class="visually-hidden">"Further bots by name"</caption>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        }
    });
    view! {
        <section class="section" aria-labelledby="bots">
            <header>
                <h2 id="bots">"Bots by name"</h2>
                <p class="hint">
                    "As they call themselves, from the list of known crawlers and tools. No user agent is stored."
                </p>
            </header>
            <table class="plain">
                <caption class="visually-hidden">"Refused bots by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Bot"</th>
                        <th scope="col" class="value">
                            "Events"
                        </th>
                    </tr>
                </thead>
                <tbody>{first}</tbody>
            </table>
            {more}
        </section>
    }
    .into_any()
}

/// What no site could be told of.
fn without_site(report: &RefusalReport, site: &Site) -> impl IntoView + use<> {
    view! {
        <p class="hint">
            {format!(
                "Besides, this server received {} events in this time that name none of its sites or cannot be read. \
                If visits to {} are missing altogether, its pages may be among them: their snippet has to say ",
                format::exact(report.without_site),
                site.domain,
            )}
            <code>{format!("data-domain=\"{}\"", site.domain)}</code>
            "."
        </p>
    }
    .into_any()
}
