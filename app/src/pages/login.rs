//! Logging in. Needs no script and no WebAssembly.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PageError, has_users, page, set_status};
use crate::{
    components::{Brand, Layout, Notice, TextField, Tone},
    context::{self, AppContext, DemoAccount, RequestInfo},
    query::find_value,
    server_fns::{safe_next, session::LogIn},
};

/// The form; who is logged in already goes on, and while there are no users the set-up page is the right one.
#[component]
pub fn LoginPage() -> impl IntoView {
    page(async {
        let raw = context::raw_query();
        let next = find_value(&raw, "next");
        let next = safe_next(&next).to_owned();
        if context::principal().is_some() {
            return Err(PageError::Redirect(next));
        }
        if !has_users().await? {
            return Err(PageError::Redirect("/setup".to_owned()));
        }
        let wait = find_value(&raw, "wait");
        if find_value(&raw, "error") == "limited" {
            set_status(http::StatusCode::TOO_MANY_REQUESTS);
        }
        let error = error_words(&find_value(&raw, "error"), &wait);
        let demo = AppContext::current()
            .demo
            .map(|demo| demo_view(demo, &next));
        let is_plain = !RequestInfo::current().is_secure;
        let is_public = next == "/" && raw.is_empty();
        Ok(view! {
            <Layout title="Sign in" main_class="login" is_public=is_public>
                <Brand/>
                {is_plain
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Warn heading="This connection is not encrypted">
                                "The password travels in plain text. Put TrackFlow behind HTTPS."
                            </Notice>
                        }
                    })}
                <section class="login-card">
                    <header>
                        <h1>"Sign in"</h1>
                    </header>
                    <form class="form" method="post" action=LogIn::PATH>
                        <input type="hidden" name="next" value=next/>
                        <TextField
                            name="email"
                            label="Email address"
                            kind="email"
                            autocomplete="username"
                            value=find_value(&raw, "email")
                        />
                        <TextField
                            name="password"
                            label="Password"
                            kind="password"
                            autocomplete="current-password"
                            error=error
                        />
                        <button class="button primary wide">"Sign in"</button>
                    </form>
                </section>
                {demo}
            </Layout>
        }
        .into_any())
    })
}

fn error_words(code: &str, wait: &str) -> Option<String> {
    match code {
        "" => None,
        "credentials" => Some("Address and password do not match an account.".into()),
        "limited" => {
            let seconds: u64 = wait.parse().unwrap_or(60);
            let minutes = seconds.div_ceil(60).max(1);
            let unit = if minutes == 1 { "minute" } else { "minutes" };
            Some(format!("Too many attempts. Try again in {minutes} {unit}."))
        }
        _ => Some("Signing in failed on the server. Its log says why.".into()),
    }
}

fn demo_view(demo: DemoAccount, next: &str) -> impl IntoView + use<> {
    let action = LogIn::PATH;
    view! {
        <section class="notice demo" aria-labelledby="demo-title">
            <h2 id="demo-title">"Demo account"</h2>
            <p class="hint">
                "Sites with invented visitors. It reads everything and changes nothing."
            </p>
            <dl>
                <dt>"Address"</dt>
                <dd>
                    <code>{demo.email.clone()}</code>
                </dd>
                <dt>"Password"</dt>
                <dd>
                    <code>{demo.password.clone()}</code>
                </dd>
            </dl>
            <form method="post" action=action>
                <input type="hidden" name="next" value=next.to_owned()/>
                <input type="hidden" name="email" value=demo.email.clone()/>
                <input type="hidden" name="password" value=demo.password.clone()/>
                <button class="button wide">"Sign in to the demo"</button>
            </form>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        assert_eq!(error_words("", ""), None);
        for (code, wait, part) in [
            ("credentials", "", "do not match"),
            ("limited", "61", "in 2 minutes"),
            ("limited", "x", "in 1 minute."),
            ("unavailable", "", "log says why"),
        ] {
            let words = error_words(code, wait).expect("words");
            assert!(words.contains(part), "{words}");
        }
    }
}
