//! kube-scheduler: finds a node for each pod that has none.
//!
//! What the real one does: two informers (pods, nodes) feed a cache and a queue; one pod at a time goes through a
//! scheduling cycle (filter the nodes, score those left, take the best) and is assumed on its node; the binding
//! is asynchronous. A pod that fits nowhere waits until something changes that may help it.
//!
//! Modelled, decision for decision of v1.34: the queue ([`queue`]), the order and window of nodes ([`node_tree`],
//! [`framework::feasible_to_find`]), the plugins listed in [`plugins::ALL`], messages and events. A decision is made
//! twice over the same plugins: fast in the cluster ([`fast`]), and to be read ([`explain`]).
//! Left out until their plugins come: preemption (PostFilter says only what holds when it cannot help), volumes,
//! Permit, other profiles, extenders.

pub mod config;
mod cycle;
pub mod explain;
pub mod facts;
pub mod fast;
pub mod filters;
pub mod framework;
mod journal;
pub mod listers;
pub mod message;
pub mod node_tree;
pub mod plugins;
pub mod preemption;
pub mod profile;
pub mod queue;
pub mod resources;
pub mod snapshot;
pub mod storage;
#[cfg(test)]
mod tests;
pub mod topology;
pub mod vectors;
pub mod whatif;

use crate::client::{Change, Informer, Recorder};
use crate::core::Cx;
use crate::cow::{CowTable, Keyed};
use crate::msg::{Ctx, Input, Msg, Timer};
use crate::object::{Key, Kind, List, Node, Obj, Pod, Uid, lit};
use crate::time::SimTime;
use crate::world::Component;
use fast::Decider;
use framework::{
    ClusterEvent, Events, NODE_ADD, NODE_ALLOCATABLE, NODE_CONDITION, NODE_DELETE, NODE_LABEL, NODE_TAINT,
    POD_ADD, POD_DELETE, POD_LABEL, Subject,
};
use profile::Profile;
use queue::{LEFTOVER_AFTER, LEFTOVER_PERIOD, SchedulingQueue};
use snapshot::Cache;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What a request was for.
#[derive(Clone, Debug)]
pub enum SchedCtx {
    /// The binding of a pod.
    Bind(Uid),
    /// A pod's PodScheduled condition.
    Condition,
}

/// Timers.
#[derive(Clone, Debug)]
pub enum SchedTimer {
    /// The scheduling cycle has taken its time.
    Cycle,
    /// A back-off is over.
    Backoff,
    /// Pods that have been unschedulable for long are tried again.
    Leftover,
}

const PODS: u8 = 0;
const NODES: u8 = 1;
const NAME: &str = "default-scheduler";

/// The scheduler process.
#[derive(Clone)]
pub struct Scheduler {
    pods: Informer,
    nodes: Informer,
    recorder: Recorder,
    decider: Decider,
    cache: Cache,
    queue: SchedulingQueue,
    /// Every pod as last seen.
    seen: CowTable<Arc<Pod>>,
    /// Where the next search begins (`nextStartNodeIndex`).
    next_start: u32,
    cycle: Option<cycle::Cycle>,
    /// Pods whose binding is on its way.
    binding: HashMap<Uid, queue::Queued>,
    backoff_timer: Option<SimTime>,
    leftover_timer: Option<SimTime>,
    started: SimTime,
    /// The lists that the two informers have had, for the trace: see [`Heard`](crate::trace::Heard).
    lists: [List<(u64, u64)>; 2],
    /// Assumed pods that were given up since the last decision, for the trace.
    forgotten: Vec<Uid>,
}

impl Keyed for Arc<Pod> {
    type Key = Uid;
    fn hash(uid: &Uid) -> u64 {
        uid.mixed()
    }
    fn is(&self, uid: &Uid) -> bool {
        self.metadata.uid == *uid
    }
}

impl Default for Scheduler {
    fn default() -> Self {
        Self::new()
    }
}

/// Which part of the scheduler a pod concerns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It waits for a node.
    Waiting,
    /// It is on one.
    Placed,
    /// It has ended, or another scheduler's it is.
    Neither,
}

/// Which part of the scheduler a pod concerns.
pub(crate) fn role(pod: &Pod) -> Role {
    if pod.terminal() {
        Role::Neither
    } else if !pod.node_name.is_empty() {
        Role::Placed
    } else if pod.spec.scheduler_name.is_empty() || pod.spec.scheduler_name == NAME {
        Role::Waiting
    } else {
        Role::Neither
    }
}

impl Scheduler {
    /// A scheduler with the default profile and an empty memory.
    pub fn new() -> Scheduler {
        let profile = Profile::standard();
        Scheduler {
            pods: Informer::new(PODS, Kind::Pod),
            nodes: Informer::new(NODES, Kind::Node),
            recorder: Recorder::default(),
            decider: Decider::new(profile.clone()),
            cache: Cache::default(),
            queue: SchedulingQueue::new(profile),
            seen: CowTable::default(),
            next_start: 0,
            cycle: None,
            binding: HashMap::new(),
            backoff_timer: None,
            leftover_timer: None,
            started: SimTime(0),
            lists: Default::default(),
            forgotten: Vec::new(),
        }
    }

    /// What it believes about nodes and the pods on them.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Its queue.
    pub fn queue(&self) -> &SchedulingQueue {
        &self.queue
    }

    /// Explains what it would decide now about a pod, by the reference path.
    pub fn explain(&self, pod: &Arc<Pod>) -> explain::Explanation {
        let search = explain::Search { start: self.next_start, profile: self.decider.profile().clone() };
        explain::explain(&self.cache.rebuilt(), &framework::PodInfo::new(pod.clone()), &search)
    }

    fn change(&mut self, cx: &mut Cx<'_>, informer: u8, change: Change) {
        match (informer, change) {
            (PODS, Change::Replace(all)) => {
                let now: HashSet<Uid> = all.iter().map(|o| o.meta().uid).collect();
                let gone = self.seen.iter().filter(|p| !now.contains(&p.metadata.uid)).cloned();
                let mut gone: Vec<Arc<Pod>> = gone.collect();
                gone.sort_by(|a, b| {
                    let key = |p: &Pod| (p.metadata.namespace.clone(), p.metadata.name.clone());
                    key(a).cmp(&key(b))
                });
                for p in gone {
                    self.remove_pod(cx, &p);
                }
                let cause = cx.cause();
                for o in all {
                    cx.set_cause_to_news_of(&o.key());
                    self.set(cx, o);
                }
                cx.set_cause(cause);
            }
            (_, Change::Replace(all)) => {
                let now: HashSet<&str> = all.iter().map(|o| o.meta().name.as_str()).collect();
                let known: Vec<Arc<Node>> = self.cache.nodes().filter_map(|n| n.node.clone()).collect();
                for n in known.iter().filter(|n| !now.contains(n.metadata.name.as_str())) {
                    self.remove_node(cx, n);
                }
                if known.is_empty() {
                    // The first list: no pod has been tried yet, so that there is nobody to wake.
                    self.cache.set_nodes(all.iter().filter_map(|o| o.as_node().cloned()));
                } else {
                    for o in all {
                        self.set(cx, o);
                    }
                }
            }
            (_, Change::Set(o)) => self.set(cx, o),
            (_, Change::Remove(Obj::Pod(p))) => self.remove_pod(cx, &p),
            (_, Change::Remove(Obj::Node(n))) => self.remove_node(cx, &n),
            (_, Change::Remove(_)) => {}
        }
    }

    fn set(&mut self, cx: &mut Cx<'_>, obj: Obj) {
        match obj {
            Obj::Pod(p) => self.set_pod(cx, p),
            Obj::Node(n) => self.set_node(cx, n),
            _ => {}
        }
    }

    /// A pod came or changed (`eventhandlers.go`).
    fn set_pod(&mut self, cx: &mut Cx<'_>, pod: Arc<Pod>) {
        let uid = pod.metadata.uid;
        let (_, old) = self.seen.insert(&uid, pod.clone());
        let was = old.as_ref().map_or(Role::Neither, |p| role(p));
        let is = role(&pod);
        if was == Role::Waiting && is != Role::Waiting {
            self.queue.remove(uid);
        }
        match is {
            // What we have placed ourselves does not go back into the queue for a change of its status.
            Role::Waiting if self.cache.is_assumed(uid) => {}
            Role::Waiting => match &old {
                Some(old) if was == Role::Waiting => self.queue.update(cx, &self.cache, old, &pod),
                _ => self.queue.add(cx, pod),
            },
            Role::Placed => {
                self.cache.set_pod(pod.clone());
                if was != Role::Placed {
                    self.react(cx, POD_ADD, Subject::Pod { old: None, new: Some(pod) });
                } else if let Some(old) = old
                    && old.metadata.labels != pod.metadata.labels
                {
                    self.react(cx, POD_LABEL, Subject::Pod { old: Some(old), new: Some(pod) });
                }
            }
            Role::Neither => {
                if was == Role::Placed {
                    self.unplace(cx, old.unwrap_or(pod));
                }
            }
        }
    }

    fn remove_pod(&mut self, cx: &mut Cx<'_>, pod: &Arc<Pod>) {
        let uid = pod.metadata.uid;
        let Some(old) = self.seen.remove(&uid) else { return };
        match role(&old) {
            Role::Waiting => {
                self.queue.remove(uid);
                // While its binding is on its way, the answer settles what becomes of an assumed pod.
                if !self.binding.contains_key(&uid) && self.forget(uid) {
                    self.react(cx, POD_DELETE, Subject::Pod { old: Some(old), new: None });
                }
            }
            Role::Placed => self.unplace(cx, old),
            Role::Neither => {}
        }
    }

    fn unplace(&mut self, cx: &mut Cx<'_>, pod: Arc<Pod>) {
        self.cache.remove_pod(pod.metadata.uid);
        self.react(cx, POD_DELETE, Subject::Pod { old: Some(pod), new: None });
    }

    fn set_node(&mut self, cx: &mut Cx<'_>, node: Arc<Node>) {
        let old = self.cache.set_node(node.clone());
        for what in node_changes(old.as_deref(), &node) {
            self.react(cx, what, Subject::Node { old: old.clone(), new: Some(node.clone()) });
        }
    }

    fn remove_node(&mut self, cx: &mut Cx<'_>, node: &Arc<Node>) {
        if let Some(old) = self.cache.remove_node(&node.metadata.name) {
            self.react(cx, NODE_DELETE, Subject::Node { old: Some(old), new: None });
        }
    }

    fn react(&mut self, cx: &mut Cx<'_>, what: Events, subject: Subject) {
        self.queue.react(cx, &self.cache, ClusterEvent { what, subject });
    }

    /// Sets the queue's timers, if it needs them and they are not set.
    fn arm(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        if let Some(at) = self.queue.next_backoff()
            && self.backoff_timer.is_none_or(|t| at < t)
        {
            self.backoff_timer = Some(at.max(now));
            cx.tick(at - now, Timer::Scheduler(SchedTimer::Backoff), "scheduler back-off");
        }
        if self.leftover_timer.is_none()
            && let Some(oldest) = self.queue.oldest_unschedulable()
        {
            // The first of the periods, counted from the start of the process, at which it is old enough.
            let due = ((oldest + LEFTOVER_AFTER) - self.started).0 / LEFTOVER_PERIOD.0 + 1;
            let at = SimTime(self.started.0 + due * LEFTOVER_PERIOD.0);
            self.leftover_timer = Some(at);
            cx.tick(
                at - now,
                Timer::Scheduler(SchedTimer::Leftover),
                "scheduler retry of unschedulable pods",
            );
        }
    }
}

/// What changed in a node that plugins care about (`NodeSchedulingPropertiesChange`).
fn node_changes(old: Option<&Node>, new: &Node) -> Vec<Events> {
    let Some(old) = old else { return vec![NODE_ADD] };
    let statuses = |n: &Node| -> Vec<_> {
        let mut s: Vec<_> = n.status.conditions.iter().map(|c| (c.type_.clone(), c.status)).collect();
        s.sort();
        s
    };
    let mut out = Vec::new();
    if old.spec.taints != new.spec.taints || old.spec.unschedulable && !new.spec.unschedulable {
        out.push(NODE_TAINT);
    }
    if old.status.allocatable != new.status.allocatable {
        out.push(NODE_ALLOCATABLE);
    }
    if old.metadata.labels != new.metadata.labels {
        out.push(NODE_LABEL);
    }
    if statuses(old) != statuses(new) {
        out.push(NODE_CONDITION);
    }
    out
}

/// The key of a pod.
fn key_of(pod: &Pod) -> Key {
    Key { kind: Kind::Pod, ns: pod.metadata.namespace.clone(), name: pod.metadata.name.clone() }
}

impl Component for Scheduler {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        cx.set_part(lit!("default-scheduler"));
        match input {
            Input::Start => {
                *self = Scheduler { started: cx.now(), ..Scheduler::new() };
                self.pods.start(cx);
                self.nodes.start(cx);
            }
            Input::Message { msg: Msg::Response { ctx, result }, .. } => match ctx {
                Ctx::Informer(i) => {
                    let informer = if i == PODS { &mut self.pods } else { &mut self.nodes };
                    let before = informer.revision();
                    if let Some(c) = informer.on_response(cx, result) {
                        self.lists[i as usize].push((before, informer.revision()));
                        self.change(cx, i, c);
                    }
                }
                Ctx::Scheduler(SchedCtx::Bind(uid)) => self.bound(cx, uid, result.err()),
                Ctx::Scheduler(SchedCtx::Condition) | Ctx::Ignore | Ctx::Event => {}
                Ctx::Kcm(_) | Ctx::Kubelet(_) | Ctx::User(_) => {}
            },
            Input::Message { msg: Msg::Watch { informer: i, revision, event }, .. } => {
                let informer = if i == PODS { &mut self.pods } else { &mut self.nodes };
                if let Some(c) = informer.on_watch(cx, revision, event) {
                    self.change(cx, i, c);
                }
            }
            Input::Message { .. } => {}
            Input::Timer(Timer::Informer(PODS)) => self.pods.on_timer(cx),
            Input::Timer(Timer::Informer(_)) => self.nodes.on_timer(cx),
            Input::Timer(Timer::Scheduler(SchedTimer::Cycle)) => self.end_cycle(cx),
            Input::Timer(Timer::Scheduler(SchedTimer::Backoff)) => {
                if self.backoff_timer.is_some_and(|t| t <= cx.now()) {
                    self.backoff_timer = None;
                }
                self.queue.flush_backoff(cx.now());
            }
            Input::Timer(Timer::Scheduler(SchedTimer::Leftover)) => {
                self.leftover_timer = None;
                self.queue.flush_leftover(cx);
            }
            Input::Timer(_) => {}
        }
        self.begin_cycle(cx);
        self.arm(cx);
    }
}
