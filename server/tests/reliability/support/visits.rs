//! The visits as they follow from the raw events, and the comparison with the stored ones.

use std::collections::{BTreeMap, HashMap};

use super::database::{Stored, StoredEvent};

/// A longer silence ends a visit, attention from here on makes it no bounce, and identifiers lead with the time:
/// docs/metrics.md and docs/architecture.md, not the program's constants.
const VISIT_GAP_MS: i64 = 30 * 60 * 1_000;
const ENGAGED_VISIT_MS: i64 = 10_000;
const COUNTER_BITS: u32 = 20;

impl Stored {
    /// Every stored visit is what its events make it, no event is without one, and no visit was split.
    pub(crate) fn assert_visits_follow_from_events(&self) {
        let mut by_visit: BTreeMap<(i64, i64), Vec<&StoredEvent>> = BTreeMap::new();
        for event in &self.events {
            let visit = by_visit.entry((event.site_id, event.visit_id));
            visit.or_default().push(event);
        }
        assert_eq!(
            self.visits
                .iter()
                .map(|visit| (visit.site_id, visit.id))
                .collect::<Vec<_>>(),
            by_visit.keys().copied().collect::<Vec<_>>(),
            "the visits are those that events belong to"
        );
        for visit in &self.visits {
            let events = &by_visit[&(visit.site_id, visit.id)];
            self.assert_visit(visit, events);
        }
        self.assert_no_visit_is_split();
    }

    fn assert_visit(&self, visit: &super::database::StoredVisit, events: &[&StoredEvent]) {
        let named = |event: &StoredEvent, name| self.word(event.site_id, event.name) == name;
        let views: Vec<_> = events
            .iter()
            .filter(|event| named(event, "pageview"))
            .collect();
        let counted = events
            .iter()
            .filter(|event| !named(event, "engagement"))
            .count();
        let engaged_ms: i64 = events.iter().map(|event| i64::from(event.engaged_ms)).sum();
        let has_interaction = events.iter().any(|event| {
            event.is_interactive && !named(event, "pageview") && !named(event, "engagement")
        });
        let is_bounce = views.len() <= 1 && !has_interaction && engaged_ms < ENGAGED_VISIT_MS;
        let last_at = events.iter().map(|event| at(event.id)).max();
        assert_eq!(
            (
                usize::try_from(visit.pageviews),
                usize::try_from(visit.events),
                visit.engaged_ms,
                visit.is_bounce,
                Some(visit.last_at),
            ),
            (Ok(views.len()), Ok(counted), engaged_ms, is_bounce, last_at),
            "pageviews, events, engaged time, bounce and end of {visit:?}"
        );
        // Of two views in one millisecond either may have been the first.
        for (page, edge) in [
            (visit.entry_page, views.iter().map(|view| at(view.id)).min()),
            (visit.exit_page, views.iter().map(|view| at(view.id)).max()),
        ] {
            let is_possible = |view: &&StoredEvent| Some(at(view.id)) == edge && view.page == page;
            assert!(
                views.iter().any(|view| is_possible(view)) || (views.is_empty() && page == 0),
                "entry or exit page of {visit:?}"
            );
        }
    }

    fn assert_no_visit_is_split(&self) {
        let mut last: HashMap<(i64, i64), (i64, i64)> = HashMap::new();
        // Events come in the order of site and time.
        for event in &self.events {
            let now = (at(event.id), event.visit_id);
            if let Some((before, visit)) = last.insert((event.site_id, event.visitor_id), now) {
                assert!(
                    visit == event.visit_id || now.0 - before >= VISIT_GAP_MS,
                    "a visitor of site {} has two visits within {} ms",
                    event.site_id,
                    now.0 - before
                );
            }
        }
    }
}

/// The instant that an identifier leads with.
pub(crate) fn at(id: i64) -> i64 {
    id >> COUNTER_BITS
}
