//! Recorded decisions of the real kube-scheduler, compared with ours, by both paths.
//!
//! A file holds one JSON object a line, of one of four shapes: a decision for one pod (filters and scores of each
//! node), a decision with volumes, a preemption, or a sequence of steps.

use super::explain::{Explanation, Search, explain};
use super::facts::PodInfo;
use super::fast::{Decided, Decider};
use super::filters::Filters;
use super::message::fit_error;
use super::preemption::{Attempt, Trials, best_of};
use super::profile::Profile;
use super::snapshot::Cache;
use crate::api_util::Time;
use crate::object::{Node, Obj, Pod, Str, Uid};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What pods without a start time count as started at: after all others.
const NOW: Time = Time(4_000_000_000);

/// How many comparisons of a kind there were, and how many failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Comparisons.
    pub compared: u64,
    /// Those that failed.
    pub mismatches: u64,
}

/// The result of comparing.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// By kind.
    pub kinds: BTreeMap<&'static str, Tally>,
    /// The first mismatches, readably.
    pub first: Vec<String>,
}

/// So many mismatches are written down.
const SHOWN: usize = 20;

impl Report {
    /// All kinds together.
    pub fn total(&self) -> Tally {
        self.kinds.values().fold(Tally::default(), |a, b| Tally {
            compared: a.compared + b.compared,
            mismatches: a.mismatches + b.mismatches,
        })
    }

    fn compare<T: PartialEq + std::fmt::Debug>(
        &mut self,
        kind: &'static str,
        at: &str,
        have: T,
        want: T,
    ) -> bool {
        let same = have == want;
        self.note(kind, same, || format!("{at}\n    kube-scheduler  {want:?}\n    podium          {have:?}"));
        same
    }

    fn note(&mut self, kind: &'static str, good: bool, say: impl FnOnce() -> String) {
        let tally = self.kinds.entry(kind).or_default();
        tally.compared += 1;
        if !good {
            tally.mismatches += 1;
            if self.first.len() < SHOWN {
                self.first.push(format!("{kind}: {}", say()));
            }
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    seed: Value,
    focus: String,
    nodes: Vec<Arc<Node>>,
    existing_pods: Option<Vec<Arc<Pod>>>,
    nominated_pods: Option<Vec<Arc<Pod>>>,
    pod: Option<Arc<Pod>>,
    snapshot_order: Vec<Str>,
    config: Option<Value>,
    expect: Value,
    argmax: Option<Vec<Str>>,
    pre_filter: Option<String>,
    pre_filter_unresolvable: Option<bool>,
    fit_error: Option<String>,
    filter: BTreeMap<Str, Refused>,
    preemption: bool,
    steps: Vec<Step>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// What the real scheduler says about a node that it refuses.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Refused {
    plugin: String,
    reasons: Vec<Str>,
    unresolvable: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Step {
    op: String,
    pod: Option<Arc<Pod>>,
    name: Str,
    node: Option<Arc<Node>>,
    snapshot_order: Vec<Str>,
    expect: Attempted,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Attempted {
    argmax: Vec<Str>,
    bind: Str,
    score: Option<i64>,
    feasible: Option<u32>,
    evaluated: Option<u32>,
    unschedulable: Option<String>,
    unschedulable_plugins: Option<Vec<Str>>,
    next_start: u32,
    preemption: Option<Preempted>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Preempted {
    code: String,
    message: String,
    nomination: String,
    full_message: Option<String>,
    choices: Vec<Choice>,
    candidates: BTreeMap<Str, Choice>,
    rejected: BTreeMap<Str, Refused>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Choice {
    node: Str,
    victims: Vec<String>,
    pdb_violations: i64,
    clear_nominations: Vec<String>,
}

/// The lists of other objects in a line, with the API version and kind that their members lack.
const OTHERS: [(&str, &str, &str); 11] = [
    ("namespaces", "v1", "Namespace"),
    ("services", "v1", "Service"),
    ("replicationControllers", "v1", "ReplicationController"),
    ("replicaSets", "apps/v1", "ReplicaSet"),
    ("statefulSets", "apps/v1", "StatefulSet"),
    ("podDisruptionBudgets", "policy/v1", "PodDisruptionBudget"),
    ("storageClasses", "storage.k8s.io/v1", "StorageClass"),
    ("persistentVolumes", "v1", "PersistentVolume"),
    ("persistentVolumeClaims", "v1", "PersistentVolumeClaim"),
    ("csiNodes", "storage.k8s.io/v1", "CSINode"),
    ("csiDrivers", "storage.k8s.io/v1", "CSIDriver"),
];

fn cluster(line: &Line) -> Result<Cache, String> {
    let mut cache = Cache::default();
    let capacities = ("csiStorageCapacities", "storage.k8s.io/v1", "CSIStorageCapacity");
    for (list, version, kind) in OTHERS.into_iter().chain([capacities]) {
        for o in line.others.get(list).and_then(Value::as_array).into_iter().flatten() {
            let mut o = o.clone();
            o["apiVersion"] = version.into();
            o["kind"] = kind.into();
            cache.listers.set(&Obj::from_value(o).map_err(|e| format!("{list}: {e}"))?);
        }
    }
    cache.set_nodes(line.nodes.iter().cloned());
    for p in line.existing_pods.iter().flatten() {
        cache.set_pod(p.clone());
    }
    for p in line.nominated_pods.iter().flatten() {
        cache.nominate(&PodInfo::new(p.clone()), &p.status.nominated_node_name);
    }
    cache.snapshot();
    Ok(cache)
}

fn profile(config: Option<&Value>) -> Result<Arc<Profile>, String> {
    match config {
        None => Ok(Profile::standard()),
        Some(value) => {
            let first = |found: Vec<crate::diagnostic::Diagnostic>| {
                found.first().map_or_else(String::new, |d| d.message.clone())
            };
            let config = super::config::from_value(value).map_err(first)?;
            Profile::of(&config, &config.profiles[0]).map(Arc::new).map_err(|e| e.join("; "))
        }
    }
}

fn full_name(p: &PodInfo) -> String {
    format!("{}/{}", p.pod.metadata.namespace, p.pod.metadata.name)
}

/// Compares one line of a file.
///
/// # Errors
/// When the line is none of the known shapes.
pub fn check(text: &str, report: &mut Report) -> Result<(), String> {
    let line: Line = serde_json::from_str(text).map_err(|e| format!("column {}: {e}", e.column()))?;
    if line.nodes.is_empty() {
        return Err("the line has no nodes: it is no decision of a scheduler".into());
    }
    let at = match line.focus.as_str() {
        "" => format!("seed {}", line.seed),
        focus => format!("seed {} ({focus})", line.seed),
    };
    let profile = match profile(line.config.as_ref()) {
        Ok(p) => p,
        Err(e) => {
            report.note("configurations", false, || format!("{at}: {e}"));
            return Ok(());
        }
    };
    let mut cache = cluster(&line)?;
    let order: Vec<Str> = cache.nodes().map(|n| n.name.clone()).collect();
    report.compare("orders of nodes", &at, order, line.snapshot_order.clone());
    if !line.steps.is_empty() {
        return sequence(&line, &at, profile, &mut cache, report);
    }
    let Some(pod) = &line.pod else { return Err("the line has neither a pod nor steps".into()) };
    let pod = PodInfo::new(pod.clone());
    match line.fit_error.is_some() {
        true => preemption(&line, &at, &profile, &cache, &pod, report),
        false => decision(&line, &at, &profile, &cache, &pod, report),
    }
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Verdict {
    filter: String,
    plugin: String,
    unresolvable: bool,
    scores: BTreeMap<String, i64>,
    total: i64,
}

fn decision(
    line: &Line,
    at: &str,
    profile: &Arc<Profile>,
    cache: &Cache,
    pod: &PodInfo,
    report: &mut Report,
) -> Result<(), String> {
    let e = explain(cache, pod, &Search { profile: profile.clone(), start: 0 });
    let have = e.rejected.as_ref().map(|(plugin, r)| format!("{plugin}: {}", r.reasons.join(", ")));
    report.compare("pods refused as a whole", at, have, line.pre_filter.clone());
    if let (Some(want), Some((_, r))) = (line.pre_filter_unresolvable, &e.rejected) {
        report.compare("pods refused as a whole", at, r.unresolvable, want);
    }
    let expect: BTreeMap<Str, Verdict> =
        Deserialize::deserialize(&line.expect).map_err(|e| format!("expect: {e}"))?;
    for (node, want) in &expect {
        let have = e.nodes.iter().find(|n| n.node == *node).map_or_else(Verdict::default, |n| {
            let mut v = Verdict::default();
            if n.left_out {
                v.filter = "prefilter-result".into();
                v.plugin.clone_from(&want.plugin);
                v.unresolvable = want.unresolvable;
            } else if let Some((plugin, r)) = n.rejected() {
                let mut reasons = r.reasons.to_vec();
                // Of some plugins the reasons are recorded sorted.
                if reasons.join(", ") != want.filter {
                    reasons.sort();
                }
                v = Verdict { filter: reasons.join(", "), plugin: plugin.into(), ..v };
                v.unresolvable = r.unresolvable;
            } else {
                let nonzero = n.scores.iter().filter(|s| s.weighted != 0);
                v.scores = nonzero.map(|s| (s.plugin.to_string(), s.weighted)).collect();
                v.total = n.total;
            }
            v
        });
        let mut want = Verdict {
            filter: want.filter.clone(),
            plugin: want.plugin.clone(),
            scores: want.scores.clone(),
            ..*want
        };
        want.scores.retain(|_, s| *s != 0);
        // One feasible node is not scored; recorded are the scores that it would have.
        let alone = e.feasible == 1 && want.filter.is_empty() && have.filter.is_empty();
        let (have, want) = if alone { (Verdict::default(), Verdict::default()) } else { (have, want) };
        report.compare("verdicts on nodes", &format!("{at}, node {node}"), have, want);
    }
    if expect.is_empty() && line.pre_filter.is_none() {
        return Err("the line has no answer: `expect` is empty, and there is no `preFilter`".into());
    }
    let mut decider = Decider::new(profile.clone());
    let d = decider.decide(pod, cache, 0, &mut || 0);
    agree(&e, &d, &decider, cache, at, report);
    if line.pre_filter.is_none() {
        let want: BTreeSet<Str> = line.argmax.iter().flatten().cloned().collect();
        report.compare("choices", at, e.best.iter().cloned().collect(), want);
    }
    Ok(())
}

/// Holds the fast path against the reference path.
fn agree(e: &Explanation, d: &Decided, decider: &Decider, cache: &Cache, at: &str, report: &mut Report) {
    let mut best = Vec::new();
    if d.winner.is_some() {
        best = decider.best().iter().map(|r| cache.row(*r).name.clone()).collect();
    }
    let fast = (&best, d.feasible, d.looked_at, d.score, d.next_start);
    let reference = (&e.best, e.feasible, e.looked_at, e.score(), e.next_start);
    report.note("fast path", fast == reference, || {
        format!("{at}\n    reference path  {reference:?}\n    fast path       {fast:?}")
    });
}

fn refused(plugin: Option<&str>, r: &super::framework::Rejection) -> Refused {
    Refused {
        plugin: plugin.unwrap_or_default().into(),
        reasons: r.reasons.to_vec(),
        unresolvable: r.unresolvable,
    }
}

fn preemption(
    line: &Line,
    at: &str,
    profile: &Arc<Profile>,
    cache: &Cache,
    pod: &PodInfo,
    report: &mut Report,
) -> Result<(), String> {
    let e = explain(cache, pod, &Search { profile: profile.clone(), start: 0 });
    for n in &e.nodes {
        let have = n.rejected().map(|(p, r)| refused(Some(p), r));
        let want = line.filter.get(&n.node).cloned();
        report.compare("verdicts before preemption", &format!("{at}, node {}", n.node), have, want);
    }
    report.compare("messages", at, Some(e.message.clone()), line.fit_error.clone());
    let expect: Preempted = Deserialize::deserialize(&line.expect).map_err(|e| format!("expect: {e}"))?;

    // The fast path, as the scheduler does it.
    let mut decider = Decider::new(profile.clone());
    let d = decider.decide(pod, cache, 0, &mut || 0);
    let Some(diagnosis) = d.diagnosis else {
        report.note("preemptions", false, || format!("{at}: a node was found"));
        return Ok(());
    };
    let mut open = diagnosis.candidates.clone();
    open.sort_unstable();
    let mut want = e.open.clone();
    want.sort_unstable();
    report.compare("fast path", at, open, want);
    let limited = line.config.is_some();
    for draw in if limited { vec![0, 1 << 62, 2 << 62, 3 << 62] } else { vec![u64::MAX / 2] } {
        let out = decider.post_filter(pod, cache, &diagnosis, NOW, &mut || draw);
        preempted(&expect, &out, cache, &format!("{at}, draw {draw}"), report);
    }

    // The reference path, node by node.
    let tried = expect.code == "Success" || !expect.rejected.is_empty();
    if let Some(mut filters) = Filters::begin(profile, pod, cache).ok().filter(|_| tried) {
        let mut candidates = Vec::new();
        let mut draw = || 0;
        let (open, trials) = (e.open.clone(), &mut Trials::default());
        let mut attempt = Attempt { filters: &mut filters, open, now: NOW, draw: &mut draw, trials };
        let (mut have, mut against) = (BTreeMap::new(), BTreeMap::new());
        for row in &e.open {
            let name = cache.row(*row).name.clone();
            match attempt.trial(*row) {
                Ok(c) => {
                    have.insert(name, choice(cache, &c, &[]));
                    candidates.push(c);
                }
                Err((plugin, r)) => {
                    against.insert(name, refused(plugin.map(|p| profile.plugin(p).name()), &r));
                }
            }
        }
        let mut want = expect.candidates.clone();
        for (node, c) in &mut want {
            c.node = node.clone();
        }
        report.compare("candidates of preemption", at, have, want);
        report.compare("nodes tried in vain", at, against, expect.rejected.clone());
        if !limited {
            let best: BTreeSet<Str> = best_of(&candidates, NOW)
                .iter()
                .map(|i| cache.row(candidates[*i].row).name.clone())
                .collect();
            let want = expect.choices.iter().map(|c| c.node.clone()).collect();
            report.compare("choices of preemption", at, best, want);
        }
    }
    Ok(())
}

fn choice(cache: &Cache, c: &super::preemption::Candidate, withdrawn: &[PodInfo]) -> Choice {
    let mut clear_nominations: Vec<String> = withdrawn.iter().map(full_name).collect();
    clear_nominations.sort();
    Choice {
        node: cache.row(c.row).name.clone(),
        victims: c.victims.iter().map(full_name).collect(),
        pdb_violations: c.violations,
        clear_nominations,
    }
}

fn preempted(
    expect: &Preempted,
    out: &super::fast::PostFiltered,
    cache: &Cache,
    at: &str,
    report: &mut Report,
) {
    match &out.preemption {
        Some(p) => {
            let have = choice(cache, &p.chosen, &p.withdrawn);
            let good = expect.choices.iter().any(|c| {
                let mut c = c.clone();
                c.clear_nominations.sort();
                c == have
            });
            report.note("preemptions", good, || {
                format!("{at}\n    kube-scheduler  {:?}\n    podium          {have:?}", expect.choices)
            });
        }
        None => {
            let have = (out.message.as_str(), if out.withdrawn { "clear" } else { "keep" }, true);
            let want = (expect.message.as_str(), expect.nomination.as_str(), expect.choices.is_empty());
            report.compare("preemptions", at, have, want);
        }
    }
}

/// What a sequence keeps from step to step.
struct Sequence {
    decider: Decider,
    placed: BTreeMap<String, Uid>,
    start: u32,
    /// Seconds; the next pod to be bound starts then.
    clock: i64,
}

fn sequence(
    line: &Line,
    at: &str,
    profile: Arc<Profile>,
    cache: &mut Cache,
    report: &mut Report,
) -> Result<(), String> {
    let existing: Vec<&Arc<Pod>> = line.existing_pods.iter().flatten().collect();
    let latest = existing.iter().filter_map(|p| p.status.start_time).max();
    let mut s = Sequence {
        decider: Decider::new(profile.clone()),
        placed: existing
            .iter()
            .map(|p| (format!("{}/{}", p.metadata.namespace, p.metadata.name), p.metadata.uid))
            .collect(),
        start: 0,
        clock: latest.map_or(0, |t| t.0),
    };
    for (i, step) in line.steps.iter().enumerate() {
        let at = format!("{at}, step {i}");
        match (step.op.as_str(), &step.node, &step.pod) {
            ("deletePod", ..) => {
                if let Some(uid) = s.placed.remove(step.name.as_str()) {
                    cache.remove_pod(uid);
                }
            }
            ("addNode", Some(node), _) => drop(cache.set_node(node.clone())),
            ("removeNode", ..) => drop(cache.remove_node(&step.name)),
            ("schedule", _, Some(pod)) => attempt(&mut s, &profile, cache, pod, &step.expect, &at, report),
            (op, ..) => return Err(format!("step {i}: unknown op {op:?}")),
        }
        if matches!(step.op.as_str(), "addNode" | "removeNode") {
            let order: Vec<Str> = cache.nodes().map(|n| n.name.clone()).collect();
            report.compare("orders of nodes", &at, order, step.snapshot_order.clone());
        }
    }
    Ok(())
}

fn attempt(
    s: &mut Sequence,
    profile: &Arc<Profile>,
    cache: &mut Cache,
    pod: &Arc<Pod>,
    expect: &Attempted,
    at: &str,
    report: &mut Report,
) {
    let info = PodInfo::new(pod.clone());
    cache.snapshot();
    let d = s.decider.decide(&info, cache, s.start, &mut || 0);
    let e = explain(cache, &info, &Search { profile: profile.clone(), start: s.start });
    agree(&e, &d, &s.decider, cache, at, report);
    let mut best: Vec<Str> = e.best.clone();
    best.sort();
    let mut argmax = expect.argmax.clone();
    argmax.sort();
    let message =
        d.diagnosis.as_ref().map(|d| fit_error(cache.order().len(), d.all.as_ref(), &d.reasons, None));
    let rejectors: Option<Vec<Str>> = d.diagnosis.as_ref().map(|d| {
        let mut names: Vec<Str> = profile.names(d.rejectors).map(Str::from).collect();
        names.sort();
        names
    });
    let score = expect.score.map(|_| d.score);
    let placed = expect.unschedulable.is_none();
    let have =
        (best, score, placed.then_some(d.feasible), placed.then_some(d.looked_at), message, d.next_start);
    let want = (
        argmax,
        expect.score,
        expect.feasible,
        expect.evaluated,
        expect.unschedulable.clone(),
        expect.next_start,
    );
    report.compare("steps of sequences", at, have, want);
    if let Some(want) = &expect.unschedulable_plugins {
        let mut want = want.clone();
        want.sort();
        report.compare("plugins that refuse", at, rejectors.unwrap_or_default(), want);
    }
    s.start = expect.next_start;
    if let (Some(want), Some(diagnosis)) = (&expect.preemption, &d.diagnosis) {
        let out = s.decider.post_filter(&info, cache, diagnosis, NOW, &mut || 0);
        preempted(want, &out, cache, at, report);
        if let Some(full) = &want.full_message {
            let have = fit_error(
                cache.order().len(),
                diagnosis.all.as_ref(),
                &diagnosis.reasons,
                Some(want.message.as_str()).filter(|m| !m.is_empty()),
            );
            report.compare("messages", at, &have, full);
        }
        if let Some(choice) = want.choices.first().filter(|_| want.code == "Success") {
            for victim in &choice.victims {
                if let Some(uid) = s.placed.remove(victim) {
                    cache.remove_pod(uid);
                }
            }
            if let Some(row) = cache.row_of(&choice.node) {
                let cleared: Vec<PodInfo> = cache.nominated(row).to_vec();
                for p in cleared.iter().filter(|p| choice.clear_nominations.contains(&full_name(p))) {
                    cache.withdraw(p.pod.metadata.uid);
                }
            }
            let mut nominated = (**pod).clone();
            nominated.status.nominated_node_name = choice.node.clone();
            cache.nominate(&PodInfo::new(Arc::new(nominated)), &choice.node);
        } else if want.nomination == "clear" {
            cache.withdraw(pod.metadata.uid);
        }
    }
    if !expect.bind.is_empty() {
        s.clock += 1;
        let mut bound = (**pod).clone();
        bound.node_name = expect.bind.clone();
        bound.status.start_time = Some(Time(s.clock));
        cache.withdraw(pod.metadata.uid);
        s.placed.insert(full_name(&info), pod.metadata.uid);
        cache.set_pod(Arc::new(bound));
    }
}
