//! The STATUS, READY and RESTARTS of pods in each of `printPod`'s cases.

use super::*;

fn pod(spec: Value, status: Value, meta: Value) -> Obj {
    let mut v =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec, "status": status});
    if let (Value::Object(to), Value::Object(from)) = (&mut v["metadata"], meta) {
        to.extend(from);
    }
    obj(v)
}

#[test]
fn status_follows_print_pod() {
    let running = json!({"running": {"startedAt": "2026-01-01T11:00:00Z"}});
    let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
    let ended = |code: i64, reason: &str, signal: i64| json!({"terminated": {"exitCode": code, "reason": reason, "signal": signal, "finishedAt": "2026-01-01T11:57:50Z"}});
    let c = |state: Value, ready: bool, restarts: i64, last: Value| json!({"name": "c", "state": state, "ready": ready, "restartCount": restarts, "lastState": last});
    let none = || json!({});
    let one = json!({"containers": [{"name": "c"}]});
    let two = json!({"containers": [{"name": "c"}, {"name": "d"}]});
    let with_init = json!({"containers": [{"name": "c"}], "initContainers": [{"name": "i"}, {"name": "j"}]});
    let with_sidecar = json!({"containers": [{"name": "c"}], "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]});
    let init =
        |name: &str, state: Value| json!({"name": name, "state": state, "restartCount": 2, "lastState": {}});
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let deleting = json!({"deletionTimestamp": NOW, "deletionGracePeriodSeconds": 30});
    let done = ended(0, "Completed", 0);
    let cases = [
        ("just created", &one, json!({}), none(), "0/1 Pending 0"),
        ("evicted", &one, json!({"phase": "Failed", "reason": "Evicted"}), none(), "0/1 Evicted 0"),
        (
            "gated",
            &one,
            json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}),
            none(),
            "0/1 SchedulingGated 0",
        ),
        (
            "creating",
            &one,
            json!({"containerStatuses": [c(waiting("ContainerCreating"), false, 0, none())]}),
            none(),
            "0/1 ContainerCreating 0",
        ),
        (
            "running",
            &one,
            json!({"phase": "Running", "containerStatuses": [c(running.clone(), true, 0, none())]}),
            none(),
            "1/1 Running 0",
        ),
        (
            "running, not ready",
            &one,
            json!({"phase": "Running", "containerStatuses": [c(running.clone(), false, 0, none())]}),
            none(),
            "0/1 Running 0",
        ),
        (
            "restarted",
            &one,
            json!({"phase": "Running", "containerStatuses": [c(running.clone(), true, 3, ended(1, "Error", 0))]}),
            none(),
            "1/1 Running 3 (2m10s ago)",
        ),
        (
            "crash loop",
            &one,
            json!({"phase": "Running", "containerStatuses": [c(waiting("CrashLoopBackOff"), false, 5, ended(1, "Error", 0))]}),
            none(),
            "0/1 CrashLoopBackOff 5 (2m10s ago)",
        ),
        (
            "a restart without an end on record",
            &one,
            json!({"phase": "Running", "containerStatuses": [c(running.clone(), true, 1, none())]}),
            none(),
            "1/1 Running 1",
        ),
        (
            "an end without a restart",
            &one,
            json!({"phase": "Running", "containerStatuses": [c(running.clone(), true, 0, ended(0, "Completed", 0))]}),
            none(),
            "1/1 Running 0",
        ),
        (
            "completed",
            &one,
            json!({"phase": "Succeeded", "containerStatuses": [c(done.clone(), false, 0, none())]}),
            none(),
            "0/1 Completed 0",
        ),
        (
            "out of memory",
            &one,
            json!({"phase": "Failed", "containerStatuses": [c(ended(137, "OOMKilled", 0), false, 0, none())]}),
            none(),
            "0/1 OOMKilled 0",
        ),
        (
            "exit code",
            &one,
            json!({"phase": "Failed", "containerStatuses": [c(ended(3, "", 0), false, 0, none())]}),
            none(),
            "0/1 ExitCode:3 0",
        ),
        (
            "signal",
            &one,
            json!({"phase": "Failed", "containerStatuses": [c(ended(137, "", 9), false, 0, none())]}),
            none(),
            "0/1 Signal:9 0",
        ),
        (
            "one completed, one running, ready",
            &two,
            json!({"phase": "Running", "conditions": ready, "containerStatuses": [c(done.clone(), false, 0, none()), c(running.clone(), true, 0, none())]}),
            none(),
            "1/2 Running 0",
        ),
        (
            "one completed, one running, not ready",
            &two,
            json!({"phase": "Running", "containerStatuses": [c(done.clone(), false, 0, none()), c(running.clone(), true, 0, none())]}),
            none(),
            "1/2 NotReady 0",
        ),
        (
            "completed, failed and running, not ready: the failure shows",
            &two,
            json!({"phase": "Running", "containerStatuses": [
                c(done.clone(), false, 0, none()), c(ended(1, "Error", 0), false, 0, none()), c(running.clone(), true, 0, none()),
            ]}),
            none(),
            "1/2 Error 0",
        ),
        (
            "the first container's reason wins",
            &two,
            json!({"phase": "Running", "containerStatuses": [c(waiting("ErrImagePull"), false, 0, none()), c(waiting("CrashLoopBackOff"), false, 4, none())]}),
            none(),
            "0/2 ErrImagePull 4",
        ),
        (
            "first init container runs",
            &with_init,
            json!({"initContainerStatuses": [init("i", running.clone()), init("j", waiting("PodInitializing"))]}),
            none(),
            "0/1 Init:0/2 2",
        ),
        (
            "second init container waits",
            &with_init,
            json!({"initContainerStatuses": [init("i", done.clone()), init("j", waiting("PodInitializing"))]}),
            none(),
            "0/1 Init:1/2 4",
        ),
        (
            "init container fails",
            &with_init,
            json!({"initContainerStatuses": [init("i", ended(1, "Error", 0))]}),
            none(),
            "0/1 Init:Error 2",
        ),
        (
            "init container fails without a reason",
            &with_init,
            json!({"initContainerStatuses": [init("i", ended(2, "", 0))]}),
            none(),
            "0/1 Init:ExitCode:2 2",
        ),
        (
            "init container is killed",
            &with_init,
            json!({"initContainerStatuses": [init("i", ended(137, "", 9))]}),
            none(),
            "0/1 Init:Signal:9 2",
        ),
        (
            "init container backs off",
            &with_init,
            json!({"initContainerStatuses": [init("i", waiting("CrashLoopBackOff"))]}),
            none(),
            "0/1 Init:CrashLoopBackOff 2",
        ),
        (
            "init containers are done",
            &with_init,
            json!({"phase": "Running", "initContainerStatuses": [init("i", done.clone()), init("j", done.clone())], "containerStatuses": [c(running.clone(), true, 0, none())]}),
            none(),
            "1/1 Running 0",
        ),
        (
            "a sidecar counts, and so do its restarts",
            &with_sidecar,
            json!({"phase": "Running", "initContainerStatuses": [
                init("i", done.clone()),
                {"name": "s", "state": running, "ready": true, "started": true, "restartCount": 1, "lastState": ended(1, "Error", 0)},
            ], "containerStatuses": [c(running.clone(), true, 1, none())]}),
            none(),
            "2/2 Running 2 (2m10s ago)",
        ),
        (
            "a sidecar that has not started holds the rest up",
            &with_sidecar,
            json!({"initContainerStatuses": [init("i", done.clone()), init("s", running.clone())]}),
            none(),
            "0/2 Init:1/2 4",
        ),
        (
            "being deleted",
            &one,
            json!({"phase": "Running", "containerStatuses": [c(running.clone(), true, 0, none())]}),
            deleting.clone(),
            "1/1 Terminating 0",
        ),
        (
            "being deleted, completed",
            &one,
            json!({"phase": "Succeeded", "containerStatuses": [c(done, false, 0, none())]}),
            deleting.clone(),
            "0/1 Completed 0",
        ),
        ("node lost", &one, json!({"phase": "Running", "reason": "NodeLost"}), deleting, "0/1 Unknown 0"),
        (
            "node lost, not deleted",
            &one,
            json!({"phase": "Running", "reason": "NodeLost"}),
            none(),
            "0/1 NodeLost 0",
        ),
    ];
    for (name, spec, status, meta, want) in cases {
        let p = pod(spec.clone(), status, meta);
        let s = pod_summary(p.as_pod().unwrap());
        let got = format!("{}/{} {} {}", s.ready, s.total, s.status, s.restarts_cell(now()));
        assert_eq!(got, want, "{name}");
    }
}
