//! Web vitals: how fast pages feel, as browsers measure it.
//!
//! Names, units and thresholds are those of <https://web.dev/articles/vitals> (read in November 2026); what they mean here is
//! in docs/metrics.md.

use serde::{Deserialize, Serialize};

use super::{Dimension, Period};

/// A measurement that a browser takes of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vital {
    /// Largest Contentful Paint.
    Lcp,
    /// Interaction to Next Paint.
    Inp,
    /// Cumulative Layout Shift.
    Cls,
    /// First Contentful Paint.
    Fcp,
    /// Time to First Byte.
    Ttfb,
}

/// How Google rates a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VitalRating {
    /// Up to the first threshold, the threshold included.
    Good,
    /// Between the thresholds.
    NeedsImprovement,
    /// Above the second threshold.
    Poor,
}

impl Vital {
    /// All of them: the three core web vitals first. The order is that of [`VitalsRow::figures`] and of stored histograms.
    pub const ALL: [Self; 5] = [Self::Lcp, Self::Inp, Self::Cls, Self::Fcp, Self::Ttfb];

    /// The name on the wire, in addresses and in the stats API.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Lcp => "lcp",
            Self::Inp => "inp",
            Self::Cls => "cls",
            Self::Fcp => "fcp",
            Self::Ttfb => "ttfb",
        }
    }

    /// The usual abbreviation.
    #[must_use]
    pub fn abbreviation(self) -> &'static str {
        match self {
            Self::Lcp => "LCP",
            Self::Inp => "INP",
            Self::Cls => "CLS",
            Self::Fcp => "FCP",
            Self::Ttfb => "TTFB",
        }
    }

    /// The whole name.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Lcp => "Largest Contentful Paint",
            Self::Inp => "Interaction to Next Paint",
            Self::Cls => "Cumulative Layout Shift",
            Self::Fcp => "First Contentful Paint",
            Self::Ttfb => "Time to First Byte",
        }
    }

    /// What is measured, in one sentence.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Lcp => "Until the largest image or text in sight is drawn.",
            Self::Inp => {
                "From a click, tap or key to the next drawing; of a visit to a page nearly the slowest."
            }
            Self::Cls => "How much of what is in sight jumps, and how far. Without a unit.",
            Self::Fcp => "Until the first text or image is drawn.",
            Self::Ttfb => "Until the first byte of the page arrives, redirects included.",
        }
    }

    /// Where good ends and where poor begins, both included in the better side: milliseconds, CLS without a unit.
    #[must_use]
    pub fn thresholds(self) -> (f64, f64) {
        match self {
            Self::Lcp => (2_500.0, 4_000.0),
            Self::Inp => (200.0, 500.0),
            Self::Cls => (0.1, 0.25),
            Self::Fcp => (1_800.0, 3_000.0),
            Self::Ttfb => (800.0, 1_800.0),
        }
    }

    /// The largest value that is believed: ten minutes, and for CLS a hundred full screens of shifts. Ours.
    #[must_use]
    pub fn limit(self) -> f64 {
        match self {
            Self::Cls => 100.0,
            _ => 600_000.0,
        }
    }

    /// Rates a value.
    ///
    /// ```
    /// use trackflow::domain::{Vital, VitalRating};
    /// assert_eq!(Vital::Lcp.rate(2_500.0), VitalRating::Good);
    /// assert_eq!(Vital::Cls.rate(0.11), VitalRating::NeedsImprovement);
    /// ```
    #[must_use]
    pub fn rate(self, value: f64) -> VitalRating {
        let (good, poor) = self.thresholds();
        if value <= good {
            VitalRating::Good
        } else if value <= poor {
            VitalRating::NeedsImprovement
        } else {
            VitalRating::Poor
        }
    }
}

impl VitalRating {
    /// The name in the stats API and in style sheets.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NeedsImprovement => "needs_improvement",
            Self::Poor => "poor",
        }
    }

    /// Sentence case.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::NeedsImprovement => "Needs improvement",
            Self::Poor => "Poor",
        }
    }
}

/// The measurements of one page view in the order of [`Vital::ALL`], each from 0 to its [`Vital::limit`]; `None` where the
/// browser took none.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct VitalValues(pub [Option<f64>; 5]);

/// What measurements of one vital add up to.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct VitalFigures {
    /// Three of four measurements are at most about this: milliseconds, CLS without a unit. The middle of the 75th
    /// percentile's bucket, so at most 2.5 % off; its rating is exact. `None` without measurements.
    pub p75: Option<f64>,
    /// Measurements up to the first threshold.
    pub good: u64,
    /// Measurements between the thresholds.
    pub needs_improvement: u64,
    /// Measurements above the second threshold.
    pub poor: u64,
}

impl VitalFigures {
    /// How many measurements there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.good + self.needs_improvement + self.poor
    }
}

/// A question about web vitals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VitalsQuery {
    /// Of whole days: all that the period touches.
    pub period: Period,
    /// One of [`VitalsQuery::DIMENSIONS`].
    pub by: Dimension,
    /// Only this page.
    #[serde(default)]
    pub page: Option<String>,
    /// Only this country; empty for unknown.
    #[serde(default)]
    pub country: Option<String>,
    /// Only this class of device; empty for unknown.
    #[serde(default)]
    pub device: Option<String>,
}

impl Default for VitalsQuery {
    fn default() -> Self {
        Self {
            period: Period::default(),
            by: Dimension::Page,
            page: None,
            country: None,
            device: None,
        }
    }
}

impl VitalsQuery {
    /// What measurements can be told apart by.
    pub const DIMENSIONS: [Dimension; 3] = [Dimension::Page, Dimension::Country, Dimension::Device];

    /// What a dimension has to be; `None` for anything.
    #[must_use]
    pub fn filter(&self, dimension: Dimension) -> Option<&str> {
        match dimension {
            Dimension::Page => self.page.as_deref(),
            Dimension::Country => self.country.as_deref(),
            Dimension::Device => self.device.as_deref(),
            _ => None,
        }
    }
}

/// The web vitals of one value of a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VitalsRow {
    /// The page, country code or class of device; empty for unknown.
    pub value: String,
    /// In the order of [`Vital::ALL`].
    pub figures: [VitalFigures; 5],
}

impl VitalsRow {
    /// Measurements of the vital that was measured most: about the page views that were measured.
    #[must_use]
    pub fn measurements(&self) -> u64 {
        measurements(&self.figures)
    }
}

/// The answer to a [`VitalsQuery`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VitalsReport {
    /// The days in words.
    pub title: String,
    /// Whether the site has measurements at all, of any day.
    pub has_any: bool,
    /// In the order of [`Vital::ALL`].
    pub figures: [VitalFigures; 5],
    /// The most measured first; of equals the first by name.
    pub rows: Vec<VitalsRow>,
    /// How many rows there are, those that are left out included.
    pub total_rows: usize,
}

impl VitalsReport {
    /// As [`VitalsRow::measurements`].
    #[must_use]
    pub fn measurements(&self) -> u64 {
        measurements(&self.figures)
    }
}

fn measurements(figures: &[VitalFigures; 5]) -> u64 {
    let counts = figures.iter().map(VitalFigures::count);
    counts.max().unwrap_or_default()
}
