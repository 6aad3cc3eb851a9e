//! Holds a document against the schema: unknown fields, wrong types, missing fields.

use std::sync::Arc;

use super::hints::{self, Level};
use super::node::{Entry, Node, NodeValue, PathSeg, Scalar, ShowPath};
use super::schema::{Field, FieldType, Kind, TypeId, type_info};
use super::values::{describe, is_base64, is_quantity, is_time, mend_quantity, shorten};
use super::yaml::MAX_DIAGNOSTICS;
use super::{first_line, key_seg};
use crate::diagnostic::{Diagnostic, SourceText, Span};

/// Fields that the OpenAPI document calls required and the API server does without.
const NOT_REALLY_REQUIRED: &[(&str, &str)] = &[("EndpointSlice", "endpoints"), ("PriorityClass", "value")];

/// The check of one document.
pub struct Checker<'a> {
    source: &'a Arc<SourceText>,
    kind: &'static Kind,
    path: Vec<PathSeg>,
    levels: Vec<Level>,
    /// What was found so far.
    pub found: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    /// A check of a document of this kind.
    pub fn new(source: &'a Arc<SourceText>, kind: &'static Kind) -> Self {
        Self { source, kind, path: Vec::new(), levels: Vec::new(), found: Vec::new() }
    }

    /// Checks the whole document.
    pub fn object(&mut self, root: &Node) {
        self.fields(root, self.kind.ty, head(root));
        self.name(root);
    }

    /// Checks only the metadata, for a kind that has no schema here.
    pub fn metadata(&mut self, root: &Node) {
        let field = type_info(self.kind.ty).field("metadata");
        if let (Some(field), Some(entry)) = (field, root.entry("metadata")) {
            self.path.push(key_seg("metadata"));
            self.value(&entry.value, &field.ty, entry.key_span);
            self.path.pop();
        }
        self.name(root);
    }

    fn report(&mut self, found: Diagnostic) {
        if self.found.len() < MAX_DIAGNOSTICS {
            self.found.push(found);
        }
    }

    fn error(&self, code: &'static str, span: Span, message: String) -> Diagnostic {
        Diagnostic::error(code, self.source, message)
            .at(first_line(span, self.source))
            .path(ShowPath(&self.path).to_string())
    }

    fn name(&mut self, root: &Node) {
        let metadata = root.entry("metadata");
        let has = |key: &str| metadata.is_some_and(|m| m.value.get(key).is_some());
        if has("name") || has("generateName") || metadata.is_some_and(|m| !is_map_or_null(&m.value)) {
            return;
        }
        let span = metadata.map_or(head(root), |m| m.key_span);
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or("object").to_owned();
        let mut found =
            self.error("field.missing", span, format!("this {kind} has no name")).path("metadata.name");
        found.help =
            Some("add `metadata: {name: …}`, or `generateName` for a name that is made up".to_owned());
        self.report(found);
    }

    /// Checks the fields of a mapping with known keys. `key` is where to complain about what is missing.
    fn fields(&mut self, node: &Node, ty: TypeId, key: Span) {
        let info = type_info(ty);
        let NodeValue::Map(entries) = &node.value else { return };
        self.levels.push(Level { ty, depth: self.path.len() });
        let mut misspelt: Vec<&str> = Vec::new();
        for entry in entries {
            match info.field(&entry.key) {
                Some(field) => {
                    if entry.value.is_null() && !matches!(field.ty, FieldType::Any) {
                        continue;
                    }
                    self.path.push(key_seg(&entry.key));
                    self.value(&entry.value, &field.ty, entry.key_span);
                    self.path.pop();
                }
                None => {
                    misspelt.push(&entry.key);
                    self.unknown(entry, ty);
                }
            }
        }
        self.levels.pop();
        if !self.in_status() {
            self.missing(node, ty, key, &misspelt);
        }
    }

    /// Whether this is what the cluster writes: nobody has to write that in full.
    fn in_status(&self) -> bool {
        let at = |n: usize, name: &str| self.path.get(n) == Some(&key_seg(name));
        at(0, "status") || (at(0, "metadata") && at(1, "managedFields"))
    }

    fn unknown(&mut self, entry: &Entry, ty: TypeId) {
        let name = shorten(&entry.key);
        let help = hints::unknown_field(&entry.key, &entry.value, &self.levels, &self.path);
        let place = match self.path.iter().rev().find_map(|s| match s {
            PathSeg::Key(key) => Some(key),
            PathSeg::Index(_) => None,
        }) {
            Some(parent) => format!("`{parent}`"),
            None => format!("a {}", self.kind.kind),
        };
        let mut found =
            self.error("field.unknown", entry.key_span, format!("unknown field `{name}` in {place}"));
        found.path = Some(hints::join(&self.path, &entry.key));
        found.expected = if help.is_none() { hints::fields_of(ty) } else { None };
        found.help = help;
        self.report(found);
    }

    fn missing(&mut self, node: &Node, ty: TypeId, key: Span, misspelt: &[&str]) {
        let info = type_info(ty);
        for field in info.fields.iter().filter(|f| is_needed(f) && node.get(f.name).is_none()) {
            let excused = NOT_REALLY_REQUIRED.contains(&(info.name, field.name));
            if excused || misspelt.iter().any(|m| crate::diagnostic::nearest(m, [field.name]).is_some()) {
                continue;
            }
            let place = if self.path.is_empty() {
                format!("this {}", self.kind.kind)
            } else {
                format!("`{}`", ShowPath(&self.path))
            };
            let mut found =
                self.error("field.missing", key, format!("{place} lacks the field `{}`", field.name));
            found.path = Some(hints::join(&self.path, field.name));
            found.help = Some(match (info.name, field.name) {
                (_, "selector") => {
                    "add `selector: {matchLabels: {…}}` with labels of the pod template".to_owned()
                }
                ("PodSpec", "containers") => {
                    "add `containers:` with at least one `- name: …` and `image: …`".to_owned()
                }
                ("HTTPIngressPath", "pathType") => "add `pathType: Prefix`, or `Exact`".to_owned(),
                (_, name) => format!("add `{name}: {}`", sample(&field.ty)),
            });
            self.report(found);
        }
    }

    /// Checks a value that is not an optional field's null.
    fn value(&mut self, node: &Node, ty: &FieldType, key: Span) {
        match (ty, &node.value) {
            (FieldType::Any, _) => {}
            (FieldType::Object(id), NodeValue::Map(_)) => self.fields(node, *id, key),
            (FieldType::List(item), NodeValue::Seq(items)) => {
                for (n, value) in items.iter().enumerate() {
                    self.path.push(PathSeg::Index(n));
                    self.value(value, item, head(value));
                    self.path.pop();
                }
            }
            (FieldType::Map(value_ty), NodeValue::Map(entries)) => {
                for entry in entries.iter().filter(|e| !e.value.is_null()) {
                    self.path.push(key_seg(&entry.key));
                    self.value(&entry.value, value_ty, entry.key_span);
                    self.path.pop();
                }
            }
            (FieldType::Object(_) | FieldType::List(_) | FieldType::Map(_), _)
            | (_, NodeValue::Seq(_) | NodeValue::Map(_)) => {
                self.mismatch(node, ty, key);
            }
            (_, NodeValue::Scalar(scalar)) => self.scalar(node, scalar, ty, key),
        }
    }

    fn scalar(&mut self, node: &Node, scalar: &Scalar, ty: &FieldType, key: Span) {
        match (ty, scalar) {
            (FieldType::String, Scalar::Text { text, plain: true }) if is_yaml_11_bool(text) => {
                let message = format!(
                    "kubectl reads an unquoted `{text}` as a boolean, but `{}` is a string",
                    self.last()
                );
                let found = Diagnostic {
                    severity: crate::diagnostic::Severity::Warning,
                    ..self.error("yaml.bool", node.span, message)
                };
                self.report(found.help(format!("write `\"{text}\"`")));
            }
            (FieldType::String | FieldType::IntOrString, Scalar::Text { .. })
            | (FieldType::Bool, Scalar::Bool(_))
            | (FieldType::Number | FieldType::Quantity, Scalar::Number(_)) => {}
            (FieldType::Long, Scalar::Number(n)) if n.is_i64() => {}
            (FieldType::Int | FieldType::IntOrString, Scalar::Number(n))
                if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {}
            (FieldType::Int | FieldType::Long | FieldType::IntOrString, Scalar::Number(n)) => {
                let whole = n.as_f64().is_some_and(|n| n.fract() == 0.0);
                let message = if whole {
                    format!("`{n}` is too large for `{}`", self.last())
                } else {
                    format!("`{}` must be a whole number, but this is `{n}`", self.last())
                };
                let code = if whole { "value.invalid" } else { "type.mismatch" };
                let found = self.error(code, node.span, message).expected(name(ty));
                self.report(found);
            }
            (FieldType::Quantity, Scalar::Text { text, .. }) if !is_quantity(text) => {
                let mut found = self.error(
                    "value.invalid",
                    node.span,
                    format!("\"{}\" is not a quantity", shorten(text)),
                );
                found.expected = Some(name(ty).to_owned());
                found.help = mend_quantity(text).map(|right| format!("write `{right}`"));
                self.report(found);
            }
            (FieldType::Time, Scalar::Text { text, .. }) if !is_time(text) => {
                let message = format!("\"{}\" is not a time", shorten(text));
                let found = self.error("value.invalid", node.span, message).expected(name(ty));
                self.report(found);
            }
            (FieldType::Bytes, Scalar::Text { text, .. }) if !is_base64(text) => {
                let message = format!("the value of `{}` is not base64", self.last());
                let found = self.error("value.invalid", node.span, message).expected(name(ty));
                self.report(found.help(
                    "encode it (`printf %s VALUE | base64`); in a Secret, `stringData` takes plain text",
                ));
            }
            (FieldType::Quantity | FieldType::Time | FieldType::Bytes, Scalar::Text { .. }) => {}
            _ => self.mismatch(node, ty, key),
        }
    }

    /// The last step of the path, for messages.
    fn last(&self) -> String {
        let from = self.path.iter().rposition(|s| matches!(s, PathSeg::Key(_))).unwrap_or(0);
        ShowPath(&self.path[from..]).to_string()
    }

    fn mismatch(&mut self, node: &Node, ty: &FieldType, key: Span) {
        let message = format!("`{}` has the wrong type: this is {}", self.last(), describe(node));
        let span =
            if matches!(node.value, NodeValue::Scalar(_)) && !node.is_null() { node.span } else { key };
        let mut found = self.error("type.mismatch", span, message);
        found.help = self.mismatch_help(node, ty);
        let fields = match ty {
            FieldType::Object(id) => hints::fields_of(*id),
            _ => None,
        };
        found.expected = Some(match fields {
            Some(list) => format!("a mapping with {list}"),
            None => name(ty).to_owned(),
        });
        self.report(found);
    }

    fn mismatch_help(&self, node: &Node, ty: &FieldType) -> Option<String> {
        let last = self.path.last();
        let is = |name: &str| last == Some(&key_seg(name));
        let text = node.as_str().map(shorten);
        Some(match (ty, &node.value) {
            (
                FieldType::String | FieldType::Time | FieldType::Bytes,
                NodeValue::Scalar(Scalar::Number(_) | Scalar::Bool(_)),
            ) => {
                let raw = self.source.slice(node.span);
                let raw = if raw.is_empty() || raw.starts_with('*') {
                    node.to_json().to_string()
                } else {
                    shorten(raw)
                };
                format!("quote it: `\"{raw}\"`")
            }
            (
                FieldType::Int | FieldType::Long | FieldType::Number,
                NodeValue::Scalar(Scalar::Text { .. }),
            ) => {
                let text = text?;
                text.parse::<f64>().ok()?;
                format!("write `{text}`, without quotes")
            }
            (FieldType::Bool, NodeValue::Scalar(Scalar::Text { .. })) => {
                match text?.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "y" => "write `true`, without quotes".to_owned(),
                    "false" | "no" | "off" | "n" => "write `false`, without quotes".to_owned(),
                    _ => return None,
                }
            }
            (FieldType::Bool, NodeValue::Scalar(Scalar::Number(n))) => match n.as_i64()? {
                0 => "write `false`".to_owned(),
                1 => "write `true`".to_owned(),
                _ => return None,
            },
            (FieldType::List(_), NodeValue::Map(_)) if is("env") => {
                "write each variable as `- name: NAME` with `value: \"…\"` below it".to_owned()
            }
            (FieldType::List(_), NodeValue::Scalar(Scalar::Text { .. })) if is("command") || is("args") => {
                let words: Vec<String> = text?.split_whitespace().map(|w| format!("\"{w}\"")).collect();
                format!("write it as a list: `[{}]`", words.join(", "))
            }
            (FieldType::List(item), NodeValue::Map(_)) if matches!(**item, FieldType::Object(_)) => {
                "begin each item with `- `".to_owned()
            }
            (FieldType::List(_), NodeValue::Scalar(_)) => {
                "write it as a list: `- …` on a line of its own".to_owned()
            }
            (FieldType::Object(_) | FieldType::Map(_), NodeValue::Seq(_)) => {
                "write `key: value` lines, without the `- `".to_owned()
            }
            (FieldType::Map(_), NodeValue::Scalar(Scalar::Text { text, .. })) if text.contains('=') => {
                let (key, value) = text.split_once('=')?;
                format!("write `{}: {}`", shorten(key), shorten(value))
            }
            _ => return None,
        })
    }
}

/// Whether a field must be there: it is required, or it is the `spec` and something in it is.
fn is_needed(field: &Field) -> bool {
    let spec = match field.ty {
        FieldType::Object(id) if field.name == "spec" => type_info(id).fields.iter().any(|f| f.required),
        _ => false,
    };
    field.required || spec
}

/// The place to complain about a mapping as a whole: its first key.
pub fn head(node: &Node) -> Span {
    node.as_map().and_then(<[Entry]>::first).map_or(node.span, |e| e.key_span)
}

fn is_map_or_null(node: &Node) -> bool {
    node.is_null() || node.as_map().is_some()
}

/// The words that YAML 1.1 takes for booleans, `true` and `false` aside.
fn is_yaml_11_bool(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    )
}

/// A type in words.
fn name(ty: &FieldType) -> &'static str {
    match ty {
        FieldType::String => "a string",
        FieldType::Int => "an integer (32 bits)",
        FieldType::Long => "an integer",
        FieldType::Bool => "`true` or `false`",
        FieldType::Number => "a number",
        FieldType::Quantity => "a quantity, such as `500m`, `2` or `1.5Gi`",
        FieldType::IntOrString => "an integer (32 bits) or a string",
        FieldType::Time => "a time, such as `2026-01-31T12:00:00Z`",
        FieldType::Bytes => "base64 text",
        FieldType::Any => "anything",
        FieldType::List(_) => "a list",
        FieldType::Map(_) | FieldType::Object(_) => "a mapping",
    }
}

/// Something to put behind the colon in advice.
fn sample(ty: &FieldType) -> &'static str {
    match ty {
        FieldType::Int | FieldType::Long | FieldType::Number | FieldType::IntOrString => "<number>",
        FieldType::Bool => "<true or false>",
        FieldType::List(_) => "[…]",
        FieldType::Map(_) | FieldType::Object(_) => "{…}",
        _ => "…",
    }
}
