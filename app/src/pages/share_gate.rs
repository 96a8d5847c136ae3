//! What a secret link with a password asks for first. Needs no script.

use leptos::{prelude::*, server_fn::ServerFn};

use super::set_status;
use crate::{
    components::{Layout, Notice, TextField, Tone},
    context::{self, RequestInfo},
    query::find_value,
    server_fns::sharing::OpenShareLink,
};

/// The form. It does not say which site is behind it. Not in a frame: browsers keep the cookie from frames of other sites.
pub(super) fn view(token: String) -> AnyView {
    if context::embed().is_some() {
        return in_frame();
    }
    let raw = context::raw_query();
    let words = match find_value(&raw, "error").as_str() {
        "password" => Some("This is not the password of this link.".to_owned()),
        "limited" => {
            set_status(http::StatusCode::TOO_MANY_REQUESTS);
            let wait = find_value(&raw, "wait").parse().unwrap_or(60_u64);
            Some(format!(
                "There were too many attempts. Try again in {wait} seconds."
            ))
        }
        "unavailable" => Some("The server failed. Its log says why.".to_owned()),
        _ => None,
    };
    let is_plain = !RequestInfo::current().is_secure;
    view! {
        <Layout title="Shared dashboard" header=super::error::plain_header() main_class="login">
            {is_plain
                .then(|| {
                    view! {
                        <Notice tone=Tone::Warn heading="This connection is not encrypted">
                            "The password travels in plain text."
                        </Notice>
                    }
                })}
            <section class="login-card">
                <header>
                    <h1>"Shared dashboard"</h1>
                    <p class="hint">
                        "Whoever sent you this link has the password for it. A cookie keeps it open for 12 hours."
                    </p>
                </header>
                <form class="form" method="post" action=OpenShareLink::PATH>
                    <input type="hidden" name="token" value=token/>
                    <TextField
                        name="password"
                        label="Password"
                        kind="password"
                        autocomplete="off"
                        error=words
                    />
                    <div class="form-actions">
                        <button class="button primary">"Open"</button>
                    </div>
                </form>
            </section>
        </Layout>
    }
    .into_any()
}

fn in_frame() -> AnyView {
    view! {
        <Layout title="Shared dashboard" main_class="error-page">
            <h1>"This dashboard has a password"</h1>
            <p>"It opens in a tab of its own, not in a frame."</p>
            <div class="form-actions">
                <a
                    class="button primary"
                    href=context::full_view()
                    target="_blank"
                    rel="noopener"
                >
                    "Open"
                    <span class="visually-hidden">" in a new tab"</span>
                </a>
            </div>
        </Layout>
    }
    .into_any()
}
