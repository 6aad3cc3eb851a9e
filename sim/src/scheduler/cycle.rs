//! One scheduling attempt, and what becomes of it. Source: `pkg/scheduler/schedule_one.go`.

use super::fast::{Decided, PostFiltered};
use super::framework::{Bits, POD_DELETE, PodInfo, Subject};
use super::message::{NO_NODES, fit_error, truncate};
use super::queue::Queued;
use super::{NAME, SchedCtx, SchedTimer, Scheduler, key_of};
use crate::apiserver::{Patch, Status, Verb};
use crate::core::Cx;
use crate::msg::{Ctx, Timer};
use crate::object::{Condition, ConditionStatus, EventType, Key, Kind, ObjectReference, Pod, Str, Uid, lit};
use crate::time::Span;
use crate::trace::{Code, Decision, Heard, What};
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
    /// The node that others are to leave for the pod.
    nominated: Str,
    start: u32,
    nodes: usize,
    heard: [Heard; 2],
    others: Vec<(u8, Heard)>,
    forgotten: Vec<Uid>,
    nominations: Vec<(Key, Str)>,
    post_filter: Option<PostFiltered>,
}

/// What becomes of a pod's nomination when an attempt has failed (`NominatingInfo`).
#[derive(Clone, Debug)]
enum Nominating {
    /// It stays what the pod's status says.
    Keep,
    /// It is set, or, to no node, withdrawn.
    To(Str),
}

impl Scheduler {
    /// Takes the next pod, if there is one and the scheduler is free.
    pub(super) fn begin_cycle(&mut self, cx: &mut Cx<'_>) {
        while self.cycle.is_none() && self.informers.synced() {
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
            self.cache.snapshot();
            let (start, nodes) = (self.next_start, self.cache.order().len());
            let decider = &mut self.deciders[queued.profile];
            let decided = decider.decide(&queued.info, &self.cache, start, &mut || cx.rng().next());
            self.next_start = decided.next_start;
            let winner = decided.winner.map_or(Str::new(), |w| self.cache.row(w).name.clone());
            let now = cx.wall();
            let mut draw = || cx.rng().next();
            let post_filter = decided
                .diagnosis
                .as_ref()
                .filter(|_| nodes > 0)
                .map(|d| decider.post_filter(&queued.info, &self.cache, d, now, &mut draw));
            let preemption = post_filter.as_ref().and_then(|p| p.preemption.as_ref());
            let nominated = preemption.map_or(Str::new(), |p| self.cache.row(p.chosen.row).name.clone());
            cx.after(
                CYCLE_COST + Span(NODE_COST.0 * u64::from(decided.looked_at)),
                Timer::Scheduler(SchedTimer::Cycle),
            );
            let (heard, others) = (self.informers.heard(), self.informers.news());
            let forgotten = std::mem::take(&mut self.forgotten);
            let nominations = std::mem::take(&mut self.nominations);
            self.cycle = Some(Cycle {
                queued,
                decided,
                winner,
                nominated,
                start,
                nodes,
                heard,
                others,
                forgotten,
                nominations,
                post_filter,
            });
        }
    }

    /// The attempt has taken its time: its result becomes known.
    pub(super) fn end_cycle(&mut self, cx: &mut Cx<'_>) {
        let Some(cycle) = self.cycle.take() else { return };
        let Cycle { queued, decided, winner, nominated, start, nodes, post_filter, .. } = cycle;
        let pod = queued.info.pod.clone();
        cx.set_cause(queued.cause);
        let profile = self.profiles.at(queued.profile).clone();
        let preemption = post_filter.as_ref().and_then(|p| p.preemption.as_deref());
        let victims = preemption.map_or(&[][..], |p| &p.chosen.victims);
        let [pods, cluster] = cycle.heard;
        let cause = cx.record(|_| {
            let rejectors = decided.diagnosis.iter().flat_map(|d| d.rejectors.iter());
            What::Decision(Arc::new(Decision {
                pod: key_of(&pod),
                revision: pods.revision.max(cluster.revision),
                since: self.started,
                pods,
                nodes: cluster,
                others: cycle.others,
                nominations: cycle.nominations,
                profile: profile.scheduler_name.clone(),
                forgotten: cycle.forgotten,
                attempt: queued.attempts,
                looked_at: decided.looked_at,
                start,
                feasible: decided.feasible,
                draw: decided.draw,
                winner: winner.clone(),
                score: decided.score,
                reasons: decided.diagnosis.as_ref().map_or(Vec::new(), |d| d.counted(nodes)),
                rejectors: rejectors.map(|i| Str::from(profile.plugin(i).name())).collect(),
                nominated: nominated.clone(),
                victims: victims.iter().map(|v| key_of(&v.pod)).collect(),
            }))
        });
        cx.set_cause(cause);
        let Some(diagnosis) = decided.diagnosis else {
            self.assume_and_bind(cx, queued, winner);
            return;
        };
        let (message, mut nominating) = if nodes == 0 {
            (NO_NODES.to_string(), Nominating::To(Str::new()))
        } else {
            let said = post_filter.as_ref().map(|p| p.message.as_str()).filter(|m| !m.is_empty());
            (fit_error(nodes, diagnosis.all.as_ref(), &diagnosis.reasons, said), Nominating::Keep)
        };
        if post_filter.as_ref().is_some_and(|p| p.withdrawn) {
            nominating = Nominating::To(Str::new());
        }
        if let Some(preemption) = preemption {
            let count = preemption.chosen.victims.len();
            let args: [(_, &dyn std::fmt::Display); 2] = [("node", &nominated), ("victims", &count)];
            let note = cx.note(Code::PodNominated, &key_of(&pod), &args);
            cx.set_cause(note);
            self.preempt(cx, &queued.info, &nominated, preemption);
            nominating = Nominating::To(nominated);
        }
        self.failed(cx, queued, diagnosis.rejectors, lit!("Unschedulable"), message, nominating);
    }

    fn assume_and_bind(&mut self, cx: &mut Cx<'_>, queued: Queued, node: Str) {
        let uid = queued.info.pod.metadata.uid;
        let key = key_of(&queued.info.pod);
        self.nominate(&queued.info, &Str::new());
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
        self.failed(cx, queued, Bits::NONE, lit!("SchedulerError"), message, Nominating::To(Str::new()));
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
        rejectors: Bits,
        reason: Str,
        message: String,
        nominating: Nominating,
    ) {
        // The pod as it is by now; it may be gone, or have a node.
        let newest = self.seen.get(&queued.info.pod.metadata.uid).cloned();
        let Some(pod) = newest.filter(|p| self.role(p) == super::Role::Waiting) else {
            self.queue.done(queued.info.pod.metadata.uid);
            return;
        };
        queued.info = PodInfo::like(Some(&queued.info), pod.clone());
        let info = queued.info.clone();
        self.queue.fail(cx, &self.cache, queued, rejectors);
        let node = match &nominating {
            Nominating::Keep => pod.status.nominated_node_name.clone(),
            Nominating::To(node) => node.clone(),
        };
        self.nominate(&info, &node);
        let renominated = (node != pod.status.nominated_node_name).then_some(node);
        self.event(cx, &pod, EventType::Warning, lit!("FailedScheduling"), truncate(&message));
        let old = pod.condition("PodScheduled");
        let same = |c: &Condition| {
            c.status == ConditionStatus::False && c.reason == reason && c.message.as_str() == message
        };
        let condition = (!old.is_some_and(same)).then(|| {
            let since =
                old.filter(|c| c.status == ConditionStatus::False).and_then(|c| c.last_transition_time);
            Box::new(Condition {
                type_: lit!("PodScheduled"),
                status: ConditionStatus::False,
                last_transition_time: since.or(Some(cx.wall())),
                reason,
                message: Str::from(message),
                ..Condition::default()
            })
        });
        let patch = match (renominated, condition) {
            (Some(node), condition) => Patch::Nomination { node, condition },
            (None, Some(condition)) => Patch::PodCondition(condition),
            (None, None) => return,
        };
        let verb = Verb::Patch { key: key_of(&pod), uid: Some(pod.metadata.uid), patch };
        cx.request(verb, Ctx::Scheduler(SchedCtx::Condition));
    }

    /// Reports an event about a pod.
    pub(super) fn event(
        &mut self,
        cx: &mut Cx<'_>,
        pod: &Pod,
        type_: EventType,
        reason: Str,
        message: String,
    ) {
        let involved = ObjectReference::to(&Kind::Pod, &pod.metadata);
        let remember = type_ == EventType::Warning;
        let source = (Str::from(NAME), lit!(""));
        self.recorder.event(cx, source, type_, reason, involved, Str::from(message), remember);
    }
}
