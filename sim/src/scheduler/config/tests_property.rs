//! Any text is read or refused, and any profile expanded or refused, without a panic.

use super::tests::{config, recorded};
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Reading and expanding never panics, and what is read holds what its types promise.
fn holds(source: &Arc<SourceText>) {
    match read_with(source, IN_TREE) {
        Ok((config, warnings)) => {
            assert!(warnings.iter().all(|d| !d.is_error()));
            assert!(!config.profiles.is_empty() && config.parallelism > 0);
            assert!(config.pod_max_backoff_seconds >= config.pod_initial_backoff_seconds);
            for p in &config.profiles {
                let all = expand(p, IN_TREE).unwrap();
                assert!(all.at(Point::Score).iter().all(|(_, weight)| *weight > 0));
                assert!(!p.args.node_resources_fit.scoring_strategy.resources.is_empty());
            }
        }
        Err(found) => {
            assert!(found.iter().any(Diagnostic::is_error));
            for d in &found {
                assert!(!d.to_string().is_empty());
                let (line, column) = d.line_col();
                assert!(line > 0 && column > 0);
            }
        }
    }
}

/// Words that configurations are made of.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "apiVersion",
        "kind",
        "profiles",
        "plugins",
        "pluginConfig",
        "args",
        "name",
        "weight",
        "enabled",
        "disabled",
        "score",
        "filter",
        "multiPoint",
        "queueSort",
        "bind",
        "shape",
        "resources",
        "scoringStrategy",
        "type",
        "*",
        "NodeName",
        "NodeResourcesFit",
        "PrioritySort",
        "DefaultBinder",
        "addedAffinity",
        "defaultConstraints",
        "extenders",
        "leaderElection",
        "leaseDuration",
        "0",
        "1",
        "-1",
        "101",
        "99999999999",
        "1.5",
        "~",
        "true",
        "ü",
    ])
}

/// Some value.
fn value() -> impl Strategy<Value = Value> {
    let leaf = word().prop_map(|w| serde_json::from_str(w).unwrap_or_else(|_| json!(w)));
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((word(), inner), 0..4)
                .prop_map(|m| m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Value>()),
        ]
    })
}

/// Puts another value at the `n`th place of a value, counting from the outside.
fn mutate(value: &mut Value, n: &mut usize, other: &Value) {
    if *n == 0 {
        *value = other.clone();
        *n = usize::MAX;
        return;
    }
    *n -= 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => return,
    };
    for v in inner {
        if *n < usize::MAX / 2 {
            mutate(v, n, other);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        holds(&SourceText::new("x", text.clone()));
        holds(&config(&text));
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec((word(), prop::sample::select(vec![": ", "\n", "\n- ", "\n  ", "{", "}", "[", ", ", "'"])), 0..40)) {
        let text: String = pieces.iter().map(|(word, mark)| format!("{word}{mark}")).collect();
        holds(&config(&text));
    }

    #[test]
    fn mutated_configurations(which in 0usize..9, places in prop::collection::vec((0usize..30, value()), 1..4)) {
        let mut all = recorded();
        let mut config = all.swap_remove(which % all.len());
        for (mut n, other) in places {
            mutate(&mut config, &mut n, &other);
        }
        holds(&SourceText::new("x", config.to_string()));
        let _ = from_value(&config);
    }

    #[test]
    fn any_profile_can_be_expanded_or_says_why_not(
        sets in prop::collection::vec((0usize..13, prop::bool::ANY, 0usize..20, prop::option::of(0..9i32)), 0..12),
    ) {
        let mut profile = ProfileConfig::default();
        for (point, enable, plugin, weight) in sets {
            let point = *Point::EACH.get(point).unwrap_or(&Point::MultiPoint);
            let name = Str::from(IN_TREE.get(plugin).map_or("*", |r| r.name));
            let set = profile.plugins.at_mut(point);
            if enable { set.enabled.push(EnabledPlugin { name, weight }) } else { set.disabled.push(name) }
        }
        match expand(&profile, IN_TREE) {
            Err(why) => prop_assert!(!why.is_empty()),
            Ok(all) => {
                for point in Point::EACH {
                    let mut seen: Vec<&str> = all.at(point).iter().map(|(n, _)| *n).collect();
                    prop_assert!(seen.iter().all(|n| IN_TREE.iter().any(|r| r.name == *n && r.has(point))));
                    seen.sort_unstable();
                    let number = seen.len();
                    seen.dedup();
                    prop_assert_eq!(seen.len(), number);
                }
            }
        }
    }
}
