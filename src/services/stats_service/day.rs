//! A site-local day in columns: the form in which facts are counted, whatever they are stored as.
//!
//! Events stand visitor by visitor, each visitor's in the order of time; a visitor id lives one day, so the distinct visitors of a
//! group are how often the visitor changes among its events. Visits stand in the order of their first event here.

use std::{borrow::Cow, collections::BTreeSet};

use rustc_hash::FxHashMap;

use super::column::ColumnId;
use crate::blocks::{Coded, Column};

/// The facts of a day, as far as a question needs them.
#[derive(Debug, Default)]
pub(super) struct Day {
    /// Its first instant, milliseconds since the epoch.
    pub(super) from: i64,
    /// The first instant after it.
    pub(super) to: i64,
    pub(super) events: usize,
    pub(super) visits: usize,
    columns: FxHashMap<ColumnId, Column>,
    /// Those of [`ColumnId::is_index`].
    indexes: FxHashMap<ColumnId, Vec<u32>>,
    properties: FxHashMap<String, Coded<String>>,
}

impl Day {
    pub(super) fn new(from: i64, to: i64, events: usize, visits: usize) -> Self {
        Self {
            from,
            to,
            events,
            visits,
            ..Self::default()
        }
    }

    /// Takes a column; it has as many rows as there are events or visits.
    pub(super) fn put(&mut self, id: ColumnId, column: Column) {
        self.columns.insert(id, column);
    }

    /// Takes a column of places among the day's visits or visitors.
    pub(super) fn put_indexes(&mut self, id: ColumnId, indexes: Vec<u32>) {
        self.indexes.insert(id, indexes);
    }

    /// Takes a custom property; the empty text stands for events without it.
    pub(super) fn put_property(&mut self, name: String, values: Coded<String>) {
        self.properties.insert(name, values);
    }

    /// A column as it is stored; `None` if it is not here.
    pub(super) fn column(&self, id: ColumnId) -> Option<Cow<'_, Column>> {
        if let Some(indexes) = self.indexes.get(&id) {
            let numbers = indexes.iter().copied().map(i64::from);
            return Some(Cow::Owned(Column::Numbers(numbers.collect())));
        }
        self.columns.get(&id).map(Cow::Borrowed)
    }

    /// Whether a column is here.
    pub(super) fn has(&self, id: ColumnId) -> bool {
        self.columns.contains_key(&id) || self.indexes.contains_key(&id)
    }

    /// A column of words.
    ///
    /// # Panics
    /// If the question did not say that it needs it: a mistake of ours, which the tests of every dimension would meet.
    pub(super) fn words(&self, id: ColumnId) -> &Coded<i64> {
        match self.columns.get(&id) {
            Some(Column::Words(words)) => words,
            other => panic!("{id:?} is no column of words here: {other:?}"),
        }
    }

    /// A column of numbers.
    ///
    /// # Panics
    /// As [`Day::words`].
    pub(super) fn numbers(&self, id: ColumnId) -> &[i64] {
        match self.columns.get(&id) {
            Some(Column::Numbers(numbers)) => numbers,
            other => panic!("{id:?} is no column of numbers here: {other:?}"),
        }
    }

    /// A column of places among the day's visits or visitors.
    ///
    /// # Panics
    /// As [`Day::words`].
    pub(super) fn indexes(&self, id: ColumnId) -> &[u32] {
        match self.indexes.get(&id) {
            Some(indexes) => indexes,
            None => panic!("{id:?} was not asked for"),
        }
    }

    /// A column of texts.
    ///
    /// # Panics
    /// As [`Day::words`].
    pub(super) fn texts(&self, id: ColumnId) -> &Coded<String> {
        match self.columns.get(&id) {
            Some(Column::Texts(texts)) => texts,
            other => panic!("{id:?} is no column of texts here: {other:?}"),
        }
    }

    /// The values of a custom property; `None` if no event of the day has it.
    pub(super) fn property(&self, name: &str) -> Option<&Coded<String>> {
        self.properties.get(name)
    }

    /// All custom properties.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&String, &Coded<String>)> {
        self.properties.iter()
    }
}

/// Some events of a day and their visits, by their places among all, ascending.
pub(super) struct Places {
    pub(super) events: Vec<u32>,
    pub(super) visits: Vec<u32>,
}

impl Places {
    /// Those that a column has rows of.
    pub(super) fn of(&self, id: ColumnId) -> &[u32] {
        if id.is_of_event() {
            &self.events
        } else {
            &self.visits
        }
    }
}

impl Day {
    /// A day of some events and their visits, with the columns that are here but for [`ColumnId::Visit`]: the places of visits are others there.
    pub(super) fn pick(&self, places: &Places) -> Self {
        let mut picked = Self::new(self.from, self.to, places.events.len(), places.visits.len());
        for (id, column) in &self.columns {
            let at = places.of(*id);
            let column = match column {
                Column::Numbers(numbers) => Column::Numbers(pick(numbers, at)),
                Column::Words(words) => Column::Words(pick_codes(words, at)),
                Column::Texts(texts) => Column::Texts(pick_codes(texts, at)),
            };
            picked.put(*id, column);
        }
        for (id, indexes) in &self.indexes {
            if *id != ColumnId::Visit {
                picked.put_indexes(*id, pick(indexes, places.of(*id)));
            }
        }
        for (name, values) in &self.properties {
            picked.put_property(name.clone(), pick_codes(values, &places.events));
        }
        picked
    }

    /// Adds another part of the same day, whose visitors and visits are others. Both have all columns.
    pub(super) fn append(&mut self, mut other: Self) {
        let visitors = self
            .indexes(ColumnId::Visitor)
            .last()
            .map_or(0, |last| last + 1);
        let visits = self.visits as u32;
        for (id, added) in [(ColumnId::Visit, visits), (ColumnId::Visitor, visitors)] {
            if let (Some(indexes), Some(more)) = (self.indexes.get_mut(&id), other.indexes.get(&id))
            {
                indexes.extend(more.iter().map(|index| index + added));
            }
        }
        for (id, column) in &mut self.columns {
            if let Some(more) = other.columns.remove(id) {
                append_column(column, more);
            }
        }
        let names: BTreeSet<String> = self
            .properties
            .keys()
            .chain(other.properties.keys())
            .cloned()
            .collect();
        for name in names {
            let values = |day: &Self| match day.properties.get(&name) {
                Some(coded) => texts(coded),
                None => vec![String::new(); day.events],
            };
            let all = [values(self), values(&other)].concat();
            self.properties.insert(name, code(&all));
        }
        self.events += other.events;
        self.visits += other.visits;
    }
}

fn pick<T: Copy>(rows: &[T], at: &[u32]) -> Vec<T> {
    at.iter().map(|place| rows[*place as usize]).collect()
}

fn pick_codes<T: Clone>(coded: &Coded<T>, at: &[u32]) -> Coded<T> {
    Coded {
        values: coded.values.clone(),
        codes: pick(&coded.codes, at),
    }
}

fn texts(coded: &Coded<String>) -> Vec<String> {
    let text = |code: &u32| coded.values[*code as usize].clone();
    coded.codes.iter().map(text).collect()
}

fn append_column(column: &mut Column, more: Column) {
    match (column, more) {
        (Column::Numbers(numbers), Column::Numbers(more)) => {
            numbers.extend(more);
        }
        (Column::Words(words), Column::Words(more)) => {
            let values = [&*words, &more].into_iter().flat_map(|coded| {
                let value = |code: &u32| coded.values[*code as usize];
                coded.codes.iter().map(value)
            });
            *words = code(&values.collect::<Vec<_>>());
        }
        (Column::Texts(words), Column::Texts(more)) => {
            *words = code(&[texts(words), texts(&more)].concat());
        }
        _ => debug_assert!(false, "a column has one kind"),
    }
}

/// Codes values that repeat: a table without repeats, ascending, and an index into it for each.
pub(super) fn code<T: Ord + std::hash::Hash + Clone>(values: &[T]) -> Coded<T> {
    let mut seen: FxHashMap<&T, u32> = FxHashMap::default();
    let mut distinct: Vec<&T> = Vec::new();
    let mut codes = Vec::with_capacity(values.len());
    for value in values {
        let code = *seen.entry(value).or_insert_with(|| {
            distinct.push(value);
            distinct.len() as u32 - 1
        });
        codes.push(code);
    }
    let mut order: Vec<u32> = (0..distinct.len() as u32).collect();
    order.sort_unstable_by_key(|code| distinct[*code as usize]);
    let mut rank = vec![0; order.len()];
    for (at, code) in order.iter().enumerate() {
        rank[*code as usize] = at as u32;
    }
    codes
        .iter_mut()
        .for_each(|code| *code = rank[*code as usize]);
    let values = order
        .iter()
        .map(|code| distinct[*code as usize].clone())
        .collect();
    Coded { values, codes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_coded_in_their_own_order() {
        let coded = code(&[30, 10, 30, 20]);
        assert_eq!(coded.values, [10, 20, 30]);
        assert_eq!(coded.codes, [2, 0, 2, 1]);
        assert_eq!(code::<i64>(&[]).values, [0i64; 0]);
    }
}
