//! Keeps the random keys of the visitor hash, one for each time zone and local day, and destroys them.
//!
//! A key is made by the first event of a local day and destroyed 30 minutes after that day ends, so that a visit that is
//! open at midnight can be handed over. After that nobody, not even who holds the machine, can tell which visitor an id
//! was. Keys live in memory and, so that a restart does not split visits, in a file outside the data folder (see
//! `key_file`). They are overwritten when dropped and never printed. Neighbour: [`visitor`](super::visitor), the recipe.

use std::{
    fmt,
    path::Path,
    sync::{
        PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{civil::Date, tz::TimeZone};
use zeroize::Zeroize;

use super::{
    client::Client,
    key_file::{Content, KeyFile},
    visitor::{Message, Visitor},
};
use crate::domain::{KeyLife, KeyReport, SiteId, Timestamp};

#[cfg(test)]
mod tests;

const MINUTE_MS: i64 = 60_000;
/// How long a key outlives its day: the gap that ends a visit (docs/metrics.md).
const GRACE_MS: i64 = 30 * MINUTE_MS;
/// A clock that is set back further than this destroys all keys, or they would live longer than promised.
const CLOCK_TOLERANCE_MS: i64 = 60 * MINUTE_MS;
/// A day has at most 25 hours (26 where a zone moved); a key that claims to live longer was made under another clock.
const LONGEST_LIFE_MS: i64 = 26 * 60 * MINUTE_MS + GRACE_MS;

/// 32 random bytes, overwritten when dropped. On the heap, so that moving them leaves no copy.
pub(super) struct Secret(Box<[u8; 32]>);

impl Secret {
    fn random() -> Self {
        let mut secret = Self::zero();
        getrandom::fill(secret.bytes_mut()).expect("the operating system gives random bytes");
        secret
    }

    pub(super) fn zero() -> Self {
        Self(Box::new([0; 32]))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The key of one local day in one time zone.
#[derive(Debug)]
pub(super) struct DayKey {
    pub(super) zone_name: String,
    pub(super) day: Date,
    pub(super) created_at: Timestamp,
    pub(super) dies_at: Timestamp,
    pub(super) secret: Secret,
}

impl DayKey {
    fn new(zone_name: &str, time_zone: &TimeZone, day: Date, now: Timestamp) -> Self {
        Self {
            zone_name: zone_name.to_owned(),
            day,
            created_at: now,
            dies_at: end_of_day(time_zone, day).unwrap_or(now).plus_ms(GRACE_MS),
            secret: Secret::random(),
        }
    }

    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        now < self.dies_at && self.dies_at <= now.plus_ms(LONGEST_LIFE_MS)
    }
}

/// What may be told about the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// How many keys live.
    pub live: usize,
    /// When the oldest of them was made.
    pub oldest_created_at: Option<Timestamp>,
    /// When the next one will be destroyed.
    pub next_death_at: Option<Timestamp>,
    /// When one was last destroyed; with a key file also before a restart.
    pub last_destroyed_at: Option<Timestamp>,
}

/// All living keys.
#[derive(Debug)]
pub struct VisitorKeys {
    state: RwLock<State>,
    file: Option<KeyFile>,
}

#[derive(Debug)]
struct State {
    keys: Vec<DayKey>,
    /// The latest instant so far, in milliseconds; atomic, since readers advance it.
    last_seen_ms: AtomicI64,
    last_destroyed_at: Option<Timestamp>,
}

impl VisitorKeys {
    /// Keeps keys in memory only: a restart splits the visits that are open.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            state: RwLock::new(State::new(Vec::new())),
            file: None,
        }
    }

    /// Keeps keys in memory and in a file, and takes up those in the file that still live.
    ///
    /// A file that cannot be used is reported in the log and does not stop the program: what is lost is only that visits
    /// survive a restart.
    #[must_use]
    pub fn with_file(path: &Path, now: Timestamp) -> Self {
        let file = KeyFile::new(path);
        let found = file.load().unwrap_or_else(|error| {
            file.warn("read", &error);
            Content::default()
        });
        let mut state = State::new(found.keys);
        state.last_destroyed_at = found.last_destroyed_at.filter(|at| *at <= now);
        state.purge(now);
        let keys = Self {
            state: RwLock::new(state),
            file: Some(file),
        };
        keys.save(&keys.write());
        keys
    }

    /// Tells who a client is on a site at `now`, and who it was yesterday if yesterday's key still lives.
    ///
    /// `zone_name` is the name under which `time_zone` was looked up: two zones never share a key. The first event of a
    /// local day makes its key, which writes the file.
    #[must_use]
    pub fn identify(
        &self,
        site_id: SiteId,
        time_zone: &TimeZone,
        zone_name: &str,
        client: &Client<'_>,
        now: Timestamp,
    ) -> Visitor {
        let message = Message::new(site_id, client);
        let day = local_day(time_zone, now);
        {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if state.is_in_order(now)
                && let Some(visitor) = state.identify(&message, zone_name, day)
            {
                return visitor;
            }
        }
        let mut state = self.write();
        state.purge(now);
        let today = match state.find(zone_name, day) {
            Some(position) => position,
            None => {
                state.keys.push(DayKey::new(zone_name, time_zone, day, now));
                state.keys.len() - 1
            }
        };
        self.save(&state);
        state.visitor(&message, today, zone_name, day)
    }

    /// Destroys the keys whose time is over and gives their number. For a timer, so that a key dies in time although no
    /// event comes.
    pub fn purge(&self, now: Timestamp) -> usize {
        let mut state = self.write();
        let destroyed = state.purge(now);
        if destroyed > 0 {
            self.save(&state);
        }
        destroyed
    }

    /// Ages and deaths, for the privacy page.
    #[must_use]
    pub fn status(&self) -> KeyStatus {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        KeyStatus {
            live: state.keys.len(),
            oldest_created_at: state.keys.iter().map(|key| key.created_at).min(),
            next_death_at: state.keys.iter().map(|key| key.dies_at).min(),
            last_destroyed_at: state.last_destroyed_at,
        }
    }

    /// The lives of the keys of one time zone at `now`, for the privacy page; `zone_name` as in
    /// [`VisitorKeys::identify`].
    #[must_use]
    pub fn report(&self, time_zone: &TimeZone, zone_name: &str, now: Timestamp) -> KeyReport {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let today = local_day(time_zone, now);
        let life = |day: Date| {
            let key = &state.keys[state.find(zone_name, day)?];
            key.is_alive(now).then_some(KeyLife {
                created_at: key.created_at,
                dies_at: key.dies_at,
            })
        };
        KeyReport {
            current: life(today),
            previous: today.yesterday().ok().and_then(life),
            last_destroyed_at: state.last_destroyed_at,
            has_file: self.file.is_some(),
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn save(&self, state: &State) {
        if let Some(file) = &self.file
            && let Err(error) = file.store(&state.keys, state.last_destroyed_at)
        {
            file.warn("write", &error);
        }
    }
}

impl State {
    fn new(keys: Vec<DayKey>) -> Self {
        Self {
            keys,
            last_seen_ms: AtomicI64::new(i64::MIN),
            last_destroyed_at: None,
        }
    }

    /// Whether all keys may live on and the clock was not set back. Takes note of the time.
    fn is_in_order(&self, now: Timestamp) -> bool {
        let last_seen_ms = self.last_seen_ms.fetch_max(now.0, Ordering::Relaxed);
        let was_set_back = now.0 + CLOCK_TOLERANCE_MS < last_seen_ms;
        !was_set_back && self.keys.iter().all(|key| key.is_alive(now))
    }

    /// Destroys what must not live on, which is everything if the clock was set back.
    fn purge(&mut self, now: Timestamp) -> usize {
        let before = self.keys.len();
        if now.0 + CLOCK_TOLERANCE_MS < *self.last_seen_ms.get_mut() {
            self.keys.clear();
            self.last_seen_ms = AtomicI64::new(now.0);
        }
        self.keys.retain(|key| key.is_alive(now));
        self.last_seen_ms.fetch_max(now.0, Ordering::Relaxed);
        let destroyed = before - self.keys.len();
        if destroyed > 0 {
            self.last_destroyed_at = Some(now);
        }
        destroyed
    }

    fn find(&self, zone_name: &str, day: Date) -> Option<usize> {
        self.keys
            .iter()
            .position(|key| key.day == day && key.zone_name == zone_name)
    }

    fn identify(&self, message: &Message, zone_name: &str, day: Date) -> Option<Visitor> {
        let today = self.find(zone_name, day)?;
        Some(self.visitor(message, today, zone_name, day))
    }

    fn visitor(&self, message: &Message, today: usize, zone_name: &str, day: Date) -> Visitor {
        let yesterday = day
            .yesterday()
            .ok()
            .and_then(|day| self.find(zone_name, day));
        let id = |position: usize| message.visitor_id(self.keys[position].secret.bytes());
        Visitor {
            id: id(today),
            previous: yesterday.map(id),
        }
    }
}

fn local_day(time_zone: &TimeZone, now: Timestamp) -> Date {
    // Beyond the calendar of jiff (the years -9999 to 9999) all time is one day.
    let now = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::MAX);
    time_zone.to_datetime(now).date()
}

/// The instant of the next local midnight, or of the first moment of the next day where its midnight is skipped.
fn end_of_day(time_zone: &TimeZone, day: Date) -> Option<Timestamp> {
    let next = day
        .tomorrow()
        .ok()?
        .to_zoned_datetime(time_zone.clone())
        .ok()?;
    Some(Timestamp(next.timestamp().as_millisecond()))
}
