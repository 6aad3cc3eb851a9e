//! Time as a line: drag along it, with what happened marked on it, the script's steps as bands, and every other future
//! as a line of its own.

use super::marks::{self, Mark, Sort};
use super::widgets::{self, Icon};
use super::{actions, go_record, go_time, legend, lesson, top};
use crate::keys::Act;
use crate::player::{Pace, SPEEDS};
use crate::view::View;
use egui::{Align2, FontId, Rect, Response, Sense, Slider, Stroke, Ui, WidgetInfo, WidgetType, pos2, vec2};
use podium_sim::time::SimTime;

const BAND: f32 = 20.0;
const TRACK: f32 = 24.0;
const TICKS: f32 = 17.0;
const ROW: f32 = 18.0;
/// Other futures that have a line of their own; the rest is to be found in the menu beside the buttons.
const ROWS: usize = 3;

/// Line and buttons.
pub fn show(view: &mut View, ui: &mut Ui) {
    line(view, ui);
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        if view.presenter {
            top::clock(view, ui, 20.0);
            ui.separator();
        }
        buttons(view, ui);
    });
}

fn buttons(view: &mut View, ui: &mut Ui) {
    ui.spacing_mut().item_spacing.x = 5.0;
    let play = if view.player.playing { Icon::Pause } else { Icon::Play };
    for (a, icon) in [
        (Act::First, Icon::First),
        (Act::ChapterBack, Icon::ChapterBack),
        (Act::BeatBack, Icon::BeatBack),
        (Act::StepBack, Icon::StepBack),
        (Act::Play, play),
        (Act::StepOn, Icon::StepOn),
        (Act::BeatOn, Icon::BeatOn),
        (Act::ChapterOn, Icon::ChapterOn),
        (Act::Last, Icon::Last),
    ] {
        widgets::act(view, ui, a, icon);
    }
    ui.separator();
    widgets::word(view, ui, Act::Slower, "−", false);
    let mut speed = view.player.speed;
    ui.spacing_mut().slider_width = if view.presenter { 80.0 } else { 130.0 };
    let slider = Slider::new(&mut speed, SPEEDS.0..=SPEEDS.1).logarithmic(true).show_value(false);
    let name = view.text("view-speed");
    if ui.add(slider).on_hover_text(&name).changed() {
        // The slider stands still at whole powers of two.
        view.player.speed = speed.log2().round().exp2().clamp(SPEEDS.0, SPEEDS.1);
    }
    widgets::word(view, ui, Act::Faster, "+", false);
    ui.add_sized([44.0, 20.0], egui::Label::new(written_speed(view.player.speed)));
    if view.presenter {
        ui.separator();
        let text = view.text("view-presenter-off");
        return widgets::word(view, ui, Act::Presenter, &text, true);
    }
    ui.separator();
    let pace = match view.player.pace {
        Pace::Story => "view-pace-story",
        Pace::Clock => "view-pace-clock",
    };
    let (looping, beats) = (view.player.looping, view.player.heartbeats);
    for (act, id, on) in [
        (Act::Pace, pace, view.player.pace == Pace::Clock),
        (Act::Loop, "view-loop", looping),
        (Act::Heartbeats, "view-heartbeats", beats),
    ] {
        let text = view.text(id);
        widgets::word(view, ui, act, &text, on);
    }
    if view.player.now() >= view.player.end() {
        let text = view.text("view-go-on");
        widgets::word(view, ui, Act::GoOn, &text, false);
    }
    if view.player.source().branches().len() > 1 {
        actions::branches(view, ui);
    }
    if view.panels.legend {
        ui.separator();
        legend::marks(view, ui);
    }
}

/// A speed as it is said: `⅛×`, `½×`, `4×`.
pub fn written_speed(speed: f64) -> String {
    match speed {
        s if s < 0.18 => "⅛×".to_owned(),
        s if s < 0.36 => "¼×".to_owned(),
        s if s < 0.75 => "½×".to_owned(),
        s => format!("{s:.0}×"),
    }
}

/// Where things are on the line.
struct Scale {
    rect: Rect,
    seconds: f64,
}

impl Scale {
    fn x(&self, view: &View, at: SimTime) -> f32 {
        self.at(view.player.story().place(at.min(view.player.end())))
    }
    fn at(&self, place: f64) -> f32 {
        let part = place / self.seconds;
        self.rect.left() + self.rect.width() * part.clamp(0.0, 1.0) as f32
    }
    fn time(&self, view: &View, x: f32) -> SimTime {
        let part = f64::from((x - self.rect.left()) / self.rect.width()).clamp(0.0, 1.0);
        if part >= 1.0 { view.player.end() } else { view.player.story().time(part * self.seconds) }
    }
}

fn line(view: &mut View, ui: &mut Ui) {
    let branches = view.player.source().branches().len();
    let rows = (branches - 1).min(ROWS);
    let bands = !view.presenter && !view.player.chapters().is_empty();
    // Without bands the playhead needs a little room.
    let top = if bands { BAND } else { 6.0 };
    let height = top + TRACK + rows as f32 * ROW + if view.presenter { 0.0 } else { TICKS };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    let name = view.text("view-timeline");
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, &name));
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let scale = Scale { rect: inner, seconds: view.player.story().seconds().max(0.001) };
    let track = Rect::from_min_size(inner.min + vec2(0.0, top), vec2(inner.width(), TRACK));
    if bands {
        chapters(view, ui, &scale, inner.top());
    }
    let theme = view.theme();
    ui.painter().rect_filled(track.shrink2(vec2(0.0, 9.0)), 3.0, theme.line.egui());
    let now = scale.x(view, view.player.now());
    let done = Rect::from_min_max(track.min, pos2(now, track.bottom()));
    ui.painter().rect_filled(done.shrink2(vec2(0.0, 9.0)), 3.0, theme.accent.egui());
    let marks = marks::of(view);
    let near = draw_marks(view, ui, &scale, track, &marks, &response);
    if !view.presenter {
        ticks(view, ui, &scale, inner.bottom() - TICKS);
    }
    let followed = futures(view, ui, &scale, track, rows);
    // The playhead is on top of all that.
    let head = Stroke::new(2.5, theme.text.egui());
    ui.painter().vline(now, track.y_range().expand(4.0), head);
    ui.painter().circle_filled(pos2(now, track.top() - 2.0), 5.5, theme.text.egui());
    if let Some(branch) = followed {
        view.player.follow(branch);
        return lesson::jumped(view, view.player.now());
    }
    // Below the track are the other futures: a press there is for them.
    let futures = track.bottom()..track.bottom() + rows as f32 * ROW;
    let pressed = ui.input(|i| i.pointer.press_origin()).is_some_and(|p| futures.contains(&p.y));
    if pressed {
        return;
    }
    if let Some(p) = response.interact_pointer_pos()
        && (response.is_pointer_button_down_on() || response.clicked())
    {
        match near.filter(|_| response.clicked()) {
            Some(mark) => go_record(view, mark.record),
            None => go_time(view, scale.time(view, p.x)),
        }
    } else if let Some(p) = response.hover_pos() {
        let text = match near {
            Some(mark) => told(view, &mark),
            None => widgets::clock(scale.time(view, p.x), 3),
        };
        response.on_hover_text_at_pointer(text);
    }
}

fn told(view: &View, mark: &Mark) -> String {
    let index = view.player.index();
    let text = index.get(mark.record).and_then(|r| index.tell(r)).map(|t| view.catalogue().say(&t));
    format!("{}  {}", widgets::clock(mark.at, 3), text.unwrap_or_else(|| view.text(mark.sort.message())))
}

/// The script's steps as bands with their names.
fn chapters(view: &View, ui: &Ui, scale: &Scale, top: f32) {
    let theme = view.theme();
    let veil = lesson::veil(view).unwrap_or(view.player.end());
    let all = view.player.chapters();
    let all = &all[..all.partition_point(|c| c.began <= veil)];
    for (i, c) in all.iter().enumerate() {
        let from = scale.x(view, c.began);
        let to = all.get(i + 1).map_or(scale.rect.right(), |n| scale.x(view, n.began));
        let rect = Rect::from_min_max(pos2(from, top), pos2(to, top + BAND - 3.0));
        let fill = if i % 2 == 0 { theme.rack } else { theme.rack.mix(theme.line, 0.45) };
        ui.painter().rect_filled(rect, 2.0, fill.egui());
        ui.painter().vline(from, rect.y_range(), Stroke::new(1.0, theme.line.egui()));
        if rect.width() > 24.0 {
            let at = pos2(from + 4.0, top - 1.0);
            widgets::cut(ui, at, &c.step, 14.0, theme.text.egui(), rect.width() - 6.0);
        }
    }
}

/// Draws the marks, the grave ones on top; returns the one under the pointer.
fn draw_marks(
    view: &View,
    ui: &Ui,
    scale: &Scale,
    track: Rect,
    all: &[Mark],
    response: &Response,
) -> Option<Mark> {
    let theme = view.theme();
    let veil = lesson::veil(view).unwrap_or(view.player.end());
    let all = &all[..all.partition_point(|m| m.at <= veil)];
    let pointer = response.hover_pos();
    let mut near: Option<(f32, Mark)> = None;
    for sort in [Sort::Decision, Sort::Scaling, Sort::User, Sort::Failure] {
        let (y, size, gap) = match sort {
            Sort::Decision => (track.center().y, 12.0, 4.0),
            Sort::Scaling => (track.top() + 6.0, 11.0, 8.0),
            Sort::User => (track.bottom() - 5.0, 10.0, 8.0),
            Sort::Failure => (track.top() + 6.0, 10.0, 9.0),
        };
        let mut last = f32::MIN;
        for m in all.iter().filter(|m| m.sort == sort) {
            let x = scale.at(m.place);
            // Where many fall together, one stands for them.
            if x - last < gap {
                continue;
            }
            last = x;
            marks::draw(ui.painter(), &theme, sort, pos2(x, y), size);
            if let Some(p) = pointer {
                let far = p.distance(pos2(x, y));
                if far < 8.0 && near.is_none_or(|(best, _)| far <= best) {
                    near = Some((far, *m));
                }
            }
        }
    }
    near.map(|(_, m)| m)
}

/// Lengths between ticks, in seconds, from the longest on.
const STEPS: [f64; 13] = [3600.0, 1800.0, 600.0, 300.0, 60.0, 30.0, 10.0, 5.0, 1.0, 0.5, 0.1, 0.05, 0.01];

/// The run's time below the line: round times first, others where there is room.
fn ticks(view: &View, ui: &Ui, scale: &Scale, top: f32) {
    let theme = view.theme();
    let end = view.player.end().0 as f64 / 1e9;
    let mut taken: Vec<f32> = Vec::new();
    let most = (scale.rect.width() / 70.0) as usize;
    for step in STEPS {
        let count = (end / step) as usize;
        if count > 20_000 || taken.len() >= most {
            break;
        }
        for i in 0..=count {
            let at = SimTime((i as f64 * step * 1e9).round() as u64);
            let x = scale.x(view, at);
            if taken.iter().any(|t| (t - x).abs() < 70.0) {
                continue;
            }
            taken.push(x);
            let digits = if step < 0.1 { 2 } else { usize::from(step < 1.0) };
            ui.painter().vline(x, top - 3.0..=top + 2.0, Stroke::new(1.0, theme.faint.egui()));
            let anchor = match x {
                x if x < scale.rect.left() + 20.0 => Align2::LEFT_TOP,
                x if x > scale.rect.right() - 20.0 => Align2::RIGHT_TOP,
                _ => Align2::CENTER_TOP,
            };
            let text = widgets::clock(at, digits);
            let font = FontId::proportional(14.0);
            ui.painter().text(pos2(x, top + 1.0), anchor, text, font, theme.faint.egui());
        }
    }
}

/// The other futures, each a line that leaves this one where they part. Returns the one that was clicked.
fn futures(view: &View, ui: &Ui, scale: &Scale, track: Rect, rows: usize) -> Option<usize> {
    let theme = view.theme();
    let source = view.player.source();
    let others = (0..source.branches().len()).filter(|b| *b != source.active());
    let skip = source.branches().len() - 1 - rows;
    let mut clicked = None;
    // The trace itself, and of the others the newest.
    for (row, branch) in others.enumerate().filter(|(i, _)| *i == 0 || *i > skip).map(|(_, b)| b).enumerate()
    {
        let from = scale.x(view, source.parting(branch, source.active()));
        let to = scale.x(view, source.branches()[branch].end).max(from + 60.0).min(scale.rect.right());
        let y = track.bottom() + ROW * (row as f32 + 0.5);
        let title = branch_title(view, branch);
        let rect =
            Rect::from_min_max(pos2(from - 4.0, y - ROW / 2.0), pos2(to.max(from + 60.0), y + ROW / 2.0));
        let response = ui.interact(rect, ui.id().with(("future", branch)), Sense::click());
        let name = view.catalogue().text("view-future-follow", &[("name", &title)]);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        let color = if response.hovered() || response.has_focus() { theme.accent } else { theme.faint };
        let pen = Stroke::new(if response.hovered() { 4.0 } else { 3.0 }, color.egui());
        ui.painter().vline(from, track.center().y..=y, Stroke::new(2.0, color.egui()));
        ui.painter().hline(from..=to, y, pen);
        // The name stands on the line where there is most room.
        let font = FontId::proportional(14.0);
        let galley = ui.painter().layout_no_wrap(title, font, theme.text.egui());
        let right = scale.rect.right() - galley.size().x - 6.0;
        let at = pos2((from + 8.0).min(right), y - galley.size().y / 2.0);
        ui.painter().rect_filled(
            Rect::from_min_size(at, galley.size()).expand2(vec2(3.0, 0.0)),
            2.0,
            theme.surface.egui(),
        );
        ui.painter().galley(at, galley, theme.text.egui());
        if response.on_hover_text(name).clicked() {
            clicked = Some(branch);
        }
    }
    clicked
}

/// What a branch is called.
pub fn branch_title(view: &View, branch: usize) -> String {
    match branch {
        0 => view.text("view-future-first"),
        b => view.player.source().branches()[b].title.clone(),
    }
}
