//! From bind to gone, when nothing is wrong.

use super::*;

#[test]
fn a_pod_comes_up() {
    let mut r = rig(json!([{"match": "web:*", "pull": "50MB", "start": {"after": "1s"}}]));
    r.until(1000);
    let key = r.bind(one("web:1"));
    r.until(20_000);
    assert_eq!(r.history(), "1s Pending 0/0\n1s ContainerCreating 0/1\n4s Running 1/1");
    let pod = r.pod(&key);
    assert_eq!(pod.status.phase, PodPhase::Running);
    assert_eq!(pod.status.qos_class, "BestEffort");
    assert_eq!(pod.status.pod_ip, "10.244.0.2");
    assert_eq!(pod.status.host_ip, "192.168.0.10");
    let c = &pod.status.container_statuses[0];
    assert_eq!(c.container_id.len(), "containerd://".len() + 64);
    assert!(c.image_id.starts_with("docker.io/library/web@sha256:"), "{}", c.image_id);
    for t in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"] {
        assert_eq!(pod.condition(t).map(|c| c.status), Some(ConditionStatus::True), "{t}");
    }
    let events = r.events();
    assert_eq!(events[0], "Pulling Pulling image \"web:1\"");
    assert!(events[1].starts_with("Pulled Successfully pulled image \"web:1\" in 1."), "{events:?}");
    assert!(events[1].ends_with(" including waiting). Image size: 50000000 bytes."), "{events:?}");
    assert_eq!(events[2..], ["Created Created container: c", "Started Started container c"]);
}

#[test]
fn everything_has_a_cause() {
    let mut r = rig(json!([{"match": "flaky", "exit": {"after": "2s", "code": 1}}]));
    r.until(1000);
    r.bind(one("flaky"));
    r.until(60_000);
    // From the last start back to the binding.
    let codes = [
        Code::PodSeen,
        Code::ImagePulling,
        Code::ImagePulled,
        Code::SandboxReady,
        Code::ContainerCreated,
        Code::ContainerStarted,
        Code::ContainerExited,
        Code::ContainerBackoff,
    ];
    let by_id: BTreeMap<u64, &Record> = r.records.iter().map(|r| (r.id.0, r)).collect();
    let mut at =
        r.records.iter().rfind(|r| note(r, &[Code::ContainerStarted]).is_some()).expect("started").id;
    let mut chain = Vec::new();
    while let Some(record) = by_id.get(&at.0) {
        if let (Some(_), What::Note { code, .. }) = (note(record, &codes), &record.what) {
            chain.push(code.as_str().trim_start_matches("kubelet."));
        }
        at = record.cause;
    }
    chain.reverse();
    assert_eq!(
        chain.join(" "),
        "pod-seen sandbox pulling pulled created started exited pulling pulled created started exited backoff \
         pulling pulled created started exited backoff pulling pulled created started"
    );
}

#[test]
fn images_are_pulled_one_at_a_time_and_kept() {
    let mut r = rig(json!([{"match": "big:*", "pull": "100MB"}]));
    r.until(1000);
    r.bind_as("a", one("big:1"));
    r.bind_as("b", one("big:2"));
    r.until(20_000);
    let pulled = r.times(Code::ImagePulled);
    assert!(pulled[1] - pulled[0] > 2000, "two seconds each: {pulled:?}");
    assert!(r.times(Code::ImagePulling)[1] < pulled[0], "asked for at once");
    r.bind_as("c", one("big:1"));
    r.until(22_000);
    assert!(r.events().contains(&"Pulled Container image \"big:1\" already present on machine".to_owned()));
    let always = json!({"containers": [{"name": "c", "image": "big:1", "imagePullPolicy": "Always"}]});
    r.bind_as("d", always);
    r.until(24_000);
    let took = r.notes(&[Code::ImagePulled]).pop().expect("asked again");
    assert!(took.contains("took=0."), "only the question whether it is the same: {took}");
}

#[test]
fn init_containers_run_in_order_and_sidecars_stay() {
    let mut r = rig(json!([]));
    r.until(1000);
    let key = r.bind(json!({
        "initContainers": [
            {"name": "one", "image": "x", "command": ["sleep", "5"]},
            {"name": "side", "image": "x", "restartPolicy": "Always",
             "startupProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 2}},
            {"name": "two", "image": "x", "command": ["sleep", "5"]}],
        "containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]}));
    r.until(40_000);
    let started = r.notes(&[Code::ContainerStarted, Code::ContainerExited]);
    let names =
        ["started one", "exited one", "started side", "started two", "exited two", "started a", "started b"];
    let short: Vec<String> =
        started.iter().map(|s| s.replace("kubelet.", "").replace("container=", "")).collect();
    assert_eq!(short.len(), names.len(), "{short:?}");
    for (got, want) in short.iter().zip(names) {
        assert!(got.starts_with(want), "{short:?}");
    }
    let shown = r.history();
    for (line, want) in [
        ("s Init:0/3 0/2", true),
        ("s Init:2/3 0/2", true),
        ("s PodInitializing 0/2", true),
        ("s Running 2/2", true),
    ] {
        assert_eq!(shown.contains(line), want, "{line}:\n{shown}");
    }
    let pod = r.pod(&key);
    assert!(pod.ready());
    assert!(pod.status.init_container_statuses.iter().all(|s| s.ready));

    // Sidecars go last.
    r.delete(&key, 30);
    r.until(80_000);
    let killing = r.notes(&[Code::ContainerKilling]);
    let order: Vec<&str> = killing.iter().filter_map(|k| k.split_whitespace().nth(1)).collect();
    assert_eq!(order, ["container=a", "container=b", "container=side"]);
    assert!(!r.objects.contains_key(&key));
}

#[test]
fn a_condition_says_what_is_missing() {
    let mut r = rig(json!([{"match": "slow", "ready": {"after": "30s"}}]));
    r.until(1000);
    let key = r.bind(json!({
        "initContainers": [{"name": "i", "image": "x", "command": ["sleep", "5"]}],
        "containers": [{"name": "a", "image": "slow", "readinessProbe": {"httpGet": {"path": "/", "port": 80}}},
                       {"name": "b", "image": "x"}]}));
    r.until(4000);
    let text = |pod: &Pod, t: &str| {
        pod.condition(t).map(|c| format!("{} {} {}", c.status.as_str(), c.reason, c.message))
    };
    let pod = r.pod(&key);
    assert_eq!(
        text(&pod, "Initialized").as_deref(),
        Some("False ContainersNotInitialized containers with incomplete status: [i]")
    );
    assert_eq!(
        text(&pod, "Ready").as_deref(),
        Some("False ContainersNotReady containers with unready status: [a b]")
    );
    r.until(20_000);
    let pod = r.pod(&key);
    assert_eq!(text(&pod, "Initialized").as_deref(), Some("True  "));
    assert_eq!(
        text(&pod, "ContainersReady").as_deref(),
        Some("False ContainersNotReady containers with unready status: [a]")
    );
    let since = pod.condition("Ready").and_then(|c| c.last_transition_time);
    r.until(60_000);
    let pod = r.pod(&key);
    assert_eq!(text(&pod, "Ready").as_deref(), Some("True  "));
    assert!(pod.condition("Ready").and_then(|c| c.last_transition_time) > since);
}

#[test]
fn deletion_is_polite_and_ends_in_the_api() {
    for (name, model, command, grace, takes_ms) in [
        ("reacts", json!([]), json!([]), 30, 100..1500),
        ("takes its time", json!([{"match": "x", "stop": {"after": "12s"}}]), json!([]), 30, 12_000..13_500),
        (
            "has to be killed",
            json!([{"match": "x", "stop": {"ignore": true}}]),
            json!([]),
            20,
            20_000..21_500,
        ),
        ("pid 1 ignores signals", json!([]), json!(["sleep", "infinity"]), 30, 30_000..31_500),
    ] {
        let mut r = rig(model);
        r.until(1000);
        let key = r.bind(json!({"containers": [{"name": "c", "image": "x", "command": command}]}));
        r.until(10_000);
        assert!(r.pod(&key).ready(), "{name}");
        r.delete(&key, grace);
        r.until(60_000);
        assert!(!r.objects.contains_key(&key), "{name}");
        let gone = r.times(Code::PodGone)[0] - 10_000;
        assert!(takes_ms.contains(&gone), "{name}: {gone}");
        assert!(r.events().contains(&"Killing Stopping container c".to_owned()), "{name}");
        assert_eq!(r.kubelet.pod_count(), 0, "{name}");
        assert_eq!(r.runtime.running(), 0, "{name}");
    }
}

#[test]
fn deletion_at_any_moment_leaves_nothing() {
    for ms in (0..3000).step_by(50) {
        let mut r = rig(json!([]));
        r.until(1000);
        let key = r.bind(one("x"));
        r.until(1000 + ms);
        r.delete(&key, 30);
        r.until(60_000);
        assert!(!r.objects.contains_key(&key), "deleted after {ms} ms");
        assert_eq!((r.kubelet.pod_count(), r.runtime.running()), (0, 0), "deleted after {ms} ms");
    }
}

#[test]
fn a_pod_that_is_removed_by_force_is_still_stopped() {
    let mut r = rig(json!([]));
    r.until(1000);
    let key = r.bind(one("x"));
    r.until(10_000);
    r.remove(&key, Cause::Timer("test"));
    r.until(45_000);
    assert_eq!((r.kubelet.pod_count(), r.runtime.running()), (0, 0));
    assert!(!r.requests.iter().any(|(_, q)| q == "delete Pod"));
}

#[test]
fn phases_follow_exit_codes_and_policies() {
    for (policy, code, phase, shown, restarts) in [
        ("Never", 0, PodPhase::Succeeded, "Completed 0/1", 0),
        ("Never", 3, PodPhase::Failed, "Error 0/1", 0),
        ("OnFailure", 0, PodPhase::Succeeded, "Completed 0/1", 0),
        ("OnFailure", 1, PodPhase::Running, "CrashLoopBackOff 0/1", 3),
        ("Always", 0, PodPhase::Running, "CrashLoopBackOff 0/1", 3),
    ] {
        let mut r = rig(json!([]));
        r.until(1000);
        let line = format!("sleep 2; exit {code}");
        let key = r.bind(json!({"restartPolicy": policy,
            "containers": [{"name": "c", "image": "x", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", line]}]}));
        r.until(60_000);
        let pod = r.pod(&key);
        assert_eq!(
            (pod.status.phase, kubectl(&pod).as_str(), pod.restarts()),
            (phase, shown, restarts),
            "{policy} {code}"
        );
        let initialized = pod.condition("Initialized").map(|c| c.reason.to_string());
        assert_eq!(
            initialized.as_deref(),
            Some(if phase == PodPhase::Succeeded { "PodCompleted" } else { "" })
        );
    }
}

#[test]
fn a_deadline_ends_a_pod() {
    let mut r = rig(json!([]));
    r.until(1000);
    let mut spec = one("x");
    spec["activeDeadlineSeconds"] = json!(20);
    let key = r.bind(spec);
    r.until(30_000);
    let pod = r.pod(&key);
    assert_eq!((pod.status.phase, pod.status.reason.as_str()), (PodPhase::Failed, "DeadlineExceeded"));
    assert_eq!(r.runtime.running(), 0);
}
