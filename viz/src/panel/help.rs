//! The sheet of keys.

use super::widgets;
use crate::keys::KEYS;
use crate::view::View;
use egui::{Align2, Context, Grid, RichText, Window};

/// The sheet, if it is open.
pub fn show(view: &mut View, ctx: &Context) {
    if !view.panels.help {
        return;
    }
    let theme = view.theme();
    Window::new(RichText::new(view.text("view-help-title")).size(20.0))
        .id(egui::Id::new("view-help"))
        .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
        .collapsible(false)
        .resizable(false)
        .show(ctx, |ui| {
            let most = (ui.ctx().content_rect().height() - 150.0).max(200.0);
            egui::ScrollArea::vertical().max_height(most).show(ui, |ui| {
                Grid::new("keys").num_columns(4).spacing([14.0, 2.0]).show(ui, |ui| {
                    let half = KEYS.len().div_ceil(2);
                    for (i, left) in KEYS.iter().enumerate().take(half) {
                        for b in [Some(left), KEYS.get(half + i)].into_iter().flatten() {
                            let key = RichText::new(b.written(view)).monospace().strong();
                            ui.label(key.color(theme.accent.egui()));
                            ui.label(view.text(b.text));
                        }
                        ui.end_row();
                    }
                });
                ui.horizontal(|ui| {
                    ui.label(RichText::new("1 … 9").monospace().strong().color(theme.accent.egui()));
                    ui.label(view.text("view-act-answer"));
                });
                widgets::faint(view, ui, view.text("view-help-mouse"));
            });
            ui.add_space(6.0);
            if ui.button(view.text("view-close")).clicked() {
                view.panels.help = false;
            }
        });
}
