//! Operations of a workload file.

use super::model::{Amount, CreatePods, Given, Length, Op, OpSpec, Prepare, TemplateParams, Text};
use super::read::{MAX_COUNT, Reader};
use crate::diagnostic::nearest;
use crate::manifest::node::Node;
use crate::time::Span;

const CREATE_PODS: &[&str] = &[
    "opcode",
    "count",
    "countParam",
    "countMultiplierParam",
    "steadyState",
    "steadyStateParam",
    "duration",
    "durationParam",
    "collectMetrics",
    "namespace",
    "podTemplatePath",
    "skipWaitToCompletion",
    "persistentVolumeTemplatePath",
    "persistentVolumeClaimTemplatePath",
    "templateParams",
    "signatureBatchSize",
    "signatureBatchSizeParam",
];

/// The operations that podium runs, with their fields besides `opcode`.
const OPERATIONS: &[(&str, &[&str])] = &[
    (
        "createNodes",
        &[
            "opcode",
            "count",
            "countParam",
            "nodeTemplatePath",
            "nodeAllocatableStrategy",
            "labelNodePrepareStrategy",
            "uniqueNodeLabelStrategy",
            "trivialNodePrepareStrategy",
            "templateParams",
        ],
    ),
    ("createNamespaces", &["opcode", "prefix", "count", "countParam", "namespaceTemplatePath"]),
    ("createPods", CREATE_PODS),
    ("createPodSets", &["opcode", "count", "countParam", "namespacePrefix", "createPodsOp"]),
    ("deletePods", &["opcode", "namespace", "labelSelector", "skipWaitToCompletion", "deletePodsPerSecond"]),
    ("churn", &["opcode", "mode", "number", "intervalMilliseconds", "namespace", "templatePaths"]),
    ("barrier", &["opcode", "namespaces", "labelSelector", "stageRequirement"]),
    ("sleep", &["opcode", "duration", "durationParam"]),
    ("startCollectingMetrics", &["opcode", "name", "namespaces", "labelSelector"]),
    ("stopCollectingMetrics", &["opcode"]),
    ("createAny", &["opcode", "namespace", "templatePath", "count", "countParam", "templateParams"]),
    (
        "updateAny",
        &[
            "opcode",
            "namespace",
            "templatePath",
            "count",
            "countParam",
            "updatePerSecond",
            "subresources",
            "templateParams",
        ],
    ),
];

const DRA: &str = "dynamic resource allocation is not modelled";
const GANG: &str = "groups of pods that are scheduled together are not modelled";

/// Operations of upstream that need what podium does not model.
const UNMODELLED: &[(&str, &str)] = &[
    ("allocResourceClaims", DRA),
    ("createResourceClaims", DRA),
    ("createResourceDriver", DRA),
    ("createResourceSlices", DRA),
    ("waitForPodGroups", GANG),
    ("createPodGroups", GANG),
];

/// Reads one operation.
pub(super) fn operation(r: &mut Reader<'_>, node: &Node, path: &str) -> Option<OpSpec> {
    if node.as_map().is_none() {
        r.wrong(node, path, "an operation: a mapping with `opcode`", None);
        return None;
    }
    let code = r.needed(node, path, "opcode", "createPods")?;
    let spec = |op| Some(OpSpec { op, span: node.span, path: path.to_owned() });
    if let Some((_, why)) = UNMODELLED.iter().find(|(c, _)| *c == code.text) {
        return spec(Op::Unmodelled(code.text, why));
    }
    let Some((_, fields)) = OPERATIONS.iter().find(|(c, _)| *c == code.text) else {
        let names: Vec<&str> = OPERATIONS.iter().map(|(c, _)| *c).collect();
        let found =
            r.error(code.span, &format!("{path}.opcode"), format!("there is no operation `{}`", code.text));
        found.expected = Some(format!("one of {}", names.join(", ")));
        found.help = nearest(&code.text, names).map(|n| format!("did you mean `{n}`?"));
        return None;
    };
    r.map(node, path, fields)?;
    let op = match code.text.as_str() {
        "createNodes" => Op::CreateNodes {
            count: count(r, node, path),
            template: r.text(node, path, "nodeTemplatePath"),
            prepare: prepare(r, node, path),
            params: template_params(r, node, path),
        },
        "createNamespaces" => Op::CreateNamespaces {
            prefix: r.needed(node, path, "prefix", "sched")?.text,
            count: count(r, node, path),
            template: r.text(node, path, "namespaceTemplatePath"),
        },
        "createPods" => Op::CreatePods(Box::new(create_pods(r, node, path))),
        "createPodSets" => {
            let inner = format!("{path}.createPodsOp");
            let Some(pods) = node.get("createPodsOp") else {
                let found = r.error(node.span, path, "`createPodsOp` is missing");
                found.help = Some("add `createPodsOp:` with the fields of `createPods`".into());
                return None;
            };
            r.map(pods, &inner, CREATE_PODS)?;
            Op::CreatePodSets {
                count: count(r, node, path),
                prefix: r.needed(node, path, "namespacePrefix", "init-ns")?.text,
                pods: Box::new(create_pods(r, pods, &inner)),
            }
        }
        "deletePods" => Op::DeletePods {
            namespace: r.needed(node, path, "namespace", "namespace-1")?.text,
            labels: r.pairs(node, path, "labelSelector"),
            per_second: r.number(node, path, "deletePodsPerSecond").unwrap_or(0),
            skip_wait: r.bool(node, path, "skipWaitToCompletion"),
        },
        "churn" => churn(r, node, path)?,
        "barrier" => Op::Barrier {
            namespaces: r.words(node, path, "namespaces"),
            labels: r.pairs(node, path, "labelSelector"),
            attempted: choice(r, node, path, "stageRequirement", &["Scheduled", "Attempted"])
                == Some("Attempted"),
        },
        "sleep" => {
            if node.get("duration").is_none() && node.get("durationParam").is_none() {
                r.error(node.span, path, "`duration` is missing").help = Some("add `duration: 10s`".into());
            }
            Op::Sleep(length(r, node, path))
        }
        "startCollectingMetrics" => {
            let namespaces = r.words(node, path, "namespaces");
            if namespaces.is_empty() {
                let found = r.error(node.span, path, "`namespaces` is missing or empty");
                found.help =
                    Some("name the namespaces whose pods are to be measured: `namespaces: [a]`".into());
            }
            let name = r.text(node, path, "name").map_or(String::new(), |t| t.text);
            Op::StartCollecting { name, namespaces, labels: r.pairs(node, path, "labelSelector") }
        }
        "stopCollectingMetrics" => Op::StopCollecting,
        "createAny" => Op::CreateAny {
            namespace: r.text(node, path, "namespace").map_or(String::new(), |t| t.text),
            template: r.needed(node, path, "templatePath", "templates/service.yaml")?,
            count: count_or_one(r, node, path),
            params: template_params(r, node, path),
        },
        _ => {
            r.words(node, path, "subresources");
            Op::UpdateAny {
                namespace: r.text(node, path, "namespace").map_or(String::new(), |t| t.text),
                template: r.needed(node, path, "templatePath", "templates/pod-update.yaml")?,
                count: count_or_one(r, node, path),
                per_second: r.number(node, path, "updatePerSecond").unwrap_or(0),
                params: template_params(r, node, path),
            }
        }
    };
    spec(op)
}

/// `count` or `countParam`, one of which has to be there: without, nothing would be created.
fn count(r: &mut Reader<'_>, node: &Node, path: &str) -> Amount {
    if node.get("count").is_none() && node.get("countParam").is_none() {
        let found = r.error(node.span, path, "`count` is missing");
        found.help =
            Some("add `count: 100`, or `countParam: $name` with a parameter of the workloads".into());
    }
    Amount {
        fixed: r.number(node, path, "count"),
        param: r.param(node, path, "countParam"),
        times: r.param(node, path, "countMultiplierParam"),
    }
}

fn count_or_one(r: &mut Reader<'_>, node: &Node, path: &str) -> Amount {
    let fixed = r.number(node, path, "count").or(node.get("count").is_none().then_some(1));
    Amount { fixed, param: r.param(node, path, "countParam"), times: None }
}

fn create_pods(r: &mut Reader<'_>, node: &Node, path: &str) -> CreatePods {
    let batch = node.get("signatureBatchSize").or(node.get("signatureBatchSizeParam")).is_some();
    let batch = batch.then(|| Amount {
        fixed: r.number(node, path, "signatureBatchSize"),
        param: r.param(node, path, "signatureBatchSizeParam"),
        times: None,
    });
    let out = CreatePods {
        count: count(r, node, path),
        namespace: r.text(node, path, "namespace").map(|t| t.text),
        template: r.text(node, path, "podTemplatePath"),
        collect: r.bool(node, path, "collectMetrics"),
        skip_wait: r.bool(node, path, "skipWaitToCompletion"),
        volume: r.text(node, path, "persistentVolumeTemplatePath"),
        claim: r.text(node, path, "persistentVolumeClaimTemplatePath"),
        steady: r.bool(node, path, "steadyState"),
        steady_param: r.param(node, path, "steadyStateParam"),
        duration: length(r, node, path),
        params: template_params(r, node, path),
        batch,
    };
    if out.skip_wait && (out.collect || out.steady) {
        let what = if out.collect { "collectMetrics" } else { "steadyState" };
        let at = node.entry("skipWaitToCompletion").map_or(node.span, |e| e.key_span);
        let found = r.error(at, path, format!("`skipWaitToCompletion` and `{what}` exclude each other"));
        found.help = Some("remove one of the two".into());
    }
    if out.volume.is_some() != out.claim.is_some() {
        let (has, lacks) = match out.volume {
            Some(_) => ("persistentVolumeTemplatePath", "persistentVolumeClaimTemplatePath"),
            None => ("persistentVolumeClaimTemplatePath", "persistentVolumeTemplatePath"),
        };
        let at = node.entry(has).map_or(node.span, |e| e.key_span);
        r.error(at, path, format!("`{has}` needs `{lacks}` too")).help = Some(format!("add `{lacks}: …`"));
    }
    out
}

fn churn(r: &mut Reader<'_>, node: &Node, path: &str) -> Option<Op> {
    r.needed(node, path, "mode", "create")?;
    let mode = choice(r, node, path, "mode", &["create", "recreate"])?;
    let number = r.number(node, path, "number").unwrap_or(0);
    let interval = r.number(node, path, "intervalMilliseconds").unwrap_or(500);
    if mode == "recreate" && number == 0 {
        let found = r.error(node.span, path, "`number` is missing: so many objects live at a time");
        found.help = Some("add `number: 1`".into());
    }
    if let (0, Some(v)) = (interval, node.get("intervalMilliseconds")) {
        r.wrong(v, &format!("{path}.intervalMilliseconds"), &format!("1 to {MAX_COUNT} milliseconds"), None);
    }
    let templates = r.list(node, path, "templatePaths");
    if templates.is_empty() {
        let found = r.error(node.span, path, "`templatePaths` is missing or empty");
        found.help = Some("name the templates of what comes and goes: `templatePaths: [pod.yaml]`".into());
    }
    let namespace = r.text(node, path, "namespace").map(|t| t.text);
    Some(Op::Churn {
        recreate: mode == "recreate",
        number,
        interval: Span::ms(interval.max(1)),
        namespace,
        templates,
    })
}

fn choice(
    r: &mut Reader<'_>,
    node: &Node,
    path: &str,
    key: &str,
    among: &[&'static str],
) -> Option<&'static str> {
    let t = r.text(node, path, key)?;
    let found = among.iter().find(|a| **a == t.text).copied();
    if found.is_none() {
        let near = nearest(&t.text, among.iter().copied());
        let d = r.error(t.span, &format!("{path}.{key}"), format!("`{}` is no {key}", t.text));
        d.expected = Some(format!("one of {}", among.join(", ")));
        d.help = near.map(|n| format!("did you mean `{n}`?"));
    }
    found
}

fn length(r: &mut Reader<'_>, node: &Node, path: &str) -> Length {
    let fixed = r.text(node, path, "duration").and_then(|t| {
        let d = duration(&t.text);
        if d.is_none() {
            let found =
                r.error(t.span, &format!("{path}.duration"), format!("`{}` is no length of time", t.text));
            found.expected = Some("numbers with units, such as `10s`, `1m30s` or `250ms`".into());
        }
        d
    });
    Length { fixed, param: r.param(node, path, "durationParam") }
}

/// A length of time as Go writes it: `10s`, `1m30s`, `250ms`, `1.5h`. At most 24 hours.
pub(super) fn duration(text: &str) -> Option<Span> {
    const UNITS: &[(&str, f64)] =
        &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
    if text == "0" {
        return Some(Span::ZERO);
    }
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += number * UNITS.iter().find(|(u, _)| *u == &rest[..unit])?.1;
        rest = &rest[unit..];
    }
    (!text.is_empty() && total <= 24.0 * 3.6e12).then_some(Span(total as u64))
}

fn template_params(r: &mut Reader<'_>, node: &Node, path: &str) -> TemplateParams {
    let Some(v) = node.get("templateParams") else { return Vec::new() };
    let path = format!("{path}.templateParams");
    let Some(entries) = v.as_map() else {
        r.wrong(v, &path, "a mapping from names to values", None);
        return Vec::new();
    };
    let mut out = Vec::new();
    for e in entries {
        let given = match e.value.as_str().and_then(|t| t.strip_prefix('$')) {
            Some(name) => Some(Given::Param(Text { text: name.to_owned(), span: e.value.span })),
            None => r.value(&e.value, &format!("{path}.{}", e.key)).map(Given::Value),
        };
        out.extend(given.map(|g| (e.key.clone(), g)));
    }
    out
}

fn prepare(r: &mut Reader<'_>, node: &Node, path: &str) -> Prepare {
    let mut out = Prepare::default();
    if let Some(v) = node.get("labelNodePrepareStrategy") {
        let path = format!("{path}.labelNodePrepareStrategy");
        if r.map(v, &path, &["labelKey", "labelValues", "roundRobin"]).is_some() {
            let key = r.needed(v, &path, "labelKey", "topology.kubernetes.io/zone");
            let values = r.words(v, &path, "labelValues");
            if values.is_empty() {
                let found = r.error(v.span, &path, "`labelValues` is missing or empty");
                found.help = Some("add `labelValues: [zone-1]`".into());
            }
            out.label = key.map(|k| (k.text, values)).filter(|(_, v)| !v.is_empty());
        }
    }
    if let Some(v) = node.get("uniqueNodeLabelStrategy") {
        let path = format!("{path}.uniqueNodeLabelStrategy");
        if r.map(v, &path, &["labelKey"]).is_some() {
            out.unique_label = r.needed(v, &path, "labelKey", "kubernetes.io/hostname").map(|t| t.text);
        }
    }
    if let Some(v) = node.get("nodeAllocatableStrategy") {
        let path = format!("{path}.nodeAllocatableStrategy");
        if r.map(v, &path, &["nodeAllocatable", "csiNodeAllocatable", "migratedPlugins"]).is_some() {
            out.allocatable = r.pairs(v, &path, "nodeAllocatable");
            out.migrated = r.words(v, &path, "migratedPlugins");
            let csi = v.get("csiNodeAllocatable").and_then(Node::as_map).unwrap_or_default();
            for e in csi {
                let path = format!("{path}.csiNodeAllocatable[{}]", e.key);
                if r.map(&e.value, &path, &["count"]).is_some() {
                    let n = r.number(&e.value, &path, "count");
                    out.csi.extend(n.map(|n| (e.key.clone(), n)));
                }
            }
        }
    }
    out
}
