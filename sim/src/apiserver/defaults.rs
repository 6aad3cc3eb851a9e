//! Defaulting. Source: `k8s.io/kubernetes/pkg/apis/{core,apps}/v1/defaults.go`.

use crate::api_util::{IntOrString, Quantity};
use crate::object::{
    Container, Deployment, DeploymentStrategy, PodSpec, Probe, ReplicaSet, ResourceList, RestartPolicy,
    RollingUpdate, Str, StrategyType, lit,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Whether an image reference says `latest`, or nothing.
fn latest(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    match image.rsplit_once('/').map_or(image, |(_, last)| last).rsplit_once(':') {
        Some((_, tag)) => tag == "latest",
        None => true,
    }
}

fn probe(p: &mut Probe) {
    for (field, default) in [
        (&mut p.timeout_seconds, 1),
        (&mut p.period_seconds, 10),
        (&mut p.success_threshold, 1),
        (&mut p.failure_threshold, 3),
    ] {
        if *field == 0 {
            *field = default;
        }
    }
    if let Some(h) = &mut p.action.http_get {
        if h.path.is_empty() {
            h.path = lit!("/");
        }
        if h.scheme.is_empty() {
            h.scheme = lit!("HTTP");
        }
    }
}

fn container(c: &mut Container) {
    if c.image_pull_policy.is_empty() {
        c.image_pull_policy = if latest(&c.image) { lit!("Always") } else { lit!("IfNotPresent") };
    }
    if c.termination_message_path.is_empty() {
        c.termination_message_path = lit!("/dev/termination-log");
    }
    if c.termination_message_policy.is_empty() {
        c.termination_message_policy = lit!("File");
    }
    for p in &mut c.ports {
        if p.protocol.is_empty() {
            p.protocol = lit!("TCP");
        }
    }
    let missing: Vec<(Str, Quantity)> = c
        .resources
        .limits
        .iter()
        .filter(|(k, _)| !c.resources.requests.contains_key(*k))
        .map(|(k, q)| (k.clone(), *q))
        .collect();
    c.resources.requests.extend(missing);
    for p in [&mut c.liveness_probe, &mut c.readiness_probe, &mut c.startup_probe].into_iter().flatten() {
        probe(p);
    }
}

/// Defaults of a pod's or a template's spec.
pub(super) fn pod_spec(s: &mut PodSpec) {
    s.restart_policy.get_or_insert(RestartPolicy::Always);
    s.termination_grace_period_seconds.get_or_insert(30);
    if s.scheduler_name.is_empty() {
        s.scheduler_name = lit!("default-scheduler");
    }
    s.other.entry("dnsPolicy".into()).or_insert_with(|| "ClusterFirst".into());
    s.other.entry("securityContext".into()).or_insert_with(|| json!({}));
    s.init_containers.iter_mut().chain(&mut s.containers).for_each(container);
    if s.host_network {
        for p in s.init_containers.iter_mut().chain(&mut s.containers).flat_map(|c| &mut c.ports) {
            if p.host_port == 0 {
                p.host_port = p.container_port;
            }
        }
    }
    if let Some(Value::Array(volumes)) = s.other.get_mut("volumes") {
        volumes.iter_mut().filter_map(Value::as_object_mut).for_each(volume);
    }
}

fn volume(v: &mut serde_json::Map<String, Value>) {
    if v.keys().all(|k| k == "name") {
        v.insert("emptyDir".into(), json!({}));
    }
    for source in ["secret", "configMap", "projected", "downwardAPI"] {
        if let Some(Value::Object(s)) = v.get_mut(source) {
            s.entry("defaultMode").or_insert(json!(420));
        }
    }
}

/// A template's spec with its defaults; shared as it is if nothing is missing.
fn template(spec: &mut Arc<PodSpec>) {
    let mut s = PodSpec::clone(spec);
    pod_spec(&mut s);
    if s != **spec {
        *spec = Arc::new(s);
    }
}

/// Defaults of a deployment.
pub(super) fn deployment(d: &mut Deployment) {
    let s = &mut d.spec;
    s.replicas.get_or_insert(1);
    s.revision_history_limit.get_or_insert(10);
    s.progress_deadline_seconds.get_or_insert(600);
    let DeploymentStrategy { type_, rolling_update } = &mut s.strategy;
    if *type_.get_or_insert(StrategyType::RollingUpdate) == StrategyType::RollingUpdate {
        let quarter = || IntOrString::parse("25%");
        let r = rolling_update.get_or_insert_with(RollingUpdate::default);
        r.max_unavailable.get_or_insert_with(quarter);
        r.max_surge.get_or_insert_with(quarter);
    }
    template(&mut s.template.spec);
}

/// Defaults of a replica set.
pub(super) fn replica_set(r: &mut ReplicaSet) {
    r.spec.replicas.get_or_insert(1);
    if r.spec.selector.is_empty() {
        r.spec.selector.match_labels = r.spec.template.metadata.labels.clone();
    }
    if r.metadata.labels.is_empty() {
        r.metadata.labels = r.spec.template.metadata.labels.clone();
    }
    template(&mut r.spec.template.spec);
}

/// `status.qosClass` (`pkg/apis/core/v1/helper/qos`).
pub(super) fn qos_class(s: &PodSpec) -> Str {
    let relevant = |l: &ResourceList| -> Vec<(Str, i64)> {
        l.iter()
            .filter(|(k, q)| (*k == "cpu" || *k == "memory") && !q.is_zero())
            .map(|(k, q)| (k.clone(), q.milli()))
            .collect()
    };
    let mut any = false;
    let mut guaranteed = true;
    for c in s.init_containers.iter().chain(&s.containers) {
        let (requests, limits) = (relevant(&c.resources.requests), relevant(&c.resources.limits));
        any |= !requests.is_empty() || !limits.is_empty();
        guaranteed &= limits.len() == 2 && requests == limits;
    }
    match (any, guaranteed) {
        (false, _) => lit!("BestEffort"),
        (true, true) => lit!("Guaranteed"),
        (true, false) => lit!("Burstable"),
    }
}
