//! Crashes, failing probes, missing images, and what does not fit.

use super::*;
use crate::runtime::ContainerId;

#[test]
fn crash_loop_gaps() {
    let mut r = rig(json!([{"match": "flaky", "exit": {"after": "2s", "code": 1}}]));
    r.until(1000);
    let key =
        r.bind(json!({"containers": [{"name": "c", "image": "flaky", "imagePullPolicy": "IfNotPresent"}]}));
    r.until(700_000);
    let (exits, starts) = (r.times(Code::ContainerExited), r.times(Code::ContainerStarted));
    let gaps: Vec<u64> = exits.iter().zip(&starts[1..]).map(|(e, s)| (s - e) / 1000).collect();
    assert_eq!(gaps, [0, 10, 20, 40, 80, 160, 300]);
    let shown = r.history();
    let states: Vec<&str> = shown.lines().filter_map(|l| l.split_once(' ')).map(|(_, state)| state).collect();
    let want =
        "Running 1/1, Error 0/1, Running 1/1 (1), Error 0/1 (1), CrashLoopBackOff 0/1 (1), Running 1/1 (2)";
    assert!(states.join(", ").contains(want), "{states:?}");
    // While it waits: what it waits for, and how it ended.
    let pod = r.pod(&key);
    let c = &pod.status.container_statuses[0];
    assert_eq!(c.restart_count, 7);
    let waiting = format!("back-off 5m0s restarting failed container=c pod=p_default({})", pod.metadata.uid);
    assert_eq!(r.message(&key), waiting);
    assert!(
        matches!(&c.last_state, ContainerState::Terminated(t) if t.exit_code == 1 && t.reason == "Error")
    );
    let back_off =
        format!("BackOff x7 Back-off restarting failed container c in pod p_default({})", pod.metadata.uid);
    assert!(r.events().contains(&back_off), "{:?}", r.events());
    assert!(r.events().contains(&"Started x8 Started container c".to_owned()), "{:?}", r.events());
}

#[test]
fn a_crash_after_a_while_starts_the_back_off_anew() {
    let mut r = rig(json!([{"match": "x", "exit": {"after": "605s", "code": 1}}]));
    r.until(1000);
    r.bind(one("x"));
    r.until(2_600_000);
    let (exits, starts) = (r.times(Code::ContainerExited), r.times(Code::ContainerStarted));
    let gaps: Vec<u64> = exits.iter().zip(&starts[1..]).map(|(e, s)| (s - e) / 1000).collect();
    assert_eq!(gaps, [0; 4]);
}

#[test]
fn failing_init_containers() {
    for (policy, shown, phase) in [
        ("Always", "Init:CrashLoopBackOff 0/1", PodPhase::Pending),
        ("Never", "Init:Error 0/1", PodPhase::Failed),
    ] {
        let mut r = rig(json!([]));
        r.until(1000);
        let key = r.bind(json!({"restartPolicy": policy,
            "initContainers": [{"name": "i", "image": "x", "command": ["false"]}],
            "containers": [{"name": "c", "image": "x"}]}));
        r.until(20_000);
        let pod = r.pod(&key);
        assert_eq!((kubectl(&pod).as_str(), pod.status.phase), (shown, phase));
        assert!(!r.notes(&[Code::ContainerStarted]).iter().any(|n| n.contains("container=c ")));
    }
}

#[test]
fn missing_images() {
    let mut r = rig(json!([{"match": "nope:*", "missing": true}]));
    r.until(1000);
    let key = r.bind(one("nope:1"));
    r.until(120_000);
    let asked = r.times(Code::ImagePulling);
    let failed = r.times(Code::ImageFailed);
    let gaps: Vec<u64> = failed.iter().zip(&asked[1..]).map(|(f, a)| (a - f) / 1000).collect();
    assert_eq!(gaps, [10, 20, 40]);
    let not_found = "rpc error: code = NotFound desc = failed to pull and unpack image \
        \"docker.io/library/nope:1\": failed to resolve reference \"docker.io/library/nope:1\": \
        docker.io/library/nope:1: not found";
    assert_eq!(r.message(&key), format!("Back-off pulling image \"nope:1\": ErrImagePull: {not_found}"));
    assert!(r.history().contains("s ErrImagePull 0/1\n"), "{}", r.history());
    assert!(r.history().contains("s ImagePullBackOff 0/1\n"), "{}", r.history());
    let events = r.events();
    for want in [
        format!("Failed x4 Failed to pull image \"nope:1\": {not_found}"),
        "Failed x4 Error: ErrImagePull".to_owned(),
        "BackOff x4 Back-off pulling image \"nope:1\"".to_owned(),
        "Failed x4 Error: ImagePullBackOff".to_owned(),
    ] {
        assert!(events.contains(&want), "{want}: {events:?}");
    }
    for (policy, image, reason) in
        [("Never", "x:1", "ErrImageNeverPull"), ("IfNotPresent", "Nginx:1", "InvalidImageName")]
    {
        let mut r = rig(json!([]));
        r.until(1000);
        let key = r.bind(json!({"containers": [{"name": "c", "image": image, "imagePullPolicy": policy}]}));
        r.until(15_000);
        assert_eq!(kubectl(&r.pod(&key)), format!("{reason} 0/1"));
    }
}

#[test]
fn the_registry_can_lose_an_image_and_get_it_back() {
    let mut r = rig(json!([]));
    r.core.registry.missing.push(Str::from("web:*"));
    r.until(1000);
    let key = r.bind(one("web:1"));
    r.until(8000);
    assert_eq!(kubectl(&r.pod(&key)), "ImagePullBackOff 0/1");
    r.core.registry.missing.clear();
    r.until(16_000);
    assert_eq!(kubectl(&r.pod(&key)), "Running 1/1");
}

#[test]
fn too_much_memory() {
    let mut r = rig(json!([{"match": "hog", "memory": "200Mi"}]));
    r.until(1000);
    let key = r.bind(
        json!({"containers": [{"name": "c", "image": "hog", "resources": {"limits": {"memory": "100Mi"}}}]}),
    );
    r.until(15_000);
    let pod = r.pod(&key);
    let ended = &pod.status.container_statuses[0].last_state;
    assert!(
        matches!(ended, ContainerState::Terminated(t) if t.exit_code == 137 && t.reason == "OOMKilled"),
        "{ended:?}"
    );
    assert!(r.history().contains("OOMKilled 0/1"), "{}", r.history());
}

#[test]
fn probes_decide() {
    let http = |extra: Value| {
        let mut p = json!({"httpGet": {"path": "/healthz", "port": "web"}, "periodSeconds": 5, "failureThreshold": 2});
        p.as_object_mut().expect("map").extend(extra.as_object().expect("map").clone());
        p
    };
    let with = |probes: Value| {
        let mut c = json!({"name": "c", "image": "x", "imagePullPolicy": "IfNotPresent",
            "ports": [{"name": "web", "containerPort": 8080}]});
        c.as_object_mut().expect("map").extend(probes.as_object().expect("map").clone());
        json!({"containers": [c]})
    };
    // Ready later, unready again later still; never restarted.
    let mut r = rig(json!([{"match": "x", "ready": {"after": "7s", "until": "40s"}}]));
    r.until(1000);
    let key = r.bind(with(
        json!({"readinessProbe": http(json!({})), "livenessProbe": http(json!({"initialDelaySeconds": 10}))}),
    ));
    r.until(80_000);
    let ready: Vec<&str> =
        r.shown.iter().filter(|s| s.2.starts_with("Running")).map(|s| s.2.as_str()).collect();
    assert_eq!(ready, ["Running 0/1", "Running 1/1", "Running 0/1"]);
    let started = r.times(Code::ContainerStarted)[0];
    assert_eq!((r.times(Code::ProbeReady)[0] - started) / 1000, 10, "probes at 0, 5 and 10 s");
    assert_eq!((r.times(Code::ProbeUnready)[0] - started) / 1000, 45, "the second failure");
    assert_eq!(r.pod(&key).restarts(), 0);
    let ip = r.pod(&key).status.pod_ip.to_string();
    let refused = format!(
        "Unhealthy x2 Readiness probe failed: Get \"http://{ip}:8080/healthz\": dial tcp {ip}:8080: connect: connection refused"
    );
    assert!(r.events().contains(&refused), "{:?}", r.events());

    // Not live any more: killed and restarted.
    let mut r = rig(json!([{"match": "x", "live": {"until": "20s"}}]));
    r.until(1000);
    let key = r.bind(with(json!({"livenessProbe": http(json!({}))})));
    r.until(40_000);
    let started = r.times(Code::ContainerStarted);
    assert_eq!((r.times(Code::ProbeFailed)[0] - started[0]) / 1000, 25);
    assert_eq!(r.pod(&key).restarts(), 1);
    let events = r.events();
    assert!(
        events.contains(&"Killing Container c failed liveness probe, will be restarted".to_owned()),
        "{events:?}"
    );
    assert!(
        events.contains(
            &"Unhealthy x2 Liveness probe failed: HTTP probe failed with statuscode: 500".to_owned()
        ),
        "{events:?}"
    );

    // A slow start: without a startup probe it never gets there.
    for (startup, restarted) in [(true, false), (false, true)] {
        let mut r = rig(json!([{"match": "x", "ready": {"after": "15s"}}]));
        r.until(1000);
        let mut probes = json!({"livenessProbe": http(json!({})), "readinessProbe": http(json!({}))});
        if startup {
            probes["startupProbe"] = http(json!({"failureThreshold": 10}));
        }
        let key = r.bind(with(probes));
        r.until(60_000);
        let pod = r.pod(&key);
        assert_eq!((pod.restarts() > 0, pod.ready()), (restarted, !restarted), "startup probe: {startup}");
    }
}

#[test]
fn what_does_not_fit_is_rejected() {
    let cpu =
        |n: &str| json!({"containers": [{"name": "c", "image": "x", "resources": {"requests": {"cpu": n}}}]});
    let mut r = rig(json!([]));
    r.until(1000);
    r.bind_as("a", cpu("3"));
    let b = r.bind_as("b", cpu("2"));
    r.until(10_000);
    let pod = r.pod(&b);
    assert_eq!((pod.status.phase, pod.status.reason.as_str()), (PodPhase::Failed, "OutOfcpu"));
    let message = "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000";
    assert_eq!(pod.status.message, format!("Pod was rejected: {message}"));
    assert!(r.events().contains(&format!("OutOfcpu {message}")));
    assert_eq!(r.runtime.running(), 1);
    r.delete(&b, 0);
    r.until(20_000);
    assert!(!r.objects.contains_key(&b));
    assert_eq!(r.kubelet.pod_count(), 1);
}

#[test]
fn a_fault_crashes_a_container() {
    let mut r = rig(json!([]));
    r.until(1000);
    let key = r.bind(one("x"));
    r.until(10_000);
    let mut cx = Cx::new(&mut r.core, RUNTIME, Cause::Timer("test"));
    assert!(!r.runtime.crash_container("default", "p", "other", 1, &mut cx));
    assert!(r.runtime.crash_container("default", "p", "c", 139, &mut cx));
    r.until(15_000);
    let pod = r.pod(&key);
    assert_eq!(pod.restarts(), 1);
    assert!(
        matches!(&pod.status.container_statuses[0].last_state, ContainerState::Terminated(t) if t.exit_code == 139)
    );
    assert_ne!(ContainerId(1).to_string(), ContainerId(2).to_string());
}
