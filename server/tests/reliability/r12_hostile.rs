//! R12: whatever stands in a field, it is answered without 5xx, and both databases hold the same.
//!
//! A list of our own and, where `TRACKFLOW_CORPORA` names them, the Big List of Naughty Strings and the lines of utf8tests,
//! each as name, page, referrer, campaign, property and user agent. Pass: 202 or 400; every stored text is valid UTF-8
//! without control characters; the two databases hold the same strings and properties.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use crate::support::{
    beside_others,
    client::{BROWSER, Connection},
    database::{Database, on_both},
};

const OURS: [&str; 20] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u{feff}",
    "\u{202e}txt.exe",
    "\u{2028}\u{2029}",
    "e\u{301}\u{301}\u{301}",
    "👩‍👩‍👧‍👦",
    "\u{10ffff}",
    "' or 1=1 --",
    "%' escape '\\",
    "\\",
    "\"}]);",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "=HYPERLINK(\"http://e.test\")",
    "%00%c0%ae%zz%",
    "../../etc/passwd",
    "\u{1b}[2J\r\nSet-Cookie: a=b",
];

/// Connections at once.
const SENDERS: usize = 8;

/// What a database holds in the end: strings and properties, each once.
type Held = BTreeSet<String>;

/// How often which status was answered.
type Statuses = HashMap<u16, usize>;

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_stored_alike_in_both_databases_or_refused() {
    let _beside = beside_others().await;
    let texts = Arc::new(texts());
    println!("R12: {} texts in 6 fields", texts.len());
    let held: Arc<Mutex<Vec<(Statuses, Held)>>> = Arc::default();
    on_both(|database| {
        let (texts, held) = (Arc::clone(&texts), Arc::clone(&held));
        async move {
            let found = fill(&database, &texts).await;
            held.lock().expect("no panic").push(found);
        }
    })
    .await;
    let held = held.lock().expect("no panic");
    println!(
        "R12: answers {:?}, {} different values stored",
        held[0].0,
        held[0].1.len()
    );
    for (statuses, values) in held.iter() {
        assert_eq!(statuses, &held[0].0, "both answer alike");
        let differing: Vec<_> = values.symmetric_difference(&held[0].1).collect();
        assert!(differing.is_empty(), "stored in one only: {differing:?}");
        let dirty: Vec<_> = values
            .iter()
            .filter(|text| text.contains(char::is_control))
            .collect();
        assert!(dirty.is_empty(), "control characters: {dirty:?}");
    }
}

fn texts() -> Vec<String> {
    let mut texts: Vec<String> = OURS.map(str::to_owned).to_vec();
    texts.extend([0x7f, 2_000, 2_001, 30_000].map(|length| "x".repeat(length)));
    texts.extend([1_999, 2_000].map(|length| format!("{}😀", "x".repeat(length))));
    let Some(corpora) = std::env::var_os("TRACKFLOW_CORPORA").map(std::path::PathBuf::from) else {
        println!("NOT RUN: the public corpora, for TRACKFLOW_CORPORA names no folder");
        return texts;
    };
    let naughty = std::fs::read(corpora.join("blns/blns.json")).expect("a file");
    let naughty: Vec<String> = serde_json::from_slice(&naughty).expect("a list");
    assert!(naughty.len() > 400);
    texts.extend(naughty);
    for file in std::fs::read_dir(corpora.join("utf8tests")).expect("a folder") {
        let content = std::fs::read(file.expect("an entry").path()).expect("a file");
        // JSON holds valid UTF-8 only; invalid bytes as they are go into the user agent below and the bodies of R11.
        texts.extend(String::from_utf8_lossy(&content).lines().map(str::to_owned));
    }
    texts
}

/// Sends every text in every field; gives how often which status was answered, and what is stored.
async fn fill(database: &Database, texts: &Arc<Vec<String>>) -> (Statuses, Held) {
    let mut program = database.launch().start();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| tokio::spawn(send(program.address, sender, Arc::clone(texts))))
        .collect();
    let mut statuses = HashMap::new();
    for sender in senders {
        for status in sender.await.expect("no panic") {
            *statuses.entry(status).or_default() += 1;
        }
    }
    program.stop().await;
    database.assert_intact().await;
    let words = "select value as text from dictionary";
    let mut held: Held = database.lines(words).await.into_iter().collect();
    let props = "select distinct props as text from event where props is not null";
    held.extend(database.lines(props).await);
    (statuses, held)
}

/// Sends a share of the texts; gives the status of each answer.
async fn send(address: SocketAddr, sender: usize, texts: Arc<Vec<String>>) -> Vec<u16> {
    let mut open = Connection::open(address)
        .await
        .expect("the program listens");
    let mut statuses = Vec::new();
    for (number, text) in texts.iter().enumerate().skip(sender).step_by(SENDERS) {
        for request in requests(number, text) {
            let answer = match open.send(&request).await {
                Ok(answer) => answer,
                Err(error) => panic!("no answer to {text:?}: {error}"),
            };
            assert!(
                matches!(answer.status, 202 | 400 | 413),
                "{text:?}: {}",
                answer.head
            );
            statuses.push(answer.status);
            if answer.header("connection") == Some("close") {
                open = Connection::open(address)
                    .await
                    .expect("the program listens");
            }
        }
    }
    statuses
}

/// The text as name, page, referrer, campaign, property and user agent. From a network of its own: one is limited.
fn requests(number: usize, text: &str) -> [Vec<u8>; 6] {
    let from = format!("20.{}.{}.7", number / 256, number % 256);
    let page = |query: &str| format!("https://s0.test/{query}");
    let plain = page("");
    let campaign = page(&format!("?utm_source={text}&utm_campaign={text}"));
    let event = |fields: serde_json::Value, user_agent| {
        let mut body = serde_json::json!({"n": "pageview", "u": plain, "d": "s0.test"});
        let (body_fields, fields) = (body.as_object_mut(), fields.as_object().cloned());
        body_fields
            .expect("an object")
            .extend(fields.expect("an object"));
        request(&from, &body.to_string(), user_agent)
    };
    [
        event(serde_json::json!({"n": text}), ""),
        event(serde_json::json!({"u": page(text)}), ""),
        event(serde_json::json!({"r": text}), ""),
        event(serde_json::json!({"u": campaign}), ""),
        event(
            serde_json::json!({"n": "Buy", "p": {text: text, "k": text}}),
            "",
        ),
        event(serde_json::json!({}), text),
    ]
}

/// The user agent carries the text's bytes, as far as HTTP lets them through.
fn request(from: &str, body: &str, text: &str) -> Vec<u8> {
    let is_allowed = |byte: &u8| *byte == b' ' || (*byte > b' ' && *byte != 0x7f);
    let user_agent: Vec<u8> = text.bytes().filter(is_allowed).take(8_000).collect();
    let mut request = format!(
        "POST /api/event HTTP/1.1\r\nHost: stats.test\r\nX-Forwarded-For: {from}\r\nUser-Agent: {BROWSER} "
    )
    .into_bytes();
    request.extend(user_agent);
    request.extend(format!("\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes());
    request
}
