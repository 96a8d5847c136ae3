//! The description of the API in OpenAPI 3.1, made from the handlers and the types on the wire. `/docs/api` shows it.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{export, journeys, sites, v1, v2, vitals};
use crate::state::AppState;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "TrackFlow stats API",
        description = "Reads the statistics of sites. Everything is asked with a key, which an admin makes in the settings: \
                       `Authorization: Bearer KEY`. Questions and answers have Plausible's form. Errors are \
                       `{\"error\": \"…\"}` and say what is allowed.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        v2::query,
        export::by_key,
        journeys::get,
        vitals::get,
        sites::list,
        sites::get,
        v1::current_visitors,
        v1::aggregate,
        v1::timeseries,
        v1::breakdown,
    ),
    tags(
        (name = "Statistics"),
        (name = "Statistics, version 1"),
        (name = "Sites"),
    ),
    modifiers(&Key),
    security(("key" = [])),
)]
struct Description;

/// The scheme of authentication.
struct Key;

impl Modify for Key {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, such as tf_0123…"))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The description as JSON. The version of the API is that of the program.
pub(crate) fn describe() -> Value {
    serde_json::to_value(Description::openapi()).expect("a description is JSON")
}

/// `GET /api/openapi.json`.
pub(super) async fn document(State(state): State<AppState>) -> Response {
    Json(state.context.api_description.as_ref()).into_response()
}
