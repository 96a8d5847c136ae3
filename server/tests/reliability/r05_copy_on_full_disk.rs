//! R5, going on: a backup or a VACUUM that fills the disk fails alone; no accepted event is lost, and the next one is whole.
//!
//! Under load SQLite's own program does what docs/operations.md tells, `.backup` and `VACUUM INTO`, and also `VACUUM` in place, on
//! a disk that has 1 MiB left. Pass: it fails with a message; events are answered 202 or 503; with the half-made copy and the
//! ballast gone they are taken within 5 s, without a restart; nothing is lost, the file is whole. Then, with space and still
//! under load, it succeeds, and the copy is whole: each event in it was sent, once, and its visits follow from its events.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use crate::support::{
    beside_others,
    database::{Database, on_sqlite},
    disk::Disk,
    history::History,
    load::{Load, measure_capacity},
    recovery::{recovery, settle},
};

/// What an operator does to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Backup,
    VacuumInto,
    Vacuum,
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_that_fills_the_disk_fails_alone() {
    let _beside = beside_others().await;
    on_sqlite(|database| filled_by(database, Work::Backup)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vacuum_into_a_copy_that_fills_the_disk_fails_alone() {
    let _beside = beside_others().await;
    on_sqlite(|database| filled_by(database, Work::VacuumInto)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vacuum_in_place_that_fills_the_disk_fails_alone() {
    let _beside = beside_others().await;
    on_sqlite(|database| filled_by(database, Work::Vacuum)).await;
}

async fn filled_by(database: Arc<Database>, work: Work) {
    let Some(disk) = Disk::mount(&database.folder().join("data"), 128) else {
        return;
    };
    database.prepare().await;
    let file = disk.folder().join("trackflow.db");
    // So that the copy is larger than what space there is. VACUUM writes over the write-ahead log, which keeps 16 MiB; an online
    // backup begins anew with each write beside it, and so must be short.
    let bytes = match work {
        Work::Vacuum => 32 << 20,
        Work::Backup | Work::VacuumInto => 8 << 20,
    };
    let filler = format!("create table filler as select randomblob({bytes}) as bytes");
    database.execute(&filler).await;
    let mut program = database.launch().start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let time = Duration::from_secs(1);
    let (_, attempts) = measure_capacity(program.address, &numbers, time).await;
    history.record(&attempts);
    let load = Load {
        connections: 16,
        rate: Some(400.0),
    };
    let running = load.start(program.address, &numbers);
    disk.fill_but(1 << 20);
    let copy = disk.folder().join("copy.db");
    let failed = run(&file, work, &copy).await;
    let message = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success(), "half a copy is no copy");
    assert!(message.contains("full"), "it says why: {message}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _ = fs::remove_file(&copy);
    disk.free();
    let taken_again = recovery(program.address, &numbers, &mut history).await;

    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let copy = elsewhere.path().join("copy.db");
    let done = run(&file, work, &copy).await;
    assert!(done.status.success(), "with space: {done:?}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    history.record(&running.stop().await);
    let (verdict, refused) = settle(&mut program, &database, &mut history).await;
    println!(
        "R5: {work:?}: {} events acknowledged, {refused} refused, taken again after {taken_again:?}, {} lost",
        verdict.acked,
        verdict.lost.len()
    );
    if work != Work::Vacuum {
        assert_is_a_moment_of_it(&copy, &history).await;
    }
}

/// Runs `sqlite3` as an operator does beside the running program.
async fn run(file: &Path, work: Work, copy: &Path) -> Output {
    let command = match work {
        Work::Backup => format!(".backup main '{}'", copy.display()),
        Work::VacuumInto => format!("vacuum into '{}'", copy.display()),
        Work::Vacuum => "vacuum".to_owned(),
    };
    let mut sqlite = Command::new("sqlite3");
    sqlite
        .arg("-cmd")
        .arg(".timeout 5000")
        .arg(file)
        .arg(command);
    let ran = tokio::task::spawn_blocking(move || sqlite.output()).await;
    let ran = ran.expect("no panic");
    ran.expect("sqlite3 is installed: `.ci/setup --tests` does it")
}

/// The copy is whole and consistent in itself, and holds nothing that was not sent.
async fn assert_is_a_moment_of_it(copy: &Path, history: &History) {
    let copy = Database::of_file(copy);
    copy.assert_intact().await;
    let stored = copy.read().await;
    let verdict = history.judge(&stored);
    assert!(stored.events.len() > 100, "{}", stored.events.len());
    assert!(
        verdict.duplicates.is_empty() && verdict.unexpected.is_empty(),
        "{verdict:?}"
    );
    stored.assert_visits_follow_from_events();
}
