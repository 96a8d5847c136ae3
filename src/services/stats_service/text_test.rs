//! What a filter asks of a text.

use regex::RegexSet;
use rustc_hash::FxHashSet;

use crate::{
    domain::{Filter, FilterOperator},
    services::ServiceError,
};

/// The comparison of a filter, its negation aside.
pub(super) enum TextTest {
    Equals(FxHashSet<String>),
    Contains(Vec<String>),
    Matches(RegexSet),
    /// What the inner one says of the lower-case text.
    IgnoringCase(Box<TextTest>),
}

impl TextTest {
    /// # Errors
    /// [`ServiceError::Invalid`] if a value is no regular expression, or one that is too large.
    pub(super) fn new(filter: &Filter) -> Result<Self, ServiceError> {
        use FilterOperator as Operator;
        let is_folded = !filter.is_case_sensitive;
        let values = filter.values.iter().map(|value| {
            if is_folded {
                value.to_lowercase()
            } else {
                value.clone()
            }
        });
        let test = match filter.operator {
            Operator::Is | Operator::IsNot => Self::Equals(values.collect()),
            Operator::Contains | Operator::ContainsNot => Self::Contains(values.collect()),
            Operator::Matches | Operator::MatchesNot => {
                let patterns = filter.patterns().map(Self::Matches);
                return patterns.map_err(|error| ServiceError::invalid("filter", error.0));
            }
        };
        Ok(if is_folded {
            Self::IgnoringCase(Box::new(test))
        } else {
            test
        })
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Equals(values) => values.contains(text),
            Self::Contains(parts) => parts.iter().any(|part| text.contains(part.as_str())),
            Self::Matches(patterns) => patterns.is_match(text),
            Self::IgnoringCase(test) => test.accepts(&text.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(filter: &str, text: &str) -> bool {
        let filter = Filter::parse(filter).unwrap();
        TextTest::new(&filter).unwrap().accepts(text)
    }

    #[test]
    fn each_operator_compares_in_its_way() {
        for (filter, text, expected) in [
            ("page:is:/a|/b", "/b", true),
            ("page:is:/a|/b", "/B", false),
            ("page:contains:OCS", "/docs", true),
            ("page:contains:%", "/docs", false),
            ("page:contains:_", "/docs", false),
            ("page:matches:^/d.cs$", "/docs", true),
            ("page:matches:^/d.cs$", "/docs/a", false),
            ("page:is:", "", true),
        ] {
            assert_eq!(accepts(filter, text), expected, "{filter} {text}");
        }
    }

    #[test]
    fn patterns_are_bounded_and_explained() {
        for (pattern, part) in [
            ("(", "regular expression"),
            ("(a{1000}){1000}", "moderate size"),
        ] {
            let filter = Filter {
                values: vec![pattern.into()],
                ..Filter::parse("page:matches:a").unwrap()
            };
            let error = TextTest::new(&filter).err().unwrap().to_string();
            assert!(error.contains(part), "{pattern}: {error}");
        }
        // Exponential in a backtracking engine.
        let text = format!("{}!", "a".repeat(50_000));
        assert!(!accepts("page:matches:^(a+)+$", &text));
    }
}
