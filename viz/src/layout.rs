//! Where things are on the picture.

/// How the racks are zoomed and moved, beyond what fits them into the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// 1 shows all racks.
    pub zoom: f32,
    /// Moved by, in points.
    pub pan: egui::Vec2,
}

impl Default for Camera {
    fn default() -> Camera {
        Camera { zoom: 1.0, pan: egui::Vec2::ZERO }
    }
}
