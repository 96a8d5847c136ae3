//! What is counted beside visitors.

use super::column::{ColumnId, Needed};
use crate::domain::Metric;

/// Which figures a count must have; those that it need not have may be zero. Each costs columns of every day that is not rolled up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measures {
    /// Pageviews and events.
    pub(super) events: bool,
    /// Engaged time.
    pub(super) engaged: bool,
    /// Visits, bounces and durations.
    pub(super) visits: bool,
    /// Scroll depths.
    pub(super) scroll: bool,
}

impl Measures {
    /// Visitors alone.
    pub(super) const VISITORS: Self = Self {
        events: false,
        engaged: false,
        visits: false,
        scroll: false,
    };

    /// Everything but scroll depths, which few tables show.
    pub(super) const FIGURES: Self = Self {
        events: true,
        engaged: true,
        visits: true,
        scroll: false,
    };

    /// Everything.
    pub(super) const ALL: Self = Self {
        scroll: true,
        ..Self::FIGURES
    };

    /// What some metrics are made of.
    pub(super) fn of(metrics: impl IntoIterator<Item = Metric>) -> Self {
        let mut measures = Self::VISITORS;
        for metric in metrics {
            match metric {
                Metric::Visitors
                | Metric::Percentage
                | Metric::ConversionRate
                | Metric::GroupConversionRate
                | Metric::TotalRevenue
                | Metric::AverageRevenue => {}
                Metric::Pageviews | Metric::Events => measures.events = true,
                Metric::Visits | Metric::BounceRate | Metric::VisitDuration => {
                    measures.visits = true;
                }
                Metric::ViewsPerVisit => (measures.events, measures.visits) = (true, true),
                Metric::TimeOnPage => (measures.events, measures.engaged) = (true, true),
                Metric::ScrollDepth => measures.scroll = true,
            }
        }
        measures
    }

    /// Adds the columns that they are counted from.
    pub(super) fn need(self, needed: &mut Needed) {
        let columns = [
            (self.events, [ColumnId::Name].as_slice()),
            (self.engaged, &[ColumnId::EngagedMs]),
            (
                self.visits,
                &[
                    ColumnId::StartedAt,
                    ColumnId::DurationMs,
                    ColumnId::IsBounce,
                    ColumnId::OverlapId,
                ],
            ),
            (self.scroll, &[ColumnId::ScrollDepth, ColumnId::Page]),
        ];
        let wanted = columns.iter().filter(|(is_measured, _)| *is_measured);
        wanted
            .flat_map(|(_, columns)| *columns)
            .for_each(|column| needed.add(*column));
    }
}
