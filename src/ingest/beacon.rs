//! The first station: parses and validates one wire message, a [`Beacon`].
//!
//! The format is Plausible's `POST /api/event`, so that its scripts and clients work unchanged. Comes in: the body. Goes
//! out: a [`Beacon`], or a [`BeaconError`] that is answered 400. Next: [`gate`](super::gate).
//!
//! | field | rule |
//! |---|---|
//! | `n` `name` | required; text or whole number, at most 120 characters |
//! | `u` `url` | required; at most 2000 bytes; without a host it counts to the host name `(none)` |
//! | `d` `domain` | the site, a port aside; of a list the first; absent: the host of `u` |
//! | `r` `referrer` | cut at 2000 bytes; ignored unless text |
//! | `m` `meta` `p` `props` | see [`Props`]; the first of these that is present |
//! | `$` `revenue` | see [`Revenue`]; ignored if it is none |
//! | `i` `interactive` | `false`: the event does not cancel a bounce |
//! | `h` `hashMode` | `1`: the fragment belongs to the page |
//! | `id` | the event's [`EventKey`]: 16 hexadecimal digits, at random; a repetition is stored once |
//! | `t` `title` `page_title` | title of the page, of `pageview` only; ignored unless text |
//! | `w` `screen_width` `screenWidth` `screen` | width in pixels: a whole number, or text that begins with one (`1920x1080`) |
//! | `l` `language` | a language tag; ignored unless text |
//! | `v` `vitals` | measurements of a page view, of `vitals` only, which must have them; see `vitals` |
//! | `sd`, `e` | scroll depth in percent and engaged milliseconds, of `engagement` only |
//!
//! `null` counts as absent, unknown fields are ignored, of a repeated key the last counts, and control characters are
//! taken out of all text (see `text`). A byte order mark is tolerated. Nesting ends at 128 levels (`serde_json`).
//!
//! Where we differ from Plausible: a list of domains counts for its first site only, so that one answer means one stored
//! event; the body limit is 64 KiB instead of 1 MB.

#[cfg(test)]
mod hostile_tests;
mod props;
mod revenue;
#[cfg(test)]
mod tests;
mod view;
#[cfg(test)]
mod view_tests;
mod vitals;

use std::{fmt, sync::LazyLock};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};
use url::Url;

pub use props::Props;
pub use revenue::Revenue;

use super::text::{cut, without_control};
use crate::domain::{EventKey, VitalValues};

/// The longest body that the edge reads; beyond it answers 413. Our number: the longest valid message (30 properties of
/// 2300 bytes) is just above it, the longest seen in practice is below 4 KiB.
pub const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// The host name of a page that has none (an app's own scheme, a file).
pub const NO_HOST: &str = "(none)";

/// What an address without a scheme is relative to: it has no host.
static NOWHERE: LazyLock<Url> =
    LazyLock::new(|| Url::parse("app:/").expect("a scheme and a path are a valid address"));

const NAME_LIMIT_CHARS: usize = 120;
const URL_LIMIT_BYTES: usize = 2000;
const REFERRER_LIMIT_BYTES: usize = 2000;
const ENGAGED_LIMIT_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// Not pages: what they "address" is their content.
const REFUSED_SCHEMES: [&str; 3] = ["data", "javascript", "vbscript"];

/// One valid wire message; whether it is wanted decides the [`gate`](super::gate).
///
/// Carries the full address of the page with its query, so it has no `Serialize` and its `Debug` shows only name and site.
#[derive(Clone, PartialEq)]
pub struct Beacon {
    /// What the sender calls the event, so that a repetition is recognised.
    pub key: Option<EventKey>,
    /// What happened: `pageview`, `engagement`, `vitals` or a custom name.
    pub name: String,
    /// The page, complete.
    pub url: Url,
    /// The site as the sender names it: lower case, without `www.` and port, punycode.
    pub domain: String,
    /// What the browser calls the referrer, complete.
    pub referrer: Option<String>,
    /// Custom properties.
    pub props: Props,
    /// What the event was worth.
    pub revenue: Option<Revenue>,
    /// Whether the event cancels a bounce.
    pub is_interactive: bool,
    /// Whether the fragment belongs to the page.
    pub has_hash_routing: bool,
    /// Title of the page, of a `pageview` only.
    pub title: Option<String>,
    /// Width of the window or screen in pixels, above 0.
    pub width: Option<u32>,
    /// What the sender calls the visitor's language.
    pub language: Option<String>,
    /// Deepest scroll in percent, 0 to 100; of `engagement` only.
    pub scroll_depth: Option<u8>,
    /// Visible and focused time, less than 30 days; of `engagement` only.
    pub engaged_ms: Option<u32>,
    /// What was measured of the page view; of `vitals` only, which has nothing else to tell.
    pub vitals: Option<VitalValues>,
}

impl fmt::Debug for Beacon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beacon")
            .field("name", &self.name)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// Why a body is no beacon. Serialises to Plausible's answer, `{"errors":{"url":["is required"]}}`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct BeaconError {
    /// The field in Plausible's words: `request`, `event_name`, `url`, `domain` or `props`; or our own `id` and `vitals`.
    pub field: &'static str,
    /// What is wrong with it; never quotes what was sent.
    pub reason: &'static str,
}

impl BeaconError {
    const fn new(field: &'static str, reason: &'static str) -> Self {
        Self { field, reason }
    }

    /// The body of the answer.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Serialize for BeaconError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_map(Some(1))?;
        let errors = Map::from_iter([(self.field.to_owned(), Value::from(vec![self.reason]))]);
        answer.serialize_entry("errors", &errors)?;
        answer.end()
    }
}

impl Beacon {
    /// Parses a request body.
    ///
    /// # Errors
    ///
    /// [`BeaconError`] for the first rule of the module's table that is broken.
    ///
    /// ```
    /// use trackflow::ingest::beacon::Beacon;
    ///
    /// let beacon = Beacon::parse(br#"{"n":"pageview","u":"https://www.example.org/a"}"#).unwrap();
    /// assert_eq!(beacon.domain, "example.org");
    ///
    /// let error = Beacon::parse(br#"{"n":"pageview"}"#).unwrap_err();
    /// assert_eq!(error.to_json(), r#"{"errors":{"url":["is required"]}}"#);
    /// ```
    pub fn parse(body: &[u8]) -> Result<Self, BeaconError> {
        let fields = Fields::read(body)?;
        let name = fields.name()?;
        let url = fields.url()?;
        let is_engagement = name == "engagement";
        Ok(Self {
            key: fields.key()?,
            domain: fields.domain(&url)?,
            referrer: fields.referrer(),
            props: Props::read(fields.first(&["m", "meta", "p", "props"]))?,
            revenue: Revenue::read(fields.first(&["$", "revenue"])),
            is_interactive: fields.first(&["i", "interactive"]) != Some(&Value::Bool(false)),
            has_hash_routing: fields.has_hash_routing(),
            title: (name == "pageview").then(|| fields.title()).flatten(),
            width: fields.width(),
            language: fields.language(),
            scroll_depth: fields.scroll_depth().filter(|_| is_engagement),
            engaged_ms: fields.engaged_ms().filter(|_| is_engagement),
            vitals: (name == vitals::NAME)
                .then(|| vitals::read(fields.first(&["v", "vitals"])))
                .transpose()?,
            name,
            url,
        })
    }
}

/// The message as a JSON object.
struct Fields(Map<String, Value>);

impl Fields {
    fn read(body: &[u8]) -> Result<Self, BeaconError> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(BeaconError::new("request", "must be a JSON object")),
            Err(_) => Err(BeaconError::new("request", "is not valid JSON")),
        }
    }

    /// The first of these fields that is present and not null.
    fn first(&self, names: &[&str]) -> Option<&Value> {
        names
            .iter()
            .find_map(|name| self.0.get(*name).filter(|value| !value.is_null()))
    }

    fn name(&self) -> Result<String, BeaconError> {
        let name = match self.first(&["n", "name"]) {
            None => return Err(BeaconError::new("event_name", "is required")),
            Some(Value::String(name)) => without_control(name).trim().to_owned(),
            Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
            Some(_) => return Err(BeaconError::new("event_name", "must be text")),
        };
        if name.is_empty() {
            Err(BeaconError::new("event_name", "can't be blank"))
        } else if name.chars().count() > NAME_LIMIT_CHARS {
            Err(BeaconError::new(
                "event_name",
                "should be at most 120 characters",
            ))
        } else {
            Ok(name)
        }
    }

    fn url(&self) -> Result<Url, BeaconError> {
        let text = match self.first(&["u", "url"]) {
            None => return Err(BeaconError::new("url", "is required")),
            Some(Value::String(text)) => without_control(text),
            Some(_) => return Err(BeaconError::new("url", "must be text")),
        };
        if text.trim().is_empty() {
            return Err(BeaconError::new("url", "is required"));
        }
        if text.len() > URL_LIMIT_BYTES {
            return Err(BeaconError::new("url", "should be at most 2000 bytes"));
        }
        let url = Url::options()
            .base_url(Some(&NOWHERE))
            .parse(&text)
            .map_err(|_| BeaconError::new("url", "must be a valid url"))?;
        if REFUSED_SCHEMES.contains(&url.scheme()) {
            return Err(BeaconError::new("url", "scheme is not allowed"));
        }
        Ok(url)
    }

    fn domain(&self, url: &Url) -> Result<String, BeaconError> {
        let named = match self.first(&["d", "domain"]) {
            None => url.host_str().unwrap_or_default(),
            Some(Value::String(list)) => list.split(',').next().unwrap_or_default(),
            Some(_) => return Err(BeaconError::new("domain", "must be text")),
        };
        let domain = canonical_domain(&without_control(named));
        if domain.is_empty() {
            return Err(BeaconError::new("domain", "can't be blank"));
        }
        Ok(domain)
    }

    fn key(&self) -> Result<Option<EventKey>, BeaconError> {
        let Some(value) = self.first(&["id"]) else {
            return Ok(None);
        };
        value
            .as_str()
            .filter(|digits| {
                digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            })
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(|key| Some(EventKey(key.cast_signed())))
            .ok_or(BeaconError::new("id", "must be 16 hexadecimal digits"))
    }

    fn referrer(&self) -> Option<String> {
        let text = without_control(self.first(&["r", "referrer"])?.as_str()?);
        let text = cut(text.trim(), REFERRER_LIMIT_BYTES);
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn has_hash_routing(&self) -> bool {
        match self.first(&["h", "hashMode"]) {
            Some(Value::Bool(is_on)) => *is_on,
            Some(value) => whole_number(value) == Some(1),
            None => false,
        }
    }

    fn scroll_depth(&self) -> Option<u8> {
        let percent = whole_number(self.first(&["sd"])?)?.min(100);
        u8::try_from(percent).ok()
    }

    fn engaged_ms(&self) -> Option<u32> {
        let ms = whole_number(self.first(&["e"])?)?;
        u32::try_from(ms).ok().filter(|_| ms < ENGAGED_LIMIT_MS)
    }
}

/// A site's name as it is compared: lower case, punycode, without `www.`, port and final dot.
fn canonical_domain(named: &str) -> String {
    let named = without_port(named.trim());
    let lower = named.trim_end_matches('.').to_lowercase();
    let bare = lower.strip_prefix("www.").unwrap_or(&lower);
    if bare.is_ascii() {
        return bare.to_owned();
    }
    url::Host::parse(bare).map_or_else(|_| bare.to_owned(), |host| host.to_string())
}

/// A host without its port. An IPv6 address has colons of its own and a port only after its brackets.
fn without_port(host: &str) -> &str {
    host.rsplit_once(':')
        .filter(|(host, port)| {
            port.bytes().all(|byte| byte.is_ascii_digit())
                && (host.ends_with(']') || !host.contains(':'))
        })
        .map_or(host, |(host, _)| host)
}

/// A number from 0 on, or text of digits.
fn whole_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    }
}
