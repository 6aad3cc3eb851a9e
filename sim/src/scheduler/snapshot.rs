//! The scheduler's picture of the cluster: nodes with what is used on them, and pods that it has placed but not
//! yet seen bound. Sources: `pkg/scheduler/backend/cache/{cache,snapshot,node_tree}.go`, `framework/types.go`.
//!
//! Upstream copies its cache into a snapshot at the start of each cycle. Here nothing can change during a
//! decision, so that the cache is the snapshot.

use super::facts::{HostPort, PodInfo};
use super::journal::Journal;
use super::listers::Listers;
use super::node_tree::{NodeTree, zone_of};
use super::resources::Amounts;
use super::topology::{Column, USUAL};
use crate::cow::{CowTable, Keyed};
use crate::object::{LabelSelector, Node, Pod, Str, Uid, UidMap};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A node with the sums over its pods.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
    /// Its number in the cache.
    pub row: u32,
    /// The node's name.
    pub name: Str,
    /// The node object. `None` while only pods on it are known.
    pub node: Option<Arc<Node>>,
    /// What it offers.
    pub allocatable: Amounts,
    /// What its pods ask for.
    pub requested: Amounts,
    /// As `requested`, with the defaults that scores count.
    pub scored_milli_cpu: i64,
    /// As `requested`, with the defaults that scores count.
    pub scored_memory: i64,
    /// Its pods, in the order in which they came.
    pub pods: Vec<PodInfo>,
    /// How many of its pods have terms of affinity or anti-affinity.
    pub with_affinity: u32,
    /// How many of its pods have required terms of anti-affinity.
    pub with_anti_affinity: u32,
    /// The ports that its pods take.
    pub ports: Vec<HostPort>,
    /// Its images, as of the last time that the scheduler took note of the node.
    pub images: Vec<ImageHere>,
}

/// So many changes of rows are remembered at least.
const TOUCHES_KEPT: usize = 2048;

/// An image of a node. Upstream copies a node into its snapshot when the node or its pods changed; until then the
/// number of nodes that have the image stays as it was copied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageHere {
    /// Its name.
    pub name: Str,
    /// Bytes.
    pub size: i64,
    /// How many nodes have it.
    pub nodes: u32,
    /// The size times the share of nodes that have it.
    pub spread: i64,
}

impl NodeInfo {
    /// A node without pods.
    pub fn new(node: Arc<Node>) -> NodeInfo {
        let mut info = NodeInfo { name: node.metadata.name.clone(), ..NodeInfo::default() };
        info.set_node(node);
        info
    }
    /// Takes a new version of the node object.
    pub fn set_node(&mut self, node: Arc<Node>) {
        self.allocatable = Amounts::of(&node.status.allocatable);
        self.node = Some(node);
    }
    /// Adds a pod.
    pub fn add_pod(&mut self, info: PodInfo) {
        self.count(&info, 1);
        self.ports.extend(info.facts.ports.iter().cloned());
        self.pods.push(info);
    }
    /// Removes a pod, if it is there; the order of the others stays.
    pub fn remove_pod(&mut self, uid: Uid) -> Option<PodInfo> {
        let i = self.pods.iter().position(|p| p.pod.metadata.uid == uid)?;
        let info = self.pods.remove(i);
        self.count(&info, -1);
        for port in &info.facts.ports {
            if let Some(i) = self.ports.iter().position(|p| p == port) {
                self.ports.swap_remove(i);
            }
        }
        Some(info)
    }
    fn count(&mut self, info: &PodInfo, sign: i64) {
        let a = &info.facts.amounts;
        self.requested.add(&a.request, sign);
        self.scored_milli_cpu = self.scored_milli_cpu.wrapping_add(sign * a.scored_milli_cpu);
        self.scored_memory = self.scored_memory.wrapping_add(sign * a.scored_memory);
        let by = |n: &mut u32, yes: bool| *n = n.wrapping_add_signed(if yes { sign as i32 } else { 0 });
        by(&mut self.with_affinity, info.facts.has_affinity());
        by(&mut self.with_anti_affinity, !info.facts.anti_affinity.is_empty());
    }
    /// The node object; the scheduler only ever looks at nodes that have one.
    ///
    /// # Panics
    /// If it is not known.
    pub fn object(&self) -> &Node {
        self.node.as_ref().expect("only nodes with an object are in the scheduler's order")
    }
    /// A label of the node.
    pub fn label(&self, key: &str) -> Option<&Str> {
        self.object().metadata.labels.get(key)
    }
}

/// An image that nodes have: its size as the node says that told of it first, and the nodes.
#[derive(Clone, Debug, Default, PartialEq)]
struct ImageState {
    size: i64,
    rows: BTreeSet<u32>,
}

#[derive(Clone, Debug)]
struct Placed {
    info: PodInfo,
    row: u32,
    /// Where it was put among the row's pods. It is there unless one before it has left.
    slot: u32,
    assumed: bool,
}

impl Keyed for Placed {
    type Key = Uid;
    fn hash(uid: &Uid) -> u64 {
        uid.mixed()
    }
    fn is(&self, uid: &Uid) -> bool {
        self.info.pod.metadata.uid == *uid
    }
}

/// The scheduler's cache: what plugins see of the cluster.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    rows: Vec<NodeInfo>,
    /// The rows that changed, the latest last; `touched_before` more were there and are forgotten.
    touched: Vec<u32>,
    touched_before: u64,
    free: Vec<u32>,
    by_name: HashMap<Str, u32>,
    tree: NodeTree,
    order: Vec<u32>,
    pods: CowTable<Placed>,
    /// The domains of the nodes, for the labels that pods here have asked for.
    columns: BTreeMap<Str, Arc<Column>>,
    /// By namespace, label and value: how many pods have it on which nodes.
    labelled: HashMap<(Str, Str, Str), BTreeMap<u32, u32>>,
    images: BTreeMap<Str, ImageState>,
    /// How many nodes there were when shares of images were last worked out.
    images_among: usize,
    /// Nodes that changed since the last snapshot, if there are images.
    changed: Vec<u32>,
    with_affinity: u32,
    with_anti_affinity: u32,
    nominated: BTreeMap<u32, Vec<PodInfo>>,
    nominations: UidMap<Str>,
    /// Rises when the set of nodes, or something that selects among nodes, changed.
    epoch: u64,
    journal: Journal,
    /// Other objects.
    pub listers: Listers,
}

impl Cache {
    /// The nodes, by number.
    pub fn rows(&self) -> &[NodeInfo] {
        &self.rows
    }
    /// The numbers of the nodes, in the scheduler's order.
    pub fn order(&self) -> &[u32] {
        &self.order
    }
    /// A node, by number.
    pub fn row(&self, row: u32) -> &NodeInfo {
        &self.rows[row as usize]
    }
    /// All nodes in the scheduler's order.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeInfo> {
        self.order.iter().map(|i| &self.rows[*i as usize])
    }
    /// How many times a row has changed.
    pub fn touches(&self) -> u64 {
        self.touched_before + self.touched.len() as u64
    }
    /// The rows that changed since there were so many changes; `None` if some of them are forgotten.
    pub fn touched_since(&self, touches: u64) -> Option<&[u32]> {
        let skip = usize::try_from(touches.checked_sub(self.touched_before)?).ok()?;
        self.touched.get(skip..)
    }
    /// The number of a node that can be chosen.
    pub fn row_of(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied().filter(|i| self.rows[*i as usize].node.is_some())
    }
    /// A node, if it can be chosen.
    pub fn node(&self, name: &str) -> Option<&Arc<Node>> {
        self.rows[self.row_of(name)? as usize].node.as_ref()
    }
    /// The domains of the nodes for a label, if they are kept.
    pub fn column(&self, key: &str) -> Option<&Arc<Column>> {
        self.columns.get(key)
    }
    /// Nodes that may have pods of a namespace that a selector selects; `None` if only going through all tells.
    pub fn rows_with(&self, namespace: &Str, selector: &LabelSelector) -> Option<Vec<u32>> {
        let rows = |(k, v): (&Str, &Str)| self.labelled.get(&(namespace.clone(), k.clone(), v.clone()));
        let mut least: Option<Option<&BTreeMap<u32, u32>>> = None;
        for found in selector.match_labels.iter().map(rows) {
            let len = |m: &Option<&BTreeMap<u32, u32>>| m.map_or(0, BTreeMap::len);
            if least.as_ref().is_none_or(|l| len(&found) < len(l)) {
                least = Some(found);
            }
        }
        least.map(|rows| rows.map_or(Vec::new(), |m| m.keys().copied().collect()))
    }
    fn keep_column(&mut self, key: &Str) {
        if !self.columns.contains_key(key) {
            let column = Column::of(self, key);
            self.columns.insert(key.clone(), column);
        }
    }
    fn set_columns(&mut self, row: u32) {
        if self.columns.is_empty() {
            self.columns.extend(USUAL.map(|key| (Str::from(key), Arc::default())));
        }
        let node = self.rows[row as usize].node.as_deref();
        for (key, column) in &mut self.columns {
            Arc::make_mut(column).set(row, node.and_then(|n| n.metadata.labels.get(key)));
        }
    }
    /// How many pods on nodes have terms of affinity or anti-affinity.
    pub fn with_affinity(&self) -> u32 {
        self.with_affinity
    }
    /// How many pods on nodes have required terms of anti-affinity.
    pub fn with_anti_affinity(&self) -> u32 {
        self.with_anti_affinity
    }
    /// Rises when nodes came, left, or changed what selects among them (labels, taints), and when other objects
    /// changed: counts that plugins keep are void then.
    pub fn epoch(&self) -> u64 {
        self.epoch + self.listers.epoch()
    }
    /// The pods that came and left.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    fn note(&mut self, row: u32) {
        if self.touched.len() == 2 * TOUCHES_KEPT {
            self.touched.drain(..TOUCHES_KEPT);
            self.touched_before += TOUCHES_KEPT as u64;
        }
        self.touched.push(row);
    }

    fn touch(&mut self, row: u32) {
        self.note(row);
        if !self.images.is_empty() || self.images_among > 0 {
            self.changed.push(row);
        }
    }

    /// Takes note of the nodes that changed (`UpdateSnapshot`): to be done before each decision.
    pub fn snapshot(&mut self) {
        if self.images.is_empty() && self.images_among == 0 {
            return;
        }
        let nodes = self.order.len();
        let spread = |size: i64, n: u32| (size as f64 * (f64::from(n) / nodes as f64)) as i64;
        for row in std::mem::take(&mut self.changed) {
            let info = &mut self.rows[row as usize];
            let names = info.node.iter().flat_map(|n| &n.status.images).flat_map(|i| &i.names);
            info.images = names
                .filter_map(|name| {
                    let state = self.images.get(name)?;
                    let (size, nodes) = (state.size, state.rows.len() as u32);
                    Some(ImageHere { name: name.clone(), size, nodes, spread: spread(size, nodes) })
                })
                .collect();
        }
        if self.images_among != nodes {
            self.images_among = if self.images.is_empty() { 0 } else { nodes };
            for row in 0..self.rows.len() {
                let info = &mut self.rows[row];
                if !info.images.is_empty() {
                    info.images.iter_mut().for_each(|i| i.spread = spread(i.size, i.nodes));
                    self.note(row as u32);
                }
            }
        }
    }

    fn row_for(&mut self, name: &Str) -> u32 {
        if let Some(i) = self.by_name.get(name) {
            return *i;
        }
        let i = match self.free.pop() {
            Some(i) => i,
            None => {
                self.rows.push(NodeInfo::default());
                (self.rows.len() - 1) as u32
            }
        };
        self.rows[i as usize] = NodeInfo { row: i, name: name.clone(), ..NodeInfo::default() };
        self.by_name.insert(name.clone(), i);
        self.touch(i);
        i
    }

    fn free_if_empty(&mut self, row: u32) {
        let r = &self.rows[row as usize];
        if r.node.is_none() && r.pods.is_empty() && !self.nominated.contains_key(&row) {
            let name = r.name.clone();
            self.by_name.remove(&name);
            self.free.push(row);
        }
    }

    fn set_images(&mut self, row: u32, old: Option<&Node>, new: Option<&Node>) {
        let old = old.map_or(&[][..], |n| n.status.images.as_slice());
        let new = new.map_or(&[][..], |n| n.status.images.as_slice());
        if old == new {
            return;
        }
        for name in old.iter().flat_map(|i| &i.names) {
            if let Some(state) = self.images.get_mut(name) {
                state.rows.remove(&row);
                if state.rows.is_empty() {
                    self.images.remove(name);
                }
            }
        }
        for image in new {
            for name in &image.names {
                let fresh = || ImageState { size: image.size_bytes, rows: BTreeSet::new() };
                self.images.entry(name.clone()).or_insert_with(fresh).rows.insert(row);
            }
        }
    }

    /// Takes a node in without putting it in the order; returns the version before.
    fn take_node(&mut self, node: Arc<Node>) -> Option<Arc<Node>> {
        let i = self.row_for(&node.metadata.name);
        let old = self.rows[i as usize].node.clone();
        self.set_images(i, old.as_deref(), Some(&node));
        let moved = old.as_ref().is_none_or(|o| o.metadata.labels != node.metadata.labels);
        let selects = |n: &Node, o: &Node| {
            n.spec.taints != o.spec.taints || n.spec.unschedulable != o.spec.unschedulable
        };
        if moved || old.as_ref().is_some_and(|o| selects(&node, o)) {
            self.epoch += 1;
        }
        self.rows[i as usize].set_node(node);
        if moved {
            self.set_columns(i);
        }
        self.touch(i);
        old
    }

    /// A node joined or changed; returns the version before.
    pub fn set_node(&mut self, node: Arc<Node>) -> Option<Arc<Node>> {
        let zone = zone_of(&node);
        let name = node.metadata.name.clone();
        let old = self.take_node(node);
        let i = self.by_name[&name];
        let old_zone = old.as_ref().map(|n| zone_of(n));
        if old_zone.as_ref() != Some(&zone) {
            if let Some(z) = old_zone {
                self.tree.remove(&z, i);
            }
            self.tree.add(zone, i);
            self.order = self.tree.order();
        }
        old
    }

    /// As [`Cache::set_node`] for many, so that the order is made once.
    pub fn set_nodes(&mut self, nodes: impl IntoIterator<Item = Arc<Node>>) {
        for node in nodes {
            let zone = zone_of(&node);
            let name = node.metadata.name.clone();
            let old = self.take_node(node);
            let i = self.by_name[&name];
            if let Some(old) = old {
                self.tree.remove(&zone_of(&old), i);
            }
            self.tree.add(zone, i);
        }
        self.order = self.tree.order();
    }

    /// A node left.
    pub fn remove_node(&mut self, name: &str) -> Option<Arc<Node>> {
        let i = *self.by_name.get(name)?;
        let old = self.rows[i as usize].node.take()?;
        self.set_images(i, Some(&old), None);
        self.epoch += 1;
        self.set_columns(i);
        self.tree.remove(&zone_of(&old), i);
        self.order = self.tree.order();
        self.touch(i);
        self.free_if_empty(i);
        Some(old)
    }

    /// Whether a pod counts as placed although nobody has confirmed it.
    pub fn is_assumed(&self, uid: Uid) -> bool {
        self.pods.get(&uid).is_some_and(|p| p.assumed)
    }

    /// The node on which a pod counts.
    pub fn node_of(&self, uid: Uid) -> Option<&Str> {
        self.pods.get(&uid).map(|p| &self.rows[p.row as usize].name)
    }

    /// Counts a pod on a node before it is bound.
    pub fn assume(&mut self, pod: &PodInfo, node: &Str) {
        self.place(pod.clone(), node, true);
    }

    /// The binding failed: the pod no longer counts. Returns false if it was not assumed.
    pub fn forget(&mut self, uid: Uid) -> bool {
        self.is_assumed(uid) && self.remove_pod(uid).is_some()
    }

    /// A pod on a node was seen, or changed.
    pub fn set_pod(&mut self, pod: Arc<Pod>) {
        let uid = pod.metadata.uid;
        let mut like = None;
        if let Some(p) = self.pods.get_mut(&uid)
            && self.rows[p.row as usize].name == pod.node_name
        {
            let new = PodInfo::like(Some(&p.info), pod.clone());
            let relabelled = !p.info.pod.metadata.labels.same(&new.pod.metadata.labels)
                && p.info.pod.metadata.labels != new.pod.metadata.labels
                || p.info.pod.metadata.deleting() != new.pod.metadata.deleting();
            if Arc::ptr_eq(&p.info.facts, &new.facts) {
                // The sums stay as they are.
                let row = p.row;
                let pods = &mut self.rows[row as usize].pods;
                let slot = p.slot as usize;
                let at = |q: &PodInfo| q.pod.metadata.uid == uid;
                let slot = if pods.get(slot).is_some_and(at) { Some(slot) } else { pods.iter().position(at) };
                let old = std::mem::replace(&mut p.info, new.clone());
                p.assumed = false;
                let started = old.pod.status.start_time != new.pod.status.start_time;
                if let Some(i) = slot {
                    pods[i] = new.clone();
                }
                if started {
                    // Who has run for how long counts when pods are evicted.
                    self.note(row);
                }
                if relabelled {
                    self.label(&old, row, -1);
                    self.label(&new, row, 1);
                    self.journal.push(old, row, -1);
                    self.journal.push(new, row, 1);
                    self.touch(row);
                }
                return;
            }
            like = Some(new);
        }
        self.remove_pod(uid);
        let node = pod.node_name.clone();
        self.place(like.unwrap_or_else(|| PodInfo::new(pod)), &node, false);
    }

    fn place(&mut self, info: PodInfo, node: &Str, assumed: bool) {
        let row = self.row_for(node);
        let slot = self.rows[row as usize].pods.len() as u32;
        self.rows[row as usize].add_pod(info.clone());
        self.count(&info, row, 1);
        let uid = info.pod.metadata.uid;
        self.pods.insert(&uid, Placed { info, row, slot, assumed });
    }

    /// Counts the labels of a pod on a node.
    fn label(&mut self, info: &PodInfo, row: u32, sign: i32) {
        let m = &info.pod.metadata;
        for (k, v) in m.labels.iter() {
            let key = (m.namespace.clone(), k.clone(), v.clone());
            let rows = self.labelled.entry(key).or_default();
            let n = rows.entry(row).or_default();
            *n = n.wrapping_add_signed(sign);
            if *n == 0 {
                rows.remove(&row);
                if rows.is_empty() {
                    self.labelled.remove(&(m.namespace.clone(), k.clone(), v.clone()));
                }
            }
        }
    }

    fn count(&mut self, info: &PodInfo, row: u32, sign: i32) {
        self.touch(row);
        self.label(info, row, sign);
        let facts = &info.facts;
        if sign > 0 && (facts.has_affinity() || !facts.spread.is_empty()) {
            let terms = facts.affinity.iter().chain(&facts.anti_affinity);
            let terms = terms.chain(facts.preferred.iter().map(|(_, t)| t)).map(|t| &t.topology_key);
            for key in terms.chain(facts.spread.iter().map(|c| &c.topology_key)) {
                self.keep_column(key);
            }
        }
        self.journal.push(info.clone(), row, i64::from(sign));
        let by = |n: &mut u32, yes: bool| *n = n.wrapping_add_signed(if yes { sign } else { 0 });
        by(&mut self.with_affinity, info.facts.has_affinity());
        by(&mut self.with_anti_affinity, !info.facts.anti_affinity.is_empty());
    }

    /// A pod is gone or has ended.
    pub fn remove_pod(&mut self, uid: Uid) -> Option<Arc<Pod>> {
        let p = self.pods.remove(&uid)?;
        self.rows[p.row as usize].remove_pod(uid);
        self.count(&p.info, p.row, -1);
        self.free_if_empty(p.row);
        Some(p.info.pod)
    }

    /// A waiting pod is to get a node once others have left it.
    pub fn nominate(&mut self, pod: &PodInfo, node: &Str) {
        self.withdraw(pod.pod.metadata.uid);
        let row = self.row_for(node);
        self.nominations.insert(pod.pod.metadata.uid, node.clone());
        self.nominated.entry(row).or_default().push(pod.clone());
        self.touch(row);
    }

    /// A waiting pod's nomination ends. Returns the node.
    pub fn withdraw(&mut self, uid: Uid) -> Option<Str> {
        if self.nominations.is_empty() {
            return None;
        }
        let node = self.nominations.remove(&uid)?;
        let row = *self.by_name.get(&node)?;
        if let Some(list) = self.nominated.get_mut(&row) {
            list.retain(|p| p.pod.metadata.uid != uid);
            if list.is_empty() {
                self.nominated.remove(&row);
            }
        }
        self.touch(row);
        self.free_if_empty(row);
        Some(node)
    }

    /// The node to which a waiting pod is nominated.
    pub fn nomination(&self, uid: Uid) -> Option<&Str> {
        self.nominations.get(&uid)
    }

    /// The pods that are nominated to a node.
    pub fn nominated(&self, row: u32) -> &[PodInfo] {
        if self.nominated.is_empty() {
            return &[];
        }
        self.nominated.get(&row).map_or(&[], Vec::as_slice)
    }

    /// The pods nominated to a node that count as if they were there when another pod is placed: those of no lower
    /// priority, itself left out (`addNominatedPods`).
    pub fn nominated_before(&self, row: u32, pod: &PodInfo) -> impl Iterator<Item = &PodInfo> {
        let (uid, priority) = (pod.pod.metadata.uid, pod.priority());
        let counts = move |p: &&PodInfo| p.priority() >= priority && p.pod.metadata.uid != uid;
        self.nominated(row).iter().filter(counts)
    }

    /// The pods on nodes, as plain objects with `nodeName` set, node by node in the scheduler's order.
    pub fn placed(&self) -> Vec<Arc<Pod>> {
        let mut pods = Vec::new();
        for n in self.nodes() {
            for p in &n.pods {
                if p.pod.node_name == n.name {
                    pods.push(p.pod.clone());
                } else {
                    pods.push(Arc::new(Pod { node_name: n.name.clone(), ..(*p.pod).clone() }));
                }
            }
        }
        pods
    }

    /// The same cluster, its indexes made anew from plain objects: what tests hold the kept ones against.
    pub fn rebuilt(&self) -> Cache {
        let mut new = Cache { listers: self.listers.clone(), tree: self.tree.clone(), ..Cache::default() };
        // Rows keep their numbers, so that the order of nodes stays.
        new.rows.resize(self.rows.len(), NodeInfo::default());
        new.free.clone_from(&self.free);
        for (i, r) in self.rows.iter().enumerate().filter(|(i, _)| !self.free.contains(&(*i as u32))) {
            new.rows[i] = NodeInfo { row: i as u32, name: r.name.clone(), ..NodeInfo::default() };
            new.by_name.insert(r.name.clone(), i as u32);
        }
        for (i, r) in self.rows.iter().enumerate().filter(|(i, _)| !self.free.contains(&(*i as u32))) {
            if let Some(node) = &r.node {
                new.take_node(node.clone());
            }
            for p in &r.pods {
                new.place(PodInfo::new(p.pod.clone()), &r.name, false);
            }
            for p in self.nominated(i as u32) {
                new.nominate(p, &r.name);
            }
        }
        // Which node told of an image first, and when nodes were copied, is not to be seen any more.
        new.images.clone_from(&self.images);
        new.images_among = self.images_among;
        new.changed.clone_from(&self.changed);
        for (new, old) in new.rows.iter_mut().zip(&self.rows) {
            new.images.clone_from(&old.images);
        }
        new.order = new.tree.order();
        new
    }
}
