//! Traces for other programs: JSON Lines, and the Chrome trace format that Perfetto opens.

use super::{Header, PodUsage, Record, What, WriteVerb};
use crate::msg::Comp;
use serde_json::{Value, json};
use std::collections::HashMap;

fn node_name(n: u32, header: &Header) -> String {
    header.nodes.get(n as usize).map_or_else(|| format!("#{n}"), Clone::clone)
}

/// Thousandths of a core and bytes of all pods together.
fn total(pods: &[PodUsage]) -> (i64, i64) {
    pods.iter().fold((0, 0), |(cpu, memory), p| (cpu + p.cpu_milli, memory + p.memory_bytes))
}

/// A component's name, with its node's: `kubelet@node-2`.
pub fn comp_name(c: Comp, header: &Header) -> String {
    let at = |n| node_name(n, header);
    match c {
        Comp::World => "world".into(),
        Comp::User => "user".into(),
        Comp::Api => "kube-apiserver".into(),
        Comp::Etcd => "etcd".into(),
        Comp::Scheduler => "kube-scheduler".into(),
        Comp::Kcm => "kube-controller-manager".into(),
        Comp::Kubelet(n) => format!("kubelet@{}", at(n)),
        Comp::Runtime(n) => format!("runtime@{}", at(n)),
    }
}

/// The type of a record, one word.
pub fn type_name(w: &What) -> &'static str {
    match w {
        What::Start { .. } => "start",
        What::User { .. } => "user",
        What::Timer { .. } => "timer",
        What::Fault { .. } => "fault",
        What::Mend { .. } => "mend",
        What::Sent { .. } => "sent",
        What::Delivered { .. } => "delivered",
        What::Dropped { .. } => "dropped",
        What::Write { verb: WriteVerb::Create, .. } => "create",
        What::Write { verb: WriteVerb::Update, .. } => "update",
        What::Write { verb: WriteVerb::Delete, .. } => "delete",
        What::Refused { .. } => "refused",
        What::Decision(_) => "decision",
        What::Note { .. } => "note",
        What::Usage { .. } => "usage",
    }
}

/// What a record says beside its type and subject, in a few plain words for a column.
pub fn detail(r: &Record, header: &Header) -> String {
    match &r.what {
        What::Start { .. } => String::new(),
        What::User { command } => command.to_string(),
        What::Timer { name } => name.to_string(),
        What::Fault { name, target } | What::Mend { name, target } => format!("{name} {target}"),
        What::Sent { to, label, arrives, .. } => {
            format!("{label} → {} ({})", comp_name(*to, header), *arrives - r.at)
        }
        What::Delivered { sent } => format!("record {}", sent.0),
        What::Dropped { sent, why } => format!("record {}: {why}", sent.0),
        What::Write { revision, by, .. } => format!("revision {revision} by {by}"),
        What::Refused { verb, code, reason, message, .. } => format!("{verb}: {code} {reason}: {message}"),
        What::Decision(d) if d.winner.is_empty() => {
            let reasons: Vec<String> = d.reasons.iter().map(|(r, n)| format!("{n} {r}")).collect();
            format!("no node of {}: {}", d.looked_at, reasons.join(", "))
        }
        What::Decision(d) => {
            format!("{} (score {}, {} of {} fit)", d.winner, d.score, d.feasible, d.looked_at)
        }
        What::Note { code, args, .. } => {
            let args: Vec<String> = args.iter().map(|(k, v)| format!("{k}={v}")).collect();
            format!("{} {}", code.as_str(), args.join(" ")).trim_end().to_owned()
        }
        What::Usage { node, pods } => {
            let (cpu, memory) = total(pods);
            let node = node_name(*node, header);
            format!("{node}: {} pods use {cpu}m of CPU and {} MiB of memory", pods.len(), memory >> 20)
        }
    }
}

/// One record as a JSON object.
pub fn json(r: &Record, header: &Header) -> Value {
    let mut v = json!({
        "id": r.id.0,
        "at_ns": r.at.0,
        "cause": r.cause.0,
        "actor": comp_name(r.actor.comp, header),
        "type": type_name(&r.what),
    });
    let m = v.as_object_mut().expect("an object");
    if !r.actor.part.is_empty() {
        m.insert("part".into(), r.actor.part.as_str().into());
    }
    if let Some(k) = r.what.subject() {
        m.insert("subject".into(), k.to_string().into());
    }
    match &r.what {
        What::Start { scheduler } => {
            if let Ok(v) = serde_json::from_str::<Value>(scheduler) {
                m.insert("scheduler".into(), v);
            }
        }
        What::User { command } => drop(m.insert("command".into(), command.as_str().into())),
        What::Timer { name } => drop(m.insert("timer".into(), name.as_str().into())),
        What::Fault { name, target } | What::Mend { name, target } => {
            m.insert("fault".into(), name.as_str().into());
            m.insert("target".into(), target.as_str().into());
        }
        What::Sent { to, label, arrives, .. } => {
            m.insert("to".into(), comp_name(*to, header).into());
            m.insert("message".into(), label.as_str().into());
            m.insert("arrives_ns".into(), arrives.0.into());
        }
        What::Delivered { sent } => drop(m.insert("sent".into(), sent.0.into())),
        What::Dropped { sent, why } => {
            m.insert("sent".into(), sent.0.into());
            m.insert("why".into(), why.as_str().into());
        }
        What::Write { revision, previous, by, obj, .. } => {
            m.insert("revision".into(), (*revision).into());
            m.insert("previous".into(), previous.0.into());
            m.insert("by".into(), by.as_str().into());
            m.insert("object".into(), obj.to_value());
        }
        What::Refused { verb, code, reason, message, .. } => {
            m.insert("verb".into(), verb.as_str().into());
            m.insert(
                "status".into(),
                json!({"code": code, "reason": reason.as_str(), "message": message.as_str()}),
            );
        }
        What::Decision(d) => {
            m.insert("decision".into(), json!({
                "node": d.winner.as_str(), "score": d.score, "feasible": d.feasible, "looked_at": d.looked_at,
                "start": d.start, "draw": d.draw.to_string(), "attempt": d.attempt, "revision": d.revision,
                "reasons": d.reasons.iter().map(|(r, n)| json!({"reason": r.as_str(), "nodes": n})).collect::<Vec<_>>(),
            }));
        }
        What::Note { code, args, .. } => {
            m.insert("code".into(), code.as_str().into());
            let args: serde_json::Map<String, Value> =
                args.iter().map(|(k, v)| (k.to_string(), v.as_str().into())).collect();
            m.insert("args".into(), args.into());
        }
        What::Usage { node, pods } => {
            m.insert("node".into(), node_name(*node, header).into());
            let pod = |p: &PodUsage| json!({"pod": p.pod.to_string(), "cpu_milli": p.cpu_milli, "memory_bytes": p.memory_bytes});
            m.insert("pods".into(), pods.iter().map(pod).collect());
        }
    }
    v
}

/// The whole trace in the Chrome trace format: a process for each component, messages as flows,
/// pods as spans from creation to removal, everything else as instants.
pub fn chrome(records: &[Record], header: &Header) -> Value {
    let mut events = Vec::new();
    let mut pids: HashMap<Comp, u64> = HashMap::new();
    let micros = |ns: u64| ns as f64 / 1000.0;
    for r in records {
        let next = pids.len() as u64 + 1;
        let pid = *pids.entry(r.actor.comp).or_insert_with(|| {
            let name = comp_name(r.actor.comp, header);
            events.push(
                json!({"ph": "M", "pid": next, "tid": 0, "name": "process_name", "args": {"name": name}}),
            );
            next
        });
        let subject = r.what.subject().map(|k| k.to_string()).unwrap_or_default();
        let base = |ph: &str, name: String| {
            json!({"ph": ph, "pid": pid, "tid": 1, "ts": micros(r.at.0), "name": name, "cat": type_name(&r.what),
                "args": {"record": r.id.0, "cause": r.cause.0, "subject": subject, "detail": detail(r, header)}})
        };
        let with = |mut v: Value, k: &str, x: Value| {
            v[k] = x;
            v
        };
        match &r.what {
            What::Sent { label, arrives, .. } => {
                // A thin slice for the flow's arrow to start from.
                let slice =
                    with(base("X", label.to_string()), "dur", json!(micros((*arrives - r.at).0).min(1.0)));
                events.push(slice);
                events.push(with(base("s", label.to_string()), "id", r.id.0.into()));
            }
            What::Delivered { sent } => {
                events.push(with(base("X", "received".into()), "dur", json!(1.0)));
                events.push(with(with(base("f", "received".into()), "id", sent.0.into()), "bp", "e".into()));
            }
            What::Write { verb, obj, .. } => {
                let name = format!("{} {subject}", type_name(&r.what));
                events.push(with(base("i", name), "s", "p".into()));
                if let crate::object::Obj::Pod(p) = obj {
                    let ph = match verb {
                        WriteVerb::Create => "b",
                        WriteVerb::Update => "n",
                        WriteVerb::Delete => "e",
                    };
                    events.push(with(base(ph, subject.clone()), "id", p.metadata.uid.to_string().into()));
                }
            }
            What::Usage { pods, .. } => {
                let (cpu, memory) = total(pods);
                events.push(with(base("C", "CPU".into()), "args", json!({"cpu_milli": cpu})));
                events.push(with(base("C", "memory".into()), "args", json!({"memory_bytes": memory})));
            }
            w => {
                let name = match w {
                    What::Note { code, .. } => format!("{} {subject}", code.as_str()),
                    _ => format!("{} {}", type_name(w), detail(r, header)),
                };
                events.push(with(base("i", name), "s", if w.is_root() { "g" } else { "p" }.into()));
            }
        }
    }
    json!({"displayTimeUnit": "ms", "traceEvents": events, "otherData": {"podium": header.podium, "scenario": header.name,
        "seed": header.seed, "kubernetes": header.kubernetes}})
}
