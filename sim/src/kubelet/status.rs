//! A pod's status, computed from what the kubelet knows.
//!
//! Upstream: `pkg/kubelet/kubelet_pods.go` (`generateAPIPodStatus`, `getPhase`,
//! `convertToAPIContainerStatuses`) and `pkg/kubelet/status/generate.go`.

use super::backoff::go_duration;
use super::row::{PodRow, Sandbox, St, Wait};
use super::{Node, row};
use crate::api_util::Time;
use crate::object::{
    Condition, ConditionStatus, ContainerState, ContainerStatus, Pod, PodPhase, PodStatus, RestartPolicy,
    Str, Terminated, Waiting, lit,
};
use crate::runtime::digest;
use std::sync::Arc;

/// The conditions that a kubelet keeps, in upstream's order.
const CONDITIONS: [Str; 4] =
    [lit!("PodReadyToStartContainers"), lit!("Initialized"), lit!("Ready"), lit!("ContainersReady")];

/// What a pod's status already says of them.
pub(super) fn conditions_of(pod: &Pod) -> [(bool, Option<Time>); 4] {
    CONDITIONS.map(|t| {
        let c = pod.condition(&t);
        (c.is_some_and(|c| c.status == ConditionStatus::True), c.and_then(|c| c.last_transition_time))
    })
}

/// `Guaranteed`, `Burstable` or `BestEffort` (`qos.ComputePodQOS`).
pub fn qos_class(pod: &Pod) -> Str {
    let mut any = false;
    let mut guaranteed = true;
    for c in row::containers(&pod.spec) {
        for name in ["cpu", "memory"] {
            let request = c.resources.requests.get(name).filter(|q| !q.is_zero());
            let limit = c.resources.limits.get(name).filter(|q| !q.is_zero());
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && request.is_none_or(|r| Some(r) == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => lit!("BestEffort"),
        (true, true) => lit!("Guaranteed"),
        (true, false) => lit!("Burstable"),
    }
}

impl PodRow {
    /// The state of a container that does not run and has not ended.
    fn waiting(&self, i: usize, crash: super::backoff::Limits) -> Waiting {
        let c = &self.ctrs[i];
        let spec = self.spec(i);
        match c.wait {
            Wait::None => Waiting {
                reason: if self.inits() > 0 { lit!("PodInitializing") } else { lit!("ContainerCreating") },
                message: lit!(""),
            },
            Wait::ErrImagePull
            | Wait::ErrImageNeverPull
            | Wait::InvalidImageName
            | Wait::CreateContainerError
            | Wait::RunContainerError => Waiting { reason: c.wait.reason(), message: c.message.clone() },
            Wait::ImagePullBackOff => Waiting {
                reason: c.wait.reason(),
                message: Str::from(format!(
                    "Back-off pulling image \"{}\": ErrImagePull: {}",
                    spec.image, c.message
                )),
            },
            Wait::CrashLoopBackOff => {
                let wait = c.backoff.wait(crate::time::SimTime(0), crash);
                let message = format!(
                    "back-off {} restarting failed container={} pod={}",
                    go_duration(wait),
                    spec.name,
                    self.full_name()
                );
                Waiting { reason: c.wait.reason(), message: Str::from(message) }
            }
        }
    }

    fn container_status(&self, i: usize, node: &Node, crash: super::backoff::Limits) -> ContainerStatus {
        let c = &self.ctrs[i];
        let spec = self.spec(i);
        let ended =
            |t: &Option<Arc<Terminated>>| t.clone().map_or(ContainerState::None, ContainerState::Terminated);
        let (state, last_state) = match c.st {
            St::Running => (ContainerState::Running(c.since), ended(&c.exit)),
            St::Exited if c.wait == Wait::None || self.done => (ended(&c.exit), ended(&c.before)),
            St::Idle | St::Pulling | St::Creating | St::Starting | St::Exited
                if self.done && c.exit.is_none() =>
            {
                // Upstream: `status_manager.TerminatePod`.
                let lost = Terminated {
                    exit_code: 137,
                    reason: lit!("ContainerStatusUnknown"),
                    message: lit!("The container could not be located when the pod was terminated"),
                    ..Default::default()
                };
                (ContainerState::Terminated(Arc::new(lost)), ContainerState::None)
            }
            // A restart is under way: until it runs, the last end is what there is to see.
            St::Pulling | St::Creating | St::Starting if c.wait == Wait::None && c.exit.is_some() => {
                (ended(&c.exit), ended(&c.before))
            }
            St::Idle | St::Pulling | St::Creating | St::Starting | St::Exited => {
                (ContainerState::Waiting(self.waiting(i, crash)), ended(&c.exit))
            }
        };
        let ever = c.st == St::Running || c.exit.is_some();
        let running = c.st == St::Running;
        let plain_init = i < self.inits() && !self.sidecar(i);
        ContainerStatus {
            other: crate::object::Other::default(),
            name: spec.name.clone(),
            ready: if plain_init { c.succeeded() } else { running && c.ready },
            restart_count: i64::from(c.attempt),
            image: spec.image.clone(),
            image_id: if ever { node.image_id(&spec.image) } else { lit!("") },
            container_id: match (&c.st, &c.exit) {
                (St::Running, _) => Str::from(format!("containerd://{}", c.id)),
                (_, Some(exit)) => exit.container_id.clone(),
                _ => lit!(""),
            },
            started: Some(running && c.started),
            state,
            last_state,
        }
    }

    /// `getPhase`.
    fn phase(&self) -> PodPhase {
        let policy = self.pod.spec.restart();
        let inits = self.inits();
        if let Some(v) = &self.verdict
            && (v.rejected || self.done)
        {
            return PodPhase::Failed;
        }
        let (mut pending_init, mut failed_init) = (false, false);
        for (i, c) in self.ctrs[..inits].iter().enumerate() {
            let lost = c.exit.as_ref().is_some_and(|e| e.exit_code != 0);
            if self.sidecar(i) {
                pending_init |= !self.initialized && !c.up();
            } else if c.st == St::Running || c.exit.is_none() {
                pending_init |= !self.initialized;
            } else if lost {
                failed_init = true;
            }
        }
        if failed_init && policy == RestartPolicy::Never {
            return PodPhase::Failed;
        }
        let app = &self.ctrs[inits..];
        let running = app.iter().filter(|c| c.st == St::Running).count();
        let stopped = app.iter().filter(|c| c.st != St::Running && c.exit.is_some()).count();
        let waiting = app.len() - running - stopped;
        let succeeded = app.iter().filter(|c| c.st != St::Running).filter_map(|c| c.exit.as_ref());
        let succeeded = succeeded.filter(|e| e.exit_code == 0).count();
        if self.done {
            let all = waiting == 0 && stopped == succeeded;
            return if all { PodPhase::Succeeded } else { PodPhase::Failed };
        }
        if pending_init || failed_init || waiting > 0 {
            PodPhase::Pending
        } else if stopped == app.len()
            && (inits..self.ctrs.len()).all(|i| !self.restarts(i))
            && !(0..inits).any(|i| self.ctrs[i].alive())
        {
            if stopped == succeeded { PodPhase::Succeeded } else { PodPhase::Failed }
        } else {
            PodPhase::Running
        }
    }

    /// The status as it should be now.
    pub(super) fn status(&mut self, node: &Node, now: Time, crash: super::backoff::Limits) -> PodStatus {
        let phase = self.phase();
        let old = &self.pod.status;
        let mut status = PodStatus {
            phase,
            qos_class: if old.qos_class.is_empty() { qos_class(&self.pod) } else { old.qos_class.clone() },
            start_time: Some(*self.start_time.get_or_insert(now)),
            nominated_node_name: old.nominated_node_name.clone(),
            other: old.other.clone(),
            ..Default::default()
        };
        if let Some(v) = self.verdict.as_ref().filter(|v| v.rejected || self.done) {
            status.reason = v.reason.clone();
            status.message = v.message.clone();
        }
        let keep = |t: &Str| !CONDITIONS.contains(t);
        if self.verdict.as_ref().is_some_and(|v| v.rejected) {
            status.conditions = old.conditions.iter().filter(|c| keep(&c.type_)).cloned().collect();
            return status;
        }
        status.host_ip = node.ip.clone();
        status.pod_ip = self.ip.clone();
        let inits = self.inits();
        status.init_container_statuses = (0..inits).map(|i| self.container_status(i, node, crash)).collect();
        status.container_statuses =
            (inits..self.ctrs.len()).map(|i| self.container_status(i, node, crash)).collect();
        let mut conditions = self.own_conditions(phase, now);
        conditions.extend(self.pod.status.conditions.iter().filter(|c| keep(&c.type_)).cloned());
        status.conditions = conditions.into();
        status
    }

    /// `status.Generate*Condition`.
    fn own_conditions(&mut self, phase: PodPhase, now: Time) -> Vec<Condition> {
        let unready: Vec<&str> = (0..self.ctrs.len())
            .filter(|i| *i >= self.inits() || self.sidecar(*i))
            .filter(|i| !(self.ctrs[*i].st == St::Running && self.ctrs[*i].ready))
            .map(|i| self.spec(i).name.as_str())
            .collect();
        let incomplete: Vec<&str> = (0..self.inits())
            .filter(|i| !self.initialized && !self.ctrs[*i].succeeded())
            .filter(|i| !(self.sidecar(*i) && self.ctrs[*i].up()))
            .map(|i| self.spec(i).name.as_str())
            .collect();
        let initialized = match phase {
            PodPhase::Succeeded => (true, lit!("PodCompleted"), lit!("")),
            _ if incomplete.is_empty() => (true, lit!(""), lit!("")),
            _ => {
                let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
                (false, lit!("ContainersNotInitialized"), Str::from(message))
            }
        };
        let ready = match phase {
            PodPhase::Succeeded => (false, lit!("PodCompleted"), lit!("")),
            PodPhase::Failed => (false, lit!("PodFailed"), lit!("")),
            _ if unready.is_empty() => (true, lit!(""), lit!("")),
            _ => {
                let message = format!("containers with unready status: [{}]", unready.join(" "));
                (false, lit!("ContainersNotReady"), Str::from(message))
            }
        };
        let sandbox = (self.sandbox == Sandbox::Ready, lit!(""), lit!(""));
        let all = [sandbox, initialized, ready.clone(), ready];
        let mut out = Vec::with_capacity(CONDITIONS.len() + 1);
        for (i, (status, reason, message)) in all.into_iter().enumerate() {
            let kept = &mut self.conditions[i];
            if kept.0 != status || kept.1.is_none() {
                *kept = (status, Some(now));
            }
            out.push(Condition {
                type_: CONDITIONS[i].clone(),
                status: status.into(),
                last_transition_time: kept.1,
                reason,
                message,
                ..Default::default()
            });
        }
        out
    }
}

/// Whether two statuses say the same; the order of conditions does not count.
pub(super) fn same(a: &PodStatus, b: &PodStatus) -> bool {
    a.phase == b.phase
        && a.reason == b.reason
        && a.message == b.message
        && a.host_ip == b.host_ip
        && a.pod_ip == b.pod_ip
        && a.start_time == b.start_time
        && a.qos_class == b.qos_class
        && a.init_container_statuses == b.init_container_statuses
        && a.container_statuses == b.container_statuses
        && a.conditions.iter().all(|c| b.conditions.contains(c))
}

/// What a status shows as the image that runs: its repository with the digest.
pub(super) fn image_id(image: &str) -> Str {
    let full = crate::runtime::full_name(image);
    let bare = full.split('@').next().unwrap_or(&full);
    let at = bare.rfind(':').filter(|at| !bare[*at..].contains('/')).unwrap_or(bare.len());
    Str::from(format!("{}@{}", &bare[..at], digest(image)))
}
