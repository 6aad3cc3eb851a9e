//! A view of a lesson, as a host would have it, and somebody who clicks and types at it.

// Each test file uses a part of it.
#![allow(dead_code)]

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use podium_sim::diagnostic::SourceText;
use podium_sim::object::{Key as Name, Kind};
use podium_sim::scenario::{Run, RunOptions, parse};
use podium_sim::time::SimTime;
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

/// A lesson about a node that fails; it asks a question.
pub const LESSON: &str = "lessons/k08-node-down.yaml";

/// A window of that lesson.
pub fn window() -> Harness<'static, Host> {
    let mut h = open(LESSON, Options::default());
    h.run();
    h
}

/// Its view.
pub fn seen<'a>(h: &'a Harness<'static, Host>) -> &'a View {
    &h.state().view
}

/// Clicks what has that name.
pub fn click(h: &mut Harness<'static, Host>, label: &str) {
    h.get_by_label(label).click();
    h.run();
}

/// Presses a key.
pub fn press(h: &mut Harness<'static, Host>, key: Key) {
    h.key_press(key);
    h.run();
}

/// Presses a key with Shift.
pub fn shift(h: &mut Harness<'static, Host>, key: Key) {
    h.key_press_modifiers(Modifiers::SHIFT, key);
    h.run();
}

/// A pod that is ready.
pub fn pod(h: &Harness<'static, Host>) -> Name {
    let objects = &seen(h).player.scene().fold.objects;
    objects.iter().find(|(k, o)| k.kind == Kind::Pod && o.as_pod().unwrap().ready()).unwrap().0.clone()
}

/// Goes to a second of the run.
pub fn at(h: &mut Harness<'static, Host>, secs: u64) {
    h.state_mut().view.player.seek(SimTime(secs * 1_000_000_000));
}
