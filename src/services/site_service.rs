//! Sites: adding, finding, changing and deleting what is measured.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::tz::TimeZone;

use super::{ServiceError, error::require_write, test_visit_service::STAND_IN_SUFFIX};
use crate::{
    db::{Db, Patience, schema::site, with_conn},
    domain::{NewSite, Principal, Site, SiteId, Timestamp},
};

#[derive(Queryable)]
struct SiteRow {
    id: i64,
    domain: String,
    name: String,
    time_zone: String,
    created_at: i64,
    is_public: bool,
}

impl From<SiteRow> for Site {
    fn from(row: SiteRow) -> Self {
        Self {
            id: SiteId(row.id),
            domain: row.domain,
            name: row.name,
            time_zone: row.time_zone,
            created_at: Timestamp(row.created_at),
            is_public: row.is_public,
        }
    }
}

/// The site's time zone; one that this machine's database does not know (any more) falls back to UTC.
#[must_use]
pub fn zone_of(site: &Site) -> TimeZone {
    TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC)
}

/// Finds all sites that the one who asks may read, ascending by name, then domain. Stand-ins of test visits are not among them.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_all(db: &Db, principal: &Principal) -> Result<Vec<Site>, ServiceError> {
    let rows: Vec<SiteRow> = with_conn!(db, |conn| site::table
        .filter(site::domain.not_like(format!("%{STAND_IN_SUFFIX}")))
        .order((site::name, site::domain))
        .load(conn)
        .await)?;
    let mut sites: Vec<_> = rows.into_iter().map(Site::from).collect();
    sites.retain(|site| principal.can_read(site));
    Ok(sites)
}

/// Gets the site of a domain; letter case, `www.` and a trailing dot do not matter.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is none that the one who asks may read.
pub async fn get_by_domain(
    db: &Db,
    principal: &Principal,
    domain: &str,
) -> Result<Site, ServiceError> {
    let domain = normalize_domain(domain).ok_or(ServiceError::NotFound("site"))?;
    let row: Option<SiteRow> = with_conn!(db, |conn| site::table
        .filter(site::domain.eq(&domain))
        .first(conn)
        .await
        .optional())?;
    row.map(Site::from)
        .filter(|site| principal.can_read(site))
        .ok_or(ServiceError::NotFound("site"))
}

/// Adds a site.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for a domain or time zone that is none;
/// [`ServiceError::Conflict`] if the domain is taken.
pub async fn create(
    db: &Db,
    principal: &Principal,
    new: &NewSite,
    now: Timestamp,
) -> Result<Site, ServiceError> {
    require_write(principal)?;
    let domain = normalize_domain(&new.domain).ok_or_else(|| {
        ServiceError::invalid("domain", "must be a host name such as example.com")
    })?;
    if domain.ends_with(STAND_IN_SUFFIX) {
        let reason = format!("must not end in {STAND_IN_SUFFIX}: test visits use it");
        return Err(ServiceError::invalid("domain", reason));
    }
    let time_zone = validate_time_zone(&new.time_zone)?;
    let name = validate_name(&new.name, &domain)?;
    let values = (
        site::domain.eq(&domain),
        site::name.eq(&name),
        site::time_zone.eq(&time_zone),
        site::created_at.eq(now.0),
    );
    let row: Result<SiteRow, _> = with_conn!(db, |conn| diesel::insert_into(site::table)
        .values(values)
        .returning(site::all_columns)
        .get_result(conn)
        .await);
    row.map(Site::from)
        .map_err(|error| taken(error, format!("{domain} is a site already")))
}

/// Changes name and time zone. A new time zone bounds days from now on; closed days keep their midnights.
///
/// # Errors
/// [`ServiceError::ReadOnly`], [`ServiceError::Invalid`], [`ServiceError::NotFound`].
pub async fn update(
    db: &Db,
    principal: &Principal,
    id: SiteId,
    name: &str,
    time_zone: &str,
) -> Result<Site, ServiceError> {
    require_write(principal)?;
    let time_zone = validate_time_zone(time_zone)?;
    let name = name.trim().to_owned();
    if name.is_empty() {
        return Err(ServiceError::invalid("name", "must not be empty"));
    }
    let name = validate_name(&name, "")?;
    let row: Option<SiteRow> = with_conn!(db, |conn| diesel::update(site::table.find(id.0))
        .set((site::name.eq(&name), site::time_zone.eq(&time_zone)))
        .returning(site::all_columns)
        .get_result(conn)
        .await
        .optional())?;
    row.map(Site::from).ok_or(ServiceError::NotFound("site"))
}

/// Lets anybody read the site's dashboard, or only those with an account again.
///
/// # Errors
/// [`ServiceError::ReadOnly`], [`ServiceError::NotFound`].
pub async fn set_public(
    db: &Db,
    principal: &Principal,
    id: SiteId,
    is_public: bool,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    let updated: usize = with_conn!(db, |conn| diesel::update(site::table.find(id.0))
        .set(site::is_public.eq(is_public))
        .execute(conn)
        .await)?;
    if updated == 0 {
        Err(ServiceError::NotFound("site"))
    } else {
        Ok(())
    }
}

/// Deletes a site with everything that was ever counted for it. Cannot be undone.
///
/// # Errors
/// [`ServiceError::ReadOnly`], [`ServiceError::NotFound`].
pub async fn delete(db: &Db, principal: &Principal, id: SiteId) -> Result<(), ServiceError> {
    use crate::db::schema::{
        day_block, day_part, dictionary, event, event_key, refusal, roll_up, visit, vital,
    };
    require_write(principal)?;
    let deleted: usize = with_conn!(db, |conn| {
        use diesel_async::AsyncConnection;
        conn.transaction(async |conn| {
            // Millions of rows take their time.
            conn.be_patient().await?;
            // The site first: from here on the writer leaves its events out (`event_service`), so that none comes after the
            // rows were deleted.
            let deleted = diesel::delete(site::table.find(id.0)).execute(conn).await?;
            diesel::delete(event::table.filter(event::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(visit::table.filter(visit::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(dictionary::table.filter(dictionary::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(event_key::table.filter(event_key::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(refusal::table.filter(refusal::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(day_block::table.filter(day_block::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(day_part::table.filter(day_part::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(roll_up::table.filter(roll_up::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            diesel::delete(vital::table.filter(vital::site_id.eq(id.0)))
                .execute(conn)
                .await?;
            Ok::<_, diesel::result::Error>(deleted)
        })
        .await
    })?;
    if deleted == 0 {
        Err(ServiceError::NotFound("site"))
    } else {
        Ok(())
    }
}

/// The form in which domains are compared and stored: lower case, ASCII (punycode), without scheme, `www.`, port, path
/// and trailing dot. `None` if it is no host name.
///
/// ```
/// use trackflow::services::site_service::normalize_domain;
/// assert_eq!(normalize_domain("https://www.Example.com:8080/a"), Some("example.com".into()));
/// assert_eq!(normalize_domain("münchen.de"), Some("xn--mnchen-3ya.de".into()));
/// assert_eq!(normalize_domain("no spaces"), None);
/// ```
#[must_use]
pub fn normalize_domain(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.len() > 300 {
        return None;
    }
    let host = authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let host = host.map_or(authority, |(host, _)| host);
    let url::Host::Domain(host) = url::Host::parse(host).ok()? else {
        // An address is a host too: a home server is measured by it.
        return url::Host::parse(host).ok().map(|host| host.to_string());
    };
    let host = host.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    let is_name = !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        });
    is_name.then(|| host.to_owned())
}

fn validate_time_zone(name: &str) -> Result<String, ServiceError> {
    let name = name.trim();
    if name.is_empty() {
        return Ok("UTC".into());
    }
    TimeZone::get(name)
        .ok()
        .and_then(|zone| zone.iana_name().map(str::to_owned))
        .ok_or_else(|| {
            ServiceError::invalid(
                "time_zone",
                "must be an IANA time zone such as Europe/Berlin",
            )
        })
}

fn validate_name(name: &str, domain: &str) -> Result<String, ServiceError> {
    let name = name.trim();
    if name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(ServiceError::invalid(
            "name",
            "must have at most 100 characters, none of them a control character",
        ));
    }
    Ok(if name.is_empty() {
        domain.to_owned()
    } else {
        name.to_owned()
    })
}

/// Says `conflict` where a unique value exists already.
pub(super) fn taken(error: crate::db::DbError, conflict: String) -> ServiceError {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        crate::db::DbError::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            ServiceError::Conflict(conflict)
        }
        other => other.into(),
    }
}
