//! Causes: in every run each record's chain ends at an action, a timer, a fault or the start; and what `podium why` says
//! of fifteen and more typical happenings is kept as prose under `tests/golden/`.
//!
//! `PODIUM_BLESS=1 cargo test --test causes` writes the prose anew; read it before you commit it.

use podium_sim::caption::{Catalogue, Lang};
use podium_sim::check::Checker;
use podium_sim::diagnostic::SourceText;
use podium_sim::object::{Key, Kind, Str};
use podium_sim::runtime::glob_match;
use podium_sim::scenario::{Run, RunOptions, Scenario, parse};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Level, Order, Record, TraceIndex, What, WriteVerb, chain, explain};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

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
    out
}

fn read(file: &Path) -> Arc<Scenario> {
    let path = root().join(file);
    let folder = path.parent().unwrap();
    let load = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).map_err(|e| e.to_string())?;
        Ok(SourceText::new(name, text))
    };
    let source = SourceText::new(file.display().to_string(), std::fs::read_to_string(&path).unwrap());
    let (scenario, found) = parse(&source, &load);
    Arc::new(scenario.unwrap_or_else(|| panic!("{found:?}")))
}

/// Plays to the end, or to a time and beyond the end if need be. The records, and the nodes' names.
fn play(
    scenario: &Arc<Scenario>,
    level: Level,
    seed: Option<u64>,
    at: Option<SimTime>,
) -> (Vec<Record>, Vec<Str>) {
    let options = RunOptions { level, seed, keep_records: true, ..RunOptions::default() };
    let mut run = Run::new(scenario.clone(), options);
    match at {
        Some(t) => {
            run.step_until(t);
            if run.cluster().now() < t {
                run.cluster_mut().advance(t);
            }
        }
        None => drop(run.to_end()),
    }
    let mut records = run.take_records();
    records.extend(run.cluster_mut().take_records());
    let nodes = run.cluster().config().nodes.iter().map(|n| n.name.clone()).collect();
    (records, nodes)
}

/// Every record has a cause, and every chain ends at a root. The chains of all records share their ends, so that it is
/// enough to look at each cause once; a sample is walked to the end besides.
fn check(file: &Path, level: Level, seed: Option<u64>, wrong: &mut Vec<String>) {
    let scenario = read(file);
    let (records, nodes) = play(&scenario, level, seed, None);
    assert!(records.len() > 50, "{}: {} records", file.display(), records.len());
    let index = TraceIndex::new(&records, &nodes);
    let mut bad = |text: String| {
        let seed = seed.unwrap_or(scenario.spec.seed);
        wrong.push(format!(
            "{text}\n  repeat: podium trace cat --all on podium play {} --seed {seed} --trace t.podium-trace",
            file.display()
        ));
    };
    let mut checker = Checker::new();
    for r in &records {
        checker.record(r);
        if r.what.is_root() != (r.cause.0 == 0) || r.cause >= r.id {
            bad(format!("{}: record {} ({:?}) has cause {}", file.display(), r.id.0, r.what, r.cause.0));
        } else if let Some(cause) = index.get(r.cause)
            && cause.at > r.at
        {
            bad(format!("{}: record {} at {} has a cause at {}", file.display(), r.id.0, r.at, cause.at));
        }
        // What a user, a fault or a timer is the cause of must be said; the rest would be a chain that ends in the air.
        if let What::Dropped { sent, .. } | What::Delivered { sent } = &r.what
            && !matches!(index.get(*sent).map(|r| &r.what), Some(What::Sent { .. }))
            && sent.0 != 0
        {
            bad(format!("{}: record {} names {} as what was sent", file.display(), r.id.0, sent.0));
        }
        if r.id.0 % 5 == 0 {
            match chain(&index, r.id) {
                Ok(ids) if index.get(*ids.last().unwrap()).unwrap().what.is_root() => {}
                Ok(ids) => bad(format!("{}: the chain of record {} ends at {ids:?}", file.display(), r.id.0)),
                Err(e) => bad(format!("{}: {e}", file.display())),
            }
        }
    }
    for v in checker.violations() {
        bad(format!("{}: {}: {} at {}", file.display(), v.rule, v.what, v.at));
    }
}

#[test]
fn every_chain_ends_at_a_root() {
    let files = std::sync::Mutex::new(scenarios());
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|s| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            s.spawn(|| {
                while let Some(file) = { files.lock().unwrap().pop() } {
                    let seeds = if file.starts_with("scenarios/chaos") { 8 } else { 1 };
                    let mut found = Vec::new();
                    for seed in std::iter::once(None).chain((500..500 + seeds).map(Some)) {
                        check(&file, Level::Full, seed, &mut found);
                        check(&file, Level::Lifecycle, seed, &mut found);
                    }
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} findings, the first:\n{}",
        wrong.len(),
        wrong.iter().take(10).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// What is asked: the name of its golden file, a scenario, when (seconds), an object, and words that the answer must hold
/// whatever else changes.
type Golden = (&'static str, &'static str, u64, Kind, &'static str, &'static str, &'static [&'static str]);

const GOLDEN: &[Golden] = &[
    (
        "node-crash-replacement",
        "lessons/k08-node-down",
        440,
        Kind::Pod,
        "default",
        "web-*",
        &["The machine node-2 crashes.", "is evicted", "The scheduler chooses"],
    ),
    (
        "node-crash-not-ready",
        "lessons/k08-node-down",
        120,
        Kind::Node,
        "",
        "node-2",
        &["The machine node-2 crashes.", "lease", "taints"],
    ),
    (
        "eviction",
        "lessons/k08-node-down",
        440,
        Kind::Pod,
        "default",
        "EVICTED",
        &["The machine node-2 crashes.", "is evicted"],
    ),
    (
        "evicted-pod-ends-when-its-node-returns",
        "lessons/k08-node-down",
        700,
        Kind::Pod,
        "default",
        "EVICTED",
        &["The machine node-2 crashes.", "is evicted", "removed from the cluster"],
    ),
    (
        "crash-loop",
        "lessons/k07-restart-and-backoff",
        70,
        Kind::Pod,
        "default",
        "restless",
        &["has ended by itself with exit code 1", "waits 10 s", "waits 40 s"],
    ),
    (
        "pod-deleted-replacement",
        "regress/pod-deleted",
        80,
        Kind::Pod,
        "default",
        "web-*",
        &["kubectl delete pod/web-", "is marked for deletion", "creates one more", "is Running"],
    ),
    (
        "scale-up",
        "regress/scale",
        100,
        Kind::Pod,
        "default",
        "web-*",
        &["kubectl scale deployment.apps/web --replicas=5", "creates 2 more", "is Running"],
    ),
    (
        "scale-down-victim",
        "regress/scale",
        160,
        Kind::Pod,
        "default",
        "web-*",
        &["kubectl scale deployment.apps/web --replicas=1", "deletes 4 pods", "removed from the cluster"],
    ),
    (
        "rollout-new-pod",
        "regress/rollout-stuck",
        100,
        Kind::Pod,
        "default",
        "shop-*",
        &["shop:v2 instead of shop:v1", "for revision 2", "is Running"],
    ),
    (
        "rollout-stuck-pod",
        "regress/rollout-stuck",
        300,
        Kind::Pod,
        "default",
        "shop-*",
        &["shop:v9 instead of shop:v2", "cannot be had"],
    ),
    (
        "rollout-stalled",
        "regress/rollout-stuck",
        460,
        Kind::Deployment,
        "default",
        "shop",
        &["shop:v9 instead of shop:v2", "no progress for 120 s"],
    ),
    (
        "rollback-pod",
        "regress/rollout-stuck",
        560,
        Kind::Pod,
        "default",
        "shop-*",
        &["kubectl rollout undo", "taken up again", "is Running"],
    ),
    (
        "cordon-reschedule",
        "regress/cordon-reschedule",
        80,
        Kind::Pod,
        "default",
        "web-*",
        &["kubectl delete pod/web-", "1 of 2 nodes fit"],
    ),
    (
        "kubelet-stopped-not-ready",
        "regress/kubelet-stopped",
        150,
        Kind::Node,
        "",
        "node-2",
        &["The kubelet on node-2 stops", "lease", "not ready"],
    ),
    (
        "kubelet-back-ready",
        "regress/kubelet-stopped",
        320,
        Kind::Node,
        "",
        "node-2",
        &["runs again", "is Ready"],
    ),
    (
        "restart-noticed-late",
        "regress/restart-unseen",
        150,
        Kind::Pod,
        "default",
        "web-1",
        &["The API server goes down", "The scheduler chooses", "exit code 3", "runs again", "is Running"],
    ),
    (
        "scaled-while-the-watch-was-down",
        "regress/api-server-away",
        220,
        Kind::Pod,
        "default",
        "web-*",
        &["kubectl scale deployment.apps/web --replicas=5", "creates 2 more"],
    ),
    (
        "namespace-deleted-pod",
        "regress/namespace-deleted",
        80,
        Kind::Pod,
        "shop",
        "till",
        &["kubectl delete namespace/shop", "empties namespace shop", "removed from the cluster"],
    ),
    (
        "namespace-deleted",
        "regress/namespace-deleted",
        80,
        Kind::Namespace,
        "",
        "shop",
        &["kubectl delete namespace/shop", "The namespace shop is deleted."],
    ),
    (
        "garbage-background",
        "regress/garbage",
        110,
        Kind::ReplicaSet,
        "default",
        "back-*",
        &["kubectl delete deployment.apps/back", "is gone"],
    ),
    (
        "garbage-background-pod",
        "regress/garbage",
        110,
        Kind::Pod,
        "default",
        "back-*",
        &["kubectl delete deployment.apps/back", "removed from the cluster"],
    ),
    (
        "garbage-foreground",
        "regress/garbage",
        170,
        Kind::ReplicaSet,
        "default",
        "fore-*",
        &["--cascade=foreground", "first"],
    ),
    (
        "garbage-foreground-owner",
        "regress/garbage",
        170,
        Kind::Deployment,
        "default",
        "fore",
        &["--cascade=foreground", "The deployment fore is deleted."],
    ),
    (
        "garbage-orphan",
        "regress/garbage",
        230,
        Kind::Deployment,
        "default",
        "free",
        &["--cascade=orphan", "is deleted"],
    ),
    ("no-room", "regress/no-room", 100, Kind::Pod, "default", "big", &["kubectl apply", "finds no node"]),
    (
        "no-room-retried",
        "regress/no-room",
        150,
        Kind::Pod,
        "default",
        "big",
        &["kubectl scale", "another try", "chooses node-1", "is Running"],
    ),
];

/// The newest object that was created under a name with `*`; for `EVICTED` the pod that was evicted.
fn find(records: &[Record], kind: &Kind, ns: &str, name: &str) -> Option<Key> {
    if name == "EVICTED" {
        return records.iter().find_map(|r| match &r.what {
            What::Note { code, subject, .. } if code.as_str() == "pod.evicted" => Some(subject.clone()),
            _ => None,
        });
    }
    records
        .iter()
        .filter_map(|r| match &r.what {
            What::Write { verb: WriteVerb::Create, obj, .. } => Some(obj.key()),
            _ => None,
        })
        .rfind(|k| k.kind == *kind && k.ns == *ns && glob_match(name, &k.name))
}

#[test]
fn the_stories_are_as_recorded() {
    let bless = std::env::var_os("PODIUM_BLESS").is_some();
    let folder = root().join("tests/golden");
    std::fs::create_dir_all(&folder).unwrap();
    let catalogue = Catalogue::new(Lang::En);
    let mut wrong = Vec::new();
    for (golden, file, seconds, kind, ns, name, words) in GOLDEN {
        let file = PathBuf::from(format!("scenarios/{file}.yaml"));
        let at = SimTime(0) + Span::secs(*seconds);
        let (records, nodes) = play(&read(&file), Level::Full, None, Some(at));
        let index = TraceIndex::new(&records, &nodes);
        let key =
            find(&records, kind, ns, name).unwrap_or_else(|| panic!("{golden}: there is no {kind} {name}"));
        let why = explain(&index, &key, at, &catalogue, Order::OldestFirst)
            .unwrap_or_else(|e| panic!("{golden}: {e}"));
        assert!(
            why.lines.windows(2).all(|w| w[0].at <= w[1].at),
            "{golden}: not in the order of time:\n{why}"
        );
        let namespace = if ns.is_empty() || *ns == "default" { String::new() } else { format!(" -n {ns}") };
        let text = format!(
            "$ podium why {} {}/{}{namespace} --at {seconds}s\n{why}",
            file.display(),
            kind.name().to_lowercase(),
            key.name
        );
        for w in *words {
            if !text.contains(w) {
                wrong.push(format!("{golden}: {w:?} is not in\n{text}"));
            }
        }
        let path = folder.join(format!("{golden}.txt"));
        if bless {
            std::fs::write(&path, &text).unwrap();
        }
        let recorded = std::fs::read_to_string(&path).unwrap_or_default();
        if recorded != text {
            wrong.push(format!("--- {golden}: recorded\n{recorded}--- now\n{text}"));
        }
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            GOLDEN.iter().any(|g| format!("{}.txt", g.0) == name),
            "nothing is compared with tests/golden/{name}"
        );
    }
    assert!(
        wrong.is_empty(),
        "PODIUM_BLESS=1 cargo test --test causes records anew what follows\n{}",
        wrong.join("\n")
    );
}
