//! The small kinds: namespaces, configuration, leases, events, and kinds kept inert.

use super::{Condition, Kind, Labels, ObjectMeta, Other, Str, Uid};
use crate::api_util::{MicroTime, Time};
use serde::{Deserialize, Serialize};

/// `v1.Namespace`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Namespace {
    pub metadata: ObjectMeta,
    pub spec: NamespaceSpec,
    pub status: NamespaceStatus,
}

/// `v1.NamespaceSpec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct NamespaceSpec {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<Str>,
}

/// `v1.NamespaceStatus`: phase is `Active` or `Terminating`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct NamespaceStatus {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub phase: Str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// `v1.ConfigMap`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct ConfigMap {
    pub metadata: ObjectMeta,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub data: Labels,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.Secret`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Secret {
    pub metadata: ObjectMeta,
    #[serde(rename = "type", skip_serializing_if = "Str::is_empty")]
    pub type_: Str,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub data: Labels,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.ServiceAccount`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct ServiceAccount {
    pub metadata: ObjectMeta,
    #[serde(flatten)]
    pub other: Other,
}

/// `coordination.k8s.io/v1.Lease`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Lease {
    pub metadata: ObjectMeta,
    pub spec: LeaseSpec,
}

/// `coordination.k8s.io/v1.LeaseSpec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct LeaseSpec {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub holder_identity: Str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_duration_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquire_time: Option<MicroTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_time: Option<MicroTime>,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.ObjectReference`.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct ObjectReference {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub api_version: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub kind: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub namespace: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub name: Str,
    #[serde(skip_serializing_if = "Uid::is_zero")]
    pub uid: Uid,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub field_path: Str,
}

impl ObjectReference {
    /// A reference to an object.
    pub fn to(kind: &Kind, meta: &ObjectMeta) -> Self {
        let name_of = |k: &Kind| match k {
            Kind::Pod => super::lit!("Pod"),
            Kind::Node => super::lit!("Node"),
            Kind::ReplicaSet => super::lit!("ReplicaSet"),
            Kind::Deployment => super::lit!("Deployment"),
            k => Str::from(k.name()),
        };
        let version_of = |k: &Kind| match k {
            Kind::Pod | Kind::Node => super::lit!("v1"),
            Kind::ReplicaSet | Kind::Deployment => super::lit!("apps/v1"),
            k => Str::from(k.api_version()),
        };
        ObjectReference {
            api_version: version_of(kind),
            kind: name_of(kind),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            uid: meta.uid,
            field_path: Str::new(),
        }
    }
}

/// `Normal` or `Warning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum EventType {
    #[default]
    Normal,
    Warning,
}

/// `v1.EventSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct EventSource {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub component: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub host: Str,
}

/// `v1.Event`: something happened to an object. Repeats of one raise `count`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Event {
    pub metadata: ObjectMeta,
    pub involved_object: ObjectReference,
    pub reason: Str,
    pub message: Str,
    #[serde(rename = "type")]
    pub type_: EventType,
    pub source: EventSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_timestamp: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_timestamp: Option<Time>,
    pub count: i64,
    #[serde(flatten)]
    pub other: Other,
}

/// An object of a kind that nothing acts on. Its own text is kept whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Inert {
    pub api_version: Str,
    pub kind: Str,
    pub metadata: ObjectMeta,
    #[serde(flatten)]
    pub other: Other,
}
