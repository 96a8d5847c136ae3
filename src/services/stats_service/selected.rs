//! The events of a day that a question is about, and what all counts need of them.

use std::{cell::OnceCell, ops::Range, sync::Arc};

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
    pub(super) visitor: u32,
    /// Events, `engagement` among them.
    pub(super) messages: u32,
    pub(super) pageviews: u32,
    /// Events but `engagement`.
    pub(super) events: u32,
    pub(super) engaged_ms: u64,
}

/// Which events of a day lie in `from..to` and satisfy a condition, one entry an event; `None` if all do.
pub(super) fn mask(day: &Day, selection: &Selection, from: i64, to: i64) -> Option<Vec<bool>> {
    let is_cut = day.from < from || day.to > to;
    let mut mask = (is_cut || !selection.is_everything()).then(|| selection.ask(day));
    if let Some(mask) = mask.as_mut().filter(|_| is_cut) {
        for (accepted, at) in mask.iter_mut().zip(day.numbers(ColumnId::At)) {
            *accepted &= (from..to).contains(&(day.from + at));
        }
    }
    mask
}

/// Goes through the places of a mask that are accepted. Few are as a rule: eight at a time are passed over.
pub(super) fn each_place(mask: &[bool], mut take: impl FnMut(usize)) {
    let (groups, rest) = mask.as_chunks::<8>();
    for (at, group) in groups.iter().enumerate() {
        if *group != [false; 8] {
            let accepted = (0..8).filter(|place| group[*place]);
            accepted.for_each(|place| take(at * 8 + place));
        }
    }
    let first = groups.len() * 8;
    let accepted = (0..rest.len()).filter(|place| rest[*place]);
    accepted.for_each(|place| take(first + place));
}

/// The selected events of a day. What is known of them is worked out when it is first asked for, from the columns that are there.
pub(super) struct Selected<'d> {
    day: &'d Day,
    names: EventNames,
    /// The instants between which visits count if they started there.
    starts: Range<i64>,
    /// One entry an event; `None` if all are.
    mask: Option<Vec<bool>>,
    kinds: OnceCell<Vec<Kind>>,
    sums: OnceCell<Vec<VisitSums>>,
}

impl<'d> Selected<'d> {
    /// Selects the events in `from..to` that satisfy a condition. Visits count if they started in that time, too.
    pub(super) fn new(
        day: &'d Day,
        selection: &Selection,
        names: EventNames,
        from: i64,
        to: i64,
    ) -> Self {
        // Without a condition a visit counts on the day on which it started, whatever else is known of it: its roll-up did so.
        let earliest = if selection.is_everything() {
            day.from.max(from)
        } else {
            from
        };
        Self::with_mask(day, mask(day, selection, from, to), names, earliest..to)
    }

    /// Selects the events of a mask, one entry an event, or all. Visits count if they started in `starts`.
    pub(super) fn with_mask(
        day: &'d Day,
        mask: Option<Vec<bool>>,
        names: EventNames,
        starts: Range<i64>,
    ) -> Self {
        Self {
            day,
            names,
            starts,
            mask,
            kinds: OnceCell::new(),
            sums: OnceCell::new(),
        }
    }

    /// Those of the selected events that satisfy further conditions; `None` if none does. Visits count if they started in `range`.
    pub(super) fn narrowed(
        &self,
        selections: &[Arc<Selection>],
        range: Range<i64>,
    ) -> Option<Self> {
        let mut mask = match &self.mask {
            Some(mask) => mask.clone(),
            None => vec![true; self.day.events],
        };
        for selection in selections {
            let other = selection.ask(self.day);
            mask.iter_mut().zip(other).for_each(|(a, b)| *a &= b);
        }
        mask.contains(&true).then(|| Self {
            day: self.day,
            names: self.names,
            starts: range,
            mask: Some(mask),
            kinds: self.kinds.clone(),
            sums: OnceCell::new(),
        })
    }

    /// What kind each event is, selected or not; needs their names.
    pub(super) fn kinds(&self) -> &[Kind] {
        self.kinds
            .get_or_init(|| self.names.kinds(self.day.words(ColumnId::Name)))
    }

    /// What the selected events of each visit add up to; without names or engaged times nothing is added up of these.
    pub(super) fn sums(&self) -> &[VisitSums] {
        self.sums.get_or_init(|| self.add_up())
    }

    fn add_up(&self) -> Vec<VisitSums> {
        let day = self.day;
        let mut sums = vec![VisitSums::default(); day.visits];
        let visits = day.indexes(ColumnId::Visit);
        let visitors = day.indexes(ColumnId::Visitor);
        self.each(|event| {
            let sums = &mut sums[visits[event] as usize];
            sums.visitor = visitors[event];
            sums.messages += 1;
        });
        if day.has(ColumnId::Name) {
            let kinds = self.kinds();
            self.each(|event| {
                let sums = &mut sums[visits[event] as usize];
                sums.pageviews += u32::from(kinds[event] == Kind::Pageview);
                sums.events += u32::from(kinds[event] != Kind::Engagement);
            });
        }
        if day.has(ColumnId::EngagedMs) {
            let engaged = day.numbers(ColumnId::EngagedMs);
            self.each(|event| {
                sums[visits[event] as usize].engaged_ms += engaged[event].unsigned_abs();
            });
        }
        sums
    }

    /// Goes through the selected events, by their places.
    pub(super) fn each(&self, take: impl FnMut(usize)) {
        match &self.mask {
            None => (0..self.day.events).for_each(take),
            Some(mask) => each_place(mask, take),
        }
    }

    /// Whether an event is selected.
    pub(super) fn has(&self, event: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask[event])
    }

    /// The visits that count: they started in the range and have a selected event.
    pub(super) fn visits(&self) -> impl Iterator<Item = usize> {
        let starts = self.day.numbers(ColumnId::StartedAt);
        let sums = self.sums();
        (0..sums.len()).filter(move |visit| {
            sums[*visit].messages > 0 && self.starts.contains(&(self.day.from + starts[*visit]))
        })
    }
}
