//! `podium bench`: measures podium itself.

use crate::cli::BenchCommand;
use crate::exit::Failure;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use podium_sim::config::{NodeConfig, WorldConfig};
use podium_sim::object::{Key, Kind, Obj};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Header, Level, Writer};
use podium_sim::world::{External, UserCommand, World};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::time::Instant;

/// So many pods a node takes.
const PODS_A_NODE: usize = 110;

/// Runs a benchmark.
pub fn run(command: BenchCommand) -> Result<(), Failure> {
    let (nodes, pods, trace_level, seed, fork, as_json) = match command {
        BenchCommand::World { nodes, pods, trace_level, seed, fork, json } => {
            (nodes, pods, trace_level, seed, fork, json)
        }
        BenchCommand::Scheduler(args) => return super::bench_scheduler::run(&args),
    };
    if nodes.len() != pods.len() {
        return Err(Failure::Usage(format!(
            "--nodes names {} sizes and --pods {}; give one number of pods for each number of nodes",
            nodes.len(),
            pods.len()
        )));
    }
    for (n, m) in nodes.iter().zip(&pods) {
        let most = n.saturating_mul(PODS_A_NODE);
        if *n == 0 {
            return Err(Failure::Usage("--nodes 0: a cluster needs at least one node".into()));
        }
        if *m > most {
            let word = if *n == 1 { "node takes" } else { "nodes take" };
            return Err(Failure::Usage(format!(
                "--pods {m}: {n} {word} at most {most} pods ({PODS_A_NODE} each)"
            )));
        }
    }
    let mut rows = Vec::new();
    if !as_json {
        println!(
            "{:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>11} {:>9} {:>9}  trace",
            "nodes", "pods", "wall", "cpu", "us/pod", "pods/s", "virtual", "events", "revisions", "memory"
        );
    }
    for (n, m) in nodes.into_iter().zip(pods) {
        let r = world(n, m, trace_level, seed, fork)?;
        if as_json {
            rows.push(r.json(trace_level));
        } else {
            println!("{}", r.row(trace_level));
            if let Some(f) = &r.fork {
                println!("{f}");
            }
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
    /// Processor time of this process during the run, if the system tells: wall time without what others took.
    cpu_s: Option<f64>,
    virtual_time: Span,
    events: u64,
    revisions: u64,
    /// Highest resident set of this process, if the system tells.
    memory_bytes: Option<u64>,
    trace_bytes: u64,
    fork: Option<ForkFigures>,
}

/// What a fork of the finished world costs. Copies are made when they are needed: hence the time that the same ten
/// seconds of the world take in the fork, which has to copy, and in the world itself, which then need not.
struct ForkFigures {
    fork_ms: f64,
    in_fork_ms: f64,
    alone_ms: f64,
}

impl std::fmt::Display for ForkFigures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "  fork: {:.2} ms; the next ten seconds take {:.1} ms in the fork, {:.1} ms without one",
            self.fork_ms, self.in_fork_ms, self.alone_ms
        )
    }
}

fn fork(world: &mut World) -> ForkFigures {
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    let ten_seconds = |w: &mut World| {
        let began = Instant::now();
        w.advance(w.now() + Span::secs(10));
        ms(began)
    };
    let began = Instant::now();
    let mut copy = world.fork();
    let fork_ms = ms(began);
    let in_fork_ms = ten_seconds(&mut copy);
    drop(copy);
    ForkFigures { fork_ms, in_fork_ms, alone_ms: ten_seconds(world) }
}

impl Figures {
    fn row(&self, level: Level) -> String {
        let memory = self.memory_bytes.map_or("?".into(), |b| format!("{} MB", b / 1_000_000));
        let trace = match level {
            Level::Off => "off".to_owned(),
            l => format!("{} ({} MB)", format!("{l:?}").to_lowercase(), self.trace_bytes / 1_000_000),
        };
        format!(
            "{:>7} {:>9} {:>8.2}s {:>9} {:>9.1} {:>9.0} {:>10} {:>11} {:>9} {:>9}  {trace}",
            self.nodes,
            self.pods,
            self.wall_s,
            self.cpu_s.map_or("?".into(), |s| format!("{s:.2}s")),
            self.wall_s * 1e6 / self.pods.max(1) as f64,
            self.pods as f64 / self.wall_s,
            self.virtual_time.to_string(),
            self.events,
            self.revisions,
            memory,
        )
    }

    fn json(&self, level: Level) -> Value {
        let fork = self.fork.as_ref().map(|f| {
            json!({"fork_ms": f.fork_ms, "ten_seconds_in_fork_ms": f.in_fork_ms, "ten_seconds_alone_ms": f.alone_ms})
        });
        json!({"nodes": self.nodes, "pods": self.pods, "wall_s": self.wall_s, "cpu_s": self.cpu_s, "fork": fork, "us_per_pod": self.wall_s * 1e6 / self.pods.max(1) as f64,
            "virtual_s": self.virtual_time.as_secs_f64(), "events": self.events, "revisions": self.revisions,
            "peak_memory_bytes": self.memory_bytes, "trace_level": format!("{level:?}").to_lowercase(), "trace_bytes": self.trace_bytes})
    }
}

/// Highest resident memory of this process, where /proc tells it.
fn peak_memory() -> Option<u64> {
    memory("VmHWM:")
}

/// A line about the memory of this process, in bytes, where /proc tells it.
pub(super) fn memory(line: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with(line))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb * 1024)
}

/// Processor time of this process so far, user and system, where /proc tells it.
fn cpu_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in the second field may hold spaces: what follows its closing bracket does not.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    // Linux counts a hundred of them a second towards user space, on all platforms.
    Some((ticks()? + ticks()?) as f64 / 100.0)
}

/// A line on the terminal that says how far a run is.
fn progress(pods: usize) -> ProgressBar {
    let bar = ProgressBar::new(pods as u64);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} pods ready, {elapsed}, {msg}") {
        bar.set_style(style);
    }
    bar
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

fn world(nodes: usize, pods: usize, level: Level, seed: u64, with_fork: bool) -> Result<Figures, Failure> {
    let make = NodeConfig {
        cpu: "32".parse().expect("a quantity"),
        memory: "64Gi".parse().expect("a quantity"),
        ..Default::default()
    };
    let config = WorldConfig { nodes: NodeConfig::many(nodes, &make), trace: level, ..Default::default() };
    let header = Header { level, ..Default::default() };
    let mut writer = Writer::new(&header);
    let bar = progress(pods);
    let (started, cpu) = (Instant::now(), cpu_time());
    let mut world = World::new(config, seed);
    let second = Span::secs(1);
    world.advance(SimTime(0) + Span::secs(2));
    let now = world.now();
    world.handle(now, External::User { id: 1, command: UserCommand::Apply { objects: deployments(pods) } });
    let mut trace_bytes = 0;
    loop {
        // Records are taken while they are still in the processor's cache: it makes the run a fifth faster.
        let next = world.now() + second;
        while world.now() < next {
            let step = if level == Level::Off { second } else { Span::ms(10) };
            world.advance(world.now() + step);
            writer.add(&world.take_records());
            trace_bytes += writer.drain_blocks();
        }
        let ready = ready(&world);
        bar.set_position(ready as u64);
        bar.set_message(format!("at {}", world.now()));
        if ready == pods as i64 {
            break;
        }
        if world.now() > SimTime(0) + Span::secs(3600) {
            return Err(Failure::Invalid(format!(
                "after an hour of virtual time only {ready} of {pods} are ready"
            )));
        }
    }
    let (wall_s, cpu_s) = (started.elapsed().as_secs_f64(), cpu_time().zip(cpu).map(|(to, from)| to - from));
    bar.finish_and_clear();
    let memory_bytes = peak_memory();
    let (events, revisions, virtual_time) = (world.steps(), world.revision(), world.now() - SimTime(0));
    Ok(Figures {
        nodes,
        pods,
        wall_s,
        cpu_s,
        virtual_time,
        events,
        revisions,
        memory_bytes,
        trace_bytes,
        fork: with_fork.then(|| fork(&mut world)),
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
