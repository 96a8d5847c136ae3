//! What a reader's browser keeps after the right password of a link: signed, so that nothing has to be stored for it.
//!
//! The key of the signature is the stored hash of the link's password, with its random salt. So a pass ends with its hour, with the
//! link, and with the link's password.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::Timestamp;

/// How long a pass opens its link, in seconds.
pub const LIFE_SECONDS: u32 = 12 * 60 * 60;

/// Leave to read one link; whoever has it can, so it is never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Pass {
    ends_at: Timestamp,
    signature: [u8; 32],
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pass([redacted])")
    }
}

impl fmt::Display for Pass {
    /// The text for a cookie: the end in milliseconds, a dot, 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.ends_at.0)?;
        self.signature
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Pass {
    pub(super) fn new(token_hash: &str, password_hash: &str, now: Timestamp) -> Self {
        let ends_at = now.plus_ms(i64::from(LIFE_SECONDS) * 1_000);
        let signature = mac(token_hash, password_hash, ends_at).finalize();
        Self {
            ends_at,
            signature: signature.into_bytes().into(),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (ends_at, digits) = text.split_once('.')?;
        if digits.len() != 64 || !digits.is_ascii() {
            return None;
        }
        let mut signature = [0; 32];
        for (at, byte) in signature.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
        }
        let ends_at = Timestamp(ends_at.parse().ok()?);
        Some(Self { ends_at, signature })
    }

    pub(super) fn opens(&self, token_hash: &str, password_hash: &str, now: Timestamp) -> bool {
        let mac = mac(token_hash, password_hash, self.ends_at);
        now < self.ends_at && mac.verify_slice(&self.signature).is_ok()
    }
}

fn mac(token_hash: &str, password_hash: &str, ends_at: Timestamp) -> Hmac<Sha256> {
    let key = password_hash.as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(b"trackflow-share-v1");
    mac.update(token_hash.as_bytes());
    mac.update(&ends_at.0.to_be_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_opens_its_own_link_until_it_ends() {
        let now = Timestamp(1_000);
        let pass = Pass::new("token", "hash", now);
        let read = Pass::parse(&pass.to_string()).expect("its own text");
        assert_eq!(read, pass);
        assert!(read.opens("token", "hash", now));
        assert!(!read.opens("other", "hash", now));
        assert!(!read.opens("token", "changed", now));
        let end = now.plus_ms(i64::from(LIFE_SECONDS) * 1_000);
        assert!(read.opens("token", "hash", end.plus_ms(-1)));
        assert!(!read.opens("token", "hash", end));
        let later = Pass {
            ends_at: end.plus_ms(1),
            ..pass
        };
        assert!(!later.opens("token", "hash", now), "the end is signed");
    }

    #[test]
    fn what_is_no_pass_is_none() {
        let digits = "0a".repeat(32);
        for text in [
            "",
            ".",
            "1.",
            &digits,
            &format!("x.{digits}"),
            &format!("1.{digits}0"),
            &format!("1.{}", "é".repeat(32)),
            &format!("1.{}", "+1".repeat(32)),
        ] {
            let pass = Pass::parse(text);
            assert!(
                pass.is_none_or(|pass| !pass.opens("t", "h", Timestamp(0))),
                "{text}"
            );
        }
    }
}
