//! Service tests: each body takes a [`Db`] and runs on SQLite in a temporary file and on a PostgreSQL database of its own.
//!
//! PostgreSQL is the server that `TRACKFLOW_TEST_POSTGRES` names, such as `postgres://postgres@127.0.0.1:54329/postgres`.
//! Without it the tests fail: nothing is skipped silently. `TRACKFLOW_TEST_SQLITE_ONLY=1` leaves PostgreSQL out knowingly.

use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use crate::db::{Db, run_migrations};

/// Makes tests of bodies `async fn name(db: Db)`: `db_tests!(name, other);` in `src/tests/NOUN.rs` gives the tests
/// `tests::NOUN::sqlite::name` and `tests::NOUN::postgres::name`. A body that is not listed is an unused function.
macro_rules! db_tests {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                $crate::tests::on_sqlite(super::$name).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                $crate::tests::on_postgres(super::$name).await;
            })+
        }
    };
}

mod accuracy;
mod added_dimension;
mod annotation;
mod api_key;
mod batch;
mod builders;
mod closing;
mod comparison;
mod conversion_model;
mod day_block;
mod event_key;
mod funnel;
mod goal;
mod goal_question;
mod ingestion;
mod journey;
mod lost_connection;
mod midnight;
mod oracle;
mod privacy;
mod property;
mod refusal;
mod revenue;
mod rule;
mod schema;
mod seed;
mod segment;
mod session;
mod share_link;
mod sharing;
mod size;
mod statement_timeout;
mod stats;
mod test_visit;
mod user;
mod visit;
mod visit_model;
mod vitals;

pub(crate) use schema::rows_with_site_id;

/// Runs a body on an empty, migrated SQLite database in a temporary file.
async fn on_sqlite<F: Future<Output = ()> + Send + 'static>(body: impl FnOnce(Db) -> F) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let db = open(&url).await;
    body(db).await;
}

/// Runs a body on an empty, migrated PostgreSQL database, which is dropped afterwards, also when the body panics.
async fn on_postgres<F: Future<Output = ()> + Send + 'static>(body: impl FnOnce(Db) -> F) {
    let Some(server) = postgres_server() else {
        eprintln!("left out: TRACKFLOW_TEST_SQLITE_ONLY=1");
        return;
    };
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "tf_test_{}_{}",
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    );
    administrate(&server, &format!("create database {name}")).await;
    let (place, _) = server
        .rsplit_once('/')
        .expect("the URL names a database after a slash");
    let db = open(&format!("{place}/{name}")).await;
    let result = tokio::spawn(body(db)).await;
    administrate(&server, &format!("drop database {name} with (force)")).await;
    if let Err(error) = result {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn open(url: &str) -> Db {
    let url = url.parse().expect("the test's database URL is valid");
    run_migrations(&url).await.expect("the migrations run");
    Db::new(&url).expect("the pool is built")
}

async fn administrate(server: &str, statement: &str) {
    let mut conn = AsyncPgConnection::establish(server)
        .await
        .unwrap_or_else(|error| panic!("TRACKFLOW_TEST_POSTGRES does not answer: {error}"));
    conn.batch_execute(statement)
        .await
        .unwrap_or_else(|error| panic!("`{statement}` failed: {error}"));
}

fn postgres_server() -> Option<String> {
    match std::env::var("TRACKFLOW_TEST_POSTGRES") {
        Ok(server) if !server.is_empty() => Some(server),
        _ if std::env::var("TRACKFLOW_TEST_SQLITE_ONLY").is_ok_and(|only| only == "1") => None,
        _ => panic!(
            "set TRACKFLOW_TEST_POSTGRES to the URL of a PostgreSQL server, such as \
             postgres://postgres@127.0.0.1:54329/postgres, or TRACKFLOW_TEST_SQLITE_ONLY=1 to leave it out"
        ),
    }
}
