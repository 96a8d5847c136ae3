//! The main chart with its definitions, intervals, legend and table.

use leptos::prelude::*;
use trackflow::domain::{Annotation, Dashboard, Interval, Metric, Site, Timeseries};

use super::ExportLinks;
use crate::{
    annotations::{Mark, marks},
    charts::{timeseries_json, timeseries_svg},
    context::{self, AppContext},
    format,
    islands::TimeseriesChart,
    query::DashboardAddress,
};

/// The figure below the cards.
#[component]
pub fn Chart(
    site: Site,
    dashboard: Dashboard,
    address: DashboardAddress,
    /// Those of the period, in the order of time.
    annotations: Vec<Annotation>,
) -> impl IntoView {
    let metric = address.query.metric;
    let timeseries = &dashboard.timeseries;
    let per = timeseries.interval.label().to_lowercase();
    let name = format!("{} per {per}", metric.label());
    let marks = marks(&annotations, &timeseries.points, &site.time_zone);
    let drawing = timeseries_svg(timeseries, metric, &name, &marks);
    let option = timeseries_json(timeseries, metric, &marks);
    let script = AppContext::current().assets.charts_script.clone();
    let label = format!("{name}. Arrow keys tell the figures.");
    let intervals = intervals(timeseries, &address);
    view! {
        <figure class="chart" aria-labelledby="chart-title">
            <figcaption class="visually-hidden" id="chart-title">
                {name.clone()}
            </figcaption>
            <div class="chart-head">
                <div class="definitions">{definitions(metric)}</div>
                {intervals}
            </div>
            <TimeseriesChart>
                <div
                    class="chart-body"
                    data-option=option
                    data-script=script
                    data-label=label
                    inner_html=drawing
                ></div>
            </TimeseriesChart>
            <div class="chart-foot">
                {legend(&dashboard)}
                <ExportLinks site=site view="timeseries" query=address.link()/>
                {data_table(timeseries, metric, &name)}
            </div>
            {notes(marks)}
        </figure>
    }
    .into_any()
}

fn definitions(current: Metric) -> impl IntoView {
    let definitions = Metric::CARDS.map(|metric| {
        let selected = (metric == current).then_some("");
        view! {
            <p id=format!("def-{}", metric.key()) data-selected=selected>
                {metric.definition()}
                " "
                <a href=format!("/docs/metrics#{}", metric.key()) target=context::leaving()>
                    "Definition"
                    <span class="visually-hidden">
                        {format!(" of {}", metric.label().to_lowercase())}
                    </span>
                </a>
            </p>
        }
    });
    definitions.collect_view()
}

fn intervals(timeseries: &Timeseries, address: &DashboardAddress) -> impl IntoView + use<> {
    let links: Vec<_> = timeseries
        .intervals
        .iter()
        .map(|interval| {
            let is_current = (*interval == timeseries.interval).then_some("true");
            view! {
                <a href=address.with_interval(*interval).link() aria-current=is_current>
                    {interval.label()}
                </a>
            }
        })
        .collect();
    (links.len() > 1).then(|| {
        view! {
            <nav class="segments" aria-label="Interval" data-commands="Interval">
                {links}
            </nav>
        }
    })
}

fn legend(dashboard: &Dashboard) -> impl IntoView + use<> {
    let comparison = dashboard.comparison_title.clone().map(|title| {
        view! {
            <li>
                <svg aria-hidden="true">
                    <line class="compare" x2="100%" y1="1" y2="1"></line>
                </svg>
                {title}
            </li>
        }
    });
    let timeseries = &dashboard.timeseries;
    let open = (timeseries.is_last_open && timeseries.points.len() > 1).then(|| {
        let words = match timeseries.interval {
            Interval::Hour => "This hour, still counting",
            Interval::Day => "Today, still counting",
            Interval::Week => "This week, still counting",
            Interval::Month => "This month, still counting",
        };
        view! {
            <li>
                <svg aria-hidden="true">
                    <line class="line open" x2="100%" y1="1" y2="1"></line>
                </svg>
                {words}
            </li>
        }
    });
    view! {
        <ul class="legend">
            <li>
                <svg aria-hidden="true">
                    <line class="line" x2="100%" y1="1" y2="1"></line>
                </svg>
                {dashboard.title.clone()}
            </li>
            {comparison}
            {open}
        </ul>
    }
    .into_any()
}

/// What is marked in the chart, for those who read it rather than point at it.
fn notes(marks: Vec<Mark>) -> Option<AnyView> {
    let notes = marks.into_iter().flat_map(|mark| mark.notes);
    let items: Vec<_> = notes
        .map(|note| {
            view! {
                <li>
                    <b>{note.text}</b>
                    <span class="num">{note.when}</span>
                </li>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <ul class="annotations" aria-label="Annotations">
                {items}
            </ul>
        }
        .into_any()
    })
}

/// The same figures as a table, for those who read it rather than look at it.
fn data_table(timeseries: &Timeseries, metric: Metric, name: &str) -> impl IntoView + use<> {
    let has_comparison = timeseries
        .points
        .iter()
        .any(|point| point.previous.is_some());
    let rows: Vec<_> = timeseries
        .points
        .iter()
        .map(|point| {
            let before = has_comparison.then(|| {
                let figures = point.previous.as_ref().map(|(_, figures)| figures);
                let value = figures.and_then(|figures| figures.value(metric));
                view! { <td class="value">{format::metric(metric, value).exact}</td> }
            });
            view! {
                <tr>
                    <th scope="row">{point.title.clone()}</th>
                    <td class="value">
                        {format::metric(metric, point.figures.value(metric)).exact}
                    </td>
                    {before}
                </tr>
            }
        })
        .collect();
    view! {
        <details class="chart-data">
            <summary>"Show as table"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=format!("{name} as table")>
                <table class="table">
                    <caption class="visually-hidden">{name.to_owned()}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{timeseries.interval.label()}</th>
                            <th scope="col" class="value">
                                {metric.label()}
                            </th>
                            {has_comparison
                                .then(|| {
                                    view! {
                                        <th scope="col" class="value">
                                            "Before"
                                        </th>
                                    }
                                })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
