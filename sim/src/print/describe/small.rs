//! Namespaces, config maps, secrets and service accounts.

use super::{Cluster, annotations, events, labels, lines, rfc1123};
use crate::object::{ConfigMap, Key, Kind, Namespace, Obj, ObjectMeta, Secret, ServiceAccount};
use crate::print::tab::{Out, w};
use serde_json::Value;
use std::sync::Arc;

fn head(out: &mut Out, meta: &ObjectMeta) {
    w!(out, 0, "Name:\t{}", meta.name);
    if !meta.namespace.is_empty() {
        w!(out, 0, "Namespace:\t{}", meta.namespace);
    }
    labels(out, "Labels", &meta.labels);
    annotations(out, "Annotations", &meta.annotations);
}

/// `describeNamespace`. Quotas and limit ranges are not modelled: there are none.
pub(super) fn namespace(out: &mut Out, ns: &Namespace) {
    head(out, &ns.metadata);
    w!(out, 0, "Status:\t{}", ns.status.phase);
    if !ns.status.conditions.is_empty() {
        w!(out, 0, "Conditions:");
        w!(out, 1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        w!(out, 1, "----\t------\t------------------\t------\t-------");
        for c in &ns.status.conditions {
            let (status, time) = (c.status.as_str(), rfc1123(c.last_transition_time));
            w!(out, 1, "{}\t{status}\t{time}\t{}\t{}", c.type_, c.reason, c.message);
        }
    }
    out.raw("\nNo resource quota.\n\nNo LimitRange resource.\n");
}

/// How many bytes a base64 text stands for.
fn decoded_len(text: &str) -> usize {
    let digits = text.bytes().filter(|b| !matches!(b, b'=' | b'\n' | b'\r')).count();
    digits * 6 / 8
}

/// `ConfigMapDescriber.Describe`.
pub(super) fn config_map(out: &mut Out, cm: &Arc<ConfigMap>, cluster: Cluster<'_>) {
    head(out, &cm.metadata);
    out.raw("\nData\n====\n");
    for (key, value) in cm.data.iter() {
        out.raw(&format!("{key}:\n----\n{value}\n\n"));
    }
    out.raw("\nBinaryData\n====\n");
    for (key, value) in cm.other.get("binaryData").and_then(Value::as_object).into_iter().flatten() {
        let bytes = value.as_str().map_or(0, decoded_len);
        out.raw(&format!("{key}: {bytes} bytes\n"));
    }
    out.raw("\n");
    events(out, &Obj::ConfigMap(cm.clone()), cluster);
}

/// `describeSecret`: sizes only.
pub(super) fn secret(out: &mut Out, s: &Secret) {
    head(out, &s.metadata);
    w!(out, 0, "\nType:\t{}", s.type_);
    out.raw("\nData\n====\n");
    for (key, value) in s.data.iter() {
        w!(out, 0, "{key}:\t{} bytes", decoded_len(value));
    }
}

/// `describeServiceAccount`.
pub(super) fn service_account(out: &mut Out, sa: &Arc<ServiceAccount>, cluster: Cluster<'_>) {
    head(out, &sa.metadata);
    let names = |field: &str| -> Vec<String> {
        let all = sa.other.get(field).and_then(Value::as_array).into_iter().flatten();
        let names = all.filter_map(|v| v.get("name")?.as_str());
        let found = |name: &str| {
            let key = Key::new(Kind::Secret, sa.metadata.namespace.clone(), name);
            cluster.objects.contains_key(&key)
        };
        names.map(|n| if found(n) { n.to_owned() } else { format!("{n} (not found)") }).collect()
    };
    lines(out, "Image pull secrets", names("imagePullSecrets").into_iter());
    lines(out, "Mountable secrets", names("secrets").into_iter());
    lines(out, "Tokens", std::iter::empty());
    events(out, &Obj::ServiceAccount(sa.clone()), cluster);
}
