//! What good manifests are read as.

use std::sync::Arc;

use podium_sim::diagnostic::{Diagnostic, SourceText};
use podium_sim::manifest::node::{Location, Node};
use podium_sim::manifest::yaml::{MAX_DIAGNOSTICS, parse_documents};
use podium_sim::manifest::{ManifestDoc, parse_manifests};
use serde_json::{Value, json};

/// The documents of a text that must be without fault.
fn good(text: &str) -> Vec<ManifestDoc> {
    let (docs, found) = parse_manifests(SourceText::new("good.yaml", text));
    assert!(found.is_empty(), "{text}\n{}", show(&found));
    docs
}

fn values(text: &str) -> Vec<Value> {
    let (documents, found) = parse_documents(&SourceText::new("good.yaml", text));
    assert!(found.is_empty(), "{text}\n{}", show(&found));
    documents.iter().map(Node::to_json).collect()
}

fn show(found: &[Diagnostic]) -> String {
    found.iter().map(|d| format!("{d}\n")).collect()
}

#[test]
fn texts_and_what_they_mean() {
    let cases: Vec<(&str, Value)> = vec![
        ("", json!([])),
        ("\u{feff}", json!([])),
        ("# only a comment\n", json!([])),
        ("---\n---\n# c\n...\n", json!([])),
        ("null", json!([])),
        (
            "\u{feff}a: 1\r\nb: é x\r\nc: |\r\n  foo\r\n  bar\r\n",
            json!([{"a": 1, "b": "é x", "c": "foo\nbar\n"}]),
        ),
        ("a: 1\n---\nb: 2\n...\n---\nc: 3", json!([{"a": 1}, {"b": 2}, {"c": 3}])),
        ("yes: yes\non: on\ntrue: True", json!([{"yes": "yes", "on": "on", "true": true}])),
        (
            "mode: 0644\nhex: 0x1F\nver: 1.10.0\nexp: 1e3",
            json!([{"mode": 420, "hex": 31, "ver": "1.10.0", "exp": 1000}]),
        ),
        (
            "a: '1'\nb: \"true\"\nc: !!str 7\nd: ~\ne:",
            json!([{"a": "1", "b": "true", "c": "7", "d": null, "e": null}]),
        ),
        ("80: http\n1.5: x\nfalse: y", json!([{"80": "http", "1.5": "x", "false": "y"}])),
        ("a: >\n  folded\n  text\nb: |-\n  kept", json!([{"a": "folded text\n", "b": "kept"}])),
        (
            "a: &x {k: 1}\nb: *x\nc: [*x, *x]",
            json!([{"a": {"k": 1}, "b": {"k": 1}, "c": [{"k": 1}, {"k": 1}]}]),
        ),
        (
            "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 9",
            json!([{"x": {"a": 1, "b": 2}, "y": {"b": 3, "c": 4}, "z": {"a": 9, "b": 2, "c": 4}}]),
        ),
        ("\"<<\": plain", json!([{"<<": "plain"}])),
        (
            "{\n\t\"a\": \"\\ud83d\\ude00\\/\",\n\t\"b\": [1, -2.50, true, null]\n}",
            json!([{"a": "😀/", "b": [1, -2.5, true, null]}]),
        ),
        ("{\"a\": 1}\n{\"b\": 2}", json!([{"a": 1}, {"b": 2}])),
        ("{a: b, c: [d]}", json!([{"a": "b", "c": ["d"]}])),
        (
            "big: 18446744073709551615\nsmall: -9223372036854775808",
            json!([{"big": u64::MAX, "small": i64::MIN}]),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(Value::Array(values(text)), expected, "{text:?}");
    }
}

const WEB: &str = "\
# the web server
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app.kubernetes.io/name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 1}}
  template:
    metadata: {labels: {app: web}, creationTimestamp: null}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports: [{containerPort: 80}]
          readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
          resources: {requests: {cpu: 0.5, memory: 64Mi}, limits: {cpu: 1}}
---
apiVersion: v1
kind: Service
metadata: {generateName: web-}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: mine}
spec: {cronSpec: '* * * * */5', anything: [1, {deep: true}]}
";

#[test]
fn objects_are_read_with_name_and_namespace() {
    let docs = good(WEB);
    let heads: Vec<_> = docs
        .iter()
        .map(|d| (d.api_version.as_str(), d.kind.as_str(), d.name.as_deref(), d.namespace.as_deref()))
        .collect();
    assert_eq!(
        heads,
        [
            ("apps/v1", "Deployment", Some("web"), Some("shop")),
            ("v1", "Service", None, None),
            ("stable.example.com/v1", "CronTab", Some("mine"), None),
        ]
    );
    assert_eq!(
        docs[0].value["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"],
        json!(0.5)
    );
    assert_eq!(docs[0].built_in().map(|k| k.plural), Some("deployments"));
    assert!(docs[2].built_in().is_none());
}

#[test]
fn fields_are_found_in_the_text() {
    let docs = good(WEB);
    let text = |path: &str| {
        let Location { key, value, exact } = docs[0].locate(path);
        let source = &docs[0].source;
        (key.map(|k| source.slice(k).to_owned()), source.slice(value).to_owned(), exact)
    };
    let key = |k: &str| Some(k.to_owned());
    assert_eq!(text("spec.replicas"), (key("replicas"), "3".into(), true));
    assert_eq!(text("spec.template.spec.containers[0].image"), (key("image"), "nginx:1.27".into(), true));
    assert_eq!(
        text("metadata.labels[app.kubernetes.io/name]"),
        (key("app.kubernetes.io/name"), "web".into(), true)
    );
    assert_eq!(
        text("metadata.labels.app.kubernetes.io/name"),
        text("metadata.labels[app.kubernetes.io/name]")
    );
    assert_eq!(text("spec.selector"), (key("selector"), "{matchLabels: {app: web}}".into(), true));
    assert_eq!(
        text("spec.selector.matchExpressions[0]"),
        (key("selector"), "{matchLabels: {app: web}}".into(), false)
    );
    assert_eq!(text("spec.template.spec.containers[7].image").0, key("containers"));
    assert!(!text("nowhere").2);
    let block = text("spec.template.spec.containers[0]").1;
    assert!(block.starts_with("name: web") && block.ends_with("limits: {cpu: 1}}"), "{block}");
    let late = docs[1].error("spec.ports[0].port", "value.invalid", "no").line_col();
    assert_eq!(late, (25, 45));
}

#[test]
fn lists_become_their_items() {
    let docs = good(
        "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\nitems:\n\
         - {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n\
         - apiVersion: v1\n  kind: List\n  items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]\n\
         ---\napiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: c}, data: {k: v}}]\n\
         ---\napiVersion: v1\nkind: PodList\nitems: []\n",
    );
    let heads: Vec<_> = docs.iter().map(|d| (d.kind.as_str(), d.name.as_deref().unwrap())).collect();
    assert_eq!(heads, [("Namespace", "a"), ("ConfigMap", "b"), ("ConfigMap", "c")]);
    assert_eq!(
        docs[2].value,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "v"}})
    );
}

#[test]
fn what_the_cluster_prints_is_accepted() {
    let docs = good(
        r#"{"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "uid": "x", "creationTimestamp": "2026-01-02T03:04:05Z", "resourceVersion": "7",
                         "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]},
            "spec": {"containers": [{"name": "a", "env": [{"name": "E", "value": "1"}]}], "nodeName": null},
            "status": {"phase": "Running", "conditions": [{"type": "Ready"}], "containerStatuses": [{"name": "a"}]}}"#,
    );
    assert_eq!(docs.len(), 1);
}

#[test]
fn every_document_is_reported_on_and_the_good_ones_are_returned() {
    let source = SourceText::new(
        "x",
        "a: b: c\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\nb:\n\tc: 1\n",
    );
    let (docs, found) = parse_manifests(Arc::clone(&source));
    assert_eq!(docs.iter().map(|d| d.kind.as_str()).collect::<Vec<_>>(), ["Namespace"]);
    assert_eq!(
        found.iter().map(|d| (d.code, d.line_col().0)).collect::<Vec<_>>(),
        [("yaml.syntax", 1), ("yaml.syntax", 8)]
    );
}

#[test]
fn findings_are_capped_and_in_order() {
    let fields: String = (0..200).map(|n| format!("x{n}: 1\n")).collect();
    let (docs, found) =
        parse_manifests(SourceText::new("x", format!("{fields}apiVersion: v1\nkind: Namespace\n")));
    assert_eq!((docs.len(), found.len()), (1, MAX_DIAGNOSTICS));
    assert!(found.is_sorted_by_key(|d| d.span.unwrap().start));
    let (_, found) = parse_manifests(SourceText::new("x", "a: b: c\n---\n".repeat(200)));
    assert_eq!(found.len(), MAX_DIAGNOSTICS);
}

#[test]
fn ways_to_write_that_are_unusual_and_right() {
    let docs = good(
        "---\n{\n  apiVersion: \"v1\",\n  # flow style, comments, trailing commas\n  kind: \"Namespace\",\n  metadata: {\n    \
         labels: {\n      app.kubernetes.io/part-of: \"shop\",\n    },\n    name: \"shop\",\n  },\n}\n\
         ---\n\n# kind last, lists at the indentation of their key, folded double quotes\n\
         metadata:\n  name: odd\nspec:\n  containers:\n  - command:\n    - sh\n    - -c\n    - \"start \\\n      --a=1 \\\n      \
         --b=2\"\n    args: [\"-x\", 'it''s']\n    name: odd\n    image: busybox\n  tolerations:\n  - operator: Exists\n\
         apiVersion: v1\nkind: Pod\n",
    );
    assert_eq!(docs.len(), 2);
    assert_eq!(
        docs[1].value["spec"]["containers"][0],
        json!({"command": ["sh", "-c", "start --a=1 --b=2"], "args": ["-x", "it's"], "name": "odd", "image": "busybox"})
    );
}

#[test]
fn the_usual_kinds_are_accepted() {
    let kinds = [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a.conf: \"x = 1\\n\"}\nbinaryData: {b: AAEC}\nimmutable: true",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\ndata: {p: cGFzcw==}\nstringData: {q: plain}",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ExternalName, externalName: a.example}",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nautomountServiceAccountToken: false",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}}",
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {hard: {pods: 10, requests.cpu: '4'}}",
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [{type: Container, default: {cpu: 500m}}]}",
        "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {taints: [{key: a, effect: NoSchedule}]}",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {backoffLimit: 2, template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '*/5 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: a}]}}}}}",
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, updateStrategy: {rollingUpdate: {maxUnavailable: 10%}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, securityContext: {capabilities: {add: [NET_ADMIN]}}}]}}}",
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, serviceName: a, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a}]}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {minAvailable: 50%, selector: {matchLabels: {a: b}}}",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, maxReplicas: 9, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]}",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: http}]}]}",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: [{apiGroups: ['', apps], resources: [pods], verbs: [get, '*']}]",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: b}\nsubjects: [{kind: User, name: c}]",
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: a}\nprovisioner: podium.dev/disk\nvolumeBindingMode: WaitForFirstConsumer",
        "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: a}\nvalue: 1000\nglobalDefault: false",
        "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a}\nspec: {holderIdentity: a, renewTime: '2026-01-02T03:04:05.000006Z'}",
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]\nports: [{port: 80}]",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.example}\nspec: {group: b.example}",
    ];
    for kind in kinds {
        assert_eq!(good(kind).len(), 1, "{kind}");
    }
}
