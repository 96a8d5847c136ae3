//! Five cards, one a web vital: what three of four page views are within, and how many are good.

use leptos::prelude::*;
use trackflow::domain::{Vital, VitalFigures, VitalRating};

use crate::format::{self, UNKNOWN};

/// The strip.
#[component]
pub fn VitalCards(
    /// In the order of [`Vital::ALL`].
    figures: [VitalFigures; 5],
) -> impl IntoView {
    let cards = Vital::ALL.into_iter().zip(figures);
    let cards: Vec<_> = cards.map(|(vital, figures)| card(vital, figures)).collect();
    view! {
        <ul class="vital-cards" aria-label="Web vitals">
            {cards}
        </ul>
    }
    .into_any()
}

fn card(vital: Vital, figures: VitalFigures) -> AnyView {
    let count = figures.count();
    let rating = match figures.p75 {
        None => view! { <p class="rating">"Not measured"</p> }.into_any(),
        Some(p75) => {
            let rating = vital.rate(p75);
            view! {
                <p class=format!("rating {}", rating.key())>
                    <RatingMark rating=rating/>
                    {rating.label()}
                </p>
            }
            .into_any()
        }
    };
    let plural = if count == 1 { "" } else { "s" };
    let words = (count > 0).then(|| {
        let good = format::share(figures.good, count);
        let of = format::exact(count);
        format!("{good} good of {of} measurement{plural}")
    });
    view! {
        <li class="vital-card">
            <h2>
                <a href=format!("/docs/metrics#{}", vital.key()) title=vital.definition()>
                    {vital.label()}
                    <span class="visually-hidden">" ("{vital.abbreviation()}")"</span>
                </a>
            </h2>
            <p class="card-figure">{format::vital(vital, figures.p75)}</p>
            {rating}
            {shares(&figures)}
            <p class="hint">{words}</p>
        </li>
    }
    .into_any()
}

/// How the measurements are rated, as a bar; the words beside it say the same.
fn shares(figures: &VitalFigures) -> AnyView {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let percent = |part: u64| 100.0 * part as f64 / figures.count().max(1) as f64;
    let parts = [
        (VitalRating::Good, figures.good),
        (VitalRating::NeedsImprovement, figures.needs_improvement),
        (VitalRating::Poor, figures.poor),
    ];
    let mut start = 0.0;
    let mut rects = String::new();
    for (rating, part) in parts {
        let width = percent(part);
        let (x, class) = (start, rating.key());
        rects += &format!(r#"<rect class="{class}" x="{x:.2}%" width="{width:.2}%"/>"#);
        start += width;
    }
    let title = parts
        .map(|(rating, part)| format!("{} {}", format::exact(part), rating.label().to_lowercase()))
        .join(", ");
    let (svg_title, is_empty) = (title.clone(), figures.count() == 0);
    let label = if is_empty {
        "Not measured".to_owned()
    } else {
        title
    };
    view! {
        <div class="vital-shares" title=svg_title>
            <svg role="img" aria-label=label inner_html=rects></svg>
        </div>
    }
    .into_any()
}

/// The shape of a rating: it can be told without colour.
#[component]
fn RatingMark(rating: VitalRating) -> impl IntoView {
    let shape = match rating {
        VitalRating::Good => r#"<circle cx="6" cy="6" r="5"/>"#,
        VitalRating::NeedsImprovement => r#"<path d="M1 1h10v10H1z"/>"#,
        VitalRating::Poor => r#"<path d="M6 .5 12 11.5H0z"/>"#,
    };
    let class = format!("rating-mark {}", rating.key());
    view! { <svg class=class viewBox="0 0 12 12" aria-hidden="true" inner_html=shape></svg> }
        .into_any()
}

/// A value in a table, with its rating.
#[component]
pub fn VitalCell(vital: Vital, figures: VitalFigures) -> impl IntoView {
    let Some(p75) = figures.p75 else {
        return view! { <td class="value">{UNKNOWN}</td> }.into_any();
    };
    let rating = vital.rate(p75);
    let plural = if figures.count() == 1 { "" } else { "s" };
    let title = format!(
        "{}, of {} measurement{plural}",
        rating.label(),
        format::exact(figures.count())
    );
    view! {
        <td class="value" title=title>
            {format::vital(vital, Some(p75))}
            " "
            <RatingMark rating=rating/>
            <span class="visually-hidden">{rating.label()}</span>
        </td>
    }
    .into_any()
}
