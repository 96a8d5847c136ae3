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
    List(Vec<Data>),
}

impl Data {
    fn write(&self, bytes: &mut Vec<u8>) {
        let control = |kind: u8, size: usize| kind << 5 | u8::try_from(size).unwrap();
        match self {
            Self::Text(text) => write_text(text, bytes),
            Self::Map(entries) => {
                bytes.push(control(7, entries.len()));
                for (key, value) in entries {
                    write_text(key, bytes);
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
            Self::List(values) => {
                bytes.extend([control(0, values.len()), 11 - 7]);
                values.iter().for_each(|value| value.write(bytes));
            }
        }
    }
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    // A text of at least 29 bytes has its length in a byte of its own.
    match u8::try_from(text.len()).unwrap() {
        short @ ..29 => bytes.push(2 << 5 | short),
        long => bytes.extend([2 << 5 | 29, long - 29]),
    }
    bytes.extend(text.as_bytes());
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
        ("languages", Data::List(vec![])),
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

fn names(name: &'static str) -> Data {
    let names = vec![("de", Data::Text("Stadt")), ("en", Data::Text(name))];
    Data::Map(vec![("names", Data::Map(names))])
}

/// A record of a database of cities, like those of `GeoLite2` and DB-IP.
fn nested_city() -> Data {
    let country = Data::Map(vec![("iso_code", Data::Text("DE"))]);
    let regions = vec![names("Bavaria"), names("Upper Bavaria")];
    Data::Map(vec![
        ("city", names("Munich")),
        ("country", country),
        (
            "location",
            Data::Map(vec![("time_zone", Data::Text("Europe/Berlin"))]),
        ),
        ("subdivisions", Data::List(regions)),
    ])
}

fn a_client<'a>(ip: &str, country_header: Option<&'a str>) -> Client<'a> {
    Client {
        ip: ClientIp::new(ip.parse().unwrap()),
        user_agent: "",
        country_header,
        language_header: None,
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
fn a_database_of_cities_tells_region_and_city_by_name() {
    let flat_city = |fields: &[(&'static str, &'static str)]| {
        let fields = fields.iter().map(|(key, value)| (*key, Data::Text(value)));
        Data::Map(fields.collect())
    };
    let coded = |code| {
        let region = Data::Map(vec![("iso_code", Data::Text(code))]);
        let country = Data::Map(vec![("iso_code", Data::Text("GB"))]);
        let city = Data::Map(vec![("geoname_id", Data::U32(1))]);
        Data::Map(vec![
            ("city", city),
            ("country", country),
            ("subdivisions", Data::List(vec![region])),
        ])
    };
    for (name, record, expected) in [
        (
            "nested",
            nested_city(),
            ("DE", "Bavaria, DE", "Munich, Bavaria, DE"),
        ),
        (
            "flat",
            flat_city(&[
                ("city", "Springfield"),
                ("country_code", "us"),
                ("postcode", "62701"),
                ("state1", "Illinois"),
            ]),
            ("US", "Illinois, US", "Springfield, Illinois, US"),
        ),
        (
            "no region",
            flat_city(&[
                ("city", "Monaco\n"),
                ("country_code", "MC"),
                ("state1", " "),
            ]),
            ("MC", "", "Monaco, MC"),
        ),
        (
            "no country",
            flat_city(&[
                ("city", "Atlantis"),
                ("state1", "Sea"),
                ("country_code", "XX"),
            ]),
            ("", "", ""),
        ),
        ("code alone", coded("eng"), ("GB", "GB-ENG", "")),
        ("no code", coded("<b>"), ("GB", "", "")),
        ("countries only", nested("DE"), ("DE", "", "")),
    ] {
        let file = a_database(&record);
        let countries = Countries::open(file.path());
        // A database without a country is refused; its records are read all the same here.
        let countries = countries.unwrap_or_else(|_| Countries {
            reader: Reader::open_readfile(file.path()).ok(),
        });
        let place = countries.place_of(&a_client("81.2.69.142", None), None);
        let (country, region, city) = expected;
        assert_eq!(place.country, country, "{name}");
        assert_eq!(place.region, region, "{name}");
        assert_eq!(place.city, city, "{name}");
        let elsewhere = countries.place_of(&a_client("203.0.113.7", None), None);
        assert_eq!(elsewhere, Place::default(), "{name}");
    }
}

#[test]
fn region_and_city_are_unknown_where_a_proxy_names_another_country() {
    let countries = Countries::open(a_database(&nested_city()).path()).unwrap();
    let place = |header, known: Option<&str>| {
        let client = a_client("81.2.69.142", header);
        let place = countries.place_of(&client, known.map(str::to_owned));
        (place.country, place.city)
    };
    let munich = ("DE".to_owned(), "Munich, Bavaria, DE".to_owned());
    assert_eq!(place(Some("DE"), None), munich);
    assert_eq!(place(None, Some("DE")), munich, "a rule asked before");
    assert_eq!(place(Some("FR"), None), ("FR".into(), String::new()));
    assert_eq!(place(Some("FR"), Some("FR")), ("FR".into(), String::new()));
    assert_eq!(place(None, Some("")), (String::new(), String::new()));
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
    let sound = std::fs::read(a_database(&nested_city()).path()).unwrap();
    for position in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[position] ^= 0xff;
        if let Ok(countries) = Countries::open(a_file(&damaged).path()) {
            let _ = countries.place_of(&a_client("81.2.69.142", None), None);
        }
        let _ = Countries::open(a_file(&sound[..position]).path());
    }
}
