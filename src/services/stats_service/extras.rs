//! What the events of a period carry beside the dimensions: which custom properties, and whether amounts of money.
//!
//! Told by the dictionaries of closed days and by the rows of the others, without counting anything.

use std::collections::BTreeMap;

use diesel::{dsl::count_star, prelude::*};
use serde::de::IgnoredAny;

use super::{
    Edge,
    block::{self, Encoded},
    edge_event_at,
    time_range::{TimeRange, timestamp},
};
use crate::{
    db::{Db, DbError, load_rows, schema::event},
    domain::{DateRange, EventId, Extras, Period, Principal, SiteId, Timestamp},
    services::{ServiceError, site_service},
};

/// Closed days whose dictionaries are in memory at a time.
const DAYS: usize = 64;

/// Finds what the events of a period carry, whatever filters say; nothing for one who may not see all visits. A closed day that lies
/// partly in the period counts whole.
///
/// Cost: the small columns of each closed day, and the rows of the others.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such site.
pub async fn find_extras(
    db: &Db,
    principal: &Principal,
    domain: &str,
    period: Period,
    now: Timestamp,
) -> Result<Extras, ServiceError> {
    let site = site_service::get_by_domain(db, principal, domain).await?;
    if principal.fixed_condition().is_some() {
        return Ok(Extras::default());
    }
    let zone = site_service::zone_of(&site);
    let first = edge_event_at(db, site.id, Edge::First).await?;
    let range = TimeRange::of_range(DateRange::Period(period), now, &zone, first);
    let (from, to) = (timestamp(&range.from), timestamp(&range.passed));
    let mut met = Met::default();
    // Rows first: a day that is closed meanwhile is met in both, and that it is met twice does no harm.
    met.meet_rows(db, site.id, from, to).await?;
    met.meet_blocks(db, site.id, from, to).await?;
    Ok(met.finish())
}

/// What was met so far.
#[derive(Default)]
struct Met {
    /// Days and events of rows, by name.
    properties: BTreeMap<String, (u32, i64)>,
    has_revenue: bool,
}

impl Met {
    async fn meet_rows(
        &mut self,
        db: &Db,
        site: SiteId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), DbError> {
        let query = event::table
            .filter(event::site_id.eq(site.0))
            .filter(event::id.ge(EventId::first_at(from).0))
            .filter(event::id.lt(EventId::first_at(to).0))
            .filter(
                event::props
                    .is_not_null()
                    .or(event::revenue_currency.is_not_null()),
            )
            .group_by((event::props, event::revenue_currency))
            .select((event::props, event::revenue_currency, count_star()));
        let rows: Vec<(Option<String>, Option<String>, i64)> = load_rows!(db, query)?;
        for (props, currency, events) in rows {
            self.has_revenue |= currency.is_some();
            let props = props.unwrap_or_default();
            let names: BTreeMap<String, IgnoredAny> =
                serde_json::from_str(&props).unwrap_or_default();
            for name in names.into_keys() {
                let (days, of_rows) = self.properties.entry(name).or_default();
                *days = 1;
                *of_rows += events;
            }
        }
        Ok(())
    }

    async fn meet_blocks(
        &mut self,
        db: &Db,
        site: SiteId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), DbError> {
        let blocks = block::find_blocks(db, site, from.0, to.0).await?;
        let days: Vec<i32> = blocks.iter().map(|block| block.day).collect();
        for days in days.chunks(DAYS) {
            let mut encoded = Encoded::default();
            encoded.read_extras(db, site, days).await?;
            for &day in days {
                let damaged = |reason| DbError::Block {
                    site: site.0,
                    day,
                    reason,
                };
                for name in encoded.property_names(day).map_err(damaged)? {
                    self.properties.entry(name).or_default().0 += 1;
                }
                self.has_revenue = self.has_revenue || encoded.has_revenue(day).map_err(damaged)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Extras {
        let mut met: Vec<_> = self.properties.into_iter().collect();
        met.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        met.truncate(Extras::PROPERTY_LIMIT);
        let mut properties: Vec<String> = met.into_iter().map(|(name, _)| name).collect();
        properties.sort_unstable();
        Extras {
            properties,
            has_revenue: self.has_revenue,
        }
    }
}
