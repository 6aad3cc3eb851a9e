//! Faults: what can go wrong, one file each.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault as a scenario names it: `{nodeCrash: {node: node-2}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Its name, such as `nodeCrash`.
    pub name: String,
    /// Its arguments.
    pub args: Value,
}
