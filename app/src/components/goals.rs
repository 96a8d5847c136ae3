//! The panel of goals: who reached them, how often, and at what rate; a click shows the visits that did.

use leptos::prelude::*;
use trackflow::domain::{GoalReport, Metric, Site};

use super::{BarCell, ExportLinks, FigureText, amounts};
use crate::{
    context, format,
    query::{DashboardAddress, encode},
};

/// The panel, under the others. Without goals those who can add one are told how; others see nothing.
#[component]
pub fn GoalsPanel(
    /// By name.
    goals: Vec<GoalReport>,
    address: DashboardAddress,
    site: Site,
    can_write: bool,
    /// Whether funnels can be seen.
    has_funnels: bool,
    /// Whether journeys can be seen.
    has_journeys: bool,
) -> impl IntoView {
    let settings = format!("/sites/{}/goals", encode(&site.domain));
    if goals.is_empty() && !can_write {
        return ().into_any();
    }
    let body = if goals.is_empty() {
        view! {
            <p class="goals-empty">
                "What should visitors do here? " <a href=settings.clone()>"Add a goal"</a>
                " to see how many did."
            </p>
        }
        .into_any()
    } else {
        view! {
            {table(goals, &address)}
            <div class="panel-foot">
                <ExportLinks site=site.clone() view="goals" query=address.link() of="goals"/>
            </div>
        }
        .into_any()
    };
    let domain = encode(&site.domain);
    let funnels = has_funnels.then(|| {
        let href = format!("/sites/{domain}/funnels");
        view! { <a href=href data-commands="This site">"Funnels"</a> }
    });
    let journeys = has_journeys.then(|| {
        let href = format!("/sites/{domain}/journeys{}", address.link());
        view! { <a href=href.trim_end_matches('?').to_owned()>"Journeys"</a> }
    });
    view! {
        <section class="panel full goals" aria-labelledby="goals-title" data-refresh="goals">
            <div class="panel-head">
                <h2 id="goals-title">"Goals"</h2>
                <p class="goals-more">
                    {funnels}
                    {journeys}
                </p>
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn table(goals: Vec<GoalReport>, address: &DashboardAddress) -> impl IntoView + use<> {
    let most = goals.iter().map(|report| report.visitors).max();
    let has_revenue = goals.iter().any(|report| !report.revenue.is_empty());
    let rows: Vec<_> = goals
        .into_iter()
        .map(|report| row(report, address, most.unwrap_or_default(), has_revenue))
        .collect();
    let class = match has_revenue {
        true => "table of-goals has-revenue",
        false => "table of-goals",
    };
    let of_revenue = has_revenue.then(|| {
        view! {
            <th scope="col" class="value">
                <a href="/docs/metrics#total_revenue" target=context::leaving()>"Revenue"</a>
            </th>
            <th scope="col" class="value">
                <a href="/docs/metrics#average_revenue" target=context::leaving()>"Average"</a>
            </th>
        }
    });
    view! {
        <table class=class>
            <caption class="visually-hidden">
                "Goals: visitors who reached them, conversions, the rate of all visitors, and revenue"
            </caption>
            <thead>
                <tr>
                    <th scope="col">"Goal"</th>
                    <th scope="col" class="value">
                        "Reached it"
                    </th>
                    <th scope="col" class="value">
                        "Conversions"
                    </th>
                    <th scope="col" class="value">
                        <a href="/docs/metrics#conversion_rate" target=context::leaving()>"Rate"</a>
                    </th>
                    {of_revenue}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(
    report: GoalReport,
    address: &DashboardAddress,
    most: u64,
    has_revenue: bool,
) -> impl IntoView + use<> {
    let GoalReport {
        goal,
        visitors,
        conversions,
        revenue,
        all_visitors,
    } = report;
    let is_current = address.query.goal == Some(goal.id);
    let link = address.with_goal((!is_current).then_some(goal.id)).link();
    if let Some(reason) = goal.unusable() {
        return view! {
            <tr>
                <th scope="row" class="name">
                    <span class="truncate" title=goal.kind.to_string()>
                        {goal.name}
                    </span>
                </th>
                <td class="value" colspan=if has_revenue { "5" } else { "3" }>
                    {format!("Cannot be counted: it {reason}")}
                </td>
            </tr>
        }
        .into_any();
    }
    let of_revenue = has_revenue.then(|| {
        view! {
            <td class="value">{amounts(&revenue, Metric::TotalRevenue)}</td>
            <td class="value">{amounts(&revenue, Metric::AverageRevenue)}</td>
        }
    });
    view! {
        <tr>
            <BarCell part=visitors whole=most>
                <a class="row-link" href=link aria-current=is_current.then_some("true")>
                    <span class="truncate" title=goal.kind.to_string()>
                        {goal.name}
                    </span>
                </a>
            </BarCell>
            <td class="value">
                <b>
                    <FigureText figure=format::count(visitors)/>
                </b>
            </td>
            <td class="value">
                <FigureText figure=format::count(conversions)/>
            </td>
            <td class="value">{format::share(visitors, all_visitors)}</td>
            {of_revenue}
        </tr>
    }
    .into_any()
}
