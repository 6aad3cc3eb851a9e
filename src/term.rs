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
        Style { on: std::io::stdout().is_terminal() && colours() && !dumb() }
    }

    /// Without colours.
    #[cfg(test)]
    pub fn plain() -> Style {
        Style { on: false }
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

/// Whether colours are wanted at all.
pub fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// Whether the terminal can do nothing but print.
pub fn dumb() -> bool {
    std::env::var("TERM").is_ok_and(|t| t == "dumb")
}

/// How many columns lines of text may take: those of the terminal, but no more than can be read well.
pub fn columns() -> usize {
    let size = if std::io::stdout().is_terminal() { crossterm::terminal::size().ok() } else { None };
    // Some terminals do not know how wide they are.
    let size = size.filter(|(w, _)| *w > 0);
    size.map_or(100, |(w, _)| usize::from(w).clamp(20, 110))
}

/// Leaves raw mode and the alternate screen, if they were entered, and lets errors be seen again.
pub fn restore() {
    #[cfg(feature = "view")]
    loud();
    if crossterm::terminal::is_raw_mode_enabled().unwrap_or(false) {
        ratatui::restore();
    }
}

/// Standard error, while [`Hush`] has put nothing in its place.
#[cfg(all(feature = "view", unix))]
static STDERR: std::sync::Mutex<Option<std::os::fd::OwnedFd>> = std::sync::Mutex::new(None);

/// While there is one, nothing is written to standard error: graphics drivers and the libraries of desktops like to
/// tell there what concerns nobody. Not where a log is asked for.
#[cfg(feature = "view")]
pub struct Hush(());

#[cfg(feature = "view")]
impl Hush {
    /// Begins. On Windows, whose drivers are quieter, nothing is done.
    pub fn new() -> Hush {
        hush();
        Hush(())
    }
}

#[cfg(all(feature = "view", unix))]
fn hush() {
    let wanted = std::env::var_os("RUST_LOG").is_none();
    let nowhere = std::fs::File::create("/dev/null").ok();
    let kept = rustix::io::dup(std::io::stderr()).ok();
    if let (true, Some(nowhere), Some(kept)) = (wanted, nowhere, kept)
        && let Ok(mut at) = STDERR.lock()
        && at.is_none()
        && rustix::stdio::dup2_stderr(&nowhere).is_ok()
    {
        *at = Some(kept);
    }
}

#[cfg(all(feature = "view", not(unix)))]
fn hush() {}

#[cfg(all(feature = "view", not(unix)))]
fn loud() {}

#[cfg(feature = "view")]
impl Drop for Hush {
    fn drop(&mut self) {
        loud();
    }
}

#[cfg(all(feature = "view", unix))]
fn loud() {
    if let Some(fd) = STDERR.lock().ok().and_then(|mut at| at.take()) {
        let _ = rustix::stdio::dup2_stderr(&fd);
    }
}

/// Text that may come from a file, made safe for a terminal: control characters but line ends and tabs
/// are written as `^[`, as kubectl writes them.
pub fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    let bad = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(bad) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if !bad(c) => out.push(c),
            '\0'..='\x1f' => out.extend(['^', char::from(c as u8 + b'@')]),
            c => out.extend(c.escape_unicode()),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        for (given, expected) in [
            ("plain\n\ttext 节点", "plain\n\ttext 节点"),
            ("a\x1b]0;x\x07b", "a^[]0;x^Gb"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(super::clean(given), expected);
        }
    }
}
