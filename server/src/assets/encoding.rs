//! Which encodings of a file a browser takes (RFC 9110 §12.5.3).

use http::{HeaderMap, header};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// What the build appends to the names of files in this encoding.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    /// The value of `Content-Encoding`.
    pub(super) fn header(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// The encodings to try, smallest first. Identity is always the last: better an unwanted encoding than no file.
pub(super) fn accepted(headers: &HeaderMap) -> impl Iterator<Item = Encoding> {
    let (mut brotli, mut gzip) = (false, false);
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    for item in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().trim_start_matches("q=");
        let is_wanted = weight.parse::<f32>().unwrap_or(1.0) > 0.0;
        match name.trim().to_ascii_lowercase().as_str() {
            "br" => brotli = is_wanted,
            "gzip" => gzip = is_wanted,
            _ => {}
        }
    }
    let brotli = brotli.then_some(Encoding::Brotli);
    let gzip = gzip.then_some(Encoding::Gzip);
    brotli.into_iter().chain(gzip).chain([Encoding::Identity])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_wins_over_gzip_and_a_weight_of_zero_refuses() {
        use Encoding::{Brotli, Gzip, Identity};
        for (value, expected) in [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip, Identity] as &[_]),
            ("GZIP;q=0.5", &[Gzip, Identity]),
            ("br;q=0, gzip; q=1.0", &[Gzip, Identity]),
            ("", &[Identity]),
            ("*", &[Identity]),
        ] {
            let value = value.parse().expect("a header value");
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]);
            assert_eq!(accepted(&headers).collect::<Vec<_>>(), expected);
        }
    }
}
