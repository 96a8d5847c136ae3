//! Which events a question is about: its condition with all values looked up, asked day by day.

use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;

use super::{
    column::{ColumnId, Needed},
    day::Day,
    segments::Segments,
    text_test::TextTest,
    words,
};
use crate::{
    db::Db,
    domain::{Condition, Dimension, Filter, FilterOperator, SiteId, Subject},
    services::ServiceError,
};

/// A condition, ready to be asked of days.
pub(super) enum Selection {
    All(Vec<Selection>),
    Any(Vec<Selection>),
    Not(Box<Selection>),
    HasDone(Box<Selection>),
    Test(Test),
}

/// One comparison, its outcome known for every value that it can meet.
pub(super) struct Test {
    on: On,
    is_negated: bool,
}

enum On {
    Words(ColumnId, FxHashSet<i64>),
    Property(String, TextTest),
    /// At least so deep a scroll.
    Scroll(i64),
    /// The hours or weekdays that are accepted, and the zone that they are meant in.
    Time(Dimension, FxHashSet<i64>, TimeZone),
}

/// A filter whose values were not looked up yet.
struct Pending<'a> {
    filter: &'a Filter,
    column: ColumnId,
    test: TextTest,
    words: FxHashSet<i64>,
}

impl Selection {
    /// Accepts everything.
    pub(super) fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Looks the values of a condition up that names no goals and segments ([`super::named`]). A value that no event ever had
    /// matches nothing.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a pattern that is no regular expression.
    pub(super) async fn resolve(
        db: &Db,
        site: SiteId,
        condition: &Condition,
        zone: &TimeZone,
    ) -> Result<Self, ServiceError> {
        // All texts are read once, whatever the number of filters that need them.
        let mut pending = Vec::new();
        for filter in condition.filters() {
            if let Some(column) = filter.subject.dimension().and_then(ColumnId::of) {
                let mut words = FxHashSet::default();
                let is_exact =
                    matches!(filter.operator, FilterOperator::Is | FilterOperator::IsNot)
                        && filter.is_case_sensitive;
                if is_exact {
                    for value in &filter.values {
                        words.extend(words::find(db, site, value).await?);
                    }
                }
                let test = TextTest::new(filter)?;
                pending.push((
                    Pending {
                        filter,
                        column,
                        test,
                        words,
                    },
                    is_exact,
                ));
            }
        }
        if pending.iter().any(|(_, is_exact)| !is_exact) {
            let texts = words::find_all(db, site).await?;
            tokio::task::block_in_place(|| {
                for (pending, _) in pending.iter_mut().filter(|(_, is_exact)| !is_exact) {
                    let accepted = texts.iter().filter(|(_, text)| pending.test.accepts(text));
                    pending.words.extend(accepted.map(|(word, _)| *word));
                }
            });
        }
        let mut pending = pending
            .into_iter()
            .map(|(pending, _)| pending)
            .collect::<Vec<_>>()
            .into_iter();
        Self::build(condition, &mut pending, zone)
    }

    /// Puts the tests where the filters stand; `pending` has them left to right.
    fn build<'a>(
        condition: &Condition,
        pending: &mut impl Iterator<Item = Pending<'a>>,
        zone: &TimeZone,
    ) -> Result<Self, ServiceError> {
        let mut all = |parts: &[Condition]| -> Result<Vec<Self>, ServiceError> {
            parts
                .iter()
                .map(|part| Self::build(part, pending, zone))
                .collect()
        };
        Ok(match condition {
            Condition::All(parts) => Self::All(all(parts)?),
            Condition::Any(parts) => Self::Any(all(parts)?),
            Condition::Not(inner) => Self::Not(Box::new(Self::build(inner, pending, zone)?)),
            Condition::HasDone(inner) => {
                Self::HasDone(Box::new(Self::build(inner, pending, zone)?))
            }
            Condition::ScrolledTo(percent) => Self::Test(Test {
                on: On::Scroll(i64::from(*percent)),
                is_negated: false,
            }),
            Condition::Goals(_) | Condition::Segments(_) => {
                unreachable!("{condition} was not written out")
            }
            Condition::Filter(filter) => {
                let on = match &filter.subject {
                    Subject::Property(name) => On::Property(name.clone(), TextTest::new(filter)?),
                    Subject::Dimension(dimension) if dimension.is_of_time() => {
                        let test = TextTest::new(filter)?;
                        let accepted = (0..24)
                            .filter(|number| test.accepts(&time_text(*dimension, *number)))
                            .collect();
                        On::Time(*dimension, accepted, zone.clone())
                    }
                    Subject::Dimension(_) => {
                        let found = pending.next().expect("every filter on words was looked up");
                        debug_assert_eq!(found.filter, filter);
                        On::Words(found.column, found.words)
                    }
                };
                Self::Test(Test {
                    on,
                    is_negated: filter.operator.is_negated(),
                })
            }
        })
    }

    /// Whether it accepts everything without a look at an event.
    pub(super) fn is_everything(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(Self::is_everything),
            _ => false,
        }
    }

    /// Adds the columns that it looks at.
    pub(super) fn need(&self, needed: &mut Needed) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.need(needed)),
            Self::Not(inner) => inner.need(needed),
            Self::HasDone(inner) => {
                needed.add(ColumnId::Visit);
                inner.need(needed);
            }
            Self::Test(test) => match &test.on {
                On::Words(column, _) => {
                    needed.add(*column);
                    if !column.is_of_event() {
                        needed.add(ColumnId::Visit);
                    }
                }
                On::Property(name, _) => needed.add_property(name),
                On::Scroll(_) => needed.add(ColumnId::ScrollDepth),
                On::Time(..) => needed.add(ColumnId::At),
            },
        }
    }

    /// Whether a day can have an event that is accepted, told by the values of a column alone: `false` is certain. `has` says
    /// whether one of some words stands in a column of the day.
    pub(super) fn is_possible(
        &self,
        has: &mut impl FnMut(ColumnId, &FxHashSet<i64>) -> bool,
    ) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.is_possible(has)),
            Self::Any(parts) => parts.iter().any(|part| part.is_possible(has)),
            Self::HasDone(inner) => inner.is_possible(has),
            Self::Test(Test {
                on: On::Words(column, words),
                is_negated: false,
            }) => has(*column, words),
            Self::Not(_) | Self::Test(_) => true,
        }
    }

    /// Which events of a day it accepts, one entry an event.
    pub(super) fn ask(&self, day: &Day) -> Vec<bool> {
        match self {
            Self::All(parts) => ask_all(parts, day),
            Self::Any(parts) => {
                let mut parts = parts.iter().map(|part| part.ask(day));
                let first = parts.next().unwrap_or_else(|| vec![false; day.events]);
                parts.fold(first, |mut mask, part| {
                    mask.iter_mut().zip(part).for_each(|(a, b)| *a |= b);
                    mask
                })
            }
            Self::Not(inner) => {
                let mut mask = inner.ask(day);
                mask.iter_mut().for_each(|accepted| *accepted = !*accepted);
                mask
            }
            Self::HasDone(inner) => {
                let visits = visits_with(day, &inner.ask(day));
                expand(day, &visits)
            }
            Self::Test(test) => match test.ask(day) {
                Accepted::Visits(visits) => expand(day, &visits),
                Accepted::Events(events) => events,
            },
        }
    }
}

/// Which events all of some conditions accept. What is asked of visits is put together before it is spread over their events.
fn ask_all(parts: &[Selection], day: &Day) -> Vec<bool> {
    let mut of_visits: Option<Vec<bool>> = None;
    let mut of_events: Option<Vec<bool>> = None;
    for part in parts {
        let (all, accepted) = match part {
            Selection::Test(test) => match test.ask(day) {
                Accepted::Visits(visits) => (&mut of_visits, visits),
                Accepted::Events(events) => (&mut of_events, events),
            },
            other => (&mut of_events, other.ask(day)),
        };
        match all {
            None => *all = Some(accepted),
            Some(all) => all.iter_mut().zip(accepted).for_each(|(a, b)| *a &= b),
        }
    }
    match (of_visits, of_events) {
        (None, None) => vec![true; day.events],
        (None, Some(events)) => events,
        (Some(visits), None) => expand(day, &visits),
        (Some(visits), Some(mut events)) => {
            let visit_of = day.indexes(ColumnId::Visit);
            for (accepted, visit) in events.iter_mut().zip(visit_of) {
                *accepted &= visits[*visit as usize];
            }
            events
        }
    }
}

/// What a test accepts, one entry each.
enum Accepted {
    Visits(Vec<bool>),
    Events(Vec<bool>),
}

impl Test {
    fn ask(&self, day: &Day) -> Accepted {
        match &self.on {
            On::Words(column, words) => {
                let coded = day.words(*column);
                let accepted = |word: &i64| words.contains(word) != self.is_negated;
                let mask = spread(coded.values.iter().map(accepted), &coded.codes);
                if column.is_of_event() {
                    Accepted::Events(mask)
                } else {
                    Accepted::Visits(mask)
                }
            }
            On::Property(name, test) => {
                let accepted = |text: &str| test.accepts(text) != self.is_negated;
                Accepted::Events(match day.property(name) {
                    None => vec![accepted(""); day.events],
                    Some(coded) => {
                        spread(coded.values.iter().map(|text| accepted(text)), &coded.codes)
                    }
                })
            }
            On::Scroll(percent) => {
                let depths = day.numbers(ColumnId::ScrollDepth).iter();
                Accepted::Events(depths.map(|depth| depth >= percent).collect())
            }
            On::Time(dimension, accepted, zone) => {
                let segments = Segments::of_day(*dimension, day, zone);
                let is_accepted =
                    |at: &i64| accepted.contains(&segments.key(day.from + at)) != self.is_negated;
                Accepted::Events(day.numbers(ColumnId::At).iter().map(is_accepted).collect())
            }
        }
    }
}

/// For each code what was found out about its value.
fn spread(of_values: impl Iterator<Item = bool>, codes: &[u32]) -> Vec<bool> {
    let of_values: Vec<bool> = of_values.collect();
    codes.iter().map(|code| of_values[*code as usize]).collect()
}

/// The visits that have an accepted event.
pub(super) fn visits_with(day: &Day, accepted: &[bool]) -> Vec<bool> {
    let mut visits = vec![false; day.visits];
    for (visit, accepted) in day.indexes(ColumnId::Visit).iter().zip(accepted) {
        visits[*visit as usize] |= accepted;
    }
    visits
}

/// For each event what holds for its visit.
pub(super) fn expand(day: &Day, visits: &[bool]) -> Vec<bool> {
    day.indexes(ColumnId::Visit)
        .iter()
        .map(|visit| visits[*visit as usize])
        .collect()
}

/// An hour or weekday as tables and filters write it: `09`, `1`.
pub(super) fn time_text(dimension: Dimension, number: i64) -> String {
    if dimension == Dimension::Hour {
        format!("{number:02}")
    } else {
        number.to_string()
    }
}
