//! Who sends a beacon: what of the request's head concerns ingestion, and nothing of it is ever stored.
//!
//! Comes in: the peer's address and the headers. Goes out: a [`Client`], which lives as long as the request. The address
//! of the visitor is only taken from headers if the peer is one of the [`TrustedProxies`]: anyone can write a header.
//! Neighbours: [`gate`](super::gate) reads the opt-out and the user agent, [`visitor`](super::visitor) hashes,
//! [`enrich`](super::enrich) looks the country up.

use std::{fmt, net::IpAddr};

mod proxies;

pub use proxies::{InvalidProxy, TrustedProxies};

/// Headers in which content networks name the visitor's country (ISO 3166-1 alpha-2), in order of preference.
///
/// `Fly-Region` is missing on purpose: it names the server's region.
const COUNTRY_HEADERS: [&str; 4] = [
    "cf-ipcountry",
    "cloudfront-viewer-country",
    "x-vercel-ip-country",
    "x-appengine-country",
];

/// The address of a visitor. Identifies a person: it is neither printed nor serialised, and ends with the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(IpAddr);

impl ClientIp {
    /// Wraps an address; an IPv4 address in IPv6 dress is undressed.
    #[must_use]
    pub fn new(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }

    /// The bare address, for hashing and looking up only.
    #[must_use]
    pub fn expose(self) -> IpAddr {
        self.0
    }

    /// Whether no visitor on the internet can have it: loopback, private (RFC 1918, RFC 4193), link-local or shared by a
    /// provider's own network (RFC 6598). Most likely it is a proxy that was not named as trusted, and stands for everybody.
    #[must_use]
    pub fn is_internal(self) -> bool {
        match self.0 {
            IpAddr::V4(ip) => {
                let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
                ip.is_loopback()
                    || ip.is_private()
                    || ip.is_link_local()
                    || ip.is_unspecified()
                    || is_shared
            }
            IpAddr::V6(ip) => {
                ip.is_loopback()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local()
                    || ip.is_unspecified()
            }
        }
    }
}

impl fmt::Debug for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIp([redacted])")
    }
}

/// What is known about the sender of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Client<'a> {
    /// The visitor's address.
    pub ip: ClientIp,
    /// The header `User-Agent`; empty if absent or not UTF-8.
    pub user_agent: &'a str,
    /// The country as a trusted proxy names it: two upper-case letters.
    pub country_header: Option<&'a str>,
    /// The header `Accept-Language`.
    pub language_header: Option<&'a str>,
    /// Whether the browser says `DNT: 1` or `Sec-GPC: 1`.
    pub has_opted_out: bool,
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client([redacted])")
    }
}

impl<'a> Client<'a> {
    /// Reads a request's head. `header` gives all values of a header by its lower-case name, in the order received.
    ///
    /// ```
    /// use trackflow::ingest::client::{Client, TrustedProxies};
    ///
    /// let header = |name: &str| match name {
    ///     "x-forwarded-for" => vec!["6.6.6.6, 203.0.113.7".as_bytes()],
    ///     "sec-gpc" => vec!["1".as_bytes()],
    ///     _ => vec![],
    /// };
    /// let proxies: TrustedProxies = "loopback".parse().unwrap();
    /// let client = Client::from_request("127.0.0.1".parse().unwrap(), header, &proxies);
    /// assert_eq!(client.ip.expose().to_string(), "203.0.113.7");
    /// assert!(client.has_opted_out);
    /// ```
    pub fn from_request<V>(
        peer: IpAddr,
        header: impl Fn(&'static str) -> V,
        proxies: &TrustedProxies,
    ) -> Self
    where
        V: IntoIterator<Item = &'a [u8]>,
    {
        let text = |name| {
            let value = header(name).into_iter().next()?;
            std::str::from_utf8(value).ok().map(str::trim)
        };
        let is_one = |name| text(name) == Some("1");
        let country_header = || {
            COUNTRY_HEADERS
                .into_iter()
                .find_map(text)
                .filter(|code| is_country(code))
        };
        Self {
            ip: proxies.client_ip(peer, header("x-forwarded-for"), header("forwarded")),
            user_agent: text("user-agent").unwrap_or_default(),
            country_header: if proxies.contains(peer) {
                country_header()
            } else {
                None
            },
            language_header: text("accept-language"),
            has_opted_out: is_one("dnt") || is_one("sec-gpc"),
        }
    }
}

/// Whether this is an ISO code. `XX` means unknown and `T1` the Tor network, which has no country.
fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase()) && code != "XX"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client<'a>(peer: &str, headers: &'a [(&'static str, &'a str)]) -> Client<'a> {
        let header = |name: &'static str| {
            headers
                .iter()
                .filter(move |(key, _)| *key == name)
                .map(|(_, value)| value.as_bytes())
        };
        Client::from_request(peer.parse().unwrap(), header, &"loopback".parse().unwrap())
    }

    #[test]
    fn nothing_of_a_client_is_printed() {
        let client = client("203.0.113.7", &[("user-agent", "Canary/1")]);
        let printed = format!("{client:?} {:?}", client.ip);
        assert_eq!(printed, "Client([redacted]) ClientIp([redacted])");
    }

    #[test]
    fn addresses_that_nobody_on_the_internet_has_are_internal() {
        for (ip, expected) in [
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("172.32.0.1", false),
            ("192.168.0.1", true),
            ("169.254.1.1", true),
            ("100.64.0.1", true),
            ("100.127.255.255", true),
            ("100.128.0.1", false),
            ("::ffff:10.0.0.1", true),
            ("0.0.0.0", true),
            ("203.0.113.7", false),
            ("::1", true),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2001:db8::1", false),
        ] {
            let address = ClientIp::new(ip.parse().unwrap());
            assert_eq!(address.is_internal(), expected, "{ip}");
        }
    }

    #[test]
    fn either_opt_out_header_counts_and_only_with_the_value_1() {
        for (headers, expected) in [
            (&[("dnt", "1")] as &[_], true),
            (&[("sec-gpc", "1")], true),
            (&[("dnt", "0"), ("sec-gpc", "")], false),
            (&[], false),
        ] {
            assert_eq!(
                client("127.0.0.1", headers).has_opted_out,
                expected,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_country_header_counts_only_from_a_trusted_proxy_and_only_as_a_country() {
        for (peer, name, value, expected) in [
            ("127.0.0.1", "cf-ipcountry", "DE", Some("DE")),
            ("127.0.0.1", "cloudfront-viewer-country", "FR", Some("FR")),
            ("127.0.0.1", "cf-ipcountry", "XX", None),
            ("127.0.0.1", "cf-ipcountry", "T1", None),
            ("127.0.0.1", "cf-ipcountry", "<b>", None),
            ("127.0.0.1", "fly-region", "FR", None),
            ("203.0.113.7", "cf-ipcountry", "DE", None),
        ] {
            let headers = [(name, value)];
            assert_eq!(
                client(peer, &headers).country_header,
                expected,
                "{name}: {value} from {peer}"
            );
        }
    }
}
