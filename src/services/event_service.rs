//! Events and visits: the rows that ingestion writes, and the one connection that writes them.
//!
//! A batch is written only for sites that exist in its own transaction: nothing is left of a site that was deleted meanwhile.
//!
//! Writes have an arm a database, since batch inserts do not compile on the asynchronous SQLite connection
//! (`diesel_async` issue 277): SQLite takes prepared statements through Diesel's own connection, PostgreSQL an array a column.

use std::borrow::Cow;

use diesel::{SqliteConnection, connection::SimpleConnection, prelude::*};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use rustc_hash::FxHashSet;

use super::ServiceError;
use crate::{
    db::{
        Db, DbError, Durability, PostgresConn, lock_postgres, lock_sqlite, open_sqlite, schema,
        with_conn,
    },
    domain::{EventKey, SiteId, Timestamp, VisitId},
};

mod postgres;
mod sqlite;

/// A visit as stored. Text columns are numbers of the site's dictionary, 0 for none.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::visit, treat_none_as_default_value = false, primary_key(site_id, id))]
pub struct VisitRow {
    /// The site.
    pub site_id: i64,
    /// [`VisitId`]: leads with the start.
    pub id: i64,
    /// The visitor's id of the latest event; statistics read the events' own.
    pub visitor_id: i64,
    /// Last activity, milliseconds since the epoch.
    pub last_at: i64,
    /// Events named `pageview`.
    pub pageviews: i32,
    /// All events but `engagement`.
    pub events: i32,
    /// Engaged time in milliseconds.
    pub engaged_ms: i64,
    /// Whether it counts as a bounce so far.
    pub is_bounce: bool,
    /// First page.
    pub entry_page: i64,
    /// Last page.
    pub exit_page: i64,
    /// Source by name.
    pub source: i64,
    /// Channel by name.
    pub channel: i64,
    /// Referrer without scheme and query.
    pub referrer: i64,
    /// `utm_source`.
    pub utm_source: i64,
    /// `utm_medium`.
    pub utm_medium: i64,
    /// `utm_campaign`.
    pub utm_campaign: i64,
    /// `utm_content`.
    pub utm_content: i64,
    /// `utm_term`.
    pub utm_term: i64,
    /// ISO 3166-1 alpha-2.
    pub country: i64,
    /// Browser family.
    pub browser: i64,
    /// Its major version.
    pub browser_version: i64,
    /// Operating system family.
    pub system: i64,
    /// Its version.
    pub system_version: i64,
    /// Class of device.
    pub device: i64,
    /// Class of the window's width.
    pub screen: i64,
    /// Preferred language.
    pub language: i64,
    /// Region by name.
    pub region: i64,
    /// City by name.
    pub city: i64,
}

/// What of a visit changes while it is open, and what tells which one it is. What it was acquired by and seen with is fixed at
/// its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = schema::visit)]
pub struct VisitState {
    /// The site.
    pub site_id: i64,
    /// [`VisitId`].
    pub id: i64,
    /// As in [`VisitRow`], like all that follows.
    pub visitor_id: i64,
    /// Last activity.
    pub last_at: i64,
    /// Events named `pageview`.
    pub pageviews: i32,
    /// All events but `engagement`.
    pub events: i32,
    /// Engaged time.
    pub engaged_ms: i64,
    /// Whether it counts as a bounce so far.
    pub is_bounce: bool,
    /// First page.
    pub entry_page: i64,
    /// Last page.
    pub exit_page: i64,
}

impl VisitRow {
    /// The visit in a later state.
    #[must_use]
    pub fn in_state(self, state: &VisitState) -> Self {
        Self {
            visitor_id: state.visitor_id,
            last_at: state.last_at,
            pageviews: state.pageviews,
            events: state.events,
            engaged_ms: state.engaged_ms,
            is_bounce: state.is_bounce,
            entry_page: state.entry_page,
            exit_page: state.exit_page,
            ..self
        }
    }
}

/// An event as stored, append-only. Text columns are numbers of the site's dictionary.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::event, treat_none_as_default_value = false)]
pub struct EventRow {
    /// The site.
    pub site_id: i64,
    /// [`crate::domain::EventId`]: leads with the time of receipt.
    pub id: i64,
    /// The visit it belongs to.
    pub visit_id: i64,
    /// The visitor's id on the local day of the event.
    pub visitor_id: i64,
    /// Name: `pageview`, `engagement` or the owner's.
    pub name: i64,
    /// Host.
    pub hostname: i64,
    /// Path.
    pub page: i64,
    /// Engaged time that an `engagement` reports, in milliseconds; else 0.
    pub engaged_ms: i32,
    /// Deepest scroll in percent that an `engagement` reports.
    pub scroll_depth: Option<i32>,
    /// Whether a custom event counts as interaction.
    pub is_interactive: bool,
    /// Properties as a JSON object.
    pub props: Option<String>,
    /// Revenue.
    pub revenue_amount: Option<f64>,
    /// ISO 4217 code of the revenue.
    pub revenue_currency: Option<String>,
    /// Title of the page, of a `pageview` only.
    pub title: i64,
}

/// A string of a site's dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::dictionary)]
pub struct DictionaryRow {
    /// The site.
    pub site_id: i64,
    /// Number, ascending from 1.
    pub id: i64,
    /// The string, never empty.
    pub value: String,
}

/// What a sender called an event, and when that was stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::event_key)]
pub struct EventKeyRow {
    /// The site.
    pub site_id: i64,
    /// [`EventKey`].
    pub key: i64,
    /// When it was received, milliseconds since the epoch.
    pub at: i64,
}

/// What one transaction writes.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// New strings.
    pub dictionary: Vec<DictionaryRow>,
    /// New visits.
    pub new_visits: Vec<VisitRow>,
    /// The latest state of visits that went on, each once.
    pub visits: Vec<VisitState>,
    /// New events.
    pub events: Vec<EventRow>,
    /// Keys of those events that have one.
    pub keys: Vec<EventKeyRow>,
}

impl Batch {
    /// The sites of its events, each once, ascending.
    fn sites(&self) -> Vec<i64> {
        let mut sites: Vec<i64> = self.events.iter().map(|event| event.site_id).collect();
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    /// What is left of it without some sites.
    fn without(&self, sites: &[SiteId]) -> Cow<'_, Self> {
        if sites.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut rest = self.clone();
        rest.dictionary
            .retain(|row| !sites.contains(&SiteId(row.site_id)));
        rest.new_visits
            .retain(|row| !sites.contains(&SiteId(row.site_id)));
        rest.visits
            .retain(|row| !sites.contains(&SiteId(row.site_id)));
        rest.events
            .retain(|row| !sites.contains(&SiteId(row.site_id)));
        rest.keys
            .retain(|row| !sites.contains(&SiteId(row.site_id)));
        Cow::Owned(rest)
    }
}

/// Settings of SQLite's writing connection beside those of all.
///
/// Pages that are mapped count as memory of the program; the writer needs the last few only, which a small cache holds. Pages of
/// open visits change again and again: a log of 16 MiB instead of 4 takes more of their changes before they go into the file, once;
/// [`EventWriter::checkpoint`] sees to it that little traffic does not wait for so many.
const SQLITE_WRITER: &str =
    "pragma mmap_size = 0; pragma cache_size = -4000; pragma wal_autocheckpoint = 4000";

/// The connection that writes events, with the lock that keeps other writers out. There is one a database.
pub enum EventWriter {
    /// Blocks the calling thread: the writer has one of its own.
    Sqlite {
        /// The connection.
        conn: SqliteConnection,
        /// Held open for its lock.
        _lock: std::fs::File,
    },
    /// Asynchronous, as everywhere.
    Postgres {
        /// For reconnecting after the server went away.
        url: String,
        /// `None` after the fate of a batch was lost with it. Boxed, being ten times the size of SQLite's.
        conn: Option<Box<PostgresConn>>,
        /// For reconnecting too.
        durability: Durability,
    },
}

impl EventWriter {
    /// Opens the writing connection.
    ///
    /// # Errors
    /// [`DbError`] if the database cannot be opened; [`DbError::WriterElsewhere`] if another process writes to it.
    pub async fn open(db: &Db) -> Result<Self, DbError> {
        match db {
            Db::Sqlite {
                path, durability, ..
            } => {
                let lock = lock_sqlite(path)?;
                let mut conn = open_sqlite(path)?;
                conn.batch_execute(SQLITE_WRITER)?;
                conn.batch_execute(durability.sqlite_pragma())?;
                Ok(Self::Sqlite { conn, _lock: lock })
            }
            Db::Postgres {
                url, durability, ..
            } => Ok(Self::Postgres {
                url: url.clone(),
                conn: Some(connect(url, *durability).await?),
                durability: *durability,
            }),
        }
    }

    /// Opens the connection again if it was lost together with the fate of a batch, and tells whether it was: what the caller
    /// remembers of the database is then to be read anew. The new connection has the writer's lock, so that the session of the
    /// lost one is over, and with it whatever it was about to commit.
    ///
    /// # Errors
    /// [`DbError`] if the database is still away.
    pub async fn reopen(&mut self) -> Result<bool, DbError> {
        match self {
            Self::Postgres {
                url,
                conn: conn @ None,
                durability,
            } => {
                *conn = Some(connect(url, *durability).await?);
                Ok(true)
            }
            Self::Postgres { .. } | Self::Sqlite { .. } => Ok(false),
        }
    }

    /// Writes a batch in one transaction: when this returns `Ok`, all of it is committed and synced.
    /// Gives the sites that were deleted meanwhile: their rows are left out.
    ///
    /// # Errors
    /// [`DbError`]: none of it is written, with [`diesel::result::Error::NotFound`] because a visit that goes on is not stored any
    /// more; or, where [`EventWriter::reopen`] then finds the connection lost, all or none.
    /// A connection to PostgreSQL that was lost since the last call is no error: the batch is written on a new one.
    pub async fn write(&mut self, batch: &Batch) -> Result<Vec<SiteId>, DbError> {
        match self {
            Self::Sqlite { conn, .. } => sqlite::write(conn, batch),
            Self::Postgres {
                url,
                conn,
                durability,
            } => {
                let mut is_retry = false;
                if let Some(mut open) = conn.take() {
                    match postgres::write(&mut open, batch).await {
                        Err(_) if postgres::is_lost(&mut open).await => is_retry = true,
                        written => {
                            *conn = Some(open);
                            return written.map_err(DbError::Query);
                        }
                    }
                }
                let mut fresh = connect(url, *durability).await?;
                let written = if is_retry {
                    postgres::write_again(&mut fresh, batch).await
                } else {
                    postgres::write(&mut fresh, batch).await
                };
                if written.is_ok() {
                    *conn = Some(fresh);
                }
                written.map_err(DbError::Query)
            }
        }
    }

    /// Moves what is in SQLite's log into the file, as far as no reader needs it there. To be called now and then; SQLite does it
    /// by itself only when the log is large.
    ///
    /// # Errors
    /// [`DbError::Query`]; nothing is lost, and the next call tries again.
    pub fn checkpoint(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite { conn, .. } => Ok(conn.batch_execute("pragma wal_checkpoint(passive)")?),
            Self::Postgres { .. } => Ok(()),
        }
    }
}

async fn connect(url: &str, durability: Durability) -> Result<Box<PostgresConn>, DbError> {
    let mut conn = PostgresConn::establish(url)
        .await
        .map_err(DbError::Connect)?;
    conn.batch_execute(durability.postgres_setting()).await?;
    conn.batch_execute(postgres::PLANNING).await?;
    lock_postgres(&mut conn).await?;
    Ok(Box::new(conn))
}

/// Finds which of these keys are stored.
///
/// # Errors
/// [`DbError`].
pub async fn find_keys(
    db: &Db,
    writer: &mut EventWriter,
    keys: &[(SiteId, EventKey)],
) -> Result<FxHashSet<(SiteId, EventKey)>, DbError> {
    // The writer's own connection saves SQLite the way through the pool; PostgreSQL's may be lost.
    match (writer, db) {
        (EventWriter::Sqlite { conn, .. }, _) => {
            sqlite::find_keys(conn, keys).map_err(DbError::Query)
        }
        (_, Db::Postgres { pool, .. }) => {
            let mut conn = pool
                .get()
                .await
                .map_err(|error| DbError::Pool(error.to_string()))?;
            postgres::find_keys(&mut conn, keys)
                .await
                .map_err(DbError::Query)
        }
        (EventWriter::Postgres { .. }, Db::Sqlite { .. }) => {
            unreachable!("a writer is opened for its database")
        }
    }
}

/// Deletes the keys of events that were received before an instant.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn delete_keys(db: &Db, before: Timestamp) -> Result<(), ServiceError> {
    use schema::event_key;
    let query = diesel::delete(event_key::table.filter(event_key::at.lt(before.0)));
    with_conn!(db, |conn| query.execute(conn).await)?;
    Ok(())
}

/// Finds the numbers of strings of a site's dictionary, in no order; strings without one are left out.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_words(
    db: &Db,
    site: SiteId,
    values: &[&str],
) -> Result<Vec<DictionaryRow>, ServiceError> {
    use schema::dictionary;
    let query = dictionary::table
        .filter(dictionary::site_id.eq(site.0))
        .filter(dictionary::value.eq_any(values))
        .select(dictionary::all_columns);
    Ok(with_conn!(db, |conn| query.load(conn).await)?)
}

/// Gets the largest number of a site's dictionary, 0 if it is empty.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn last_word(db: &Db, site: SiteId) -> Result<i64, ServiceError> {
    use schema::dictionary;
    let query = dictionary::table
        .filter(dictionary::site_id.eq(site.0))
        .select(diesel::dsl::max(dictionary::id));
    let last: Option<i64> = with_conn!(db, |conn| query.get_result(conn).await)?;
    Ok(last.unwrap_or(0))
}

/// Finds the visits of all sites that were active at or after `since` and started at or after `started`, in their latest state.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_open_visits(
    db: &Db,
    started: Timestamp,
    since: Timestamp,
) -> Result<Vec<VisitState>, ServiceError> {
    use schema::{site, visit};
    // Site by site: each is one range of the primary key, all at once would read the whole table.
    let sites: Vec<i64> = with_conn!(db, |conn| site::table.select(site::id).load(conn).await)?;
    let mut found = Vec::new();
    for site in sites {
        let query = visit::table
            .filter(visit::site_id.eq(site))
            .filter(visit::id.ge(VisitId::first_at(started).0))
            .filter(visit::last_at.ge(since.0));
        let rows: Vec<VisitState> = with_conn!(db, |conn| query
            .select(VisitState::as_select())
            .load(conn)
            .await)?;
        found.extend(rows);
    }
    Ok(found)
}
