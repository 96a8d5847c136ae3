//! Slows guessing of passwords down: per account and address prefix, and per address prefix alone. Memory only, bounded.
//!
//! Addresses come as a keyed hash of their prefix (/24 or /48), so nothing here identifies anybody. A limit never locks the
//! account's owner out from elsewhere.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::Mutex,
    time::{Duration, Instant},
};

/// Failures of one account from one prefix within [`FAILURE_WINDOW`]. Our numbers; GoatCounter allows 20 logins a minute.
const MAX_FAILURES: u32 = 10;
const FAILURE_WINDOW: Duration = Duration::from_mins(15);
/// Attempts from one prefix within [`ATTEMPT_WINDOW`], whatever the account.
const MAX_ATTEMPTS: u32 = 20;
const ATTEMPT_WINDOW: Duration = Duration::from_mins(1);
/// Entries of each table, about 1 MB together. Then the oldest goes.
const CAPACITY: usize = 16_384;

/// Too many attempts: not even tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again in {retry_after_s} seconds")]
pub struct TooManyAttempts {
    /// Seconds until the next attempt is tried, at least 1.
    pub retry_after_s: u64,
}

/// Counts attempts to log in. Shared by all requests.
#[derive(Default)]
pub struct LoginLimiter {
    hasher: RandomState,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    failures: Windows,
    attempts: Windows,
}

type Windows = HashMap<u64, Window>;

#[derive(Clone, Copy)]
struct Window {
    started_at: Instant,
    count: u32,
}

impl LoginLimiter {
    /// Counts an attempt before the password is looked at, so that parallel ones count too. It stands as a failure until
    /// [`LoginLimiter::succeeded`].
    ///
    /// # Errors
    /// [`TooManyAttempts`]; such an attempt does not prolong the wait.
    pub fn begin(&self, email: &str, prefix: u64, now: Instant) -> Result<(), TooManyAttempts> {
        let account = self.account_key(email, prefix);
        let mut tables = self.tables.lock().expect("no panic while held");
        let Tables { failures, attempts } = &mut *tables;
        check(failures, account, MAX_FAILURES, FAILURE_WINDOW, now)?;
        check(attempts, prefix, MAX_ATTEMPTS, ATTEMPT_WINDOW, now)?;
        count(failures, account, FAILURE_WINDOW, now);
        count(attempts, prefix, ATTEMPT_WINDOW, now);
        Ok(())
    }

    /// Forgets the failures of an account after the right password.
    pub fn succeeded(&self, email: &str, prefix: u64) {
        let account = self.account_key(email, prefix);
        let mut tables = self.tables.lock().expect("no panic while held");
        tables.failures.remove(&account);
    }

    fn account_key(&self, email: &str, prefix: u64) -> u64 {
        self.hasher
            .hash_one((email.trim().to_lowercase().as_str(), prefix))
    }
}

fn check(
    windows: &Windows,
    key: u64,
    max: u32,
    length: Duration,
    now: Instant,
) -> Result<(), TooManyAttempts> {
    let Some(window) = windows.get(&key).filter(|window| window.count >= max) else {
        return Ok(());
    };
    let wait = length.saturating_sub(now.saturating_duration_since(window.started_at));
    if wait.is_zero() {
        return Ok(());
    }
    Err(TooManyAttempts {
        retry_after_s: wait.as_secs_f64().ceil() as u64,
    })
}

fn count(windows: &mut Windows, key: u64, length: Duration, now: Instant) {
    let is_over = |window: &Window| now.saturating_duration_since(window.started_at) >= length;
    if windows.len() >= CAPACITY && !windows.contains_key(&key) {
        windows.retain(|_, window| !is_over(window));
        if windows.len() >= CAPACITY {
            let oldest = windows.iter().min_by_key(|(_, window)| window.started_at);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                windows.remove(&oldest);
            }
        }
    }
    let fresh = Window {
        started_at: now,
        count: 0,
    };
    let window = windows.entry(key).or_insert(fresh);
    if is_over(window) {
        *window = fresh;
    }
    window.count += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn ten_failures_close_one_account_for_one_prefix_until_the_window_ends() {
        let limiter = LoginLimiter::default();
        let start = Instant::now();
        for _ in 0..10 {
            assert_eq!(limiter.begin("ada@x.test", 1, start), Ok(()));
        }
        let later = start + 5 * MINUTE;
        let wait = TooManyAttempts { retry_after_s: 600 };
        assert_eq!(limiter.begin("Ada@x.test", 1, later), Err(wait));
        assert_eq!(limiter.begin("bob@x.test", 1, later), Ok(()));
        assert_eq!(limiter.begin("ada@x.test", 2, later), Ok(()));
        assert_eq!(limiter.begin("ada@x.test", 1, start + 15 * MINUTE), Ok(()));
    }

    #[test]
    fn the_right_password_forgets_the_failures() {
        let limiter = LoginLimiter::default();
        let mut now = Instant::now();
        for _ in 0..50 {
            now += Duration::from_secs(10);
            assert_eq!(limiter.begin("ada@x.test", 1, now), Ok(()));
            limiter.succeeded("ada@x.test", 1);
        }
    }

    #[test]
    fn a_prefix_has_20_attempts_a_minute_whatever_the_account() {
        let limiter = LoginLimiter::default();
        let now = Instant::now();
        for user in 0..20 {
            assert_eq!(limiter.begin(&format!("{user}@x.test"), 1, now), Ok(()));
        }
        let wait = TooManyAttempts { retry_after_s: 60 };
        assert_eq!(limiter.begin("new@x.test", 1, now), Err(wait));
        assert_eq!(limiter.begin("new@x.test", 2, now), Ok(()));
        assert_eq!(limiter.begin("new@x.test", 1, now + MINUTE), Ok(()));
    }

    #[test]
    fn the_tables_stay_bounded() {
        let limiter = LoginLimiter::default();
        let start = Instant::now();
        for prefix in 0..20_000 {
            let now = start + Duration::from_micros(prefix);
            assert_eq!(limiter.begin("ada@x.test", prefix, now), Ok(()));
        }
        let tables = limiter.tables.lock().expect("not poisoned");
        assert!(tables.failures.len() <= CAPACITY && tables.attempts.len() <= CAPACITY);
    }
}
