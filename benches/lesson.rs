//! A lesson from its text to its report, as `podium test` plays it.

// criterion's macros make public functions without documentation.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Report, Run, RunOptions, parse};
use podium_sim::trace::Level;
use std::path::Path;
use std::sync::Arc;

const LESSON: &str = "scenarios/lessons/k08-node-down.yaml";

fn source(path: &Path) -> Arc<SourceText> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    SourceText::new(path.display().to_string(), text)
}

/// The text is read once; its manifests are named in it and read each time, as the command does.
fn play(text: &Arc<SourceText>) -> Report {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(LESSON);
    let loader = |file: &str| Ok(source(&folder.with_file_name(file)));
    let (scenario, found) = parse(text, &loader);
    let scenario = scenario.unwrap_or_else(|| panic!("{LESSON}: {found:?}"));
    let options = RunOptions { level: Level::Lifecycle, keep_records: true, ..RunOptions::default() };
    Run::new(Arc::new(scenario), options).to_end()
}

fn lesson(c: &mut Criterion) {
    let text = source(&Path::new(env!("CARGO_MANIFEST_DIR")).join(LESSON));
    assert!(play(&text).passed, "{LESSON} fails");
    c.bench_function("lesson K08", |b| b.iter(|| play(&text)));
}

criterion_group!(benches, lesson);
criterion_main!(benches);
