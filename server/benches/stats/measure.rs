//! Times, disk and memory of a question.

use std::{
    fmt, fs,
    process::Command,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use trackflow::{
    db::{DatabaseUrl, Db},
    domain::Plan,
};

use crate::{answer::Answer, question::Question};

/// Times of a question on a warm machine.
pub(crate) struct Timings {
    /// Ascending.
    ms: Vec<f64>,
    pub(crate) answer: Answer,
    /// How it was answered; dashboards do not tell.
    pub(crate) plan: Option<Plan>,
}

impl Timings {
    /// Asks once unmeasured, then `runs` times or, if that would take longer, for so many seconds, and at least three times.
    pub(crate) async fn take(
        db: &Db,
        question: &Question,
        runs: usize,
        seconds: u64,
    ) -> anyhow::Result<Self> {
        let (answer, plan) = question.ask(db).await?;
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut ms = Vec::new();
        while ms.len() < runs && (ms.len() < 3 || Instant::now() < end) {
            let started = Instant::now();
            question.ask(db).await?;
            ms.push(started.elapsed().as_secs_f64() * 1e3);
        }
        ms.sort_by(f64::total_cmp);
        Ok(Self { ms, answer, plan })
    }

    pub(crate) fn p50(&self) -> f64 {
        percentile(&self.ms, 0.5)
    }

    pub(crate) fn p99(&self) -> f64 {
        percentile(&self.ms, 0.99)
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (self.p50(), self.p99());
        write!(
            f,
            "{} runs, p50 {p50:.2} ms, p99 {p99:.2} ms, {:?}",
            self.ms.len(),
            self.plan
        )
    }
}

/// The value below or at which a share of ascending values lies; the largest for p99 of fewer than 100.
pub(crate) fn percentile(ascending: &[f64], share: f64) -> f64 {
    let at = (ascending.len() as f64 * share).ceil() as usize;
    ascending
        .get(at.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// A question on a machine that has nothing of the database in memory.
pub(crate) struct Cold {
    pub(crate) ms: f64,
    /// Read from the disk.
    pub(crate) bytes: u64,
}

/// Asks once over new connections after the machine's caches were emptied; `None` if that is not allowed, and for PostgreSQL,
/// which has a cache of its own.
pub(crate) async fn cold(url: &DatabaseUrl, question: &Question) -> anyhow::Result<Option<Cold>> {
    if matches!(url, DatabaseUrl::Postgres(_)) || !drop_caches() {
        return Ok(None);
    }
    let before = read_bytes()?;
    let started = Instant::now();
    let db = Db::new(url)?;
    question.ask(&db).await?;
    Ok(Some(Cold {
        ms: started.elapsed().as_secs_f64() * 1e3,
        bytes: read_bytes()? - before,
    }))
}

/// Empties the caches of files, which only root may. See proc(5), `drop_caches`.
pub(crate) fn drop_caches() -> bool {
    // What was written and is not on the disk yet would stay in memory.
    let is_synced = Command::new("sync")
        .status()
        .is_ok_and(|status| status.success());
    is_synced && fs::write("/proc/sys/vm/drop_caches", "3\n").is_ok()
}

/// What this process has read from disks.
fn read_bytes() -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/self/io")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("read_bytes: "));
    Ok(line.context("no read_bytes")?.parse()?)
}

/// Memory of a question in a new process of this benchmark: bytes beyond what it had before.
pub(crate) fn memory_of_process(url: &DatabaseUrl, question: &Question) -> anyhow::Result<u64> {
    let url = match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let output = Command::new(std::env::current_exe()?)
        .args(["--database", &url, "--one", question.name])
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Asks once and gives the most memory that it took beyond what was there before. Looked at every quarter of a millisecond;
/// mapped parts of the database's file are not counted, which the system can take back.
pub(crate) async fn memory(url: &DatabaseUrl, question: &Question) -> anyhow::Result<u64> {
    static PEAK: AtomicU64 = AtomicU64::new(0);
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    let db = Db::new(url)?;
    let before = anonymous_bytes()?;
    let watch = std::thread::spawn(|| {
        while !IS_OVER.load(Ordering::Relaxed) {
            PEAK.fetch_max(anonymous_bytes().unwrap_or(0), Ordering::Relaxed);
            std::thread::sleep(Duration::from_micros(250));
        }
    });
    question.ask(&db).await?;
    PEAK.fetch_max(anonymous_bytes()?, Ordering::Relaxed);
    IS_OVER.store(true, Ordering::Relaxed);
    watch
        .join()
        .map_err(|_| anyhow::anyhow!("the watch failed"))?;
    Ok(PEAK.load(Ordering::Relaxed).saturating_sub(before))
}

/// Memory of this process that is no file's.
fn anonymous_bytes() -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.context("RssAnon is missing")? * 1024)
}
