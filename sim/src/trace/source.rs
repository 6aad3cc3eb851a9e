//! Where a view gets its records from: a run that is over, and the futures that grow out of it when somebody acts.
//!
//! A trace holds what came into its world, and its scenario. That is enough to build the world again: playing the
//! inputs once more gives the same records (which is checked), and a copy of that world at any moment is the
//! beginning of another future. So a file can be acted upon like a world that was played a moment ago.

use super::{Header, Record, Story, Trace};
use crate::scenario::{RunOptions, world_config};
use crate::time::{SimTime, Span};
use crate::world::{External, World};

/// How far apart the copies of the world are that acting begins from.
const MARK_EVERY: Span = Span::secs(5);
/// How far beyond its last record a future is played when it begins.
const AHEAD: Span = Span::secs(60);

/// One future: the trace itself, or what came of an action.
#[derive(Debug, Default)]
pub struct Branch {
    /// The branch that it left, and when. The trace itself has none.
    pub parent: Option<(usize, SimTime)>,
    /// What was done, in kubectl's words or as the fault's name; empty for the trace itself.
    pub title: String,
    /// Up to when it is known.
    pub end: SimTime,
    /// How many records it shares with its parent.
    shared: usize,
    /// Its records that are not in [`Source::records`] at present, because another branch is followed.
    rest: Vec<Record>,
    /// Everything that came in, from the beginning on.
    inputs: Vec<(SimTime, External)>,
    /// Its world at intervals, once somebody has acted, and at its end.
    marks: Vec<World>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("now", &self.now()).finish_non_exhaustive()
    }
}

/// Why nothing can be done to a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The header's files do not make a scenario.
    #[error("this trace does not hold a scenario that can be played again: it can only be watched")]
    NoScenario,
    /// The records of the second playing are others.
    #[error(
        "played again, this trace becomes another one at {0}: it was made by another podium, and can only be watched"
    )]
    Differs(SimTime),
}

/// A trace, its branches, and the records of the one that is followed.
#[derive(Debug)]
pub struct Source {
    header: Header,
    story: Story,
    records: Vec<Record>,
    branches: Vec<Branch>,
    active: usize,
}

impl Source {
    /// A trace that was read, or a run that has just been played.
    pub fn new(trace: Trace) -> Source {
        let trunk = Branch { end: trace.end, inputs: trace.inputs, ..Branch::default() };
        Source {
            header: trace.header,
            story: trace.story,
            records: trace.records,
            branches: vec![trunk],
            active: 0,
        }
    }

    /// What the trace says about itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its steps and its answer.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// All records of the branch that is followed, from the beginning on.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Up to when the branch that is followed is known.
    pub fn end(&self) -> SimTime {
        self.branches[self.active].end
    }

    /// All branches; the first is the trace itself.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Which branch is followed.
    pub fn active(&self) -> usize {
        self.active
    }

    /// Everything that came into the world of the branch that is followed, from the beginning on.
    pub fn inputs(&self) -> &[(SimTime, External)] {
        &self.branches[self.active].inputs
    }

    /// Up to when two branches are the same.
    pub fn parting(&self, a: usize, b: usize) -> SimTime {
        let (a, b) = (self.path(a), self.path(b));
        let common = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        let left = [a.get(common), b.get(common)].into_iter().flatten();
        let from = left.filter_map(|branch| self.branches[*branch].parent).map(|(_, from)| from).min();
        from.unwrap_or(self.branches[a[common - 1]].end)
    }

    /// The branches from the trace itself to that one.
    fn path(&self, mut branch: usize) -> Vec<usize> {
        let mut path = vec![branch];
        while let Some((parent, _)) = self.branches[branch].parent {
            path.push(parent);
            branch = parent;
        }
        path.reverse();
        path
    }

    /// Follows another branch. Returns how many records both have in common.
    pub fn follow(&mut self, branch: usize) -> usize {
        let (old, new) = (self.path(self.active), self.path(branch));
        let common = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let mut kept = self.records.len();
        for left in old[common..].iter().rev() {
            let b = &mut self.branches[*left];
            kept = b.shared;
            let mut own = self.records.split_off(kept);
            own.append(&mut b.rest);
            b.rest = own;
        }
        let mut last = new[common - 1];
        self.records.append(&mut self.branches[last].rest);
        for next in &new[common..] {
            let shared = self.branches[*next].shared;
            kept = kept.min(shared);
            self.branches[last].rest = self.records.split_off(shared);
            self.records.append(&mut self.branches[*next].rest);
            last = *next;
        }
        self.active = branch;
        kept
    }

    /// Does something at a time of the branch that is followed: another future begins there, and is followed from now on.
    ///
    /// # Errors
    /// If the trace's world cannot be built again.
    pub fn act(&mut self, at: SimTime, title: String, input: External) -> Result<usize, ActError> {
        let at = at.min(self.end());
        let parent = self.owner(at);
        let mut world = self.world_at(at)?;
        let shared = self.records.partition_point(|r| r.at <= at);
        drop(world.take_records());
        world.handle(at, input);
        let mut branch = Branch { parent: Some((parent, at)), title, shared, end: at, ..Branch::default() };
        branch.rest = world.take_records();
        branch.inputs = world.input_log().to_vec();
        branch.marks.push(world);
        let ahead = (self.end() - at).max(AHEAD);
        self.branches.push(branch);
        let new = self.branches.len() - 1;
        self.follow(new);
        self.grow(at + ahead)?;
        Ok(new)
    }

    /// Plays the branch that is followed on to a time, if it is not known until then.
    ///
    /// # Errors
    /// If the trace's world cannot be built again.
    pub fn grow(&mut self, to: SimTime) -> Result<(), ActError> {
        if to <= self.end() {
            return Ok(());
        }
        let mut world = self.world_at(self.end())?;
        let branch = &mut self.branches[self.active];
        while branch.end < to {
            branch.end = to.min(branch.end + MARK_EVERY);
            world.advance(branch.end);
            self.records.append(&mut world.take_records());
            branch.marks.push(world.fork());
        }
        Ok(())
    }

    /// The world of the branch that is followed, at a time.
    ///
    /// # Errors
    /// If it cannot be built again.
    pub fn world_at(&mut self, at: SimTime) -> Result<World, ActError> {
        if self.branches[0].marks.is_empty() {
            self.build()?;
        }
        let b = &self.branches[self.owner(at)];
        let mark = b.marks.partition_point(|w| w.now() <= at).saturating_sub(1);
        let mut world = b.marks[mark].fork();
        replay(&mut world, &b.inputs, at);
        drop(world.take_records());
        Ok(world)
    }

    /// The branch on the way to the followed one in which a time lies.
    fn owner(&self, at: SimTime) -> usize {
        let mut branch = self.active;
        while let Some((parent, _)) = self.branches[branch].parent.filter(|(_, from)| *from > at) {
            branch = parent;
        }
        branch
    }

    /// Builds the world of the trace itself again, and keeps copies of it.
    fn build(&mut self) -> Result<(), ActError> {
        let was = self.active;
        self.follow(0);
        let marks = self.replayed();
        self.follow(was);
        self.branches[0].marks = marks?;
        Ok(())
    }

    fn replayed(&self) -> Result<Vec<World>, ActError> {
        let trunk = &self.branches[0];
        let scenario = crate::scenario::from_files(&self.header.files).ok_or(ActError::NoScenario)?;
        let options = RunOptions {
            seed: Some(self.header.seed),
            latency: Some(self.header.latency),
            level: self.header.level,
            ..RunOptions::default()
        };
        let (config, seed) = world_config(&scenario, &options);
        let mut world = World::new(config, seed);
        let (mut marks, mut seen, mut now) = (Vec::new(), 0, SimTime(0));
        loop {
            let new = world.take_records();
            let old = self.records.get(seen..seen + new.len()).unwrap_or_default();
            if old != new {
                return Err(ActError::Differs(world.now()));
            }
            seen += new.len();
            marks.push(world.fork());
            if now >= trunk.end {
                break;
            }
            now = trunk.end.min(now + MARK_EVERY);
            replay(&mut world, &trunk.inputs, now);
        }
        if seen == self.records.len() { Ok(marks) } else { Err(ActError::Differs(trunk.end)) }
    }
}

/// Plays a world on to a time, with what came in meanwhile.
fn replay(world: &mut World, inputs: &[(SimTime, External)], to: SimTime) {
    let done = world.input_log().len();
    for (at, input) in inputs[done..].iter().take_while(|(at, _)| *at <= to) {
        world.handle(*at, input.clone());
    }
    world.advance(to);
}
