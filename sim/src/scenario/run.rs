//! Playing a scenario on a cluster: the timeline, the assertions, the end.
//!
//! A run jumps from one moment at which something is due to the next. At each, the writes are taken over one by
//! one, and what must hold is tried after every single one: nothing is sampled.

use super::actions::{Act, acts, expand};
use super::causes::Causes;
use super::chaos::PlannedFault;
use super::check::{Saved, StepTimes};
use super::cluster::Cluster;
use super::faults::FaultAction;
use super::matcher::glob;
use super::model::Scenario;
use super::options::{RunOptions, boot_time, wants_causes, world_config};
use super::report::{Ended, Failure, Report, StepReport};
use super::values::{Lasting, Until};
use super::view::View;
use crate::fault::Fault;
use crate::object::Key;
use crate::time::{SimTime, Span};
use crate::trace::{Level, Record, RecordId};
use crate::user::Outcome;
use crate::world::{External, World};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How long a command may go unanswered.
const ANSWER_LIMIT: Span = Span::secs(300);
/// How long `save` waits for what it is to save.
const SAVE_LIMIT: Span = Span::secs(30);
/// How long a run that ends when nothing is under way goes on after its last step.
const QUIET_LIMIT: Span = Span::secs(3600);

/// What a step is at.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// It waits for its time.
    Before(SimTime),
    /// It acts; a command may wait for its answer, at most until then.
    Acting(VecDeque<Act>, Option<(u64, SimTime)>),
    /// It waits, having nothing to do.
    Resting(VecDeque<Act>, SimTime),
    /// It waits for the values that it is to save.
    Saving(SimTime),
    /// It asserts.
    Asserting(Watch),
    /// All steps are done.
    Finished(SimTime),
}

/// An assertion on trial.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) step: usize,
    pub(super) index: usize,
    pub(super) began: SimTime,
    pub(super) base: Vec<Vec<(Key, Value)>>,
}

/// A fault under way.
#[derive(Clone, Debug)]
pub(super) struct Ongoing {
    id: u64,
    names: [String; 2],
    until: Option<SimTime>,
}

/// A scenario being played.
pub struct Run<C> {
    pub(super) scenario: Arc<Scenario>,
    pub(super) options: RunOptions,
    pub(super) seed: u64,
    pub(super) epoch_s: i64,
    pub(super) cluster: C,
    pub(super) now: SimTime,
    pub(super) view: View,
    pub(super) causes: Causes,
    /// Whether the trace keeps only some of the writes, or none.
    pub(super) sparse: bool,
    pub(super) records: Vec<Record>,
    pub(super) steps: Vec<StepReport>,
    pub(super) times: StepTimes,
    pub(super) current: usize,
    pub(super) phase: Phase,
    pub(super) background: Vec<Watch>,
    pub(super) ongoing: Vec<Ongoing>,
    pub(super) strikes: VecDeque<(SimTime, PlannedFault)>,
    pub(super) hold_until: SimTime,
    pub(super) refused: Option<String>,
    pub(super) saved: BTreeMap<String, Saved>,
    pub(super) ids: u64,
    pub(super) instants: u64,
    /// Whether the present is a moment at which something was due, rather than one at which a caller stopped.
    pub(super) on_instant: bool,
    pub(super) failure: Option<Failure>,
    pub(super) ended: Option<Ended>,
    pub(super) answer: Option<String>,
    /// The newest record.
    pub(super) newest: RecordId,
    /// Of each step that has begun, the newest record at that moment.
    pub(super) begun: Vec<RecordId>,
}

impl Run<World> {
    /// Plays on a world of its own.
    pub fn new(scenario: Arc<Scenario>, options: RunOptions) -> Run<World> {
        let (config, seed) = world_config(&scenario, &options);
        Run::on(World::new(config, seed), scenario, options)
    }
}

impl<C: Cluster> Run<C> {
    /// Plays on that cluster, which must have been built from [`world_config`].
    pub fn on(cluster: C, scenario: Arc<Scenario>, options: RunOptions) -> Run<C> {
        let (config, seed) = world_config(&scenario, &options);
        let step = |s: &super::steps::Step| StepReport { name: s.name.clone(), ..StepReport::default() };
        let mut run = Run {
            seed,
            epoch_s: config.epoch_s,
            now: cluster.now(),
            cluster,
            view: View::default(),
            causes: Causes::new(wants_causes(&scenario)),
            sparse: config.trace != Level::Full,
            records: Vec::new(),
            steps: scenario.spec.steps.iter().map(step).collect(),
            times: StepTimes::new(),
            current: 0,
            phase: Phase::Finished(SimTime(0)),
            background: Vec::new(),
            ongoing: Vec::new(),
            strikes: VecDeque::new(),
            hold_until: SimTime(0) + boot_time(config.latency),
            refused: None,
            saved: BTreeMap::new(),
            ids: 0,
            instants: 0,
            on_instant: true,
            failure: None,
            ended: None,
            answer: None,
            newest: RecordId(0),
            begun: Vec::new(),
            scenario,
            options,
        };
        run.absorb();
        run.enter(0);
        run
    }

    /// The present.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The cluster.
    pub fn cluster(&self) -> &C {
        &self.cluster
    }

    /// The cluster, to meddle with.
    pub fn cluster_mut(&mut self) -> &mut C {
        &mut self.cluster
    }

    /// The scenario.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// Takes the records that have gathered, if they are kept.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// The names of the steps that have begun to act, or to wait for what they assert, in order; not of one
    /// that waits for its time. With each, the newest record at that moment: what happened up to it led to the
    /// step, what comes after it may come of the step, even where all has one time.
    pub fn begun_steps(&self) -> impl Iterator<Item = (&str, RecordId)> {
        self.steps.iter().zip(&self.begun).map(|(s, newest)| (s.name.as_str(), *newest))
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Plays to the end.
    pub fn to_end(&mut self) -> Report {
        while !self.step_until(SimTime(u64::MAX)) {}
        self.report()
    }

    /// When something is due next.
    pub fn next_deadline(&self) -> Option<SimTime> {
        if self.ended() {
            return None;
        }
        [self.cluster.next_deadline(), self.own_deadline()]
            .into_iter()
            .flatten()
            .min()
            .map(|t| t.max(self.now))
    }

    /// Plays up to `t`; says whether the run is over.
    pub fn step_until(&mut self, t: SimTime) -> bool {
        loop {
            self.settle();
            if self.ended() {
                return true;
            }
            let Some(next) = self.next_deadline() else {
                // Nothing will ever happen again, and nothing is waited for by the clock.
                self.end(Ended::Quiet);
                return true;
            };
            if next > t {
                if t > self.now && t.0 != u64::MAX {
                    self.on_instant = false;
                    self.go_to(t);
                }
                return self.ended();
            }
            if self.instants >= self.options.max_instants {
                self.stop(Ended::EventLimit);
                return true;
            }
            if next.0 > self.options.limit.0 {
                self.stop(Ended::TimeLimit);
                return true;
            }
            self.instants += 1;
            self.on_instant = true;
            self.go_to(next);
        }
    }

    /// What has come of it so far.
    pub fn report(&self) -> Report {
        Report {
            name: self.scenario.metadata.name.clone(),
            file: self.options.file.clone(),
            passed: self.failure.is_none()
                && !matches!(self.ended, Some(Ended::TimeLimit | Ended::EventLimit)),
            seed: self.seed,
            steps: self.steps.clone(),
            failure: self.failure.clone(),
            ended: self.ended.unwrap_or(Ended::Until),
            ended_at: self.now,
            revision: self.view.revision(),
            instants: self.instants,
            answer: self.answer.clone(),
        }
    }

    fn go_to(&mut self, t: SimTime) {
        self.cluster.advance(t);
        self.now = t;
        self.absorb();
        if matches!(&self.phase, Phase::Asserting(w) if self.assertion(w).quiet) {
            self.try_phase();
        }
        self.on_time();
    }

    /// Takes over what the cluster has recorded, write by write.
    fn absorb(&mut self) {
        for record in self.cluster.take_records() {
            self.causes.add(&record);
            self.newest = record.id;
            let wrote = !self.sparse && self.view.apply(&record);
            if self.options.keep_records {
                self.records.push(record);
            }
            if wrote && !self.ended() {
                self.on_revision();
            }
        }
        if self.sparse {
            self.absorb_changes();
        }
        for outcome in self.cluster.take_outcomes() {
            self.on_outcome(outcome);
        }
    }

    /// Takes over from the store what the trace does not keep.
    fn absorb_changes(&mut self) {
        let seen = self.view.revision();
        match self.cluster.changes_after(seen) {
            Some(changes) => {
                for change in &changes {
                    self.view.commit(change);
                    if !self.ended() {
                        self.on_revision();
                    }
                }
            }
            None => {
                self.view.sync(self.cluster.revision(), self.cluster.objects());
                self.on_revision();
            }
        }
    }

    fn on_outcome(&mut self, outcome: Outcome) {
        let Phase::Acting(_, pending) = &mut self.phase else { return };
        if pending.is_none_or(|(id, _)| id != outcome.id) {
            return;
        }
        *pending = None;
        self.steps[self.current].output.extend(outcome.lines);
        let step = &self.scenario.spec.steps[self.current];
        match (&step.expect_error, outcome.error) {
            (None, None) => {}
            (None, Some(error)) => self.fail_act("the cluster takes the command", vec![error]),
            (Some(want), Some(error)) if glob(&format!("*{want}*"), &error) => self.refused = Some(error),
            (Some(want), Some(error)) => {
                let want = format!("the command is refused with a message like: {want}");
                self.fail_act(&want, vec![format!("it was refused with: {error}")]);
            }
            (Some(want), None) => {
                let want = format!("the command is refused with a message like: {want}");
                self.fail_act(&want, vec!["it was accepted".to_owned()]);
            }
        }
    }

    /// Goes to a step and waits for its time.
    pub(super) fn enter(&mut self, index: usize) {
        self.current = index;
        self.phase = match self.scenario.spec.steps.get(index) {
            None => Phase::Finished(self.now),
            Some(step) => {
                let after = step.after.map_or(self.now, |d| self.now + d.0);
                let at = step.at.map_or(SimTime(0), |d| SimTime(d.0.0));
                Phase::Before(after.max(at).max(self.hold_until))
            }
        };
    }

    /// Does all that can be done without time going by.
    fn settle(&mut self) {
        while !self.ended() {
            match &mut self.phase {
                Phase::Before(t) if self.now >= *t => {
                    let step = &self.scenario.spec.steps[self.current];
                    self.phase = Phase::Acting(acts(step), None);
                    self.steps[self.current].began = Some(self.now);
                    self.begun.push(self.newest);
                    self.times.insert(step.name.clone(), (Some(self.now), None));
                    self.refused = None;
                }
                Phase::Acting(queue, None) => match queue.pop_front() {
                    Some(act) => self.act(act),
                    None => self.acted(),
                },
                Phase::Resting(queue, t) if self.now >= *t => {
                    let queue = std::mem::take(queue);
                    self.phase = Phase::Acting(queue, None);
                }
                // Where a caller stops, nothing is tried: it must not matter how time is sliced.
                Phase::Saving(_) | Phase::Asserting(_) if !self.on_instant => return,
                Phase::Saving(_) | Phase::Asserting(_) => {
                    let before = self.mark();
                    self.try_phase();
                    self.on_time();
                    if self.mark() == before {
                        return;
                    }
                }
                Phase::Finished(_) => return self.finish(),
                Phase::Before(_) | Phase::Acting(..) | Phase::Resting(..) => return,
            }
        }
    }

    /// Where the timeline stands: to see whether it moved.
    fn mark(&self) -> (usize, usize, usize) {
        match &self.phase {
            Phase::Before(_) => (self.current, 0, 0),
            Phase::Acting(..) | Phase::Resting(..) => (self.current, 1, 0),
            Phase::Saving(_) => (self.current, 2, 0),
            Phase::Asserting(w) => (self.current, 3, w.index),
            Phase::Finished(_) => (self.current, 4, 0),
        }
    }

    fn acted(&mut self) {
        let step = &self.scenario.spec.steps[self.current];
        if step.save.is_empty() {
            self.next_assertion(0);
        } else {
            self.phase = Phase::Saving(self.now + SAVE_LIMIT);
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Kubectl(command) => {
                self.ids += 1;
                let id = self.ids;
                if let Phase::Acting(_, pending) = &mut self.phase {
                    *pending = Some((id, self.now + ANSWER_LIMIT));
                }
                self.cluster.handle(self.now, External::User { id, command: *command });
                self.absorb();
            }
            Act::DeleteSelected(d) => {
                let found = expand(&d, &self.view);
                if found.is_empty() {
                    return self
                        .fail_act("there is something to delete", vec!["the selector finds nothing".into()]);
                }
                if let Phase::Acting(queue, _) = &mut self.phase {
                    found.into_iter().rev().for_each(|a| queue.push_front(a));
                }
            }
            Act::Fault(f) => self.begin_fault(f),
            Act::Mend(name) => match self.ongoing.iter().rposition(|o| o.names.contains(&name)) {
                Some(at) => self.mend(at),
                None => self.fail_act("the fault is under way", vec![format!("no fault `{name}` is")]),
            },
            Act::Wait(span) => {
                if let Phase::Acting(queue, None) = &mut self.phase {
                    self.phase = Phase::Resting(std::mem::take(queue), self.now + span);
                }
            }
        }
    }

    fn begin_fault(&mut self, f: FaultAction) {
        let step = self.scenario.spec.steps[self.current].name.clone();
        if let Err(why) = self.cluster.check_fault(&f.fault) {
            return self.fail_act("the fault can strike", vec![why]);
        }
        let until = f.until.map(|d| SimTime(d.0.0)).or_else(|| f.lasts.map(|d| self.now + d.0));
        let names = [f.name.unwrap_or(step), f.fault.name.clone()];
        self.strike(f.fault, names, until);
    }

    fn strike(&mut self, fault: Fault, names: [String; 2], until: Option<SimTime>) {
        self.ids += 1;
        self.ongoing.push(Ongoing { id: self.ids, names, until });
        self.cluster.handle(self.now, External::Fault { id: self.ids, fault });
        self.absorb();
    }

    fn mend(&mut self, at: usize) {
        let id = self.ongoing.remove(at).id;
        self.cluster.handle(self.now, External::Mend { id });
        self.absorb();
    }

    /// What the clock decides: faults begin and end, assertions run out of time or have held long enough.
    fn on_time(&mut self) {
        while !self.ended() {
            if let Some(at) = self.ongoing.iter().position(|o| o.until.is_some_and(|t| t <= self.now)) {
                self.mend(at);
            } else if self.strikes.front().is_some_and(|(t, _)| *t <= self.now) {
                let Some((t, planned)) = self.strikes.pop_front() else { return };
                let names = ["chaos".to_owned(), planned.fault.name.clone()];
                self.strike(planned.fault, names, Some(t + planned.lasts));
            } else {
                break;
            }
        }
        if self.options.until.is_some_and(|t| self.now >= t) && !self.ended() {
            return self.end(Ended::Until);
        }
        if self.ended() || self.phase_deadline().is_none_or(|t| t > self.now) {
            return;
        }
        match &self.phase {
            Phase::Acting(_, Some(_)) => {
                self.fail_act("the command is answered", vec![format!("no answer came in {ANSWER_LIMIT}")]);
            }
            Phase::Saving(_) => {
                let found = format!("it was not there in {SAVE_LIMIT}");
                self.fail_act("there is something to save", vec![found]);
            }
            Phase::Asserting(w) => {
                let w = w.clone();
                // What the clock alone makes true has had no revision to be tried at.
                self.try_phase();
                let same =
                    matches!(&self.phase, Phase::Asserting(n) if n.index == w.index && n.step == w.step);
                if self.ended() || !same {
                    return;
                }
                if self.assertion(&w).within.is_some() {
                    let findings = self.findings(&w);
                    self.fail(w.step, w.index, findings);
                } else {
                    self.pass(&w);
                }
            }
            Phase::Before(_) | Phase::Acting(_, None) | Phase::Resting(..) | Phase::Finished(_) => {}
        }
    }

    /// When the present step's waiting is over.
    fn phase_deadline(&self) -> Option<SimTime> {
        match &self.phase {
            Phase::Before(t) | Phase::Resting(_, t) | Phase::Saving(t) | Phase::Acting(_, Some((_, t))) => {
                Some(*t)
            }
            Phase::Acting(_, None) => Some(self.now),
            Phase::Asserting(w) => {
                let a = self.assertion(w);
                let lasting = |l: Lasting| match l {
                    Lasting::For(d) => Some(d),
                    Lasting::End => None,
                };
                let span =
                    a.within.map(|d| d.0).or(a.lasting.and_then(lasting)).or(a.never.and_then(lasting));
                Some(w.began + span.unwrap_or(Span::ZERO))
            }
            Phase::Finished(t) => match self.scenario.spec.until {
                Some(Until::At(d)) => Some(SimTime(d.0)),
                Some(Until::Quiet) => Some(*t + QUIET_LIMIT),
                None => None,
            },
        }
    }

    fn own_deadline(&self) -> Option<SimTime> {
        let mends = self.ongoing.iter().filter_map(|o| o.until);
        let strike = self.strikes.front().map(|(t, _)| *t);
        self.phase_deadline().into_iter().chain(mends).chain(strike).chain(self.options.until).min()
    }

    fn finish(&mut self) {
        let Phase::Finished(since) = self.phase else { return };
        match self.scenario.spec.until {
            None => self.end(Ended::Finished),
            Some(Until::At(d)) if self.now.0 >= d.0 => self.end(Ended::Until),
            Some(Until::Quiet) if self.is_quiet() => self.end(Ended::Quiet),
            Some(Until::Quiet) if self.now >= since + QUIET_LIMIT => self.end(Ended::StillBusy),
            Some(_) => {}
        }
    }
}
