//! What the privacy page shows: what is kept, how long keys live, and the rows of a test visit.

use serde::{Deserialize, Serialize};

use super::{SiteId, Timestamp};

/// The life of one key of the visitor hash; never the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLife {
    /// When it was made.
    pub created_at: Timestamp,
    /// When it will be destroyed.
    pub dies_at: Timestamp,
}

/// The keys of a site's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReport {
    /// Today's key; `None` until the first event of the day.
    pub current: Option<KeyLife>,
    /// Yesterday's key, in the half hour that it outlives its day.
    pub previous: Option<KeyLife>,
    /// When any key of this server was last destroyed, as far as it is known.
    pub last_destroyed_at: Option<Timestamp>,
    /// Whether the keys survive a restart in a file.
    pub has_file: bool,
}

/// What one table keeps of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTable {
    /// The table.
    pub name: String,
    /// Its rows of the site, or [`KeptTable::COUNT_LIMIT`] if it has more.
    pub rows: u64,
    /// The time of the first of them, where rows have one.
    pub first_at: Option<Timestamp>,
}

impl KeptTable {
    /// Rows that are counted; a question must not read all of a large site.
    pub const COUNT_LIMIT: u64 = 1_000_000;
}

/// A visit that an owner sent to see what is stored of it. It is stored for a site of its own and counted nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestVisit {
    /// The site that stands in for the one that was visited: the `site_id` of all its rows.
    pub stand_in: SiteId,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it will be deleted.
    pub deleted_at: Timestamp,
    /// Its rows, table by table.
    pub rows: Vec<StoredRow>,
    /// Strings in the dictionary of the stand-in.
    pub words: Vec<String>,
}

/// One row as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRow {
    /// The table.
    pub table: String,
    /// Its columns in the order of the table.
    pub columns: Vec<StoredColumn>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredColumn {
    /// The column.
    pub name: String,
    /// The value as it is stored; `null` for none.
    pub value: String,
    /// What the value says, if it is a number that stands for something.
    pub text: Option<String>,
    /// What the column is for.
    pub meaning: String,
}

/// Everything on the privacy page of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivacyReport {
    /// The keys of the site's time zone.
    pub keys: KeyReport,
    /// What each table keeps of the site.
    pub kept: Vec<KeptTable>,
    /// The test visit that is stored now; only for those who may send one.
    pub test_visit: Option<TestVisit>,
}
