//! JSON to the same tree as YAML.
//!
//! Most JSON is YAML too, but not all of it: paired `\u` escapes and documents that follow each other without a
//! `---` are not, and a missing comma deserves better words than a YAML parser has.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Number;

use super::node::{Entry, Node, NodeValue, Scalar};
use super::scalar::float;
use super::yaml::{MAX_DEPTH, MAX_NODES};
use crate::diagnostic::{Diagnostic, SourceText, Span};

/// Whether the first thing in the text is a `{`, as `kubectl` tells JSON from YAML.
pub fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

/// Whether the text begins as only JSON does: with `{` and then a double quote.
pub fn is_strict(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'))
}

/// Reads one JSON document, or several one after another.
pub fn parse_json(source: &Arc<SourceText>) -> Result<Vec<Node>, Box<Diagnostic>> {
    let mut reader = Reader { source, text: &source.text, at: 0, nodes: 0 };
    if reader.text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    let mut documents = Vec::new();
    loop {
        reader.skip_space();
        if reader.peek().is_none() {
            return Ok(documents);
        }
        documents.push(reader.value(0)?);
    }
}

type Failure = Box<Diagnostic>;

struct Reader<'a> {
    source: &'a Arc<SourceText>,
    text: &'a str,
    at: usize,
    nodes: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn failure(&self, at: usize, message: impl Into<String>) -> Failure {
        let end = at + self.text[at..].chars().next().map_or(0, char::len_utf8);
        Box::new(Diagnostic::error("json.syntax", self.source, message).at(Span::new(at, end)))
    }

    fn unexpected(&self, expected: &str) -> Failure {
        let message = match self.peek() {
            None => "the JSON text ends too early".to_owned(),
            Some(found) if found.is_control() => format!("unexpected `{}` in JSON", found.escape_default()),
            Some(found) => format!("unexpected `{found}` in JSON"),
        };
        let mut failure = self.failure(self.at, message);
        failure.expected = Some(expected.to_owned());
        if expected.starts_with("`,`") && self.peek() == Some('"') {
            failure.help = Some("a comma is missing after the value before this one".to_owned());
        }
        failure
    }

    fn value(&mut self, depth: usize) -> Result<Node, Failure> {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            let message = format!("more than {MAX_DEPTH} levels of nesting, or more than {MAX_NODES} values");
            let mut failure = self.failure(self.at, message);
            failure.code = "yaml.limit";
            return Err(failure);
        }
        self.skip_space();
        let start = self.at;
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => NodeValue::Scalar(Scalar::Text { text: self.string()?, plain: false }),
            Some('-' | '0'..='9') => NodeValue::Scalar(Scalar::Number(self.number()?)),
            Some('t' | 'f' | 'n') => NodeValue::Scalar(self.word()?),
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { value, span: Span::new(start, self.at) })
    }

    fn object(&mut self, depth: usize) -> Result<NodeValue, Failure> {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        let mut known: BTreeMap<String, Span> = BTreeMap::new();
        self.skip_space();
        if self.take('}') {
            return Ok(NodeValue::Map(entries));
        }
        loop {
            self.skip_space();
            let start = self.at;
            if self.peek() != Some('"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let key = self.string()?;
            let key_span = Span::new(start, self.at);
            if let Some(first) = known.insert(key.clone(), key_span) {
                let (line, _) = self.source.line_col(first.start);
                let found = Diagnostic::error(
                    "yaml.duplicate",
                    self.source,
                    format!("the key `{key}` appears twice"),
                );
                let help = format!("it is already on line {line}; keep one of the two");
                return Err(Box::new(found.at(key_span).help(help)));
            }
            self.skip_space();
            if !self.take(':') {
                return Err(self.unexpected("`:` after the key"));
            }
            let value = self.value(depth + 1)?;
            entries.push(Entry { key, key_span, value });
            self.skip_space();
            if self.take('}') {
                return Ok(NodeValue::Map(entries));
            }
            if !self.take(',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<NodeValue, Failure> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.take(']') {
            return Ok(NodeValue::Seq(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take(']') {
                return Ok(NodeValue::Seq(items));
            }
            if !self.take(',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn word(&mut self) -> Result<Scalar, Failure> {
        let words = [("true", Scalar::Bool(true)), ("false", Scalar::Bool(false)), ("null", Scalar::Null)];
        let rest = &self.text[self.at..];
        let found = words.into_iter().find(|(word, _)| rest.starts_with(word));
        let Some((word, scalar)) = found else {
            return Err(self.unexpected("`true`, `false` or `null`"));
        };
        self.at += word.len();
        Ok(scalar)
    }

    fn number(&mut self) -> Result<Number, Failure> {
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.'));
        let text = &rest[..end.unwrap_or(rest.len())];
        let number = serde_json::from_str::<Number>(text).ok();
        let number = number.and_then(|n| match n.as_f64() {
            Some(value) if n.is_f64() => float(value),
            _ => Some(n),
        });
        let Some(number) = number else {
            return Err(self.failure(start, format!("`{text}` is not a number that JSON allows")));
        };
        self.at += text.len();
        Ok(number)
    }

    fn string(&mut self) -> Result<String, Failure> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let here = self.at;
            let Some(c) = self.peek() else {
                return Err(self.failure(start, "the quoted text that begins here never ends"));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape(here)?),
                '\n' => return Err(self.failure(start, "the quoted text that begins here never ends")),
                c if c < ' ' => {
                    return Err(self.failure(here, "there is a control character in this quoted text"));
                }
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<char, Failure> {
        let c = self.peek().unwrap_or('\n');
        if c != '\n' {
            self.at += c.len_utf8();
        }
        Ok(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high =
                    self.hex().ok_or_else(|| self.failure(start, "`\\u` takes four hexadecimal digits"))?;
                let mut code = high;
                if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let low = self.hex().filter(|low| (0xdc00..0xe000).contains(low));
                    code = low.map_or(high, |low| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                }
                char::from_u32(code)
                    .ok_or_else(|| self.failure(start, "this `\\u` escape is half of a character"))?
            }
            _ => return Err(self.failure(start, "there is an unknown `\\` escape in this quoted text")),
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let value =
            digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
        self.at += 4;
        Some(value)
    }
}
