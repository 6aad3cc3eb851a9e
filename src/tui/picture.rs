//! The live picture: a fold of the trace as about twenty lines of text.

use super::theatre::Theatre;
use podium_sim::caption::{Catalogue, Weight};
use podium_sim::msg::Comp;
use podium_sim::object::{Kind, Obj, Pod};
use podium_sim::print::pod_summary;
use podium_sim::time::{SimTime, Span};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span as Text};
use ratatui::widgets::{Block, BorderType, Borders, Clear, Gauge, Paragraph, Wrap};

/// What is shown besides the cluster itself.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// A box over the picture: title and lines.
    pub window: Option<(String, Vec<String>)>,
    /// What the last line says: keys.
    pub keys: String,
    /// How fast, such as `×20`; or that time stands still.
    pub speed: String,
    /// A bar to scale: how far, of what length, with marks on it.
    pub bar: Option<Bar>,
}

/// A stretch of time, drawn to scale.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Where it begins.
    pub from: SimTime,
    /// Its whole length.
    pub length: Span,
    /// What it measures.
    pub label: String,
}

/// A pod's sign, colour and state: three ways to tell, for those who see one of them badly.
pub fn pod_look(p: &Pod) -> (&'static str, Color, String) {
    let state = pod_summary(p).status;
    let (sign, color) = if p.metadata.deleting() {
        ("◌", Color::DarkGray)
    } else {
        match state.as_str() {
            "Running" if p.ready() => ("●", Color::Green),
            "Running" => ("◐", Color::Yellow),
            "Pending" if p.node_name.is_empty() => ("○", Color::Magenta),
            "Completed" => ("✓", Color::Blue),
            "ContainerCreating" | "PodInitializing" | "Pending" => ("◔", Color::Cyan),
            _ => ("✖", Color::Red),
        }
    };
    (sign, color, state)
}

/// Draws everything.
pub fn draw(f: &mut Frame<'_>, t: &Theatre<'_>, catalogue: &Catalogue, o: &Overlay) {
    let area = f.area();
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(5),
        Constraint::Length(rack_height(t)),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(u16::from(o.bar.is_some())),
        Constraint::Length(1),
    ])
    .split(area);
    title(f, rows[0], t, o);
    control_plane(f, rows[1], t, catalogue);
    racks(f, rows[2], t, catalogue);
    tray(f, rows[3], t, catalogue);
    story(f, rows[4], t, catalogue);
    if let Some(b) = &o.bar {
        bar(f, rows[5], b, t.fold.at);
    }
    f.render_widget(
        Paragraph::new(o.keys.as_str()).style(Style::new().fg(Color::Black).bg(Color::Gray)),
        rows[6],
    );
    if let Some((title, lines)) = &o.window {
        window(f, area, title, lines);
    }
}

fn title(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, o: &Overlay) {
    let clock = format!("{}  {} ", t.fold.at, o.speed);
    let cols = Layout::horizontal([Constraint::Min(10), Constraint::Length(clock.chars().count() as u16)])
        .split(area);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    f.render_widget(Paragraph::new(" podium").style(bold.fg(Color::Cyan)), cols[0]);
    f.render_widget(Paragraph::new(clock).style(bold), cols[1]);
}

fn control_plane(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, c: &Catalogue) {
    let block = panel(c.text("ui-panel-control-plane", &[]), Color::Gray);
    let inner = block.inner(area);
    f.render_widget(block, area);
    let down = |what: &str| t.fold.faults.keys().any(|(_, target)| target == what);
    let part = |id: &str, target: &str| {
        let style = if down(target) {
            Style::new().fg(Color::Red).add_modifier(Modifier::CROSSED_OUT)
        } else {
            Style::new()
        };
        Text::styled(c.text(id, &[]), style.add_modifier(Modifier::BOLD))
    };
    let revision = t.records.iter().rev().find_map(|r| {
        if let podium_sim::trace::What::Write { revision, .. } = &r.what { Some(*revision) } else { None }
    });
    let line = Line::from(vec![
        Text::raw("kubectl ── "),
        part("ui-api-server", "kube-apiserver"),
        Text::raw(" ══ "),
        part("ui-etcd", "etcd"),
        Text::styled(format!(" r{}", revision.unwrap_or(0)), Style::new().fg(Color::DarkGray)),
        Text::raw("    ├─ "),
        part("ui-scheduler", "kube-scheduler"),
        Text::raw("   └─ "),
        part("ui-controller-manager", "kube-controller-manager"),
    ]);
    let mut lines = vec![line];
    let mut shown: Vec<_> = t.fold.in_flight.values().collect();
    shown.sort_by_key(|m| std::cmp::Reverse(m.sent));
    let many = shown.len();
    for m in shown.into_iter().take(2) {
        let whole = (m.arrives - m.sent).0.max(1);
        let done = (t.fold.at - m.sent).0.min(whole);
        let at = (done * 12 / whole) as usize;
        let track: String = (0..12).map(|i| if i == at.min(11) { '▶' } else { '·' }).collect();
        let more = if many > 2 { format!("  +{}", many - 2) } else { String::new() };
        lines.push(Line::styled(
            format!("{} {track} {}  {}{more}", comp(m.from, t, c), comp(m.to, t, c), m.label),
            Style::new().fg(Color::Cyan),
        ));
    }
    f.render_widget(Paragraph::new(lines), inner);
}

fn comp(x: Comp, t: &Theatre<'_>, c: &Catalogue) -> String {
    let node = |n: u32| t.nodes.get(n as usize).map_or("?", |s| s.as_str());
    match x {
        Comp::World => "podium".into(),
        Comp::User => "kubectl".into(),
        Comp::Api => c.text("ui-api-server", &[]),
        Comp::Etcd => c.text("ui-etcd", &[]),
        Comp::Scheduler => c.text("ui-scheduler", &[]),
        Comp::Kcm => c.text("ui-controller-manager", &[]),
        Comp::Kubelet(n) => format!("{}@{}", c.text("ui-kubelet", &[]), node(n)),
        Comp::Runtime(n) => format!("{}@{}", c.text("ui-runtime", &[]), node(n)),
    }
}

fn panel(title: String, color: Color) -> Block<'static> {
    Block::new()
        .borders(Borders::ALL)
        .border_type(BorderType::Rounded)
        .border_style(Style::new().fg(color))
        .title(format!(" {title} "))
}

/// Tall enough for the fullest node, but never more than seven lines.
fn rack_height(t: &Theatre<'_>) -> u16 {
    let most = t.nodes.iter().map(|n| t.pods().filter(|p| p.node_name == *n).count()).max().unwrap_or(0);
    (most as u16).clamp(2, 4) + 3
}

fn racks(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, c: &Catalogue) {
    let shown = t.nodes.len().clamp(1, (area.width / 24).max(1) as usize);
    let cols = Layout::horizontal(vec![Constraint::Ratio(1, shown as u32); shown]).split(area);
    for (i, name) in t.nodes.iter().take(shown).enumerate() {
        let node = t.fold.objects.values().find_map(|o| o.as_node().filter(|n| n.metadata.name == *name));
        let ready = node.is_some_and(|n| n.ready());
        let (mut state, mut color) = match (node, ready) {
            (None, _) => ("…".to_owned(), Color::DarkGray),
            (Some(_), true) => (c.text("ui-node-ready", &[]), Color::Green),
            (Some(_), false) => (c.text("ui-node-not-ready", &[]), Color::Red),
        };
        if node.is_some_and(|n| n.spec.unschedulable) {
            state.push_str(&format!(",{}", c.text("ui-node-cordoned", &[])));
        }
        let off = t.broken(name);
        if off {
            state.push_str(" ⚡");
            color = Color::Red;
        }
        let more = if i + 1 == shown && t.nodes.len() > shown {
            format!(" +{}", t.nodes.len() - shown)
        } else {
            String::new()
        };
        let block = panel(format!("{name} {state}{more}"), color);
        let inner = block.inner(cols[i]);
        f.render_widget(block, cols[i]);
        let mut lines = vec![lease(t, name)];
        let pods: Vec<_> = t.pods().filter(|p| p.node_name == *name).collect();
        let room = usize::from(inner.height).saturating_sub(1);
        for (i, p) in pods.iter().enumerate().take(room) {
            if i + 1 == room && pods.len() > room {
                lines.push(Line::raw(format!("+{}", pods.len() - i)));
                break;
            }
            let (sign, color, state) = pod_look(p);
            let short: String = short_name(&p.metadata.name);
            lines.push(Line::from(vec![
                Text::styled(format!("{sign} {short} "), Style::new().fg(color)),
                Text::styled(state, Style::new().fg(color)),
            ]));
        }
        f.render_widget(Paragraph::new(lines), inner);
    }
}

/// `web-5d6f8b7c9-x2x4z` as `web…x2x4z`, so that it fits a rack.
fn short_name(name: &str) -> String {
    match (name.split('-').next(), name.rsplit('-').next()) {
        (Some(a), Some(b)) if name.len() > 14 && a != b => format!("{a}…{b}"),
        _ => name.to_owned(),
    }
}

/// The lease of a node as a bar that drains: 50 s without a renewal, and the node counts as lost.
fn lease(t: &Theatre<'_>, node: &str) -> Line<'static> {
    let renewed = t.fold.objects.values().find_map(|o| match o {
        Obj::Lease(l) if l.metadata.name == *node => l.spec.renew_time,
        _ => None,
    });
    let Some(renewed) = renewed else { return Line::raw("♥ …") };
    let now = t.records.first().map_or(0, |_| (t.fold.at.0 / 1000) as i64);
    let epoch = podium_sim::config::WorldConfig::default().epoch_s * 1_000_000;
    let age = (epoch + now - renewed.0).max(0) / 1_000_000;
    let grace = (podium_sim::config::Timings::default().node_monitor_grace.0 / 1_000_000_000) as i64;
    let full = ((grace - age).clamp(0, grace) * 10 / grace) as usize;
    let color = match age {
        0..=15 => Color::Green,
        16..=49 => Color::Yellow,
        _ => Color::Red,
    };
    let beat = if age <= 15 { "♥" } else { "♡" };
    Line::styled(
        format!("{beat} {}{} {age} s", "▰".repeat(full), "▱".repeat(10 - full)),
        Style::new().fg(color),
    )
}

fn tray(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, c: &Catalogue) {
    let mut spans = Vec::new();
    for (k, o) in &t.fold.objects {
        if let (Kind::Deployment, Obj::Deployment(d)) = (&k.kind, o) {
            let (have, want) = (d.status.available_replicas, d.spec.replicas.unwrap_or(1));
            let color = if have >= want { Color::Green } else { Color::Yellow };
            spans
                .push(Text::styled(format!(" deployment {} {have}/{want} ", k.name), Style::new().fg(color)));
        }
    }
    let waiting: Vec<String> = t
        .pods()
        .filter(|p| p.node_name.is_empty())
        .map(|p| format!("○ {}", short_name(&p.metadata.name)))
        .collect();
    if !waiting.is_empty() {
        spans.push(Text::raw(format!("  {}: ", c.text("ui-unscheduled", &[]))));
        spans.push(Text::styled(waiting.join(" "), Style::new().fg(Color::Magenta)));
    }
    f.render_widget(Paragraph::new(Line::from(spans)), area);
}

fn story(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, c: &Catalogue) {
    let block = panel(c.text("ui-panel-story", &[]), Color::Gray);
    let inner = block.inner(area);
    f.render_widget(block, area);
    let room = usize::from(inner.height);
    let from = t.lines.len().saturating_sub(room);
    let lines: Vec<Line<'_>> = t.lines[from..]
        .iter()
        .map(|l| {
            let style = match l.weight {
                Weight::Headline => Style::new().add_modifier(Modifier::BOLD),
                Weight::Detail => Style::new(),
                Weight::Noise => Style::new().fg(Color::DarkGray),
            };
            Line::from(vec![
                Text::styled(format!("{} ", l.at), Style::new().fg(Color::DarkGray)),
                Text::styled(l.text.as_str(), style),
            ])
        })
        .collect();
    f.render_widget(Paragraph::new(lines), inner);
}

fn bar(f: &mut Frame<'_>, area: Rect, b: &Bar, now: SimTime) {
    let done = (now - b.from).0.min(b.length.0);
    let gauge = Gauge::default()
        .ratio(done as f64 / b.length.0.max(1) as f64)
        .label(format!("{} {}", b.label, now - b.from))
        .gauge_style(Style::new().fg(Color::Cyan));
    f.render_widget(gauge, area);
}

fn window(f: &mut Frame<'_>, area: Rect, title: &str, lines: &[String]) {
    let width = area.width.saturating_sub(4).min(100);
    let inner = usize::from(width.saturating_sub(4)).max(1);
    let needed: usize =
        lines.iter().map(|l| unicode_width::UnicodeWidthStr::width(l.as_str()).div_ceil(inner).max(1)).sum();
    let height = (needed as u16 + 2).min(area.height);
    let at =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    f.render_widget(Clear, at);
    let block = Block::bordered()
        .border_type(BorderType::Double)
        .border_style(Style::new().fg(Color::Yellow))
        .title(format!(" {title} "));
    let text: Vec<Line<'_>> = lines.iter().map(|l| Line::raw(l.as_str())).collect();
    f.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }).block(block), at);
}
