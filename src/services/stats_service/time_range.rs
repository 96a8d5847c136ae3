//! Turns a period into instants and buckets: half-open, in the site's time zone, right on days with 23 or 25 hours.

use jiff::{
    ToSpan, Unit, ZonedDateTime, ZonedDateTimeRound,
    civil::{self, Weekday},
    tz::TimeZone,
};

use crate::domain::{Comparison, Date, DateRange, Interval, Period, Timestamp};

/// An instant and the one after its end: `from` included, `to` excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) from: ZonedDateTime,
    pub(crate) to: ZonedDateTime,
    /// What of it has passed: `to`, or now if the range is still open.
    pub(crate) passed: ZonedDateTime,
}

/// A bucket of a chart: from its start to the start of the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) from: ZonedDateTime,
    pub(crate) to: ZonedDateTime,
}

/// Most buckets of a chart: thirteen weeks of hours. More are neither seen nor worth their cost.
const BUCKET_LIMIT: usize = 2_200;

/// The instant in a time zone. Instants outside jiff's years are cut to them: event times come from the server's clock.
pub(crate) fn zoned(at: Timestamp, zone: &TimeZone) -> ZonedDateTime {
    jiff::Timestamp::from_millisecond(at.0)
        .unwrap_or(jiff::Timestamp::MAX)
        .to_zoned_datetime(zone.clone())
}

/// Milliseconds since the epoch.
pub(crate) fn timestamp(zoned: &ZonedDateTime) -> Timestamp {
    Timestamp(zoned.timestamp().as_millisecond())
}

/// The start of the local day; where clocks skip midnight, the first instant after it.
pub(crate) fn day_start(date: civil::Date, zone: &TimeZone) -> ZonedDateTime {
    date.to_zoned_datetime(zone.clone())
        .unwrap_or_else(|_| zoned(Timestamp(0), zone))
}

fn civil_date(date: crate::domain::Date) -> civil::Date {
    civil::date(date.year(), date.month(), date.day())
}

fn plus_days(date: civil::Date, days: i32) -> civil::Date {
    date.saturating_add(days.days())
}

impl TimeRange {
    /// The range of a period. `first` is the site's first event and bounds `All`.
    pub(crate) fn of(
        period: Period,
        now: Timestamp,
        zone: &TimeZone,
        first: Option<Timestamp>,
    ) -> Self {
        let now = zoned(now, zone);
        let today = now.date();
        let month = today.first_of_month();
        let days =
            |from: civil::Date, to: civil::Date| (day_start(from, zone), day_start(to, zone));
        let tomorrow = plus_days(today, 1);
        let (from, to) = match period {
            Period::Today => days(today, tomorrow),
            Period::Yesterday => days(plus_days(today, -1), today),
            Period::Hours24 => {
                let hour = now.round(
                    ZonedDateTimeRound::new()
                        .smallest(Unit::Hour)
                        .mode(jiff::RoundMode::Trunc),
                );
                let to = hour
                    .unwrap_or_else(|_| now.clone())
                    .saturating_add(1.hour());
                (to.saturating_sub(24.hours()), to)
            }
            Period::Days7 => days(plus_days(today, -6), tomorrow),
            Period::Days28 => days(plus_days(today, -27), tomorrow),
            Period::Days30 => days(plus_days(today, -29), tomorrow),
            Period::Days91 => days(plus_days(today, -90), tomorrow),
            Period::Month => days(month, month.saturating_add(1.month())),
            Period::LastMonth => days(month.saturating_sub(1.month()), month),
            Period::Year => {
                let year = today.first_of_year();
                days(year, year.saturating_add(1.year()))
            }
            Period::Months12 => days(
                month.saturating_sub(11.months()),
                month.saturating_add(1.month()),
            ),
            Period::All => days(
                first.map_or(today, |first| zoned(first, zone).date()),
                tomorrow,
            ),
            Period::Custom { from, to } => days(civil_date(from), plus_days(civil_date(to), 1)),
        };
        Self {
            passed: if to < now { to.clone() } else { now },
            from,
            to,
        }
    }

    /// The range of a question.
    pub(crate) fn of_range(
        range: DateRange,
        now: Timestamp,
        zone: &TimeZone,
        first: Option<Timestamp>,
    ) -> Self {
        let today = zoned(now, zone).date();
        let (from, to) = match range {
            DateRange::Period(period) => return Self::of(period, now, zone, first),
            DateRange::LastDays(days) => (
                day_start(plus_days(today, -i32::from(days)), zone),
                day_start(today, zone),
            ),
            DateRange::Instants { from, to } => (zoned(from, zone), zoned(to, zone)),
        };
        Self::between(from, to, zoned(now, zone))
    }

    fn between(from: ZonedDateTime, to: ZonedDateTime, now: ZonedDateTime) -> Self {
        Self {
            passed: now.min(to.clone()).max(from.clone()),
            from,
            to,
        }
    }

    /// Two dates, both included, in the zone of this range.
    pub(crate) fn of_dates(&self, from: Date, to: Date, now: Timestamp) -> Self {
        let zone = self.from.time_zone();
        let from = day_start(civil_date(from), zone);
        let to = day_start(plus_days(civil_date(to), 1), zone);
        Self::between(from, to, zoned(now, zone))
    }

    /// This range, moved by up to three days so that it begins on the same day of the week as another; back by up to six
    /// where it would reach into that.
    pub(crate) fn on_weekday_of(&self, other: &Self) -> Self {
        let (weekday, wanted) = (self.from.date().weekday(), other.from.date().weekday());
        let ahead = i32::from(weekday.until(wanted));
        let moved = |days: i32| {
            let move_one = |at: &ZonedDateTime| at.saturating_add(days.days());
            Self {
                from: move_one(&self.from),
                to: move_one(&self.to),
                passed: move_one(&self.passed),
            }
        };
        let ahead_range = moved(ahead);
        if ahead == 0 || (ahead <= 3 && ahead_range.to <= other.from) {
            ahead_range
        } else {
            moved(ahead - 7)
        }
    }

    /// The range that a question's is compared with, see [`TimeRange::compared`].
    pub(crate) fn compared_as(&self, range: DateRange, comparison: Comparison) -> Option<Self> {
        let back: &dyn Fn(&ZonedDateTime) -> ZonedDateTime = match (range, comparison) {
            (DateRange::Period(period), _) => return self.compared(period, comparison),
            (_, Comparison::Off) => return None,
            (_, Comparison::Year) => &|at| at.saturating_sub(1.year()),
            (DateRange::LastDays(days), Comparison::Previous) => {
                &move |at: &ZonedDateTime| at.saturating_sub(i32::from(days).days())
            }
            (DateRange::Instants { from, to }, Comparison::Previous) => {
                &move |at: &ZonedDateTime| at.saturating_sub((to.0 - from.0).milliseconds())
            }
        };
        Some(Self {
            from: back(&self.from),
            to: back(&self.to),
            passed: back(&self.passed),
        })
    }

    /// The range that a period is compared with. An open period is compared with the same part of the earlier one, to
    /// the minute; whole days stay whole days even where clocks change.
    pub(crate) fn compared(&self, period: Period, comparison: Comparison) -> Option<Self> {
        let back = |zoned: &ZonedDateTime| -> Option<ZonedDateTime> {
            match (comparison, period) {
                (Comparison::Off, _) | (Comparison::Previous, Period::All) => None,
                (Comparison::Year, _) => Some(zoned.saturating_sub(1.year())),
                (_, Period::Hours24) => Some(zoned.saturating_sub(24.hours())),
                (_, Period::Month | Period::LastMonth) => Some(zoned.saturating_sub(1.month())),
                (_, Period::Year) => Some(zoned.saturating_sub(1.year())),
                (_, Period::Months12) => Some(zoned.saturating_sub(12.months())),
                _ => {
                    let days = self
                        .from
                        .date()
                        .until(self.to.date())
                        .map_or(1, |span| span.get_days());
                    Some(zoned.saturating_sub(days.days()))
                }
            }
        };
        let (from, to) = (back(&self.from)?, back(&self.to)?);
        let passed = if self.passed == self.to {
            to.clone()
        } else {
            back(&self.passed)?.min(to.clone())
        };
        Some(Self { from, to, passed })
    }

    /// The intervals that make a readable chart of the range, ascending; the second value is the one to start with.
    pub(crate) fn intervals(&self) -> (Vec<Interval>, Interval) {
        let hours = (timestamp(&self.to).0 - timestamp(&self.from).0) / 3_600_000;
        let (offered, first): (&[Interval], Interval) = match hours {
            ..=49 => (&[Interval::Hour], Interval::Hour),
            50..=200 => (&[Interval::Hour, Interval::Day], Interval::Day),
            201..=745 => (
                &[Interval::Hour, Interval::Day, Interval::Week],
                Interval::Day,
            ),
            746..=2_210 => (
                &[Interval::Day, Interval::Week, Interval::Month],
                Interval::Day,
            ),
            2_211..=8_800 => (
                &[Interval::Day, Interval::Week, Interval::Month],
                Interval::Week,
            ),
            _ => (&[Interval::Week, Interval::Month], Interval::Month),
        };
        (offered.to_vec(), first)
    }

    /// [`TimeRange::buckets`], unless there are more than an answer may have.
    pub(crate) fn all_buckets(&self, interval: Interval) -> Option<Vec<Bucket>> {
        let buckets = self.buckets(interval);
        let is_whole = buckets.last().is_none_or(|last| last.to >= self.passed);
        is_whole.then_some(buckets)
    }

    /// The buckets that cover the range up to `passed`, ascending and without gaps. The first and last are cut to it.
    pub(crate) fn buckets(&self, interval: Interval) -> Vec<Bucket> {
        let zone = self.from.time_zone().clone();
        let mut buckets = Vec::new();
        let mut from = self.from.clone();
        while from < self.passed && buckets.len() < BUCKET_LIMIT {
            let date = from.date();
            let next = match interval {
                Interval::Hour => next_hour(&from),
                Interval::Day => day_start(plus_days(date, 1), &zone),
                Interval::Week => {
                    let days = i32::from(date.weekday().until(Weekday::Monday));
                    day_start(plus_days(date, if days == 0 { 7 } else { days }), &zone)
                }
                Interval::Month => {
                    day_start(date.first_of_month().saturating_add(1.month()), &zone)
                }
            };
            let to = next.min(self.to.clone());
            if to <= from {
                break;
            }
            buckets.push(Bucket {
                from: from.clone(),
                to: to.clone(),
            });
            from = to;
        }
        buckets
    }
}

/// The starts of the local days from an instant up to another, which lies in the last of them, and the end of that; the first
/// begins at `from`, wherever in the day that is.
pub(crate) fn day_bounds(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Vec<i64> {
    let mut bounds = Vec::new();
    if from >= to {
        return bounds;
    }
    bounds.push(from.0);
    let mut date = zoned(from, zone).date();
    while bounds.last().is_some_and(|last| *last < to.0) {
        date = plus_days(date, 1);
        let start = timestamp(&day_start(date, zone)).0;
        // Where a zone skips a whole day, that date starts when the next one does.
        if bounds.last().is_some_and(|last| *last < start) {
            bounds.push(start);
        }
    }
    bounds
}

/// The next full hour on the zone's clock: zones off by half an hour have theirs between the UTC hours.
pub(crate) fn next_hour(from: &ZonedDateTime) -> ZonedDateTime {
    let into_hour = i64::from(from.minute()) * 60 + i64::from(from.second());
    from.saturating_add((3_600 - into_hour).seconds())
}

impl Bucket {
    /// What answers for programs call it: hours by date and time, days and weeks by their first day in the range, months by
    /// their first. An hour that comes twice, when clocks are set back, carries its offset the second time.
    pub(crate) fn key(&self, interval: Interval) -> String {
        key(&self.from, interval)
    }

    /// Short label for the axis.
    pub(crate) fn label(&self, interval: Interval) -> String {
        let format = match interval {
            Interval::Hour => "%H:%M",
            Interval::Day | Interval::Week => "%-d %b",
            Interval::Month => "%b %Y",
        };
        self.from.strftime(format).to_string()
    }

    /// The bucket in words.
    pub(crate) fn title(&self, interval: Interval) -> String {
        match interval {
            Interval::Hour => self.from.strftime("%a %-d %b %Y, %H:%M").to_string(),
            Interval::Day => self.from.strftime("%a %-d %b %Y").to_string(),
            Interval::Week => format!("Week of {}", self.from.strftime("%-d %b %Y")),
            Interval::Month => self.from.strftime("%B %Y").to_string(),
        }
    }
}

/// [`Bucket::key`] of the bucket that begins at an instant.
#[must_use]
pub fn bucket_key(at: Timestamp, interval: Interval, zone: &TimeZone) -> String {
    key(&zoned(at, zone), interval)
}

fn key(from: &ZonedDateTime, interval: Interval) -> String {
    match interval {
        Interval::Hour => {
            let is_repeated = from.saturating_sub(1.hour()).hour() == from.hour();
            let format = if is_repeated {
                "%Y-%m-%d %H:00:00 %:z"
            } else {
                "%Y-%m-%d %H:00:00"
            };
            from.strftime(format).to_string()
        }
        Interval::Day | Interval::Week => from.date().to_string(),
        Interval::Month => from.date().first_of_month().to_string(),
    }
}

/// The range in dates: "24 Nov 2026", "28 Oct – 24 Nov 2026".
pub(crate) fn title(range: &TimeRange) -> String {
    let from = range.from.date();
    // The last instant inside, so that a range that ends at midnight does not name the day after.
    let to = range
        .passed
        .saturating_sub(1.millisecond())
        .date()
        .max(from);
    if from == to {
        from.strftime("%-d %b %Y").to_string()
    } else if from.year() == to.year() {
        format!("{} – {}", from.strftime("%-d %b"), to.strftime("%-d %b %Y"))
    } else {
        format!(
            "{} – {}",
            from.strftime("%-d %b %Y"),
            to.strftime("%-d %b %Y")
        )
    }
}

#[cfg(test)]
mod tests;
