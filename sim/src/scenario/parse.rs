//! From text to a [`Scenario`], with every mistake at its line and column.
//!
//! The text is read into a tree that knows its places, then into the types; what serde finds wrong is looked up in
//! the tree. A wrong field is taken out and the rest read again, so that one run shows all mistakes.

use super::lint::lint;
use super::load::Loading;
use super::model::{API_VERSION, Scenario};
use super::steps::{Manifests, Step};
use super::values::{EXPECTED, Until};
use crate::diagnostic::{Diagnostic, Severity, SourceText, Span, nearest};
use crate::manifest::node::{Node, PathSeg, ShowPath};
use crate::manifest::{parse_manifests, yaml};
use serde_json::Value;
use serde_path_to_error::Segment;
use std::sync::Arc;

/// Gives the text of a file, named relative to the scenario's; the error says why it cannot.
pub type Loader<'a> = &'a dyn Fn(&str) -> Result<Arc<SourceText>, String>;

/// How many mistakes of one text are reported.
const MAX_ERRORS: usize = 20;

/// Reads a scenario file, or a bare manifest: three nodes, apply, run until nothing changes.
///
/// The scenario is `None` if there is an error among the findings.
pub fn parse(source: &Arc<SourceText>, loader: Loader<'_>) -> (Option<Scenario>, Vec<Diagnostic>) {
    let (documents, mut found) = yaml::parse_documents(source);
    if found.iter().any(Diagnostic::is_error) {
        return (None, found);
    }
    let mut scenarios: Vec<&Node> = documents.iter().filter(|d| is_scenario(d)).collect();
    let parsed = match scenarios.pop() {
        None => return bare(std::slice::from_ref(source)),
        Some(node) if documents.len() == 1 => one(node, source, loader, &mut found),
        Some(node) => {
            let other = documents.iter().find(|d| !std::ptr::eq(*d, node)).unwrap_or(node);
            let span = first_line(other.span, source);
            found.push(
                Diagnostic::error(
                    "scenario.documents",
                    source,
                    "a scenario file holds nothing but its scenario",
                )
                .at(span)
                .help("put manifests into a file beside it, or under `apply: {manifests: …}`"),
            );
            None
        }
    };
    if found.iter().any(Diagnostic::is_error) { (None, found) } else { (parsed, found) }
}

/// Reads the YAML files of a directory, in the order of their names: the one scenario among them, or all of them as
/// bare manifests.
pub fn parse_files(sources: &[Arc<SourceText>]) -> (Option<Scenario>, Vec<Diagnostic>) {
    let mut sources = sources.to_vec();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let holds_scenario = |s: &&Arc<SourceText>| yaml::parse_documents(s).0.iter().any(is_scenario);
    let scenarios: Vec<&Arc<SourceText>> = sources.iter().filter(holds_scenario).collect();
    let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let loader = |name: &str| {
        let found = sources.iter().find(|s| base(&s.name) == base(name)).cloned();
        found.ok_or_else(|| "there is no such file in the directory".to_owned())
    };
    match scenarios[..] {
        [] => bare(&sources),
        [one] => parse(one, &loader),
        [first, second, ..] => {
            let message = format!("the directory holds two scenarios: {} and {}", first.name, second.name);
            (None, vec![Diagnostic::error("scenario.two", second, message).help("name the file to play")])
        }
    }
}

/// The scenario of a trace's header: names and texts of the files that it was played from.
pub fn from_files(files: &[(String, String)]) -> Option<Scenario> {
    let sources: Vec<Arc<SourceText>> =
        files.iter().map(|(name, text)| SourceText::new(name.clone(), text.clone())).collect();
    if sources.is_empty() { None } else { parse_files(&sources).0 }
}

fn is_scenario(node: &Node) -> bool {
    let text = |k: &str| node.get(k).and_then(Node::as_str);
    text("kind") == Some("Scenario") && text("apiVersion").is_none_or(|v| v.starts_with("podium"))
}

/// Manifests as a scenario: they are applied, and the run ends when nothing is under way any more.
fn bare(sources: &[Arc<SourceText>]) -> (Option<Scenario>, Vec<Diagnostic>) {
    let name = sources.first().map_or("manifests", |s| s.name.as_str());
    let stem = name.rsplit('/').next().unwrap_or(name);
    let stem = stem.strip_suffix(".yaml").or_else(|| stem.strip_suffix(".yml")).unwrap_or(stem);
    let mut loading = Loading::new(false);
    let mut objects = Vec::new();
    for source in sources {
        let (docs, found) = parse_manifests(Arc::clone(source));
        loading.found.extend(found);
        objects.extend(loading.take(docs));
    }
    if let (true, Some(source)) = (objects.is_empty() && loading.found.is_empty(), sources.first()) {
        loading.found.push(
            Diagnostic::error("scenario.empty", source, "there is nothing here to play")
                .expected("a scenario, or manifests of Kubernetes objects"),
        );
    }
    let mut scenario = Scenario::named(stem);
    scenario.spec.until = Some(Until::Quiet);
    let apply = Some(Manifests { objects, ..Manifests::default() });
    scenario.spec.steps.push(Step { name: "apply".into(), apply, ..Step::default() });
    let found = loading.finish();
    if found.iter().any(Diagnostic::is_error) { (None, found) } else { (Some(scenario), found) }
}

/// Reads one scenario document.
fn one(
    node: &Node,
    source: &Arc<SourceText>,
    loader: Loader<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Scenario> {
    let mut value = node.to_json();
    let mut taken: Vec<Vec<PathSeg>> = Vec::new();
    let mut scenario = loop {
        let error = match serde_path_to_error::deserialize::<_, Scenario>(&value) {
            Ok(scenario) => break scenario,
            Err(error) => error,
        };
        let path = path_of(error.path());
        let (finding, at) = explain(&error.inner().to_string(), path, node, source);
        // What is wrong only because a part of it was taken out has been reported.
        if !taken.iter().any(|t| t.starts_with(&at)) {
            found.push(finding);
        }
        if found.len() >= MAX_ERRORS || at.is_empty() || !take_out(&mut value, &at) {
            return None;
        }
        taken.push(at);
    };
    note_lines(&mut scenario, node, source);
    let from = found.len();
    lint(&mut scenario, node, source, found);
    if from > 0 {
        // The gaps that were left are not the author's.
        let plain = |p: &str| p.replace("[0]", "");
        let gaps: Vec<String> = taken.iter().map(|t| plain(&ShowPath(t).to_string())).collect();
        let made =
            |d: &Diagnostic| d.path.as_ref().is_some_and(|p| gaps.iter().any(|g| g.starts_with(&plain(p))));
        let lint = found.split_off(from);
        found.extend(lint.into_iter().filter(|d| d.is_error() && !made(d)));
    }
    if found.iter().any(Diagnostic::is_error) {
        return None;
    }
    let mut loading = Loading::new(scenario.spec.strict);
    loading.load(&mut scenario, node, source, loader);
    found.extend(loading.finish());
    Some(scenario)
}

/// Removes what a path leads to; says whether it was there.
fn take_out(value: &mut Value, path: &[PathSeg]) -> bool {
    let Some((last, above)) = path.split_last() else { return false };
    let mut at = value;
    for seg in above {
        let next = match seg {
            PathSeg::Key(k) => at.get_mut(k),
            PathSeg::Index(n) => at.get_mut(n),
        };
        match next {
            Some(v) => at = v,
            None => return false,
        }
    }
    match (last, at) {
        (PathSeg::Key(k), Value::Object(m)) => m.remove(k).is_some(),
        // An item of a list is emptied, not removed: the places of the others stay what they are.
        (PathSeg::Index(n), Value::Array(a)) if *n < a.len() && !a[*n].is_null() => {
            a[*n] = Value::Null;
            true
        }
        _ => false,
    }
}

fn path_of(path: &serde_path_to_error::Path) -> Vec<PathSeg> {
    path.iter()
        .filter_map(|s| match s {
            Segment::Seq { index } => Some(PathSeg::Index(*index)),
            Segment::Map { key } => Some(PathSeg::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// The words between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// A parent's name for messages: `in `count``, or `in the scenario`.
fn place(path: &[PathSeg]) -> String {
    let name = path.iter().rev().find_map(|s| if let PathSeg::Key(k) = s { Some(k) } else { None });
    name.map_or_else(|| "the scenario".to_owned(), |n| format!("`{n}`"))
}

/// What serde says, in the words of a file's author, at its place; and the path of what is wrong.
fn explain(
    message: &str,
    mut path: Vec<PathSeg>,
    node: &Node,
    source: &Arc<SourceText>,
) -> (Diagnostic, Vec<PathSeg>) {
    let error = |code, text: String, span| Diagnostic::error(code, source, text).at(first_line(span, source));
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let words = quoted(rest);
        let (name, known) = words.split_first().map_or(("", &[][..]), |(n, k)| (*n, k));
        if path.last() != Some(&PathSeg::Key(name.to_owned())) {
            path.push(PathSeg::Key(name.to_owned()));
        }
        let span = node.locate_segs(&path).key_or_value();
        let parent = place(&path[..path.len() - 1]);
        let d = error("field.unknown", format!("unknown field `{name}` in {parent}"), span)
            .path(ShowPath(&path).to_string());
        let same = known.iter().find(|k| k.eq_ignore_ascii_case(name)).copied();
        let d = match same.or_else(|| nearest(name, known.iter().copied())) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => d,
            None => d.expected(format!("one of {}", list(known))),
        };
        return (d, path);
    }
    let at = node.locate_segs(&path);
    if let Some(name) = message.strip_prefix("missing field ").map(|m| m.trim_matches('`')) {
        let d =
            error("field.missing", format!("{} lacks the field `{name}`", place(&path)), at.key_or_value());
        let d = d.path(ShowPath(&path).to_string()).help(format!("add `{name}: …`"));
        // Nothing more can be read of the mapping that lacks it.
        return (d, path);
    }
    let span = if at.exact { at.value } else { at.key_or_value() };
    let d = if let Some((text, expected)) = message.split_once(EXPECTED) {
        let d = error("value.invalid", text.to_owned(), span);
        if expected.starts_with("did you mean") { d.help(expected) } else { d.expected(expected) }
    } else if let Some(rest) = message.strip_prefix("unknown variant ") {
        let words = quoted(rest);
        let (name, known) = words.split_first().map_or(("", &[][..]), |(n, k)| (*n, k));
        let d = error("value.invalid", format!("{} cannot be `{name}`", place(&path)), span);
        let d = d.expected(format!("one of {}", list(known)));
        match nearest(name, known.iter().copied()) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d,
        }
    } else if let Some((what, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|m| m.split_once(", expected "))
    {
        let what =
            what.replace("string ", "the text ").replace("map", "a mapping").replace("sequence", "a list");
        let what = what.replace("integer ", "the number ").replace("null", "nothing");
        error("type.mismatch", format!("{} has the wrong type: this is {what}", place(&path)), span)
            .expected(words(expected))
    } else {
        error("value.invalid", message.to_owned(), span)
    };
    (d.path(ShowPath(&path).to_string()), path)
}

fn list(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// A type's name in Rust as an author of files would say it.
fn words(expected: &str) -> String {
    match expected {
        "u16" | "u32" | "u64" | "usize" => "a whole number, not below zero".to_owned(),
        "i32" | "i64" => "a whole number".to_owned(),
        "a string" | "string" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        e if e.starts_with("struct ") => "a mapping".to_owned(),
        e if e.starts_with("a tuple of size ") => {
            format!("a list of {}", e.trim_start_matches("a tuple of size "))
        }
        e => e.to_owned(),
    }
}

/// A span cut off at the end of its first line.
pub(super) fn first_line(span: Span, source: &SourceText) -> Span {
    let text = source.slice(span);
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    Span::new(span.start, span.start + end.max(1))
}

/// Writes down at which lines steps and assertions stand, for reports.
fn note_lines(scenario: &mut Scenario, node: &Node, source: &SourceText) {
    let Some(steps) = node.get("spec").and_then(|s| s.get("steps")).and_then(Node::as_seq) else { return };
    for (step, node) in scenario.spec.steps.iter_mut().zip(steps) {
        step.line = source.line_col(node.span.start).0;
        let Some(asserts) = node.get("assert") else { continue };
        let nodes = asserts.as_seq().unwrap_or(std::slice::from_ref(asserts));
        for (a, node) in step.assert.0.iter_mut().zip(nodes) {
            a.line = source.line_col(node.span.start).0;
        }
    }
}

/// Whether a scenario says that it is one of this version; the finding if not.
pub(super) fn version_error(s: &Scenario) -> Option<String> {
    (s.api_version != API_VERSION).then(|| format!("write `apiVersion: {API_VERSION}`"))
}

/// Turns warnings into errors.
pub(super) fn harden(found: &mut [Diagnostic]) {
    for d in found {
        d.severity = Severity::Error;
    }
}
