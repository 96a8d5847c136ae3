//! Why a service did not do what it was asked.

use crate::{db::DbError, domain::Principal};

/// A failure that the caller can match on.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no such thing, or the one who asks may not know of it.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// There is one already.
    #[error("{0}")]
    Conflict(String),
    /// A field cannot be used; `reason` says what is allowed.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field, as forms name it.
        field: &'static str,
        /// What is wrong and what is allowed, as a sentence without its subject's name.
        reason: String,
    },
    /// The one who asks may read but not change.
    #[error("this account can look but not change anything")]
    ReadOnly,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl ServiceError {
    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }
}

/// Lets only those pass who may change things.
pub(crate) fn require_write(principal: &Principal) -> Result<(), ServiceError> {
    if principal.can_write() {
        Ok(())
    } else {
        Err(ServiceError::ReadOnly)
    }
}
