//! The first account of an installation. The page closes once there is a user.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PageError, has_users, page};
use crate::{
    components::{Brand, Layout, Notice, TextField, Tone},
    context::{self, RequestInfo},
    query::find_value,
    server_fns::setup::SetUp,
};

/// The form that creates the admin.
#[component]
pub fn SetupPage() -> impl IntoView {
    page(async {
        if has_users().await? {
            return Err(PageError::Redirect("/login".to_owned()));
        }
        let raw = context::raw_query();
        let code = find_value(&raw, "error");
        let is_unavailable = code == "unavailable";
        let error = move |field: &str, words: &str| (code == field).then(|| words.to_owned());
        let is_plain = !RequestInfo::current().is_secure;
        Ok(view! {
            <Layout title="Create the first account" main_class="login">
                <Brand/>
                {is_plain
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Warn heading="This connection is not encrypted">
                                "The password travels in plain text. Put TrackFlow behind HTTPS."
                            </Notice>
                        }
                    })}
                {is_unavailable
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Bad heading="The account was not created">
                                "The server failed. Its log says why."
                            </Notice>
                        }
                    })}
                <section class="login-card">
                    <header>
                        <h1>"Create the first account"</h1>
                        <p class="hint">
                            "It administers this installation. This page closes once the account exists."
                        </p>
                    </header>
                    <form class="form" method="post" action=SetUp::PATH>
                        <TextField
                            name="email"
                            label="Email address"
                            kind="email"
                            autocomplete="username"
                            value=find_value(&raw, "email")
                            error=error("email", "This is no e-mail address.")
                        />
                        <TextField
                            name="password"
                            label="Password"
                            kind="password"
                            autocomplete="new-password"
                            minlength="8"
                            hint="At least 8 characters; a sentence works well."
                            error=error("password", "A password has 8 to 1,024 characters.")
                        />
                        <TextField
                            name="password_again"
                            label="Password again"
                            kind="password"
                            autocomplete="new-password"
                            minlength="8"
                            error=error("password_again", "The two passwords differ.")
                        />
                        <button class="button primary wide">"Create account"</button>
                    </form>
                </section>
            </Layout>
        }
        .into_any())
    })
}
