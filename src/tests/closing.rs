//! What the closing of days meets when clocks jump, zones change, sites vanish and steps are interrupted: each event counts once.

use diesel::QueryDsl;
use diesel_async::RunQueryDsl;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::builders::{a_hit, a_site, at, close_days, store, store_as_batch};
use crate::{
    db::{Db, schema, with_conn},
    domain::{
        Date, DateRange, Group, Interval, Metric, Period, Principal, Site, StatsQuery, Timestamp,
    },
    ingest::Store,
    services::{site_service, stats_service},
};

db_tests!(
    each_run_of_late_events_is_counted,
    a_clock_that_was_ahead_costs_no_event_of_an_open_visit,
    events_before_and_between_closed_days_are_closed_too,
    an_event_without_a_visit_stops_no_closing,
    months_hold_their_own_days_after_a_change_of_zone,
    a_question_sees_each_event_while_days_are_closed,
    a_day_of_a_site_that_was_deleted_leaves_nothing,
    whatever_happens_each_event_counts_once,
);

const NOW: &str = "2026-12-05T00:00:00Z";
const HOUR_MS: i64 = 3_600_000;

async fn events_between(db: &Db, from: &str, to: &str) -> f64 {
    let range = DateRange::Period(Period::Custom {
        from: Date::parse(from).unwrap(),
        to: Date::parse(to).unwrap(),
    });
    let query = StatsQuery::totals(range, vec![Metric::Events]);
    let answer = stats_service::answer(db, &Principal::System, "example.com", &query, at(NOW));
    answer.await.unwrap().rows[0].metrics[0].unwrap()
}

async fn events(db: &Db) -> f64 {
    events_between(db, "2026-11-01", "2026-12-04").await
}

/// Rows of events and visits.
async fn rows(db: &Db) -> (i64, i64) {
    let (events, visits) = (schema::event::table.count(), schema::visit::table.count());
    (
        with_conn!(db, |conn| events.get_result(conn).await).unwrap(),
        with_conn!(db, |conn| visits.get_result(conn).await).unwrap(),
    )
}

async fn each_run_of_late_events_is_counted(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = |time: &str| a_hit(&site, "/").at(time);
    store(&db, &[hit("09:00").by(1), hit("10:00").by(2)]).await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    for (late, expected) in [("09:30", 3.0), ("09:45", 4.0), ("08:00", 5.0)] {
        store(&db, &[hit(late).by(3)]).await;
        assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
        assert_eq!(events(&db).await, expected, "{late}");
    }
    assert_eq!(rows(&db).await, (0, 0));
}

async fn a_clock_that_was_ahead_costs_no_event_of_an_open_visit(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut open = Store::open(db.clone(), at("10:00")).await.unwrap();
    let mut write = async |time: &str| {
        let hit = a_hit(&site, "/").at(time).0;
        open.write(std::iter::once(&hit)).await.unwrap();
    };
    write("10:00").await;
    assert_eq!(close_days(&db, &site, at("2026-11-25T07:00:00Z")).await, 1);
    // The clock was set right. The writer has the visit in memory, the database no more.
    write("10:10").await;
    write("10:11").await;
    assert_eq!(close_days(&db, &site, at("10:12")).await, 0);
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    assert_eq!((events(&db).await, rows(&db).await), (3.0, (0, 0)));
}

async fn events_before_and_between_closed_days_are_closed_too(db: Db) {
    let site = a_site(&db, "America/New_York").await;
    let hit = |time: &str| a_hit(&site, "/").at(time);
    store(
        &db,
        &[
            hit("2026-11-20T17:00:00Z"),
            hit("2026-11-23T17:00:00Z").by(2),
        ],
    )
    .await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 2);
    // A machine without a clock began in the past.
    for stray in ["1970-01-01T00:05:00Z", "2026-11-22T02:00:00Z"] {
        store(&db, &[hit(stray).by(3)]).await;
        assert_eq!(close_days(&db, &site, at(NOW)).await, 1, "{stray}");
    }
    assert_eq!(events(&db).await, 3.0);
    assert_eq!(events_between(&db, "2026-11-21", "2026-11-21").await, 1.0);
    store(&db, &[hit("2026-11-24T17:00:00Z").by(4)]).await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    assert_eq!((events(&db).await, rows(&db).await), (4.0, (0, 0)));
}

async fn an_event_without_a_visit_stops_no_closing(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = |time: &str| a_hit(&site, "/").at(time);
    store(&db, &[hit("2026-11-20T10:00:00Z")]).await;
    let lost = diesel::delete(schema::visit::table);
    with_conn!(&db, |conn| lost.execute(conn).await).unwrap();
    store(&db, &[hit("09:00"), hit("2026-11-25T09:00:00Z").by(2)]).await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 3);
    assert_eq!((events(&db).await, rows(&db).await), (2.0, (0, 0)));
}

async fn months_hold_their_own_days_after_a_change_of_zone(db: Db) {
    let site = a_site(&db, "UTC").await;
    // One an hour from 28 November to 3 December.
    let hits: Vec<_> = (0..144)
        .map(|n| {
            let mut hit = a_hit(&site, "/").by(n);
            hit.0.at = Timestamp(at("2026-11-28T00:30:00Z").0 + n * HOUR_MS);
            hit
        })
        .collect();
    store_as_batch(&db, &hits).await;
    assert_eq!(close_days(&db, &site, at("2026-12-01T03:00:00Z")).await, 3);
    let zone = "America/New_York";
    let site = site_service::update(&db, &Principal::System, site.id, "Example", zone);
    let site = site.await.unwrap();
    let november = events_between(&db, "2026-11-01", "2026-11-30").await;
    assert_eq!(november, 77.0, "three days of UTC and five hours");
    assert!(close_days(&db, &site, at("2027-01-02T12:00:00Z")).await >= 3);
    for (from, to, expected) in [
        ("2026-11-01", "2026-11-30", november),
        ("2026-12-01", "2026-12-01", 24.0),
        ("2026-12-01", "2026-12-31", 144.0 - november),
    ] {
        let range = DateRange::Period(Period::Custom {
            from: Date::parse(from).unwrap(),
            to: Date::parse(to).unwrap(),
        });
        let totals = StatsQuery::totals(range, vec![Metric::Events]);
        let by_day = StatsQuery {
            groups: vec![Group::Time(Interval::Day)],
            ..totals.clone()
        };
        for query in [totals, by_day] {
            let now = at("2027-01-03T00:00:00Z");
            let answer =
                stats_service::answer(&db, &Principal::System, "example.com", &query, now).await;
            let counted = answer.unwrap().rows.into_iter().map(|row| row.metrics[0]);
            assert_eq!(counted.flatten().sum::<f64>(), expected, "{from} to {to}");
        }
    }
}

async fn a_question_sees_each_event_while_days_are_closed(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits: Vec<_> = (0..2_000)
        .map(|n| {
            let mut hit = a_hit(&site, "/").by(n / 4);
            hit.0.at = Timestamp(at("2026-11-04T00:30:00Z").0 + n * HOUR_MS / 4);
            hit
        })
        .collect();
    store_as_batch(&db, &hits).await;
    let before = events(&db).await;
    let (closing, asked) = (db.clone(), site.clone());
    let closing = tokio::spawn(async move { close_days(&closing, &asked, at(NOW)).await });
    let mut questions = 0;
    while !closing.is_finished() || questions == 0 {
        assert_eq!(events(&db).await, before);
        questions += 1;
    }
    assert!(closing.await.unwrap() > 20);
    assert_eq!(events(&db).await, before);
}

async fn a_day_of_a_site_that_was_deleted_leaves_nothing(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(&db, &[a_hit(&site, "/")]).await;
    let prepared = stats_service::prepare_day(&db, &site, at(NOW)).await;
    let prepared = prepared.unwrap().unwrap();
    site_service::delete(&db, &Principal::System, site.id)
        .await
        .unwrap();
    assert!(stats_service::store_day(&db, &prepared).await.is_err());
    let blocks = schema::day_block::table.count();
    let blocks: i64 = with_conn!(&db, |conn| blocks.get_result(conn).await).unwrap();
    let parts = schema::day_part::table.count();
    let parts: i64 = with_conn!(&db, |conn| parts.get_result(conn).await).unwrap();
    assert_eq!((blocks, parts), (0, 0));
}

/// One step of closing, cut short anywhere.
async fn close_partly(db: &Db, site: &Site, now: Timestamp, rng: &mut StdRng) {
    for _ in 0..rng.random_range(1..4) {
        let prepared = stats_service::prepare_day(db, site, now).await.unwrap();
        let Some(mut closed) = prepared else { return };
        if rng.random_bool(0.1) {
            return;
        }
        stats_service::store_day(db, &closed).await.unwrap();
        while !rng.random_bool(0.3) && stats_service::sweep(db, &mut closed).await.unwrap() {}
    }
}

async fn whatever_happens_each_event_counts_once(db: Db) {
    for seed in 0..6 {
        live_through_random_steps(&db, StdRng::seed_from_u64(seed)).await;
    }
}

async fn live_through_random_steps(db: &Db, mut rng: StdRng) {
    let mut site = a_site(db, "UTC").await;
    let mut now = at("2026-11-10T08:00:00Z");
    let mut open = Store::open(db.clone(), now).await.unwrap();
    let mut written = 0;
    for _ in 0..250 {
        match rng.random_range(0..20) {
            0 => now = now.plus_ms(rng.random_range(-30..40) * HOUR_MS),
            1 => {
                drop(open);
                open = Store::open(db.clone(), now).await.unwrap();
            }
            2 => {
                let zones = [
                    "UTC",
                    "America/New_York",
                    "Asia/Tokyo",
                    "Pacific/Kiritimati",
                ];
                let zone = zones[rng.random_range(0..zones.len())];
                let changed =
                    site_service::update(db, &Principal::System, site.id, "Example", zone);
                site = changed.await.unwrap();
            }
            3..6 => close_partly(db, &site, now, &mut rng).await,
            _ => {
                now = now.plus_ms(rng.random_range(0..20) * 60_000 + 1);
                let mut hit = a_hit(&site, "/").by(rng.random_range(0..3)).0;
                hit.at = now;
                open.write(std::iter::once(&hit)).await.unwrap();
                written += 1;
            }
        }
    }
    let all = async || events_between(db, "2026-10-01", "2026-12-31").await;
    let end = at("2027-01-20T00:00:00Z");
    close_days(db, &site, end).await;
    assert_eq!((all().await, rows(db).await), (f64::from(written), (0, 0)));
    site_service::delete(db, &Principal::System, site.id)
        .await
        .unwrap();
}
