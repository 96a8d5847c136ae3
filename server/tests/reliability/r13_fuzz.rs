//! R13: no input makes a parser panic, or think for long.
//!
//! Mutations of valid and invalid examples go through the decoder of events, the normaliser of pages, the classifiers of
//! sources and user agents, the parsers of addresses of the dashboard (filters, periods), and the reader of country databases,
//! each for 1 s (long: 60 s, or `TRACKFLOW_FUZZ_MINUTES`). Pass: no panic; in the long form no input takes more than 10 ms.

use std::{
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use app::{details_query::DetailsAddress, query::DashboardAddress};
use trackflow::{
    domain::{Dimension, Filter, Period},
    ingest::{
        beacon::Beacon,
        bots,
        client::{Client, ClientIp},
        enrich::{campaign::Campaign, country::Countries, device::Device, page, source::Source},
        spam,
    },
};

use crate::support::{Random, alone, is_long};

/// What the decoder of events lets through as an address or a referrer, and what a head may hold as a user agent.
const ADDRESS_LIMIT_BYTES: usize = 2_000;
const USER_AGENT_LIMIT_BYTES: usize = 8_000;

/// A look-up that backtracks or loops takes seconds; the slowest honest one here is far below.
const INPUT_LIMIT: Duration = Duration::from_millis(10);

const EVENTS: &[&str] = &[
    r#"{"n":"pageview","u":"https://example.com/a?b=c#d","d":"example.com","r":"https://www.google.com/","id":"00112233445566ff"}"#,
    r#"{"name":"engagement","url":"https://example.com/","domain":"example.com","e":15000,"sd":100,"h":1,"i":false}"#,
    r#"{"n":"Buy","u":"app://x","d":"a.b,c.d","p":{"a":"b","c":1,"d":[{}]},"$":{"amount":"12.5","currency":"EUR"}}"#,
    "[[[[[[\"\\ud800\\udc00\"]]]]]]",
];
const ADDRESSES: &[&str] = &[
    "https://www.example.com/blog/a%20b/?utm_source=x&utm_medium=cpc&gclid=1#top",
    "http://user:pw@xn--bcher-kva.example:8080/%c3%a9/..;/a//b?ref=hn",
    "android-app://com.google.android.gm/",
    "https://[::1]/",
    "jane.doe@example.org/@jane@example.social/left-pad@1.3.0",
];
const USER_AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10",
];
const QUERIES: &[&str] = &[
    "period=custom&from=2026-01-31&to=2026-02-28&compare=previous&filter=page,is,/a&filter=source,contains,x%2Cy",
    "period=30d&interval=hour&metric=bounce_rate&filter=country,is_not,DE&page=3&sort=value&search=%00",
    "from=0001-01-01&to=9999-12-31&period=custom",
    "is,page,/a,b",
    "2028-02-29",
];

fn client(user_agent: &str) -> Client<'_> {
    Client {
        ip: ClientIp::new([20, 0, 0, 7].into()),
        user_agent,
        country_header: None,
        language_header: None,
        has_opted_out: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_input_makes_a_parser_panic_or_think_for_long() {
    let _alone = alone().await;
    bots::warm_up();
    fuzz("events", EVENTS, |input| {
        let _ = Beacon::parse(input);
    });
    fuzz("pages and sources", ADDRESSES, |input| {
        let text = String::from_utf8_lossy(&input[..input.len().min(ADDRESS_LIMIT_BYTES)]);
        if let Ok(url) = url::Url::parse(&text) {
            let _ = (page::page(&url, true), page::hostname(&url));
            let _ = Source::of(Some(&text), &["example.com"], &Campaign::of(&url));
        }
        let none = url::Url::parse("https://example.com/").expect("valid");
        let _ = Source::of(Some(&text), &["example.com"], &Campaign::of(&none));
        let _ = spam::is_spam(&text);
    });
    fuzz("user agents", USER_AGENTS, |input| {
        let text = String::from_utf8_lossy(&input[..input.len().min(USER_AGENT_LIMIT_BYTES)]);
        let _ = (Device::of(&text), bots::is_bot(&text));
    });
    fuzz("addresses of the dashboard", QUERIES, |input| {
        let text = String::from_utf8_lossy(input);
        let _ = DashboardAddress::parse(&text);
        let _ = DetailsAddress::parse(&text, &Dimension::Page.into());
        let _ = Filter::parse(&text);
        let mut words = text.split(['&', '=']);
        let _ = Period::parse(words.next(), words.next(), words.next());
    });
    let database = a_country_database();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("countries.mmdb");
    fuzz("country databases", &[database.as_slice()], |input| {
        look_up(&path, input);
    });
}

fn look_up(path: &Path, database: &[u8]) {
    let mut file = std::fs::File::create(path).expect("a file");
    file.write_all(database).expect("written");
    if let Ok(countries) = Countries::open(path) {
        let _ = countries.of(&client(""));
    }
}

/// A database of one node in the MMDB format, with the record `{"country":{"iso_code":"DE"}}` for half of all addresses.
fn a_country_database() -> Vec<u8> {
    let mut bytes = vec![0, 0, 17, 0, 0, 1];
    bytes.extend([0; 16]);
    let text = |text: &str| [&[0x40 | text.len() as u8], text.as_bytes()].concat();
    let map = |count: u8| vec![0xe0 | count];
    for part in [
        map(1),
        text("country"),
        map(1),
        text("iso_code"),
        text("DE"),
    ] {
        bytes.extend(part);
    }
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    for part in [
        map(8),
        text("node_count"),
        vec![0xc4, 0, 0, 0, 1],
        text("record_size"),
        vec![0xa2, 0, 24],
        text("ip_version"),
        vec![0xa2, 0, 4],
        text("database_type"),
        text("Country"),
        text("languages"),
        vec![0x00, 0x04],
        text("binary_format_major_version"),
        vec![0xa2, 0, 2],
        text("binary_format_minor_version"),
        vec![0xa2, 0, 0],
        text("build_epoch"),
        vec![0x08, 0x02, 0, 0, 0, 0, 0, 0, 0, 1],
    ] {
        bytes.extend(part);
    }
    bytes
}

/// Mutates examples and feeds them to a target until the time is over.
fn fuzz<E: AsRef<[u8]>>(name: &str, examples: &[E], target: impl Fn(&[u8])) {
    for example in examples {
        target(example.as_ref());
    }
    let minutes: Option<u64> = std::env::var("TRACKFLOW_FUZZ_MINUTES")
        .ok()
        .and_then(|text| text.parse().ok());
    let time = match minutes {
        Some(minutes) => Duration::from_secs(60 * minutes),
        None if is_long() => Duration::from_secs(60),
        None => Duration::from_secs(1),
    };
    let (since, mut count, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    let mut random = Random::new(13);
    while since.elapsed() < time {
        let example = examples[random.below(examples.len())].as_ref();
        let other = examples[random.below(examples.len())].as_ref();
        let input = mutate(example, other, &mut random);
        let started_at = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let took = started_at.elapsed();
        assert!(
            outcome.is_ok(),
            "{name}: panic at {:?}",
            String::from_utf8_lossy(&input)
        );
        // The best of some tells a slow input from a machine that was busy elsewhere.
        if is_long() && took > INPUT_LIMIT {
            let again = (0..5).map(|_| {
                let started_at = Instant::now();
                target(&input);
                started_at.elapsed()
            });
            let best = again.min().unwrap_or(took);
            assert!(
                best <= INPUT_LIMIT,
                "{name}: {best:?} for {:?}",
                String::from_utf8_lossy(&input)
            );
        }
        slowest = slowest.max(took);
        count += 1;
    }
    println!("R13: {name}: {count} inputs, the slowest {slowest:?}");
    assert!(count > 100, "{name}: {count} inputs");
}

fn mutate(example: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const SPECIAL: &[&[u8]] = &[
        b"\0",
        b"\"",
        b"\\",
        b"{",
        b"[",
        b"%",
        b"%25",
        b"@",
        b"..",
        b"//",
        b",",
        b"&",
        b"=",
        b"\xff",
        b"\xf0\x9f\x98\x80",
        b"-1",
        b"99999999999999999999",
        b"1e999",
        b"\\ud800",
        b"xn--",
        b"(((",
        b"Version/",
    ];
    let mut input = example.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(input.len() + 1);
        let length = random.below(input.len() - at + 1);
        match random.below(7) {
            0 if !input.is_empty() => {
                let at = at.min(input.len() - 1);
                input[at] ^= 1 << random.below(8);
            }
            1 => drop(input.drain(at..at + length.min(8))),
            2 => {
                let part = SPECIAL[random.below(SPECIAL.len())];
                input.splice(at..at, part.iter().copied());
            }
            3 => {
                let part = input[at..at + length].to_vec();
                // Repetitions are what backtracking and recursion fear.
                let times = [2, 10, 300][random.below(3)];
                let repeated = part.repeat(times);
                input.splice(at..at, repeated.into_iter().take(20_000));
            }
            4 => {
                let from = random.below(other.len() + 1);
                input.splice(at.., other[from..].iter().copied());
            }
            5 => {
                let bytes: Vec<u8> = (0..random.below(16)).map(|_| random.next() as u8).collect();
                input.splice(at..at, bytes);
            }
            _ => input.truncate(at),
        }
        input.truncate(65_536);
    }
    input
}
