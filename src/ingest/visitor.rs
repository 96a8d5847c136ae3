//! The third station: from an address and a user agent to a [`VisitorId`] that means nothing tomorrow.
//!
//! The recipe (docs/privacy.md): the first 8 bytes of HMAC-SHA256 under the random key of the site's local day over
//!
//! ```text
//! "tf-sid-v1" ‖ u64_be(site id) ‖ u8(length) ‖ IP prefix ‖ u16_be(length) ‖ user agent
//! ```
//!
//! - A keyed hash, not a salted one: only the key is secret, and [`keys`](super::keys) destroys it.
//! - The site is inside: the same person has unrelated ids on two sites, even for who holds the key.
//! - Fields carry their length: `1.1.1.1` + `1Mozilla` is not `1.1.1.11` + `Mozilla`.
//! - Nothing else goes in: every further input would be fingerprinting.

use std::net::{IpAddr, Ipv4Addr};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

use super::client::Client;
use crate::domain::{SiteId, VisitorId};

const CONTEXT: &[u8] = b"tf-sid-v1";
const USER_AGENT_LIMIT_BYTES: usize = 512;
/// 4 KiB: more than the frames of HMAC and SHA-256 take together, also unoptimised (server/tests/privacy/memory.rs).
const SCRUBBED_WORDS: usize = 512;

/// Who a visitor is today and, for half an hour after midnight, who it was yesterday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The id under the key of the site's local day.
    pub id: VisitorId,
    /// The id under yesterday's key while that lives: an open visit that bears it is handed over to `id`.
    pub previous: Option<VisitorId>,
}

/// What is hashed. Identifies a person, so it is not printed and lives only while it is hashed.
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn new(site_id: SiteId, client: &Client<'_>) -> Self {
        let prefix = prefix(client.ip.expose());
        let prefix = prefix.as_slice();
        let user_agent = client.user_agent.as_bytes();
        let user_agent = &user_agent[..user_agent.len().min(USER_AGENT_LIMIT_BYTES)];
        let prefix_length = u8::try_from(prefix.len()).expect("a prefix has at most 6 bytes");
        let user_agent_length = u16::try_from(user_agent.len()).expect("cut at 512 bytes");

        let mut message = Vec::with_capacity(CONTEXT.len() + 17 + user_agent.len());
        message.extend_from_slice(CONTEXT);
        message.extend_from_slice(&site_id.0.to_be_bytes());
        message.push(prefix_length);
        message.extend_from_slice(prefix);
        message.extend_from_slice(&user_agent_length.to_be_bytes());
        message.extend_from_slice(user_agent);
        Self(message)
    }

    /// Hashes under a key, and leaves nothing of the key behind on the stack of the thread.
    pub(super) fn visitor_id(&self, key: &[u8; 32]) -> VisitorId {
        let id = self.hash(key);
        scrub_stack();
        id
    }

    #[inline(never)]
    fn hash(&self, key: &[u8; 32]) -> VisitorId {
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        hmac.update(&self.0);
        let hash = hmac.finalize().into_bytes();
        let (first, _) = hash.split_first_chunk().expect("SHA-256 has 32 bytes");
        VisitorId(i64::from_be_bytes(*first))
    }
}

/// Overwrites the part of the stack that [`Message::hash`] used, being called from the same place.
///
/// The hash's own variables are overwritten when they end, but not the copies that moving them left: the states after
/// the key's blocks, with which anybody could hash on. On a thread that then sleeps they would outlive the key.
#[inline(never)]
fn scrub_stack() {
    let mut used = [0_u64; SCRUBBED_WORDS];
    used.zeroize();
    std::hint::black_box(&used);
}

impl Drop for Message {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IpPrefix {
    V4([u8; 3]),
    V6([u8; 6]),
}

impl IpPrefix {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        }
    }
}

/// IPv4 inside IPv6 is unwrapped first: mapped (`::ffff:a.b.c.d`), 6to4 (`2002::/16`, RFC 3056) and NAT64 (`64:ff9b::/96`, RFC 6052).
fn prefix(ip: IpAddr) -> IpPrefix {
    match ip.to_canonical() {
        IpAddr::V4(ip) => v4_prefix(ip),
        IpAddr::V6(ip) => match ip.octets() {
            [0x20, 0x02, a, b, c, d, ..]
            | [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => {
                v4_prefix(Ipv4Addr::new(a, b, c, d))
            }
            [a, b, c, d, e, f, ..] => IpPrefix::V6([a, b, c, d, e, f]),
        },
    }
}

fn v4_prefix(ip: Ipv4Addr) -> IpPrefix {
    let [a, b, c, _] = ip.octets();
    IpPrefix::V4([a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::client::ClientIp;

    const KEY: [u8; 32] = [7; 32];

    fn a_client<'a>(ip: &str, user_agent: &'a str) -> Client<'a> {
        Client {
            ip: ClientIp::new(ip.parse().unwrap()),
            user_agent,
            country_header: None,
            language_header: None,
            has_opted_out: false,
        }
    }

    fn id(site: i64, ip: &str, user_agent: &str) -> VisitorId {
        Message::new(SiteId(site), &a_client(ip, user_agent)).visitor_id(&KEY)
    }

    #[test]
    fn the_message_is_laid_out_as_documented() {
        let message = Message::new(SiteId(1), &a_client("203.0.113.7", "UA"));
        assert_eq!(
            message.0,
            b"tf-sid-v1\x00\x00\x00\x00\x00\x00\x00\x01\x03\xcb\x00\x71\x00\x02UA"
        );
        let message = Message::new(SiteId(-1), &a_client("2001:db8:dead:beef::1", ""));
        assert_eq!(
            message.0,
            b"tf-sid-v1\xff\xff\xff\xff\xff\xff\xff\xff\x06\x20\x01\x0d\xb8\xde\xad\x00\x00"
        );
    }

    #[test]
    fn the_hash_is_hmac_sha256_of_rfc_4231() {
        // Test case 1: key of 20 bytes 0x0b (padded with zeros to a block, so 32 bytes are the same), data "Hi There".
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let id = Message(b"Hi There".to_vec()).visitor_id(&key);
        assert_eq!(
            id,
            VisitorId(i64::from_be_bytes(0xb034_4c61_d8db_3853_u64.to_be_bytes()))
        );
    }

    #[test]
    fn addresses_with_one_prefix_are_one_visitor() {
        for (name, one, other, is_same) in [
            ("same /24", "203.0.113.7", "203.0.113.250", true),
            ("other /24", "203.0.113.7", "203.0.114.7", false),
            ("same /48", "2001:db8:1:2::3", "2001:db8:1:ffff::9", true),
            ("other /48", "2001:db8:1::1", "2001:db8:2::1", false),
            ("mapped", "203.0.113.7", "::ffff:203.0.113.7", true),
            ("6to4", "203.0.113.7", "2002:cb00:7109::1", true),
            ("NAT64", "203.0.113.7", "64:ff9b::203.0.113.9", true),
            ("not NAT64", "203.0.113.7", "64:ff9b:1::203.0.113.9", false),
        ] {
            assert_eq!(id(1, one, "UA") == id(1, other, "UA"), is_same, "{name}");
        }
    }

    #[test]
    fn a_visitor_has_unrelated_ids_on_different_sites() {
        let mut ids: Vec<i64> = (1..=1000)
            .map(|site| id(site, "203.0.113.7", "UA").0)
            .collect();
        ids.sort_unstable();
        assert!(
            ids.windows(2).all(|pair| pair[0] >> 40 != pair[1] >> 40),
            "two ids share 24 bits"
        );
    }

    #[test]
    fn fields_cannot_flow_into_each_other() {
        // The prefixes 20 01 0d and 20 01 0d 41 42 43: without lengths both messages would go on with "ABC".
        assert_ne!(id(1, "32.1.13.9", "ABC"), id(1, "2001:d41:4243::1", ""));
        assert_ne!(id(1, "1.1.1.1", "UA"), id(1, "1.1.1.1", "UA\0"));
    }

    #[test]
    fn a_user_agent_counts_up_to_512_bytes_even_inside_a_character() {
        let long = "é".repeat(300);
        assert_eq!(
            id(1, "1.1.1.1", &long),
            id(1, "1.1.1.1", &format!("{long}x"))
        );
        assert_ne!(id(1, "1.1.1.1", &long), id(1, "1.1.1.1", "é"));
    }
}
