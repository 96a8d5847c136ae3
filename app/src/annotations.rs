//! Annotations in words and by the buckets of a chart.

use trackflow::domain::{AnnotatedTime, Annotation, TimeseriesPoint};

use crate::time_zones;

/// A mark in a chart: what is noted in one of its buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Position of the bucket.
    pub bucket: usize,
    /// The notes with their times, in the order of time; at least one.
    pub notes: Vec<Note>,
}

/// An annotation in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When: "24 November 2026", or with the time of day.
    pub when: String,
    /// What happened.
    pub text: String,
}

/// When an annotation was, in the site's zone.
#[must_use]
pub fn time_words(annotation: &Annotation, zone: &str) -> String {
    let words = match annotation.time {
        AnnotatedTime::Day(_) => time_zones::date_words(annotation.at, zone),
        AnnotatedTime::Instant(at) => time_zones::moment_words(at, zone),
    };
    words.unwrap_or_default()
}

/// Sorts annotations, which stand in the order of time, into the buckets of a chart; those before the first are left out.
#[must_use]
pub fn marks(annotations: &[Annotation], points: &[TimeseriesPoint], zone: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for annotation in annotations {
        let begun = points.partition_point(|point| point.at <= annotation.at);
        let Some(bucket) = begun.checked_sub(1) else {
            continue;
        };
        let note = Note {
            when: time_words(annotation, zone),
            text: annotation.text.clone(),
        };
        match marks.last_mut() {
            Some(mark) if mark.bucket == bucket => mark.notes.push(note),
            _ => marks.push(Mark {
                bucket,
                notes: vec![note],
            }),
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use trackflow::domain::{AnnotationId, Date, Timestamp};

    fn annotation(at: Timestamp, text: &str) -> Annotation {
        Annotation {
            id: AnnotationId(1),
            time: AnnotatedTime::Instant(at),
            at,
            text: text.into(),
            author: None,
            created_at: at,
        }
    }

    #[test]
    fn annotations_stand_in_the_bucket_of_their_time() {
        let points = fixtures::timeseries().points;
        let last = points[27].at;
        let annotations = [
            annotation(points[0].at.plus_ms(-1), "before the chart"),
            annotation(points[0].at, "first"),
            annotation(last.plus_ms(-1), "evening"),
            annotation(last, "morning"),
            annotation(last.plus_ms(3_600_000), "later"),
        ];
        let marks = marks(&annotations, &points, "UTC");
        let texts: Vec<_> = marks
            .iter()
            .map(|mark| {
                let texts = mark.notes.iter().map(|note| note.text.as_str());
                (mark.bucket, texts.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            texts,
            [
                (0, vec!["first"]),
                (26, vec!["evening"]),
                (27, vec!["morning", "later"])
            ]
        );
    }

    #[test]
    fn days_have_no_time_of_day() {
        let mut note = annotation(Timestamp(1_795_478_400_000), "a");
        assert_eq!(
            time_words(&note, "Europe/Berlin"),
            "24 November 2026, 01:00"
        );
        note.time = AnnotatedTime::Day(Date::parse("2026-11-24").expect("a date"));
        assert_eq!(time_words(&note, "UTC"), "24 November 2026");
    }
}
