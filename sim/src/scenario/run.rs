//! Playing a scenario on a cluster: the timeline, the assertions, the end.
//!
//! A run jumps from one moment at which something is due to the next. At each, the writes are taken over one by
//! one, and what must hold is tried after every single one: nothing is sampled.

use super::actions::{Act, acts, expand};
use super::asserts::Assertion;
use super::causes::Causes;
use super::chaos::{PlannedFault, plan};
use super::check::{Facts, Finding, Saved, StepTimes, failing, values_of};
use super::cluster::Cluster;
use super::faults::FaultAction;
use super::matcher::glob;
use super::model::Scenario;
use super::report::{Ended, Failure, Report, StepReport, Verdict, describe};
use super::values::{Dur, Lasting, Until};
use super::view::View;
use crate::api_util::Time;
use crate::config::WorldConfig;
use crate::fault::Fault;
use crate::links::LatencyProfile;
use crate::object::Key;
use crate::time::{SimTime, Span};
use crate::trace::{Level, Record};
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

/// How to run a scenario, over what it says itself.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Another seed.
    pub seed: Option<u64>,
    /// Another latency profile.
    pub latency: Option<LatencyProfile>,
    /// What the trace keeps.
    pub level: Level,
    /// End at this time, whatever is left.
    pub until: Option<SimTime>,
    /// Virtual time at which a run that does not end is stopped.
    pub limit: Span,
    /// Number of moments after which a run that does not end is stopped.
    pub max_instants: u64,
    /// These faults instead of those that the seed draws.
    pub plan: Option<Vec<PlannedFault>>,
    /// Keep the trace's records for [`Run::take_records`].
    pub keep_records: bool,
    /// The name of the file, for reports.
    pub file: String,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            seed: None,
            latency: None,
            level: Level::Full,
            until: None,
            limit: Span::secs(24 * 3600),
            max_instants: 200_000_000,
            plan: None,
            keep_records: false,
            file: String::new(),
        }
    }
}

/// What a step is at.
#[derive(Clone, Debug)]
enum Phase {
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
struct Watch {
    step: usize,
    index: usize,
    began: SimTime,
    base: Vec<Vec<(Key, Value)>>,
}

/// A fault under way.
#[derive(Clone, Debug)]
struct Ongoing {
    id: u64,
    names: [String; 2],
    until: Option<SimTime>,
}

/// A scenario being played.
pub struct Run<C> {
    scenario: Arc<Scenario>,
    options: RunOptions,
    seed: u64,
    epoch_s: i64,
    cluster: C,
    now: SimTime,
    view: View,
    causes: Causes,
    records: Vec<Record>,
    steps: Vec<StepReport>,
    times: StepTimes,
    current: usize,
    phase: Phase,
    background: Vec<Watch>,
    ongoing: Vec<Ongoing>,
    strikes: VecDeque<(SimTime, PlannedFault)>,
    hold_until: SimTime,
    refused: Option<String>,
    saved: BTreeMap<String, Saved>,
    ids: u64,
    instants: u64,
    failure: Option<Failure>,
    ended: Option<Ended>,
    answer: Option<String>,
}

/// What the world of a scenario is built from, the options considered, and its seed.
pub fn world_config(scenario: &Scenario, options: &RunOptions) -> (WorldConfig, u64) {
    let mut config = scenario.world_config();
    config.latency = options.latency.unwrap_or(config.latency);
    config.trace = if wants_causes(scenario) { Level::Full } else { options.level };
    (config, options.seed.unwrap_or(scenario.spec.seed))
}

/// All assertions of a scenario, its lesson's options included.
fn assertions(s: &Scenario) -> impl Iterator<Item = &Assertion> {
    let options =
        s.spec.lesson.iter().flat_map(|l| &l.prediction).flat_map(|p| p.options.iter().map(|o| &o.when));
    s.spec.steps.iter().flat_map(|s| s.assert.iter()).chain(options)
}

fn wants_causes(s: &Scenario) -> bool {
    assertions(s).any(|a| !a.chain.is_empty())
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
            records: Vec::new(),
            steps: scenario.spec.steps.iter().map(step).collect(),
            times: StepTimes::new(),
            current: 0,
            phase: Phase::Finished(SimTime(0)),
            background: Vec::new(),
            ongoing: Vec::new(),
            strikes: VecDeque::new(),
            hold_until: SimTime(0),
            refused: None,
            saved: BTreeMap::new(),
            ids: 0,
            instants: 0,
            failure: None,
            ended: None,
            answer: None,
            scenario,
            options,
        };
        run.absorb();
        run.to_step(0);
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

    /// The name of the step that is under way.
    pub fn current_step(&self) -> Option<&str> {
        self.scenario.spec.steps.get(self.current).map(|s| s.name.as_str())
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
            let wrote = self.view.apply(&record);
            if self.options.keep_records {
                self.records.push(record);
            }
            if wrote && !self.ended() {
                self.on_revision();
            }
        }
        if self.cluster.revision() != self.view.revision() {
            // The trace does not keep all writes, or none.
            self.view.sync(self.cluster.revision(), self.cluster.objects());
            self.on_revision();
        }
        for outcome in self.cluster.take_outcomes() {
            self.on_outcome(outcome);
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

    fn facts<'a>(&'a self, base: &'a [Vec<(Key, Value)>], quiet: bool) -> Facts<'a> {
        Facts {
            view: &self.view,
            now: self.now,
            wall: Time(self.epoch_s + (self.now.0 / 1_000_000_000) as i64),
            saved: &self.saved,
            base,
            causes: &self.causes,
            steps: &self.times,
            quiet,
        }
    }

    fn assertion(&self, w: &Watch) -> &Assertion {
        &self.scenario.spec.steps[w.step].assert.0[w.index]
    }

    fn holds(&self, w: &Watch) -> bool {
        let a = self.assertion(w);
        failing(a, &self.facts(&w.base, a.quiet && self.cluster.quiet()), false).is_empty()
    }

    fn findings(&self, w: &Watch) -> Vec<Finding> {
        let a = self.assertion(w);
        failing(a, &self.facts(&w.base, a.quiet && self.cluster.quiet()), true)
    }

    /// The store has changed: what must hold all the time is tried, then what the present step waits for.
    fn on_revision(&mut self) {
        for i in 0..self.background.len() {
            self.try_lasting(&self.background[i].clone());
        }
        self.try_phase();
    }

    /// Tries an assertion that must hold, or must not, all the time.
    fn try_lasting(&mut self, w: &Watch) {
        if self.ended() {
            return;
        }
        let must_not = self.assertion(w).never.is_some();
        if self.holds(w) == must_not {
            let findings = if must_not {
                vec![Finding { expected: "that it is never so".into(), found: vec!["it is".into()] }]
            } else {
                self.findings(w)
            };
            self.fail(w.step, w.index, findings);
        }
    }

    /// Tries what the present step waits for, and goes on as far as that leads at this revision.
    fn try_phase(&mut self) {
        while !self.ended() {
            match &self.phase {
                Phase::Saving(_) => {
                    if !self.save() {
                        return;
                    }
                    self.next_assertion(0);
                }
                Phase::Asserting(w) => {
                    let w = w.clone();
                    let a = self.assertion(&w);
                    if a.lasting.is_some() || a.never.is_some() {
                        self.try_lasting(&w);
                        return;
                    }
                    if !self.holds(&w) {
                        return;
                    }
                    if let Some(Dur(least)) = a.not_before {
                        if self.now < w.began + least {
                            let found = vec![format!("it was so already after {}", self.now - w.began)];
                            self.fail(
                                w.step,
                                w.index,
                                vec![Finding { expected: format!("not before {least}"), found }],
                            );
                            return;
                        }
                    }
                    self.pass(&w);
                }
                _ => return,
            }
        }
    }

    fn pass(&mut self, w: &Watch) {
        let what = describe(self.assertion(w));
        self.steps[w.step].verdicts.push(Verdict { what, at: self.now, passed: true });
        self.next_assertion(w.index + 1);
    }

    /// Begins an assertion of the present step, or ends the step.
    fn next_assertion(&mut self, index: usize) {
        let step = &self.scenario.spec.steps[self.current];
        let Some(a) = step.assert.0.get(index) else { return self.step_passed() };
        let began = a.since.as_ref().and_then(|s| self.times.get(s)?.0).unwrap_or(self.now);
        let empty = self.facts(&[], false);
        let base = a
            .unchanged
            .iter()
            .map(|f| {
                let source = super::asserts::Source {
                    kind: f.kind.clone(),
                    name: f.name.clone(),
                    namespace: f.namespace.clone(),
                    selector: f.selector.clone(),
                    filter: BTreeMap::new(),
                };
                values_of(&source, &f.field, &empty)
            })
            .collect();
        let watch = Watch { step: self.current, index, began, base };
        if matches!((a.lasting, a.never), (Some(Lasting::End), _) | (_, Some(Lasting::End))) {
            self.background.push(watch.clone());
            self.try_lasting(&watch);
            if !self.ended() {
                self.next_assertion(index + 1);
            }
        } else {
            self.phase = Phase::Asserting(watch);
        }
    }

    fn save(&mut self) -> bool {
        let saves = &self.scenario.spec.steps[self.current].save;
        let mut out = Vec::new();
        for s in saves.iter() {
            let values = values_of(&s.from, &s.path, &self.facts(&[], false));
            if values.is_empty() {
                return false;
            }
            out.push((s.name.clone(), Saved { from: s.from.clone(), path: s.path.clone(), values }));
        }
        self.saved.extend(out);
        true
    }

    fn step_passed(&mut self) {
        let index = self.current;
        let name = self.scenario.spec.steps[index].name.clone();
        self.steps[index].passed = Some(self.now);
        self.times.entry(name.clone()).or_default().1 = Some(self.now);
        self.compute_answer(&name);
        self.begin_chaos(index, &name);
        self.to_step(index + 1);
    }

    fn compute_answer(&mut self, step: &str) {
        let scenario = Arc::clone(&self.scenario);
        let Some(p) = scenario.spec.lesson.as_ref().and_then(|l| l.prediction.as_ref()) else { return };
        if p.after == step {
            let quiet = self.cluster.quiet();
            let right = p.options.iter().find(|o| failing(&o.when, &self.facts(&[], quiet), false).is_empty());
            self.answer = right.map(|o| o.id.clone());
        }
    }

    fn begin_chaos(&mut self, index: usize, name: &str) {
        let Some(chaos) = &self.scenario.spec.chaos else { return };
        if chaos.after.as_ref().map_or(index != 0, |a| a != name) {
            return;
        }
        let faults = self.options.plan.clone().unwrap_or_else(|| plan(&self.scenario, self.seed));
        let last = faults.iter().map(|f| self.now + f.at + f.lasts).max().unwrap_or(self.now);
        self.hold_until = last + chaos.quiet_span();
        self.strikes = faults.into_iter().map(|f| (self.now + f.at, f)).collect();
    }

    /// Goes to a step and waits for its time.
    fn to_step(&mut self, index: usize) {
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
            Some(Until::Quiet) if self.cluster.quiet() => self.end(Ended::Quiet),
            Some(Until::Quiet) if self.now >= since + QUIET_LIMIT => self.end(Ended::StillBusy),
            Some(_) => {}
        }
    }

    fn fail_act(&mut self, expected: &str, found: Vec<String>) {
        let step = &self.scenario.spec.steps[self.current];
        let (line, name) = (step.line, step.name.clone());
        let finding = Finding { expected: expected.to_owned(), found };
        self.failed(name, line, "the step does what it says".to_owned(), vec![finding]);
    }

    fn fail(&mut self, step: usize, index: usize, findings: Vec<Finding>) {
        let s = &self.scenario.spec.steps[step];
        let a = &s.assert.0[index];
        let (name, line, what) =
            (s.name.clone(), a.line.max(if a.line == 0 { s.line } else { 0 }), describe(a));
        self.steps[step].verdicts.push(Verdict { what: what.clone(), at: self.now, passed: false });
        self.failed(name, line, what, findings);
    }

    fn failed(&mut self, step: String, line: usize, demand: String, findings: Vec<Finding>) {
        if self.ended() {
            return;
        }
        self.failure =
            Some(Failure { step, line, demand, findings, at: self.now, revision: self.view.revision() });
        self.ended = Some(Ended::Failed);
    }

    /// Ends a run that did all it had to.
    fn end(&mut self, why: Ended) {
        if self.ended() {
            return;
        }
        for w in std::mem::take(&mut self.background) {
            let what = describe(self.assertion(&w));
            self.steps[w.step].verdicts.push(Verdict { what, at: self.now, passed: true });
        }
        if why == Ended::Quiet && !matches!(self.phase, Phase::Finished(_)) {
            return self.stop(Ended::TimeLimit);
        }
        self.ended = Some(why);
    }

    /// Stops a run that does not end, with what it was waiting for.
    fn stop(&mut self, why: Ended) {
        let (findings, demand) = match &self.phase {
            Phase::Asserting(w) => (self.findings(&w.clone()), describe(self.assertion(w))),
            Phase::Finished(_) => (Vec::new(), "the run ends by itself".to_owned()),
            Phase::Before(t) => (Vec::new(), format!("the step begins at {t}")),
            Phase::Acting(..) => (Vec::new(), "the step's command is answered".to_owned()),
            Phase::Resting(_, t) => (Vec::new(), format!("the step waits until {t}")),
            Phase::Saving(_) => (Vec::new(), "the step finds what it is to save".to_owned()),
        };
        let index = self.current.min(self.scenario.spec.steps.len().saturating_sub(1));
        let (name, line) =
            self.scenario.spec.steps.get(index).map(|s| (s.name.clone(), s.line)).unwrap_or_default();
        self.failed(name, line, demand, findings);
        self.ended = Some(why);
    }
}
