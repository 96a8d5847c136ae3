//! A site's dashboard: one screen that says how the site is doing.

use leptos::prelude::*;
use trackflow::domain::{
    Breakdown, BreakdownPage, Dashboard, Dimension, DimensionGroup, Period, Site,
};

use super::{
    PageError, page, param, period_label, require_principal, set_status, switcher_sites, today_of,
};
use crate::{
    components::{
        Cards, Chart, Chips, DashboardHeader, EmptyArt, FirstVisit, Layout, Notice, Panel, Snippet,
        Tone,
    },
    context, format,
    query::{DashboardAddress, Tab, encode},
    server_fns::{
        site::get_site,
        stats::{get_breakdown, get_dashboard},
    },
    shell::IslandScripts,
    time_zones,
};

/// Countries that the map asks for: all there are.
const MAP_ROWS: usize = 300;
/// How often an open period is asked for again, in seconds. Our choice: live enough, and one request a minute.
const REFRESH_SECONDS: u32 = 60;

/// The dashboard of the address.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_principal().await?;
        let parsed = DashboardAddress::parse(&context::raw_query());
        let address = parsed.address;
        if parsed.has_form_fields && parsed.problems.is_empty() {
            let path = format!("/sites/{}{}", encode(&domain), address.link());
            return Err(PageError::Redirect(path));
        }
        let site = get_site(domain).await?;
        let sites = switcher_sites().await?;
        let (dashboard, map) = load(&site, &address).await?;
        if !parsed.problems.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let header = view! {
            <DashboardHeader
                principal=principal
                site=site.clone()
                sites=sites
                address=address.clone()
                period_label=period_label(&address.query, Some(&dashboard))
                current_visitors=Some(dashboard.current_visitors)
                today=today_of(&site)
            />
        };
        let heading = format!(
            "{}, {}",
            site.name,
            address.query.period.label().to_lowercase()
        );
        Ok(view! {
            <Layout title=site.name.clone() header=header.into_any()>
                <h1 class="visually-hidden">{heading}</h1>
                {problems_notice(&parsed.problems)}
                {body(site, dashboard, map, address)}
            </Layout>
        }
        .into_any())
    })
}

/// Asks for the dashboard and, if the map is open, for all countries.
async fn load(
    site: &Site,
    address: &DashboardAddress,
) -> Result<(Dashboard, Option<Breakdown>), PageError> {
    let tabs = DimensionGroup::ALL.map(|group| address.tab(group));
    let tables = tabs.iter().filter(|tab| **tab != Tab::Map);
    let dimensions: Vec<Dimension> = tables.map(|tab| tab.dimension()).collect();
    let query = address.query.clone();
    let dashboard = get_dashboard(site.domain.clone(), query.clone(), dimensions).await?;
    if !tabs.contains(&Tab::Map) {
        return Ok((dashboard, None));
    }
    let all = BreakdownPage {
        limit: MAP_ROWS,
        ..BreakdownPage::default()
    };
    let map = get_breakdown(site.domain.clone(), query, Dimension::Country, all).await?;
    Ok((dashboard, Some(map)))
}

pub(super) fn problems_notice(problems: &[String]) -> Option<AnyView> {
    if problems.is_empty() {
        return None;
    }
    let items: Vec<_> = problems
        .iter()
        .map(|problem| view! { <li>{problem.clone()}"."</li> })
        .collect();
    let heading = "Part of this address cannot be used; the default stands in its place";
    Some(
        view! {
            <Notice tone=Tone::Bad heading=heading>
                <ul>{items}</ul>
            </Notice>
        }
        .into_any(),
    )
}

fn body(
    site: Site,
    dashboard: Dashboard,
    map: Option<Breakdown>,
    address: DashboardAddress,
) -> AnyView {
    if dashboard.first_event_at.is_none() {
        return waiting(site);
    }
    let figures = &dashboard.figures;
    if figures.visitors == 0 && figures.visits == 0 && figures.events == 0 {
        return if address.query.filters.is_empty() {
            empty_period(&site, &dashboard, address.query.period)
        } else {
            no_match(&address)
        };
    }
    let mut breakdowns = dashboard.breakdowns.clone().into_iter();
    let panels: Vec<_> = DimensionGroup::ALL
        .into_iter()
        .filter_map(|group| {
            let is_map = address.tab(group) == Tab::Map;
            let breakdown = if is_map {
                map.clone()
            } else {
                breakdowns.next()
            }?;
            Some(view! {
                <Panel
                    group=group
                    breakdown=breakdown
                    total=dashboard.figures.visitors
                    site=site.clone()
                    address=address.clone()
                />
            })
        })
        .collect();
    let is_closed = matches!(
        address.query.period,
        Period::Yesterday | Period::LastMonth | Period::Custom { .. }
    );
    view! {
        <Chips address=address.clone()/>
        <div class="overview">
            <Cards
                figures=dashboard.figures
                previous=dashboard.previous
                address=address.clone()
            />
            <Chart site=site dashboard=dashboard address=address/>
        </div>
        <div class="panels" data-refresh-seconds=(!is_closed).then_some(REFRESH_SECONDS)>
            {panels}
        </div>
        <IslandScripts/>
    }
    .into_any()
}

/// A site that has never seen a visit.
fn waiting(site: Site) -> AnyView {
    view! {
        <div class="settings">
            <div class="page-head">
                <h2>{format!("Waiting for {}", site.name)}</h2>
            </div>
            <section class="section" aria-labelledby="sn">
                <header>
                    <h2 id="sn">"Add this line to every page"</h2>
                    <p class="hint">
                        "Put it inside "<code>"<head>"</code>
                        ". It sets no cookie and stores nothing on the visitor's device."
                    </p>
                </header>
                <Snippet site=site.clone()/>
            </section>
            <FirstVisit site=site.clone() is_received=false/>
            <p class="hint">
                "Nothing arrives? "
                <a href="/docs/metrics#missing">"See why visits can be missing"</a>
                ", or "
                <a href=format!("/sites/{}/ingestion", encode(&site.domain))>
                    "whether events were refused"
                </a>
                "."
            </p>
        </div>
    }
    .into_any()
}

/// A period without visits; offers the nearest that is known to have some.
fn empty_period(site: &Site, dashboard: &Dashboard, period_shown: Period) -> AnyView {
    let zone = &site.time_zone;
    let last = dashboard.last_event_at;
    let date = last.and_then(|at| time_zones::date_of(at, zone));
    let words = last.and_then(|at| time_zones::date_words(at, zone));
    let offer = date.zip(words.clone()).map(|(date, words)| {
        let period = Period::Custom {
            from: date,
            to: date,
        };
        let link = DashboardAddress::default().with_period(period).link();
        view! {
            <a class="button primary" href=link>
                {format!("Show {words}")}
            </a>
        }
    });
    let others = [Period::Days28, Period::All].map(|period| {
        let link = DashboardAddress::default().with_period(period).link();
        (period_shown != period).then(|| {
            view! {
                <a class="button" href=link>
                    {period.label()}
                </a>
            }
        })
    });
    let others = others.collect_view();
    let sentence = words.map(|words| format!("The last visit came on {words}."));
    view! {
        <section class="empty" aria-labelledby="empty-title">
            <EmptyArt/>
            <h2 id="empty-title">{format!("No visits: {}", dashboard.title)}</h2>
            <p>{sentence}</p>
            <div class="form-actions">
                {offer}
                {others}
            </div>
        </section>
    }
    .into_any()
}

/// Filters that nothing satisfies.
fn no_match(address: &DashboardAddress) -> AnyView {
    let count = address.query.filters.len();
    let words = if count == 1 {
        "Remove the filter to widen the view.".to_owned()
    } else {
        let count = format::exact(u64::try_from(count).unwrap_or_default());
        format!("No visit satisfies all {count}. Remove one to widen the view.")
    };
    view! {
        <section class="empty" aria-labelledby="empty-title">
            <EmptyArt/>
            <h2 id="empty-title">"No visit matches these filters"</h2>
            <p>{words}</p>
            <Chips address=address.clone()/>
        </section>
    }
    .into_any()
}
