//! Keys of the stats API: making, finding and revoking them.
//!
//! A key's token is shown once, to the one who makes it; the table holds its SHA-256. Whoever has the token reads what the
//! owner sees, within the key's scopes, and changes nothing. A key ends when it expires, is revoked, or with its owner.

use std::fmt;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{ServiceError, error::require_write, token};
use crate::{
    db::{
        Db,
        schema::{api_key, user_account},
        with_conn,
    },
    domain::{ApiKey, ApiKeyId, ApiScope, Principal, Role, Timestamp, UserId},
};

/// Keys of one installation. Our choice: more are lost sight of.
pub const MAX_KEYS: usize = 200;

/// The longest life that can be asked for, in days; without one a key lives until it is revoked.
pub const MAX_LIFE_DAYS: u16 = 3_650;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What every token begins with, so that scanners for leaked secrets can know it.
const PREFIX: &str = "tf_";

/// A key to be made; not yet validated.
#[derive(Clone, Copy)]
pub struct NewApiKey<'a> {
    /// What its owner calls it.
    pub name: &'a str,
    /// On whose behalf it asks.
    pub user: UserId,
    /// What it is good for.
    pub scopes: &'a [ApiScope],
    /// Days until it ends; `None` is never.
    pub life_days: Option<u16>,
}

/// What a program sends: whoever has it can read, so it is never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(String);

impl ApiToken {
    /// The text for `Authorization: Bearer`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken([redacted])")
    }
}

#[derive(Queryable)]
struct ApiKeyRow {
    id: i64,
    name: String,
    user_id: i64,
    email: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_day: Option<i64>,
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
        Self {
            id: ApiKeyId(row.id),
            name: row.name,
            user: UserId(row.user_id),
            email: row.email,
            scopes: row
                .scopes
                .split(' ')
                .filter_map(ApiScope::from_key)
                .collect(),
            created_at: Timestamp(row.created_at),
            expires_at: row.expires_at.map(Timestamp),
            last_used_day: row.last_used_day.map(Timestamp),
        }
    }
}

/// The columns of a [`ApiKeyRow`].
macro_rules! columns {
    () => {
        (
            api_key::id,
            api_key::name,
            api_key::user_id,
            user_account::email,
            api_key::scopes,
            api_key::created_at,
            api_key::expires_at,
            api_key::last_used_day,
        )
    };
}

/// Finds all keys, the newest first, expired ones too.
///
/// # Errors
/// [`ServiceError::ReadOnly`]: what programs ask is nothing for viewers.
pub async fn find_all(db: &Db, principal: &Principal) -> Result<Vec<ApiKey>, ServiceError> {
    require_write(principal)?;
    let rows: Vec<ApiKeyRow> = with_conn!(db, |conn| api_key::table
        .inner_join(user_account::table)
        .order(api_key::id.desc())
        .select(columns!())
        .load(conn)
        .await)?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// Makes a key and gives its token, which nobody can get again.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for `name`, `scopes`, `life_days`, or for `keys` if there are
/// [`MAX_KEYS`]; [`ServiceError::Database`], also if the owner was deleted meanwhile.
pub async fn create(
    db: &Db,
    principal: &Principal,
    new: &NewApiKey<'_>,
    now: Timestamp,
) -> Result<(ApiKeyId, ApiToken), ServiceError> {
    require_write(principal)?;
    let name = validate_name(new.name)?;
    let scopes = validate_scopes(new.scopes)?;
    let expires_at = validate_life(new.life_days)?.map(|life_ms| now.0 + life_ms);
    // As with rules: not one transaction with the insert, so two admins at once may go beyond the limit by one.
    let count: i64 = with_conn!(db, |conn| api_key::table.count().get_result(conn).await)?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= MAX_KEYS {
        let reason = format!("can be at most {MAX_KEYS}; revoke some first");
        return Err(ServiceError::invalid("keys", reason));
    }
    let secret = token::random();
    let values = (
        api_key::token_hash.eq(token::hash(&secret)),
        api_key::user_id.eq(new.user.0),
        api_key::name.eq(name),
        api_key::scopes.eq(scopes),
        api_key::created_at.eq(now.0),
        api_key::expires_at.eq(expires_at),
    );
    let id: i64 = with_conn!(db, |conn| diesel::insert_into(api_key::table)
        .values(values)
        .returning(api_key::id)
        .get_result(conn)
        .await)?;
    Ok((ApiKeyId(id), ApiToken(format!("{PREFIX}{secret}"))))
}

/// Revokes a key: from now on its token is worth nothing.
///
/// # Errors
/// [`ServiceError::ReadOnly`], [`ServiceError::NotFound`].
pub async fn delete(db: &Db, principal: &Principal, id: ApiKeyId) -> Result<(), ServiceError> {
    require_write(principal)?;
    let deleted: usize = with_conn!(db, |conn| diesel::delete(api_key::table.find(id.0))
        .execute(conn)
        .await)?;
    if deleted == 0 {
        return Err(ServiceError::NotFound("API key"));
    }
    Ok(())
}

/// Finds the key of a token, and notes that it was used today. `None` if it is unknown, revoked or expired.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_by_token(
    db: &Db,
    text: &str,
    now: Timestamp,
) -> Result<Option<ApiKey>, ServiceError> {
    let Some(secret) = text
        .strip_prefix(PREFIX)
        .filter(|secret| token::is_one(secret))
    else {
        return Ok(None);
    };
    let hash = token::hash(secret);
    let row: Option<ApiKeyRow> = with_conn!(db, |conn| api_key::table
        .inner_join(user_account::table)
        .filter(api_key::token_hash.eq(&hash))
        .filter(
            api_key::expires_at
                .is_null()
                .or(api_key::expires_at.gt(now.0))
        )
        .select(columns!())
        .first(conn)
        .await
        .optional())?;
    let key = row.map(ApiKey::from);
    if let Some(key) = &key {
        note_use(db, key, now).await;
    }
    Ok(key)
}

/// Once a day a key. A database that takes no writes does not keep anybody from reading.
async fn note_use(db: &Db, key: &ApiKey, now: Timestamp) {
    let day = now.0 - now.0.rem_euclid(DAY_MS);
    if key.last_used_day == Some(Timestamp(day)) {
        return;
    }
    let noted: Result<usize, _> =
        with_conn!(db, |conn| diesel::update(api_key::table.find(key.id.0))
            .set(api_key::last_used_day.eq(day))
            .execute(conn)
            .await);
    if let Err(error) = noted {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the use of an API key could not be noted"
        );
    }
}

/// Who asks with a key: its owner, but as one who only reads.
#[must_use]
pub fn principal_of(key: &ApiKey) -> Principal {
    Principal::User {
        id: key.user,
        email: key.email.clone(),
        role: Role::Viewer,
    }
}

fn validate_name(name: &str) -> Result<&str, ServiceError> {
    let name = name.trim();
    let is_usable = (1..=100).contains(&name.chars().count());
    if is_usable && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    let reason = "must have 1 to 100 characters, none of them a control character";
    Err(ServiceError::invalid("name", reason))
}

fn validate_scopes(scopes: &[ApiScope]) -> Result<String, ServiceError> {
    let known = ApiScope::ALL.iter().filter(|scope| scopes.contains(scope));
    let keys: Vec<_> = known.map(|scope| scope.key()).collect();
    if keys.is_empty() {
        let allowed = ApiScope::ALL.map(ApiScope::key).join(", ");
        let reason = format!("must be at least one of {allowed}");
        return Err(ServiceError::invalid("scopes", reason));
    }
    Ok(keys.join(" "))
}

fn validate_life(days: Option<u16>) -> Result<Option<i64>, ServiceError> {
    match days {
        Some(days) if days == 0 || days > MAX_LIFE_DAYS => {
            let reason = format!("must be 1 to {MAX_LIFE_DAYS} days");
            Err(ServiceError::invalid("life_days", reason))
        }
        days => Ok(days.map(|days| i64::from(days) * DAY_MS)),
    }
}
