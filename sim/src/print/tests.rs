//! What is printed, beside what a real kubectl 1.33 printed for the same objects.
//!
//! `testdata/cluster.json` was served to it by a stand-in API server, with all times moved so that
//! 2026-01-01T12:00:00Z was now; its answers are the other files. Tables come from the server in
//! the real cluster, so the expected tables here are written by hand after `printers.go`.

use super::output::{Options, to_json};
use super::yaml::to_yaml;
use super::*;
use crate::cow::CowMap;
use crate::object::{Key, Kind, Obj, lit};
use serde_json::{Value, json};

const NOW: &str = "2026-01-01T12:00:00Z";

fn now() -> Time {
    Time::parse(NOW).unwrap()
}

fn obj(v: Value) -> Obj {
    Obj::from_value(v).unwrap()
}

fn cluster() -> CowMap<Key, Obj> {
    let all: Vec<Value> = serde_json::from_str(include_str!("testdata/cluster.json")).unwrap();
    all.into_iter().map(obj).map(|o| (o.key(), o)).collect()
}

/// Fails with both texts in full, and the first line that differs.
#[track_caller]
fn same(name: &str, got: &str, want: &str) {
    if got != want {
        let line = got.split('\n').zip(want.split('\n')).find(|(a, b)| a != b);
        panic!("{name}: first difference {line:?}\n--- got\n{got}\n--- want\n{want}");
    }
}

macro_rules! described {
    ($($file:literal => $kind:expr, $ns:literal, $name:literal;)+) => {
        [$(($file, $kind, $ns, $name, include_str!(concat!("testdata/describe-", $file, ".txt")))),+]
    };
}

#[test]
fn descriptions_are_kubectls() {
    let objects = cluster();
    for (file, kind, ns, name, want) in described! {
        "pod-web-1" => Kind::Pod, "default", "web-1";
        "pod-web-2" => Kind::Pod, "default", "web-2";
        "pod-web-3" => Kind::Pod, "default", "web-3";
        "node-node-1" => Kind::Node, "", "node-1";
        "node-node-2" => Kind::Node, "", "node-2";
        "deploy-web" => Kind::Deployment, "default", "web";
        "rs-web-old" => Kind::ReplicaSet, "default", "web-old";
        "rs-web-new" => Kind::ReplicaSet, "default", "web-new";
        "ns-default" => Kind::Namespace, "", "default";
        "cm-cfg" => Kind::ConfigMap, "default", "cfg";
        "secret-sec" => Kind::Secret, "default", "sec";
        "sa-default" => Kind::ServiceAccount, "default", "default";
        "lease-node-1" => Kind::Lease, "kube-node-lease", "node-1";
    } {
        let got = describe(Cluster { objects: &objects, now: now() }, &Key::new(kind, ns, name)).unwrap();
        same(file, &got, want);
    }
    let cluster = Cluster { objects: &objects, now: now() };
    assert_eq!(describe(cluster, &Key::new(Kind::Pod, lit!("default"), lit!("none"))), None);
}

#[test]
fn events_are_listed_by_when_they_were_last_seen() {
    let all: Vec<Obj> = cluster().values().cloned().collect();
    same(
        "kubectl events",
        &events::events(&all, now()).render(false, false, false),
        include_str!("testdata/events.txt"),
    );
    same(
        "kubectl events -A",
        &events::events(&all, now()).render(false, true, false),
        include_str!("testdata/events-all.txt"),
    );
    same(
        "kubectl get events -o wide",
        &events::get_events(&all[..], now()).render(true, false, false),
        "\
LAST SEEN   TYPE      REASON              OBJECT           SUBOBJECT              SOURCE                  MESSAGE                                         FIRST SEEN   COUNT   NAME
2d3h        Normal    Starting            node/node-1                             kubelet, node-1         Starting kubelet.                               2d3h         1       node-1.a
60m         Normal    Scheduled           pod/web-1                               default-scheduler       Successfully assigned default/web-1 to node-1   60m          1       web-1.b
60m         Normal    ScalingReplicaSet   deployment/web                          deployment-controller   Scaled up replica set web-new from 0 to 2       60m          1       web.a
15m         Warning   BackOff             pod/web-1        spec.containers{web}   kubelet, node-1         Back-off restarting failed container            45m          7       web-1.a
",
    );
}

#[test]
fn usage_is_kubectls() {
    let usage = |ns: &str, name: &str, cpu, mi: i64, of: (i64, i64)| top::Usage {
        namespace: ns.into(),
        name: name.into(),
        cpu_milli: cpu,
        memory_bytes: cpu.map(|_| mi << 20),
        cpu_milli_of: of.0,
        memory_bytes_of: of.1,
    };
    let nodes = [usage("", "node-2", None, 0, (0, 0)), usage("", "node-1", Some(290), 1500, (1000, 7 << 30))];
    same("nodes", &top::nodes(&nodes, false), include_str!("testdata/top-nodes.txt"));
    let pods =
        [usage("default", "web-2", Some(5), 10, (0, 0)), usage("default", "web-1", Some(1250), 300, (0, 0))];
    same("pods", &top::pods(&pods, false, false), include_str!("testdata/top-pods.txt"));
    same("pods -A --no-headers", &top::pods(&pods, true, true), include_str!("testdata/top-pods-all.txt"));
}

#[test]
fn yaml_and_json_are_kubectls() {
    for (name, input, yaml, json) in [
        (
            "strings",
            include_str!("testdata/strings.json"),
            include_str!("testdata/strings.yaml"),
            include_str!("testdata/strings.out.json"),
        ),
        (
            "shapes",
            include_str!("testdata/shapes.json"),
            include_str!("testdata/shapes.yaml"),
            include_str!("testdata/shapes.out.json"),
        ),
    ] {
        let value: Value = serde_json::from_str(input).unwrap();
        same(&format!("{name}.yaml"), &to_yaml(&value), yaml);
        same(&format!("{name}.json"), &to_json(&value), json);
    }
    let all: Vec<Value> = serde_json::from_str(include_str!("testdata/cluster.json")).unwrap();
    let deployment = all.iter().find(|v| v["kind"] == "Deployment").unwrap();
    same("a whole deployment", &to_yaml(deployment), include_str!("testdata/deploy.yaml"));
}

#[test]
fn lists_and_names_are_kubectls() {
    let objects = cluster();
    let of = |kinds: &[Kind]| -> Vec<Obj> {
        kinds.iter().flat_map(|k| objects.values().filter(move |o| o.kind() == *k).cloned()).collect()
    };
    let options = |format, list| Options { format, list, ..Options::default() };
    let some = of(&[Kind::ConfigMap, Kind::ServiceAccount]);
    same("-o json", &print(&some, options(Format::Json, true), now()), include_str!("testdata/list.json"));
    let some = of(&[Kind::ConfigMap, Kind::ServiceAccount, Kind::Deployment]);
    same("-o name", &print(&some, options(Format::Name, true), now()), include_str!("testdata/names.txt"));
    let one = of(&[Kind::ServiceAccount]);
    let text = print(&one, options(Format::Yaml, false), now());
    assert!(
        text.starts_with("apiVersion: v1\nimagePullSecrets:\n- name: reg\nkind: ServiceAccount\n"),
        "{text}"
    );
    let text = print(&one, options(Format::Yaml, true), now());
    assert!(
        text.starts_with("apiVersion: v1\nitems:\n- apiVersion: v1\n  imagePullSecrets:\n  - name: reg\n"),
        "{text}"
    );
    assert!(text.ends_with("kind: List\nmetadata:\n  resourceVersion: \"\"\n"), "{text}");
    let none = print(&[], options(Format::Yaml, true), now());
    assert_eq!(none, "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n");
    assert_eq!(
        "yml".parse::<Format>().unwrap_err().to_string(),
        "unable to match a printer suitable for the output format \"yml\", allowed formats are: json,name,wide,yaml"
    );
    assert_eq!("wide".parse::<Format>(), Ok(Format::Wide));
}

mod pods;
mod roundtrip;
mod tabular;
