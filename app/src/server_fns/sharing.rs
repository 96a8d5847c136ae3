//! Who may read a site's dashboard without an account.

use std::time::Instant;

use http::header::SET_COOKIE;
use leptos::prelude::{expect_context, server};
use leptos::server_fn::codec::GetUrl;
use leptos_axum::ResponseOptions;
use trackflow::{
    domain::{SegmentId, ShareLink, ShareLinkId},
    services::{
        segment_service,
        share_link_service::{self, NewShareLink, ShareToken, UnlockError},
        site_service,
    },
};

use super::{ApiError, answer, see_other, site::signed_in};
use crate::{
    context::{AppContext, RequestInfo},
    once_cookie::NEW_LINK,
    query::{encode, format_pairs},
    share_cookie,
};

/// How much of a refused name comes back to its form.
const ECHO_LIMIT_CHARS: usize = 120;

/// Makes a site's dashboard public if `public` is `yes` and private otherwise, and goes back to the page of sharing, with an error's
/// code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "set_public")]
pub async fn set_public(
    #[server(default)] domain: String,
    #[server(default)] public: String,
) -> Result<(), ApiError> {
    let sharing = sharing_of(&domain);
    let is_public = public == "yes";
    match set(&domain, is_public).await {
        Ok(()) => see_other(&format!(
            "{sharing}?done={}",
            if is_public { "public" } else { "private" }
        )),
        Err(error) => see_other(&format!("{sharing}?error={}", error.code())),
    }
    Ok(())
}

/// Finds the secret links of a site, the newest first.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::ReadOnly`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_share_links", input = GetUrl)]
pub async fn find_share_links(domain: String) -> Result<Vec<ShareLink>, ApiError> {
    let (context, principal) = signed_in()?;
    let site = answer(site_service::get_by_domain(&context.db, &principal, &domain).await)?;
    answer(share_link_service::find_all(&context.db, &principal, site.id).await)
}

/// Makes a secret link and goes back to the page of sharing, which shows its address once; with an error's code if it was refused.
/// `password` is blank for a link that asks for none, `segment` for one that shows all visits, `life_days` for one that does not end.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "create_share_link")]
pub async fn create_share_link(
    #[server(default)] domain: String,
    #[server(default)] name: String,
    #[server(default)] password: String,
    #[server(default)] segment: String,
    #[server(default)] life_days: String,
) -> Result<(), ApiError> {
    let sharing = sharing_of(&domain);
    match create(&domain, &name, &password, &segment, &life_days).await {
        Ok(token) => {
            let cookie = NEW_LINK.set(token.as_str(), RequestInfo::current().is_secure);
            expect_context::<ResponseOptions>().append_header(SET_COOKIE, cookie);
            see_other(&format!("{sharing}?done=created"));
        }
        Err(error) => {
            let name: String = name.chars().take(ECHO_LIMIT_CHARS).collect();
            let pairs = [("error", error.code()), ("name", &name)];
            see_other(&format!("{sharing}{}#new", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Revokes a secret link and goes back to the page of sharing, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "revoke_share_link")]
pub async fn revoke_share_link(
    #[server(default)] domain: String,
    #[server(default)] id: String,
) -> Result<(), ApiError> {
    let sharing = sharing_of(&domain);
    match revoke(&domain, &id).await {
        Ok(()) => see_other(&format!("{sharing}?done=revoked")),
        Err(error) => see_other(&format!("{sharing}?error={}", error.code())),
    }
    Ok(())
}

/// Opens a secret link with its password and goes to it; back to the question with an error's code otherwise.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "open_share_link")]
pub async fn open_share_link(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let context = AppContext::current();
    let info = RequestInfo::current();
    let link = format!("/share/{}", encode(&token).replace('/', "%2F"));
    let asked = (token.as_str(), password.as_str());
    let (limiter, prefix) = (&context.login_limiter, info.client_prefix);
    let (now, instant) = (context.now(), Instant::now());
    let db = &context.db;
    match share_link_service::unlock(db, limiter, asked, prefix, now, instant).await {
        Ok(pass) => {
            let cookie = share_cookie::set(&token, &pass, info.is_secure);
            expect_context::<ResponseOptions>().append_header(SET_COOKIE, cookie);
            see_other(&link);
        }
        Err(UnlockError::WrongPassword) => see_other(&format!("{link}?error=password")),
        Err(UnlockError::TooManyAttempts(limit)) => {
            let wait = limit.retry_after_s;
            see_other(&format!("{link}?error=limited&wait={wait}"));
        }
        Err(UnlockError::Service(error)) => {
            see_other(&format!("{link}?error={}", ApiError::from(error).code()));
        }
    }
    Ok(())
}

fn sharing_of(domain: &str) -> String {
    format!("/sites/{}/settings/sharing", encode(domain))
}

async fn create(
    domain: &str,
    name: &str,
    password: &str,
    segment: &str,
    life_days: &str,
) -> Result<ShareToken, ApiError> {
    let (context, principal) = signed_in()?;
    let (db, now) = (&context.db, context.now());
    let site = site_service::get_by_domain(db, &principal, domain).await?;
    let invalid = |field: &str, reason: &str| ApiError::Invalid {
        field: field.into(),
        reason: reason.into(),
    };
    let condition = match segment {
        "" => None,
        id => {
            let id = id
                .parse()
                .map_err(|_| invalid("segment", "must be a number"))?;
            let segment = segment_service::get(db, &principal, site.id, SegmentId(id)).await;
            let segment = segment.map_err(|_| invalid("segment", "is gone"))?;
            let condition = segment.condition;
            Some(condition.map_err(|reason| invalid("segment", &reason))?)
        }
    };
    let life_days = match life_days {
        "" => None,
        days => {
            let days = days.parse();
            Some(days.map_err(|_| invalid("life_days", "must be a number of days"))?)
        }
    };
    let new = NewShareLink {
        name,
        password,
        condition: condition.as_ref(),
        life_days,
    };
    let (_, token) = share_link_service::create(db, &principal, site.id, &new, now).await?;
    Ok(token)
}

async fn revoke(domain: &str, id: &str) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    let id = id.parse().map_err(|_| ApiError::BadRequest {
        message: "there is no such link".into(),
    })?;
    Ok(share_link_service::delete(&context.db, &principal, site.id, ShareLinkId(id)).await?)
}

async fn set(domain: &str, is_public: bool) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(site_service::set_public(&context.db, &principal, site.id, is_public).await?)
}
