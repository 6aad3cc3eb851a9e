//! A run as a trace: all that a view needs, without a file between.

use super::Run;
use crate::config::KUBERNETES_VERSION;
use crate::trace::{Header, Trace};
use crate::world::World;

impl Run<World> {
    /// What the run's trace says about itself. `files` are the names and texts of what it is played from, the
    /// scenario first.
    pub fn header(&self, files: &[(String, String)]) -> Header {
        let config = self.cluster.config();
        Header {
            podium: env!("CARGO_PKG_VERSION").into(),
            kubernetes: KUBERNETES_VERSION.into(),
            name: self.scenario.metadata.name.clone(),
            seed: self.seed,
            level: config.trace,
            latency: config.latency,
            epoch_s: config.epoch_s,
            nodes: config.nodes.iter().map(|n| n.name.to_string()).collect(),
            files: files.to_vec(),
        }
    }

    /// What has happened so far, as if it had been written to a file and read again. The records must have been
    /// kept, and none of them taken.
    pub fn into_trace(mut self, files: &[(String, String)]) -> Trace {
        let header = self.header(files);
        let mut records = self.take_records();
        records.append(&mut self.cluster.take_records());
        let inputs = self.cluster.input_log().to_vec();
        Trace { header, records, inputs, story: self.report().story(), blocks: Vec::new(), end: self.now }
    }
}
