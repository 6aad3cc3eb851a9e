//! One record of everything that has a sentence.

use super::promised_args;
use crate::caption::FAULTS;
use crate::links::LinkClass;
use crate::msg::Comp;
use crate::object::{Key, Kind, Obj, Str, lit};
use crate::time::SimTime;
use crate::trace::{Actor, Code, Decision, Heard, Record, RecordId, What, WriteVerb};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn obj(value: Value) -> Obj {
    Obj::from_value(value).expect("an object")
}

pub(super) fn pod(node: &str, phase: &str, ready: bool, more: Value) -> Obj {
    let mut v = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "default"},
        "spec": {"nodeName": node, "containers": [{"name": "web", "image": "web:1"}]},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}});
    merge(&mut v, more);
    obj(v)
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(a), Value::Object(b)) => {
            b.into_iter().for_each(|(k, v)| merge(a.entry(k).or_insert(Value::Null), v))
        }
        (a, b) => *a = b,
    }
}

pub(super) fn node(ready: &str, more: Value) -> Obj {
    let mut v = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-2"},
        "status": {"conditions": [{"type": "Ready", "status": ready, "reason": "KubeletNotReady"}]}});
    merge(&mut v, more);
    obj(v)
}

fn workload(kind: &str, replicas: i64, image: &str, more: Value) -> Obj {
    let mut v = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}}});
    merge(&mut v, more);
    obj(v)
}

fn config(data: &str, more: Value) -> Obj {
    let mut v = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cfg", "namespace": "shop"},
        "data": {"a": data}});
    merge(&mut v, more);
    obj(v)
}

/// Writes that together use every `write-…` message, each as (before, after).
fn writes() -> Vec<(Option<Obj>, Option<Obj>)> {
    let none = || json!({});
    let gone = || json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 30}});
    let status = |s: Value| json!({"status": {"containerStatuses": [s]}});
    let waits = |why: &str| status(json!({"name": "web", "state": {"waiting": {"reason": why}}}));
    let restarts = |n: i64| status(json!({"name": "web", "restartCount": n}));
    let taint = || json!({"spec": {"taints": [{"key": "k", "effect": "NoExecute"}]}});
    let two_taints = || json!({"spec": {"taints": [{"key": "k", "effect": "NoExecute"}, {"key": "k", "effect": "NoSchedule"}]}});
    let cordon = || json!({"spec": {"unschedulable": true}});
    let web = |n, image, more| workload("Deployment", n, image, more);
    let rs = |n| workload("ReplicaSet", n, "web:1", json!({}));
    let change = |a, b| (Some(a), Some(b));
    vec![
        (None, Some(pod("", "Pending", false, none()))),
        (None, Some(pod("node-2", "Pending", false, none()))),
        change(pod("", "Pending", false, none()), pod("node-2", "Pending", false, none())),
        change(pod("node-2", "Pending", false, none()), pod("node-2", "Running", false, none())),
        change(pod("node-2", "Running", false, none()), pod("node-2", "Running", true, none())),
        change(pod("node-2", "Running", true, none()), pod("node-2", "Running", false, none())),
        change(pod("node-2", "Running", false, none()), pod("node-2", "Succeeded", false, none())),
        change(pod("node-2", "Running", false, none()), pod("node-2", "Failed", false, none())),
        change(
            pod("node-2", "Running", false, none()),
            pod("node-2", "Failed", false, json!({"status": {"reason": "Evicted"}})),
        ),
        change(pod("node-2", "Running", false, none()), pod("node-2", "Pending", false, none())),
        change(pod("node-2", "Running", false, none()), pod("node-2", "Unknown", false, none())),
        change(
            pod("node-2", "Pending", false, waits("ContainerCreating")),
            pod("node-2", "Pending", false, waits("ImagePullBackOff")),
        ),
        change(pod("node-2", "Running", true, restarts(0)), pod("node-2", "Running", true, restarts(1))),
        change(pod("node-2", "Running", true, none()), pod("node-2", "Running", true, gone())),
        (Some(pod("node-2", "Running", true, gone())), None),
        (None, Some(node("False", none()))),
        change(node("False", none()), node("True", none())),
        change(node("True", none()), node("False", none())),
        change(node("True", none()), node("Unknown", none())),
        change(node("Unknown", none()), node("Unknown", taint())),
        change(node("True", two_taints()), node("True", taint())),
        change(node("True", taint()), node("True", none())),
        change(node("True", none()), node("True", cordon())),
        change(node("True", cordon()), node("True", none())),
        (Some(node("True", none())), None),
        (None, Some(web(3, "web:1", none()))),
        change(web(3, "web:1", none()), web(5, "web:1", none())),
        change(web(3, "web:1", none()), web(3, "web:2", none())),
        change(
            web(3, "web:1", none()),
            web(3, "web:1", json!({"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}})),
        ),
        change(web(3, "web:1", none()), web(3, "web:1", json!({"spec": {"paused": true}}))),
        change(web(3, "web:1", json!({"spec": {"paused": true}})), web(3, "web:1", none())),
        change(web(3, "web:1", none()), web(3, "web:1", json!({"status": {"availableReplicas": 2}}))),
        (None, Some(rs(1))),
        change(rs(1), rs(2)),
        (None, Some(config("1", none()))),
        change(config("1", none()), config("2", none())),
        change(config("1", none()), config("1", gone())),
        (Some(config("1", none())), None),
    ]
}

/// What every other `What` says.
fn others() -> Vec<What> {
    let decision = |winner: &str, looked_at, reasons: &[(&str, u32)]| {
        What::Decision(Arc::new(Decision {
            pod: Key::new(Kind::Pod, "default", "web-1"),
            revision: 9,
            since: SimTime(0),
            pods: Heard::default(),
            nodes: Heard::default(),
            others: vec![],
            nominations: vec![],
            profile: lit!("default-scheduler"),
            forgotten: Vec::new(),
            attempt: 1,
            looked_at,
            start: 0,
            feasible: looked_at / 2,
            draw: 0,
            winner: winner.into(),
            score: 312,
            reasons: reasons.iter().map(|(r, n)| ((*r).into(), *n)).collect(),
            rejectors: vec![],
            nominated: lit!(""),
            victims: vec![],
        }))
    };
    let refused = |reason: &str| What::Refused {
        verb: lit!("update"),
        key: Key::new(Kind::Pod, "default", "web-1"),
        code: 409,
        reason: reason.into(),
        message: lit!("so it is."),
    };
    let mut all = vec![
        What::Start { scheduler: lit!("") },
        What::User { command: lit!("kubectl apply -f web.yaml") },
        What::Timer { name: lit!("node-monitor") },
        What::Timer { name: lit!("lease expiry") },
        What::Timer { name: lit!("bookmarks") },
        What::Timer { name: lit!("client-timeout") },
        What::Timer { name: lit!("compaction") },
        What::Timer { name: lit!("lease renewal") },
        What::Timer { name: lit!("node status") },
        What::Timer { name: lit!("scheduler back-off") },
        What::Timer { name: lit!("scheduler retry of unschedulable pods") },
        What::Timer { name: lit!("readiness probe") },
        What::Sent {
            to: Comp::Kubelet(1),
            class: LinkClass::KubeletApi,
            label: lit!("modified Pod"),
            subject: None,
            arrives: SimTime(1),
        },
        What::Dropped { sent: RecordId(13), why: lit!("partition") },
        What::Dropped { sent: RecordId(0), why: lit!("partition") },
        decision("node-3", 4, &[]),
        decision("", 0, &[]),
        decision(
            "",
            9,
            &[
                ("Insufficient cpu", 2),
                ("Too many pods", 1),
                ("node(s) had untolerated taint {node.kubernetes.io/unreachable: }", 1),
                ("node(s) had untolerated taint(s)", 2),
                ("node(s) didn't match Pod's node affinity/selector", 1),
                ("node(s) were unschedulable", 1),
                ("node(s) didn't have free ports for the requested pod ports", 1),
                ("node(s) didn't match pod topology spread constraints", 1),
                ("node(s) didn't match pod anti-affinity rules", 1),
                ("node(s) had bad luck", 2),
            ],
        ),
    ];
    for reason in [
        "Conflict",
        "NotFound",
        "AlreadyExists",
        "Invalid",
        "Forbidden",
        "BadRequest",
        "Expired",
        "Timeout",
        "ConnectionRefused",
        "InternalError",
        "Teapot",
    ] {
        all.push(refused(reason));
    }
    for name in FAULTS.iter().copied().chain(["slowDisk"]) {
        let target = match name {
            "containerCrash" => lit!("shop/pod/web-1"),
            "imageMissing" => lit!("registry/pod/web:*"),
            "slowDisk" => lit!(""),
            _ => lit!("node/node-2"),
        };
        all.push(What::Fault { name: name.into(), target: target.clone() });
        all.push(What::Mend { name: name.into(), target });
    }
    all
}

/// One record of everything that has a sentence, with what was there before.
pub(super) fn samples() -> Vec<(Record, Option<Obj>)> {
    let mut all = Vec::new();
    let actor = Actor { comp: Comp::Kubelet(1), part: lit!("") };
    let mut push = |what, previous| {
        let id = RecordId(all.len() as u64 + 1);
        all.push((Record { id, at: SimTime(0), cause: RecordId(0), actor: actor.clone(), what }, previous));
    };
    others().into_iter().for_each(|what| push(what, None));
    for (was, now) in writes() {
        let verb = match (&was, &now) {
            (None, _) => WriteVerb::Create,
            (_, None) => WriteVerb::Delete,
            (Some(_), Some(_)) => WriteVerb::Update,
        };
        let obj = now.or(was.clone()).expect("an object");
        push(What::Write { verb, revision: 1, previous: RecordId(0), by: lit!("kubectl"), obj }, was);
    }
    let promised = promised_args();
    for code in Code::ALL {
        let args = |taints: &str| {
            let value = |k: &str| match k {
                "taints" => taints.to_owned(),
                "seconds" => "300".into(),
                "silence" | "grace" | "took" | "wait" => "50.0s".into(),
                "bytes" => "12000000".into(),
                "have" | "create" | "delete" | "left" | "from" | "restart" | "code" | "failures"
                | "revision" => "1".into(),
                "want" | "to" => "3".into(),
                "kind" => "Pod".into(),
                "why" => "the machine is off".into(),
                k => format!("‹{k}›"),
            };
            promised[code.as_str()].iter().map(|k| (k.into(), value(k).into())).collect()
        };
        let subject = Key::new(Kind::Pod, "default", "web-1");
        push(What::Note { code: *code, subject: subject.clone(), args: args("k:NoExecute") }, None);
        // The values for which another sentence stands in.
        let others: &[(&str, &str)] = match code {
            Code::NodeTainted => &[("taints", "k:NoExecute, -gone:NoSchedule"), ("taints", "-k:NoExecute")],
            Code::GarbageCollected => &[("first", "yes")],
            Code::PodRetried => &[("event", "UnschedulableTimeout")],
            Code::ContainerExited => &[("asked", "yes"), ("reason", "Unknown")],
            _ => &[],
        };
        for (name, value) in others {
            let mut args: Vec<(Str, Str)> = args("");
            args.iter_mut().filter(|(k, _)| k == name).for_each(|(_, v)| *v = (*value).into());
            push(What::Note { code: *code, subject: subject.clone(), args }, None);
        }
    }
    all
}
