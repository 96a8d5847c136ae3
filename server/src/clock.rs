//! The clock: the only place that asks for the time. Everything else is told.

use std::time::SystemTime;

use trackflow::domain::Timestamp;

/// The current instant.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
