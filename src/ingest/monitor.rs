//! Everything that is known about ingestion while it runs: meter, ledger and health, and the tasks that keep them current.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use super::{
    IngestError, Outcome, bots,
    health::Health,
    ledger::Ledger,
    meter::{Meter, Passage, Station},
    store::Store,
};
use crate::{
    db::Db,
    domain::{RefusalReason, Timestamp},
    services::{ServiceError, refusal_service, user_service},
};

/// How often the ledger is written and the database asked.
const INTERVAL: Duration = Duration::from_secs(1);

/// One a process.
pub(super) struct Monitor {
    pub(super) meter: Meter,
    pub(super) health: Health,
    ledger: Ledger,
    /// Whose turn it is to write on SQLite, which has one writer at a time: in its queue nobody starves, while SQLite's own
    /// waiting, by trying again and again, would hardly ever find the gap between two batches.
    turn: tokio::sync::Mutex<()>,
}

impl Monitor {
    /// Starts the background tasks, which end with the last owner of the result.
    pub(super) fn start(db: &Db) -> Arc<Self> {
        let monitor = Arc::new(Self {
            meter: Meter::default(),
            health: Health::new(),
            ledger: Ledger::default(),
            turn: tokio::sync::Mutex::default(),
        });
        tokio::spawn(flush_regularly(Arc::downgrade(&monitor), db.clone()));
        tokio::spawn(ask_regularly(Arc::downgrade(&monitor), db.clone()));
        monitor
    }

    /// Counts what became of a beacon.
    pub(super) fn count(
        &self,
        passage: &Passage<'_>,
        taken: &Result<Outcome, IngestError>,
        user_agent: &str,
        now: Timestamp,
    ) {
        let (reason, detail) = match taken {
            Ok(Outcome::Stored) => {
                if let Some(site) = passage.site {
                    self.meter.accept(site, now, passage.elapsed());
                }
                return;
            }
            Ok(Outcome::Dropped(reason)) => {
                let reason = RefusalReason::from(*reason);
                let bot = (reason == RefusalReason::Bot).then(|| bots::find(user_agent));
                (reason, bot.flatten().unwrap_or_default())
            }
            Err(IngestError::Invalid(error)) => (RefusalReason::Invalid, error.field),
            Err(IngestError::Limited { reason, .. }) => (RefusalReason::from(*reason), ""),
            Err(IngestError::Overloaded) => (RefusalReason::Overloaded, ""),
            Err(IngestError::Unavailable) => (RefusalReason::Unavailable, ""),
        };
        let site = match reason {
            RefusalReason::UnknownSite => None,
            _ => passage.site,
        };
        self.meter.refuse(reason);
        let site = site.unwrap_or(refusal_service::NO_SITE);
        if !self.ledger.count(site, reason, detail, now) {
            self.meter.leave_out(1);
        }
    }

    /// Writes the ledger.
    pub(super) async fn flush(&self, db: &Db) {
        let _turn = self.background_turn(db).await;
        match self.ledger.flush(db).await {
            Ok(0) => {}
            Ok(_) => self.health.wrote(),
            Err(error) => self
                .health
                .log(&error, 0, "the ledger of refusals was not written"),
        }
    }

    /// Waits until nobody else writes; on PostgreSQL, which has many writers, nobody needs to.
    pub(super) async fn background_turn(&self, db: &Db) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match db {
            Db::Sqlite { .. } => Some(self.turn.lock().await),
            Db::Postgres { .. } => None,
        }
    }

    /// Waits for the writer's turn to write a batch whose oldest hit waits since `waiting_since`.
    pub(super) async fn turn(&self, waiting_since: Instant) -> Turn<'_> {
        let guard = self.turn.lock().await;
        let begun = Instant::now();
        self.meter.time(Station::Queue, begun - waiting_since);
        Turn {
            monitor: self,
            begun,
            _guard: guard,
        }
    }
}

/// The writer's turn.
pub(super) struct Turn<'a> {
    monitor: &'a Monitor,
    begun: Instant,
    _guard: tokio::sync::MutexGuard<'a, ()>,
}

impl Turn<'_> {
    /// Ends the turn and notes how it went.
    pub(super) fn end<T>(self, written: &Result<T, ServiceError>, events: usize, store: &Store) {
        let (meter, health) = (&self.monitor.meter, &self.monitor.health);
        match written {
            Ok(_) => {
                let took = self.begun.elapsed();
                let (open_visits, words) = store.sizes();
                meter.commit(events, took, open_visits, words);
                health.committed(events, took);
            }
            Err(error) => {
                meter.fail();
                health.failed(events, error);
            }
        }
    }
}

async fn flush_regularly(monitor: Weak<Monitor>, db: Db) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(monitor) = monitor.upgrade() else {
            return;
        };
        monitor.flush(&db).await;
    }
}

/// Asks the database something small. Apart from the flush, which may have to wait for its turn.
async fn ask_regularly(monitor: Weak<Monitor>, db: Db) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let answer = user_service::count(&db).await;
        let Some(monitor) = monitor.upgrade() else {
            return;
        };
        match answer {
            Ok(_) => monitor.health.answered(),
            Err(error) => monitor
                .health
                .log(&error, 0, "the database does not answer"),
        }
    }
}

impl From<super::DropReason> for RefusalReason {
    fn from(reason: super::DropReason) -> Self {
        Self::parse(reason.key()).expect("a test proves that the ledger knows every reason")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::DropReason;

    #[test]
    fn the_ledger_knows_every_reason_of_the_gate() {
        for reason in DropReason::ALL {
            assert_eq!(RefusalReason::from(reason).key(), reason.key());
        }
    }
}
