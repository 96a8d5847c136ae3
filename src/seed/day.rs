//! One day of a site: draws visitors and visits, and lets their hits follow from [`journey`](super::journey).
//!
//! Holds a hit in 32 bytes, so that a day of millions fits into memory; [`DayPlan::hit`] makes it what ingestion takes.

use jiff::civil::Date;
use rustc_hash::FxHashSet;

use super::{
    calendar::{self, Curve},
    device::Devices,
    journey::{Action, Step, journey},
    model::Model,
    place,
    random::{Random, Weights},
};
use crate::{
    domain::{Channel, Timestamp, VisitorId},
    ingest::{EnrichedHit, Visitor, beacon::Revenue},
};

/// Visits whose visitor was there before on the same day.
const RETURNING_PER_MILLE: u32 = 90;

/// What is to be drawn for a day.
#[derive(Clone, Debug)]
pub(super) struct DayOrder {
    /// The local date.
    pub(super) day: Date,
    /// When visits may begin: the day or a part of it, half-open.
    pub(super) starts: (Timestamp, Timestamp),
    /// Hits from here on are left out.
    pub(super) end: Timestamp,
    /// How much.
    pub(super) amount: Amount,
}

/// How much is to be drawn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount {
    /// So many visits.
    Visits(u64),
    /// Exactly so many hits, by so many visitors if there are enough hits.
    Hits {
        hits: usize,
        visitors: Option<usize>,
    },
}

/// What happens on a day.
pub(super) struct DayPlan {
    /// Ascending in time.
    hits: Vec<PlannedHit>,
    visits: Vec<PlannedVisit>,
    visitors: Vec<PlannedVisitor>,
    devices: Devices,
    midnight: Timestamp,
}

struct PlannedVisitor {
    id: VisitorId,
    /// The id after midnight.
    next_id: VisitorId,
    country: usize,
    device: usize,
}

struct PlannedVisit {
    visitor: usize,
    arrival: usize,
}

struct PlannedHit {
    /// Milliseconds: since the start of the visit until that is drawn, then since the epoch.
    at: i64,
    visit: u32,
    step: Step,
}

impl DayPlan {
    /// Draws a day.
    pub(super) fn draw(model: &Model, order: &DayOrder, mut random: Random) -> Self {
        let curve = Curve::new(model.profile, &model.zone, order.starts, Some(&mut random));
        let arrivals = model.arrival_weights(order.day);
        let midnight = calendar::day_start(calendar::tomorrow(order.day), &model.zone);
        let mut plan = Self {
            hits: Vec::new(),
            visits: Vec::new(),
            visitors: Vec::new(),
            devices: Devices::new(model.profile.phones_per_mille, order.day),
            midnight,
        };
        match order.amount {
            Amount::Visits(visits) => {
                for _ in 0..visits {
                    plan.draw_visit(model, &arrivals, &mut random, None, usize::MAX);
                }
                plan.draw_starts(&curve, 0, 0, order.end, &mut random);
            }
            Amount::Hits { hits, visitors } if curve.total() > 0 => {
                // What falls beyond the end is drawn again, until all hits have a place.
                while plan.hits.len() < hits {
                    let (first_visit, first_hit) = (plan.visits.len(), plan.hits.len());
                    while plan.hits.len() < hits {
                        let absent =
                            visitors.map_or(0, |wanted| wanted.saturating_sub(plan.visitors.len()));
                        let room = (hits - plan.hits.len()).saturating_sub(absent.max(1) - 1);
                        plan.draw_visit(model, &arrivals, &mut random, visitors, room.max(1));
                    }
                    plan.draw_starts(&curve, first_visit, first_hit, order.end, &mut random);
                }
            }
            Amount::Hits { .. } => {}
        }
        plan.hits.sort_by_key(|hit| hit.at);
        plan
    }

    /// Hits of the day.
    pub(super) fn len(&self) -> usize {
        self.hits.len()
    }

    /// When a hit is.
    pub(super) fn at(&self, hit: usize) -> Timestamp {
        Timestamp(self.hits[hit].at)
    }

    /// The start of the next day.
    pub(super) fn midnight(&self) -> Timestamp {
        self.midnight
    }

    /// Distinct visitor ids of all hits.
    pub(super) fn visitors(&self) -> usize {
        let after = self.hits.partition_point(|hit| hit.at < self.midnight.0);
        let renewed: FxHashSet<usize> = self.hits[after..]
            .iter()
            .map(|hit| self.visit(hit).visitor)
            .collect();
        self.visitors.len() + renewed.len()
    }

    /// Makes a hit what ingestion takes.
    pub(super) fn hit(&self, model: &Model, hit: usize) -> EnrichedHit {
        let hit = &self.hits[hit];
        let visit = self.visit(hit);
        let visitor = &self.visitors[visit.visitor];
        let device = self.devices.get(visitor.device);
        let arrival = &model.arrivals[visit.arrival];
        let country = model.profile.countries[visitor.country].0;
        let place = place::of(country, visitor.id.0);
        let page = usize::from(hit.step.page);
        // Later pages have the site itself as referrer, which says nothing about a source.
        let arrival = matches!(hit.step.action, Action::View { is_entry: true }).then_some(arrival);
        let text = |part: fn(&super::model::Arrival) -> &String| {
            arrival.map(part).cloned().unwrap_or_default()
        };
        let mut enriched = EnrichedHit {
            site_id: model.site.id,
            at: Timestamp(hit.at),
            key: None,
            visitor: if hit.at < self.midnight.0 {
                Visitor {
                    id: visitor.id,
                    previous: None,
                }
            } else {
                Visitor {
                    id: visitor.next_id,
                    previous: Some(visitor.id),
                }
            },
            name: "pageview".into(),
            hostname: model.site.domain.clone(),
            page: model.profile.pages[page].path.into(),
            title: String::new(),
            source: text(|arrival| &arrival.source.name),
            channel: arrival.map_or(Channel::Direct, |arrival| arrival.source.channel),
            referrer: text(|arrival| &arrival.source.referrer),
            utm_source: text(|arrival| &arrival.campaign.source),
            utm_medium: text(|arrival| &arrival.campaign.medium),
            utm_campaign: text(|arrival| &arrival.campaign.campaign),
            utm_content: text(|arrival| &arrival.campaign.content),
            utm_term: text(|arrival| &arrival.campaign.term),
            country: country.into(),
            region: place.region,
            city: place.city,
            browser: device.browser.into(),
            browser_version: device.browser_version.clone(),
            system: device.system.into(),
            system_version: device.system_version.clone(),
            device: device.class.into(),
            screen: device.screen,
            language: place.language.into(),
            engaged_ms: None,
            scroll_depth: None,
            is_interactive: true,
            props: None,
            revenue: None,
        };
        match hit.step.action {
            Action::View { .. } => enriched.title.clone_from(&model.titles[page]),
            Action::Engagement { ms, scroll_depth } => {
                enriched.name = "engagement".into();
                enriched.engaged_ms = Some(ms);
                enriched.scroll_depth = Some(scroll_depth);
            }
            Action::Goal { goal, props, cents } => {
                let goal = &model.profile.goals[usize::from(goal)];
                enriched.name = goal.name.into();
                enriched.props = goal
                    .props
                    .get(usize::from(props))
                    .map(|&props| props.into());
                enriched.revenue = goal.revenue.map(|(_, _, currency)| Revenue {
                    amount: f64::from(cents) / 100.0,
                    currency: currency.into(),
                });
            }
        }
        enriched
    }

    fn visit(&self, hit: &PlannedHit) -> &PlannedVisit {
        &self.visits[hit.visit as usize]
    }

    /// Draws a visit of at most `room` hits; when it begins is drawn later.
    fn draw_visit(
        &mut self,
        model: &Model,
        arrivals: &Weights,
        random: &mut Random,
        visitors: Option<usize>,
        room: usize,
    ) {
        let is_known = match visitors {
            Some(wanted) => self.visitors.len() >= wanted,
            None => random.happens(RETURNING_PER_MILLE),
        };
        let visitor = if is_known && !self.visitors.is_empty() {
            random.below_len(self.visitors.len())
        } else {
            self.visitors.push(PlannedVisitor {
                id: VisitorId(random.bits().cast_signed()),
                next_id: VisitorId(random.bits().cast_signed()),
                country: model.countries.pick(random),
                device: self.devices.pick(random),
            });
            self.visitors.len() - 1
        };
        let arrival = arrivals.pick(random);
        let visit = u32::try_from(self.visits.len()).expect("a day has fewer visits than 2^32");
        self.visits.push(PlannedVisit { visitor, arrival });
        let last = self.hits.len().saturating_add(room);
        let landing = model.arrivals[arrival].page;
        journey(model, landing, random, |after_ms, step| {
            if self.hits.len() < last {
                self.hits.push(PlannedHit {
                    at: after_ms,
                    visit,
                    step,
                });
            }
        });
    }

    /// Draws when the visits from `first_visit` on begin, whose hits are those from `first_hit` on, and drops the hits
    /// that then come too late.
    ///
    /// Each visit gets a stretch of the day of its own. Left to chance alone, small sites would be empty for a quarter of
    /// an hour every night, and the demo has to show somebody.
    fn draw_starts(
        &mut self,
        curve: &Curve,
        first_visit: usize,
        first_hit: usize,
        end: Timestamp,
        random: &mut Random,
    ) {
        let visits = (self.visits.len() - first_visit) as u64;
        let mut order: Vec<u64> = (0..visits).collect();
        random.shuffle(&mut order);
        let share = |number: u64| {
            let place = u128::from(curve.total()) * u128::from(number) / u128::from(visits.max(1));
            u64::try_from(place).expect("at most the total")
        };
        let starts: Vec<Timestamp> = order
            .into_iter()
            .map(|number| {
                let (low, high) = (share(number), share(number + 1));
                curve.at(low + random.below(high - low))
            })
            .collect();
        for hit in &mut self.hits[first_hit..] {
            hit.at += starts[hit.visit as usize - first_visit].0;
        }
        // Hits of earlier rounds lie before the end already.
        self.hits.retain(|hit| hit.at < end.0);
    }
}
