//! Going to any moment of a trace: copies of a folded state at intervals, and the records after the nearest one.

use super::{Fold, Record};

/// Records between two copies. At about a microsecond a record, a jump costs some milliseconds at most.
const EVERY: usize = 8192;

/// A state that is made of records, one after the other, and cheap to copy.
pub trait Folding: Clone {
    /// Goes one record further.
    fn apply(&mut self, record: &Record);
}

impl Folding for Fold {
    fn apply(&mut self, record: &Record) {
        drop(Fold::apply(self, record));
    }
}

/// The copies of a state along a trace.
#[derive(Clone, Debug)]
pub struct Keyframes<F> {
    /// The state after `i × EVERY` records.
    marks: Vec<F>,
}

impl<F: Folding> Keyframes<F> {
    /// Begins with the state before the first record.
    pub fn new(first: F) -> Keyframes<F> {
        Keyframes { marks: vec![first] }
    }

    /// The state after the first `count` records. Copies that are missing on the way there are made.
    pub fn at(&mut self, records: &[Record], count: usize) -> F {
        let count = count.min(records.len());
        let newest = self.marks.len() - 1;
        let nearest = (count / EVERY).min(newest);
        let mut state = self.marks[nearest].clone();
        for (i, record) in records.iter().enumerate().take(count).skip(nearest * EVERY) {
            state.apply(record);
            if (i + 1) % EVERY == 0 && (i + 1) / EVERY == self.marks.len() {
                self.marks.push(state.clone());
            }
        }
        state
    }

    /// Forgets what comes after the first `count` records: they are about to be others.
    pub fn truncate(&mut self, count: usize) {
        self.marks.truncate(count / EVERY + 1);
    }
}
