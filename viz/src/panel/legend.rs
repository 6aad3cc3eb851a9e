//! What the signs mean: always there, because a colour that nobody explains is noise.

use super::marks::Sort;
use crate::paint::dress;
use crate::theme::{PodLook, Theme};
use crate::view::View;
use egui::{Color32, Painter, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, vec2};
use std::collections::BTreeSet;

const SIZE: f32 = 14.0;

/// The strip below the picture. For a presenter it names what is in sight, so that the picture keeps its room.
pub fn show(view: &mut View, ui: &mut Ui) {
    let theme = view.theme();
    let scene = view.player.scene();
    let tiles = scene.racks.iter().flat_map(|r| r.tiles()).chain(scene.tray.values());
    let mut seen: BTreeSet<PodLook> =
        if view.presenter { tiles.map(|t| t.look).collect() } else { BTreeSet::new() };
    seen.extend([PodLook::Pending, PodLook::Ready]);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 2.0);
        for look in PodLook::ALL.into_iter().filter(|l| !view.presenter || seen.contains(l)) {
            // A sign and its words stay on one line.
            let font = egui::FontId::proportional(SIZE);
            let words = ui.painter().layout_no_wrap(view.text(look.message()), font, theme.text.egui());
            if ui.available_size_before_wrap().x < words.size().x + 24.0 {
                ui.end_row();
            }
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
    ui.label(RichText::new(view.text(id)).size(SIZE).color(view.theme().text.egui()));
    ui.add_space(4.0);
}

/// A pod's tile, small: colour, sign and fill as on the picture.
pub fn swatch(p: &Painter, theme: &Theme, look: PodLook, rect: Rect) {
    let d = dress(look, theme.background);
    let width = rect.width() * if d.thick { 0.11 } else { 0.04 };
    let (fill, edge, ink) = (d.fill.egui(), Stroke::new(width, d.border.egui()), d.ink.egui());
    p.rect(rect, 3.0, fill, edge, StrokeKind::Inside);
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
