//! Annotations of sites on both databases.

use super::builders::{a_site, at};
use crate::{
    db::Db,
    domain::{
        AnnotatedTime, Annotation, AnnotationId, DashboardQuery, Date, NewAnnotation, Period,
        Principal, Role, Site, Timestamp,
    },
    services::{
        ServiceError, annotation_service, site_service, stats_service,
        user_service::{self, NewUser},
    },
    tests::rows_with_site_id,
};

db_tests!(
    annotations_are_of_days_and_instants_of_the_sites_zone,
    annotations_are_found_between_two_instants,
    a_dashboard_ends_with_its_last_bucket,
    what_cannot_be_noted_is_refused_by_field,
    a_user_who_is_gone_leaves_the_annotation,
    viewers_read_annotations_and_change_none,
    annotations_end_with_their_site,
);

const SYSTEM: Principal = Principal::System;

fn new(date: &str, time: &str, text: &str) -> NewAnnotation {
    NewAnnotation {
        date: date.into(),
        time: time.into(),
        text: text.into(),
    }
}

async fn add(db: &Db, site: &Site, new: &NewAnnotation) -> Result<Annotation, ServiceError> {
    annotation_service::create(db, &SYSTEM, site, new, at("12:00")).await
}

async fn annotations_are_of_days_and_instants_of_the_sites_zone(db: Db) {
    let site = a_site(&db, "Europe/Berlin").await;
    for (date, time, begins) in [
        ("2026-11-24", "", "2026-11-23T23:00:00Z"),
        ("2026-11-24", "14:05", "2026-11-24T13:05:00Z"),
        // The clock skips from 2 to 3, and shows 2:30 twice.
        ("2026-03-29", "02:30", "2026-03-29T01:30:00Z"),
        ("2026-10-25", "02:30", "2026-10-25T00:30:00Z"),
        ("2026-03-29", "", "2026-03-28T23:00:00Z"),
    ] {
        let annotation = add(&db, &site, &new(date, time, " Version\n 2 "))
            .await
            .unwrap();
        assert_eq!(annotation.at, at(begins), "{date} {time}");
        let expected = if time.is_empty() {
            AnnotatedTime::Day(Date::parse(date).unwrap())
        } else {
            AnnotatedTime::Instant(at(begins))
        };
        assert_eq!(annotation.time, expected);
        assert_eq!(annotation.text, "Version 2");
        assert_eq!(annotation.author, None);
    }
    let found = annotation_service::find_all(&db, &SYSTEM, &site)
        .await
        .unwrap();
    assert!(found.is_sorted_by_key(|found| std::cmp::Reverse(found.at)));
    assert_eq!(found.len(), 5);
    // Days are of the site's calendar, wherever that is.
    let site = site_service::update(&db, &SYSTEM, site.id, "Example", "Asia/Tokyo")
        .await
        .unwrap();
    let found = annotation_service::find_all(&db, &SYSTEM, &site)
        .await
        .unwrap();
    let day = AnnotatedTime::Day(Date::parse("2026-11-24").unwrap());
    let day = found.iter().find(|found| found.time == day).unwrap();
    assert_eq!(day.at, at("2026-11-23T15:00:00Z"));
}

async fn annotations_are_found_between_two_instants(db: Db) {
    let site = a_site(&db, "UTC").await;
    for (date, text) in [
        ("2026-11-22", "c"),
        ("2026-11-24", "e"),
        ("2026-11-21", "b"),
        ("2026-11-23", "d"),
    ] {
        add(&db, &site, &new(date, "", text)).await.unwrap();
    }
    let (from, to) = (at("2026-11-22T00:00:00Z"), at("2026-11-24T00:00:00Z"));
    let found = annotation_service::find_between(&db, &SYSTEM, &site, from, to)
        .await
        .unwrap();
    let texts: Vec<_> = found.iter().map(|found| found.text.as_str()).collect();
    assert_eq!(texts, ["c", "d"]);
}

async fn a_dashboard_ends_with_its_last_bucket(db: Db) {
    let site = a_site(&db, "UTC").await;
    for (period, end) in [
        (Period::Month, "2026-11-25T00:00:00Z"),
        (Period::Today, "2026-11-24T13:00:00Z"),
        (Period::Yesterday, "2026-11-24T00:00:00Z"),
        (
            Period::Custom {
                from: Date::parse("2026-12-01").unwrap(),
                to: Date::parse("2026-12-02").unwrap(),
            },
            "2026-12-01T00:00:00Z",
        ),
    ] {
        let query = DashboardQuery {
            period,
            ..DashboardQuery::default()
        };
        let dashboard =
            stats_service::get_dashboard(&db, &SYSTEM, &site.domain, &query, &[], 0, at("12:30"));
        // What is noted after it has no bucket to be marked in.
        assert_eq!(dashboard.await.unwrap().to, at(end), "{period:?}");
    }
}

async fn what_cannot_be_noted_is_refused_by_field(db: Db) {
    let site = a_site(&db, "UTC").await;
    let long = "ä".repeat(301);
    for (date, time, text, expected) in [
        ("", "", "a", "date"),
        ("24.11.2026", "", "a", "date"),
        ("2026-02-29", "", "a", "date"),
        ("99999-01-01", "", "a", "date"),
        ("2026-11-24", "noon", "a", "time"),
        ("2026-11-24", "24:01", "a", "time"),
        ("2026-11-24", "14", "a", "time"),
        ("2026-11-24", "", " \n ", "text"),
        ("2026-11-24", "", &long, "text"),
        ("2026-11-24", "", "a\u{7}", "text"),
    ] {
        match add(&db, &site, &new(date, time, text)).await {
            Err(ServiceError::Invalid { field, .. }) => {
                assert_eq!(field, expected, "{date} {time}")
            }
            other => panic!("{date} {time} {text}: {other:?}"),
        }
    }
    let longest = "ä".repeat(300);
    add(&db, &site, &new("2026-11-24", "14:05:06", &longest))
        .await
        .unwrap();
    let gone = Site {
        id: crate::domain::SiteId(999),
        ..site
    };
    let nowhere = add(&db, &gone, &new("2026-11-24", "", "a")).await;
    assert!(
        matches!(nowhere, Err(ServiceError::NotFound("site"))),
        "{nowhere:?}"
    );
}

async fn a_user(db: &Db, email: &str, role: Role) -> Principal {
    let new = NewUser {
        email,
        password: "correct horse",
        role,
    };
    let user = user_service::create(db, &SYSTEM, &new, Timestamp(0))
        .await
        .unwrap();
    Principal::User {
        id: user.id,
        email: user.email,
        role,
    }
}

async fn a_user_who_is_gone_leaves_the_annotation(db: Db) {
    let site = a_site(&db, "UTC").await;
    a_user(&db, "ada@x.test", Role::Admin).await;
    let bob = a_user(&db, "bob@x.test", Role::Admin).await;
    let note = new("2026-11-24", "", "a");
    let added = annotation_service::create(&db, &bob, &site, &note, at("12:00"))
        .await
        .unwrap();
    assert_eq!(added.author.as_deref(), Some("bob@x.test"));
    let found = annotation_service::find_all(&db, &SYSTEM, &site).await;
    assert_eq!(found.unwrap(), [added]);
    user_service::delete(&db, &SYSTEM, "bob@x.test")
        .await
        .unwrap();
    let found = annotation_service::find_all(&db, &SYSTEM, &site)
        .await
        .unwrap();
    assert_eq!((found.len(), &found[0].author), (1, &None));
}

async fn viewers_read_annotations_and_change_none(db: Db) {
    let site = a_site(&db, "UTC").await;
    let annotation = add(&db, &site, &new("2026-11-24", "", "a")).await.unwrap();
    let viewer = a_user(&db, "vic@x.test", Role::Viewer).await;
    let note = new("2026-11-24", "", "b");
    let added = annotation_service::create(&db, &viewer, &site, &note, at("12:00")).await;
    assert!(matches!(added, Err(ServiceError::ReadOnly)), "{added:?}");
    let removed = annotation_service::delete(&db, &viewer, site.id, annotation.id).await;
    assert!(
        matches!(removed, Err(ServiceError::ReadOnly)),
        "{removed:?}"
    );
    let found = annotation_service::find_all(&db, &viewer, &site).await;
    assert_eq!(found.unwrap(), [annotation]);
}

async fn annotations_end_with_their_site(db: Db) {
    let site = a_site(&db, "UTC").await;
    let annotation = add(&db, &site, &new("2026-11-24", "", "a")).await.unwrap();
    let elsewhere =
        annotation_service::delete(&db, &SYSTEM, crate::domain::SiteId(999), annotation.id).await;
    assert!(matches!(
        elsewhere,
        Err(ServiceError::NotFound("annotation"))
    ));
    let absent = annotation_service::delete(&db, &SYSTEM, site.id, AnnotationId(999)).await;
    assert!(matches!(absent, Err(ServiceError::NotFound("annotation"))));
    let ours = ("annotation".to_owned(), 1);
    assert!(rows_with_site_id(&db, site.id).await.contains(&ours));
    site_service::delete(&db, &SYSTEM, site.id).await.unwrap();
    let rows = rows_with_site_id(&db, site.id).await;
    assert!(rows.iter().all(|(_, count)| *count == 0), "{rows:?}");
}
