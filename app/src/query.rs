//! The address of a dashboard and back: the query string is the whole state of the page, defaults left out.
//!
//! In: the raw query of the request. Out: a [`DashboardAddress`], from which every link of the page is built with one
//! thing changed. What the state means is `trackflow::domain`'s; what is shown is `pages`'.

use trackflow::domain::{
    Comparison, DashboardQuery, Dimension, DimensionGroup, Filter, FilterOperator, GoalId,
    Interval, Metric, Period, SegmentId, Subject,
};

/// What stands before the name of a property, see [`Subject::key`].
const PROPERTY: &str = "property.";

/// A tab of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// The world map, the first tab of the locations.
    Map,
    /// The table of a dimension.
    Table(Dimension),
}

/// What a dashboard's address says: the question and the chosen tab of each panel.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DashboardAddress {
    /// The question.
    pub query: DashboardQuery,
    /// The chosen tab of the properties, by name; `None` is the first that there is.
    pub property: Option<String>,
    /// The chosen tabs in the order of [`DimensionGroup::ALL`]; `None` is a panel's first.
    tabs: [Option<Tab>; 4],
    /// What all its links say besides, on pages that ask for more than the dashboard does.
    carried: Vec<(&'static str, String)>,
}

/// An address as it was read: the usable part and what was wrong with the rest.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ParsedAddress {
    /// The state, with the default in place of what could not be used.
    pub address: DashboardAddress,
    /// One sentence per parameter that could not be used, saying what is allowed.
    pub problems: Vec<String>,
    /// Whether the filter menu's fields were sent: the page redirects to the canonical address then.
    pub has_form_fields: bool,
}

impl Tab {
    /// All tabs of a panel; the first is shown unless the address says otherwise.
    #[must_use]
    pub fn all(group: DimensionGroup) -> Vec<Self> {
        let tables = group.dimensions().iter().copied().map(Self::Table);
        let map = (group == DimensionGroup::Locations).then_some(Self::Map);
        map.into_iter().chain(tables).collect()
    }

    /// The name in addresses, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Table(dimension) => dimension.key(),
        }
    }

    /// The tab's words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Map => "Map",
            Self::Table(dimension) => dimension.plural(),
        }
    }

    /// What its figures are broken down by.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        match self {
            Self::Map => Dimension::Country,
            Self::Table(dimension) => dimension,
        }
    }
}

impl DashboardAddress {
    /// Reads the raw query of a request. Unknown parameters are nobody's business and ignored.
    #[must_use]
    pub fn parse(raw: &str) -> ParsedAddress {
        let pairs: Vec<(String, String)> = parse_pairs(raw);
        let find = |name: &str| {
            let pair = pairs.iter().rfind(|(key, _)| key == name);
            pair.map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        let mut problems = Vec::new();
        let mut query = DashboardQuery::default();
        match Period::parse(find("period"), find("from"), find("to")) {
            Ok(period) => query.period = period,
            Err(error) => problems.push(error.to_string()),
        }
        let comparisons = Comparison::ALL.map(Comparison::key);
        let metrics = Metric::CARDS.map(Metric::key);
        let intervals = Interval::ALL.map(Interval::key);
        let mut choose = |name: &'static str, allowed: &[&'static str]| -> Option<&str> {
            let value = find(name)?;
            let is_allowed = allowed.contains(&value);
            if !is_allowed {
                problems.push(format!("`{name}` must be one of {}", allowed.join(", ")));
            }
            is_allowed.then_some(value)
        };
        query.comparison = choose("compare", &comparisons)
            .and_then(Comparison::from_key)
            .unwrap_or_default();
        query.metric = choose("metric", &metrics)
            .and_then(Metric::from_key)
            .unwrap_or_default();
        query.interval = choose("interval", &intervals).and_then(Interval::from_key);
        let tabs = DimensionGroup::ALL.map(|group| {
            let tabs = Tab::all(group);
            let keys: Vec<_> = tabs.iter().map(|tab| tab.key()).collect();
            let key = choose(group.key(), &keys)?;
            let at = keys.iter().position(|known| *known == key)?;
            (at > 0).then(|| tabs[at])
        });
        query.filters = parse_filters(&pairs, &mut problems);
        let mut number = |name: &str| -> Option<i64> {
            let value = find(name)?;
            let number = value.parse::<i64>().ok().filter(|number| *number > 0);
            if number.is_none() {
                problems.push(format!("`{name}` must be a number"));
            }
            number
        };
        query.segment = number("segment").map(SegmentId);
        query.goal = number("goal").map(GoalId);
        let property = find("properties").map(str::to_owned);
        let (property, too_long): (Option<String>, _) = match property {
            Some(name) if name.len() > Subject::NAME_LIMIT_BYTES => (None, true),
            name => (name, false),
        };
        if too_long {
            let limit = Subject::NAME_LIMIT_BYTES;
            problems.push(format!(
                "`properties` must be a name of at most {limit} bytes"
            ));
        }
        let has_form_fields = pairs.iter().any(|(key, _)| key == "filter_dimension");
        ParsedAddress {
            address: Self {
                query,
                property,
                tabs,
                carried: Vec::new(),
            },
            problems,
            has_form_fields,
        }
    }

    /// The parameters that differ from the defaults, in a fixed order.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        let query = &self.query;
        if query.period != Period::default() {
            pairs.push(("period", query.period.key().to_owned()));
        }
        if let Period::Custom { from, to } = query.period {
            pairs.push(("from", from.to_string()));
            pairs.push(("to", to.to_string()));
        }
        if query.comparison != Comparison::default() {
            pairs.push(("compare", query.comparison.key().to_owned()));
        }
        if query.metric != Metric::default() {
            pairs.push(("metric", query.metric.key().to_owned()));
        }
        if let Some(interval) = query.interval {
            pairs.push(("interval", interval.key().to_owned()));
        }
        for (group, tab) in DimensionGroup::ALL.into_iter().zip(self.tabs) {
            if let Some(tab) = tab {
                pairs.push((group.key(), tab.key().to_owned()));
            }
        }
        if let Some(name) = &self.property {
            pairs.push(("properties", name.clone()));
        }
        for filter in &query.filters {
            pairs.push(("filter", filter.to_string()));
        }
        if let Some(SegmentId(id)) = query.segment {
            pairs.push(("segment", id.to_string()));
        }
        if let Some(GoalId(id)) = query.goal {
            pairs.push(("goal", id.to_string()));
        }
        pairs.extend_from_slice(&self.carried);
        pairs
    }

    /// The same view, whose links also have these parameters of a page of its own.
    #[must_use]
    pub fn carrying(&self, pairs: Vec<(&'static str, String)>) -> Self {
        let mut next = self.clone();
        next.carried = pairs;
        next
    }

    /// The default view, whose links carry what these do.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self::default().carrying(self.carried.clone())
    }

    /// The query string with its question mark: `?period=7d`, or `?` alone for the default view.
    #[must_use]
    pub fn link(&self) -> String {
        format_pairs(&self.pairs())
    }

    /// The chosen tab of a panel.
    #[must_use]
    pub fn tab(&self, group: DimensionGroup) -> Tab {
        self.tabs[group as usize].unwrap_or_else(|| Tab::all(group)[0])
    }

    /// The same view with another tab in one panel.
    #[must_use]
    pub fn with_tab(&self, group: DimensionGroup, tab: Tab) -> Self {
        let mut next = self.clone();
        next.tabs[group as usize] = (Tab::all(group)[0] != tab).then_some(tab);
        next
    }

    /// The same view with another property in its panel.
    #[must_use]
    pub fn with_property(&self, name: &str) -> Self {
        let mut next = self.clone();
        next.property = Some(name.to_owned());
        next
    }

    /// The same view of another period; the interval is the period's own again, since the old one may not suit.
    #[must_use]
    pub fn with_period(&self, period: Period) -> Self {
        let mut next = self.clone();
        next.query.period = period;
        next.query.interval = None;
        next
    }

    /// The same view, compared otherwise.
    #[must_use]
    pub fn with_comparison(&self, comparison: Comparison) -> Self {
        let mut next = self.clone();
        next.query.comparison = comparison;
        next
    }

    /// The same view with another metric in the chart.
    #[must_use]
    pub fn with_metric(&self, metric: Metric) -> Self {
        let mut next = self.clone();
        next.query.metric = metric;
        next
    }

    /// The same view with other buckets in the chart.
    #[must_use]
    pub fn with_interval(&self, interval: Interval) -> Self {
        let mut next = self.clone();
        next.query.interval = Some(interval);
        next
    }

    /// The same view, narrowed; an equality takes the place of an earlier one on its dimension.
    #[must_use]
    pub fn with_filter(&self, filter: Filter) -> Self {
        let mut next = self.clone();
        next.query.filters.retain(|old| {
            old != &filter
                && !(filter.operator == FilterOperator::Is
                    && old.operator == FilterOperator::Is
                    && old.subject == filter.subject)
        });
        next.query.filters.push(filter);
        next
    }

    /// The same view without its `at`th filter.
    #[must_use]
    pub fn without_filter(&self, at: usize) -> Self {
        let mut next = self.clone();
        if at < next.query.filters.len() {
            next.query.filters.remove(at);
        }
        next
    }

    /// The same view without any filter, segment and goal.
    #[must_use]
    pub fn without_filters(&self) -> Self {
        let mut next = self.clone();
        next.query.filters.clear();
        next.query.segment = None;
        next.query.goal = None;
        next
    }

    /// The same view of a segment, or of none.
    #[must_use]
    pub fn with_segment(&self, segment: Option<SegmentId>) -> Self {
        let mut next = self.clone();
        next.query.segment = segment;
        next
    }

    /// The same view of the visits that reached a goal, or of all.
    #[must_use]
    pub fn with_goal(&self, goal: Option<GoalId>) -> Self {
        let mut next = self.clone();
        next.query.goal = goal;
        next
    }

    /// Whether it shows only some of the visits.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        let query = &self.query;
        !query.filters.is_empty() || query.segment.is_some() || query.goal.is_some()
    }
}

/// Decodes a raw query into its pairs, in order.
#[must_use]
pub fn parse_pairs(raw: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(raw.as_bytes())
        .into_owned()
        .collect()
}

/// The last value of a parameter in a raw query; empty if it is absent.
#[must_use]
pub fn find_value(raw: &str, name: &str) -> String {
    let pairs = parse_pairs(raw).into_iter();
    let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value);
    values.next_back().unwrap_or_default()
}

/// The address of a property's details below that of its site's dashboard, without a query. `/` and names of dots alone, which
/// browsers would take for folders, are encoded; a name is read back with [`property_of`].
#[must_use]
pub fn property_path(site_path: &str, name: &str) -> String {
    let key = Subject::Property(name.to_owned()).key();
    let (_, mut segment) = key.split_at(PROPERTY.len());
    let dots = segment.replace('.', "%2E");
    if segment.bytes().all(|byte| byte == b'.') {
        segment = &dots;
    }
    let segment = encode(segment).replace('/', "%2F");
    format!("{site_path}/properties/{segment}")
}

/// The property of the last part of a [`property_path`], decoded once.
#[must_use]
pub fn property_of(segment: &str) -> Option<Subject> {
    let is_dots = segment.split("%2E").all(str::is_empty);
    let name = match is_dots {
        true => segment.replace("%2E", "."),
        false => segment.to_owned(),
    };
    Subject::from_key(&format!("{PROPERTY}{name}"))
}

/// Joins pairs to a query string with its question mark.
#[must_use]
pub fn format_pairs<K: AsRef<str>, V: AsRef<str>>(pairs: &[(K, V)]) -> String {
    let mut text = String::from("?");
    for (key, value) in pairs {
        if text.len() > 1 {
            text.push('&');
        }
        text.push_str(key.as_ref());
        text.push('=');
        text.push_str(&encode(value.as_ref()));
    }
    text
}

/// Percent-encodes a value for a query or a path segment's tail. Leaves `/` and `:` as they are, which RFC 3986 §3.4
/// allows and which keeps `filter=page:is:/pricing` readable.
#[must_use]
pub fn encode(value: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/:,".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes everything");
        }
    }
    text
}

fn parse_filters(pairs: &[(String, String)], problems: &mut Vec<String>) -> Vec<Filter> {
    let mut filters = Vec::new();
    let written = pairs.iter().filter(|(key, _)| key == "filter");
    let mut texts: Vec<String> = written.map(|(_, value)| value.clone()).collect();
    let field = |name: &str| {
        let pair = pairs.iter().rfind(|(key, _)| key == name);
        pair.map(|(_, value)| value.trim())
    };
    if let (Some(dimension), Some(first)) = (field("filter_dimension"), field("filter_value")) {
        let operator = field("filter_operator").unwrap_or("is");
        let further = field("filter_values").unwrap_or_default().lines();
        let further = further.map(str::trim).filter(|value| !value.is_empty());
        let mut values: Vec<&str> = std::iter::once(first).chain(further).collect();
        if first.is_empty() && values.len() > 1 {
            values.remove(0);
        }
        let values = Filter::join_values(&values);
        texts.push(format!("{dimension}:{operator}:{values}"));
    }
    for text in texts {
        match Filter::parse(&text) {
            Ok(filter) if filters.contains(&filter) => {}
            Ok(_) if filters.len() == DashboardQuery::FILTER_LIMIT => {
                problems.push(format!(
                    "a dashboard takes at most {} filters",
                    DashboardQuery::FILTER_LIMIT
                ));
                break;
            }
            Ok(filter) => filters.push(filter),
            Err(error) => problems.push(error.to_string()),
        }
    }
    filters
}

#[cfg(test)]
mod tests;
