//! Conditions: filters put together with and, or and not, with what happened elsewhere in the visit, and with what a site keeps
//! under a name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Filter, InvalidFilter, SegmentId};

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
    /// Holds for events that reach one of some goals of the site.
    Goals(NamedGoals),
    /// One of some segments of the site must hold.
    Segments(Vec<SegmentId>),
}

/// Goals by the names that their site gives them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NamedGoals {
    /// What they are called; one must fit.
    pub names: Vec<String>,
    /// Whether a part of the name is enough.
    pub is_part: bool,
    /// Whether letter case counts.
    pub is_case_sensitive: bool,
}

impl NamedGoals {
    /// Whether a goal of this name is among them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| self.is_meant(wanted, name))
    }

    /// Whether one of their names means a goal of this name.
    #[must_use]
    pub fn is_meant(&self, wanted: &str, name: &str) -> bool {
        let fold = |text: &str| match self.is_case_sensitive {
            true => text.to_owned(),
            false => text.to_lowercase(),
        };
        let (wanted, name) = (fold(wanted), fold(name));
        match self.is_part {
            true => name.contains(&wanted),
            false => name == wanted,
        }
    }
}

impl Condition {
    /// Most filters of a condition; goals and segments count as one each.
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
        let leaves = self.leaves();
        let is_counted = |leaf: &&&Self| !matches!(leaf, Self::ScrolledTo(_));
        if leaves.iter().filter(is_counted).count() > Self::FILTER_LIMIT {
            let limit = Self::FILTER_LIMIT;
            return Err(InvalidFilter(format!(
                "there can be at most {limit} filters"
            )));
        }
        leaves.into_iter().try_for_each(Self::check_leaf)
    }

    fn check_leaf(&self) -> Result<(), InvalidFilter> {
        let has_values = |count: usize| (1..=Filter::VALUE_LIMIT).contains(&count);
        let limit = Filter::VALUE_LIMIT;
        match self {
            Self::Filter(filter) => filter.check(),
            Self::ScrolledTo(percent) if !(1..=100).contains(percent) => {
                Err(InvalidFilter("a scroll depth is 1 to 100 percent".into()))
            }
            Self::Goals(goals) if !has_values(goals.names.len()) => {
                Err(InvalidFilter(format!("a filter has 1 to {limit} goals")))
            }
            Self::Segments(ids) if !has_values(ids.len()) => {
                Err(InvalidFilter(format!("a filter has 1 to {limit} segments")))
            }
            _ => Ok(()),
        }
    }

    /// All its filters, left to right.
    #[must_use]
    pub fn filters(&self) -> Vec<&Filter> {
        let filters = self.leaves().into_iter().filter_map(|leaf| match leaf {
            Self::Filter(filter) => Some(filter),
            _ => None,
        });
        filters.collect()
    }

    /// Everything in it that is not put together, left to right.
    #[must_use]
    pub fn leaves(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        self.collect_leaves(&mut found);
        found
    }

    fn collect_leaves<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect_leaves(found));
            }
            Self::Not(inner) | Self::HasDone(inner) => inner.collect_leaves(found),
            leaf => found.push(leaf),
        }
    }

    /// Parts it into the goals that all events must reach, and everything else: what a conversion rate is of.
    ///
    /// ```
    /// use trackflow::domain::{Condition, Dimension, Filter, NamedGoals};
    /// let goals = NamedGoals { names: vec!["Signup".into()], is_part: false, is_case_sensitive: true };
    /// let page = Condition::Filter(Filter::is(Dimension::Page, "/"));
    /// let condition = Condition::All(vec![page.clone(), Condition::Goals(goals.clone())]);
    /// assert_eq!(condition.without_goals(), (Condition::All(vec![page]), vec![goals]));
    /// ```
    #[must_use]
    pub fn without_goals(&self) -> (Self, Vec<NamedGoals>) {
        match self {
            Self::Goals(goals) => (Self::All(Vec::new()), vec![goals.clone()]),
            Self::All(parts) => {
                let mut goals = Vec::new();
                let mut others = Vec::new();
                for part in parts {
                    let (other, found) = part.without_goals();
                    if found.is_empty() || other != Self::All(Vec::new()) {
                        others.push(other);
                    }
                    goals.extend(found);
                }
                (Self::All(others), goals)
            }
            other => (other.clone(), Vec::new()),
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
            // Goals may be of events; what segments hold is known once they are looked up.
            Self::Goals(_) => true,
            Self::HasDone(_) | Self::ScrolledTo(_) | Self::Segments(_) => false,
        }
    }

    /// Levels of nesting; a single filter has one.
    fn depth(&self) -> usize {
        1 + match self {
            Self::Filter(_) | Self::ScrolledTo(_) | Self::Goals(_) | Self::Segments(_) => 0,
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
            Self::Goals(goals) => {
                let operator = if goals.is_part { "contains" } else { "is" };
                write!(f, "Goal {operator} {}", goals.names.join(" or "))
            }
            Self::Segments(ids) => {
                let ids: Vec<_> = ids.iter().map(|id| id.0.to_string()).collect();
                write!(f, "Segment is {}", ids.join(" or "))
            }
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
        let saved = Condition::Any(vec![
            goals(&["Signup", "Visit /thanks"]),
            Condition::Segments(vec![SegmentId(3)]),
        ]);
        assert_eq!(
            saved.to_string(),
            "Goal is Signup or Visit /thanks or Segment is 3"
        );
    }

    fn goals(names: &[&str]) -> Condition {
        Condition::Goals(NamedGoals {
            names: names.iter().map(|name| (*name).into()).collect(),
            is_part: false,
            is_case_sensitive: true,
        })
    }

    #[test]
    fn goals_are_called_by_their_names_or_parts_of_them() {
        for (names, is_part, is_case_sensitive, expected) in [
            ("Signup", false, true, true),
            ("signup", false, true, false),
            ("signup", false, false, true),
            ("Sign", false, true, false),
            ("Sign", true, true, true),
            ("sIGN", true, false, true),
        ] {
            let goals = NamedGoals {
                names: vec!["Other".into(), names.into()],
                is_part,
                is_case_sensitive,
            };
            assert_eq!(goals.has("Signup"), expected, "{goals:?}");
        }
    }

    #[test]
    fn only_goals_that_all_events_must_reach_are_parted_off() {
        let page = Condition::Filter(Filter::is(Dimension::Page, "/"));
        let signup = goals(&["Signup"]);
        let done = Condition::HasDone(Box::new(signup.clone()));
        let either = Condition::Any(vec![signup.clone(), page.clone()]);
        let condition = Condition::All(vec![
            done.clone(),
            Condition::All(vec![signup.clone(), page.clone()]),
            either.clone(),
        ]);
        let (rest, found) = condition.without_goals();
        let inner = Condition::All(vec![page]);
        assert_eq!(rest, Condition::All(vec![done.clone(), inner, either]));
        assert_eq!(found.len(), 1);
        assert_eq!(
            signup.without_goals(),
            (Condition::All(Vec::new()), found.clone())
        );
        assert_eq!(done.without_goals(), (done, Vec::new()));
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
        let mixed = [vec![filter.clone(); 60], vec![goals(&["a"]); 41]].concat();
        assert!(Condition::All(mixed).check().is_err());
        for empty in [goals(&[]), Condition::Segments(Vec::new())] {
            let error = empty.check().unwrap_err();
            assert!(error.0.contains("1 to 100"), "{error}");
        }
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
