//! One process a database writes events: two would number strings and join visits each on its own.
//!
//! The lock ends with its holder, also by `kill -9`: on SQLite it is a lock of the operating system on a file beside the
//! database, on PostgreSQL an advisory lock of the writing connection. Where the holder's machine vanishes without a word,
//! the server is told to notice it within 11 s.

use std::{
    fs::{File, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use diesel::{QueryableByName, sql_types::Bool};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::{DbError, PostgresConn};

/// Number of the advisory lock: one off from the migrations'.
const LOCK: i64 = 872_253_570;

/// Has the server ask a silent connection every 2 s whether it is still there, and end it when three questions or 10 s of data
/// remain without an answer. By its default it asks after two hours, and the lock of a vanished machine would be held as long.
/// Only settings that this version of PostgreSQL has: the last one came with version 12.
const NOTICE_VANISHED: &str = "select set_config(wanted.name, wanted.value, false) \
     from (values ('tcp_keepalives_idle', '5'), ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '3'), \
     ('tcp_user_timeout', '10000')) as wanted (name, value) join pg_settings on pg_settings.name = wanted.name";

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// Takes the lock of an SQLite database; it is held as long as the file is open.
///
/// # Errors
/// [`DbError::WriterElsewhere`] if another process holds it; [`DbError::Lock`] if the file cannot be made.
pub(crate) fn lock_sqlite(path: &Path) -> Result<File, DbError> {
    let mut name = path.as_os_str().to_owned();
    name.push("-writer");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(name)
        .map_err(DbError::Lock)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DbError::WriterElsewhere),
        Err(TryLockError::Error(error)) => Err(DbError::Lock(error)),
    }
}

/// Takes the lock of a PostgreSQL database for as long as the connection lives. Waits two seconds for a holder that is
/// just going away: the server notices the end of a connection a little later than its client.
///
/// # Errors
/// [`DbError::WriterElsewhere`] if another process holds it.
pub(crate) async fn lock_postgres(conn: &mut PostgresConn) -> Result<(), DbError> {
    conn.batch_execute(NOTICE_VANISHED).await?;
    for _ in 0..40 {
        let taken: Locked =
            diesel::sql_query(format!("select pg_try_advisory_lock({LOCK}) as locked"))
                .get_result(conn)
                .await?;
        if taken.locked {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(DbError::WriterElsewhere)
}
