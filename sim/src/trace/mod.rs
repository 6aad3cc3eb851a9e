//! The trace: an append-only list of records, each of which names its cause.

pub mod export;
mod file;
mod fold;
mod record;
pub mod why;
mod wire;

pub use file::{BlockIndex, FORMAT, Header, Trace, TraceError, Writer};
pub use fold::{Fold, InFlight};
pub use wire::{Decoder, Encoder, WireError};

pub use record::{Actor, Code, Decision, Level, Record, RecordId, What, WriteVerb};
pub use why::{
    ChainError, Order, Root, TraceIndex, Why, WhyError, WhyLine, chain, explain, explain_record,
    object_state_record,
};

use crate::cow::CowMap;
use crate::object::{Key, Str};
use crate::time::SimTime;

/// Why something happens. A timer becomes a record only when something comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It follows from that record.
    Record(RecordId),
    /// It follows from a periodic timer of that name.
    Timer(&'static str),
}

/// Numbers records and keeps them until they are drained.
#[derive(Clone, Debug)]
pub struct Tracer {
    level: Level,
    next: u64,
    out: Vec<Record>,
    /// The newest write record of each object; kept for levels that keep writes.
    last_write: CowMap<Key, RecordId>,
}

impl Tracer {
    /// An empty trace.
    pub fn new(level: Level) -> Tracer {
        Tracer { level, next: 1, out: Vec::new(), last_write: CowMap::default() }
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
                WriteVerb::Delete => self.last_write.remove(&obj.key()),
                WriteVerb::Create | WriteVerb::Update => self.last_write.insert(obj.key(), id),
            };
        }
        self.out.push(Record { id, at, cause, actor: actor.clone(), what });
        Cause::Record(id)
    }

    /// The newest write record of an object; 0 if there is none.
    pub fn last_write(&self, key: &Key) -> RecordId {
        self.last_write.get(key).copied().unwrap_or_default()
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
