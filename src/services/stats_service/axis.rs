//! What figures are counted by, and the group of each event and visit of a day.

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

/// The groups of the events and visits of a day.
pub(super) struct Codes {
    /// A code an event; `None` where an event belongs where its visit does.
    pub(super) of_events: Option<Vec<u32>>,
    /// A code a visit; `None` where there is but one group, or where visits have no group of their own.
    pub(super) of_visits: Option<Vec<u32>>,
    /// What each code stands for.
    pub(super) keys: Vec<i64>,
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

    /// Adds the columns that it looks at.
    pub(super) fn need(&self, needed: &mut Needed) {
        match self {
            Self::Words(column) => needed.add(*column),
            Self::Property(name) => needed.add_property(name),
            Self::Buckets(_) | Self::Time(_) => needed.add(ColumnId::At),
        }
    }

    /// Codes a day.
    pub(super) fn codes(&self, day: &Day, zone: &TimeZone, texts: &mut Interner<String>) -> Codes {
        match self {
            Self::Words(column) => {
                let coded = day.words(*column);
                let codes = Some(coded.codes.clone());
                let (of_events, of_visits) = if column.is_of_event() {
                    (codes, None)
                } else {
                    (None, codes)
                };
                Codes {
                    of_events,
                    of_visits,
                    keys: coded.values.clone(),
                    left_out: None,
                }
            }
            Self::Property(name) => match day.property(name) {
                Some(coded) => Codes {
                    of_events: Some(coded.codes.clone()),
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
                    of_events: Some(vec![0; day.events]),
                    of_visits: None,
                    keys: vec![texts.intern(&String::new())],
                    left_out: Some(0),
                },
            },
            Self::Buckets(segments) => match segments.constant(day.from, day.to) {
                // A visit that began in an earlier bucket lies in two days, which is the only way to have a group of its own.
                Some(key) if !begins_before(day) => Codes::constant(key),
                _ => Codes::of_time(day, |at| segments.key(at)),
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

/// Whether a visit began before the day.
fn begins_before(day: &Day) -> bool {
    day.numbers(ColumnId::StartedAt).iter().any(|at| *at < 0)
}

impl Codes {
    /// One group for all.
    pub(super) fn constant(key: i64) -> Self {
        Self {
            of_events: None,
            of_visits: None,
            keys: vec![key],
            left_out: None,
        }
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
        let of_visits = day
            .numbers(ColumnId::StartedAt)
            .iter()
            .map(&mut code_of)
            .collect();
        Self {
            of_events: Some(of_events),
            of_visits: Some(of_visits),
            keys,
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
        let is_of_visits = all.iter().all(|codes| codes.of_events.is_none());
        let of_events = (!is_of_visits).then(|| {
            let visits = day.numbers(ColumnId::Visit);
            (0..day.events)
                .map(|event| {
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
                })
                .collect()
        });
        let visits_have_groups = all
            .iter()
            .all(|codes| codes.of_events.is_none() || codes.of_visits.is_some());
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
            keys,
            left_out: Some(left_out),
        }
    }

    /// The code of an event.
    pub(super) fn of_event(&self, event: usize, visit: i64) -> u32 {
        match &self.of_events {
            Some(codes) => codes[event],
            None => self.of_visit(visit as usize),
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
