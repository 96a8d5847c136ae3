//! What processes used, from Linux' /proc: processor time and memory.

use std::{fs, process::Command, time::Duration};

use anyhow::{Context, ensure};

/// Processor time of one process, all its threads, in user and kernel mode.
pub(crate) fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    Ok(Stat::read(pid)?.own)
}

/// Processor time of a process, its children, and those that ended: a PostgreSQL server by its postmaster.
pub(crate) fn cpu_time_of_family(parent: u32) -> anyhow::Result<Duration> {
    let stat = Stat::read(parent)?;
    let mut sum = stat.own + stat.ended_children;
    for entry in fs::read_dir("/proc")? {
        let pid = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        // A process may end while we look.
        if let Some(Ok(child)) = pid.map(Stat::read)
            && child.parent == parent
        {
            sum += child.own;
        }
    }
    Ok(sum)
}

/// The process that started this one.
pub(crate) fn parent(pid: u32) -> anyhow::Result<u32> {
    Ok(Stat::read(pid)?.parent)
}

/// The most memory that a process had resident at once, in bytes. Mapped parts of files count too.
pub(crate) fn peak_memory_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.context("VmHWM is missing")? * 1024)
}

/// What is needed of /proc/PID/stat, see proc(5).
struct Stat {
    parent: u32,
    own: Duration,
    ended_children: Duration,
}

impl Stat {
    fn read(pid: u32) -> anyhow::Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name is in parentheses and may hold anything; the third field, the state, follows the last one.
        let (_, rest) = text.rsplit_once(')').context("no name in stat")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).context("stat is too short");
        // Linux shows ticks of 10 ms to every program, whatever the kernel uses itself.
        let ticks = |number| anyhow::Ok(Duration::from_millis(field(number)?.parse::<u64>()? * 10));
        Ok(Self {
            parent: field(4)?.parse()?,
            own: ticks(14)? + ticks(15)?,
            ended_children: ticks(16)? + ticks(17)?,
        })
    }
}

/// Asks a process to end (SIGINT).
pub(crate) fn interrupt(pid: u32) -> anyhow::Result<()> {
    let status = Command::new("kill")
        .args(["-INT", &pid.to_string()])
        .status()?;
    ensure!(status.success(), "process {pid} cannot be interrupted");
    Ok(())
}
