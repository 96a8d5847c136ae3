//! Goals: what an owner wants visitors to do, and the condition that says who did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Condition, Dimension, Filter, FilterOperator, GoalId, RevenueByCurrency, Subject, Timestamp,
    page_pattern,
};

/// What must happen for a goal to be reached, or for a step of a funnel to be taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum GoalKind {
    /// A view of a page.
    Page {
        /// The whole path; `*` is one segment or a part of one, `**` any text.
        pattern: String,
    },
    /// A custom event.
    Event {
        /// Its name.
        name: String,
        /// What its properties must be; all must hold of the same event. At most [`GoalKind::PROPERTY_LIMIT`].
        #[serde(default)]
        properties: Vec<Filter>,
    },
    /// A page was scrolled down so far.
    Scroll {
        /// As of [`GoalKind::Page`].
        pattern: String,
        /// How far, 1 to 100.
        percent: u8,
    },
}

/// A part of a goal that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidGoal {
    /// The field, as forms name it.
    pub field: &'static str,
    /// What is allowed, as a sentence without its subject.
    pub reason: String,
}

/// A goal of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Its number, which addresses and funnels name.
    pub id: GoalId,
    /// What the dashboard calls it; unique within the site.
    pub name: String,
    /// What must happen.
    pub kind: GoalKind,
    /// When it was added. What happened before counts too.
    pub created_at: Timestamp,
}

/// A goal with its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalReport {
    /// The goal.
    pub goal: Goal,
    /// Visitors who reached it.
    pub visitors: u64,
    /// How often it was reached: events.
    pub conversions: u64,
    /// What its conversions were worth.
    pub revenue: RevenueByCurrency,
    /// All visitors of the question, whether or not they reached it: what the rate is of.
    pub all_visitors: u64,
}

impl GoalKind {
    /// Most conditions on properties of one goal.
    pub const PROPERTY_LIMIT: usize = 3;

    /// Longest name of an event in characters, as at ingestion.
    pub const EVENT_NAME_LIMIT: usize = 120;

    /// The name that is stored, and that forms and the command line take.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Page { .. } => "page",
            Self::Event { .. } => "event",
            Self::Scroll { .. } => "scroll",
        }
    }

    /// What events satisfy if they reach the goal.
    ///
    /// ```
    /// use trackflow::domain::GoalKind;
    /// let goal = GoalKind::Page { pattern: "/blog/*".into() };
    /// let filters = goal.condition().filters().into_iter().map(ToString::to_string).collect::<Vec<_>>();
    /// assert_eq!(filters, ["event:is:pageview", "page:matches:^(?s:/blog/[^/]+)$"]);
    /// ```
    #[must_use]
    pub fn condition(&self) -> Condition {
        let all = |filters: Vec<Filter>| filters.into_iter().map(Condition::Filter).collect();
        match self {
            // Custom events have a page too, so that the name is asked for.
            Self::Page { pattern } => Condition::All(all(vec![
                Filter::is(Dimension::Event, "pageview"),
                page_pattern::filter(pattern),
            ])),
            Self::Event { name, properties } => {
                let mut filters = vec![Filter::is(Dimension::Event, name)];
                filters.extend(properties.iter().cloned());
                Condition::All(all(filters))
            }
            Self::Scroll { pattern, percent } => {
                let mut parts = all(vec![page_pattern::filter(pattern)]);
                parts.push(Condition::ScrolledTo(*percent));
                Condition::All(parts)
            }
        }
    }

    /// Checks everything that a form or a command could have got wrong.
    ///
    /// # Errors
    /// Says what is allowed; the field is `pattern`, `event`, `property` or `percent`.
    pub fn check(&self) -> Result<(), InvalidGoal> {
        let invalid = |field, reason| InvalidGoal { field, reason };
        match self {
            Self::Page { pattern } => {
                page_pattern::check(pattern).map_err(|reason| invalid("pattern", reason))
            }
            Self::Event { name, properties } => {
                check_event_name(name).map_err(|reason| invalid("event", reason))?;
                check_properties(properties).map_err(|reason| invalid("property", reason))
            }
            Self::Scroll { pattern, percent } => {
                page_pattern::check(pattern).map_err(|reason| invalid("pattern", reason))?;
                if (1..=100).contains(percent) {
                    return Ok(());
                }
                Err(invalid("percent", "must be a number from 1 to 100".into()))
            }
        }
    }
}

fn check_event_name(name: &str) -> Result<(), String> {
    let limit = GoalKind::EVENT_NAME_LIMIT;
    if name.is_empty() || name.chars().count() > limit || name.chars().any(char::is_control) {
        return Err(format!("must have 1 to {limit} characters"));
    }
    // Both are told by every page; a goal of them would count all that happens.
    if matches!(name, "pageview" | "engagement") {
        return Err(format!(
            "must be a custom event; {name} is sent by every page. A page's views are a goal of pages"
        ));
    }
    Ok(())
}

fn check_properties(properties: &[Filter]) -> Result<(), String> {
    let limit = GoalKind::PROPERTY_LIMIT;
    if properties.len() > limit {
        return Err(format!("can be at most {limit} for a goal"));
    }
    for filter in properties {
        if !matches!(&filter.subject, Subject::Property(name) if !name.is_empty()) {
            return Err("must be a property of the event".into());
        }
        let checked = filter.check().and_then(|()| filter.check_patterns());
        checked.map_err(|error| format!("cannot be compared: {error}"))?;
    }
    Ok(())
}

impl fmt::Display for GoalKind {
    /// What it is, in words: the goal's name unless the owner gives it one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page { pattern } => write!(f, "Visit {pattern}"),
            Self::Event { name, properties } => {
                f.write_str(name)?;
                for (at, filter) in properties.iter().enumerate() {
                    let joint = if at == 0 { " where" } else { " and" };
                    let operator = match filter.operator {
                        FilterOperator::Is => "=",
                        FilterOperator::IsNot => "≠",
                        other => other.label(),
                    };
                    let values = filter.values.join(" or ");
                    write!(f, "{joint} {} {operator} {values}", filter.subject.label())?;
                }
                Ok(())
            }
            Self::Scroll { pattern, percent } => write!(f, "Scroll {percent}% of {pattern}"),
        }
    }
}

impl Goal {
    /// Most goals of a site: each is counted when a dashboard is shown.
    pub const LIMIT: usize = 100;

    /// Longest name in characters.
    pub const NAME_LIMIT: usize = 120;

    /// What events satisfy if they reach it; none do if it cannot be used.
    #[must_use]
    pub fn condition(&self) -> Condition {
        match self.unusable() {
            None => self.kind.condition(),
            Some(_) => Condition::Any(Vec::new()),
        }
    }

    /// Why nobody can reach it: what was saved by another version may be refused today. A sentence without its subject.
    #[must_use]
    pub fn unusable(&self) -> Option<String> {
        self.kind.check().err().map(|error| error.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, properties: &[&str]) -> GoalKind {
        let properties = properties.iter().map(|text| Filter::parse(text).unwrap());
        GoalKind::Event {
            name: name.into(),
            properties: properties.collect(),
        }
    }

    /// Of an event whose property matches a pattern.
    #[cfg(feature = "server")]
    fn with_pattern(pattern: &str) -> GoalKind {
        let filter = Filter {
            values: vec![pattern.into()],
            ..Filter::parse("property.plan:matches:a").unwrap()
        };
        GoalKind::Event {
            name: "Signup".into(),
            properties: vec![filter],
        }
    }

    fn page(pattern: &str) -> GoalKind {
        GoalKind::Page {
            pattern: pattern.into(),
        }
    }

    fn scroll(pattern: &str, percent: u8) -> GoalKind {
        GoalKind::Scroll {
            pattern: pattern.into(),
            percent,
        }
    }

    #[test]
    fn a_goal_is_called_what_it_is() {
        for (kind, name) in [
            (page("/thanks"), "Visit /thanks"),
            (event("Signup", &[]), "Signup"),
            (
                event(
                    "Signup",
                    &["property.plan:is:pro|team", "property.seats:is_not:1"],
                ),
                "Signup where plan = pro or team and seats ≠ 1",
            ),
            (scroll("/blog/**", 75), "Scroll 75% of /blog/**"),
        ] {
            assert_eq!(kind.to_string(), name);
        }
    }

    #[test]
    fn conditions_ask_for_the_name_of_the_event_and_all_of_its_properties() {
        let condition = event("Signup", &["property.plan:is:pro"]).condition();
        let expected = ["event:is:Signup", "property.plan:is:pro"]
            .map(|text| Condition::Filter(Filter::parse(text).unwrap()));
        assert_eq!(condition, Condition::All(expected.into()));
        let condition = scroll("/a", 90).condition();
        let page = Condition::Filter(Filter::is(Dimension::Page, "/a"));
        assert_eq!(
            condition,
            Condition::All(vec![page, Condition::ScrolledTo(90)])
        );
        assert!(condition.check().is_ok());
    }

    #[test]
    fn goals_that_cannot_be_reached_are_refused_by_field() {
        for (kind, field) in [
            (page("thanks"), "pattern"),
            (event("", &[]), "event"),
            (event("pageview", &[]), "event"),
            (event("engagement", &[]), "event"),
            (event("a\tb", &[]), "event"),
            (event(&"a".repeat(121), &[]), "event"),
            (event("Signup", &["country:is:DE"]), "property"),
            (event("Signup", &["property.a:is:1"; 4]), "property"),
            #[cfg(feature = "server")]
            (with_pattern("("), "property"),
            (scroll("", 50), "pattern"),
            (scroll("/a", 0), "percent"),
            (scroll("/a", 101), "percent"),
        ] {
            let error = kind.check().expect_err(&kind.to_string());
            assert_eq!(error.field, field, "{kind}");
        }
        assert!(event("Signup", &["property.a:is:1"; 3]).check().is_ok());
        assert!(event(&"ä".repeat(120), &[]).check().is_ok());
    }

    #[test]
    fn the_stored_form_stays_readable() {
        let json = r#"{"kind":"event","name":"Signup"}"#;
        let kind: GoalKind = serde_json::from_str(json).unwrap();
        assert_eq!(kind, event("Signup", &[]));
        let json = serde_json::to_string(&scroll("/a", 75)).unwrap();
        assert_eq!(json, r#"{"kind":"scroll","pattern":"/a","percent":75}"#);
    }
}
