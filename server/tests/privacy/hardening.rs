//! What the running program forbids others: core files, its memory, and panics that repeat a request.

use std::{os::unix::fs::MetadataExt as _, process::Command};

use super::{
    database::{Database, is_root},
    program::{Folders, Program},
};

#[test]
fn a_running_program_writes_no_core_file_and_shows_its_memory_to_nobody() {
    let folders = Folders::new();
    let url = Database::sqlite(&folders.data()).url();
    let program = Program::start(&folders, &url);
    let process = format!("/proc/{}", program.id());
    let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let values: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(values, ["0", "0"], "{core}");
    // Linux gives the files of a process that may not be dumped to root.
    let owner = std::fs::metadata(format!("{process}/mem")).unwrap().uid();
    assert_eq!(owner, 0);
    if !is_root() {
        assert!(std::fs::File::open(format!("{process}/mem")).is_err());
    }
    program.stop();
}

#[test]
fn a_panic_tells_where_it_happened_and_nothing_of_the_request() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "hardening::panicking",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("privacy/hardening.rs"), "{told}");
    assert!(told.contains("the message is withheld"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

#[test]
#[ignore = "panics on purpose, as the other process of the test above"]
fn panicking() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    server::hardening::install_panic_hook();
    let thread = std::thread::spawn(|| {
        // The standard library repeats the text in the message of this panic.
        let of_a_request = String::from("canary é");
        let cut = &of_a_request[..8];
        println!("{}", cut.len());
    });
    assert!(thread.join().is_err());
}
