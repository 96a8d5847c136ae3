//! How figures are counted: the definitions behind every label. Public, like the labels.

use leptos::prelude::*;
use trackflow::domain::Metric;

use super::{PageError, page};
use crate::{
    components::{AppHeader, Layout},
    context,
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

/// The page.
#[component]
pub fn MetricsPage() -> impl IntoView {
    page(async {
        let header = context::principal()
            .map(|principal| view! { <AppHeader principal=principal/> }.into_any())
            .unwrap_or_else(super::error::plain_header);
        let metrics = Metric::ALL.map(|metric| (metric.key(), metric.label(), rule(metric)));
        let sections = metrics
            .into_iter()
            .chain([CURRENT, FUNNEL])
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
