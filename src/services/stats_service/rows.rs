//! Reads days from the rows of events and visits: the open day, and closed ones that no block holds yet.

use diesel::{prelude::*, sql_types::Bool};
use rustc_hash::FxHashMap;

use super::{
    column::{ColumnId, Needed},
    day::{Day, code},
};
use crate::{
    blocks::{Coded, Column},
    db::{
        Db, DbError, load_rows,
        schema::{event, visit},
    },
    domain::{EventId, SiteId, Timestamp, VisitId},
    services::event_service::VisitRow,
};

/// Values of properties that a day has at most, whether its events have them or not: 200 MB.
const PROPERTY_CELLS: usize = 50_000_000;

/// Names of properties that a day may have at least and at most, whatever its events.
const LEAST_PROPERTIES: usize = 20;
const MOST_PROPERTIES: usize = 300;

/// An event as stored, its site aside.
#[derive(Clone, Debug, Queryable)]
struct EventFact {
    id: i64,
    visit_id: i64,
    visitor_id: i64,
    name: i64,
    hostname: i64,
    page: i64,
    title: i64,
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

/// A day, and the rows that were read for it.
pub(super) struct RowDay {
    /// Events whose visit is gone are not in it.
    pub(super) day: Day,
    /// Identifiers of all events, ascending.
    pub(super) ids: Vec<i64>,
    /// Those of the visits of its events that had ended by the day's end.
    pub(super) ended_visits: Vec<i64>,
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
            event::title,
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

    // Visit ids ascend with time: those of these events lie close together. One may begin after its event, if the clock was set back.
    let ids = || events.iter().map(|event| event.visit_id);
    let query = visit::table
        .filter(visit::site_id.eq(site.0))
        .filter(visit::id.between(ids().min().unwrap_or(0), ids().max().unwrap_or(-1)))
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
        match id {
            ColumnId::Visit => {
                day.put_indexes(id, kept.iter().map(|(_, visit)| *visit).collect());
            }
            ColumnId::Visitor => day.put_indexes(id, number_visitors(&kept)),
            _ if id.is_of_event() => day.put(id, event_column(id, from, &kept, extras)),
            _ => day.put(id, visit_column(id, from, to, &visits)),
        }
    }
    for (name, values) in properties(&kept, extras, needed) {
        day.put_property(name, values);
    }
    let mut ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    ids.sort_unstable();
    let ended = visits.iter().filter(|visit| visit.last_at < to);
    let mut ended_visits: Vec<i64> = ended.map(|visit| visit.id).collect();
    ended_visits.sort_unstable();
    RowDay {
        day,
        ids,
        ended_visits,
    }
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
        ColumnId::Title => words(|event| event.title),
        ColumnId::EngagedMs => numbers(|event| i64::from(event.engaged_ms)),
        ColumnId::ScrollDepth => numbers(|event| event.scroll_depth.map_or(-1, i64::from)),
        ColumnId::IsInteractive => numbers(|event| i64::from(event.is_interactive)),
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
        // All that are left are of visits or places, but for this one.
        _ => {
            let currency = |event| extra(event).and_then(|extra| extra.revenue_currency.clone());
            let values: Vec<String> = events
                .iter()
                .map(|(event, _)| currency(event).unwrap_or_default())
                .collect();
            Column::Texts(code(&values))
        }
    }
}

/// Numbers the visitors of events that stand visitor by visitor.
fn number_visitors(events: &[(&EventFact, u32)]) -> Vec<u32> {
    let (mut next, mut last) = (0, None);
    let number = |(event, _): &(&EventFact, u32)| {
        if last != Some(event.visitor_id) {
            last = Some(event.visitor_id);
            next += 1;
        }
        next - 1
    };
    events.iter().map(number).collect()
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
        ColumnId::Screen => words(|visit| visit.screen),
        ColumnId::Language => words(|visit| visit.language),
        ColumnId::Region => words(|visit| visit.region),
        ColumnId::City => words(|visit| visit.city),
        _ => words(|visit| visit.device),
    }
}

/// The values of the custom properties that are asked for; the empty text stands for events without. Of more names than memory
/// allows, those that most events have.
fn properties(
    events: &[(&EventFact, u32)],
    extras: &FxHashMap<i64, Extra>,
    needed: &Needed,
) -> Vec<(String, Coded<String>)> {
    let mut found: FxHashMap<String, Vec<(u32, String)>> = FxHashMap::default();
    if !needed.has_properties() {
        return Vec::new();
    }
    for (at, (event, _)) in (0..).zip(events) {
        let props = extras.get(&event.id).and_then(|extra| extra.props.as_ref());
        let Some(props) = props else { continue };
        let props: FxHashMap<String, String> = serde_json::from_str(props).unwrap_or_default();
        for (name, value) in props {
            if needed.has_property(&name) {
                found.entry(name).or_default().push((at, value));
            }
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable_by(|(a, of_a), (b, of_b)| {
        of_b.len().cmp(&of_a.len()).then_with(|| a.cmp(b))
    });
    let most = (PROPERTY_CELLS / events.len().max(1)).clamp(LEAST_PROPERTIES, MOST_PROPERTIES);
    if found.len() > most {
        let names = found.len() - most;
        tracing::warn!(
            names,
            "a day has too many property names: the rarest are left out"
        );
        found.truncate(most);
    }
    let code = |(name, values)| (name, code_sparse(values, events.len()));
    found.into_iter().map(code).collect()
}

/// Codes the texts of some of `rows` rows, by their places; all others have the empty text.
fn code_sparse(values: Vec<(u32, String)>, rows: usize) -> Coded<String> {
    let mut distinct: Vec<&String> = values.iter().map(|(_, value)| value).collect();
    let empty = String::new();
    if values.len() < rows {
        distinct.push(&empty);
    }
    distinct.sort_unstable();
    distinct.dedup();
    let mut codes = vec![0; rows];
    for (at, value) in &values {
        let code = distinct.binary_search(&value).unwrap_or_default();
        codes[*at as usize] = code as u32;
    }
    Coded {
        values: distinct.into_iter().cloned().collect(),
        codes,
    }
}
