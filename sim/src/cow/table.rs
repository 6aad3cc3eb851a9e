//! A copy-on-write hash table.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// How many entries lie together: so many are copied at the first change of one of them after a fork.
const PART: usize = 64;

/// Something that knows what it is found by.
pub trait Keyed: Clone {
    /// What it is found by.
    type Key;
    /// A hash of the key, its bits well mixed, the same in all versions of podium.
    fn hash(key: &Self::Key) -> u64;
    /// Whether that is its key.
    fn is(&self, key: &Self::Key) -> bool;
}

/// A hash of texts for [`Keyed::hash`]. Not the standard library's, which may change with its version.
pub fn hash_text(texts: &[&str]) -> u64 {
    let mut h = 0u64;
    for text in texts {
        for part in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..part.len()].copy_from_slice(part);
            h = (h.rotate_left(23) ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        h ^= text.len() as u64;
    }
    (h ^ h >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The keys of the index are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }
    fn write_u64(&mut self, n: u64) {
        self.0 ^= n;
    }
}

/// Entries by hash. A clone copies the index of numbers, which is quick, and shares the entries.
#[derive(Clone, Debug)]
pub struct CowTable<E: Keyed> {
    /// The number of each entry by its hash. Only ever asked, never gone through.
    index: HashMap<u64, u32, BuildHasherDefault<Plain>>,
    /// The numbers of entries whose hash another entry had taken already: as good as never any.
    clashes: Vec<u32>,
    /// The entries, at numbers that they keep.
    parts: Vec<Arc<[Option<E>; PART]>>,
    /// Numbers below `next` that are free again.
    free: Vec<u32>,
    next: u32,
}

impl<E: Keyed> Default for CowTable<E> {
    fn default() -> Self {
        CowTable {
            index: HashMap::default(),
            clashes: Vec::new(),
            parts: Vec::new(),
            free: Vec::new(),
            next: 0,
        }
    }
}

impl<E: Keyed> CowTable<E> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.index.len() + self.clashes.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of a number that [`CowTable::find`] or [`CowTable::insert`] has told.
    pub fn at(&self, number: u32) -> Option<&E> {
        self.parts.get(number as usize / PART)?[number as usize % PART].as_ref()
    }

    fn at_mut(&mut self, number: u32) -> &mut Option<E> {
        &mut Arc::make_mut(&mut self.parts[number as usize / PART])[number as usize % PART]
    }

    fn locate(&self, hash: u64, key: &E::Key) -> Option<u32> {
        let hit = |n: &&u32| self.at(**n).is_some_and(|e| e.is(key));
        self.index.get(&hash).filter(hit).or_else(|| self.clashes.iter().find(hit)).copied()
    }

    /// The number of the entry of a key.
    pub fn find(&self, key: &E::Key) -> Option<u32> {
        self.locate(E::hash(key), key)
    }

    /// The entry of a key.
    pub fn get(&self, key: &E::Key) -> Option<&E> {
        self.at(self.find(key)?)
    }

    /// Whether there is an entry of that key.
    pub fn contains_key(&self, key: &E::Key) -> bool {
        self.find(key).is_some()
    }

    /// The entry of a key, for change; the key must stay its key.
    pub fn get_mut(&mut self, key: &E::Key) -> Option<&mut E> {
        let number = self.find(key)?;
        self.at_mut(number).as_mut()
    }

    /// Sets the entry of a key. Returns its number, and what was there.
    pub fn insert(&mut self, key: &E::Key, entry: E) -> (u32, Option<E>) {
        let hash = E::hash(key);
        if let Some(number) = self.locate(hash, key) {
            return (number, self.at_mut(number).replace(entry));
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        });
        if number as usize / PART == self.parts.len() {
            self.parts.push(Arc::new(std::array::from_fn(|_| None)));
        }
        *self.at_mut(number) = Some(entry);
        match self.index.get(&hash) {
            None => drop(self.index.insert(hash, number)),
            Some(_) => self.clashes.push(number),
        }
        (number, None)
    }

    /// Removes the entry of a key and returns it.
    pub fn remove(&mut self, key: &E::Key) -> Option<E> {
        let hash = E::hash(key);
        let number = self.locate(hash, key)?;
        if self.index.get(&hash) == Some(&number) {
            self.index.remove(&hash);
        } else {
            self.clashes.retain(|n| *n != number);
        }
        self.free.push(number);
        self.at_mut(number).take()
    }

    /// All entries, in no order that means anything, but always the same one.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.parts.iter().flat_map(|part| part.iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    impl Keyed for (u64, u64) {
        type Key = u64;
        /// So bad that most keys clash.
        fn hash(key: &u64) -> u64 {
            key % 50
        }
        fn is(&self, key: &u64) -> bool {
            self.0 == *key
        }
    }

    #[test]
    fn does_what_a_map_does_even_with_a_bad_hash() {
        let mut rng = crate::rng::Rng::new(1, "table");
        let (mut table, mut map) = (CowTable::<(u64, u64)>::default(), BTreeMap::new());
        let mut before: Option<(CowTable<_>, Vec<(u64, u64)>)> = None;
        for round in 0..20_000u64 {
            let k = rng.below(300);
            match rng.below(4) {
                0 => assert_eq!(table.remove(&k), map.remove(&k).map(|v| (k, v))),
                1 => assert_eq!(table.get(&k).map(|e| e.1), map.get(&k).copied()),
                2 => assert_eq!(table.get_mut(&k).map(|e| e.1), map.get(&k).copied()),
                _ => assert_eq!(table.insert(&k, (k, round)).1.map(|e| e.1), map.insert(k, round)),
            }
            assert_eq!(table.len(), map.len());
            if round % 500 == 0 {
                let mut all: Vec<_> = table.iter().copied().collect();
                all.sort_unstable();
                assert!(all.iter().copied().eq(map.iter().map(|(k, v)| (*k, *v))));
                if let Some((fork, was)) = before.replace((table.clone(), all)) {
                    let mut is: Vec<_> = fork.iter().copied().collect();
                    is.sort_unstable();
                    assert_eq!(is, was, "a fork keeps what it had");
                }
            }
        }
    }

    #[test]
    fn a_change_after_a_fork_copies_one_part() {
        let mut a: CowTable<(u64, u64)> = CowTable::default();
        for k in 0..1000 {
            a.insert(&k, (k, k));
        }
        let b = a.clone();
        a.insert(&7, (7, 0));
        assert_eq!((a.get(&7), b.get(&7)), (Some(&(7, 0)), Some(&(7, 7))));
        assert_eq!(a.parts.iter().filter(|p| Arc::strong_count(p) == 1).count(), 1);
    }
}
