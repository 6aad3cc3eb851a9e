//! What a run needs of a cluster: the simulated world, or another that does as it does.

use crate::etcd::Committed;
use crate::fault::Fault;
use crate::object::{Key, Obj};
use crate::time::{SimTime, Span};
use crate::trace::Record;
use crate::user::Outcome;
use crate::world::{External, World};

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
    /// What was written after a revision, in order, if the store still knows.
    fn changes_after(&self, revision: u64) -> Option<Vec<Committed>>;
    /// All objects, in the order of their keys.
    fn objects(&self) -> Vec<(Key, Obj)>;
    /// The store's newest revision.
    fn revision(&self) -> u64;
    /// Whether nothing is under way but periodic work.
    fn quiet(&self) -> bool;
    /// Whether a fault fits this cluster.
    ///
    /// # Errors
    /// In words, when the fault or what it hits does not exist.
    fn check_fault(&self, fault: &Fault) -> Result<(), String>;
}

/// How long nothing may change before a world counts as quiet: longer than a node's grace period, which is
/// watched in the background.
const QUIET: Span = Span::secs(90);
/// How far ahead nothing but periodic work may be due then: back-offs, deadlines and tolerations are waited for.
const AHEAD: Span = Span::secs(3600);

impl Cluster for World {
    fn now(&self) -> SimTime {
        World::now(self)
    }
    fn handle(&mut self, now: SimTime, input: External) {
        World::handle(self, now, input);
    }
    fn advance(&mut self, now: SimTime) {
        World::advance(self, now);
    }
    fn next_deadline(&self) -> Option<SimTime> {
        World::next_deadline(self)
    }
    fn take_records(&mut self) -> Vec<Record> {
        World::take_records(self)
    }
    fn take_outcomes(&mut self) -> Vec<Outcome> {
        World::take_outcomes(self)
    }
    fn changes_after(&self, revision: u64) -> Option<Vec<Committed>> {
        World::changes_after(self, revision).map(|c| c.cloned().collect())
    }
    fn objects(&self) -> Vec<(Key, Obj)> {
        let whole = World::objects(self).iter().map(|(k, o)| (k.clone(), o.clone()));
        whole.chain(World::events(self)).collect()
    }
    fn revision(&self) -> u64 {
        World::revision(self)
    }
    fn quiet(&self) -> bool {
        World::quiet(self, QUIET, AHEAD)
    }
    fn check_fault(&self, fault: &Fault) -> Result<(), String> {
        World::check_fault(self, fault)
    }
}
