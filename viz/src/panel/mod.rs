//! The panels around the picture. Each is a function of the view and a part of the window; none knows of bevy.

pub mod actions;
pub mod caption;
pub mod decision_table;
pub mod facts;
pub mod help;
pub mod inspector;
pub mod legend;
pub mod lesson;
pub mod marks;
mod stage;
mod style;
pub mod timeline;
pub mod top;
pub mod why;
pub mod widgets;
pub mod workloads;

pub use stage::labels;
pub use style::style;

use crate::view::{Question, Target, View};
use egui::{Frame, Panel, Rect, Ui};
use podium_sim::time::SimTime;
use podium_sim::trace::{RecordId, Why};

/// Which records a thing that was worked out stands for: branch, and how many there are.
pub type Stamp = (usize, usize);

/// What the panels remember from one frame to the next.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Which side of an object is shown.
    pub tab: inspector::Tab,
    /// The verdict on the lesson's question was read.
    pub verdict_read: bool,
    /// The steps of the script that do something themselves, once that was asked.
    acting: Option<Vec<String>>,
    marks: Option<(Stamp, marks::Marks)>,
    series: Option<(Stamp, workloads::Series)>,
    explained: Option<decision_table::Explained>,
    why: Option<(why::About, Result<Why, String>)>,
    decided: Option<(inspector::Moment, Option<decision_table::Taken>)>,
    /// Where somebody has come from, link by link.
    back: Vec<(Target, SimTime)>,
}

/// Which records are there.
pub fn stamp(view: &View) -> Stamp {
    (view.player.source().active(), view.player.records().len())
}

/// Goes to just after a record, and stops there.
pub fn go_record(view: &mut View, id: RecordId) {
    let before = view.player.now();
    view.player.playing = false;
    view.player.go_to(id);
    lesson::jumped(view, before);
}

/// Goes to a time.
pub fn go_time(view: &mut View, to: SimTime) {
    let before = view.player.now();
    view.player.seek(to);
    lesson::jumped(view, before);
}

/// All panels. Returns the area that they leave to the picture.
pub fn show(view: &mut View, ui: &mut Ui) -> Rect {
    if view.blank {
        return ui.available_rect_before_wrap();
    }
    if view.bare {
        return stage::bare(view, ui);
    }
    let theme = view.theme();
    let frame = |v: i8| {
        Frame::new()
            .fill(theme.surface.egui())
            .stroke(egui::Stroke::new(1.0, theme.line.egui()))
            .inner_margin(egui::Margin::symmetric(10, v))
    };
    if !view.presenter {
        Panel::top("view-top").frame(frame(5)).show(ui, |ui| top::show(view, ui));
    }
    Panel::bottom("view-timeline").frame(frame(6)).show(ui, |ui| timeline::show(view, ui));
    Panel::bottom("view-caption").frame(frame(4)).show(ui, |ui| caption::show(view, ui));
    if view.panels.legend {
        Panel::bottom("view-legend").frame(frame(3)).show(ui, |ui| legend::show(view, ui));
    }
    if !view.presenter {
        let left = view.panels.workloads || (view.panels.lesson && view.lesson.is_some());
        if left {
            Panel::left("view-left").frame(frame(6)).default_size(300.0).size_range(260.0..=380.0).show(
                ui,
                |ui| {
                    egui::ScrollArea::vertical().id_salt("left").auto_shrink(false).show(ui, |ui| {
                        lesson::show(view, ui);
                        workloads::show(view, ui);
                    })
                },
            );
        }
        if view.panels.inspector {
            Panel::right("view-right").frame(frame(6)).default_size(340.0).size_range(280.0..=480.0).show(
                ui,
                |ui| {
                    egui::ScrollArea::vertical()
                        .id_salt("right")
                        .auto_shrink(false)
                        .show(ui, |ui| inspector::show(view, ui))
                },
            );
        }
    }
    let area = stage::show(view, ui);
    help::show(view, ui.ctx());
    if view.question == Question::Asked {
        lesson::ask(view, ui.ctx());
    }
    stage::toast(view, ui, area);
    area
}
