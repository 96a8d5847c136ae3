//! Property: whatever happens around midnight (events, restarts, a clock that jumps), no event is lost, no visit mixes
//! people, and no key outlives its day by more than 30 minutes. Unless the clock is set back, visits are exactly the runs
//! of events with gaps below 30 minutes, as if there were no midnight and no restart.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::tz::TimeZone;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::builders::{HitBuilder, a_hit, at};
use crate::{
    db::{
        Db, DbError,
        schema::{dictionary, event, visit},
        with_conn,
    },
    domain::{NewSite, Principal, Site, Timestamp},
    ingest::{Client, ClientIp, Outcome, Store, keys::VisitorKeys},
    services::site_service,
};

db_tests!(
    visits_over_midnight_are_those_of_a_clock_without_days,
    a_clock_that_jumps_loses_no_event_mixes_nobody_and_revives_no_key,
);

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const GAP_MS: i64 = 30 * MINUTE_MS;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// A person opens a page, seconds after the last step.
    View { person: u8, after_s: i64 },
    /// The program is stopped and started.
    Restart,
    /// The clock is set, by minutes.
    Jump(i64),
    /// The timer of every minute comes.
    Tick,
}

fn steps(jumps: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Vec<Step>> {
    let view =
        (0..4_u8, 0..40 * 60_i64).prop_map(|(person, after_s)| Step::View { person, after_s });
    let step = prop_oneof![
        12 => view,
        1 => Just(Step::Restart),
        1 => jumps.prop_map(Step::Jump),
        2 => Just(Step::Tick),
    ];
    prop::collection::vec(step, 1..40)
}

/// One person's run of events: start, last event, pageviews.
type Run = (i64, i64, i32);

/// A view as it happened: when, who, under which id.
struct Seen {
    at: Timestamp,
    person: u8,
    id: i64,
    previous: Option<i64>,
}

/// Plays the steps against real keys (with their file) and the real store. Begins at 23:00 UTC.
async fn play(db: &Db, site: &Site, steps: &[Step]) -> Vec<Seen> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    let mut now = at("23:00");
    let mut keys = VisitorKeys::with_file(&file, now);
    let mut store = Store::open(db.clone(), now).await.unwrap();
    let mut seen = Vec::new();
    for step in steps {
        match step {
            Step::View { person, after_s } => {
                now = now.plus_ms(after_s * 1_000);
                let user_agent = format!("Mozilla/5.0 (X11; Linux x86_64) Person/{person}");
                let client = Client {
                    ip: ClientIp::new([203, 0, 113, 7].into()),
                    user_agent: &user_agent,
                    country_header: None,
                    language_header: None,
                    has_opted_out: false,
                };
                let visitor = keys.identify(site.id, &TimeZone::UTC, "UTC", &client, now);
                let HitBuilder(mut hit) = a_hit(site, &format!("/of-{person}"));
                (hit.at, hit.visitor) = (now, visitor);
                let outcomes = store.write(std::iter::once(&hit)).await.unwrap();
                assert_eq!(outcomes, [Outcome::Stored]);
                seen.push(Seen {
                    at: now,
                    person: *person,
                    id: visitor.id.0,
                    previous: visitor.previous.map(|id| id.0),
                });
            }
            Step::Restart => {
                drop((keys, store));
                keys = VisitorKeys::with_file(&file, now);
                store = Store::open(db.clone(), now).await.unwrap();
            }
            Step::Jump(minutes) => now = now.plus_ms(minutes * MINUTE_MS),
            Step::Tick => {
                keys.purge(now);
            }
        }
    }
    seen
}

/// The visits of a site as stored, and the pages of each one's events.
async fn stored(db: &Db, site: &Site) -> (Vec<Run>, HashMap<i64, Vec<String>>) {
    let visits: Result<Vec<(i64, i64, i32)>, DbError> = with_conn!(db, |conn| visit::table
        .filter(visit::site_id.eq(site.id.0))
        .select((visit::id, visit::last_at, visit::pageviews))
        .load(conn)
        .await);
    let words: Result<Vec<(i64, String)>, DbError> = with_conn!(db, |conn| dictionary::table
        .filter(dictionary::site_id.eq(site.id.0))
        .select((dictionary::id, dictionary::value))
        .load(conn)
        .await);
    let events: Result<Vec<(i64, i64)>, DbError> = with_conn!(db, |conn| event::table
        .filter(event::site_id.eq(site.id.0))
        .select((event::visit_id, event::page))
        .load(conn)
        .await);
    let words: HashMap<i64, String> = words.unwrap().into_iter().collect();
    let mut pages: HashMap<i64, Vec<String>> = HashMap::new();
    for (visit, page) in events.unwrap() {
        pages.entry(visit).or_default().push(words[&page].clone());
    }
    let mut runs: Vec<Run> = visits
        .unwrap()
        .into_iter()
        .map(|(id, last_at, pageviews)| (crate::domain::VisitId(id).at().0, last_at, pageviews))
        .collect();
    runs.sort_unstable();
    (runs, pages)
}

/// The reference: nothing but people and gaps.
fn runs(seen: &[Seen]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open: HashMap<u8, usize> = HashMap::new();
    for view in seen {
        let now = view.at.0;
        match open.get(&view.person) {
            Some(run) if now - runs[*run].1 < GAP_MS => {
                let (_, last, views) = &mut runs[*run];
                (*last, *views) = (now, *views + 1);
            }
            _ => {
                open.insert(view.person, runs.len());
                runs.push((now, now, 1));
            }
        }
    }
    runs.sort_unstable();
    runs
}

/// What holds under every clock.
fn check_always(
    seen: &[Seen],
    visits: &[Run],
    pages: &HashMap<i64, Vec<String>>,
) -> Result<(), TestCaseError> {
    let stored: usize = pages.values().map(Vec::len).sum();
    prop_assert_eq!(stored, seen.len(), "events");
    let counted: i32 = visits.iter().map(|(_, _, views)| views).sum();
    prop_assert_eq!(usize::try_from(counted).unwrap(), seen.len(), "pageviews");
    for pages in pages.values() {
        prop_assert!(
            pages.iter().all(|page| *page == pages[0]),
            "one person a visit"
        );
    }
    let mut days: BTreeMap<i64, (i64, u8)> = BTreeMap::new();
    for view in seen {
        let day = view.at.0.div_euclid(DAY_MS);
        let owner = *days.entry(view.id).or_insert((day, view.person));
        prop_assert_eq!(
            owner,
            (day, view.person),
            "an id is one person's on one day"
        );
        if let Some(previous) = view.previous {
            let since_midnight = view.at.0.rem_euclid(DAY_MS);
            prop_assert!(
                since_midnight < GAP_MS,
                "yesterday's key was used after 00:30"
            );
            if let Some((of, _)) = days.get(&previous) {
                prop_assert_eq!(*of, day - 1);
            }
        }
    }
    Ok(())
}

/// Runs a property on sites of their own in one database.
fn run(
    db: &Db,
    jumps: std::ops::RangeInclusive<i64>,
    check: impl Fn(&[Seen], &[Run], &HashMap<i64, Vec<String>>) -> Result<(), TestCaseError>,
) {
    // Each case writes some twenty commits; PROPTEST_CASES may ask for more.
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse::<u32>().ok())
        .map_or(24, |cases| (cases / 100).clamp(24, 500));
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let counter = std::cell::Cell::new(0);
    let result = runner.run(&steps(jumps), |steps| {
        counter.set(counter.get() + 1);
        let new = NewSite {
            domain: format!("case-{}.example", counter.get()),
            name: String::new(),
            time_zone: "UTC".into(),
        };
        let (seen, visits, pages) = tokio::runtime::Handle::current().block_on(async {
            let site = site_service::create(db, &Principal::System, &new, at("00:00"))
                .await
                .unwrap();
            let seen = play(db, &site, &steps).await;
            let (visits, pages) = stored(db, &site).await;
            (seen, visits, pages)
        });
        check(&seen, &visits, &pages)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

async fn visits_over_midnight_are_those_of_a_clock_without_days(db: Db) {
    tokio::task::block_in_place(|| {
        run(&db, 0..=120, |seen, visits, pages| {
            check_always(seen, visits, pages)?;
            prop_assert_eq!(visits, runs(seen));
            Ok(())
        });
    });
}

async fn a_clock_that_jumps_loses_no_event_mixes_nobody_and_revives_no_key(db: Db) {
    tokio::task::block_in_place(|| run(&db, -120..=120, check_always));
}
