//! Validation, in upstream's words. Source: `k8s.io/kubernetes/pkg/apis/{core,apps}/validation`.

use crate::api_util::{IntOrString, hash};
use crate::object::{
    Container, Deployment, DeploymentSpec, LabelSelector, Labels, Obj, Pod, PodSpec, PodTemplate, ReplicaSet,
    RestartPolicy, StrategyType,
};
use std::collections::BTreeSet;

/// `field: Invalid value: -1: must be greater than or equal to 0`.
pub(super) fn negative(field: &str, n: i64) -> String {
    format!("{field}: Invalid value: {n}: must be greater than or equal to 0")
}

fn required(field: &str) -> String {
    format!("{field}: Required value")
}

fn quoted(field: &str, value: &str, problems: Vec<String>) -> impl Iterator<Item = String> {
    let lead = format!("{field}: Invalid value: {value:?}: ");
    problems.into_iter().map(move |p| format!("{lead}{p}"))
}

/// Everything that is wrong with a new object.
pub(super) fn object(o: &Obj) -> Vec<String> {
    let mut e = Vec::new();
    let m = o.meta();
    if m.name.is_empty() {
        e.push("metadata.name: Required value: name or generateName is required".into());
    } else {
        let problems = match o {
            Obj::Namespace(_) => hash::dns1123_label(&m.name),
            _ => hash::dns1123_subdomain(&m.name),
        };
        e.extend(quoted("metadata.name", &m.name, problems));
    }
    labels("metadata.labels", &m.labels, &mut e);
    for (k, _) in m.annotations.iter() {
        e.extend(quoted("metadata.annotations", k, hash::label_key(&k.to_lowercase())));
    }
    let size: usize = m.annotations.iter().map(|(k, v)| k.len() + v.len()).sum();
    if size > 256 * 1024 {
        e.push(format!("metadata.annotations: Too long: may not be more than {} bytes", 256 * 1024));
    }
    if data(o).iter().map(|(_, v)| v.len()).sum::<usize>() > 1024 * 1024 {
        e.push(format!("[]: Too long: may not be more than {} bytes", 1024 * 1024));
    }
    match o {
        Obj::Pod(p) => pod_spec("spec", &p.spec, &mut e),
        Obj::Deployment(d) => deployment(d, &mut e),
        Obj::ReplicaSet(r) => replica_set(r, &mut e),
        Obj::Namespace(_)
        | Obj::Node(_)
        | Obj::ConfigMap(_)
        | Obj::Secret(_)
        | Obj::ServiceAccount(_)
        | Obj::Lease(_)
        | Obj::Event(_)
        | Obj::Inert(_) => {}
    }
    e
}

/// The data of a config map or secret.
fn data(o: &Obj) -> Labels {
    match o {
        Obj::ConfigMap(c) => c.data.clone(),
        Obj::Secret(c) => c.data.clone(),
        _ => Labels::default(),
    }
}

fn labels(field: &str, l: &Labels, e: &mut Vec<String>) {
    for (k, v) in l.iter() {
        e.extend(quoted(field, k, hash::label_key(k)));
        e.extend(quoted(field, v, hash::label_value(v)));
    }
}

fn pod_spec(at: &str, s: &PodSpec, e: &mut Vec<String>) {
    if s.containers.is_empty() {
        e.push(required(&format!("{at}.containers")));
    }
    let mut names = BTreeSet::new();
    let init =
        s.init_containers.iter().enumerate().map(|(i, c)| (format!("{at}.initContainers[{i}]"), c, true));
    let main = s.containers.iter().enumerate().map(|(i, c)| (format!("{at}.containers[{i}]"), c, false));
    for (at, c, init) in init.chain(main) {
        container(&at, c, init, e);
        if !c.name.is_empty() && !names.insert(&c.name) {
            e.push(format!("{at}.name: Duplicate value: {:?}", c.name));
        }
    }
    if let Some(n) = s.termination_grace_period_seconds.filter(|n| *n < 0) {
        e.push(negative(&format!("{at}.terminationGracePeriodSeconds"), n));
    }
    if let Some(n) = s.active_deadline_seconds.filter(|n| *n < 1) {
        e.push(format!(
            "{at}.activeDeadlineSeconds: Invalid value: {n}: must be between 1 and 2147483647, inclusive"
        ));
    }
    labels(&format!("{at}.nodeSelector"), &s.node_selector, e);
}

fn container(at: &str, c: &Container, init: bool, e: &mut Vec<String>) {
    if c.name.is_empty() {
        e.push(required(&format!("{at}.name")));
    } else {
        e.extend(quoted(&format!("{at}.name"), &c.name, hash::dns1123_label(&c.name)));
    }
    if c.image.is_empty() {
        e.push(required(&format!("{at}.image")));
    } else if c.image.trim() != &*c.image {
        e.push(format!(
            "{at}.image: Invalid value: {:?}: must not have leading or trailing whitespace",
            c.image
        ));
    }
    if !matches!(&*c.image_pull_policy, "" | "Always" | "IfNotPresent" | "Never") {
        e.push(format!(
            "{at}.imagePullPolicy: Unsupported value: {:?}: supported values: \"Always\", \"IfNotPresent\", \"Never\"",
            c.image_pull_policy
        ));
    }
    if c.restart_policy.is_some_and(|r| !init || r != RestartPolicy::Always) {
        e.push(format!("{at}.restartPolicy: Forbidden: may not be set for non-init containers"));
    }
    for (i, p) in c.ports.iter().enumerate() {
        if !(1..=65535).contains(&p.container_port) {
            e.push(format!(
                "{at}.ports[{i}].containerPort: Invalid value: {}: must be between 1 and 65535, inclusive",
                p.container_port
            ));
        }
    }
    for (which, list) in [("limits", &c.resources.limits), ("requests", &c.resources.requests)] {
        for (name, q) in list {
            if q.milli() < 0 {
                e.push(format!(
                    "{at}.resources.{which}[{name}]: Invalid value: {:?}: must be greater than or equal to 0",
                    q.to_string()
                ));
            }
        }
    }
    for (name, q) in &c.resources.requests {
        if let Some(limit) = c.resources.limits.get(name).filter(|l| q > *l) {
            e.push(format!(
                "{at}.resources.requests: Invalid value: {:?}: must be less than or equal to {name} limit of {limit}",
                q.to_string()
            ));
        }
    }
    for (which, p) in [
        ("livenessProbe", &c.liveness_probe),
        ("readinessProbe", &c.readiness_probe),
        ("startupProbe", &c.startup_probe),
    ] {
        let Some(p) = p else { continue };
        let a = &p.action;
        let count = [a.http_get.is_some(), a.tcp_socket.is_some(), a.exec.is_some(), a.grpc.is_some()]
            .into_iter()
            .filter(|x| *x)
            .count();
        match count {
            0 => e.push(format!("{at}.{which}: Required value: must specify a handler type")),
            1 => {}
            _ => e.push(format!("{at}.{which}: Forbidden: may not specify more than 1 handler type")),
        }
        for (field, n) in [
            ("initialDelaySeconds", p.initial_delay_seconds),
            ("timeoutSeconds", p.timeout_seconds),
            ("periodSeconds", p.period_seconds),
            ("successThreshold", p.success_threshold),
            ("failureThreshold", p.failure_threshold),
        ] {
            if n < 0 {
                e.push(negative(&format!("{at}.{which}.{field}"), n));
            }
        }
        if which != "readinessProbe" && p.success_threshold > 1 {
            e.push(format!(
                "{at}.{which}.successThreshold: Invalid value: {}: must be 1",
                p.success_threshold
            ));
        }
    }
}

fn selector(at: &str, s: &LabelSelector, template: &PodTemplate, e: &mut Vec<String>) {
    if s.is_empty() {
        e.push(format!("{at}.selector: Invalid value: {{}}: empty selector is invalid for deployment"));
    } else if !s.matches(&template.metadata.labels) {
        let shown: Vec<String> = template
            .metadata
            .labels
            .iter()
            .map(|(k, v)| format!("{:?}:{:?}", k.as_str(), v.as_str()))
            .collect();
        e.push(format!(
            "{at}.template.metadata.labels: Invalid value: {{{}}}: `selector` does not match template `labels`",
            shown.join(",")
        ));
    }
    labels(&format!("{at}.template.metadata.labels"), &template.metadata.labels, e);
    if template.spec.restart() != RestartPolicy::Always {
        e.push(format!(
            "{at}.template.spec.restartPolicy: Unsupported value: \"{:?}\": supported values: \"Always\"",
            template.spec.restart()
        ));
    }
    pod_spec(&format!("{at}.template.spec"), &template.spec, e);
}

fn deployment(d: &Deployment, e: &mut Vec<String>) {
    let s: &DeploymentSpec = &d.spec;
    if let Some(n) = s.replicas.filter(|n| *n < 0) {
        e.push(negative("spec.replicas", n));
    }
    selector("spec", &s.selector, &s.template, e);
    if s.min_ready_seconds < 0 {
        e.push(negative("spec.minReadySeconds", s.min_ready_seconds));
    }
    if let Some(n) = s.revision_history_limit.filter(|n| *n < 0) {
        e.push(negative("spec.revisionHistoryLimit", n));
    }
    if let Some(n) = s.progress_deadline_seconds {
        if n < 0 {
            e.push(negative("spec.progressDeadlineSeconds", n));
        } else if n <= s.min_ready_seconds {
            e.push(format!(
                "spec.progressDeadlineSeconds: Invalid value: {n}: must be greater than minReadySeconds"
            ));
        }
    }
    match (&s.strategy.type_, &s.strategy.rolling_update) {
        (Some(StrategyType::Recreate), Some(_)) => e.push(
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
                .into(),
        ),
        (_, Some(r)) => {
            let mut zeros = 0;
            for (field, v) in [("maxUnavailable", &r.max_unavailable), ("maxSurge", &r.max_surge)] {
                let at = format!("spec.strategy.rollingUpdate.{field}");
                match v {
                    Some(IntOrString::Int(n)) if *n < 0 => e.push(negative(&at, i64::from(*n))),
                    Some(v) => match v.scaled(100, true) {
                        Ok(0) => zeros += 1,
                        Ok(_) => {}
                        Err(_) => e.push(format!(
                            "{at}: Invalid value: \"{}\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
                            v.as_str().unwrap_or_default()
                        )),
                    },
                    None => {}
                }
            }
            if zeros == 2 {
                e.push("spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0".into());
            }
        }
        (_, None) => {}
    }
}

fn replica_set(r: &ReplicaSet, e: &mut Vec<String>) {
    if let Some(n) = r.spec.replicas.filter(|n| *n < 0) {
        e.push(negative("spec.replicas", n));
    }
    selector("spec", &r.spec.selector, &r.spec.template, e);
}

/// Everything that is wrong with a new version of an object.
pub(super) fn update(old: &Obj, new: &Obj) -> Vec<String> {
    let mut e = object(new);
    match (old, new) {
        (Obj::Deployment(a), Obj::Deployment(b)) if a.spec.selector != b.spec.selector => {
            e.push(immutable(&format!("spec.selector: Invalid value: {}", b.spec.selector)));
        }
        (Obj::ReplicaSet(a), Obj::ReplicaSet(b)) if a.spec.selector != b.spec.selector => {
            e.push(immutable(&format!("spec.selector: Invalid value: {}", b.spec.selector)));
        }
        (Obj::Pod(a), Obj::Pod(b)) => pod_update(a, b, &mut e),
        _ => {}
    }
    let frozen = |o: &Obj| match o {
        Obj::ConfigMap(c) => c.other.get("immutable") == Some(&true.into()),
        Obj::Secret(c) => c.other.get("immutable") == Some(&true.into()),
        _ => false,
    };
    if frozen(old) && data(old) != data(new) {
        e.push("data: Forbidden: field is immutable when `immutable` is set".into());
    }
    e
}

fn immutable(lead: &str) -> String {
    format!("{lead}: field is immutable")
}

/// A running pod's spec is fixed but for images, the deadline, and more tolerations.
fn pod_update(a: &Pod, b: &Pod, e: &mut Vec<String>) {
    let fixed = |s: &PodSpec, like: &PodSpec| {
        let mut s = s.clone();
        for (c, l) in s.containers.iter_mut().zip(&like.containers) {
            c.image = l.image.clone();
        }
        for (c, l) in s.init_containers.iter_mut().zip(&like.init_containers) {
            c.image = l.image.clone();
        }
        s.active_deadline_seconds = like.active_deadline_seconds;
        if s.tolerations.starts_with(&like.tolerations) {
            s.tolerations = like.tolerations.clone();
        }
        s.termination_grace_period_seconds = like.termination_grace_period_seconds;
        s
    };
    if a.spec != b.spec && fixed(&b.spec, &a.spec) != *a.spec || a.node_name != b.node_name {
        e.push(
            "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)".into(),
        );
    }
}
