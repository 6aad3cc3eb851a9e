//! The scheduler.
pub mod explain;
pub mod fast;
pub mod framework;
pub mod message;
pub mod node_tree;
pub mod plugins;
pub mod resources;
pub mod snapshot;
/// What a request was for.
#[derive(Clone, Debug)]
pub enum SchedCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum SchedTimer {}
