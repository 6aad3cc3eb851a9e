//! Tests of the scheduler as a component.

use super::framework::feasible_to_find;
use super::*;
use crate::apiserver::{Patch, Status, Verb};
use crate::config::WorldConfig;
use crate::core::{Core, Cx};
use crate::msg::{Comp, Reply, WatchEvent};
use crate::object::{Node, Obj};
use crate::time::Span;
use crate::trace::{Cause, Code, Decision, Record, RecordId, What};
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
        Self::with(WorldConfig::default(), nodes, pods)
    }
    fn with(config: WorldConfig, nodes: Vec<Arc<Node>>, pods: Vec<Arc<Pod>>) -> Rig {
        let core = Core::new(config, 1);
        let mut r = Rig { core, s: Scheduler::new(), revision: 10, records: Vec::new() };
        r.step(Input::Start);
        r.lists(nodes, pods);
        r
    }
    /// All informers have their first list.
    fn lists(&mut self, nodes: Vec<Arc<Node>>, pods: Vec<Arc<Pod>>) {
        let list = |items| Ok(Reply::List { items, revision: 10 });
        for i in 0..KINDS.len() as u8 {
            self.respond(Ctx::Informer(i + 2), list(Vec::new()));
        }
        self.respond(Ctx::Informer(PODS), list(pods.into_iter().map(Obj::Pod).collect()));
        self.respond(Ctx::Informer(NODES), list(nodes.into_iter().map(Obj::Node).collect()));
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
        self.decided().len()
    }
    fn decided(&self) -> Vec<Arc<Decision>> {
        let of = |r: &Record| match &r.what {
            What::Decision(d) => Some(d.clone()),
            _ => None,
        };
        self.records.iter().filter_map(of).collect()
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
    r.lists(vec![node("b", json!({}))], vec![pod("q", json!({}))]);
    assert_eq!(bindings(&r.run(Span::ms(100))), ["q>b"]);
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

/// What is asked of the API server besides events, in words.
fn asked(verbs: &[Verb]) -> Vec<String> {
    let of = |v: &Verb| match v {
        Verb::Patch { key, patch: Patch::PodCondition(c), .. } => {
            format!("{} {}={:?}", key.name, c.type_, c.status)
        }
        Verb::Patch { key, patch: Patch::Nomination { node, condition }, .. } => {
            format!("{} to {node:?}{}", key.name, if condition.is_some() { " and condition" } else { "" })
        }
        Verb::Delete { key, .. } => format!("delete {}", key.name),
        Verb::Bind { pod, node, .. } => format!("{}>{node}", pod.name),
        _ => String::new(),
    };
    verbs.iter().map(of).filter(|s| !s.is_empty()).collect()
}

fn important(name: &str) -> Arc<Pod> {
    pod(name, json!({"spec": {"priority": 1000, "schedulerName": "default-scheduler"}}))
}

fn running(name: &str, v: Value) -> Arc<Pod> {
    let mut base = json!({"spec": {"nodeName": "a", "priority": 0}, "status": {"phase": "Running"}});
    crate::api_util::patch::json_merge_patch(&mut base, &v);
    pod(name, base)
}

/// `preemption.go` (prepareCandidateAsync), `schedule_one.go` (handleSchedulingFailure).
#[test]
fn a_pod_of_high_priority_takes_the_place_of_others() {
    let two = json!({"status": {"allocatable": {"cpu": "2"}}});
    let (low1, low2) = (running("low1", json!({})), running("low2", json!({})));
    let high = pod(
        "high",
        json!({"spec": {"priority": 1000, "schedulerName": "default-scheduler",
            "containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]}}),
    );
    let mut r = Rig::new(vec![node("a", two)], vec![low1.clone(), low2.clone(), high.clone()]);
    let verbs = r.run(Span::ms(100));
    // Both victims go; the last one's turn comes after the other's.
    assert_eq!(asked(&verbs), ["low1 DisruptionTarget=True", "high to \"a\" and condition"]);
    assert_eq!(events(&verbs), ["FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu."]);
    assert_eq!(r.s.cache.nomination(high.metadata.uid).map(Str::as_str), Some("a"));
    let d = r.decided();
    assert_eq!((d[0].nominated.as_str(), d[0].victims.len()), ("a", 2));

    // A condition with upstream's words.
    let doom = verbs.iter().find_map(|v| match v {
        Verb::Patch { patch: Patch::PodCondition(c), .. } => Some((**c).clone()),
        _ => None,
    });
    let doom = doom.expect("a condition");
    assert_eq!(doom.reason, "PreemptionByScheduler");
    assert_eq!(doom.message, "default-scheduler: preempting to accommodate a higher priority pod");

    // While the first is on its way, the pod is kept out of the queue whatever happens.
    r.respond(Ctx::Scheduler(SchedCtx::Doom(1, 0)), Ok(Reply::Done));
    assert_eq!(asked(&r.run(Span::ms(10))), ["delete low1"]);
    r.watch(PODS, WatchEvent::Deleted(Obj::Pod(low1)));
    r.run(Span::secs(3));
    assert_eq!((r.decisions(), r.s.queue.lengths()), (1, (0, 0, 1)));
    r.respond(Ctx::Scheduler(SchedCtx::Evict(1, 0)), Ok(Reply::Done));
    let verbs = r.run(Span::ms(10));
    assert_eq!(asked(&verbs), ["low2 DisruptionTarget=True"]);
    assert_eq!(events(&verbs), [format!("Preempted: Preempted by pod {} on node a", high.metadata.uid)]);
    r.respond(Ctx::Scheduler(SchedCtx::Doom(1, 1)), Ok(Reply::Done));
    r.respond(Ctx::Scheduler(SchedCtx::Evict(1, 1)), Ok(Reply::Done));
    assert_eq!(asked(&r.run(Span::ms(10))), ["delete low2"]);
    // Its nomination comes back by the watch, then the last victim is gone.
    let mut told = (*high).clone();
    told.status.nominated_node_name = "a".into();
    r.watch(PODS, WatchEvent::Modified(Obj::Pod(Arc::new(told))));
    r.watch(PODS, WatchEvent::Deleted(Obj::Pod(low2)));
    assert_eq!(asked(&r.run(Span::secs(3))), ["high>a"]);
    assert_eq!(r.s.cache.nomination(high.metadata.uid), None, "it ends when the pod is assumed");
    assert!(r.s.evictions.is_empty());
}

/// `preemption.go`: when an eviction fails, the pod is tried again all the same.
#[test]
fn an_eviction_that_fails_lets_the_pod_try_again() {
    let one = json!({"status": {"allocatable": {"cpu": "1"}}});
    for (name, code, again) in [("etcd slow", 500, true), ("gone already", 404, false)] {
        let mut r =
            Rig::new(vec![node("a", one.clone())], vec![running("low", json!({})), important("high")]);
        r.run(Span::ms(100));
        let error = Status { code, reason: "x", message: String::new() };
        r.respond(Ctx::Scheduler(SchedCtx::Doom(1, 0)), Err(Box::new(error)));
        let verbs = r.run(Span::ms(100));
        assert_eq!(r.decisions(), if again { 2 } else { 1 }, "{name}");
        assert_eq!(asked(&verbs).iter().any(|a| a.starts_with("low ")), again, "{name}: {verbs:?}");
    }
}

/// `preemption.go` (PodEligibleToPreemptOthers, clearNominatedNodeName), `nominator.go`.
#[test]
fn nominations_follow_statuses_and_give_way_to_higher_priorities() {
    let one = json!({"status": {"allocatable": {"cpu": "1"}}});
    let middle =
        |node: &str| pod("middle", json!({"spec": {"priority": 500}, "status": {"nominatedNodeName": node}}));
    let leaving = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"conditions":
        [{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]}});
    let mut r = Rig::new(vec![node("a", one)], vec![running("low", leaving), middle("a")]);
    let verbs = r.run(Span::ms(100));
    let want = "FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, \
                preemption: not eligible due to a terminating pod on the nominated node.";
    assert_eq!(events(&verbs), [want]);
    let uid = middle("a").metadata.uid;
    assert_eq!(r.s.cache.nomination(uid).map(Str::as_str), Some("a"), "it stays");

    // A pod of higher priority takes the node over; nobody new has to leave.
    r.watch(PODS, WatchEvent::Added(Obj::Pod(important("high"))));
    let verbs = r.run(Span::ms(100));
    assert_eq!(asked(&verbs), ["middle to \"\"", "high to \"a\" and condition"]);
    assert_eq!(r.s.cache.nomination(uid), None);
    assert_eq!(r.notes(Code::NominationWithdrawn), ["a"]);

    // What the status says holds, and no longer when the pod is gone.
    r.watch(PODS, WatchEvent::Modified(Obj::Pod(middle("b"))));
    assert_eq!(r.s.cache.nomination(uid).map(Str::as_str), Some("b"));
    r.watch(PODS, WatchEvent::Deleted(Obj::Pod(middle("b"))));
    assert_eq!(r.s.cache.nomination(uid), None);
}

/// `profile.go`, `eventhandlers.go` (responsibleForPod).
#[test]
fn pods_go_to_the_profile_that_they_name() {
    let config = json!({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
        "podInitialBackoffSeconds": 3,
        "profiles": [{"schedulerName": "default-scheduler"},
            {"schedulerName": "packing", "pluginConfig": [{"name": "NodeResourcesFit", "args": {
                "scoringStrategy": {"type": "MostAllocated", "resources": [{"name": "cpu", "weight": 1}]}}}]}]});
    let config = WorldConfig { scheduler: Some(config), ..WorldConfig::default() };
    let nodes = || vec![node("a", json!({})), node("b", json!({}))];
    let named = |name: &str, scheduler: &str| pod(name, json!({"spec": {"schedulerName": scheduler}}));
    for (scheduler, want) in [("default-scheduler", "b"), ("packing", "a"), ("nobody", "")] {
        let pods = vec![running("there", json!({})), named("p", scheduler)];
        let mut r = Rig::with(config.clone(), nodes(), pods);
        let bound = bindings(&r.run(Span::ms(100)));
        let bound = bound.first().map_or("", |b| &b[2..]);
        assert_eq!(bound, want, "{scheduler}");
        assert_eq!(r.decided().first().map_or("nobody", |d| d.profile.as_str()), scheduler);
    }
}

/// `scheduler.go` (WaitForHandlersSync): nothing is scheduled before all informers have had their first list.
#[test]
fn nothing_is_scheduled_before_everything_is_known() {
    let core = Core::new(WorldConfig::default(), 1);
    let mut r = Rig { core, s: Scheduler::new(), revision: 10, records: Vec::new() };
    r.step(Input::Start);
    let list = |items| Ok(Reply::List { items, revision: 10 });
    r.respond(Ctx::Informer(PODS), list(vec![Obj::Pod(pod("p", json!({})))]));
    r.respond(Ctx::Informer(NODES), list(vec![Obj::Node(node("a", json!({})))]));
    for i in 2..2 + KINDS.len() as u8 {
        assert!(bindings(&r.run(Span::ms(10))).is_empty(), "informer {i} is not there yet");
        r.respond(Ctx::Informer(i), list(Vec::new()));
    }
    assert_eq!(bindings(&r.run(Span::ms(10))), ["p>a"]);
}

/// `eventhandlers.go`: a claim that comes wakes the pod that lacks it.
#[test]
fn other_objects_wake_pods() {
    let with_claim =
        json!({"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}});
    let mut r = Rig::new(vec![node("a", json!({}))], vec![pod("p", with_claim)]);
    let said = events(&r.run(Span::ms(100)));
    assert!(said[0].contains("persistentvolumeclaim \"data\" not found"), "{said:?}");
    let claim = |name: &str| {
        Obj::from_value(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default"}}))
        .expect("a claim")
    };
    let informer = 2 + KINDS.iter().position(|k| k.1 == "PersistentVolumeClaim").expect("it is there") as u8;
    r.watch(informer, WatchEvent::Added(claim("other")));
    r.run(Span::secs(2));
    assert_eq!(r.decisions(), 1);
    r.watch(informer, WatchEvent::Added(claim("data")));
    r.run(Span::secs(2));
    assert_eq!(
        (r.decisions(), r.notes(Code::PodRetried)),
        (2, vec!["PersistentVolumeClaimUpdate".to_string()])
    );
    assert!(r.decided()[1].others.iter().any(|(i, h)| *i + 2 == informer && h.revision == 12));
}
