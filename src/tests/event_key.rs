//! Events that are sent twice, and values that are too many.

use super::{
    builders::{HitBuilder, a_hit, a_site, at, store, store_as_batch},
    rows_with_site_id,
};
use crate::{
    db::Db,
    domain::{NewSite, Principal, Site},
    ingest::{DropReason, Outcome},
    services::{event_service, site_service},
};

db_tests!(
    a_repeated_event_is_stored_once,
    a_key_counts_within_its_site,
    a_key_is_free_again_after_48_hours,
    an_event_that_was_refused_may_come_again,
    new_values_beyond_the_cap_are_counted_as_other,
);

async fn count(db: &Db, site: &Site, table: &str) -> i64 {
    let rows = rows_with_site_id(db, site.id).await;
    let found = rows.into_iter().find(|(name, _)| name == table);
    found.expect("a table of this name").1
}

async fn a_repeated_event_is_stored_once(db: Db) {
    let site = a_site(&db, "UTC").await;
    let first = a_hit(&site, "/a").at("12:00").keyed(-7);
    let again = a_hit(&site, "/a").at("12:01").keyed(-7);
    // In one transaction, in the next one, and after a restart; `store` opens a store of its own.
    let hits = [first, again.clone()];
    assert_eq!(store_as_batch(&db, &hits).await, [Outcome::Stored; 2]);
    let hits = [again.clone(), again];
    assert_eq!(store(&db, &hits).await, [Outcome::Stored; 2]);
    assert_eq!(count(&db, &site, "event").await, 1);
    assert_eq!(count(&db, &site, "event_key").await, 1);
}

async fn a_key_counts_within_its_site(db: Db) {
    let site = a_site(&db, "UTC").await;
    let new = NewSite {
        domain: "other.example".into(),
        name: String::new(),
        time_zone: String::new(),
    };
    let other = site_service::create(&db, &Principal::System, &new, at("00:00"));
    let other = other.await.unwrap();
    let hits = [a_hit(&site, "/").keyed(7), a_hit(&other, "/").keyed(7)];
    store(&db, &hits).await;
    assert_eq!(count(&db, &site, "event").await, 1);
    assert_eq!(count(&db, &other, "event").await, 1);
    site_service::delete(&db, &Principal::System, site.id)
        .await
        .unwrap();
    assert_eq!(count(&db, &site, "event_key").await, 0);
    assert_eq!(count(&db, &other, "event_key").await, 1);
}

async fn a_key_is_free_again_after_48_hours(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = |time: &str| a_hit(&site, "/").at(time);
    let hits = [
        hit("2026-11-24T12:00:00Z").keyed(7),
        hit("2026-11-26T11:59:00Z").keyed(7),
        // The clean-up comes with the event after which it is due.
        hit("2026-11-26T12:00:30Z"),
        hit("2026-11-26T12:01:00Z").keyed(7),
    ];
    store(&db, &hits).await;
    assert_eq!(count(&db, &site, "event").await, 3);
}

async fn an_event_that_was_refused_may_come_again(db: Db) {
    let site = a_site(&db, "UTC").await;
    let engagement = |time: &str| a_hit(&site, "/").at(time).engaged(5_000, 50).keyed(7);
    let hits = [
        engagement("12:00"),
        a_hit(&site, "/").at("12:01"),
        engagement("12:02"),
    ];
    let expected = [
        Outcome::Dropped(DropReason::NoVisit),
        Outcome::Stored,
        Outcome::Stored,
    ];
    assert_eq!(store_as_batch(&db, &hits).await, expected);
    assert_eq!(count(&db, &site, "event").await, 2);
}

async fn new_values_beyond_the_cap_are_counted_as_other(db: Db) {
    let site = a_site(&db, "UTC").await;
    let event = |number: u32| a_hit(&site, "/").event(&format!("event {number}"));
    let hits: Vec<HitBuilder> = (0..10_002).map(event).collect();
    store_as_batch(&db, &hits).await;
    let names = |names: &'static [&'static str]| event_service::find_words(&db, site.id, names);
    let found = names(&["event 9999", "event 10000", "event 10001", "(other)"]).await;
    let mut found: Vec<String> = found.unwrap().into_iter().map(|row| row.value).collect();
    found.sort();
    assert_eq!(found, ["(other)", "event 9999"]);
    assert_eq!(count(&db, &site, "event").await, 10_002);
    // What has a number keeps it, and what the program itself needs gets one.
    store(&db, &[event(5), a_hit(&site, "/")]).await;
    assert_eq!(names(&["pageview"]).await.unwrap().len(), 1);
}
