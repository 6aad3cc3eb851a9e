//! The volumes of a pod or a template (`describeVolumes`): those that a cluster without a cloud has.

use crate::object::PodSpec;
use crate::print::tab::{Out, w};
use serde_json::Value;

fn text(v: &Value, field: &str) -> String {
    match v.get(field) {
        Some(Value::String(s)) => s.clone(),
        Some(Value::Null) | None => String::new(),
        Some(v) => v.to_string(),
    }
}

fn or(v: &Value, field: &str, default: &str) -> String {
    let t = text(v, field);
    if t.is_empty() { default.to_owned() } else { t }
}

/// The volumes of a spec, indented by `space`.
pub(super) fn describe(out: &mut Out, spec: &PodSpec, space: &str) {
    let volumes = spec.other.get("volumes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if volumes.is_empty() {
        w!(out, 0, "{space}Volumes:\t<none>");
        return;
    }
    w!(out, 0, "{space}Volumes:");
    let name_indent = if space.is_empty() { "" } else { " " };
    for v in volumes {
        w!(out, 1, "{name_indent}{}:", text(v, "name"));
        source(out, v);
    }
}

fn source(out: &mut Out, v: &Value) {
    let mut fields = |kind: &str, fields: &[(&str, String)]| {
        w!(out, 2, "Type:\t{kind}");
        for (name, value) in fields {
            w!(out, 2, "{name}:\t{value}");
        }
    };
    if let Some(s) = v.get("hostPath") {
        fields(
            "HostPath (bare host directory volume)",
            &[
                ("Path", text(s, "path")),
                ("HostPathType", s.get("type").map_or("<none>".to_owned(), |_| text(s, "type"))),
            ],
        );
    } else if let Some(s) = v.get("emptyDir") {
        fields(
            "EmptyDir (a temporary directory that shares a pod's lifetime)",
            &[("Medium", text(s, "medium")), ("SizeLimit", or(s, "sizeLimit", "<unset>"))],
        );
    } else if let Some(s) = v.get("secret") {
        fields(
            "Secret (a volume populated by a Secret)",
            &[("SecretName", text(s, "secretName")), ("Optional", or(s, "optional", "false"))],
        );
    } else if let Some(s) = v.get("configMap") {
        fields(
            "ConfigMap (a volume populated by a ConfigMap)",
            &[("Name", text(s, "name")), ("Optional", or(s, "optional", "false"))],
        );
    } else if let Some(s) = v.get("persistentVolumeClaim") {
        fields(
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            &[("ClaimName", text(s, "claimName")), ("ReadOnly", or(s, "readOnly", "false"))],
        );
    } else if let Some(s) = v.get("projected") {
        let mut all = Vec::new();
        for p in s.get("sources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
            if let Some(s) = p.get("secret") {
                all.push(("SecretName", text(s, "name")));
                all.push(("Optional", or(s, "optional", "false")));
            } else if p.get("downwardAPI").is_some() {
                all.push(("DownwardAPI", "true".to_owned()));
            } else if let Some(s) = p.get("configMap") {
                all.push(("ConfigMapName", text(s, "name")));
                all.push(("Optional", or(s, "optional", "false")));
            } else if let Some(s) = p.get("serviceAccountToken") {
                all.push(("TokenExpirationSeconds", or(s, "expirationSeconds", "3600")));
            }
        }
        fields("Projected (a volume that contains injected data from multiple sources)", &all);
    } else {
        w!(out, 1, "<unknown>");
    }
}
