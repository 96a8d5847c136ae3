//! R10: clients that dribble hold nobody up and are cut off.
//!
//! 1,500 connections (long: 4,000) send a byte of a head or of a body a second, some take nothing of what they asked for,
//! while others send events as usual. Pass: the others are served, in the long form with a p99 of at most twice what it was
//! (or 50 ms); the slow are gone after 10 s (heads and bodies) and 30 s (readers); their sockets are free again.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU32},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::support::{
    alone,
    database::{Database, on_sqlite},
    history::{Attempt, Fate},
    is_long,
    load::Load,
    quantile, short_or_long,
};

/// Few: before its buffers are full, each has the program render hundreds of pages.
const READERS: usize = 3;
const FLOOR: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_cut_off_and_hold_nobody_up() {
    let _alone = alone().await;
    on_sqlite(slowed).await;
}

async fn slowed(database: Arc<Database>) {
    let mut program = database.launch().start();
    let numbers = Arc::new(AtomicU32::new(1));
    let load = Load {
        connections: 16,
        rate: Some(200.0),
    };
    let usual = p99(&load
        .run(program.address, &numbers, Duration::from_secs(3))
        .await);
    let files_before = program.open_files();

    let wanted: usize = short_or_long(1_500, 4_000);
    let count = wanted.min(own_file_limit().saturating_sub(300));
    println!("R10: {count} slow connections of {wanted} wanted, as far as `ulimit -n` allows");
    let readers: Vec<_> = (0..READERS)
        .map(|_| tokio::spawn(read_nothing(program.address)))
        .collect();
    // Until their answers fill the buffers.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut slow = Vec::new();
    for at in 0..count {
        let start: &[u8] = if at % 2 == 0 {
            b"GET /api/health HTTP/1.1\r\nHost: stats.test\r\nX-Slow: "
        } else {
            b"POST /api/event HTTP/1.1\r\nHost: stats.test\r\nContent-Length: 1000\r\n\r\n{"
        };
        slow.push(tokio::spawn(dribble(program.address, start)));
    }
    // To open so many is work of the test's own.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let running = load.start(program.address, &numbers);
    let mut longest = Duration::ZERO;
    for task in slow {
        longest = longest.max(task.await.expect("no panic"));
    }
    let beside = p99(&running.stop().await);
    let mut longest_reader = Duration::ZERO;
    for task in readers {
        longest_reader = longest_reader.max(task.await.expect("no panic"));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let files_after = program.open_files();
    println!(
        "R10: p99 {usual:?} as usual, {beside:?} beside them; the slowest was cut off after {longest:?}, the last reader after {longest_reader:?}; \
         {files_before} open files before, {files_after} after"
    );
    assert!(
        longest < Duration::from_secs(15),
        "cut off after {longest:?}"
    );
    assert!(
        longest_reader < Duration::from_secs(45),
        "cut off after {longest_reader:?}"
    );
    if is_long() {
        assert!(
            beside <= FLOOR.max(2 * usual),
            "{usual:?} became {beside:?}"
        );
    }
    assert!(
        files_after <= files_before + 8,
        "{files_before} files became {files_after}"
    );
    program.stop().await;
}

fn p99(attempts: &[Attempt]) -> Duration {
    let is_fine = |attempt: &Attempt| matches!(attempt.fate, Fate::Acked | Fate::Dropped);
    assert!(attempts.iter().all(is_fine), "others are served");
    let mut latencies: Vec<_> = attempts.iter().map(|attempt| attempt.latency).collect();
    quantile(&mut latencies, 0.99)
}

/// Sends a byte a second; gives how long the server stood it.
async fn dribble(address: SocketAddr, start: &'static [u8]) -> Duration {
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the program listens");
    let since = Instant::now();
    if stream.write_all(start).await.is_err() {
        return since.elapsed();
    }
    let mut answer = [0; 512];
    while since.elapsed() < Duration::from_secs(60) {
        tokio::select! {
            // An answer (408), an end or a reset: it was cut off.
            _ = stream.read(&mut answer) => break,
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                if stream.write_all(b"x").await.is_err() {
                    break;
                }
            }
        }
    }
    since.elapsed()
}

/// Asks for more than all buffers hold and takes nothing; gives how long the server stood it.
async fn read_nothing(address: SocketAddr) -> Duration {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let stream = socket.connect(address).await.expect("the program listens");
    let (mut reading, mut writing) = stream.into_split();
    let request = b"GET /login HTTP/1.1\r\nHost: stats.test\r\n\r\n";
    let mut last_progress = Instant::now();
    // It goes on asking until the server, whose answers nobody takes, reads no more.
    loop {
        let sent = tokio::time::timeout(Duration::from_secs(2), writing.write_all(request)).await;
        match sent {
            Ok(Ok(())) => last_progress = Instant::now(),
            Ok(Err(_)) => return last_progress.elapsed(),
            Err(_) => break,
        }
    }
    // The end shows only in what could not be sent; reading would be taking.
    while last_progress.elapsed() < Duration::from_secs(60) {
        let sent = tokio::time::timeout(Duration::from_secs(1), writing.write_all(b" ")).await;
        if matches!(sent, Ok(Err(_))) {
            break;
        }
    }
    let took = last_progress.elapsed();
    let mut rest = Vec::new();
    let drained = tokio::time::timeout(Duration::from_secs(5), reading.read_to_end(&mut rest));
    assert!(drained.await.is_ok(), "the connection has ended");
    took
}

/// How many files this process may have open.
fn own_file_limit() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(1_024)
}
