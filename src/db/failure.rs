//! From an error of the database to a class that the one who runs it can act on, without a word of the statement.

use diesel::result::{DatabaseErrorKind, Error};

use super::DbError;
use crate::domain::DatabaseFailure;

/// What the databases' own messages say, in lower case. SQLite's are those of `sqlite3_errstr`; PostgreSQL's may be in
/// another language, then it is [`DatabaseFailure::Other`].
const PHRASES: [(&str, DatabaseFailure); 12] = [
    ("disk is full", DatabaseFailure::DiskFull),
    ("no space left", DatabaseFailure::DiskFull),
    ("database is locked", DatabaseFailure::Locked),
    ("table is locked", DatabaseFailure::Locked),
    ("lock timeout", DatabaseFailure::Locked),
    ("readonly", DatabaseFailure::ReadOnly),
    ("read-only", DatabaseFailure::ReadOnly),
    ("malformed", DatabaseFailure::Damaged),
    ("not a database", DatabaseFailure::Damaged),
    ("disk i/o error", DatabaseFailure::Damaged),
    ("connection", DatabaseFailure::Unreachable),
    ("unable to open", DatabaseFailure::Unreachable),
];

impl DbError {
    /// The class of the failure.
    #[must_use]
    pub fn failure(&self) -> DatabaseFailure {
        match self {
            Self::WriterElsewhere => DatabaseFailure::WriterElsewhere,
            Self::Query(error) => of_query(error),
            Self::Lock(error) => match error.kind() {
                std::io::ErrorKind::StorageFull => DatabaseFailure::DiskFull,
                std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                    DatabaseFailure::ReadOnly
                }
                _ => DatabaseFailure::Other,
            },
            Self::Connect(error) => of_words(&error.to_string(), DatabaseFailure::Unreachable),
            Self::Pool(error) => of_words(error, DatabaseFailure::Unreachable),
            Self::Block { .. } => DatabaseFailure::Damaged,
            Self::Migration(_) => DatabaseFailure::Other,
        }
    }
}

fn of_query(error: &Error) -> DatabaseFailure {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
        | Error::BrokenTransactionManager => DatabaseFailure::Unreachable,
        Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => {
            DatabaseFailure::ReadOnly
        }
        Error::DatabaseError(_, information) => {
            of_words(information.message(), DatabaseFailure::Other)
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => of_query(commit_error),
        _ => DatabaseFailure::Other,
    }
}

fn of_words(message: &str, otherwise: DatabaseFailure) -> DatabaseFailure {
    let message = message.to_lowercase();
    let found = PHRASES.iter().find(|(phrase, _)| message.contains(phrase));
    found.map_or(otherwise, |(_, failure)| *failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_both_databases_are_classed() {
        for (message, expected) in [
            ("database or disk is full", DatabaseFailure::DiskFull),
            (
                "could not extend file \"base/1/2\": No space left on device",
                DatabaseFailure::DiskFull,
            ),
            ("database is locked", DatabaseFailure::Locked),
            (
                "attempt to write a readonly database",
                DatabaseFailure::ReadOnly,
            ),
            (
                "cannot execute INSERT in a read-only transaction",
                DatabaseFailure::ReadOnly,
            ),
            ("database disk image is malformed", DatabaseFailure::Damaged),
            (
                "terminating connection due to administrator command",
                DatabaseFailure::Unreachable,
            ),
            ("no such table: event", DatabaseFailure::Other),
        ] {
            let error =
                Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()));
            assert_eq!(DbError::Query(error).failure(), expected, "{message}");
        }
        assert_eq!(
            DbError::Pool("Timeout".into()).failure(),
            DatabaseFailure::Unreachable
        );
        assert_eq!(
            DbError::WriterElsewhere.failure(),
            DatabaseFailure::WriterElsewhere
        );
    }
}
