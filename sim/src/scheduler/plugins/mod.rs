//! The plugins of the default profile, one file each.
//!
//! To add one: a file with a type that implements [`super::framework::Plugin`], its `mod` line, and its entry in
//! [`ALL`] at the place that upstream's list gives it.

mod default_binder;
mod node_affinity;
mod node_name;
mod node_resources_fit;
mod node_unschedulable;
mod priority_sort;
mod scheduling_gates;
mod taint_toleration;

use super::framework::Entry;

/// The default profile, in upstream's order (`apis/config/v1/default_plugins.go`): the first filter to reject a
/// node is the one that is named.
///
/// Not there yet, with their places: NodePorts (after NodeAffinity); VolumeRestrictions, NodeVolumeLimits,
/// VolumeBinding, VolumeZone, PodTopologySpread (weight 2), InterPodAffinity (2), DynamicResources,
/// DefaultPreemption, NodeResourcesBalancedAllocation (1), ImageLocality (1) (after NodeResourcesFit).
pub static ALL: &[Entry] = &[
    Entry { plugin: &scheduling_gates::SchedulingGates, weight: 0 },
    Entry { plugin: &priority_sort::PrioritySort, weight: 0 },
    Entry { plugin: &node_unschedulable::NodeUnschedulable, weight: 0 },
    Entry { plugin: &node_name::NodeName, weight: 0 },
    Entry { plugin: &taint_toleration::TaintToleration, weight: 3 },
    Entry { plugin: &node_affinity::NodeAffinity, weight: 2 },
    Entry { plugin: &node_resources_fit::NodeResourcesFit, weight: 1 },
    Entry { plugin: &default_binder::DefaultBinder, weight: 0 },
];
