//! Deadlines of one connection that hyper does not have: for a head that has begun, and for an answer that nobody takes.
//!
//! Comes in: the socket, and word of when a request begins and when its answer has ended ([`Exchange`]). Goes out: the same
//! bytes, or `TimedOut`, which ends the connection. How long a connection may be idle is hyper's header timeout, which runs
//! from the end of the last answer; how long a body may take is `middleware::body`'s.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

/// How long a client may take to send a request's head from its first byte on, or to send the first byte of a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what is sent to it. Ours: a phone that changes networks is back sooner.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Between two requests: a next one may come.
const IDLE: u8 = 0;
/// A head is on its way.
const HEAD: u8 = 1;
/// A request is being answered.
const BUSY: u8 = 2;

/// Where a connection is in the exchange of requests and answers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Exchange(Arc<AtomicU8>);

impl Exchange {
    /// A new connection, whose first head is expected now.
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    /// A head is complete.
    pub(super) fn begin(&self) {
        self.0.store(BUSY, Ordering::Relaxed);
    }

    /// Makes an answer tell when it has ended.
    pub(super) fn watch(&self, body: Body) -> Answer {
        Answer {
            body,
            exchange: self.clone(),
        }
    }

    fn bytes_arrived(&self) {
        let _ = self
            .0
            .compare_exchange(IDLE, HEAD, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn awaits_head(&self) -> bool {
        self.0.load(Ordering::Relaxed) == HEAD
    }
}

/// The body of an answer, which tells its connection when it has ended, in whatever way.
pub(super) struct Answer {
    body: Body,
    exchange: Exchange,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.exchange.0.store(IDLE, Ordering::Relaxed);
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A socket that ends the connection when a deadline passes.
pub(super) struct TimedStream {
    stream: TcpStream,
    exchange: Exchange,
    head: Deadline,
    write: Deadline,
}

impl TimedStream {
    pub(super) fn new(stream: TcpStream, exchange: Exchange) -> Self {
        Self {
            stream,
            exchange,
            head: Deadline::new(HEAD_TIMEOUT),
            write: Deadline::new(WRITE_TIMEOUT),
        }
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Ready(result) => {
                if buffer.filled().len() > before {
                    this.exchange.bytes_arrived();
                }
                Poll::Ready(result)
            }
            Poll::Pending if this.exchange.awaits_head() => {
                ready!(this.head.poll_passed(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => {
                this.head.stop();
                Poll::Pending
            }
        }
    }
}

impl TimedStream {
    /// Lets a write that makes no progress run into its deadline.
    fn limit(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.write.stop();
            return written;
        }
        ready!(self.write.poll_passed(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.limit(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        this.limit(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// A timer that runs from the first wait on. Most connections never wait, and so never make one.
struct Deadline {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    is_running: bool,
}

impl Deadline {
    fn new(limit: Duration) -> Self {
        Self {
            limit,
            sleep: None,
            is_running: false,
        }
    }

    fn stop(&mut self) {
        self.is_running = false;
    }

    fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !self.is_running {
            sleep.as_mut().reset(Instant::now() + limit);
            self.is_running = true;
        }
        sleep.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    /// A stream with short deadlines, and its other end.
    async fn a_pair() -> (TimedStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, other) = tokio::join!(listener.accept(), TcpStream::connect(address));
        let mut stream = TimedStream::new(accepted.unwrap().0, Exchange::new());
        stream.head = Deadline::new(SHORT);
        stream.write = Deadline::new(SHORT);
        (stream, other.unwrap())
    }

    async fn read(stream: &mut TimedStream) -> io::Result<usize> {
        stream.read(&mut [0; 64]).await
    }

    #[tokio::test]
    async fn head_that_dribbles_ends_the_connection_and_a_body_does_not() {
        let (mut stream, mut other) = a_pair().await;
        other.write_all(b"GE").await.unwrap();
        assert_eq!(read(&mut stream).await.unwrap(), 2);
        let cut_off = read(&mut stream).await.unwrap_err();
        assert_eq!(cut_off.kind(), io::ErrorKind::TimedOut);

        let (mut stream, mut other) = a_pair().await;
        stream.exchange.begin();
        let late = async {
            tokio::time::sleep(2 * SHORT).await;
            other.write_all(b"body").await.unwrap();
        };
        assert_eq!(tokio::join!(read(&mut stream), late).0.unwrap(), 4);
    }

    #[tokio::test]
    async fn idle_connection_waits_longer_until_the_next_head_begins() {
        let (mut stream, mut other) = a_pair().await;
        let exchange = stream.exchange.clone();
        exchange.begin();
        drop(exchange.watch(Body::empty()));
        let late = async {
            tokio::time::sleep(2 * SHORT).await;
            other.write_all(b"G").await.unwrap();
        };
        assert_eq!(tokio::join!(read(&mut stream), late).0.unwrap(), 1);
        let cut_off = read(&mut stream).await.unwrap_err();
        assert_eq!(cut_off.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn answer_that_nobody_takes_ends_the_connection() {
        let (mut stream, _other) = a_pair().await;
        let answer = vec![b'x'; 64 * 1024 * 1024];
        let cut_off = stream.write_all(&answer).await.unwrap_err();
        assert_eq!(cut_off.kind(), io::ErrorKind::TimedOut);
    }
}
