//! The live picture: a fold of the trace as about twenty lines of text.

use super::plane::{control_plane, node_edges};
use super::theatre::Theatre;
use super::window::Window;
use crate::narrate::joined;
use crate::text::{clock, pad, short_name, short_names, width, wrap};
use podium_sim::caption::{Catalogue, Weight};
use podium_sim::object::{Kind, Obj, Pod};
use podium_sim::print::pod_summary;
use podium_sim::time::{SimTime, Span};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span as Text};
use ratatui::widgets::{Block, BorderType, Borders, Paragraph};

/// The smallest window in which the picture makes sense.
pub const LEAST: (u16, u16) = (60, 20);

/// What is shown besides the cluster itself.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// A box over the picture: title and lines.
    pub window: Option<(String, Vec<String>)>,
    /// What has just been done, or has just happened.
    pub hint: String,
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
    /// The waits that follow one another: what each is called, and when it ends.
    pub waits: Vec<(String, SimTime)>,
}

/// A pod's sign, colour and state: three ways to tell, for those who see one of them badly.
pub fn pod_look(p: &Pod, c: &Catalogue) -> (&'static str, Color, String) {
    let state = pod_summary(p).status;
    let (sign, color, word) = if p.metadata.deleting() {
        ("◌", Color::DarkGray, "terminating")
    } else {
        match state.as_str() {
            "Running" if p.ready() => ("●", Color::Green, "ready"),
            "Running" => ("◐", Color::Yellow, "not-ready"),
            "Pending" if p.node_name.is_empty() => ("○", Color::Magenta, "pending"),
            "Completed" => ("✓", Color::Blue, "succeeded"),
            "ContainerCreating" | "PodInitializing" => ("◔", Color::Cyan, "creating"),
            "Pending" => ("◔", Color::Cyan, "pulling"),
            "CrashLoopBackOff" => ("✖", Color::Red, "backoff"),
            "ImagePullBackOff" | "ErrImagePull" => ("✖", Color::Red, "image-backoff"),
            "Unknown" => ("?", Color::Red, "unknown"),
            "Error" | "Failed" | "OOMKilled" => ("✖", Color::Red, "failed"),
            _ => return ("✖", Color::Red, state),
        }
    };
    (sign, color, c.text(&format!("ui-pod-{word}"), &[]))
}

/// Draws everything.
pub fn draw(f: &mut Frame<'_>, t: &Theatre<'_>, catalogue: &Catalogue, o: &Overlay) {
    let area = f.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let said = catalogue.text("ui-too-small", &[("width", &area.width), ("height", &area.height)]);
        let lines: Vec<Line<'_>> = wrap(&said, usize::from(area.width)).into_iter().map(Line::raw).collect();
        f.render_widget(Paragraph::new(lines), area);
        return;
    }
    let window = o.window.as_ref().map(|(title, lines)| Window::new(area, title, lines));
    let plan = Plan::new(t, area, o, window.as_ref().map_or(0, |w| w.place.height));
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(plan.plane),
        Constraint::Length(plan.edges),
        Constraint::Length(plan.racks),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(plan.bar),
        Constraint::Length(plan.hint),
        Constraint::Length(plan.window),
        Constraint::Length(1),
    ])
    .split(area);
    title(f, rows[0], t, o);
    if plan.plane > 0 {
        control_plane(f, rows[1], t, catalogue);
        node_edges(f, rows[2], t);
    }
    racks(f, rows[3], t, catalogue);
    tray(f, rows[4], t, catalogue);
    story(f, rows[5], t, catalogue);
    if let Some(b) = &o.bar {
        bar(f, rows[6], b, t.fold.at);
    }
    f.render_widget(
        Paragraph::new(format!(" {}", o.hint))
            .style(Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD)),
        rows[7],
    );
    let keys = pad(&format!(" {}", o.keys), usize::from(area.width));
    f.render_widget(Paragraph::new(keys).style(Style::new().add_modifier(Modifier::REVERSED)), rows[9]);
    if let Some(w) = window {
        w.draw(f);
    }
}

/// How high the rows are whose height is not always the same.
struct Plan {
    plane: u16,
    edges: u16,
    racks: u16,
    bar: u16,
    hint: u16,
    /// What is kept free for a box.
    window: u16,
}

impl Plan {
    /// A box keeps its own room, so that the newest lines of the story stand above it: they are what it is about.
    /// Where that leaves too little, the control plane goes while time stands still; and where even that is not
    /// enough, the box lies over the rest.
    fn new(t: &Theatre<'_>, area: Rect, o: &Overlay, window: u16) -> Plan {
        let mut plan = Plan {
            plane: 6,
            edges: 1,
            racks: rack_height(t, area.height),
            bar: if o.bar.is_some() { 2 } else { 0 },
            hint: u16::from(!o.hint.is_empty()),
            window,
        };
        // The title, the tray, the keys, and a line of the story with its frame.
        let least = 3 + 3 + plan.racks + plan.bar + plan.hint + plan.window;
        if least > area.height {
            plan.window = 0;
        } else if least + plan.plane + plan.edges > area.height {
            (plan.plane, plan.edges) = (0, 0);
        }
        plan
    }
}

fn title(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, o: &Overlay) {
    let clock = format!("{}  {} ", t.fold.at, o.speed);
    let cols =
        Layout::horizontal([Constraint::Min(10), Constraint::Length(width(&clock) as u16)]).split(area);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    f.render_widget(Paragraph::new(" podium").style(bold.fg(Color::Cyan)), cols[0]);
    f.render_widget(Paragraph::new(clock).style(bold), cols[1]);
}

/// Where the racks stand: as many as fit.
pub(super) fn rack_columns(area: Rect, t: &Theatre<'_>) -> std::rc::Rc<[Rect]> {
    let shown = t.nodes.len().clamp(1, (area.width / 20).max(1) as usize);
    Layout::horizontal(vec![Constraint::Ratio(1, shown as u32); shown]).split(area)
}

/// A frame with a title.
pub(super) fn panel(title: String, color: Color) -> Block<'static> {
    Block::new()
        .borders(Borders::ALL)
        .border_type(BorderType::Rounded)
        .border_style(Style::new().fg(color))
        .title(format!(" {title} "))
}

/// Tall enough for the fullest node, so long as there is room for the story.
fn rack_height(t: &Theatre<'_>, height: u16) -> u16 {
    let most = t.nodes.iter().map(|n| t.pods().filter(|p| p.node_name == *n).count()).max().unwrap_or(0);
    (most as u16).clamp(2, (height / 8).max(2)) + 3
}

fn racks(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, c: &Catalogue) {
    let cols = rack_columns(area, t);
    let shown = cols.len();
    for (i, name) in t.nodes.iter().take(shown).enumerate() {
        let node = t.fold.objects.values().find_map(|o| o.as_node().filter(|n| n.metadata.name == *name));
        let (mut state, mut color) = match node.map(|n| n.ready()) {
            None => ("…".to_owned(), Color::DarkGray),
            Some(true) => (c.text("ui-node-ready", &[]), Color::Green),
            Some(false) => (c.text("ui-node-not-ready", &[]), Color::Red),
        };
        if node.is_some_and(|n| n.spec.unschedulable) {
            state = format!("{state}, {}", c.text("ui-node-cordoned", &[]));
            color = Color::Yellow;
        }
        let off = t.broken(name);
        if off {
            state = format!("✖ {}", c.text("ui-node-off", &[]));
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
            let (sign, color, state) = pod_look(p, c);
            // What is said of a pod on a dead node is only what the cluster believes.
            let style = Style::new().fg(color);
            let style = if off { style.add_modifier(Modifier::DIM) } else { style };
            let tile = format!("{sign} {} {state}", short_name(&p.metadata.name));
            lines.push(Line::styled(pad(&tile, usize::from(inner.width)), style));
        }
        // Free slots, so that a rack looks like one.
        while lines.len() <= room.min(3) {
            lines.push(Line::styled("·", Style::new().fg(Color::DarkGray)));
        }
        f.render_widget(Paragraph::new(lines), inner);
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
    for (k, o) in t.fold.objects.iter() {
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
    let many = waiting.len();
    let waiting: Vec<String> =
        waiting.into_iter().take(3).chain((many > 3).then(|| format!("+{}", many - 3))).collect();
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
    let from = t.lines.len().saturating_sub(room * 8);
    let mut shown: Vec<Line<'_>> = Vec::new();
    for l in joined(&t.lines[from..], c) {
        let style = match l.weight {
            Weight::Headline => Style::new().add_modifier(Modifier::BOLD),
            Weight::Detail => Style::new(),
            Weight::Noise => Style::new().fg(Color::DarkGray),
        };
        let at = format!("{:>7} ", clock(l.at));
        let indent = width(&at);
        for (i, part) in wrap(&short_names(&l.text), usize::from(inner.width).saturating_sub(indent))
            .into_iter()
            .enumerate()
        {
            let lead = if i == 0 { at.clone() } else { " ".repeat(indent) };
            shown.push(Line::from(vec![
                Text::styled(lead, Style::new().fg(Color::DarkGray)),
                Text::styled(part, style),
            ]));
        }
    }
    let skip = shown.len().saturating_sub(room);
    f.render_widget(Paragraph::new(shown.split_off(skip)), inner);
}

fn bar(f: &mut Frame<'_>, area: Rect, b: &Bar, now: SimTime) {
    let Some((_, end)) = b.waits.last() else { return };
    let cells = usize::from(area.width).saturating_sub(2).max(1);
    let whole = u128::from((*end - b.from).0.max(1));
    let at = |t: SimTime| (u128::from((t - b.from).0).min(whole) * cells as u128 / whole) as usize;
    let done = at(now);
    let mut spans = vec![Text::raw(" ")];
    for i in 0..cells {
        let mark = b.waits.iter().position(|(_, t)| at(*t).clamp(1, cells) - 1 == i);
        let color = Style::new().fg(if i < done { Color::Cyan } else { Color::DarkGray });
        spans.push(match mark {
            Some(n) => {
                Text::styled((n + 1).to_string(), color.add_modifier(Modifier::BOLD | Modifier::REVERSED))
            }
            None => Text::styled(if i < done { "█" } else { "░" }, color),
        });
    }
    let legend: Vec<String> =
        b.waits.iter().enumerate().map(|(i, (label, _))| format!("{} {label}", i + 1)).collect();
    let passed = Span((now - b.from).0.min(whole as u64));
    let legend = format!(" {passed:>7}   {}", legend.join("   "));
    f.render_widget(
        Paragraph::new(vec![Line::from(spans), Line::raw(pad(&legend, usize::from(area.width)))]),
        area,
    );
}
