//! The fast path of the scheduler against the reference path, on random clusters: pods of all kinds come, are bound
//! and go, nodes join, change and leave, pods are nominated and preempt. Both must come to the same, step by step.

use podium_sim::api_util::Time;
use podium_sim::diagnostic::SourceText;
use podium_sim::object::{Node, Obj, Pod, Str};
use podium_sim::rng::Rng;
use podium_sim::scheduler::config::IN_TREE;
use podium_sim::scheduler::explain::{Search, explain};
use podium_sim::scheduler::facts::PodInfo;
use podium_sim::scheduler::fast::Decider;
use podium_sim::scheduler::plugins::registry;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::snapshot::Cache;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.below(of.len() as u64) as usize]
}

fn often(rng: &mut Rng, per_cent: u64) -> bool {
    rng.below(100) < per_cent
}

fn node(rng: &mut Rng, i: u64) -> Arc<Node> {
    let name = format!("n{i}");
    let mut labels = json!({HOST: name, "disk": one(rng, &["ssd", "hdd"])});
    if often(rng, 85) {
        labels[ZONE] = json!(format!("z{}", rng.below(3)));
    }
    if often(rng, 50) {
        labels["rack"] = json!(format!("r{}", rng.below(3)));
    }
    let taints: Vec<Value> = (0..rng.below(3))
        .map(|_| {
            let effect = one(rng, &["NoSchedule", "PreferNoSchedule", "PreferNoSchedule", "NoExecute"]);
            json!({"key": format!("t{}", rng.below(2)), "value": "v", "effect": effect})
        })
        .collect();
    let images: Vec<Value> = (0..rng.below(3))
        .map(|k| json!({"names": [format!("img{k}:1")], "sizeBytes": (rng.below(900) + 1) * 1_000_000}))
        .collect();
    let cpu = one(rng, &["1", "2", "4", "8", "0"]);
    let v = json!({"metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints, "unschedulable": rng.below(12) == 0},
        "status": {"images": images, "allocatable": {"cpu": cpu, "memory": "4Gi", "example.com/gpu": "2",
            "pods": (3 + rng.below(6)).to_string()}}});
    Arc::new(serde_json::from_value(v).expect("a node"))
}

fn selector(rng: &mut Rng) -> Value {
    match rng.below(5) {
        0 => json!({}),
        1 => json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}),
        2 => json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
        _ => json!({"matchLabels": {"app": one(rng, &["a", "b"])}}),
    }
}

fn term(rng: &mut Rng) -> Value {
    let mut t = json!({"labelSelector": selector(rng), "topologyKey": one(rng, &[ZONE, HOST, "rack"])});
    match rng.below(4) {
        0 => t["namespaces"] = json!(["default", "other"]),
        1 => t["namespaceSelector"] = json!({"matchLabels": {"team": "x"}}),
        _ => {}
    }
    t
}

fn terms(rng: &mut Rng) -> Value {
    let mut a = json!({});
    if often(rng, 50) {
        a["requiredDuringSchedulingIgnoredDuringExecution"] = json!([term(rng)]);
    }
    if often(rng, 50) {
        let preferred = json!({"weight": 1 + rng.below(100), "podAffinityTerm": term(rng)});
        a["preferredDuringSchedulingIgnoredDuringExecution"] = json!([preferred]);
    }
    a
}

fn pod(rng: &mut Rng, nodes: u64) -> Value {
    let mut container = json!({"name": "c", "image": format!("img{}:1", rng.below(4))});
    if often(rng, 80) {
        container["resources"] =
            json!({"requests": {"cpu": format!("{}m", 100 * (1 + rng.below(9))), "memory": "200Mi"}});
    }
    if often(rng, 10) {
        container["resources"]["requests"]["example.com/gpu"] = json!("1");
    }
    if often(rng, 15) {
        container["ports"] = json!([{"containerPort": 80, "hostPort": 8080 + rng.below(2)}]);
    }
    let mut spec = json!({"containers": [container], "priority": 10 * rng.below(3)});
    if often(rng, 50) {
        spec["tolerations"] = json!([{"key": format!("t{}", rng.below(2)), "operator": "Exists"}]);
    }
    if often(rng, 15) {
        spec["nodeSelector"] = json!({"disk": "ssd"});
    }
    let mut affinity = json!({});
    if often(rng, 15) {
        let e = json!({"key": "disk", "operator": "In", "values": ["hdd"]});
        affinity["nodeAffinity"] = json!({"preferredDuringSchedulingIgnoredDuringExecution":
            [{"weight": 1 + rng.below(50), "preference": {"matchExpressions": [e]}}]});
    } else if often(rng, 8) {
        let names: Vec<String> = (0..rng.below(3)).map(|_| format!("n{}", rng.below(nodes))).collect();
        let field = json!({"key": "metadata.name", "operator": "In", "values": names});
        affinity["nodeAffinity"] = json!({"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchFields": [field]}]}});
    }
    if often(rng, 25) {
        affinity["podAffinity"] = terms(rng);
    }
    if often(rng, 25) {
        affinity["podAntiAffinity"] = terms(rng);
    }
    spec["affinity"] = affinity;
    if often(rng, 30) {
        let constraint = |rng: &mut Rng| {
            let mut c = json!({"maxSkew": 1 + rng.below(2), "topologyKey": one(rng, &[ZONE, HOST, "rack"]),
                "whenUnsatisfiable": one(rng, &["DoNotSchedule", "ScheduleAnyway"]), "labelSelector": selector(rng)});
            if often(rng, 30) {
                c["nodeTaintsPolicy"] = json!("Honor");
            }
            if often(rng, 30) {
                c["matchLabelKeys"] = json!(["tier"]);
            }
            c
        };
        let all: Vec<Value> = (0..1 + rng.below(2)).map(|_| constraint(rng)).collect();
        spec["topologySpreadConstraints"] = json!(all);
    }
    if often(rng, 10) {
        spec["volumes"] =
            json!([{"name": "v", "persistentVolumeClaim": {"claimName": one(rng, &["one", "none"])}}]);
    }
    let mut labels = json!({"app": one(rng, &["a", "b", "c"])});
    if often(rng, 50) {
        labels["tier"] = json!(one(rng, &["x", "y"]));
    }
    let mut metadata = json!({"namespace": one(rng, &["default", "default", "other"]), "labels": labels});
    if often(rng, 30) {
        metadata["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs",
            "uid": "rs", "controller": true}]);
    }
    json!({"metadata": metadata, "spec": spec})
}

fn others() -> Vec<Value> {
    let budget = json!({"matchLabels": {"app": "a"}});
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"team": "x"}}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"},
            "spec": {"selector": {"app": "a"}}}),
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "rs", "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"app": "b"}}}}),
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b",
            "namespace": "default"}, "spec": {"selector": budget}, "status": {"disruptionsAllowed": 1}}),
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "slow"},
            "provisioner": "p", "volumeBindingMode": "WaitForFirstConsumer"}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "one",
            "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOncePod"], "storageClassName": "slow",
            "resources": {"requests": {"storage": "1Gi"}}}}),
    ]
}

fn with(base: &Value, name: &str, uid: u64) -> Pod {
    let mut v = base.clone();
    v["metadata"]["name"] = json!(name);
    v["metadata"]["uid"] = json!(format!("{uid:032x}"));
    serde_json::from_value(v).expect("a pod")
}

/// The default profile, looking at so many per cent of the nodes.
fn standard(percent: usize) -> Arc<Profile> {
    let mut profile = Profile::clone(&Profile::standard());
    profile.percent = percent;
    Arc::new(profile)
}

/// The default profile and every plugin that upstream does not have. Arguments that make a plugin act in a small
/// cluster are given here.
fn with_our_own() -> Arc<Profile> {
    let own = registry().into_iter().filter(|r| IN_TREE.iter().all(|t| t.name != r.name));
    let names: Vec<Value> = own.map(|r| json!({"name": r.name, "weight": 3})).collect();
    assert!(!names.is_empty());
    let config = json!({
        "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
        "profiles": [{"plugins": {"multiPoint": {"enabled": names}},
            "pluginConfig": [{"name": "PackByOwner", "args": {"maxPerNode": 2}}]}]});
    let read = Profile::read(&SourceText::new("own.json", config.to_string()));
    read.unwrap_or_else(|found| panic!("{found:?}"))
}

/// A cluster's life. What fails is told with its seed and its size, which repeat it.
fn live(seed: u64, size: u64, steps: u64, profile: Arc<Profile>) -> Result<(), TestCaseError> {
    let mut rng = Rng::new(seed, "paths");
    let mut cache = Cache::default();
    let mut decider = Decider::new(profile.clone());
    for o in others() {
        cache.listers.set(&Obj::from_value(o).expect("an object"));
    }
    cache.set_nodes((0..size).map(|i| node(&mut rng, i)).collect::<Vec<_>>());
    let kinds: Vec<Value> = (0..7).map(|_| pod(&mut rng, size)).collect();
    // Replicas share their spec; a pod of the same kind may also come with a copy of it.
    let mut specs: Vec<Option<Arc<Pod>>> = vec![None; kinds.len()];
    let (mut placed, mut waiting): (Vec<Arc<Pod>>, Vec<Arc<Pod>>) = (Vec::new(), Vec::new());
    let mut start = 0;
    for step in 0..steps {
        match rng.below(16) {
            0 => drop(cache.set_node(node(&mut rng, step % size))),
            1 => drop(cache.remove_node(&format!("n{}", rng.below(size)))),
            2 | 3 if !placed.is_empty() => {
                let p = placed.swap_remove(rng.below(placed.len() as u64) as usize);
                cache.remove_pod(p.metadata.uid);
            }
            4 if !placed.is_empty() => {
                // Relabelled, or on its way out.
                let i = rng.below(placed.len() as u64) as usize;
                let mut p = Pod::clone(&placed[i]);
                if often(&mut rng, 50) {
                    p.metadata.labels.insert("app", one(&mut rng, &["a", "b", "c"]));
                } else {
                    p.metadata.deletion_timestamp = Some(Time(1));
                }
                placed[i] = Arc::new(p);
                cache.set_pod(placed[i].clone());
            }
            5 => {
                let selector = json!({"app": one(&mut rng, &["a", "b"])});
                let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s",
                    "namespace": "default"}, "spec": {"selector": selector}});
                cache.listers.set(&Obj::from_value(service).expect("a service"));
            }
            _ => {}
        }
        let info = if !waiting.is_empty() && often(&mut rng, 20) {
            PodInfo::new(waiting.swap_remove(rng.below(waiting.len() as u64) as usize))
        } else {
            let k = rng.below(kinds.len() as u64) as usize;
            let mut p = with(&kinds[k], &format!("p{step}"), step + 1);
            match &specs[k] {
                Some(first) if often(&mut rng, 80) => p.spec = first.spec.clone(),
                _ => specs[k] = Some(Arc::new(p.clone())),
            }
            // Two owners may have pods of one spec.
            if let Some(o) = p.metadata.owner_references.iter_mut().next()
                && often(&mut rng, 30)
            {
                o.name = "other".into();
            }
            PodInfo::new(Arc::new(p))
        };
        let uid = info.pod.metadata.uid;
        cache.snapshot();
        let d = decider.decide(&info, &cache, start, &mut || rng.next());
        let plain = cache.rebuilt();
        let e = explain(&plain, &info, &Search { profile: profile.clone(), start });
        let at = format!("seed {seed}, {size} nodes, step {step}: {}", info.pod.metadata.name);
        let winner = d.winner.map(|w| cache.row(w).name.clone());
        prop_assert_eq!(winner.as_ref(), e.winner(d.draw), "{}", at);
        prop_assert_eq!(
            (d.feasible, d.looked_at, d.next_start, d.score),
            (e.feasible, e.looked_at, e.next_start, e.score()),
            "{}",
            at
        );
        start = d.next_start;
        if let Some(winner) = winner {
            cache.withdraw(uid);
            cache.assume(&info, &winner);
            let bound = Arc::new(Pod { node_name: winner, ..Pod::clone(&info.pod) });
            if often(&mut rng, 70) {
                cache.set_pod(bound.clone());
            }
            placed.push(bound);
            continue;
        }
        let diagnosis = d.diagnosis.as_ref().expect("there is a reason");
        prop_assert_eq!(&diagnosis.reasons, &e.reasons, "{}", at);
        prop_assert_eq!(diagnosis.all.as_ref(), e.rejected.as_ref().map(|(_, r)| r), "{}", at);
        // Preemption: with all that is remembered, and with nothing remembered.
        let (draw, now) = (rng.next(), Time(100));
        let out = decider.post_filter(&info, &cache, diagnosis, now, &mut || draw);
        let mut fresh = Decider::new(profile.clone());
        let again = fresh.decide(&info, &plain, e.next_start, &mut || 0);
        prop_assert!(again.winner.is_none(), "{}", at);
        let same = fresh.post_filter(&info, &plain, diagnosis, now, &mut || draw);
        prop_assert_eq!((&out.message, out.withdrawn), (&same.message, same.withdrawn), "{}", at);
        let told = |p: &podium_sim::scheduler::preemption::Preemption| -> (u32, Vec<Str>, i64) {
            let victims = p.chosen.victims.iter().map(|v| v.pod.metadata.name.clone()).collect();
            (p.chosen.row, victims, p.chosen.violations)
        };
        prop_assert_eq!(out.preemption.as_deref().map(told), same.preemption.as_deref().map(told), "{}", at);
        if let Some(p) = out.preemption {
            let node = cache.row(p.chosen.row).name.clone();
            for other in &p.withdrawn {
                cache.withdraw(other.pod.metadata.uid);
            }
            let mut nominated = Pod::clone(&info.pod);
            nominated.status.nominated_node_name = node.clone();
            let nominated = Arc::new(nominated);
            cache.nominate(&PodInfo::new(nominated.clone()), &node);
            waiting.push(nominated);
            if often(&mut rng, 80) {
                for v in &p.chosen.victims {
                    cache.remove_pod(v.pod.metadata.uid);
                    placed.retain(|q| q.metadata.uid != v.pod.metadata.uid);
                }
            }
        } else if out.withdrawn {
            cache.withdraw(uid);
        }
    }
    Ok(())
}

/// So many cases, or as many as `PROPTEST_CASES` says.
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    #[test]
    fn both_paths_come_to_the_same(seed: u64, size in 1u64..14) {
        live(seed, size, 40, standard(0))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(500)))]

    #[test]
    fn also_with_plugins_of_our_own(seed: u64, size in 1u64..14) {
        live(seed, size, 40, with_our_own())?;
    }
}

#[test]
fn also_where_not_all_nodes_are_looked_at() {
    for seed in 0..3 {
        live(seed, 160, 150, standard(30)).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    }
}
