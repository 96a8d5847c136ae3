//! The writer's view of the sites' dictionaries: strings to numbers, from memory where it can.
//!
//! There is one writer, so it may hand out new numbers; they become true with its commit and are forgotten when that fails.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    db::Db,
    domain::SiteId,
    services::{
        ServiceError,
        event_service::{self, DictionaryRow},
    },
};

/// Strings kept in memory before all are forgotten: some 30 MB. Refilling costs one look-up a string.
const CACHE_LIMIT: usize = 200_000;

/// Strings of one look-up, below SQLite's 32,766 bound values.
const LOOK_UP_CHUNK: usize = 10_000;

/// Numbers of strings, by site.
#[derive(Default)]
pub(super) struct Dictionary {
    sites: FxHashMap<SiteId, SiteWords>,
    len: usize,
    new: Vec<DictionaryRow>,
}

struct SiteWords {
    words: FxHashMap<Box<str>, i64>,
    last: i64,
}

impl Dictionary {
    /// Makes sure that every string of a batch which has a number in the database has it here too.
    pub(super) async fn look_up<'a>(
        &mut self,
        db: &Db,
        strings: impl Iterator<Item = (SiteId, &'a str)>,
    ) -> Result<(), ServiceError> {
        if self.len > CACHE_LIMIT {
            self.sites.clear();
            self.len = 0;
        }
        let mut missing: FxHashMap<SiteId, FxHashSet<&str>> = FxHashMap::default();
        for (site, value) in strings {
            let is_known = self
                .sites
                .get(&site)
                .is_some_and(|words| words.words.contains_key(value));
            if !is_known && !value.is_empty() {
                missing.entry(site).or_default().insert(value);
            }
        }
        for (site, values) in missing {
            if let std::collections::hash_map::Entry::Vacant(entry) = self.sites.entry(site) {
                let last = event_service::last_word(db, site).await?;
                entry.insert(SiteWords {
                    words: FxHashMap::default(),
                    last,
                });
            }
            let values: Vec<&str> = values.into_iter().collect();
            for values in values.chunks(LOOK_UP_CHUNK) {
                for row in event_service::find_words(db, site, values).await? {
                    self.remember(site, row.value.into(), row.id);
                }
            }
        }
        Ok(())
    }

    /// The number of a string; a new one if it has none. 0 for the empty string.
    pub(super) fn number(&mut self, site: SiteId, value: &str) -> i64 {
        if value.is_empty() {
            return 0;
        }
        let words = self.sites.entry(site).or_insert_with(|| SiteWords {
            words: FxHashMap::default(),
            last: 0,
        });
        if let Some(id) = words.words.get(value) {
            return *id;
        }
        words.last += 1;
        let id = words.last;
        self.new.push(DictionaryRow {
            site_id: site.0,
            id,
            value: value.to_owned(),
        });
        self.remember(site, value.into(), id);
        id
    }

    /// Takes the strings that got a number since the last call: they go into the same transaction as their first use.
    pub(super) fn take_new(&mut self) -> Vec<DictionaryRow> {
        std::mem::take(&mut self.new)
    }

    /// Forgets all strings: after a failed commit the database alone knows which numbers are true.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Forgets the strings of a site that was deleted.
    pub(super) fn forget_site(&mut self, site: SiteId) {
        if let Some(words) = self.sites.remove(&site) {
            self.len -= words.words.len();
        }
    }

    fn remember(&mut self, site: SiteId, value: Box<str>, id: i64) {
        if let Some(words) = self.sites.get_mut(&site)
            && words.words.insert(value, id).is_none()
        {
            self.len += 1;
        }
    }
}
