//! VolumeZone: bound volumes with zone or region labels need a node of that zone or region.
//! Source: `plugins/volumezone/volume_zone.go`.

use crate::object::{Inert, Str, lit};
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, NODE_ADD, NODE_LABEL, PRE_FILTER, Plugin, PodInfo, Points,
    PreFilter, Rejection, STORAGE_CLASS, State, Subject, VOLUME, VOLUME_CLAIM, state,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use crate::scheduler::storage::used::{missing, named_claim};
use crate::scheduler::storage::{Class, Storage, subject};

/// See the module.
pub struct VolumeZone;

/// The labels that name places, and what the old ones are called now.
const LABELS: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// A label, by its place among [`LABELS`], and the values that will do.
type Place = (usize, Vec<Str>);

/// The zones in a label's value; `None` if one of them has no name (`LabelZonesToSet`).
fn zones(value: &str) -> Option<Vec<Str>> {
    let mut zones: Vec<Str> = Vec::new();
    for z in value.split("__").map(str::trim) {
        if z.is_empty() {
            return None;
        }
        zones.push(Str::from(z));
    }
    zones.sort();
    zones.dedup();
    Some(zones)
}

/// Where a volume is (`getPVTopologies`).
fn places(volume: &Inert) -> Vec<Place> {
    let labels = &volume.metadata.labels;
    let at = |i: usize| Some((i, zones(labels.get(LABELS[i].0)?)?));
    (0..LABELS.len()).filter_map(at).collect()
}

/// Where the pod's bound volumes are (`getPVbyPod`).
fn places_of(pod: &PodInfo, storage: &Storage) -> Result<Vec<Place>, Str> {
    let mut all = Vec::new();
    for name in pod.facts.volumes.iter().filter_map(named_claim) {
        if name.is_empty() {
            return Err(lit!("PersistentVolumeClaim had no name"));
        }
        let claim = storage.claim(&pod.pod.metadata.namespace, name);
        let claim = claim.ok_or_else(|| missing("persistentvolumeclaim", name))?;
        if !claim.volume_name.is_empty() {
            let volume = storage.volume(&claim.volume_name);
            let volume = volume.ok_or_else(|| missing("persistentvolume", &claim.volume_name))?;
            all.extend(places(&volume.object));
            continue;
        }
        if claim.class.is_empty() {
            return Err(lit!("PersistentVolumeClaim had no pv name and storageClass name"));
        }
        let class = storage.class(&claim.class);
        let class = class.ok_or_else(|| missing("storageclass.storage.k8s.io", &claim.class))?;
        if !class.waits() {
            return Err(lit!("PersistentVolume had no name"));
        }
    }
    Ok(all)
}

impl Plugin for VolumeZone {
    fn name(&self) -> &'static str {
        "VolumeZone"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER)
    }
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
    fn events(&self) -> Events {
        STORAGE_CLASS.or(NODE_ADD).or(NODE_LABEL).or(VOLUME_CLAIM).or(VOLUME)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        match (event.what, &event.subject) {
            (NODE_ADD | NODE_LABEL, _) => true,
            (STORAGE_CLASS, Subject::Object { old: None, new }) => {
                subject(new, "StorageClass").and_then(Class::of).is_some_and(|c| c.waits())
            }
            (VOLUME_CLAIM, Subject::Object { new, .. }) => {
                subject(new, "PersistentVolumeClaim").is_some_and(|c| {
                    let names = |v| named_claim(v) == Some(&c.metadata.name);
                    c.metadata.namespace == pod.pod.metadata.namespace && pod.facts.volumes.iter().any(names)
                })
            }
            (VOLUME, Subject::Object { old: None, .. }) => true,
            (VOLUME, Subject::Object { old, new }) => {
                let places = |o| subject(o, "PersistentVolume").map(|v| places(v));
                places(old) != places(new)
            }
            _ => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, cluster: &Cache, state: &mut State) -> PreFilter {
        if pod.facts.volumes.is_empty() {
            return PreFilter::Skip;
        }
        match places_of(pod, &cluster.listers.storage) {
            Err(why) => PreFilter::Reject(Rejection::unresolvable(why)),
            Ok(places) if places.is_empty() => PreFilter::Skip,
            Ok(places) => {
                *state = Some(Box::new(places));
                PreFilter::Continue
            }
        }
    }
    fn filter(&self, _: &PodInfo, node: &NodeInfo, s: &State) -> Result<(), Rejection> {
        let Some(places) = state::<Vec<Place>>(s) else { return Ok(()) };
        // A node that names no place is taken for one of a cluster with one zone.
        if LABELS.iter().all(|(key, _)| node.label(key).is_none()) {
            return Ok(());
        }
        let there = |(i, zones): &Place| {
            let (key, now) = LABELS[*i];
            node.label(key).or_else(|| node.label(now)).is_some_and(|v| zones.contains(v))
        };
        if places.iter().all(there) {
            return Ok(());
        }
        Err(Rejection::unresolvable(lit!("node(s) had no available volume zone")))
    }
}
