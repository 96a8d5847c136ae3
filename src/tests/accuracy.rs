//! How many visitors the recipe misses: people whose truth is known, counted by their ids.
//!
//! `cargo test -p trackflow --features server accuracy -- --ignored --nocapture` prints the tables of docs/privacy.md.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use jiff::tz::TimeZone;
use rand::{Rng, RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::builders::at;
use crate::{
    domain::SiteId,
    ingest::{Client, ClientIp, keys::VisitorKeys},
};

/// Different user agents among a site's visitors, and how steeply their shares fall: the most frequent has 22 %. Real
/// shares are at least as uneven, since current browsers hide their minor versions.
const USER_AGENTS: usize = 150;
const STEEPNESS: f64 = 1.1;

/// The shares of user agents, descending, adding up to 1.
fn shares() -> Vec<f64> {
    let weights: Vec<f64> = (1..=USER_AGENTS)
        .map(|rank| (rank as f64).powf(-STEEPNESS))
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

struct Population {
    random: Xoshiro256PlusPlus,
    shares: Vec<f64>,
    keys: VisitorKeys,
    ids: HashSet<i64>,
    people: usize,
}

impl Population {
    fn new() -> Self {
        Self {
            random: Xoshiro256PlusPlus::seed_from_u64(7),
            shares: shares(),
            keys: VisitorKeys::in_memory(),
            ids: HashSet::new(),
            people: 0,
        }
    }

    /// One more person visits from an address.
    fn visit(&mut self, ip: IpAddr) {
        let mut point: f64 = self.random.random();
        let agent = self.shares.iter().position(|share| {
            point -= share;
            point < 0.0
        });
        let user_agent = format!("Mozilla/5.0 Browser/{}", agent.unwrap_or(0));
        let client = Client {
            ip: ClientIp::new(ip),
            user_agent: &user_agent,
            country_header: None,
            language_header: None,
            has_opted_out: false,
        };
        let visitor = self
            .keys
            .identify(SiteId(1), &TimeZone::UTC, "UTC", &client, at("12:00"));
        self.ids.insert(visitor.id.0);
        self.people += 1;
    }

    fn host(&mut self) -> u8 {
        (self.random.next_u64() & 0xff) as u8
    }

    /// The share of people that were taken for somebody else.
    fn missed(&self) -> f64 {
        1.0 - self.ids.len() as f64 / self.people as f64
    }
}

/// An address in the `number`th network of a range.
fn v4(range: u8, number: usize, host: u8) -> IpAddr {
    let [.., b, c] = number.to_be_bytes();
    Ipv4Addr::new(range, b, c, host).into()
}

#[test]
#[ignore = "prints the tables of docs/privacy.md; takes some seconds"]
fn visitors_that_share_a_network_are_missed_as_expected() {
    println!("| visitors of one /24, day and site | missed | expected |\n|---|---|---|");
    for people in [1, 2, 3, 5, 10, 30, 100] {
        let mut population = Population::new();
        let networks = 60_000 / people;
        for network in 0..networks {
            for _ in 0..people {
                let host = population.host();
                population.visit(v4(10, network, host));
            }
        }
        let distinct: f64 = shares()
            .iter()
            .map(|share| 1.0 - (1.0 - share).powi(people as i32))
            .sum();
        let expected = 1.0 - distinct / people as f64;
        let missed = population.missed();
        println!(
            "| {people} | {:.1} % | {:.1} % |",
            missed * 100.0,
            expected * 100.0
        );
        assert!((missed - expected).abs() < 0.01, "{missed} {expected}");
    }

    println!("\n| visitors a day | missed |\n|---|---|");
    let mut last = 0.0;
    for visitors in [1_000, 10_000, 100_000] {
        let mut population = Population::new();
        for visitor in 0..visitors {
            // Of ten: five at home behind one of 60,000 networks, three on phones behind one of 200, two with IPv6.
            let place = population.random.next_u64() as usize;
            let host = population.host();
            let ip = match visitor % 10 {
                0..5 => v4(10, place % 60_000, host),
                5..8 => v4(11, place % 200, host),
                _ => {
                    let home = (place % 10_000_000) as u128;
                    let base = u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0));
                    Ipv6Addr::from(base | home << 72 | u128::from(host)).into()
                }
            };
            population.visit(ip);
        }
        let missed = population.missed();
        println!("| {visitors} | {:.1} % |", missed * 100.0);
        assert!(missed >= last, "more visitors share more networks");
        last = missed;
    }
}
