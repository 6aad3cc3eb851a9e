//! Whatever happens in a world: how time is sliced changes nothing, a fork is a second world of its own, the trace's
//! level changes nothing, the same inputs give the same world, and no invariant is ever broken.

mod common;

use common::{Life, check, key, life, play, same_records, seen};
use podium_sim::check::Checker;
use podium_sim::object::{Key, Kind, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Fold, Level, TraceIndex, What, chain};
use podium_sim::world::{External, UserCommand, World};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

const TAIL: Span = Span::secs(420);

#[test]
fn slicing_time_changes_nothing() {
    let slices = prop::collection::vec(any::<u64>(), 0..40);
    check("slicing_time_changes_nothing", 48, (life(), slices), |(life, slices)| {
        let (a, whole) = play(&life, Level::Full, TAIL, &[]);
        let (b, sliced) = play(&life, Level::Full, TAIL, &slices);
        same_records(&whole, &sliced)?;
        prop_assert_eq!(seen(&a), seen(&b));
        prop_assert_eq!(format!("{:?}", a.input_log()), format!("{:?}", b.input_log()));
        Ok(())
    });
}

#[test]
fn the_log_of_inputs_gives_the_same_world() {
    check("the_log_of_inputs_gives_the_same_world", 24, life(), |life| {
        let (a, records) = play(&life, Level::Full, TAIL, &[]);
        // As the trace file keeps it: through JSON.
        let log = serde_json::to_string(a.input_log()).unwrap();
        let log: Vec<(podium_sim::time::SimTime, External)> = serde_json::from_str(&log).unwrap();
        let mut b = World::new(common::config(3, Level::Full), life.seed);
        for (at, input) in log {
            b.handle(at, input);
        }
        b.advance(a.now());
        same_records(&records, &b.take_records())?;
        prop_assert_eq!(seen(&a), seen(&b));
        Ok(())
    });
}

#[test]
fn the_level_of_the_trace_changes_nothing() {
    check("the_level_of_the_trace_changes_nothing", 32, life(), |life| {
        let (full, all) = play(&life, Level::Full, TAIL, &[]);
        for level in [Level::Off, Level::Lifecycle] {
            let (other, records) = play(&life, level, TAIL, &[]);
            prop_assert_eq!(seen(&full), seen(&other), "level {:?}", level);
            prop_assert_eq!(records.is_empty(), level == Level::Off);
            // What is kept says the same at the same time; numbers and causes skip what is not kept.
            let kept = all.iter().filter(|r| r.what.kept_at(level) && r.what.subject().is_some());
            let kept: Vec<_> = kept
                .map(|r| (r.at, r.what.subject(), podium_sim::trace::export::type_name(&r.what)))
                .collect();
            let there = records.iter().filter(|r| r.what.subject().is_some());
            let there: Vec<_> = there
                .map(|r| (r.at, r.what.subject(), podium_sim::trace::export::type_name(&r.what)))
                .collect();
            prop_assert_eq!(kept, there);
        }
        Ok(())
    });
}

#[test]
fn a_fork_is_a_world_of_its_own() {
    let at = (life(), any::<u64>(), 0u64..600_000);
    check("a_fork_is_a_world_of_its_own", 32, at, |(life, at, further)| {
        let (mut control, mut control_records) = play(&life, Level::Full, Span::ms(at % 300_000), &[]);
        let (mut world, _) = play(&life, Level::Full, Span::ms(at % 300_000), &[]);
        let end = world.now() + Span::ms(further);
        control_records.clear();

        let mut same = world.fork();
        let mut other = world.fork();
        // The others live first, so that whatever they shared with the original would show in it.
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "only-here"}});
        other.handle(
            world.now(),
            External::User { id: 999, command: UserCommand::Create { objects: vec![map] } },
        );
        other.handle(
            world.now(),
            External::Fault { id: 998, fault: common::fault("nodeCrash", json!({"node": "node-1"})) },
        );
        other.advance(end + Span::secs(60));
        same.advance(end);
        let same_future = same.take_records();

        world.advance(end);
        control.advance(end);
        control_records.extend(control.take_records());
        same_records(&control_records, &world.take_records())?;
        prop_assert_eq!(
            seen(&control),
            seen(&world),
            "the original is not what it would have been without forks"
        );
        same_records(&control_records, &same_future)?;
        prop_assert_eq!(seen(&control), seen(&same), "a fork that is treated equally has another future");
        let marker = key(Kind::ConfigMap, "only-here");
        prop_assert!(world.get(&marker).is_none() && same.get(&marker).is_none());
        // kubectl may have met an API server that was away; the crash is always in the trace.
        prop_assert_eq!(other.input_log().len(), world.input_log().len() + 2);
        prop_assert!(other.take_records() != control_records);
        Ok(())
    });
}

/// What the pods on each node use: by the world's own word.
fn used(world: &World) -> BTreeMap<(u32, Key), (i64, i64)> {
    let number = |name: &Str| world.config().nodes.iter().position(|n| n.name == *name).unwrap() as u32;
    let mut out = BTreeMap::new();
    for (node, u) in world.usage() {
        let pod = Key { kind: Kind::Pod, ns: u.pod.ns, name: u.pod.name };
        let sum: &mut (i64, i64) = out.entry((number(&node), pod)).or_default();
        *sum = (sum.0 + u.cpu_milli, sum.1 + u.memory);
    }
    out
}

#[test]
fn the_trace_tells_what_containers_use() {
    let mut world = World::new(common::config(3, Level::Full), 5);
    let second = |n| SimTime(0) + Span::secs(n);
    let apps = vec![common::deployment("a", 5, "web:1"), common::deployment("b", 2, "slow:1")];
    world.handle(second(5), External::User { id: 1, command: UserCommand::Apply { objects: apps } });
    let (mut fold, mut records, mut busy) = (Fold::default(), 0, 0);
    for s in 5..400 {
        match s {
            60 => {
                let args = json!({"node": "node-2"});
                world.handle(second(s), External::Fault { id: 2, fault: common::fault("nodeCrash", args) });
            }
            200 => world.handle(second(s), External::Mend { id: 2 }),
            _ => world.advance(second(s)),
        }
        for r in world.take_records() {
            if let What::Usage { node, pods } = &r.what {
                let last = fold.usage.get(node).map(|m| m.pods.clone()).unwrap_or_default();
                assert_ne!(*pods, last, "record {} tells what was known", r.id.0);
                records += 1;
            }
            fold.apply(&r);
        }
        // The kubelets look every ten seconds; a machine that goes off takes all with it at once.
        let told = |fold: &Fold| -> BTreeMap<_, _> {
            let all = fold.usage.iter().flat_map(|(n, m)| m.pods.iter().map(move |p| (*n, p)));
            all.map(|(n, p)| ((n, p.pod.clone()), (p.cpu_milli, p.memory_bytes))).collect()
        };
        let now = told(&fold);
        assert!(s != 60 || now.keys().all(|(n, _)| *n != 1));
        if [50, 199, 399].contains(&s) {
            assert_eq!(now, used(&world), "at {s} s");
            busy += now.len();
        }
    }
    assert!(records > 4 && busy > 14, "{records} {busy}");
}

/// All invariants hold, each chain of causes ends, and after all faults are mended the cluster settles.
fn holds(life: &Life) -> Result<(), TestCaseError> {
    let (mut world, mut records) = play(life, Level::Full, TAIL, &[]);
    for (id, _) in (1..).zip(&life.ops) {
        let now = world.now();
        world.handle(now, External::Mend { id });
    }
    for node in 1..=3 {
        let now = world.now();
        let command = UserCommand::Cordon { node: format!("node-{node}").into(), on: false };
        world.handle(now + Span::secs(100), External::User { id: 1000 + node, command });
    }
    world.advance(world.now() + Span::secs(1500));
    records.extend(world.take_records());
    let mut checker = Checker::new();
    records.iter().for_each(|r| checker.record(r));
    checker.settled(world.objects(), world.now());
    let found: Vec<String> =
        checker.violations().iter().map(|v| format!("{}: {} at {}", v.rule, v.what, v.at)).collect();
    prop_assert!(found.is_empty(), "{}", found.join("\n"));
    let nodes: Vec<_> = world.config().nodes.iter().map(|n| n.name.clone()).collect();
    let index = TraceIndex::new(&records, &nodes);
    for r in records.iter().step_by(7) {
        let ids = chain(&index, r.id).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(index.get(*ids.last().unwrap()).unwrap().what.is_root());
    }
    Ok(())
}

#[test]
fn invariants_hold_in_every_life() {
    check("invariants_hold_in_every_life", 48, life(), |life| holds(&life));
}
