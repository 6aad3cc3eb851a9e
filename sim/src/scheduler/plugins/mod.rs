//! The plugins of the default profile, one file each.
//!
//! To add one: a file with a type that implements [`super::framework::Plugin`], its `mod` line, and its line in
//! [`standard`] at the place that upstream's list gives it.

mod balanced_allocation;
mod default_binder;
mod default_preemption;
mod dynamic_resources;
mod image_locality;
pub mod inter_pod_affinity;
pub mod node_affinity;
mod node_name;
mod node_ports;
pub mod node_resources_fit;
mod node_unschedulable;
pub mod node_volume_limits;
pub mod pod_topology_spread;
mod priority_sort;
mod scheduling_gates;
pub mod taint_toleration;
pub mod volume_binding;
pub mod volume_restrictions;
pub mod volume_zone;

use super::framework::Plugin;
use super::profile::Entry;
use std::sync::Arc;

/// The default profile, in upstream's order (`apis/config/v1/default_plugins.go`): the first filter to reject a
/// node is the one that is named.
pub fn standard() -> Vec<Entry> {
    fn entry(plugin: impl Plugin + 'static, weight: i64) -> Entry {
        Entry { plugin: Arc::new(plugin), weight }
    }
    vec![
        entry(scheduling_gates::SchedulingGates, 0),
        entry(priority_sort::PrioritySort, 0),
        entry(node_unschedulable::NodeUnschedulable, 0),
        entry(node_name::NodeName, 0),
        entry(taint_toleration::TaintToleration, 3),
        entry(node_affinity::NodeAffinity::default(), 2),
        entry(node_ports::NodePorts, 0),
        entry(node_resources_fit::NodeResourcesFit::default(), 1),
        entry(volume_restrictions::VolumeRestrictions, 0),
        entry(node_volume_limits::NodeVolumeLimits, 0),
        entry(volume_binding::VolumeBinding, 0),
        entry(volume_zone::VolumeZone, 0),
        entry(pod_topology_spread::PodTopologySpread::default(), 2),
        entry(inter_pod_affinity::InterPodAffinity::default(), 2),
        entry(dynamic_resources::DynamicResources, 0),
        entry(default_preemption::DefaultPreemption::default(), 0),
        entry(balanced_allocation::BalancedAllocation::default(), 1),
        entry(image_locality::ImageLocality, 1),
        entry(default_binder::DefaultBinder, 0),
    ]
}
