//! The secret links of a site: those there are, the address of a new one, and the form that makes one.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::domain::{Segment, ShareLink, Site, Timestamp};

use super::frame;
use crate::{
    components::TextField,
    context::AppContext,
    query::find_value,
    server_fns::sharing::{CreateShareLink, RevokeShareLink},
    time_zones,
};

/// Days that the form offers; none at all is the last choice.
const LIVES: [(&str, &str); 4] = [
    ("30", "After 30 days"),
    ("90", "After 90 days"),
    ("365", "After a year"),
    ("", "Never"),
];

/// The address of the link that was just made.
pub(super) fn new_link(site: &Site, token: &str) -> AnyView {
    let address = format!("{}/share/{token}", AppContext::current().origin());
    view! {
        <section class="section" aria-labelledby="address-title">
            <header>
                <h2 id="address-title">"The new link"</h2>
                <p class="hint">
                    "Copy it now: it is shown this once, and only its hash is stored."
                </p>
            </header>
            <div class="snippet">
                <pre>
                    <code id="address">{address.clone()}</code>
                </pre>
                <div class="form-actions">
                    <button type="button" class="button needs-script" data-copy="#address">
                        "Copy link"
                    </button>
                    <span class="hint" role="status" data-copy-status=""></span>
                </div>
            </div>
            {frame::snippet(
                site,
                &address,
                "new-frame",
                "A link with a password shows only the way to its full view there.",
            )}
        </section>
    }
    .into_any()
}

/// The links that there are.
pub(super) fn list(site: &Site, links: &[ShareLink], now: Timestamp) -> AnyView {
    let body = if links.is_empty() {
        view! { <p class="rules-empty">"There is no link yet."</p> }.into_any()
    } else {
        let items: Vec<_> = links.iter().map(|link| item(site, link, now)).collect();
        view! {
            <ul class="rules" aria-labelledby="links-title">
                {items}
            </ul>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="links-title">
            <header>
                <h2 id="links-title">"Secret links"</h2>
                <p class="hint">
                    "Whoever has the address of one reads this site’s dashboard, under the filters of the link if it has any, \
                    and nothing else."
                </p>
            </header>
            {body}
        </section>
    }
    .into_any()
}

fn item(site: &Site, link: &ShareLink, now: Timestamp) -> impl IntoView + use<> {
    let day = |at: Timestamp| time_zones::date_words(at, "UTC").unwrap_or_default();
    let shown = match &link.condition {
        None => "all visits".to_owned(),
        Some(Ok(condition)) => condition.to_string(),
        Some(Err(reason)) => format!("nothing: its filters cannot be used, {reason}"),
    };
    let password = if link.has_password {
        "with a password"
    } else {
        "without a password"
    };
    let end = match link.expires_at {
        None => "does not end".to_owned(),
        Some(at) if at <= now => format!("ended {}", day(at)),
        Some(at) => format!("ends {}", day(at)),
    };
    let used = match link.last_used_day {
        None => "never used".to_owned(),
        Some(at) => format!("last used {}", day(at)),
    };
    let made = day(link.created_at);
    let words = format!("Shows {shown} · {password} · made {made} · {end}");
    let name = link.name.clone();
    view! {
        <li>
            <span class="rule-value">
                {name.clone()}
                <span class="key-facts">{words}</span>
            </span>
            <span class="rule-since">{used}</span>
            <form method="post" action=RevokeShareLink::PATH>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <input type="hidden" name="id" value=link.id.0.to_string()/>
                <button class="button ghost" aria-label=format!("Revoke {name}")>
                    "Revoke"
                </button>
            </form>
        </li>
    }
}

/// The form. What a link shows is chosen among the site's segments.
pub(super) fn form(site: &Site, segments: &[Segment], raw: &str) -> AnyView {
    let error = find_value(raw, "error");
    let name_error = (error == "name").then(|| "A name must have 1 to 100 characters.".to_owned());
    let password_error = (error == "password")
        .then(|| "A password must have 8 to 1,024 bytes; leave it empty for none.".to_owned());
    let usable = segments.iter().filter(|segment| segment.condition.is_ok());
    let choices: Vec<_> = usable
        .map(|segment| {
            let words = format!("Only {}", segment.name);
            view! { <option value=segment.id.0.to_string()>{words}</option> }
        })
        .collect();
    let lives: Vec<_> = LIVES
        .into_iter()
        .map(|(days, words)| view! { <option value=days>{words}</option> })
        .collect();
    view! {
        <section class="section" id="new" aria-labelledby="new-title">
            <header>
                <h2 id="new-title">"New link"</h2>
            </header>
            <form class="form" method="post" action=CreateShareLink::PATH>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <TextField
                    name="name"
                    label="Name"
                    hint="Whom it is for. Readers do not see it."
                    value=find_value(raw, "name")
                    error=name_error
                    autocomplete="off"
                />
                <TextField
                    name="password"
                    label="Password"
                    hint="If readers shall need one; at least 8 characters."
                    kind="password"
                    autocomplete="new-password"
                    error=password_error
                    is_optional=true
                />
                <div class="field">
                    <label for="segment">"Shows"</label>
                    <select
                        class="input"
                        id="segment"
                        name="segment"
                        aria-describedby="segment-hint"
                    >
                        <option value="">"All visits"</option>
                        {choices}
                    </select>
                    <p class="hint" id="segment-hint">
                        "A segment’s filters as they are now. Readers can narrow them further and never take them off."
                    </p>
                </div>
                <div class="field">
                    <label for="life_days">"Ends"</label>
                    <select class="input" id="life_days" name="life_days">
                        {lives}
                    </select>
                </div>
                <div class="form-actions">
                    <button class="button primary">"Make link"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
