//! Journeys: the pages that visits walk through, one after another.

use serde::{Deserialize, Serialize};

/// Which way a journey is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JourneyDirection {
    /// From where it begins to the pages after it.
    #[default]
    Forward,
    /// From where it ends to the pages before it.
    Back,
}

/// Which journeys are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JourneyQuery {
    /// Journeys begin, or end, at the first view of this page; `None` for the first, or last, page of visits.
    pub page: Option<String>,
    /// Which way.
    pub direction: JourneyDirection,
    /// Steps shown, [`JourneyQuery::STEP_MIN`] to [`JourneyQuery::STEP_LIMIT`].
    pub steps: usize,
}

/// Where visits are at a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JourneyPlace {
    /// On a page that is named.
    Page(String),
    /// On any other page.
    Other,
    /// On none: the visit was over, or, followed back, had not begun.
    Outside,
}

/// How many visits are somewhere at a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyNode {
    /// Where.
    pub place: JourneyPlace,
    /// Visits.
    pub visits: u64,
}

/// How many visits go from a place of a step to a place of the step after it in the journey's direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JourneyFlow {
    /// Which of the nodes of the step.
    pub from: usize,
    /// Which of the nodes of the step after it.
    pub to: usize,
    /// Visits.
    pub visits: u64,
}

/// A step of all journeys.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JourneyStep {
    /// The most visited pages, most visits first, equal ones by name; then the other pages, then those who are outside.
    pub nodes: Vec<JourneyNode>,
    /// To the step after it, in the order of the nodes; none of the last. What leaves a node adds up to it, but for those outside;
    /// what enters one does in all steps but the first.
    pub flows: Vec<JourneyFlow>,
}

/// The journeys of a site's visits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyReport {
    /// What was asked.
    pub query: JourneyQuery,
    /// Visits with a journey.
    pub visits: u64,
    /// In the direction of the question, without those that nobody reached: none if there is no journey.
    pub steps: Vec<JourneyStep>,
    /// The period in dates of the site's zone.
    pub title: String,
}

impl JourneyDirection {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Forward, Self::Back];

    /// The name in addresses.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Back => "back",
        }
    }

    /// The direction of a [`JourneyDirection::key`].
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|direction| direction.key() == key)
    }
}

impl JourneyPlace {
    /// What other pages are called, as also those that a site had too many of on a day.
    pub const OTHER: &str = "(other)";

    /// What it is called: the page, `(other)`, `(end)` or, followed back, `(start)`.
    #[must_use]
    pub fn label(&self, direction: JourneyDirection) -> &str {
        match (self, direction) {
            (Self::Page(page), _) => page,
            (Self::Other, _) => Self::OTHER,
            (Self::Outside, JourneyDirection::Forward) => "(end)",
            (Self::Outside, JourneyDirection::Back) => "(start)",
        }
    }

    /// The page, if it is one that is named.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        match self {
            Self::Page(page) => Some(page),
            Self::Other | Self::Outside => None,
        }
    }
}

impl JourneyQuery {
    /// Fewest steps.
    pub const STEP_MIN: usize = 2;

    /// Most steps.
    pub const STEP_LIMIT: usize = 6;

    /// Steps unless something else is asked.
    pub const STEPS: usize = 4;

    /// Pages of a step that are named.
    pub const NAMED: usize = 6;
}

impl Default for JourneyQuery {
    fn default() -> Self {
        Self {
            page: None,
            direction: JourneyDirection::default(),
            steps: Self::STEPS,
        }
    }
}

impl JourneyStep {
    /// Where the visits of a node go, most visits first.
    #[must_use]
    pub fn next_of(&self, node: usize) -> Vec<JourneyFlow> {
        let mut flows: Vec<_> = self
            .flows
            .iter()
            .copied()
            .filter(|flow| flow.from == node)
            .collect();
        flows.sort_by_key(|flow| (std::cmp::Reverse(flow.visits), flow.to));
        flows
    }
}
