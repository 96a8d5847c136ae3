//! A site's dashboard: one screen that says how the site is doing.

use leptos::prelude::*;
use trackflow::domain::{
    Annotation, Breakdown, BreakdownPage, Dashboard, Dimension, DimensionGroup, GoalReport, Period,
    Principal, Site, Subject,
};

use super::{
    PageError, page, period_label, require_reader, saved, set_status, site_domain, switcher_sites,
    today_of,
};
use crate::{
    components::{
        Cards, Chart, Chips, DashboardHeader, EmptyArt, FirstVisit, GoalsPanel, Layout, Notice,
        Panel, PropertiesPanel, Saved, Snippet, Tone,
    },
    context, format,
    query::{DashboardAddress, Tab, encode},
    server_fns::{
        annotation::find_annotations_between,
        site::get_site,
        stats::{count_goals, count_visitors_of, find_extras, get_breakdown, get_dashboard},
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
    let domain = site_domain();
    page(async move {
        let principal = require_reader(&domain).await?;
        let mut parsed = DashboardAddress::parse(&context::raw_query());
        let mut address = parsed.address.carrying(context::embed_pairs());
        if parsed.has_form_fields && parsed.problems.is_empty() {
            let path = format!("{}{}", context::site_path(&domain), address.link());
            return Err(PageError::Redirect(path));
        }
        let site = get_site(domain).await?;
        let sites = switcher_sites().await?;
        let saved = saved(&site, &mut address, &mut parsed.problems).await?;
        let (can_write, is_guest) = (principal.can_write(), principal.is_guest());
        let is_only = context::is_dashboard_only();
        let only = only_notice(&principal);
        let is_indexed = is_guest && !is_only && context::raw_query().is_empty();
        let properties = find_extras(site.domain.clone(), address.query.period)
            .await?
            .properties;
        let (dashboard, map) = load(&site, &address, &properties).await?;
        let conversions = Conversions::load(&site, &address, &dashboard, &saved).await?;
        let (from, to) = (dashboard.from, dashboard.to);
        let annotations = find_annotations_between(site.domain.clone(), from, to).await?;
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
                current_visitors=(!is_only).then_some(dashboard.current_visitors)
                today=today_of(&site)
                saved=saved.clone()
                properties=properties.clone()
            />
        };
        let heading = format!(
            "{}, {}",
            site.name,
            address.query.period.label().to_lowercase()
        );
        Ok(view! {
            <Layout title=site.name.clone() header=header.into_any() is_indexed=is_indexed>
                <h1 class="visually-hidden">{heading}</h1>
                {problems_notice(&parsed.problems)}
                {only}
                {body(
                    Shown {
                        site,
                        dashboard,
                        map,
                        annotations,
                        properties,
                        conversions,
                        saved,
                        can_write,
                        is_guest,
                        is_only,
                    },
                    address,
                )}
            </Layout>
        }
        .into_any())
    })
}

/// The property whose values the panel shows: the chosen one, or the first that there is.
fn shown_property(address: &DashboardAddress, properties: &[String]) -> Option<Subject> {
    let name = address.property.as_ref().or(properties.first())?;
    Some(Subject::Property(name.clone()))
}

/// Asks for the dashboard and, if the map is open, for all countries.
async fn load(
    site: &Site,
    address: &DashboardAddress,
    properties: &[String],
) -> Result<(Dashboard, Option<Breakdown>), PageError> {
    let tabs = DimensionGroup::ALL.map(|group| address.tab(group));
    let tables = tabs.iter().filter(|tab| **tab != Tab::Map);
    let tables = tables.map(|tab| Subject::from(tab.dimension()));
    let property = shown_property(address, properties);
    let subjects: Vec<Subject> = tables.chain(property).collect();
    let query = address.query.clone();
    let dashboard = get_dashboard(site.domain.clone(), query.clone(), subjects).await?;
    if !tabs.contains(&Tab::Map) {
        return Ok((dashboard, None));
    }
    let all = BreakdownPage {
        limit: MAP_ROWS,
        ..BreakdownPage::default()
    };
    let map = get_breakdown(site.domain.clone(), query, Dimension::Country.into(), all).await?;
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

/// What a secret link narrows its dashboard to: figures without it would mislead.
pub(super) fn only_notice(principal: &Principal) -> Option<AnyView> {
    let condition = principal.fixed_condition()?.to_string();
    Some(
        view! {
            <p class="hint narrowed">
                "These figures are of a part of the visits: "
                {condition}
                "."
            </p>
        }
        .into_any(),
    )
}

/// What the goals add to a dashboard.
struct Conversions {
    /// All goals with their figures.
    goals: Vec<GoalReport>,
    /// If the view is of a goal: for each breakdown the visitors of its rows whether or not they reached it.
    all_visitors: Option<Vec<Vec<u64>>>,
}

impl Conversions {
    async fn load(
        site: &Site,
        address: &DashboardAddress,
        dashboard: &Dashboard,
        saved: &Saved,
    ) -> Result<Self, PageError> {
        let query = &address.query;
        if saved.goals.is_empty() {
            return Ok(Self {
                goals: Vec::new(),
                all_visitors: None,
            });
        }
        let goals = count_goals(site.domain.clone(), query.clone()).await?;
        let mut all_visitors = None;
        if query.goal.is_some() {
            let values = dashboard.breakdowns.iter().map(|breakdown| {
                let values = breakdown.rows.iter().map(|row| row.value.clone());
                (breakdown.subject.clone(), values.collect())
            });
            let values = values.collect();
            all_visitors =
                Some(count_visitors_of(site.domain.clone(), query.clone(), values).await?);
        }
        Ok(Self {
            goals,
            all_visitors,
        })
    }
}

/// What the body shows.
struct Shown {
    site: Site,
    dashboard: Dashboard,
    map: Option<Breakdown>,
    annotations: Vec<Annotation>,
    /// Names of the period's custom properties.
    properties: Vec<String>,
    conversions: Conversions,
    saved: Saved,
    can_write: bool,
    is_guest: bool,
    is_only: bool,
}

fn body(shown: Shown, address: DashboardAddress) -> AnyView {
    let Shown {
        site,
        dashboard,
        map,
        annotations,
        properties,
        conversions,
        saved,
        can_write,
        is_guest,
        is_only,
    } = shown;
    if dashboard.first_event_at.is_none() {
        return if is_guest {
            nothing_yet()
        } else {
            waiting(site)
        };
    }
    let figures = &dashboard.figures;
    if figures.visitors == 0 && figures.visits == 0 && figures.events == 0 {
        return if address.is_narrowed() {
            no_match(&address, saved)
        } else {
            empty_period(&site, &dashboard, &address)
        };
    }
    let mut breakdowns = dashboard.breakdowns.clone().into_iter();
    let mut all_visitors = conversions.all_visitors.map(Vec::into_iter);
    let panels: Vec<_> = DimensionGroup::ALL
        .into_iter()
        .filter_map(|group| {
            let is_map = address.tab(group) == Tab::Map;
            let (breakdown, all_visitors) = if is_map {
                (map.clone()?, None)
            } else {
                let all_visitors = all_visitors.as_mut().and_then(Iterator::next);
                (breakdowns.next()?, all_visitors)
            };
            Some(view! {
                <Panel
                    group=group
                    breakdown=breakdown
                    total=dashboard.figures.visitors
                    site=site.clone()
                    address=address.clone()
                    all_visitors=all_visitors
                />
            })
        })
        .collect();
    let of_property = breakdowns.next().map(|breakdown| {
        view! {
            <PropertiesPanel
                properties=properties
                breakdown=breakdown
                total=dashboard.figures.visitors
                site=site.clone()
                address=address.clone()
                all_visitors=all_visitors.as_mut().and_then(Iterator::next)
            />
        }
    });
    let period = DashboardAddress::default().with_period(address.query.period);
    let domain = encode(&site.domain);
    let vitals = format!("/sites/{domain}/vitals{}", period.link());
    let journeys = format!("/sites/{domain}/journeys{}", address.link());
    let more = (!is_only).then(|| {
        view! {
            <p class="vitals-link">
                <a
                    href=journeys.trim_end_matches('?').to_owned()
                    data-shortcut="g j"
                    data-commands="This site"
                    data-label="Journeys"
                >
                    "Journeys: which pages visits walk through"
                </a>
                <a href=vitals.trim_end_matches('?').to_owned()>"Web vitals: how fast pages feel"</a>
            </p>
        }
    });
    let is_closed = matches!(
        address.query.period,
        Period::Yesterday | Period::LastMonth | Period::Custom { .. }
    );
    view! {
        <Chips address=address.clone() saved=saved/>
        <div class="overview">
            <Cards
                figures=dashboard.figures
                previous=dashboard.previous
                address=address.clone()
            />
            <Chart
                site=site.clone()
                dashboard=dashboard
                address=address.clone()
                annotations=annotations
            />
        </div>
        <div class="panels" data-refresh-seconds=(!is_closed).then_some(REFRESH_SECONDS)>
            {panels}
            {of_property}
            <GoalsPanel
                goals=conversions.goals
                address=address
                site=site
                can_write=can_write
                has_funnels=!is_guest
                has_journeys=!is_only
            />
        </div>
        {more}
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

/// The same for who could not add the snippet.
fn nothing_yet() -> AnyView {
    view! {
        <section class="empty" aria-labelledby="empty-title">
            <EmptyArt/>
            <h2 id="empty-title">"No visits yet"</h2>
            <p>"This site has not been visited since it was added."</p>
        </section>
    }
    .into_any()
}

/// A period without visits; offers the nearest that is known to have some.
fn empty_period(site: &Site, dashboard: &Dashboard, address: &DashboardAddress) -> AnyView {
    let zone = &site.time_zone;
    let last = dashboard.last_event_at;
    let date = last.and_then(|at| time_zones::date_of(at, zone));
    let words = last.and_then(|at| time_zones::date_words(at, zone));
    let offer = date.zip(words.clone()).map(|(date, words)| {
        let period = Period::Custom {
            from: date,
            to: date,
        };
        let link = address.cleared().with_period(period).link();
        view! {
            <a class="button primary" href=link>
                {format!("Show {words}")}
            </a>
        }
    });
    let others = [Period::Days28, Period::All].map(|period| {
        let link = address.cleared().with_period(period).link();
        (address.query.period != period).then(|| {
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
fn no_match(address: &DashboardAddress, saved: Saved) -> AnyView {
    let query = &address.query;
    let count = query.filters.len()
        + usize::from(query.segment.is_some())
        + usize::from(query.goal.is_some());
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
            <Chips address=address.clone() saved=saved/>
        </section>
    }
    .into_any()
}
