//! Closed days answer every question as their rows did, whatever interrupts their closing and whatever comes late.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    builders::{a_hit, a_site, at, close_days, random_filter, store, store_as_batch},
    stats::random_hits,
};
use crate::{
    db::{Db, schema, with_conn},
    domain::{
        ComparedRange, Condition, Date, DateRange, Dimension, Filter, Group, Interval, Metric,
        Period, Principal, Site, StatsAnswer, StatsQuery, Subject, Timestamp,
    },
    services::{ServiceError, site_service, stats_service},
};

db_tests!(
    every_question_has_the_same_answer_from_rows_and_from_blocks,
    months_answer_as_their_days_do,
    a_closed_day_leaves_no_rows_and_no_visitor_ids,
    a_sweep_that_was_interrupted_goes_on,
    of_two_processes_that_close_a_day_one_does,
    what_comes_late_is_added_to_its_closed_day,
    days_wait_for_visits_that_go_on,
    a_change_of_time_zone_moves_no_closed_day,
    a_damaged_block_is_an_error_and_no_panic,
);

const NOW: &str = "2026-12-02T00:00:00Z";

async fn ask(db: &Db, query: &StatsQuery) -> StatsAnswer {
    stats_service::answer(db, &Principal::System, "example.com", query, at(NOW))
        .await
        .unwrap()
}

fn dates(from: &str, to: &str) -> DateRange {
    DateRange::Period(Period::Custom {
        from: Date::parse(from).unwrap(),
        to: Date::parse(to).unwrap(),
    })
}

/// Totals of the last days of November.
async fn totals(db: &Db) -> Vec<Option<f64>> {
    let metrics = [
        Metric::Visitors,
        Metric::Visits,
        Metric::Pageviews,
        Metric::Events,
    ];
    let query = StatsQuery::totals(dates("2026-11-20", "2026-11-30"), metrics.to_vec());
    ask(db, &query).await.rows.remove(0).metrics
}

fn group(subject: impl Into<Subject>) -> Group {
    Group::Subject(subject.into())
}

/// Questions by every dimension, property and interval, with conditions of every kind.
fn questions(rng: &mut StdRng) -> Vec<StatsQuery> {
    let plan = Subject::Property("plan".into());
    let mut groups: Vec<Vec<Group>> = Dimension::ALL
        .into_iter()
        .map(|of| vec![group(of)])
        .collect();
    groups.extend([
        vec![],
        vec![group(plan.clone())],
        vec![Group::Time(Interval::Hour)],
        vec![Group::Time(Interval::Day)],
        vec![Group::Time(Interval::Week)],
        vec![group(Dimension::Country), group(Dimension::Source)],
        vec![Group::Time(Interval::Day), group(Dimension::Page)],
        vec![
            group(plan.clone()),
            group(Dimension::Event),
            group(Dimension::Hour),
        ],
    ]);
    let by_plan = Filter {
        subject: plan,
        ..Filter::is(Dimension::Page, "pro")
    };
    let is_german = Condition::Filter(Filter::is(Dimension::Country, "DE"));
    let is_docs = Condition::Filter(Filter::parse("page:contains:docs").unwrap());
    let signed_up = Condition::Filter(Filter::is(Dimension::Event, "Signup"));
    let conditions = [
        Condition::All(Vec::new()),
        Condition::Filter(by_plan),
        Condition::Any(vec![is_german.clone(), is_docs.clone()]),
        Condition::All(vec![
            Condition::HasDone(Box::new(signed_up.clone())),
            Condition::Not(Box::new(is_docs)),
        ]),
        Condition::Not(Box::new(Condition::HasDone(Box::new(signed_up)))),
        Condition::Filter(Filter::parse("hour:is:03|04|17").unwrap()),
        Condition::Filter(Filter::is(Dimension::Page, "/nowhere")),
    ];
    let mut questions = Vec::new();
    for groups in groups {
        let is_of_visits = |metric: &Metric| StatsQuery {
            groups: groups.clone(),
            ..StatsQuery::totals(dates("2026-11-20", "2026-11-30"), vec![*metric])
        };
        let metrics: Vec<Metric> = Metric::ALL
            .into_iter()
            .filter(|metric| is_of_visits(metric).check().is_ok())
            .collect();
        for range in [
            dates("2026-11-20", "2026-11-30"),
            dates("2026-11-21", "2026-11-22"),
            DateRange::Instants {
                from: at("2026-11-20T13:17:00Z"),
                to: at("2026-11-22T05:01:00Z"),
            },
        ] {
            let random = random_filter(rng, Dimension::Page, &["/", "/docs", "/über"]);
            let condition = match rng.random_range(0..=conditions.len()) {
                at if at < conditions.len() => conditions[at].clone(),
                _ => Condition::Filter(random),
            };
            questions.push(StatsQuery {
                groups: groups.clone(),
                condition,
                ..StatsQuery::totals(range, metrics.clone())
            });
        }
    }
    questions
}

async fn every_question_has_the_same_answer_from_rows_and_from_blocks(db: Db) {
    let site = a_site(&db, "Europe/Paris").await;
    let mut rng = StdRng::seed_from_u64(11);
    let mut hits = random_hits(&site, &mut rng, 2_500);
    for hit in hits.iter_mut().filter(|hit| hit.0.name != "engagement") {
        let props = ["{\"plan\":\"pro\"}", "{\"plan\":\"free\",\"a:b\":\"1\"}"];
        hit.0.props = props
            .get(rng.random_range(0..3))
            .map(|props| (*props).to_owned());
    }
    for chunk in hits.chunks(211) {
        store_as_batch(&db, chunk).await;
    }
    let questions = questions(&mut rng);
    let mut from_rows = Vec::new();
    for query in &questions {
        let answer = ask(&db, query).await;
        assert_eq!(answer.plan.block_days + answer.plan.rolled_up_days, 0);
        from_rows.push(answer);
    }
    let answered = from_rows
        .iter()
        .filter(|answer| answer.total_rows > 1)
        .count();
    assert!(answered > 30, "only {answered} questions have rows");

    let (mut from_blocks, mut from_roll_ups, mut skipped) = (0, 0, 0);
    for (until, days) in [("2026-11-21T12:00:00Z", 1), (NOW, 3)] {
        assert_eq!(close_days(&db, &site, at(until)).await, days);
        for (query, expected) in questions.iter().zip(&from_rows) {
            let answer = ask(&db, query).await;
            assert_eq!(
                answer.rows, expected.rows,
                "{query:?} with {:?}",
                answer.plan
            );
            from_blocks += answer.plan.block_days;
            from_roll_ups += answer.plan.rolled_up_days;
            skipped += answer.plan.skipped_days;
        }
    }
    assert!(
        from_blocks > 50 && from_roll_ups > 5 && skipped > 1,
        "{from_blocks} {from_roll_ups} {skipped}"
    );
}

async fn months_answer_as_their_days_do(db: Db) {
    let site = a_site(&db, "America/New_York").await;
    let hits: Vec<_> = (0..300)
        .map(|n| {
            let mut hit = a_hit(&site, ["/", "/a", "/b"][n % 3]).by(n as i64);
            hit.0.at = Timestamp(at("2026-08-20T00:00:00Z").0 + n as i64 * 25_000_000);
            hit
        })
        .collect();
    store_as_batch(&db, &hits).await;
    let query = StatsQuery {
        groups: vec![group(Dimension::Page)],
        comparison: ComparedRange::Comparison {
            comparison: crate::domain::Comparison::Previous,
            is_weekday_matched: true,
        },
        ..StatsQuery::totals(
            dates("2026-08-25", "2026-11-10"),
            vec![Metric::Visitors, Metric::Pageviews, Metric::TimeOnPage],
        )
    };
    let by_week = StatsQuery {
        groups: vec![Group::Time(Interval::Week)],
        ..query.clone()
    };
    let expected = (ask(&db, &query).await, ask(&db, &by_week).await);
    assert!(close_days(&db, &site, at(NOW)).await > 60);
    let months = schema::roll_up::table
        .filter(schema::roll_up::days.gt(1))
        .count();
    let months: i64 = with_conn!(&db, |conn| months.get_result(conn).await).unwrap();
    assert_eq!(months % 3, 0, "August to October by each dimension");
    let found = (ask(&db, &query).await, ask(&db, &by_week).await);
    assert_eq!(
        (&found.0.rows, &found.1.rows),
        (&expected.0.rows, &expected.1.rows)
    );
    let plan = &found.0.plan;
    assert!(plan.rolled_up_days > 60 && plan.block_days == 0);
    assert_eq!(plan.rolled_up_months, 2, "September and October");
    assert_eq!(plan.columns, [""; 0]);
    let filtered = StatsQuery {
        condition: Condition::Filter(Filter::is(Dimension::Country, "DE")),
        ..by_week
    };
    let plan = ask(&db, &filtered).await.plan;
    assert!(plan.block_days > 60 && plan.rolled_up_days + plan.rolled_up_months == 0);
    assert!(plan.columns.contains(&"Country".into()) && !plan.columns.contains(&"Source".into()));
}

async fn count(db: &Db, site: &Site) -> (i64, i64) {
    use schema::{event, visit};
    let events = event::table.filter(event::site_id.eq(site.id.0)).count();
    let visits = visit::table.filter(visit::site_id.eq(site.id.0)).count();
    (
        with_conn!(db, |conn| events.get_result(conn).await).unwrap(),
        with_conn!(db, |conn| visits.get_result(conn).await).unwrap(),
    )
}

async fn a_closed_day_leaves_no_rows_and_no_visitor_ids(db: Db) {
    let site = a_site(&db, "UTC").await;
    let visitor = 0x0123_4567_89ab_cdef;
    let hits = [
        a_hit(&site, "/").by(visitor).at("09:00"),
        a_hit(&site, "/").by(visitor).at("09:10"),
        // Goes on into the next day, for which its visit is needed.
        a_hit(&site, "/").by(visitor + 1).at("23:55"),
        a_hit(&site, "/").by(visitor + 1).at("2026-11-25T00:10:00Z"),
    ];
    store(&db, &hits).await;
    assert_eq!(close_days(&db, &site, at("2026-11-25T03:00:00Z")).await, 1);
    assert_eq!(count(&db, &site).await, (1, 1));
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    assert_eq!(count(&db, &site).await, (0, 0));
    let parts: Vec<Vec<u8>> = with_conn!(&db, |conn| schema::day_part::table
        .select(schema::day_part::data)
        .load(conn)
        .await)
    .unwrap();
    let has = |bytes: &[u8]| {
        parts
            .iter()
            .any(|part| part.windows(8).any(|at| at == bytes))
    };
    assert!(!has(&visitor.to_le_bytes()) && !has(&visitor.to_be_bytes()));
    assert_eq!(totals(&db).await, [3.0, 2.0, 4.0, 4.0].map(Some));
}

async fn a_sweep_that_was_interrupted_goes_on(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits: Vec<_> = (0..5_000)
        .map(|n| {
            let mut hit = a_hit(&site, "/").by(n / 3);
            hit.0.at = hit.0.at.plus_ms(n);
            hit
        })
        .collect();
    for chunk in hits.chunks(1_000) {
        store_as_batch(&db, chunk).await;
    }
    let before = totals(&db).await;
    let prepare = || stats_service::prepare_day(&db, &site, at(NOW));
    let mut closed = prepare().await.unwrap().unwrap();
    assert_eq!(closed.events(), 5_000);
    stats_service::store_day(&db, &closed).await.unwrap();
    assert_eq!(
        (totals(&db).await, count(&db, &site).await.0),
        (before.clone(), 5_000)
    );
    assert!(stats_service::sweep(&db, &mut closed).await.unwrap());
    drop(closed);
    assert_eq!(
        (totals(&db).await, count(&db, &site).await.0),
        (before.clone(), 3_000)
    );
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    assert_eq!(
        (totals(&db).await, count(&db, &site).await),
        (before, (0, 0))
    );
}

async fn of_two_processes_that_close_a_day_one_does(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(
        &db,
        &[
            a_hit(&site, "/a").by(1).at("09:00"),
            a_hit(&site, "/a").by(2),
        ],
    )
    .await;
    let before = totals(&db).await;
    let prepare = || stats_service::prepare_day(&db, &site, at(NOW));
    let mut first = prepare().await.unwrap().unwrap();
    let second = prepare().await.unwrap().unwrap();
    stats_service::store_day(&db, &first).await.unwrap();
    while stats_service::sweep(&db, &mut first).await.unwrap() {}
    assert!(stats_service::store_day(&db, &second).await.is_err());
    assert_eq!(totals(&db).await, before);

    // The same for what comes late.
    store(&db, &[a_hit(&site, "/b").by(3).at("09:30")]).await;
    let first = prepare().await.unwrap().unwrap();
    let second = prepare().await.unwrap().unwrap();
    stats_service::store_day(&db, &first).await.unwrap();
    assert!(stats_service::store_day(&db, &second).await.is_err());
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    assert_eq!(totals(&db).await, [3.0, 3.0, 3.0, 3.0].map(Some));
}

async fn what_comes_late_is_added_to_its_closed_day(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(
        &db,
        &[
            a_hit(&site, "/a").by(1).at("09:00"),
            a_hit(&site, "/a").by(2).at("10:00"),
        ],
    )
    .await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    // The clock was set back.
    store(
        &db,
        &[
            a_hit(&site, "/b").by(3).at("09:30"),
            a_hit(&site, "/a").by(3).at("09:31"),
        ],
    )
    .await;
    assert_eq!(close_days(&db, &site, at(NOW)).await, 1);
    assert_eq!(close_days(&db, &site, at(NOW)).await, 0);
    assert_eq!(totals(&db).await, [3.0, 3.0, 4.0, 4.0].map(Some));
    assert_eq!(count(&db, &site).await, (0, 0));
    let query = StatsQuery {
        groups: vec![group(Dimension::Page)],
        ..StatsQuery::totals(dates("2026-11-24", "2026-11-24"), vec![Metric::Visitors])
    };
    let rows = ask(&db, &query).await.rows;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.groups[0].as_str(), row.metrics[0]))
        .collect();
    assert_eq!(rows, [("/a", Some(3.0)), ("/b", Some(1.0))]);
}

async fn days_wait_for_visits_that_go_on(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut hits = vec![a_hit(&site, "/").by(1).at("23:50")];
    hits.extend((1..30).map(|n| {
        let mut hit = a_hit(&site, "/").by(1).at("23:50");
        hit.0.at = hit.0.at.plus_ms(n * 20 * 60_000);
        hit
    }));
    store(&db, &hits).await;
    assert_eq!(close_days(&db, &site, at("2026-11-25T01:00:00Z")).await, 0);
    assert_eq!(close_days(&db, &site, at("2026-11-25T05:00:00Z")).await, 0);
    // Not for ever.
    assert_eq!(close_days(&db, &site, at("2026-11-25T07:00:00Z")).await, 1);
    assert_eq!(totals(&db).await, [2.0, 1.0, 30.0, 30.0].map(Some));
}

async fn a_change_of_time_zone_moves_no_closed_day(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits: Vec<_> = (0..96)
        .map(|n| {
            let mut hit = a_hit(&site, "/").by(n);
            hit.0.at = Timestamp(at("2026-11-22T00:30:00Z").0 + n * 3_600_000);
            hit
        })
        .collect();
    store_as_batch(&db, &hits).await;
    assert_eq!(close_days(&db, &site, at("2026-11-24T03:00:00Z")).await, 2);
    for zone in [
        "Asia/Tokyo",
        "America/Los_Angeles",
        "Pacific/Kiritimati",
        "UTC",
    ] {
        let changed = site_service::update(&db, &Principal::System, site.id, "Example", zone);
        let changed = changed.await.unwrap();
        assert_eq!(totals(&db).await[2], Some(96.0), "{zone}");
        close_days(&db, &changed, at("2026-11-25T03:00:00Z")).await;
        assert_eq!(totals(&db).await[2], Some(96.0), "{zone}");
    }
    close_days(&db, &site, at(NOW)).await;
    assert_eq!(totals(&db).await, [96.0; 4].map(Some));
    assert_eq!(count(&db, &site).await, (0, 0));
}

async fn a_damaged_block_is_an_error_and_no_panic(db: Db) {
    let site = a_site(&db, "UTC").await;
    store(&db, &[a_hit(&site, "/")]).await;
    close_days(&db, &site, at(NOW)).await;
    let query = StatsQuery {
        condition: Condition::Filter(Filter::is(Dimension::Page, "/")),
        ..StatsQuery::totals(dates("2026-11-24", "2026-11-24"), vec![Metric::Visitors])
    };
    assert_eq!(ask(&db, &query).await.rows[0].metrics[0], Some(1.0));
    for data in [vec![], vec![1], vec![0; 100]] {
        let damage = diesel::update(schema::day_part::table).set(schema::day_part::data.eq(data));
        with_conn!(&db, |conn| damage.execute(conn).await).unwrap();
        let answer =
            stats_service::answer(&db, &Principal::System, "example.com", &query, at(NOW)).await;
        assert!(
            matches!(answer, Err(ServiceError::Database(_))),
            "{answer:?}"
        );
    }
}
