//! The country of an address: a trusted proxy's word first, then a database in the MMDB format.
//!
//! Two schemas are read: the nested one of `GeoLite2` (`country.iso_code`) and the flat one of ip-location-db (`country_code`). No database
//! is shipped. The address is looked up as a whole and then forgotten.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

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

/// Both schemas at once; all else in a record is skipped.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country_code: Option<&'a str>,
    country: Option<NestedCountry<'a>>,
}

#[derive(Deserialize)]
struct NestedCountry<'a> {
    iso_code: Option<&'a str>,
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

    fn look_up(&self, ip: IpAddr) -> Option<String> {
        // A record that cannot be decoded counts as unknown: a broken file must not cost an event.
        let record: Record<'_> = self.reader.as_ref()?.lookup(ip).ok()?.decode().ok()??;
        record.country_code()
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

impl Record<'_> {
    fn country_code(&self) -> Option<String> {
        let nested = || self.country.as_ref()?.iso_code;
        let code = self.country_code.or_else(nested)?.to_ascii_uppercase();
        let is_country = code.len() == 2
            && code.bytes().all(|letter| letter.is_ascii_uppercase())
            && code != "XX"
            && code != "ZZ";
        is_country.then_some(code)
    }
}

#[cfg(test)]
mod tests;
