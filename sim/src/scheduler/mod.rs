//! The scheduler.
/// What a request was for.
#[derive(Clone, Debug)]
pub enum SchedCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum SchedTimer {}
