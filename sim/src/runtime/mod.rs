//! The runtime port and its simulation.
/// A command to the runtime.
#[derive(Clone, Debug)]
pub enum RuntimeCommand {}
impl RuntimeCommand {
    /// name
    pub fn name(&self) -> &'static str {
        "x"
    }
}
/// What happened.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub enum RuntimeEvent {}
impl RuntimeEvent {
    /// name
    pub fn name(&self) -> &'static str {
        "x"
    }
}
/// Timers.
#[derive(Clone, Debug)]
pub enum RuntimeTimer {}
/// How containers of matching images behave.
#[derive(Clone, Debug)]
pub struct ImageModel;

/// Stub.
#[derive(Clone, Debug, Default)]
pub struct SimRuntime;
impl SimRuntime {
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
impl crate::world::Component for SimRuntime {
    fn step(&mut self, _: crate::msg::Input, _: &mut crate::core::Cx<'_>) {}
}

/// Registry.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// missing
    pub missing: Vec<crate::object::Str>,
}
