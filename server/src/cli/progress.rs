//! How far a long command is: a bar on standard error; without a terminal a line in the log at every tenth.

use indicatif::{ProgressBar, ProgressStyle};

/// A long command's progress.
pub(super) struct Progress {
    bar: ProgressBar,
    what: &'static str,
    tenths: u64,
}

impl Progress {
    /// Nothing done yet of `what`.
    pub(super) fn new(what: &'static str) -> Self {
        let style = format!(
            "{{bar:40}} {{percent:>3}} %  {{human_pos}} of {{human_len}} {what}  {{eta}} left"
        );
        let style =
            ProgressStyle::with_template(&style).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: ProgressBar::new(1).with_style(style),
            what,
            tenths: 0,
        }
    }

    /// Shows that `done` of `total` is done.
    pub(super) fn show(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        let tenths = (done * 10).checked_div(total).unwrap_or(10);
        if self.bar.is_hidden() && tenths > self.tenths {
            self.tenths = tenths;
            tracing::info!("{} %: {done} of {total} {}", tenths * 10, self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
