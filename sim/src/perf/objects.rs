//! Objects from templates.

use super::model::Text;
use super::template::{Env, Template};
use crate::api_util::Quantity;
use crate::apiserver::default_pod_spec;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::manifest::node::{Node as Tree, NodeValue};
use crate::manifest::parse_manifests;
use crate::manifest::schema::{FieldType, group_of, lookup, type_info};
use crate::manifest::yaml::parse_documents;
use crate::object::{Node, Obj, Pod, Str};
use crate::scheduler::profile::Profile;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Gives the text of a file, named relative to the workload file's folder; the error says why it cannot.
pub type Loader<'a> = &'a dyn Fn(&str) -> Result<Arc<SourceText>, String>;

/// The node of operations that name no template.
const NODE: &str = "apiVersion: v1\nkind: Node\nmetadata: {generateName: sample-node-}\n\
    status:\n  capacity: {pods: \"110\", cpu: \"4\", memory: 32Gi}\n  \
    conditions:\n  - {type: Ready, status: \"True\"}\n";
/// The pod of operations that name no template, in a test case that names none.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: pod-}\nspec:\n  containers:\n  \
    - name: pause\n    image: registry.k8s.io/pause:3.10\n    \
    resources: {requests: {cpu: 100m, memory: 500Mi}, limits: {cpu: 100m, memory: 500Mi}}\n";
/// The namespace of operations that name no template.
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\n";

/// The templates that a workload uses, each read once.
pub struct Library<'a> {
    loader: Loader<'a>,
    known: BTreeMap<String, Arc<Maker>>,
}

impl<'a> Library<'a> {
    /// An empty library.
    pub fn new(loader: Loader<'a>) -> Library<'a> {
        Library { loader, known: BTreeMap::new() }
    }

    /// A template by its path, as `suite` names it.
    ///
    /// # Errors
    /// When the file is not there or uses what podium does not know.
    pub fn get(&mut self, path: &Text, suite: &Arc<SourceText>) -> Result<Arc<Maker>, Box<Diagnostic>> {
        if let Some(m) = self.known.get(&path.text) {
            return Ok(m.clone());
        }
        let text = (self.loader)(&path.text).map_err(|why| {
            let message = format!("cannot read the template {}: {why}", path.text);
            let found = Diagnostic::error("perf.file", suite, message).at(path.span);
            Box::new(found.help("paths are relative to the folder of this file"))
        })?;
        let maker = Arc::new(Maker::new(&text)?);
        self.known.insert(path.text.clone(), maker.clone());
        Ok(maker)
    }

    /// The profile that a scheduler configuration begins with; the default profile if `path` is none.
    ///
    /// # Errors
    /// When the file is not there or is no configuration.
    pub fn profile(
        &mut self,
        path: Option<&Text>,
        suite: &Arc<SourceText>,
    ) -> Result<Arc<Profile>, Vec<Diagnostic>> {
        let Some(path) = path else { return Ok(Profile::standard()) };
        let wrong = |message: String| vec![Diagnostic::error("perf.file", suite, message).at(path.span)];
        let text = (self.loader)(&path.text)
            .map_err(|why| wrong(format!("cannot read the scheduler configuration {}: {why}", path.text)))?;
        Profile::read(&text)
    }

    /// The template of a kind for operations that name none.
    pub fn built_in(kind: &str) -> Arc<Maker> {
        let text = match kind {
            "Node" => NODE,
            "Pod" => POD,
            _ => NAMESPACE,
        };
        let source = SourceText::new("<built-in>", text);
        Arc::new(Maker::new(&source).expect("the built-in templates are templates"))
    }
}

/// A template that objects can be made of.
pub struct Maker {
    template: Template,
    /// The object, if it is always the same.
    plain: Option<Obj>,
}

impl Maker {
    /// Reads a template.
    ///
    /// # Errors
    /// When it uses what podium does not know, or is no object of Kubernetes.
    pub fn new(source: &Arc<SourceText>) -> Result<Maker, Box<Diagnostic>> {
        let template = Template::parse(source)?;
        let plain = if template.is_plain() { Some(object(source)?) } else { None };
        Ok(Maker { template, plain })
    }

    /// Makes an object.
    ///
    /// # Errors
    /// When a value is missing, or what comes out is no object of Kubernetes.
    pub fn make(&self, env: &Env) -> Result<Obj, Box<Diagnostic>> {
        if let Some(o) = &self.plain {
            return Ok(o.clone());
        }
        let text = self.template.render(env)?;
        object(&SourceText::new(self.template.source().name.clone(), text))
    }

    /// The text that it was read from.
    pub fn source(&self) -> &Arc<SourceText> {
        self.template.source()
    }
}

/// Why objects of a kind are not modelled, if they are not.
pub fn unmodelled(obj: &Obj) -> Option<String> {
    let kind = obj.kind();
    match group_of(kind.api_version()) {
        "resource.k8s.io" => Some(format!("{}: dynamic resource allocation is not modelled", kind.name())),
        "scheduling.k8s.io" if kind.name() != "PriorityClass" => {
            Some(format!("{}: groups of pods that are scheduled together are not modelled", kind.name()))
        }
        _ => None,
    }
}

/// The one object of a text, with the API server's defaults.
fn object(source: &Arc<SourceText>) -> Result<Obj, Box<Diagnostic>> {
    let (_, found) = parse_manifests(source.clone());
    // Upstream reads templates with Go's JSON, to which upper and lower case are the same.
    let cased = |d: &Diagnostic| {
        d.code == "field.unknown"
            && d.help.as_ref().is_some_and(|h| h.ends_with("Upper and lower case matter"))
    };
    // The operations give names to what has none.
    let unnamed = |d: &Diagnostic| d.code == "field.missing" && d.path.as_deref() == Some("metadata.name");
    if let Some(error) = found.into_iter().find(|d| d.is_error() && !cased(d) && !unnamed(d)) {
        return Err(Box::new(error));
    }
    let (mut documents, _) = parse_documents(source);
    let mut tree = match documents.len() {
        1 => documents.remove(0),
        n => {
            let message = format!("a template holds one object, and this holds {n}");
            return Err(Box::new(Diagnostic::error("perf.template", source, message)));
        }
    };
    let text = |t: &Tree, k: &str| t.get(k).and_then(Tree::as_str).unwrap_or("").to_owned();
    if let Some(kind) = lookup(&text(&tree, "apiVersion"), &text(&tree, "kind")) {
        fold(&mut tree, &FieldType::Object(kind.ty));
    }
    let mut obj = Obj::from_value(tree.to_json()).map_err(|e| {
        let place = tree.locate(&e.path);
        Box::new(Diagnostic::error("perf.template", source, e.message).at(place.key_or_value()).path(e.path))
    })?;
    match &mut obj {
        Obj::Pod(p) => default_pod_spec(Arc::make_mut(&mut Arc::make_mut(p).spec)),
        Obj::Node(n) => default_node(Arc::make_mut(n)),
        _ => {}
    }
    Ok(obj)
}

/// What a node offers is what it has, unless it says otherwise (`SetDefaults_NodeStatus`).
fn default_node(node: &mut Node) {
    if node.status.allocatable.is_empty() {
        node.status.allocatable = node.status.capacity.clone();
    }
}

/// Gives keys that differ from a field's name only in upper and lower case that name.
fn fold(node: &mut Tree, ty: &FieldType) {
    match (&mut node.value, ty) {
        (NodeValue::Seq(items), FieldType::List(item)) => items.iter_mut().for_each(|n| fold(n, item)),
        (NodeValue::Map(entries), FieldType::Map(value)) => {
            entries.iter_mut().for_each(|e| fold(&mut e.value, value));
        }
        (NodeValue::Map(entries), FieldType::Object(id)) => {
            for e in entries {
                let fields = &type_info(*id).fields;
                let same = |f: &&crate::manifest::schema::Field| f.name == e.key;
                let alike = |f: &&crate::manifest::schema::Field| f.name.eq_ignore_ascii_case(&e.key);
                if let Some(f) = fields.iter().find(same).or_else(|| fields.iter().find(alike)) {
                    f.name.clone_into(&mut e.key);
                    fold(&mut e.value, &f.ty);
                }
            }
        }
        _ => {}
    }
}

/// Adds to what a node has and offers. A text that is no amount is said to be none.
pub fn add_allocatable(node: &mut Node, name: &str, amount: &str) -> Result<(), String> {
    let q: Quantity = amount.parse().map_err(|_| format!("`{amount}` is no amount of `{name}`"))?;
    node.status.allocatable.insert(Str::from(name), q);
    node.status.capacity.insert(Str::from(name), q);
    Ok(())
}

/// Gives a pod a volume that a claim provides.
pub fn use_claim(pod: &mut Pod, claim: &str) {
    let volume = serde_json::json!({"name": "vol", "persistentVolumeClaim": {"claimName": claim}});
    let spec = Arc::make_mut(&mut pod.spec);
    match spec.other.get_mut("volumes").and_then(serde_json::Value::as_array_mut) {
        Some(list) => list.push(volume),
        None => drop(spec.other.insert("volumes".into(), serde_json::json!([volume]))),
    }
}
