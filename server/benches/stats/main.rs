//! `make bench-stats`: what questions about a year of traffic cost, beside DuckDB on the same events.
//!
//! Comes in: a database with the site `large.example`, or an empty one to be filled. Goes out: Markdown tables, on standard
//! output and in a file. All days are closed first, which is measured too; then every question is asked many times through the
//! library, once on a cold machine, and once in a process of its own for its memory.
//!
//! One duty a file: [`question`] what is asked, and [`sql`] the same for DuckDB; [`answer`] what both must agree on; [`year`]
//! fills and closes; [`storage`] sizes and exports; [`duckdb`] the other program; [`measure`] time, memory, disk; [`report`]
//! the tables.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use trackflow::db::{DatabaseUrl, Db, run_migrations};

mod answer;
mod duckdb;
#[path = "../ingest/machine.rs"]
mod machine;
mod measure;
mod question;
mod report;
mod sql;
mod storage;
mod year;

use measure::Timings;
use question::{Question, When};
use report::Row;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures questions about one site and a year.
#[derive(Debug, Parser)]
struct Arguments {
    /// The database; open days of it are closed, so give a copy
    #[arg(long, value_name = "URL")]
    database: DatabaseUrl,
    /// Fills an empty database with so many events, month by month, closing each
    #[arg(long, value_name = "EVENTS")]
    seed: Option<u64>,
    /// The DuckDB file to compare with; made of the rows of days that are still open
    #[arg(long, value_name = "FILE", requires = "python")]
    duckdb: Option<PathBuf>,
    /// A Python that has the package `duckdb`
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Only questions whose names have this part
    #[arg(long, default_value = "")]
    only: String,
    /// Times that each question is asked on a warm machine, unless that takes longer than --seconds
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Longest time for one question
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Also tells the bytes of each column and roll-up
    #[arg(long)]
    columns: bool,
    /// The file that the tables are also written to
    #[arg(long)]
    out: Option<PathBuf>,
    /// Asks one question once and prints the memory that it took; how the benchmark calls itself
    #[arg(long, value_name = "QUESTION")]
    one: Option<String>,
    /// Asks one question again and again for --seconds: for profiles
    #[arg(long, value_name = "QUESTION")]
    repeat: Option<String>,
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
    // As the server runs questions: on the runtime's workers, whose threads may block.
    runtime.block_on(async { tokio::spawn(run(arguments)).await? })
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(name) = &arguments.one {
        println!(
            "{}",
            measure::memory(&arguments.database, &find(name)?).await?
        );
        return Ok(());
    }
    if let Some(name) = &arguments.repeat {
        let question = find(name)?;
        let db = Db::new(&arguments.database)?;
        let timings = Timings::take(&db, &question, usize::MAX, arguments.seconds).await?;
        println!("{timings}");
        return Ok(());
    }
    run_migrations(&arguments.database).await?;
    let text = compare(&arguments).await?;
    if let Some(path) = &arguments.out {
        std::fs::write(path, &text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

async fn compare(arguments: &Arguments) -> anyhow::Result<String> {
    let folder = std::env::current_dir()?;
    let mut text = machine::describe(&folder)?;
    print!("{text}");
    let url = &arguments.database;
    let duckdb = arguments
        .duckdb
        .as_deref()
        .zip(arguments.python.as_deref())
        .map(|(file, python)| duckdb::DuckDb::new(file, python));
    let closed = year::prepare(url, arguments.seed, duckdb.as_ref()).await?;
    let mut tell = |part: String| {
        print!("{part}");
        text += &part;
    };
    tell(report::building(
        &closed,
        &storage::sizes(url).await?,
        duckdb.as_ref(),
    ));
    if arguments.columns {
        tell(report::parts(&storage::parts(url).await?));
    }

    let mut rows = Vec::new();
    let questions = Question::all();
    for question in questions
        .iter()
        .filter(|it| it.name.contains(&arguments.only))
    {
        eprintln!("{}", question.name);
        // First, while no connection has parts of the file mapped: those stay in memory.
        let cold = measure::cold(url, question).await?;
        let db = Db::new(url)?;
        let timings = Timings::take(&db, question, arguments.runs, arguments.seconds).await?;
        drop(db);
        let memory_bytes = measure::memory_of_process(url, question)?;
        let statements = sql::statements(question, When::of(question.range));
        let theirs = match &duckdb {
            Some(duckdb) if !statements.is_empty() => {
                let theirs = duckdb.ask(&statements, arguments.runs, arguments.seconds)?;
                answer::compare(&timings.answer, &theirs.answer)
                    .with_context(|| format!("{}: DuckDB says something else", question.name))?;
                Some(theirs)
            }
            _ => None,
        };
        rows.push(Row {
            name: question.name,
            timings,
            cold,
            memory_bytes,
            theirs,
        });
    }
    tell(report::questions(&rows));
    Ok(text)
}

fn find(name: &str) -> anyhow::Result<Question> {
    let found = Question::all().into_iter().find(|it| it.name == name);
    found.with_context(|| {
        let names: Vec<_> = Question::all().iter().map(|it| it.name).collect();
        format!(
            "there is no question `{name}`; there are {}",
            names.join(", ")
        )
    })
}
