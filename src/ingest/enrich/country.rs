//! The country of an address: a trusted proxy's word first, then a database in the MMDB format. A database of cities also tells
//! the region and the city, by name.
//!
//! Two schemas are read: the nested one of `GeoLite2` and DB-IP (`country.iso_code`) and the flat one of ip-location-db (`country_code`). No
//! database is shipped. The address is looked up as a whole and then forgotten.

mod record;

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

use maxminddb::{MaxMindDbError, Reader};

use self::record::Record;
use crate::ingest::client::Client;

/// A country database that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CountryError {
    /// The file is missing, unreadable or broken.
    #[error("the country database `{}` cannot be read: {source}; it must be a file in MaxMind's `.mmdb` format", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: MaxMindDbError,
    },
    /// The file is sound, but neither schema fits.
    #[error("the database `{}` (type `{kind}`) knows no countries; use one like DB-IP Country Lite or GeoLite2 Country", path.display())]
    NoCountries {
        /// The file.
        path: PathBuf,
        /// What the file calls itself.
        kind: String,
    },
}

/// Countries by address.
pub struct Countries {
    reader: Option<Reader<Vec<u8>>>,
}

impl fmt::Debug for Countries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self
            .reader
            .as_ref()
            .map(|reader| &reader.metadata().database_type);
        f.debug_tuple("Countries").field(&kind).finish()
    }
}

/// Where a visitor is; empty is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// English name and country: `Bavaria, DE`; a region that the database knows by code only is `DE-BY` (ISO 3166-2).
    pub region: String,
    /// English name, region and country, so that cities of one name stay apart: `Munich, Bavaria, DE`.
    pub city: String,
}

impl Countries {
    /// Knows no country but what headers say.
    #[must_use]
    pub fn none() -> Self {
        Self { reader: None }
    }

    /// Reads a database into memory (some 10 MB) and looks through its first records.
    ///
    /// # Errors
    ///
    /// [`CountryError`] if it is unreadable or has no countries.
    pub fn open(path: &Path) -> Result<Self, CountryError> {
        let reader = Reader::open_readfile(path).map_err(|source| CountryError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let countries = Self {
            reader: Some(reader),
        };
        if countries.has_countries() {
            Ok(countries)
        } else {
            Err(CountryError::NoCountries {
                path: path.to_owned(),
                kind: countries.kind(),
            })
        }
    }

    /// Whether a database was opened.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.reader.is_some()
    }

    /// The country of a client: ISO 3166-1 alpha-2, empty if unknown.
    #[must_use]
    pub fn of(&self, client: &Client<'_>) -> String {
        match client.country_header {
            Some(code) => code.to_owned(),
            None => self.look_up(client.ip.expose()).unwrap_or_default(),
        }
    }

    /// The place of a client. `country` is what [`Countries::of`] said, if it was asked already.
    ///
    /// A proxy's country goes before the database's: where they differ, region and city are unknown.
    #[must_use]
    pub fn place_of(&self, client: &Client<'_>, country: Option<String>) -> Place {
        let named = country.or_else(|| client.country_header.map(str::to_owned));
        let found = self.record(client.ip.expose());
        let found_country = found.as_ref().and_then(Record::country_code);
        match (named, found, found_country) {
            (named, Some(record), Some(country))
                if named.as_ref().is_none_or(|named| *named == country) =>
            {
                let region = record.region(&country);
                let city = record.city(&country);
                Place {
                    country,
                    region,
                    city,
                }
            }
            (named, _, country) => Place {
                country: named.or(country).unwrap_or_default(),
                ..Place::default()
            },
        }
    }

    fn look_up(&self, ip: IpAddr) -> Option<String> {
        self.record(ip)?.country_code()
    }

    /// A record that cannot be decoded counts as unknown: a broken file must not cost an event.
    fn record(&self, ip: IpAddr) -> Option<Record<'_>> {
        self.reader.as_ref()?.lookup(ip).ok()?.decode().ok()?
    }

    fn kind(&self) -> String {
        self.reader
            .as_ref()
            .map(|reader| reader.metadata().database_type.clone())
            .unwrap_or_default()
    }

    fn has_countries(&self) -> bool {
        let Some(reader) = &self.reader else {
            return false;
        };
        let Ok(networks) = reader.networks(maxminddb::WithinOptions::default()) else {
            return false;
        };
        networks
            .take(1000)
            .filter_map(|network| network.ok()?.decode::<Record<'_>>().ok()?)
            .any(|record| record.country_code().is_some())
    }
}

#[cfg(test)]
mod tests;
