//! Requests and their answers: the verbs of the Kubernetes API as data.

use super::Selection;
use crate::api_util::Time;
use crate::msg::Comp;
use crate::object::{Condition, Key, Kind, NodeStatus, Obj, OwnerReference, PodStatus, Str, Taint, Uid, lit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who asks, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestInfo {
    /// The user, such as `system:kube-scheduler`.
    pub user: Str,
    /// `fieldManager`.
    pub manager: Str,
    /// `dryRun=All`: do everything but write.
    pub dry_run: bool,
}

impl RequestInfo {
    /// The identity of a component of the cluster.
    pub fn of(c: Comp, part: &Str) -> RequestInfo {
        let user = match c {
            Comp::User | Comp::World => lit!("kubernetes-admin"),
            Comp::Api | Comp::Etcd => lit!("system:apiserver"),
            Comp::Scheduler => lit!("system:kube-scheduler"),
            Comp::Kcm => part.clone(),
            Comp::Kubelet(_) | Comp::Runtime(_) => lit!("system:node"),
        };
        let manager = match c {
            Comp::User | Comp::World => lit!("kubectl"),
            Comp::Api | Comp::Etcd => lit!("kube-apiserver"),
            Comp::Scheduler => lit!("kube-scheduler"),
            Comp::Kcm => lit!("kube-controller-manager"),
            Comp::Kubelet(_) | Comp::Runtime(_) => lit!("kubelet"),
        };
        RequestInfo { user, manager, dry_run: false }
    }
}

/// What is asked of the API server.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Verb {
    /// POST. Defaults are filled in, admission runs, the object is checked.
    Create(Obj),
    /// PUT of everything but the status. With a `resourceVersion`, only if that is still the newest.
    Update(Obj),
    /// PUT of the status alone.
    UpdateStatus(Obj),
    /// PATCH; last write wins, but for `uid`, which must match if given.
    Patch { key: Key, uid: Option<Uid>, patch: Patch },
    /// DELETE.
    Delete { key: Key, options: DeleteOptions },
    /// GET of one object.
    Get(Key),
    /// GET of the objects of a kind that are selected.
    List { kind: Kind, selection: Selection },
    /// The same, as a stream of what changes after `revision`, for the client's informer of that number.
    Watch { kind: Kind, selection: Selection, revision: u64, informer: u8 },
    /// POST of `pods/binding`: the scheduler's word.
    Bind { pod: Key, uid: Uid, node: Str },
}

impl Verb {
    /// The verb's name, for traces.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::Create(_) => "create",
            Verb::Update(_) => "update",
            Verb::UpdateStatus(_) => "update status",
            Verb::Patch { .. } => "patch",
            Verb::Delete { .. } => "delete",
            Verb::Get(_) => "get",
            Verb::List { .. } => "list",
            Verb::Watch { .. } => "watch",
            Verb::Bind { .. } => "bind",
        }
    }
    /// The kind that it is about.
    pub fn kind(&self) -> Kind {
        match self {
            Verb::Create(o) | Verb::Update(o) | Verb::UpdateStatus(o) => o.kind(),
            Verb::Patch { key, .. }
            | Verb::Delete { key, .. }
            | Verb::Get(key)
            | Verb::Bind { pod: key, .. } => key.kind.clone(),
            Verb::List { kind, .. } | Verb::Watch { kind, .. } => kind.clone(),
        }
    }
    /// The object that it is about, unless it is about many.
    pub fn key(&self) -> Option<Key> {
        match self {
            Verb::Create(o) | Verb::Update(o) | Verb::UpdateStatus(o) => Some(o.key()),
            Verb::Patch { key, .. }
            | Verb::Delete { key, .. }
            | Verb::Get(key)
            | Verb::Bind { pod: key, .. } => Some(key.clone()),
            Verb::List { .. } | Verb::Watch { .. } => None,
        }
    }
}

/// The body of a PATCH. The typed ones are what components send as strategic merge patches of those fields.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Patch {
    /// `application/merge-patch+json` (RFC 7386).
    Merge(Value),
    /// `application/strategic-merge-patch+json`.
    Strategic(Value),
    /// `application/json-patch+json` (RFC 6902).
    Json(Value),
    /// Subresource `status` of a pod, from its kubelet. PodScheduled and DisruptionTarget conditions are kept.
    PodStatus(Box<PodStatus>),
    /// One condition of a pod's status; the scheduler's and the taint manager's.
    PodCondition(Box<Condition>),
    /// `status.nominatedNodeName` of a pod, and with it a condition if that changes too; the scheduler's.
    Nomination { node: Str, condition: Option<Box<Condition>> },
    /// Subresource `status` of a node.
    NodeStatus(Box<NodeStatus>),
    /// One or more conditions of a node's status, matched by type.
    NodeConditions(Vec<Condition>),
    /// `spec.taints` of a node, whole.
    Taints(Vec<Taint>),
    /// `spec.replicas`: subresource `scale`.
    Scale(i64),
    /// `metadata.finalizers`, whole.
    Finalizers(Vec<Str>),
    /// `metadata.ownerReferences`, whole.
    Owners(Vec<OwnerReference>),
    /// A lease's `renewTime` (PUT in a real kubelet).
    Renew { holder: Str, seconds: i64, at: crate::api_util::MicroTime },
    /// An event's `count` and `lastTimestamp`.
    EventCount { count: i64, last: Time },
}

/// What becomes of an owner's dependents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Propagation {
    /// The owner goes at once, the garbage collector follows.
    #[default]
    Background,
    /// The owner stays until its dependents are gone.
    Foreground,
    /// The dependents stay, without their owner reference.
    Orphan,
}

/// `metav1.DeleteOptions`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteOptions {
    /// Seconds between the polite signal and the end; `None` takes the pod's own.
    pub grace: Option<i64>,
    /// What becomes of the dependents.
    pub propagation: Propagation,
    /// Only if the object still has this identity.
    pub uid: Option<Uid>,
}

/// `metav1.Status`: why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    /// HTTP status.
    pub code: u16,
    /// Machine-readable reason, such as `NotFound`.
    pub reason: &'static str,
    /// Human-readable message, in upstream's words.
    pub message: String,
}

impl Status {
    /// 404.
    pub fn not_found(key: &Key) -> Status {
        Status {
            code: 404,
            reason: "NotFound",
            message: format!("{} \"{}\" not found", key.kind.resource(), key.name),
        }
    }
    /// 409, the name is taken.
    pub fn already_exists(key: &Key) -> Status {
        Status {
            code: 409,
            reason: "AlreadyExists",
            message: format!("{} \"{}\" already exists", key.kind.resource(), key.name),
        }
    }
    /// 409, somebody else was faster.
    pub fn conflict(key: &Key, why: &str) -> Status {
        Status {
            code: 409,
            reason: "Conflict",
            message: format!(
                "Operation cannot be fulfilled on {} \"{}\": {why}",
                key.kind.resource(),
                key.name
            ),
        }
    }
    /// 409, stale `resourceVersion`.
    pub fn modified(key: &Key) -> Status {
        Self::conflict(
            key,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }
    /// 422, with one line a cause.
    pub fn invalid(key: &Key, causes: &[String]) -> Status {
        let list = match causes {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        Status {
            code: 422,
            reason: "Invalid",
            message: match key.kind.group() {
                "" => format!("{} \"{}\" is invalid: {list}", key.kind.name(), key.name),
                g => format!("{}.{g} \"{}\" is invalid: {list}", key.kind.name(), key.name),
            },
        }
    }
    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Status {
        Status { code: 400, reason: "BadRequest", message: message.into() }
    }
    /// 403.
    pub fn forbidden(key: &Key, why: &str) -> Status {
        Status {
            code: 403,
            reason: "Forbidden",
            message: format!("{} \"{}\" is forbidden: {why}", key.kind.resource(), key.name),
        }
    }
    /// 504, etcd did not answer in time.
    pub fn etcd_timeout() -> Status {
        Status { code: 500, reason: "InternalError", message: "etcdserver: request timed out".into() }
    }
    /// 410, the revision is no longer remembered.
    pub fn expired(revision: u64) -> Status {
        Status { code: 410, reason: "Expired", message: format!("too old resource version: {revision}") }
    }
    /// What a client says when nobody listens at the API server's address.
    pub fn refused() -> Status {
        Status {
            code: 0,
            reason: "ConnectionRefused",
            message: "The connection to the server was refused - did you specify the right host or port?"
                .into(),
        }
    }
    /// What a client says when no answer comes.
    pub fn timeout() -> Status {
        Status {
            code: 0,
            reason: "Timeout",
            message: "net/http: request canceled (Client.Timeout exceeded while awaiting headers)".into(),
        }
    }
    /// Whether trying the same again later may help.
    pub fn transient(&self) -> bool {
        self.code == 0 || self.code >= 500
    }
}
