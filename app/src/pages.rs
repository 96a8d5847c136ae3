//! Pages: one file each. A page finds out who asks, calls server functions, and puts components together.
//!
//! All are rendered whole on the server (`SsrMode::Async`) and complete without a script. What goes wrong on the way
//! becomes a redirect or an error page with the right status here, in one place.
#![expect(
    unreachable_pub,
    reason = "the component macro leaves a public function behind that nothing exports"
)]

mod api_docs;
mod api_keys;
mod dashboard;
mod details;
mod error;
mod ingestion;
mod live;
mod login;
mod metrics;
mod not_found;
mod setup;
mod share_gate;
mod site_annotations;
mod site_funnel;
mod site_funnels;
mod site_goals;
mod site_journeys;
mod site_new;
mod site_privacy;
mod site_rules;
mod site_segments;
mod site_settings;
mod site_sharing;
mod site_snippet;
mod sites;
mod start;
mod vitals;

pub use api_docs::ApiDocsPage;
pub use api_keys::ApiKeysPage;
pub use dashboard::DashboardPage;
pub use details::{DetailsPage, PropertyPage};
pub use ingestion::IngestionPage;
pub use live::LivePage;
pub use login::LoginPage;
pub use metrics::MetricsPage;
pub use not_found::NotFoundPage;
pub use setup::SetupPage;
pub use site_annotations::SiteAnnotationsPage;
pub use site_funnel::SiteFunnelPage;
pub use site_funnels::SiteFunnelsPage;
pub use site_goals::SiteGoalsPage;
pub use site_journeys::SiteJourneysPage;
pub use site_new::SiteNewPage;
pub use site_privacy::SitePrivacyPage;
pub use site_rules::SiteRulesPage;
pub use site_segments::SiteSegmentsPage;
pub use site_settings::SiteSettingsPage;
pub use site_sharing::SiteSharingPage;
pub use site_snippet::SiteSnippetPage;
pub use sites::SitesPage;
pub use start::StartPage;
pub use vitals::VitalsPage;

use std::future::Future;

use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::hooks::use_params_map;
use trackflow::{
    domain::{Dashboard, DashboardQuery, Period, Principal, Site},
    services::{ServiceError, site_service, user_service},
};

use crate::{
    components::{Notice, Saved, SettingsLayout, SettingsTab, Tone},
    context::{self, AppContext, SharedBy, SharedState},
    query::{DashboardAddress, find_value, format_pairs},
    server_fns::{
        ApiError,
        goal::find_goals,
        see_other,
        segment::find_segments,
        site::{find_sites, get_site},
    },
    time_zones,
};

/// Why a page is not shown as asked.
pub(crate) enum PageError {
    /// Another page is the right one.
    Redirect(String),
    /// A secret link asks for its password.
    Locked(String),
    /// A server function refused or failed.
    Api(ApiError),
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// Shows what `load` gives, or what stands for its error.
fn page(load: impl Future<Output = Result<AnyView, PageError>> + Send + 'static) -> impl IntoView {
    Suspend::new(async move {
        match load.await {
            Ok(view) => view,
            Err(PageError::Redirect(path)) => {
                see_other(&path);
                ().into_any()
            }
            Err(PageError::Locked(token)) => share_gate::view(token),
            Err(PageError::Api(ApiError::NotSignedIn)) => {
                see_other(&login_path());
                ().into_any()
            }
            Err(PageError::Api(error)) => {
                set_status(error.status());
                error::view(&error)
            }
        }
    })
}

/// Who asks; anonymous people are sent to the login page, or to the set-up page while there are no users.
async fn require_principal() -> Result<Principal, PageError> {
    if let Some(principal) = context::principal() {
        return Ok(principal);
    }
    let path = if has_users().await? {
        login_path()
    } else {
        "/setup".to_owned()
    };
    Err(PageError::Redirect(path))
}

/// The domain that the path is of, or the secret link that stands in its place.
fn site_domain() -> String {
    match context::principal() {
        Some(Principal::LinkReader { domain, .. }) => domain,
        _ => param("domain"),
    }
}

/// Who asks for a page of a site's figures: somebody without an account too, if its dashboard is public or by a secret link.
async fn require_reader(domain: &str) -> Result<Principal, PageError> {
    if let Some(SharedBy { token, state }) = context::shared_by() {
        return match (state, context::principal()) {
            (SharedState::Open, Some(principal)) => Ok(principal),
            (SharedState::Locked, _) => Err(PageError::Locked(token)),
            _ => Err(ApiError::NotFound {
                what: "link".into(),
            }
            .into()),
        };
    }
    if context::principal().is_none() && is_public(domain).await? {
        return Ok(Principal::Anyone);
    }
    if context::embed().is_some() {
        // No frame may show the page to sign in.
        return Err(ApiError::NotFound {
            what: "dashboard".into(),
        }
        .into());
    }
    require_principal().await
}

async fn is_public(domain: &str) -> Result<bool, PageError> {
    let db = AppContext::current().db;
    match site_service::get_by_domain(&db, &Principal::Anyone, domain).await {
        Ok(_) => Ok(true),
        Err(ServiceError::NotFound(_)) => Ok(false),
        Err(error) => Err(ApiError::from(error).into()),
    }
}

/// Whether anybody could log in at all.
async fn has_users() -> Result<bool, PageError> {
    let count = user_service::count(&AppContext::current().db).await;
    Ok(count.map_err(ApiError::from)? > 0)
}

fn login_path() -> String {
    format!(
        "/login{}",
        format_pairs(&[("next", context::request_path())])
    )
}

fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// A parameter of the path, decoded; empty if the route has none of that name.
fn param(name: &str) -> String {
    use_params_map()
        .read_untracked()
        .get(name)
        .unwrap_or_default()
}

/// What became of a form that was posted before and belongs to no field: a notice in the words of a settings page.
fn form_notice(raw: &str, added: &str, removed: &str) -> Option<AnyView> {
    let done = match find_value(raw, "done").as_str() {
        "added" => Some(("Saved", added)),
        "removed" => Some(("Removed", removed)),
        _ => None,
    };
    if let Some((heading, words)) = done {
        let words = words.to_owned();
        return Some(view! { <Notice tone=Tone::Good heading=heading>{words}</Notice> }.into_any());
    }
    let words = match find_value(raw, "error").as_str() {
        "read_only" => "This account can look but not change anything.",
        "unavailable" => "The server failed. Its log says why.",
        "bad_request" => "The form was not complete.",
        "not_found" => "It was gone already.",
        _ => return None,
    };
    Some(view! { <Notice tone=Tone::Bad heading="Nothing was changed">{words}</Notice> }.into_any())
}

/// What the headers of a site's pages need beside the site: without an account, nobody is shown a way to others.
async fn switcher_sites() -> Result<Vec<Site>, PageError> {
    if context::principal().is_none_or(|principal| principal.is_guest()) {
        return Ok(Vec::new());
    }
    Ok(find_sites().await?)
}

/// What is saved for a site and can be asked for by its number. What the address asks for and is not there (any more) is taken
/// out of it, with a sentence for each.
async fn saved(
    site: &Site,
    address: &mut DashboardAddress,
    problems: &mut Vec<String>,
) -> Result<Saved, PageError> {
    let saved = Saved {
        segments: find_segments(site.domain.clone()).await?,
        goals: find_goals(site.domain.clone()).await?,
    };
    saved.clean(address, problems);
    Ok(saved)
}

/// A settings page of the path's site. `sections` gives what is in it, for one who may change it or not.
fn settings_page<F>(
    current: SettingsTab,
    sections: impl FnOnce(Site, bool) -> F + Send + 'static,
) -> impl IntoView
where
    F: Future<Output = Result<AnyView, PageError>> + Send + 'static,
{
    let domain = param("domain");
    page(async move {
        let principal = require_principal().await?;
        let site = get_site(domain).await?;
        let sites = switcher_sites().await?;
        let sections = sections(site.clone(), principal.can_write()).await?;
        Ok(view! {
            <SettingsLayout principal=principal site=site sites=sites current=current>
                {sections}
            </SettingsLayout>
        }
        .into_any())
    })
}

/// Today in the site's zone, as date inputs take it.
fn today_of(site: &Site) -> String {
    let now = AppContext::current().now();
    let date = time_zones::date_of(now, &site.time_zone);
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// How the picker calls the period: custom ranges by their dates in words.
fn period_label(query: &DashboardQuery, dashboard: Option<&Dashboard>) -> String {
    match (query.period, dashboard) {
        (Period::Custom { .. }, Some(dashboard)) => dashboard.title.clone(),
        (period, _) => period.label(),
    }
}
