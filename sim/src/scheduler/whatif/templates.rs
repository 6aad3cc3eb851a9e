//! The pods that are asked about: as they are written, or as the controller of a workload would make them.

use super::Cluster;
use super::load::{Item, Place, below_zero, items, uid_of};
use crate::controllers::deployment_parts::{HASH, template_hash};
use crate::diagnostic::{Diagnostic, SourceText, nearest};
use crate::object::{
    Affinity, Inert, LabelSelector, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
    Obj, ObjectMeta, OwnerReference, Pod, PodTemplate, ReplicaSet, ReplicaSetSpec, Str, TaintEffect,
    Toleration,
};
use crate::scheduler::plugins::{node_affinity, taint_toleration::untolerated};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many pods are asked about at most.
pub const PODS_MAX: u64 = 1_000_000;

/// What pods are made from.
#[derive(Clone, Debug)]
pub struct Template {
    /// The pod or the workload: `pod/web`, `deployment/web`; the namespace leads unless it is `default`.
    pub origin: String,
    /// How many pods it stands for.
    pub replicas: u64,
    /// The pod, without a name if there are to be several.
    pub pod: Arc<Pod>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// One, as it is.
    Pod,
    /// So many, numbered from 1.
    Numbered,
    /// Numbered from that number on, each with its claims.
    Ordinals { first: u64, claims: Vec<Value> },
    /// One for each of these nodes.
    Nodes(Vec<Str>),
}

/// A pod that was made, and the claims that come with it.
pub struct Made {
    /// The pod.
    pub pod: Arc<Pod>,
    /// Its claims.
    pub claims: Vec<Obj>,
}

impl Template {
    /// Whether it cannot stand for more pods than it does.
    pub fn finite(&self) -> bool {
        matches!(self.form, Form::Nodes(_))
    }

    /// The name of the pod, if it stands for itself.
    pub(super) fn itself(&self) -> Option<(Str, Str)> {
        let m = &self.pod.metadata;
        matches!(self.form, Form::Pod).then(|| (m.namespace.clone(), m.name.clone()))
    }

    /// Makes pods one after the other; each call of the maker makes the next. It has no end unless there is one pod a
    /// node.
    pub fn maker(&self) -> Maker<'_> {
        Maker { template: self, next: 0 }
    }
}

/// Makes the pods of a template.
pub struct Maker<'a> {
    template: &'a Template,
    next: u64,
}

impl Maker<'_> {
    /// The next pod. `taken` are the names of pods that are there; the new name is added.
    pub fn make(&mut self, taken: &mut BTreeSet<(Str, Str)>) -> Option<Made> {
        let t = self.template;
        let base = &t.pod.metadata.name;
        let ns = t.pod.metadata.namespace.clone();
        let mut pod = Pod::clone(&t.pod);
        let mut claims = Vec::new();
        let name = match &t.form {
            Form::Pod if self.next == 0 => {
                self.next = 1;
                base.clone()
            }
            Form::Pod | Form::Numbered => loop {
                self.next += 1;
                let name = Str::from(format!("{base}-{}", self.next));
                if !taken.contains(&(ns.clone(), name.clone())) {
                    break name;
                }
            },
            Form::Ordinals { first, claims: wanted } => loop {
                let name = Str::from(format!("{base}-{}", first.saturating_add(self.next)));
                self.next += 1;
                if taken.contains(&(ns.clone(), name.clone())) {
                    continue;
                }
                pod.metadata.labels.insert("statefulset.kubernetes.io/pod-name", name.clone());
                let ordinal = first.saturating_add(self.next - 1);
                pod.metadata.labels.insert("apps.kubernetes.io/pod-index", ordinal.to_string());
                claims = claim(&mut pod, &name, wanted);
                break name;
            },
            Form::Nodes(nodes) => {
                let node = nodes.get(usize::try_from(self.next).ok()?)?;
                self.next += 1;
                confine(&mut pod, node);
                let mut name = Str::from(format!("{base}-{node}"));
                while taken.contains(&(ns.clone(), name.clone())) {
                    name = Str::from(format!("{name}-2"));
                }
                name
            }
        };
        taken.insert((ns.clone(), name.clone()));
        pod.metadata.uid = uid_of(&ns, &name);
        pod.metadata.name = name;
        Some(Made { pod: Arc::new(pod), claims })
    }
}

/// Gives a pod of a stateful set its claims.
fn claim(pod: &mut Pod, name: &str, wanted: &[Value]) -> Vec<Obj> {
    let mut out = Vec::new();
    for w in wanted {
        let Some(volume) = w.get("metadata").and_then(|m| m.get("name")?.as_str()) else { continue };
        let mut o = w.clone();
        if !o.is_object() || !o["metadata"].is_object() {
            continue;
        }
        o["apiVersion"] = "v1".into();
        o["kind"] = "PersistentVolumeClaim".into();
        o["metadata"]["name"] = format!("{volume}-{name}").into();
        o["metadata"]["namespace"] = pod.metadata.namespace.as_str().into();
        let volumes = Arc::make_mut(&mut pod.spec).other.entry("volumes".into()).or_insert_with(|| json!([]));
        if let Value::Array(list) = volumes {
            list.retain(|v| v.get("name").and_then(Value::as_str) != Some(volume));
            list.push(
                json!({"name": volume, "persistentVolumeClaim": {"claimName": format!("{volume}-{name}")}}),
            );
        }
        out.extend(Obj::from_value(o).ok());
    }
    out
}

/// Confines a pod to a node, as the DaemonSet controller does (`ReplaceDaemonSetPodNodeNameNodeAffinity`).
fn confine(pod: &mut Pod, node: &Str) {
    let field = NodeSelectorRequirement {
        key: "metadata.name".into(),
        operator: "In".into(),
        values: vec![node.clone()],
    };
    let term = NodeSelectorTerm { match_fields: vec![field], ..NodeSelectorTerm::default() };
    let affinity = Arc::make_mut(&mut pod.spec).affinity.get_or_insert_with(Affinity::default);
    let affinity = affinity.node_affinity.get_or_insert_with(NodeAffinity::default);
    affinity.required = Some(NodeSelector { node_selector_terms: vec![term] });
}

/// What every pod of a daemon set tolerates (`AddOrUpdateDaemonPodTolerations`).
fn daemon_tolerations(host_network: bool) -> Vec<Toleration> {
    use TaintEffect::{NoExecute, NoSchedule};
    let all = [
        ("not-ready", NoExecute),
        ("unreachable", NoExecute),
        ("disk-pressure", NoSchedule),
        ("memory-pressure", NoSchedule),
        ("pid-pressure", NoSchedule),
        ("unschedulable", NoSchedule),
        ("network-unavailable", NoSchedule),
    ];
    let one = |(key, effect): &(&str, TaintEffect)| Toleration {
        key: Str::from(format!("node.kubernetes.io/{key}")),
        operator: "Exists".into(),
        effect: Some(*effect),
        ..Toleration::default()
    };
    all.iter().filter(|(k, _)| host_network || *k != "network-unavailable").map(one).collect()
}

/// Reads the pods that are asked about, and objects that come with them.
pub fn templates(sources: &[Arc<SourceText>], cluster: &mut Cluster) -> (Vec<Template>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let items: Vec<Item> = sources.iter().flat_map(|s| items(s, false, &mut found)).collect();
    let passed_over = std::mem::take(&mut cluster.passed_over);
    for i in &items {
        if !matches!(&i.obj, Obj::Pod(_) | Obj::Deployment(_) | Obj::ReplicaSet(_))
            && workload(&i.obj).is_none()
        {
            cluster.take(&i.obj);
        }
    }
    cluster.passed_over_pods = std::mem::replace(&mut cluster.passed_over, passed_over);
    let mut reader =
        Reader { cluster, found, out: Vec::new(), names: BTreeMap::new(), classes: BTreeSet::new(), pods: 0 };
    for i in &items {
        reader.item(i);
    }
    let Reader { found, out, .. } = reader;
    (out, found)
}

/// A workload that is no typed object.
fn workload(o: &Obj) -> Option<&Arc<Inert>> {
    let Obj::Inert(i) = o else { return None };
    matches!(i.kind.as_str(), "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController").then_some(i)
}

struct Reader<'a> {
    cluster: &'a mut Cluster,
    found: Vec<Diagnostic>,
    out: Vec<Template>,
    names: BTreeMap<(Str, Str, Str), Place>,
    /// Priority classes that nobody knows, already told of.
    classes: BTreeSet<Str>,
    pods: u64,
}

impl Reader<'_> {
    fn item(&mut self, i: &Item) {
        let is_pod = matches!(i.obj, Obj::Pod(_));
        let typed = matches!(i.obj, Obj::Deployment(_) | Obj::ReplicaSet(_));
        if !is_pod && !typed && workload(&i.obj).is_none() {
            return;
        }
        let mut meta = i.obj.meta().clone();
        if meta.namespace.is_empty() {
            meta.namespace = "default".into();
        }
        if meta.name.is_empty() {
            meta.name = Str::from(meta.generate_name.trim_end_matches('-'));
        }
        let kind = Str::from(i.obj.kind().name());
        let key = (kind.clone(), meta.namespace.clone(), meta.name.clone());
        if let Some(first) = self.names.get(&key) {
            let what = kind.to_lowercase();
            let message =
                format!("a {what} of the name {} is there twice; the first is at {first}", meta.name);
            self.found
                .push(i.error("metadata.name", "name.twice", message).help("give one of them another name"));
            return;
        }
        if is_pod && self.cluster.names.contains(&(meta.namespace.clone(), meta.name.clone())) {
            let message = format!("a pod of the name {} is in the cluster already", meta.name);
            let help = "give it another name, or take it out of the files of --cluster";
            self.found.push(i.error("metadata.name", "name.twice", message).help(help));
            return;
        }
        self.names.insert(key, i.place());
        if let Some(t) = self.template(i, &meta) {
            self.pods = self.pods.saturating_add(t.replicas);
            if self.pods > PODS_MAX {
                let path = if kind == "Job" { "spec.parallelism" } else { "spec.replicas" };
                let message = format!("that makes {} pods in all", self.pods);
                self.found
                    .push(i.error(path, "value.invalid", message).expected(format!("at most {PODS_MAX}")));
                self.pods -= t.replicas;
                return;
            }
            self.out.push(t);
        }
    }

    fn template(&mut self, i: &Item, meta: &ObjectMeta) -> Option<Template> {
        match &i.obj {
            Obj::Pod(p) => {
                let t = PodTemplate { metadata: p.metadata.clone(), spec: p.spec.clone() };
                let mut t = self.finish(i, "spec", meta, t, None, 1, Form::Pod)?;
                let pod = Arc::make_mut(&mut t.pod);
                pod.node_name = p.node_name.clone();
                pod.metadata.owner_references = p.metadata.owner_references.clone();
                pod.status.nominated_node_name = p.status.nominated_node_name.clone();
                Some(t)
            }
            Obj::Deployment(d) => {
                let (mut t, mut selector) = (d.spec.template.clone(), d.spec.selector.clone());
                let hash = template_hash(&t, d.status.collision_count);
                t.metadata.labels.insert(HASH, hash.clone());
                selector.match_labels.insert(HASH, hash.clone());
                let owner = self.replica_set(meta, format!("{}-{hash}", meta.name), selector);
                let n = self.count(i, "spec.replicas", d.spec.replicas.unwrap_or(1))?;
                self.finish(i, "spec.template.spec", meta, t, Some(owner), n, Form::Numbered)
            }
            Obj::ReplicaSet(r) => {
                let owner = self.replica_set(meta, meta.name.to_string(), r.spec.selector.clone());
                let n = self.count(i, "spec.replicas", r.spec.replicas.unwrap_or(1))?;
                self.finish(
                    i,
                    "spec.template.spec",
                    meta,
                    r.spec.template.clone(),
                    Some(owner),
                    n,
                    Form::Numbered,
                )
            }
            o => self.inert(i, meta, workload(o)?),
        }
    }

    /// Makes a replica set known; what its pods say of their owner.
    fn replica_set(&mut self, meta: &ObjectMeta, name: String, selector: LabelSelector) -> OwnerReference {
        let metadata =
            ObjectMeta { name: name.into(), namespace: meta.namespace.clone(), ..ObjectMeta::default() };
        let owner = owner(&metadata, "apps/v1", "ReplicaSet");
        let spec = ReplicaSetSpec { selector, ..ReplicaSetSpec::default() };
        let set = ReplicaSet { metadata, spec, ..ReplicaSet::default() };
        self.cluster.cache.listers.set(&Obj::ReplicaSet(Arc::new(set)));
        owner
    }

    fn count(&mut self, i: &Item, path: &str, n: i64) -> Option<u64> {
        let count = u64::try_from(n).ok();
        if count.is_none() {
            self.found.push(i.error(path, "value.invalid", format!("{n} pods")).expected("0 or more"));
        }
        count
    }

    fn inert(&mut self, i: &Item, meta: &ObjectMeta, w: &Arc<Inert>) -> Option<Template> {
        let spec = w.other.get("spec").cloned().unwrap_or_default();
        let template = spec.get("template").cloned().unwrap_or_default();
        let mut t: PodTemplate = match serde_path_to_error::deserialize(&template) {
            Ok(t) => t,
            Err(e) => {
                let path = format!("spec.template.{}", e.path());
                self.found.push(i.error(&path, "type.mismatch", e.inner().to_string()));
                return None;
            }
        };
        let int = |k: &str| spec.get(k).and_then(Value::as_i64);
        let owner = owner(meta, &w.api_version, &w.kind);
        if matches!(w.kind.as_str(), "StatefulSet" | "ReplicationController") {
            let mut known = Inert::clone(w);
            known.metadata = meta.clone();
            self.cluster.cache.listers.set(&Obj::Inert(Arc::new(known)));
        }
        let (n, form) = match w.kind.as_str() {
            "StatefulSet" => {
                let list = spec.get("volumeClaimTemplates").and_then(Value::as_array).cloned();
                let first = spec.get("ordinals").and_then(|o| o.get("start")?.as_u64()).unwrap_or(0);
                let n = self.count(i, "spec.replicas", int("replicas").unwrap_or(1))?;
                (n, Form::Ordinals { first, claims: list.unwrap_or_default() })
            }
            "Job" => {
                let suspended = spec.get("suspend") == Some(&Value::Bool(true));
                let parallel = int("parallelism").unwrap_or(1);
                let n = if suspended { 0 } else { parallel.min(int("completions").unwrap_or(i64::MAX)) };
                for key in ["batch.kubernetes.io/job-name", "job-name"] {
                    t.metadata.labels.insert(key, meta.name.clone());
                }
                (self.count(i, "spec.parallelism", n)?, Form::Numbered)
            }
            "DaemonSet" => {
                let s = Arc::make_mut(&mut t.spec);
                s.tolerations.extend(daemon_tolerations(s.host_network));
                // The controller makes pods only for nodes that they may run on (`NodeShouldRunDaemonPod`).
                let runs = |n: &&crate::scheduler::snapshot::NodeInfo| {
                    node_affinity::matches(&t.spec, n.object())
                        && untolerated(n.object(), &t.spec.tolerations).is_none()
                };
                let nodes: Vec<Str> =
                    self.cluster.cache.nodes().filter(runs).map(|n| n.name.clone()).collect();
                (nodes.len() as u64, Form::Nodes(nodes))
            }
            _ => (self.count(i, "spec.replicas", int("replicas").unwrap_or(1))?, Form::Numbered),
        };
        self.finish(i, "spec.template.spec", meta, t, Some(owner), n, form)
    }

    /// A template, after a last look at its pod.
    #[expect(clippy::too_many_arguments, reason = "the parts of one template")]
    fn finish(
        &mut self,
        i: &Item,
        at: &str,
        meta: &ObjectMeta,
        t: PodTemplate,
        owner: Option<OwnerReference>,
        replicas: u64,
        form: Form,
    ) -> Option<Template> {
        let metadata = ObjectMeta {
            name: meta.name.clone(),
            namespace: meta.namespace.clone(),
            labels: t.metadata.labels,
            annotations: t.metadata.annotations,
            owner_references: owner.into_iter().collect::<Vec<_>>().into(),
            ..ObjectMeta::default()
        };
        let mut pod = Pod { metadata, spec: t.spec, ..Pod::default() };
        let wrong = below_zero(i, &pod.spec, at).into_iter().chain(self.problems(i, at, &pod)).next();
        if let Some(d) = wrong {
            self.found.push(d);
            return None;
        }
        let class = pod.spec.priority_class_name.clone();
        let unknown = pod.spec.priority.is_none() && self.cluster.classes.of(&pod.spec).is_none();
        if unknown && self.classes.insert(class.clone()) {
            let message =
                format!("there is no priority class {class} in the files: its pods count as of priority 0");
            let mut d = i.warning(&format!("{at}.priorityClassName"), "class.unknown", message);
            let near = nearest(&class, self.cluster.classes.names()).map(|n| format!("did you mean {n}?"));
            d.help = Some(
                near.unwrap_or_else(|| "add it to --cluster: kubectl get priorityclasses -o yaml".into()),
            );
            self.found.push(d);
        }
        pod.spec = self.cluster.classes.admitted(&pod);
        let kind = i.obj.kind();
        let origin = crate::object::Key::new(kind, meta.namespace.clone(), meta.name.clone()).to_string();
        Some(Template { origin, replicas, pod: Arc::new(pod), form })
    }

    /// What the API server would refuse the pod for.
    fn problems(&self, i: &Item, at: &str, pod: &Pod) -> Vec<Diagnostic> {
        let problems = crate::apiserver::problems(&Obj::Pod(Arc::new(pod.clone())));
        let one = |p: String| {
            let (path, rest) = p.split_once(": ").unwrap_or(("", &p));
            let path = match path.strip_prefix("spec") {
                Some(rest) => format!("{at}{rest}"),
                None if at == "spec" || path == "metadata.name" => path.to_owned(),
                None => format!("spec.template.{path}"),
            };
            i.error(&path, "value.invalid", rest.to_owned())
        };
        problems.into_iter().map(one).collect()
    }
}

fn owner(meta: &ObjectMeta, api_version: &str, kind: &str) -> OwnerReference {
    let uid = uid_of(&meta.namespace, &format!("{kind}/{}", meta.name));
    OwnerReference {
        api_version: api_version.into(),
        kind: kind.into(),
        name: meta.name.clone(),
        uid,
        controller: true,
        block_owner_deletion: true,
    }
}

/// The name of a pod that is meant by `web-1`, `pod/web-1` or `shop/web-1`: namespace and name.
pub fn meant(text: &str) -> (Option<&str>, &str) {
    let text = text.strip_prefix("pod/").or_else(|| text.strip_prefix("pods/")).unwrap_or(text);
    match text.split_once('/') {
        Some((ns, name)) => (Some(ns), name.strip_prefix("pod/").unwrap_or(name)),
        None => (None, text),
    }
}

/// Whether a pod is meant.
pub fn is_meant(text: &str, pod: &Pod) -> bool {
    let (ns, name) = meant(text);
    pod.metadata.name == name && ns.is_none_or(|ns| pod.metadata.namespace == ns)
}
