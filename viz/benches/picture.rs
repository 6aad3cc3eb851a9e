//! A whole frame, drawn: panels, scene and pixels, at 1280 × 720, with three nodes and thirty pods, as a class has it.
//! On a machine without a graphics card this measures the software renderer.
//!
//! `cargo bench -p podium -p podium-viz --features view,podium-viz/window --bench picture`; with `--profile dev` it needs no
//! second build of bevy.

// criterion's macros make public functions without documentation.
#![allow(missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::parse;
use podium_sim::time::SimTime;
use podium_sim::trace::Source;
use podium_viz::window::Recorder;
use podium_viz::{Options, View};

const SCENARIO: &str = "apiVersion: podium.dev/v1alpha1
kind: Scenario
metadata: {name: class}
spec:
  cluster: {nodes: 3, node: {cpu: \"8\", memory: 16Gi}}
  steps:
    - name: deploy
      apply:
        manifests:
          - apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 30
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers: [{name: web, image: web, resources: {requests: {cpu: 100m, memory: 64Mi}}}]
  until: 60s
";

fn pictures(c: &mut Criterion) {
    let mut recorder = match Recorder::new((1280, 720)) {
        Ok(r) => r,
        Err(e) => return eprintln!("skipped: {e}"),
    };
    let (scenario, found) = parse(&SourceText::new("class.yaml", SCENARIO), &|_| Err(String::new()));
    let scenario = scenario.unwrap_or_else(|| panic!("{found:?}"));
    let mut group = c.benchmark_group("picture-3x30");
    group.sample_size(20);
    for (name, bare) in [("panels", false), ("bare", true)] {
        let source = Source::new(common::played(scenario.clone(), &[]));
        let mut view = View::new(source, Options { bare, ..Options::default() });
        view.player.seek(SimTime(900_000_000));
        view.player.looping = true;
        group.bench_function(name, |b| {
            b.iter(|| {
                view.player.playing = true;
                recorder.frame(&mut view, 0.05).expect("the driver draws")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, pictures);
criterion_main!(benches);
