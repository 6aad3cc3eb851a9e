//! The window, and pictures without one: bevy and its egui as a host of [`crate::View`].
//!
//! One mesh with one material draws all shapes of a frame (`shapes`), and bevy_egui draws panels and labels above
//! it. The view runs in one egui pass a frame (`pass`); `host` gives it a window, `headless` a picture.

mod error;
mod gpu;
pub mod headless;
mod host;
mod pass;
mod shapes;

pub use error::WindowError;
pub use headless::Recorder;
pub use host::{check_display, open};

use crate::View;
use crate::draw::Canvas;
use crate::theme::Color;

/// What window and pictures can show: something that runs inside egui and leaves shapes to be drawn below it.
pub trait Painted {
    /// Fonts and colours for egui, before the first frame.
    fn prepare(&mut self, ctx: &egui::Context);
    /// One frame. `seconds` have passed since the one before.
    fn frame(&mut self, ui: &mut egui::Ui, seconds: f64);
    /// The shapes of the last frame.
    fn canvas(&self) -> &Canvas;
    /// Behind everything.
    fn background(&self) -> Color;
}

impl Painted for View {
    fn prepare(&mut self, ctx: &egui::Context) {
        View::prepare(self, ctx);
    }
    fn frame(&mut self, ui: &mut egui::Ui, seconds: f64) {
        View::frame(self, ui, seconds);
    }
    fn canvas(&self) -> &Canvas {
        View::canvas(self)
    }
    fn background(&self) -> Color {
        self.theme().background
    }
}

/// Whether pictures can be drawn on this machine.
///
/// # Errors
/// If there is no graphics driver; the error says how to get one.
pub fn check_graphics() -> Result<(), WindowError> {
    gpu::adapter().map(drop)
}
