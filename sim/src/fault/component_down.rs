//! A process of the control plane is down. It comes back with an empty memory and lists everything
//! again; etcd comes back with what is on its disk.

use super::FaultKind;
use crate::msg::Comp;
use crate::trace::{Cause, RecordId};
use crate::world::World;
use serde_json::Value;

fn begin(world: &mut World, c: Comp, record: RecordId) {
    world.stop(c, record);
}

fn end(world: &mut World, name: &str, c: Comp, args: &Value, record: RecordId) {
    // They take no argument, so another fault of the same name is the same fault.
    if !world.still(name, "", args) {
        world.start(c, Cause::Record(record));
    }
}

pub(super) const API_SERVER: FaultKind = FaultKind {
    name: "apiServerDown",
    about: "the API server is down: no reads, no writes, no watches; what runs, runs on",
    args: &[],
    mendable: true,
    target: |_, _| Ok("kube-apiserver".into()),
    begin: |w, _, r| begin(w, Comp::Api, r),
    end: |w, a, r| end(w, "apiServerDown", Comp::Api, a, r),
};

pub(super) const ETCD: FaultKind = FaultKind {
    name: "etcdDown",
    about: "etcd is down: the API server can still show what it has cached, but not write",
    args: &[],
    mendable: true,
    target: |_, _| Ok("etcd".into()),
    begin: |w, _, r| begin(w, Comp::Etcd, r),
    end: |w, a, r| end(w, "etcdDown", Comp::Etcd, a, r),
};

pub(super) const CONTROLLER_MANAGER: FaultKind = FaultKind {
    name: "controllerManagerDown",
    about: "the controller manager is down: nothing is repaired, scaled or rolled out",
    args: &[],
    mendable: true,
    target: |_, _| Ok("kube-controller-manager".into()),
    begin: |w, _, r| begin(w, Comp::Kcm, r),
    end: |w, a, r| end(w, "controllerManagerDown", Comp::Kcm, a, r),
};

pub(super) const SCHEDULER: FaultKind = FaultKind {
    name: "schedulerDown",
    about: "the scheduler is down: new pods stay Pending",
    args: &[],
    mendable: true,
    target: |_, _| Ok("kube-scheduler".into()),
    begin: |w, _, r| begin(w, Comp::Scheduler, r),
    end: |w, a, r| end(w, "schedulerDown", Comp::Scheduler, a, r),
};
