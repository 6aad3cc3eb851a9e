//! One scheduling attempt, and what becomes of it. Source: `pkg/scheduler/schedule_one.go`.

use super::fast::{Decided, Diagnosis, PostFiltered};
use super::framework::{POD_DELETE, PodInfo, Subject};
use super::message::{NO_NODES, fit_error, truncate};
use super::queue::Queued;
use super::{NAME, NODES, PODS, SchedCtx, SchedTimer, Scheduler, key_of, role};
use crate::apiserver::{Patch, Status, Verb};
use crate::core::Cx;
use crate::msg::{Ctx, Timer};
use crate::object::{Condition, ConditionStatus, EventType, Kind, ObjectReference, Pod, Str, Uid, lit};
use crate::time::Span;
use crate::trace::{Decision, Heard, What};
use std::sync::Arc;

/// What an attempt takes whatever the cluster's size: kube-scheduler v1.34 was measured at 0.7 to 2.7 ms of CPU
/// a pod with everything in it; the scheduling cycle is the smaller part of that.
pub const CYCLE_COST: Span = Span::us(200);
/// What it takes for each node looked at.
pub const NODE_COST: Span = Span(20);

/// An attempt in progress: decided on the cluster as it was, and not yet known to anyone.
#[derive(Clone, Debug)]
pub(super) struct Cycle {
    queued: Queued,
    decided: Decided,
    winner: Str,
    start: u32,
    nodes: usize,
    pods: Heard,
    cluster: Heard,
    forgotten: Vec<Uid>,
    post_filter: Option<PostFiltered>,
}

impl Scheduler {
    /// Takes the next pod, if there is one and the scheduler is free.
    pub(super) fn begin_cycle(&mut self, cx: &mut Cx<'_>) {
        if !self.pods.synced() || !self.nodes.synced() {
            return;
        }
        while self.cycle.is_none() {
            let Some(queued) = self.queue.pop() else { return };
            cx.set_cause(queued.cause);
            let pod = queued.info.pod.clone();
            if pod.metadata.deleting() {
                let message =
                    format!("skip schedule deleting pod: {}/{}", pod.metadata.namespace, pod.metadata.name);
                self.event(cx, &pod, EventType::Warning, lit!("FailedScheduling"), message);
                self.queue.done(pod.metadata.uid);
                continue;
            }
            let (start, nodes) = (self.next_start, self.cache.order().len());
            let decided = self.decider.decide(&queued.info, &self.cache, start, &mut || cx.rng().next());
            self.next_start = decided.next_start;
            let winner = decided.winner.map_or(Str::new(), |w| self.cache.row(w).name.clone());
            let now = cx.wall();
            let mut draw = || cx.rng().next();
            let post_filter = decided
                .diagnosis
                .as_ref()
                .filter(|_| nodes > 0)
                .map(|d| self.decider.post_filter(&queued.info, &self.cache, d, now, &mut draw));
            cx.after(
                CYCLE_COST + Span(NODE_COST.0 * u64::from(decided.looked_at)),
                Timer::Scheduler(SchedTimer::Cycle),
            );
            let [pods, cluster] = [(&self.pods, PODS), (&self.nodes, NODES)]
                .map(|(i, n)| Heard { revision: i.revision(), lists: self.lists[n as usize].clone() });
            let forgotten = std::mem::take(&mut self.forgotten);
            self.cycle =
                Some(Cycle { queued, decided, winner, start, nodes, pods, cluster, forgotten, post_filter });
        }
    }

    /// The attempt has taken its time: its result becomes known.
    pub(super) fn end_cycle(&mut self, cx: &mut Cx<'_>) {
        let Some(cycle) = self.cycle.take() else { return };
        let Cycle { queued, decided, winner, start, nodes, pods, cluster, forgotten, post_filter } = cycle;
        let pod = queued.info.pod.clone();
        cx.set_cause(queued.cause);
        let profile = self.decider.profile().clone();
        let cause = cx.record(|_| {
            let rejectors = decided.diagnosis.iter().flat_map(|d| d.rejectors.iter());
            What::Decision(Arc::new(Decision {
                pod: key_of(&pod),
                revision: pods.revision.max(cluster.revision),
                since: self.started,
                pods,
                nodes: cluster,
                forgotten,
                attempt: queued.attempts,
                looked_at: decided.looked_at,
                start,
                feasible: decided.feasible,
                draw: decided.draw,
                winner: winner.clone(),
                score: decided.score,
                reasons: decided.diagnosis.as_ref().map_or(Vec::new(), |d| reasons(d, nodes)),
                rejectors: rejectors.map(|i| Str::from(profile.plugin(i).name())).collect(),
            }))
        });
        cx.set_cause(cause);
        let Some(diagnosis) = decided.diagnosis else {
            self.assume_and_bind(cx, queued, winner);
            return;
        };
        let message = if nodes == 0 {
            NO_NODES.to_string()
        } else {
            fit_error(
                nodes,
                diagnosis.all.as_ref(),
                &diagnosis.reasons,
                post_filter.as_ref().map(|p| p.message.as_str()),
            )
        };
        self.failed(cx, queued, diagnosis.rejectors, lit!("Unschedulable"), message);
    }

    fn assume_and_bind(&mut self, cx: &mut Cx<'_>, queued: Queued, node: Str) {
        let uid = queued.info.pod.metadata.uid;
        let key = key_of(&queued.info.pod);
        self.cache.assume(&queued.info, &node);
        self.queue.done(uid);
        self.binding.insert(uid, queued);
        cx.request(Verb::Bind { pod: key, uid, node }, Ctx::Scheduler(SchedCtx::Bind(uid)));
    }

    /// The API server has answered a binding.
    pub(super) fn bound(&mut self, cx: &mut Cx<'_>, uid: Uid, error: Option<Box<Status>>) {
        let Some(queued) = self.binding.remove(&uid) else { return };
        let pod = queued.info.pod.clone();
        let Some(error) = error else {
            if let Some(node) = self.cache.node_of(uid) {
                let m = &pod.metadata;
                let message = format!("Successfully assigned {}/{} to {node}", m.namespace, m.name);
                self.event(cx, &pod, EventType::Normal, lit!("Scheduled"), message);
            }
            if !self.seen.contains_key(&uid) && self.forget(uid) {
                self.react(cx, POD_DELETE, Subject::Pod { old: Some(pod), new: None });
            }
            return;
        };
        if self.forget(uid) {
            self.react(cx, POD_DELETE, Subject::Pod { old: Some(pod), new: None });
        }
        // The pod is gone, another one of its name, or somebody else's: the watch will say so.
        if error.code == 404 || error.code == 409 {
            return;
        }
        let message = format!("running Bind plugin \"DefaultBinder\": {}", error.message);
        self.failed(cx, queued, super::framework::Bits::NONE, lit!("SchedulerError"), message);
    }

    /// A pod that was counted on a node before it was bound no longer is.
    pub(super) fn forget(&mut self, uid: Uid) -> bool {
        let assumed = self.cache.forget(uid);
        if assumed {
            self.forgotten.push(uid);
        }
        assumed
    }

    /// Puts a pod back, and says so (`handleSchedulingFailure`).
    fn failed(
        &mut self,
        cx: &mut Cx<'_>,
        mut queued: Queued,
        rejectors: super::framework::Bits,
        reason: Str,
        message: String,
    ) {
        // The pod as it is by now; it may be gone, or have a node.
        let newest = self.seen.get(&queued.info.pod.metadata.uid).cloned();
        let Some(pod) = newest.filter(|p| role(p) == super::Role::Waiting) else {
            self.queue.done(queued.info.pod.metadata.uid);
            return;
        };
        queued.info = PodInfo::like(Some(&queued.info), pod.clone());
        self.queue.fail(cx, &self.cache, queued, rejectors);
        self.event(cx, &pod, EventType::Warning, lit!("FailedScheduling"), truncate(&message));
        let old = pod.condition("PodScheduled");
        let same = |c: &Condition| {
            c.status == ConditionStatus::False && c.reason == reason && c.message.as_str() == message
        };
        if old.is_some_and(same) {
            return;
        }
        let since = old.filter(|c| c.status == ConditionStatus::False).and_then(|c| c.last_transition_time);
        let condition = Condition {
            type_: lit!("PodScheduled"),
            status: ConditionStatus::False,
            last_transition_time: since.or(Some(cx.wall())),
            reason,
            message: Str::from(message),
            ..Condition::default()
        };
        let patch = Patch::PodCondition(Box::new(condition));
        let verb = Verb::Patch { key: key_of(&pod), uid: Some(pod.metadata.uid), patch };
        cx.request(verb, Ctx::Scheduler(SchedCtx::Condition));
    }

    fn event(&mut self, cx: &mut Cx<'_>, pod: &Pod, type_: EventType, reason: Str, message: String) {
        let involved = ObjectReference::to(&Kind::Pod, &pod.metadata);
        let remember = type_ == EventType::Warning;
        let source = (Str::from(NAME), lit!(""));
        self.recorder.event(cx, source, type_, reason, involved, Str::from(message), remember);
    }
}

fn reasons(d: &Diagnosis, nodes: usize) -> Vec<(Str, u32)> {
    match &d.all {
        Some(r) => r.reasons.iter().map(|r| (r.clone(), nodes as u32)).collect(),
        None => d.reasons.iter().map(|(r, n)| (r.clone(), *n)).collect(),
    }
}
