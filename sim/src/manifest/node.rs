//! A parsed document in which every key and every value knows its place in the text.

use std::fmt;

use serde_json::{Map, Number, Value};

use crate::diagnostic::Span;

/// A value of a document and the bytes that it was written with.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What was written.
    pub value: NodeValue,
    /// Where. The value of an alias is the place of the alias; what is inside it keeps its own place.
    pub span: Span,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in the order of the text. No key appears twice.
    Map(Vec<Entry>),
}

/// A single value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number: an integer where it is one and fits 64 bits, else a float.
    Number(Number),
    /// Text.
    Text {
        /// The text, without quotes.
        text: String,
        /// Whether it was written without quotes.
        plain: bool,
    },
}

/// One line of a mapping: a key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key; numbers and booleans in their usual spelling.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// One step of a path into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathSeg {
    /// Into a mapping.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// A path, printed as Kubernetes prints field paths: `spec.ports[0].port`, `metadata.labels[a.b/c]`.
#[derive(Clone, Copy, Debug)]
pub struct ShowPath<'a>(pub &'a [PathSeg]);

impl fmt::Display for ShowPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, seg) in self.0.iter().enumerate() {
            match seg {
                PathSeg::Index(index) => write!(f, "[{index}]")?,
                PathSeg::Key(key) if key.contains(['.', '[', ']']) => write!(f, "[{key}]")?,
                PathSeg::Key(key) if n == 0 => f.write_str(key)?,
                PathSeg::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// Reads a path such as `spec.containers[0].image`, `metadata.labels[a.b/c]` or `data["a.b"]`.
pub fn parse_path(path: &str) -> Vec<PathSeg> {
    let mut segs = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            let text = inner[..end].trim_matches(['"', '\'']);
            segs.push(match text.parse() {
                Ok(index) if !inner.starts_with(['"', '\'']) => PathSeg::Index(index),
                _ => PathSeg::Key(text.to_owned()),
            });
            rest = inner[end..].trim_start_matches(']');
        } else {
            let start = rest.strip_prefix('.').unwrap_or(rest);
            let end = start.find(['.', '[']).unwrap_or(start.len());
            if end > 0 {
                segs.push(PathSeg::Key(start[..end].to_owned()));
            } else if start.is_empty() {
                break;
            }
            rest = &start[end..];
        }
    }
    segs
}

/// Where a field stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The key; `None` for a list's item and for the document itself.
    pub key: Option<Span>,
    /// The value.
    pub value: Span,
    /// `false` if the path leads nowhere and this is the nearest field above it that is in the text.
    pub exact: bool,
}

impl Location {
    /// The key's place, or the value's where there is no key.
    pub fn key_or_value(&self) -> Span {
        self.key.unwrap_or(self.value)
    }
}

impl Node {
    /// A node for `null`.
    pub fn null(span: Span) -> Self {
        Self { value: NodeValue::Scalar(Scalar::Null), span }
    }

    /// Whether this is `null`, `~` or empty.
    pub fn is_null(&self) -> bool {
        matches!(self.value, NodeValue::Scalar(Scalar::Null))
    }

    /// The text of a text scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Scalar(Scalar::Text { text, .. }) => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            NodeValue::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            NodeValue::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The entry of a mapping with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.iter().find(|e| e.key == key)
    }

    /// The value of a mapping's key, unless it is absent or null.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value).filter(|v| !v.is_null())
    }

    /// Where a field stands, by its path as text; see [`parse_path`]. Falls back to the nearest field above it.
    pub fn locate(&self, path: &str) -> Location {
        self.locate_segs(&parse_path(path))
    }

    /// Where a field stands. Falls back to the nearest field above it.
    ///
    /// Keys that contain dots are found however the path was split: `data.app.conf` finds the key `app.conf`.
    pub fn locate_segs(&self, path: &[PathSeg]) -> Location {
        let mut found = Location { key: None, value: self.span, exact: true };
        let mut node = self;
        let mut at = 0;
        while at < path.len() {
            let step = match (&node.value, &path[at]) {
                (NodeValue::Seq(items), PathSeg::Index(index)) => items.get(*index).map(|n| (None, n, 1)),
                (NodeValue::Map(entries), PathSeg::Index(index)) => {
                    let key = index.to_string();
                    entries.iter().find(|e| e.key == key).map(|e| (Some(e.key_span), &e.value, 1))
                }
                (NodeValue::Map(entries), PathSeg::Key(_)) => find_key(entries, &path[at..])
                    .map(|(entry, used)| (Some(entry.key_span), &entry.value, used)),
                _ => None,
            };
            let Some((key, value, used)) = step else {
                return Location { exact: false, ..found };
            };
            found = Location { key, value: value.span, exact: true };
            node = value;
            at += used;
        }
        found
    }

    /// The same document as plain JSON.
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Scalar(Scalar::Null) => Value::Null,
            NodeValue::Scalar(Scalar::Bool(b)) => Value::Bool(*b),
            NodeValue::Scalar(Scalar::Number(n)) => Value::Number(n.clone()),
            NodeValue::Scalar(Scalar::Text { text, .. }) => Value::String(text.clone()),
            NodeValue::Seq(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            NodeValue::Map(entries) => {
                let mut map = Map::new();
                for entry in entries {
                    map.insert(entry.key.clone(), entry.value.to_json());
                }
                Value::Object(map)
            }
        }
    }
}

/// The entry for the first steps of a path, and how many steps its key used up.
fn find_key<'a>(entries: &'a [Entry], path: &[PathSeg]) -> Option<(&'a Entry, usize)> {
    let mut joined = String::new();
    for (n, seg) in path.iter().enumerate() {
        let PathSeg::Key(key) = seg else { break };
        if n > 0 {
            joined.push('.');
        }
        joined.push_str(key);
        if let Some(entry) = entries.iter().find(|e| e.key == joined) {
            return Some((entry, n + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_printed() {
        let key = |k: &str| PathSeg::Key(k.to_owned());
        for (text, segs) in [
            ("spec.ports[0].port", vec![key("spec"), key("ports"), PathSeg::Index(0), key("port")]),
            ("metadata.labels[a.b/c]", vec![key("metadata"), key("labels"), key("a.b/c")]),
            ("", vec![]),
            ("[2]", vec![PathSeg::Index(2)]),
        ] {
            assert_eq!(parse_path(text), segs, "{text}");
            assert_eq!(ShowPath(&segs).to_string(), text);
        }
        assert_eq!(parse_path("data[\"7\"].x"), vec![key("data"), key("7"), key("x")]);
        for odd in ["[", "a[", "a..b", ".", "]", "a]", "[[", "a[b"] {
            parse_path(odd);
        }
    }
}
