//! Runs as traces, for the tests and benchmarks of the view.
#![allow(dead_code)]

use egui_kittest::Harness;
use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Run, RunOptions, parse};
use podium_sim::trace::{Source, Trace};
use podium_viz::{Options, View};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The scenarios of a folder below `scenarios/`.
pub fn scenarios(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(folder);
    let mut out: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    out.sort();
    out
}

/// A scenario, played to its end.
pub fn trace(path: &Path) -> Trace {
    let text = std::fs::read_to_string(path).unwrap();
    let files = RefCell::new(vec![(path.display().to_string(), text.clone())]);
    let loader = |name: &str| {
        let full = path.parent().unwrap().join(name);
        let text = std::fs::read_to_string(&full).map_err(|e| e.to_string())?;
        files.borrow_mut().push((full.display().to_string(), text.clone()));
        Ok(SourceText::new(full.display().to_string(), text))
    };
    let scenario = parse(&SourceText::new(path.display().to_string(), text), &loader).0.unwrap();
    played(scenario, &files.into_inner())
}

/// A scenario that is no file.
pub fn played(scenario: podium_sim::scenario::Scenario, files: &[(String, String)]) -> Trace {
    let mut run = Run::new(Arc::new(scenario), RunOptions { keep_records: true, ..RunOptions::default() });
    run.to_end();
    run.into_trace(files)
}

/// The lesson whose file name begins so.
pub fn lesson(name: &str) -> Source {
    let is = |p: &&PathBuf| p.file_stem().unwrap().to_string_lossy().starts_with(name);
    Source::new(trace(scenarios("lessons").iter().find(is).unwrap()))
}

/// The view of a scenario below `scenarios/`.
pub fn view(name: &str, options: Options) -> View {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
    View::new(Source::new(trace(&path)), options)
}

/// A host without a window.
pub struct Host {
    /// The view.
    pub view: View,
    /// How much time passes with each frame.
    pub seconds: f64,
}

/// A window of 1280 × 720 points in which no time passes by itself.
pub fn open(name: &str, options: Options) -> Harness<'static, Host> {
    let mut view = view(name, options);
    Harness::builder().with_size([1280.0, 720.0]).with_max_steps(12).build_ui_state(
        move |ui, host: &mut Host| host.view.frame(ui, host.seconds),
        Host {
            view: {
                view.still = true;
                view
            },
            seconds: 0.0,
        },
    )
}
