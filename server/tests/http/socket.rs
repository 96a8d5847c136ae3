//! What only a real connection shows: slow senders and the graceful end.

use std::time::{Duration, Instant};

use server::serve::serve;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::support::TestServer;

struct Running {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
    _server: TestServer,
}

async fn start() -> Running {
    let server = TestServer::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let router = server.router.clone();
    let served = tokio::spawn(serve(listener, router, async {
        let _ = stopped.await;
    }));
    Running {
        address,
        stop,
        served,
        _server: server,
    }
}

/// Sends bytes and reads until the server closes the connection.
async fn exchange(running: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.address)
        .await
        .expect("connected");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(15), read).await;
    // A reset is a way to close too.
    let _ = read.expect("the server closes the connection in time");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_a_socket_is_answered_and_the_server_ends_gracefully() {
    let running = start().await;
    let request = b"GET /api/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let answer = exchange(&running, request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    // An idle connection does not hold the end up.
    let _idle = TcpStream::connect(running.address)
        .await
        .expect("connected");
    running.stop.send(()).expect("still running");
    let end = tokio::time::timeout(Duration::from_secs(2), running.served).await;
    end.expect("it ends at once").expect("without a panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_slow_bodies_are_cut_off_after_10_seconds() {
    let running = start().await;
    let started_at = Instant::now();
    let head = b"GET /api/health HTTP/1.1\r\nhost: localhost\r\nx-slow: ";
    let body = b"POST /api/event HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    let (head, body, idle) = tokio::join!(
        exchange(&running, head),
        exchange(&running, body),
        exchange(&running, b""),
    );
    let waited = started_at.elapsed();
    assert!(waited > Duration::from_secs(8), "closed after {waited:?}");
    assert!(!head.contains("200 OK"), "{head}");
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
    assert_eq!(idle, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_refused() {
    let running = start().await;
    let request = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(200_000));
    let answer = exchange(&running, request.as_bytes()).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
        "{answer}"
    );
}
