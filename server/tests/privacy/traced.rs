//! The canary test at the border of the operating system: strace shows every byte that the program writes, also what no
//! file keeps.

use std::process::{Command, Stdio};

use super::{
    canaries::{self, V4, V6},
    database::{Database, is_root},
    program::{Folders, Program, signal},
};

#[test]
fn no_write_of_the_program_carries_what_could_identify() {
    let is_there = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    // The program forbids tracing by anybody but root.
    if !is_there || !is_root() {
        eprintln!("left out: needs strace and root");
        return;
    }
    let folders = Folders::new();
    let database = Database::sqlite(&folders.data());
    let url = database.url();
    folders.run(&url, &["site", "add", "example.com"], "");
    let trace = tempfile::NamedTempFile::new().unwrap();
    let file = trace.path().to_str().unwrap();
    // Whole buffers in hex, and what each file descriptor is.
    let strace = [
        "strace",
        "-f",
        "-qq",
        "-yy",
        "-xx",
        "-s",
        "100000",
        "-e",
        "signal=none",
        "-e",
        "trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg",
        "-o",
        file,
    ];
    let mut program = Program::start_under(&folders, &url, &strace);
    let event = |name: &str| {
        format!(
            r#"{{"n":"{name}","u":"https://u:canary-secret@example.com/a?email=canary@example.test&q=canary-query#canary-fragment","d":"example.com","r":"https://blog.test/p?q=canary-query"}}"#
        )
    };
    for from in [V4.to_string(), V6.to_string()] {
        for name in ["pageview", "Signup"] {
            assert_eq!(
                program.post("/api/event", &from, event(name).as_bytes()),
                202
            );
        }
        assert_eq!(program.post("/api/event", &from, b"{ canary-query"), 400);
        let form = b"email=canary@example.test";
        assert_eq!(program.post("/api/app/log_in", &from, form), 303);
    }
    let keys = std::fs::read_to_string(folders.key_file()).expect("a key file");
    signal("-TERM", traced_process(program.id()));
    program.log();

    let trace = std::fs::read_to_string(trace.path()).unwrap();
    let own_port = format!("TCP:[{}->", program.address);
    let escaped =
        |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect() };
    let looked_for: Vec<_> = canaries::of_requests()
        .into_iter()
        .map(|canary| (escaped(&canary.bytes), canary.name))
        .collect();
    let keys: Vec<_> = canaries::of_keys(&keys)
        .into_iter()
        .map(|key| escaped(&key.bytes))
        .collect();
    // With -xx the names of files are in hex too.
    let key_file = escaped(folders.key_file().as_os_str().as_encoded_bytes());
    let (mut stored, mut answers) = (false, 0);
    for line in trace.lines() {
        if line.contains(&own_port) {
            // The answer to the browser that sent it.
            answers += 1;
            continue;
        }
        stored |= line.contains(&escaped(b"blog.test/p"));
        for (bytes, name) in &looked_for {
            assert!(!line.contains(bytes), "{name} in: {:.200}", line);
        }
        if !line.contains(&key_file) {
            assert!(
                !keys.iter().any(|key| line.contains(key)),
                "a key in: {line:.200}"
            );
        }
    }
    assert!(
        stored,
        "the events were seen on their way to the database: the search is not in vain"
    );
    assert!(answers >= 8, "the answers were told apart");
}

/// strace's child.
fn traced_process(strace: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{strace}/task/{strace}/children"));
    children
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
