//! The control plane, the user, and the edges between them and the nodes.

use super::{Painter, racks};
use crate::draw::{Canvas, Glyph, Pattern, Shape};
use crate::layout::Level;
use crate::theme::Color;
use crate::view::Target;
use egui::{Align2, Pos2, Rect, Vec2, pos2, vec2};
use podium_sim::msg::Comp;
use podium_sim::trace::{What, WriteVerb};
use std::collections::BTreeSet;

/// Idle edges are drawn to at most this many nodes; busy ones always.
const IDLE_EDGES: usize = 48;

/// The controllers that have a lamp in the controller manager, with the name on it.
const CONTROLLERS: &[(&str, &str)] = &[
    ("deployment-controller", "deployment"),
    ("replicaset-controller", "replicaset"),
    ("node-lifecycle-controller", "node-lifecycle"),
    ("taint-eviction-controller", "taint-eviction"),
    ("garbage-collector", "garbage-collector"),
    ("namespace-controller", "namespace"),
    ("pod-garbage-collector", "pod-gc"),
    ("serviceaccount-controller", "serviceaccount"),
];

/// The way from the API server to a component, corner by corner; for a runtime, from its kubelet.
pub(super) fn way(p: &Painter<'_>, comp: Comp) -> Option<Vec<Pos2>> {
    let l = p.layout;
    let up = |r: Rect| Some(vec![pos2(r.center().x, l.api.min.y), pos2(r.center().x, r.max.y)]);
    match comp {
        Comp::World | Comp::Api => None,
        Comp::User => up(l.user),
        Comp::Scheduler => up(l.scheduler),
        Comp::Kcm => up(l.kcm),
        Comp::Etcd => up(l.etcd),
        Comp::Kubelet(n) => {
            let rack = l.rack(n as usize);
            if l.level <= Level::Cell || l.head.parts == 0.0 {
                let x = rack.center().x;
                return Some(vec![pos2(x, l.api.max.y), pos2(x, rack.min.y.max(l.api.max.y))]);
            }
            let kubelet = l.part(rack, 0);
            let (x, y) = (rack.min.x - 7.0, kubelet.center().y);
            Some(vec![pos2(x, l.api.max.y), pos2(x, y), pos2(kubelet.min.x, y)])
        }
        Comp::Runtime(n) => {
            if l.level <= Level::Cell || l.head.parts == 0.0 {
                return None;
            }
            let rack = l.rack(n as usize);
            let (a, b) = (l.part(rack, 0), l.part(rack, 1));
            Some(vec![pos2(a.max.x - 4.0, a.center().y), pos2(b.min.x + 4.0, b.center().y)])
        }
    }
}

/// A line along corners that lie straight above or beside one another.
pub(super) fn line(p: &Painter<'_>, way: &[Pos2], width: f32, color: Color, canvas: &mut Canvas) {
    for pair in way.windows(2) {
        let r = Rect::from_two_pos(pair[0], pair[1]).expand(width / 2.0).intersect(p.layout.area);
        if r.is_positive() {
            canvas.shape(Shape::fill(r, color).radius(width / 2.0));
        }
    }
}

/// The edges, idle.
pub(super) fn edges(p: &Painter<'_>, canvas: &mut Canvas) {
    let t = &p.theme;
    for comp in [Comp::User, Comp::Scheduler, Comp::Kcm, Comp::Etcd] {
        if let Some(way) = way(p, comp) {
            line(p, &way, 2.0, t.line, canvas);
        }
    }
    let count = p.scene.racks.len();
    if count > IDLE_EDGES {
        return;
    }
    for i in p.layout.seen(count) {
        let Some(way) = way(p, Comp::Kubelet(i as u32)) else { continue };
        let trouble = p.scene.racks[i].trouble;
        let color = if trouble.any() { t.bad.fade(0.5) } else { t.line };
        line(p, &way, 2.0, color, canvas);
        if trouble.cut {
            let middle = way[0] + (way[1] - way[0]) * 0.5;
            let sign = Rect::from_center_size(middle, Vec2::splat(20.0));
            canvas.shape(
                Shape::fill(sign, t.background).radius(10.0).glyph(Glyph::Cross, t.bad).glyph_size(0.9),
            );
        }
    }
}

/// The boxes.
pub(super) fn draw(p: &Painter<'_>, canvas: &mut Canvas) {
    let l = p.layout;
    let text = |id: &str| p.view.text(id);
    part(p, l.user, "kubectl", Comp::User, canvas);
    let queue = l.scheduler.union(l.tray);
    part(p, queue, "", Comp::Scheduler, canvas);
    title(p, l.scheduler, &text("ui-scheduler"), canvas);
    part(p, l.kcm, &text("ui-controller-manager"), Comp::Kcm, canvas);
    part(p, l.etcd, &text("ui-etcd"), Comp::Etcd, canvas);
    part(p, l.api, "", Comp::Api, canvas);
    let size = (l.api.height() * 0.46).clamp(13.0, 22.0);
    canvas.label(l.api.center(), Align2::CENTER_CENTER, text("ui-api-server"), size, p.theme.text);
    command(p, canvas);
    pod_at_scheduler(p, canvas);
    tray(p, canvas);
    lamps(p, canvas);
    store(p, canvas);
}

fn part(p: &Painter<'_>, rect: Rect, name: &str, comp: Comp, canvas: &mut Canvas) {
    let t = &p.theme;
    let broken = p.broken(comp);
    let chosen = p.view.selected == Some(Target::Part(comp));
    let (width, color) = match () {
        () if chosen => (3.5, t.accent),
        () if broken => (3.0, t.bad),
        () => (2.0, t.faint),
    };
    let shape = Shape::fill(rect, t.surface).radius(9.0).border(width, color);
    canvas.shape(shape);
    if broken {
        let faded = Shape::fill(rect, t.bad.fade(0.08)).radius(9.0).border(0.0, t.bad.fade(0.25));
        canvas.shape(faded.pattern(Pattern::Stripes, 0.0));
        let side = (rect.height() * 0.5).clamp(16.0, 44.0);
        let sign = Rect::from_center_size(rect.right_center() - vec2(side * 0.8, 0.0), Vec2::splat(side));
        canvas.shape(Shape::fill(sign, t.bad).radius(side).glyph(Glyph::Cross, Color::rgb(0xFF_FFFF)));
    }
    if !name.is_empty() {
        title(p, rect, name, canvas);
    }
    canvas.hit(rect, Target::Part(comp));
}

fn title(p: &Painter<'_>, rect: Rect, name: &str, canvas: &mut Canvas) {
    let size = (rect.height() * 0.17).clamp(12.0, 19.0);
    let at = rect.min + vec2(10.0, 7.0);
    canvas.label(at, Align2::LEFT_TOP, name, size, p.theme.text).max_width = rect.width() - 16.0;
}

/// What was typed last, while it is news.
fn command(p: &Painter<'_>, canvas: &mut Canvas) {
    let Some((at, command)) = p.scene.command.clone() else { return };
    let fresh = p.fresh(at, 6.0);
    let color = if fresh { p.theme.accent } else { p.theme.faint };
    let words: Vec<&str> = command.split_whitespace().collect();
    let size = (p.layout.user.height() * 0.14).clamp(11.0, 15.0);
    let room = p.layout.user.width() - 20.0;
    let columns = (room / (size * 0.56)).max(8.0) as usize;
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut().filter(|l| l.chars().count() + 1 + word.chars().count() <= columns) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    let top = p.layout.user.min.y + 12.0 + (p.layout.user.height() * 0.17).clamp(12.0, 19.0) * 1.3;
    let most = (((p.layout.user.max.y - top) / (size * 1.3)) as usize).max(1);
    for (i, line) in lines.iter().take(most).enumerate() {
        let at = pos2(p.layout.user.min.x + 10.0, top + i as f32 * size * 1.3);
        let label = canvas.label(at, Align2::LEFT_TOP, line.as_str(), size, color);
        (label.max_width, label.mono) = (room, true);
    }
}

/// The pod that is being decided about.
fn pod_at_scheduler(p: &Painter<'_>, canvas: &mut Canvas) {
    let Some((_, d)) = &p.decision else { return };
    let l = p.layout.scheduler;
    let size = (l.height() * 0.15).clamp(11.0, 16.0);
    let at = pos2(l.min.x + 10.0, l.center().y);
    canvas.label(at, Align2::LEFT_CENTER, super::short(&d.pod.name), size, p.theme.accent).max_width =
        l.width() - 16.0;
    let (said, color) = if d.winner.is_empty() {
        (format!("✖ 0/{}", d.looked_at), p.theme.bad)
    } else {
        (format!("→ {}", d.winner), p.theme.good)
    };
    let at = at + vec2(0.0, size * 1.4);
    canvas.label(at, Align2::LEFT_CENTER, said, size, color).max_width = l.width() - 16.0;
}

/// The pods without a node.
fn tray(p: &Painter<'_>, canvas: &mut Canvas) {
    let (l, t) = (p.layout, &p.theme);
    let size = (l.tray.height() * 0.13).clamp(10.0, 14.0);
    let inside = Rect::from_min_max(l.tray.min + vec2(4.0, 5.0), l.tray.max - vec2(6.0, 5.0));
    canvas.shape(Shape::fill(inside, t.rack).radius(6.0).border(1.0, t.line));
    let count = p.scene.tray.len();
    let said = p.view.catalogue().text("ui-unscheduled", &[]);
    let said = if count == 0 { said } else { format!("{said}: {count}") };
    let color = if count == 0 { t.faint } else { t.text };
    canvas.label(inside.min + vec2(7.0, 3.0), Align2::LEFT_TOP, said, size, color).max_width =
        inside.width() - 12.0;
    let room = l.tray_slots();
    for (i, pod) in p.scene.tray.values().take(room).enumerate() {
        let r = l.tray_slot(i);
        if i + 1 == room && count > room {
            canvas.shape(Shape::fill(r, t.surface).radius(5.0).border(2.0, t.faint));
            let more = format!("+{}", count - room + 1);
            canvas.label(
                r.center(),
                Align2::CENTER_CENTER,
                more,
                (r.height() * 0.3).clamp(10.0, 18.0),
                t.text,
            );
        } else {
            // The tray's tiles are large enough for their signs, whatever the racks show.
            racks::tile(p, pod, r, canvas);
        }
    }
}

/// The controllers, lit while they act.
fn lamps(p: &Painter<'_>, canvas: &mut Canvas) {
    let (l, t) = (p.layout.kcm, &p.theme);
    let since = p.view.player.ago(0.8);
    let recent = p.view.player.past().iter().rev().take_while(|r| r.at >= since).take(2000);
    let mut lit: BTreeSet<&str> = BTreeSet::new();
    for r in recent.filter(|r| !p.view.player.muted(r.id)) {
        match &r.what {
            What::Write { by, .. } => lit.insert(by.as_str()),
            _ => lit.insert(r.actor.part.as_str()),
        };
    }
    let top = l.min.y + (l.height() * 0.17).clamp(12.0, 19.0) * 1.3 + 10.0;
    let room = Rect::from_min_max(pos2(l.min.x + 8.0, top), l.max - vec2(8.0, 6.0));
    let columns = if room.width() > 330.0 { 3 } else { 2 };
    let rows = CONTROLLERS.len().div_ceil(columns);
    let cell = vec2(room.width() / columns as f32, room.height() / rows as f32);
    if cell.y < 8.0 {
        return;
    }
    let size = (cell.y * 0.66).clamp(8.0, 13.0);
    for (i, (part, name)) in CONTROLLERS.iter().enumerate() {
        let at = room.min + vec2((i % columns) as f32 * cell.x, (i / columns) as f32 * cell.y + cell.y / 2.0);
        let on = lit.contains(part);
        let lamp = Rect::from_center_size(at + vec2(5.0, 0.0), Vec2::splat(size * 0.7));
        let color = if on { t.accent } else { t.line };
        canvas.shape(Shape::fill(lamp, color).radius(size));
        let ink = if on { t.accent } else { t.faint };
        canvas.label(at + vec2(14.0, 0.0), Align2::LEFT_CENTER, *name, size, ink).max_width = cell.x - 16.0;
    }
}

/// etcd's revision, and what was written last.
fn store(p: &Painter<'_>, canvas: &mut Canvas) {
    let (l, t) = (p.layout.etcd, &p.theme);
    let size = (l.height() * 0.2).clamp(13.0, 24.0);
    let said = p.view.catalogue().text("view-revision", &[("revision", &p.scene.revision)]);
    canvas
        .label(l.min + vec2(10.0, l.height() * 0.36), Align2::LEFT_TOP, said, size * 0.8, t.text)
        .max_width = l.width() - 16.0;
    let last = p.view.player.past().iter().rev().take(4000).filter(|r| !p.view.player.muted(r.id));
    let write = last.into_iter().find_map(|r| match &r.what {
        What::Write { verb, obj, .. } => Some((r.at, *verb, obj.key())),
        _ => None,
    });
    let Some((at, verb, key)) = write else { return };
    let sign = match verb {
        WriteVerb::Create => "+",
        WriteVerb::Update => "~",
        WriteVerb::Delete => "−",
    };
    let color = if p.fresh(at, 1.0) { t.accent } else { t.faint };
    let said = format!("{sign} {} {}", key.kind.name(), super::short(&key.name));
    let at = l.min + vec2(10.0, l.height() * 0.66);
    canvas.label(at, Align2::LEFT_TOP, said, (size * 0.62).clamp(11.0, 15.0), color).max_width =
        l.width() - 16.0;
}
