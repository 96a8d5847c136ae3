//! Random tokens: what a cookie or a key holds, and the hash that is stored in its place.

use sha2::{Digest, Sha256};

/// A new one: 256 random bits as 64 hexadecimal digits.
pub(super) fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    hex(&bytes)
}

/// Whether the text has the form of a token: what has not needs no query.
pub(super) fn is_one(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is stored. A plain hash is enough for something that nobody can guess.
pub(super) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
