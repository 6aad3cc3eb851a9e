//! Addresses of nodes and pods: a function of the node's number, so that they are the same in every run.

use crate::config::WorldConfig;

/// How many bits of a pod's address count within its node.
fn host_bits(config: &WorldConfig) -> u32 {
    // Twice the room: an address is not given out again at once.
    let most = config.nodes.iter().map(|n| n.pods.clamp(1, 30_000) as u32).max().unwrap_or(110);
    (most * 2).next_power_of_two().trailing_zeros().max(8)
}

/// The first address of a node's pod range, and the length of its prefix.
/// `10.244.N.0/24` as long as that fits, as with `kubeadm init --pod-network-cidr=10.244.0.0/16`.
fn range(node: u32, config: &WorldConfig) -> (u32, u32) {
    let bits = host_bits(config);
    let fits = (config.nodes.len() as u64) << bits <= 1 << 16;
    let base = if fits { 0x0af4_0000 } else { 0x0a00_0000 };
    (base + (node << bits), bits)
}

fn dotted(ip: u32) -> String {
    let [a, b, c, d] = ip.to_be_bytes();
    format!("{a}.{b}.{c}.{d}")
}

/// The pod range of a node, such as `10.244.1.0/24`.
pub fn pod_cidr(node: u32, config: &WorldConfig) -> String {
    let (base, bits) = range(node, config);
    format!("{}/{}", dotted(base), 32 - bits)
}

/// A node's pod addresses. To work them out is to look at all nodes: keep them.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodIps {
    /// The first; before it are the network's own and the bridge's.
    first: u32,
    /// How many there are; the last of the range is not among them.
    pub count: u32,
}

impl PodIps {
    /// Those of a node.
    pub fn of(node: u32, config: &WorldConfig) -> PodIps {
        let (base, bits) = range(node, config);
        PodIps { first: base + 2, count: (1 << bits) - 3 }
    }
    /// One of them, by its place.
    pub fn get(self, index: u32) -> String {
        dotted(self.first + index)
    }
}

/// A node's own address, from 192.168.0.0/16.
pub fn node_ip(node: u32) -> String {
    dotted(0xc0a8_0000 + 10 + node % 65_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::NodeConfig;
    use std::collections::BTreeSet;

    #[test]
    fn addresses_are_familiar_and_never_shared() {
        let with = |nodes: usize, pods: i64| WorldConfig {
            nodes: NodeConfig::many(nodes, &NodeConfig { pods, ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(pod_cidr(1, &with(3, 110)), "10.244.1.0/24");
        assert_eq!(PodIps::of(1, &with(3, 110)).get(0), "10.244.1.2");
        for (nodes, pods) in [(3, 110), (300, 110), (10_000, 250), (40, 500)] {
            let config = with(nodes, pods);
            assert!(i64::from(PodIps::of(0, &config).count) > pods, "{nodes} nodes of {pods} pods");
            let mut seen = BTreeSet::new();
            for n in 0..nodes as u32 {
                let ips = PodIps::of(n, &config);
                for i in [0, ips.count - 1] {
                    assert!(seen.insert(ips.get(i)), "node {n} of {nodes}");
                }
            }
            assert!(seen.iter().all(|ip| ip.starts_with("10.")));
        }
        let ips: BTreeSet<String> = (0..10_000).map(node_ip).collect();
        assert_eq!(ips.len(), 10_000);
        assert_eq!(node_ip(0), "192.168.0.10");
    }
}
