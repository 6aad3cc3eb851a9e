//! What the tests of the command line share: the program, as a shell runs it.

// Not every file of tests uses all of it.
#![allow(dead_code)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub const K08: &str = "scenarios/lessons/k08-node-down.yaml";
pub const WEB: &str = "scenarios/lessons/manifests/web.yaml";

pub fn podium() -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_podium"));
    c.current_dir(env!("CARGO_MANIFEST_DIR"));
    for v in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "TERM", "CLICOLOR_FORCE", "FORCE_COLOR"] {
        c.env_remove(v);
    }
    c
}

pub fn run(args: &[&str]) -> Output {
    podium().args(args).stdin(Stdio::null()).output().expect("the binary runs")
}

pub fn stdout(o: &Output) -> String {
    String::from_utf8(o.stdout.clone()).expect("standard output is UTF-8")
}

pub fn stderr(o: &Output) -> String {
    String::from_utf8(o.stderr.clone()).expect("standard error is UTF-8")
}

/// Runs it, demands an exit code, and returns standard output.
#[track_caller]
pub fn ends(args: &[&str], code: i32) -> String {
    let o = run(args);
    assert_eq!(o.status.code(), Some(code), "podium {}\n{}{}", args.join(" "), stdout(&o), stderr(&o));
    assert!(!stderr(&o).contains("podium has a bug"), "podium {}\n{}", args.join(" "), stderr(&o));
    stdout(&o)
}

/// Likewise; returns standard error, which must hold each of the texts.
#[track_caller]
pub fn complains(args: &[&str], code: i32, texts: &[&str]) {
    let o = run(args);
    let said = stderr(&o);
    assert_eq!(o.status.code(), Some(code), "podium {}\n{}{said}", args.join(" "), stdout(&o));
    for t in texts {
        assert!(said.contains(t), "podium {}: {t:?} is not in\n{said}", args.join(" "));
    }
    assert!(!said.contains("podium has a bug") && !said.contains("panicked"), "{said}");
}

/// A folder that goes away with the test.
pub struct Temp(pub PathBuf);

impl Temp {
    pub fn new(name: &str) -> Temp {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Temp(dir)
    }
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
    pub fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e} in\n{text}"))
}
