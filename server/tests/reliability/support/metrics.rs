//! What the program counts of itself, as a monitor reads it.

use std::net::SocketAddr;

use super::{client::Connection, program::METRICS_TOKEN};

/// The text of `/metrics` at a moment.
pub(crate) struct Metrics(String);

impl Metrics {
    pub(crate) async fn read(address: SocketAddr) -> Self {
        let request = format!(
            "GET /metrics HTTP/1.1\r\nHost: stats.test\r\nAuthorization: Bearer {METRICS_TOKEN}\r\nConnection: close\r\n\r\n"
        );
        let mut open = Connection::open(address).await.expect("it listens");
        let answer = open.send(request.as_bytes()).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.head);
        Self(answer.text())
    }

    /// A value by its name without the prefix and with its label: `events_refused_total{reason="unavailable"}`.
    pub(crate) fn value(&self, name: &str) -> f64 {
        let lines = self.0.lines();
        let mut values = lines.filter_map(|line| {
            let rest = line.strip_prefix("trackflow_")?.strip_prefix(name)?;
            rest.strip_prefix(' ')?.parse().ok()
        });
        values
            .next()
            .unwrap_or_else(|| panic!("no metric {name} in {}", self.0))
    }

    /// By how much a value has grown since.
    pub(crate) fn growth(&self, before: &Self, name: &str) -> f64 {
        self.value(name) - before.value(name)
    }
}
