//! Tables of all kinds. Columns and cells after `printers.go`, alignment after kubectl.

use super::*;

fn all(values: Value) -> Vec<Obj> {
    values.as_array().unwrap().iter().cloned().map(obj).collect()
}

fn with(version: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut v = json!({"apiVersion": version, "kind": kind,
        "metadata": {"name": name, "namespace": "default", "creationTimestamp": "2026-01-01T11:48:00Z"}});
    if let (Value::Object(to), Value::Object(from)) = (&mut v, rest) {
        to.extend(from);
    }
    v
}

#[test]
fn tables_of_the_kinds_that_are_acted_on() {
    let objects: Vec<Obj> = cluster().values().cloned().collect();
    for (kind, want) in [
        (
            Kind::Pod,
            "\
NAME    READY   STATUS    RESTARTS      AGE   IP         NODE     NOMINATED NODE   READINESS GATES
web-1   2/2     Running   3 (31m ago)   60m   10.1.0.5   node-1   <none>           <none>
web-2   0/1     Pending   0             60m   <none>     <none>   <none>           <none>
web-3   0/1     Unknown   2 (40m ago)   60m   10.1.0.6   node-1   <none>           <none>
",
        ),
        (
            Kind::Node,
            "\
NAME     STATUS                     ROLES                AGE    VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE    KERNEL-VERSION   CONTAINER-RUNTIME
node-1   Ready,SchedulingDisabled   control-plane,edge   2d3h   v1.34.1   10.0.0.1      <none>        podium      6.1              containerd://2.0
node-2   Unknown                    <none>               2d3h             <none>        <none>        <unknown>   <unknown>        <unknown>
",
        ),
        (
            Kind::Deployment,
            "\
NAME   READY   UP-TO-DATE   AVAILABLE   AGE    CONTAINERS   IMAGES               SELECTOR
web    1/3     2            1           2d3h   web,side     nginx:1.27,busybox   a notin (x,y),app=web
",
        ),
        (
            Kind::ReplicaSet,
            "\
NAME      DESIRED   CURRENT   READY   AGE    CONTAINERS   IMAGES               SELECTOR
web-new   2         2         0       60m    web,side     nginx:1.27,busybox   app=web,pod-template-hash=new
web-old   1         1         0       2d3h   web,side     nginx:1.26,busybox   app=web,pod-template-hash=old
",
        ),
        (Kind::Namespace, "NAME      STATUS   AGE\ndefault   Active   2d3h\n"),
        (Kind::ConfigMap, "NAME   DATA   AGE\ncfg    2      2d3h\n"),
        (Kind::Secret, "NAME   TYPE     DATA   AGE\nsec    Opaque   2      2d3h\n"),
        (Kind::ServiceAccount, "NAME      AGE\ndefault   2d3h\n"),
        (Kind::Lease, "NAME     HOLDER   AGE\nnode-1   node-1   2d3h\n"),
    ] {
        let some: Vec<Obj> = objects.iter().filter(|o| o.kind() == kind).cloned().collect();
        same(kind.name(), &table(&some, now()).render(true, false, false), want);
    }
}

#[test]
fn tables_of_inert_kinds() {
    let template =
        json!({"spec": {"containers": [{"name": "c", "image": "i:1"}], "nodeSelector": {"disk": "ssd"}}});
    let selector = json!({"matchLabels": {"app": "a"}});
    for (name, object, want) in [
        (
            "a service of node ports",
            with(
                "v1",
                "Service",
                "s",
                json!({"spec": {"type": "NodePort", "clusterIP": "10.96.0.1", "selector": {"app": "a"},
                "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}}),
            ),
            "NAME   TYPE       CLUSTER-IP   EXTERNAL-IP   PORT(S)               AGE   SELECTOR\ns      NodePort   10.96.0.1    <none>        80:30080/TCP,53/UDP   12m   app=a\n",
        ),
        (
            "a load balancer without an address",
            with("v1", "Service", "s", json!({"spec": {"type": "LoadBalancer", "clusterIP": "None"}})),
            "NAME   TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR\ns      LoadBalancer   None         <pending>     <none>    12m   <none>\n",
        ),
        (
            "a service elsewhere",
            with(
                "v1",
                "Service",
                "s",
                json!({"spec": {"type": "ExternalName", "externalName": "example.com"}}),
            ),
            "NAME   TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR\ns      ExternalName   <none>       example.com   <none>    12m   <none>\n",
        ),
        (
            "a stateful set",
            with(
                "apps/v1",
                "StatefulSet",
                "db",
                json!({"spec": {"replicas": 3, "template": template}, "status": {"readyReplicas": 1}}),
            ),
            "NAME   READY   AGE   CONTAINERS   IMAGES\ndb     1/3     12m   c            i:1\n",
        ),
        (
            "a daemon set",
            with(
                "apps/v1",
                "DaemonSet",
                "d",
                json!({"spec": {"selector": selector, "template": template},
                "status": {"desiredNumberScheduled": 3, "currentNumberScheduled": 2, "numberReady": 1}}),
            ),
            "NAME   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE   CONTAINERS   IMAGES   SELECTOR\nd      3         2         1       0            0           disk=ssd        12m   c            i:1      app=a\n",
        ),
        (
            "a job",
            with(
                "batch/v1",
                "Job",
                "j",
                json!({"spec": {"completions": 2, "parallelism": 1, "selector": selector, "template": template},
                "status": {"succeeded": 1, "startTime": "2026-01-01T11:58:30Z"}}),
            ),
            "NAME   STATUS    COMPLETIONS   DURATION   AGE   CONTAINERS   IMAGES   SELECTOR\nj      Running   1/2           90s        12m   c            i:1      app=a\n",
        ),
        (
            "a claim",
            with(
                "v1",
                "PersistentVolumeClaim",
                "c",
                json!({"spec": {"storageClassName": "fast", "volumeName": "v", "volumeMode": "Filesystem"},
                "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}}),
            ),
            "NAME   STATUS   VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE   VOLUMEMODE\nc      Bound    v        1Gi        RWO,ROX        fast           <unset>                 12m   Filesystem\n",
        ),
        (
            "a disruption budget",
            with(
                "policy/v1",
                "PodDisruptionBudget",
                "b",
                json!({"spec": {"minAvailable": "50%"}, "status": {"disruptionsAllowed": 1}}),
            ),
            "NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE\nb      50%             N/A               1                     12m\n",
        ),
        (
            "an autoscaler",
            with(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                "h",
                json!({"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 5,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}}),
            ),
            "NAME   REFERENCE        TARGETS              MINPODS   MAXPODS   REPLICAS   AGE\nh      Deployment/web   cpu: <unknown>/50%   1         5         0          12m\n",
        ),
        (
            "an ingress of many hosts",
            with(
                "networking.k8s.io/v1",
                "Ingress",
                "i",
                json!({"spec": {"ingressClassName": "nginx", "tls": [{}],
                "rules": [{"host": "a"}, {"host": "b"}, {"host": "c"}, {"host": "d"}]}}),
            ),
            "NAME   CLASS   HOSTS               ADDRESS   PORTS     AGE\ni      nginx   a,b,c + 1 more...             80, 443   12m\n",
        ),
        ("a kind of somebody's own", with("x.io/v1", "Widget", "w", json!({})), "NAME   AGE\nw      12m\n"),
    ] {
        same(name, &table(&[obj(object)], now()).render(true, false, false), want);
    }
}

#[test]
fn several_kinds_get_tables_of_their_own() {
    let objects = all(json!([
        with("v1", "Pod", "web-1", json!({"spec": {"containers": [{"name": "c"}]}})),
        with("apps/v1", "Deployment", "web", json!({"spec": {"replicas": 1}})),
        with("v1", "Pod", "web-2", json!({"spec": {"containers": [{"name": "c"}]}})),
    ]));
    let tables = tables(&objects, now());
    same(
        "get pods,deployments",
        &render_all(&tables, false, false, false),
        "\
NAME        READY   STATUS    RESTARTS   AGE
pod/web-1   0/1     Pending   0          12m
pod/web-2   0/1     Pending   0          12m

NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   0/1     0            0           12m
",
    );
    same(
        "mixed in one table",
        &table(&objects, now()).render(false, false, false),
        "NAME                  AGE\npod/web-1             12m\ndeployment.apps/web   12m\npod/web-2             12m\n",
    );
}

#[test]
fn namespaces_and_headers() {
    let pods = all(json!([with("v1", "Pod", "a", json!({"spec": {"containers": [{"name": "c"}]}}))]));
    let t = table(&pods, now());
    same(
        "-A",
        &t.render(false, true, false),
        "NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE\ndefault     a      0/1     Pending   0          12m\n",
    );
    // Without a header, columns are still at least six wide: `0` is padded to six.
    same("--no-headers", &t.render(false, false, true), "a     0/1   Pending   0     12m\n");
    let nodes: Vec<Obj> = cluster().values().filter(|o| o.kind() == Kind::Node).cloned().collect();
    assert!(
        table(&nodes, now()).render(false, true, false).starts_with("NAME  "),
        "nodes live in no namespace"
    );
    let odd = Table {
        columns: t.columns[..2].to_vec(),
        rows: vec![vec!["a\nb".into(), "\x1b[1m".into()]],
        namespaces: vec![lit!("")],
    };
    same("control characters", &odd.render(false, false, true), "a...   ^[[1m\n");
    assert_eq!(table(&[], now()).render(false, false, false), "NAME   AGE\n");
}
