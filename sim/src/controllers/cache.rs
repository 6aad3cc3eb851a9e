//! The controller manager's picture of the cluster: what its informers have told it, with the indexes
//! that keep every event and every sync independent of the size of the cluster.
//!
//! Source: `k8s.io/client-go/tools/cache` (shared informers and their indexers) and, for pods,
//! `pkg/controller/controller_utils.go` (`PodControllerUIDIndex`). Beyond upstream, a replica set's pods are counted
//! as they change, so that a sync which finds nothing to do costs nothing.
//!
//! All parts are copy-on-write: a fork of the world shares them until one side moves on.

use crate::cow::{CowMap, CowTable, Keyed};
use crate::object::{Key, List, OwnerReference, lit};
use crate::object::{Kind, Labels, Obj, ObjectSet, Pod, ReplicaSet, Str, Uid};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// The pods of one controlling owner.
#[derive(Clone, Debug, Default)]
pub struct PodGroup {
    /// What names them, also those that have ended or are being deleted: see [`Cache::pods`].
    pub pods: Names,
    /// How many are active: not ended, not being deleted.
    pub active: usize,
    /// How many of the active ones are ready.
    pub ready: usize,
    /// How many of the active ones carry all labels of the owner's template.
    pub labelled: usize,
    /// The labels of the owner's template.
    template: Labels,
}

fn carries(pod: &Pod, template: &Labels) -> bool {
    pod.metadata.labels.same(template) || template.iter().all(|(k, v)| pod.metadata.labels.get(k) == Some(v))
}

impl PodGroup {
    fn count(&mut self, pod: &Pod, up: bool) {
        if !pod.active() {
            return;
        }
        let step = |n: &mut usize| if up { *n += 1 } else { *n -= 1 };
        step(&mut self.active);
        if pod.ready() {
            step(&mut self.ready);
        }
        if carries(pod, &self.template) {
            step(&mut self.labelled);
        }
    }

    fn set_template(&mut self, template: &Labels, objects: &ObjectSet) {
        let changed = !self.template.same(template) && self.template != *template;
        self.template = template.clone();
        if changed {
            let pods = self.pods.keys().filter_map(|k| objects.get(k)?.as_pod());
            self.labelled = pods.filter(|p| p.active() && carries(p, template)).count();
        }
    }
}

/// Pods, by name only: an index that held the pods themselves would change with each change of theirs.
type Names = CowMap<Key, ()>;

/// What the informers have told.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    objects: ObjectSet,
    uids: CowTable<(Uid, Key)>,
    dependents: CowMap<(Uid, Key), ()>,
    groups: Arc<BTreeMap<Uid, Arc<PodGroup>>>,
    by_node: Arc<BTreeMap<Str, Names>>,
    orphans: Arc<BTreeSet<Key>>,
    ended: Arc<BTreeSet<Key>>,
    deleting: Arc<BTreeSet<Key>>,
}

impl Keyed for (Uid, Key) {
    type Key = Uid;
    fn hash(uid: &Uid) -> u64 {
        uid.mixed()
    }
    fn is(&self, uid: &Uid) -> bool {
        self.0 == *uid
    }
}

/// One change of one object: what was known of it, and what is now.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What names it.
    pub key: Key,
    /// What was known before.
    pub old: Option<Obj>,
    /// What is known now; `None`: it is gone.
    pub new: Option<Obj>,
}

impl Seen {
    /// The newest version known.
    pub fn any(&self) -> &Obj {
        self.new.as_ref().or(self.old.as_ref()).expect("a change is of something")
    }
}

impl Cache {
    /// The object of that name.
    pub fn get(&self, key: &Key) -> Option<&Obj> {
        self.objects.get(key)
    }
    /// The replica set of that name.
    pub fn replica_set(&self, key: &Key) -> Option<&Arc<ReplicaSet>> {
        self.objects.get(key).and_then(Obj::as_replica_set)
    }
    /// The object of that identity.
    pub fn of_uid(&self, uid: Uid) -> Option<&Obj> {
        self.objects.get(&self.uids.get(&uid)?.1)
    }
    /// The pods of a controlling owner.
    pub fn group(&self, uid: Uid) -> Option<&PodGroup> {
        self.groups.get(&uid).map(|g| &**g)
    }
    /// The pods of a group, by name.
    pub fn pods(&self, group: &PodGroup) -> impl Iterator<Item = &Arc<Pod>> {
        group.pods.keys().filter_map(|k| self.pod(k))
    }
    /// Everything that names an owner of that identity.
    pub fn dependents(&self, uid: Uid) -> impl Iterator<Item = &Key> {
        let first = (uid, Key::new(Kind::Namespace, "", ""));
        self.dependents.range(first..).map(|(k, ())| k).take_while(move |(u, _)| *u == uid).map(|(_, k)| k)
    }
    /// All objects of a kind.
    pub fn of_kind<'a>(&'a self, kind: &Kind) -> impl Iterator<Item = &'a Obj> + use<'a> {
        let from = Key { kind: kind.clone(), ns: lit!(""), name: lit!("") };
        let kind = kind.clone();
        self.objects.range(from..).take_while(move |(k, _)| k.kind == kind).map(|(_, o)| o)
    }
    /// All objects of a kind in a namespace.
    pub fn in_namespace<'a>(&'a self, kind: &Kind, ns: &Str) -> impl Iterator<Item = &'a Obj> + use<'a> {
        let from = Key { kind: kind.clone(), ns: ns.clone(), name: lit!("") };
        let (kind, ns) = (kind.clone(), ns.clone());
        self.objects.range(from..).take_while(move |(k, _)| k.kind == kind && k.ns == ns).map(|(_, o)| o)
    }
    /// All inert objects, of any kind.
    pub fn inert(&self) -> impl Iterator<Item = &Obj> {
        let from = Key { kind: Kind::Other(lit!("")), ns: lit!(""), name: lit!("") };
        self.objects.range(from..).map(|(_, o)| o)
    }
    /// The pods bound to a node; the empty name stands for none yet.
    pub fn on_node(&self, node: &str) -> impl Iterator<Item = (&Key, &Arc<Pod>)> {
        let names = self.by_node.get(node).into_iter().flat_map(|m| m.keys());
        names.filter_map(|k| Some((k, self.pod(k)?)))
    }
    /// The names that pods are bound to.
    pub fn nodes_with_pods(&self) -> impl Iterator<Item = &Str> {
        self.by_node.keys().filter(|n| !n.is_empty())
    }
    /// The pods of a namespace that no controller owns.
    pub fn orphans<'a>(&'a self, ns: &Str) -> impl Iterator<Item = &'a Arc<Pod>> + use<'a> {
        let from = Key { kind: Kind::Pod, ns: ns.clone(), name: lit!("") };
        let ns = ns.clone();
        self.orphans
            .range((Bound::Included(from), Bound::Unbounded))
            .take_while(move |k| k.ns == ns)
            .filter_map(|k| self.objects.get(k)?.as_pod())
    }
    /// Pods that have ended (Succeeded or Failed).
    pub fn ended(&self) -> &BTreeSet<Key> {
        &self.ended
    }
    /// Pods whose deletion has been asked for.
    pub fn deleting(&self) -> &BTreeSet<Key> {
        &self.deleting
    }
    /// The pod of that name.
    pub fn pod(&self, key: &Key) -> Option<&Arc<Pod>> {
        self.objects.get(key).and_then(Obj::as_pod)
    }

    /// Takes a new version of an object in. `None` if that very version is known already.
    pub(super) fn set(&mut self, obj: Obj) -> Option<Seen> {
        let key = obj.key();
        let old = self.objects.insert(key.clone(), obj.clone());
        if let Some(old) = &old {
            let (a, b) = (old.meta(), obj.meta());
            if a.resource_version == b.resource_version && a.uid == b.uid {
                return None;
            }
        }
        self.index(&key, old.as_ref(), Some(&obj));
        Some(Seen { key, old, new: Some(obj) })
    }

    /// Drops an object. `last` is the last version that the watch showed, if it did.
    pub(super) fn remove(&mut self, key: &Key, last: Option<Obj>) -> Option<Seen> {
        let old = self.objects.remove(key)?;
        self.index(key, Some(&old), None);
        Some(Seen { key: key.clone(), old: Some(last.unwrap_or(old)), new: None })
    }

    fn index(&mut self, key: &Key, old: Option<&Obj>, new: Option<&Obj>) {
        let uid = |o: Option<&Obj>| o.map(|o| o.meta().uid);
        if uid(old) != uid(new) {
            if let Some(u) = uid(old) {
                self.uids.remove(&u);
            }
            if let Some(u) = uid(new) {
                self.uids.insert(&u, (u, key.clone()));
            }
        }
        let owners = |o: Option<&Obj>| -> List<OwnerReference> {
            o.map(|o| o.meta().owner_references.clone()).unwrap_or_default()
        };
        let same = match (old, new) {
            (Some(a), Some(b)) => a.meta().owner_references == b.meta().owner_references,
            _ => false,
        };
        if !same {
            for o in owners(old).iter() {
                self.dependents.remove(&(o.uid, key.clone()));
            }
            for o in owners(new).iter() {
                self.dependents.insert((o.uid, key.clone()), ());
            }
        }
        if let Some(Obj::ReplicaSet(rs)) = new
            && (self.groups.contains_key(&rs.metadata.uid) || old.is_none())
        {
            let group = Arc::make_mut(&mut self.groups).entry(rs.metadata.uid).or_default();
            let template = &rs.spec.template.metadata.labels;
            if !group.template.same(template) {
                Arc::make_mut(group).set_template(template, &self.objects);
            }
        }
        if let (Some(Obj::ReplicaSet(rs)), None) = (old, new) {
            let uid = rs.metadata.uid;
            if self.groups.get(&uid).is_some_and(|g| g.pods.is_empty()) {
                Arc::make_mut(&mut self.groups).remove(&uid);
            }
        }
        if key.kind == Kind::Pod {
            self.index_pod(key, old.and_then(Obj::as_pod), new.and_then(Obj::as_pod));
        }
    }

    fn index_pod(&mut self, key: &Key, old: Option<&Arc<Pod>>, new: Option<&Arc<Pod>>) {
        let owner = |p: Option<&Arc<Pod>>| p.and_then(|p| p.metadata.controller()).map(|o| o.uid);
        let (old_owner, new_owner) = (owner(old), owner(new));
        let groups = Arc::make_mut(&mut self.groups);
        if let (Some(pod), Some(uid)) = (old, old_owner)
            && let Some(group) = groups.get_mut(&uid)
        {
            let group = Arc::make_mut(group);
            group.count(pod, false);
            if new_owner != old_owner {
                group.pods.remove(key);
                // An owner that is still there keeps its (empty) group, which knows its template.
                if group.pods.is_empty() && !self.uids.contains_key(&uid) {
                    groups.remove(&uid);
                }
            }
        }
        if let (Some(pod), Some(uid)) = (new, new_owner) {
            let group = Arc::make_mut(groups.entry(uid).or_default());
            group.count(pod, true);
            if new_owner != old_owner {
                group.pods.insert(key.clone(), ());
            }
        }
        let by_node = Arc::make_mut(&mut self.by_node);
        if let Some(p) = old
            && new.is_none_or(|n| n.node_name != p.node_name)
        {
            take(by_node, &p.node_name, |m| m.remove(key), |m| m.is_empty());
        }
        if let Some(p) = new
            && old.is_none_or(|o| o.node_name != p.node_name)
        {
            by_node.entry(p.node_name.clone()).or_default().insert(key.clone(), ());
        }
        let flag = |set: &mut Arc<BTreeSet<Key>>, test: &dyn Fn(&Arc<Pod>) -> bool| {
            let (was, is) = (old.is_some_and(test), new.is_some_and(test));
            if was && !is {
                Arc::make_mut(set).remove(key);
            } else if is && !was {
                Arc::make_mut(set).insert(key.clone());
            }
        };
        flag(&mut self.orphans, &|p| p.metadata.controller().is_none());
        flag(&mut self.ended, &|p| p.terminal());
        flag(&mut self.deleting, &|p| p.metadata.deleting());
    }
}

/// Changes one entry of an index and drops it once it is empty.
fn take<K: Ord, V, R>(
    map: &mut BTreeMap<K, V>,
    at: &K,
    change: impl FnOnce(&mut V) -> R,
    empty: impl FnOnce(&V) -> bool,
) {
    if let Some(v) = map.get_mut(at) {
        change(v);
        if empty(v) {
            map.remove(at);
        }
    }
}
