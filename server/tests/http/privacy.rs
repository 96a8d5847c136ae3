//! Privacy as a test: after a run of the real program with every log line on, no file and no line of the log holds an
//! address, a user agent, a query value or a key; also not after errors and a stop.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
};

const ADDRESS: &str = "203.0.113.77";
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Canary5f1d/140.0";

/// What must be nowhere: as sent, and as a program may pack it.
fn canaries(key_file: &str) -> Vec<(String, Vec<u8>)> {
    let texts = [
        ADDRESS,
        "77.113.0.203",
        "203.0.113",
        "cb00714d",
        USER_AGENT,
        "Canary5f1d",
        "canary@example.test",
        "canary-cookie",
        "canary-secret",
        "canary-fragment",
        "2001:db8:dead",
    ];
    let mut canaries: Vec<_> = texts
        .iter()
        .map(|text| ((*text).to_owned(), text.as_bytes().to_vec()))
        .collect();
    canaries.push(("packed address".into(), vec![203, 0, 113, 77]));
    canaries.push(("packed address, reversed".into(), vec![77, 113, 0, 203]));
    // The header, the zones and the dates are no secrets; the long words are the keys.
    let keys: Vec<_> = key_file
        .split_whitespace()
        .filter(|word| word.len() >= 40)
        .collect();
    assert!(!keys.is_empty(), "the key file holds the key of today");
    canaries.extend(
        keys.iter()
            .map(|key| ("a key".to_owned(), key.as_bytes().to_vec())),
    );
    for key in keys {
        let bytes = (0..key.len() / 2).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16));
        if let Ok(bytes) = bytes.collect::<Result<Vec<u8>, _>>() {
            canaries.push(("a key's bytes".into(), bytes));
        }
    }
    canaries
}

struct Program {
    child: Child,
    address: SocketAddr,
    log: Option<JoinHandle<Vec<u8>>>,
}

impl Drop for Program {
    /// A failed assertion leaves no program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

impl Program {
    fn start(data: &Path, key_file: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trackflow"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--log-level",
                "trace",
                "--trusted-proxies",
                "loopback",
                "--data-dir",
            ])
            .arg(data)
            .arg("--key-file")
            .arg(key_file)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let mut log = Vec::new();
        let address = loop {
            let from = log.len();
            assert!(
                lines.read_until(b'\n', &mut log).expect("a readable log") > 0,
                "the program ended early"
            );
            let line = String::from_utf8_lossy(&log[from..]).into_owned();
            if let Some((_, rest)) = line.split_once("TrackFlow is at http://") {
                let end = rest
                    .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
                    .unwrap_or(rest.len());
                break rest[..end].parse().expect("an address");
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

    /// Sends one request as a browser behind a proxy would, and gives the status.
    fn send(&self, method: &str, path: &str, from: &str, body: &[u8]) -> u16 {
        let mut stream = TcpStream::connect(self.address).expect("the program listens");
        let limit = Some(std::time::Duration::from_secs(20));
        stream.set_read_timeout(limit).expect("a timeout");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\nX-Forwarded-For: {from}\r\n\
             Cookie: a=canary-cookie\r\nAuthorization: Bearer canary-secret\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream
            .write_all(head.as_bytes())
            .expect("the request is sent");
        // A body over the limit is answered before it was read.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .expect("a status line")
    }

    /// Stops it as an operator would, and gives its log.
    fn stop(mut self) -> Vec<u8> {
        let stopped = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .expect("kill runs");
        assert!(stopped.success());
        assert!(self.child.wait().expect("the program ends").success());
        let log = self.log.take().expect("stopped once");
        log.join().expect("the log is read")
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}

#[test]
fn nothing_that_could_identify_is_written_anywhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let memory = tempfile::tempdir().expect("a folder that stands for the memory file system");
    let key_file = memory.path().join("keys");
    let add = Command::new(env!("CARGO_BIN_EXE_trackflow"))
        .args(["site", "add", "example.com", "--data-dir"])
        .arg(folder.path())
        .env_clear()
        .output()
        .expect("the program runs");
    assert!(add.status.success(), "{add:?}");

    let program = Program::start(folder.path(), &key_file);
    let event = |name: &str| {
        format!(
            r#"{{"n":"{name}","u":"https://u:canary-secret@example.com/a?email=canary@example.test#canary-fragment","d":"example.com","r":"https://blog.test/p?email=canary@example.test","e":12000,"sd":50}}"#
        )
    };
    for from in [ADDRESS, "2001:db8:dead::7"] {
        for name in ["pageview", "engagement", "Signup"] {
            assert_eq!(
                program.send("POST", "/api/event", from, event(name).as_bytes()),
                202
            );
        }
        let unknown = event("pageview").replace("\"example.com\"", "\"other.test\"");
        assert_eq!(
            program.send("POST", "/api/event", from, unknown.as_bytes()),
            202
        );
        let broken = event("pageview").replace("https://u", "data:u");
        assert_eq!(
            program.send("POST", "/api/event", from, broken.as_bytes()),
            400
        );
        assert_eq!(
            program.send("POST", "/api/event", from, b"{\"n\": canary@example.test"),
            400
        );
        assert_eq!(
            program.send("POST", "/api/event", from, &vec![b' '; 70_000]),
            413
        );
        assert_eq!(
            program.send("GET", "/nowhere?email=canary@example.test", from, b""),
            404
        );
        assert_eq!(
            program.send(
                "POST",
                "/api/app/log_in",
                from,
                b"email=canary@example.test"
            ),
            303
        );
    }
    let keys = std::fs::read_to_string(&key_file).expect("the key file is outside the data folder");
    let log = program.stop();

    let written: Vec<(PathBuf, Vec<u8>)> = files(folder.path())
        .into_iter()
        .map(|path| {
            let content = std::fs::read(&path).expect("a readable file");
            (path, content)
        })
        .chain([(PathBuf::from("the log"), log)])
        .collect();
    let holds =
        |content: &[u8], part: &[u8]| content.windows(part.len()).any(|window| window == part);
    assert!(
        written
            .iter()
            .any(|(_, content)| holds(content, b"blog.test/p")),
        "the events were stored, so the search is not in vain"
    );
    for (path, content) in &written {
        for (name, canary) in canaries(&keys) {
            assert!(!holds(content, &canary), "{name} is in {}", path.display());
        }
    }
}
