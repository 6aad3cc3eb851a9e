//! The scheduler.
/// What a request was for.
#[derive(Clone, Debug)]
pub enum SchedCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum SchedTimer {}

/// Stub.
#[derive(Clone, Debug, Default)]
pub struct Scheduler;
impl Scheduler {
    /// new
    pub fn new() -> Self {
        Self
    }
}
impl crate::world::Component for Scheduler {
    fn step(&mut self, _: crate::msg::Input, _: &mut crate::core::Cx<'_>) {}
}
