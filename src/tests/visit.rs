//! Visits as docs/metrics.md defines them, from stored hits to the figures of a dashboard.

use super::{
    builders::{HitBuilder, a_hit, a_site, at, store, store_as_batch},
    rows_with_site_id,
};
use crate::{
    db::{Db, DbError},
    domain::{Date, Figures, Metric, NewSite, Period, Principal, Site, Timestamp},
    ingest::{DropReason, Outcome, Store},
    services::{ServiceError, site_service, stats_service},
};

db_tests!(
    views_within_30_minutes_are_one_visit,
    visitor_returning_after_31_minutes_opens_a_new_visit,
    engagement_keeps_a_visit_open_and_makes_its_duration,
    engagement_without_a_visit_is_refused,
    visit_over_midnight_stays_one_visit_and_counts_a_visitor_on_both_days,
    only_a_short_quiet_visit_of_one_page_is_a_bounce,
    one_transaction_and_many_give_the_same_figures,
    visits_survive_a_restart,
    empty_period_has_no_bounce_rate,
    events_of_a_site_that_was_deleted_leave_nothing,
    a_second_writer_is_kept_out_until_the_first_is_gone,
);

async fn figures_of(db: &Db, site: &Site, from: &str, to: &str) -> Figures {
    let period = Period::Custom {
        from: Date::parse(from).unwrap(),
        to: Date::parse(to).unwrap(),
    };
    let query = crate::domain::DashboardQuery {
        period,
        ..Default::default()
    };
    let now = at("2026-12-31T00:00:00Z");
    let dashboard =
        stats_service::get_dashboard(db, &Principal::System, &site.domain, &query, &[], 10, now)
            .await
            .unwrap();
    let buckets = dashboard
        .timeseries
        .points
        .iter()
        .map(|point| point.figures);
    let sum = |of: fn(&Figures) -> u64| buckets.clone().map(|figures| of(&figures)).sum::<u64>();
    assert_eq!(
        sum(|figures| figures.pageviews),
        dashboard.figures.pageviews,
        "buckets add up to the total"
    );
    assert_eq!(
        sum(|figures| figures.visits),
        dashboard.figures.visits,
        "buckets add up to the total"
    );
    dashboard.figures
}

async fn figures(db: &Db, site: &Site) -> Figures {
    figures_of(db, site, "2026-11-24", "2026-11-24").await
}

async fn views_within_30_minutes_are_one_visit(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(
        &db,
        &[
            a_hit(&site, "/").at("12:00"),
            a_hit(&site, "/a").at("12:29"),
            a_hit(&site, "/b").at("12:58"),
        ],
    )
    .await;
    let figures = figures(&db, &site).await;
    assert_eq!(
        (figures.visitors, figures.visits, figures.pageviews),
        (1, 1, 3)
    );
    assert_eq!(figures.value(Metric::VisitDuration), Some(58.0 * 60.0));
}

async fn visitor_returning_after_31_minutes_opens_a_new_visit(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(
        &db,
        &[
            a_hit(&site, "/").at("12:00"),
            a_hit(&site, "/a").at("12:31"),
        ],
    )
    .await;
    let figures = figures(&db, &site).await;
    assert_eq!(
        (
            figures.visitors,
            figures.visits,
            figures.pageviews,
            figures.bounces
        ),
        (1, 2, 2, 2)
    );
}

async fn engagement_keeps_a_visit_open_and_makes_its_duration(db: Db) {
    let site = a_site(&db, "UTC").await;
    let read = a_hit(&site, "/article");
    store(
        &db,
        &[
            read.clone().at("12:00"),
            read.clone().engaged(360_000, 80).at("12:20"),
            read.clone().engaged(1_000, 90).at("12:40"),
            a_hit(&site, "/next").at("13:05"),
        ],
    )
    .await;
    let figures = figures(&db, &site).await;
    assert_eq!(
        (
            figures.visits,
            figures.pageviews,
            figures.events,
            figures.engaged_ms
        ),
        (1, 2, 2, 361_000)
    );
    assert_eq!(figures.value(Metric::VisitDuration), Some(65.0 * 60.0));
}

async fn engagement_without_a_visit_is_refused(db: Db) {
    let site = a_site(&db, "UTC").await;
    let outcomes = store(&db, &[a_hit(&site, "/").engaged(5_000, 50)]).await;
    assert_eq!(outcomes, [Outcome::Dropped(DropReason::NoVisit)]);
    assert_eq!(figures(&db, &site).await, Figures::default());
}

async fn visit_over_midnight_stays_one_visit_and_counts_a_visitor_on_both_days(db: Db) {
    let site = a_site(&db, "Europe/Berlin").await;
    // Berlin's midnight is 23:00 UTC; after it the visitor's id is another.
    store(
        &db,
        &[
            a_hit(&site, "/a").by(1).at("22:50"),
            a_hit(&site, "/b").by(2).known_as(1).at("23:05"),
            a_hit(&site, "/c").by(2).known_as(1).at("23:20"),
        ],
    )
    .await;
    let first = figures_of(&db, &site, "2026-11-24", "2026-11-24").await;
    let second = figures_of(&db, &site, "2026-11-25", "2026-11-25").await;
    let both = figures_of(&db, &site, "2026-11-24", "2026-11-25").await;
    assert_eq!((first.visitors, first.visits, first.pageviews), (1, 1, 1));
    assert_eq!(
        (second.visitors, second.visits, second.pageviews),
        (1, 0, 2)
    );
    assert_eq!(
        (both.visitors, both.visits, both.pageviews, both.duration_ms),
        (2, 1, 3, 30 * 60 * 1_000)
    );
}

async fn only_a_short_quiet_visit_of_one_page_is_a_bounce(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hit = || a_hit(&site, "/");
    let hits: Vec<HitBuilder> = vec![
        hit().by(1).at("12:00"),
        hit().by(2).at("12:00"),
        hit().by(2).at("12:01"),
        hit().by(3).at("12:00"),
        hit().by(3).event("Signup").at("12:01"),
        hit().by(4).at("12:00"),
        hit().by(4).event("Scrolled").not_interactive().at("12:01"),
        hit().by(5).at("12:00"),
        hit().by(5).engaged(9_999, 10).at("12:01"),
        hit().by(6).at("12:00"),
        hit().by(6).engaged(5_000, 10).at("12:01"),
        hit().by(6).engaged(5_000, 10).at("12:02"),
    ];
    store(&db, &hits).await;
    let figures = figures(&db, &site).await;
    // Visitors 1, 4 and 5 bounced.
    assert_eq!((figures.visits, figures.bounces), (6, 3));
    assert_eq!(figures.value(Metric::BounceRate), Some(0.5));
}

async fn one_transaction_and_many_give_the_same_figures(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = |offset: i64| -> Vec<HitBuilder> {
        (0..60)
            .map(|n| {
                let hit = a_hit(&site, ["/", "/a", "/b"][n % 3])
                    .by(offset + i64::try_from(n % 7).unwrap());
                let mut hit = if n % 5 == 4 {
                    hit.engaged(3_000, 40)
                } else {
                    hit
                };
                hit.0.at = Timestamp(at("08:00").0 + i64::try_from(n).unwrap() * 11 * 60_000 / 2);
                hit
            })
            .collect()
    };
    store(&db, &hits(100)).await;
    let one_by_one = figures(&db, &site).await;
    store_as_batch(&db, &hits(200)).await;
    let both = figures(&db, &site).await;
    assert!(
        one_by_one.visits > 7,
        "the gap splits visits within the batch too"
    );
    assert_eq!(both.visits, 2 * one_by_one.visits);
    assert_eq!(both.visitors, 2 * one_by_one.visitors);
    assert_eq!(both.duration_ms, 2 * one_by_one.duration_ms);
    assert_eq!(both.bounces, 2 * one_by_one.bounces);
    assert_eq!(both.engaged_ms, 2 * one_by_one.engaged_ms);
}

async fn visits_survive_a_restart(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(&db, &[a_hit(&site, "/").at("12:00")]).await;
    // A second store is a second start of the program.
    store(&db, &[a_hit(&site, "/a").at("12:10")]).await;
    let figures = figures(&db, &site).await;
    assert_eq!(
        (figures.visits, figures.pageviews, figures.bounces),
        (1, 2, 0)
    );
}

async fn empty_period_has_no_bounce_rate(db: Db) {
    let site = a_site(&db, "UTC").await;
    let figures = figures(&db, &site).await;
    assert_eq!(figures.value(Metric::BounceRate), None);
    assert_eq!(figures.value(Metric::Visitors), Some(0.0));
}

async fn events_of_a_site_that_was_deleted_leave_nothing(db: Db) {
    let site = a_site(&db, "UTC").await;
    let other = NewSite {
        domain: "other.example".into(),
        name: String::new(),
        time_zone: String::new(),
    };
    let other = site_service::create(&db, &Principal::System, &other, at("00:00"))
        .await
        .unwrap();
    let mut store = Store::open(db.clone(), at("12:00")).await.unwrap();
    let hits = [
        a_hit(&site, "/a").at("12:00"),
        a_hit(&other, "/b").at("12:01"),
        a_hit(&site, "/c").at("12:02"),
    ];
    let mut write = async || store.write(hits.iter().map(|hit| &hit.0)).await.unwrap();
    assert_eq!(write().await, [Outcome::Stored; 3]);
    site_service::delete(&db, &Principal::System, site.id)
        .await
        .unwrap();
    // The store still knows the visit and the strings, as it does for two seconds in a running program.
    for _ in 0..2 {
        let unknown = Outcome::Dropped(DropReason::UnknownSite);
        assert_eq!(write().await, [unknown, Outcome::Stored, unknown]);
    }
    let rows = rows_with_site_id(&db, site.id).await;
    assert!(rows.iter().all(|(_, count)| *count == 0), "{rows:?}");
    let rows = rows_with_site_id(&db, other.id).await;
    assert!(rows.contains(&("event".into(), 3)), "{rows:?}");
}

async fn a_second_writer_is_kept_out_until_the_first_is_gone(db: Db) {
    let first = Store::open(db.clone(), at("12:00")).await.unwrap();
    let second = Store::open(db.clone(), at("12:00")).await;
    assert!(matches!(
        second,
        Err(ServiceError::Database(DbError::WriterElsewhere))
    ));
    drop(first);
    assert!(Store::open(db, at("12:00")).await.is_ok());
}
