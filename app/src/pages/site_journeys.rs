//! Which pages visits walk through: a Sankey diagram, and all its figures as a table.

use leptos::prelude::*;
use trackflow::domain::{
    JourneyDirection, JourneyPlace, JourneyQuery, JourneyReport, Period, Site,
};

use super::{
    PageError, dashboard::problems_notice, page, param, period_label, require_reader, saved,
    set_status, switcher_sites, today_of,
};
use crate::{
    charts::sankey_svg,
    components::{
        Chips, DashboardHeader, EmptyArt, ExportLinks, Icon, IconName, JourneyTable, Layout,
    },
    context, format,
    journey_query::JourneyAddress,
    query::encode,
    server_fns::{
        site::get_site,
        stats::{count_current_visitors, get_journeys},
    },
};

/// The journeys of the address, with period and filters as on the dashboard.
#[component]
pub fn SiteJourneysPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_reader(&domain).await?;
        let raw = context::raw_query();
        let (mut address, mut problems) = JourneyAddress::parse(&raw);
        if raw.contains("filter_dimension=") && problems.is_empty() {
            let path = format!("/sites/{}/journeys{}", encode(&domain), address.link());
            return Err(PageError::Redirect(path));
        }
        let site = get_site(domain).await?;
        let sites = switcher_sites().await?;
        let saved = saved(&site, &mut address.dashboard, &mut problems).await?;
        let (query, journey) = (address.dashboard.query.clone(), address.query.clone());
        let report = get_journeys(site.domain.clone(), query, journey).await?;
        let current = count_current_visitors(site.domain.clone()).await?;
        if !problems.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let header = view! {
            <DashboardHeader
                principal=principal
                site=site.clone()
                sites=sites
                address=address.carried()
                period_label=period_label(&address.dashboard.query, None)
                current_visitors=Some(current)
                today=today_of(&site)
                saved=saved.clone()
            />
        };
        let title = format!("Journeys of {}", site.name);
        Ok(view! {
            <Layout title=title header=header.into_any() main_class="detail journeys">
                {head(&site, &address, &report)}
                {problems_notice(&problems)}
                <Chips address=address.carried() saved=saved/>
                {form(&address, &report)}
                {if report.visits == 0 { nothing(&address) } else { body(report, &address) }}
            </Layout>
        }
        .into_any())
    })
}

fn head(site: &Site, address: &JourneyAddress, report: &JourneyReport) -> AnyView {
    let back = format!(
        "/sites/{}{}",
        encode(&site.domain),
        address.dashboard.link()
    );
    view! {
        <div class="page-head">
            <div>
                <a class="back" href=back.trim_end_matches('?').to_owned()>
                    <Icon name=IconName::Back/>
                    "Dashboard"
                </a>
                <h1>"Journeys"</h1>
                <p class="hint">
                    {format!("{}. ", report.title)}
                    <a href="/docs/metrics#journeys">"What is counted"</a>
                </p>
            </div>
            <ExportLinks site=site.clone() view="journeys" query=address.link()/>
        </div>
    }
    .into_any()
}

/// Where journeys begin or end, which way they go, and how far.
fn form(address: &JourneyAddress, report: &JourneyReport) -> AnyView {
    let JourneyQuery {
        page,
        direction,
        steps,
    } = address.query.clone();
    let hidden: Vec<_> = address
        .dashboard
        .pairs()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let nodes = report.steps.iter().flat_map(|step| &step.nodes);
    let mut pages: Vec<String> = nodes
        .filter_map(|node| node.place.page().map(str::to_owned))
        .collect();
    pages.sort();
    pages.dedup();
    let known: Vec<_> = pages
        .into_iter()
        .map(|page| view! { <option value=page></option> })
        .collect();
    let directions = [
        (JourneyDirection::Forward, "Where they go from there"),
        (JourneyDirection::Back, "How they got there"),
    ]
    .map(|(known, label)| {
        view! {
            <option value=known.key() selected=known == direction>
                {label}
            </option>
        }
    });
    let counts: Vec<_> = (JourneyQuery::STEP_MIN..=JourneyQuery::STEP_LIMIT)
        .map(|count| {
            view! {
                <option value=count.to_string() selected=count == steps>
                    {count}
                </option>
            }
        })
        .collect();
    let all = page.is_some().then(|| {
        view! {
            <a class="button" href=address.of_page(None).link()>
                "All pages"
            </a>
        }
    });
    view! {
        <form class="panel journey-form" method="get">
            {hidden}
            <div class="field journey-page">
                <label for="journey-page">"Page"</label>
                <input
                    class="input"
                    id="journey-page"
                    name="page"
                    value=page.unwrap_or_default()
                    placeholder=match direction {
                        JourneyDirection::Forward => "First page of the visit",
                        JourneyDirection::Back => "Last page of the visit",
                    }
                    list="journey-pages"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="2000"
                />
                <datalist id="journey-pages">{known}</datalist>
            </div>
            <div class="field">
                <label for="journey-direction">"Show"</label>
                <select class="input" id="journey-direction" name="direction">
                    {directions.collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="journey-steps">"Steps"</label>
                <select class="input" id="journey-steps" name="steps">
                    {counts}
                </select>
            </div>
            <div class="form-actions">
                <button class="button primary">"Show journeys"</button>
                {all}
            </div>
        </form>
    }
    .into_any()
}

fn body(report: JourneyReport, address: &JourneyAddress) -> AnyView {
    let name = "Diagram of journeys, step by step; the table below holds the same figures";
    let svg = sankey_svg(&report, name, |page| address.of_page(Some(page)).link());
    view! {
        <section class="panel journey-chart" aria-labelledby="journey-summary">
            <p class="journey-summary" id="journey-summary">
                {summary(&report)}
            </p>
            <div
                class="scroll"
                tabindex="0"
                role="region"
                aria-label="Diagram of journeys"
                inner_html=svg
            ></div>
        </section>
        <JourneyTable report=report address=address.clone()/>
    }
    .into_any()
}

/// The journeys in two sentences.
fn summary(report: &JourneyReport) -> String {
    let visits = match report.visits {
        1 => "1 visit".to_owned(),
        visits => format!("{} visits", format::exact(visits)),
    };
    let direction = report.query.direction;
    let first = match (&report.query.page, direction) {
        (None, JourneyDirection::Forward) => format!("{visits} from their first page on."),
        (None, JourneyDirection::Back) => format!("{visits} from their last page back."),
        (Some(page), JourneyDirection::Forward) => {
            format!("{visits} from their first view of {page} on.")
        }
        (Some(page), JourneyDirection::Back) => {
            format!("{visits} from their first view of {page} back.")
        }
    };
    let [Some(step), Some(next)] = [0, 1].map(|at| report.steps.get(at)) else {
        return first;
    };
    let named = step.flows.iter().filter(|flow| {
        let places = [&step.nodes[flow.from].place, &next.nodes[flow.to].place];
        places.iter().all(|place| place.page().is_some())
    });
    let most = named.max_by_key(|flow| (flow.visits, std::cmp::Reverse((flow.from, flow.to))));
    let most = most.map(|flow| {
        let from = step.nodes[flow.from].place.label(direction);
        let to = next.nodes[flow.to].place.label(direction);
        let share = format::share(flow.visits, report.visits);
        match direction {
            JourneyDirection::Forward => {
                format!(" Most often they went from {from} to {to}, {share} of them.")
            }
            JourneyDirection::Back => {
                format!(" Most often they came to {from} from {to}, {share} of them.")
            }
        }
    });
    let mut outside = next.nodes.iter();
    let outside = outside.find(|node| node.place == JourneyPlace::Outside);
    let outside = outside.map(|node| {
        let share = format::share(node.visits, report.visits);
        match direction {
            JourneyDirection::Forward => format!(" {share} saw no further page."),
            JourneyDirection::Back => format!(" {share} saw no page before."),
        }
    });
    [Some(first), most, outside].into_iter().flatten().collect()
}

/// A period, a page or filters without a journey.
fn nothing(address: &JourneyAddress) -> AnyView {
    let dashboard = address.carried();
    let title = match &address.query.page {
        Some(page) => format!("No visit saw {page} in this view"),
        None => "No visits in this view".to_owned(),
    };
    let without_page = address.query.page.is_some().then(|| {
        view! {
            <a class="button primary" href=address.of_page(None).link()>
                "Journeys of all pages"
            </a>
        }
    });
    let without_filters = dashboard.is_narrowed().then(|| {
        view! {
            <a class="button" href=dashboard.without_filters().link()>
                "Remove the filters"
            </a>
        }
    });
    let others = [Period::Days28, Period::All].map(|period| {
        (dashboard.query.period != period).then(|| {
            view! {
                <a class="button" href=dashboard.with_period(period).link()>
                    {period.label()}
                </a>
            }
        })
    });
    view! {
        <section class="empty" aria-labelledby="empty-title">
            <EmptyArt/>
            <h2 id="empty-title">{title}</h2>
            <p>"Choose a longer period, another page, or remove a filter."</p>
            <div class="form-actions">
                {without_page}
                {without_filters}
                {others.collect_view()}
            </div>
        </section>
    }
    .into_any()
}
