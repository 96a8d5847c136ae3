//! The parameters of a GET request: known by name, each once at most but for filters.

use super::error::ApiError;

/// The site that a raw query names, whatever else it says.
pub(super) fn site_of(raw: &str) -> Result<String, ApiError> {
    let mut pairs = url::form_urlencoded::parse(raw.as_bytes());
    let pair = pairs.find(|(name, value)| name == "site_id" && !value.trim().is_empty());
    pair.map(|(_, value)| value.trim().to_owned())
        .ok_or_else(missing_site)
}

fn missing_site() -> ApiError {
    ApiError::invalid("`site_id` is missing: the domain of the site")
}

/// What stands behind a question mark.
pub(super) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads a raw query. Refuses names that are not `allowed`, and a name that is there twice; only `filter` may be.
    pub(super) fn parse(raw: Option<&str>, allowed: &[&str]) -> Result<Self, ApiError> {
        let raw = raw.unwrap_or_default().as_bytes();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(raw).into_owned() {
            if !allowed.contains(&name.as_str()) {
                return Err(ApiError::unknown("parameter", &name, allowed));
            }
            if name != "filter" && pairs.iter().any(|(other, _)| *other == name) {
                return Err(ApiError::invalid(format!("`{name}` is there twice")));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// A value; `None` if it is absent or blank.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let pair = self.pairs.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The site, which every question names.
    pub(super) fn site(&self) -> Result<&str, ApiError> {
        self.find("site_id").ok_or_else(missing_site)
    }

    /// A number in a range; `None` if it is absent.
    pub(super) fn number(
        &self,
        name: &str,
        allowed: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.find(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| allowed.contains(number));
        number.map(Some).ok_or_else(|| {
            let (first, last) = (allowed.start(), allowed.end());
            ApiError::invalid(format!("`{name}` must be a number from {first} to {last}"))
        })
    }
}
