//! The commands, one file each.

pub mod bench;
pub mod faults;
pub mod kubectl;
pub mod play;
pub mod test;
pub mod tour;
pub mod trace;
pub mod why;
