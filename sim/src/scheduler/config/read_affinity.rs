//! Node affinity as an argument, and the types that arguments share with pods.
//!
//! Sources: `component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`, the API's schema.

use super::fields::{Place, Reader, shorten};
use crate::api_util::hash::{label_key, label_value};
use crate::manifest::schema::{FieldType, lookup, type_info};
use crate::object::NodeAffinity;
use serde_json::Value;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// The type of a field of pods, lists being looked into.
fn pod_field(path: &[&str]) -> Option<FieldType> {
    let mut ty = FieldType::Object(lookup("v1", "Pod")?.ty);
    for name in path {
        let FieldType::Object(id) = ty else { return None };
        ty = type_info(id).field(name)?.ty.clone();
        if let FieldType::List(inner) = ty {
            ty = *inner;
        }
    }
    Some(ty)
}

/// `v1.TopologySpreadConstraint`.
pub(super) fn constraint_type() -> Option<FieldType> {
    pod_field(&["spec", "topologySpreadConstraints"])
}

/// Reads and checks `addedAffinity` (`ValidateNodeAffinityArgs`).
pub(super) fn added_affinity(r: &mut Reader<'_>, at: &Place<'_>) -> Option<NodeAffinity> {
    if let Some(ty) = pod_field(&["spec", "affinity", "nodeAffinity"])
        && !r.schema(at, &ty)
    {
        return None;
    }
    let before = r.errors();
    if let Some(required) = at.child(REQUIRED) {
        for item in r.items(&required, "nodeSelectorTerms") {
            term(r, &item);
        }
    }
    for item in r.items(at, PREFERRED) {
        r.int32(&item, "weight", 0, i32::MAX);
        if let Some(preference) = item.child("preference") {
            term(r, &preference);
        }
    }
    if r.errors() > before {
        return None;
    }
    match serde_json::from_value(without_nulls(at.node.to_json())) {
        Ok(affinity) => Some(affinity),
        Err(e) => {
            r.invalid(at, format!("this is not a node affinity: {e}"), "");
            None
        }
    }
}

fn term(r: &mut Reader<'_>, at: &Place<'_>) {
    for item in r.items(at, "matchExpressions") {
        expression(r, &item);
    }
    for item in r.items(at, "matchFields") {
        field(r, &item);
    }
}

/// A requirement on labels (`nodeSelectorRequirementsAsSelector`, `labels.NewRequirement`).
fn expression(r: &mut Reader<'_>, at: &Place<'_>) {
    const OPERATORS: [&str; 6] = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
    if let Some(place) = at.child("key")
        && let Some(key) = place.node.as_str()
        && let Some(why) = label_key(key).first()
    {
        r.invalid(&place, format!("\"{}\" is not a label's key: {why}", shorten(key)), "");
    }
    let Some(operator) = at.child("operator").and_then(|place| r.word(&place, &OPERATORS)) else { return };
    let values = r.items(at, "values");
    let name = OPERATORS[operator];
    let wanted = match name {
        "In" | "NotIn" if values.is_empty() => "at least one value",
        "Exists" | "DoesNotExist" if !values.is_empty() => "no `values`",
        "Gt" | "Lt" if values.len() != 1 => "exactly one value, a whole number",
        _ => "",
    };
    if !wanted.is_empty() {
        let place = at.child("values");
        let message = format!("the operator {name} does not go with {} values", values.len());
        r.invalid(place.as_ref().unwrap_or(at), message, wanted);
    }
    for place in &values {
        let Some(value) = place.node.as_str() else { continue };
        if matches!(name, "Gt" | "Lt") && value.parse::<i64>().is_err() {
            let message = format!("the operator {name} compares numbers, and \"{}\" is none", shorten(value));
            r.invalid(place, message, "a whole number in quotes");
        } else if let Some(why) = label_value(value).first() {
            r.invalid(place, format!("\"{}\" is not a label's value: {why}", shorten(value)), "");
        }
    }
}

/// A requirement on the node's name, the only field that there is (`nodeSelectorRequirementsAsFieldSelector`).
fn field(r: &mut Reader<'_>, at: &Place<'_>) {
    if let Some(key) = at.child("key") {
        r.word(&key, &["metadata.name"]);
    }
    if let Some(operator) = at.child("operator") {
        r.word(&operator, &["In", "NotIn"]);
    }
    let values = r.items(at, "values").len();
    if values != 1 {
        let place = at.child("values");
        r.invalid(
            place.as_ref().unwrap_or(at),
            format!("`matchFields` has {values} values"),
            "exactly one value",
        );
    }
}

/// The same without what is null, which stands for absent.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(m) => {
            let kept = m.into_iter().filter(|(_, v)| !v.is_null());
            Value::Object(kept.map(|(k, v)| (k, without_nulls(v))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}
