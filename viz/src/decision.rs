//! A decision of the scheduler that is being watched: which nodes were left out and why, and how the others scored.

use crate::view::View;
use podium_sim::scheduler::explain::Explanation;
use podium_sim::trace::{Decision, RecordId, What, verdicts};
use std::sync::Arc;

/// How long a decision stays on the picture, in seconds of the viewer.
const STAYS: f64 = 2.2;

/// The decision that is looked at, explained.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Which, and what was said about each node.
    pub explained: Option<(RecordId, Explanation)>,
}

/// A decision, repeated by the reference path. `None` if the record is none, or cannot be repeated.
pub fn explain(view: &View, id: RecordId) -> Option<Explanation> {
    match &view.decision.explained {
        Some((known, e)) if *known == id => Some(e.clone()),
        _ => verdicts(view.player.records(), id),
    }
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
    if view.decision.explained.as_ref().is_none_or(|(known, _)| *known != id) {
        view.decision.explained = verdicts(view.player.records(), id).map(|e| (id, e));
    }
    Some((id, decision))
}
