//! What components say to each other.

use crate::apiserver::{RequestInfo, Status, Verb};
use crate::controllers::{KcmCtx, KcmTimer};
use crate::etcd::{EtcdReply, EtcdRequest};
use crate::kubelet::{KubeletCtx, KubeletTimer};
use crate::object::{Kind, Obj};
use crate::runtime::{RuntimeCommand, RuntimeEvent, RuntimeTimer};
use crate::scheduler::{SchedCtx, SchedTimer};
use crate::user::{UserCtx, UserTimer};
use serde::{Deserialize, Serialize};

/// A component of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Comp {
    /// The world itself: faults, and facts that nobody inside can know.
    World,
    /// Whoever types commands: kubectl.
    User,
    Api,
    Etcd,
    Scheduler,
    /// kube-controller-manager.
    Kcm,
    /// The kubelet of a node, by the node's index in the configuration.
    Kubelet(u32),
    /// The container runtime of a node.
    Runtime(u32),
}

impl Comp {
    /// The node that the component runs on; `None` for the control plane and the user.
    pub fn node(self) -> Option<u32> {
        match self {
            Comp::Kubelet(n) | Comp::Runtime(n) => Some(n),
            Comp::World | Comp::User | Comp::Api | Comp::Etcd | Comp::Scheduler | Comp::Kcm => None,
        }
    }
}

/// What a client wants to remember about a request until its answer comes: it is echoed.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Ctx {
    /// Nobody waits for the answer.
    Ignore,
    /// The list or watch of the client's informer of that number.
    Informer(u8),
    /// An Event object (see [`crate::client::Recorder`]).
    Event,
    Scheduler(SchedCtx),
    Kcm(KcmCtx),
    Kubelet(KubeletCtx),
    User(UserCtx),
}

/// A request to the API server.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub from: Comp,
    /// In which life it asked: another one does not want the answer.
    pub life: u32,
    /// User, field manager, dry run, …
    pub info: RequestInfo,
    /// What is asked.
    pub verb: Verb,
    /// Echoed in the answer.
    pub ctx: Ctx,
}

/// What the API server answers.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Reply {
    /// The object as it is after a write, or as it was read.
    Object(Obj),
    /// A list and the revision that it shows.
    List { items: Vec<Obj>, revision: u64 },
    /// The watch is open.
    Watching,
    /// Done; there is no object to show.
    Done,
}

/// A change that a watch reports.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum WatchEvent {
    /// Created, or now selected.
    Added(Obj),
    Modified(Obj),
    /// Gone, or no longer selected. Carries the last version that the watcher could see.
    Deleted(Obj),
    /// All up to this revision has been sent.
    Bookmark(u64),
    /// 410 Gone: the revision to go on from has been compacted. List again.
    Expired,
    /// The stream broke off (the API server went away).
    Closed,
}

/// A message between two components.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Msg {
    Request(Box<Request>),
    Response { ctx: Ctx, result: Result<Reply, Box<Status>> },
    Watch { informer: u8, revision: u64, event: WatchEvent },
    Etcd(Box<EtcdRequest>),
    EtcdReply(Box<EtcdReply>),
    Runtime(Box<RuntimeCommand>),
    RuntimeEvent(Box<RuntimeEvent>),
}

/// What is due in a component without anyone having sent it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Timer {
    /// A client's informer tries again.
    Informer(u8),
    Api(crate::apiserver::ApiTimer),
    Etcd(crate::etcd::EtcdTimer),
    Scheduler(SchedTimer),
    Kcm(KcmTimer),
    Kubelet(KubeletTimer),
    Runtime(RuntimeTimer),
    User(UserTimer),
}

/// What reaches a component.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Input {
    /// The component's process starts, with empty memory.
    Start,
    Message {
        from: Comp,
        msg: Msg,
    },
    Timer(Timer),
}

/// A message's short name and the kind that it is about, for traces.
pub fn label(msg: &Msg) -> (&'static str, Option<Kind>) {
    match msg {
        Msg::Request(r) => (r.verb.name(), Some(r.verb.kind())),
        Msg::Response { result: Ok(_), .. } => ("ok", None),
        Msg::Response { result: Err(_), .. } => ("error", None),
        Msg::Watch { event, .. } => match event {
            WatchEvent::Added(o) => ("added", Some(o.kind())),
            WatchEvent::Modified(o) => ("modified", Some(o.kind())),
            WatchEvent::Deleted(o) => ("deleted", Some(o.kind())),
            WatchEvent::Bookmark(_) => ("bookmark", None),
            WatchEvent::Expired => ("expired", None),
            WatchEvent::Closed => ("closed", None),
        },
        Msg::Etcd(r) => (r.name(), None),
        Msg::EtcdReply(r) => (r.name(), None),
        Msg::Runtime(c) => (c.name(), None),
        Msg::RuntimeEvent(e) => (e.name(), None),
    }
}
