//! The commands, one file each.

pub mod bench;
pub mod bench_scheduler;
pub mod faults;
pub mod kubectl;
pub mod play;
pub mod render;
pub mod schedule;
pub mod test;
pub mod tour;
pub mod trace;
pub mod view;
pub mod why;
