//! A world on stage: it can be played, hurried, wound back and acted upon.

use podium_sim::caption::{Catalogue, Weight};
use podium_sim::object::{Key, Kind, Obj, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Fold, Record, Writer};
use podium_sim::world::{External, World};

use crate::narrate::{Line, Narrator};

/// How often a copy of the world is kept to go back to.
const MARK_EVERY: Span = Span::secs(5);

/// A moment that can be gone back to.
struct Mark {
    world: World,
    records: usize,
    lines: usize,
}

/// A world, its trace so far, and what is told of it.
pub struct Theatre<'a> {
    world: World,
    /// All records.
    pub records: Vec<Record>,
    /// The state now.
    pub fold: Fold,
    /// What was told.
    pub lines: Vec<Line>,
    /// The nodes' names.
    pub nodes: Vec<Str>,
    catalogue: &'a Catalogue,
    narrator: Narrator<'a>,
    marks: Vec<Mark>,
    next_id: u64,
}

impl<'a> Theatre<'a> {
    /// Puts a world on stage.
    pub fn new(world: World, catalogue: &'a Catalogue) -> Theatre<'a> {
        let nodes: Vec<Str> = world.config().nodes.iter().map(|n| n.name.clone()).collect();
        Theatre {
            narrator: Narrator::new(catalogue, nodes.clone(), Weight::Detail),
            world,
            records: Vec::new(),
            fold: Fold::default(),
            lines: Vec::new(),
            nodes,
            catalogue,
            marks: Vec::new(),
            next_id: 1 << 32,
        }
    }

    /// The present of the world.
    pub fn now(&self) -> SimTime {
        self.world.now()
    }

    /// When something happens next.
    pub fn next_deadline(&self) -> Option<SimTime> {
        self.world.next_deadline()
    }

    /// Something comes in from outside; returns its id.
    pub fn act(&mut self, make: impl FnOnce(u64) -> External) -> u64 {
        self.next_id += 1;
        let now = self.world.now();
        self.world.handle(now, make(self.next_id));
        self.take();
        self.next_id
    }

    /// Plays on until a time.
    pub fn play_to(&mut self, t: SimTime) {
        while self.world.now() < t {
            let due = self.marks.last().map_or(SimTime(0), |m| m.world.now() + MARK_EVERY);
            if self.marks.is_empty() || self.world.now() >= due {
                self.mark();
            }
            let stop = t.min(self.world.now() + MARK_EVERY);
            self.world.advance(stop);
            self.take();
        }
    }

    fn mark(&mut self) {
        let (records, lines) = (self.records.len(), self.lines.len());
        self.marks.push(Mark { world: self.world.fork(), records, lines });
    }

    fn take(&mut self) {
        for r in self.world.take_records() {
            self.fold.apply(&r);
            if let Some(line) = self.narrator.line(&r) {
                self.lines.push(line);
            }
            self.records.push(r);
        }
        self.fold.at = self.world.now();
    }

    /// Goes back to a time. What is done from there on is another future.
    pub fn rewind(&mut self, t: SimTime) {
        self.marks.retain(|m| m.world.now() <= t);
        let Some(m) = self.marks.last() else { return };
        self.world = m.world.fork();
        self.records.truncate(m.records);
        self.lines.truncate(m.lines);
        self.fold = Fold::default();
        self.narrator = Narrator::new(self.catalogue, self.nodes.clone(), Weight::Detail);
        for r in &self.records {
            self.fold.apply(r);
            self.narrator.line(r);
        }
        self.fold.at = self.world.now();
        self.play_to(t);
    }

    /// Pods, in name order.
    pub fn pods(&self) -> impl Iterator<Item = &std::sync::Arc<podium_sim::object::Pod>> {
        self.fold.objects.iter().filter(|(k, _)| k.kind == Kind::Pod).filter_map(|(_, o)| o.as_pod())
    }

    /// Whether a node lies under a fault.
    pub fn broken(&self, node: &str) -> bool {
        self.fold.faults.keys().any(|(_, target)| target.strip_prefix("node/") == Some(node))
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<&Obj> {
        self.fold.objects.get(key)
    }

    /// Hash of the trace so far.
    pub fn hash(&self) -> String {
        let mut w = Writer::new(&podium_sim::trace::Header::default());
        w.add(&self.records);
        w.hash()
    }
}
