//! The node's heartbeats, and kubelets, machines and API servers that go away and come back.

use super::*;

#[test]
fn registration_and_heartbeats() {
    let mut r = rig(json!([]));
    r.until(65_000);
    let node = r.node();
    assert!(node.ready());
    assert_eq!(node.metadata.labels.get("kubernetes.io/hostname").map(|s| s.as_str()), Some("node-1"));
    assert_eq!((node.allocatable("cpu"), node.allocatable("pods")), (4000, 110));
    let reasons: Vec<&str> = node.status.conditions.iter().map(|c| c.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["KubeletHasSufficientMemory", "KubeletHasNoDiskPressure", "KubeletHasSufficientPID", "KubeletReady"]
    );
    let renewals: Vec<u64> =
        r.requests.iter().filter(|q| q.1 == "patch Lease").map(|q| q.0.0 / 1_000_000).collect();
    assert_eq!(renewals.len(), 6, "{renewals:?}");
    for w in renewals.windows(2) {
        assert!((10_000..=10_402).contains(&(w[1] - w[0])), "{renewals:?}");
    }
    let statuses = |r: &Rig| r.requests.iter().filter(|q| q.1 == "patch Node").count();
    assert_eq!(statuses(&r), 0, "nothing has changed");
    r.until(320_000);
    assert_eq!(statuses(&r), 1, "once in five minutes");
    // Somebody says that it is not ready: it contradicts at the next tick.
    let mut o = Obj::Node(r.node());
    if let Obj::Node(n) = &mut o {
        let c = Arc::make_mut(n).status.conditions.iter_mut().find(|c| c.type_ == "Ready").expect("Ready");
        c.status = ConditionStatus::Unknown;
    }
    r.put(o, Cause::Timer("test"));
    r.until(332_000);
    assert!(r.node().ready());
    assert_eq!(statuses(&r), 2);
}

#[test]
fn a_node_that_is_there_already_is_taken_over() {
    let mut r = rig(json!([]));
    r.until(5000);
    let uid = r.node().metadata.uid;
    r.restart_kubelet();
    r.until(10_000);
    assert_eq!(r.node().metadata.uid, uid);
    assert_eq!(r.times(Code::NodeRegistered).len(), 2);
}

#[test]
fn registration_waits_for_the_api() {
    for api in [Api::Refuses, Api::Silent] {
        let mut r = rig(json!([]));
        r.api = api;
        r.until(25_000);
        assert!(r.objects.is_empty());
        r.api = Api::Up;
        r.until(40_000);
        assert!(r.node().ready());
    }
}

#[test]
fn a_new_kubelet_takes_over_without_a_restart() {
    let mut r = rig(json!([{"match": "slow", "ready": {"after": "5s"}}]));
    r.until(1000);
    let a = r.bind_as(
        "a",
        json!({"containers": [{"name": "c", "image": "slow",
        "readinessProbe": {"httpGet": {"port": 80}}}]}),
    );
    let b = r.bind_as(
        "b",
        json!({"initContainers": [{"name": "i", "image": "x", "command": ["true"]}],
        "containers": [{"name": "c", "image": "x"}]}),
    );
    let gone = r.bind_as("gone", one("x"));
    r.until(30_000);
    let before: Vec<Str> =
        [&a, &b].map(|k| r.pod(k).status.container_statuses[0].container_id.clone()).into();
    let starts = r.times(Code::ContainerStarted).len();
    r.core.health_mut(KUBELET).expect("kubelet").up = false;
    r.watches.clear();
    r.remove(&gone, Cause::Timer("test"));
    r.until(60_000);
    assert_eq!(r.runtime.running(), 3, "containers outlive their kubelet");
    r.core.health_mut(KUBELET).expect("kubelet").up = true;
    let shown = r.shown.len();
    r.restart_kubelet();
    r.until(90_000);
    let after: Vec<Str> = [&a, &b].map(|k| r.pod(k).status.container_statuses[0].container_id.clone()).into();
    assert_eq!(before, after);
    assert_eq!(r.times(Code::ContainerStarted).len(), starts);
    assert!(r.shown[shown..].iter().all(|s| s.2 == "Running 1/1"), "never unready: {:?}", &r.shown[shown..]);
    assert_eq!(r.runtime.running(), 2, "what has no pod any more is stopped");
}

#[test]
fn what_exits_while_the_kubelet_is_away_is_restarted_when_it_returns() {
    let mut r = rig(json!([{"match": "x", "exit": {"after": "20s", "code": 4, "times": 1}}]));
    r.until(1000);
    let key = r.bind(one("x"));
    r.until(10_000);
    r.core.health_mut(KUBELET).expect("kubelet").up = false;
    r.until(60_000);
    r.core.health_mut(KUBELET).expect("kubelet").up = true;
    r.restart_kubelet();
    r.until(65_000);
    let pod = r.pod(&key);
    assert_eq!((kubectl(&pod).as_str(), pod.restarts()), ("Running 1/1", 1));
    assert!(
        matches!(&pod.status.container_statuses[0].last_state, ContainerState::Terminated(t) if t.exit_code == 4)
    );
}

#[test]
fn a_machine_that_comes_back_restarts_its_containers() {
    for disk in [true, false] {
        let mut r = rig(json!([]));
        r.until(1000);
        let a = r.bind_as(
            "a",
            json!({"initContainers": [{"name": "i", "image": "x", "command": ["true"]}],
            "containers": [{"name": "c", "image": "x"}]}),
        );
        let b = r.bind_as("b", one("x"));
        r.until(30_000);
        r.delete(&b, 30);
        r.crash(disk);
        assert_eq!(r.runtime.running(), 0);
        r.until(60_000);
        let pod = r.pod(&a);
        assert_eq!((kubectl(&pod).as_str(), pod.restarts()), ("Running 1/1", 1), "disk kept: {disk}");
        assert_eq!(
            pod.status.init_container_statuses[0].restart_count, 1,
            "a new sandbox is initialised anew"
        );
        let c = &pod.status.container_statuses[0];
        assert!(
            matches!(&c.last_state, ContainerState::Terminated(t) if t.exit_code == 255 && t.reason == "Unknown"),
            "{:?}",
            c.last_state
        );
        assert!(!r.objects.contains_key(&b), "the deletion is finished");
    }
}

#[test]
fn pods_live_on_while_the_api_is_away() {
    for api in [Api::Refuses, Api::Silent] {
        let mut r = rig(json!([{"match": "x", "exit": {"after": "8s", "code": 1, "times": 3}}]));
        r.until(1000);
        let key = r.bind(one("x"));
        r.until(5000);
        assert_eq!(kubectl(&r.pod(&key)), "Running 1/1");
        r.api = api;
        r.until(100_000);
        assert_eq!(r.pod(&key).restarts(), 0, "nobody hears of it");
        assert_eq!(r.times(Code::ContainerStarted).len(), 4, "restarts go on");
        r.api = Api::Up;
        r.until(125_000);
        let pod = r.pod(&key);
        assert_eq!((kubectl(&pod).as_str(), pod.restarts()), ("Running 1/1", 3));
    }
}

#[test]
fn at_most_one_status_of_a_pod_is_under_way() {
    let mut r = rig(json!([{"match": "x", "exit": {"after": "1s", "code": 1}}]));
    r.until(1000);
    r.bind(one("x"));
    r.until(4500);
    r.api = Api::Silent;
    let before = r.requests.iter().filter(|q| q.1 == "patch Pod").count();
    r.until(64_500);
    let sent = r.requests.iter().filter(|q| q.1 == "patch Pod").count() - before;
    assert!((1..=6).contains(&sent), "one a tick at most: {sent}");
}
