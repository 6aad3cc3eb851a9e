//! Configurations that are right: what they say, and which plugins they lead to.

use super::args::*;
use super::*;
use crate::diagnostic::nearest;
use crate::scheduler::framework::{FILTER, SCORE};
use serde_json::{Value, json};

/// A configuration with this behind its head.
pub(super) fn config(rest: &str) -> Arc<SourceText> {
    SourceText::new("scheduler.yaml", format!("apiVersion: {API_VERSION}\nkind: {KIND}\n{rest}"))
}

/// Reads a configuration that has no mistake and no useless part.
fn good(rest: &str) -> SchedulerConfiguration {
    let source = config(rest);
    let show = |found: Vec<Diagnostic>| found.iter().map(|d| format!("{d}\n")).collect::<String>();
    let (config, warnings) = read_with(&source, IN_TREE).unwrap_or_else(|e| panic!("{rest}\n{}", show(e)));
    assert!(warnings.is_empty(), "{}", show(warnings));
    config
}

/// The plugins of the first profile.
fn plugins(rest: &str) -> Expanded {
    expand(&good(rest).profiles[0], IN_TREE).unwrap_or_else(|e| panic!("{rest}: {e:?}"))
}

fn names(expanded: &Expanded, point: Point) -> String {
    expanded.at(point).iter().map(|(n, _)| *n).collect::<Vec<_>>().join(" ")
}

fn scores(expanded: &Expanded) -> String {
    expanded.at(Point::Score).iter().map(|(n, w)| format!("{n}:{w}")).collect::<Vec<_>>().join(" ")
}

const DEFAULT_FILTERS: &str = "NodeUnschedulable NodeName TaintToleration NodeAffinity NodePorts NodeResourcesFit \
    VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread InterPodAffinity DynamicResources";
const DEFAULT_SCORES: &str = "TaintToleration:3 NodeAffinity:2 NodeResourcesFit:1 VolumeBinding:1 PodTopologySpread:2 \
    InterPodAffinity:2 NodeResourcesBalancedAllocation:1 ImageLocality:1";

#[test]
fn nothing_written_is_the_default() {
    let same = [
        "",
        "profiles: []\n",
        "profiles: [{}]\n",
        "profiles:\n- schedulerName: default-scheduler\n",
        "profiles: ~\n",
    ];
    for rest in same {
        assert_eq!(good(rest), SchedulerConfiguration::default(), "{rest}");
    }
    let config = SchedulerConfiguration::default();
    assert_eq!((config.pod_initial_backoff_seconds, config.pod_max_backoff_seconds), (1, 10));
    assert_eq!((config.parallelism, config.percentage_for(&config.profiles[0])), (16, 0));
    let args = &config.profiles[0].args;
    assert_eq!(args.default_preemption.min_candidate_nodes_percentage, 10);
    assert_eq!(args.default_preemption.min_candidate_nodes_absolute, 100);
    assert_eq!(args.inter_pod_affinity.hard_pod_affinity_weight, 1);
    assert_eq!(args.node_resources_fit.scoring_strategy.resources, default_resources());
    assert_eq!(args.volume_binding.bind_timeout_seconds, 600);
}

#[test]
fn the_default_profile_is_upstreams() {
    let all = plugins("");
    assert_eq!(names(&all, Point::PreEnqueue), "SchedulingGates DynamicResources DefaultPreemption");
    assert_eq!(names(&all, Point::QueueSort), "PrioritySort");
    assert_eq!(names(&all, Point::Filter), DEFAULT_FILTERS);
    assert_eq!(names(&all, Point::PostFilter), "DynamicResources DefaultPreemption");
    assert_eq!(scores(&all), DEFAULT_SCORES);
    assert_eq!(names(&all, Point::Reserve), "VolumeBinding DynamicResources");
    assert_eq!(names(&all, Point::PreBind), "VolumeBinding DynamicResources");
    assert_eq!(names(&all, Point::Bind), "DefaultBinder");
    assert!(all.at(Point::Permit).is_empty() && all.at(Point::PostBind).is_empty());
    assert!(all.at(Point::MultiPoint).is_empty());
    assert!(all.points_of("NodeName") == FILTER && all.points_of("ImageLocality") == SCORE);
    assert_eq!((all.weight_of("TaintToleration"), all.weight_of("NodeName")), (Some(3), None));
}

/// What `plugins` says, and what is then asked at a point.
#[test]
fn own_lists_and_multi_point_are_merged_as_upstream_merges_them() {
    let filters_without =
        |gone: &str| DEFAULT_FILTERS.split(' ').filter(|n| *n != gone).collect::<Vec<_>>().join(" ");
    let cases: &[(&str, Point, String)] = &[
        ("filter: {disabled: [{name: NodePorts}]}", Point::Filter, filters_without("NodePorts")),
        ("filter: {disabled: [{name: '*'}]}", Point::Filter, String::new()),
        (
            "filter: {disabled: [{name: '*'}], enabled: [{name: NodePorts}, {name: NodeName}]}",
            Point::Filter,
            "NodePorts NodeName".into(),
        ),
        // Enabled at its own point without being disabled: an override, which goes first.
        (
            "filter: {enabled: [{name: NodeResourcesFit}, {name: NodeName}]}",
            Point::Filter,
            format!(
                "NodeResourcesFit NodeName {}",
                filters_without("NodeName").replace(" NodeResourcesFit", "")
            ),
        ),
        // Disabled and enabled at its own point: it goes last.
        (
            "filter: {disabled: [{name: NodeName}], enabled: [{name: NodeName}]}",
            Point::Filter,
            format!("{} NodeName", filters_without("NodeName")),
        ),
        ("multiPoint: {disabled: [{name: NodePorts}]}", Point::Filter, filters_without("NodePorts")),
        // Enabled anew at multiPoint: it keeps its place.
        ("multiPoint: {enabled: [{name: NodePorts}]}", Point::Filter, DEFAULT_FILTERS.into()),
        // Disabled and enabled there: it goes to the end.
        (
            "multiPoint: {disabled: [{name: NodePorts}], enabled: [{name: NodePorts}]}",
            Point::Filter,
            format!("{} NodePorts", filters_without("NodePorts")),
        ),
        (
            "multiPoint: {disabled: [{name: '*'}], enabled: [{name: DefaultBinder}, {name: PrioritySort}, \
             {name: NodeName}]}",
            Point::Filter,
            "NodeName".into(),
        ),
        // A plugin that multiPoint no longer has can be had at one point.
        (
            "multiPoint: {disabled: [{name: NodeResourcesFit}]}, filter: {enabled: [{name: NodeResourcesFit}]}",
            Point::Filter,
            format!("{} NodeResourcesFit", filters_without("NodeResourcesFit")),
        ),
        (
            "multiPoint: {disabled: [{name: NodeResourcesFit}]}, filter: {enabled: [{name: NodeResourcesFit}]}",
            Point::PreFilter,
            "NodeAffinity NodePorts VolumeRestrictions NodeVolumeLimits VolumeBinding VolumeZone PodTopologySpread \
             InterPodAffinity DynamicResources"
                .into(),
        ),
    ];
    for (written, point, expected) in cases {
        let all = plugins(&format!("profiles: [{{plugins: {{{written}}}}}]\n"));
        assert_eq!(names(&all, *point), *expected, "{written}");
    }
}

#[test]
fn weights() {
    let cases = [
        (
            "score: {enabled: [{name: NodeAffinity, weight: 9}]}",
            "NodeAffinity:9 TaintToleration:3 NodeResourcesFit:1 \
            VolumeBinding:1 PodTopologySpread:2 InterPodAffinity:2 NodeResourcesBalancedAllocation:1 ImageLocality:1",
        ),
        // As recorded configurations write it.
        (
            "score: {disabled: [{name: TaintToleration}, {name: ImageLocality}], enabled: [{name: TaintToleration, \
          weight: 4}]}",
            "NodeAffinity:2 NodeResourcesFit:1 VolumeBinding:1 PodTopologySpread:2 InterPodAffinity:2 \
            NodeResourcesBalancedAllocation:1 TaintToleration:4",
        ),
        (
            "score: {disabled: [{name: '*'}], enabled: [{name: ImageLocality}, {name: NodeAffinity, weight: 0}]}",
            "ImageLocality:1 NodeAffinity:1",
        ),
        (
            "multiPoint: {enabled: [{name: TaintToleration, weight: 7}, {name: NodeAffinity}]}",
            "TaintToleration:7 NodeAffinity:1 NodeResourcesFit:1 VolumeBinding:1 PodTopologySpread:2 InterPodAffinity:2 \
            NodeResourcesBalancedAllocation:1 ImageLocality:1",
        ),
        (
            "multiPoint: {enabled: [{name: TaintToleration, weight: 7}]}, score: {enabled: [{name: TaintToleration, \
          weight: 5}], disabled: [{name: VolumeBinding}]}",
            "TaintToleration:5 NodeAffinity:2 NodeResourcesFit:1 PodTopologySpread:2 InterPodAffinity:2 \
            NodeResourcesBalancedAllocation:1 ImageLocality:1",
        ),
    ];
    for (written, expected) in cases {
        assert_eq!(
            scores(&plugins(&format!("profiles: [{{plugins: {{{written}}}}}]\n"))),
            expected,
            "{written}"
        );
    }
}

#[test]
fn a_plugin_of_ones_own() {
    let mut registry = IN_TREE.to_vec();
    registry.push(Registered {
        name: "Coscheduling",
        points: FILTER.or(SCORE),
        weight: 0,
        by_default: false,
    });
    let source = config(
        "profiles:\n- plugins: {multiPoint: {enabled: [{name: Coscheduling, weight: 5}]}}\n  \
         pluginConfig: [{name: Coscheduling, args: {permitWaitingTimeSeconds: 10}}]\n",
    );
    let (read, warnings) = read_with(&source, &registry).unwrap();
    assert!(warnings.is_empty());
    assert_eq!(read.profiles[0].args.other["Coscheduling"], json!({"permitWaitingTimeSeconds": 10}));
    let all = expand(&read.profiles[0], &registry).unwrap();
    assert_eq!(names(&all, Point::Filter), format!("{DEFAULT_FILTERS} Coscheduling"));
    assert_eq!(scores(&all), format!("{DEFAULT_SCORES} Coscheduling:5"));
    // The default profile does not have it, and upstream's scheduler does not know it.
    assert_eq!(names(&expand(&ProfileConfig::default(), &registry).unwrap(), Point::Filter), DEFAULT_FILTERS);
    assert!(read_with(&source, IN_TREE).is_err());
    let missing = expand(&read.profiles[0], IN_TREE).unwrap_err();
    assert_eq!(missing, ["`multiPoint` enables Coscheduling, but there is no such plugin"]);
}

#[test]
fn fewer_plugins_than_upstream_has() {
    let few: Vec<Registered> = IN_TREE.iter().filter(|r| !r.name.contains("Volume")).copied().collect();
    let profile =
        good("profiles: [{plugins: {filter: {disabled: [{name: VolumeZone}]}}}]\n").profiles.remove(0);
    assert!(!names(&expand(&profile, &few).unwrap(), Point::Filter).contains("Volume"));
}

#[test]
fn every_field_that_has_no_use_is_accepted() {
    let read = good(
        "parallelism: 4\nleaderElection:\n  leaderElect: true\n  leaseDuration: 30s\n  renewDeadline: 20s\n  \
         retryPeriod: 2s\n  resourceLock: leases\n  resourceName: kube-scheduler\n  resourceNamespace: kube-system\n\
         clientConnection:\n  kubeconfig: /etc/srv/kubeconfig\n  acceptContentTypes: ''\n  contentType: a/b\n  \
         qps: 100.5\n  burst: 200\nenableProfiling: true\nenableContentionProfiling: false\n\
         delayCacheUntilActive: true\nextenders: []\npercentageOfNodesToScore: 50\npodInitialBackoffSeconds: 2\n\
         podMaxBackoffSeconds: 60\nprofiles:\n- schedulerName: a\n  percentageOfNodesToScore: 0\n- schedulerName: b\n",
    );
    assert_eq!(read.parallelism, 4);
    assert_eq!((read.pod_initial_backoff_seconds, read.pod_max_backoff_seconds), (2, 60));
    let percent = |name: &str| read.percentage_for(read.profile(name).unwrap());
    assert_eq!((percent("a"), percent("b")), (0, 50));
    assert_eq!(read.profile("c"), None);
}

#[test]
fn arguments_are_typed() {
    let args = good(
        "profiles:
- pluginConfig:
  - name: DefaultPreemption
    args: {minCandidateNodesPercentage: 0}
  - name: DynamicResources
    args: {filterTimeout: 5s}
  - name: InterPodAffinity
    args: {hardPodAffinityWeight: 0, ignorePreferredTermsOfExistingPods: true}
  - name: NodeAffinity
    args:
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: NodeAffinityArgs
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - matchExpressions: [{key: disk, operator: In, values: [ssd]}, {key: gen, operator: Exists, values: ~}]
          - matchFields: [{key: metadata.name, operator: In, values: [n1]}]
        preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 70
          preference: {matchExpressions: [{key: cores, operator: Gt, values: ['8']}]}
  - name: NodeResourcesBalancedAllocation
    args: {resources: [{name: memory}, {name: example.com/gpu, weight: 0}]}
  - name: NodeResourcesFit
    args:
      ignoredResources: [example.com/fpga]
      ignoredResourceGroups: [example.org]
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: cpu, weight: 3}, {name: memory}]
        requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}
  - name: PodTopologySpread
    args:
      defaultingType: List
      defaultConstraints:
      - {maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway}
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 2, nodeTaintsPolicy: Honor}
  - name: VolumeBinding
    args: {bindTimeoutSeconds: 0}
  - name: NodeName
    args: {}
  - name: NodePorts
",
    );
    let args = &args.profiles[0].args;
    let spec = |name: &str, weight| ResourceSpec { name: name.into(), weight };
    assert_eq!(args.default_preemption.min_candidate_nodes_percentage, 0);
    assert_eq!(args.default_preemption.min_candidate_nodes_absolute, 100);
    assert_eq!(args.dynamic_resources.filter_timeout.0, 5_000_000_000);
    assert!(args.inter_pod_affinity.ignore_preferred_terms_of_existing_pods);
    let added = args.node_affinity.added_affinity.as_ref().unwrap();
    assert_eq!(added.required.as_ref().unwrap().node_selector_terms.len(), 2);
    assert_eq!(added.preferred[0].weight, 70);
    let balanced = &args.node_resources_balanced_allocation.resources;
    assert_eq!(*balanced, [spec("memory", 1), spec("example.com/gpu", 1)]);
    let fit = &args.node_resources_fit;
    assert_eq!((fit.ignored_resources.len(), fit.ignored_resource_groups.len()), (1, 1));
    assert_eq!(fit.scoring_strategy.resources, [spec("cpu", 3), spec("memory", 1)]);
    let shape = [(0, 0), (100, 10)].map(|(utilization, score)| ShapePoint { utilization, score });
    assert_eq!(fit.scoring_strategy.kind, ScoringType::RequestedToCapacityRatio(shape.to_vec()));
    let SpreadDefaults::List(spread) = &args.pod_topology_spread.defaults else { panic!() };
    assert_eq!(spread[0].when_unsatisfiable, WhenUnsatisfiable::ScheduleAnyway);
    assert_eq!(spread[0].node_affinity_policy, InclusionPolicy::Honor);
    assert_eq!((spread[1].min_domains, spread[1].node_taints_policy), (Some(2), InclusionPolicy::Honor));
    assert_eq!(args.volume_binding.bind_timeout_seconds, 0);
    assert!(args.other.is_empty());
}

/// Configurations with which decisions of the real scheduler were recorded, one of each sort.
pub(super) fn recorded() -> Vec<Value> {
    let args = |kind: &str, mut args: Value| {
        args["apiVersion"] = json!(API_VERSION);
        args["kind"] = json!(format!("{kind}Args"));
        json!({"schedulerName": "default-scheduler", "pluginConfig": [{"name": kind, "args": args}]})
    };
    let ratio = json!({"shape": [{"score": 0, "utilization": 0}, {"score": 7, "utilization": 40},
        {"score": 10, "utilization": 80}, {"score": 1, "utilization": 100}]});
    let zone = json!({"maxSkew": 2, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"});
    let profiles = [
        json!({"schedulerName": "default-scheduler", "plugins": {"score": {
            "disabled": [{"name": "NodeResourcesBalancedAllocation"}, {"name": "NodeAffinity"}, {"name": "InterPodAffinity"}],
            "enabled": [{"name": "NodeResourcesBalancedAllocation", "weight": 8}, {"name": "NodeAffinity", "weight": 9}]}}}),
        json!({"schedulerName": "default-scheduler", "plugins": {"filter": {"disabled": [{"name": "NodeUnschedulable"}]},
            "score": {"disabled": [{"name": "PodTopologySpread"}], "enabled": []}}}),
        args("DefaultPreemption", json!({"minCandidateNodesAbsolute": 1, "minCandidateNodesPercentage": 30})),
        args(
            "NodeResourcesFit",
            json!({"ignoredResourceGroups": ["example.com"], "scoringStrategy": {
            "type": "MostAllocated", "resources": [{"name": "cpu", "weight": 3}, {"name": "example.com/gpu", "weight": 5}]}}),
        ),
        args(
            "NodeResourcesFit",
            json!({"scoringStrategy": {"type": "RequestedToCapacityRatio",
            "resources": [{"name": "memory", "weight": 3}], "requestedToCapacityRatio": ratio}}),
        ),
        args("NodeResourcesBalancedAllocation", json!({"resources": [{"name": "memory", "weight": 1}]})),
        args(
            "InterPodAffinity",
            json!({"hardPodAffinityWeight": 100, "ignorePreferredTermsOfExistingPods": true}),
        ),
        args("PodTopologySpread", json!({"defaultConstraints": [zone], "defaultingType": "List"})),
        args(
            "NodeAffinity",
            json!({"addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "DoesNotExist"}]}]}}}),
        ),
    ];
    let whole = |p: Value| json!({"apiVersion": API_VERSION, "kind": KIND, "profiles": [p]});
    profiles.into_iter().map(whole).collect()
}

#[test]
fn recorded_configurations_are_read() {
    for value in recorded() {
        let read = from_value(&value).unwrap_or_else(|e| panic!("{}", e[0]));
        assert_ne!(read, SchedulerConfiguration::default(), "{value}");
        expand(&read.profiles[0], IN_TREE).unwrap();
    }
}

#[test]
fn names_of_plugins_are_far_enough_apart() {
    for r in IN_TREE {
        assert_eq!(nearest(r.name, IN_TREE.iter().map(|r| r.name)), Some(r.name));
    }
}
