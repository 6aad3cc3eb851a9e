//! `podium why` of a pod: what the scheduler decided about it, below the chain of causes.

mod shell;

use serde_json::Value;
use shell::*;

const NO_ROOM: &str = "scenarios/regress/no-room.yaml";
const PREEMPTION: &str = "scenarios/regress/preemption.yaml";
const SPREAD: &str = "scenarios/regress/spread.yaml";

/// One node too small, one tainted, one too small by less: and a pod that a gate holds, one of another scheduler.
const MIXED: &str = "apiVersion: podium.dev/v1alpha1
kind: Scenario
metadata: {name: mixed}
spec:
  cluster:
    nodes:
      - {name: small, cpu: \"1\"}
      - {name: apart, cpu: \"8\", taints: [{key: team, value: blue, effect: NoSchedule}]}
      - {name: less, cpu: \"2\"}
  images:
    - {match: \"web:*\"}
  steps:
    - name: go
      apply:
        manifests:
          - apiVersion: v1
            kind: Pod
            metadata: {name: big}
            spec: {containers: [{name: main, image: \"web:1\", resources: {requests: {cpu: \"3\"}}}]}
          - apiVersion: v1
            kind: Pod
            metadata: {name: gated}
            spec: {schedulingGates: [{name: example.com/quota}], containers: [{name: main, image: \"web:1\"}]}
          - apiVersion: v1
            kind: Pod
            metadata: {name: other}
            spec: {schedulerName: mine, containers: [{name: main, image: \"web:1\"}]}
";

/// A dozen nodes with room and a dozen without.
fn many() -> String {
    let node = |i: usize| format!("      - {{name: n-{i:02}, cpu: \"{}\"}}\n", if i < 12 { 4 } else { 1 });
    let nodes: String = (0..24).map(node).collect();
    format!(
        "apiVersion: podium.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: many}}\nspec:\n  cluster:\n    nodes:\n{nodes}  \
         images:\n    - {{match: \"web:*\"}}\n  steps:\n    - name: go\n      apply:\n        manifests:\n          \
         - apiVersion: v1\n            kind: Pod\n            metadata: {{name: p}}\n            \
         spec: {{containers: [{{name: main, image: \"web:1\", resources: {{requests: {{cpu: 1500m}}}}}}]}}\n"
    )
}

/// What stands below the chain of causes.
fn below(args: &[&str]) -> String {
    let text = ends(&[&["why"], args].concat(), 0);
    let (_, below) = text.split_once("\n\n").unwrap_or_else(|| panic!("nothing below the chain:\n{text}"));
    below.to_owned()
}

#[test]
fn decisions_are_told() {
    let t = Temp::new("why-told");
    let mixed = t.file("mixed.yaml", MIXED);
    let cases: &[(&[&str], &[&str])] = &[
        (
            &[NO_ROOM, "pod/big", "--decision", "1"],
            &[
                "Scheduling decision 1 of 2 at 00:01:00.004, attempt 1",
                "queued at",
                "big: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes",
                "  - cpu: it asks for 1500m; 250m short on node-1 (1250m of 2 free); nothing else is in the way there",
                "node-1  ok  ok  ok  no  Insufficient cpu",
            ],
        ),
        (
            &[NO_ROOM, "pod/big", "--at", "100s"],
            &["Scheduling decision at 00:01:00.004, attempt 1", "big: 0/1 nodes are available"],
        ),
        (
            &[NO_ROOM, "pod/big"],
            &[
                "Scheduling decision 2 of 2 at 00:02:00.159, attempt 2",
                "tried again at 00:02:00.159 because of AssignedPodDelete",
                "has Succeeded: all its containers are done.",
                "big goes to node-1: 1 of 1 nodes looked at were feasible",
                "node-1  ok  ok  ok  ok  feasible",
                "only one node is feasible, so there is nothing to score",
            ],
        ),
        (
            &[SPREAD, "pod/web-*", "--at", "30s"],
            &[
                ": 0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
                "apart from pods with app=web by kubernetes.io/hostname: c (web-",
                "5 PodTopologySpread",
                "a     ok  ok  ok  ok  ok  no  node(s) didn't match pod anti-affinity rules",
            ],
        ),
        (
            &[PREEMPTION, "pod/high", "--decision", "1"],
            &[
                "high: 0/2 nodes are available: 2 Insufficient cpu.",
                "preemption: it is to get node-2 once these have left: free (priority 0)",
            ],
        ),
        (
            &[PREEMPTION, "pod/high"],
            &[
                "because of AssignedPodDelete",
                "Pod free has Succeeded",
                "high goes to node-2",
                "it was nominated to node-2 before",
            ],
        ),
        (
            &[WEB, "pod/web-*"],
            &["Scores: raw, normalised, weighted", "TaintToleration (weight 3)", "0 100 300"],
        ),
        (
            &[&mixed, "pod/big"],
            &[
                "big: 0/3 nodes are available: 1 node(s) had untolerated taint {team: blue}, 2 Insufficient cpu.",
                "  - taint team=blue:NoSchedule on apart: tolerate it or take it off; nothing else is in the way there",
                "cpu: it asks for 3; 1 short on less (2 of 2 free) and 2 short on small (1 of 1 free)",
            ],
        ),
        (
            &[PREEMPTION, "pod/free"],
            &["Scheduling decision\n", "never tried: its spec.nodeName is node-2: no scheduler is asked"],
        ),
        (&[&mixed, "pod/gated"], &["never tried: its scheduling gates are not lifted: example.com/quota"]),
        (&[&mixed, "pod/other"], &["never tried: its schedulerName is mine"]),
    ];
    let mut wrong = Vec::new();
    for (args, lines) in cases {
        let text = below(args);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for l in *lines {
            // Long lines are wrapped.
            if !text.contains(l) && !flat.contains(&l.split_whitespace().collect::<Vec<_>>().join(" ")) {
                wrong.push(format!("podium why {}: {l:?} is not in\n{text}", args.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_decisions_are_a_line_each() {
    let text = below(&[NO_ROOM, "pod/big", "--all-decisions"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[1].starts_with("#  TIME"), "{text}");
    assert!(lines[2].contains("no node") && lines[2].ends_with("it has no node yet."), "{text}");
    assert!(
        lines[3].contains("node-1 (score 0)") && lines[3].contains("AssignedPodDelete: Pod web-"),
        "{text}"
    );
    let text = below(&[PREEMPTION, "pod/high", "--all-decisions"]);
    assert!(text.contains("no node; node-2 once others leave"), "{text}");
}

/// The chain stands first, and alone where that is asked or where there is no pod.
#[test]
fn the_chain_comes_first() {
    let whole = ends(&["why", NO_ROOM, "pod/big"], 0);
    let chain = ends(&["why", NO_ROOM, "pod/big", "--chain"], 0);
    assert!(whole.starts_with(&chain) && whole.len() > chain.len(), "{chain}");
    assert!(!chain.contains("Scheduling decision") && !chain.contains("\n\n"), "{chain}");
    let deployment = ends(&["why", NO_ROOM, "deploy/web"], 0);
    assert_eq!(deployment, ends(&["why", NO_ROOM, "deploy/web", "--chain"], 0));
}

#[test]
fn of_many_nodes_some_are_shown() {
    let t = Temp::new("why-many");
    let file = t.file("many.yaml", &many());
    let winner = json(&ends(&["why", &file, "pod/p", "--json"], 0))["decision"]["node"].clone();
    let rows =
        |text: &str| text.lines().filter(|l| l.starts_with("n-")).map(str::to_owned).collect::<Vec<_>>();
    let some = below(&[&file, "pod/p"]);
    let lines = rows(&some);
    // Four of the best with their scores, and two that are too small.
    assert_eq!(lines.len(), 6 + 4, "{some}");
    for first in [&lines[0], &lines[6]] {
        assert!(first.starts_with(winner.as_str().unwrap()), "the winner comes first:\n{some}");
    }
    assert_eq!(some.matches("Insufficient cpu").count(), 2, "{some}");
    assert!(some.contains("18 more nodes of 24 left out; --nodes all shows them"), "{some}");
    assert!(some.contains("12 nodes have the highest total: a draw chose among them"), "{some}");
    let all = below(&[&file, "pod/p", "--nodes", "all"]);
    assert_eq!(rows(&all).len(), 24 + 12, "{all}");
    assert!(!all.contains("left out"), "{all}");
}

fn fields(v: &Value) -> Vec<&str> {
    v.as_object().unwrap_or_else(|| panic!("{v}")).keys().map(String::as_str).collect()
}

#[test]
fn json_has_stable_fields() {
    let why = |args: &[&str]| json(&ends(&[&["why"], args, &["--json"]].concat(), 0));
    let v = why(&[PREEMPTION, "pod/high", "--decision", "1"]);
    assert_eq!(fields(&v), ["decision", "decisions", "headline", "lines", "root", "untried"]);
    let summary = [
        "at_s",
        "attempt",
        "feasible",
        "looked_at",
        "moved",
        "node",
        "nominated",
        "number",
        "profile",
        "reasons",
        "record",
        "rejectors",
        "result",
        "score",
        "victims",
    ];
    let all = v["decisions"].as_array().unwrap();
    assert_eq!((all.len(), fields(&all[0])), (2, summary.to_vec()));
    assert_eq!((&all[0]["result"], &all[1]["result"]), (&"nominated".into(), &"placed".into()));
    let d = &v["decision"];
    let mut whole = [&summary[..], &["advice", "agrees", "explain", "message", "repeated"]].concat();
    whole.sort_unstable();
    assert_eq!(fields(d), whole);
    assert_eq!((&d["repeated"], &d["agrees"], &d["node"]), (&true.into(), &true.into(), &Value::Null));
    assert_eq!((&d["nominated"], &d["number"]), (&"node-2".into(), &1.into()));
    let victim = serde_json::json!([{"namespace": "default", "name": "free", "priority": 0}]);
    assert_eq!(d["victims"], victim);
    assert_eq!(d["message"], "0/2 nodes are available: 2 Insufficient cpu.");
    assert_eq!(d["advice"][0]["places"][0]["short"], 1000);
    assert_eq!(d["explain"]["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(fields(&d["moved"]), ["at_s", "cause", "event", "record"]);
    let second = why(&[PREEMPTION, "pod/high"]);
    assert_eq!(second["decision"]["moved"]["event"], "AssignedPodDelete");
    assert!(second["decision"]["moved"]["cause"]["text"].as_str().unwrap().contains("free"), "{second}");
    assert_eq!(why(&[PREEMPTION, "pod/high", "--all-decisions"])["decision"], Value::Null);
    let free = why(&[PREEMPTION, "pod/free"]);
    assert_eq!((&free["decisions"], &free["decision"]), (&Value::Array(vec![]), &Value::Null));
    assert!(free["untried"].as_str().unwrap().contains("spec.nodeName"), "{free}");
    let plain = ["headline", "lines", "root"];
    assert_eq!(fields(&why(&[PREEMPTION, "pod/high", "--chain"])), plain);
    assert_eq!(fields(&why(&[NO_ROOM, "deploy/web"])), plain);
}

/// A decision comes out once more as it was recorded.
#[test]
fn repeated_decisions_agree() {
    for (file, pod) in
        [(K08, "pod/web-*"), ("scenarios/regress/cordon-reschedule.yaml", "pod/web-*"), (WEB, "pod/web-*")]
    {
        let v = json(&ends(&["why", file, pod, "--json"], 0));
        let d = &v["decision"];
        assert_eq!(d["agrees"], true, "{file}: {d}");
        let nodes = d["explain"]["nodes"].as_array().unwrap();
        let winner = nodes.iter().find(|n| n["node"] == d["node"]).unwrap();
        assert_eq!(winner["total"], d["score"], "{file}: {d}");
    }
}

#[test]
fn a_trace_says_the_same() {
    let t = Temp::new("why-trace");
    let trace = t.path("t.podium-trace");
    for level in ["full", "lifecycle"] {
        ends(&["play", PREEMPTION, "--trace", &trace, "--trace-level", level], 0);
        for n in ["1", "2"] {
            let of = |file: &str| below(&[file, "pod/high", "--decision", n]);
            assert_eq!(of(PREEMPTION), of(&trace), "level {level}, decision {n}");
        }
    }
}

#[test]
fn mistakes() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["pod/big", "--decision", "99"],
            &["--decision 99: there are 2 about pod big", "help: --all-decisions"],
        ),
        (&["pod/big", "--decision", "2", "--at", "100s"], &["--decision 2: there is 1 about pod big"]),
        (&["pod/big", "--decision", "0"], &["--decision"]),
        (&["deploy/web", "--decision", "1"], &["only pods have scheduling decisions", "help:"]),
        (&["deploy/web", "--all-decisions"], &["only pods have scheduling decisions"]),
        (&["pod/big", "--chain", "--decision", "1"], &["--chain", "--decision"]),
        (&["pod/big", "--all-decisions", "--decision", "1"], &["--all-decisions"]),
        (&["pod/big", "--nodes", "none"], &["some, all"]),
    ];
    for (args, texts) in cases {
        complains(&[&["why", NO_ROOM], *args].concat(), 2, texts);
    }
    complains(
        &["why", PREEMPTION, "pod/free", "--decision", "1"],
        2,
        &["there is none", "spec.nodeName", "help:"],
    );
}
