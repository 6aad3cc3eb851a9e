//! One pod through the scheduler on 5,000 nodes: into the queue, out of it, decided about, and assumed on its node or
//! put back. Afterwards, and not counted, all is as it was before.

// criterion's macros make public functions without documentation.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use podium_sim::diagnostic::SourceText;
use podium_sim::object::{Node, Pod, Str, Uid};
use podium_sim::perf::{Attempt, Machine};
use podium_sim::scheduler::profile::Profile;
use podium_sim::time::{SimTime, Span};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const NODES: usize = 5_000;
const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

fn node(i: usize) -> Arc<Node> {
    let name = format!("node-{i}");
    let v = json!({"metadata": {"name": name, "labels": {HOST: name, ZONE: format!("zone-{}", i % 3)}},
        "status": {"allocatable": {"cpu": "4", "memory": "32Gi", "pods": "110"}}});
    Arc::new(serde_json::from_value(v).expect("a node"))
}

/// A pod of the replica set `app` that asks for so much processor, with more in its spec.
fn pod(app: &str, cpu: &str, more: &Value) -> Pod {
    let owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": app, "controller": true});
    let resources = json!({"requests": {"cpu": cpu, "memory": "128Mi"}});
    let mut v = json!({
        "metadata": {"namespace": "default", "labels": {"app": app}, "ownerReferences": [owner]},
        "spec": {"schedulerName": "default-scheduler",
            "containers": [{"name": "app", "image": "app:1", "resources": resources}]}});
    for (key, value) in more.as_object().into_iter().flatten() {
        v["spec"][key] = value.clone();
    }
    serde_json::from_value(v).expect("a pod")
}

/// A cluster, and the pod that is tried in it again and again.
struct Bench {
    machine: Machine,
    there: HashMap<Uid, Arc<Pod>>,
    pod: Pod,
    pods: u128,
}

impl Bench {
    /// With so many of the first pods on the nodes, one node after the other.
    fn new(profile: Arc<Profile>, filling: &Pod, count: usize, pod: Pod) -> Bench {
        let mut machine = Machine::new(1, profile);
        machine.add_nodes((0..NODES).map(node).collect());
        let mut bench = Bench { machine, there: HashMap::new(), pod, pods: 0 };
        for i in 0..count {
            let mut p = bench.next(filling);
            p.node_name = Str::from(format!("node-{}", i % NODES));
            let p = Arc::new(p);
            bench.there.insert(p.metadata.uid, p.clone());
            bench.machine.add_pod(p);
        }
        bench
    }

    /// The next replica.
    fn next(&mut self, of: &Pod) -> Pod {
        self.pods += 1;
        let mut p = of.clone();
        p.metadata.uid = Uid(self.pods);
        p.metadata.name = Str::from(format!("pod-{}", self.pods));
        p
    }

    /// Tries one pod; how long that took, and what became of whom.
    fn attempt(&mut self) -> (Duration, Vec<Attempt>) {
        let template = self.pod.clone();
        let pod = Arc::new(self.next(&template));
        let uid = pod.metadata.uid;
        let mut out = Vec::new();
        let began = Instant::now();
        self.machine.add_pod(pod);
        self.machine.run(1, SimTime(u64::MAX), Span::ms(1), &mut out);
        let took = began.elapsed();
        self.machine.delete_pod(uid);
        for a in &out {
            if let Attempt::Evicted(uid) = a {
                self.machine.add_pod(self.there[uid].clone());
            }
        }
        self.machine.take_records();
        (took, out)
    }
}

/// What is to become of each pod.
#[derive(Clone, Copy)]
enum Fate {
    Scheduled,
    Failed,
    Evicts,
}

fn scheduler(c: &mut Criterion) {
    let selector = json!({"matchLabels": {"app": "web"}});
    let term = |key: &str| json!({"labelSelector": selector, "topologyKey": key});
    let apart = json!({"affinity": {"podAntiAffinity":
        {"requiredDuringSchedulingIgnoredDuringExecution": [term(HOST)]}}});
    let together = json!({"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
        [{"weight": 1, "podAffinityTerm": term(ZONE)}]}}});
    let spread = json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": ZONE,
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}]});
    let web = |cpu: &str, more: &Value| pod("web", cpu, more);
    let none = json!({});
    let own = Profile::read(&SourceText::new("packed.yaml", PACKED)).expect("a profile");
    let usual = Profile::standard;
    let classes = [
        ("basic", usual(), web("100m", &none), NODES, web("100m", &none), Fate::Scheduled),
        (
            "required anti-affinity by host",
            usual(),
            web("100m", &apart),
            1_000,
            web("100m", &apart),
            Fate::Scheduled,
        ),
        ("spread over zones", usual(), web("100m", &spread), NODES, web("100m", &spread), Fate::Scheduled),
        (
            "preferred affinity by zone",
            usual(),
            web("100m", &together),
            NODES,
            web("100m", &together),
            Fate::Scheduled,
        ),
        ("unschedulable", usual(), web("100m", &none), NODES, web("5", &none), Fate::Failed),
        (
            "preemption",
            usual(),
            web("1", &none),
            4 * NODES,
            pod("vip", "3", &json!({"priority": 100})),
            Fate::Evicts,
        ),
        // One plugin more, which is asked about every node anew: see docs/scheduler-plugin.md.
        ("basic, with PackByOwner", own, web("100m", &none), NODES, web("100m", &none), Fate::Scheduled),
    ];
    let mut group = c.benchmark_group(format!("scheduler, {NODES} nodes"));
    group.sample_size(20);
    for (name, profile, filling, count, pod, fate) in classes {
        // Made when the first measurement asks for it, so that one class can be run alone.
        let mut bench = None;
        group.bench_function(name, |b| {
            let bench =
                bench.get_or_insert_with(|| Bench::new(profile.clone(), &filling, count, pod.clone()));
            b.iter_custom(|times| {
                let mut sum = Duration::ZERO;
                for _ in 0..times {
                    let (took, out) = bench.attempt();
                    let as_meant = match fate {
                        Fate::Scheduled => matches!(out[..], [Attempt::Scheduled(_)]),
                        Fate::Failed => matches!(out[..], [Attempt::Failed(_)]),
                        Fate::Evicts => out.iter().any(|a| matches!(a, Attempt::Evicted(_))),
                    };
                    assert!(as_meant, "{name}: {out:?}");
                    sum += took;
                }
                sum
            });
        });
    }
    group.finish();
}

const PACKED: &str = "\
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
  - plugins: {multiPoint: {enabled: [{name: PackByOwner, weight: 10}]}}
    pluginConfig: [{name: PackByOwner, args: {maxPerNode: 100}}]
";

criterion_group!(benches, scheduler);
criterion_main!(benches);
