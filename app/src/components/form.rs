//! Fields of forms with their hints and errors.

use leptos::prelude::*;
use trackflow::domain::Timestamp;

use crate::time_zones;

/// A line of text with label, hint and error.
#[component]
pub fn TextField(
    name: &'static str,
    label: &'static str,
    #[prop(optional, into)] value: String,
    /// Unique in the page; the name if it is left out.
    #[prop(optional)]
    id: Option<&'static str>,
    #[prop(optional)] hint: &'static str,
    /// What was wrong with the value.
    #[prop(optional_no_strip)]
    error: Option<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] placeholder: Option<&'static str>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] minlength: Option<&'static str>,
    #[prop(optional)] is_optional: bool,
) -> impl IntoView {
    let id = id.unwrap_or(name);
    let has_error = error.is_some();
    let mut described = Vec::new();
    if has_error {
        described.push(format!("{id}-error"));
    }
    if !hint.is_empty() {
        described.push(format!("{id}-hint"));
    }
    let described = (!described.is_empty()).then(|| described.join(" "));
    let is_password = kind == "password";
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                class="input"
                id=id
                name=name
                type=kind
                value=(!is_password).then_some(value)
                placeholder=placeholder
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                minlength=minlength
                required=!is_optional
                aria-invalid=has_error.then_some("true")
                aria-describedby=described
            />
            {error
                .map(|error| {
                    view! {
                        <p class="field-error" id=format!("{id}-error")>
                            {error}
                        </p>
                    }
                })}
            {(!hint.is_empty())
                .then(|| {
                    view! {
                        <p class="hint" id=format!("{id}-hint")>
                            {hint}
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}

/// The choice of a time zone.
#[component]
pub fn TimeZoneField(
    /// The chosen one; empty means UTC.
    #[prop(into)]
    value: String,
    hint: &'static str,
    now: Timestamp,
    /// What was wrong with the value.
    #[prop(optional_no_strip)]
    error: Option<String>,
) -> impl IntoView {
    let chosen = if value.is_empty() {
        "UTC".to_owned()
    } else {
        value
    };
    let mut choices = time_zones::choices(now);
    if !choices.iter().any(|choice| choice.name == chosen) {
        // An old alias that a site was added with: saving the form must not change it.
        let (name, label) = (chosen.clone(), chosen.clone());
        choices.insert(0, time_zones::Choice { name, label });
    }
    let options: Vec<_> = choices
        .into_iter()
        .map(|choice| {
            let is_chosen = choice.name == chosen;
            view! {
                <option value=choice.name selected=is_chosen>
                    {choice.label}
                </option>
            }
        })
        .collect();
    let has_error = error.is_some();
    view! {
        <div class="field">
            <label for="time_zone">"Time zone"</label>
            <select
                class="input"
                id="time_zone"
                name="time_zone"
                aria-invalid=has_error.then_some("true")
                aria-describedby="time_zone-hint"
            >
                {options}
            </select>
            {error.map(|error| view! { <p class="field-error">{error}</p> })}
            <p class="hint" id="time_zone-hint">
                {hint}
            </p>
        </div>
    }
    .into_any()
}
