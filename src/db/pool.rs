//! Connections: the read pools of both databases and the settings that every connection gets.

use std::{
    future::Future,
    path::{Path, PathBuf},
};

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool::Pool,
    },
    sync_connection_wrapper::SyncConnectionWrapper,
};
use futures::FutureExt;

use super::{DatabaseUrl, Durability};

/// An asynchronous SQLite connection: each query is one hop to a blocking thread.
pub type SqliteConn = SyncConnectionWrapper<SqliteConnection>;
/// An asynchronous PostgreSQL connection.
pub type PostgresConn = AsyncPgConnection;

/// Connections of the pool. Two cores answer a dashboard soonest with about as many readers; a few more hide waits.
const POOL_SIZE: usize = 8;

/// The longest time of a statement on PostgreSQL. Our choice: nobody waits longer for a page, and a question that takes longer would
/// hold a connection that others wait for.
const STATEMENT_TIMEOUT_MS: u32 = 10_000;

/// A database, ready for queries. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// Embedded, the default.
    Sqlite {
        /// Where the file is: the writer opens a connection of its own.
        path: PathBuf,
        /// Connections for everything but hot writes.
        pool: Pool<SqliteConn>,
        /// Of hot writes.
        durability: Durability,
    },
    /// A PostgreSQL server.
    Postgres {
        /// With password: the writer opens a connection of its own.
        url: String,
        /// Connections for everything but hot writes.
        pool: Pool<PostgresConn>,
        /// Of hot writes.
        durability: Durability,
    },
}

/// A database that cannot be used. Messages never hold the URL, which may have a password.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Nothing answers, or the file cannot be opened.
    #[error("the database cannot be opened")]
    Connect(#[source] diesel::ConnectionError),
    /// No connection of the pool became free, or a new one failed.
    #[error("no database connection: {0}")]
    Pool(String),
    /// A statement failed.
    #[error("a database statement failed")]
    Query(#[from] diesel::result::Error),
    /// Another process writes events to this database.
    #[error("another TrackFlow process writes events to this database")]
    WriterElsewhere,
    /// The file that keeps a second writer out cannot be made.
    #[error("the lock file beside the database cannot be used")]
    Lock(#[source] std::io::Error),
    /// A closed day cannot be read. What was written is not what is there.
    #[error("day {day} of site {site} is damaged: {reason}")]
    Block {
        /// The site's number.
        site: i64,
        /// Days since 1970.
        day: i32,
        /// What is wrong with it.
        reason: crate::blocks::CorruptBlock,
    },
    /// A migration failed; the schema is as before it.
    #[error("a migration failed: {0}")]
    Migration(String),
}

/// Runs one Diesel body on a connection of either database: `with_conn!(db, |conn| query.load(conn).await)`.
///
/// The body is expanded once per database with `conn` a concrete `&mut` connection, since diesel-async has no usable
/// `MultiConnection` yet. It may hold Diesel and nothing else, and evaluates to a `QueryResult`; the whole is a
/// `Result<_, DbError>`.
macro_rules! with_conn {
    ($db:expr, |$conn:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { pool, .. } => match pool.get().await {
                Ok(mut pooled) => {
                    let $conn: &mut $crate::db::SqliteConn = &mut *pooled;
                    $body.map_err($crate::db::DbError::from)
                }
                Err(error) => Err($crate::db::DbError::Pool(error.to_string())),
            },
            $crate::db::Db::Postgres { pool, .. } => match pool.get().await {
                Ok(mut pooled) => {
                    let $conn: &mut $crate::db::PostgresConn = &mut *pooled;
                    $body.map_err($crate::db::DbError::from)
                }
                Err(error) => Err($crate::db::DbError::Pool(error.to_string())),
            },
        }
    };
}
pub(crate) use with_conn;

/// Loads many rows with a query that borrows nothing: `load_rows!(db, query)`, a `Result<Vec<_>, DbError>`.
///
/// On SQLite the rows are decoded where they are read: the asynchronous connection would first copy every value of every
/// row to the heap, which takes several times as long as the query.
macro_rules! load_rows {
    ($db:expr, $query:expr) => {
        match $db {
            $crate::db::Db::Sqlite { pool, .. } => match pool.get().await {
                Ok(mut pooled) => {
                    let query = $query;
                    pooled
                        .spawn_blocking(move |conn| diesel::RunQueryDsl::load(query, conn))
                        .await
                        .map_err($crate::db::DbError::from)
                }
                Err(error) => Err($crate::db::DbError::Pool(error.to_string())),
            },
            $crate::db::Db::Postgres { pool, .. } => match pool.get().await {
                Ok(mut pooled) => diesel_async::RunQueryDsl::load($query, &mut *pooled)
                    .await
                    .map_err($crate::db::DbError::from),
                Err(error) => Err($crate::db::DbError::Pool(error.to_string())),
            },
        }
    };
}
pub(crate) use load_rows;

impl Db {
    /// Builds the pools, with full durability. Opens nothing yet: the first query does.
    ///
    /// # Errors
    /// [`DbError::Pool`] if the pool cannot be built.
    pub fn new(url: &DatabaseUrl) -> Result<Self, DbError> {
        Self::with_durability(url, Durability::Full)
    }

    /// [`Db::new`] with another durability of events; everything else stays fully durable.
    ///
    /// # Errors
    /// [`DbError::Pool`] if the pool cannot be built.
    pub fn with_durability(url: &DatabaseUrl, durability: Durability) -> Result<Self, DbError> {
        match url.clone() {
            DatabaseUrl::Sqlite(path) => {
                let mut config = ManagerConfig::default();
                config.recycling_method = RecyclingMethod::Fast;
                config.custom_setup = Box::new(|path| {
                    let path = path.to_owned();
                    async move {
                        tokio::task::spawn_blocking(move || {
                            open_sqlite(Path::new(&path)).map_err(|error| match error {
                                DbError::Connect(error) => error,
                                other => diesel::ConnectionError::BadConnection(other.to_string()),
                            })
                        })
                        .await
                        .expect("opening a file does not panic")
                        .map(SyncConnectionWrapper::new)
                    }
                    .boxed()
                });
                let manager =
                    AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config);
                let pool = Pool::builder(manager).max_size(POOL_SIZE).build();
                pool.map(|pool| Self::Sqlite {
                    path,
                    pool,
                    durability,
                })
                .map_err(|error| DbError::Pool(error.to_string()))
            }
            DatabaseUrl::Postgres(url) => {
                let mut config = ManagerConfig::default();
                config.custom_setup = Box::new(|url| {
                    let url = url.to_owned();
                    async move { open_postgres(&url).await }.boxed()
                });
                let manager = AsyncDieselConnectionManager::new_with_config(url.clone(), config);
                let pool = Pool::builder(manager).max_size(POOL_SIZE).build();
                pool.map(|pool| Self::Postgres {
                    url,
                    pool,
                    durability,
                })
                .map_err(|error| DbError::Pool(error.to_string()))
            }
        }
    }
}

/// Opens a connection of the pool: no statement on it runs for longer than a person waits.
async fn open_postgres(url: &str) -> diesel::ConnectionResult<PostgresConn> {
    let mut conn = PostgresConn::establish(url).await?;
    let statement = format!("set statement_timeout = {STATEMENT_TIMEOUT_MS}");
    let set = conn.batch_execute(&statement).await;
    set.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// A connection on which one transaction may take as long as it needs.
pub(crate) trait Patience {
    /// Lifts the limit on statements until the transaction ends; to be called inside it.
    fn be_patient(&mut self) -> impl Future<Output = diesel::QueryResult<()>> + Send;
}

impl Patience for SqliteConn {
    /// There is no limit: SQLite can be interrupted through its C interface alone, which would be unsafe code.
    async fn be_patient(&mut self) -> diesel::QueryResult<()> {
        Ok(())
    }
}

impl Patience for PostgresConn {
    async fn be_patient(&mut self) -> diesel::QueryResult<()> {
        self.batch_execute("set local statement_timeout = 0").await
    }
}

/// Opens an SQLite file, creating it if absent, with the settings of every connection.
///
/// A new file is readable by its owner alone, having hashes of passwords in it; `-wal` and `-shm` take its mode over.
/// A long reader lets the WAL grow; `journal_size_limit` gives what is beyond 64 MiB back after it.
/// WAL lets readers go on beside the writer; `synchronous=FULL` syncs at every commit, which "202 means stored" needs.
pub(crate) fn open_sqlite(path: &Path) -> Result<SqliteConnection, DbError> {
    create_private(path);
    let mut conn =
        SqliteConnection::establish(&path.to_string_lossy()).map_err(DbError::Connect)?;
    conn.batch_execute(
        "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
         pragma temp_store = memory; pragma cache_size = -16000; pragma mmap_size = 268435456; \
         pragma secure_delete = on; pragma journal_size_limit = 67108864;",
    )
    .map_err(DbError::Query)?;
    Ok(conn)
}

/// Creates the file if it is absent. Never opens one that exists: closing it again would drop the locks that SQLite holds on
/// it in this process (POSIX). A failure is left to SQLite, which meets it too and says so.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn new_sqlite_files_are_private_and_existing_ones_keep_their_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mode = |name: &str| {
            let file = std::fs::metadata(folder.path().join(name)).unwrap();
            file.permissions().mode() & 0o777
        };
        let mut conn = open_sqlite(&path).unwrap();
        conn.batch_execute("create table t (a)").unwrap();
        for name in ["a.db", "a.db-wal", "a.db-shm"] {
            assert_eq!(mode(name), 0o600, "{name}");
        }
        drop(conn);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        open_sqlite(&path).unwrap();
        assert_eq!(mode("a.db"), 0o640);
    }
}
