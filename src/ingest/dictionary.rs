//! The writer's side of the dictionaries: gives new strings their numbers.
//!
//! There is one writer, so it may hand out numbers; they become true with its commit, which then shares them with all threads
//! (see [`words`](super::words)), and are forgotten when it fails.
//!
//! The number of new strings is capped by site, column and day, so that nobody can fill the disk with invented addresses:
//! what comes beyond is [`OTHER`] (docs/metrics.md). A restart counts anew.

use std::{collections::hash_map::Entry, sync::Arc};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    coded::{CodedHit, Column, Word},
    words::Words,
};
use crate::{
    db::Db,
    domain::SiteId,
    services::{
        ServiceError,
        event_service::{self, DictionaryRow},
    },
};

/// What stands for all strings beyond the cap.
const OTHER: &str = "(other)";

/// New pages of a site on one day.
const NEW_PAGES_A_DAY: u32 = 100_000;

/// New strings of any other column.
const NEW_WORDS_A_DAY: u32 = 10_000;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Strings of one look-up, below SQLite's 32,766 bound values.
const LOOK_UP_CHUNK: usize = 10_000;

/// Numbers of the strings of one transaction.
pub(super) struct Dictionary {
    /// Committed numbers.
    words: Arc<Words>,
    /// Numbers given since the last commit.
    pending: FxHashMap<SiteId, FxHashMap<Box<str>, i64>>,
    /// The largest number of each site that was asked for.
    last: FxHashMap<SiteId, i64>,
    new: Vec<DictionaryRow>,
    growth: Growth,
}

/// How many new strings there were on the current UTC day.
#[derive(Default)]
struct Growth {
    day: i64,
    counts: FxHashMap<(SiteId, Column), u32>,
}

impl Dictionary {
    pub(super) fn new(words: Arc<Words>) -> Self {
        Self {
            words,
            pending: FxHashMap::default(),
            last: FxHashMap::default(),
            new: Vec::new(),
            growth: Growth::default(),
        }
    }

    /// The memory that all threads share.
    pub(super) fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// Makes sure that every string of a batch which has a number in the database is remembered.
    pub(super) async fn look_up(&mut self, db: &Db, hits: &[CodedHit]) -> Result<(), ServiceError> {
        self.words.make_room();
        let mut missing: FxHashMap<SiteId, FxHashSet<&str>> = FxHashMap::default();
        for hit in hits {
            for word in hit.new_words() {
                // Another event may have brought it since this one was coded.
                if self.words.get(hit.site_id, word).is_none() {
                    missing.entry(hit.site_id).or_default().insert(word);
                }
            }
        }
        for (site, mut texts) in missing {
            if let Entry::Vacant(last) = self.last.entry(site) {
                last.insert(event_service::last_word(db, site).await?);
            }
            texts.insert(OTHER);
            let texts: Vec<&str> = texts.into_iter().collect();
            for texts in texts.chunks(LOOK_UP_CHUNK) {
                let rows = event_service::find_words(db, site, texts).await?;
                let found = rows.into_iter().map(|row| (site, row.value.into(), row.id));
                self.words.remember(found);
            }
        }
        Ok(())
    }

    /// The number of one of a hit's strings; a new one if it has none.
    pub(super) fn number(&mut self, hit: &CodedHit, column: Column) -> i64 {
        let text = match hit.word(column) {
            Word::Known(number) => return *number,
            Word::New(text) => text,
        };
        let is_ours = column == Column::Name && (hit.is_pageview || hit.is_engagement);
        self.find(hit.site_id, text).unwrap_or_else(|| {
            if is_ours || self.growth.admits(hit, column) {
                self.add(hit.site_id, text)
            } else {
                self.find(hit.site_id, OTHER)
                    .unwrap_or_else(|| self.add(hit.site_id, OTHER))
            }
        })
    }

    fn find(&self, site: SiteId, text: &str) -> Option<i64> {
        let pending = self.pending.get(&site).and_then(|words| words.get(text));
        pending.copied().or_else(|| self.words.get(site, text))
    }

    fn add(&mut self, site: SiteId, text: &str) -> i64 {
        let last = self.last.entry(site).or_default();
        *last += 1;
        self.new.push(DictionaryRow {
            site_id: site.0,
            id: *last,
            value: text.to_owned(),
        });
        self.pending
            .entry(site)
            .or_default()
            .insert(text.into(), *last);
        *last
    }

    /// Takes the strings that got a number since the last call: they go into the same transaction as their first use.
    pub(super) fn take_new(&mut self) -> Vec<DictionaryRow> {
        std::mem::take(&mut self.new)
    }

    /// Makes the new numbers true.
    pub(super) fn commit(&mut self) {
        let words = self.pending.drain().flat_map(|(site, words)| {
            words
                .into_iter()
                .map(move |(text, number)| (site, text, number))
        });
        self.words.remember(words);
    }

    /// Forgets the new numbers: after a failed commit the database alone knows which are true.
    pub(super) fn roll_back(&mut self) {
        self.pending.clear();
        self.last.clear();
        self.new.clear();
    }

    /// Forgets the strings of a site that was deleted.
    pub(super) fn forget_site(&mut self, site: SiteId) {
        self.words.forget_site(site);
        self.pending.remove(&site);
        self.last.remove(&site);
    }
}

impl Growth {
    /// Whether the site may have one more string in this column today; counts it.
    fn admits(&mut self, hit: &CodedHit, column: Column) -> bool {
        let day = hit.at.0.div_euclid(DAY_MS);
        if day != self.day {
            self.day = day;
            self.counts.clear();
        }
        let limit = match column {
            Column::Page => NEW_PAGES_A_DAY,
            _ => NEW_WORDS_A_DAY,
        };
        let count = self.counts.entry((hit.site_id, column)).or_default();
        *count = count.saturating_add(1);
        if *count == limit + 1 {
            tracing::warn!(
                site = hit.site_id.0,
                ?column,
                limit,
                "too many new values today; further ones are counted as (other)"
            );
        }
        *count <= limit
    }
}
