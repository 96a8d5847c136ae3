//! Figures and changes: short for the eye, exact for the title and for screen readers.

use leptos::prelude::*;
use trackflow::domain::{Change, Metric, RevenueByCurrency, RevenueTotal};

use crate::format::{self, Figure, UNKNOWN};

/// A figure.
#[component]
pub fn FigureText(figure: Figure) -> impl IntoView {
    let Figure { short, exact } = figure;
    if short == exact {
        return short.into_any();
    }
    let title = exact.clone();
    view! {
        <span title=title>
            <span aria-hidden="true">{short}</span>
            <span class="visually-hidden">{exact}</span>
        </span>
    }
    .into_any()
}

/// What events were worth, in all or on average: an amount of each currency, one a line; nothing is summed across.
pub(crate) fn amounts(revenue: &RevenueByCurrency, metric: Metric) -> AnyView {
    if revenue.is_empty() {
        return UNKNOWN.into_any();
    }
    let amount = |entry: &RevenueTotal| match metric {
        Metric::AverageRevenue => entry.average(),
        _ => entry.total.clone(),
    };
    let lines = revenue.totals().iter().map(|entry| {
        view! {
            <span class="money">
                <FigureText figure=format::money(&amount(entry))/>
            </span>
        }
    });
    lines.collect::<Vec<_>>().into_any()
}

/// A change against the comparison period, with sign and arrow; colour only repeats them.
#[component]
pub fn ChangeFigure(
    /// `None` where there is nothing to compare with.
    change: Option<Change>,
    /// Whether a rise is bad news.
    #[prop(optional)]
    is_better_lower: bool,
) -> impl IntoView {
    let Some(change) = change else {
        return view! { <span class="change flat">{UNKNOWN}</span> }.into_any();
    };
    let words = format::change(change);
    let (class, arrow) = match (format::direction(change), is_better_lower) {
        (0, _) => return view! { <span class="change flat">{words}</span> }.into_any(),
        (1, false) => ("change good", "↑"),
        (1, true) => ("change bad", "↑"),
        (_, false) => ("change bad", "↓"),
        (_, true) => ("change good", "↓"),
    };
    view! {
        <span class=class>
            <span aria-hidden="true">{arrow}</span>
            " "
            {words}
        </span>
    }
    .into_any()
}
