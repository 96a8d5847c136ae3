//! The events of a day that a question is about, and what all counts need of them.

use std::sync::Arc;

use super::{column::ColumnId, day::Day, selection::Selection, words::Word};
use crate::blocks::Coded;

/// The numbers of the two event names that TrackFlow itself knows; `None` where the site never had one.
#[derive(Clone, Copy)]
pub(super) struct EventNames {
    pub(super) pageview: Option<Word>,
    pub(super) engagement: Option<Word>,
}

/// What kind of message an event is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pageview,
    Engagement,
    Custom,
}

impl EventNames {
    /// The kinds of a day's events.
    pub(super) fn kinds(self, names: &Coded<i64>) -> Vec<Kind> {
        let kind_of = |word: &i64| match Some(*word) {
            word if word == self.pageview => Kind::Pageview,
            word if word == self.engagement => Kind::Engagement,
            _ => Kind::Custom,
        };
        let by_code: Vec<Kind> = names.values.iter().map(kind_of).collect();
        names
            .codes
            .iter()
            .map(|code| by_code[*code as usize])
            .collect()
    }
}

/// What the selected events of a visit add up to.
#[derive(Clone, Copy, Default)]
pub(super) struct VisitSums {
    pub(super) visitor: i64,
    /// Events, `engagement` among them.
    pub(super) messages: u32,
    pub(super) pageviews: u32,
    /// Events but `engagement`.
    pub(super) events: u32,
    pub(super) engaged_ms: u64,
}

/// The selected events of a day.
pub(super) struct Selected {
    /// One entry an event; `None` if all are.
    mask: Option<Vec<bool>>,
    /// One entry an event.
    pub(super) kinds: Vec<Kind>,
    /// One entry a visit.
    pub(super) sums: Vec<VisitSums>,
    /// Whether a visit started in the range.
    starts: Vec<bool>,
}

impl Selected {
    /// Selects the events in `from..to` that satisfy a condition. Visits count if they started in that time, too.
    pub(super) fn new(
        day: &Day,
        selection: &Selection,
        names: EventNames,
        from: i64,
        to: i64,
    ) -> Self {
        let is_cut = day.from < from || day.to > to;
        let mut mask = (is_cut || !selection.is_everything()).then(|| selection.ask(day));
        if let Some(mask) = mask.as_mut().filter(|_| is_cut) {
            for (accepted, at) in mask.iter_mut().zip(day.numbers(ColumnId::At)) {
                *accepted &= (from..to).contains(&(day.from + at));
            }
        }
        // Without a condition a visit counts on the day on which it started, whatever else is known of it: its roll-up did so.
        let earliest = if selection.is_everything() {
            0
        } else {
            i64::MIN
        };
        let kinds = names.kinds(day.words(ColumnId::Name));
        Self::build(day, kinds, mask, earliest, from..to)
    }

    /// Those of the selected events that satisfy further conditions; `None` if none does.
    pub(super) fn narrowed(
        &self,
        day: &Day,
        selections: &[Arc<Selection>],
        from: i64,
        to: i64,
    ) -> Option<Self> {
        let mut mask = match &self.mask {
            Some(mask) => mask.clone(),
            None => vec![true; day.events],
        };
        for selection in selections {
            let other = selection.ask(day);
            mask.iter_mut().zip(other).for_each(|(a, b)| *a &= b);
        }
        mask.contains(&true)
            .then(|| Self::build(day, self.kinds.clone(), Some(mask), i64::MIN, from..to))
    }

    fn build(
        day: &Day,
        kinds: Vec<Kind>,
        mask: Option<Vec<bool>>,
        earliest: i64,
        range: std::ops::Range<i64>,
    ) -> Self {
        let starts = day
            .numbers(ColumnId::StartedAt)
            .iter()
            .map(|at| *at >= earliest && range.contains(&(day.from + at)))
            .collect();
        let mut selected = Self {
            kinds,
            mask,
            sums: vec![VisitSums::default(); day.visits],
            starts,
        };
        selected.add_up(day);
        selected
    }

    fn add_up(&mut self, day: &Day) {
        let visits = day.numbers(ColumnId::Visit);
        let visitors = day.numbers(ColumnId::Visitor);
        let engaged = day.numbers(ColumnId::EngagedMs);
        for event in 0..day.events {
            if self.mask.as_ref().is_some_and(|mask| !mask[event]) {
                continue;
            }
            let sums = &mut self.sums[visits[event] as usize];
            sums.visitor = visitors[event];
            sums.messages += 1;
            sums.engaged_ms += engaged[event].unsigned_abs();
            match self.kinds[event] {
                Kind::Pageview => {
                    sums.pageviews += 1;
                    sums.events += 1;
                }
                Kind::Custom => sums.events += 1,
                Kind::Engagement => {}
            }
        }
    }

    /// Whether an event is selected.
    pub(super) fn has(&self, event: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask[event])
    }

    /// The visits that count: they started in the range and have a selected event.
    pub(super) fn visits(&self) -> impl Iterator<Item = usize> {
        (0..self.sums.len()).filter(|visit| self.starts[*visit] && self.sums[*visit].messages > 0)
    }
}
