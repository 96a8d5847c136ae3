//! What the form of a funnel sends, and its round trips through the address while steps are added and removed.

use serde::{Deserialize, Serialize};
use trackflow::domain::{Funnel, FunnelScope, FunnelStep, GoalId, GoalKind};

use crate::query::{find_value, parse_pairs};

/// How much of a value comes back to its form: the address has to fit into a request's head.
const ECHO_LIMIT_CHARS: usize = 400;

/// A step as a form sends it; one that says nothing is none.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepFields {
    /// `goal:7`, `page` or `event`.
    pub what: String,
    /// The page's pattern or the event's name.
    pub value: String,
}

/// The fields of a funnel.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FunnelFields {
    /// What it is called.
    pub name: String,
    /// [`FunnelScope::key`].
    pub scope: String,
    /// In their order.
    pub steps: Vec<StepFields>,
}

impl FunnelFields {
    /// Reads them from an address. `add=1` appends a step, `remove=2` takes the second away; there are always as many rows as a
    /// funnel has steps at least.
    #[must_use]
    pub fn from_query(raw: &str) -> Self {
        let mut steps = Vec::new();
        for (key, value) in parse_pairs(raw) {
            let Some((at, field)) = step_key(&key) else {
                continue;
            };
            if steps.len() <= at {
                steps.resize_with(at + 1, StepFields::default);
            }
            match field {
                "what" => steps[at].what = value,
                "value" => steps[at].value = value,
                _ => {}
            }
        }
        let removed: Option<usize> = find_value(raw, "remove").parse().ok();
        if let Some(at) = removed.and_then(|number| number.checked_sub(1))
            && at < steps.len()
        {
            steps.remove(at);
        }
        if !find_value(raw, "add").is_empty() {
            steps.push(StepFields::default());
        }
        let rows = steps.len().clamp(Funnel::STEP_MIN, Funnel::STEP_LIMIT);
        steps.resize_with(rows, StepFields::default);
        Self {
            name: find_value(raw, "name"),
            scope: find_value(raw, "scope"),
            steps,
        }
    }

    /// The way into the address, cut where it is too long to be right.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let cut = |text: &String| text.chars().take(ECHO_LIMIT_CHARS).collect::<String>();
        let mut pairs = vec![
            ("name".to_owned(), cut(&self.name)),
            ("scope".to_owned(), cut(&self.scope)),
        ];
        for (at, step) in self.steps.iter().take(Funnel::STEP_LIMIT).enumerate() {
            pairs.push((format!("steps[{at}][what]"), cut(&step.what)));
            pairs.push((format!("steps[{at}][value]"), cut(&step.value)));
        }
        pairs
    }

    /// Within what.
    #[must_use]
    pub fn scope(&self) -> FunnelScope {
        FunnelScope::from_key(&self.scope).unwrap_or_default()
    }

    /// The steps, rows that say nothing left out.
    ///
    /// # Errors
    /// The number of the row that cannot be used, from 1, and what is allowed, as a sentence without its subject.
    pub fn funnel_steps(&self) -> Result<Vec<FunnelStep>, (usize, String)> {
        let rows = (1..).zip(&self.steps);
        let said = rows.filter(|(_, step)| !step.what.is_empty());
        let steps = said.map(|(number, step)| step.parse().map_err(|reason| (number, reason)));
        steps.collect()
    }
}

impl StepFields {
    fn parse(&self) -> Result<FunnelStep, String> {
        let value = self.value.trim().to_owned();
        let kind = match self.what.as_str() {
            "page" => GoalKind::Page { pattern: value },
            "event" => GoalKind::Event {
                name: value,
                properties: Vec::new(),
            },
            what => {
                let id = what.strip_prefix("goal:").and_then(|id| id.parse().ok());
                let id = id.ok_or("must be a goal, a page or an event")?;
                return Ok(FunnelStep::Goal(GoalId(id)));
            }
        };
        kind.check().map_err(|error| error.reason)?;
        Ok(FunnelStep::Other(kind))
    }
}

/// Position and field of `steps[3][what]`; positions beyond the limit are nobody's.
fn step_key(key: &str) -> Option<(usize, &str)> {
    let (at, field) = key.strip_prefix("steps[")?.split_once("][")?;
    let at = at.parse().ok().filter(|at| *at < Funnel::STEP_LIMIT)?;
    Some((at, field.strip_suffix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::format_pairs;

    fn step(what: &str, value: &str) -> StepFields {
        StepFields {
            what: what.into(),
            value: value.into(),
        }
    }

    fn fields() -> FunnelFields {
        FunnelFields {
            name: "Buy & pay".into(),
            scope: "day".into(),
            steps: vec![
                step("page", " /shop/** "),
                step("", "left over"),
                step("event", "Add to basket"),
                step("goal:7", ""),
            ],
        }
    }

    #[test]
    fn fields_become_steps() {
        let steps = fields().funnel_steps().expect("steps");
        let page = GoalKind::Page {
            pattern: "/shop/**".into(),
        };
        let event = GoalKind::Event {
            name: "Add to basket".into(),
            properties: Vec::new(),
        };
        assert_eq!(
            steps,
            [
                FunnelStep::Other(page),
                FunnelStep::Other(event),
                FunnelStep::Goal(GoalId(7))
            ]
        );
        assert_eq!(fields().scope(), FunnelScope::Day);
    }

    #[test]
    fn wrong_steps_are_named_by_their_row() {
        for (wrong, part) in [
            (step("page", "shop"), "begin with /"),
            (step("event", ""), "characters"),
            (step("goal:x", ""), "a goal, a page or an event"),
            (step("colour", "red"), "a goal, a page or an event"),
        ] {
            let mut fields = fields();
            fields.steps[2] = wrong;
            let (number, reason) = fields.funnel_steps().expect_err(part);
            assert_eq!(number, 3);
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn the_form_goes_through_the_address_and_steps_come_and_go() {
        let link = format_pairs(&fields().pairs());
        let read = FunnelFields::from_query(&link[1..]);
        assert_eq!(read, fields());
        let added = FunnelFields::from_query(&format!("{}&add=1", &link[1..]));
        assert_eq!(added.steps.len(), 5);
        let removed = FunnelFields::from_query(&format!("{}&remove=2", &link[1..]));
        let values: Vec<_> = removed.steps.iter().map(|step| &step.what).collect();
        assert_eq!(values, ["page", "event", "goal:7"]);
        assert_eq!(FunnelFields::from_query("").steps.len(), 2);
        assert_eq!(FunnelFields::from_query("remove=1").steps.len(), 2);
        let hostile = "steps[99999999999][what]=page&steps[12][what]=page&steps[x][what]=&steps[]=";
        assert_eq!(FunnelFields::from_query(hostile).steps.len(), 2);
        let full = FunnelFields::from_query("steps[9][what]=page&add=1");
        assert_eq!(full.steps.len(), Funnel::STEP_LIMIT);
    }
}
