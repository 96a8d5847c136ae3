//! Segments of sites on both databases.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::builders::{a_hit, a_site, at, store};
use crate::{
    db::{Db, DbError, schema::segment, with_conn},
    domain::{
        Condition, DashboardQuery, Dimension, Filter, Period, Principal, Role, Segment, SegmentId,
        Site, Timestamp,
    },
    services::{
        ServiceError, segment_service, site_service, stats_service,
        user_service::{self, NewUser},
    },
    tests::rows_with_site_id,
};

db_tests!(
    personal_segments_are_seen_by_their_user_only,
    names_are_taken_once_among_those_who_see_them,
    what_cannot_be_saved_is_refused_by_field,
    a_broken_segment_is_shown_and_removed,
    a_dashboard_asks_for_its_segment_beside_its_filters,
    viewers_use_segments_and_change_none,
    segments_end_with_their_user_and_site,
);

const SYSTEM: Principal = Principal::System;

pub(super) async fn a_user(db: &Db, email: &str, role: Role) -> Principal {
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

fn german() -> Condition {
    Condition::all(&[Filter::is(Dimension::Country, "DE")])
}

async fn save(
    db: &Db,
    principal: &Principal,
    site: &Site,
    name: &str,
    is_personal: bool,
) -> Result<Segment, ServiceError> {
    let now = at("12:00");
    segment_service::create(db, principal, site.id, name, &german(), is_personal, now).await
}

async fn names(db: &Db, principal: &Principal, site: &Site) -> Vec<String> {
    let segments = segment_service::find_all(db, principal, site.id).await;
    segments
        .unwrap()
        .into_iter()
        .map(|found| found.name)
        .collect()
}

async fn personal_segments_are_seen_by_their_user_only(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ada = a_user(&db, "ada@x.test", Role::Admin).await;
    let bob = a_user(&db, "bob@x.test", Role::Admin).await;
    let own = save(&db, &ada, &site, " mine ", true).await.unwrap();
    save(&db, &ada, &site, "everyone's", false).await.unwrap();
    save(&db, &SYSTEM, &site, "Britain", false).await.unwrap();
    assert_eq!((own.is_personal, own.name.as_str()), (true, "mine"));
    assert_eq!(own.condition, Ok(german()));
    assert_eq!(
        names(&db, &ada, &site).await,
        ["Britain", "everyone's", "mine"]
    );
    for other in [&bob, &SYSTEM] {
        assert_eq!(names(&db, other, &site).await, ["Britain", "everyone's"]);
        let query = DashboardQuery {
            segment: Some(own.id),
            ..DashboardQuery::default()
        };
        let condition = segment_service::condition_of(&db, other, site.id, &query).await;
        assert!(
            matches!(condition, Err(ServiceError::NotFound("segment"))),
            "{condition:?}"
        );
        let removed = segment_service::delete(&db, other, site.id, own.id).await;
        assert!(
            matches!(removed, Err(ServiceError::NotFound("segment"))),
            "{removed:?}"
        );
    }
    segment_service::delete(&db, &ada, site.id, own.id)
        .await
        .unwrap();
}

async fn names_are_taken_once_among_those_who_see_them(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ada = a_user(&db, "ada@x.test", Role::Admin).await;
    let bob = a_user(&db, "bob@x.test", Role::Admin).await;
    save(&db, &ada, &site, "a", true).await.unwrap();
    save(&db, &bob, &site, "a", true).await.unwrap();
    save(&db, &bob, &site, "a", false).await.unwrap();
    for (principal, is_personal) in [(&ada, true), (&ada, false), (&SYSTEM, false)] {
        let again = save(&db, principal, &site, "a", is_personal).await;
        assert!(matches!(again, Err(ServiceError::Conflict(_))), "{again:?}");
    }
}

async fn what_cannot_be_saved_is_refused_by_field(db: Db) {
    let site = a_site(&db, "UTC").await;
    let ada = a_user(&db, "ada@x.test", Role::Admin).await;
    let unclosed = Condition::all(&[Filter {
        values: vec!["(".into()],
        ..Filter::parse("page:matches:a").unwrap()
    }]);
    let many = Condition::all(&vec![Filter::is(Dimension::Page, "/"); 51]);
    for (principal, name, condition, is_personal, expected) in [
        (&ada, "", german(), true, "name"),
        (&ada, "a", Condition::All(Vec::new()), true, "filters"),
        (&ada, "a", many, true, "filters"),
        (&ada, "a", unclosed, true, "filters"),
        (&SYSTEM, "a", german(), true, "scope"),
    ] {
        let now = at("12:00");
        let saved =
            segment_service::create(&db, principal, site.id, name, &condition, is_personal, now);
        match saved.await {
            Err(ServiceError::Invalid { field, .. }) => assert_eq!(field, expected),
            other => panic!("{other:?}"),
        }
    }
}

async fn a_broken_segment_is_shown_and_removed(db: Db) {
    let site = a_site(&db, "UTC").await;
    let saved = save(&db, &SYSTEM, &site, "old", false).await.unwrap();
    let written: Result<usize, DbError> = with_conn!(&db, |conn| diesel::update(segment::table)
        .set(segment::condition.eq(r#"{"version":9}"#))
        .execute(conn)
        .await);
    assert_eq!(written.unwrap(), 1);
    let found = segment_service::find_all(&db, &SYSTEM, site.id).await;
    let reason = found.unwrap().remove(0).condition.unwrap_err();
    assert!(reason.contains("another version (9)"), "{reason}");
    let query = DashboardQuery {
        segment: Some(saved.id),
        ..DashboardQuery::default()
    };
    let asked =
        stats_service::get_dashboard(&db, &SYSTEM, "example.com", &query, &[], 10, at("12:00"));
    match asked.await {
        Err(ServiceError::Invalid { field, .. }) => assert_eq!(field, "segment"),
        other => panic!("{other:?}"),
    }
    segment_service::delete(&db, &SYSTEM, site.id, saved.id)
        .await
        .unwrap();
}

async fn a_dashboard_asks_for_its_segment_beside_its_filters(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = |visitor, country: &str, page: &str| {
        a_hit(&site, page)
            .by(visitor)
            .in_country(country)
            .at("10:00")
    };
    store(
        &db,
        &[hit(1, "DE", "/a"), hit(2, "DE", "/b"), hit(3, "FR", "/a")],
    )
    .await;
    let saved = save(&db, &SYSTEM, &site, "German", false).await.unwrap();
    for (segment, page, expected) in [
        (None, None, 3),
        (Some(saved.id), None, 2),
        (None, Some("/a"), 2),
        (Some(saved.id), Some("/a"), 1),
    ] {
        let query = DashboardQuery {
            period: Period::Today,
            filters: page
                .map(|page| Filter::is(Dimension::Page, page))
                .into_iter()
                .collect(),
            segment,
            ..DashboardQuery::default()
        };
        let found =
            stats_service::get_dashboard(&db, &SYSTEM, "example.com", &query, &[], 10, at("12:00"));
        assert_eq!(found.await.unwrap().figures.visitors, expected);
    }
    let absent = DashboardQuery {
        segment: Some(SegmentId(999)),
        ..DashboardQuery::default()
    };
    let absent = segment_service::condition_of(&db, &SYSTEM, site.id, &absent).await;
    assert!(
        matches!(absent, Err(ServiceError::NotFound("segment"))),
        "{absent:?}"
    );
}

async fn viewers_use_segments_and_change_none(db: Db) {
    let site = a_site(&db, "UTC").await;
    let saved = save(&db, &SYSTEM, &site, "a", false).await.unwrap();
    let viewer = a_user(&db, "vic@x.test", Role::Viewer).await;
    for is_personal in [true, false] {
        let added = save(&db, &viewer, &site, "b", is_personal).await;
        assert!(matches!(added, Err(ServiceError::ReadOnly)), "{added:?}");
    }
    let removed = segment_service::delete(&db, &viewer, site.id, saved.id).await;
    assert!(
        matches!(removed, Err(ServiceError::ReadOnly)),
        "{removed:?}"
    );
    let query = DashboardQuery {
        segment: Some(saved.id),
        ..DashboardQuery::default()
    };
    let condition = segment_service::condition_of(&db, &viewer, site.id, &query).await;
    assert_eq!(condition.unwrap(), Condition::All(vec![german()]));
}

async fn segments_end_with_their_user_and_site(db: Db) {
    let site = a_site(&db, "UTC").await;
    a_user(&db, "ada@x.test", Role::Admin).await;
    let bob = a_user(&db, "bob@x.test", Role::Admin).await;
    save(&db, &bob, &site, "a", true).await.unwrap();
    save(&db, &bob, &site, "b", false).await.unwrap();
    user_service::delete(&db, &SYSTEM, "bob@x.test")
        .await
        .unwrap();
    let ours = ("segment".to_owned(), 1);
    assert!(rows_with_site_id(&db, site.id).await.contains(&ours));
    site_service::delete(&db, &SYSTEM, site.id).await.unwrap();
    let rows = rows_with_site_id(&db, site.id).await;
    assert!(rows.iter().all(|(_, count)| *count == 0), "{rows:?}");
}
