//! PrioritySort: higher priority first, then who has waited longer. Source: `plugins/queuesort/priority_sort.go`.

use crate::scheduler::framework::{Plugin, PodInfo, Points, QUEUE_SORT};
use crate::time::SimTime;

/// See the module.
pub struct PrioritySort;

impl Plugin for PrioritySort {
    fn name(&self) -> &'static str {
        "PrioritySort"
    }
    fn points(&self) -> Points {
        QUEUE_SORT
    }
    fn sort_key(&self, pod: &PodInfo, queued: SimTime) -> (i64, SimTime) {
        (-i64::from(pod.priority()), queued)
    }
}
