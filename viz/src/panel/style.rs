//! Colours and sizes of egui's own things.

use crate::theme::{Mode, Theme};
use egui::{Context, FontFamily, FontId, Stroke, TextStyle};

/// Takes over a theme. `still`: nothing slides or fades.
pub fn style(ctx: &Context, theme: &Theme, scale: f32, still: bool) {
    let egui_theme = match theme.mode {
        Mode::Light => egui::Theme::Light,
        Mode::Dark => egui::Theme::Dark,
    };
    ctx.set_theme(egui_theme);
    ctx.set_zoom_factor(scale);
    ctx.style_mut_of(egui_theme, |s| {
        s.animation_time = if still { 0.0 } else { 1.0 / 12.0 };
        s.text_styles = [
            (TextStyle::Small, FontId::new(14.0, FontFamily::Proportional)),
            (TextStyle::Body, FontId::new(15.0, FontFamily::Proportional)),
            (TextStyle::Button, FontId::new(15.0, FontFamily::Proportional)),
            (TextStyle::Heading, FontId::new(20.0, FontFamily::Proportional)),
            (TextStyle::Monospace, FontId::new(14.0, FontFamily::Monospace)),
        ]
        .into();
        s.spacing.item_spacing = egui::vec2(8.0, 5.0);
        s.spacing.button_padding = egui::vec2(8.0, 4.0);
        s.spacing.interact_size.y = 26.0;
        let (text, accent, line) = (theme.text.egui(), theme.accent.egui(), theme.line.egui());
        let (surface, rack) = (theme.surface.egui(), theme.rack.egui());
        let v = &mut s.visuals;
        v.panel_fill = surface;
        v.window_fill = surface;
        v.window_stroke = Stroke::new(1.5, line);
        v.extreme_bg_color = theme.background.egui();
        v.faint_bg_color = rack;
        v.code_bg_color = rack;
        v.override_text_color = None;
        v.hyperlink_color = accent;
        v.weak_text_color = Some(theme.faint.egui());
        v.warn_fg_color = theme.bad.egui();
        v.error_fg_color = theme.bad.egui();
        v.selection.bg_fill = theme.accent.mix(theme.surface, 0.75).egui();
        v.selection.stroke = Stroke::new(2.0, text);
        let w = &mut v.widgets;
        for (state, fill, edge) in [
            (&mut w.noninteractive, surface, Stroke::new(1.0, line)),
            (&mut w.inactive, rack, Stroke::new(1.0, line)),
            (&mut w.hovered, theme.accent.mix(theme.surface, 0.85).egui(), Stroke::new(1.5, accent)),
            (&mut w.active, theme.accent.mix(theme.surface, 0.7).egui(), Stroke::new(2.5, accent)),
            (&mut w.open, rack, Stroke::new(1.5, accent)),
        ] {
            state.bg_fill = fill;
            state.weak_bg_fill = fill;
            state.bg_stroke = edge;
            state.fg_stroke = Stroke::new(1.5, text);
            state.expansion = 0.0;
        }
        // The rail of a slider.
        w.inactive.bg_fill = line;
    });
}
