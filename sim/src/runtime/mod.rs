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
#[derive(Clone, Debug)]
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
