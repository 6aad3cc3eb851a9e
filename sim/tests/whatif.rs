//! What if: clusters and pods from manifests, decisions, advice, and that nothing panics whatever is read.

use podium_sim::diagnostic::{Diagnostic, SourceText};
use podium_sim::object::Str;
use podium_sim::scheduler::explain::{Explanation, NodeExplanation, Search, Verdict, explain};
use podium_sim::scheduler::facts::PodInfo;
use podium_sim::scheduler::framework::Rejection;
use podium_sim::scheduler::message::Reasons;
use podium_sim::scheduler::resources::Amounts;
use podium_sim::scheduler::whatif::advice::{Advice, Change, advice, amount};
use podium_sim::scheduler::whatif::fit::{End, fit};
use podium_sim::scheduler::whatif::{
    Cluster, Fate, Options, Template, cluster, compare, name_of, schedule, templates,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn text(objects: &[Value]) -> Arc<SourceText> {
    SourceText::new("test.json", json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string())
}

fn node(name: &str, cpu: &str, labels: Value, taints: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints},
        "status": {"allocatable": {"cpu": cpu, "memory": "4Gi", "pods": "10"}},
    })
}

fn pod(name: &str, cpu: &str, spec: Value) -> Value {
    let c = json!({"name": "c", "image": "c:1", "resources": {"requests": {"cpu": cpu}}});
    let mut p = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [c]},
    });
    for (k, v) in spec.as_object().into_iter().flatten() {
        p["spec"][k] = v.clone();
    }
    p
}

#[track_caller]
fn read(there: &[Value], pods: &[Value]) -> (Cluster, Vec<Template>) {
    let (mut c, mut found) = cluster(&[text(there)]);
    let (t, more) = templates(&[text(pods)], &mut c);
    found.extend(more);
    let wrong: Vec<String> = found.iter().filter(|d| d.is_error()).map(Diagnostic::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (c, t)
}

#[track_caller]
fn advised(cluster: &[Value], asked: Value) -> Vec<Advice> {
    let (c, t) = read(cluster, &[asked]);
    let info = PodInfo::new(t[0].pod.clone());
    let e = explain(&c.cache, &info, &Search::default());
    advice(&c.cache, &info, &e)
}

#[test]
fn advice_turns_rejections_round() {
    let gpu = json!([{"key": "gpu", "value": "true", "effect": "NoSchedule"}]);
    let ssd = json!({"disk": "ssd"});
    let on = |name: &str, cpu: &str, node: &str, more: Value| {
        let mut p = pod(name, cpu, more);
        p["spec"]["nodeName"] = node.into();
        p
    };
    let port = json!({"containers": [{"name": "c", "image": "c:1", "ports": [{"containerPort": 80, "hostPort": 80}]}]});
    let affinity = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
    "nodeSelectorTerms": [
        {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["nvme", "ram"]}, {"key": "x", "operator": "Exists"}]},
        {"matchExpressions": [{"key": "disk", "operator": "NotIn", "values": ["ssd"]}]},
    ]}}}});
    type Row<'a> = (&'a str, Vec<Value>, Value, &'a [(&'a str, &'a str, &'a str)]);
    let table: Vec<Row<'_>> = vec![
        (
            "the nearest node first",
            vec![node("a", "1", json!({}), json!([])), node("b", "2", json!({}), json!([]))],
            pod("p", "3", json!({})),
            &[(
                "free",
                "cpu",
                "cpu: it asks for 3; 1 short on b (2 of 2 free) and 2 short on a (1 of 1 free); nothing else is in the way there",
            )],
        ),
        (
            "what is used counts",
            vec![node("a", "1", json!({}), json!([])), on("q", "600m", "a", json!({}))],
            pod("p", "500m", json!({})),
            &[(
                "free",
                "cpu",
                "cpu: it asks for 500m; 100m short on a (400m of 1 free); nothing else is in the way there",
            )],
        ),
        (
            "a taint and a shortage on one node",
            vec![node("a", "1", json!({}), gpu.clone())],
            pod("p", "2", json!({})),
            &[
                (
                    "taint",
                    "gpu=true:NoSchedule",
                    "taint gpu=true:NoSchedule on a: tolerate it or take it off",
                ),
                ("free", "cpu", "cpu: it asks for 2; 1 short on a (1 of 1 free)"),
            ],
        ),
        (
            "a cordon",
            vec![
                json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "spec": {"unschedulable": true},
                "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "3"}}}),
            ],
            pod("p", "1", json!({})),
            &[("uncordon", "", "cordoned: kubectl uncordon a; nothing else is in the way there")],
        ),
        (
            "a label of the node selector",
            vec![node("a", "1", ssd.clone(), json!([])), node("b", "1", json!({}), json!([]))],
            pod("p", "1", json!({"nodeSelector": {"disk": "nvme"}})),
            &[(
                "label",
                "disk=nvme",
                "label disk=nvme is wanted of a (ssd) and b (has none); nothing else is in the way there",
            )],
        ),
        (
            "of required terms the one that lacks least",
            vec![node("a", "1", ssd.clone(), json!([]))],
            pod("p", "1", affinity),
            &[(
                "label",
                "disk!=ssd",
                "label disk!=ssd is wanted of a (ssd); nothing else is in the way there",
            )],
        ),
        (
            "a port and who has it",
            vec![node("a", "1", json!({}), json!([])), on("q", "0", "a", port.clone())],
            pod("p", "0", port),
            &[("port", "80/TCP", "host port 80/TCP is taken on a (q); nothing else is in the way there")],
        ),
        (
            "no place for a pod",
            vec![json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}})],
            pod("p", "0", json!({})),
            &[(
                "free",
                "pods",
                "pods: there is no place for one more on a (it takes 0); nothing else is in the way there",
            )],
        ),
        (
            "a device claim is about the pod",
            vec![node("a", "1", json!({}), json!([]))],
            pod("p", "1", json!({"resourceClaims": [{"name": "x"}]})),
            &[(
                "other",
                "",
                "the pod has spec.resourceClaims: device claims are not modelled (DynamicResources): it is about the pod itself, and holds on every node",
            )],
        ),
        (
            "confined to a node that is not there",
            vec![node("a", "1", json!({}), json!([]))],
            pod(
                "p",
                "1",
                json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["z"]}]}]}}}}),
            ),
            &[("other", "", "the nodes that the pod is confined to (NodeAffinity) do not exist")],
        ),
        ("one that fits", vec![node("a", "1", json!({}), json!([]))], pod("p", "1", json!({})), &[]),
    ];
    for (name, cluster, asked, want) in table {
        let have = advised(&cluster, asked);
        let have: Vec<(&str, String, &str)> =
            have.iter().map(|a| (a.change.word(), a.change.subject(), a.text.as_str())).collect();
        let want: Vec<(&str, String, &str)> =
            want.iter().map(|(w, s, t)| (*w, (*s).to_owned(), *t)).collect();
        assert_eq!(have, want, "{name}");
    }
}

#[test]
fn the_pods_of_others_are_named() {
    // The reasons are given, so that it is advice alone that is looked at. What it cannot explain, it passes on.
    let zone = |z: &str| json!({"zone": z});
    let selects = |app: &str| json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "zone"});
    let required = |kind: &str, app: &str| json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [selects(app)]}}});
    let mut q = pod("q", "0", required("podAntiAffinity", "p"));
    q["spec"]["nodeName"] = "a".into();
    let cluster = [node("a", "1", zone("a"), json!([])), node("b", "1", zone("b"), json!([])), q];
    let spread = json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "q"}}}]});
    let asked = |more: Value, reason: &str, on: &str| {
        let mut p = pod("p", "0", more);
        if reason.contains("spread") {
            p["metadata"]["labels"]["app"] = "q".into();
        }
        let (c, t) = read(&cluster, &[p]);
        let info = PodInfo::new(t[0].pod.clone());
        let rejection = Some(Rejection::unschedulable(Str::from(reason)));
        let e = Explanation {
            nodes: vec![NodeExplanation {
                node: on.into(),
                looked_at: true,
                left_out: false,
                verdicts: vec![Verdict { plugin: "InterPodAffinity", rejection }],
                counts: Some("InterPodAffinity"),
                scores: Vec::new(),
                total: 0,
            }],
            rejected: None,
            best: Vec::new(),
            looked_at: 1,
            feasible: 0,
            next_start: 0,
            reasons: Reasons::new(),
            rejectors: vec!["InterPodAffinity"],
            open: Vec::new(),
            message: String::new(),
        };
        let all = advice(&c.cache, &info, &e);
        let found = |a: &Advice| a.places[0].found.clone().unwrap_or_default();
        all.iter().map(|a| format!("{}: {}", a.change.subject(), found(a))).collect::<Vec<_>>()
    };
    let apart = "node(s) didn't match pod anti-affinity rules";
    let near = "node(s) didn't match pod affinity rules";
    let unwanted = "node(s) didn't satisfy existing pods anti-affinity rules";
    let skew = "node(s) didn't match pod topology spread constraints";
    for (name, have, want) in [
        ("apart", asked(required("podAntiAffinity", "q"), apart, "a"), vec!["pods with app=q by zone: q"]),
        ("apart, elsewhere", asked(required("podAntiAffinity", "q"), apart, "b"), vec![": "]),
        ("near", asked(required("podAffinity", "q"), near, "b"), vec!["app=q by zone: zone=b"]),
        ("near, there", asked(required("podAffinity", "q"), near, "a"), vec![": "]),
        ("unwanted", asked(json!({}), unwanted, "a"), vec!["pods that want none of its labels by zone: q"]),
        ("spread", asked(spread, skew, "a"), vec!["zone: a has 1, b 0, maxSkew 1"]),
    ] {
        assert_eq!(have, want, "{name}");
    }
}

#[test]
fn amounts_can_be_read() {
    for (resource, n, want) in [
        ("cpu", 1500, "1500m"),
        ("cpu", 2000, "2"),
        ("memory", 512 << 20, "512Mi"),
        ("memory", (512 << 20) + 1, "513Mi"),
        ("memory", 100, "100"),
        ("memory", -1, "-1"),
        ("memory", i64::MIN, "-8Ei"),
        ("example.com/gpu", 3, "3"),
        ("hugepages-2Mi", 4 << 20, "4Mi"),
    ] {
        assert_eq!(amount(resource, n), want, "{resource} {n}");
    }
}

#[test]
fn the_order_is_that_of_the_queue() {
    let nodes = [node("a", "1", json!({}), json!([]))];
    let pods =
        [pod("p", "600m", json!({})), pod("q", "600m", json!({"priority": 5})), pod("r", "100m", json!({}))];
    let (c, t) = read(&nodes, &pods);
    let r = schedule(&c, &t, &Options::default(), &mut |_, _| {});
    let have: Vec<(Str, bool)> =
        r.answers.iter().map(|a| (name_of(&a.pod), a.fate.node().is_some())).collect();
    assert_eq!(have, [("q".into(), true), ("p".into(), false), ("r".into(), true)]);
    assert_eq!(r.unplaced(), 1);
}

#[test]
fn no_two_pods_have_one_name() {
    let nodes = [node("a", "9", json!({}), json!([])), pod("agent-a", "0", json!({}))];
    let workload = |version: &str, kind: &str, name: &str| {
        let restart = if kind == "Job" { "Never" } else { "Always" };
        let spec = json!({"restartPolicy": restart, "containers": [{"name": "c", "image": "c:1"}]});
        let template = json!({"metadata": {"labels": {"app": "x"}}, "spec": spec});
        let mut w = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"app": "x"}}, "template": template}});
        match kind {
            "Job" => w["spec"]["parallelism"] = 2.into(),
            "Deployment" => w["spec"]["replicas"] = 2.into(),
            _ => {}
        }
        w
    };
    let asked = [
        workload("apps/v1", "Deployment", "web"),
        workload("batch/v1", "Job", "web"),
        pod("web-1", "0", json!({})),
        workload("apps/v1", "DaemonSet", "agent"),
    ];
    let (c, t) = read(&nodes, &asked);
    let r = schedule(&c, &t, &Options::default(), &mut |_, _| {});
    let names: Vec<Str> = r.answers.iter().map(|a| name_of(&a.pod)).collect();
    assert_eq!(names, ["web-2", "web-3", "web-4", "web-5", "web-1", "agent-a-2"]);
}

#[test]
fn a_budget_is_spent() {
    let mut low = [pod("low-1", "1", json!({})), pod("low-2", "1", json!({}))];
    for (i, p) in low.iter_mut().enumerate() {
        p["spec"]["nodeName"] = format!("n{i}").into();
        p["metadata"]["labels"]["app"] = "low".into();
        p["metadata"]["namespace"] = "default".into();
    }
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "low"}}}, "status": {"disruptionsAllowed": 1}});
    let nodes = [0, 1].map(|i| node(&format!("n{i}"), "1", json!({}), json!([])));
    let cluster = [nodes.to_vec(), low.to_vec(), vec![budget]].concat();
    let high = ["h1", "h2"].map(|n| pod(n, "1", json!({"priority": 9})));
    let (c, t) = read(&cluster, &high);
    let options = Options { preempt: true, ..Options::default() };
    let r = schedule(&c, &t, &options, &mut |_, _| {});
    let broken: Vec<Option<i64>> = r.answers.iter().map(|a| a.room.as_ref().map(|r| r.violations)).collect();
    assert_eq!(broken, [Some(0), Some(1)], "the second eviction breaks the budget");
    assert_eq!(r.unplaced(), 0);
}

#[test]
fn a_change_that_helps_does_help() {
    // What advice calls short is exactly what is missing.
    let (c, t) = read(&[node("a", "1", json!({}), json!([]))], &[pod("p", "1300m", json!({}))]);
    let r = schedule(&c, &t, &Options::default(), &mut |_, _| {});
    let Fate::Refused { advice, .. } = &r.answers[0].fate else { panic!("it fits") };
    let short = advice[0].places[0].gap.expect("it can be counted").short;
    assert_eq!((short, &advice[0].change), (300, &Change::Free("cpu".into())));
    let (c, t) = read(
        &[node("a", &format!("{}m", 1000 + short), json!({}), json!([]))],
        &[pod("p", "1300m", json!({}))],
    );
    assert_eq!(schedule(&c, &t, &Options::default(), &mut |_, _| {}).unplaced(), 0);
}

/// Amounts, ordinary and not.
fn quantity() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "0",
        "1",
        "100m",
        "1500m",
        "2",
        "9Ei",
        "1e30",
        "1n",
        "3Gi",
        "8E",
        "9223372036854775807",
    ])
    .prop_map(str::to_owned)
}

fn labels() -> impl Strategy<Value = Value> {
    (0..3u8, 0..3u8).prop_map(|(a, b)| json!({"zone": format!("z{a}"), "disk": format!("d{b}"), "app": "x"}))
}

fn some_node() -> impl Strategy<Value = Value> {
    let taint = prop::sample::select(vec!["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    (0..5u8, labels(), prop::collection::vec((0..2u8, taint), 0..3), quantity(), quantity(), any::<bool>(), any::<bool>())
        .prop_map(|(name, labels, taints, cpu, memory, unschedulable, bare)| {
            let taints: Vec<Value> =
                taints.into_iter().map(|(k, e)| json!({"key": format!("t{k}"), "effect": e})).collect();
            let allocatable = if bare { json!({}) } else { json!({"cpu": cpu, "memory": memory, "pods": "4", "example.com/gpu": "2"}) };
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("n{name}"), "labels": labels},
                "spec": {"taints": taints, "unschedulable": unschedulable}, "status": {"allocatable": allocatable}})
        })
}

fn some_pod() -> impl Strategy<Value = Value> {
    let node = prop::option::of(0..7u8);
    let more = prop::sample::select(vec![
        json!({}),
        json!({"nodeSelector": {"disk": "d1"}}),
        json!({"schedulingGates": [{"name": "g"}]}),
        json!({"preemptionPolicy": "Never"}),
        json!({"priorityClassName": "nobody-knows"}),
        json!({"tolerations": [{"operator": "Exists"}]}),
        json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "zone"}]}}}),
        json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}}}),
        json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {}}]}),
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}}),
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]}}}}),
    ]);
    let phase = prop::sample::select(vec!["Pending", "Running", "Succeeded", "Failed"]);
    (0..6u8, labels(), quantity(), quantity(), -5..5i32, node, more, phase, prop::option::of(1..4u16)).prop_map(
        |(name, labels, cpu, memory, priority, node, more, phase, port)| {
            let mut c = json!({"name": "c", "image": "c:1", "resources": {"requests": {"cpu": cpu, "memory": memory}}});
            if let Some(p) = port {
                c["ports"] = json!([{"containerPort": p, "hostPort": p}]);
            }
            let mut p = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("p{name}"), "labels": labels},
                "spec": {"containers": [c], "priority": priority}, "status": {"phase": phase}});
            for (k, v) in more.as_object().into_iter().flatten() {
                p["spec"][k] = v.clone();
            }
            if let Some(n) = node {
                p["spec"]["nodeName"] = format!("n{n}").into();
            }
            p
        },
    )
}

fn some_workload() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec![
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("v1", "ReplicationController"),
    ]);
    (kind, some_pod(), -1..5i64).prop_map(|((version, kind), pod, replicas)| {
        let mut template = pod.clone();
        template["spec"]["nodeName"] = Value::Null;
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": "w"}, "spec": {
            "replicas": replicas, "parallelism": replicas, "selector": {"matchLabels": {"app": "x"}},
            "template": {"metadata": {"labels": {"app": "x"}}, "spec": template["spec"]}}})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the cluster and the pods: no panic, every pod gets its answer, and none is on two nodes or on a node
    /// that is not there.
    #[test]
    fn any_cluster_has_an_answer(
        nodes in prop::collection::vec(some_node(), 0..6),
        there in prop::collection::vec(some_pod(), 0..8),
        asked in prop::collection::vec(prop_oneof![some_pod(), some_workload()], 0..5),
        preempt in any::<bool>(),
        pending in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let (mut c, _) = cluster(&[text(&[nodes, there].concat())]);
        let (t, _) = templates(&[text(&asked)], &mut c);
        let options = Options { seed, preempt, pending, ..Options::default() };
        let r = schedule(&c, &t, &options, &mut |_, _| {});
        for a in &r.answers {
            if let Some(n) = a.fate.node() {
                prop_assert_eq!(r.cache.node_of(a.pod.metadata.uid), Some(n));
                prop_assert!(r.cache.node(n).is_some());
            }
            if let Fate::Refused { message, advice, .. } = &a.fate {
                prop_assert!(!message.is_empty());
                prop_assert!(advice.iter().all(|a| !a.text.is_empty()));
                prop_assert!(c.cache.order().is_empty() || !advice.is_empty());
            }
        }
        let again = schedule(&c, &t, &options, &mut |_, _| {});
        prop_assert_eq!(format!("{:?}", r.answers), format!("{:?}", again.answers));
        for t in &t {
            let f = fit(&c, t, &options, 50, &mut |_| {});
            prop_assert_eq!(f.replicas, f.nodes.values().sum::<u64>());
            prop_assert!(f.replicas <= 50 && (f.replicas == 50 || !matches!(f.end, End::Limit)));
        }
        compare::utilisation(&r.cache, &Amounts::default());
    }

    /// Text of any kind is read or refused.
    #[test]
    fn any_text_is_read_or_refused(text in "(apiVersion: v1\nkind: (Pod|List|Node)\n)?[ -~\n]{0,80}") {
        let source = SourceText::new("x", text);
        let (mut c, _) = cluster(std::slice::from_ref(&source));
        templates(&[source], &mut c);
    }
}
