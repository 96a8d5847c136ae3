//! What clients sent and heard, and the judgement after reading everything back, as in Jepsen's test of sets.
//!
//! *Lost* was acknowledged and is not there; a *duplicate* is there twice; *unexpected* was never sent. *Recovered* had no
//! answer, or a 503, and is there: that is allowed, since only 202 promises anything.

use std::{collections::HashMap, time::Duration};

use super::{
    database::Stored,
    load::{Event, page_of},
};

/// What a client knows of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// 202.
    Acked,
    /// 202 with the reason for which it does not count: an engagement whose visit is not there.
    Dropped,
    /// 503 or 429.
    Refused,
    /// No answer.
    Unknown,
}

/// One request and what came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) event: Event,
    pub(crate) fate: Fate,
    /// From the moment at which it was due.
    pub(crate) latency: Duration,
}

/// All that was sent to a database.
#[derive(Default)]
pub(crate) struct History {
    fates: HashMap<u32, (Event, Fate)>,
}

/// The judgement.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) acked: usize,
    pub(crate) lost: Vec<u32>,
    pub(crate) duplicates: Vec<u32>,
    pub(crate) unexpected: Vec<u32>,
    pub(crate) recovered: usize,
}

impl History {
    /// Takes note. An acknowledgement is final; a later attempt at the same event replaces everything else.
    pub(crate) fn record(&mut self, attempts: &[Attempt]) {
        for attempt in attempts {
            let known = self.fates.entry(attempt.event.number);
            let (_, fate) = known.or_insert((attempt.event, attempt.fate));
            if *fate != Fate::Acked {
                *fate = attempt.fate;
            }
        }
    }

    /// The events of a fate, in the order in which they were sent.
    pub(crate) fn of(&self, fate: Fate) -> Vec<Event> {
        let of_fate = self.fates.values().filter(|(_, known)| *known == fate);
        let mut events: Vec<Event> = of_fate.map(|(event, _)| *event).collect();
        events.sort_unstable_by_key(|event| event.number);
        events
    }

    pub(crate) fn acked(&self) -> usize {
        self.of(Fate::Acked).len()
    }

    /// Compares what was sent with what is there.
    pub(crate) fn judge(&self, stored: &Stored) -> Verdict {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        let mut verdict = Verdict {
            acked: self.acked(),
            ..Verdict::default()
        };
        for event in &stored.events {
            let number = event.revenue_amount.expect("every event has its number") as u32;
            *counts.entry(number).or_default() += 1;
            let page = stored.word(event.site_id, event.page);
            assert_eq!(
                page,
                page_of(number),
                "the strings of event {number} are its own"
            );
        }
        for (number, count) in &counts {
            match self.fates.get(number) {
                None | Some((_, Fate::Dropped)) => verdict.unexpected.push(*number),
                Some((_, Fate::Refused | Fate::Unknown)) => verdict.recovered += 1,
                Some((_, Fate::Acked)) => {}
            }
            if *count > 1 {
                verdict.duplicates.push(*number);
            }
        }
        for (number, (_, fate)) in &self.fates {
            if *fate == Fate::Acked && !counts.contains_key(number) {
                verdict.lost.push(*number);
            }
        }
        verdict
    }
}

impl Verdict {
    /// Every accepted event is there exactly once, and nothing else.
    pub(crate) fn assert_exact(&self) {
        assert!(
            self.lost.is_empty() && self.duplicates.is_empty() && self.unexpected.is_empty(),
            "{self:?}"
        );
    }
}
