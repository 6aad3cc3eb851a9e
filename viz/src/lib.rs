//! The window of podium: a cluster drawn from its trace.

pub mod fonts;
