//! What a run needs of a cluster: the simulated world, or another that does as it does.

use crate::object::{Key, Obj};
use crate::time::SimTime;
use crate::trace::Record;
use crate::world::External;

/// What came of a user's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The id that the command was given.
    pub id: u64,
    /// What kubectl prints.
    pub lines: Vec<String>,
    /// Why it was refused, if it was.
    pub error: Option<String>,
}

/// A cluster that a scenario can be played on.
pub trait Cluster {
    /// Its present.
    fn now(&self) -> SimTime;
    /// Something comes in from outside, at `now`.
    fn handle(&mut self, now: SimTime, input: External);
    /// Runs all that is due at or before `now`.
    fn advance(&mut self, now: SimTime);
    /// When something is due next.
    fn next_deadline(&self) -> Option<SimTime>;
    /// What has been recorded since the last call.
    fn take_records(&mut self) -> Vec<Record>;
    /// What has come of users' commands since the last call.
    fn take_outcomes(&mut self) -> Vec<Outcome>;
    /// All objects, in the order of their keys.
    fn objects(&self) -> Vec<(Key, Obj)>;
    /// The store's newest revision.
    fn revision(&self) -> u64;
    /// Whether nothing is under way but periodic work.
    fn quiet(&self) -> bool;
}
