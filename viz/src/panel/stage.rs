//! The picture's own area: what the pointer does there, the labels, and what is said over it.

use super::{caption, widgets};
use crate::draw::Canvas;
use crate::layout::Layout;
use crate::view::{Target, View};
use egui::{Align2, CentralPanel, FontId, Rect, Sense, Ui, pos2, vec2};

/// Takes the rest of the window, and what the pointer does in it.
pub fn show(view: &mut View, ui: &mut Ui) -> Rect {
    let (rect, response) = CentralPanel::no_frame()
        .show(ui, |ui| ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag()))
        .inner;
    view.hover = response.hover_pos().and_then(|p| view.canvas().at(p)).map(|h| h.target.clone());
    if response.double_clicked() {
        view.camera = Default::default();
    } else if response.clicked()
        && let Some(p) = response.interact_pointer_pos()
        && let Some(hit) = view.canvas().at(p)
    {
        let target = hit.target.clone();
        view.select(target);
    }
    if response.dragged() {
        view.camera.pan += response.drag_delta();
    }
    if let Some(p) = response.hover_pos() {
        let by = ui.input(|i| i.zoom_delta() * (i.smooth_scroll_delta.y * 0.004).exp());
        if (by - 1.0).abs() > f32::EPSILON {
            let (racks, most) = (view.player.scene().racks.len(), view.player.most_slots());
            let middle = Layout::new(rect, racks, most, &view.camera).field.center();
            zoom(view, p - middle, by);
        }
    }
    if let Some(target) = view.hover.clone() {
        let lines = about(view, &target);
        response.on_hover_ui_at_pointer(|ui| {
            for (i, line) in lines.iter().enumerate() {
                if i == 0 {
                    ui.strong(line)
                } else {
                    ui.label(line)
                };
            }
        });
    }
    rect
}

/// Zooms around a point, given from the middle of the racks' field.
fn zoom(view: &mut View, point: egui::Vec2, by: f32) {
    let old = view.camera.zoom;
    let new = (old * by).clamp(1.0, 64.0);
    if (new - old).abs() > f32::EPSILON {
        view.camera.pan = point - (point - view.camera.pan) * (new / old);
        view.camera.zoom = new;
        if new <= 1.0 {
            view.camera.pan = egui::Vec2::ZERO;
        }
    }
}

/// What a thing is, in a few lines: name, namespace, owner, node, state.
pub fn about(view: &View, target: &Target) -> Vec<String> {
    let c = view.catalogue();
    let scene = view.player.scene();
    match target {
        Target::Part(comp) => vec![super::inspector::part_name(view, *comp)],
        Target::Node(name) => {
            let mut out = vec![name.to_string()];
            if let Some(rack) = scene.rack(name).map(|i| &scene.racks[i]) {
                let (cpu, memory) = rack.requested();
                let percent = |part: i64, all: i64| if all > 0 { part * 100 / all } else { 0 };
                out.push(super::inspector::standing(view, rack));
                out.push(c.text(
                    "view-tip-node",
                    &[
                        ("pods", &rack.tiles().count()),
                        ("cpu", &percent(cpu, rack.cpu_milli)),
                        ("memory", &percent(memory, rack.memory)),
                    ],
                ));
            }
            out
        }
        Target::Object(key) => {
            let mut out =
                vec![c.text("thing", &[("kind", &c.kind(&key.kind)), ("name", &widgets::name(key))])];
            if !key.ns.is_empty() {
                out.push(c.text("view-tip-namespace", &[("name", &key.ns)]));
            }
            let Some(obj) = scene.fold.objects.get(key) else { return out };
            if let Some(owner) = obj.meta().controller() {
                out.push(c.text("view-tip-owner", &[("name", &format!("{}/{}", owner.kind, owner.name))]));
            }
            if let Some(pod) = obj.as_pod() {
                let none = view.text("ui-unscheduled");
                let node = if pod.node_name.is_empty() { none.as_str() } else { &pod.node_name };
                out.push(c.text("view-tip-on", &[("node", &node)]));
                if let Some((tile, _)) = scene.tile(key) {
                    out.push(view.text(tile.look.message()));
                }
            }
            out
        }
        Target::Record(id) => {
            let index = view.player.index();
            let told = index.get(*id).and_then(|r| index.tell(r)).map(|t| c.say(&t));
            told.into_iter().collect()
        }
    }
}

/// What is said for a moment.
pub fn toast(view: &View, ui: &Ui, area: Rect) {
    let Some((text, _)) = &view.toast else { return };
    let theme = view.theme();
    let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Tooltip, egui::Id::new("toast")));
    let galley = painter.layout(
        text.clone(),
        FontId::proportional(18.0),
        theme.surface.egui(),
        (area.width() - 60.0).max(120.0),
    );
    let at = Align2::CENTER_BOTTOM.anchor_size(area.center_bottom() - vec2(0.0, 18.0), galley.size());
    painter.rect_filled(at.expand2(vec2(14.0, 8.0)), 6.0, theme.text.egui());
    painter.galley(at.min, galley, theme.surface.egui());
}

/// A picture without panels: title and clock above, the sentence below, with large letters.
pub fn bare(view: &View, ui: &Ui) -> Rect {
    let all = ui.available_rect_before_wrap();
    let theme = view.theme();
    let unit = (all.height() / 720.0).clamp(0.4, 3.0);
    let (top, bottom) = (44.0 * unit, 84.0 * unit);
    let painter = ui.painter();
    let (text, faint) = (theme.text.egui(), theme.faint.egui());
    for (from, to) in [(all.top(), all.top() + top), (all.bottom() - bottom, all.bottom())] {
        let rect = Rect::from_min_max(pos2(all.left(), from), pos2(all.right(), to));
        painter.rect_filled(rect, 0.0, theme.surface.egui());
    }
    let pad = 16.0 * unit;
    let at = pos2(all.left() + pad, all.top() + top / 2.0);
    let title = super::top::title(view);
    painter.text(at, Align2::LEFT_CENTER, title, FontId::proportional(22.0 * unit), text);
    let at = pos2(all.right() - pad, all.top() + top / 2.0);
    let now = widgets::clock(view.player.now(), 1);
    painter.text(at, Align2::RIGHT_CENTER, now, FontId::monospace(24.0 * unit), text);
    if let Some(told) = caption::current(view) {
        let width = all.width() - 2.0 * pad;
        let font = FontId::proportional(26.0 * unit);
        let mut job = egui::text::LayoutJob::simple(told.text.clone(), font, text, width);
        job.wrap.max_rows = 2;
        let galley = painter.layout_job(job);
        let lift = (bottom - 20.0 * unit - galley.size().y).max(0.0) / 2.0;
        painter.galley(pos2(all.left() + pad, all.bottom() - bottom + lift), galley, text);
        let at = pos2(all.right() - pad, all.bottom() - 4.0 * unit);
        painter.text(at, Align2::RIGHT_BOTTOM, told.aside, FontId::proportional(15.0 * unit), faint);
    }
    Rect::from_min_max(pos2(all.left(), all.top() + top), pos2(all.right(), all.bottom() - bottom))
}

/// The picture's labels, drawn with egui's text.
pub fn labels(_view: &View, ui: &Ui, area: Rect, canvas: &Canvas) {
    let painter = ui.painter().with_clip_rect(area);
    for l in &canvas.labels {
        let font = if l.mono { FontId::monospace(l.size) } else { FontId::proportional(l.size) };
        let mut job = egui::text::LayoutJob::simple_singleline(l.text.clone(), font, l.color.egui());
        if l.max_width.is_finite() {
            job.wrap = egui::text::TextWrapping::truncate_at_width(l.max_width);
        }
        let galley = painter.layout_job(job);
        let at = l.anchor.anchor_size(l.at, galley.size()).min;
        painter.galley(at, galley, l.color.egui());
    }
}
