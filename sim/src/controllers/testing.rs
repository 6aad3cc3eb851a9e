//! A small world for the controllers: a store that answers at once, and a kubelet that takes no time
//! to think. The latencies are those of the links.

use super::{ControllerManager, INERT};
use crate::api_util::Time;
use crate::apiserver::{DeleteOptions, Patch, Propagation, Status, Verb};
use crate::config::WorldConfig;
use crate::core::{Core, Cx};
use crate::msg::{Comp, Input, Msg, Reply, WatchEvent};
use crate::object::*;
use crate::time::{SimTime, Span};
use crate::trace::{Cause, Level, Record, What};
use crate::world::Component;
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
pub struct Bench {
    pub core: Core,
    pub kcm: ControllerManager,
    pub store: BTreeMap<Key, Obj>,
    pub records: Vec<Record>,
    pub events: Vec<(Str, Str)>,
    watches: Vec<(u8, Kind)>,
    revision: u64,
    serial: u128,
    /// Pods are bound and made ready after this time; `None`: never.
    pub ready_after: Option<Span>,
    /// Pods with this image never get ready.
    pub bad_image: &'static str,
    pub bind_to: usize,
    pods_due: Vec<(SimTime, Key)>,
    /// Nodes whose kubelet renews no lease.
    pub dead: Vec<Str>,
    beat: SimTime,
    /// The API server refuses everything.
    pub down: bool,
    /// The sizes of the replica sets, oldest first, each time that they changed.
    pub watch_sizes: Vec<String>,
}

pub fn secs(n: u64) -> Span {
    Span::secs(n)
}

impl Bench {
    pub fn new(nodes: usize) -> Bench {
        let config = WorldConfig {
            nodes: crate::config::NodeConfig::many(nodes, &Default::default()),
            trace: Level::Full,
            ..Default::default()
        };
        let mut b = Bench {
            core: Core::new(config, 7),
            kcm: ControllerManager::new(),
            store: BTreeMap::new(),
            records: Vec::new(),
            events: Vec::new(),
            watches: Vec::new(),
            revision: 1,
            serial: 0,
            ready_after: Some(Span::ms(1500)),
            bad_image: "bad",
            bind_to: 0,
            pods_due: Vec::new(),
            dead: Vec::new(),
            beat: SimTime(0),
            down: false,
            watch_sizes: Vec::new(),
        };
        b.create(Obj::Namespace(Arc::new(Namespace {
            metadata: ObjectMeta { name: lit!("default"), ..Default::default() },
            ..Default::default()
        })));
        for i in 0..nodes {
            let name = b.core.node_name(i as u32);
            let ready =
                Condition { type_: lit!("Ready"), status: ConditionStatus::True, ..Default::default() };
            let node = Node {
                metadata: ObjectMeta { name, ..Default::default() },
                status: NodeStatus { conditions: vec![ready], ..Default::default() },
                ..Default::default()
            };
            b.create(Obj::Node(Arc::new(node)));
        }
        b.step(Input::Start, Cause::Timer("start"));
        b.run(secs(1));
        b
    }

    fn step(&mut self, input: Input, cause: Cause) {
        let mut cx = Cx::new(&mut self.core, Comp::Kcm, cause);
        self.kcm.step(input, &mut cx);
        self.records.extend(self.core.tracer.take());
    }

    pub fn restart(&mut self) {
        self.kcm = ControllerManager::new();
        self.watches.clear();
        // What was due in the old life is void, as the world's life counter makes it.
        self.core.queue = Default::default();
        self.step(Input::Start, Cause::Timer("start"));
    }

    /// Runs for a while.
    pub fn run(&mut self, d: Span) {
        let end = self.core.now + d;
        loop {
            let kubelet = self.pods_due.iter().map(|(t, _)| *t).min();
            let at = [self.core.queue.next_at(), kubelet, Some(self.beat)].into_iter().flatten().min();
            let Some(at) = at.filter(|t| *t <= end) else { break };
            self.core.now = self.core.now.max(at);
            if self.beat == at {
                self.beat = at + secs(10);
                self.heartbeats();
            } else if kubelet == Some(at) {
                let i = self.pods_due.iter().position(|(t, _)| *t == at).expect("due");
                let (_, key) = self.pods_due.remove(i);
                self.kubelet(&key);
            } else if let Some((_, due)) = self.core.queue.pop_due(at) {
                match (due.to, due.input) {
                    (Comp::Api, Input::Message { from, msg: Msg::Request(r) }) => {
                        let result =
                            if self.down { Err(Status::refused()) } else { self.serve(&r.verb, due.cause) };
                        let mut cx = Cx::new(&mut self.core, Comp::Api, due.cause);
                        cx.respond(from, r.life, r.ctx.clone(), result);
                    }
                    (Comp::Kcm, input) => {
                        self.step(input, due.cause);
                    }
                    _ => {}
                }
            }
        }
        self.core.now = end;
        self.records.extend(self.core.tracer.take());
    }

    fn heartbeats(&mut self) {
        let mut nodes: Vec<Str> = self.of(Kind::Node).map(|n| n.meta().name.clone()).collect();
        nodes.retain(|n| !self.dead.contains(n));
        for n in nodes {
            let renew = Some(self.core.wall_micro());
            let lease = Lease {
                metadata: ObjectMeta { name: n, namespace: lit!("kube-node-lease"), ..Default::default() },
                spec: LeaseSpec { renew_time: renew, ..Default::default() },
            };
            self.put(Obj::Lease(Arc::new(lease)), Cause::Timer("lease"));
        }
    }

    /// Binds a pod, makes it ready, or ends it if it is being deleted.
    fn kubelet(&mut self, key: &Key) {
        let Some(Obj::Pod(pod)) = self.store.get(key).cloned() else { return };
        if self.dead.contains(&pod.node_name) {
            return;
        }
        let mut p = Pod::clone(&pod);
        if p.metadata.deleting() {
            self.remove(key, Cause::Timer("kubelet"));
            return;
        }
        if p.node_name.is_empty() {
            let nodes: Vec<Str> = self
                .of(Kind::Node)
                .filter_map(|n| n.as_node().filter(|n| n.ready()).map(|n| n.metadata.name.clone()))
                .collect();
            if nodes.is_empty() {
                return;
            }
            p.node_name = nodes[self.bind_to % nodes.len()].clone();
            self.bind_to += 1;
        }
        p.status.phase = PodPhase::Running;
        if p.spec.containers.iter().all(|c| c.image != self.bad_image) {
            let now = self.core.wall();
            p.status.conditions = vec![Condition {
                type_: lit!("Ready"),
                status: ConditionStatus::True,
                last_transition_time: Some(now),
                ..Default::default()
            }]
            .into();
        }
        self.put(Obj::Pod(Arc::new(p)), Cause::Timer("kubelet"));
    }

    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Obj> {
        self.store.values().filter(move |o| o.kind() == kind)
    }
    pub fn create(&mut self, o: Obj) {
        self.serve(&Verb::Create(o), Cause::Timer("test")).expect("created");
    }
    pub fn ask(&mut self, verb: Verb) {
        self.serve(&verb, Cause::Timer("test")).expect("done");
    }
    pub fn delete(&mut self, key: &Key, propagation: Propagation) {
        let options = DeleteOptions { propagation, ..Default::default() };
        self.ask(Verb::Delete { key: key.clone(), options });
    }
    pub fn pods(&self) -> Vec<Arc<Pod>> {
        self.of(Kind::Pod).filter_map(|o| o.as_pod().cloned()).collect()
    }
    pub fn sets(&self) -> Vec<Arc<ReplicaSet>> {
        self.of(Kind::ReplicaSet).filter_map(|o| o.as_replica_set().cloned()).collect()
    }
    pub fn deployment(&self) -> Arc<Deployment> {
        self.of(Kind::Deployment).find_map(|o| o.as_deployment().cloned()).expect("a deployment")
    }
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Deployment) -> T) {
        let mut d = Deployment::clone(&self.deployment());
        change(&mut d);
        d.metadata.generation += 1;
        self.put(Obj::Deployment(Arc::new(d)), Cause::Timer("test"));
    }

    /// Stores a version and tells the watchers.
    pub fn put(&mut self, mut o: Obj, cause: Cause) -> Obj {
        self.revision += 1;
        let key = o.key();
        let m = o.meta_mut();
        m.resource_version = self.revision;
        if m.uid.is_zero() {
            self.serial += 1;
            // Spread out, as random identities are.
            m.uid = self
                .store
                .get(&key)
                .map_or(Uid(self.serial.wrapping_mul(0x9e37_79b9_7f4a_7c15) << 8), |o| o.meta().uid);
        }
        let old = self.store.insert(key.clone(), o.clone());
        if let (Obj::Pod(p), Some(after)) = (&o, self.ready_after) {
            let deleted = p.metadata.deleting() && old.as_ref().is_some_and(|o| !o.meta().deleting());
            if old.is_none() || deleted {
                self.pods_due.push((self.core.now + after, key));
            }
        }
        if matches!(o, Obj::ReplicaSet(_)) && self.store.len() < 1000 {
            let sizes: Vec<String> = self.sizes();
            let line = sizes.join(" ");
            if self.watch_sizes.last() != Some(&line) {
                self.watch_sizes.push(line);
            }
        }
        let event =
            if old.is_some() { WatchEvent::Modified(o.clone()) } else { WatchEvent::Added(o.clone()) };
        self.tell(o.kind(), event, cause);
        o
    }

    /// The sizes of the replica sets, oldest first.
    pub fn sizes(&self) -> Vec<String> {
        let mut sets = self.sets();
        sets.sort_by_key(|r| {
            (r.metadata.creation_timestamp, r.metadata.annotations.get("test-order").cloned(), r.metadata.uid)
        });
        sets.iter().map(|r| r.spec.replicas.unwrap_or(1).to_string()).collect()
    }

    pub fn remove(&mut self, key: &Key, cause: Cause) {
        if let Some(o) = self.store.remove(key) {
            self.revision += 1;
            self.tell(o.kind(), WatchEvent::Deleted(o), cause);
        }
    }

    fn tell(&mut self, kind: Kind, event: WatchEvent, cause: Cause) {
        let kind = if matches!(kind, Kind::Other(_)) { INERT } else { kind };
        for (informer, k) in self.watches.clone() {
            if k == kind {
                let mut cx = Cx::new(&mut self.core, Comp::Api, cause);
                cx.send(Comp::Kcm, Msg::Watch { informer, revision: self.revision, event: event.clone() });
            }
        }
    }

    fn serve(&mut self, verb: &Verb, cause: Cause) -> Result<Reply, Status> {
        let now: Time = self.core.wall();
        match verb {
            Verb::List { kind, selection } => {
                let fits = |o: &&Obj| {
                    let k = o.kind();
                    (k == *kind || (*kind == INERT && matches!(k, Kind::Other(_)))) && selection.matches(o)
                };
                let items = self.store.values().filter(fits).cloned().collect();
                Ok(Reply::List { items, revision: self.revision })
            }
            Verb::Watch { kind, informer, .. } => {
                self.watches.push((*informer, kind.clone()));
                Ok(Reply::Watching)
            }
            Verb::Get(key) => {
                self.store.get(key).cloned().map(Reply::Object).ok_or_else(|| Status::not_found(key))
            }
            Verb::Create(o) => {
                let mut o = o.clone();
                if let Obj::Event(e) = &o {
                    self.events.push((e.reason.clone(), e.message.clone()));
                    return Ok(Reply::Done);
                }
                self.serial += 1;
                let serial = self.serial;
                let m = o.meta_mut();
                if m.name.is_empty() {
                    m.name = Str::from(format!("{}{serial}", m.generate_name));
                }
                m.creation_timestamp = Some(now);
                m.generation = 1;
                if let Obj::Namespace(n) = &mut o {
                    Arc::make_mut(n).spec.finalizers = vec![lit!("kubernetes")];
                }
                if self.store.contains_key(&o.key()) {
                    return Err(Status::already_exists(&o.key()));
                }
                Ok(Reply::Object(self.put(o, cause)))
            }
            Verb::Update(o) | Verb::UpdateStatus(o) => {
                let key = o.key();
                let old = self.store.get(&key).cloned().ok_or_else(|| Status::not_found(&key))?;
                let rv = o.meta().resource_version;
                if rv != 0 && rv != old.meta().resource_version {
                    return Err(Status::modified(&key));
                }
                let status = matches!(verb, Verb::UpdateStatus(_));
                let mut new = if status { old.clone() } else { o.clone() };
                match (&mut new, &old, o) {
                    (Obj::ReplicaSet(n), Obj::ReplicaSet(old), Obj::ReplicaSet(o)) => {
                        let n = Arc::make_mut(n);
                        n.status = if status { o.status.clone() } else { old.status.clone() };
                        n.metadata.generation = old.metadata.generation + i64::from(n.spec != old.spec);
                    }
                    (Obj::Deployment(n), _, Obj::Deployment(o)) if status => {
                        Arc::make_mut(n).status = o.status.clone();
                    }
                    (Obj::Pod(n), _, Obj::Pod(o)) if status => Arc::make_mut(n).status = o.status.clone(),
                    (Obj::Node(n), Obj::Node(old), _) => Arc::make_mut(n).status = old.status.clone(),
                    _ => {}
                }
                self.finish(old, new, cause)
            }
            Verb::Patch { key, patch, .. } => {
                let old = self.store.get(key).cloned().ok_or_else(|| Status::not_found(key))?;
                let mut new = old.clone();
                let set = |list: &mut Vec<Condition>, c: &Condition| match list
                    .iter_mut()
                    .find(|x| x.type_ == c.type_)
                {
                    Some(x) => *x = c.clone(),
                    None => list.push(c.clone()),
                };
                match (patch, &mut new) {
                    (Patch::Owners(o), n) => n.meta_mut().owner_references = o.clone().into(),
                    (Patch::Finalizers(f), n) => n.meta_mut().finalizers = f.clone().into(),
                    (Patch::PodCondition(c), Obj::Pod(p)) => set(&mut Arc::make_mut(p).status.conditions, c),
                    (Patch::NodeConditions(cs), Obj::Node(n)) => {
                        cs.iter().for_each(|c| set(&mut Arc::make_mut(n).status.conditions, c));
                    }
                    (Patch::Merge(v), n) => {
                        for (k, v) in v["metadata"]["annotations"].as_object().expect("annotations") {
                            n.meta_mut().annotations.insert(k.as_str(), v.as_str().expect("text"));
                        }
                    }
                    (Patch::EventCount { .. }, _) => return Ok(Reply::Done),
                    (p, _) => panic!("the bench cannot {p:?}"),
                }
                self.finish(old, new, cause)
            }
            Verb::Delete { key, options } => {
                let old = self.store.get(key).cloned().ok_or_else(|| Status::not_found(key))?;
                if options.uid.is_some_and(|u| u != old.meta().uid) {
                    return Err(Status::modified(key));
                }
                let mut new = old.clone();
                let m = new.meta_mut();
                match options.propagation {
                    Propagation::Background => {}
                    Propagation::Foreground => m.finalizers.push(lit!("foregroundDeletion")),
                    Propagation::Orphan => m.finalizers.push(lit!("orphan")),
                }
                m.deletion_timestamp = Some(now);
                let graceful =
                    matches!(&old, Obj::Pod(p) if !p.node_name.is_empty()) && options.grace != Some(0);
                if graceful && old.meta().deleting() {
                    return Ok(Reply::Object(old));
                }
                if graceful {
                    return Ok(Reply::Object(self.put(new, cause)));
                }
                self.finish(old, new, cause)
            }
            Verb::Bind { .. } => panic!("nobody binds here"),
        }
    }

    fn finish(&mut self, old: Obj, new: Obj, cause: Cause) -> Result<Reply, Status> {
        let m = new.meta();
        let held = matches!(&new, Obj::Namespace(n) if !n.spec.finalizers.is_empty());
        let pod_lives = matches!(&new, Obj::Pod(p) if !p.node_name.is_empty() && old.meta().deleting());
        if m.deleting() && m.finalizers.is_empty() && !held && !pod_lives {
            self.remove(&new.key(), cause);
            return Ok(Reply::Object(new));
        }
        Ok(Reply::Object(if new == old { old } else { self.put(new, cause) }))
    }

    /// The codes of the notes so far, in order.
    pub fn notes(&self) -> Vec<(SimTime, &'static str, String)> {
        let note = |r: &Record| match &r.what {
            What::Note { code, subject, .. } => Some((r.at, code.as_str(), subject.to_string())),
            _ => None,
        };
        self.records.iter().filter_map(note).collect()
    }

    /// The chain of notes that led to the newest note of a code, from the first on.
    pub fn chain(&self, code: &str) -> Vec<String> {
        let by_id: BTreeMap<u64, &Record> = self.records.iter().map(|r| (r.id.0, r)).collect();
        let says = |r: &&&Record| matches!(&r.what, What::Note { code: c, .. } if c.as_str() == code);
        let mut at = self.records.iter().collect::<Vec<_>>().iter().rev().find(says).map(|r| r.id.0);
        let mut out = Vec::new();
        while let Some(r) = at.and_then(|id| by_id.get(&id)) {
            match &r.what {
                What::Note { code, .. } => out.push(code.as_str().to_string()),
                What::Timer { name } => out.push(format!("timer {name}")),
                What::Fault { name, .. } => out.push(format!("fault {name}")),
                _ => {}
            }
            at = (r.cause.0 != 0).then_some(r.cause.0);
        }
        out.reverse();
        out
    }
    pub fn count_events(&self, reason: &str) -> usize {
        self.events.iter().filter(|(r, _)| r == reason).count()
    }
}

/// A pod template with one container of that image.
pub fn template(image: &str) -> PodTemplate {
    let mut t = PodTemplate::default();
    t.metadata.labels.insert("app", "web");
    let container = Container { name: lit!("web"), image: Str::from(image), ..Default::default() };
    let tolerate = |key: Str| Toleration {
        key,
        operator: lit!("Exists"),
        effect: Some(TaintEffect::NoExecute),
        toleration_seconds: Some(300),
        ..Default::default()
    };
    t.spec = Arc::new(PodSpec {
        containers: vec![container],
        tolerations: vec![
            tolerate(lit!("node.kubernetes.io/not-ready")),
            tolerate(lit!("node.kubernetes.io/unreachable")),
        ],
        ..Default::default()
    });
    t
}

/// A deployment `web` with budgets of that many pods.
pub fn deployment(replicas: i64, surge: &str, unavailable: &str) -> Obj {
    let mut d = Deployment::default();
    d.metadata.name = lit!("web");
    d.metadata.namespace = lit!("default");
    d.spec.replicas = Some(replicas);
    d.spec.selector.match_labels.insert("app", "web");
    d.spec.template = template("web:1");
    d.spec.revision_history_limit = Some(10);
    d.spec.progress_deadline_seconds = Some(600);
    d.spec.strategy.type_ = Some(StrategyType::RollingUpdate);
    d.spec.strategy.rolling_update = Some(RollingUpdate {
        max_surge: Some(crate::api_util::IntOrString::parse(surge)),
        max_unavailable: Some(crate::api_util::IntOrString::parse(unavailable)),
    });
    Obj::Deployment(Arc::new(d))
}

/// A replica set `web`.
pub fn replica_set(replicas: i64) -> Obj {
    let mut r = ReplicaSet::default();
    r.metadata.name = lit!("web");
    r.metadata.namespace = lit!("default");
    r.spec.replicas = Some(replicas);
    r.spec.selector.match_labels.insert("app", "web");
    r.spec.template = template("web:1");
    Obj::ReplicaSet(Arc::new(r))
}
