//! A network: the addresses that share their first bits. Written as an address or in CIDR notation (RFC 4632).

use std::{fmt, net::IpAddr, str::FromStr};

/// The addresses that share their first `bits` bits. A single address is a network of full length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The first address.
    first: IpAddr,
    bits: u8,
}

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidNetwork {
    /// What should be an address is none.
    Address,
    /// The length is none that an address of this kind has; `most` is the longest.
    Length {
        /// 32 or 128.
        most: u8,
    },
}

impl Network {
    /// The network of that length that an address is in; IPv4 in IPv6 dress counts as IPv4. A length beyond the address's own
    /// is the address itself.
    #[must_use]
    pub fn new(ip: IpAddr, bits: u8) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let bits = bits.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
                Self {
                    first: IpAddr::V4((ip.to_bits() & mask).into()),
                    bits,
                }
            }
            IpAddr::V6(ip) => {
                let bits = bits.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
                Self {
                    first: IpAddr::V6((ip.to_bits() & mask).into()),
                    bits,
                }
            }
        }
    }

    /// What one household or office has at least: the /24 of an IPv4 address, the /64 of an IPv6 address (RFC 6177).
    #[must_use]
    pub fn around(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        Self::new(ip, if ip.is_ipv4() { 24 } else { 64 })
    }

    /// Whether an address is in it. An IPv4 address is in no IPv6 network and the other way round.
    #[must_use]
    pub fn contains(self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv4() == self.first.is_ipv4() && Self::new(ip, self.bits) == self
    }

    /// Length of the common part, 0 to 32 or 128.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// Whether its addresses are of IPv4.
    #[must_use]
    pub fn is_ipv4(self) -> bool {
        self.first.is_ipv4()
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (ip, bits) = match text.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits)),
            None => (text, None),
        };
        let ip: IpAddr = ip.parse().map_err(|_| InvalidNetwork::Address)?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= most)
                .ok_or(InvalidNetwork::Length { most })?,
        };
        // A length of IPv6 in front of IPv4 in IPv6 dress (`::ffff:192.0.2.0/120`) counts the dress too.
        let is_dressed = ip.is_ipv6() && ip.to_canonical().is_ipv4();
        let bits = if is_dressed {
            bits.checked_sub(96)
                .ok_or(InvalidNetwork::Length { most })?
        } else {
            bits
        };
        Ok(Self::new(ip, bits))
    }
}

/// A single address stands without its length.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = if self.is_ipv4() { 32 } else { 128 };
        if self.bits == most {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}/{}", self.first, self.bits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_by_its_first_address() {
        for (text, written) in [
            ("203.0.113.7", Ok("203.0.113.7")),
            ("203.0.113.7/24", Ok("203.0.113.0/24")),
            ("203.0.113.7/32", Ok("203.0.113.7")),
            ("203.0.113.7/0", Ok("0.0.0.0/0")),
            ("2001:DB8:0::1/48", Ok("2001:db8::/48")),
            ("2001:db8::1", Ok("2001:db8::1")),
            ("::/0", Ok("::/0")),
            ("::ffff:192.0.2.9", Ok("192.0.2.9")),
            ("::ffff:192.0.2.9/120", Ok("192.0.2.0/24")),
            (
                "::ffff:192.0.2.9/24",
                Err(InvalidNetwork::Length { most: 128 }),
            ),
            ("203.0.113.7/33", Err(InvalidNetwork::Length { most: 32 })),
            ("203.0.113.7/", Err(InvalidNetwork::Length { most: 32 })),
            ("::1/129", Err(InvalidNetwork::Length { most: 128 })),
            ("203.0.113", Err(InvalidNetwork::Address)),
            ("example.com", Err(InvalidNetwork::Address)),
            ("", Err(InvalidNetwork::Address)),
        ] {
            let network = text.parse::<Network>();
            let written = written.map(ToOwned::to_owned);
            assert_eq!(
                network.map(|network| network.to_string()),
                written,
                "{text}"
            );
        }
    }

    #[test]
    fn a_household_is_a_24_or_a_64() {
        for (ip, network) in [
            ("203.0.113.7", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ] {
            let ip = ip.parse().unwrap();
            assert_eq!(Network::around(ip).to_string(), network);
            assert!(Network::around(ip).contains(ip));
        }
    }
}
