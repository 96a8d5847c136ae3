//! The program `trackflow`.

use std::process::ExitCode;

use clap::Parser;

/// Ingestion allocates many small strings on all cores; glibc's allocator keeps them apart less well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::memory::use_small_pages();
    server::cli::run(server::cli::Cli::parse())
}
