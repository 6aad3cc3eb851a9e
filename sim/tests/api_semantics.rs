//! What the API server, etcd and the controllers make of requests together, through the world's front door.

mod common;

use common::{config, deployment, fault, key};
use podium_sim::apiserver::Propagation;
use podium_sim::config::WorldConfig;
use podium_sim::object::{Key, Kind, Obj};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Code, Level, Record, What, WriteVerb};
use podium_sim::world::{External, PatchKind, UserCommand, World};
use serde_json::{Value, json};

struct Cluster {
    world: World,
    next: u64,
    records: Vec<Record>,
}

impl Cluster {
    fn of(config: WorldConfig) -> Cluster {
        let mut world = World::new(config, 1);
        world.advance(SimTime(0) + Span::secs(2));
        Cluster { world, next: 0, records: Vec::new() }
    }

    fn new(nodes: usize) -> Cluster {
        Cluster::of(config(nodes, Level::Full))
    }

    /// Begins a command; its answer comes later.
    fn begin(&mut self, command: UserCommand) -> u64 {
        self.next += 1;
        let now = self.world.now();
        self.world.handle(now, External::User { id: self.next, command });
        self.next
    }

    /// What kubectl prints in the end.
    fn run(&mut self, command: UserCommand) -> String {
        let id = self.begin(command);
        self.answer(id)
    }

    fn answer(&mut self, id: u64) -> String {
        for _ in 0..4000 {
            let now = self.world.now() + Span::ms(10);
            self.world.advance(now);
            if let Some(o) = self.world.take_outcomes().into_iter().find(|o| o.id == id) {
                let mut lines = o.lines;
                lines.extend(o.error);
                return lines.join("\n");
            }
        }
        panic!("no answer within 40 s");
    }

    fn pass(&mut self, seconds: u64) {
        let now = self.world.now() + Span::secs(seconds);
        self.world.advance(now);
    }

    fn fault(&mut self, id: u64, name: &str, args: Value) {
        let now = self.world.now();
        self.world.handle(now, External::Fault { id, fault: fault(name, args) });
    }

    fn mend(&mut self, id: u64) {
        let now = self.world.now();
        self.world.handle(now, External::Mend { id });
    }

    fn records(&mut self) -> &[Record] {
        self.records.extend(self.world.take_records());
        &self.records
    }

    fn value(&self, kind: Kind, name: &str) -> Value {
        self.world.get(&key(kind, name)).map_or(Value::Null, |o| o.to_value())
    }

    fn count(&self, kind: &Kind) -> usize {
        self.world
            .objects()
            .keys()
            .filter(|k| k.kind == *kind && (k.ns == "default" || k.ns.is_empty()))
            .count()
    }

    fn apply(&mut self, v: Value) -> String {
        self.run(UserCommand::Apply { objects: vec![v] })
    }

    fn patch(&mut self, kind: Kind, name: &str, patch: Value) -> String {
        self.run(UserCommand::Patch { key: key(kind, name), kind: PatchKind::Merge, patch })
    }

    fn delete(&mut self, kind: Kind, name: &str, grace: Option<i64>, propagation: Propagation) -> String {
        self.run(UserCommand::Delete { key: key(kind, name), grace, propagation })
    }

    fn pods(&self) -> Vec<Key> {
        self.world.objects().keys().filter(|k| k.kind == Kind::Pod).cloned().collect()
    }

    fn ready(&self, deployment: &str) -> i64 {
        match self.world.get(&key(Kind::Deployment, deployment)) {
            Some(Obj::Deployment(d)) => d.status.ready_replicas,
            _ => -1,
        }
    }
}

fn map(name: &str, n: i64) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"n": n.to_string()}})
}

fn pod(name: &str, image: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": image}]}})
}

fn version(v: &Value) -> &str {
    v["metadata"]["resourceVersion"].as_str().unwrap_or_else(|| panic!("no version in {v}"))
}

#[test]
fn a_stale_version_is_a_conflict() {
    let mut c = Cluster::new(0);
    c.apply(map("m", 1));
    let old = version(&c.value(Kind::ConfigMap, "m")).to_owned();
    assert_eq!(
        c.patch(Kind::ConfigMap, "m", json!({"data": {"n": "2"}, "metadata": {"resourceVersion": old}})),
        "configmap/m patched"
    );
    let new = version(&c.value(Kind::ConfigMap, "m")).to_owned();
    assert_ne!(old, new);
    let said =
        c.patch(Kind::ConfigMap, "m", json!({"data": {"n": "3"}, "metadata": {"resourceVersion": old}}));
    assert_eq!(
        said,
        "Error from server (Conflict): Operation cannot be fulfilled on configmaps \"m\": the object has been modified; \
         please apply your changes to the latest version and try again"
    );
    assert_eq!(c.value(Kind::ConfigMap, "m")["data"]["n"], "2");
    let refused = c
        .records()
        .iter()
        .any(|r| matches!(&r.what, What::Refused { code: 409, reason, .. } if *reason == "Conflict"));
    assert!(refused, "the trace says so, too");
    // Without a version the last write wins.
    assert_eq!(c.patch(Kind::ConfigMap, "m", json!({"data": {"n": "4"}})), "configmap/m patched");
}

#[test]
fn two_writers_at_once_both_get_through() {
    let mut c = Cluster::new(0);
    c.apply(map("m", 1));
    let key = key(Kind::ConfigMap, "m");
    let ids: Vec<u64> = (0..5)
        .map(|i| {
            let patch = json!({"data": {format!("k{i}"): "x"}});
            c.begin(UserCommand::Patch { key: key.clone(), kind: PatchKind::Merge, patch })
        })
        .collect();
    c.pass(2);
    let mut outcomes = c.world.take_outcomes();
    outcomes.sort_by_key(|o| o.id);
    assert_eq!(outcomes.iter().map(|o| o.id).collect::<Vec<_>>(), ids);
    assert!(outcomes.iter().all(|o| o.error.is_none()), "{outcomes:?}");
    assert_eq!(c.value(Kind::ConfigMap, "m")["data"].as_object().unwrap().len(), 6, "no write is lost");
}

#[test]
fn writes_that_change_nothing_raise_no_revision() {
    let mut c = Cluster::new(0);
    c.apply(map("m", 1));
    c.apply(deployment("d", 2, "web:1"));
    c.pass(5);
    let (revision, map_version) = (c.world.revision(), version(&c.value(Kind::ConfigMap, "m")).to_owned());
    assert_eq!(c.patch(Kind::ConfigMap, "m", json!({"data": {"n": "1"}})), "configmap/m patched");
    assert_eq!(
        c.run(UserCommand::Scale { key: key(Kind::Deployment, "d"), replicas: 2 }),
        "deployment.apps/d scaled"
    );
    assert_eq!(c.apply(deployment("d", 2, "web:1")), "deployment.apps/d unchanged");
    assert_eq!(c.patch(Kind::Deployment, "d", json!({"spec": {"replicas": 2}})), "deployment.apps/d patched");
    assert_eq!(version(&c.value(Kind::ConfigMap, "m")), map_version);
    let written: Vec<String> = c
        .records()
        .iter()
        .filter_map(|r| match &r.what {
            What::Write { revision: r, obj, .. } if *r > revision => Some(obj.key().to_string()),
            _ => None,
        })
        .collect();
    assert!(written.iter().all(|k| !k.contains("/m") && !k.ends_with("/d")), "{written:?}");
}

#[test]
fn generation_counts_changes_of_the_spec() {
    let mut c = Cluster::new(2);
    c.apply(deployment("d", 2, "web:1"));
    let generation = |c: &Cluster| c.value(Kind::Deployment, "d")["metadata"]["generation"].clone();
    assert_eq!(generation(&c), 1);
    c.pass(30);
    assert_eq!((c.ready("d"), generation(&c)), (2, json!(1)), "a new status is no new generation");
    c.patch(Kind::Deployment, "d", json!({"metadata": {"labels": {"x": "y"}, "annotations": {"a": "b"}}}));
    assert_eq!(generation(&c), 1, "nor are labels");
    c.run(UserCommand::Scale { key: key(Kind::Deployment, "d"), replicas: 3 });
    assert_eq!(generation(&c), 2);
    c.patch(Kind::Deployment, "d", json!({"spec": {"minReadySeconds": 3}}));
    assert_eq!(generation(&c), 3);
    c.patch(Kind::Deployment, "d", json!({"metadata": {"generation": 77}, "status": {"replicas": 99}}));
    c.pass(30);
    assert_eq!(generation(&c), 3, "nobody sets it by hand");
    let d = c.value(Kind::Deployment, "d");
    assert_eq!((&d["status"]["observedGeneration"], &d["status"]["replicas"]), (&json!(3), &json!(3)));
}

#[test]
fn what_the_server_sets_cannot_be_written() {
    let mut c = Cluster::new(0);
    let mut m = map("m", 1);
    m["metadata"]["uid"] = "00000000-0000-4000-8000-000000000001".into();
    m["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z".into();
    m["metadata"]["deletionTimestamp"] = "2001-01-01T00:00:00Z".into();
    c.run(UserCommand::Create { objects: vec![m] });
    let v = c.value(Kind::ConfigMap, "m");
    assert_ne!(v["metadata"]["uid"], "00000000-0000-4000-8000-000000000001");
    assert_ne!(v["metadata"]["creationTimestamp"], "2001-01-01T00:00:00Z");
    assert_eq!(v["metadata"]["deletionTimestamp"], Value::Null);
    c.patch(Kind::ConfigMap, "m", json!({"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z", "deletionTimestamp": "2001-01-01T00:00:00Z"}}));
    let after = c.value(Kind::ConfigMap, "m");
    assert_eq!(
        (&after["metadata"]["creationTimestamp"], &after["metadata"]["deletionTimestamp"]),
        (&v["metadata"]["creationTimestamp"], &Value::Null)
    );
}

#[test]
fn finalizers_hold_an_object() {
    let mut c = Cluster::new(0);
    let mut m = map("m", 1);
    m["metadata"]["finalizers"] = json!(["example.org/hold", "example.org/too"]);
    c.apply(m);
    assert_eq!(c.delete(Kind::ConfigMap, "m", None, Propagation::Background), "configmap \"m\" deleted");
    c.pass(60);
    let held = c.value(Kind::ConfigMap, "m");
    assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
    let revision = version(&held).to_owned();
    c.delete(Kind::ConfigMap, "m", None, Propagation::Background);
    assert_eq!(version(&c.value(Kind::ConfigMap, "m")), revision, "asking again changes nothing");
    c.patch(Kind::ConfigMap, "m", json!({"metadata": {"finalizers": ["example.org/too"]}}));
    assert_ne!(c.value(Kind::ConfigMap, "m"), Value::Null);
    c.patch(Kind::ConfigMap, "m", json!({"metadata": {"finalizers": null}}));
    assert_eq!(c.value(Kind::ConfigMap, "m"), Value::Null);
    let deletes = c.records().iter().filter(
        |r| matches!(&r.what, What::Write { verb: WriteVerb::Delete, obj, .. } if obj.meta().name == "m"),
    );
    assert_eq!(deletes.count(), 1);
}

#[test]
fn three_ways_to_delete_a_deployment() {
    for (how, propagation) in [
        ("background", Propagation::Background),
        ("foreground", Propagation::Foreground),
        ("orphan", Propagation::Orphan),
    ] {
        let mut c = Cluster::new(2);
        c.apply(deployment("d", 2, "web:1"));
        c.pass(20);
        assert_eq!((c.ready("d"), c.pods().len()), (2, 2), "{how}");
        c.delete(Kind::Deployment, "d", None, propagation);
        let at_once = c.value(Kind::Deployment, "d");
        assert_eq!(at_once != Value::Null, propagation == Propagation::Foreground, "{how}: {at_once}");
        c.pass(60);
        let left = (c.count(&Kind::Deployment), c.count(&Kind::ReplicaSet), c.pods().len());
        let wanted = if propagation == Propagation::Orphan { (0, 1, 2) } else { (0, 0, 0) };
        assert_eq!(left, wanted, "{how}");
        let gone = |c: &mut Cluster, kind: Kind| {
            let last = c.records().iter().rev().find(
                |r| matches!(&r.what, What::Write { verb: WriteVerb::Delete, obj, .. } if obj.kind() == kind),
            );
            last.map(|r| r.at)
        };
        match propagation {
            Propagation::Background => {
                assert!(
                    gone(&mut c, Kind::Deployment) < gone(&mut c, Kind::ReplicaSet)
                        && gone(&mut c, Kind::ReplicaSet) < gone(&mut c, Kind::Pod)
                );
            }
            Propagation::Foreground => {
                assert!(
                    gone(&mut c, Kind::Deployment) > gone(&mut c, Kind::ReplicaSet)
                        && gone(&mut c, Kind::ReplicaSet) > gone(&mut c, Kind::Pod)
                );
            }
            Propagation::Orphan => {
                let rs = c.world.objects().values().find(|o| o.kind() == Kind::ReplicaSet).unwrap();
                assert!(rs.meta().owner_references.is_empty() && !rs.meta().deleting());
                assert!(
                    c.world
                        .objects()
                        .values()
                        .filter(|o| o.kind() == Kind::Pod)
                        .all(|o| o.meta().controller().is_some())
                );
            }
        }
    }
}

#[test]
fn an_orphaned_replica_set_is_adopted_again() {
    let mut c = Cluster::new(2);
    c.apply(deployment("d", 2, "web:1"));
    c.pass(20);
    let pods = c.pods();
    c.delete(Kind::Deployment, "d", None, Propagation::Orphan);
    c.pass(20);
    c.apply(deployment("d", 2, "web:1"));
    c.pass(20);
    assert_eq!((c.count(&Kind::ReplicaSet), c.ready("d"), c.pods()), (1, 2, pods));
}

#[test]
fn grace_may_only_get_shorter_and_zero_is_at_once() {
    let mut c = Cluster::new(1);
    // It does not listen to the polite signal.
    let mut cfg = config(1, Level::Full);
    cfg.images =
        serde_json::from_value(json!([{"match": "deaf:*", "stop": {"after": "1h"}}, {"match": "*"}]))
            .unwrap();
    c.world = World::new(cfg, 1);
    c.pass(2);
    for name in ["a", "b", "c"] {
        c.apply(pod(name, "deaf:1"));
    }
    c.pass(10);
    let grace =
        |c: &Cluster, n: &str| c.value(Kind::Pod, n)["metadata"]["deletionGracePeriodSeconds"].clone();
    let delete =
        |c: &mut Cluster, n: &str, g: Option<i64>| c.delete(Kind::Pod, n, g, Propagation::Background);
    delete(&mut c, "a", None);
    assert_eq!(grace(&c, "a"), 30);
    delete(&mut c, "a", Some(60));
    assert_eq!(grace(&c, "a"), 30, "longer is not possible");
    delete(&mut c, "a", Some(10));
    assert_eq!(grace(&c, "a"), 10);
    delete(&mut c, "b", Some(5));
    c.pass(4);
    assert!(c.value(Kind::Pod, "b").is_object(), "it has five seconds");
    c.pass(4);
    assert_eq!(c.value(Kind::Pod, "b"), Value::Null, "then it is killed");
    c.pass(6);
    assert_eq!(c.value(Kind::Pod, "a"), Value::Null);
    delete(&mut c, "c", Some(0));
    assert_eq!(c.value(Kind::Pod, "c"), Value::Null, "by force it goes from the API at once");
    c.pass(40);
    let left: Vec<_> = c.world.usage().filter(|(_, u)| u.pod.name == "c").collect();
    assert!(left.is_empty(), "and its containers follow: {left:?}");
}

#[test]
fn a_pod_without_a_node_needs_no_grace() {
    let mut c = Cluster::new(0);
    c.apply(pod("p", "web:1"));
    c.delete(Kind::Pod, "p", None, Propagation::Background);
    assert_eq!(c.value(Kind::Pod, "p"), Value::Null);
}

#[test]
fn names_are_generated() {
    let mut c = Cluster::new(0);
    for _ in 0..3 {
        let v = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "gen-"}});
        let said = c.run(UserCommand::Create { objects: vec![v] });
        let name = said
            .strip_prefix("configmap/gen-")
            .and_then(|s| s.strip_suffix(" created"))
            .unwrap_or_else(|| panic!("{said}"));
        assert!(name.len() == 5 && name.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c)), "{name}");
    }
    assert_eq!(c.world.objects().keys().filter(|k| k.name.starts_with("gen-")).count(), 3);
    // A prefix that is too long is cut; one that is no name is refused, whatever its bytes.
    for (prefix, ok) in
        [("x".repeat(90), true), ("é".repeat(60), false), (format!("a{}", "é".repeat(40)), false)]
    {
        let v = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": prefix}});
        let said = c.run(UserCommand::Create { objects: vec![v] });
        assert_eq!(said.ends_with(" created"), ok, "{said}");
    }
}

#[test]
fn a_namespace_goes_with_all_that_it_holds() {
    let mut c = Cluster::new(1);
    let namespaced = |mut v: Value| {
        v["metadata"]["namespace"] = "shop".into();
        v
    };
    let mut held = map("held", 1);
    held["metadata"]["finalizers"] = json!(["example.org/hold"]);
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 1}]}});
    let custom =
        json!({"apiVersion": "example.org/v1", "kind": "Cache", "metadata": {"name": "c"}, "spec": {}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    let mut objects = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})];
    objects.extend([map("m", 1), held, service, custom, secret, deployment("d", 1, "web:1")].map(namespaced));
    let said = c.run(UserCommand::Create { objects });
    assert_eq!(said.lines().count(), 7, "{said}");
    c.pass(20);
    c.delete(Kind::Namespace, "shop", None, Propagation::Background);
    let ns = c.value(Kind::Namespace, "shop");
    assert_eq!(ns["status"]["phase"], "Terminating", "{ns}");
    let refused = c.run(UserCommand::Create { objects: vec![namespaced(map("late", 1))] });
    assert!(refused.contains("because it is being terminated"), "{refused}");
    c.pass(60);
    let left: Vec<String> =
        c.world.objects().keys().filter(|k| k.ns == "shop").map(ToString::to_string).collect();
    assert_eq!(left, ["shop/configmap/held"].map(str::to_owned).to_vec(), "only what a finalizer holds");
    let release = UserCommand::Patch {
        key: Key::new(Kind::ConfigMap, "shop", "held"),
        kind: PatchKind::Merge,
        patch: json!({"metadata": {"finalizers": null}}),
    };
    c.run(release);
    c.pass(30);
    let left: Vec<String> =
        c.world.objects().keys().filter(|k| k.ns == "shop").map(ToString::to_string).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(c.value(Kind::Namespace, "shop"), Value::Null);
    // And its name is free again.
    assert_eq!(
        c.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})),
        "namespace/shop created"
    );
}

#[test]
fn a_watch_from_too_long_ago_is_answered_with_410_and_lists_again() {
    let mut cfg = config(2, Level::Full);
    cfg.watch_window = 8;
    let mut c = Cluster::of(cfg);
    c.apply(deployment("d", 4, "web:1"));
    c.pass(20);
    assert_eq!(c.ready("d"), 4);
    c.records();
    // The kubelet hears nothing while much is written; after that its revision is long forgotten.
    c.fault(1, "partition", json!({"node": "node-1"}));
    for n in 0..30 {
        c.apply(map("m", n));
    }
    c.run(UserCommand::Scale { key: key(Kind::Deployment, "d"), replicas: 1 });
    c.pass(30);
    c.mend(1);
    c.pass(180);
    let relists: Vec<(String, String)> = c
        .records()
        .iter()
        .filter_map(|r| match &r.what {
            What::Note { code: Code::Relist, args, .. } => {
                let arg = |n: &str| {
                    args.iter().find(|(k, _)| *k == n).map(|(_, v)| v.to_string()).unwrap_or_default()
                };
                Some((arg("kind"), arg("why")))
            }
            _ => None,
        })
        .collect();
    assert!(!relists.is_empty(), "somebody listed again");
    assert_eq!((c.ready("d"), c.pods().len()), (1, 1), "and all came right");
    let nodes: Vec<_> =
        (1..=2).map(|n| c.value(Kind::Node, &format!("node-{n}"))["status"]["conditions"].clone()).collect();
    assert!(nodes.iter().all(|n| n.to_string().contains("\"True\"")), "{nodes:?}");
}

/// The list is answered, and before the watch arrives more is written than the server remembers.
#[test]
fn between_list_and_watch_everything_may_be_forgotten() {
    let mut cfg = config(3, Level::Full);
    cfg.watch_window = 1;
    let mut c = Cluster::of(cfg);
    for round in 0..12u64 {
        c.fault(round * 2 + 1, "schedulerDown", json!({}));
        c.fault(round * 2 + 2, "controllerManagerDown", json!({}));
        for n in 0..30 {
            let objects = vec![map(&format!("m{round}-{n}"), n)];
            c.begin(UserCommand::Create { objects });
        }
        let now = c.world.now() + Span::us(round * 250);
        c.world.advance(now);
        c.mend(round * 2 + 1);
        c.mend(round * 2 + 2);
        c.pass(5);
    }
    assert_eq!(c.world.take_outcomes().iter().filter(|o| o.error.is_none()).count(), 360);
    c.apply(deployment("d", 3, "web:1"));
    c.pass(60);
    assert_eq!(c.ready("d"), 3);
    let expired = c.records().iter().any(|r| match &r.what {
        What::Note { code: Code::Relist, args, .. } => {
            args.iter().any(|(k, v)| *k == "why" && *v == "Expired")
        }
        _ => false,
    });
    let gone =
        c.records().iter().any(|r| matches!(&r.what, What::Sent { label, .. } if label.contains("error")));
    assert!(expired && gone, "somebody was told 410 Gone: {expired} {gone}");
}

#[test]
fn bookmarks_are_sent_and_carry_the_revision_on() {
    let mut c = Cluster::new(1);
    c.pass(130);
    let marks: Vec<SimTime> = c
        .records()
        .iter()
        .filter_map(|r| match &r.what {
            What::Sent { label, .. } if *label == "bookmark" => Some(r.at),
            _ => None,
        })
        .collect();
    assert!(marks.len() >= 10, "{}", marks.len());
    let minutes: std::collections::BTreeSet<u64> = marks.iter().map(|t| t.0 / 60_000_000_000).collect();
    assert_eq!(minutes.into_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn the_store_is_compacted_and_goes_on() {
    let mut c = Cluster::new(1);
    c.apply(deployment("d", 1, "web:1"));
    c.pass(700);
    let compactions = c
        .records()
        .iter()
        .filter(|r| matches!(&r.what, What::Sent { label, .. } if *label == "compact"))
        .count();
    assert!(compactions >= 1, "{compactions}");
    // Down over a compaction: the API server reads everything anew.
    c.fault(1, "apiServerDown", json!({}));
    c.pass(30);
    c.mend(1);
    c.pass(60);
    c.run(UserCommand::Scale { key: key(Kind::Deployment, "d"), replicas: 2 });
    c.pass(30);
    assert_eq!(c.ready("d"), 2);
}

#[test]
fn events_go_an_hour_after_their_last_sighting() {
    let mut c = Cluster::new(1);
    c.apply(pod("once", "web:1"));
    c.apply(pod("flaky", "flaky:1"));
    c.pass(60);
    let about = |c: &Cluster, name: &str| -> Vec<(String, i64)> {
        let mut all: Vec<(String, i64)> = c
            .world
            .events()
            .filter_map(|(_, o)| match o {
                Obj::Event(e) if e.involved_object.name == name => Some((e.reason.to_string(), e.count)),
                _ => None,
            })
            .collect();
        all.sort();
        all
    };
    let reasons: Vec<String> = about(&c, "once").into_iter().map(|(r, _)| r).collect();
    assert_eq!(reasons, ["Created", "Pulled", "Pulling", "Scheduled", "Started"]);
    c.pass(3400);
    assert_eq!(about(&c, "once").len(), 5, "not yet an hour");
    c.pass(300);
    assert_eq!(about(&c, "once"), [], "an hour has gone by");
    // What happens again and again is one event with a count, and stays.
    let backoff = |c: &Cluster| about(c, "flaky").into_iter().find(|(r, _)| r == "BackOff");
    let (_, before) = backoff(&c).unwrap_or_else(|| panic!("no BackOff in {:?}", about(&c, "flaky")));
    c.pass(2 * 3600);
    let (_, after) = backoff(&c).unwrap_or_else(|| panic!("no BackOff in {:?}", about(&c, "flaky")));
    assert!(after > before && before > 5, "{before}, then {after}");
}

#[test]
fn the_same_event_again_raises_its_count() {
    let mut c = Cluster::new(1);
    c.apply(pod("flaky", "flaky:1"));
    c.pass(300);
    let started: Vec<i64> = c
        .world
        .events()
        .filter_map(|(_, o)| match o {
            Obj::Event(e) if e.reason == "Started" => Some(e.count),
            _ => None,
        })
        .collect();
    assert_eq!(started.len(), 1, "{started:?}");
    let restarts =
        c.value(Kind::Pod, "flaky")["status"]["containerStatuses"][0]["restartCount"].as_i64().unwrap();
    assert!(restarts >= 3 && started[0] == restarts + 1, "{restarts} restarts, {started:?}");
}

#[test]
fn requests_in_flight_when_the_api_server_dies() {
    let mut c = Cluster::new(1);
    c.apply(map("m", 1));
    // At each of the moments that a write goes through: on its way, at etcd, on its way back.
    for (i, micros) in (0..24u64).map(|i| (i, i * 130)) {
        let patch = json!({"data": {format!("k{i}"): "x"}});
        let id =
            c.begin(UserCommand::Patch { key: key(Kind::ConfigMap, "m"), kind: PatchKind::Merge, patch });
        let now = c.world.now() + Span::us(micros);
        c.world.advance(now);
        c.fault(100 + i, "apiServerDown", json!({}));
        c.pass(1);
        c.mend(100 + i);
        let said = c.answer(id);
        let there = c.value(Kind::ConfigMap, "m")["data"][format!("k{i}")] == "x";
        if said.ends_with("patched") {
            assert!(there, "after {micros} µs: said to be patched, and is not");
        } else {
            // Whoever is told of a broken connection cannot know; both may be.
            assert!(said.contains("connection to the server") || said.contains("Timeout"), "{said}");
        }
        c.pass(15);
        assert!(
            c.patch(Kind::ConfigMap, "m", json!({"data": {"again": i.to_string()}})).ends_with("patched")
        );
    }
}

#[test]
fn requests_in_flight_when_etcd_dies() {
    let mut c = Cluster::new(1);
    c.apply(map("m", 1));
    for (i, micros) in (0..24u64).map(|i| (i, i * 130)) {
        let patch = json!({"data": {format!("k{i}"): "x"}});
        let id =
            c.begin(UserCommand::Patch { key: key(Kind::ConfigMap, "m"), kind: PatchKind::Merge, patch });
        let now = c.world.now() + Span::us(micros);
        c.world.advance(now);
        c.fault(100 + i, "etcdDown", json!({}));
        c.pass(2);
        c.mend(100 + i);
        let said = c.answer(id);
        let there = c.value(Kind::ConfigMap, "m")["data"][format!("k{i}")] == "x";
        if said.ends_with("patched") {
            assert!(there, "after {micros} µs: said to be patched, and is not");
        } else {
            assert!(said.contains("request timed out"), "{said}");
        }
        c.pass(15);
        assert!(
            c.patch(Kind::ConfigMap, "m", json!({"data": {"again": i.to_string()}})).ends_with("patched")
        );
        assert_eq!(c.value(Kind::ConfigMap, "m")["data"]["again"], i.to_string());
    }
    c.apply(deployment("d", 2, "web:1"));
    c.pass(30);
    assert_eq!(c.ready("d"), 2);
}

#[test]
fn scheduler_and_controllers_take_up_where_they_were() {
    let mut c = Cluster::new(2);
    c.apply(deployment("d", 2, "web:1"));
    c.pass(20);
    c.fault(1, "schedulerDown", json!({}));
    c.run(UserCommand::Scale { key: key(Kind::Deployment, "d"), replicas: 5 });
    c.pass(30);
    assert_eq!((c.ready("d"), c.pods().len()), (2, 5), "made, and placed by nobody");
    c.mend(1);
    c.pass(30);
    assert_eq!(c.ready("d"), 5);
    c.fault(2, "controllerManagerDown", json!({}));
    c.run(UserCommand::Scale { key: key(Kind::Deployment, "d"), replicas: 1 });
    let pod = c.pods()[0].name.to_string();
    c.delete(Kind::Pod, &pod, None, Propagation::Background);
    c.pass(60);
    assert_eq!(c.pods().len(), 4, "nobody replaces and nobody scales");
    c.mend(2);
    c.pass(60);
    assert_eq!((c.ready("d"), c.pods().len()), (1, 1));
    // Both at once, in the middle of a rollout.
    c.apply(deployment("d", 6, "web:2"));
    c.fault(3, "controllerManagerDown", json!({}));
    c.fault(4, "schedulerDown", json!({}));
    c.pass(5);
    c.mend(3);
    c.mend(4);
    c.pass(90);
    assert_eq!((c.ready("d"), c.pods().len()), (6, 6));
    let uids: std::collections::BTreeSet<_> =
        c.world.objects().values().filter_map(|o| o.meta().controller().map(|r| r.uid)).collect();
    assert_eq!(c.count(&Kind::ReplicaSet), 2);
    assert!(uids.len() >= 2);
}

/// Answers of etcd to requests of a process that is gone are not mistaken for answers to its successor's.
#[test]
fn an_api_server_that_is_back_at_once_answers_its_own_requests_only() {
    for micros in (0..40u64).map(|i| i * 60) {
        let mut c = Cluster::new(1);
        let patch = |n: u64| {
            let (key, patch) = (key(Kind::ConfigMap, &format!("m{n}")), json!({"data": {"k": "x"}}));
            UserCommand::Patch { key, kind: PatchKind::Merge, patch }
        };
        for n in 0..12 {
            c.apply(map(&format!("m{n}"), 0));
        }
        // A young process: its numbers for requests begin anew, as those of the next one will.
        c.fault(1, "apiServerDown", json!({}));
        c.mend(1);
        c.pass(1);
        let ids: Vec<u64> = (0..6).map(|n| c.begin(patch(n))).collect();
        let now = c.world.now() + Span::us(micros);
        c.world.advance(now);
        c.fault(2, "apiServerDown", json!({}));
        c.mend(2);
        let later: Vec<u64> = (6..12).map(|n| c.begin(patch(n))).collect();
        c.pass(40);
        let outcomes = c.world.take_outcomes();
        for (n, id) in ids.iter().chain(&later).enumerate() {
            let o = outcomes
                .iter()
                .find(|o| o.id == *id)
                .unwrap_or_else(|| panic!("{micros} µs: no answer to {n}"));
            if o.error.is_none() {
                let said = o.lines.join("\n");
                assert_eq!(said, format!("configmap/m{n} patched"), "{micros} µs");
                let there = c.value(Kind::ConfigMap, &format!("m{n}"));
                assert_eq!(there["data"]["k"], "x", "{micros} µs: m{n} is said to be patched, and is not");
            }
        }
    }
}

#[test]
fn an_event_that_comes_again_after_it_has_expired_is_there_again() {
    let mut c = Cluster::new(2);
    let not_ready = |c: &Cluster| -> Vec<i64> {
        let events = c.world.events().filter_map(|(_, o)| match o {
            Obj::Event(e) if e.reason == "NodeNotReady" && e.involved_object.kind == "Node" => Some(e.count),
            _ => None,
        });
        events.collect()
    };
    for (id, counts) in [(1, vec![1]), (2, vec![2]), (3, vec![3])] {
        c.fault(id, "kubeletStop", json!({"node": "node-1"}));
        c.pass(90);
        assert_eq!(not_ready(&c), counts);
        c.mend(id);
        c.pass(7200);
        assert!(not_ready(&c).is_empty());
    }
}
