//! Any object, field by field (`genericDescriber`, `printUnstructuredContent`).

use super::{Cluster, annotations, events, labels};
use crate::object::Obj;
use crate::print::tab::{Out, w};
use serde_json::{Map, Value};

pub(super) fn describe(out: &mut Out, obj: &Obj, cluster: Cluster<'_>) {
    let meta = obj.meta();
    w!(out, 0, "Name:\t{}", meta.name);
    w!(out, 0, "Namespace:\t{}", meta.namespace);
    labels(out, "Labels", &meta.labels);
    annotations(out, "Annotations", &meta.annotations);
    if let Value::Object(all) = obj.to_value() {
        content(out, 0, &all, "");
    }
    events(out, obj, cluster);
}

const SKIPPED: [&str; 5] = [
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

fn content(out: &mut Out, level: usize, fields: &Map<String, Value>, prefix: &str) {
    let mut all: Vec<(&String, &Value)> = fields.iter().collect();
    all.sort_by(|a, b| a.0.cmp(b.0));
    for (field, value) in all {
        let path = format!("{prefix}.{field}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        let title = smart_label(field);
        match value {
            Value::Object(m) => {
                w!(out, level, "{title}:");
                content(out, level + 1, m, &path);
            }
            Value::Array(items) => {
                w!(out, level, "{title}:");
                for item in items {
                    match item {
                        Value::Object(m) => content(out, level + 1, m, &path),
                        v => w!(out, level + 1, "{}", go_text(v)),
                    }
                }
            }
            v => w!(out, level, "{title}:\t{}", go_text(v)),
        }
    }
}

/// A value as Go's `%v` prints it.
fn go_text(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        Value::Null => "<nil>".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        v => v.to_string(),
    }
}

/// `leaseDurationSeconds` → `Lease Duration Seconds` (`smartLabelFor`).
fn smart_label(field: &str) -> String {
    if field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_owned();
    }
    let one = |part: String| {
        let upper = part.to_uppercase();
        if ["API", "URL", "UID", "OSB", "GUID"].contains(&upper.as_str()) {
            return upper;
        }
        let mut chars = part.chars();
        chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
    };
    camel_parts(field).into_iter().map(one).collect::<Vec<_>>().join(" ")
}

/// `camelcase.Split`: runs of lower case, upper case, and others; the last capital of a run begins
/// the word after it (`podIPAddress` → `pod`, `IP`, `Address`).
fn camel_parts(field: &str) -> Vec<String> {
    let class = |c: char| {
        if c.is_lowercase() {
            0
        } else if c.is_uppercase() {
            1
        } else {
            2
        }
    };
    let mut parts: Vec<(i32, String)> = Vec::new();
    for c in field.chars() {
        match parts.last_mut() {
            Some((k, part)) if *k == class(c) => part.push(c),
            _ => parts.push((class(c), c.to_string())),
        }
    }
    for i in 1..parts.len() {
        if parts[i - 1].0 == 1
            && parts[i].0 == 0
            && let Some(c) = parts[i - 1].1.pop()
        {
            parts[i].1.insert(0, c);
        }
    }
    parts.into_iter().map(|(_, p)| p).filter(|p| !p.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::smart_label;

    #[test]
    fn labels_are_words() {
        for (field, want) in [
            ("leaseDurationSeconds", "Lease Duration Seconds"),
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("clusterIP", "Cluster IP"),
            ("clusterIPs", "Cluster I Ps"),
            ("podIPAddress", "Pod IP Address"),
            ("f:x", "f:x"),
        ] {
            assert_eq!(smart_label(field), want, "{field}");
        }
    }
}
