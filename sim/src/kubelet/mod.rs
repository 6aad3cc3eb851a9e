//! The kubelet.
/// What a request was for.
#[derive(Clone, Debug)]
pub enum KubeletCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum KubeletTimer {}

/// Stub.
#[derive(Clone, Debug, Default)]
pub struct Kubelet;
impl Kubelet {
    /// new
    pub fn new(_: u32, _: &crate::config::WorldConfig) -> Self {
        Self
    }
    /// crash
    pub fn crash_container(
        &mut self,
        _: &str,
        _: &str,
        _: &str,
        _: i64,
        _: &mut crate::core::Cx<'_>,
    ) -> bool {
        false
    }
}
impl crate::world::Component for Kubelet {
    fn step(&mut self, _: crate::msg::Input, _: &mut crate::core::Cx<'_>) {}
}
