//! Conditions: filters put together with and, or and not, and with what happened elsewhere in the visit.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Filter, InvalidFilter};

/// What events must satisfy.
///
/// It is asked of each event. A filter on a dimension of the visit has the same answer for all events of the visit, so that a
/// visit counts if it has an event that satisfies the whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A single comparison.
    Filter(Filter),
    /// All must hold; none at all always holds.
    All(Vec<Condition>),
    /// At least one must hold; none at all never holds.
    Any(Vec<Condition>),
    /// Must not hold.
    Not(Box<Condition>),
    /// Holds for all events of visits that have an event for which the inner one holds.
    HasDone(Box<Condition>),
    /// Holds for engagement messages whose deepest scroll is at least so many percent of the page, 1 to 100.
    ScrolledTo(u8),
}

impl Condition {
    /// Most filters of a condition.
    pub const FILTER_LIMIT: usize = 100;

    /// Deepest nesting.
    pub const DEPTH_LIMIT: usize = 10;

    /// All of some filters.
    #[must_use]
    pub fn all(filters: &[Filter]) -> Self {
        Self::All(filters.iter().cloned().map(Self::Filter).collect())
    }

    /// Checks size, depth and every filter.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn check(&self) -> Result<(), InvalidFilter> {
        if self.depth() > Self::DEPTH_LIMIT {
            let limit = Self::DEPTH_LIMIT;
            return Err(InvalidFilter(format!(
                "filters can be nested at most {limit} deep"
            )));
        }
        let filters = self.filters();
        if filters.len() > Self::FILTER_LIMIT {
            let limit = Self::FILTER_LIMIT;
            return Err(InvalidFilter(format!(
                "there can be at most {limit} filters"
            )));
        }
        if !self.has_scroll_depths() {
            return Err(InvalidFilter("a scroll depth is 1 to 100 percent".into()));
        }
        filters.into_iter().try_for_each(Filter::check)
    }

    /// All its filters, left to right.
    #[must_use]
    pub fn filters(&self) -> Vec<&Filter> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Filter>) {
        match self {
            Self::Filter(filter) => found.push(filter),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect(found));
            }
            Self::Not(inner) | Self::HasDone(inner) => inner.collect(found),
            Self::ScrolledTo(_) => {}
        }
    }

    /// Whether all scroll depths are possible ones.
    fn has_scroll_depths(&self) -> bool {
        match self {
            Self::Filter(_) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::has_scroll_depths),
            Self::Not(inner) | Self::HasDone(inner) => inner.has_scroll_depths(),
            Self::ScrolledTo(percent) => (1..=100).contains(percent),
        }
    }

    /// Whether it looks at names or properties of the events themselves. The messages that tell how long a page was looked at have
    /// a name of their own and no properties, so that it parts them from the views that they belong to.
    #[must_use]
    pub fn parts_views(&self) -> bool {
        match self {
            Self::Filter(filter) => filter.subject.parts_views(),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::parts_views),
            Self::Not(inner) => inner.parts_views(),
            Self::HasDone(_) | Self::ScrolledTo(_) => false,
        }
    }

    /// Levels of nesting; a single filter has one.
    fn depth(&self) -> usize {
        1 + match self {
            Self::Filter(_) | Self::ScrolledTo(_) => 0,
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(inner) | Self::HasDone(inner) => inner.depth(),
        }
    }
}

impl fmt::Display for Condition {
    /// In words: "Country is DE or AT and not (Page is /)". Values stand as filters have them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], joint: &str| -> fmt::Result {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    f.write_str(joint)?;
                }
                match part {
                    Self::All(inner) | Self::Any(inner) if inner.len() > 1 => {
                        write!(f, "({part})")?
                    }
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Filter(filter) => {
                let (label, operator) = (filter.subject.label(), filter.operator.label());
                let values: Vec<_> = filter
                    .values
                    .iter()
                    .map(|value| match value.as_str() {
                        "" => "(none)",
                        value => value,
                    })
                    .collect();
                write!(f, "{label} {operator} {}", values.join(" or "))
            }
            Self::All(parts) if parts.is_empty() => f.write_str("anything"),
            Self::Any(parts) if parts.is_empty() => f.write_str("nothing"),
            Self::All(parts) => joined(f, parts, " and "),
            Self::Any(parts) => joined(f, parts, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::HasDone(inner) => write!(f, "has done ({inner})"),
            Self::ScrolledTo(percent) => write!(f, "scrolled to {percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Dimension;

    #[test]
    fn conditions_are_said_in_words() {
        let filter = |text| Condition::Filter(Filter::parse(text).unwrap());
        let either = vec![filter("page:is:/"), filter("campaign:is_not:")];
        let condition = Condition::All(vec![
            filter("country:is:DE|AT"),
            Condition::Any(either),
            Condition::Not(Box::new(Condition::HasDone(Box::new(
                Condition::ScrolledTo(75),
            )))),
        ]);
        assert_eq!(
            condition.to_string(),
            "Country is DE or AT and (Page is / or Campaign is not (none)) and not (has done (scrolled to 75%))"
        );
        assert_eq!(Condition::All(Vec::new()).to_string(), "anything");
    }

    #[test]
    fn names_and_properties_part_views_from_their_time() {
        let filter = |text| Condition::Filter(Filter::parse(text).unwrap());
        for (condition, expected) in [
            (filter("page:is:/"), false),
            (filter("event:is_not:Signup"), true),
            (
                Condition::Any(vec![filter("page:is:/"), filter("property.a:is:1")]),
                true,
            ),
            (Condition::Not(Box::new(filter("property.a:is:1"))), true),
            (
                Condition::HasDone(Box::new(filter("event:is:Signup"))),
                false,
            ),
        ] {
            assert_eq!(condition.parts_views(), expected, "{condition}");
        }
    }

    #[test]
    fn size_and_depth_are_limited() {
        let filter = Condition::Filter(Filter::is(Dimension::Page, "/"));
        assert!(Condition::All(vec![filter.clone(); 100]).check().is_ok());
        let error = Condition::All(vec![filter.clone(); 101])
            .check()
            .unwrap_err();
        assert!(error.0.contains("at most 100 filters"));
        let nest = |levels: usize| {
            (1..levels).fold(filter.clone(), |inner, _| Condition::Not(Box::new(inner)))
        };
        assert!(nest(10).check().is_ok());
        assert!(nest(11).check().unwrap_err().0.contains("10 deep"));
        for (percent, is_possible) in [(0, false), (1, true), (100, true), (101, false)] {
            let condition = Condition::Not(Box::new(Condition::ScrolledTo(percent)));
            assert_eq!(condition.check().is_ok(), is_possible, "{percent}");
        }
    }
}
