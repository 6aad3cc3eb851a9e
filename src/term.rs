//! What the terminal can do: colours, and being put back in order.

use std::io::IsTerminal;

/// Whether and how to colour. NO_COLOR and a pipe turn it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    on: bool,
}

impl Style {
    /// For standard output.
    pub fn stdout() -> Style {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var("TERM").is_ok_and(|t| t == "dumb");
        Style { on: std::io::stdout().is_terminal() && !plain }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
    /// Important.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }
    /// Less important.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }
    /// Names and headings.
    pub fn accent(self, text: &str) -> String {
        self.paint("1;36", text)
    }
    /// It went well.
    pub fn good(self, text: &str) -> String {
        self.paint("1;32", text)
    }
    /// It did not.
    pub fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }
}

/// Leaves raw mode and the alternate screen, if they were entered.
pub fn restore() {
    if crossterm::terminal::is_raw_mode_enabled().unwrap_or(false) {
        ratatui::restore();
    }
}
