//! A node loses its power: kubelet, runtime and all containers are gone at once. Mending it is
//! switching it on again: the machine starts with no container running.

use super::{FaultKind, node, node_target};
use crate::msg::Comp;
use crate::trace::Cause;

pub(super) const KIND: FaultKind = FaultKind {
    name: "nodeCrash",
    about: "a node loses its power; mending it switches it on again",
    args: &[("node", true, "the node's name")],
    mendable: true,
    target: node_target,
    begin: |world, args, record| {
        let Ok(n) = node(world, args) else { return };
        world.stop(Comp::Kubelet(n), record);
        world.stop(Comp::Runtime(n), record);
        world.silence(n, Some(record), "the machine is off");
    },
    end: |world, args, record| {
        let Ok(n) = node(world, args) else { return };
        if world.still(KIND.name, "node", args) {
            return;
        }
        world.silence(n, None, "");
        world.start(Comp::Runtime(n), Cause::Record(record));
        if !world.still(super::kubelet_stop::KIND.name, "node", args) {
            world.start(Comp::Kubelet(n), Cause::Record(record));
        }
    },
};
