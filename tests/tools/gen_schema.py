#!/usr/bin/env python3
"""Writes sim/src/manifest/schema.txt from the sources of the k8s-openapi crate.

    cargo add k8s-openapi@0.29.0 --features v1_35      # in a throw-away cargo project
    cargo fetch
    python3 tests/tools/gen_schema.py ~/.cargo/registry/src/*/k8s-openapi-0.29.0 v1_35 \
        > sim/src/manifest/schema.txt

k8s-openapi is itself generated from the OpenAPI document that the Kubernetes project publishes. Only facts
are taken: names of types and fields, their JSON types, which are required. OpenAPI does not carry short names
and categories, so they are listed here.
"""
import os
import re
import sys

GROUPS = ["core/v1", "apps/v1", "batch/v1", "coordination/v1", "policy/v1", "networking/v1", "autoscaling/v2",
          "autoscaling/v1", "rbac/v1", "storage/v1", "scheduling/v1", "discovery/v1", "events/v1"]

SHORT = {
    "v1": {"ComponentStatus": "cs", "ConfigMap": "cm", "Endpoints": "ep", "Event": "ev", "LimitRange": "limits",
           "Namespace": "ns", "Node": "no", "PersistentVolumeClaim": "pvc", "PersistentVolume": "pv", "Pod": "po",
           "ReplicationController": "rc", "ResourceQuota": "quota", "ServiceAccount": "sa", "Service": "svc"},
    "apps/v1": {"DaemonSet": "ds", "Deployment": "deploy", "ReplicaSet": "rs", "StatefulSet": "sts"},
    "batch/v1": {"CronJob": "cj"},
    "policy/v1": {"PodDisruptionBudget": "pdb"},
    "networking.k8s.io/v1": {"Ingress": "ing", "NetworkPolicy": "netpol", "IPAddress": "ip"},
    "autoscaling/v2": {"HorizontalPodAutoscaler": "hpa"},
    "autoscaling/v1": {"HorizontalPodAutoscaler": "hpa"},
    "storage.k8s.io/v1": {"StorageClass": "sc", "VolumeAttributesClass": "vac"},
    "scheduling.k8s.io/v1": {"PriorityClass": "pc"},
    "events.k8s.io/v1": {"Event": "ev"},
}

LEAF = {"bool": "bool", "i32": "int", "i64": "long", "f64": "number", "std::string::String": "string",
        "crate::ByteString": "bytes", "crate::serde_json::Value": "any"}
SPECIAL = {"Quantity": "quantity", "IntOrString": "intorstring", "Time": "time", "MicroTime": "time",
           "FieldsV1": "any", "RawExtension": "any", "Patch": "any"}


def main():
    root, version = sys.argv[1], sys.argv[2]
    base = os.path.join(root, "src", version)
    files = {}  # "crate::api::apps::v1::Deployment" -> text
    for top in ("api", "apimachinery"):
        for folder, _, names in sorted(os.walk(os.path.join(base, top))):
            for name in sorted(names):
                text = open(os.path.join(folder, name), encoding="utf-8").read()
                found = re.search(r"^pub (?:struct|enum) (\w+)", text, re.M)
                if name != "mod.rs" and found:
                    module = os.path.relpath(folder, base).replace(os.sep, "::")
                    files[f"crate::{module}::{found.group(1)}"] = text

    kinds, wanted = [], []
    for group in GROUPS:
        module = "crate::api::" + group.replace("/", "::")
        for full, text in files.items():
            if full.rsplit("::", 1)[0] != module or "impl crate::Resource for" not in text:
                continue
            const = dict(re.findall(r"const (\w+): &'static str = \"([^\"]*)\";", text))
            scope = re.search(r"type Scope = crate::(\w+);", text).group(1)
            if scope == "SubResourceScope" or const["KIND"] == "Binding":
                continue
            kinds.append((const["API_VERSION"], const["KIND"], full, const["URL_PATH_SEGMENT"],
                          "cluster" if scope == "ClusterResourceScope" else "namespaced",
                          SHORT.get(const["API_VERSION"], {}).get(const["KIND"], "-")))
            wanted.append(full)

    def convert(rust, seen):
        if rust in LEAF:
            return LEAF[rust]
        if rust.startswith("std::vec::Vec<"):
            return "[]" + convert(rust[len("std::vec::Vec<"):-1], seen)
        if rust.startswith("std::boxed::Box<"):
            return convert(rust[len("std::boxed::Box<"):-1], seen)
        if rust.startswith("std::collections::BTreeMap<std::string::String, "):
            return "map<" + convert(rust[len("std::collections::BTreeMap<std::string::String, "):-1], seen) + ">"
        short = rust.rsplit("::", 1)[1]
        if short in SPECIAL:
            return SPECIAL[short]
        if rust not in files:
            raise SystemExit("no such type: " + rust)
        seen.append(rust)
        return "@" + rust

    types = {}
    while wanted:
        full = wanted.pop()
        if full in types:
            continue
        text = files[full]
        body = re.search(r"^pub struct \w+ \{\n(.*?)^\}", text, re.M | re.S)
        if not body:
            raise SystemExit("not a struct: " + full)
        names = {rust: json for json, rust in re.findall(r'"([^"]+)" => Field::Key_(\w+)', text)}
        fields = []
        for rust_name, rust_type in re.findall(r"^    pub (?:r#)?(\w+): (.*),$", body.group(1), re.M):
            optional = rust_type.startswith("Option<")
            if optional:
                rust_type = rust_type[len("Option<"):-1]
            name = names.get(rust_name, None)
            if name is None:
                raise SystemExit(f"{full}: no JSON name for {rust_name}")
            mark = "" if optional or name == "metadata" else "!"
            fields.append((name, mark, convert(rust_type, wanted)))
        if "const API_VERSION" in text:
            fields += [("apiVersion", "", "string"), ("kind", "", "string")]
        types[full] = sorted(fields)

    taken = {}
    for full in types:
        taken.setdefault(full.rsplit("::", 1)[1], []).append(full)
    label = {}
    for short, fulls in taken.items():
        for full in fulls:
            parts = full.split("::")
            label[full] = short if len(fulls) == 1 else f"{parts[-3]}.{parts[-2]}.{short}"

    print(f"# Kubernetes {version.replace('_', '.')}: kinds, types and fields of the built-in API.")
    print("# Generated by tests/tools/gen_schema.py from the crate k8s-openapi; do not edit.")
    print("# kind <apiVersion> <Kind> <type> <plural> <scope> <short name or ->")
    print("# <Type> <field>[!]:<type> ...      `!` marks a required field")
    for api_version, kind, full, plural, scope, short in kinds:
        print("kind", api_version, kind, label[full], plural, scope, short)
    for full in sorted(types, key=lambda f: label[f]):
        row = [label[full]]
        for name, mark, kind in types[full]:
            row.append(f"{name}{mark}:" + re.sub(r"@([\w:]+)", lambda m: label[m.group(1)], kind))
        print(" ".join(row))


main()
