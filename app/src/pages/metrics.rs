//! How figures are counted: the definitions behind every label. Public, like the labels.

use leptos::prelude::*;
use trackflow::domain::{Metric, Vital};

use super::{PageError, page};
use crate::{
    components::{AppHeader, Layout},
    context, format,
};

/// The exact rules, as docs/metrics.md defines them.
fn rule(metric: Metric) -> &'static str {
    match metric {
        Metric::Visitors => {
            "A visitor is a keyed hash of the network prefix and the browser's name, made with a random key that is \
             destroyed every day. Nobody can be followed from one day to the next, so figures over several days are the \
             exact sum of daily figures: someone who comes on three days counts three times."
        }
        Metric::Visits => {
            "A visit is a run of events by one visitor with gaps below 30 minutes. It is not cut at midnight and belongs to \
             the day it started."
        }
        Metric::Pageviews => "A pageview is a page that was opened and seen, reloads included.",
        Metric::ViewsPerVisit => "All pageviews of the period divided by all its visits.",
        Metric::BounceRate => {
            "A visit bounces with at most one pageview, no interactive custom event and less than 10 seconds of engaged \
             time. Without visits there is no rate."
        }
        Metric::VisitDuration => {
            "The mean over all visits of the time between first and last activity, reading included: six minutes on one \
             page are six minutes."
        }
        Metric::Events => "Pageviews and custom events; engagement messages are not counted.",
        Metric::TimeOnPage => {
            "The time for which a page was visible and focused, divided by its pageviews."
        }
        Metric::ScrollDepth => {
            "The mean over the visits of a page of the deepest scroll on it, in percent of its height."
        }
        Metric::Percentage => {
            "Visitors of a row divided by all visitors of the question. A visitor may be in several rows."
        }
        Metric::ConversionRate => {
            "Visitors who reached a goal divided by all visitors under the same filters. A visitor reached it in a visit that \
             satisfies the filters and has an event for the goal; conversions are such events."
        }
        Metric::GroupConversionRate => {
            "Visitors of a row, such as a source, who reached a goal divided by all visitors of the row."
        }
        Metric::TotalRevenue => {
            "The sum of the amounts that events carry. Each currency has a sum of its own, exact to the millionth; nothing is \
             converted."
        }
        Metric::AverageRevenue => {
            "Revenue divided by the events that carry an amount in that currency."
        }
    }
}

/// What no row or bucket has: key, label, rule.
const CURRENT: (&str, &str, &str) = (
    "current_visitors",
    "Current visitors",
    "Distinct visitors with any event in the last 5 minutes, whatever the filters.",
);

/// What funnels show: key, label, rule.
const FUNNEL: (&str, &str, &str) = (
    "funnel",
    "Steps of a funnel",
    "Visitors who took a step after all steps before it, within one visit or within one day. Nobody can be followed \
     from one day to the next.",
);

/// What journeys show: key, label, rule.
const JOURNEYS: (&str, &str, &str) = (
    "journeys",
    "Journeys",
    "The pages of visits in their order; the same page twice in a row is one step. They begin with the first page of the \
     visit or with the first view of a chosen page; followed back, they end with the last page of the visit or with that \
     view. At each step the six most visited pages are named, the others are (other), and visits without a further page \
     are (end), or followed back (start). Filters choose visits.",
);

/// The page.
#[component]
pub fn MetricsPage() -> impl IntoView {
    page(async {
        let header = context::principal()
            .map(|principal| view! { <AppHeader principal=principal/> }.into_any())
            .unwrap_or_else(super::error::plain_header);
        let metrics = Metric::ALL.map(|metric| (metric.key(), metric.label(), rule(metric)));
        let sections =
            metrics
                .into_iter()
                .chain([CURRENT, FUNNEL, JOURNEYS])
                .map(|(key, label, rule)| {
                    view! {
                        <section class="section" id=key aria-labelledby=format!("{key}-title")>
                            <header>
                                <h2 id=format!("{key}-title")>{label}</h2>
                            </header>
                            <p>{rule}</p>
                        </section>
                    }
                });
        Ok::<_, PageError>(
            view! {
                <Layout title="How figures are counted" header=header main_class="settings">
                    <div class="page-head">
                        <h1>"How figures are counted"</h1>
                    </div>
                    {sections.collect::<Vec<_>>()}
                    {web_vitals()}
                    <section class="section" id="missing" aria-labelledby="missing-title">
                        <header>
                            <h2 id="missing-title">"Why visits can be missing"</h2>
                        </header>
                        <p>
                            "Crawlers, spam referrers, hosts that belong to no site, and browsers that ask not to be \
                            tracked are refused. A blocker in the browser may stop the script. The page \
                            Ingestion in the settings of a site counts refused events by reason, and the answer to \
                            each names it in the header "<code>"x-trackflow-dropped"</code>"."
                        </p>
                    </section>
                </Layout>
            }
            .into_any(),
        )
    })
}

/// What browsers measure, and from where on Google calls it good or poor.
fn web_vitals() -> AnyView {
    let rows = Vital::ALL.map(|vital| {
        let (good, poor) = vital.thresholds();
        let [good, poor] = [good, poor].map(|value| format::vital(vital, Some(value)));
        view! {
            <tr id=vital.key()>
                <th scope="row">
                    <b>{vital.label()}</b>
                    " ("
                    {vital.abbreviation()}
                    ")"
                    <p class="hint">{vital.definition()}</p>
                </th>
                <td class="value">"≤ "{good}</td>
                <td class="value">"> "{poor}</td>
            </tr>
        }
    });
    view! {
        <section class="section" id="web-vitals" aria-labelledby="web-vitals-title">
            <header>
                <h2 id="web-vitals-title">"Web vitals"</h2>
            </header>
            <p>
                "How fast a page feels, measured by the browsers of visitors whose pages carry the vitals script. Shown is the \
                75th percentile: three of four page views were at most that. It is read from a histogram and at most 2.5 % \
                off (1 ms, layout shifts 0.0001, if that is more); shares and ratings are exact. Days add up exactly. Not every \
                browser measures everything."
            </p>
            <table class="plain vital-rules">
                <thead>
                    <tr>
                        <th scope="col">"Measured"</th>
                        <th scope="col" class="value">
                            "Good"
                        </th>
                        <th scope="col" class="value">
                            "Poor"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}
