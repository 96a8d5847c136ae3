//! The attack with everything that is left once the key is destroyed: the database, the configuration, the recipe, and even
//! the true network and browser. With the key the same attack succeeds, so that its failure means something.

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_types::BigInt,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::{
    canaries::{self, USER_AGENT, V4},
    database::Database,
    program::{Folders, Program},
};

const SITE: i64 = 1;

#[derive(QueryableByName)]
struct VisitorId {
    #[diesel(sql_type = BigInt)]
    visitor_id: i64,
}

/// The recipe as docs/privacy.md has it, written anew.
fn visitor_id(key: &[u8], site: i64, network: [u8; 3], user_agent: &str) -> i64 {
    let mut message = b"tf-sid-v1".to_vec();
    message.extend(site.to_be_bytes());
    message.push(3);
    message.extend(network);
    message.extend(u16::try_from(user_agent.len()).unwrap().to_be_bytes());
    message.extend(user_agent.as_bytes());
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    hmac.update(&message);
    i64::from_be_bytes(hmac.finalize().into_bytes()[..8].try_into().unwrap())
}

#[test]
fn without_the_key_nothing_that_is_stored_leads_back_to_a_visitor() {
    let folders = Folders::new();
    let database = Database::sqlite(&folders.data());
    let url = database.url();
    folders.run(&url, &["site", "add", "example.com"], "");
    folders.run(&url, &["user", "add", "ada@x.test"], "a long password\n");
    let program = Program::start(&folders, &url);
    let event = br#"{"n":"pageview","u":"https://example.com/","d":"example.com"}"#;
    assert_eq!(program.post("/api/event", &V4.to_string(), event), 202);
    let key_file = std::fs::read_to_string(folders.key_file()).unwrap();
    program.stop();

    let path = folders.data().join("trackflow.db");
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    let stored: Vec<VisitorId> = diesel::sql_query("select visitor_id from event")
        .load(&mut conn)
        .unwrap();
    let [VisitorId { visitor_id: stored }] = stored.as_slice() else {
        panic!("one event is stored");
    };
    let network = V4.octets()[..3].try_into().unwrap();
    let matches = |key: &[u8]| visitor_id(key, SITE, network, USER_AGENT) == *stored;
    let keys = canaries::keys(&key_file);
    assert!(
        keys.iter().any(|key| matches(key)),
        "with the key the attack succeeds"
    );

    // Every 32 bytes that stand anywhere in the data folder could be a key.
    let mut tried = 0;
    for (path, content) in canaries::files(&folders.data()) {
        for guess in content
            .windows(32)
            .filter(|guess| guess.iter().any(|byte| *byte != 0))
        {
            tried += 1;
            assert!(!matches(guess), "a key is in {}", path.display());
        }
    }
    assert!(tried > 2_000, "{tried} keys were tried");

    // What a lazier recipe would have used, against every network of 2^16.
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let secrets = ["", "example.com", &url, &date].map(|text| Sha256::digest(text).to_vec());
    for secret in secrets.iter().chain([&vec![0; 32]]) {
        for network in 0..=u16::MAX {
            let [b, c] = network.to_be_bytes();
            let guess = visitor_id(secret, SITE, [V4.octets()[0], b, c], USER_AGENT);
            assert_ne!(guess, *stored);
        }
    }
}
