//! What TrackFlow can do, one module a noun: the only place with queries.
//!
//! A service takes the database, the [`Principal`](crate::domain::Principal) who asks and, where time matters, the clock.

pub mod annotation_service;
pub mod api_key_service;
pub mod event_service;
pub mod funnel_service;
pub mod goal_service;
pub mod ingestion_service;
pub mod privacy_service;
pub mod refusal_service;
pub mod rule_service;
pub mod segment_service;
pub mod session_service;
pub mod share_link_service;
pub mod site_service;
pub mod stats_service;
pub mod test_visit_service;
pub mod user_service;
pub mod vitals_service;

mod error;
mod live;
mod login_limiter;
mod password;
mod token;
mod turns;

pub use error::ServiceError;
pub use live::Live;
pub use login_limiter::{LoginLimiter, TooManyAttempts};
pub use turns::{Asking, Busy, Turn, Turns};
