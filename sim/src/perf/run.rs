//! Runs a workload.

use super::machine::{Attempt, Machine};
use super::model::Labels as Wanted;
use super::plan::{Plan, Pods, Step, make};
use super::tasks::Task;
use crate::object::{Labels, Str, Uid};
use crate::rng::Rng;
use crate::time::{SimTime, Span};
use crate::trace::{Record, What};
use std::collections::{BTreeMap, HashMap};

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
    /// What did not go as it should.
    pub problems: Vec<String>,
}

/// Runs a workload.
pub fn run(plan: &Plan, seed: u64, meter: &mut dyn Meter) -> Outcome {
    let mut r = Runner {
        machine: Machine::new(seed, plan.profile.clone()),
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

pub(super) struct Tracked {
    pub(super) namespace: Str,
    pub(super) labels: Labels,
    pub(super) scheduled: bool,
    pub(super) attempted: bool,
    /// Somebody waits until it is scheduled, or attempted.
    pub(super) waited: Option<Until>,
    pub(super) measured: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Scheduled,
    Attempted,
}

/// Which pods are measured, besides those of `createPods` with `collectMetrics`.
pub(super) struct Collecting {
    pub(super) namespaces: Vec<Str>,
    pub(super) labels: Wanted,
}

pub(super) struct Runner<'a> {
    pub(super) machine: Machine,
    pub(super) meter: &'a mut dyn Meter,
    pub(super) rng: Rng,
    pub(super) pace: Span,
    pub(super) slice: u64,
    pub(super) pods: HashMap<Uid, Tracked>,
    pub(super) by_name: BTreeMap<(Str, Str), Uid>,
    pub(super) by_namespace: BTreeMap<Str, Vec<Uid>>,
    pub(super) agenda: BTreeMap<(SimTime, u64), Task>,
    pub(super) seq: u64,
    /// Pods that the present operation still waits for.
    pub(super) left: u64,
    pub(super) collecting: Option<Collecting>,
    /// How many pods of each namespace no barrier has waited for.
    pub(super) barriers: BTreeMap<Str, u64>,
    /// Pods that were scheduled in the last turn.
    pub(super) fresh: Vec<Uid>,
    pub(super) out: Outcome,
}

pub(super) fn fits(wanted: &Wanted, labels: &Labels) -> bool {
    wanted.iter().all(|(k, v)| labels.get(k).is_some_and(|l| l.as_str() == v))
}

pub(super) type Done = Result<(), String>;

impl Runner<'_> {
    pub(super) fn step(&mut self, step: &Step) -> Done {
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
    pub(super) fn metered<T>(&mut self, work: impl FnOnce(&mut Machine) -> T) -> T {
        self.meter.start();
        let result = work(&mut self.machine);
        self.meter.stop();
        result
    }

    pub(super) fn later(&mut self, after: Span, task: Task) {
        self.seq += 1;
        self.agenda.insert((self.machine.now() + after, self.seq), task);
    }

    pub(super) fn create_pods(&mut self, p: &Pods) -> Done {
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
    pub(super) fn steady(&mut self, p: &Pods, length: Span) -> Done {
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

    pub(super) fn remove(&mut self, uid: Uid) {
        self.metered(|m| m.delete_pod(uid));
        self.forget(uid);
    }

    pub(super) fn forget(&mut self, uid: Uid) {
        if let Some(t) = self.pods.remove(&uid)
            && t.waited.is_some()
        {
            self.left -= 1;
        }
    }

    pub(super) fn wait_for(&mut self, pods: Vec<Uid>, until: Until) {
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

    pub(super) fn wait(&mut self) -> Done {
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
    pub(super) fn turn(&mut self, most: u64, end: SimTime) -> Done {
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

    pub(super) fn take(&mut self, attempts: &[Attempt]) {
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
    pub(super) fn stuck(&mut self, when: &str) -> String {
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
        self.out.decisions += decisions(&records).count();
        message
    }

    pub(super) fn barrier(&mut self, namespaces: &[Str], labels: &Wanted, attempted: bool) -> Done {
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
}
