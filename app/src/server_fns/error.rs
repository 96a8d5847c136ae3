//! What leaves a server function when it fails: serialisable, without internals.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr, use_context},
    server_fn::codec::JsonEncoding,
};
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};
use trackflow::services::{Busy, ServiceError};

/// A failure in words that the one who asked may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "error")]
pub enum ApiError {
    /// Nobody is logged in.
    NotSignedIn,
    /// The account may read but not change.
    ReadOnly,
    /// There is no such thing.
    NotFound {
        /// What was looked for: "site".
        what: String,
    },
    /// There is one already.
    Conflict {
        /// A whole sentence.
        message: String,
    },
    /// A field cannot be used.
    Invalid {
        /// The field, as forms name it.
        field: String,
        /// What is allowed, as a sentence without its subject's name.
        reason: String,
    },
    /// Too many attempts.
    TooManyAttempts {
        /// Seconds until the next one is tried.
        retry_after_s: u64,
    },
    /// Too many questions are answered at once; the turn of this one did not come in time.
    Busy {
        /// Seconds until it may be asked again.
        retry_after_s: u64,
    },
    /// The request has not the form that the function takes.
    BadRequest {
        /// What is wrong with it.
        message: String,
    },
    /// Something of the server failed; its log says what.
    Unavailable,
}

impl ApiError {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        use http::StatusCode;
        match self {
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::ReadOnly => StatusCode::FORBIDDEN,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Invalid { .. } | Self::BadRequest { .. } => StatusCode::BAD_REQUEST,
            Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unavailable => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The short code with which a form's page is called again; for a field it is the field's name.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::ReadOnly => "read_only",
            Self::NotFound { .. } => "not_found",
            Self::Conflict { .. } => "taken",
            Self::Invalid { field, .. } => field,
            Self::TooManyAttempts { .. } => "limited",
            Self::BadRequest { .. } => "bad_request",
            Self::Busy { .. } => "busy",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound(what) => Self::NotFound { what: what.into() },
            ServiceError::Conflict(message) => Self::Conflict { message },
            ServiceError::Invalid { field, reason } => Self::Invalid {
                field: field.into(),
                reason,
            },
            ServiceError::ReadOnly => Self::ReadOnly,
            ServiceError::Database(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request failed");
                Self::Unavailable
            }
        }
    }
}

impl From<Busy> for ApiError {
    fn from(Busy { retry_after_s }: Busy) -> Self {
        Self::Busy { retry_after_s }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = Self::BadRequest {
            message: error.to_string(),
        };
        // Otherwise 500, as if the server had failed.
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(error.status());
        }
        error
    }
}

/// Gives the answer of a server function its HTTP status and maps its error.
pub(super) fn answer<T>(result: Result<T, impl Into<ApiError>>) -> Result<T, ApiError> {
    result.map_err(|error| {
        let error = error.into();
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(error.status());
        }
        error
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use trackflow::db::DbError;

    #[test]
    fn every_service_error_has_its_own_answer() {
        for (error, status, code) in [
            (ServiceError::NotFound("site"), 404, "not_found"),
            (
                ServiceError::Conflict("a.example is a site already".into()),
                409,
                "taken",
            ),
            (
                ServiceError::Invalid {
                    field: "domain",
                    reason: "must be a host name".into(),
                },
                400,
                "domain",
            ),
            (ServiceError::ReadOnly, 403, "read_only"),
            (
                ServiceError::Database(DbError::Pool("secret.db".into())),
                500,
                "unavailable",
            ),
        ] {
            let error = ApiError::from(error);
            assert_eq!((error.status().as_u16(), error.code()), (status, code));
        }
    }

    #[test]
    fn internals_stay_inside() {
        let error = ApiError::from(ServiceError::Database(DbError::Pool("secret.db".into())));
        let json = serde_json::to_string(&error).expect("serialisable");
        assert_eq!(json, r#"{"error":"unavailable"}"#);
    }
}
