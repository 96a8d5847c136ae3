//! DuckDB, in a Python process of its own (`run_duckdb.py`).

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use anyhow::{Context, ensure};
use serde::Deserialize;
use trackflow::db::DatabaseUrl;

use crate::{answer::Answer, measure, storage};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/stats/run_duckdb.py");

/// A DuckDB file.
pub(crate) struct DuckDb {
    file: PathBuf,
    python: PathBuf,
}

/// What DuckDB said to a question. Several statements are one after the other.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    pub(crate) answer: Answer,
    /// Of each run, ascending.
    pub(crate) ms: Vec<f64>,
    pub(crate) cold_ms: f64,
    pub(crate) peak_memory_bytes: u64,
}

impl DuckDb {
    pub(crate) fn new(file: &Path, python: &Path) -> Self {
        Self {
            file: file.into(),
            python: python.into(),
        }
    }

    /// Whether it has been filled.
    pub(crate) fn exists(&self) -> bool {
        self.file.exists()
    }

    pub(crate) fn bytes(&self) -> u64 {
        fs::metadata(&self.file).map_or(0, |file| file.len())
    }

    /// Begins to fill it with events.
    pub(crate) fn load(&self) -> anyhow::Result<Loading> {
        // Under another name until it is whole.
        let mut child = self.start("load", &self.file.with_extension("part"))?;
        let input = BufWriter::with_capacity(1 << 20, child.stdin.take().context("no input")?);
        Ok(Loading {
            child,
            input: Some(input),
        })
    }

    /// Adds what numbers stand for, which makes it whole.
    pub(crate) fn load_words(&self, url: &DatabaseUrl) -> anyhow::Result<()> {
        let part = self.file.with_extension("part");
        let mut child = self.start("words", &part)?;
        let mut input = BufWriter::new(child.stdin.take().context("no input")?);
        storage::export_words(url, &mut input)?;
        drop(input);
        ensure!(child.wait()?.success(), "DuckDB could not take the words");
        fs::rename(part, &self.file)?;
        Ok(())
    }

    /// Asks once cold, if this machine lets its caches be emptied, and then again and again.
    pub(crate) fn ask(
        &self,
        statements: &[String],
        runs: usize,
        seconds: u64,
    ) -> anyhow::Result<Asked> {
        let request =
            serde_json::json!({ "statements": statements, "runs": runs, "seconds": seconds });
        measure::drop_caches();
        let mut child = self.start("ask", &self.file)?;
        let mut input = child.stdin.take().context("no input")?;
        input.write_all(request.to_string().as_bytes())?;
        drop(input);
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "DuckDB failed");
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn start(&self, task: &str, file: &Path) -> anyhow::Result<Child> {
        let mut command = Command::new(&self.python);
        command.args([SCRIPT, task]).arg(file);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
            .spawn()
            .with_context(|| self.python.display().to_string())
    }
}

/// A DuckDB file that is being filled.
pub(crate) struct Loading {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
}

impl Loading {
    /// Takes lines.
    pub(crate) fn input(&mut self) -> anyhow::Result<&mut BufWriter<ChildStdin>> {
        self.input.as_mut().context("the input is closed")
    }

    /// Waits until all lines are in.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        self.input = None;
        ensure!(
            self.child.wait()?.success(),
            "DuckDB could not take the events"
        );
        Ok(())
    }
}
