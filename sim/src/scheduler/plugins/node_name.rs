//! NodeName: a pod that names its node fits nowhere else. Source: `plugins/nodename/node_name.go`.

use crate::object::lit;
use crate::scheduler::framework::{Events, FILTER, NODE_ADD, Plugin, PodInfo, Points, Rejection, State};
use crate::scheduler::snapshot::NodeInfo;

/// See the module.
pub struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }
    fn points(&self) -> Points {
        FILTER
    }
    fn events(&self) -> Events {
        NODE_ADD
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        let wanted = &pod.pod.node_name;
        if wanted.is_empty() || *wanted == node.name {
            return Ok(());
        }
        Err(Rejection::unresolvable(lit!("node(s) didn't match the requested node name")))
    }
}
