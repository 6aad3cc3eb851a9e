//! A copy-on-write map in the order of its keys.

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

/// Most entries of a chunk. Small, since a change after a fork copies a whole chunk; large enough that the
/// index of chunks, which every fork copies, stays a fraction of the map.
const CHUNK: usize = 128;
/// How much a chunk grows at a time. Doubling would leave a third of all memory unused.
const GROW: usize = 8;

/// An ordered map in sorted chunks behind `Arc`s. A clone shares all chunks; a change copies the chunk that it
/// hits if somebody else still holds it. Denser than a `BTreeMap`, too, whose nodes are two thirds full.
#[derive(Clone)]
pub struct CowMap<K, V> {
    /// Chunks by their first key, or by a lower one once that is gone. None is empty. A plain sorted list: a binary
    /// search makes the fewest comparisons, and what a comparison of names costs is the way to the memory.
    chunks: Vec<(K, Arc<Chunk<K, V>>)>,
    len: usize,
}

/// Keys and values side by side: a search reads nothing but keys.
#[derive(Clone)]
struct Chunk<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

impl<K, V> Default for Chunk<K, V> {
    fn default() -> Self {
        Chunk { keys: Vec::new(), values: Vec::new() }
    }
}

impl<K, V> Chunk<K, V> {
    fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.from(0)
    }
    fn from(&self, at: usize) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.keys[at..].iter().zip(&self.values[at..])
    }
    fn insert(&mut self, at: usize, key: K, value: V) {
        if self.keys.len() == self.keys.capacity() {
            self.keys.reserve_exact(GROW);
            self.values.reserve_exact(GROW);
        }
        self.keys.insert(at, key);
        self.values.insert(at, value);
    }
    fn split(&mut self) -> Self {
        let upper = Chunk { keys: self.keys.split_off(CHUNK / 2), values: self.values.split_off(CHUNK / 2) };
        self.keys.shrink_to_fit();
        self.values.shrink_to_fit();
        upper
    }
    fn remove(&mut self, at: usize) -> V {
        self.keys.remove(at);
        let value = self.values.remove(at);
        let len = self.keys.len();
        if self.keys.capacity() > len + 2 * GROW {
            self.keys.shrink_to(len + GROW);
            self.values.shrink_to(len + GROW);
        }
        value
    }
}

impl<K, V> Default for CowMap<K, V> {
    fn default() -> Self {
        CowMap { chunks: Vec::new(), len: 0 }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for CowMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.chunks.iter().flat_map(|(_, c)| c.iter())).finish()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for CowMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        // By entries: equal maps may be cut into chunks in different ways.
        let (a, b) = (&self.chunks, &other.chunks);
        self.len == other.len && a.iter().flat_map(|(_, c)| c.iter()).eq(b.iter().flat_map(|(_, c)| c.iter()))
    }
}

impl<K: Ord + Clone, V: Clone> CowMap<K, V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The place of the only chunk that may hold a key; `None` if the key is below all.
    fn place(&self, key: &K) -> Option<usize> {
        self.chunks.partition_point(|(first, _)| first <= key).checked_sub(1)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let chunk = &self.chunks[self.place(key)?].1;
        chunk.keys.binary_search(key).ok().map(|at| &chunk.values[at])
    }

    /// Whether there is an entry of that key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// The value of a key, for change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.place(key)?;
        let chunk = &mut self.chunks[place].1;
        let at = chunk.keys.binary_search(key).ok()?;
        Some(&mut Arc::make_mut(chunk).values[at])
    }

    /// Sets a key; returns what it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let place = self.place(&key).unwrap_or_else(|| {
            // Below all others: it goes into the first chunk, which is called by it from now on.
            match self.chunks.first_mut() {
                Some((first, _)) => *first = key.clone(),
                None => self.chunks.push((key.clone(), Arc::default())),
            }
            0
        });
        let chunk = &mut self.chunks[place].1;
        let found = chunk.keys.binary_search(&key);
        let chunk = Arc::make_mut(chunk);
        match found {
            Ok(at) => return Some(std::mem::replace(&mut chunk.values[at], value)),
            Err(at) => chunk.insert(at, key, value),
        }
        self.len += 1;
        if chunk.keys.len() > CHUNK {
            let upper = chunk.split();
            self.chunks.insert(place + 1, (upper.keys[0].clone(), Arc::new(upper)));
        }
        None
    }

    /// Removes a key; returns what it had. Chunks are not joined: what leaves is as a rule followed by its like.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.place(key)?;
        let chunk = &mut self.chunks[place].1;
        let at = chunk.keys.binary_search(key).ok()?;
        let chunk = Arc::make_mut(chunk);
        let value = chunk.remove(at);
        self.len -= 1;
        if chunk.keys.is_empty() {
            self.chunks.remove(place);
        }
        Some(value)
    }

    /// All entries in key order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.chunks.iter().flat_map(|(_, c)| c.iter())
    }

    /// All keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(k, _)| k)
    }

    /// All values in key order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, v)| v)
    }

    /// The entries of a range of keys, in order.
    pub fn range(&self, range: impl RangeBounds<K>) -> impl Iterator<Item = (&K, &V)> {
        let (from, to) = (range.start_bound().cloned(), range.end_bound().cloned());
        let below = |k: &K| match &from {
            Bound::Included(b) => k < b,
            Bound::Excluded(b) => k <= b,
            Bound::Unbounded => false,
        };
        let first = match &from {
            Bound::Included(b) | Bound::Excluded(b) => self.place(b),
            Bound::Unbounded => None,
        };
        let head = first.map(|i| {
            let chunk = &self.chunks[i].1;
            chunk.from(chunk.keys.partition_point(below))
        });
        let rest = self.chunks[first.map_or(0, |i| i + 1)..].iter();
        head.into_iter().flatten().chain(rest.flat_map(|(_, c)| c.iter())).take_while(move |(k, _)| match &to
        {
            Bound::Included(b) => *k <= b,
            Bound::Excluded(b) => *k < b,
            Bound::Unbounded => true,
        })
    }

    /// Changes values of which `wanted` says so; no chunk without any is copied.
    pub fn update(&mut self, wanted: impl Fn(&V) -> bool, mut change: impl FnMut(&mut V)) {
        let chunks = self.chunks.iter_mut().map(|(_, c)| c);
        for chunk in chunks.filter(|c| c.values.iter().any(&wanted)) {
            Arc::make_mut(chunk).values.iter_mut().filter(|v| wanted(v)).for_each(&mut change);
        }
    }

    /// Keeps the entries that pass.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let gone: Vec<K> = self.iter().filter(|(k, v)| !keep(k, v)).map(|(k, _)| k.clone()).collect();
        for key in gone {
            self.remove(&key);
        }
    }

    /// Whether a fork shares that key's chunk: for tests of what a change copies.
    #[cfg(test)]
    fn shared(&self, key: &K) -> bool {
        self.place(key).is_some_and(|i| Arc::strong_count(&self.chunks[i].1) > 1)
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for CowMap<K, V> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(iter: T) -> Self {
        let mut map = CowMap::default();
        for (k, v) in iter {
            map.insert(k, v);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn does_what_a_btree_map_does() {
        let mut rng = crate::rng::Rng::new(1, "cow");
        let (mut cow, mut plain) = (CowMap::default(), BTreeMap::new());
        for round in 0..20_000u64 {
            let k = rng.below(3000);
            match rng.below(5) {
                0 | 1 => assert_eq!(cow.insert(k, round), plain.insert(k, round)),
                2 => assert_eq!(cow.remove(&k), plain.remove(&k)),
                3 => assert_eq!(cow.get_mut(&k), plain.get_mut(&k)),
                _ => assert_eq!(cow.get(&k), plain.get(&k)),
            }
            assert_eq!(cow.len(), plain.len());
            if round % 5000 == 0 {
                let mut again: CowMap<u64, u64> = plain.iter().rev().map(|(k, v)| (*k, *v)).collect();
                assert!(again == cow);
                again.insert(k, round + 1);
                assert!(again != cow);
            }
            if round % 500 == 0 {
                assert!(cow.iter().eq(plain.iter()));
                assert!(cow.range(k..).eq(plain.range(k..)));
                assert!(cow.range(k..k + 700).eq(plain.range(k..k + 700)));
                let after = (Bound::Excluded(k), Bound::Included(k + 9));
                assert!(cow.range(after).eq(plain.range(after)));
            }
        }
        cow.retain(|k, _| k % 7 == 0);
        plain.retain(|k, _| k % 7 == 0);
        assert!(cow.iter().rev().eq(plain.iter().rev()));
    }

    #[test]
    fn a_change_after_a_fork_copies_one_chunk() {
        let mut a: CowMap<u32, u32> = (0..10_000).map(|i| (i, i)).collect();
        let b = a.clone();
        a.insert(5000, 0);
        assert_eq!((a.get(&5000), b.get(&5000)), (Some(&0), Some(&5000)));
        let copied = (0..10_000).filter(|k| !a.shared(k)).count();
        assert!((1..=CHUNK).contains(&copied), "{copied}");
    }
}
