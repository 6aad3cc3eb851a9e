//! The real kube-scheduler's answers (v1.34.1), compared with the reference path's, for what its plugins decide.
//!
//! The data are a part of recorded runs of the real scheduler's framework on random clusters; pod affinity,
//! topology spreading, ports and images are cut out of them, and what they decided is not compared.

use flate2::read::GzDecoder;
use podium_sim::object::{Node, Pod};
use podium_sim::scheduler::explain::{Explanation, Search, explain};
use podium_sim::scheduler::framework::PodInfo;
use podium_sim::scheduler::message::hopeless_preemption;
use podium_sim::scheduler::node_tree::in_order;
use podium_sim::scheduler::plugins::ALL;
use podium_sim::scheduler::snapshot::{NodeInfo, View};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: String,
    nodes: Vec<Arc<Node>>,
    pods: Vec<Arc<Pod>>,
    pod: Arc<Pod>,
    order: Vec<String>,
    #[serde(default)]
    expect: BTreeMap<String, Expect>,
    #[serde(default)]
    pre_filter: Option<String>,
    #[serde(default)]
    fit_error: Option<String>,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Expect {
    filter: String,
    #[serde(default)]
    plugin: String,
    #[serde(default)]
    unresolvable: bool,
    #[serde(default)]
    scores: BTreeMap<String, i64>,
}

const SCORED: [&str; 3] = ["TaintToleration", "NodeAffinity", "NodeResourcesFit"];

fn lines() -> impl Iterator<Item = Line> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scheduler-v1.34.1.jsonl.gz");
    let file = std::fs::File::open(path).expect("the data file is there");
    BufReader::new(GzDecoder::new(file)).lines().map(|l| {
        let l = l.expect("the data file is whole");
        serde_json::from_str(&l).unwrap_or_else(|e| panic!("{e} in {l}"))
    })
}

fn run(l: &Line, nodes: &[Arc<Node>]) -> Explanation {
    explain(nodes, &l.pods, &l.pod, Search::default())
}

#[test]
fn filters_answer_as_the_real_scheduler() {
    let (mut rejected, mut passed) = (0, 0);
    for l in lines() {
        let nodes = in_order(&l.nodes);
        let order: Vec<&str> = nodes.iter().map(|n| n.metadata.name.as_str()).collect();
        assert_eq!(order, l.order, "{}: order of nodes", l.name);
        let e = run(&l, &nodes);
        if let Some(want) = &l.pre_filter {
            let have = e.rejected.map(|(_, r)| r.reasons.join(", "));
            assert_eq!(have.as_ref(), Some(want), "{}", l.name);
            continue;
        }
        for n in &e.nodes {
            let Some(want) = l.expect.get(n.node.as_str()) else { continue };
            let at = format!("{}, node {}", l.name, n.node);
            if want.filter == "prefilter-result" {
                assert!(n.left_out, "{at}");
                rejected += 1;
            } else if ALL.iter().any(|p| p.plugin.name() == want.plugin) {
                let (plugin, r) = n.rejected().unwrap_or_else(|| panic!("{at}: {} rejects", want.plugin));
                let have = (r.reasons.join(", "), plugin, r.unresolvable);
                assert_eq!(have, (want.filter.clone(), want.plugin.as_str(), want.unresolvable), "{at}");
                rejected += 1;
            } else {
                // Feasible, or rejected by a plugin that is not there: those before it let the node pass.
                let before: &[&str] = if want.plugin == "NodePorts" { &["NodeResourcesFit"] } else { &[] };
                let wrong = n.rejected().filter(|(p, _)| !before.contains(p));
                assert_eq!(wrong, None, "{at}");
                passed += 1;
            }
        }
    }
    assert!(rejected > 2_000 && passed > 2_000, "{rejected} {passed}");
}

#[test]
fn scores_are_those_of_the_real_scheduler() {
    let mut compared = 0;
    for l in lines() {
        // Normalising needs exactly the nodes that were feasible.
        let feasible: Vec<Arc<Node>> = in_order(&l.nodes)
            .into_iter()
            .filter(|n| l.expect.get(n.metadata.name.as_str()).is_some_and(|e| e.filter.is_empty()))
            .collect();
        if feasible.len() < 2 {
            continue;
        }
        for n in run(&l, &feasible).nodes {
            let want = &l.expect[n.node.as_str()].scores;
            for plugin in SCORED {
                let have = n.scores.iter().find(|s| s.plugin == plugin).map_or(0, |s| s.weighted);
                assert_eq!(have, want.get(plugin).copied().unwrap_or(0), "{}, {}, {plugin}", l.name, n.node);
                compared += 1;
            }
        }
    }
    assert!(compared > 5_000, "{compared}");
}

#[test]
fn messages_are_those_of_the_real_scheduler() {
    let (mut fit, mut hopeless) = (0, 0);
    for l in lines() {
        let Some(want) = &l.fit_error else { continue };
        let nodes = in_order(&l.nodes);
        let e = run(&l, &nodes);
        assert_eq!(&e.message, want, "{}", l.name);
        fit += 1;
        let mut rows: Vec<NodeInfo> = nodes.iter().map(|n| NodeInfo::new(n.clone())).collect();
        for p in &l.pods {
            let row = rows.iter_mut().find(|r| r.name == p.node_name).expect("pods are on nodes");
            let amounts = PodInfo::new(p.clone()).amounts;
            row.add_pod(p.clone(), &amounts);
        }
        let order: Vec<u32> = (0..rows.len() as u32).collect();
        let open: Vec<u32> = (0..rows.len())
            .filter(|i| e.nodes[*i].rejected().is_some_and(|(_, r)| !r.unresolvable))
            .map(|i| i as u32)
            .collect();
        let view = View { rows: &rows, order: &order };
        if let Some(have) = hopeless_preemption(&PodInfo::new(l.pod.clone()), &view, &open) {
            assert_eq!(have, l.message, "{}", l.name);
            hopeless += 1;
        }
    }
    assert!(fit > 10 && hopeless > 5, "{fit} {hopeless}");
}
