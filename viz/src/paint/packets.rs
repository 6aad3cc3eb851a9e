//! Messages on their way, along the edges that exist: exact where they are few, pulses with a count where they are many;
//! and edges that light up where messages have just passed.

use super::Painter;
use super::control::{line, way};
use crate::draw::{Canvas, Glyph, Pattern, Shape};
use crate::theme::Color;
use crate::view::Target;
use egui::{Align2, Pos2, Rect, Vec2, pos2, vec2};
use podium_sim::msg::Comp;
use podium_sim::time::SimTime;
use podium_sim::trace::{RecordId, What};
use std::collections::BTreeMap;

/// More messages than this are not drawn one by one.
pub const MOST: usize = 200;
/// As long as no more than this are under way, each says what it is.
const NAMED: usize = 10;
/// How long an edge shines after a message, in seconds of the viewer.
const SHINE: f64 = 0.45;

/// A message as the picture has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// The record of its sending.
    pub id: RecordId,
    /// From where.
    pub from: Comp,
    /// Where to.
    pub to: Comp,
    /// What it is.
    pub label: String,
    /// How much of the way is done, 0 to 1.
    pub part: f32,
}

/// The messages that are under way now and shown, the oldest first.
pub fn under_way(player: &crate::player::Player) -> Vec<Packet> {
    let now = player.now();
    let shown = player.scene().fold.in_flight.iter().filter(|(id, _)| !player.muted(**id));
    shown
        .map(|(id, m)| {
            let whole = m.arrives.0.saturating_sub(m.sent.0).max(1) as f32;
            let part = (now.0.saturating_sub(m.sent.0)) as f32 / whole;
            Packet { id: *id, from: m.from, to: m.to, label: m.label.to_string(), part: part.min(1.0) }
        })
        .collect()
}

/// The edge of a message, and whether it goes from the API server (or the kubelet) outwards.
fn edge(from: Comp, to: Comp) -> (Comp, bool) {
    match (from, to) {
        (Comp::Kubelet(_), Comp::Runtime(_)) => (to, true),
        (Comp::Runtime(_), Comp::Kubelet(_)) => (from, false),
        (Comp::Api, _) => (to, true),
        _ => (from, false),
    }
}

pub(super) fn draw(p: &Painter<'_>, canvas: &mut Canvas) {
    shine(p, canvas);
    let packets = under_way(&p.view.player);
    if packets.len() > MOST {
        pulses(p, &packets, canvas);
        return;
    }
    let current = p.view.player.current().map(|r| r.id);
    // Names beside the same stretch of an edge go below one another.
    let mut named: Vec<Pos2> = Vec::new();
    for m in &packets {
        let Some((at, heading)) = position(p, m) else { continue };
        if !p.layout.area.contains(at) {
            continue;
        }
        let (_, outwards) = edge(m.from, m.to);
        let color = colour(p, m, outwards);
        let answer = m.label == "ok";
        let side = if answer { 9.0 } else { 17.0 };
        let body = Rect::from_center_size(at, Vec2::splat(side));
        tail(at, heading, side, color, canvas);
        let chosen = p.view.selected == Some(Target::Record(m.id)) || current == Some(m.id);
        if chosen {
            canvas.shape(Shape::fill(body.expand(4.0), p.theme.accent.fade(0.35)).radius(side));
        }
        let sign = Shape::fill(body, Color(0)).glyph(Glyph::Triangle, color).glyph_size(1.0).turn(heading);
        canvas.shape(sign);
        canvas.hit(body.expand(4.0), Target::Record(m.id));
        if (packets.len() <= NAMED && !answer) || chosen {
            let right = heading != 2 && at.x + 110.0 < p.layout.area.max.x;
            let (at, anchor) = if right {
                (at + vec2(side * 0.8, 0.0), Align2::LEFT_CENTER)
            } else {
                (at - vec2(side * 0.8, 0.0), Align2::RIGHT_CENTER)
            };
            let clash =
                named.iter().filter(|n| (n.x - at.x).abs() < 60.0 && (n.y - at.y).abs() < 90.0).count();
            let at = named.get(named.len().wrapping_sub(clash)).filter(|_| clash > 0).copied().unwrap_or(at);
            named.push(at);
            let line = at + vec2(0.0, 16.0 * clash as f32);
            canvas.label(line, anchor, m.label.as_str(), 14.0, p.theme.text);
        }
    }
}

fn colour(p: &Painter<'_>, m: &Packet, outwards: bool) -> Color {
    match m.label.as_str() {
        "ok" => p.theme.good,
        "error" | "expired" | "closed" => p.theme.bad,
        _ if outwards => p.theme.accent,
        _ => p.theme.packet,
    }
}

/// What a message leaves behind it: its direction is seen even where it stands still.
fn tail(at: Pos2, heading: u32, side: f32, color: Color, canvas: &mut Canvas) {
    let (length, width) = (side * 1.9, side * 0.42);
    let back = match heading {
        0 => vec2(-1.0, 0.0),
        1 => vec2(0.0, -1.0),
        2 => vec2(1.0, 0.0),
        _ => vec2(0.0, 1.0),
    };
    let size = if heading.is_multiple_of(2) { vec2(length, width) } else { vec2(width, length) };
    let r = Rect::from_center_size(at + back * length * 0.55, size);
    canvas.shape(Shape::fill(r, color.fade(0.8)).pattern(Pattern::Fade, 0.0).turn(heading));
}

/// Where a message is, and which way it goes: 0 right, 1 down, 2 left, 3 up.
fn position(p: &Painter<'_>, m: &Packet) -> Option<(Pos2, u32)> {
    let (comp, outwards) = edge(m.from, m.to);
    let mut way = way(p, comp)?;
    if !outwards {
        way.reverse();
    }
    let length: f32 = way.windows(2).map(|w| w[0].distance(w[1])).sum();
    let mut left = length * m.part;
    for w in way.windows(2) {
        let (a, b) = (w[0], w[1]);
        let long = a.distance(b);
        if left > long && b != way[way.len() - 1] {
            left -= long;
            continue;
        }
        let along = (b - a) / long.max(0.001);
        let heading = if along.x.abs() > along.y.abs() {
            if along.x > 0.0 { 0 } else { 2 }
        } else if along.y > 0.0 {
            1
        } else {
            3
        };
        // Traffic keeps to its own side.
        let aside = vec2(-along.y, along.x) * 5.0;
        return Some((a + along * left.min(long) + aside, heading));
    }
    None
}

/// Edges along which messages have just passed.
fn shine(p: &Painter<'_>, canvas: &mut Canvas) {
    let player = &p.view.player;
    let since = player.ago(SHINE);
    let index = player.index();
    let mut lit: BTreeMap<Comp, SimTime> = BTreeMap::new();
    for r in player.past().iter().rev().take_while(|r| r.at >= since).take(6000) {
        let What::Delivered { sent } = &r.what else { continue };
        let Some(s) = index.get(*sent).filter(|s| !player.muted(s.id)) else { continue };
        if let What::Sent { to, .. } = &s.what {
            lit.entry(edge(s.actor.comp, *to).0).or_insert(r.at);
        }
    }
    for (comp, at) in lit {
        let Some(way) = way(p, comp) else { continue };
        let rest = 1.0 - p.done(at, SHINE);
        let rest = if p.view.still { 0.6 } else { rest };
        line(p, &way, 5.0, p.theme.accent.fade(0.55 * rest), canvas);
    }
}

/// Many messages: one pulse for each edge and direction, with their number.
fn pulses(p: &Painter<'_>, packets: &[Packet], canvas: &mut Canvas) {
    let mut counts: BTreeMap<(Comp, bool), (usize, f32)> = BTreeMap::new();
    for m in packets {
        let c = counts.entry(edge(m.from, m.to)).or_default();
        (c.0, c.1) = (c.0 + 1, c.1 + m.part);
    }
    // The nodes' edges side by side would be as many again: beyond some, all of them are one.
    let nodes = counts.keys().filter(|(c, _)| matches!(c, Comp::Kubelet(_))).count();
    let mut far = [0usize; 2];
    for ((comp, outwards), (count, parts)) in counts {
        if nodes > 60 && matches!(comp, Comp::Kubelet(_) | Comp::Runtime(_)) {
            far[usize::from(outwards)] += count;
            continue;
        }
        let (from, to) = if outwards { (Comp::Api, comp) } else { (comp, Comp::Api) };
        let m = Packet { id: RecordId(0), from, to, label: String::new(), part: parts / count as f32 };
        if let Some((at, _)) = position(p, &m) {
            pulse(p, at, count, outwards, canvas);
        }
    }
    for (outwards, count) in [(false, far[0]), (true, far[1])] {
        if count > 0 {
            let y = (p.layout.api.max.y + p.layout.field.min.y) / 2.0;
            let x = p.layout.api.center().x + if outwards { 40.0 } else { -40.0 };
            pulse(p, pos2(x, y), count, outwards, canvas);
        }
    }
}

fn pulse(p: &Painter<'_>, at: Pos2, count: usize, outwards: bool, canvas: &mut Canvas) {
    let side = 20.0 + (count as f32).log2() * 2.0;
    let color = if outwards { p.theme.accent } else { p.theme.packet };
    let r = Rect::from_center_size(at, vec2(side * 1.5, side));
    canvas.shape(Shape::fill(r, color).radius(side / 2.0).border(2.0, p.theme.surface));
    let size = (side * 0.45).clamp(10.0, 16.0);
    let arrow = if outwards { "↓" } else { "↑" };
    canvas.label(at, Align2::CENTER_CENTER, format!("{arrow}{count}"), size, p.theme.surface);
}
