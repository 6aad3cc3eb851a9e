//! A scheduling decision repeated from the trace alone: every plugin's verdict on every node, and every score.
//!
//! A decision's record names what the scheduler had been told by then ([`Heard`]). From that and the writes, its cache
//! is built once more: the nodes in its order, the pods on them, the pods that it had placed but not yet seen bound, those
//! nominated to a node, and the other objects that its plugins ask about.
//! Then the reference path ([`crate::scheduler::explain`]) decides again.

use super::{Decision, Heard, Record, RecordId, What, WriteVerb};
use crate::cow::CowMap;
use crate::object::{Key, Kind, Node, Obj, Pod, Str, Uid};
use crate::scheduler::explain::{Explanation, Search, explain};
use crate::scheduler::framework::PodInfo;
use crate::scheduler::profiles::Profiles;
use crate::scheduler::snapshot::Cache;
use crate::scheduler::{KINDS, is_placed};
use crate::time::SimTime;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Repeats a decision. `records` are those of a run from its first one on; the later ones are not looked at. To repeat
/// many decisions of a run, go through it with one [`Mind`].
///
/// `None` if that record is no decision, if older records were let go, or if the trace does not keep writes.
pub fn verdicts(records: &[Record], decision: RecordId) -> Option<Explanation> {
    let at = usize::try_from(decision.0.checked_sub(1)?).ok()?;
    let record = records.get(at).filter(|r| r.id == decision)?;
    let What::Decision(d) = &record.what else { return None };
    let mut mind = Mind::default();
    records[..at].iter().for_each(|r| mind.apply(r));
    mind.explain(d)
}

/// What the scheduler has in mind at a place in the trace. Built by applying records one after the other; a copy is a
/// place to go on from.
#[derive(Clone, Debug, Default)]
pub struct Mind {
    since: Option<SimTime>,
    profiles: Profiles,
    pods: Told<Pod>,
    nodes: Told<Node>,
    others: [Told<Obj>; KINDS.len()],
    /// The pods that were nominated when the record of a nomination was taken in.
    nominated: BTreeMap<Key, Uid>,
    /// The decision of which the nominations have been taken in.
    taken: Option<(SimTime, Key, u32, u64)>,
    cache: Cache,
}

/// All that a decision is made on.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// The cluster as the scheduler had it in mind.
    pub cluster: &'a Cache,
    /// The pod as the scheduler knew it.
    pub pod: PodInfo,
    /// The profile, and where the search begins.
    pub search: Search,
}

/// What a client knows of a kind, and the writes that it does not know of yet.
#[derive(Clone, Debug)]
struct Told<T> {
    known: CowMap<Key, Arc<T>>,
    later: VecDeque<(u64, Key, Option<Arc<T>>)>,
    lists: usize,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Told { known: CowMap::default(), later: VecDeque::new(), lists: 0 }
    }
}

/// What changed from one look at an object to the next: what it was, and what it is.
type Step<T> = (Option<Arc<T>>, Option<Arc<T>>);

/// What a client learns: the first list after its start, and what changed from then on.
type News<T> = (Vec<Arc<T>>, Vec<Step<T>>);

impl<T> Told<T> {
    /// The next write up to a revision.
    fn next(&mut self, revision: u64) -> Option<(Key, Step<T>)> {
        self.later.front().filter(|(r, ..)| *r <= revision)?;
        let (_, key, new) = self.later.pop_front()?;
        let old = match &new {
            Some(obj) => self.known.insert(key.clone(), obj.clone()),
            None => self.known.remove(&key),
        };
        Some((key, (old, new)))
    }

    /// All that a client learns up to what it has heard, in its order. `fresh`: it knew nothing before.
    fn learn(&mut self, heard: &Heard, fresh: bool) -> News<T> {
        let (mut first, mut steps) = (Vec::new(), Vec::new());
        if fresh {
            self.lists = 0;
        }
        for (i, (before, list)) in heard.lists.iter().enumerate().skip(self.lists) {
            while let Some((_, step)) = self.next(*before) {
                steps.push(step);
            }
            // A list says what there is: what went, and then, by their keys, all that is there.
            let mut changed: BTreeMap<Key, Option<Arc<T>>> = BTreeMap::new();
            while let Some((key, (old, _))) = self.next(*list) {
                changed.entry(key).or_insert(old);
            }
            if i == 0 {
                first.extend(self.known.values().cloned());
                continue;
            }
            let now = |key: &Key| self.known.get(key).cloned();
            let all = || changed.iter().map(|(key, old)| (old.clone(), now(key)));
            steps.extend(all().filter(|(old, new)| old.is_some() && new.is_none()));
            steps.extend(all().filter(|(_, new)| new.is_some()));
        }
        self.lists = heard.lists.len();
        while let Some((_, step)) = self.next(heard.revision) {
            steps.push(step);
        }
        (first, steps)
    }
}

impl Mind {
    /// Goes one record further.
    pub fn apply(&mut self, r: &Record) {
        match &r.what {
            What::Write { verb, revision, obj, .. } => {
                let there = *verb != WriteVerb::Delete;
                if let Some(pod) = obj.as_pod() {
                    self.pods.later.push_back((*revision, obj.key(), there.then(|| pod.clone())));
                } else if let Some(node) = obj.as_node() {
                    self.nodes.later.push_back((*revision, obj.key(), there.then(|| node.clone())));
                } else if let Some(i) = place_of(&obj.kind()) {
                    let new = there.then(|| Arc::new(obj.clone()));
                    self.others[i].later.push_back((*revision, obj.key(), new));
                }
            }
            What::Decision(d) => {
                self.learn(d);
                if let Some(pod) = self.pods.known.get(&d.pod).filter(|_| !d.winner.is_empty()) {
                    self.cache.assume(&PodInfo::new(pod.clone()), &d.winner);
                }
            }
            What::Start { scheduler } => {
                let config: Option<serde_json::Value> = serde_json::from_str(scheduler).ok();
                self.profiles = Profiles::from_value(config.as_ref()).unwrap_or_default();
            }
            What::User { .. }
            | What::Timer { .. }
            | What::Fault { .. }
            | What::Mend { .. }
            | What::Sent { .. }
            | What::Delivered { .. }
            | What::Dropped { .. }
            | What::Refused { .. }
            | What::Note { .. }
            | What::Usage { .. } => {}
        }
    }

    /// What the decision that comes next is made on, before its record is applied. `None` if its pod or its profile
    /// is not known.
    pub fn scene(&mut self, d: &Decision) -> Option<Scene<'_>> {
        self.learn(d);
        let pod = PodInfo::new(self.pods.known.get(&d.pod)?.clone());
        let profile = self.profiles.get(&d.profile)?.clone();
        Some(Scene { cluster: &self.cache, pod, search: Search { start: d.start, profile } })
    }

    /// Repeats the decision that comes next, before its record is applied. `None` if its pod is not known.
    pub fn explain(&mut self, d: &Decision) -> Option<Explanation> {
        self.scene(d).map(|s| explain(s.cluster, &s.pod, &s.search))
    }

    /// Takes in what the scheduler had been told when it made a decision.
    fn learn(&mut self, d: &Decision) {
        let fresh = self.since != Some(d.since);
        if fresh {
            self.cache = Cache::default();
            self.nominated.clear();
            self.since = Some(d.since);
        }
        let (nodes, steps) = self.nodes.learn(&d.nodes, fresh);
        self.cache.set_nodes(nodes);
        for step in steps {
            match step {
                (_, Some(new)) => drop(self.cache.set_node(new)),
                (Some(old), None) => drop(self.cache.remove_node(&old.metadata.name)),
                (None, None) => {}
            }
        }
        let (pods, steps) = self.pods.learn(&d.pods, fresh);
        pods.into_iter().for_each(|p| self.see_pod(None, Some(p)));
        steps.into_iter().for_each(|(old, new)| self.see_pod(old, new));
        for (i, heard) in &d.others {
            let Some(told) = self.others.get_mut(usize::from(*i)) else { continue };
            let (first, steps) = told.learn(heard, fresh);
            first.iter().for_each(|o| self.cache.listers.set(o));
            for step in steps {
                match step {
                    (_, Some(new)) => self.cache.listers.set(&new),
                    (Some(old), None) => self.cache.listers.remove(&old),
                    (None, None) => {}
                }
            }
        }
        for uid in &d.forgotten {
            self.cache.forget(*uid);
        }
        if self.taken != Some((d.since, d.pod.clone(), d.attempt, d.revision)) {
            self.taken = Some((d.since, d.pod.clone(), d.attempt, d.revision));
            for (key, node) in &d.nominations {
                self.nominate(key, node);
            }
        }
        self.cache.snapshot();
    }

    /// The scheduler nominated a pod, or no longer does.
    fn nominate(&mut self, key: &Key, node: &Str) {
        if let Some(uid) = self.nominated.remove(key) {
            self.cache.withdraw(uid);
        }
        if let Some(pod) = self.pods.known.get(key).filter(|_| !node.is_empty()) {
            self.nominated.insert(key.clone(), pod.metadata.uid);
            self.cache.nominate(&PodInfo::new(pod.clone()), node);
        }
    }

    /// As the scheduler's event handlers.
    fn see_pod(&mut self, old: Option<Arc<Pod>>, new: Option<Arc<Pod>>) {
        let uid = |p: &Arc<Pod>| p.metadata.uid;
        let placed = old.filter(|p| is_placed(p));
        // Another pod of the same name, if a list came between the two.
        let same = placed.as_ref().map(uid) == new.as_ref().map(uid);
        match new.filter(|p| is_placed(p)) {
            Some(new) => {
                if let Some(old) = placed.filter(|_| !same) {
                    self.cache.remove_pod(uid(&old));
                }
                self.cache.set_pod(new);
            }
            None => {
                if let Some(old) = placed {
                    self.cache.remove_pod(uid(&old));
                }
            }
        }
    }
}

/// The place in [`KINDS`] of a kind.
fn place_of(kind: &Kind) -> Option<usize> {
    KINDS.iter().position(|(version, name)| kind.name() == *name && kind.api_version() == *version)
}
