//! Recorded runs of the real kube-scheduler (v1.34.1) on clusters of 130 to 170 nodes, pod after pod: the order of
//! nodes as they come and go, how many are looked at, where the next search begins, and the messages.
//!
//! Compared are the attempts that the plugins here decide alone: pods without required pod affinity, hard topology
//! spreading and host ports, in clusters without required anti-affinity.

use flate2::read::GzDecoder;
use podium_sim::object::{Node, Pod, Str};
use podium_sim::scheduler::explain::{Search, explain};
use podium_sim::scheduler::fast::Decider;
use podium_sim::scheduler::framework::PodInfo;
use podium_sim::scheduler::message::fit_error;
use podium_sim::scheduler::plugins::ALL;
use podium_sim::scheduler::snapshot::Cache;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

#[derive(Deserialize)]
struct Line {
    name: String,
    nodes: Vec<Arc<Node>>,
    pods: Vec<Arc<Pod>>,
    order: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Step {
    Schedule(Box<Attempt>),
    DeletePod(String),
    AddNode { node: Arc<Node>, order: Vec<String> },
    RemoveNode { name: String, order: Vec<String> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attempt {
    pod: Arc<Pod>,
    bind: Str,
    next_start: u32,
    #[serde(default)]
    compare: bool,
    #[serde(default)]
    feasible: u32,
    #[serde(default)]
    evaluated: Option<u32>,
    #[serde(default)]
    unschedulable: String,
}

fn order(cache: &Cache) -> Vec<&str> {
    cache.view().nodes().map(|n| n.name.as_str()).collect()
}

#[test]
fn windows_and_messages_are_those_of_the_real_scheduler() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scheduler-sequences-v1.34.1.jsonl.gz");
    let file = std::fs::File::open(path).expect("the data file is there");
    let (mut compared, mut partial) = (0, 0);
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let line: Line = serde_json::from_str(&line.expect("the data file is whole")).expect("it is JSON");
        let mut cache = Cache::default();
        let mut decider = Decider::new(ALL, 0);
        let mut placed = BTreeMap::new();
        cache.set_nodes(line.nodes);
        assert_eq!(order(&cache), line.order, "{}", line.name);
        for p in line.pods {
            placed.insert(p.metadata.name.clone(), p.metadata.uid);
            cache.set_pod(p);
        }
        let mut start = 0;
        for (i, step) in line.steps.into_iter().enumerate() {
            let at = format!("{}, step {i}", line.name);
            match step {
                Step::DeletePod(name) => {
                    let name = name.rsplit('/').next().unwrap_or(&name);
                    let uid = placed.remove(name).unwrap_or_else(|| panic!("{at}: no pod {name}"));
                    cache.remove_pod(uid);
                }
                Step::AddNode { node, order: want } => {
                    cache.set_node(node);
                    assert_eq!(order(&cache), want, "{at}");
                }
                Step::RemoveNode { name, order: want } => {
                    cache.remove_node(&name);
                    assert_eq!(order(&cache), want, "{at}");
                }
                Step::Schedule(a) => {
                    let info = PodInfo::new(a.pod.clone());
                    if a.compare {
                        let d = decider.decide(&info, &cache, start, &mut || 0);
                        let (nodes, pods) = cache.objects();
                        let e = explain(&nodes, &pods, &a.pod, Search { start, ..Search::default() });
                        let message = d.diagnosis.as_ref().map_or(String::new(), |d| {
                            fit_error(nodes.len(), d.all.as_ref(), &d.reasons, None)
                        });
                        assert_eq!(
                            (message.as_str(), e.message.as_str()),
                            (a.unschedulable.as_str(), message.as_str()),
                            "{at}"
                        );
                        assert_eq!((d.feasible, d.next_start), (a.feasible, a.next_start), "{at}");
                        assert_eq!((e.feasible, e.next_start), (a.feasible, a.next_start), "{at}");
                        if let Some(evaluated) = a.evaluated {
                            assert_eq!(d.looked_at, evaluated, "{at}");
                            partial += usize::from((evaluated as usize) < nodes.len());
                        }
                        compared += 1;
                    }
                    start = a.next_start;
                    if !a.bind.is_empty() {
                        cache.assume(&info, &a.bind);
                        placed.insert(a.pod.metadata.name.clone(), a.pod.metadata.uid);
                    }
                }
            }
        }
    }
    assert!(compared > 200 && partial > 50, "{compared} {partial}");
}
