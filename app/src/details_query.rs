//! The address of a details page: that of the dashboard plus sorting, page and search.
//!
//! Sorting by anything but visitors, the services' own order, takes up to [`SORT_LIMIT`] rows and orders them here.

use std::cmp::Ordering;

use trackflow::domain::{BreakdownRow, DashboardQuery, Dimension, Filter, FilterOperator, Metric};

use crate::{
    components::value_words,
    query::{DashboardAddress, find_value, format_pairs},
};

/// Rows of a page.
pub const PAGE_ROWS: usize = 50;
/// Rows that are ordered otherwise than by visitors; what lies beyond has fewest visitors.
pub const SORT_LIMIT: usize = 10_000;

/// A column of the full table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The value itself.
    Name,
    /// A metric.
    Metric(Metric),
    /// Engaged time per pageview, for pages.
    TimeOnPage,
    /// Mean of the deepest scroll, for pages.
    ScrollDepth,
}

/// What the address of a details page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailsAddress {
    /// The dashboard's part.
    pub dashboard: DashboardAddress,
    /// Sorted by.
    pub sort: Column,
    /// Smallest first.
    pub is_ascending: bool,
    /// Page of the table, from 1.
    pub page: usize,
    /// Part of the value; empty for all.
    pub search: String,
}

impl Column {
    /// The columns of a dimension's table, left to right.
    #[must_use]
    pub fn of(dimension: Dimension) -> Vec<Self> {
        let mut columns = vec![Self::Name];
        columns.extend([Metric::Visitors, Metric::Visits, Metric::Pageviews].map(Self::Metric));
        if dimension == Dimension::Page {
            columns.extend([Self::TimeOnPage, Self::ScrollDepth]);
        } else {
            columns.extend([Metric::BounceRate, Metric::VisitDuration].map(Self::Metric));
        }
        columns
    }

    /// The name in addresses, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Metric(metric) => metric.key(),
            Self::TimeOnPage => "time_on_page",
            Self::ScrollDepth => "scroll_depth",
        }
    }

    /// The column's heading.
    #[must_use]
    pub fn label(self, dimension: Dimension) -> &'static str {
        match self {
            Self::Name => dimension.label(),
            Self::Metric(metric) => metric.label(),
            Self::TimeOnPage => "Time on page",
            Self::ScrollDepth => "Scroll depth",
        }
    }

    /// The value of a row; `None` where it is undefined, and for the name.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "sums stay below 2^53")]
    pub fn value(self, row: &BreakdownRow) -> Option<f64> {
        let figures = &row.figures;
        match self {
            Self::Name => None,
            Self::Metric(metric) => figures.value(metric),
            Self::TimeOnPage => (figures.pageviews > 0)
                .then(|| figures.engaged_ms as f64 / figures.pageviews as f64 / 1_000.0),
            Self::ScrollDepth => row.scroll_depth,
        }
    }
}

impl DetailsAddress {
    /// Reads the raw query of a request, with a sentence per parameter that cannot be used.
    #[must_use]
    pub fn parse(raw: &str, dimension: Dimension) -> (Self, Vec<String>) {
        let parsed = DashboardAddress::parse(raw);
        let mut problems = parsed.problems;
        let columns = Column::of(dimension);
        let key = find_value(raw, "sort");
        let sort = columns.iter().copied().find(|column| column.key() == key);
        if sort.is_none() && !key.is_empty() {
            let allowed: Vec<_> = columns.iter().map(|column| column.key()).collect();
            problems.push(format!("`sort` must be one of {}", allowed.join(", ")));
        }
        let page = find_value(raw, "page");
        let number = page
            .parse()
            .ok()
            .filter(|number| (1..=1_000_000).contains(number));
        if number.is_none() && !page.is_empty() {
            problems.push("`page` must be a number from 1".into());
        }
        let search = find_value(raw, "search").trim().chars().take(200).collect();
        let address = Self {
            dashboard: parsed.address,
            sort: sort.unwrap_or(Column::Metric(Metric::Visitors)),
            is_ascending: find_value(raw, "order") == "ascending",
            page: number.unwrap_or(1),
            search,
        };
        (address, problems)
    }

    /// The parameters that differ from the defaults.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = self.dashboard.pairs();
        if self.sort != Column::Metric(Metric::Visitors) {
            pairs.push(("sort", self.sort.key().to_owned()));
        }
        if self.is_ascending {
            pairs.push(("order", "ascending".to_owned()));
        }
        if !self.search.is_empty() {
            pairs.push(("search", self.search.clone()));
        }
        if self.page > 1 {
            pairs.push(("page", self.page.to_string()));
        }
        pairs
    }

    /// The query string with its question mark.
    #[must_use]
    pub fn link(&self) -> String {
        format_pairs(&self.pairs())
    }

    /// The same table sorted by a column: largest first, names from A; once more turns it round.
    #[must_use]
    pub fn sorted_by(&self, column: Column) -> Self {
        let first = column == Column::Name;
        let is_ascending = if self.sort == column {
            !self.is_ascending
        } else {
            first
        };
        Self {
            sort: column,
            is_ascending,
            page: 1,
            ..self.clone()
        }
    }

    /// The same table, another page of it.
    #[must_use]
    pub fn with_page(&self, page: usize) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// The question to ask: that of the dashboard, narrowed to the search.
    #[must_use]
    pub fn query(&self, dimension: Dimension) -> DashboardQuery {
        let mut query = self.dashboard.query.clone();
        if !self.search.is_empty() {
            query.filters.push(Filter {
                dimension,
                operator: FilterOperator::Contains,
                value: self.search.clone(),
            });
        }
        query
    }

    /// Whether the services' order is the one asked for, so that only one page has to be fetched.
    #[must_use]
    pub fn has_default_order(&self) -> bool {
        self.sort == Column::Metric(Metric::Visitors) && !self.is_ascending
    }

    /// Orders rows as asked and takes the page. Undefined values come last either way.
    #[must_use]
    pub fn page_of(&self, dimension: Dimension, mut rows: Vec<BreakdownRow>) -> Vec<BreakdownRow> {
        let turn = |order: Ordering| {
            if self.is_ascending {
                order
            } else {
                order.reverse()
            }
        };
        if self.sort == Column::Name {
            rows.sort_by_cached_key(|row| value_words(dimension, &row.value).to_lowercase());
            if !self.is_ascending {
                rows.reverse();
            }
        } else {
            rows.sort_by(|a, b| match (self.sort.value(a), self.sort.value(b)) {
                (Some(a), Some(b)) => turn(a.total_cmp(&b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
        }
        let skipped = (self.page - 1).saturating_mul(PAGE_ROWS);
        rows.into_iter().skip(skipped).take(PAGE_ROWS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn parsed(raw: &str) -> DetailsAddress {
        let (address, problems) = DetailsAddress::parse(raw, Dimension::Page);
        assert_eq!(problems, Vec::<String>::new(), "{raw}");
        address
    }

    #[test]
    fn every_state_survives_the_address() {
        for link in [
            "?",
            "?period=7d&sort=name&order=ascending",
            "?filter=country:is:DE&sort=scroll_depth&search=a%20b&page=3",
        ] {
            assert_eq!(parsed(&link[1..]).link(), link);
        }
    }

    #[test]
    fn wrong_values_say_what_is_allowed() {
        let (address, problems) = DetailsAddress::parse("sort=x&page=0&period=x", Dimension::Page);
        assert_eq!(address.link(), "?");
        assert_eq!(problems.len(), 3);
        assert!(problems[1].contains("name, visitors, visits, pageviews, time_on_page"));
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let address = parsed("page=2");
        let by_name = address.sorted_by(Column::Name);
        assert_eq!(by_name.link(), "?sort=name&order=ascending");
        assert_eq!(by_name.sorted_by(Column::Name).link(), "?sort=name");
        let by_visits = address.sorted_by(Column::Metric(Metric::Visits));
        assert_eq!(by_visits.link(), "?sort=visits");
    }

    #[test]
    fn undefined_values_come_last_in_both_orders() {
        let rows = || {
            let mut rows = fixtures::breakdown("", Dimension::Page, 3).rows;
            rows[1].scroll_depth = None;
            rows[2].scroll_depth = Some(10.0);
            rows
        };
        for (raw, depths) in [
            ("sort=scroll_depth", [Some(63.0), Some(10.0), None]),
            (
                "sort=scroll_depth&order=ascending",
                [Some(10.0), Some(63.0), None],
            ),
        ] {
            let rows = parsed(raw).page_of(Dimension::Page, rows());
            let found: Vec<_> = rows.iter().map(|row| row.scroll_depth).collect();
            assert_eq!(found, depths, "{raw}");
        }
    }

    #[test]
    fn a_search_becomes_a_condition() {
        let query = parsed("search=docs").query(Dimension::Page);
        assert_eq!(query.filters[0].to_string(), "page:contains:docs");
    }
}
