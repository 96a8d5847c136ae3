//! Reads a password: typed unseen at a terminal, otherwise the first line of standard input.

use std::io::{BufRead, IsTerminal, stdin};

use anyhow::Context;

pub(super) fn read() -> anyhow::Result<String> {
    if stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").context("no password could be read");
    }
    let mut line = String::new();
    stdin()
        .lock()
        .read_line(&mut line)
        .context("no password could be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
