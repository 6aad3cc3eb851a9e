//! The world of podium: a Kubernetes control plane as one deterministic state machine.
//!
//! Nothing in this crate reads a clock, a file, a socket or the operating system's
//! randomness: time is a parameter and every input enters through [`world::World::handle`].

#![cfg_attr(
    not(test),
    deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)
)]

pub mod api_util;
pub mod apiserver;
pub mod caption;
pub mod check;
pub mod client;
pub mod config;
pub mod controllers;
pub mod core;
pub mod cow;
pub mod diagnostic;
pub mod etcd;
pub mod fault;
pub mod kubelet;
pub mod links;
pub mod manifest;
pub mod msg;
pub mod object;
pub mod perf;
pub mod print;
pub mod queue;
pub mod rng;
pub mod runtime;
pub mod scenario;
pub mod scheduler;
pub mod time;
pub mod trace;
pub mod user;
pub mod world;
