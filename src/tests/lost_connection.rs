//! The writer's connection to PostgreSQL is lost between two batches, or at a commit whose answer never arrives.

use diesel_async::{AsyncConnection, SimpleAsyncConnection};

use super::{
    builders::{a_hit, a_site, at},
    on_postgres, rows_with_site_id,
};
use crate::{
    db::{Db, PostgresConn},
    domain::{EventId, Site, VisitId},
    ingest::{Outcome, Store},
    services::event_service::{self, Batch, EventRow, EventWriter},
};

#[tokio::test(flavor = "multi_thread")]
async fn connection_lost_between_two_batches_costs_no_event() {
    on_postgres(async |db: Db| {
        let site = a_site(&db, "UTC").await;
        let mut store = Store::open(db.clone(), at("12:00")).await.unwrap();
        for time in ["12:00", "12:01"] {
            let hit = a_hit(&site, "/").at(time);
            let outcomes = store.write(std::iter::once(&hit.0)).await.unwrap();
            assert_eq!(outcomes, [Outcome::Stored]);
            end_connections(&db).await;
        }
        assert_eq!(count_events(&db, &site).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_whose_commit_was_not_heard_of_is_stored_once() {
    on_postgres(async |db: Db| {
        let site = a_site(&db, "UTC").await;
        let mut writer = EventWriter::open(&db).await.unwrap();
        let batch = a_batch(&site, 1);
        writer.write(&batch).await.unwrap();
        // What the writer knows is now what it would know had the answer to the commit been lost.
        end_connections(&db).await;
        assert_eq!(writer.write(&batch).await.unwrap(), []);
        assert_eq!(count_events(&db, &site).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn number_taken_by_another_event_is_no_proof_of_a_commit() {
    on_postgres(async |db: Db| {
        let site = a_site(&db, "UTC").await;
        let mut writer = EventWriter::open(&db).await.unwrap();
        writer.write(&a_batch(&site, 1)).await.unwrap();
        let same_number = a_batch(&site, 2);
        assert!(writer.write(&same_number).await.is_err());
        end_connections(&db).await;
        assert!(writer.write(&same_number).await.is_err());
        assert_eq!(count_events(&db, &site).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_are_read_anew_after_a_batch_whose_fate_is_unknown() {
    on_postgres(async |db: Db| {
        let site = a_site(&db, "UTC").await;
        let mut store = Store::open(db.clone(), at("12:00")).await.unwrap();
        let mut write = async |time| {
            let hit = a_hit(&site, "/").at(time);
            store.write(std::iter::once(&hit.0)).await
        };
        write("12:00").await.unwrap();
        // As if the next batch had been committed, and the server gone before it could say so.
        run(&db, "update visit set pageviews = 2, events = 2").await;
        allow_connections(&db, false).await;
        assert!(write("12:01").await.is_err());
        allow_connections(&db, true).await;
        assert_eq!(write("12:02").await.unwrap(), [Outcome::Stored]);
        let visits = event_service::find_open_visits(&db, at("11:00"), at("11:00"))
            .await
            .unwrap();
        let counts: Vec<_> = visits.iter().map(|v| (v.pageviews, v.events)).collect();
        assert_eq!(counts, [(3, 3)]);
    })
    .await;
}

fn a_batch(site: &Site, visitor_id: i64) -> Batch {
    let event = EventRow {
        site_id: site.id.0,
        id: EventId::new(at("12:00"), 1).0,
        visit_id: VisitId::new(at("12:00"), 1).0,
        visitor_id,
        name: 0,
        hostname: 0,
        page: 0,
        engaged_ms: 0,
        scroll_depth: None,
        is_interactive: true,
        props: None,
        revenue_amount: None,
        revenue_currency: None,
        title: 0,
    };
    Batch {
        events: vec![event],
        ..Batch::default()
    }
}

/// Ends all connections to the database, as a restart of the server does.
async fn end_connections(db: &Db) {
    run(
        db,
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity \
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .await;
}

/// Runs a statement on a connection of its own.
async fn run(db: &Db, statement: &str) {
    let Db::Postgres { url, .. } = db else {
        unreachable!("these tests run on PostgreSQL");
    };
    let mut conn = PostgresConn::establish(url).await.unwrap();
    conn.batch_execute(statement).await.unwrap();
}

/// Keeps all connections away from the database, ends those that there are, and lets them in again with `true`.
async fn allow_connections(db: &Db, is_allowed: bool) {
    let Db::Postgres { url, .. } = db else {
        unreachable!("these tests run on PostgreSQL");
    };
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (server, name) = place.rsplit_once('/').unwrap();
    let mut conn = PostgresConn::establish(&format!("{server}/postgres?{parameters}"))
        .await
        .unwrap();
    conn.batch_execute(&format!(
        "alter database {name} with allow_connections {is_allowed}; \
         select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'"
    ))
    .await
    .unwrap();
}

async fn count_events(db: &Db, site: &Site) -> i64 {
    let rows = rows_with_site_id(db, site.id).await;
    let events = rows.into_iter().find(|(table, _)| table == "event");
    events.map_or(0, |(_, count)| count)
}
