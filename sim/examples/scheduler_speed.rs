//! Prints how long the scheduler takes for a pod: through the queue, the decision and the assumption.
//!
//! `cargo run --release -p podium-sim --example scheduler_speed`

use podium_sim::config::WorldConfig;
use podium_sim::core::{Core, Cx};
use podium_sim::msg::Comp;
use podium_sim::object::{Node, ObjectMeta, Pod, PodSpec, Str, Uid};
use podium_sim::rng::Rng;
use podium_sim::scheduler::config::SchedulerConfiguration;
use podium_sim::scheduler::fast::Decider;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::queue::SchedulingQueue;
use podium_sim::scheduler::snapshot::Cache;
use podium_sim::trace::{Cause, Level, RecordId};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

fn node(i: u64, reserved: u64) -> Arc<Node> {
    let zone = format!("zone-{}", i % 3);
    let cpu = format!("{}m", 32_000 - reserved);
    let v = json!({
        "metadata": {"name": format!("node-{i}"), "labels": {"topology.kubernetes.io/zone": zone}},
        "status": {"allocatable": {"cpu": cpu, "memory": "128Gi", "pods": "110"}}});
    Arc::new(serde_json::from_value(v).expect("a node"))
}

fn spec(class: u64) -> Arc<PodSpec> {
    let requests = json!({"cpu": format!("{}m", 100 + 10 * class), "memory": "500Mi"});
    let v = json!({"containers": [{"name": "c", "image": "pause", "resources": {"requests": requests}}]});
    Arc::new(serde_json::from_value(v).expect("a spec"))
}

fn measure(name: &str, nodes: u64, pods: u64, classes: u64, shared: bool, percent: i32) {
    let config = WorldConfig { trace: Level::Off, ..WorldConfig::default() };
    let mut core = Core::new(config, 1);
    let mut rng = Rng::new(1, name);
    let mut cache = Cache::default();
    cache.set_nodes((0..nodes).map(|i| node(i, rng.below(8) * 100)).collect::<Vec<_>>());
    let config = SchedulerConfiguration { percentage_of_nodes_to_score: Some(percent), ..Default::default() };
    let profile = Arc::new(Profile::of(&config, &config.profiles[0]).expect("the default profile"));
    let mut queue = SchedulingQueue::new(profile.clone());
    let mut decider = Decider::new(profile);
    let specs: Vec<Arc<PodSpec>> = (0..classes).map(spec).collect();
    let all: Vec<Arc<Pod>> = (0..pods)
        .map(|i| {
            let spec = &specs[(i % classes) as usize];
            let metadata = ObjectMeta {
                name: Str::from(format!("pod-{i}")),
                namespace: "default".into(),
                uid: Uid(u128::from(rng.next())),
                ..ObjectMeta::default()
            };
            let spec = if shared { spec.clone() } else { Arc::new((**spec).clone()) };
            Arc::new(Pod { metadata, spec, ..Pod::default() })
        })
        .collect();
    let mut start = 0;
    let mut placed = 0;
    let began = Instant::now();
    for pod in &all {
        let mut cx = Cx::new(&mut core, Comp::Scheduler, Cause::Record(RecordId(1)));
        queue.add(&mut cx, pod.clone());
    }
    while let Some(q) = queue.pop() {
        let d = decider.decide(&q.info, &cache, start, &mut || rng.next());
        start = d.next_start;
        if let Some(w) = d.winner {
            let name = cache.row(w).name.clone();
            cache.assume(&q.info, &name);
            placed += 1;
        }
        queue.done(q.info.pod.metadata.uid);
    }
    let us = began.elapsed().as_nanos() as f64 / 1e3 / pods as f64;
    println!("{name:<44} {us:>8.2} us/pod {:>10.0} pods/s   {placed} placed", 1e6 / us);
}

fn main() {
    measure("1,000 nodes, one class", 1_000, 20_000, 1, true, 0);
    measure("5,000 nodes, one class", 5_000, 50_000, 1, true, 0);
    measure("5,000 nodes, one class, specs not shared", 5_000, 50_000, 1, false, 0);
    measure("5,000 nodes, 32 classes", 5_000, 50_000, 32, true, 0);
    measure("5,000 nodes, 200 classes (cells thrash)", 5_000, 5_000, 200, true, 0);
    measure("5,000 nodes, one class, all nodes scored", 5_000, 20_000, 1, true, 100);
    measure("15,000 nodes, one class", 15_000, 50_000, 1, true, 0);
}
