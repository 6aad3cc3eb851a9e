//! The kubelet.
/// What a request was for.
#[derive(Clone, Debug)]
pub enum KubeletCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum KubeletTimer {}
