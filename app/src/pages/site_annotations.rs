//! A site's annotations: what is noted in its chart.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::domain::{Annotation, Site};

use super::{form_notice, settings_page, today_of};
use crate::{
    annotations::time_words,
    components::{Entries, Entry, SettingsTab, TextField},
    context,
    query::find_value,
    server_fns::annotation::{AddAnnotation, RemoveAnnotation, find_annotations},
};

/// The annotations and the form that adds one. Read-only accounts see no form.
#[component]
pub fn SiteAnnotationsPage() -> impl IntoView {
    settings_page(SettingsTab::Annotations, async |site, can_write| {
        let annotations = find_annotations(site.domain.clone()).await?;
        let raw = context::raw_query();
        Ok(view! {
            {form_notice(
                &raw,
                "The annotation is in the chart of its time.",
                "The annotation is gone from the chart.",
            )}
            {can_write.then(|| form(&site, &raw))}
            {list(&site, annotations, can_write)}
        }
        .into_any())
    })
}

fn list(site: &Site, annotations: Vec<Annotation>, can_write: bool) -> AnyView {
    let entries = annotations.into_iter().map(|annotation| {
        let when = time_words(&annotation, &site.time_zone);
        let by = annotation.author.map(|author| format!(", by {author}"));
        Entry {
            id: annotation.id.0,
            title: annotation.text,
            detail: format!("{when}{}", by.unwrap_or_default()),
            ..Entry::default()
        }
    });
    view! {
        <section class="section" aria-labelledby="annotations-title">
            <header>
                <h2 id="annotations-title">"Annotations"</h2>
                <p class="hint">
                    "Notes in the chart: a release, a campaign, a newspaper that wrote about the site. \
                    Everyone who sees the site sees them."
                </p>
            </header>
            <Entries
                entries=entries.collect()
                label="Annotations"
                empty="There is no annotation yet."
                domain=site.domain.clone()
                remove=can_write.then_some(RemoveAnnotation::PATH)
            />
        </section>
    }
    .into_any()
}

fn form(site: &Site, raw: &str) -> AnyView {
    let code = find_value(raw, "error");
    let error = |field: &str, words: String| (code == field).then_some(words);
    let date = match find_value(raw, "date") {
        date if date.is_empty() => today_of(site),
        date => date,
    };
    let text_error = match code.as_str() {
        "text" => Some(format!(
            "This must have 1 to {} characters.",
            Annotation::TEXT_LIMIT
        )),
        "annotations" => Some(format!(
            "A site can have {} annotations; remove some first.",
            Annotation::LIMIT
        )),
        _ => None,
    };
    view! {
        <section class="section" id="new" aria-labelledby="new-title">
            <header>
                <h2 id="new-title">"Add an annotation"</h2>
                <p class="hint">
                    {format!("Date and time are those of the site: {}.", site.time_zone)}
                </p>
            </header>
            <form class="form" method="post" action=AddAnnotation::PATH>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <div class="field-row">
                    <TextField
                        name="date"
                        label="Date"
                        kind="date"
                        value=date
                        error=error("date", "This must be a date.".into())
                    />
                    <TextField
                        name="time"
                        label="Time (optional)"
                        kind="time"
                        value=find_value(raw, "time")
                        error=error("time", "This must be a time of day.".into())
                        is_optional=true
                    />
                </div>
                <TextField
                    name="text"
                    label="What happened"
                    placeholder="Version 2 was released"
                    value=find_value(raw, "text")
                    error=text_error
                />
                <div class="form-actions">
                    <button class="button primary">"Add annotation"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
