//! NodePorts: the host ports that a pod asks for must be free on the node. Source: `plugins/nodeports/node_ports.go`.

use crate::object::lit;
use crate::scheduler::facts::Facts;
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, NODE_ADD, POD_DELETE, PRE_FILTER, Plugin, PodInfo, Points,
    PreFilter, Rejection, State, Subject,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};

/// See the module.
pub struct NodePorts;

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER)
    }
    fn depends_on(&self) -> Depends {
        Depends::NodePods
    }
    fn events(&self) -> Events {
        NODE_ADD.or(POD_DELETE)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        match &event.subject {
            Subject::Pod { old: Some(gone), .. } => {
                let freed = Facts::of(gone).ports;
                pod.facts.ports.iter().any(|p| freed.iter().any(|f| f.conflicts(p)))
            }
            Subject::Node { .. } => true,
            Subject::Pod { .. } | Subject::Object { .. } | Subject::None => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, _: &Cache, _: &mut State) -> PreFilter {
        if pod.facts.ports.is_empty() { PreFilter::Skip } else { PreFilter::Continue }
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        if pod.facts.ports.iter().any(|p| node.ports.iter().any(|taken| taken.conflicts(p))) {
            let why = lit!("node(s) didn't have free ports for the requested pod ports");
            return Err(Rejection::unschedulable(why));
        }
        Ok(())
    }
}
