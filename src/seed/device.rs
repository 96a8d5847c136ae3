//! What visitors browse with: browsers, systems and classes that occur together, in versions that move with the calendar.
//!
//! Names are those of [`enrich::device`](crate::ingest::enrich::device).

use jiff::civil::{Date, date};

use super::random::{Random, Weights};
use crate::ingest::enrich::screen;

/// How a browser's version goes on.
#[derive(Clone, Copy)]
enum Releases {
    /// Every four weeks since 140.
    Chrome,
    /// Every four weeks since 143.
    Firefox,
    /// Every September; 26 followed 18.
    Apple,
    /// Twice a year.
    Samsung,
    /// None that is known.
    Unknown,
}

struct Kind {
    browser: &'static str,
    releases: Releases,
    system: &'static str,
    system_version: SystemVersion,
    class: &'static str,
    weight: u64,
}

#[derive(Clone, Copy)]
enum SystemVersion {
    Fixed(&'static str),
    AsBrowser,
}

/// Share of each lag, in versions behind the newest: most people update within weeks, some never.
const LAGS: [u64; 6] = [45, 30, 10, 7, 4, 4];

const DESKTOP: [Kind; 10] = [
    desktop("Chrome", Releases::Chrome, "Windows", "10 or 11", 300),
    desktop("Chrome", Releases::Chrome, "macOS", "", 190),
    desktop("Safari", Releases::Apple, "macOS", "", 130),
    desktop("Firefox", Releases::Firefox, "Windows", "10 or 11", 80),
    desktop("Firefox", Releases::Firefox, "Linux", "", 86),
    desktop("Edge", Releases::Chrome, "Windows", "10 or 11", 110),
    desktop("Chrome", Releases::Chrome, "Linux", "", 56),
    desktop("Firefox", Releases::Firefox, "macOS", "", 30),
    desktop("Chrome", Releases::Chrome, "ChromeOS", "", 10),
    desktop("", Releases::Unknown, "", "", 8),
];

const HANDHELD: [Kind; 7] = [
    Kind {
        browser: "Safari",
        releases: Releases::Apple,
        system: "iOS",
        system_version: SystemVersion::AsBrowser,
        class: "Mobile",
        weight: 430,
    },
    mobile("Chrome", Releases::Chrome, "Android", "Mobile", 360),
    mobile(
        "Samsung Internet",
        Releases::Samsung,
        "Android",
        "Mobile",
        56,
    ),
    mobile("Firefox", Releases::Firefox, "Android", "Mobile", 36),
    mobile("Chrome", Releases::Chrome, "iOS", "Mobile", 34),
    Kind {
        browser: "Safari",
        releases: Releases::Apple,
        system: "iPadOS",
        system_version: SystemVersion::AsBrowser,
        class: "Tablet",
        weight: 50,
    },
    mobile("Chrome", Releases::Chrome, "Android", "Tablet", 22),
];

const fn desktop(
    browser: &'static str,
    releases: Releases,
    system: &'static str,
    system_version: &'static str,
    weight: u64,
) -> Kind {
    Kind {
        browser,
        releases,
        system,
        system_version: SystemVersion::Fixed(system_version),
        class: if system.is_empty() { "" } else { "Desktop" },
        weight,
    }
}

const fn mobile(
    browser: &'static str,
    releases: Releases,
    system: &'static str,
    class: &'static str,
    weight: u64,
) -> Kind {
    Kind {
        browser,
        releases,
        system,
        system_version: SystemVersion::Fixed(""),
        class,
        weight,
    }
}

/// The devices of a day, to choose from.
pub(super) struct Devices {
    desktop: Weights,
    handheld: Weights,
    phones_per_mille: u32,
    all: Vec<Device>,
}

/// A device in the words of ingestion.
pub(super) struct Device {
    pub(super) browser: &'static str,
    pub(super) browser_version: String,
    pub(super) system: &'static str,
    pub(super) system_version: String,
    pub(super) class: &'static str,
    /// Class of the window's width.
    pub(super) screen: &'static str,
}

impl Devices {
    pub(super) fn new(phones_per_mille: u32, day: Date) -> Self {
        let weights = |kinds: &[Kind]| {
            let shares = |kind: &Kind| LAGS.map(|share| kind.weight * share);
            Weights::new(kinds.iter().flat_map(shares))
        };
        let kinds = DESKTOP.iter().chain(&HANDHELD);
        Self {
            desktop: weights(&DESKTOP),
            handheld: weights(&HANDHELD),
            phones_per_mille,
            all: kinds
                .flat_map(|kind| (0..).take(LAGS.len()).map(|lag| kind.device(day, lag)))
                .collect(),
        }
    }

    /// Chooses a device.
    pub(super) fn pick(&self, random: &mut Random) -> usize {
        if random.happens(self.phones_per_mille) {
            DESKTOP.len() * LAGS.len() + self.handheld.pick(random)
        } else {
            self.desktop.pick(random)
        }
    }

    /// What a chosen device says of itself.
    pub(super) fn get(&self, device: usize) -> &Device {
        &self.all[device]
    }
}

impl Kind {
    /// Pixels, which the versions share out among themselves.
    fn width(&self, lag: i64) -> Option<u32> {
        Some(match (self.class, lag) {
            ("", _) => return None,
            ("Mobile", _) => 390,
            ("Tablet", 0 | 1) => 820,
            ("Tablet", _) => 1_180,
            (_, 0) => 1_536,
            (_, 1) => 1_920,
            (_, 2) => 2_560,
            _ => 1_366,
        })
    }

    fn device(&self, day: Date, lag: i64) -> Device {
        let browser_version = self.releases.version(day, lag);
        Device {
            browser: self.browser,
            system: self.system,
            system_version: match self.system_version {
                SystemVersion::Fixed(version) => version.to_owned(),
                SystemVersion::AsBrowser => browser_version.clone(),
            },
            browser_version,
            class: self.class,
            screen: self.width(lag).map_or("", screen::class),
        }
    }
}

impl Releases {
    /// The major version that is `lag` versions behind the newest of the day.
    fn version(self, day: Date, lag: i64) -> String {
        let since = |first: Date| (day - first).get_days() as i64;
        let version = match self {
            Self::Chrome => 140 + since(date(2025, 9, 2)).div_euclid(28) - lag,
            Self::Firefox => 143 + since(date(2025, 9, 16)).div_euclid(28) - lag,
            Self::Samsung => 28 + since(date(2025, 4, 1)).div_euclid(180) - lag.min(2),
            Self::Apple => {
                let year = since(date(2025, 9, 15)).div_euclid(365) - lag / 2;
                if year >= 0 { 26 + year } else { 19 + year }
            }
            Self::Unknown => return String::new(),
        };
        version.max(1).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_move_with_the_calendar() {
        for (releases, day, lag, expected) in [
            (Releases::Chrome, date(2025, 9, 2), 0, "140"),
            (Releases::Chrome, date(2025, 9, 30), 0, "141"),
            (Releases::Chrome, date(2025, 9, 1), 1, "138"),
            (Releases::Firefox, date(2026, 9, 16), 0, "156"),
            (Releases::Apple, date(2025, 9, 14), 0, "18"),
            (Releases::Apple, date(2025, 9, 15), 0, "26"),
            (Releases::Apple, date(2026, 10, 1), 2, "26"),
            (Releases::Apple, date(2026, 10, 1), 4, "18"),
            (Releases::Unknown, date(2026, 10, 1), 0, ""),
        ] {
            assert_eq!(releases.version(day, lag), expected, "{day}");
        }
    }
}
