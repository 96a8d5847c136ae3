//! What a condition calls by name, written out: goals and saved segments become the conditions that they stand for.

use crate::{
    db::Db,
    domain::{Condition, Goal, NamedGoals, Principal, Segment, SegmentId, SiteId},
    services::{ServiceError, goal_service, segment_service},
};

/// Most filters of a condition that was written out: as many as all goals of a site may have, twice over.
const FILTER_LIMIT: usize = 1_000;

/// Most names that a refusal lists.
const LISTED: usize = 20;

/// What a site keeps under a name, as far as a condition needs it.
#[derive(Default)]
struct Known {
    goals: Vec<Goal>,
    segments: Vec<Segment>,
}

/// Writes a condition out.
///
/// # Errors
/// [`ServiceError::Invalid`] for goals and segments that the one who asks cannot see, with those that there are, and for more
/// filters than can be asked.
pub(super) async fn write_out(
    db: &Db,
    principal: &Principal,
    site: SiteId,
    condition: &Condition,
) -> Result<Condition, ServiceError> {
    let leaves = condition.leaves();
    let has = |is_wanted: fn(&Condition) -> bool| leaves.iter().any(|leaf| is_wanted(leaf));
    let mut known = Known::default();
    if has(|leaf| matches!(leaf, Condition::Goals(_))) {
        known.goals = goal_service::find_all(db, principal, site).await?;
    }
    if has(|leaf| matches!(leaf, Condition::Segments(_))) {
        known.segments = segment_service::find_all(db, principal, site).await?;
    }
    let written = known.write(condition)?;
    if written.filters().len() > FILTER_LIMIT {
        return Err(invalid(format!(
            "the goals and segments of a query can have at most {FILTER_LIMIT} filters together"
        )));
    }
    Ok(written)
}

impl Known {
    fn write(&self, condition: &Condition) -> Result<Condition, ServiceError> {
        let all = |parts: &[Condition]| -> Result<Vec<_>, ServiceError> {
            parts.iter().map(|part| self.write(part)).collect()
        };
        Ok(match condition {
            Condition::Goals(named) => self.goals(named)?,
            Condition::Segments(ids) => {
                let segments = ids.iter().map(|id| self.segment(*id));
                Condition::Any(segments.collect::<Result<_, _>>()?)
            }
            Condition::All(parts) => Condition::All(all(parts)?),
            Condition::Any(parts) => Condition::Any(all(parts)?),
            Condition::Not(inner) => Condition::Not(Box::new(self.write(inner)?)),
            Condition::HasDone(inner) => Condition::HasDone(Box::new(self.write(inner)?)),
            leaf @ (Condition::Filter(_) | Condition::ScrolledTo(_)) => leaf.clone(),
        })
    }

    fn goals(&self, named: &NamedGoals) -> Result<Condition, ServiceError> {
        let is_known = |wanted: &&String| {
            let mut goals = self.goals.iter();
            goals.any(|goal| named.is_meant(wanted, &goal.name))
        };
        if let Some(unknown) = named.names.iter().find(|name| !is_known(name)) {
            let names = self.goals.iter().map(|goal| goal.name.clone());
            return Err(unknown_name("goal", unknown, names.collect()));
        }
        let meant = self.goals.iter().filter(|goal| named.has(&goal.name));
        Ok(Condition::Any(meant.map(Goal::condition).collect()))
    }

    fn segment(&self, id: SegmentId) -> Result<Condition, ServiceError> {
        let Some(segment) = self.segments.iter().find(|segment| segment.id == id) else {
            let known = self.segments.iter();
            let names = known.map(|segment| format!("{} ({})", segment.id.0, segment.name));
            return Err(unknown_name("segment", &id.0.to_string(), names.collect()));
        };
        let condition = segment.condition.clone();
        condition
            .map_err(|reason| invalid(format!("the segment {} cannot be used: {reason}", id.0)))
    }
}

fn unknown_name(what: &str, name: &str, known: Vec<String>) -> ServiceError {
    let name: String = name.chars().take(Goal::NAME_LIMIT).collect();
    if known.is_empty() {
        return invalid(format!("there is no {what} `{name}`; the site has none"));
    }
    let more = match known.len().checked_sub(LISTED) {
        Some(more) if more > 0 => format!(" and {more} more"),
        _ => String::new(),
    };
    let listed: Vec<_> = known.into_iter().take(LISTED).collect();
    let listed = listed.join(", ");
    invalid(format!(
        "there is no {what} `{name}`; the site has {listed}{more}"
    ))
}

fn invalid(reason: String) -> ServiceError {
    ServiceError::invalid("query", reason)
}
