//! Tables of figures: the whole row is the link of its first cell, a bar behind the name shows the share.

use leptos::prelude::*;
use trackflow::domain::{Breakdown, BreakdownRow, Dimension, Filter, Subject};

use super::{FigureText, filters::subject_words};
use crate::{format, query::DashboardAddress};

/// The first cell of a row: what it is called, before a bar that shows its part of a whole.
#[component]
pub fn BarCell(
    part: u64,
    /// The full width of the bars.
    whole: u64,
    children: Children,
) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let width = 100.0 * part as f64 / whole.max(1) as f64;
    view! {
        <th scope="row" class="name">
            <svg class="bar" aria-hidden="true">
                <rect width=format!("{width:.1}%")></rect>
            </svg>
            {children()}
        </th>
    }
    .into_any()
}

/// The first cell of a value: bar, glyph, name; filters by it.
#[component]
pub fn NameCell(
    #[prop(into)] subject: Subject,
    value: String,
    visitors: u64,
    /// The full width of the bars.
    max_visitors: u64,
    link: String,
) -> impl IntoView {
    let words = subject_words(&subject, &value);
    let dimension = subject.dimension();
    let glyph = dimension
        .and_then(|dimension| glyph(dimension, &value, &words))
        .map(|glyph| view! { <span class="glyph" aria-hidden="true">{glyph}</span> });
    view! {
        <BarCell part=visitors whole=max_visitors>
            <a class="row-link" href=link>
                {glyph}
                <span class="truncate" title=words.clone()>
                    {words.clone()}
                </span>
            </a>
        </BarCell>
    }
    .into_any()
}

/// A letter or two before the name: nothing is ever loaded from elsewhere. Paths and campaigns have none.
fn glyph(dimension: Dimension, value: &str, words: &str) -> Option<String> {
    match dimension {
        Dimension::Country if !value.is_empty() => Some(value.to_owned()),
        Dimension::Source | Dimension::Country if value.is_empty() => Some("–".into()),
        Dimension::Source
        | Dimension::Channel
        | Dimension::Browser
        | Dimension::System
        | Dimension::Device => {
            let initial = words.chars().find(|letter| letter.is_alphanumeric());
            initial.map(|letter| letter.to_uppercase().to_string())
        }
        _ => None,
    }
}

/// The value cell of visitors with their share of all.
#[component]
pub fn ValueCell(visitors: u64, total: u64) -> impl IntoView {
    view! {
        <td class="value">
            <span class="share">{format::share(visitors, total)}</span>
            <b>
                <FigureText figure=format::count(visitors)/>
            </b>
        </td>
    }
    .into_any()
}

/// The ten first values of a dimension.
#[component]
pub fn BreakdownTable(
    breakdown: Breakdown,
    /// Visitors of the period: what shares are of.
    total: u64,
    address: DashboardAddress,
    /// If the view is of a goal: the visitors of the rows whether or not they reached it.
    #[prop(optional_no_strip)]
    all_visitors: Option<Vec<u64>>,
) -> impl IntoView {
    let has_goal = all_visitors.is_some();
    let mut all_visitors = all_visitors.map(Vec::into_iter);
    let subject = breakdown.subject.clone();
    let max_visitors = breakdown.max_visitors;
    if breakdown.rows.is_empty() {
        let words = format!("No {} in this period", subject.plural_in_sentence());
        return view! { <p class="panel-empty">{words}</p> }.into_any();
    }
    let row = |BreakdownRow { value, figures, .. }: BreakdownRow| {
        let filter = Filter::is(subject.clone(), value.clone());
        let link = address.with_filter(filter).link();
        let visitors = figures.visitors;
        let rate = all_visitors.as_mut().map(|all| {
            let all = all.next().unwrap_or_default();
            view! { <td class="value rate">{format::share(visitors, all)}</td> }
        });
        view! {
            <tr>
                <NameCell
                    subject=subject.clone()
                    value=value
                    visitors=visitors
                    max_visitors=max_visitors
                    link=link
                />
                <ValueCell visitors=visitors total=total/>
                {rate}
            </tr>
        }
    };
    let class = if has_goal { "table of-goal" } else { "table" };
    let group = format!("Filter by {}", subject.label().to_lowercase());
    view! {
        <table class=class>
            <caption class="visually-hidden">{subject.plural().into_owned()}" by visitors"</caption>
            <thead>
                <tr>
                    <th scope="col">{subject.label().into_owned()}</th>
                    <th scope="col" class="value">
                        {if has_goal { "Reached it" } else { "Visitors" }}
                    </th>
                    {has_goal
                        .then(|| {
                            view! {
                                <th scope="col" class="value rate">
                                    "Rate"
                                </th>
                            }
                        })}
                </tr>
            </thead>
            <tbody data-commands=group>{breakdown.rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
