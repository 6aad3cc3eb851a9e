//! The scheduler without a cluster: its queue, its decisions and its cache, driven directly.
//!
//! All that depends on how the scheduler is built is in this file.

use crate::api_util::Time;
use crate::config::WorldConfig;
use crate::core::{Core, Cx};
use crate::msg::Comp;
use crate::object::{Node, Obj, Pod, Str, Uid, UidMap};
use crate::rng::Rng;
use crate::scheduler::events::node_changes;
use crate::scheduler::facts::PodInfo;
use crate::scheduler::fast::Decider;
use crate::scheduler::framework::{
    Bits, ClusterEvent, Events, NODE_DELETE, POD_ADD, POD_DELETE, POD_LABEL, Subject,
};
use crate::scheduler::key_of;
use crate::scheduler::plugins::scheduling_gates::gated;
use crate::scheduler::preemption::Preemption;
use crate::scheduler::profile::Profile;
use crate::scheduler::queue::{LEFTOVER_AFTER, LEFTOVER_PERIOD, Queued, SchedulingQueue};
use crate::scheduler::snapshot::Cache;
use crate::time::{SimTime, Span};
use crate::trace::{Cause, Decision, Heard, Level, Record, RecordId, What};
use std::sync::Arc;

/// What became of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It has a node.
    Scheduled(Uid),
    /// No node took it this time.
    Failed(Uid),
    /// It was evicted for another pod.
    Evicted(Uid),
}

/// A scheduler and what it knows.
pub struct Machine {
    core: Core,
    cache: Cache,
    queue: SchedulingQueue,
    decider: Decider,
    rng: Rng,
    next_start: u32,
    /// All pods, those without a node as they came and the others with theirs.
    pods: UidMap<Arc<Pod>>,
    attempts: u64,
    leftover: SimTime,
}

impl Machine {
    /// A scheduler with a profile in an empty cluster. It keeps a record of each decision.
    pub fn new(seed: u64, profile: Arc<Profile>) -> Machine {
        let config = WorldConfig { trace: Level::Lifecycle, ..WorldConfig::default() };
        Machine {
            core: Core::new(config, seed),
            cache: Cache::default(),
            queue: SchedulingQueue::new(profile.clone()),
            decider: Decider::new(profile),
            rng: Rng::new(seed, "scheduler"),
            next_start: 0,
            pods: UidMap::default(),
            attempts: 0,
            leftover: SimTime(0) + LEFTOVER_PERIOD,
        }
    }

    /// The present.
    pub fn now(&self) -> SimTime {
        self.core.now
    }

    /// Attempts so far.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.cache.order().len()
    }

    /// Takes the records that have gathered since the last time: the decisions, and why pods were tried again.
    pub fn take_records(&mut self) -> Vec<Record> {
        self.core.tracer.take()
    }

    /// Where a pod is; empty while it waits, `None` if there is no such pod.
    pub fn node_of(&self, uid: Uid) -> Option<&Str> {
        self.pods.get(&uid).map(|p| &p.node_name)
    }

    /// A pod as the scheduler knows it.
    pub fn pod(&self, uid: Uid) -> Option<Arc<Pod>> {
        self.pods.get(&uid).cloned()
    }

    /// Whether there is a node of that name.
    pub fn has_node(&self, name: &str) -> bool {
        self.cache.node(name).is_some()
    }

    /// Whether a pod has gates that keep it out of the queue.
    pub fn gated(&self, uid: Uid) -> bool {
        self.pods.get(&uid).is_some_and(|p| p.node_name.is_empty() && gated(p))
    }

    /// When something will happen of itself: a back-off or a long wait is over.
    pub fn next_timer(&self) -> Option<SimTime> {
        let leftover = self.queue.oldest_unschedulable().map(|t| {
            let due = (t + LEFTOVER_AFTER).0 / LEFTOVER_PERIOD.0 + 1;
            SimTime(due * LEFTOVER_PERIOD.0).max(self.leftover)
        });
        self.queue.next_backoff().into_iter().chain(leftover).min().map(|t| t.max(self.now()))
    }

    /// Time passes, and nobody schedules.
    pub fn advance(&mut self, to: SimTime) {
        self.core.now = self.core.now.max(to);
        self.timers();
    }

    fn timers(&mut self) {
        let now = self.core.now;
        if self.queue.next_backoff().is_some_and(|t| t <= now) {
            self.queue.flush_backoff(now);
        }
        if self.leftover <= now {
            self.leftover = SimTime((now.0 / LEFTOVER_PERIOD.0 + 1) * LEFTOVER_PERIOD.0);
            self.queue.flush_leftover(&mut cx(&mut self.core));
        }
    }

    fn react(&mut self, what: Events, subject: Subject) {
        self.queue.react(&mut cx(&mut self.core), &self.cache, ClusterEvent { what, subject });
    }

    /// Nodes join.
    pub fn add_nodes(&mut self, nodes: Vec<Arc<Node>>) {
        if self.nodes() == 0 && self.queue.lengths() == (0, 0, 0) {
            // Nobody to wake: the scheduler's first list.
            self.cache.set_nodes(nodes);
            return;
        }
        for n in nodes {
            self.set_node(n);
        }
    }

    /// A node joins or changes.
    pub fn set_node(&mut self, node: Arc<Node>) {
        let old = self.cache.set_node(node.clone());
        for what in node_changes(old.as_deref(), &node) {
            self.react(what, Subject::Node { old: old.clone(), new: Some(node.clone()) });
        }
    }

    /// A node leaves.
    pub fn remove_node(&mut self, name: &str) {
        if let Some(old) = self.cache.remove_node(name) {
            self.react(NODE_DELETE, Subject::Node { old: Some(old), new: None });
        }
    }

    /// Something that is neither pod nor node appears: a namespace, a service, a volume, a claim.
    pub fn add_object(&mut self, obj: &Obj) {
        self.cache.listers.set(obj);
    }

    /// Such a thing goes.
    pub fn remove_object(&mut self, obj: &Obj) {
        self.cache.listers.remove(obj);
    }

    /// A pod is created: it waits for a node unless it has one.
    pub fn add_pod(&mut self, pod: Arc<Pod>) {
        self.pods.insert(pod.metadata.uid, pod.clone());
        if pod.node_name.is_empty() {
            self.queue.add(&mut cx(&mut self.core), pod);
        } else {
            self.cache.set_pod(pod.clone());
            self.react(POD_ADD, Subject::Pod { old: None, new: Some(pod) });
        }
    }

    /// A pod changes. It stays on its node.
    pub fn update_pod(&mut self, pod: Arc<Pod>) {
        let uid = pod.metadata.uid;
        let Some(old) = self.pods.get(&uid).cloned() else { return };
        let pod = if pod.node_name == old.node_name {
            pod
        } else {
            Arc::new(Pod { node_name: old.node_name.clone(), ..(*pod).clone() })
        };
        self.pods.insert(uid, pod.clone());
        if pod.node_name.is_empty() {
            self.queue.update(&mut cx(&mut self.core), &self.cache, &old, &pod);
            return;
        }
        self.cache.set_pod(pod.clone());
        let subject = || Subject::Pod { old: Some(old.clone()), new: Some(pod.clone()) };
        if old.metadata.labels != pod.metadata.labels {
            self.react(POD_LABEL, subject());
        }
        if old.spec != pod.spec {
            // Less asked for on a node is as good as a pod less.
            self.react(POD_DELETE, subject());
        }
    }

    /// A pod is gone.
    pub fn delete_pod(&mut self, uid: Uid) {
        let Some(pod) = self.pods.remove(&uid) else { return };
        self.cache.withdraw(uid);
        if pod.node_name.is_empty() {
            self.queue.remove(uid);
        } else {
            self.cache.remove_pod(uid);
            self.react(POD_DELETE, Subject::Pod { old: Some(pod), new: None });
        }
    }

    /// Schedules: at most so many attempts, each of which takes `pace`, and none that would begin at `until` or
    /// later. Returns whether it stopped because no pod wants to be tried now.
    pub fn run(&mut self, most: u64, until: SimTime, pace: Span, out: &mut Vec<Attempt>) -> bool {
        for _ in 0..most {
            if self.core.now >= until {
                return false;
            }
            self.timers();
            let Some(queued) = self.queue.pop() else { return true };
            let pod = queued.info.pod.clone();
            let uid = pod.metadata.uid;
            if pod.metadata.deleting() {
                self.queue.done(uid);
                continue;
            }
            self.attempts += 1;
            let start = self.next_start;
            let rng = &mut self.rng;
            self.cache.snapshot();
            let decided = self.decider.decide(&queued.info, &self.cache, start, &mut || rng.next());
            self.next_start = decided.next_start;
            let nodes = self.cache.order().len();
            let winner = decided.winner.map_or(Str::new(), |w| self.cache.row(w).name.clone());
            let profile = self.decider.profile();
            let diagnosis = decided.diagnosis.as_ref();
            let mut context = cx(&mut self.core);
            context.set_cause(queued.cause);
            context.record(|_| {
                let rejectors = diagnosis.iter().flat_map(|d| d.rejectors.iter());
                What::Decision(Arc::new(Decision {
                    pod: key_of(&pod),
                    revision: 0,
                    since: SimTime(0),
                    pods: Heard::default(),
                    nodes: Heard::default(),
                    forgotten: Vec::new(),
                    others: Vec::new(),
                    nominations: Vec::new(),
                    profile: profile.scheduler_name.clone(),
                    nominated: Str::new(),
                    victims: Vec::new(),
                    attempt: queued.attempts,
                    looked_at: decided.looked_at,
                    start,
                    feasible: decided.feasible,
                    draw: decided.draw,
                    winner: winner.clone(),
                    score: decided.score,
                    reasons: diagnosis.map_or(Vec::new(), |d| d.counted(nodes)),
                    rejectors: rejectors.map(|i| Str::from(profile.plugin(i).name())).collect(),
                }))
            });
            match decided.diagnosis {
                None => {
                    self.cache.withdraw(uid);
                    self.cache.assume(&queued.info, &winner);
                    self.queue.done(uid);
                    let bound = Arc::new(Pod { node_name: winner, ..(*pod).clone() });
                    self.cache.set_pod(bound.clone());
                    self.pods.insert(uid, bound.clone());
                    self.react(POD_ADD, Subject::Pod { old: Some(pod), new: Some(bound) });
                    out.push(Attempt::Scheduled(uid));
                }
                Some(d) => {
                    let rng = &mut self.rng;
                    let helped = self.decider.post_filter(
                        &queued.info,
                        &self.cache,
                        &d,
                        Time(self.core.now.0 as i64 / 1_000_000_000),
                        &mut || rng.next(),
                    );
                    self.fail(queued, d.rejectors, helped.preemption, out);
                    out.push(Attempt::Failed(uid));
                }
            }
            self.core.now += pace;
        }
        false
    }

    /// A pod goes back to the queue. If room can be made for it, it is nominated, and the others leave at once: no
    /// kubelet is here to let them end.
    fn fail(
        &mut self,
        mut queued: Queued,
        rejectors: Bits,
        preemption: Option<Box<Preemption>>,
        out: &mut Vec<Attempt>,
    ) {
        let Some(p) = preemption else {
            self.queue.fail(&mut cx(&mut self.core), &self.cache, queued, rejectors);
            return;
        };
        let node = self.cache.row(p.chosen.row).name.clone();
        for other in &p.withdrawn {
            self.cache.withdraw(other.pod.metadata.uid);
        }
        let mut pod = Pod::clone(&queued.info.pod);
        pod.status.nominated_node_name = node.clone();
        queued.info = PodInfo::like(Some(&queued.info), Arc::new(pod));
        self.pods.insert(queued.info.pod.metadata.uid, queued.info.pod.clone());
        self.cache.nominate(&queued.info, &node);
        self.queue.fail(&mut cx(&mut self.core), &self.cache, queued, rejectors);
        for victim in &p.chosen.victims {
            let uid = victim.pod.metadata.uid;
            self.delete_pod(uid);
            out.push(Attempt::Evicted(uid));
        }
    }
}

fn cx(core: &mut Core) -> Cx<'_> {
    Cx::new(core, Comp::Scheduler, Cause::Record(RecordId(1)))
}
