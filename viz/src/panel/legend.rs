//! What the signs mean: always there, because a colour that nobody explains is noise.

use super::marks::Sort;
use crate::theme::{PodLook, Theme, palette};
use crate::view::View;
use egui::{Color32, Painter, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, vec2};

/// The strip below the picture.
pub fn show(view: &mut View, ui: &mut Ui) {
    let theme = view.theme();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 2.0);
        for look in PodLook::ALL {
            let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
            swatch(ui.painter(), &theme, look, rect);
            entry(view, ui, look.message());
        }
    });
}

/// What the marks on the timeline mean, where there is room beside its buttons.
pub fn marks(view: &View, ui: &mut Ui) {
    let theme = view.theme();
    let room = ui.available_width() > 350.0;
    for sort in Sort::ALL {
        let (rect, response) = ui.allocate_exact_size(vec2(14.0, 16.0), Sense::hover());
        super::marks::draw(ui.painter(), &theme, sort, rect.center(), 11.0);
        response.on_hover_text(view.text(sort.message()));
        if room {
            entry(view, ui, sort.message());
        }
    }
}

fn entry(view: &View, ui: &mut Ui, id: &str) {
    ui.label(RichText::new(view.text(id)).size(14.0).color(view.theme().text.egui()));
    ui.add_space(4.0);
}

/// A pod's tile, small: colour, sign and fill as on the picture.
pub fn swatch(p: &Painter, theme: &Theme, look: PodLook, rect: Rect) {
    let (black, white) = (Color32::BLACK, Color32::WHITE);
    let (fill, edge, ink) = match look {
        PodLook::Pending => (palette::ORANGE.egui(), Color32::from_rgb(0xB0, 0x7A, 0), black),
        PodLook::Pulling => (palette::SKY.egui(), palette::SKY.egui(), black),
        PodLook::Creating => {
            (palette::SKY.mix(theme.background, 0.45).egui(), Color32::from_rgb(0x2F, 0x83, 0xB5), black)
        }
        PodLook::NotReady => (theme.background.egui(), palette::BLUE.egui(), palette::BLUE.egui()),
        PodLook::Ready => (palette::BLUE.egui(), palette::BLUE.egui(), white),
        PodLook::Succeeded => (palette::GREY.egui(), palette::GREY.egui(), black),
        PodLook::BackOff | PodLook::ImageBackOff | PodLook::Failed => {
            (palette::VERMILION.egui(), black, white)
        }
        PodLook::Terminating => (palette::PURPLE.egui(), palette::PURPLE.egui(), black),
        PodLook::Unknown => (palette::GREY.egui(), Color32::from_rgb(0x55, 0x55, 0x55), black),
    };
    p.rect(rect, 3.0, fill, Stroke::new(rect.width() * 0.11, edge), StrokeKind::Inside);
    sign(p, look, rect, ink);
}

fn sign(p: &Painter, look: PodLook, rect: Rect, ink: Color32) {
    let (c, u) = (rect.center(), rect.width() / 16.0);
    let pen = Stroke::new(1.8 * u, ink);
    let line = |points: &[(f32, f32)]| {
        let at = points.iter().map(|(x, y)| c + vec2(x * u, y * u)).collect();
        p.add(Shape::line(at, pen));
    };
    match look {
        PodLook::Ready => line(&[(-4.0, 0.0), (-1.0, 3.0), (4.0, -3.0)]),
        PodLook::Failed | PodLook::ImageBackOff => {
            line(&[(-3.5, -3.5), (3.5, 3.5)]);
            line(&[(-3.5, 3.5), (3.5, -3.5)]);
        }
        PodLook::Pending => {
            p.circle_stroke(c, 4.2 * u, pen);
            line(&[(0.0, -3.0), (0.0, 0.0), (2.0, 0.0)]);
        }
        PodLook::Pulling => {
            line(&[(0.0, -4.0), (0.0, 4.0)]);
            line(&[(-3.0, 1.0), (0.0, 4.0), (3.0, 1.0)]);
        }
        PodLook::Creating => {
            p.circle_stroke(c, 3.4 * u, pen);
        }
        PodLook::NotReady => {
            line(&[(0.0, -4.5), (0.0, 1.0)]);
            line(&[(0.0, 3.0), (0.0, 4.6)]);
        }
        PodLook::Succeeded => {
            p.rect_filled(Rect::from_center_size(c, vec2(6.0, 6.0) * u), 0.0, ink);
        }
        PodLook::BackOff => {
            line(&[(3.5, -1.0), (2.0, -3.4), (-2.0, -3.4), (-3.8, 0.0), (-2.0, 3.4), (2.0, 3.4), (3.6, 1.6)]);
            line(&[(4.6, -4.0), (3.5, -0.8), (0.6, -2.0)]);
        }
        PodLook::Terminating => {
            line(&[(-2.4, -2.6), (-3.8, 0.4), (-2.0, 3.6), (2.0, 3.6), (3.8, 0.4), (2.4, -2.6)]);
            line(&[(0.0, -4.6), (0.0, 0.4)]);
        }
        PodLook::Unknown => {
            line(&[(-2.6, -2.4), (-0.8, -4.2), (1.4, -4.0), (2.6, -2.2), (0.0, 0.4), (0.0, 1.4)]);
            line(&[(0.0, 3.0), (0.0, 4.6)]);
        }
    }
}
