//! A world on stage: it can be played, hurried, wound back and acted upon.

use crate::narrate::{Line, Narrator};
use podium_sim::caption::{Catalogue, Weight};
use podium_sim::fault::Fault;
use podium_sim::object::{Kind, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Fold, Record};
use podium_sim::world::{External, World};

/// How often a copy of the world is kept to go back to.
const MARK_EVERY: Span = Span::secs(5);

/// A moment that can be gone back to.
struct Mark {
    world: World,
    records: usize,
    lines: usize,
}

/// Where the records come from.
enum Source {
    /// A world that is played on, and the moments that can be gone back to.
    Live { world: Box<World>, marks: Vec<Mark> },
    /// A run that is over.
    Tape { records: Vec<Record>, end: SimTime },
}

/// A cluster on stage, its trace so far, and what is told of it.
pub struct Theatre<'a> {
    source: Source,
    now: SimTime,
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
    next_id: u64,
    /// Before this nothing is told: how a cluster boots is another story.
    quiet_until: SimTime,
    dead: Vec<(u64, Str)>,
}

impl<'a> Theatre<'a> {
    /// Puts a world on stage.
    pub fn live(world: World, catalogue: &'a Catalogue) -> Theatre<'a> {
        let nodes = world.config().nodes.iter().map(|n| n.name.clone()).collect();
        let now = world.now();
        Theatre::new(Source::Live { world: Box::new(world), marks: Vec::new() }, now, nodes, catalogue)
    }

    /// Puts a recorded run on stage.
    pub fn tape(
        records: Vec<Record>,
        nodes: Vec<Str>,
        end: SimTime,
        catalogue: &'a Catalogue,
    ) -> Theatre<'a> {
        Theatre::new(Source::Tape { records, end }, SimTime(0), nodes, catalogue)
    }

    fn new(source: Source, now: SimTime, nodes: Vec<Str>, catalogue: &'a Catalogue) -> Theatre<'a> {
        Theatre {
            narrator: Narrator::new(catalogue, nodes.clone(), Weight::Detail),
            source,
            now,
            records: Vec::new(),
            fold: Fold::default(),
            lines: Vec::new(),
            nodes,
            catalogue,
            next_id: 1 << 32,
            quiet_until: SimTime(0),
            dead: Vec::new(),
        }
    }

    /// Tells nothing of what happens before a time.
    pub fn quiet_until(mut self, t: SimTime) -> Theatre<'a> {
        self.quiet_until = t;
        self
    }

    /// The same world on another stage, to look ahead.
    pub fn branch(&self) -> Option<Theatre<'a>> {
        let Source::Live { world, .. } = &self.source else { return None };
        let mut t = Theatre::live(world.fork(), self.catalogue);
        t.fold = self.fold.clone();
        Some(t)
    }

    /// Cuts the power of a node.
    pub fn kill(&mut self, node: Str) {
        let fault = Fault { name: "nodeCrash".into(), args: serde_json::json!({"node": node.as_str()}) };
        self.act(|id| External::Fault { id, fault });
        self.dead.push((self.next_id, node));
    }

    /// Switches the node on again that was killed last, and returns its name.
    pub fn repair(&mut self) -> Option<Str> {
        let at = self.dead.iter().rposition(|(_, n)| self.broken(n))?;
        let (id, node) = self.dead[at].clone();
        self.act(|_| External::Mend { id });
        Some(node)
    }

    /// The present.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Whether things can be done to it: a recorded run can only be watched.
    pub fn acts(&self) -> bool {
        matches!(self.source, Source::Live { .. })
    }

    /// Where a recorded run ends.
    pub fn end(&self) -> Option<SimTime> {
        match &self.source {
            Source::Live { .. } => None,
            Source::Tape { end, .. } => Some(*end),
        }
    }

    /// Something comes in from outside.
    pub fn act(&mut self, make: impl FnOnce(u64) -> External) {
        self.next_id += 1;
        let (id, now) = (self.next_id, self.now);
        if let Source::Live { world, .. } = &mut self.source {
            world.handle(now, make(id));
        }
        self.take();
        // A moment to come back to: what was done must not be lost by going back to just after it.
        let (records, lines) = (self.records.len(), self.lines.len());
        if let Source::Live { world, marks } = &mut self.source {
            marks.push(Mark { world: world.fork(), records, lines });
        }
    }

    /// Plays on until a time.
    pub fn play_to(&mut self, t: SimTime) {
        let t = self.end().map_or(t, |end| t.min(end));
        while self.now < t {
            let stop = t.min(self.now + MARK_EVERY);
            let (records, lines) = (self.records.len(), self.lines.len());
            if let Source::Live { world, marks } = &mut self.source {
                if marks.last().is_none_or(|m| world.now() >= m.world.now() + MARK_EVERY) {
                    marks.push(Mark { world: world.fork(), records, lines });
                }
                world.advance(stop);
            }
            self.now = stop;
            self.take();
        }
    }

    fn take(&mut self) {
        let (from, now) = (self.records.len(), self.now);
        let new = match &mut self.source {
            Source::Live { world, .. } => world.take_records(),
            Source::Tape { records, .. } => {
                let to = records.partition_point(|r| r.at <= now);
                records.get(from..to).unwrap_or_default().to_vec()
            }
        };
        for r in new {
            self.fold.apply(&r);
            if let Some(line) = self.narrator.line(&r).filter(|l| l.at >= self.quiet_until) {
                self.lines.push(line);
            }
            self.records.push(r);
        }
        self.fold.at = now;
    }

    /// Goes back to a time. What is done from there on is another future.
    pub fn rewind(&mut self, t: SimTime) {
        let keep = match &mut self.source {
            Source::Live { world, marks } => {
                while marks.len() > 1 && marks.last().is_some_and(|m| m.world.now() > t) {
                    marks.pop();
                }
                let Some(m) = marks.last() else { return };
                **world = m.world.fork();
                self.now = m.world.now();
                (m.records, m.lines)
            }
            Source::Tape { .. } => {
                self.now = SimTime(0);
                (0, 0)
            }
        };
        self.records.truncate(keep.0);
        self.lines.truncate(keep.1);
        self.fold = Fold::default();
        self.narrator = Narrator::new(self.catalogue, self.nodes.clone(), Weight::Detail);
        for r in &self.records {
            self.fold.apply(r);
            self.narrator.line(r);
        }
        self.fold.at = self.now;
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
}
