//! The state of a cluster at a moment, folded from the trace.

use super::{PodUsage, Record, RecordId, What, WriteVerb};
use crate::cow::CowMap;
use crate::msg::Comp;
use crate::object::{Key, List, Obj, Str};
use crate::time::SimTime;
use std::collections::BTreeMap;

/// A message that is on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct InFlight {
    /// From where.
    pub from: Comp,
    /// Where to.
    pub to: Comp,
    /// What it is, such as `create Pod`.
    pub label: Str,
    /// When it left.
    pub sent: SimTime,
    /// When it should arrive.
    pub arrives: SimTime,
}

/// What a node's pods use, as it was last measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// When it came to be so.
    pub at: SimTime,
    /// By pod, in order.
    pub pods: List<PodUsage>,
}

/// What is known at a moment. Built by applying records one after the other. A copy shares its objects with the
/// original, so that many may be kept as places to go on from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fold {
    /// The time of the newest record.
    pub at: SimTime,
    /// The number of the newest record.
    pub last: RecordId,
    /// All objects.
    pub objects: CowMap<Key, Obj>,
    /// Messages under way, by the record of their sending.
    pub in_flight: BTreeMap<RecordId, InFlight>,
    /// Faults that hold: name and target, with the time at which each began.
    pub faults: BTreeMap<(Str, Str), SimTime>,
    /// What the pods on each node use, by the node's number; only in traces that keep everything. A node that has run
    /// nothing yet is not in it, and one that is off uses nothing.
    pub usage: BTreeMap<u32, Measured>,
}

impl Fold {
    /// The state at a time: all records at or before it.
    pub fn at(records: &[Record], at: SimTime) -> Fold {
        let mut f = Fold::default();
        let end = records.partition_point(|r| r.at <= at);
        records[..end].iter().for_each(|r| drop(f.apply(r)));
        f.at = at;
        f
    }

    /// Goes one record further. For a write, returns the version of the object that was there before.
    pub fn apply(&mut self, r: &Record) -> Option<Obj> {
        self.at = self.at.max(r.at);
        self.last = r.id;
        match &r.what {
            What::Write { verb: WriteVerb::Delete, obj, .. } => return self.objects.remove(&obj.key()),
            What::Write { obj, .. } => return self.objects.insert(obj.key(), obj.clone()),
            What::Sent { to, label, arrives, .. } => {
                let m = InFlight {
                    from: r.actor.comp,
                    to: *to,
                    label: label.clone(),
                    sent: r.at,
                    arrives: *arrives,
                };
                self.in_flight.insert(r.id, m);
            }
            What::Delivered { sent } | What::Dropped { sent, .. } => {
                self.in_flight.remove(sent);
            }
            What::Fault { name, target } => {
                self.faults.insert((name.clone(), target.clone()), r.at);
            }
            What::Mend { name, target } => {
                self.faults.remove(&(name.clone(), target.clone()));
            }
            What::Usage { node, pods } => {
                self.usage.insert(*node, Measured { at: r.at, pods: pods.clone() });
            }
            What::Start { .. }
            | What::User { .. }
            | What::Timer { .. }
            | What::Refused { .. }
            | What::Decision(_)
            | What::Note { .. } => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{NodeConfig, WorldConfig};
    use crate::object::Kind;
    use crate::time::Span;
    use crate::world::World;

    #[test]
    fn a_copy_is_a_place_to_go_on_from() {
        let nodes = NodeConfig::many(20, &NodeConfig::default());
        let mut world = World::new(WorldConfig { nodes, ..Default::default() }, 1);
        world.advance(SimTime(0) + Span::secs(60));
        let records = world.take_records();
        let mut fold = Fold::default();
        for r in &records[..records.len() / 2] {
            fold.apply(r);
        }
        let copy = fold.clone();
        let rest = |mut fold: Fold| {
            records[records.len() / 2..].iter().for_each(|r| drop(fold.apply(r)));
            fold
        };
        let end = rest(fold);
        assert!(copy != end && copy.last.0 as usize == records.len() / 2);
        assert!(rest(copy) == end);
        let objects = end.objects.iter().filter(|(k, _)| k.kind != Kind::Event);
        assert!(objects.eq(world.objects().iter()));
    }
}
