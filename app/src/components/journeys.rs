//! The steps of journeys as a table: where visits are, and where they go from there.

use leptos::prelude::*;
use trackflow::domain::{JourneyDirection, JourneyReport};

use super::{BarCell, FigureText};
use crate::{charts::step_label, format, journey_query::JourneyAddress};

/// All steps, one below the other. A page leads to the journeys that begin, or end, there.
#[component]
pub fn JourneyTable(report: JourneyReport, address: JourneyAddress) -> impl IntoView {
    let next = match report.query.direction {
        JourneyDirection::Forward => "Next",
        JourneyDirection::Back => "Before",
    };
    let steps: Vec<_> = (0..report.steps.len())
        .map(|at| step(&report, at, &address))
        .collect();
    view! {
        <section class="panel" aria-labelledby="journey-steps-title">
            <h2 class="visually-hidden" id="journey-steps-title">
                "Step by step"
            </h2>
            <table class="table journey-table">
                <caption class="visually-hidden">
                    "Journeys step by step: pages, visits, their share of all visits with a journey, and the pages that they go to or come from"
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Page"</th>
                        <th scope="col" class="value">
                            "Visits"
                        </th>
                        <th scope="col" class="value">
                            "Share"
                        </th>
                        <th scope="col" class="next">
                            {next}
                        </th>
                    </tr>
                </thead>
                {steps}
            </table>
        </section>
    }
    .into_any()
}

fn step(report: &JourneyReport, at: usize, address: &JourneyAddress) -> AnyView {
    let rows: Vec<_> = (0..report.steps[at].nodes.len())
        .map(|node| row(report, at, node, address))
        .collect();
    view! {
        <tbody>
            <tr class="step">
                <th scope="rowgroup" colspan="4">
                    {step_label(report.query.direction, at)}
                </th>
            </tr>
            {rows}
        </tbody>
    }
    .into_any()
}

fn row(report: &JourneyReport, at: usize, node: usize, address: &JourneyAddress) -> AnyView {
    let direction = report.query.direction;
    let step = &report.steps[at];
    let flows: Vec<_> = step.next_of(node).into_iter().collect();
    let next: Vec<_> = flows
        .into_iter()
        .filter_map(|flow| {
            let place = &report.steps.get(at + 1)?.nodes[flow.to].place;
            let label = place.label(direction).to_owned();
            Some(view! {
                <li>
                    {label}
                    " "
                    <b>{format::exact(flow.visits)}</b>
                </li>
            })
        })
        .collect();
    let next = (!next.is_empty()).then(|| view! { <ul>{next}</ul> });
    let node = &step.nodes[node];
    let label = node.place.label(direction).to_owned();
    let name = match node.place.page() {
        Some(page) => view! {
            <a class="row-link" href=address.of_page(Some(page)).link()>
                <span class="truncate" title=page.to_owned()>
                    {label}
                </span>
            </a>
        }
        .into_any(),
        None => view! { <span class="journey-place">{label}</span> }.into_any(),
    };
    view! {
        <tr>
            <BarCell part=node.visits whole=report.visits>
                {name}
            </BarCell>
            <td class="value">
                <b>
                    <FigureText figure=format::count(node.visits)/>
                </b>
            </td>
            <td class="value">{format::share(node.visits, report.visits)}</td>
            <td class="next">{next}</td>
        </tr>
    }
    .into_any()
}
