//! When visits happen: local days, their hours, and how many visits a day has.

use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use super::{
    profile::{Push, SiteProfile, Window},
    random::{Random, Weights},
};
use crate::domain::Timestamp;

/// Further visits of the day of a mention and the three after it, in percent of the first.
const FADING: [u32; 4] = [100, 36, 12, 4];

/// The time over which traffic grows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    /// Its first day.
    pub(super) first: Date,
    /// Its length, at least 1. Growth goes on at the same pace afterwards.
    pub(super) days: i64,
}

impl Growth {
    /// How far a day is into the time of growth, in per mille; above 1,000 after its end.
    pub(super) fn per_mille(&self, day: Date) -> i64 {
        (day_number(day) - day_number(self.first)) * 1_000 / self.days.max(1)
    }
}

/// Days since the epoch.
pub(super) fn day_number(day: Date) -> i64 {
    i64::from((day - date(1970, 1, 1)).get_days())
}

/// The day after.
pub(super) fn tomorrow(day: Date) -> Date {
    day.saturating_add(1.day())
}

/// The local date of an instant.
pub(super) fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(instant(at)).date()
}

/// The first instant of a local day.
pub(super) fn day_start(day: Date, zone: &TimeZone) -> Timestamp {
    let start = day.to_zoned_datetime(zone.clone());
    Timestamp(start.map_or(0, |start| start.timestamp().as_millisecond()))
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX)
}

/// Visits of a whole local day, in thousandths: growth, weekday, pushes and some chance.
pub(super) fn visits_per_mille(
    profile: &SiteProfile,
    growth: &Growth,
    day: Date,
    random: &mut Random,
) -> u64 {
    let (first, last) = (i64::from(profile.visits.0), i64::from(profile.visits.1));
    // Half linear, half quadratic: sites gain faster the bigger they are. Ends at twice the last level.
    let x = growth.per_mille(day).clamp(0, 1_600);
    let grown = first * 1_000 + (last - first) * (x + x * x / 1_000) / 2;
    let weekday =
        profile.weekdays[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())];
    let pushed: u32 = profile
        .pushes
        .iter()
        .map(|push| extra_percent(push, growth, day))
        .sum();
    let chance = random.between(88, 112);
    grown.unsigned_abs() * u64::from(weekday) * u64::from(100 + pushed) * chance / 1_000_000
}

/// Further visits that a push brings on a day, in percent of the usual ones.
pub(super) fn extra_percent(push: &Push, growth: &Growth, day: Date) -> u32 {
    let is_active = match push.window {
        Window::Yearly(from, to) => (from..=to).contains(&(day.month(), day.day())),
        Window::Weekly(weekday) => day.weekday().to_monday_zero_offset() == weekday,
        Window::Once(per_mille) => {
            let first = day_number(growth.first) + per_mille * growth.days / 1_000;
            let age = usize::try_from(day_number(day) - first).ok();
            let share = age.and_then(|age| FADING.get(age)).copied().unwrap_or(0);
            return push.extra_percent * share / 100;
        }
    };
    if is_active { push.extra_percent } else { 0 }
}

/// How likely a visit begins at each instant of a part of a local day.
pub(super) struct Curve {
    hours: Vec<Hour>,
    weights: Weights,
}

struct Hour {
    from: Timestamp,
    weight: u64,
}

impl Curve {
    /// The curve of the part `from..to` of a local day. `chance` makes single hours busier or quieter; without it the
    /// curve is smooth.
    pub(super) fn new(
        profile: &SiteProfile,
        zone: &TimeZone,
        (from, to): (Timestamp, Timestamp),
        mut chance: Option<&mut Random>,
    ) -> Self {
        let mut hours = Vec::with_capacity(25);
        let mut lengths = Vec::with_capacity(25);
        let mut at = from;
        while at < to {
            // Whole hours of UTC: zones that are half an hour off get the weight of the hour in which each of them begins.
            let next = Timestamp((at.0.div_euclid(HOUR_MS) + 1) * HOUR_MS).min(to);
            let hour = zone.to_datetime(instant(at)).hour();
            let busy = chance
                .as_mut()
                .map_or(100, |chance| chance.between(80, 120));
            let weight = profile.hours[usize::from(hour.unsigned_abs())] * busy;
            hours.push(Hour { from: at, weight });
            lengths.push((next.0 - at.0).unsigned_abs() * weight);
            at = next;
        }
        Self {
            hours,
            weights: Weights::new(lengths),
        }
    }

    /// Sum of all weights: comparable between parts of a day made without chance.
    pub(super) fn total(&self) -> u64 {
        self.weights.total()
    }

    /// The instant at a place below the total.
    pub(super) fn at(&self, place: u64) -> Timestamp {
        let (hour, into) = self.weights.find(place);
        let hour = &self.hours[hour];
        let ms = i64::try_from(into / hour.weight.max(1)).expect("an hour has 3,600,000 ms");
        hour.from.plus_ms(ms)
    }
}

const HOUR_MS: i64 = 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::profile::{BLOG, PRODUCT};

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a known zone")
    }

    #[test]
    fn a_curve_covers_days_of_23_and_25_hours() {
        for (day, hours) in [
            (date(2026, 3, 29), 23),
            (date(2026, 7, 1), 24),
            (date(2026, 10, 25), 25),
        ] {
            let (from, to) = (
                day_start(day, &berlin()),
                day_start(tomorrow(day), &berlin()),
            );
            let curve = Curve::new(&BLOG, &berlin(), (from, to), None);
            assert_eq!(curve.hours.len(), hours, "{day}");
            assert_eq!(curve.at(0), from);
            assert_eq!(curve.at(curve.total() - 1), to.plus_ms(-1));
        }
    }

    #[test]
    fn a_mention_fades_and_campaigns_keep_their_days() {
        let growth = Growth {
            first: date(2026, 1, 1),
            days: 100,
        };
        let mention = &PRODUCT.pushes[0];
        let extra: Vec<u32> = (24..31)
            .map(|day| extra_percent(mention, &growth, date(2026, 3, day)))
            .collect();
        assert_eq!(extra, [520, 187, 62, 20, 0, 0, 0]);
        let video = &PRODUCT.pushes[2];
        assert_eq!(extra_percent(video, &growth, date(2031, 2, 2)), 0);
        assert_eq!(extra_percent(video, &growth, date(2031, 2, 20)), 24);
    }
}
