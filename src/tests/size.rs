//! Answers that would be larger than a machine should hold, on both databases.

use super::builders::{a_hit, a_site, at, store_as_batch};
use crate::{
    db::Db,
    domain::{
        Condition, DateRange, Dimension, Filter, Group, Metric, Period, Principal, StatsQuery,
    },
    services::{ServiceError, stats_service},
};

db_tests!(more_combinations_than_may_be_are_refused);

async fn more_combinations_than_may_be_are_refused(db: Db) {
    let site = a_site(&db, "UTC").await;
    // One more than tests may have.
    let hits: Vec<_> = (0..=20_000)
        .map(|number| {
            let mut hit = a_hit(&site, &format!("/{number}"));
            hit.0.at = hit.0.at.plus_ms(number);
            hit
        })
        .collect();
    for chunk in hits.chunks(2_000) {
        store_as_batch(&db, chunk).await;
    }
    let by = |dimensions: &[Dimension]| StatsQuery {
        groups: dimensions
            .iter()
            .map(|dimension| Group::Subject((*dimension).into()))
            .collect(),
        ..StatsQuery::totals(DateRange::Period(Period::Today), vec![Metric::Pageviews])
    };
    let ask = async |query| {
        stats_service::answer(&db, &Principal::System, "example.com", &query, at("13:00")).await
    };
    let both = by(&[Dimension::Page, Dimension::Country]);
    match ask(both.clone()).await {
        Err(ServiceError::Invalid { field, reason }) => {
            assert_eq!(field, "query");
            assert!(reason.contains("combinations"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    // The values of one dimension are in the dictionary anyway.
    let pages = ask(by(&[Dimension::Page])).await.unwrap();
    assert_eq!(pages.total_rows, 20_001);
    let few = StatsQuery {
        condition: Condition::all(&[Filter::is(Dimension::Page, "/7")]),
        ..both
    };
    assert_eq!(ask(few).await.unwrap().total_rows, 1);
}
