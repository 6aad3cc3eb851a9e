//! The one queue of the world: what is due, ordered by time and then by the order of asking.

use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How many payloads a part of the slab holds. In parts, since a single vector would double by copying and leave
/// up to half of itself unused.
const PART: usize = 1024;

/// How long a period of the queue is, as a power of two of nanoseconds: 8.4 ms.
const PERIOD_BITS: u32 = 23;

/// When, in which order of asking, and in which slot.
type Entry = (SimTime, u64, u32);

/// A priority queue whose payloads stay put in a slab while small keys move in the heap. The heap has only what is
/// due within the present period: most entries are timers that lie seconds ahead, and would make it too large for
/// the processor's cache.
#[derive(Clone)]
pub struct Queue<T> {
    /// What is due by the end of the period `near`. Never empty if anything is queued.
    heap: BinaryHeap<Reverse<Entry>>,
    near: u64,
    /// What is due in each later period, in no order.
    later: BTreeMap<u64, Vec<Entry>>,
    len: usize,
    slab: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    sequence: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let (heap, later) = (BinaryHeap::new(), BTreeMap::new());
        Queue { heap, near: 0, later, len: 0, slab: Vec::new(), free: Vec::new(), sequence: 0 }
    }
}

impl<T> Queue<T> {
    /// Adds what is due at a time, after all that is already due then.
    pub fn push(&mut self, at: SimTime, payload: T) {
        let slot = match self.free.pop() {
            Some(s) => {
                self.slab[s as usize / PART][s as usize % PART] = Some(payload);
                s
            }
            None => {
                if self.slab.last().is_none_or(|part| part.len() == PART) {
                    self.slab.push(Vec::with_capacity(PART));
                }
                let parts = self.slab.len();
                let last = &mut self.slab[parts - 1];
                last.push(Some(payload));
                ((parts - 1) * PART + last.len() - 1) as u32
            }
        };
        let entry = (at, self.sequence, slot);
        self.sequence += 1;
        self.len += 1;
        let period = at.0 >> PERIOD_BITS;
        if period <= self.near {
            self.heap.push(Reverse(entry));
        } else {
            self.later.entry(period).or_default().push(entry);
            self.turn();
        }
    }

    /// When the heap is empty, the next period that has anything becomes the present one.
    fn turn(&mut self) {
        if self.heap.is_empty()
            && let Some((period, entries)) = self.later.pop_first()
        {
            self.near = period;
            self.heap.extend(entries.into_iter().map(Reverse));
        }
    }

    /// When the next is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse((t, _, _))| *t)
    }

    /// Takes the next, if it is due at or before `now`.
    pub fn pop_due(&mut self, now: SimTime) -> Option<(SimTime, T)> {
        if self.next_at()? > now {
            return None;
        }
        let Reverse((t, _, slot)) = self.heap.pop()?;
        self.len -= 1;
        self.turn();
        let payload = self.slab[slot as usize / PART][slot as usize % PART].take()?;
        self.free.push(slot);
        Some((t, payload))
    }

    /// All that is waiting, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (SimTime, &T)> {
        let at = |slot: u32| self.slab[slot as usize / PART][slot as usize % PART].as_ref();
        let all = self.heap.iter().map(|Reverse(e)| e).chain(self.later.values().flatten());
        all.filter_map(move |(t, _, slot)| Some((*t, at(*slot)?)))
    }

    /// How many are waiting.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is waiting.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_keep_the_order_of_asking() {
        let mut q = Queue::default();
        for (t, x) in [(5, 'c'), (1, 'a'), (5, 'd'), (1, 'b')] {
            q.push(SimTime(t), x);
        }
        assert_eq!(q.pop_due(SimTime(0)), None);
        let mut got = String::new();
        while let Some((_, x)) = q.pop_due(SimTime(9)) {
            got.push(x);
        }
        assert_eq!(got, "abcd");
    }

    #[test]
    fn what_is_far_ahead_comes_in_order_too() {
        let mut rng = crate::rng::Rng::new(1, "queue");
        let (mut q, mut plain) = (Queue::default(), BTreeMap::new());
        let mut now = SimTime(0);
        for n in 0..20_000u64 {
            let spread = [10, 1 << PERIOD_BITS, 1 << (PERIOD_BITS + 4)][rng.below(3) as usize];
            let at = SimTime(now.0 + rng.below(spread));
            q.push(at, n);
            plain.insert((at, n), ());
            assert_eq!(q.next_at(), plain.first_key_value().map(|((t, _), ())| *t));
            if rng.below(3) > 0 || n > 15_000 {
                let due = plain.pop_first().map(|(k, ())| k);
                assert_eq!(q.pop_due(SimTime(u64::MAX)), due);
                now = due.map_or(now, |(t, _)| t);
            }
            assert_eq!((q.len(), q.iter().count()), (plain.len(), plain.len()));
            if n > 200 && rng.below(100) > 0 {
                continue;
            }
            while let Some((k, ())) = plain.pop_first() {
                assert_eq!(q.pop_due(SimTime(u64::MAX)), Some(k));
            }
            assert!(q.is_empty());
        }
    }
}
