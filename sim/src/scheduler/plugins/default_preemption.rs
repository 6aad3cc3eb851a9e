//! DefaultPreemption: when a pod fits nowhere, evicts pods of lower priority where that makes room for it.
//! Source: `plugins/defaultpreemption/default_preemption.go`; the work itself is in [`crate::scheduler::preemption`].

use crate::scheduler::config::args::DefaultPreemptionArgs;
use crate::scheduler::framework::{Events, POD_DELETE, POST_FILTER, Plugin, Points, PostFilter};
use crate::scheduler::preemption::{Attempt, Wanted};

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
        POST_FILTER
    }
    fn events(&self) -> Events {
        POD_DELETE
    }
    fn post_filter(&self, attempt: &mut Attempt<'_, '_>) -> PostFilter {
        attempt.preempt(self.wanted)
    }
}
