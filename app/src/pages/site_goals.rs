//! A site's goals: what visitors are meant to do.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::domain::{FilterOperator, Goal, GoalKind, Site};

use super::{form_notice, settings_page};
use crate::{
    components::{Entries, Entry, Notice, SettingsTab, TextField, Tone},
    context,
    goal_form::{GoalFields, PropertyFields},
    query::find_value,
    server_fns::goal::{AddGoal, RemoveGoal, find_goals},
};

/// The goals and the forms that add one. Read-only accounts see no form.
#[component]
pub fn SiteGoalsPage() -> impl IntoView {
    settings_page(SettingsTab::Goals, async |site, can_write| {
        let goals = find_goals(site.domain.clone()).await?;
        let raw = context::raw_query();
        Ok(view! {
            {form_notice(
                &raw,
                "The goal is on the dashboard, with all that was counted before.",
                "What was counted stays; it only has no goal any more.",
            )}
            {in_use(&raw)}
            {list(&site, goals, can_write)}
            {can_write.then(|| forms(&site, &raw))}
        }
        .into_any())
    })
}

/// A goal that was to be removed and is a step of a funnel; a name that is taken belongs to its form.
fn in_use(raw: &str) -> Option<AnyView> {
    let is_in_use = find_value(raw, "error") == "taken" && find_value(raw, "kind").is_empty();
    is_in_use.then(|| {
        view! {
            <Notice tone=Tone::Bad heading="Nothing was changed">
                "A funnel uses this goal; remove the funnel first."
            </Notice>
        }
        .into_any()
    })
}

fn list(site: &Site, goals: Vec<Goal>, can_write: bool) -> AnyView {
    let entries = goals.into_iter().map(|goal| {
        let words = goal.kind.to_string();
        Entry {
            id: goal.id.0,
            detail: if words == goal.name {
                String::new()
            } else {
                words
            },
            title: goal.name,
            ..Entry::default()
        }
    });
    view! {
        <section class="section" aria-labelledby="goals-title">
            <header>
                <h2 id="goals-title">"Goals"</h2>
                <p class="hint">
                    "What visitors are meant to do. The dashboard tells how many did. \
                    A goal counts what happened before it was added, too."
                </p>
            </header>
            <Entries
                entries=entries.collect()
                label="Goals"
                empty="There is no goal yet."
                domain=site.domain.clone()
                remove=can_write.then_some(RemoveGoal::PATH)
            />
        </section>
    }
    .into_any()
}

/// What was wrong with the form that was posted before.
struct Refusal {
    fields: GoalFields,
    field: String,
    words: String,
}

impl Refusal {
    /// The sentence is made from the fields again and not taken from the address, where anybody could write one.
    fn find(raw: &str) -> Option<Self> {
        let field = find_value(raw, "error");
        let fields = GoalFields::from_query(raw);
        let words = match field.as_str() {
            "taken" => "There is a goal of this name already.".to_owned(),
            "name" => format!("This must have 1 to {} characters.", Goal::NAME_LIMIT),
            "goals" => format!("A site can have {} goals; remove some first.", Goal::LIMIT),
            _ => {
                let error = fields.goal_kind().err()?;
                format!("This {}.", error.reason)
            }
        };
        let field = match field.as_str() {
            "taken" | "goals" => "name".to_owned(),
            _ => field,
        };
        Some(Self {
            fields,
            field,
            words,
        })
    }
}

fn forms(site: &Site, raw: &str) -> AnyView {
    let refusal = Refusal::find(raw);
    let kinds = ["page", "event", "scroll"];
    let forms = kinds.map(|kind| {
        let of_kind = refusal
            .as_ref()
            .filter(|refusal| refusal.fields.kind == kind);
        form(site, kind, of_kind)
    });
    view! {
        <section class="section" id="new" aria-labelledby="new-title">
            <header>
                <h2 id="new-title">"Add a goal"</h2>
            </header>
            <div class="unfold">{forms.collect_view()}</div>
        </section>
    }
    .into_any()
}

fn form(site: &Site, kind: &'static str, refusal: Option<&Refusal>) -> AnyView {
    let fields = refusal.map_or_else(GoalFields::default, |refusal| refusal.fields.clone());
    let error = |field: &str| {
        let of_field = refusal.filter(|refusal| refusal.field == field);
        of_field.map(|refusal| refusal.words.clone())
    };
    let pattern_hint = "As the dashboard shows it, whole. * is one segment or a part of one, ** is any text: /blog/** is all below /blog/.";
    let (summary, own, name_id) = match kind {
        "page" => (
            "A page is viewed…",
            view! {
                <TextField
                    name="pattern"
                    id="page-pattern"
                    label="Page"
                    placeholder="/thanks"
                    hint=pattern_hint
                    value=fields.pattern.clone()
                    error=error("pattern")
                />
            }
            .into_any(),
            "page-name",
        ),
        "event" => (
            "An event happens…",
            view! {
                <TextField
                    name="event"
                    label="Event"
                    placeholder="Signup"
                    hint="Name of a custom event, exactly as the site sends it."
                    value=fields.event.clone()
                    error=error("event")
                />
                {properties(&fields.properties, error("property"))}
            }
            .into_any(),
            "event-name",
        ),
        _ => (
            "A page is scrolled…",
            view! {
                <TextField
                    name="pattern"
                    id="scroll-pattern"
                    label="Page"
                    placeholder="/blog/**"
                    hint=pattern_hint
                    value=fields.pattern.clone()
                    error=error("pattern")
                />
                <TextField
                    name="percent"
                    label="At least so far down, in percent"
                    placeholder="75"
                    value=fields.percent.clone()
                    error=error("percent")
                />
            }
            .into_any(),
            "scroll-name",
        ),
    };
    view! {
        <details name="new-goal" open=refusal.is_some()>
            <summary class="button">{summary}</summary>
            <form class="form" method="post" action=AddGoal::PATH>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <input type="hidden" name="kind" value=kind/>
                {own}
                <TextField
                    name="name"
                    id=name_id
                    label="Name (optional)"
                    hint="What the dashboard calls it; otherwise what it is."
                    value=fields.name
                    error=error("name")
                    is_optional=true
                />
                <div class="form-actions">
                    <button class="button primary">"Add goal"</button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

/// As many rows as a goal can have conditions; empty ones count for nothing, so that no script is needed to add one.
fn properties(given: &[PropertyFields], error: Option<String>) -> AnyView {
    let described = match &error {
        Some(_) => "property-error property-hint",
        None => "property-hint",
    };
    let rows: Vec<_> = (0..GoalKind::PROPERTY_LIMIT)
        .map(|at| {
            let fields = given.get(at).cloned().unwrap_or_default();
            let number = at + 1;
            let is_wrong = error.is_some() && fields.filter().is_some_and(|filter| filter.is_err());
            let invalid = is_wrong.then_some("true");
            let error_id = is_wrong.then_some("property-error");
            let operators = FilterOperator::ALL.map(|operator| {
                let is_chosen = operator.key() == fields.operator;
                view! {
                    <option value=operator.key() selected=is_chosen>
                        {operator.label()}
                    </option>
                }
            });
            view! {
                <div class="field-row">
                    <input
                        class="input"
                        name=format!("properties[{at}][property]")
                        aria-label=format!("Property {number}")
                        placeholder="plan"
                        value=fields.property
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="300"
                        aria-invalid=invalid
                        aria-describedby=error_id
                    />
                    <select
                        class="input"
                        name=format!("properties[{at}][operator]")
                        aria-label=format!("Condition of property {number}")
                    >
                        {operators.collect_view()}
                    </select>
                    <input
                        class="input"
                        name=format!("properties[{at}][value]")
                        aria-label=format!("Value of property {number}")
                        placeholder="pro"
                        value=fields.value
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="2000"
                        aria-invalid=invalid
                        aria-describedby=error_id
                    />
                </div>
            }
        })
        .collect();
    view! {
        <fieldset class="field-group" aria-describedby=described>
            <legend>"Only with these properties (optional)"</legend>
            {rows}
            {error
                .map(|words| {
                    view! {
                        <p class="field-error" id="property-error">
                            {words}
                        </p>
                    }
                })}
            <p class="hint" id="property-hint">
                "All must hold of the same event. Several values are parted by |."
            </p>
        </fieldset>
    }
    .into_any()
}
