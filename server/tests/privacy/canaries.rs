//! What must be nowhere: what a request carries, as it was sent and in the forms in which a program may keep it.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
};

use sha2::Digest as _;

/// Addresses of visitors (RFC 5737, RFC 3849). Bytes that hardly occur side by side by chance.
pub(crate) const V4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 77);
pub(crate) const V6: Ipv6Addr =
    Ipv6Addr::new(0x2001, 0xdb8, 0xdead, 0x77c3, 0x91e5, 0x3b, 0xa7f1, 0x5d77);
pub(crate) const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Canary5f1d";

/// Texts of which no part that is in the list may be found.
const TEXTS: [&str; 9] = [
    "203.0.113.",
    "2001:db8:dead",
    "Canary5f1d",
    "canary@example.test",
    "canary-cookie",
    "canary-secret",
    "canary-fragment",
    "canary-query",
    "canary-password",
];

/// Something to look for.
pub(crate) struct Canary {
    /// What it is, for the failure's message.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// All forms of everything that requests carry.
pub(crate) fn of_requests() -> Vec<Canary> {
    let mut found = Vec::new();
    for text in TEXTS {
        add_forms(&mut found, text, text.as_bytes());
    }
    add_forms(&mut found, "user agent", USER_AGENT.as_bytes());
    add_hashes(&mut found, "user agent", USER_AGENT.as_bytes());
    add(
        &mut found,
        "address, parts reversed",
        b"77.113.0.203".to_vec(),
    );
    for address in [IpAddr::V4(V4), IpAddr::V6(V6)] {
        let text = address.to_string();
        let packed = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        add_forms(&mut found, &text, text.as_bytes());
        add_hashes(&mut found, &text, text.as_bytes());
        add_hashes(&mut found, &format!("{text}, packed"), &packed);
        let reversed: Vec<u8> = packed.iter().rev().copied().collect();
        for (order, bytes) in [("big endian", packed), ("little endian", reversed)] {
            add(&mut found, &format!("{text}, {order}, hex"), hex(&bytes));
            add(&mut found, &format!("{text}, {order}"), bytes);
        }
    }
    found
}

/// All forms of the keys in a key file.
pub(crate) fn of_keys(key_file: &str) -> Vec<Canary> {
    let mut found = Vec::new();
    for key in keys(key_file) {
        add_forms(&mut found, "a key", &key);
    }
    assert!(!found.is_empty(), "the key file holds the key of today");
    found
}

/// All forms of what opens a secret link. Its hash is stored, and opens nothing.
pub(crate) fn of_link(secrets: &[String]) -> Vec<Canary> {
    let mut found = Vec::new();
    for secret in secrets {
        add_forms(&mut found, "what opens a secret link", secret.as_bytes());
    }
    found
}

/// The keys in a key file.
pub(crate) fn keys(key_file: &str) -> Vec<Vec<u8>> {
    let lines = key_file
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    lines
        .filter(|columns| columns.len() == 5)
        .map(|columns| {
            let digits = columns[4].as_bytes().chunks(2);
            digits
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        })
        .collect()
}

fn add(found: &mut Vec<Canary>, name: &str, bytes: Vec<u8>) {
    found.push(Canary {
        name: name.into(),
        bytes,
    });
}

fn add_forms(found: &mut Vec<Canary>, name: &str, bytes: &[u8]) {
    let encoded: String = url::form_urlencoded::byte_serialize(bytes).collect();
    for (form, bytes) in [
        ("as it is", bytes.to_vec()),
        ("reversed", bytes.iter().rev().copied().collect()),
        ("hex", hex(bytes)),
        ("hex, upper case", hex(bytes).to_ascii_uppercase()),
        ("base64", base64(bytes)),
        ("URL-encoded", encoded.into_bytes()),
    ] {
        add(found, &format!("{name}, {form}"), bytes);
    }
}

fn add_hashes(found: &mut Vec<Canary>, name: &str, bytes: &[u8]) {
    let sha256 = sha2::Sha256::digest(bytes).to_vec();
    let md5 = md5::Md5::digest(bytes).to_vec();
    for (hash, bytes) in [("SHA-256", sha256), ("MD5", md5)] {
        add(found, &format!("{hash} of {name}, hex"), hex(&bytes));
        add(found, &format!("{hash} of {name}"), bytes);
    }
}

pub(crate) fn hex(bytes: &[u8]) -> Vec<u8> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.into_bytes()
}

/// Base64 of the whole groups of three bytes: the end depends on what follows.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes
        .chunks_exact(3)
        .map(|group| u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]));
    groups
        .flat_map(|group| [18, 12, 6, 0].map(|shift| LETTERS[(group >> shift) as usize & 63]))
        .collect()
}

/// Finds many canaries in one pass.
pub(crate) struct Scanner {
    canaries: Vec<Canary>,
    /// The canaries by their first two bytes.
    beginnings: HashMap<[u8; 2], Vec<usize>>,
    is_beginning: Vec<bool>,
}

impl Scanner {
    pub(crate) fn new(canaries: Vec<Canary>) -> Self {
        let mut beginnings: HashMap<[u8; 2], Vec<usize>> = HashMap::new();
        let mut is_beginning = vec![false; 1 << 16];
        for (position, canary) in canaries.iter().enumerate() {
            let beginning = [canary.bytes[0], canary.bytes[1]];
            beginnings.entry(beginning).or_default().push(position);
            is_beginning[usize::from(u16::from_be_bytes(beginning))] = true;
        }
        Self {
            canaries,
            beginnings,
            is_beginning,
        }
    }

    /// The names of the canaries in some bytes, each once.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<&str> {
        const BLOCK: usize = 4096;
        let mut found = Vec::new();
        for (number, block) in bytes.chunks(BLOCK).enumerate() {
            // Most of a fresh cluster's log and of a process's memory is empty.
            if block.iter().take(8).all(|byte| *byte == 0) && *block == [0; BLOCK][..block.len()] {
                continue;
            }
            let mut first = 0_u8;
            let start = number * BLOCK;
            for (offset, second) in block.iter().chain(bytes.get(start + BLOCK)).enumerate() {
                let beginning = u16::from_be_bytes([first, *second]);
                if offset > 0 && self.is_beginning[usize::from(beginning)] {
                    let rest = &bytes[start + offset - 1..];
                    for position in &self.beginnings[&beginning.to_be_bytes()] {
                        if rest.starts_with(&self.canaries[*position].bytes)
                            && !found.contains(position)
                        {
                            found.push(*position);
                        }
                    }
                }
                first = *second;
            }
        }
        found
            .into_iter()
            .map(|position| self.canaries[position].name.as_str())
            .collect()
    }
}

/// All files below a folder with their contents. A file that vanishes meanwhile is left out.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
        } else if let Ok(content) = std::fs::read(&path) {
            found.push((path, content));
        }
    }
    found
}

#[test]
fn the_scanner_finds_each_form_wherever_it_stands() {
    let scanner = Scanner::new(of_requests());
    for canary in of_requests() {
        for before in [0, 1, 4094, 4095, 4096, 5000] {
            let mut bytes = vec![0; before];
            bytes.extend(&canary.bytes);
            bytes.extend([7; 9]);
            let found = scanner.find(&bytes);
            assert!(
                found.contains(&canary.name.as_str()),
                "{} at {before}",
                canary.name
            );
        }
    }
    assert_eq!(scanner.find(b"nothing of the kind"), Vec::<&str>::new());
}
