//! The controllers together, in the small world of `testing`.

use super::testing::{Bench, deployment, replica_set, secs, template};
use crate::apiserver::Propagation;
use crate::object::*;
use crate::trace::Cause;
use std::sync::Arc;

fn key(kind: Kind, name: &str) -> Key {
    let ns = if kind.namespaced() { "default" } else { "" };
    Key::new(kind, ns, name)
}

#[test]
fn a_replica_set_makes_its_pods_and_counts_them() {
    let mut b = Bench::new(3);
    b.create(replica_set(3));
    b.run(secs(10));
    assert_eq!(b.pods().len(), 3);
    let rs = &b.sets()[0];
    let s = &rs.status;
    assert_eq!((s.replicas, s.fully_labeled_replicas, s.ready_replicas, s.available_replicas), (3, 3, 3, 3));
    assert_eq!(s.observed_generation, 1);
    let pod = &b.pods()[0];
    let owner = pod.metadata.controller().expect("an owner");
    assert_eq!((owner.uid, owner.block_owner_deletion), (rs.metadata.uid, true));
    assert!(Arc::ptr_eq(&pod.spec, &rs.spec.template.spec), "the pods share the template's spec");
    assert_eq!(b.count_events("SuccessfulCreate"), 3);

    // A pod is deleted: the next one comes at once, while the first still ends.
    let gone = key(Kind::Pod, &pod.metadata.name);
    b.delete(&gone, Propagation::Background);
    b.run(secs(1));
    assert_eq!(b.pods().iter().filter(|p| p.active()).count(), 3);
    assert_eq!(b.pods().len(), 4);
    b.run(secs(10));
    assert_eq!(b.pods().len(), 3);
    assert!(!b.store.contains_key(&gone));
}

#[test]
fn a_large_replica_set_never_has_too_many_pods() {
    let mut b = Bench::new(3);
    b.create(replica_set(1700));
    let mut most = 0;
    for _ in 0..40 {
        b.run(crate::time::Span::ms(100));
        most = most.max(b.pods().len());
    }
    assert_eq!((most, b.pods().len()), (1700, 1700));
    assert_eq!(b.count_events("SuccessfulCreate"), 25, "the flood of events is cut");
}

#[test]
fn orphans_are_adopted_and_strangers_released() {
    let mut b = Bench::new(3);
    for i in 0..2 {
        let mut p = Pod { spec: template("web:1").spec, ..Default::default() };
        p.metadata.name = Str::from(format!("bare-{i}"));
        p.metadata.namespace = lit!("default");
        p.metadata.labels.insert("app", "web");
        b.create(Obj::Pod(Arc::new(p)));
    }
    b.create(replica_set(3));
    b.run(secs(5));
    assert_eq!(b.pods().len(), 3, "two adopted, one created");
    assert!(b.pods().iter().all(|p| p.metadata.controller().is_some()));
    let Some(Obj::Pod(p)) = b.store.get(&key(Kind::Pod, "bare-0")).cloned() else { panic!("it is there") };
    let mut p = Pod::clone(&p);
    p.metadata.labels.insert("app", "other");
    b.put(Obj::Pod(Arc::new(p)), Cause::Timer("test"));
    b.run(secs(5));
    assert_eq!(b.pods().len(), 4);
    assert!(b.store[&key(Kind::Pod, "bare-0")].meta().controller().is_none(), "released");
}

#[test]
fn min_ready_seconds_delay_availability() {
    let mut b = Bench::new(3);
    let Obj::ReplicaSet(rs) = replica_set(2) else { unreachable!() };
    let mut rs = ReplicaSet::clone(&rs);
    rs.spec.min_ready_seconds = 10;
    b.create(Obj::ReplicaSet(Arc::new(rs)));
    b.run(secs(8));
    assert_eq!((b.sets()[0].status.ready_replicas, b.sets()[0].status.available_replicas), (2, 0));
    b.run(secs(8));
    assert_eq!(b.sets()[0].status.available_replicas, 2);
}

#[test]
fn rollouts_step_within_their_budgets() {
    // name, replicas, surge, unavailable, the sizes of the old and the new replica set as they change
    let cases: &[(&str, i64, &str, &str, &[&str])] = &[
        ("surge only", 3, "1", "0", &["3", "3 1", "2 1", "2 2", "1 2", "1 3", "0 3"]),
        ("shortfall only", 2, "0", "1", &["2", "2 0", "1 0", "1 1", "0 1", "0 2"]),
        ("everything at once", 3, "100%", "100%", &["3", "3 3", "0 3"]),
    ];
    for (name, replicas, surge, unavailable, want) in cases {
        let mut b = Bench::new(3);
        b.create(deployment(*replicas, surge, unavailable));
        b.run(secs(20));
        assert_eq!(b.deployment().status.available_replicas, *replicas, "{name}");
        b.watch_sizes.clear();
        b.change(|d| d.spec.template = template("web:2"));
        for _ in 0..200 {
            b.run(crate::time::Span::ms(200));
        }
        let mut seen: Vec<&str> = b.watch_sizes.iter().map(String::as_str).collect();
        seen.dedup();
        let mut want = want.to_vec();
        if seen.first() != Some(&want[0]) {
            want.remove(0);
        }
        assert_eq!(seen, want, "{name}");
        let d = b.deployment();
        assert_eq!((d.status.updated_replicas, d.status.replicas), (*replicas, *replicas), "{name}");
        assert_eq!(b.pods().len() as i64, *replicas, "{name}");
        assert!(b.notes().iter().any(|n| n.1 == "deployment.complete"), "{name}");
    }
}

#[test]
fn a_bad_image_stops_the_rollout_and_undo_goes_forward() {
    let mut b = Bench::new(3);
    b.create(deployment(4, "25%", "25%"));
    b.run(secs(20));
    b.change(|d| d.spec.template = template("web:2"));
    b.run(secs(60));
    b.change(|d| d.spec.template = template("bad"));
    b.run(secs(120));
    let d = b.deployment();
    assert_eq!((d.status.available_replicas, d.status.updated_replicas), (3, 2), "{:?}", d.status);
    assert_eq!(
        d.metadata.annotations.get("deployment.kubernetes.io/revision").map(|s| s.as_str()),
        Some("3")
    );
    let reason = |d: &Deployment, t: &str| {
        d.status.conditions.iter().find(|c| c.type_ == t).map(|c| c.reason.to_string())
    };
    assert_eq!(reason(&d, "Progressing").as_deref(), Some("ReplicaSetUpdated"));
    b.run(secs(600));
    assert_eq!(reason(&b.deployment(), "Progressing").as_deref(), Some("ProgressDeadlineExceeded"));
    assert_eq!(b.notes().iter().filter(|n| n.1 == "deployment.stalled").count(), 1);
    let second =
        b.sets().into_iter().find(|r| r.spec.template.spec.containers[0].image == "web:2").expect("v2");
    b.change(|d| d.spec.template = template("web:2"));
    b.run(secs(60));
    let d = b.deployment();
    assert_eq!(
        d.metadata.annotations.get("deployment.kubernetes.io/revision").map(|s| s.as_str()),
        Some("4")
    );
    assert_eq!(b.sets().len(), 3, "no new replica set");
    let now = b.sets().into_iter().find(|r| r.spec.replicas == Some(4)).expect("the active one");
    assert_eq!(now.metadata.name, second.metadata.name);
    assert_eq!(
        now.metadata.annotations.get("deployment.kubernetes.io/revision-history").map(|s| s.as_str()),
        Some("2")
    );
    assert_eq!(d.status.available_replicas, 4);
    assert_eq!(reason(&d, "Available").as_deref(), Some("MinimumReplicasAvailable"));
    assert_eq!(reason(&d, "Progressing").as_deref(), Some("NewReplicaSetAvailable"));
}

#[test]
fn scaling_says_what_it_does_and_recreate_waits_for_the_old() {
    let mut b = Bench::new(3);
    b.create(deployment(3, "1", "1"));
    b.run(secs(20));
    let rs = b.sets()[0].metadata.name.clone();
    assert!(rs.starts_with("web-"), "{rs}");
    assert!(b.events.contains(&(
        lit!("ScalingReplicaSet"),
        Str::from(format!("Scaled up replica set {rs} from 0 to 3"))
    )));
    b.change(|d| d.spec.replicas = Some(1));
    b.run(secs(20));
    assert!(b.events.contains(&(
        lit!("ScalingReplicaSet"),
        Str::from(format!("Scaled down replica set {rs} from 3 to 1"))
    )));
    assert_eq!(b.pods().len(), 1);

    b.change(|d| {
        d.spec.strategy = DeploymentStrategy { type_: Some(StrategyType::Recreate), rolling_update: None }
    });
    b.run(secs(5));
    b.change(|d| d.spec.template = template("web:2"));
    let mut together = 0;
    for _ in 0..100 {
        b.run(crate::time::Span::ms(100));
        let images: std::collections::BTreeSet<Str> =
            b.pods().iter().map(|p| p.spec.containers[0].image.clone()).collect();
        together = together.max(images.len());
    }
    assert_eq!(together, 1, "old and new never run together");
    assert_eq!(b.pods()[0].spec.containers[0].image, "web:2");
}

#[test]
fn history_is_limited() {
    let mut b = Bench::new(3);
    b.create(deployment(1, "1", "0"));
    b.change(|d| d.spec.revision_history_limit = Some(2));
    for i in 1..6 {
        b.change(|d| d.spec.template = template(&format!("web:{i}")));
        b.run(secs(20));
    }
    assert_eq!(b.sets().len(), 3, "the present one and two of the past");
}

#[test]
fn a_dead_node_is_noticed_tainted_and_emptied_and_the_chain_says_why() {
    let mut b = Bench::new(3);
    b.create(deployment(3, "1", "1"));
    b.run(secs(30));
    // A record that explains the silence, as the world makes one.
    let mut cx = crate::core::Cx::new(&mut b.core, crate::msg::Comp::World, Cause::Timer("test"));
    let fault = cx.record(|_| crate::trace::What::Fault { name: lit!("nodeCrash"), target: lit!("node-2") });
    let Cause::Record(id) = fault else { panic!("it is a record") };
    b.core.nodes[1].silent = id;
    b.dead.push(lit!("node-2"));
    let t0 = b.core.now;
    b.run(secs(40));
    let node = |b: &Bench| b.store[&key(Kind::Node, "node-2")].as_node().cloned().expect("a node");
    assert!(node(&b).ready(), "within the grace period");
    b.run(secs(25));
    let ready = node(&b).condition("Ready").cloned().expect("a condition");
    assert_eq!((ready.status, ready.reason.as_str()), (ConditionStatus::Unknown, "NodeStatusUnknown"));
    let taints: Vec<_> = node(&b).spec.taints.iter().map(|t| (t.key.to_string(), t.effect)).collect();
    let unreachable = "node.kubernetes.io/unreachable".to_string();
    assert_eq!(
        taints,
        [(unreachable.clone(), TaintEffect::NoSchedule), (unreachable, TaintEffect::NoExecute)]
    );
    assert_eq!(b.count_events("NodeNotReady"), 2, "one for the node, one for its pod");
    b.run(secs(305));
    let (at, _, _) = b.notes().into_iter().find(|n| n.1 == "pod.evicted").expect("evicted");
    let after = (at - t0).0 / 1_000_000_000;
    assert!((350..=366).contains(&after), "evicted after {after} s");
    b.run(secs(20));
    assert_eq!(b.deployment().status.available_replicas, 3);
    assert_eq!(b.pods().len(), 4, "the old one hangs on the dead node");
    let chain = b.chain("replicaset.missing");
    let want = [
        "fault nodeCrash",
        "node.lease-expired",
        "node.tainted",
        "pod.eviction-scheduled",
        "pod.evicted",
        "replicaset.missing",
    ];
    let mut it = chain.iter();
    for w in want {
        assert!(it.any(|c| c == w), "{w} is missing from {chain:?}");
    }

    // It comes back: the taints go.
    b.dead.clear();
    let mut n = Node::clone(&node(&b));
    let now = b.core.wall();
    n.status.conditions.retain(|c| c.type_ == "Ready");
    n.status.conditions.iter_mut().for_each(|c| {
        (c.status, c.last_heartbeat_time) = (ConditionStatus::True, Some(now));
    });
    b.put(Obj::Node(Arc::new(n)), Cause::Timer("kubelet"));
    b.run(secs(11));
    assert!(node(&b).spec.taints.is_empty(), "{:?}", node(&b).spec.taints);
}

#[test]
fn a_node_that_returns_in_time_keeps_its_pods() {
    let mut b = Bench::new(3);
    b.create(deployment(3, "1", "1"));
    b.run(secs(30));
    b.dead.push(lit!("node-2"));
    b.run(secs(100));
    assert!(b.notes().iter().any(|n| n.1 == "pod.eviction-scheduled"));
    b.dead.clear();
    let Some(Obj::Node(n)) = b.store.get(&key(Kind::Node, "node-2")).cloned() else { panic!("a node") };
    let mut n = Node::clone(&n);
    n.status.conditions = vec![Condition {
        last_heartbeat_time: Some(b.core.wall()),
        type_: lit!("Ready"),
        status: ConditionStatus::True,
        ..Default::default()
    }];
    b.put(Obj::Node(Arc::new(n)), Cause::Timer("kubelet"));
    b.run(secs(400));
    assert_eq!(b.notes().iter().filter(|n| n.1 == "pod.eviction-cancelled").count(), 1);
    assert!(!b.notes().iter().any(|n| n.1 == "pod.evicted"));
    assert_eq!(b.pods().len(), 3);
    let Obj::Node(n) = &b.store[&key(Kind::Node, "node-2")] else { panic!("a node") };
    assert!(n.spec.taints.is_empty(), "{:?}", n.spec.taints);
}

#[test]
fn when_all_nodes_are_silent_none_is_given_up() {
    let mut b = Bench::new(3);
    b.create(deployment(3, "1", "1"));
    b.run(secs(30));
    b.dead = vec![lit!("node-1"), lit!("node-2"), lit!("node-3")];
    b.run(secs(600));
    assert!(!b.notes().iter().any(|n| n.1 == "pod.evicted"));
    assert_eq!(b.pods().len(), 3);
}

#[test]
fn what_becomes_of_dependents() {
    for (policy, pods, sets) in
        [(Propagation::Background, 0, 0), (Propagation::Foreground, 0, 0), (Propagation::Orphan, 2, 1)]
    {
        let mut b = Bench::new(3);
        b.create(deployment(2, "1", "1"));
        b.run(secs(20));
        b.delete(&key(Kind::Deployment, "web"), policy);
        b.run(crate::time::Span::ms(500));
        let there = b.store.contains_key(&key(Kind::Deployment, "web"));
        assert_eq!(there, policy == Propagation::Foreground, "{policy:?}: the owner");
        b.run(secs(30));
        assert_eq!((b.pods().len(), b.sets().len()), (pods, sets), "{policy:?}");
        assert!(!b.store.contains_key(&key(Kind::Deployment, "web")), "{policy:?}");
        if policy == Propagation::Background {
            let note = b.notes().into_iter().find(|n| n.1 == "gc.collected");
            assert!(note.is_some_and(|n| n.2.starts_with("replicaset/web-")));
        }
    }
}

#[test]
fn a_dependent_of_nobody_is_collected_also_of_inert_kinds() {
    let mut b = Bench::new(1);
    let mut o = Inert { api_version: lit!("v1"), kind: lit!("Endpoints"), ..Default::default() };
    o.metadata.name = lit!("x");
    o.metadata.namespace = lit!("default");
    o.metadata.owner_references = vec![OwnerReference {
        api_version: lit!("v1"),
        kind: lit!("Service"),
        name: lit!("gone"),
        uid: Uid(99),
        ..Default::default()
    }]
    .into();
    b.create(Obj::Inert(Arc::new(o)));
    b.run(secs(2));
    assert_eq!(b.store.values().filter(|o| matches!(o, Obj::Inert(_))).count(), 0);
}

#[test]
fn a_namespace_is_emptied_and_goes() {
    let mut b = Bench::new(3);
    b.create(deployment(2, "1", "1"));
    b.run(secs(20));
    assert!(b.store.contains_key(&key(Kind::ServiceAccount, "default")));
    assert!(b.store.contains_key(&key(Kind::ConfigMap, "kube-root-ca.crt")));
    b.delete(&key(Kind::Namespace, "default"), Propagation::Background);
    b.run(secs(30));
    let left: Vec<String> = b.store.keys().filter(|k| k.ns == "default").map(|k| k.to_string()).collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(!b.store.contains_key(&key(Kind::Namespace, "default")));
}

#[test]
fn pods_of_a_node_that_is_gone_go_after_the_quarantine() {
    let mut b = Bench::new(3);
    b.create(replica_set(3));
    b.run(secs(20));
    b.delete(&key(Kind::Node, "node-2"), Propagation::Background);
    b.run(secs(30));
    assert!(b.pods().iter().any(|p| p.node_name == "node-2"), "in quarantine");
    b.run(secs(60));
    assert!(!b.pods().iter().any(|p| p.node_name == "node-2"));
    assert_eq!(b.pods().len(), 3);
}

#[test]
fn an_absent_api_server_and_a_restart_lose_no_work() {
    let mut b = Bench::new(3);
    b.create(deployment(2, "1", "1"));
    b.run(secs(20));
    b.down = true;
    b.change(|d| d.spec.replicas = Some(5));
    b.run(secs(30));
    assert_eq!(b.pods().len(), 2);
    b.down = false;
    b.run(secs(60));
    assert_eq!(b.pods().len(), 5);
    b.change(|d| d.spec.replicas = Some(1));
    b.restart();
    b.run(secs(20));
    assert_eq!(b.pods().len(), 1);
}

#[test]
fn the_same_run_twice_is_the_same() {
    let run = || {
        let mut b = Bench::new(3);
        b.create(deployment(4, "1", "1"));
        b.run(secs(20));
        b.change(|d| d.spec.template = template("web:2"));
        b.run(secs(60));
        format!("{:?}", b.records)
    };
    assert!(run() == run());
}

/// `cargo test -p podium-sim --lib many_pods -- --ignored`: 50 sets of 3,000 pods, 5,000 nodes.
#[test]
#[ignore = "takes some seconds"]
fn many_pods() {
    let mut b = Bench::new(5000);
    b.ready_after = None;
    b.core.tracer = crate::trace::Tracer::new(crate::trace::Level::Off);
    for i in 0..50 {
        let Obj::ReplicaSet(rs) = replica_set(3000) else { unreachable!() };
        let mut rs = ReplicaSet::clone(&rs);
        rs.metadata.name = Str::from(format!("web-{i}"));
        rs.spec.selector.match_labels.insert("set", i.to_string());
        rs.spec.template.metadata.labels.insert("set", i.to_string());
        b.create(Obj::ReplicaSet(Arc::new(rs)));
    }
    b.run(secs(60));
    assert_eq!(b.pods().len(), 150_000);
    // Every pod is bound and gets ready: two more events each.
    let nodes: Vec<Str> = b.of(Kind::Node).map(|n| n.meta().name.clone()).collect();
    for (i, pod) in b.pods().into_iter().enumerate() {
        let mut p = Pod::clone(&pod);
        p.node_name = nodes[i % nodes.len()].clone();
        p.status.phase = PodPhase::Running;
        p.status.conditions =
            vec![Condition { type_: lit!("Ready"), status: ConditionStatus::True, ..Default::default() }]
                .into();
        b.put(Obj::Pod(Arc::new(p)), Cause::Timer("kubelet"));
        if i % 100 == 0 {
            b.run(crate::time::Span::ms(100));
        }
    }
    b.run(secs(10));
    assert!(b.sets().iter().all(|r| r.status.ready_replicas == 3000));
}
