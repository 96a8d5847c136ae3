//! What a request says of time: from `date_range` to the domain's [`DateRange`].
//!
//! As Plausible's since version 3: `7d` and `12mo` are whole days and months and leave out today and the current month.

use jiff::{ToSpan, civil, tz::TimeZone};
use serde_json::Value;
use trackflow::domain::{ComparedRange, Comparison, Date, DateRange, Interval, Period, Timestamp};

use super::{
    error::{ApiError, shortened},
    request::{ComparisonMode, Comparisons},
};

/// Most days of `Nd` and months of `Nmo`, as in Plausible.
const DAYS_LIMIT: u16 = 5_000;
const MONTHS_LIMIT: u16 = 100;

const ALLOWED: &str = "use day, 24h, month, year, all, a number of days (7d) or months (12mo), two dates such as \
                       [\"2026-11-01\", \"2026-11-24\"], or two instants such as [\"2026-11-24T09:00:00+01:00\", \
                       \"2026-11-24T17:59:59+01:00\"]";

/// A range as asked for, and about how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AskedRange {
    pub(super) range: DateRange,
    /// `None` where only the database knows.
    pub(super) hours: Option<i64>,
}

impl AskedRange {
    fn new(range: DateRange, hours: i64) -> Self {
        Self {
            range,
            hours: Some(hours),
        }
    }

    fn days(range: DateRange, days: i64) -> Self {
        Self::new(range, days * 24)
    }
}

/// The date of an instant in a site's zone.
pub(super) fn date_at(at: Timestamp, zone: &TimeZone) -> civil::Date {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned_datetime(zone.clone()).date()
}

/// Reads `date_range`.
pub(super) fn parse(value: &Value, today: civil::Date) -> Result<AskedRange, ApiError> {
    let wrong = || {
        let shown = shortened(&value.to_string());
        ApiError::invalid(format!("`date_range` cannot be {shown}; {ALLOWED}"))
    };
    match value {
        Value::String(name) => parse_name(name, today).ok_or_else(wrong),
        Value::Array(ends) => match ends.as_slice() {
            [Value::String(from), Value::String(to)] => parse_ends(from, to)?.ok_or_else(wrong),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn parse_name(name: &str, today: civil::Date) -> Option<AskedRange> {
    let of = |period| DateRange::Period(period);
    Some(match name {
        "day" => AskedRange::days(of(Period::Today), 1),
        "24h" => AskedRange::days(of(Period::Hours24), 1),
        "month" => AskedRange::days(of(Period::Month), 31),
        "year" => AskedRange::days(of(Period::Year), 366),
        "all" => AskedRange {
            range: of(Period::All),
            hours: None,
        },
        _ => {
            let number = |unit| name.strip_suffix(unit).and_then(parse_number);
            if let Some(days) = number("d").filter(|days| *days <= DAYS_LIMIT) {
                AskedRange::days(DateRange::LastDays(days), days.into())
            } else {
                let months = number("mo").filter(|months| *months <= MONTHS_LIMIT)?;
                let range = whole_months(months, today)?;
                AskedRange::days(of(range), i64::from(months) * 31)
            }
        }
    })
}

/// A number from 1, without sign and leading zeros.
fn parse_number(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The last so many months before the one of `today`.
pub(super) fn whole_months(months: u16, today: civil::Date) -> Option<Period> {
    let this = today.first_of_month();
    let from = this.checked_sub(i32::from(months).months()).ok()?;
    let to = this.yesterday().ok()?;
    Some(Period::Custom {
        from: domain_date(from)?,
        to: domain_date(to)?,
    })
}

/// Two dates of the site's calendar, both included.
pub(super) fn dates(from: civil::Date, to: civil::Date) -> Option<AskedRange> {
    let days = from.until(to).ok()?.get_days();
    let range = Period::Custom {
        from: domain_date(from)?,
        to: domain_date(to)?,
    };
    Some(AskedRange::days(
        DateRange::Period(range),
        i64::from(days) + 1,
    ))
}

pub(super) fn domain_date(date: civil::Date) -> Option<Date> {
    Date::new(date.year(), date.month(), date.day())
}

fn civil_date(date: Date) -> civil::Date {
    civil::date(date.year(), date.month(), date.day())
}

fn parse_ends(from: &str, to: &str) -> Result<Option<AskedRange>, ApiError> {
    let backwards = || ApiError::invalid("`date_range` ends before it starts");
    if let (Some(from), Some(to)) = (Date::parse(from), Date::parse(to)) {
        if from > to {
            return Err(backwards());
        }
        return Ok(dates(civil_date(from), civil_date(to)));
    }
    let instant = |text: &str| -> Option<i64> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        // As dates are: what is outside could not be written again.
        Date::new(instant.to_zoned_datetime(TimeZone::UTC).year(), 1, 1)?;
        Some(instant.as_millisecond())
    };
    let (Some(from), Some(to)) = (instant(from), instant(to)) else {
        return Ok(None);
    };
    if from > to {
        return Err(backwards());
    }
    // Both ends are included, and are told to the second.
    let to = to - to.rem_euclid(1_000) + 1_000;
    let range = DateRange::Instants {
        from: Timestamp(from),
        to: Timestamp(to),
    };
    Ok(Some(AskedRange::new(range, (to - from) / 3_600_000)))
}

/// The buckets that `time` stands for, by the length of the range; the steps are Plausible's.
pub(super) fn default_interval(hours: i64) -> Interval {
    match hours {
        ..=48 => Interval::Hour,
        49..=960 => Interval::Day,
        961..=8_736 => Interval::Week,
        _ => Interval::Month,
    }
}

/// Reads `include.comparisons`.
pub(super) fn parse_comparisons(
    asked: Option<&Comparisons>,
    today: civil::Date,
) -> Result<ComparedRange, ApiError> {
    let Some(asked) = asked else {
        return Ok(ComparedRange::Off);
    };
    let ends = asked.date_range.as_ref();
    let comparison = match asked.mode {
        ComparisonMode::PreviousPeriod => Comparison::Previous,
        ComparisonMode::YearOverYear => Comparison::Year,
        ComparisonMode::Custom => {
            let dates = ends.and_then(|[from, to]| Some((Date::parse(from)?, Date::parse(to)?)));
            let (from, to) = dates.filter(|(from, to)| from <= to).ok_or_else(|| {
                ApiError::invalid("`include.comparisons.date_range` must be two dates such as [\"2026-10-01\", \"2026-10-24\"]")
            })?;
            // Where the asker is, it can be a day later than at the site.
            if civil_date(to) > today.saturating_add(1.day()) {
                return Err(ApiError::invalid(
                    "`include.comparisons.date_range` must not end after today",
                ));
            }
            let days = civil_date(from).until(civil_date(to));
            if days.is_ok_and(|days| days.get_days() >= i32::from(DAYS_LIMIT)) {
                return Err(ApiError::invalid(format!(
                    "`include.comparisons.date_range` has at most {DAYS_LIMIT} days"
                )));
            }
            return Ok(ComparedRange::Custom { from, to });
        }
    };
    if ends.is_some() {
        return Err(ApiError::invalid(
            "`include.comparisons.date_range` goes with the mode custom only",
        ));
    }
    Ok(ComparedRange::Comparison {
        comparison,
        is_weekday_matched: asked.match_day_of_week,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn custom(from: &str, to: &str) -> DateRange {
        DateRange::Period(Period::Custom {
            from: date(from),
            to: date(to),
        })
    }

    fn parsed(value: &Value) -> Result<AskedRange, ApiError> {
        parse(value, civil::date(2026, 3, 31))
    }

    #[test]
    fn ranges_are_those_of_plausible() {
        let instants = |from, to| DateRange::Instants {
            from: Timestamp(from),
            to: Timestamp(to),
        };
        for (value, expected) in [
            (json!("day"), DateRange::Period(Period::Today)),
            (json!("24h"), DateRange::Period(Period::Hours24)),
            (json!("7d"), DateRange::LastDays(7)),
            (json!("91d"), DateRange::LastDays(91)),
            (json!("5000d"), DateRange::LastDays(5_000)),
            (json!("month"), DateRange::Period(Period::Month)),
            (json!("1mo"), custom("2026-02-01", "2026-02-28")),
            (json!("6mo"), custom("2025-09-01", "2026-02-28")),
            (json!("12mo"), custom("2025-03-01", "2026-02-28")),
            (json!("year"), DateRange::Period(Period::Year)),
            (json!("all"), DateRange::Period(Period::All)),
            (
                json!(["2026-01-01", "2026-01-31"]),
                custom("2026-01-01", "2026-01-31"),
            ),
            (
                json!(["1970-01-01T00:00:00Z", "1970-01-01T02:59:59+02:00"]),
                instants(0, 3_600_000),
            ),
            (
                json!(["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]),
                instants(0, 1_000),
            ),
        ] {
            assert_eq!(
                parsed(&value).map(|asked| asked.range),
                Ok(expected),
                "{value}"
            );
        }
    }

    #[test]
    fn other_ranges_are_refused_with_what_is_allowed() {
        for value in [
            json!("8 d"),
            json!("0d"),
            json!("-7d"),
            json!("+7d"),
            json!("5001d"),
            json!("101mo"),
            json!("99999999999999999999d"),
            json!("realtime"),
            json!("day'; drop table event"),
            json!(7),
            json!(null),
            json!([]),
            json!(["2026-01-01"]),
            json!(["2026-01-01", "2026-01-01", "2026-01-01"]),
            json!(["2026-01-01", "2026-01-01T00:00:00Z"]),
            json!(["0001-01-01", "9999-12-31"]),
            json!(["2026-01-01T00:00:00", "2026-01-02T00:00:00"]),
            json!(["2026-01-01T00:00:00[Europe/Paris ]", "2026-01-02T00:00:00Z"]),
            json!(["-002026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
        ] {
            let error = parsed(&value).expect_err("refused").message;
            assert!(error.contains("use day, 24h, month"), "{value}: {error}");
        }
        for value in [
            json!(["2026-01-02", "2026-01-01"]),
            json!(["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"]),
        ] {
            let error = parsed(&value).expect_err("refused").message;
            assert!(error.contains("ends before it starts"), "{value}: {error}");
        }
    }

    #[test]
    fn dates_to_compare_with_have_passed_and_are_not_too_many() {
        let compared = |from: &str, to: &str| {
            let asked = Comparisons {
                mode: ComparisonMode::Custom,
                match_day_of_week: false,
                date_range: Some([from.into(), to.into()]),
            };
            parse_comparisons(Some(&asked), civil::date(2026, 3, 31)).map_err(|error| error.message)
        };
        for (from, to) in [("2026-03-01", "2026-04-01"), ("2012-07-23", "2026-03-31")] {
            let expected = ComparedRange::Custom {
                from: date(from),
                to: date(to),
            };
            assert_eq!(compared(from, to), Ok(expected));
        }
        for (from, to, part) in [
            ("2026-03-01", "2026-04-02", "after today"),
            ("1970-01-01", "9998-12-31", "after today"),
            ("2012-07-22", "2026-03-31", "at most 5000 days"),
            ("2026-03-02", "2026-03-01", "two dates"),
        ] {
            let error = compared(from, to).expect_err("refused");
            assert!(error.contains(part), "{from} {to}: {error}");
        }
    }

    #[test]
    fn time_stands_for_buckets_that_suit_the_range() {
        for (value, expected) in [
            (json!("day"), Interval::Hour),
            (json!("7d"), Interval::Day),
            (json!("30d"), Interval::Day),
            (json!("91d"), Interval::Week),
            (json!("11mo"), Interval::Week),
            (json!("12mo"), Interval::Month),
            (json!("year"), Interval::Month),
            (json!("24mo"), Interval::Month),
            (json!(["2026-01-01", "2026-01-02"]), Interval::Hour),
            (json!(["2026-01-01", "2026-01-03"]), Interval::Day),
        ] {
            let hours = parsed(&value).expect("a range").hours.expect("known");
            assert_eq!(default_interval(hours), expected, "{value}");
        }
    }
}
