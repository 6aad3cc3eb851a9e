//! The plugins, one file each.
//!
//! To add one of your own: a file with a type that implements [`Plugin`], its `mod` line, and its line in `OWN`.
//! `docs/scheduler-plugin.md` goes through an example.

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
mod pack_by_owner;
pub mod pod_topology_spread;
mod priority_sort;
pub mod scheduling_gates;
pub mod taint_toleration;
pub mod volume_binding;
pub mod volume_restrictions;
pub mod volume_zone;

use super::config::{IN_TREE, PluginArgs, Registered};
use super::framework::Plugin;
use serde_json::Value;
use std::sync::Arc;

/// Makes a plugin with the arguments of a profile.
pub type Build = fn(&PluginArgs) -> Arc<dyn Plugin>;

/// Upstream's plugins, by their names in [`IN_TREE`].
static UPSTREAM: &[(&str, Build)] = &[
    ("SchedulingGates", |_| Arc::new(scheduling_gates::SchedulingGates)),
    ("PrioritySort", |_| Arc::new(priority_sort::PrioritySort)),
    ("NodeUnschedulable", |_| Arc::new(node_unschedulable::NodeUnschedulable)),
    ("NodeName", |_| Arc::new(node_name::NodeName)),
    ("TaintToleration", |_| Arc::new(taint_toleration::TaintToleration)),
    ("NodeAffinity", |a| Arc::new(node_affinity::NodeAffinity::new(&a.node_affinity))),
    ("NodePorts", |_| Arc::new(node_ports::NodePorts)),
    ("NodeResourcesFit", |a| Arc::new(node_resources_fit::NodeResourcesFit::new(&a.node_resources_fit))),
    ("VolumeRestrictions", |_| Arc::new(volume_restrictions::VolumeRestrictions)),
    ("NodeVolumeLimits", |_| Arc::new(node_volume_limits::NodeVolumeLimits)),
    ("VolumeBinding", |_| Arc::new(volume_binding::VolumeBinding)),
    ("VolumeZone", |_| Arc::new(volume_zone::VolumeZone)),
    ("PodTopologySpread", |a| Arc::new(pod_topology_spread::PodTopologySpread::new(&a.pod_topology_spread))),
    ("InterPodAffinity", |a| Arc::new(inter_pod_affinity::InterPodAffinity::new(&a.inter_pod_affinity))),
    ("DynamicResources", |_| Arc::new(dynamic_resources::DynamicResources)),
    ("DefaultPreemption", |a| Arc::new(default_preemption::DefaultPreemption::new(&a.default_preemption))),
    ("NodeResourcesBalancedAllocation", |a| {
        Arc::new(balanced_allocation::BalancedAllocation::new(&a.node_resources_balanced_allocation))
    }),
    ("ImageLocality", |_| Arc::new(image_locality::ImageLocality)),
    ("DefaultBinder", |_| Arc::new(default_binder::DefaultBinder)),
];

/// Makes a plugin that is not upstream's, with its `pluginConfig` as it stands in the configuration, or says what is
/// wrong with that.
pub type BuildOwn = fn(Option<&Value>) -> Result<Arc<dyn Plugin>, String>;

/// Plugins that upstream does not have. A configuration enables them by name.
static OWN: &[BuildOwn] = &[pack_by_owner::build];

/// The plugins that exist: upstream's in the order of the default profile, then the others.
pub fn registry() -> Vec<Registered> {
    let own = OWN.iter().filter_map(|build| build(None).ok());
    let own = own.map(|p| Registered { name: p.name(), points: p.points(), weight: 0, by_default: false });
    IN_TREE.iter().copied().chain(own).collect()
}

/// The plugin of that name.
///
/// # Errors
/// When there is none, or its arguments are wrong.
pub fn build(name: &str, args: &PluginArgs) -> Result<Arc<dyn Plugin>, String> {
    if let Some((_, build)) = UPSTREAM.iter().find(|(n, _)| *n == name) {
        return Ok(build(args));
    }
    for build in OWN {
        if build(None).is_ok_and(|p| p.name() == name) {
            return build(args.other.get(name)).map_err(|e| format!("the arguments of {name}: {e}"));
        }
    }
    Err(format!("there is no plugin {name}"))
}
