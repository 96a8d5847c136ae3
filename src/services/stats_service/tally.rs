//! Counts the selected facts of days by some axes: in all, by buckets of time, by the values of a dimension. Exact, one pass each.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use super::{
    axis::{Axis, Codes, Events},
    column::{ColumnId, Needed},
    day::Day,
    intern::Interner,
    measures::Measures,
    money,
    selected::{Kind, Selected},
    selection::Selection,
};
use crate::domain::{Figures, RevenueByCurrency};

/// Most combinations of several axes that are counted, some 100 MB: what is beyond is not, and the counts say so. In tests fewer.
pub(super) const COMBINATION_LIMIT: usize = if cfg!(test) { 20_000 } else { 300_000 };

/// Which events a row counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// All.
    Everything,
    /// Pages, titles and hostnames: pageviews, and the engaged time of their engagements.
    Pageviews,
    /// Names: all but engagements.
    Named,
}

/// Figures by the keys of some axes, growing day by day.
pub(super) struct Tally {
    axes: Vec<Axis>,
    counted: Counted,
    measures: Measures,
    is_of_all_events: bool,
    has_revenue: bool,
    narrowing: Vec<Arc<Selection>>,
    groups: FxHashMap<i64, Figures>,
    revenue: FxHashMap<i64, RevenueByCurrency>,
    /// Visits that lie in several days, by their identifiers.
    overlapping: FxHashMap<i64, Overlapping>,
    texts: Interner<String>,
    combinations: Interner<Vec<i64>>,
}

/// A visit that lies in several days, as the latest of them knows it.
struct Overlapping {
    day: i64,
    key: i64,
    figures: Figures,
}

/// What of the events of a day falls into one group.
#[derive(Clone, Copy, Default)]
struct EventGroup {
    /// The visitor counted last, plus one.
    last_visitor: u32,
    visitors: u32,
    pageviews: u32,
    events: u32,
    engaged_ms: u64,
}

impl EventGroup {
    fn meet(&mut self, visitor: u32) {
        let is_other = self.last_visitor != visitor + 1;
        self.last_visitor = visitor + 1;
        self.visitors += u32::from(is_other);
    }
}

impl Tally {
    /// Counts visitors and some measures by some axes; by none at all gives one row.
    pub(super) fn new(axes: Vec<Axis>, measures: Measures) -> Self {
        let has = |columns: &[ColumnId]| {
            axes.iter()
                .any(|axis| matches!(axis, Axis::Words(column) if columns.contains(column)))
        };
        let counted = if has(&[ColumnId::Name]) {
            Counted::Named
        } else if has(&[ColumnId::Page, ColumnId::Title, ColumnId::Hostname]) {
            Counted::Pageviews
        } else {
            Counted::Everything
        };
        Self {
            axes,
            counted,
            measures,
            is_of_all_events: false,
            has_revenue: false,
            narrowing: Vec::new(),
            groups: FxHashMap::default(),
            revenue: FxHashMap::default(),
            overlapping: FxHashMap::default(),
            texts: Interner::default(),
            combinations: Interner::default(),
        }
    }

    /// Counts custom events on pages and hostnames, too: a goal is reached by them.
    pub(super) fn of_all_events(mut self) -> Self {
        if self.counted == Counted::Pageviews {
            self.counted = Counted::Everything;
            self.is_of_all_events = true;
        }
        self
    }

    /// Counts only those events of the question that satisfy these conditions, too.
    pub(super) fn narrowed(mut self, narrowing: Vec<Arc<Selection>>) -> Self {
        self.narrowing = narrowing;
        self
    }

    /// Also adds up what the events were worth, those without a row of their own in tables of pages, too.
    pub(super) fn with_revenue(mut self, has_revenue: bool) -> Self {
        self.has_revenue = has_revenue;
        self
    }

    /// An empty tally of the same axes.
    pub(super) fn fresh(&self) -> Self {
        Self {
            counted: self.counted,
            is_of_all_events: self.is_of_all_events,
            has_revenue: self.has_revenue,
            narrowing: self.narrowing.clone(),
            ..Self::new(self.axes.clone(), self.measures)
        }
    }

    /// Whether it counts only what roll-ups know.
    pub(super) fn is_rolled_up(&self) -> bool {
        self.narrowing.is_empty() && !self.is_of_all_events && !self.has_revenue
    }

    /// What events must satisfy beside the condition of the question.
    pub(super) fn narrowing(&self) -> &[Arc<Selection>] {
        &self.narrowing
    }

    /// The axes.
    pub(super) fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Adds the columns that it looks at.
    pub(super) fn need(&self, needed: &mut Needed) {
        needed.add(ColumnId::Visitor);
        let is_by_event = matches!(self.axes.as_slice(), [axis] if axis.is_of_event());
        if !is_by_event || self.measures.visits || self.measures.scroll {
            needed.add(ColumnId::Visit);
        }
        if self.counted != Counted::Everything {
            needed.add(ColumnId::Name);
        }
        self.measures.need(needed);
        if self.has_revenue {
            needed.add(ColumnId::Visit);
            money::need(needed);
        }
        self.axes.iter().for_each(|axis| axis.need(needed));
        let narrowing = self.narrowing.iter();
        narrowing.for_each(|selection| selection.need(needed));
    }

    /// Counts a day.
    pub(super) fn count(&mut self, day: &Day, selected: &Selected<'_>, zone: &TimeZone) {
        if self.is_full() {
            return;
        }
        let codes = self.codes(day, zone);
        let mut groups = vec![EventGroup::default(); codes.keys.len()];
        match &codes.of_events {
            Events::OfVisit => count_by_visit(selected, &mut groups, |visit| codes.of_visit(visit)),
            Events::Same(code) if codes.is_left_out(*code) => {}
            Events::Same(code) => count_by_visit(selected, &mut groups, |_| *code),
            Events::Each(of_events) => {
                self.count_by_event(day, selected, &codes, of_events, &mut groups);
            }
        }
        for (group, key) in groups.iter().zip(codes.keys.iter()) {
            if group.visitors == 0 && group.engaged_ms == 0 {
                continue;
            }
            *self.groups.entry(*key).or_default() += Figures {
                visitors: u64::from(group.visitors),
                pageviews: u64::from(group.pageviews),
                events: u64::from(group.events),
                engaged_ms: group.engaged_ms,
                ..Figures::default()
            };
        }
        if self.measures.visits && codes.has_visits() {
            self.count_visits(day, selected, &codes);
        }
        if self.measures.scroll {
            self.count_scroll(day, selected, &codes);
        }
        if self.has_revenue {
            self.count_revenue(day, selected, &codes);
        }
    }

    fn count_revenue(&mut self, day: &Day, selected: &Selected<'_>, codes: &Codes<'_>) {
        let visits = day.indexes(ColumnId::Visit);
        for (event, currency, amount) in money::amounts(day) {
            let code = codes.of_event(event, visits[event]);
            if selected.has(event) && !codes.is_left_out(code) {
                let revenue = self.revenue.entry(codes.keys[code as usize]).or_default();
                revenue.add(currency, amount);
            }
        }
    }

    fn count_by_event(
        &self,
        day: &Day,
        selected: &Selected<'_>,
        codes: &Codes<'_>,
        of_events: &[u32],
        groups: &mut [EventGroup],
    ) {
        let visitors = day.indexes(ColumnId::Visitor);
        let has_kinds = self.measures.events || self.counted != Counted::Everything;
        let kinds = has_kinds.then(|| selected.kinds());
        let engaged = (self.measures.engaged).then(|| day.numbers(ColumnId::EngagedMs));
        selected.each(|event| {
            let code = of_events[event];
            if codes.is_left_out(code) {
                return;
            }
            let kind = kinds.map(|kinds| kinds[event]);
            let group = &mut groups[code as usize];
            let is_counted = match self.counted {
                Counted::Everything => true,
                Counted::Pageviews => kind == Some(Kind::Pageview),
                Counted::Named => kind != Some(Kind::Engagement),
            };
            if is_counted {
                group.meet(visitors[event]);
                group.pageviews += u32::from(kind == Some(Kind::Pageview));
                group.events += u32::from(kind != Some(Kind::Engagement));
            }
            if let Some(engaged) = engaged
                && (is_counted || kind == Some(Kind::Engagement))
            {
                group.engaged_ms += engaged[event].unsigned_abs();
            }
        });
    }

    fn count_visits(&mut self, day: &Day, selected: &Selected<'_>, codes: &Codes<'_>) {
        let durations = day.numbers(ColumnId::DurationMs);
        let bounces = day.numbers(ColumnId::IsBounce);
        let overlaps = day.numbers(ColumnId::OverlapId);
        let mut groups = vec![(0_u64, 0_u64, 0_u64); codes.keys.len()];
        for visit in selected.visits() {
            let code = codes.of_visit(visit) as usize;
            let (bounced, duration) = (
                bounces[visit].unsigned_abs(),
                durations[visit].unsigned_abs(),
            );
            if overlaps[visit] == 0 {
                let (visits, all_bounced, all_durations) = &mut groups[code];
                *visits += 1;
                *all_bounced += bounced;
                *all_durations += duration;
            } else {
                let id = overlaps[visit];
                let visit = Overlapping {
                    day: day.from,
                    key: codes.keys[code],
                    figures: visit_figures(1, bounced, duration),
                };
                meet_again(&mut self.overlapping, id, visit);
            }
        }
        for ((visits, bounces, duration), key) in groups.into_iter().zip(codes.keys.iter()) {
            if visits > 0 {
                *self.groups.entry(*key).or_default() += visit_figures(visits, bounces, duration);
            }
        }
    }

    fn count_scroll(&mut self, day: &Day, selected: &Selected<'_>, codes: &Codes<'_>) {
        let visit_of = day.indexes(ColumnId::Visit);
        let pages = &day.words(ColumnId::Page).codes;
        let mut deepest: FxHashMap<(u32, u32, u32), i64> = FxHashMap::default();
        for (event, depth) in day.numbers(ColumnId::ScrollDepth).iter().enumerate() {
            let visit = visit_of[event];
            let code = codes.of_event(event, visit);
            if *depth < 0 || !selected.has(event) || codes.is_left_out(code) {
                continue;
            }
            let entry = deepest.entry((code, pages[event], visit)).or_insert(*depth);
            *entry = (*entry).max(*depth);
        }
        for ((code, ..), depth) in deepest {
            let figures = self.groups.entry(codes.keys[code as usize]).or_default();
            figures.scroll_percents += depth.unsigned_abs();
            figures.scrolls += 1;
        }
    }

    /// The group of each event and visit of a day.
    fn codes<'d>(&mut self, day: &'d Day, zone: &TimeZone) -> Codes<'d> {
        let mut all = self
            .axes
            .iter()
            .map(|axis| axis.codes(day, zone, &mut self.texts))
            .collect::<Vec<_>>();
        match all.len() {
            0 => Codes::constant(0),
            1 => all.remove(0),
            _ => Codes::combine(&all, day, &mut self.combinations),
        }
    }

    /// Adds what another tally of the same axes counted.
    pub(super) fn merge(&mut self, other: Self) {
        let key_of = |tally: &mut Self, key: i64| -> i64 {
            if tally.axes.len() > 1 {
                let keys = other.combinations.get(key).clone();
                let keys = keys
                    .into_iter()
                    .zip(&tally.axes)
                    .map(|(key, axis)| import(axis, key, &other.texts, &mut tally.texts))
                    .collect();
                tally.combinations.intern(&keys)
            } else if let Some(axis) = tally.axes.first() {
                import(axis, key, &other.texts, &mut tally.texts)
            } else {
                key
            }
        };
        for (key, figures) in &other.groups {
            if self.is_full() {
                return;
            }
            let key = key_of(self, *key);
            *self.groups.entry(key).or_default() += *figures;
        }
        for (key, revenue) in &other.revenue {
            let key = key_of(self, *key);
            *self.revenue.entry(key).or_default() += revenue;
        }
        for (id, visit) in &other.overlapping {
            let visit = Overlapping {
                key: key_of(self, visit.key),
                ..*visit
            };
            meet_again(&mut self.overlapping, *id, visit);
        }
    }

    /// Whether it has met more combinations than it may.
    fn is_full(&self) -> bool {
        self.axes.len() > 1 && self.groups.len() > COMBINATION_LIMIT
    }

    /// Whether it measures scroll depths.
    pub(super) fn has_scroll(&self) -> bool {
        self.measures.scroll
    }

    /// Adds figures by the keys of a roll-up: those of its only axis, or days, of which `start` gives the first instant.
    pub(super) fn add_roll_up(
        &mut self,
        rows: &[(i64, Figures)],
        start: impl Fn(i32) -> Option<i64>,
    ) {
        for (key, figures) in rows {
            let key = match self.axes.first() {
                None => Some(0),
                Some(Axis::Buckets(segments)) => i32::try_from(*key)
                    .ok()
                    .and_then(&start)
                    .map(|at| segments.key(at)),
                Some(_) => Some(*key),
            };
            let Some(key) = key else { continue };
            let mut figures = *figures;
            if !self.measures.scroll {
                (figures.scroll_percents, figures.scrolls) = (0, 0);
            }
            *self.groups.entry(key).or_default() += figures;
        }
    }

    /// Ends the counting: the figures of each group, by one key an axis. Groups without a visitor are left out: they have
    /// nothing but the time that somebody spent on a page opened before.
    pub(super) fn finish(mut self) -> Counts {
        let is_cut = self.is_full();
        for visit in std::mem::take(&mut self.overlapping).into_values() {
            *self.groups.entry(visit.key).or_default() += visit.figures;
        }
        let keys = |key: i64| match self.axes.len() {
            0 => Vec::new(),
            1 => vec![key],
            _ => self.combinations.get(key).clone(),
        };
        let rows = self
            .groups
            .iter()
            .filter(|(_, figures)| figures.visitors > 0)
            .map(|(key, figures)| (keys(*key), *figures))
            .collect();
        let revenue = self.revenue.iter();
        let revenue = revenue.map(|(key, revenue)| (keys(*key), revenue.clone()));
        Counts {
            rows,
            revenue: revenue.collect(),
            texts: self.texts,
            is_cut,
        }
    }
}

/// What was counted.
#[derive(Default)]
pub(super) struct Counts {
    /// One key an axis, and the figures.
    pub(super) rows: Vec<(Vec<i64>, Figures)>,
    /// What the events of a row were worth, if it was asked for, by the keys of the row.
    pub(super) revenue: FxHashMap<Vec<i64>, RevenueByCurrency>,
    /// What the keys of properties stand for.
    pub(super) texts: Interner<String>,
    /// Whether there were more combinations than [`COMBINATION_LIMIT`].
    pub(super) is_cut: bool,
}

impl Counts {
    /// The figures of the only row of a tally without axes.
    pub(super) fn total(&self) -> Figures {
        self.rows.first().map_or_else(Figures::default, |row| row.1)
    }
}

/// Of what two days know of a visit, the later one's stays.
fn meet_again(known: &mut FxHashMap<i64, Overlapping>, id: i64, visit: Overlapping) {
    if known
        .get(&id)
        .is_none_or(|earlier| earlier.day <= visit.day)
    {
        known.insert(id, visit);
    }
}

fn import(axis: &Axis, key: i64, from: &Interner<String>, to: &mut Interner<String>) -> i64 {
    match axis {
        Axis::Property(_) => to.intern(from.get(key)),
        _ => key,
    }
}

fn visit_figures(visits: u64, bounces: u64, duration_ms: u64) -> Figures {
    Figures {
        visits,
        bounces,
        duration_ms,
        ..Figures::default()
    }
}

/// Counts events whose group their visit tells: visit by visit.
fn count_by_visit(selected: &Selected<'_>, groups: &mut [EventGroup], code: impl Fn(usize) -> u32) {
    for (visit, sums) in selected.sums().iter().enumerate() {
        if sums.messages > 0 {
            let group = &mut groups[code(visit) as usize];
            group.meet(sums.visitor);
            group.pageviews += sums.pageviews;
            group.events += sums.events;
            group.engaged_ms += sums.engaged_ms;
        }
    }
}
