//! Which events and visits a question is about: the filters, resolved to numbers of the site's dictionary.

use rustc_hash::FxHashSet;

use super::{
    facts::{EventFact, Facts, VisitFact, Word},
    words,
};
use crate::{
    db::{Db, DbError},
    domain::{Dimension, Filter, FilterOperator, SiteId},
};

struct Condition {
    dimension: Dimension,
    words: FxHashSet<Word>,
    is_negated: bool,
}

/// All conditions of a question; all must hold.
pub(super) struct Selection {
    of_events: Vec<Condition>,
    of_visits: Vec<Condition>,
}

impl Selection {
    /// No conditions.
    pub(super) fn everything() -> Self {
        Self {
            of_events: Vec::new(),
            of_visits: Vec::new(),
        }
    }

    /// Looks the filters' values up. A value that no event ever had matches nothing.
    pub(super) async fn resolve(
        db: &Db,
        site: SiteId,
        filters: &[Filter],
    ) -> Result<Self, DbError> {
        let mut selection = Self::everything();
        for filter in filters {
            let words = match filter.operator {
                FilterOperator::Is | FilterOperator::IsNot => words::find(db, site, &filter.value)
                    .await?
                    .into_iter()
                    .collect(),
                FilterOperator::Contains => {
                    words::find_matching(db, site, |value| filter.accepts(value))
                        .await?
                        .into_iter()
                        .collect()
                }
            };
            let is_negated = filter.operator == FilterOperator::IsNot;
            let condition = Condition {
                dimension: filter.dimension,
                words,
                is_negated,
            };
            if filter.dimension.is_of_event() {
                selection.of_events.push(condition);
            } else {
                selection.of_visits.push(condition);
            }
        }
        Ok(selection)
    }

    fn accepts_event(&self, event: &EventFact) -> bool {
        self.of_events.iter().all(|condition| {
            let word = match condition.dimension {
                Dimension::Hostname => event.hostname,
                Dimension::Event => event.name,
                _ => event.page,
            };
            condition.words.contains(&word) != condition.is_negated
        })
    }

    fn accepts_visit(&self, visit: &VisitFact) -> bool {
        self.of_visits.iter().all(|condition| {
            condition.words.contains(&visit.word(condition.dimension)) != condition.is_negated
        })
    }

    /// Applies the conditions to facts: the events that match, each with where its visit stands, and for every visit
    /// whether it counts: it started in the range and, where events are filtered, has one that matches.
    pub(super) fn apply(&self, facts: &Facts) -> Selected {
        let accepted: Vec<bool> = facts
            .visits
            .iter()
            .map(|visit| self.accepts_visit(visit))
            .collect();
        let mut has_event = vec![self.of_events.is_empty(); facts.visits.len()];
        let mut events = Vec::with_capacity(facts.events.len());
        for (index, event) in facts.events.iter().enumerate() {
            let Some(visit) = facts.index_of(event.visit_id) else {
                continue;
            };
            if accepted[visit] && self.accepts_event(event) {
                has_event[visit] = true;
                events.push((index, visit));
            }
        }
        let visits = (0..facts.visits.len())
            .filter(|&visit| {
                accepted[visit] && has_event[visit] && facts.counts(&facts.visits[visit])
            })
            .collect();
        Selected { events, visits }
    }
}

/// Positions in [`Facts`].
pub(super) struct Selected {
    /// Event and its visit, in the order of the facts.
    pub(super) events: Vec<(usize, usize)>,
    /// Visits that count.
    pub(super) visits: Vec<usize>,
}
