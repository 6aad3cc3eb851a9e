//! The pod garbage collector: pods that nobody else will end.
//!
//! Source: `pkg/controller/podgc/gc_controller.go`.

use super::cache::Seen;
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::{Answer, Reconciler, Verdict};
use crate::apiserver::{DeleteOptions, Verb};
use crate::object::{Condition, ConditionStatus, Key, Kind, Obj, Pod, PodPhase, Str, lit};
use crate::time::{SimTime, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: Str = lit!("pod-garbage-collector-controller");
const TICK: &str = "pod-gc";
/// `gcCheckPeriod`.
const PERIOD: Span = Span::secs(20);
/// `quarantineTime`: so long a node must be missing before its pods go.
const QUARANTINE: Span = Span::secs(40);
/// `--terminated-pod-gc-threshold`.
const THRESHOLD: usize = 12_500;

const GET: u8 = 1;
const MARK: u8 = 2;
const DELETE: u8 = 3;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct PodGc {
    /// Nodes that pods name and that do not exist, since when.
    missing: BTreeMap<Str, SimTime>,
    /// Pods to be deleted, with the message of the condition that they get first, if any.
    doomed: BTreeMap<Key, Option<Str>>,
    /// Nodes that the API server has confirmed to be gone.
    confirmed: BTreeMap<Key, ()>,
}

fn node_key(name: &Str) -> Key {
    Key { kind: Kind::Node, ns: lit!(""), name: name.clone() }
}

impl PodGc {
    fn doom(&mut self, key: &Key, message: Option<Str>, io: &mut Io<'_, '_>) {
        self.doomed.insert(key.clone(), message);
        io.cx.set_background(false);
        io.add(key.clone(), Weight::Heavy);
    }

    fn orphaned(&mut self, io: &mut Io<'_, '_>) {
        let now = io.cx.now();
        let gone: Vec<Str> =
            io.cache.nodes_with_pods().filter(|n| io.cache.get(&node_key(n)).is_none()).cloned().collect();
        self.missing.retain(|n, _| gone.binary_search(n).is_ok());
        for node in gone {
            let since = *self.missing.entry(node.clone()).or_insert(now);
            if now - since >= QUARANTINE {
                io.cx.set_background(false);
                io.add(node_key(&node), Weight::Heavy);
            }
        }
    }

    fn terminating(&mut self, io: &mut Io<'_, '_>) {
        let out_of_service = |pod: &Pod| match io.cache.get(&node_key(&pod.node_name)) {
            Some(Obj::Node(n)) => {
                !n.ready() && n.spec.taints.iter().any(|t| t.key == "node.kubernetes.io/out-of-service")
            }
            _ => false,
        };
        let mut found: Vec<(Key, Option<Str>)> = Vec::new();
        for key in io.cache.deleting() {
            let Some(pod) = io.cache.pod(key) else { continue };
            if pod.node_name.is_empty() {
                found.push((key.clone(), None));
            } else if out_of_service(pod) {
                found.push((key.clone(), Some(lit!("PodGC: node out of service"))));
            }
        }
        for (key, message) in found {
            self.doom(&key, message, io);
        }
    }

    fn terminated(&mut self, io: &mut Io<'_, '_>) {
        let ended = io.cache.ended();
        let excess = ended.len().saturating_sub(THRESHOLD);
        if excess == 0 {
            return;
        }
        let mut pods: Vec<&Key> =
            ended.iter().filter(|k| io.cache.pod(k).is_some_and(|p| !p.metadata.deleting())).collect();
        let rank = |k: &Key| {
            let p = io.cache.pod(k);
            (p.is_none_or(|p| p.status.reason != "Evicted"), p.and_then(|p| p.metadata.creation_timestamp))
        };
        pods.sort_by_cached_key(|k| rank(k));
        let first: Vec<Key> = pods.into_iter().take(excess).cloned().collect();
        for key in first {
            self.doom(&key, None, io);
        }
    }
}

impl Reconciler for PodGc {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        &[Kind::Node, Kind::Pod]
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }
    fn start(&mut self, io: &mut Io<'_, '_>) {
        io.tick_after(PERIOD, TICK);
    }
    fn observe(&mut self, _: &Seen, _: &mut Io<'_, '_>) {}

    fn tick(&mut self, _: &'static str, io: &mut Io<'_, '_>) {
        io.tick_after(PERIOD, TICK);
        if io.cache.of_kind(&Kind::Node).next().is_some() || io.cache.nodes_with_pods().next().is_some() {
            self.orphaned(io);
            self.terminating(io);
            self.terminated(io);
        }
    }

    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        if key.kind == Kind::Node {
            if io.cache.get(key).is_none() {
                io.send(key, Verb::Get(key.clone()), GET, None);
            }
            return Outcome::Done;
        }
        let Some(message) = self.doomed.remove(key) else { return Outcome::Done };
        let Some(pod) = io.cache.pod(key).cloned() else { return Outcome::Done };
        let Some(message) = message else {
            self.delete(key, &pod, io);
            return Outcome::Done;
        };
        // The pod shall not look as if it ran on (`markFailedAndDeletePodWithCondition`).
        let mut p = Pod::clone(&pod);
        p.metadata.resource_version = 0;
        if !p.terminal() {
            p.status.phase = PodPhase::Failed;
        }
        p.status.conditions.retain(|c| c.type_ != "DisruptionTarget");
        p.status.conditions.push(Condition {
            type_: lit!("DisruptionTarget"),
            status: ConditionStatus::True,
            last_transition_time: Some(io.cx.wall()),
            reason: lit!("DeletionByPodGC"),
            message,
            ..Default::default()
        });
        io.send(key, Verb::UpdateStatus(Obj::Pod(Arc::new(p))), MARK, None);
        Outcome::Done
    }

    fn answered(&mut self, answer: &Answer<'_>, io: &mut Io<'_, '_>) -> Verdict {
        match (answer.tag, answer.result) {
            (GET, Err(e)) if e.code == 404 => {
                self.confirmed.insert(answer.key.clone(), ());
                Verdict::Fine
            }
            (MARK, Ok(_)) => {
                if let Some(pod) = io.cache.pod(answer.key).cloned() {
                    self.delete(answer.key, &pod, io);
                }
                Verdict::ByResult
            }
            // What failed is found again by the next round.
            _ => Verdict::Fine,
        }
    }

    fn resume(&mut self, key: &Key, _: u32, io: &mut Io<'_, '_>) -> Outcome {
        if self.confirmed.remove(key).is_some() {
            let pods: Vec<Key> = io.cache.on_node(&key.name).map(|(k, _)| k.clone()).collect();
            for k in pods {
                self.doom(&k, Some(lit!("PodGC: node no longer exists")), io);
            }
        }
        Outcome::Done
    }
}

impl PodGc {
    fn delete(&self, key: &Key, pod: &Pod, io: &mut Io<'_, '_>) {
        let options = DeleteOptions { grace: Some(0), uid: Some(pod.metadata.uid), ..Default::default() };
        io.send(key, Verb::Delete { key: key.clone(), options }, DELETE, None);
    }
}
