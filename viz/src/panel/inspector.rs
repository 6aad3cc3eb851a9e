//! Facts about what is chosen.
use crate::scene::Rack;
use crate::view::View;
use egui::Ui;
use podium_sim::msg::Comp;
/// Which side of an object is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What it is.
    #[default]
    Facts,
}
/// The panel.
pub fn show(_view: &mut View, _ui: &mut Ui) {}
/// A component's name.
pub fn part_name(_view: &View, _comp: Comp) -> String {
    String::new()
}
/// How a node is, in a word or two.
pub fn standing(_view: &View, _rack: &Rack) -> String {
    String::new()
}
