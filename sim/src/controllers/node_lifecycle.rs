//! The node lifecycle controller: notices nodes that no longer report, marks them Unknown, taints them.
//!
//! Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go` and `pkg/controller/util/node`.
//! Left out: the reconciliation of beta labels, and the marking of pods that come to a dead node later.

use super::cache::Seen;
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::node_zones::{Disruption, Zones, zone_of};
use super::{Answer, Reconciler, Verdict};
use crate::api_util::{MicroTime, Time};
use crate::apiserver::{Patch, Verb};
use crate::object::{
    Condition, ConditionStatus, EventType, Key, Kind, Node, Obj, ObjectMeta, Pod, Str, Taint, TaintEffect,
    lit,
};
use crate::time::{SimTime, Span};
use crate::trace::{Cause, Code, RecordId};
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: Str = lit!("node-lifecycle-controller");
/// The source of the events.
const SOURCE: Str = lit!("node-controller");
const TICK: &str = "node-monitor";
/// A node that never reported has so long (`--node-startup-grace-period`).
const STARTUP_GRACE: Span = Span::secs(60);

const NOT_READY: Str = lit!("node.kubernetes.io/not-ready");
const UNREACHABLE: Str = lit!("node.kubernetes.io/unreachable");
const UNSCHEDULABLE: Str = lit!("node.kubernetes.io/unschedulable");

const CONDITIONS: u8 = 1;
const TAINTS: u8 = 2;
const MARK: u8 = 3;

/// Conditions and the taints that follow from them (`nodeConditionToTaintKeyStatusMap`).
static CONDITION_TAINTS: [(&str, ConditionStatus, Str); 6] = [
    ("Ready", ConditionStatus::False, NOT_READY),
    ("Ready", ConditionStatus::Unknown, UNREACHABLE),
    ("MemoryPressure", ConditionStatus::True, lit!("node.kubernetes.io/memory-pressure")),
    ("DiskPressure", ConditionStatus::True, lit!("node.kubernetes.io/disk-pressure")),
    ("PIDPressure", ConditionStatus::True, lit!("node.kubernetes.io/pid-pressure")),
    ("NetworkUnavailable", ConditionStatus::True, lit!("node.kubernetes.io/network-unavailable")),
];

/// What the controller remembers of a node.
#[derive(Clone, Debug)]
struct Health {
    node: Arc<Node>,
    renewed: Option<MicroTime>,
    /// What the last round of the monitor saw.
    seen: (Option<Time>, Option<MicroTime>),
    /// When a round last saw something new.
    probe: SimTime,
    /// Why the node is as it is.
    why: Cause,
    /// Its conditions are being written as Unknown.
    writing: bool,
    /// Its pods could not be marked.
    retry: bool,
    /// The NoExecute taint that it shall have.
    grant: Option<Str>,
    /// Its NoExecute taints shall go.
    lift: bool,
    lost: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycle {
    nodes: BTreeMap<Str, Health>,
    leases: BTreeMap<Str, MicroTime>,
    zones: Zones,
    /// When the rate-limited queues will be looked at.
    armed: Option<SimTime>,
}

fn key(name: &Str) -> Key {
    Key { kind: Kind::Node, ns: lit!(""), name: name.clone() }
}

fn ready_status(node: &Node) -> Option<ConditionStatus> {
    node.condition("Ready").map(|c| c.status)
}

fn has(node: &Node, taint: &str, effect: TaintEffect) -> bool {
    node.spec.taints.iter().any(|t| t.key == taint && t.effect == effect)
}

/// The NoSchedule taints that a node's state asks for (`doNoScheduleTaintingPass`).
fn wanted_no_schedule(node: &Node) -> Vec<Str> {
    let from_conditions = CONDITION_TAINTS
        .iter()
        .filter(|(type_, status, _)| node.condition(type_).is_some_and(|c| c.status == *status))
        .map(|(_, _, taint)| taint.clone());
    from_conditions.chain(node.spec.unschedulable.then_some(UNSCHEDULABLE)).collect()
}

fn event(io: &mut Io<'_, '_>, meta: &ObjectMeta, reason: Str, text: &str) {
    let message = format!("Node {} {text}", meta.name);
    io.event(SOURCE, (Kind::Node, meta), EventType::Normal, reason, message);
}

impl NodeLifecycle {
    fn observe_node(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        let Some(Obj::Node(node)) = &seen.new else {
            if let Some(h) = self.nodes.remove(&seen.key.name) {
                self.zones.drop_node(&zone_of(&h.node), &seen.key.name);
                let text = format!("event: Removing Node {} from Controller", seen.key.name);
                event(io, &h.node.metadata, lit!("RemovingNode"), &text);
            }
            return;
        };
        let (now, cause) = (io.cx.now(), io.cx.cause());
        match self.nodes.get_mut(&seen.key.name).filter(|h| h.node.metadata.uid == node.metadata.uid) {
            Some(h) => {
                if ready_status(&h.node) != ready_status(node) {
                    h.why = cause;
                }
                h.node = node.clone();
            }
            None => {
                let h = Health {
                    node: node.clone(),
                    renewed: self.leases.get(&seen.key.name).copied(),
                    seen: (None, None),
                    probe: now,
                    why: cause,
                    writing: false,
                    retry: false,
                    grant: None,
                    lift: false,
                    lost: false,
                };
                self.nodes.insert(seen.key.name.clone(), h);
                let text = format!("event: Registered Node {} in Controller", seen.key.name);
                event(io, &node.metadata, lit!("RegisteredNode"), &text);
            }
        }
        let wanted = wanted_no_schedule(node);
        let managed = |t: &&Taint| t.effect == TaintEffect::NoSchedule && is_managed(&t.key);
        let have = node.spec.taints.iter().filter(managed).count();
        if have != wanted.len() || !wanted.iter().all(|t| has(node, t, TaintEffect::NoSchedule)) {
            io.add(seen.key.clone(), Weight::Heavy);
        }
    }

    /// One node in a round of the monitor. Returns whether it counts as ready, if it has ever reported.
    fn monitor(&mut self, name: &Str, io: &mut Io<'_, '_>) -> Option<bool> {
        let now = io.cx.now();
        let h = self.nodes.get_mut(name)?;
        let ready = h.node.condition("Ready").cloned();
        let fresh = (ready.as_ref().and_then(|c| c.last_heartbeat_time), h.renewed);
        if fresh != h.seen {
            h.probe = now;
            h.seen = fresh;
        }
        let grace = if ready.is_some() { io.cx.config().timings.node_monitor_grace } else { STARTUP_GRACE };
        let observed = ready.as_ref().map_or(ConditionStatus::Unknown, |c| c.status);
        let late = now > h.probe + grace;
        let stale = ready.is_none() || observed != ConditionStatus::Unknown;
        if late && stale && !h.writing {
            h.writing = true;
            h.lost = true;
            Self::expire(h, grace, io);
            if observed == ConditionStatus::True {
                let meta = h.node.metadata.clone();
                event(io, &meta, lit!("NodeNotReady"), "status is now: NodeNotReady");
                Self::mark_pods(name, io);
            }
        } else if h.retry && observed != ConditionStatus::True {
            h.retry = false;
            io.cx.set_cause(h.why);
            Self::mark_pods(name, io);
        }
        let h = self.nodes.get_mut(name)?;
        ready.as_ref()?;
        io.cx.set_cause(h.why);
        let zone = zone_of(&h.node);
        match observed {
            ConditionStatus::True => {
                self.zones.drop_node(&zone, name);
                h.grant = None;
                if h.lost && !late {
                    h.lost = false;
                    h.why = io.cx.note(Code::NodeBack, &key(name), &[]);
                    io.cx.set_cause(h.why);
                }
                Self::lift(name, h, io);
            }
            ConditionStatus::False | ConditionStatus::Unknown => {
                let taint = if observed == ConditionStatus::False { NOT_READY } else { UNREACHABLE };
                if !self.zones.all_gone() {
                    let other = if observed == ConditionStatus::False { UNREACHABLE } else { NOT_READY };
                    h.lift = false;
                    // A change of kind needs no token: the node has been given up already.
                    if has(&h.node, &other, TaintEffect::NoExecute)
                        && !has(&h.node, &taint, TaintEffect::NoExecute)
                    {
                        h.grant = Some(taint);
                        io.add(key(name), Weight::Heavy);
                    } else if !has(&h.node, &taint, TaintEffect::NoExecute) && h.grant.is_none() {
                        self.zones.push(zone, name, h.why);
                    }
                }
            }
        }
        Some(observed == ConditionStatus::True && !late)
    }

    /// The grace period is over: all conditions become Unknown.
    fn expire(h: &mut Health, grace: Span, io: &mut Io<'_, '_>) {
        let name = &h.node.metadata.name;
        let silent = io.cx.core.node_index(name).map_or(RecordId(0), |i| io.cx.core.nodes[i as usize].silent);
        let silence = io.cx.now() - h.probe;
        io.cx.set_cause(match io.cx.core.outage_within(silence) {
            _ if silent != RecordId(0) => Cause::Record(silent),
            // The node is well, but for a while there was nobody to tell.
            Some(fault) => Cause::Record(fault),
            None => Cause::Timer(TICK),
        });
        io.cx.set_background(false);
        h.why = io.cx.note(Code::LeaseExpired, &key(name), &[("grace", &grace), ("silence", &silence)]);
        io.cx.set_cause(h.why);
        let now = io.cx.wall();
        let mut changed = Vec::new();
        for type_ in [lit!("Ready"), lit!("MemoryPressure"), lit!("DiskPressure"), lit!("PIDPressure")] {
            let old = h.node.condition(&type_);
            if old.is_some_and(|c| c.status == ConditionStatus::Unknown) {
                continue;
            }
            let (reason, message) = match old {
                Some(_) => (lit!("NodeStatusUnknown"), lit!("Kubelet stopped posting node status.")),
                None => (lit!("NodeStatusNeverUpdated"), lit!("Kubelet never posted node status.")),
            };
            changed.push(Condition {
                type_,
                status: ConditionStatus::Unknown,
                last_heartbeat_time: old
                    .map_or(h.node.metadata.creation_timestamp, |c| c.last_heartbeat_time),
                last_transition_time: Some(now),
                reason,
                message,
                ..Default::default()
            });
        }
        let patch = Patch::NodeConditions(changed);
        let verb = Verb::Patch { key: key(name), uid: Some(h.node.metadata.uid), patch };
        io.send_loose(&key(name), verb, CONDITIONS, None);
    }

    /// The pods of a dead node are not ready (`MarkPodsNotReady`).
    fn mark_pods(node: &Str, io: &mut Io<'_, '_>) {
        let pods: Vec<(Key, Arc<Pod>)> =
            io.cache.on_node(node).filter(|(_, p)| p.ready()).map(|(k, p)| (k.clone(), p.clone())).collect();
        let now = io.cx.wall();
        for (about, pod) in pods {
            let Some(mut c) = pod.condition("Ready").cloned() else { continue };
            c.status = ConditionStatus::False;
            c.last_transition_time = Some(now);
            let patch = Patch::PodCondition(Box::new(c));
            let verb = Verb::Patch { key: about.clone(), uid: Some(pod.metadata.uid), patch };
            io.send_loose(&key(node), verb, MARK, Some(about));
            let text = "Node is not ready".to_string();
            io.event(SOURCE, (Kind::Pod, &pod.metadata), EventType::Warning, lit!("NodeNotReady"), text);
        }
    }

    fn lift(name: &Str, h: &mut Health, io: &mut Io<'_, '_>) {
        let tainted = [&NOT_READY, &UNREACHABLE].iter().any(|t| has(&h.node, t, TaintEffect::NoExecute));
        if tainted {
            h.lift = true;
            io.add(key(name), Weight::Heavy);
        }
    }

    /// Sets the timer at which the next node may be taken from a queue.
    fn arm(&mut self, io: &mut Io<'_, '_>) {
        let now = io.cx.now();
        let Some(at) = self.zones.iter_mut().filter_map(|(_, z)| z.next_at(now)).min() else { return };
        if self.armed.is_none_or(|a| at < a || a <= now) {
            self.armed = Some(at);
            io.cx.set_background(false);
            io.wake_after(at - now, key(&lit!("")), 0);
        }
    }
}

fn is_managed(taint: &str) -> bool {
    taint == UNSCHEDULABLE || CONDITION_TAINTS.iter().any(|(_, _, t)| *t == taint)
}

impl Reconciler for NodeLifecycle {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        &[Kind::Node, Kind::Lease, Kind::Pod]
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }
    fn cost(&self, _: &Key, _: &super::Cache) -> Span {
        Span::us(50)
    }

    fn start(&mut self, io: &mut Io<'_, '_>) {
        let period = io.cx.config().timings.node_monitor_period;
        io.tick_after(period, TICK);
    }

    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        match seen.any() {
            Obj::Node(_) => self.observe_node(seen, io),
            Obj::Lease(l) if l.metadata.namespace == "kube-node-lease" => {
                let name = &l.metadata.name;
                match l.spec.renew_time.filter(|_| seen.new.is_some()) {
                    Some(at) => {
                        self.leases.insert(name.clone(), at);
                        if let Some(h) = self.nodes.get_mut(name) {
                            h.renewed = Some(at);
                        }
                    }
                    None => {
                        self.leases.remove(name);
                    }
                }
            }
            _ => {}
        }
    }

    fn tick(&mut self, _: &'static str, io: &mut Io<'_, '_>) {
        let names: Vec<Str> = self.nodes.keys().cloned().collect();
        let mut counts: BTreeMap<Str, (usize, usize)> = BTreeMap::new();
        let cause = io.cx.cause();
        for name in &names {
            io.cx.set_background(true);
            io.cx.set_cause(cause);
            if let Some(ready) = self.monitor(name, io) {
                let n = counts.entry(zone_of(&self.nodes[name].node)).or_default();
                if ready { n.0 += 1 } else { n.1 += 1 }
            }
        }
        io.cx.set_cause(cause);
        let now = io.cx.now();
        match self.zones.update(&counts, now) {
            Disruption::None => {}
            Disruption::Begins => {
                for (name, h) in &mut self.nodes {
                    h.grant = None;
                    io.cx.set_cause(h.why);
                    Self::lift(name, h, io);
                }
            }
            Disruption::Ends => self.nodes.values_mut().for_each(|h| h.probe = now),
        }
        io.cx.set_cause(cause);
        self.arm(io);
        let period = io.cx.config().timings.node_monitor_period;
        io.tick_after(period, TICK);
    }

    fn wake(&mut self, _: Key, _: u64, io: &mut Io<'_, '_>) {
        let now = io.cx.now();
        if self.armed.is_some_and(|a| a <= now) {
            self.armed = None;
        }
        for (_, zone) in self.zones.iter_mut() {
            let Some((name, cause)) = zone.take(now) else { continue };
            let Some(h) = self.nodes.get_mut(&name) else { continue };
            h.grant = match ready_status(&h.node) {
                Some(ConditionStatus::False) => Some(NOT_READY),
                Some(ConditionStatus::Unknown) => Some(UNREACHABLE),
                Some(ConditionStatus::True) | None => None,
            };
            if h.grant.is_some() {
                io.cx.set_cause(cause);
                io.add(key(&name), Weight::Heavy);
            }
        }
        self.arm(io);
    }

    fn reconcile(&mut self, node_key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        let Some(h) = self.nodes.get_mut(&node_key.name) else { return Outcome::Done };
        let now = io.cx.wall();
        let mut node = Node::clone(&h.node);
        let mut said: Vec<String> = Vec::new();
        let wanted = wanted_no_schedule(&node);
        node.spec.taints.retain(|t| {
            let managed = t.effect == TaintEffect::NoSchedule && is_managed(&t.key);
            let opposite = t.effect == TaintEffect::NoExecute
                && (t.key == NOT_READY || t.key == UNREACHABLE)
                && (h.lift || h.grant.as_ref().is_some_and(|g| *g != t.key));
            let keep = !opposite && (!managed || wanted.contains(&t.key));
            if !keep {
                said.push(format!("-{}:{}", t.key, t.effect.as_str()));
            }
            keep
        });
        let execute = h.grant.iter().map(|k| (k.clone(), TaintEffect::NoExecute));
        for (taint, effect) in wanted.into_iter().map(|k| (k, TaintEffect::NoSchedule)).chain(execute) {
            if !has(&node, &taint, effect) {
                said.push(format!("{taint}:{}", effect.as_str()));
                node.spec.taints.push(Taint { key: taint, value: Str::new(), effect, time_added: Some(now) });
            }
        }
        if said.is_empty() {
            (h.grant, h.lift) = (None, false);
            return Outcome::Done;
        }
        let cause = io.cx.note(Code::NodeTainted, node_key, &[("taints", &said.join(", "))]);
        io.cx.set_cause(cause);
        io.send(node_key, Verb::Update(Obj::Node(Arc::new(node))), TAINTS, None);
        Outcome::Done
    }

    fn answered(&mut self, answer: &Answer<'_>, _: &mut Io<'_, '_>) -> Verdict {
        let Some(h) = self.nodes.get_mut(&answer.key.name) else { return Verdict::Fine };
        match (answer.tag, answer.result) {
            (CONDITIONS, _) => h.writing = false,
            (TAINTS, Ok(_)) => (h.grant, h.lift) = (None, false),
            (TAINTS, Err(e)) if e.code == 404 => return Verdict::Fine,
            (MARK, Err(e)) if e.transient() => h.retry = true,
            _ => {}
        }
        Verdict::ByResult
    }
}
