//! Objects keep what they are given: what nothing acts on comes back unchanged.

use podium_sim::object::{Kind, Obj};
use serde_json::{Value, json};

fn round_trip(name: &str, given: &Value) {
    let o = Obj::from_value(given.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(&o.to_value(), given, "{name}");
}

#[test]
fn every_field_comes_back() {
    let pod_spec = json!({
        "initContainers": [{"name": "wait", "image": "busybox:1", "command": ["sh", "-c", "sleep 1"], "restartPolicy": "Always"}],
        "containers": [{
            "name": "web", "image": "web:1", "args": ["--port", "80"], "workingDir": "/srv", "tty": true,
            "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "64Mi"}, "claims": [{"name": "gpu"}]},
            "livenessProbe": {"httpGet": {"path": "/live", "port": "http", "scheme": "HTTP", "httpHeaders": [{"name": "X", "value": "y"}]}, "periodSeconds": 5, "terminationGracePeriodSeconds": 7},
            "readinessProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 3},
            "startupProbe": {"tcpSocket": {"port": 80}},
            "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
            "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": true}],
            "securityContext": {"runAsNonRoot": true}}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}, {"name": "tmp", "emptyDir": {}}],
        "nodeSelector": {"disk": "ssd"}, "priorityClassName": "high", "hostAliases": [{"ip": "127.0.0.1", "hostnames": ["x"]}],
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}]},
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 10, "preference": {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}}]},
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}]}},
        "tolerations": [{"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute", "tolerationSeconds": 60}],
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 5, "imagePullSecrets": [{"name": "r"}], "dnsPolicy": "None"
    });
    let cases = [
        (
            "pod",
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "web"}, "annotations": {"a": "b"},
            "managedFields": [{"manager": "kubectl"}], "finalizers": ["x/y"]}, "spec": pod_spec, "status": {"phase": "Pending", "ephemeralContainerStatuses": []}}),
        ),
        (
            "deployment",
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 0, "paused": true,
            "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "t", "operator": "Exists"}]},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod_spec}}, "status": {"terminatingReplicas": 2}}),
        ),
        (
            "node",
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"], "providerID": "x://1",
            "taints": [{"key": "a", "effect": "NoSchedule"}]}, "status": {"capacity": {"cpu": "4", "example.org/gpu": "2"}, "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}}}),
        ),
        (
            "config map",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}, "binaryData": {"b": "AA=="}, "immutable": true}),
        ),
        (
            "lease",
            json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l", "namespace": "x"},
            "spec": {"holderIdentity": "h", "leaseDurationSeconds": 40, "renewTime": "2026-01-01T00:00:01.500000Z", "leaseTransitions": 3}}),
        ),
        (
            "service",
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}}),
        ),
        (
            "custom",
            json!({"apiVersion": "example.org/v1beta1", "kind": "Cache", "metadata": {"name": "c"}, "spec": {"any": [1, 2.5, null, {"x": "y"}]}, "status": {"ok": true}}),
        ),
    ];
    for (name, given) in &cases {
        round_trip(name, given);
    }
}

#[test]
fn a_wrong_type_is_named_by_its_path() {
    let cases = [
        (
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": "three"}}),
            "spec.replicas",
        ),
        (
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "lots"}}}]}}),
            "spec",
        ),
        (json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": 1}}}), "metadata"),
        (json!({"kind": "Pod"}), "apiVersion"),
    ];
    for (given, path) in cases {
        let e = Obj::from_value(given.clone()).expect_err("it is wrong");
        assert!(e.path.starts_with(path), "{given}: {e}");
    }
}

#[test]
fn kinds_have_the_names_that_urls_use() {
    for (version, kind, plural, resource) in [
        ("v1", "Pod", "pods", "pods"),
        ("apps/v1", "Deployment", "deployments", "deployments.apps"),
        ("networking.k8s.io/v1", "Ingress", "ingresses", "ingresses.networking.k8s.io"),
        ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "networkpolicies.networking.k8s.io"),
        ("v1", "Endpoints", "endpoints", "endpoints"),
        ("example.org/v1", "Proxy", "proxies", "proxies.example.org"),
        ("example.org/v1", "Gateway", "gateways", "gateways.example.org"),
    ] {
        let k = Kind::of(version, kind);
        assert_eq!((k.plural().as_str(), k.resource().as_str()), (plural, resource), "{kind}");
    }
}
