//! R14: the clock may jump; events get the server's time, no visit ends before it began, and keys do not outlive their day.
//!
//! The program runs under libfaketime, which moves its wall clock (not the monotonic one) by +1 h, −1 h, +1 day, −40 days,
//! onto a leap day and over the end of a year; then the whole process stands still for a second. Pass: every event is
//! answered 202 at every place and stored with the time of the moved clock; no visit has a negative duration; a clock that
//! went to another day, or back by more than an hour, gives every visitor a new id.

use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::support::{
    beside_others,
    database::{Database, StoredEvent, on_both},
    history::{Fate, History},
    load::{Event, resend},
    visits::at,
};

/// How far a stored time may be off: the moved clock runs on, and the machine may be busy.
const TOLERANCE_MS: i64 = 5_000;
const VISITORS: u32 = 20;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[tokio::test(flavor = "multi_thread")]
async fn clock_that_jumps_gives_no_wrong_day_and_no_negative_visit() {
    let _beside = beside_others().await;
    assert!(
        library().is_some(),
        "libfaketime is missing: `.ci/setup --tests` installs it"
    );
    on_both(moved).await;
}

/// Where Debian puts the library for programs with threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let paths = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    paths.into_iter().find(|path| path.is_file())
}

/// What libfaketime is told, the time that it is then, and whether visitors have new ids.
struct Jump {
    clock: String,
    now_ms: i64,
    has_new_keys: bool,
}

fn real_now_ms() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    i64::try_from(since.as_millis()).expect("in this age")
}

fn jumps() -> Vec<Jump> {
    // At noon, so that an hour more or less is the same day whenever the test runs.
    let noon = real_now_ms().div_euclid(DAY_MS) * DAY_MS + DAY_MS / 2;
    let leap_day = 1_835_395_200_000; // 2028-02-29T00:00:00Z
    let end_of_year = 1_798_761_599_000; // 2026-12-31T23:59:59Z
    let places = [
        (noon, true),
        (noon + HOUR_MS, false),
        // Back by no more than an hour: yesterday's promise does not suffer.
        (noon + 5 * 60_000, false),
        (noon + DAY_MS, true),
        (noon - 40 * DAY_MS, true),
        (leap_day, true),
        (end_of_year - 60_000, true),
        (end_of_year + 60_000, true),
    ];
    let jump = |(now_ms, has_new_keys): (i64, bool)| {
        let offset_s = (now_ms - real_now_ms()) as f64 / 1000.0;
        Jump {
            clock: format!("{offset_s:+.3}"),
            now_ms,
            has_new_keys,
        }
    };
    places.map(jump).into_iter().collect()
}

async fn moved(database: Arc<Database>) {
    let clock = database.folder().join("clock");
    let set = |text: &str| {
        // As a whole, since the program reads it whenever it likes.
        fs::write(clock.with_extension("new"), text).expect("a file");
        fs::rename(clock.with_extension("new"), &clock).expect("renamed");
    };
    set(&jumps()[0].clock);
    let mut program = database
        .launch()
        .env("LD_PRELOAD", library().expect("asserted"))
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .start();
    let mut history = History::default();
    let mut seen: HashSet<i64> = HashSet::new();
    let count = jumps().len();
    for turn in 0..count {
        let jump = jumps().swap_remove(turn);
        set(&jump.clock);
        let set_at = real_now_ms();
        tokio::time::sleep(Duration::from_millis(400)).await;
        let events: Vec<Event> = (0..2 * VISITORS)
            .map(|n| Event {
                // Pageviews: an engagement could find its visit ended.
                number: 10 * (turn as u32 * 100 + n) + n % 7,
                visitor: n % VISITORS,
            })
            .collect();
        let attempts = resend(program.address, &events).await;
        assert!(
            attempts.iter().all(|attempt| attempt.fate == Fate::Acked),
            "at {}: {attempts:?}",
            jump.clock
        );
        history.record(&attempts);
        let stored = database.read().await;
        let of_turn = |event: &&StoredEvent| {
            let number = event.revenue_amount.unwrap_or_default() as u32;
            number / 1_000 == turn as u32
        };
        let mut ids = HashSet::new();
        for event in stored.events.iter().filter(of_turn) {
            let expected = jump.now_ms + (real_now_ms() - set_at);
            let off_ms = at(event.id) - expected;
            assert!(
                off_ms.abs() < TOLERANCE_MS,
                "{off_ms} ms off at {}",
                jump.clock
            );
            ids.insert(event.visitor_id);
        }
        assert_eq!(
            ids.len(),
            VISITORS as usize,
            "as many visitors as there are"
        );
        let is_known = ids.iter().any(|id| seen.contains(id));
        assert_eq!(
            !is_known, jump.has_new_keys,
            "visitors' ids at {}",
            jump.clock
        );
        seen.extend(ids);
        for visit in &stored.visits {
            assert!(
                visit.last_at >= at(visit.id),
                "{visit:?} ends before it began"
            );
        }
    }

    program.signal("STOP");
    tokio::time::sleep(Duration::from_secs(1)).await;
    program.signal("CONT");
    let event = Event {
        number: 100_000,
        visitor: 1,
    };
    history.record(&resend(program.address, &[event]).await);
    program.stop().await;
    let verdict = history.judge(&database.read().await);
    println!(
        "R14: {count} jumps of the clock, {} events, none lost",
        verdict.acked
    );
    verdict.assert_exact();
}
