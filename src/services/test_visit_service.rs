//! Test visits: an owner sends one to see every value that is stored of it. Rows only; `ingest` brings the visit here.
//!
//! A test visit is written for a site of its own, the *stand-in*, so that it is counted nowhere: no list names the
//! stand-in and no beacon can address it. It stays for [`KEPT_MS`], in which its owner can look at the rows with a tool of
//! the database too, and is then deleted with everything that bears its number.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    ServiceError,
    error::require_write,
    event_service::{DictionaryRow, EventRow, VisitRow},
    site_service,
};
use crate::{
    db::{
        Db,
        schema::{dictionary, event, site, visit},
        with_conn,
    },
    domain::{EventId, Principal, Site, SiteId, TestVisit, Timestamp},
};

mod columns;

/// How long a test visit is kept. Our choice: long enough to look at it by hand, short enough to be forgotten.
pub const KEPT_MS: i64 = 15 * 60 * 1_000;

/// What domains of stand-ins end in. `.invalid` is nobody's (RFC 2606), and no site may be added with it.
pub(super) const STAND_IN_SUFFIX: &str = ".test-visit.invalid";

/// Adds the stand-in of a site and gives its number; a test visit of before is deleted.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Conflict`] if somebody else sends one at this moment.
pub async fn create_stand_in(
    db: &Db,
    principal: &Principal,
    of: &Site,
    now: Timestamp,
) -> Result<SiteId, ServiceError> {
    require_write(principal)?;
    delete(db, principal, of).await?;
    let values = (
        site::domain.eq(stand_in_domain(of)),
        site::name.eq(format!("Test visit of {}", of.domain)),
        site::time_zone.eq(&of.time_zone),
        site::created_at.eq(now.0),
    );
    let id: Result<i64, _> = with_conn!(db, |conn| diesel::insert_into(site::table)
        .values(values)
        .returning(site::id)
        .get_result(conn)
        .await);
    id.map(SiteId).map_err(|error| {
        site_service::taken(
            error,
            "somebody else sends a test visit at this moment".into(),
        )
    })
}

/// Finds the test visit of a site; `None` if there is none or it is not stored yet.
///
/// # Errors
/// [`ServiceError::ReadOnly`]: the rows are those of another person's browser.
pub async fn find(
    db: &Db,
    principal: &Principal,
    of: &Site,
) -> Result<Option<TestVisit>, ServiceError> {
    require_write(principal)?;
    let Some(id) = find_stand_in(db, of).await? else {
        return Ok(None);
    };
    let words: Vec<DictionaryRow> = with_conn!(db, |conn| dictionary::table
        .filter(dictionary::site_id.eq(id.0))
        .order(dictionary::id)
        .load(conn)
        .await)?;
    let visits: Vec<VisitRow> = with_conn!(db, |conn| visit::table
        .filter(visit::site_id.eq(id.0))
        .order(visit::id)
        .select(visit::all_columns)
        .load(conn)
        .await)?;
    let events: Vec<EventRow> = with_conn!(db, |conn| event::table
        .filter(event::site_id.eq(id.0))
        .order(event::id)
        .select(event::all_columns)
        .load(conn)
        .await)?;
    let [first, ..] = events.as_slice() else {
        return Ok(None);
    };
    let sent_at = EventId(first.id).at();
    let events = events.into_iter().map(|row| columns::of_event(row, &words));
    let visits = visits.into_iter().map(|row| columns::of_visit(row, &words));
    Ok(Some(TestVisit {
        stand_in: id,
        sent_at,
        deleted_at: sent_at.plus_ms(KEPT_MS),
        rows: events.chain(visits).collect(),
        words: words.iter().map(|row| row.value.clone()).collect(),
    }))
}

/// Deletes the test visit of a site, if there is one.
///
/// # Errors
/// [`ServiceError::ReadOnly`], [`ServiceError::Database`].
pub async fn delete(db: &Db, principal: &Principal, of: &Site) -> Result<(), ServiceError> {
    require_write(principal)?;
    match find_stand_in(db, of).await? {
        Some(id) => delete_stand_in(db, principal, id).await,
        None => Ok(()),
    }
}

/// Deletes all test visits whose time is over, and gives their number. For a timer.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn delete_old(db: &Db, now: Timestamp) -> Result<usize, ServiceError> {
    let query = site::table
        .filter(site::domain.like(format!("%{STAND_IN_SUFFIX}")))
        .filter(site::created_at.le(now.0 - KEPT_MS))
        .select(site::id);
    let old: Vec<i64> = with_conn!(db, |conn| query.load(conn).await)?;
    for id in &old {
        delete_stand_in(db, &Principal::System, SiteId(*id)).await?;
    }
    Ok(old.len())
}

async fn find_stand_in(db: &Db, of: &Site) -> Result<Option<SiteId>, ServiceError> {
    let query = site::table
        .filter(site::domain.eq(stand_in_domain(of)))
        .select(site::id);
    let id: Option<i64> = with_conn!(db, |conn| query.first(conn).await.optional())?;
    Ok(id.map(SiteId))
}

/// Somebody else may have been faster.
async fn delete_stand_in(db: &Db, principal: &Principal, id: SiteId) -> Result<(), ServiceError> {
    match site_service::delete(db, principal, id).await {
        Err(ServiceError::NotFound(_)) => Ok(()),
        deleted => deleted,
    }
}

fn stand_in_domain(of: &Site) -> String {
    format!("site-{}{STAND_IN_SUFFIX}", of.id.0)
}
