//! A pod in five words: what `kubectl get pods` shows of it (`printPod`).

use super::age;
use crate::api_util::Time;
use crate::object::{ConditionStatus, ContainerState, ContainerStatus, Pod, RestartPolicy, Terminated};

/// The cells of a pod that are worked out rather than read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSummary {
    /// Containers that are ready.
    pub ready: usize,
    /// Containers in all; sidecars count, other init containers do not.
    pub total: usize,
    /// Such as `Running`, `CrashLoopBackOff`, `Init:1/2`.
    pub status: String,
    /// Restarts of containers and sidecars, or of init containers while they run.
    pub restarts: i64,
    /// When the last of them ended.
    pub last_restart: Option<Time>,
}

impl PodSummary {
    /// The RESTARTS cell: `3 (2m10s ago)`.
    pub fn restarts_cell(&self, now: Time) -> String {
        match self.last_restart {
            Some(t) if self.restarts != 0 => format!("{} ({} ago)", self.restarts, age(Some(t), now)),
            _ => self.restarts.to_string(),
        }
    }
}

/// When a container's last run ended.
fn last_end(status: &ContainerStatus) -> Option<Time> {
    match &status.last_state {
        ContainerState::Terminated(t) => t.finished_at,
        _ => None,
    }
}

/// `Signal:9` or `ExitCode:1`, for an end without a reason.
fn bare_end(t: &Terminated) -> String {
    if t.signal != 0 { format!("Signal:{}", t.signal) } else { format!("ExitCode:{}", t.exit_code) }
}

/// The algorithm of `printPod`, step for step.
pub fn pod_summary(pod: &Pod) -> PodSummary {
    let phase = pod.status.phase.as_str();
    let mut reason =
        if pod.status.reason.is_empty() { phase.to_owned() } else { pod.status.reason.to_string() };
    if pod.condition("PodScheduled").is_some_and(|c| c.reason == "SchedulingGated") {
        reason = "SchedulingGated".to_owned();
    }
    let inits = &pod.spec.init_containers;
    let sidecar =
        |name: &str| inits.iter().any(|c| c.name == name && c.restart_policy == Some(RestartPolicy::Always));
    let mut total = pod.spec.containers.len();
    total += inits.iter().filter(|c| c.restart_policy == Some(RestartPolicy::Always)).count();

    let (mut ready, mut initializing) = (0, false);
    let (mut restarts, mut last_restart) = (0, None);
    let (mut sidecar_restarts, mut last_sidecar_restart) = (0, None);
    for (i, c) in pod.status.init_container_statuses.iter().enumerate() {
        restarts += c.restart_count;
        last_restart = last_restart.max(last_end(c));
        let is_sidecar = sidecar(&c.name);
        if is_sidecar {
            sidecar_restarts += c.restart_count;
            last_sidecar_restart = last_sidecar_restart.max(last_end(c));
        }
        match &c.state {
            ContainerState::Terminated(t) if t.exit_code == 0 => continue,
            _ if is_sidecar && c.started == Some(true) => {
                ready += usize::from(c.ready);
                continue;
            }
            ContainerState::Terminated(t) if t.reason.is_empty() => reason = format!("Init:{}", bare_end(t)),
            ContainerState::Terminated(t) => reason = format!("Init:{}", t.reason),
            ContainerState::Waiting(w) if !w.reason.is_empty() && w.reason != "PodInitializing" => {
                reason = format!("Init:{}", w.reason);
            }
            ContainerState::Waiting(_) | ContainerState::Running(_) | ContainerState::None => {
                reason = format!("Init:{i}/{}", inits.len());
            }
        }
        initializing = true;
        break;
    }

    let is_true = |name: &str| pod.condition(name).is_some_and(|c| c.status == ConditionStatus::True);
    if !initializing || is_true("Initialized") {
        restarts = sidecar_restarts;
        last_restart = last_sidecar_restart;
        let mut running = false;
        let mut error = String::new();
        for c in pod.status.container_statuses.iter().rev() {
            restarts += c.restart_count;
            last_restart = last_restart.max(last_end(c));
            match &c.state {
                ContainerState::Waiting(w) if !w.reason.is_empty() => reason = w.reason.to_string(),
                ContainerState::Terminated(t) => {
                    reason = if t.reason.is_empty() { bare_end(t) } else { t.reason.to_string() };
                    if t.exit_code != 0 {
                        error.clone_from(&reason);
                    }
                }
                ContainerState::Running(_) if c.ready => {
                    running = true;
                    ready += 1;
                }
                ContainerState::Waiting(_) | ContainerState::Running(_) | ContainerState::None => {}
            }
        }
        // The pod is not completed while a container runs.
        if reason == "Completed" && running {
            reason = if is_true("Ready") {
                "Running".to_owned()
            } else if error.is_empty() {
                "NotReady".to_owned()
            } else {
                error
            };
        }
    }

    if pod.metadata.deleting() {
        if pod.status.reason == "NodeLost" {
            reason = "Unknown".to_owned();
        } else if !pod.terminal() {
            reason = "Terminating".to_owned();
        }
    }
    PodSummary { ready, total, status: reason, restarts, last_restart }
}
