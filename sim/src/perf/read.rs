//! From text to [`Suite`]: every wrong field at its line and column.

use super::model::{Case, Selector, Suite, Text, Workload};
use super::read_ops::operation;
use super::template::Value;
use crate::diagnostic::{Diagnostic, SourceText, Span, nearest};
use crate::manifest::node::{Entry, Node, NodeValue, Scalar};
use crate::manifest::yaml::parse_documents;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many mistakes of one file are told.
const MAX_ERRORS: usize = 30;
/// The largest number that a field may have: more objects than that fit into no machine.
pub const MAX_COUNT: u64 = 10_000_000;

/// Reads a file of test cases; `None` if there is an error among the findings.
pub fn parse(source: &Arc<SourceText>) -> (Option<Suite>, Vec<Diagnostic>) {
    let (documents, found) = parse_documents(source);
    if found.iter().any(Diagnostic::is_error) {
        return (None, found);
    }
    let mut r = Reader { source, found };
    let help = "a file of workloads is a list: `- name: …` with `workloadTemplate` and `workloads`";
    let cases = match &documents[..] {
        [] => {
            r.found.push(Diagnostic::error("perf.empty", source, "there is no test case here").help(help));
            Vec::new()
        }
        [only] => match &only.value {
            NodeValue::Seq(items) => {
                let read = |(i, n)| r.case(n, &format!("[{i}]"));
                items.iter().enumerate().filter_map(read).collect()
            }
            _ => {
                r.wrong(only, "", "a list of test cases", Some(help));
                Vec::new()
            }
        },
        [_, second, ..] => {
            let found =
                Diagnostic::error("perf.documents", source, "a file of workloads is one YAML document");
            r.found.push(found.at(r.line(second.span)).help("write the second one into a file of its own"));
            Vec::new()
        }
    };
    r.unique("test case", cases.iter().map(|c: &Case| &c.name));
    let mut found = r.found;
    found.truncate(MAX_ERRORS);
    let bad = found.iter().any(Diagnostic::is_error);
    ((!bad).then(|| Suite { source: source.clone(), cases }), found)
}

/// Reads parts of a file and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Arc<SourceText>,
    pub(super) found: Vec<Diagnostic>,
}

fn describe(node: &Node) -> String {
    match &node.value {
        NodeValue::Scalar(Scalar::Null) => "nothing".into(),
        NodeValue::Scalar(Scalar::Bool(b)) => format!("`{b}`"),
        NodeValue::Scalar(Scalar::Number(n)) => format!("the number `{n}`"),
        NodeValue::Scalar(Scalar::Text { text, .. }) => {
            format!("the text `{}`", text.chars().take(40).collect::<String>())
        }
        NodeValue::Seq(_) => "a list".into(),
        NodeValue::Map(_) => "a mapping".into(),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl<'a> Reader<'a> {
    /// A place cut off at the end of its first line.
    pub(super) fn line(&self, span: Span) -> Span {
        let len = self.source.slice(span).find(['\n', '\r']).unwrap_or(span.end.saturating_sub(span.start));
        Span::new(span.start, span.start + len.max(1))
    }

    pub(super) fn error(&mut self, span: Span, path: &str, message: impl Into<String>) -> &mut Diagnostic {
        let span = self.line(span);
        let found = Diagnostic::error("perf.field", self.source, message).at(span).path(path);
        self.found.push(found);
        self.found.last_mut().expect("one was just added")
    }

    pub(super) fn wrong(&mut self, node: &Node, path: &str, expected: &str, help: Option<&str>) {
        let message = format!("this is {}", describe(node));
        let found = self.error(node.span, path, message);
        found.expected = Some(expected.to_owned());
        found.help = help.map(str::to_owned);
    }

    /// The entries of a mapping, all of whose keys are known.
    pub(super) fn map<'n>(&mut self, node: &'n Node, path: &str, known: &[&str]) -> Option<&'n [Entry]> {
        let Some(entries) = node.as_map() else {
            self.wrong(node, path, &format!("a mapping with the fields {}", known.join(", ")), None);
            return None;
        };
        for e in entries {
            if !known.contains(&e.key.as_str()) {
                let near = nearest(&e.key, known.iter().copied());
                let found = self.error(
                    e.key_span,
                    &join(path, &e.key),
                    format!("there is no field `{}` here", e.key),
                );
                found.expected = Some(format!("one of {}", known.join(", ")));
                found.help = near.map(|n| format!("did you mean `{n}`?"));
            }
        }
        Some(entries)
    }

    pub(super) fn get<'n>(&self, node: &'n Node, key: &str) -> Option<&'n Node> {
        node.get(key)
    }

    /// The text of a field; numbers count as text where a name may be one.
    pub(super) fn text(&mut self, node: &Node, path: &str, key: &str) -> Option<Text> {
        let v = self.get(node, key)?;
        match &v.value {
            NodeValue::Scalar(Scalar::Text { text, .. }) if text.trim().is_empty() => {
                self.wrong(v, &join(path, key), "a text that is not empty", None);
                None
            }
            NodeValue::Scalar(Scalar::Text { text, .. }) => Some(Text { text: text.clone(), span: v.span }),
            _ => {
                self.wrong(
                    v,
                    &join(path, key),
                    "a text",
                    Some("put quotes around it if it is meant as text"),
                );
                None
            }
        }
    }

    /// A text that has to be there.
    pub(super) fn needed(&mut self, node: &Node, path: &str, key: &str, example: &str) -> Option<Text> {
        if self.get(node, key).is_none() {
            let found = self.error(node.span, path, format!("`{key}` is missing"));
            found.help = Some(format!("add `{key}: {example}`"));
            return None;
        }
        self.text(node, path, key)
    }

    pub(super) fn bool(&mut self, node: &Node, path: &str, key: &str) -> bool {
        match self.get(node, key).map(|v| (&v.value, v)) {
            None => false,
            Some((NodeValue::Scalar(Scalar::Bool(b)), _)) => *b,
            Some((_, v)) => {
                self.wrong(v, &join(path, key), "`true` or `false`", None);
                false
            }
        }
    }

    pub(super) fn number(&mut self, node: &Node, path: &str, key: &str) -> Option<u64> {
        let v = self.get(node, key)?;
        let n = match &v.value {
            NodeValue::Scalar(Scalar::Number(n)) => n.as_u64(),
            _ => None,
        };
        if n.is_none_or(|n| n > MAX_COUNT) {
            let expected = format!("a whole number from 0 to {MAX_COUNT}");
            let help = v.as_str().filter(|t| t.starts_with('$'));
            let help = help.map(|t| format!("a parameter belongs into `{key}Param: {t}`"));
            self.wrong(v, &join(path, key), &expected, help.as_deref());
            return None;
        }
        n
    }

    /// The name of a parameter, which begins with `$`.
    pub(super) fn param(&mut self, node: &Node, path: &str, key: &str) -> Option<Text> {
        let t = self.text(node, path, key)?;
        match t.text.strip_prefix('$').filter(|n| !n.is_empty()) {
            Some(name) => Some(Text { text: name.to_owned(), span: t.span }),
            None => {
                let found = self.error(t.span, &join(path, key), format!("`{}` names no parameter", t.text));
                found.expected = Some("a `$` and the parameter's name".into());
                found.help = Some(format!("write `{key}: ${}`", t.text.trim_start_matches('$')));
                None
            }
        }
    }

    pub(super) fn list(&mut self, node: &Node, path: &str, key: &str) -> Vec<Text> {
        let Some(v) = self.get(node, key) else { return Vec::new() };
        let Some(items) = v.as_seq() else {
            self.wrong(v, &join(path, key), "a list of texts", Some("write it as `[a, b]`"));
            return Vec::new();
        };
        let mut out = Vec::new();
        for (i, n) in items.iter().enumerate() {
            match n.as_str() {
                Some(t) => out.push(Text { text: t.to_owned(), span: n.span }),
                None => self.wrong(n, &format!("{}[{i}]", join(path, key)), "a text", None),
            }
        }
        out
    }

    pub(super) fn words(&mut self, node: &Node, path: &str, key: &str) -> Vec<String> {
        self.list(node, path, key).into_iter().map(|t| t.text).collect()
    }

    /// A mapping from names to texts.
    pub(super) fn pairs(&mut self, node: &Node, path: &str, key: &str) -> BTreeMap<String, String> {
        let Some(v) = self.get(node, key) else { return BTreeMap::new() };
        let Some(entries) = v.as_map() else {
            self.wrong(v, &join(path, key), "a mapping from names to texts", None);
            return BTreeMap::new();
        };
        let mut out = BTreeMap::new();
        for e in entries {
            match &e.value.value {
                NodeValue::Scalar(Scalar::Text { text, .. }) => drop(out.insert(e.key.clone(), text.clone())),
                NodeValue::Scalar(Scalar::Number(n)) => drop(out.insert(e.key.clone(), n.to_string())),
                _ => self.wrong(&e.value, &join(&join(path, key), &e.key), "a text", None),
            }
        }
        out
    }

    pub(super) fn value(&mut self, node: &Node, path: &str) -> Option<Value> {
        match &node.value {
            NodeValue::Scalar(Scalar::Bool(b)) => Some(Value::Bool(*b)),
            NodeValue::Scalar(Scalar::Text { text, .. }) => Some(Value::Text(text.clone())),
            NodeValue::Scalar(Scalar::Number(n)) => {
                Some(n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or(0.0)), Value::Int))
            }
            _ => {
                self.wrong(node, path, "a number, a text, `true` or `false`", None);
                None
            }
        }
    }

    fn gates(&mut self, node: &Node, path: &str) -> BTreeMap<String, bool> {
        let key = "featureGates";
        let Some(v) = self.get(node, key) else { return BTreeMap::new() };
        let Some(entries) = v.as_map() else {
            self.wrong(v, &join(path, key), "a mapping from feature gates to `true` or `false`", None);
            return BTreeMap::new();
        };
        let names = |e: &Entry| (e.key.clone(), self.bool(v, &join(path, key), &e.key));
        entries.iter().map(names).collect()
    }

    fn selector(&mut self, node: &Node, path: &str, key: &str) -> Option<Selector> {
        let v = self.get(node, key)?;
        let path = join(path, key);
        self.map(v, &path, &["name", "labels", "dataBucket", "expectLower"])?;
        Some(Selector {
            name: self.needed(v, &path, "name", "SchedulingThroughput")?.text,
            bucket: self.needed(v, &path, "dataBucket", "Average")?.text,
            lower: self.bool(v, &path, "expectLower"),
        })
    }

    fn unique<'t>(&mut self, what: &str, names: impl Iterator<Item = &'t Text>) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for n in names {
            if let Some(first) = seen.insert(&n.text, n.span) {
                let (line, _) = self.source.line_col(first.start);
                let found = self.error(n.span, "", format!("a second {what} has the name `{}`", n.text));
                found.help = Some(format!("the first is on line {line}; rename one of the two"));
            }
        }
    }

    fn case(&mut self, node: &Node, path: &str) -> Option<Case> {
        let known = [
            "name",
            "labels",
            "featureGates",
            "defaultPodTemplatePath",
            "schedulerConfigPath",
            "workloadTemplate",
            "workloads",
            "metricsCollectorConfig",
            "defaultThresholdMetricSelector",
        ];
        self.map(node, path, &known)?;
        let name = self.needed(node, path, "name", "SchedulingBasic");
        let ops_path = join(path, "workloadTemplate");
        let mut ops = Vec::new();
        match self.get(node, "workloadTemplate").map(|v| (v, v.as_seq())) {
            Some((_, Some(items))) if !items.is_empty() => {
                for (i, n) in items.iter().enumerate() {
                    ops.extend(operation(self, n, &format!("{ops_path}[{i}]")));
                }
            }
            Some((v, None)) => self.wrong(v, &ops_path, "a list of operations", None),
            _ => {
                let found = self.error(node.span, path, "this test case has no operations");
                found.help =
                    Some("add `workloadTemplate:` with a list such as `- opcode: createNodes`".into());
            }
        }
        let mut workloads = Vec::new();
        let list = join(path, "workloads");
        match self.get(node, "workloads").map(|v| (v, v.as_seq())) {
            Some((_, Some(items))) if !items.is_empty() => {
                for (i, n) in items.iter().enumerate() {
                    workloads.extend(self.workload(n, &format!("{list}[{i}]")));
                }
            }
            Some((v, None)) => self.wrong(v, &list, "a list of workloads", None),
            _ => {
                let found = self.error(node.span, path, "this test case has no workloads");
                found.help = Some("add `workloads:` with a list such as `- name: 500Nodes`".into());
            }
        }
        self.unique("workload", workloads.iter().map(|w: &Workload| &w.name));
        Some(Case {
            name: name?,
            labels: self.words(node, path, "labels"),
            gates: self.gates(node, path),
            pod_template: self.text(node, path, "defaultPodTemplatePath"),
            scheduler_config: self.text(node, path, "schedulerConfigPath"),
            ops,
            workloads,
            selector: self.selector(node, path, "defaultThresholdMetricSelector"),
        })
    }

    fn workload(&mut self, node: &Node, path: &str) -> Option<Workload> {
        let known = ["name", "labels", "featureGates", "params", "threshold", "thresholdMetricSelector"];
        self.map(node, path, &known)?;
        let mut params = Vec::new();
        let params_path = join(path, "params");
        match self.get(node, "params").map(|v| (v, v.as_map())) {
            None => {}
            Some((v, None)) => self.wrong(v, &params_path, "a mapping from names to values", None),
            Some((_, Some(entries))) => {
                for e in entries {
                    if let Some(v) = self.value(&e.value, &join(&params_path, &e.key)) {
                        params.push((Text { text: e.key.clone(), span: e.key_span }, v));
                    }
                }
            }
        }
        Some(Workload {
            name: self.needed(node, path, "name", "500Nodes")?,
            labels: self.words(node, path, "labels"),
            gates: self.gates(node, path),
            params,
            threshold: self.threshold(node, path),
            selector: self.selector(node, path, "thresholdMetricSelector"),
        })
    }

    fn threshold(&mut self, node: &Node, path: &str) -> f64 {
        let Some(v) = self.get(node, "threshold") else { return 0.0 };
        let path = join(path, "threshold");
        let mut values: Vec<(&Node, String)> = vec![(v, path.clone())];
        if let Some(entries) = v.as_map() {
            values = entries.iter().map(|e| (&e.value, join(&path, &e.key))).collect();
        }
        let mut highest = 0.0_f64;
        for (n, path) in values {
            match &n.value {
                NodeValue::Scalar(Scalar::Number(x)) if x.as_f64().is_some_and(|f| f >= 0.0) => {
                    highest = highest.max(x.as_f64().unwrap_or(0.0));
                }
                _ => self.wrong(n, &path, "a number of pods a second, 0 or more", None),
            }
        }
        highest
    }
}

/// The names of a suite's parameters that no operation of its case uses, for one workload.
pub(super) fn unused<'w>(w: &'w Workload, used: &BTreeSet<String>) -> Vec<&'w Text> {
    w.params.iter().map(|(n, _)| n).filter(|n| !used.contains(&n.text)).collect()
}
