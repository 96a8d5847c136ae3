//! Segments: filters that were saved under a name.

use serde::{Deserialize, Serialize};

use super::{Condition, Filter, InvalidFilter, SegmentId, Timestamp};

/// A saved condition of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number, which addresses name.
    pub id: SegmentId,
    /// What menus call it; unique among those that a reader sees, personal ones and the site's apart.
    pub name: String,
    /// What events must satisfy, or why it cannot be used any more.
    pub condition: Result<Condition, String>,
    /// Whether only the user who made it sees it.
    pub is_personal: bool,
    /// When it was saved.
    pub created_at: Timestamp,
}

/// The stored form.
#[cfg(feature = "server")]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    condition: Condition,
}

impl Segment {
    /// Most segments of a site, those of all its users together.
    pub const LIMIT: usize = 500;

    /// Longest name in characters.
    pub const NAME_LIMIT: usize = 120;

    /// Most filters of a segment: a dashboard adds its own.
    pub const FILTER_LIMIT: usize = 50;

    /// Version of the stored form.
    pub const VERSION: u32 = 1;

    /// Checks a condition that is to be saved. It is one level less deep and has fewer filters than a question may, since it
    /// is asked beside others.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn check(condition: &Condition) -> Result<(), InvalidFilter> {
        let is_saved =
            |leaf: &&Condition| matches!(leaf, Condition::Goals(_) | Condition::Segments(_));
        if condition.leaves().iter().any(is_saved) {
            return Err(InvalidFilter(
                "a segment cannot name goals and other segments".into(),
            ));
        }
        let limit = Self::FILTER_LIMIT;
        if condition.filters().len() > limit {
            return Err(InvalidFilter(format!(
                "there can be at most {limit} filters"
            )));
        }
        Condition::All(vec![condition.clone()]).check()?;
        let mut filters = condition.filters().into_iter();
        filters.try_for_each(Filter::check_patterns)
    }
}

/// Writes a condition as it is stored.
#[cfg(feature = "server")]
pub(crate) fn to_stored(condition: &Condition) -> String {
    let stored = Stored {
        version: Segment::VERSION,
        condition: condition.clone(),
    };
    serde_json::to_string(&stored).expect("a condition is text and numbers")
}

/// Reads a condition as it is stored, or says why it cannot be used.
#[cfg(feature = "server")]
pub(crate) fn from_stored(text: &str) -> Result<Condition, String> {
    let version = serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|value| value.get("version")?.as_u64());
    match version {
        Some(version) if version == u64::from(Segment::VERSION) => {}
        Some(version) => return Err(format!("it was saved by another version ({version})")),
        None => return Err("what was saved cannot be read".into()),
    }
    let stored: Stored =
        serde_json::from_str(text).map_err(|_| "what was saved cannot be read".to_owned())?;
    Segment::check(&stored.condition).map_err(|error| error.0)?;
    Ok(stored.condition)
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;
    use crate::domain::Dimension;

    #[test]
    fn conditions_survive_their_stored_form() {
        let filter = Condition::Filter(Filter::parse("property.plan:matches:^pro|^team").unwrap());
        let condition = Condition::All(vec![
            filter.clone(),
            Condition::Not(Box::new(Condition::HasDone(Box::new(filter)))),
            Condition::Any(vec![Condition::ScrolledTo(75)]),
        ]);
        assert_eq!(from_stored(&to_stored(&condition)), Ok(condition));
        let written = to_stored(&Condition::all(&[Filter::is(Dimension::Page, "/a")]));
        assert_eq!(
            written,
            r#"{"version":1,"condition":{"all":[{"filter":{"subject":{"dimension":"page"},"operator":"is","values":["/a"],"is_case_sensitive":true}}]}}"#
        );
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let deep = (0..10).fold(Condition::ScrolledTo(1), |inner, _| {
            Condition::Not(Box::new(inner))
        });
        let unclosed = Filter {
            values: vec!["(".into()],
            ..Filter::parse("page:matches:a").unwrap()
        };
        let wide = Condition::all(&vec![Filter::is(Dimension::Page, "/a"); 51]);
        for (text, part) in [
            (String::new(), "cannot be read"),
            ("{".into(), "cannot be read"),
            ("null".into(), "cannot be read"),
            (
                r#"{"version":2,"condition":{"all":[]}}"#.into(),
                "another version (2)",
            ),
            (
                r#"{"version":1,"condition":{"xor":[]}}"#.into(),
                "cannot be read",
            ),
            (
                r#"{"version":1,"condition":{"all":[]},"more":1}"#.into(),
                "cannot be read",
            ),
            (
                r#"{"version":1,"condition":{"scrolled_to":0}}"#.into(),
                "1 to 100",
            ),
            ("[".repeat(100_000), "cannot be read"),
            (to_stored(&deep), "10 deep"),
            (
                to_stored(&Condition::Segments(vec![SegmentId(1)])),
                "other segments",
            ),
            (to_stored(&wide), "at most 50"),
            (to_stored(&Condition::all(&[unclosed])), "unclosed group"),
        ] {
            let reason = from_stored(&text).unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
    }
}
