//! kube-controller-manager.
/// What a request was for.
#[derive(Clone, Debug)]
pub enum KcmCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum KcmTimer {}

/// Stub.
#[derive(Clone, Debug, Default)]
pub struct ControllerManager;
impl ControllerManager {
    /// new
    pub fn new() -> Self {
        Self
    }
}
impl crate::world::Component for ControllerManager {
    fn step(&mut self, _: crate::msg::Input, _: &mut crate::core::Cx<'_>) {}
}
