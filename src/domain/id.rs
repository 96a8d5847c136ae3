//! Identifiers and instants as types of their own, so that two of them cannot be swapped.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
    };
}

id! {
    /// A site's immutable number. Domains change, this does not; it is part of the visitor hash.
    SiteId
}
id! {
    /// A key of the stats API.
    ApiKeyId
}
id! {
    /// A secret link to a site's dashboard.
    ShareLinkId
}
id! {
    /// A user who logs in to the dashboard.
    UserId
}
id! {
    /// A goal of a site.
    GoalId
}
id! {
    /// A funnel of a site.
    FunnelId
}
id! {
    /// A segment of a site.
    SegmentId
}
id! {
    /// An annotation of a site.
    AnnotationId
}
id! {
    /// The first 8 bytes of the keyed hash of one visitor on one site and local day (docs/metrics.md). Pseudonymous while the
    /// day's key lives, at most 24 h 30 min.
    VisitorId
}
id! {
    /// A visit: the instant of its start and a counter, see [`VisitId::new`]. Ascending in time within a site.
    VisitId
}
id! {
    /// An event: the instant of its receipt and a counter, see [`EventId::new`]. Ascending in time within a site.
    EventId
}
id! {
    /// What a sender calls an event, at random: a repetition with the same key is stored once (docs/api.md).
    EventKey
}
id! {
    /// Milliseconds since the epoch, UTC.
    Timestamp
}

/// Bits of an identifier that tell apart what happened in the same millisecond on one site: a million a millisecond.
const COUNTER_BITS: u32 = 20;

macro_rules! time_ordered {
    ($name:ident) => {
        impl $name {
            /// Builds the identifier of the `counter`th item of the millisecond `at`.
            ///
            /// Leads with the time so that the primary key is the time index: a period is one range of keys. Instants before
            /// the year 1691 and after 2248 have no room; they stand for these ends, so that ranges stay in their order.
            #[must_use]
            pub fn new(at: Timestamp, counter: u32) -> Self {
                let at =
                    at.0.clamp(i64::MIN >> COUNTER_BITS, i64::MAX >> COUNTER_BITS);
                Self((at << COUNTER_BITS) | i64::from(counter & ((1 << COUNTER_BITS) - 1)))
            }

            /// The smallest identifier of the millisecond `at`: the bound of a half-open range.
            #[must_use]
            pub fn first_at(at: Timestamp) -> Self {
                Self::new(at, 0)
            }

            /// When it happened.
            #[must_use]
            pub fn at(self) -> Timestamp {
                Timestamp(self.0 >> COUNTER_BITS)
            }
        }
    };
}

time_ordered!(VisitId);
time_ordered!(EventId);

impl Timestamp {
    /// The instant `ms` milliseconds later (earlier if negative).
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0 + ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_order_by_time_then_counter_and_give_the_time_back() {
        let early = EventId::new(Timestamp(1_700_000_000_000), 7);
        let late = EventId::new(Timestamp(1_700_000_000_001), 0);
        assert!(early < late);
        assert!(EventId::new(early.at(), 6) < early);
        assert_eq!(early.at(), Timestamp(1_700_000_000_000));
    }

    #[test]
    fn instants_that_do_not_fit_stay_before_and_after_all_others() {
        let ends = [i64::MIN, -(1 << 44), 1_700_000_000_000, 1 << 44, i64::MAX];
        let ids = ends.map(|at| EventId::first_at(Timestamp(at)));
        assert!(ids.is_sorted());
        assert!(ids[1] < ids[2] && ids[2] < ids[3]);
    }
}
