//! Periods, buckets and what they are compared with, at the borders of days and clocks.

use super::*;
use crate::domain::Date;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn range(period: Period, now: &str, name: &str) -> (String, String) {
    let range = TimeRange::of(
        period,
        at(now),
        &zone(name),
        Some(at("2026-01-05T12:00:00Z")),
    );
    (
        range.from.datetime().to_string(),
        range.to.datetime().to_string(),
    )
}

#[test]
fn periods_begin_and_end_at_local_midnights() {
    for (period, from, to) in [
        (Period::Today, "2026-11-25T00:00:00", "2026-11-26T00:00:00"),
        (
            Period::Yesterday,
            "2026-11-24T00:00:00",
            "2026-11-25T00:00:00",
        ),
        (
            Period::Hours24,
            "2026-11-24T01:00:00",
            "2026-11-25T01:00:00",
        ),
        (Period::Days7, "2026-11-19T00:00:00", "2026-11-26T00:00:00"),
        (Period::Days28, "2026-10-29T00:00:00", "2026-11-26T00:00:00"),
        (Period::Month, "2026-11-01T00:00:00", "2026-12-01T00:00:00"),
        (
            Period::LastMonth,
            "2026-10-01T00:00:00",
            "2026-11-01T00:00:00",
        ),
        (Period::Year, "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
        (
            Period::Months12,
            "2025-12-01T00:00:00",
            "2026-12-01T00:00:00",
        ),
        (Period::All, "2026-01-05T00:00:00", "2026-11-26T00:00:00"),
    ] {
        // 23:30 UTC on the 24th is half past midnight on the 25th in Berlin.
        assert_eq!(
            range(period, "2026-11-24T23:30:00Z", "Europe/Berlin"),
            (from.into(), to.into()),
            "{period:?}"
        );
    }
}

#[test]
fn days_of_clock_changes_have_23_and_25_hours() {
    for (zone_name, date, hours) in [
        ("Europe/Paris", (2026, 3, 29), 23),
        ("Europe/Paris", (2026, 10, 25), 25),
        ("America/New_York", (2026, 3, 8), 23),
        ("America/New_York", (2026, 11, 1), 25),
        ("Asia/Kathmandu", (2026, 3, 29), 24),
        ("Pacific/Kiritimati", (2026, 3, 29), 24),
    ] {
        let date = Date::new(date.0, date.1, date.2).unwrap();
        let period = Period::Custom {
            from: date,
            to: date,
        };
        let range = TimeRange::of(period, at("2027-01-01T00:00:00Z"), &zone(zone_name), None);
        let buckets = range.buckets(Interval::Hour);
        assert_eq!(buckets.len(), hours, "{zone_name} {date}");
        assert!(
            buckets.windows(2).all(|pair| pair[0].to == pair[1].from),
            "{zone_name} has gaps"
        );
        assert_eq!(buckets.last().unwrap().to, range.to);
    }
}

#[test]
fn a_midnight_that_clocks_skip_begins_the_day_at_its_first_instant() {
    // Cairo went from 23:59 to 01:00 on 24 April 2026.
    let date = Date::new(2026, 4, 24).unwrap();
    let range = TimeRange::of(
        Period::Custom {
            from: date,
            to: date,
        },
        at("2027-01-01T00:00:00Z"),
        &zone("Africa/Cairo"),
        None,
    );
    assert_eq!(range.from.datetime().to_string(), "2026-04-24T01:00:00");
    assert_eq!(range.buckets(Interval::Hour).len(), 23);
}

#[test]
fn weeks_and_months_are_cut_to_the_period() {
    let range = TimeRange::of(
        Period::Days28,
        at("2026-11-24T12:00:00Z"),
        &zone("UTC"),
        None,
    );
    let weeks = range.buckets(Interval::Week);
    assert_eq!(weeks[0].from.date().to_string(), "2026-10-28");
    assert_eq!(weeks[1].from.date().weekday(), Weekday::Monday);
    assert_eq!(weeks.len(), 5);
    let months = range.buckets(Interval::Month);
    assert_eq!(
        months
            .iter()
            .map(|month| month.label(Interval::Month))
            .collect::<Vec<_>>(),
        ["Oct 2026", "Nov 2026"]
    );
}

#[test]
fn an_open_day_is_compared_with_the_same_part_of_the_day_before() {
    let now = at("2026-11-24T12:30:00Z");
    let today = TimeRange::of(Period::Today, now, &zone("UTC"), None);
    let before = today.compared(Period::Today, Comparison::Previous).unwrap();
    assert_eq!(before.from.datetime().to_string(), "2026-11-23T00:00:00");
    assert_eq!(before.passed.datetime().to_string(), "2026-11-23T12:30:00");
    let year = today.compared(Period::Today, Comparison::Year).unwrap();
    assert_eq!(year.from.datetime().to_string(), "2025-11-24T00:00:00");
    assert_eq!(today.compared(Period::Today, Comparison::Off), None);
}

#[test]
fn chosen_dates_have_passed_up_to_now() {
    let date = |text| Date::parse(text).unwrap();
    let now = at("2026-11-24T12:30:00Z");
    let today = TimeRange::of(Period::Today, now, &zone("UTC"), None);
    for (from, to, passed) in [
        ("2026-11-01", "2026-11-02", "2026-11-03T00:00:00"),
        ("2026-11-01", "9998-12-31", "2026-11-24T12:30:00"),
        ("9998-12-30", "9998-12-31", "9998-12-30T00:00:00"),
    ] {
        let range = today.of_dates(date(from), date(to), now);
        assert_eq!(range.passed.datetime().to_string(), passed, "{from} {to}");
    }
}

#[test]
fn ranges_move_to_the_nearest_same_day_of_the_week_and_never_into_each_other() {
    let date = |text| Date::parse(text).unwrap();
    let now = at("2026-12-01T00:00:00Z");
    let days = |from, to| {
        TimeRange::of(Period::Today, now, &zone("UTC"), None).of_dates(date(from), date(to), now)
    };
    // 24 November 2026 is a Tuesday.
    for (from, to, moved_from, moved_to) in [
        ("2025-11-24", "2025-11-24", "2025-11-25", "2025-11-26"),
        ("2025-11-25", "2025-11-26", "2025-11-25", "2025-11-27"),
        ("2025-11-28", "2025-11-28", "2025-11-25", "2025-11-26"),
        ("2025-11-29", "2025-11-29", "2025-12-02", "2025-12-03"),
        // One day ahead would be the range itself.
        ("2026-11-23", "2026-11-23", "2026-11-17", "2026-11-18"),
        ("2026-11-21", "2026-11-21", "2026-11-17", "2026-11-18"),
    ] {
        let moved = days(from, to).on_weekday_of(&days("2026-11-24", "2026-11-24"));
        let dates = [&moved.from, &moved.to].map(|at| at.date().to_string());
        assert_eq!(dates, [moved_from, moved_to], "{from}");
    }
}

#[test]
fn buckets_of_an_hour_that_comes_twice_differ() {
    let day = Date::parse("2026-10-25").unwrap();
    let range = TimeRange::of(
        Period::Custom { from: day, to: day },
        at("2026-11-01T00:00:00Z"),
        &zone("Europe/Berlin"),
        None,
    );
    let keys: Vec<_> = range
        .buckets(Interval::Hour)
        .iter()
        .map(|bucket| bucket.key(Interval::Hour))
        .collect();
    assert_eq!(
        keys[2..4],
        ["2026-10-25 02:00:00", "2026-10-25 02:00:00 +01:00"]
    );
}

#[test]
fn titles_name_no_day_outside_the_range() {
    let range = TimeRange::of(
        Period::LastMonth,
        at("2026-11-24T12:30:00Z"),
        &zone("UTC"),
        None,
    );
    assert_eq!(title(&range), "1 Oct – 31 Oct 2026");
}
