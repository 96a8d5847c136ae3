//! The program as an operator runs it: a process with flags, signals, a log and an address.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// The longest that a start may take, also under a debugger.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Opens `/metrics` of a program under test.
pub(crate) const METRICS_TOKEN: &str = "metrics-of-the-program-under-test";

/// How to start the program.
pub(crate) struct Launch {
    command: Command,
    database_url: String,
}

/// Where the program is: `TRACKFLOW_BIN`, else the one that cargo built with the tests.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("TRACKFLOW_BIN")
        .map_or_else(|| env!("CARGO_BIN_EXE_trackflow").into(), PathBuf::from)
}

impl Launch {
    /// On a database, with what belongs to it in a folder: the key file in `folder/run`, data in `folder/data`.
    pub(crate) fn new(folder: &Path, database_url: &str) -> Self {
        Self::under(&[], folder, database_url)
    }

    /// The same, as an argument of another program: `strace -D …`, `prlimit …`.
    pub(crate) fn under(wrapper: &[&str], folder: &Path, database_url: &str) -> Self {
        for part in ["run", "data"] {
            std::fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        let mut command = match wrapper {
            [] => Command::new(binary()),
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary());
                command
            }
        };
        command
            .env_clear()
            // A program under a wrapper is found by PATH.
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", database_url)
            .env("TRACKFLOW_METRICS_TOKEN", METRICS_TOKEN)
            .env("TRACKFLOW_LISTEN", "127.0.0.1:0")
            .env("TRACKFLOW_TRUSTED_PROXIES", "loopback")
            .arg("--data-dir")
            .arg(folder.join("data"))
            .arg("--key-file")
            .arg(folder.join("run/keys"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Self {
            command,
            database_url: database_url.to_owned(),
        }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it and waits until it serves.
    pub(crate) fn start(mut self) -> Program {
        let started_at = Instant::now();
        let mut child = self.command.spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let log = Arc::new(Mutex::new(String::new()));
        let mut line = String::new();
        let address = loop {
            line.clear();
            let count = lines.read_line(&mut line).expect("a readable log");
            log.lock().expect("no panic").push_str(&line);
            assert!(
                count > 0 && started_at.elapsed() < START_LIMIT,
                "the program on {} did not start: {}",
                self.database_url,
                log.lock().expect("no panic")
            );
            if let Some((_, rest)) = line.split_once("TrackFlow is at http://") {
                let is_of_address = |c: char| c.is_ascii_digit() || c == '.' || c == ':';
                let end = rest.find(|c| !is_of_address(c)).unwrap_or(rest.len());
                break rest[..end].parse().expect("an address");
            }
        };
        let sink = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
                sink.lock().expect("no panic").push_str(&line);
                line.clear();
            }
        });
        Program {
            child,
            address,
            log,
            start_time: started_at.elapsed(),
        }
    }
}

/// The running program; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<String>>,
    /// From the start of the process until it said that it serves.
    pub(crate) start_time: Duration,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail = log.len().saturating_sub(4_000);
            eprintln!(
                "--- log of the program ---\n{}",
                log.get(tail..).unwrap_or_default()
            );
        }
    }
}

impl Program {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no panic").clone()
    }

    /// SIGKILL: no goodbye.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ends");
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end, without blocking the runtime.
    pub(crate) async fn ended(&mut self, limit: Duration) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state is known") {
                return status;
            }
            assert!(since.elapsed() < limit, "it did not end within {limit:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops it as an operator would.
    pub(crate) async fn stop(&mut self) {
        self.signal("TERM");
        let status = self.ended(Duration::from_secs(15)).await;
        assert!(status.success(), "{status}");
        self.assert_healthy();
    }

    /// No task or thread of it has panicked.
    pub(crate) fn assert_healthy(&self) {
        let log = self.log();
        assert!(!log.contains("panicked at"), "{log}");
    }

    /// A figure of `/proc/PID/status` in KiB: `VmRSS`, `VmHWM`.
    pub(crate) fn memory_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("the program runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let figure = line.and_then(|rest| rest.trim_matches([':', '\t', ' ']).split(' ').next());
        figure
            .and_then(|figure| figure.parse().ok())
            .expect("a figure")
    }

    /// How many files it has open, sockets among them.
    pub(crate) fn open_files(&self) -> usize {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.pid()));
        files.expect("the program runs").count()
    }
}
