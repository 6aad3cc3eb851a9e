//! kube-scheduler: finds a node for each pod that has none.
//!
//! What the real one does: informers of pods, nodes and whatever its plugins ask about feed a cache and a queue; one pod
//! at a time goes through a scheduling cycle (filter the nodes, score those left, take the best) and is assumed on its
//! node; the binding is asynchronous. A pod that fits nowhere may have others evicted for it, and waits until something
//! changes that may help it.
//!
//! Modelled, decision for decision of v1.34: the queue ([`queue`]), the order and window of nodes ([`node_tree`],
//! [`framework::feasible_to_find`]), the plugins ([`plugins`]) in any profiles ([`profiles`]) of a configuration
//! ([`config`]), preemption ([`preemption`], `executor`), messages and events. There are two ways to a decision, over
//! the same plugins: a fast one, for the cluster ([`fast`]), and one that tells all, to be read ([`explain`]). Both are
//! held against each other, and against recorded decisions of the real one ([`vectors`]).
//! Left out: Permit, extenders, dynamic resources, what binds volumes.

pub mod config;
mod cycle;
pub(crate) mod events;
mod executor;
pub mod explain;
pub mod facts;
pub mod fast;
pub mod filters;
pub mod framework;
#[cfg(test)]
mod hint_tests;
mod informers;
mod journal;
pub mod listers;
pub mod message;
pub mod node_tree;
pub mod plugins;
pub mod preemption;
pub mod profile;
pub mod profiles;
pub mod queue;
#[cfg(test)]
mod queue_tests;
pub mod resources;
pub mod snapshot;
pub mod storage;
#[cfg(test)]
mod tests;
pub mod topology;
pub mod vectors;
pub mod whatif;

pub use informers::KINDS;

use crate::client::Recorder;
use crate::core::Cx;
use crate::cow::{CowTable, Keyed};
use crate::msg::{Ctx, Input, Msg, Timer};
use crate::object::{Key, Kind, ObjectSet, Pod, Str, Uid, lit};
use crate::time::SimTime;
use crate::world::Component;
use fast::Decider;
use framework::{ClusterEvent, Events, POD_DELETE, PodInfo, Subject};
use informers::{Informers, NODES, PODS};
use profiles::Profiles;
use queue::{LEFTOVER_AFTER, LEFTOVER_PERIOD, SchedulingQueue};
use snapshot::Cache;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a request was for.
#[derive(Clone, Debug)]
pub enum SchedCtx {
    /// The binding of a pod.
    Bind(Uid),
    /// A pod's PodScheduled condition, or its nomination.
    Condition,
    /// The condition of a victim, by the number of the eviction and its own.
    Doom(u64, usize),
    /// The deletion of a victim, likewise.
    Evict(u64, usize),
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

const NAME: &str = "default-scheduler";

/// The scheduler process.
#[derive(Clone)]
pub struct Scheduler {
    informers: Informers,
    recorder: Recorder,
    profiles: Profiles,
    /// One for each profile.
    deciders: Vec<Decider>,
    cache: Cache,
    queue: SchedulingQueue,
    /// Every pod as last seen.
    seen: CowTable<Arc<Pod>>,
    /// Every other object as last seen, but nodes.
    objects: ObjectSet,
    /// Where the next search begins (`nextStartNodeIndex`), whatever the profile.
    next_start: u32,
    cycle: Option<cycle::Cycle>,
    /// Pods whose binding is on its way.
    binding: HashMap<Uid, queue::Queued>,
    /// Evictions that are on their way.
    evictions: BTreeMap<u64, executor::Eviction>,
    eviction: u64,
    backoff_timer: Option<SimTime>,
    leftover_timer: Option<SimTime>,
    started: SimTime,
    /// Assumed pods that were given up since the last decision, for the trace.
    forgotten: Vec<Uid>,
    /// Nominations that were made or withdrawn since the last decision, for the trace.
    nominations: Vec<(Key, Str)>,
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

/// Whether a pod counts on the node that it names.
pub(crate) fn is_placed(pod: &Pod) -> bool {
    !pod.terminal() && !pod.node_name.is_empty()
}

impl Scheduler {
    /// A scheduler with the default profile and an empty memory.
    pub fn new() -> Scheduler {
        Self::with(Profiles::default())
    }

    /// A scheduler with these profiles and an empty memory.
    pub fn with(profiles: Profiles) -> Scheduler {
        Scheduler {
            informers: Informers::default(),
            recorder: Recorder::default(),
            deciders: profiles.iter().map(|p| Decider::new(p.clone())).collect(),
            queue: SchedulingQueue::new(profiles.clone()),
            profiles,
            cache: Cache::default(),
            seen: CowTable::default(),
            objects: ObjectSet::default(),
            next_start: 0,
            cycle: None,
            binding: HashMap::new(),
            evictions: BTreeMap::new(),
            eviction: 0,
            backoff_timer: None,
            leftover_timer: None,
            started: SimTime(0),
            forgotten: Vec::new(),
            nominations: Vec::new(),
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

    /// Explains what it would decide now about a pod, by the reference path. A pod of no profile of its is taken as one
    /// of the first.
    pub fn explain(&self, pod: &Arc<Pod>) -> explain::Explanation {
        let number = self.profiles.number(&pod.spec.scheduler_name).unwrap_or(0);
        let search = explain::Search { start: self.next_start, profile: self.profiles.at(number).clone() };
        let mut cache = self.cache.rebuilt();
        cache.snapshot();
        explain::explain(&cache, &PodInfo::new(pod.clone()), &search)
    }

    /// Which part of the scheduler a pod concerns.
    fn role(&self, pod: &Pod) -> Role {
        if is_placed(pod) {
            Role::Placed
        } else if !pod.terminal() && self.profiles.number(&pod.spec.scheduler_name).is_some() {
            Role::Waiting
        } else {
            Role::Neither
        }
    }

    fn react(&mut self, cx: &mut Cx<'_>, what: Events, subject: Subject) {
        self.queue.react(cx, &self.cache, ClusterEvent { what, subject });
    }

    /// A pod that was counted on a node, or nominated to one, no longer is: pods of up to its priority may fit now
    /// (`getLEPriorityPreCheck`).
    fn react_to_room(&mut self, cx: &mut Cx<'_>, pod: &Arc<Pod>) {
        let subject = Subject::Pod { old: Some(pod.clone()), new: None };
        let event = ClusterEvent { what: POD_DELETE, subject };
        self.queue.react_up_to(cx, &self.cache, event, pod.spec.priority.unwrap_or(0));
    }

    /// A pod is nominated to a node, or, with none, no longer is (`nominator.go`).
    fn nominate(&mut self, pod: &PodInfo, node: &Str) {
        let m = &pod.pod.metadata;
        let old = self.cache.withdraw(m.uid);
        if !node.is_empty() {
            self.cache.nominate(pod, node);
        }
        if old.is_some() || !node.is_empty() {
            self.nominations.push((key_of(&pod.pod), node.clone()));
        }
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

/// The key of a pod.
pub(crate) fn key_of(pod: &Pod) -> Key {
    Key { kind: Kind::Pod, ns: pod.metadata.namespace.clone(), name: pod.metadata.name.clone() }
}

impl Component for Scheduler {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        cx.set_part(lit!("default-scheduler"));
        match input {
            Input::Start => {
                let config = cx.config();
                let profiles = Profiles::from_value(config.scheduler.as_ref()).unwrap_or_default();
                *self = Scheduler { started: cx.now(), ..Scheduler::with(profiles) };
                self.informers.start(cx);
            }
            Input::Message { msg: Msg::Response { ctx, result }, .. } => match ctx {
                Ctx::Informer(i) => {
                    if let Some(c) = self.informers.on_response(cx, i, result) {
                        self.change(cx, i, c);
                    }
                }
                Ctx::Scheduler(SchedCtx::Bind(uid)) => self.bound(cx, uid, result.err()),
                Ctx::Scheduler(SchedCtx::Doom(n, i)) => self.doomed(cx, n, i, result.err()),
                Ctx::Scheduler(SchedCtx::Evict(n, i)) => self.evicted(cx, n, i, result.err()),
                Ctx::Scheduler(SchedCtx::Condition) | Ctx::Ignore | Ctx::Event => {}
                Ctx::Kcm(_) | Ctx::Kubelet(_) | Ctx::User(_) => {}
            },
            Input::Message { msg: Msg::Watch { informer, revision, event }, .. } => {
                if let Some(c) = self.informers.on_watch(cx, informer, revision, event) {
                    self.change(cx, informer, c);
                }
            }
            Input::Message { .. } => {}
            Input::Timer(Timer::Informer(i)) => self.informers.on_timer(cx, i),
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
