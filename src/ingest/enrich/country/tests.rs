//! Both schemas, broken files, and who is believed first. The databases are built here, a few dozen bytes each.

use std::io::Write as _;

use tempfile::NamedTempFile;

use super::*;
use crate::ingest::client::ClientIp;

/// A value in the MMDB format.
enum Data {
    Text(&'static str),
    Map(Vec<(&'static str, Data)>),
    U16(u16),
    U32(u32),
    U64(u64),
    EmptyList,
}

impl Data {
    fn write(&self, bytes: &mut Vec<u8>) {
        let control = |kind: u8, size: usize| kind << 5 | u8::try_from(size).unwrap();
        match self {
            Self::Text(text) => {
                bytes.push(control(2, text.len()));
                bytes.extend(text.as_bytes());
            }
            Self::Map(entries) => {
                bytes.push(control(7, entries.len()));
                for (key, value) in entries {
                    // A text of at least 29 bytes has its length in a byte of its own.
                    match key.len() {
                        short @ ..29 => bytes.push(control(2, short)),
                        long => bytes.extend([control(2, 29), u8::try_from(long - 29).unwrap()]),
                    }
                    bytes.extend(key.as_bytes());
                    value.write(bytes);
                }
            }
            Self::U16(number) => {
                bytes.push(control(5, 2));
                bytes.extend(number.to_be_bytes());
            }
            Self::U32(number) => {
                bytes.push(control(6, 4));
                bytes.extend(number.to_be_bytes());
            }
            // Kinds from 8 on stand in a byte of their own, less 7.
            Self::U64(number) => {
                bytes.extend([control(0, 8), 9 - 7]);
                bytes.extend(number.to_be_bytes());
            }
            Self::EmptyList => bytes.extend([control(0, 0), 11 - 7]),
        }
    }
}

/// A database with one record, for all addresses below 128.0.0.0.
fn a_database(record: &Data) -> NamedTempFile {
    // One node: the left branch leads to the first record (node count + 16), the right one to nothing (node count).
    let mut bytes = vec![0, 0, 17, 0, 0, 1];
    bytes.extend([0; 16]);
    record.write(&mut bytes);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    Data::Map(vec![
        ("node_count", Data::U32(1)),
        ("record_size", Data::U16(24)),
        ("ip_version", Data::U16(4)),
        ("database_type", Data::Text("Test")),
        ("languages", Data::EmptyList),
        ("binary_format_major_version", Data::U16(2)),
        ("binary_format_minor_version", Data::U16(0)),
        ("build_epoch", Data::U64(1)),
        ("description", Data::Map(vec![])),
    ])
    .write(&mut bytes);
    a_file(&bytes)
}

fn a_file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn flat(code: &'static str) -> Data {
    Data::Map(vec![("country_code", Data::Text(code))])
}

fn nested(code: &'static str) -> Data {
    let country = Data::Map(vec![
        ("iso_code", Data::Text(code)),
        ("geoname_id", Data::U32(1)),
    ]);
    Data::Map(vec![
        ("continent", Data::Map(vec![("code", Data::Text("EU"))])),
        ("country", country),
    ])
}

fn a_client<'a>(ip: &str, country_header: Option<&'a str>) -> Client<'a> {
    Client {
        ip: ClientIp::new(ip.parse().unwrap()),
        user_agent: "",
        country_header,
        has_opted_out: false,
    }
}

#[test]
fn both_schemas_are_read() {
    for (name, record) in [
        ("flat", flat("DE")),
        ("lower case", flat("de")),
        ("nested", nested("DE")),
    ] {
        let countries = Countries::open(a_database(&record).path()).unwrap();
        assert_eq!(countries.of(&a_client("81.2.69.142", None)), "DE", "{name}");
        assert_eq!(
            countries.of(&a_client("203.0.113.7", None)),
            "",
            "{name}: not in the database"
        );
        assert_eq!(
            countries.of(&a_client("2001:db8::1", None)),
            "",
            "{name}: IPv6 in an IPv4 database"
        );
    }
}

#[test]
fn a_header_goes_before_the_database_and_suffices_without_one() {
    let countries = Countries::open(a_database(&flat("DE")).path()).unwrap();
    assert_eq!(countries.of(&a_client("81.2.69.142", Some("FR"))), "FR");
    assert_eq!(
        Countries::none().of(&a_client("81.2.69.142", Some("FR"))),
        "FR"
    );
    assert_eq!(Countries::none().of(&a_client("81.2.69.142", None)), "");
}

#[test]
fn a_file_that_is_no_country_database_is_refused_in_clear_words() {
    let missing = Countries::open(Path::new("/nowhere/countries.mmdb"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("the country database `/nowhere/countries.mmdb` cannot be read: "),
        "{missing}"
    );

    for bytes in [
        b"" as &[u8],
        b"no database",
        b"\xab\xcd\xefMaxMind.com",
        b"\xab\xcd\xefMaxMind.com\xe9\xff\xff",
    ] {
        let file = a_file(bytes);
        assert!(
            matches!(
                Countries::open(file.path()),
                Err(CountryError::Unreadable { .. })
            ),
            "{bytes:?}"
        );
    }
    for record in [
        Data::Map(vec![("city", Data::Text("Berlin"))]),
        flat("XX"),
        flat("<b>"),
        Data::Text("DE"),
    ] {
        let file = a_database(&record);
        let error = Countries::open(file.path()).unwrap_err().to_string();
        assert!(
            error.contains("(type `Test`) knows no countries"),
            "{error}"
        );
    }
}

#[test]
fn a_damaged_database_never_panics() {
    let sound = std::fs::read(a_database(&nested("DE")).path()).unwrap();
    for position in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[position] ^= 0xff;
        if let Ok(countries) = Countries::open(a_file(&damaged).path()) {
            let _ = countries.of(&a_client("81.2.69.142", None));
        }
        let _ = Countries::open(a_file(&sound[..position]).path());
    }
}
