//! What is kept of visitors, and the test visit that shows it.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{PrivacyReport, Site},
    ingest::{IngestError, Outcome},
    services::{privacy_service, site_service, test_visit_service},
};

use super::{ApiError, answer, see_other, site::signed_in};
use crate::{
    context::RequestInfo,
    query::{encode, format_pairs},
};

/// Where a test visit comes from, as it says.
pub const TEST_REFERRER: &str = "https://search.example/results?q=what+somebody+looked+for";

/// The title of that page, as a test visit says.
const TEST_TITLE: &str = "Test visit of somebody@example.com";

/// The page that a test visit says it saw.
#[must_use]
pub fn test_address(site: &Site) -> String {
    format!(
        "https://{}/trackflow-test-visit?utm_source=privacy-page&email=somebody@example.com#part",
        site.domain
    )
}

/// Gets what the privacy page shows; the test visit only for those who may send one.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "get_privacy", input = GetUrl)]
pub async fn get_privacy(domain: String) -> Result<PrivacyReport, ApiError> {
    let (context, principal) = signed_in()?;
    let db = &context.db;
    let site = answer(site_service::get_by_domain(db, &principal, &domain).await)?;
    let kept = answer(privacy_service::find_kept(db, &principal, &site).await)?;
    let test_visit = if principal.can_write() {
        answer(test_visit_service::find(db, &principal, &site).await)?
    } else {
        None
    };
    Ok(PrivacyReport {
        keys: context.ingest.keys(&site, context.now()),
        kept,
        test_visit,
    })
}

/// Sends a test visit in the name of the browser that asks, and goes to the page that shows its rows.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "send_test_visit")]
pub async fn send_test_visit(#[server(default)] domain: String) -> Result<(), ApiError> {
    go_back(&domain, send(&domain).await);
    Ok(())
}

/// Deletes the test visit of a site.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "delete_test_visit")]
pub async fn delete_test_visit(#[server(default)] domain: String) -> Result<(), ApiError> {
    let deleted = delete(&domain).await.map(|()| ("deleted", "1"));
    go_back(&domain, deleted);
    Ok(())
}

fn go_back(domain: &str, result: Result<(&str, &str), ApiError>) {
    let pair = match &result {
        Ok(pair) => *pair,
        Err(error) => ("error", error.code()),
    };
    let page = format!("/sites/{}/privacy", encode(domain));
    see_other(&format!("{page}{}#test-visit", format_pairs(&[pair])));
}

/// Gives what became of the visit as a pair of the page's query.
async fn send(domain: &str) -> Result<(&'static str, &'static str), ApiError> {
    let (context, principal) = signed_in()?;
    let (db, now) = (&context.db, context.now());
    let site = site_service::get_by_domain(db, &principal, domain).await?;
    let stand_in = test_visit_service::create_stand_in(db, &principal, &site, now).await?;
    let sender = RequestInfo::current().sender;
    let beacon = serde_json::json!({
        "n": "pageview", "d": site.domain, "u": test_address(&site), "r": TEST_REFERRER, "t": TEST_TITLE,
    });
    let body = beacon.to_string();
    let sent = context
        .ingest
        .try_out(stand_in, body.as_bytes(), &sender.client(), now)
        .await;
    if sent != Ok(Outcome::Stored) {
        test_visit_service::delete(db, &principal, &site).await?;
    }
    match sent {
        Ok(Outcome::Stored) => Ok(("sent", "1")),
        Ok(Outcome::Dropped(reason)) | Err(IngestError::Limited { reason, .. }) => {
            Ok(("refused", reason.key()))
        }
        Err(IngestError::Invalid(error)) => Err(ApiError::BadRequest {
            message: error.to_string(),
        }),
        Err(_) => Err(ApiError::Unavailable),
    }
}

async fn delete(domain: &str) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(test_visit_service::delete(&context.db, &principal, &site).await?)
}
