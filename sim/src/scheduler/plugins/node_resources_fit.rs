//! NodeResourcesFit: what the pod asks for must be free; of the nodes, the emptiest is preferred (LeastAllocated,
//! cpu and memory of equal weight). Sources: `plugins/noderesources/{fit,least_allocated,resource_allocation}.go`.

use crate::object::{Str, lit};
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, MAX_SCORE, NODE_ADD, NODE_ALLOCATABLE, POD_DELETE, POD_SCALE_DOWN,
    PRE_FILTER, PRE_SCORE, Plugin, PodInfo, Points, Rejection, SCORE, State, Subject,
};
use crate::scheduler::resources::Amounts;
use crate::scheduler::snapshot::NodeInfo;

/// See the module.
pub struct NodeResourcesFit;

/// What is missing (`fitsRequest`): each resource, and whether even the empty node would lack it.
fn missing(ask: &Amounts, node: &NodeInfo) -> Vec<(Str, bool)> {
    let (has, used) = (&node.allocatable, &node.requested);
    let mut out = Vec::new();
    if node.pods.len() as i64 + 1 > has.pods {
        out.push((lit!("Too many pods"), false));
    }
    if ask.is_none() {
        return out;
    }
    let mut check = |reason: Str, ask: i64, has: i64, used: i64| {
        if ask > 0 && ask > has - used {
            out.push((reason, ask > has));
        }
    };
    check(lit!("Insufficient cpu"), ask.milli_cpu, has.milli_cpu, used.milli_cpu);
    check(lit!("Insufficient memory"), ask.memory, has.memory, used.memory);
    check(lit!("Insufficient ephemeral-storage"), ask.ephemeral, has.ephemeral, used.ephemeral);
    for (name, ask) in ask.scalar.iter().filter(|(_, n)| *n != 0) {
        let (has, used) = (has.scalar(name), used.scalar(name));
        if *ask > has - used {
            out.push((Str::from(format!("Insufficient {name}")), *ask > has));
        }
    }
    out
}

/// 0 for a full node, 100 for an empty one.
fn least_requested(used: i64, capacity: i64) -> i64 {
    if used > capacity { 0 } else { (capacity - used) * MAX_SCORE / capacity }
}

/// Whether a node now has more of something that the pod asks for.
fn increased(ask: &Amounts, old: &Amounts, new: &Amounts) -> bool {
    new.pods > old.pods
        || ask.milli_cpu > 0 && new.milli_cpu > old.milli_cpu
        || ask.memory > 0 && new.memory > old.memory
        || ask.ephemeral > 0 && new.ephemeral > old.ephemeral
        || ask.scalar.iter().any(|(n, a)| *a > 0 && new.scalar(n) > old.scalar(n))
}

impl Plugin for NodeResourcesFit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER).or(PRE_SCORE).or(SCORE)
    }
    fn depends_on(&self) -> Depends {
        Depends::NodePods
    }
    fn events(&self) -> Events {
        NODE_ADD.or(NODE_ALLOCATABLE).or(POD_DELETE).or(POD_SCALE_DOWN)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent) -> bool {
        let ask = &pod.amounts.request;
        match &event.subject {
            // It must fit the node when that is empty; what runs there is for the cycle to find out.
            Subject::Node { old, new: Some(new) } => {
                missing(ask, &NodeInfo::new(new.clone())).is_empty()
                    && old.as_ref().is_none_or(|old| {
                        increased(
                            ask,
                            &Amounts::of(&old.status.allocatable),
                            &Amounts::of(&new.status.allocatable),
                        )
                    })
            }
            Subject::Pod { .. } => true,
            Subject::Node { new: None, .. } | Subject::None => false,
        }
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        let missing = missing(&pod.amounts.request, node);
        if missing.is_empty() {
            return Ok(());
        }
        let unresolvable = missing.iter().any(|(_, never)| *never);
        Err(Rejection { reasons: missing.into_iter().map(|(r, _)| r).collect(), unresolvable })
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        let (ask, has) = (&pod.amounts, &node.allocatable);
        let of = [
            (has.milli_cpu, node.scored_milli_cpu + ask.asked_milli_cpu),
            (has.memory, node.scored_memory + ask.asked_memory),
        ];
        let (mut sum, mut weights) = (0, 0);
        for (capacity, used) in of.into_iter().filter(|(capacity, _)| *capacity != 0) {
            sum += least_requested(used, capacity);
            weights += 1;
        }
        if weights == 0 { 0 } else { sum / weights }
    }
}
