//! The command line as a shell sees it: exit codes, help, JSON, pipes, and what it says about mistakes.

mod shell;

use serde_json::Value;
use shell::*;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

/// The commands that `--help` lists.
fn commands(of: &[&str]) -> Vec<String> {
    let mut args = of.to_vec();
    args.push("--help");
    let help = ends(&args, 0);
    let list = help.split("Commands:\n").nth(1).unwrap_or_else(|| panic!("no commands in\n{help}"));
    list.lines()
        .take_while(|l| l.starts_with("  "))
        .filter(|l| !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .filter(|w| *w != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_command_has_help_with_an_example() {
    let mut all: Vec<Vec<String>> = commands(&[]).into_iter().map(|c| vec![c]).collect();
    assert!(all.len() >= 10, "{all:?}");
    for parent in ["trace", "bench"] {
        all.retain(|c| c[0] != parent);
        all.extend(commands(&[parent]).into_iter().map(|c| vec![parent.to_owned(), c]));
    }
    let mut without = Vec::new();
    for command in all {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let help = ends(&args, 0);
        let example = help.split("Example").nth(1).unwrap_or_default();
        if !example.contains(&format!("podium {}", command.join(" "))) {
            without.push(command.join(" "));
        }
    }
    assert!(without.is_empty(), "no example in the help of: {}", without.join(", "));
    assert!(ends(&["--help"], 0).contains("Exit codes: 0 ok, 1 an assertion failed, 2 wrong usage"));
    assert!(ends(&["--version"], 0).starts_with("podium "));
}

/// Examples that name a file of this repository must name one that exists.
#[test]
fn examples_name_files_that_exist() {
    let mut wrong = BTreeSet::new();
    let mut texts = vec![ends(&["--help"], 0), ends(&["tour", "--plain", "--answer", "1"], 0)];
    for c in ["play", "test", "why", "get", "describe", "events", "top"] {
        texts.push(ends(&[c, "--help"], 0));
    }
    for word in texts.iter().flat_map(|t| t.split_whitespace()) {
        if word.starts_with("scenarios/") && !Path::new(env!("CARGO_MANIFEST_DIR")).join(word).exists() {
            wrong.insert(word.to_owned());
        }
    }
    assert!(wrong.is_empty(), "there is no {wrong:?}");
}

#[test]
fn exit_codes() {
    let t = Temp::new("codes");
    let failing = t.file(
        "failing.yaml",
        "apiVersion: podium.dev/v1alpha1\nkind: Scenario\nmetadata: {name: failing}\nspec:\n  cluster: {nodes: 1}\n  steps:\n    \
         - name: never\n      assert:\n        - {within: 5s, count: {kind: pod, min: 1}}\n",
    );
    let broken = t.file("broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n");
    let cases: &[(&[&str], i32)] = &[
        (&["play", WEB], 0),
        (&["test", "scenarios/regress"], 0),
        (&["play", &failing], 1),
        (&["test", &failing], 1),
        (&["play"], 2),
        (&["play", "--no-such-flag", WEB], 2),
        (&["no-such-command"], 2),
        (&["play", WEB, "--until", "soon"], 2),
        (&["play", WEB, "--latency", "warp"], 2),
        (&["--lang", "tlh", "play", WEB], 2),
        (&["get", WEB, "pods", "-o", "toml"], 2),
        (&["get", WEB, "pods", "-l", "a in (b"], 2),
        (&["bench", "world", "--nodes", "1,2", "--pods", "1"], 2),
        (&["play", &broken], 5),
        (&["get", &broken, "pods"], 5),
        (&["play", "/nowhere/at-all.yaml"], 5),
        (&["test", "/nowhere/at-all.yaml"], 5),
        (&["test", "/nowhere"], 5),
        (&["test", "src"], 5),
        (&["test", &broken], 5),
        (&["test", &broken, "scenarios/regress/cordon.yaml"], 5),
        (&["test", &broken, &failing], 1),
        (&["trace", "cat", "/nowhere/at-all.podium-trace"], 5),
        (&["play", "Cargo.lock"], 5),
    ];
    for (args, code) in cases {
        ends(args, *code);
    }
    // A picture needs a terminal, and this is none.
    complains(&["play", WEB, "--tui"], 3, &["terminal"]);
}

#[test]
fn what_failed_is_said_once_with_how_to_repeat_it() {
    let t = Temp::new("failing");
    let failing = t.file(
        "failing.yaml",
        "apiVersion: podium.dev/v1alpha1\nkind: Scenario\nmetadata: {name: failing}\nspec:\n  cluster: {nodes: 1}\n  steps:\n    \
         - name: never\n      assert:\n        - {within: 5s, count: {kind: pod, min: 1}}\n",
    );
    let text = ends(&["play", &failing, "--seed", "9"], 1);
    assert!(text.contains(&format!("podium play {failing} --seed 9")), "{text}");
    assert_eq!(text.matches("step `never`").count(), 1, "{text}");
    let v = json(&ends(&["play", &failing, "--json"], 1));
    assert_eq!((&v["passed"], &v["report"]["failure"]["step"]), (&Value::Bool(false), &"never".into()));
}

#[test]
fn json_parses_everywhere() {
    let play = json(&ends(&["play", K08, "--json"], 0));
    assert_eq!(play["scenario"], "k08-node-down");
    assert_eq!(play["trace_hash"].as_str().unwrap().len(), 16);
    let test = json(&ends(&["test", "scenarios/regress/cordon.yaml", "--json"], 0));
    assert_eq!((&test["passed"], &test["failed"]), (&1.into(), &0.into()));
    let why = json(&ends(&["why", WEB, "pod/web-*", "--json"], 0));
    assert!(why["lines"].as_array().unwrap().len() >= 3, "{why}");
    assert_eq!(why["lines"][0]["at_s"], 1.0, "times have a unit: {why}");
    let get = json(&ends(&["get", WEB, "pods", "--json"], 0));
    assert_eq!(get["kind"], "List");
    assert_eq!(get["items"].as_array().unwrap().len(), 3, "{get}");
    let one = json(&ends(&["get", WEB, "deploy/web", "-o", "json"], 0));
    assert_eq!((&one["kind"], &one["apiVersion"]), (&"Deployment".into(), &"apps/v1".into()));
    let events = json(&ends(&["events", WEB, "--json"], 0));
    let reasons: BTreeSet<&str> =
        events.as_array().unwrap().iter().map(|e| e["reason"].as_str().unwrap()).collect();
    assert!(reasons.contains("Scheduled") && reasons.contains("Started"), "{reasons:?}");
    let bench = json(&ends(&["bench", "world", "--nodes", "3", "--pods", "9", "--json"], 0));
    assert_eq!((&bench[0]["nodes"], &bench[0]["pods"]), (&3.into(), &9.into()));
    let schema = json(&ends(&["schema"], 0));
    assert!(schema["properties"].is_object());
    // Nothing found is still JSON.
    let none = json(&ends(&["get", WEB, "configmaps", "-n", "kube-public", "-l", "a=b", "-o", "json"], 0));
    assert_eq!(none["items"], Value::Array(vec![]));
    assert_eq!(json(&ends(&["events", WEB, "-n", "kube-public", "--json"], 0)), Value::Array(vec![]));
}

#[test]
fn a_scenario_and_its_trace_show_the_same() {
    let t = Temp::new("same");
    let trace = t.path("k08.podium-trace");
    ends(&["play", K08, "--trace", &trace], 0);
    for at in ["30s", "2m", "7m"] {
        for what in [
            &["get", "pods", "-o", "wide"][..],
            &["get", "nodes"],
            &["get", "deploy,rs"],
            &["describe", "nodes"],
            &["events"],
            &["top", "pods"],
            &["top", "nodes"],
        ] {
            // Just then a pod runs that its kubelet has not looked at yet.
            if what[0] == "top" && at == "7m" {
                continue;
            }
            let args = |file: &str| {
                let mut a = vec![what[0].to_owned(), file.to_owned()];
                a.extend(what[1..].iter().map(|s| s.to_string()));
                a.extend(["--at".to_owned(), at.to_owned()]);
                a
            };
            let show = |file: &str| {
                let a = args(file);
                ends(&a.iter().map(String::as_str).collect::<Vec<_>>(), 0)
            };
            let (scenario, file) = (show(K08), show(&trace));
            assert!(!scenario.is_empty(), "{what:?} at {at}");
            assert_eq!(scenario, file, "{what:?} at {at}");
        }
    }
    let why = |file: &str| ends(&["why", file, "pod/web-*", "--at", "7m"], 0);
    assert_eq!(why(K08), why(&trace));
    // Without messages there is no record of what containers use.
    ends(&["play", K08, "--trace", &trace, "--trace-level", "lifecycle"], 0);
    complains(&["top", &trace, "pods"], 2, &["level full", "help:"]);
}

#[test]
fn the_story_of_a_replacement_names_the_crash() {
    let text = ends(&["why", K08, "pod/web-*"], 0);
    for part in ["Why?", "The machine node-", "crashes.", "evicted", "The scheduler chooses"] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let chinese = ends(&["--lang", "zh-CN", "why", K08, "pod/web-*"], 0);
    assert_eq!(chinese.lines().count(), text.lines().count(), "{chinese}");
    assert!(!chinese.is_ascii());
}

#[test]
fn a_pipe_that_closes_is_quiet() {
    for args in [
        &["play", K08, "-v"][..],
        &["play", K08, "--json"],
        &["trace", "cat", K08, "--all"],
        &["trace", "export", K08],
        &["trace", "export", K08, "--format", "chrome"],
        &["get", K08, "pods", "-o", "yaml"],
        &["describe", K08, "nodes"],
        &["events", K08],
        &["why", K08, "pod/web-*"],
        &["schema"],
        &["test", "scenarios/regress"],
        &["completions", "bash"],
        &["top", K08, "pods"],
        &["tour", "--plain"],
        &["trace", "diff", K08, K08],
        &["bench", "world", "--nodes", "1", "--pods", "1"],
        &["bench", "scheduler", "--list"],
    ] {
        let mut child = podium()
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let o = child.wait_with_output().unwrap();
        let said = stderr(&o);
        assert!(
            !said.contains("bug") && !said.contains("roken pipe") && !said.contains("panicked"),
            "podium {}\n{said}",
            args.join(" ")
        );
        assert!(matches!(o.status.code(), Some(0)), "podium {}: {:?}\n{said}", args.join(" "), o.status);
    }
}

#[test]
fn colour_only_on_a_terminal_that_wants_it() {
    // Standard output is a pipe here; not even FORCE_COLOR may smuggle codes into a table.
    for vars in
        [&[][..], &[("NO_COLOR", "1")], &[("TERM", "dumb")], &[("NO_COLOR", "1"), ("TERM", "xterm-256color")]]
    {
        for args in [
            &["play", K08][..],
            &["why", K08, "pod/web-*"],
            &["test", "scenarios/regress/cordon.yaml"],
            &["tour", "--plain"],
            &["--help"],
        ] {
            let o = podium().args(args).envs(vars.iter().copied()).stdin(Stdio::null()).output().unwrap();
            assert_eq!(o.status.code(), Some(0));
            assert!(!stdout(&o).contains('\x1b') && !stderr(&o).contains('\x1b'), "{args:?} with {vars:?}");
        }
    }
}

#[test]
fn mistakes_are_answered_with_the_nearest_name() {
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["get", WEB, "podz"], 2, &["pod"]),
        (&["get", WEB, "deploymnets"], 2, &["deployment"]),
        (&["why", WEB, "pood/web"], 2, &["pod"]),
        (&["why", WEB, "pod/nobody"], 2, &["nobody", "web-"]),
        (&["why", WEB, "pods"], 2, &["KIND/NAME"]),
        (&["get", WEB, "pod", "nobody"], 2, &["NotFound", "pods \"nobody\" not found"]),
        (&["describe", WEB, "node/node-9"], 2, &["nodes \"node-9\" not found"]),
        (&["play", "scenarios/lessons/k08-node-dwon.yaml"], 5, &["no such file", "k08-node-down.yaml"]),
        (&["plya", WEB], 2, &["play"]),
        (&["bench", "world", "--nodes", "0"], 2, &["at least one node"]),
        (&["bench", "world", "--nodes", "1"], 2, &["1 node takes at most 110 pods"]),
        (&["play", WEB, "--sede", "1"], 2, &["--seed"]),
        (&["play", WEB, "--trace-level", "loud"], 2, &["off", "lifecycle", "full"]),
        (&["completions", "basch"], 2, &["bash"]),
        (&["top", "Cargo.toml", "pods"], 5, &["Cargo.toml"]),
    ];
    for (args, code, texts) in cases {
        complains(args, *code, texts);
    }
}

/// What leads to a step stands above its heading, what it does below, and no line is longer than others.
#[test]
fn a_lesson_is_told_step_by_step() {
    let text = ends(&["play", K08], 0);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what:?} is not in\n{text}"));
    let told = [
        "▶ crash",
        "The machine node-2 crashes.",
        "▶ noticed",
        "Nobody knows how node node-2 is",
        "Its lease has run out.",
        "▶ evicted",
        "its controller creates one more.",
        "lcdvj is created.",
        "The pods tolerated the taint for 300 seconds.",
        "! The run says: More than five",
        "▶ healed",
    ];
    let places: Vec<usize> = told.iter().map(|what| at(what)).collect();
    assert!(places.is_sorted(), "{text}");
    let long: Vec<_> =
        text.lines().take_while(|l| !l.starts_with("NAME")).filter(|l| l.chars().count() > 100).collect();
    assert!(long.is_empty(), "{long:#?}");
    assert_eq!(stdout(&run(&["bench", "world", "--nodes", "0"])), "", "no table above a mistake");
}

#[test]
fn standard_input_is_a_file() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(WEB)).unwrap();
    let feed = |args: &[&str], text: &[u8]| {
        let mut child = podium()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(text);
        child.wait_with_output().unwrap()
    };
    let piped = feed(&["get", "-", "pods", "--at", "30s"], manifest.as_bytes());
    assert_eq!(piped.status.code(), Some(0), "{}", stderr(&piped));
    assert_eq!(stdout(&piped), ends(&["get", WEB, "pods", "--at", "30s"], 0));
    let wrong = feed(&["play", "-"], b"kind: Pod\nmetadata: {name: x\n");
    assert_eq!(wrong.status.code(), Some(5));
    assert!(stderr(&wrong).contains("standard input:"), "{}", stderr(&wrong));
    let latin = feed(&["play", "-"], b"kind: P\xe9d\n");
    assert_eq!(latin.status.code(), Some(5));
    assert!(stderr(&latin).contains("byte 7"), "{}", stderr(&latin));
    let empty = feed(&["play", "-"], b"");
    assert_eq!(empty.status.code(), Some(5), "{}{}", stdout(&empty), stderr(&empty));
}

#[test]
fn a_folder_of_manifests_is_applied_in_order_of_names() {
    let t = Temp::new("folder");
    t.file("1-ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    t.file("2-map.json", "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"m\", \"namespace\": \"shop\"}}");
    t.file("notes.txt", "not: [a manifest\n");
    let folder = t.0.to_str().unwrap();
    let got = ends(&["get", folder, "configmaps", "-n", "shop", "-o", "name"], 0);
    assert!(got.contains("configmap/m"), "{got}");
    let empty = Temp::new("folder-empty");
    complains(&["play", empty.0.to_str().unwrap()], 5, &["no .yaml"]);
}

#[test]
fn completions_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let text = ends(&["completions", shell], 0);
        assert!(text.contains("podium") && text.contains("describe") && text.len() > 500, "{shell}");
    }
}

/// A file that cannot be written is a mistake of use, said before anything is lost.
#[test]
fn places_that_cannot_be_written() {
    for args in [
        &["play", WEB, "--trace", "/nowhere/x.podium-trace"][..],
        &["trace", "export", WEB, "-o", "/nowhere/x.json"],
        &["test", "scenarios/regress/cordon.yaml", "--junit", "/nowhere/x.xml"],
    ] {
        complains(args, 2, &["/nowhere/x"]);
    }
    complains(&["play", WEB, "--trace-level", "off", "--trace", "x"], 2, &["--trace-level off"]);
}
