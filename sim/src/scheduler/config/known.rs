//! Upstream's plugins, and names that were plugins once.

use super::Registered;
use crate::scheduler::framework::{
    BIND, FILTER, POST_FILTER, PRE_BIND, PRE_ENQUEUE, PRE_FILTER, PRE_SCORE, Points, QUEUE_SORT, RESERVE,
    SCORE,
};

const fn plugin(name: &'static str, points: Points, weight: i64) -> Registered {
    Registered { name, points, weight, by_default: true }
}

const FILTERS: Points = PRE_FILTER.or(FILTER);
const SCORES: Points = PRE_SCORE.or(SCORE);

/// The plugins of v1.34 in the order of the default profile, with the points that they implement
/// (`apis/config/v1/default_plugins.go`, `framework/plugins/registry.go`).
pub static IN_TREE: &[Registered] = &[
    plugin("SchedulingGates", PRE_ENQUEUE, 0),
    plugin("PrioritySort", QUEUE_SORT, 0),
    plugin("NodeUnschedulable", FILTER, 0),
    plugin("NodeName", FILTER, 0),
    plugin("TaintToleration", FILTER.or(SCORES), 3),
    plugin("NodeAffinity", FILTERS.or(SCORES), 2),
    plugin("NodePorts", FILTERS, 0),
    plugin("NodeResourcesFit", FILTERS.or(SCORES), 1),
    plugin("VolumeRestrictions", FILTERS, 0),
    plugin("NodeVolumeLimits", FILTERS, 0),
    plugin("VolumeBinding", FILTERS.or(SCORES).or(RESERVE).or(PRE_BIND), 0),
    plugin("VolumeZone", FILTERS, 0),
    plugin("PodTopologySpread", FILTERS.or(SCORES), 2),
    plugin("InterPodAffinity", FILTERS.or(SCORES), 2),
    plugin("DynamicResources", PRE_ENQUEUE.or(FILTERS).or(POST_FILTER).or(RESERVE).or(PRE_BIND), 0),
    plugin("DefaultPreemption", PRE_ENQUEUE.or(POST_FILTER), 0),
    plugin("NodeResourcesBalancedAllocation", SCORES, 1),
    plugin("ImageLocality", SCORE, 1),
    plugin("DefaultBinder", BIND, 0),
];

/// What to say of a plugin that earlier versions of the configuration had (`validation.go`,
/// `invalidPluginsByVersion`; `framework/plugins/registry.go` of earlier releases).
pub(super) fn retired(name: &str) -> Option<&'static str> {
    Some(match name {
        "AzureDiskLimits" | "CinderLimits" | "EBSLimits" | "GCEPDLimits" => {
            "NodeVolumeLimits does its work for every volume driver"
        }
        "SelectorSpread" | "DefaultPodTopologySpread" => {
            "PodTopologySpread does its work with `defaultingType: System`"
        }
        "NodeResourcesLeastAllocated" | "NodeResourcesMostAllocated" | "RequestedToCapacityRatio" => {
            "set the `scoringStrategy` of NodeResourcesFit instead"
        }
        "NodePreferAvoidPods" => "taint the nodes with the effect PreferNoSchedule instead",
        "NodeLabel" | "ServiceAffinity" => "use node affinity instead",
        _ => return None,
    })
}

/// What to say of a field of the root that earlier or later versions have, or that belongs elsewhere.
pub(super) fn misplaced(field: &str) -> Option<&'static str> {
    Some(match field {
        "healthzBindAddress" | "metricsBindAddress" => {
            "v1 has it no more; the address is set with the flags --bind-address and --secure-port. Delete the line"
        }
        "algorithmSource" | "hardPodAffinitySymmetricWeight" | "disablePreemption" | "bindTimeoutSeconds" => {
            "v1 has it no more; `profiles[].plugins` and `profiles[].pluginConfig` took its place"
        }
        "percentageOfPlacementsToScore" => "it is of a release later than 1.34. Delete the line",
        "schedulerName" | "plugins" | "pluginConfig" => "it belongs into an item of `profiles`",
        _ => return None,
    })
}

/// The release in which a version of the configuration was removed.
pub(super) fn removed_in(version: &str) -> Option<&'static str> {
    Some(match version.strip_prefix("kubescheduler.config.k8s.io/")? {
        "v1alpha1" => "1.19",
        "v1beta1" => "1.23",
        "v1beta2" => "1.28",
        "v1beta3" => "1.29",
        _ => return None,
    })
}
