//! A panel: tabs as its heading, ten rows or the map, and a way to the details.

use leptos::prelude::*;
use trackflow::domain::{Breakdown, DimensionGroup, Site};

use super::{BreakdownTable, Icon, IconName, WorldMap};
use crate::{
    context::site_path,
    query::{DashboardAddress, Tab},
};

/// A panel with the breakdown of its chosen tab.
#[component]
pub fn Panel(
    group: DimensionGroup,
    breakdown: Breakdown,
    /// Visitors of the period.
    total: u64,
    site: Site,
    address: DashboardAddress,
    /// If the view is of a goal: the visitors of the rows whether or not they reached it.
    #[prop(optional_no_strip)]
    all_visitors: Option<Vec<u64>>,
) -> impl IntoView {
    let (key, label) = (group.key(), group.label());
    let current = address.tab(group);
    let (shown, more) = split_tabs(Tab::all(group), &current);
    let link = |tab: Tab, class: Option<&'static str>| {
        let link = address.with_tab(group, tab).link();
        let is_current = (tab == current).then_some("true");
        view! {
            <a class=class href=format!("{link}#{key}-title") aria-current=is_current>
                {tab.label()}
            </a>
        }
    };
    let shown: Vec<_> = shown.into_iter().map(|tab| link(tab, None)).collect();
    let more = more.into_iter().map(|tab| link(tab, Some("menu-item")));
    let more = more_tabs(label, more.collect());
    let dimension = current.dimension();
    let details = format!(
        "{}/{}{}",
        site_path(&site.domain),
        dimension.key(),
        address.link().trim_end_matches('?')
    );
    let body = match current {
        Tab::Map => {
            view! { <WorldMap breakdown=breakdown total=total address=address/> }.into_any()
        }
        Tab::Table(_) => view! {
            <BreakdownTable
                breakdown=breakdown
                total=total
                address=address
                all_visitors=all_visitors
            />
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby=format!("{key}-title") data-refresh=key>
            <h2 class="visually-hidden" id=format!("{key}-title")>
                {label}
            </h2>
            <div class="panel-head">
                <nav class="tabs" aria-label=label data-commands=label>
                    {shown}
                </nav>
                {more}
            </div>
            <div class="panel-body">{body}</div>
            <div class="panel-foot" data-commands=label>
                <a href=details>
                    "Details"
                    <span class="visually-hidden">
                        {format!(" of {}", dimension.plural().to_lowercase())}
                    </span>
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// Tabs that fit beside each other on a phone, the current one among them, and those behind "More".
pub(super) fn split_tabs<T: PartialEq>(mut shown: Vec<T>, current: &T) -> (Vec<T>, Vec<T>) {
    const SHOWN: usize = 3;
    let mut more = shown.split_off(SHOWN.min(shown.len()));
    if let Some(at) = more.iter().position(|tab| tab == current) {
        let current = more.remove(at);
        more.insert(0, std::mem::replace(&mut shown[SHOWN - 1], current));
    }
    (shown, more)
}

/// The menu of the links that do not fit, if there are any.
pub(super) fn more_tabs<V: IntoView + 'static>(
    label: &'static str,
    links: Vec<V>,
) -> Option<AnyView> {
    if links.is_empty() {
        return None;
    }
    let of = label.to_lowercase();
    let menu = view! {
        <details class="menu">
            <summary>
                "More" <span class="visually-hidden">{format!(" of {of}")}</span>
                <Icon name=IconName::Chevron/>
            </summary>
            <nav class="popover" aria-label=format!("More of {of}") data-commands=label>
                {links}
            </nav>
        </details>
    };
    Some(menu.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use trackflow::domain::Dimension;

    #[test]
    fn the_current_tab_is_always_in_sight() {
        for group in DimensionGroup::ALL {
            for current in Tab::all(group) {
                let (shown, more) = split_tabs(Tab::all(group), &current);
                assert!(shown.contains(&current) && shown.len() <= 3);
                assert_eq!(shown.len() + more.len(), Tab::all(group).len());
            }
        }
        let (shown, more) = split_tabs(
            Tab::all(DimensionGroup::Pages),
            &Tab::Table(Dimension::Hostname),
        );
        assert_eq!(shown[2], Tab::Table(Dimension::Hostname));
        assert_eq!(
            more,
            [Dimension::ExitPage, Dimension::Title].map(Tab::Table)
        );
    }
}
