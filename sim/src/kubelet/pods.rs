//! Pods come and go: admission, taking over what runs already, and the conversation with the API.
//!
//! Upstream: `HandlePodAdditions` and its siblings, `pkg/kubelet/lifecycle/predicate.go`,
//! `pkg/kubelet/status/status_manager.go`.

use super::row::{PodRow, Sandbox, St, Verdict, containers};
use super::{Kubelet, KubeletCtx, KubeletTimer, Node, status, wall_at};
use crate::apiserver::{DeleteOptions, Patch, Verb};
use crate::client::Change;
use crate::core::Cx;
use crate::msg::{Ctx, Timer};
use crate::object::{ContainerState, EventType, Key, Kind, Obj, Pod, PodSpec, Str, Terminated, Uid, lit};
use crate::runtime::{ContainerId, Exit, Listing, RunState, RuntimeCommand};
use crate::time::Span;
use crate::trace::Code;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Kubelet {
    /// The runtime has said what it holds: now the pods may come.
    pub(super) fn on_listing(&mut self, listing: Box<Listing>, cx: &mut Cx<'_>) {
        if self.listed {
            return;
        }
        self.listed = true;
        self.node.images =
            listing.images.iter().map(|(i, bytes)| (i.clone(), (status::image_id(i), *bytes))).collect();
        self.node.images_changed = !self.node.images.is_empty();
        self.listing = Some(listing);
        self.pod_informer.start(cx);
    }

    pub(super) fn on_pods(&mut self, change: Change, cx: &mut Cx<'_>) {
        match change {
            Change::Replace(list) => {
                let mut pods: Vec<Arc<Pod>> = list
                    .into_iter()
                    .filter_map(|o| if let Obj::Pod(p) = o { Some(p) } else { None })
                    .collect();
                // The oldest first, as upstream's `PodsByCreationTime`.
                pods.sort_by_key(|p| (p.metadata.creation_timestamp, p.metadata.uid));
                let known: BTreeSet<Uid> = pods.iter().map(|p| p.metadata.uid).collect();
                let missing: Vec<Uid> = self.pods.keys().filter(|u| !known.contains(u)).copied().collect();
                let listing = self.listing.take();
                if let Some(l) = &listing {
                    self.remove_orphans(l, &known, cx);
                }
                let cause = cx.cause();
                for pod in pods {
                    // At a start, what is new is the start; but a pod is ended because somebody deleted it.
                    if listing.is_none() || pod.metadata.deleting() {
                        let m = &pod.metadata;
                        let key = Key { kind: Kind::Pod, ns: m.namespace.clone(), name: m.name.clone() };
                        cx.set_cause_to_news_of(&key);
                    }
                    self.set_pod(pod, listing.as_deref(), cx);
                    cx.set_cause(cause);
                }
                for uid in missing {
                    self.remove_pod(uid, None, cx);
                }
            }
            Change::Set(Obj::Pod(pod)) => self.set_pod(pod, None, cx),
            Change::Remove(Obj::Pod(pod)) => self.remove_pod(pod.metadata.uid, Some(pod), cx),
            Change::Set(_) | Change::Remove(_) => {}
        }
    }

    /// What runs without a pod is stopped.
    fn remove_orphans(&mut self, listing: &Listing, known: &BTreeSet<Uid>, cx: &mut Cx<'_>) {
        for s in listing.sandboxes.iter().filter(|s| !known.contains(&s.pod.uid)) {
            self.node.runtime(cx, RuntimeCommand::StopPodSandbox { pod: s.pod.uid });
            self.node.runtime(cx, RuntimeCommand::RemovePodSandbox { pod: s.pod.uid });
        }
    }

    fn set_pod(&mut self, pod: Arc<Pod>, listing: Option<&Listing>, cx: &mut Cx<'_>) {
        let cause = cx.cause();
        let uid = pod.metadata.uid;
        if let Some(row) = self.pods.get_mut(&uid) {
            let patience = row.grace();
            let before = row.pod.spec.clone();
            if row.accept(pod) {
                row.restart_changed(&before, &mut self.node, cx);
                let hurry = !row.done && row.grace() < patience;
                if row.pod.metadata.deleting() && (!row.ending || hurry) {
                    row.end(&mut self.node, cx);
                } else {
                    row.report(&mut self.node, cx);
                }
            }
        } else {
            self.add_pod(pod, listing, cx);
        }
        self.drop_if_over(uid, cx);
        cx.set_cause(cause);
    }

    fn add_pod(&mut self, pod: Arc<Pod>, listing: Option<&Listing>, cx: &mut Cx<'_>) {
        let uid = pod.metadata.uid;
        let mut row = PodRow::new(pod);
        let known = row.take_over(listing, &self.node, cx);
        if row.pod.terminal() {
            row.frozen = true;
            row.ending = true;
            row.done = true;
            row.sandbox = Sandbox::Stopped;
            row.report(&mut self.node, cx);
            self.pods.insert(uid, row);
            return;
        }
        let rejected = if known || row.pod.metadata.deleting() { None } else { self.reject(&row, cx) };
        if let Some(verdict) = rejected {
            let cause = cx.note(Code::PodRejected, &row.key(), &[("reason", &verdict.reason)]);
            cx.set_cause(cause);
            self.node.event(
                cx,
                &row,
                None,
                EventType::Warning,
                verdict.reason.clone(),
                verdict.message.strip_prefix("Pod was rejected: ").unwrap_or(&verdict.message).to_owned(),
            );
            row.verdict = Some(Box::new(verdict));
            row.ending = true;
            row.done = true;
            row.sandbox = Sandbox::Stopped;
            row.report(&mut self.node, cx);
            self.pods.insert(uid, row);
            return;
        }
        if !known {
            let cause = cx.note(Code::PodSeen, &row.key(), &[]);
            cx.set_cause(cause);
        }
        let now = cx.wall();
        let start = *row.start_time.get_or_insert(now);
        if let Some(deadline) = row.pod.spec.active_deadline_seconds {
            let left = (start.0 + deadline - now.0).max(0) as u64;
            cx.after(Span::secs(left), Timer::Kubelet(KubeletTimer::Deadline(uid)));
        }
        if row.pod.metadata.deleting() {
            row.end(&mut self.node, cx);
        } else {
            row.sync(&mut self.node, cx);
            row.report(&mut self.node, cx);
        }
        self.pods.insert(uid, row);
    }

    /// The API has no such pod any more: whatever is left of it goes.
    fn remove_pod(&mut self, uid: Uid, last: Option<Arc<Pod>>, cx: &mut Cx<'_>) {
        let cause = cx.cause();
        if let Some(row) = self.pods.get_mut(&uid) {
            if let Some(pod) = last {
                row.accept(pod);
            }
            row.gone = true;
            if !row.done {
                row.end(&mut self.node, cx);
            }
        }
        self.drop_if_over(uid, cx);
        cx.set_cause(cause);
    }

    /// Forgets a pod of which nothing is left, neither here nor in the API.
    pub(super) fn drop_if_over(&mut self, uid: Uid, cx: &mut Cx<'_>) {
        if self.pods.get(&uid).is_some_and(|r| r.gone && r.done) {
            self.pods.remove(&uid);
            self.node.runtime(cx, RuntimeCommand::RemovePodSandbox { pod: uid });
        }
    }

    /// The kubelet's own check whether a pod fits (`generalFilter`): the scheduler may have known less.
    fn reject(&self, row: &PodRow, cx: &Cx<'_>) -> Option<Verdict> {
        let others = || self.pods.values().filter(|r| !r.done);
        let (pods, cpu, memory) =
            others().fold((0, 0, 0), |(n, cpu, memory), r| (n + 1, cpu + r.cpu_milli, memory + r.memory));
        let over = |resource: &str, requested: i64, used: i64, capacity: i64| {
            (used + requested > capacity).then(|| Verdict {
                reason: Str::from(format!("OutOf{resource}")),
                message: Str::from(format!(
                    "Pod was rejected: Node didn't have enough resource: {resource}, requested: {requested}, \
                     used: {used}, capacity: {capacity}"
                )),
                rejected: true,
            })
        };
        let machine = &cx.core.config.nodes[self.node.n as usize];
        if let Some(v) = over("pods", 1, pods, machine.pods) {
            return Some(v);
        }
        let basic = [
            ("cpu", row.cpu_milli, cpu, machine.cpu.milli()),
            ("memory", row.memory, memory, machine.memory.value()),
        ];
        let extended = machine.extended.iter().map(|(k, q)| {
            let requested = row.pod.request(k);
            let sum = |used, r: &PodRow| used + r.pod.request(k);
            (k.as_str(), requested, if requested == 0 { 0 } else { others().fold(0, sum) }, q.value())
        });
        let mut all = basic.into_iter().chain(extended).filter(|(_, requested, ..)| *requested != 0);
        all.find_map(|(resource, requested, used, capacity)| over(resource, requested, used, capacity))
    }
}

impl PodRow {
    /// Takes a version of the pod, if it is newer than what is known. True if it is.
    pub(super) fn accept(&mut self, pod: Arc<Pod>) -> bool {
        let newer = pod.metadata.uid == self.uid()
            && pod.metadata.resource_version > self.pod.metadata.resource_version;
        if newer {
            self.pod = pod;
        }
        newer
    }

    /// Ends containers whose definition has changed, so that they start anew (`computePodActions`: of what may
    /// change in a running pod, only the image is part of a container's hash).
    fn restart_changed(&mut self, before: &Arc<PodSpec>, node: &mut Node, cx: &mut Cx<'_>) {
        if Arc::ptr_eq(before, &self.pod.spec) || self.ending {
            return;
        }
        let spec = self.pod.spec.clone();
        for (i, (old, new)) in containers(before).zip(containers(&spec)).enumerate() {
            if old.image != new.image && self.ctrs[i].st == St::Running && !self.ctrs[i].killing {
                let message = format!("Container {} definition changed, will be restarted", new.name);
                self.kill(i, self.grace(), message, "definition changed", node, cx);
            }
        }
    }

    /// Fits a new row to what the runtime holds and the API remembers. True if it is not a new pod.
    fn take_over(&mut self, listing: Option<&Listing>, node: &Node, cx: &mut Cx<'_>) -> bool {
        let uid = self.uid();
        let sandbox = listing.and_then(|l| l.sandboxes.iter().find(|s| s.pod.uid == uid));
        if let Some(s) = sandbox.filter(|s| s.ready) {
            self.sandbox = Sandbox::Ready;
            self.ip = s.ip.clone();
            self.initialized = self.inits() > 0 && self.conditions[1].0;
        }
        let pod = self.pod.clone();
        let mut known = sandbox.is_some();
        for (i, spec) in containers(&pod.spec).enumerate() {
            let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
            let status = statuses.into_iter().find(|s| s.name == spec.name);
            if let Some(s) = status {
                self.remember(i, s, cx);
            }
            let mine =
                listing.iter().flat_map(|l| &l.containers).filter(|c| c.pod == uid && c.name == spec.name);
            let Some(found) = mine.max_by_key(|c| c.attempt) else { continue };
            known = true;
            let before = self.ctrs[i].exit.take();
            match &found.state {
                RunState::Created => {
                    self.ctrs[i].exit = before;
                    node.runtime(cx, RuntimeCommand::RemoveContainer { id: found.id });
                }
                RunState::Running { since } => {
                    let was_running = status.is_some_and(|s| matches!(s.state, ContainerState::Running(_)));
                    let c = &mut self.ctrs[i];
                    // `remember` took a running container for a lost one: it is not.
                    c.exit = if was_running { c.before.take() } else { before };
                    c.id = found.id;
                    c.st = St::Running;
                    c.attempt = found.attempt;
                    c.since = wall_at(cx, *since);
                    // Readiness is kept, so that a restart of the kubelet does not take pods out of service.
                    c.ready = status.is_some_and(|s| s.ready);
                    c.started = status.is_some_and(|s| s.started == Some(true));
                    self.start_probes(i, cx.now() - *since, cx);
                }
                RunState::Exited { since, at, exit } => {
                    let is_this = |s: &ContainerState| matches!(s, ContainerState::Terminated(t) if *t.container_id == *containerd(found.id));
                    let seen = status.is_some_and(|s| is_this(&s.state) || is_this(&s.last_state));
                    let c = &mut self.ctrs[i];
                    c.id = found.id;
                    c.st = St::Exited;
                    c.attempt = found.attempt;
                    let ended = Terminated {
                        started_at: Some(wall_at(cx, *since)),
                        finished_at: Some(wall_at(cx, *at)),
                        ..terminated(found.id, exit)
                    };
                    if !seen && status.is_some_and(|s| !matches!(s.state, ContainerState::Running(_))) {
                        c.before = before;
                    }
                    c.exit = Some(Arc::new(ended));
                    if !seen {
                        self.note_exit(&spec.name, exit, false, cx);
                    }
                }
            }
        }
        if self.sandbox == Sandbox::None {
            // A new sandbox: the init containers run again.
            for i in 0..self.inits() {
                self.ctrs[i].st = St::Idle;
            }
        }
        known
    }

    /// Takes over what the API's status says of a container that the runtime may not know any more.
    fn remember(&mut self, i: usize, s: &crate::object::ContainerStatus, cx: &Cx<'_>) {
        let ended = |state: &ContainerState| match state {
            ContainerState::Terminated(t) => Some(t.clone()),
            ContainerState::None | ContainerState::Waiting(_) | ContainerState::Running(_) => None,
        };
        let c = &mut self.ctrs[i];
        c.attempt = s.restart_count.max(0) as u32;
        match &s.state {
            ContainerState::Running(since) => {
                c.before = ended(&s.last_state);
                c.exit = Some(Arc::new(Terminated {
                    exit_code: 255,
                    reason: lit!("Unknown"),
                    started_at: Some(*since),
                    finished_at: Some(cx.wall()),
                    container_id: s.container_id.clone(),
                    ..Default::default()
                }));
            }
            ContainerState::Terminated(t) => {
                c.exit = Some(t.clone());
                c.before = ended(&s.last_state);
            }
            ContainerState::None | ContainerState::Waiting(_) => c.exit = ended(&s.last_state),
        }
        if c.exit.is_some() {
            c.st = St::Exited;
        }
    }

    /// Sends the status if it is not what the API has, and deletes the pod when it is to go and all is down.
    /// One request at a time; what fails is sent again at the next tick.
    pub(super) fn report(&mut self, node: &mut Node, cx: &mut Cx<'_>) {
        if self.gone || self.request != 0 {
            self.dirty = !self.gone;
            return;
        }
        self.dirty = false;
        if !self.frozen {
            let crash = cx.core.config.timings.crash_backoff;
            let status = self.status(node, cx.wall(), crash);
            if !status::same(&status, &self.pod.status) {
                let ctx = self.ask(node, cx);
                let patch = Patch::PodStatus(Box::new(status));
                let verb = Verb::Patch { key: self.key(), uid: Some(self.uid()), patch };
                return cx.request(verb, Ctx::Kubelet(KubeletCtx::PodStatus(self.uid(), ctx)));
            }
        }
        if self.done && self.pod.metadata.deleting() {
            let cause = cx.note(Code::PodGone, &self.key(), &[]);
            cx.set_cause(cause);
            let ctx = self.ask(node, cx);
            let options = DeleteOptions { grace: Some(0), uid: Some(self.uid()), ..Default::default() };
            let verb = Verb::Delete { key: self.key(), options };
            cx.request(verb, Ctx::Kubelet(KubeletCtx::PodDelete(self.uid(), ctx)));
        }
    }

    fn ask(&mut self, node: &mut Node, cx: &Cx<'_>) -> u32 {
        node.requests = node.requests.wrapping_add(1).max(1);
        self.request = node.requests;
        self.asked_at = cx.now();
        self.dirty = true;
        self.request
    }
}

/// A container's id as it stands in a status.
pub(super) fn containerd(id: ContainerId) -> String {
    format!("containerd://{id}")
}

/// How a container ended, without the times.
pub(super) fn terminated(id: ContainerId, exit: &Exit) -> Terminated {
    Terminated {
        exit_code: exit.code.into(),
        // CRI has no field for the signal: the code carries it.
        signal: 0,
        reason: exit.reason.clone(),
        container_id: Str::from(containerd(id)),
        ..Default::default()
    }
}
