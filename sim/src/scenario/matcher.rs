//! Holding an expected part of an object against the object.
//!
//! - A mapping matches if each of its keys does; keys that are not named may be anything. A key such as
//!   `conditions[type=Ready]` reaches into a list.
//! - A list matches if each expected item matches an item of its own, in any order. Items that carry a name are
//!   held against the item of that name.
//! - `">=3"`, `">3"`, `"<=3"`, `"<3"` and `"!=3"` compare numbers, quantities, or (only `!=`) texts; `*` in a text
//!   stands for anything; `null` means that the field is not there.
//! - A field that is not there counts as zero, since Kubernetes leaves zeros out.

use super::paths::{self, plain};
use crate::api_util::Quantity;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// Fields by which the items of Kubernetes' lists are told apart.
const MERGE_KEYS: &[&str] =
    &["name", "type", "key", "containerPort", "port", "mountPath", "devicePath", "ip", "uid", "topologyKey"];

/// One place where an object is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The field.
    pub path: String,
    /// What it should have been.
    pub expected: String,
    /// What it is; `None` if it is not there.
    pub found: Option<String>,
}

/// All places where `actual` is not as expected.
pub fn mismatches(expected: &Value, actual: &Value) -> Vec<Mismatch> {
    let mut out = Vec::new();
    value(expected, Some(actual), "", &mut out);
    out
}

/// Whether a value is as expected.
pub fn matches(expected: &Value, actual: Option<&Value>) -> bool {
    let mut out = Vec::new();
    value(expected, actual, "", &mut out);
    out.is_empty()
}

fn join(path: &str, key: &str) -> String {
    match (path.is_empty(), key.contains(['.', '/']) && !key.contains('[')) {
        (true, _) => key.to_owned(),
        (false, true) => format!("{path}[{key}]"),
        (false, false) => format!("{path}.{key}"),
    }
}

fn value(expected: &Value, actual: Option<&Value>, path: &str, out: &mut Vec<Mismatch>) {
    let fail = |out: &mut Vec<Mismatch>| {
        out.push(Mismatch { path: path.to_owned(), expected: show(expected), found: actual.map(show) });
    };
    match (expected, actual) {
        (Value::Object(want), have @ (Some(Value::Object(_)) | None)) => mapping(want, have, path, out),
        (Value::Array(want), Some(Value::Array(have))) => list(want, have, path, out),
        (Value::Array(want), None) if want.is_empty() => {}
        (Value::Null, None | Some(Value::Null)) => {}
        (want, have) => {
            if !scalar(want, have) {
                fail(out);
            }
        }
    }
}

fn mapping(want: &Map<String, Value>, have: Option<&Value>, path: &str, out: &mut Vec<Mismatch>) {
    for (key, w) in want {
        let direct = have.and_then(|h| h.get(key));
        let found = if direct.is_none() && key.contains('[') {
            paths::parse(key).ok().and_then(|segs| have.and_then(|h| paths::get(h, &segs)))
        } else {
            direct
        };
        value(w, found, &join(path, key), out);
    }
}

/// The name of an item, if the lists' items have such a field.
fn merge_key(item: &Value) -> Option<(&'static str, &Value)> {
    MERGE_KEYS.iter().find_map(|k| Some((*k, item.get(k).filter(|v| is_name(v))?)))
}

/// Whether a value names something, rather than comparing.
fn is_name(v: &Value) -> bool {
    match v {
        Value::String(s) => comparison(s).is_none() && !s.contains('*'),
        v => v.is_number(),
    }
}

/// Each expected item needs an actual item of its own: a maximum matching, found by augmenting paths.
fn list(want: &[Value], have: &[Value], path: &str, out: &mut Vec<Mismatch>) {
    let mut taken: Vec<Option<usize>> = vec![None; have.len()];
    for (w, item) in want.iter().enumerate() {
        if augment(w, want, have, &mut taken, &mut vec![false; have.len()]) {
            continue;
        }
        let named = merge_key(item);
        let twin = named.and_then(|(k, v)| have.iter().find(|h| h.get(k) == Some(v)));
        match (named, twin) {
            (Some((k, v)), Some(twin)) if !matches(item, Some(twin)) => {
                value(item, Some(twin), &format!("{path}[{k}={}]", plain(v)), out);
            }
            _ => {
                let found = Some(match have.len() {
                    0 => "an empty list".to_owned(),
                    1 => format!("one item: {}", show(&have[0])),
                    n => format!("{n} items, none of them like it"),
                });
                out.push(Mismatch {
                    path: path.to_owned(),
                    expected: format!("an item {}", show(item)),
                    found,
                });
            }
        }
    }
}

fn augment(w: usize, want: &[Value], have: &[Value], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for h in 0..have.len() {
        if seen[h] || !matches(&want[w], Some(&have[h])) {
            continue;
        }
        seen[h] = true;
        if taken[h].is_none_or(|other| augment(other, want, have, taken, seen)) {
            taken[h] = Some(w);
            return true;
        }
    }
    false
}

/// Splits `>=3` into its sign and the rest.
fn comparison(s: &str) -> Option<(&str, &str)> {
    [">=", "<=", "!=", ">", "<"]
        .iter()
        .find_map(|op| Some((*op, s.strip_prefix(op)?.trim())))
        .filter(|(_, r)| !r.is_empty())
}

fn scalar(want: &Value, have: Option<&Value>) -> bool {
    if let (Value::Number(a), Some(Value::Number(b))) = (want, have) {
        return a == b || a.as_f64() == b.as_f64();
    }
    if have == Some(want) {
        return true;
    }
    match (want, have) {
        (Value::String(w), have) => {
            if let Some((op, bound)) = comparison(w) {
                return compare(op, bound, have);
            }
            match have {
                Some(Value::String(h)) => w.contains('*') && glob(w, h),
                Some(Value::Number(h)) => *w == h.to_string() || w == "*",
                Some(_) => w == "*",
                None => w.is_empty(),
            }
        }
        (Value::Number(w), None) => w.as_f64() == Some(0.0),
        (Value::Number(w), Some(Value::String(h))) => same_quantity(&w.to_string(), h),
        (Value::Bool(w), None) => !w,
        _ => false,
    }
}

fn same_quantity(a: &str, b: &str) -> bool {
    matches!((Quantity::parse(a), Quantity::parse(b)), (Ok(a), Ok(b)) if a == b)
}

fn compare(op: &str, bound: &str, have: Option<&Value>) -> bool {
    let text = have.map_or_else(|| "0".to_owned(), plain);
    let order = match (Quantity::parse(&text), Quantity::parse(bound)) {
        (Ok(a), Ok(b)) => a.partial_cmp(&b),
        _ => None,
    };
    match (op, order) {
        ("!=", Some(o)) => o != Ordering::Equal,
        ("!=", None) => have.is_none_or(|h| plain(h) != bound),
        (">=", Some(o)) => o != Ordering::Less,
        ("<=", Some(o)) => o != Ordering::Greater,
        (">", Some(o)) => o == Ordering::Greater,
        ("<", Some(o)) => o == Ordering::Less,
        _ => false,
    }
}

/// Whether a text is like a pattern in which `*` stands for anything.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

/// A value for a message, in one line and not too long.
pub fn show(v: &Value) -> String {
    let text = match v {
        Value::Object(m) => {
            let inner: Vec<String> = m.iter().map(|(k, v)| format!("{k}: {}", show(v))).collect();
            format!("{{{}}}", inner.join(", "))
        }
        Value::Array(a) => format!("[{}]", a.iter().map(show).collect::<Vec<_>>().join(", ")),
        v => v.to_string(),
    };
    if text.chars().count() > 160 { text.chars().take(157).chain("...".chars()).collect() } else { text }
}

#[cfg(test)]
#[path = "matcher_tests.rs"]
mod tests;
