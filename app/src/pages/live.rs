//! Who is on a site now.

use leptos::prelude::*;
use trackflow::domain::{Breakdown, Filter, Period, Realtime, Site, Timestamp};

use super::{PageError, page, param, require_reader, switcher_sites};
use crate::{
    charts::{Bar, bars_svg},
    components::{
        AppHeader, FigureText, Icon, IconName, Layout, NameCell, SiteSwitcher, ValueCell,
    },
    context::AppContext,
    format,
    query::{DashboardAddress, encode},
    server_fns::{site::get_site, stats::get_realtime},
    time_zones,
};

/// The page. With a script it changes as visitors come; without one it shows the moment of its request.
#[component]
pub fn LivePage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_reader(&domain).await?;
        let site = get_site(domain.clone()).await?;
        let sites = switcher_sites().await?;
        let realtime = get_realtime(domain).await?;
        let can_write = principal.can_write();
        let crumb = view! { <SiteSwitcher site=site.clone() sites=sites can_write=can_write/> };
        let header = view! { <AppHeader principal=principal crumb=crumb.into_any()/> }.into_any();
        Ok::<_, PageError>(
            view! {
                <Layout title=format!("Live on {}", site.name) header=header main_class="live-page">
                    <div class="page-head">
                        <div>
                            <a class="back" href=format!("/sites/{}", encode(&site.domain))>
                                <Icon name=IconName::Back/>
                                "Dashboard"
                            </a>
                            <h1>"Live"</h1>
                        </div>
                        // The script shows it: without one nothing changes by itself.
                        <button class="button" type="button" data-live-pause="" hidden>
                            "Pause"
                        </button>
                    </div>
                    {body(&realtime, &site)}
                </Layout>
            }
            .into_any(),
        )
    })
}

fn body(realtime: &Realtime, site: &Site) -> AnyView {
    let now = AppContext::current().now();
    let stream = format!("/api/app/live?domain={}&tables=true", encode(&site.domain));
    let count = realtime.current_visitors;
    let tables: Vec<_> = realtime
        .breakdowns
        .iter()
        .map(|breakdown| panel(breakdown, count, site))
        .collect();
    let unit = if count == 1 { "visitor" } else { "visitors" };
    let class = if count == 0 { "pulse idle" } else { "pulse" };
    view! {
        <div class="live-now" data-live-refresh=stream data-refresh="live">
            <section class="section" aria-labelledby="now">
                <header>
                    <h2 id="now" class="live-count">
                        <span class=class aria-hidden="true"></span>
                        <FigureText figure=format::count(count)/>
                        {format!(" current {unit}")}
                    </h2>
                    <p class="hint">"Whoever did anything in the last 5 minutes."</p>
                </header>
                {minutes(realtime, site, now)}
            </section>
            <div class="panels">{tables}</div>
        </div>
    }
    .into_any()
}

fn minutes(realtime: &Realtime, site: &Site, now: Timestamp) -> impl IntoView + use<> {
    let newest = now.0.div_euclid(60_000);
    let last = realtime.minutes.len();
    let bar = |(at, &count): (usize, &u64)| {
        let back = i64::try_from(last - 1 - at).unwrap_or_default();
        let start = Timestamp((newest - back) * 60_000);
        let label = time_zones::time_words(start, &site.time_zone).unwrap_or_default();
        let plural = if count == 1 { "" } else { "s" };
        Bar {
            title: format!("{label}: {} pageview{plural}", format::exact(count)),
            label,
            lower: count,
            upper: 0,
        }
    };
    let bars: Vec<Bar> = realtime.minutes.iter().enumerate().map(bar).collect();
    let summary = match realtime.minutes.iter().sum() {
        0_u64 => "None in the last 30 minutes.".to_owned(),
        total => format!("{} in the last 30 minutes.", format::exact(total)),
    };
    let drawing = bars_svg(&bars, &format!("Pageviews by minute. {summary}"));
    view! {
        <figure class="chart bars minutes">
            <figcaption>
                <h3>"Pageviews a minute"</h3>
                <p class="hint">{summary}</p>
            </figcaption>
            <div class="chart-body" inner_html=drawing></div>
        </figure>
    }
    .into_any()
}

/// The current visitors by the values of a dimension; a row leads to today's dashboard with it as a filter.
fn panel(breakdown: &Breakdown, total: u64, site: &Site) -> AnyView {
    let subject = &breakdown.subject;
    let (key, plural) = (subject.key(), subject.plural().into_owned());
    let today = DashboardAddress::default().with_period(Period::Today);
    let rows: Vec<_> = breakdown
        .rows
        .iter()
        .map(|row| {
            let filter = Filter::is(subject.clone(), row.value.clone());
            let link = today.with_filter(filter).link();
            view! {
                <tr>
                    <NameCell
                        subject=subject.clone()
                        value=row.value.clone()
                        visitors=row.figures.visitors
                        max_visitors=breakdown.max_visitors
                        link=format!("/sites/{}{link}", encode(&site.domain))
                    />
                    <ValueCell visitors=row.figures.visitors total=total/>
                </tr>
            }
        })
        .collect();
    let table = if rows.is_empty() {
        let words = format!("No {} right now", subject.plural_in_sentence());
        view! { <p class="panel-empty">{words}</p> }.into_any()
    } else {
        view! {
            <table class="table">
                <caption class="visually-hidden">{plural.clone()}" by current visitors"</caption>
                <thead>
                    <tr>
                        <th scope="col">{subject.label().into_owned()}</th>
                        <th scope="col" class="value">
                            "Visitors"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby=format!("{key}-title")>
            <div class="panel-head">
                <h2 id=format!("{key}-title")>{plural}</h2>
            </div>
            <div class="panel-body">{table}</div>
        </section>
    }
    .into_any()
}
