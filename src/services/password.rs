//! Passwords: hashed by argon2id off the async threads, at most two at once so that ingestion keeps its cores.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use tokio::sync::Semaphore;

use super::ServiceError;

/// Each hash takes 19 MiB and a core; more at once would be a way to slow everything down.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Verified where there is no user, so that the answer takes as long. The hash of nothing in particular.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$dHJhY2tmbG93ZHVtbXlzYQ$\
                          dHJhY2tmbG93IGR1bW15IGhhc2ggb2Ygbm90aGluZyE";

const MIN_BYTES: usize = 8;
const MAX_BYTES: usize = 1024;

/// Refuses passwords that are too short to be safe or so long that hashing them would be an attack.
pub(crate) fn validate(password: &str) -> Result<(), ServiceError> {
    if (MIN_BYTES..=MAX_BYTES).contains(&password.len()) {
        Ok(())
    } else {
        Err(ServiceError::invalid(
            "password",
            "must have 8 to 1,024 bytes",
        ))
    }
}

/// Hashes a password with a random salt; the result names its parameters (PHC string).
pub(crate) async fn hash(password: &str) -> Result<String, ServiceError> {
    validate(password)?;
    let password = password.to_owned();
    Ok(run_limited(move || {
        argon2()
            .hash_password(password.as_bytes())
            .expect("a valid length and the system's random source")
            .to_string()
    })
    .await)
}

/// Whether the password is the one of the hash. `None`, a user who does not exist, takes as long and is never right.
pub(crate) async fn verify(password: &str, hash: Option<String>) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    let password = password.to_owned();
    run_limited(move || {
        let is_right = argon2()
            .verify_password(password.as_bytes(), hash.as_deref().unwrap_or(DUMMY_HASH))
            .is_ok();
        is_right && hash.is_some()
    })
    .await
}

/// OWASP's second recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("parameters within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

async fn run_limited<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let permit = HASHING
        .acquire()
        .await
        .expect("the semaphore is never closed");
    tokio::task::spawn_blocking(move || {
        // Held by the work, not by the caller: who hangs up does not start a third hash.
        let _permit = permit;
        work()
    })
    .await
    .expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let hash = hash("correct horse").await.expect("a valid password");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse", Some(hash.clone())).await);
        assert!(!verify("wrong horse", Some(hash)).await);
        assert!(!verify("correct horse", None).await);
    }

    #[test]
    fn the_dummy_hash_costs_as_much_as_a_real_one() {
        let error = argon2().verify_password(b"x", DUMMY_HASH).unwrap_err();
        assert_eq!(error, argon2::password_hash::Error::PasswordInvalid);
    }

    #[test]
    fn passwords_have_8_to_1024_bytes() {
        for (length, is_valid) in [(7, false), (8, true), (1024, true), (1025, false)] {
            assert_eq!(validate(&"x".repeat(length)).is_ok(), is_valid, "{length}");
        }
    }
}
