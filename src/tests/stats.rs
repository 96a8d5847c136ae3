//! The statistics against an independent model: a plain recomputation from the hits, with sets and without cleverness.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::builders::{
    HitBuilder, a_hit, a_site, accepts, at, close_days, random_filter, store_as_batch,
};
use crate::{
    db::Db,
    domain::{
        BreakdownPage, Channel, Comparison, DashboardQuery, Date, Dimension, Figures, Filter,
        Period, Principal, Site, Subject, Timestamp,
    },
    ingest::EnrichedHit,
    services::{Live, stats_service},
};

db_tests!(
    dashboards_equal_the_model_for_random_traffic_and_filters,
    rows_are_ordered_by_visitors_then_value,
    comparison_of_an_open_day_stops_at_the_same_time,
    details_are_paged_sorted_and_searched,
    countries_and_languages_are_found_by_code_and_by_name,
    deleting_a_site_leaves_nothing_of_it,
    current_visitors_are_those_of_the_last_five_minutes,
    who_is_there_now_is_looked_up_once_a_second,
);

const NOW: &str = "2026-12-31T00:00:00Z";

/// A visit of the model: the hits in it.
struct ModelVisit<'a> {
    hits: Vec<&'a EnrichedHit>,
}

impl ModelVisit<'_> {
    fn views(&self) -> usize {
        self.hits
            .iter()
            .filter(|hit| hit.name == "pageview")
            .count()
    }

    fn is_bounce(&self) -> bool {
        let engaged: u32 = self.hits.iter().filter_map(|hit| hit.engaged_ms).sum();
        let interacted = self
            .hits
            .iter()
            .any(|hit| hit.name != "pageview" && hit.name != "engagement" && hit.is_interactive);
        self.views() <= 1 && !interacted && engaged < 10_000
    }

    fn duration_ms(&self) -> u64 {
        u64::try_from(self.hits.last().unwrap().at.0 - self.hits[0].at.0).unwrap()
    }
}

fn model_visits(hits: &[EnrichedHit]) -> Vec<ModelVisit<'_>> {
    let mut visits: Vec<ModelVisit<'_>> = Vec::new();
    for hit in hits {
        let open = visits.iter_mut().rev().find(|visit| {
            let last = visit.hits.last().unwrap();
            last.visitor.id == hit.visitor.id && hit.at.0 - last.at.0 < 30 * 60_000
        });
        match open {
            Some(visit) => visit.hits.push(hit),
            None if hit.name == "engagement" => {}
            None => visits.push(ModelVisit { hits: vec![hit] }),
        }
    }
    visits
}

fn model_figures(
    visits: &[ModelVisit<'_>],
    filters: &[Filter],
    from: Timestamp,
    to: Timestamp,
) -> Figures {
    let mut figures = Figures::default();
    let mut visitors = BTreeSet::new();
    for visit in visits {
        let first = visit.hits[0];
        let matches = |hit: &EnrichedHit| {
            filters.iter().all(|filter| {
                accepts(
                    filter,
                    match filter.subject.dimension().unwrap() {
                        Dimension::Page => &hit.page,
                        Dimension::Source => &first.source,
                        _ => &first.country,
                    },
                )
            })
        };
        let inside: Vec<_> = visit
            .hits
            .iter()
            .filter(|hit| hit.at >= from && hit.at < to && matches(hit))
            .collect();
        for hit in &inside {
            visitors.insert(hit.visitor.id);
            figures.pageviews += u64::from(hit.name == "pageview");
            figures.events += u64::from(hit.name != "engagement");
            figures.engaged_ms += u64::from(hit.engaged_ms.unwrap_or(0));
        }
        if first.at >= from && first.at < to && !inside.is_empty() {
            figures.visits += 1;
            figures.bounces += u64::from(visit.is_bounce());
            figures.duration_ms += visit.duration_ms();
        }
    }
    figures.visitors = visitors.len() as u64;
    figures
}

pub(super) fn random_hits(site: &Site, rng: &mut StdRng, count: usize) -> Vec<HitBuilder> {
    let mut now = at("2026-11-20T00:00:00Z").0;
    let pages = ["/", "/pricing", "/Docs", "/docs/a%20b", "/über"];
    (0..count)
        .map(|_| {
            now += rng.random_range(0..240_000);
            // A new set of visitors each UTC day, as the daily keys make it.
            let visitor = now / 86_400_000 * 1_000 + rng.random_range(0..25);
            let hit = a_hit(site, pages[rng.random_range(0..pages.len())])
                .by(visitor)
                .in_country(["DE", "FR", "US", ""][rng.random_range(0..4)]);
            let hit = match rng.random_range(0..3) {
                0 => hit.from("Google", Channel::Search),
                1 => hit.from("Hacker News", Channel::Social),
                _ => hit,
            };
            let mut hit = match rng.random_range(0..10) {
                0..6 => hit,
                6..9 => hit.engaged(rng.random_range(0..8_000), rng.random_range(0..=100)),
                _ if rng.random() => hit.event("Signup"),
                _ => hit.event("Seen").not_interactive(),
            };
            hit.0.at = Timestamp(now);
            hit
        })
        .collect()
}

async fn dashboards_equal_the_model_for_random_traffic_and_filters(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut rng = StdRng::seed_from_u64(7);
    let hits = random_hits(&site, &mut rng, 2_500);
    for chunk in hits.chunks(97) {
        store_as_batch(&db, chunk).await;
    }
    let hits: Vec<EnrichedHit> = hits.into_iter().map(|hit| hit.0).collect();
    let visits = model_visits(&hits);
    for question in 0..90 {
        // First from rows alone, then from some days in blocks, then from all.
        match question {
            30 => assert_eq!(close_days(&db, &site, at("2026-11-23T03:00:00Z")).await, 3),
            60 => assert_eq!(close_days(&db, &site, at(NOW)).await, 1),
            _ => {}
        }
        let day = rng.random_range(20..26);
        let (from, to) = (
            Date::new(2026, 11, day).unwrap(),
            Date::new(2026, 11, rng.random_range(day..27)).unwrap(),
        );
        let mut filters = Vec::new();
        for (dimension, values) in [
            (Dimension::Page, ["/", "/docs", "/nowhere", "/über"]),
            (Dimension::Source, ["Google", "", "hacker", "Bing"]),
            (Dimension::Country, ["DE", "", "U", "FR"]),
        ] {
            if rng.random_range(0..3) == 0 {
                filters.push(random_filter(&mut rng, dimension, &values));
            }
        }
        let query = DashboardQuery {
            period: Period::Custom { from, to },
            comparison: Comparison::Off,
            filters: filters.clone(),
            ..Default::default()
        };
        let dimensions = [Dimension::Source, Dimension::Page].map(Subject::from);
        let found = stats_service::get_dashboard(
            &db,
            &Principal::System,
            "example.com",
            &query,
            &dimensions,
            50,
            at(NOW),
        )
        .await
        .unwrap();
        let expected = model_figures(&visits, &filters, found.from, found.to);
        assert_eq!(
            found.figures, expected,
            "{from} to {to}, filters {filters:?}"
        );

        let by_source = &found.breakdowns[0];
        for row in &by_source.rows {
            let filter = Filter::is(Dimension::Source, row.value.clone());
            let mut narrowed = filters.clone();
            narrowed.push(filter);
            assert_eq!(
                row.figures,
                model_figures(&visits, &narrowed, found.from, found.to),
                "source {}",
                row.value
            );
        }
        let of_pages: u64 = found.breakdowns[1]
            .rows
            .iter()
            .map(|row| row.figures.pageviews)
            .sum();
        assert_eq!(
            of_pages, expected.pageviews,
            "pages add up to the pageviews"
        );
    }
}

async fn rows_are_ordered_by_visitors_then_value(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [("/b", 1), ("/c", 2), ("/a", 3), ("/d", 4), ("/d", 5)];
    let hits: Vec<_> = hits
        .iter()
        .map(|(page, visitor)| a_hit(&site, page).by(*visitor))
        .collect();
    store_as_batch(&db, &hits).await;
    let found = stats_service::get_dashboard(
        &db,
        &Principal::System,
        "example.com",
        &DashboardQuery {
            period: Period::Today,
            ..Default::default()
        },
        &[Dimension::Page.into()],
        3,
        at("13:00"),
    )
    .await
    .unwrap();
    let pages: Vec<_> = found.breakdowns[0]
        .rows
        .iter()
        .map(|row| row.value.as_str())
        .collect();
    assert_eq!(pages, ["/d", "/a", "/b"]);
    assert_eq!(
        (
            found.breakdowns[0].total_rows,
            found.breakdowns[0].max_visitors
        ),
        (4, 2)
    );
}

async fn comparison_of_an_open_day_stops_at_the_same_time(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        a_hit(&site, "/").by(1).at("2026-11-23T08:00:00Z"),
        a_hit(&site, "/").by(2).at("2026-11-23T18:00:00Z"),
        a_hit(&site, "/").by(3).at("09:00"),
    ];
    store_as_batch(&db, &hits).await;
    let query = DashboardQuery {
        period: Period::Today,
        ..Default::default()
    };
    let found = stats_service::get_dashboard(
        &db,
        &Principal::System,
        "example.com",
        &query,
        &[],
        3,
        at("12:30"),
    )
    .await
    .unwrap();
    assert_eq!(
        (
            found.figures.visitors,
            found.previous.map(|previous| previous.visitors)
        ),
        (1, Some(1))
    );
    assert_eq!(found.timeseries.points.len(), 13);
    assert!(found.timeseries.is_last_open);
    assert_eq!(
        found.timeseries.points[8]
            .previous
            .as_ref()
            .map(|(_, figures)| figures.visitors),
        Some(1)
    );
}

async fn details_are_paged_sorted_and_searched(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits: Vec<_> = (0..30)
        .map(|n| a_hit(&site, &format!("/page-{n:02}")).by(n % 3))
        .collect();
    store_as_batch(&db, &hits).await;
    let page = BreakdownPage {
        order: crate::domain::BreakdownOrder::Value,
        is_ascending: true,
        search: "PAGE-1".into(),
        offset: 4,
        limit: 3,
        ..BreakdownPage::default()
    };
    let query = DashboardQuery {
        period: Period::Today,
        ..Default::default()
    };
    let found = stats_service::get_breakdown(
        &db,
        &Principal::System,
        "example.com",
        &query,
        Dimension::Page,
        &page,
        at("13:00"),
    )
    .await
    .unwrap();
    let pages: Vec<_> = found.rows.iter().map(|row| row.value.as_str()).collect();
    assert_eq!(
        (pages, found.total_rows),
        (vec!["/page-14", "/page-15", "/page-16"], 10)
    );
}

async fn countries_and_languages_are_found_by_code_and_by_name(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut hits = [
        a_hit(&site, "/").by(1).in_country("DE"),
        a_hit(&site, "/").by(2).in_country("NL"),
        a_hit(&site, "/").by(3).in_country("XX"),
    ];
    hits[1].0.language = "fy-NL".into();
    store_as_batch(&db, &hits).await;
    let query = DashboardQuery {
        period: Period::Today,
        ..Default::default()
    };
    for (dimension, search, expected) in [
        (Dimension::Country, "german", vec!["DE"]),
        (Dimension::Country, "de", vec!["DE"]),
        (Dimension::Country, "land", vec!["NL"]),
        (Dimension::Country, "xx", vec!["XX"]),
        (Dimension::Country, "", vec!["DE", "NL", "XX"]),
        (Dimension::Language, "frisian", vec!["fy-NL"]),
        (Dimension::Language, "-nl", vec!["fy-NL"]),
    ] {
        let page = BreakdownPage {
            search: search.into(),
            ..Default::default()
        };
        let found = stats_service::get_breakdown(
            &db,
            &Principal::System,
            "example.com",
            &query,
            dimension,
            &page,
            at("13:00"),
        )
        .await
        .unwrap();
        let values: Vec<_> = found.rows.iter().map(|row| row.value.as_str()).collect();
        assert_eq!(values, expected, "{search}");
    }
}

async fn deleting_a_site_leaves_nothing_of_it(db: Db) {
    use crate::services::site_service;
    let site = a_site(&db, "UTC").await;
    store_as_batch(&db, &[a_hit(&site, "/")]).await;
    site_service::delete(&db, &Principal::System, site.id)
        .await
        .unwrap();
    let tables = super::rows_with_site_id(&db, site.id).await;
    assert!(
        tables.len() >= 3,
        "the test knows the tables that have a site_id: {tables:?}"
    );
    assert!(
        tables.iter().all(|(_, rows)| *rows == 0),
        "rows are left: {tables:?}"
    );
}

async fn current_visitors_are_those_of_the_last_five_minutes(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        a_hit(&site, "/").by(1).at("11:54"),
        a_hit(&site, "/").by(2).at("11:56"),
        a_hit(&site, "/").by(2),
    ];
    store_as_batch(&db, &hits).await;
    let count =
        stats_service::count_current_visitors(&db, &Principal::System, "example.com", at("12:00"))
            .await;
    assert_eq!(count.unwrap(), 1);
}

async fn who_is_there_now_is_looked_up_once_a_second(db: Db) {
    let site = a_site(&db, "UTC").await;
    let hits = [
        a_hit(&site, "/old").by(1).at("11:31"),
        a_hit(&site, "/a")
            .by(2)
            .at("11:56")
            .from("Google", Channel::Search)
            .in_country("DE"),
        a_hit(&site, "/b").by(2).at("11:57").in_country("DE"),
        a_hit(&site, "/a").by(3).at("12:00").in_country("FR"),
    ];
    store_as_batch(&db, &hits).await;
    let live = Live::default();
    let now = at("12:00").plus_ms(500);
    let found = live.get(&db, &site, now).await.unwrap();
    assert_eq!(found.current_visitors, 2);
    assert_eq!(
        (found.minutes.len(), found.minutes.iter().sum::<u64>()),
        (30, 4)
    );
    assert_eq!((found.minutes[0], found.minutes[29]), (1, 1));
    let values: Vec<Vec<_>> = found
        .breakdowns
        .iter()
        .map(|table| {
            let rows = table.rows.iter();
            rows.map(|row| (row.value.as_str(), row.figures.visitors))
                .collect()
        })
        .collect();
    assert_eq!(
        values,
        [
            vec![("/a", 2), ("/b", 1)],
            vec![("", 1), ("Google", 1)],
            vec![("DE", 1), ("FR", 1)],
        ]
    );
    assert_eq!(live.count(&db, &site, now).await.unwrap(), 2);
    // What comes meanwhile is seen a second later, or a minute where a look takes long.
    store_as_batch(&db, &[a_hit(&site, "/a").by(4).at("12:00")]).await;
    let soon = live.get(&db, &site, now.plus_ms(900)).await.unwrap();
    let later = live.get(&db, &site, now.plus_ms(60_000)).await.unwrap();
    assert_eq!((soon.current_visitors, later.current_visitors), (2, 3));
    for (later_ms, expected) in [(900, 2), (60_000, 3)] {
        let count = live.count(&db, &site, now.plus_ms(later_ms)).await;
        assert_eq!(count.unwrap(), expected);
    }
}
