//! The replica set controller: keeps as many pods as asked for.
//!
//! Source: `pkg/controller/replicaset/replica_set.go`, `replica_set_utils.go`, and the claiming of
//! `pkg/controller/controller_ref_manager.go`. Beyond upstream the pods of a set are counted by the
//! cache as they change, so that a sync with nothing to do does not list them.

use super::cache::{Cache, PodGroup, Seen};
use super::expectations::Expectations;
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::replicaset_rank::{Ranked, delete_first};
use super::{Answer, Reconciler, Verdict};
use crate::apiserver::{DeleteOptions, Patch, Verb};
use crate::object::{
    Condition, ConditionStatus, EventType, Key, Kind, Obj, ObjectMeta, OwnerReference, Pod, ReplicaSet,
    ReplicaSetStatus, Str, lit,
};
use crate::time::Span;
use crate::trace::Code;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// At most so many creations or deletions a sync (`BurstReplicas`).
const BURST: usize = 500;

const NAME: Str = lit!("replicaset-controller");
const CREATE: u8 = 1;
const DELETE: u8 = 2;
const STATUS: u8 = 3;
const CLAIM: u8 = 4;

/// Creations of a sync that go out in batches of 1, 2, 4, … (`slowStartBatch`).
#[derive(Clone, Debug)]
struct Batches {
    left: usize,
    size: usize,
}

/// What a sync in progress remembers.
#[derive(Clone, Debug, Default)]
struct Sync {
    batches: Option<Batches>,
    claiming: bool,
    status_sent: bool,
    failure: Option<(Str, String)>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSetController {
    expectations: Expectations,
    /// Sets whose pods may have to be adopted or released.
    claim: BTreeSet<Key>,
    syncs: BTreeMap<Key, Sync>,
}

/// A reference that makes `owner` the managing controller.
pub fn controller_ref(kind: &Kind, owner: &ObjectMeta) -> OwnerReference {
    let (api_version, kind) = match kind {
        Kind::ReplicaSet => (lit!("apps/v1"), lit!("ReplicaSet")),
        Kind::Deployment => (lit!("apps/v1"), lit!("Deployment")),
        k => (Str::from(k.api_version()), Str::from(k.name())),
    };
    OwnerReference {
        api_version,
        kind,
        name: owner.name.clone(),
        uid: owner.uid,
        controller: true,
        block_owner_deletion: true,
    }
}

fn key_of(rs: &ReplicaSet) -> Key {
    Key { kind: Kind::ReplicaSet, ns: rs.metadata.namespace.clone(), name: rs.metadata.name.clone() }
}

/// The replica set that owns a pod, if it is still the one of that name (`resolveControllerRef`).
fn owner_of(cache: &Cache, pod: &Pod) -> Option<Key> {
    let o = pod.metadata.controller().filter(|o| o.kind == "ReplicaSet")?;
    let key = Key { kind: Kind::ReplicaSet, ns: pod.metadata.namespace.clone(), name: o.name.clone() };
    cache.replica_set(&key).filter(|rs| rs.metadata.uid == o.uid)?;
    Some(key)
}

impl ReplicaSetController {
    fn add_matching(&mut self, pod: &Pod, io: &mut Io<'_, '_>) {
        let sets: Vec<Key> = io
            .cache
            .in_namespace(&Kind::ReplicaSet, &pod.metadata.namespace)
            .filter_map(Obj::as_replica_set)
            .filter(|rs| !rs.spec.selector.is_empty() && rs.spec.selector.matches(&pod.metadata.labels))
            .map(|rs| key_of(rs))
            .collect();
        for key in sets {
            self.claim.insert(key.clone());
            io.add(key, Weight::Light);
        }
    }

    fn pod_gone(&mut self, pod: &Pod, key: &Key, io: &mut Io<'_, '_>) {
        if let Some(rs) = owner_of(io.cache, pod) {
            self.expectations.deletion_observed(&rs, key);
            io.add(rs, Weight::Heavy);
        }
    }

    fn observe_pod(
        &mut self,
        key: &Key,
        old: Option<&Arc<Pod>>,
        new: Option<&Arc<Pod>>,
        io: &mut Io<'_, '_>,
    ) {
        let Some(pod) = new else {
            if let Some(pod) = old {
                self.pod_gone(pod, key, io);
            }
            return;
        };
        let Some(old) = old.filter(|o| o.metadata.uid == pod.metadata.uid) else {
            if let Some(replaced) = old {
                self.pod_gone(replaced, key, io);
            }
            if pod.metadata.deleting() {
                self.pod_gone(pod, key, io);
            } else if pod.metadata.controller().is_none() {
                self.add_matching(pod, io);
            } else if let Some(rs) = owner_of(io.cache, pod) {
                self.expectations.creation_observed(&rs);
                io.add(rs, Weight::Light);
            }
            return;
        };
        if pod.metadata.deleting() && !old.metadata.deleting() {
            self.pod_gone(pod, key, io);
        }
        let relabelled =
            !pod.metadata.labels.same(&old.metadata.labels) && pod.metadata.labels != old.metadata.labels;
        let before = owner_of(io.cache, old);
        let now = owner_of(io.cache, pod);
        if let Some(rs) = before.filter(|b| now.as_ref() != Some(b)) {
            io.add(rs, Weight::Heavy);
        }
        match now {
            Some(rs) => {
                if old.metadata.controller().is_none() {
                    self.expectations.creation_observed(&rs);
                }
                if relabelled {
                    self.claim.insert(rs.clone());
                }
                let ended = pod.active() != old.active();
                io.add(rs, if ended { Weight::Heavy } else { Weight::Light });
            }
            None if pod.metadata.controller().is_none()
                && (relabelled || old.metadata.controller().is_some()) =>
            {
                self.add_matching(pod, io);
            }
            None => {}
        }
    }

    /// Adopts and releases. Returns how many requests went out.
    fn claim_pods(&mut self, rs: &ReplicaSet, key: &Key, io: &mut Io<'_, '_>) -> usize {
        let uid = rs.metadata.uid;
        let mut writes: Vec<(Key, Verb)> = Vec::new();
        let mut adopted = 0;
        let mut patch = |pod: &Pod, owners: Vec<OwnerReference>| {
            let k = Key { kind: Kind::Pod, ns: key.ns.clone(), name: pod.metadata.name.clone() };
            let verb =
                Verb::Patch { key: k.clone(), uid: Some(pod.metadata.uid), patch: Patch::Owners(owners) };
            writes.push((k, verb));
        };
        for pod in io.cache.group(uid).into_iter().flat_map(|g| io.cache.pods(g)) {
            if !rs.spec.selector.matches(&pod.metadata.labels) && !pod.terminal() {
                let kept = pod.metadata.owner_references.iter().filter(|o| o.uid != uid);
                patch(pod, kept.cloned().collect());
            }
        }
        if !rs.metadata.deleting() && !rs.spec.selector.is_empty() {
            for pod in io.cache.orphans(&key.ns) {
                if pod.active() && rs.spec.selector.matches(&pod.metadata.labels) {
                    let mut owners = pod.metadata.owner_references.to_vec();
                    owners.push(controller_ref(&Kind::ReplicaSet, &rs.metadata));
                    patch(pod, owners);
                    adopted += 1;
                }
            }
        }
        let n = writes.len();
        // What is adopted counts as ours only once the watch shows it: until then nothing is created.
        if adopted > 0 {
            self.expectations.expect_creations(key, adopted, io.cx.now());
        }
        for (about, verb) in writes {
            io.send(key, verb, CLAIM, Some(about));
        }
        n
    }

    /// Sends the next batch of creations.
    fn create_batch(&mut self, rs: &ReplicaSet, key: &Key, io: &mut Io<'_, '_>) {
        let Some(b) = self.syncs.get_mut(key).and_then(|s| s.batches.as_mut()) else { return };
        let n = b.size.min(b.left);
        b.left -= n;
        b.size *= 2;
        let template = &rs.spec.template;
        let metadata = ObjectMeta {
            generate_name: Str::from(format!("{}-", key.name)),
            namespace: key.ns.clone(),
            labels: template.metadata.labels.clone(),
            annotations: template.metadata.annotations.clone(),
            finalizers: template.metadata.finalizers.clone(),
            owner_references: vec![controller_ref(&Kind::ReplicaSet, &rs.metadata)].into(),
            ..Default::default()
        };
        let pod = Pod { metadata, spec: template.spec.clone(), ..Default::default() };
        let obj = Obj::Pod(Arc::new(pod));
        for _ in 0..n {
            io.send(key, Verb::Create(obj.clone()), CREATE, None);
        }
    }

    /// Pods to give up (`getPodsToDelete`).
    fn to_delete(rs: &ReplicaSet, group: &PodGroup, n: usize, io: &Io<'_, '_>) -> Vec<Arc<Pod>> {
        let active = || io.cache.pods(group).filter(|p| p.active());
        if n >= group.active {
            return active().cloned().collect();
        }
        // Related: the pods of all sets of the same deployment (`getIndirectlyRelatedPods`).
        let mut on_node: BTreeMap<Str, usize> = BTreeMap::new();
        let mut add = |g: &PodGroup| {
            for p in io.cache.pods(g).filter(|p| p.active()) {
                *on_node.entry(p.node_name.clone()).or_default() += 1;
            }
        };
        match rs.metadata.controller() {
            None => add(group),
            Some(o) => {
                for k in io.cache.dependents(o.uid).filter(|k| k.kind == Kind::ReplicaSet) {
                    if let Some(g) = io.cache.replica_set(k).and_then(|r| io.cache.group(r.metadata.uid)) {
                        add(g);
                    }
                }
            }
        }
        let mut ranked: Vec<Ranked> = active()
            .map(|p| Ranked { pod: p.clone(), rank: on_node.get(&p.node_name).copied().unwrap_or(0) })
            .collect();
        let now = i128::from(io.cx.config().epoch_s) * 1_000_000_000 + i128::from(io.cx.now().0);
        ranked.sort_by(|a, b| delete_first(a, b, now));
        ranked.truncate(n);
        ranked.into_iter().map(|r| r.pod).collect()
    }

    /// Creates what is missing, deletes what is too much (`manageReplicas`).
    fn manage(&mut self, rs: &ReplicaSet, key: &Key, io: &mut Io<'_, '_>) {
        let none = PodGroup::default();
        let group = io.cache.group(rs.metadata.uid).unwrap_or(&none);
        let want = rs.spec.replicas.unwrap_or(1).max(0) as usize;
        let have = group.active;
        if have < want {
            let n = (want - have).min(BURST);
            self.expectations.expect_creations(key, n as i64, io.cx.now());
            let args: [(&'static str, &dyn std::fmt::Display); 3] =
                [("have", &have), ("want", &want), ("create", &n)];
            let cause = io.cx.note(Code::ReplicasMissing, key, &args);
            io.cx.set_cause(cause);
            self.syncs.entry(key.clone()).or_default().batches = Some(Batches { left: n, size: 1 });
            self.create_batch(rs, key, io);
        } else if have > want {
            let n = (have - want).min(BURST);
            let pods = Self::to_delete(rs, group, n, io);
            let args: [(&'static str, &dyn std::fmt::Display); 3] =
                [("have", &have), ("want", &want), ("delete", &n)];
            let cause = io.cx.note(Code::ReplicasSurplus, key, &args);
            io.cx.set_cause(cause);
            let keys: Vec<(Key, _)> = pods
                .iter()
                .map(|p| {
                    (
                        Key { kind: Kind::Pod, ns: key.ns.clone(), name: p.metadata.name.clone() },
                        p.metadata.uid,
                    )
                })
                .collect();
            self.expectations.expect_deletions(
                key,
                keys.iter().map(|(k, _)| k.clone()).collect(),
                io.cx.now(),
            );
            for (pod, uid) in keys {
                let options = DeleteOptions { uid: Some(uid), ..Default::default() };
                io.send(key, Verb::Delete { key: pod.clone(), options }, DELETE, Some(pod));
            }
        }
    }

    /// Writes the status if it has changed (`updateReplicaSetStatus`). Returns whether it did.
    fn write_status(&mut self, rs: &Arc<ReplicaSet>, key: &Key, io: &mut Io<'_, '_>) -> bool {
        let none = PodGroup::default();
        let group = io.cache.group(rs.metadata.uid).unwrap_or(&none);
        let min_ready = rs.spec.min_ready_seconds;
        let now = io.cx.wall();
        let available = if min_ready == 0 {
            group.ready
        } else {
            io.cache.pods(group).filter(|p| p.active() && p.available(min_ready, now)).count()
        };
        let mut status = ReplicaSetStatus {
            replicas: group.active as i64,
            fully_labeled_replicas: group.labelled as i64,
            ready_replicas: group.ready as i64,
            available_replicas: available as i64,
            observed_generation: rs.metadata.generation,
            ..rs.status.clone()
        };
        let failure = self.syncs.get(key).and_then(|s| s.failure.clone());
        let shown = status.conditions.iter().any(|c| c.type_ == "ReplicaFailure");
        match failure {
            Some((reason, message)) if !shown => status.conditions.push(Condition {
                type_: lit!("ReplicaFailure"),
                status: ConditionStatus::True,
                last_transition_time: Some(now),
                reason,
                message: Str::from(message),
                ..Default::default()
            }),
            None if shown => status.conditions.retain(|c| c.type_ != "ReplicaFailure"),
            _ => {}
        }
        // A ready pod becomes available without any event: look again when the next one does.
        if min_ready > 0 && available < group.ready {
            let next =
                io.cache.pods(group).filter(|p| p.active() && p.ready() && !p.available(min_ready, now));
            let at =
                next.filter_map(|p| Some(p.condition("Ready")?.last_transition_time?.0 + min_ready)).min();
            io.add_after(key.clone(), Span::secs(at.map_or(1, |t| (t - now.0).max(1)) as u64));
        }
        if status == rs.status {
            return false;
        }
        let mut new = ReplicaSet::clone(rs);
        new.status = status;
        io.send(key, Verb::UpdateStatus(Obj::ReplicaSet(Arc::new(new))), STATUS, None);
        true
    }

    /// The end of a sync. While pods that were asked for are not seen, its reason stays in force.
    fn end(&mut self, key: &Key, retry: bool, io: &Io<'_, '_>) -> Outcome {
        self.syncs.remove(key);
        if retry {
            Outcome::Retry
        } else if self.expectations.satisfied(key, io.cx.now()) {
            Outcome::Done
        } else {
            Outcome::Deferred
        }
    }

    fn complain(&mut self, answer: &Answer<'_>, reason: Str, doing: &str, io: &mut Io<'_, '_>) {
        let Err(e) = answer.result else { return };
        let message = format!("Error {doing}: {}", e.message);
        if let Some(rs) = io.cache.replica_set(answer.key).cloned() {
            io.event(NAME, (Kind::ReplicaSet, &rs.metadata), EventType::Warning, reason.clone(), message);
        }
        self.syncs.entry(answer.key.clone()).or_default().failure.get_or_insert((reason, e.message.clone()));
    }
}

impl Reconciler for ReplicaSetController {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        &[Kind::ReplicaSet, Kind::Pod]
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }

    fn cost(&self, key: &Key, cache: &Cache) -> Span {
        let listed =
            cache.replica_set(key).and_then(|rs| cache.group(rs.metadata.uid)).map_or(0, |g| g.pods.len());
        Span(Span::us(200).0 + 500 * listed as u64)
    }

    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        if let Obj::Pod(_) = seen.any() {
            let (old, new) =
                (seen.old.as_ref().and_then(Obj::as_pod), seen.new.as_ref().and_then(Obj::as_pod));
            self.observe_pod(&seen.key, old, new, io);
            return;
        }
        let (old, new) = (seen.old.as_ref(), seen.new.as_ref());
        if old.map(|o| o.meta().uid) != new.map(|o| o.meta().uid) && old.is_some() {
            self.expectations.forget(&seen.key);
        }
        let changed = match (old, new) {
            (Some(a), Some(b)) => a.meta().generation != b.meta().generation,
            _ => true,
        };
        if changed {
            self.claim.insert(seen.key.clone());
        }
        io.add(seen.key.clone(), if changed { Weight::Heavy } else { Weight::Light });
    }

    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        let Some(rs) = io.cache.replica_set(key).cloned() else {
            self.expectations.forget(key);
            self.claim.remove(key);
            io.lane.forget(key);
            return Outcome::Done;
        };
        self.syncs.insert(key.clone(), Sync::default());
        let satisfied = self.expectations.satisfied(key, io.cx.now());
        if satisfied && self.claim.remove(key) && self.claim_pods(&rs, key, io) > 0 {
            self.syncs.entry(key.clone()).or_default().claiming = true;
            return Outcome::Deferred;
        }
        let cause = io.cx.cause();
        if satisfied && !rs.metadata.deleting() {
            self.manage(&rs, key, io);
        }
        if io.lane.waits(key) {
            return Outcome::Done;
        }
        let wrote = self.write_status(&rs, key, io);
        self.syncs.entry(key.clone()).or_default().status_sent = wrote;
        io.cx.set_cause(cause);
        if satisfied { Outcome::Done } else { Outcome::Deferred }
    }

    fn answered(&mut self, answer: &Answer<'_>, io: &mut Io<'_, '_>) -> Verdict {
        match (answer.tag, answer.result) {
            (CREATE | DELETE, Ok(reply)) => {
                if let Some(rs) = io.cache.replica_set(answer.key).cloned() {
                    let (reason, text) = match (answer.tag, reply, answer.about) {
                        (CREATE, crate::msg::Reply::Object(o), _) => {
                            (lit!("SuccessfulCreate"), format!("Created pod: {}", o.meta().name))
                        }
                        (_, _, Some(pod)) => (lit!("SuccessfulDelete"), format!("Deleted pod: {}", pod.name)),
                        _ => return Verdict::Fine,
                    };
                    io.event(NAME, (Kind::ReplicaSet, &rs.metadata), EventType::Normal, reason, text);
                }
                Verdict::ByResult
            }
            (CREATE, Err(e)) => {
                self.expectations.creation_observed(answer.key);
                // The namespace goes away: its end ends this set, too.
                if e.code == 403 && e.message.contains("because it is being terminated") {
                    if let Some(b) = self.syncs.get_mut(answer.key).and_then(|s| s.batches.take()) {
                        (0..b.left).for_each(|_| self.expectations.creation_observed(answer.key));
                    }
                    return Verdict::Fine;
                }
                self.complain(answer, lit!("FailedCreate"), "creating", io);
                Verdict::ByResult
            }
            (DELETE, Err(e)) => {
                if let Some(pod) = answer.about {
                    self.expectations.deletion_observed(answer.key, pod);
                }
                // Gone already, or another pod of the same name: either way not ours to delete.
                if e.code == 404 {
                    return Verdict::Fine;
                }
                self.complain(answer, lit!("FailedDelete"), "deleting", io);
                Verdict::ByResult
            }
            (CLAIM, Err(e)) => {
                self.expectations.creation_observed(answer.key);
                if e.code == 404 || e.code == 422 {
                    return Verdict::Fine;
                }
                self.claim.insert(answer.key.clone());
                Verdict::ByResult
            }
            _ => Verdict::ByResult,
        }
    }

    fn resume(&mut self, key: &Key, failed: u32, io: &mut Io<'_, '_>) -> Outcome {
        let Some(rs) = io.cache.replica_set(key).cloned() else {
            self.syncs.remove(key);
            return Outcome::Done;
        };
        let sync = self.syncs.entry(key.clone()).or_default();
        if sync.claiming || sync.status_sent {
            let retry = failed > 0 || sync.failure.is_some();
            return self.end(key, retry, io);
        }
        if let Some(b) = &sync.batches
            && b.left > 0
        {
            if failed == 0 {
                self.create_batch(&rs, key, io);
                return Outcome::Done;
            }
            // The rest of a batch that began badly is left for the next sync.
            let skipped = b.left;
            sync.batches = None;
            (0..skipped).for_each(|_| self.expectations.creation_observed(key));
        }
        let failure = self.syncs.get(key).is_some_and(|s| s.failure.is_some());
        if self.write_status(&rs, key, io) {
            self.syncs.entry(key.clone()).or_default().status_sent = true;
            return Outcome::Done;
        }
        self.end(key, failed > 0 || failure, io)
    }
}
