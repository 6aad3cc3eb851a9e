//! NodeResourcesFit: what the pod asks for must be free; of the nodes, the emptiest is preferred, unless another
//! strategy is set. Sources: `plugins/noderesources/{fit,least_allocated,most_allocated,requested_to_capacity_ratio,
//! resource_allocation}.go`.

use crate::object::{Str, lit};
use crate::scheduler::config::args::{NodeResourcesFitArgs, ScoringType, ShapePoint};
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, MAX_SCORE, NODE_ADD, NODE_ALLOCATABLE, POD_DELETE, POD_SCALE_DOWN,
    PRE_FILTER, PRE_SCORE, Plugin, PodInfo, Points, Rejection, SCORE, State, Subject, Why,
};
use crate::scheduler::resources::{Amounts, Resource, is_scalar};
use crate::scheduler::snapshot::{Cache, NodeInfo};

/// How nodes are scored by what is left on them (`scoringStrategy`).
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// The emptiest first.
    LeastAllocated,
    /// The fullest first.
    MostAllocated,
    /// By points of utilisation (0 to 100) and score (0 to 10), with straight lines between them.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

/// See the module.
#[derive(Debug)]
pub struct NodeResourcesFit {
    /// How nodes are scored.
    pub strategy: Strategy,
    /// The resources that are scored, with weights.
    pub resources: Vec<(Resource, i64)>,
    /// Extended resources that are not looked at.
    pub ignored: Vec<Str>,
    /// The same, by what stands before the slash.
    pub ignored_groups: Vec<Str>,
}

impl NodeResourcesFit {
    /// With the arguments of a profile.
    pub fn new(args: &NodeResourcesFitArgs) -> NodeResourcesFit {
        let point = |p: &ShapePoint| (i64::from(p.utilization), i64::from(p.score));
        NodeResourcesFit {
            strategy: match &args.scoring_strategy.kind {
                ScoringType::LeastAllocated => Strategy::LeastAllocated,
                ScoringType::MostAllocated => Strategy::MostAllocated,
                ScoringType::RequestedToCapacityRatio(shape) => {
                    Strategy::RequestedToCapacityRatio(shape.iter().map(point).collect())
                }
            },
            resources: args
                .scoring_strategy
                .resources
                .iter()
                .map(|r| (Resource::named(&r.name), r.weight))
                .collect(),
            ignored: args.ignored_resources.clone(),
            ignored_groups: args.ignored_resource_groups.clone(),
        }
    }
    fn ignores(&self, name: &Str) -> bool {
        let group = || name.split('/').next().is_some_and(|g| self.ignored_groups.iter().any(|i| i == g));
        name.contains('/') && (self.ignored.contains(name) || group())
    }
    /// What is missing (`fitsRequest`): each resource, and whether even the empty node would lack it.
    fn missing(&self, ask: &Amounts, node: &NodeInfo) -> Vec<(Str, bool)> {
        let (has, used) = (&node.allocatable, &node.requested);
        let mut out = Vec::new();
        if node.pods.len() as i64 + 1 > has.pods {
            out.push((lit!("Too many pods"), false));
        }
        if ask.is_none() {
            return out;
        }
        let mut check = |reason: Str, ask: i64, has: i64, used: i64| {
            if ask > 0 && ask > has.saturating_sub(used) {
                out.push((reason, ask > has));
            }
        };
        check(lit!("Insufficient cpu"), ask.milli_cpu, has.milli_cpu, used.milli_cpu);
        check(lit!("Insufficient memory"), ask.memory, has.memory, used.memory);
        check(lit!("Insufficient ephemeral-storage"), ask.ephemeral, has.ephemeral, used.ephemeral);
        for (name, ask) in ask.scalar.iter().filter(|(name, n)| *n != 0 && !self.ignores(name)) {
            let (has, used) = (has.scalar(name), used.scalar(name));
            if *ask > has.saturating_sub(used) {
                out.push((Str::from(format!("Insufficient {name}")), *ask > has));
            }
        }
        out
    }
}

/// What a node has of a resource, and what would be used of it with the pod; `None` where it does not count. `asked` is
/// what scores count for the pod, `used` what they count for the pods there: with defaults for what is not asked for,
/// or without (`calculateResourceAllocatableRequest`).
pub fn scored(resource: &Resource, asked: i64, used: [i64; 2], node: &NodeInfo) -> Option<(i64, i64)> {
    if asked == 0 && matches!(resource, Resource::Scalar(name) if is_scalar(name)) {
        return None;
    }
    let has = node.allocatable.get(resource);
    let used = match resource {
        Resource::Cpu => used[0],
        Resource::Memory => used[1],
        Resource::Ephemeral | Resource::Scalar(_) => node.requested.get(resource),
    };
    (has != 0).then_some((has, used.saturating_add(asked)))
}

/// The score between the points on either side of a utilisation (`BuildBrokenLinearFunction`).
fn between(points: &[(i64, i64)], x: i64) -> i64 {
    let score = |i: usize| points[i].1 * 10;
    match points.iter().position(|(u, _)| x <= *u) {
        None => points.len().checked_sub(1).map_or(0, score),
        Some(0) => score(0),
        Some(i) => {
            let (from, to) = (points[i - 1].0, points[i].0);
            score(i - 1) + (score(i) - score(i - 1)) * (x - from) / (to - from)
        }
    }
}

/// A part of the whole in hundredths.
fn share(part: i64, whole: i64) -> i64 {
    match part.checked_mul(MAX_SCORE) {
        Some(n) => n / whole,
        None => (i128::from(part) * i128::from(MAX_SCORE) / i128::from(whole)) as i64,
    }
}

impl Strategy {
    fn score(&self, used: i64, has: i64) -> i64 {
        match self {
            Strategy::LeastAllocated if used > has => 0,
            Strategy::LeastAllocated => share(has - used, has),
            Strategy::MostAllocated => share(used.min(has), has),
            Strategy::RequestedToCapacityRatio(points) if used > has => between(points, 100),
            Strategy::RequestedToCapacityRatio(points) => between(points, share(used, has)),
        }
    }
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
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        let ask = &pod.facts.amounts.request;
        match &event.subject {
            // It must fit the node when that is empty; what runs there is for the cycle to find out.
            Subject::Node { old, new: Some(new) } => {
                self.missing(ask, &NodeInfo::new(new.clone())).is_empty()
                    && old.as_ref().is_none_or(|old| {
                        increased(
                            ask,
                            &Amounts::of(&old.status.allocatable),
                            &Amounts::of(&new.status.allocatable),
                        )
                    })
            }
            Subject::Pod { .. } => true,
            Subject::Node { new: None, .. } | Subject::Object { .. } | Subject::None => false,
        }
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        let missing = self.missing(&pod.facts.amounts.request, node);
        if missing.is_empty() {
            return Ok(());
        }
        let unresolvable = missing.iter().any(|(_, never)| *never);
        let mut reasons: Vec<Str> = missing.into_iter().map(|(r, _)| r).collect();
        let reasons = if reasons.len() == 1 { Why::One(reasons.remove(0)) } else { Why::Many(reasons) };
        Err(Rejection { reasons, unresolvable })
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        let ask = &pod.facts.amounts;
        let (mut sum, mut weights) = (0, 0);
        for (resource, weight) in &self.resources {
            let asked = match resource {
                Resource::Cpu => ask.asked_milli_cpu,
                Resource::Memory => ask.asked_memory,
                Resource::Ephemeral | Resource::Scalar(_) => ask.asked.get(resource),
            };
            let used = [node.scored_milli_cpu, node.scored_memory];
            let Some((has, used)) = scored(resource, asked, used, node) else { continue };
            let score = self.strategy.score(used, has);
            if score > 0 || !matches!(self.strategy, Strategy::RequestedToCapacityRatio(_)) {
                sum += score * weight;
                weights += weight;
            }
        }
        match self.strategy {
            _ if weights == 0 => 0,
            Strategy::RequestedToCapacityRatio(_) => (sum as f64 / weights as f64).round() as i64,
            Strategy::LeastAllocated | Strategy::MostAllocated => sum / weights,
        }
    }
}
