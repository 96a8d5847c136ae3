//! The language that a browser prefers, with its region if it names one; scripts, variants and all further languages are dropped.

/// The language of a tag (BCP 47) or of an `Accept-Language` header, whose first entry counts; empty if it is none.
///
/// The primary subtag in lower case, and the region in upper case or as three digits.
///
/// ```
/// use trackflow::ingest::enrich::language::language;
///
/// assert_eq!(language("pt-br"), "pt-BR");
/// assert_eq!(language("zh-Hant-TW,zh;q=0.9,en;q=0.8"), "zh-TW");
/// ```
#[must_use]
pub fn language(named: &str) -> String {
    let first = named.split([',', ';']).next().unwrap_or_default().trim();
    let mut subtags = first.split(['-', '_']);
    let mut language = match subtags.next() {
        Some(primary) if is_of(primary, 2..=3, u8::is_ascii_alphabetic) => {
            primary.to_ascii_lowercase()
        }
        _ => return String::new(),
    };
    // A script of four letters may stand between, what comes later is no region.
    let region = subtags
        .find(|subtag| !is_of(subtag, 4..=4, u8::is_ascii_alphabetic))
        .filter(|subtag| {
            is_of(subtag, 2..=2, u8::is_ascii_alphabetic)
                || is_of(subtag, 3..=3, u8::is_ascii_digit)
        });
    if let Some(region) = region {
        language.push('-');
        language.extend(region.chars().map(|c| c.to_ascii_uppercase()));
    }
    language
}

fn is_of(subtag: &str, lengths: std::ops::RangeInclusive<usize>, is_fit: fn(&u8) -> bool) -> bool {
    lengths.contains(&subtag.len()) && subtag.bytes().all(|byte| is_fit(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_its_primary_subtag_and_region_in_canonical_case() {
        for (named, expected) in [
            ("de", "de"),
            ("DE", "de"),
            ("en-US", "en-US"),
            ("EN_us", "en-US"),
            ("gsw-CH", "gsw-CH"),
            ("es-419", "es-419"),
            ("zh-Hans", "zh"),
            ("zh-Hant-HK", "zh-HK"),
            ("de-DE-1996", "de-DE"),
            ("de-1996", "de"),
            ("en-u-hc-h12", "en"),
            (" fr-CH , fr;q=0.9, en;q=0.8, *;q=0.5", "fr-CH"),
            ("it;q=0.9", "it"),
            ("*", ""),
            ("", ""),
            ("x-klingon", ""),
            ("english", ""),
            ("<b>", ""),
            ("1a", ""),
            ("ünï", ""),
            ("jane@example.org", ""),
        ] {
            assert_eq!(language(named), expected, "{named}");
        }
    }
}
