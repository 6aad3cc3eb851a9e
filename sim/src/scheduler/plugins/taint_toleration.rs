//! TaintToleration: rejects nodes with a taint that the pod does not tolerate, and prefers those with fewer
//! PreferNoSchedule taints. Source: `plugins/tainttoleration/taint_toleration.go`.

use crate::object::{Node, Str, Taint, TaintEffect, Toleration};
use crate::scheduler::framework::{
    ClusterEvent, Events, FILTER, NODE_ADD, NODE_TAINT, NORMALIZE, POD_TOLERATION, PRE_SCORE, Plugin,
    PodInfo, Points, Rejection, SCORE, State, Subject, default_normalize,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};

/// See the module.
pub struct TaintToleration;

/// The first NoSchedule or NoExecute taint that none of the tolerations covers.
pub fn untolerated<'a>(node: &'a Node, tolerations: &[Toleration]) -> Option<&'a Taint> {
    let hard = |t: &&Taint| matches!(t.effect, TaintEffect::NoSchedule | TaintEffect::NoExecute);
    node.spec.taints.iter().filter(hard).find(|t| !tolerations.iter().any(|x| x.tolerates(t)))
}

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }
    fn points(&self) -> Points {
        FILTER.or(PRE_SCORE).or(SCORE).or(NORMALIZE)
    }
    fn events(&self) -> Events {
        NODE_ADD.or(NODE_TAINT).or(POD_TOLERATION)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        let tolerations = &pod.pod.spec.tolerations;
        match &event.subject {
            Subject::Node { old, new: Some(new) } => {
                untolerated(new, tolerations).is_none()
                    && old.as_ref().is_none_or(|o| untolerated(o, tolerations).is_some())
            }
            Subject::Pod { new: Some(p), .. } => p.metadata.uid == pod.pod.metadata.uid,
            Subject::Node { new: None, .. }
            | Subject::Pod { new: None, .. }
            | Subject::Object { .. }
            | Subject::None => false,
        }
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        match untolerated(node.object(), &pod.pod.spec.tolerations) {
            None => Ok(()),
            Some(t) => Err(Rejection::unresolvable(Str::from(format!(
                "node(s) had untolerated taint {{{}: {}}}",
                t.key, t.value
            )))),
        }
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        let soft = |t: &&Taint| t.effect == TaintEffect::PreferNoSchedule;
        let tolerations = &pod.pod.spec.tolerations;
        let intolerable = |t: &&Taint| !tolerations.iter().any(|x| x.tolerates(t));
        node.object().spec.taints.iter().filter(soft).filter(intolerable).count() as i64
    }
    fn normalize(&self, scores: &mut [i64], _: &State) {
        default_normalize(scores, true);
    }
}
