//! Invariants: what must hold in every run, whatever is played and whatever breaks.
//!
//! A checker reads the trace and knows nothing of the components. The rules that hold at all times are
//! checked at each record; those that only hold once everything has settled, in [`Checker::settled`].

use crate::object::{Key, Kind, Obj, ObjectSet, Pod, Str, Uid};
use crate::time::SimTime;
use crate::trace::{Record, RecordId, What, WriteVerb};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name, one of [`RULES`].
    pub rule: &'static str,
    /// What was seen, in words.
    pub what: String,
    /// When.
    pub at: SimTime,
    /// The record that showed it; 0 for a rule about the end.
    pub record: RecordId,
}

/// All rules with what they say.
pub const RULES: &[(&str, &str)] = &[
    (
        "cause-known",
        "every record but a user's action, a timer or a fault names an earlier record as its cause",
    ),
    ("revisions-rise", "each write has a higher revision than the one before"),
    ("names-keep-identity", "an update never gives a name to another object"),
    ("bound-pods-stay", "a pod that has a node never gets another one"),
    ("only-the-scheduler-binds", "a pod gets its node from the scheduler, or has it when it is created"),
    ("node-capacity", "the pods on a node never ask for more than it has"),
    ("replicas-converge", "in the end each replica set has as many pods as it wants"),
    ("no-orphans", "in the end nothing is left whose controller is gone"),
    ("no-lost-pods", "in the end no pod is on a node that does not exist"),
];

#[derive(Clone, Debug)]
struct Held {
    uid: Uid,
    node: Str,
    /// cpu in millis, memory in bytes, as counted on the node; `None` once it has ended.
    counted: Option<(i64, i64)>,
}

#[derive(Clone, Debug, Default)]
struct NodeUse {
    cpu: i64,
    memory: i64,
    pods: i64,
    allocatable: Option<(i64, i64, i64)>,
}

/// Reads a trace and remembers what it must.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    revision: u64,
    uids: BTreeMap<Key, Uid>,
    pods: BTreeMap<Key, Held>,
    nodes: BTreeMap<Str, NodeUse>,
    violations: Vec<Violation>,
}

impl Checker {
    /// A checker at the beginning of a trace.
    pub fn new() -> Checker {
        Checker::default()
    }

    /// What has been found so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    fn broken(&mut self, r: &Record, rule: &'static str, what: String) {
        self.violations.push(Violation { rule, what, at: r.at, record: r.id });
    }

    /// Reads the next record.
    pub fn record(&mut self, r: &Record) {
        if r.cause >= r.id || (r.cause == RecordId(0)) != r.what.is_root() {
            self.broken(r, "cause-known", format!("record {} names {} as its cause", r.id.0, r.cause.0));
        }
        if let What::Write { verb, revision, by, obj, .. } = &r.what {
            if *revision <= self.revision {
                self.broken(r, "revisions-rise", format!("revision {revision} after {}", self.revision));
            }
            self.revision = *revision;
            self.write(r, *verb, by, obj);
        }
    }

    fn write(&mut self, r: &Record, verb: WriteVerb, by: &str, obj: &Obj) {
        let key = obj.key();
        let uid = obj.meta().uid;
        match (verb, self.uids.get(&key)) {
            (WriteVerb::Create, Some(_)) => {
                self.broken(r, "names-keep-identity", format!("{key} was created while it existed"));
            }
            (WriteVerb::Update, Some(old)) if *old != uid => {
                self.broken(r, "names-keep-identity", format!("{key} became another object by an update"));
            }
            _ => {}
        }
        match verb {
            WriteVerb::Delete => self.uids.remove(&key),
            WriteVerb::Create | WriteVerb::Update => self.uids.insert(key.clone(), uid),
        };
        match obj {
            Obj::Pod(p) => self.pod(r, verb, by, &key, p),
            Obj::Node(n) => {
                let row = self.nodes.entry(n.metadata.name.clone()).or_default();
                row.allocatable = (verb != WriteVerb::Delete && !n.status.allocatable.is_empty())
                    .then(|| (n.allocatable("cpu"), n.allocatable("memory"), n.allocatable("pods")));
            }
            _ => {}
        }
    }

    fn pod(&mut self, r: &Record, verb: WriteVerb, by: &str, key: &Key, p: &Arc<Pod>) {
        let before = self.pods.remove(key);
        if let Some(b) = &before
            && let Some((cpu, memory)) = b.counted
            && let Some(n) = self.nodes.get_mut(&b.node)
        {
            n.cpu -= cpu;
            n.memory -= memory;
            n.pods -= 1;
        }
        if verb == WriteVerb::Delete {
            return;
        }
        let had = before.as_ref().filter(|b| b.uid == p.metadata.uid).map(|b| b.node.clone());
        if let Some(node) = had {
            if !node.is_empty() && node != p.node_name {
                self.broken(r, "bound-pods-stay", format!("{key} moved from {node} to {:?}", p.node_name));
            }
            if node.is_empty() && !p.node_name.is_empty() && by != "kube-scheduler" {
                self.broken(r, "only-the-scheduler-binds", format!("{by} put {key} on {}", p.node_name));
            }
        }
        let mut counted = None;
        if !p.node_name.is_empty() && !p.terminal() {
            let (cpu, memory) = (p.request("cpu"), p.request("memory"));
            counted = Some((cpu, memory));
            let n = self.nodes.entry(p.node_name.clone()).or_default();
            n.cpu += cpu;
            n.memory += memory;
            n.pods += 1;
            let newly = before.as_ref().is_none_or(|b| b.node.is_empty());
            if let Some((c, m, count)) = n.allocatable.filter(|_| newly)
                && (n.cpu > c || n.memory > m || n.pods > count)
            {
                let what = format!(
                    "{key} on {}: {}m of {c}m cpu, {} of {m} bytes, {} of {count} pods",
                    p.node_name, n.cpu, n.memory, n.pods
                );
                self.broken(r, "node-capacity", what);
            }
        }
        self.pods.insert(key.clone(), Held { uid: p.metadata.uid, node: p.node_name.clone(), counted });
    }

    /// Checks what must hold once everything has settled.
    pub fn settled(&mut self, objects: &ObjectSet, at: SimTime) {
        let mut found = Vec::new();
        let uids: BTreeSet<Uid> = objects.values().map(|o| o.meta().uid).collect();
        let mut owned: BTreeMap<Uid, i64> = BTreeMap::new();
        for (key, o) in objects.iter() {
            if let Some(owner) = o.meta().controller() {
                if !uids.contains(&owner.uid) {
                    found.push((
                        "no-orphans",
                        format!("{key} belongs to {} {}, which is gone", owner.kind, owner.name),
                    ));
                }
                if o.as_pod().is_some_and(|p| p.active()) {
                    *owned.entry(owner.uid).or_default() += 1;
                }
            }
            if let Obj::Pod(p) = o
                && !p.node_name.is_empty()
                && !objects.contains_key(&Key { kind: Kind::Node, ns: Str::new(), name: p.node_name.clone() })
            {
                found.push(("no-lost-pods", format!("{key} is on {}, which does not exist", p.node_name)));
            }
        }
        for (key, o) in objects.iter() {
            if let Obj::ReplicaSet(rs) = o {
                let (want, have) =
                    (rs.spec.replicas.unwrap_or(1), owned.get(&rs.metadata.uid).copied().unwrap_or(0));
                if !rs.metadata.deleting() && want != have {
                    found.push(("replicas-converge", format!("{key} wants {want} and has {have}")));
                }
            }
        }
        for (rule, what) in found {
            self.violations.push(Violation { rule, what, at, record: RecordId(0) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::Comp;
    use crate::object::{ObjectMeta, lit};
    use crate::trace::Actor;

    fn pod(uid: u128, node: &str) -> Obj {
        let metadata =
            ObjectMeta { name: lit!("a"), namespace: lit!("default"), uid: Uid(uid), ..Default::default() };
        Obj::Pod(Arc::new(Pod { metadata, node_name: Str::from(node), ..Default::default() }))
    }

    fn write(id: u64, cause: u64, revision: u64, verb: WriteVerb, by: &str, obj: Obj) -> Record {
        Record {
            id: RecordId(id),
            at: SimTime(id),
            cause: RecordId(cause),
            actor: Actor { comp: Comp::Etcd, part: lit!("") },
            what: What::Write { verb, revision, previous: RecordId(0), by: Str::from(by), obj },
        }
    }

    #[test]
    fn each_rule_about_records_can_fail() {
        use WriteVerb::{Create, Update};
        let cases: Vec<(&str, Vec<Record>)> = vec![
            ("cause-known", vec![write(1, 1, 1, Create, "x", pod(1, ""))]),
            ("cause-known", vec![write(2, 0, 1, Create, "x", pod(1, ""))]),
            (
                "revisions-rise",
                vec![write(2, 1, 5, Create, "x", pod(1, "")), write(3, 1, 5, Update, "x", pod(1, ""))],
            ),
            (
                "names-keep-identity",
                vec![write(2, 1, 1, Create, "x", pod(1, "")), write(3, 1, 2, Update, "x", pod(2, ""))],
            ),
            (
                "bound-pods-stay",
                vec![write(2, 1, 1, Create, "x", pod(1, "n1")), write(3, 1, 2, Update, "x", pod(1, "n2"))],
            ),
            (
                "only-the-scheduler-binds",
                vec![
                    write(2, 1, 1, Create, "x", pod(1, "")),
                    write(3, 1, 2, Update, "kubectl", pod(1, "n1")),
                ],
            ),
        ];
        for (rule, records) in cases {
            let mut c = Checker::new();
            records.iter().for_each(|r| c.record(r));
            assert_eq!(c.violations().iter().map(|v| v.rule).collect::<Vec<_>>(), [rule]);
        }
        let mut fine = Checker::new();
        fine.record(&write(2, 1, 1, Create, "x", pod(1, "")));
        fine.record(&write(3, 1, 2, Update, "kube-scheduler", pod(1, "n1")));
        assert_eq!(fine.violations(), []);
    }
}
