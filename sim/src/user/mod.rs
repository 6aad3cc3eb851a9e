//! kubectl.
/// What a request was for.
#[derive(Clone, Debug)]
pub enum UserCtx {}
/// Timers.
#[derive(Clone, Debug)]
pub enum UserTimer {}
