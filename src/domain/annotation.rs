//! Annotations: what an owner notes down at a time, such as a release or a campaign, to be seen in the chart.

use serde::{Deserialize, Serialize};

use super::{AnnotationId, Date, Timestamp};

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnotatedTime {
    /// On a day of the site's calendar.
    Day(Date),
    /// At an instant.
    Instant(Timestamp),
}

/// A note at a time of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Its number.
    pub id: AnnotationId,
    /// When it happened, as it was told.
    pub time: AnnotatedTime,
    /// When that is or begins: of a day, its local midnight.
    pub at: Timestamp,
    /// What happened, one line of at most [`Annotation::TEXT_LIMIT`] characters.
    pub text: String,
    /// The e-mail address of the user who wrote it; `None` for the command line and for users who are gone.
    pub author: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// An annotation to be added; not yet validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAnnotation {
    /// The date in the site's zone: `2026-11-24`.
    pub date: String,
    /// The time of day there, `14:05`; empty for the whole day.
    pub time: String,
    /// What happened.
    pub text: String,
}

impl Annotation {
    /// Longest text in characters.
    pub const TEXT_LIMIT: usize = 300;

    /// Most annotations of a site: all are read when a chart is drawn.
    pub const LIMIT: usize = 1_000;
}
