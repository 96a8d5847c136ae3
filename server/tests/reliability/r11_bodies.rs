//! R11: bodies that nobody should send are refused with a reason, and cost neither memory nor the program.
//!
//! A table of hostile bodies, the public JSON test suite where `TRACKFLOW_CORPORA` names it, and 1,000 bodies of 1 MiB at
//! once. Pass: 413 above 64 KiB, announced or not; 400 for what is no event; never 5xx; memory at most 32 MiB above before.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    alone,
    client::{BROWSER, Connection},
    database::{Database, on_sqlite},
    load::{Event, Load},
};

const LIMIT: usize = 65_536;
const MEMORY_LIMIT_KIB: u64 = 32 * 1024;
const EVENT: &str = r#"{"n":"pageview","u":"https://s0.test/","d":"s0.test"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_refused_and_cost_nothing() {
    let _alone = alone().await;
    on_sqlite(refused).await;
}

async fn refused(database: Arc<Database>) {
    let mut program = database.launch().start();
    let address = program.address;
    // What it needs for ordinary work is not what hostile bodies cost.
    let ordinary = Load {
        connections: 64,
        rate: None,
    };
    let numbers = Arc::new(AtomicU32::new(2));
    ordinary
        .run(address, &numbers, Duration::from_secs(2))
        .await;
    let before_kib = program.memory_kib("VmRSS");
    let with = |extra: &str| EVENT.replace('}', &format!(",{extra}}}"));
    let keys: String = (0..4_000).map(|n| format!(r#","k{n}":1"#)).collect();
    for (name, body, expected) in [
        ("nothing", Vec::new(), 400),
        ("one byte", b"{".to_vec(), 400),
        ("at the limit", padded(LIMIT), 202),
        ("one byte above", padded(LIMIT + 1), 413),
        ("1 MiB", padded(1 << 20), 413),
        ("nested", "[".repeat(60_000).into_bytes(), 400),
        (
            "nested in a field",
            with(&format!(r#""x":{}"#, "[".repeat(50_000))).into_bytes(),
            400,
        ),
        (
            "many keys",
            with(&format!(r#""k":1{keys}"#)).into_bytes(),
            202,
        ),
        (
            "the same key twice",
            with(r#""n":"pageview""#).into_bytes(),
            202,
        ),
        (
            "a number beyond all",
            with(r#""e":1e400"#).into_bytes(),
            400,
        ),
        ("minus zero", with(r#""e":-0"#).into_bytes(), 202),
        (
            "half a character",
            with(r#""r":"\ud800""#).into_bytes(),
            400,
        ),
        (
            "not UTF-8",
            [&with(r#""r":""#).as_bytes()[..40], b"\xff\xfe\"}"].concat(),
            400,
        ),
        (
            "UTF-16",
            EVENT.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            400,
        ),
        (
            "byte order mark",
            ["\u{feff}", EVENT].concat().into_bytes(),
            202,
        ),
        ("NUL", with(r#""r":"a\u0000b""#).into_bytes(), 202),
    ] {
        let status = send(
            address,
            &head(&format!("Content-Length: {}", body.len())),
            &body,
        )
        .await;
        assert_eq!(status.unwrap_or(0), expected, "{name}");
    }
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xed\xc1\x01\x01\0\0\0\x80\x90\xfe\xaf\xee\x08\x0a";
    let encoded = head(&format!(
        "Content-Encoding: gzip\r\nContent-Length: {}",
        gzip.len()
    ));
    assert_eq!(
        send(address, &encoded, gzip).await.unwrap_or(0),
        400,
        "nothing is unpacked"
    );

    for (name, length, body, expected) in [
        ("announces less", "Content-Length: 10", EVENT, 400),
        (
            "announces more than comes",
            "Content-Length: 1000",
            EVENT,
            408,
        ),
        ("announces nonsense", "Content-Length: -1", EVENT, 400),
        (
            "announces two lengths",
            "Content-Length: 5\r\nContent-Length: 6",
            EVENT,
            400,
        ),
    ] {
        let status = send(address, &head(length), body.as_bytes())
            .await
            .unwrap_or(0);
        assert_eq!(status, expected, "{name}");
    }
    let endless = endless(address).await;
    assert!(
        matches!(endless, None | Some(413)),
        "chunks without end: {endless:?}"
    );
    json_test_suite(address).await;
    flood(address).await;

    let peak_kib = program.memory_kib("VmHWM");
    println!(
        "R11: memory {} KiB above before",
        peak_kib.saturating_sub(before_kib)
    );
    assert!(
        peak_kib <= before_kib + MEMORY_LIMIT_KIB,
        "{before_kib} to {peak_kib} KiB"
    );
    let mut open = Connection::open(address).await.expect("it still listens");
    let event = Event {
        number: 1,
        visitor: 1,
    };
    assert_eq!(
        open.send(&event.request()).await.expect("an answer").status,
        202
    );
    program.stop().await;
}

/// A valid event with blanks around it.
fn padded(length: usize) -> Vec<u8> {
    let mut body = EVENT.as_bytes().to_vec();
    body.resize(length, b' ');
    body
}

fn head(length: &str) -> Vec<u8> {
    format!(
        "POST /api/event HTTP/1.1\r\nHost: stats.test\r\nUser-Agent: {BROWSER}\r\nX-Forwarded-For: 20.0.0.7\r\n{length}\r\n\r\n"
    )
    .into_bytes()
}

/// Sends a request; gives the status of the first answer.
async fn send(address: SocketAddr, head: &[u8], body: &[u8]) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(head).await?;
    // An answer may come before all is sent, and then nothing is read any more.
    let _ = stream.write_all(body).await;
    first_status(&mut stream).await
}

async fn first_status(stream: &mut TcpStream) -> io::Result<u16> {
    let mut answer = [0; 12];
    let read = stream.read_exact(&mut answer);
    match tokio::time::timeout(Duration::from_secs(20), read).await {
        Ok(read) => read?,
        Err(_) => return Err(io::ErrorKind::TimedOut.into()),
    };
    let status = String::from_utf8_lossy(&answer[9..12]).into_owned();
    status.parse().map_err(io::Error::other)
}

/// A body of chunks that goes on until somebody says stop, at most 100 MiB. `None`: the stop came as a reset, which takes
/// an answer along that is not yet read.
async fn endless(address: SocketAddr) -> Option<u16> {
    let stream = TcpStream::connect(address)
        .await
        .expect("the program listens");
    let (mut reading, mut writing) = stream.into_split();
    writing
        .write_all(&head("Transfer-Encoding: chunked"))
        .await
        .expect("sent");
    let chunk = [b"4000\r\n".as_slice(), &[b' '; 0x4000], b"\r\n"].concat();
    let mut answer = [0; 12];
    let mut sent = 0;
    let answered = reading.read_exact(&mut answer);
    tokio::pin!(answered);
    loop {
        tokio::select! {
            read = &mut answered => {
                read.ok()?;
                break;
            }
            written = writing.write_all(&chunk) => {
                written.ok()?;
                sent += 1;
                assert!(sent < 6_400, "100 MiB were taken");
            }
        }
    }
    println!(
        "R11: stopped after {} KiB had left, socket buffers included",
        sent * 16
    );
    String::from_utf8_lossy(&answer[9..12]).parse().ok()
}

/// The files of the JSON test suite: none is an event, none does harm.
async fn json_test_suite(address: SocketAddr) {
    let Some(corpora) = std::env::var_os("TRACKFLOW_CORPORA").map(std::path::PathBuf::from) else {
        println!("NOT RUN: the JSON test suite, for TRACKFLOW_CORPORA names no folder");
        return;
    };
    let mut count = 0;
    for part in ["test_parsing", "test_transform"] {
        for file in std::fs::read_dir(corpora.join("JSONTestSuite").join(part)).expect("a folder") {
            let path = file.expect("an entry").path();
            let body = std::fs::read(&path).expect("a file");
            let length = format!("Content-Length: {}", body.len());
            let status = send(address, &head(&length), &body).await.unwrap_or(0);
            let expected = if body.len() > LIMIT { 413 } else { 400 };
            assert_eq!(status, expected, "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 300, "{count} files");
}

/// A thousand bodies of 1 MiB at once. Those who are refused before they have sent all may see a reset instead of the answer.
async fn flood(address: SocketAddr) {
    let body: Arc<Vec<u8>> = Arc::new(padded(1 << 20));
    let tasks: Vec<_> = (0..1_000)
        .map(|at| {
            let body = Arc::clone(&body);
            // Every other one without an announced length, so that it is read up to the limit.
            tokio::spawn(async move {
                if at % 2 == 0 {
                    send(
                        address,
                        &head(&format!("Content-Length: {}", body.len())),
                        &body,
                    )
                    .await
                } else {
                    let chunked = [b"100000\r\n".as_slice(), &body].concat();
                    send(address, &head("Transfer-Encoding: chunked"), &chunked).await
                }
            })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        if let Ok(status) = task.await.expect("no panic") {
            assert_eq!(status, 413);
            refused += 1;
        }
    }
    println!("R11: {refused} of 1,000 heard their 413, the others a reset");
    assert!(refused > 0, "somebody hears the answer");
}
