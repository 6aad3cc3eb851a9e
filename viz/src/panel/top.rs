//! The bar above everything: what is played, when it is, and the switches.

use super::{actions, widgets};
use crate::keys::Act;
use crate::theme::Mode;
use crate::view::View;
use egui::{Align, Layout, RichText, Ui};
use podium_sim::caption::Lang;

/// The title of the lesson, or the scenario's name.
pub fn title(view: &View) -> String {
    match &view.lesson {
        Some(l) => format!("{} · {}", l.id, l.title.get(view.lang)),
        None => view.player.source().header().name.clone(),
    }
}

/// The bar.
pub fn show(view: &mut View, ui: &mut Ui) {
    ui.horizontal(|ui| {
        ui.set_min_height(32.0);
        clock(view, ui, 26.0);
        ui.separator();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::word(view, ui, Act::Help, "?", view.panels.help);
            let other = match view.lang {
                Lang::En => "中文",
                Lang::ZhCn => "English",
            };
            widgets::word(view, ui, Act::Language, other, false);
            let theme = match view.mode {
                Mode::Light => "view-theme-dark",
                Mode::Dark => "view-theme-light",
            };
            for (act, id, on) in [
                (Act::Theme, theme, false),
                (Act::Presenter, "view-presenter", view.presenter),
                (Act::Legend, "view-legend", view.panels.legend),
                (Act::Inspector, "view-inspector", view.panels.inspector),
                (Act::Workloads, "view-workloads", view.panels.workloads),
                (Act::Still, "view-still", view.still),
                (Act::Blank, "view-blank", false),
            ] {
                let text = view.text(id);
                widgets::word(view, ui, act, &text, on);
            }
            actions::menu(view, ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = RichText::new(title(view)).size(18.0).color(view.theme().text.egui());
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
}

/// The run's time, in large figures.
pub fn clock(view: &View, ui: &mut Ui, size: f32) {
    let text = RichText::new(widgets::clock(view.player.now(), 3)).monospace().size(size);
    ui.label(text.color(view.theme().text.egui())).on_hover_text(view.text("view-clock"));
}
