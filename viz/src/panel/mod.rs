//! The panels around the picture. Each is a function of the view and a part of the window; none knows of bevy.

pub mod lesson;

use crate::draw::Canvas;
use crate::theme::{Mode, Theme};
use crate::view::View;
use egui::{Context, Rect, Ui};

/// Colours and sizes of egui's own things.
pub fn style(ctx: &Context, theme: &Theme, scale: f32) {
    ctx.set_theme(match theme.mode {
        Mode::Light => egui::Theme::Light,
        Mode::Dark => egui::Theme::Dark,
    });
    ctx.set_zoom_factor(scale);
}

/// All panels. Returns the area that they leave to the picture.
pub fn show(_view: &mut View, ui: &mut Ui) -> Rect {
    ui.available_rect_before_wrap()
}

/// The picture's labels, drawn with egui's text.
pub fn labels(_view: &View, ui: &Ui, area: Rect, canvas: &Canvas) {
    let painter = ui.painter().with_clip_rect(area);
    for l in &canvas.labels {
        let font = if l.mono { egui::FontId::monospace(l.size) } else { egui::FontId::proportional(l.size) };
        let mut job = egui::text::LayoutJob::simple_singleline(l.text.clone(), font, l.color.egui());
        if l.max_width.is_finite() {
            job.wrap = egui::text::TextWrapping::truncate_at_width(l.max_width);
        }
        let galley = painter.layout_job(job);
        let at = l.anchor.anchor_size(l.at, galley.size()).min;
        painter.galley(at, galley, l.color.egui());
    }
}
