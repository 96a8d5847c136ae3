//! Writing to SQLite, row by row: single-row statements are prepared once and cached, multi-row ones are not.

use diesel::{RunQueryDsl, SqliteConnection};

use super::Batch;
use crate::db::{DbError, schema};

/// Writes a batch in one immediate transaction.
pub(super) fn write(conn: &mut SqliteConnection, batch: &Batch) -> Result<(), DbError> {
    conn.immediate_transaction(|conn| {
        for row in &batch.dictionary {
            diesel::insert_into(schema::dictionary::table)
                .values(row)
                .execute(conn)?;
        }
        for row in &batch.visits {
            diesel::replace_into(schema::visit::table)
                .values(row)
                .execute(conn)?;
        }
        for row in &batch.events {
            diesel::insert_into(schema::event::table)
                .values(row)
                .execute(conn)?;
        }
        Ok(())
    })
    .map_err(DbError::Query)
}
