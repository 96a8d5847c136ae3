//! Custom properties of a beacon: a small, flat, ordered set of texts.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};

use super::BeaconError;
use crate::ingest::text::{without_control, without_emails};

const PAIRS_LIMIT: usize = 30;
const KEY_LIMIT_BYTES: usize = 300;
const VALUE_LIMIT_BYTES: usize = 2000;

/// Custom properties, ascending by key.
///
/// Numbers and booleans become text; lists, objects, `null` and blank keys or values are dropped, and so is everything
/// after the first 30 in the order of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Props(BTreeMap<String, String>);

impl Props {
    /// Reads an object, or text that holds one; anything else gives no properties.
    pub(super) fn read(value: Option<&Value>) -> Result<Self, BeaconError> {
        let object: Cow<'_, Map<String, Value>> = match value {
            Some(Value::Object(object)) => Cow::Borrowed(object),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(object) => Cow::Owned(object),
                Err(_) => return Ok(Self::default()),
            },
            _ => return Ok(Self::default()),
        };
        // Sorted first, so that which 30 are kept does not depend on how the parser orders objects.
        let all: BTreeMap<String, String> = object.iter().filter_map(pair).collect();
        let kept: BTreeMap<String, String> = all.into_iter().take(PAIRS_LIMIT).collect();
        if kept.keys().any(|key| key.len() > KEY_LIMIT_BYTES) {
            Err(BeaconError {
                field: "props",
                reason: "keys should be at most 300 bytes",
            })
        } else if kept.values().any(|value| value.len() > VALUE_LIMIT_BYTES) {
            Err(BeaconError {
                field: "props",
                reason: "values should be at most 2000 bytes",
            })
        } else {
            Ok(Self(kept))
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// How many there are, at most 30.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The canonical form that is stored: one JSON object of texts, keys ascending, e-mail addresses masked in the
    /// values. `None` if there are none.
    #[must_use]
    pub fn to_canonical_json(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let masked: BTreeMap<&str, Cow<'_, str>> = self
            .0
            .iter()
            .map(|(key, value)| (key.as_str(), without_emails(value)))
            .collect();
        Some(serde_json::json!(masked).to_string())
    }
}

fn pair((key, value): (&String, &Value)) -> Option<(String, String)> {
    let key = without_control(key).trim().to_owned();
    let value = match value {
        Value::String(text) => without_control(text).trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is_true) => is_true.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!key.is_empty() && !value.is_empty()).then_some((key, value))
}
