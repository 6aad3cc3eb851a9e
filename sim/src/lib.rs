//! The world of podium: a Kubernetes control plane as one deterministic state machine.
//!
//! Nothing in this crate reads a clock, a file, a socket or the operating system's
//! randomness: time is a parameter and every input enters through [`world::World::handle`].

pub mod diagnostic;
pub mod manifest;
