//! The database under test, with the ways to make it fail: an SQLite file, or a PostgreSQL cluster of its own that logs
//! every statement with its values.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::JoinHandle,
};

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};

pub(crate) enum Database {
    Sqlite { path: PathBuf },
    Postgres(Cluster),
}

impl Database {
    pub(crate) fn sqlite(folder: &Path) -> Self {
        Self::Sqlite {
            path: folder.join("trackflow.db"),
        }
    }

    /// `None` where PostgreSQL is left out knowingly.
    pub(crate) fn postgres() -> Option<Self> {
        if std::env::var("TRACKFLOW_TEST_SQLITE_ONLY").is_ok_and(|only| only == "1") {
            eprintln!("left out: TRACKFLOW_TEST_SQLITE_ONLY=1");
            return None;
        }
        Some(Self::Postgres(Cluster::start()))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite { path } => format!("sqlite:{}", path.display()),
            Self::Postgres(cluster) => {
                format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port)
            }
        }
    }

    /// Lets every event be refused by the database, until [`Database::mend`].
    pub(crate) fn break_events(&self) {
        match self {
            Self::Sqlite { .. } => self.execute(
                "create trigger broken before insert on event begin select raise(abort, 'broken'); end",
            ),
            Self::Postgres(_) => self.execute(
                "alter table event add constraint broken check (engaged_ms < 0) not valid",
            ),
        }
    }

    pub(crate) fn mend(&self) {
        match self {
            Self::Sqlite { .. } => self.execute("drop trigger broken"),
            Self::Postgres(_) => self.execute("alter table event drop constraint broken"),
        }
    }

    /// Locks the events; on SQLite for longer than the program waits.
    pub(crate) fn lock(&self) -> JoinHandle<()> {
        match self {
            Self::Sqlite { path } => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
                conn.batch_execute("begin immediate").unwrap();
                std::thread::spawn(move || {
                    std::thread::sleep(std::time::Duration::from_secs(7));
                    conn.batch_execute("rollback").unwrap();
                })
            }
            Self::Postgres(cluster) => {
                let mut psql = cluster.psql();
                psql.args(["-c", "begin; lock table event; select pg_sleep(2); commit"]);
                let mut child = psql.stdout(Stdio::null()).spawn().unwrap();
                std::thread::sleep(std::time::Duration::from_millis(300));
                std::thread::spawn(move || assert!(child.wait().unwrap().success()))
            }
        }
    }

    /// A copy as docs/operations.md tells to take it.
    pub(crate) fn back_up(&self, folder: &Path) {
        match self {
            Self::Sqlite { .. } => {
                let copy = folder.join("copy.db");
                self.execute(&format!("vacuum into '{}'", copy.display()));
            }
            Self::Postgres(cluster) => {
                let copy = folder.join("copy.dump");
                let dump = Command::new(cluster.bin.join("pg_dump"))
                    .args(["-U", "postgres", "-h", "127.0.0.1", "--format=plain", "-f"])
                    .arg(copy)
                    .args(["-p", &cluster.port.to_string(), "postgres"])
                    .status();
                assert!(dump.unwrap().success());
            }
        }
    }

    fn execute(&self, statement: &str) {
        match self {
            Self::Sqlite { path } => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
                conn.batch_execute("pragma busy_timeout = 5000").unwrap();
                conn.batch_execute(statement).unwrap();
            }
            Self::Postgres(cluster) => {
                let done = cluster.psql().args(["-c", statement]).output().unwrap();
                assert!(done.status.success(), "{done:?}");
            }
        }
    }
}

/// A PostgreSQL server of its own. It never syncs and logs everything it can.
pub(crate) struct Cluster {
    bin: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

impl Cluster {
    fn start() -> Self {
        let bin = bin_dir().expect(
            "initdb and pg_ctl: install PostgreSQL (.ci/postgres install), or set TRACKFLOW_TEST_SQLITE_ONLY=1",
        );
        // Not in TMPDIR: the path of the Unix socket may have 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("trackflow-privacy.")
            .tempdir_in("/tmp")
            .unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let cluster = Self { bin, folder, port };
        if is_root() {
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(cluster.folder.path())
                .status();
            assert!(owned.unwrap().success());
        }
        let mut initdb = cluster.program("initdb");
        initdb.args([
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "{made:?}");
        cluster.resume();
        cluster
    }

    /// What the server has written, its log included.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn resume(&self) {
        let settings = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c shared_buffers=32MB \
             -c log_statement=all -c log_min_messages=debug1 -c log_min_error_statement=debug5 \
             -c log_error_verbosity=verbose -c log_parameter_max_length=-1 -c log_parameter_max_length_on_error=-1",
            self.port,
            self.folder.path().display()
        );
        let log = self.folder.path().join("data/server.log");
        let mut start = self.program("pg_ctl");
        start
            .arg("-l")
            .arg(log)
            .args(["-w", "-t", "60", "-o", &settings, "start"]);
        // It keeps what it inherits open, so no pipes.
        start
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        assert!(start.status().unwrap().success(), "PostgreSQL starts");
    }

    pub(crate) fn halt(&self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["-m", "fast", "-w", "stop"]);
        assert!(stop.output().unwrap().status.success(), "PostgreSQL stops");
    }

    /// A server program on the data of the cluster; PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .current_dir(self.folder.path());
        command
    }

    fn psql(&self) -> Command {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-U", "postgres", "-h", "127.0.0.1", "-p"])
            .arg(self.port.to_string())
            .args(["-v", "ON_ERROR_STOP=1", "postgres"]);
        psql
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        let _ = stop.args(["-m", "immediate", "-w", "stop"]).output();
    }
}

fn bin_dir() -> Option<PathBuf> {
    let asked = Command::new("pg_config").arg("--bindir").output().ok();
    let asked = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let versions = versions.flatten().map(|entry| entry.path().join("bin"));
    let mut folders: Vec<PathBuf> = asked
        .map(PathBuf::from)
        .into_iter()
        .chain(versions)
        .collect();
    folders.retain(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file());
    folders.into_iter().next()
}

pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
