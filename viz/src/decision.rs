//! A decision of the scheduler that is being watched: which nodes were left out and why, and how the others scored.

use podium_sim::scheduler::explain::Explanation;
use podium_sim::trace::RecordId;

/// The decision that is looked at, explained.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Which, and what was said about each node.
    pub explained: Option<(RecordId, Explanation)>,
}
