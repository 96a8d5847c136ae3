//! Made-up traffic: the stored figures against those computed from the model's own hits.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rustc_hash::FxHashMap;

use super::builders::{a_site, at};
use crate::{
    db::{Db, schema, with_conn},
    domain::{
        DashboardQuery, EventId, Figures, Principal, Role, Site, SiteId, Timestamp, VitalsQuery,
    },
    ingest::{EnrichedHit, Ingest, IngestSettings},
    seed::{self, SeedPlan, demo},
    services::{
        ServiceError, funnel_service, goal_service, site_service, stats_service, user_service,
        vitals_service,
    },
};

db_tests!(
    figures_of_a_seed_equal_those_of_its_model,
    a_seed_writes_exactly_the_events_asked_for_into_the_period,
    a_plan_of_nothing_is_refused,
    demo_fills_each_gap_once,
    demo_account_may_look_only,
    demo_sites_are_set_up_once,
    demo_plays_on_where_it_was_prepared,
);

const NOW: &str = "2026-11-24T15:20:00Z";

fn plan(days: u32, events: u64, visitors: Option<u64>) -> SeedPlan {
    SeedPlan {
        days,
        events,
        seed: 7,
        visitors,
    }
}

/// What the figures should be, from the hits alone.
fn model_figures(hits: &[EnrichedHit]) -> Figures {
    struct Visit {
        first: i64,
        last: i64,
        views: u64,
        engaged_ms: u64,
        has_interaction: bool,
    }
    let mut figures = Figures::default();
    let mut visits: Vec<Visit> = Vec::new();
    let mut open: FxHashMap<i64, usize> = FxHashMap::default();
    let mut visitors = BTreeSet::new();
    for hit in hits {
        let ids = [Some(hit.visitor.id), hit.visitor.previous];
        let known = ids.into_iter().flatten().find_map(|id| {
            let visit = *open.get(&id.0)?;
            (hit.at.0 - visits[visit].last < 30 * 60_000).then_some(visit)
        });
        let visit = known.unwrap_or_else(|| {
            visits.push(Visit {
                first: hit.at.0,
                last: hit.at.0,
                views: 0,
                engaged_ms: 0,
                has_interaction: false,
            });
            visits.len() - 1
        });
        open.insert(hit.visitor.id.0, visit);
        visitors.insert(hit.visitor.id);
        let visit = &mut visits[visit];
        visit.last = hit.at.0;
        visit.views += u64::from(hit.is_pageview());
        visit.engaged_ms += u64::from(hit.engaged_ms.unwrap_or(0));
        visit.has_interaction |= !hit.is_pageview() && !hit.is_engagement();
        figures.pageviews += u64::from(hit.is_pageview());
        figures.events += u64::from(!hit.is_engagement());
        figures.engaged_ms += u64::from(hit.engaged_ms.unwrap_or(0));
    }
    figures.visitors = visitors.len() as u64;
    figures.visits = visits.len() as u64;
    for visit in visits {
        let is_bounce = visit.views <= 1 && !visit.has_interaction && visit.engaged_ms < 10_000;
        figures.bounces += u64::from(is_bounce);
        figures.duration_ms += (visit.last - visit.first).unsigned_abs();
    }
    figures
}

async fn stored_times(db: &Db, site: SiteId) -> Vec<Timestamp> {
    let query = schema::event::table
        .filter(schema::event::site_id.eq(site.0))
        .order(schema::event::id)
        .select(schema::event::id);
    let ids: Vec<i64> = with_conn!(db, |conn| query.load(conn).await).expect("the events are read");
    ids.into_iter().map(|id| EventId(id).at()).collect()
}

/// The figures of the last 28 days.
async fn dashboard_figures(db: &Db, site: &Site, now: Timestamp) -> Figures {
    let query = DashboardQuery::default();
    stats_service::get_dashboard(db, &Principal::System, &site.domain, &query, &[], 10, now)
        .await
        .unwrap()
        .figures
}

async fn figures_of_a_seed_equal_those_of_its_model(db: Db) {
    let site = a_site(&db, "Europe/Berlin").await;
    let (plan, now) = (plan(20, 3_000, None), at(NOW));
    let summary = seed::run(&db, &site, &plan, now, |_| {}).await.unwrap();

    let hits: Vec<EnrichedHit> = seed::seed_traffic(&site, &plan, now).collect();
    let expected = model_figures(&hits);
    assert_eq!(dashboard_figures(&db, &site, now).await, expected);
    assert_eq!(summary.visitors, expected.visitors);
}

async fn a_seed_writes_exactly_the_events_asked_for_into_the_period(db: Db) {
    let site = a_site(&db, "America/New_York").await;
    let mut before = 0;
    for (days, events, visitors, now) in [
        (1, 1, None, "2026-01-10T12:00:00Z"),
        (1, 700, None, "2026-02-10T05:00:00.001Z"),
        (3, 900, Some(400), "2026-03-10T12:00:00Z"),
        (2, 500, Some(500), "2026-04-10T12:00:00Z"),
        (9, 600, Some(90), "2026-05-10T12:00:00Z"),
    ] {
        let plan = plan(days, events, visitors);
        let mut told = 0;
        let summary = seed::run(&db, &site, &plan, at(now), |done| told = done)
            .await
            .unwrap();
        assert_eq!((summary.events, told), (events, events), "{now}");
        let times = stored_times(&db, site.id).await;
        let new = &times[before..];
        assert_eq!(new.len() as u64, events, "{now}");
        assert!(
            new.iter()
                .all(|time| (summary.from..summary.to).contains(time)),
            "{now}"
        );
        if let Some(visitors) = visitors {
            assert!(
                summary.visitors.abs_diff(visitors) <= visitors / 20 + 3,
                "{now}: {}",
                summary.visitors
            );
        }
        before = times.len();
    }
}

async fn a_plan_of_nothing_is_refused(db: Db) {
    let site = a_site(&db, "UTC").await;
    for (plan, expected) in [(plan(0, 5, None), "days"), (plan(5, 0, None), "events")] {
        let refused = seed::run(&db, &site, &plan, at(NOW), |_| {}).await;
        assert!(matches!(refused, Err(ServiceError::Invalid { field, .. }) if field == expected));
    }
}

async fn demo_sites(db: &Db) -> Vec<Site> {
    site_service::find_all(db, &Principal::System)
        .await
        .unwrap()
}

async fn demo_fills_each_gap_once(db: Db) {
    let (first, second) = (at("2026-11-22T23:10:00Z"), at("2026-11-24T04:50:00Z"));
    let done = demo::prepare_days(&db, first, 2, |_| {}).await.unwrap();
    assert!(done.is_first_start && done.events > 1_000);
    let measured = measurements(&db, first).await;
    let again = demo::prepare_days(&db, first, 2, |_| {}).await.unwrap();
    assert!(!again.is_first_start);
    assert_eq!(again.events, 0);
    assert!(measured > 100);
    assert_eq!(measurements(&db, first).await, measured);
    demo::prepare_days(&db, second, 2, |_| {}).await.unwrap();

    let sites = demo_sites(&db).await;
    assert_eq!(sites.len(), 3);
    for site in sites {
        let hits: Vec<EnrichedHit> = demo::demo_traffic(&site, None)
            .take_while(|hit| hit.at <= second)
            .collect();
        let times: Vec<Timestamp> = hits.iter().map(|hit| hit.at).collect();
        assert_eq!(stored_times(&db, site.id).await, times, "{}", site.domain);
        assert_eq!(
            dashboard_figures(&db, &site, second).await,
            model_figures(&hits)
        );
    }
}

/// Page views of all sites that were measured.
async fn measurements(db: &Db, now: Timestamp) -> u64 {
    let mut sum = 0;
    for site in demo_sites(db).await {
        let (system, query) = (Principal::System, VitalsQuery::default());
        let report = vitals_service::get_report(db, &system, &site.domain, &query, 10, now).await;
        sum += report.unwrap().measurements();
    }
    sum
}

async fn demo_account_may_look_only(db: Db) {
    demo::prepare_days(&db, at(NOW), 0, |_| {}).await.unwrap();
    let user = user_service::find_by_credentials(&db, demo::EMAIL, demo::PASSWORD).await;
    assert_eq!(user.unwrap().map(|user| user.role), Some(Role::Viewer));
}

async fn demo_sites_are_set_up_once(db: Db) {
    demo::prepare_days(&db, at(NOW), 2, |_| {}).await.unwrap();
    let system = Principal::System;
    for site in demo_sites(&db).await {
        let goals = goal_service::find_all(&db, &system, site.id).await.unwrap();
        assert!(goals.len() >= 3, "{}", site.domain);
        let funnels = funnel_service::find_all(&db, &system, site.id)
            .await
            .unwrap();
        assert_eq!(funnels.len(), 1);
        assert!(funnels[0].steps.len() >= 3, "{}", site.domain);
        let report = stats_service::get_funnel(
            &db,
            &system,
            &site.domain,
            &DashboardQuery::default(),
            funnels[0].id,
            at(NOW),
        )
        .await;
        let counts = report.unwrap().steps;
        assert!(
            counts[..2].iter().all(|step| step.visitors > 0),
            "{counts:?}"
        );
        funnel_service::delete(&db, &system, site.id, funnels[0].id)
            .await
            .unwrap();
    }
    demo::prepare_days(&db, at(NOW), 2, |_| {}).await.unwrap();
    for site in demo_sites(&db).await {
        let funnels = funnel_service::find_all(&db, &system, site.id)
            .await
            .unwrap();
        assert!(funnels.is_empty(), "{}", site.domain);
    }
}

async fn demo_plays_on_where_it_was_prepared(db: Db) {
    let now = at("2026-11-24T23:50:00Z");
    demo::prepare_days(&db, now, 1, |_| {}).await.unwrap();
    let ingest = Ingest::start(&db, &IngestSettings::default(), now)
        .await
        .unwrap();
    let ingest = Arc::new(ingest);
    let sites = demo_sites(&db).await;
    let busiest = sites
        .iter()
        .find(|site| site.domain == "keelson.example")
        .unwrap();
    let prepared = stored_times(&db, busiest.id).await.len();

    play_until(&db, &ingest, busiest, prepared + 60).await;
    for site in &sites {
        let stored = stored_times(&db, site.id).await;
        let expected: Vec<Timestamp> = demo::demo_traffic(site, None)
            .take(stored.len())
            .map(|hit| hit.at)
            .collect();
        assert_eq!(stored, expected, "{}", site.domain);
    }

    site_service::delete(&db, &Principal::System, busiest.id)
        .await
        .unwrap();
    let other = sites.iter().find(|site| site.id != busiest.id).unwrap();
    let played = stored_times(&db, other.id).await.len();
    play_until(&db, &ingest, other, played + 10).await;
    assert_eq!(stored_times(&db, busiest.id).await, [], "stays deleted");
}

/// Plays the demo with a clock that is always ahead, so that nobody waits, until a site has so many events.
async fn play_until(db: &Db, ingest: &Arc<Ingest>, site: &Site, events: usize) {
    let playing = demo::play(Arc::clone(ingest), db.clone(), || Timestamp(i64::MAX));
    let playing = tokio::spawn(playing);
    while stored_times(db, site.id).await.len() < events {
        assert!(!playing.is_finished());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    playing.abort();
    // Aborted in the middle of a write, the writer may still be at it.
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn a_demo_site(domain: &str, time_zone: &str, created_at: &str) -> Site {
    Site {
        id: SiteId(1),
        domain: domain.into(),
        name: String::new(),
        time_zone: time_zone.into(),
        created_at: at(created_at),
        is_public: false,
    }
}

#[test]
fn the_same_inputs_give_the_same_hits_in_order() {
    let site = a_demo_site(
        "aurora-coffee.example",
        "America/New_York",
        "2026-03-01T05:00:00Z",
    );
    let hits = || demo::demo_traffic(&site, None).take(3_000);
    assert!(hits().eq(hits()));
    assert!(hits().is_sorted_by_key(|hit| hit.at));
    // Resuming in the middle of a day gives the same rest.
    let middle = hits().nth(1_500).unwrap().at;
    let rest = demo::demo_traffic(&site, Some(middle)).skip_while(|hit| hit.at <= middle);
    assert!(
        hits()
            .skip_while(|hit| hit.at <= middle)
            .map(|hit| hit.at)
            .eq(rest.take(1_499).map(|hit| hit.at))
    );
}

#[test]
fn traffic_looks_like_that_of_a_site() {
    let site = a_demo_site("keelson.example", "UTC", "2025-10-24T00:00:00Z");
    let (from, to) = (at("2026-11-09T00:00:00Z"), at("2026-11-23T00:00:00Z"));
    let hits: Vec<EnrichedHit> = demo::demo_traffic(&site, Some(from))
        .skip_while(|hit| hit.at < from)
        .take_while(|hit| hit.at < to)
        .collect();
    let figures = model_figures(&hits);
    let per_mille = |part: u64, whole: u64| part * 1_000 / whole;
    assert!((400..500).contains(&per_mille(figures.bounces, figures.visits)));
    assert!((2_000..3_000).contains(&per_mille(figures.pageviews, figures.visits)));
    assert!((500..800).contains(&(figures.visits / 14)));
    // Somebody is there at any time.
    let five_minutes = (to.0 - from.0) / 300_000;
    let busy: BTreeSet<i64> = hits.iter().map(|hit| hit.at.0 / 300_000).collect();
    assert!(
        busy.len() as i64 * 100 >= five_minutes * 99,
        "{} of {five_minutes}",
        busy.len()
    );
}
