//! What figures are counted by, and the group of each event and visit of a day.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::{
    column::{ColumnId, Needed},
    day::Day,
    intern::Interner,
    segments::{Segments, key_at},
};
use crate::domain::{Dimension, Subject};

/// What figures are counted by.
#[derive(Clone)]
pub(super) enum Axis {
    /// A dimension; keys are words.
    Words(ColumnId),
    /// A custom property; keys are numbers of texts. Events without it are left out.
    Property(String),
    /// Buckets of time; keys are their places.
    Buckets(Segments),
    /// Hour of the day or day of the week; keys are their numbers.
    Time(Dimension),
}

/// The groups of the events of a day.
pub(super) enum Events<'a> {
    /// Each belongs where its visit does.
    OfVisit,
    /// All belong to one.
    Same(u32),
    /// A code an event.
    Each(Cow<'a, [u32]>),
}

/// The groups of the events and visits of a day.
pub(super) struct Codes<'a> {
    pub(super) of_events: Events<'a>,
    /// A code a visit; `None` where there is but one group, or where visits have no group of their own.
    pub(super) of_visits: Option<Cow<'a, [u32]>>,
    /// What each code stands for.
    pub(super) keys: Cow<'a, [i64]>,
    /// The code of events that are not counted at all.
    left_out: Option<u32>,
}

impl Axis {
    /// The axis of a dimension or property.
    pub(super) fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Property(name) => Self::Property(name.clone()),
            Subject::Dimension(dimension) => match ColumnId::of(*dimension) {
                Some(column) => Self::Words(column),
                None => Self::Time(*dimension),
            },
        }
    }

    /// Whether events have groups of their own, whatever their visits are.
    pub(super) fn is_of_event(&self) -> bool {
        match self {
            Self::Words(column) => column.is_of_event(),
            Self::Property(_) | Self::Time(_) => true,
            Self::Buckets(_) => false,
        }
    }

    /// Adds the columns that it looks at; buckets look at times only of days that lie in several.
    pub(super) fn need(&self, needed: &mut Needed) {
        match self {
            Self::Words(column) => needed.add(*column),
            Self::Property(name) => needed.add_property(name),
            Self::Buckets(_) => {}
            Self::Time(_) => needed.add(ColumnId::At),
        }
    }

    /// Codes a day.
    pub(super) fn codes<'d>(
        &self,
        day: &'d Day,
        zone: &TimeZone,
        texts: &mut Interner<String>,
    ) -> Codes<'d> {
        match self {
            Self::Words(column) => {
                let coded = day.words(*column);
                let codes = Cow::Borrowed(coded.codes.as_slice());
                let (of_events, of_visits) = if column.is_of_event() {
                    (Events::Each(codes), None)
                } else {
                    (Events::OfVisit, Some(codes))
                };
                Codes {
                    of_events,
                    of_visits,
                    keys: Cow::Borrowed(&coded.values),
                    left_out: None,
                }
            }
            Self::Property(name) => match day.property(name) {
                Some(coded) => Codes {
                    of_events: Events::Each(Cow::Borrowed(&coded.codes)),
                    of_visits: None,
                    keys: coded.values.iter().map(|text| texts.intern(text)).collect(),
                    // The empty text comes first, if at all.
                    left_out: coded
                        .values
                        .first()
                        .is_some_and(String::is_empty)
                        .then_some(0),
                },
                None => Codes {
                    of_events: Events::Same(0),
                    of_visits: None,
                    keys: Cow::Owned(vec![texts.intern(&String::new())]),
                    left_out: Some(0),
                },
            },
            Self::Buckets(segments) => match segments.constant(day.from, day.to) {
                Some(key) => Codes::of_one_bucket(day, key, segments),
                None => Codes::of_time(day, |at| segments.key(at)),
            },
            Self::Time(dimension) => {
                let segments = Segments::of_day(*dimension, day, zone);
                Codes::of_time(day, |at| {
                    if at < day.from {
                        key_at(*dimension, at, zone)
                    } else {
                        segments.key(at)
                    }
                })
            }
        }
    }
}

impl<'d> Codes<'d> {
    /// One group for all.
    pub(super) fn constant(key: i64) -> Self {
        Self {
            of_events: Events::Same(0),
            of_visits: None,
            keys: Cow::Owned(vec![key]),
            left_out: None,
        }
    }

    /// One bucket for all, but for visits that began before the day: they may belong to an earlier one. Where visits are not counted,
    /// their starts are not here.
    fn of_one_bucket(day: &Day, key: i64, segments: &Segments) -> Self {
        let mut codes = Self::constant(key);
        if !day.has(ColumnId::StartedAt) {
            return codes;
        }
        let starts = day.numbers(ColumnId::StartedAt);
        if starts.iter().all(|at| *at >= 0) {
            return codes;
        }
        let keys = codes.keys.to_mut();
        let code_of = |at: &i64| {
            if *at >= 0 {
                return 0;
            }
            keys.push(segments.key(day.from + at));
            keys.len() as u32 - 1
        };
        codes.of_visits = Some(starts.iter().map(code_of).collect());
        codes
    }

    /// Groups by when an event came and a visit started.
    fn of_time(day: &Day, key: impl Fn(i64) -> i64) -> Self {
        let mut keys: Vec<i64> = Vec::new();
        let mut code_of = |at: &i64| {
            let key = key(day.from + at);
            let place = keys.iter().position(|known| *known == key);
            place.unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            }) as u32
        };
        let of_events = day.numbers(ColumnId::At).iter().map(&mut code_of).collect();
        let of_visits = (day.has(ColumnId::StartedAt)).then(|| {
            day.numbers(ColumnId::StartedAt)
                .iter()
                .map(&mut code_of)
                .collect()
        });
        Self {
            of_events: Events::Each(of_events),
            of_visits,
            keys: Cow::Owned(keys),
            left_out: None,
        }
    }

    /// Groups by all combinations of several axes.
    pub(super) fn combine(all: &[Self], day: &Day, combinations: &mut Interner<Vec<i64>>) -> Self {
        let mut local: Interner<Vec<u32>> = Interner::default();
        let mut keys = Vec::new();
        let left_out = u32::MAX;
        let mut code_of = |codes: &Vec<u32>| -> u32 {
            let known = keys.len();
            let code = local.intern(codes);
            if code as usize == known {
                let parts = all.iter().zip(codes);
                let key = parts
                    .map(|(axis, code)| axis.keys[*code as usize])
                    .collect();
                keys.push(combinations.intern(&key));
            }
            code as u32
        };
        let mut buffer = Vec::with_capacity(all.len());
        let is_of_visits = |codes: &Self| matches!(codes.of_events, Events::OfVisit);
        let of_events = if all.iter().all(is_of_visits) {
            Events::OfVisit
        } else {
            let visits = day.indexes(ColumnId::Visit);
            let code = |event: usize| {
                buffer.clear();
                buffer.extend(all.iter().map(|codes| codes.of_event(event, visits[event])));
                let is_left_out = all
                    .iter()
                    .zip(&buffer)
                    .any(|(codes, code)| codes.is_left_out(*code));
                if is_left_out {
                    left_out
                } else {
                    code_of(&buffer)
                }
            };
            Events::Each((0..day.events).map(code).collect())
        };
        let visits_have_groups = all.iter().all(Codes::has_visits);
        let of_visits = visits_have_groups.then(|| {
            (0..day.visits)
                .map(|visit| {
                    buffer.clear();
                    buffer.extend(all.iter().map(|codes| codes.of_visit(visit)));
                    code_of(&buffer)
                })
                .collect()
        });
        Self {
            of_events,
            of_visits,
            keys: Cow::Owned(keys),
            left_out: Some(left_out),
        }
    }

    /// The code of an event.
    pub(super) fn of_event(&self, event: usize, visit: u32) -> u32 {
        match &self.of_events {
            Events::Each(codes) => codes[event],
            Events::Same(code) => *code,
            Events::OfVisit => self.of_visit(visit as usize),
        }
    }

    /// Whether visits are counted, too: dimensions of events have none of their own.
    pub(super) fn has_visits(&self) -> bool {
        match self.of_events {
            Events::Each(_) => self.of_visits.is_some(),
            Events::OfVisit => true,
            Events::Same(_) => self.left_out.is_none(),
        }
    }

    /// The code of a visit.
    pub(super) fn of_visit(&self, visit: usize) -> u32 {
        self.of_visits.as_ref().map_or(0, |codes| codes[visit])
    }

    /// Whether events of a code are not counted.
    pub(super) fn is_left_out(&self, code: u32) -> bool {
        self.left_out == Some(code)
    }
}
