//! What owners of the demo's sites have set up: goals, a funnel, a segment, and notes on days.

use jiff::ToSpan;

use super::calendar::{day_start, local_date};
use crate::{
    db::Db,
    domain::{
        Condition, Filter, Funnel, FunnelScope, FunnelStep, Goal, GoalKind, NewAnnotation,
        NewFunnel, Principal, Site,
    },
    services::{
        ServiceError, annotation_service, funnel_service, goal_service, segment_service,
        site_service,
    },
};

/// Of one site.
struct Setup {
    domain: &'static str,
    goals: &'static [SetGoal],
    /// The name of a funnel, and the goals that are its steps.
    funnel: (&'static str, &'static [&'static str]),
    /// The name of a segment, and its filter.
    segment: (&'static str, &'static str),
    /// How far into the time of growth in per mille, and what happened then.
    notes: &'static [(i64, &'static str)],
}

enum SetGoal {
    /// A custom event, called as it is.
    Event(&'static str),
    /// A name, and the pattern of a page.
    Page(&'static str, &'static str),
    /// A name, the pattern of a page, and how far it is scrolled down in percent.
    Scroll(&'static str, &'static str, u8),
}

use SetGoal::{Event, Page, Scroll};

static SETUPS: [Setup; 3] = [
    Setup {
        domain: "fieldnotes.example",
        goals: &[
            Event("Newsletter"),
            Page("Opened a note", "/notes/*"),
            Scroll("Read to the end", "/notes/*", 90),
        ],
        funnel: (
            "From a note to the newsletter",
            &["Opened a note", "Read to the end", "Newsletter"],
        ),
        segment: ("Readers from Germany", "country:is:DE"),
        notes: &[(430, "The Quiet Web is discussed on Lobsters")],
    },
    Setup {
        domain: "aurora-coffee.example",
        goals: &[
            Event("Purchase"),
            Event("Add to cart"),
            Event("Subscribe"),
            Page("Saw a coffee", "/coffee/*"),
            Page("Began checkout", "/checkout"),
        ],
        funnel: (
            "Buying coffee",
            &["Saw a coffee", "Add to cart", "Began checkout", "Purchase"],
        ),
        segment: ("Phones from Instagram", "source:is:Instagram"),
        notes: &[
            (560, "Subscriptions every two weeks"),
            (955, "Gift boxes for the holidays"),
        ],
    },
    Setup {
        domain: "keelson.example",
        goals: &[
            Event("Signup"),
            Event("File Download"),
            Page("Saw the prices", "/pricing"),
            Page("Opened the sign-up form", "/signup"),
        ],
        funnel: (
            "Signing up",
            &["Saw the prices", "Opened the sign-up form", "Signup"],
        ),
        segment: ("Readers of the manual", "page:contains:/docs/"),
        notes: &[
            (600, "Keelson 2.0"),
            (820, "On the front page of Hacker News"),
        ],
    },
];

/// Sets up a site of the demo whose time of growth is so many days long.
pub(super) async fn set_up(db: &Db, site: &Site, growth_days: u32) -> Result<(), ServiceError> {
    let Some(setup) = SETUPS.iter().find(|setup| setup.domain == site.domain) else {
        return Ok(());
    };
    let (system, now) = (Principal::System, site.created_at);
    let mut goals: Vec<Goal> = Vec::new();
    for goal in setup.goals {
        let (name, kind) = goal.named();
        goals.push(goal_service::create(db, &system, site.id, name, &kind, now).await?);
    }
    let (name, steps) = setup.funnel;
    let step = |name: &&str| goals.iter().find(|goal| goal.name == **name);
    let funnel = NewFunnel {
        name: name.into(),
        scope: FunnelScope::Visit,
        steps: (steps.iter().filter_map(step))
            .map(|goal| FunnelStep::Goal(goal.id))
            .collect(),
    };
    let _: Funnel = funnel_service::create(db, &system, site.id, &funnel, now).await?;
    let (name, filter) = setup.segment;
    if let Ok(filter) = Filter::parse(filter) {
        let condition = Condition::all(&[filter]);
        segment_service::create(db, &system, site.id, name, &condition, false, now).await?;
    }
    let zone = site_service::zone_of(site);
    let first = local_date(site.created_at, &zone);
    for (per_mille, text) in setup.notes {
        let date = first.saturating_add((per_mille * i64::from(growth_days) / 1_000).days());
        let note = NewAnnotation {
            date: date.to_string(),
            time: String::new(),
            text: (*text).into(),
        };
        annotation_service::create(db, &system, site, &note, day_start(date, &zone)).await?;
    }
    Ok(())
}

impl SetGoal {
    fn named(&self) -> (&'static str, GoalKind) {
        match *self {
            Event(name) => (
                name,
                GoalKind::Event {
                    name: name.into(),
                    properties: Vec::new(),
                },
            ),
            Page(name, pattern) => (
                name,
                GoalKind::Page {
                    pattern: pattern.into(),
                },
            ),
            Scroll(name, pattern, percent) => (
                name,
                GoalKind::Scroll {
                    pattern: pattern.into(),
                    percent,
                },
            ),
        }
    }
}
