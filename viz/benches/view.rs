//! What the view costs the processor: a frame at 5,000 nodes and 150,000 pods, and a jump in a long trace. Drawing itself
//! is the graphics card's work; `podium render` measures it where there is one.
//!
//! `cargo bench -p podium-viz`; the large cluster takes half a minute to play first.

#![allow(missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use egui::{Rect, vec2};
use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Run, RunOptions, parse};
use podium_sim::time::SimTime;
use podium_sim::trace::{Level, Source};
use podium_viz::draw::Canvas;
use podium_viz::{Options, View, layout, paint};
use std::hint::black_box;
use std::sync::Arc;

/// So many nodes with so many pods, played for so many seconds.
fn source(nodes: usize, pods: usize, seconds: u64, level: Level) -> Source {
    let text = format!(
        "apiVersion: podium.dev/v1alpha1
kind: Scenario
metadata: {{name: large}}
spec:
  seed: 1
  cluster: {{nodes: {nodes}, node: {{cpu: \"32\", memory: 64Gi}}}}
  images:
    - {{match: \"*\", pull: 1MB, start: {{after: 500ms}}}}
  steps:
    - name: deploy
      apply:
        manifests:
          - apiVersion: apps/v1
            kind: Deployment
            metadata: {{name: web}}
            spec:
              replicas: {pods}
              strategy: {{rollingUpdate: {{maxSurge: \"100%\"}}}}
              selector: {{matchLabels: {{app: web}}}}
              template:
                metadata: {{labels: {{app: web}}}}
                spec:
                  containers:
                    - {{name: web, image: web, resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}}}
  until: {seconds}s
"
    );
    let (scenario, found) = parse(&SourceText::new("large.yaml", text), &|_| Err("none".into()));
    let scenario = scenario.unwrap_or_else(|| panic!("{found:?}"));
    let options = RunOptions { keep_records: true, level, ..RunOptions::default() };
    let mut run = Run::new(Arc::new(scenario), options);
    run.to_end();
    Source::new(run.into_trace(&[]))
}

fn area() -> Rect {
    Rect::from_min_size(egui::Pos2::ZERO, vec2(1920.0, 1080.0))
}

/// What is done for each frame but for the panels: the fold, the shapes, and their bytes for the graphics card.
fn frame(view: &mut View, seconds: f64, canvas: &mut Canvas, bytes: &mut Vec<u8>) {
    view.player.tick(seconds);
    canvas.clear();
    paint::scene(view, area(), canvas);
    bytes.clear();
    bytes.extend_from_slice(bytemuck::cast_slice(&canvas.shapes));
    black_box(&bytes);
}

fn frames(c: &mut Criterion) {
    let source = source(5000, 150_000, 240, Level::Lifecycle);
    let pods = source.records().len();
    eprintln!("5,000 nodes × 150,000 pods: {pods} records");
    let mut view = View::new(source, Options { bare: true, ..Options::default() });
    let (mut canvas, mut bytes) = (Canvas::default(), Vec::new());
    let mut group = c.benchmark_group("frame-5000x150000");
    group.sample_size(20);
    let end = view.player.end();
    for (name, zoom) in [("cells", 1.0), ("squares", 7.0), ("tiles", 40.0)] {
        view.player.seek(end);
        view.camera = layout::Camera { zoom, ..Default::default() };
        frame(&mut view, 0.0, &mut canvas, &mut bytes);
        eprintln!(
            "{name}: {:?}, {} shapes, {} kB",
            view.camera.level,
            canvas.shapes.len(),
            bytes.len() / 1024
        );
        group.bench_function(format!("still-{name}"), |b| {
            b.iter(|| frame(&mut view, 0.0, &mut canvas, &mut bytes))
        });
    }
    // While the pods come up: by the clock, at sixty frames a second.
    view.camera = layout::Camera::default();
    view.player.pace = podium_viz::player::Pace::Clock;
    group.bench_function("playing-cells", |b| {
        view.player.seek(SimTime(20_000_000_000));
        b.iter(|| {
            view.player.playing = true;
            frame(&mut view, 1.0 / 60.0, &mut canvas, &mut bytes);
        });
    });
    group.finish();
}

fn seeks(c: &mut Criterion) {
    let source = source(1000, 10_000, 600, Level::Full);
    eprintln!("1,000 nodes for ten minutes: {} records", source.records().len());
    let mut view = View::new(source, Options::default());
    let end = view.player.end().0;
    let mut i = 0u64;
    let mut group = c.benchmark_group("seek-1000x600s");
    group.sample_size(50);
    group.bench_function("anywhere", |b| {
        b.iter(|| {
            i += 1;
            view.player.seek(SimTime(i * 7919 % 1009 * (end / 1009)));
            black_box(view.player.scene().revision)
        });
    });
    group.finish();
}

criterion_group!(benches, frames, seeks);
criterion_main!(benches);
