//! What happens in one visit: pages, how long and how far they are read, custom events.

use super::{model::Model, random::Random};

/// Messages of attention that arrive; the others are lost when a browser is closed.
const ENGAGEMENT_PER_MILLE: u32 = 930;
/// Pages that are left open in the background for a while before the visit goes on.
const IDLE_PER_MILLE: u32 = 150;
const LONGEST_IDLE_MS: u64 = 240_000;
/// With the longest idle time still below the gap that ends a visit.
const LONGEST_READING_MS: u64 = 1_200_000;
const SHORTEST_READING_MS: u64 = 900;
/// From here on a visit of one page is no bounce (docs/metrics.md).
const ENGAGED_VISIT_MS: u64 = 10_000;
const MOST_PAGES: u32 = 40;

/// One hit of a visit.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Where, as index of the profile's pages.
    pub(super) page: u16,
    /// What.
    pub(super) action: Action,
}

/// What a visitor does.
#[derive(Clone, Copy)]
pub(super) enum Action {
    /// Looks at a page.
    View {
        /// Whether the visit begins with it.
        is_entry: bool,
    },
    /// Leaves a page after some attention.
    Engagement {
        /// Visible and focused time.
        ms: u32,
        /// In percent.
        scroll_depth: u8,
    },
    /// Causes a custom event; `goal` and `props` are indexes of the profile's.
    Goal {
        /// Which.
        goal: u16,
        /// Which of its properties.
        props: u16,
        /// What it was worth.
        cents: u32,
    },
}

/// Draws a visit that begins at the page `landing`, or anywhere: tells each step with the milliseconds since its start,
/// ascending.
pub(super) fn journey(
    model: &Model,
    landing: Option<usize>,
    random: &mut Random,
    mut tell: impl FnMut(i64, Step),
) {
    let mut tell = |after_ms: u64, page: usize, action: Action| {
        let after_ms = i64::try_from(after_ms).expect("a visit takes hours at most");
        let page = u16::try_from(page).expect("a profile has a few pages");
        tell(after_ms, Step { page, action });
    };
    let profile = model.profile;
    let is_bounce = random.happens(profile.bounces_per_mille);
    let mut page = landing.unwrap_or_else(|| model.entries.pick(random));
    let mut at = 0;
    for number in 1..=MOST_PAGES {
        let is_last =
            is_bounce || number == MOST_PAGES || !random.happens(profile.onward_per_mille);
        let is_only = number == 1 && is_last;
        tell(
            at,
            page,
            Action::View {
                is_entry: number == 1,
            },
        );

        // The mean of the distribution is twice its median.
        let read = random.log_normal(profile.pages[page].reading_s * 1_000 / 2);

        let read = match (is_bounce, is_only) {
            (true, _) => random.between(SHORTEST_READING_MS, ENGAGED_VISIT_MS - 1),
            (false, true) => read.saturating_add(ENGAGED_VISIT_MS),
            (false, false) => read.max(SHORTEST_READING_MS),
        }
        .min(LONGEST_READING_MS);
        if !is_bounce {
            draw_goal(model, page, random, |random, action| {
                tell(at + random.between(1, read), page, action);
            });
        }
        at += read;
        if random.happens(IDLE_PER_MILLE) {
            at += random.below(LONGEST_IDLE_MS);
        }
        // The one message of a visit that would bounce without it always arrives.
        if (is_only && !is_bounce) || random.happens(ENGAGEMENT_PER_MILLE) {
            tell(at, page, engagement(read, random));
        }
        if is_last {
            break;
        }
        at += random.between(60, 900);
        page = next_page(model, page, random);
    }
}

/// Scroll depth grows with the time: a screen at once, the end after some minutes, if at all.
fn engagement(read_ms: u64, random: &mut Random) -> Action {
    let reach = (read_ms / 1_500).min(80);
    let depth = (12 + random.between(reach / 3, reach) + random.below(20)).min(100);
    Action::Engagement {
        ms: u32::try_from(read_ms).expect("at most the longest reading"),
        scroll_depth: u8::try_from(depth).expect("a percentage"),
    }
}

/// At most one custom event of a view.
fn draw_goal(
    model: &Model,
    page: usize,
    random: &mut Random,
    tell: impl FnOnce(&mut Random, Action),
) {
    let path = model.profile.pages[page].path;
    for (number, goal) in (0..).zip(model.profile.goals) {
        if path.starts_with(goal.pages) && random.happens(goal.per_mille) {
            let props = u16::try_from(random.below(goal.props.len() as u64)).expect("a few");
            let (least, most, _) = goal.revenue.unwrap_or_default();
            let cents = u32::try_from(random.between(least, most)).expect("a few thousand");
            tell(
                random,
                Action::Goal {
                    goal: number,
                    props,
                    cents,
                },
            );
            return;
        }
    }
}

/// Another page: reloads are rare enough to be left out.
fn next_page(model: &Model, page: usize, random: &mut Random) -> usize {
    let profile = model.profile;
    for trail in profile.trails {
        if trail.begins_at(profile.pages[page].path) && random.happens(trail.per_mille) {
            let next = (profile.pages.iter()).position(|next| next.path == trail.to);
            if let Some(next) = next.filter(|next| *next != page) {
                return next;
            }
        }
    }
    let next = model.views.pick(random);
    if next == page {
        random.below_len(profile.pages.len())
    } else {
        next
    }
}
