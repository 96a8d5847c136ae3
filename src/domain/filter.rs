//! Filters: what a reader narrows a dashboard to, one `filter=` parameter each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Dimension;

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterOperator {
    /// Equal to the value.
    Is,
    /// Not equal to the value.
    IsNot,
    /// Has the value as a part, letter case aside.
    Contains,
}

/// One condition. Several filters must all hold.
///
/// A filter on a property of events (page, hostname, event) keeps the events that match and the visits that have one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Filter {
    /// What is compared.
    pub dimension: Dimension,
    /// How.
    pub operator: FilterOperator,
    /// With what; empty means "has no value" (direct, not set). At most 2,000 bytes.
    pub value: String,
}

/// A filter that cannot be used, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFilter(pub String);

impl fmt::Display for InvalidFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Longest value of a filter in bytes: the longest URL that ingestion accepts.
const VALUE_LIMIT_BYTES: usize = 2_000;

impl FilterOperator {
    /// All operators, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Is, Self::IsNot, Self::Contains];

    /// The name in addresses, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is_not",
            Self::Contains => "contains",
        }
    }

    /// As part of a sentence: "is not".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Contains => "contains",
        }
    }
}

impl Filter {
    /// Builds the filter that a click on a row sets.
    pub fn is(dimension: Dimension, value: impl Into<String>) -> Self {
        Self {
            dimension,
            operator: FilterOperator::Is,
            value: value.into(),
        }
    }

    /// Parses `page:is:/pricing`; everything after the second colon is the value.
    ///
    /// ```
    /// use trackflow::domain::{Dimension, Filter};
    /// let filter = Filter::parse("page:is:/a:b").unwrap();
    /// assert_eq!(filter, Filter::is(Dimension::Page, "/a:b"));
    /// assert_eq!(filter.to_string(), "page:is:/a:b");
    /// ```
    ///
    /// # Errors
    /// Says which part is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Self, InvalidFilter> {
        let mut parts = text.splitn(3, ':');
        let (Some(dimension), Some(operator), Some(value)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidFilter(
                "a filter has three parts: dimension:operator:value".into(),
            ));
        };
        let dimension = Dimension::from_key(dimension).ok_or_else(|| {
            let allowed: Vec<_> = Dimension::ALL
                .iter()
                .map(|dimension| dimension.key())
                .collect();
            InvalidFilter(format!(
                "a filter's dimension must be one of {}",
                allowed.join(", ")
            ))
        })?;
        let operator = FilterOperator::ALL
            .into_iter()
            .find(|known| known.key() == operator)
            .ok_or_else(|| {
                InvalidFilter("a filter's operator must be one of is, is_not, contains".into())
            })?;
        if value.len() > VALUE_LIMIT_BYTES {
            return Err(InvalidFilter(format!(
                "a filter's value has at most {VALUE_LIMIT_BYTES} bytes"
            )));
        }
        Ok(Self {
            dimension,
            operator,
            value: value.into(),
        })
    }

    /// Whether a value of the dimension satisfies the filter.
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        match self.operator {
            FilterOperator::Is => value == self.value,
            FilterOperator::IsNot => value != self.value,
            FilterOperator::Contains => value.to_lowercase().contains(&self.value.to_lowercase()),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}",
            self.dimension.key(),
            self.operator.key(),
            self.value
        )
    }
}
