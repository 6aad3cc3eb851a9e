//! Guesses at what the author of a manifest meant.

use super::node::{Node, ShowPath};
use super::schema::{self, FieldType, TypeId, type_info};
use super::{PathSeg, key_seg};
use crate::diagnostic::nearest;

/// How many levels below a mapping a misplaced field is looked for.
const REACH: usize = 3;

/// Names that are found nearly everywhere, so that finding them elsewhere says nothing.
const COMMON: &[&str] = &["name", "kind", "apiVersion", "type", "key", "value", "namespace", "status"];

/// Fields that lead to mappings which few manifests have: not the place to send someone to.
const UNUSUAL: &[&str] =
    &["status", "managedFields", "grpc", "ephemeral", "ephemeralContainers", "initContainers"];

/// Fields of earlier versions of the API, by type, and what took their place.
const RENAMED: &[(&str, &str, &str)] = &[
    (
        "IngressBackend",
        "serviceName",
        "write `service: {name: …, port: {number: …}}`, as networking.k8s.io/v1 has it",
    ),
    (
        "IngressBackend",
        "servicePort",
        "write `service: {name: …, port: {number: …}}`, as networking.k8s.io/v1 has it",
    ),
    (
        "autoscaling.v2.HorizontalPodAutoscalerSpec",
        "targetCPUUtilizationPercentage",
        "autoscaling/v2 has `metrics` in its place: `{type: Resource, resource: {name: cpu, target: \
         {type: Utilization, averageUtilization: …}}}`",
    ),
];

/// A mapping on the way from the document to the field in question.
pub struct Level {
    /// Its type.
    pub ty: TypeId,
    /// How many steps of the path lead to it.
    pub depth: usize,
}

/// What to say about a field that its mapping's type does not have.
///
/// `levels` are the mappings around it, the innermost last, and `path` is the path of that one.
pub fn unknown_field(name: &str, value: &Node, levels: &[Level], path: &[PathSeg]) -> Option<String> {
    let here = type_info(levels.last()?.ty);
    let names = || here.fields.iter().map(|f| f.name);
    if let Some(same) = names().find(|n| n.eq_ignore_ascii_case(name)) {
        return Some(format!("did you mean `{same}`? Upper and lower case matter"));
    }
    if here.name == "LabelSelector" && value.as_str().is_some() {
        return Some(format!("put labels under `matchLabels`: `matchLabels: {{{name}: …}}`"));
    }
    if let Some((_, _, help)) = RENAMED.iter().find(|(ty, old, _)| *ty == here.name && *old == name) {
        return Some((*help).to_owned());
    }
    if let Some(longer) = longer_name(name, levels.last()?.ty) {
        return Some(format!("did you mean `{longer}`?"));
    }
    if let Some(place) = misplaced(name, levels, path) {
        return Some(place);
    }
    nearest(name, names()).map(|near| format!("did you mean `{near}`?"))
}

/// A field whose name ends in this one: `port` for `containerPort`. If there are several, the one that is required.
fn longer_name(name: &str, ty: TypeId) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let ends = |field: &str| lower.len() >= 4 && field.to_ascii_lowercase().ends_with(&lower);
    let all: Vec<_> = type_info(ty).fields.iter().filter(|f| ends(f.name)).collect();
    match all[..] {
        [only] => Some(only.name),
        _ => all.iter().find(|f| f.required).map(|f| f.name),
    }
}

/// Where else, nearby, there is a field of this name.
fn misplaced(name: &str, levels: &[Level], path: &[PathSeg]) -> Option<String> {
    if COMMON.contains(&name) {
        return None;
    }
    if let Some(below) = levels.last().and_then(|level| below(name, level.ty, REACH)) {
        return Some(format!("`{name}` belongs under `{}`", show(path, &below)));
    }
    for (n, level) in levels.iter().enumerate().rev().skip(1) {
        let base = path.get(..level.depth)?;
        if type_info(level.ty).field(name).is_some() {
            let place = ShowPath(base).to_string();
            let place = if n == 0 { "the top of the document".to_owned() } else { format!("`{place}`") };
            return Some(format!("`{name}` belongs in {place}; indent it less"));
        }
        if let Some(below) = below(name, level.ty, 1) {
            return Some(format!("`{name}` belongs under `{}`", show(base, &below)));
        }
    }
    None
}

fn show(base: &[PathSeg], below: &[String]) -> String {
    let mut text = ShowPath(base).to_string();
    for step in below {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(step);
    }
    text
}

/// The way from a type down to the nearest mapping that has a field of this name.
fn below(name: &str, ty: TypeId, reach: usize) -> Option<Vec<String>> {
    let mut rows = vec![(ty, Vec::new())];
    for _ in 0..reach {
        let mut next = Vec::new();
        for (ty, way) in &rows {
            for field in &type_info(*ty).fields {
                let (child, list) = match &field.ty {
                    FieldType::Object(child) => (*child, false),
                    FieldType::List(item) => match **item {
                        FieldType::Object(child) => (child, true),
                        _ => continue,
                    },
                    _ => continue,
                };
                if UNUSUAL.contains(&field.name) {
                    continue;
                }
                let mut way: Vec<String> = way.clone();
                way.push(format!("{}{}", field.name, if list { "[]" } else { "" }));
                if type_info(child).field(name).is_some() {
                    return Some(way);
                }
                next.push((child, way));
            }
        }
        rows = next;
    }
    None
}

/// The fields of a type for a message, or nothing if there are too many to be of use.
pub fn fields_of(ty: TypeId) -> Option<String> {
    let fields = &type_info(ty).fields;
    let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
    (names.len() <= 14).then(|| format!("one of {}", names.join(", ")))
}

/// The kinds of an `apiVersion`, for a message.
pub fn kinds_of(api_version: &str) -> String {
    let names: Vec<&str> =
        schema::kinds().iter().filter(|k| k.api_version == api_version).map(|k| k.kind).collect();
    names.join(", ")
}

/// Advice for a manifest without a kind, from its `apiVersion` (may be empty) and its fields.
pub fn guess_kind(node: &Node, api_version: &str) -> String {
    let spec_has = |key: &str| node.get("spec").and_then(|s| s.get(key)).is_some();
    let fits = |kind: &str| {
        schema::kinds()
            .iter()
            .find(|k| k.kind == kind && (api_version.is_empty() || k.api_version == api_version))
    };
    let likely = [
        ("Pod", spec_has("containers")),
        ("CronJob", spec_has("schedule") || spec_has("jobTemplate")),
        ("StatefulSet", spec_has("template") && spec_has("serviceName")),
        ("Deployment", spec_has("template") && spec_has("selector")),
        ("Job", spec_has("template")),
        ("Service", spec_has("ports")),
        ("Ingress", spec_has("rules")),
        ("ConfigMap", node.get("data").is_some()),
    ];
    let guess = likely.into_iter().filter(|(_, likely)| *likely).find_map(|(kind, _)| fits(kind));
    match guess {
        Some(kind) if api_version.is_empty() => {
            format!("add `apiVersion: {}` and `kind: {}`, if that is what it is", kind.api_version, kind.kind)
        }
        Some(kind) => format!("add `kind: {}`, if that is what it is", kind.kind),
        None if api_version.is_empty() => "add both, for example `apiVersion: v1` and `kind: Pod`".to_owned(),
        None => match kinds_of(api_version) {
            list if list.is_empty() => "add `kind: …`".to_owned(),
            list => format!("add `kind: …`; the kinds of `{api_version}` are {list}"),
        },
    }
}

/// Advice for a kind that Kubernetes once had.
pub fn removed_kind(kind: &str) -> Option<&'static str> {
    match kind {
        "PodSecurityPolicy" => {
            Some("it was removed in Kubernetes 1.25; label the namespace for Pod Security instead")
        }
        "PodPreset" => Some("it was removed in Kubernetes 1.20"),
        _ => None,
    }
}

/// The path of a key below a path.
pub fn join(path: &[PathSeg], key: &str) -> String {
    let mut path = path.to_vec();
    path.push(key_seg(key));
    ShowPath(&path).to_string()
}
