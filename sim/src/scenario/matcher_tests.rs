use super::*;
use serde_json::json;

#[test]
fn values_match_as_documented() {
    let pod = json!({
        "metadata": {"name": "web-1", "labels": {"app": "web", "a.b/c": "1"}},
        "spec": {"containers": [
            {"name": "main", "image": "web:1", "resources": {"requests": {"cpu": "500m"}}},
            {"name": "side", "image": "log:2"}
        ]},
        "status": {"phase": "Running", "restarts": 3, "conditions": [
            {"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}
        ], "flag": true}
    });
    for (name, want, ok) in [
        ("a part", json!({"status": {"phase": "Running"}}), true),
        ("another value", json!({"status": {"phase": "Pending"}}), false),
        ("keys with dots", json!({"metadata": {"labels": {"a.b/c": "1"}}}), true),
        ("a key into a list", json!({"status": {"conditions[type=Ready]": {"status": "True"}}}), true),
        (
            "a key into a list, wrong",
            json!({"status": {"conditions[type=Ready]": {"status": "False"}}}),
            false,
        ),
        (
            "a key into a list, not there",
            json!({"status": {"conditions[type=Gone]": {"status": "True"}}}),
            false,
        ),
        ("a key into a list, absent as it should", json!({"status": {"conditions[type=Gone]": null}}), true),
        ("lists in any order", json!({"spec": {"containers": [{"name": "side"}, {"name": "main"}]}}), true),
        ("lists without names", json!({"spec": {"containers": [{"image": "log:*"}]}}), true),
        (
            "each item needs its own",
            json!({"status": {"conditions": [{"status": "True"}, {"status": "True"}, {"status": "True"}]}}),
            false,
        ),
        (
            "items are dealt out well",
            json!({"status": {"conditions": [{"status": "True"}, {"type": "Ready"}]}}),
            true,
        ),
        ("at least", json!({"status": {"restarts": ">=3"}}), true),
        ("more than", json!({"status": {"restarts": ">3"}}), false),
        ("less than", json!({"status": {"restarts": "<10"}}), true),
        ("other than", json!({"status": {"phase": "!=Failed"}}), true),
        ("other than itself", json!({"status": {"phase": "!=Running"}}), false),
        ("zero is absent", json!({"status": {"ready": 0}}), true),
        ("one is not absent", json!({"status": {"ready": 1}}), false),
        ("comparing what is absent", json!({"status": {"ready": "<1"}}), true),
        ("false is absent", json!({"spec": {"hostNetwork": false}}), true),
        ("null is absent", json!({"metadata": {"deletionTimestamp": null}}), true),
        ("null is not there", json!({"metadata": {"name": null}}), false),
        ("anything, but there", json!({"metadata": {"name": "*"}}), true),
        ("glob", json!({"metadata": {"name": "web-*"}}), true),
        (
            "quantities",
            json!({"spec": {"containers": [{"resources": {"requests": {"cpu": "<=0.5"}}}]}}),
            true,
        ),
        (
            "numbers are quantities too",
            json!({"spec": {"containers": [{"resources": {"requests": {"cpu": 0.5}}}]}}),
            true,
        ),
        ("a mapping where a text is", json!({"status": {"phase": {"a": 1}}}), false),
    ] {
        assert_eq!(mismatches(&want, &pod).is_empty(), ok, "{name}: {:?}", mismatches(&want, &pod));
    }
}

#[test]
fn mismatches_name_the_place() {
    let have = json!({"spec": {"containers": [{"name": "main", "image": "web:1"}]}, "status": {}});
    let want =
        json!({"spec": {"containers": [{"name": "main", "image": "web:2"}]}, "status": {"readyReplicas": 3}});
    let found: Vec<String> =
        mismatches(&want, &have).iter().map(|m| format!("{} {} {:?}", m.path, m.expected, m.found)).collect();
    assert_eq!(
        found,
        ["spec.containers[name=main].image \"web:2\" Some(\"\\\"web:1\\\"\")", "status.readyReplicas 3 None"]
    );
}

#[test]
fn globs() {
    for (pattern, text, ok) in [
        ("web-*", "web-1", true),
        ("*", "", true),
        ("a*b", "ab", true),
        ("a*b*c", "a-b-c", true),
        ("a*b", "abc", false),
        ("*x", "x", true),
        ("ab*ba", "aba", false),
        ("plain", "plain", true),
        ("plain", "plainer", false),
    ] {
        assert_eq!(glob(pattern, text), ok, "{pattern} {text}");
    }
}
