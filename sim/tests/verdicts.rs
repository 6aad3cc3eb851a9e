//! Scheduling decisions repeated from the trace alone: over every scenario file, and in clusters whose control plane
//! misses what happens.

mod common;

use podium_sim::apiserver::Propagation;
use podium_sim::config::{NodeConfig, WorldConfig};
use podium_sim::diagnostic::SourceText;
use podium_sim::links::LatencyProfile;
use podium_sim::object::Kind;
use podium_sim::rng::Rng;
use podium_sim::scenario::{Run, RunOptions, Scenario, parse};
use podium_sim::time::Span;
use podium_sim::trace::{Decision, Level, Mind, Record, What, verdicts};
use podium_sim::world::{External, UserCommand, World};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn read(path: &Path) -> Scenario {
    let source = SourceText::new(path.to_string_lossy(), fs::read_to_string(path).unwrap());
    let folder = path.parent().unwrap();
    let loader = |file: &str| {
        let text = fs::read_to_string(folder.join(file)).map_err(|e| e.to_string())?;
        Ok(SourceText::new(file, text))
    };
    let (scenario, found) = parse(&source, &loader);
    scenario.unwrap_or_else(|| panic!("{found:?}"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(folder);
    let mut out: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    out.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    out.sort();
    assert!(!out.is_empty());
    out
}

fn records(scenario: &Arc<Scenario>, seed: Option<u64>, level: Level) -> Vec<Record> {
    let mut run =
        Run::new(scenario.clone(), RunOptions { seed, level, keep_records: true, ..RunOptions::default() });
    run.to_end();
    run.take_records()
}

/// What a record and its repetition must agree on.
type Outcome = (String, u32, u32, i64, BTreeMap<String, u32>);

fn recorded(d: &Decision) -> Outcome {
    let reasons = d.reasons.iter().map(|(r, n)| (r.to_string(), *n)).collect();
    (d.winner.to_string(), d.feasible, d.looked_at, d.score, reasons)
}

fn repeated(mind: &mut Mind, d: &Decision) -> Outcome {
    let e = mind.explain(d).unwrap_or_else(|| panic!("{} is not known", d.pod));
    let winner = e.winner(d.draw).map_or(String::new(), ToString::to_string);
    let all = e.nodes.len() as u32;
    let reasons = match &e.rejected {
        Some((_, r)) => r.reasons.iter().map(|r| (r.to_string(), all)).collect(),
        None => e.reasons.iter().map(|(r, n)| (r.to_string(), *n)).collect(),
    };
    (winner, e.feasible, e.looked_at, e.score(), reasons)
}

/// Repeats all decisions of a run; returns how many there were.
fn repeat(name: &str, records: &[Record]) -> usize {
    let mut mind = Mind::default();
    let mut last = None;
    let mut n = 0;
    for r in records {
        if let What::Decision(d) = &r.what {
            assert_eq!(repeated(&mut mind, d), recorded(d), "{name}, record {}: {d:#?}", r.id.0);
            last = Some((r, d));
            n += 1;
        }
        mind.apply(r);
    }
    if let Some((r, d)) = last {
        let e = verdicts(records, r.id).unwrap_or_else(|| panic!("{name}: record {}", r.id.0));
        assert_eq!(
            (e.winner(d.draw).map_or("", |w| w.as_str()), e.feasible),
            (d.winner.as_str(), d.feasible)
        );
    }
    n
}

fn repeat_all(folder: &str, seeds: std::ops::Range<u64>) {
    let (mut n, mut runs) = (0, 0);
    for file in files(folder) {
        let scenario = Arc::new(read(&file));
        for seed in std::iter::once(None).chain(seeds.clone().map(Some)) {
            for level in [Level::Full, Level::Lifecycle] {
                let name = format!("{}, seed {seed:?}, {level:?}", file.display());
                n += repeat(&name, &records(&scenario, seed, level));
                runs += 1;
            }
        }
    }
    println!("{folder}: {n} decisions in {runs} runs");
    assert!(n > 0, "{folder}: no decision");
}

#[test]
fn decisions_of_lessons_are_repeated() {
    repeat_all("lessons", 100..103);
}

#[test]
fn decisions_of_regressions_are_repeated() {
    repeat_all("regress", 100..103);
}

#[test]
fn decisions_under_chaos_are_repeated() {
    repeat_all("chaos", 100..110);
}

/// How often the scheduler had lost a binding, had to list again, or was started again; and how often it nominated a pod,
/// had done so before, or decided by another profile.
fn rare(records: &[Record]) -> (usize, usize, usize, [usize; 3]) {
    let decisions: Vec<&Decision> = records
        .iter()
        .filter_map(|r| match &r.what {
            What::Decision(d) => Some(&**d),
            _ => None,
        })
        .collect();
    let count = |rare: &dyn Fn(&Decision) -> bool| decisions.iter().filter(|d| rare(d)).count();
    let first = decisions.first().map(|d| d.since);
    (
        count(&|d| !d.forgotten.is_empty()),
        count(&|d| d.nodes.lists.len() > 1 || d.pods.lists.len() > 1),
        count(&|d| Some(d.since) != first),
        [
            count(&|d| !d.nominated.is_empty()),
            count(&|d| !d.nominations.is_empty()),
            count(&|d| d.profile != "default-scheduler"),
        ],
    )
}

#[test]
fn decisions_of_random_lives_are_repeated() {
    common::check("decisions_of_random_lives_are_repeated", 48, common::life(), |life| {
        let (_, records) = common::play(&life, Level::Full, Span::secs(300), &[]);
        repeat("a life", &records);
        Ok(())
    });
}

/// Pods come and go, nodes leave and register again, while the API server, etcd and the scheduler fall and rise.
fn storm(seed: u64, level: Level) -> Vec<Record> {
    let zone = |z: &str| NodeConfig {
        labels: [("topology.kubernetes.io/zone".into(), z.into())].into_iter().collect(),
        ..NodeConfig::default()
    };
    let mut nodes = NodeConfig::many(6, &zone("a"));
    nodes.iter_mut().step_by(2).for_each(|n| n.labels = zone("b").labels);
    let latency = if seed.is_multiple_of(2) { LatencyProfile::Classroom } else { LatencyProfile::Lan };
    // In every third one, some pods go by a profile of their own.
    let scheduler = seed.is_multiple_of(3).then(|| {
        json!({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
            "profiles": [{"schedulerName": "default-scheduler"}, {"schedulerName": "packing",
                "plugins": {"score": {"disabled": [{"name": "PodTopologySpread"}]}},
                "pluginConfig": [{"name": "NodeResourcesFit", "args": {"scoringStrategy":
                    {"type": "MostAllocated", "resources": [{"name": "cpu", "weight": 1}]}}}]}]})
    });
    let config = WorldConfig { nodes, latency, trace: level, scheduler, ..WorldConfig::default() };
    let mut world = World::new(config, seed);
    let mut draw = Rng::new(seed, "storm");
    let mut at = world.now() + Span::secs(6);
    let class = |name: &str, value: i64| json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value});
    let objects = vec![
        class("middle", 10),
        class("high", 1000),
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "some"},
            "spec": {"selector": {"matchLabels": {"kind": "guarded"}}}, "status": {"disruptionsAllowed": 1}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "all"},
            "spec": {"selector": {"kind": "guarded"}}}),
    ];
    world.handle(at, External::User { id: 1000, command: UserCommand::Create { objects } });
    at += Span::secs(2);
    let mut down: Vec<u64> = Vec::new();
    for id in 1..160u64 {
        at += Span::ms([0, 3, 20, 300, 2_500][draw.below(5) as usize]);
        let node = format!("node-{}", draw.below(6) + 1);
        let fault = |name: &str, args| External::Fault { id, fault: common::fault(name, args) };
        let input = match draw.below(10) {
            0..=3 => {
                let class = ["", "", "middle", "high"][draw.below(4) as usize];
                let kind = ["guarded", "free"][draw.below(2) as usize];
                let scheduler = if draw.below(4) == 0 { "packing" } else { "default-scheduler" };
                let cpu = ["300m", "700m", "2"][draw.below(3) as usize];
                let grace = draw.below(2) * 10;
                let apart = json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 50,
                    "podAffinityTerm": {"topologyKey": "topology.kubernetes.io/zone",
                        "labelSelector": {"matchLabels": {"kind": kind}}}}]}});
                let pod = |n: u64| {
                    json!({"apiVersion": "v1", "kind": "Pod",
                        "metadata": {"name": format!("p-{id}-{n}"), "labels": {"kind": kind}},
                        "spec": {"terminationGracePeriodSeconds": grace, "priorityClassName": class,
                            "schedulerName": scheduler, "affinity": apart,
                            "containers": [{"name": "c", "image": "web:1", "resources": {"requests": {"cpu": cpu}}}]}})
                };
                let objects = (0..draw.below(12)).map(pod).collect();
                External::User { id, command: UserCommand::Create { objects } }
            }
            4 | 5 => {
                let fields = format!("metadata.name=p-{}-{}", draw.below(id), draw.below(12));
                let (fields, ns) =
                    (if draw.below(4) == 0 { String::new() } else { fields }, "default".into());
                let command =
                    UserCommand::DeleteSelected { kind: Kind::Pod, ns, labels: String::new(), fields };
                External::User { id, command }
            }
            6 => {
                let key = common::key(Kind::Node, &node);
                let command = UserCommand::Delete { key, grace: None, propagation: Propagation::Background };
                External::User { id, command }
            }
            7 => fault("kubeletStop", json!({"node": node})),
            8 => fault(["apiServerDown", "etcdDown", "schedulerDown"][draw.below(3) as usize], json!({})),
            _ if down.is_empty() => continue,
            _ => External::Mend { id: down.remove(0) },
        };
        if matches!(input, External::Fault { .. }) {
            down.push(id);
        }
        world.handle(at, input);
        if down.len() > 2 {
            at += Span::ms(draw.below(4_000));
            world.handle(at, External::Mend { id: down.remove(0) });
        }
    }
    world.advance(at + Span::secs(60));
    world.take_records()
}

#[test]
fn decisions_in_a_storm_are_repeated() {
    let (mut n, mut sums, mut more) = (0, (0, 0, 0), [0; 3]);
    for seed in 0..40 {
        for level in [Level::Full, Level::Lifecycle] {
            let records = storm(seed, level);
            n += repeat(&format!("storm {seed}, {level:?}"), &records);
            let (a, b, c, d) = rare(&records);
            sums = (sums.0 + a, sums.1 + b, sums.2 + c);
            more = std::array::from_fn(|i| more[i] + d[i]);
        }
    }
    println!("storm: {n} decisions, {sums:?} after a lost binding, a second list, a restart;");
    println!("{more:?} with victims, with nominations, of another profile");
    assert!(more.iter().all(|n| *n > 100), "the storm is too mild: {more:?}");
    assert!(sums.0 > 10 && sums.1 > 100 && sums.2 > 100, "the storm is too mild: {n}, {sums:?}");
}
