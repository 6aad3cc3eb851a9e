//! Small things that the panels share: buttons with signs drawn by hand, so that no font can lack them, and times.

use crate::keys::{self, Act};
use crate::view::View;
use egui::{
    Color32, FontId, Pos2, Rect, Response, RichText, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, WidgetType,
    pos2, vec2,
};
use podium_sim::object::Key;
use podium_sim::time::SimTime;

/// A sign on a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Icon {
    Play,
    Pause,
    StepOn,
    StepBack,
    BeatOn,
    BeatBack,
    First,
    Last,
    ChapterOn,
    ChapterBack,
}

/// A button that does what a key does. Its name is what it does; its hint names the key.
pub fn act(view: &mut View, ui: &mut Ui, act: Act, icon: Icon) {
    let name = view.text(act.binding().text);
    if icon_button(ui, icon, &name).on_hover_text(keys::hint(view, act)).clicked() {
        keys::perform(view, act);
    }
}

/// A button with words that does what a key does; `on`: it stands for something that holds now.
pub fn word(view: &mut View, ui: &mut Ui, act: Act, text: &str, on: bool) {
    let name = view.text(act.binding().text);
    let response = ui.add(egui::Button::new(text).selected(on));
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, &name));
    if response.on_hover_text(keys::hint(view, act)).clicked() {
        keys::perform(view, act);
    }
}

fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(36.0, 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
    if ui.is_rect_visible(rect) {
        let visuals = ui.style().interact(&response);
        ui.painter().rect(
            rect,
            visuals.corner_radius,
            visuals.weak_bg_fill,
            visuals.bg_stroke,
            egui::StrokeKind::Inside,
        );
        draw_icon(ui, icon, rect.center(), visuals.fg_stroke.color);
    }
    response
}

fn draw_icon(ui: &Ui, icon: Icon, c: Pos2, color: Color32) {
    let p = ui.painter();
    let bar = |x: f32, w: f32| {
        let at = pos2(c.x + x, c.y);
        p.rect_filled(Rect::from_center_size(at, vec2(w, 14.0)), 0.0, color);
    };
    let arrow = |x: f32, size: f32| {
        let points = vec![
            pos2(c.x + x - size, c.y - size.abs()),
            pos2(c.x + x + size, c.y),
            pos2(c.x + x - size, c.y + size.abs()),
        ];
        p.add(Shape::convex_polygon(points, color, Stroke::NONE));
    };
    match icon {
        Icon::Play => arrow(1.0, 7.0),
        Icon::Pause => [-4.0, 4.0].into_iter().for_each(|x| bar(x, 4.0)),
        Icon::StepOn => {
            bar(-6.0, 3.0);
            arrow(3.0, 5.0);
        }
        Icon::StepBack => {
            arrow(-3.0, -5.0);
            bar(6.0, 3.0);
        }
        Icon::BeatOn => [-4.0, 5.0].into_iter().for_each(|x| arrow(x, 4.5)),
        Icon::BeatBack => [-5.0, 4.0].into_iter().for_each(|x| arrow(x, -4.5)),
        Icon::First => {
            bar(-6.0, 3.0);
            arrow(2.0, -5.5);
        }
        Icon::Last => {
            arrow(-2.0, 5.5);
            bar(6.0, 3.0);
        }
        Icon::ChapterOn => {
            arrow(-6.0, 4.0);
            arrow(1.0, 4.0);
            bar(7.5, 2.5);
        }
        Icon::ChapterBack => {
            bar(-7.5, 2.5);
            arrow(-1.0, -4.0);
            arrow(6.0, -4.0);
        }
    }
}

/// A line of text that can be clicked. Returns whether it was.
pub fn link(view: &View, ui: &mut Ui, text: &str) -> bool {
    let text = RichText::new(text).color(view.theme().accent.egui());
    ui.add(egui::Button::new(text).frame(false).wrap()).clicked()
}

/// A heading inside a panel.
pub fn heading(view: &View, ui: &mut Ui, id: &str) {
    ui.add_space(4.0);
    ui.label(RichText::new(view.text(id)).size(16.0).strong().color(view.theme().text.egui()));
}

/// Text that matters less.
pub fn faint(view: &View, ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).color(view.theme().faint.egui()))
}

/// Minutes and seconds, `01:23.4`; hours if there are any.
pub fn clock(t: SimTime, digits: usize) -> String {
    let ms = t.0 / 1_000_000;
    let (h, m, s, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    let mut out = if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m:02}:{s:02}") };
    if digits > 0 {
        out.push('.');
        out.push_str(&format!("{rest:03}")[..digits.min(3)]);
    }
    out
}

/// An object's name with its namespace, unless that is `default`.
pub fn name(key: &Key) -> String {
    if key.ns.is_empty() || key.ns == "default" {
        key.name.to_string()
    } else {
        format!("{}/{}", key.ns, key.name)
    }
}

/// Text that is cut off with an ellipsis at a width. Returns the place that it takes.
pub fn cut(ui: &Ui, at: Pos2, text: &str, size: f32, color: Color32, width: f32) -> Vec2 {
    let mut job =
        egui::text::LayoutJob::simple_singleline(text.to_owned(), FontId::proportional(size), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    let galley = ui.painter().layout_job(job);
    let taken = galley.size();
    ui.painter().galley(at, galley, color);
    taken
}
