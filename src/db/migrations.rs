//! Brings a database to the program's schema. Embedded, run at every start, one migration a transaction.

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseUrl, DbError, pool};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Number of the advisory lock that keeps two starting processes apart: "trackflow" on a telephone's keys.
const LOCK: i64 = 872_253_569;

/// Runs what is missing and returns the names of the migrations that ran, oldest first.
///
/// # Errors
/// [`DbError`] if the database cannot be opened, or a migration fails; the failed one leaves nothing behind.
pub async fn run_migrations(url: &DatabaseUrl) -> Result<Vec<String>, DbError> {
    match url.clone() {
        DatabaseUrl::Sqlite(path) => tokio::task::spawn_blocking(move || {
            let mut conn = pool::open_sqlite(&path)?;
            run_all(&mut conn, SQLITE)
        })
        .await
        .expect("migrations do not panic"),
        DatabaseUrl::Postgres(url) => {
            let mut conn = AsyncPgConnection::establish(&url)
                .await
                .map_err(DbError::Connect)?;
            diesel::sql_query("select pg_advisory_lock($1)")
                .bind::<diesel::sql_types::BigInt, _>(LOCK)
                .execute(&mut conn)
                .await
                .map_err(DbError::Query)?;
            let mut harness = AsyncMigrationHarness::new(conn);
            let ran = run_all(&mut harness, POSTGRES);
            // The lock ends with the connection.
            drop(harness);
            ran
        }
    }
}

fn run_all<DB: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
) -> Result<Vec<String>, DbError> {
    let ran = harness
        .run_pending_migrations(source)
        .map_err(|error| DbError::Migration(error.to_string()))?;
    Ok(ran.iter().map(ToString::to_string).collect())
}
