//! Segments of sites: finding, saving and removing filters under a name, and what a dashboard's address asks for with them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    ServiceError,
    error::{checked_name, refusal, require_room, require_write},
    goal_service,
};
use crate::{
    db::{Db, schema::segment, with_conn},
    domain::{
        Condition, DashboardQuery, Principal, Segment, SegmentId, SiteId, Timestamp,
        segment_from_stored, segment_to_stored,
    },
};

#[derive(Queryable)]
struct SegmentRow {
    id: i64,
    _site_id: i64,
    user_id: Option<i64>,
    name: String,
    condition: String,
    created_at: i64,
}

impl From<SegmentRow> for Segment {
    fn from(row: SegmentRow) -> Self {
        Self {
            id: SegmentId(row.id),
            name: row.name,
            condition: segment_from_stored(&row.condition),
            is_personal: row.user_id.is_some(),
            created_at: Timestamp(row.created_at),
        }
    }
}

/// Finds the segments of a site that the one who asks may see, the site's first, then by name. The program itself sees the
/// site's only: personal ones are their users'. Whoever has no account sees none.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_all(
    db: &Db,
    principal: &Principal,
    site: SiteId,
) -> Result<Vec<Segment>, ServiceError> {
    if principal.is_guest() {
        return Ok(Vec::new());
    }
    let user = user_of(principal);
    let rows: Vec<SegmentRow> = with_conn!(db, |conn| segment::table
        .filter(segment::site_id.eq(site.0))
        .load(conn)
        .await)?;
    let mut segments: Vec<_> = rows
        .into_iter()
        .filter(|row| row.user_id.is_none() || row.user_id == user)
        .map(Segment::from)
        .collect();
    segments.sort_by_cached_key(|segment| {
        (segment.is_personal, segment.name.to_lowercase(), segment.id)
    });
    Ok(segments)
}

/// Gets one segment that the one who asks may see.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is none.
pub async fn get(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    id: SegmentId,
) -> Result<Segment, ServiceError> {
    let segments = find_all(db, principal, site).await?;
    let segment = segments.into_iter().find(|segment| segment.id == id);
    segment.ok_or(ServiceError::NotFound("segment"))
}

/// Saves a condition; a personal one is seen by its user only.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for `name`, for `filters` that cannot be saved, or for `segments` if
/// the site has [`Segment::LIMIT`]; [`ServiceError::Conflict`] if the name is taken; [`ServiceError::NotFound`] without the
/// site.
pub async fn create(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    name: &str,
    condition: &Condition,
    is_personal: bool,
    now: Timestamp,
) -> Result<Segment, ServiceError> {
    require_write(principal)?;
    let name = checked_name(name, Segment::NAME_LIMIT)?;
    if condition.filters().is_empty() {
        return Err(ServiceError::invalid("filters", "must be at least one"));
    }
    Segment::check(condition).map_err(|error| ServiceError::invalid("filters", error.0))?;
    let user = user_of(principal).filter(|_| is_personal);
    if is_personal && user.is_none() {
        return Err(ServiceError::invalid(
            "scope",
            "must be the site: the program itself has no segments of its own",
        ));
    }
    let count: i64 = with_conn!(db, |conn| segment::table
        .filter(segment::site_id.eq(site.0))
        .count()
        .get_result(conn)
        .await)?;
    require_room(count, Segment::LIMIT, "segments")?;
    let values = (
        segment::site_id.eq(site.0),
        segment::user_id.eq(user),
        segment::name.eq(&name),
        segment::condition.eq(segment_to_stored(condition)),
        segment::created_at.eq(now.0),
    );
    let row: Result<SegmentRow, _> = with_conn!(db, |conn| diesel::insert_into(segment::table)
        .values(values)
        .returning(segment::all_columns)
        .get_result(conn)
        .await);
    row.map(Segment::from)
        .map_err(|error| refusal(error, format!("there is a segment {name} already")))
}

/// Removes a segment that the one who asks may see.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::NotFound`] if there is none.
pub async fn delete(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    id: SegmentId,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    get(db, principal, site, id).await?;
    let of_site = segment::table
        .filter(segment::site_id.eq(site.0))
        .filter(segment::id.eq(id.0));
    let deleted: usize = with_conn!(db, |conn| diesel::delete(of_site).execute(conn).await)?;
    if deleted == 0 {
        Err(ServiceError::NotFound("segment"))
    } else {
        Ok(())
    }
}

/// What a dashboard's address asks for: its filters and its segment, and that the visit reached its goal.
///
/// # Errors
/// [`ServiceError::NotFound`] for a segment or goal that the one who asks cannot see; [`ServiceError::Invalid`] for too many
/// filters and a segment that cannot be used.
pub async fn condition_of(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    query: &DashboardQuery,
) -> Result<Condition, ServiceError> {
    if query.filters.len() > DashboardQuery::FILTER_LIMIT {
        let limit = DashboardQuery::FILTER_LIMIT;
        return Err(ServiceError::invalid(
            "filter",
            format!("there can be at most {limit} filters"),
        ));
    }
    let filters = query.filters.iter().cloned();
    let mut parts: Vec<_> = filters.map(Condition::Filter).collect();
    if let Some(id) = query.segment {
        let segment = get(db, principal, site, id).await?;
        let condition = segment.condition.map_err(|reason| {
            ServiceError::invalid("segment", format!("cannot be used: {reason}"))
        })?;
        parts.push(condition);
    }
    if let Some(id) = query.goal {
        let goals = goal_service::find_all(db, principal, site).await?;
        let goal = goals.into_iter().find(|goal| goal.id == id);
        let goal = goal.ok_or(ServiceError::NotFound("goal"))?;
        parts.push(Condition::HasDone(Box::new(goal.condition())));
    }
    Ok(Condition::All(parts))
}

fn user_of(principal: &Principal) -> Option<i64> {
    match principal {
        Principal::User { id, .. } => Some(id.0),
        Principal::System | Principal::Anyone | Principal::LinkReader { .. } => None,
    }
}
