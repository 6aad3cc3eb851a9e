//! Trace records: what happened, when, by whom, and because of which record.

use crate::links::LinkClass;
use crate::msg::Comp;
use crate::object::{Key, Kind, List, Obj, Str, Uid};
use crate::time::SimTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Number of a record in its trace: 1, 2, 3, … 0 means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordId(pub u64);

/// How much a trace keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    Off,
    /// Actions, faults, decisions and the writes of all objects but leases and events; no messages.
    Lifecycle,
    /// Everything.
    #[default]
    Full,
}

impl Level {
    /// Whether it keeps the writes of a kind of object.
    pub fn keeps_writes(self, kind: &Kind) -> bool {
        match self {
            Level::Off => false,
            Level::Lifecycle => !matches!(kind, Kind::Lease | Kind::Event),
            Level::Full => true,
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number.
    pub id: RecordId,
    /// When.
    pub at: SimTime,
    /// The record that it follows from; 0 for a root (a user's action, a timer, a fault).
    pub cause: RecordId,
    /// In which component.
    pub actor: Actor,
    /// What.
    pub what: What,
}

/// Who did it: a component, and inside the controller manager, the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The component.
    pub comp: Comp,
    /// The part of it, such as `replicaset-controller`; often empty.
    pub part: Str,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum What {
    /// Root: the cluster was switched on. `scheduler` is the scheduler's configuration as JSON; empty for the default.
    Start { scheduler: Str },
    /// Root: somebody typed this, kubectl's words.
    User { command: Str },
    /// Root: a periodic timer fired.
    Timer { name: Str },
    /// Root: a fault began. `name` is the fault's name (`nodeCrash`), `target` what it hits.
    Fault { name: Str, target: Str },
    /// Root: a fault was mended.
    Mend { name: Str, target: Str },
    /// A message left.
    Sent { to: Comp, class: LinkClass, label: Str, subject: Option<Key>, arrives: SimTime },
    /// It arrived.
    Delivered { sent: RecordId },
    /// It got lost.
    Dropped { sent: RecordId, why: Str },
    /// etcd committed a change of an object. `obj` is the new version; for a removal, the last one.
    /// `by` is the part that asked for it, such as `replicaset-controller` or `kubectl`.
    Write { verb: WriteVerb, revision: u64, previous: RecordId, by: Str, obj: Obj },
    /// The API server refused a request.
    Refused { verb: Str, key: Key, code: u16, reason: Str, message: Str },
    /// The scheduler decided about a pod.
    Decision(Arc<Decision>),
    /// A component did or noticed something worth a sentence.
    Note { code: Code, subject: Key, args: Vec<(Str, Str)> },
    /// What the pods on a node use, where it differs from that node's record before: by a kubelet at its periodic
    /// tick, and with no pod by the world when the machine goes off. Pods of which nothing runs are not in it.
    Usage { node: u32, pods: List<PodUsage> },
}

/// What the running containers of a pod use together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PodUsage {
    /// The pod.
    pub pod: Key,
    /// Thousandths of a core.
    pub cpu_milli: i64,
    /// Bytes.
    pub memory_bytes: i64,
}

/// What a write did to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum WriteVerb {
    Create,
    Update,
    Delete,
}

/// What a client of the API had been told of one kind of object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// The newest revision that it had seen.
    pub revision: u64,
    /// The lists that it has had since its process started: the newest revision that it had seen before, and the
    /// list's. What was written between the two it saw at once, and only what was left of it.
    pub lists: List<(u64, u64)>,
}

/// What is needed to repeat and explain one scheduling attempt ([`super::verdicts`] does).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The pod.
    pub pod: Key,
    /// The scheduler's snapshot: the newest revision that it had seen.
    pub revision: u64,
    /// When the scheduler's process started. Of what was before, it knew nothing.
    pub since: SimTime,
    /// What it had been told of pods.
    pub pods: Heard,
    /// What it had been told of nodes.
    pub nodes: Heard,
    /// What it had been told of other objects, where that is more than at its decision before this one: by the place
    /// of the kind in [`KINDS`](crate::scheduler::KINDS).
    pub others: Vec<(u8, Heard)>,
    /// Nominations that it had made (or, with no node, withdrawn) since its decision before this one, in order.
    pub nominations: Vec<(Key, Str)>,
    /// The profile by which it decided.
    pub profile: Str,
    /// Pods that it had counted on a node before they were bound, and since its decision before this one no longer
    /// did: their binding had failed, or they were gone.
    pub forgotten: Vec<Uid>,
    /// How many attempts this pod has had, this one counted.
    pub attempt: u32,
    /// Nodes looked at, from `start` on, in the scheduler's order.
    pub looked_at: u32,
    /// Where the window of nodes began.
    pub start: u32,
    /// How many of them passed the filters.
    pub feasible: u32,
    /// The random draw that broke a tie.
    pub draw: u64,
    /// The node chosen; empty if none fitted.
    pub winner: Str,
    /// The winner's total score.
    pub score: i64,
    /// Reasons of rejection with how many nodes gave them, as in the FailedScheduling event.
    pub reasons: Vec<(Str, u32)>,
    /// Plugins that rejected a node.
    pub rejectors: Vec<Str>,
    /// The node that it is to get once others have left it; empty if that helps nowhere.
    pub nominated: Str,
    /// The pods that have to leave that node.
    pub victims: Vec<Key>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What a [`What::Note`] says. Each has a sentence in every catalogue, under its text with `-` for `.`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code { $($(#[$doc])* $variant,)* }
        impl Code {
            /// All codes.
            pub const ALL: &[Code] = &[$(Code::$variant),*];
            /// The code's text, such as `pod.evicted`.
            pub fn as_str(self) -> &'static str { match self { $(Code::$variant => $text),* } }
        }
    };
}

codes! {
    /// The kubelet registered its node. Subject: node.
    NodeRegistered = "node.registered",
    /// Heartbeats of a node no longer arrive; recorded by the world, which alone can know it. Subject: node. Args: why.
    NodeSilent = "node.silent",
    /// Node lifecycle: the last round of the monitor that saw a new lease (`probeTimestamp` upstream) is longer ago,
    /// `silence`, than the grace period. When the node sent that lease is another matter. Subject: node. Args: grace, silence.
    LeaseExpired = "node.lease-expired",
    /// Node lifecycle: the lease is fresh again. Subject: node.
    NodeBack = "node.back",
    /// Node lifecycle: taints were set or lifted. Subject: node. Args: taints.
    NodeTainted = "node.tainted",
    /// Taint eviction: the clock of a pod's toleration starts. Subject: pod. Args: node, taint, seconds.
    EvictionScheduled = "pod.eviction-scheduled",
    /// Taint eviction: the clock was stopped, the taint is gone. Subject: pod. Args: node.
    EvictionCancelled = "pod.eviction-cancelled",
    /// Taint eviction: the pod is deleted. Subject: pod. Args: node, taint, seconds.
    PodEvicted = "pod.evicted",
    /// ReplicaSet: pods are missing. Subject: replica set. Args: have, want, create.
    ReplicasMissing = "replicaset.missing",
    /// ReplicaSet: there are too many. Subject: replica set. Args: have, want, delete.
    ReplicasSurplus = "replicaset.surplus",
    /// Deployment: a new replica set for a new template. Subject: deployment. Args: replicaset, revision.
    RevisionCreated = "deployment.revision",
    /// Deployment: an old replica set is taken up again. Subject: deployment. Args: replicaset, revision.
    RevisionReused = "deployment.revision-reused",
    /// Deployment: a replica set is scaled. Subject: deployment. Args: replicaset, from, to.
    ReplicaSetScaled = "deployment.scaled",
    /// Deployment: all replicas are of the new template and available. Subject: deployment.
    RolloutComplete = "deployment.complete",
    /// Deployment: no progress within the deadline. Subject: deployment. Args: seconds.
    RolloutStalled = "deployment.stalled",
    /// Garbage collection: an object's owners are gone, or wait for it to go first. Subject: object. Args: owner, first.
    GarbageCollected = "gc.collected",
    /// Namespace controller: it deletes what a namespace holds. Subject: namespace. Args: left.
    NamespaceEmptied = "namespace.emptied",
    /// Scheduler: the pod waits. Subject: pod. Args: wait.
    PodBackoff = "scheduler.backoff",
    /// Scheduler: something changed that may let a waiting pod fit. Subject: pod. Args: event.
    PodRetried = "scheduler.retried",
    /// Scheduler: the pod fits nowhere, but will on a node that others leave for it. Subject: pod. Args: node, victims.
    PodNominated = "scheduler.nominated",
    /// Scheduler: a pod is evicted for one of higher priority. Subject: pod. Args: node, by, priority.
    PodPreempted = "scheduler.preempted",
    /// Scheduler: a pod is no longer to get its node: one of higher priority needs the room. Subject: pod. Args: node, by.
    NominationWithdrawn = "scheduler.withdrawn",
    /// Kubelet: saw a pod that was bound to its node. Subject: pod.
    PodSeen = "kubelet.pod-seen",
    /// Kubelet: does not take the pod. Subject: pod. Args: reason.
    PodRejected = "kubelet.rejected",
    /// Kubelet asks for an image. Subject: pod. Args: image.
    ImagePulling = "kubelet.pulling",
    /// The image has arrived. Subject: pod. Args: image, took, bytes.
    ImagePulled = "kubelet.pulled",
    /// The image is there already. Subject: pod. Args: image.
    ImagePresent = "kubelet.image-present",
    /// The image cannot be had. Subject: pod. Args: image, message.
    ImageFailed = "kubelet.pull-failed",
    /// The sandbox stands: the pod has an address. Subject: pod. Args: ip.
    SandboxReady = "kubelet.sandbox",
    /// A container was created. Subject: pod. Args: container.
    ContainerCreated = "kubelet.created",
    /// A container runs. Subject: pod. Args: container, restart.
    ContainerStarted = "kubelet.started",
    /// A container ended. Subject: pod. Args: container, code, reason, asked.
    ContainerExited = "kubelet.exited",
    /// A container waits before it is started again. Subject: pod. Args: container, wait, restart.
    ContainerBackoff = "kubelet.backoff",
    /// A container passed its readiness probe. Subject: pod. Args: container.
    ProbeReady = "kubelet.ready",
    /// A container failed its readiness probe. Subject: pod. Args: container, failures.
    ProbeUnready = "kubelet.unready",
    /// A container failed its liveness probe too often and is killed. Subject: pod. Args: container, failures.
    ProbeFailed = "kubelet.liveness-failed",
    /// A container is asked to stop. Subject: pod. Args: container, grace, reason.
    ContainerKilling = "kubelet.killing",
    /// All that belonged to a pod is gone from the node. Subject: pod.
    PodGone = "kubelet.pod-gone",
    /// A component lost its watch and lists again. Subject: none (kind in args). Args: kind, why.
    Relist = "client.relist",
}

impl What {
    /// Whether a level keeps it.
    pub fn kept_at(&self, level: Level) -> bool {
        match level {
            Level::Off => false,
            Level::Full => true,
            Level::Lifecycle => match self {
                What::Sent { .. } | What::Delivered { .. } | What::Dropped { .. } | What::Usage { .. } => {
                    false
                }
                What::Write { obj, .. } => level.keeps_writes(&obj.kind()),
                What::Start { .. }
                | What::User { .. }
                | What::Timer { .. }
                | What::Fault { .. }
                | What::Mend { .. }
                | What::Refused { .. }
                | What::Decision(_)
                | What::Note { .. } => true,
            },
        }
    }

    /// Whether a chain of causes may end here.
    pub fn is_root(&self) -> bool {
        matches!(
            self,
            What::Start { .. }
                | What::User { .. }
                | What::Timer { .. }
                | What::Fault { .. }
                | What::Mend { .. }
        )
    }

    /// The object that it is about, if any.
    pub fn subject(&self) -> Option<Key> {
        match self {
            What::Write { obj, .. } => Some(obj.key()),
            What::Refused { key, .. } => Some(key.clone()),
            What::Decision(d) => Some(d.pod.clone()),
            What::Note { subject, .. } => Some(subject.clone()),
            What::Sent { subject, .. } => subject.clone(),
            What::Start { .. }
            | What::User { .. }
            | What::Timer { .. }
            | What::Fault { .. }
            | What::Mend { .. }
            | What::Delivered { .. }
            | What::Dropped { .. }
            | What::Usage { .. } => None,
        }
    }
}
