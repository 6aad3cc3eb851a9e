//! What admission and the strategy of pods make of a pod on its way in: priority classes
//! (`plugin/pkg/admission/priority`), and label keys that become a part of selectors (`pkg/registry/core/pod/strategy.go`).

mod common;

use common::{config, key};
use podium_sim::object::Kind;
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::Level;
use podium_sim::world::{External, UserCommand, World};
use serde_json::{Value, json};

/// Creates objects, one after the other; what kubectl prints of the last.
fn create(world: &mut World, objects: Vec<Value>) -> String {
    let now = world.now();
    world.take_outcomes();
    world.handle(now, External::User { id: now.0, command: UserCommand::Create { objects } });
    world.advance(now + Span::secs(1));
    let outcomes = world.take_outcomes();
    let o = outcomes.last().expect("an answer");
    o.lines.iter().chain(&o.error).cloned().collect::<Vec<_>>().join("\n")
}

fn world() -> World {
    let mut world = World::new(config(1, Level::Lifecycle), 1);
    world.advance(SimTime(0) + Span::secs(2));
    world
}

fn class(name: &str, value: i64, more: Value) -> Value {
    let mut v = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "value": value});
    podium_sim::api_util::patch::json_merge_patch(&mut v, &more);
    v
}

fn pod(name: &str, spec: Value) -> Value {
    let mut v = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web", "version": "7"}},
        "spec": {"containers": [{"name": "c", "image": "web:1"}]}});
    podium_sim::api_util::patch::json_merge_patch(&mut v["spec"], &spec);
    v
}

#[test]
fn priorities_come_from_classes() {
    let system = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
    let classes =
        vec![class("high", 1000, json!({})), class("polite", 500, json!({"preemptionPolicy": "Never"}))];
    let default = vec![class("usual", 7, json!({"globalDefault": true}))];
    let second = vec![class("low", 3, json!({"globalDefault": true}))];
    let must_not = "must not be provided in pod spec; priority admission controller computed";
    let lower = "PreemptLowerPriority";
    type Case = (&'static str, bool, Value, Result<(i64, &'static str, &'static str), String>);
    let cases: Vec<Case> = vec![
        ("no class", false, json!({}), Ok((0, "", lower))),
        ("a default class", true, json!({}), Ok((7, "usual", lower))),
        ("a class", true, json!({"priorityClassName": "high"}), Ok((1000, "high", lower))),
        (
            "one that never preempts",
            false,
            json!({"priorityClassName": "polite"}),
            Ok((500, "polite", "Never")),
        ),
        (
            "the class's own value",
            false,
            json!({"priorityClassName": "high", "priority": 1000}),
            Ok((1000, "high", lower)),
        ),
        (
            "a system class",
            false,
            json!({"priorityClassName": system[0].0}),
            Ok((system[0].1, system[0].0, lower)),
        ),
        (
            "an unknown class",
            false,
            json!({"priorityClassName": "hgih"}),
            Err("pods \"p\" is forbidden: no PriorityClass with name hgih was found".into()),
        ),
        (
            "a value without a class",
            false,
            json!({"priority": 5}),
            Err(format!("the integer value of priority (5) {must_not} 0 from the given PriorityClass name")),
        ),
        (
            "another policy than the class's",
            false,
            json!({"priorityClassName": "high", "preemptionPolicy": "Never"}),
            Err(format!(
                "the string value of PreemptionPolicy (Never) {must_not} {lower} from the given PriorityClass name"
            )),
        ),
    ];
    for (name, with_default, spec, want) in cases {
        let mut w = world();
        for (name, _) in system {
            let kind = Kind::other("scheduling.k8s.io/v1", "PriorityClass");
            assert!(
                w.get(&podium_sim::object::Key::new(kind, "", name)).is_some(),
                "{name} is there from the start"
            );
        }
        create(&mut w, classes.clone());
        if with_default {
            create(&mut w, default.clone());
            let said = create(&mut w, second.clone());
            let why = "PriorityClass usual is already marked as default. Only one default can exist";
            assert!(said.contains(why), "{said}");
        }
        let said = create(&mut w, vec![pod("p", spec)]);
        match want {
            Ok((value, class, policy)) => {
                let p = w.get(&key(Kind::Pod, "p")).unwrap_or_else(|| panic!("{name}: {said}")).to_value();
                let have =
                    (&p["spec"]["priority"], p["spec"]["priorityClassName"].as_str().unwrap_or_default());
                assert_eq!(have, (&json!(value), class), "{name}");
                assert_eq!(p["spec"]["preemptionPolicy"], policy, "{name}");
            }
            Err(why) => assert!(said.contains(&why), "{name}: {said}"),
        }
    }
}

#[test]
fn label_keys_become_a_part_of_selectors() {
    let selector = || json!({"matchLabels": {"app": "web"}});
    let has = |op: &str, k: &str, v: &str| json!({"key": k, "operator": op, "values": [v]});
    let cases = [
        (
            "match",
            json!({"labelSelector": selector(), "matchLabelKeys": ["version"]}),
            json!([has("In", "version", "7")]),
        ),
        (
            "mismatch",
            json!({"labelSelector": selector(), "mismatchLabelKeys": ["version"]}),
            json!([has("NotIn", "version", "7")]),
        ),
        (
            "a label that the pod lacks",
            json!({"labelSelector": selector(), "matchLabelKeys": ["tier"]}),
            Value::Null,
        ),
        ("no selector", json!({"matchLabelKeys": ["version"]}), Value::Null),
    ];
    let term = |v: &Value| {
        let mut t = json!({"topologyKey": "kubernetes.io/hostname"});
        podium_sim::api_util::patch::json_merge_patch(&mut t, v);
        t
    };
    for (name, keys, want) in cases {
        let mut w = world();
        let t = term(&keys);
        let mut constraint = t.clone();
        podium_sim::api_util::patch::json_merge_patch(
            &mut constraint,
            &json!({"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", "mismatchLabelKeys": null}),
        );
        let spec = json!({
            "affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": t}]},
                "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [t]}},
            "topologySpreadConstraints": [constraint]});
        let said = create(&mut w, vec![pod("p", spec)]);
        let p = w.get(&key(Kind::Pod, "p")).unwrap_or_else(|| panic!("{name}: {said}")).to_value();
        let affinity = &p["spec"]["affinity"];
        let preferred =
            &affinity["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"];
        let required = &affinity["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
        for (place, term) in [("preferred", preferred), ("required", required)] {
            assert_eq!(term["labelSelector"]["matchExpressions"], want, "{name}, {place}");
        }
        // A spread constraint knows no keys that must differ.
        let spread = &p["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchExpressions"];
        assert_eq!(*spread, if name == "mismatch" { Value::Null } else { want }, "{name}, spread");
    }
}

#[test]
fn replicas_of_two_versions_have_selectors_of_their_own() {
    // The same template, of which the specs are shared, with other labels.
    let mut w = world();
    for version in ["1", "2"] {
        let term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {}, "matchLabelKeys": ["version"]});
        let affinity = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
        let mut v = pod(&format!("p{version}"), json!({"affinity": affinity}));
        v["metadata"]["labels"]["version"] = json!(version);
        create(&mut w, vec![v]);
        let p = w.get(&key(Kind::Pod, &format!("p{version}"))).expect("the pod").to_value();
        let term =
            &p["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
        assert_eq!(term["labelSelector"]["matchExpressions"][0]["values"], json!([version]));
    }
}
