//! Dashboards that are read without an account, on both databases.

use super::builders::{a_hit, a_site, at, store};
use super::segment::a_user;
use crate::{
    db::Db,
    domain::{
        Condition, DashboardQuery, Dimension, Filter, NewAnnotation, NewSite, Period, Principal,
        Role, SiteId,
    },
    services::{ServiceError, annotation_service, segment_service, site_service, stats_service},
};

db_tests!(
    without_an_account_public_dashboards_are_read_and_no_others,
    what_the_team_keeps_beside_the_figures_is_not_for_everyone,
    only_who_may_change_things_makes_a_dashboard_public,
);

const SYSTEM: Principal = Principal::System;
const ANYONE: Principal = Principal::Anyone;

async fn visitors(db: &Db, principal: &Principal, domain: &str) -> Result<u64, ServiceError> {
    let query = DashboardQuery {
        period: Period::Today,
        ..DashboardQuery::default()
    };
    let now = at("18:00");
    let found = stats_service::get_dashboard(db, principal, domain, &query, &[], 10, now).await;
    found.map(|dashboard| dashboard.figures.visitors)
}

async fn without_an_account_public_dashboards_are_read_and_no_others(db: Db) {
    let site = a_site(&db, "UTC").await;
    let other = NewSite {
        domain: "other.example".into(),
        name: String::new(),
        time_zone: String::new(),
    };
    let other = site_service::create(&db, &SYSTEM, &other, at("00:00"))
        .await
        .unwrap();
    store(&db, &[a_hit(&site, "/"), a_hit(&site, "/").by(2)]).await;
    let unknown = |answer: Result<u64, _>| matches!(answer, Err(ServiceError::NotFound("site")));
    assert!(!site.is_public && !other.is_public);
    assert!(unknown(visitors(&db, &ANYONE, "example.com").await));
    assert_eq!(site_service::find_all(&db, &ANYONE).await.unwrap(), []);

    site_service::set_public(&db, &SYSTEM, site.id, true)
        .await
        .unwrap();
    assert_eq!(visitors(&db, &ANYONE, "example.com").await.unwrap(), 2);
    assert!(unknown(visitors(&db, &ANYONE, "other.example").await));
    let seen = site_service::find_all(&db, &ANYONE).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].is_public && seen[0].id == site.id);

    site_service::set_public(&db, &SYSTEM, site.id, false)
        .await
        .unwrap();
    assert!(unknown(visitors(&db, &ANYONE, "example.com").await));
    assert_eq!(visitors(&db, &SYSTEM, "example.com").await.unwrap(), 2);
}

async fn what_the_team_keeps_beside_the_figures_is_not_for_everyone(db: Db) {
    let site = a_site(&db, "UTC").await;
    site_service::set_public(&db, &SYSTEM, site.id, true)
        .await
        .unwrap();
    let condition = Condition::all(&[Filter::is(Dimension::Country, "DE")]);
    let now = at("12:00");
    let segment =
        segment_service::create(&db, &SYSTEM, site.id, "Ours", &condition, false, now).await;
    let note = NewAnnotation {
        date: "2026-11-24".into(),
        time: String::new(),
        text: "We fired the agency".into(),
    };
    annotation_service::create(&db, &SYSTEM, &site, &note, now)
        .await
        .unwrap();
    let query = DashboardQuery {
        period: Period::Today,
        segment: Some(segment.unwrap().id),
        ..DashboardQuery::default()
    };
    let asked =
        stats_service::get_dashboard(&db, &ANYONE, "example.com", &query, &[], 10, now).await;
    assert!(matches!(asked, Err(ServiceError::NotFound("segment"))));
    let notes = annotation_service::find_all(&db, &ANYONE, &site).await;
    assert_eq!(notes.unwrap(), []);
}

async fn only_who_may_change_things_makes_a_dashboard_public(db: Db) {
    let site = a_site(&db, "UTC").await;
    let viewer = a_user(&db, "bob@x.test", Role::Viewer).await;
    for principal in [&viewer, &ANYONE] {
        let refused = site_service::set_public(&db, principal, site.id, true).await;
        assert!(matches!(refused, Err(ServiceError::ReadOnly)));
    }
    let gone = site_service::set_public(&db, &SYSTEM, SiteId(999), true).await;
    assert!(matches!(gone, Err(ServiceError::NotFound("site"))));
    assert!(visitors(&db, &ANYONE, "example.com").await.is_err());
}
