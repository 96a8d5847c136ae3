//! One strip of six metrics; each selects the metric of the chart below.

use leptos::prelude::*;
use trackflow::domain::{Change, Figures, Metric};

use super::{ChangeFigure, FigureText};
use crate::{format, query::DashboardAddress};

/// The strip.
#[component]
pub fn Cards(
    figures: Figures,
    /// The comparison period's.
    previous: Option<Figures>,
    address: DashboardAddress,
) -> impl IntoView {
    let cards = Metric::CARDS.map(|metric| {
        let is_current = (address.query.metric == metric).then_some("true");
        let figure = format::metric(metric, figures.value(metric));
        // Without an earlier figure there is nothing to say: "– from –" would only be noise.
        let change = previous.and_then(|before| {
            let earlier = before.value(metric)?;
            let change = Change::of(metric, &figures, &before).map(|change| {
                view! { <ChangeFigure change=Some(change) is_better_lower=metric.is_better_lower()/> }
            });
            let earlier = format::metric(metric, Some(earlier)).short;
            Some(view! {
                {change}
                <span>"from "{earlier}</span>
            })
        });
        view! {
            <a
                class="card"
                href=address.with_metric(metric).link()
                aria-current=is_current
                aria-describedby=format!("def-{}", metric.key())
                data-label=metric.label()
            >
                <span class="card-label">{metric.label()}</span>
                <span class="card-figure">
                    <FigureText figure=figure/>
                </span>
                <span class="card-change">{change}</span>
            </a>
        }
    });
    view! {
        <nav class="cards" aria-label="Metrics" data-refresh="cards" data-commands="Chart">
            {cards.collect_view()}
        </nav>
    }
    .into_any()
}
