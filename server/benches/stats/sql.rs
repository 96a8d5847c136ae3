//! The same questions in DuckDB's SQL, one statement a table that a reader sees.
//!
//! The table `event` has a row an event with the columns of its visit beside it; words are numbers there as with us, and
//! `word` says what they stand for. A table `visit` has the visits alone. DuckDB is asked for less than TrackFlow counts: a panel needs visitors only.

use trackflow::domain::{Dimension, Filter, FilterOperator};

use crate::question::{Kind, PANEL_ROWS, PANELS, Question, ROWS, When};

/// What answers a question about `when`.
pub(crate) fn statements(question: &Question, when: When) -> Vec<String> {
    let selected = selected(&question.filters, when);
    match question.kind {
        Kind::Dashboard { is_compared } => {
            let mut statements = vec![totals(question, when, true), daily(&selected)];
            let panels = PANELS.iter();
            statements.extend(panels.map(|of| visitors(*of, &selected, PANEL_ROWS)));
            if is_compared {
                let before = when.before();
                let selected = self::selected(&question.filters, before);
                statements.extend([totals(question, before, true), daily(&selected)]);
            }
            statements
        }
        Kind::Views(of) => {
            let pageviews = format!("{selected} and name = {PAGEVIEW}");
            vec![by(of, "count(*)", &pageviews, ROWS)]
        }
        Kind::Visitors(of) => vec![visitors(of, &selected, ROWS)],
        Kind::Daily => vec![daily(&selected)],
        Kind::Totals => vec![totals(question, when, false)],
    }
}

const PAGEVIEW: &str = "(select id from word where value = 'pageview')";
const ENGAGEMENT: &str = "(select id from word where value = 'engagement')";

/// The condition on events.
fn selected(filters: &[Filter], when: When) -> String {
    format!("{}{}", within("received_at", when), conditions(filters))
}

fn within(column: &str, when: When) -> String {
    format!("{column} >= {} and {column} < {}", when.from, when.to)
}

fn conditions(filters: &[Filter]) -> String {
    let condition = |filter: &Filter| {
        let of = filter.subject.dimension()?;
        let (column, value) = (column(of), &filter.values[0]);
        Some(match filter.operator {
            FilterOperator::Contains => format!(
                " and {column} in (select id from word where contains(lower(value), '{value}'))"
            ),
            _ => format!(" and {column} = (select id from word where value = '{value}')"),
        })
    };
    filters.iter().filter_map(condition).collect()
}

fn visitors(of: Dimension, selected: &str, rows: usize) -> String {
    // Pages are looked at in pageviews only.
    let selected = if of == Dimension::Page {
        format!("{selected} and name = {PAGEVIEW}")
    } else {
        selected.to_owned()
    };
    by(of, "count(distinct visitor)", &selected, rows)
}

/// The first rows of a dimension: counted by number, then named.
fn by(of: Dimension, count: &str, selected: &str, rows: usize) -> String {
    let column = column(of);
    format!(
        "with counted as (select {column} as id, {count} as number from event where {selected} group by 1) \
         select coalesce(value, '') as key, number from counted left join word using (id) \
         order by number desc, key limit {rows}"
    )
}

fn daily(selected: &str) -> String {
    format!(
        "with counted as (select received_at // 86400000 as day, count(distinct visitor) as number from event where {selected} group by 1) \
         select strftime(date '1970-01-01' + day::int, '%Y-%m-%d') as key, number from counted order by 1"
    )
}

/// Visits count if they started in the time; each once, whatever events of it are selected. The table of visits is asked where
/// that gives the same.
fn totals(question: &Question, when: When, has_sums: bool) -> String {
    let selected = selected(&question.filters, when);
    let started = within("started_at", when);
    let is_of_visits = !question
        .filters
        .iter()
        .any(|filter| filter.subject.is_of_event());
    let visits = if is_of_visits {
        let conditions = conditions(&question.filters);
        format!("select is_bounce, duration_ms from visit where {started}{conditions}")
    } else {
        format!(
            "select any_value(is_bounce) as is_bounce, any_value(duration_ms) as duration_ms from event \
             where {selected} and {started} group by visit"
        )
    };
    let of_visits = if has_sums {
        "count(*) as visits, sum(is_bounce) as bounces, sum(duration_ms) as duration"
    } else {
        "count(*) as visits"
    };
    format!(
        "with visits as ({visits}), \
         events as (select count(distinct visitor) as visitors, count(*) filter (name = {PAGEVIEW}) as pageviews, \
           count(*) filter (name <> {ENGAGEMENT}) as events from event where {selected}), \
         sums as (select {of_visits} from visits) \
         select '' as key, events.*, sums.* from events, sums"
    )
}

fn column(of: Dimension) -> &'static str {
    match of {
        Dimension::Page => "page",
        Dimension::Source => "source",
        Dimension::Country => "country",
        Dimension::Browser => "browser",
        other => unreachable!("{other:?} is in no question"),
    }
}
