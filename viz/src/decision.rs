//! A decision of the scheduler that is being watched: which nodes were left out and why, and how the others scored.

use crate::view::View;
use podium_sim::scheduler::explain::Explanation;
use podium_sim::trace::{RecordId, verdicts};

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
