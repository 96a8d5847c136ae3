//! Adding a site.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PageError, page, require_principal};
use crate::{
    components::{AppHeader, Icon, IconName, Layout, Notice, TextField, TimeZoneField, Tone},
    context::{self, AppContext},
    query::find_value,
    server_fns::{ApiError, site::AddSite},
};

/// The form. Read-only accounts are told so instead.
#[component]
pub fn SiteNewPage() -> impl IntoView {
    page(async {
        let principal = require_principal().await?;
        if !principal.can_write() {
            return Err(PageError::Api(ApiError::ReadOnly));
        }
        let raw = context::raw_query();
        let code = find_value(&raw, "error");
        let now = AppContext::current().now();
        let header = view! { <AppHeader principal=principal/> }.into_any();
        let domain_error = match code.as_str() {
            "domain" => Some("A domain is a host name: blog.example.com".to_owned()),
            "taken" => Some("This domain is a site already.".to_owned()),
            _ => None,
        };
        let name_error = (code == "name").then(|| name_words().to_owned());
        let zone_error = (code == "time_zone").then(|| zone_words().to_owned());
        Ok(view! {
            <Layout title="Add site" header=header main_class="settings">
                <div class="page-head">
                    <div>
                        <a class="back" href="/sites">
                            <Icon name=IconName::Back/>
                            "All sites"
                        </a>
                        <h1>"Add site"</h1>
                    </div>
                </div>
                {(code == "unavailable")
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Bad heading="The site was not added">
                                "The server failed. Its log says why."
                            </Notice>
                        }
                    })}
                <form class="section form" method="post" action=AddSite::PATH>
                    <TextField
                        name="domain"
                        label="Domain"
                        placeholder="blog.example.com"
                        hint="Without https:// and path; www. is the same site."
                        value=find_value(&raw, "domain")
                        error=domain_error
                    />
                    <TextField
                        name="name"
                        label="Name"
                        hint="What the dashboard calls it; empty takes the domain."
                        value=find_value(&raw, "name")
                        error=name_error
                        is_optional=true
                    />
                    <TimeZoneField
                        value=find_value(&raw, "time_zone")
                        now=now
                        hint="Decides when a day begins. It can be changed later."
                        error=zone_error
                    />
                    <div class="form-actions">
                        <button class="button primary">"Add site"</button>
                        <a class="button ghost" href="/sites">
                            "Cancel"
                        </a>
                    </div>
                </form>
            </Layout>
        }
        .into_any())
    })
}

pub(super) fn name_words() -> &'static str {
    "A name has at most 100 characters, none of them a control character."
}

pub(super) fn zone_words() -> &'static str {
    "This is no IANA time zone."
}
