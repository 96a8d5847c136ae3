//! What the forms of goals send, and how it comes back in the address when it was refused.

use serde::{Deserialize, Serialize};
use trackflow::domain::{Filter, FilterOperator, GoalKind, InvalidFilter, InvalidGoal, Subject};

use crate::query::{find_value, parse_pairs};

/// How much of a refused value comes back to its form: the address has to fit into a request's head.
const ECHO_LIMIT_CHARS: usize = 400;

/// A condition on a property as a form sends it; without a name it is none.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PropertyFields {
    /// The property.
    pub property: String,
    /// [`FilterOperator::key`].
    pub operator: String,
    /// One value, or several parted by `|`.
    pub value: String,
}

/// The fields of all kinds of goals; those of other kinds are empty.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GoalFields {
    /// [`GoalKind::key`].
    pub kind: String,
    /// The page.
    pub pattern: String,
    /// Name of the event.
    pub event: String,
    /// Of the event.
    pub properties: Vec<PropertyFields>,
    /// How far the page is scrolled.
    pub percent: String,
    /// Name of the goal.
    pub name: String,
}

impl PropertyFields {
    /// The condition; `None` if the row was left empty.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn filter(&self) -> Option<Result<Filter, InvalidFilter>> {
        let name = self.property.trim();
        if name.is_empty() {
            return None;
        }
        let subject = Subject::Property(name.to_owned());
        let operator = FilterOperator::from_key(&self.operator).unwrap_or(FilterOperator::Is);
        let (subject, value) = (subject.key(), self.value.trim());
        Some(Filter::parse(&format!(
            "{subject}:{}:{value}",
            operator.key()
        )))
    }
}

impl GoalFields {
    /// Reads them from the address that a refusal leads to.
    #[must_use]
    pub fn from_query(raw: &str) -> Self {
        let pairs = parse_pairs(raw);
        let all = |name: &str| -> Vec<String> {
            let of_name = pairs.iter().filter(|(key, _)| key == name);
            of_name.map(|(_, value)| value.clone()).collect()
        };
        let (operators, values) = (all("operator"), all("value"));
        let properties = all("property").into_iter().zip(operators).zip(values);
        Self {
            kind: find_value(raw, "kind"),
            pattern: find_value(raw, "pattern"),
            event: find_value(raw, "event"),
            properties: properties
                .map(|((property, operator), value)| PropertyFields {
                    property,
                    operator,
                    value,
                })
                .collect(),
            percent: find_value(raw, "percent"),
            name: find_value(raw, "name"),
        }
    }

    /// The way back into the address, cut where it is too long to be right.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("kind", &self.kind),
            ("pattern", &self.pattern),
            ("event", &self.event),
            ("percent", &self.percent),
            ("name", &self.name),
        ];
        let given = |fields: &&PropertyFields| !fields.property.trim().is_empty();
        for fields in self.properties.iter().filter(given) {
            pairs.extend([
                ("property", &fields.property),
                ("operator", &fields.operator),
                ("value", &fields.value),
            ]);
        }
        let cut = |text: &String| text.chars().take(ECHO_LIMIT_CHARS).collect::<String>();
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name, cut(value))).collect()
    }

    /// What they mean.
    ///
    /// # Errors
    /// As [`GoalKind::check`], and for `kind`.
    pub fn goal_kind(&self) -> Result<GoalKind, InvalidGoal> {
        let invalid = |field, reason: &str| InvalidGoal {
            field,
            reason: reason.into(),
        };
        let pattern = self.pattern.trim().to_owned();
        let kind = match self.kind.as_str() {
            "page" => GoalKind::Page { pattern },
            "event" => GoalKind::Event {
                name: self.event.trim().to_owned(),
                properties: self.filters()?,
            },
            "scroll" => {
                let percent = self.percent.trim().trim_end_matches('%').parse();
                let percent =
                    percent.map_err(|_| invalid("percent", "must be a number from 1 to 100"))?;
                GoalKind::Scroll { pattern, percent }
            }
            _ => return Err(invalid("kind", "must be page, event or scroll")),
        };
        kind.check()?;
        Ok(kind)
    }

    fn filters(&self) -> Result<Vec<Filter>, InvalidGoal> {
        let filters = self.properties.iter().filter_map(PropertyFields::filter);
        let filters = filters.map(|filter| {
            filter.map_err(|error| InvalidGoal {
                field: "property",
                reason: format!("cannot be compared: {error}"),
            })
        });
        filters.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::format_pairs;

    fn event() -> GoalFields {
        let property = |property: &str, operator: &str, value: &str| PropertyFields {
            property: property.into(),
            operator: operator.into(),
            value: value.into(),
        };
        GoalFields {
            kind: "event".into(),
            event: " Signup ".into(),
            properties: vec![
                property("plan", "is", "pro|team"),
                property("", "is", "left empty"),
                property("a:b", "contains", "x y"),
            ],
            ..GoalFields::default()
        }
    }

    #[test]
    fn fields_become_a_goal() {
        let kind = event().goal_kind().expect("a goal");
        assert_eq!(
            kind.to_string(),
            "Signup where plan = pro or team and a:b contains x y"
        );
        let scroll = GoalFields {
            kind: "scroll".into(),
            pattern: " /a ".into(),
            percent: "75 %".replace(' ', ""),
            ..GoalFields::default()
        };
        let kind = scroll.goal_kind().expect("a goal");
        assert_eq!(kind.to_string(), "Scroll 75% of /a");
    }

    #[test]
    fn wrong_fields_are_named() {
        for (kind, percent, field) in [
            ("", "", "kind"),
            ("page", "", "pattern"),
            ("event", "", "event"),
            ("scroll", "", "percent"),
            ("scroll", "300", "percent"),
            ("scroll", "50", "pattern"),
        ] {
            let fields = GoalFields {
                kind: kind.into(),
                percent: percent.into(),
                ..GoalFields::default()
            };
            assert_eq!(fields.goal_kind().expect_err(kind).field, field, "{kind}");
        }
    }

    #[test]
    fn refused_fields_survive_the_address() {
        let link = format_pairs(&event().pairs());
        let mut expected = event();
        expected.properties.remove(1);
        assert_eq!(GoalFields::from_query(&link[1..]), expected);
        let long = GoalFields {
            pattern: "/".repeat(100_000),
            ..GoalFields::default()
        };
        assert!(format_pairs(&long.pairs()).len() < 1_000);
    }
}
