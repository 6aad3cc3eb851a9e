//! The real kube-scheduler's answers (v1.34.1) about volumes, compared with those of the four plugins that decide about
//! them; and a table for what the recorded answers do not touch.

use flate2::read::GzDecoder;
use podium_sim::object::{Node, Obj, Pod};
use podium_sim::scheduler::explain::{Explanation, Search, explain};
use podium_sim::scheduler::fast::Decider;
use podium_sim::scheduler::filters::Filters;
use podium_sim::scheduler::framework::{
    ATTACHMENT_DELETE, CSI_CAPACITY, CSI_NODE, ClusterEvent, NODE_ADD, POD_DELETE, Plugin, PodInfo,
    STORAGE_CLASS, Subject, VOLUME, VOLUME_CLAIM,
};
use podium_sim::scheduler::plugins::node_volume_limits::NodeVolumeLimits;
use podium_sim::scheduler::plugins::volume_binding::VolumeBinding;
use podium_sim::scheduler::plugins::volume_restrictions::VolumeRestrictions;
use podium_sim::scheduler::plugins::volume_zone::VolumeZone;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::snapshot::Cache;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

const RECORDED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/kube-scheduler-v1.34.1/volumes.jsonl.gz");
const STORAGE: &str = "storage.k8s.io/v1";

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    seed: u64,
    storage_classes: Vec<Value>,
    persistent_volumes: Vec<Value>,
    persistent_volume_claims: Vec<Value>,
    csi_nodes: Vec<Value>,
    csi_drivers: Vec<Value>,
    csi_storage_capacities: Vec<Value>,
    nodes: Vec<Arc<Node>>,
    existing_pods: Vec<Arc<Pod>>,
    pod: Arc<Pod>,
    expect: BTreeMap<String, Expect>,
    pre_filter: Option<String>,
    pre_filter_unresolvable: bool,
}

#[derive(Deserialize)]
struct Expect {
    filter: String,
    #[serde(default)]
    plugin: String,
    #[serde(default)]
    unresolvable: bool,
}

fn lines(path: &str) -> impl Iterator<Item = Line> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    BufReader::new(GzDecoder::new(file)).lines().map(|l| {
        let l = l.expect("the data file is whole");
        serde_json::from_str(&l).unwrap_or_else(|e| panic!("{e} in {l}"))
    })
}

fn set(cache: &mut Cache, api_version: &str, kind: &str, mut v: Value) {
    v["apiVersion"] = api_version.into();
    v["kind"] = kind.into();
    cache.listers.set(&Obj::from_value(v).expect("objects can be read"));
}

impl Line {
    fn cluster(&self) -> Cache {
        let mut cache = Cache::default();
        cache.set_nodes(self.nodes.iter().cloned());
        for (api_version, kind, all) in [
            (STORAGE, "StorageClass", &self.storage_classes),
            ("v1", "PersistentVolume", &self.persistent_volumes),
            ("v1", "PersistentVolumeClaim", &self.persistent_volume_claims),
            (STORAGE, "CSINode", &self.csi_nodes),
            (STORAGE, "CSIDriver", &self.csi_drivers),
            (STORAGE, "CSIStorageCapacity", &self.csi_storage_capacities),
        ] {
            for o in all {
                set(&mut cache, api_version, kind, o.clone());
            }
        }
        for p in &self.existing_pods {
            cache.set_pod(p.clone());
        }
        cache
    }
}

/// What counts for a node: the plugin, its reasons and whether they are final; all empty if the node passed.
type Said = (String, String, bool);

fn sorted(reasons: &[podium_sim::object::Str]) -> String {
    let mut reasons = reasons.to_vec();
    reasons.sort();
    reasons.join(", ")
}

fn said(e: &Explanation, node: &str) -> Said {
    let n = e.nodes.iter().find(|n| n.node == node).expect("all nodes are explained");
    match n.rejected() {
        Some((plugin, r)) => (plugin.into(), sorted(&r.reasons), r.unresolvable),
        None => Said::default(),
    }
}

/// The recorded answers in a file: how many were compared, and which differ.
fn compare(path: &str) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, Vec::new());
    for l in lines(path) {
        let cluster = l.cluster();
        let e = explain(&cluster, &PodInfo::new(l.pod.clone()), &Search::default());
        let have = e
            .rejected
            .as_ref()
            .map(|(plugin, r)| (format!("{plugin}: {}", sorted(&r.reasons)), r.unresolvable));
        let want = l.pre_filter.clone().map(|m| (m, l.pre_filter_unresolvable));
        compared += 1;
        if have != want {
            wrong.push(format!("seed {}: PreFilter says {have:?}, not {want:?}", l.seed));
            continue;
        }
        if have.is_some() {
            continue;
        }
        for (node, want) in &l.expect {
            if ["PodTopologySpread", "InterPodAffinity"].contains(&want.plugin.as_str()) {
                continue;
            }
            compared += 1;
            let have = said(&e, node);
            let want = (want.plugin.clone(), want.filter.clone(), want.unresolvable);
            if have != want {
                wrong.push(format!("seed {}, node {node}: {have:?}, not {want:?}", l.seed));
            }
        }
    }
    (compared, wrong)
}

#[test]
fn the_fast_path_answers_as_the_reference() {
    for l in lines(RECORDED) {
        let (cluster, info) = (l.cluster(), PodInfo::new(l.pod.clone()));
        let slow = explain(&cluster, &info, &Search::default());
        let mut decider = Decider::new(Profile::standard());
        // The second time with what it has kept from the first.
        for _ in 0..2 {
            let fast = decider.decide(&info, &cluster, 0, &mut || 0);
            assert_eq!(fast.feasible, slow.feasible, "seed {}", l.seed);
            let winner = fast.winner.map(|row| &cluster.row(row).name);
            assert_eq!(winner, slow.winner(fast.draw), "seed {}", l.seed);
            let why = fast.diagnosis.unwrap_or_default();
            assert_eq!(why.reasons, slow.reasons, "seed {}", l.seed);
            assert_eq!(why.all, slow.rejected.as_ref().map(|(_, r)| r.clone()), "seed {}", l.seed);
        }
    }
}

#[test]
fn answers_are_those_of_the_real_scheduler() {
    let (compared, wrong) = compare(RECORDED);
    println!("{} mismatches / {compared} verdicts", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} mismatches / {compared} verdicts\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
    assert!(compared > 1_500, "{compared}");
}

fn node(name: &str, labels: Value) -> Arc<Node> {
    let status = json!({"allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"}});
    let v = json!({"metadata": {"name": name, "labels": labels}, "status": status});
    Arc::new(serde_json::from_value(v).expect("a node"))
}

/// A pod with these volumes, on a node or waiting.
fn pod(namespace: &str, name: &str, node: &str, volumes: Value) -> Arc<Pod> {
    let v = json!({
        "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}/{name}")},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}], "volumes": volumes},
    });
    Arc::new(serde_json::from_value(v).expect("a pod"))
}

fn uses(claim: &str) -> Value {
    json!([{"name": "data", "persistentVolumeClaim": {"claimName": claim}}])
}

fn claim(cache: &mut Cache, namespace: &str, name: &str, spec: Value) {
    let annotations = match spec.get("volumeName") {
        Some(_) => json!({"pv.kubernetes.io/bind-completed": "yes"}),
        None => json!({}),
    };
    let metadata = json!({"name": name, "namespace": namespace, "uid": format!("{namespace}/{name}"),
        "annotations": annotations});
    set(cache, "v1", "PersistentVolumeClaim", json!({"metadata": metadata, "spec": spec}));
}

fn volume(cache: &mut Cache, name: &str, size: &str, more: Value) {
    let mut spec =
        json!({"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local"});
    spec.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    let v = json!({"metadata": {"name": name}, "spec": spec, "status": {"phase": "Available"}});
    set(cache, "v1", "PersistentVolume", v);
}

fn csi(name: &str) -> Value {
    json!({"csi": {"driver": "disk", "volumeHandle": format!("handle-{name}")}})
}

/// A cluster of the nodes n0 and n1, in zones z0 and z1, with a class of volumes that are there or not.
fn cluster() -> Cache {
    let mut cache = Cache::default();
    let zone = |z| json!({"topology.kubernetes.io/zone": z});
    cache.set_nodes([node("n0", zone("z0")), node("n1", zone("z1"))]);
    let provisioner = "kubernetes.io/no-provisioner";
    let class = json!({"metadata": {"name": "local"}, "provisioner": provisioner,
        "volumeBindingMode": "WaitForFirstConsumer"});
    set(&mut cache, STORAGE, "StorageClass", class);
    cache
}

/// The reasons for which the pod as a whole, or else n0 and n1, are refused.
fn verdicts(cache: &Cache, pod: &Arc<Pod>) -> Vec<String> {
    let e = explain(cache, &PodInfo::new(pod.clone()), &Search::default());
    match &e.rejected {
        Some((plugin, r)) => vec![format!("{plugin}: {}", sorted(&r.reasons))],
        None => ["n0", "n1"].iter().map(|n| said(&e, n).1).collect(),
    }
}

const LIMIT: &str = "node(s) exceed max volume count";
const NONE: &str = "node(s) didn't find available persistent volumes to bind";
const AFFINITY: &str = "node(s) didn't match PersistentVolume's node affinity";
const SINGLE: &str = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
const ZONE: &str = "node(s) had no available volume zone";

#[test]
fn attachments_count_towards_the_limit() {
    let mut c = cluster();
    let drivers = json!([{"name": "disk", "allocatable": {"count": 2}}]);
    set(&mut c, STORAGE, "CSINode", json!({"metadata": {"name": "n0"}, "spec": {"drivers": drivers}}));
    for name in ["a", "b", "new"] {
        volume(&mut c, name, "1Gi", csi(name));
        claim(&mut c, "default", name, json!({"volumeName": name}));
    }
    volume(&mut c, "other", "1Gi", json!({}));
    let new = pod("default", "new", "", uses("new"));
    let attach = |c: &mut Cache, name: &str, node: &str| {
        let spec = json!({"attacher": "disk", "nodeName": node, "source": {"persistentVolumeName": name}});
        set(
            c,
            STORAGE,
            "VolumeAttachment",
            json!({"metadata": {"name": format!("at-{name}")}, "spec": spec}),
        );
    };
    c.set_pod(pod("default", "old", "n0", uses("a")));
    assert_eq!(verdicts(&c, &new), ["", ""]);
    // The volume of a pod that is there counts once; what is no CSI volume or is gone does not count.
    for name in ["a", "other", "gone"] {
        attach(&mut c, name, "n0");
        assert_eq!(verdicts(&c, &new), ["", ""], "{name}");
    }
    attach(&mut c, "b", "n0");
    assert_eq!(verdicts(&c, &new), [LIMIT, ""]);
    // As upstream, the pod's own volume counts as another while it is attached without a pod.
    attach(&mut c, "b", "n1");
    assert_eq!(verdicts(&c, &new), ["", ""]);
    attach(&mut c, "new", "n0");
    assert_eq!(verdicts(&c, &new), [LIMIT, ""]);
    // A pod that shares the volume of one on the node brings nothing.
    assert_eq!(verdicts(&c, &pod("default", "like", "", uses("a"))), ["", ""]);
}

#[test]
fn claims_for_one_pod_follow_the_pods_that_come_and_leave() {
    let mut c = cluster();
    volume(&mut c, "v", "1Gi", json!({}));
    for namespace in ["default", "other"] {
        claim(&mut c, namespace, "mine", json!({"volumeName": "v", "accessModes": ["ReadWriteOncePod"]}));
    }
    let new = PodInfo::new(pod("default", "new", "", uses("mine")));
    c.set_pod(pod("other", "old", "n0", uses("mine")));
    assert_eq!(verdicts(&c, &new.pod), ["", ""]);
    let old = pod("default", "old", "n0", uses("mine"));
    c.set_pod(old.clone());
    assert_eq!(verdicts(&c, &new.pod), [SINGLE, SINGLE]);
    let profile = Profile::standard();
    let mut filters = Filters::begin(&profile, &new, &c).unwrap_or_else(|r| panic!("{r:?}"));
    let old = PodInfo::new(old);
    for _ in 0..3 {
        assert!(c.nodes().all(|n| filters.first(n).is_some_and(|(_, r)| !r.unresolvable)));
        filters.change(&old, 0, -1);
        assert!(c.nodes().all(|n| filters.first(n).is_none()));
        filters.change(&old, 0, 1);
    }
}

#[test]
fn what_cannot_be_read_is_missing() {
    let mut c = cluster();
    let new = pod("default", "new", "", uses("mine"));
    let missing = ["VolumeRestrictions: persistentvolumeclaim \"mine\" not found"];
    claim(&mut c, "other", "mine", json!({"storageClassName": "local"}));
    assert_eq!(verdicts(&c, &new), missing);
    claim(&mut c, "default", "mine", json!({"storageClassName": "local"}));
    assert_eq!(verdicts(&c, &new), [NONE, NONE]);
    volume(&mut c, "v", "1Gi", json!({}));
    assert_eq!(verdicts(&c, &new), ["", ""]);
    for bad in
        [json!("text"), json!({"accessModes": 3}), json!({"resources": {"requests": {"storage": "much"}}})]
    {
        claim(&mut c, "default", "mine", bad);
        assert_eq!(verdicts(&c, &new), missing);
        claim(&mut c, "default", "mine", json!({"storageClassName": "local", "selector": null}));
        assert_eq!(verdicts(&c, &new), ["", ""]);
    }
    volume(&mut c, "v", "1Gi", json!({"nodeAffinity": {"required": 7}}));
    assert_eq!(verdicts(&c, &new), [NONE, NONE]);
    claim(&mut c, "default", "mine", json!({"volumeName": "v"}));
    assert_eq!(verdicts(&c, &new), ["VolumeZone: persistentvolume \"v\" not found"]);
    for kind in ["StorageClass", "CSINode", "CSIDriver", "CSIStorageCapacity", "VolumeAttachment"] {
        let o = json!({"metadata": {"name": "local"}, "spec": [], "provisioner": {}, "nodeTopology": 1});
        set(&mut c, STORAGE, kind, o);
    }
    claim(&mut c, "default", "mine", json!({"storageClassName": "local"}));
    let unbound = "VolumeBinding: pod has unbound immediate PersistentVolumeClaims";
    assert_eq!(verdicts(&c, &new), [unbound]);
    for odd in [json!(7), json!([null, 1, {"rbd": 2}, {"iscsi": {}}]), json!([{"ephemeral": null}])] {
        let there = pod("default", "odd", "n0", odd.clone());
        c.set_pod(there.clone());
        assert_eq!(verdicts(&c, &pod("default", "new", "", odd)).len(), 2);
        c.remove_pod(there.metadata.uid);
    }
}

#[test]
fn volumes_are_found_as_upstream_finds_them() {
    let at = |zone: &str| {
        let e = json!({"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]});
        json!({"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [e]}]}}})
    };
    let join = |mut a: Value, b: Value| {
        a.as_object_mut().expect("a map").extend(b.as_object().expect("a map").clone());
        a
    };
    let asks =
        |size: &str| json!({"storageClassName": "local", "resources": {"requests": {"storage": size}}});
    let mut c = cluster();
    volume(&mut c, "small", "1Gi", at("z0"));
    volume(&mut c, "large", "5Gi", at("z0"));
    volume(&mut c, "far", "9Gi", at("z1"));
    claim(&mut c, "default", "one", asks("1Gi"));
    claim(&mut c, "default", "two", asks("4Gi"));
    // The larger claim comes first in the pod, and yet the smaller one chooses first.
    let both = json!([
        {"name": "b", "persistentVolumeClaim": {"claimName": "two"}},
        {"name": "a", "persistentVolumeClaim": {"claimName": "one"}},
    ]);
    let both = pod("default", "both", "", both);
    assert_eq!(verdicts(&c, &both), ["", NONE]);
    // A volume kept for a claim is the only one that it looks at, and nobody else does.
    let kept = |uid: &str| json!({"claimRef": {"namespace": "default", "name": "one", "uid": uid}});
    volume(&mut c, "far", "9Gi", join(at("z1"), kept("")));
    let one = pod("default", "one", "", uses("one"));
    assert_eq!(verdicts(&c, &one), [NONE.to_string(), String::new()]);
    volume(&mut c, "far", "9Gi", join(at("z1"), kept("another claim of that name")));
    assert_eq!(verdicts(&c, &one), [String::new(), NONE.to_string()]);
    // Modes, attributes, ways of use, class by annotation.
    for (key, value) in [
        ("volumeMode", json!("Block")),
        ("volumeAttributesClassName", json!("gold")),
        ("accessModes", json!(["ReadWriteMany"])),
        ("selector", json!({"matchLabels": {"tier": "gold"}})),
    ] {
        claim(&mut c, "default", "one", join(asks("1Gi"), json!({key: value})));
        assert_eq!(verdicts(&c, &one), [NONE, NONE], "{key}");
    }
    // A bound volume: by its affinity, then by its labels.
    claim(&mut c, "default", "one", json!({"volumeName": "far"}));
    assert_eq!(verdicts(&c, &one), [AFFINITY, ""]);
    let beta = "failure-domain.beta.kubernetes.io/zone";
    for (zones, want) in [("z0", ["", ZONE]), ("z0__z1", ["", ""]), ("z9", [ZONE, ZONE]), ("z9__", ["", ""])]
    {
        let v = json!({"metadata": {"name": "far", "labels": {beta: zones}}, "spec": {}});
        set(&mut c, "v1", "PersistentVolume", v);
        assert_eq!(verdicts(&c, &one), want, "{zones}");
    }
    c.set_node(node("n1", json!({})));
    let v = json!({"metadata": {"name": "far", "labels": {beta: "z9"}}, "spec": {}});
    set(&mut c, "v1", "PersistentVolume", v);
    assert_eq!(verdicts(&c, &one), [ZONE, ""]);
}

#[test]
fn hints_tell_which_events_matter() {
    let cache = cluster();
    let new = PodInfo::new(pod("default", "new", "", uses("mine")));
    let object = |api_version: &str, kind: &str, more: Value| {
        let mut v = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "mine", "namespace": "default"}});
        v.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        Some(Obj::from_value(v).expect("an object"))
    };
    let all: [&dyn Plugin; 4] = [&VolumeRestrictions, &NodeVolumeLimits, &VolumeBinding, &VolumeZone];
    let ask = |what, subject| {
        let event = ClusterEvent { what, subject };
        all.map(|p| p.events().meets(what) && p.hint(&new, &event, &cache))
    };
    let change = |what, kind: &str, old: Option<Value>, now: Value| {
        let api_version = if kind.starts_with("Persistent") { "v1" } else { STORAGE };
        let old = old.and_then(|o| object(api_version, kind, o));
        ask(what, Subject::Object { old, new: object(api_version, kind, now) })
    };
    let (none, meta) = (json!({}), |m: Value| json!({"metadata": m}));
    let claim = "PersistentVolumeClaim";
    assert_eq!(change(VOLUME_CLAIM, claim, None, none.clone()), [true; 4]);
    assert_eq!(change(VOLUME_CLAIM, claim, Some(none.clone()), none.clone()), [false, false, true, true]);
    let other = meta(json!({"name": "mine", "namespace": "other"}));
    assert_eq!(change(VOLUME_CLAIM, claim, None, other), [false; 4]);
    let zone = meta(json!({"name": "v", "labels": {"topology.kubernetes.io/zone": "z"}}));
    assert_eq!(change(VOLUME, "PersistentVolume", Some(none.clone()), zone), [false, false, true, true]);
    assert_eq!(
        change(VOLUME, "PersistentVolume", Some(none.clone()), none.clone()),
        [false, false, true, false]
    );
    let limit = |n: i64| json!({"spec": {"drivers": [{"name": "d", "allocatable": {"count": n}}]}});
    assert_eq!(change(CSI_NODE, "CSINode", None, limit(1)), [false, true, true, false]);
    assert_eq!(change(CSI_NODE, "CSINode", Some(limit(1)), limit(2)), [false, true, false, false]);
    assert_eq!(change(CSI_NODE, "CSINode", Some(limit(2)), limit(1)), [false; 4]);
    let wait = json!({"volumeBindingMode": "WaitForFirstConsumer"});
    assert_eq!(change(STORAGE_CLASS, "StorageClass", None, wait.clone()), [false, false, true, true]);
    assert_eq!(change(STORAGE_CLASS, "StorageClass", None, none.clone()), [false, false, true, false]);
    assert_eq!(change(STORAGE_CLASS, "StorageClass", Some(wait.clone()), wait), [false; 4]);
    let room = |n: &str| json!({"capacity": n});
    let kind = "CSIStorageCapacity";
    assert_eq!(change(CSI_CAPACITY, kind, Some(room("1Gi")), room("2Gi")), [false, false, true, false]);
    assert_eq!(change(CSI_CAPACITY, kind, Some(room("2Gi")), room("1Gi")), [false; 4]);
    assert_eq!(
        change(ATTACHMENT_DELETE, "VolumeAttachment", Some(none.clone()), none),
        [false, true, false, false]
    );
    let gone = |namespace, claim| {
        ask(POD_DELETE, Subject::Pod { old: Some(pod(namespace, "p", "n0", uses(claim))), new: None })
    };
    assert_eq!(gone("default", "mine"), [true, true, false, false]);
    assert_eq!(gone("default", "another"), [false, true, false, false]);
    assert_eq!(gone("other", "mine"), [false, true, false, false]);
    let joined = Subject::Node { old: None, new: Some(node("n2", json!({}))) };
    assert_eq!(ask(NODE_ADD, joined), [true, false, true, true]);
}
