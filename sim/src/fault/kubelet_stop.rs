//! The kubelet process of a node stops. Its containers run on; nobody tells the cluster.

use super::{FaultKind, node, node_target};
use crate::msg::Comp;
use crate::trace::Cause;

pub(super) const KIND: FaultKind = FaultKind {
    name: "kubeletStop",
    about: "the kubelet of a node stops; its containers run on",
    args: &[("node", true, "the node's name")],
    mendable: true,
    target: node_target,
    begin: |world, args, record| {
        let Ok(n) = node(world, args) else { return };
        world.stop(Comp::Kubelet(n), record);
        world.silence(n, Some(record), "its kubelet is stopped");
    },
    end: |world, args, record| {
        let Ok(n) = node(world, args) else { return };
        if world.still(KIND.name, "node", args) || !world.core.health(Comp::Runtime(n)).up {
            return;
        }
        world.silence(n, None, "");
        world.start(Comp::Kubelet(n), Cause::Record(record));
    },
};
