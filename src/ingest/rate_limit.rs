//! How many events a second are taken: from one network over all sites, and by one site.
//!
//! Both are token buckets that hold ten seconds' worth. A bucket is one number, the instant at which it will be full again
//! (the generic cell rate algorithm, ITU-T I.371): taking an event moves that instant on by the time that one event may
//! take, and an event is refused if the instant would lie more than ten seconds ahead. Time is the monotonic clock, so that
//! setting the clock changes nothing.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Mutex,
    time::{Duration, Instant},
};

use super::client::ClientIp;
use crate::domain::Network;

/// What a bucket holds, in time: so many seconds of the rate may come at once.
const BURST: Duration = Duration::from_secs(10);

/// Buckets of one set: a network has its place in one of them.
const WAYS: usize = 16;
/// Sets of buckets. With 16 ways 65,536 networks of 16 bytes each, about 1 MB in all, whatever comes.
const SETS: usize = 4096;

/// A rate, as the time that each event takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    interval_ns: u64,
}

impl Rate {
    fn new(events_per_second: u32) -> Option<Self> {
        let interval_ns = 1_000_000_000_u64.checked_div(events_per_second.into())?;
        Some(Self { interval_ns })
    }

    /// Takes one event out of the bucket that is full at `full_at_ns`.
    fn take(self, full_at_ns: &mut u64, now_ns: u64) -> Result<(), Duration> {
        let next_ns = (*full_at_ns).max(now_ns) + self.interval_ns;
        let latest_ns = now_ns + nanoseconds(BURST);
        match next_ns.checked_sub(latest_ns) {
            None | Some(0) => {
                *full_at_ns = next_ns;
                Ok(())
            }
            Some(wait_ns) => Err(Duration::from_nanos(wait_ns)),
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

/// Limits what comes from one network (/24 or /64). Holds keyed hashes of networks, never an address.
///
/// Of fixed size: a network that is new takes the place of the one of its set whose bucket is the fullest. A full bucket
/// is as good as none, and one that is flooded is the last to go: many networks at once cannot wash it out.
pub(super) struct NetworkLimiter {
    rate: Option<Rate>,
    origin: Instant,
    /// Its key is random and lives as long as the program.
    hasher: RandomState,
    sets: Box<[Mutex<[Bucket; WAYS]>]>,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    network: u64,
    full_at_ns: u64,
}

impl NetworkLimiter {
    /// Limits each network to so many events a second; 0 does not limit.
    pub(super) fn new(events_per_second: u32, now: Instant) -> Self {
        let rate = Rate::new(events_per_second);
        let sets = if rate.is_some() { SETS } else { 0 };
        Self {
            rate,
            origin: now,
            hasher: RandomState::new(),
            sets: (0..sets).map(|_| Mutex::default()).collect(),
        }
    }

    /// Takes one event from the network of an address. Internal addresses are free.
    ///
    /// # Errors
    /// How long to wait until one would be taken.
    pub(super) fn take(&self, ip: ClientIp, now: Instant) -> Result<(), Duration> {
        let Some(rate) = self.rate.filter(|_| !ip.is_internal()) else {
            return Ok(());
        };
        let network = self.hasher.hash_one(Network::around(ip.expose()));
        let now_ns = nanoseconds(now.saturating_duration_since(self.origin));
        // The upper bits choose the set; all of them tell the networks of a set apart.
        let set = &self.sets[(network >> 32) as usize % self.sets.len()];
        let mut buckets = set.lock().expect("no holder of the lock panics");
        let known = buckets.iter_mut().find(|bucket| bucket.network == network);
        if let Some(bucket) = known {
            return rate.take(&mut bucket.full_at_ns, now_ns);
        }
        let fullest = buckets.iter_mut().min_by_key(|bucket| bucket.full_at_ns);
        let bucket = fullest.expect("a set has buckets");
        *bucket = Bucket {
            network,
            full_at_ns: 0,
        };
        rate.take(&mut bucket.full_at_ns, now_ns)
    }

    /// Bytes of the table; it never grows.
    #[cfg(test)]
    fn size_bytes(&self) -> usize {
        size_of_val(&*self.sets)
    }
}

/// Limits what one site takes.
#[derive(Debug)]
pub(super) struct SiteLimiter {
    pub(super) events_per_second: u32,
    rate: Rate,
    origin: Instant,
    full_at_ns: Mutex<u64>,
}

impl SiteLimiter {
    /// `None` for 0, which does not limit.
    pub(super) fn new(events_per_second: u32, now: Instant) -> Option<Self> {
        Some(Self {
            events_per_second,
            rate: Rate::new(events_per_second)?,
            origin: now,
            full_at_ns: Mutex::default(),
        })
    }

    /// Takes one event.
    ///
    /// # Errors
    /// How long to wait until one would be taken.
    pub(super) fn take(&self, now: Instant) -> Result<(), Duration> {
        let now_ns = nanoseconds(now.saturating_duration_since(self.origin));
        let mut full_at_ns = self
            .full_at_ns
            .lock()
            .expect("no holder of the lock panics");
        self.rate.take(&mut full_at_ns, now_ns)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn ip(text: &str) -> ClientIp {
        ClientIp::new(text.parse().unwrap())
    }

    /// How many of 1,000 events at the same instant are taken.
    fn taken(limiter: &NetworkLimiter, ip: ClientIp, now: Instant) -> usize {
        (0..1_000).filter(|_| limiter.take(ip, now).is_ok()).count()
    }

    #[test]
    fn ten_seconds_worth_may_come_at_once_and_then_the_rate() {
        let start = Instant::now();
        let limiter = NetworkLimiter::new(50, start);
        let visitor = ip("203.0.113.7");
        assert_eq!(taken(&limiter, visitor, start), 500);
        let wait = limiter.take(visitor, start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(20));
        let second = Duration::from_secs(1);
        assert_eq!(taken(&limiter, visitor, start + second), 50);
        assert_eq!(taken(&limiter, visitor, start + 100 * second), 500);
        // A refusal takes nothing: whoever goes on asking is not kept waiting longer.
        assert_eq!(taken(&limiter, visitor, start + 101 * second), 50);
    }

    #[test]
    fn a_rate_of_one_a_second_takes_ten_at_once() {
        let start = Instant::now();
        let limiter = NetworkLimiter::new(1, start);
        assert_eq!(taken(&limiter, ip("203.0.113.7"), start), 10);
        let limiter = SiteLimiter::new(1, start).unwrap();
        assert_eq!((0..100).filter(|_| limiter.take(start).is_ok()).count(), 10);
    }

    #[test]
    fn addresses_of_one_network_share_a_bucket_and_networks_do_not() {
        let now = Instant::now();
        let limiter = NetworkLimiter::new(1, now);
        for (first, second, is_shared) in [
            ("203.0.113.7", "203.0.113.250", true),
            ("198.51.100.1", "198.51.101.1", false),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:3::1", "2001:db8:1:4::1", false),
            ("192.0.2.1", "::ffff:192.0.2.9", true),
        ] {
            assert_eq!(taken(&limiter, ip(first), now), 10, "{first}");
            let expected = if is_shared { 0 } else { 10 };
            assert_eq!(taken(&limiter, ip(second), now), expected, "{second}");
        }
    }

    #[test]
    fn internal_addresses_and_a_rate_of_zero_are_not_limited() {
        let now = Instant::now();
        let limiter = NetworkLimiter::new(1, now);
        for address in ["127.0.0.1", "10.0.0.1", "fd00::1"] {
            assert_eq!(taken(&limiter, ip(address), now), 1_000, "{address}");
        }
        let off = NetworkLimiter::new(0, now);
        assert_eq!(taken(&off, ip("203.0.113.7"), now), 1_000);
        assert_eq!(off.size_bytes(), 0);
        assert!(SiteLimiter::new(0, now).is_none());
    }

    #[test]
    fn every_address_of_a_64_is_one() {
        let now = Instant::now();
        let limiter = NetworkLimiter::new(50, now);
        let addresses = (0..10_000_u128).map(|host| {
            // Spread over all 64 bits of the host's part.
            let host = host.wrapping_mul(0x9e37_79b9_7f4a_7c15) & u128::from(u64::MAX);
            Ipv6Addr::from_bits(0x2001_0db8_0001_0002 << 64 | host)
        });
        let taken = addresses
            .filter(|ip| limiter.take(ClientIp::new((*ip).into()), now).is_ok())
            .count();
        assert_eq!(taken, 500);
    }

    #[test]
    fn a_million_networks_in_a_minute_neither_grow_the_table_nor_free_a_flood() {
        let start = Instant::now();
        let limiter = NetworkLimiter::new(50, start);
        assert!(limiter.size_bytes() <= 20 << 20, "{}", limiter.size_bytes());
        let before = limiter.size_bytes();
        let flood = ip("203.0.113.7");
        let mut flood_taken = taken(&limiter, flood, start);
        let mut lost = 0;
        for number in 0..1_000_000_u32 {
            let now = start + Duration::from_micros(60 * u64::from(number));
            let other = Ipv4Addr::from_bits((1 << 24) + (number << 8));
            if !ClientIp::new(other.into()).is_internal() {
                lost += usize::from(limiter.take(ClientIp::new(other.into()), now).is_err());
            }
            if number % 16 == 0 {
                flood_taken += usize::from(limiter.take(flood, now).is_ok());
            }
        }
        assert_eq!(limiter.size_bytes(), before);
        assert_eq!(lost, 0, "a visitor of each network is counted");
        // About 1,000 a second asked for a minute: the burst and 50 a second were given.
        assert!((3_490..=3_500).contains(&flood_taken), "{flood_taken}");
    }

    #[test]
    fn more_floods_than_places_at_once_are_still_bounded() {
        let now = Instant::now();
        let limiter = NetworkLimiter::new(1, now);
        let size = limiter.size_bytes();
        for number in 0..200_000_u32 {
            let network = ClientIp::new(Ipv4Addr::from_bits((1 << 24) + (number << 8)).into());
            let _ = limiter.take(network, now);
        }
        assert_eq!(limiter.size_bytes(), size);
    }
}
