//! What the benchmarks share: a cluster full of web pods.

use podium_sim::config::{NodeConfig, WorldConfig};
use podium_sim::object::{Key, Kind, Obj};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::Level;
use podium_sim::world::{External, UserCommand, World};
use serde_json::{Value, json};

/// One deployment with a request and a readiness probe.
fn deployment(name: &str, replicas: usize) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "strategy": {"rollingUpdate": {"maxSurge": "100%"}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{
                "name": "app", "image": "app:1",
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10}}]}}}})
}

/// Plays from an empty cluster until all pods are Ready, without a trace.
pub fn ready(nodes: usize, pods: usize) -> World {
    let node = NodeConfig {
        cpu: "32".parse().expect("a quantity"),
        memory: "64Gi".parse().expect("a quantity"),
        ..Default::default()
    };
    let nodes = NodeConfig::many(nodes, &node);
    let mut world = World::new(WorldConfig { nodes, trace: Level::Off, ..Default::default() }, 1);
    world.advance(SimTime(0) + Span::secs(2));
    let count = pods.div_ceil(3000).max(1);
    let share = |i: usize| pods / count + usize::from(i < pods % count);
    let objects = (0..count).map(|i| deployment(&format!("app-{i}"), share(i))).collect();
    let now = world.now();
    world.handle(now, External::User { id: 1, command: UserCommand::Apply { objects } });
    while are_ready(&world) < pods as i64 {
        assert!(world.now() < SimTime(0) + Span::secs(3600), "the pods never become ready");
        let next = world.now() + Span::secs(1);
        world.advance(next);
    }
    world
}

fn are_ready(world: &World) -> i64 {
    let first = Key::new(Kind::Deployment, "", "");
    let deployments = world.objects().range(first..).map_while(|(_, o)| match o {
        Obj::Deployment(d) => Some(d.status.ready_replicas),
        _ => None,
    });
    deployments.sum()
}
