//! Copy-on-write collections, so that a fork of the world costs little and copies only what changes later.

mod map;
mod table;

pub use map::CowMap;
pub use table::{CowTable, Keyed, hash_text};
