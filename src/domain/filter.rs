//! Filters: what a reader narrows a question to, one `filter=` parameter of a dashboard's address each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Dimension, Subject};

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterOperator {
    /// Equal to one of the values.
    Is,
    /// Equal to none.
    IsNot,
    /// Has one of the values as a part.
    Contains,
    /// Has none as a part.
    ContainsNot,
    /// One of the values, as a regular expression, is found in it.
    Matches,
    /// None is found.
    MatchesNot,
}

/// One comparison.
///
/// A filter on a property of events (page, hostname, event …) keeps the events that match and the visits that have one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Filter {
    /// What is compared.
    pub subject: Subject,
    /// How.
    pub operator: FilterOperator,
    /// With what, at least one; the empty text means "has no value" (direct, not set). At most 2,000 bytes each.
    pub values: Vec<String>,
    /// Whether letter case counts.
    pub is_case_sensitive: bool,
}

/// Most memory of a compiled pattern: `(a{1000}){1000}` is refused, everything that people type is far below.
#[cfg(feature = "server")]
const PATTERN_BYTES: usize = 1 << 20;

/// A filter that cannot be used, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFilter(pub String);

impl fmt::Display for InvalidFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FilterOperator {
    /// All operators, in the order of the menu.
    pub const ALL: [Self; 6] = [
        Self::Is,
        Self::IsNot,
        Self::Contains,
        Self::ContainsNot,
        Self::Matches,
        Self::MatchesNot,
    ];

    /// The name in addresses and in the stats API, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is_not",
            Self::Contains => "contains",
            Self::ContainsNot => "contains_not",
            Self::Matches => "matches",
            Self::MatchesNot => "matches_not",
        }
    }

    /// The operator of a [`FilterOperator::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.key() == key)
    }

    /// As part of a sentence: "is not".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Contains => "contains",
            Self::ContainsNot => "does not contain",
            Self::Matches => "matches",
            Self::MatchesNot => "does not match",
        }
    }

    /// Whether it keeps what has none of the values.
    #[must_use]
    pub fn is_negated(self) -> bool {
        matches!(self, Self::IsNot | Self::ContainsNot | Self::MatchesNot)
    }

    /// Whether the values are regular expressions.
    #[must_use]
    pub fn is_of_patterns(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNot)
    }
}

impl Filter {
    /// Longest value in bytes: the longest URL that ingestion accepts.
    pub const VALUE_LIMIT_BYTES: usize = 2_000;

    /// Most values of one filter.
    pub const VALUE_LIMIT: usize = 100;

    /// Builds the filter that a click on a row sets.
    pub fn is(subject: impl Into<Subject>, value: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            operator: FilterOperator::Is,
            values: vec![value.into()],
            is_case_sensitive: true,
        }
    }

    /// Parses `page:is:/pricing`; everything after the second colon is the values, parted by `|` (`\|` in a value). Letter
    /// case does not count for parts of a text (`contains`).
    ///
    /// ```
    /// use trackflow::domain::{Dimension, Filter};
    /// let filter = Filter::parse("page:is:/a:b").unwrap();
    /// assert_eq!(filter, Filter::is(Dimension::Page, "/a:b"));
    /// assert_eq!(filter.to_string(), "page:is:/a:b");
    /// assert_eq!(Filter::parse(r"property.plan:is:a|b\|c").unwrap().values, ["a", "b|c"]);
    /// ```
    ///
    /// # Errors
    /// Says which part is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Self, InvalidFilter> {
        let mut parts = text.splitn(3, ':');
        let (Some(subject), Some(operator), Some(values)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidFilter(
                "a filter has three parts: dimension:operator:value".into(),
            ));
        };
        let subject = Subject::from_key(subject).ok_or_else(|| {
            let allowed = Dimension::ALL.map(Dimension::key).join(", ");
            InvalidFilter(format!(
                "a filter's dimension must be one of {allowed}, property.NAME"
            ))
        })?;
        let operator = FilterOperator::from_key(operator).ok_or_else(|| {
            let allowed = FilterOperator::ALL.map(FilterOperator::key).join(", ");
            InvalidFilter(format!("a filter's operator must be one of {allowed}"))
        })?;
        let filter = Self {
            subject,
            operator,
            values: split_values(values),
            is_case_sensitive: !matches!(
                operator,
                FilterOperator::Contains | FilterOperator::ContainsNot
            ),
        };
        filter.check()?;
        filter.check_patterns()?;
        Ok(filter)
    }

    /// Values as [`Filter::parse`] parts them.
    ///
    /// ```
    /// assert_eq!(trackflow::domain::Filter::join_values(&["a", "b|c"]), r"a|b\|c");
    /// ```
    #[must_use]
    pub fn join_values<T: AsRef<str>>(values: &[T]) -> String {
        let escaped = values
            .iter()
            .map(|value| value.as_ref().replace('\\', r"\\").replace('|', r"\|"));
        escaped.collect::<Vec<_>>().join("|")
    }

    /// A text as a regular expression of itself. Here and not by the engine, which browsers do not have.
    ///
    /// ```
    /// assert_eq!(trackflow::domain::Filter::quote("/a.b"), r"/a\.b");
    /// ```
    #[must_use]
    pub fn quote(text: &str) -> String {
        let mut quoted = String::with_capacity(text.len());
        for letter in text.chars() {
            if r"\.+*?()|[]{}^$#&-~".contains(letter) {
                quoted.push('\\');
            }
            quoted.push(letter);
        }
        quoted
    }

    /// Checks that patterns are regular expressions that can be asked for; for whatever is typed or saved, as [`Filter::check`]
    /// leaves that to who asks. Browsers have nothing to compile them with and let all pass.
    ///
    /// # Errors
    /// As [`Filter::patterns`].
    pub fn check_patterns(&self) -> Result<(), InvalidFilter> {
        #[cfg(feature = "server")]
        if self.operator.is_of_patterns() {
            self.patterns()?;
        }
        Ok(())
    }

    /// Compiles the values as regular expressions, of which one must be found.
    ///
    /// # Errors
    /// If a value is none, or all together are too large.
    #[cfg(feature = "server")]
    pub fn patterns(&self) -> Result<regex::RegexSet, InvalidFilter> {
        // The engine runs in linear time whatever the pattern, so only its size needs a bound.
        let set = regex::RegexSetBuilder::new(&self.values)
            .case_insensitive(!self.is_case_sensitive)
            .size_limit(PATTERN_BYTES)
            .dfa_size_limit(PATTERN_BYTES)
            .build();
        set.map_err(|error| {
            // The lines before the last draw where it is.
            let words = error.to_string();
            let reason = words.lines().last().unwrap_or_default();
            let reason = reason.trim_start_matches("error: ");
            InvalidFilter(format!(
                "a pattern must be a regular expression of moderate size: {reason}"
            ))
        })
    }

    /// Checks the number and the lengths of the values.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn check(&self) -> Result<(), InvalidFilter> {
        let (count, bytes) = (Self::VALUE_LIMIT, Self::VALUE_LIMIT_BYTES);
        if self.values.is_empty() || self.values.len() > count {
            return Err(InvalidFilter(format!("a filter has 1 to {count} values")));
        }
        if self.values.iter().any(|value| value.len() > bytes) {
            return Err(InvalidFilter(format!(
                "a filter's value has at most {bytes} bytes"
            )));
        }
        // PostgreSQL knows no text with it, so that no stored value can have it either.
        if self.values.iter().any(|value| value.contains('\0')) {
            return Err(InvalidFilter(
                "a filter's value must not contain the character U+0000".into(),
            ));
        }
        Ok(())
    }
}

/// Parts the values at `|`; a backslash before `|` or before a backslash takes it literally.
fn split_values(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = values.len() - 1;
        match (letter, letters.peek()) {
            ('\\', Some(&next @ ('|' | '\\'))) => {
                values[last].push(next);
                letters.next();
            }
            ('|', _) => values.push(String::new()),
            _ => values[last].push(letter),
        }
    }
    values
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.subject.key(), self.operator.key())?;
        f.write_str(&Self::join_values(&self.values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_survive_their_written_form() {
        for text in [
            "page:is:/a",
            "country:is_not:DE|AT",
            r"page:contains:a\|b|c\\d|",
            "campaign:is:",
            "property.plan:matches:^pro",
        ] {
            assert_eq!(Filter::parse(text).unwrap().to_string(), text);
        }
        let lone = Filter::parse(r"page:matches:^/\d+$").unwrap();
        assert_eq!(lone.values, [r"^/\d+$"]);
        assert_eq!(Filter::parse(&lone.to_string()), Ok(lone));
    }

    #[cfg(feature = "server")]
    #[test]
    fn texts_are_quoted_as_by_the_engine() {
        let all: String = (' '..='ÿ').collect();
        assert_eq!(Filter::quote(&all), regex::escape(&all));
    }

    #[test]
    fn wrong_filters_say_what_is_allowed() {
        let long = format!("page:is:{}", "a".repeat(2_001));
        let many = format!("page:is:{}", "|".repeat(100));
        for (text, part) in [
            ("page", "three parts"),
            ("events; drop:is:1", "must be one of page"),
            ("property.:is:1", "property.NAME"),
            ("page:like:1", "is, is_not, contains"),
            (long.as_str(), "2000 bytes"),
            (many.as_str(), "1 to 100 values"),
            ("page:is:a\0b", "U+0000"),
            #[cfg(feature = "server")]
            ("page:matches:/a|(", "moderate size: unclosed group"),
            #[cfg(feature = "server")]
            ("page:matches_not:(a{1000}){1000}", "moderate size"),
        ] {
            let error = Filter::parse(text).unwrap_err();
            assert!(error.0.contains(part), "{text}: {error}");
        }
    }
}
