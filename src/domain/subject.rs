//! What a filter compares and a table lists: a dimension, or a custom property.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Dimension;

/// A dimension that every event has, or a property that a site gives its events.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One of ours.
    Dimension(Dimension),
    /// Custom property of events, by name.
    Property(String),
}

impl Subject {
    /// What comes before a property's name in addresses.
    const PREFIX: &str = "property.";

    /// Longest name of a property in bytes, as at ingestion.
    pub const NAME_LIMIT_BYTES: usize = 300;

    /// The name in addresses and filters: `page`, `property.plan`. Colons of a property's name are written `%3A`.
    #[must_use]
    pub fn key(&self) -> Cow<'static, str> {
        match self {
            Self::Dimension(dimension) => dimension.key().into(),
            Self::Property(name) => {
                let name = name.replace('%', "%25").replace(':', "%3A");
                format!("{}{name}", Self::PREFIX).into()
            }
        }
    }

    /// The subject of a [`Subject::key`]; `None` for an unknown dimension and an empty or too long name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        match key.strip_prefix(Self::PREFIX) {
            Some(name) => {
                let name = name.replace("%3A", ":").replace("%25", "%");
                (!name.is_empty() && name.len() <= Self::NAME_LIMIT_BYTES)
                    .then_some(Self::Property(name))
            }
            None => Dimension::from_key(key).map(Self::Dimension),
        }
    }

    /// As shown: the dimension's label or the property's name.
    #[must_use]
    pub fn label(&self) -> Cow<'_, str> {
        match self {
            Self::Dimension(dimension) => dimension.label().into(),
            Self::Property(name) => name.as_str().into(),
        }
    }

    /// What a table of it lists: "Entry pages", "Values of plan".
    #[must_use]
    pub fn plural(&self) -> Cow<'_, str> {
        match self {
            Self::Dimension(dimension) => dimension.plural().into(),
            Self::Property(name) => format!("Values of {name}").into(),
        }
    }

    /// [`Subject::plural`] within a sentence; the name of a property stays as it is.
    #[must_use]
    pub fn plural_in_sentence(&self) -> String {
        match self {
            Self::Dimension(dimension) => dimension.plural().to_lowercase(),
            Self::Property(name) => format!("values of {name}"),
        }
    }

    /// The dimension, unless it is a property.
    #[must_use]
    pub fn dimension(&self) -> Option<Dimension> {
        match self {
            Self::Dimension(dimension) => Some(*dimension),
            Self::Property(_) => None,
        }
    }

    /// Whether it parts the views of pages from the messages that tell how long they were looked at, which have a name of their own
    /// and no properties.
    #[must_use]
    pub fn parts_views(&self) -> bool {
        match self {
            Self::Property(_) => true,
            Self::Dimension(dimension) => *dimension == Dimension::Event,
        }
    }

    /// Whether single events have it; else the visit has.
    #[must_use]
    pub fn is_of_event(&self) -> bool {
        self.dimension().is_none_or(Dimension::is_of_event)
    }
}

impl From<Dimension> for Subject {
    fn from(dimension: Dimension) -> Self {
        Self::Dimension(dimension)
    }
}
