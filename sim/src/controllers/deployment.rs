//! The deployment controller: replaces the pods of an old template by pods of a new one, through
//! one replica set for each template.
//!
//! Source: `pkg/controller/deployment/{deployment_controller.go,sync.go,rolling.go,recreate.go}`.
//! A sync upstream waits for each of its writes; here all writes of a step go out together and the
//! sync is over when the last answer has come, which needs no more than that no write of a step depends
//! on the answer to another. The one that does (the status after the creation of a replica set)
//! follows in `resume`.

use super::cache::Seen;
use super::deployment_parts::{self as parts, Rs, size, want};
use super::deployment_status::{self as status, News, PROGRESSING};
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::replicaset::controller_ref;
use super::{Answer, Cache, Reconciler, Verdict};
use crate::apiserver::{DeleteOptions, Patch, Verb};
use crate::object::{
    ConditionStatus, Deployment, DeploymentStatus, EventType, Key, Kind, Obj, ObjectMeta, Pod, PodPhase,
    ReplicaSet, ReplicaSetSpec, Str, lit,
};
use crate::time::Span;
use crate::trace::Code;
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: Str = lit!("deployment-controller");
const CREATE: u8 = 1;
const SCALE: u8 = 2;
const OTHER: u8 = 3;
const CLEAN: u8 = 4;
const STATUS: u8 = 5;

/// What waits for the answers of a step.
#[derive(Clone, Debug)]
enum Next {
    /// The status after the creation of this replica set.
    Created { name: Str },
    /// Creation failed: the condition that says so.
    CreationFailed { message: String },
    /// A replica set of that name, but of another template, is there: count the collision.
    Collision,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct DeploymentController {
    next: BTreeMap<Key, Next>,
    /// The replica sets that a sync scales: from, to.
    scaling: BTreeMap<Key, (i64, i64)>,
}

fn deployment_of(cache: &Cache, meta: &ObjectMeta) -> Option<Key> {
    let o = meta.controller().filter(|o| o.kind == "Deployment")?;
    let key = Key { kind: Kind::Deployment, ns: meta.namespace.clone(), name: o.name.clone() };
    cache.get(&key).filter(|d| d.meta().uid == o.uid)?;
    Some(key)
}

fn rs_key(rs: &ReplicaSet) -> Key {
    Key { kind: Kind::ReplicaSet, ns: rs.metadata.namespace.clone(), name: rs.metadata.name.clone() }
}

/// One sync's view.
struct Sync<'a> {
    key: &'a Key,
    d: Arc<Deployment>,
    /// The replica set of the present template.
    new: Option<Rs>,
    old: Vec<Rs>,
    /// Whether something was written that the status must wait for.
    unsettled: bool,
}

impl Sync<'_> {
    fn all(&self) -> Vec<Rs> {
        self.old.iter().chain(&self.new).cloned().collect()
    }
}

impl DeploymentController {
    /// The replica sets of a deployment; adopts and releases on the way. `None`: wait for that.
    fn sets(&self, key: &Key, d: &Deployment, io: &mut Io<'_, '_>) -> Option<Vec<Rs>> {
        let (mut mine, mut patches) = (Vec::new(), Vec::new());
        for rs in io.cache.in_namespace(&Kind::ReplicaSet, &key.ns).filter_map(Obj::as_replica_set) {
            let fits = !d.spec.selector.is_empty() && d.spec.selector.matches(&rs.metadata.labels);
            match rs.metadata.controller() {
                Some(o) if o.uid != d.metadata.uid => {}
                Some(_) if fits => mine.push(rs.clone()),
                Some(o) => {
                    let kept = rs.metadata.owner_references.iter().filter(|r| r.uid != o.uid);
                    patches.push((rs.clone(), kept.cloned().collect::<Vec<_>>()));
                }
                None if fits && !d.metadata.deleting() && !rs.metadata.deleting() => {
                    let mut owners = rs.metadata.owner_references.to_vec();
                    owners.push(controller_ref(&Kind::Deployment, &d.metadata));
                    patches.push((rs.clone(), owners));
                }
                None => {}
            }
        }
        if patches.is_empty() {
            return Some(mine);
        }
        for (rs, owners) in patches {
            let verb =
                Verb::Patch { key: rs_key(&rs), uid: Some(rs.metadata.uid), patch: Patch::Owners(owners) };
            io.send(key, verb, OTHER, None);
        }
        None
    }

    /// Sorts the sets into new and old, numbers the revision, creates the new set if it is missing and
    /// `create` (`getAllReplicaSetsAndSyncRevision`).
    fn revise(&mut self, s: &mut Sync<'_>, mut sets: Vec<Rs>, create: bool, io: &mut Io<'_, '_>) {
        sets.sort_by(parts::by_creation);
        let at = sets.iter().position(|r| parts::same_template(&r.spec.template, &s.d.spec.template));
        s.new = at.map(|i| sets.remove(i));
        s.old = sets;
        let revision = s.old.iter().map(|r| parts::revision(r)).max().unwrap_or(0) + 1;
        if let Some(rs) = s.new.clone() {
            let mut copy = ReplicaSet::clone(&rs);
            let mut changed = parts::set_annotations(&s.d, &mut copy, revision, true);
            if copy.spec.min_ready_seconds != s.d.spec.min_ready_seconds {
                copy.spec.min_ready_seconds = s.d.spec.min_ready_seconds;
                changed = true;
            }
            if changed {
                if parts::revision(&copy) > parts::revision(&rs) {
                    let (name, n) = (rs.metadata.name.clone(), parts::revision(&copy));
                    let cause =
                        io.cx.note(Code::RevisionReused, s.key, &[("replicaset", &name), ("revision", &n)]);
                    io.cx.set_cause(cause);
                }
                io.send(s.key, Verb::Update(Obj::ReplicaSet(Arc::new(copy))), OTHER, None);
                s.unsettled = true;
            } else {
                self.number(s, parts::revision(&rs), io);
            }
        } else if create {
            self.create(s, revision, io);
        }
    }

    /// Writes the revision on the deployment.
    fn number(&self, s: &Sync<'_>, revision: i64, io: &mut Io<'_, '_>) {
        let text = revision.to_string();
        if s.d.metadata.annotations.get(&parts::REVISION).is_some_and(|r| *r == text) {
            return;
        }
        let patch = serde_json::json!({"metadata": {"annotations": {(parts::REVISION.as_str()): text}}});
        let verb = Verb::Patch { key: s.key.clone(), uid: None, patch: Patch::Merge(patch) };
        io.send(s.key, verb, OTHER, None);
    }

    fn create(&mut self, s: &mut Sync<'_>, revision: i64, io: &mut Io<'_, '_>) {
        let d = &s.d;
        let hash = parts::template_hash(&d.spec.template, d.status.collision_count);
        let mut template = d.spec.template.clone();
        template.metadata.labels.insert(parts::HASH, hash.clone());
        let mut selector = d.spec.selector.clone();
        selector.match_labels.insert(parts::HASH, hash.clone());
        let name = Str::from(format!("{}-{hash}", d.metadata.name));
        let mut rs = ReplicaSet {
            metadata: ObjectMeta {
                name: name.clone(),
                namespace: s.key.ns.clone(),
                labels: template.metadata.labels.clone(),
                owner_references: vec![controller_ref(&Kind::Deployment, &d.metadata)].into(),
                ..Default::default()
            },
            spec: ReplicaSetSpec {
                replicas: Some(0),
                min_ready_seconds: d.spec.min_ready_seconds,
                selector,
                template,
                ..Default::default()
            },
            ..Default::default()
        };
        let n = parts::next_new_size(d, &s.old, &rs);
        rs.spec.replicas = Some(n);
        parts::set_annotations(d, &mut rs, revision, false);
        let cause =
            io.cx.note(Code::RevisionCreated, s.key, &[("replicaset", &name), ("revision", &revision)]);
        io.cx.set_cause(cause);
        self.scaling.insert(rs_key(&rs), (0, n));
        let about = rs_key(&rs);
        io.send(s.key, Verb::Create(Obj::ReplicaSet(Arc::new(rs))), CREATE, Some(about));
        self.number(s, revision, io);
        s.unsettled = true;
    }

    /// Gives replica sets other sizes. Returns whether any changed.
    fn scale(&mut self, s: &mut Sync<'_>, sizes: Vec<(Rs, i64)>, io: &mut Io<'_, '_>) -> bool {
        let mut scaled = false;
        for (rs, to) in sizes {
            let from = size(&rs);
            let mut copy = ReplicaSet::clone(&rs);
            let marked = parts::set_size_annotations(&mut copy, &s.d);
            if from == to && !marked {
                continue;
            }
            copy.spec.replicas = Some(to);
            if from != to {
                let name = &rs.metadata.name;
                let args: [(&'static str, &dyn std::fmt::Display); 3] =
                    [("replicaset", name), ("from", &from), ("to", &to)];
                let cause = io.cx.note(Code::ReplicaSetScaled, s.key, &args);
                io.cx.set_cause(cause);
                self.scaling.insert(rs_key(&rs), (from, to));
                scaled = true;
            }
            io.send(s.key, Verb::Update(Obj::ReplicaSet(Arc::new(copy))), SCALE, Some(rs_key(&rs)));
        }
        scaled
    }

    fn only_changes(sizes: Vec<(Rs, i64)>) -> Vec<(Rs, i64)> {
        sizes.into_iter().filter(|(r, n)| size(r) != *n).collect()
    }

    fn rolling(&mut self, s: &mut Sync<'_>, io: &mut Io<'_, '_>) {
        if let Some(new) = s.new.clone() {
            let to =
                if size(&new) > want(&s.d) { want(&s.d) } else { parts::next_new_size(&s.d, &s.all(), &new) };
            if to != size(&new) && self.scale(s, vec![(new, to)], io) {
                return;
            }
        }
        let old = parts::active(&s.old);
        let sizes = parts::old_sizes(&s.d, &s.all(), &old, s.new.as_ref());
        if self.scale(s, Self::only_changes(sizes), io) {
            return;
        }
        if status::complete(&s.d, &s.d.status) {
            self.clean(s, io);
        }
    }

    fn recreate(&mut self, s: &mut Sync<'_>, sets: Vec<Rs>, io: &mut Io<'_, '_>) {
        let down = parts::active(&s.old).into_iter().map(|r| (r, 0)).collect();
        if self.scale(s, down, io) || Self::old_pods_run(s, io.cache) {
            return;
        }
        match s.new.clone() {
            None => self.revise(s, sets, true, io),
            Some(new) => {
                let to = want(&s.d);
                if size(&new) != to {
                    self.scale(s, vec![(new, to)], io);
                    return;
                }
                if status::complete(&s.d, &s.d.status) {
                    self.clean(s, io);
                }
            }
        }
    }

    fn old_pods_run(s: &Sync<'_>, cache: &Cache) -> bool {
        parts::total_actual(&s.old) > 0
            || s.old.iter().filter_map(|r| cache.group(r.metadata.uid)).any(|g| {
                let runs = |p: &Arc<Pod>| !matches!(p.status.phase, PodPhase::Failed | PodPhase::Succeeded);
                cache.pods(g).any(runs)
            })
    }

    /// Deletes replica sets of revisions long past (`cleanupDeployment`).
    fn clean(&self, s: &Sync<'_>, io: &mut Io<'_, '_>) {
        let Some(limit) = s.d.spec.revision_history_limit.filter(|n| *n != i64::from(i32::MAX)) else {
            return;
        };
        let mut sets: Vec<&Rs> = s.old.iter().filter(|r| !r.metadata.deleting()).collect();
        let excess = sets.len().saturating_sub(limit.max(0) as usize);
        sets.sort_by_key(|r| parts::revision(r));
        for rs in sets.into_iter().take(excess) {
            if rs.status.replicas == 0
                && size(rs) == 0
                && rs.metadata.generation <= rs.status.observed_generation
            {
                let options = DeleteOptions { uid: Some(rs.metadata.uid), ..Default::default() };
                io.send(s.key, Verb::Delete { key: rs_key(rs), options }, CLEAN, None);
            }
        }
    }

    /// Scaling while paused or in the middle of a rollout (`sync` and `scale` in `sync.go`).
    fn sync_scale(&mut self, s: &mut Sync<'_>, io: &mut Io<'_, '_>) {
        if let Some(one) = parts::active_or_latest(s.new.as_ref(), &s.old) {
            if size(&one) != want(&s.d) {
                let to = want(&s.d);
                self.scale(s, vec![(one, to)], io);
            }
        } else if s.new.as_ref().is_some_and(|n| parts::saturated(&s.d, n)) {
            let down = parts::active(&s.old).into_iter().map(|r| (r, 0)).collect();
            self.scale(s, down, io);
        } else if parts::rolling(&s.d) {
            let sizes = parts::proportional_sizes(&s.d, &parts::active(&s.all()));
            self.scale(s, sizes, io);
        }
        if s.d.spec.paused {
            self.clean(s, io);
        }
    }

    /// Marks a pause in the Progressing condition (`checkPausedConditions`).
    fn paused_condition(d: &Deployment, st: &mut DeploymentStatus, now: crate::api_util::Time) {
        let Some(_) = status::deadline(d) else { return };
        let reason = status::condition(st, &PROGRESSING).map(|c| c.reason.clone());
        if reason.as_deref() == Some("ProgressDeadlineExceeded") {
            return;
        }
        let (reason, text) = match (d.spec.paused, reason.as_deref() == Some("DeploymentPaused")) {
            (true, false) => (lit!("DeploymentPaused"), "Deployment is paused"),
            (false, true) => (lit!("DeploymentResumed"), "Deployment is resumed"),
            _ => return,
        };
        let c = status::new_condition(PROGRESSING, ConditionStatus::Unknown, reason, text.into(), now);
        status::set_condition(st, c);
    }

    /// Writes the status if it changed; else makes sure that a stuck rollout is looked at in time.
    fn write_status(
        &self,
        s: &Sync<'_>,
        news: &(DeploymentStatus, News),
        rollout: bool,
        io: &mut Io<'_, '_>,
    ) {
        let (st, news) = news;
        if *st == s.d.status {
            if rollout && let Some(wait) = status::look_again(&s.d, st, io.cx.wall()) {
                // Nothing is expected to happen then: the world may count as quiet before.
                io.cx.set_background(true);
                io.add_after(s.key.clone(), Span::secs(wait as u64));
            }
            return;
        }
        let cause = match news {
            News::None => io.cx.cause(),
            News::Complete => io.cx.note(Code::RolloutComplete, s.key, &[]),
            News::Stalled => {
                let seconds = s.d.spec.progress_deadline_seconds.unwrap_or(0);
                io.cx.note(Code::RolloutStalled, s.key, &[("seconds", &seconds)])
            }
        };
        io.cx.set_cause(cause);
        let mut d = Deployment::clone(&s.d);
        d.status = st.clone();
        // Earlier writes of this step may have raised the version; the status is nobody else's.
        d.metadata.resource_version = 0;
        io.send(s.key, Verb::UpdateStatus(Obj::Deployment(Arc::new(d))), STATUS, None);
    }

    fn add_orphan(&self, rs: &ReplicaSet, io: &mut Io<'_, '_>) {
        let keys: Vec<Key> = io
            .cache
            .in_namespace(&Kind::Deployment, &rs.metadata.namespace)
            .filter(|d| d.as_deployment().is_some_and(|d| d.spec.selector.matches(&rs.metadata.labels)))
            .map(Obj::key)
            .collect();
        for key in keys {
            io.add(key, Weight::Light);
        }
    }
}

impl Reconciler for DeploymentController {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        &[Kind::Deployment, Kind::ReplicaSet, Kind::Pod]
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }

    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        match seen.any() {
            Obj::Deployment(_) => {
                let generation = |o: &Option<Obj>| o.as_ref().map(|o| o.meta().generation);
                let heavy = generation(&seen.old) != generation(&seen.new);
                io.add(seen.key.clone(), if heavy { Weight::Heavy } else { Weight::Light });
            }
            Obj::ReplicaSet(rs) => {
                let before = seen.old.as_ref().and_then(|o| deployment_of(io.cache, o.meta()));
                let now = deployment_of(io.cache, &rs.metadata);
                if let Some(key) = before.filter(|b| Some(b) != now.as_ref()) {
                    io.add(key, Weight::Light);
                }
                match now {
                    Some(key) => io.add(key, Weight::Light),
                    None if rs.metadata.controller().is_none() => self.add_orphan(rs, io),
                    None => {}
                }
            }
            // The last pod of a Recreate deployment makes room for the new ones.
            Obj::Pod(pod) if seen.new.is_none() || pod.terminal() => {
                let Some(o) = pod.metadata.controller() else { return };
                let Some(Obj::ReplicaSet(rs)) = io.cache.of_uid(o.uid) else { return };
                let Some(key) = deployment_of(io.cache, &rs.metadata) else { return };
                let d = io.cache.get(&key).and_then(Obj::as_deployment);
                if d.is_some_and(|d| !parts::rolling(d))
                    && io.cache.group(o.uid).is_none_or(|g| g.active == 0)
                {
                    io.add(key, Weight::Heavy);
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        self.next.remove(key);
        let Some(d) = io.cache.get(key).and_then(Obj::as_deployment).cloned() else {
            io.lane.forget(key);
            return Outcome::Done;
        };
        let Some(sets) = self.sets(key, &d, io) else { return Outcome::Deferred };
        let now = io.cx.wall();
        let mut s = Sync { key, d, new: None, old: Vec::new(), unsettled: false };
        if s.d.metadata.deleting() {
            self.split_only(&mut s, sets);
            let st = status::counts(&s.d, &s.all(), s.new.as_ref(), now);
            self.write_status(&s, &(st, News::None), false, io);
            return Outcome::Done;
        }
        let want_now = want(&s.d);
        let scaling = sets
            .iter()
            .any(|r| size(r) > 0 && parts::number(r, &parts::DESIRED).is_some_and(|n| n != want_now));
        let roll = !s.d.spec.paused && !scaling;
        let create = roll && parts::rolling(&s.d);
        self.revise(&mut s, sets.clone(), create, io);
        if s.unsettled {
            return Outcome::Done;
        }
        let cause = io.cx.cause();
        if !roll {
            self.sync_scale(&mut s, io);
        } else if parts::rolling(&s.d) {
            self.rolling(&mut s, io);
        } else {
            self.recreate(&mut s, sets, io);
        }
        if s.unsettled {
            return Outcome::Done;
        }
        let mut verdict = if roll {
            status::rollout(&s.d, &s.all(), s.new.as_ref(), now)
        } else {
            (status::counts(&s.d, &s.all(), s.new.as_ref(), now), News::None)
        };
        Self::paused_condition(&s.d, &mut verdict.0, now);
        if let (true, Some(rs), None) =
            (status::deadline(&s.d).is_some(), &s.new, status::condition(&verdict.0, &PROGRESSING))
        {
            let text = format!("Found new replica set \"{}\"", rs.metadata.name);
            let reason = lit!("FoundNewReplicaSet");
            let c = status::new_condition(PROGRESSING, ConditionStatus::True, reason, text, now);
            status::set_condition(&mut verdict.0, c);
        }
        self.write_status(&s, &verdict, roll, io);
        io.cx.set_cause(cause);
        Outcome::Done
    }

    fn answered(&mut self, answer: &Answer<'_>, io: &mut Io<'_, '_>) -> Verdict {
        let d = io.cache.get(answer.key).and_then(Obj::as_deployment).cloned();
        match (answer.tag, answer.result, answer.about) {
            (CREATE | SCALE, Ok(_), Some(rs)) => {
                let step = self.scaling.remove(rs);
                if answer.tag == CREATE {
                    self.next.insert(answer.key.clone(), Next::Created { name: rs.name.clone() });
                }
                if let (Some((from, to)), Some(d)) = (step, d)
                    && from != to
                {
                    let way = if to > from { "up" } else { "down" };
                    let text = format!("Scaled {way} replica set {} from {from} to {to}", rs.name);
                    let about = (Kind::Deployment, &d.metadata);
                    io.event(NAME, about, EventType::Normal, lit!("ScalingReplicaSet"), text);
                }
                Verdict::ByResult
            }
            (CREATE, Err(e), Some(rs)) => {
                self.scaling.remove(rs);
                let Some(d) = d else { return Verdict::Fine };
                if e.reason == "AlreadyExists" {
                    // Ours already, only not yet seen: the watch brings it. Not seen at all: try again.
                    let there = io.cache.replica_set(rs);
                    let ours = there.map(|r| {
                        r.metadata.controller().is_some_and(|o| o.uid == d.metadata.uid)
                            && parts::same_template(&r.spec.template, &d.spec.template)
                    });
                    if ours == Some(false) {
                        self.next.insert(answer.key.clone(), Next::Collision);
                    }
                    return if ours == Some(true) { Verdict::Fine } else { Verdict::ByResult };
                }
                if e.code == 403 && e.message.contains("because it is being terminated") {
                    return Verdict::Fine;
                }
                let message = format!("Failed to create new replica set \"{}\": {}", rs.name, e.message);
                let about = (Kind::Deployment, &d.metadata);
                io.event(NAME, about, EventType::Warning, lit!("ReplicaSetCreateError"), message.clone());
                let next = Next::CreationFailed { message };
                self.next.insert(answer.key.clone(), next);
                Verdict::ByResult
            }
            (SCALE, Err(_), Some(rs)) => {
                self.scaling.remove(rs);
                Verdict::ByResult
            }
            (CLEAN, Err(e), _) if e.code == 404 => Verdict::Fine,
            (STATUS, Err(e), _) if e.code == 404 => Verdict::Fine,
            _ => Verdict::ByResult,
        }
    }

    fn resume(&mut self, key: &Key, failed: u32, io: &mut Io<'_, '_>) -> Outcome {
        let retry = if failed > 0 { Outcome::Retry } else { Outcome::Done };
        let Some(next) = self.next.remove(key) else { return retry };
        let Some(d) = io.cache.get(key).and_then(Obj::as_deployment) else { return Outcome::Done };
        let mut new = Deployment::clone(d);
        let now = io.cx.wall();
        let (ok, reason, text) = match next {
            Next::Collision => {
                new.status.collision_count = Some(new.status.collision_count.unwrap_or(0) + 1);
                new.metadata.resource_version = 0;
                io.send(key, Verb::UpdateStatus(Obj::Deployment(Arc::new(new))), STATUS, None);
                return retry;
            }
            Next::Created { name } => {
                let text = format!("Created new replica set \"{name}\"");
                (ConditionStatus::True, lit!("NewReplicaSetCreated"), text)
            }
            Next::CreationFailed { message } => {
                (ConditionStatus::False, lit!("ReplicaSetCreateError"), message)
            }
        };
        if status::deadline(&new).is_none() {
            return retry;
        }
        status::set_condition(&mut new.status, status::new_condition(PROGRESSING, ok, reason, text, now));
        if new.status == d.status {
            return retry;
        }
        new.metadata.resource_version = 0;
        io.send(key, Verb::UpdateStatus(Obj::Deployment(Arc::new(new))), STATUS, None);
        // A failure is not forgotten while its condition is written.
        if failed > 0 {
            io.lane.retry(io.cx, key.clone());
        }
        Outcome::Done
    }
}

impl DeploymentController {
    fn split_only(&self, s: &mut Sync<'_>, mut sets: Vec<Rs>) {
        sets.sort_by(parts::by_creation);
        let at = sets.iter().position(|r| parts::same_template(&r.spec.template, &s.d.spec.template));
        s.new = at.map(|i| sets.remove(i));
        s.old = sets;
    }
}
