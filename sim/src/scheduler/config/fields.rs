//! Typed values out of a document that knows its places, with a finding for each that is not what it must be.

use super::Registered;
use crate::api_util::time::parse_duration;
use crate::diagnostic::{Diagnostic, SourceText, Span, nearest};
use crate::manifest::node::{Entry, Node, NodeValue, PathSeg, Scalar, ShowPath};
use crate::manifest::schema::{FieldType, type_info};
use crate::manifest::yaml::{MAX_DEPTH, MAX_DIAGNOSTICS};
use crate::object::Str;
use crate::time;
use std::sync::Arc;

/// A value, where it stands and what it is called.
#[derive(Clone)]
pub(super) struct Place<'n> {
    pub node: &'n Node,
    /// The key in front of it.
    key: Option<Span>,
    path: Vec<PathSeg>,
}

impl<'n> Place<'n> {
    /// A whole document.
    pub fn root(node: &'n Node) -> Place<'n> {
        Place::under(node, Vec::new())
    }

    /// A configuration that stands at a path of another document.
    pub fn under(node: &'n Node, path: Vec<PathSeg>) -> Place<'n> {
        Place { node, key: None, path }
    }

    /// The value of a mapping's key, unless it is absent or null: upstream takes the two for the same.
    pub fn child(&self, key: &str) -> Option<Place<'n>> {
        let entry = self.node.entry(key).filter(|e| !e.value.is_null())?;
        let mut path = self.path.clone();
        path.push(PathSeg::Key(key.to_owned()));
        Some(Place { node: &entry.value, key: Some(entry.key_span), path })
    }

    /// The name of the field, with the place in its list: `profiles[0]`.
    fn name(&self) -> String {
        let from = self.path.iter().rposition(|s| matches!(s, PathSeg::Key(_))).unwrap_or(0);
        match ShowPath(&self.path[from..]).to_string() {
            name if name.is_empty() => "the configuration".to_owned(),
            name => format!("`{name}`"),
        }
    }

    /// What to underline: a single value, else the key, else the value's first line.
    fn span(&self, source: &SourceText) -> Span {
        let scalar = matches!(self.node.value, NodeValue::Scalar(_)) && !self.node.is_null();
        let head = self.node.as_map().and_then(|m| m.first()).map(|e| e.key_span);
        let span = if scalar { self.node.span } else { self.key.or(head).unwrap_or(self.node.span) };
        let text = source.slice(span);
        let end = text.find(['\n', '\r']).unwrap_or(text.len());
        Span::new(span.start, span.start + end.max(1))
    }
}

/// Reads a document and collects what is wrong with it.
pub(super) struct Reader<'a> {
    pub source: &'a Arc<SourceText>,
    /// The plugins that exist.
    pub registry: &'a [Registered],
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub fn new(source: &'a Arc<SourceText>, registry: &'a [Registered]) -> Reader<'a> {
        Reader { source, registry, errors: Vec::new(), warnings: Vec::new() }
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.errors.len()
    }

    /// The value, if there is no error; and the findings in the order of the text.
    pub fn finish<T>(self, value: T) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
        let failed = !self.errors.is_empty();
        let mut found = self.errors;
        found.extend(self.warnings);
        found.sort_by_key(|d| (d.span.map_or(0, |s| s.start), !d.is_error()));
        if failed { Err(found) } else { Ok((value, found)) }
    }

    /// Keeps a finding, unless there are many already.
    pub fn report(&mut self, found: Diagnostic) {
        let list = if found.is_error() { &mut self.errors } else { &mut self.warnings };
        if list.len() < MAX_DIAGNOSTICS {
            list.push(found);
        }
    }

    /// An error at a place, to be reported.
    pub fn error(&self, at: &Place<'_>, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let found = Diagnostic::error(code, self.source, message);
        found.at(at.span(self.source)).path(ShowPath(&at.path).to_string())
    }

    /// Reports that a value may not be what it is.
    pub fn invalid(&mut self, at: &Place<'_>, message: impl Into<String>, expected: &str) {
        let found = self.error(at, "value.invalid", message);
        self.report(if expected.is_empty() { found } else { found.expected(expected) });
    }

    /// Reports something that has no effect.
    pub fn warn(&mut self, at: &Place<'_>, message: impl Into<String>) {
        let found = Diagnostic::warning("config.useless", self.source, message);
        self.report(found.at(at.span(self.source)).path(ShowPath(&at.path).to_string()));
    }

    fn mismatch(&mut self, at: &Place<'_>, expected: &str) {
        let message = format!("{} has the wrong type: this is {}", at.name(), describe(at.node));
        let found = self.error(at, "type.mismatch", message).expected(expected);
        let text = at.node.as_str();
        let help = match (expected, &at.node.value) {
            ("a string", NodeValue::Scalar(Scalar::Number(_) | Scalar::Bool(_))) => {
                Some(format!("quote it: `\"{}\"`", shorten(self.source.slice(at.node.span))))
            }
            ("`true` or `false`", _) => match text.map(str::to_ascii_lowercase).as_deref() {
                Some("true" | "yes" | "on" | "y") => Some("write `true`, without quotes".to_owned()),
                Some("false" | "no" | "off" | "n") => Some("write `false`, without quotes".to_owned()),
                _ => None,
            },
            ("a list", NodeValue::Map(_)) => Some("begin each item with `- `".to_owned()),
            ("a mapping", NodeValue::Seq(_)) => Some("write `key: value` lines, without the `- `".to_owned()),
            _ => text
                .filter(|t| t.parse::<f64>().is_ok() && expected.contains("number"))
                .map(|t| format!("write `{t}`, without quotes")),
        };
        self.report(match help {
            Some(help) => found.help(help),
            None => found,
        });
    }

    /// Whether it is a mapping. Keys that are not among `known` are reported; `hint` may say more about one.
    pub fn map_or(&mut self, at: &Place<'_>, known: &[&str], hint: fn(&str) -> Option<&'static str>) -> bool {
        let Some(entries) = at.node.as_map() else {
            self.mismatch(at, "a mapping");
            return false;
        };
        for e in entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
            let mut path = at.path.clone();
            path.push(PathSeg::Key(e.key.clone()));
            let message = format!("unknown field `{}` in {}", shorten(&e.key), at.name());
            let found = Diagnostic::error("field.unknown", self.source, message)
                .at(e.key_span)
                .path(ShowPath(&path).to_string());
            self.report(if let Some(hint) = hint(&e.key) {
                found.help(hint)
            } else if let Some(near) = nearest(&e.key, known.iter().copied()) {
                found.help(format!("did you mean `{near}`?"))
            } else if known.is_empty() {
                found.expected("no fields")
            } else {
                found.expected(format!("one of {}", list(known)))
            });
        }
        true
    }

    /// As [`Reader::map_or`], without hints.
    pub fn map(&mut self, at: &Place<'_>, known: &[&str]) -> bool {
        self.map_or(at, known, |_| None)
    }

    /// The value of a key that has to be there. If it is only misspelt, [`Reader::map`] says so.
    pub fn needed<'n>(&mut self, at: &Place<'n>, key: &str) -> Option<Place<'n>> {
        let found = at.child(key);
        let misspelt = |m: &[Entry]| m.iter().any(|e| e.key != key && nearest(&e.key, [key]).is_some());
        if found.is_none() && at.node.as_map().is_some_and(|m| !misspelt(m)) {
            let message = format!("{} lacks the field `{key}`", at.name());
            let found = self.error(at, "field.missing", message).help(format!("add `{key}: …`"));
            self.report(found);
        }
        found
    }

    /// The items of a list that a key has; none if the key is absent.
    pub fn items<'n>(&mut self, at: &Place<'n>, key: &str) -> Vec<Place<'n>> {
        let Some(list) = at.child(key) else { return Vec::new() };
        let Some(nodes) = list.node.as_seq() else {
            self.mismatch(&list, "a list");
            return Vec::new();
        };
        let item = |(n, node)| {
            let mut path = list.path.clone();
            path.push(PathSeg::Index(n));
            Place { node, key: None, path }
        };
        nodes.iter().enumerate().map(item).collect()
    }

    /// A text.
    pub fn text(&mut self, at: &Place<'_>) -> Option<Str> {
        let text = at.node.as_str().map(Str::from);
        if text.is_none() {
            self.mismatch(at, "a string");
        }
        text
    }

    /// The text of a key that has to be there and may not be empty.
    pub fn needed_text(&mut self, at: &Place<'_>, key: &str) -> Option<Str> {
        let place = self.needed(at, key)?;
        let text = self.text(&place)?;
        if text.is_empty() {
            self.invalid(&place, format!("`{key}` is empty"), "a name");
            return None;
        }
        Some(text)
    }

    /// One of some words, by its place in the list.
    pub fn word(&mut self, at: &Place<'_>, words: &[&str]) -> Option<usize> {
        let text = self.text(at)?;
        let found = words.iter().position(|w| text == *w);
        if found.is_none() {
            let message = format!("{} cannot be `{}`", at.name(), shorten(&text));
            let found = self.error(at, "value.invalid", message).expected(format!("one of {}", list(words)));
            self.report(match nearest(&text, words.iter().copied()) {
                Some(near) => found.help(format!("did you mean `{near}`?")),
                None => found,
            });
        }
        found
    }

    /// A key's truth value; `None` if it is absent or wrong.
    pub fn boolean(&mut self, at: &Place<'_>, key: &str) -> Option<bool> {
        let place = at.child(key)?;
        if let NodeValue::Scalar(Scalar::Bool(b)) = place.node.value {
            return Some(b);
        }
        self.mismatch(&place, "`true` or `false`");
        None
    }

    /// A key's whole number within bounds; `None` if it is absent or wrong.
    pub fn int(&mut self, at: &Place<'_>, key: &str, min: i64, max: i64) -> Option<i64> {
        let place = at.child(key)?;
        let expected = match (min, max) {
            (i64::MIN, _) => "a whole number".to_owned(),
            (_, i64::MAX) | (_, MAX_I32) => format!("a whole number, at least {min}"),
            _ => format!("a whole number from {min} to {max}"),
        };
        let NodeValue::Scalar(Scalar::Number(n)) = &place.node.value else {
            self.mismatch(&place, &expected);
            return None;
        };
        let message = match n.as_i64() {
            Some(n) if n >= min && n <= max => return Some(n),
            Some(n) if n < min => format!("`{key}` must be at least {min}, but this is `{n}`"),
            Some(n) => format!("`{key}` must be at most {max}, but this is `{n}`"),
            None if n.is_u64() => format!("`{n}` is too large for `{key}`"),
            None => format!("`{key}` must be a whole number, but this is `{n}`"),
        };
        self.invalid(&place, message, &expected);
        None
    }

    /// As [`Reader::int`] for 32 bits.
    pub fn int32(&mut self, at: &Place<'_>, key: &str, min: i32, max: i32) -> Option<i32> {
        self.int(at, key, min.into(), max.into()).and_then(|n| i32::try_from(n).ok())
    }

    /// Checks that a key, if it is there, has a number.
    pub fn number(&mut self, at: &Place<'_>, key: &str) {
        if let Some(place) = at.child(key)
            && !matches!(place.node.value, NodeValue::Scalar(Scalar::Number(_)))
        {
            self.mismatch(&place, "a number");
        }
    }

    /// Checks that a key, if it is there, has a text.
    pub fn optional_text(&mut self, at: &Place<'_>, key: &str) -> Option<Str> {
        at.child(key).and_then(|place| self.text(&place))
    }

    /// A key's duration, such as `15s`.
    pub fn duration(&mut self, at: &Place<'_>, key: &str) -> Option<time::Span> {
        let place = at.child(key)?;
        let Some(text) = place.node.as_str() else {
            self.mismatch(&place, "a duration in quotes or with a unit, such as `15s`");
            return None;
        };
        match parse_duration(text) {
            Ok(ns) => Some(time::Span(ns)),
            Err(_) => {
                let message = format!("`{key}`: \"{}\" is not a duration of zero or more", shorten(text));
                self.invalid(&place, message, "a duration, such as `15s` or `1m30s`");
                None
            }
        }
    }

    /// Holds a value against the API's schema: fields and types. Whether nothing was found.
    pub fn schema(&mut self, at: &Place<'_>, ty: &FieldType) -> bool {
        let before = self.errors.len();
        self.schema_value(at, ty, 0);
        self.errors.len() == before
    }

    fn schema_value(&mut self, at: &Place<'_>, ty: &FieldType, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match ty {
            FieldType::Object(id) => {
                let fields = &type_info(*id).fields;
                let known: Vec<&str> = fields.iter().map(|f| f.name).collect();
                if !self.map(at, &known) {
                    return;
                }
                for f in fields {
                    match at.child(f.name) {
                        Some(place) => self.schema_value(&place, &f.ty, depth + 1),
                        None if f.required => {
                            self.needed(at, f.name);
                        }
                        None => {}
                    }
                }
            }
            FieldType::List(inner) => match at.node.as_seq() {
                None => self.mismatch(at, "a list"),
                Some(nodes) => {
                    for (n, node) in nodes.iter().enumerate() {
                        let mut path = at.path.clone();
                        path.push(PathSeg::Index(n));
                        self.schema_value(&Place { node, key: None, path }, inner, depth + 1);
                    }
                }
            },
            FieldType::Map(_) if at.node.as_map().is_none() => self.mismatch(at, "a mapping"),
            FieldType::String if at.node.as_str().is_none() => self.mismatch(at, "a string"),
            FieldType::Bool if !matches!(at.node.value, NodeValue::Scalar(Scalar::Bool(_))) => {
                self.mismatch(at, "`true` or `false`");
            }
            FieldType::Int | FieldType::Long if !is_int(at.node, ty) => {
                self.mismatch(at, "a whole number of the usual size");
            }
            _ => {}
        }
    }
}

/// The largest number of 32 bits.
pub(super) const MAX_I32: i64 = i32::MAX as i64;

fn is_int(node: &Node, ty: &FieldType) -> bool {
    let NodeValue::Scalar(Scalar::Number(n)) = &node.value else { return false };
    n.as_i64().is_some_and(|n| matches!(ty, FieldType::Long) || i32::try_from(n).is_ok())
}

/// Names for a message.
pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// What a value is, with its article.
fn describe(node: &Node) -> String {
    match &node.value {
        NodeValue::Scalar(Scalar::Null) => "empty".to_owned(),
        NodeValue::Scalar(Scalar::Bool(b)) => format!("the boolean `{b}`"),
        NodeValue::Scalar(Scalar::Number(n)) => format!("the number `{n}`"),
        NodeValue::Scalar(Scalar::Text { text, .. }) => format!("the string \"{}\"", shorten(text)),
        NodeValue::Seq(_) => "a list".to_owned(),
        NodeValue::Map(_) => "a mapping".to_owned(),
    }
}

/// At most sixty characters of one line.
pub(super) fn shorten(text: &str) -> String {
    let short: String = text.chars().take(60).take_while(|c| !c.is_control()).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
