//! R5: a full disk costs no accepted event, and the program goes on by itself when there is space again.
//!
//! The data folder is a file system of 24 MiB in memory that a ballast file fills while events come. Pass: 503 with
//! `Retry-After` while it is full, the dashboard still reads, the health check says that the database cannot be written; events
//! are taken again within 5 s after the ballast is gone, without a restart; nothing is lost, the file is whole. A migration
//! on the full disk fails with a message and leaves nothing that a later one would stumble over.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Arc, atomic::AtomicU32},
    time::{Duration, Instant},
};

use crate::support::{
    beside_others,
    client::get,
    database::{Database, on_sqlite},
    disk::Disk,
    history::{Fate, History},
    load::Load,
    program::binary,
    recovery::{recovery, settle},
};

#[tokio::test(flavor = "multi_thread")]
async fn full_disk_is_answered_503_and_nothing_accepted_is_lost() {
    let _beside = beside_others().await;
    on_sqlite(filled).await;
}

async fn filled(database: Arc<Database>) {
    let Some(disk) = Disk::mount(&database.folder().join("data"), 24) else {
        return;
    };
    database.prepare().await;
    let mut program = database.launch().start();
    let (numbers, mut history) = (Arc::new(AtomicU32::new(1)), History::default());
    let load = Load {
        connections: 16,
        rate: Some(400.0),
    };
    history.record(
        &load
            .run(program.address, &numbers, Duration::from_secs(1))
            .await,
    );
    assert!(
        history.of(Fate::Refused).is_empty(),
        "there is space at first"
    );

    disk.fill();
    let running = load.start(program.address, &numbers);
    let full_since = Instant::now();
    // What was written once is written over, so that it takes a while until space is missed.
    while !program.log().contains("events not stored") {
        assert!(
            full_since.elapsed() < Duration::from_secs(60),
            "the disk did not fill up"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        disk.fill();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let page = get(program.address, "/login").await.expect("an answer");
    assert!(
        page.status < 400,
        "pages are read from a full disk: {}",
        page.head
    );
    let ready = get(program.address, "/api/health/ready")
        .await
        .expect("an answer");
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert!(
        ready.text().contains("full"),
        "health says why: {}",
        ready.text()
    );
    assert_migration_fails_clearly(disk.folder());

    disk.free();
    let taken_again = recovery(program.address, &numbers, &mut history).await;
    history.record(&running.stop().await);
    assert!(
        !history.of(Fate::Refused).is_empty(),
        "a full disk is answered 503"
    );
    program.assert_healthy();
    let (verdict, refused) = settle(&mut program, &database, &mut history).await;
    println!(
        "R5: {} events acknowledged, {refused} refused while full, taken again after {taken_again:?}, {} lost",
        verdict.acked,
        verdict.lost.len()
    );
}

/// A new database on the full disk: an error of one line, and after that a migration that works.
fn assert_migration_fails_clearly(folder: &Path) {
    let path = folder.join("other.db");
    let migrate = |path: &Path| {
        let ran = Command::new(binary())
            .args(["migrate", "--database-url"])
            .arg(format!("sqlite:{}", path.display()))
            .env_clear()
            .output();
        ran.expect("the program runs")
    };
    let failed = migrate(&path);
    let message = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(1), "{message}");
    let errors: Vec<_> = message
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert!(
        matches!(errors[..], [error] if error.contains("full")),
        "{message}"
    );
    // The half-made file is moved to where there is space, as an operator would, and brought to its schema there.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", path.display());
        if Path::new(&from).exists() {
            fs::copy(&from, elsewhere.path().join(format!("other.db{suffix}"))).expect("a copy");
        }
    }
    let again = migrate(&elsewhere.path().join("other.db"));
    assert!(again.status.success(), "{again:?}");
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
}
