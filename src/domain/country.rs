//! The countries of ISO 3166-1 (and Kosovo, XK) with their names and whether the map draws them.

/// One country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2, upper case.
    pub code: &'static str,
    /// Short English name.
    pub name: &'static str,
    /// Whether the world map has a place for it.
    pub is_on_map: bool,
}

const TABLE: &str = include_str!("countries.tsv");

/// All countries, ascending by code.
pub fn countries() -> impl Iterator<Item = Country> {
    TABLE.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        Some(Country {
            code: columns.next()?,
            name: columns.next()?,
            is_on_map: columns.next() == Some("1"),
        })
    })
}

impl Country {
    /// The country of an ISO code in upper case.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        countries().find(|country| country.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_code_and_a_name_in_order() {
        let all: Vec<_> = countries().collect();
        assert!(
            all.len() >= 249,
            "ISO 3166-1 has 249 entries, found {}",
            all.len()
        );
        assert!(all.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert_eq!(
            Country::find("DE").map(|country| country.name),
            Some("Germany")
        );
    }
}
