//! Arguments of plugins that are wrong, each found at its line and column.

use super::tests::config;
use super::tests_bad::{bad, findings};

#[test]
fn arguments() {
    for (name, args, begins, words) in [
        (
            "NodeResourceFit",
            "{}",
            "5:11 there is no plugin `NodeResourceFit`",
            "did you mean `NodeResourcesFit`?",
        ),
        ("NodeName", "{a: 1}", "6:5 NodeName takes no arguments", "delete this item"),
        ("NodeName", "1", "6:11 `args` has the wrong type", "a mapping"),
        ("InterPodAffinity", "[]", "6:5 `args` has the wrong type: this is a list", "a mapping"),
        (
            "InterPodAffinity",
            "{kind: NodeAffinityArgs}",
            "6:18 the `kind` of InterPodAffinity's arguments is not `NodeAffinityArgs`",
            "write `kind: InterPodAffinityArgs`",
        ),
        (
            "InterPodAffinity",
            "{apiVersion: v1}",
            "6:24 the `apiVersion` of InterPodAffinity's arguments is not `v1`",
            "write `apiVersion: kube",
        ),
        (
            "InterPodAffinity",
            "{hardPodAffinityWeigth: 1}",
            "6:12 unknown field `hardPodAffinityWeigth` in `args`",
            "`hardPodAffinityWeight`?",
        ),
        (
            "InterPodAffinity",
            "{hardPodAffinityWeight: 101}",
            "6:35 `hardPodAffinityWeight` must be at most 100",
            "from 0 to 100",
        ),
        (
            "DefaultPreemption",
            "{minCandidateNodesPercentage: 101}",
            "6:41 `minCandidateNodesPercentage` must be at most 100",
            "",
        ),
        (
            "DefaultPreemption",
            "{minCandidateNodesAbsolute: -1}",
            "6:39 `minCandidateNodesAbsolute` must be at least 0",
            "",
        ),
        (
            "DefaultPreemption",
            "{minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}",
            "6:41 `minCandidateNodesPercentage` and `minCandidateNodesAbsolute` are both 0",
            "",
        ),
        ("DynamicResources", "{filterTimeout: -1s}", "6:27 `filterTimeout`: \"-1s\" is not a duration", ""),
        (
            "NodeResourcesBalancedAllocation",
            "{resources: [{name: cpu, weight: 2}]}",
            "6:44 `weight` must be at most 1",
            "",
        ),
        (
            "NodeResourcesBalancedAllocation",
            "{resources: [{name: cpu}, {name: cpu}]}",
            "6:38 `cpu` is listed twice",
            "",
        ),
        (
            "NodeResourcesBalancedAllocation",
            "{resources: cpu}",
            "6:23 `resources` has the wrong type",
            "a list",
        ),
        (
            "NodeResourcesFit",
            "{ignoredResources: ['a b']}",
            "6:31 \"a b\" is not a resource's name",
            "`example.com/gpu`",
        ),
        (
            "NodeResourcesFit",
            "{ignoredResourceGroups: [a.b/c]}",
            "6:36 \"a.b/c\" has a slash",
            "`example.com`",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {resources: []}}",
            "6:12 `scoringStrategy` lacks the field `type`",
            "add",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {type: LeastAlocated}}",
            "6:36 `type` cannot be `LeastAlocated`",
            "did you mean `LeastAllocated`?",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 101}]}}",
            "6:83 `weight` must be at most 100",
            "",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {type: RequestedToCapacityRatio}}",
            "6:12 the type RequestedToCapacityRatio needs",
            "shape",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {type: MostAllocated, requestedToCapacityRatio: {shape: []}}}",
            "6:51 `requestedToCapacityRatio` does not go with the type MostAllocated",
            "",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {}}}",
            "6:62 `shape` needs at least one point",
            "",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 5, score: 11}]}}}",
            "6:121 `score` must be at most 10",
            "from 0 to 10",
        ),
        (
            "NodeResourcesFit",
            "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 5}, {utilization: 5}]}}}",
            "6:129 `utilization` must rise",
            "",
        ),
        (
            "PodTopologySpread",
            "{defaultingType: Lists}",
            "6:28 `defaultingType` cannot be `Lists`",
            "did you mean `List`?",
        ),
        (
            "PodTopologySpread",
            "{defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}",
            "6:34 `defaultConstraints` count only with",
            "write `defaultingType: List`",
        ),
        (
            "PodTopologySpread",
            "{defaultingType: List, defaultConstraints: [{maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}",
            "6:65 `maxSkew` must be at least 1",
            "",
        ),
        (
            "PodTopologySpread",
            "{defaultingType: List, defaultConstraints: [{maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]}",
            "6:56 `defaultConstraints[0]` lacks the field `topologyKey`",
            "",
        ),
        (
            "PodTopologySpread",
            "{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: Never}]}",
            "6:103 `whenUnsatisfiable` cannot be `Never`",
            "`DoNotSchedule`, `ScheduleAnyway`",
        ),
        (
            "PodTopologySpread",
            "{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]}",
            "6:118 a default constraint has no selector",
            "",
        ),
        (
            "PodTopologySpread",
            "{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, maxSkw: 1}]}",
            "6:118 unknown field `maxSkw`",
            "`maxSkew`?",
        ),
        ("VolumeBinding", "{bindTimeoutSeconds: -1}", "6:32 `bindTimeoutSeconds` must be at least 0", ""),
        (
            "VolumeBinding",
            "{shape: []}",
            "6:12 `shape` needs the feature gate StorageCapacityScoring",
            "delete",
        ),
        (
            "NodeAffinity",
            "{addedAffinity: {required: {}}}",
            "6:28 unknown field `required` in `addedAffinity`",
            "`requiredDuringSchedulingIgnoredDuringExecution`",
        ),
    ] {
        let rest = format!("profiles:\n- pluginConfig:\n  - name: {name}\n    args: {args}\n");
        bad(&rest, begins, words);
    }
    let twice = "profiles:\n- pluginConfig:\n  - name: NodeName\n  - name: NodeName\n";
    bad(twice, "6:11 NodeName has arguments twice", "one item");
}

#[test]
fn added_affinity() {
    let within = |term: &str| {
        format!(
            "profiles:\n- pluginConfig:\n  - name: NodeAffinity\n    args:\n     addedAffinity:\n      \
             requiredDuringSchedulingIgnoredDuringExecution:\n        nodeSelectorTerms:\n        - {term}\n"
        )
    };
    for (e, begins, words) in [
        (
            "matchExpressions: [{key: a, operator: Is}]",
            "10:49 `operator` cannot be `Is`",
            "one of `In`, `NotIn`",
        ),
        (
            "matchExpressions: [{key: a, operator: In}]",
            "10:31 the operator In does not go with 0 values",
            "at least one value",
        ),
        (
            "matchExpressions: [{key: a, operator: Exists, values: [b]}]",
            "10:57 the operator Exists does not go with 1 values",
            "no `values`",
        ),
        (
            "matchExpressions: [{key: a, operator: Gt, values: [b]}]",
            "10:62 the operator Gt compares numbers",
            "",
        ),
        (
            "matchExpressions: [{key: a, operator: Gt, values: [1]}]",
            "10:62 `values[0]` has the wrong type",
            "quote it: `\"1\"`",
        ),
        ("matchExpressions: [{key: a b, operator: Exists}]", "10:36 \"a b\" is not a label's key", ""),
        (
            "matchExpressions: [{key: a, operator: In, values: [b c]}]",
            "10:62 \"b c\" is not a label's value",
            "",
        ),
        ("matchExpressions: [{key: a, operater: In}]", "10:39 unknown field `operater`", "`operator`?"),
        (
            "matchFields: [{key: name, operator: In, values: [n]}]",
            "10:31 `key` cannot be `name`",
            "one of `metadata.name`",
        ),
    ] {
        bad(&within(e), begins, words);
    }
    let two = findings(&config(&within("matchFields: [{key: metadata.name, operator: Exists}]")));
    assert!(two[0].starts_with("10:26 `matchFields` has 0 values | exactly one value"), "{two:#?}");
    assert!(two[1].starts_with("10:56 `operator` cannot be `Exists` | one of `In`, `NotIn`"), "{two:#?}");
}
