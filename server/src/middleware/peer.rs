//! Where a request came from, as far as it can be believed: address, scheme and host.
//!
//! The client's address lives as long as the request; what outlives it is a keyed hash of its prefix in the login limiter.

use std::{
    hash::BuildHasher,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Once,
};

use app::context::RequestInfo;
use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderValue, header, request::Parts};
use trackflow::{config::PublicUrl, ingest::client::Client};

use crate::state::Surroundings;

/// The address of the connection's other end. Without a connection, as in tests, an address that nobody has.
pub(crate) fn address(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip())
}

/// The client that sent the request, on whose behalf a trusted proxy may speak.
pub(crate) fn client<'a>(
    surroundings: &Surroundings,
    peer: IpAddr,
    headers: &'a HeaderMap,
) -> Client<'a> {
    warn_of_unknown_proxy(surroundings, peer, headers);
    let values = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    Client::from_request(peer, values, &surroundings.trusted_proxies)
}

/// What the dashboard needs to know of a request. `None` if it does not say which host it is for: then it is no browser's.
pub(crate) fn request_info(surroundings: &Surroundings, parts: &Parts) -> Option<RequestInfo> {
    let peer = address(&parts.extensions);
    let host = host(&parts.headers)?;
    let is_https = is_https(surroundings, peer, &parts.headers);
    let scheme = if is_https { "https" } else { "http" };
    let origin = match &surroundings.public_url {
        Some(url) => url.to_string(),
        None => format!("{scheme}://{host}"),
    };
    let client = client(surroundings, peer, &parts.headers);
    Some(RequestInfo {
        is_secure: is_https || is_loopback(host),
        origin,
        client_prefix: surroundings
            .prefix_hasher
            .hash_one(prefix(client.ip.expose())),
        sender: client.into(),
    })
}

fn is_https(surroundings: &Surroundings, peer: IpAddr, headers: &HeaderMap) -> bool {
    let public_url = surroundings.public_url.as_ref();
    let scheme = headers.get("x-forwarded-proto");
    public_url.is_some_and(PublicUrl::is_https)
        || surroundings.trusted_proxies.contains(peer)
            && scheme.is_some_and(|scheme| scheme.as_bytes().trim_ascii() == b"https")
}

fn host(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    (hosts.next().is_none() && is_authority(host)).then_some(host)
}

/// Whether a `Host` is a name or address with perhaps a port, so that it can stand in a page.
fn is_authority(host: &str) -> bool {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
    };
    (1..=255).contains(&host.len()) && host.bytes().all(is_plain)
}

/// Whether browsers accept `Secure` cookies without HTTPS, since the way does not leave the machine.
fn is_loopback(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost"
        || name.ends_with(".localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// The network that one household or office has: /24 or /48.
fn prefix(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits() >> 8),
        IpAddr::V6(address) => address.to_bits() >> 80 | 1 << 127,
    }
}

/// A proxy on this machine that is not trusted makes all visitors one: say so once instead of counting wrong in silence.
fn warn_of_unknown_proxy(surroundings: &Surroundings, peer: IpAddr, headers: &HeaderMap) {
    static ONCE: Once = Once::new();
    if peer.is_loopback()
        && !surroundings.trusted_proxies.contains(peer)
        && headers.contains_key("x-forwarded-for")
    {
        ONCE.call_once(|| {
            tracing::warn!(
                "a proxy on this machine sends X-Forwarded-For, but is not trusted, so all its visitors count as one; \
                 set --trusted-proxies loopback"
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_by_name_and_address() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:3000", true),
            ("demo.localhost:3000", true),
            ("127.0.0.1:3000", true),
            ("127.8.8.8", true),
            ("[::1]:3000", true),
            ("[::1]", true),
            ("localhost.example.com", false),
            ("192.168.0.2:3000", false),
            ("notlocalhost", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }

    #[test]
    fn a_host_that_is_none_does_not_reach_a_page() {
        for (host, expected) in [
            ("data.example.com:8443", true),
            ("[2001:db8::1]:3000", true),
            ("evil.test/abc?x=", false),
            ("a@evil.test", false),
            ("\"><script>", false),
            ("", false),
        ] {
            assert_eq!(is_authority(host), expected, "{host}");
        }
    }

    #[test]
    fn addresses_of_one_network_have_one_prefix() {
        let of = |text: &str| prefix(text.parse().expect("an address"));
        assert_eq!(of("203.0.113.7"), of("::ffff:203.0.113.200"));
        assert_ne!(of("203.0.113.7"), of("203.0.114.7"));
        assert_eq!(of("2001:db8:1::1"), of("2001:db8:1:ffff::2"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
    }
}
