//! One kind of rules: what it is for, the rules there are, and the forms that add and remove.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::domain::{Country, Rule, RuleKind, Site, countries};

use super::{Notice, Tone};
use crate::{
    server_fns::rule::{AddRule, RemoveRule},
    time_zones,
};

/// What became of a form of the section that was posted before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleOutcome {
    /// It was done; a sentence.
    Done(String),
    /// It was refused: the sentence that stands at the field, and what was typed.
    Refused {
        /// What is allowed.
        words: String,
        /// What was typed.
        typed: String,
    },
}

struct Words {
    title: &'static str,
    lead: &'static str,
    empty: &'static str,
    label: &'static str,
    placeholder: &'static str,
    hint: &'static str,
    button: &'static str,
}

fn words(kind: RuleKind) -> Words {
    match kind {
        RuleKind::AllowedHost => Words {
            title: "Allowed hosts",
            lead: "Counts only pages of these hosts: copies of the site and strangers who use its name are left out.",
            empty: "Pages of every host are counted.",
            label: "Host",
            placeholder: "example.com",
            hint: "*.example.com is every host below example.com, but not example.com itself. With and without www. is the same.",
            button: "Allow host",
        },
        RuleKind::BlockedAddress => Words {
            title: "Blocked addresses",
            lead: "Leaves out who comes from these addresses and networks: you, an office, a monitor.",
            empty: "Nobody is left out by address.",
            label: "Address or network",
            placeholder: "203.0.113.0/24",
            hint: "IPv4 or IPv6, alone or with the length of its network behind a slash.",
            button: "Block address",
        },
        RuleKind::BlockedCountry => Words {
            title: "Blocked countries",
            lead: "Leaves out who comes from these countries.",
            empty: "No country is left out.",
            label: "Country",
            placeholder: "",
            hint: "Where the country is not known, the visit is counted.",
            button: "Block country",
        },
        RuleKind::BlockedPage => Words {
            title: "Blocked pages",
            lead: "Leaves out views and events of these pages: an administration, previews, a page that reloads itself.",
            empty: "Every page is counted.",
            label: "Page",
            placeholder: "/admin/*",
            hint: "A path as the dashboard shows it; * is any text. /admin* is /admin and all that begins so.",
            button: "Block page",
        },
        RuleKind::RateLimit => Words {
            title: "Rate limit",
            lead: "Caps how many events the site takes, so that invented ones cannot flood its figures.",
            empty: "The site takes as many events as come.",
            label: "Events a second",
            placeholder: "100",
            hint: "Ten seconds' worth may come at once. Above it real visits are lost too: stay well over the busiest seconds.",
            button: "Set limit",
        },
    }
}

/// The section of one kind. Without `can_write` it only shows the rules.
#[component]
pub fn RuleSection(
    site: Site,
    kind: RuleKind,
    /// The rules of this kind.
    rules: Vec<Rule>,
    can_write: bool,
    #[prop(optional_no_strip)] outcome: Option<RuleOutcome>,
    /// What else belongs here, under the form.
    #[prop(optional_no_strip)]
    more: Option<AnyView>,
) -> impl IntoView {
    let Words {
        title, lead, empty, ..
    } = words(kind);
    let heading = format!("{}-title", kind.key());
    let list = if rules.is_empty() {
        view! { <p class="rules-empty">{empty}</p> }.into_any()
    } else {
        let items: Vec<_> = rules
            .iter()
            .map(|rule| item(&site, rule, can_write))
            .collect();
        view! {
            <ul class="rules" aria-labelledby=heading.clone()>
                {items}
            </ul>
        }
        .into_any()
    };
    let done = match &outcome {
        Some(RuleOutcome::Done(words)) => Some(words.clone()),
        _ => None,
    };
    view! {
        <section class="section" id=kind.key() aria-labelledby=heading.clone()>
            <header>
                <h2 id=heading.clone()>{title}</h2>
                <p class="hint">{lead}</p>
            </header>
            {done.map(|words| view! { <Notice tone=Tone::Good heading="Saved">{words}</Notice> })}
            {list}
            {can_write.then(|| form(&site, kind, &rules, outcome))}
            {more}
        </section>
    }
    .into_any()
}

fn item(site: &Site, rule: &Rule, can_write: bool) -> impl IntoView + use<> {
    let shown = match rule.kind {
        RuleKind::BlockedCountry => match Country::find(&rule.value) {
            Some(country) => format!("{} ({})", country.name, country.code),
            None => rule.value.clone(),
        },
        RuleKind::RateLimit => format!("{} events a second", rule.value),
        _ => rule.value.clone(),
    };
    let since = time_zones::date_words(rule.created_at, &site.time_zone);
    let remove = can_write.then(|| {
        view! {
            <form method="post" action=RemoveRule::PATH>
                <Target site=site.clone() kind=rule.kind/>
                <input type="hidden" name="value" value=rule.value.clone()/>
                <button class="button ghost" aria-label=format!("Remove {shown}")>
                    "Remove"
                </button>
            </form>
        }
    });
    view! {
        <li>
            <span class="rule-value">{shown.clone()}</span>
            {since.map(|date| view! { <span class="rule-since">{format!("since {date}")}</span> })}
            {remove}
        </li>
    }
}

/// The hidden fields that say which list of which site is meant.
#[component]
fn Target(site: Site, kind: RuleKind) -> impl IntoView {
    view! {
        <input type="hidden" name="domain" value=site.domain/>
        <input type="hidden" name="kind" value=kind.key()/>
    }
}

/// A form of one button that adds a value without typing.
#[component]
pub fn RuleOffer(site: Site, kind: RuleKind, value: String, label: String) -> impl IntoView {
    view! {
        <form method="post" action=AddRule::PATH>
            <Target site=site kind=kind/>
            <input type="hidden" name="value" value=value/>
            <button class="button">{label}</button>
        </form>
    }
}

fn form(
    site: &Site,
    kind: RuleKind,
    rules: &[Rule],
    outcome: Option<RuleOutcome>,
) -> impl IntoView + use<> {
    let Words {
        label,
        placeholder,
        hint,
        button,
        ..
    } = words(kind);
    let (error, typed) = match outcome {
        Some(RuleOutcome::Refused { words, typed }) => (Some(words), typed),
        _ => (None, String::new()),
    };
    let key = kind.key();
    let id = format!("{key}-value");
    let is_invalid = error.is_some().then_some("true");
    let described = match &error {
        Some(_) => format!("{key}-error {key}-hint"),
        None => format!("{key}-hint"),
    };
    let field = if kind == RuleKind::BlockedCountry {
        let is_chosen = !typed.is_empty();
        let options: Vec<_> = countries()
            .filter(|country| rules.iter().all(|rule| rule.value != country.code))
            .map(|country| {
                let is_selected = country.code == typed;
                view! {
                    <option value=country.code selected=is_selected>
                        {country.name}
                    </option>
                }
            })
            .collect();
        view! {
            <select
                class="input"
                id=id.clone()
                name="value"
                required
                aria-invalid=is_invalid
                aria-describedby=described
            >
                <option value="" selected=!is_chosen>
                    "Choose a country"
                </option>
                {options}
            </select>
        }
        .into_any()
    } else {
        view! {
            <input
                class="input"
                id=id.clone()
                name="value"
                value=typed
                placeholder=placeholder
                inputmode=(kind == RuleKind::RateLimit).then_some("numeric")
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                required
                aria-invalid=is_invalid
                aria-describedby=described
            />
        }
        .into_any()
    };
    view! {
        <form class="field" method="post" action=AddRule::PATH>
            <Target site=site.clone() kind=kind/>
            <label for=id.clone()>{label}</label>
            <div class="rule-entry">{field} <button class="button">{button}</button></div>
            {error
                .map(|words| {
                    view! {
                        <p class="field-error" id=format!("{key}-error") role="alert">
                            {words}
                        </p>
                    }
                })}
            <p class="hint" id=format!("{key}-hint")>
                {hint}
            </p>
        </form>
    }
}
