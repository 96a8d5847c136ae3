//! `/api/v1/sites/{domain}/annotations`: the chart's notes for scripts.
//!
//! Who asks is the [`Principal`] that the middleware put into the request, today by the session's cookie; whatever else
//! can tell who asks has to do the same. Errors are `{"error": "…"}`.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use trackflow::{
    domain::{AnnotatedTime, Annotation, AnnotationId, NewAnnotation, Principal, Site, Timestamp},
    services::{ServiceError, annotation_service, site_service},
};

use crate::state::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/sites/{domain}/annotations", get(list).post(add))
        .route(
            "/api/v1/sites/{domain}/annotations/{id}",
            delete(remove).fallback(only_delete),
        )
}

/// An annotation as it is sent.
#[derive(Serialize)]
struct Sent {
    id: i64,
    /// The day it is of, unless it has a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    /// When it is or begins: `2026-11-24T13:05:00Z`.
    at: String,
    text: String,
    author: Option<String>,
}

/// An annotation as it comes. Unknown keys are refused, so that none is lost without a word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    date: String,
    #[serde(default)]
    time: String,
    text: String,
}

impl From<Annotation> for Sent {
    fn from(annotation: Annotation) -> Self {
        let date = match annotation.time {
            AnnotatedTime::Day(day) => Some(day.to_string()),
            AnnotatedTime::Instant(_) => None,
        };
        let at = jiff::Timestamp::from_millisecond(annotation.at.0);
        Self {
            id: annotation.id.0,
            date,
            at: at.map(|at| at.to_string()).unwrap_or_default(),
            text: annotation.text,
            author: annotation.author,
        }
    }
}

enum Refusal {
    NotSignedIn,
    Body(String),
    Service(ServiceError),
}

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, "sign in first".to_owned()),
            Self::Body(words) => (StatusCode::BAD_REQUEST, words),
            Self::Service(error) => {
                let status = match &error {
                    ServiceError::NotFound(_) => StatusCode::NOT_FOUND,
                    ServiceError::Conflict(_) => StatusCode::CONFLICT,
                    ServiceError::Invalid { .. } => StatusCode::BAD_REQUEST,
                    ServiceError::ReadOnly => StatusCode::FORBIDDEN,
                    ServiceError::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
                };
                let words = if let ServiceError::Database(error) = &error {
                    tracing::error!(error = error as &dyn std::error::Error, "a request failed");
                    "the server failed; its log says why".to_owned()
                } else {
                    error.to_string()
                };
                (status, words)
            }
        };
        (status, Json(json!({ "error": words }))).into_response()
    }
}

type Asker = Option<Extension<Principal>>;

async fn list(
    State(state): State<AppState>,
    asker: Asker,
    Path(domain): Path<String>,
) -> Result<Response, Refusal> {
    let (principal, site) = find(&state, asker, &domain).await?;
    let annotations = annotation_service::find_all(&state.context.db, &principal, &site).await?;
    let annotations: Vec<Sent> = annotations.into_iter().map(Sent::from).collect();
    Ok(Json(json!({ "annotations": annotations })).into_response())
}

async fn add(
    State(state): State<AppState>,
    asker: Asker,
    Path(domain): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (principal, site) = find(&state, asker, &domain).await?;
    let received: Received = serde_json::from_slice(&body).map_err(|error| {
        Refusal::Body(format!(
            "the body must be a JSON object with `date`, `text` and, if wanted, `time`: {error}"
        ))
    })?;
    let new = NewAnnotation {
        date: received.date,
        time: received.time,
        text: received.text,
    };
    let now: Timestamp = (state.context.clock)();
    let added = annotation_service::create(&state.context.db, &principal, &site, &new, now).await?;
    Ok((StatusCode::CREATED, Json(Sent::from(added))).into_response())
}

async fn remove(
    State(state): State<AppState>,
    asker: Asker,
    Path((domain, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let (principal, site) = find(&state, asker, &domain).await?;
    let id = id
        .parse()
        .map_err(|_| ServiceError::NotFound("annotation"))?;
    annotation_service::delete(&state.context.db, &principal, site.id, AnnotationId(id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn only_delete() -> Response {
    let words =
        json!({ "error": "an annotation can only be deleted; all are listed one address above" });
    let allow = [(http::header::ALLOW, "DELETE")];
    (StatusCode::METHOD_NOT_ALLOWED, allow, Json(words)).into_response()
}

async fn find(state: &AppState, asker: Asker, domain: &str) -> Result<(Principal, Site), Refusal> {
    let Extension(principal) = asker.ok_or(Refusal::NotSignedIn)?;
    let site = site_service::get_by_domain(&state.context.db, &principal, domain).await?;
    Ok((principal, site))
}
