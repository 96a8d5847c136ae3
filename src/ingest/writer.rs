//! The one writer: group commit. Takes all that waits, one transaction, synced, then answers everyone.
//!
//! Adds no delay of its own: under light load a batch is one event, under heavy load it grows by itself. Runs on a thread
//! of its own, since SQLite's writes block.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, oneshot},
};

use super::{
    IngestError, Outcome, coded::CodedHit, enrich::EnrichedHit, monitor::Monitor, store::Store,
    words::Words,
};
use crate::{
    db::{Db, DbError},
    domain::Timestamp,
    services::ServiceError,
};

/// Hits that may wait.
pub(super) const QUEUE_LIMIT: usize = 16_384;

/// Bytes of memory that waiting hits may take: those of a full queue of ordinary ones, at some 600 bytes each, and room for
/// some with the longest properties.
const QUEUE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Hits of one transaction: enough that the sync is a small part of the cost, few enough to answer within milliseconds.
const BATCH_LIMIT: usize = 2_048;

/// Rest after a failed batch: a database that is away fails at once, and the retries would use a whole core.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(20);

/// How long the end of the program waits for that of the writer.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How often a process that stands by tries to become the writer.
const TAKE_OVER_INTERVAL: Duration = Duration::from_secs(1);

struct Waiting {
    hit: CodedHit,
    since: Instant,
    answer: oneshot::Sender<Result<Outcome, IngestError>>,
}

/// The way to the writer. Dropping it stops the writer after it has written what waits.
pub(super) struct Writer {
    queue: mpsc::Sender<Waiting>,
    waiting_bytes: Arc<AtomicUsize>,
    words: Arc<Words>,
    stop: Arc<Notify>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread. Where another process writes to the database, hits are refused until that one ends.
    ///
    /// # Errors
    /// [`ServiceError::Database`] if the database cannot be opened or read.
    pub(super) async fn start(
        db: Db,
        now: Timestamp,
        monitor: Arc<Monitor>,
    ) -> Result<Self, ServiceError> {
        let words = Arc::new(Words::default());
        let store = match Store::open_with(db.clone(), now, Arc::clone(&words)).await {
            Ok(store) => {
                monitor.health.became_writer(now);
                Some(store)
            }
            Err(ServiceError::Database(DbError::WriterElsewhere)) => {
                tracing::warn!(
                    "another process takes the events of this database; this one serves the dashboard only"
                );
                None
            }
            Err(error) => return Err(error),
        };
        let (queue, mut waiting) = mpsc::channel(QUEUE_LIMIT);
        let waiting_bytes = Arc::default();
        let runtime = Handle::current();
        let watch = EndWatch(Arc::clone(&monitor));
        let run = {
            let words = Arc::clone(&words);
            let waiting_bytes = Arc::clone(&waiting_bytes);
            async move {
                let store = match store {
                    Some(store) => Some(store),
                    None => stand_by(db, now, words, &mut waiting, &waiting_bytes, &monitor).await,
                };
                if let Some(store) = store {
                    run(store, waiting, &waiting_bytes, &monitor).await;
                }
            }
        };
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                let _watch = watch;
                runtime.block_on(async {
                    tokio::select! {
                        () = run => {}
                        () = stopped.notified() => {}
                    }
                });
            })
            .expect("a thread can be started");
        Ok(Self {
            queue,
            waiting_bytes,
            words,
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Ends the thread, whatever it waits for, and waits for its end; hits that are still queued are not stored. To be called before
    /// the runtime ends, on which it leans.
    pub(super) async fn stop(&self) {
        self.stop.notify_one();
        let thread = self.thread.lock().expect("no holder panics").take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join());
            // A panic was logged where it happened. On SQLite a commit cannot be broken off: it may take longer than a program may stop.
            let _ = tokio::time::timeout(STOP_LIMIT, joined).await;
        }
    }

    /// Codes a hit, queues it and waits until it is committed.
    ///
    /// # Errors
    /// [`IngestError::Overloaded`] at once if the queue is full; [`IngestError::Unavailable`] if the commit failed.
    pub(super) async fn write(&self, hit: EnrichedHit) -> Result<Outcome, IngestError> {
        let hit = CodedHit::new(hit, &self.words);
        let size = hit.size();
        if self.waiting_bytes.fetch_add(size, Ordering::Relaxed) + size > QUEUE_LIMIT_BYTES {
            self.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            return Err(IngestError::Overloaded);
        }
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting {
                hit,
                since: Instant::now(),
                answer,
            })
            .map_err(|error| {
                self.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
                match error {
                    mpsc::error::TrySendError::Full(_) => IngestError::Overloaded,
                    mpsc::error::TrySendError::Closed(_) => IngestError::Unavailable,
                }
            })?;
        answered.await.unwrap_or(Err(IngestError::Unavailable))
    }

    /// How many hits wait.
    pub(super) fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

/// Tells if the writer's thread ends by a panic: nothing is stored from then on.
struct EndWatch(Arc<Monitor>);

impl Drop for EndWatch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.health.writer_is_gone();
        }
    }
}

/// Refuses hits until the other writer is gone and gives the store then; `None` if the program stops before.
async fn stand_by(
    db: Db,
    started: Timestamp,
    words: Arc<Words>,
    waiting: &mut mpsc::Receiver<Waiting>,
    waiting_bytes: &AtomicUsize,
    monitor: &Monitor,
) -> Option<Store> {
    let since = Instant::now();
    let mut attempts = tokio::time::interval(TAKE_OVER_INTERVAL);
    loop {
        tokio::select! {
            hit = waiting.recv() => {
                let Waiting { hit, answer, .. } = hit?;
                waiting_bytes.fetch_sub(hit.size(), Ordering::Relaxed);
                let _ = answer.send(Err(IngestError::Unavailable));
            }
            _ = attempts.tick() => {
                let waited_ms = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
                let now = started.plus_ms(waited_ms);
                let opened = Store::open_with(db.clone(), now, Arc::clone(&words));
                if let Ok(store) = opened.await {
                    monitor.health.became_writer(now);
                    tracing::info!("the other process is gone; this one takes the events now");
                    return Some(store);
                }
            }
        }
    }
}

async fn run(
    mut store: Store,
    mut waiting: mpsc::Receiver<Waiting>,
    waiting_bytes: &AtomicUsize,
    monitor: &Monitor,
) {
    let mut batch = Vec::with_capacity(BATCH_LIMIT);
    while waiting.recv_many(&mut batch, BATCH_LIMIT).await > 0 {
        let waiting_since = batch[0].since;
        take_what_comes(&mut waiting, &mut batch);
        let pairs = batch
            .drain(..)
            .map(|Waiting { hit, answer, .. }| (hit, answer));
        let (hits, answers): (Vec<_>, Vec<_>) = pairs.unzip();
        let size = hits.iter().map(CodedHit::size).sum();
        waiting_bytes.fetch_sub(size, Ordering::Relaxed);
        let turn = monitor.turn(waiting_since).await;
        let written = store.write_coded(&hits).await;
        turn.end(&written, hits.len(), &store);
        match written {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A client that went away meanwhile does not hear that its event is stored; it is.
                    let _ = answer.send(Ok(outcome));
                }
            }
            Err(_) => {
                for answer in answers {
                    let _ = answer.send(Err(IngestError::Unavailable));
                }
                tokio::time::sleep(REST_AFTER_FAILURE).await;
            }
        }
    }
}

/// Lets a batch grow on a busy machine, at no cost of time on an idle one: gives the processor to the threads that are ready to
/// run, and takes the hits that these bring, until none comes. A lone hit is not held up.
///
/// Without this the writer begins as soon as a processor is free, with a third of the hits that are in the program, and each of
/// the small batches costs a sync.
fn take_what_comes(waiting: &mut mpsc::Receiver<Waiting>, batch: &mut Vec<Waiting>) {
    while (2..BATCH_LIMIT).contains(&batch.len()) {
        std::thread::yield_now();
        let before = batch.len();
        while batch.len() < BATCH_LIMIT
            && let Ok(hit) = waiting.try_recv()
        {
            batch.push(hit);
        }
        if batch.len() == before {
            break;
        }
    }
}
