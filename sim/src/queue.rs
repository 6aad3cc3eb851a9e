//! The one queue of the world: what is due, ordered by time and then by the order of asking.

use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A priority queue whose payloads stay put in a slab while small keys move in the heap.
#[derive(Clone)]
pub struct Queue<T> {
    heap: BinaryHeap<Reverse<(SimTime, u64, u32)>>,
    slab: Vec<Option<T>>,
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
                self.slab[s as usize] = Some(payload);
                s
            }
            None => {
                self.slab.push(Some(payload));
                (self.slab.len() - 1) as u32
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
        let payload = self.slab[slot as usize].take()?;
        self.free.push(slot);
        Some((t, payload))
    }

    /// All that is waiting, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (SimTime, &T)> {
        self.heap.iter().filter_map(|Reverse((t, _, slot))| Some((*t, self.slab[*slot as usize].as_ref()?)))
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
