//! VolumeRestrictions: disks that only one pod on a node can have, and claims that only one pod can have at all.
//! Source: `plugins/volumerestrictions/volume_restrictions.go`.

use crate::object::{Pod, Str, lit};
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, NODE_ADD, POD_DELETE, PRE_FILTER, Plugin, PodChange, PodInfo,
    Points, PreFilter, Rejection, State, Subject, VOLUME_CLAIM, state, state_mut,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use crate::scheduler::storage::used::{missing, named_claim, source, text, volumes};
use crate::scheduler::storage::{Storage, subject};
use serde_json::Value;

/// See the module.
pub struct VolumeRestrictions;

/// The pod's claims for one pod, and how often other pods use them.
struct Single {
    claims: Vec<Str>,
    users: i64,
}

/// Whether a volume is a disk that pods may get into each other's way with (`needsRestrictionsCheck`).
fn disk(volume: &Value) -> bool {
    let kinds = ["gcePersistentDisk", "awsElasticBlockStore", "rbd", "iscsi"];
    kinds.iter().any(|k| source(volume, k).is_some())
}

fn writes(disk: &Value) -> bool {
    disk.get("readOnly").and_then(Value::as_bool) != Some(true)
}

fn monitors(rbd: &Value) -> &[Value] {
    rbd.get("monitors").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The pool of a Ceph disk, with the API's default.
fn pool(rbd: &Value) -> &str {
    match text(rbd, "pool") {
        "" => "rbd",
        p => p,
    }
}

/// Whether two volumes are one disk that cannot be had twice on a node (`isVolumeConflict`).
fn conflict(a: &Value, b: &Value) -> bool {
    let both = |kind| Some((source(a, kind)?, source(b, kind)?));
    let same = |a: &Value, b: &Value, key| text(a, key) == text(b, key);
    let written = |a: &Value, b: &Value| writes(a) || writes(b);
    both("gcePersistentDisk").is_some_and(|(a, b)| same(a, b, "pdName") && written(a, b))
        || both("awsElasticBlockStore").is_some_and(|(a, b)| same(a, b, "volumeID"))
        || both("iscsi").is_some_and(|(a, b)| same(a, b, "iqn") && written(a, b))
        || both("rbd").is_some_and(|(a, b)| {
            monitors(a).iter().any(|m| monitors(b).contains(m))
                && pool(a) == pool(b)
                && same(a, b, "image")
                && written(a, b)
        })
}

fn conflicts(ours: &[Value], theirs: &[Value]) -> bool {
    ours.iter().filter(|v| disk(v)).any(|v| theirs.iter().any(|t| conflict(v, t)))
}

/// Whether a pod on a node uses the claim (`IsPVCUsedByPods`).
fn in_use(cluster: &Cache, namespace: &str, claim: &str) -> bool {
    let uses = |p: &PodInfo| {
        p.pod.metadata.namespace == namespace && p.facts.volumes.iter().any(|v| named_claim(v) == Some(claim))
    };
    cluster.nodes().any(|n| n.pods.iter().any(uses))
}

/// The pod's claims that only one pod may use (`readWriteOncePodPVCsForPod`).
fn single(pod: &PodInfo, storage: &Storage) -> Result<Vec<Str>, Rejection> {
    let mut all: Vec<Str> = Vec::new();
    for name in pod.facts.volumes.iter().filter_map(named_claim) {
        let Some(claim) = storage.claim(&pod.pod.metadata.namespace, name) else {
            return Err(Rejection::unresolvable(missing("persistentvolumeclaim", name)));
        };
        if claim.for_one_pod() && !all.contains(claim.name()) {
            all.push(claim.name().clone());
        }
    }
    Ok(all)
}

fn uses_claim(pod: &Pod, claim: &str) -> bool {
    volumes(pod).iter().any(|v| named_claim(v) == Some(claim))
}

impl Plugin for VolumeRestrictions {
    fn name(&self) -> &'static str {
        "VolumeRestrictions"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER)
    }
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
    fn events(&self) -> Events {
        POD_DELETE.or(NODE_ADD).or(VOLUME_CLAIM)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        let own = &pod.pod.metadata.namespace;
        match &event.subject {
            Subject::Node { .. } => true,
            Subject::Pod { old: Some(gone), .. } => {
                let ours = &pod.facts.volumes;
                gone.metadata.namespace == *own
                    && (conflicts(ours, volumes(gone))
                        || ours.iter().filter_map(named_claim).any(|c| uses_claim(gone, c)))
            }
            Subject::Object { old: None, new } => subject(new, "PersistentVolumeClaim")
                .is_some_and(|c| c.metadata.namespace == *own && uses_claim(&pod.pod, &c.metadata.name)),
            Subject::Pod { .. } | Subject::Object { .. } | Subject::None => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, cluster: &Cache, state: &mut State) -> PreFilter {
        if pod.facts.volumes.is_empty() {
            return PreFilter::Skip;
        }
        let claims = match single(pod, &cluster.listers.storage) {
            Ok(claims) => claims,
            Err(r) => return PreFilter::Reject(r),
        };
        let namespace = &pod.pod.metadata.namespace;
        let users = claims.iter().filter(|c| in_use(cluster, namespace, c)).count() as i64;
        if users == 0 && !pod.facts.volumes.iter().any(disk) {
            return PreFilter::Skip;
        }
        *state = Some(Box::new(Single { claims, users }));
        PreFilter::Continue
    }
    fn update(&self, _: &PodInfo, change: PodChange<'_>, _: &Cache, state: &mut State) {
        if let Some(s) = state_mut::<Single>(state) {
            // As upstream, by the name of the claim alone.
            let named = change.info.facts.volumes.iter().filter_map(named_claim);
            s.users += change.sign * named.filter(|n| s.claims.iter().any(|c| c == n)).count() as i64;
        }
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, s: &State) -> Result<(), Rejection> {
        if node.pods.iter().any(|p| conflicts(&pod.facts.volumes, &p.facts.volumes)) {
            return Err(Rejection::unschedulable(lit!("node(s) had no available disk")));
        }
        if state::<Single>(s).is_some_and(|s| s.users > 0) {
            return Err(Rejection::unschedulable(lit!(
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
            )));
        }
        Ok(())
    }
}
