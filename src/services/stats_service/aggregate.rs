//! Counts selected facts: in all, by bucket of time, and by the values of a dimension. Exact, one pass each.
//!
//! Distinct visitors need no hash table: the facts stand visitor by visitor, so a group's visitors are how often the
//! visitor changes among its events. One remembered visitor a group is enough.

use rustc_hash::FxHashMap;

use super::{
    facts::{EventFact, Facts, VisitFact, Word},
    selection::Selected,
    time_range::{Bucket, timestamp},
};
use crate::domain::{Dimension, Figures};

/// The numbers of the two event names that TrackFlow itself knows; `None` where the site never had one.
#[derive(Clone, Copy)]
pub(super) struct EventNames {
    pub(super) pageview: Option<Word>,
    pub(super) engagement: Option<Word>,
}

impl EventNames {
    fn is_pageview(self, event: &EventFact) -> bool {
        Some(event.name) == self.pageview
    }

    fn is_engagement(self, event: &EventFact) -> bool {
        Some(event.name) == self.engagement
    }
}

/// Figures that grow event by event.
#[derive(Clone, Default)]
struct Group {
    figures: Figures,
    last_visitor: Option<i64>,
}

impl Group {
    fn count_event(&mut self, event: &EventFact, names: EventNames) {
        if self.last_visitor != Some(event.visitor_id) {
            self.last_visitor = Some(event.visitor_id);
            self.figures.visitors += 1;
        }
        self.figures.pageviews += u64::from(names.is_pageview(event));
        self.figures.events += u64::from(!names.is_engagement(event));
        self.figures.engaged_ms += u64::try_from(event.engaged_ms).unwrap_or(0);
    }

    fn count_visit(&mut self, visit: &VisitFact) {
        self.figures.visits += 1;
        self.figures.bounces += u64::from(visit.is_bounce);
        self.figures.duration_ms += visit.duration_ms();
    }
}

/// Counts everything.
pub(super) fn totals(facts: &Facts, selected: &Selected, names: EventNames) -> Figures {
    let mut group = Group::default();
    for &(event, _) in &selected.events {
        group.count_event(&facts.events[event], names);
    }
    for &visit in &selected.visits {
        group.count_visit(&facts.visits[visit]);
    }
    group.figures
}

/// Counts by bucket of time, one entry a bucket. Visits count in the bucket in which they started.
pub(super) fn by_bucket(
    facts: &Facts,
    selected: &Selected,
    names: EventNames,
    buckets: &[Bucket],
) -> Vec<Figures> {
    let ends: Vec<_> = buckets.iter().map(|bucket| timestamp(&bucket.to)).collect();
    let mut groups = vec![Group::default(); buckets.len()];
    for &(event, _) in &selected.events {
        let event = &facts.events[event];
        if let Some(group) = groups.get_mut(ends.partition_point(|end| *end <= event.at())) {
            group.count_event(event, names);
        }
    }
    for &visit in &selected.visits {
        let visit = &facts.visits[visit];
        if let Some(group) = groups.get_mut(ends.partition_point(|end| *end <= visit.started_at()))
        {
            group.count_visit(visit);
        }
    }
    groups.into_iter().map(|group| group.figures).collect()
}

/// A value of a dimension and its figures.
pub(super) struct Row {
    pub(super) word: Word,
    pub(super) figures: Figures,
    pub(super) scroll_depth: Option<f64>,
}

/// Counts by the values of a dimension, in no order.
///
/// Pages and hostnames count pageviews, and take their engaged time and scroll depth from `engagement`; events count
/// custom events. Neither has visits of its own.
pub(super) fn by_dimension(
    facts: &Facts,
    selected: &Selected,
    names: EventNames,
    dimension: Dimension,
) -> Vec<Row> {
    let mut groups: FxHashMap<Word, Group> = FxHashMap::default();
    if dimension.is_of_event() {
        for &(event, _) in &selected.events {
            let event = &facts.events[event];
            let (is_pageview, is_engagement) =
                (names.is_pageview(event), names.is_engagement(event));
            let word = match dimension {
                Dimension::Event if is_pageview || is_engagement => continue,
                Dimension::Event => event.name,
                Dimension::Hostname => event.hostname,
                _ => event.page,
            };
            let group = groups.entry(word).or_default();
            if is_engagement {
                group.figures.engaged_ms += u64::try_from(event.engaged_ms).unwrap_or(0);
            } else if is_pageview || dimension == Dimension::Event {
                group.count_event(event, names);
            }
        }
    } else {
        for &(event, visit) in &selected.events {
            let word = facts.visits[visit].word(dimension);
            groups
                .entry(word)
                .or_default()
                .count_event(&facts.events[event], names);
        }
        for &visit in &selected.visits {
            let visit = &facts.visits[visit];
            groups
                .entry(visit.word(dimension))
                .or_default()
                .count_visit(visit);
        }
    }
    let scroll_depths = if dimension == Dimension::Page {
        scroll_depths(facts, selected)
    } else {
        FxHashMap::default()
    };
    groups
        .into_iter()
        .filter(|(_, group)| group.figures.visitors > 0)
        .map(|(word, group)| Row {
            word,
            figures: group.figures,
            scroll_depth: scroll_depths.get(&word).copied(),
        })
        .collect()
}

/// Mean over the visits of a page of the deepest scroll on it, in percent.
fn scroll_depths(facts: &Facts, selected: &Selected) -> FxHashMap<Word, f64> {
    let mut deepest: FxHashMap<(Word, usize), i32> = FxHashMap::default();
    for &(event, visit) in &selected.events {
        let event = &facts.events[event];
        if let Some(depth) = event.scroll_depth {
            let entry = deepest.entry((event.page, visit)).or_insert(depth);
            *entry = depth.max(*entry);
        }
    }
    let mut sums: FxHashMap<Word, (i64, i64)> = FxHashMap::default();
    for ((page, _), depth) in deepest {
        let (sum, count) = sums.entry(page).or_default();
        *sum += i64::from(depth);
        *count += 1;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "sums of percents stay far below 2^53"
    )]
    sums.into_iter()
        .map(|(page, (sum, count))| (page, sum as f64 / count as f64))
        .collect()
}
