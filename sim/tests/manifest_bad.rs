//! Every broken manifest in `bad_manifests/` gets exactly the diagnostics in the `.stderr` file beside it.
//!
//! `PODIUM_BLESS=1 cargo test -p podium-sim --test manifest_bad` writes the `.stderr` files anew; read them before
//! you commit them.

use std::fs;
use std::path::{Path, PathBuf};

use podium_sim::diagnostic::SourceText;
use podium_sim::manifest::parse_manifests;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_manifests");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    cases.sort();
    cases
}

#[test]
fn diagnostics_are_as_recorded() {
    let bless = std::env::var_os("PODIUM_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_str().unwrap();
        let source = SourceText::new(name, fs::read_to_string(&case).unwrap());
        let (_, found) = parse_manifests(source);
        assert!(found.iter().any(|d| d.is_error()), "{name}: no error found");
        let actual: String = found.iter().map(|d| format!("{d}\n  [{}]\n\n", d.code)).collect();
        let beside = case.with_extension("stderr");
        if bless {
            fs::write(&beside, &actual).unwrap();
        }
        let recorded = fs::read_to_string(&beside).unwrap_or_default();
        if recorded != actual {
            wrong.push(format!("--- {name}: recorded\n{recorded}--- now\n{actual}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_cases_and_no_stray_records() {
    assert!(cases().len() >= 30, "{}", cases().len());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_manifests");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.with_extension("yaml").exists(), "{} has no manifest", path.display());
        assert!(path.with_extension("stderr").exists(), "{} has no record", path.display());
    }
}
