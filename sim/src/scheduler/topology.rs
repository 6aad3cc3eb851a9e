//! Domains of a topology: the nodes that have one value of a label.

use super::snapshot::Cache;
use crate::object::Str;
use std::collections::HashMap;
use std::sync::Arc;

/// No domain: the node lacks the label.
pub const NONE: u32 = u32::MAX;

/// The labels whose domains nearly every cluster asks for.
pub const USUAL: [&str; 2] = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

/// For one label, the domain of each node, by numbers. The cache keeps those that are asked for.
#[derive(Clone, Debug, Default)]
pub struct Column {
    of_row: Vec<u32>,
    numbers: HashMap<Str, u32>,
}

impl Column {
    /// The domains of all nodes: those that the cache keeps, or made anew.
    pub fn of(cluster: &Cache, key: &Str) -> Arc<Column> {
        if let Some(column) = cluster.column(key) {
            return column.clone();
        }
        let mut column = Column::default();
        for node in cluster.rows().iter().filter(|n| n.node.is_some()) {
            column.set(node.row, node.label(key));
        }
        Arc::new(column)
    }
    /// A node has this value of the label, or none.
    pub fn set(&mut self, row: u32, value: Option<&Str>) {
        if self.of_row.len() <= row as usize {
            self.of_row.resize(row as usize + 1, NONE);
        }
        self.of_row[row as usize] = match value {
            None => NONE,
            Some(value) => match self.numbers.get(value) {
                Some(n) => *n,
                None => {
                    let n = self.numbers.len() as u32;
                    self.numbers.insert(value.clone(), n);
                    n
                }
            },
        };
    }
    /// The domain of a node, or [`NONE`].
    #[inline]
    pub fn domain(&self, row: u32) -> u32 {
        self.of_row.get(row as usize).copied().unwrap_or(NONE)
    }
    /// How many domains there are or have been.
    pub fn domains(&self) -> usize {
        self.numbers.len()
    }
}
