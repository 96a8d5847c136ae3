//! Runs the router on a socket: with the limits on time and number that `axum::serve` 0.8 lacks, and a graceful end.

use std::{convert::Infallible, future::Future, io, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt;

mod deadlines;

use deadlines::{Exchange, TimedStream};

/// How long a connection may be idle between two requests. Above the 60 s for which nginx and load balancers keep theirs,
/// so that it is they who close: a request that meets a connection being closed is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(65);
/// How long requests may still run after the signal to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a head is read. Browsers stay far below; cookies of ours are 80 bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Connections at once; more wait to be accepted. Each takes some kilobytes.
const MAX_CONNECTIONS: usize = 8192;
/// Files that the rest of the program may need beside the connections.
const RESERVED_FILES: usize = 128;

/// Serves until `shutdown` completes and running requests have ended, or 10 s have passed.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(max_connections()));
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        // Runs from the end of one answer until the next head is complete; `deadlines` bounds the head itself.
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = async {
            let slots = Arc::clone(&slots);
            let slot = slots
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            (accept(&listener).await, slot)
        };
        let ((stream, peer), slot) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let router = router.clone();
        let exchange = Exchange::new();
        let stream = TimedStream::new(stream, exchange.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            exchange.begin();
            let exchange = exchange.clone();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answered = router.clone().oneshot(request);
            async move { Ok::<_, Infallible>(answered.await?.map(|body| exchange.watch(body))) }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // An error here is the client's: it hung up, was too slow, or spoke no HTTP.
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection ended early");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were still running after 10 s and were cut off");
    }
}

/// Accepts the next connection. Failures such as too many open files pass; they must not end the program.
async fn accept(listener: &TcpListener) -> (TcpStream, std::net::SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole; waiting for more to send would only delay them.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted; trying again in 1 s");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

/// As many as the operating system lets us have open, so that the database finds a file free.
fn max_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let soft = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    soft.map_or(MAX_CONNECTIONS, |soft| {
        soft.saturating_sub(RESERVED_FILES)
            .clamp(64, MAX_CONNECTIONS)
    })
}

/// Completes at SIGTERM or SIGINT (Ctrl+C).
///
/// # Panics
/// If the operating system refuses a signal handler, which happens only at start.
pub async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a handler for SIGTERM");
    let mut interrupt = signal(SignalKind::interrupt()).expect("a handler for SIGINT");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
}
