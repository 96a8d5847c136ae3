//! Sends the load: runs wrk with load.lua and reads what it says; and sends one beacon by hand.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};

/// Time for a server to start.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// What one run of wrk saw.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// Answers, all of them 2xx.
    pub(crate) answered: u64,
    pub(crate) seconds: f64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) p999_us: u64,
}

impl Outcome {
    pub(crate) fn per_second(&self) -> f64 {
        self.answered as f64 / self.seconds
    }
}

/// Loads a server. Other seeds send other visitors.
///
/// # Errors
/// If wrk is missing, or if an answer was not 2xx, came late or not at all: figures with errors compare nothing.
pub(crate) fn run(
    port: u16,
    connections: u32,
    sites: u32,
    seed: u32,
    duration: Duration,
) -> anyhow::Result<Outcome> {
    let threads = connections.min(2);
    let output = Command::new("wrk")
        .args(["-t", &threads.to_string(), "-c", &connections.to_string()])
        .args([
            "-d",
            &format!("{}s", duration.as_secs()),
            "--timeout",
            "10s",
        ])
        .arg("-s")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/ingest/load.lua"))
        .arg(format!("http://127.0.0.1:{port}"))
        .args(["--", &seed.to_string(), &sites.to_string()])
        .output()
        .context("wrk cannot be started; Debian's package is `wrk`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(line) = text.lines().find_map(|line| line.strip_prefix("RESULT ")) else {
        bail!(
            "wrk failed: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let value = |name: &str| {
        let found = line
            .split(' ')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.with_context(|| format!("wrk did not tell {name}"))
    };
    let number = |name| anyhow::Ok(value(name)?.parse::<u64>()?);
    for error in ["refused", "broken", "late"] {
        ensure!(number(error)? == 0, "some requests failed: {line}");
    }
    Ok(Outcome {
        answered: number("requests")?,
        seconds: value("seconds")?.parse()?,
        p50_us: number("p50_us")?,
        p99_us: number("p99_us")?,
        p999_us: number("p999_us")?,
    })
}

/// Waits until a server takes a beacon.
///
/// # Errors
/// If it answers anything but 202, refuses the beacon, or does not start.
pub(crate) fn first_event(port: u16) -> anyhow::Result<()> {
    let give_up_at = Instant::now() + START_TIMEOUT;
    let mut stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(error) if Instant::now() > give_up_at => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    stream.set_read_timeout(Some(START_TIMEOUT))?;
    let body = r#"{"n":"pageview","u":"https://site-1.example/","d":"site-1.example"}"#;
    write!(
        stream,
        "POST /api/event HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let is_taken =
        head.starts_with("HTTP/1.1 202") && !head.to_lowercase().contains("x-trackflow-dropped:");
    ensure!(is_taken, "the first beacon was not taken: {head}");
    Ok(())
}
