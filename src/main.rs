//! The command line of podium.
fn main() {}
