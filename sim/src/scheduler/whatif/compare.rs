//! The same pods under two profiles, side by side; and how full clusters are.

use super::{Report, name_of};
use crate::object::Str;
use crate::scheduler::resources::Amounts;
use crate::scheduler::snapshot::{Cache, NodeInfo};
use std::collections::BTreeMap;

/// How full the nodes of a cluster are with a resource: shares of what they have, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Filled {
    /// The mean over the nodes that have any.
    pub mean: f64,
    /// The fullest node.
    pub max: f64,
    /// The standard deviation over the nodes.
    pub deviation: f64,
}

/// How full a cluster is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Utilisation {
    /// Of processors, by requests.
    pub cpu: Filled,
    /// Of memory, by requests.
    pub memory: Filled,
    /// See [`fragmentation`].
    pub fragmented: Fragmented,
}

/// On how many nodes something is left that the largest pod cannot use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fragmented {
    /// So many nodes have something left, but too little for the largest pod.
    pub nodes: usize,
    /// Of so many nodes.
    pub of: usize,
}

impl Fragmented {
    /// As a share, from 0 to 1.
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.nodes as f64 / self.of as f64 }
    }
}

fn filled(cache: &Cache, of: fn(&Amounts) -> i64) -> Filled {
    let share = |n: &NodeInfo| (of(&n.requested) as f64) / (of(&n.allocatable) as f64);
    let shares: Vec<f64> = cache.nodes().filter(|n| of(&n.allocatable) > 0).map(share).collect();
    if shares.is_empty() {
        return Filled::default();
    }
    let n = shares.len() as f64;
    let mean = shares.iter().sum::<f64>() / n;
    let variance = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n;
    Filled { mean, max: shares.iter().copied().fold(0.0, f64::max), deviation: variance.sqrt() }
}

/// The nodes on which there are processors, memory and a place for a pod left, but less of one of them than the largest
/// pod asks for: what is left there is lost to it. Only requests are looked at.
pub fn fragmentation(cache: &Cache, largest: &Amounts) -> Fragmented {
    let free = |n: &NodeInfo| {
        (
            n.allocatable.milli_cpu - n.requested.milli_cpu,
            n.allocatable.memory - n.requested.memory,
            n.allocatable.pods - n.pods.len() as i64,
        )
    };
    let lost = |n: &&NodeInfo| {
        let (cpu, memory, pods) = free(n);
        cpu > 0 && memory > 0 && pods > 0 && (cpu < largest.milli_cpu || memory < largest.memory)
    };
    Fragmented { nodes: cache.nodes().filter(lost).count(), of: cache.order().len() }
}

/// How full a cluster is, as it is for pods of which the largest asks for so much.
pub fn utilisation(cache: &Cache, largest: &Amounts) -> Utilisation {
    Utilisation {
        cpu: filled(cache, |a| a.milli_cpu),
        memory: filled(cache, |a| a.memory),
        fragmented: fragmentation(cache, largest),
    }
}

/// The largest of the pods: the one that asks for the greatest share of what the cluster has, of processors or of
/// memory, whichever is greater.
pub fn largest<'a>(cache: &Cache, pods: impl IntoIterator<Item = &'a Amounts>) -> Amounts {
    let sum =
        |of: fn(&Amounts) -> i64| cache.nodes().map(|n| of(&n.allocatable) as f64).sum::<f64>().max(1.0);
    let (cpu, memory) = (sum(|a| a.milli_cpu), sum(|a| a.memory));
    let share = |a: &Amounts| (a.milli_cpu as f64 / cpu).max(a.memory as f64 / memory);
    let mut best: Option<(f64, &Amounts)> = None;
    for a in pods {
        if best.is_none_or(|(s, _)| share(a) > s) {
            best = Some((share(a), a));
        }
    }
    best.map(|(_, a)| a.clone()).unwrap_or_default()
}

/// A pod that two profiles put in different places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The pod.
    pub pod: Str,
    /// Where the first puts it.
    pub first: Option<Str>,
    /// Where the second does.
    pub second: Option<Str>,
}

/// The pods that two reports put in different places, in the order of names.
pub fn moved(first: &Report, second: &Report) -> Vec<Moved> {
    let places = |r: &Report| -> BTreeMap<Str, Option<Str>> {
        r.answers.iter().map(|a| (name_of(&a.pod), a.fate.node().cloned())).collect()
    };
    let (a, mut b) = (places(first), places(second));
    let both = a.into_iter().map(|(pod, first)| {
        let second = b.remove(&pod).flatten();
        Moved { pod, first, second }
    });
    both.filter(|m| m.first != m.second).collect()
}
