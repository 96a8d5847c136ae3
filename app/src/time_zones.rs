//! Time zones for forms and dates in a site's zone for words; the arithmetic of periods is the services'.

use jiff::{
    Timestamp as Instant, civil,
    tz::{self, TimeZone},
};
use trackflow::domain::{Date, Timestamp};

/// A time zone to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// IANA name.
    pub name: String,
    /// With its present offset: "Europe/Berlin (UTC+1)".
    pub label: String,
}

/// All time zones that people live in, ascending, UTC first.
#[must_use]
pub fn choices(now: Timestamp) -> Vec<Choice> {
    // Aliases of the past, which the database keeps for compatibility.
    const OLD: [&str; 6] = ["Etc", "SystemV", "US", "Brazil", "Canada", "Mexico"];
    let mut names: Vec<String> = tz::db()
        .available()
        .map(|name| name.to_string())
        .filter(|name| {
            let area = name.split_once('/').map(|(area, _)| area);
            area.is_some_and(|area| {
                !OLD.contains(&area) && area.starts_with(|letter: char| letter.is_ascii_uppercase())
            })
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names.insert(0, "UTC".into());
    names
        .into_iter()
        .filter_map(|name| choice(name, now))
        .collect()
}

fn choice(name: String, now: Timestamp) -> Option<Choice> {
    let now = Instant::from_millisecond(now.0).ok()?;
    let seconds = TimeZone::get(&name).ok()?.to_offset(now).seconds();
    let sign = if seconds < 0 { '−' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
    let minutes = if minutes == 0 {
        String::new()
    } else {
        format!(":{minutes:02}")
    };
    let label = format!("{name} (UTC{sign}{hours}{minutes})");
    Some(Choice { name, label })
}

/// The calendar date of an instant in a zone.
#[must_use]
pub fn date_of(at: Timestamp, zone: &str) -> Option<Date> {
    let date = civil_date(at, zone)?;
    Date::new(date.year(), date.month(), date.day())
}

/// The date of an instant in words: "21 November 2026".
#[must_use]
pub fn date_words(at: Timestamp, zone: &str) -> Option<String> {
    Some(civil_date(at, zone)?.strftime("%-d %B %Y").to_string())
}

/// The time of day of an instant: "14:05".
#[must_use]
pub fn time_words(at: Timestamp, zone: &str) -> Option<String> {
    Some(civil(at, zone)?.strftime("%H:%M").to_string())
}

/// Date and time of an instant to the second: "21 November 2026, 14:05:09".
#[must_use]
pub fn instant_words(at: Timestamp, zone: &str) -> Option<String> {
    let words = civil(at, zone)?.strftime("%-d %B %Y, %H:%M:%S").to_string();
    Some(words)
}

/// An instant as machines read it: "2026-11-21T14:05:09.123Z".
#[must_use]
pub fn machine_words(at: Timestamp) -> Option<String> {
    Some(Instant::from_millisecond(at.0).ok()?.to_string())
}

/// An instant in words, to the minute: "21 November 2026, 14:05".
#[must_use]
pub fn moment_words(at: Timestamp, zone: &str) -> Option<String> {
    Some(civil(at, zone)?.strftime("%-d %B %Y, %H:%M").to_string())
}

fn civil_date(at: Timestamp, zone: &str) -> Option<civil::Date> {
    Some(civil(at, zone)?.date())
}

fn civil(at: Timestamp, zone: &str) -> Option<civil::DateTime> {
    let zone = TimeZone::get(zone).ok()?;
    let at = Instant::from_millisecond(at.0).ok()?;
    Some(zone.to_datetime(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_begins_with_utc_and_holds_berlin_with_its_offset() {
        let choices = choices(Timestamp(1_795_478_400_000));
        assert_eq!(choices[0].label, "UTC (UTC+0)");
        assert!(
            choices
                .iter()
                .any(|choice| choice.label == "Europe/Berlin (UTC+1)")
        );
        assert!(
            choices
                .iter()
                .any(|choice| choice.label == "Asia/Kolkata (UTC+5:30)")
        );
        assert!(choices.len() > 300, "{}", choices.len());
    }

    #[test]
    fn dates_are_the_zones_own() {
        let before_midnight_utc = Timestamp(1_795_478_400_000 - 60_000);
        assert_eq!(
            date_of(before_midnight_utc, "Europe/Berlin").map(|date| date.to_string()),
            Some("2026-11-24".into())
        );
        assert_eq!(
            date_words(before_midnight_utc, "UTC").as_deref(),
            Some("23 November 2026")
        );
        assert_eq!(
            instant_words(before_midnight_utc, "Europe/Berlin").as_deref(),
            Some("24 November 2026, 00:59:00")
        );
        assert_eq!(
            time_words(before_midnight_utc, "UTC").as_deref(),
            Some("23:59")
        );
        assert_eq!(
            machine_words(before_midnight_utc).as_deref(),
            Some("2026-11-23T23:59:00Z")
        );
    }
}
