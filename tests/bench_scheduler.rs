//! `podium bench scheduler` as a shell sees it: files, filters, exit codes, JSON and the plot.

mod shell;

use serde_json::Value;
use shell::*;
use std::path::Path;

const GOOD: &str = "- name: Mine\n  defaultPodTemplatePath: ../templates/pod.yaml\n  workloadTemplate:\n  \
    - {opcode: createNodes, countParam: $nodes}\n  - {opcode: createPods, count: 40, collectMetrics: true}\n  \
    workloads:\n  - {name: 3Nodes, labels: [performance], threshold: 100, params: {nodes: 3}}\n  \
    - {name: None, labels: [slow], params: {nodes: 0}}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: 'pod-{{.Index}}'}\nspec:\n  \
    containers: [{name: c, image: i}]\n";

/// A folder as in the Kubernetes repository: a workload file beside a folder of templates.
fn checkout(dir: &Path, suite: &str) -> String {
    std::fs::create_dir_all(dir.join("mine")).expect("a folder");
    std::fs::create_dir_all(dir.join("templates")).expect("a folder");
    std::fs::write(dir.join("mine/performance-config.yaml"), suite).expect("a file");
    std::fs::write(dir.join("templates/pod.yaml"), POD).expect("a file");
    dir.display().to_string()
}

#[test]
fn workloads_of_a_checkout_run_as_they_are() {
    let temp = Temp::new("bench-checkout");
    let dir = checkout(&temp.0, GOOD);
    let table = ends(&["bench", "scheduler", &dir], 0);
    assert!(table.contains("Mine/3Nodes") && !table.contains("Mine/None"), "{table}");
    let file = format!("{dir}/mine/performance-config.yaml");
    let json: Value = serde_json::from_str(&ends(&["bench", "scheduler", &file, "--json"], 0)).expect("JSON");
    let item = &json["dataItems"][0];
    assert_eq!((&json["version"], &item["unit"]), (&"v1".into(), &"pods/s".into()));
    assert_eq!(item["labels"]["Metric"], "SchedulingThroughput");
    assert_eq!(item["data"]["AverageThreshold"], 100.0);
    assert_eq!((&item["podium"]["nodes"], &item["podium"]["measured"]), (&3.into(), &40.into()));
    assert!(item["data"]["Average"].as_f64().is_some_and(|f| f > 0.0) && item["data"]["Perc99"].is_f64());
    let list = ends(&["bench", "scheduler", &dir, "--list"], 0);
    assert_eq!(list.lines().count(), 2, "{list}");
    // A workload whose pods have nowhere to go has failed.
    complains(&["bench", "scheduler", &dir, "--workload", "None"], 1, &["Mine/None", "40 pods wait"]);
    complains(&["bench", "scheduler", &dir, "--all"], 1, &["Mine/None"]);
}

#[test]
fn decisions_are_the_same_each_time_and_depend_on_the_seed() {
    let mark = |seed: &str| {
        let args = ["bench", "scheduler", "--workload", "SchedulingBasic/500", "--json", "--seed", seed];
        let json: Value = serde_json::from_str(&ends(&args, 0)).expect("JSON");
        json["dataItems"][0]["podium"]["fingerprint"].clone()
    };
    let one = mark("1");
    assert!(one.is_string());
    assert_eq!(one, mark("1"));
    assert_ne!(one, mark("2"));
}

#[test]
fn mistakes_have_exit_codes_and_places() {
    let temp = Temp::new("bench-mistakes");
    let dir = checkout(&temp.0, &GOOD.replace("countParam: $nodes", "countParam: $node"));
    complains(
        &["bench", "scheduler", &dir],
        5,
        &["performance-config.yaml:4:39: error", "did you mean `$nodes`?"],
    );
    let dir = checkout(&temp.0, &GOOD.replace("pod.yaml", "pods.yaml"));
    complains(&["bench", "scheduler", &dir], 5, &["config.yaml:2:27: error", "pods.yaml", "no such file"]);
    complains(&["bench", "scheduler", "nowhere.yaml"], 5, &["nowhere.yaml", "no such file"]);
    complains(&["bench", "scheduler", "benches"], 5, &["performance-config.yaml below this folder"]);
    complains(
        &["bench", "scheduler", "--workload", "Nothing"],
        2,
        &["`Nothing`", "SchedulingBasic", "--list"],
    );
    complains(&["bench", "scheduler", "--label", "performance,-performance"], 2, &["--list"]);
    complains(&["bench", "scheduler", "--plot", "out.png"], 2, &[".svg"]);
    complains(&["bench", "scheduler", "--workload", "[", "--list"], 2, &["`[`"]);
}

#[test]
fn the_plot_is_a_picture_with_a_line_for_each_test_case() {
    let temp = Temp::new("bench-plot");
    let out = temp.0.join("plot.svg");
    let out = out.to_str().expect("a path");
    ends(
        &[
            "bench",
            "scheduler",
            "--label",
            "short",
            "--workload",
            "^(Sweep|SchedulingSecrets)/",
            "--plot",
            out,
        ],
        0,
    );
    let svg = std::fs::read_to_string(out).expect("the plot");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    for text in ["Sweep", "SchedulingSecrets", "nodes", "microseconds"] {
        assert!(svg.contains(text), "no {text} in the plot");
    }
}
