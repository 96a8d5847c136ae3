//! What the server hands to pages and server functions: the program's parts, the request's facts, and who asks.
//!
//! The server provides [`AppContext`] by Leptos context and puts [`RequestInfo`] and, for a logged-in user,
//! [`Principal`] into the request's extensions. Nothing here queries or decides.

use std::{fmt, net::Ipv4Addr, sync::Arc};

use crate::{embed::Embed, query::encode};
use http::request::Parts;
use leptos::prelude::{expect_context, use_context};
use trackflow::{
    db::Db,
    domain::{Principal, Timestamp},
    ingest::{Client, ClientIp, Ingest},
    services::{Live, LoginLimiter, Turns},
};

/// The parts of the program that pages and server functions use. Cheap to clone.
#[derive(Clone)]
pub struct AppContext {
    /// The database.
    pub db: Db,
    /// Takes events; pages show how it fares.
    pub ingest: Arc<Ingest>,
    /// What happens on sites right now.
    pub live: Arc<Live>,
    /// How many questions to the statistics are answered at once.
    pub turns: Arc<Turns>,
    /// Limits log-ins per account and address.
    pub login_limiter: Arc<LoginLimiter>,
    /// Where the outside reaches this server, without trailing slash; `None` takes the request's own host.
    pub public_url: Option<String>,
    /// The public account of a demo, shown on the login page.
    pub demo: Option<DemoAccount>,
    /// Whose country database is in use, if its licence asks to be named.
    pub geoip_attribution: Option<Attribution>,
    /// Addresses of the static files.
    pub assets: Arc<AssetUrls>,
    /// The stats API as OpenAPI describes it, for the page that shows it.
    pub api_description: Arc<serde_json::Value>,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// A read-only account whose password everybody may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    /// What to log in with.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Address of a page that counts visits while it is looked at.
    pub page_url: String,
}

/// A link that a data licence asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The words: "IP geolocation by DB-IP".
    pub text: String,
    /// Where they lead, `https://` only.
    pub url: String,
}

/// Addresses of the static files, from the root of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetUrls {
    /// All styles.
    pub stylesheet: String,
    /// The script that sets the stored theme before the first paint.
    pub theme_script: String,
    /// The progressive enhancement of all pages, a module.
    pub dashboard_script: String,
    /// The bundle of the charts, loaded by the first island that is touched.
    pub charts_script: String,
    /// The world's countries, one `id` each.
    pub world_map: String,
    /// The icon.
    pub favicon: String,
}

impl AssetUrls {
    /// The addresses when all files lie in one folder, such as `/pkg/3f2a`.
    #[must_use]
    pub fn in_folder(folder: &str) -> Self {
        Self {
            stylesheet: format!("{folder}/trackflow.css"),
            theme_script: format!("{folder}/theme.js"),
            dashboard_script: format!("{folder}/dashboard.js"),
            charts_script: format!("{folder}/charts.js"),
            world_map: format!("{folder}/world.svg"),
            favicon: format!("{folder}/favicon.svg"),
        }
    }
}

/// What the server knows of the request and a page must not find out by itself, since proxies may stand in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestInfo {
    /// Whether the browser spoke HTTPS or is on loopback, so that `Secure` cookies work.
    pub is_secure: bool,
    /// Scheme and host as the browser sees them: `https://data.example.com`.
    pub origin: String,
    /// Keyed hash of the client's address prefix (/24 or /48), for the login limiter. Kept in memory only.
    pub client_prefix: u64,
    /// Who sent the request: for a test visit, and to be offered to a site's owner as one to block.
    pub sender: Sender,
}

/// The secret link by which a request came, as the server's middleware found it.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedBy {
    /// What stands in the address: whoever has it can read, so it is never printed by accident.
    pub token: String,
    /// What it leads to.
    pub state: SharedState,
}

/// What a secret link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedState {
    /// The dashboard.
    Open,
    /// The password is asked for first.
    Locked,
    /// Nowhere: it never was, has ended, or was revoked.
    Unknown,
}

impl fmt::Debug for SharedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBy([redacted], {:?})", self.state)
    }
}

/// The sender of a request as ingestion would see it. Identifies a person: not printed, and ends with the request.
#[derive(Clone, PartialEq, Eq)]
pub struct Sender {
    ip: ClientIp,
    user_agent: String,
    country_header: Option<String>,
    language_header: Option<String>,
    has_opted_out: bool,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender([redacted])")
    }
}

impl From<Client<'_>> for Sender {
    fn from(client: Client<'_>) -> Self {
        Self {
            ip: client.ip,
            user_agent: client.user_agent.to_owned(),
            country_header: client.country_header.map(str::to_owned),
            language_header: client.language_header.map(str::to_owned),
            has_opted_out: client.has_opted_out,
        }
    }
}

impl Sender {
    /// Nobody, where no request is known.
    #[must_use]
    fn unknown() -> Self {
        Self {
            ip: ClientIp::new(Ipv4Addr::UNSPECIFIED.into()),
            user_agent: String::new(),
            country_header: None,
            language_header: None,
            has_opted_out: false,
        }
    }

    /// What the stations of ingestion take.
    #[must_use]
    pub fn client(&self) -> Client<'_> {
        Client {
            ip: self.ip,
            user_agent: &self.user_agent,
            country_header: self.country_header.as_deref(),
            language_header: self.language_header.as_deref(),
            has_opted_out: self.has_opted_out,
        }
    }
}

impl AppContext {
    /// The one that the server provided.
    ///
    /// # Panics
    /// Outside a request.
    #[must_use]
    pub fn current() -> Self {
        expect_context()
    }

    /// The address under which visitors' browsers reach this server, without trailing slash.
    #[must_use]
    pub fn origin(&self) -> String {
        let url = self
            .public_url
            .as_deref()
            .map(|url| url.trim_end_matches('/'));
        url.map_or_else(|| RequestInfo::current().origin, str::to_owned)
    }

    /// The instant of this request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl RequestInfo {
    /// That of the current request; the most careful guess if the server set none.
    #[must_use]
    pub fn current() -> Self {
        let parts = use_context::<Parts>();
        let info = parts
            .as_ref()
            .and_then(|parts| parts.extensions.get::<Self>());
        info.cloned().unwrap_or_else(|| Self {
            is_secure: false,
            origin: String::new(),
            client_prefix: 0,
            sender: Sender::unknown(),
        })
    }
}

/// Who asks, as the server's middleware found out.
#[must_use]
pub fn principal() -> Option<Principal> {
    use_context::<Parts>()?
        .extensions
        .get::<Principal>()
        .cloned()
}

/// The secret link of the current request.
#[must_use]
pub fn shared_by() -> Option<SharedBy> {
    use_context::<Parts>()?
        .extensions
        .get::<SharedBy>()
        .cloned()
}

/// How the page of the current request is embedded; `None` for a page of its own.
#[must_use]
pub fn embed() -> Option<Embed> {
    Embed::of(&use_context::<Parts>()?.uri)
}

/// What all links of the current page carry on.
#[must_use]
pub fn embed_pairs() -> Vec<(&'static str, String)> {
    embed().map_or_else(Vec::new, Embed::pairs)
}

/// The current view as a page of its own.
#[must_use]
pub fn full_view() -> String {
    let parts = use_context::<Parts>();
    parts.map_or_else(|| "/".into(), |parts| Embed::full_view(&parts.uri))
}

/// The target of a link that leaves the dashboard: in a frame it would lead to a page that no frame may show.
#[must_use]
pub fn leaving() -> Option<&'static str> {
    embed().map(|_| "_blank")
}

/// Whether a reader gets the dashboard, its details, and no way further: by a secret link, or in a frame.
#[must_use]
pub fn is_dashboard_only() -> bool {
    shared_by().is_some() || embed().is_some()
}

/// Where the dashboard of a site is for who reads it now: below the secret link by which they came, if they did.
#[must_use]
pub fn site_path(domain: &str) -> String {
    match shared_by() {
        Some(shared) => format!("/share/{}", shared.token),
        None => format!("/sites/{}", encode(domain)),
    }
}

/// A header of the current request; empty if absent or not ASCII.
#[must_use]
pub fn header(name: http::HeaderName) -> String {
    let parts = use_context::<Parts>();
    let value = parts.as_ref().and_then(|parts| parts.headers.get(name));
    let text = value.and_then(|value| value.to_str().ok());
    text.unwrap_or_default().to_owned()
}

/// Path and query of the current request.
#[must_use]
pub fn request_path() -> String {
    let parts = use_context::<Parts>();
    let path = parts.as_ref().and_then(|parts| parts.uri.path_and_query());
    path.map_or_else(|| "/".into(), ToString::to_string)
}

/// The raw query of the current request, without its question mark.
#[must_use]
pub fn raw_query() -> String {
    let parts = use_context::<Parts>();
    let query = parts.as_ref().and_then(|parts| parts.uri.query());
    query.unwrap_or_default().to_owned()
}
