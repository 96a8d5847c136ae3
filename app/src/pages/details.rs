//! One dimension or custom property in full: all metrics, sorted by links, paged, searched.

use leptos::prelude::*;
use trackflow::domain::{
    Breakdown, BreakdownOrder as Column, BreakdownRow, Dimension, Filter, Metric, Site, Subject,
};

use super::{
    PageError,
    dashboard::{only_notice, problems_notice},
    page, param, period_label, require_reader, saved, set_status, site_domain, switcher_sites,
    today_of,
};
use crate::{
    components::{
        Chips, DashboardHeader, ExportLinks, FigureText, Icon, IconName, Layout, NameCell,
        ValueCell, amounts,
    },
    context,
    details_query::{DetailsAddress, PAGE_ROWS, column_label, column_value, columns},
    format,
    query::{encode, property_of, property_path},
    server_fns::{
        ApiError,
        site::get_site,
        stats::{
            count_current_visitors, count_visitors_of, find_extras, get_breakdown, get_dashboard,
        },
    },
};

/// The table of the path's dimension.
#[component]
pub fn DetailsPage() -> impl IntoView {
    let dimension = Dimension::from_key(&param("dimension"));
    details(dimension.map(Subject::from))
}

/// The table of the path's custom property.
#[component]
pub fn PropertyPage() -> impl IntoView {
    details(property_of(&param("property")))
}

fn details(subject: Option<Subject>) -> impl IntoView {
    let domain = site_domain();
    page(async move {
        let principal = require_reader(&domain).await?;
        let subject = subject.ok_or_else(|| ApiError::NotFound {
            what: "dimension".into(),
        })?;
        let raw = context::raw_query();
        let (mut address, mut problems) = DetailsAddress::parse(&raw, &subject);
        address.dashboard = address.dashboard.carrying(context::embed_pairs());
        if raw.contains("filter_dimension=") && problems.is_empty() {
            let base = context::site_path(&domain);
            let path = match &subject {
                Subject::Dimension(of) => format!("{base}/{}", of.key()),
                Subject::Property(name) => property_path(&base, name),
            };
            return Err(PageError::Redirect(format!("{path}{}", address.link())));
        }
        let site = get_site(domain).await?;
        let sites = switcher_sites().await?;
        let saved = saved(&site, &mut address.dashboard, &mut problems).await?;
        let query = address.dashboard.query.clone();
        let extras = find_extras(site.domain.clone(), query.period).await?;
        let page = address.breakdown_page(extras.has_revenue);
        let breakdown = get_breakdown(site.domain.clone(), query, subject.clone(), page).await?;
        let all_visitors = all_visitors(&site, &address, &breakdown).await?;
        let total = total_visitors(&site, &address).await?;
        // Who reads by a secret link sees the link's visits only, and the number is of all.
        let current = if context::is_dashboard_only() {
            None
        } else {
            Some(count_current_visitors(site.domain.clone()).await?)
        };
        let only = only_notice(&principal);
        if !problems.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let header = view! {
            <DashboardHeader
                principal=principal
                site=site.clone()
                sites=sites
                address=address.dashboard.clone()
                period_label=period_label(&address.dashboard.query, None)
                current_visitors=current
                today=today_of(&site)
                saved=saved.clone()
                properties=extras.properties
            />
        };
        let title = format!("{} of {}", subject.plural(), site.name);
        Ok(view! {
            <Layout title=title header=header.into_any() main_class="detail">
                {head(&site, &subject, &address)}
                {problems_notice(&problems)}
                {only}
                <Chips address=address.dashboard.clone() saved=saved/>
                {table(&site, &subject, &address, breakdown, extras.has_revenue, total, all_visitors)}
            </Layout>
        }
        .into_any())
    })
}

/// If the view is of a goal: the visitors of the rows whether or not they reached it.
async fn all_visitors(
    site: &Site,
    address: &DetailsAddress,
    breakdown: &Breakdown,
) -> Result<Option<Vec<u64>>, PageError> {
    let query = address.dashboard.query.clone();
    if query.goal.is_none() {
        return Ok(None);
    }
    let values = breakdown.rows.iter().map(|row| row.value.clone());
    let values = vec![(breakdown.subject.clone(), values.collect())];
    let mut counts = count_visitors_of(site.domain.clone(), query, values).await?;
    Ok(counts.pop())
}

/// Visitors of the period: what shares are of.
async fn total_visitors(site: &Site, address: &DetailsAddress) -> Result<u64, PageError> {
    let query = address.dashboard.query.clone();
    let dashboard = get_dashboard(site.domain.clone(), query, Vec::new()).await?;
    Ok(dashboard.figures.visitors)
}

fn head(site: &Site, subject: &Subject, address: &DetailsAddress) -> impl IntoView + use<> {
    let plural = subject.plural().into_owned();
    let whole = DetailsAddress {
        page: 1,
        ..address.clone()
    };
    let search_label = format!("Search {}", subject.plural_in_sentence());
    let back = format!(
        "{}{}",
        context::site_path(&site.domain),
        address.dashboard.link()
    );
    let kept = DetailsAddress {
        search: String::new(),
        page: 1,
        ..address.clone()
    };
    let hidden: Vec<_> = kept
        .pairs()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let has_journeys = *subject == Dimension::Page.into() && !context::is_dashboard_only();
    let journeys = has_journeys.then(|| {
        let (domain, link) = (encode(&site.domain), address.dashboard.link());
        let path = format!("/sites/{domain}/journeys{link}");
        view! {
            <a class="button" href=path.trim_end_matches('?').to_owned()>
                "Journeys"
            </a>
        }
    });
    view! {
        <div class="page-head">
            <div>
                <a class="back" href=back.trim_end_matches('?').to_owned()>
                    <Icon name=IconName::Back/>
                    "Dashboard"
                </a>
                <h1 class="truncate">{plural}</h1>
            </div>
            <form class="search" method="get" role="search">
                {hidden}
                <label class="visually-hidden" for="q">
                    {search_label.clone()}
                </label>
                <input
                    class="input"
                    id="q"
                    type="search"
                    name="search"
                    maxlength="200"
                    placeholder=search_label
                    value=address.search.clone()
                />
                <button class="button">"Search"</button>
            </form>
            {journeys}
            <ExportLinks site=site.clone() view=subject.key() query=whole.link()/>
        </div>
    }
    .into_any()
}

fn table(
    site: &Site,
    subject: &Subject,
    address: &DetailsAddress,
    mut breakdown: Breakdown,
    has_revenue: bool,
    total: u64,
    all_visitors: Option<Vec<u64>>,
) -> AnyView {
    let plural = subject.plural().into_owned();
    let in_sentence = subject.plural_in_sentence();
    if breakdown.rows.is_empty() {
        let words = if address.search.is_empty() {
            format!("No {in_sentence} in this period")
        } else {
            format!("No {in_sentence} with “{}”", address.search)
        };
        return view! {
            <section class="panel" aria-label=plural>
                <p class="panel-empty">{words}</p>
            </section>
        }
        .into_any();
    }
    let columns = columns(subject, has_revenue);
    let direction = if address.is_ascending {
        "ascending"
    } else {
        "descending"
    };
    let caption = format!(
        "{plural}, {}, sorted by {}, {direction}",
        address.dashboard.query.period.label().to_lowercase(),
        column_label(address.sort, subject).to_lowercase()
    );
    let headings: Vec<_> = columns
        .iter()
        .flat_map(|column| {
            let is_rated = all_visitors.is_some() && *column == Column::Metric(Metric::Visitors);
            let heading = heading(*column, subject, address, direction).into_any();
            std::iter::once(heading).chain(is_rated.then(rate_heading))
        })
        .collect();
    let mut all_visitors = all_visitors.map(Vec::into_iter);
    let rows = std::mem::take(&mut breakdown.rows);
    let (total_rows, shown) = (breakdown.total_rows, rows.len());
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            table_row(
                row,
                &breakdown,
                &columns,
                site,
                address,
                total,
                all_visitors.as_mut().and_then(Iterator::next),
            )
        })
        .collect();
    view! {
        <section class="panel" aria-label=plural>
            <div
                class="scroll"
                tabindex="0"
                role="region"
                aria-label=format!("Table of {in_sentence}")
            >
                <table class="table full">
                    <caption class="visually-hidden">{caption}</caption>
                    <thead>
                        <tr>{headings}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {paging(address, total_rows, shown)}
        </section>
    }
    .into_any()
}

fn heading(
    column: Column,
    subject: &Subject,
    address: &DetailsAddress,
    direction: &'static str,
) -> impl IntoView + use<> {
    let is_sorted = address.sort == column;
    let class = if column == Column::Value {
        "name"
    } else {
        "value"
    };
    let icon = if address.is_ascending {
        IconName::Ascending
    } else {
        IconName::Descending
    };
    view! {
        <th scope="col" class=class aria-sort=is_sorted.then_some(direction)>
            <a href=address.sorted_by(column).link()>
                {is_sorted.then(|| view! { <Icon name=icon/> })}
                <span class="truncate">{column_label(column, subject)}</span>
            </a>
        </th>
    }
    .into_any()
}

fn rate_heading() -> AnyView {
    view! {
        <th scope="col" class="value">
            <a href="/docs/metrics#conversion_rate" target=context::leaving()>"Rate"</a>
        </th>
    }
    .into_any()
}

fn table_row(
    row: BreakdownRow,
    breakdown: &Breakdown,
    columns: &[Column],
    site: &Site,
    address: &DetailsAddress,
    total: u64,
    all_visitors: Option<u64>,
) -> impl IntoView + use<> {
    let (subject, max_visitors) = (&breakdown.subject, breakdown.max_visitors);
    let filter = Filter::is(subject.clone(), row.value.clone());
    let link = address.dashboard.with_filter(filter).link();
    let link = format!("{}{link}", context::site_path(&site.domain));
    let visitors = row.figures.visitors;
    let cells: Vec<_> = columns
        .iter()
        .map(|column| match column {
            Column::Value => view! {
                <NameCell
                    subject=subject.clone()
                    value=row.value.clone()
                    visitors=visitors
                    max_visitors=max_visitors
                    link=link.clone()
                />
            }
            .into_any(),
            Column::Metric(Metric::Visitors) => {
                let rate = all_visitors
                    .map(|all| view! { <td class="value">{format::share(visitors, all)}</td> });
                view! {
                    <ValueCell visitors=visitors total=total/>
                    {rate}
                }
                .into_any()
            }
            Column::Metric(metric) if metric.is_revenue() => {
                view! { <td class="value">{amounts(&row.revenue, *metric)}</td> }.into_any()
            }
            column => {
                let figure = cell_figure(*column, column_value(*column, breakdown, &row));
                view! {
                    <td class="value">
                        <FigureText figure=figure/>
                    </td>
                }
                .into_any()
            }
        })
        .collect();
    view! { <tr>{cells}</tr> }.into_any()
}

fn cell_figure(column: Column, value: Option<f64>) -> format::Figure {
    match column {
        Column::Metric(metric) => format::metric(metric, value),
        Column::Value => format::metric(Metric::Visitors, None),
    }
}

fn paging(address: &DetailsAddress, total_rows: usize, shown: usize) -> impl IntoView + use<> {
    let number = |count: usize| format::exact(u64::try_from(count).unwrap_or(u64::MAX));
    let first = (address.page - 1) * PAGE_ROWS + 1;
    let last = first + shown - 1;
    let words = format!(
        "{}–{} of {}",
        number(first),
        number(last),
        number(total_rows)
    );
    let step = |page: Option<usize>, is_next: bool| {
        let inside = if is_next {
            view! { "Next"<Icon name=IconName::Next/> }.into_any()
        } else {
            view! { <Icon name=IconName::Back/>"Previous" }.into_any()
        };
        match page {
            Some(page) => {
                let rel = if is_next { "next" } else { "prev" };
                let link = address.with_page(page).link();
                view! { <a class="button" href=link rel=rel>{inside}</a> }.into_any()
            }
            None => view! { <span class="button" aria-disabled="true">{inside}</span> }.into_any(),
        }
    };
    let previous = step((address.page > 1).then(|| address.page - 1), false);
    let next = step((last < total_rows).then(|| address.page + 1), true);
    view! {
        <nav class="paging" aria-label="Pages of the table">
            <span>{words}</span>
            <ul>
                <li>{previous}</li>
                <li>{next}</li>
            </ul>
        </nav>
    }
    .into_any()
}
