//! One scheduling decision on 5,000 nodes, the pod assumed on its node as in the cluster.

// criterion's macros make public functions without documentation.
#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use podium_sim::object::{Node, Obj, Pod, Str, Uid};
use podium_sim::scheduler::fast::Decider;
use podium_sim::scheduler::framework::PodInfo;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::snapshot::Cache;
use serde_json::{Value, json};
use std::sync::Arc;

const NODES: usize = 5_000;

fn object(v: Value) -> Obj {
    Obj::from_value(v).expect("an object")
}

fn node(i: usize) -> Arc<Node> {
    let resources = json!({"cpu": "32", "memory": "64Gi", "pods": "110"});
    let node = object(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{i}")},
        "status": {"capacity": resources, "allocatable": resources,
            "conditions": [{"type": "Ready", "status": "True"}]}}));
    node.as_node().expect("a node").clone()
}

fn scheduler(c: &mut Criterion) {
    let pod = object(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"schedulerName": "default-scheduler", "containers": [{"name": "app", "image": "app:1",
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}]}}),
    );
    let pod = pod.as_pod().expect("a pod").clone();
    let mut cache = Cache::default();
    cache.set_nodes((0..NODES).map(node));
    let mut decider = Decider::new(Profile::standard());
    let (mut n, mut start) = (0u64, 0);
    let mut group = c.benchmark_group(format!("scheduler, {NODES} nodes"));
    group.bench_function("decide and assume", |b| {
        b.iter_batched(
            || {
                n += 1;
                let mut pod = Pod::clone(&pod);
                pod.metadata.uid = Uid(u128::from(n));
                PodInfo::new(Arc::new(pod))
            },
            |info| {
                let decided = decider.decide(&info, &cache, start, &mut || 7);
                start = decided.next_start;
                let row = decided.winner.expect("a node fits");
                let name: Str = cache.row(row).name.clone();
                let uid = info.pod.metadata.uid;
                cache.assume(&info, &name);
                // Taken off again, so that the cluster never fills up however long this runs.
                cache.forget(uid);
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, scheduler);
criterion_main!(benches);
