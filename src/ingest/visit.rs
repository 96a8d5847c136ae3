//! Turns hits into visits: runs of events by one visitor on one site with gaps below 30 minutes.
//!
//! Holds what changes of the open visits in memory, some 100 bytes each; the writer stores what changes. A visit is not cut at midnight: the first event
//! under the new day's visitor id finds it by the old id and takes it over.

use rustc_hash::FxHashMap;

use super::{
    coded::{CodedHit, Column},
    dictionary::Dictionary,
};
use crate::{
    domain::{EventId, SiteId, Timestamp, VisitId, VisitorId},
    services::event_service::{EventRow, VisitRow, VisitState},
};

/// A longer silence ends a visit (docs/metrics.md).
pub(super) const VISIT_GAP_MS: i64 = 30 * 60 * 1_000;

/// Attention that makes a visit of one page more than a bounce (docs/metrics.md).
const ENGAGED_VISIT_MS: i64 = 10_000;

type Key = (SiteId, VisitorId);

/// All visits that an event may still join.
#[derive(Default)]
pub(super) struct OpenVisits {
    open: FxHashMap<Key, VisitState>,
    /// What the keys touched since the last commit held before, latest last.
    undo: Vec<(Key, Option<VisitState>)>,
    /// The visits that changed since the last commit, by site and visit.
    changed: FxHashMap<(i64, i64), VisitState>,
    /// Those of them that began since, as they began.
    begun: FxHashMap<(i64, i64), VisitRow>,
    counter: u32,
}

impl OpenVisits {
    /// Takes up the visits that were open when the program stopped.
    pub(super) fn restore(visits: Vec<VisitState>) -> Self {
        let key = |visit: &VisitState| (SiteId(visit.site_id), VisitorId(visit.visitor_id));
        // At random: were the clock set back before a restart, a start at 0 could meet numbers that exist already.
        let counter = getrandom::u32().unwrap_or_default();
        Self {
            counter,
            open: visits
                .into_iter()
                .map(|visit| (key(&visit), visit))
                .collect(),
            ..Self::default()
        }
    }

    /// Replaces all by those that are stored. Numbers go on, so that they do not meet those of events that are stored.
    pub(super) fn reload(&mut self, visits: Vec<VisitState>) {
        *self = Self {
            counter: self.counter,
            ..Self::restore(visits)
        };
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Joins the hit to the visitor's open visit, or opens one. Gives the event's row; the visit as it now is stands in
    /// [`OpenVisits::changed`]. `None` if the hit is an `engagement` and there is no visit that it could belong to.
    pub(super) fn join(&mut self, hit: &CodedHit, dictionary: &mut Dictionary) -> Option<EventRow> {
        let key = (hit.site_id, hit.visitor.id);
        let mut visit = match self.take_open(key, hit) {
            Some(visit) => visit,
            None if hit.is_engagement => return None,
            None => self.begin(hit, dictionary),
        };
        let page = dictionary.number(hit, Column::Page);
        visit.last_at = visit.last_at.max(hit.at.0);
        visit.visitor_id = hit.visitor.id.0;
        if hit.is_engagement {
            visit.engaged_ms += i64::from(hit.engaged_ms.unwrap_or(0));
        } else {
            visit.events += 1;
        }
        if hit.is_pageview {
            visit.pageviews += 1;
            visit.exit_page = page;
            if visit.pageviews == 1 {
                visit.entry_page = page;
            }
        }
        let has_interaction = !hit.is_pageview && !hit.is_engagement && hit.is_interactive;
        visit.is_bounce &=
            visit.pageviews <= 1 && !has_interaction && visit.engaged_ms < ENGAGED_VISIT_MS;

        let event = EventRow {
            site_id: hit.site_id.0,
            id: EventId::new(hit.at, self.next_counter()).0,
            visit_id: visit.id,
            visitor_id: hit.visitor.id.0,
            name: dictionary.number(hit, Column::Name),
            hostname: dictionary.number(hit, Column::Hostname),
            page,
            engaged_ms: hit
                .engaged_ms
                .map_or(0, |ms| i32::try_from(ms).unwrap_or(i32::MAX)),
            scroll_depth: hit.scroll_depth.map(i32::from),
            is_interactive: hit.is_interactive,
            props: hit.props.clone(),
            revenue_amount: hit.revenue.as_ref().map(|revenue| revenue.amount),
            revenue_currency: hit.revenue.as_ref().map(|revenue| revenue.currency.clone()),
            title: dictionary.number(hit, Column::Title),
        };
        self.put(key, Some(visit));
        Some(event)
    }

    /// The visits that began since the last commit, and the state of those that went on; each once, ascending.
    pub(super) fn changed(&self) -> (Vec<VisitRow>, Vec<VisitState>) {
        let mut changed: Vec<_> = self.changed.iter().collect();
        changed.sort_unstable_by_key(|(key, _)| **key);
        let (mut begun, mut went_on) = (Vec::new(), Vec::new());
        for (key, state) in changed {
            match self.begun.get(key) {
                Some(start) => begun.push(start.clone().in_state(state)),
                None => went_on.push(*state),
            }
        }
        (begun, went_on)
    }

    /// Makes the changes final.
    pub(super) fn commit(&mut self) {
        self.undo.clear();
        self.changed.clear();
        self.begun.clear();
    }

    /// Takes the changes since the last commit back.
    pub(super) fn roll_back(&mut self) {
        self.changed.clear();
        self.begun.clear();
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(visit) => self.open.insert(key, visit),
                None => self.open.remove(&key),
            };
        }
    }

    /// Forgets the visits that no event can join any more.
    pub(super) fn forget_ended(&mut self, now: Timestamp) {
        self.open
            .retain(|_, visit| now.0 - visit.last_at < VISIT_GAP_MS);
    }

    /// Forgets the visits of a site that was deleted.
    pub(super) fn forget_site(&mut self, site: SiteId) {
        self.open.retain(|(of, _), _| *of != site);
    }

    /// Takes the open visit of the visitor out, looking under yesterday's id too.
    fn take_open(&mut self, key: Key, hit: &CodedHit) -> Option<VisitState> {
        let is_open = |visit: &&VisitState| hit.at.0 - visit.last_at < VISIT_GAP_MS;
        if let Some(visit) = self.open.get(&key).filter(is_open) {
            return Some(*visit);
        }
        let previous = (hit.site_id, hit.visitor.previous?);
        let visit = *self.open.get(&previous).filter(is_open)?;
        self.put(previous, None);
        Some(visit)
    }

    fn put(&mut self, key: Key, visit: Option<VisitState>) {
        let before = match visit {
            Some(visit) => {
                self.changed.insert((visit.site_id, visit.id), visit);
                self.open.insert(key, visit)
            }
            None => self.open.remove(&key),
        };
        self.undo.push((key, before));
    }

    fn begin(&mut self, hit: &CodedHit, dictionary: &mut Dictionary) -> VisitState {
        let state = VisitState {
            site_id: hit.site_id.0,
            id: VisitId::new(hit.at, self.next_counter()).0,
            visitor_id: hit.visitor.id.0,
            last_at: hit.at.0,
            pageviews: 0,
            events: 0,
            engaged_ms: 0,
            is_bounce: true,
            entry_page: 0,
            exit_page: 0,
        };
        let mut number = |column| dictionary.number(hit, column);
        let row = VisitRow {
            site_id: state.site_id,
            id: state.id,
            visitor_id: state.visitor_id,
            last_at: state.last_at,
            pageviews: state.pageviews,
            events: state.events,
            engaged_ms: state.engaged_ms,
            is_bounce: state.is_bounce,
            entry_page: state.entry_page,
            exit_page: state.exit_page,
            source: number(Column::Source),
            channel: number(Column::Channel),
            referrer: number(Column::Referrer),
            utm_source: number(Column::UtmSource),
            utm_medium: number(Column::UtmMedium),
            utm_campaign: number(Column::UtmCampaign),
            utm_content: number(Column::UtmContent),
            utm_term: number(Column::UtmTerm),
            country: number(Column::Country),
            browser: number(Column::Browser),
            browser_version: number(Column::BrowserVersion),
            system: number(Column::System),
            system_version: number(Column::SystemVersion),
            device: number(Column::Device),
            screen: number(Column::Screen),
            language: number(Column::Language),
            region: number(Column::Region),
            city: number(Column::City),
        };
        self.begun.insert((state.site_id, state.id), row);
        state
    }

    /// Tells apart what happens in one millisecond. Goes on across clock jumps, so numbers do not meet again.
    fn next_counter(&mut self) -> u32 {
        self.counter = self.counter.wrapping_add(1);
        self.counter
    }
}
