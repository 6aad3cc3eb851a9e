//! The arguments of upstream's plugins, with their defaults.
//!
//! Sources: `staging/src/k8s.io/kube-scheduler/config/v1/types_pluginargs.go`, `apis/config/v1/defaults.go`.

use crate::object::{NodeAffinity, Str, lit};
use crate::time::Span;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the plugins of a profile are told (`KubeSchedulerProfile.pluginConfig`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PluginArgs {
    /// DefaultPreemption's.
    pub default_preemption: DefaultPreemptionArgs,
    /// DynamicResources'.
    pub dynamic_resources: DynamicResourcesArgs,
    /// InterPodAffinity's.
    pub inter_pod_affinity: InterPodAffinityArgs,
    /// NodeAffinity's.
    pub node_affinity: NodeAffinityArgs,
    /// NodeResourcesBalancedAllocation's.
    pub node_resources_balanced_allocation: NodeResourcesBalancedAllocationArgs,
    /// NodeResourcesFit's.
    pub node_resources_fit: NodeResourcesFitArgs,
    /// PodTopologySpread's.
    pub pod_topology_spread: PodTopologySpreadArgs,
    /// VolumeBinding's.
    pub volume_binding: VolumeBindingArgs,
    /// Those of plugins that are not upstream's, as written, by name.
    pub other: BTreeMap<Str, Value>,
}

/// `DefaultPreemptionArgs`: how many nodes are tried for victims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultPreemptionArgs {
    /// At least so much of the cluster, 0 to 100.
    pub min_candidate_nodes_percentage: i32,
    /// And at least so many nodes.
    pub min_candidate_nodes_absolute: i32,
}

impl Default for DefaultPreemptionArgs {
    fn default() -> Self {
        DefaultPreemptionArgs { min_candidate_nodes_percentage: 10, min_candidate_nodes_absolute: 100 }
    }
}

/// `DynamicResourcesArgs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicResourcesArgs {
    /// How long the filter may take for one node; zero means as long as it likes.
    pub filter_timeout: Span,
}

impl Default for DynamicResourcesArgs {
    fn default() -> Self {
        DynamicResourcesArgs { filter_timeout: Span(10_000_000_000) }
    }
}

/// `InterPodAffinityArgs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterPodAffinityArgs {
    /// What it is worth that an existing pod requires to be beside the new one, 0 to 100.
    pub hard_pod_affinity_weight: i32,
    /// Whether existing pods' wishes count only for pods that have wishes themselves.
    pub ignore_preferred_terms_of_existing_pods: bool,
}

impl Default for InterPodAffinityArgs {
    fn default() -> Self {
        InterPodAffinityArgs { hard_pod_affinity_weight: 1, ignore_preferred_terms_of_existing_pods: false }
    }
}

/// `NodeAffinityArgs`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeAffinityArgs {
    /// Holds for every pod, besides its own.
    pub added_affinity: Option<NodeAffinity>,
}

/// A resource and what it counts for (`ResourceSpec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceSpec {
    /// Its name.
    pub name: Str,
    /// Its weight, 1 to 100.
    pub weight: i64,
}

/// `defaultResourceSpec`: cpu and memory, both with weight 1.
pub fn default_resources() -> Vec<ResourceSpec> {
    [lit!("cpu"), lit!("memory")].into_iter().map(|name| ResourceSpec { name, weight: 1 }).collect()
}

/// A point of a function from utilization to score (`UtilizationShapePoint`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapePoint {
    /// 0 to 100.
    pub utilization: i32,
    /// 0 to 10 (`MaxCustomPriorityScore`), as written: the plugin multiplies it by ten to have a node's score.
    pub score: i32,
}

/// How NodeResourcesFit scores (`ScoringStrategyType`, with `RequestedToCapacityRatioParam`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScoringType {
    /// Empty nodes first.
    #[default]
    LeastAllocated,
    /// Full nodes first.
    MostAllocated,
    /// By a function of the utilization: at least one point, utilization rising.
    RequestedToCapacityRatio(Vec<ShapePoint>),
}

/// `ScoringStrategy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoringStrategy {
    /// How.
    pub kind: ScoringType,
    /// By which resources; never empty.
    pub resources: Vec<ResourceSpec>,
}

impl Default for ScoringStrategy {
    fn default() -> Self {
        ScoringStrategy { kind: ScoringType::default(), resources: default_resources() }
    }
}

/// `NodeResourcesFitArgs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeResourcesFitArgs {
    /// Resources that the filter passes over.
    pub ignored_resources: Vec<Str>,
    /// Resources `group/…` that it passes over.
    pub ignored_resource_groups: Vec<Str>,
    /// How it scores.
    pub scoring_strategy: ScoringStrategy,
}

/// `NodeResourcesBalancedAllocationArgs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeResourcesBalancedAllocationArgs {
    /// The resources that are to be in balance, no two of one name, each with weight 1.
    pub resources: Vec<ResourceSpec>,
}

impl Default for NodeResourcesBalancedAllocationArgs {
    fn default() -> Self {
        NodeResourcesBalancedAllocationArgs { resources: default_resources() }
    }
}

/// What becomes of a pod whose spread constraint cannot be kept (`v1.UnsatisfiableConstraintAction`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhenUnsatisfiable {
    /// It waits.
    DoNotSchedule,
    /// It goes where the constraint is broken least.
    ScheduleAnyway,
}

/// Whether nodes are counted that the pod cannot go to (`v1.NodeInclusionPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InclusionPolicy {
    /// They are not.
    Honor,
    /// They are.
    Ignore,
}

/// `v1.TopologySpreadConstraint`, without the selector: a default constraint takes it from what owns the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadConstraint {
    /// At least 1.
    pub max_skew: i32,
    /// The label that tells the domains apart.
    pub topology_key: Str,
    /// If it cannot be kept.
    pub when_unsatisfiable: WhenUnsatisfiable,
    /// As many domains at least, or the smallest count is taken for 0.
    pub min_domains: Option<i32>,
    /// About nodes that the pod's affinity excludes; `Honor` if not written.
    pub node_affinity_policy: InclusionPolicy,
    /// About nodes that the pod does not tolerate; `Ignore` if not written.
    pub node_taints_policy: InclusionPolicy,
    /// Labels whose values are the pod's own.
    pub match_label_keys: Vec<Str>,
}

/// Where a pod's spread constraints come from if it has none (`PodTopologySpreadArgs`, `defaultingType` and
/// `defaultConstraints`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SpreadDefaults {
    /// Upstream's own (`plugins/podtopologyspread/plugin.go`, `systemDefaultConstraints`).
    #[default]
    System,
    /// These.
    List(Vec<SpreadConstraint>),
}

/// `PodTopologySpreadArgs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodTopologySpreadArgs {
    /// The constraints of pods that have none.
    pub defaults: SpreadDefaults,
}

/// `VolumeBindingArgs`. Its `shape` is refused, as by upstream unless the gate StorageCapacityScoring is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeBindingArgs {
    /// How long a binding may take; 0 means that it is not waited for.
    pub bind_timeout_seconds: i64,
}

impl Default for VolumeBindingArgs {
    fn default() -> Self {
        VolumeBindingArgs { bind_timeout_seconds: 600 }
    }
}
