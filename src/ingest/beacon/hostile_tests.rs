//! Bodies that nobody should send: arbitrary ones and the public corpora in `TRACKFLOW_CORPORA`.

use std::{env, fs, path::PathBuf};

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(message: &Value) -> Result<Beacon, BeaconError> {
    Beacon::parse(message.to_string().as_bytes())
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = Beacon::parse(&body);
    }

    #[test]
    fn arbitrary_text_in_every_field_never_panics_and_is_clean(text in "\\PC*|[\u{0}-\u{ff}]*", other in any::<String>()) {
        let message = json!({"n": text, "u": format!("https://a.org/{other}"), "d": "a.org", "r": other, "p": {&text: &other}, "$": text, "t": other, "l": text, "w": other});
        if let Ok(beacon) = parse(&message) {
            prop_assert!(!beacon.name.contains(char::is_control));
            prop_assert!(!beacon.referrer.unwrap_or_default().contains(char::is_control));
            prop_assert!(!beacon.title.unwrap_or_default().contains(char::is_control));
        }
    }
}

fn corpora() -> Option<PathBuf> {
    let folder = env::var_os("TRACKFLOW_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: TRACKFLOW_CORPORA does not name the folder of public test inputs");
    }
    folder
}

#[test]
fn no_file_of_the_json_test_suite_makes_the_parser_panic() {
    let Some(folder) = corpora() else { return };
    let mut count = 0;
    for part in ["test_parsing", "test_transform"] {
        for file in fs::read_dir(folder.join("JSONTestSuite").join(part)).unwrap() {
            let path = file.unwrap().path();
            let body = fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let result = Beacon::parse(&body);
            assert!(result.is_err(), "{name} is no message");
            if name.starts_with("n_") {
                // Not JSON in any reading, but for what follows a byte order mark.
                assert_eq!(result.unwrap_err().field, "request", "{name}");
            }
            count += 1;
        }
    }
    assert!(count >= 300, "found {count} files");
}

#[test]
fn every_naughty_string_is_a_usable_name_value_and_path_or_refused() {
    let Some(folder) = corpora() else { return };
    let strings: Vec<String> =
        serde_json::from_slice(&fs::read(folder.join("blns/blns.json")).unwrap()).unwrap();
    assert!(strings.len() > 400);
    for text in strings {
        let message = json!({"n": text, "u": format!("https://a.org/{text}"), "d": text, "r": text, "p": {"k": text}});
        if let Ok(beacon) = parse(&message) {
            let stored = [
                beacon.name,
                beacon.domain,
                beacon.props.to_canonical_json().unwrap_or_default(),
            ];
            assert!(!stored.concat().contains(char::is_control), "{text:?}");
        }
    }
}
