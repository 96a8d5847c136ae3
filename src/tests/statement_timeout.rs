//! No statement of a reader runs for longer than a person waits, on PostgreSQL.

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::db::{Db, DbError, Patience, with_conn};

db_tests!(
    statements_end_after_ten_seconds_unless_their_transaction_is_patient,
    a_statement_that_was_ended_leaves_a_usable_connection,
);

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

const SHOW: &str = "select current_setting('statement_timeout') as value";

async fn statements_end_after_ten_seconds_unless_their_transaction_is_patient(db: Db) {
    if matches!(db, Db::Sqlite { .. }) {
        // There being patient changes nothing, and is no error.
        let done: Result<(), DbError> = with_conn!(&db, |conn| conn.be_patient().await);
        done.unwrap();
        return;
    }
    let limits: Result<Vec<String>, DbError> = with_conn!(&db, |conn| {
        async {
            let mut limits = Vec::new();
            let before: Setting = diesel::sql_query(SHOW).get_result(conn).await?;
            limits.push(before.value);
            let inside: Setting = conn
                .transaction(async |conn| {
                    conn.be_patient().await?;
                    diesel::sql_query(SHOW).get_result(conn).await
                })
                .await?;
            limits.push(inside.value);
            let after: Setting = diesel::sql_query(SHOW).get_result(conn).await?;
            limits.push(after.value);
            Ok::<_, diesel::result::Error>(limits)
        }
        .await
    });
    assert_eq!(limits.unwrap(), ["10s", "0", "10s"]);
}

async fn a_statement_that_was_ended_leaves_a_usable_connection(db: Db) {
    if matches!(db, Db::Sqlite { .. }) {
        return;
    }
    let slow: Result<(), DbError> = with_conn!(&db, |conn| {
        conn.batch_execute("set local statement_timeout = 50; select pg_sleep(60)")
            .await
    });
    assert!(matches!(slow, Err(DbError::Query(_))), "{slow:?}");
    let next: Result<Setting, DbError> =
        with_conn!(&db, |conn| diesel::sql_query(SHOW).get_result(conn).await);
    assert_eq!(next.unwrap().value, "10s");
}
