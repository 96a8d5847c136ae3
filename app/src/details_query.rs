//! The address of a details page: that of the dashboard plus sorting, page and search.

use trackflow::domain::{
    Breakdown, BreakdownOrder as Column, BreakdownPage, BreakdownRow, Dimension, Metric, Subject,
};

use crate::query::{DashboardAddress, find_value, format_pairs};

/// Rows of a page.
pub const PAGE_ROWS: usize = 50;

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

/// The columns of a table, left to right, with those of revenue if there is any. Dimensions of events and properties have no visits of their own (docs/metrics.md).
#[must_use]
pub fn columns(subject: &Subject, has_revenue: bool) -> Vec<Column> {
    let mut columns = vec![Column::Value, Column::Metric(Metric::Visitors)];
    match subject.dimension() {
        None | Some(Dimension::Event) => columns.push(Column::Metric(Metric::Events)),
        Some(Dimension::Page) => columns.extend([
            Column::Metric(Metric::Pageviews),
            Column::Metric(Metric::TimeOnPage),
            Column::Metric(Metric::ScrollDepth),
        ]),
        Some(Dimension::Hostname) => {
            columns.extend([
                Column::Metric(Metric::Pageviews),
                Column::Metric(Metric::TimeOnPage),
            ]);
        }
        Some(Dimension::Title) => columns.push(Column::Metric(Metric::Pageviews)),
        Some(_) => columns.extend(
            [
                Metric::Visits,
                Metric::Pageviews,
                Metric::BounceRate,
                Metric::VisitDuration,
            ]
            .map(Column::Metric),
        ),
    }
    if has_revenue {
        columns.extend([Metric::TotalRevenue, Metric::AverageRevenue].map(Column::Metric));
    }
    columns
}

/// A column's name in addresses, lower case.
#[must_use]
pub fn column_key(column: Column) -> &'static str {
    match column {
        Column::Value => "name",
        Column::Metric(metric) => metric.key(),
    }
}

/// A column's heading.
#[must_use]
pub fn column_label(column: Column, subject: &Subject) -> String {
    match column {
        Column::Value => subject.label().into_owned(),
        // Beside "Revenue"; the whole name is wider than what it counts
        Column::Metric(Metric::AverageRevenue) => "Average".to_owned(),
        Column::Metric(metric) => metric.label().to_owned(),
    }
}

/// The figure of a row in a column; `None` where it is undefined, and for the name.
#[must_use]
pub fn column_value(column: Column, breakdown: &Breakdown, row: &BreakdownRow) -> Option<f64> {
    match column {
        Column::Value => None,
        Column::Metric(metric) => breakdown.value(metric, &row.figures),
    }
}

impl DetailsAddress {
    /// Reads the raw query of a request, with a sentence per parameter that cannot be used.
    #[must_use]
    pub fn parse(raw: &str, subject: &Subject) -> (Self, Vec<String>) {
        let parsed = DashboardAddress::parse(raw);
        let mut problems = parsed.problems;
        let columns = columns(subject, true);
        let key = find_value(raw, "sort");
        let sort = columns
            .iter()
            .copied()
            .find(|column| column_key(*column) == key);
        if sort.is_none() && !key.is_empty() {
            let allowed: Vec<_> = columns.iter().map(|column| column_key(*column)).collect();
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
            pairs.push(("sort", column_key(self.sort).to_owned()));
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
        let first = column == Column::Value;
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

    /// What the service is asked for, with revenue if there is any.
    #[must_use]
    pub fn breakdown_page(&self, has_revenue: bool) -> BreakdownPage {
        BreakdownPage {
            order: self.sort,
            is_ascending: self.is_ascending,
            search: self.search.clone(),
            offset: (self.page - 1) * PAGE_ROWS,
            limit: PAGE_ROWS,
            has_revenue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> DetailsAddress {
        let (address, problems) = DetailsAddress::parse(raw, &Dimension::Page.into());
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
        let (address, problems) =
            DetailsAddress::parse("sort=x&page=0&period=x", &Dimension::Page.into());
        assert_eq!(address.link(), "?");
        assert_eq!(problems.len(), 3);
        assert!(problems[1].contains("name, visitors, pageviews, time_on_page"));
    }

    #[test]
    fn dimensions_of_events_show_no_figures_of_visits() {
        let keys =
            |of: &Subject| -> Vec<_> { columns(of, false).into_iter().map(column_key).collect() };
        let of_property = keys(&Subject::Property("plan".into()));
        assert_eq!(of_property, ["name", "visitors", "events"]);
        let keys = |dimension: Dimension| keys(&dimension.into());
        assert_eq!(
            keys(Dimension::Page),
            [
                "name",
                "visitors",
                "pageviews",
                "time_on_page",
                "scroll_depth"
            ]
        );
        assert_eq!(
            keys(Dimension::Hostname),
            ["name", "visitors", "pageviews", "time_on_page"]
        );
        assert_eq!(keys(Dimension::Title), ["name", "visitors", "pageviews"]);
        assert_eq!(keys(Dimension::Event), ["name", "visitors", "events"]);
        for dimension in Dimension::ALL {
            let has_visits = keys(dimension).contains(&"visits");
            let is_of_visits = !dimension.is_of_event() || dimension.is_of_time();
            assert_eq!(has_visits, is_of_visits, "{dimension:?}");
        }
    }

    #[test]
    fn a_second_click_turns_the_order_round() {
        let address = parsed("page=2");
        let by_name = address.sorted_by(Column::Value);
        assert_eq!(by_name.link(), "?sort=name&order=ascending");
        assert_eq!(by_name.sorted_by(Column::Value).link(), "?sort=name");
        let by_pageviews = address.sorted_by(Column::Metric(Metric::Pageviews));
        assert_eq!(by_pageviews.link(), "?sort=pageviews");
    }

    #[test]
    fn the_service_is_asked_for_one_page() {
        let page = parsed("search=docs&page=3&sort=pageviews").breakdown_page(false);
        assert_eq!((page.offset, page.limit), (100, 50));
        assert_eq!(
            (page.order, page.search.as_str()),
            (Column::Metric(Metric::Pageviews), "docs")
        );
    }
}
