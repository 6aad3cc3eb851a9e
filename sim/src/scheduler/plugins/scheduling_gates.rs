//! SchedulingGates: a pod with gates does not enter the queue. Source: `plugins/schedulinggates/scheduling_gates.go`.

use crate::object::{Pod, Str};
use crate::scheduler::framework::{
    ClusterEvent, Events, POD_GATES, PRE_ENQUEUE, Plugin, PodInfo, Points, Rejection, Subject,
};
use crate::scheduler::snapshot::Cache;
use serde_json::Value;

/// See the module.
pub struct SchedulingGates;

fn list(pod: &Pod) -> Option<&Vec<Value>> {
    pod.spec.other.get("schedulingGates").and_then(Value::as_array)
}

/// Whether a pod has gates.
pub fn gated(pod: &Pod) -> bool {
    list(pod).is_some_and(|gates| !gates.is_empty())
}

/// The names of a pod's gates.
pub fn gates(pod: &Pod) -> Vec<&str> {
    list(pod).into_iter().flatten().filter_map(|g| g.get("name")?.as_str()).collect()
}

impl Plugin for SchedulingGates {
    fn name(&self) -> &'static str {
        "SchedulingGates"
    }
    fn points(&self) -> Points {
        PRE_ENQUEUE
    }
    fn events(&self) -> Events {
        POD_GATES
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        matches!(&event.subject, Subject::Pod { new: Some(p), .. } if p.metadata.uid == pod.pod.metadata.uid)
    }
    fn pre_enqueue(&self, pod: &Pod) -> Result<(), Rejection> {
        let gates = gates(pod);
        if gates.is_empty() {
            return Ok(());
        }
        // Go prints a slice of strings with spaces between them.
        let reason = format!("waiting for scheduling gates: [{}]", gates.join(" "));
        Err(Rejection::unresolvable(Str::from(reason)))
    }
}
