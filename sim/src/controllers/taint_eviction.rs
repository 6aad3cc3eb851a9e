//! The taint eviction controller: pods leave nodes whose NoExecute taints they do not tolerate, or no
//! longer tolerate.
//!
//! Source: `pkg/controller/tainteviction/{taint_eviction.go,timed_workers.go}`.

use super::cache::Seen;
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::{Answer, Reconciler, Verdict};
use crate::apiserver::{DeleteOptions, Patch, Verb};
use crate::object::{
    Condition, ConditionStatus, EventType, Key, Kind, Node, Obj, Pod, Str, Taint, TaintEffect, Toleration,
    Uid, lit,
};
use crate::time::{SimTime, Span};
use crate::trace::Code;
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: Str = lit!("taint-eviction-controller");
const MARK: u8 = 1;
const DELETE: u8 = 2;

/// A pod whose clock runs.
#[derive(Clone, Debug)]
struct Scheduled {
    token: u64,
    uid: Uid,
    created: SimTime,
    node: Str,
    taint: Str,
    seconds: i64,
    /// The clock has run out; the pod is being deleted.
    due: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TaintEviction {
    tainted: BTreeMap<Str, Vec<Taint>>,
    scheduled: BTreeMap<Key, Scheduled>,
    token: u64,
}

/// How long a pod stays on a node with these taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// It goes now.
    No,
    /// So many seconds from when the taints came.
    For(i64),
    /// As long as it likes.
    Forever,
}

/// `GetMatchingTolerations` and `getMinTolerationTime`. Also returns which taint decides.
pub fn stay(taints: &[Taint], tolerations: &[Toleration]) -> (Stay, usize) {
    let mut least = (Stay::Forever, 0);
    for (i, taint) in taints.iter().enumerate() {
        let Some(t) = tolerations.iter().find(|t| t.tolerates(taint)) else { return (Stay::No, i) };
        match (t.toleration_seconds, least.0) {
            (None, _) => {}
            (Some(s), _) if s <= 0 => return (Stay::For(0), i),
            (Some(s), Stay::For(l)) if s >= l => {}
            (Some(s), _) => least = (Stay::For(s), i),
        }
    }
    least
}

fn no_execute(node: &Node) -> Vec<Taint> {
    node.spec.taints.iter().filter(|t| t.effect == TaintEffect::NoExecute).cloned().collect()
}

impl TaintEviction {
    fn cancel(&mut self, key: &Key, io: &mut Io<'_, '_>, say: bool) {
        let Some(s) = self.scheduled.remove(key) else { return };
        if !say || s.due {
            return;
        }
        let cause = io.cx.note(Code::EvictionCancelled, key, &[("node", &s.node)]);
        if let Some(pod) = io.cache.pod(key).cloned() {
            let before = io.cx.cause();
            io.cx.set_cause(cause);
            let text = format!("Cancelling deletion of Pod {}/{}", key.ns, key.name);
            io.event(NAME, (Kind::Pod, &pod.metadata), EventType::Normal, lit!("TaintManagerEviction"), text);
            io.cx.set_cause(before);
        }
    }

    /// `processPodOnNode`.
    fn process(&mut self, key: &Key, pod: &Pod, io: &mut Io<'_, '_>) {
        let Some(taints) = self.tainted.get(&pod.node_name).filter(|t| !t.is_empty()) else {
            self.cancel(key, io, true);
            return;
        };
        if pod.metadata.deleting() {
            return;
        }
        let (stay, i) = stay(taints, &pod.spec.tolerations);
        let taint = taints[i].key.clone();
        let seconds = match stay {
            Stay::Forever => {
                self.cancel(key, io, true);
                return;
            }
            Stay::No => 0,
            Stay::For(s) => s,
        };
        let now = io.cx.now();
        let mut created = now;
        if let Some(s) = self.scheduled.get(key).filter(|s| s.uid == pod.metadata.uid) {
            // Counting from when the clock first started: it never runs longer for being looked at.
            if s.due || (stay != Stay::No && (s.created < now || s.seconds == seconds)) {
                return;
            }
            if stay != Stay::No {
                created = s.created;
            }
        }
        self.scheduled.remove(key);
        self.token += 1;
        let s = Scheduled {
            token: self.token,
            uid: pod.metadata.uid,
            created,
            node: pod.node_name.clone(),
            taint: taint.clone(),
            seconds,
            due: false,
        };
        self.scheduled.insert(key.clone(), s);
        let before = io.cx.cause();
        let args: [(&'static str, &dyn std::fmt::Display); 3] =
            [("node", &pod.node_name), ("taint", &taint), ("seconds", &seconds)];
        let cause = io.cx.note(Code::EvictionScheduled, key, &args);
        io.cx.set_cause(cause);
        let left = (created + Span::secs(seconds as u64)) - now;
        io.wake_after(left, key.clone(), self.token);
        io.cx.set_cause(before);
    }
}

impl Reconciler for TaintEviction {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        &[Kind::Node, Kind::Pod]
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }
    fn cost(&self, _: &Key, _: &super::Cache) -> Span {
        Span::us(50)
    }

    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        match seen.any() {
            Obj::Node(node) => {
                let taints = if seen.new.is_some() { no_execute(node) } else { Vec::new() };
                let same = |a: &[Taint], b: &[Taint]| {
                    a.len() == b.len()
                        && a.iter().all(|x| b.iter().any(|y| (&x.key, &x.value) == (&y.key, &y.value)))
                };
                let old = self.tainted.get(&seen.key.name).map_or(&[][..], |t| t);
                if same(old, &taints) {
                    return;
                }
                if taints.is_empty() {
                    self.tainted.remove(&seen.key.name);
                } else {
                    self.tainted.insert(seen.key.name.clone(), taints);
                }
                io.add(seen.key.clone(), Weight::Heavy);
            }
            Obj::Pod(pod) => {
                if seen.new.is_none() {
                    self.cancel(&seen.key, io, false);
                } else if self.tainted.contains_key(&pod.node_name) {
                    let old = seen.old.as_ref().and_then(Obj::as_pod);
                    let same = |o: &&Arc<Pod>| {
                        o.metadata.uid == pod.metadata.uid
                            && o.node_name == pod.node_name
                            && (Arc::ptr_eq(&o.spec, &pod.spec) || o.spec.tolerations == pod.spec.tolerations)
                    };
                    if old.filter(same).is_none() {
                        io.add(seen.key.clone(), Weight::Light);
                    }
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        if key.kind == Kind::Node {
            let pods: Vec<(Key, Arc<Pod>)> =
                io.cache.on_node(&key.name).map(|(k, p)| (k.clone(), p.clone())).collect();
            for (k, pod) in pods {
                self.process(&k, &pod, io);
            }
            return Outcome::Done;
        }
        let Some(pod) = io.cache.pod(key).cloned() else {
            self.scheduled.remove(key);
            return Outcome::Done;
        };
        let due = self.scheduled.get(key).filter(|s| s.due && s.uid == pod.metadata.uid).cloned();
        let Some(s) = due else {
            self.process(key, &pod, io);
            return Outcome::Done;
        };
        if pod.metadata.deleting() {
            self.scheduled.remove(key);
            return Outcome::Done;
        }
        let args: [(&'static str, &dyn std::fmt::Display); 3] =
            [("node", &s.node), ("taint", &s.taint), ("seconds", &s.seconds)];
        let cause = io.cx.note(Code::PodEvicted, key, &args);
        io.cx.set_cause(cause);
        let text = format!("Marking for deletion Pod {}/{}", key.ns, key.name);
        io.event(NAME, (Kind::Pod, &pod.metadata), EventType::Normal, lit!("TaintManagerEviction"), text);
        let condition = Condition {
            type_: lit!("DisruptionTarget"),
            status: ConditionStatus::True,
            last_transition_time: Some(io.cx.wall()),
            reason: lit!("DeletionByTaintManager"),
            message: lit!("Taint manager: deleting due to NoExecute taint"),
            ..Default::default()
        };
        let patch = Patch::PodCondition(Box::new(condition));
        io.send(key, Verb::Patch { key: key.clone(), uid: Some(s.uid), patch }, MARK, None);
        Outcome::Done
    }

    fn answered(&mut self, answer: &Answer<'_>, io: &mut Io<'_, '_>) -> Verdict {
        match (answer.tag, answer.result) {
            (MARK, Ok(_)) => {
                let uid = self.scheduled.get(answer.key).map(|s| s.uid);
                let options = DeleteOptions { uid, ..Default::default() };
                io.send(answer.key, Verb::Delete { key: answer.key.clone(), options }, DELETE, None);
                Verdict::ByResult
            }
            (DELETE, Ok(_)) => {
                self.scheduled.remove(answer.key);
                Verdict::ByResult
            }
            (_, Err(e)) if e.code == 404 || e.code == 409 => {
                self.scheduled.remove(answer.key);
                Verdict::Fine
            }
            _ => Verdict::ByResult,
        }
    }

    fn wake(&mut self, key: Key, token: u64, io: &mut Io<'_, '_>) {
        if let Some(s) = self.scheduled.get_mut(&key).filter(|s| s.token == token) {
            s.due = true;
            io.add(key, Weight::Heavy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_pod_stays() {
        let taint = |k: &str| Taint {
            key: Str::from(k),
            value: lit!(""),
            effect: TaintEffect::NoExecute,
            time_added: None,
        };
        let tol = |k: &str, s: Option<i64>| Toleration {
            key: Str::from(k),
            operator: lit!("Exists"),
            toleration_seconds: s,
            ..Default::default()
        };
        let cases = [
            ("untolerated", vec![taint("a")], vec![], Stay::No),
            ("other key", vec![taint("a")], vec![tol("b", None)], Stay::No),
            ("forever", vec![taint("a")], vec![tol("a", None)], Stay::Forever),
            ("300 s", vec![taint("a")], vec![tol("a", Some(300))], Stay::For(300)),
            ("negative is now", vec![taint("a")], vec![tol("a", Some(-1))], Stay::For(0)),
            (
                "least of two",
                vec![taint("a"), taint("b")],
                vec![tol("a", Some(300)), tol("b", Some(60))],
                Stay::For(60),
            ),
            ("one untolerated of two", vec![taint("a"), taint("b")], vec![tol("a", None)], Stay::No),
            (
                "timed and forever",
                vec![taint("a"), taint("b")],
                vec![tol("a", None), tol("b", Some(9))],
                Stay::For(9),
            ),
            ("first match counts", vec![taint("a")], vec![tol("a", Some(5)), tol("", None)], Stay::For(5)),
        ];
        for (name, taints, tolerations, want) in cases {
            assert_eq!(stay(&taints, &tolerations).0, want, "{name}");
        }
    }
}
