//! The order in which nodes are looked at: round-robin over the zones, in the order in which zones and nodes
//! came. Source: `pkg/scheduler/backend/cache/node_tree.go`.

use crate::object::{Node, Str};
use std::sync::Arc;

/// Nodes by zone. A node is named by a number of the caller's.
#[derive(Clone, Debug, Default)]
pub struct NodeTree {
    zones: Vec<(Zone, Vec<u32>)>,
}

/// Region and zone of a node (`utilnode.GetZoneKey`).
pub type Zone = (Str, Str);

/// The zone that a node's labels name; both parts are empty if they name none.
pub fn zone_of(node: &Node) -> Zone {
    let label = |new: &str, old: &str| {
        let l = &node.metadata.labels;
        l.get(old).or_else(|| l.get(new)).cloned().unwrap_or_default()
    };
    (
        label("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"),
        label("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"),
    )
}

impl NodeTree {
    /// Adds a node at the end of its zone.
    pub fn add(&mut self, zone: Zone, id: u32) {
        match self.zones.iter_mut().find(|(z, _)| *z == zone) {
            Some((_, nodes)) => nodes.push(id),
            None => self.zones.push((zone, vec![id])),
        }
    }

    /// Removes a node; an empty zone goes with it.
    pub fn remove(&mut self, zone: &Zone, id: u32) {
        if let Some(i) = self.zones.iter().position(|(z, _)| z == zone) {
            self.zones[i].1.retain(|n| *n != id);
            if self.zones[i].1.is_empty() {
                self.zones.remove(i);
            }
        }
    }

    /// All nodes: the first of each zone, the second of each zone, and so on.
    pub fn order(&self) -> Vec<u32> {
        let deepest = self.zones.iter().map(|(_, n)| n.len()).max().unwrap_or(0);
        (0..deepest).flat_map(|i| self.zones.iter().filter_map(move |(_, n)| n.get(i).copied())).collect()
    }
}

/// Nodes in the scheduler's order, given in the order in which they joined.
pub fn in_order(nodes: &[Arc<Node>]) -> Vec<Arc<Node>> {
    let mut tree = NodeTree::default();
    for (i, n) in nodes.iter().enumerate() {
        tree.add(zone_of(n), i as u32);
    }
    tree.order().into_iter().map(|i| nodes[i as usize].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_round_robin_over_zones() {
        let z = |s: &str| (Str::new(), Str::from(s));
        let mut t = NodeTree::default();
        for (zone, id) in [("a", 0), ("a", 1), ("b", 2), ("c", 3), ("a", 4), ("c", 5)] {
            t.add(z(zone), id);
        }
        type Case<'a> = (&'a str, &'a [(&'a str, u32)], &'a [u32]);
        let cases: [Case<'_>; 3] = [
            ("all", &[], &[0, 2, 3, 1, 5, 4]),
            ("one gone", &[("a", 0)], &[1, 2, 3, 4, 5]),
            ("a zone gone", &[("b", 2)], &[1, 3, 4, 5]),
        ];
        for (name, remove, want) in cases {
            for (zone, id) in remove {
                t.remove(&z(zone), *id);
            }
            assert_eq!(t.order(), want, "{name}");
        }
    }
}
