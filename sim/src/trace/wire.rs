//! Records as bytes: each write holds what changed since that object's write before.

use super::{Actor, Code, Decision, PodUsage, Record, RecordId, What, WriteVerb};
use crate::api_util::patch;
use crate::cow::CowTable;
use crate::links::LinkClass;
use crate::msg::Comp;
use crate::object::{Condition, Key, List, Obj, ObjectMeta, PodSpec, PodStatus, Str};
use crate::time::SimTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// A record as it stands in a file.
#[derive(Serialize, Deserialize)]
pub(super) struct WireRecord {
    pub(super) id: RecordId,
    pub(super) at: SimTime,
    cause: RecordId,
    comp: Comp,
    part: Str,
    what: WireWhat,
}

#[derive(Serialize, Deserialize)]
enum WireWhat {
    Start { scheduler: Str },
    User { command: Str },
    Timer { name: Str },
    Fault { name: Str, target: Str },
    Mend { name: Str, target: Str },
    Sent { to: Comp, class: LinkClass, label: Str, subject: Option<Key>, arrives: SimTime },
    Delivered { sent: RecordId },
    Dropped { sent: RecordId, why: Str },
    Write { verb: WriteVerb, revision: u64, previous: RecordId, by: Str, key: Key, change: Change },
    Refused { verb: Str, key: Key, code: u16, reason: Str, message: Str },
    Decision(Decision),
    Note { code: Code, subject: Key, args: Vec<(Str, Str)> },
    Usage { node: u32, pods: List<PodUsage> },
}

/// What a write did to its object's JSON.
#[derive(Serialize, Deserialize)]
enum Change {
    /// The whole object.
    Whole(String),
    /// A JSON merge patch of the version before.
    Patch(String),
    /// It is gone; it was last as the write before left it.
    Gone,
}

/// A record that does not fit what came before it.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The bytes are no record.
    #[error("record {0} cannot be read: {1}")]
    Malformed(u64, String),
    /// A patch of an object that is not there.
    #[error("record {0} changes {1}, of which no earlier version is in the trace")]
    NoBase(u64, String),
}

/// Turns records into bytes, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    last: CowTable<Obj>,
    /// The latest pod spec, as text: the replicas of a template share it.
    spec: Option<(Arc<PodSpec>, String)>,
    /// Lists of conditions of late, as text: pods that went through the same seconds share them.
    conditions: VecDeque<(List<Condition>, String)>,
}

/// How many lists of conditions are kept as text.
const CONDITIONS: usize = 16;

/// The JSON text of a part of an object.
fn text(part: &impl Serialize) -> String {
    serde_json::to_string(part).expect("objects serialise")
}

/// The merge patch between two versions of an object, by its JSON.
fn plain_patch(old: &impl Serialize, new: &impl Serialize) -> Value {
    let json = |v: Result<Value, serde_json::Error>| v.expect("objects serialise");
    patch::diff_merge_patch(&json(serde_json::to_value(old)), &json(serde_json::to_value(new)))
}

/// A JSON object as text, member by member.
struct Members(String);

impl Members {
    fn new() -> Members {
        Members("{".to_owned())
    }
    fn add(&mut self, name: &str, text: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        self.0.extend([comma, "\"", name, "\":", text]);
    }
    /// Adds what has changed; what is `gone` as null, which is how a merge patch removes it.
    fn change<T: PartialEq + Serialize>(&mut self, name: &str, old: &T, new: &T, gone: bool) {
        if old != new {
            self.add(name, &if gone { "null".to_owned() } else { text(new) });
        }
    }
    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

impl Encoder {
    /// An object's whole JSON.
    fn whole(&mut self, obj: &Obj) -> String {
        let pod = match obj {
            Obj::Pod(pod) if pod.node_name.is_empty() => pod,
            _ => return obj.to_value().to_string(),
        };
        if self.spec.as_ref().is_none_or(|(spec, _)| !Arc::ptr_eq(spec, &pod.spec)) {
            self.spec = Some((pod.spec.clone(), text(&pod.spec)));
        }
        let spec = self.spec.as_ref().map_or("{}", |(_, text)| text);
        let (metadata, status) = (text(&pod.metadata), text(&pod.status));
        format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{metadata},"spec":{spec},"status":{status}}}"#)
    }

    /// The merge patch between two versions of an object. Nearly all writes change the status of a pod and nothing
    /// else: for these no JSON is made of what is equal.
    fn patch(&mut self, old: &Obj, new: &Obj) -> String {
        let plain = || patch::diff_merge_patch(&old.to_value(), &new.to_value()).to_string();
        let mut patch = Members::new();
        match (old, new) {
            (Obj::Pod(a), Obj::Pod(b)) if Arc::ptr_eq(&a.spec, &b.spec) => {
                if a.node_name != b.node_name {
                    let mut spec = Members::new();
                    spec.change("nodeName", &a.node_name, &b.node_name, b.node_name.is_empty());
                    patch.add("spec", &spec.end());
                }
                if a.status != b.status {
                    let Some(status) = self.status(&a.status, &b.status) else { return plain() };
                    patch.add("status", &status);
                }
            }
            (Obj::Node(a), Obj::Node(b)) if a.spec == b.spec => {
                if a.status != b.status {
                    patch.add("status", &plain_patch(&a.status, &b.status).to_string());
                }
            }
            _ => return plain(),
        }
        let (a, b) = (old.meta(), new.meta());
        if (ObjectMeta { resource_version: b.resource_version, ..a.clone() }) == *b {
            if a.resource_version != b.resource_version {
                patch.add("metadata", &format!(r#"{{"resourceVersion":"{}"}}"#, b.resource_version));
            }
        } else {
            patch.add("metadata", &plain_patch(a, b).to_string());
        }
        patch.end()
    }

    /// The patch between two statuses; `None` if they differ in fields that nobody knows.
    fn status(&mut self, a: &PodStatus, b: &PodStatus) -> Option<String> {
        // Without `..`, so that a new field is not forgotten.
        let PodStatus {
            phase,
            conditions,
            reason,
            message,
            host_ip,
            pod_ip,
            start_time,
            init_container_statuses,
            container_statuses,
            nominated_node_name,
            qos_class,
            other,
        } = b;
        if a.other != *other {
            return None;
        }
        let mut patch = Members::new();
        patch.change("phase", &a.phase, phase, false);
        if a.conditions != *conditions {
            let text = if conditions.is_empty() { "null" } else { self.conditions(conditions) };
            patch.add("conditions", text);
        }
        patch.change("reason", &a.reason, reason, reason.is_empty());
        patch.change("message", &a.message, message, message.is_empty());
        patch.change("hostIP", &a.host_ip, host_ip, host_ip.is_empty());
        patch.change("podIP", &a.pod_ip, pod_ip, pod_ip.is_empty());
        patch.change("startTime", &a.start_time, start_time, start_time.is_none());
        let (old, new) = (&a.init_container_statuses, init_container_statuses);
        patch.change("initContainerStatuses", old, new, new.is_empty());
        let (old, new) = (&a.container_statuses, container_statuses);
        patch.change("containerStatuses", old, new, new.is_empty());
        let (old, new) = (&a.nominated_node_name, nominated_node_name);
        patch.change("nominatedNodeName", old, new, new.is_empty());
        patch.change("qosClass", &a.qos_class, qos_class, qos_class.is_empty());
        Some(patch.end())
    }

    fn conditions(&mut self, list: &List<Condition>) -> &str {
        let found = self.conditions.iter().position(|(l, _)| l.same(list));
        let i = found.unwrap_or_else(|| {
            if self.conditions.len() == CONDITIONS {
                self.conditions.pop_front();
            }
            self.conditions.push_back((list.clone(), text(list)));
            self.conditions.len() - 1
        });
        &self.conditions[i].1
    }

    /// Appends a record's bytes.
    pub fn encode(&mut self, r: &Record, out: &mut Vec<u8>) {
        let what = match &r.what {
            What::Start { scheduler } => WireWhat::Start { scheduler: scheduler.clone() },
            What::User { command } => WireWhat::User { command: command.clone() },
            What::Timer { name } => WireWhat::Timer { name: name.clone() },
            What::Fault { name, target } => WireWhat::Fault { name: name.clone(), target: target.clone() },
            What::Mend { name, target } => WireWhat::Mend { name: name.clone(), target: target.clone() },
            What::Sent { to, class, label, subject, arrives } => WireWhat::Sent {
                to: *to,
                class: *class,
                label: label.clone(),
                subject: subject.clone(),
                arrives: *arrives,
            },
            What::Delivered { sent } => WireWhat::Delivered { sent: *sent },
            What::Dropped { sent, why } => WireWhat::Dropped { sent: *sent, why: why.clone() },
            What::Refused { verb, key, code, reason, message } => WireWhat::Refused {
                verb: verb.clone(),
                key: key.clone(),
                code: *code,
                reason: reason.clone(),
                message: message.clone(),
            },
            What::Decision(d) => WireWhat::Decision((**d).clone()),
            What::Note { code, subject, args } => {
                WireWhat::Note { code: *code, subject: subject.clone(), args: args.clone() }
            }
            What::Usage { node, pods } => WireWhat::Usage { node: *node, pods: pods.clone() },
            What::Write { verb, revision, previous, by, obj } => {
                let key = obj.key();
                let change = match (verb, self.last.get(&key).cloned()) {
                    (WriteVerb::Delete, _) => Change::Gone,
                    (WriteVerb::Update, Some(old)) => Change::Patch(self.patch(&old, obj)),
                    (WriteVerb::Create | WriteVerb::Update, _) => Change::Whole(self.whole(obj)),
                };
                match verb {
                    WriteVerb::Delete => self.last.remove(&key),
                    WriteVerb::Create | WriteVerb::Update => self.last.insert(&key, obj.clone()).1,
                };
                WireWhat::Write {
                    verb: *verb,
                    revision: *revision,
                    previous: *previous,
                    by: by.clone(),
                    key,
                    change,
                }
            }
        };
        let wire = WireRecord {
            id: r.id,
            at: r.at,
            cause: r.cause,
            comp: r.actor.comp,
            part: r.actor.part.clone(),
            what,
        };
        // Writing to a vector cannot fail, and all types here have a fixed shape.
        let bytes = postcard::to_extend(&wire, std::mem::take(out)).expect("records encode");
        *out = bytes;
    }
}

/// Turns bytes back into records; the counterpart of [`Encoder`].
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    last: HashMap<Key, (Value, Obj)>,
}

impl Decoder {
    /// Takes one record off the front of `bytes`.
    ///
    /// # Errors
    /// When the bytes are no record, or change an object that earlier records do not have.
    pub fn decode(&mut self, bytes: &mut &[u8], position: u64) -> Result<Record, WireError> {
        let (wire, rest): (WireRecord, &[u8]) =
            postcard::take_from_bytes(bytes).map_err(|e| WireError::Malformed(position, e.to_string()))?;
        *bytes = rest;
        let id = wire.id.0;
        let what = match wire.what {
            WireWhat::Start { scheduler } => What::Start { scheduler },
            WireWhat::User { command } => What::User { command },
            WireWhat::Timer { name } => What::Timer { name },
            WireWhat::Fault { name, target } => What::Fault { name, target },
            WireWhat::Mend { name, target } => What::Mend { name, target },
            WireWhat::Sent { to, class, label, subject, arrives } => {
                What::Sent { to, class, label, subject, arrives }
            }
            WireWhat::Delivered { sent } => What::Delivered { sent },
            WireWhat::Dropped { sent, why } => What::Dropped { sent, why },
            WireWhat::Refused { verb, key, code, reason, message } => {
                What::Refused { verb, key, code, reason, message }
            }
            WireWhat::Decision(d) => What::Decision(Arc::new(d)),
            WireWhat::Note { code, subject, args } => What::Note { code, subject, args },
            WireWhat::Usage { node, pods } => What::Usage { node, pods },
            WireWhat::Write { verb, revision, previous, by, key, change } => {
                let obj = self.change(id, key, change)?;
                What::Write { verb, revision, previous, by, obj }
            }
        };
        let actor = Actor { comp: wire.comp, part: wire.part };
        Ok(Record { id: wire.id, at: wire.at, cause: wire.cause, actor, what })
    }

    fn change(&mut self, id: u64, key: Key, change: Change) -> Result<Obj, WireError> {
        let json =
            |s: &str| serde_json::from_str::<Value>(s).map_err(|e| WireError::Malformed(id, e.to_string()));
        let value = match change {
            Change::Gone => {
                return match self.last.remove(&key) {
                    Some((_, o)) => Ok(o),
                    None => Err(WireError::NoBase(id, key.to_string())),
                };
            }
            Change::Whole(s) => json(&s)?,
            Change::Patch(s) => {
                let p = json(&s)?;
                let Some((mut v, _)) = self.last.remove(&key) else {
                    return Err(WireError::NoBase(id, key.to_string()));
                };
                patch::json_merge_patch(&mut v, &p);
                v
            }
        };
        let obj = Obj::from_value(value.clone()).map_err(|e| WireError::Malformed(id, e.to_string()))?;
        self.last.insert(key, (value, obj.clone()));
        Ok(obj)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{NodeConfig, WorldConfig};
    use crate::time::Span;
    use crate::world::{External, UserCommand, World};
    use serde_json::json;

    #[test]
    fn the_quick_ways_write_what_the_plain_ones_do() {
        let nodes = NodeConfig::many(3, &NodeConfig::default());
        let mut world = World::new(WorldConfig { nodes, ..Default::default() }, 1);
        let apply = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 5, "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "app", "image": "app:1"}]}}}});
        let second = |n| SimTime(0) + Span::secs(n);
        world.handle(
            second(2),
            External::User { id: 1, command: UserCommand::Apply { objects: vec![apply] } },
        );
        let command = UserCommand::Scale {
            key: Key::new(crate::object::Kind::Deployment, "default", "web"),
            replicas: 2,
        };
        world.handle(second(30), External::User { id: 2, command });
        world.advance(second(400));
        let (mut encoder, mut last, mut quick) = (Encoder::default(), HashMap::<Key, Obj>::new(), 0);
        for r in world.take_records() {
            let What::Write { obj, .. } = r.what else { continue };
            let value = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
            assert_eq!(value(encoder.whole(&obj)), obj.to_value());
            if let Some(old) = last.insert(obj.key(), obj.clone()) {
                let plain = patch::diff_merge_patch(&old.to_value(), &obj.to_value());
                assert_eq!(value(encoder.patch(&old, &obj)), plain, "{}", obj.key());
                quick += usize::from(obj.as_pod().is_some());
            }
        }
        assert!(quick > 10, "{quick} pods were updated");
    }
}
