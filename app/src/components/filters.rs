//! The active filters as chips and the form that adds one.

use leptos::prelude::*;
use trackflow::domain::{Country, Dimension, Filter, FilterOperator, Subject};

use super::{Icon, IconName};
use crate::query::DashboardAddress;

/// The menu's groups.
const GROUPS: [(&str, &[Dimension]); 3] = [
    (
        "Page",
        &[
            Dimension::Page,
            Dimension::EntryPage,
            Dimension::ExitPage,
            Dimension::Hostname,
            Dimension::Event,
        ],
    ),
    (
        "Origin",
        &[
            Dimension::Source,
            Dimension::Channel,
            Dimension::Referrer,
            Dimension::Campaign,
            Dimension::UtmSource,
            Dimension::UtmMedium,
            Dimension::UtmContent,
            Dimension::UtmTerm,
        ],
    ),
    (
        "Visitor",
        &[
            Dimension::Country,
            Dimension::Browser,
            Dimension::BrowserVersion,
            Dimension::System,
            Dimension::SystemVersion,
            Dimension::Device,
            Dimension::Hour,
            Dimension::Weekday,
        ],
    ),
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// How a value is shown: countries and days by name, "none" in the dimension's words.
#[must_use]
pub(crate) fn value_words(dimension: Dimension, value: &str) -> String {
    if value.is_empty() {
        return dimension.empty_label().to_owned();
    }
    let number = value.parse::<usize>().ok();
    let name = match dimension {
        Dimension::Country => Country::find(value).map(|country| country.name.to_owned()),
        Dimension::Hour => number.map(|hour| format!("{hour:02}:00")),
        Dimension::Weekday => number
            .and_then(|day| WEEKDAYS.get(day.checked_sub(1)?))
            .map(|name| (*name).to_owned()),
        _ => None,
    };
    name.unwrap_or_else(|| value.to_owned())
}

/// [`value_words`] for a property too, whose values are shown as they are.
fn subject_words(subject: &Subject, value: &str) -> String {
    match subject.dimension() {
        Some(dimension) => value_words(dimension, value),
        None if value.is_empty() => "(not set)".to_owned(),
        None => value.to_owned(),
    }
}

/// The menu that adds a filter. Its three fields come back as one `filter=` of the address.
#[component]
pub fn FilterMenu(address: DashboardAddress) -> impl IntoView {
    let hidden: Vec<_> = address
        .pairs()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let groups = GROUPS.map(|(label, dimensions)| {
        let options: Vec<_> = dimensions
            .iter()
            .map(|dimension| view! { <option value=dimension.key()>{dimension.label()}</option> })
            .collect();
        view! { <optgroup label=label>{options}</optgroup> }
    });
    let operators = FilterOperator::ALL
        .map(|operator| view! { <option value=operator.key()>{operator.label()}</option> });
    view! {
        <details class="menu boxed filter-menu">
            <summary aria-keyshortcuts="/">
                <Icon name=IconName::Filter/>
                <span>"Filter"</span>
            </summary>
            <div class="popover">
                <form class="form" method="get">
                    {hidden}
                    <div class="field">
                        <label for="f-dim">"Dimension"</label>
                        <select class="input" id="f-dim" name="filter_dimension">
                            {groups.collect_view()}
                        </select>
                    </div>
                    <div class="field">
                        <label for="f-op">"Condition"</label>
                        <select class="input" id="f-op" name="filter_operator">
                            {operators.collect_view()}
                        </select>
                    </div>
                    <div class="field">
                        <label for="f-val">"Value"</label>
                        <input
                            class="input"
                            id="f-val"
                            name="filter_value"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            maxlength="2000"
                            aria-describedby="f-hint"
                        />
                        <p class="hint" id="f-hint">
                            "Countries by code, such as DE. Empty finds what has no value."
                        </p>
                    </div>
                    <button class="button primary wide">"Add filter"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// The active filters, each with a way to remove it; nothing if there are none.
#[component]
pub fn Chips(address: DashboardAddress) -> impl IntoView {
    let chips: Vec<_> = address
        .query
        .filters
        .iter()
        .enumerate()
        .map(|(at, filter)| chip(filter, address.without_filter(at).link()))
        .collect();
    (!chips.is_empty()).then(|| {
        view! {
            <ul class="chips" aria-label="Active filters">
                {chips}
                <li>
                    <a class="clear" href=address.without_filters().link()>
                        "Clear all"
                    </a>
                </li>
            </ul>
        }
    })
}

fn chip(filter: &Filter, link: String) -> impl IntoView + use<> {
    let (label, operator) = (filter.subject.label().into_owned(), filter.operator.label());
    let words: Vec<_> = filter
        .values
        .iter()
        .map(|value| subject_words(&filter.subject, value))
        .collect();
    let value = words.join(" or ");
    let name = format!("Remove filter: {label} {operator} {value}");
    view! {
        <li class="chip">
            <span class="truncate" title=value.clone()>
                {label}
                " "
                {operator}
                " "
                <b>{value.clone()}</b>
            </span>
            <a href=link aria-label=name>
                <Icon name=IconName::Cross/>
            </a>
        </li>
    }
    .into_any()
}
