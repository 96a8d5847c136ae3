//! R2: no 202 leaves before its event is synced. `kill -9` can not show this, since the page cache survives it.
//!
//! SQLite: the program's system calls are recorded (`strace`) while 1,000 events come over 8 connections. Pass: between the
//! reading of each request and the writing of its 202 there is a write to the WAL, and after that a sync of the WAL that has
//! ended. PostgreSQL syncs in its own process: there the server's own count of syncs must be at least that of events sent one
//! after the other, which it is only when each commit waits for its sync.

use std::{
    collections::HashMap,
    path::Path,
    process::Command,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use crate::support::{
    beside_others,
    cluster::Cluster,
    database::{Database, on_sqlite},
    history::Fate,
    load::Load,
};

const EVENTS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_every_202_comes_after_a_sync_of_what_was_written() {
    let _beside = beside_others().await;
    if !Command::new("strace")
        .arg("-V")
        .output()
        .is_ok_and(|ran| ran.status.success())
    {
        panic!("strace is missing: `.ci/setup --tests` installs it");
    }
    on_sqlite(traced).await;
}

async fn traced(database: Arc<Database>) {
    let trace = database.folder().join("trace");
    let shown = trace.display().to_string();
    // -D: the program keeps its place as our child. -y: files by name.
    let calls = "trace=fdatasync,fsync,pwrite64,write,writev,sendto,read,recvfrom";
    let wrapper = [
        "strace", "-D", "-f", "-y", "-s", "600", "-e", calls, "-o", &shown,
    ];
    let mut program = database.launch_under(&wrapper).start();
    let load = Load {
        connections: 8,
        rate: None,
    };
    let numbers = Arc::new(AtomicU32::new(1));
    let mut acked = 0;
    while acked < EVENTS {
        let attempts = load
            .run(program.address, &numbers, Duration::from_millis(500))
            .await;
        acked += attempts
            .iter()
            .filter(|attempt| attempt.fate == Fate::Acked)
            .count();
    }
    program.stop().await;
    let answers = check(&trace);
    println!("R2: {answers} answers in the trace, each after a sync of its own");
    assert!(answers >= acked, "{answers} answers of {acked} were seen");
}

/// How far the request that is open on a socket has come towards being durable.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Progress {
    Read,
    Written,
    Syncing,
    Synced,
}

/// Walks through the trace; gives the number of 202s. Panics at one that no sync came before.
fn check(trace: &Path) -> usize {
    let text = std::fs::read(trace).expect("a trace");
    let mut requests = Requests::default();
    // A call that others interrupt stands in two lines, the second without its arguments.
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let text = String::from_utf8_lossy(&text);
    for line in text.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or_default();
        let call = call.trim_start();
        if let Some(start) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, start);
            requests.call_begins(start);
        } else if call.starts_with("<... ") {
            let start = begun.remove(thread).unwrap_or_default();
            requests.call_ended(&format!("{start}{call}"));
        } else {
            requests.call_begins(call);
            requests.call_ended(call);
        }
    }
    requests.answers
}

/// The requests that are open, by socket, and how many were answered 202.
#[derive(Default)]
struct Requests {
    open: HashMap<String, Progress>,
    answers: usize,
}

impl Requests {
    fn call_begins(&mut self, call: &str) {
        if is_sync_of_wal(call) {
            self.advance(Progress::Written, Progress::Syncing);
        } else if call.contains("\"HTTP/1.1 202")
            && let Some(socket) = socket(call)
        {
            let progress = self.open.remove(&socket);
            // An engagement without a visit is not stored, and its answer says so.
            if call.contains("x-trackflow-dropped: ") {
                return;
            }
            assert_eq!(
                progress,
                Some(Progress::Synced),
                "answer {}: {call}",
                self.answers
            );
            self.answers += 1;
        }
    }

    fn call_ended(&mut self, call: &str) {
        if is_sync_of_wal(call) {
            // `?`: the program ended meanwhile, and with it all that waited.
            assert!(
                call.ends_with("= 0") || call.ends_with("= ?"),
                "a sync failed: {call}"
            );
            self.advance(Progress::Syncing, Progress::Synced);
        } else if call.starts_with("pwrite64") && call.contains("-wal>") {
            self.advance(Progress::Read, Progress::Written);
        } else if call.contains("\"POST /api/event")
            && let Some(socket) = socket(call)
        {
            self.open.insert(socket, Progress::Read);
        }
    }

    fn advance(&mut self, from: Progress, to: Progress) {
        let on_the_way = self.open.values_mut().filter(|progress| **progress == from);
        on_the_way.for_each(|progress| *progress = to);
    }
}

fn is_sync_of_wal(call: &str) -> bool {
    (call.starts_with("fdatasync(") || call.starts_with("fsync(")) && call.contains("-wal>")
}

/// The socket that a call is about: `recvfrom(12<socket:[4711]>, …` or `12<TCP:[…]>`.
fn socket(call: &str) -> Option<String> {
    let (_, rest) = call.split_once('(')?;
    let (number, name) = rest.split_once('<')?;
    let is_socket = name.starts_with("TCP") || name.starts_with("socket:");
    (is_socket && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| number.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_every_commit_waits_for_its_sync() {
    let _beside = beside_others().await;
    let cluster = Cluster::start();
    let database = Database::on_postgres(&cluster.url()).await;
    database.prepare().await;
    let syncs = async || {
        let query = "select cast(wal_sync as text) as text from pg_stat_wal";
        database.lines(query).await[0]
            .parse::<usize>()
            .expect("a number")
    };
    let mut program = database.launch().start();
    let before = syncs().await;
    let load = Load {
        connections: 1,
        rate: None,
    };
    let numbers = Arc::new(AtomicU32::new(1));
    let attempts = load
        .run(program.address, &numbers, Duration::from_secs(3))
        .await;
    let acked = attempts
        .iter()
        .filter(|attempt| attempt.fate == Fate::Acked)
        .count();
    // A connection of PostgreSQL reports its figures with its end at the latest.
    program.stop().await;
    let after = syncs().await;
    println!(
        "R2: {acked} commits one after the other on PostgreSQL, {} syncs",
        after - before
    );
    assert!(acked > 20, "{acked} events");
    assert!(
        after - before >= acked,
        "{acked} commits, {} syncs",
        after - before
    );
}
