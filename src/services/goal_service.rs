//! Goals of sites: finding, adding and removing what an owner wants visitors to do.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    ServiceError,
    error::{checked_name, refusal, require_room, require_write},
    funnel_service,
};
use crate::{
    db::{Db, schema::goal, with_conn},
    domain::{FunnelStep, Goal, GoalId, GoalKind, InvalidGoal, Principal, SiteId, Timestamp},
};

#[derive(Queryable)]
struct GoalRow {
    id: i64,
    _site_id: i64,
    name: String,
    definition: String,
    created_at: i64,
}

impl GoalRow {
    /// `None` for a definition that this program cannot read, such as a later version's.
    fn into_goal(self) -> Option<Goal> {
        Some(Goal {
            id: GoalId(self.id),
            name: self.name,
            kind: serde_json::from_str(&self.definition).ok()?,
            created_at: Timestamp(self.created_at),
        })
    }
}

impl From<InvalidGoal> for ServiceError {
    fn from(InvalidGoal { field, reason }: InvalidGoal) -> Self {
        Self::Invalid { field, reason }
    }
}

/// Finds the goals of a site, by name.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_all(
    db: &Db,
    _principal: &Principal,
    site: SiteId,
) -> Result<Vec<Goal>, ServiceError> {
    let rows: Vec<GoalRow> = with_conn!(db, |conn| goal::table
        .filter(goal::site_id.eq(site.0))
        .load(conn)
        .await)?;
    let mut goals: Vec<_> = rows.into_iter().filter_map(GoalRow::into_goal).collect();
    // Here and not by the database: the two order text differently.
    goals.sort_by_cached_key(|goal| (goal.name.to_lowercase(), goal.id));
    Ok(goals)
}

/// Adds a goal; an empty name becomes what it is: "Visit /thanks".
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for `name` or a field of [`GoalKind::check`], or for `goals` if the
/// site has [`Goal::LIMIT`]; [`ServiceError::Conflict`] if the name is taken; [`ServiceError::NotFound`] without the site.
pub async fn create(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    name: &str,
    kind: &GoalKind,
    now: Timestamp,
) -> Result<Goal, ServiceError> {
    require_write(principal)?;
    let kind = trimmed(kind);
    kind.check()?;
    let name = if name.trim().is_empty() {
        kind.to_string().chars().take(Goal::NAME_LIMIT).collect()
    } else {
        checked_name(name, Goal::NAME_LIMIT)?
    };
    let count: i64 = with_conn!(db, |conn| goal::table
        .filter(goal::site_id.eq(site.0))
        .count()
        .get_result(conn)
        .await)?;
    require_room(count, Goal::LIMIT, "goals")?;
    let definition = serde_json::to_string(&kind).expect("a goal is text and numbers");
    let values = (
        goal::site_id.eq(site.0),
        goal::name.eq(&name),
        goal::definition.eq(definition),
        goal::created_at.eq(now.0),
    );
    let row: Result<GoalRow, _> = with_conn!(db, |conn| diesel::insert_into(goal::table)
        .values(values)
        .returning(goal::all_columns)
        .get_result(conn)
        .await);
    let row = row.map_err(|error| refusal(error, format!("there is a goal {name} already")))?;
    row.into_goal().ok_or(ServiceError::NotFound("goal"))
}

/// Removes a goal.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::NotFound`] if the site has no such goal; [`ServiceError::Conflict`] if a funnel
/// uses it.
pub async fn delete(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    id: GoalId,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    let funnels = funnel_service::find_all(db, principal, site).await?;
    let user = funnels
        .iter()
        .find(|funnel| funnel.steps.contains(&FunnelStep::Goal(id)));
    if let Some(funnel) = user {
        let name = &funnel.name;
        return Err(ServiceError::Conflict(format!(
            "the funnel {name} uses this goal; remove the funnel first"
        )));
    }
    let of_site = goal::table
        .filter(goal::site_id.eq(site.0))
        .filter(goal::id.eq(id.0));
    let deleted: usize = with_conn!(db, |conn| diesel::delete(of_site).execute(conn).await)?;
    if deleted == 0 {
        Err(ServiceError::NotFound("goal"))
    } else {
        Ok(())
    }
}

/// Without the spaces that a form brings along.
fn trimmed(kind: &GoalKind) -> GoalKind {
    let text = |text: &str| text.trim().to_owned();
    match kind {
        GoalKind::Page { pattern } => GoalKind::Page {
            pattern: text(pattern),
        },
        GoalKind::Event { name, properties } => GoalKind::Event {
            name: text(name),
            properties: properties.clone(),
        },
        GoalKind::Scroll { pattern, percent } => GoalKind::Scroll {
            pattern: text(pattern),
            percent: *percent,
        },
    }
}
