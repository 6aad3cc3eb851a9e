//! The link between a node and the control plane is cut, both ways. The node works on by itself.

use super::{FaultKind, node, node_target};

pub(super) const KIND: FaultKind = FaultKind {
    name: "partition",
    about: "the link between a node and the control plane is cut",
    args: &[("node", true, "the node's name")],
    mendable: true,
    target: node_target,
    begin: |world, args, record| {
        let Ok(n) = node(world, args) else { return };
        world.core.nodes[n as usize].cut = Some(record);
        world.silence(n, Some(record), "its link to the control plane is cut");
    },
    end: |world, args, _| {
        let Ok(n) = node(world, args) else { return };
        if world.still(KIND.name, "node", args) {
            return;
        }
        world.core.nodes[n as usize].cut = None;
        world.silence(n, None, "");
    },
};
