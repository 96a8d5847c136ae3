//! Annotations of sites: finding, adding and removing what is noted in the chart.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::{civil, tz::TimeZone};

use super::{
    ServiceError,
    error::{refusal, require_room, require_write},
    site_service,
};
use crate::{
    db::{
        Db,
        schema::{annotation, user_account},
        with_conn,
    },
    domain::{
        AnnotatedTime, Annotation, AnnotationId, Date, NewAnnotation, Principal, Site, SiteId,
        Timestamp,
    },
};

#[derive(Queryable)]
struct AnnotationRow {
    id: i64,
    _site_id: i64,
    day: Option<String>,
    at: Option<i64>,
    text: String,
    _user_id: Option<i64>,
    created_at: i64,
}

impl AnnotationRow {
    fn into_annotation(self, author: Option<String>, zone: &TimeZone) -> Option<Annotation> {
        let time = match (self.at, self.day) {
            (Some(at), _) => AnnotatedTime::Instant(Timestamp(at)),
            (None, day) => AnnotatedTime::Day(Date::parse(&day?)?),
        };
        Some(Annotation {
            id: AnnotationId(self.id),
            time,
            at: instant_of(time, zone)?,
            text: self.text,
            author,
            created_at: Timestamp(self.created_at),
        })
    }
}

/// Finds the annotations of a site, latest first. They are the team's: whoever has no account sees none.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_all(
    db: &Db,
    principal: &Principal,
    site: &Site,
) -> Result<Vec<Annotation>, ServiceError> {
    if principal.is_guest() {
        return Ok(Vec::new());
    }
    let query = annotation::table
        .left_join(user_account::table)
        .filter(annotation::site_id.eq(site.id.0))
        .select((annotation::all_columns, user_account::email.nullable()));
    let rows: Vec<(AnnotationRow, Option<String>)> = with_conn!(db, |conn| query.load(conn).await)?;
    let zone = site_service::zone_of(site);
    let mut annotations: Vec<_> = rows
        .into_iter()
        .filter_map(|(row, author)| row.into_annotation(author, &zone))
        .collect();
    annotations.sort_by_key(|annotation| std::cmp::Reverse((annotation.at, annotation.id)));
    Ok(annotations)
}

/// Finds the annotations of a site from `from` up to `to`, which is excluded, in the order of time.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_between(
    db: &Db,
    principal: &Principal,
    site: &Site,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Annotation>, ServiceError> {
    let mut annotations = find_all(db, principal, site).await?;
    annotations.retain(|annotation| (from..to).contains(&annotation.at));
    annotations.reverse();
    Ok(annotations)
}

/// Adds an annotation.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for `date`, `time` or `text`, or for `annotations` if the site has
/// [`Annotation::LIMIT`]; [`ServiceError::NotFound`] without the site.
pub async fn create(
    db: &Db,
    principal: &Principal,
    site: &Site,
    new: &NewAnnotation,
    now: Timestamp,
) -> Result<Annotation, ServiceError> {
    require_write(principal)?;
    let zone = site_service::zone_of(site);
    let time = parse_time(new, &zone)?;
    let text = checked_text(&new.text)?;
    let count: i64 = with_conn!(db, |conn| annotation::table
        .filter(annotation::site_id.eq(site.id.0))
        .count()
        .get_result(conn)
        .await)?;
    require_room(count, Annotation::LIMIT, "annotations")?;
    let (user, author) = match principal {
        Principal::User { id, email, .. } => (Some(id.0), Some(email.clone())),
        Principal::System | Principal::Anyone | Principal::LinkReader { .. } => (None, None),
    };
    let (day, at) = match time {
        AnnotatedTime::Day(day) => (Some(day.to_string()), None),
        AnnotatedTime::Instant(at) => (None, Some(at.0)),
    };
    let values = (
        annotation::site_id.eq(site.id.0),
        annotation::day.eq(day),
        annotation::at.eq(at),
        annotation::text.eq(text),
        annotation::user_id.eq(user),
        annotation::created_at.eq(now.0),
    );
    let row: Result<AnnotationRow, _> =
        with_conn!(db, |conn| diesel::insert_into(annotation::table)
            .values(values)
            .returning(annotation::all_columns)
            .get_result(conn)
            .await);
    let row = row.map_err(|error| refusal(error, "there is such an annotation already".into()))?;
    row.into_annotation(author, &zone)
        .ok_or(ServiceError::NotFound("annotation"))
}

/// Removes an annotation.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::NotFound`] if the site has no such annotation.
pub async fn delete(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    id: AnnotationId,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    let of_site = annotation::table
        .filter(annotation::site_id.eq(site.0))
        .filter(annotation::id.eq(id.0));
    let deleted: usize = with_conn!(db, |conn| diesel::delete(of_site).execute(conn).await)?;
    if deleted == 0 {
        Err(ServiceError::NotFound("annotation"))
    } else {
        Ok(())
    }
}

/// When it is or begins; `None` beyond the calendar.
fn instant_of(time: AnnotatedTime, zone: &TimeZone) -> Option<Timestamp> {
    match time {
        AnnotatedTime::Instant(at) => Some(at),
        AnnotatedTime::Day(day) => {
            let date = civil::Date::new(day.year(), day.month(), day.day()).ok()?;
            let midnight = date.to_zoned_datetime(zone.clone()).ok()?;
            Some(Timestamp(midnight.timestamp().as_millisecond()))
        }
    }
}

/// A time of day that the clock skipped is taken as after the gap, one that it showed twice as the first.
fn parse_time(new: &NewAnnotation, zone: &TimeZone) -> Result<AnnotatedTime, ServiceError> {
    let day = Date::parse(new.date.trim())
        .ok_or_else(|| ServiceError::invalid("date", "must be a date such as 2026-11-24"))?;
    let time = new.time.trim();
    if time.is_empty() {
        return Ok(AnnotatedTime::Day(day));
    }
    let invalid = || ServiceError::invalid("time", "must be a time of day such as 14:05");
    let is_shaped = matches!(time.len(), 5 | 8) && time.is_ascii();
    let time: civil::Time = is_shaped
        .then(|| time.parse().ok())
        .flatten()
        .ok_or_else(invalid)?;
    let at = civil::Date::new(day.year(), day.month(), day.day())
        .and_then(|date| date.to_datetime(time).to_zoned_datetime(zone.clone()))
        .map_err(|_| invalid())?;
    Ok(AnnotatedTime::Instant(Timestamp(
        at.timestamp().as_millisecond(),
    )))
}

/// One line: spaces of any kind become single ones.
fn checked_text(text: &str) -> Result<String, ServiceError> {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ");
    let limit = Annotation::TEXT_LIMIT;
    if text.is_empty() || text.chars().count() > limit || text.chars().any(char::is_control) {
        let reason = format!("must have 1 to {limit} characters");
        return Err(ServiceError::invalid("text", reason));
    }
    Ok(text)
}
