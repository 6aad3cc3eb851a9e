//! Every broken scenario in `bad_scenarios/` gets exactly the diagnostics in the `.stderr` file beside it.
//!
//! `PODIUM_BLESS=1 cargo test -p podium-sim --test scenario_bad` writes the `.stderr` files anew; read them before
//! you commit them.

use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::parse;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn diagnostics_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_scenarios");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    cases.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    cases.sort();
    assert!(cases.len() >= 12, "{}", cases.len());
    let bless = std::env::var_os("PODIUM_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let source = SourceText::new(name, fs::read_to_string(&case).unwrap());
        let loader = |_: &str| Err("there is no such file".to_owned());
        let (scenario, found) = parse(&source, &loader);
        assert!(found.iter().any(|d| d.is_error()), "{name}: no error found");
        assert!(scenario.is_none(), "{name}: it was read in spite of its errors");
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
