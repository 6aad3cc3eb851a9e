//! The runtime port and its simulation.
//!
//! Upstream: the container runtime interface between kubelet and containerd. `port` is the
//! questions and answers; [`SimRuntime`] answers them inside the world from [`ImageModel`]s. Left out:
//! volumes, exec and attach, resource updates of running containers, image garbage collection.

mod model;
mod net;
mod port;
mod registry;
mod shell;
mod sim;

pub use model::{CommandModel, Exits, ImageModel, Live, Ready, Start, Stop};
pub use net::{node_ip, pod_cidr};
pub use port::{
    ContainerConfig, ContainerId, ContainerInfo, Exit, Listing, PodRef, ProbeKind, ProbeTarget, RunState,
    RuntimeCommand, RuntimeEvent, SandboxInfo,
};
pub use registry::{Registry, digest, full_name, glob_match, invalid_name};
pub use sim::{RuntimeTimer, SimRuntime, Usage};
