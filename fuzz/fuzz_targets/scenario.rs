//! Any text at all as a scenario: parsing it must neither panic nor hang, and every finding must be printable; what is
//! accepted is played for two minutes of virtual time.
//!
//! `cargo +nightly fuzz run scenario`, with `scenarios/` and `sim/tests/bad_scenarios` as a good first corpus.
#![no_main]

use libfuzzer_sys::fuzz_target;
use podium_sim::check::Checker;
use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Run, RunOptions, parse};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::Level;
use std::sync::Arc;

const WEB: &str = include_str!("../../scenarios/lessons/manifests/web.yaml");

fuzz_target!(|text: &str| {
    let load = |name: &str| match name.ends_with("web.yaml") {
        true => Ok(SourceText::new(name, WEB)),
        false => Err("there is no such file".to_owned()),
    };
    let (scenario, found) = parse(&SourceText::new("fuzz.yaml", text), &load);
    for one in &found {
        assert!(!one.to_string().is_empty());
    }
    let Some(scenario) = scenario else { return };
    let nodes = scenario.world_config().nodes.len();
    if found.iter().any(|d| d.is_error()) || nodes > 20 {
        return;
    }
    let options = RunOptions {
        level: Level::Lifecycle,
        keep_records: true,
        until: Some(SimTime(0) + Span::secs(120)),
        max_instants: 20_000,
        ..RunOptions::default()
    };
    let mut run = Run::new(Arc::new(scenario), options);
    assert!(!run.to_end().to_string().is_empty());
    let mut checker = Checker::new();
    run.take_records().iter().for_each(|r| checker.record(r));
    assert!(checker.violations().is_empty(), "{:?}", checker.violations());
});
