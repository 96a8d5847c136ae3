//! The English names of languages, as Unicode's CLDR has them.

use super::Country;

const TABLE: &str = include_str!("languages.tsv");

/// What the UN's geoscheme calls the region that languages are most often given for.
const LATIN_AMERICA: &str = "419";

/// The name of a language as [`Dimension::Language`](super::Dimension::Language) has it; `None` if the language is not in the table.
///
/// ```
/// use trackflow::domain::language_name;
///
/// assert_eq!(language_name("de").as_deref(), Some("German"));
/// assert_eq!(language_name("pt-BR").as_deref(), Some("Portuguese (Brazil)"));
/// ```
#[must_use]
pub fn language_name(tag: &str) -> Option<String> {
    let (code, region) = match tag.split_once('-') {
        Some((code, region)) => (code, Some(region)),
        None => (tag, None),
    };
    let name = languages().find_map(|(known, name)| (known == code).then_some(name))?;
    Some(match region {
        None => name.to_owned(),
        Some(LATIN_AMERICA) => format!("{name} (Latin America)"),
        Some(region) => {
            let country = Country::find(region).map_or(region, |country| country.name);
            format!("{name} ({country})")
        }
    })
}

/// Codes of ISO 639 with their names, ascending by code.
fn languages() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter_map(|line| line.split_once('\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_code_and_a_name_in_order() {
        let all: Vec<_> = languages().collect();
        assert!(all.len() > 180, "found {}", all.len());
        assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(all.iter().all(|(_, name)| !name.is_empty()));
    }

    #[test]
    fn a_language_is_named_with_its_region() {
        for (tag, expected) in [
            ("en-GB", Some("English (United Kingdom)")),
            ("es-419", Some("Spanish (Latin America)")),
            ("en-001", Some("English (001)")),
            ("gsw-CH", Some("Swiss German (Switzerland)")),
            ("qqq", None),
            ("", None),
        ] {
            assert_eq!(language_name(tag).as_deref(), expected, "{tag}");
        }
    }
}
