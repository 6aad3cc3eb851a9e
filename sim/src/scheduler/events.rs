//! What the scheduler makes of news: the cache, the queue and the nominations follow it, and pods that it may help are
//! tried again. Source: `pkg/scheduler/eventhandlers.go`, `backend/queue/nominator.go`.

use super::framework::{
    ATTACHMENT_DELETE, CSI_CAPACITY, CSI_DRIVER, CSI_NODE, Events, NODE_ADD, NODE_ALLOCATABLE,
    NODE_CONDITION, NODE_DELETE, NODE_LABEL, NODE_TAINT, POD_ADD, POD_DELETE, POD_LABEL, PodInfo,
    STORAGE_CLASS, Subject, VOLUME, VOLUME_CLAIM,
};
use super::{NODES, PODS, Role, Scheduler};
use crate::client::Change;
use crate::core::Cx;
use crate::object::{Key, Node, Obj, Pod, Str, Uid};
use std::collections::HashSet;
use std::sync::Arc;

impl Scheduler {
    /// An informer has learned something.
    pub(super) fn change(&mut self, cx: &mut Cx<'_>, informer: u8, change: Change) {
        match (informer, change) {
            (PODS, Change::Replace(all)) => {
                let now: HashSet<Uid> = all.iter().map(|o| o.meta().uid).collect();
                let gone = self.seen.iter().filter(|p| !now.contains(&p.metadata.uid)).cloned();
                let mut gone: Vec<Arc<Pod>> = gone.collect();
                gone.sort_by(|a, b| {
                    let key = |p: &Pod| (p.metadata.namespace.clone(), p.metadata.name.clone());
                    key(a).cmp(&key(b))
                });
                for p in gone {
                    self.remove_pod(cx, &p);
                }
                let cause = cx.cause();
                for o in all {
                    cx.set_cause_to_news_of(&o.key());
                    self.set(cx, o);
                }
                cx.set_cause(cause);
            }
            (NODES, Change::Replace(all)) => {
                let now: HashSet<&str> = all.iter().map(|o| o.meta().name.as_str()).collect();
                let known: Vec<Arc<Node>> = self.cache.nodes().filter_map(|n| n.node.clone()).collect();
                for n in known.iter().filter(|n| !now.contains(n.metadata.name.as_str())) {
                    self.remove_node(cx, n);
                }
                if known.is_empty() {
                    // The first list: no pod has been tried yet, so that there is nobody to wake.
                    self.cache.set_nodes(all.iter().filter_map(|o| o.as_node().cloned()));
                } else {
                    for o in all {
                        self.set(cx, o);
                    }
                }
            }
            (i, Change::Replace(all)) => {
                let Some((version, kind)) = super::KINDS.get(usize::from(i).wrapping_sub(2)) else { return };
                let kind = crate::object::Kind::of(version, kind);
                let from = Key { kind: kind.clone(), ns: Str::new(), name: Str::new() };
                let known = self.objects.range(from..).take_while(|(k, _)| k.kind == kind);
                let mut gone: Vec<Obj> = known.map(|(_, o)| o.clone()).collect();
                let now: HashSet<Key> = all.iter().map(Obj::key).collect();
                gone.retain(|o| !now.contains(&o.key()));
                for o in gone {
                    self.remove(cx, o);
                }
                for o in all {
                    self.set(cx, o);
                }
            }
            (_, Change::Set(o)) => self.set(cx, o),
            (_, Change::Remove(o)) => self.remove(cx, o),
        }
    }

    fn set(&mut self, cx: &mut Cx<'_>, obj: Obj) {
        match obj {
            Obj::Pod(p) => self.set_pod(cx, p),
            Obj::Node(n) => self.set_node(cx, n),
            new => {
                self.cache.listers.set(&new);
                let old = self.objects.insert(new.key(), new.clone());
                self.react_to_object(cx, old, Some(new));
            }
        }
    }

    fn remove(&mut self, cx: &mut Cx<'_>, obj: Obj) {
        match obj {
            Obj::Pod(p) => self.remove_pod(cx, &p),
            Obj::Node(n) => self.remove_node(cx, &n),
            gone => {
                self.cache.listers.remove(&gone);
                let old = self.objects.remove(&gone.key()).unwrap_or(gone);
                self.react_to_object(cx, Some(old), None);
            }
        }
    }

    /// A pod came or changed.
    fn set_pod(&mut self, cx: &mut Cx<'_>, pod: Arc<Pod>) {
        let uid = pod.metadata.uid;
        let (_, old) = self.seen.insert(&uid, pod.clone());
        let was = old.as_ref().map_or(Role::Neither, |p| self.role(p));
        let is = self.role(&pod);
        if was == Role::Waiting && is != Role::Waiting {
            self.queue.remove(uid);
            self.end_nomination(&pod);
        }
        match is {
            // What we have placed ourselves does not go back into the queue for a change of its status.
            Role::Waiting if self.cache.is_assumed(uid) => {}
            Role::Waiting => match &old {
                Some(old) if was == Role::Waiting => {
                    // Upstream leaves the nomination of a pod in its cycle to the end of that.
                    let in_flight = self.queue.is_in_flight(uid);
                    self.queue.update(cx, &self.cache, old, &pod);
                    if !in_flight {
                        self.renominate(old, &pod);
                    }
                    let (before, now) = (&old.status.nominated_node_name, &pod.status.nominated_node_name);
                    if !before.is_empty() && before != now {
                        self.react_to_room(cx, old);
                    }
                }
                _ => {
                    if !pod.status.nominated_node_name.is_empty() {
                        self.nominate(&PodInfo::new(pod.clone()), &pod.status.nominated_node_name);
                    }
                    self.queue.add(cx, pod);
                }
            },
            Role::Placed => {
                self.cache.set_pod(pod.clone());
                if was != Role::Placed {
                    self.react(cx, POD_ADD, Subject::Pod { old: None, new: Some(pod) });
                } else if let Some(old) = old
                    && old.metadata.labels != pod.metadata.labels
                {
                    self.react(cx, POD_LABEL, Subject::Pod { old: Some(old), new: Some(pod) });
                }
            }
            Role::Neither => {
                if was == Role::Placed {
                    self.unplace(cx, old.unwrap_or(pod));
                }
            }
        }
    }

    fn remove_pod(&mut self, cx: &mut Cx<'_>, pod: &Arc<Pod>) {
        let uid = pod.metadata.uid;
        let Some(old) = self.seen.remove(&uid) else { return };
        match self.role(&old) {
            Role::Waiting => {
                self.queue.remove(uid);
                self.end_nomination(&old);
                // While its binding is on its way, the answer settles what becomes of an assumed pod.
                if !self.binding.contains_key(&uid) && self.forget(uid) {
                    self.react(cx, POD_DELETE, Subject::Pod { old: Some(old), new: None });
                } else if !old.status.nominated_node_name.is_empty() {
                    self.react_to_room(cx, &old);
                }
            }
            Role::Placed => self.unplace(cx, old),
            Role::Neither => {}
        }
    }

    fn unplace(&mut self, cx: &mut Cx<'_>, pod: Arc<Pod>) {
        self.cache.remove_pod(pod.metadata.uid);
        self.react(cx, POD_DELETE, Subject::Pod { old: Some(pod), new: None });
    }

    /// A waiting pod no longer waits.
    fn end_nomination(&mut self, pod: &Arc<Pod>) {
        if self.cache.nomination(pod.metadata.uid).is_some() {
            self.nominate(&PodInfo::new(pod.clone()), &Str::new());
        }
    }

    /// A waiting pod has changed: what its status says of a nomination holds, but for an update that came before the
    /// scheduler's own word was written (`UpdateNominatedPod`).
    fn renominate(&mut self, old: &Pod, new: &Arc<Pod>) {
        let (before, now) = (&old.status.nominated_node_name, &new.status.nominated_node_name);
        let own = self.cache.nomination(new.metadata.uid).cloned();
        let node = if before.is_empty() && now.is_empty() { own.clone() } else { Some(now.clone()) };
        if own.is_some() || node.as_ref().is_some_and(|n| !n.is_empty()) {
            self.nominate(&PodInfo::new(new.clone()), &node.unwrap_or_default());
        }
    }

    fn set_node(&mut self, cx: &mut Cx<'_>, node: Arc<Node>) {
        let old = self.cache.set_node(node.clone());
        for what in node_changes(old.as_deref(), &node) {
            self.react(cx, what, Subject::Node { old: old.clone(), new: Some(node.clone()) });
        }
    }

    fn remove_node(&mut self, cx: &mut Cx<'_>, node: &Arc<Node>) {
        if let Some(old) = self.cache.remove_node(&node.metadata.name) {
            self.react(cx, NODE_DELETE, Subject::Node { old: Some(old), new: None });
        }
    }

    fn react_to_object(&mut self, cx: &mut Cx<'_>, old: Option<Obj>, new: Option<Obj>) {
        let (Some(Obj::Inert(o)), there, known) =
            (new.as_ref().or(old.as_ref()), new.is_some(), old.is_some())
        else {
            return;
        };
        let what = match (o.kind.as_str(), there) {
            ("PersistentVolumeClaim", true) => VOLUME_CLAIM,
            ("PersistentVolume", true) => VOLUME,
            ("StorageClass", true) => STORAGE_CLASS,
            ("CSINode", true) => CSI_NODE,
            ("CSIDriver", true) if known => CSI_DRIVER,
            ("CSIStorageCapacity", true) => CSI_CAPACITY,
            ("VolumeAttachment", false) => ATTACHMENT_DELETE,
            _ => return,
        };
        self.react(cx, what, Subject::Object { old, new });
    }
}

/// What changed in a node that plugins care about (`NodeSchedulingPropertiesChange`).
pub(crate) fn node_changes(old: Option<&Node>, new: &Node) -> Vec<Events> {
    let Some(old) = old else { return vec![NODE_ADD] };
    let statuses = |n: &Node| -> Vec<_> {
        let mut s: Vec<_> = n.status.conditions.iter().map(|c| (c.type_.clone(), c.status)).collect();
        s.sort();
        s
    };
    let mut out = Vec::new();
    if old.spec.taints != new.spec.taints || old.spec.unschedulable && !new.spec.unschedulable {
        out.push(NODE_TAINT);
    }
    if old.status.allocatable != new.status.allocatable {
        out.push(NODE_ALLOCATABLE);
    }
    if old.metadata.labels != new.metadata.labels {
        out.push(NODE_LABEL);
    }
    if statuses(old) != statuses(new) {
        out.push(NODE_CONDITION);
    }
    out
}
