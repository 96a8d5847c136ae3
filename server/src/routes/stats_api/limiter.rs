//! How many requests an hour a key may send. An hour begins with the key's first request.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use trackflow::domain::ApiKeyId;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Counts requests by key. As large as there are keys: only those that exist are counted.
pub(super) struct KeyLimiter {
    per_hour: u32,
    hours: Mutex<HashMap<ApiKeyId, Hour>>,
}

struct Hour {
    since: Instant,
    requests: u32,
}

impl KeyLimiter {
    /// Limits each key to so many requests an hour; 0 does not limit.
    pub(super) fn new(per_hour: u32) -> Self {
        Self {
            per_hour,
            hours: Mutex::default(),
        }
    }

    /// Requests an hour.
    pub(super) fn per_hour(&self) -> u32 {
        self.per_hour
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait until the key's next hour begins.
    pub(super) fn take(&self, key: ApiKeyId, now: Instant) -> Result<(), Duration> {
        if self.per_hour == 0 {
            return Ok(());
        }
        let mut hours = self.hours.lock().expect("counting does not panic");
        let hour = hours.entry(key).or_insert(Hour {
            since: now,
            requests: 0,
        });
        if now.duration_since(hour.since) >= HOUR {
            *hour = Hour {
                since: now,
                requests: 0,
            };
        }
        if hour.requests >= self.per_hour {
            return Err(HOUR.saturating_sub(now.duration_since(hour.since)));
        }
        hour.requests += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_own_hour() {
        let limiter = KeyLimiter::new(2);
        let start = Instant::now();
        let at = |minutes: u64| start + Duration::from_secs(minutes * 60);
        let take = |key, minutes| limiter.take(ApiKeyId(key), at(minutes));
        assert_eq!(take(1, 0), Ok(()));
        assert_eq!(take(1, 10), Ok(()));
        assert_eq!(take(1, 20), Err(Duration::from_secs(40 * 60)));
        assert_eq!(take(2, 20), Ok(()));
        assert_eq!(take(1, 59), Err(Duration::from_secs(60)));
        assert_eq!(take(1, 60), Ok(()));
        assert_eq!(take(1, 61), Ok(()));
        assert_eq!(take(1, 62), Err(Duration::from_secs(58 * 60)));
    }

    #[test]
    fn zero_does_not_limit() {
        let limiter = KeyLimiter::new(0);
        for _ in 0..10_000 {
            assert_eq!(limiter.take(ApiKeyId(1), Instant::now()), Ok(()));
        }
    }
}
