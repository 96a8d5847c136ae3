//! Which peers may say on whose behalf they speak, and whose address that is.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use super::ClientIp;
use crate::domain::{InvalidNetwork, Network};

const LOOPBACK: &str = "127.0.0.0/8 ::1/128";
/// RFC 1918, RFC 4193 (unique local) and RFC 4291 (link local).
const PRIVATE: &str = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fe80::/10";

/// The proxies whose forwarding headers are believed; none by default.
///
/// Written as a list of addresses, prefixes (`10.0.0.0/8`) and the names `loopback` and `private`, separated by commas or spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// An entry of the list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trusted proxy `{entry}` {reason}")]
pub struct InvalidProxy {
    entry: String,
    reason: &'static str,
}

impl FromStr for TrustedProxies {
    type Err = InvalidProxy;

    fn from_str(list: &str) -> Result<Self, InvalidProxy> {
        let mut networks = Vec::new();
        for entry in list
            .split([',', ' ', '\t', '\n'])
            .filter(|entry| !entry.is_empty())
        {
            let named = match entry {
                "loopback" => LOOPBACK,
                "private" => PRIVATE,
                prefix => prefix,
            };
            for entry in named.split(' ') {
                networks.push(network(entry)?);
            }
        }
        Ok(Self(networks))
    }
}

impl TrustedProxies {
    /// Whether this peer is one of them.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(ip))
    }

    /// The address of the visitor: the rightmost one that is not a trusted proxy.
    ///
    /// Each proxy appends the peer it saw, so the list is walked from the right, beginning with `peer`. It ends at the
    /// first address that is not trusted, or before the first entry that is no address: what stands further left was
    /// written by somebody unknown. `X-Forwarded-For` wins over `Forwarded`: hardly a proxy writes the latter, and one
    /// that does not would pass on what the visitor invented. Several headers of one name are one list, in order.
    #[must_use]
    pub fn client_ip<'a>(
        &self,
        peer: IpAddr,
        x_forwarded_for: impl IntoIterator<Item = &'a [u8]>,
        forwarded: impl IntoIterator<Item = &'a [u8]>,
    ) -> ClientIp {
        if !self.contains(peer) {
            return ClientIp::new(peer);
        }
        let lines: Vec<&[u8]> = x_forwarded_for.into_iter().collect();
        if lines.is_empty() {
            let lines: Vec<&[u8]> = forwarded.into_iter().collect();
            self.walk(peer, &lines, forwarded_address)
        } else {
            self.walk(peer, &lines, address)
        }
    }

    fn walk(&self, peer: IpAddr, lines: &[&[u8]], read: fn(&str) -> Option<IpAddr>) -> ClientIp {
        let entries = lines
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(|byte| *byte == b','));
        let mut client = peer;
        for entry in entries {
            match std::str::from_utf8(entry).ok().and_then(read) {
                Some(ip) => client = ip,
                None => break,
            }
            if !self.contains(client) {
                break;
            }
        }
        ClientIp::new(client)
    }
}

/// The `for` of one element of `Forwarded` (RFC 7239 §4): `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_address(element: &str) -> Option<IpAddr> {
    let node = element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("for")
            .then(|| value.trim())
    })?;
    address(node.trim_matches('"'))
}

/// An address with or without port, brackets or IPv6 zone.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    if let Ok(ip) = entry.parse() {
        return Some(ip);
    }
    if let Ok(socket) = entry.parse::<SocketAddr>() {
        return Some(socket.ip());
    }
    let (inner, _port) = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => (entry, ""),
    };
    let without_zone = inner.split_once('%').map_or(inner, |(ip, _zone)| ip);
    without_zone.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

fn network(entry: &str) -> Result<Network, InvalidProxy> {
    entry.parse().map_err(|error| InvalidProxy {
        entry: entry.to_owned(),
        reason: match error {
            InvalidNetwork::Address => {
                "is no address; use one like `10.0.0.1`, a prefix like `10.0.0.0/8`, `loopback` or `private`"
            }
            InvalidNetwork::Length { most: 32 } => {
                "has a bad length; an IPv4 prefix has 0 to 32 bits"
            }
            InvalidNetwork::Length { .. } => "has a bad length; an IPv6 prefix has 0 to 128 bits",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_ip(peer: &str, x_forwarded_for: &[&str], forwarded: &[&str]) -> String {
        let proxies: TrustedProxies = "loopback, private 198.51.100.0/24 2001:db8:1::/48"
            .parse()
            .unwrap();
        let ip = proxies.client_ip(
            peer.parse().unwrap(),
            x_forwarded_for.iter().map(|line| line.as_bytes()),
            forwarded.iter().map(|line| line.as_bytes()),
        );
        ip.expose().to_string()
    }

    #[test]
    fn the_rightmost_untrusted_address_is_the_client() {
        for (name, peer, x_forwarded_for, expected) in [
            (
                "untrusted peer",
                "203.0.113.9",
                &["1.2.3.4"] as &[_],
                "203.0.113.9",
            ),
            ("no header", "127.0.0.1", &[], "127.0.0.1"),
            ("one hop", "127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            (
                "forged on the left",
                "127.0.0.1",
                &["1.2.3.4, 203.0.113.7"],
                "203.0.113.7",
            ),
            (
                "through two proxies",
                "127.0.0.1",
                &["203.0.113.7, 198.51.100.4, 10.1.2.3"],
                "203.0.113.7",
            ),
            (
                "only proxies",
                "127.0.0.1",
                &["192.168.0.5, 10.1.2.3"],
                "192.168.0.5",
            ),
            (
                "two header lines",
                "127.0.0.1",
                &["1.2.3.4", "203.0.113.7, 10.0.0.1"],
                "203.0.113.7",
            ),
            (
                "junk on the right",
                "127.0.0.1",
                &["203.0.113.7, evil"],
                "127.0.0.1",
            ),
            (
                "junk behind a proxy",
                "127.0.0.1",
                &["203.0.113.7, localhost, 10.0.0.1"],
                "10.0.0.1",
            ),
            ("empty", "127.0.0.1", &[""], "127.0.0.1"),
            ("port", "127.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("IPv6", "::1", &["2001:db8:9::1"], "2001:db8:9::1"),
            (
                "brackets and port",
                "::1",
                &["[2001:db8:9::1]:443"],
                "2001:db8:9::1",
            ),
            ("brackets", "::1", &["[2001:db8:9::1]"], "2001:db8:9::1"),
            ("zone", "::1", &["2001:db8:9::1%eth0"], "2001:db8:9::1"),
            (
                "mapped",
                "::ffff:127.0.0.1",
                &["::ffff:203.0.113.7"],
                "203.0.113.7",
            ),
            (
                "mapped proxy",
                "127.0.0.1",
                &["203.0.113.7, ::ffff:10.0.0.1"],
                "203.0.113.7",
            ),
            ("no address", "127.0.0.1", &["203.0.113"], "127.0.0.1"),
            ("leading zero", "127.0.0.1", &["203.0.113.07"], "127.0.0.1"),
        ] {
            assert_eq!(client_ip(peer, x_forwarded_for, &[]), expected, "{name}");
        }
    }

    #[test]
    fn forwarded_is_read_when_there_is_no_x_forwarded_for() {
        for (name, forwarded, expected) in [
            ("plain", &["for=203.0.113.7"] as &[_], "203.0.113.7"),
            (
                "all parts",
                &["by=10.0.0.1;For=\"[2001:db8:9::1]:4711\";proto=https"],
                "2001:db8:9::1",
            ),
            (
                "list",
                &["for=1.2.3.4, for=203.0.113.7;proto=http, for=10.0.0.1"],
                "203.0.113.7",
            ),
            ("hidden", &["for=203.0.113.7, for=_hidden"], "127.0.0.1"),
            ("unknown", &["for=unknown"], "127.0.0.1"),
            ("without for", &["proto=https"], "127.0.0.1"),
        ] {
            assert_eq!(client_ip("127.0.0.1", &[], forwarded), expected, "{name}");
        }
        assert_eq!(
            client_ip("127.0.0.1", &["203.0.113.7"], &["for=1.2.3.4"]),
            "203.0.113.7"
        );
    }

    #[test]
    fn bytes_that_are_no_text_end_the_walk() {
        let proxies: TrustedProxies = "loopback".parse().unwrap();
        let line: &[u8] = b"203.0.113.7, \xff\xfe";
        let ip = proxies.client_ip("127.0.0.1".parse().unwrap(), [line], []);
        assert_eq!(ip.expose().to_string(), "127.0.0.1");
    }

    #[test]
    fn prefixes_hold_exactly_their_addresses() {
        for (list, ip, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.9.9.9/8", "10.1.1.1", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
            ("private", "172.31.255.255", true),
            ("private", "172.32.0.0", false),
            ("private", "fd00::1", true),
            ("loopback", "::1", true),
            ("", "127.0.0.1", false),
        ] {
            let proxies: TrustedProxies = list.parse().unwrap();
            assert_eq!(
                proxies.contains(ip.parse().unwrap()),
                expected,
                "{list} and {ip}"
            );
        }
    }

    #[test]
    fn an_unreadable_entry_is_named_with_what_is_allowed() {
        for (list, expected) in [
            (
                "10.0.0.0/33",
                "trusted proxy `10.0.0.0/33` has a bad length; an IPv4 prefix has 0 to 32 bits",
            ),
            (
                "::1/x",
                "trusted proxy `::1/x` has a bad length; an IPv6 prefix has 0 to 128 bits",
            ),
            (
                "loopback,proxy.local",
                "trusted proxy `proxy.local` is no address; use one like `10.0.0.1`, a prefix like `10.0.0.0/8`, `loopback` or `private`",
            ),
        ] {
            assert_eq!(
                list.parse::<TrustedProxies>().unwrap_err().to_string(),
                expected
            );
        }
    }
}
