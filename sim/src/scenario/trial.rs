//! The part of a run that tries assertions, and that ends it when one fails.

use super::asserts::Assertion;
use super::chaos::plan;
use super::check::{Facts, Finding, Saved, failing, values_of};
use super::cluster::Cluster;
use super::report::{Ended, Failure, Verdict, describe};
use super::run::{Phase, Run, Watch};
use super::values::{Dur, Lasting};
use crate::api_util::Time;
use crate::object::Key;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

impl<C: Cluster> Run<C> {
    /// Whether nothing is under way. It is asked only when something was due, so that it does not matter how a
    /// caller slices time.
    pub(super) fn is_quiet(&self) -> bool {
        self.on_instant && self.cluster.quiet()
    }

    pub(super) fn facts<'a>(&'a self, base: &'a [Vec<(Key, Value)>], quiet: bool) -> Facts<'a> {
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

    pub(super) fn assertion(&self, w: &Watch) -> &Assertion {
        &self.scenario.spec.steps[w.step].assert.0[w.index]
    }

    pub(super) fn holds(&self, w: &Watch) -> bool {
        let a = self.assertion(w);
        failing(a, &self.facts(&w.base, a.quiet && self.is_quiet()), false).is_empty()
    }

    pub(super) fn findings(&self, w: &Watch) -> Vec<Finding> {
        let a = self.assertion(w);
        failing(a, &self.facts(&w.base, a.quiet && self.is_quiet()), true)
    }

    /// The store has changed: what must hold all the time is tried, then what the present step waits for.
    pub(super) fn on_revision(&mut self) {
        for i in 0..self.background.len() {
            self.try_lasting(&self.background[i].clone());
        }
        self.try_phase();
    }

    /// Tries an assertion that must hold, or must not, all the time.
    pub(super) fn try_lasting(&mut self, w: &Watch) {
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
    pub(super) fn try_phase(&mut self) {
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
                    if let Some(Dur(least)) = a.not_before
                        && self.now < w.began + least
                    {
                        let found = vec![format!("it was so already after {}", self.now - w.began)];
                        self.fail(
                            w.step,
                            w.index,
                            vec![Finding { expected: format!("not before {least}"), found }],
                        );
                        return;
                    }
                    self.pass(&w);
                }
                _ => return,
            }
        }
    }

    pub(super) fn pass(&mut self, w: &Watch) {
        let what = describe(self.assertion(w));
        self.steps[w.step].verdicts.push(Verdict { what, at: self.now, passed: true });
        self.next_assertion(w.index + 1);
    }

    /// Begins an assertion of the present step, or ends the step.
    pub(super) fn next_assertion(&mut self, index: usize) {
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

    pub(super) fn save(&mut self) -> bool {
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

    pub(super) fn step_passed(&mut self) {
        let index = self.current;
        let name = self.scenario.spec.steps[index].name.clone();
        self.steps[index].passed = Some(self.now);
        self.times.entry(name.clone()).or_default().1 = Some(self.now);
        self.compute_answer(&name);
        self.begin_chaos(index, &name);
        self.enter(index + 1);
    }

    pub(super) fn compute_answer(&mut self, step: &str) {
        let scenario = Arc::clone(&self.scenario);
        let Some(p) = scenario.spec.lesson.as_ref().and_then(|l| l.prediction.as_ref()) else { return };
        if p.after == step {
            let quiet = self.is_quiet();
            let right =
                p.options.iter().find(|o| failing(&o.when, &self.facts(&[], quiet), false).is_empty());
            self.answer = right.map(|o| o.id.clone());
        }
    }

    pub(super) fn begin_chaos(&mut self, index: usize, name: &str) {
        let Some(chaos) = &self.scenario.spec.chaos else { return };
        if chaos.after.as_ref().map_or(index != 0, |a| a != name) {
            return;
        }
        let faults = self.options.plan.clone().unwrap_or_else(|| plan(&self.scenario, self.seed));
        let last = faults.iter().map(|f| self.now + f.at + f.lasts).max().unwrap_or(self.now);
        self.hold_until = last + chaos.quiet_span();
        self.strikes = faults.into_iter().map(|f| (self.now + f.at, f)).collect();
    }

    pub(super) fn fail_act(&mut self, expected: &str, found: Vec<String>) {
        let step = &self.scenario.spec.steps[self.current];
        let (line, name) = (step.line, step.name.clone());
        let finding = Finding { expected: expected.to_owned(), found };
        self.failed(name, line, "the step does what it says".to_owned(), vec![finding]);
    }

    pub(super) fn fail(&mut self, step: usize, index: usize, findings: Vec<Finding>) {
        let s = &self.scenario.spec.steps[step];
        let a = &s.assert.0[index];
        let (name, line, what) =
            (s.name.clone(), a.line.max(if a.line == 0 { s.line } else { 0 }), describe(a));
        self.steps[step].verdicts.push(Verdict { what: what.clone(), at: self.now, passed: false });
        self.failed(name, line, what, findings);
    }

    pub(super) fn failed(&mut self, step: String, line: usize, demand: String, findings: Vec<Finding>) {
        if self.ended() {
            return;
        }
        self.failure =
            Some(Failure { step, line, demand, findings, at: self.now, revision: self.view.revision() });
        self.ended = Some(Ended::Failed);
    }

    /// Ends a run that did all it had to.
    pub(super) fn end(&mut self, why: Ended) {
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
    pub(super) fn stop(&mut self, why: Ended) {
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
