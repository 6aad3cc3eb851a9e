//! Properties that hold of every input.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::patch::{diff_merge_patch, json_merge_patch, json_patch};
use super::patch::{strategic_merge_patch, three_way_strategic, two_way_strategic};
use super::time::{format_ns, parse_duration};
use super::*;

/// JSON without nulls, with few keys so that two values have some in common.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..4_i64).prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

/// Containers of distinct names.
fn containers() -> impl Strategy<Value = Value> {
    let env = prop::collection::btree_map("[A-C]", "[0-2]", 0..3).prop_map(|env| {
        env.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>()
    });
    let container = (prop::option::of("[x-z]"), env);
    let named = prop::collection::btree_map("[a-d]", container, 0..4).prop_map(|all| {
        all.into_iter()
            .map(|(name, (image, env))| {
                let mut map = Map::new();
                map.insert("name".into(), name.into());
                map.insert("env".into(), env.into());
                if let Some(image) = image {
                    map.insert("image".into(), image.into());
                }
                Value::Object(map)
            })
            .collect::<Vec<_>>()
    });
    named.prop_shuffle().prop_map(Value::from)
}

/// A pod with members that merge in each of the ways.
fn pod() -> impl Strategy<Value = Value> {
    let finalizers = prop::sample::subsequence(vec!["f1", "f2", "f3"], 0..=3);
    let labels = prop::collection::btree_map("[a-c]", "[0-2]", 0..3);
    let volumes = prop::collection::btree_map("[v-w]", "emptyDir|configMap|secret", 0..3).prop_map(|all| {
        all.into_iter().map(|(name, source)| json!({"name": name, (source): {"q": 1}})).collect::<Vec<_>>()
    });
    let tolerations = prop::collection::vec("[k-l]".prop_map(|key| json!({"key": key})), 0..3);
    (finalizers, labels, containers(), volumes, tolerations).prop_map(
        |(finalizers, labels, containers, volumes, tolerations)| {
            json!({
                "metadata": {"finalizers": finalizers, "labels": labels},
                "spec": {"containers": containers, "volumes": volumes, "tolerations": tolerations},
            })
        },
    )
}

/// Every member of `part` is in `whole`; named items are looked up by name, other lists are equal.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(k, v)| whole.get(k).is_some_and(|w| contains(w, v)))
        }
        (Value::Array(whole), Value::Array(part)) if part.iter().all(|v| v.get("name").is_some()) => {
            part.iter().all(|v| whole.iter().any(|w| w.get("name") == v.get("name") && contains(w, v)))
        }
        (Value::Array(whole), Value::Array(part)) if part.iter().all(Value::is_string) => {
            part.iter().all(|v| whole.contains(v))
        }
        _ => whole == part,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn quantity_prints_what_it_parses(
        text in "[+-]?[0-9]{1,22}(\\.[0-9]{0,12})?(n|u|m||k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e-?[0-9]{1,2})"
    ) {
        let q = Quantity::parse(&text).unwrap();
        let printed = q.to_string();
        let again = Quantity::parse(&printed).unwrap();
        prop_assert_eq!(q, again);
        prop_assert_eq!(&again.to_string(), &printed);
        prop_assert_eq!(q.milli() > 0, q > Quantity::ZERO);
    }

    #[test]
    fn quantity_order_is_that_of_whole_numbers(a in any::<i64>(), b in any::<i64>()) {
        let (qa, qb) = (Quantity::parse(&a.to_string()).unwrap(), Quantity::parse(&b.to_string()).unwrap());
        prop_assert_eq!(qa.cmp(&qb), a.cmp(&b));
        prop_assert_eq!(qa.value(), a);
        prop_assert_eq!(qa.milli(), a.saturating_mul(1000));
    }

    #[test]
    fn parsers_do_not_panic(text in any::<String>()) {
        let _ = Quantity::parse(&text);
        let _ = Time::parse(&text);
        let _ = MicroTime::parse(&text);
        let _ = parse_duration(&text);
        let _ = Selector::parse(&text);
        let _ = FieldSelector::parse(&text);
        let _ = IntOrString::parse(&text).scaled(i64::MAX, true);
        for check in [hash::label_key, hash::label_value, hash::dns1123_label, hash::dns1123_subdomain, hash::dns1035_label] {
            let _ = check(&text);
        }
    }

    #[test]
    fn parsers_do_not_panic_on_what_is_nearly_right(
        number in "[-+.0-9eEmKi]{0,12}",
        time in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]*)?(Z|[+-][0-9]{2}:[0-9]{2}|é)",
        span in "([0-9.]{0,25}(h|m|s|ms|µs|µ|ns)){0,3}",
        labels in "[a-c=!(),<> in]{0,16}",
        fields in "[a-c=!,\\\\é]{0,12}",
    ) {
        let _ = Quantity::parse(&number);
        if let Ok(time) = Time::parse(&time) {
            prop_assert_eq!(Time::parse(&time.to_string()), Ok(time));
        }
        let _ = parse_duration(&span);
        if let Ok(selector) = Selector::parse(&labels) {
            prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
        }
        if let Ok(selector) = FieldSelector::parse(&fields) {
            prop_assert_eq!(FieldSelector::parse(&selector.to_string()), Ok(selector));
        }
    }

    #[test]
    fn times_and_durations_round_trip(micros in -62_135_596_800_000_000_i64..253_402_300_799_999_999, ns in 0..i64::MAX as u64) {
        prop_assert_eq!(MicroTime::parse(&MicroTime(micros).to_string()), Ok(MicroTime(micros)));
        prop_assert_eq!(parse_duration(&format_ns(ns)), Ok(ns));
    }

    #[test]
    fn a_merge_patch_gives_the_new_value(old in value(), new in value()) {
        let mut got = old.clone();
        json_merge_patch(&mut got, &diff_merge_patch(&old, &new));
        prop_assert_eq!(got, new);
    }

    #[test]
    fn json_patch_does_not_panic(
        doc in value(),
        op in "add|remove|replace|move|copy|test",
        from in "(/([a-d]|-?[0-3]|-)){0,3}",
        path in "(/([a-d]|-?[0-3]|-)){0,3}",
        new in value(),
    ) {
        let _ = json_patch(&doc, &json!([{"op": op, "from": from, "path": path, "value": new}]));
    }

    #[test]
    fn two_way_strategic_gives_the_new_object(old in pod(), new in pod()) {
        let patch = two_way_strategic(&old, &new, "Pod").unwrap();
        prop_assert_eq!(strategic_merge_patch(&old, &patch, "Pod"), Ok(new));
        prop_assert_eq!(two_way_strategic(&old, &old, "Pod"), Ok(json!({})));
    }

    #[test]
    fn apply_sets_all_that_the_user_asks_for(original in pod(), modified in pod(), current in pod()) {
        let patch = three_way_strategic(&original, &modified, &current, "Pod").unwrap();
        let got = strategic_merge_patch(&current, &patch, "Pod").unwrap();
        prop_assert!(contains(&got, &modified), "{got} has not all of {modified}");
        // What is left of the server's is neither the user's now nor was it before.
        for item in got["spec"]["containers"].as_array().unwrap() {
            let named = |pod: &Value| {
                pod["spec"]["containers"].as_array().unwrap().iter().any(|c| c["name"] == item["name"])
            };
            prop_assert!(named(&modified) || (named(&current) && !named(&original)));
        }
        // Applied again, nothing is left to change but the order of what others added.
        let again = three_way_strategic(&modified, &modified, &got, "Pod").unwrap();
        prop_assert_eq!(strategic_merge_patch(&got, &again, "Pod"), Ok(got));
    }

    #[test]
    fn a_strategic_patch_of_any_shape_does_not_panic(current in value(), patch in value(), kind in "Pod|Node|Service") {
        let wrap = |v: &Value| json!({"spec": {"containers": v, "volumes": v, "ports": v}, "metadata": {"finalizers": v}});
        let _ = strategic_merge_patch(&wrap(&current), &wrap(&patch), &kind);
        let _ = two_way_strategic(&wrap(&current), &wrap(&patch), &kind);
    }
}
