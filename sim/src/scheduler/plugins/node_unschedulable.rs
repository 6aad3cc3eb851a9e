//! NodeUnschedulable: a cordoned node takes only pods that tolerate it.
//! Source: `plugins/nodeunschedulable/node_unschedulable.go`.

use crate::object::{PodSpec, Taint, TaintEffect, lit};
use crate::scheduler::framework::{
    ClusterEvent, Events, FILTER, NODE_ADD, NODE_TAINT, POD_TOLERATION, Plugin, PodInfo, Points, Rejection,
    State, Subject,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};

/// See the module.
pub struct NodeUnschedulable;

fn tolerates(spec: &PodSpec) -> bool {
    let taint = Taint {
        key: lit!("node.kubernetes.io/unschedulable"),
        value: lit!(""),
        effect: TaintEffect::NoSchedule,
        time_added: None,
    };
    spec.tolerations.iter().any(|t| t.tolerates(&taint))
}

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }
    fn points(&self) -> Points {
        FILTER
    }
    fn events(&self) -> Events {
        NODE_ADD.or(NODE_TAINT).or(POD_TOLERATION)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        match &event.subject {
            Subject::Node { old, new: Some(new) } => {
                tolerates(&pod.pod.spec)
                    || !new.spec.unschedulable && old.as_ref().is_none_or(|o| o.spec.unschedulable)
            }
            Subject::Pod { new: Some(p), .. } => p.metadata.uid == pod.pod.metadata.uid && tolerates(&p.spec),
            Subject::Node { new: None, .. }
            | Subject::Pod { new: None, .. }
            | Subject::Object { .. }
            | Subject::None => false,
        }
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        if node.object().spec.unschedulable && !tolerates(&pod.pod.spec) {
            return Err(Rejection::unresolvable(lit!("node(s) were unschedulable")));
        }
        Ok(())
    }
}
