//! Runs a workload.

use super::machine::{Attempt, Machine};
use super::model::{Labels as Wanted, Prepare};
use super::objects::{Maker, add_allocatable, use_claim};
use super::plan::{Plan, Pods, Step, make};
use super::template::Env;
use crate::api_util::Time;
use crate::object::{Labels, Node, Obj, ObjectMeta, Pod, Str, Uid, lit};
use crate::rng::Rng;
use crate::time::{SimTime, Span};
use crate::trace::{Record, What};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// For how long one operation may wait, in virtual time: as long as upstream gives a whole workload.
const PATIENCE: Span = Span::secs(1800);
/// At most so many attempts lie between two looks at a meter.
const SLICE: u64 = 1_000;

/// Measures what the scheduler does. [`Meter::start`] and [`Meter::stop`] enclose its work and nothing else.
pub trait Meter {
    /// From here on, the scheduler works.
    fn start(&mut self) {}
    /// It has stopped.
    fn stop(&mut self) {}
    /// So many of the measured pods were scheduled since the last time.
    fn scheduled(&mut self, _: u64) {}
    /// Measuring begins, of about so many pods; the name is that of the measurement, often empty.
    fn begin(&mut self, _name: &str, _pods: u64) {}
    /// Measuring ends.
    fn end(&mut self) {}
}

/// How a workload went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Nodes at the end.
    pub nodes: usize,
    /// Pods that were created, churn included.
    pub pods: u64,
    /// Measured pods that were scheduled.
    pub measured: u64,
    /// Attempts in all, and those that failed.
    pub attempts: u64,
    /// Of those, attempts for which no node was found.
    pub failed: u64,
    /// Pods that were evicted for others.
    pub evicted: u64,
    /// Virtual time that passed.
    pub time: Span,
    /// Decisions, each kept as a record.
    pub decisions: usize,
    /// A number that two runs with the same decisions have in common.
    pub fingerprint: u64,
    /// Plugins that upstream would have asked.
    pub lacking: Vec<&'static str>,
    /// What did not go as it should.
    pub problems: Vec<String>,
}

/// Runs a workload.
pub fn run(plan: &Plan, seed: u64, meter: &mut dyn Meter) -> Outcome {
    let mut r = Runner {
        machine: Machine::new(seed),
        meter,
        rng: Rng::new(seed, "workload"),
        pace: Span((1e9 / plan.rate).clamp(1.0, 1e10) as u64),
        slice: (plan.measured / 20).clamp(1, SLICE),
        pods: HashMap::new(),
        by_name: BTreeMap::new(),
        by_namespace: BTreeMap::new(),
        agenda: BTreeMap::new(),
        seq: 0,
        left: 0,
        collecting: None,
        barriers: BTreeMap::new(),
        fresh: Vec::new(),
        out: Outcome::default(),
    };
    for (i, step) in plan.steps.iter().enumerate() {
        if let Err(problem) = r.step(step) {
            r.out.problems.push(format!("operation {}: {problem}", i + 1));
            break;
        }
    }
    r.meter.end();
    let mut out = r.out;
    let records = r.machine.take_records();
    out.decisions = decisions(&records).count();
    out.fingerprint = fingerprint(&records);
    out.nodes = r.machine.nodes();
    out.attempts = r.machine.attempts();
    out.time = r.machine.now() - SimTime(0);
    out.lacking = r.machine.lacking().collect();
    out
}

fn decisions(records: &[Record]) -> impl DoubleEndedIterator<Item = &crate::trace::Decision> {
    records.iter().filter_map(|r| if let What::Decision(d) = &r.what { Some(&**d) } else { None })
}

fn fingerprint(records: &[Record]) -> u64 {
    decisions(records).fold(0, |h: u64, d| {
        let one = crate::cow::hash_text(&[&d.pod.ns, &d.pod.name, &d.winner]);
        (h.rotate_left(5) ^ one).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

struct Tracked {
    namespace: Str,
    labels: Labels,
    scheduled: bool,
    attempted: bool,
    /// Somebody waits until it is scheduled, or attempted.
    waited: Option<Until>,
    measured: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Scheduled,
    Attempted,
}

enum Task {
    Delete {
        pods: Vec<Uid>,
        next: usize,
        every: Span,
    },
    Churn {
        recreate: bool,
        number: u64,
        every: Span,
        namespace: Str,
        makers: Vec<Arc<Maker>>,
        round: u64,
        live: Vec<BTreeMap<u64, Obj>>,
    },
    Update {
        namespace: Str,
        maker: Arc<Maker>,
        env: Env,
        count: u64,
        next: u64,
        every: Span,
    },
}

/// Which pods are measured, besides those of `createPods` with `collectMetrics`.
struct Collecting {
    namespaces: Vec<Str>,
    labels: Wanted,
}

struct Runner<'a> {
    machine: Machine,
    meter: &'a mut dyn Meter,
    rng: Rng,
    pace: Span,
    slice: u64,
    pods: HashMap<Uid, Tracked>,
    by_name: BTreeMap<(Str, Str), Uid>,
    by_namespace: BTreeMap<Str, Vec<Uid>>,
    agenda: BTreeMap<(SimTime, u64), Task>,
    seq: u64,
    /// Pods that the present operation still waits for.
    left: u64,
    collecting: Option<Collecting>,
    /// How many pods of each namespace no barrier has waited for.
    barriers: BTreeMap<Str, u64>,
    /// Pods that were scheduled in the last turn.
    fresh: Vec<Uid>,
    out: Outcome,
}

fn fits(wanted: &Wanted, labels: &Labels) -> bool {
    wanted.iter().all(|(k, v)| labels.get(k).is_some_and(|l| l.as_str() == v))
}

type Done = Result<(), String>;

impl Runner<'_> {
    fn step(&mut self, step: &Step) -> Done {
        match step {
            Step::Nodes { count, maker, prepare, env } => self.nodes(*count, maker, prepare, env),
            Step::Namespaces { prefix, count, maker } => self.namespaces(prefix, *count, maker),
            Step::Pods(p) => self.create_pods(p),
            Step::Delete { namespace, labels, per_second, skip_wait } => {
                self.delete(namespace, labels, *per_second, *skip_wait)
            }
            Step::Churn { recreate, number, interval, namespace, makers } => {
                let live = makers.iter().map(|_| BTreeMap::new()).collect();
                self.later(
                    *interval,
                    Task::Churn {
                        recreate: *recreate,
                        number: *number,
                        every: *interval,
                        namespace: namespace.clone(),
                        makers: makers.clone(),
                        round: 0,
                        live,
                    },
                );
                Ok(())
            }
            Step::Barrier { namespaces, labels, attempted } => self.barrier(namespaces, labels, *attempted),
            Step::Sleep(length) => {
                let end = self.machine.now() + *length;
                while self.machine.now() < end {
                    self.turn(SLICE, end)?;
                }
                Ok(())
            }
            Step::Start { name, namespaces, labels } => {
                self.collecting = Some(Collecting { namespaces: namespaces.clone(), labels: labels.clone() });
                self.meter.begin(name, 0);
                Ok(())
            }
            Step::Stop => {
                self.collecting = None;
                self.meter.end();
                Ok(())
            }
            Step::Any { namespace, maker, count, env } => {
                for i in 0..*count {
                    let obj = make(maker, env, i, *count).map_err(|e| e.to_string())?;
                    self.create(obj, namespace)?;
                }
                Ok(())
            }
            Step::Update { namespace, maker, count, per_second, env } => {
                self.update_all(namespace, maker, *count, *per_second, env)
            }
        }
    }

    /// Does something with the scheduler, and measures it.
    fn metered<T>(&mut self, work: impl FnOnce(&mut Machine) -> T) -> T {
        self.meter.start();
        let result = work(&mut self.machine);
        self.meter.stop();
        result
    }

    fn later(&mut self, after: Span, task: Task) {
        self.seq += 1;
        self.agenda.insert((self.machine.now() + after, self.seq), task);
    }

    /// A name as the API server would make it, but with a number in place of chance.
    fn name(&mut self, meta: &mut ObjectMeta, otherwise: &str) {
        self.seq += 1;
        if meta.name.is_empty() {
            let stem = if meta.generate_name.is_empty() { otherwise } else { meta.generate_name.as_str() };
            meta.name = Str::from(format!("{stem}{:05}", self.seq));
        }
        meta.uid = Uid::v4(self.rng.next_u128());
    }

    fn nodes(&mut self, count: u64, maker: &Maker, prepare: &Prepare, env: &Env) -> Done {
        let mut all = Vec::with_capacity(count as usize);
        for i in 0..count {
            let obj = make(maker, env, i, count).map_err(|e| e.to_string())?;
            let Obj::Node(mut node) = obj else { return Err("the template makes no node".into()) };
            let n = Arc::make_mut(&mut node);
            self.finish_node(n);
            if let Some((key, values)) = &prepare.label {
                n.metadata.labels.insert(key.as_str(), values[i as usize % values.len()].as_str());
            }
            if let Some(key) = &prepare.unique_label {
                n.metadata.labels.insert(key.as_str(), format!("{:x}", n.metadata.uid.0));
            }
            for (name, amount) in &prepare.allocatable {
                add_allocatable(n, name, amount)?;
            }
            if !prepare.csi.is_empty() {
                let driver =
                    |(d, n): (&String, &u64)| json!({"name": d, "nodeID": d, "allocatable": {"count": n}});
                let spec = json!({"drivers": prepare.csi.iter().map(driver).collect::<Vec<_>>()});
                let migrated =
                    json!({"storage.alpha.kubernetes.io/migrated-plugins": prepare.migrated.join(",")});
                let csi = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "spec": spec,
                    "metadata": {"name": n.metadata.name.as_str(), "annotations": migrated}});
                let csi = Obj::from_value(csi).map_err(|e| e.to_string())?;
                self.machine.add_object(&csi);
            }
            all.push(node);
        }
        self.metered(|m| m.add_nodes(all));
        Ok(())
    }

    fn finish_node(&mut self, n: &mut Node) {
        self.name(&mut n.metadata, "node-");
        let name = n.metadata.name.clone();
        n.metadata.labels.insert("kubernetes.io/hostname", name);
    }

    fn namespaces(&mut self, prefix: &str, count: u64, maker: &Maker) -> Done {
        for i in 0..count {
            let mut obj = make(maker, &Env::new(), i, count).map_err(|e| e.to_string())?;
            let meta = obj.meta_mut();
            meta.name = Str::from(format!("{prefix}-{i}"));
            let name = meta.name.clone();
            meta.labels.insert("kubernetes.io/metadata.name", name);
            self.machine.add_object(&obj);
        }
        Ok(())
    }

    /// Creates any object; returns it as it was created.
    fn create(&mut self, obj: Obj, namespace: &Str) -> Result<Obj, String> {
        match obj {
            Obj::Pod(p) => {
                let p = self.make_pod((*p).clone(), namespace, false);
                self.metered(|m| m.add_pod(p.clone()));
                Ok(Obj::Pod(p))
            }
            Obj::Node(mut n) => {
                self.finish_node(Arc::make_mut(&mut n));
                self.metered(|m| m.add_nodes(vec![n.clone()]));
                Ok(Obj::Node(n))
            }
            mut other => {
                let kind = other.kind().name().to_lowercase();
                if other.kind().namespaced() {
                    other.meta_mut().namespace = namespace.clone();
                }
                self.name(other.meta_mut(), &format!("{kind}-"));
                self.metered(|m| m.add_object(&other));
                Ok(other)
            }
        }
    }

    /// A pod with a name and an identity, remembered.
    fn make_pod(&mut self, mut pod: Pod, namespace: &Str, measured: bool) -> Arc<Pod> {
        let named = !pod.metadata.name.is_empty();
        pod.metadata.namespace = namespace.clone();
        self.name(&mut pod.metadata, "pod-");
        let uid = pod.metadata.uid;
        if named {
            self.by_name.insert((namespace.clone(), pod.metadata.name.clone()), uid);
        }
        let labels = pod.metadata.labels.clone();
        let scheduled = !pod.node_name.is_empty();
        let t = Tracked {
            namespace: namespace.clone(),
            labels,
            scheduled,
            attempted: scheduled,
            waited: None,
            measured,
        };
        self.pods.insert(uid, t);
        self.by_namespace.entry(namespace.clone()).or_default().push(uid);
        self.out.pods += 1;
        Arc::new(pod)
    }

    /// One pod of `createPods`, with its volume if it has one.
    fn pod_of(&mut self, p: &Pods, i: u64) -> Result<Arc<Pod>, String> {
        let obj = make(&p.maker, &p.env, i, p.count).map_err(|e| e.to_string())?;
        let Obj::Pod(pod) = obj else { return Err("the template makes no pod".into()) };
        let mut pod = Arc::unwrap_or_clone(pod);
        if p.batch > 0 {
            pod.metadata.labels.insert("signature", format!("signature-label-{}", i / p.batch));
        }
        if let Some((volume, claim)) = &p.volume {
            let claim_name = format!("pvc-{i}");
            let volume_name = format!("{}-pv-{i}", p.namespace);
            let value =
                |m: &Maker| make(m, &p.env, i, p.count).map(|o| o.to_value()).map_err(|e| e.to_string());
            let (mut v, mut c) = (value(volume)?, value(claim)?);
            v["metadata"]["name"] = json!(volume_name);
            v["spec"]["claimRef"] = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "namespace": p.namespace.as_str(), "name": claim_name});
            v["status"]["phase"] = json!("Bound");
            if v["spec"].get("csi").is_some() {
                v["spec"]["csi"]["volumeHandle"] = json!(volume_name);
            }
            c["metadata"]["name"] = json!(claim_name);
            c["metadata"]["namespace"] = json!(p.namespace.as_str());
            c["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = json!("true");
            c["spec"]["volumeName"] = json!(volume_name);
            c["status"]["phase"] = json!("Bound");
            for value in [v, c] {
                let obj = Obj::from_value(value).map_err(|e| e.to_string())?;
                self.machine.add_object(&obj);
            }
            use_claim(&mut pod, &claim_name);
        }
        Ok(self.make_pod(pod, &p.namespace, p.collect))
    }

    fn create_pods(&mut self, p: &Pods) -> Done {
        *self.barriers.entry(p.namespace.clone()).or_default() += p.count;
        if p.collect {
            self.meter.begin(&p.namespace, p.count);
        }
        if let Some(length) = p.steady {
            self.steady(p, length)?;
        } else {
            let mut i = 0;
            while i < p.count {
                let to = (i + self.slice).min(p.count);
                let made = (i..to).map(|i| self.pod_of(p, i)).collect::<Result<Vec<_>, _>>()?;
                if !p.skip_wait {
                    self.wait_for(made.iter().map(|p| p.metadata.uid).collect(), Until::Scheduled);
                }
                self.metered(|m| made.into_iter().for_each(|p| m.add_pod(p)));
                if !p.skip_wait {
                    self.turn((to - i).min(self.left), SimTime(u64::MAX))?;
                }
                i = to;
            }
            if !p.skip_wait {
                self.wait()?;
            }
        }
        if p.collect {
            self.meter.end();
        }
        Ok(())
    }

    /// Pods are replaced as soon as they are scheduled.
    fn steady(&mut self, p: &Pods, length: Span) -> Done {
        let end = self.machine.now() + length;
        let mut i = p.count;
        for n in 0..p.count {
            let pod = self.pod_of(p, n)?;
            self.metered(|m| m.add_pod(pod));
        }
        while self.machine.now() < end {
            self.turn(self.slice, end)?;
            for uid in std::mem::take(&mut self.fresh) {
                if self.pods.get(&uid).is_some_and(|t| t.namespace == p.namespace) {
                    let pod = self.pod_of(p, i)?;
                    i += 1;
                    self.remove(uid);
                    self.metered(|m| m.add_pod(pod));
                }
            }
        }
        Ok(())
    }

    fn remove(&mut self, uid: Uid) {
        self.metered(|m| m.delete_pod(uid));
        self.forget(uid);
    }

    fn forget(&mut self, uid: Uid) {
        if let Some(t) = self.pods.remove(&uid)
            && t.waited.is_some()
        {
            self.left -= 1;
        }
    }

    fn wait_for(&mut self, pods: Vec<Uid>, until: Until) {
        for uid in pods {
            let gated = until == Until::Attempted && self.machine.gated(uid);
            let Some(t) = self.pods.get_mut(&uid) else { continue };
            let done = t.scheduled || until == Until::Attempted && (t.attempted || gated);
            if !done && t.waited.is_none() {
                t.waited = Some(until);
                self.left += 1;
            }
        }
    }

    fn wait(&mut self) -> Done {
        let end = self.machine.now() + PATIENCE;
        while self.left > 0 {
            if self.machine.now() >= end {
                return Err(self.stuck(&format!("after {PATIENCE} of virtual time")));
            }
            self.turn(self.left.min(self.slice), end)?;
        }
        Ok(())
    }

    /// Lets the scheduler try at most so many pods, up to a time; what is due on the agenda comes first. If nobody
    /// wants to be tried, time passes until something happens.
    fn turn(&mut self, most: u64, end: SimTime) -> Done {
        while let Some(first) = self.agenda.first_entry()
            && first.key().0 <= self.machine.now()
        {
            let task = first.remove();
            self.task(task)?;
        }
        let next = self.agenda.first_key_value().map_or(end, |(k, _)| k.0.min(end));
        let mut attempts = Vec::new();
        let pace = self.pace;
        let idle = self.metered(|m| m.run(most, next, pace, &mut attempts));
        self.take(&attempts);
        if !idle || !attempts.is_empty() {
            return Ok(());
        }
        let timer = self.machine.next_timer().map_or(next, |t| t.min(next));
        if timer == SimTime(u64::MAX) {
            return Err(self.stuck("and nothing will happen that could change it"));
        }
        if end != SimTime(u64::MAX) || !self.agenda.is_empty() || self.left > 0 {
            self.metered(|m| m.advance(timer));
        }
        Ok(())
    }

    fn take(&mut self, attempts: &[Attempt]) {
        self.fresh.clear();
        let mut measured = 0;
        for a in attempts {
            match a {
                Attempt::Scheduled(uid) => {
                    let Some(t) = self.pods.get_mut(uid) else { continue };
                    (t.scheduled, t.attempted) = (true, true);
                    if t.waited.take().is_some() {
                        self.left -= 1;
                    }
                    let of =
                        |c: &Collecting| c.namespaces.contains(&t.namespace) && fits(&c.labels, &t.labels);
                    if t.measured || self.collecting.as_ref().is_some_and(of) {
                        measured += 1;
                    }
                    self.fresh.push(*uid);
                }
                Attempt::Failed(uid) => {
                    self.out.failed += 1;
                    let Some(t) = self.pods.get_mut(uid) else { continue };
                    t.attempted = true;
                    if t.waited == Some(Until::Attempted) {
                        t.waited = None;
                        self.left -= 1;
                    }
                }
                Attempt::Evicted(uid) => {
                    self.out.evicted += 1;
                    self.forget(*uid);
                }
            }
        }
        self.out.measured += measured;
        self.meter.scheduled(measured);
    }

    /// Says that pods wait for ever, and why one of them does.
    fn stuck(&mut self, when: &str) -> String {
        let mut waiting: Vec<Uid> = Vec::new();
        for uid in self.by_namespace.values().flatten() {
            if self.pods.get(uid).is_some_and(|t| t.waited.is_some()) {
                waiting.push(*uid);
            }
        }
        let mut message = format!("{} pods wait for a node {when}", waiting.len());
        let records = self.machine.take_records();
        let mut last = decisions(&records).rev().filter(|d| d.winner.is_empty());
        let of = |d: &&crate::trace::Decision| {
            self.by_namespace.get(&d.pod.ns).is_some_and(|pods| pods.iter().any(|u| waiting.contains(u)))
        };
        if waiting.iter().any(|u| self.machine.gated(*u)) {
            message += "; some of them have scheduling gates, which nothing removes";
        } else if let Some(d) = last.find(of) {
            let reasons: Vec<String> = d.reasons.iter().map(|(r, n)| format!("{n} {r}")).collect();
            message += &format!("; {} was tried {} times: {}", d.pod.name, d.attempt, reasons.join(", "));
        }
        let lacking: Vec<&str> = self.machine.lacking().collect();
        if lacking.contains(&"DefaultPreemption") {
            message += "; upstream would evict pods of lower priority, which is not modelled";
        }
        self.out.decisions += decisions(&records).count();
        message
    }

    fn delete(&mut self, namespace: &Str, labels: &Wanted, per_second: u64, skip_wait: bool) -> Done {
        let all = self.by_namespace.get(namespace).cloned().unwrap_or_default();
        let fit = |uid: &Uid| self.pods.get(uid).is_some_and(|t| fits(labels, &t.labels));
        let pods: Vec<Uid> = all.into_iter().filter(fit).collect();
        if per_second == 0 {
            for uid in pods {
                self.delete_one(uid);
            }
            return Ok(());
        }
        let every = Span(1_000_000_000 / per_second);
        let end = self.machine.now() + Span(every.0.saturating_mul(pods.len() as u64 + 1));
        self.later(every, Task::Delete { pods, next: 0, every });
        while !skip_wait && self.machine.now() < end {
            self.turn(self.slice, end)?;
        }
        Ok(())
    }

    /// Deletes a pod: with finalizers it stays, and is being deleted.
    fn delete_one(&mut self, uid: Uid) {
        let Some(pod) = self.machine.pod(uid) else { return };
        if pod.metadata.finalizers.is_empty() {
            self.remove(uid);
        } else if !pod.metadata.deleting() {
            let mut pod = (*pod).clone();
            pod.metadata.deletion_timestamp = Some(Time((self.machine.now().0 / 1_000_000_000) as i64));
            self.metered(|m| m.update_pod(Arc::new(pod)));
        }
    }

    fn barrier(&mut self, namespaces: &[Str], labels: &Wanted, attempted: bool) -> Done {
        let all: Vec<Str> = match namespaces {
            [] => self.barriers.keys().cloned().collect(),
            some => some.to_vec(),
        };
        let until = if attempted { Until::Attempted } else { Until::Scheduled };
        for ns in all {
            let pods = self.by_namespace.get(&ns).cloned().unwrap_or_default();
            let fit = |uid: &Uid| self.pods.get(uid).is_some_and(|t| fits(labels, &t.labels));
            let pods = pods.into_iter().filter(fit).collect();
            self.wait_for(pods, until);
            if !attempted && labels.is_empty() {
                self.barriers.remove(&ns);
            }
        }
        self.wait()
    }

    fn update_all(&mut self, namespace: &Str, maker: &Arc<Maker>, count: u64, rate: u64, env: &Env) -> Done {
        let mut task = Task::Update {
            namespace: namespace.clone(),
            maker: maker.clone(),
            env: env.clone(),
            count,
            next: 0,
            every: Span(1_000_000_000_u64.checked_div(rate).unwrap_or(0)),
        };
        if rate == 0 {
            for _ in 0..count {
                if let Some(next) = self.tick(task)? {
                    task = next;
                } else {
                    break;
                }
            }
            return Ok(());
        }
        let every = Span(1_000_000_000 / rate);
        let end = self.machine.now() + Span(every.0.saturating_mul(count + 1));
        self.later(every, task);
        while self.machine.now() < end {
            self.turn(self.slice, end)?;
        }
        Ok(())
    }

    /// Does what is due of a task and puts the rest back on the agenda.
    fn task(&mut self, task: Task) -> Done {
        let every = match &task {
            Task::Delete { every, .. } | Task::Churn { every, .. } | Task::Update { every, .. } => *every,
        };
        if let Some(rest) = self.tick(task)? {
            self.later(every, rest);
        }
        Ok(())
    }

    fn tick(&mut self, mut task: Task) -> Result<Option<Task>, String> {
        match &mut task {
            Task::Delete { pods, next, .. } => {
                let Some(uid) = pods.get(*next).copied() else { return Ok(None) };
                *next += 1;
                self.delete_one(uid);
            }
            Task::Churn { recreate, number, namespace, makers, round, live, .. } => {
                if !*recreate && *number > 0 && *round >= *number {
                    return Ok(None);
                }
                for (maker, live) in makers.iter().zip(live) {
                    let slot = *round % (*number).max(1);
                    if *recreate && let Some(old) = live.remove(&slot) {
                        self.drop_object(&old);
                        continue;
                    }
                    let obj =
                        make(maker, &Env::new(), *round, (*number).max(1)).map_err(|e| e.to_string())?;
                    let obj = self.create(obj, namespace)?;
                    if *recreate {
                        live.insert(slot, obj);
                    }
                }
                *round += 1;
            }
            Task::Update { namespace, maker, env, count, next, .. } => {
                if *next >= *count {
                    return Ok(None);
                }
                let obj = make(maker, env, *next, *count).map_err(|e| e.to_string())?;
                *next += 1;
                self.update(obj, namespace)?;
            }
        }
        Ok(Some(task))
    }

    fn drop_object(&mut self, obj: &Obj) {
        match obj {
            Obj::Pod(p) => self.remove(p.metadata.uid),
            Obj::Node(n) => self.metered(|m| m.remove_node(&n.metadata.name)),
            other => self.metered(|m| m.remove_object(other)),
        }
    }

    fn update(&mut self, obj: Obj, namespace: &Str) -> Done {
        let missing = |what: &str, name: &str| format!("updateAny: there is no {what} {name}");
        match obj {
            Obj::Pod(mut p) => {
                let key = (namespace.clone(), p.metadata.name.clone());
                let uid = self.by_name.get(&key).copied();
                let old = uid.and_then(|u| self.machine.pod(u));
                let (Some(uid), Some(old)) = (uid, old) else { return Err(missing("pod", &key.1)) };
                let pod = Arc::make_mut(&mut p);
                pod.metadata.uid = uid;
                pod.metadata.namespace = namespace.clone();
                pod.metadata.finalizers = old.metadata.finalizers.clone();
                if let Some(t) = self.pods.get_mut(&uid) {
                    t.labels = pod.metadata.labels.clone();
                }
                self.metered(|m| m.update_pod(p));
            }
            Obj::Node(mut n) => {
                let name = n.metadata.name.clone();
                if !self.machine.has_node(&name) {
                    return Err(missing("node", &name));
                }
                let labels = &mut Arc::make_mut(&mut n).metadata.labels;
                if labels.get("kubernetes.io/hostname").is_none() {
                    labels.insert(lit!("kubernetes.io/hostname"), name);
                }
                self.metered(|m| m.set_node(n));
            }
            other => self.metered(|m| m.add_object(&other)),
        }
        Ok(())
    }
}
