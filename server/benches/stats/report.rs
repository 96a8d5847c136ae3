//! The tables, as Markdown that reads well in a terminal too.

use crate::{
    duckdb::{Asked, DuckDb},
    measure::{Cold, Timings, percentile},
    storage::{PartSize, Sizes},
    year::Closed,
};

/// A question's figures.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) timings: Timings,
    pub(crate) cold: Option<Cold>,
    pub(crate) memory_bytes: u64,
    pub(crate) theirs: Option<Asked>,
}

/// What closing cost and what it left.
pub(crate) fn building(closed: &Closed, sizes: &Sizes, duckdb: Option<&DuckDb>) -> String {
    let mut text = String::from("\n");
    if closed.days > 0 {
        let rate = |seconds: f64| thousands((closed.events as f64 / seconds).round() as u64);
        let preparing = closed.preparing.as_secs_f64();
        let all = preparing + closed.storing.as_secs_f64() + closed.months.as_secs_f64();
        text += &format!(
            "- {} days closed: {} events/s read and built, {} events/s with writing and months, {} events/s with deleting rows\n",
            closed.days,
            rate(preparing),
            rate(all),
            rate(all + closed.sweeping.as_secs_f64()),
        );
    }
    let each = |bytes: u64| format!("{:.2}", bytes as f64 / sizes.events.max(1) as f64);
    text += &format!(
        "- {} events: {} bytes each in blocks and {} in roll-ups, {} on disk",
        thousands(sizes.events),
        each(sizes.block_bytes),
        each(sizes.roll_up_bytes),
        each(sizes.stored_bytes),
    );
    if let Some(duckdb) = duckdb {
        text += &format!("; DuckDB's file: {}", each(duckdb.bytes()));
    }
    text + "\n"
}

/// Bytes of columns and roll-ups.
pub(crate) fn parts(parts: &[PartSize]) -> String {
    let mut lines = vec![vec!["part".into(), "bytes".into()]];
    lines.extend(
        parts
            .iter()
            .map(|part| vec![part.name.clone(), thousands(part.bytes)]),
    );
    table(&lines)
}

/// One line a question.
pub(crate) fn questions(rows: &[Row]) -> String {
    let head = [
        "question",
        "p50 ms",
        "p99 ms",
        "cold ms",
        "MiB read cold",
        "memory MiB",
        "DuckDB p50",
        "p99",
        "cold",
        "memory",
        "faster",
    ];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        let cold = row.cold.as_ref();
        let theirs = row.theirs.as_ref();
        let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "–".into());
        let of_theirs = |value: &dyn Fn(&Asked) -> String| or_dash(theirs.map(value));
        vec![
            row.name.into(),
            ms(row.timings.p50()),
            ms(row.timings.p99()),
            or_dash(cold.map(|cold| ms(cold.ms))),
            or_dash(cold.map(|cold| mib(cold.bytes))),
            mib(row.memory_bytes),
            of_theirs(&|theirs| ms(percentile(&theirs.ms, 0.5))),
            of_theirs(&|theirs| ms(percentile(&theirs.ms, 0.99))),
            of_theirs(&|theirs| ms(theirs.cold_ms)),
            of_theirs(&|theirs| mib(theirs.peak_memory_bytes)),
            of_theirs(&|theirs| format!("{:.1}×", percentile(&theirs.ms, 0.5) / row.timings.p50())),
        ]
    }));
    table(&lines)
}

fn ms(ms: f64) -> String {
    format!("{ms:.1}")
}

fn mib(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1024.0 / 1024.0)
}

/// Names to the left, figures to the right.
fn table(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let widths = lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or(0).max(2)
        })
        .collect();
    let mut text = String::from("\n");
    for (number, line) in lines.iter().enumerate() {
        text += "|";
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            text += &if column == 0 {
                format!(" {cell:<width$} |")
            } else {
                format!(" {cell:>width$} |")
            };
        }
        text += "\n";
        if number == 0 {
            text += "|";
            for (column, width) in widths.iter().enumerate() {
                let rule = "-".repeat(width - 1);
                text += &if column == 0 {
                    format!(" {rule}- |")
                } else {
                    format!(" {rule}: |")
                };
            }
            text += "\n";
        }
    }
    text
}

/// `12345` as `12,345`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
