//! NodeResourcesBalancedAllocation: prefers nodes of which all resources would be used to the same part.
//! Source: `plugins/noderesources/balanced_allocation.go`.

use super::node_resources_fit::scored;
use crate::scheduler::config::args::NodeResourcesBalancedAllocationArgs;
use crate::scheduler::framework::{Depends, PRE_SCORE, Plugin, PodInfo, Points, SCORE, State};
use crate::scheduler::resources::Resource;
use crate::scheduler::snapshot::{Cache, NodeInfo};

/// See the module.
#[derive(Debug)]
pub struct BalancedAllocation {
    /// The resources that are compared.
    pub resources: Vec<Resource>,
}

impl BalancedAllocation {
    /// With the arguments of a profile.
    pub fn new(args: &NodeResourcesBalancedAllocationArgs) -> BalancedAllocation {
        BalancedAllocation { resources: args.resources.iter().map(|r| Resource::named(&r.name)).collect() }
    }
}

impl Plugin for BalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }
    fn points(&self) -> Points {
        PRE_SCORE.or(SCORE)
    }
    fn depends_on(&self) -> Depends {
        Depends::NodePods
    }
    /// A pod that asks for none of the resources balances nothing.
    fn pre_score(&self, pod: &PodInfo, _: &Cache, _: &[u32], _: &mut State) -> bool {
        self.resources.iter().any(|r| pod.facts.amounts.request.get(r) > 0)
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        let used = [node.requested.milli_cpu, node.requested.memory];
        let mut parts = [0.0f64; 8];
        let mut many = Vec::new();
        let mut n = 0;
        for r in &self.resources {
            let Some((has, used)) = scored(r, pod.facts.amounts.request.get(r), used, node) else { continue };
            let part = (used as f64 / has as f64).min(1.0);
            match parts.get_mut(n) {
                Some(p) => *p = part,
                None => many.push(part),
            }
            n += 1;
        }
        let all = || parts[..n.min(parts.len())].iter().chain(&many);
        let deviation = match n {
            0 | 1 => 0.0,
            2 => ((parts[0] - parts[1]) / 2.0).abs(),
            n => {
                let mean = all().sum::<f64>() / n as f64;
                (all().map(|p| (p - mean) * (p - mean)).sum::<f64>() / n as f64).sqrt()
            }
        };
        ((1.0 - deviation) * 100.0) as i64
    }
}
