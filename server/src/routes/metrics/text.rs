//! The text itself: a family of lines for each counter, gauge and histogram.

use std::fmt::{Display, Write};

use trackflow::{
    domain::{RefusalReason, Timestamp, WriterState},
    ingest::{
        Ingest,
        meter::{HistogramSnapshot, Station},
    },
};

/// Writes all families.
pub(super) fn write(ingest: &Ingest, now: Timestamp) -> String {
    let (meter, status) = (ingest.meter(), ingest.status(now));
    let mut text = Text::default();
    text.family("events_accepted_total", "counter", "Events stored.");
    text.value("events_accepted_total", "", meter.accepted());
    text.family(
        "events_refused_total",
        "counter",
        "Events not stored, by reason.",
    );
    for reason in RefusalReason::ALL {
        let label = format!("reason=\"{}\"", reason.key());
        text.value("events_refused_total", &label, meter.refused(reason));
    }
    text.family(
        "refusals_left_out_total",
        "counter",
        "Refused events that the ledger of refusals had no room for while the database was away.",
    );
    text.value("refusals_left_out_total", "", meter.left_out());
    text.family(
        "station_seconds",
        "histogram",
        "Time of an event at a station; of one event in 16, except queue (the longest wait of a batch) and commit (each batch).",
    );
    for station in Station::ALL {
        let label = format!("station=\"{}\"", station.key());
        text.histogram("station_seconds", &label, &meter.station(station), 1e9);
    }
    text.family("batch_events", "histogram", "Events of a committed batch.");
    text.histogram("batch_events", "", &meter.batch_events(), 1.0);
    text.family(
        "batches_failed_total",
        "counter",
        "Batches that were not stored.",
    );
    text.value("batches_failed_total", "", meter.failed_batches());
    text.family("queue_events", "gauge", "Events that wait for the writer.");
    text.value("queue_events", "", status.queued);
    text.family("queue_limit_events", "gauge", "Events that may wait.");
    text.value("queue_limit_events", "", status.queue_limit);
    text.family("open_visits", "gauge", "Visits in the writer's memory.");
    text.value("open_visits", "", meter.open_visits());
    text.family(
        "dictionary_words",
        "gauge",
        "Strings in the writer's memory.",
    );
    text.value("dictionary_words", "", meter.dictionary_words());
    text.family("writer_up", "gauge", "1 while this process stores events.");
    let is_writing = status.writer == WriterState::Writing;
    text.value("writer_up", "", u8::from(is_writing));
    text.family("database_up", "gauge", "1 while the database answers.");
    text.value("database_up", "", u8::from(ingest.can_read()));
    text.family("build_info", "gauge", "The version of the program.");
    let label = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    text.value("build_info", &label, 1);
    text.process();
    text.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// The two lines before the values of a family.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP trackflow_{name} {help}"));
        self.line(format_args!("# TYPE trackflow_{name} {kind}"));
    }

    fn value(&mut self, name: &str, label: &str, value: impl Display) {
        let label = braces(label);
        self.line(format_args!("trackflow_{name}{label} {value}"));
    }

    /// A histogram whose values count `unit`ths, with a bucket for each power of two.
    #[expect(clippy::cast_precision_loss, reason = "a few digits are enough")]
    fn histogram(&mut self, name: &str, label: &str, values: &HistogramSnapshot, unit: f64) {
        let comma = if label.is_empty() { "" } else { "," };
        for (bound, below) in values.cumulative() {
            // `le` includes its bound. Times are never exactly there; of whole numbers the last one below is meant.
            let bound = if unit > 1.0 {
                bound as f64 / unit
            } else {
                (bound - 1) as f64
            };
            let label = format!("{label}{comma}le=\"{bound}\"");
            self.value(&format!("{name}_bucket"), &label, below);
        }
        let count = values.count();
        self.value(
            &format!("{name}_bucket"),
            &format!("{label}{comma}le=\"+Inf\""),
            count,
        );
        self.value(&format!("{name}_sum"), label, values.sum() as f64 / unit);
        self.value(&format!("{name}_count"), label, count);
    }

    /// What Prometheus' own libraries tell of a process, from Linux' `/proc`; elsewhere nothing.
    fn process(&mut self) {
        let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
            return;
        };
        let resident = status.lines().find_map(|line| {
            let kibibytes = line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?;
            kibibytes.trim().parse::<u64>().ok()
        });
        if let Some(kibibytes) = resident {
            self.line(format_args!("# TYPE process_resident_memory_bytes gauge"));
            self.line(format_args!(
                "process_resident_memory_bytes {}",
                kibibytes * 1024
            ));
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            // One of them is the folder that is being read.
            let open = files.count().saturating_sub(1);
            self.line(format_args!("# TYPE process_open_fds gauge"));
            self.line(format_args!("process_open_fds {open}"));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a string takes everything");
    }
}

fn braces(label: &str) -> String {
    if label.is_empty() {
        String::new()
    } else {
        format!("{{{label}}}")
    }
}
