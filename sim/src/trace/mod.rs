//! The trace: an append-only list of records, each of which names its cause.

pub mod export;
mod file;
mod fold;
mod keyframes;
mod record;
mod source;
mod verdicts;
pub mod why;
mod wire;

pub use file::{BlockIndex, Chapter, FORMAT, Header, Story, Trace, TraceError, Writer};
pub use fold::{Fold, InFlight, Measured};
pub use keyframes::{Folding, Keyframes};
pub use source::{ActError, Branch, Source};
pub use wire::{Decoder, Encoder, WireError};

pub use record::{Actor, Code, Decision, Heard, Level, PodUsage, Record, RecordId, What, WriteVerb};
pub use verdicts::{Mind, Scene, verdicts};
pub use why::{
    ChainError, Order, Root, TraceIndex, Why, WhyError, WhyLine, chain, explain, explain_record,
    object_state_record,
};

use crate::cow::{CowTable, Keyed};
use crate::object::{Key, Obj, Str};
use crate::time::SimTime;
use std::collections::BTreeMap;

/// Why something happens. A timer becomes a record only when something comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It follows from that record.
    Record(RecordId),
    /// It follows from a periodic timer of that name.
    Timer(&'static str),
}

impl Keyed for (Key, RecordId) {
    type Key = Key;
    fn hash(key: &Key) -> u64 {
        <Obj as Keyed>::hash(key)
    }
    fn is(&self, key: &Key) -> bool {
        self.0 == *key
    }
}

/// Numbers records and keeps them until they are drained.
#[derive(Clone, Debug)]
pub struct Tracer {
    level: Level,
    next: u64,
    out: Vec<Record>,
    /// The newest write record of each object; kept for levels that keep writes.
    last_write: CowTable<(Key, RecordId)>,
    /// The names of notes' arguments: a few words, and each note has some of them.
    words: BTreeMap<&'static str, Str>,
}

impl Tracer {
    /// An empty trace.
    pub fn new(level: Level) -> Tracer {
        Tracer { level, next: 1, out: Vec::new(), last_write: CowTable::default(), words: BTreeMap::new() }
    }

    /// What is kept.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Adds a record and returns it as a cause; what the level does not keep passes its own cause on.
    /// `what` is a closure so that nothing is built for a trace that keeps nothing.
    pub fn record(
        &mut self,
        at: SimTime,
        cause: Cause,
        actor: &Actor,
        what: impl FnOnce(&mut Self) -> What,
    ) -> Cause {
        if self.level == Level::Off {
            return cause;
        }
        let what = what(self);
        if !what.kept_at(self.level) {
            return cause;
        }
        let cause = if what.is_root() { RecordId(0) } else { self.pin(at, cause, actor) };
        let id = RecordId(self.next);
        self.next += 1;
        if let What::Write { verb, obj, .. } = &what {
            match verb {
                WriteVerb::Delete => drop(self.last_write.remove(&obj.key())),
                WriteVerb::Create | WriteVerb::Update => {
                    let key = obj.key();
                    self.last_write.insert(&key, (key.clone(), id));
                }
            };
        }
        self.out.push(Record { id, at, cause, actor: actor.clone(), what });
        Cause::Record(id)
    }

    /// The newest write record of an object; 0 if there is none.
    pub fn last_write(&self, key: &Key) -> RecordId {
        self.last_write.get(key).map(|(_, id)| *id).unwrap_or_default()
    }

    /// A word that comes again and again, as a shared text.
    pub fn word(&mut self, word: &'static str) -> Str {
        self.words.entry(word).or_insert_with(|| Str::from(word)).clone()
    }

    /// The cause as a record, so that what follows from one tick of a timer follows from one record of it.
    pub fn pinned(&mut self, at: SimTime, cause: Cause, actor: &Actor) -> Cause {
        match self.level {
            Level::Off => cause,
            Level::Lifecycle | Level::Full => Cause::Record(self.pin(at, cause, actor)),
        }
    }

    /// Makes a record of a cause that is not one yet.
    fn pin(&mut self, at: SimTime, cause: Cause, actor: &Actor) -> RecordId {
        match cause {
            Cause::Record(id) => id,
            Cause::Timer(name) => {
                let id = RecordId(self.next);
                self.next += 1;
                let what = What::Timer { name: Str::from(name) };
                self.out.push(Record { id, at, cause: RecordId(0), actor: actor.clone(), what });
                id
            }
        }
    }

    /// Takes the records that have gathered.
    pub fn take(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.out)
    }
}
