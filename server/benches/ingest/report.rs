//! The table: one row a run, as Markdown that reads well in a terminal too.

use crate::{run::Row, target::TargetKind};

const HEAD: [&str; 13] = [
    "target",
    "sites",
    "connections",
    "requests/s",
    "of ceiling",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "CPU µs/request",
    "of it PostgreSQL",
    "peak MiB",
    "bytes/event",
    "answered ≤ stored",
];

/// One line a run, in the given order, with the share of the ceiling's throughput at as many connections.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| cells(row, ceiling_of(row, rows))));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: [usize; HEAD.len()] =
        std::array::from_fn(|column| width(column).unwrap_or_default());
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        text += &markdown(line, &widths);
        if number == 0 {
            // Names to the left, figures to the right.
            let rule = widths.map(|width| format!("{}:", "-".repeat(width - 1)));
            text += &markdown(&rule, &widths).replacen("-:", "--", 1);
        }
    }
    text
}

fn markdown(cells: &[String; HEAD.len()], widths: &[usize; HEAD.len()]) -> String {
    let mut line = String::from("|");
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        line += &if column == 0 {
            format!(" {cell:<width$} |")
        } else {
            format!(" {cell:>width$} |")
        };
    }
    line + "\n"
}

fn cells(row: &Row, ceiling: Option<&Row>) -> [String; HEAD.len()] {
    let ms = |us: u64| format!("{:.2}", us as f64 / 1e3);
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "–".into());
    let share = ceiling.map(|ceiling| row.load.per_second() / ceiling.load.per_second());
    [
        row.kind.label().into(),
        row.sites.to_string(),
        row.connections.to_string(),
        thousands(row.load.per_second().round() as u64),
        or_dash(share.map(|share| format!("{:.1} %", share * 100.0))),
        ms(row.load.p50_us),
        ms(row.load.p99_us),
        ms(row.load.p999_us),
        format!("{:.1}", row.cpu_us),
        or_dash(row.postgres_cpu_us.map(|us| format!("{us:.1}"))),
        format!("{:.0}", row.peak_memory_bytes as f64 / 1024.0 / 1024.0),
        or_dash(
            row.stored
                .map(|(_, stored)| format!("{:.1}", stored.bytes as f64 / stored.events as f64)),
        ),
        or_dash(row.stored.map(|(answered, stored)| {
            format!("{} ≤ {}", thousands(answered), thousands(stored.events))
        })),
    ]
}

fn ceiling_of<'a>(row: &Row, rows: &'a [Row]) -> Option<&'a Row> {
    rows.iter().find(|other| {
        other.kind == TargetKind::Ceiling
            && (other.connections, other.sites) == (row.connections, row.sites)
    })
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
