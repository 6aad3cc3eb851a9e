//! DefaultPreemption: when a pod fits nowhere, evicts pods of lower priority where that makes room for it.
//! Source: `plugins/defaultpreemption/default_preemption.go`; the work itself is in [`crate::scheduler::preemption`].

use crate::scheduler::config::args::DefaultPreemptionArgs;
use crate::scheduler::framework::{
    ClusterEvent, Events, POD_DELETE, POST_FILTER, PRE_ENQUEUE, Plugin, PodInfo, Points, PostFilter,
};
use crate::scheduler::preemption::{Attempt, Wanted};
use crate::scheduler::snapshot::Cache;

/// See the module.
#[derive(Debug)]
pub struct DefaultPreemption {
    /// How many nodes are tried.
    pub wanted: Wanted,
}

impl DefaultPreemption {
    /// With the arguments of a profile.
    pub fn new(args: &DefaultPreemptionArgs) -> DefaultPreemption {
        let percentage = i64::from(args.min_candidate_nodes_percentage);
        DefaultPreemption {
            wanted: Wanted { percentage, absolute: i64::from(args.min_candidate_nodes_absolute) },
        }
    }
}

impl Plugin for DefaultPreemption {
    fn name(&self) -> &'static str {
        "DefaultPreemption"
    }
    fn points(&self) -> Points {
        // At PreEnqueue the queue itself answers, which knows the pods for which others are being evicted.
        PRE_ENQUEUE.or(POST_FILTER)
    }
    fn events(&self) -> Events {
        POD_DELETE
    }
    /// The event lets a pod back in that waited for its victims; whether it helps, the others say that rejected it.
    fn hint(&self, _: &PodInfo, _: &ClusterEvent, _: &Cache) -> bool {
        false
    }
    fn post_filter(&self, attempt: &mut Attempt<'_, '_>) -> PostFilter {
        attempt.preempt(self.wanted)
    }
}
