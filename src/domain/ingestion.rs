//! How ingestion fares: what an owner looks at when figures seem wrong, and what a monitor asks.

use serde::{Deserialize, Serialize};

use super::{RefusalReport, Timestamp};

/// What the one writer of events does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriterState {
    /// Events are stored.
    Writing,
    /// Another process stores the events of this database; this one takes over when that one ends.
    StandingBy,
    /// The last write failed; events are answered 503 until one succeeds.
    Failing,
    /// The program is about to end.
    Stopping,
}

impl WriterState {
    /// The name in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::StandingBy => "standing_by",
            Self::Failing => "failing",
            Self::Stopping => "stopping",
        }
    }
}

/// Why the database did not do what it was asked, as far as the one who runs it can mend it. Holds nothing of any statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseFailure {
    /// No space is left.
    DiskFull,
    /// Another program holds a lock on it.
    Locked,
    /// It may not be written to.
    ReadOnly,
    /// It cannot be opened or does not answer.
    Unreachable,
    /// Its file is damaged, or the disk failed.
    Damaged,
    /// Another process writes the events.
    WriterElsewhere,
    /// Anything else; the log has it.
    Other,
}

impl DatabaseFailure {
    /// The name in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::Locked => "locked",
            Self::ReadOnly => "read_only",
            Self::Unreachable => "unreachable",
            Self::Damaged => "damaged",
            Self::WriterElsewhere => "writer_elsewhere",
            Self::Other => "other",
        }
    }

    /// What is wrong, as a sentence without its full stop.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::DiskFull => "the disk of the database is full",
            Self::Locked => "another program holds a lock on the database",
            Self::ReadOnly => "the database may not be written to",
            Self::Unreachable => "the database cannot be opened or does not answer",
            Self::Damaged => "the database file is damaged or its disk fails",
            Self::WriterElsewhere => "another process writes the events of this database",
            Self::Other => "the database refused the last write; the log says why",
        }
    }
}

/// How the running program takes events: of all sites together, from memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IngestionStatus {
    /// What the writer does.
    pub writer: WriterState,
    /// Why, if it is failing.
    pub failure: Option<DatabaseFailure>,
    /// Events that wait for the writer.
    pub queued: u64,
    /// Events that may wait; one more is answered 503.
    pub queue_limit: u64,
    /// Time from a whole request to its commit over the last five minutes, in milliseconds: half of the events took at most
    /// so long. `None` without an event.
    pub latency_p50_ms: Option<f64>,
    /// The same of 99 of 100 events.
    pub latency_p99_ms: Option<f64>,
}

/// A site's ingestion, for its page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ingestion {
    /// How the program fares.
    pub status: IngestionStatus,
    /// When the site's last event was received; `None` if it never had one.
    pub last_event_at: Option<Timestamp>,
    /// Events stored in each of the last 60 minutes, the present one last. `engagement` messages included.
    pub minutes: Vec<u64>,
    /// Events stored since local midnight.
    pub accepted_today: u64,
    /// Events refused since local midnight.
    pub refused_today: u64,
    /// The ledger.
    pub refusals: RefusalReport,
}
