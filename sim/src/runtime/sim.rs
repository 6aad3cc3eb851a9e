//! The runtime of a node inside the world: it answers the port from image models.
//!
//! Upstream: containerd. Containers outlive their kubelet. When the machine goes down they end; what
//! containerd keeps on disk (images, the names of sandboxes and containers) is still there after the
//! boot, as with the real one, where such containers show exit code 255 and reason `Unknown`.

use super::model::Behaviour;
use super::port::{
    ContainerConfig, ContainerId, ContainerInfo, Exit, Listing, PodRef, ProbeKind, ProbeTarget, RunState,
    RuntimeCommand, RuntimeEvent, SandboxInfo,
};
use super::{ImageModel, full_name, net};
use crate::core::Cx;
use crate::cow::CowMap;
use crate::msg::{Comp, Input, Msg, Timer};
use crate::object::{Str, Uid, lit};
use crate::time::{SimTime, Span};
use crate::world::Component;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a runtime waits for.
#[derive(Clone, Debug)]
pub enum RuntimeTimer {
    /// A pull has ended.
    Pulled(Str, Span),
    /// Something that took its time is done.
    Done(Box<RuntimeEvent>),
    /// A container's process is up.
    Started(ContainerId),
    /// A container's process ends by itself, unless it has ended before.
    Ends(ContainerId),
    /// A container's process has reacted to the polite signal.
    Stops(ContainerId),
    /// The grace period is over.
    Kill(ContainerId),
}

/// What a container uses now.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Usage {
    pub pod: PodRef,
    pub container: Str,
    pub cpu_milli: i64,
    pub memory: i64,
}

#[derive(Clone, Debug)]
struct Sandbox {
    pod: PodRef,
    ip: Str,
    /// Its place in the node's range; `None` on the host's network.
    index: Option<u32>,
    ready: bool,
}

#[derive(Clone, Debug)]
struct Container {
    pod: Uid,
    name: Str,
    attempt: u32,
    state: State,
    /// Set while it is being started.
    starting: bool,
    kill_at: Option<SimTime>,
    does: Arc<Behaviour>,
}

#[derive(Clone, Debug)]
enum State {
    Created,
    Running(SimTime),
    Exited(SimTime, SimTime, Box<Exit>),
}

/// How long a sandbox takes: namespaces, and the network plugin.
const SANDBOX: (Span, Span) = (Span::ms(150), Span::ms(100));
/// How long a container takes to be created: a snapshot and a spec.
const CREATE: Span = Span::ms(30);
/// How long the removal of a sandbox's network takes.
const TEARDOWN: Span = Span::ms(50);
/// One question to the registry.
const REGISTRY: (Span, Span) = (Span::ms(300), Span::ms(200));
/// When a container that needs too much memory meets its limit.
const OOM_AFTER: Span = Span::secs(1);

/// A simulated runtime.
#[derive(Clone, Debug)]
pub struct SimRuntime {
    node: u32,
    sandboxes: CowMap<Uid, Sandbox>,
    containers: CowMap<ContainerId, Container>,
    /// What the container created last does: the next one as a rule does the same and shares it.
    last: Option<Arc<Behaviour>>,
    images: BTreeMap<Str, u64>,
    ips: Option<net::PodIps>,
    used_ips: BTreeSet<u32>,
    next_ip: u32,
}

impl SimRuntime {
    /// The runtime of a node, with nothing on its disk.
    pub fn new(node: u32) -> SimRuntime {
        SimRuntime {
            node,
            sandboxes: CowMap::default(),
            containers: CowMap::default(),
            last: None,
            images: BTreeMap::new(),
            ips: None,
            used_ips: BTreeSet::new(),
            next_ip: 0,
        }
    }

    /// Puts an image on the disk, as if it had been pulled before.
    pub fn preload(&mut self, image: Str, bytes: u64) {
        self.images.insert(image, bytes);
    }

    /// What running containers use, in order of their ids.
    pub fn usage(&self) -> impl Iterator<Item = Usage> {
        self.containers.values().filter(|c| matches!(c.state, State::Running(_))).filter_map(|c| {
            Some(Usage {
                pod: self.sandboxes.get(&c.pod)?.pod.clone(),
                container: c.name.clone(),
                cpu_milli: c.does.cpu_milli,
                memory: c.does.memory,
            })
        })
    }

    /// How many containers run.
    pub fn running(&self) -> usize {
        self.containers.values().filter(|c| matches!(c.state, State::Running(_))).count()
    }

    /// The fault `containerCrash`: a running container's process ends with `code`. An empty container
    /// name takes the pod's first. False if nothing of that name runs here.
    pub fn crash_container(
        &mut self,
        ns: &str,
        pod: &str,
        container: &str,
        code: i32,
        cx: &mut Cx<'_>,
    ) -> bool {
        let Some(uid) =
            self.sandboxes.values().find(|s| s.pod.ns == ns && s.pod.name == pod).map(|s| s.pod.uid)
        else {
            return false;
        };
        let hit = self.containers.iter().find(|(_, c)| {
            c.pod == uid
                && matches!(c.state, State::Running(_))
                && (container.is_empty() || c.name == container)
        });
        let Some(id) = hit.map(|(id, _)| *id) else { return false };
        let signal = if code > 128 { code - 128 } else { 0 };
        self.end(id, Exit { asked: true, ..exit(code, signal) }, cx);
        true
    }

    fn tell(&self, cx: &mut Cx<'_>, event: RuntimeEvent) {
        cx.send(Comp::Kubelet(self.node), Msg::RuntimeEvent(Box::new(event)));
    }

    fn later(cx: &mut Cx<'_>, d: Span, event: RuntimeEvent) {
        cx.after(d, Timer::Runtime(RuntimeTimer::Done(Box::new(event))));
    }

    /// The machine has booted: nothing runs that ran before.
    fn boot(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        self.containers.retain(|_, c| !matches!(c.state, State::Created));
        let runs = |c: &Container| matches!(c.state, State::Running(_));
        self.containers.update(runs, |c| {
            if let State::Running(since) = c.state {
                let exit = Exit { code: 255, signal: 0, asked: true, oom: false, reason: lit!("Unknown") };
                c.state = State::Exited(since, now, Box::new(exit));
            }
        });
        self.sandboxes.update(
            |_| true,
            |s| {
                s.ready = false;
                s.index = None;
            },
        );
        self.used_ips.clear();
    }

    fn command(&mut self, command: RuntimeCommand, cx: &mut Cx<'_>) {
        match command {
            RuntimeCommand::PullImage { image } => {
                let mut took = jittered(REGISTRY, cx);
                if !self.images.contains_key(&image) && !lacks(&image, cx) {
                    let bytes =
                        ImageModel::find(&cx.core.config.images, &image).map_or(20_000_000, |m| m.pull);
                    let bandwidth = cx.core.config.nodes[self.node as usize].bandwidth.max(1);
                    took = took + Span((u128::from(bytes) * 1_000_000_000 / u128::from(bandwidth)) as u64);
                }
                cx.after(took, Timer::Runtime(RuntimeTimer::Pulled(image, took)));
            }
            RuntimeCommand::RunPodSandbox { pod, host_network } => self.run_sandbox(pod, host_network, cx),
            RuntimeCommand::CreateContainer { pod, name, image, attempt, config } => {
                self.create(pod, name, &image, attempt, &config, cx);
            }
            RuntimeCommand::StartContainer { id } => {
                let Some(c) = self.containers.get_mut(&id) else { return };
                if !matches!(c.state, State::Created) || c.starting {
                    return;
                }
                c.starting = true;
                let Start { after, jitter } = c.does.start;
                let d = jittered((after, jitter), cx);
                cx.after(d, Timer::Runtime(RuntimeTimer::Started(id)));
            }
            RuntimeCommand::StopContainer { id, grace } => self.stop(id, grace, cx),
            RuntimeCommand::RemoveContainer { id } => {
                self.containers.remove(&id);
            }
            RuntimeCommand::StopPodSandbox { pod } => {
                self.kill_all(pod, cx);
                if let Some(s) = self.sandboxes.get_mut(&pod) {
                    s.ready = false;
                    if let Some(i) = s.index.take() {
                        self.used_ips.remove(&i);
                    }
                }
                Self::later(cx, TEARDOWN, RuntimeEvent::SandboxStopped { pod });
            }
            RuntimeCommand::RemovePodSandbox { pod } => {
                self.kill_all(pod, cx);
                self.containers.retain(|_, c| c.pod != pod);
                if let Some(i) = self.sandboxes.remove(&pod).and_then(|s| s.index) {
                    self.used_ips.remove(&i);
                }
                self.tell(cx, RuntimeEvent::SandboxRemoved { pod });
            }
            RuntimeCommand::Probe { id, which, target, timeout: _ } => self.probe(id, which, &target, cx),
            RuntimeCommand::List => {
                let listing = self.list();
                self.tell(cx, RuntimeEvent::Listing(Box::new(listing)));
            }
        }
    }

    fn run_sandbox(&mut self, pod: PodRef, host_network: bool, cx: &mut Cx<'_>) {
        let uid = pod.uid;
        let old = self.sandboxes.get(&uid).and_then(|s| s.index);
        let (ip, index) = if host_network {
            (net::node_ip(self.node), None)
        } else {
            let ips = *self.ips.get_or_insert_with(|| net::PodIps::of(self.node, &cx.core.config));
            let index = old.unwrap_or_else(|| self.free_ip(ips.count));
            self.used_ips.insert(index);
            (ips.get(index), Some(index))
        };
        let ip = Str::from(ip);
        self.sandboxes.insert(uid, Sandbox { pod, ip: ip.clone(), index, ready: true });
        let d = jittered(SANDBOX, cx);
        Self::later(cx, d, RuntimeEvent::SandboxReady { pod: uid, ip });
    }

    /// The next free address after the last one given out, as the host-local IPAM plugin does it.
    fn free_ip(&mut self, all: u32) -> u32 {
        let first = self.next_ip;
        let free =
            (0..all).map(|i| (first + i) % all).find(|i| !self.used_ips.contains(i)).unwrap_or(first % all);
        self.next_ip = (free + 1) % all;
        free
    }

    fn create(
        &mut self,
        pod: Uid,
        name: Str,
        image: &str,
        attempt: u32,
        config: &ContainerConfig,
        cx: &mut Cx<'_>,
    ) {
        let failed = |message: String| RuntimeEvent::ContainerFailed {
            pod,
            name: name.clone(),
            reason: lit!("CreateContainerError"),
            message: Str::from(message),
        };
        if !self.sandboxes.get(&pod).is_some_and(|s| s.ready) {
            let e = failed(format!("failed to find sandbox of pod {pod}: not found"));
            return self.tell(cx, e);
        }
        if !self.images.contains_key(image) {
            let e = failed(format!("failed to get image \"{image}\": not found"));
            return self.tell(cx, e);
        }
        let does = Behaviour::of(&cx.core.config.images, image, config, attempt);
        let does = self.last.take().filter(|l| **l == does).unwrap_or_else(|| Arc::new(does));
        self.last = Some(does.clone());
        let id = ContainerId(cx.rng().next_u128());
        let c = Container {
            pod,
            name: name.clone(),
            attempt,
            state: State::Created,
            starting: false,
            kill_at: None,
            does,
        };
        self.containers.insert(id, c);
        Self::later(cx, CREATE, RuntimeEvent::ContainerCreated { pod, name, id });
    }

    fn started(&mut self, id: ContainerId, cx: &mut Cx<'_>) {
        let now = cx.now();
        let Some(c) = self.containers.get_mut(&id) else { return };
        if !matches!(c.state, State::Created) {
            return;
        }
        c.state = State::Running(now);
        c.starting = false;
        let (pod, does) = (c.pod, c.does.clone());
        self.tell(cx, RuntimeEvent::ContainerStarted { pod, id });
        if let Some(d) = lifetime(&does) {
            cx.after(d, Timer::Runtime(RuntimeTimer::Ends(id)));
        }
    }

    fn stop(&mut self, id: ContainerId, grace: Span, cx: &mut Cx<'_>) {
        let now = cx.now();
        let Some(c) = self.containers.get_mut(&id) else { return };
        match c.state {
            State::Running(_) => {}
            State::Created => {
                // Not started yet: it never will be.
                let pod = c.pod;
                self.containers.remove(&id);
                return self.tell(cx, RuntimeEvent::ContainerExited { pod, id, exit: killed() });
            }
            State::Exited(..) => return,
        }
        let first = c.kill_at.is_none();
        let at = now + grace;
        if c.kill_at.is_some_and(|t| t <= at) {
            return;
        }
        c.kill_at = Some(at);
        let stop = c.does.stop;
        if grace == Span::ZERO {
            return self.end(id, killed(), cx);
        }
        if first && !stop.ignore && stop.after < grace {
            cx.after(stop.after, Timer::Runtime(RuntimeTimer::Stops(id)));
        }
        cx.after(grace, Timer::Runtime(RuntimeTimer::Kill(id)));
    }

    /// A running container's process is gone.
    fn end(&mut self, id: ContainerId, exit: Exit, cx: &mut Cx<'_>) {
        let now = cx.now();
        let Some(c) = self.containers.get_mut(&id) else { return };
        let State::Running(since) = c.state else { return };
        c.state = State::Exited(since, now, Box::new(exit.clone()));
        let pod = c.pod;
        self.tell(cx, RuntimeEvent::ContainerExited { pod, id, exit });
    }

    fn kill_all(&mut self, pod: Uid, cx: &mut Cx<'_>) {
        let running = |c: &Container| c.pod == pod && matches!(c.state, State::Running(_));
        let ids: Vec<ContainerId> =
            self.containers.iter().filter(|(_, c)| running(c)).map(|(id, _)| *id).collect();
        for id in ids {
            self.end(id, killed(), cx);
        }
    }

    fn probe(&mut self, id: ContainerId, which: ProbeKind, target: &ProbeTarget, cx: &mut Cx<'_>) {
        let Some(c) = self.containers.get(&id) else { return };
        let State::Running(since) = c.state else { return };
        let age = cx.now() - since;
        let up = age >= c.does.ready.after;
        let working = age < c.does.live_until && (which != ProbeKind::Readiness || age < c.does.ready.until);
        let message = if up && working {
            lit!("")
        } else {
            let ip = self.sandboxes.get(&c.pod).map_or("", |s| s.ip.as_str());
            Str::from(complaint(target, ip, up))
        };
        self.tell(cx, RuntimeEvent::Probed { pod: c.pod, id, which, ok: up && working, message });
    }

    fn list(&self) -> Listing {
        Listing {
            sandboxes: self
                .sandboxes
                .values()
                .map(|s| SandboxInfo { pod: s.pod.clone(), ip: s.ip.clone(), ready: s.ready })
                .collect(),
            containers: self
                .containers
                .iter()
                .map(|(id, c)| ContainerInfo {
                    id: *id,
                    pod: c.pod,
                    name: c.name.clone(),
                    attempt: c.attempt,
                    state: match &c.state {
                        State::Created => RunState::Created,
                        State::Running(since) => RunState::Running { since: *since },
                        State::Exited(since, at, exit) => {
                            RunState::Exited { since: *since, at: *at, exit: (**exit).clone() }
                        }
                    },
                })
                .collect(),
            images: self.images.iter().map(|(i, b)| (i.clone(), *b)).collect(),
        }
    }

    fn pulled(&mut self, image: Str, took: Span, cx: &mut Cx<'_>) {
        if lacks(&image, cx) {
            let full = full_name(&image);
            let message = format!(
                "rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": \
                 failed to resolve reference \"{full}\": {full}: not found"
            );
            let reason = lit!("ErrImagePull");
            return self
                .tell(cx, RuntimeEvent::ImagePullFailed { image, reason, message: Str::from(message) });
        }
        let bytes = ImageModel::find(&cx.core.config.images, &image).map_or(20_000_000, |m| m.pull);
        self.images.insert(image.clone(), bytes);
        self.tell(cx, RuntimeEvent::ImagePulled { image, bytes, took });
    }
}

use super::model::Start;

fn jittered((base, jitter): (Span, Span), cx: &mut Cx<'_>) -> Span {
    if jitter == Span::ZERO { base } else { base + Span(cx.rng().below(jitter.0)) }
}

/// Whether the registry has no such image now.
fn lacks(image: &str, cx: &Cx<'_>) -> bool {
    cx.core.registry.lacks(image)
        || ImageModel::find(&cx.core.config.images, image).is_some_and(|m| m.missing)
}

/// When a container ends by itself.
fn lifetime(does: &Behaviour) -> Option<Span> {
    match (does.exit, does.oom) {
        (None, false) => None,
        (Some((after, _)), false) => Some(after),
        (None, true) => Some(OOM_AFTER),
        (Some((after, _)), true) => Some(after.min(OOM_AFTER)),
    }
}

/// What is left after the signal that cannot be caught.
fn killed() -> Exit {
    Exit { asked: true, ..exit(137, 9) }
}

fn exit(code: i32, signal: i32) -> Exit {
    let reason = if code == 0 { lit!("Completed") } else { lit!("Error") };
    Exit { code, signal, asked: false, oom: false, reason }
}

/// What a failed probe says, in the words of the kubelet's probers.
fn complaint(target: &ProbeTarget, ip: &str, up: bool) -> String {
    match target {
        ProbeTarget::Http { .. } if up => "HTTP probe failed with statuscode: 500".to_owned(),
        ProbeTarget::Http { https, port, path } => {
            let scheme = if *https { "https" } else { "http" };
            let slash = if path.starts_with('/') { "" } else { "/" };
            format!(
                "Get \"{scheme}://{ip}:{port}{slash}{path}\": dial tcp {ip}:{port}: connect: connection refused"
            )
        }
        ProbeTarget::Tcp { port } => format!("dial tcp {ip}:{port}: connect: connection refused"),
        ProbeTarget::Grpc { port } => {
            format!("timeout: failed to connect service \"{ip}:{port}\" within 1s: context deadline exceeded")
        }
        ProbeTarget::Exec { command } => {
            format!("command {:?} exited with code 1", command.join(" "))
        }
    }
}

impl Component for SimRuntime {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Start => self.boot(cx),
            Input::Message { msg: Msg::Runtime(command), .. } => self.command(*command, cx),
            Input::Timer(Timer::Runtime(timer)) => match timer {
                RuntimeTimer::Pulled(image, took) => self.pulled(image, took, cx),
                RuntimeTimer::Done(event) => self.tell(cx, *event),
                RuntimeTimer::Started(id) => self.started(id, cx),
                RuntimeTimer::Ends(id) => {
                    let Some(c) = self.containers.get(&id) else { return };
                    let oom = c.does.oom && c.does.exit.is_none_or(|(after, _)| after > OOM_AFTER);
                    let how = match c.does.exit {
                        Some((_, code)) if !oom => exit(code, 0),
                        _ => {
                            Exit { code: 137, signal: 9, asked: false, oom: true, reason: lit!("OOMKilled") }
                        }
                    };
                    self.end(id, how, cx);
                }
                RuntimeTimer::Stops(id) => {
                    let Some(c) = self.containers.get(&id) else { return };
                    let how = Exit { asked: true, ..exit(c.does.stop.code, 0) };
                    self.end(id, how, cx);
                }
                RuntimeTimer::Kill(id) => {
                    if self.containers.get(&id).is_some_and(|c| c.kill_at.is_some_and(|t| t <= cx.now())) {
                        self.end(id, killed(), cx);
                    }
                }
            },
            Input::Message { .. } | Input::Timer(_) => {}
        }
    }
}
