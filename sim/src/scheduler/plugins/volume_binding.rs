//! VolumeBinding: bound volumes must be in reach of the node, and for claims that wait for their pod there must be
//! volumes, or a way to make them. Sources: `plugins/volumebinding/{volume_binding,binder}.go`.
//!
//! Who binds the claims of a placed pod: see [`crate::scheduler::storage`].

use crate::object::{Node, Str, lit};
use crate::scheduler::framework::{
    CSI_CAPACITY, CSI_DRIVER, CSI_NODE, ClusterEvent, Depends, Events, FILTER, NODE_ADD, NODE_LABEL,
    PRE_FILTER, Plugin, PodInfo, Points, PreFilter, Rejection, STORAGE_CLASS, State, Subject, VOLUME,
    VOLUME_CLAIM, state,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use crate::scheduler::storage::used::{claims, missing, source, text};
use crate::scheduler::storage::{
    Capacity, Claim, Class, CsiDriver, CsiNode, Storage, Volume, bare, find, subject,
};
use std::sync::Arc;

/// See the module.
pub struct VolumeBinding;

/// The pod's claims (`PodVolumeClaims`).
#[derive(Default)]
struct Claims {
    bound: Vec<Arc<Claim>>,
    /// Not bound, and waiting for the pod to be placed.
    waiting: Vec<Arc<Claim>>,
    storage: Storage,
}

/// The pod's claims, if each is there and is the pod's to use (`podHasPVCs`).
fn needed(pod: &PodInfo, storage: &Storage) -> Result<Vec<Arc<Claim>>, Str> {
    let mut all = Vec::new();
    for needed in claims(&pod.pod, &pod.facts.volumes) {
        let name = &needed.name;
        let Some(claim) = storage.claim(&pod.pod.metadata.namespace, name) else {
            return Err(match needed.ephemeral {
                true => Str::from(format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
                )),
                false => missing("persistentvolumeclaim", name),
            });
        };
        if claim.phase == "Lost" {
            return Err(Str::from(format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{}\"",
                claim.volume_name
            )));
        }
        if claim.object.metadata.deleting() {
            return Err(Str::from(format!("persistentvolumeclaim \"{name}\" is being deleted")));
        }
        if needed.ephemeral {
            claim.made_for(&pod.pod)?;
        }
        all.push(claim.clone());
    }
    Ok(all)
}

impl Claims {
    /// Sorts the claims (`GetPodVolumeClaims`); `None` if one should have been bound already.
    fn sort(all: Vec<Arc<Claim>>, storage: &Storage) -> Option<Claims> {
        let mut sorted = Claims { storage: storage.clone(), ..Claims::default() };
        for claim in all {
            if claim.bound() {
                sorted.bound.push(claim);
            } else if claim.volume_name.is_empty() && storage.class(&claim.class).is_some_and(|c| c.waits()) {
                sorted.waiting.push(claim);
            } else {
                return None;
            }
        }
        Some(sorted)
    }

    /// Why a node will not do; nothing if it will (`FindPodVolumes`).
    fn refuse(&self, node: &Node) -> Vec<Str> {
        let bare = bare(node);
        let (mut reachable, mut there) = (true, true);
        for claim in &self.bound {
            match self.storage.volume(&claim.volume_name) {
                Some(v) if v.reachable(&bare) => continue,
                Some(_) => reachable = false,
                None => there = false,
            }
            break;
        }
        let (found, room) = self.provide(node, &bare);
        let mut why = Vec::new();
        if !reachable {
            why.push(lit!("node(s) didn't match PersistentVolume's node affinity"));
        }
        if !found {
            why.push(lit!("node(s) didn't find available persistent volumes to bind"));
        }
        if !room {
            why.push(lit!("node(s) did not have enough free storage"));
        }
        if !there {
            why.push(lit!("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"));
        }
        why
    }

    /// Whether each waiting claim can have a volume on the node, and whether there is room for those that have to be
    /// made.
    fn provide(&self, node: &Node, bare: &Node) -> (bool, bool) {
        let (selected, mut open): (Vec<_>, Vec<_>) =
            self.waiting.iter().partition(|c| c.selected_node().is_some());
        if selected.iter().any(|c| c.selected_node() != Some(&node.metadata.name)) {
            return (false, true);
        }
        // Those for which a node was selected get a new volume; the others look among what is there, the smallest
        // first (`findMatchingVolumes`).
        open.sort_by_key(|c| c.request.unwrap_or_default());
        let mut make: Vec<&Arc<Claim>> = selected;
        let mut taken: Vec<&Arc<Volume>> = Vec::new();
        for claim in open {
            match find(claim, self.storage.volumes_of(&claim.class), bare, &taken) {
                Some(v) => taken.push(v),
                None => make.push(claim),
            }
        }
        for claim in make {
            // `checkVolumeProvisions`, which ends with the first that cannot be made.
            let class = self.storage.class(&claim.class);
            let Some(class) = class.filter(|c| c.provisions() && c.allows(&node.metadata.labels)) else {
                return (false, true);
            };
            if !self.room(claim, class, node) {
                return (true, false);
            }
        }
        (true, true)
    }

    /// Whether the driver has room for the claim's volume where the node can reach it (`hasEnoughCapacity`). Drivers
    /// that do not tell have room.
    fn room(&self, claim: &Claim, class: &Class, node: &Node) -> bool {
        let tells = self.storage.driver(&class.provisioner).is_some_and(|d| d.storage_capacity);
        let Some(size) = claim.request.filter(|_| tells) else { return true };
        let serves = |c: &Arc<Capacity>| c.serves(&claim.class, size.value(), &node.metadata.labels);
        self.storage.capacities().any(serves)
    }
}

impl Plugin for VolumeBinding {
    fn name(&self) -> &'static str {
        "VolumeBinding"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER)
    }
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
    fn events(&self) -> Events {
        let objects = STORAGE_CLASS.or(VOLUME_CLAIM).or(VOLUME).or(CSI_NODE).or(CSI_DRIVER).or(CSI_CAPACITY);
        objects.or(NODE_ADD).or(NODE_LABEL)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        let (old, new) = match &event.subject {
            Subject::Object { old, new } => (old, new),
            _ => return event.what.meets(NODE_ADD.or(NODE_LABEL)),
        };
        match event.what {
            VOLUME => true,
            VOLUME_CLAIM => subject(new, "PersistentVolumeClaim").is_some_and(|c| {
                let mut needed = claims(&pod.pod, &pod.facts.volumes);
                c.metadata.namespace == pod.pod.metadata.namespace
                    && needed.any(|n| n.name == c.metadata.name.as_str())
            }),
            STORAGE_CLASS => {
                let allowed = |o| subject(o, "StorageClass").and_then(Class::of).map(|c| c.allowed);
                old.is_none() || allowed(old) != allowed(new)
            }
            CSI_NODE => {
                let migrated = |o| subject(o, "CSINode").and_then(CsiNode::of).map(|n| n.migrated);
                old.is_none() || migrated(old) != migrated(new)
            }
            CSI_DRIVER => {
                // As upstream, for drivers of volumes that the pod itself describes.
                let tells =
                    |o| subject(o, "CSIDriver").and_then(CsiDriver::of).is_some_and(|d| d.storage_capacity);
                let named = |o| subject(o, "CSIDriver").map(|d| d.metadata.name.clone());
                let name = named(new).unwrap_or_default();
                let inline = |v| source(v, "csi").is_some_and(|c| text(c, "driver") == name);
                tells(old) && !tells(new) && pod.facts.volumes.iter().any(inline)
            }
            CSI_CAPACITY => {
                let limit = |o| subject(o, "CSIStorageCapacity").and_then(Capacity::of).and_then(|c| c.limit);
                old.is_none() || limit(new) > limit(old)
            }
            _ => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, cluster: &Cache, state: &mut State) -> PreFilter {
        if pod.facts.volumes.is_empty() {
            return PreFilter::Skip;
        }
        let storage = &cluster.listers.storage;
        let all = match needed(pod, storage) {
            Err(why) => return PreFilter::Reject(Rejection::unresolvable(why)),
            Ok(all) if all.is_empty() => return PreFilter::Skip,
            Ok(all) => all,
        };
        let Some(sorted) = Claims::sort(all, storage) else {
            let why = lit!("pod has unbound immediate PersistentVolumeClaims");
            return PreFilter::Reject(Rejection::unresolvable(why));
        };
        *state = Some(Box::new(sorted));
        PreFilter::Continue
    }
    fn filter(&self, _: &PodInfo, node: &NodeInfo, s: &State) -> Result<(), Rejection> {
        let Some(claims) = state::<Claims>(s) else { return Ok(()) };
        let why = claims.refuse(node.object());
        if why.is_empty() { Ok(()) } else { Err(Rejection::unresolvable(why)) }
    }
}
