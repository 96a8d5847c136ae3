//! What is known of ingestion while it runs, on both databases.

use super::builders::{a_hit, a_site, at, store};
use crate::{
    db::{Db, DbError, with_conn},
    domain::{IngestionStatus, Principal, RefusalPeriod, RefusalReason, Site, WriterState},
    ingest::{Client, ClientIp, DropReason, Ingest, IngestError, IngestSettings, Outcome},
    services::{
        ingestion_service::{self, Live},
        refusal_service::{self, NO_SITE},
        site_service,
    },
};

db_tests!(
    every_refusal_is_in_the_ledger_under_its_site_and_reason,
    counts_outlive_a_flush_that_fails,
    page_knows_the_events_before_and_after_a_restart,
    second_process_stands_by_and_its_page_reads_the_events,
    status_tells_the_writers_last_failure_until_a_write_succeeds,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

fn a_client(user_agent: &str, has_opted_out: bool) -> Client<'_> {
    Client {
        ip: ClientIp::new("203.0.113.7".parse().unwrap()),
        user_agent,
        country_header: None,
        language_header: None,
        has_opted_out,
    }
}

async fn start(db: &Db) -> Ingest {
    Ingest::start(db, &IngestSettings::default(), at("11:30"))
        .await
        .expect("ingestion starts")
}

async fn send(ingest: &Ingest, body: &str, client: &Client<'_>) -> Result<Outcome, IngestError> {
    ingest.accept(body.as_bytes(), client, at("12:00")).await
}

const VIEW: &str = r#"{"n":"pageview","u":"https://example.com/","d":"example.com"}"#;

async fn every_refusal_is_in_the_ledger_under_its_site_and_reason(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ingest = start(&db).await;
    let firefox = a_client(FIREFOX, false);
    assert_eq!(send(&ingest, VIEW, &firefox).await, Ok(Outcome::Stored));
    let curl = a_client("curl/8.5.0", false);
    for _ in 0..3 {
        let dropped = send(&ingest, VIEW, &curl).await;
        assert_eq!(dropped, Ok(Outcome::Dropped(DropReason::Bot)));
    }
    send(&ingest, VIEW, &a_client(FIREFOX, true)).await.unwrap();
    let elsewhere = VIEW.replace("\"d\":\"example.com\"", "\"d\":\"secret.test\"");
    send(&ingest, &elsewhere, &firefox).await.unwrap();
    for body in [
        r#"{"n":"pageview","d":"www.example.com"}"#,
        r#"{"n":"","u":"https://example.com/","domain":"example.com"}"#,
        r#"{"n":"pageview","d":"secret.test"}"#,
        "{",
    ] {
        assert!(send(&ingest, body, &firefox).await.is_err());
    }
    ingest.flush_ledger().await;

    let find = async |site| {
        let rows = refusal_service::find(&db, site, 0).await.unwrap();
        let rows = rows.into_iter();
        rows.map(|row| (row.reason, row.detail, row.count))
            .collect::<Vec<_>>()
    };
    let of = |reason: &str, detail: &str, count| (reason.to_owned(), detail.to_owned(), count);
    assert_eq!(
        find(site.id).await,
        [
            of("bot", "curl", 3),
            of("invalid", "event_name", 1),
            of("invalid", "url", 1),
            of("opted_out", "", 1)
        ]
    );
    assert_eq!(
        find(NO_SITE).await,
        [
            of("invalid", "request", 1),
            of("invalid", "url", 1),
            of("unknown_site", "", 1)
        ]
    );
    let meter = ingest.meter();
    assert_eq!(meter.accepted(), 1);
    assert_eq!(meter.refused(RefusalReason::Bot), 3);
    assert_eq!(meter.refused(RefusalReason::Invalid), 4);
    assert_eq!(meter.batch_events().count(), 1);
    assert_eq!(meter.open_visits(), 1);
    assert_eq!(meter.latency(at("12:00")).count(), 1);
}

async fn counts_outlive_a_flush_that_fails(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ingest = start(&db).await;
    let curl = a_client("curl/8.5.0", false);
    rename(&db, "refusal", "away").await;
    send(&ingest, VIEW, &curl).await.unwrap();
    ingest.flush_ledger().await;
    send(&ingest, VIEW, &curl).await.unwrap();
    rename(&db, "away", "refusal").await;
    ingest.flush_ledger().await;
    let count = refusal_service::count(&db, site.id, 0).await.unwrap();
    assert_eq!(count, 2);
}

async fn rename(db: &Db, from: &str, to: &str) {
    let statement = format!("alter table {from} rename to {to}");
    let renamed: Result<usize, DbError> = with_conn!(db, |conn| {
        use diesel_async::RunQueryDsl;
        diesel::sql_query(statement).execute(conn).await
    });
    renamed.expect("the table is renamed");
}

fn live(ingest: &Ingest, site: &Site) -> Live {
    Live {
        status: ingest.status(at("12:00")),
        minutes: ingest.meter().minutes(site.id, at("12:00")),
        writing_since: ingest.writing_since(),
    }
}

async fn page_knows_the_events_before_and_after_a_restart(db: Db) {
    let site = a_site(&db, "Europe/Berlin").await;
    store(
        &db,
        &[
            a_hit(&site, "/").at("2026-11-23T22:59:00Z"),
            a_hit(&site, "/").at("2026-11-23T23:00:00Z"),
            a_hit(&site, "/").at("11:01"),
            a_hit(&site, "/").at("11:01").by(2),
        ],
    )
    .await;
    let ingest = start(&db).await;
    send(&ingest, VIEW, &a_client(FIREFOX, false))
        .await
        .unwrap();
    send(&ingest, VIEW, &a_client("", false)).await.unwrap();
    ingest.flush_ledger().await;
    let page = ingestion_service::get_ingestion(
        &db,
        &Principal::System,
        "example.com",
        RefusalPeriod::Hours24,
        |_| live(&ingest, &site),
        at("12:00"),
    );
    let page = page.await.unwrap();
    assert_eq!(page.last_event_at, Some(at("12:00")));
    assert_eq!(page.minutes.len(), 60);
    assert_eq!((page.minutes[0], page.minutes[59]), (2, 1));
    assert_eq!(page.minutes.iter().sum::<u64>(), 3);
    assert_eq!((page.accepted_today, page.refused_today), (4, 1));
    assert_eq!(page.refusals.bots, [("empty user agent".into(), 1)]);
    assert_eq!(page.status.writer, WriterState::Writing);
}

async fn second_process_stands_by_and_its_page_reads_the_events(db: Db) {
    let site = a_site(&db, "UTC").await;
    let first = start(&db).await;
    let second = start(&db).await;
    send(&first, VIEW, &a_client(FIREFOX, false)).await.unwrap();
    let refused = send(&second, VIEW, &a_client(FIREFOX, false)).await;
    assert_eq!(refused, Err(IngestError::Unavailable));
    second.flush_ledger().await;
    let page = ingestion_service::get_ingestion(
        &db,
        &Principal::System,
        "example.com",
        RefusalPeriod::Hours24,
        |_| live(&second, &site),
        at("12:00"),
    );
    let page = page.await.unwrap();
    assert_eq!(page.status.writer, WriterState::StandingBy);
    assert_eq!(page.minutes[59], 1);
    assert_eq!(page.refusals.reasons, [(RefusalReason::Unavailable, 1)]);
}

async fn status_tells_the_writers_last_failure_until_a_write_succeeds(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ingest = start(&db).await;
    let firefox = a_client(FIREFOX, false);
    rename(&db, "event", "away").await;
    let failed = send(&ingest, VIEW, &firefox).await;
    assert_eq!(failed, Err(IngestError::Unavailable));
    let IngestionStatus {
        writer, failure, ..
    } = ingest.status(at("12:00"));
    assert_eq!(writer, WriterState::Failing);
    assert!(failure.is_some());
    assert_eq!(ingest.meter().failed_batches(), 1);
    rename(&db, "away", "event").await;
    // The refusal itself is waiting to be written: that proves the database takes writes again.
    ingest.flush_ledger().await;
    assert_eq!(ingest.status(at("12:00")).writer, WriterState::Writing);
    assert_eq!(send(&ingest, VIEW, &firefox).await, Ok(Outcome::Stored));
    site_service::delete(&db, &Principal::System, site.id)
        .await
        .unwrap();
}
