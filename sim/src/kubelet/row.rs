//! What a kubelet remembers of a pod: small, since a cluster has many.

use super::backoff::Backoff;
use super::probes::Probes;
use crate::api_util::Time;
use crate::object::{Container, Key, Kind, Pod, PodSpec, RestartPolicy, Str, Terminated, Uid, lit};
use crate::runtime::{ContainerId, PodRef};
use crate::time::{SimTime, Span};
use crate::trace::{Cause, RecordId};
use std::sync::Arc;

/// Where a pod's sandbox stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sandbox {
    /// There is none, or what there was does not run any more.
    None,
    Creating,
    Ready,
    Stopping,
    /// It has been taken down for good.
    Stopped,
}

/// Where a container stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum St {
    /// Not started in this sandbox.
    Idle,
    Pulling,
    Creating,
    Starting,
    Running,
    Exited,
}

/// Why a container that does not run waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// It is on its way.
    None,
    ErrImagePull,
    ImagePullBackOff,
    ErrImageNeverPull,
    InvalidImageName,
    CreateContainerError,
    RunContainerError,
    CrashLoopBackOff,
}

impl Wait {
    /// The reason in the status.
    pub(super) fn reason(self) -> Str {
        match self {
            Wait::None => lit!("ContainerCreating"),
            Wait::ErrImagePull => lit!("ErrImagePull"),
            Wait::ImagePullBackOff => lit!("ImagePullBackOff"),
            Wait::ErrImageNeverPull => lit!("ErrImageNeverPull"),
            Wait::InvalidImageName => lit!("InvalidImageName"),
            Wait::CreateContainerError => lit!("CreateContainerError"),
            Wait::RunContainerError => lit!("RunContainerError"),
            Wait::CrashLoopBackOff => lit!("CrashLoopBackOff"),
        }
    }
}

/// One container of a pod.
#[derive(Clone, Debug)]
pub(super) struct Ctr {
    pub id: ContainerId,
    pub st: St,
    pub wait: Wait,
    /// It has been told to stop.
    pub killing: bool,
    pub ready: bool,
    /// Its startup probe has passed, or it has none.
    pub started: bool,
    /// The number of restarts, of the present or last run.
    pub attempt: u32,
    /// Raised with each timer that is set: only the last one counts.
    pub alarm: u32,
    pub backoff: Backoff,
    pub image_backoff: Backoff,
    /// No try before this time.
    pub not_before: SimTime,
    /// When the present run began.
    pub since: Time,
    /// Why the image cannot be had.
    pub message: Str,
    /// How the last run ended.
    pub exit: Option<Arc<Terminated>>,
    /// How the run before that ended.
    pub before: Option<Arc<Terminated>>,
    pub probes: Option<Box<Probes>>,
    /// The record of the present run's start: the reason, if it ends by itself.
    pub started_by: RecordId,
}

impl Ctr {
    pub(super) fn new() -> Ctr {
        Ctr {
            id: ContainerId(0),
            st: St::Idle,
            wait: Wait::None,
            killing: false,
            ready: false,
            started: false,
            attempt: 0,
            alarm: 0,
            backoff: Backoff::default(),
            image_backoff: Backoff::default(),
            not_before: SimTime(0),
            since: Time(0),
            message: lit!(""),
            exit: None,
            before: None,
            probes: None,
            started_by: RecordId(0),
        }
    }

    /// Whether its last run ended well.
    pub(super) fn succeeded(&self) -> bool {
        self.st == St::Exited && self.exit.as_ref().is_some_and(|e| e.exit_code == 0)
    }
    /// Whether it runs and has passed its startup probe.
    pub(super) fn up(&self) -> bool {
        self.st == St::Running && self.started
    }
    /// Whether something of it is in the runtime that has to end before its pod has.
    pub(super) fn alive(&self) -> bool {
        matches!(self.st, St::Creating | St::Starting | St::Running)
    }
    /// Whether its start is under way: a pod starts one container at a time.
    pub(super) fn busy(&self) -> bool {
        matches!(self.st, St::Pulling | St::Creating | St::Starting)
    }
}

/// Why a pod was ended by its kubelet, or not taken at all.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub reason: Str,
    pub message: Str,
    /// It was never taken.
    pub rejected: bool,
}

/// One pod.
#[derive(Clone, Debug)]
pub(super) struct PodRow {
    /// The newest version that this kubelet has seen, also from the answers to its own writes.
    pub pod: Arc<Pod>,
    /// What it asks for of processor time and memory: each new pod is weighed against the sums of all others.
    pub cpu_milli: i64,
    pub memory: i64,
    /// Init containers first, in the order of the spec.
    pub ctrs: Box<[Ctr]>,
    pub sandbox: Sandbox,
    pub ip: Str,
    pub start_time: Option<Time>,
    pub verdict: Option<Box<Verdict>>,
    /// Everything of it is being taken down.
    pub ending: bool,
    /// Everything of it has been taken down.
    pub done: bool,
    /// The API has no such pod any more.
    pub gone: bool,
    /// Its status is final and not this kubelet's to compute (it ended in an earlier life).
    pub frozen: bool,
    /// All init containers have succeeded once in this sandbox.
    pub initialized: bool,
    /// When the taking down began.
    pub ending_since: SimTime,
    /// The request that is under way, and when it was sent; 0 if none.
    pub request: u32,
    pub asked_at: SimTime,
    /// The API may not have its newest status.
    pub dirty: bool,
    /// Why it does not: the last request failed.
    pub failed: Option<Cause>,
    /// Status and last transition of each condition that the kubelet keeps.
    pub conditions: [(bool, Option<Time>); 4],
}

impl PodRow {
    pub(super) fn new(pod: Arc<Pod>) -> PodRow {
        let n = pod.spec.init_containers.len() + pod.spec.containers.len();
        PodRow {
            cpu_milli: pod.request("cpu"),
            memory: pod.request("memory"),
            ctrs: (0..n).map(|_| Ctr::new()).collect(),
            sandbox: Sandbox::None,
            ip: lit!(""),
            start_time: pod.status.start_time,
            verdict: None,
            ending: false,
            done: false,
            gone: false,
            frozen: false,
            initialized: false,
            ending_since: SimTime(0),
            request: 0,
            asked_at: SimTime(0),
            dirty: false,
            failed: None,
            conditions: super::status::conditions_of(&pod),
            pod,
        }
    }

    pub(super) fn uid(&self) -> Uid {
        self.pod.metadata.uid
    }
    pub(super) fn key(&self) -> Key {
        Key { kind: Kind::Pod, ns: self.pod.metadata.namespace.clone(), name: self.pod.metadata.name.clone() }
    }
    pub(super) fn pod_ref(&self) -> PodRef {
        let m = &self.pod.metadata;
        PodRef { uid: m.uid, ns: m.namespace.clone(), name: m.name.clone() }
    }
    /// `name_namespace(uid)`, as the kubelet's messages have it.
    pub(super) fn full_name(&self) -> String {
        let m = &self.pod.metadata;
        format!("{}_{}({})", m.name, m.namespace, m.uid)
    }
    /// How many of the containers are init containers.
    pub(super) fn inits(&self) -> usize {
        self.pod.spec.init_containers.len()
    }
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        containers(&self.pod.spec).position(|c| c.name == name)
    }
    pub(super) fn by_id(&self, id: ContainerId) -> Option<usize> {
        self.ctrs.iter().position(|c| c.id == id && c.st != St::Idle)
    }
    /// Whether its container of that number is an init container that stays (KEP-753).
    pub(super) fn sidecar(&self, i: usize) -> bool {
        i < self.inits() && self.spec(i).restart_policy == Some(RestartPolicy::Always)
    }
    pub(super) fn spec(&self, i: usize) -> &Container {
        spec_of(&self.pod.spec, i)
    }
    /// Whether a container that has exited is to be started again (`ShouldContainerBeRestarted`).
    pub(super) fn restarts(&self, i: usize) -> bool {
        if self.sidecar(i) {
            return true;
        }
        let init = i < self.inits();
        match self.pod.spec.restart() {
            // An init container that has succeeded is done.
            RestartPolicy::Always => !init || !self.ctrs[i].succeeded(),
            RestartPolicy::OnFailure => !self.ctrs[i].succeeded(),
            RestartPolicy::Never => false,
        }
    }
    /// The grace period in force.
    pub(super) fn grace(&self) -> Span {
        let m = &self.pod.metadata;
        let s = match m.deletion_grace_period_seconds {
            Some(s) if m.deleting() || self.gone => s,
            _ => self.pod.spec.grace_seconds(),
        };
        Span::secs(s.max(1) as u64)
    }
}

/// All containers of a pod, init containers first.
pub(super) fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().chain(&spec.containers)
}

pub(super) fn spec_of(spec: &PodSpec, i: usize) -> &Container {
    match i.checked_sub(spec.init_containers.len()) {
        None => &spec.init_containers[i],
        Some(i) => &spec.containers[i],
    }
}
