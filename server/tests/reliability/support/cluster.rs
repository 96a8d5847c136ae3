//! A PostgreSQL server of the test's own, durable as an operator's is, which it may stop and start.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use super::database::administrate;

/// The server; stopped when dropped.
pub(crate) struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes an empty one on this machine's own address and starts it.
    pub(crate) fn start() -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST)
    }

    /// The same on a second address, from whose network everybody is trusted too.
    pub(crate) fn start_at(address: Ipv4Addr) -> Self {
        // Not in TMPDIR: the path of the Unix socket may have 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("trackflow-reliability.")
            .tempdir_in("/tmp")
            .expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let cluster = Self {
            folder,
            programs: programs(),
            port,
        };
        if is_root() {
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(cluster.folder.path())
                .status();
            assert!(owned.expect("chown runs").success());
        }
        let data = cluster.data();
        cluster.run(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
            ],
        );
        let settings = format!(
            "listen_addresses = '127.0.0.1, {address}'\nport = {port}\nunix_socket_directories = '{}'\n\
             max_connections = 30\nshared_buffers = 32MB\nlog_min_messages = warning\n",
            cluster.folder.path().display()
        );
        let file = Path::new(&data).join("postgresql.auto.conf");
        std::fs::write(file, settings).expect("a configuration");
        cluster.put_first(&format!("host all all {address}/24 trust"));
        cluster.control("start", "fast");
        cluster
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on this role has to show a password, where everybody else is trusted.
    pub(crate) async fn demand_password(&self, role: &str) {
        self.put_first(&format!("host all {role} 127.0.0.1/32 scram-sha-256"));
        self.execute("select pg_reload_conf()").await;
    }

    /// Adds a rule on who may connect before the others: the first that matches decides.
    fn put_first(&self, rule: &str) {
        let path = Path::new(&self.data()).join("pg_hba.conf");
        let rules = std::fs::read_to_string(&path).expect("a configuration");
        std::fs::write(path, format!("{rule}\n{rules}")).expect("a configuration");
    }

    /// Runs statements as the administrator.
    pub(crate) async fn execute(&self, statements: &str) {
        administrate(&self.url(), statements).await;
    }

    /// `pg_ctl restart`, `stop` or `start`. The mode `immediate` is a crash: no goodbye, recovery at the next start.
    pub(crate) fn control(&self, action: &str, mode: &str) {
        let data = self.data();
        let log = format!("{}/server.log", self.folder.path().display());
        self.run(
            "pg_ctl",
            &[
                "-D", &data, "-l", &log, "-m", mode, "-w", "-t", "60", action,
            ],
        );
    }

    fn data(&self) -> String {
        format!("{}/data", self.folder.path().display())
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.output(program, arguments);
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// PostgreSQL refuses to run as root.
    fn output(&self, program: &str, arguments: &[&str]) -> Output {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Its output goes to a file: the server would keep a pipe open.
        let shown = self.folder.path().join("output");
        let file = std::fs::File::create(&shown).expect("a file");
        let copy = file.try_clone().expect("a file");
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(std::process::Stdio::null())
            .stdout(file)
            .stderr(copy)
            .status()
            .expect("the program runs");
        Output {
            status,
            stdout: std::fs::read(shown).unwrap_or_default(),
            stderr: Vec::new(),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        let _ = self.output("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]);
    }
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("Uid:"));
    line.is_some_and(|line| line.split_whitespace().nth(2) == Some("0"))
}

/// Where `initdb` and `pg_ctl` are; Debian keeps them off the path.
fn programs() -> PathBuf {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    folders.extend(debian.flatten().map(|entry| entry.path().join("bin")));
    let found = folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file());
    found.expect("PostgreSQL's programs are installed: `.ci/postgres install`")
}
