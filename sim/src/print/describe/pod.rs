//! Pods and pod templates (`describePod`, `DescribePodTemplate`).

use super::{Cluster, annotations, containers, events, labels, lines, rfc1123, terminating, volumes};
use crate::object::{
    ConditionStatus, Container, LabelSelector, Obj, Pod, PodSpec, PodTemplate, ResourceList, TaintEffect,
};
use crate::print::format_selector;
use crate::print::tab::{Out, w};
use serde_json::Value;
use std::sync::Arc;

pub(super) fn describe(out: &mut Out, pod: &Arc<Pod>, cluster: Cluster<'_>) {
    let (meta, spec, status) = (&pod.metadata, &*pod.spec, &pod.status);
    w!(out, 0, "Name:\t{}", meta.name);
    w!(out, 0, "Namespace:\t{}", meta.namespace);
    if let Some(priority) = spec.priority {
        w!(out, 0, "Priority:\t{priority}");
    }
    if !spec.priority_class_name.is_empty() {
        w!(out, 0, "Priority Class Name:\t{}", spec.priority_class_name);
    }
    if let Some(class) = spec.other.get("runtimeClassName").and_then(Value::as_str) {
        w!(out, 0, "Runtime Class Name:\t{class}");
    }
    if !spec.service_account_name.is_empty() {
        w!(out, 0, "Service Account:\t{}", spec.service_account_name);
    }
    if pod.node_name.is_empty() {
        w!(out, 0, "Node:\t<none>");
    } else {
        w!(out, 0, "Node:\t{}/{}", pod.node_name, status.host_ip);
    }
    if status.start_time.is_some() {
        w!(out, 0, "Start Time:\t{}", rfc1123(status.start_time));
    }
    labels(out, "Labels", &meta.labels);
    annotations(out, "Annotations", &meta.annotations);
    if meta.deleting() && !pod.terminal() {
        w!(out, 0, "Status:\t{}", terminating(meta.deletion_timestamp, cluster.now));
        w!(out, 0, "Termination Grace Period:\t{}s", meta.deletion_grace_period_seconds.unwrap_or(0));
    } else {
        w!(out, 0, "Status:\t{}", status.phase.as_str());
    }
    if !status.reason.is_empty() {
        w!(out, 0, "Reason:\t{}", status.reason);
    }
    if !status.message.is_empty() {
        w!(out, 0, "Message:\t{}", status.message);
    }
    w!(out, 0, "IP:\t{}", status.pod_ip);
    ips(out, pod);
    if let Some(owner) = meta.controller() {
        w!(out, 0, "Controlled By:\t{}/{}", owner.kind, owner.name);
    }
    if !status.nominated_node_name.is_empty() {
        w!(out, 0, "NominatedNodeName:\t{}", status.nominated_node_name);
    }
    if !spec.init_containers.is_empty() {
        let statuses = &status.init_container_statuses;
        containers::describe(out, "Init Containers", &spec.init_containers, statuses, Some(pod), "");
    }
    containers::describe(out, "Containers", &spec.containers, &status.container_statuses, Some(pod), "");
    let gates = spec.other.get("readinessGates").and_then(Value::as_array);
    if let Some(gates) = gates.filter(|g| !g.is_empty()) {
        out.raw("Readiness Gates:\n  Type\tStatus\n");
        for gate in gates {
            let name = gate.get("conditionType").and_then(Value::as_str).unwrap_or_default();
            w!(out, 1, "{name} \t{} ", pod.condition(name).map_or("<none>", |c| c.status.as_str()));
        }
    }
    if !status.conditions.is_empty() {
        out.raw("Conditions:\n  Type\tStatus\n");
        for c in &status.conditions {
            w!(out, 1, "{} \t{} ", c.type_, ConditionStatus::as_str(c.status));
        }
    }
    volumes::describe(out, spec, "");
    let qos = if status.qos_class.is_empty() { qos_class(spec) } else { &status.qos_class };
    w!(out, 0, "QoS Class:\t{qos}");
    placement(out, spec, "");
    spread(out, spec, "");
    events(out, &Obj::Pod(pod.clone()), cluster);
}

fn ips(out: &mut Out, pod: &Pod) {
    let listed = pod.status.other.get("podIPs").and_then(Value::as_array);
    let mut all: Vec<&str> =
        listed.into_iter().flatten().filter_map(|v| v.get("ip").and_then(Value::as_str)).collect();
    if all.is_empty() && !pod.status.pod_ip.is_empty() {
        all.push(&pod.status.pod_ip);
    }
    if all.is_empty() {
        w!(out, 0, "IPs:\t<none>");
        return;
    }
    w!(out, 0, "IPs:");
    for ip in all {
        w!(out, 1, "IP:\t{ip}");
    }
}

/// Node selector and tolerations.
fn placement(out: &mut Out, spec: &PodSpec, space: &str) {
    labels(out, &format!("{space}Node-Selectors"), &spec.node_selector);
    let mut all: Vec<_> = spec.tolerations.iter().collect();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    let text = all.into_iter().map(|t| {
        let value = if t.value.is_empty() { String::new() } else { format!("={}", t.value) };
        let effect = t.effect.map_or_else(String::new, |e| format!(":{}", TaintEffect::as_str(e)));
        let exists =
            match (t.operator == "Exists" && t.value.is_empty(), t.key.is_empty() && effect.is_empty()) {
                (false, _) => "",
                (true, false) => " op=Exists",
                (true, true) => "op=Exists",
            };
        let seconds = t.toleration_seconds.map_or_else(String::new, |s| format!(" for {s}s"));
        format!("{}{value}{effect}{exists}{seconds}", t.key)
    });
    lines(out, &format!("{space}Tolerations"), text);
}

/// `describeTopologySpreadConstraints`.
fn spread(out: &mut Out, spec: &PodSpec, space: &str) {
    let all = spec.other.get("topologySpreadConstraints").and_then(Value::as_array);
    let Some(all) = all.filter(|a| !a.is_empty()) else { return };
    let text = |v: &Value, f: &str| v.get(f).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut all: Vec<&Value> = all.iter().collect();
    all.sort_by_key(|c| text(c, "topologyKey"));
    let text = all.into_iter().map(|c| {
        let skew = c.get("maxSkew").and_then(Value::as_i64).unwrap_or(0);
        let selector = c.get("labelSelector").cloned();
        let selector = selector.and_then(|s| serde_json::from_value::<LabelSelector>(s).ok());
        let selector =
            selector.map_or_else(String::new, |s| format!(" for selector {}", format_selector(&s)));
        let (key, action) = (text(c, "topologyKey"), text(c, "whenUnsatisfiable"));
        format!("{key}:{action} when max skew {skew} is exceeded{selector}")
    });
    lines(out, &format!("{space}Topology Spread Constraints"), text);
}

/// `qos.ComputePodQOS`.
fn qos_class(spec: &PodSpec) -> &'static str {
    let set = |list: &ResourceList, name: &str| list.get(name).is_some_and(|q| !q.is_zero());
    let all = || spec.containers.iter().chain(&spec.init_containers);
    let counted = ["cpu", "memory"];
    let any =
        |c: &Container| counted.iter().any(|n| set(&c.resources.requests, n) || set(&c.resources.limits, n));
    let full = |c: &Container| {
        let request_ok =
            |n: &str| c.resources.requests.get(n).is_none_or(|q| c.resources.limits.get(n) == Some(q));
        counted.iter().all(|n| set(&c.resources.limits, n) && request_ok(n))
    };
    if !all().any(any) {
        "BestEffort"
    } else if all().all(full) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// `DescribePodTemplate`.
pub(super) fn template(out: &mut Out, template: &PodTemplate) {
    let spec = &*template.spec;
    w!(out, 0, "Pod Template:");
    labels(out, "  Labels", &template.metadata.labels);
    if !template.metadata.annotations.is_empty() {
        annotations(out, "  Annotations", &template.metadata.annotations);
    }
    if !spec.service_account_name.is_empty() {
        w!(out, 1, "Service Account:\t{}", spec.service_account_name);
    }
    if !spec.init_containers.is_empty() {
        containers::describe(out, "Init Containers", &spec.init_containers, &[], None, "  ");
    }
    containers::describe(out, "Containers", &spec.containers, &[], None, "  ");
    volumes::describe(out, spec, "  ");
    spread(out, spec, "  ");
    if !spec.priority_class_name.is_empty() {
        w!(out, 1, "Priority Class Name:\t{}", spec.priority_class_name);
    }
    placement(out, spec, "  ");
}
