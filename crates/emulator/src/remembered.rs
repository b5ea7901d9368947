//! A map that forgets its oldest entry for a new one, so that a long run does not fill the memory.

use std::collections::{HashMap, VecDeque};

/// How many entries are remembered.
pub(crate) const CAPACITY: usize = 10_000;

/// The last [`CAPACITY`] entries by key. Keys are random, so that none is entered twice.
pub(crate) struct Remembered<V> {
    entries: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<V> Remembered<V> {
    pub(crate) fn add(&mut self, key: &str, value: V) {
        if self.order.len() == CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.order.push_back(key.to_owned());
        self.entries.insert(key.to_owned(), value);
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_is_forgotten_for_a_new_one() {
        let mut remembered = Remembered::default();
        for number in 0..=CAPACITY {
            remembered.add(&number.to_string(), number);
        }
        assert_eq!(remembered.get("0"), None);
        assert_eq!(remembered.get("1"), Some(&1));
        assert_eq!(remembered.get_mut("2"), Some(&mut 2));
        remembered.clear();
        assert_eq!(remembered.get("1"), None);
    }
}
