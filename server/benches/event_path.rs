//! What one event costs, station by station and whole, on SQLite as it runs by default (synced before the answer).
//!
//! `cargo bench -p server --bench event_path`. `accept/1` is the latency of a lone event, sync included; `accept/128` is the
//! time of 128 at once, which share their commits.

use std::{hint::black_box, net::IpAddr, sync::Arc};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use tokio::runtime::Runtime;
use trackflow::{
    db::{Db, run_migrations},
    domain::{NewSite, Principal, Site, SiteId, Timestamp},
    ingest::{
        Client, ClientIp, Ingest, IngestSettings, Outcome, beacon::Beacon, bots, enrich::Enricher,
        gate::Hit, keys::VisitorKeys,
    },
    services::site_service,
};

const USER_AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const BODY: &[u8] = br#"{"n":"pageview","u":"https://example.com/blog/a-post?utm_source=newsletter","d":"example.com","r":"https://news.ycombinator.com/item?id=40123456"}"#;

fn client(number: u32) -> Client<'static> {
    let [_, a, b, c] = number.to_be_bytes();
    let ip = ClientIp::new(IpAddr::from([80 + a % 16, b, c, 1]));
    Client {
        ip,
        user_agent: USER_AGENT,
        country_header: None,
        language_header: None,
        has_opted_out: false,
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("the clock is past 1970");
    Timestamp(i64::try_from(since.as_millis()).expect("this millennium"))
}

async fn start(folder: &std::path::Path) -> Ingest {
    let url = format!("sqlite:{}", folder.join("bench.db").display())
        .parse()
        .expect("a valid URL");
    run_migrations(&url).await.expect("the migrations run");
    let db = Db::new(&url).expect("the pool is built");
    let site = NewSite {
        domain: "example.com".into(),
        name: String::new(),
        time_zone: "UTC".into(),
    };
    site_service::create(&db, &Principal::System, &site, now())
        .await
        .expect("the site is added");
    Ingest::start(&db, &IngestSettings::default(), now())
        .await
        .expect("ingestion starts")
}

/// What happens before the writer, on the threads that serve requests.
fn stations(criterion: &mut Criterion) {
    bots::warm_up();
    let site = Site {
        id: SiteId(1),
        domain: "example.com".into(),
        name: String::new(),
        time_zone: "Europe/Berlin".into(),
        created_at: Timestamp(0),
        is_public: false,
    };
    let zone = TimeZone::get(&site.time_zone).expect("a zone of the database");
    let keys = VisitorKeys::in_memory();
    let identify = || {
        keys.identify(
            site.id,
            &zone,
            &site.time_zone,
            &client(black_box(7)),
            now(),
        )
    };
    let enricher = Enricher::new(None).expect("no country database to read");
    let hit = || Hit {
        site: &site,
        beacon: Beacon::parse(BODY).expect("a valid beacon"),
        country: None,
    };

    let mut group = criterion.benchmark_group("station");
    group.bench_function("beacon", |bencher| {
        bencher.iter(|| Beacon::parse(black_box(BODY)))
    });
    group.bench_function("gate: bots", |bencher| {
        bencher.iter(|| bots::is_bot(black_box(USER_AGENT)))
    });
    group.bench_function("visitor", |bencher| bencher.iter(identify));
    group.bench_function("enrich", |bencher| {
        let visitor = identify();
        bencher.iter_batched(
            hit,
            |hit| enricher.enrich(hit, &client(7), visitor, now()),
            BatchSize::SmallInput,
        );
    });
}

fn accept(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ingest = Arc::new(runtime.block_on(start(folder.path())));
    let mut group = criterion.benchmark_group("accept");
    for at_once in [1_u32, 128] {
        group.throughput(Throughput::Elements(u64::from(at_once)));
        group.bench_function(BenchmarkId::from_parameter(at_once), |bencher| {
            let mut number = 0;
            bencher.to_async(&runtime).iter(|| {
                number += at_once;
                let ingest = ingest.clone();
                async move {
                    let mut tasks = tokio::task::JoinSet::new();
                    for offset in 0..at_once {
                        let ingest = ingest.clone();
                        tasks.spawn(async move {
                            ingest.accept(BODY, &client(number + offset), now()).await
                        });
                    }
                    while let Some(outcome) = tasks.join_next().await {
                        assert_eq!(outcome.expect("no panic"), Ok(Outcome::Stored));
                    }
                }
            });
        });
    }
}

criterion_group!(benches, stations, accept);
criterion_main!(benches);
