//! Event objects as compact rows. A cluster writes six of them for each pod; as whole objects they would be most
//! of its memory. What many events share (reason, message, source) is kept once; what can be told from the rest
//! (the name, the pod's name in the message) is not kept. An event that does not fit, such as one that a user
//! wrote, is stored as it is.

use crate::api_util::Time;
use crate::cow::{CowTable, Keyed};
use crate::object::{Event, EventSource, EventType, Key, Kind, Obj, ObjectMeta, ObjectReference, Str, Uid};
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What names an event: the object that it is about, and a number; together `OBJECT.NUMBER` in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    number: u64,
    ns: Str,
    object: Str,
}

impl Name {
    fn text(&self) -> String {
        format!("{}.{:016x}", self.object, self.number)
    }
    fn of(ns: &Str, object: &Str, name: &str) -> Option<Name> {
        let digits = name.strip_prefix(object.as_str())?.strip_prefix('.')?;
        let number = u64::from_str_radix(digits, 16).ok()?;
        let lower = digits.len() == 16 && !digits.bytes().any(|b| b.is_ascii_uppercase() || b == b'+');
        lower.then(|| Name { ns: ns.clone(), object: object.clone(), number })
    }
}

/// Stands for `NAMESPACE/NAME` of the object in a kept message, so that "assigned to node-7" is one text for all pods.
const OBJECT: &str = "\u{1}";

/// What the events of many objects have in common.
#[derive(Debug, PartialEq, Eq)]
struct Text {
    api_version: Str,
    kind: Str,
    namespace: Str,
    field_path: Str,
    reason: Str,
    message: Str,
    component: Str,
    host: Str,
    warning: bool,
}

impl Hash for Text {
    /// Of the parts that tell texts apart: there is one to be found for each event.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.message.hash(state);
        self.host.hash(state);
    }
}

/// An event but for its name.
#[derive(Clone, Debug)]
struct Row {
    text: Arc<Text>,
    /// In halves, since a `u128` would be padded to sixteen bytes.
    uid: [u64; 2],
    object: [u64; 2],
    revision: u64,
    /// Seconds since the Unix epoch, enough until 2106.
    created: u32,
    first: u32,
    last: u32,
    count: u32,
    /// The number of the lease's period at whose end it goes.
    lease: u32,
}

impl Keyed for (Name, Row) {
    type Key = Name;
    /// Of the number, which is drawn at random and as good as unique.
    fn hash(name: &Name) -> u64 {
        name.number
    }
    fn is(&self, name: &Name) -> bool {
        self.0 == *name
    }
}

fn halves(uid: Uid) -> [u64; 2] {
    [(uid.0 >> 64) as u64, uid.0 as u64]
}
fn whole(halves: [u64; 2]) -> Uid {
    Uid(u128::from(halves[0]) << 64 | u128::from(halves[1]))
}

/// All events that fit into rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    /// In no order: whoever lists events pays for it.
    rows: CowTable<(Name, Row)>,
    texts: HashSet<Arc<Text>>,
    /// From how many texts on those that nobody uses are dropped.
    full: usize,
}

impl Events {
    /// Puts an event in, if it fits: it must be such as [`Events::get`] would give back.
    pub(super) fn put(&mut self, e: &Event, lease: u32) -> bool {
        let Some((name, row)) = self.row(e, lease) else { return false };
        self.rows.insert(&name.clone(), (name, row));
        true
    }

    fn row(&mut self, e: &Event, lease: u32) -> Option<(Name, Row)> {
        let m = &e.metadata;
        let o = &e.involved_object;
        let name = Name::of(&m.namespace, &o.name, &m.name)?;
        let seconds = |t: Option<Time>| u32::try_from(t?.0).ok();
        let plain = ObjectMeta {
            name: m.name.clone(),
            namespace: m.namespace.clone(),
            uid: m.uid,
            resource_version: m.resource_version,
            creation_timestamp: m.creation_timestamp,
            ..ObjectMeta::default()
        };
        if *m != plain || !e.other.is_empty() || e.message.contains(OBJECT) {
            return None;
        }
        let object = format!("{}/{}", o.namespace, o.name);
        let message = match e.message.contains(object.as_str()) {
            true => Str::from(e.message.replace(object.as_str(), OBJECT)),
            false => e.message.clone(),
        };
        let text = Text {
            api_version: o.api_version.clone(),
            kind: o.kind.clone(),
            namespace: o.namespace.clone(),
            field_path: o.field_path.clone(),
            reason: e.reason.clone(),
            message,
            component: e.source.component.clone(),
            host: e.source.host.clone(),
            warning: e.type_ == EventType::Warning,
        };
        let row = Row {
            uid: halves(m.uid),
            object: halves(o.uid),
            revision: m.resource_version,
            created: seconds(m.creation_timestamp)?,
            first: seconds(e.first_timestamp)?,
            last: seconds(e.last_timestamp)?,
            count: u32::try_from(e.count).ok()?,
            lease,
            text: self.share(text),
        };
        Some((name, row))
    }

    fn share(&mut self, text: Text) -> Arc<Text> {
        if let Some(t) = self.texts.get(&text) {
            return t.clone();
        }
        if self.texts.len() >= self.full {
            self.texts.retain(|t| Arc::strong_count(t) > 1);
            self.full = 2 * self.texts.len() + 1024;
        }
        let text = Arc::new(text);
        self.texts.insert(text.clone());
        text
    }

    /// The row of a key. Its name is cut where the number begins.
    fn name(key: &Key) -> Option<Name> {
        let (object, _) = key.name.rsplit_once('.')?;
        Name::of(&key.ns, &Str::from(object), &key.name)
    }

    /// An event as an object.
    pub(super) fn get(&self, key: &Key) -> Option<Obj> {
        let name = Self::name(key)?;
        self.rows.get(&name).map(|(_, row)| object(&name, row))
    }

    /// An event's revision; 0 if there is none.
    pub(super) fn revision(&self, key: &Key) -> u64 {
        Self::name(key).and_then(|n| self.rows.get(&n)).map_or(0, |(_, r)| r.revision)
    }

    /// The number of the lease's period at whose end an event goes.
    pub(super) fn lease(&self, key: &Key) -> Option<u32> {
        Self::name(key).and_then(|n| self.rows.get(&n)).map(|(_, r)| r.lease)
    }

    /// Takes an event out.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(name) = Self::name(key) {
            self.rows.remove(&name);
        }
    }

    /// All events, in the order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, Obj)> {
        let mut all: Vec<_> = self.rows.iter().map(|(name, row)| (key(name), name, row)).collect();
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        all.into_iter().map(|(key, name, row)| (key, object(name, row)))
    }

    /// The keys of the events whose lease ends with a period, in the order in which they were written.
    pub(super) fn expired(&self, lease: u32) -> Vec<Key> {
        let mut found: Vec<(u64, Key)> =
            self.rows.iter().filter(|(_, r)| r.lease == lease).map(|(n, r)| (r.revision, key(n))).collect();
        found.sort_unstable_by_key(|(revision, _)| *revision);
        found.into_iter().map(|(_, key)| key).collect()
    }
}

fn key(name: &Name) -> Key {
    Key { kind: Kind::Event, ns: name.ns.clone(), name: Str::from(name.text()) }
}

fn object(name: &Name, row: &Row) -> Obj {
    let t = &row.text;
    let time = |s: u32| Some(Time(i64::from(s)));
    let message = match t.message.contains(OBJECT) {
        true => Str::from(t.message.replace(OBJECT, &format!("{}/{}", t.namespace, name.object))),
        false => t.message.clone(),
    };
    Obj::Event(Arc::new(Event {
        metadata: ObjectMeta {
            name: Str::from(name.text()),
            namespace: name.ns.clone(),
            uid: whole(row.uid),
            resource_version: row.revision,
            creation_timestamp: time(row.created),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: t.api_version.clone(),
            kind: t.kind.clone(),
            namespace: t.namespace.clone(),
            name: name.object.clone(),
            uid: whole(row.object),
            field_path: t.field_path.clone(),
        },
        reason: t.reason.clone(),
        message,
        type_: if t.warning { EventType::Warning } else { EventType::Normal },
        source: EventSource { component: t.component.clone(), host: t.host.clone() },
        first_timestamp: time(row.first),
        last_timestamp: time(row.last),
        count: i64::from(row.count),
        other: Default::default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::lit;

    fn event(object: &str, number: u64) -> Event {
        Event {
            metadata: ObjectMeta {
                name: Str::from(format!("{object}.{number:016x}")),
                namespace: lit!("default"),
                uid: Uid(u128::from(number) << 70 | 5),
                resource_version: 7,
                creation_timestamp: Some(Time(1_700_000_002)),
                ..Default::default()
            },
            involved_object: ObjectReference {
                api_version: lit!("v1"),
                kind: lit!("Pod"),
                namespace: lit!("default"),
                name: Str::from(object),
                uid: Uid(99),
                field_path: lit!("spec.containers{app}"),
            },
            reason: lit!("Scheduled"),
            message: Str::from(format!("Successfully assigned default/{object} to node-7")),
            type_: EventType::Warning,
            source: EventSource { component: lit!("kubelet"), host: lit!("node-7") },
            first_timestamp: Some(Time(1_700_000_000)),
            last_timestamp: Some(Time(1_700_000_001)),
            count: 3,
            other: Default::default(),
        }
    }

    #[test]
    fn an_event_comes_back_as_it_was() {
        let mut all = Events::default();
        let objects = ["web", "web-1", "web.1", "we", "web-10", "wec"];
        for (i, object) in objects.iter().enumerate() {
            assert!(all.put(&event(object, 0xf << 60 | i as u64), 1), "{object}");
        }
        assert_eq!(all.texts.len(), 1, "the message is one for all pods");
        let found: Vec<(Key, Obj)> = all.iter().collect();
        assert!(found.is_sorted_by(|a, b| a.0 < b.0), "in the order of keys");
        for (i, object) in objects.iter().enumerate() {
            let e = Obj::Event(Arc::new(event(object, 0xf << 60 | i as u64)));
            assert_eq!(all.get(&e.key()), Some(e.clone()), "{object}");
            assert!(found.contains(&(e.key(), e.clone())), "{object}");
            all.remove(&e.key());
            assert_eq!(all.get(&e.key()), None, "{object}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_others() {
        let mut labelled = event("web", 1);
        labelled.metadata.labels.insert("a", "b");
        let mut named = event("web", 1);
        named.metadata.name = lit!("my-event");
        let mut timeless = event("web", 1);
        timeless.last_timestamp = None;
        let mut marked = event("web", 1);
        marked.message = lit!("\u{1}");
        for (name, e) in [("label", labelled), ("name", named), ("time", timeless), ("mark", marked)] {
            assert!(!Events::default().put(&e, 0), "{name}");
        }
    }
}
