//! The pods that came to nodes and left them, for counts that plugins keep from cycle to cycle.

use super::facts::PodInfo;
use std::collections::VecDeque;

/// So many changes are kept; whoever is further behind counts anew.
const KEPT: usize = 8192;

/// The latest changes. A copy begins empty: no counts are copied with it.
#[derive(Debug, Default)]
pub struct Journal {
    /// How many changes there were before the first that is kept.
    before: u64,
    kept: VecDeque<(PodInfo, u32, i64)>,
}

impl Clone for Journal {
    fn clone(&self) -> Journal {
        Journal { before: self.end(), kept: VecDeque::new() }
    }
}

impl Journal {
    /// A pod came to a node (`sign` 1) or left it (-1).
    pub fn push(&mut self, info: PodInfo, row: u32, sign: i64) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.before += 1;
        }
        self.kept.push_back((info, row, sign));
    }
    /// How many changes there have been.
    pub fn end(&self) -> u64 {
        self.before + self.kept.len() as u64
    }
    /// The changes from a place on; `None` if some of them are no longer kept.
    pub fn since(&self, place: u64) -> Option<impl Iterator<Item = &(PodInfo, u32, i64)>> {
        let skip = usize::try_from(place.checked_sub(self.before)?).ok()?;
        Some(self.kept.iter().skip(skip))
    }
}
