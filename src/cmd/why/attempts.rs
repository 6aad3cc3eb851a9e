//! A pod's scheduling attempts in a trace, and one of them repeated.

use podium_sim::caption::Catalogue;
use podium_sim::object::{Key, Pod, Str};
use podium_sim::scheduler::explain::{Explanation, explain};
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::profiles::Profiles;
use podium_sim::scheduler::whatif::advice::{Advice, advice};
use podium_sim::time::SimTime;
use podium_sim::trace::{Code, Decision, Mind, Record, RecordId, TraceIndex, What, WriteVerb, chain};
use std::sync::Arc;

/// A sentence of the trace.
pub struct Said {
    /// When.
    pub at: SimTime,
    /// Its record.
    pub record: RecordId,
    /// What happened.
    pub text: String,
}

/// Why the scheduler took a pod up.
pub struct Moved {
    /// The event that took it out of the unschedulable pool; none if it was not there.
    pub event: Option<Str>,
    /// When it was put into the queue.
    pub at: SimTime,
    /// The record that says so.
    pub record: RecordId,
    /// What that came of.
    pub cause: Option<Said>,
}

/// A decision about a pod.
pub struct Attempt<'a> {
    /// When it was known.
    pub at: SimTime,
    /// Its record.
    pub record: RecordId,
    /// Its place among the records.
    place: usize,
    /// What was decided.
    pub decision: &'a Decision,
    /// Why the pod was taken up.
    pub moved: Option<Moved>,
}

impl Attempt<'_> {
    /// What it came to, in one word.
    pub fn result(&self) -> &'static str {
        match (self.decision.winner.is_empty(), self.decision.nominated.is_empty()) {
            (false, _) => "placed",
            (true, false) => "nominated",
            (true, true) => "refused",
        }
    }
}

/// Where a pod was created for the last time: another one of its name may have been there before.
fn created(past: &[Record], key: &Key) -> usize {
    let creates = |r: &Record| matches!(&r.what, What::Write { verb: WriteVerb::Create, obj, .. } if obj.as_pod().is_some() && obj.key() == *key);
    past.iter().rposition(creates).unwrap_or(0)
}

/// The decisions about a pod up to a time, in order.
pub fn attempts<'a>(
    index: &TraceIndex<'a>,
    key: &Key,
    at: SimTime,
    catalogue: &Catalogue,
) -> Vec<Attempt<'a>> {
    let past = index.until(at);
    let since = created(past, key);
    let mine = past.iter().enumerate().skip(since).filter_map(|(place, r)| match &r.what {
        What::Decision(d) if d.pod == *key => Some((place, r, &**d)),
        _ => None,
    });
    mine.map(|(place, r, decision)| Attempt {
        at: r.at,
        record: r.id,
        place,
        decision,
        moved: index.get(r.cause).map(|cause| moved(index, cause, catalogue)),
    })
    .collect()
}

/// Why a pod was in the queue, from the record that its decision follows from.
fn moved(index: &TraceIndex<'_>, queued: &Record, catalogue: &Catalogue) -> Moved {
    let event = match &queued.what {
        What::Note { code: Code::PodRetried, args, .. } => {
            args.iter().find(|(k, _)| *k == "event").map(|(_, v)| v.clone())
        }
        _ => None,
    };
    let from = if event.is_some() { queued.cause } else { queued.id };
    let ids = chain(index, from).unwrap_or_default();
    let cause = ids.iter().filter_map(|id| index.get(*id)).find_map(|r| {
        let text = catalogue.say(&index.tell(r)?);
        Some(Said { at: r.at, record: r.id, text })
    });
    Moved { event, at: queued.at, record: queued.id, cause }
}

/// A decision made once more, with what was said of it.
pub struct Repeated {
    /// All verdicts and scores.
    pub explanation: Explanation,
    /// The profile by which it was made.
    pub profile: Arc<Profile>,
    /// What would have to change, if no node was found.
    pub advice: Vec<Advice>,
    /// The message of the FailedScheduling event; empty if a node was found.
    pub message: String,
    /// The pods that have to leave, with their priorities where they are known.
    pub victims: Vec<(Key, Option<i32>)>,
    /// The node that had been promised to the pod before; often empty.
    pub promised: Str,
    /// Whether it came out as recorded.
    pub agrees: bool,
}

/// Repeats a decision by the reference path. `None` if the trace does not hold what is needed.
pub fn repeat(records: &[Record], index: &TraceIndex<'_>, attempt: &Attempt<'_>) -> Option<Repeated> {
    records.first().filter(|r| r.id == RecordId(1))?;
    let d = attempt.decision;
    let mut mind = Mind::default();
    records[..attempt.place].iter().for_each(|r| mind.apply(r));
    let scene = mind.scene(d)?;
    let explanation = explain(scene.cluster, &scene.pod, &scene.search);
    let priority = |key: &Key| {
        let mut all = scene.cluster.nodes().flat_map(|n| n.pods.iter());
        let found = all.find(|p| p.pod.metadata.name == key.name && p.pod.metadata.namespace == key.ns);
        found.map(|p| p.priority())
    };
    let winner = explanation.winner(d.draw).map_or("", Str::as_str);
    Some(Repeated {
        advice: advice(scene.cluster, &scene.pod, &explanation),
        message: message(records, index, attempt, &explanation.message, &scene.pod.pod),
        victims: d.victims.iter().map(|v| (v.clone(), priority(v))).collect(),
        promised: scene.pod.pod.status.nominated_node_name.clone(),
        agrees: winner == d.winner && explanation.feasible == d.feasible,
        profile: scene.search.profile,
        explanation,
    })
}

/// What the scheduler said, with its part about preemption: it is in the pod's condition, unless that said it before.
fn message(
    records: &[Record],
    index: &TraceIndex<'_>,
    attempt: &Attempt<'_>,
    begins: &str,
    pod: &Pod,
) -> String {
    if begins.is_empty() {
        return String::new();
    }
    let said = |p: &Pod| {
        let message = &p.condition("PodScheduled")?.message;
        message.starts_with(begins).then(|| message.to_string())
    };
    let key = &attempt.decision.pod;
    let after = records[attempt.place + 1..]
        .iter()
        .take_while(|r| !matches!(&r.what, What::Decision(d) if d.pod == *key))
        .filter_map(|r| match &r.what {
            What::Write { obj, .. } => obj.as_pod().filter(|_| obj.key() == *key).map(|p| (r.id, p)),
            _ => None,
        });
    let follows = |id: RecordId| chain(index, id).is_ok_and(|ids| ids.contains(&attempt.record));
    let after = after.filter(|(id, _)| follows(*id)).find_map(|(_, p)| said(p));
    after.or_else(|| said(pod)).unwrap_or_else(|| begins.to_owned())
}

/// Why a pod was never tried.
pub fn untried(index: &TraceIndex<'_>, key: &Key, at: SimTime) -> String {
    let past = index.until(at);
    let writes = |r: &Record| match &r.what {
        What::Write { verb, obj, .. } if obj.key() == *key => obj.as_pod().map(|p| (*verb, p.clone())),
        _ => None,
    };
    let since = &past[created(past, key)..];
    let first = since.iter().find_map(writes);
    let Some((verb, last)) = since.iter().rev().find_map(writes) else {
        return "the trace does not keep its writes".to_owned();
    };
    if let Some((_, p)) = first.filter(|(_, p)| !p.node_name.is_empty()) {
        return format!("its spec.nodeName is {}: no scheduler is asked", p.node_name);
    }
    let config = past.iter().rev().find_map(|r| match &r.what {
        What::Start { scheduler } => serde_json::from_str::<serde_json::Value>(scheduler).ok(),
        _ => None,
    });
    let profiles = Profiles::from_value(config.as_ref()).unwrap_or_default();
    let asked = &last.spec.scheduler_name;
    if profiles.number(asked).is_none() {
        return format!("its schedulerName is {asked}, and the scheduler has no profile of that name");
    }
    if !last.node_name.is_empty() {
        return format!("it has node {}, but not from the scheduler", last.node_name);
    }
    if verb == WriteVerb::Delete || last.metadata.deleting() {
        return "it was deleted before".to_owned();
    }
    let gates = last.spec.other.get("schedulingGates").and_then(serde_json::Value::as_array);
    let names: Vec<&str> = gates.into_iter().flatten().filter_map(|g| g.get("name")?.as_str()).collect();
    if !names.is_empty() {
        return format!("its scheduling gates are not lifted: {}", names.join(", "));
    }
    format!("the scheduler has not come to it by {at}")
}
