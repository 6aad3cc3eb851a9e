//! Claims, volumes, classes and what CSI drivers say about nodes, as far as scheduling heeds them.
//!
//! Sources: the listers that `pkg/scheduler/framework/plugins/{volumebinding,volumezone,volumerestrictions,
//! nodevolumelimits}` read, and `volumebinding/assume_cache.go` for the volumes of a class.
//!
//! An object that cannot be read is kept out, and a pod that needs it finds it missing. What the API server would have
//! filled in (the binding mode of a class, the mode of a volume) is filled in here.
//!
//! Nothing here binds a claim. Upstream's Reserve notes the chosen volume or node in a cache of its own, and its PreBind
//! writes it and then waits for the controller of volumes and an external provisioner. Podium has neither, so that
//! whoever binds claims does so in the API: `spec.claimRef` of the volume, `spec.volumeName` and the annotation
//! `pv.kubernetes.io/bind-completed` of the claim, or `volume.kubernetes.io/selected-node`.

mod claim;
mod csi;
pub mod used;
mod volume;

pub use claim::Claim;
pub use csi::{Attachment, Capacity, Class, CsiDriver, CsiNode};
pub use volume::{ClaimRef, CsiSource, Volume, bare, find};

use crate::object::{Inert, Obj, Str};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

type Named<T> = BTreeMap<Str, Arc<T>>;

/// The storage objects of the cluster. A copy is cheap: it shares the tables until one of the two changes.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// By namespace and name.
    claims: Arc<BTreeMap<Str, Named<Claim>>>,
    /// By class.
    volumes: Arc<Grouped<Volume>>,
    classes: Arc<Named<Class>>,
    nodes: Arc<Named<CsiNode>>,
    drivers: Arc<Named<CsiDriver>>,
    /// By namespace and name.
    capacities: Arc<BTreeMap<(Str, Str), Arc<Capacity>>>,
    /// By node.
    attachments: Arc<Grouped<Attachment>>,
    epoch: u64,
}

/// Objects by name, and by something that many have in common.
#[derive(Clone, Debug)]
struct Grouped<T> {
    by_name: BTreeMap<Str, (Str, Arc<T>)>,
    groups: BTreeMap<Str, Named<T>>,
}

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Grouped { by_name: BTreeMap::new(), groups: BTreeMap::new() }
    }
}

impl<T> Grouped<T> {
    fn put(&mut self, name: &Str, new: Option<(Str, T)>) {
        if let Some((group, _)) = self.by_name.remove(name)
            && let Some(members) = self.groups.get_mut(&group)
        {
            members.remove(name);
            if members.is_empty() {
                self.groups.remove(&group);
            }
        }
        if let Some((group, item)) = new {
            let item = Arc::new(item);
            self.groups.entry(group.clone()).or_default().insert(name.clone(), item.clone());
            self.by_name.insert(name.clone(), (group, item));
        }
    }
    fn of(&self, group: &str) -> impl Iterator<Item = &Arc<T>> {
        self.groups.get(group).into_iter().flat_map(BTreeMap::values)
    }
}

fn put<K: Ord + Clone, T>(map: &mut Arc<BTreeMap<K, Arc<T>>>, key: &K, new: Option<T>) {
    let map = Arc::make_mut(map);
    match new {
        Some(t) => map.insert(key.clone(), Arc::new(t)),
        None => map.remove(key),
    };
}

impl Storage {
    /// An object came, changed or (not `there`) is gone. Kinds that are no business of storage are passed over.
    pub fn change(&mut self, o: &Arc<Inert>, there: bool) {
        fn read<T>(o: &Arc<Inert>, there: bool, of: fn(&Arc<Inert>) -> Option<T>) -> Option<T> {
            if there { of(o) } else { None }
        }
        let (namespace, name) = (&o.metadata.namespace, &o.metadata.name);
        let group = o.api_version.split_once('/').map_or("", |(group, _)| group);
        match (group, o.kind.as_str()) {
            ("", "PersistentVolumeClaim") => {
                let claims = Arc::make_mut(&mut self.claims);
                match read(o, there, Claim::of) {
                    Some(c) => {
                        claims.entry(namespace.clone()).or_default().insert(name.clone(), Arc::new(c));
                    }
                    None => {
                        claims.get_mut(namespace).map(|all| all.remove(name));
                    }
                }
            }
            ("", "PersistentVolume") => {
                let new = read(o, there, Volume::of).map(|v| (v.class.clone(), v));
                Arc::make_mut(&mut self.volumes).put(name, new);
            }
            ("storage.k8s.io", "StorageClass") => put(&mut self.classes, name, read(o, there, Class::of)),
            ("storage.k8s.io", "CSINode") => put(&mut self.nodes, name, read(o, there, CsiNode::of)),
            ("storage.k8s.io", "CSIDriver") => put(&mut self.drivers, name, read(o, there, CsiDriver::of)),
            ("storage.k8s.io", "CSIStorageCapacity") => {
                let key = (namespace.clone(), name.clone());
                put(&mut self.capacities, &key, read(o, there, Capacity::of));
            }
            ("storage.k8s.io", "VolumeAttachment") => {
                let new = read(o, there, Attachment::of).map(|a| (a.node.clone(), a));
                Arc::make_mut(&mut self.attachments).put(name, new);
            }
            _ => return,
        }
        self.epoch += 1;
    }

    /// Rises when a storage object came, changed or left.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    /// A claim (`PersistentVolumeClaimLister`).
    pub fn claim(&self, namespace: &str, name: &str) -> Option<&Arc<Claim>> {
        self.claims.get(namespace)?.get(name)
    }
    /// A volume (`PersistentVolumeLister`).
    pub fn volume(&self, name: &str) -> Option<&Arc<Volume>> {
        self.volumes.by_name.get(name).map(|(_, v)| v)
    }
    /// The volumes of a class, by name (`PVAssumeCache.ListPVs`, which gives them in no fixed order).
    pub fn volumes_of(&self, class: &str) -> impl Iterator<Item = &Arc<Volume>> {
        self.volumes.of(class)
    }
    /// A class (`StorageClassLister`).
    pub fn class(&self, name: &str) -> Option<&Arc<Class>> {
        self.classes.get(name)
    }
    /// What CSI drivers say about a node (`CSINodeLister`).
    pub fn csi_node(&self, name: &str) -> Option<&Arc<CsiNode>> {
        self.nodes.get(name)
    }
    /// A CSI driver (`CSIDriverLister`).
    pub fn driver(&self, name: &str) -> Option<&Arc<CsiDriver>> {
        self.drivers.get(name)
    }
    /// Where there is room for volumes, in all namespaces (`CSIStorageCapacityLister`).
    pub fn capacities(&self) -> impl Iterator<Item = &Arc<Capacity>> {
        self.capacities.values()
    }
    /// What is being attached to a node, or is attached (`VolumeAttachmentLister`).
    pub fn attachments(&self, node: &str) -> impl Iterator<Item = &Arc<Attachment>> {
        self.attachments.of(node)
    }
}

/// The object that an event is about, if it is of a kind that nothing else acts on.
pub fn subject<'a>(o: &'a Option<Obj>, kind: &str) -> Option<&'a Arc<Inert>> {
    match o {
        Some(Obj::Inert(i)) if i.kind == kind => Some(i),
        _ => None,
    }
}

/// A field at the top of an object: the default if it is absent, `None` if it cannot be read.
fn part<T: for<'de> Deserialize<'de> + Default>(o: &Inert, key: &str) -> Option<T> {
    match o.other.get(key) {
        None | Some(Value::Null) => Some(T::default()),
        Some(v) => T::deserialize(v).ok(),
    }
}

/// The annotation with which classes were named once; it goes before the field.
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// The class of a claim or volume (`GetPersistentVolumeClaimClass`, `GetPersistentVolumeClass`).
fn class_name(o: &Inert, field: Option<Str>) -> Str {
    o.metadata.annotations.get(BETA_CLASS).cloned().or(field).unwrap_or_default()
}

/// The mode of a claim or volume (`SetDefaults_PersistentVolume`, `SetDefaults_PersistentVolumeClaimSpec`).
fn volume_mode(field: Option<Str>) -> Str {
    field.filter(|m| !m.is_empty()).unwrap_or(crate::object::lit!("Filesystem"))
}
