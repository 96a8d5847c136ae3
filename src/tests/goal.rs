//! Goals of sites on both databases.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::builders::{a_hit, a_site, at, store};
use crate::{
    db::{Db, DbError, schema::goal, with_conn},
    domain::{
        DashboardQuery, Dimension, Filter, Goal, GoalId, GoalKind, NewSite, Period, Principal,
        Role, Site, SiteId, Timestamp, UserId,
    },
    services::{ServiceError, goal_service, site_service, stats_service},
    tests::rows_with_site_id,
};

db_tests!(
    goals_are_listed_by_name_and_called_what_they_are,
    a_name_is_taken_once_a_site,
    goals_that_cannot_be_reached_are_not_stored,
    a_site_has_at_most_100_goals,
    a_goal_is_removed_from_its_own_site_only,
    viewers_read_goals_and_change_none,
    a_goal_that_cannot_be_used_is_told_and_not_counted,
    values_that_no_text_can_be_have_no_visitors,
);

const SYSTEM: Principal = Principal::System;
const NOW: Timestamp = Timestamp(1_795_478_400_000);

fn page(pattern: &str) -> GoalKind {
    GoalKind::Page {
        pattern: pattern.into(),
    }
}

fn signup_where_plan_matches(pattern: &str) -> GoalKind {
    let filter = Filter {
        values: vec![pattern.into()],
        ..Filter::parse("property.plan:matches:a").unwrap()
    };
    GoalKind::Event {
        name: "Signup".into(),
        properties: vec![filter],
    }
}

async fn add(db: &Db, site: &Site, name: &str, kind: &GoalKind) -> Result<Goal, ServiceError> {
    goal_service::create(db, &SYSTEM, site.id, name, kind, NOW).await
}

async fn names(db: &Db, site: &Site) -> Vec<String> {
    let goals = goal_service::find_all(db, &SYSTEM, site.id).await.unwrap();
    goals.into_iter().map(|goal| goal.name).collect()
}

async fn another_site(db: &Db) -> Site {
    let new = NewSite {
        domain: "other.example".into(),
        name: String::new(),
        time_zone: String::new(),
    };
    let site = site_service::create(db, &SYSTEM, &new, at("00:00")).await;
    site.unwrap()
}

async fn goals_are_listed_by_name_and_called_what_they_are(db: Db) {
    let site = a_site(&db, "UTC").await;
    let event = GoalKind::Event {
        name: " Signup ".into(),
        properties: vec![Filter::parse("property.plan:is:pro|team").unwrap()],
    };
    let scroll = GoalKind::Scroll {
        pattern: "/blog/**".into(),
        percent: 75,
    };
    add(&db, &site, "", &event).await.unwrap();
    add(&db, &site, " ", &page(" /thanks ")).await.unwrap();
    add(&db, &site, "apples", &scroll).await.unwrap();
    let goals = goal_service::find_all(&db, &SYSTEM, site.id).await.unwrap();
    let found: Vec<_> = goals
        .iter()
        .map(|goal| (goal.name.as_str(), goal.kind.to_string(), goal.created_at))
        .collect();
    let signup = "Signup where plan = pro or team";
    assert_eq!(
        found,
        [
            ("apples", "Scroll 75% of /blog/**".into(), NOW),
            (signup, signup.into(), NOW),
            ("Visit /thanks", "Visit /thanks".into(), NOW),
        ]
    );
}

async fn a_name_is_taken_once_a_site(db: Db) {
    let site = a_site(&db, "UTC").await;
    let other = another_site(&db).await;
    add(&db, &site, "Thanks", &page("/a")).await.unwrap();
    add(&db, &other, "Thanks", &page("/a")).await.unwrap();
    let again = add(&db, &site, "Thanks", &page("/b")).await;
    assert!(matches!(again, Err(ServiceError::Conflict(_))), "{again:?}");
    let nowhere = goal_service::create(&db, &SYSTEM, SiteId(999), "a", &page("/a"), NOW).await;
    assert!(
        matches!(nowhere, Err(ServiceError::NotFound("site"))),
        "{nowhere:?}"
    );
}

async fn goals_that_cannot_be_reached_are_not_stored(db: Db) {
    let site = a_site(&db, "UTC").await;
    for (name, kind, expected) in [
        ("", page("thanks"), "pattern"),
        (&"a".repeat(121), page("/a"), "name"),
        ("a\u{7}b", page("/a"), "name"),
        ("", signup_where_plan_matches("("), "property"),
    ] {
        match add(&db, &site, name, &kind).await {
            Err(ServiceError::Invalid { field, .. }) => assert_eq!(field, expected),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(names(&db, &site).await, [""; 0]);
    // What a goal is may be longer than a name.
    let long = page(&format!("/{}", "a".repeat(500)));
    let goal = add(&db, &site, "", &long).await.unwrap();
    assert_eq!(goal.name.chars().count(), Goal::NAME_LIMIT);
    assert_eq!(goal.kind, long);
}

async fn a_site_has_at_most_100_goals(db: Db) {
    let site = a_site(&db, "UTC").await;
    for number in 0..Goal::LIMIT {
        add(&db, &site, "", &page(&format!("/{number}")))
            .await
            .unwrap();
    }
    match add(&db, &site, "", &page("/more")).await {
        Err(ServiceError::Invalid { field, reason }) => {
            assert_eq!(field, "goals");
            assert!(reason.contains("at most 100"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    let other = another_site(&db).await;
    add(&db, &other, "", &page("/more")).await.unwrap();
}

async fn a_goal_is_removed_from_its_own_site_only(db: Db) {
    let site = a_site(&db, "UTC").await;
    let other = another_site(&db).await;
    let goal = add(&db, &site, "a", &page("/a")).await.unwrap();
    add(&db, &other, "b", &page("/a")).await.unwrap();
    for (site, id) in [(&other, goal.id), (&site, GoalId(999))] {
        let error = goal_service::delete(&db, &SYSTEM, site.id, id).await;
        assert!(
            matches!(error, Err(ServiceError::NotFound("goal"))),
            "{error:?}"
        );
    }
    goal_service::delete(&db, &SYSTEM, site.id, goal.id)
        .await
        .unwrap();
    assert_eq!(names(&db, &site).await, [""; 0]);
    let ours = ("goal".to_owned(), 1);
    assert!(rows_with_site_id(&db, other.id).await.contains(&ours));
    site_service::delete(&db, &SYSTEM, other.id).await.unwrap();
    let rows = rows_with_site_id(&db, other.id).await;
    assert!(rows.iter().all(|(_, count)| *count == 0), "{rows:?}");
}

async fn viewers_read_goals_and_change_none(db: Db) {
    let site = a_site(&db, "UTC").await;
    let goal = add(&db, &site, "a", &page("/a")).await.unwrap();
    let viewer = Principal::User {
        id: UserId(7),
        email: "vic@x.test".into(),
        role: Role::Viewer,
    };
    let added = goal_service::create(&db, &viewer, site.id, "b", &page("/b"), NOW).await;
    assert!(matches!(added, Err(ServiceError::ReadOnly)), "{added:?}");
    let removed = goal_service::delete(&db, &viewer, site.id, goal.id).await;
    assert!(
        matches!(removed, Err(ServiceError::ReadOnly)),
        "{removed:?}"
    );
    let goals = goal_service::find_all(&db, &viewer, site.id).await.unwrap();
    assert_eq!(goals, [goal]);
}

async fn a_goal_that_cannot_be_used_is_told_and_not_counted(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(
        &db,
        &[a_hit(&site, "/a"), a_hit(&site, "/a").event("Signup")],
    )
    .await;
    add(&db, &site, "Read", &page("/a")).await.unwrap();
    let broken = add(&db, &site, "Broken", &page("/b")).await.unwrap();
    // As a version without the check could have saved it.
    let definition = serde_json::to_string(&signup_where_plan_matches("(")).unwrap();
    let row = goal::table.filter(goal::id.eq(broken.id.0));
    let written: Result<usize, DbError> = with_conn!(&db, |conn| diesel::update(row)
        .set(goal::definition.eq(&definition))
        .execute(conn)
        .await);
    assert_eq!(written.unwrap(), 1);
    let today = DashboardQuery {
        period: Period::Today,
        ..DashboardQuery::default()
    };
    let reports = stats_service::count_goals(&db, &SYSTEM, &site.domain, &today, at("13:00"))
        .await
        .unwrap();
    let found: Vec<_> = reports
        .iter()
        .map(|report| (report.goal.unusable().is_some(), report.visitors))
        .collect();
    assert_eq!(found, [(true, 0), (false, 1)]);
    let reached = DashboardQuery {
        goal: Some(broken.id),
        ..today
    };
    let dashboard =
        stats_service::get_dashboard(&db, &SYSTEM, &site.domain, &reached, &[], 0, at("13:00"));
    assert_eq!(dashboard.await.unwrap().figures.visitors, 0);
}

async fn values_that_no_text_can_be_have_no_visitors(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(&db, &[a_hit(&site, "/a")]).await;
    let query = DashboardQuery {
        period: Period::Today,
        ..DashboardQuery::default()
    };
    let values = [(Dimension::Page.into(), vec!["/a\0".into(), "/a".into()])];
    let found =
        stats_service::count_visitors_of(&db, &SYSTEM, &site.domain, &query, &values, at("13:00"));
    assert_eq!(found.await.unwrap(), [[0, 1]]);
}
