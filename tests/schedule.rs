//! `podium schedule` as a shell sees it.

mod shell;

use serde_json::Value;
use shell::*;

const CLUSTER: &str = "tests/data/schedule/cluster.yaml";
const WEB: &str = "tests/data/schedule/web.yaml";
const KINDS: &str = "tests/data/schedule/kinds.yaml";
const LARGE: &str = "tests/data/schedule/large.yaml";

/// `schedule --cluster CLUSTER` and more.
fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["schedule", "--cluster", CLUSTER], more].concat()
}

/// The rows of the first table, cells separated by single spaces.
fn rows(text: &str) -> Vec<String> {
    let lines = text.lines().take_while(|l| !l.is_empty()).skip(1);
    lines.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn pods_get_nodes_or_reasons() {
    for (name, file, more, code, want) in [
        (
            "a deployment of which one fits",
            WEB,
            &[][..],
            1,
            &["web-1 node-3 - 1 of 3", "web-2 <none> - 0 of 3", "web-3 <none> - 0 of 3"][..],
        ),
        (
            "one that makes room",
            LARGE,
            &["--preempt"],
            1,
            &["large node-3 - 1 of 1", "picky <none> - 0 of 3"],
        ),
        ("one that could", LARGE, &[], 1, &["large <none> - 0 of 3", "picky <none> - 0 of 3"]),
    ] {
        let out = ends(&with(&[&["--pods", file], more].concat()), code);
        assert_eq!(rows(&out), want, "{name}\n{out}");
    }
    let out = ends(&with(&["--pods", WEB]), 1);
    for line in [
        "web-2 and 1 more of deployment/web",
        "0/3 nodes are available: 1 node(s) had untolerated taint {gpu: true}, 2 Insufficient cpu.",
        "- taint gpu=true:NoSchedule on node-1: tolerate it or take it off; nothing else is in the way",
        "- cpu: it asks for 600m; 100m short on node-2 (500m of 2 free) and 200m short on node-3",
        "room: it would fit on node-3 if shop/batch-1 (priority -10) left; --preempt does that",
        "1 of 3 pods have a node",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
    let out = ends(&with(&["--pods", LARGE, "--preempt"]), 1);
    assert!(out.contains("large: room was made on node-3: shop/batch-1 (priority -10) left"), "{out}");
    let out = ends(&["schedule", "--cluster", CLUSTER, "--pending"], 0);
    assert_eq!(rows(&out)[0].split(' ').take(2).collect::<Vec<_>>(), ["shop/waits-1", "node-3"], "{out}");
}

#[test]
fn workloads_stand_for_the_pods_that_their_controllers_make() {
    let v = json(&ends(&with(&["--pods", KINDS, "--json"]), 1));
    let have: Vec<String> = v["pods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            format!(
                "{} {} {}",
                p["name"].as_str().unwrap(),
                p["from"].as_str().unwrap(),
                p["status"].as_str().unwrap()
            )
        })
        .collect();
    let want = [
        // Who names a node is there already; then comes who is most important.
        "bound pod/bound named",
        "agent-node-3 kube-system/daemonset/agent placed",
        "agent-node-2 kube-system/daemonset/agent placed",
        "store-0 statefulset/store placed",
        "store-1 statefulset/store placed",
        "sum-1 job/sum placed",
        "sum-2 job/sum placed",
        "old-1 replicationcontroller/old placed",
        "set-1 replicaset/set placed",
        "set-2 replicaset/set placed",
        "gated pod/gated held",
        "other pod/other held",
    ];
    assert_eq!(have, want);
    for p in v["pods"].as_array().unwrap().iter().filter(|p| p["from"] == "kube-system/daemonset/agent") {
        assert_eq!(p["name"].as_str().unwrap().strip_prefix("agent-"), p["node"].as_str());
    }
}

#[test]
fn json_has_all_of_it() {
    let v = json(&ends(&with(&["--pods", LARGE, "--json", "--explain", "large"]), 1));
    assert_eq!(
        (v["nodes"].as_u64(), v["placed"].as_u64(), v["unplaced"].as_u64()),
        (Some(3), Some(0), Some(2))
    );
    let p = &v["pods"][0];
    assert_eq!(
        (p["name"].as_str(), p["status"].as_str(), p["node"].is_null()),
        (Some("large"), Some("refused"), true)
    );
    assert_eq!(p["room"]["node"], "node-3");
    assert_eq!(p["room"]["leave"][0]["pod"], "shop/batch-1");
    assert_eq!(p["room"]["done"], false);
    assert_eq!(p["reasons"][0]["reason"], "Insufficient cpu");
    assert_eq!(p["reasons"][0]["nodes"], 2);
    let cpu = p["advice"].as_array().unwrap().iter().find(|a| a["change"] == "free").unwrap();
    assert_eq!((cpu["subject"].as_str(), cpu["places"][0]["node"].as_str()), (Some("cpu"), Some("node-3")));
    assert_eq!(
        (cpu["places"][0]["short"].as_i64(), cpu["places"][0]["alone"].as_bool()),
        (Some(800), Some(true))
    );
    let taint = p["advice"].as_array().unwrap().iter().find(|a| a["change"] == "taint").unwrap();
    assert_eq!(taint["taint"]["key"], "gpu");
    let nodes = v["explain"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 3);
    assert!(nodes.iter().all(|n| !n["verdicts"].as_array().unwrap().is_empty()));

    let v = json(&ends(&with(&["--pods", WEB, "--fit", "--json"]), 1));
    assert_eq!(
        (v["fits"][0]["replicas"].as_u64(), v["fits"][0]["end"]["why"].as_str()),
        (Some(1), Some("full"))
    );
    let v = json(&ends(&with(&["--pods", WEB, "--compare", "default", "default", "--json"]), 1));
    assert_eq!(v["moved"].as_array().map(Vec::len), Some(0));
    assert_eq!(v["first"]["utilisation"], v["second"]["utilisation"]);
    assert_eq!(v["before"]["fragmented"]["of"], 3);
    assert!(v["first"]["utilisation"]["cpu"]["mean"].as_f64() > v["before"]["cpu"]["mean"].as_f64());
}

#[test]
fn one_decision_is_told_in_full() {
    let out = ends(&with(&["--pods", KINDS, "--explain", "default/store-0"]), 1);
    for line in [
        "store-0 goes to node-",
        "Filters",
        "1 NodeUnschedulable",
        "untolerated taint {gpu: true}",
        "Scores",
        "TaintToleration (weight 3)",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
    let totals: Vec<i64> = out
        .lines()
        .skip_while(|l| !l.starts_with("NODE    TOTAL"))
        .skip(1)
        .take(2)
        .map(|l| l.split_whitespace().nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(totals.len() == 2 && totals[0] >= totals[1], "{out}");
}

#[test]
fn replicas_are_counted_until_one_does_not_fit() {
    let t = Temp::new("schedule-fit");
    let tiny = t.file("tiny.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: tiny}\nspec:\n  containers:\n  - {name: c, image: c, resources: {requests: {cpu: 250m}}}\n");
    let out = ends(&with(&["--pods", &tiny, "--fit"]), 0);
    assert!(out.starts_with("pod/tiny: 6 replicas fit on 2 nodes\n"), "{out}");
    assert!(out.contains("node-2  2\nnode-3  4\n") && out.contains("Insufficient cpu"), "{out}");
    let out = ends(&with(&["--pods", &tiny, "--fit", "--limit", "3"]), 0);
    assert!(out.contains("3 replicas fit") && out.contains("the limit is reached"), "{out}");
}

#[test]
fn the_seed_decides_between_equals_and_nothing_else() {
    let nodes: String = (0..8)
        .map(|i| format!("- {{apiVersion: v1, kind: Node, metadata: {{name: n{i}}}, status: {{allocatable: {{cpu: 4, memory: 4Gi, pods: 10}}}}}}\n"))
        .collect();
    let t = Temp::new("schedule-seed");
    let c = t.file("c.yaml", &format!("apiVersion: v1\nkind: List\nitems:\n{nodes}"));
    let at = |seed: &str| ends(&["schedule", "--cluster", &c, "--pods", WEB, "--seed", seed], 0);
    assert_eq!(at("1"), ends(&["schedule", "--cluster", &c, "--pods", WEB], 0));
    let all: std::collections::BTreeSet<String> = (1..9).map(|s| at(&s.to_string())).collect();
    assert!(all.len() > 1, "{all:?}");
}

#[test]
fn json_and_folders_are_read_too() {
    let t = Temp::new("schedule-json");
    let node = |n: &str| {
        let v: Value = serde_json::json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": n},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}}});
        v.to_string()
    };
    t.file("a.json", &node("a"));
    t.file(
        "b.json",
        &format!("{{\"apiVersion\": \"v1\", \"kind\": \"NodeList\", \"items\": [{}]}}", node("b")),
    );
    let folder = t.0.to_str().unwrap().to_owned();
    let out = ends(&["schedule", "--cluster", &folder, "--pods", WEB], 0);
    assert!(out.contains("2 of 2"), "{out}");
    // A large one is read without the places of its values.
    let pad = "x".repeat(17 << 20);
    let big = node("a")
        .replace("\"metadata\":{", &format!("\"metadata\":{{\"annotations\":{{\"pad\":\"{pad}\"}},"));
    let big = t.file("big.json", &big);
    assert!(ends(&["schedule", "--cluster", &big, "--pods", WEB], 0).contains("3 of 3 pods have a node"));
    let broken = t.file("broken.json", &format!("{{\"a\": \"{pad}\",\n\"b\": oops}}"));
    complains(&["schedule", "--cluster", &broken, "--pods", WEB], 5, &["broken.json:2:", "expected"]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let t = Temp::new("schedule-bad");
    let pod = |name: &str, rest: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - {{name: c, image: c{rest}}}\n"
        )
    };
    let deployment = |spec: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  {spec}\n  selector: {{matchLabels: {{a: b}}}}\n  \
             template:\n    metadata: {{labels: {{a: b}}}}\n    spec: {{containers: [{{name: c, image: c}}]}}\n"
        )
    };
    let pods: &[(&str, String, &[&str])] = &[
        ("an empty file", String::new(), &["bad.yaml: error: it holds no object"]),
        (
            "no pod",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".into(),
            &["no pod and no workload", "expected one of Pod"],
        ),
        ("broken yaml", "apiVersion: v1\nkind: [\n".into(), &["bad.yaml:", "error"]),
        ("an unknown field", pod("a", ", imagge: x"), &["bad.yaml:6:", "imagge", "did you mean `image`?"]),
        (
            "an unknown kind",
            "apiVersion: v1\nkind: Pood\nmetadata: {name: a}\n".into(),
            &["bad.yaml:2:", "Pood", "Pod"],
        ),
        ("a quantity that is none", pod("a", ", resources: {requests: {cpu: 1gb}}"), &["bad.yaml:6:", "1gb"]),
        (
            "below zero",
            pod("a", ", resources: {requests: {cpu: -1}}"),
            &["bad.yaml:6:", "a request of -1", "expected 0 or more"],
        ),
        (
            "twice",
            format!("{}---\n{}", pod("a", ""), pod("a", "")),
            &["bad.yaml:10:", "is there twice; the first is at line 1 of"],
        ),
        (
            "replicas below zero",
            deployment("replicas: -1"),
            &["bad.yaml:5:", "-1 pods", "expected 0 or more"],
        ),
        ("far too many", deployment("replicas: 999999999999"), &["bad.yaml:5:", "expected at most 1000000"]),
        (
            "a bad label",
            pod("a", "").replace("{name: a}", "{name: a, labels: {'-x': y}}"),
            &["bad.yaml:3:", "-x"],
        ),
        (
            "affinity of the wrong type",
            pod("a", "") + "  affinity: {podAffinity: 3}\n",
            &["bad.yaml:7:", "podAffinity"],
        ),
    ];
    for (name, text, want) in pods {
        let file = t.file("bad.yaml", text);
        println!("{name}");
        complains(&with(&["--pods", &file]), 5, want);
    }
    let node = |name: &str, cpu: &str| {
        format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nstatus: {{allocatable: {{cpu: {cpu}, memory: 1Gi, pods: 9}}}}\n"
        )
    };
    let clusters: &[(&str, String, &[&str])] = &[
        ("an empty file", "# nothing\n".into(), &["it holds no object", "kubectl get nodes,pods -A -o yaml"]),
        (
            "a node twice",
            format!("{}---\n{}", node("a", "1"), node("a", "1")),
            &["bad.yaml:8:", "a node of the name a is there twice"],
        ),
        ("a node below zero", node("a", "-1"), &["bad.yaml:4:", "an amount of -1"]),
        (
            "a pod twice",
            format!("{}---\n{}", pod("a", ""), pod("a", "")),
            &["a pod of the name a is there twice"],
        ),
        (
            "a pod below zero",
            pod("a", ", resources: {requests: {cpu: -1}}"),
            &["bad.yaml:6:", "a request of -1"],
        ),
    ];
    for (name, text, want) in clusters {
        let file = t.file("bad.yaml", text);
        println!("{name}");
        complains(&["schedule", "--cluster", &file, "--pods", WEB], 5, want);
    }
    let file = t.file("db.yaml", &pod("db-0", "").replace("{name: db-0}", "{name: db-0, namespace: shop}"));
    complains(&with(&["--pods", &file]), 5, &["db.yaml:3:", "is in the cluster already"]);
    complains(
        &["schedule", "--cluster", "tests/data/schedule/clutser.yaml", "--pods", WEB],
        5,
        &["there is no such file", "did you mean", "cluster.yaml"],
    );
    complains(
        &["schedule", "--cluster", "tests/data/schedule", "--pods", "tests/golden/none"],
        5,
        &["there is no such file"],
    );
    let empty = t.path("empty");
    std::fs::create_dir_all(&empty).unwrap();
    complains(
        &["schedule", "--cluster", &empty, "--pods", WEB],
        5,
        &["the folder holds no .yaml, .yml or .json file"],
    );
}

#[test]
fn usage_is_checked() {
    for (args, texts) in [
        (&["--pods", WEB, "--explain", "wbe-1"][..], &["there is no such pod", "did you mean web-1?"][..]),
        (&["--pods", KINDS, "--explain", "gated"], &["no decision is made about it", "scheduling gates"]),
        (&["--pods", WEB, "--compare", "default"], &["2 values"]),
        (&["--pods", WEB, "--fit", "--preempt"], &["cannot be used with"]),
        (&["--pods", WEB, "--limit", "3"], &["--fit"]),
        (&["--pods", WEB, "--config", "a", "--config", "b", "--config", "c"], &["3 times"]),
        (&[], &["--pods"]),
    ] {
        complains(&with(args), 2, texts);
    }
    assert!(ends(&["schedule", "--help"], 0).contains("Examples:"));
}

#[test]
fn odd_clusters_are_taken_as_they_are() {
    let t = Temp::new("schedule-odd");
    let o = run(&with(&["--pods", WEB]));
    for note in [
        "ConfigMap 1, Widget 1",
        "1 pod not counted: the nodes are not in the files (node-9)",
        "1 pod without a node in --cluster left out",
    ] {
        assert!(stderr(&o).contains(note), "{}", stderr(&o));
    }
    // A thousand taints, and a node that offers nothing.
    let taints: String = (0..1000).map(|i| format!("  - {{key: t{i}, effect: NoSchedule}}\n")).collect();
    let nodes = format!(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: a}}\nspec:\n  taints:\n{taints}---\napiVersion: v1\nkind: Node\nmetadata: {{name: b}}\n"
    );
    let c = t.file("c.yaml", &nodes);
    let out = ends(&["schedule", "--cluster", &c, "--pods", WEB], 1);
    assert!(out.contains("more; --json has them all"), "{out}");
    assert!(
        stderr(&run(&["schedule", "--cluster", &c, "--pods", WEB]))
            .contains("without status.allocatable.pods")
    );
    // More than any number holds fits nowhere.
    let huge = t.file("huge.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: huge}\nspec:\n  containers:\n  - {name: c, image: c, resources: {requests: {cpu: 1e30, memory: 9Ei}}}\n");
    assert!(ends(&with(&["--pods", &huge]), 1).contains("Insufficient memory"));
    // No node at all.
    let none = t.file("none.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n");
    assert!(
        ends(&["schedule", "--cluster", &none, "--pods", WEB], 1)
            .contains("no nodes available to schedule pods")
    );
    // Control characters do not reach the terminal.
    let odd = t.file("odd.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: \"a\\e[31m\"}\nstatus: {allocatable: {cpu: 4, memory: 4Gi, pods: 9}}\n");
    assert!(!ends(&["schedule", "--cluster", &odd, "--pods", WEB], 0).contains('\u{1b}'));
}
