//! The memory of all dictionaries: strings that have a number in the database, shared by all threads.
//!
//! Holds only what is committed. A number never changes and is never given again, so what was read here stays true.

use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::coded::Word;
use crate::domain::SiteId;

/// Strings kept before all are forgotten: some 30 MB. Refilling costs one look-up a string.
const LIMIT: usize = 200_000;

/// Numbers of strings, by site.
#[derive(Default)]
pub(super) struct Words(RwLock<Known>);

#[derive(Default)]
struct Known {
    sites: FxHashMap<SiteId, FxHashMap<Box<str>, i64>>,
    len: usize,
}

impl Words {
    /// Looks strings of one site up; the empty one is 0.
    pub(super) fn look_up<const N: usize>(&self, site: SiteId, texts: [&str; N]) -> [Word; N] {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let words = known.sites.get(&site);
        texts.map(|text| {
            if text.is_empty() {
                return Word::Known(0);
            }
            let number = words.and_then(|words| words.get(text));
            number.map_or_else(|| Word::New(text.into()), |number| Word::Known(*number))
        })
    }

    /// The number of one string.
    pub(super) fn get(&self, site: SiteId, text: &str) -> Option<i64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.sites.get(&site)?.get(text).copied()
    }

    /// Forgets everything if there is too much of it; what is looked up or committed afterwards stays until the next call.
    pub(super) fn make_room(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len > LIMIT {
            *known = Known::default();
        }
    }

    /// Remembers strings whose numbers are committed.
    pub(super) fn remember(&self, words: impl IntoIterator<Item = (SiteId, Box<str>, i64)>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (site, text, number) in words {
            let words = known.sites.entry(site).or_default();
            if words.insert(text, number).is_none() {
                known.len += 1;
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.len
    }

    /// Forgets the strings of a site that was deleted.
    pub(super) fn forget_site(&self, site: SiteId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = known.sites.remove(&site) {
            known.len -= words.len();
        }
    }
}
