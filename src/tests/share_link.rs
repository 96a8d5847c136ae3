//! Secret links on both databases: what they open, for whom, until when.

use std::time::Instant;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::builders::{a_hit, a_site, at, store};
use super::segment::a_user;
use crate::{
    db::{Db, DbError, schema::share_link, with_conn},
    domain::{
        BreakdownPage, Condition, DashboardQuery, Dimension, Filter, GoalKind, NewSite, Period,
        Principal, Role, ShareLinkId, Site, Subject, Timestamp,
    },
    services::{
        LoginLimiter, ServiceError, goal_service,
        share_link_service::{self, NewShareLink, Opened, ShareToken, UnlockError},
        site_service, stats_service,
    },
    tests::rows_with_site_id,
};

db_tests!(
    a_reader_sees_what_an_admin_sees_with_the_links_filters_added,
    readers_of_a_narrowed_link_learn_nothing_of_the_others,
    links_that_never_were_ended_or_were_revoked_are_alike,
    a_password_opens_its_own_link_for_half_a_day,
    guesses_are_limited,
    filters_that_cannot_be_read_show_nothing,
    only_who_may_change_things_makes_and_sees_links,
    what_cannot_be_made_is_refused_by_field,
    links_end_with_their_site,
);

const SYSTEM: Principal = Principal::System;
const PASSWORD: &str = "correct horse";

fn a_link(name: &str) -> NewShareLink<'_> {
    NewShareLink {
        name,
        password: "",
        condition: None,
        life_days: None,
    }
}

async fn make(db: &Db, site: &Site, new: &NewShareLink<'_>) -> (ShareLinkId, ShareToken) {
    let made = share_link_service::create(db, &SYSTEM, site.id, new, at("12:00")).await;
    made.unwrap()
}

async fn open(db: &Db, token: &str, pass: Option<&str>, now: Timestamp) -> Option<Opened> {
    match share_link_service::open(db, token, pass, now).await {
        Ok(opened) => Some(opened),
        Err(ServiceError::NotFound("link")) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn reader(db: &Db, token: &ShareToken) -> Principal {
    match open(db, token.as_str(), None, at("12:00")).await {
        Some(Opened::Reader(reader)) => reader,
        other => panic!("{other:?}"),
    }
}

async fn two_countries(db: &Db) -> Site {
    let site = a_site(db, "UTC").await;
    let hits = [
        a_hit(&site, "/").by(1),
        a_hit(&site, "/about").by(1).at("12:01"),
        a_hit(&site, "/").by(2).in_country("FR"),
        a_hit(&site, "/secret").by(3).in_country("FR"),
        a_hit(&site, "/").by(4),
        a_hit(&site, "/").event("Signup").by(4).at("12:02"),
    ];
    store(db, &hits).await;
    site
}

fn german() -> Condition {
    Condition::all(&[Filter::is(Dimension::Country, "DE")])
}

fn today(filters: &[&str]) -> DashboardQuery {
    DashboardQuery {
        period: Period::Today,
        filters: filters
            .iter()
            .map(|text| Filter::parse(text).unwrap())
            .collect(),
        ..DashboardQuery::default()
    }
}

async fn a_reader_sees_what_an_admin_sees_with_the_links_filters_added(db: Db) {
    let site = two_countries(&db).await;
    let kind = GoalKind::Page {
        pattern: "/about".into(),
    };
    goal_service::create(&db, &SYSTEM, site.id, "", &kind, at("12:00"))
        .await
        .unwrap();
    let condition = german();
    let new = NewShareLink {
        condition: Some(&condition),
        ..a_link("Germany")
    };
    let narrowed = reader(&db, &make(&db, &site, &new).await.1).await;
    let whole = reader(&db, &make(&db, &site, &a_link("All")).await.1).await;
    let now = at("18:00");
    let subjects = Dimension::ALL.map(Subject::from);
    for (filters, of_narrowed, of_whole) in [
        (&[][..], 2, 4),
        (&["country:is:FR"], 0, 2),
        (&["country:is_not:DE"], 0, 2),
        (&["page:is:/secret"], 0, 1),
        (&["page:contains:about"], 1, 1),
    ] {
        let query = today(filters);
        let mut added = query.clone();
        added.filters.push(Filter::is(Dimension::Country, "DE"));
        for (reader, as_admin, expected) in
            [(&narrowed, &added, of_narrowed), (&whole, &query, of_whole)]
        {
            let domain = "example.com";
            let seen =
                stats_service::get_dashboard(&db, reader, domain, &query, &subjects, 9, now).await;
            let known =
                stats_service::get_dashboard(&db, &SYSTEM, domain, as_admin, &subjects, 9, now)
                    .await;
            let (seen, known) = (seen.unwrap(), known.unwrap());
            assert_eq!(seen.figures.visitors, expected, "{filters:?}");
            assert_eq!(seen.figures, known.figures);
            assert_eq!(seen.timeseries, known.timeseries);
            assert_eq!(seen.breakdowns, known.breakdowns);
            let goals = stats_service::count_goals(&db, reader, domain, &query, now).await;
            let as_known = stats_service::count_goals(&db, &SYSTEM, domain, as_admin, now).await;
            assert_eq!(goals.unwrap(), as_known.unwrap());
            let values = [(Subject::from(Dimension::Country), vec!["FR".to_owned()])];
            let of_france =
                stats_service::count_visitors_of(&db, reader, domain, &query, &values, now).await;
            let as_known =
                stats_service::count_visitors_of(&db, &SYSTEM, domain, as_admin, &values, now)
                    .await;
            assert_eq!(of_france.unwrap(), as_known.unwrap());
        }
    }
}

async fn readers_of_a_narrowed_link_learn_nothing_of_the_others(db: Db) {
    let site = two_countries(&db).await;
    let other = NewSite {
        domain: "other.example".into(),
        name: String::new(),
        time_zone: String::new(),
    };
    site_service::create(&db, &SYSTEM, &other, at("00:00"))
        .await
        .unwrap();
    let condition = german();
    let new = NewShareLink {
        condition: Some(&condition),
        ..a_link("Germany")
    };
    let reader = reader(&db, &make(&db, &site, &new).await.1).await;
    assert!(!reader.can_write() && reader.is_guest());
    let (now, query) = (at("12:03"), today(&[]));
    let domain = "example.com";
    let dashboard = stats_service::get_dashboard(&db, &reader, domain, &query, &[], 9, now).await;
    let dashboard = dashboard.unwrap();
    assert_eq!(dashboard.current_visitors, 0, "it is of all visits");
    assert_eq!(dashboard.last_event_at, None, "it is of all visits");
    let pages = BreakdownPage {
        limit: 100,
        ..BreakdownPage::default()
    };
    let subject = Subject::from(Dimension::Page);
    let pages = stats_service::get_breakdown(&db, &reader, domain, &query, subject, &pages, now);
    let pages = pages.await.unwrap();
    let pages: Vec<_> = pages.rows.iter().map(|row| row.value.as_str()).collect();
    assert_eq!(pages, ["/", "/about"]);
    let extras = stats_service::find_extras(&db, &reader, domain, Period::Today, now).await;
    assert_eq!(extras.unwrap().properties, Vec::<String>::new());
    let count = stats_service::count_current_visitors(&db, &reader, domain, now).await;
    assert!(matches!(count, Err(ServiceError::NotFound(_))));

    let elsewhere =
        stats_service::get_dashboard(&db, &reader, "other.example", &query, &[], 9, now).await;
    assert!(matches!(elsewhere, Err(ServiceError::NotFound("site"))));
    let sites = site_service::find_all(&db, &reader).await.unwrap();
    assert_eq!(sites.len(), 1);
}

async fn links_that_never_were_ended_or_were_revoked_are_alike(db: Db) {
    let site = a_site(&db, "UTC").await;
    let new = NewShareLink {
        life_days: Some(1),
        ..a_link("A day")
    };
    let (_, ending) = make(&db, &site, &new).await;
    let tomorrow = at("2026-11-25T12:00:00Z");
    assert!(
        open(&db, ending.as_str(), None, tomorrow.plus_ms(-1))
            .await
            .is_some()
    );
    assert!(open(&db, ending.as_str(), None, tomorrow).await.is_none());

    let (id, revoked) = make(&db, &site, &a_link("Gone")).await;
    assert!(
        open(&db, revoked.as_str(), None, at("13:00"))
            .await
            .is_some()
    );
    let links = share_link_service::find_all(&db, &SYSTEM, site.id)
        .await
        .unwrap();
    assert_eq!(links[0].last_used_day, Some(at("00:00")));
    share_link_service::delete(&db, &SYSTEM, site.id, id)
        .await
        .unwrap();
    let never = "0".repeat(64);
    for token in [revoked.as_str(), &never, "", "x", "' or 1=1"] {
        assert!(
            open(&db, token, None, at("13:00")).await.is_none(),
            "{token}"
        );
    }
    let stored: Result<Vec<String>, DbError> = with_conn!(&db, |conn| share_link::table
        .select(share_link::token_hash)
        .load(conn)
        .await);
    assert!(!stored.unwrap().contains(&ending.as_str().to_owned()));
    assert_eq!(format!("{ending:?}"), "ShareToken([redacted])");
}

async fn a_password_opens_its_own_link_for_half_a_day(db: Db) {
    let site = a_site(&db, "UTC").await;
    let new = NewShareLink {
        password: PASSWORD,
        ..a_link("Locked")
    };
    let (_, token) = make(&db, &site, &new).await;
    let (_, other) = make(&db, &site, &new).await;
    let (limiter, now) = (LoginLimiter::default(), at("12:00"));
    let unlock = async |password: &str| {
        let asked = (token.as_str(), password);
        share_link_service::unlock(&db, &limiter, asked, 1, now, Instant::now()).await
    };
    let is_open = async |token: &ShareToken, pass: Option<&str>, now| {
        matches!(
            open(&db, token.as_str(), pass, now).await,
            Some(Opened::Reader(_))
        )
    };
    assert!(!is_open(&token, None, now).await);
    let wrong = unlock("wrong horse").await;
    assert!(matches!(wrong, Err(UnlockError::WrongPassword)));
    let pass = unlock(PASSWORD).await.unwrap().to_string();
    assert!(is_open(&token, Some(&pass), now).await);
    assert!(!is_open(&other, Some(&pass), now).await, "of another link");
    assert!(!is_open(&token, Some("1.00"), now).await);
    let half_a_day = at("2026-11-25T00:00:00Z");
    assert!(is_open(&token, Some(&pass), half_a_day.plus_ms(-1)).await);
    assert!(!is_open(&token, Some(&pass), half_a_day).await);
    let links = share_link_service::find_all(&db, &SYSTEM, site.id)
        .await
        .unwrap();
    assert!(links.iter().all(|link| link.has_password));
    assert_eq!(links[0].last_used_day, None, "it was never opened");
}

async fn guesses_are_limited(db: Db) {
    let site = a_site(&db, "UTC").await;
    let new = NewShareLink {
        password: PASSWORD,
        ..a_link("Locked")
    };
    let (_, token) = make(&db, &site, &new).await;
    let (limiter, now, instant) = (LoginLimiter::default(), at("12:00"), Instant::now());
    let asked = (token.as_str(), "wrong horse");
    for _ in 0..10 {
        let tried = share_link_service::unlock(&db, &limiter, asked, 1, now, instant).await;
        assert!(matches!(tried, Err(UnlockError::WrongPassword)));
    }
    let asked = (token.as_str(), PASSWORD);
    let tried = share_link_service::unlock(&db, &limiter, asked, 1, now, instant).await;
    assert!(matches!(tried, Err(UnlockError::TooManyAttempts(_))));
    let elsewhere = share_link_service::unlock(&db, &limiter, asked, 2, now, instant).await;
    assert!(elsewhere.is_ok());
}

async fn filters_that_cannot_be_read_show_nothing(db: Db) {
    let site = two_countries(&db).await;
    let condition = german();
    let new = NewShareLink {
        condition: Some(&condition),
        ..a_link("Germany")
    };
    let (id, token) = make(&db, &site, &new).await;
    let changed: Result<usize, DbError> =
        with_conn!(&db, |conn| diesel::update(share_link::table.find(id.0))
            .set(share_link::condition.eq(r#"{"version":99}"#))
            .execute(conn)
            .await);
    assert_eq!(changed.unwrap(), 1);
    assert!(open(&db, token.as_str(), None, at("12:00")).await.is_none());
    let links = share_link_service::find_all(&db, &SYSTEM, site.id)
        .await
        .unwrap();
    assert!(matches!(links[0].condition, Some(Err(_))));
}

async fn only_who_may_change_things_makes_and_sees_links(db: Db) {
    let site = a_site(&db, "UTC").await;
    let (id, token) = make(&db, &site, &a_link("All")).await;
    let viewer = a_user(&db, "bob@x.test", Role::Viewer).await;
    let reader = reader(&db, &token).await;
    let now = at("12:00");
    for principal in [&viewer, &reader, &Principal::Anyone] {
        let made = share_link_service::create(&db, principal, site.id, &a_link("x"), now).await;
        assert!(matches!(made, Err(ServiceError::ReadOnly)));
        let found = share_link_service::find_all(&db, principal, site.id).await;
        assert!(matches!(found, Err(ServiceError::ReadOnly)));
        let deleted = share_link_service::delete(&db, principal, site.id, id).await;
        assert!(matches!(deleted, Err(ServiceError::ReadOnly)));
        let public = site_service::set_public(&db, principal, site.id, true).await;
        assert!(matches!(public, Err(ServiceError::ReadOnly)));
    }
    let of_another = crate::domain::SiteId(999);
    let deleted = share_link_service::delete(&db, &SYSTEM, of_another, id).await;
    assert!(matches!(deleted, Err(ServiceError::NotFound("link"))));
}

async fn what_cannot_be_made_is_refused_by_field(db: Db) {
    let site = a_site(&db, "UTC").await;
    let long = "x".repeat(101);
    for (field, new) in [
        ("name", a_link(" ")),
        ("name", a_link(&long)),
        (
            "password",
            NewShareLink {
                password: "short",
                ..a_link("a")
            },
        ),
        (
            "life_days",
            NewShareLink {
                life_days: Some(0),
                ..a_link("a")
            },
        ),
        (
            "life_days",
            NewShareLink {
                life_days: Some(3_651),
                ..a_link("a")
            },
        ),
    ] {
        let made = share_link_service::create(&db, &SYSTEM, site.id, &new, at("12:00")).await;
        match made {
            Err(ServiceError::Invalid { field: refused, .. }) => assert_eq!(refused, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

async fn links_end_with_their_site(db: Db) {
    let site = a_site(&db, "UTC").await;
    let (_, token) = make(&db, &site, &a_link("All")).await;
    site_service::delete(&db, &SYSTEM, site.id).await.unwrap();
    assert!(open(&db, token.as_str(), None, at("12:00")).await.is_none());
    for (table, rows) in rows_with_site_id(&db, site.id).await {
        assert_eq!(rows, 0, "{table}");
    }
}
