//! What if these pods came to this cluster: manifests in, decisions out, without a world around them.
//!
//! `load` reads a cluster, [`templates`](fn@templates) the pods that are asked about. [`schedule`] decides about one pod after the
//! other, in the order of the queue, as kube-scheduler would if nothing else happened: each pod counts on its node
//! before the next has its turn. [`fit`] asks how many replicas there is room for, [`compare`] puts two profiles side
//! by side, [`advice`] turns rejections round.
//!
//! Left out, since it needs time: back-off and retries (a pod that does not fit is told of once), evictions that take
//! long, and controllers that replace what is evicted.

pub mod advice;
pub mod compare;
pub mod fit;
mod load;
mod others;
pub mod templates;

pub use load::cluster;
pub use templates::{Template, templates};

use super::explain::{Explanation, Search, explain};
use super::facts::PodInfo;
use super::fast::{Decided, Decider};
use super::framework::{PRE_ENQUEUE, QUEUE_SORT};
use super::message::{NO_NODES, fit_error};
use super::preemption::Preemption;
use super::profile::Profile;
use super::snapshot::Cache;
use crate::api_util::Time;
use crate::object::{Inert, Pod, Str};
use crate::rng::Rng;
use crate::time::SimTime;
use advice::Advice;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// No sum over the pods of a node goes beyond this.
const SUM_MAX: i64 = 1 << 60;

/// A cluster as its manifests have it.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Nodes, the pods on them, and other objects.
    pub cache: Cache,
    /// Pods without a node, in the order of the files.
    pub pending: Vec<Arc<Pod>>,
    /// How many pods have ended: they do not count.
    pub ended: usize,
    /// How many pods are on nodes that are not in the files.
    pub strays: BTreeMap<Str, usize>,
    /// How many objects of each kind scheduling does not heed.
    pub passed_over: BTreeMap<String, usize>,
    /// The same of the files with the pods.
    pub passed_over_pods: BTreeMap<String, usize>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// The newest time in the files: pods that have not started count as started then.
    pub now: Time,
    /// Claims that are there.
    claims: BTreeSet<(Str, Str)>,
    names: BTreeSet<(Str, Str)>,
    budgets: Vec<Arc<Inert>>,
    classes: load::Classes,
}

/// How pods are placed.
#[derive(Clone, Debug)]
pub struct Options {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Of the draws that break ties.
    pub seed: u64,
    /// Whether evictions are carried out.
    pub preempt: bool,
    /// Whether the pods without a node in the cluster are placed, too.
    pub pending: bool,
    /// The pod of which everything is to be told: `web-1`, `shop/web-1`.
    pub explain: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { profile: Profile::standard(), seed: 1, preempt: false, pending: false, explain: None }
    }
}

/// What became of a pod.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It has a node.
    Placed {
        /// The node.
        node: Str,
        /// Its score; `None` if it was the only one that was feasible, since then nothing is scored.
        score: Option<i64>,
        /// How many nodes were feasible.
        feasible: u32,
        /// How many were looked at.
        looked_at: u32,
    },
    /// Its `spec.nodeName` names the node, so that no scheduler is asked.
    Named(Str),
    /// It fits nowhere.
    Refused {
        /// What the FailedScheduling event would say.
        message: String,
        /// How many nodes were looked at.
        looked_at: u32,
        /// How many nodes gave each reason.
        reasons: Vec<(Str, u32)>,
        /// What would have to change.
        advice: Arc<Vec<Advice>>,
    },
    /// It is not the scheduler's turn: gates, another scheduler's pod, a name of a node that is not there.
    Held(String),
    /// It had a node, and was evicted for this pod.
    Evicted(String),
}

impl Fate {
    /// The node, if it has one.
    pub fn node(&self) -> Option<&Str> {
        match self {
            Fate::Placed { node, .. } | Fate::Named(node) => Some(node),
            Fate::Refused { .. } | Fate::Held(_) | Fate::Evicted(_) => None,
        }
    }
}

/// Room that evictions make.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    /// On which node.
    pub node: Str,
    /// Who leaves, and with which priority, the most important first.
    pub leave: Vec<(Str, i32)>,
    /// How many of them a disruption budget would keep.
    pub violations: i64,
    /// Whether it has been done.
    pub done: bool,
}

/// What became of a pod, and how.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The pod.
    pub pod: Arc<Pod>,
    /// The template that it was made from, by its place; `None` if it was in the cluster.
    pub template: Option<usize>,
    /// What became of it.
    pub fate: Fate,
    /// Room that evictions make, or have made.
    pub room: Option<Room>,
}

/// A decision of which everything is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The pod.
    pub pod: Str,
    /// Everything.
    pub explanation: Explanation,
    /// The node that was taken among the best.
    pub winner: Option<Str>,
}

/// What became of all pods.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order in which they had their turn.
    pub answers: Vec<Answer>,
    /// The one that was asked about.
    pub told: Option<Told>,
    /// The cluster afterwards.
    pub cache: Cache,
}

impl Report {
    /// How many pods have no node.
    pub fn unplaced(&self) -> usize {
        self.answers.iter().filter(|a| a.fate.node().is_none()).count()
    }
}

/// `web-1`; the namespace leads unless it is `default`.
pub fn name_of(pod: &Pod) -> Str {
    let m = &pod.metadata;
    match m.namespace.as_str() {
        "" | "default" => m.name.clone(),
        ns => Str::from(format!("{ns}/{}", m.name)),
    }
}

/// Decides, one pod after the other.
struct Run {
    cluster: Cluster,
    profile: Arc<Profile>,
    decider: Decider,
    rng: Rng,
    start: u32,
    /// Advice that was worked out already, by spec and message.
    advised: BTreeMap<(usize, String), Arc<Vec<Advice>>>,
    /// Keeps the specs of `advised` where they are.
    kept: Vec<Arc<Pod>>,
    /// How often the cluster has changed.
    changes: u64,
    failed: Option<Failed>,
}

/// The last pod that fitted nowhere. The next one is no better off if it is like it and nothing has changed since.
struct Failed {
    pod: Arc<Pod>,
    changes: u64,
    fate: Fate,
    room: Option<Room>,
}

impl Failed {
    fn holds_for(&self, pod: &Pod, changes: u64) -> bool {
        let (a, b) = (&self.pod.metadata, &pod.metadata);
        self.changes == changes
            && Arc::ptr_eq(&self.pod.spec, &pod.spec)
            && a.namespace == b.namespace
            && a.labels == b.labels
            && a.controller() == b.controller()
            && self.pod.status == pod.status
    }
}

impl Run {
    fn new(cluster: Cluster, profile: &Arc<Profile>, seed: u64) -> Run {
        Run {
            cluster,
            decider: Decider::new(profile.clone()),
            profile: profile.clone(),
            rng: Rng::new(seed, "what-if"),
            start: 0,
            advised: BTreeMap::new(),
            kept: Vec::new(),
            changes: 0,
            failed: None,
        }
    }

    /// Why a pod does not come before the scheduler at all.
    fn held(&self, pod: &Pod) -> Option<String> {
        let (wanted, name) = (&pod.spec.scheduler_name, &self.profile.scheduler_name);
        let default = |n: &Str| if n.is_empty() { "default-scheduler".into() } else { n.clone() };
        if default(wanted) != default(name) {
            return Some(format!("its schedulerName is {wanted}, and the profile's is {name}"));
        }
        let gates =
            self.profile.at(PRE_ENQUEUE).iter().find_map(|i| self.profile.plugin(*i).pre_enqueue(pod).err());
        gates.map(|r| r.reasons.join(", "))
    }

    fn decide(&mut self, info: &PodInfo) -> Decided {
        self.cluster.cache.snapshot();
        let Run { decider, cluster, rng, start, .. } = self;
        let decided = decider.decide(info, &cluster.cache, *start, &mut || rng.next());
        self.start = decided.next_start;
        decided
    }

    fn explain(&self, info: &PodInfo, start: u32) -> Explanation {
        explain(&self.cluster.cache, info, &Search { profile: self.profile.clone(), start })
    }

    /// Counts a pod on a node. Returns false if that cannot be counted.
    fn assume(&mut self, info: &PodInfo, node: &Str) -> bool {
        let cache = &mut self.cluster.cache;
        if let Some(row) = cache.row_of(node) {
            let (has, more) = (&cache.row(row).requested, &info.facts.amounts.request);
            let all = has.milli_cpu.saturating_add(has.memory).saturating_add(has.ephemeral);
            let scalars = has.scalar.iter().fold(all, |sum, (_, n)| sum.saturating_add(*n));
            let more = more
                .scalar
                .iter()
                .fold(more.milli_cpu + more.memory + more.ephemeral, |s, (_, n)| s.saturating_add(*n));
            if scalars.saturating_add(more) > SUM_MAX {
                return false;
            }
        }
        cache.withdraw(info.pod.metadata.uid);
        cache.assume(info, node);
        self.changes += 1;
        true
    }

    /// Decides about a pod, and counts it where it goes.
    fn place(&mut self, info: &PodInfo, preempt: bool) -> (Fate, Option<Room>) {
        if let Some(f) = self.failed.as_ref().filter(|f| f.holds_for(&info.pod, self.changes)) {
            return (f.fate.clone(), f.room.clone());
        }
        let start = self.start;
        let decided = self.decide(info);
        let Some(diagnosis) = &decided.diagnosis else { return (self.settle(info, &decided), None) };
        let nodes = self.cluster.cache.order().len();
        let mut post_message = None;
        let mut preemption = None;
        // Nothing can be asked of a pod that cannot be read.
        if nodes > 0 && info.facts.malformed.is_none() {
            let Run { decider, cluster, rng, .. } = self;
            let post = decider.post_filter(info, &cluster.cache, diagnosis, cluster.now, &mut || rng.next());
            preemption = post.preemption;
            post_message = Some(post.message);
        }
        let mut room = preemption.as_ref().map(|p| self.room(p));
        if let (Some(p), Some(room), true) = (&preemption, &mut room, preempt) {
            room.done = true;
            let fate = self.evict(info, p, &room.node.clone());
            if fate.node().is_some() {
                return (fate, Some(room.clone()));
            }
        }
        let message = match nodes {
            0 => NO_NODES.to_owned(),
            _ => {
                let post = post_message.as_deref().filter(|m| !m.is_empty());
                fit_error(nodes, diagnosis.all.as_ref(), &diagnosis.reasons, post)
            }
        };
        let advice = self.advise(info, start, &message);
        let fate = Fate::Refused {
            message,
            looked_at: decided.looked_at,
            reasons: diagnosis.counted(nodes),
            advice,
        };
        let (kept, at) = (fate.clone(), room.clone());
        self.failed = Some(Failed { pod: info.pod.clone(), changes: self.changes, fate: kept, room: at });
        (fate, room)
    }

    fn settle(&mut self, info: &PodInfo, decided: &Decided) -> Fate {
        let Some(row) = decided.winner else { return Fate::Held("no node was chosen".to_owned()) };
        let node = self.cluster.cache.row(row).name.clone();
        if !self.assume(info, &node) {
            return Fate::Held(format!("what it asks for cannot be counted on {node}"));
        }
        let score = (decided.feasible > 1).then_some(decided.score);
        Fate::Placed { node, score, feasible: decided.feasible, looked_at: decided.looked_at }
    }

    fn room(&self, p: &Preemption) -> Room {
        Room {
            node: self.cluster.cache.row(p.chosen.row).name.clone(),
            leave: p.chosen.victims.iter().map(|v| (name_of(&v.pod), v.priority())).collect(),
            violations: p.chosen.violations,
            done: false,
        }
    }

    /// Carries evictions out: the victims leave at once, and the pod has its turn again.
    fn evict(&mut self, info: &PodInfo, p: &Preemption, node: &Str) -> Fate {
        self.changes += 1;
        for w in &p.withdrawn {
            self.cluster.cache.withdraw(w.pod.metadata.uid);
        }
        for v in &p.chosen.victims {
            self.cluster.cache.remove_pod(v.pod.metadata.uid);
            self.cluster.spend(&v.pod);
        }
        let mut pod = Pod::clone(&info.pod);
        pod.status.nominated_node_name = node.clone();
        let info = PodInfo::like(Some(info), Arc::new(pod));
        self.cluster.cache.nominate(&info, node);
        let decided = self.decide(&info);
        if decided.winner.is_none() {
            return Fate::Held(format!("room was made on {node}, but it does not fit there"));
        }
        self.settle(&info, &decided)
    }

    /// What would have to change. Pods of one template that fail with the same message share it.
    fn advise(&mut self, info: &PodInfo, start: u32, message: &str) -> Arc<Vec<Advice>> {
        let key = (Arc::as_ptr(&info.pod.spec) as usize, message.to_owned());
        if let Some(a) = self.advised.get(&key) {
            return a.clone();
        }
        let e = self.explain(info, start);
        let found = Arc::new(advice::advice(&self.cluster.cache, info, &e));
        self.kept.push(info.pod.clone());
        self.advised.insert(key, found.clone());
        found
    }
}

/// Places the pods of some templates in a cluster. `progress` is told how many are done, and of how many.
pub fn schedule(
    cluster: &Cluster,
    templates: &[Template],
    options: &Options,
    progress: &mut dyn FnMut(usize, usize),
) -> Report {
    let mut run = Run::new(cluster.clone(), &options.profile, options.seed);
    let mut queue: Vec<(Option<usize>, PodInfo)> = Vec::new();
    if options.pending {
        queue.extend(cluster.pending.iter().map(|p| (None, PodInfo::new(p.clone()))));
    }
    let mut taken = cluster.names.clone();
    taken.extend(templates.iter().filter_map(Template::itself));
    for (i, t) in templates.iter().enumerate() {
        let mut maker = t.maker();
        let mut last: Option<PodInfo> = None;
        for _ in 0..t.replicas {
            let Some(made) = maker.make(&mut taken) else { break };
            made.claims.iter().for_each(|c| run.claim(c));
            let info = PodInfo::like(last.as_ref(), made.pod);
            last = Some(info.clone());
            queue.push((Some(i), info));
        }
    }
    let sort = options.profile.at(QUEUE_SORT).first().map(|i| options.profile.plugin(*i));
    let mut order: Vec<usize> = (0..queue.len()).collect();
    if let Some(sort) = sort {
        order.sort_by_cached_key(|i| (sort.sort_key(&queue[*i].1, SimTime(*i as u64)), *i));
    }
    // Who names a node is there before any scheduler looks.
    order.sort_by_key(|i| queue[*i].1.pod.node_name.is_empty());
    let mut report = Report { answers: Vec::with_capacity(queue.len()), told: None, cache: Cache::default() };
    let all = queue.len();
    for (n, i) in order.into_iter().enumerate() {
        progress(n, all);
        let (template, info) = &queue[i];
        let asked = options.explain.as_ref().is_some_and(|e| templates::is_meant(e, &info.pod));
        let (fate, room) = run.turn(info, options, asked.then_some(&mut report.told));
        for (leaver, _) in room.iter().filter(|r| r.done).flat_map(|r| &r.leave) {
            let evicted = report.answers.iter_mut().find(|a| name_of(&a.pod) == *leaver);
            if let Some(a) = evicted {
                a.fate = Fate::Evicted(name_of(&info.pod).to_string());
            }
        }
        report.answers.push(Answer { pod: info.pod.clone(), template: *template, fate, room });
    }
    progress(all, all);
    report.cache = run.cluster.cache;
    report
}

impl Run {
    fn claim(&mut self, c: &crate::object::Obj) {
        let key = (c.meta().namespace.clone(), c.meta().name.clone());
        if self.cluster.claims.insert(key) {
            self.changes += 1;
            self.cluster.cache.listers.set(c);
        }
    }

    /// A pod's turn.
    fn turn(
        &mut self,
        info: &PodInfo,
        options: &Options,
        told: Option<&mut Option<Told>>,
    ) -> (Fate, Option<Room>) {
        let named = &info.pod.node_name;
        if !named.is_empty() {
            let fate = match self.cluster.cache.row_of(named) {
                Some(_) if self.assume(info, named) => Fate::Named(named.clone()),
                Some(_) => Fate::Held(format!("what it asks for cannot be counted on {named}")),
                None => Fate::Held(format!("its spec.nodeName is {named}, and there is no such node")),
            };
            return (fate, None);
        }
        if let Some(why) = self.held(&info.pod) {
            return (Fate::Held(why), None);
        }
        self.cluster.cache.snapshot();
        let explanation = told.is_some().then(|| self.explain(info, self.start));
        let (fate, room) = self.place(info, options.preempt);
        if let (Some(told), Some(explanation)) = (told, explanation) {
            let winner = fate.node().cloned();
            *told = Some(Told { pod: name_of(&info.pod), explanation, winner });
        }
        (fate, room)
    }
}
