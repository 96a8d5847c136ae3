//! How many visits go from page to page, step by step, and how that is told: the most visited pages by name, the rest together.

use std::{cmp::Reverse, collections::BTreeMap};

use rustc_hash::FxHashMap;

use super::{
    super::{
        tally::COMBINATION_LIMIT,
        words::{self, Word},
    },
    trail::{Trail, Way},
};
use crate::{
    db::{Db, DbError},
    domain::{JourneyFlow, JourneyNode, JourneyPlace, JourneyQuery, JourneyStep, SiteId},
};

/// On no page: where the first step is come to from, and where a visit without further pages goes. Numbers of strings are positive.
const OUTSIDE: Word = -1;

/// A step, the page of the step before it, and its own.
type Move = (usize, Word, Word);

/// The moves of all visits.
#[derive(Default)]
pub(super) struct Steps {
    moves: FxHashMap<Move, u64>,
}

impl Steps {
    /// Adds the way of a visit. Once there are too many combinations, further ones are left out: they are not told then.
    pub(super) fn add(&mut self, trail: &Trail, way: &Way) {
        if !trail.is_selected || self.is_cut() {
            return;
        }
        let pages = trail.steps(way);
        let mut before = OUTSIDE;
        let ends = (!pages.is_empty() && pages.len() < way.steps).then_some(OUTSIDE);
        for (step, page) in pages.into_iter().chain(ends).enumerate() {
            *self.moves.entry((step, before, page)).or_default() += 1;
            before = page;
        }
    }

    /// Whether it has met more combinations than it may.
    pub(super) fn is_cut(&self) -> bool {
        self.moves.len() > COMBINATION_LIMIT
    }

    /// All visits with a journey.
    pub(super) fn visits(&self) -> u64 {
        let moves = self.moves.iter();
        let first = moves.filter(|((step, ..), _)| *step == 0);
        first.map(|(_, visits)| visits).sum()
    }

    /// Names the most visited pages of each step.
    pub(super) async fn name(self, db: &Db, site: SiteId) -> Result<Vec<JourneyStep>, DbError> {
        let totals = self.totals();
        let candidates: Vec<Vec<(Word, u64)>> = totals.iter().map(candidates).collect();
        let wanted = candidates.iter().flatten().map(|(page, _)| *page);
        let names = words::find_values(db, site, wanted).await?;
        let named = totals
            .iter()
            .zip(candidates)
            .map(|(totals, candidates)| Named::new(totals, candidates, &names));
        let named: Vec<Named> = named.collect();

        let mut flows: Vec<BTreeMap<(usize, usize), u64>> = vec![BTreeMap::new(); named.len()];
        for ((step, from, to), visits) in &self.moves {
            if let Some(before) = step.checked_sub(1) {
                let ends = (named[before].node_of(*from), named[*step].node_of(*to));
                *flows[before].entry(ends).or_default() += visits;
            }
        }
        let steps = named.into_iter().zip(flows).map(|(named, flows)| {
            let flows = flows.into_iter();
            JourneyStep {
                nodes: named.nodes,
                flows: flows
                    .map(|((from, to), visits)| JourneyFlow { from, to, visits })
                    .collect(),
            }
        });
        Ok(steps.collect())
    }

    /// Visits by page, step by step.
    fn totals(&self) -> Vec<FxHashMap<Word, u64>> {
        let mut totals: Vec<FxHashMap<Word, u64>> = Vec::new();
        for ((step, _, page), visits) in &self.moves {
            if totals.len() <= *step {
                totals.resize_with(step + 1, FxHashMap::default);
            }
            *totals[*step].entry(*page).or_default() += visits;
        }
        totals
    }
}

/// The pages that can be among those that are named: equally visited ones are told apart by names, which are not known yet.
fn candidates(totals: &FxHashMap<Word, u64>) -> Vec<(Word, u64)> {
    let pages = totals.iter().map(|(page, visits)| (*page, *visits));
    let mut pages: Vec<_> = pages.filter(|(page, _)| *page != OUTSIDE).collect();
    pages.sort_unstable_by_key(|(_, visits)| Reverse(*visits));
    // One more than are named, since one may turn out to be what others are called.
    if let Some((_, least)) = pages.get(JourneyQuery::NAMED).copied() {
        pages.retain(|(_, visits)| *visits >= least);
    }
    pages
}

/// The nodes of a step, and which of them a page belongs to.
struct Named {
    nodes: Vec<JourneyNode>,
    by_page: FxHashMap<Word, usize>,
    other: usize,
}

impl Named {
    fn new(
        totals: &FxHashMap<Word, u64>,
        candidates: Vec<(Word, u64)>,
        names: &FxHashMap<Word, String>,
    ) -> Self {
        let named = candidates.into_iter().map(|(page, visits)| {
            let name = names.get(&page).cloned().unwrap_or_default();
            (Reverse(visits), name, page)
        });
        let mut named: Vec<_> = named.collect();
        named.retain(|(_, name, _)| name != JourneyPlace::OTHER);
        named.sort_unstable();
        named.truncate(JourneyQuery::NAMED);

        let mut nodes = Vec::new();
        let mut by_page = FxHashMap::default();
        for (Reverse(visits), name, page) in named {
            by_page.insert(page, nodes.len());
            let place = JourneyPlace::Page(name);
            nodes.push(JourneyNode { place, visits });
        }
        let other = nodes.len();
        let outside = totals.get(&OUTSIDE).copied().unwrap_or_default();
        let of_named: u64 = nodes.iter().map(|node| node.visits).sum();
        let of_others = totals.values().sum::<u64>() - outside - of_named;
        let more = [
            (JourneyPlace::Other, of_others),
            (JourneyPlace::Outside, outside),
        ];
        for (place, visits) in more.into_iter().filter(|(_, visits)| *visits > 0) {
            if place == JourneyPlace::Outside {
                by_page.insert(OUTSIDE, nodes.len());
            }
            nodes.push(JourneyNode { place, visits });
        }
        Self {
            nodes,
            by_page,
            other,
        }
    }

    fn node_of(&self, page: Word) -> usize {
        self.by_page.get(&page).copied().unwrap_or(self.other)
    }
}
