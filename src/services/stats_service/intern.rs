//! Numbers for values that have none.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Numbers values from 0 in the order in which they come.
pub(super) struct Interner<T> {
    numbers: FxHashMap<T, i64>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self {
            numbers: FxHashMap::default(),
            values: Vec::new(),
        }
    }
}

impl<T: Eq + Hash + Clone> Interner<T> {
    /// The number of a value.
    pub(super) fn intern(&mut self, value: &T) -> i64 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.values.len() as i64;
        self.numbers.insert(value.clone(), number);
        self.values.push(value.clone());
        number
    }

    /// The number of a value that it met.
    pub(super) fn find(&self, value: &str) -> Option<i64>
    where
        T: std::borrow::Borrow<str>,
    {
        self.numbers.get(value).copied()
    }

    /// The value of a number that it gave.
    pub(super) fn get(&self, number: i64) -> &T {
        &self.values[number as usize]
    }
}
