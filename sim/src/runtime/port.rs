//! The port: what a kubelet asks of a container runtime, and what it is told. As data, so that the
//! simulation and a real engine answer the same questions.
//!
//! Upstream this is CRI (`k8s.io/cri-api/pkg/apis/runtime/v1`). Answers come as events whenever they
//! are ready; a pod has one sandbox at a time, named by the pod's uid. Probes go over the port as a
//! whole, since only the runtime stands in the pod's network namespace.

use crate::object::{Str, Uid};
use crate::time::{SimTime, Span};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A container's identity: 128 bits of the runtime's choosing, printed as the usual 64 hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContainerId(pub u128);

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The second half is a function of the first: 128 bits tell containers apart.
        let tail =
            (self.0 ^ 0x9e3779b97f4a7c15f39cc0605cedc835).wrapping_mul(0xda942042e4dd58b5c0ac29b7c97c50dd);
        write!(f, "{:032x}{:032x}", self.0, tail)
    }
}

/// What names a pod to the runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PodRef {
    pub uid: Uid,
    pub ns: Str,
    pub name: Str,
}

/// What a container is made from (`runtimeapi.ContainerConfig`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerConfig {
    /// Replaces the image's entry point, if not empty.
    pub command: Vec<Str>,
    /// Replaces the image's arguments, if not empty.
    pub args: Vec<Str>,
    /// Environment variables with literal values.
    pub env: Vec<(Str, Str)>,
    /// Processor share asked for, in thousandths of a core; 0 if none.
    pub cpu_request_milli: i64,
    /// Processor limit in thousandths of a core; 0 if none.
    pub cpu_limit_milli: i64,
    /// Memory limit in bytes; 0 if none.
    pub memory_limit: i64,
}

/// Which of a container's probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ProbeKind {
    Startup,
    Readiness,
    Liveness,
}

impl ProbeKind {
    /// All of them.
    pub const ALL: [ProbeKind; 3] = [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness];

    /// The name as it stands in events.
    pub fn name(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Readiness => "Readiness",
            ProbeKind::Liveness => "Liveness",
        }
    }
}

/// What a probe does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ProbeTarget {
    Http { https: bool, port: u16, path: Str },
    Tcp { port: u16 },
    Grpc { port: u16 },
    Exec { command: Arc<[Str]> },
}

/// What a kubelet asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum RuntimeCommand {
    /// Fetch an image; quick if it is there already and still the same in the registry.
    PullImage {
        image: Str,
    },
    /// Make a pod's namespaces and its network, its own or the host's.
    RunPodSandbox {
        pod: PodRef,
        host_network: bool,
    },
    CreateContainer {
        pod: Uid,
        name: Str,
        image: Str,
        attempt: u32,
        config: Box<ContainerConfig>,
    },
    StartContainer {
        id: ContainerId,
    },
    /// Send the polite signal, and the other one after the grace period.
    StopContainer {
        id: ContainerId,
        grace: Span,
    },
    RemoveContainer {
        id: ContainerId,
    },
    /// Take down a pod's network and whatever of it still runs.
    StopPodSandbox {
        pod: Uid,
    },
    /// Forget a pod and its containers.
    RemovePodSandbox {
        pod: Uid,
    },
    Probe {
        id: ContainerId,
        which: ProbeKind,
        target: ProbeTarget,
        timeout: Span,
    },
    /// Say all that there is.
    List,
}

impl RuntimeCommand {
    /// A short word for traces.
    pub fn name(&self) -> &'static str {
        match self {
            RuntimeCommand::PullImage { .. } => "pull",
            RuntimeCommand::RunPodSandbox { .. } => "run sandbox",
            RuntimeCommand::CreateContainer { .. } => "create container",
            RuntimeCommand::StartContainer { .. } => "start container",
            RuntimeCommand::StopContainer { .. } => "stop container",
            RuntimeCommand::RemoveContainer { .. } => "remove container",
            RuntimeCommand::StopPodSandbox { .. } => "stop sandbox",
            RuntimeCommand::RemovePodSandbox { .. } => "remove sandbox",
            RuntimeCommand::Probe { .. } => "probe",
            RuntimeCommand::List => "list",
        }
    }
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code; 128 + signal if a signal ended it.
    pub code: i32,
    /// The signal that ended it, 0 if none did.
    pub signal: i32,
    /// Whether somebody outside of it ended it: a stop command, a fault.
    pub asked: bool,
    /// Whether the kernel killed it for its memory.
    pub oom: bool,
    /// `Completed`, `Error`, `OOMKilled` or `Unknown`, as containerd puts it.
    pub reason: Str,
}

/// How far a container has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum RunState {
    Created,
    Running { since: SimTime },
    Exited { since: SimTime, at: SimTime, exit: Exit },
}

/// A sandbox in a listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SandboxInfo {
    pub pod: PodRef,
    pub ip: Str,
    /// Not so after the machine has crashed: then only its name is left.
    pub ready: bool,
}

/// A container in a listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ContainerInfo {
    pub id: ContainerId,
    pub pod: Uid,
    pub name: Str,
    pub attempt: u32,
    pub state: RunState,
}

/// All that a runtime holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Listing {
    pub sandboxes: Vec<SandboxInfo>,
    pub containers: Vec<ContainerInfo>,
    /// Images with their sizes in bytes.
    pub images: Vec<(Str, u64)>,
}

/// What a runtime tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum RuntimeEvent {
    ImagePulled {
        image: Str,
        bytes: u64,
        took: Span,
    },
    /// `reason` is `ErrImagePull` or `RegistryUnavailable`.
    ImagePullFailed {
        image: Str,
        reason: Str,
        message: Str,
    },
    SandboxReady {
        pod: Uid,
        ip: Str,
    },
    ContainerCreated {
        pod: Uid,
        name: Str,
        id: ContainerId,
    },
    ContainerStarted {
        pod: Uid,
        id: ContainerId,
    },
    /// It could not be made or started.
    ContainerFailed {
        pod: Uid,
        name: Str,
        reason: Str,
        message: Str,
    },
    ContainerExited {
        pod: Uid,
        id: ContainerId,
        exit: Exit,
    },
    SandboxStopped {
        pod: Uid,
    },
    SandboxRemoved {
        pod: Uid,
    },
    Probed {
        pod: Uid,
        id: ContainerId,
        which: ProbeKind,
        ok: bool,
        message: Str,
    },
    Listing(Box<Listing>),
}

impl RuntimeEvent {
    /// A short word for traces.
    pub fn name(&self) -> &'static str {
        match self {
            RuntimeEvent::ImagePulled { .. } => "image pulled",
            RuntimeEvent::ImagePullFailed { .. } => "pull failed",
            RuntimeEvent::SandboxReady { .. } => "sandbox ready",
            RuntimeEvent::ContainerCreated { .. } => "container created",
            RuntimeEvent::ContainerStarted { .. } => "container started",
            RuntimeEvent::ContainerFailed { .. } => "container failed",
            RuntimeEvent::ContainerExited { .. } => "container exited",
            RuntimeEvent::SandboxStopped { .. } => "sandbox stopped",
            RuntimeEvent::SandboxRemoved { .. } => "sandbox removed",
            RuntimeEvent::Probed { .. } => "probed",
            RuntimeEvent::Listing(_) => "listing",
        }
    }
}
