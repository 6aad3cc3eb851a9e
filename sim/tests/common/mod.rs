//! What the tests of whole worlds share: random lives of a cluster, and a runner whose failures can be repeated.
#![allow(dead_code)]

use podium_sim::apiserver::Propagation;
use podium_sim::config::{NodeConfig, WorldConfig};
use podium_sim::fault::Fault;
use podium_sim::object::{Key, Kind, Obj};
use podium_sim::runtime::ImageModel;
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Level, Record};
use podium_sim::world::{External, UserCommand, World};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Tries a property on random values. The seed is fixed, so that a run can be repeated; another is taken from
/// `PODIUM_TEST_SEED`, another number of cases from `PODIUM_TEST_CASES`.
pub fn check<S: Strategy>(
    test: &str,
    cases: u32,
    strategy: S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let number = |name: &str| std::env::var(name).ok().and_then(|s| s.parse::<u64>().ok());
    let seed = number("PODIUM_TEST_SEED").unwrap_or(1);
    let cases = number("PODIUM_TEST_CASES").map_or(cases, |n| n as u32);
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    match TestRunner::new(config).run(&strategy, property) {
        Ok(()) => {}
        Err(TestError::Fail(why, value)) => panic!(
            "{why}\nwith {value:#?}\nseed {seed}; repeat: PODIUM_TEST_SEED={seed} PODIUM_TEST_CASES={cases} cargo test -p podium-sim {test}"
        ),
        Err(TestError::Abort(why)) => panic!("{why}; seed {seed}"),
    }
}

/// Something that comes into a world, not yet put into words.
#[derive(Clone, Debug)]
pub enum Op {
    Apply { app: u8, replicas: u8, image: u8 },
    Scale { app: u8, replicas: u8 },
    Delete { app: u8, how: u8 },
    Undo { app: u8 },
    Restart { app: u8 },
    Cordon { node: u8, on: bool },
    Map { n: u8 },
    Fault { kind: u8, node: u8 },
    MendOldest,
}

/// A random life: the seed, and what happens after how many milliseconds.
#[derive(Clone, Debug)]
pub struct Life {
    pub seed: u64,
    pub ops: Vec<(u64, Op)>,
}

pub fn life() -> impl Strategy<Value = Life> {
    let op = prop_oneof![
        4 => (0u8..3, 0u8..5, 0u8..4).prop_map(|(app, replicas, image)| Op::Apply { app, replicas, image }),
        2 => (0u8..3, 0u8..7).prop_map(|(app, replicas)| Op::Scale { app, replicas }),
        1 => (0u8..3, 0u8..3).prop_map(|(app, how)| Op::Delete { app, how }),
        1 => (0u8..3).prop_map(|app| Op::Undo { app }),
        1 => (0u8..3).prop_map(|app| Op::Restart { app }),
        1 => (0u8..3, any::<bool>()).prop_map(|(node, on)| Op::Cordon { node, on }),
        1 => (0u8..3).prop_map(|n| Op::Map { n }),
        4 => (0u8..10, 0u8..3).prop_map(|(kind, node)| Op::Fault { kind, node }),
        3 => Just(Op::MendOldest),
    ];
    // Most things happen close together, so that they meet; some after a long while.
    let gap = prop_oneof![4 => 0u64..3, 4 => 0u64..2_000, 2 => 0u64..120_000];
    (any::<u64>(), prop::collection::vec((gap, op), 1..14)).prop_map(|(seed, ops)| Life { seed, ops })
}

pub fn deployment(name: &str, replicas: u64, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": image,
            "resources": {"requests": {"cpu": "300m"}}}]}}}})
}

pub fn key(kind: Kind, name: &str) -> Key {
    let ns = if kind.namespaced() { "default" } else { "" };
    Key::new(kind, ns, name)
}

pub fn fault(name: &str, args: Value) -> Fault {
    Fault { name: name.into(), args }
}

pub fn images() -> Vec<ImageModel> {
    let models = json!([
        {"match": "flaky:*", "exit": {"after": "7s", "code": 1}},
        {"match": "slow:*", "pull": "40MB", "start": {"after": "3s", "jitter": "1s"}},
        {"match": "*"},
    ]);
    serde_json::from_value(models).expect("image models")
}

pub fn config(nodes: usize, trace: Level) -> WorldConfig {
    WorldConfig {
        nodes: NodeConfig::many(nodes, &NodeConfig::default()),
        images: images(),
        trace,
        ..Default::default()
    }
}

impl Life {
    /// All inputs with their times; the cluster has come up before the first.
    pub fn inputs(&self) -> Vec<(SimTime, External)> {
        let mut at = SimTime(0) + Span::secs(2);
        let mut active: std::collections::VecDeque<u64> = Default::default();
        let mut out = Vec::new();
        for (i, (gap, op)) in self.ops.iter().enumerate() {
            at += Span::ms(*gap);
            let id = i as u64 + 1;
            let app = |n: u8| format!("app-{n}");
            let deploy = |n: u8| key(Kind::Deployment, &app(n));
            let command = match op {
                Op::Apply { app: n, replicas, image } => {
                    let image = ["web:1", "web:2", "flaky:1", "slow:1"][usize::from(*image)];
                    UserCommand::Apply { objects: vec![deployment(&app(*n), u64::from(*replicas), image)] }
                }
                Op::Scale { app: n, replicas } => {
                    UserCommand::Scale { key: deploy(*n), replicas: i64::from(*replicas) }
                }
                Op::Delete { app: n, how } => {
                    let propagation = [Propagation::Background, Propagation::Foreground, Propagation::Orphan];
                    let propagation = propagation[usize::from(*how)];
                    UserCommand::Delete { key: deploy(*n), grace: None, propagation }
                }
                Op::Undo { app: n } => UserCommand::RolloutUndo { key: deploy(*n), to_revision: 0 },
                Op::Restart { app: n } => UserCommand::RolloutRestart { key: deploy(*n) },
                Op::Cordon { node, on } => {
                    UserCommand::Cordon { node: format!("node-{}", node + 1).into(), on: *on }
                }
                Op::Map { n } => UserCommand::Apply {
                    objects: vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"},
                        "data": {"n": n.to_string()}})],
                },
                Op::Fault { kind, node } => {
                    let kind = &podium_sim::fault::ALL[usize::from(*kind) % podium_sim::fault::ALL.len()];
                    let mut args = serde_json::Map::new();
                    for (arg, ..) in kind.args {
                        match *arg {
                            "node" => args.insert("node".into(), format!("node-{}", node + 1).into()),
                            "factor" => args.insert("factor".into(), json!(40)),
                            "pod" => args.insert("pod".into(), "*".into()),
                            "image" => args.insert("image".into(), "web:2".into()),
                            _ => None,
                        };
                    }
                    active.push_back(id);
                    out.push((at, External::Fault { id, fault: fault(kind.name, args.into()) }));
                    continue;
                }
                Op::MendOldest => {
                    if let Some(id) = active.pop_front() {
                        out.push((at, External::Mend { id }));
                    }
                    continue;
                }
            };
            out.push((at, External::User { id, command }));
        }
        out
    }
}

/// All that there is to see of a world.
#[derive(Debug, PartialEq)]
pub struct Seen {
    pub objects: BTreeMap<Key, Obj>,
    pub revision: u64,
    pub steps: u64,
    pub deadline: Option<SimTime>,
}

pub fn seen(w: &World) -> Seen {
    Seen {
        objects: w.objects().iter().map(|(k, o)| (k.clone(), o.clone())).chain(w.events()).collect(),
        revision: w.revision(),
        steps: w.steps(),
        deadline: w.next_deadline(),
    }
}

/// Plays a life to the end of `tail` after its last input, in the slices that are given.
pub fn play(life: &Life, level: Level, tail: Span, slices: &[u64]) -> (World, Vec<Record>) {
    let mut world = World::new(config(3, level), life.seed);
    let mut records = Vec::new();
    let inputs = life.inputs();
    let end = inputs.last().map_or(SimTime(0), |(t, _)| *t) + tail;
    let mut cuts = slices.iter().map(|s| SimTime(s % (end.0 + 1))).collect::<Vec<_>>();
    cuts.sort();
    let mut cuts = cuts.into_iter().peekable();
    for (at, input) in inputs {
        while let Some(t) = cuts.next_if(|t| *t <= at) {
            world.advance(t);
            records.extend(world.take_records());
        }
        world.handle(at, input);
    }
    for t in cuts {
        world.advance(t);
        records.extend(world.take_records());
    }
    world.advance(end);
    records.extend(world.take_records());
    (world, records)
}

/// Fails with the first record in which two runs differ.
pub fn same_records(a: &[Record], b: &[Record]) -> Result<(), TestCaseError> {
    for (x, y) in a.iter().zip(b) {
        prop_assert_eq!(x, y);
    }
    prop_assert_eq!(a.len(), b.len());
    Ok(())
}
