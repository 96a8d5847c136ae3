//! Where it was measured: processor, memory, system, disk; and whether the machine was busy with something else.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

const SYNCS: usize = 200;

/// Some lines for above the table. Measures the disk under `folder`, which takes well under a second.
pub(crate) fn describe(folder: &Path) -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let model = value("/proc/cpuinfo", "model name");
    let memory_kib = value("/proc/meminfo", "MemTotal")
        .and_then(|text| text.strip_suffix(" kB")?.parse::<f64>().ok());
    let system = value("/etc/os-release", "PRETTY_NAME");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let known = |text: Option<String>| text.unwrap_or_else(|| "unknown".into());
    Ok(format!(
        "- {cores} × {}, {:.0} GiB, {}, Linux {}\n- data on {}; a sync of 4 KiB takes {:.2} ms there (median of {SYNCS})\n\
         - load averages at the start: {}\n",
        known(model),
        memory_kib.unwrap_or_default() / 1024.0 / 1024.0,
        known(system).trim_matches('"'),
        kernel.trim(),
        file_system(folder),
        median_sync(folder)?.as_secs_f64() * 1e3,
        load.split(' ').take(3).collect::<Vec<_>>().join(" "),
    ))
}

/// The value of a line `name: value` or `NAME=value`.
fn value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(
        rest.trim_start_matches([' ', '\t', ':', '='])
            .trim()
            .to_owned(),
    )
}

fn file_system(folder: &Path) -> String {
    let output = Command::new("stat")
        .args(["--file-system", "--format=%T"])
        .arg(folder)
        .output();
    output.map_or_else(
        |_| "unknown".into(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// What a database waits for at every commit: 4 KiB appended and brought to the disk.
fn median_sync(folder: &Path) -> anyhow::Result<Duration> {
    let mut file: File = tempfile::tempfile_in(folder)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[1; 4096])?;
        let started_at = Instant::now();
        file.sync_data()?;
        times.push(started_at.elapsed());
    }
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}
