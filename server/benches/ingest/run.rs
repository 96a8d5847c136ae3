//! One run: an empty database, a warm-up, the measured load, SIGKILL, and the count of what is stored.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::{
    load::{self, Outcome},
    process,
    storage::{Storage, Stored},
    target::{Server, TargetKind},
};

/// Enough for the caches to fill and for the first checkpoint of SQLite.
const WARM_UP: Duration = Duration::from_secs(3);

/// What all runs share.
pub(crate) struct Runner {
    /// On a real disk, or nothing is durable.
    pub(crate) folder: TempDir,
    pub(crate) program: PathBuf,
    pub(crate) postgres: Option<String>,
    pub(crate) duration: Duration,
    pub(crate) perf: Option<PathBuf>,
}

/// What one run measured.
pub(crate) struct Row {
    pub(crate) kind: TargetKind,
    pub(crate) connections: u32,
    pub(crate) sites: u32,
    pub(crate) load: Outcome,
    /// Processor time a request, of the server and of its PostgreSQL.
    pub(crate) cpu_us: f64,
    /// The part of it that is PostgreSQL's.
    pub(crate) postgres_cpu_us: Option<f64>,
    pub(crate) peak_memory_bytes: u64,
    /// Answered 2xx since the server started, and what was found of it. `None` for the ceiling.
    pub(crate) stored: Option<(u64, Stored)>,
}

impl Runner {
    /// Measures once.
    ///
    /// # Errors
    /// If something cannot be started, a request failed, or an answered event is not stored.
    pub(crate) async fn run(
        &self,
        kind: TargetKind,
        connections: u32,
        sites: u32,
    ) -> anyhow::Result<Row> {
        let folder = tempfile::tempdir_in(&self.folder)?;
        let folder = folder.path();
        let storage = match kind {
            TargetKind::Ceiling => None,
            _ => Some(Storage::create(kind, folder, self.postgres.as_deref(), sites).await?),
        };
        let server = match &storage {
            None => Server::start_ceiling(folder)?,
            Some(storage) => Server::start_program(kind, &self.program, storage.url(), folder)?,
        };
        let postmaster = storage.as_ref().and_then(|storage| storage.postmaster);
        let measured = self.measure(&server, postmaster, connections, sites);
        let (before, mut row) = measured.with_context(|| last_lines(&folder.join("log")))?;
        row.kind = kind;
        drop(server);
        if let Some(storage) = storage {
            let stored = storage.read().await?;
            let answered = before + row.load.answered;
            check(answered, &stored, connections)?;
            row.stored = Some((answered, stored));
        }
        Ok(row)
    }

    /// Gives the number of events before the measured ones, and the measurement.
    fn measure(
        &self,
        server: &Server,
        postmaster: Option<u32>,
        connections: u32,
        sites: u32,
    ) -> anyhow::Result<(u64, Row)> {
        load::first_event(server.port)?;
        let warm_up = load::run(server.port, connections, sites, 1, WARM_UP)?;
        let used = || {
            let own = process::cpu_time(server.pid())?;
            let postgres = postmaster.map(process::cpu_time_of_family).transpose()?;
            anyhow::Ok((own, postgres.unwrap_or_default()))
        };
        let profiler = self
            .perf
            .as_deref()
            .map(|file| record(server.pid(), file))
            .transpose()?;
        let (own_before, postgres_before) = used()?;
        let load = load::run(server.port, connections, sites, 2, self.duration)?;
        let (own, postgres) = used()?;
        if let Some(mut profiler) = profiler {
            process::interrupt(profiler.id())?;
            profiler.wait()?;
        }
        let a_request = |time: Duration| time.as_secs_f64() * 1e6 / load.answered as f64;
        let postgres = a_request(postgres - postgres_before);
        let row = Row {
            kind: TargetKind::Ceiling,
            connections,
            sites,
            load,
            cpu_us: a_request(own - own_before) + postgres,
            postgres_cpu_us: postmaster.map(|_| postgres),
            peak_memory_bytes: process::peak_memory_bytes(server.pid())?,
            stored: None,
        };
        Ok((1 + warm_up.answered, row))
    }
}

/// Every answered event is stored; what is stored beyond them was on its way when wrk hung up, once after each of its runs.
fn check(answered: u64, stored: &Stored, connections: u32) -> anyhow::Result<()> {
    let on_the_way = 2 * u64::from(connections);
    ensure!(
        (answered..=answered + on_the_way).contains(&stored.events),
        "{answered} events were answered 2xx, but {} are stored",
        stored.events
    );
    Ok(())
}

fn record(pid: u32, file: &Path) -> anyhow::Result<Child> {
    let mut command = Command::new("perf");
    command
        .args([
            "record",
            "--quiet",
            "-F",
            "499",
            "--call-graph",
            "dwarf,16384",
            "-p",
            &pid.to_string(),
            "-o",
        ])
        .arg(file);
    command
        .spawn()
        .context("perf cannot be started; Debian's package is `linux-perf`")
}

/// The end of a server's log, to say why it failed.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    format!(
        "the server said: {}",
        lines[lines.len().saturating_sub(5)..].join(" / ")
    )
}
