//! What is measured: the ceiling, and the program on each database. Knows how each is started.

use std::{
    fmt,
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::Context;
use clap::ValueEnum;

/// A server to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TargetKind {
    /// Parses and answers, stores nothing.
    Ceiling,
    /// SQLite, every answer synced.
    Sqlite,
    /// SQLite, synced at checkpoints.
    SqliteRelaxed,
    /// PostgreSQL, every answer synced.
    Postgres,
}

impl TargetKind {
    /// In the order of the table.
    pub(crate) const ALL: [Self; 4] = [
        Self::Ceiling,
        Self::Sqlite,
        Self::SqliteRelaxed,
        Self::Postgres,
    ];

    /// As the table calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Ceiling => "empty axum handler",
            Self::Sqlite => "SQLite, `full`",
            Self::SqliteRelaxed => "SQLite, `relaxed`",
            Self::Postgres => "PostgreSQL, `full`",
        }
    }

    fn durability(self) -> &'static str {
        match self {
            Self::SqliteRelaxed => "relaxed",
            _ => "full",
        }
    }
}

impl fmt::Display for TargetKind {
    /// As the command line calls it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no target is hidden");
        f.write_str(value.get_name())
    }
}

/// A running server. Killed (SIGKILL) when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Server {
    /// Starts the ceiling.
    pub(crate) fn start_ceiling(folder: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve-ceiling").arg(port.to_string());
        Self::start(command, port, folder)
    }

    /// Starts the program as an owner would behind a proxy on the same machine, but without a limit a network: the load
    /// has few networks.
    pub(crate) fn start_program(
        kind: TargetKind,
        program: &Path,
        database_url: &str,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(["--database-url", database_url])
            .arg("--data-dir")
            .arg(folder.join("data"))
            .arg("--key-file")
            .arg(folder.join("keys"))
            .args(["--trusted-proxies", "loopback"])
            .args(["--durability", kind.durability()])
            .args(["--rate-limit", "0"]);
        Self::start(command, port, folder)
    }

    fn start(mut command: Command, port: u16, folder: &Path) -> anyhow::Result<Self> {
        let log = File::create(folder.join("log"))?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command
            .spawn()
            .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        Ok(Self { child, port })
    }

    /// Its number as a process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
