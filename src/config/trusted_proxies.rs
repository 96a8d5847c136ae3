//! Which peers may speak for somebody else.

use std::{fmt, net::IpAddr};

/// Addresses and networks of reverse proxies. Empty: nobody's forwarding headers are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl TrustedProxies {
    /// Parses entries such as `127.0.0.1`, `10.0.0.0/8` and `fd00::/8`; the second half says what is wrong with the others.
    #[must_use]
    pub fn parse(entries: &[String]) -> (Self, Vec<String>) {
        let mut networks = Vec::new();
        let mut errors = Vec::new();
        for entry in entries.iter().map(|entry| entry.trim()) {
            match parse_network(entry) {
                _ if entry.is_empty() => {}
                Some(network) => networks.push(network),
                None => errors.push(format!(
                    "`{entry}` is no address or network; use for example 127.0.0.1 or 10.0.0.0/8"
                )),
            }
        }
        (Self(networks), errors)
    }

    /// Whether headers of this peer are believed. IPv4 in IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.prefix))
                    .unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.prefix))
                    .unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

fn parse_network(text: &str) -> Option<Network> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(longest);
    (prefix <= longest).then_some(Network { address, prefix })
}

/// As a TOML array.
impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.iter();
        let entries = entries.map(|network| format!("\"{}/{}\"", network.address, network.prefix));
        write!(f, "[{}]", entries.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses_only() {
        let entries = ["127.0.0.1", "10.0.0.0/8", " fd00::/8 ", "", "0.0.0.0/0"];
        for (entry, inside, outside) in [
            (0, "127.0.0.1", "127.0.0.2"),
            (0, "::ffff:127.0.0.1", "::1"),
            (1, "10.255.0.1", "11.0.0.0"),
            (2, "fd12::1", "fe80::1"),
            (4, "8.8.8.8", "::1"),
        ] {
            let (proxies, errors) = TrustedProxies::parse(&[entries[entry].to_owned()]);
            assert_eq!(errors, [""; 0]);
            assert!(proxies.contains(inside.parse().expect("an address")));
            assert!(!proxies.contains(outside.parse().expect("an address")));
        }
        assert_eq!(
            TrustedProxies::parse(&["".into()]).0,
            TrustedProxies::default()
        );
    }
}
