//! NodeVolumeLimits: how many volumes of a CSI driver a node can hold. Source: `plugins/nodevolumelimits/csi.go`.

use crate::object::{Pod, Str, lit};
use crate::scheduler::framework::{
    ATTACHMENT_DELETE, CSI_NODE, ClusterEvent, Depends, Events, FILTER, POD_DELETE, PRE_FILTER, Plugin,
    PodInfo, Points, PreFilter, Rejection, State, Subject, VOLUME_CLAIM, state,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use crate::scheduler::storage::used::{claims, missing, named_claim, volumes};
use crate::scheduler::storage::{Claim, CsiNode, Storage, subject};
use serde_json::Value;
use std::collections::BTreeSet;

/// See the module.
pub struct NodeVolumeLimits;

/// What stands for one volume at a driver: its handle or, while there is no volume yet, its claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Handle {
    Volume(Str),
    Claim(Str, Str),
}

/// The volumes of CSI drivers, each with its driver.
type Attached = BTreeSet<(Str, Handle)>;

/// What PreFilter leaves: the volumes that the pod brings, or why they cannot be told.
struct New {
    volumes: Result<Attached, Rejection>,
    storage: Storage,
}

/// The driver of a claim's volume (`getCSIDriverInfo`). Without a volume, the provisioner of its class counts as the
/// driver. `None` if it is no CSI volume.
fn driver(claim: &Claim, storage: &Storage) -> Option<(Str, Handle)> {
    if let Some(volume) = storage.volume(&claim.volume_name).filter(|_| !claim.volume_name.is_empty()) {
        let csi = volume.csi.as_ref()?;
        let known = !csi.driver.is_empty() && !csi.volume_handle.is_empty();
        return known.then(|| (csi.driver.clone(), Handle::Volume(csi.volume_handle.clone())));
    }
    let class = storage.class(&claim.class).filter(|_| !claim.class.is_empty())?;
    let handle = Handle::Claim(claim.namespace().clone(), claim.name().clone());
    (!class.provisioner.is_empty()).then(|| (class.provisioner.clone(), handle))
}

/// Adds the volumes of CSI drivers that a pod has (`filterAttachableVolumes`). A claim that is not there is an error
/// only for the pod that is to be placed.
fn add(
    pod: &Pod,
    volumes: &[Value],
    new: bool,
    storage: &Storage,
    to: &mut Attached,
) -> Result<(), Rejection> {
    let namespace = &pod.metadata.namespace;
    for needed in claims(pod, volumes) {
        if needed.name.is_empty() {
            return Err(Rejection::unresolvable(lit!("PersistentVolumeClaim had no name")));
        }
        let Some(claim) = storage.claim(namespace, &needed.name) else {
            if new {
                let why = missing("persistentvolumeclaim", &needed.name);
                let why = format!("looking up PVC {namespace}/{}: {why}", needed.name);
                return Err(Rejection::unresolvable(Str::from(why)));
            }
            continue;
        };
        if needed.ephemeral {
            claim.made_for(pod).map_err(Rejection::unresolvable)?;
        }
        to.extend(driver(claim, storage));
    }
    Ok(())
}

/// Whether some driver can hold more than before (`isSchedulableAfterCSINodeUpdated`).
fn raised(old: &CsiNode, new: &CsiNode) -> bool {
    new.limits.iter().any(|(driver, n)| *n > old.limit(driver).unwrap_or(0))
}

impl Plugin for NodeVolumeLimits {
    fn name(&self) -> &'static str {
        "NodeVolumeLimits"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER)
    }
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
    fn events(&self) -> Events {
        CSI_NODE.or(POD_DELETE).or(VOLUME_CLAIM).or(ATTACHMENT_DELETE)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        match (event.what, &event.subject) {
            (POD_DELETE, Subject::Pod { old: Some(gone), .. }) => {
                !gone.node_name.is_empty() && claims(gone, volumes(gone)).next().is_some()
            }
            (CSI_NODE, Subject::Object { old: None, .. }) => true,
            (CSI_NODE, Subject::Object { old, new }) => {
                let read = |o| subject(o, "CSINode").and_then(CsiNode::of);
                match (read(old), read(new)) {
                    (Some(old), Some(new)) => raised(&old, &new),
                    _ => true,
                }
            }
            (VOLUME_CLAIM, Subject::Object { old: None, new }) => subject(new, "PersistentVolumeClaim")
                .is_some_and(|c| {
                    let mut needed = claims(&pod.pod, &pod.facts.volumes);
                    c.metadata.namespace == pod.pod.metadata.namespace
                        && needed.any(|n| n.name == c.metadata.name.as_str())
                }),
            // Upstream looks at claims by name alone here.
            (ATTACHMENT_DELETE, _) => pod.facts.volumes.iter().any(|v| named_claim(v).is_some()),
            _ => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, cluster: &Cache, state: &mut State) -> PreFilter {
        let all = &pod.facts.volumes;
        if all.is_empty() || claims(&pod.pod, all).next().is_none() {
            return PreFilter::Skip;
        }
        let storage = cluster.listers.storage.clone();
        let mut new = Attached::new();
        let volumes = add(&pod.pod, all, true, &storage, &mut new).map(|()| new);
        *state = Some(Box::new(New { volumes, storage }));
        PreFilter::Continue
    }
    fn filter(&self, _: &PodInfo, node: &NodeInfo, s: &State) -> Result<(), Rejection> {
        let Some(New { volumes, storage }) = state(s) else { return Ok(()) };
        let new = volumes.as_ref().map_err(Rejection::clone)?;
        let Some(limits) = storage.csi_node(&node.name).filter(|n| !n.limits.is_empty()) else {
            return Ok(());
        };
        if new.is_empty() {
            return Ok(());
        }
        let mut there = Attached::new();
        for p in &node.pods {
            add(&p.pod, &p.facts.volumes, false, storage, &mut there)?;
        }
        // A volume that a pod on the node has is there already. One that is only attached counts as another, even if
        // it is the pod's own.
        let coming: Vec<&(Str, Handle)> = new.iter().filter(|v| !there.contains(v)).collect();
        for a in storage.attachments(&node.name).filter(|a| !a.attacher.is_empty()) {
            let volume = a.volume.as_ref().and_then(|v| storage.volume(v));
            if let Some(csi) = volume.and_then(|v| v.csi.as_ref()) {
                there.insert((a.attacher.clone(), Handle::Volume(csi.volume_handle.clone())));
            }
        }
        for (driver, _) in &coming {
            let Some(limit) = limits.limit(driver) else { continue };
            let of = |v: &&(Str, Handle)| v.0 == *driver;
            let held = there.iter().filter(of).count();
            if (held + coming.iter().copied().filter(of).count()) as i64 > limit {
                return Err(Rejection::unschedulable(lit!("node(s) exceed max volume count")));
            }
        }
        Ok(())
    }
}
