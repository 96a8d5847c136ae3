//! Keys of the stats API: those there are, and the form that makes one.

use http::{HeaderMap, header::SET_COOKIE, request::Parts};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_axum::ResponseOptions;
use trackflow::domain::{ApiKey, ApiScope, Timestamp};

use super::{PageError, page, require_principal};
use crate::{
    components::{AppHeader, Icon, IconName, Layout, Notice, TextField, Tone},
    context::{self, AppContext, RequestInfo},
    once_cookie::NEW_KEY,
    query::find_value,
    server_fns::{
        ApiError,
        api_key::{CreateApiKey, RevokeApiKey, find_api_keys},
    },
    time_zones,
};

/// Days that the form offers; none at all is the last choice.
const LIVES: [(&str, &str); 4] = [
    ("90", "After 90 days"),
    ("30", "After 30 days"),
    ("365", "After a year"),
    ("", "Never"),
];

/// The page. Who may not change anything is told so.
#[component]
pub fn ApiKeysPage() -> impl IntoView {
    page(async {
        let principal = require_principal().await?;
        if !principal.can_write() {
            return Err(ApiError::ReadOnly.into());
        }
        let keys = find_api_keys().await?;
        let raw = context::raw_query();
        let now = AppContext::current().now();
        let header = view! { <AppHeader principal=principal/> }.into_any();
        let new = new_token().map(new_key);
        let is_shown = new.is_some();
        Ok::<_, PageError>(
            view! {
                <Layout title="API keys" header=header main_class="settings">
                    <div class="page-head">
                        <div>
                            <a class="back" href="/sites">
                                <Icon name=IconName::Back/>
                                "All sites"
                            </a>
                            <h1>"API keys"</h1>
                        </div>
                    </div>
                    <p class="rules-lead">
                        "With a key, programs read the statistics of all sites; nothing can be changed with it. "
                        <a href="/docs/api">"What can be asked"</a> "."
                    </p>
                    {new}
                    {outcome(&raw, is_shown)}
                    {list(&keys, now)}
                    {form(&raw)}
                </Layout>
            }
            .into_any(),
        )
    })
}

/// The token of the key that was just made. Showing it takes it away.
fn new_token() -> Option<String> {
    let parts = use_context::<Parts>();
    let headers: &HeaderMap = &parts.as_ref()?.headers;
    let token = NEW_KEY.find(headers)?;
    let clear = NEW_KEY.clear(RequestInfo::current().is_secure);
    use_context::<ResponseOptions>()?.append_header(SET_COOKIE, clear);
    Some(token)
}

fn new_key(token: String) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="token-title">
            <header>
                <h2 id="token-title">"The new key"</h2>
                <p class="hint">
                    "Copy it now: it is shown this once, and only its hash is stored."
                </p>
            </header>
            <div class="snippet">
                <pre>
                    <code id="token">{token}</code>
                </pre>
                <div class="form-actions">
                    <button type="button" class="button needs-script" data-copy="#token">
                        "Copy key"
                    </button>
                    <span class="hint" role="status" data-copy-status=""></span>
                </div>
            </div>
        </section>
    }
}

/// What became of the form that was posted before and belongs to no field.
fn outcome(raw: &str, is_shown: bool) -> Option<AnyView> {
    let (tone, heading, words) = match find_value(raw, "done").as_str() {
        "revoked" => (
            Tone::Good,
            "Revoked",
            "Nothing can be asked with this key any more.",
        ),
        "created" if !is_shown => (
            Tone::Warn,
            "The key was shown already",
            "If it was not copied, revoke it and make another one.",
        ),
        _ => match find_value(raw, "error").as_str() {
            "read_only" => (
                Tone::Bad,
                "Nothing was changed",
                "This account can look but not change anything.",
            ),
            "unavailable" => (
                Tone::Bad,
                "Nothing was changed",
                "The server failed. Its log says why.",
            ),
            "not_found" | "bad_request" => (
                Tone::Bad,
                "Nothing was changed",
                "The key was gone already.",
            ),
            "keys" => (
                Tone::Bad,
                "No key was made",
                "There are as many as there can be; revoke some first.",
            ),
            "life_days" => (
                Tone::Bad,
                "No key was made",
                "A key can live for 1 to 3650 days.",
            ),
            _ => return None,
        },
    };
    Some(view! { <Notice tone=tone heading=heading>{words}</Notice> }.into_any())
}

fn list(keys: &[ApiKey], now: Timestamp) -> impl IntoView + use<> {
    let body = if keys.is_empty() {
        view! { <p class="rules-empty">"There is no key yet."</p> }.into_any()
    } else {
        let items: Vec<_> = keys.iter().map(|key| item(key, now)).collect();
        view! {
            <ul class="rules" aria-labelledby="keys-title">
                {items}
            </ul>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="keys-title">
            <header>
                <h2 id="keys-title">"Keys"</h2>
            </header>
            {body}
        </section>
    }
}

fn item(key: &ApiKey, now: Timestamp) -> impl IntoView + use<> {
    let day = |at: Timestamp| time_zones::date_words(at, "UTC").unwrap_or_default();
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.key()).collect();
    let end = match key.expires_at {
        None => "does not end".to_owned(),
        Some(at) if at <= now => format!("ended {}", day(at)),
        Some(at) => format!("ends {}", day(at)),
    };
    let used = match key.last_used_day {
        None => "never used".to_owned(),
        Some(at) => format!("last used {}", day(at)),
    };
    let words = format!(
        "{} · {} · made {} · {end}",
        scopes.join(", "),
        key.email,
        day(key.created_at)
    );
    let name = key.name.clone();
    view! {
        <li>
            <span class="rule-value">
                {name.clone()}
                <span class="key-facts">{words}</span>
            </span>
            <span class="rule-since">{used}</span>
            <form method="post" action=RevokeApiKey::PATH>
                <input type="hidden" name="id" value=key.id.0.to_string()/>
                <button class="button ghost" aria-label=format!("Revoke {name}")>
                    "Revoke"
                </button>
            </form>
        </li>
    }
}

fn form(raw: &str) -> impl IntoView + use<> {
    let error = find_value(raw, "error");
    let name_error = (error == "name").then(|| {
        "A name must have 1 to 100 characters, none of them a control character.".to_owned()
    });
    let scopes_error = error == "scopes";
    let scopes = [
        (ApiScope::StatsRead, "stats_read", "Figures of all sites."),
        (
            ApiScope::SitesRead,
            "sites_read",
            "Their domains and time zones.",
        ),
    ];
    let scopes: Vec<_> = scopes
        .into_iter()
        .map(|(scope, name, hint)| {
            let is_chosen = scope == ApiScope::StatsRead && !scopes_error;
            view! {
                <div class="check">
                    <input type="checkbox" id=name name=name value="1" checked=is_chosen/>
                    <label for=name>
                        {scope.label()} <span class="hint">{hint}" "{scope.key()}</span>
                    </label>
                </div>
            }
        })
        .collect();
    let lives: Vec<_> = LIVES
        .into_iter()
        .map(|(days, words)| view! { <option value=days>{words}</option> })
        .collect();
    view! {
        <section class="section" id="new" aria-labelledby="new-title">
            <header>
                <h2 id="new-title">"New key"</h2>
            </header>
            <form class="form" method="post" action=CreateApiKey::PATH>
                <TextField
                    name="name"
                    label="Name"
                    hint="What will use it: a report, a script, a widget."
                    value=find_value(raw, "name")
                    error=name_error
                    autocomplete="off"
                />
                <fieldset
                    class="field"
                    aria-describedby=scopes_error.then_some("scopes-error")
                >
                    <legend class="label">"What it is good for"</legend>
                    {scopes}
                    {scopes_error
                        .then(|| {
                            view! {
                                <p class="field-error" id="scopes-error">
                                    "Choose at least one."
                                </p>
                            }
                        })}
                </fieldset>
                <div class="field">
                    <label for="life_days">"Ends"</label>
                    <select class="input" id="life_days" name="life_days">
                        {lives}
                    </select>
                </div>
                <div class="form-actions">
                    <button class="button primary">"Make key"</button>
                </div>
            </form>
        </section>
    }
}
