//! The files under `scenarios/`: all of them parse without a finding, their schema is the one that the types give, and
//! the lessons are whole.

use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Scenario, parse, schema::schema};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// All scenario files; those in a folder `manifests` are not, nor the scheduler's workloads in `bench`.
fn files() -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_some_and(|n| n != "manifests" && n != "bench") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "yaml") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

fn read(path: &Path) -> Scenario {
    let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    let source = SourceText::new(name.clone(), fs::read_to_string(path).unwrap());
    let folder = path.parent().unwrap();
    let loader = |file: &str| {
        let text = fs::read_to_string(folder.join(file)).map_err(|e| e.to_string())?;
        Ok(SourceText::new(file, text))
    };
    let (scenario, found) = parse(&source, &loader);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
    scenario.unwrap_or_else(|| panic!("{name} is no scenario"))
}

#[test]
fn all_scenarios_parse_without_a_finding() {
    let files = files();
    assert!(files.len() >= 12, "{}", files.len());
    for file in files {
        let scenario = read(&file);
        let stem = file.file_stem().unwrap().to_string_lossy();
        assert_eq!(scenario.metadata.name, stem, "{}: name and file differ", file.display());
    }
}

#[test]
fn the_schema_is_the_one_that_the_types_give() {
    let file = root().join("schema.json");
    if std::env::var_os("PODIUM_BLESS").is_some() {
        fs::write(&file, schema()).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        recorded == schema(),
        "scenarios/schema.json is old: PODIUM_BLESS=1 cargo test -p podium-sim --test scenario_files"
    );
}

#[test]
fn lessons_are_whole() {
    for file in files().iter().filter(|f| f.to_string_lossy().contains("lessons")) {
        let scenario = read(file);
        let lesson =
            scenario.spec.lesson.as_ref().unwrap_or_else(|| panic!("{} has no lesson", file.display()));
        let name = &scenario.metadata.name;
        assert!(name.to_lowercase().starts_with(&lesson.id.to_lowercase()), "{name}");
        assert!(!lesson.concepts.is_empty() && !lesson.narration.is_empty(), "{name}");
        assert!(lesson.prediction.is_some(), "{name} asks nothing");
        assert!(lesson.wrong.len() >= 2, "{name} has too few wrong variants");
        for wrong in &lesson.wrong {
            assert_ne!(scenario.variant(wrong).spec.steps, scenario.spec.steps, "{name}/{}", wrong.name);
        }
    }
}

/// Each documentation block of the README that begins with an `apiVersion` of ours is a scenario.
#[test]
fn examples_of_the_readme_parse() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let mut n = 0;
    for block in text.split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap();
        if !block.starts_with("apiVersion: podium.dev") {
            continue;
        }
        n += 1;
        let loader = |file: &str| {
            let path = root().join("lessons/manifests").join(file);
            Ok(SourceText::new(file, fs::read_to_string(path).map_err(|e| e.to_string())?))
        };
        let (scenario, found) = parse(&SourceText::new(format!("README block {n}"), block), &loader);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(scenario.is_some() && found.is_empty(), "{}", found.join("\n"));
    }
    assert!(n >= 1);
}
