//! A client that measures: one connection, one request at a time, no more work than the server has with it.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What a browser calls itself: without, an event is a bot's.
pub(crate) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// After this long an answer is taken to be lost.
const ANSWER_LIMIT: Duration = Duration::from_secs(90);

/// An answer: status, head as it was sent, and the body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether it tells an overloaded or broken server as it should be told: 503 or 429 with `Retry-After`.
    pub(crate) fn is_clean_refusal(&self) -> bool {
        matches!(self.status, 429 | 503)
            && self
                .header("retry-after")
                .is_some_and(|seconds| seconds.parse::<u64>().is_ok())
    }
}

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(1024),
        })
    }

    /// Sends bytes and reads one answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        timeout(ANSWER_LIMIT, self.read_answer())
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Reads one answer, with a length or until the connection ends.
    pub(crate) async fn read_answer(&mut self) -> io::Result<Answer> {
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        self.buffer.drain(..head_end);
        let mut answer = Answer {
            status: head
                .get(9..12)
                .and_then(|status| status.parse().ok())
                .ok_or(io::ErrorKind::InvalidData)?,
            head,
            body: Vec::new(),
        };
        let length = answer.header("content-length").map(str::parse::<usize>);
        match length {
            Some(Ok(length)) => {
                while self.buffer.len() < length {
                    if self.stream.read_buf(&mut self.buffer).await? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                answer.body = self.buffer.drain(..length).collect();
            }
            _ if answer.status == 204 => {}
            _ => {
                self.stream.read_to_end(&mut self.buffer).await?;
                answer.body = std::mem::take(&mut self.buffer);
            }
        }
        Ok(answer)
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// The bytes of a beacon's request, as a browser behind a proxy sends it.
pub(crate) fn beacon(from: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /api/event HTTP/1.1\r\nHost: stats.test\r\nUser-Agent: {BROWSER}\r\nX-Forwarded-For: {from}\r\n\
         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One request on a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: stats.test\r\nConnection: close\r\n\r\n");
    Connection::open(address)
        .await?
        .send(request.as_bytes())
        .await
}
