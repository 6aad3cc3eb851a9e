//! Claims, volumes, classes and what CSI drivers say about nodes, as far as scheduling heeds them.

use crate::object::Inert;
use std::sync::Arc;

/// The storage objects of the cluster.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    epoch: u64,
}

impl Storage {
    /// An object came, changed or (not `there`) is gone. Kinds that are no business of storage are passed over.
    pub fn change(&mut self, o: &Arc<Inert>, there: bool) {
        let _ = (o, there);
        self.epoch += 1;
    }
}
