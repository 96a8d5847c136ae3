//! Funnels: steps that lead to what an owner wants, in their order.

use serde::{Deserialize, Serialize};

use super::{FunnelId, GoalId, GoalKind, Timestamp};

/// Within what the steps must be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunnelScope {
    /// One visit.
    #[default]
    Visit,
    /// One day of one visitor: nobody can be followed for longer.
    Day,
}

/// A step of a funnel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunnelStep {
    /// Reaches a goal.
    Goal(GoalId),
    /// Does something that is no goal by itself.
    Other(GoalKind),
}

/// A funnel of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Its number, which addresses name.
    pub id: FunnelId,
    /// What the dashboard calls it; unique within the site.
    pub name: String,
    /// Within what.
    pub scope: FunnelScope,
    /// [`Funnel::STEP_MIN`] to [`Funnel::STEP_LIMIT`], in their order.
    pub steps: Vec<FunnelStep>,
    /// When it was added. What happened before counts too.
    pub created_at: Timestamp,
}

/// A funnel to be added; not yet validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFunnel {
    /// What the dashboard calls it.
    pub name: String,
    /// Within what.
    pub scope: FunnelScope,
    /// Its steps.
    pub steps: Vec<FunnelStep>,
}

/// How many took a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelCount {
    /// What the step is called.
    pub title: String,
    /// Visitors who took it after all before it.
    pub visitors: u64,
}

/// A funnel with its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelReport {
    /// The funnel.
    pub funnel: Funnel,
    /// All visitors of the question.
    pub visitors: u64,
    /// One a step, in their order.
    pub steps: Vec<FunnelCount>,
    /// The period in dates of the site's zone.
    pub title: String,
}

impl FunnelScope {
    /// All, in the order of the menu.
    pub const ALL: [Self; 2] = [Self::Visit, Self::Day];

    /// The name that is stored and that forms and the command line take.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Day => "day",
        }
    }

    /// The scope of a [`FunnelScope::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.key() == key)
    }

    /// As part of a sentence: "within one visit".
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Visit => "within one visit",
            Self::Day => "within one day",
        }
    }
}

impl Funnel {
    /// Fewest steps.
    pub const STEP_MIN: usize = 2;

    /// Most steps.
    pub const STEP_LIMIT: usize = 10;

    /// Most funnels of a site.
    pub const LIMIT: usize = 100;

    /// Longest name in characters.
    pub const NAME_LIMIT: usize = 120;
}
