//! The live picture in the terminal.

pub mod free;
pub mod picture;
mod plane;
pub mod stage;
#[cfg(test)]
mod tests;
pub mod theatre;
mod window;

use crate::exit::Failure;
use crate::load::Loaded;
use podium_sim::caption::Catalogue;
use podium_sim::scenario::RunOptions;
use std::io::IsTerminal;

/// Plays a scenario as a live picture.
pub fn play(loaded: &Loaded, options: &RunOptions, catalogue: &Catalogue) -> Result<(), Failure> {
    need_terminal()?;
    stage::play(loaded, options, catalogue)
}

/// The live picture needs a terminal on both sides.
pub fn need_terminal() -> Result<(), Failure> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !crate::term::dumb() {
        return Ok(());
    }
    Err(Failure::Lacking(
        "the live picture needs a terminal, and this is none\n  help: leave --tui out to get lines instead"
            .into(),
    ))
}
