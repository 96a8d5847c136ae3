//! The ledger of refusals on both databases.

use super::builders::{a_site, at};
use crate::{
    db::Db,
    domain::{Principal, RefusalPeriod, RefusalReason, Site, SiteId, Timestamp},
    services::{
        refusal_service::{self, NO_SITE, RefusalRow, hour_of},
        site_service,
    },
};

db_tests!(
    counts_of_the_same_key_are_summed_up,
    an_hour_keeps_fifty_details_and_counts_the_rest_as_other,
    nothing_is_written_for_a_site_that_does_not_exist,
    rows_end_after_13_months,
    report_has_every_step_in_the_sites_own_time,
    two_processes_may_write_the_same_counts,
);

fn row(
    site: SiteId,
    time: Timestamp,
    reason: RefusalReason,
    detail: &str,
    count: i64,
) -> RefusalRow {
    RefusalRow {
        site_id: site.0,
        hour: hour_of(time),
        reason: reason.key().into(),
        detail: detail.into(),
        count,
    }
}

async fn add(db: &Db, rows: &[RefusalRow]) -> usize {
    refusal_service::add(db, rows.to_vec())
        .await
        .expect("the rows are written")
}

async fn find(db: &Db, site: SiteId) -> Vec<(String, String, i64)> {
    let rows = refusal_service::find(db, site, 0).await.expect("rows");
    rows.into_iter()
        .map(|row| (row.reason, row.detail, row.count))
        .collect()
}

async fn report(
    db: &Db,
    site: &Site,
    period: RefusalPeriod,
    now: &str,
) -> crate::domain::RefusalReport {
    refusal_service::get_report(db, site, period, at(now))
        .await
        .expect("a report")
}

async fn counts_of_the_same_key_are_summed_up(db: Db) {
    let site = a_site(&db, "UTC").await;
    let bots = |count| row(site.id, at("10:59"), RefusalReason::Bot, "curl", count);
    let opted_out = row(site.id, at("10:00"), RefusalReason::OptedOut, "", 1);
    assert_eq!(add(&db, &[bots(2), opted_out]).await, 2);
    assert_eq!(add(&db, &[bots(3)]).await, 1);
    assert_eq!(
        find(&db, site.id).await,
        [
            ("bot".into(), "curl".into(), 5),
            ("opted_out".into(), String::new(), 1)
        ]
    );
    let count = refusal_service::count(&db, site.id, hour_of(at("10:00"))).await;
    assert_eq!(count.unwrap(), 6);
    let count = refusal_service::count(&db, site.id, hour_of(at("11:00"))).await;
    assert_eq!(count.unwrap(), 0);
}

async fn an_hour_keeps_fifty_details_and_counts_the_rest_as_other(db: Db) {
    let site = a_site(&db, "UTC").await;
    let bot = |hour: &str, n: i64| {
        row(
            site.id,
            at(hour),
            RefusalReason::Bot,
            &format!("bot {n:02}"),
            n + 1,
        )
    };
    let first: Vec<_> = (0..40).map(|n| bot("10:00", n)).collect();
    add(&db, &first).await;
    // Of twenty new ones the ten with most events find room; known ones are counted by name as before.
    let second: Vec<_> = (35..60).map(|n| bot("10:00", n)).collect();
    add(&db, &second).await;
    add(&db, &[bot("11:00", 70)]).await;
    let rows = refusal_service::find(&db, site.id, 0).await.unwrap();
    let of_hour: Vec<_> = rows
        .iter()
        .filter(|row| row.hour == hour_of(at("10:00")))
        .collect();
    assert_eq!(of_hour.len(), 51);
    let count = |name: &str| {
        let found = of_hour.iter().find(|row| row.detail == name);
        found.map(|row| row.count)
    };
    assert_eq!(count("bot 39"), Some(80));
    assert_eq!(count("bot 59"), Some(60));
    assert_eq!(count("bot 40"), None);
    assert_eq!(count("(other)"), Some((41..=50).sum()));
    assert!(rows.iter().any(|row| row.detail == "bot 70"));
}

async fn nothing_is_written_for_a_site_that_does_not_exist(db: Db) {
    let site = a_site(&db, "UTC").await;
    let gone = SiteId(site.id.0 + 1);
    let unknown = row(NO_SITE, at("10:00"), RefusalReason::UnknownSite, "", 7);
    let rows = [
        row(gone, at("10:00"), RefusalReason::Bot, "curl", 1),
        unknown,
    ];
    assert_eq!(add(&db, &rows).await, 1);
    assert_eq!(find(&db, gone).await, []);
    assert_eq!(
        find(&db, NO_SITE).await,
        [("unknown_site".into(), String::new(), 7)]
    );
    add(
        &db,
        &[row(site.id, at("10:00"), RefusalReason::Bot, "curl", 1)],
    )
    .await;
    site_service::delete(&db, &Principal::System, site.id)
        .await
        .unwrap();
    assert_eq!(find(&db, site.id).await, []);
    assert_eq!(find(&db, NO_SITE).await.len(), 1);
}

async fn rows_end_after_13_months(db: Db) {
    let site = a_site(&db, "UTC").await;
    for of in [site.id, NO_SITE] {
        for time in ["2025-10-20T10:00:00Z", "2025-10-26T10:00:00Z"] {
            add(&db, &[row(of, at(time), RefusalReason::Invalid, "url", 1)]).await;
        }
    }
    refusal_service::prune(&db, at("2026-11-24T12:00:00Z"))
        .await
        .unwrap();
    for of in [site.id, NO_SITE] {
        let rows = refusal_service::find(&db, of, 0).await.unwrap();
        let hours: Vec<_> = rows.iter().map(|row| row.hour).collect();
        assert_eq!(hours, [hour_of(at("2025-10-26T10:00:00Z"))]);
    }
}

async fn report_has_every_step_in_the_sites_own_time(db: Db) {
    let site = a_site(&db, "Europe/Berlin").await;
    add(
        &db,
        &[
            row(
                site.id,
                at("2026-11-23T23:30:00Z"),
                RefusalReason::Bot,
                "curl",
                4,
            ),
            row(site.id, at("12:10"), RefusalReason::Bot, "Googlebot", 5),
            row(site.id, at("12:20"), RefusalReason::HostNotAllowed, "", 2),
            row(
                site.id,
                at("2026-10-20T12:00:00Z"),
                RefusalReason::Bot,
                "curl",
                9,
            ),
            row(NO_SITE, at("12:20"), RefusalReason::UnknownSite, "", 3),
        ],
    )
    .await;

    let day = report(&db, &site, RefusalPeriod::Hours24, "12:59").await;
    assert_eq!(day.buckets.len(), 24);
    let filled: Vec<_> = day
        .buckets
        .iter()
        .filter(|bucket| bucket.intended + bucket.suspect > 0)
        .map(|bucket| (bucket.label.as_str(), bucket.intended, bucket.suspect))
        .collect();
    assert_eq!(filled, [("24 Nov 00:00", 4, 0), ("24 Nov 13:00", 5, 2)]);
    assert_eq!(
        day.reasons,
        [(RefusalReason::Bot, 9), (RefusalReason::HostNotAllowed, 2)]
    );
    assert_eq!(day.total(), 11);
    assert_eq!(day.bots, [("Googlebot".into(), 5), ("curl".into(), 4)]);
    assert_eq!(day.without_site, 3);

    let week = report(&db, &site, RefusalPeriod::Days7, "12:59").await;
    assert_eq!(week.buckets.len(), 29);
    assert_eq!(week.buckets[28].label, "24 Nov 12:00");
    assert_eq!(week.buckets[28].suspect, 2);
    let month = report(&db, &site, RefusalPeriod::Days30, "12:59").await;
    assert_eq!(month.buckets.len(), 31);
    assert_eq!(month.buckets[30].label, "24 Nov");
    assert_eq!(month.total(), 11);
}

async fn two_processes_may_write_the_same_counts(db: Db) {
    let site = a_site(&db, "UTC").await;
    let rows: Vec<_> = ["curl", "Googlebot", "GPTBot"]
        .map(|bot| row(site.id, at("10:00"), RefusalReason::Bot, bot, 1))
        .into();
    let writers = (0..4).map(|_| {
        let (db, rows) = (db.clone(), rows.clone());
        tokio::spawn(async move {
            for _ in 0..5 {
                // On SQLite one may meet the other's lock; ingestion then keeps its counts for the next second.
                while refusal_service::add(&db, rows.clone()).await.is_err() {}
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert!(
        find(&db, site.id)
            .await
            .iter()
            .all(|(.., count)| *count == 20)
    );
}
