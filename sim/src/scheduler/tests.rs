//! Tests of the scheduler as a component, of its queue, and of the fast path against the reference path.

use super::explain::{Search, explain};
use super::fast::{Decided, Decider};
use super::framework::*;
use super::plugins::ALL;
use super::queue::SchedulingQueue;
use super::snapshot::{Cache, NodeInfo, View};
use super::*;
use crate::apiserver::{Patch, Status, Verb};
use crate::config::WorldConfig;
use crate::core::{Core, Cx};
use crate::msg::{Comp, Reply, WatchEvent};
use crate::object::{ObjectMeta, PodSpec, Str};
use crate::rng::Rng;
use crate::time::Span;
use crate::trace::{Cause, Code, Record, RecordId, What};
use proptest::prelude::*;
use serde_json::{Value, json};

fn node(name: &str, v: Value) -> Arc<Node> {
    let mut base = json!({"metadata": {"name": name}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}});
    crate::api_util::patch::json_merge_patch(&mut base, &v);
    Arc::new(serde_json::from_value(base).expect("a node"))
}

fn pod(name: &str, v: Value) -> Arc<Pod> {
    let mut base = json!({"metadata": {"name": name, "namespace": "default", "uid": name}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}});
    crate::api_util::patch::json_merge_patch(&mut base, &v);
    Arc::new(serde_json::from_value(base).expect("a pod"))
}

/// A scheduler alone in a world: what it sends is read from the world's queue and answered by the test.
struct Rig {
    core: Core,
    s: Scheduler,
    revision: u64,
    records: Vec<Record>,
}

impl Rig {
    fn new(nodes: Vec<Arc<Node>>, pods: Vec<Arc<Pod>>) -> Rig {
        let core = Core::new(WorldConfig::default(), 1);
        let mut r = Rig { core, s: Scheduler::new(), revision: 10, records: Vec::new() };
        r.step(Input::Start);
        let list = |items| Ok(Reply::List { items, revision: 10 });
        r.respond(Ctx::Informer(PODS), list(pods.into_iter().map(Obj::Pod).collect()));
        r.respond(Ctx::Informer(NODES), list(nodes.into_iter().map(Obj::Node).collect()));
        r
    }
    fn step(&mut self, input: Input) {
        let mut cx = Cx::new(&mut self.core, Comp::Scheduler, Cause::Record(RecordId(1)));
        self.s.step(input, &mut cx);
        self.records.extend(self.core.tracer.take());
    }
    fn respond(&mut self, ctx: Ctx, result: Result<Reply, Box<Status>>) {
        self.step(Input::Message { from: Comp::Api, msg: Msg::Response { ctx, result } });
    }
    fn watch(&mut self, informer: u8, event: WatchEvent) {
        self.revision += 1;
        let msg = Msg::Watch { informer, revision: self.revision, event };
        self.step(Input::Message { from: Comp::Api, msg });
    }
    /// Lets time pass; timers fire, requests are collected.
    fn run(&mut self, d: Span) -> Vec<Verb> {
        let end = self.core.now + d;
        let mut out = Vec::new();
        while let Some((at, due)) = self.core.queue.pop_due(end) {
            self.core.now = at;
            match due.input {
                Input::Message { msg: Msg::Request(r), .. } => out.push(r.verb),
                input @ Input::Timer(_) => self.step(input),
                _ => {}
            }
        }
        self.core.now = end;
        out
    }
    fn notes(&self, code: Code) -> Vec<String> {
        let of = |r: &Record| match &r.what {
            What::Note { code: c, args, .. } if *c == code => Some(args[0].1.to_string()),
            _ => None,
        };
        self.records.iter().filter_map(of).collect()
    }
    fn decisions(&self) -> usize {
        self.records.iter().filter(|r| matches!(r.what, What::Decision(_))).count()
    }
}

fn bindings(verbs: &[Verb]) -> Vec<String> {
    let of = |v: &Verb| match v {
        Verb::Bind { pod, node, .. } => Some(format!("{}>{node}", pod.name)),
        _ => None,
    };
    verbs.iter().filter_map(of).collect()
}

fn events(verbs: &[Verb]) -> Vec<String> {
    let of = |v: &Verb| match v {
        Verb::Create(Obj::Event(e)) => Some(format!("{}: {}", e.reason, e.message)),
        _ => None,
    };
    verbs.iter().filter_map(of).collect()
}

#[test]
fn pods_are_bound_one_after_another_and_the_emptiest_node_is_preferred() {
    let mut r = Rig::new(
        vec![node("a", json!({})), node("b", json!({}))],
        vec![pod("p1", json!({})), pod("p2", json!({}))],
    );
    let verbs = r.run(Span::ms(100));
    let bound = bindings(&verbs);
    assert_eq!(bound.len(), 2, "{verbs:?}");
    assert_ne!(bound[0][3..], bound[1][3..], "each goes to the node without the other: {bound:?}");
    let at: Vec<SimTime> =
        r.records.iter().filter(|r| matches!(r.what, What::Decision(_))).map(|r| r.at).collect();
    assert_eq!(at[1] - at[0], Span(200_040), "a cycle takes its time");
    r.respond(Ctx::Scheduler(SchedCtx::Bind(pod("p1", json!({})).metadata.uid)), Ok(Reply::Done));
    let said = events(&r.run(Span::ms(100)));
    assert_eq!(said, [format!("Scheduled: Successfully assigned default/p1 to {}", &bound[0][3..])]);
}

#[test]
fn a_pod_that_fits_nowhere_says_why_and_waits_for_what_may_help() {
    let taint = json!({"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}});
    let full = json!({"status": {"allocatable": {"cpu": "500m"}}});
    let mut r = Rig::new(
        vec![node("a", taint.clone()), node("b", full.clone()), node("c", taint)],
        vec![pod("p", json!({}))],
    );
    let verbs = r.run(Span::ms(100));
    let want = "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {k: v}. \
                no new claims to deallocate, preemption: 0/3 nodes are available: \
                3 Preemption is not helpful for scheduling.";
    assert_eq!(events(&verbs), [format!("FailedScheduling: {want}")]);
    let condition = verbs.iter().find_map(|v| match v {
        Verb::Patch { patch: Patch::PodCondition(c), .. } => Some((**c).clone()),
        _ => None,
    });
    let condition = condition.expect("the condition is patched");
    assert_eq!((condition.reason.as_str(), condition.message.as_str()), ("Unschedulable", want));

    // The condition comes back by the watch: nothing about it calls for another attempt, nor for a second patch.
    let mut with = (*pod("p", json!({}))).clone();
    with.status.conditions.push(condition);
    r.watch(PODS, WatchEvent::Modified(Obj::Pod(Arc::new(with))));
    assert!(bindings(&r.run(Span::secs(20))).is_empty());
    assert_eq!(r.decisions(), 1);

    // A label changes nothing; room that is too small neither; enough room does.
    let cases = [
        ("label", json!({"metadata": {"labels": {"x": "y"}}, "status": {"allocatable": {"cpu": "500m"}}}), 1),
        ("small", json!({"status": {"allocatable": {"cpu": "900m"}}}), 1),
        ("enough", json!({"status": {"allocatable": {"cpu": "2"}}}), 2),
    ];
    for (name, n, decisions) in cases {
        r.watch(NODES, WatchEvent::Modified(Obj::Node(node("b", n))));
        let verbs = r.run(Span::ms(500));
        assert_eq!(r.decisions(), decisions, "{name}");
        assert_eq!(bindings(&verbs).len(), decisions - 1, "{name}");
    }
    assert_eq!(r.notes(Code::PodRetried), ["NodeUpdateNodeAllocatable"]);
}

#[test]
fn what_happens_during_a_cycle_is_not_lost() {
    let mut r =
        Rig::new(vec![node("a", json!({"spec": {"unschedulable": true}}))], vec![pod("p", json!({}))]);
    // The cycle has begun on the cordoned node; the cordon is lifted before it ends.
    r.watch(NODES, WatchEvent::Modified(Obj::Node(node("a", json!({})))));
    let verbs = r.run(Span::ms(100));
    assert_eq!((r.decisions(), bindings(&verbs)), (2, vec!["p>a".to_string()]));
    assert_eq!(r.notes(Code::PodRetried), ["NodeUpdateNodeTaint"]);
}

#[test]
fn a_failed_binding_is_forgotten_and_tried_again_after_a_back_off() {
    let error =
        |code| Box::new(Status { code, reason: "x", message: "etcdserver: request timed out".into() });
    for (name, code, again) in [("etcd slow", 500, true), ("gone", 404, false), ("taken", 409, false)] {
        let p = pod("p", json!({}));
        let mut r = Rig::new(vec![node("a", json!({}))], vec![p.clone()]);
        assert_eq!(bindings(&r.run(Span::ms(100))).len(), 1, "{name}");
        assert!(r.s.cache.is_assumed(p.metadata.uid), "{name}");
        r.respond(Ctx::Scheduler(SchedCtx::Bind(p.metadata.uid)), Err(error(code)));
        assert!(!r.s.cache.is_assumed(p.metadata.uid), "{name}");
        assert!(bindings(&r.run(Span::ms(900))).is_empty(), "{name}: not at once");
        assert_eq!(bindings(&r.run(Span::secs(3))).len(), usize::from(again), "{name}");
    }
}

#[test]
fn a_pod_seen_bound_is_confirmed_and_its_end_makes_room() {
    let small = json!({"status": {"allocatable": {"cpu": "1"}}});
    let mut r = Rig::new(vec![node("a", small)], vec![pod("p1", json!({})), pod("p2", json!({}))]);
    assert_eq!(bindings(&r.run(Span::ms(100))), ["p1>a"]);
    let uid = pod("p1", json!({})).metadata.uid;
    let mut bound = (*pod("p1", json!({}))).clone();
    bound.node_name = "a".into();
    r.watch(PODS, WatchEvent::Modified(Obj::Pod(Arc::new(bound.clone()))));
    assert!(!r.s.cache.is_assumed(uid));
    bound.status.phase = crate::object::PodPhase::Succeeded;
    r.watch(PODS, WatchEvent::Modified(Obj::Pod(Arc::new(bound))));
    assert_eq!(bindings(&r.run(Span::ms(100))), ["p2>a"]);
    assert_eq!(r.notes(Code::PodRetried), ["AssignedPodDelete"]);
}

#[test]
fn gated_pods_stay_out_and_leftovers_are_retried() {
    let gate = |g: Value| pod("g", json!({"spec": {"schedulingGates": g}}));
    let mut r = Rig::new(vec![node("a", json!({}))], vec![gate(json!([{"name": "wait"}]))]);
    assert!(bindings(&r.run(Span::secs(10))).is_empty());
    assert_eq!((r.decisions(), r.s.queue.lengths()), (0, (0, 0, 1)));
    r.watch(PODS, WatchEvent::Modified(Obj::Pod(gate(json!([])))));
    assert_eq!(bindings(&r.run(Span::ms(100))), ["g>a"]);

    let mut r =
        Rig::new(vec![node("a", json!({"spec": {"unschedulable": true}}))], vec![pod("p", json!({}))]);
    r.run(Span::secs(299));
    assert_eq!(r.decisions(), 1);
    r.run(Span::secs(32));
    assert_eq!(r.decisions(), 2, "after five minutes, at the next half minute");
    assert_eq!(r.notes(Code::PodRetried), ["UnschedulableTimeout"]);
}

#[test]
fn after_a_restart_it_lists_again_and_schedules_what_is_left() {
    let mut r = Rig::new(vec![node("a", json!({}))], vec![pod("p", json!({}))]);
    r.step(Input::Start);
    assert_eq!(r.s.queue.lengths(), (0, 0, 0));
    let list = |items| Ok(Reply::List { items, revision: 12 });
    r.respond(Ctx::Informer(PODS), list(vec![Obj::Pod(pod("q", json!({})))]));
    r.respond(Ctx::Informer(NODES), list(vec![Obj::Node(node("b", json!({})))]));
    assert_eq!(bindings(&r.run(Span::ms(100))), ["q>b"]);
}

#[test]
fn back_off_and_order_of_the_queue() {
    let mut core = Core::new(WorldConfig::default(), 1);
    let mut q = SchedulingQueue::new(ALL);
    let priority = |name: &str, n: i64| pod(name, json!({"spec": {"priority": n}}));
    {
        let mut cx = Cx::new(&mut core, Comp::Scheduler, Cause::Record(RecordId(1)));
        for p in [priority("low", 0), priority("high", 5), priority("low2", 0)] {
            q.add(&mut cx, p);
        }
    }
    let mut order = Vec::new();
    let mut last = None;
    while let Some(p) = q.pop() {
        order.push(p.info.pod.metadata.name.clone());
        last = Some(p);
    }
    assert_eq!(order, ["high", "low", "low2"]);
    // Errors in a row, each at 0.3 s past a second: the wait doubles, and ends with the window after.
    let mut p = last.expect("three pods");
    for want_s in [2, 3, 5, 9, 11, 11] {
        core.now = SimTime((core.now.0 / 1_000_000_000 + 1) * 1_000_000_000 + 300_000_000);
        let mut cx = Cx::new(&mut core, Comp::Scheduler, Cause::Record(RecordId(1)));
        q.fail(&mut cx, p, Bits::NONE);
        let at = q.next_backoff().expect("it backs off");
        assert_eq!((at.0 - core.now.0 + 300_000_000) / 1_000_000_000, want_s);
        q.flush_backoff(SimTime(at.0 - 1));
        assert!(q.pop().is_none(), "an error is not popped early");
        q.flush_backoff(at);
        p = q.pop().expect("its back-off is over");
    }
}

#[test]
fn a_rejected_pod_backs_off_until_its_window_is_over() {
    for (name, event_ms, places) in [("in its window", 1_900, (0, 1, 0)), ("after it", 2_000, (1, 0, 0))] {
        let mut core = Core::new(WorldConfig::default(), 1);
        let mut q = SchedulingQueue::new(ALL);
        core.now = SimTime(300_000_000);
        let mut cx = Cx::new(&mut core, Comp::Scheduler, Cause::Record(RecordId(1)));
        q.add(&mut cx, pod("p", json!({})));
        let p = q.pop().expect("one pod");
        let fit = ALL.iter().position(|e| e.plugin.name() == "NodeResourcesFit").expect("it is in the list");
        q.fail(&mut cx, p, Bits::one(fit));
        assert_eq!(q.lengths(), (0, 0, 1), "{name}");
        cx.core.now = SimTime(event_ms * 1_000_000);
        let subject = Subject::Node { old: None, new: Some(node("a", json!({}))) };
        q.react(&mut cx, ClusterEvent { what: NODE_ADD, subject });
        assert_eq!(q.lengths(), places, "{name}");
        assert!(q.pop().is_some(), "{name}: an idle scheduler takes it early");
    }
}

#[test]
fn a_pod_on_its_way_is_not_queued_again_and_the_same_condition_is_not_written_twice() {
    let mut r = Rig::new(vec![node("a", json!({}))], vec![pod("p", json!({}))]);
    assert_eq!(bindings(&r.run(Span::ms(100))), ["p>a"]);
    r.watch(PODS, WatchEvent::Modified(Obj::Pod(pod("p", json!({"metadata": {"labels": {"x": "y"}}})))));
    assert!(bindings(&r.run(Span::secs(1))).is_empty());

    let message = "0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, \
                   preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    for (name, have, patches) in [("same", message, 0), ("other", "0/2 nodes are available.", 1)] {
        let condition =
            json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": have});
        let p = pod("p", json!({"status": {"conditions": [condition]}}));
        let mut r = Rig::new(vec![node("a", json!({"spec": {"unschedulable": true}}))], vec![p]);
        let verbs = r.run(Span::ms(100));
        let n =
            verbs.iter().filter(|v| matches!(v, Verb::Patch { patch: Patch::PodCondition(_), .. })).count();
        assert_eq!(n, patches, "{name}");
    }
}

#[test]
fn how_many_nodes_are_enough() {
    for (nodes, want) in [(1, 1), (99, 99), (100, 100), (150, 100), (1000, 420), (5000, 500), (15000, 750)] {
        assert_eq!(feasible_to_find(nodes, 0), want, "{nodes} nodes");
    }
}

/// A plugin whose answers depend on other nodes, to hold the uncached half of the fast path to the reference.
struct Crowd;

impl Plugin for Crowd {
    fn name(&self) -> &'static str {
        "Crowd"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER).or(PRE_SCORE).or(SCORE).or(NORMALIZE)
    }
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
    fn pre_filter(&self, pod: &PodInfo, cluster: &View<'_>, state: &mut State) -> PreFilter {
        if pod.pod.spec.priority == Some(1) {
            return PreFilter::Skip;
        }
        *state = Some(Box::new(cluster.nodes().map(|n| n.pods.len()).min().unwrap_or(0)));
        PreFilter::Continue
    }
    fn filter(&self, _: &PodInfo, node: &NodeInfo, state: &State) -> Result<(), Rejection> {
        let least = state.as_ref().and_then(|s| s.downcast_ref::<usize>()).expect("PreFilter ran");
        if node.pods.len() > least + 2 {
            return Err(Rejection { reasons: vec![lit!("crowded")], unresolvable: false });
        }
        Ok(())
    }
    fn pre_score(&self, pod: &PodInfo, _: &View<'_>, feasible: &[u32], state: &mut State) -> bool {
        *state = Some(Box::new(feasible.len()));
        pod.pod.spec.priority != Some(2)
    }
    fn score(&self, _: &PodInfo, node: &NodeInfo, state: &State) -> i64 {
        let feasible = state.as_ref().and_then(|s| s.downcast_ref::<usize>()).expect("PreScore ran");
        (node.pods.len() * feasible % 7) as i64
    }
    fn normalize(&self, scores: &mut [i64], _: &State) {
        default_normalize(scores, true);
    }
}

static WITH_CROWD: [Entry; 9] = {
    let mut all = [Entry { plugin: &Crowd, weight: 2 }; 9];
    let mut i = 0;
    while i < 8 {
        // Between the cached filters, so that the order of refusals matters.
        all[if i < 4 { i } else { i + 1 }] = ALL[i];
        i += 1;
    }
    all
};

fn random_node(rng: &mut Rng, i: u64) -> Arc<Node> {
    let cpu = ["1", "2", "4", "0"][rng.below(4) as usize];
    let taints: Vec<Value> = (0..rng.below(3))
        .map(|_| {
            let effect = ["NoSchedule", "PreferNoSchedule", "PreferNoSchedule"][rng.below(3) as usize];
            json!({"key": format!("t{}", rng.below(2)), "value": "v", "effect": effect})
        })
        .collect();
    let labels = json!({
        "topology.kubernetes.io/zone": format!("z{}", rng.below(3)),
        "disk": (["ssd", "hdd"][rng.below(2) as usize]),
    });
    node(
        &format!("n{i}"),
        json!({"metadata": {"labels": labels}, "spec": {"taints": taints, "unschedulable": rng.below(8) == 0},
               "status": {"allocatable": {"cpu": cpu, "memory": "4Gi", "pods": (4 + rng.below(4)).to_string()}}}),
    )
}

fn random_spec(rng: &mut Rng, nodes: u64) -> Arc<PodSpec> {
    let mut spec = json!({"containers": [{"name": "c"}], "priority": rng.below(4)});
    if rng.below(4) > 0 {
        spec["containers"][0]["resources"] = json!({"requests": {"cpu": format!("{}m", 100 * rng.below(8))}});
    }
    if rng.below(2) == 0 {
        spec["tolerations"] = json!([{"key": format!("t{}", rng.below(2)), "operator": "Exists"}]);
    }
    if rng.below(4) == 0 {
        spec["nodeSelector"] = json!({"disk": "ssd"});
    }
    if rng.below(3) == 0 {
        let term = json!({"matchExpressions": [{"key": "disk", "operator": "In", "values": ["hdd"]}]});
        spec["affinity"] = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
            [{"weight": 1 + rng.below(50), "preference": term}]}});
    }
    if rng.below(8) == 0 {
        let names: Vec<String> = (0..rng.below(3)).map(|_| format!("n{}", rng.below(nodes))).collect();
        let field = json!({"key": "metadata.name", "operator": "In", "values": names});
        spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchFields": [field]}]}}});
    }
    Arc::new(serde_json::from_value(spec).expect("a spec"))
}

/// Compares one decision of the two paths.
fn compare(d: &Decided, cache: &Cache, pod: &PodInfo, search: Search) -> Result<(), TestCaseError> {
    let (nodes, pods) = cache.objects();
    let e = explain(&nodes, &pods, &pod.pod, search);
    let winner = d.winner.map(|w| cache.view().rows[w as usize].name.clone());
    prop_assert_eq!(winner.as_ref(), e.winner(d.draw));
    prop_assert_eq!((d.feasible, d.looked_at, d.next_start), (e.feasible, e.looked_at, e.next_start));
    prop_assert_eq!(d.score, e.score());
    if let Some(diagnosis) = &d.diagnosis {
        prop_assert_eq!(&diagnosis.reasons, &e.reasons);
        prop_assert_eq!(diagnosis.all.as_ref(), e.rejected.as_ref().map(|(_, r)| r));
    }
    Ok(())
}

fn both_paths_agree(
    seed: u64,
    plugins: &'static [Entry],
    size: u64,
    percent: usize,
) -> Result<(), TestCaseError> {
    let mut rng = Rng::new(seed, "paths");
    let mut cache = Cache::default();
    let mut decider = Decider::new(plugins, percent);
    cache.set_nodes((0..size).map(|i| random_node(&mut rng, i)).collect::<Vec<_>>());
    let specs: Vec<_> = (0..6).map(|_| random_spec(&mut rng, size)).collect();
    let mut start = 0;
    let mut placed: Vec<Uid> = Vec::new();
    for i in 0..60u64 {
        match rng.below(8) {
            0 => drop(cache.set_node(random_node(&mut rng, i % size))),
            1 => drop(cache.remove_node(&format!("n{}", rng.below(size)))),
            2 if !placed.is_empty() => {
                let uid = placed.swap_remove(rng.below(placed.len() as u64) as usize);
                cache.remove_pod(uid);
            }
            _ => {}
        }
        let name = Str::from(format!("p{i}"));
        let metadata = ObjectMeta {
            name,
            namespace: lit!("default"),
            uid: Uid(u128::from(i) + 1),
            ..ObjectMeta::default()
        };
        let mut p = Pod { metadata, spec: specs[rng.below(6) as usize].clone(), ..Pod::default() };
        if rng.below(10) == 0 {
            p.status.nominated_node_name = Str::from(format!("n{}", rng.below(size)));
        }
        let p = PodInfo::new(Arc::new(p));
        let d = decider.decide(&p, &cache, start, &mut || rng.next());
        compare(&d, &cache, &p, Search { plugins, percent, start })?;
        start = d.next_start;
        if let Some(w) = d.winner {
            let node = cache.view().rows[w as usize].name.clone();
            cache.assume(&p, &node);
            placed.push(p.pod.metadata.uid);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_fast_path_chooses_as_the_reference_path(seed: u64, size in 1u64..12) {
        both_paths_agree(seed, ALL, size, 0)?;
    }

    #[test]
    fn also_with_a_plugin_that_depends_on_anything(seed: u64, size in 1u64..12) {
        both_paths_agree(seed, &WITH_CROWD, size, 0)?;
    }
}

#[test]
fn also_where_not_all_nodes_are_looked_at() {
    for seed in 0..4 {
        both_paths_agree(seed, ALL, 260, 40).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    }
}
