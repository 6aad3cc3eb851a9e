//! PackByOwner, a plugin that upstream does not have: prefers nodes that have pods of the same owner already, and
//! refuses more than so many of them on one node. The example of `docs/scheduler-plugin.md`.

use crate::object::{Pod, Str};
use crate::scheduler::framework::{
    Depends, Events, FILTER, NODE_ADD, NORMALIZE, POD_DELETE, Plugin, PodInfo, Points, Rejection, SCORE,
    State, default_normalize,
};
use crate::scheduler::snapshot::NodeInfo;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The arguments, as they stand in `pluginConfig`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PackByOwner {
    max_per_node: usize,
}

impl Default for PackByOwner {
    fn default() -> Self {
        PackByOwner { max_per_node: 10 }
    }
}

/// Makes the plugin.
pub fn build(args: Option<&Value>) -> Result<Arc<dyn Plugin>, String> {
    let plugin: PackByOwner = match args {
        Some(args) => serde_json::from_value(args.clone()).map_err(|e| e.to_string())?,
        None => PackByOwner::default(),
    };
    Ok(Arc::new(plugin))
}

fn owner(pod: &Pod) -> Option<(&Str, &Str)> {
    pod.metadata.controller().map(|o| (&o.kind, &o.name))
}

/// How many pods on the node have the same owner.
fn siblings(pod: &PodInfo, node: &NodeInfo) -> usize {
    let Some(mine) = owner(&pod.pod) else { return 0 };
    let same =
        |p: &&PodInfo| p.pod.metadata.namespace == pod.pod.metadata.namespace && owner(&p.pod) == Some(mine);
    node.pods.iter().filter(same).count()
}

impl Plugin for PackByOwner {
    fn name(&self) -> &'static str {
        "PackByOwner"
    }
    fn points(&self) -> Points {
        FILTER.or(SCORE).or(NORMALIZE)
    }
    /// The owner is no part of the spec, so that answers for one pod do not hold for another of the same spec.
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
    fn events(&self) -> Events {
        NODE_ADD.or(POD_DELETE)
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        if siblings(pod, node) < self.max_per_node {
            return Ok(());
        }
        Err(Rejection::unschedulable(crate::object::lit!("node(s) had enough pods of the same owner")))
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        siblings(pod, node) as i64
    }
    fn normalize(&self, scores: &mut [i64], _: &State) {
        default_normalize(scores, false);
    }
}
