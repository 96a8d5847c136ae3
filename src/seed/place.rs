//! Where in a country made-up visitors are and what they speak. Names are those of the usual databases of cities.

use super::random::{Random, Weights};

/// What is known of a country's visitors.
struct Land {
    code: &'static str,
    /// The language of most.
    language: &'static str,
    /// Cities and their regions, the largest first.
    cities: &'static [(&'static str, &'static str)],
}

const fn land(
    code: &'static str,
    language: &'static str,
    cities: &'static [(&'static str, &'static str)],
) -> Land {
    Land {
        code,
        language,
        cities,
    }
}

const LANDS: [Land; 22] = [
    land(
        "US",
        "en-US",
        &[
            ("New York", "New York"),
            ("Los Angeles", "California"),
            ("Chicago", "Illinois"),
            ("Brooklyn", "New York"),
            ("San Francisco", "California"),
            ("Austin", "Texas"),
            ("Portland", "Oregon"),
            ("Portland", "Maine"),
        ],
    ),
    land(
        "DE",
        "de-DE",
        &[
            ("Berlin", "Berlin"),
            ("Munich", "Bavaria"),
            ("Hamburg", "Hamburg"),
            ("Cologne", "North Rhine-Westphalia"),
            ("Nuremberg", "Bavaria"),
            ("Leipzig", "Saxony"),
        ],
    ),
    land(
        "GB",
        "en-GB",
        &[
            ("London", "England"),
            ("Manchester", "England"),
            ("Edinburgh", "Scotland"),
            ("Cardiff", "Wales"),
        ],
    ),
    land(
        "FR",
        "fr-FR",
        &[
            ("Paris", "Île-de-France"),
            ("Lyon", "Auvergne-Rhône-Alpes"),
            ("Toulouse", "Occitanie"),
        ],
    ),
    land(
        "IN",
        "en-IN",
        &[
            ("Bengaluru", "Karnataka"),
            ("Mumbai", "Maharashtra"),
            ("Delhi", "National Capital Territory of Delhi"),
            ("Pune", "Maharashtra"),
        ],
    ),
    land(
        "CA",
        "en-CA",
        &[
            ("Toronto", "Ontario"),
            ("Montreal", "Quebec"),
            ("Vancouver", "British Columbia"),
        ],
    ),
    land(
        "BR",
        "pt-BR",
        &[
            ("São Paulo", "São Paulo"),
            ("Rio de Janeiro", "Rio de Janeiro"),
        ],
    ),
    land(
        "NL",
        "nl",
        &[("Amsterdam", "North Holland"), ("Utrecht", "Utrecht")],
    ),
    land("AT", "de-AT", &[("Vienna", "Vienna"), ("Graz", "Styria")]),
    land("CH", "de-CH", &[("Zurich", "Zurich"), ("Geneva", "Geneva")]),
    land("JP", "ja", &[("Tokyo", "Tokyo"), ("Osaka", "Osaka")]),
    land(
        "CN",
        "zh-CN",
        &[("Shanghai", "Shanghai"), ("Beijing", "Beijing")],
    ),
    land(
        "PL",
        "pl",
        &[("Warsaw", "Mazovia"), ("Kraków", "Lesser Poland")],
    ),
    land(
        "ES",
        "es-ES",
        &[("Madrid", "Madrid"), ("Barcelona", "Catalonia")],
    ),
    land("IT", "it", &[("Milan", "Lombardy"), ("Rome", "Lazio")]),
    land("SE", "sv", &[("Stockholm", "Stockholm County")]),
    land(
        "AU",
        "en-AU",
        &[("Sydney", "New South Wales"), ("Melbourne", "Victoria")],
    ),
    land("MX", "es-MX", &[("Mexico City", "Mexico City")]),
    land("KR", "ko", &[("Seoul", "Seoul")]),
    land("UA", "uk", &[("Kyiv", "Kyiv City")]),
    land("TR", "tr", &[("Istanbul", "Istanbul")]),
    land("RU", "ru", &[("Moscow", "Moscow")]),
];

/// Speakers of the land's own language among a thousand; the others read in English.
const OWN_LANGUAGE_PER_MILLE: u32 = 860;

/// Visitors among a thousand whose city is known.
const KNOWN_CITY_PER_MILLE: u32 = 900;

/// Where a visitor is and what they read, in the words of ingestion; empty is unknown.
#[derive(Default)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) city: String,
    pub(super) language: &'static str,
}

/// The place of a visitor of a country, always the same.
pub(super) fn of(country: &str, visitor: i64) -> Place {
    let Some(land) = LANDS.iter().find(|land| land.code == country) else {
        return Place {
            language: if country.is_empty() { "" } else { "en" },
            ..Place::default()
        };
    };
    // A source of its own: what is drawn of a day stays as it is.
    let mut random = Random::new(visitor.cast_unsigned(), "place", 0);
    let weights = Weights::new((1..).take(land.cities.len()).map(|rank| 1_000 / rank));
    let (city, region) = land.cities[weights.pick(&mut random)];
    let is_own = random.happens(OWN_LANGUAGE_PER_MILLE);
    let is_known = random.happens(KNOWN_CITY_PER_MILLE);
    Place {
        region: format!("{region}, {country}"),
        city: if is_known {
            format!("{city}, {region}, {country}")
        } else {
            String::new()
        },
        language: if is_own { land.language } else { "en-US" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Country, ingest::enrich::language::language};

    #[test]
    fn lands_are_countries_and_languages_are_as_ingestion_writes_them() {
        for land in &LANDS {
            assert!(Country::find(land.code).is_some(), "{}", land.code);
            assert_eq!(language(land.language), land.language);
        }
    }

    #[test]
    fn a_visitor_stays_in_one_place() {
        let (first, second) = (of("DE", 7), of("DE", 7));
        assert_eq!(
            (&first.city, &first.region, first.language),
            (&second.city, &second.region, second.language)
        );
        assert!(first.region.ends_with(", DE"));
        assert_eq!(of("", 7).language, "");
    }
}
