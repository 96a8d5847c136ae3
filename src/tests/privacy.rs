//! A lint of names: nothing that could hold what identifies a person has a place, neither a column of a table nor a field
//! of a type, unless it stands here with its reason.

use std::{fs, path::Path};

use super::schema::columns;
use crate::db::Db;

db_tests!(no_column_could_hold_what_identifies_a_visitor);

/// Parts of names that betray such a place.
const SUSPICIOUS: [&str; 25] = [
    "ip",
    "addr",
    "address",
    "agent",
    "ua",
    "fingerprint",
    "cookie",
    "email",
    "mail",
    "phone",
    "header",
    "headers",
    "lat",
    "lon",
    "latitude",
    "longitude",
    "city",
    "postcode",
    "screen",
    "language",
    "languages",
    "device_id",
    "user_id",
    "uid",
    "query",
];

/// Columns that may be: of the people who log in, or coarse by what is written there (docs/privacy.md): the name of a city,
/// one language, a class of widths.
const COLUMNS: [&str; 8] = [
    "annotation.user_id",
    "api_key.user_id",
    "segment.user_id",
    "session.user_id",
    "user_account.email",
    "visit.city",
    "visit.language",
    "visit.screen",
];

/// Fields that may be, and why.
const FIELDS: [(&str, &str); 30] = [
    ("ApiKey.email", "of who logs in"),
    ("ApiKeyRow.email", "of who logs in"),
    ("ApiKeyRow.user_id", "of who logs in"),
    ("Asked.query", "what is asked of the statistics"),
    ("Beacon.language", "lives as long as the request"),
    ("Client.country_header", "lives as long as the request"),
    ("Client.ip", "lives as long as the request; prints nothing"),
    ("Client.language_header", "lives as long as the request"),
    (
        "Client.user_agent",
        "lives as long as the request; prints nothing",
    ),
    ("Device.screen", "of invented traffic"),
    ("EnrichedHit.city", "its name alone"),
    ("EnrichedHit.language", "one language, perhaps a region"),
    ("EnrichedHit.screen", "one of five classes"),
    ("JourneyReport.query", "what is asked of the statistics"),
    ("Land.language", "of invented traffic"),
    ("Login.email", "of who logs in"),
    ("NewUser.email", "of who logs in"),
    ("NewUserRow.email", "of who logs in"),
    ("Place.city", "its name alone"),
    ("Place.language", "of invented traffic"),
    ("Principal.email", "of who is logged in"),
    ("Push.query", "campaign tags of invented traffic"),
    ("Record.city", "its name alone"),
    ("SegmentRow.user_id", "of who logs in"),
    ("Source.query", "campaign tags of invented traffic"),
    ("User.email", "of who logs in"),
    ("UserRow.email", "of who logs in"),
    ("VisitRow.city", "number of its name"),
    ("VisitRow.language", "number of one language"),
    ("VisitRow.screen", "number of one of five classes"),
];

fn is_suspicious(name: &str) -> bool {
    SUSPICIOUS.contains(&name) || name.split('_').any(|part| SUSPICIOUS.contains(&part))
}

async fn no_column_could_hold_what_identifies_a_visitor(db: Db) {
    let columns = columns(&db).await;
    assert!(columns.len() > 50, "the schema was read");
    let suspicious: Vec<_> = columns
        .iter()
        .filter(|column| is_suspicious(column.split_once('.').expect("a table and a column").1))
        .collect();
    assert_eq!(suspicious, COLUMNS);
}

/// The named fields of all structs and enums below a folder as `Type.field`, by their layout as rustfmt makes it.
fn fields(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fields(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut of: Option<(String, usize)> = None;
            for line in text.lines() {
                let indent = line.len() - line.trim_start().len();
                let line = line.trim_start();
                if let Some((_, start)) = &of
                    && line.starts_with('}')
                    && indent == *start
                {
                    of = None;
                } else if let Some((name, _)) = &of {
                    let field = line.strip_prefix("pub ").unwrap_or(line);
                    let field = field.strip_prefix("pub(super) ").unwrap_or(field);
                    let field = field.strip_prefix("pub(crate) ").unwrap_or(field);
                    if let Some((field, _)) = field.split_once(": ")
                        && field
                            .bytes()
                            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                    {
                        found.push(format!("{name}.{field}"));
                    }
                } else if line.ends_with('{') {
                    let rest = line
                        .split_once("struct ")
                        .or_else(|| line.split_once("enum "));
                    let name = rest.and_then(|(_, rest)| rest.split([' ', '<', '(']).next());
                    of = name
                        .filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase()))
                        .map(|name| (name.to_owned(), indent));
                }
            }
        }
    }
}

#[test]
fn no_field_could_hold_what_identifies_a_visitor_without_a_reason() {
    let mut found = Vec::new();
    fields(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    for known in [
        "EventRow.visitor_id",
        "EnrichedHit.page",
        "Client.user_agent",
    ] {
        assert!(
            found.iter().any(|field| field == known),
            "{known} was not found"
        );
    }
    found.retain(|field| is_suspicious(field.split_once('.').expect("a type and a field").1));
    found.sort_unstable();
    found.dedup();
    let allowed: Vec<_> = FIELDS.iter().map(|(field, _)| *field).collect();
    assert_eq!(found, allowed);
}
