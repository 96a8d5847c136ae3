//! The way of web vitals behind the gate: they belong to no visit, so they go past the writer of events.
//!
//! Comes in: [`NewVitals`] of accepted hits. Goes out: [`vitals_service::add`], all that wait in one transaction; answered when
//! it is committed.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{DropReason, IngestError, Outcome, monitor::Monitor};
use crate::{
    db::Db,
    services::vitals_service::{self, NewVitals},
};

/// Measurements that may wait.
const QUEUE_LIMIT: usize = 4_096;

/// Measurements of one transaction: few, since the writer of events waits for its turn meanwhile.
const BATCH_LIMIT: usize = 256;

struct Waiting {
    vitals: NewVitals,
    answer: oneshot::Sender<Result<Outcome, IngestError>>,
}

/// The way to the database. Dropping it ends its task after what waits is written.
pub(super) struct VitalsWriter {
    queue: mpsc::Sender<Waiting>,
}

impl VitalsWriter {
    pub(super) fn start(db: Db, monitor: Arc<Monitor>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_LIMIT);
        tokio::spawn(run(db, waiting, monitor));
        Self { queue }
    }

    /// Waits until the measurements are committed.
    ///
    /// # Errors
    /// [`IngestError::Overloaded`] at once if too many wait; [`IngestError::Unavailable`] if the commit failed.
    pub(super) async fn write(&self, vitals: NewVitals) -> Result<Outcome, IngestError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting { vitals, answer })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => IngestError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => IngestError::Unavailable,
            })?;
        answered.await.unwrap_or(Err(IngestError::Unavailable))
    }
}

async fn run(db: Db, mut waiting: mpsc::Receiver<Waiting>, monitor: Arc<Monitor>) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, BATCH_LIMIT).await > 0 {
        let turn = monitor.background_turn(&db).await;
        // What came while others wrote goes along.
        while batch.len() < BATCH_LIMIT
            && let Ok(more) = waiting.try_recv()
        {
            batch.push(more);
        }
        let pairs = batch
            .drain(..)
            .map(|waiting| (waiting.vitals, waiting.answer));
        let (vitals, answers): (Vec<_>, Vec<_>) = pairs.unzip();
        let added = vitals_service::add(&db, &vitals).await;
        drop(turn);
        if let Err(error) = &added {
            let health = &monitor.health;
            health.log(error, vitals.len(), "web vitals were not written");
        }
        for (vitals, answer) in vitals.iter().zip(answers) {
            let outcome = match &added {
                Ok(missing) if missing.contains(&vitals.site_id) => {
                    Ok(Outcome::Dropped(DropReason::UnknownSite))
                }
                Ok(_) => Ok(Outcome::Stored),
                Err(_) => Err(IngestError::Unavailable),
            };
            // Who went away meanwhile does not hear of it.
            let _ = answer.send(outcome);
        }
    }
}
