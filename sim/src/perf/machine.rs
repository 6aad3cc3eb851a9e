//! The scheduler without a cluster: its queue, its decisions and its cache, driven directly.
//!
//! All that depends on how the scheduler is built is in this file.

use crate::config::WorldConfig;
use crate::core::{Core, Cx};
use crate::msg::Comp;
use crate::object::{Key, Kind, Node, Obj, Pod, PodSpec, Str, Uid};
use crate::rng::Rng;
use crate::scheduler::fast::Decider;
use crate::scheduler::framework::{
    ClusterEvent, Events, NODE_ADD, NODE_ALLOCATABLE, NODE_DELETE, NODE_LABEL, NODE_TAINT, POD_ADD,
    POD_DELETE, POD_LABEL, Subject,
};
use crate::scheduler::plugins::ALL;
use crate::scheduler::queue::{LEFTOVER_AFTER, LEFTOVER_PERIOD, SchedulingQueue};
use crate::scheduler::snapshot::Cache;
use crate::time::{SimTime, Span};
use crate::trace::{Cause, Decision, Heard, Level, Record, RecordId, What};
use std::collections::{BTreeSet, HashMap};
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

/// Plugins of the default profile that are always asked, whatever the pod: without them, figures are of less work.
const ALWAYS: &[&str] = &["NodeResourcesBalancedAllocation", "ImageLocality"];

/// A scheduler and what it knows.
pub struct Machine {
    core: Core,
    cache: Cache,
    queue: SchedulingQueue,
    decider: Decider,
    rng: Rng,
    next_start: u32,
    /// All pods, those without a node as they came and the others with theirs.
    pods: HashMap<Uid, Arc<Pod>>,
    /// What pods asked for and no plugin answers.
    lacking: BTreeSet<&'static str>,
    last_spec: Option<Arc<PodSpec>>,
    attempts: u64,
    leftover: SimTime,
}

impl Machine {
    /// A scheduler with the default profile in an empty cluster. It keeps a record of each decision.
    pub fn new(seed: u64) -> Machine {
        let config = WorldConfig { trace: Level::Lifecycle, ..WorldConfig::default() };
        let known = |p: &&'static str| ALL.iter().any(|e| e.plugin.name() == *p);
        Machine {
            core: Core::new(config, seed),
            cache: Cache::default(),
            queue: SchedulingQueue::new(ALL),
            decider: Decider::new(ALL, 0),
            rng: Rng::new(seed, "scheduler"),
            next_start: 0,
            pods: HashMap::new(),
            lacking: ALWAYS.iter().filter(|p| !known(p)).copied().collect(),
            last_spec: None,
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
        self.cache.view().order.len()
    }

    /// Plugins that upstream would ask about what is there, and that podium does not have.
    pub fn lacking(&self) -> impl Iterator<Item = &'static str> {
        self.lacking.iter().copied()
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
        self.pods.get(&uid).is_some_and(|p| {
            let gates = p.spec.other.get("schedulingGates").and_then(serde_json::Value::as_array);
            p.node_name.is_empty() && gates.is_some_and(|g| !g.is_empty())
        })
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
        self.queue.react(&mut cx(&mut self.core), ClusterEvent { what, subject });
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
        let mut changes = Vec::new();
        match &old {
            None => changes.push(NODE_ADD),
            Some(old) => {
                if old.spec.taints != node.spec.taints || old.spec.unschedulable && !node.spec.unschedulable {
                    changes.push(NODE_TAINT);
                }
                if old.status.allocatable != node.status.allocatable {
                    changes.push(NODE_ALLOCATABLE);
                }
                if old.metadata.labels != node.metadata.labels {
                    changes.push(NODE_LABEL);
                }
            }
        }
        for what in changes {
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
        // Services select the pods that are spread by default.
        if obj.kind().name() == "Service" {
            self.need("PodTopologySpread");
        }
    }

    /// Such a thing goes.
    pub fn remove_object(&mut self, _: &Obj) {}

    fn need(&mut self, plugin: &'static str) {
        if !ALL.iter().any(|e| e.plugin.name() == plugin) {
            self.lacking.insert(plugin);
        }
    }

    /// Notes which plugins a pod needs.
    fn look_at(&mut self, pod: &Pod) {
        if self.last_spec.as_ref().is_some_and(|s| Arc::ptr_eq(s, &pod.spec)) {
            return;
        }
        self.last_spec = Some(pod.spec.clone());
        let spec = &pod.spec;
        if let Some(a) = &spec.affinity
            && (a.other.contains_key("podAffinity") || a.other.contains_key("podAntiAffinity"))
        {
            self.need("InterPodAffinity");
        }
        if spec.other.contains_key("topologySpreadConstraints") {
            self.need("PodTopologySpread");
        }
        if spec.containers.iter().flat_map(|c| &c.ports).any(|p| p.host_port != 0) {
            self.need("NodePorts");
        }
        let volumes = spec.other.get("volumes").and_then(serde_json::Value::as_array);
        if volumes.is_some_and(|v| v.iter().any(|v| v.get("persistentVolumeClaim").is_some())) {
            for plugin in ["VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"] {
                self.need(plugin);
            }
        }
    }

    /// A pod is created: it waits for a node unless it has one.
    pub fn add_pod(&mut self, pod: Arc<Pod>) {
        self.look_at(&pod);
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
        self.look_at(&pod);
        let pod = if pod.node_name == old.node_name {
            pod
        } else {
            Arc::new(Pod { node_name: old.node_name.clone(), ..(*pod).clone() })
        };
        self.pods.insert(uid, pod.clone());
        if pod.node_name.is_empty() {
            self.queue.update(&mut cx(&mut self.core), &old, &pod);
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
            let decided = self.decider.decide(&queued.info, &self.cache, start, &mut || rng.next());
            self.next_start = decided.next_start;
            let rows = self.cache.view().rows;
            let winner = decided.winner.map_or(Str::new(), |w| rows[w as usize].name.clone());
            let plugins = self.decider.plugins();
            let diagnosis = decided.diagnosis.as_ref();
            let mut context = cx(&mut self.core);
            context.set_cause(queued.cause);
            context.record(|_| {
                let rejectors = diagnosis.iter().flat_map(|d| d.rejectors.iter());
                What::Decision(Arc::new(Decision {
                    pod: Key {
                        kind: Kind::Pod,
                        ns: pod.metadata.namespace.clone(),
                        name: pod.metadata.name.clone(),
                    },
                    revision: 0,
                    since: SimTime(0),
                    pods: Heard::default(),
                    nodes: Heard::default(),
                    forgotten: Vec::new(),
                    attempt: queued.attempts,
                    looked_at: decided.looked_at,
                    start,
                    feasible: decided.feasible,
                    draw: decided.draw,
                    winner: winner.clone(),
                    score: decided.score,
                    reasons: diagnosis.map_or(Vec::new(), |d| match &d.all {
                        Some(r) => r.reasons.iter().map(|r| (r.clone(), rows.len() as u32)).collect(),
                        None => d.reasons.iter().map(|(r, n)| (r.clone(), *n)).collect(),
                    }),
                    rejectors: rejectors.map(|i| Str::from(plugins[i].plugin.name())).collect(),
                }))
            });
            match decided.diagnosis {
                None => {
                    self.cache.assume(&queued.info, &winner);
                    self.queue.done(uid);
                    let bound = Arc::new(Pod { node_name: winner, ..(*pod).clone() });
                    self.cache.set_pod(bound.clone());
                    self.pods.insert(uid, bound.clone());
                    self.react(POD_ADD, Subject::Pod { old: Some(pod), new: Some(bound) });
                    out.push(Attempt::Scheduled(uid));
                }
                Some(d) => {
                    let priority = queued.info.priority();
                    if !d.candidates.is_empty() && self.cache.lowest_priority().is_some_and(|p| p < priority)
                    {
                        self.need("DefaultPreemption");
                    }
                    self.queue.fail(&mut cx(&mut self.core), queued, d.rejectors);
                    out.push(Attempt::Failed(uid));
                }
            }
            self.core.now += pace;
        }
        false
    }
}

fn cx(core: &mut Core) -> Cx<'_> {
    Cx::new(core, Comp::Scheduler, Cause::Record(RecordId(1)))
}
