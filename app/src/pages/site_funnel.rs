//! One funnel: how many visitors take each step, and where they are lost.

use leptos::prelude::*;
use trackflow::domain::{FunnelId, FunnelReport, Site};

use super::{
    PageError, dashboard::problems_notice, page, param, period_label, require_principal, saved,
    set_status, switcher_sites, today_of,
};
use crate::{
    components::{BarCell, Chips, DashboardHeader, EmptyArt, FigureText, Icon, IconName, Layout},
    context, format,
    query::{DashboardAddress, encode},
    server_fns::{
        ApiError,
        site::get_site,
        stats::{count_current_visitors, get_funnel},
    },
};

/// The funnel of the address, with period and filters as on the dashboard.
#[component]
pub fn SiteFunnelPage() -> impl IntoView {
    let (domain, id) = (param("domain"), param("id"));
    page(async move {
        let principal = require_principal().await?;
        let not_found = || ApiError::NotFound {
            what: "funnel".into(),
        };
        let id = id.parse().map(FunnelId).map_err(|_| not_found())?;
        let parsed = DashboardAddress::parse(&context::raw_query());
        let (mut address, mut problems) = (parsed.address, parsed.problems);
        if parsed.has_form_fields && problems.is_empty() {
            let path = format!(
                "/sites/{}/funnels/{}{}",
                encode(&domain),
                id.0,
                address.link()
            );
            return Err(PageError::Redirect(path));
        }
        let site = get_site(domain).await?;
        let sites = switcher_sites().await?;
        let saved = saved(&site, &mut address, &mut problems).await?;
        let report = get_funnel(site.domain.clone(), address.query.clone(), id).await?;
        let current = count_current_visitors(site.domain.clone()).await?;
        if !problems.is_empty() {
            set_status(http::StatusCode::BAD_REQUEST);
        }
        let header = view! {
            <DashboardHeader
                principal=principal
                site=site.clone()
                sites=sites
                address=address.clone()
                period_label=period_label(&address.query, None)
                current_visitors=Some(current)
                today=today_of(&site)
                saved=saved.clone()
            />
        };
        let title = format!("{} of {}", report.funnel.name, site.name);
        Ok(view! {
            <Layout title=title header=header.into_any() main_class="detail">
                {head(&site, &address, &report)}
                {problems_notice(&problems)}
                <Chips address=address saved=saved/>
                {body(&report)}
            </Layout>
        }
        .into_any())
    })
}

fn head(site: &Site, address: &DashboardAddress, report: &FunnelReport) -> impl IntoView + use<> {
    let domain = encode(&site.domain);
    let back = format!("/sites/{domain}{}", address.link());
    view! {
        <div class="page-head">
            <div>
                <a class="back" href=back.trim_end_matches('?').to_owned()>
                    <Icon name=IconName::Back/>
                    "Dashboard"
                </a>
                <h1>{report.funnel.name.clone()}</h1>
                <p class="hint">
                    {format!("Steps {}, {}", report.funnel.scope.label(), report.title)}
                </p>
            </div>
            <a class="button" href=format!("/sites/{domain}/funnels")>
                "All funnels"
            </a>
        </div>
    }
    .into_any()
}

fn body(report: &FunnelReport) -> AnyView {
    if report.visitors == 0 {
        return view! {
            <section class="empty" aria-labelledby="empty-title">
                <EmptyArt/>
                <h2 id="empty-title">"No visits in this view"</h2>
                <p>"Choose a longer period, or remove a filter."</p>
            </section>
        }
        .into_any();
    }
    let first = report.steps.first().map_or(0, |step| step.visitors);
    let mut before = report.visitors;
    let rows: Vec<_> = (1..)
        .zip(&report.steps)
        .map(|(number, step)| {
            let row = row(number, &step.title, step.visitors, before, report.visitors);
            before = step.visitors;
            row
        })
        .collect();
    let last = report.steps.last().map_or(0, |step| step.visitors);
    let summary = format!(
        "{} of {} visitors took the first step; {} of those took them all.",
        format::exact(first),
        format::exact(report.visitors),
        format::share(last, first),
    );
    view! {
        <section class="panel funnel" aria-labelledby="funnel-summary">
            <p class="funnel-summary" id="funnel-summary">
                {summary}
            </p>
            <table class="table">
                <caption class="visually-hidden">
                    "Steps of the funnel: visitors who took each, their share of the step before, and those who were lost before it"
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Step"</th>
                        <th scope="col" class="value">
                            "Visitors"
                        </th>
                        <th scope="col" class="value">
                            "Rate"
                        </th>
                        <th scope="col" class="value">
                            "Lost"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="hint">
                "Rate: visitors of the step ÷ visitors of the step before; of the first, ÷ all visitors. Lost: the difference."
            </p>
        </section>
    }
    .into_any()
}

fn row(number: usize, title: &str, visitors: u64, before: u64, all: u64) -> impl IntoView + use<> {
    let title = title.to_owned();
    view! {
        <tr>
            <BarCell part=visitors whole=all>
                <span class="funnel-step">
                    <span class="glyph" aria-hidden="true">
                        {number}
                    </span>
                    <span>{title}</span>
                </span>
            </BarCell>
            <td class="value">
                <b>
                    <FigureText figure=format::count(visitors)/>
                </b>
            </td>
            <td class="value">{format::share(visitors, before)}</td>
            <td class="value">
                <FigureText figure=format::count(before.saturating_sub(visitors))/>
            </td>
        </tr>
    }
}
