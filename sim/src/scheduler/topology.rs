//! Domains of a topology: the nodes that have one value of a label.

use super::snapshot::Cache;
use crate::object::Str;
use std::collections::HashMap;

/// No domain: the node lacks the label.
pub const NONE: u32 = u32::MAX;

/// For one label, the domain of each node, by numbers.
#[derive(Clone, Debug)]
pub struct Column {
    /// The label.
    pub key: Str,
    of_row: Vec<u32>,
    domains: usize,
}

impl Column {
    /// The domains of all nodes.
    pub fn of(cluster: &Cache, key: &Str) -> Column {
        let mut numbers: HashMap<&Str, u32> = HashMap::new();
        let mut of_row = vec![NONE; cluster.rows().len()];
        for row in cluster.order() {
            if let Some(value) = cluster.row(*row).label(key) {
                let next = numbers.len() as u32;
                of_row[*row as usize] = *numbers.entry(value).or_insert(next);
            }
        }
        Column { key: key.clone(), of_row, domains: numbers.len() }
    }
    /// The domain of a node, or [`NONE`].
    #[inline]
    pub fn domain(&self, row: u32) -> u32 {
        self.of_row.get(row as usize).copied().unwrap_or(NONE)
    }
    /// How many domains there are.
    pub fn domains(&self) -> usize {
        self.domains
    }
}
