//! Reads days from the rows of events and visits: the open day, and closed ones that no block holds yet.

use diesel::{prelude::*, sql_types::Bool};
use rustc_hash::FxHashMap;

use super::{
    column::{ColumnId, Needed},
    day::{Day, code},
};
use crate::{
    blocks::Column,
    db::{
        Db, DbError, load_rows,
        schema::{event, visit},
    },
    domain::{EventId, SiteId, Timestamp, VisitId},
    services::event_service::VisitRow,
};

/// An event as stored, its site aside.
#[derive(Clone, Debug, Queryable)]
struct EventFact {
    id: i64,
    visit_id: i64,
    visitor_id: i64,
    name: i64,
    hostname: i64,
    page: i64,
    engaged_ms: i32,
    scroll_depth: Option<i32>,
    is_interactive: bool,
}

/// What few events have.
#[derive(Clone, Debug, Queryable)]
struct Extra {
    id: i64,
    props: Option<String>,
    revenue_amount: Option<f64>,
    revenue_currency: Option<String>,
}

/// A day, and the events that are in it: those whose visit is gone are in neither.
pub(super) struct RowDay {
    pub(super) day: Day,
    /// Identifiers, ascending.
    pub(super) ids: Vec<i64>,
}

/// Reads the days between ascending instants: `bounds[n]..bounds[n + 1]` is the `n`th. Cost: the events of the whole once.
pub(super) async fn read_days(
    db: &Db,
    site: SiteId,
    bounds: &[i64],
    needed: &Needed,
) -> Result<Vec<RowDay>, DbError> {
    let (Some(&from), Some(&to)) = (bounds.first(), bounds.last()) else {
        return Ok(Vec::new());
    };
    let first = EventId::first_at(Timestamp(from)).0;
    let end = EventId::first_at(Timestamp(to)).0;
    let query = event::table
        .filter(event::site_id.eq(site.0))
        .filter(event::id.ge(first))
        .filter(event::id.lt(end))
        .order(event::id)
        .select((
            event::id,
            event::visit_id,
            event::visitor_id,
            event::name,
            event::hostname,
            event::page,
            event::engaged_ms,
            event::scroll_depth,
            event::is_interactive,
        ));
    let mut events: Vec<EventFact> = load_rows!(db, query)?;
    let extras = if needs_extras(needed) {
        let query = event::table
            .filter(event::site_id.eq(site.0))
            .filter(event::id.ge(first))
            .filter(event::id.lt(end))
            .filter(
                needed
                    .has_properties()
                    .into_sql::<Bool>()
                    .and(event::props.is_not_null())
                    .or(event::revenue_amount.is_not_null()),
            )
            .select((
                event::id,
                event::props,
                event::revenue_amount,
                event::revenue_currency,
            ));
        let extras: Vec<Extra> = load_rows!(db, query)?;
        extras.into_iter().map(|extra| (extra.id, extra)).collect()
    } else {
        FxHashMap::default()
    };

    // Visit ids ascend with time, so the visits of these events lie between the earliest of them and the range's end.
    let earliest = events.iter().map(|event| event.visit_id).min();
    let query = visit::table
        .filter(visit::site_id.eq(site.0))
        .filter(visit::id.ge(earliest.unwrap_or(i64::MAX)))
        .filter(visit::id.lt(VisitId::first_at(Timestamp(to)).0))
        .order(visit::id)
        .select(visit::all_columns);
    let visits: Vec<VisitRow> = load_rows!(db, query)?;

    Ok(tokio::task::block_in_place(|| {
        let mut days = Vec::with_capacity(bounds.len() - 1);
        let mut rest = events.as_mut_slice();
        for bounds in bounds.windows(2) {
            let end = EventId::first_at(Timestamp(bounds[1])).0;
            let (day, later) = rest.split_at_mut(rest.partition_point(|event| event.id < end));
            day.sort_unstable_by_key(|event| (event.visitor_id, event.id));
            days.push(build(bounds[0], bounds[1], day, &visits, &extras, needed));
            rest = later;
        }
        days
    }))
}

fn needs_extras(needed: &Needed) -> bool {
    needed.has_properties()
        || needed.has(ColumnId::RevenueAmount)
        || needed.has(ColumnId::RevenueCurrency)
}

/// Puts the events of a day, sorted by visitor and time, and their visits into columns. Events whose visit is gone are left out.
fn build(
    from: i64,
    to: i64,
    events: &[EventFact],
    all_visits: &[VisitRow],
    extras: &FxHashMap<i64, Extra>,
    needed: &Needed,
) -> RowDay {
    let mut index_of_visit: FxHashMap<i64, Option<u32>> = FxHashMap::default();
    let mut visits: Vec<&VisitRow> = Vec::new();
    let mut kept: Vec<(&EventFact, u32)> = Vec::with_capacity(events.len());
    for event in events {
        let index = *index_of_visit.entry(event.visit_id).or_insert_with(|| {
            let at = all_visits
                .binary_search_by_key(&event.visit_id, |visit| visit.id)
                .ok()?;
            visits.push(&all_visits[at]);
            Some(visits.len() as u32 - 1)
        });
        if let Some(index) = index {
            kept.push((event, index));
        }
    }

    let mut day = Day::new(from, to, kept.len(), visits.len());
    for id in ColumnId::ALL.into_iter().filter(|id| needed.has(*id)) {
        let column = if id.is_of_event() {
            event_column(id, from, &kept, extras)
        } else {
            visit_column(id, from, to, &visits)
        };
        day.put(id, column);
    }
    for (name, values) in properties(&kept, extras, needed) {
        day.put_property(name, code(&values));
    }
    let mut ids: Vec<i64> = kept.iter().map(|(event, _)| event.id).collect();
    ids.sort_unstable();
    RowDay { day, ids }
}

fn event_column(
    id: ColumnId,
    from: i64,
    events: &[(&EventFact, u32)],
    extras: &FxHashMap<i64, Extra>,
) -> Column {
    let words = |value: fn(&EventFact) -> i64| {
        let values: Vec<i64> = events.iter().map(|(event, _)| value(event)).collect();
        Column::Words(code(&values))
    };
    let numbers = |value: fn(&EventFact) -> i64| {
        Column::Numbers(events.iter().map(|(event, _)| value(event)).collect())
    };
    let extra = |event: &EventFact| extras.get(&event.id);
    match id {
        ColumnId::Name => words(|event| event.name),
        ColumnId::Hostname => words(|event| event.hostname),
        ColumnId::Page => words(|event| event.page),
        ColumnId::EngagedMs => numbers(|event| i64::from(event.engaged_ms)),
        ColumnId::ScrollDepth => numbers(|event| event.scroll_depth.map_or(-1, i64::from)),
        ColumnId::IsInteractive => numbers(|event| i64::from(event.is_interactive)),
        ColumnId::Visit => {
            Column::Numbers(events.iter().map(|(_, visit)| i64::from(*visit)).collect())
        }
        ColumnId::At => Column::Numbers(
            events
                .iter()
                .map(|(event, _)| EventId(event.id).at().0 - from)
                .collect(),
        ),
        ColumnId::RevenueAmount => Column::Numbers(
            events
                .iter()
                .map(|(event, _)| {
                    let amount = extra(event).and_then(|extra| extra.revenue_amount);
                    amount.unwrap_or(0.0).to_bits().cast_signed()
                })
                .collect(),
        ),
        ColumnId::RevenueCurrency => {
            let currency = |event| extra(event).and_then(|extra| extra.revenue_currency.clone());
            let values: Vec<String> = events
                .iter()
                .map(|(event, _)| currency(event).unwrap_or_default())
                .collect();
            Column::Texts(code(&values))
        }
        // All columns that are left are of visits, but for this one.
        _ => {
            let (mut number, mut last) = (-1, None);
            let number = |(event, _): &(&EventFact, u32)| {
                if last != Some(event.visitor_id) {
                    last = Some(event.visitor_id);
                    number += 1;
                }
                number
            };
            Column::Numbers(events.iter().map(number).collect())
        }
    }
}

fn visit_column(id: ColumnId, from: i64, to: i64, visits: &[&VisitRow]) -> Column {
    let words = |value: fn(&VisitRow) -> i64| {
        let values: Vec<i64> = visits.iter().map(|visit| value(visit)).collect();
        Column::Words(code(&values))
    };
    let numbers = |value: &dyn Fn(&VisitRow) -> i64| {
        Column::Numbers(visits.iter().map(|visit| value(visit)).collect())
    };
    let started = |visit: &VisitRow| VisitId(visit.id).at().0;
    match id {
        ColumnId::StartedAt => numbers(&|visit| started(visit) - from),
        ColumnId::DurationMs => numbers(&|visit| (visit.last_at - started(visit)).max(0)),
        ColumnId::Pageviews => numbers(&|visit| i64::from(visit.pageviews)),
        ColumnId::Events => numbers(&|visit| i64::from(visit.events)),
        ColumnId::VisitEngagedMs => numbers(&|visit| visit.engaged_ms),
        ColumnId::IsBounce => numbers(&|visit| i64::from(visit.is_bounce)),
        ColumnId::OverlapId => numbers(&|visit| {
            let is_overlapping = started(visit) < from || visit.last_at >= to;
            if is_overlapping { visit.id } else { 0 }
        }),
        ColumnId::EntryPage => words(|visit| visit.entry_page),
        ColumnId::ExitPage => words(|visit| visit.exit_page),
        ColumnId::Source => words(|visit| visit.source),
        ColumnId::Channel => words(|visit| visit.channel),
        ColumnId::Referrer => words(|visit| visit.referrer),
        ColumnId::UtmSource => words(|visit| visit.utm_source),
        ColumnId::UtmMedium => words(|visit| visit.utm_medium),
        ColumnId::UtmCampaign => words(|visit| visit.utm_campaign),
        ColumnId::UtmContent => words(|visit| visit.utm_content),
        ColumnId::UtmTerm => words(|visit| visit.utm_term),
        ColumnId::Country => words(|visit| visit.country),
        ColumnId::Browser => words(|visit| visit.browser),
        ColumnId::BrowserVersion => words(|visit| visit.browser_version),
        ColumnId::System => words(|visit| visit.system),
        ColumnId::SystemVersion => words(|visit| visit.system_version),
        _ => words(|visit| visit.device),
    }
}

/// The values of the custom properties that are asked for, one an event, empty where it has none.
fn properties(
    events: &[(&EventFact, u32)],
    extras: &FxHashMap<i64, Extra>,
    needed: &Needed,
) -> Vec<(String, Vec<String>)> {
    let mut found: FxHashMap<String, Vec<String>> = FxHashMap::default();
    if !needed.has_properties() {
        return Vec::new();
    }
    for (at, (event, _)) in events.iter().enumerate() {
        let props = extras.get(&event.id).and_then(|extra| extra.props.as_ref());
        let Some(props) = props else { continue };
        let props: FxHashMap<String, String> = serde_json::from_str(props).unwrap_or_default();
        for (name, value) in props {
            if needed.has_property(&name) {
                let values = found.entry(name);
                values.or_insert_with(|| vec![String::new(); events.len()])[at] = value;
            }
        }
    }
    found.into_iter().collect()
}
