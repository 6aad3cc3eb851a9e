//! Nodes. Source of names and strings: `k8s.io/api/core/v1`.

use super::meta::is_false;
use super::{Condition, ObjectMeta, Other, ResourceList, Str};
use crate::api_util::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `v1.Node`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Node {
    pub metadata: ObjectMeta,
    pub spec: NodeSpec,
    pub status: NodeStatus,
}

impl Node {
    /// One of its conditions.
    pub fn condition(&self, type_: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.type_ == type_)
    }
    /// Whether its Ready condition is True.
    pub fn ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| c.status == super::ConditionStatus::True)
    }
    /// Allocatable amount: milli-units for cpu, base units otherwise.
    pub fn allocatable(&self, name: &str) -> i64 {
        self.status.allocatable.get(name).map_or(0, |q| if name == "cpu" { q.milli() } else { q.value() })
    }
}

/// `v1.NodeSpec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeSpec {
    #[serde(rename = "podCIDR", skip_serializing_if = "Str::is_empty")]
    pub pod_cidr: Str,
    #[serde(skip_serializing_if = "is_false")]
    pub unschedulable: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.Taint`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Taint {
    pub key: Str,
    #[serde(default, skip_serializing_if = "Str::is_empty")]
    pub value: Str,
    pub effect: TaintEffect,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_added: Option<Time>,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TaintEffect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

impl TaintEffect {
    /// Its text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

/// `v1.NodeStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeStatus {
    #[serde(skip_serializing_if = "ResourceList::is_empty")]
    pub capacity: ResourceList,
    #[serde(skip_serializing_if = "ResourceList::is_empty")]
    pub allocatable: ResourceList,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<NodeAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_info: Option<Arc<NodeSystemInfo>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<NodeImage>,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.NodeAddress`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NodeAddress {
    #[serde(rename = "type")]
    pub type_: Str,
    pub address: Str,
}

/// `v1.ContainerImage`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeImage {
    pub names: Vec<Str>,
    pub size_bytes: i64,
}

/// `v1.NodeSystemInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeSystemInfo {
    pub architecture: Str,
    pub container_runtime_version: Str,
    pub kernel_version: Str,
    pub kubelet_version: Str,
    pub operating_system: Str,
    pub os_image: Str,
    #[serde(flatten)]
    pub other: Other,
}
