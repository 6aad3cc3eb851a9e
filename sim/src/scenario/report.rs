//! What came of a run, and how it is told.

use super::asserts::Assertion;
use super::check::{Finding, describe_count, describe_elapsed, describe_event, describe_resource};
use super::values::Lasting;
use crate::time::SimTime;
use crate::trace::{Chapter, Story};
use serde::Serialize;
use std::fmt;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The scenario's name.
    pub name: String,
    /// The file that it came from.
    pub file: String,
    /// Whether all that it demands was so.
    pub passed: bool,
    /// The seed.
    pub seed: u64,
    /// What came of each step.
    pub steps: Vec<StepReport>,
    /// What went wrong, if anything.
    pub failure: Option<Failure>,
    /// Why it ended.
    pub ended: Ended,
    /// When.
    pub ended_at: SimTime,
    /// The store's revision then.
    pub revision: u64,
    /// At how many moments something happened.
    pub instants: u64,
    /// A lesson's answer, as the run has it: an option's id.
    pub answer: Option<String>,
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// When it began.
    pub began: Option<SimTime>,
    /// When all of it had passed.
    pub passed: Option<SimTime>,
    /// What kubectl printed.
    pub output: Vec<String>,
    /// What came of its assertions, so far as they were tried.
    pub verdicts: Vec<Verdict>,
}

/// What came of an assertion.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The assertion, in words.
    pub what: String,
    /// When it was decided.
    pub at: SimTime,
    /// How.
    pub passed: bool,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// In which step.
    pub step: String,
    /// The line in the scenario's file; 0 if unknown.
    pub line: usize,
    /// What was demanded, in words.
    pub demand: String,
    /// What was not so.
    pub findings: Vec<Finding>,
    /// When.
    pub at: SimTime,
    /// The store's revision then.
    pub revision: u64,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// The last step has passed.
    Finished,
    /// Something demanded was not so.
    Failed,
    /// The time at which it was to end had come.
    Until,
    /// Nothing was under way any more.
    Quiet,
    /// It was to run until nothing is under way, and something always was.
    StillBusy,
    /// The limit of virtual time.
    TimeLimit,
    /// The limit of events.
    EventLimit,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ended::Finished => "all steps done",
            Ended::Failed => "failed",
            Ended::Until => "time is up",
            Ended::Quiet => "nothing is under way any more",
            Ended::StillBusy => "something is still under way",
            Ended::TimeLimit => "stopped at the limit of virtual time",
            Ended::EventLimit => "stopped at the limit of events",
        })
    }
}

/// An assertion in words.
pub fn describe(a: &Assertion) -> String {
    let lasting = |l: &Lasting| match l {
        Lasting::For(d) => format!("for {d}"),
        Lasting::End => "until the end".to_owned(),
    };
    let when = match (&a.within, &a.lasting, &a.never) {
        (Some(d), _, _) => match a.not_before {
            Some(n) => format!("after {} but within {}", n.0, d.0),
            None => format!("within {}", d.0),
        },
        (_, Some(l), _) => format!("all the time, {}", lasting(l)),
        (_, _, Some(l)) => format!("never, {}", lasting(l)),
        _ => "now".to_owned(),
    };
    let since = a.since.as_ref().map(|s| format!(" of the start of `{s}`")).unwrap_or_default();
    let mut claims: Vec<String> = Vec::new();
    claims.extend(
        a.resource.iter().map(|r| format!("{}{}", if a.absent { "no " } else { "" }, describe_resource(r))),
    );
    claims.extend(a.count.iter().map(describe_count));
    claims.extend(a.events.iter().flat_map(|e| e.contains.iter().map(describe_event)));
    claims.extend(a.table.iter().map(|t| format!("the table of {}", t.get.0.plural())));
    claims.extend(a.unchanged.iter().map(|u| format!("{} of {} is unchanged", u.field, u.kind.0)));
    claims.extend(a.same.iter().map(|c| format!("`{}` is the same", c.name)));
    claims.extend(a.differs.iter().map(|c| format!("`{}` differs", c.name)));
    claims.extend(a.chain.iter().map(|c| format!("a chain of causes {}", c.contains.join(" → "))));
    claims.extend(a.elapsed.iter().map(describe_elapsed));
    if a.quiet {
        claims.push("nothing is under way".into());
    }
    format!("{when}{since}: {}", claims.join(", and "))
}

impl Report {
    /// What a trace keeps of it.
    pub fn story(&self) -> Story {
        let chapter =
            |s: &StepReport| Some(Chapter { step: s.name.clone(), began: s.began?, passed: s.passed });
        Story {
            chapters: self.steps.iter().filter_map(chapter).collect(),
            answer: self.answer.clone(),
            failure: self.failure.as_ref().map(|f| format!("{}: {}", f.step, f.demand)),
        }
    }

    /// The command that plays this run again.
    pub fn repeat(&self) -> String {
        let file = if self.file.is_empty() { &self.name } else { &self.file };
        format!("podium play {file} --seed {}", self.seed)
    }
}

/// Plain text: one line for a run that passed; for one that failed, what was demanded, what there was, and how to
/// see it again.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unfinished = self.steps.iter().any(|s| s.passed.is_none());
        let word = match self.passed {
            // Nothing has failed, but not everything was tried.
            true if self.ended == Ended::Until && unfinished => "stopped",
            true => "passed",
            false => "FAILED",
        };
        write!(
            f,
            "{word}  {}  at {}, revision {} ({})",
            self.name, self.ended_at, self.revision, self.ended
        )?;
        for step in &self.steps {
            let (mark, at) = match (step.began, step.passed) {
                (_, Some(at)) => ("ok  ", at.to_string()),
                (Some(at), None) => ("--  ", at.to_string()),
                (None, None) => ("    ", "not reached".to_owned()),
            };
            write!(f, "\n  {mark}{}  {at}", step.name)?;
        }
        let Some(failure) = &self.failure else { return Ok(()) };
        let place = if failure.line > 0 && !self.file.is_empty() {
            format!(" ({}:{})", self.file, failure.line)
        } else {
            String::new()
        };
        write!(f, "\n\nstep `{}`{place} at {}, revision {}:", failure.step, failure.at, failure.revision)?;
        write!(f, "\n  demanded  {}", failure.demand)?;
        for finding in &failure.findings {
            write_block(f, "expected", finding.expected.lines())?;
            write_block(f, "found", finding.found.iter().map(String::as_str))?;
        }
        write!(f, "\n\nto see it again: {}", self.repeat())
    }
}

fn write_block<'a>(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    lines: impl Iterator<Item = &'a str>,
) -> fmt::Result {
    for (n, line) in lines.enumerate() {
        write!(f, "\n  {:<8}  {line}", if n == 0 { label } else { "" })?;
    }
    Ok(())
}
