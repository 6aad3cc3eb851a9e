//! The scheduler's picture of the cluster: nodes with what is used on them, and pods that it has placed but not
//! yet seen bound. Sources: `pkg/scheduler/backend/cache/{cache,snapshot,node_tree}.go`, `framework/types.go`.
//!
//! Upstream copies its cache into a snapshot at the start of each cycle. Here nothing can change during a
//! decision, so that the cache is the snapshot.

use super::framework::PodInfo;
use super::node_tree::{NodeTree, zone_of};
use super::resources::{Amounts, PodAmounts};
use crate::cow::{CowTable, Keyed};
use crate::object::{Node, Pod, Str, Uid};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A node with the sums over its pods.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
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
    pub pods: Vec<Arc<Pod>>,
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
    pub fn add_pod(&mut self, pod: Arc<Pod>, amounts: &PodAmounts) {
        self.count(amounts, 1);
        self.pods.push(pod);
    }
    fn remove_pod(&mut self, uid: Uid, amounts: &PodAmounts) {
        if let Some(i) = self.pods.iter().position(|p| p.metadata.uid == uid) {
            self.pods.remove(i);
            self.count(amounts, -1);
        }
    }
    fn count(&mut self, a: &PodAmounts, sign: i64) {
        self.requested.add(&a.request, sign);
        self.scored_milli_cpu += sign * a.scored_milli_cpu;
        self.scored_memory += sign * a.scored_memory;
    }
    /// The node object; the scheduler only ever looks at nodes that have one.
    ///
    /// # Panics
    /// If it is not known.
    pub fn object(&self) -> &Node {
        self.node.as_ref().expect("only nodes with an object are in the scheduler's order")
    }
}

/// What plugins see of the cluster.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The nodes, by number.
    pub rows: &'a [NodeInfo],
    /// The numbers in the scheduler's order.
    pub order: &'a [u32],
}

impl<'a> View<'a> {
    /// All nodes in the scheduler's order.
    pub fn nodes(self) -> impl Iterator<Item = &'a NodeInfo> {
        self.order.iter().map(move |i| &self.rows[*i as usize])
    }
}

#[derive(Clone, Debug)]
struct Placed {
    pod: Arc<Pod>,
    amounts: Arc<PodAmounts>,
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
        self.pod.metadata.uid == *uid
    }
}

/// The scheduler's cache.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    rows: Vec<NodeInfo>,
    /// Changes whenever the row does, and never has the same value twice.
    generations: Vec<u32>,
    generation: u32,
    free: Vec<u32>,
    by_name: HashMap<Str, u32>,
    tree: NodeTree,
    order: Vec<u32>,
    pods: CowTable<Placed>,
    /// How many placed pods have each priority.
    priorities: BTreeMap<i32, u32>,
}

impl Cache {
    /// The nodes as plugins see them.
    pub fn view(&self) -> View<'_> {
        View { rows: &self.rows, order: &self.order }
    }
    /// For each row a number that changes when the row does.
    pub fn generations(&self) -> &[u32] {
        &self.generations
    }
    /// The number of a node that can be chosen.
    pub fn row_of(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied().filter(|i| self.rows[*i as usize].node.is_some())
    }
    /// A node, if it can be chosen.
    pub fn node(&self, name: &str) -> Option<&Arc<Node>> {
        self.rows[self.row_of(name)? as usize].node.as_ref()
    }
    /// The lowest priority of a pod on a node.
    pub fn lowest_priority(&self) -> Option<i32> {
        self.priorities.keys().next().copied()
    }

    fn touch(&mut self, row: u32) {
        self.generation += 1;
        self.generations[row as usize] = self.generation;
    }

    fn row(&mut self, name: &Str) -> u32 {
        if let Some(i) = self.by_name.get(name) {
            return *i;
        }
        let info = NodeInfo { name: name.clone(), ..NodeInfo::default() };
        let i = match self.free.pop() {
            Some(i) => {
                self.rows[i as usize] = info;
                i
            }
            None => {
                self.rows.push(info);
                self.generations.push(0);
                (self.rows.len() - 1) as u32
            }
        };
        self.by_name.insert(name.clone(), i);
        self.touch(i);
        i
    }

    fn free_if_empty(&mut self, row: u32) {
        let r = &self.rows[row as usize];
        if r.node.is_none() && r.pods.is_empty() {
            let name = r.name.clone();
            self.by_name.remove(&name);
            self.free.push(row);
        }
    }

    /// A node joined or changed; returns the version before.
    pub fn set_node(&mut self, node: Arc<Node>) -> Option<Arc<Node>> {
        let i = self.row(&node.metadata.name);
        let zone = zone_of(&node);
        let old = self.rows[i as usize].node.clone();
        let old_zone = old.as_ref().map(|n| zone_of(n));
        self.rows[i as usize].set_node(node);
        self.touch(i);
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
            let i = self.row(&node.metadata.name);
            if let Some(old) = &self.rows[i as usize].node {
                let z = zone_of(old);
                self.tree.remove(&z, i);
            }
            self.tree.add(zone_of(&node), i);
            self.rows[i as usize].set_node(node);
            self.touch(i);
        }
        self.order = self.tree.order();
    }

    /// A node left.
    pub fn remove_node(&mut self, name: &str) -> Option<Arc<Node>> {
        let i = *self.by_name.get(name)?;
        let old = self.rows[i as usize].node.take()?;
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
        self.place(pod.pod.clone(), pod.amounts.clone(), node, true);
    }

    /// The binding failed: the pod no longer counts. Returns false if it was not assumed.
    pub fn forget(&mut self, uid: Uid) -> bool {
        self.is_assumed(uid) && self.remove_pod(uid).is_some()
    }

    /// A pod on a node was seen, or changed.
    pub fn set_pod(&mut self, pod: Arc<Pod>) {
        let uid = pod.metadata.uid;
        if let Some(p) = self.pods.get_mut(&uid)
            && self.rows[p.row as usize].name == pod.node_name
            && Arc::ptr_eq(&p.pod.spec, &pod.spec)
        {
            // The sums stay as they are, unless plugins look at labels.
            let row = p.row;
            let relabelled = p.pod.metadata.labels != pod.metadata.labels
                || p.pod.metadata.deleting() != pod.metadata.deleting();
            let pods = &mut self.rows[row as usize].pods;
            let slot = Some(p.slot as usize).filter(|i| pods.get(*i).is_some_and(|q| q.metadata.uid == uid));
            if let Some(i) = slot.or_else(|| pods.iter().position(|q| q.metadata.uid == uid)) {
                pods[i] = pod.clone();
            }
            p.pod = pod;
            p.assumed = false;
            if relabelled {
                self.touch(row);
            }
            return;
        }
        self.remove_pod(uid);
        let amounts = Arc::new(PodAmounts::of(&pod.spec));
        let node = pod.node_name.clone();
        self.place(pod, amounts, &node, false);
    }

    fn place(&mut self, pod: Arc<Pod>, amounts: Arc<PodAmounts>, node: &Str, assumed: bool) {
        let row = self.row(node);
        let slot = self.rows[row as usize].pods.len() as u32;
        self.rows[row as usize].add_pod(pod.clone(), &amounts);
        self.touch(row);
        *self.priorities.entry(pod.spec.priority.unwrap_or(0)).or_default() += 1;
        let uid = pod.metadata.uid;
        self.pods.insert(&uid, Placed { pod, amounts, row, slot, assumed });
    }

    /// A pod is gone or has ended.
    pub fn remove_pod(&mut self, uid: Uid) -> Option<Arc<Pod>> {
        let p = self.pods.remove(&uid)?;
        self.rows[p.row as usize].remove_pod(uid, &p.amounts);
        self.touch(p.row);
        let priority = p.pod.spec.priority.unwrap_or(0);
        if let Some(n) = self.priorities.get_mut(&priority) {
            *n -= 1;
            if *n == 0 {
                self.priorities.remove(&priority);
            }
        }
        self.free_if_empty(p.row);
        Some(p.pod)
    }

    /// The nodes in the scheduler's order and the pods that count on them, as plain objects with `nodeName` set:
    /// what [`super::explain::explain`] takes.
    pub fn objects(&self) -> (Vec<Arc<Node>>, Vec<Arc<Pod>>) {
        let nodes = self.view().nodes().filter_map(|n| n.node.clone()).collect();
        let mut pods = Vec::new();
        for n in self.view().nodes() {
            for p in &n.pods {
                if p.node_name == n.name {
                    pods.push(p.clone());
                } else {
                    pods.push(Arc::new(Pod { node_name: n.name.clone(), ..(**p).clone() }));
                }
            }
        }
        (nodes, pods)
    }
}
