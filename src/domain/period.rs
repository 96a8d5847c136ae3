//! Periods as the address of a dashboard names them. Turning one into instants needs a clock and a time zone, see
//! `services::stats_service::time_range`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A calendar date of the proleptic Gregorian calendar, always valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date {
    year: i16,
    month: i8,
    day: i8,
}

/// A period that cannot be used, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPeriod(pub String);

impl fmt::Display for InvalidPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Date {
    /// Builds a date; `None` where the calendar has none, or outside the years 1970 to 9998.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1970..=9998).contains(&year) && (1..=last).contains(&day)).then_some(Self {
            year,
            month,
            day,
        })
    }

    /// Parses `2026-11-24`.
    ///
    /// ```
    /// use trackflow::domain::Date;
    /// assert_eq!(Date::parse("2028-02-29").map(|date| date.to_string()), Some("2028-02-29".into()));
    /// assert_eq!(Date::parse("2026-02-29"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| {
                if matches!(at, 4 | 7) {
                    byte == b'-'
                } else {
                    byte.is_ascii_digit()
                }
            });
        if !is_shaped {
            return None;
        }
        Self::new(
            text[..4].parse().ok()?,
            text[5..7].parse().ok()?,
            text[8..].parse().ok()?,
        )
    }

    /// The year, 1970 to 9998.
    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.day
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A period of a dashboard, in the site's time zone. All but `Yesterday`, `LastMonth` and `Custom` end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Since local midnight.
    Today,
    /// The local day before.
    Yesterday,
    /// The 24 hours that end with the current one.
    Hours24,
    /// 7 local days, today among them.
    Days7,
    /// 28 local days, today among them: four whole weeks, the default.
    #[default]
    Days28,
    /// 30 local days, today among them.
    Days30,
    /// 91 local days, today among them: thirteen whole weeks.
    Days91,
    /// Since the first of the month.
    Month,
    /// The month before.
    LastMonth,
    /// Since the first of January.
    Year,
    /// This month and the eleven before.
    Months12,
    /// Since the first event.
    All,
    /// Both dates included.
    Custom {
        /// First day.
        from: Date,
        /// Last day, not before `from`.
        to: Date,
    },
}

impl Period {
    /// All named periods, in the order of the menu; `Custom` is asked for by two dates.
    pub const NAMED: [Self; 12] = [
        Self::Today,
        Self::Yesterday,
        Self::Hours24,
        Self::Days7,
        Self::Days28,
        Self::Days30,
        Self::Days91,
        Self::Month,
        Self::LastMonth,
        Self::Year,
        Self::Months12,
        Self::All,
    ];

    /// The name in addresses, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::Hours24 => "24h",
            Self::Days7 => "7d",
            Self::Days28 => "28d",
            Self::Days30 => "30d",
            Self::Days91 => "91d",
            Self::Month => "month",
            Self::LastMonth => "last_month",
            Self::Year => "year",
            Self::Months12 => "12mo",
            Self::All => "all",
            Self::Custom { .. } => "custom",
        }
    }

    /// Sentence case: "Last 28 days".
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Today => "Today".into(),
            Self::Yesterday => "Yesterday".into(),
            Self::Hours24 => "Last 24 hours".into(),
            Self::Days7 => "Last 7 days".into(),
            Self::Days28 => "Last 28 days".into(),
            Self::Days30 => "Last 30 days".into(),
            Self::Days91 => "Last 91 days".into(),
            Self::Month => "This month".into(),
            Self::LastMonth => "Last month".into(),
            Self::Year => "This year".into(),
            Self::Months12 => "Last 12 months".into(),
            Self::All => "All time".into(),
            Self::Custom { from, to } if from == to => from.to_string(),
            Self::Custom { from, to } => format!("{from} – {to}"),
        }
    }

    /// Parses the parameters `period`, `from` and `to` of an address; nothing at all is the default.
    ///
    /// # Errors
    /// Says which parameter is wrong and what is allowed.
    pub fn parse(
        key: Option<&str>,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<Self, InvalidPeriod> {
        let key = match key.unwrap_or_default() {
            "" => return Ok(Self::default()),
            "custom" => {
                let date = |name: &str, text: Option<&str>| {
                    text.and_then(Date::parse).ok_or_else(|| {
                        InvalidPeriod(format!("`{name}` must be a date such as 2026-11-24"))
                    })
                };
                let (from, to) = (date("from", from)?, date("to", to)?);
                if from > to {
                    return Err(InvalidPeriod(format!(
                        "the period ends ({to}) before it starts ({from})"
                    )));
                }
                return Ok(Self::Custom { from, to });
            }
            key => key,
        };
        Self::NAMED
            .into_iter()
            .find(|period| period.key() == key)
            .ok_or_else(|| {
                let allowed: Vec<_> = Self::NAMED.iter().map(|period| period.key()).collect();
                InvalidPeriod(format!(
                    "`period` must be one of {}, custom",
                    allowed.join(", ")
                ))
            })
    }
}

/// What the figures of a period are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// The equally long period before. A period that is still open is compared with the same part of the one before.
    #[default]
    Previous,
    /// The same dates a year earlier.
    Year,
    /// Nothing.
    Off,
}

impl Comparison {
    /// All comparisons, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Previous, Self::Year, Self::Off];

    /// The name in addresses, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Year => "year",
            Self::Off => "off",
        }
    }

    /// The comparison of a [`Comparison::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|comparison| comparison.key() == key)
    }

    /// Sentence case: "Previous period".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Previous => "Previous period",
            Self::Year => "Year over year",
            Self::Off => "No comparison",
        }
    }
}

/// The width of a bucket of the main chart, in the site's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Sixty minutes; a day has 23 or 25 of them when clocks change.
    Hour,
    /// A local calendar day.
    Day,
    /// Monday to Sunday (ISO 8601).
    Week,
    /// A calendar month.
    Month,
}

impl Interval {
    /// All intervals, ascending.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The name in addresses, lower case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The interval of an [`Interval::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.key() == key)
    }

    /// Sentence case: "Hour".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Hour => "Hour",
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_period_survives_the_address() {
        for period in Period::NAMED {
            assert_eq!(Period::parse(Some(period.key()), None, None), Ok(period));
        }
        assert_eq!(Period::parse(None, None, None), Ok(Period::Days28));
    }

    #[test]
    fn wrong_periods_say_what_is_allowed() {
        for (key, from, to, part) in [
            ("8d", None, None, "today, yesterday"),
            ("custom", None, Some("2026-01-01"), "`from` must be a date"),
            (
                "custom",
                Some("2026-01-01"),
                Some("2026-13-01"),
                "`to` must be a date",
            ),
            (
                "custom",
                Some("2026-02-01"),
                Some("2026-01-01"),
                "before it starts",
            ),
            (
                "custom",
                Some("0001-01-01"),
                Some("9999-12-31"),
                "`from` must be a date",
            ),
        ] {
            let error = Period::parse(Some(key), from, to).unwrap_err();
            assert!(error.0.contains(part), "{key}: {error}");
        }
    }
}
