//! kube-controller-manager.
/// What a request was for.
#[derive(Clone, Debug)]
pub enum KcmCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum KcmTimer {}
