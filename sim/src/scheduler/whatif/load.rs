//! From what `kubectl get … -o yaml` writes to the scheduler's picture of the cluster.

use super::{Cluster, name_of};
use crate::diagnostic::{Diagnostic, Severity, SourceText, Span};
use crate::manifest::{ManifestDoc, parse_manifests, schema};
use crate::object::{Inert, Labels, Node, Obj, Pod, PodSpec, Str, Uid};
use crate::rng::Rng;
use crate::scheduler::facts::PodInfo;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Kinds besides pods, nodes and workloads that scheduling heeds.
const HEEDED: [&str; 13] = [
    "Namespace",
    "Service",
    "ReplicaSet",
    "StatefulSet",
    "ReplicationController",
    "PodDisruptionBudget",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StorageClass",
    "CSINode",
    "CSIDriver",
    "CSIStorageCapacity",
    "VolumeAttachment",
];

/// JSON larger than this is read without the places of its values: those take much memory.
const LARGE: usize = 16 << 20;
/// The most that the pods of a node may ask for, all amounts together, so that no sum runs over.
const SUM_MAX: i128 = 1 << 60;

/// An object with the place that it came from.
pub(super) struct Item {
    /// The object.
    pub obj: Obj,
    doc: Option<ManifestDoc>,
    source: Arc<SourceText>,
}

impl Item {
    /// An error about a field.
    pub fn error(&self, path: &str, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let message = message.into();
        match &self.doc {
            Some(doc) => doc.error(path, code, message),
            None => {
                let message = format!("{} {}: {message}", self.obj.kind(), self.obj.meta().name);
                Diagnostic::error(code, &self.source, message).path(path)
            }
        }
    }
    /// A warning about a field.
    pub fn warning(&self, path: &str, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self.error(path, code, message) }
    }
    /// Its place, to be told of later.
    pub fn place(&self) -> Place {
        Place { source: self.source.clone(), at: self.doc.as_ref().map(|d| d.node.span.start) }
    }
}

/// Where an object stands: `line 12 of pods.yaml`. Lines are counted when it is printed.
pub(super) struct Place {
    source: Arc<SourceText>,
    at: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "line {} of {}", self.source.line_col(at).0, self.source.name),
            None => f.write_str(&self.source.name),
        }
    }
}

/// Reads the objects of a text. What comes from a `running` cluster may have kinds and fields that are not known here:
/// the API server that wrote it may be newer.
pub(super) fn items(source: &Arc<SourceText>, running: bool, out: &mut Vec<Diagnostic>) -> Vec<Item> {
    let json = source.text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let (docs, found): (Vec<(Value, Option<ManifestDoc>)>, _) = if json && source.text.len() > LARGE {
        plain_json(source)
    } else {
        let (docs, found) = parse_manifests(source.clone());
        let take = |mut d: ManifestDoc| (std::mem::take(&mut d.value), Some(d));
        (docs.into_iter().map(take).collect(), found)
    };
    for mut d in found {
        if d.code == "yaml.limit" && !json {
            d.help = Some("give a large cluster as JSON: kubectl get nodes,pods -A -o json".into());
        }
        if running && d.code.starts_with("kind.") {
            continue;
        }
        if running && d.code == "field.unknown" {
            d.severity = Severity::Warning;
        }
        out.push(d);
    }
    if docs.is_empty() && !out.iter().any(Diagnostic::is_error) {
        let message = "it holds no object";
        let help = if running {
            "kubectl get nodes,pods -A -o yaml writes what is wanted here"
        } else {
            "a Pod, or a Deployment, is wanted here"
        };
        out.push(Diagnostic::error("file.empty", source, message).help(help));
    }
    let wrong = out.iter().any(Diagnostic::is_error);
    let mut all = Vec::with_capacity(docs.len());
    for (value, doc) in docs {
        match Obj::from_value(value) {
            Ok(obj) => all.push(Item { obj, doc, source: source.clone() }),
            // The manifest reader has its own words for a field of the wrong type.
            Err(_) if wrong => {}
            Err(e) => out.push(match &doc {
                Some(doc) => doc.error(&e.path, "type.mismatch", e.message),
                None => Diagnostic::error("type.mismatch", source, e.message).path(e.path),
            }),
        }
    }
    all
}

type Plain = (Vec<(Value, Option<ManifestDoc>)>, Vec<Diagnostic>);

/// Objects of a large JSON text, lists unfolded.
fn plain_json(source: &Arc<SourceText>) -> Plain {
    let text = source.text.trim_start_matches('\u{feff}');
    let mut out = Vec::new();
    for v in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match v {
            Ok(v) => unfold(v, None, 0, &mut out),
            Err(e) => {
                let line: usize =
                    text.split_inclusive('\n').take(e.line().saturating_sub(1)).map(str::len).sum();
                let at = source.text.len() - text.len() + line + e.column().saturating_sub(1);
                let what = e.to_string();
                let what = what.split(" at line ").next().unwrap_or_default().to_owned();
                let d = Diagnostic::error("json.syntax", source, what).at(Span::new(at, at + 1));
                return (out, vec![d]);
            }
        }
    }
    (out, Vec::new())
}

fn unfold(mut v: Value, of: Option<(&str, &str)>, depth: usize, out: &mut Vec<(Value, Option<ManifestDoc>)>) {
    if let (Some((version, kind)), Some(m)) = (of, v.as_object_mut()) {
        m.entry("apiVersion").or_insert(version.into());
        m.entry("kind").or_insert(kind.into());
    }
    let text = |v: &Value, k: &str| v.get(k).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text(&v, "apiVersion"), text(&v, "kind"));
    match (kind.strip_suffix("List"), v.get_mut("items").map(Value::take)) {
        (Some(item), Some(Value::Array(items))) if depth < 8 => {
            let of = (!item.is_empty()).then_some((version.as_str(), item));
            items.into_iter().for_each(|i| unfold(i, of, depth + 1, out));
        }
        _ => out.push((v, None)),
    }
}

/// What pods' priority classes mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    known: BTreeMap<Str, (i32, bool)>,
    default: (i32, bool),
}

impl Classes {
    /// Takes a PriorityClass in.
    pub fn learn(&mut self, o: &Inert) {
        let int = |k: &str| o.other.get(k).and_then(Value::as_i64);
        let value = int("value").unwrap_or(0).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        let never = o.other.get("preemptionPolicy").is_some_and(|p| p == "Never");
        if o.other.get("globalDefault") == Some(&Value::Bool(true)) {
            self.default = (value, never);
        }
        self.known.insert(o.metadata.name.clone(), (value, never));
    }
    /// Learns from a pod what its class is worth.
    fn learn_from(&mut self, spec: &PodSpec) {
        if let Some(p) = spec.priority.filter(|_| !spec.priority_class_name.is_empty()) {
            let never = spec.other.get("preemptionPolicy").is_some_and(|p| p == "Never");
            self.known.entry(spec.priority_class_name.clone()).or_insert((p, never));
        }
    }
    /// The value of a pod's class, and whether it never preempts; `None` if nobody knows the class.
    pub fn of(&self, spec: &PodSpec) -> Option<(i32, bool)> {
        match spec.priority_class_name.as_str() {
            "" => Some(self.default),
            "system-node-critical" => Some((2_000_001_000, false)),
            "system-cluster-critical" => Some((2_000_000_000, false)),
            name => self.known.get(name).copied(),
        }
    }
    /// The classes that are known.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(|k| k.as_str())
    }
    /// A spec as the API server would keep it: with defaults, and its class's priority.
    pub fn admitted(&self, pod: &Pod) -> Arc<PodSpec> {
        let (of_class, never) = self.of(&pod.spec).unwrap_or_default();
        // A pod that the server has had before says its priority itself.
        let priority = pod.spec.priority.unwrap_or(of_class);
        if never && !pod.spec.other.contains_key("preemptionPolicy") {
            let mut pod = pod.clone();
            Arc::make_mut(&mut pod.spec).other.insert("preemptionPolicy".into(), "Never".into());
            return crate::apiserver::admitted(&pod, priority);
        }
        crate::apiserver::admitted(pod, priority)
    }
}

/// An identity made from a name, for objects that have none yet.
pub(super) fn uid_of(namespace: &str, name: &str) -> Uid {
    Uid::v4(Rng::new(0, &format!("{namespace}/{name}")).next_u128())
}

/// Amounts below zero in a pod's or a template's spec; `at` is its path.
pub(super) fn below_zero(item: &Item, spec: &PodSpec, at: &str) -> Option<Diagnostic> {
    let lists = [("initContainers", &spec.init_containers), ("containers", &spec.containers)];
    let mut all = lists.iter().flat_map(|(l, cs)| cs.iter().enumerate().map(move |(i, c)| (l, i, c)));
    all.find_map(|(list, i, c)| {
        let (name, q) = c.resources.requests.iter().find(|(_, q)| q.milli() < 0)?;
        let path = format!("{at}.{list}[{i}].resources.requests[{name}]");
        Some(item.error(&path, "value.invalid", format!("a request of {q}")).expected("0 or more"))
    })
}

/// Reads the cluster: all that was found wrong comes with it. What is wrong is left out.
pub fn cluster(sources: &[Arc<SourceText>]) -> (Cluster, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut items: Vec<Item> = sources.iter().flat_map(|s| self::items(s, true, &mut found)).collect();
    let mut c = Cluster::default();
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    let mut node_names: BTreeMap<Str, Place> = BTreeMap::new();
    for i in &items {
        match &i.obj {
            Obj::Node(n) => {
                if let Some(d) = odd_node(i, n, &node_names) {
                    found.push(d);
                    continue;
                }
                node_names.insert(n.metadata.name.clone(), i.place());
                nodes.push(n.clone());
            }
            Obj::Pod(p) => c.classes.learn_from(&p.spec),
            o => c.take(o),
        }
    }
    c.cache.set_nodes(nodes);
    let mut seen = Seen::default();
    for i in &mut items {
        if let Obj::Pod(p) = &mut i.obj {
            let mut pod = std::mem::take(p);
            match pod_of_cluster(&c, i, &mut pod, &mut seen) {
                Ok(()) => c.place(pod),
                Err(d) => found.push(*d),
            }
        }
    }
    found.retain(|d| d.is_error() || d.code != "field.unknown" || seen.warn());
    if seen.unknown_fields > Seen::MOST {
        c.notes.push(format!("{} more fields are not known here", seen.unknown_fields - Seen::MOST));
    }
    (c, found)
}

fn odd_node(i: &Item, n: &Node, names: &BTreeMap<Str, Place>) -> Option<Diagnostic> {
    if let Some(first) = names.get(&n.metadata.name) {
        let message =
            format!("a node of the name {} is there twice; the first is at {first}", n.metadata.name);
        return Some(i.error("metadata.name", "name.twice", message).help("take one of them out"));
    }
    let (name, q) = n.status.allocatable.iter().find(|(_, q)| q.milli() < 0)?;
    let path = format!("status.allocatable[{name}]");
    Some(i.error(&path, "value.invalid", format!("an amount of {q}")).expected("0 or more"))
}

/// What pods have been seen so far.
#[derive(Default)]
struct Seen {
    names: BTreeMap<(Str, Str), Place>,
    uids: BTreeSet<Uid>,
    sums: BTreeMap<Str, i128>,
    unknown_fields: usize,
}

impl Seen {
    /// So many unknown fields are named.
    const MOST: usize = 3;

    fn warn(&mut self) -> bool {
        self.unknown_fields += 1;
        self.unknown_fields <= Self::MOST
    }
}

/// Sets a pod of the cluster right, or says what is wrong with it.
fn pod_of_cluster(c: &Cluster, i: &Item, pod: &mut Arc<Pod>, seen: &mut Seen) -> Result<(), Box<Diagnostic>> {
    let p = Arc::make_mut(pod);
    let by_hand = p.metadata.uid.is_zero();
    if p.metadata.namespace.is_empty() {
        p.metadata.namespace = "default".into();
    }
    let key = (p.metadata.namespace.clone(), p.metadata.name.clone());
    if let Some(first) = seen.names.get(&key) {
        let message = format!("a pod of the name {} is there twice; the first is at {first}", name_of(p));
        return Err(i.error("metadata.name", "name.twice", message).help("take one of them out").into());
    }
    if let Some(d) = below_zero(i, &p.spec, "spec") {
        return Err(d.into());
    }
    seen.names.insert(key, i.place());
    if by_hand || !seen.uids.insert(p.metadata.uid) {
        p.metadata.uid = uid_of(&p.metadata.namespace, &p.metadata.name);
        seen.uids.insert(p.metadata.uid);
    }
    if by_hand {
        p.spec = c.classes.admitted(p);
    }
    let amounts = &PodInfo::new(pod.clone()).facts.amounts;
    let r = &amounts.request;
    let scalars: i128 = r.scalar.iter().map(|(_, n)| i128::from(*n)).sum();
    let all = i128::from(r.milli_cpu) + i128::from(r.memory) + i128::from(r.ephemeral) + scalars;
    let on = if pod.node_name.is_empty() { &pod.status.nominated_node_name } else { &pod.node_name };
    let sum = seen.sums.entry(on.clone()).or_default();
    *sum += all;
    if *sum > SUM_MAX && !on.is_empty() {
        *sum -= all;
        let message = format!("the pods on {on} ask for more than can be counted");
        return Err(i
            .error("spec.containers", "value.invalid", message)
            .expected("amounts that a node can have")
            .into());
    }
    Ok(())
}

impl Cluster {
    /// Takes an object in that is neither a pod nor a node.
    pub(super) fn take(&mut self, o: &Obj) {
        let kind = o.kind();
        if let Obj::Inert(i) = o {
            match i.kind.as_str() {
                "PriorityClass" => return self.classes.learn(i),
                "PodDisruptionBudget" => self.budgets.push(i.clone()),
                _ => {}
            }
        }
        if HEEDED.contains(&kind.name()) {
            let mut o = o.clone();
            let namespaced = schema::lookup(kind.api_version(), kind.name()).is_none_or(|k| k.namespaced);
            if namespaced && o.meta().namespace.is_empty() {
                o.meta_mut().namespace = "default".into();
            }
            if kind.name() == "PersistentVolumeClaim" {
                self.claims.insert((o.meta().namespace.clone(), o.meta().name.clone()));
            }
            self.cache.listers.set(&o);
        } else {
            *self.passed_over.entry(kind.name().to_owned()).or_default() += 1;
        }
    }

    /// Counts a pod of the cluster where it belongs.
    fn place(&mut self, pod: Arc<Pod>) {
        let m = &pod.metadata;
        let started = pod.status.start_time.into_iter().chain(m.creation_timestamp);
        self.now = started.fold(self.now, |now, t| now.max(t));
        self.names.insert((m.namespace.clone(), m.name.clone()));
        if pod.terminal() {
            self.ended += 1;
        } else if !pod.node_name.is_empty() {
            if self.cache.row_of(&pod.node_name).is_none() {
                *self.strays.entry(pod.node_name.clone()).or_default() += 1;
            }
            self.cache.set_pod(pod);
        } else if !m.deleting() {
            if self.cache.row_of(&pod.status.nominated_node_name).is_some() {
                let node = pod.status.nominated_node_name.clone();
                self.cache.nominate(&PodInfo::new(pod.clone()), &node);
            }
            self.pending.push(pod);
        }
    }

    /// Takes one from what a budget allows, for each that is about an evicted pod.
    pub(super) fn spend(&mut self, pod: &Pod) {
        for b in &mut self.budgets {
            let Some(allowed) = b.other.get("status").and_then(|s| s.get("disruptionsAllowed")?.as_i64())
            else {
                continue;
            };
            let selector = b.other.get("spec").and_then(|s| s.get("selector")).cloned().unwrap_or_default();
            let selector: crate::object::LabelSelector = serde_json::from_value(selector).unwrap_or_default();
            let here = b.metadata.namespace == pod.metadata.namespace
                || b.metadata.namespace.is_empty() && pod.metadata.namespace == "default";
            if allowed < 1 || selector.is_empty() || !here || !about(&selector, &pod.metadata.labels) {
                continue;
            }
            let b = Arc::make_mut(b);
            b.metadata.namespace = pod.metadata.namespace.clone();
            if let Some(s) = b.other.get_mut("status") {
                s["disruptionsAllowed"] = (allowed - 1).into();
            }
            self.cache.listers.set(&Obj::Inert(Arc::new(b.clone())));
        }
    }
}

fn about(selector: &crate::object::LabelSelector, labels: &Labels) -> bool {
    !labels.is_empty() && selector.matches(labels)
}
