//! "Why is it so?": the walk from a record up to its root, and the same walk in sentences.
//!
//! Kubernetes cannot answer this: an object shows what it is, and Events say what happened to it, but
//! neither names a cause. Here each record does, so that the answer is a list of numbers; the sentences
//! come from [`crate::caption`].

use super::{Record, RecordId, What, WriteVerb};
use crate::caption::{Catalogue, Context, Telling, name_of, node_of, tell};
use crate::object::{ConditionStatus, Key, Kind, Obj, PodPhase, Str};
use crate::time::SimTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The records of a trace, found by number: a slice with consecutive ids. It may begin after 1, if
/// older records were let go.
#[derive(Clone, Copy, Debug)]
pub struct TraceIndex<'a> {
    records: &'a [Record],
    nodes: &'a [Str],
}

/// Why a chain of causes cannot be followed: the trace is broken or incomplete.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// There is no such record.
    #[error("the trace has no record {}", .0.0)]
    NoRecord(RecordId),
    /// A cause is not in the trace.
    #[error("record {} names record {} as its cause, which is not in the trace", .record.0, .cause.0)]
    UnknownCause {
        /// The record.
        record: RecordId,
        /// Its cause.
        cause: RecordId,
    },
    /// A cause is not older than what it caused.
    #[error("record {} names record {} as its cause, which is not older", .record.0, .cause.0)]
    ForwardCause {
        /// The record.
        record: RecordId,
        /// Its cause.
        cause: RecordId,
    },
    /// A record has no cause, although it is neither an action nor a timer nor a fault.
    #[error("record {} has no cause and is no root", .0.0)]
    Rootless(RecordId),
}

/// Why there is no explanation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyError {
    /// Nothing is known of the object at that time.
    #[error("the trace says nothing about {key} at {at} or before")]
    NoObject {
        /// The object.
        key: Key,
        /// The time asked about.
        at: SimTime,
    },
    /// The chain is broken.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// In which order an explanation is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// From the root to what was asked about, as a story.
    #[default]
    OldestFirst,
    /// From what was asked about to the root, as an answer to "why?".
    NewestFirst,
}

/// What kind of record a chain goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Root {
    Start,
    User,
    Timer,
    Fault,
    Mend,
}

/// An explanation: a chain of causes in sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// What is explained, as a question.
    pub headline: String,
    /// What kind of record it goes back to.
    pub root: Root,
    /// One line a step.
    pub lines: Vec<WhyLine>,
}

/// One step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyLine {
    /// When.
    pub at: SimTime,
    /// The record that the line tells.
    pub record: RecordId,
    /// What happened.
    pub text: String,
    /// Who did it.
    pub actor: String,
}

/// The headline, then a line a step with its time.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "  {}  {}", line.at, line.text))
    }
}

impl<'a> TraceIndex<'a> {
    /// An index over records with consecutive ids; `nodes` are the nodes' names by index.
    pub fn new(records: &'a [Record], nodes: &'a [Str]) -> TraceIndex<'a> {
        TraceIndex { records, nodes }
    }

    /// A record by its number.
    pub fn get(&self, id: RecordId) -> Option<&'a Record> {
        let first = self.records.first()?.id.0;
        let record = self.records.get(usize::try_from(id.0.checked_sub(first)?).ok()?)?;
        (record.id == id).then_some(record)
    }

    /// The records up to a time, that time included.
    pub fn until(&self, at: SimTime) -> &'a [Record] {
        &self.records[..self.records.partition_point(|r| r.at <= at)]
    }

    /// What a record's sentence needs besides it.
    pub fn context(&self, record: &Record) -> Context<'a> {
        let previous = match &record.what {
            What::Write { previous, .. } => self.get(*previous).and_then(|r| match &r.what {
                What::Write { obj, .. } => Some(obj),
                _ => None,
            }),
            _ => None,
        };
        let sent = match record.what {
            What::Dropped { sent, .. } => self.get(sent),
            _ => None,
        };
        Context { nodes: self.nodes, previous, sent }
    }

    /// What a record says, if it is worth a sentence.
    pub fn tell(&self, record: &Record) -> Option<Telling> {
        tell(record, &self.context(record))
    }
}

/// From a record up to its root, the record first.
///
/// # Errors
/// When a cause is missing, unknown or not older than its effect. So the walk always ends.
pub fn chain(index: &TraceIndex<'_>, id: RecordId) -> Result<Vec<RecordId>, ChainError> {
    let mut record = index.get(id).ok_or(ChainError::NoRecord(id))?;
    let mut ids = vec![id];
    while !record.what.is_root() {
        let (record_id, cause) = (record.id, record.cause);
        if cause.0 == 0 {
            return Err(ChainError::Rootless(record_id));
        }
        if cause >= record_id {
            return Err(ChainError::ForwardCause { record: record_id, cause });
        }
        record = index.get(cause).ok_or(ChainError::UnknownCause { record: record_id, cause })?;
        ids.push(cause);
    }
    Ok(ids)
}

/// The record that says how an object is at a time: its last write or note at or before it. For a pod
/// that has no node yet, the scheduler's last decision about it.
pub fn object_state_record(index: &TraceIndex<'_>, key: &Key, at: SimTime) -> Option<RecordId> {
    let (mut newest, mut decision, mut waits) = (None, None, false);
    for record in index.until(at).iter().rev() {
        match &record.what {
            What::Decision(d) if d.pod == *key => decision = decision.or(Some(record.id)),
            What::Note { subject, .. } if subject == key => newest = newest.or(Some(record.id)),
            What::Write { verb, obj, .. } if is(obj, key) => {
                newest = newest.or(Some(record.id));
                let unplaced = obj.as_pod().is_some_and(|p| p.node_name.is_empty() && p.active());
                waits = unplaced && *verb != WriteVerb::Delete;
                // Of a pod that waits, what the scheduler said last says more than what was written since.
                if !waits || decision.is_some() || *verb == WriteVerb::Create {
                    break;
                }
            }
            _ => {}
        }
    }
    if waits { decision.or(newest) } else { newest.or(decision) }
}

/// Explains how an object is at a time.
///
/// # Errors
/// When the object is unknown at that time, or the chain is broken.
pub fn explain(
    index: &TraceIndex<'_>,
    key: &Key,
    at: SimTime,
    catalogue: &Catalogue,
    order: Order,
) -> Result<Why, WhyError> {
    let missing = || WhyError::NoObject { key: key.clone(), at };
    let state = object_state_record(index, key, at).ok_or_else(missing)?;
    let past = index.until(at);
    let write = past.iter().rev().find(|r| matches!(&r.what, What::Write { obj, .. } if is(obj, key)));
    let state = match index.get(state) {
        // The decision stands as it is; of writes and notes, the newest that says something.
        Some(Record { what: What::Decision(_), .. }) => state,
        _ => past
            .iter()
            .rev()
            .filter(|r| match &r.what {
                What::Write { obj, .. } => is(obj, key),
                What::Note { subject, .. } => subject == key,
                _ => false,
            })
            .find(|r| index.tell(r).is_some())
            .map_or(state, |r| r.id),
    };
    let mut ids = chain(index, state)?;
    // What a timer brought to light (a probe, a heartbeat) does not say why the object is there at all:
    // the story of its creation goes first. Nor does a new attempt to place a pod that has no node.
    let by_timer =
        ids.last().and_then(|id| index.get(*id)).is_some_and(|r| matches!(r.what, What::Timer { .. }));
    let waits = index.get(state).is_some_and(|r| matches!(r.what, What::Decision(_)));
    // Nor does a fault that a pod has lived through.
    let lives = write.is_some_and(|r| {
        matches!(&r.what, What::Write { verb: WriteVerb::Create | WriteVerb::Update, obj: Obj::Pod(p), .. } if p.active())
    });
    if by_timer || waits || lives {
        let create = past
            .iter()
            .rev()
            .find(|r| matches!(&r.what, What::Write { verb: WriteVerb::Create, obj, .. } if is(obj, key)));
        if let Some(create) = create.filter(|c| by_timer || waits || !ids.contains(&c.id)) {
            let older = chain(index, create.id)?;
            ids.extend(older);
            ids.extend(first_refusal(past, key, create.id));
            for binding in last_binding(past, key, create.id) {
                ids.extend(chain(index, binding)?);
            }
            ids.sort_unstable_by(|a, b| b.cmp(a));
            ids.dedup();
        }
    }
    let headline = headline(key, write, catalogue);
    Ok(Why { headline, root: root(index, &ids), lines: lines(index, &ids, catalogue, order) })
}

/// Explains one record.
///
/// # Errors
/// When there is no such record, or its chain is broken.
pub fn explain_record(
    index: &TraceIndex<'_>,
    id: RecordId,
    catalogue: &Catalogue,
    order: Order,
) -> Result<Why, ChainError> {
    let ids = chain(index, id)?;
    let headline = catalogue.text("why-record", &[]);
    Ok(Why { headline, root: root(index, &ids), lines: lines(index, &ids, catalogue, order) })
}

/// What the scheduler said first of a pod, if it found no node then: without it a new attempt would seem the first.
fn first_refusal(past: &[Record], key: &Key, since: RecordId) -> Option<RecordId> {
    let after = &past[past.partition_point(|r| r.id <= since)..];
    let first = after.iter().find_map(|r| match &r.what {
        What::Decision(d) if d.pod == *key => Some((r.id, d)),
        _ => None,
    });
    first.filter(|(_, d)| d.winner.is_empty()).map(|(id, _)| id)
}

/// The decision and the last note of a container's start that led a pod to where it is.
fn last_binding(past: &[Record], key: &Key, since: RecordId) -> Vec<RecordId> {
    if key.kind != Kind::Pod {
        return Vec::new();
    }
    let mine = || past.iter().rev().take_while(|r| r.id > since);
    let started = mine().find(|r| {
        matches!(&r.what, What::Note { code: super::Code::ContainerStarted, subject, .. } if subject == key)
    });
    let placed =
        mine().find(|r| matches!(&r.what, What::Decision(d) if d.pod == *key && !d.winner.is_empty()));
    placed.into_iter().chain(started).map(|r| r.id).collect()
}

fn is(obj: &Obj, key: &Key) -> bool {
    let meta = obj.meta();
    meta.name == key.name && meta.namespace == key.ns && obj.kind() == key.kind
}

/// The kind of the oldest record of a story, newest first.
fn root(index: &TraceIndex<'_>, ids: &[RecordId]) -> Root {
    match ids.last().and_then(|id| index.get(*id)).map(|r| &r.what) {
        Some(What::User { .. }) => Root::User,
        Some(What::Timer { .. }) => Root::Timer,
        Some(What::Fault { .. }) => Root::Fault,
        Some(What::Mend { .. }) => Root::Mend,
        _ => Root::Start,
    }
}

/// A write that says once more what the line before it said.
const ECHOES: &[(&str, &str)] = &[
    ("node-registered", "write-node-created"),
    ("node-back", "write-node-ready"),
    ("node-lease-expired", "write-node-unknown"),
    ("node-lease-expired", "write-node-not-ready"),
    ("node-tainted", "write-node-tainted"),
    ("node-retainted", "write-node-tainted"),
    ("node-untainted", "write-node-untainted"),
    ("node-untainted", "write-node-taints-left"),
    ("pod-evicted", "write-pod-deletion-asked"),
    ("deployment-revision", "write-replicaset-created"),
    ("deployment-scaled", "write-replicaset-scaled"),
    ("gc-collected-first", "write-deletion-asked"),
    ("gc-collected-first", "write-pod-deletion-asked"),
    ("gc-collected", "write-deletion-asked"),
    ("gc-collected", "write-removed"),
    ("gc-collected", "write-pod-deletion-asked"),
    ("decision-placed", "write-pod-bound"),
    ("kubelet-rejected", "write-pod-failed-reason"),
    ("kubelet-pull-failed", "write-pod-waiting"),
    ("kubelet-started", "write-pod-running"),
    ("kubelet-started", "write-pod-restarted"),
    ("kubelet-exited", "write-pod-restarted"),
    ("kubelet-exited-asked", "write-pod-restarted"),
    ("kubelet-exited-lost", "write-pod-restarted"),
    ("kubelet-backoff", "write-pod-waiting"),
    ("kubelet-unready", "write-pod-unready"),
];

fn lines(index: &TraceIndex<'_>, ids: &[RecordId], catalogue: &Catalogue, order: Order) -> Vec<WhyLine> {
    let mut lines: Vec<WhyLine> = Vec::new();
    let mut last_id = String::new();
    for record in ids.iter().rev().filter_map(|id| index.get(*id)) {
        let Some(telling) = index.tell(record) else { continue };
        let text = catalogue.say(&telling);
        let echo = ECHOES.iter().any(|(first, second)| *first == last_id && *second == telling.id);
        if echo || lines.last().is_some_and(|line| line.text == text) {
            continue;
        }
        last_id = telling.id.into_owned();
        let actor = match &record.what {
            What::Write { by, .. } if !by.is_empty() => catalogue.writer(by),
            _ => catalogue.actor(&record.actor, &node_of(&record.actor, index.nodes)),
        };
        lines.push(WhyLine { at: record.at, record: record.id, text, actor });
    }
    if order == Order::NewestFirst {
        lines.reverse();
    }
    lines
}

fn headline(key: &Key, write: Option<&Record>, catalogue: &Catalogue) -> String {
    let name = name_of(key);
    let kind = catalogue.kind(&key.kind);
    let say = |id: &str, more: &[(&str, &dyn fmt::Display)]| {
        let both: [(&str, &dyn fmt::Display); 2] = [("name", &name), ("kind", &kind)];
        catalogue.text(id, &[&both[..], more].concat())
    };
    let Some(Record { what: What::Write { verb, obj, .. }, .. }) = write else {
        return say("why-exists", &[]);
    };
    match obj {
        _ if *verb == WriteVerb::Delete => say("why-gone", &[]),
        Obj::Pod(p) if p.metadata.deleting() => say("why-pod-leaving", &[]),
        Obj::Pod(p) if p.terminal() => say("why-pod-ended", &[("phase", &p.status.phase.as_str())]),
        Obj::Pod(p) if p.node_name.is_empty() => say("why-pod-pending", &[]),
        Obj::Pod(p) if p.status.phase == PodPhase::Running => {
            say("why-pod-running", &[("node", &p.node_name)])
        }
        Obj::Pod(p) => say("why-pod-starting", &[("node", &p.node_name)]),
        obj if obj.meta().deleting() => say("why-leaving", &[]),
        Obj::Node(n) => match n.condition("Ready").map(|c| c.status) {
            Some(ConditionStatus::True) => say("why-node-ready", &[]),
            Some(ConditionStatus::False | ConditionStatus::Unknown) | None => say("why-node-not-ready", &[]),
        },
        Obj::Deployment(d) => say(
            "why-deployment",
            &[("have", &d.status.available_replicas), ("want", &d.spec.replicas.unwrap_or(1))],
        ),
        Obj::ReplicaSet(r) => say(
            "why-replicaset",
            &[("have", &r.status.ready_replicas), ("want", &r.spec.replicas.unwrap_or(1))],
        ),
        Obj::Namespace(_)
        | Obj::ConfigMap(_)
        | Obj::Secret(_)
        | Obj::ServiceAccount(_)
        | Obj::Lease(_)
        | Obj::Event(_)
        | Obj::Inert(_) => say("why-exists", &[]),
    }
}

#[cfg(test)]
#[path = "why_tests.rs"]
mod tests;
