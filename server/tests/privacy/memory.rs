//! After a key's death its bytes are nowhere in the memory of the process: not on its heap, not on the stack of a thread
//! that once hashed with it.
//!
//! A child of this program runs the real keys through 40 days under a clock that it is told; this one reads its memory.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Lines, Write as _},
    os::unix::fs::FileExt as _,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use sha2::block_api::compress256;
use trackflow::{
    domain::{SiteId, Timestamp},
    ingest::{Client, ClientIp, keys::VisitorKeys},
};

use super::canaries::{self, Canary, Scanner};

const DAYS: i64 = 40;
const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// 1 March 2026, 00:00 UTC.
const START_MS: i64 = 1_772_323_200_000;
/// Threads that hash, as the program has some.
const THREADS: usize = 4;
const KEY_FILE: &str = "TRACKFLOW_TEST_KEY_FILE";

/// The states of SHA-256 after a key's block: who has them can hash like who has the key.
fn key_states(key: &[u8]) -> [[u8; 32]; 2] {
    [0x36, 0x5c].map(|pad| {
        let mut block = [pad; 64];
        for (byte, of_key) in block.iter_mut().zip(key) {
            *byte ^= of_key;
        }
        // FIPS 180-4, 5.3.3.
        let mut state = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        compress256(&mut state, &[block]);
        let mut bytes = [0; 32];
        for (part, word) in bytes.chunks_mut(4).zip(state) {
            part.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    })
}

/// Both halves of everything that stands for a key.
fn forms(key: &[u8]) -> Vec<Canary> {
    let padded = |pad: u8| key.iter().map(|byte| byte ^ pad).collect();
    let [inner, outer] = key_states(key);
    let forms: [(&str, Vec<u8>); 6] = [
        ("the key", key.to_vec()),
        ("the key in hex", canaries::hex(key)),
        ("the key with the inner pad", padded(0x36)),
        ("the key with the outer pad", padded(0x5c)),
        ("the inner state", inner.to_vec()),
        ("the outer state", outer.to_vec()),
    ];
    forms
        .into_iter()
        .flat_map(|(name, bytes)| {
            let halves: Vec<_> = bytes.chunks(16).map(<[u8]>::to_vec).collect();
            halves.into_iter().map(move |bytes| Canary {
                name: name.into(),
                bytes,
            })
        })
        .collect()
}

/// The other process, which does what it is told.
struct Keeper {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Keeper {
    fn start(key_file: &std::path::Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "memory::keep_keys", "--ignored", "--nocapture"])
            .env(KEY_FILE, key_file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            orders: child.stdin.take().unwrap(),
            answers,
            child,
        }
    }

    fn order(&mut self, word: &str, at_ms: i64) {
        writeln!(self.orders, "{word} {at_ms}").unwrap();
        loop {
            let answer = self.answers.next().expect("the child lives").unwrap();
            if answer.ends_with("@done") {
                return;
            }
        }
    }

    /// The names of what is in its memory.
    fn find<'a>(&self, scanner: &'a Scanner) -> Vec<&'a str> {
        let process = format!("/proc/{}", self.child.id());
        let memory = File::open(format!("{process}/mem"))
            .expect("a parent may read its child, unless ptrace is restricted further");
        let maps = std::fs::read_to_string(format!("{process}/maps")).unwrap();
        let mut found = Vec::new();
        for line in maps.lines() {
            let mut columns = line.split_whitespace();
            let range = columns.next().unwrap();
            if !columns.next().is_some_and(|mode| mode.starts_with("rw")) {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let (from, to) = (
                u64::from_str_radix(from, 16).unwrap(),
                u64::from_str_radix(to, 16).unwrap(),
            );
            let mut content = vec![0; usize::try_from(to - from).unwrap()];
            // Some special mappings cannot be read.
            if memory.read_exact_at(&mut content, from).is_ok() {
                found.extend(scanner.find(&content));
            }
        }
        found
    }
}

#[test]
fn a_dead_key_is_nowhere_in_the_memory_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("keys");
    let mut keeper = Keeper::start(&key_file);
    let started = Instant::now();
    let mut all = Vec::new();
    for day in 0..DAYS {
        let midnight = START_MS + day * DAY_MS;
        // Noon to noon: yesterday's key dies in between.
        keeper.order("visit", midnight + DAY_MS / 2);
        let keys = canaries::keys(&std::fs::read_to_string(&key_file).unwrap());
        assert_eq!(keys.len(), 1);
        let scanner = Scanner::new(forms(&keys[0]));
        if day % 10 == 0 {
            assert!(
                keeper.find(&scanner).contains(&"the key"),
                "day {day}: it is there while it lives"
            );
        }
        keeper.order("purge", midnight + DAY_MS + DAY_MS / 48);
        let left = keeper.find(&scanner);
        assert!(
            left.is_empty(),
            "day {day}: {left:?} in memory after the key's death"
        );
        all.extend(forms(&keys[0]));
    }
    let scanner = Scanner::new(all);
    let left = keeper.find(&scanner);
    assert!(left.is_empty(), "{left:?} in memory after all days");
    println!("{DAYS} days in {:.1?}", started.elapsed());
}

#[test]
#[ignore = "the other process of the test above"]
fn keep_keys() {
    let Some(path) = std::env::var_os(KEY_FILE) else {
        return;
    };
    let keys = Arc::new(VisitorKeys::with_file(path.as_ref(), Timestamp(START_MS)));
    // The threads live as long as the process: what a hash leaves on their stacks stays until they hash again.
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let keys = Arc::clone(&keys);
            let (orders, ordered) = mpsc::channel::<(Timestamp, mpsc::Sender<()>)>();
            std::thread::spawn(move || {
                for (now, done) in ordered {
                    for visitor in 0..20 {
                        let user_agent =
                            format!("Mozilla/5.0 (X11; Linux x86_64) Visitor/{visitor}");
                        let client = Client {
                            ip: ClientIp::new([203, 0, 113, u8::try_from(number).unwrap()].into()),
                            user_agent: &user_agent,
                            country_header: None,
                            language_header: None,
                            has_opted_out: false,
                        };
                        let _ = keys.identify(SiteId(1), &TimeZone::UTC, "UTC", &client, now);
                    }
                    done.send(()).unwrap();
                }
            });
            orders
        })
        .collect();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (word, at) = line.split_once(' ').unwrap();
        let now = Timestamp(at.parse().unwrap());
        match word {
            "visit" => {
                for thread in &threads {
                    let (done, is_done) = mpsc::channel();
                    thread.send((now, done)).unwrap();
                    is_done.recv_timeout(Duration::from_secs(10)).unwrap();
                }
            }
            _ => assert_eq!(keys.purge(now), 1),
        }
        println!("@done");
    }
}
