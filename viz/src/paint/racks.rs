//! Nodes as racks, and the pods in them.

use super::{Painter, short};
use crate::draw::{Canvas, Glyph, Pattern, Shape};
use crate::layout::Level;
use crate::scene::{Rack, Standing, Tile};
use crate::theme::{Color, PodLook, palette};
use crate::view::Target;
use egui::{Align2, Rect, Vec2, pos2, vec2};
use podium_sim::msg::Comp;
use podium_sim::scheduler::explain::NodeExplanation;

const WHITE: Color = Color::rgb(0xFF_FFFF);
const BLACK: Color = Color::rgb(0x00_0000);
/// How long a pod flies from the scheduler's queue to its node, in seconds of the viewer.
const FLIGHT: f64 = 0.7;

/// A look's fill, border, sign, and the sign's colour.
pub(crate) struct Dress {
    pub fill: Color,
    pub border: Color,
    pub pattern: Pattern,
    pub glyph: Glyph,
    pub ink: Color,
    pub thick: bool,
}

/// How a look is dressed: colour, sign and fill say the same thing three times.
pub(crate) fn dress(look: PodLook, background: Color) -> Dress {
    let plain =
        |fill, glyph, ink| Dress { fill, border: fill, pattern: Pattern::Solid, glyph, ink, thick: false };
    match look {
        PodLook::Pending => Dress {
            pattern: Pattern::Hatch,
            border: Color::rgb(0xB0_7A00),
            ..plain(palette::ORANGE, Glyph::Clock, BLACK)
        },
        PodLook::Pulling => Dress { pattern: Pattern::Level, ..plain(palette::SKY, Glyph::Down, BLACK) },
        PodLook::Creating => Dress {
            border: Color::rgb(0x2F_83B5),
            fill: palette::SKY.mix(background, 0.45),
            thick: true,
            ..plain(palette::SKY, Glyph::Ring, BLACK)
        },
        PodLook::NotReady => Dress {
            fill: background,
            border: palette::BLUE,
            thick: true,
            ..plain(palette::BLUE, Glyph::Bang, palette::BLUE)
        },
        PodLook::Ready => plain(palette::BLUE, Glyph::Check, WHITE),
        PodLook::Succeeded => plain(palette::GREY, Glyph::Square, BLACK),
        PodLook::BackOff => {
            Dress { border: BLACK, thick: true, ..plain(palette::VERMILION, Glyph::Again, WHITE) }
        }
        PodLook::ImageBackOff => Dress {
            border: BLACK,
            thick: true,
            pattern: Pattern::Hatch,
            ..plain(palette::VERMILION, Glyph::Cross, WHITE)
        },
        PodLook::Failed => {
            Dress { border: BLACK, thick: true, ..plain(palette::VERMILION, Glyph::Cross, WHITE) }
        }
        PodLook::Terminating => plain(palette::PURPLE, Glyph::Power, BLACK),
        PodLook::Unknown => Dress {
            pattern: Pattern::Stripes,
            border: Color::rgb(0x55_5555),
            thick: true,
            ..plain(palette::GREY, Glyph::Question, BLACK)
        },
    }
}

/// All racks of which something is seen.
pub(super) fn draw(p: &Painter<'_>, canvas: &mut Canvas) {
    let racks = &p.scene.racks;
    for i in p.layout.seen(racks.len()) {
        let (rack, rect) = (&racks[i], p.layout.rack(i));
        canvas.hit(rect, Target::Node(rack.name.clone()));
        match p.layout.level {
            Level::Texel | Level::Cell => cell(p, rack, rect, canvas),
            Level::Square | Level::Tile => {
                body(p, rack, rect, canvas);
                head(p, i, rack, rect, canvas);
                slots(p, rack, rect, canvas);
                trouble(p, rack, rect, canvas);
                verdict(p, rack, rect, canvas);
            }
        }
    }
}

/// The colour of a node of which nothing but a colour is seen.
fn cell(p: &Painter<'_>, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let t = &p.theme;
    let share = if rack.cpu_milli > 0 { rack.requested().0 as f32 / rack.cpu_milli as f32 } else { 0.0 };
    let rect = if p.layout.level == Level::Cell { rect.shrink(0.5) } else { rect };
    let shape = Shape::fill(rect, t.rack);
    let bad = rack.worst().filter(|l| l.badness() >= 2);
    let shape = match (rack.standing, bad) {
        _ if rack.trouble.off => Shape { fill: BLACK.mix(t.background, 0.25).0, ..shape },
        (Standing::NotReady, _) => Shape { fill: t.bad.0, ..shape }.pattern(Pattern::Stripes, 0.0),
        (Standing::Unknown, _) => Shape { fill: t.line.fade(0.4).0, ..shape },
        (Standing::Ready, Some(look)) => Shape { fill: dress(look, t.background).fill.0, ..shape },
        // One hue from faint to full: readable in grey, too.
        (Standing::Ready, None) => {
            Shape { fill: t.line.mix(palette::BLUE, share.clamp(0.0, 1.0).sqrt()).0, ..shape }
        }
    };
    canvas.shape(shape.radius(if p.layout.level == Level::Cell { rect.width() * 0.12 } else { 0.0 }));
}

fn body(p: &Painter<'_>, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let t = &p.theme;
    let chosen = p.view.selected.as_ref() == Some(&Target::Node(rack.name.clone()));
    let (width, color) = match rack.standing {
        _ if chosen => (3.0, t.accent),
        Standing::NotReady => (3.0, t.bad),
        Standing::Unknown | Standing::Ready => (1.5, t.line),
    };
    let fill = if rack.standing == Standing::Unknown { t.background } else { t.rack };
    canvas.shape(Shape::fill(rect, fill).radius(8.0).border(width, color));
}

fn head(p: &Painter<'_>, number: usize, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let (t, head) = (&p.theme, p.layout.head);
    if head.title > 0.0 {
        let size = (head.title * 0.66).clamp(10.0, 19.0);
        let middle = rect.min.y + head.title / 2.0 + 1.0;
        let sign =
            Rect::from_center_size(pos2(rect.min.x + 8.0 + size / 2.0, middle), Vec2::splat(size * 1.05));
        let (color, glyph) = match rack.standing {
            Standing::Ready => (t.good, Glyph::Check),
            Standing::NotReady => (t.bad, Glyph::Cross),
            Standing::Unknown => (t.line, Glyph::Question),
        };
        canvas.shape(Shape::fill(sign, color).radius(size).glyph(glyph, WHITE).glyph_size(0.66));
        let (said, loud) = standing(p, rack);
        let small = size * 0.82;
        let room = rect.width() - size - 20.0;
        // The end of a name tells it from the others.
        let tail = rack.name.rsplit('-').next().unwrap_or_default();
        let name = if rack.name.len() as f32 * size * 0.56 > room { tail } else { rack.name.as_str() };
        let name_room =
            if said.is_empty() { room } else { (name.len() as f32 * size * 0.62).min(room * 0.6) };
        canvas.label(pos2(sign.max.x + 6.0, middle), Align2::LEFT_CENTER, name, size, t.text).max_width =
            name_room;
        if !said.is_empty() && room > 90.0 {
            let color = if loud { t.bad } else { t.faint };
            canvas
                .label(pos2(rect.max.x - 8.0, middle), Align2::RIGHT_CENTER, said, small, color)
                .max_width = room - name_room - 10.0;
        }
    }
    if head.bars > 0.0 {
        bars(p, number as u32, rack, rect, canvas);
    }
    if head.parts > 0.0 {
        parts(p, number as u32, rack, rect, canvas);
    }
}

/// What is to be said of a node, and whether it is to be said loudly.
fn standing(p: &Painter<'_>, rack: &Rack) -> (String, bool) {
    let word = |id: &str| p.view.text(id);
    if rack.trouble.off {
        let seen = rack.standing == Standing::NotReady;
        let noticed = if seen { format!("{} · ", word("ui-node-not-ready")) } else { String::new() };
        return (noticed + &word("ui-node-off"), true);
    }
    match rack.standing {
        Standing::NotReady => (word("ui-node-not-ready"), true),
        Standing::Ready if rack.cordoned => (word("ui-node-cordoned"), true),
        Standing::Ready | Standing::Unknown => (String::new(), false),
    }
}

/// CPU and memory: what is asked for, of what there is; what is used, as a darker line.
fn bars(p: &Painter<'_>, number: u32, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let (t, head) = (&p.theme, p.layout.head);
    let top = rect.min.y + head.title;
    let (cpu, memory) = rack.requested();
    let used = p.scene.fold.usage.get(&number).map_or((0, 0), |m| {
        m.pods.iter().fold((0, 0), |(c, b), pod| (c + pod.cpu_milli, b + pod.memory_bytes))
    });
    let rows = [("CPU", cpu, used.0, rack.cpu_milli, true), ("RAM", memory, used.1, rack.memory, false)];
    let high = head.bars / 2.0;
    let text = (high * 0.8).clamp(8.0, 13.0);
    let words = rect.width() >= 200.0 && high >= 11.0;
    for (i, (name, asked, used, whole, milli)) in rows.into_iter().enumerate() {
        let y = top + high * i as f32;
        let (left, right) = if words { (40.0, 92.0) } else { (8.0, 8.0) };
        let bar = Rect::from_min_max(
            pos2(rect.min.x + left, y + high * 0.2),
            pos2(rect.max.x - right, y + high * 0.8),
        );
        let share = if whole > 0 { asked as f32 / whole as f32 } else { 0.0 };
        let color = if share > 0.95 { palette::ORANGE } else { palette::SKY };
        canvas.shape(
            Shape::fill(bar, color)
                .radius(bar.height() / 2.0)
                .border(1.0, t.line)
                .pattern(Pattern::Bar, share),
        );
        let share = if whole > 0 { (used as f32 / whole as f32).min(1.0) } else { 0.0 };
        if share > 0.0 {
            let line = Rect::from_min_size(
                pos2(bar.min.x, bar.max.y - bar.height() * 0.4),
                vec2((bar.width() * share).max(2.0), bar.height() * 0.4),
            );
            canvas.shape(Shape::fill(line, palette::BLUE).radius(1.0));
        }
        if words {
            let middle = y + high / 2.0;
            canvas.label(pos2(rect.min.x + 8.0, middle), Align2::LEFT_CENTER, name, text, t.faint);
            let amount = |n: i64| if milli { cores(n) } else { bytes(n) };
            let said = format!("{} / {}", amount(asked), amount(whole));
            canvas
                .label(pos2(rect.max.x - 8.0, middle), Align2::RIGHT_CENTER, said, text, t.faint)
                .max_width = 82.0;
        }
    }
}

fn cores(milli: i64) -> String {
    if milli % 1000 == 0 { format!("{}", milli / 1000) } else { format!("{}m", milli) }
}

fn bytes(n: i64) -> String {
    let gib = n as f64 / f64::from(1 << 30);
    if n == 0 {
        "0".into()
    } else if gib >= 1.0 {
        format!("{}Gi", (gib * 10.0).round() / 10.0)
    } else {
        format!("{}Mi", (gib * 1024.0).round())
    }
}

fn parts(p: &Painter<'_>, number: u32, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let t = &p.theme;
    let names = [p.view.text("ui-kubelet"), p.view.text("ui-runtime"), "kube-proxy".to_owned()];
    let comps = [Some(Comp::Kubelet(number)), Some(Comp::Runtime(number)), None];
    for (i, (name, comp)) in names.into_iter().zip(comps).enumerate() {
        let r = p.layout.part(rect, i);
        let broken = rack.trouble.off || comp.is_some_and(|c| p.broken(c));
        // Nothing passes through kube-proxy yet: it is there, and idle.
        let (fill, ink) = match (broken, comp) {
            (true, _) => (t.bad.fade(0.2), t.text),
            (false, None) => (t.rack, t.faint),
            (false, Some(_)) => (t.surface, t.text),
        };
        let shape = Shape::fill(r, fill).radius(4.0).border(1.0, if broken { t.bad } else { t.line });
        canvas.shape(shape);
        let size = (r.height() * 0.6).clamp(8.0, 13.0);
        canvas.label(r.center(), Align2::CENTER_CENTER, name, size, ink).max_width = r.width() - 6.0;
        if let Some(comp) = comp {
            canvas.hit(r, Target::Part(comp));
        }
    }
}

fn slots(p: &Painter<'_>, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let count = p.layout.slots(p.view.player.most_slots()).max(rack.slots().len());
    for i in 0..count {
        let r = p.layout.slot(rect, i);
        match rack.slots().get(i).and_then(Option::as_ref) {
            // It is still on its way from the scheduler's queue.
            Some(t) if flies(p, t) => empty(p, r, canvas),
            Some(t) => tile(p, t, r, canvas),
            None => empty(p, r, canvas),
        }
    }
}

fn empty(p: &Painter<'_>, r: Rect, canvas: &mut Canvas) {
    if p.layout.level == Level::Tile {
        canvas.shape(Shape::fill(r, p.theme.background.fade(0.5)).radius(5.0).border(1.0, p.theme.line));
    }
}

/// One pod.
pub(super) fn tile(p: &Painter<'_>, tile: &Tile, rect: Rect, canvas: &mut Canvas) {
    let d = dress(tile.look, p.theme.background);
    let target = Target::Object(tile.key.clone());
    let grown = p.done(tile.here, 0.35);
    let size = if tile.look == PodLook::Terminating { 0.82 } else { 0.6 + 0.4 * grown };
    let r = Rect::from_center_size(rect.center(), rect.size() * size);
    // What the tile itself has room for, in a rack as in the scheduler's queue.
    let square = rect.height() < 22.0;
    let chosen = p.view.selected.as_ref() == Some(&target);
    let (border, color) = match () {
        () if chosen => (4.0, p.theme.text),
        () if d.thick => (if square { 1.0 } else { 3.0 }, d.border),
        () => (if square { 0.0 } else { 1.0 }, d.border),
    };
    let amount = match tile.look {
        PodLook::Pulling => p.view.player.pulled(&tile.key).unwrap_or(1.0),
        _ => 0.0,
    };
    let mut shape =
        Shape::fill(r, d.fill).radius(r.height() * 0.12).border(border, color).pattern(d.pattern, amount);
    // A change is seen as a change: the old colour is gone, the new one comes up.
    let changed = p.done(tile.since, 0.3);
    if changed < 1.0 {
        shape.fill = p.theme.surface.mix(d.fill, 0.25 + 0.75 * changed).0;
    }
    if square {
        canvas.shape(shape);
        canvas.hit(rect, target);
        return;
    }
    let named = r.height() >= 34.0;
    let sign = if named { (r.height() * 0.46).min(r.width() * 0.6) } else { r.height() * 0.7 };
    canvas.shape(shape);
    // The owner's stripe: pods of one replica set have the same.
    let stripe = Rect::from_min_size(r.min + vec2(0.0, r.height() - 4.0), vec2(r.width(), 4.0))
        .shrink2(vec2(3.0, 0.0));
    canvas.shape(Shape::fill(stripe, tile.hue).radius(2.0));
    let middle = if named { pos2(r.center().x, r.min.y + r.height() * 0.34) } else { r.center() };
    let at = Rect::from_center_size(middle, Vec2::splat(sign));
    canvas.shape(Shape::fill(at, Color(0)).glyph(d.glyph, d.ink).glyph_size(0.9));
    if named {
        let size = (r.height() * 0.21).clamp(9.0, 20.0);
        let at = pos2(r.center().x, r.max.y - r.height() * 0.24);
        canvas.label(at, Align2::CENTER_CENTER, short(&tile.key.name), size, d.ink).max_width =
            r.width() - 4.0;
        if tile.restarts > 0 {
            let at = r.right_top() + vec2(-5.0, 3.0);
            canvas.label(at, Align2::RIGHT_TOP, format!("×{}", tile.restarts), size, d.ink);
        }
    }
    canvas.hit(rect, target);
}

/// Whether a pod is drawn between the queue and its slot.
fn flies(p: &Painter<'_>, tile: &Tile) -> bool {
    p.layout.level == Level::Tile && p.done(tile.here, FLIGHT) < 1.0 && p.scene.tray.len() < 40
}

/// Pods on their way from the scheduler's queue to the node that they have just got.
pub(super) fn flights(p: &Painter<'_>, canvas: &mut Canvas) {
    if p.layout.level != Level::Tile {
        return;
    }
    for i in p.layout.seen(p.scene.racks.len()) {
        let rect = p.layout.rack(i);
        for (n, t) in p.scene.racks[i].slots().iter().enumerate() {
            let Some(t) = t.as_ref().filter(|t| flies(p, t)) else { continue };
            let part = p.done(t.here, FLIGHT);
            let (from, to) = (p.layout.tray_slot(0), p.layout.slot(rect, n));
            let at = from.center() + (to.center() - from.center()) * part;
            let size = from.size() + (to.size() - from.size()) * part;
            tile(p, t, Rect::from_center_size(at, size), canvas);
        }
    }
}

fn trouble(p: &Painter<'_>, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let t = &p.theme;
    if rack.trouble.off {
        let wash = BLACK.fade(0.34);
        canvas.shape(
            Shape::fill(rect, wash).radius(8.0).border(0.0, BLACK.fade(0.18)).pattern(Pattern::Stripes, 0.0),
        );
        let side = (rect.height() * 0.24).clamp(16.0, 84.0);
        let sign = Rect::from_min_size(rect.max - Vec2::splat(side + 8.0), Vec2::splat(side));
        canvas.shape(Shape::fill(sign, t.bad).radius(side).border(3.0, WHITE).glyph(Glyph::Power, WHITE));
    } else if rack.trouble.cut && rect.height() > 50.0 {
        let sign = Rect::from_center_size(rect.center_top(), Vec2::splat(26.0));
        canvas.shape(Shape::fill(sign, t.bad).radius(13.0).border(2.0, WHITE).glyph(Glyph::Cross, WHITE));
    }
}

/// What was said of a node in the decision that is shown: why it was left out, or how it scored.
fn verdict(p: &Painter<'_>, rack: &Rack, rect: Rect, canvas: &mut Canvas) {
    let (Some((_, decision)), Some(e)) = (&p.decision, p.explanation()) else { return };
    let Some(n) = e.nodes.iter().find(|n| n.node == rack.name) else { return };
    let won = decision.winner == rack.name;
    let t = &p.theme;
    let high = (rect.height() * 0.2).clamp(18.0, 44.0);
    let strip = Rect::from_min_max(pos2(rect.min.x, rect.max.y - high), rect.max).shrink(3.0);
    let size = (high * 0.4).clamp(10.0, 16.0);
    match reason(n) {
        Some(reason) => {
            canvas.shape(Shape::fill(rect, t.background.fade(0.55)).radius(8.0));
            canvas.shape(Shape::fill(strip, t.surface).radius(5.0).border(2.0, t.bad));
            let side = strip.height() * 0.62;
            let sign = Rect::from_center_size(strip.left_center() + vec2(side, 0.0), Vec2::splat(side));
            canvas.shape(Shape::fill(sign, Color(0)).glyph(Glyph::Cross, t.bad).glyph_size(0.9));
            let at = pos2(sign.max.x + 6.0, strip.center().y);
            canvas.label(at, Align2::LEFT_CENTER, reason, size, t.bad).max_width =
                strip.width() - side * 2.0 - 10.0;
        }
        None if n.looked_at => {
            let best = e.score().max(1) as f32;
            let share = if n.scores.is_empty() { 1.0 } else { n.total as f32 / best };
            let color = if won { t.good } else { palette::SKY };
            canvas.shape(
                Shape::fill(strip, color)
                    .radius(5.0)
                    .border(if won { 3.0 } else { 1.0 }, color)
                    .pattern(Pattern::Bar, share),
            );
            let mut said = if n.scores.is_empty() { String::new() } else { n.total.to_string() };
            if won {
                said = format!("{said} ✓");
                canvas.shape(Shape::fill(rect, Color(0)).radius(8.0).border(4.0, t.good));
            }
            let ink = if won { WHITE } else { BLACK };
            let at = strip.left_center() + vec2(10.0, 0.0);
            canvas.label(at, Align2::LEFT_CENTER, said.trim(), size * 1.1, ink);
        }
        None => {}
    }
}

/// Why a node was left out, in upstream's words.
fn reason(n: &NodeExplanation) -> Option<String> {
    if n.left_out {
        return Some(String::new());
    }
    n.rejected().map(|(plugin, r)| {
        let said = r.reasons.first().map(ToString::to_string);
        said.unwrap_or_else(|| plugin.to_owned())
    })
}
