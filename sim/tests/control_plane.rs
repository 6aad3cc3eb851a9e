//! The API server and etcd as kubectl sees them, through the world's front door.

use podium_sim::config::{NodeConfig, WorldConfig};
use podium_sim::object::{Key, Kind};
use podium_sim::time::{SimTime, Span};
use podium_sim::world::{External, PatchKind, UserCommand, World};
use serde_json::{Value, json};

struct Cluster {
    world: World,
    next: u64,
}

impl Cluster {
    fn new(nodes: usize) -> Cluster {
        let config =
            WorldConfig { nodes: NodeConfig::many(nodes, &NodeConfig::default()), ..Default::default() };
        let mut world = World::new(config, 1);
        world.advance(SimTime(0) + Span::secs(1));
        Cluster { world, next: 0 }
    }

    fn run(&mut self, command: UserCommand) -> String {
        self.next += 1;
        let now = self.world.now();
        self.world.handle(now, External::User { id: self.next, command });
        for _ in 0..200 {
            let now = self.world.now() + Span::ms(100);
            self.world.advance(now);
            if let Some(o) = self.world.take_outcomes().pop() {
                let mut lines = o.lines;
                lines.extend(o.error);
                return lines.join("\n");
            }
        }
        panic!("no answer");
    }

    fn apply(&mut self, v: Value) -> String {
        self.run(UserCommand::Apply { objects: vec![v] })
    }

    fn value(&self, kind: Kind, name: &str) -> Value {
        let ns = if kind.namespaced() { "default" } else { "" };
        self.world.get(&Key::new(kind, ns, name)).map_or(Value::Null, |o| o.to_value())
    }
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}, "data": data})
}

#[test]
fn apply_creates_then_configures_then_leaves_alone() {
    let mut c = Cluster::new(0);
    assert_eq!(c.apply(config_map(json!({"a": "1", "b": "2"}))), "configmap/cm created");
    let revision = c.world.revision();
    assert_eq!(c.apply(config_map(json!({"a": "1", "b": "2"}))), "configmap/cm unchanged");
    assert_eq!(c.world.revision(), revision, "applying the same again writes nothing");
    assert_eq!(c.apply(config_map(json!({"a": "3"}))), "configmap/cm configured");
    assert_eq!(
        c.value(Kind::ConfigMap, "cm")["data"],
        json!({"a": "3"}),
        "b was applied before and is gone now"
    );
}

#[test]
fn kinds_that_nothing_acts_on_are_kept_as_they_came() {
    let mut c = Cluster::new(0);
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": {"x": "y"}},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}});
    assert_eq!(c.apply(service.clone()), "service/web created");
    let kind = Kind::other("v1", "Service");
    assert_eq!(c.value(kind.clone(), "web")["spec"], service["spec"]);
    let crd = json!({"apiVersion": "example.org/v1", "kind": "Cache", "metadata": {"name": "c"}, "spec": {"deep": {"er": [1, 2]}}});
    assert_eq!(c.apply(crd.clone()), "cache.example.org/c created");
    assert_eq!(c.apply(crd), "cache.example.org/c unchanged");
}

#[test]
fn refusals_use_the_words_of_the_real_server() {
    let web = |name: &str, labels: Value, replicas: i64| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}})
    };
    let mut c = Cluster::new(0);
    let cases: Vec<(&str, Value, &str)> = vec![
        (
            "labels that do not match",
            web("web", json!({"app": "other"}), 1),
            "The Deployment \"web\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`",
        ),
        (
            "negative replicas",
            web("web", json!({"app": "web"}), -1),
            "The Deployment \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            "missing namespace",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "nope"}}),
            "Error from server (NotFound): namespaces \"nope\" not found",
        ),
    ];
    for (name, object, expected) in cases {
        let got = c.apply(object);
        assert_eq!(got, expected, "{name}");
    }
    let missing = UserCommand::Scale { key: Key::new(Kind::Deployment, "default", "ghost"), replicas: 2 };
    assert_eq!(c.run(missing), "Error from server (NotFound): deployments.apps \"ghost\" not found");
}

#[test]
fn patches_of_all_three_kinds() {
    let mut c = Cluster::new(0);
    c.apply(config_map(json!({"a": "1", "b": "2"})));
    let cases = [
        (PatchKind::Merge, json!({"data": {"a": null, "c": "3"}}), json!({"b": "2", "c": "3"})),
        (PatchKind::Strategic, json!({"data": {"d": "4"}}), json!({"b": "2", "c": "3", "d": "4"})),
        (PatchKind::Json, json!([{"op": "remove", "path": "/data/b"}]), json!({"c": "3", "d": "4"})),
    ];
    for (kind, patch, after) in cases {
        let key = Key::new(Kind::ConfigMap, "default", "cm");
        assert_eq!(c.run(UserCommand::Patch { key, kind, patch }), "configmap/cm patched", "{kind:?}");
        assert_eq!(c.value(Kind::ConfigMap, "cm")["data"], after, "{kind:?}");
    }
}

#[test]
fn the_default_namespaces_exist_and_secrets_are_coded() {
    let mut c = Cluster::new(0);
    for name in podium_sim::apiserver::SYSTEM_NAMESPACES {
        let ns = c.value(Kind::Namespace, name);
        assert_eq!(ns["status"]["phase"], "Active", "{name}");
        assert_eq!(ns["metadata"]["labels"]["kubernetes.io/metadata.name"], name);
    }
    c.apply(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "v"}}),
    );
    let s = c.value(Kind::Secret, "s");
    assert_eq!(
        (&s["data"]["k"], &s["type"], &s["stringData"]),
        (&json!("dg=="), &json!("Opaque"), &Value::Null)
    );
}

#[test]
fn delete_by_labels_and_fields_lists_first() {
    let mut c = Cluster::new(0);
    for (name, tier) in [("a", "front"), ("b", "back"), ("c", "front")] {
        c.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"tier": tier}}}));
    }
    let delete = |labels: &str, fields: &str| UserCommand::DeleteSelected {
        kind: Kind::ConfigMap,
        ns: "default".into(),
        labels: labels.into(),
        fields: fields.into(),
    };
    let refused = "Error from server (BadRequest): ";
    assert!(c.run(delete("", "data.x=1")).starts_with(refused));
    assert_eq!(c.run(delete("tier=front", "metadata.name!=c")), "configmap \"a\" deleted");
    assert_eq!(c.run(delete("tier in (front,back)", "")), "configmap \"b\" deleted\nconfigmap \"c\" deleted");
    assert_eq!(c.run(delete("tier", "")), "No resources found");
}

#[test]
fn what_must_not_be_deleted_or_referred_to() {
    let mut c = Cluster::new(0);
    let delete = UserCommand::Delete {
        key: Key::new(Kind::Namespace, "", "default"),
        grace: None,
        propagation: Default::default(),
    };
    assert_eq!(
        c.run(delete),
        "Error from server (Forbidden): namespaces \"default\" is forbidden: this namespace may not be deleted"
    );
    let pod = |extra: Value| {
        let mut spec = json!({"containers": [{"name": "c", "image": "i"}]});
        spec.as_object_mut().expect("a map").extend(extra.as_object().cloned().expect("a map"));
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    };
    let refused = "Error from server (Forbidden): pods \"p\" is forbidden: ";
    assert_eq!(
        c.apply(pod(json!({"priorityClassName": "high"}))),
        format!("{refused}no PriorityClass with name high was found")
    );
    assert!(
        c.apply(pod(json!({"serviceAccountName": "ghost"})))
            .starts_with(&format!("{refused}error looking up service account default/ghost"))
    );
    c.apply(json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 7}));
    assert_eq!(
        c.apply(pod(json!({"priorityClassName": "high", "schedulingGates": [{"name": "later"}]}))),
        "pod/p created"
    );
    let p = c.value(Kind::Pod, "p");
    assert_eq!(p["spec"]["priority"], 7);
    assert_eq!(p["status"]["conditions"][0]["reason"], "SchedulingGated");
    let big = "x".repeat(300 * 1024);
    let e = c.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big", "annotations": {"a": big}}}));
    assert!(e.contains("metadata.annotations: Too long"), "{e}");
}

#[test]
fn one_bad_object_does_not_stop_the_others() {
    let mut c = Cluster::new(0);
    let objects = vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "early", "namespace": "shop"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "p-"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
    ];
    let told = c.run(UserCommand::Apply { objects });
    assert_eq!(
        told,
        "namespace/shop created\nError from server (NotFound): namespaces \"shop\" not found\n\
         error: from p-: cannot use generate name with apply"
    );
}
