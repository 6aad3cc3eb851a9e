//! Columns and cells of the kinds that the cluster acts on
//! (`pkg/printers/internalversion/printers.go`). `*` marks the columns of `-o wide`.

use super::{age, container_cells, format_selector, node_roles, or_none, pod_summary};
use crate::api_util::Time;
use crate::object::{
    ConditionStatus, ConfigMap, Deployment, Event, EventType, Lease, Namespace, Node, Pod, ReplicaSet,
    Secret, ServiceAccount,
};
use serde_json::Value;

pub(crate) const POD: &[&str] =
    &["Name", "Ready", "Status", "Restarts", "Age", "*IP", "*Node", "*Nominated Node", "*Readiness Gates"];
pub(crate) const NODE: &[&str] = &[
    "Name",
    "Status",
    "Roles",
    "Age",
    "Version",
    "*Internal-IP",
    "*External-IP",
    "*OS-Image",
    "*Kernel-Version",
    "*Container-Runtime",
];
pub(crate) const DEPLOYMENT: &[&str] =
    &["Name", "Ready", "Up-to-date", "Available", "Age", "*Containers", "*Images", "*Selector"];
pub(crate) const REPLICA_SET: &[&str] =
    &["Name", "Desired", "Current", "Ready", "Age", "*Containers", "*Images", "*Selector"];
pub(crate) const NAMESPACE: &[&str] = &["Name", "Status", "Age"];
pub(crate) const CONFIG_MAP: &[&str] = &["Name", "Data", "Age"];
pub(crate) const SECRET: &[&str] = &["Name", "Type", "Data", "Age"];
pub(crate) const SERVICE_ACCOUNT: &[&str] = &["Name", "Age"];
pub(crate) const LEASE: &[&str] = &["Name", "Holder", "Age"];
pub(crate) const EVENT: &[&str] = &[
    "Last Seen",
    "Type",
    "Reason",
    "Object",
    "*Subobject",
    "*Source",
    "Message",
    "*First Seen",
    "*Count",
    "*Name",
];

pub(crate) fn pod(o: &Pod, now: Time) -> Vec<String> {
    let s = pod_summary(o);
    let empty = Vec::new();
    let gates = o.spec.other.get("readinessGates").and_then(Value::as_array).unwrap_or(&empty);
    let gate_true = |g: &&Value| {
        let name = g.get("conditionType").and_then(Value::as_str).unwrap_or_default();
        o.condition(name).is_some_and(|c| c.status == ConditionStatus::True)
    };
    let gates = match gates.len() {
        0 => "<none>".to_owned(),
        n => format!("{}/{n}", gates.iter().filter(gate_true).count()),
    };
    vec![
        o.metadata.name.to_string(),
        format!("{}/{}", s.ready, s.total),
        s.status.clone(),
        s.restarts_cell(now),
        age(o.metadata.creation_timestamp, now),
        or_none(&o.status.pod_ip).to_owned(),
        or_none(&o.node_name).to_owned(),
        or_none(&o.status.nominated_node_name).to_owned(),
        gates,
    ]
}

pub(crate) fn node(o: &Node, now: Time) -> Vec<String> {
    let mut status = match o.condition("Ready") {
        Some(c) if c.status == ConditionStatus::True => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if o.spec.unschedulable {
        status.push_str(",SchedulingDisabled");
    }
    let address = |type_: &str| {
        let found = o.status.addresses.iter().find(|a| a.type_ == type_);
        found.map_or("<none>", |a| &a.address).to_owned()
    };
    let info = o.status.node_info.as_deref().cloned().unwrap_or_default();
    let known = |s: &str| if s.is_empty() { "<unknown>".to_owned() } else { s.to_owned() };
    vec![
        o.metadata.name.to_string(),
        status,
        node_roles(o),
        age(o.metadata.creation_timestamp, now),
        info.kubelet_version.to_string(),
        address("InternalIP"),
        address("ExternalIP"),
        known(&info.os_image),
        known(&info.kernel_version),
        known(&info.container_runtime_version),
    ]
}

pub(crate) fn deployment(o: &Deployment, now: Time) -> Vec<String> {
    let [containers, images] = container_cells(&o.spec.template.spec.containers);
    vec![
        o.metadata.name.to_string(),
        format!("{}/{}", o.status.ready_replicas, o.spec.replicas.unwrap_or(1)),
        o.status.updated_replicas.to_string(),
        o.status.available_replicas.to_string(),
        age(o.metadata.creation_timestamp, now),
        containers,
        images,
        format_selector(&o.spec.selector),
    ]
}

pub(crate) fn replica_set(o: &ReplicaSet, now: Time) -> Vec<String> {
    let [containers, images] = container_cells(&o.spec.template.spec.containers);
    vec![
        o.metadata.name.to_string(),
        o.spec.replicas.unwrap_or(1).to_string(),
        o.status.replicas.to_string(),
        o.status.ready_replicas.to_string(),
        age(o.metadata.creation_timestamp, now),
        containers,
        images,
        format_selector(&o.spec.selector),
    ]
}

pub(crate) fn namespace(o: &Namespace, now: Time) -> Vec<String> {
    vec![o.metadata.name.to_string(), o.status.phase.to_string(), age(o.metadata.creation_timestamp, now)]
}

pub(crate) fn config_map(o: &ConfigMap, now: Time) -> Vec<String> {
    let binary = o.other.get("binaryData").and_then(Value::as_object).map_or(0, |m| m.len());
    vec![
        o.metadata.name.to_string(),
        (o.data.len() + binary).to_string(),
        age(o.metadata.creation_timestamp, now),
    ]
}

pub(crate) fn secret(o: &Secret, now: Time) -> Vec<String> {
    vec![
        o.metadata.name.to_string(),
        o.type_.to_string(),
        o.data.len().to_string(),
        age(o.metadata.creation_timestamp, now),
    ]
}

pub(crate) fn service_account(o: &ServiceAccount, now: Time) -> Vec<String> {
    vec![o.metadata.name.to_string(), age(o.metadata.creation_timestamp, now)]
}

pub(crate) fn lease(o: &Lease, now: Time) -> Vec<String> {
    vec![
        o.metadata.name.to_string(),
        o.spec.holder_identity.to_string(),
        age(o.metadata.creation_timestamp, now),
    ]
}

/// `Normal` or `Warning`.
pub(crate) fn event_type(t: EventType) -> &'static str {
    match t {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    }
}

/// A text of an event's newer fields, which are kept untyped.
pub(crate) fn event_text<'a>(o: &'a Event, field: &str) -> &'a str {
    o.other.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn event(o: &Event, now: Time) -> Vec<String> {
    let event_time = Time::parse(event_text(o, "eventTime")).ok();
    let first = age(o.first_timestamp.or(event_time), now);
    let last = o.last_timestamp.map_or_else(|| first.clone(), |t| age(Some(t), now));
    let object = &o.involved_object;
    let kind = object.kind.to_lowercase();
    let target = if object.name.is_empty() { kind } else { format!("{kind}/{}", object.name) };
    let either = |a: &str, field| if a.is_empty() { event_text(o, field).to_owned() } else { a.to_owned() };
    let component = either(&o.source.component, "reportingComponent");
    let host = either(&o.source.host, "reportingInstance");
    vec![
        last,
        event_type(o.type_).to_owned(),
        o.reason.to_string(),
        target,
        object.field_path.to_string(),
        if host.is_empty() { component } else { format!("{component}, {host}") },
        o.message.trim().to_owned(),
        first,
        o.count.max(1).to_string(),
        o.metadata.name.to_string(),
    ]
}
