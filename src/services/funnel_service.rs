//! Funnels of sites: finding, adding and removing them, and what their steps are.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    ServiceError,
    error::{checked_name, refusal, require_room, require_write},
    goal_service,
};
use crate::{
    db::{Db, schema::funnel, with_conn},
    domain::{
        Condition, Funnel, FunnelId, FunnelScope, FunnelStep, Goal, GoalId, NewFunnel, Principal,
        SiteId, Timestamp,
    },
};

#[derive(Queryable)]
struct FunnelRow {
    id: i64,
    _site_id: i64,
    name: String,
    scope: String,
    steps: String,
    created_at: i64,
}

impl FunnelRow {
    /// `None` for what this program cannot read, such as a later version's.
    fn into_funnel(self) -> Option<Funnel> {
        Some(Funnel {
            id: FunnelId(self.id),
            name: self.name,
            scope: FunnelScope::from_key(&self.scope)?,
            steps: serde_json::from_str(&self.steps).ok()?,
            created_at: Timestamp(self.created_at),
        })
    }
}

/// Finds the funnels of a site, by name.
///
/// # Errors
/// [`ServiceError::Database`].
pub async fn find_all(
    db: &Db,
    _principal: &Principal,
    site: SiteId,
) -> Result<Vec<Funnel>, ServiceError> {
    let rows: Vec<FunnelRow> = with_conn!(db, |conn| funnel::table
        .filter(funnel::site_id.eq(site.0))
        .load(conn)
        .await)?;
    let mut funnels: Vec<_> = rows
        .into_iter()
        .filter_map(FunnelRow::into_funnel)
        .collect();
    funnels.sort_by_cached_key(|funnel| (funnel.name.to_lowercase(), funnel.id));
    Ok(funnels)
}

/// Gets one funnel.
///
/// # Errors
/// [`ServiceError::NotFound`] if the site has none of this number.
pub async fn get(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    id: FunnelId,
) -> Result<Funnel, ServiceError> {
    let funnels = find_all(db, principal, site).await?;
    let funnel = funnels.into_iter().find(|funnel| funnel.id == id);
    funnel.ok_or(ServiceError::NotFound("funnel"))
}

/// Adds a funnel.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::Invalid`] for `name` or `steps`, or for `funnels` if the site has
/// [`Funnel::LIMIT`]; [`ServiceError::Conflict`] if the name is taken; [`ServiceError::NotFound`] without the site.
pub async fn create(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    new: &NewFunnel,
    now: Timestamp,
) -> Result<Funnel, ServiceError> {
    require_write(principal)?;
    let name = checked_name(&new.name, Funnel::NAME_LIMIT)?;
    let (fewest, most) = (Funnel::STEP_MIN, Funnel::STEP_LIMIT);
    if !(fewest..=most).contains(&new.steps.len()) {
        let reason = format!("must be {fewest} to {most}");
        return Err(ServiceError::invalid("steps", reason));
    }
    let goals = goal_service::find_all(db, principal, site).await?;
    for (number, step) in (1..).zip(&new.steps) {
        let invalid = |reason: String| {
            ServiceError::invalid(
                "steps",
                format!("cannot be used, see step {number}: {reason}"),
            )
        };
        match step {
            FunnelStep::Goal(id) if find_goal(&goals, *id).is_none() => {
                return Err(invalid("there is no such goal".into()));
            }
            FunnelStep::Goal(_) => {}
            FunnelStep::Other(kind) => kind
                .check()
                .map_err(|error| invalid(format!("it {}", error.reason)))?,
        }
    }
    let count: i64 = with_conn!(db, |conn| funnel::table
        .filter(funnel::site_id.eq(site.0))
        .count()
        .get_result(conn)
        .await)?;
    require_room(count, Funnel::LIMIT, "funnels")?;
    let steps = serde_json::to_string(&new.steps).expect("steps are text and numbers");
    let values = (
        funnel::site_id.eq(site.0),
        funnel::name.eq(&name),
        funnel::scope.eq(new.scope.key()),
        funnel::steps.eq(steps),
        funnel::created_at.eq(now.0),
    );
    let row: Result<FunnelRow, _> = with_conn!(db, |conn| diesel::insert_into(funnel::table)
        .values(values)
        .returning(funnel::all_columns)
        .get_result(conn)
        .await);
    let row = row.map_err(|error| refusal(error, format!("there is a funnel {name} already")))?;
    row.into_funnel().ok_or(ServiceError::NotFound("funnel"))
}

/// Removes a funnel; its goals stay.
///
/// # Errors
/// [`ServiceError::ReadOnly`]; [`ServiceError::NotFound`] if the site has none of this number.
pub async fn delete(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    id: FunnelId,
) -> Result<(), ServiceError> {
    require_write(principal)?;
    let of_site = funnel::table
        .filter(funnel::site_id.eq(site.0))
        .filter(funnel::id.eq(id.0));
    let deleted: usize = with_conn!(db, |conn| diesel::delete(of_site).execute(conn).await)?;
    if deleted == 0 {
        Err(ServiceError::NotFound("funnel"))
    } else {
        Ok(())
    }
}

/// What a step is called, and what events satisfy if they take it; nothing does where its goal is gone or cannot be used.
#[must_use]
pub fn resolve_step(step: &FunnelStep, goals: &[Goal]) -> (String, Condition) {
    match step {
        FunnelStep::Other(kind) => (kind.to_string(), kind.condition()),
        FunnelStep::Goal(id) => match find_goal(goals, *id) {
            Some(goal) => (goal.name.clone(), goal.condition()),
            None => (
                "a goal that was removed".to_owned(),
                Condition::Any(Vec::new()),
            ),
        },
    }
}

fn find_goal(goals: &[Goal], id: GoalId) -> Option<&Goal> {
    goals.iter().find(|goal| goal.id == id)
}
