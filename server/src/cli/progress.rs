//! Progress bars of long commands, on standard error; without a terminal there are none.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts to `length` of `what`.
pub(super) fn bar(length: u64, what: &str) -> ProgressBar {
    let style =
        format!("{{bar:40}} {{percent:>3}} %  {{human_pos}} of {{human_len}} {what}  {{eta}} left");
    ProgressBar::new(length).with_style(
        ProgressStyle::with_template(&style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
