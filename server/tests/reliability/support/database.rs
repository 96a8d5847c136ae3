//! A database of the test's own on either backend: made, read back raw, and removed.

use std::{
    collections::HashMap,
    future::Future,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    sql_types::{BigInt, Bool, Double, Integer, Nullable, Text},
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use tempfile::TempDir;

use super::program::{Launch, binary};

/// Sites of a prepared database: `s0.test`, `s1.test` …
pub(crate) const SITES: u32 = 64;

/// A database and the folder of the program on it.
pub(crate) struct Database {
    /// `sqlite:…` or `postgres://…`.
    pub(crate) url: String,
    folder: TempDir,
    /// The server that the database is to be dropped from.
    server: Option<String>,
}

/// An event as stored.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub(crate) struct StoredEvent {
    #[diesel(sql_type = BigInt)]
    pub(crate) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) visit_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) visitor_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) name: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) page: i64,
    #[diesel(sql_type = Integer)]
    pub(crate) engaged_ms: i32,
    #[diesel(sql_type = Bool)]
    pub(crate) is_interactive: bool,
    #[diesel(sql_type = Nullable<Double>)]
    pub(crate) revenue_amount: Option<f64>,
}

/// A visit as stored.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub(crate) struct StoredVisit {
    #[diesel(sql_type = BigInt)]
    pub(crate) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) visitor_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) last_at: i64,
    #[diesel(sql_type = Integer)]
    pub(crate) pageviews: i32,
    #[diesel(sql_type = Integer)]
    pub(crate) events: i32,
    #[diesel(sql_type = BigInt)]
    pub(crate) engaged_ms: i64,
    #[diesel(sql_type = Bool)]
    pub(crate) is_bounce: bool,
    #[diesel(sql_type = BigInt)]
    pub(crate) entry_page: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) exit_page: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    value: String,
}

/// A text of a query with one column, `text`.
#[derive(QueryableByName)]
pub(crate) struct Line {
    #[diesel(sql_type = Text)]
    pub(crate) text: String,
}

/// Everything that ingestion stored.
pub(crate) struct Stored {
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) visits: Vec<StoredVisit>,
    words: HashMap<(i64, i64), String>,
}

impl Stored {
    /// The string behind a number; number 0 is the empty one.
    pub(crate) fn word(&self, site: i64, number: i64) -> &str {
        if number == 0 {
            return "";
        }
        let word = self.words.get(&(site, number));
        word.unwrap_or_else(|| panic!("number {number} of site {site} is not in the dictionary"))
    }
}

/// Runs a body on an SQLite database and on a PostgreSQL one, each prepared; removes them also when it panics.
pub(crate) async fn on_both<F>(body: impl Fn(Arc<Database>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    run(Database::on_sqlite(), &body).await;
    if let Some(server) = postgres_server() {
        run(Database::on_postgres(&server).await, &body).await;
    }
}

/// Runs a body on an SQLite database.
pub(crate) async fn on_sqlite<F>(body: impl Fn(Arc<Database>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    run(Database::on_sqlite(), &body).await;
}

/// Runs a body on a PostgreSQL database.
pub(crate) async fn on_postgres<F>(body: impl Fn(Arc<Database>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if let Some(server) = postgres_server() {
        run(Database::on_postgres(&server).await, &body).await;
    }
}

async fn run<F>(database: Database, body: &impl Fn(Arc<Database>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    database.prepare().await;
    let database = Arc::new(database);
    let result = tokio::spawn(body(Arc::clone(&database))).await;
    database.remove().await;
    if let Err(error) = result {
        eprintln!(
            "on {}",
            if database.is_sqlite() {
                "SQLite"
            } else {
                "PostgreSQL"
            }
        );
        std::panic::resume_unwind(error.into_panic());
    }
}

fn postgres_server() -> Option<String> {
    match std::env::var("TRACKFLOW_TEST_POSTGRES") {
        Ok(server) if !server.is_empty() => Some(server),
        _ if std::env::var("TRACKFLOW_TEST_SQLITE_ONLY").is_ok_and(|only| only == "1") => {
            eprintln!("left out: TRACKFLOW_TEST_SQLITE_ONLY=1");
            None
        }
        _ => panic!("set TRACKFLOW_TEST_POSTGRES, or TRACKFLOW_TEST_SQLITE_ONLY=1 to leave it out"),
    }
}

impl Database {
    fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data/trackflow.db");
        Self {
            url: format!("sqlite:{}", path.display()),
            folder,
            server: None,
        }
    }

    /// A copy that a test has made in a file.
    pub(crate) fn of_file(path: &Path) -> Self {
        Self {
            url: format!("sqlite:{}", path.display()),
            folder: tempfile::tempdir().expect("a temporary folder"),
            server: None,
        }
    }

    /// A new database of a server.
    pub(crate) async fn on_postgres(server: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "tf_reliability_{}_{}",
            std::process::id(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        );
        let (place, _) = server.rsplit_once('/').expect("a slash before the name");
        administrate(server, &format!("create database {name}")).await;
        Self {
            url: format!("{place}/{name}"),
            folder: tempfile::tempdir().expect("a temporary folder"),
            server: Some(server.to_owned()),
        }
    }

    async fn remove(&self) {
        if let (Some(server), Some((_, name))) = (&self.server, self.url.rsplit_once('/')) {
            administrate(server, &format!("drop database {name} with (force)")).await;
        }
    }

    /// The schema and the sites.
    pub(crate) async fn prepare(&self) {
        std::fs::create_dir_all(self.folder().join("data")).expect("a folder");
        let migrated = Command::new(binary())
            .arg("migrate")
            .env_clear()
            .env("DATABASE_URL", &self.url)
            .current_dir(self.folder())
            .output()
            .expect("the program runs");
        assert!(migrated.status.success(), "{migrated:?}");
        let sites: Vec<String> = (0..SITES)
            .map(|n| format!("('s{n}.test', 's{n}', 'UTC', 0)"))
            .collect();
        self.execute(&format!(
            "insert into site (domain, name, time_zone, created_at) values {}",
            sites.join(", ")
        ))
        .await;
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// The folder of key file, data and whatever the test adds.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program on this database, ready to be started.
    pub(crate) fn launch(&self) -> Launch {
        Launch::new(self.folder(), &self.url)
    }

    /// The program on this PostgreSQL database by another way: through a proxy, as another role, under another program.
    pub(crate) fn launch_by(&self, wrapper: &[&str], place: &str) -> Launch {
        let (_, name) = self.url.rsplit_once('/').expect("a slash before the name");
        let url = format!("postgres://{place}/{name}");
        Launch::under(wrapper, self.folder(), &url)
    }

    /// The same under another program.
    pub(crate) fn launch_under(&self, wrapper: &[&str]) -> Launch {
        Launch::under(wrapper, self.folder(), &self.url)
    }

    /// A connection to the SQLite file, as a second process has one.
    pub(crate) fn open_sqlite(&self) -> SqliteConnection {
        let path = self.url.strip_prefix("sqlite:").expect("on SQLite");
        let mut conn = SqliteConnection::establish(path).expect("the file opens");
        conn.batch_execute("pragma busy_timeout = 10000")
            .expect("a valid pragma");
        conn
    }

    /// A connection to the PostgreSQL database.
    pub(crate) async fn open_postgres(&self) -> AsyncPgConnection {
        connect(&self.url).await
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, statements: &str) {
        if self.is_sqlite() {
            let ran = self.open_sqlite().batch_execute(statements);
            ran.unwrap_or_else(|error| panic!("{statements}: {error}"));
        } else {
            let ran = self.open_postgres().await.batch_execute(statements).await;
            ran.unwrap_or_else(|error| panic!("{statements}: {error}"));
        }
    }

    async fn load<T>(&self, query: &str) -> Vec<T>
    where
        T: QueryableByName<diesel::sqlite::Sqlite>
            + QueryableByName<diesel::pg::Pg>
            + Send
            + 'static,
    {
        let query = diesel::sql_query(query);
        if self.is_sqlite() {
            query.load(&mut self.open_sqlite()).expect("a valid query")
        } else {
            let mut conn = self.open_postgres().await;
            let loaded = diesel_async::RunQueryDsl::load(query, &mut conn).await;
            loaded.expect("a valid query")
        }
    }

    /// The lines of a query with one column `text`.
    pub(crate) async fn lines(&self, query: &str) -> Vec<String> {
        let lines: Vec<Line> = self.load(query).await;
        lines.into_iter().map(|line| line.text).collect()
    }

    /// Reads everything back.
    pub(crate) async fn read(&self) -> Stored {
        let words: Vec<Word> = self.load("select site_id, id, value from dictionary").await;
        let words = words.into_iter();
        Stored {
            words: words
                .map(|word| ((word.site_id, word.id), word.value))
                .collect(),
            events: self
                .load(
                    "select site_id, id, visit_id, visitor_id, name, page, engaged_ms, is_interactive, revenue_amount \
                     from event order by site_id, id",
                )
                .await,
            visits: self
                .load(
                    "select site_id, id, visitor_id, last_at, pageviews, events, engaged_ms, is_bounce, entry_page, exit_page \
                     from visit order by site_id, id",
                )
                .await,
        }
    }

    /// Asks SQLite whether its file is whole. PostgreSQL keeps itself whole, or does not start.
    pub(crate) async fn assert_intact(&self) {
        if self.is_sqlite() {
            let query = "select integrity_check as text from pragma_integrity_check";
            assert_eq!(self.lines(query).await, ["ok"]);
        }
    }
}

async fn connect(url: &str) -> AsyncPgConnection {
    let connected = AsyncPgConnection::establish(url).await;
    connected.unwrap_or_else(|error| panic!("PostgreSQL does not answer: {error}"))
}

/// Runs statements on a PostgreSQL server.
pub(crate) async fn administrate(server: &str, statement: &str) {
    let ran = connect(server).await.batch_execute(statement).await;
    ran.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
