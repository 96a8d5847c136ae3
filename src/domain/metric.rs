//! The figures of the product; their exact definitions are the product's (docs/metrics.md).

use serde::{Deserialize, Serialize};

/// A figure of some events and their visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Distinct visitor ids; over several days the sum of the days.
    #[default]
    Visitors,
    /// Visits that started in the period.
    Visits,
    /// Events named `pageview`.
    Pageviews,
    /// Pageviews ÷ visits.
    ViewsPerVisit,
    /// Bounced visits ÷ visits, 0.0 to 1.0.
    BounceRate,
    /// Mean over all visits of last − first activity, in seconds.
    VisitDuration,
    /// All events but `engagement`, pageviews included.
    Events,
    /// Mean engaged time of a pageview, in seconds.
    TimeOnPage,
    /// Mean over visits and their pages of the deepest scroll, in percent.
    ScrollDepth,
    /// Visitors ÷ visitors of the whole question, 0.0 to 1.0.
    Percentage,
    /// Visitors ÷ visitors of the whole question without its goals, 0.0 to 1.0.
    ConversionRate,
    /// Visitors ÷ visitors of the same row without the question's goals, 0.0 to 1.0.
    GroupConversionRate,
    /// What the events were worth, by currency.
    TotalRevenue,
    /// Mean of what an event with an amount was worth, by currency.
    AverageRevenue,
}

impl Metric {
    /// All metrics, the cards' first.
    pub const ALL: [Self; 14] = [
        Self::Visitors,
        Self::Visits,
        Self::Pageviews,
        Self::ViewsPerVisit,
        Self::BounceRate,
        Self::VisitDuration,
        Self::Events,
        Self::TimeOnPage,
        Self::ScrollDepth,
        Self::Percentage,
        Self::ConversionRate,
        Self::GroupConversionRate,
        Self::TotalRevenue,
        Self::AverageRevenue,
    ];

    /// Those that a card shows and the main chart can draw, in the order of the cards.
    pub const CARDS: [Self; 6] = [
        Self::Visitors,
        Self::Visits,
        Self::Pageviews,
        Self::ViewsPerVisit,
        Self::BounceRate,
        Self::VisitDuration,
    ];

    /// The name in addresses and chart options, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Visitors => "visitors",
            Self::Visits => "visits",
            Self::Pageviews => "pageviews",
            Self::ViewsPerVisit => "views_per_visit",
            Self::BounceRate => "bounce_rate",
            Self::VisitDuration => "visit_duration",
            Self::Events => "events",
            Self::TimeOnPage => "time_on_page",
            Self::ScrollDepth => "scroll_depth",
            Self::Percentage => "percentage",
            Self::ConversionRate => "conversion_rate",
            Self::GroupConversionRate => "group_conversion_rate",
            Self::TotalRevenue => "total_revenue",
            Self::AverageRevenue => "average_revenue",
        }
    }

    /// The metric of a [`Metric::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.key() == key)
    }

    /// Sentence case: "Bounce rate".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Visitors => "Visitors",
            Self::Visits => "Visits",
            Self::Pageviews => "Pageviews",
            Self::ViewsPerVisit => "Views per visit",
            Self::BounceRate => "Bounce rate",
            Self::VisitDuration => "Visit duration",
            Self::Events => "Events",
            Self::TimeOnPage => "Time on page",
            Self::ScrollDepth => "Scroll depth",
            Self::Percentage => "Share of visitors",
            Self::ConversionRate => "Conversion rate",
            Self::GroupConversionRate => "Conversion rate of a row",
            Self::TotalRevenue => "Revenue",
            Self::AverageRevenue => "Average revenue",
        }
    }

    /// The definition in one line, for the label's explanation.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Visitors => {
                "Distinct visitors. Ids change every day, so several days are the sum of daily figures."
            }
            Self::Visits => "Runs of events by one visitor with gaps below 30 minutes.",
            Self::Pageviews => "Pages viewed, repeated views included.",
            Self::ViewsPerVisit => "Pageviews divided by visits.",
            Self::BounceRate => {
                "Visits with at most one pageview, no interaction and less than 10 seconds of attention."
            }
            Self::VisitDuration => "Mean time from the first to the last activity of a visit.",
            Self::Events => "Pageviews and custom events.",
            Self::TimeOnPage => "Mean time for which a viewed page was visible and focused.",
            Self::ScrollDepth => "Mean of how far down its visits scrolled a page.",
            Self::Percentage => "Visitors divided by all visitors of the question.",
            Self::ConversionRate => {
                "Visitors who reached a goal divided by all visitors under the same filters."
            }
            Self::GroupConversionRate => {
                "Visitors of a row who reached a goal divided by all visitors of the row."
            }
            Self::TotalRevenue => "What events were worth, one sum a currency.",
            Self::AverageRevenue => {
                "Revenue divided by the events that carry an amount, one figure a currency."
            }
        }
    }

    /// Whether it is counted from visits, so that a table of pages or events cannot have it.
    #[must_use]
    pub fn is_of_visit(self) -> bool {
        matches!(
            self,
            Self::Visits | Self::ViewsPerVisit | Self::BounceRate | Self::VisitDuration
        )
    }

    /// Whether it is of those who reached a goal, so that the question needs one.
    #[must_use]
    pub fn is_of_goal(self) -> bool {
        matches!(self, Self::ConversionRate | Self::GroupConversionRate)
    }

    /// Whether it is money, which has a figure a currency and no [`super::Figures::value`].
    #[must_use]
    pub fn is_revenue(self) -> bool {
        matches!(self, Self::TotalRevenue | Self::AverageRevenue)
    }

    /// Whether a rise is bad news, as with the bounce rate.
    #[must_use]
    pub fn is_better_lower(self) -> bool {
        self == Self::BounceRate
    }
}
