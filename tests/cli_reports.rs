//! Traces, and the reports of `test`, as a shell sees them.

mod shell;

use serde_json::Value;
use shell::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

#[test]
fn traces_are_read_compared_and_exported() {
    let t = Temp::new("trace");
    let (a, b, c) = (t.path("a.podium-trace"), t.path("b.podium-trace"), t.path("c.podium-trace"));
    let play = |trace: &str, seed: &str| drop(ends(&["play", K08, "--trace", trace, "--seed", seed], 0));
    play(&a, "5");
    play(&b, "5");
    play(&c, "6");
    assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap(), "two runs write the same bytes");

    let cat = ends(&["trace", "cat", &a, "--from", "0s", "--to", "30s"], 0);
    assert!(cat.contains("RECORD") && cat.contains("apply"), "{cat}");
    let about = ends(&["trace", "cat", &a, "--about", "node/node-1"], 0);
    assert!(
        about.lines().skip(2).count() > 0 && about.lines().skip(2).all(|l| l.contains("node-1")),
        "{about}"
    );
    assert!(ends(&["trace", "cat", &a, "--all"], 0).lines().count() > cat.lines().count());

    assert!(ends(&["trace", "diff", &a, &b], 0).contains("equal"));
    let diff = ends(&["trace", "diff", &a, &c], 1);
    assert!(
        diff.contains("seed 5") && diff.contains("seed 6") && diff.contains("equal at the beginning"),
        "{diff}"
    );
    let rows: Vec<_> = diff.lines().skip_while(|l| !l.contains("RECORD")).skip(1).take(2).collect();
    let all = [ends(&["trace", "cat", &a, "--all"], 0), ends(&["trace", "cat", &c, "--all"], 0)];
    assert!(rows.iter().zip(&all).all(|(row, cat)| cat.lines().any(|l| l == *row)), "{diff}");
    assert!(diff.contains("they differ in\n  ") && diff.contains(" in the first, "), "{diff}");
    let more = t.file(
        "more.yaml",
        &std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(WEB))
            .unwrap()
            .replace("replicas: 3", "replicas: 4"),
    );
    let diff = ends(&["trace", "diff", WEB, &more], 1);
    assert!(diff.contains("  object.spec.replicas: 3 in the first, 4 in the second\n"), "{diff}");
    assert!(diff.lines().all(|l| l.chars().count() < 300), "{diff}");

    let lines = ends(&["trace", "export", &a, "--format", "jsonl"], 0);
    let mut id = 0;
    for line in lines.lines() {
        let v = json(line);
        id += 1;
        assert_eq!(v["id"], id);
        assert!(v["cause"].as_u64().unwrap() < id, "{line}");
    }
    assert!(id > 1000);

    let out = t.path("chrome.json");
    ends(&["trace", "export", &a, "--format", "chrome", "-o", &out], 0);
    let chrome = json(&std::fs::read_to_string(&out).unwrap());
    let events = chrome["traceEvents"].as_array().unwrap();
    let ids = |ph: &str| -> BTreeSet<String> {
        events.iter().filter(|e| e["ph"] == ph).map(|e| e["id"].to_string()).collect()
    };
    let (starts, ends_) = (ids("s"), ids("f"));
    assert!(ends_.len() > 100);
    let lost: Vec<_> = ends_.difference(&starts).collect();
    assert!(lost.is_empty(), "flows end that never began: {lost:?}");
    let (begun, ended) = (ids("b"), ids("e"));
    assert!(!begun.is_empty() && ended.is_subset(&begun), "pods end that never began");
    for e in events {
        assert!(e["ph"].is_string() && e["pid"].is_u64(), "{e}");
        assert!(e["ph"] == "M" || e["ts"].is_number(), "{e}");
    }
}

/// Whether all tags of a text are closed in order, attributes quoted, and `<` and `&` escaped.
fn well_formed(xml: &str) -> Result<usize, String> {
    let (mut open, mut tags, mut rest) = (Vec::new(), 0, xml);
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        for (i, _) in text.match_indices('&') {
            let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#"];
            if !known.iter().any(|k| text[i..].starts_with(k)) {
                return Err(format!("a bare & in {text:?}"));
            }
        }
        let end = rest[at..].find('>').ok_or("a tag without an end")? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('?') || tag.starts_with('!') {
            continue;
        }
        tags += 1;
        if tag.matches('"').count() % 2 == 1 || tag.contains('<') {
            return Err(format!("odd quotes in <{tag}>"));
        }
        let name = tag.trim_matches('/').split_whitespace().next().ok_or("a tag without a name")?.to_owned();
        if tag.starts_with('/') {
            if open.pop() != Some(name.clone()) {
                return Err(format!("</{name}> closes what is not open"));
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(tags) } else { Err(format!("{open:?} stay open")) }
}

#[test]
fn the_junit_report_is_well_formed() {
    let t = Temp::new("junit");
    let odd = t.file(
        "odd.yaml",
        "apiVersion: podium.dev/v1alpha1\nkind: Scenario\nmetadata: {name: \"odd <&> 'name'\"}\nspec:\n  cluster: {nodes: 1}\n  steps:\n    \
         - name: \"a <b> & \\\"c\\\"\"\n      assert:\n        - {within: 2s, count: {kind: pod, min: 1}}\n",
    );
    let report = t.path("report.xml");
    ends(&["test", "scenarios/regress/cordon.yaml", &odd, "--junit", &report], 1);
    let xml = std::fs::read_to_string(&report).unwrap();
    let tags = well_formed(&xml).unwrap_or_else(|e| panic!("{e}\n{xml}"));
    assert!(tags > 4 && xml.starts_with("<?xml"), "{xml}");
    assert_eq!(xml.matches("<testcase").count(), 2, "{xml}");
    assert_eq!(xml.matches("<failure").count(), 1, "{xml}");
    assert!(xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""), "{xml}");
    assert!(well_formed("<a><b></a>").is_err() && well_formed("<a>&</a>").is_err(), "the check can fail");
}

#[test]
fn seeds_are_counted_and_named() {
    let text = ends(&["test", "scenarios/regress/cordon.yaml", "--seeds", "3"], 0);
    assert!(text.contains("3 of 3 seeds") && text.contains("3 passed, 0 failed"), "{text}");
    let v =
        json(&ends(&["test", "scenarios/regress/cordon.yaml", "--seeds", "2", "--seed", "40", "--json"], 0));
    let seeds: Vec<_> =
        v["scenarios"].as_array().unwrap().iter().map(|s| s["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [40, 41]);
}

/// A file that cannot be played has no seed, and nothing that would play it again.
#[test]
fn an_invalid_file_is_not_played() {
    let t = Temp::new("invalid");
    let broken = t.file("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n");
    let report = t.path("report.xml");
    let text = ends(&["test", &broken, "scenarios/regress/cordon.yaml", "--junit", &report], 5);
    assert!(text.contains("broken.yaml:") && text.contains("1 passed, 1 failed (1 invalid)"), "{text}");
    assert!(!text.contains("repeat") && !text.contains("seed"), "{text}");
    let xml = std::fs::read_to_string(&report).unwrap();
    assert!(xml.contains("<error") && xml.contains("errors=\"1\""), "{xml}");
    let v = json(&ends(&["test", &broken, "--json"], 5));
    let file = &v["scenarios"][0];
    assert_eq!((&v["failed"], &v["invalid"]), (&1.into(), &1.into()));
    assert_eq!(
        (&file["seed"], &file["repeat"], &file["invalid"]),
        (&Value::Null, &Value::Null, &true.into())
    );
    let missing = ends(&["test", "scenarios/lessons/k08-node-dwon.yaml"], 5);
    assert!(missing.contains("there is no such file") && missing.contains("k08-node-down.yaml"), "{missing}");
}

/// A manifest asserts nothing: what has become of it is said all the same.
#[test]
fn a_manifest_that_never_becomes_ready_is_not_passed_over() {
    let t = Temp::new("unready");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(WEB)).unwrap();
    let big = text.replace("cpu: 250m", "cpu: 64");
    assert_ne!(big, text);
    let big = t.file("big.yaml", &big);
    let said = "no assertion; 0 of 1 deployments available: web 0/3";
    let (report, well) = (t.path("report.xml"), "no assertion; 1 of 1 deployments available");
    let test = ends(&["test", &big, WEB, "--junit", &report], 0);
    assert!(test.contains(&format!("({said})")) && test.contains(&format!("({well})")), "{test}");
    assert!(std::fs::read_to_string(&report).unwrap().contains(said));
    assert_eq!(json(&ends(&["test", &big, "--json"], 0))["scenarios"][0]["note"], said);
    assert!(ends(&["play", &big], 0).lines().any(|l| l == said));
    assert_eq!(json(&ends(&["play", &big, "--json"], 0))["note"], said);
    assert!(!ends(&["test", "scenarios/regress/cordon.yaml"], 0).contains("assertion"));
}

#[test]
fn a_trace_from_standard_input_is_a_trace() {
    let t = Temp::new("stdin");
    let trace = t.path("t.podium-trace");
    ends(&["play", WEB, "--trace", &trace], 0);
    let file = std::fs::File::open(&trace).unwrap();
    let o = podium().args(["get", "-", "pods"]).stdin(Stdio::from(file)).output().unwrap();
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    assert_eq!(stdout(&o), ends(&["get", &trace, "pods"], 0));
}
