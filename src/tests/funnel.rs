//! Funnels on both databases: keeping them, and walking them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::builders::{HitBuilder, a_hit, a_site, at, close_days, store};
use crate::{
    db::{Db, DbError, schema, with_conn},
    domain::{
        DashboardQuery, Date, Dimension, Funnel, FunnelId, FunnelScope, FunnelStep, Goal, GoalId,
        GoalKind, NewFunnel, Period, Principal, Role, Site, Timestamp, UserId,
    },
    services::{ServiceError, funnel_service, goal_service, site_service, stats_service},
    tests::rows_with_site_id,
};

db_tests!(
    funnels_are_kept_by_name_with_their_steps,
    funnels_that_cannot_be_walked_are_refused,
    a_goal_stays_while_a_funnel_uses_it,
    viewers_read_funnels_and_change_none,
    steps_are_taken_in_their_order_one_an_event,
    a_visit_over_midnight_walks_on,
    a_step_whose_goal_is_gone_is_taken_by_nobody,
    dashboards_of_a_goal_show_who_reached_it,
);

const SYSTEM: Principal = Principal::System;

pub(super) fn page(pattern: &str) -> GoalKind {
    GoalKind::Page {
        pattern: pattern.into(),
    }
}

pub(super) fn event(name: &str) -> GoalKind {
    GoalKind::Event {
        name: name.into(),
        properties: Vec::new(),
    }
}

pub(super) async fn add_goal(db: &Db, site: &Site, kind: &GoalKind) -> Goal {
    goal_service::create(db, &SYSTEM, site.id, "", kind, at("00:00"))
        .await
        .unwrap()
}

pub(super) async fn add(
    db: &Db,
    site: &Site,
    name: &str,
    scope: FunnelScope,
    steps: &[FunnelStep],
) -> Result<Funnel, ServiceError> {
    let new = NewFunnel {
        name: name.into(),
        scope,
        steps: steps.to_vec(),
    };
    funnel_service::create(db, &SYSTEM, site.id, &new, at("00:00")).await
}

pub(super) fn steps(kinds: &[GoalKind]) -> Vec<FunnelStep> {
    kinds.iter().cloned().map(FunnelStep::Other).collect()
}

async fn funnels_are_kept_by_name_with_their_steps(db: Db) {
    let site = a_site(&db, "UTC").await;
    let goal = add_goal(&db, &site, &page("/thanks")).await;
    let way = [
        FunnelStep::Other(page("/")),
        FunnelStep::Other(event("Signup")),
        FunnelStep::Goal(goal.id),
    ];
    let second = add(&db, &site, " Sign-up ", FunnelScope::Day, &way)
        .await
        .unwrap();
    let first = add(&db, &site, "buy", FunnelScope::Visit, &way[..2])
        .await
        .unwrap();
    assert_eq!((second.name.as_str(), second.steps.len()), ("Sign-up", 3));
    let found = funnel_service::find_all(&db, &SYSTEM, site.id).await;
    assert_eq!(found.unwrap(), [first.clone(), second.clone()]);
    let found = funnel_service::get(&db, &SYSTEM, site.id, second.id).await;
    assert_eq!(found.unwrap(), second);
    let again = add(&db, &site, "buy", FunnelScope::Day, &way).await;
    assert!(matches!(again, Err(ServiceError::Conflict(_))), "{again:?}");

    let ours = ("funnel".to_owned(), 2);
    assert!(rows_with_site_id(&db, site.id).await.contains(&ours));
    site_service::delete(&db, &SYSTEM, site.id).await.unwrap();
    let rows = rows_with_site_id(&db, site.id).await;
    assert!(rows.iter().all(|(_, count)| *count == 0), "{rows:?}");
}

async fn funnels_that_cannot_be_walked_are_refused(db: Db) {
    let site = a_site(&db, "UTC").await;
    let (good, bad) = (page("/"), page("no path"));
    for (name, steps, field, part) in [
        ("", steps(&[good.clone(), good.clone()]), "name", "1 to 120"),
        ("a", steps(&[]), "steps", "2 to 10"),
        ("a", steps(std::slice::from_ref(&good)), "steps", "2 to 10"),
        ("a", steps(&vec![good.clone(); 11]), "steps", "2 to 10"),
        (
            "a",
            steps(&[good.clone(), bad]),
            "steps",
            "step 2: it must begin",
        ),
        (
            "a",
            vec![
                FunnelStep::Goal(GoalId(999)),
                FunnelStep::Other(good.clone()),
            ],
            "steps",
            "step 1: there is no such goal",
        ),
    ] {
        match add(&db, &site, name, FunnelScope::Visit, &steps).await {
            Err(ServiceError::Invalid {
                field: found,
                reason,
            }) => {
                assert_eq!(found, field);
                assert!(reason.contains(part), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    let longest = steps(&vec![good; 10]);
    add(&db, &site, "a", FunnelScope::Visit, &longest)
        .await
        .unwrap();
}

async fn a_goal_stays_while_a_funnel_uses_it(db: Db) {
    let site = a_site(&db, "UTC").await;
    let goal = add_goal(&db, &site, &page("/thanks")).await;
    let way = [FunnelStep::Other(page("/")), FunnelStep::Goal(goal.id)];
    let funnel = add(&db, &site, "buy", FunnelScope::Visit, &way)
        .await
        .unwrap();
    match goal_service::delete(&db, &SYSTEM, site.id, goal.id).await {
        Err(ServiceError::Conflict(words)) => assert!(words.contains("buy"), "{words}"),
        other => panic!("{other:?}"),
    }
    for _ in 0..2 {
        let removed = funnel_service::delete(&db, &SYSTEM, site.id, funnel.id).await;
        let is_gone = matches!(removed, Err(ServiceError::NotFound("funnel")));
        assert!(removed.is_ok() || is_gone, "{removed:?}");
    }
    goal_service::delete(&db, &SYSTEM, site.id, goal.id)
        .await
        .unwrap();
}

async fn viewers_read_funnels_and_change_none(db: Db) {
    let site = a_site(&db, "UTC").await;
    let way = steps(&[page("/"), page("/thanks")]);
    let funnel = add(&db, &site, "buy", FunnelScope::Visit, &way)
        .await
        .unwrap();
    let viewer = Principal::User {
        id: UserId(7),
        email: "vic@x.test".into(),
        role: Role::Viewer,
    };
    let new = NewFunnel {
        name: "b".into(),
        scope: FunnelScope::Day,
        steps: way,
    };
    let added = funnel_service::create(&db, &viewer, site.id, &new, at("00:00")).await;
    assert!(matches!(added, Err(ServiceError::ReadOnly)), "{added:?}");
    let removed = funnel_service::delete(&db, &viewer, site.id, funnel.id).await;
    assert!(
        matches!(removed, Err(ServiceError::ReadOnly)),
        "{removed:?}"
    );
    let found = funnel_service::find_all(&db, &viewer, site.id).await;
    assert_eq!(found.unwrap(), [funnel]);
}

async fn counts(db: &Db, funnel: &Funnel, period: Period, now: Timestamp) -> Vec<u64> {
    let query = DashboardQuery {
        period,
        ..DashboardQuery::default()
    };
    let report =
        stats_service::get_funnel(db, &SYSTEM, "example.com", &query, funnel.id, now).await;
    let steps = report.unwrap().steps.into_iter();
    steps.map(|step| step.visitors).collect()
}

async fn steps_are_taken_in_their_order_one_an_event(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = |visitor, page: &str, time: &str| a_hit(&site, page).by(visitor).at(time);
    let hits: Vec<HitBuilder> = vec![
        // The wrong way round.
        hit(1, "/b", "10:00"),
        hit(1, "/a", "10:01"),
        // In order, with something in between, in two visits.
        hit(2, "/a", "10:02"),
        hit(2, "/x", "10:03"),
        hit(2, "/b", "11:00"),
        // A page once is one step, twice is two.
        hit(3, "/a", "11:10"),
        hit(4, "/a", "11:11"),
        hit(4, "/a", "11:12"),
        hit(4, "/b", "11:13"),
    ];
    store(&db, &hits).await;
    let there = steps(&[page("/a"), page("/b")]);
    let twice = steps(&[page("/a"), page("/a")]);
    for (scope, way, expected) in [
        (FunnelScope::Visit, &there, [4, 1]),
        (FunnelScope::Day, &there, [4, 2]),
        (FunnelScope::Visit, &twice, [4, 1]),
    ] {
        let name = format!("{scope:?} {way:?}");
        let name: String = name.chars().take(100).collect();
        let funnel = add(&db, &site, &name, scope, way).await.unwrap();
        let found = counts(&db, &funnel, Period::Today, at("12:00")).await;
        assert_eq!(found, expected, "{name}");
    }
}

async fn a_visit_over_midnight_walks_on(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        a_hit(&site, "/a").by(1).at("2026-11-24T23:50:00Z"),
        a_hit(&site, "/b")
            .by(101)
            .known_as(1)
            .at("2026-11-25T00:05:00Z"),
        a_hit(&site, "/c")
            .by(101)
            .known_as(1)
            .at("2026-11-25T00:10:00Z"),
        // A visit of its own on the second day.
        a_hit(&site, "/a")
            .by(101)
            .known_as(1)
            .at("2026-11-25T12:00:00Z"),
    ];
    store(&db, &hits).await;
    let way = steps(&[page("/a"), page("/b"), page("/c")]);
    let in_visit = add(&db, &site, "visit", FunnelScope::Visit, &way)
        .await
        .unwrap();
    let in_day = add(&db, &site, "day", FunnelScope::Day, &way)
        .await
        .unwrap();
    let dates = |from, to| Period::Custom {
        from: Date::new(2026, 11, from).unwrap(),
        to: Date::new(2026, 11, to).unwrap(),
    };
    for is_closed in [false, true] {
        if is_closed {
            assert_eq!(close_days(&db, &site, at("2026-11-26T03:00:00Z")).await, 2);
        }
        let now = at("2026-11-26T04:00:00Z");
        for (funnel, period, expected) in [
            (&in_visit, dates(24, 25), [2, 1, 1]),
            (&in_visit, dates(24, 24), [1, 0, 0]),
            // The visit over midnight began before.
            (&in_visit, dates(25, 25), [1, 0, 0]),
            (&in_day, dates(24, 25), [2, 0, 0]),
        ] {
            let found = counts(&db, funnel, period, now).await;
            assert_eq!(found, expected, "{} {period:?} {is_closed}", funnel.name);
        }
    }
}

async fn a_step_whose_goal_is_gone_is_taken_by_nobody(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(&db, &[a_hit(&site, "/a"), a_hit(&site, "/b").at("12:01")]).await;
    let goal = add_goal(&db, &site, &page("/b")).await;
    let way = [FunnelStep::Other(page("/a")), FunnelStep::Goal(goal.id)];
    let funnel = add(&db, &site, "a", FunnelScope::Visit, &way)
        .await
        .unwrap();
    assert_eq!(
        counts(&db, &funnel, Period::Today, at("13:00")).await,
        [1, 1]
    );
    // A funnel keeps its goals from being removed; only by another way can one be gone.
    let row = schema::goal::table.filter(schema::goal::id.eq(goal.id.0));
    let deleted: Result<usize, DbError> =
        with_conn!(&db, |conn| diesel::delete(row).execute(conn).await);
    assert_eq!(deleted.unwrap(), 1);
    let today = DashboardQuery {
        period: Period::Today,
        ..DashboardQuery::default()
    };
    let now = at("13:00");
    let report = stats_service::get_funnel(&db, &SYSTEM, "example.com", &today, funnel.id, now)
        .await
        .unwrap();
    let steps: Vec<_> = report
        .steps
        .iter()
        .map(|step| (step.title.as_str(), step.visitors))
        .collect();
    assert_eq!(steps, [("Visit /a", 1), ("a goal that was removed", 0)]);
    let absent = stats_service::get_funnel(
        &db,
        &SYSTEM,
        "example.com",
        &DashboardQuery::default(),
        FunnelId(999),
        at("13:00"),
    )
    .await;
    assert!(
        matches!(absent, Err(ServiceError::NotFound("funnel"))),
        "{absent:?}"
    );
}

async fn dashboards_of_a_goal_show_who_reached_it(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = |visitor, country: &str, page: &str, time: &str| {
        a_hit(&site, page).by(visitor).in_country(country).at(time)
    };
    store(
        &db,
        &[
            hit(1, "DE", "/", "10:00"),
            hit(1, "DE", "/thanks", "10:01"),
            hit(2, "DE", "/", "10:02"),
            hit(3, "FR", "/", "10:03"),
            hit(4, "US", "/thanks", "10:04"),
        ],
    )
    .await;
    let goal = add_goal(&db, &site, &page("/thanks")).await;
    let query = DashboardQuery {
        period: Period::Today,
        goal: Some(goal.id),
        ..DashboardQuery::default()
    };
    let now = at("12:00");
    let dashboard = stats_service::get_dashboard(
        &db,
        &SYSTEM,
        "example.com",
        &query,
        &[Dimension::Country.into(), Dimension::Page.into()],
        10,
        now,
    )
    .await
    .unwrap();
    let visitors = |at: usize| -> Vec<_> {
        let rows = dashboard.breakdowns[at].rows.iter();
        rows.map(|row| (row.value.as_str(), row.figures.visitors))
            .collect()
    };
    assert_eq!(visitors(0), [("DE", 1), ("US", 1)]);
    assert_eq!(visitors(1), [("/thanks", 2), ("/", 1)]);
    let of = [
        (
            Dimension::Country.into(),
            vec!["DE".to_owned(), "US".to_owned(), "XX".to_owned()],
        ),
        (
            Dimension::Page.into(),
            vec!["/thanks".to_owned(), "/".to_owned()],
        ),
        (
            Dimension::Hour.into(),
            vec!["10".to_owned(), "11".to_owned()],
        ),
    ];
    let all = stats_service::count_visitors_of(&db, &SYSTEM, "example.com", &query, &of, now)
        .await
        .unwrap();
    assert_eq!(all, [vec![2, 1, 0], vec![2, 3], vec![4, 0]]);
    let gone = DashboardQuery {
        goal: Some(GoalId(999)),
        ..query
    };
    let gone = stats_service::get_dashboard(&db, &SYSTEM, "example.com", &gone, &[], 10, now).await;
    assert!(
        matches!(gone, Err(ServiceError::NotFound("goal"))),
        "{gone:?}"
    );
}
