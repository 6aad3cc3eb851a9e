//! The same scenario with the same seed gives the same trace: in two processes, in two builds.
//!
//! Each scenario under `scenarios/` is played by the built binary, whose `play --json` prints the hash of the whole
//! trace. `PODIUM_OTHER_BIN=target/release/podium cargo test --test determinism` compares with another build as well;
//! `.ci/run` does that with the release binary.

use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All scenario files, as paths from the root of the repository.
fn scenarios() -> Vec<PathBuf> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|x| x == "yaml")
                && std::fs::read_to_string(&path).unwrap().lines().any(|l| l.trim_end() == "kind: Scenario")
            {
                out.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join("scenarios"), &mut out);
    out.sort();
    assert!(out.len() >= 12, "only {} scenarios found", out.len());
    out
}

/// What one process prints about a run.
fn play(binary: &OsStr, file: &Path, seed: u64) -> Value {
    let seed = seed.to_string();
    let out = Command::new(binary)
        .current_dir(root())
        .args([
            OsStr::new("play"),
            file.as_os_str(),
            OsStr::new("--json"),
            OsStr::new("--seed"),
            OsStr::new(&seed),
        ])
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}", binary.to_string_lossy()));
    let repeat = format!("{} play {} --json --seed {seed}", binary.to_string_lossy(), file.display());
    assert!(matches!(out.status.code(), Some(0 | 1)), "{repeat}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{repeat}: {e}"))
}

/// Does something for each scenario on a few threads, and fails with all that was wrong.
fn for_each(check: impl Fn(&Path) -> Vec<String> + Sync) {
    let files = Mutex::new(scenarios());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|s| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            s.spawn(|| {
                while let Some(file) = { files.lock().unwrap().pop() } {
                    let found = check(&file);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const SEEDS: [u64; 2] = [3, 104];

#[test]
fn two_processes_write_the_same_trace() {
    let other = std::env::var_os("PODIUM_OTHER_BIN");
    let ours = OsStr::new(env!("CARGO_BIN_EXE_podium"));
    for_each(|file| {
        let mut wrong = Vec::new();
        for seed in SEEDS {
            let a = play(ours, file, seed);
            let b = play(other.as_deref().unwrap_or(ours), file, seed);
            assert_eq!(a["trace_hash"].as_str().map(str::len), Some(16), "{a}");
            // Everything that is printed must be the same, not the hash alone.
            if a != b {
                wrong.push(format!(
                    "{} differs with seed {seed}: {} and {}; to see where: podium play {} --seed {seed} --trace a.podium-trace \
                     (twice), then podium trace diff",
                    file.display(), a["trace_hash"], b["trace_hash"], file.display()
                ));
            }
        }
        wrong
    });
}

#[test]
fn another_seed_gives_another_trace() {
    let ours = OsStr::new(env!("CARGO_BIN_EXE_podium"));
    for_each(|file| {
        let [a, b] = SEEDS.map(|seed| play(ours, file, seed));
        let same = a["trace_hash"] == b["trace_hash"];
        same.then(|| format!("{}: seeds {SEEDS:?} give one and the same trace", file.display()))
            .into_iter()
            .collect()
    });
}
