//! Time: where in a trace we are, how fast it goes, and how to get somewhere else in it.

use crate::scene::Scene;
use crate::story::{Muted, Story};
use podium_sim::object::{Key, Str};
use podium_sim::time::SimTime;
use podium_sim::trace::{
    ActError, Chapter, Code, Folding, Keyframes, Record, RecordId, Source, TraceIndex, What,
};
use podium_sim::world::External;
use std::collections::BTreeMap;

/// What a second of the viewer is in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Bursts slowly, waits quickly.
    #[default]
    Story,
    /// A second is a second.
    Clock,
}

/// The slowest and the fastest that the speed can be set to.
pub const SPEEDS: (f64, f64) = (0.125, 64.0);

/// A trace being watched.
#[derive(Debug)]
pub struct Player {
    source: Source,
    nodes: Vec<Str>,
    frames: Keyframes<Scene>,
    scene: Scene,
    /// How many records the scene holds.
    cursor: usize,
    now: SimTime,
    /// The place in the story that `now` stands for; kept beside it since small steps would round away.
    place: f64,
    story: Story,
    muted: Muted,
    pulls: BTreeMap<Key, Vec<(SimTime, Option<SimTime>)>>,
    most_slots: usize,
    /// Whether time goes on by itself.
    pub playing: bool,
    /// Times the pace.
    pub speed: f64,
    /// What the pace is.
    pub pace: Pace,
    /// Whether it begins again at the end.
    pub looping: bool,
    /// Where it stops by itself, if that is before the end.
    pub until: Option<SimTime>,
    /// Whether heartbeats are shown like everything else.
    pub heartbeats: bool,
}

impl Player {
    /// At the beginning of a trace, at rest.
    pub fn new(source: Source) -> Player {
        let nodes: Vec<Str> = source.header().nodes.iter().map(|n| Str::from(n.as_str())).collect();
        let scene = Scene::new(&nodes);
        let mut p = Player {
            frames: Keyframes::new(scene.clone()),
            source,
            nodes,
            scene,
            cursor: 0,
            now: SimTime(0),
            place: 0.0,
            story: Story::default(),
            muted: Muted::default(),
            pulls: BTreeMap::new(),
            most_slots: 0,
            playing: false,
            speed: 1.0,
            pace: Pace::Story,
            looping: false,
            until: None,
            heartbeats: false,
        };
        p.learn(0);
        p
    }

    /// Takes in records that are new after the first `kept`.
    fn learn(&mut self, kept: usize) {
        self.frames.truncate(kept);
        self.muted.truncate(kept);
        let records = self.source.records();
        self.muted.extend(records);
        self.story = Story::of(records, &self.nodes, &self.muted, self.source.end());
        self.pulls = pulls(records);
        // A look at the end makes the copies to go back to, and says how large a rack becomes.
        self.most_slots = self.frames.at(self.source.records(), usize::MAX).most_slots;
    }

    /// Where the records come from.
    pub fn source(&self) -> &Source {
        &self.source
    }
    /// The nodes' names, by index.
    pub fn nodes(&self) -> &[Str] {
        &self.nodes
    }
    /// All records of the branch that is followed.
    pub fn records(&self) -> &[Record] {
        self.source.records()
    }
    /// The records that have happened.
    pub fn past(&self) -> &[Record] {
        &self.source.records()[..self.cursor]
    }
    /// For sentences and chains of causes.
    pub fn index(&self) -> TraceIndex<'_> {
        TraceIndex::new(self.source.records(), &self.nodes)
    }
    /// The cluster now.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }
    /// The present.
    pub fn now(&self) -> SimTime {
        self.now
    }
    /// When the branch that is followed ends.
    pub fn end(&self) -> SimTime {
        self.source.end()
    }
    /// The story of the branch that is followed.
    pub fn story(&self) -> &Story {
        &self.story
    }
    /// The largest number of slots that a rack ever needs.
    pub fn most_slots(&self) -> usize {
        self.most_slots
    }
    /// Whether a record is left out, being part of what goes on all the time.
    pub fn muted(&self, id: RecordId) -> bool {
        !self.heartbeats && self.muted.is(id)
    }
    /// The newest record that has happened and is shown.
    pub fn current(&self) -> Option<&Record> {
        self.past().iter().rev().find(|r| !self.muted(r.id))
    }
    /// How far the pull of a pod's image is, 0 to 1, if one is under way.
    pub fn pulled(&self, pod: &Key) -> Option<f32> {
        let (from, to) = *self.pulls.get(pod)?.iter().rev().find(|(from, _)| *from <= self.now)?;
        let to = to.unwrap_or(self.end());
        (self.now < to).then(|| (self.now.0 - from.0) as f32 / (to.0 - from.0).max(1) as f32)
    }
    /// The time that lies so many seconds of the viewer back.
    pub fn ago(&self, seconds: f64) -> SimTime {
        match self.pace {
            Pace::Story => self.story.time((self.place - seconds).max(0.0)),
            Pace::Clock => SimTime(self.now.0.saturating_sub((seconds * self.speed * 1e9) as u64)),
        }
    }

    /// Time passes for the viewer. At the end it stops, or begins again.
    pub fn tick(&mut self, seconds: f64) {
        if !self.playing || seconds <= 0.0 {
            return;
        }
        let end = self.until.unwrap_or(self.end()).min(self.end());
        if self.now >= end {
            if !self.looping {
                self.playing = false;
                return;
            }
            self.seek(SimTime(0));
        }
        let by = seconds * self.speed;
        match self.pace {
            Pace::Story => {
                let place = self.place + by;
                let to = self.story.time(place).max(self.now).min(end);
                self.go(to);
                self.place = place.min(self.story.seconds());
            }
            Pace::Clock => self.seek(SimTime(self.now.0.saturating_add((by * 1e9) as u64)).min(end)),
        }
    }

    /// Goes to a time: all records at or before it have happened.
    pub fn seek(&mut self, to: SimTime) {
        self.go(to.min(self.end()));
        self.place = self.story.place(self.now);
    }

    fn go(&mut self, to: SimTime) {
        let count = self.source.records().partition_point(|r| r.at <= to);
        self.put(count);
        self.now = to;
        self.scene.fold.at = to;
    }

    /// Shows the state after so many records.
    fn put(&mut self, count: usize) {
        const NEAR: usize = 4096;
        if (self.cursor..=self.cursor + NEAR).contains(&count) {
            self.source.records()[self.cursor..count].iter().for_each(|r| self.scene.apply(r));
        } else {
            self.scene = self.frames.at(self.source.records(), count);
        }
        self.cursor = count;
    }

    /// Shows the moment just after a record.
    pub fn go_to(&mut self, id: RecordId) {
        let Some(r) = self.index().get(id) else { return };
        let (at, count) = (r.at, id.0 as usize);
        self.put(count);
        self.now = at;
        self.scene.fold.at = at;
        self.place = self.story.place(at);
    }

    /// One shown record on.
    pub fn step_on(&mut self) {
        let next = self.records()[self.cursor..].iter().find(|r| !self.muted(r.id)).map(|r| r.id);
        match next {
            Some(id) => self.go_to(id),
            None => self.seek(self.end()),
        }
    }

    /// One shown record back.
    pub fn step_back(&mut self) {
        let current = self.past().iter().rposition(|r| !self.muted(r.id));
        let before = current.and_then(|i| self.records()[..i].iter().rev().find(|r| !self.muted(r.id)));
        match before.map(|r| r.id) {
            Some(id) => self.go_to(id),
            None => self.seek(SimTime(0)),
        }
    }

    /// To the next record that has a sentence of weight.
    pub fn beat_on(&mut self) {
        let i = self.story.beats().partition_point(|id| id.0 as usize <= self.cursor);
        match self.story.beats().get(i).copied() {
            Some(id) => self.go_to(id),
            None => self.seek(self.end()),
        }
    }

    /// To the one before.
    pub fn beat_back(&mut self) {
        let i = self.story.beats().partition_point(|id| (id.0 as usize) < self.cursor);
        match i.checked_sub(1).and_then(|i| self.story.beats().get(i)).copied() {
            Some(id) => self.go_to(id),
            None => self.seek(SimTime(0)),
        }
    }

    /// The steps of the script that also began in the branch that is followed.
    pub fn chapters(&self) -> &[Chapter] {
        let chapters = &self.source.story().chapters;
        let until = self.scripted();
        &chapters[..chapters.partition_point(|c| c.began <= until)]
    }

    /// Up to when the branch that is followed goes by the script.
    pub fn scripted(&self) -> SimTime {
        self.source.parting(0, self.source.active())
    }

    /// The step of the script that is under way.
    pub fn chapter(&self) -> Option<&Chapter> {
        self.chapters().iter().rfind(|c| c.began <= self.now)
    }

    /// To the beginning of the next chapter.
    pub fn chapter_on(&mut self) {
        let next = self.chapters().iter().map(|c| c.began).find(|t| *t > self.now);
        self.seek(next.unwrap_or(self.end()));
    }

    /// To the beginning of this chapter, or of the one before.
    pub fn chapter_back(&mut self) {
        let before = self.chapters().iter().map(|c| c.began).rfind(|t| *t < self.now);
        self.seek(before.unwrap_or(SimTime(0)));
    }

    /// Twice as fast, or half as fast.
    pub fn faster(&mut self, by: f64) {
        self.speed = (self.speed * by).clamp(SPEEDS.0, SPEEDS.1);
    }

    /// Does something now: another future begins here, and is followed.
    ///
    /// # Errors
    /// If the trace's world cannot be built again.
    pub fn act(&mut self, title: String, input: External) -> Result<(), ActError> {
        let now = self.now;
        let before = self.source.records().partition_point(|r| r.at <= now);
        self.source.act(now, title, input)?;
        self.changed(before.min(self.source.records().len()));
        Ok(())
    }

    /// Plays the branch that is followed on beyond its end.
    ///
    /// # Errors
    /// If the trace's world cannot be built again.
    pub fn grow(&mut self, to: SimTime) -> Result<(), ActError> {
        let before = self.records().len();
        self.source.grow(to)?;
        self.changed(before);
        Ok(())
    }

    /// Follows another branch, at the same time.
    pub fn follow(&mut self, branch: usize) {
        let kept = self.source.follow(branch);
        self.changed(kept);
    }

    fn changed(&mut self, kept: usize) {
        self.learn(kept);
        self.cursor = usize::MAX / 2;
        let now = self.now.min(self.end());
        self.seek(now);
    }
}

/// When the pulls of each pod's images began and ended.
fn pulls(records: &[Record]) -> BTreeMap<Key, Vec<(SimTime, Option<SimTime>)>> {
    let mut out: BTreeMap<Key, Vec<(SimTime, Option<SimTime>)>> = BTreeMap::new();
    for r in records {
        match &r.what {
            What::Note { code: Code::ImagePulling, subject, .. } => {
                out.entry(subject.clone()).or_default().push((r.at, None));
            }
            What::Note { code: Code::ImagePulled | Code::ImageFailed, subject, .. } => {
                if let Some(open) =
                    out.get_mut(subject).and_then(|l| l.iter_mut().rev().find(|p| p.1.is_none()))
                {
                    open.1 = Some(r.at);
                }
            }
            _ => {}
        }
    }
    out
}
