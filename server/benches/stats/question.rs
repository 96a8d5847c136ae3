//! What is asked, through the functions that pages and the stats API call.

use trackflow::{
    db::Db,
    domain::{
        ComparedRange, Comparison, Condition, DashboardQuery, Date, DateRange, Dimension, Filter,
        FilterOperator, Group, Interval, Metric, OrderBy, Period, Plan, Principal, StatsQuery,
        Subject, Timestamp,
    },
    services::stats_service,
};

use crate::{
    answer::{Answer, Values},
    year,
};

/// Rows of a panel, as in `app::server_fns::stats`.
pub(crate) const PANEL_ROWS: usize = 10;
/// Rows of a question to the stats API.
pub(crate) const ROWS: usize = 100;
/// What the four panels of a page show first.
pub(crate) const PANELS: [Dimension; 4] = [
    Dimension::Source,
    Dimension::Page,
    Dimension::Country,
    Dimension::Browser,
];

/// A stretch of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// The last 30 days.
    Days30,
    /// The second half of the year.
    Months6,
    /// The whole year.
    Months12,
}

/// Instants: included, excluded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl When {
    pub(crate) fn of(range: Range) -> Self {
        let days = match range {
            Range::Days30 => 30,
            Range::Months6 => 184,
            Range::Months12 => 365,
        };
        let to = year::end().0;
        Self {
            from: to - days * year::DAY_MS,
            to,
        }
    }

    /// As long, just before.
    pub(crate) fn before(self) -> Self {
        Self {
            from: 2 * self.from - self.to,
            to: self.from,
        }
    }

    fn period(self) -> Period {
        Period::Custom {
            from: date(self.from),
            to: date(self.to - 1),
        }
    }
}

/// The UTC date of an instant.
fn date(at: i64) -> Date {
    let at = jiff::Timestamp::from_millisecond(at).expect("an instant of the year");
    let date = at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    Date::new(date.year(), date.month(), date.day()).expect("a date of the year")
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Cards, chart and four panels.
    Dashboard {
        /// Beside the time before.
        is_compared: bool,
    },
    /// As many pageviews by a dimension.
    Views(Dimension),
    /// Visitors by a dimension.
    Visitors(Dimension),
    /// Visitors by day.
    Daily,
    /// The figures of all cards.
    Totals,
}

/// A question to both.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) range: Range,
    pub(crate) kind: Kind,
    pub(crate) filters: Vec<Filter>,
}

impl Question {
    /// All, in the order of the table.
    pub(crate) fn all() -> Vec<Self> {
        use Dimension::{Country, Page};
        use Range::{Days30, Months6, Months12};
        let plain = Kind::Dashboard { is_compared: false };
        let compared = Kind::Dashboard { is_compared: true };
        let country = || Filter::is(Country, "DE");
        let page = || Filter::is(Page, "/docs/getting-started");
        let part = || Filter {
            operator: FilterOperator::Contains,
            values: vec!["guides".into()],
            is_case_sensitive: false,
            ..page()
        };
        let question = |name, range, kind, filters| Self {
            name,
            range,
            kind,
            filters,
        };
        vec![
            question("dashboard 30 days", Days30, plain, vec![]),
            question("dashboard 30 days compared", Days30, compared, vec![]),
            question("dashboard 6 months compared", Months6, compared, vec![]),
            question("dashboard 12 months", Months12, plain, vec![]),
            question(
                "dashboard 30 days, country + page",
                Days30,
                plain,
                vec![country(), page()],
            ),
            question(
                "dashboard 12 months, country + page",
                Months12,
                plain,
                vec![country(), page()],
            ),
            question(
                "dashboard 12 months, country + page contains",
                Months12,
                plain,
                vec![country(), part()],
            ),
            question(
                "dashboard 12 months, country",
                Months12,
                plain,
                vec![country()],
            ),
            question(
                "dashboard 12 months, page contains",
                Months12,
                plain,
                vec![part()],
            ),
            question(
                "dashboard 6 months compared, country + page contains",
                Months6,
                compared,
                vec![country(), part()],
            ),
            question("views by page 30 days", Days30, Kind::Views(Page), vec![]),
            question(
                "visitors by page 30 days",
                Days30,
                Kind::Visitors(Page),
                vec![],
            ),
            question("views by page", Months12, Kind::Views(Page), vec![]),
            question("visitors by day", Months12, Kind::Daily, vec![]),
            question("visitors by page", Months12, Kind::Visitors(Page), vec![]),
            question(
                "visitors by country",
                Months12,
                Kind::Visitors(Country),
                vec![],
            ),
            question(
                "totals, country + page",
                Months12,
                Kind::Totals,
                vec![country(), page()],
            ),
            question(
                "visitors by page, country",
                Months12,
                Kind::Visitors(Page),
                vec![country()],
            ),
            question(
                "visitors by country, page contains",
                Months12,
                Kind::Visitors(Country),
                vec![part()],
            ),
        ]
    }

    /// Asks the library.
    pub(crate) async fn ask(&self, db: &Db) -> anyhow::Result<(Answer, Option<Plan>)> {
        match self.kind {
            Kind::Dashboard { is_compared } => {
                Ok((self.ask_dashboard(db, is_compared).await?, None))
            }
            _ => {
                let query = self.stats_query();
                let now = year::reading();
                let answer =
                    stats_service::answer(db, &Principal::System, year::SITE, &query, now).await?;
                let rows = answer.rows.iter().map(|row| Values {
                    key: row.groups.concat(),
                    numbers: row
                        .metrics
                        .iter()
                        .map(|value| value.unwrap_or(f64::NAN))
                        .collect(),
                });
                Ok((vec![rows.collect()], Some(answer.plan)))
            }
        }
    }

    /// As `app::pages::dashboard` asks.
    async fn ask_dashboard(&self, db: &Db, is_compared: bool) -> anyhow::Result<Answer> {
        let query = DashboardQuery {
            period: When::of(self.range).period(),
            comparison: if is_compared {
                Comparison::Previous
            } else {
                Comparison::Off
            },
            // Comparable with a GROUP BY, and the most of all.
            interval: Some(Interval::Day),
            filters: self.filters.clone(),
            ..DashboardQuery::default()
        };
        let (system, now): (_, Timestamp) = (Principal::System, year::reading());
        let found = stats_service::get_dashboard(
            db,
            &system,
            year::SITE,
            &query,
            &PANELS.map(Into::into),
            PANEL_ROWS,
            now,
        )
        .await?;
        let number = |number: u64| number as f64;
        let totals = |figures: &trackflow::domain::Figures| Values {
            key: String::new(),
            numbers: vec![
                number(figures.visitors),
                number(figures.pageviews),
                number(figures.events),
                number(figures.visits),
                number(figures.bounces),
                number(figures.duration_ms),
            ],
        };
        let points = &found.timeseries.points;
        let day = |at: Timestamp| date(at.0).to_string();
        let chart = points.iter().map(|point| Values {
            key: day(point.at),
            numbers: vec![number(point.figures.visitors)],
        });
        let mut answer = vec![
            vec![totals(&found.figures)],
            chart.filter(|values| values.numbers != [0.0]).collect(),
        ];
        for breakdown in &found.breakdowns {
            let rows = breakdown.rows.iter().map(|row| Values {
                key: row.value.clone(),
                numbers: vec![number(row.figures.visitors)],
            });
            answer.push(rows.collect());
        }
        if let Some(previous) = &found.previous {
            answer.push(vec![totals(previous)]);
            let length = When::of(self.range);
            let chart = points.iter().filter_map(|point| {
                let (_, figures) = point.previous.as_ref()?;
                Some(Values {
                    key: day(point.at.plus_ms(length.from - length.to)),
                    numbers: vec![number(figures.visitors)],
                })
            });
            answer.push(chart.filter(|values| values.numbers != [0.0]).collect());
        }
        Ok(answer)
    }

    fn stats_query(&self) -> StatsQuery {
        let of = |dimension: Dimension| vec![Group::Subject(Subject::Dimension(dimension))];
        let (metrics, groups) = match self.kind {
            Kind::Views(dimension) => (vec![Metric::Pageviews], of(dimension)),
            Kind::Visitors(dimension) => (vec![Metric::Visitors], of(dimension)),
            Kind::Daily => (vec![Metric::Visitors], vec![Group::Time(Interval::Day)]),
            Kind::Totals | Kind::Dashboard { .. } => (
                vec![
                    Metric::Visitors,
                    Metric::Pageviews,
                    Metric::Events,
                    Metric::Visits,
                ],
                vec![],
            ),
        };
        let by_metric = (OrderBy::Metric(metrics[0]), true);
        let is_daily = self.kind == Kind::Daily;
        StatsQuery {
            range: DateRange::Period(When::of(self.range).period()),
            metrics,
            groups,
            condition: Condition::all(&self.filters),
            comparison: ComparedRange::Off,
            order: if is_daily { vec![] } else { vec![by_metric] },
            limit: if is_daily {
                StatsQuery::ROW_LIMIT
            } else {
                ROWS
            },
            offset: 0,
        }
    }
}
