//! The real program with every log line on, in folders of its own, and requests as a browser behind a proxy sends them.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use super::canaries::USER_AGENT;

/// Folders that the program may write to.
pub(crate) struct Folders {
    root: tempfile::TempDir,
    /// In memory, as the default key file is.
    memory: tempfile::TempDir,
}

impl Folders {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["data", "cwd", "tmp"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        let place = Path::new("/dev/shm");
        let memory = if place.is_dir() {
            tempfile::tempdir_in(place)
        } else {
            tempfile::tempdir()
        };
        Self {
            root,
            memory: memory.unwrap(),
        }
    }

    /// All of them but the key file's.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub(crate) fn memory(&self) -> &Path {
        self.memory.path()
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.memory.path().join("keys")
    }

    /// The program, or another that runs it, with our folders.
    fn command(&self, program: &str, url: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", url)
            .env("TRACKFLOW_DATA_DIR", self.data())
            // Low, so that also a slow machine meets it.
            .env("TRACKFLOW_RATE_LIMIT", "10")
            .current_dir(self.root.path().join("cwd"))
            .stdin(Stdio::piped());
        command
    }

    /// Runs one command of the program to its end.
    pub(crate) fn run(&self, url: &str, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_trackflow"), url);
        command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    }
}

pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Option<JoinHandle<Vec<u8>>>,
}

impl Drop for Program {
    /// A failed assertion leaves no program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    pub(crate) fn start(folders: &Folders, url: &str) -> Self {
        Self::spawn(
            folders.command(env!("CARGO_BIN_EXE_trackflow"), url),
            folders,
        )
    }

    /// Under another program, such as strace, whose arguments end where ours begin.
    pub(crate) fn start_under(folders: &Folders, url: &str, arguments: &[&str]) -> Self {
        let mut command = folders.command(arguments[0], url);
        command
            .args(&arguments[1..])
            .arg(env!("CARGO_BIN_EXE_trackflow"));
        Self::spawn(command, folders)
    }

    fn spawn(mut command: Command, folders: &Folders) -> Self {
        let mut child = command
            .args(["--listen", "127.0.0.1:0", "--log-level", "trace"])
            .args(["--trusted-proxies", "loopback", "--key-file"])
            .arg(folders.key_file())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let mut log = Vec::new();
        let address = loop {
            let from = log.len();
            let read = lines.read_until(b'\n', &mut log).expect("a readable log");
            let line = String::from_utf8_lossy(&log[from..]).into_owned();
            assert!(
                read > 0,
                "the program ended early: {}",
                String::from_utf8_lossy(&log)
            );
            if let Some((_, rest)) = line.split_once("TrackFlow is at http://") {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
                break rest[..end.unwrap_or(rest.len())]
                    .parse()
                    .expect("an address");
            }
        };
        let log = std::thread::spawn(move || {
            lines.read_to_end(&mut log).expect("a readable log");
            log
        });
        Self {
            child,
            address,
            log: Some(log),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn post(&self, path: &str, from: &str, body: &[u8]) -> u16 {
        Connection::open(self)
            .send(&Request {
                from,
                ..Request::post(path, body)
            })
            .status
    }

    pub(crate) fn send(&self, request: &Request<'_>) -> Answer {
        Connection::open(self).send(request)
    }

    /// Stops it as an operator would, and gives its log.
    pub(crate) fn stop(mut self) -> Vec<u8> {
        signal("-TERM", self.child.id());
        self.log()
    }

    /// Ends it as a crash would, and gives its log.
    pub(crate) fn kill(mut self) -> Vec<u8> {
        self.child.kill().unwrap();
        self.log()
    }

    pub(crate) fn log(&mut self) -> Vec<u8> {
        self.child.wait().expect("the program ends");
        let log = self.log.take().expect("ended once");
        log.join().expect("the log is read")
    }
}

pub(crate) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill")
        .args([name, &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) from: &'a str,
    pub(crate) user_agent: &'a str,
    /// More headers, each with its line's end.
    pub(crate) headers: &'a str,
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    pub(crate) fn post(path: &'a str, body: &'a [u8]) -> Self {
        Self {
            method: "POST",
            path,
            from: "203.0.113.77",
            user_agent: USER_AGENT,
            headers: "Cookie: a=canary-cookie\r\nAuthorization: Bearer canary-secret\r\n",
            body,
        }
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// One connection, kept alive: the answers of the event endpoint have a length.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
}

impl Connection {
    pub(crate) fn open(program: &Program) -> Self {
        let stream = TcpStream::connect(program.address).expect("the program listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            host: program.address,
        }
    }

    pub(crate) fn send(&mut self, request: &Request<'_>) -> Answer {
        let Request {
            method,
            path,
            from,
            user_agent,
            headers,
            body,
        } = request;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {user_agent}\r\nX-Forwarded-For: {from}\r\n{headers}\
             Content-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream
            .write_all(head.as_bytes())
            .expect("the request is sent");
        // A body over the limit is answered before it was read.
        let _ = stream.write_all(body);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(
                self.stream.read_line(&mut head).expect("an answer") > 0,
                "an answer"
            );
        }
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let answer = Answer {
            status: status.expect("a status line"),
            head,
        };
        let length = answer.header("content-length");
        let length = length.and_then(|length| length.parse().ok());
        let mut rest = vec![0; length.unwrap_or(0)];
        self.stream
            .read_exact(&mut rest)
            .expect("the answer's body");
        answer
    }
}
