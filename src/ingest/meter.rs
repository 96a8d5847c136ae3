//! Counts what ingestion does, for `/metrics` and the ingestion page. Numbers only: nothing here could name a visitor.
//!
//! Cheap by design: relaxed atomics, and the clock is read at the borders of the stations for one event in sixteen only.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rustc_hash::FxHashMap;

use crate::domain::{RefusalReason, SiteId, Timestamp};

mod histogram;
mod minutes;

pub use histogram::{Histogram, HistogramSnapshot};
use minutes::Minutes;

/// One event in so many has its stations timed: reading the clock costs some 25 ns, and there are five borders.
const SAMPLE: u32 = 16;

/// Minutes that [`Meter::latency`] looks back over.
const RECENT_MINUTES: usize = 5;

/// Sizes of batches are counted up to 2^14, times from 2^8 ns (256 ns) to 2^35 ns (34 s).
const SIZE_OCTAVES: std::ops::Range<u32> = 0..14;
const TIME_OCTAVES: std::ops::Range<u32> = 8..35;

/// A part of an event's way whose time is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    /// Body to beacon.
    Parse,
    /// Finding the site, and the gate's decision.
    Gate,
    /// The keyed hash.
    Identify,
    /// Page, source, device, country.
    Enrich,
    /// Waiting for the writer; of the event that waited longest in a batch.
    Queue,
    /// The transaction of a batch, its sync included.
    Commit,
}

impl Station {
    /// All stations, in the order of the way.
    pub const ALL: [Self; 6] = [
        Self::Parse,
        Self::Gate,
        Self::Identify,
        Self::Enrich,
        Self::Queue,
        Self::Commit,
    ];

    /// The name in metrics.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Gate => "gate",
            Self::Identify => "identify",
            Self::Enrich => "enrich",
            Self::Queue => "queue",
            Self::Commit => "commit",
        }
    }
}

/// The counters. One a process.
pub struct Meter {
    accepted: AtomicU64,
    refused: [AtomicU64; RefusalReason::ALL.len()],
    left_out: AtomicU64,
    stations: [Histogram; Station::ALL.len()],
    batch_events: Histogram,
    failed_batches: AtomicU64,
    open_visits: AtomicU64,
    dictionary_words: AtomicU64,
    ticks: AtomicU32,
    recent: [(AtomicU64, Histogram); RECENT_MINUTES],
    minutes: Mutex<FxHashMap<SiteId, Minutes>>,
}

impl Default for Meter {
    fn default() -> Self {
        let time = || Histogram::new(TIME_OCTAVES);
        Self {
            accepted: AtomicU64::default(),
            refused: Default::default(),
            left_out: AtomicU64::default(),
            stations: std::array::from_fn(|_| time()),
            batch_events: Histogram::new(SIZE_OCTAVES),
            failed_batches: AtomicU64::default(),
            open_visits: AtomicU64::default(),
            dictionary_words: AtomicU64::default(),
            ticks: AtomicU32::default(),
            recent: std::array::from_fn(|_| (AtomicU64::default(), time())),
            minutes: Mutex::default(),
        }
    }
}

/// The stopwatch of one event.
pub(super) struct Passage<'a> {
    meter: &'a Meter,
    begun: Instant,
    /// When the last station ended; `None` if this event's stations are not timed.
    border: Option<Instant>,
    /// The site, as soon as it is known.
    pub(super) site: Option<SiteId>,
}

impl Passage<'_> {
    /// Ends a station.
    pub(super) fn passed(&mut self, station: Station) {
        if let Some(border) = &mut self.border {
            let now = Instant::now();
            self.meter.time(station, now - *border);
            *border = now;
        }
    }

    /// How long the event has been on its way.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Meter {
    /// Starts the stopwatch of an event.
    pub(super) fn begin(&self) -> Passage<'_> {
        let begun = Instant::now();
        let is_timed = self.ticks.fetch_add(1, Relaxed).is_multiple_of(SAMPLE);
        Passage {
            meter: self,
            begun,
            border: is_timed.then_some(begun),
            site: None,
        }
    }

    /// Counts a stored event.
    pub(super) fn accept(&self, site: SiteId, now: Timestamp, took: Duration) {
        self.accepted.fetch_add(1, Relaxed);
        let minute = minute(now);
        let (of, latency) =
            &self.recent[usize::try_from(minute).unwrap_or_default() % RECENT_MINUTES];
        // Events of one minute may meet here while the place is being emptied; a few may be missing from a percentile then.
        if of.swap(minute, Relaxed) != minute {
            latency.clear();
        }
        latency.record(nanoseconds(took));
        let mut minutes = self.minutes.lock().expect("no holder of the lock panics");
        minutes.entry(site).or_default().add(minute);
    }

    /// Counts a refused event.
    pub(super) fn refuse(&self, reason: RefusalReason) {
        self.refused[reason as usize].fetch_add(1, Relaxed);
    }

    /// Counts refusals that the ledger had no room for.
    pub(super) fn leave_out(&self, count: u64) {
        self.left_out.fetch_add(count, Relaxed);
    }

    /// Adds the time of a station.
    pub(super) fn time(&self, station: Station, took: Duration) {
        self.stations[station as usize].record(nanoseconds(took));
    }

    /// Counts a committed batch and notes what the writer holds now.
    pub(super) fn commit(&self, events: usize, took: Duration, open_visits: usize, words: usize) {
        self.time(Station::Commit, took);
        self.batch_events.record(events as u64);
        self.open_visits.store(open_visits as u64, Relaxed);
        self.dictionary_words.store(words as u64, Relaxed);
    }

    /// Counts a batch that was not stored.
    pub(super) fn fail(&self) {
        self.failed_batches.fetch_add(1, Relaxed);
    }

    /// Forgets the minutes of sites that had no event for an hour, such as those that were deleted.
    pub(super) fn forget_silent(&self, now: Timestamp) {
        let now = minute(now);
        let mut minutes = self.minutes.lock().expect("no holder of the lock panics");
        minutes.retain(|_, minutes| !minutes.is_silent(now));
    }

    /// Events stored since the start.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Relaxed)
    }

    /// Events refused for a reason since the start.
    #[must_use]
    pub fn refused(&self, reason: RefusalReason) -> u64 {
        self.refused[reason as usize].load(Relaxed)
    }

    /// Refusals that the ledger had no room for.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out.load(Relaxed)
    }

    /// Times of a station, in nanoseconds.
    #[must_use]
    pub fn station(&self, station: Station) -> HistogramSnapshot {
        self.stations[station as usize].snapshot()
    }

    /// Events of committed batches.
    #[must_use]
    pub fn batch_events(&self) -> HistogramSnapshot {
        self.batch_events.snapshot()
    }

    /// Batches that were not stored.
    #[must_use]
    pub fn failed_batches(&self) -> u64 {
        self.failed_batches.load(Relaxed)
    }

    /// Visits in the writer's memory after its last batch.
    #[must_use]
    pub fn open_visits(&self) -> u64 {
        self.open_visits.load(Relaxed)
    }

    /// Strings in the writer's memory after its last batch.
    #[must_use]
    pub fn dictionary_words(&self) -> u64 {
        self.dictionary_words.load(Relaxed)
    }

    /// Times from request to commit of the last five minutes, in nanoseconds.
    #[must_use]
    pub fn latency(&self, now: Timestamp) -> HistogramSnapshot {
        let oldest = minute(now).saturating_sub(RECENT_MINUTES as u64 - 1);
        let mut all = HistogramSnapshot::empty(TIME_OCTAVES);
        for (of, latency) in &self.recent {
            if of.load(Relaxed) >= oldest {
                all.add(&latency.snapshot());
            }
        }
        all
    }

    /// Events of a site in each of the last 60 minutes, the present one last, as far as this process stored them.
    #[must_use]
    pub fn minutes(&self, site: SiteId, now: Timestamp) -> Vec<u64> {
        let minutes = self.minutes.lock().expect("no holder of the lock panics");
        let of_site = minutes.get(&site).copied().unwrap_or_default();
        of_site.until(minute(now)).to_vec()
    }
}

fn minute(at: Timestamp) -> u64 {
    u64::try_from(at.0 / 60_000).unwrap_or_default()
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: SiteId = SiteId(1);

    fn at_minute(minute: i64) -> Timestamp {
        Timestamp(minute * 60_000 + 1)
    }

    #[test]
    fn events_are_counted_by_site_and_minute() {
        let meter = Meter::default();
        for minute in [100, 100, 101] {
            meter.accept(SITE, at_minute(minute), Duration::from_millis(1));
        }
        meter.accept(SiteId(2), at_minute(101), Duration::from_millis(1));
        let minutes = meter.minutes(SITE, at_minute(102));
        assert_eq!(minutes.len(), 60);
        assert_eq!(minutes[56..], [0, 2, 1, 0]);
        assert_eq!(meter.minutes(SITE, at_minute(160)).iter().sum::<u64>(), 1);
        assert_eq!(meter.minutes(SITE, at_minute(161)).iter().sum::<u64>(), 0);
        assert_eq!(meter.accepted(), 4);
        meter.forget_silent(at_minute(161));
        assert!(meter.minutes.lock().unwrap().is_empty());
    }

    #[test]
    fn latency_is_that_of_the_last_five_minutes() {
        let meter = Meter::default();
        let accept = |minute, ms| meter.accept(SITE, at_minute(minute), Duration::from_millis(ms));
        accept(10, 1_000);
        accept(14, 4);
        let close = |quantile: Option<f64>, ms: f64| {
            let ns = quantile.expect("there are events");
            assert!((ns / 1e6 / ms - 1.0).abs() < 0.15, "{ns} ns, not {ms} ms");
        };
        close(meter.latency(at_minute(14)).quantile(0.99), 1_000.0);
        close(meter.latency(at_minute(15)).quantile(0.99), 4.0);
        assert_eq!(meter.latency(at_minute(19)).quantile(0.5), None);
        // The place of minute 10 is that of minute 15, and is emptied for it.
        accept(15, 2);
        assert_eq!(meter.latency(at_minute(15)).count(), 2);
    }

    #[test]
    fn one_event_in_sixteen_has_its_stations_timed() {
        let meter = Meter::default();
        for _ in 0..32 {
            meter.begin().passed(Station::Parse);
        }
        assert_eq!(meter.station(Station::Parse).count(), 2);
    }
}
