//! The manifests of a scenario: from files beside it, or written in place.

use super::model::Scenario;
use super::parse::{Loader, first_line, harden};
use super::steps::Manifests;
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::manifest::node::Node;
use crate::manifest::{ManifestDoc, parse_manifests};
use crate::object::{Kind, Obj, Other, PodSpec};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Manifests being gathered.
pub struct Loading {
    strict: bool,
    /// What was found wrong.
    pub found: Vec<Diagnostic>,
    files: BTreeMap<String, Vec<Value>>,
    idle_kinds: BTreeMap<String, Diagnostic>,
    idle_fields: BTreeSet<String>,
    idle_at: Option<Diagnostic>,
}

impl Loading {
    /// Nothing yet. Strict: kinds and fields that nothing acts on are errors.
    pub fn new(strict: bool) -> Loading {
        Loading {
            strict,
            found: Vec::new(),
            files: BTreeMap::new(),
            idle_kinds: BTreeMap::new(),
            idle_fields: BTreeSet::new(),
            idle_at: None,
        }
    }

    /// Fills in the objects of all steps.
    pub fn load(
        &mut self,
        scenario: &mut Scenario,
        node: &Node,
        source: &Arc<SourceText>,
        loader: Loader<'_>,
    ) {
        for (i, step) in scenario.spec.steps.iter_mut().enumerate() {
            for (action, m) in [("apply", &mut step.apply), ("create", &mut step.create)] {
                let Some(m) = m else { continue };
                self.manifests(m, &format!("spec.steps[{i}].{action}"), node, source, loader);
            }
        }
        let wrong = scenario.spec.lesson.iter_mut().flat_map(|l| l.wrong.iter_mut().enumerate());
        for (w, variant) in wrong {
            for (i, step) in variant.steps.iter_mut().enumerate() {
                for (action, m) in [("apply", &mut step.apply), ("create", &mut step.create)] {
                    let Some(m) = m else { continue };
                    let path = format!("spec.lesson.wrong[{w}].steps[{i}].{action}");
                    self.manifests(m, &path, node, source, loader);
                }
            }
        }
    }

    fn manifests(
        &mut self,
        m: &mut Manifests,
        path: &str,
        node: &Node,
        source: &Arc<SourceText>,
        loader: Loader<'_>,
    ) {
        let files: Vec<(String, String)> = (m.file.iter().map(|f| (f.clone(), format!("{path}.file"))))
            .chain(m.files.iter().enumerate().map(|(i, f)| (f.clone(), format!("{path}.files[{i}]"))))
            .collect();
        for (file, at) in files {
            if let Some(objects) = self.files.get(&file) {
                m.objects.extend(objects.iter().cloned());
                continue;
            }
            let text = match loader(&file) {
                Ok(text) => text,
                Err(why) => {
                    let span = first_line(node.locate(&at).value, source);
                    let message = format!("the file `{file}` cannot be read: {why}");
                    let d = Diagnostic::error("file.missing", source, message).at(span).path(at);
                    self.found.push(d.help("file names are relative to the scenario's file"));
                    continue;
                }
            };
            let (docs, found) = parse_manifests(text);
            self.found.extend(found);
            let objects = self.take(docs);
            m.objects.extend(objects.iter().cloned());
            self.files.insert(file, objects);
        }
        let place = node.get_path(&format!("{path}.manifests"));
        let spans: Vec<Span> = match (&m.manifests, place) {
            (Value::Null, _) | (_, None) => Vec::new(),
            (Value::String(_), Some(n)) => vec![after_header(n.span, source)],
            (_, Some(n)) => n.as_seq().unwrap_or(std::slice::from_ref(n)).iter().map(|n| n.span).collect(),
        };
        for span in spans {
            let (docs, mut found) = parse_manifests(alone(source, span));
            for d in &mut found {
                d.source = Arc::clone(source);
            }
            self.found.extend(found);
            m.objects.extend(self.take(docs));
        }
    }

    /// The objects of documents, looked over for what nothing acts on.
    pub fn take(&mut self, docs: Vec<ManifestDoc>) -> Vec<Value> {
        for doc in &docs {
            match Obj::from_value(doc.value.clone()) {
                Ok(obj) => self.look(&obj, doc),
                Err(e) => {
                    // The manifest reader has its own words for a field of the wrong type.
                    if !self.found.iter().any(Diagnostic::is_error) {
                        self.found.push(doc.error(&e.path, "type.mismatch", e.message));
                    }
                }
            }
        }
        docs.into_iter().map(|d| d.value).collect()
    }

    fn look(&mut self, obj: &Obj, doc: &ManifestDoc) {
        if let Kind::Other(_) = obj.kind() {
            if HEEDED_KINDS.contains(&(obj.kind().api_version(), obj.kind().name())) {
                return;
            }
            let name = obj.kind().name().to_owned();
            self.idle_kinds.entry(name.clone()).or_insert_with(|| {
                let message = format!("nothing acts on a {name} here: it is stored and shown, and no more");
                let d = doc.error("kind", "kind.idle", message);
                Diagnostic { severity: crate::diagnostic::Severity::Warning, ..d }
            });
            return;
        }
        let fields = idle_fields(obj);
        if fields.is_empty() {
            return;
        }
        self.idle_at.get_or_insert_with(|| Diagnostic::warning("field.idle", &doc.source, ""));
        self.idle_fields.extend(fields.into_iter().map(|f| format!("{} {f}", obj.kind())));
    }

    /// What was found, with one warning for each idle kind and one for all idle fields.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut idle: Vec<Diagnostic> = self.idle_kinds.into_values().collect();
        if let Some(mut d) = self.idle_at.filter(|_| !self.found.iter().any(Diagnostic::is_error)) {
            let names: Vec<&str> = self.idle_fields.iter().map(String::as_str).collect();
            d.message = format!("fields that nothing acts on are kept as they are: {}", names.join(", "));
            idle.push(d);
        }
        if self.strict {
            harden(&mut idle);
        }
        let mut found = self.found;
        found.extend(idle);
        found
    }
}

/// The text with all but a part of it blanked out, so that the part is a document and keeps its places.
fn alone(source: &Arc<SourceText>, span: Span) -> Arc<SourceText> {
    let keep = |at: usize| at >= span.start && at < span.end;
    let text: String = source
        .text
        .char_indices()
        .map(|(at, c)| match c {
            _ if keep(at) => c.to_string(),
            '\n' | '\r' => c.to_string(),
            // As many bytes as before, so that offsets stay what they are.
            c => " ".repeat(c.len_utf8()),
        })
        .collect();
    SourceText::new(source.name.clone(), text)
}

/// A block text without the line that begins it with `|`.
fn after_header(span: Span, source: &SourceText) -> Span {
    let text = source.slice(span);
    match text.starts_with(['|', '>']).then(|| text.find('\n')).flatten() {
        Some(at) => Span::new(span.start + at + 1, span.end),
        None => span,
    }
}

/// Kinds without a controller here that the API server or the scheduler heeds all the same.
const HEEDED_KINDS: [(&str, &str); 9] = [
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("policy/v1", "PodDisruptionBudget"),
    ("v1", "PersistentVolume"),
    ("v1", "PersistentVolumeClaim"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("storage.k8s.io/v1", "CSINode"),
    ("storage.k8s.io/v1", "CSIDriver"),
    ("storage.k8s.io/v1", "CSIStorageCapacity"),
    ("storage.k8s.io/v1", "VolumeAttachment"),
];

/// Fields of a pod that the scheduler reads where they stand.
const HEEDED_FIELDS: [&str; 4] =
    ["preemptionPolicy", "resources", "schedulingGates", "topologySpreadConstraints"];

fn add(out: &mut Vec<String>, path: &str, other: &Other) {
    out.extend(other.keys().map(|k| format!("{path}{k}")));
}

fn pod_fields(out: &mut Vec<String>, path: &str, spec: &PodSpec) {
    let heeded = |k: &&String| HEEDED_FIELDS.contains(&k.as_str());
    out.extend(spec.other.keys().filter(|k| !heeded(k)).map(|k| format!("{path}{k}")));
    for c in spec.init_containers.iter().chain(&spec.containers) {
        add(out, &format!("{path}containers[].",), &c.other);
    }
}

/// The fields of an object that nothing acts on.
fn idle_fields(obj: &Obj) -> Vec<String> {
    let mut out = Vec::new();
    match obj {
        Obj::Pod(p) => pod_fields(&mut out, "spec.", &p.spec),
        Obj::Deployment(d) => {
            add(&mut out, "spec.", &d.spec.other);
            pod_fields(&mut out, "spec.template.spec.", &d.spec.template.spec);
        }
        Obj::ReplicaSet(r) => {
            add(&mut out, "spec.", &r.spec.other);
            pod_fields(&mut out, "spec.template.spec.", &r.spec.template.spec);
        }
        Obj::Node(n) => add(&mut out, "spec.", &n.spec.other),
        Obj::Namespace(_)
        | Obj::ConfigMap(_)
        | Obj::Secret(_)
        | Obj::ServiceAccount(_)
        | Obj::Lease(_)
        | Obj::Event(_)
        | Obj::Inert(_) => {}
    }
    out
}

/// A node by its path.
trait GetPath {
    fn get_path(&self, path: &str) -> Option<&Node>;
}

impl GetPath for Node {
    fn get_path(&self, path: &str) -> Option<&Node> {
        use crate::manifest::node::{PathSeg, parse_path};
        parse_path(path).iter().try_fold(self, |n, seg| match seg {
            PathSeg::Key(k) => n.get(k),
            PathSeg::Index(i) => n.as_seq()?.get(*i),
        })
    }
}
