//! What happens on a site right now.

use serde::{Deserialize, Serialize};

use super::Breakdown;

/// The last minutes of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Realtime {
    /// Distinct visitors with an event in the last 5 minutes.
    pub current_visitors: u64,
    /// Pageviews by minute, the last 30, the current one last.
    pub minutes: Vec<u64>,
    /// What the current visitors looked at, where they came from and where they are: pages, sources, countries.
    pub breakdowns: Vec<Breakdown>,
}
