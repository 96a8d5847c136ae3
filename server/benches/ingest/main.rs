//! `make bench-ingest`: how many events a second the whole program takes over HTTP, and what one costs.
//!
//! Comes in: the built program, wrk and the URL of a PostgreSQL server. Goes out: a Markdown table, on standard output and in a
//! file. Every run starts the program on an empty database, lets it warm up, measures, **kills it (SIGKILL)** and counts what
//! is stored: if an answered event is missing, the whole benchmark fails.
//!
//! One question a file: [`target`] what is measured, [`load`] the requests, [`process`] time and memory, [`storage`] what is
//! in the database, [`report`] the table, [`machine`] where it was measured. [`ceiling`] is an axum handler that only parses:
//! what HTTP alone costs on the same cores.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Parser;

mod ceiling;
mod load;
mod machine;
mod process;
mod report;
mod run;
mod storage;
mod target;

use run::Runner;
use target::TargetKind;

/// The allocator of the program, so that the ceiling has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures ingestion over HTTP, on loopback.
#[derive(Debug, Parser)]
struct Arguments {
    /// What is measured
    #[arg(long, value_delimiter = ',', default_values_t = TargetKind::ALL)]
    targets: Vec<TargetKind>,
    /// Connections at once
    #[arg(long, value_delimiter = ',', default_value = "128")]
    connections: Vec<u32>,
    /// Numbers of sites that the events are for
    #[arg(long, value_delimiter = ',', default_value = "1")]
    sites: Vec<u32>,
    /// All targets with 1, 32, 128 and 512 connections, one site and 300
    #[arg(long)]
    full: bool,
    /// Length of a measured run
    #[arg(long, default_value_t = 12)]
    seconds: u32,
    /// The program; by default the one that cargo built with this benchmark
    #[arg(long, default_value = env!("CARGO_BIN_EXE_trackflow"))]
    program: PathBuf,
    /// A PostgreSQL server on this machine that syncs, by an account that may create databases
    #[arg(long)]
    postgres: Option<String>,
    /// The file that the table is also written to
    #[arg(long)]
    out: Option<PathBuf>,
    /// A file for a profile (`perf record`) of the program during each measured run
    #[arg(long)]
    perf: Option<PathBuf>,
    /// Serves the ceiling on this port; how the benchmark calls itself
    #[arg(long, hide = true)]
    serve_ceiling: Option<u16>,
    /// What `cargo bench` passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    server::memory::use_small_pages();
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match arguments.serve_ceiling {
        Some(port) => runtime.block_on(ceiling::serve(port)),
        None => runtime.block_on(measure(arguments)),
    }
}

async fn measure(mut arguments: Arguments) -> anyhow::Result<()> {
    if arguments.full {
        arguments.connections = vec![1, 32, 128, 512];
        arguments.sites = vec![1, 300];
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    // A copy, so that no other build changes the program between two runs.
    let program = folder.path().join("trackflow");
    std::fs::copy(&arguments.program, &program)
        .with_context(|| arguments.program.display().to_string())?;
    let runner = Runner {
        folder,
        program,
        postgres: arguments.postgres,
        duration: Duration::from_secs(arguments.seconds.into()),
        perf: arguments.perf,
    };
    let machine = machine::describe(runner.folder.path())?;
    let mut rows = Vec::new();
    for &sites in &arguments.sites {
        for &connections in &arguments.connections {
            for &kind in &arguments.targets {
                if kind == TargetKind::Postgres && runner.postgres.is_none() {
                    eprintln!("{kind}: not measured, since --postgres names no server");
                    continue;
                }
                eprintln!("{kind}: {connections} at once, sites: {sites}");
                let row = runner.run(kind, connections, sites).await;
                rows.push(row.with_context(|| format!("{kind}, {connections} connections"))?);
            }
        }
    }
    let text = format!("{machine}\n{}", report::table(&rows));
    print!("{text}");
    if let Some(path) = arguments.out {
        std::fs::write(&path, &text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
