//! When keys are made, handed over and destroyed, and what their file holds.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use super::*;
use crate::ingest::client::ClientIp;

const BERLIN: &str = "Europe/Berlin";

fn at(time: &str) -> Timestamp {
    Timestamp(time.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn who_in(keys: &VisitorKeys, zone_name: &str, time: &str) -> Visitor {
    let client = Client {
        ip: ClientIp::new("203.0.113.7".parse().unwrap()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        country_header: None,
        language_header: None,
        has_opted_out: false,
    };
    let time_zone = TimeZone::get(zone_name).unwrap();
    keys.identify(SiteId(1), &time_zone, zone_name, &client, at(time))
}

fn who(keys: &VisitorKeys, time: &str) -> Visitor {
    who_in(keys, "UTC", time)
}

#[test]
fn a_visitor_keeps_the_id_for_the_local_day() {
    let keys = VisitorKeys::in_memory();
    let morning = who(&keys, "2026-03-01T00:00:00Z");
    let evening = who(&keys, "2026-03-01T23:59:59.999Z");
    assert_eq!(morning, evening);
    assert_eq!(morning.previous, None);
}

#[test]
fn after_midnight_the_old_id_is_told_for_30_minutes() {
    let keys = VisitorKeys::in_memory();
    let old = who(&keys, "2026-03-01T23:50:00Z");
    for (time, previous) in [
        ("2026-03-02T00:00:00Z", Some(old.id)),
        ("2026-03-02T00:29:59.999Z", Some(old.id)),
        ("2026-03-02T00:30:00Z", None),
        ("2026-03-02T12:00:00Z", None),
    ] {
        let new = who(&keys, time);
        assert_ne!(new.id, old.id, "{time}");
        assert_eq!(new.previous, previous, "{time}");
    }
}

#[test]
fn two_stores_never_have_the_same_key() {
    let time = "2026-03-01T12:00:00Z";
    assert_ne!(
        who(&VisitorKeys::in_memory(), time),
        who(&VisitorKeys::in_memory(), time)
    );
}

#[test]
fn the_day_is_the_one_of_the_sites_zone_and_each_zone_has_its_key() {
    let keys = VisitorKeys::in_memory();
    let before = who_in(&keys, "Asia/Tokyo", "2026-03-01T14:59:00Z");
    let after = who_in(&keys, "Asia/Tokyo", "2026-03-01T15:00:00Z");
    assert_eq!(after.previous, Some(before.id));
    assert_ne!(who_in(&keys, "UTC", "2026-03-01T15:00:00Z").id, after.id);
    assert_eq!(keys.status().live, 3);
}

#[test]
fn a_key_dies_30_minutes_after_a_day_of_whatever_length() {
    for (name, zone, noon, death) in [
        (
            "plain",
            "UTC",
            "2026-03-01T12:00:00Z",
            "2026-03-02T00:30:00Z",
        ),
        (
            "winter",
            BERLIN,
            "2026-01-10T12:00:00Z",
            "2026-01-10T23:30:00Z",
        ),
        (
            "summer",
            BERLIN,
            "2026-07-10T12:00:00Z",
            "2026-07-10T22:30:00Z",
        ),
        (
            "23 hours",
            BERLIN,
            "2026-03-29T12:00:00Z",
            "2026-03-29T22:30:00Z",
        ),
        (
            "25 hours",
            BERLIN,
            "2026-10-25T12:00:00Z",
            "2026-10-25T23:30:00Z",
        ),
        (
            "no midnight",
            "America/Santiago",
            "2026-09-05T12:00:00Z",
            "2026-09-06T04:30:00Z",
        ),
        (
            "half an hour",
            "Asia/Kolkata",
            "2026-03-01T12:00:00Z",
            "2026-03-01T19:00:00Z",
        ),
    ] {
        let keys = VisitorKeys::in_memory();
        let _ = who_in(&keys, zone, noon);
        assert_eq!(keys.status().next_death_at, Some(at(death)), "{name}");
        assert_eq!(keys.purge(at(death).plus_ms(-1)), 0, "{name}");
        assert_eq!(keys.purge(at(death)), 1, "{name}");
        let status = keys.status();
        assert_eq!(
            (status.live, status.last_destroyed_at),
            (0, Some(at(death))),
            "{name}"
        );
    }
}

#[test]
fn an_hour_that_happens_twice_has_one_key() {
    let keys = VisitorKeys::in_memory();
    let first = who_in(&keys, BERLIN, "2026-10-25T00:30:00Z");
    let second = who_in(&keys, BERLIN, "2026-10-25T01:30:00Z");
    assert_eq!(first, second);
}

#[test]
fn a_clock_that_is_set_back_destroys_all_keys() {
    let keys = VisitorKeys::in_memory();
    let before = who(&keys, "2026-03-01T12:00:00Z");
    assert_eq!(who(&keys, "2026-03-01T15:00:00Z"), before);
    assert_eq!(
        who(&keys, "2026-03-01T14:00:00Z"),
        before,
        "an hour is tolerated"
    );
    let after = who(&keys, "2026-03-01T13:59:59Z");
    assert_ne!(after.id, before.id);
    assert_eq!(
        who(&keys, "2026-03-01T15:00:00Z"),
        after,
        "the new clock counts"
    );
}

#[test]
fn a_clock_that_jumps_ahead_leaves_no_key_behind() {
    let keys = VisitorKeys::in_memory();
    let before = who(&keys, "2026-03-01T12:00:00Z");
    let ahead = who(&keys, "2026-03-05T12:00:00Z");
    assert_eq!((ahead.previous, keys.status().live), (None, 1));
    assert_ne!(who(&keys, "2026-03-01T12:00:01Z").id, before.id);
}

#[test]
fn secrets_are_not_printed() {
    let keys = VisitorKeys::in_memory();
    let _ = who(&keys, "2026-03-01T12:00:00Z");
    assert!(format!("{keys:?}").contains("secret: [redacted]"));
}

fn a_key_file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visitor.keys");
    (folder, path)
}

#[test]
fn a_restart_keeps_ids_and_the_hand_over() {
    let (_folder, path) = a_key_file();
    let keys = VisitorKeys::with_file(&path, at("2026-03-01T23:00:00Z"));
    let before = who(&keys, "2026-03-01T23:00:00Z");
    drop(keys);
    let keys = VisitorKeys::with_file(&path, at("2026-03-01T23:30:00Z"));
    assert_eq!(who(&keys, "2026-03-01T23:30:00Z"), before);
    drop(keys);
    let keys = VisitorKeys::with_file(&path, at("2026-03-02T00:10:00Z"));
    assert_eq!(who(&keys, "2026-03-02T00:10:00Z").previous, Some(before.id));
}

#[test]
fn the_file_is_private_and_never_holds_a_dead_key() {
    let (folder, path) = a_key_file();
    let days = || -> Vec<String> {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().skip(1).map(|line| line.split('\t'));
        // The line of the last destruction has two columns.
        let keys = lines.filter(|columns| columns.clone().count() == 5);
        keys.map(|mut columns| columns.nth(1).unwrap().to_owned())
            .collect()
    };
    let keys = VisitorKeys::with_file(&path, at("2026-03-01T12:00:00Z"));
    assert!(days().is_empty());
    let _ = who(&keys, "2026-03-01T12:00:00Z");
    assert_eq!(days(), ["2026-03-01"]);
    let _ = who(&keys, "2026-03-02T00:10:00Z");
    assert_eq!(days(), ["2026-03-01", "2026-03-02"]);
    assert_eq!(keys.purge(at("2026-03-02T00:30:00Z")), 1);
    assert_eq!(days(), ["2026-03-02"]);
    // An event cleans up as well, should the timer be late.
    let _ = who(&keys, "2026-03-03T12:00:00Z");
    assert_eq!(days(), ["2026-03-03"]);
    // And so does a start.
    drop(VisitorKeys::with_file(&path, at("2026-03-09T12:00:00Z")));
    assert!(days().is_empty());

    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "only the file itself is left"
    );
}

#[test]
fn the_last_destruction_is_known_after_a_restart() {
    let (_folder, path) = a_key_file();
    let start = |time| VisitorKeys::with_file(&path, at(time));
    let last = |keys: &VisitorKeys| keys.status().last_destroyed_at;
    let keys = start("2026-03-01T12:00:00Z");
    assert_eq!(last(&keys), None);
    let _ = who(&keys, "2026-03-01T12:00:00Z");
    keys.purge(at("2026-03-02T00:30:20Z"));
    drop(keys);
    assert_eq!(
        last(&start("2026-03-02T08:00:00Z")),
        Some(at("2026-03-02T00:30:20Z"))
    );
    // A key whose day ended while the program was stopped is destroyed at the start.
    let keys = start("2026-03-02T09:00:00Z");
    let _ = who(&keys, "2026-03-02T09:00:00Z");
    drop(keys);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        last(&start("2026-03-05T07:00:00Z")),
        Some(at("2026-03-05T07:00:00Z"))
    );
    // An older program finds its keys in the file too: it passes over lines that are no keys.
    assert!(text.starts_with("trackflow visitor keys 1\ndestroyed\t"));
    // A destruction in the future was another clock's.
    fs::write(
        &path,
        "trackflow visitor keys 1\ndestroyed\t9999999999999\n",
    )
    .unwrap();
    assert_eq!(last(&start("2026-03-05T08:00:00Z")), None);
}

#[test]
fn the_report_tells_the_lives_of_a_zones_keys() {
    let keys = VisitorKeys::in_memory();
    let report = |time| keys.report(&TimeZone::UTC, "UTC", at(time));
    assert_eq!(report("2026-03-01T12:00:00Z").current, None);
    let _ = who(&keys, "2026-03-01T12:00:00Z");
    let _ = who_in(&keys, BERLIN, "2026-03-01T12:00:00Z");
    let first = KeyLife {
        created_at: at("2026-03-01T12:00:00Z"),
        dies_at: at("2026-03-02T00:30:00Z"),
    };
    assert_eq!(report("2026-03-01T18:00:00Z").current, Some(first));
    let _ = who(&keys, "2026-03-02T00:10:00Z");
    let after = report("2026-03-02T00:20:00Z");
    assert_eq!(after.previous, Some(first));
    assert_eq!(
        after.current.map(|key| key.created_at),
        Some(at("2026-03-02T00:10:00Z"))
    );
    assert_eq!(
        report("2026-03-02T00:30:00Z").previous,
        None,
        "also if the timer is late"
    );
}

/// 100 sites on 3 days: nothing of an id tells that it is the same person.
#[test]
fn one_person_has_unrelated_ids_on_all_sites_and_days() {
    let keys = VisitorKeys::in_memory();
    let client = Client {
        ip: ClientIp::new("203.0.113.7".parse().unwrap()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        country_header: None,
        language_header: None,
        has_opted_out: false,
    };
    let mut ids = Vec::new();
    for time in [
        "2026-03-01T12:00:00Z",
        "2026-03-02T12:00:00Z",
        "2026-03-03T12:00:00Z",
    ] {
        for site in 1..=100 {
            let visitor = keys.identify(SiteId(site), &TimeZone::UTC, "UTC", &client, at(time));
            ids.push(visitor.id.0);
        }
    }
    // Two of 300 random numbers share their first 4 bytes once in 100,000 runs of this test.
    let mut beginnings: Vec<_> = ids.iter().map(|id| id >> 32).collect();
    beginnings.sort_unstable();
    beginnings.dedup();
    assert_eq!(beginnings.len(), 300);
}

#[test]
fn a_key_from_another_clock_is_not_taken_up() {
    let (_folder, path) = a_key_file();
    let keys = VisitorKeys::with_file(&path, at("2026-03-09T12:00:00Z"));
    let _ = who(&keys, "2026-03-09T12:00:00Z");
    drop(keys);
    let keys = VisitorKeys::with_file(&path, at("2026-03-01T12:00:00Z"));
    assert_eq!(keys.status().live, 0);
}

#[test]
fn a_file_that_others_may_have_put_there_is_replaced() {
    let (folder, path) = a_key_file();
    let line = format!(
        "UTC\t2026-03-01\t1\t{}\t{}\n",
        at("2026-03-02T00:30:00Z").0,
        "00".repeat(32)
    );
    let text = format!("trackflow visitor keys 1\n{line}");
    let now = at("2026-03-01T12:00:00Z");
    let live = || VisitorKeys::with_file(&path, now).status().live;
    let write = |mode| {
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };

    write(0o600);
    assert_eq!(live(), 1, "the same file is read if it is private");
    write(0o644);
    assert_eq!(live(), 0, "others may read it");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, &text).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert_eq!(live(), 0, "it is a link");
    assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
}

#[test]
fn a_damaged_file_or_a_missing_folder_does_not_stop_the_program() {
    let (folder, path) = a_key_file();
    let now = at("2026-03-01T12:00:00Z");
    for text in [
        "",
        "something else\n",
        "trackflow visitor keys 1\nUTC\t2026-03-01\t1\n",
        "trackflow visitor keys 1\n\u{fffd}\t\t\t\t\n",
    ] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(
            VisitorKeys::with_file(&path, now).status().live,
            0,
            "{text:?}"
        );
    }
    let keys = VisitorKeys::with_file(&folder.path().join("missing/visitor.keys"), now);
    assert_eq!(
        who(&keys, "2026-03-01T12:00:00Z"),
        who(&keys, "2026-03-01T13:00:00Z")
    );
}
