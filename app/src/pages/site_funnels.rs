//! A site's funnels: the list, and the form that adds one. Rows of steps come and go by round trips of the form.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::{
    domain::{Funnel, FunnelScope, Goal, Site},
    services::funnel_service,
};

use super::{form_notice, settings_page};
use crate::{
    components::{Entries, Entry, SettingsTab, TextField},
    context,
    funnel_form::{FunnelFields, StepFields},
    query::{encode, find_value},
    server_fns::{
        funnel::{AddFunnel, RemoveFunnel, find_funnels},
        goal::find_goals,
    },
};

/// The funnels and the form. Read-only accounts see no form.
#[component]
pub fn SiteFunnelsPage() -> impl IntoView {
    settings_page(SettingsTab::Funnels, async |site, can_write| {
        let funnels = find_funnels(site.domain.clone()).await?;
        let goals = find_goals(site.domain.clone()).await?;
        let raw = context::raw_query();
        Ok(view! {
            {form_notice(
                &raw,
                "The funnel was added.",
                "The funnel is gone; its goals stay.",
            )}
            {list(&site, funnels, &goals, can_write)}
            {can_write.then(|| form(&site, &goals, &raw))}
        }
        .into_any())
    })
}

fn list(site: &Site, funnels: Vec<Funnel>, goals: &[Goal], can_write: bool) -> AnyView {
    let entries = funnels.into_iter().map(|funnel| {
        let titles: Vec<_> = funnel
            .steps
            .iter()
            .map(|step| funnel_service::resolve_step(step, goals).0)
            .collect();
        Entry {
            id: funnel.id.0,
            link: format!("/sites/{}/funnels/{}", encode(&site.domain), funnel.id.0),
            detail: format!("{}, {}", titles.join(" → "), funnel.scope.label()),
            title: funnel.name,
            ..Entry::default()
        }
    });
    view! {
        <section class="section" aria-labelledby="funnels-title">
            <header>
                <h2 id="funnels-title">"Funnels"</h2>
                <p class="hint">
                    "Steps that lead to a goal, in their order: how many visitors take each, and where they are lost."
                </p>
            </header>
            <Entries
                entries=entries.collect()
                label="Funnels"
                empty="There is no funnel yet."
                domain=site.domain.clone()
                remove=can_write.then_some(RemoveFunnel::PATH)
            />
        </section>
    }
    .into_any()
}

/// Where an error belongs, and its sentence, made from the fields again and not taken from the address.
fn refusal(fields: &FunnelFields, raw: &str) -> (Option<String>, Option<String>) {
    let (fewest, most) = (Funnel::STEP_MIN, Funnel::STEP_LIMIT);
    match find_value(raw, "error").as_str() {
        "name" => {
            let words = format!("This must have 1 to {} characters.", Funnel::NAME_LIMIT);
            (Some(words), None)
        }
        "taken" => (
            Some("There is a funnel of this name already.".to_owned()),
            None,
        ),
        "funnels" => {
            let words = format!(
                "A site can have {} funnels; remove some first.",
                Funnel::LIMIT
            );
            (Some(words), None)
        }
        "steps" => {
            let words = match fields.funnel_steps() {
                Err((number, reason)) => format!("Step {number} {reason}."),
                Ok(steps) if (fewest..=most).contains(&steps.len()) => {
                    "A step is a goal that was removed.".to_owned()
                }
                Ok(_) => format!("A funnel has {fewest} to {most} steps."),
            };
            (None, Some(words))
        }
        _ => (None, None),
    }
}

fn form(site: &Site, goals: &[Goal], raw: &str) -> AnyView {
    let fields = FunnelFields::from_query(raw);
    let (name_error, steps_error) = refusal(&fields, raw);
    let here = format!("/sites/{}/funnels#new", encode(&site.domain));
    let count = fields.steps.len();
    let rows: Vec<_> = (1..)
        .zip(&fields.steps)
        .map(|(number, step)| row(number, step, count, goals, &here))
        .collect();
    let scopes = FunnelScope::ALL.map(|scope| {
        let id = format!("scope-{}", scope.key());
        let hint = match scope {
            FunnelScope::Visit => "All steps in one visit.",
            FunnelScope::Day => {
                "All steps on one day, also in several visits. Nobody can be followed for longer."
            }
        };
        view! {
            <div class="check">
                <input
                    type="radio"
                    id=id.clone()
                    name="scope"
                    value=scope.key()
                    checked=scope == fields.scope()
                />
                <label for=id>
                    {scope.label()} <span class="hint">{hint}</span>
                </label>
            </div>
        }
    });
    view! {
        <section class="section" id="new" aria-labelledby="new-title">
            <header>
                <h2 id="new-title">"Add a funnel"</h2>
            </header>
            <form class="form" method="post" action=AddFunnel::PATH>
                // The first button is what the Enter key presses; the visible one stands at the end.
                <button class="visually-hidden" tabindex="-1" aria-hidden="true">
                    "Add funnel"
                </button>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <TextField
                    name="name"
                    label="Name"
                    placeholder="Sign-up"
                    value=fields.name.clone()
                    error=name_error
                />
                <fieldset class="field-group">
                    <legend>"Steps"</legend>
                    {rows}
                    {steps_error
                        .map(|words| {
                            view! {
                                <p class="field-error" role="alert">
                                    {words}
                                </p>
                            }
                        })}
                    <p class="hint">
                        "A page is a path, in which * is a segment and ** any text; an event is the name of a custom event. \
                        A row without a choice is left out."
                    </p>
                    {(count < Funnel::STEP_LIMIT)
                        .then(|| {
                            view! {
                                <div class="form-actions">
                                    <button
                                        class="button"
                                        name="add"
                                        value="1"
                                        formmethod="get"
                                        formaction=here.clone()
                                        formnovalidate
                                    >
                                        "Add a step"
                                    </button>
                                </div>
                            }
                        })}
                </fieldset>
                <fieldset class="field-group">
                    <legend>"Taken"</legend>
                    {scopes.collect_view()}
                </fieldset>
                <div class="form-actions">
                    <button class="button primary">"Add funnel"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn row(
    number: usize,
    step: &StepFields,
    count: usize,
    goals: &[Goal],
    here: &str,
) -> impl IntoView + use<> {
    let at = number - 1;
    let choice = |key: String, words: String| {
        let is_chosen = step.what == key;
        view! {
            <option value=key selected=is_chosen>
                {words}
            </option>
        }
    };
    let options: Vec<_> = goals
        .iter()
        .map(|goal| choice(format!("goal:{}", goal.id.0), goal.name.clone()))
        .collect();
    let of_goals = (!options.is_empty()).then(|| {
        view! { <optgroup label="Goals">{options}</optgroup> }
    });
    let remove = (count > Funnel::STEP_MIN).then(|| {
        view! {
            <button
                class="button ghost"
                name="remove"
                value=number
                formmethod="get"
                formaction=here.to_owned()
                formnovalidate
                aria-label=format!("Remove step {number}")
            >
                "Remove"
            </button>
        }
    });
    view! {
        <div class="step-row">
            <span class="step-number" aria-hidden="true">
                {number}
            </span>
            <select
                class="input"
                name=format!("steps[{at}][what]")
                aria-label=format!("Step {number}")
            >
                {choice(String::new(), "Choose…".into())}
                {choice("page".into(), "A page is viewed".into())}
                {choice("event".into(), "An event happens".into())}
                {of_goals}
            </select>
            <input
                class="input"
                name=format!("steps[{at}][value]")
                aria-label=format!("Page or event of step {number}")
                placeholder="/pricing or Signup"
                value=step.value.clone()
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength="2000"
            />
            {remove}
        </div>
    }
}
