//! The kubelet: it keeps its node's object and lease fresh, and makes the runtime hold what the pods
//! bound to its node say, also while the API server is away.
//!
//! Upstream: `pkg/kubelet`. Modelled: registration, lease, node status, admission, sandboxes, init
//! containers and sidecars, image pulls one at a time, restart policies with CrashLoopBackOff, probes,
//! graceful termination, `activeDeadlineSeconds`, status, events, taking over what an earlier kubelet
//! started. Left out: volumes, lifecycle hooks, static pods, eviction under pressure, resizing, the
//! one-second relist (the runtime tells at once; what upstream notices at the next relist or sync is
//! noticed a second later here).

mod backoff;
mod end;
mod events;
mod images;
mod node;
mod pods;
mod probes;
mod row;
mod start;
mod status;
#[cfg(test)]
mod tests;

pub use backoff::{Backoff, go_duration};
pub use status::qos_class;

use crate::api_util::Time;
use crate::client::{Informer, Recorder};
use crate::core::Cx;
use crate::cow::CowMap;
use crate::msg::{Comp, Ctx, Input, Msg, Reply, Timer};
use crate::object::{EventType, Kind, Obj, ObjectReference, Str, Uid, lit};
use crate::runtime::{Listing, ProbeKind, RuntimeCommand};
use crate::time::{SimTime, Span};
use crate::world::Component;
use row::PodRow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a request was for.
#[derive(Clone, Debug)]
pub enum KubeletCtx {
    /// The node object is created.
    Register,
    /// The node object was there already and is read.
    GetNode,
    /// The node's status is sent.
    NodeStatus,
    /// The lease is created.
    LeaseCreate,
    /// The lease is renewed.
    LeaseRenew,
    /// A pod's status is sent.
    PodStatus(Uid, u32),
    /// A pod that has come down is deleted for good.
    PodDelete(Uid, u32),
}

/// What a kubelet waits for.
#[derive(Clone, Debug)]
pub enum KubeletTimer {
    /// Registration is tried again.
    Register,
    /// The lease is due.
    Lease,
    /// The node's status is computed, and what could not be sent is sent again.
    Status,
    /// A container of a pod is due; the last number tells the newest timer from those before it.
    Container(Uid, u8, u32),
    /// A pod's `activeDeadlineSeconds` are over.
    Deadline(Uid),
    /// The runtime is looked at after a container of the pod has started.
    Relist(Uid),
    /// A probe of a container is due, in the run of that number.
    Probe(Uid, u8, ProbeKind, u32),
}

/// How long a kubelet takes to notice what upstream sees at the next relist or sync.
const RELIST: Span = Span::secs(1);

/// A pull that is under way or waits for the one before.
#[derive(Clone, Debug)]
struct Pull {
    pod: Uid,
    ctr: usize,
    image: Str,
    asked: SimTime,
    cause: crate::trace::Cause,
}

/// What all pods of a kubelet share.
#[derive(Clone, Debug)]
struct Node {
    n: u32,
    name: Str,
    ip: Str,
    recorder: Recorder,
    /// Images on the node: what they show as `imageID`, and their size.
    images: BTreeMap<Str, (Str, u64)>,
    images_changed: bool,
    pulls: VecDeque<Pull>,
    /// The node object as last seen.
    object: Option<Arc<crate::object::Node>>,
    registered: bool,
    lease: bool,
    /// When a status was last sent.
    reported: Option<SimTime>,
    tries: u32,
    requests: u32,
    /// Events are counted rather than written anew; in large clusters only those that repeat.
    remember_all: bool,
}

/// A node's kubelet.
#[derive(Clone, Debug)]
pub struct Kubelet {
    node: Node,
    pods: CowMap<Uid, PodRow>,
    pod_informer: Informer,
    node_informer: Informer,
    /// What the runtime had when this kubelet started, until the pods are known too.
    listing: Option<Box<Listing>>,
    listed: bool,
}

/// Up to this size of cluster every event is remembered, so that repeats are counted from the first on.
const SMALL_CLUSTER: usize = 256;

impl Kubelet {
    /// The kubelet of a node, with empty memory.
    pub fn new(node: u32, config: &crate::config::WorldConfig) -> Kubelet {
        let name = config.nodes[node as usize].name.clone();
        Kubelet {
            pod_informer: Informer::new(0, Kind::Pod).on_node(name.clone()),
            node_informer: Informer::new(1, Kind::Node).on_node(name.clone()),
            pods: CowMap::default(),
            listing: None,
            listed: false,
            node: Node {
                n: node,
                name,
                ip: Str::from(crate::runtime::node_ip(node)),
                recorder: Recorder::default(),
                images: BTreeMap::new(),
                images_changed: false,
                pulls: VecDeque::new(),
                object: None,
                registered: false,
                lease: false,
                reported: None,
                tries: 0,
                requests: 0,
                remember_all: config.nodes.len() <= SMALL_CLUSTER,
            },
        }
    }

    /// How many pods it looks after.
    pub fn pod_count(&self) -> usize {
        self.pods.len()
    }
}

impl Node {
    fn image_id(&self, image: &str) -> Str {
        self.images.get(image).map_or_else(|| status::image_id(image), |(id, _)| id.clone())
    }

    /// Asks the runtime of this node.
    fn runtime(&self, cx: &mut Cx<'_>, command: RuntimeCommand) {
        cx.send(Comp::Runtime(self.n), Msg::Runtime(Box::new(command)));
    }

    /// Reports an event about a pod, or about one of its containers.
    fn event(
        &mut self,
        cx: &mut Cx<'_>,
        row: &PodRow,
        ctr: Option<usize>,
        type_: EventType,
        reason: Str,
        message: String,
    ) {
        let mut involved = ObjectReference::to(&Kind::Pod, &row.pod.metadata);
        let mut again = false;
        if let Some(i) = ctr {
            let list = if i < row.inits() { "initContainers" } else { "containers" };
            involved.field_path = Str::from(format!("spec.{list}{{{}}}", row.spec(i).name));
            again = row.ctrs[i].attempt > 0;
        }
        let remember = self.remember_all || again || type_ == EventType::Warning;
        let source = (lit!("kubelet"), self.name.clone());
        self.recorder.event(cx, source, type_, reason, involved, Str::from(message), remember);
    }

    /// Reports an event about the node. Upstream gives it the node's name as uid; ours must be a UUID.
    fn node_event(&mut self, cx: &mut Cx<'_>, reason: Str, message: String) {
        let involved = ObjectReference { kind: lit!("Node"), name: self.name.clone(), ..Default::default() };
        let source = (lit!("kubelet"), self.name.clone());
        self.recorder.event(cx, source, EventType::Normal, reason, involved, Str::from(message), true);
    }
}

/// The wall clock at a moment of the world.
fn wall_at(cx: &Cx<'_>, at: SimTime) -> Time {
    Time(cx.core.config.epoch_s + (at.0 / 1_000_000_000) as i64)
}

impl Component for Kubelet {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Start => self.start(cx),
            Input::Message { msg: Msg::RuntimeEvent(event), .. } => {
                let pod = events::pod_of(&event);
                self.on_runtime(*event, cx);
                if let Some(uid) = pod {
                    self.drop_if_over(uid, cx);
                }
            }
            Input::Message { msg: Msg::Watch { informer: 0, revision, event }, .. } => {
                if let Some(change) = self.pod_informer.on_watch(cx, revision, event) {
                    self.on_pods(change, cx);
                }
            }
            Input::Message { msg: Msg::Watch { revision, event, .. }, .. } => {
                if let Some(change) = self.node_informer.on_watch(cx, revision, event) {
                    self.on_node(change);
                }
            }
            Input::Message { msg: Msg::Response { ctx, result }, .. } => match ctx {
                Ctx::Informer(0) => {
                    if let Some(change) = self.pod_informer.on_response(cx, result) {
                        self.on_pods(change, cx);
                    }
                }
                Ctx::Informer(_) => {
                    if let Some(change) = self.node_informer.on_response(cx, result) {
                        self.on_node(change);
                    }
                }
                Ctx::Kubelet(KubeletCtx::PodStatus(uid, request)) => {
                    let Some(row) = self.pods.get_mut(&uid).filter(|r| r.request == request) else { return };
                    row.request = 0;
                    if let Ok(reply) = result {
                        if let Reply::Object(Obj::Pod(pod)) = reply {
                            row.accept(pod);
                        }
                        row.report(&mut self.node, cx);
                    } else {
                        row.failed = Some(cx.cause());
                    }
                }
                Ctx::Kubelet(KubeletCtx::PodDelete(uid, request)) => {
                    let Some(row) = self.pods.get_mut(&uid).filter(|r| r.request == request) else { return };
                    // The watch tells when it is gone. If it does not go, ask again in a while.
                    row.asked_at = cx.now();
                    if result.is_err() {
                        row.request = 0;
                        row.failed = Some(cx.cause());
                    }
                }
                Ctx::Kubelet(ctx) => self.on_node_response(ctx, result, cx),
                Ctx::Ignore | Ctx::Event | Ctx::Scheduler(_) | Ctx::Kcm(_) | Ctx::User(_) => {}
            },
            Input::Timer(Timer::Informer(0)) => self.pod_informer.on_timer(cx),
            Input::Timer(Timer::Informer(_)) => self.node_informer.on_timer(cx),
            Input::Timer(Timer::Kubelet(timer)) => match timer {
                KubeletTimer::Register => self.register(cx),
                KubeletTimer::Lease => self.renew_lease(cx),
                KubeletTimer::Status => self.on_status_tick(cx),
                KubeletTimer::Container(uid, i, alarm) => {
                    if let Some(row) = self.pods.get_mut(&uid) {
                        row.on_alarm(i.into(), alarm, &mut self.node, cx);
                    }
                }
                KubeletTimer::Deadline(uid) => {
                    if let Some(row) = self.pods.get_mut(&uid) {
                        row.on_deadline(&mut self.node, cx);
                    }
                }
                KubeletTimer::Relist(uid) => {
                    if let Some(row) = self.pods.get_mut(&uid) {
                        row.report(&mut self.node, cx);
                    }
                }
                KubeletTimer::Probe(uid, i, which, attempt) => {
                    if let Some(row) = self.pods.get_mut(&uid) {
                        row.on_probe_due(i.into(), which, attempt, &self.node, cx);
                    }
                }
            },
            Input::Message { .. } | Input::Timer(_) => {}
        }
    }
}
