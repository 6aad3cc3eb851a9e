//! Deployments.
use crate::view::View;
use egui::Ui;
/// Availability over time.
pub type Series = ();
/// The panel.
pub fn show(_view: &mut View, _ui: &mut Ui) {}
