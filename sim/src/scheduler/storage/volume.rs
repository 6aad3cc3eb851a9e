//! Volumes, and which of them suits a claim. Sources: `k8s.io/api/core/v1` (PersistentVolume),
//! `k8s.io/component-helpers/storage/volume/{helpers,pv_helpers}.go`.

use super::{Claim, class_name, part, volume_mode};
use crate::api_util::Quantity;
use crate::object::{Inert, Node, NodeSelector, ObjectMeta, Str, Uid};
use crate::scheduler::plugins::node_affinity::selected;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a PersistentVolume says to the scheduler.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The object.
    pub object: Arc<Inert>,
    /// Its class; empty if it names none.
    pub class: Str,
    /// How much it holds.
    pub capacity: Quantity,
    /// The ways in which it can be used.
    pub access_modes: Vec<Str>,
    /// `Filesystem` or `Block`.
    pub volume_mode: Str,
    /// The class of its attributes; empty if it names none.
    pub attributes_class: Str,
    /// The claim that it is bound to, or kept for.
    pub claim: Option<ClaimRef>,
    /// Where it can be reached; everywhere if absent.
    pub affinity: Option<NodeSelector>,
    /// Where a CSI driver finds it, if it is a CSI volume.
    pub csi: Option<CsiSource>,
    /// `status.phase`.
    pub phase: Str,
}

/// The claim that a volume is bound to, or kept for.
#[derive(Clone, Debug)]
pub struct ClaimRef {
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Which claim of that name; any if absent.
    pub uid: Option<Uid>,
}

/// Where a CSI driver finds a volume.
#[derive(Clone, Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiSource {
    /// The driver.
    pub driver: Str,
    /// The driver's name for the volume.
    pub volume_handle: Str,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    capacity: Option<BTreeMap<Str, Quantity>>,
    access_modes: Option<Vec<Str>>,
    storage_class_name: Option<Str>,
    volume_mode: Option<Str>,
    volume_attributes_class_name: Option<Str>,
    claim_ref: Option<RawRef>,
    node_affinity: Option<Affinity>,
    csi: Option<CsiSource>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawRef {
    namespace: Option<Str>,
    name: Option<Str>,
    uid: Option<Str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Affinity {
    required: Option<NodeSelector>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    phase: Option<Str>,
}

impl Volume {
    /// Reads a volume.
    pub fn of(object: &Arc<Inert>) -> Option<Volume> {
        let spec: Spec = part(object, "spec")?;
        let status: Status = part(object, "status")?;
        let claim = spec.claim_ref.map(|r| {
            let uid = r.uid.filter(|u| !u.is_empty()).map(|u| Value::String(u.to_string()));
            ClaimRef {
                namespace: r.namespace.unwrap_or_default(),
                name: r.name.unwrap_or_default(),
                uid: uid.and_then(|u| Uid::deserialize(&u).ok()),
            }
        });
        Some(Volume {
            object: object.clone(),
            class: class_name(object, spec.storage_class_name),
            capacity: spec.capacity.unwrap_or_default().get("storage").copied().unwrap_or_default(),
            access_modes: spec.access_modes.unwrap_or_default(),
            volume_mode: volume_mode(spec.volume_mode),
            attributes_class: spec.volume_attributes_class_name.unwrap_or_default(),
            claim,
            affinity: spec.node_affinity.and_then(|a| a.required),
            csi: spec.csi,
            phase: status.phase.unwrap_or_default(),
        })
    }
    /// Its name.
    pub fn name(&self) -> &Str {
        &self.object.metadata.name
    }
    /// Whether it can be reached from a node, given as [`bare`] (`CheckNodeAffinity`).
    pub fn reachable(&self, bare: &Node) -> bool {
        self.affinity.as_ref().is_none_or(|a| selected(&a.node_selector_terms, bare))
    }
    /// Whether it is bound to the claim, or kept for it (`IsVolumeBoundToClaim`).
    pub fn bound_to(&self, claim: &Claim) -> bool {
        self.claim.as_ref().is_some_and(|r| {
            r.name == *claim.name()
                && r.namespace == *claim.namespace()
                && r.uid.is_none_or(|u| u == claim.object.metadata.uid)
        })
    }
    /// Whether it could serve the claim if the claim and it were free to choose: room, mode and attributes.
    fn serves(&self, claim: &Claim) -> bool {
        self.capacity >= claim.request.unwrap_or_default()
            && self.volume_mode == claim.volume_mode
            && self.attributes_class == claim.attributes_class
            && !self.object.metadata.deleting()
    }
    /// Whether it is free and what the claim asks for.
    fn suits(&self, claim: &Claim) -> bool {
        self.phase == "Available"
            && claim.selector.as_ref().is_none_or(|s| s.matches(&self.object.metadata.labels))
            && self.class == claim.class
            && claim.access_modes.iter().all(|m| self.access_modes.contains(m))
    }
}

/// A node with its labels and nothing else: all that the affinity of a volume is held against, so that terms about the
/// node's name see none.
pub fn bare(node: &Node) -> Node {
    let metadata = ObjectMeta { labels: node.metadata.labels.clone(), ..ObjectMeta::default() };
    Node { metadata, ..Node::default() }
}

/// The volume for a claim on a node: one that is kept for it, or else the smallest that suits (`FindMatchingVolume`).
/// Among equals upstream takes any, here it is the first by name. If the one kept for it is out of the node's reach,
/// there is none.
pub fn find<'a>(
    claim: &Claim,
    volumes: impl Iterator<Item = &'a Arc<Volume>>,
    bare: &Node,
    taken: &[&'a Arc<Volume>],
) -> Option<&'a Arc<Volume>> {
    let mut smallest: Option<&Arc<Volume>> = None;
    for v in volumes {
        let kept = v.bound_to(claim);
        if taken.iter().any(|t| t.name() == v.name()) || v.claim.is_some() && !kept || !v.serves(claim) {
            continue;
        }
        if kept {
            return v.reachable(bare).then_some(v);
        }
        if v.suits(claim) && smallest.is_none_or(|s| v.capacity < s.capacity) && v.reachable(bare) {
            smallest = Some(v);
        }
    }
    smallest
}
