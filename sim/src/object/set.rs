//! All objects of a component, by key.

use super::{Key, Kind, Obj};
use crate::cow::CowMap;
use std::ops::RangeBounds;
use std::sync::Arc;

/// How many objects a fork copies at the first change of one of them.
const PART: usize = 64;

/// Objects by key. Nearly all that is done to a large one is to find and replace an object, and to compare a key
/// with the names of a search is a trip to the memory for each: hence an object is found by a hash of its key,
/// and the order of keys is kept beside, for what comes and goes and for whoever lists. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub struct ObjectSet {
    /// The objects, at numbers that they keep.
    slots: Vec<Arc<Vec<Option<Obj>>>>,
    /// Numbers that are free again.
    free: Vec<u32>,
    /// Hash and number.
    by_hash: CowMap<(u64, u32), ()>,
    order: CowMap<Key, u32>,
}

/// Not from the standard library, whose hashes may change with its version: the order of equal hashes must not.
fn hash(key: &Key) -> u64 {
    let kind = match &key.kind {
        Kind::Other(s) => s.as_str(),
        k => k.name(),
    };
    let mut h = 0u64;
    for text in [kind, &key.ns, &key.name] {
        for part in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..part.len()].copy_from_slice(part);
            h = (h.rotate_left(23) ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        h ^= text.len() as u64;
    }
    h ^ h >> 32
}

/// Whether an object has that key.
fn is(o: &Obj, key: &Key) -> bool {
    let m = o.meta();
    // Of one text there is as a rule one copy, so that the addresses tell.
    m.name == key.name && m.namespace == key.ns && o.kind() == key.kind
}

impl ObjectSet {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn at(&self, slot: u32) -> Option<&Obj> {
        self.slots.get(slot as usize / PART)?.get(slot as usize % PART)?.as_ref()
    }

    fn at_mut(&mut self, slot: u32) -> &mut Option<Obj> {
        &mut Arc::make_mut(&mut self.slots[slot as usize / PART])[slot as usize % PART]
    }

    fn find(&self, hash: u64, key: &Key) -> Option<(u32, &Obj)> {
        let same = self.by_hash.range((hash, 0)..=(hash, u32::MAX));
        same.filter_map(|((_, slot), ())| Some((*slot, self.at(*slot)?))).find(|(_, o)| is(o, key))
    }

    /// The object of that key.
    pub fn get(&self, key: &Key) -> Option<&Obj> {
        self.find(hash(key), key).map(|(_, o)| o)
    }
    /// Whether there is an object of that key.
    pub fn contains_key(&self, key: &Key) -> bool {
        self.get(key).is_some()
    }

    /// Sets an object, which must have that key; returns what was there.
    pub fn insert(&mut self, key: Key, obj: Obj) -> Option<Obj> {
        let hash = hash(&key);
        if let Some((slot, _)) = self.find(hash, &key) {
            return self.at_mut(slot).replace(obj);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            if self.slots.last().is_none_or(|part| part.len() == PART) {
                self.slots.push(Arc::new(Vec::with_capacity(PART)));
            }
            let last = self.slots.len() - 1;
            let part = Arc::make_mut(&mut self.slots[last]);
            part.push(None);
            (last * PART + part.len() - 1) as u32
        });
        *self.at_mut(slot) = Some(obj);
        self.by_hash.insert((hash, slot), ());
        self.order.insert(key, slot);
        None
    }

    /// Removes the object of that key and returns it.
    pub fn remove(&mut self, key: &Key) -> Option<Obj> {
        let hash = hash(key);
        let (slot, _) = self.find(hash, key)?;
        self.by_hash.remove(&(hash, slot));
        self.order.remove(key);
        self.free.push(slot);
        self.at_mut(slot).take()
    }

    /// All in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Obj)> {
        self.order.iter().filter_map(|(k, slot)| Some((k, self.at(*slot)?)))
    }
    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.order.keys()
    }
    /// All objects in key order.
    pub fn values(&self) -> impl Iterator<Item = &Obj> {
        self.iter().map(|(_, o)| o)
    }
    /// The objects of a range of keys, in order.
    pub fn range(&self, range: impl RangeBounds<Key>) -> impl Iterator<Item = (&Key, &Obj)> {
        self.order.range(range).filter_map(|(k, slot)| Some((k, self.at(*slot)?)))
    }
}

impl FromIterator<(Key, Obj)> for ObjectSet {
    fn from_iter<T: IntoIterator<Item = (Key, Obj)>>(iter: T) -> Self {
        let mut set = ObjectSet::default();
        for (key, obj) in iter {
            set.insert(key, obj);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{ConfigMap, ObjectMeta};
    use std::collections::BTreeMap;

    #[test]
    fn does_what_a_map_does() {
        let mut rng = crate::rng::Rng::new(1, "objects");
        let (mut set, mut map) = (ObjectSet::default(), BTreeMap::new());
        for version in 1..20_000u64 {
            let name = format!("o-{}", rng.below(700));
            let ns = ["a", "b", ""][rng.below(3) as usize];
            let metadata = ObjectMeta {
                name: name.as_str().into(),
                namespace: ns.into(),
                resource_version: version,
                ..Default::default()
            };
            let obj = Obj::ConfigMap(Arc::new(ConfigMap { metadata, ..Default::default() }));
            let key = obj.key();
            match rng.below(4) {
                0 => assert_eq!(set.remove(&key), map.remove(&key)),
                1 => assert_eq!(set.get(&key), map.get(&key)),
                _ => assert_eq!(set.insert(key.clone(), obj.clone()), map.insert(key.clone(), obj)),
            }
            assert_eq!(set.len(), map.len());
            if version % 500 == 0 {
                assert!(set.iter().eq(map.iter()));
                assert!(set.range(key.clone()..).eq(map.range(key..)));
            }
        }
        let before = set.clone();
        let keys: Vec<Key> = set.keys().cloned().collect();
        keys.iter().for_each(|k| drop(set.remove(k)));
        assert!(set.is_empty() && before.len() == keys.len() && before.iter().eq(map.iter()));
    }
}
