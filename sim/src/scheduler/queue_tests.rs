//! The timing of the scheduling queue, case by case. Each table names the file of upstream (v1.34) whose behaviour it
//! states.

use super::framework::*;
use super::profile::Profile;
use super::queue::{Queued, SchedulingQueue};
use super::snapshot::Cache;
use crate::config::WorldConfig;
use crate::core::{Core, Cx};
use crate::msg::Comp;
use crate::object::{Node, Obj, Pod};
use crate::time::SimTime;
use crate::trace::{Cause, RecordId};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn pod(name: &str, v: Value) -> Arc<Pod> {
    let mut base = json!({"metadata": {"name": name, "namespace": "default", "uid": name}, "spec": {"containers": [
        {"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}});
    crate::api_util::patch::json_merge_patch(&mut base, &v);
    Arc::new(serde_json::from_value(base).expect("a pod"))
}

pub(super) fn node(v: Value) -> Arc<Node> {
    let mut base = json!({"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}});
    crate::api_util::patch::json_merge_patch(&mut base, &v);
    Arc::new(serde_json::from_value(base).expect("a node"))
}

pub(super) fn object(v: Value) -> Obj {
    Obj::from_value(v).expect("an object")
}

/// A queue with its clock.
pub(super) struct Rig {
    core: Core,
    pub(super) q: SchedulingQueue,
    cache: Cache,
}

impl Rig {
    pub(super) fn new() -> Rig {
        Rig {
            core: Core::new(WorldConfig::default(), 1),
            q: SchedulingQueue::new(Profile::standard()),
            cache: Cache::default(),
        }
    }
    pub(super) fn at(&mut self, ms: u64) {
        self.core.now = SimTime(ms * 1_000_000);
    }
    fn cx(&mut self) -> (Cx<'_>, &mut SchedulingQueue, &Cache) {
        let cx = Cx::new(&mut self.core, Comp::Scheduler, Cause::Record(RecordId(1)));
        (cx, &mut self.q, &self.cache)
    }
    fn add(&mut self, pod: Arc<Pod>) {
        let (mut cx, q, _) = self.cx();
        q.add(&mut cx, pod);
    }
    fn fail(&mut self, queued: Queued, plugins: &[&str]) {
        let rejectors = plugins.iter().fold(Bits::NONE, |all, p| all.or(Bits::one(place(p))));
        let (mut cx, q, cache) = self.cx();
        q.fail(&mut cx, cache, queued, rejectors);
    }
    pub(super) fn react(&mut self, what: Events, subject: Subject) {
        let (mut cx, q, cache) = self.cx();
        q.react(&mut cx, cache, ClusterEvent { what, subject });
    }
    fn update(&mut self, old: &Arc<Pod>, new: &Arc<Pod>) {
        let (mut cx, q, cache) = self.cx();
        q.update(&mut cx, cache, old, new);
    }
    fn pop(&mut self) -> Queued {
        self.q.pop().expect("a pod")
    }
    /// A pod that came at 0.3 s and was refused at once.
    pub(super) fn refused(&mut self, pod: &Arc<Pod>, plugins: &[&str]) {
        self.at(300);
        self.add(pod.clone());
        let queued = self.pop();
        self.fail(queued, plugins);
    }
    fn names(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.q.pop()).map(|q| q.info.pod.metadata.name.to_string()).collect()
    }
}

fn place(plugin: &str) -> usize {
    let all = &Profile::standard().plugins;
    all.iter().position(|e| e.plugin.name() == plugin).unwrap_or_else(|| panic!("there is no {plugin}"))
}

/// `plugins/queuesort/priority_sort.go`: by priority, then who has waited for longer.
#[test]
fn order() {
    let mut r = Rig::new();
    for (ms, name, priority) in
        [(1, "low", 0), (2, "high", 5), (3, "low2", 0), (4, "high2", 5), (5, "least", -1)]
    {
        r.at(ms);
        r.add(pod(name, json!({"spec": {"priority": priority}})));
    }
    assert_eq!(r.names(), ["high", "high2", "low", "low2", "least"]);
}

/// `backend/queue/backoff_queue.go` (calculateBackoffDuration): 1 s doubling, at most 10 s; errors and rejections alike.
#[test]
fn back_off_doubles() {
    let limits = super::profiles::Profiles::default().backoff;
    for (what, plugins) in [("rejections", &["NodeResourcesFit"][..]), ("errors", &[][..])] {
        let mut r = Rig::new();
        r.add(pod("p", json!({})));
        let mut queued = r.pop();
        assert_eq!(queued.backoff(limits).0, 0, "{what}: it has not failed yet");
        for (minute, want_s) in (1..).zip([1, 2, 4, 8, 10, 10]) {
            r.fail(queued, plugins);
            // Long after its back-off, for the next attempt.
            r.at(minute * 60_000);
            r.react(NODE_ADD, Subject::Node { old: None, new: Some(node(json!({}))) });
            let now = r.core.now;
            r.q.flush_backoff(now);
            queued = r.pop();
            assert_eq!(u64::from(queued.attempts), minute + 1, "{what}");
            assert_eq!(queued.backoff(limits).0, want_s * 1_000_000_000, "{what} {minute}");
        }
    }
}

/// `backend/queue/backoff_queue.go` (windows of one second, isPodBackingoff): the window in which the back-off ends is
/// a part of it.
#[test]
fn back_off_ends_with_its_window() {
    let cases = [("just after", 301, true), ("in its last window", 1_999, true), ("after it", 2_000, false)];
    for (name, ms, backs_off) in cases {
        let mut r = Rig::new();
        r.refused(&pod("p", json!({})), &["NodeResourcesFit"]);
        assert_eq!(r.q.lengths(), (0, 0, 1), "{name}");
        r.at(ms);
        r.react(NODE_ADD, Subject::Node { old: None, new: Some(node(json!({}))) });
        assert_eq!(r.q.lengths(), if backs_off { (0, 1, 0) } else { (1, 0, 0) }, "{name}");
        if backs_off {
            assert_eq!(r.q.next_backoff(), Some(SimTime(2_000_000_000)), "{name}");
            r.q.flush_backoff(SimTime(1_999_999_999));
            assert_eq!(r.q.lengths(), (0, 1, 0), "{name}");
            r.q.flush_backoff(SimTime(2_000_000_000));
            assert_eq!(r.q.lengths(), (1, 0, 0), "{name}");
        }
    }
}

/// `backend/queue/backoff_queue.go` (errors have a queue of their own): errors in a row, each at 0.3 s past a second.
#[test]
fn errors_back_off_and_are_not_taken_early() {
    let mut r = Rig::new();
    r.add(pod("p", json!({})));
    let mut queued = r.pop();
    for want_s in [2, 3, 5, 9, 11, 11] {
        let second = r.core.now.0 / 1_000_000_000 + 1;
        r.at(second * 1_000 + 300);
        r.fail(queued, &[]);
        let at = r.q.next_backoff().expect("it backs off");
        assert_eq!(at.0 / 1_000_000_000 - second, want_s);
        r.q.flush_backoff(SimTime(at.0 - 1));
        assert!(r.q.pop().is_none(), "an error is not taken early");
        r.q.flush_backoff(at);
        queued = r.pop();
    }
}

/// `backend/queue/active_queue.go` (unlockedPop with SchedulerPopFromBackoffQ): an idle scheduler takes the pod whose
/// back-off ends first; one that is busy takes what is active.
#[test]
fn an_idle_scheduler_takes_pods_that_back_off() {
    let mut r = Rig::new();
    for (ms, name) in [(1_300, "later"), (300, "sooner")] {
        r.at(ms);
        r.add(pod(name, json!({})));
        let queued = r.pop();
        r.fail(queued, &["NodeResourcesFit"]);
    }
    r.at(1_400);
    r.react(NODE_ADD, Subject::Node { old: None, new: Some(node(json!({}))) });
    r.add(pod("new", json!({})));
    assert_eq!(r.q.lengths(), (1, 2, 0));
    assert_eq!(r.names(), ["new", "sooner", "later"]);
}

/// `backend/queue/scheduling_queue.go` (flushUnschedulablePodsLeftover): what has been unschedulable for more than five
/// minutes is tried again.
#[test]
fn leftovers() {
    for (name, ms, again) in [("too early", 300_300, false), ("at last", 300_301, true)] {
        let mut r = Rig::new();
        r.refused(&pod("p", json!({})), &["NodeResourcesFit"]);
        assert_eq!(r.q.oldest_unschedulable(), Some(SimTime(300_000_000)));
        r.at(ms);
        let (mut cx, q, _) = r.cx();
        q.flush_leftover(&mut cx);
        assert_eq!(r.q.lengths(), if again { (1, 0, 0) } else { (0, 0, 1) }, "{name}");
    }
}

/// `backend/queue/scheduling_queue.go` (runPreEnqueuePlugins, GatingPluginEvents) and
/// `plugins/schedulinggates/scheduling_gates.go`: a gate keeps a pod out until an update lifts it.
#[test]
fn gates() {
    let gated = |gates: Value| pod("p", json!({"spec": {"schedulingGates": gates}}));
    let (two, one, none) =
        (gated(json!([{"name": "a"}, {"name": "b"}])), gated(json!([{"name": "b"}])), gated(json!([])));
    let mut r = Rig::new();
    r.add(two.clone());
    assert_eq!(r.q.lengths(), (0, 0, 1));
    r.react(NODE_ADD, Subject::Node { old: None, new: Some(node(json!({}))) });
    r.react(TIMEOUT, Subject::None);
    assert_eq!(r.q.lengths(), (0, 0, 1), "events of others do not lift it");
    r.update(&two, &one);
    assert_eq!(r.q.lengths(), (0, 0, 1), "one gate is left");
    r.update(&one, &none);
    assert_eq!(r.q.lengths(), (1, 0, 0), "it never failed, so that it need not back off");
}

/// `plugins/defaultpreemption/default_preemption.go` (PreEnqueue, EventsToRegister): while pods are evicted for a pod, it
/// is kept out; afterwards a pod that goes lets it in, if that helps those that rejected it.
#[test]
fn a_pod_waits_for_its_victims() {
    let gone = || Subject::Pod { old: Some(pod("victim", json!({"spec": {"nodeName": "n"}}))), new: None };
    let p = pod("p", json!({}));
    let mut r = Rig::new();
    r.at(300);
    r.add(p.clone());
    let queued = r.pop();
    r.q.set_preempting(p.metadata.uid, true);
    r.fail(queued, &["NodeResourcesFit"]);
    r.at(5_000);
    r.react(POD_DELETE, gone());
    assert_eq!(r.q.lengths(), (0, 0, 1), "it is gated");
    r.react(NODE_ADD, Subject::Node { old: None, new: Some(node(json!({}))) });
    assert_eq!(r.q.lengths(), (0, 0, 1), "a gate is lifted by its own events alone");
    r.q.set_preempting(p.metadata.uid, false);
    r.react(NODE_ADD, Subject::Node { old: None, new: Some(node(json!({}))) });
    assert_eq!(r.q.lengths(), (0, 0, 1));
    r.react(POD_DELETE, gone());
    assert_eq!(r.q.lengths(), (1, 0, 0));
}

/// `eventhandlers.go` (getLEPriorityPreCheck): a nomination that ends is news for pods of no higher priority.
#[test]
fn room_for_lower_priorities() {
    for (priority, woken) in [(0, true), (10, true), (11, false)] {
        let mut r = Rig::new();
        r.refused(&pod("p", json!({"spec": {"priority": priority}})), &["NodeResourcesFit"]);
        r.at(5_000);
        let event = ClusterEvent {
            what: POD_DELETE,
            subject: Subject::Pod { old: Some(pod("q", json!({"spec": {"priority": 10}}))), new: None },
        };
        let (mut cx, q, cache) = r.cx();
        q.react_up_to(&mut cx, cache, event, 10);
        assert_eq!(r.q.lengths(), if woken { (1, 0, 0) } else { (0, 0, 1) }, "{priority}");
    }
}

/// `backend/queue/scheduling_queue.go` (determineSchedulingHintForInFlightPod): what happens during a cycle counts when
/// the attempt has failed.
#[test]
fn events_during_a_cycle() {
    let p = pod("p", json!({}));
    let labelled = pod("p", json!({"metadata": {"labels": {"a": "b"}}}));
    let big = || Subject::Node { old: None, new: Some(node(json!({}))) };
    let small =
        || Subject::Node { old: None, new: Some(node(json!({"status": {"allocatable": {"cpu": "500m"}}}))) };
    type Case<'a> = (&'a str, &'a str, Box<dyn Fn(&mut Rig)>, (usize, usize, usize));
    let cases: Vec<Case<'_>> = vec![
        ("nothing", "NodeResourcesFit", Box::new(|_| {}), (0, 0, 1)),
        ("a node that helps", "NodeResourcesFit", Box::new(move |r| r.react(NODE_ADD, big())), (0, 1, 0)),
        (
            "a node that does not",
            "NodeResourcesFit",
            Box::new(move |r| r.react(NODE_ADD, small())),
            (0, 0, 1),
        ),
        (
            "an event of another plugin",
            "NodeResourcesFit",
            Box::new(|r| r.react(NODE_CONDITION, Subject::Node { old: None, new: Some(node(json!({}))) })),
            (0, 0, 1),
        ),
        (
            "its own labels",
            "InterPodAffinity",
            Box::new({
                let (p, labelled) = (p.clone(), labelled.clone());
                move |r| r.update(&p, &labelled)
            }),
            (0, 1, 0),
        ),
        (
            "its own labels, which do not matter",
            "NodeResourcesFit",
            Box::new({
                let (p, labelled) = (p.clone(), labelled.clone());
                move |r| r.update(&p, &labelled)
            }),
            (0, 0, 1),
        ),
    ];
    for (name, plugin, during, want) in cases {
        let mut r = Rig::new();
        r.at(300);
        r.add(p.clone());
        let queued = r.pop();
        during(&mut r);
        r.fail(queued, &[plugin]);
        assert_eq!(r.q.lengths(), want, "{name}");
    }
}
