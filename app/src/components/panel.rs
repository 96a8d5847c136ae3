//! A panel: tabs as its heading, ten rows or the map, and a way to the details.

use leptos::prelude::*;
use trackflow::domain::{Breakdown, DimensionGroup, Site};

use super::{BreakdownTable, WorldMap};
use crate::query::{DashboardAddress, Tab, encode};

/// A panel with the breakdown of its chosen tab.
#[component]
pub fn Panel(
    group: DimensionGroup,
    breakdown: Breakdown,
    /// Visitors of the period.
    total: u64,
    site: Site,
    address: DashboardAddress,
) -> impl IntoView {
    let (key, label) = (group.key(), group.label());
    let current = address.tab(group);
    let tabs: Vec<_> = Tab::all(group)
        .into_iter()
        .map(|tab| {
            let link = address.with_tab(group, tab).link();
            let is_current = (tab == current).then_some("true");
            view! {
                <a href=format!("{link}#{key}-title") aria-current=is_current>
                    {tab.label()}
                </a>
            }
        })
        .collect();
    let dimension = current.dimension();
    let details = format!(
        "/sites/{}/{}{}",
        encode(&site.domain),
        dimension.key(),
        address.link().trim_end_matches('?')
    );
    let body = match current {
        Tab::Map => {
            view! { <WorldMap breakdown=breakdown total=total address=address/> }.into_any()
        }
        Tab::Table(_) => {
            view! { <BreakdownTable breakdown=breakdown total=total address=address/> }.into_any()
        }
    };
    view! {
        <section class="panel" aria-labelledby=format!("{key}-title") data-refresh=key>
            <h2 class="visually-hidden" id=format!("{key}-title")>
                {label}
            </h2>
            <div class="panel-head">
                <nav class="tabs" aria-label=label>
                    {tabs}
                </nav>
            </div>
            <div class="panel-body">{body}</div>
            <div class="panel-foot">
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
