//! Answers in a form that both programs' can be brought into, and their comparison.

use anyhow::ensure;
use serde::Deserialize;

/// One list of rows a table, in the order in which a reader sees them.
pub(crate) type Answer = Vec<Vec<Values>>;

/// A row.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Values {
    /// What it stands for; empty for a total.
    pub(crate) key: String,
    pub(crate) numbers: Vec<f64>,
}

/// Checks that two answers are equal, order included.
pub(crate) fn compare(ours: &Answer, theirs: &Answer) -> anyhow::Result<()> {
    ensure!(
        ours.len() == theirs.len(),
        "{} tables here, {} there",
        ours.len(),
        theirs.len()
    );
    for (table, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        ensure!(
            ours.len() == theirs.len(),
            "table {table}: {} rows here, {} there",
            ours.len(),
            theirs.len()
        );
        for (row, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            ensure!(
                ours == theirs,
                "table {table}, row {row}: {ours:?} here, {theirs:?} there"
            );
        }
    }
    Ok(())
}
