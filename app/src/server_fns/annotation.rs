//! Annotations of a site: reading, adding and removing them.

use leptos::prelude::server;
use leptos::server_fn::codec::GetUrl;
use trackflow::{
    domain::{Annotation, AnnotationId, NewAnnotation, Timestamp},
    services::{annotation_service, site_service},
};

use super::{
    ApiError, answer, see_other,
    site::{reader, signed_in},
};
use crate::query::{encode, format_pairs};

/// How much of a refused text comes back to its form.
const ECHO_LIMIT_CHARS: usize = 600;

/// Finds the annotations of a site, latest first.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_annotations", input = GetUrl)]
pub async fn find_annotations(domain: String) -> Result<Vec<Annotation>, ApiError> {
    let (context, principal) = signed_in()?;
    let site = answer(site_service::get_by_domain(&context.db, &principal, &domain).await)?;
    answer(annotation_service::find_all(&context.db, &principal, &site).await)
}

/// Finds the annotations of a site from `from` up to `to`, which is excluded, in the order of time.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotFound`], [`ApiError::Unavailable`].
#[server(prefix = "/api/app", endpoint = "find_annotations_between", input = GetUrl)]
pub async fn find_annotations_between(
    domain: String,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Annotation>, ApiError> {
    let (context, principal) = reader(&domain).await?;
    let site = answer(site_service::get_by_domain(&context.db, &principal, &domain).await)?;
    answer(annotation_service::find_between(&context.db, &principal, &site, from, to).await)
}

/// Adds an annotation and goes back to the site's annotations, with an error's code and what was typed if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "add_annotation")]
pub async fn add_annotation(
    #[server(default)] domain: String,
    #[server(default)] date: String,
    #[server(default)] time: String,
    #[server(default)] text: String,
) -> Result<(), ApiError> {
    let annotations = format!("/sites/{}/annotations", encode(&domain));
    let new = NewAnnotation { date, time, text };
    match add(&domain, &new).await {
        Ok(_) => see_other(&format!("{annotations}?done=added")),
        Err(error) => {
            let text: String = new.text.chars().take(ECHO_LIMIT_CHARS).collect();
            let date: String = new.date.chars().take(20).collect();
            let time: String = new.time.chars().take(20).collect();
            let pairs = [
                ("error", error.code()),
                ("date", &date),
                ("time", &time),
                ("text", &text),
            ];
            see_other(&format!("{annotations}{}#new", format_pairs(&pairs)));
        }
    }
    Ok(())
}

/// Removes an annotation and goes back to the site's annotations, with an error's code if it was refused.
///
/// # Errors
/// None: failures are redirects.
#[server(prefix = "/api/app", endpoint = "remove_annotation")]
pub async fn remove_annotation(
    #[server(default)] domain: String,
    #[server(default)] id: i64,
) -> Result<(), ApiError> {
    let annotations = format!("/sites/{}/annotations", encode(&domain));
    match remove(&domain, AnnotationId(id)).await {
        Ok(()) => see_other(&format!("{annotations}?done=removed")),
        Err(error) => see_other(&format!("{annotations}?error={}", error.code())),
    }
    Ok(())
}

async fn add(domain: &str, new: &NewAnnotation) -> Result<Annotation, ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    let (db, now) = (&context.db, context.now());
    Ok(annotation_service::create(db, &principal, &site, new, now).await?)
}

async fn remove(domain: &str, id: AnnotationId) -> Result<(), ApiError> {
    let (context, principal) = signed_in()?;
    let site = site_service::get_by_domain(&context.db, &principal, domain).await?;
    Ok(annotation_service::delete(&context.db, &principal, site.id, id).await?)
}
