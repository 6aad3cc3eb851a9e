//! What keys do.

use crate::view::View;

/// Takes the keys that were pressed since the last frame.
pub fn handle(_view: &mut View, _ctx: &egui::Context) {}
