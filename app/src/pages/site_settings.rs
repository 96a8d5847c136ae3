//! A site's settings: name, time zone, snippet, deletion.

use leptos::{prelude::*, server_fn::ServerFn};
use trackflow::domain::Site;

use super::{PageError, page, param, require_principal, site_new, switcher_sites};
use crate::{
    components::{Notice, SettingsLayout, SettingsTab, Snippet, TextField, TimeZoneField, Tone},
    context::{self, AppContext},
    query::find_value,
    server_fns::site::{DeleteSite, UpdateSite, get_site},
};

/// The settings. Read-only accounts see the snippet and no form.
#[component]
pub fn SiteSettingsPage() -> impl IntoView {
    let domain = param("domain");
    page(async move {
        let principal = require_principal().await?;
        let site = get_site(domain).await?;
        let sites = switcher_sites().await?;
        let raw = context::raw_query();
        let can_write = principal.can_write();
        Ok::<_, PageError>(
            view! {
                <SettingsLayout
                    principal=principal
                    site=site.clone()
                    sites=sites
                    current=SettingsTab::General
                >
                    {outcome(&raw)}
                    {can_write.then(|| general(&site, &raw))}
                    <section class="section" aria-labelledby="sn">
                        <header>
                            <h2 id="sn">"Snippet"</h2>
                            <p class="hint">"Inside "<code>"<head>"</code>" of every page."</p>
                        </header>
                        <Snippet site=site.clone()/>
                    </section>
                    {can_write.then(|| deletion(&site, &raw))}
                </SettingsLayout>
            }
            .into_any(),
        )
    })
}

/// What became of the form that was posted before.
fn outcome(raw: &str) -> Option<AnyView> {
    if find_value(raw, "saved") == "1" {
        let words = "The settings are in use everywhere.";
        return Some(view! { <Notice tone=Tone::Good heading="Saved">{words}</Notice> }.into_any());
    }
    let words = match find_value(raw, "error").as_str() {
        "read_only" => "This account can look but not change anything.",
        "unavailable" => "The server failed. Its log says why.",
        _ => return None,
    };
    Some(view! { <Notice tone=Tone::Bad heading="Nothing was changed">{words}</Notice> }.into_any())
}

fn general(site: &Site, raw: &str) -> impl IntoView + use<> {
    let code = find_value(raw, "error");
    let is_failed = code == "name" || code == "time_zone";
    let entered = |name: &str, stored: &str| {
        if is_failed {
            find_value(raw, name)
        } else {
            stored.to_owned()
        }
    };
    let name_error = (code == "name").then(|| site_new::name_words().to_owned());
    let zone_error = (code == "time_zone").then(|| site_new::zone_words().to_owned());
    view! {
        <section class="section" aria-labelledby="general">
            <header>
                <h2 id="general">"General"</h2>
                <p class="hint">"Domain: "<b>{site.domain.clone()}</b></p>
            </header>
            <form class="form" method="post" action=UpdateSite::PATH>
                <input type="hidden" name="domain" value=site.domain.clone()/>
                <TextField
                    name="name"
                    label="Name"
                    hint="What the dashboard calls it."
                    value=entered("name", &site.name)
                    error=name_error
                />
                <TimeZoneField
                    value=entered("time_zone", &site.time_zone)
                    now=AppContext::current().now()
                    hint="Its midnights bound the days from now on. Days that are closed already keep theirs."
                    error=zone_error
                />
                <div class="form-actions">
                    <button class="button primary">"Save"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn deletion(site: &Site, raw: &str) -> impl IntoView + use<> {
    let domain = site.domain.clone();
    let has_error = find_value(raw, "error") == "confirm";
    view! {
        <section class="section danger" id="delete" aria-labelledby="del">
            <header>
                <h2 id="del">"Delete site"</h2>
                <p class="hint">
                    "Removes the site with all its visits and settings, at once and for good. \
                    Backups made before keep them."
                </p>
            </header>
            <details open=has_error>
                <summary class="button danger">"Delete site…"</summary>
                <form class="form" method="post" action=DeleteSite::PATH>
                    <input type="hidden" name="domain" value=domain.clone()/>
                    <div class="field">
                        <label for="confirm">"Type "<b>{domain.clone()}</b>" to confirm"</label>
                        <input
                            class="input"
                            id="confirm"
                            name="confirm"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            required
                            aria-invalid=has_error.then_some("true")
                            aria-describedby=has_error.then_some("confirm-error")
                        />
                        {has_error
                            .then(|| {
                                view! {
                                    <p class="field-error" id="confirm-error">
                                        "This is not the site's domain; nothing was deleted."
                                    </p>
                                }
                            })}
                    </div>
                    <div class="form-actions">
                        <button class="button danger">{format!("Delete {domain}")}</button>
                    </div>
                </form>
            </details>
        </section>
    }
    .into_any()
}
