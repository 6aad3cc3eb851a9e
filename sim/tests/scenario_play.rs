//! Every scenario file is played: it passes, a lesson's declared answer is the one that the run computes, and each wrong
//! variant fails at the step that it names.

use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Run, RunOptions, Scenario, parse};
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
    out
}

/// Plays a file with some seeds; returns what went wrong.
fn play(file: &Path, seeds: std::ops::Range<u64>) -> Vec<String> {
    let mut wrong = Vec::new();
    let scenario = Arc::new(read(file));
    let options = |seed| RunOptions { file: file.display().to_string(), seed, ..RunOptions::default() };
    for seed in std::iter::once(None).chain(seeds.map(Some)) {
        let report = Run::new(Arc::clone(&scenario), options(seed)).to_end();
        if !report.passed {
            wrong.push(report.to_string());
            return wrong;
        }
        let declared = scenario.spec.lesson.as_ref().and_then(|l| l.prediction.as_ref()).map(|p| &p.answer);
        if report.answer.as_ref() != declared {
            wrong.push(format!("{}: declared {declared:?}, computed {:?}", report.name, report.answer));
        }
    }
    for w in scenario.spec.lesson.iter().flat_map(|l| &l.wrong) {
        let report = Run::new(Arc::new(scenario.variant(w)), options(None)).to_end();
        let at = report.failure.as_ref().map(|f| f.step.as_str());
        if at != Some(w.fails.as_str()) {
            wrong.push(format!("{}: should fail at `{}`:\n{report}", report.name, w.fails));
        }
    }
    wrong
}

fn play_all(folder: &str, seeds: std::ops::Range<u64>) {
    let wrong: Vec<String> = files(folder).iter().flat_map(|f| play(f, seeds.clone())).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

#[test]
fn lessons() {
    play_all("lessons", 100..105);
}

#[test]
fn regressions() {
    play_all("regress", 100..102);
}

#[test]
fn chaos() {
    play_all("chaos", 100..105);
}
