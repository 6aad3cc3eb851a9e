//! The scene as shapes and labels.

use crate::draw::{Canvas, Shape};
use crate::view::View;
use egui::Rect;

/// Draws the scene into an area.
pub fn scene(view: &mut View, area: Rect, canvas: &mut Canvas) {
    let theme = view.theme();
    canvas.shape(Shape::fill(area, theme.background));
}
