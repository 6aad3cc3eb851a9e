//! YAML and JSON text to a tree of [`Node`]s.
//!
//! The scalars follow what `kubectl` makes of them: YAML 1.2's core schema, with the octal `0644`, the `0b` and
//! the `_` of YAML 1.1 because manifests rely on them, and with only `true` and `false` as booleans (`yes` and
//! `on` stay text, and the schema check says what happens to them). A duplicate key is an error. What aliases
//! and merge keys expand to is bounded in depth, in nodes and in bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::json;
use super::node::{Entry, Node, NodeValue, Scalar};
use super::scalar::{resolve_plain, resolve_tagged};
use super::syntax::explain;
use crate::diagnostic::{Diagnostic, SourceText, Span};

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 100;
/// The most nodes that one text may expand to.
pub const MAX_NODES: usize = 1_000_000;
/// The most bytes of text that aliases may add.
pub const MAX_ALIAS_BYTES: usize = 32 << 20;
/// The most findings that are reported about one text.
pub const MAX_DIAGNOSTICS: usize = 50;

/// Reads all documents of a YAML or JSON text.
///
/// Never panics. A document with a syntax error is left out, and reading goes on at the next `---`. Empty
/// documents are skipped.
pub fn parse_documents(source: &Arc<SourceText>) -> (Vec<Node>, Vec<Diagnostic>) {
    let text = source.text.as_str();
    if let Some(at) = text.find('\0') {
        let found = Diagnostic::error("yaml.syntax", source, "the text contains a NUL byte")
            .at(Span::new(at, at + 1))
            .help("a manifest is UTF-8 text; is this a binary file, or UTF-16?");
        return (Vec::new(), vec![found]);
    }
    let mut json_errors = Vec::new();
    if json::looks_like_json(text) {
        match json::parse_json(source) {
            Ok(documents) => return (documents, Vec::new()),
            Err(error) => json_errors.push(*error),
        }
    }
    let mut loader = Loader::new(source);
    let mut start = 0;
    while let Err(failed_at) = loader.load(start) {
        if loader.found.len() >= MAX_DIAGNOSTICS || loader.spent {
            break;
        }
        match next_document(text, failed_at.max(start)) {
            Some(next) => start = next,
            None => break,
        }
    }
    // A text that is meant as JSON gets the JSON reader's words, which are about what its author wrote.
    if loader.found.iter().any(Diagnostic::is_error) && !json_errors.is_empty() && json::is_strict(text) {
        return (loader.documents, json_errors);
    }
    loader.found.truncate(MAX_DIAGNOSTICS);
    (loader.documents, loader.found)
}

/// The offset of the first `---` line that begins after `from`.
fn next_document(text: &str, from: usize) -> Option<usize> {
    let mut at = from.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    while let Some(found) = text[at..].find("\n---") {
        let start = at + found + 1;
        let after = text[start + 3..].chars().next();
        if after.is_none_or(char::is_whitespace) {
            return Some(start);
        }
        at = start;
    }
    None
}

/// A collection that is still open.
enum Frame {
    Seq { items: Vec<Node>, span: Span, anchor: usize },
    Map(MapFrame),
}

struct MapFrame {
    entries: Vec<Entry>,
    keys: BTreeMap<String, Span>,
    pending: Option<Key>,
    merges: Vec<Node>,
    span: Span,
    anchor: usize,
}

/// What stands before a colon.
enum Key {
    Text(String, Span),
    Merge,
    Unusable,
}

/// A finished anchored node, and what an alias to it costs.
struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
    depth: usize,
}

struct Loader<'a> {
    source: &'a Arc<SourceText>,
    /// Byte offset of each character, empty while the text is ASCII.
    offsets: Vec<usize>,
    documents: Vec<Node>,
    found: Vec<Diagnostic>,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    root: Option<Node>,
    nodes: usize,
    alias_bytes: usize,
    /// The document has keys that cannot be used, so that looking at its fields would only mislead.
    garbled: bool,
    /// A limit was reached: no more is read of this text.
    spent: bool,
}

/// The byte offset at which reading a document had to stop.
type Stopped = usize;

impl<'a> Loader<'a> {
    fn new(source: &'a Arc<SourceText>) -> Self {
        let text = &source.text;
        let offsets =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self {
            source,
            offsets,
            documents: Vec::new(),
            found: Vec::new(),
            stack: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            nodes: 0,
            alias_bytes: 0,
            garbled: false,
            spent: false,
        }
    }

    fn offset(&self, base: usize, chars: usize) -> usize {
        let len = self.source.text.len();
        if self.offsets.is_empty() {
            return (base + chars).min(len);
        }
        let first = self.offsets.partition_point(|at| *at < base);
        self.offsets.get(first + chars).copied().unwrap_or(len)
    }

    /// Reads documents from a byte offset on, up to the end or the first syntax error.
    fn load(&mut self, start: usize) -> Result<(), Stopped> {
        self.reset();
        let text: &'a str = &self.source.text[start..];
        for event in Parser::new_from_str(text) {
            match event {
                Ok((event, span)) => {
                    let from = self.offset(start, span.start.index());
                    let to = self.offset(start, span.end.index());
                    self.event(event, Span::new(from, to))?;
                }
                Err(error) => {
                    let at = self.offset(start, error.marker().index());
                    return Err(self.syntax_error(&error, at));
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.stack.clear();
        self.anchors.clear();
        self.garbled = false;
        self.root = None;
    }

    fn syntax_error(&mut self, error: &ScanError, at: usize) -> Stopped {
        let (message, help) = explain(error.info(), self.source, at);
        let mut found = Diagnostic::error("yaml.syntax", self.source, message).at(Span::new(at, at + 1));
        found.help = help;
        self.found.push(found);
        at
    }

    fn report(&mut self, found: Diagnostic) {
        if self.found.len() < MAX_DIAGNOSTICS {
            self.found.push(found);
        }
    }

    fn limit(&mut self, span: Span, message: String) -> Stopped {
        self.found.push(Diagnostic::error("yaml.limit", self.source, message).at(span));
        self.spent = true;
        span.start
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stopped> {
        match event {
            Event::DocumentStart(_) => self.reset(),
            Event::DocumentEnd => {
                if let Some(root) = self.root.take().filter(|root| !root.is_null() && !self.garbled) {
                    self.documents.push(root);
                }
                self.reset();
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, span)?;
                let plain = style == ScalarStyle::Plain;
                let node = match self.scalar(&text, plain, tag.as_deref(), span) {
                    Some(scalar) => Node { value: NodeValue::Scalar(scalar), span },
                    None => Node::null(span),
                };
                let merge = plain && tag.is_none() && text == "<<";
                self.finish(node, anchor, merge, Some(&text))?;
            }
            Event::Alias(id) => self.alias(id, span)?,
            Event::SequenceStart(anchor, _) => {
                self.open(Frame::Seq { items: Vec::new(), span, anchor }, span)?;
            }
            Event::MappingStart(anchor, _) => {
                let frame = MapFrame {
                    entries: Vec::new(),
                    keys: BTreeMap::new(),
                    pending: None,
                    merges: Vec::new(),
                    span,
                    anchor,
                };
                self.open(Frame::Map(frame), span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Stopped> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(
                self.limit(span, format!("the text holds more than {MAX_NODES} values, aliases included"))
            );
        }
        Ok(())
    }

    fn open(&mut self, frame: Frame, span: Span) -> Result<(), Stopped> {
        self.count(1, span)?;
        self.stack.push(frame);
        if self.stack.len() > MAX_DEPTH {
            return Err(self.limit(span, format!("more than {MAX_DEPTH} levels of nesting")));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Stopped> {
        let Some(anchored) = self.anchors.get(&id) else {
            let message = "this alias stands inside the value that it refers to";
            self.found.push(Diagnostic::error("yaml.alias", self.source, message).at(span));
            return Err(span.start);
        };
        let (nodes, bytes, depth) = (anchored.nodes, anchored.bytes, anchored.depth);
        self.alias_bytes = self.alias_bytes.saturating_add(bytes);
        self.count(nodes, span)?;
        if self.alias_bytes > MAX_ALIAS_BYTES {
            return Err(self.limit(span, format!("aliases expand to more than {MAX_ALIAS_BYTES} bytes")));
        }
        if self.stack.len() + depth > MAX_DEPTH {
            return Err(
                self.limit(span, format!("aliases expand to more than {MAX_DEPTH} levels of nesting"))
            );
        }
        let node = self.anchors.get(&id).map(|a| a.node.clone());
        if let Some(mut node) = node {
            node.span = span;
            self.finish(node, 0, false, None)?;
        }
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stopped> {
        let (mut node, anchor) = match self.stack.pop() {
            Some(Frame::Seq { items, span, anchor }) => (Node { value: NodeValue::Seq(items), span }, anchor),
            Some(Frame::Map(frame)) => {
                let (span, anchor) = (frame.span, frame.anchor);
                (Node { value: NodeValue::Map(self.merged(frame)?), span }, anchor)
            }
            None => return Ok(()),
        };
        // A block collection has no closing mark: it ends where its last value does.
        let last = match &node.value {
            NodeValue::Map(entries) => entries.last().map(|e| e.value.span.end.max(e.key_span.end)),
            NodeValue::Seq(items) => items.last().map(|n| n.span.end),
            NodeValue::Scalar(_) => None,
        };
        let flow = self.source.slice(node.span).starts_with(['{', '[']);
        let until = if flow { end.end } else { last.unwrap_or(node.span.end) };
        node.span = Span::new(node.span.start, until.max(node.span.end));
        self.finish(node, anchor, false, None)
    }

    /// The entries of a mapping with those of its merge keys behind them. What is written out wins.
    fn merged(&mut self, frame: MapFrame) -> Result<Vec<Entry>, Stopped> {
        let mut entries = frame.entries;
        if frame.merges.is_empty() {
            return Ok(entries);
        }
        let mut known: BTreeSet<String> = frame.keys.into_keys().collect();
        for merge in frame.merges {
            let maps = match merge.value {
                NodeValue::Seq(items) => items,
                _ => vec![merge],
            };
            for map in maps {
                let NodeValue::Map(merged) = map.value else {
                    let message = "the merge key `<<` takes a mapping, or a list of mappings";
                    self.report(Diagnostic::error("yaml.merge", self.source, message).at(map.span));
                    continue;
                };
                for entry in merged {
                    if known.insert(entry.key.clone()) {
                        entries.push(entry);
                    }
                }
            }
        }
        Ok(entries)
    }

    fn scalar(&mut self, text: &str, plain: bool, tag: Option<&Tag>, span: Span) -> Option<Scalar> {
        let quoted = Scalar::Text { text: text.to_owned(), plain };
        let resolved = match tag {
            None if plain => resolve_plain(text),
            None => Ok(quoted),
            Some(tag) if tag.is_yaml_core_schema() => resolve_tagged(text, &tag.suffix),
            Some(tag) => {
                let message = format!(
                    "the tag `{}{}` means nothing to Kubernetes and is ignored",
                    tag.handle, tag.suffix
                );
                self.report(Diagnostic::warning("yaml.tag", self.source, message).at(span));
                if plain { resolve_plain(text) } else { Ok(quoted) }
            }
        };
        match resolved {
            Ok(scalar) => Some(scalar),
            Err(message) => {
                self.report(Diagnostic::error("yaml.value", self.source, message).at(span));
                None
            }
        }
    }

    /// Puts a finished node where it belongs. `raw` is the spelling of a scalar, in case it is a key.
    fn finish(&mut self, node: Node, anchor: usize, merge: bool, raw: Option<&str>) -> Result<(), Stopped> {
        if anchor > 0 {
            let (nodes, bytes, depth) = weigh(&node);
            self.count(nodes, node.span)?;
            self.alias_bytes = self.alias_bytes.saturating_add(bytes);
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, bytes, depth });
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Frame::Seq { items, .. }) => items.push(node),
            Some(Frame::Map(map)) => match map.pending.take() {
                Some(Key::Text(key, key_span)) => map.entries.push(Entry { key, key_span, value: node }),
                Some(Key::Merge) => map.merges.push(node),
                Some(Key::Unusable) => {}
                None => {
                    let key = if merge { Key::Merge } else { self.key(&node, raw) };
                    if let Some(Frame::Map(map)) = self.stack.last_mut() {
                        map.pending = Some(key);
                    }
                }
            },
        }
        Ok(())
    }

    fn key(&mut self, node: &Node, raw: Option<&str>) -> Key {
        let text = match &node.value {
            NodeValue::Scalar(Scalar::Text { text, .. }) => text.clone(),
            NodeValue::Scalar(Scalar::Bool(b)) => b.to_string(),
            NodeValue::Scalar(Scalar::Number(n)) => n.to_string(),
            _ => {
                let (message, help) = if self.source.line_at(node.span.start).contains("{{") {
                    (
                        "a `{{ … }}` template is not a value",
                        "this looks like a Helm template: render it first (`helm template`)",
                    )
                } else if node.is_null() && raw.is_some() {
                    (
                        "this key is empty",
                        "write a name before the `:`, in quotes if it is meant to be `null`",
                    )
                } else {
                    (
                        "a key has to be text, not a list or a mapping",
                        "write the key as text, in quotes if need be",
                    )
                };
                self.report(Diagnostic::error("yaml.key", self.source, message).at(node.span).help(help));
                self.garbled = true;
                return Key::Unusable;
            }
        };
        let first = match self.stack.last_mut() {
            Some(Frame::Map(map)) => match map.keys.get(&text) {
                Some(first) => Some(*first),
                None => {
                    map.keys.insert(text.clone(), node.span);
                    None
                }
            },
            _ => None,
        };
        if let Some(first) = first {
            let (line, _) = self.source.line_col(first.start);
            let found =
                Diagnostic::error("yaml.duplicate", self.source, format!("the key `{text}` appears twice"))
                    .at(node.span)
                    .help(format!("it is already on line {line}; keep one of the two"));
            self.report(found);
            return Key::Unusable;
        }
        Key::Text(text, node.span)
    }
}

/// How many nodes a tree has, how many bytes of text, and how many levels.
fn weigh(node: &Node) -> (usize, usize, usize) {
    let (mut nodes, mut bytes, mut depth) = (1, 0, 0);
    let mut add = |child: &Node, key: usize| {
        let (n, b, d) = weigh(child);
        nodes += n;
        bytes += b + key;
        depth = depth.max(d);
    };
    match &node.value {
        NodeValue::Scalar(Scalar::Text { text, .. }) => return (1, text.len(), 0),
        NodeValue::Scalar(_) => return (1, 0, 0),
        NodeValue::Seq(items) => items.iter().for_each(|n| add(n, 0)),
        NodeValue::Map(entries) => entries.iter().for_each(|e| add(&e.value, e.key.len())),
    }
    (nodes, bytes, depth + 1)
}
