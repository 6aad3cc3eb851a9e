//! Why there is no window, or no picture.

use std::fmt;

/// Why there is no window, or no picture. Each says in a sentence what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowError {
    /// There is no display to open a window on.
    NoDisplay(String),
    /// There is no driver to draw with.
    NoDriver(String),
    /// A picture cannot have this size.
    Size {
        /// What was asked for.
        asked: (u32, u32),
        /// The largest width and height.
        largest: u32,
    },
    /// The driver, or the window system, gave up.
    Failed(String),
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WindowError::NoDisplay(why) => write!(
                f,
                "cannot open a window: {why}\n  help: start it on a desktop with X11 (or Xwayland); podium render \
                 makes pictures without a display, and podium play --tui needs only a terminal"
            ),
            WindowError::NoDriver(why) => write!(
                f,
                "cannot draw: {why}\n  help: install a Vulkan driver, on Debian and Ubuntu with apt-get install \
                 mesa-vulkan-drivers libvulkan1 (it needs no graphics card); podium play --tui needs only a terminal"
            ),
            WindowError::Size { asked: (w, h), largest } => {
                write!(f, "a picture of {w}x{h} cannot be drawn: width and height are 1 to {largest} here")
            }
            WindowError::Failed(why) => write!(f, "the graphics driver or window system failed: {why}"),
        }
    }
}

impl std::error::Error for WindowError {}
