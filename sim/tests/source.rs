//! A trace as a view uses it: there and back again, and other futures.

use podium_sim::diagnostic::SourceText;
use podium_sim::object::{Key, Kind};
use podium_sim::scenario::{Run, RunOptions, parse};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{ActError, Fold, Keyframes, Record, Source, Trace};
use podium_sim::world::{External, UserCommand};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut out: Vec<PathBuf> = ["lessons", "regress", "chaos"]
        .iter()
        .flat_map(|f| std::fs::read_dir(root.join(f)).unwrap().map(|e| e.unwrap().path()))
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    out.sort();
    assert!(out.len() > 20, "{}", out.len());
    out
}

fn trace(path: &Path) -> Trace {
    let text = std::fs::read_to_string(path).unwrap();
    let files = RefCell::new(vec![(path.display().to_string(), text.clone())]);
    let loader = |name: &str| {
        let full = path.parent().unwrap().join(name);
        let text = std::fs::read_to_string(&full).map_err(|e| e.to_string())?;
        files.borrow_mut().push((full.display().to_string(), text.clone()));
        Ok(SourceText::new(full.display().to_string(), text))
    };
    let scenario = parse(&SourceText::new(path.display().to_string(), text), &loader).0.unwrap();
    let mut run = Run::new(Arc::new(scenario), RunOptions { keep_records: true, ..RunOptions::default() });
    run.to_end();
    run.into_trace(&files.into_inner())
}

fn lesson(name: &str) -> Source {
    let is = |p: &&PathBuf| p.file_stem().unwrap().to_string_lossy().contains(name);
    Source::new(trace(scenarios().iter().find(is).unwrap()))
}

fn scale(replicas: i64) -> External {
    let key = Key::new(Kind::Deployment, "default", "web");
    External::User { id: 1 << 40, command: UserCommand::Scale { key, replicas } }
}

fn crash(node: &str) -> External {
    let fault =
        podium_sim::fault::Fault { name: "nodeCrash".into(), args: serde_json::json!({"node": node}) };
    External::Fault { id: 1 << 41, fault }
}

#[test]
fn every_scenario_can_be_built_again_from_its_trace() {
    for path in scenarios() {
        let mut source = Source::new(trace(&path));
        let end = source.end();
        let grown = source.grow(end + Span::secs(20));
        assert_eq!(grown, Ok(()), "{}", path.display());
        assert_eq!(source.end(), end + Span::secs(20));
        let fresh = &source.records()[source.records().partition_point(|r| r.at <= end)..];
        assert!(!fresh.is_empty(), "{}: heartbeats go on", path.display());
        numbered(source.records());
    }
}

/// Numbers without a gap, times that rise, causes that are older.
fn numbered(records: &[Record]) {
    for (i, r) in records.iter().enumerate() {
        assert_eq!(r.id.0, i as u64 + 1);
        assert!(r.cause < r.id);
        assert!(i == 0 || records[i - 1].at <= r.at);
    }
}

#[test]
fn an_action_in_the_past_begins_another_future_and_both_stay() {
    let mut source = lesson("k08");
    let trunk = source.records().to_vec();
    let at = SimTime(30_000_000_000);
    let first = source.act(at, "scale".into(), scale(6)).unwrap();
    numbered(source.records());
    let shared = trunk.partition_point(|r| r.at <= at);
    assert_eq!(source.records()[..shared], trunk[..shared]);
    let scaled = source.records().to_vec();
    assert_ne!(scaled.get(shared), trunk.get(shared));
    assert!(source.end() >= at + Span::secs(60));
    // A future of that future, from before and from after the point where it left.
    let later = source.act(at + Span::secs(10), "crash".into(), crash("node-1")).unwrap();
    let crashed = source.records().to_vec();
    numbered(&crashed);
    source.follow(first);
    let earlier = source.act(SimTime(10_000_000_000), "crash".into(), crash("node-3")).unwrap();
    let early = source.records().to_vec();
    numbered(&early);
    for (branch, records) in [
        (0, &trunk),
        (later, &crashed),
        (first, &scaled),
        (earlier, &early),
        (later, &crashed),
        (0, &trunk),
        (first, &scaled),
    ] {
        source.follow(branch);
        assert_eq!(source.active(), branch);
        assert!(
            source.records() == records,
            "branch {branch}: {} and {}",
            source.records().len(),
            records.len()
        );
    }
    assert_eq!(source.branches().len(), 4);
}

#[test]
fn the_same_action_at_the_same_time_gives_the_same_future() {
    let (mut a, mut b) = (lesson("k08"), lesson("k08"));
    let at = SimTime(42_000_000_000);
    a.act(at, String::new(), scale(1)).unwrap();
    b.act(SimTime(12_000_000_000), String::new(), crash("node-2")).unwrap();
    b.follow(0);
    b.act(at, String::new(), scale(1)).unwrap();
    assert!(a.records() == b.records());
}

#[test]
fn a_trace_that_becomes_another_one_can_only_be_watched() {
    let path = &scenarios()[0];
    let mut foreign = trace(path);
    foreign.header.seed += 1;
    let mut source = Source::new(foreign);
    assert!(matches!(source.act(SimTime(0), String::new(), scale(1)), Err(ActError::Differs(_))));
    let mut bare = trace(path);
    bare.header.files.clear();
    let count = bare.records.len();
    let mut source = Source::new(bare);
    assert_eq!(source.act(SimTime(0), String::new(), scale(1)), Err(ActError::NoScenario));
    assert_eq!(source.records().len(), count, "nothing is lost by a refusal");
}

#[test]
fn going_there_and_back_any_number_of_times_gives_the_same_state() {
    let mut source = lesson("k08");
    source.grow(source.end() + Span::secs(1500)).unwrap();
    let records = source.records();
    let mut frames = Keyframes::new(Fold::default());
    let plain = |count: usize| {
        let mut f = Fold::default();
        records[..count].iter().for_each(|r| drop(f.apply(r)));
        f
    };
    let n = records.len();
    assert!(n > 9000, "{n}: long enough for a copy on the way");
    // A walk that visits everything in an order that a person might: far, back, near, the end.
    let mut count = 7919;
    for _ in 0..60 {
        count = (count * 31 + 17) % (n + 1);
        assert!(frames.at(records, count) == plain(count), "after {count} records");
    }
}

#[test]
fn a_trace_in_which_time_goes_back_is_refused() {
    use podium_sim::trace::{TraceError, Writer};
    let write = |t: &Trace| {
        let mut w = Writer::new(&t.header);
        w.add(&t.records);
        w.finish(&t.inputs, &t.story, t.end)
    };
    let good = trace(&scenarios()[0]);
    assert!(Trace::read(&write(&good)).is_ok());
    let mut late = trace(&scenarios()[0]);
    let middle = late.records.len() / 2;
    late.records[middle].at = late.end;
    assert!(matches!(Trace::read(&write(&late)), Err(TraceError::Damaged(_, why)) if why.contains("older")));
    let mut short = trace(&scenarios()[0]);
    short.end = SimTime(0);
    assert!(
        matches!(Trace::read(&write(&short)), Err(TraceError::Damaged(_, why)) if why.contains("last record"))
    );
}
