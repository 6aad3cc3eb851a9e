use serde_json::json;

use super::*;

#[test]
fn merge_patches_as_rfc_7386_has_them() {
    // The cases of the RFC's appendix A, with their diffs where a diff can say it.
    for (target, patch, want) in [
        (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
        (json!({"a":"b"}), json!({"a":null}), json!({})),
        (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
        (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
        (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
        (json!(["a"]), json!(["c"]), json!(["c"])),
        (json!({"a":"foo"}), json!(null), json!(null)),
        (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
        (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
        (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
    ] {
        let mut got = target.clone();
        json_merge_patch(&mut got, &patch);
        assert_eq!(got, want, "{target} + {patch}");
    }
    let old = json!({"a":1,"b":{"c":[1],"d":2},"e":{"f":1}});
    let new = json!({"a":1,"b":{"c":[2]},"e":5});
    assert_eq!(diff_merge_patch(&old, &new), json!({"b":{"c":[2],"d":null},"e":5}));
    assert_eq!(diff_merge_patch(&old, &old), json!({}));
}

#[test]
fn json_patches_apply() {
    for (name, doc, patch, want) in [
        ("add a member", json!({"a":1}), json!([{"op":"add","path":"/b","value":2}]), json!({"a":1,"b":2})),
        ("insert", json!({"a":[1,3]}), json!([{"op":"add","path":"/a/1","value":2}]), json!({"a":[1,2,3]})),
        ("append", json!({"a":[1]}), json!([{"op":"add","path":"/a/-","value":2}]), json!({"a":[1,2]})),
        ("remove", json!({"a":[1,2]}), json!([{"op":"remove","path":"/a/0"}]), json!({"a":[2]})),
        ("remove the last", json!({"a":[1,2]}), json!([{"op":"remove","path":"/a/-1"}]), json!({"a":[1]})),
        (
            "replace",
            json!({"a":{"b":1}}),
            json!([{"op":"replace","path":"/a/b","value":null}]),
            json!({"a":{"b":null}}),
        ),
        (
            "move",
            json!({"a":{"b":1},"c":{}}),
            json!([{"op":"move","from":"/a/b","path":"/c/d"}]),
            json!({"a":{},"c":{"d":1}}),
        ),
        (
            "move in a list",
            json!({"a":[1,2,3]}),
            json!([{"op":"move","from":"/a/0","path":"/a/2"}]),
            json!({"a":[2,3,1]}),
        ),
        ("copy", json!({"a":[1]}), json!([{"op":"copy","from":"/a","path":"/b"}]), json!({"a":[1],"b":[1]})),
        (
            "test passes",
            json!({"a":{"b":[1]}}),
            json!([{"op":"test","path":"/a","value":{"b":[1]}}]),
            json!({"a":{"b":[1]}}),
        ),
        ("test for absence", json!({}), json!([{"op":"test","path":"/a","value":null}]), json!({})),
        (
            "escapes",
            json!({"a/b":{"c~d":1}}),
            json!([{"op":"remove","path":"/a~1b/c~0d"}]),
            json!({"a/b":{}}),
        ),
        (
            "whole document",
            json!({"a":1}),
            json!([{"op":"replace","path":"","value":{"b":2}}]),
            json!({"b":2}),
        ),
    ] {
        assert_eq!(json_patch(&doc, &patch), Ok(want), "{name}");
    }
}

#[test]
fn json_patches_fail_in_upstreams_words() {
    let doc = json!({"a":{"b":1},"l":[1]});
    for (step, message) in [
        (
            json!({"op":"remove","path":"/x"}),
            "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
        ),
        (
            json!({"op":"remove","path":"/x/y"}),
            "remove operation does not apply: doc is missing path: \"/x/y\": missing value",
        ),
        (
            json!({"op":"add","path":"/x/y","value":1}),
            "add operation does not apply: doc is missing path: \"/x/y\": missing value",
        ),
        (
            json!({"op":"add","path":"/l/2","value":1}),
            "error in add for path: '/l/2': Unable to access invalid index: 2: invalid index referenced",
        ),
        (
            json!({"op":"replace","path":"/x","value":1}),
            "replace operation does not apply: doc is missing key: /x: missing value",
        ),
        (
            json!({"op":"replace","path":"/x/y","value":1}),
            "replace operation does not apply: doc is missing path: /x/y: missing value",
        ),
        (json!({"op":"test","path":"/a/b","value":2}), "testing value /a/b failed: test failed"),
        (
            json!({"op":"move","from":"/x/y","path":"/z"}),
            "move operation does not apply: doc is missing from path: /x/y: missing value",
        ),
        (
            json!({"op":"copy","from":"/a","path":"/x/y"}),
            "copy operation does not apply: doc is missing destination path: /x/y: missing value",
        ),
        (json!({"op":"frob","path":"/a"}), "Unexpected kind: frob"),
        (json!({"path":"/a"}), "Unexpected kind: unknown"),
        (
            json!({"op":"move","from":"/a","path":"/a/b"}),
            "error in move for path: '/a/b': a value cannot move into itself",
        ),
        (
            json!({"op":"add","path":"/z"}),
            "add operation failed to decode value: missing value field: missing value",
        ),
        (
            json!({"op":"remove"}),
            "remove operation failed to decode path: operation missing path field: missing value",
        ),
    ] {
        let patch = json!([{"op":"add","path":"/first","value":1}, step]);
        assert_eq!(json_patch(&doc, &patch).unwrap_err().to_string(), message, "{step}");
    }
    assert_eq!(json_patch(&doc, &json!({})), Err(PatchError::BadDocument));
    assert_eq!(json_patch(&doc, &json!([1])), Err(PatchError::BadDocument));
    let many = Value::Array(vec![json!({"op":"test","path":"/x","value":null}); 10_001]);
    assert_eq!(json_patch(&doc, &many), Err(PatchError::TooManyOperations(10_001)));
}

fn pod(spec: Value) -> Value {
    json!({"spec": spec})
}

#[test]
fn strategic_patches_apply() {
    for (name, kind, current, patch, want) in [
        (
            "a container merges by name and keeps its other members",
            "Pod",
            pod(json!({"containers":[{"name":"a","image":"x","tty":true},{"name":"b","image":"y"}]})),
            pod(json!({"containers":[{"name":"a","image":"z"}]})),
            pod(json!({"containers":[{"name":"a","image":"z","tty":true},{"name":"b","image":"y"}]})),
        ),
        (
            "a new container follows those of the server",
            "Pod",
            pod(json!({"containers":[{"name":"a"}]})),
            pod(json!({"containers":[{"name":"b"}]})),
            pod(json!({"containers":[{"name":"b"},{"name":"a"}]})),
        ),
        (
            "delete an element",
            "Deployment",
            json!({"spec":{"template":{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}}}),
            json!({"spec":{"template":{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}}}),
            json!({"spec":{"template":{"spec":{"containers":[{"name":"b"}]}}}}),
        ),
        (
            "replace a list",
            "Pod",
            pod(json!({"containers":[{"name":"a"},{"name":"b"}]})),
            pod(json!({"containers":[{"name":"c"},{"$patch":"replace"}]})),
            pod(json!({"containers":[{"name":"c"}]})),
        ),
        (
            "replace an object",
            "Pod",
            pod(json!({"securityContext":{"runAsUser":1,"fsGroup":2}})),
            pod(json!({"securityContext":{"$patch":"replace","runAsUser":3}})),
            pod(json!({"securityContext":{"runAsUser":3}})),
        ),
        (
            "delete an object's members",
            "Pod",
            pod(json!({"securityContext":{"runAsUser":1}})),
            pod(json!({"securityContext":{"$patch":"delete"}})),
            pod(json!({"securityContext":{}})),
        ),
        (
            "merge is what happens anyway",
            "Pod",
            pod(json!({"nodeSelector":{"a":"1"}})),
            pod(json!({"nodeSelector":{"$patch":"merge","b":"2"}})),
            pod(json!({"nodeSelector":{"a":"1","b":"2"}})),
        ),
        (
            "null deletes, also where there is nothing",
            "Node",
            json!({"spec":{"unschedulable":true}}),
            json!({"spec":{"unschedulable":null,"podCIDR":null},"status":{"x":null}}),
            json!({"spec":{},"status":{}}),
        ),
        (
            "taints and tolerations are replaced",
            "Node",
            json!({"spec":{"taints":[{"key":"a"},{"key":"b"}]}}),
            json!({"spec":{"taints":[{"key":"c"}]}}),
            json!({"spec":{"taints":[{"key":"c"}]}}),
        ),
        (
            "conditions merge by type",
            "Node",
            json!({"status":{"conditions":[{"type":"Ready","status":"True","reason":"r"},{"type":"Disk","status":"False"}]}}),
            json!({"status":{"$setElementOrder/conditions":[{"type":"Disk"},{"type":"Ready"}],"conditions":[{"type":"Ready","status":"Unknown"}]}}),
            json!({"status":{"conditions":[{"type":"Disk","status":"False"},{"type":"Ready","status":"Unknown","reason":"r"}]}}),
        ),
        (
            "retainKeys clears the other members",
            "Deployment",
            json!({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}),
            json!({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}),
            json!({"spec":{"strategy":{"type":"Recreate"}}}),
        ),
        (
            "finalizers are a set",
            "Pod",
            json!({"metadata":{"finalizers":["a","b"]}}),
            json!({"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["b","c"]}}),
            json!({"metadata":{"finalizers":["b","c"]}}),
        ),
        (
            "service ports merge by port",
            "Service",
            json!({"spec":{"ports":[{"port":80,"nodePort":30000}]}}),
            json!({"spec":{"ports":[{"port":80,"targetPort":8080}]}}),
            json!({"spec":{"ports":[{"port":80,"nodePort":30000,"targetPort":8080}]}}),
        ),
        (
            "order puts the server's own items where they were",
            "Pod",
            pod(json!({"containers":[{"name":"a"},{"name":"sidecar"},{"name":"b"}]})),
            pod(json!({"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]})),
            pod(json!({"containers":[{"name":"sidecar"},{"name":"b"},{"name":"a"}]})),
        ),
        (
            "directives do not survive where nothing was",
            "Pod",
            json!({}),
            pod(
                json!({"containers":[{"name":"a","$patch":"delete"},{"name":"b","tty":null}],"nodeSelector":{"$patch":"delete"}}),
            ),
            pod(json!({"containers":[{"name":"b"}]})),
        ),
        (
            "unknown members are kept and merged",
            "Job",
            json!({"spec":{"x":{"a":1},"y":[1]}}),
            json!({"spec":{"x":{"b":2},"y":[2]}}),
            json!({"spec":{"x":{"a":1,"b":2},"y":[2]}}),
        ),
    ] {
        assert_eq!(strategic_merge_patch(&current, &patch, kind), Ok(want), "{name}");
    }
}

#[test]
fn strategic_patches_fail() {
    let current = pod(json!({"containers":[{"name":"a"}],"nodeSelector":{"a":"1"}}));
    for (kind, patch, message) in [
        (
            "Widget",
            json!({}),
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        ),
        ("Pod", json!([]), "invalid JSON document"),
        (
            "Pod",
            pod(json!({"containers":[{"image":"x"}]})),
            "map: {\"image\":\"x\"} does not contain declared merge key: name",
        ),
        ("Pod", pod(json!({"containers":[[]]})), "lists of lists are not supported"),
        ("Pod", pod(json!({"containers":["a"]})), "list element types are not identical: \"a\""),
        ("Pod", pod(json!({"nodeSelector":{"$patch":"frob"}})), "unknown patch type: frob in map: {}"),
        (
            "Pod",
            pod(json!({"containers":[{"name":"a","$patch":"merge"}]})),
            "merging lists cannot yet be specified in the patch",
        ),
        (
            "Pod",
            pod(json!({"nodeSelector":{"$retainKeys":["b"],"a":"2"}})),
            "invalid patch format of retainKeys",
        ),
        (
            "Pod",
            json!({"metadata":{"$deleteFromPrimitiveList/finalizers":"a"}}),
            "invalid patch format of primitive list",
        ),
        (
            "Pod",
            pod(json!({"$setElementOrder/containers":{}})),
            "invalid patch format of setElementOrder list",
        ),
        (
            "Pod",
            pod(json!({"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a"}]})),
            "The order in patch list:\n[{\"name\":\"a\"}]\n doesn't match $setElementOrder list:\n[{\"name\":\"b\"}]\n",
        ),
    ] {
        assert_eq!(
            strategic_merge_patch(&current, &patch, kind).unwrap_err().to_string(),
            message,
            "{patch}"
        );
    }
}

#[test]
fn apply_computes_the_patch_of_three() {
    let none = Value::Null;
    for (name, kind, original, modified, current, want) in [
        (
            "nothing to do, with the server's defaults beside",
            "Pod",
            pod(json!({"containers":[{"name":"a","image":"x"}]})),
            pod(json!({"containers":[{"name":"a","image":"x"}]})),
            pod(
                json!({"containers":[{"name":"a","image":"x","imagePullPolicy":"Always"}],"restartPolicy":"Always"}),
            ),
            json!({}),
        ),
        (
            "a change of one image",
            "Deployment",
            json!({"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a","image":"x"}]}}}}),
            json!({"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a","image":"y"}]}}}}),
            json!({"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a","image":"x","tty":false}]}}}}),
            json!({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"image":"y","name":"a"}]}}}}),
        ),
        (
            "what was applied before and is gone is deleted",
            "Pod",
            pod(json!({"containers":[{"name":"a"},{"name":"b"}],"nodeSelector":{"d":"1"},"hostname":"h"})),
            pod(json!({"containers":[{"name":"a"}],"nodeSelector":{}})),
            pod(
                json!({"containers":[{"name":"a"},{"name":"b"}],"nodeSelector":{"d":"1","e":"2"},"hostname":"h"}),
            ),
            pod(
                json!({"$setElementOrder/containers":[{"name":"a"}],"containers":[{"$patch":"delete","name":"b"}],"hostname":null,"nodeSelector":{"d":null}}),
            ),
        ),
        (
            "only the order changes",
            "Pod",
            none.clone(),
            pod(json!({"containers":[{"name":"b"},{"name":"a"}]})),
            pod(json!({"containers":[{"name":"a"},{"name":"b"}]})),
            pod(json!({"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]})),
        ),
        (
            "a selector of a disruption budget is replaced whole",
            "PodDisruptionBudget",
            none.clone(),
            json!({"spec":{"selector":{"matchLabels":{"a":"1"}}}}),
            json!({"spec":{"selector":{"matchLabels":{"a":"2","b":"2"}}}}),
            json!({"spec":{"selector":{"matchLabels":{"a":"1"}}}}),
        ),
        (
            "what others set is left alone",
            "Deployment",
            json!({"spec":{}}),
            json!({"spec":{}}),
            json!({"spec":{"replicas":5}}),
            json!({}),
        ),
        (
            "retainKeys come with a change of the strategy",
            "Deployment",
            none.clone(),
            json!({"spec":{"strategy":{"type":"Recreate"}}}),
            json!({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}),
            json!({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}),
        ),
        (
            "a volume changes its source",
            "Pod",
            pod(json!({"volumes":[{"name":"v","emptyDir":{}}]})),
            pod(json!({"volumes":[{"name":"v","configMap":{"name":"c"}}]})),
            pod(json!({"volumes":[{"name":"v","emptyDir":{}}]})),
            pod(
                json!({"$setElementOrder/volumes":[{"name":"v"}],"volumes":[{"$retainKeys":["configMap","name"],"configMap":{"name":"c"},"emptyDir":null,"name":"v"}]}),
            ),
        ),
        (
            "finalizers",
            "Pod",
            json!({"metadata":{"finalizers":["a","b"]}}),
            json!({"metadata":{"finalizers":["b","c"]}}),
            json!({"metadata":{"finalizers":["a","b"]}}),
            json!({"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b","c"],"finalizers":["c"]}}),
        ),
        (
            "lists without a key are replaced",
            "Pod",
            none,
            pod(json!({"tolerations":[{"key":"b"}]})),
            pod(json!({"tolerations":[{"key":"a"}]})),
            pod(json!({"tolerations":[{"key":"b"}]})),
        ),
    ] {
        assert_eq!(three_way_strategic(&original, &modified, &current, kind), Ok(want), "{name}");
    }
    assert_eq!(
        three_way_strategic(&json!({}), &json!({}), &json!({}), "Widget"),
        Err(PatchError::UnsupportedMediaType)
    );
    assert_eq!(
        two_way_strategic(&json!({"data":{"a":"1","b":"2"}}), &json!({"data":{"a":"3"}}), "ConfigMap"),
        Ok(json!({"data":{"a":"3","b":null}}))
    );
}

#[test]
fn built_in_kinds_take_strategic_patches() {
    for kind in [
        "APIService",
        "Pod",
        "Node",
        "Service",
        "Deployment",
        "Job",
        "CronJob",
        "Event",
        "VolumeAttributesClass",
    ] {
        assert!(supports_strategic(kind), "{kind}");
    }
    assert!(!supports_strategic("CustomResourceDefinitionish") && !supports_strategic(""));
}
