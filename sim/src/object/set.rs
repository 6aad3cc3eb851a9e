//! All objects of a component, by key.

use super::{Key, Kind, Obj};
use crate::cow::{CowMap, CowTable, Keyed, hash_text};
use std::ops::RangeBounds;

/// Objects by key. Nearly all that is done to a large set is to find and replace an object, and to compare a key
/// with the names of a search is a trip to the memory for each: hence an object is found by a hash of its key,
/// and the order of keys is kept beside, for what comes and goes and for whoever lists. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub struct ObjectSet {
    objects: CowTable<Obj>,
    order: CowMap<Key, u32>,
}

impl Keyed for Obj {
    type Key = Key;
    fn hash(key: &Key) -> u64 {
        let kind = match &key.kind {
            Kind::Other(s) => s.as_str(),
            k => k.name(),
        };
        hash_text(&[kind, &key.ns, &key.name])
    }
    fn is(&self, key: &Key) -> bool {
        let m = self.meta();
        // Of one text there is as a rule one copy, so that the addresses tell.
        m.name == key.name && m.namespace == key.ns && self.kind() == key.kind
    }
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
    /// The object of that key.
    pub fn get(&self, key: &Key) -> Option<&Obj> {
        self.objects.get(key)
    }
    /// Whether there is an object of that key.
    pub fn contains_key(&self, key: &Key) -> bool {
        self.objects.contains_key(key)
    }

    /// Sets an object, which must have that key; returns what was there.
    pub fn insert(&mut self, key: Key, obj: Obj) -> Option<Obj> {
        let (number, old) = self.objects.insert(&key, obj);
        if old.is_none() {
            self.order.insert(key, number);
        }
        old
    }

    /// Removes the object of that key and returns it.
    pub fn remove(&mut self, key: &Key) -> Option<Obj> {
        let old = self.objects.remove(key)?;
        self.order.remove(key);
        Some(old)
    }

    /// All in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Obj)> {
        self.order.iter().filter_map(|(k, number)| Some((k, self.objects.at(*number)?)))
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
        self.order.range(range).filter_map(|(k, number)| Some((k, self.objects.at(*number)?)))
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
    use std::sync::Arc;

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
