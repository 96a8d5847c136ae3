//! How fast a site's pages feel, as its visitors' browsers measured it.

use leptos::prelude::*;
use trackflow::domain::{
    Dimension, Period, Principal, Site, Vital, VitalsQuery, VitalsReport, VitalsRow,
};

use super::{
    PageError, dashboard::problems_notice, page, param, require_reader, set_status, switcher_sites,
    today_of,
};
use crate::{
    components::{
        AppHeader, EmptyArt, FigureText, Icon, IconName, Layout, NameCell, PeriodPicker,
        SiteSwitcher, Snippet, VitalCards, VitalCell, named_chip, value_words,
    },
    context, format,
    query::encode,
    server_fns::{site::get_site, vitals::get_vitals},
    vitals_query::VitalsAddress,
};

/// The page. Everyone who may see the site may see it.
#[component]
pub fn VitalsPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_reader(&domain).await?;
        let (address, problems) = VitalsAddress::parse(&context::raw_query());
        let site = get_site(domain.clone()).await?;
        let sites = switcher_sites().await?;
        let report = get_vitals(domain, address.query.clone()).await?;
        if !problems.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let is_guest = principal.is_guest();
        let header = header(principal, &site, sites);
        let body = if !report.has_any && !is_guest {
            waiting(&site)
        } else if report.measurements() == 0 {
            nothing(&report, &address)
        } else {
            measured(report, &address)
        };
        Ok::<_, PageError>(
            view! {
                <Layout
                    title=format!("Web vitals of {}", site.name)
                    header=header
                    main_class="detail vitals"
                >
                    {head(&site, &address)}
                    {problems_notice(&problems)}
                    {chips(&address)}
                    {body}
                </Layout>
            }
            .into_any(),
        )
    })
}

fn header(principal: Principal, site: &Site, sites: Vec<Site>) -> AnyView {
    let can_write = principal.can_write();
    let crumb = view! { <SiteSwitcher site=site.clone() sites=sites can_write=can_write/> };
    view! { <AppHeader principal=principal crumb=crumb.into_any()/> }.into_any()
}

fn head(site: &Site, address: &VitalsAddress) -> AnyView {
    let dashboard = address.dashboard();
    let link = dashboard.link();
    let back = format!("/sites/{}{link}", encode(&site.domain));
    view! {
        <div class="page-head">
            <div>
                <a class="back" href=back.trim_end_matches('?').to_owned()>
                    <Icon name=IconName::Back/>
                    "Dashboard"
                </a>
                <h1>"Web vitals"</h1>
            </div>
            <PeriodPicker
                label=address.query.period.label()
                address=dashboard
                today=today_of(site)
                kept=address.pairs_beside_period()
            />
        </div>
    }
    .into_any()
}

/// What the view is narrowed to.
fn chips(address: &VitalsAddress) -> Option<AnyView> {
    let chips: Vec<_> = VitalsQuery::DIMENSIONS
        .into_iter()
        .filter_map(|dimension| {
            let value = address.query.filter(dimension)?;
            let link = address.with_filter(dimension, None).link();
            Some(named_chip(
                dimension.label(),
                &value_words(dimension, value),
                link,
            ))
        })
        .collect();
    (!chips.is_empty()).then(|| {
        view! {
            <ul class="chips" aria-label="Active filters">
                {chips}
            </ul>
        }
        .into_any()
    })
}

fn measured(report: VitalsReport, address: &VitalsAddress) -> AnyView {
    view! {
        <section class="overview" aria-labelledby="p75">
            <div class="vitals-about">
                <h2 id="p75">{report.title.clone()}</h2>
                <p class="hint">
                    "The 75th percentile: three of four page views were at least as fast. "
                    <a href="/docs/metrics#web-vitals">"How it is measured"</a>
                </p>
            </div>
            <VitalCards figures=report.figures/>
        </section>
        {table(report, address)}
    }
    .into_any()
}

fn table(report: VitalsReport, address: &VitalsAddress) -> AnyView {
    let by = address.query.by;
    let tabs: Vec<_> = VitalsQuery::DIMENSIONS
        .into_iter()
        .map(|dimension| {
            let link = address.by(dimension).link();
            view! {
                <a
                    href=format!("{link}#by")
                    aria-current=(dimension == by).then_some("true")
                >
                    {dimension.plural()}
                </a>
            }
        })
        .collect();
    let headings: Vec<_> = Vital::ALL
        .into_iter()
        .map(|vital| {
            view! {
                <th scope="col" class="value">
                    <abbr title=vital.label()>{vital.abbreviation()}</abbr>
                </th>
            }
        })
        .collect();
    let most = report.rows.iter().map(VitalsRow::measurements).max();
    let shown = report.rows.len();
    let rest = (shown < report.total_rows).then(|| {
        let words = format!(
            "The {shown} most measured of {}",
            format::exact(u64::try_from(report.total_rows).unwrap_or_default())
        );
        view! { <p class="paging">{words}</p> }
    });
    let rows: Vec<_> = report
        .rows
        .into_iter()
        .map(|row| table_row(row, address, most.unwrap_or_default()))
        .collect();
    let label = format!("Web vitals by {}", by.label().to_lowercase());
    view! {
        <section class="panel" aria-labelledby="by">
            <h2 class="visually-hidden" id="by">
                {label.clone()}
            </h2>
            <div class="panel-head">
                <nav class="tabs" aria-label="By">
                    {tabs}
                </nav>
            </div>
            <div class="scroll" tabindex="0" role="region" aria-label=label.clone()>
                <table class="table full">
                    <caption class="visually-hidden">
                        {format!("{label}, 75th percentiles, the most measured first")}
                    </caption>
                    <thead>
                        <tr>
                            <th scope="col" class="name">
                                {by.label()}
                            </th>
                            <th scope="col" class="value">
                                "Measured"
                            </th>
                            {headings}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {rest}
        </section>
    }
    .into_any()
}

fn table_row(row: VitalsRow, address: &VitalsAddress, most: u64) -> AnyView {
    let by = address.query.by;
    let measurements = row.measurements();
    let link = address.with_filter(by, Some(row.value.clone())).link();
    let cells: Vec<_> = Vital::ALL
        .into_iter()
        .zip(row.figures)
        .map(|(vital, figures)| view! { <VitalCell vital=vital figures=figures/> })
        .collect();
    view! {
        <tr>
            <NameCell
                subject=by
                value=row.value
                visitors=measurements
                max_visitors=most
                link=link
            />
            <td class="value">
                <FigureText figure=format::count(measurements)/>
            </td>
            {cells}
        </tr>
    }
    .into_any()
}

/// A site of which nothing was ever measured.
fn waiting(site: &Site) -> AnyView {
    view! {
        <section class="section vitals-waiting" aria-labelledby="sn">
            <header>
                <h2 id="sn">"Nothing was measured yet"</h2>
                <p class="hint">
                    "Web vitals tell how fast pages feel: when something is seen, when a click is answered, how much jumps about. "
                    "Browsers measure them if a second line stands in every page, beside that of the beacon script. It sends "
                    "one message when a page is left, sets no cookie and stores nothing on the visitor's device."
                </p>
            </header>
            <Snippet site=site.clone() file="vitals.js"/>
            <p class="hint">
                "Figures appear here as soon as the first visitor has left a page. "
                <a href="/docs/metrics#web-vitals">"What is measured"</a>
            </p>
        </section>
    }
    .into_any()
}

/// A period or filters without a measurement.
fn nothing(report: &VitalsReport, address: &VitalsAddress) -> AnyView {
    let is_narrowed = VitalsQuery::DIMENSIONS
        .iter()
        .any(|dimension| address.query.filter(*dimension).is_some());
    let all = VitalsQuery::DIMENSIONS
        .into_iter()
        .fold(address.clone(), |address, dimension: Dimension| {
            address.with_filter(dimension, None)
        });
    let without_filters = is_narrowed.then(|| {
        view! {
            <a class="button primary" href=all.link()>
                "Remove the filters"
            </a>
        }
    });
    let others = [Period::Days28, Period::All].map(|period| {
        let link = address.with_period(period).link();
        (address.query.period != period).then(|| {
            view! {
                <a class="button" href=link>
                    {period.label()}
                </a>
            }
        })
    });
    view! {
        <section class="empty" aria-labelledby="empty-title">
            <EmptyArt/>
            <h2 id="empty-title">{format!("Nothing was measured: {}", report.title)}</h2>
            <div class="form-actions">
                {without_filters}
                {others.collect_view()}
            </div>
        </section>
    }
    .into_any()
}
