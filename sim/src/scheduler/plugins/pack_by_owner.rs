//! PackByOwner, a plugin that upstream does not have: prefers nodes that have pods of the same owner already, and
//! refuses more than so many of them on one node. The example of `docs/scheduler-plugin.md`.

use crate::object::{Pod, Str, lit};
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, NODE_ADD, NORMALIZE, POD_DELETE, Plugin, PodInfo, Points,
    Rejection, SCORE, State, Subject, default_normalize,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
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
    let plugin = match args {
        Some(args) => PackByOwner::deserialize(args).map_err(|e| e.to_string())?,
        None => PackByOwner::default(),
    };
    Ok(Arc::new(plugin))
}

/// The namespace, kind and name of a pod's owner, such as its replica set.
fn owner(pod: &Pod) -> Option<(&Str, &Str, &Str)> {
    pod.metadata.controller().map(|o| (&pod.metadata.namespace, &o.kind, &o.name))
}

/// Whether two pods have the same owner.
fn siblings(a: &Pod, b: &Pod) -> bool {
    owner(a).is_some() && owner(a) == owner(b)
}

/// How many pods on the node have the same owner.
fn count(pod: &PodInfo, node: &NodeInfo) -> usize {
    node.pods.iter().filter(|p| siblings(&p.pod, &pod.pod)).count()
}

impl Plugin for PackByOwner {
    fn name(&self) -> &'static str {
        "PackByOwner"
    }

    fn points(&self) -> Points {
        FILTER.or(SCORE).or(NORMALIZE)
    }

    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        if count(pod, node) < self.max_per_node {
            return Ok(());
        }
        Err(Rejection::unschedulable(lit!("node(s) had enough pods of the same owner")))
    }

    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        count(pod, node) as i64
    }

    fn normalize(&self, scores: &mut [i64], _: &State) {
        default_normalize(scores, false);
    }

    fn events(&self) -> Events {
        NODE_ADD.or(POD_DELETE)
    }

    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        match &event.subject {
            Subject::Pod { old: Some(gone), .. } => siblings(gone, &pod.pod),
            Subject::Pod { old: None, .. } => false,
            Subject::Node { .. } | Subject::Object { .. } | Subject::None => true,
        }
    }

    /// The owner is no part of the spec, so that answers for one pod do not hold for another of the same spec.
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(namespace: &str, owner: Option<&str>) -> Arc<Pod> {
        let owners = owner.map(|name| json!({"kind": "ReplicaSet", "name": name, "controller": true}));
        let owners: Vec<Value> = owners.into_iter().collect();
        let v = json!({"metadata": {"namespace": namespace, "ownerReferences": owners}, "spec": {}});
        Arc::new(serde_json::from_value(v).expect("a pod"))
    }

    #[test]
    fn siblings_share_namespace_and_owner() {
        let web = pod("shop", Some("web"));
        let cases = [
            ("the same owner", pod("shop", Some("web")), true),
            ("another owner", pod("shop", Some("db")), false),
            ("another namespace", pod("bank", Some("web")), false),
            ("no owner", pod("shop", None), false),
        ];
        for (name, other, want) in cases {
            assert_eq!(siblings(&web, &other), want, "{name}");
        }
        assert!(!siblings(&pod("shop", None), &pod("shop", None)), "two without an owner");
    }

    #[test]
    fn arguments_are_read_or_refused() {
        assert!(build(None).is_ok());
        assert!(build(Some(&json!({"maxPerNode": 3}))).is_ok());
        for bad in [json!({"maxPerNode": -1}), json!({"maxPerNode": "3"}), json!({"most": 3}), json!(3)] {
            assert!(build(Some(&bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_deleted_pod_helps_its_siblings_only() {
        let plugin = PackByOwner::default();
        let waits = PodInfo::new(pod("shop", Some("web")));
        let gone = |owner| Subject::Pod { old: Some(pod("shop", owner)), new: None };
        let helps = |what, subject| plugin.hint(&waits, &ClusterEvent { what, subject }, &Cache::default());
        assert!(helps(POD_DELETE, gone(Some("web"))));
        assert!(!helps(POD_DELETE, gone(Some("db"))));
        assert!(!helps(POD_DELETE, gone(None)));
        assert!(helps(NODE_ADD, Subject::None));
    }
}
