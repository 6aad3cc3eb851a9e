//! The upper half of the picture: the control plane, and the messages on their way.

use super::picture::{panel, rack_columns};
use super::theatre::Theatre;
use crate::text::{pad, width};
use podium_sim::caption::Catalogue;
use podium_sim::msg::Comp;
use podium_sim::trace::{InFlight, What};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span as Text};
use ratatui::widgets::Paragraph;

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

/// The control plane, with the messages on its edges.
pub(super) fn control_plane(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>, c: &Catalogue) {
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
pub(super) fn node_edges(f: &mut Frame<'_>, area: Rect, t: &Theatre<'_>) {
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
