//! The one queue of the world: what is due, ordered by time and then by the order of asking.

use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How many payloads a part of the slab holds. In parts, since a single vector would double by copying and leave
/// up to half of itself unused.
const PART: usize = 1024;

/// A priority queue whose payloads stay put in a slab while small keys move in the heap.
#[derive(Clone)]
pub struct Queue<T> {
    heap: BinaryHeap<Reverse<(SimTime, u64, u32)>>,
    slab: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    sequence: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue { heap: BinaryHeap::new(), slab: Vec::new(), free: Vec::new(), sequence: 0 }
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
        self.heap.push(Reverse((at, self.sequence, slot)));
        self.sequence += 1;
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
        let payload = self.slab[slot as usize / PART][slot as usize % PART].take()?;
        self.free.push(slot);
        Some((t, payload))
    }

    /// All that is waiting, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (SimTime, &T)> {
        let at = |slot: u32| self.slab[slot as usize / PART][slot as usize % PART].as_ref();
        self.heap.iter().filter_map(move |Reverse((t, _, slot))| Some((*t, at(*slot)?)))
    }

    /// How many are waiting.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether none is waiting.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
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
}
