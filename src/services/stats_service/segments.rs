//! Pieces of time, each with a key: the buckets of a chart, the hours of a day.

use jiff::tz::TimeZone;

use super::{
    day::Day,
    time_range::{self, Bucket},
};
use crate::domain::{Dimension, Timestamp};

/// Ascending pieces of time without gaps. What lies before the first belongs to it, what lies after the last to that.
#[derive(Clone, Debug, Default)]
pub(super) struct Segments {
    starts: Vec<i64>,
    keys: Vec<i64>,
}

impl Segments {
    /// The buckets of a chart; keys are their places.
    pub(super) fn of_buckets(buckets: &[Bucket]) -> Self {
        let starts = buckets
            .iter()
            .map(|bucket| time_range::timestamp(&bucket.from).0);
        Self {
            starts: starts.collect(),
            keys: (0..).take(buckets.len()).collect(),
        }
    }

    /// The hours, or weekdays, that a day touches; its key is the hour 0 to 23, or the weekday 1 to 7.
    pub(super) fn of_day(dimension: Dimension, day: &Day, zone: &TimeZone) -> Self {
        let mut segments = Self::default();
        let mut at = time_range::zoned(Timestamp(day.from), zone);
        loop {
            let start = time_range::timestamp(&at).0;
            if start >= day.to && !segments.starts.is_empty() {
                return segments;
            }
            segments.starts.push(start);
            segments.keys.push(key(dimension, &at));
            at = time_range::next_hour(&at);
        }
    }

    /// The piece of an instant.
    pub(super) fn key(&self, at: i64) -> i64 {
        let place = self.starts.partition_point(|start| *start <= at);
        self.keys.get(place.saturating_sub(1)).copied().unwrap_or(0)
    }

    /// The key of all instants of `from..to`, if they have the same.
    pub(super) fn constant(&self, from: i64, to: i64) -> Option<i64> {
        let first = self.key(from);
        (first == self.key(to - 1)).then_some(first)
    }
}

/// The hour or weekday of an instant.
pub(super) fn key_at(dimension: Dimension, at: i64, zone: &TimeZone) -> i64 {
    key(dimension, &time_range::zoned(Timestamp(at), zone))
}

fn key(dimension: Dimension, at: &jiff::ZonedDateTime) -> i64 {
    i64::from(if dimension == Dimension::Hour {
        at.hour()
    } else {
        at.weekday().to_monday_one_offset()
    })
}
