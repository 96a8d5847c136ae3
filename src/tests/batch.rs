//! Batches as the writer's connection stores them: of any length, whole or not at all.

use super::{
    builders::{a_site, at},
    rows_with_site_id,
};
use crate::{
    db::Db,
    domain::{EventId, Site, VisitId},
    services::event_service::{Batch, DictionaryRow, EventRow, EventWriter},
};

db_tests!(
    batches_of_every_length_are_stored_whole,
    a_batch_of_which_a_row_is_refused_leaves_nothing,
);

/// Events and strings of the numbers `numbers`.
fn a_batch(site: &Site, numbers: std::ops::Range<u32>) -> Batch {
    let event = |number| EventRow {
        site_id: site.id.0,
        id: EventId::new(at("12:00"), number).0,
        visit_id: VisitId::new(at("12:00"), 1).0,
        visitor_id: 1,
        name: 0,
        hostname: 0,
        page: 0,
        engaged_ms: 0,
        scroll_depth: None,
        is_interactive: true,
        props: None,
        revenue_amount: None,
        revenue_currency: None,
        title: 0,
    };
    let word = |number: u32| DictionaryRow {
        site_id: site.id.0,
        id: number.into(),
        value: format!("word {number}"),
    };
    Batch {
        events: numbers.clone().map(event).collect(),
        dictionary: numbers.map(word).collect(),
        ..Batch::default()
    }
}

async fn count(db: &Db, site: &Site, table: &str) -> i64 {
    let rows = rows_with_site_id(db, site.id).await;
    let found = rows.into_iter().find(|(name, _)| name == table);
    found.expect("a table of this name").1
}

/// The lengths meet every combination of statements of 32, 6 and 1 rows on SQLite.
async fn batches_of_every_length_are_stored_whole(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut writer = EventWriter::open(&db).await.unwrap();
    let mut stored = 0;
    for length in [1, 5, 6, 7, 31, 32, 33, 38, 39, 64, 77] {
        let batch = a_batch(&site, stored + 1..stored + 1 + length);
        assert_eq!(writer.write(&batch).await.unwrap(), []);
        stored += length;
        assert_eq!(count(&db, &site, "event").await, i64::from(stored));
        assert_eq!(count(&db, &site, "dictionary").await, i64::from(stored));
    }
}

async fn a_batch_of_which_a_row_is_refused_leaves_nothing(db: Db) {
    let site = a_site(&db, "UTC").await;
    let mut writer = EventWriter::open(&db).await.unwrap();
    writer.write(&a_batch(&site, 1..2)).await.unwrap();
    // The last event has a number that is taken; the strings and the other events are sound.
    let mut refused = a_batch(&site, 2..50);
    refused.events.extend(a_batch(&site, 1..2).events);
    assert!(writer.write(&refused).await.is_err());
    assert_eq!(count(&db, &site, "event").await, 1);
    assert_eq!(count(&db, &site, "dictionary").await, 1);
    assert_eq!(writer.write(&a_batch(&site, 2..50)).await.unwrap(), []);
    assert_eq!(count(&db, &site, "event").await, 49);
    assert_eq!(count(&db, &site, "dictionary").await, 49);
}
