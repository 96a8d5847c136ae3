//! Secret links: making, finding and revoking them, and what opens one that has a password.
//!
//! A link's token is shown once, to the one who makes it; the table holds its SHA-256. Whoever has the token reads one site's
//! dashboard under the link's filters and nothing else. Unknown, expired and revoked links are all alike: there is none.

use std::{fmt, time::Instant};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use self::pass::Pass;
use super::{
    LoginLimiter, ServiceError, TooManyAttempts,
    error::{checked_name, require_room, require_write},
    password, token,
};
use crate::{
    db::{
        Db,
        schema::{share_link, site},
        with_conn,
    },
    domain::{
        Condition, Principal, Segment, ShareLink, ShareLinkId, SiteId, Timestamp,
        segment_from_stored, segment_to_stored,
    },
};

pub mod pass;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A link to be made; not yet validated.
#[derive(Clone, Copy)]
pub struct NewShareLink<'a> {
    /// What its maker calls it.
    pub name: &'a str,
    /// What readers must know; empty for nothing.
    pub password: &'a str,
    /// What always holds for its readers; `None` shows all visits.
    pub condition: Option<&'a Condition>,
    /// Days until it ends; `None` is never.
    pub life_days: Option<u16>,
}

/// What stands in the address: whoever has it can read, so it is never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct ShareToken(String);

impl ShareToken {
    /// The text for the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ShareToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareToken([redacted])")
    }
}

/// What a token leads to.
#[derive(Debug)]
pub enum Opened {
    /// Who asks with it: a reader of one site.
    Reader(Principal),
    /// The password is asked for first.
    Locked,
}

/// Why a password opened nothing.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// It is not the link's.
    #[error("this is not the link's password")]
    WrongPassword,
    /// Not even tried.
    #[error(transparent)]
    TooManyAttempts(#[from] TooManyAttempts),
    /// There is no such link, or the database failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

#[derive(Queryable)]
struct ShareLinkRow {
    id: i64,
    site_id: i64,
    token_hash: String,
    name: String,
    password_hash: Option<String>,
    condition: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_day: Option<i64>,
}

impl From<ShareLinkRow> for ShareLink {
    fn from(row: ShareLinkRow) -> Self {
        Self {
            id: ShareLinkId(row.id),
            name: row.name,
            has_password: row.password_hash.is_some(),
            condition: row.condition.as_deref().map(segment_from_stored),
            created_at: Timestamp(row.created_at),
            expires_at: row.expires_at.map(Timestamp),
            last_used_day: row.last_used_day.map(Timestamp),
        }
    }
}

/// Finds the links of a site, the newest first, expired ones too.
///
/// # Errors
/// [`ServiceError::ReadOnly`]: who reads what is nothing for viewers.
pub async fn find_all(
    db: &Db,
    principal: &Principal,
    site: SiteId,
) -> Result<Vec<ShareLink>, ServiceError> {
    require_write(principal)?;
    let rows: Vec<ShareLinkRow> = with_conn!(db, |conn| share_link::table
        .filter(share_link::site_id.eq(site.0))
        .order(share_link::id.desc())
        .load(conn)
        .await)?;
    Ok(rows.into_iter().map(ShareLink::from).collect())
}

/// Makes a link and gives its token, which nobody can get again.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for `name`, `password`, `filters`, `life_days`, or for `links` if the site
/// has [`ShareLink::LIMIT`]; [`ServiceError::Database`], also if the site was deleted meanwhile.
pub async fn create(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    new: &NewShareLink<'_>,
    now: Timestamp,
) -> Result<(ShareLinkId, ShareToken), ServiceError> {
    require_write(principal)?;
    let name = checked_name(new.name, ShareLink::NAME_LIMIT)?;
    let expires_at = validate_life(new.life_days)?.map(|life_ms| now.0 + life_ms);
    if let Some(condition) = new.condition {
        Segment::check(condition).map_err(|error| ServiceError::invalid("filters", error.0))?;
    }
    let count: i64 = with_conn!(db, |conn| share_link::table
        .filter(share_link::site_id.eq(site.0))
        .count()
        .get_result(conn)
        .await)?;
    require_room(count, ShareLink::LIMIT, "links")?;
    let password_hash = match new.password {
        "" => None,
        password => Some(password::hash(password).await?),
    };
    let secret = token::random();
    let values = (
        share_link::site_id.eq(site.0),
        share_link::token_hash.eq(token::hash(&secret)),
        share_link::name.eq(name),
        share_link::password_hash.eq(password_hash),
        share_link::condition.eq(new.condition.map(segment_to_stored)),
        share_link::created_at.eq(now.0),
        share_link::expires_at.eq(expires_at),
    );
    let id: i64 = with_conn!(db, |conn| diesel::insert_into(share_link::table)
        .values(values)
        .returning(share_link::id)
        .get_result(conn)
        .await)?;
    Ok((ShareLinkId(id), ShareToken(secret)))
}

/// Revokes a link of a site: from now on its token leads nowhere.
///
/// # Errors
/// [`ServiceError::ReadOnly`], [`ServiceError::NotFound`].
pub async fn delete(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    id: ShareLinkId,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    let of_site = share_link::table
        .filter(share_link::site_id.eq(site.0))
        .filter(share_link::id.eq(id.0));
    let deleted: usize = with_conn!(db, |conn| diesel::delete(of_site).execute(conn).await)?;
    if deleted == 0 {
        return Err(ServiceError::NotFound("link"));
    }
    Ok(())
}

/// Opens a link and notes that it was used today. One with a password opens with a [`Pass`] for it only.
///
/// # Errors
/// [`ServiceError::NotFound`] for a token that is unknown, revoked or expired, and for filters that cannot be read: they must not
/// fall away.
pub async fn open(
    db: &Db,
    token: &str,
    pass: Option<&str>,
    now: Timestamp,
) -> Result<Opened, ServiceError> {
    let row = get_row(db, token, now).await?;
    let domain: Option<String> = with_conn!(db, |conn| site::table
        .find(row.site_id)
        .select(site::domain)
        .first(conn)
        .await
        .optional())?;
    let domain = domain.ok_or(NO_LINK)?;
    if let Some(password_hash) = &row.password_hash {
        let pass = pass.and_then(Pass::parse);
        if !pass.is_some_and(|pass| pass.opens(&row.token_hash, password_hash, now)) {
            return Ok(Opened::Locked);
        }
    }
    note_use(db, &row, now).await;
    let site = SiteId(row.site_id);
    let condition = match ShareLink::from(row).condition {
        None => None,
        Some(Ok(condition)) => Some(condition),
        Some(Err(_)) => return Err(NO_LINK),
    };
    Ok(Opened::Reader(Principal::LinkReader {
        site,
        domain,
        condition,
    }))
}

/// Gives a pass for the right password. Attempts are limited as those to log in.
///
/// # Errors
/// Every variant of [`UnlockError`].
pub async fn unlock(
    db: &Db,
    limiter: &LoginLimiter,
    (token, password): (&str, &str),
    client_prefix: u64,
    now: Timestamp,
    instant: Instant,
) -> Result<Pass, UnlockError> {
    let row = get_row(db, token, now).await?;
    // Not an e-mail address, so that no account has the same name.
    let account = format!("link {}", row.id);
    limiter.begin(&account, client_prefix, instant)?;
    let hash = row.password_hash.clone();
    if !password::verify(password, hash.clone()).await {
        return Err(UnlockError::WrongPassword);
    }
    limiter.succeeded(&account, client_prefix);
    let hash = hash.ok_or(UnlockError::WrongPassword)?;
    Ok(Pass::new(&row.token_hash, &hash, now))
}

const NO_LINK: ServiceError = ServiceError::NotFound("link");

async fn get_row(db: &Db, token: &str, now: Timestamp) -> Result<ShareLinkRow, ServiceError> {
    if !token::is_one(token) {
        return Err(NO_LINK);
    }
    let hash = token::hash(token);
    let row: Option<ShareLinkRow> = with_conn!(db, |conn| share_link::table
        .filter(share_link::token_hash.eq(&hash))
        .filter(
            share_link::expires_at
                .is_null()
                .or(share_link::expires_at.gt(now.0))
        )
        .first(conn)
        .await
        .optional())?;
    row.ok_or(NO_LINK)
}

/// Once a day a link. A database that takes no writes does not keep anybody from reading.
async fn note_use(db: &Db, row: &ShareLinkRow, now: Timestamp) {
    let day = now.0 - now.0.rem_euclid(DAY_MS);
    if row.last_used_day == Some(day) {
        return;
    }
    let noted: Result<usize, _> =
        with_conn!(db, |conn| diesel::update(share_link::table.find(row.id))
            .set(share_link::last_used_day.eq(day))
            .execute(conn)
            .await);
    if let Err(error) = noted {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the use of a secret link could not be noted"
        );
    }
}

fn validate_life(days: Option<u16>) -> Result<Option<i64>, ServiceError> {
    let limit = ShareLink::MAX_LIFE_DAYS;
    match days {
        Some(days) if days == 0 || days > limit => {
            let reason = format!("must be 1 to {limit} days");
            Err(ServiceError::invalid("life_days", reason))
        }
        days => Ok(days.map(|days| i64::from(days) * DAY_MS)),
    }
}
