//! Claims. Sources: `k8s.io/api/core/v1` (PersistentVolumeClaim), `k8s.io/component-helpers/storage/volume`.

use super::{class_name, part, volume_mode};
use crate::api_util::Quantity;
use crate::object::{Inert, LabelSelector, Pod, Str};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a PersistentVolumeClaim says to the scheduler.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The object.
    pub object: Arc<Inert>,
    /// Its class; empty if it names none.
    pub class: Str,
    /// The volume that it is bound to, or wants to be.
    pub volume_name: Str,
    /// How it wants to use a volume.
    pub access_modes: Vec<Str>,
    /// How much room it asks for.
    pub request: Option<Quantity>,
    /// Which volumes suit it; all if absent.
    pub selector: Option<LabelSelector>,
    /// `Filesystem` or `Block`.
    pub volume_mode: Str,
    /// The class of attributes that its volume must have; empty if it names none.
    pub attributes_class: Str,
    /// `status.phase`.
    pub phase: Str,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    access_modes: Option<Vec<Str>>,
    resources: Option<Resources>,
    storage_class_name: Option<Str>,
    volume_name: Option<Str>,
    volume_mode: Option<Str>,
    selector: Option<LabelSelector>,
    volume_attributes_class_name: Option<Str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources {
    requests: Option<BTreeMap<Str, Quantity>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    phase: Option<Str>,
}

impl Claim {
    /// Reads a claim.
    pub fn of(object: &Arc<Inert>) -> Option<Claim> {
        let spec: Spec = part(object, "spec")?;
        let status: Status = part(object, "status")?;
        let requests = spec.resources.and_then(|r| r.requests).unwrap_or_default();
        Some(Claim {
            object: object.clone(),
            class: class_name(object, spec.storage_class_name),
            volume_name: spec.volume_name.unwrap_or_default(),
            access_modes: spec.access_modes.unwrap_or_default(),
            request: requests.get("storage").copied(),
            selector: spec.selector,
            volume_mode: volume_mode(spec.volume_mode),
            attributes_class: spec.volume_attributes_class_name.unwrap_or_default(),
            phase: status.phase.unwrap_or_default(),
        })
    }
    /// Its name.
    pub fn name(&self) -> &Str {
        &self.object.metadata.name
    }
    /// Its namespace.
    pub fn namespace(&self) -> &Str {
        &self.object.metadata.namespace
    }
    /// Whether it has a volume and both sides know it (`isPVCFullyBound`).
    pub fn bound(&self) -> bool {
        let complete = self.object.metadata.annotations.get("pv.kubernetes.io/bind-completed");
        !self.volume_name.is_empty() && complete.is_some()
    }
    /// The node for which a provisioner is to make its volume (`AnnSelectedNode`).
    pub fn selected_node(&self) -> Option<&Str> {
        self.object.metadata.annotations.get("volume.kubernetes.io/selected-node")
    }
    /// Whether only one pod may use it.
    pub fn for_one_pod(&self) -> bool {
        self.access_modes.iter().any(|m| m == "ReadWriteOncePod")
    }
    /// Whether it was made for an ephemeral volume of this pod (`ephemeral.VolumeIsForPod`).
    ///
    /// # Errors
    /// When it was not; why, in upstream's words.
    pub fn made_for(&self, pod: &Pod) -> Result<(), Str> {
        let owner = self.object.metadata.controller();
        let (claim, m) = (&self.object.metadata, &pod.metadata);
        if claim.namespace == m.namespace && owner.is_some_and(|o| o.uid == m.uid) {
            return Ok(());
        }
        Err(Str::from(format!(
            "PVC {}/{} was not created for pod {}/{} (pod is not owner)",
            claim.namespace, claim.name, m.namespace, m.name
        )))
    }
}
