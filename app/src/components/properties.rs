//! The panel of custom properties: the values of one, the others as its tabs; a click on a value filters by it.

use leptos::prelude::*;
use trackflow::domain::{Breakdown, BreakdownRow, Filter, Site, Subject};

use super::{
    FigureText, NameCell, ValueCell,
    panel::{more_tabs, split_tabs},
};
use crate::{
    context::{self, site_path},
    format,
    query::{DashboardAddress, property_path},
};

/// The panel of the property that `breakdown` is of, under the others.
#[component]
pub fn PropertiesPanel(
    /// Names of the properties of the period, ascending.
    properties: Vec<String>,
    breakdown: Breakdown,
    /// Visitors of the period.
    total: u64,
    site: Site,
    address: DashboardAddress,
    /// If the view is of a goal: the visitors of the rows whether or not they reached it.
    #[prop(optional_no_strip)]
    all_visitors: Option<Vec<u64>>,
) -> impl IntoView {
    let current = breakdown.subject.label().into_owned();
    let (shown, more) = tabs(properties, &current);
    let link = |name: String, class: Option<&'static str>| {
        let link = address.with_property(&name).link();
        let is_current = (name == current).then_some("true");
        view! {
            <a
                class=class
                href=format!("{link}#properties-title")
                aria-current=is_current
                title=name.clone()
            >
                <span class="truncate">{name.clone()}</span>
            </a>
        }
    };
    let shown: Vec<_> = shown.into_iter().map(|name| link(name, None)).collect();
    let more = more.into_iter().map(|name| link(name, Some("menu-item")));
    let more = more_tabs("Properties", more.collect());
    let details = format!(
        "{}{}",
        property_path(&site_path(&site.domain), &current),
        address.link().trim_end_matches('?')
    );
    view! {
        <section
            class="panel full properties"
            aria-labelledby="properties-title"
            data-refresh="properties"
        >
            <div class="panel-head">
                <h2 id="properties-title">"Properties"</h2>
                <nav class="tabs" aria-label="Properties" data-commands="Properties">
                    {shown}
                </nav>
                {more}
            </div>
            {table(breakdown, total, &address, all_visitors)}
            <div class="panel-foot" data-commands="Properties">
                <a href=details>
                    "Details" <span class="visually-hidden">{format!(" of {current}")}</span>
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// The first names and the others; the current one is always among the first, whether or not the period has it.
fn tabs(mut names: Vec<String>, current: &String) -> (Vec<String>, Vec<String>) {
    if !names.contains(current) {
        names.insert(0, current.clone());
    }
    split_tabs(names, current)
}

fn table(
    breakdown: Breakdown,
    total: u64,
    address: &DashboardAddress,
    all_visitors: Option<Vec<u64>>,
) -> AnyView {
    let Breakdown {
        subject,
        rows,
        max_visitors,
        ..
    } = breakdown;
    if rows.is_empty() {
        let words = format!("No {} in this period", subject.plural_in_sentence());
        return view! { <p class="panel-empty">{words}</p> }.into_any();
    }
    let has_goal = all_visitors.is_some();
    let mut all_visitors = all_visitors.map(Vec::into_iter);
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let all = all_visitors
                .as_mut()
                .map(|all| all.next().unwrap_or_default());
            table_row(row, &subject, max_visitors, total, address, all)
        })
        .collect();
    let class = match has_goal {
        true => "table of-property has-rate",
        false => "table of-property",
    };
    let rate = has_goal.then(|| {
        view! {
            <th scope="col" class="value rate">
                <a href="/docs/metrics#conversion_rate" target=context::leaving()>"Rate"</a>
            </th>
        }
    });
    view! {
        <table class=class>
            <caption class="visually-hidden">
                {subject.plural().into_owned()}" by visitors, with events"
            </caption>
            <thead>
                <tr>
                    <th scope="col">
                        <span class="truncate">{subject.label().into_owned()}</span>
                    </th>
                    <th scope="col" class="value">
                        {if has_goal { "Reached it" } else { "Visitors" }}
                    </th>
                    {rate}
                    <th scope="col" class="value events">
                        "Events"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn table_row(
    row: BreakdownRow,
    subject: &Subject,
    max_visitors: u64,
    total: u64,
    address: &DashboardAddress,
    all_visitors: Option<u64>,
) -> impl IntoView + use<> {
    let BreakdownRow { value, figures, .. } = row;
    let filter = Filter::is(subject.clone(), value.clone());
    let link = address.with_filter(filter).link();
    let rate = all_visitors.map(|all| {
        view! { <td class="value rate">{format::share(figures.visitors, all)}</td> }
    });
    view! {
        <tr>
            <NameCell
                subject=subject.clone()
                value=value
                visitors=figures.visitors
                max_visitors=max_visitors
                link=link
            />
            <ValueCell visitors=figures.visitors total=total/>
            {rate}
            <td class="value events">
                <FigureText figure=format::count(figures.events)/>
            </td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_property_is_always_in_sight() {
        let names = |letters: &str| letters.chars().map(String::from).collect::<Vec<_>>();
        for (all, current, shown, more) in [
            ("a", "a", "a", ""),
            ("abcde", "b", "abc", "de"),
            ("abcde", "e", "abe", "cd"),
            ("abc", "x", "xab", "c"),
            ("", "x", "x", ""),
        ] {
            let found = tabs(names(all), &current.to_owned());
            assert_eq!(found, (names(shown), names(more)), "{all} {current}");
        }
    }
}
