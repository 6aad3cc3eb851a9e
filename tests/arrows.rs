//! The arrows between the packages, and what the world must not touch: clocks, files, threads, networks, chance.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All that a package needs to be built and run (not what only its tests need), from `Cargo.lock` and the manifests,
/// by `cargo metadata`.
fn needs(package: &str) -> BTreeSet<String> {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let host = String::from_utf8(rustc.stdout).unwrap();
    let host = host.lines().find_map(|l| l.strip_prefix("host: ")).expect("rustc tells its host");
    let out = Command::new(env!("CARGO"))
        .current_dir(root())
        // Of other platforms' packages nothing may have been downloaded.
        .args(["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host])
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let v: serde_json::Value = serde_json::from_slice(&out.stdout).expect("cargo metadata prints JSON");
    let names: BTreeMap<&str, &str> = v["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["id"].as_str().unwrap(), p["name"].as_str().unwrap()))
        .collect();
    let start = names.iter().find(|(_, n)| **n == package).map(|(id, _)| *id);
    let mut todo = vec![start.unwrap_or_else(|| panic!("there is no package {package}"))];
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        let node = v["resolve"]["nodes"].as_array().unwrap().iter().find(|n| n["id"] == id).unwrap();
        for d in node["deps"].as_array().unwrap() {
            let only_dev = d["dep_kinds"].as_array().unwrap().iter().all(|k| k["kind"] == "dev");
            let id = d["pkg"].as_str().unwrap();
            if !only_dev && seen.insert(names[id].to_owned()) {
                todo.push(id);
            }
        }
    }
    seen
}

#[test]
fn the_world_needs_no_operating_system() {
    let needed = needs("podium-sim");
    assert!(needed.contains("serde_json"), "the walk over the packages finds nothing: {needed:?}");
    for foreign in [
        "podium",
        "podium-engine",
        "podium-viz",
        "tokio",
        "async-std",
        "mio",
        "nix",
        "rustix",
        "bevy",
        "clap",
        "crossterm",
        "ratatui",
        "indicatif",
        "getrandom",
        "chrono",
        "time",
        "rayon",
        "socket2",
    ] {
        assert!(!needed.contains(foreign), "podium-sim depends on {foreign}");
    }
}

#[test]
fn the_front_door_depends_on_the_world_and_not_the_other_way_round() {
    assert!(needs("podium").contains("podium-sim"));
    for (package, wanted) in [("podium-viz", "podium-engine"), ("podium-engine", "podium-viz")] {
        if root().join(package.trim_start_matches("podium-")).join("Cargo.toml").exists() {
            let needed = needs(package);
            assert!(!needed.contains(wanted) && !needed.contains("podium"), "{package} needs {needed:?}");
        }
    }
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|x| x == "rs") {
            out.push(path);
        }
    }
}

/// Words that have no business in a source of the world; `//` comments are not looked at.
const FORBIDDEN: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "std::time",
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "std::process",
    "std::io",
    "std::os",
    "unsafe",
    "thread_local",
    "RandomState",
    "println",
    "eprintln",
    "dbg!",
    "f32",
    "rand::rng",
    "async",
    "getrandom",
];

/// Attributes that forbid what they name.
const HARMLESS: &[&str] = &["forbid(unsafe_code)", "deny(unsafe_code)"];

/// Places in which a word is right, with the reason.
const ALLOWED: &[(&str, &str, &str)] = &[];

fn words(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        edge(text[..at].chars().next_back())
            && (word.ends_with('!') || edge(text[at + word.len()..].chars().next()))
    })
}

#[test]
fn sources_of_the_world_are_pure() {
    let mut files = Vec::new();
    sources(&root().join("sim/src"), &mut files);
    assert!(files.len() > 100, "only {} files found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if name.contains("tests") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for (n, line) in text.lines().enumerate() {
            if line.trim() == "mod tests {" {
                break;
            }
            let code = line.split("//").next().unwrap();
            if HARMLESS.iter().any(|h| code.contains(h)) {
                continue;
            }
            for word in FORBIDDEN.iter().filter(|w| words(code, w)) {
                if !ALLOWED.iter().any(|(f, w, _)| name.ends_with(f) && w == word) {
                    wrong.push(format!("{name}:{}: {word}: {}", n + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_search_for_words_finds_them() {
    assert!(words("use std::time::Instant;", "std::time") && words("let x: f32 = 1.0", "f32"));
    assert!(!words("let xf32y = 1; f32s", "f32"));
}
