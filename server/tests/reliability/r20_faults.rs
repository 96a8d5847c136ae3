//! R20: each station of the way to the disk fails once; the answer is 503, and nothing is lost, doubled or half-written.
//!
//! The faults come from outside, so that the program under test is the one that runs: a look-up, an insert and a commit that the
//! database refuses; on SQLite failing writes and syncs of the operating system (injected by `strace`), on PostgreSQL a
//! table lock. Pass: 503 with `Retry-After` during the fault (a lock: only latency), events are taken again
//! right after it, everything acknowledged is stored exactly once, visits follow from the events. The metrics tell of each
//! fault: refused and accepted events are counted one by one, failed batches and the time of commits grow.

use std::{
    process::Command,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use diesel_async::SimpleAsyncConnection;

use crate::support::{
    beside_others,
    database::{Database, on_both, on_postgres, on_sqlite},
    history::{Fate, History},
    load::{Load, resend},
    metrics::Metrics,
    program::Program,
};

const LOAD: Load = Load {
    connections: 8,
    rate: Some(150.0),
};

const REFUSED: &str = r#"events_refused_total{reason="unavailable"}"#;
const FAILED: &str = "batches_failed_total";
const COMMIT_SECONDS: &str = r#"station_seconds_sum{station="commit"}"#;

/// What happened beside one fault.
struct Trial {
    program: Program,
    numbers: Arc<AtomicU32>,
    history: History,
}

impl Trial {
    fn start(program: Program) -> Self {
        Self {
            program,
            numbers: Arc::new(AtomicU32::new(1)),
            history: History::default(),
        }
    }

    /// Sends for a while; gives how many were refused, each of which is in the metrics, as are those that were taken.
    async fn send(&mut self) -> usize {
        let before = Metrics::read(self.program.address).await;
        let time = Duration::from_millis(400);
        let attempts = LOAD.run(self.program.address, &self.numbers, time).await;
        let after = Metrics::read(self.program.address).await;
        self.history.record(&attempts);
        assert!(attempts.len() > 20, "{} events", attempts.len());
        let of = |fate| {
            let of_fate = attempts.iter().filter(|attempt| attempt.fate == fate);
            of_fate.count()
        };
        let refused = of(Fate::Refused);
        assert_eq!(of(Fate::Unknown), 0, "everything is answered");
        assert_eq!(after.growth(&before, REFUSED), refused as f64, "{REFUSED}");
        let accepted = after.growth(&before, "events_accepted_total");
        assert_eq!(accepted, of(Fate::Acked) as f64, "accepted events");
        let failed = after.growth(&before, FAILED);
        assert_eq!(failed > 0.0, refused > 0, "{failed} failed batches");
        refused
    }

    /// Sends again what was refused, and compares.
    async fn judge(mut self, database: &Database) {
        let again = resend(self.program.address, &self.history.of(Fate::Refused)).await;
        self.history.record(&again);
        assert_eq!(
            self.history.of(Fate::Refused),
            [],
            "taken when it is sent again"
        );
        self.program.stop().await;
        let stored = database.read().await;
        self.history.judge(&stored).assert_exact();
        stored.assert_visits_follow_from_events();
        database.assert_intact().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statement_that_the_database_refuses_is_answered_503_and_costs_no_event() {
    let _beside = beside_others().await;
    on_both(async |database: Arc<Database>| {
        let mut trial = Trial::start(database.launch().start());
        assert_eq!(trial.send().await, 0);
        for (station, break_it, mend_it) in faults(&database) {
            database.execute(&break_it).await;
            let refused = trial.send().await;
            println!("R20: {station}: {refused} refused");
            database.execute(&mend_it).await;
            assert!(refused > 0, "{station} fails");
            // What waited for the fault's end may still hear of it.
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(trial.send().await, 0, "{station} is whole again");
        }
        trial.judge(&database).await;
    })
    .await;
}

/// Station, statements that break it, statements that mend it.
fn faults(database: &Database) -> Vec<(&'static str, String, String)> {
    let rename = |table: &str| {
        (
            format!("alter table {table} rename to {table}_gone"),
            format!("alter table {table}_gone rename to {table}"),
        )
    };
    let mut faults = Vec::new();
    for (station, table) in [
        ("look-up of strings", "dictionary"),
        ("insert of visits", "visit"),
        ("insert of events", "event"),
        ("insert of keys", "event_key"),
    ] {
        let (break_it, mend_it) = rename(table);
        faults.push((station, break_it, mend_it));
    }
    if database.is_sqlite() {
        faults.push((
            "a check in the transaction",
            "create trigger refuse before insert on event begin select raise(abort, 'no'); end"
                .to_owned(),
            "drop trigger refuse".to_owned(),
        ));
    } else {
        // Deferred: everything is written, only the commit fails.
        faults.push((
            "commit",
            "create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'; \
             create constraint trigger refuse after insert on event deferrable initially deferred \
             for each row execute function refuse()"
                .to_owned(),
            "drop trigger refuse on event; drop function refuse()".to_owned(),
        ));
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_write_or_sync_of_the_system_is_answered_503_and_costs_no_event() {
    let _beside = beside_others().await;
    if !Command::new("strace")
        .arg("-V")
        .output()
        .is_ok_and(|ran| ran.status.success())
    {
        panic!("strace is missing: `.ci/setup --tests` installs it");
    }
    for fault in [
        // Three calls in a row of the writer's thread, when the load is under way.
        "inject=fsync,fdatasync:error=EIO:when=100..102",
        "inject=pwrite64:error=EIO:when=1500..1502",
        "inject=pwrite64:error=ENOSPC:when=1500..1502",
    ] {
        on_sqlite(move |database: Arc<Database>| async move {
            let trace = database.folder().join("trace").display().to_string();
            let wrapper = [
                "strace",
                "-D",
                "-f",
                "-q",
                "-o",
                &trace,
                "-e",
                "trace=fsync,fdatasync,pwrite64",
                "-e",
                fault,
            ];
            let mut trial = Trial::start(database.launch_under(&wrapper).start());
            let mut refused = 0;
            for _ in 0..12 {
                refused += trial.send().await;
            }
            println!("R20: {fault}: {refused} refused");
            assert!(refused > 0, "{fault} was felt");
            assert_eq!(trial.send().await, 0, "it is over");
            trial.judge(&database).await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn table_lock_of_another_costs_time_but_no_event() {
    let _beside = beside_others().await;
    on_postgres(async |database: Arc<Database>| {
        let mut trial = Trial::start(database.launch().start());
        let mut other = database.open_postgres().await;
        let lock = "begin; lock table event in access exclusive mode";
        other.batch_execute(lock).await.expect("we may");
        let before = Metrics::read(trial.program.address).await;
        let running = LOAD.start(trial.program.address, &trial.numbers);
        tokio::time::sleep(Duration::from_secs(2)).await;
        other.batch_execute("commit").await.expect("we may");
        let attempts = running.stop().await;
        let after = Metrics::read(trial.program.address).await;
        let longest = attempts
            .iter()
            .map(|attempt| attempt.latency)
            .max()
            .unwrap_or_default();
        println!("R20: a lock of 2 s, longest wait {longest:?}");
        assert!(longest > Duration::from_secs(1), "the lock was felt");
        let commit_s = after.growth(&before, COMMIT_SECONDS);
        assert!(commit_s > 1.0, "commits took {commit_s} s by the metrics");
        assert_eq!(after.growth(&before, FAILED), 0.0, "no batch failed");
        trial.history.record(&attempts);
        trial.judge(&database).await;
    })
    .await;
}
