//! Runs of small scenarios that need nothing but the API server and the store: the timeline, the assertions, the end.

use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Ended, Report, Run, RunOptions, parse};
use podium_sim::time::{SimTime, Span};
use std::sync::Arc;

fn play(steps: &str, options: RunOptions) -> Report {
    let text = format!(
        "apiVersion: podium.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: t}}\nspec:\n  cluster: {{nodes: 1}}\n{steps}"
    );
    let (scenario, found) = parse(&SourceText::new("t.yaml", text), &|_| Err("no files".into()));
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let scenario = scenario.unwrap_or_else(|| panic!("{}", found.join("\n")));
    Run::new(Arc::new(scenario), options).to_end()
}

const MAP: &str = "
  steps:
    - name: make
      after: 1s
      apply: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: m, labels: {app: a}}, data: {k: \"1\"}}]}
";

#[test]
fn runs_end_as_they_should() {
    for (name, rest, passed, failed_at) in [
        (
            "an object becomes",
            "      assert: {within: 5s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: \"1\"}}}",
            true,
            "",
        ),
        (
            "it has another value",
            "      assert: {within: 5s, resource: {kind: ConfigMap, metadata: {name: m}, data: {k: \"2\"}}}",
            false,
            "make",
        ),
        (
            "absent",
            "      assert: {within: 5s, absent: true, resource: {kind: ConfigMap, metadata: {name: other}}}",
            true,
            "",
        ),
        ("counted", "      assert: {within: 5s, count: {kind: cm, selector: {app: a}, equals: 1}}", true, ""),
        ("it holds", "      assert: {for: 20s, unchanged: {kind: cm, name: m, field: data.k}}", true, ""),
        (
            "deleted while it must hold",
            "      assert: {for: end, count: {kind: cm, selector: {app: a}, min: 1}}\n    - {name: drop, delete: {kind: cm, name: m}}\n    - {name: rest, wait: 10s}",
            false,
            "make",
        ),
        (
            "it happens, and never should",
            "      assert: {never: end, count: {kind: cm, selector: {app: a}, equals: 0}}\n    - {name: drop, delete: {kind: cm, selector: app=a}}\n    - {name: rest, wait: 10s}",
            false,
            "make",
        ),
        (
            "refused as expected",
            "    - name: again\n      create: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}]}\n      expectError: already exists",
            true,
            "",
        ),
        (
            "refused, not expected",
            "    - name: again\n      create: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}]}",
            false,
            "again",
        ),
        (
            "accepted, not expected",
            "    - {name: again, delete: {kind: cm, name: m}, expectError: no way}",
            false,
            "again",
        ),
        (
            "too early",
            "    - {name: wait, assert: {within: 10s, notBefore: 5s, count: {kind: cm, selector: app=a, equals: 1}}}",
            false,
            "wait",
        ),
        (
            "saved and the same",
            "      save: {as: uid, from: {kind: cm, name: m}, path: metadata.uid}\n    - {name: look, assert: {for: 5s, same: {as: uid}}}",
            true,
            "",
        ),
        (
            "saved and new",
            "      save: {as: uid, from: {kind: cm, name: m}, path: metadata.uid}\n    - {name: drop, delete: {kind: cm, name: m}}\n    - {name: again, after: 2s, apply: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}]}, assert: {within: 5s, differs: {as: uid}}}",
            true,
            "",
        ),
        (
            "the time between steps",
            "    - {name: rest, wait: 7s, assert: {within: 1s, elapsed: {since: make, min: 7s, max: 8s}}}",
            true,
            "",
        ),
        (
            "who did it",
            "      assert: {within: 5s, chain: {object: {kind: cm, name: m}, contains: [user, create configmap]}}",
            true,
            "",
        ),
        (
            "a table",
            "      assert: {within: 5s, table: {get: cm, selector: app=a, text: \"NAME  DATA  AGE\\nm  1  9y\"}}",
            true,
            "",
        ),
    ] {
        let report = play(&format!("{MAP}{rest}\n"), RunOptions::default());
        assert_eq!(report.passed, passed, "{name}:\n{report}");
        let at = report.failure.as_ref().map_or("", |f| f.step.as_str());
        assert_eq!(at, failed_at, "{name}:\n{report}");
    }
}

#[test]
fn a_failure_tells_what_there_is_and_how_to_see_it_again() {
    let rest =
        "      assert: {within: 5s, resource: {kind: ConfigMap, metadata: {name: m}, data: {k: \"2\"}}}\n";
    let text = play(&format!("{MAP}{rest}"), RunOptions { file: "t.yaml".into(), ..RunOptions::default() })
        .to_string();
    for part in ["t.yaml:11", "data.k: \"1\", expected \"2\"", "podium play t.yaml --seed 1", "within 5.0s"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn runs_that_cannot_end_are_stopped() {
    let forever = "      assert: {within: 1000h, count: {kind: cm, selector: {app: b}, min: 1}}\n";
    let limit = RunOptions { limit: Span::secs(600), ..RunOptions::default() };
    let report = play(&format!("{MAP}{forever}"), limit);
    assert_eq!((report.ended, report.passed), (Ended::TimeLimit, false), "{report}");
    let events = RunOptions { max_instants: 50, ..RunOptions::default() };
    let report = play(&format!("{MAP}{forever}"), events);
    assert_eq!((report.ended, report.passed), (Ended::EventLimit, false), "{report}");
    let until = RunOptions { until: Some(SimTime(30_000_000_000)), ..RunOptions::default() };
    let report = play(&format!("{MAP}{forever}"), until);
    assert_eq!((report.ended, report.ended_at), (Ended::Until, SimTime(30_000_000_000)), "{report}");
}

#[test]
fn slicing_time_changes_nothing() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
    let (scenario, _) = parse(&SourceText::new("m.yaml", text), &|_| Err("no files".into()));
    let scenario = Arc::new(scenario.expect("a bare manifest"));
    let whole = Run::new(Arc::clone(&scenario), RunOptions::default()).to_end();
    let mut run = Run::new(scenario, RunOptions::default());
    let mut t = 0;
    while !run.step_until(SimTime(t)) {
        t += 1_700_000_000;
    }
    let sliced = run.report();
    assert_eq!(
        (whole.ended, whole.ended_at, whole.revision),
        (sliced.ended, sliced.ended_at, sliced.revision)
    );
    assert!(whole.passed && whole.ended == Ended::Quiet, "{whole}");
}
