//! Reads the facts of a range of time: events, and the visits that they belong to.
//!
//! This is the seam of the statistics: everything above it sees only [`Facts`], whatever form they are stored in.

use diesel::prelude::*;
use rustc_hash::FxHashMap;

use crate::{
    db::{
        Db, DbError, load_rows,
        schema::{event, visit},
    },
    domain::{Dimension, EventId, SiteId, Timestamp, VisitId},
};

/// Number of a string in the site's dictionary, 0 for none.
pub(super) type Word = i64;

/// An event without what no figure needs.
#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct EventFact {
    pub(super) id: i64,
    pub(super) visit_id: i64,
    pub(super) visitor_id: i64,
    pub(super) name: Word,
    pub(super) hostname: Word,
    pub(super) page: Word,
    pub(super) engaged_ms: i32,
    pub(super) scroll_depth: Option<i32>,
}

/// A visit with the dimensions that belong to it.
#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct VisitFact {
    pub(super) id: i64,
    pub(super) last_at: i64,
    pub(super) is_bounce: bool,
    entry_page: Word,
    exit_page: Word,
    source: Word,
    channel: Word,
    referrer: Word,
    utm_source: Word,
    utm_medium: Word,
    utm_campaign: Word,
    utm_content: Word,
    utm_term: Word,
    country: Word,
    browser: Word,
    system: Word,
    device: Word,
}

/// The facts of one site and range.
pub(super) struct Facts {
    /// Ascending by visitor, then time: each visitor's events stand together, which makes distinct counts one pass.
    pub(super) events: Vec<EventFact>,
    /// Ascending by start. Also holds visits that began before the range and have events in it.
    pub(super) visits: Vec<VisitFact>,
    /// Start of the range.
    pub(super) from: Timestamp,
    index_of_visit: FxHashMap<i64, usize>,
}

impl Facts {
    /// Reads the events in `from..to` and their visits: two ranges of the primary keys.
    pub(super) async fn read(
        db: &Db,
        site: SiteId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Self, DbError> {
        let query = event::table
            .filter(event::site_id.eq(site.0))
            .filter(event::id.ge(EventId::first_at(from).0))
            .filter(event::id.lt(EventId::first_at(to).0))
            .select((
                event::id,
                event::visit_id,
                event::visitor_id,
                event::name,
                event::hostname,
                event::page,
                event::engaged_ms,
                event::scroll_depth,
            ));
        let mut events: Vec<EventFact> = load_rows!(db, query)?;
        tokio::task::block_in_place(|| {
            events.sort_unstable_by_key(|event| (event.visitor_id, event.id));
        });

        // Visit ids ascend with time, so the visits of these events lie between the earliest of them and the range's end.
        let earliest = events
            .iter()
            .map(|event| event.visit_id)
            .min()
            .unwrap_or(i64::MAX);
        let query = visit::table
            .filter(visit::site_id.eq(site.0))
            .filter(visit::id.ge(earliest.min(VisitId::first_at(from).0)))
            .filter(visit::id.lt(VisitId::first_at(to).0))
            .order(visit::id)
            .select((
                visit::id,
                visit::last_at,
                visit::is_bounce,
                visit::entry_page,
                visit::exit_page,
                visit::source,
                visit::channel,
                visit::referrer,
                visit::utm_source,
                visit::utm_medium,
                visit::utm_campaign,
                visit::utm_content,
                visit::utm_term,
                visit::country,
                visit::browser,
                visit::system,
                visit::device,
            ));
        let visits: Vec<VisitFact> = load_rows!(db, query)?;
        let index_of_visit = visits
            .iter()
            .enumerate()
            .map(|(index, visit)| (visit.id, index))
            .collect();
        Ok(Self {
            events,
            visits,
            from,
            index_of_visit,
        })
    }

    /// Where a visit stands in `visits`.
    pub(super) fn index_of(&self, visit_id: i64) -> Option<usize> {
        self.index_of_visit.get(&visit_id).copied()
    }

    /// Whether a visit started in the range and therefore counts in it.
    pub(super) fn counts(&self, visit: &VisitFact) -> bool {
        visit.started_at() >= self.from
    }
}

impl EventFact {
    /// When it was received.
    pub(super) fn at(&self) -> Timestamp {
        EventId(self.id).at()
    }
}

impl VisitFact {
    /// When it started.
    pub(super) fn started_at(&self) -> Timestamp {
        VisitId(self.id).at()
    }

    /// Last − first activity in milliseconds.
    pub(super) fn duration_ms(&self) -> u64 {
        u64::try_from(self.last_at - self.started_at().0).unwrap_or(0)
    }

    /// The value of a dimension of visits; 0 for the dimensions of events.
    pub(super) fn word(&self, dimension: Dimension) -> Word {
        match dimension {
            Dimension::EntryPage => self.entry_page,
            Dimension::ExitPage => self.exit_page,
            Dimension::Source => self.source,
            Dimension::Channel => self.channel,
            Dimension::Referrer => self.referrer,
            Dimension::UtmSource => self.utm_source,
            Dimension::UtmMedium => self.utm_medium,
            Dimension::Campaign => self.utm_campaign,
            Dimension::UtmContent => self.utm_content,
            Dimension::UtmTerm => self.utm_term,
            Dimension::Country => self.country,
            Dimension::Browser => self.browser,
            Dimension::System => self.system,
            Dimension::Device => self.device,
            Dimension::Page | Dimension::Hostname | Dimension::Event => 0,
        }
    }
}
