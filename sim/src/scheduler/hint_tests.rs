//! What the plugins' queueing hints say to events, case by case. Beside each plugin stands the file of upstream (v1.34)
//! whose behaviour its table states.

use super::framework::*;
use super::queue_tests::{Rig, node, object, pod};
use serde_json::{Value, json};

/// What each plugin's hint says: requeue or skip.
#[test]
fn hints() {
    let claim = json!({"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}});
    let of = |api: &str, kind: &str, name: &str, more: Value| {
        let mut v = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}});
        if kind == "PersistentVolumeClaim" {
            v["metadata"]["namespace"] = json!("default");
        }
        crate::api_util::patch::json_merge_patch(&mut v, &more);
        Some(object(v))
    };
    let pvc = |name: &str| of("v1", "PersistentVolumeClaim", name, json!({}));
    let class = |name: &str, mode: &str| {
        of("storage.k8s.io/v1", "StorageClass", name, json!({"volumeBindingMode": mode}))
    };
    let came = |n: Value| Subject::Node { old: None, new: Some(node(n)) };
    let changed = |a: Value, b: Value| Subject::Node { old: Some(node(a)), new: Some(node(b)) };
    let gone = |v: Value| {
        let mut all = json!({"spec": {"nodeName": "n"}});
        crate::api_util::patch::json_merge_patch(&mut all, &v);
        Subject::Pod { old: Some(pod("other", all)), new: None }
    };
    let added = |v: Value| Subject::Pod { old: None, new: Some(pod("other", v)) };
    let ssd = || json!({"metadata": {"labels": {"disk": "ssd"}}});
    let taint = || json!({"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}});
    let cordon = || json!({"spec": {"unschedulable": true}});
    let cpu = |n: &str| json!({"status": {"allocatable": {"cpu": n}}});
    let port =
        || json!({"spec": {"containers": [{"name": "c", "ports": [{"hostPort": 80, "containerPort": 80}]}]}});
    let labelled = || json!({"metadata": {"labels": {"app": "x"}}});
    let anti = || {
        json!({"spec": {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}]}}}})
    };
    let near = || {
        json!({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}]}}}})
    };
    let spread = || {
        json!({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone",
            "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "x"}}}]}})
    };
    let zone = |z: &str| json!({"metadata": {"labels": {"zone": z}}});
    let none = || json!({});
    let (yes, no) = (true, false);
    type Case = (&'static str, Value, Events, Subject, bool);
    let tables: Vec<(&str, Vec<Case>)> = vec![
        // plugins/noderesources/fit.go
        (
            "NodeResourcesFit",
            vec![
                ("a node with room", none(), NODE_ADD, came(none()), yes),
                ("a node without", none(), NODE_ADD, came(cpu("500m")), no),
                ("more than before", none(), NODE_ALLOCATABLE, changed(cpu("500m"), cpu("2")), yes),
                ("less than before", none(), NODE_ALLOCATABLE, changed(cpu("3"), cpu("2")), no),
                ("a pod goes", none(), POD_DELETE, gone(none()), yes),
                ("a label", none(), NODE_LABEL, changed(none(), ssd()), no),
            ],
        ),
        // plugins/nodeaffinity/node_affinity.go
        (
            "NodeAffinity",
            vec![
                (
                    "a node that fits",
                    json!({"spec": {"nodeSelector": {"disk": "ssd"}}}),
                    NODE_ADD,
                    came(ssd()),
                    yes,
                ),
                (
                    "one that does not",
                    json!({"spec": {"nodeSelector": {"disk": "ssd"}}}),
                    NODE_ADD,
                    came(none()),
                    no,
                ),
                (
                    "it fits now",
                    json!({"spec": {"nodeSelector": {"disk": "ssd"}}}),
                    NODE_LABEL,
                    changed(none(), ssd()),
                    yes,
                ),
                (
                    "it fitted before",
                    json!({"spec": {"nodeSelector": {"disk": "ssd"}}}),
                    NODE_LABEL,
                    changed(ssd(), ssd()),
                    no,
                ),
                ("a pod goes", none(), POD_DELETE, gone(none()), no),
            ],
        ),
        // plugins/tainttoleration/taint_toleration.go
        (
            "TaintToleration",
            vec![
                ("a node without taints", none(), NODE_ADD, came(none()), yes),
                ("a node with one", none(), NODE_ADD, came(taint()), no),
                ("the taint goes", none(), NODE_TAINT, changed(taint(), none()), yes),
                ("the taint comes", none(), NODE_TAINT, changed(none(), taint()), no),
                ("a pod goes", none(), POD_DELETE, gone(none()), no),
            ],
        ),
        // plugins/nodeunschedulable/node_unschedulable.go
        (
            "NodeUnschedulable",
            vec![
                ("a node", none(), NODE_ADD, came(none()), yes),
                ("a cordoned one", none(), NODE_ADD, came(cordon()), no),
                ("uncordoned", none(), NODE_TAINT, changed(cordon(), none()), yes),
                ("still cordoned", none(), NODE_TAINT, changed(cordon(), cordon()), no),
            ],
        ),
        // plugins/nodename/node_name.go
        (
            "NodeName",
            vec![
                ("a node", none(), NODE_ADD, came(none()), yes),
                ("a pod goes", none(), POD_DELETE, gone(none()), no),
            ],
        ),
        // plugins/nodeports/node_ports.go
        (
            "NodePorts",
            vec![
                ("the port is freed", port(), POD_DELETE, gone(port()), yes),
                ("another pod goes", port(), POD_DELETE, gone(none()), no),
                ("a node", port(), NODE_ADD, came(none()), yes),
            ],
        ),
        // plugins/interpodaffinity/plugin.go
        (
            "InterPodAffinity",
            vec![
                ("who is avoided goes", anti(), POD_DELETE, gone(labelled()), yes),
                ("another goes", anti(), POD_DELETE, gone(none()), no),
                ("who is wanted comes", near(), POD_ADD, added(labelled()), yes),
                ("another comes", near(), POD_ADD, added(none()), no),
                ("a node of a zone", near(), NODE_ADD, came(zone("a")), yes),
                ("a node of none", near(), NODE_ADD, came(none()), no),
                ("it changes its zone", near(), NODE_LABEL, changed(zone("a"), zone("b")), yes),
                ("another label", near(), NODE_LABEL, changed(none(), ssd()), no),
            ],
        ),
        // plugins/podtopologyspread/plugin.go
        (
            "PodTopologySpread",
            vec![
                ("one that counts goes", spread(), POD_DELETE, gone(labelled()), yes),
                ("another goes", spread(), POD_DELETE, gone(none()), no),
                ("one that counts comes", spread(), POD_ADD, added(labelled()), yes),
                ("a node of a zone", spread(), NODE_ADD, came(zone("a")), yes),
                ("a node of none", spread(), NODE_ADD, came(none()), no),
                ("it changes its zone", spread(), NODE_LABEL, changed(zone("a"), zone("b")), yes),
                ("another label", spread(), NODE_LABEL, changed(zone("a"), zone("a")), no),
            ],
        ),
        // plugins/volumerestrictions/volume_restrictions.go
        (
            "VolumeRestrictions",
            vec![
                ("who uses the claim goes", claim.clone(), POD_DELETE, gone(claim.clone()), yes),
                ("another goes", claim.clone(), POD_DELETE, gone(none()), no),
                (
                    "its claim comes",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("data") },
                    yes,
                ),
                (
                    "another comes",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("x") },
                    no,
                ),
            ],
        ),
        // plugins/volumebinding/volume_binding.go
        (
            "VolumeBinding",
            vec![
                (
                    "its claim comes",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("data") },
                    yes,
                ),
                (
                    "another comes",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("x") },
                    no,
                ),
                (
                    "a class comes",
                    claim.clone(),
                    STORAGE_CLASS,
                    Subject::Object { old: None, new: class("c", "Immediate") },
                    yes,
                ),
                (
                    "a class stays as it is",
                    claim.clone(),
                    STORAGE_CLASS,
                    Subject::Object { old: class("c", "Immediate"), new: class("c", "Immediate") },
                    no,
                ),
                (
                    "a volume",
                    claim.clone(),
                    VOLUME,
                    Subject::Object { old: None, new: of("v1", "PersistentVolume", "v", none()) },
                    yes,
                ),
            ],
        ),
        // plugins/volumezone/volume_zone.go
        (
            "VolumeZone",
            vec![
                (
                    "a class that waits",
                    claim.clone(),
                    STORAGE_CLASS,
                    Subject::Object { old: None, new: class("c", "WaitForFirstConsumer") },
                    yes,
                ),
                (
                    "one that does not",
                    claim.clone(),
                    STORAGE_CLASS,
                    Subject::Object { old: None, new: class("c", "Immediate") },
                    no,
                ),
                (
                    "its claim",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("data") },
                    yes,
                ),
                (
                    "another claim",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("x") },
                    no,
                ),
            ],
        ),
        // plugins/nodevolumelimits/csi.go
        (
            "NodeVolumeLimits",
            vec![
                ("who has claims goes", claim.clone(), POD_DELETE, gone(claim.clone()), yes),
                ("another goes", claim.clone(), POD_DELETE, gone(none()), no),
                (
                    "a node's drivers come",
                    claim.clone(),
                    CSI_NODE,
                    Subject::Object { old: None, new: of("storage.k8s.io/v1", "CSINode", "n", none()) },
                    yes,
                ),
                (
                    "its claim",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("data") },
                    yes,
                ),
                (
                    "another claim",
                    claim.clone(),
                    VOLUME_CLAIM,
                    Subject::Object { old: None, new: pvc("x") },
                    no,
                ),
            ],
        ),
    ];
    for (plugin, cases) in tables {
        for (name, p, what, subject, woken) in cases {
            let mut r = Rig::new();
            r.refused(&pod("p", p), &[plugin]);
            r.at(5_000);
            r.react(what, subject);
            let want = if woken { (1, 0, 0) } else { (0, 0, 1) };
            assert_eq!(r.q.lengths(), want, "{plugin}: {name}");
        }
    }
}
