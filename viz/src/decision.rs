//! A decision of the scheduler that is being watched: which nodes were left out and why, and how the others scored.

use crate::view::View;
use podium_sim::scheduler::explain::Explanation;
use podium_sim::trace::{Decision, RecordId, What, verdicts};
use std::sync::Arc;

/// How long a decision stays on the picture, in seconds of the viewer.
const STAYS: f64 = 2.2;

/// A decision is repeated from the trace's first record on: of a long trace that takes too long for a frame.
const FAR: u64 = 40_000;

/// The decision that is looked at, explained.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Which of which branch, and what was said about each node, if it can be repeated.
    pub explained: Option<(usize, RecordId, Option<Explanation>)>,
}

impl Watched {
    /// What was said, if this is the decision that is explained.
    pub fn get(&self, branch: usize, id: RecordId) -> Option<&Explanation> {
        self.explained.as_ref().filter(|(b, known, _)| (*b, *known) == (branch, id))?.2.as_ref()
    }
}

/// A decision, repeated by the reference path. `None` if the record is none, or cannot be repeated.
pub fn explain(view: &View, id: RecordId) -> Option<Explanation> {
    let known = view.decision.get(view.player.source().active(), id).cloned();
    known.or_else(|| verdicts(view.player.records(), id))
}

/// The decision that the picture shows now: the newest one that has just been taken.
pub fn recent(view: &View) -> Option<(RecordId, Arc<Decision>)> {
    let since = view.player.ago(STAYS);
    let fresh = view.player.past().iter().rev().take_while(|r| r.at >= since).take(4096);
    fresh.filter_map(|r| if let What::Decision(d) = &r.what { Some((r.id, d.clone())) } else { None }).next()
}

/// Explains the decision that the picture shows, once.
pub fn watch(view: &mut View) -> Option<(RecordId, Arc<Decision>)> {
    let (id, decision) = recent(view)?;
    let branch = view.player.source().active();
    let known = view.decision.explained.as_ref().is_some_and(|(b, i, _)| (*b, *i) == (branch, id));
    if !known && id.0 <= FAR {
        view.decision.explained = Some((branch, id, verdicts(view.player.records(), id)));
    }
    Some((id, decision))
}
