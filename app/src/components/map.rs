//! The world, coloured by visitors; the countries' table is its equal.

use leptos::prelude::*;
use trackflow::domain::{Breakdown, Dimension, Filter};

use crate::{
    charts::{Country, world_map_svg},
    context::AppContext,
    query::DashboardAddress,
};

/// The map with its readout and scale. `breakdown` holds all countries.
#[component]
pub fn WorldMap(breakdown: Breakdown, total: u64, address: DashboardAddress) -> impl IntoView {
    let known: Vec<_> = breakdown
        .rows
        .iter()
        .filter(|row| !row.value.is_empty())
        .map(|row| Country {
            link: address
                .with_filter(Filter::is(Dimension::Country, row.value.clone()))
                .link(),
            row,
        })
        .collect();
    let assets = AppContext::current().assets;
    let drawing = world_map_svg(&known, total, &assets.world_map);
    view! { <div class="map" inner_html=drawing></div> }.into_any()
}
