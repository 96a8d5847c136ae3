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

/// Says `conflict` where something of the kind exists already, and that there is no such site where it is gone.
pub(super) fn refusal(error: DbError, conflict: String) -> ServiceError {
    use diesel::result::{DatabaseErrorKind, Error};
    let kind = match &error {
        DbError::Query(Error::DatabaseError(kind, _)) => Some(kind),
        _ => None,
    };
    match kind {
        Some(DatabaseErrorKind::UniqueViolation) => ServiceError::Conflict(conflict),
        Some(DatabaseErrorKind::ForeignKeyViolation) => ServiceError::NotFound("site"),
        _ => error.into(),
    }
}

/// A name without the spaces around it.
pub(super) fn checked_name(name: &str, limit: usize) -> Result<String, ServiceError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > limit || name.chars().any(char::is_control) {
        return Err(ServiceError::invalid(
            "name",
            format!("must have 1 to {limit} characters"),
        ));
    }
    Ok(name.to_owned())
}

/// Refuses one more where a site has as many as it may. The count is a query of its own before the row is written: several admins at
/// once may go beyond the limit by one each.
pub(super) fn require_room(
    count: i64,
    limit: usize,
    field: &'static str,
) -> Result<(), ServiceError> {
    if usize::try_from(count).unwrap_or(usize::MAX) < limit {
        return Ok(());
    }
    let reason = format!("can be at most {limit} for a site; remove some first");
    Err(ServiceError::invalid(field, reason))
}

/// Lets only those pass who may change things.
pub(crate) fn require_write(principal: &Principal) -> Result<(), ServiceError> {
    if principal.can_write() {
        Ok(())
    } else {
        Err(ServiceError::ReadOnly)
    }
}
