//! The live picture: a fold of the trace as about twenty lines of text.

use super::theatre::Theatre;
use crate::narrate::joined;
use crate::text::{clock, pad, short_name, short_names, width, wrap};
use podium_sim::caption::{Catalogue, Weight};
use podium_sim::msg::Comp;
use podium_sim::object::{Kind, Obj, Pod};
use podium_sim::print::pod_summary;
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{InFlight, What};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span as Text};
use ratatui::widgets::{Block, BorderType, Borders, Clear, Paragraph};

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
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(6),
        Constraint::Length(1),
        Constraint::Length(rack_height(t, area.height)),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(if o.bar.is_some() { 2 } else { 0 }),
        Constraint::Length(u16::from(!o.hint.is_empty())),
        Constraint::Length(1),
    ])
    .split(area);
    title(f, rows[0], t, o);
    control_plane(f, rows[1], t, catalogue);
    node_edges(f, rows[2], t);
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
    f.render_widget(Paragraph::new(keys).style(Style::new().add_modifier(Modifier::REVERSED)), rows[8]);
    if let Some((title, lines)) = &o.window {
        window(f, area, title, lines);
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

/// An edge as a line of cells with the messages on it: `left_to_right` says which of them goes which way.
fn track(
    t: &Theatre<'_>,
    cells: usize,
    left_to_right: impl Fn(&InFlight) -> Option<bool>,
) -> Vec<Text<'static>> {
    let mut counts = vec![(0u32, true); cells];
    for m in t.fold.in_flight.values() {
        let Some(right) = left_to_right(m) else { continue };
        let whole = (m.arrives - m.sent).0.max(1);
        let done = (t.fold.at - m.sent).0.min(whole - 1);
        let at = (done as u128 * cells as u128 / u128::from(whole)) as usize;
        let at = if right { at } else { cells - 1 - at };
        counts[at] = (counts[at].0 + 1, right);
    }
    let cell = |(n, right): &(u32, bool)| match (n, right) {
        (0, _) => Text::styled("─", Style::new().fg(Color::DarkGray)),
        (1, true) => Text::styled("▶", Style::new().fg(Color::Cyan)),
        (1, false) => Text::styled("◀", Style::new().fg(Color::Cyan)),
        (n, _) => Text::styled(
            if *n > 9 { "#".to_owned() } else { n.to_string() },
            Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD),
        ),
    };
    counts.iter().map(cell).collect()
}

fn control_plane(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, c: &Catalogue) {
    let block = panel(c.text("ui-panel-control-plane", &[]), Color::Gray);
    let inner = block.inner(area);
    f.render_widget(block, area);
    let down = |what: &str| t.fold.faults.keys().any(|(name, target)| target == what && name != "etcdSlow");
    let part = |id: &str, target: &str, columns: usize| {
        let name = c.text(id, &[]);
        if down(target) {
            let style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD | Modifier::CROSSED_OUT);
            Text::styled(pad(&format!("✖ {name}"), columns), style)
        } else {
            Text::styled(pad(&name, columns), Style::new().add_modifier(Modifier::BOLD))
        }
    };
    let revision = t
        .records
        .iter()
        .rev()
        .find_map(|r| if let What::Write { revision, .. } = &r.what { Some(*revision) } else { None })
        .unwrap_or(0);
    let api = c.text("ui-api-server", &[]);
    let middle = width(&api) + 6;
    let left = width(&c.text("ui-scheduler", &[])).max(7) + 2;
    let right = width(&c.text("ui-controller-manager", &[])) + 2;
    let cells = usize::from(inner.width).saturating_sub(left + right + middle + 4) / 2;
    let edge = |comp: Comp, at_left: bool| {
        track(t, cells, move |m| match (m.from, m.to) {
            (a, Comp::Api) if a == comp => Some(at_left),
            (Comp::Api, b) if b == comp => Some(!at_left),
            _ => None,
        })
    };
    let blank = |n: usize| Text::raw(" ".repeat(n));
    let row = |l: Text<'static>,
               le: Vec<Text<'static>>,
               m: Vec<Text<'static>>,
               re: Vec<Text<'static>>,
               r: Vec<Text<'static>>| {
        let mut spans = vec![blank(1), l];
        spans.extend(le);
        spans.extend(m);
        spans.extend(re);
        spans.push(blank(1));
        spans.extend(r);
        Line::from(spans)
    };
    let frame = if down("kube-apiserver") { Style::new().fg(Color::Red) } else { Style::new() };
    let wall = |s: String| vec![Text::styled(s, frame)];
    let etcd = vec![
        part("ui-etcd", "etcd", if down("etcd") { 7 } else { 5 }),
        Text::styled(format!("r{revision}"), Style::new().fg(Color::DarkGray)),
    ];
    let name = {
        let room = middle - 2;
        let gap = room.saturating_sub(width(&api)) / 2;
        let cross = if down("kube-apiserver") { 2 } else { 0 };
        vec![
            Text::styled("│", frame),
            blank(gap - gap.min(cross)),
            part("ui-api-server", "kube-apiserver", room - gap + gap.min(cross)),
            Text::styled("│", frame),
        ]
    };
    let mut lines = vec![
        row(
            Text::styled(pad("kubectl", left), Style::new().add_modifier(Modifier::BOLD)),
            edge(Comp::User, true),
            wall(format!("┤{}├", " ".repeat(middle - 2))),
            edge(Comp::Etcd, false),
            etcd,
        ),
        row(blank(left), vec![blank(cells)], name, vec![blank(cells)], Vec::new()),
        row(
            part("ui-scheduler", "kube-scheduler", left),
            edge(Comp::Scheduler, true),
            wall(format!("┤{}├", " ".repeat(middle - 2))),
            edge(Comp::Kcm, false),
            vec![part("ui-controller-manager", "kube-controller-manager", right)],
        ),
    ];
    // In words, the message that left last.
    if let Some(m) = t.fold.in_flight.values().max_by_key(|m| m.sent) {
        let many = t.fold.in_flight.len();
        let more = if many > 1 { format!("  +{}", many - 1) } else { String::new() };
        let said = format!(" {} → {}: {}{more}", comp(m.from, t, c), comp(m.to, t, c), m.label);
        lines.push(Line::styled(pad(&said, usize::from(inner.width)), Style::new().fg(Color::Cyan)));
    }
    f.render_widget(Paragraph::new(lines), inner);
}

/// The edges between the API server and the kubelets: one above each rack.
fn node_edges(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>) {
    for (i, col) in rack_columns(area, t).iter().enumerate() {
        let count = |down: bool| {
            let of_node = |x: Comp| x == Comp::Kubelet(i as u32);
            t.fold
                .in_flight
                .values()
                .filter(|m| {
                    if down {
                        m.from == Comp::Api && of_node(m.to)
                    } else {
                        of_node(m.from) && m.to == Comp::Api
                    }
                })
                .count()
        };
        let dead = t.nodes.get(i).is_some_and(|n| t.broken(n));
        let one = |n: usize, sign: &str| match n {
            0 => String::new(),
            1 => format!(" {sign}"),
            n => format!(" {sign}{n}"),
        };
        let (sign, color) = if dead { ("╳", Color::Red) } else { ("│", Color::DarkGray) };
        let gap = usize::from(col.width / 2).saturating_sub(1);
        let line = Line::from(vec![
            Text::raw(" ".repeat(gap)),
            Text::styled(sign, Style::new().fg(color)),
            Text::styled(
                format!("{}{}", one(count(true), "▼"), one(count(false), "▲")),
                Style::new().fg(Color::Cyan),
            ),
        ]);
        f.render_widget(Paragraph::new(line), *col);
    }
}

/// Where the racks stand: as many as fit.
fn rack_columns(area: Rect, t: &Theatre<'_>) -> std::rc::Rc<[Rect]> {
    let shown = t.nodes.len().clamp(1, (area.width / 20).max(1) as usize);
    Layout::horizontal(vec![Constraint::Ratio(1, shown as u32); shown]).split(area)
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

/// A box at the bottom, so that the cluster stays in sight above it.
fn window(f: &mut Frame<'_>, area: Rect, title: &str, lines: &[String]) {
    let wide = if area.width <= 110 { area.width } else { 100 };
    let room = usize::from(area.height.saturating_sub(4));
    let mut text: Vec<String> =
        lines.iter().flat_map(|l| wrap_line(&short_names(l), usize::from(wide) - 4)).collect();
    if text.len() > room {
        text.truncate(room.saturating_sub(1));
        text.push("…".into());
    }
    let height = (text.len() as u16 + 2).min(area.height);
    let at = Rect {
        x: area.x + (area.width - wide) / 2,
        y: area.y + area.height - 1 - height,
        width: wide,
        height,
    };
    f.render_widget(Clear, at);
    let block = Block::bordered()
        .border_type(BorderType::Double)
        .border_style(Style::new().fg(Color::Yellow))
        .title(format!(" {title} "));
    let text: Vec<Line<'_>> = text.into_iter().map(|l| Line::raw(format!(" {l}"))).collect();
    f.render_widget(Paragraph::new(text).block(block), at);
}

/// Wraps a line; what follows two spaces or more in it (a time, a key) hangs below itself.
fn wrap_line(l: &str, columns: usize) -> Vec<String> {
    let lead = l.len() - l.trim_start().len();
    let hang = l[lead..].find("  ").map_or(0, |i| {
        let head = lead + i;
        head + (l[head..].len() - l[head..].trim_start().len())
    });
    let (head, tail) = l.split_at(hang);
    if hang == 0 || width(l) <= columns {
        return if width(l) <= columns { vec![l.to_owned()] } else { wrap(l, columns) };
    }
    let indent = " ".repeat(width(head));
    let parts = wrap(tail, columns.saturating_sub(width(head)));
    parts
        .into_iter()
        .enumerate()
        .map(|(i, p)| if i == 0 { format!("{head}{p}") } else { format!("{indent}{p}") })
        .collect()
}
