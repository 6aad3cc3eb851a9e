//! The store as a run sees it: folded from the records of writes, so that each single revision can be looked at,
//! even where several are committed at one instant.

use crate::etcd::Committed;
use crate::object::{Key, Kind, Obj, Str};
use crate::trace::{Record, What, WriteVerb};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All objects at one revision.
#[derive(Clone, Debug, Default)]
pub struct View {
    objects: BTreeMap<Key, Obj>,
    revision: u64,
    /// Objects as JSON, by the revision that they had then.
    cache: RefCell<BTreeMap<Key, (u64, Arc<Value>)>>,
}

impl View {
    /// Takes over a write; says whether the record was one.
    pub fn apply(&mut self, record: &Record) -> bool {
        let What::Write { verb, revision, obj, .. } = &record.what else { return false };
        self.put(*revision, obj, *verb != WriteVerb::Delete);
        true
    }

    /// Takes over a change that the trace does not keep.
    pub fn commit(&mut self, change: &Committed) {
        self.put(change.revision, change.object(), change.new.is_some());
    }

    fn put(&mut self, revision: u64, obj: &Obj, lives: bool) {
        let key = obj.key();
        if lives {
            self.objects.insert(key, obj.clone());
        } else {
            self.objects.remove(&key);
            self.cache.get_mut().remove(&key);
        }
        self.revision = self.revision.max(revision);
    }

    /// Takes over the whole store.
    pub fn sync(&mut self, revision: u64, objects: Vec<(Key, Obj)>) {
        self.objects = objects.into_iter().collect();
        self.revision = revision;
        self.cache.get_mut().retain(|k, _| self.objects.contains_key(k));
    }

    /// The newest revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// An object.
    pub fn get(&self, key: &Key) -> Option<&Obj> {
        self.objects.get(key)
    }

    /// The objects of a kind, in key order.
    pub fn of_kind<'a>(&'a self, kind: &'a Kind) -> impl Iterator<Item = (&'a Key, &'a Obj)> {
        let first = Key { kind: kind.clone(), ns: Str::new(), name: Str::new() };
        self.objects.range(first..).take_while(move |(k, _)| k.kind == *kind)
    }

    /// The objects of a kind in a namespace: `default` if none is given, all for `*`.
    pub fn select<'a>(
        &'a self,
        kind: &'a Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Obj)> {
        let any = namespace == Some("*") || !kind.namespaced();
        let ns = namespace.unwrap_or("default");
        self.of_kind(kind).filter(move |(k, _)| any || k.ns == ns)
    }

    /// An object as JSON.
    pub fn json(&self, key: &Key, obj: &Obj) -> Arc<Value> {
        let version = obj.meta().resource_version;
        let mut cache = self.cache.borrow_mut();
        if let Some((at, value)) = cache.get(key)
            && *at == version
            && version != 0
        {
            return Arc::clone(value);
        }
        let value = Arc::new(obj.to_value());
        cache.insert(key.clone(), (version, Arc::clone(&value)));
        value
    }
}
