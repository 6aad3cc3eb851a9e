//! Kubernetes objects, in the JSON shape of the real API.
//!
//! A field that the cluster acts on is typed; every other field is kept in an `other` map as it came
//! and printed back unchanged. Objects are immutable behind `Arc`s: a write makes a new one, and all
//! caches that have seen the same version share it. Replicas share their pod template.

mod key;
mod meta;
mod misc;
mod node;
mod pod;
mod set;
mod shared;
mod workload;

pub use key::{Key, Kind};
pub use meta::{
    Condition, ConditionStatus, LabelSelector, Labels, ObjectMeta, OwnerReference, SelectorOperator,
    SelectorRequirement, Uid, UidHasher, UidMap,
};
pub use misc::{
    ConfigMap, Event, EventSource, EventType, Inert, Lease, LeaseSpec, Namespace, ObjectReference, Secret,
    ServiceAccount,
};
pub use node::{Node, NodeAddress, NodeImage, NodeSpec, NodeStatus, NodeSystemInfo, Taint, TaintEffect};
pub use pod::{
    Affinity, Container, ContainerPort, ContainerState, ContainerStatus, HttpGet, NodeAffinity, NodeSelector,
    NodeSelectorRequirement, NodeSelectorTerm, Pod, PodPhase, PodSpec, PodStatus, PreferredTerm, Probe,
    ProbeAction, ResourceList, Resources, RestartPolicy, Terminated, Toleration, Waiting,
};
pub use set::ObjectSet;
pub use shared::{List, Other};
pub use workload::{
    Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy, PodTemplate, ReplicaSet,
    ReplicaSetSpec, ReplicaSetStatus, RollingUpdate, StrategyType,
};

use serde_json::Value;
use std::sync::Arc;

/// A shared, immutable string: one pointer wide, cheap to clone, free for literals.
pub type Str = arcstr::ArcStr;
pub use arcstr::literal as lit;

/// One version of one object.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Obj {
    Namespace(Arc<Namespace>),
    Node(Arc<Node>),
    Pod(Arc<Pod>),
    Deployment(Arc<Deployment>),
    ReplicaSet(Arc<ReplicaSet>),
    ConfigMap(Arc<ConfigMap>),
    Secret(Arc<Secret>),
    ServiceAccount(Arc<ServiceAccount>),
    Lease(Arc<Lease>),
    Event(Arc<Event>),
    /// A kind that nothing acts on: stored, listed, deleted, never reconciled.
    Inert(Arc<Inert>),
}

/// Applies one expression to the typed object inside an [`Obj`], whatever its kind.
#[macro_export]
macro_rules! each_kind {
    ($obj:expr, $o:ident => $e:expr) => {
        match $obj {
            $crate::object::Obj::Namespace($o) => $e,
            $crate::object::Obj::Node($o) => $e,
            $crate::object::Obj::Pod($o) => $e,
            $crate::object::Obj::Deployment($o) => $e,
            $crate::object::Obj::ReplicaSet($o) => $e,
            $crate::object::Obj::ConfigMap($o) => $e,
            $crate::object::Obj::Secret($o) => $e,
            $crate::object::Obj::ServiceAccount($o) => $e,
            $crate::object::Obj::Lease($o) => $e,
            $crate::object::Obj::Event($o) => $e,
            $crate::object::Obj::Inert($o) => $e,
        }
    };
}

impl Obj {
    /// The object's metadata.
    pub fn meta(&self) -> &ObjectMeta {
        each_kind!(self, o => &o.metadata)
    }

    /// The object's metadata for change; copies the object first if it is shared.
    pub fn meta_mut(&mut self) -> &mut ObjectMeta {
        each_kind!(self, o => &mut Arc::make_mut(o).metadata)
    }

    /// The object's kind.
    pub fn kind(&self) -> Kind {
        match self {
            Obj::Namespace(_) => Kind::Namespace,
            Obj::Node(_) => Kind::Node,
            Obj::Pod(_) => Kind::Pod,
            Obj::Deployment(_) => Kind::Deployment,
            Obj::ReplicaSet(_) => Kind::ReplicaSet,
            Obj::ConfigMap(_) => Kind::ConfigMap,
            Obj::Secret(_) => Kind::Secret,
            Obj::ServiceAccount(_) => Kind::ServiceAccount,
            Obj::Lease(_) => Kind::Lease,
            Obj::Event(_) => Kind::Event,
            Obj::Inert(o) => Kind::other(&o.api_version, &o.kind),
        }
    }

    /// Kind, namespace and name.
    pub fn key(&self) -> Key {
        let m = self.meta();
        Key { kind: self.kind(), ns: m.namespace.clone(), name: m.name.clone() }
    }

    /// The object as JSON, with `apiVersion` and `kind`.
    pub fn to_value(&self) -> Value {
        fn typed<T: serde::Serialize>(kind: Kind, t: &T) -> Value {
            let mut v = serde_json::to_value(t).expect("objects serialise");
            if let Value::Object(m) = &mut v {
                m.insert("apiVersion".into(), kind.api_version().into());
                m.insert("kind".into(), kind.name().into());
            }
            v
        }
        match self {
            Obj::Inert(o) => serde_json::to_value(&**o).expect("objects serialise"),
            o => each_kind!(o, t => typed(self.kind(), &**t)),
        }
    }

    /// Reads an object of any kind. The error names the field's path.
    ///
    /// # Errors
    /// When `apiVersion` or `kind` is missing, or a typed field has a value of another type.
    pub fn from_value(mut v: Value) -> Result<Obj, DecodeError> {
        let text = |v: &Value, k: &str| v.get(k).and_then(Value::as_str).map(str::to_owned);
        let Some(api_version) = text(&v, "apiVersion") else {
            return Err(DecodeError::at("apiVersion", "is missing"));
        };
        let Some(kind) = text(&v, "kind") else { return Err(DecodeError::at("kind", "is missing")) };
        let kind = Kind::of(&api_version, &kind);
        if !matches!(kind, Kind::Other(_))
            && let Value::Object(m) = &mut v
        {
            m.remove("apiVersion");
            m.remove("kind");
        }
        fn de<T: serde::de::DeserializeOwned>(v: Value) -> Result<Arc<T>, DecodeError> {
            serde_path_to_error::deserialize(v)
                .map(Arc::new)
                .map_err(|e| DecodeError { path: e.path().to_string(), message: e.inner().to_string() })
        }
        Ok(match kind {
            Kind::Namespace => Obj::Namespace(de(v)?),
            Kind::Node => Obj::Node(de(v)?),
            Kind::Pod => Obj::Pod(de(v)?),
            Kind::Deployment => Obj::Deployment(de(v)?),
            Kind::ReplicaSet => Obj::ReplicaSet(de(v)?),
            Kind::ConfigMap => Obj::ConfigMap(de(v)?),
            Kind::Secret => Obj::Secret(de(v)?),
            Kind::ServiceAccount => Obj::ServiceAccount(de(v)?),
            Kind::Lease => Obj::Lease(de(v)?),
            Kind::Event => Obj::Event(de(v)?),
            Kind::Other(_) => Obj::Inert(de(v)?),
        })
    }

    /// The pod, if this is one.
    pub fn as_pod(&self) -> Option<&Arc<Pod>> {
        if let Obj::Pod(p) = self { Some(p) } else { None }
    }
    /// The node, if this is one.
    pub fn as_node(&self) -> Option<&Arc<Node>> {
        if let Obj::Node(p) = self { Some(p) } else { None }
    }
    /// The deployment, if this is one.
    pub fn as_deployment(&self) -> Option<&Arc<Deployment>> {
        if let Obj::Deployment(p) = self { Some(p) } else { None }
    }
    /// The replica set, if this is one.
    pub fn as_replica_set(&self) -> Option<&Arc<ReplicaSet>> {
        if let Obj::ReplicaSet(p) = self { Some(p) } else { None }
    }
}

/// A value that does not fit the type of its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct DecodeError {
    /// Path of the field, such as `spec.replicas`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl DecodeError {
    fn at(path: &str, message: &str) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}
