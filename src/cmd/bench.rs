//! `podium bench`: measures podium itself.

use crate::cli::BenchCommand;
use crate::exit::Failure;
use podium_sim::config::{NodeConfig, WorldConfig};
use podium_sim::object::{Key, Kind, Obj};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Header, Level, Writer};
use podium_sim::world::{External, UserCommand, World};
use serde_json::{Value, json};
use std::time::Instant;

/// Runs a benchmark.
pub fn run(command: BenchCommand) -> Result<(), Failure> {
    let BenchCommand::World { nodes, pods, trace_level, seed, json: as_json } = command;
    if nodes.len() != pods.len() {
        return Err(Failure::Usage(format!(
            "--nodes names {} sizes and --pods {}; give one number of pods for each number of nodes",
            nodes.len(),
            pods.len()
        )));
    }
    let mut rows = Vec::new();
    if !as_json {
        println!(
            "{:>7} {:>9} {:>9} {:>9} {:>9} {:>10} {:>11} {:>9} {:>9}  trace",
            "nodes", "pods", "wall", "us/pod", "pods/s", "virtual", "events", "revisions", "memory"
        );
    }
    for (n, m) in nodes.into_iter().zip(pods) {
        let r = world(n, m, trace_level, seed)?;
        if as_json {
            rows.push(r.json(trace_level));
        } else {
            println!("{}", r.row(trace_level));
        }
    }
    if as_json {
        println!("{:#}", Value::from(rows));
    }
    Ok(())
}

/// The figures of one run.
struct Figures {
    nodes: usize,
    pods: usize,
    wall_s: f64,
    virtual_time: Span,
    events: u64,
    revisions: u64,
    /// Highest resident set of this process, if the system tells.
    memory_bytes: Option<u64>,
    trace_bytes: u64,
}

impl Figures {
    fn row(&self, level: Level) -> String {
        let memory = self.memory_bytes.map_or("?".into(), |b| format!("{} MB", b / 1_000_000));
        let trace = match level {
            Level::Off => "off".to_owned(),
            l => format!("{} ({} MB)", format!("{l:?}").to_lowercase(), self.trace_bytes / 1_000_000),
        };
        format!(
            "{:>7} {:>9} {:>8.2}s {:>9.1} {:>9.0} {:>10} {:>11} {:>9} {:>9}  {trace}",
            self.nodes,
            self.pods,
            self.wall_s,
            self.wall_s * 1e6 / self.pods.max(1) as f64,
            self.pods as f64 / self.wall_s,
            self.virtual_time.to_string(),
            self.events,
            self.revisions,
            memory,
        )
    }

    fn json(&self, level: Level) -> Value {
        json!({"nodes": self.nodes, "pods": self.pods, "wall_s": self.wall_s, "us_per_pod": self.wall_s * 1e6 / self.pods.max(1) as f64,
            "virtual_s": self.virtual_time.as_secs_f64(), "events": self.events, "revisions": self.revisions,
            "peak_memory_bytes": self.memory_bytes, "trace_level": format!("{level:?}").to_lowercase(), "trace_bytes": self.trace_bytes})
    }
}

/// Highest resident memory of this process, where /proc tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb * 1024)
}

/// Deployments of up to 3,000 replicas, each pod with a request, a readiness probe and its events.
fn deployments(pods: usize) -> Vec<Value> {
    let count = pods.div_ceil(3000).max(1);
    (0..count)
        .map(|i| {
            let replicas = pods / count + usize::from(i < pods % count);
            let name = format!("app-{i}");
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
                "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                    "strategy": {"rollingUpdate": {"maxSurge": "100%"}},
                    "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{
                        "name": "app", "image": "app:1",
                        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
                        "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10}}]}}}})
        })
        .collect()
}

fn world(nodes: usize, pods: usize, level: Level, seed: u64) -> Result<Figures, Failure> {
    if pods > nodes * 110 {
        return Err(Failure::Usage(format!("{nodes} nodes take at most {} pods (110 each)", nodes * 110)));
    }
    let make = NodeConfig {
        cpu: "32".parse().expect("a quantity"),
        memory: "64Gi".parse().expect("a quantity"),
        ..Default::default()
    };
    let config = WorldConfig { nodes: NodeConfig::many(nodes, &make), trace: level, ..Default::default() };
    let header = Header { level, ..Default::default() };
    let mut writer = Writer::new(&header);
    let started = Instant::now();
    let mut world = World::new(config, seed);
    let second = Span::secs(1);
    world.advance(SimTime(0) + Span::secs(2));
    let now = world.now();
    world.handle(now, External::User { id: 1, command: UserCommand::Apply { objects: deployments(pods) } });
    let mut trace_bytes = 0;
    loop {
        let next = world.now() + second;
        world.advance(next);
        if level != Level::Off {
            writer.add(&world.take_records());
            trace_bytes += writer.drain_blocks();
        }
        if ready(&world) == pods as i64 {
            break;
        }
        if world.now() > SimTime(0) + Span::secs(3600) {
            return Err(Failure::Invalid(format!(
                "after an hour of virtual time only {} of {pods} are ready",
                ready(&world)
            )));
        }
    }
    Ok(Figures {
        nodes,
        pods,
        wall_s: started.elapsed().as_secs_f64(),
        virtual_time: world.now() - SimTime(0),
        events: world.steps(),
        revisions: world.revision(),
        memory_bytes: peak_memory(),
        trace_bytes,
    })
}

/// Ready replicas as the deployments' own status has them.
fn ready(world: &World) -> i64 {
    world
        .objects()
        .range(Key::new(Kind::Deployment, "", "")..)
        .map_while(|(_, o)| if let Obj::Deployment(d) = o { Some(d.status.ready_replicas) } else { None })
        .sum()
}
