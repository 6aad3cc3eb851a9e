//! Manifests: YAML or JSON text to Kubernetes objects, with every mistake found and explained.
//!
//! [`parse_manifests`] reads a text, splits it into objects and holds them against the API's [`schema`]. What needs
//! more than the schema (is this a valid name? does the selector match?) is the API server's to say; for its
//! findings, [`ManifestDoc::locate`] gives the place in the text.

mod check;
mod hints;
mod json;
pub mod node;
mod scalar;
pub mod schema;
mod syntax;
mod values;
pub mod yaml;

use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, SourceText, Span, nearest};
use node::{Entry, Location, Node, NodeValue, PathSeg, Scalar, ShowPath, parse_path};
use schema::Kind;
use values::describe;
use yaml::MAX_DIAGNOSTICS;

/// One object of a manifest.
#[derive(Clone, Debug)]
pub struct ManifestDoc {
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its `kind`.
    pub kind: String,
    /// Its `metadata.name`; `None` if it has only a `generateName`, or none at all.
    pub name: Option<String>,
    /// Its `metadata.namespace`, if it says one.
    pub namespace: Option<String>,
    /// The object as JSON.
    pub value: Value,
    /// The object with the places of its keys and values.
    pub node: Node,
    /// The text that it came from.
    pub source: Arc<SourceText>,
}

impl ManifestDoc {
    /// Where a field stands in the text, or the nearest field above it: `spec.ports[0].port`.
    pub fn locate(&self, path: &str) -> Location {
        self.node.locate(path)
    }

    /// An error about a field's value, to be narrowed down further.
    pub fn error(&self, path: &str, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let found = self.locate(path);
        let span = if found.exact { found.value } else { found.key_or_value() };
        Diagnostic::error(code, &self.source, message)
            .at(first_line(span, &self.source))
            .path(ShowPath(&parse_path(path)).to_string())
    }

    /// The built-in kind that this is, if it is one.
    pub fn built_in(&self) -> Option<&'static Kind> {
        schema::lookup(&self.api_version, &self.kind)
    }
}

/// Reads all objects of a YAML or JSON text and checks their fields.
///
/// An object with an `apiVersion` and a `kind` is returned even if errors were found in it; whoever needs flawless
/// ones looks whether any finding [is an error](Diagnostic::is_error). `List`s are replaced by their items. At most
/// fifty findings are returned, in the order of the text.
pub fn parse_manifests(source: Arc<SourceText>) -> (Vec<ManifestDoc>, Vec<Diagnostic>) {
    let (documents, found) = yaml::parse_documents(&source);
    let mut reader = Reader { source: &source, docs: Vec::new(), found };
    for document in documents {
        reader.document(document, None, 0);
    }
    let Reader { docs, mut found, .. } = reader;
    found.sort_by_key(|d| d.span.map_or(0, |span| span.start));
    found.truncate(MAX_DIAGNOSTICS);
    (docs, found)
}

struct Reader<'a> {
    source: &'a Arc<SourceText>,
    docs: Vec<ManifestDoc>,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn report(&mut self, code: &'static str, span: Span, message: String, help: Option<String>) {
        let mut found = Diagnostic::error(code, self.source, message).at(first_line(span, self.source));
        found.help = help;
        self.found.push(found);
    }

    /// `inherited` is the apiVersion and kind of a typed list's items, which may leave them out.
    fn document(&mut self, mut node: Node, inherited: Option<(&str, &str)>, depth: usize) {
        if depth > yaml::MAX_DEPTH {
            return;
        }
        let NodeValue::Map(entries) = &mut node.value else {
            let message = format!("a manifest is a mapping, but this is {}", describe(&node));
            let help = "begin it with `apiVersion: …` and `kind: …`".to_owned();
            self.report("type.mismatch", node.span, message, Some(help));
            return;
        };
        if let Some((api_version, kind)) = inherited {
            for (key, text) in [("kind", kind), ("apiVersion", api_version)] {
                if !entries.iter().any(|e| e.key == key) {
                    let text = text.to_owned();
                    let value = Node {
                        value: NodeValue::Scalar(Scalar::Text { text, plain: false }),
                        span: Span::new(node.span.start, node.span.start),
                    };
                    entries.insert(0, Entry { key: key.to_owned(), key_span: value.span, value });
                }
            }
        }
        let api_version = self.text_field(&node, "apiVersion");
        let kind = self.text_field(&node, "kind");
        match (api_version, kind) {
            (Some(api_version), Some(kind)) => self.object(node, api_version, kind, depth),
            (None, Some(kind)) if node.get("apiVersion").is_none() => {
                let known = schema::kinds().iter().find(|k| k.kind.eq_ignore_ascii_case(&kind));
                let help = match known {
                    Some(known) => format!("add `apiVersion: {}`", known.api_version),
                    None if kind == "List" => "add `apiVersion: v1`".to_owned(),
                    None => {
                        "add `apiVersion: <group>/<version>`, as the kind's documentation has it".to_owned()
                    }
                };
                let message = format!("this {kind} has no apiVersion");
                self.report("field.missing", check::head(&node), message, Some(help));
            }
            (Some(api_version), None) if node.get("kind").is_none() => {
                let help = hints::guess_kind(&node, &api_version);
                self.report(
                    "field.missing",
                    check::head(&node),
                    "this manifest has no kind".to_owned(),
                    Some(help),
                );
            }
            (None, None) if node.get("kind").is_none() && node.get("apiVersion").is_none() => {
                let help = hints::guess_kind(&node, "");
                let message = "this manifest has neither apiVersion nor kind".to_owned();
                self.report("field.missing", check::head(&node), message, Some(help));
            }
            _ => {}
        }
    }

    /// The text of `apiVersion` or `kind`; a value that is something else is reported.
    fn text_field(&mut self, node: &Node, key: &str) -> Option<String> {
        let value = node.get(key)?;
        if let Some(text) = value.as_str() {
            return Some(text.to_owned());
        }
        let message = format!("`{key}` has the wrong type: this is {}", describe(value));
        let help = (key == "apiVersion").then(|| "write it as `v1` or `apps/v1`".to_owned());
        self.report("type.mismatch", value.span, message, help);
        None
    }

    fn object(&mut self, node: Node, api_version: String, kind: String, depth: usize) {
        let known = schema::lookup(&api_version, &kind);
        let item_kind = kind.strip_suffix("List").filter(|_| known.is_none());
        if let Some(item_kind) = item_kind
            && let Some(items) = node.entry("items")
            && (item_kind.is_empty() || node.entry("spec").is_none())
        {
            let inherited = (!item_kind.is_empty()).then_some((api_version.as_str(), item_kind));
            let span = items.value.span;
            let NodeValue::Map(entries) = node.value else { return };
            let items = entries.into_iter().find(|e| e.key == "items").map(|e| e.value);
            match items.map(|n| (describe(&n), n.value)) {
                Some((_, NodeValue::Seq(items))) => {
                    for item in items {
                        self.document(item, inherited, depth + 1);
                    }
                }
                Some((_, NodeValue::Scalar(Scalar::Null))) | None => {}
                Some((what, _)) => {
                    let message = format!("`items` has the wrong type: this is {what}");
                    self.report("type.mismatch", span, message, Some("write it as a list".to_owned()));
                }
            }
            return;
        }
        match known {
            Some(known) => {
                let mut checker = check::Checker::new(self.source, known);
                checker.object(&node);
                self.found.append(&mut checker.found);
            }
            None if is_custom(&api_version) => self.metadata(&node),
            None => self.unknown_kind(&node, &api_version, &kind),
        }
        let name = |key: &str| node.get("metadata")?.get(key)?.as_str().map(str::to_owned);
        self.docs.push(ManifestDoc {
            api_version,
            kind,
            name: name("name"),
            namespace: name("namespace"),
            value: node.to_json(),
            node,
            source: Arc::clone(self.source),
        });
    }

    /// The part of a custom resource whose schema is known: its metadata.
    fn metadata(&mut self, node: &Node) {
        let Some(pod) = schema::lookup("v1", "Pod") else { return };
        let mut checker = check::Checker::new(self.source, pod);
        checker.metadata(node);
        self.found.append(&mut checker.found);
    }

    fn unknown_kind(&mut self, node: &Node, api_version: &str, kind: &str) {
        let span = |key: &str| node.get(key).map_or(node.span, |n| n.span);
        if let Some(right) = schema::kinds().iter().find(|k| k.kind == kind) {
            let message = format!("there is no {kind} in `{api_version}`");
            let help = format!("write `apiVersion: {}`", right.api_version);
            self.report("kind.version", span("apiVersion"), message, Some(help));
            return;
        }
        let message = format!("there is no kind `{kind}` in `{api_version}`");
        let help = hints::removed_kind(kind).map(str::to_owned).or_else(|| {
            let by_word = schema::find_by_word(kind).map(|k| k.kind);
            let near = by_word.or_else(|| nearest(kind, schema::kinds().iter().map(|k| k.kind)))?;
            let right = schema::kinds().iter().find(|k| k.kind == near)?;
            Some(if right.api_version == api_version {
                format!("did you mean `{near}`?")
            } else {
                format!("did you mean `kind: {near}` with `apiVersion: {}`?", right.api_version)
            })
        });
        let help = help.or_else(|| {
            let list = hints::kinds_of(api_version);
            (!list.is_empty()).then(|| format!("the kinds of `{api_version}` are {list}"))
        });
        self.report("kind.unknown", span("kind"), message, help);
    }
}

/// Whether an `apiVersion` may belong to a custom resource: its group has a dot and is not one of the built-in ones.
fn is_custom(api_version: &str) -> bool {
    let group = schema::group_of(api_version);
    group.contains('.') && !schema::kinds().iter().any(|k| k.group() == group)
}

/// A span cut off at the end of its first line.
fn first_line(span: Span, source: &SourceText) -> Span {
    let text = source.slice(span);
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    Span::new(span.start, span.start + end.max(1))
}

/// One step of a path that is a key.
fn key_seg(key: &str) -> PathSeg {
    PathSeg::Key(key.to_owned())
}
