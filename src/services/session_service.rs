//! Sessions: from a password to a cookie's token and from the token to who asks.
//!
//! The token is 256 random bits and lives in the cookie; the table holds its SHA-256. A session ends 30 days after its login,
//! at logout, with a new password, or with its user.

use std::{fmt, time::Instant};

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::{LoginLimiter, ServiceError, TooManyAttempts, token, user_service};
use crate::{
    db::{
        Db,
        schema::{session, user_account},
        with_conn,
    },
    domain::{Principal, Timestamp, User, UserId},
};

/// How long a session lives after its login, whether used or not. Our choice: a month between passwords.
pub const SESSION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// What the cookie holds: 64 hexadecimal digits. Whoever has it is logged in, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// The cookie's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken([redacted])")
    }
}

/// An attempt to log in.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// The user's e-mail address.
    pub email: &'a str,
    /// In clear.
    pub password: &'a str,
    /// Keyed hash of the client's address prefix (/24 or /48), for the limiter.
    pub client_prefix: u64,
    /// The token of the cookie that came along, if any: that session ends with this login.
    pub previous_token: Option<&'a str>,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No user has this address and password; which of the two is wrong is not said.
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    /// Not even tried.
    #[error(transparent)]
    TooManyAttempts(#[from] TooManyAttempts),
    /// The database failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Logs a user in: checks the limit and the password, ends the previous session and starts a new one.
///
/// # Errors
/// Every variant of [`LoginError`].
pub async fn log_in(
    db: &Db,
    limiter: &LoginLimiter,
    login: &Login<'_>,
    now: Timestamp,
    instant: Instant,
) -> Result<(User, SessionToken), LoginError> {
    limiter.begin(login.email, login.client_prefix, instant)?;
    let user = user_service::find_by_credentials(db, login.email, login.password)
        .await?
        .ok_or(LoginError::WrongCredentials)?;
    limiter.succeeded(login.email, login.client_prefix);
    let token = create(db, user.id, login.previous_token, now).await?;
    Ok((user, token))
}

/// Starts a session, ends the previous one and purges those that have expired.
///
/// # Errors
/// [`ServiceError::Database`], also if the user was deleted meanwhile.
pub async fn create(
    db: &Db,
    user: UserId,
    previous_token: Option<&str>,
    now: Timestamp,
) -> Result<SessionToken, ServiceError> {
    let token = SessionToken(token::random());
    let hash = token::hash(&token.0);
    let previous = previous_token.map(token::hash).unwrap_or_default();
    with_conn!(db, |conn| {
        conn.transaction(async |conn| {
            diesel::delete(
                session::table.filter(
                    session::token_hash
                        .eq(&previous)
                        .or(session::expires_at.le(now.0)),
                ),
            )
            .execute(conn)
            .await?;
            diesel::insert_into(session::table)
                .values((
                    session::token_hash.eq(&hash),
                    session::user_id.eq(user.0),
                    session::created_at.eq(now.0),
                    session::expires_at.eq(now.0 + SESSION_MS),
                ))
                .execute(conn)
                .await
        })
        .await
    })?;
    Ok(token)
}

/// Finds who a cookie's token stands for. `None` if it is unknown, ended or expired.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_principal(
    db: &Db,
    token: &str,
    now: Timestamp,
) -> Result<Option<Principal>, ServiceError> {
    if !token::is_one(token) {
        return Ok(None);
    }
    let hash = token::hash(token);
    let row: Option<(i64, String, String)> = with_conn!(db, |conn| session::table
        .inner_join(user_account::table)
        .filter(session::token_hash.eq(&hash))
        .filter(session::expires_at.gt(now.0))
        .select((user_account::id, user_account::email, user_account::role))
        .first(conn)
        .await
        .optional())?;
    Ok(row.map(|(id, email, role)| Principal::User {
        id: UserId(id),
        email,
        role: user_service::role_of(&role),
    }))
}

/// Ends the session of a token, if there is one.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn delete(db: &Db, token: &str) -> Result<(), ServiceError> {
    let hash = token::hash(token);
    with_conn!(db, |conn| diesel::delete(
        session::table.filter(session::token_hash.eq(&hash))
    )
    .execute(conn)
    .await)?;
    Ok(())
}
