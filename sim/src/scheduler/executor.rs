//! Preemption carried out: victims are marked and deleted, each on its own way through the API, while the pod for which
//! they go waits. Source: `pkg/scheduler/framework/preemption/preemption.go` (prepareCandidateAsync, PreemptPod), v1.34
//! with SchedulerAsyncPreemption.

use super::framework::PodInfo;
use super::preemption::Preemption;
use super::{NAME, SchedCtx, Scheduler, key_of};
use crate::apiserver::{DeleteOptions, Patch, Status, Verb};
use crate::core::Cx;
use crate::msg::Ctx;
use crate::object::{Condition, ConditionStatus, EventType, Pod, Str, lit};
use crate::trace::{Cause, Code};
use std::sync::Arc;

/// An eviction that is on its way.
#[derive(Clone, Debug)]
pub(super) struct Eviction {
    preemptor: Arc<Pod>,
    node: Str,
    victims: Vec<Arc<Pod>>,
    /// The cause of what is done to each victim.
    causes: Vec<Cause>,
    /// How many of those before the last are not done yet. The last one's turn comes after them.
    waiting: usize,
    failed: bool,
}

impl Scheduler {
    /// Has pods evicted for a pod, of which this is the decision.
    pub(super) fn preempt(&mut self, cx: &mut Cx<'_>, pod: &PodInfo, node: &Str, preemption: &Preemption) {
        for p in &preemption.withdrawn {
            self.withdraw(cx, p, node, &pod.pod);
        }
        // Those that are on their way out already need not be told again.
        let leaving = |p: &&PodInfo| p.pod.metadata.deleting();
        let victims = preemption.chosen.victims.iter().filter(|p| !leaving(p));
        let victims: Vec<Arc<Pod>> = victims.map(|p| p.pod.clone()).collect();
        if victims.is_empty() {
            return;
        }
        let cause = cx.cause();
        let m = &pod.pod.metadata;
        let by = format!("{}/{}", m.namespace, m.name);
        let note = |v: &Arc<Pod>| {
            let (key, priority) = (key_of(v), pod.priority());
            cx.note(Code::PodPreempted, &key, &[("node", node), ("by", &by), ("priority", &priority)])
        };
        let causes = victims.iter().map(note).collect();
        let (last, waiting) = (victims.len() - 1, victims.len() - 1);
        let preemptor = pod.pod.clone();
        self.eviction += 1;
        let eviction = Eviction { preemptor, node: node.clone(), victims, causes, waiting, failed: false };
        self.evictions.insert(self.eviction, eviction);
        self.queue.set_preempting(m.uid, waiting > 0);
        let first = if waiting > 0 { 0..last } else { 0..1 };
        for i in first {
            self.doom(cx, self.eviction, i);
        }
        cx.set_cause(cause);
    }

    /// A pod of lower priority is no longer to get a node (`clearNominatedNodeName`).
    fn withdraw(&mut self, cx: &mut Cx<'_>, pod: &PodInfo, node: &Str, by: &Pod) {
        let cause = cx.cause();
        let key = key_of(&pod.pod);
        let by = format!("{}/{}", by.metadata.namespace, by.metadata.name);
        let note = cx.note(Code::NominationWithdrawn, &key, &[("node", node), ("by", &by)]);
        cx.set_cause(note);
        self.nominate(pod, &Str::new());
        let patch = Patch::Nomination { node: Str::new(), condition: None };
        let verb = Verb::Patch { key, uid: Some(pod.pod.metadata.uid), patch };
        cx.request(verb, Ctx::Scheduler(SchedCtx::Condition));
        cx.set_cause(cause);
    }

    /// A victim is marked.
    fn doom(&mut self, cx: &mut Cx<'_>, number: u64, i: usize) {
        let Some(e) = self.evictions.get(&number) else { return };
        let victim = &e.victims[i];
        cx.set_cause(e.causes[i]);
        let name = &e.preemptor.spec.scheduler_name;
        let name = if name.is_empty() { NAME } else { name.as_str() };
        let condition = Condition {
            type_: lit!("DisruptionTarget"),
            status: ConditionStatus::True,
            last_transition_time: Some(cx.wall()),
            reason: lit!("PreemptionByScheduler"),
            message: Str::from(format!("{name}: preempting to accommodate a higher priority pod")),
            ..Condition::default()
        };
        let patch = Patch::PodCondition(Box::new(condition));
        let verb = Verb::Patch { key: key_of(victim), uid: Some(victim.metadata.uid), patch };
        cx.request(verb, Ctx::Scheduler(SchedCtx::Doom(number, i)));
    }

    /// A victim's mark has been answered: it is deleted, with its own grace period.
    pub(super) fn doomed(&mut self, cx: &mut Cx<'_>, number: u64, i: usize, error: Option<Box<Status>>) {
        match (error, self.evictions.get(&number)) {
            (None, Some(e)) => {
                let key = key_of(&e.victims[i]);
                let verb = Verb::Delete { key, options: DeleteOptions::default() };
                cx.request(verb, Ctx::Scheduler(SchedCtx::Evict(number, i)));
            }
            (Some(error), Some(_)) => self.settle(cx, number, i, Some(error)),
            (_, None) => {}
        }
    }

    /// A victim's deletion has been answered.
    pub(super) fn evicted(&mut self, cx: &mut Cx<'_>, number: u64, i: usize, error: Option<Box<Status>>) {
        let Some(e) = self.evictions.get(&number) else { return };
        if error.is_none() {
            let (victim, uid, node) = (e.victims[i].clone(), e.preemptor.metadata.uid, e.node.clone());
            let message = format!("Preempted by pod {uid} on node {node}");
            self.event(cx, &victim, EventType::Normal, lit!("Preempted"), message);
        }
        self.settle(cx, number, i, error);
    }

    /// A victim is dealt with. After all but the last, the pod for which they go is let into the queue again, so that
    /// it is there when the last one's deletion is told; then that one goes.
    fn settle(&mut self, cx: &mut Cx<'_>, number: u64, i: usize, error: Option<Box<Status>>) {
        let Some(e) = self.evictions.get_mut(&number) else { return };
        let uid = e.preemptor.metadata.uid;
        // One that is gone needs no eviction; so does one that was replaced by another of its name.
        e.failed |= error.is_some_and(|e| e.code != 404 && e.code != 409);
        let last = e.victims.len() - 1;
        if i == last {
            let failed = e.failed;
            self.evictions.remove(&number);
            if failed {
                // Without all deletions, no event may come that wakes the pod.
                self.queue.activate(cx, uid);
            }
            return;
        }
        e.waiting -= 1;
        if e.waiting == 0 {
            self.queue.set_preempting(uid, false);
            self.doom(cx, number, last);
        }
    }
}
