//! Classes, and what CSI drivers say. Source: `k8s.io/api/storage/v1`.

use super::part;
use crate::api_util::Quantity;
use crate::object::{Inert, LabelSelector, Labels, Str};
use serde::Deserialize;
use std::sync::Arc;

/// What a StorageClass says to the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Who makes its volumes.
    pub provisioner: Str,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub binding_mode: Str,
    /// On which nodes its volumes can be made: where one of the terms holds, or everywhere if there is none.
    pub allowed: Vec<TopologyTerm>,
}

/// A `TopologySelectorTerm`: all of its requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologyTerm {
    match_label_expressions: Vec<TopologyRequirement>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct TopologyRequirement {
    key: Str,
    values: Vec<Str>,
}

impl Class {
    /// Reads a class.
    pub fn of(o: &Arc<Inert>) -> Option<Class> {
        let mode: Option<Str> = part(o, "volumeBindingMode")?;
        Some(Class {
            provisioner: part(o, "provisioner")?,
            binding_mode: mode.unwrap_or(crate::object::lit!("Immediate")),
            allowed: part(o, "allowedTopologies")?,
        })
    }
    /// Whether its claims are bound only once a pod that uses them is placed.
    pub fn waits(&self) -> bool {
        self.binding_mode == "WaitForFirstConsumer"
    }
    /// Whether volumes can be made at all; otherwise they have to be there.
    pub fn provisions(&self) -> bool {
        !self.provisioner.is_empty() && self.provisioner != "kubernetes.io/no-provisioner"
    }
    /// Whether its volumes can be made for a node with such labels (`MatchTopologySelectorTerms`).
    pub fn allows(&self, labels: &Labels) -> bool {
        let meets =
            |r: &TopologyRequirement| labels.get(&r.key).is_some_and(|v| r.values.iter().any(|w| w == v));
        let holds = |t: &TopologyTerm| {
            !t.match_label_expressions.is_empty() && t.match_label_expressions.iter().all(meets)
        };
        self.allowed.is_empty() || self.allowed.iter().any(holds)
    }
}

/// What a CSINode says to the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct CsiNode {
    /// How many volumes of a driver the node can hold, for drivers that say so.
    pub limits: Vec<(Str, i64)>,
    /// Which plugins of the kubelet have given way to CSI drivers.
    pub migrated: Str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CsiNodeSpec {
    drivers: Option<Vec<NodeDriver>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NodeDriver {
    name: Str,
    allocatable: Option<Allocatable>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Allocatable {
    count: Option<i64>,
}

impl CsiNode {
    /// Reads a CSINode.
    pub fn of(o: &Arc<Inert>) -> Option<CsiNode> {
        let spec: CsiNodeSpec = part(o, "spec")?;
        let drivers = spec.drivers.unwrap_or_default().into_iter();
        let migrated = o.metadata.annotations.get("storage.alpha.kubernetes.io/migrated-plugins");
        Some(CsiNode {
            limits: drivers.filter_map(|d| Some((d.name, d.allocatable?.count?))).collect(),
            migrated: migrated.cloned().unwrap_or_default(),
        })
    }
    /// How many volumes of a driver the node can hold.
    pub fn limit(&self, driver: &str) -> Option<i64> {
        self.limits.iter().rev().find(|(d, _)| d == driver).map(|(_, n)| *n)
    }
}

/// What a CSIDriver says to the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct CsiDriver {
    /// Whether it tells where there is room for its volumes.
    pub storage_capacity: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DriverSpec {
    storage_capacity: Option<bool>,
}

impl CsiDriver {
    /// Reads a CSIDriver.
    pub fn of(o: &Arc<Inert>) -> Option<CsiDriver> {
        let spec: DriverSpec = part(o, "spec")?;
        Some(CsiDriver { storage_capacity: spec.storage_capacity.unwrap_or(false) })
    }
}

/// What a CSIStorageCapacity says: how much room for volumes of a class there is at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// The class.
    pub class: Str,
    /// The nodes that can reach the place; none if absent.
    pub topology: Option<LabelSelector>,
    /// The largest volume that can be made there (`volumeLimit`).
    pub limit: Option<i64>,
}

impl Capacity {
    /// Reads a CSIStorageCapacity.
    pub fn of(o: &Arc<Inert>) -> Option<Capacity> {
        let capacity: Option<Quantity> = part(o, "capacity")?;
        let largest: Option<Quantity> = part(o, "maximumVolumeSize")?;
        Some(Capacity {
            class: part(o, "storageClassName")?,
            topology: part(o, "nodeTopology")?,
            limit: largest.or(capacity).map(Quantity::value),
        })
    }
    /// Whether a volume of the class and size has room there and can be reached from a node with such labels
    /// (`capacitySufficient`, `nodeHasAccess`).
    pub fn serves(&self, class: &str, size: i64, labels: &Labels) -> bool {
        self.class == class
            && self.limit.is_some_and(|l| l >= size)
            && self.topology.as_ref().is_some_and(|t| t.matches(labels))
    }
}

/// What a VolumeAttachment says to the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// The CSI driver.
    pub attacher: Str,
    /// The node.
    pub node: Str,
    /// The volume, if it has an object of its own.
    pub volume: Option<Str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AttachmentSpec {
    attacher: Str,
    node_name: Str,
    source: AttachmentSource,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AttachmentSource {
    persistent_volume_name: Option<Str>,
}

impl Attachment {
    /// Reads a VolumeAttachment.
    pub fn of(o: &Arc<Inert>) -> Option<Attachment> {
        let spec: AttachmentSpec = part(o, "spec")?;
        Some(Attachment {
            attacher: spec.attacher,
            node: spec.node_name,
            volume: spec.source.persistent_volume_name,
        })
    }
}
