//! The statistics' oracle (R22): random questions by every dimension, property and interval, with random conditions, against a
//! model that knows neither columns nor days: it keeps whole visits in memory and counts with sets.
//!
//! 20,000 events and 60 questions; 10^6 events and 300 questions with `TRACKFLOW_RELIABILITY=long`. Each question is asked of
//! rows, then of a mixture, then of blocks and roll-ups.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, tz::TimeZone};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::builders::{a_hit, a_site, accepts, at, close_days, random_filter};
use crate::{
    db::Db,
    domain::{
        Channel, Condition, Date, DateRange, Dimension, Filter, Group, Interval, Metric, Period,
        Principal, Site, StatsQuery, Subject, Timestamp, VisitorId,
    },
    ingest::{EnrichedHit, Store},
    services::stats_service,
};

db_tests!(random_questions_have_the_answers_of_the_model);

const ZONE: &str = "America/New_York";
const HALF_HOUR_MS: i64 = 30 * 60_000;
const PAGES: [&str; 7] = [
    "/",
    "/pricing",
    "/docs",
    "/docs/a b",
    "/Docs",
    "/über",
    "/blog/1",
];
const NOW: &str = "2026-11-12T00:00:00Z";

/// An event of the model, in the words that it was sent with.
struct Event {
    at: i64,
    visitor: i64,
    name: String,
    hostname: String,
    page: String,
    title: String,
    props: BTreeMap<String, String>,
    engaged_ms: u64,
    scroll_depth: Option<u8>,
    is_interactive: bool,
}

#[derive(Default)]
struct Visit {
    events: Vec<Event>,
    words: BTreeMap<&'static str, String>,
}

impl Visit {
    fn start(&self) -> i64 {
        self.events[0].at
    }

    fn duration_ms(&self) -> u64 {
        (self.events[self.events.len() - 1].at - self.start()).unsigned_abs()
    }

    fn views(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter().filter(|event| event.name == "pageview")
    }

    fn is_bounce(&self) -> bool {
        let engaged: u64 = self.events.iter().map(|event| event.engaged_ms).sum();
        let is_custom = |event: &&Event| event.name != "pageview" && event.name != "engagement";
        let has_interaction = self
            .events
            .iter()
            .filter(is_custom)
            .any(|event| event.is_interactive);
        self.views().count() < 2 && !has_interaction && engaged < 10_000
    }
}

fn zoned(at: i64) -> jiff::ZonedDateTime {
    let zone = TimeZone::get(ZONE).unwrap();
    jiff::Timestamp::from_millisecond(at)
        .unwrap()
        .to_zoned_datetime(zone)
}

/// The value of a subject: of the event, or of its visit.
fn value(subject: &Subject, visit: &Visit, event: &Event) -> String {
    let dimension = match subject {
        Subject::Property(name) => return event.props.get(name).cloned().unwrap_or_default(),
        Subject::Dimension(dimension) => *dimension,
    };
    let page = |event: Option<&Event>| event.map(|event| event.page.clone()).unwrap_or_default();
    match dimension {
        Dimension::Page => event.page.clone(),
        Dimension::Title => event.title.clone(),
        Dimension::Hostname => event.hostname.clone(),
        Dimension::Event => event.name.clone(),
        Dimension::EntryPage => page(visit.views().next()),
        Dimension::ExitPage => page(visit.views().next_back()),
        Dimension::Hour | Dimension::Weekday => time_value(dimension, event.at),
        other => visit.words.get(other.key()).cloned().unwrap_or_default(),
    }
}

fn time_value(dimension: Dimension, at: i64) -> String {
    let at = zoned(at);
    if dimension == Dimension::Hour {
        format!("{:02}", at.hour())
    } else {
        at.weekday().to_monday_one_offset().to_string()
    }
}

/// The bucket of an instant, as answers label it; the first week of a range begins where the range does.
fn bucket(interval: Interval, at: i64, from: i64) -> String {
    let (zoned_at, first) = (zoned(at), zoned(from));
    let date = zoned_at.date();
    match interval {
        Interval::Hour => {
            let hour = zoned_at.hour();
            let is_repeated = zoned(at - 3_600_000).hour() == hour;
            let offset = if is_repeated { " -05:00" } else { "" };
            format!("{date} {hour:02}:00:00{offset}")
        }
        Interval::Day => date.to_string(),
        Interval::Week => {
            let monday = date - i64::from(date.weekday().to_monday_zero_offset()).days();
            monday.max(first.date()).to_string()
        }
        Interval::Month => date.first_of_month().to_string(),
    }
}

/// The part of a visit that lies in one local day: what "has done" looks at.
fn holds(condition: &Condition, visit: &Visit, event: &Event) -> bool {
    match condition {
        Condition::Filter(filter) => accepts(filter, &value(&filter.subject, visit, event)),
        Condition::All(parts) => parts.iter().all(|part| holds(part, visit, event)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, visit, event)),
        Condition::Not(inner) => !holds(inner, visit, event),
        Condition::HasDone(inner) => {
            let day = zoned(event.at).date();
            let same_day = |other: &&Event| zoned(other.at).date() == day;
            visit
                .events
                .iter()
                .filter(same_day)
                .any(|other| holds(inner, visit, other))
        }
        Condition::ScrolledTo(percent) => event.scroll_depth >= Some(*percent),
        Condition::Goals(_) | Condition::Segments(_) => unreachable!("not asked here"),
    }
}

#[derive(Default)]
struct Row {
    visitors: BTreeSet<i64>,
    pageviews: u64,
    events: u64,
    engaged_ms: u64,
    visits: u64,
    bounces: u64,
    duration_ms: u64,
    /// Deepest scroll by visit, day and page.
    scrolls: BTreeMap<(usize, String, String), u8>,
}

/// Answers a question from whole visits.
fn model(
    visits: &[Visit],
    query: &StatsQuery,
    from: i64,
    to: i64,
) -> BTreeMap<Vec<String>, Vec<Option<f64>>> {
    let mut rows: BTreeMap<Vec<String>, Row> = BTreeMap::new();
    let mut everybody = BTreeSet::new();
    let has = |wanted: Dimension| query.groups.contains(&Group::Subject(wanted.into()));
    let (by_name, by_page) = (
        has(Dimension::Event),
        has(Dimension::Page) || has(Dimension::Title) || has(Dimension::Hostname),
    );
    for (number, visit) in visits.iter().enumerate() {
        let inside = |event: &&Event| {
            (from..to).contains(&event.at) && holds(&query.condition, visit, event)
        };
        let selected: Vec<&Event> = visit.events.iter().filter(inside).collect();
        for event in &selected {
            everybody.insert(event.visitor);
            let mut key = Vec::new();
            for group in &query.groups {
                key.push(match group {
                    Group::Subject(subject) => value(subject, visit, event),
                    Group::Time(interval) => bucket(*interval, event.at, from),
                    Group::Goal => unreachable!("not asked here"),
                });
            }
            let is_without = query.groups.iter().zip(&key).any(|(group, value)| {
                matches!(group, Group::Subject(Subject::Property(_))) && value.is_empty()
            });
            if is_without {
                continue;
            }
            let is_counted = match event.name.as_str() {
                "pageview" => true,
                "engagement" => !by_name && !by_page,
                _ => by_name || !by_page,
            };
            let row = rows.entry(key).or_default();
            if is_counted {
                row.visitors.insert(event.visitor);
                row.pageviews += u64::from(event.name == "pageview");
                row.events += u64::from(event.name != "engagement");
            }
            row.engaged_ms += event.engaged_ms;
            if let Some(depth) = event.scroll_depth {
                let day = zoned(event.at).date().to_string();
                let deepest = row
                    .scrolls
                    .entry((number, day, event.page.clone()))
                    .or_default();
                *deepest = depth.max(*deepest);
            }
        }
        let is_counted = (from..to).contains(&visit.start()) && !selected.is_empty();
        let is_of_visits = query.groups.iter().all(|group| match group {
            Group::Subject(Subject::Dimension(of)) => !of.is_of_event() || of.is_of_time(),
            Group::Subject(Subject::Property(_)) => false,
            Group::Time(_) => true,
            Group::Goal => false,
        });
        if is_counted && is_of_visits {
            let first = &visit.events[0];
            let key = query.groups.iter().map(|group| match group {
                Group::Subject(subject) => value(subject, visit, first),
                Group::Time(interval) => bucket(*interval, first.at, from),
                Group::Goal => unreachable!("not asked here"),
            });
            let row = rows.entry(key.collect()).or_default();
            row.visits += 1;
            row.bounces += u64::from(visit.is_bounce());
            row.duration_ms += visit.duration_ms();
        }
    }
    let all = everybody.len();
    if query.groups.is_empty() {
        rows.entry(Vec::new()).or_default();
    }
    rows.into_iter()
        .filter(|(_, row)| !row.visitors.is_empty() || query.groups.is_empty())
        .map(|(key, row)| {
            let values = query.metrics.iter().map(|metric| {
                let is_known = *metric != Metric::TimeOnPage || has_times(query);
                is_known.then(|| metric_of(*metric, &row, all)).flatten()
            });
            (key, values.collect())
        })
        .collect()
}

/// Whether engagements count where their views do: not by what they lack, a property, and not by what differs, the name.
fn has_times(query: &StatsQuery) -> bool {
    let lacks = |subject: &Subject| {
        matches!(
            subject,
            Subject::Property(_) | Subject::Dimension(Dimension::Event)
        )
    };
    let is_apart = |group: &Group| matches!(group, Group::Subject(subject) if lacks(subject));
    let mut conditions = vec![&query.condition];
    while let Some(condition) = conditions.pop() {
        match condition {
            Condition::Filter(filter) if lacks(&filter.subject) => return false,
            Condition::All(parts) | Condition::Any(parts) => conditions.extend(parts),
            Condition::Not(inner) => conditions.push(inner),
            _ => {}
        }
    }
    !query.groups.iter().any(is_apart)
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn metric_of(metric: Metric, row: &Row, everybody: usize) -> Option<f64> {
    let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let visitors = row.visitors.len() as u64;
    match metric {
        Metric::Visitors => Some(visitors as f64),
        Metric::Visits => Some(row.visits as f64),
        Metric::Pageviews => Some(row.pageviews as f64),
        Metric::Events => Some(row.events as f64),
        Metric::ViewsPerVisit => ratio(row.pageviews, row.visits),
        Metric::BounceRate => ratio(row.bounces, row.visits),
        Metric::VisitDuration => ratio(row.duration_ms, row.visits).map(|ms| ms / 1_000.0),
        Metric::TimeOnPage => ratio(row.engaged_ms, row.pageviews).map(|ms| ms / 1_000.0),
        Metric::ScrollDepth => {
            let sum = row.scrolls.values().map(|depth| u64::from(*depth)).sum();
            ratio(sum, row.scrolls.len() as u64)
        }
        Metric::Percentage => ratio(visitors, everybody as u64),
        // Asked in `goal_question` and `revenue`.
        Metric::ConversionRate
        | Metric::GroupConversionRate
        | Metric::TotalRevenue
        | Metric::AverageRevenue => None,
    }
}

/// Random traffic of ten days over the end of summer time, and the visits that it makes.
fn traffic(site: &Site, rng: &mut StdRng, count: usize) -> (Vec<EnrichedHit>, Vec<Visit>) {
    let start = at("2026-10-27T04:00:00Z").0;
    let longest_gap = 2 * 10 * 86_400_000 / i64::try_from(count).unwrap();
    let persons = i64::try_from(count / 100).unwrap();
    let (mut now, mut hits) = (start, Vec::new());
    let mut visits: Vec<Visit> = Vec::new();
    let mut open: BTreeMap<i64, usize> = BTreeMap::new();
    for _ in 0..count {
        now += rng.random_range(0..=longest_gap);
        let person = rng.random_range(0..persons);
        let local = zoned(now);
        let id = |date: jiff::civil::Date| i64::from(date.day_of_year()) * 1_000_000 + person;
        let mut hit = a_hit(site, PAGES.choose(rng).unwrap()).by(id(local.date()));
        hit = match rng.random_range(0..10) {
            0..5 => hit,
            5..8 => hit.engaged(rng.random_range(0..8_000), rng.random_range(0..=100)),
            8 => hit.event("Signup"),
            _ => hit.event("Seen").not_interactive(),
        };
        let mut hit = hit.0;
        hit.at = Timestamp(now);
        hit.hostname = (*["example.com", "shop.example.com"].choose(rng).unwrap()).into();
        hit.visitor.previous = (local.hour() == 0 && local.minute() < 30)
            .then(|| VisitorId(id(local.date().yesterday().unwrap())));
        if hit.name != "engagement" && rng.random_range(0..3) == 0 {
            let plan = ["pro", "free", "Pro"].choose(rng).unwrap();
            hit.props = Some(format!("{{\"plan\":\"{plan}\"}}"));
        }
        let pick = |rng: &mut StdRng, words: &[&str]| (*words.choose(rng).unwrap()).to_owned();
        hit.country = pick(rng, &["DE", "FR", "US", ""]);
        hit.source = pick(rng, &["Google", "Hacker News", ""]);
        hit.channel = if hit.source.is_empty() {
            Channel::Direct
        } else {
            Channel::Search
        };
        hit.referrer = pick(rng, &["google.com", "news.ycombinator.com/item", ""]);
        hit.utm_campaign = pick(rng, &["spring", ""]);
        hit.region = pick(rng, &["Bavaria, DE", "Texas, US", ""]);
        hit.city = pick(rng, &["Munich, Bavaria, DE", "Austin, Texas, US", ""]);
        hit.language = pick(rng, &["de", "pt-BR", ""]);
        hit.screen = ["up to 575 px", "992-1439 px", ""].choose(rng).unwrap();
        if hit.is_pageview() {
            hit.title = pick(rng, &["Pricing", "Docs – a b", "Über uns", ""]);
        }
        take(&mut visits, &mut open, person, &hit);
        hits.push(hit);
    }
    (hits, visits)
}

fn take(visits: &mut Vec<Visit>, open: &mut BTreeMap<i64, usize>, person: i64, hit: &EnrichedHit) {
    let last = |visit: &Visit| visit.events[visit.events.len() - 1].at;
    let joined = open
        .get(&person)
        .copied()
        .filter(|visit| hit.at.0 - last(&visits[*visit]) < HALF_HOUR_MS);
    let visit = match joined {
        Some(visit) => visit,
        None if hit.name == "engagement" => return,
        None => {
            visits.push(Visit::default());
            open.insert(person, visits.len() - 1);
            visits[open[&person]].words = [
                ("country", hit.country.clone()),
                ("source", hit.source.clone()),
                ("channel", hit.channel.name().to_owned()),
                ("referrer", hit.referrer.clone()),
                ("campaign", hit.utm_campaign.clone()),
                ("browser", hit.browser.clone()),
                ("browser_version", hit.browser_version.clone()),
                ("system", hit.system.clone()),
                ("system_version", hit.system_version.clone()),
                ("device", hit.device.clone()),
                ("screen", hit.screen.to_owned()),
                ("language", hit.language.clone()),
                ("region", hit.region.clone()),
                ("city", hit.city.clone()),
            ]
            .into();
            open[&person]
        }
    };
    let props = hit.props.as_deref().unwrap_or("{}");
    visits[visit].events.push(Event {
        at: hit.at.0,
        visitor: hit.visitor.id.0,
        name: hit.name.clone(),
        hostname: hit.hostname.clone(),
        page: hit.page.clone(),
        title: hit.title.clone(),
        props: serde_json::from_str(props).unwrap(),
        engaged_ms: u64::from(hit.engaged_ms.unwrap_or(0)),
        scroll_depth: hit.scroll_depth,
        is_interactive: hit.is_interactive,
    });
}

fn random_subject(rng: &mut StdRng) -> Subject {
    match rng.random_range(0..Dimension::ALL.len() + 2) {
        at if at < Dimension::ALL.len() => Dimension::ALL[at].into(),
        _ => Subject::Property("plan".into()),
    }
}

fn random_condition(rng: &mut StdRng, depth: usize) -> Condition {
    let parts = |rng: &mut StdRng| {
        let count = rng.random_range(0..=2);
        (0..count)
            .map(|_| random_condition(rng, depth + 1))
            .collect::<Vec<_>>()
    };
    match rng.random_range(0..if depth < 3 { 10 } else { 5 }) {
        5 | 6 => Condition::All(parts(rng)),
        7 => Condition::Any([parts(rng), vec![Condition::Filter(some_filter(rng))]].concat()),
        8 => Condition::Not(Box::new(random_condition(rng, depth + 1))),
        9 => Condition::HasDone(Box::new(random_condition(rng, depth + 1))),
        _ => Condition::Filter(some_filter(rng)),
    }
}

fn some_filter(rng: &mut StdRng) -> Filter {
    let subject = random_subject(rng);
    let values: &[&str] = match subject.dimension() {
        None => &["pro", "free", "r", ""],
        Some(Dimension::Page | Dimension::EntryPage | Dimension::ExitPage) => &PAGES,
        Some(Dimension::Event) => &["pageview", "Signup", "Seen", "S"],
        Some(Dimension::Country) => &["DE", "FR", "U", ""],
        Some(Dimension::Source) => &["Google", "hacker", ""],
        Some(Dimension::Hostname) => &["example.com", "shop", "example"],
        Some(Dimension::Title) => &["Pricing", "docs", "über", ""],
        Some(Dimension::Region | Dimension::City) => {
            &["Bavaria, DE", "Austin, Texas, US", "de", ""]
        }
        Some(Dimension::Language) => &["de", "pt-BR", "pt", ""],
        Some(Dimension::Hour) => &["00", "1", "13", "23"],
        Some(Dimension::Weekday) => &["1", "3", "7"],
        Some(_) => &["", "a", "Direct", "spring"],
    };
    let filter = random_filter(rng, Dimension::Page, values);
    Filter { subject, ..filter }
}

fn random_question(rng: &mut StdRng) -> StatsQuery {
    let date = |days: i32| {
        let date = jiff::civil::date(2026, 10, 26).saturating_add(days.days());
        Date::new(date.year(), date.month(), date.day()).unwrap()
    };
    let first = rng.random_range(0..11);
    let range = if rng.random_range(0..4) == 0 {
        let from = at("2026-10-27T00:00:00Z").0 + rng.random_range(0..8 * 86_400_000);
        DateRange::Instants {
            from: Timestamp(from),
            to: Timestamp(from + rng.random_range(1..5 * 86_400_000)),
        }
    } else {
        let (from, to) = (date(first), date(rng.random_range(first..13)));
        DateRange::Period(Period::Custom { from, to })
    };
    let count = *[0, 1, 1, 1, 2, 3].choose(rng).unwrap();
    let mut groups: Vec<Group> = Vec::new();
    while groups.len() < count {
        let group = match rng.random_range(0..6) {
            0 => Group::Time(*Interval::ALL.choose(rng).unwrap()),
            _ => Group::Subject(random_subject(rng)),
        };
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let condition = match rng.random_range(0..3) {
        0 => Condition::All(Vec::new()),
        _ => random_condition(rng, 0),
    };
    let question = |metric: Metric| StatsQuery {
        groups: groups.clone(),
        condition: condition.clone(),
        ..StatsQuery::totals(range, vec![metric])
    };
    let metrics = Metric::ALL.into_iter();
    let metrics = metrics
        .filter(|metric| question(*metric).check().is_ok())
        .collect();
    StatsQuery {
        metrics,
        ..question(Metric::Visitors)
    }
}

async fn random_questions_have_the_answers_of_the_model(db: Db) {
    let is_long = std::env::var("TRACKFLOW_RELIABILITY").is_ok_and(|form| form == "long");
    let (count, questions) = if is_long {
        (1_000_000, 300)
    } else {
        (20_000, 60)
    };
    let site = a_site(&db, ZONE).await;
    let mut rng = StdRng::seed_from_u64(2_226);
    let (hits, visits) = traffic(&site, &mut rng, count);
    let mut store = Store::open(db.clone(), hits[0].at).await.unwrap();
    for chunk in hits.chunks(1_999) {
        store.write(chunk.iter()).await.unwrap();
    }
    drop(store);
    let mut closed = 0;
    let mut with_rows = 0;
    for number in 0..questions {
        if number == questions / 3 {
            closed += close_days(&db, &site, at("2026-10-30T12:00:00Z")).await;
        } else if number == 2 * questions / 3 {
            closed += close_days(&db, &site, at(NOW)).await;
        }
        let query = random_question(&mut rng);
        let answer = stats_service::answer(&db, &Principal::System, "example.com", &query, at(NOW))
            .await
            .unwrap();
        let expected = model(&visits, &query, answer.from.0, answer.to.0);
        let found: BTreeMap<Vec<String>, Vec<Option<f64>>> = answer
            .rows
            .iter()
            .map(|row| (row.groups.clone(), row.metrics.clone()))
            .collect();
        with_rows += usize::from(!found.is_empty());
        for (key, values) in &expected {
            assert_eq!(
                found.get(key),
                Some(values),
                "row {key:?} of {query:?}, {:?}",
                answer.plan
            );
        }
        assert_eq!(found.len(), expected.len(), "rows of {query:?}");
    }
    assert!(
        closed >= 9 && with_rows * 2 > questions,
        "{closed} days, {with_rows} questions"
    );
}
