//! Whether events can be stored and the database be read, from memory: asking costs nothing, also under overload.
//!
//! The writer and the background tasks report what they meet; health checks and pages ask.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::{
    domain::{DatabaseFailure, Timestamp, WriterState},
    services::ServiceError,
};

/// The database is asked once a second; after so long without an answer it counts as away.
const SILENCE: Duration = Duration::from_secs(5);

/// A failure that repeats is logged at most so often: an outage must not fill the disk with its own log.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// A commit that takes longer is worth a warning.
const SLOW_COMMIT: Duration = Duration::from_secs(1);

/// What is known.
pub(super) struct Health {
    is_stopping: AtomicBool,
    is_gone: AtomicBool,
    inner: Mutex<Inner>,
}

struct Inner {
    is_writer: bool,
    /// Since when this process stores the events.
    writing_since: Option<Timestamp>,
    failure: Option<DatabaseFailure>,
    answered_at: Instant,
    logged_at: Option<Instant>,
    unlogged: u64,
}

impl Health {
    /// Of a process that has just read the database.
    pub(super) fn new() -> Self {
        Self {
            is_stopping: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
            inner: Mutex::new(Inner {
                is_writer: false,
                writing_since: None,
                failure: None,
                answered_at: Instant::now(),
                logged_at: None,
                unlogged: 0,
            }),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder of the lock panics")
    }

    /// This process stores the events from now on.
    pub(super) fn became_writer(&self, now: Timestamp) {
        let mut inner = self.inner();
        inner.is_writer = true;
        inner.writing_since = Some(now);
    }

    /// The program is about to end.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Relaxed);
    }

    /// The writer came to an end that nobody wanted.
    pub(super) fn writer_is_gone(&self) {
        self.is_gone.store(true, Relaxed);
        tracing::error!(
            "the writer has ended, no event is stored any more: the program has to be started anew"
        );
    }

    /// A batch was committed.
    pub(super) fn committed(&self, events: usize, took: Duration) {
        self.inner().failure = None;
        tracing::debug!(events, ms = took.as_secs_f64() * 1_000.0, "committed");
        if took > SLOW_COMMIT {
            tracing::warn!(
                events,
                ms = took.as_secs_f64() * 1_000.0,
                "a commit was slow"
            );
        }
    }

    /// A batch was not stored.
    pub(super) fn failed(&self, events: usize, error: &ServiceError) {
        self.inner().failure = Some(failure(error));
        self.log(error, events, "events not stored");
    }

    /// The database took a small write: what was wrong with it is over. Another writer stays the writer.
    pub(super) fn wrote(&self) {
        let mut inner = self.inner();
        if inner.failure != Some(DatabaseFailure::WriterElsewhere) {
            inner.failure = None;
        }
        inner.answered_at = Instant::now();
    }

    /// The database answered a query.
    pub(super) fn answered(&self) {
        self.inner().answered_at = Instant::now();
    }

    /// Logs a failure, but not more than once a second.
    pub(super) fn log(&self, error: &ServiceError, events: usize, what: &'static str) {
        let mut inner = self.inner();
        if inner
            .logged_at
            .is_some_and(|at| at.elapsed() < LOG_INTERVAL)
        {
            inner.unlogged += 1;
            return;
        }
        inner.logged_at = Some(Instant::now());
        let unlogged = std::mem::take(&mut inner.unlogged);
        drop(inner);
        tracing::error!(
            error = error as &dyn std::error::Error,
            failure = failure(error).key(),
            events,
            unlogged,
            "{what}"
        );
    }

    /// What the writer does, and why if it fails.
    pub(super) fn writer(&self) -> (WriterState, Option<DatabaseFailure>) {
        let inner = self.inner();
        if self.is_stopping.load(Relaxed) {
            (WriterState::Stopping, None)
        } else if self.is_gone.load(Relaxed) {
            (WriterState::Failing, Some(DatabaseFailure::Other))
        } else if inner.failure.is_some() {
            (WriterState::Failing, inner.failure)
        } else if inner.is_writer {
            (WriterState::Writing, None)
        } else {
            (WriterState::StandingBy, None)
        }
    }

    /// Whether the database can be read.
    pub(super) fn can_read(&self) -> bool {
        self.inner().answered_at.elapsed() < SILENCE
    }

    /// Since when this process stores the events; `None` while another one does.
    pub(super) fn writing_since(&self) -> Option<Timestamp> {
        self.inner().writing_since
    }
}

fn failure(error: &ServiceError) -> DatabaseFailure {
    match error {
        ServiceError::Database(error) => error.failure(),
        _ => DatabaseFailure::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DbError;

    fn an_error(error: DbError) -> ServiceError {
        ServiceError::Database(error)
    }

    #[test]
    fn a_small_write_ends_a_failure_but_not_the_reign_of_another_writer() {
        let health = Health::new();
        assert_eq!(health.writer(), (WriterState::StandingBy, None));
        health.became_writer(Timestamp(0));
        assert_eq!(health.writer(), (WriterState::Writing, None));
        for (error, failure, after_a_write) in [
            (
                DbError::Pool("closed".into()),
                DatabaseFailure::Unreachable,
                WriterState::Writing,
            ),
            (
                DbError::WriterElsewhere,
                DatabaseFailure::WriterElsewhere,
                WriterState::Failing,
            ),
        ] {
            health.failed(1, &an_error(error));
            assert_eq!(health.writer(), (WriterState::Failing, Some(failure)));
            health.wrote();
            assert_eq!(health.writer().0, after_a_write);
        }
        health.committed(1, Duration::ZERO);
        assert_eq!(health.writer().0, WriterState::Writing);
        health.stop();
        assert_eq!(health.writer().0, WriterState::Stopping);
    }

    #[test]
    fn a_failure_that_repeats_is_logged_once_a_second() {
        let health = Health::new();
        for _ in 0..5 {
            health.failed(1, &an_error(DbError::Pool("closed".into())));
        }
        assert_eq!(health.inner().unlogged, 4);
    }
}
