//! Rules of sites: finding, adding and removing what decides which events count.
//!
//! Values are stored in the form in which they are compared; [`normalize`] makes it and says what is allowed. Applied by
//! `ingest::rules`.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    ServiceError,
    error::{refusal, require_write},
};
use crate::{
    db::{Db, DbError, schema::site_rule, with_conn},
    domain::{Principal, Rule, RuleKind, SiteId, Timestamp},
};

mod value;

pub use value::normalize;

/// Rules that a site can have. Every event is compared with all of them, and every process reads them every two seconds.
pub const MAX_RULES: usize = 500;

#[derive(Queryable)]
struct RuleRow {
    site_id: i64,
    kind: String,
    value: String,
    created_at: i64,
}

impl RuleRow {
    /// `None` for a kind that this program does not know.
    fn into_rule(self) -> Option<Rule> {
        Some(Rule {
            kind: RuleKind::from_key(&self.kind)?,
            value: self.value,
            created_at: Timestamp(self.created_at),
        })
    }
}

/// Finds the rules of a site, by kind, then value.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_all(
    db: &Db,
    _principal: &Principal,
    site: SiteId,
) -> Result<Vec<Rule>, ServiceError> {
    let rows: Vec<RuleRow> = with_conn!(db, |conn| site_rule::table
        .filter(site_rule::site_id.eq(site.0))
        .load(conn)
        .await)?;
    let mut rules: Vec<_> = rows.into_iter().filter_map(RuleRow::into_rule).collect();
    // Here and not by the database: the two order text differently.
    rules.sort_by(|a, b| (a.kind, &a.value).cmp(&(b.kind, &b.value)));
    Ok(rules)
}

/// Finds the rules of all sites; a site without rules is absent.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_all_by_site(
    db: &Db,
    _principal: &Principal,
) -> Result<HashMap<SiteId, Vec<Rule>>, ServiceError> {
    let rows: Vec<RuleRow> = with_conn!(db, |conn| site_rule::table.load(conn).await)?;
    let mut by_site: HashMap<SiteId, Vec<Rule>> = HashMap::new();
    for row in rows {
        let site = SiteId(row.site_id);
        if let Some(rule) = row.into_rule() {
            by_site.entry(site).or_default().push(rule);
        }
    }
    Ok(by_site)
}

/// Adds a rule. A new rate limit takes the place of the old one.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for a `value` that the kind does not allow, or for `rules` if the
/// site has [`MAX_RULES`]; [`ServiceError::Conflict`] if there is such a rule; [`ServiceError::NotFound`] without the site.
pub async fn create(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    kind: RuleKind,
    value: &str,
    now: Timestamp,
) -> Result<Rule, ServiceError> {
    require_write(principal)?;
    let rule = Rule {
        kind,
        value: normalize(kind, value)?,
        created_at: now,
    };
    // A query of its own, not one transaction with the insert: SQLite refuses a transaction that read before it writes as soon
    // as events were written in between. Several admins at once may go beyond the limit by one each.
    let count: i64 = with_conn!(db, |conn| site_rule::table
        .filter(site_rule::site_id.eq(site.0))
        .count()
        .get_result(conn)
        .await)?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= MAX_RULES && kind != RuleKind::RateLimit {
        let reason = format!("can be at most {MAX_RULES} for a site; remove some first");
        return Err(ServiceError::invalid("rules", reason));
    }
    let of_kind = site_rule::table
        .filter(site_rule::site_id.eq(site.0))
        .filter(site_rule::kind.eq(kind.key()));
    let values = (
        site_rule::site_id.eq(site.0),
        site_rule::kind.eq(kind.key()),
        site_rule::value.eq(&rule.value),
        site_rule::created_at.eq(now.0),
    );
    let replaces = kind == RuleKind::RateLimit;
    let inserted: Result<usize, DbError> = with_conn!(db, |conn| {
        use diesel_async::AsyncConnection;
        conn.transaction(async |conn| {
            if replaces {
                diesel::delete(of_kind).execute(conn).await?;
            }
            diesel::insert_into(site_rule::table)
                .values(values)
                .execute(conn)
                .await
        })
        .await
    });
    let conflict = || format!("{} is a rule already", value.trim());
    inserted
        .map(|_| rule)
        .map_err(|error| refusal(error, conflict()))
}

/// Removes a rule; the value may be written as it was when it was added.
///
/// # Errors
/// [`ServiceError::ReadOnly`], [`ServiceError::NotFound`].
pub async fn delete(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    kind: RuleKind,
    value: &str,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    // A value that can no longer be added can still be removed.
    let value = normalize(kind, value).unwrap_or_else(|_| value.to_owned());
    let key = (site.0, kind.key(), value.as_str());
    let deleted: usize = with_conn!(db, |conn| diesel::delete(site_rule::table.find(key))
        .execute(conn)
        .await)?;
    if deleted == 0 {
        Err(ServiceError::NotFound("rule"))
    } else {
        Ok(())
    }
}
