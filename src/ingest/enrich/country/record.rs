//! What is read of a record of the database: both schemas at once, all else is skipped.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::ingest::text::{cut, without_control};

/// The longest names that we found have some 80 bytes.
const NAME_LIMIT_BYTES: usize = 200;

/// A record, still in the database's own bytes.
#[derive(Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    country_code: Option<&'a str>,
    country: Option<NestedCountry<'a>>,
    /// The flat schema's region.
    state1: Option<&'a str>,
    #[serde(default)]
    subdivisions: Vec<Subdivision<'a>>,
    city: Option<City<'a>>,
}

#[derive(Deserialize)]
struct NestedCountry<'a> {
    iso_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct Subdivision<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Option<Names<'a>>,
}

#[derive(Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

impl Record<'_> {
    /// ISO 3166-1 alpha-2.
    pub(super) fn country_code(&self) -> Option<String> {
        let nested = || self.country.as_ref()?.iso_code;
        let code = self.country_code.or_else(nested)?.to_ascii_uppercase();
        let is_country = code.len() == 2
            && code.bytes().all(|letter| letter.is_ascii_uppercase())
            && code != "XX"
            && code != "ZZ";
        is_country.then_some(code)
    }

    /// The first, widest region with its country; empty if unknown.
    pub(super) fn region(&self, country: &str) -> String {
        if let Some(name) = self.region_name() {
            return format!("{name}, {country}");
        }
        let code = self.subdivisions.first().and_then(|first| first.iso_code);
        let is_code = |code: &&str| {
            (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        code.filter(is_code).map_or_else(String::new, |code| {
            format!("{country}-{}", code.to_ascii_uppercase())
        })
    }

    /// The city with its region and country; empty if unknown.
    pub(super) fn city(&self, country: &str) -> String {
        let Some(name) = self.city.as_ref().and_then(|city| fit(city.0?)) else {
            return String::new();
        };
        match self.region_name() {
            Some(region) => format!("{name}, {region}, {country}"),
            None => format!("{name}, {country}"),
        }
    }

    fn region_name(&self) -> Option<String> {
        let nested = || self.subdivisions.first()?.names.as_ref()?.en;
        fit(self.state1.or_else(nested)?)
    }
}

fn fit(name: &str) -> Option<String> {
    let name = without_control(name);
    let name = cut(name.trim(), NAME_LIMIT_BYTES).trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The English name of a city: a text in the flat schema, in `names` of a map in the nested one.
struct City<'a>(Option<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for City<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = City<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a city")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(City(Some(name)))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut name = None;
                while let Some(key) = map.next_key::<&str>()? {
                    if key == "names" {
                        name = map.next_value::<Names<'de>>()?.en;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(City(name))
            }
        }

        deserializer.deserialize_any(Either)
    }
}
