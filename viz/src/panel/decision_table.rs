//! A decision of the scheduler as a table: what each plugin said of each node, and how the nodes scored.

use super::widgets;
use crate::decision;
use crate::view::View;
use egui::{Grid, RichText, ScrollArea, Ui};
use podium_sim::object::Key;
use podium_sim::scheduler::explain::{Explanation, NodeExplanation};
use podium_sim::trace::{Decision, RecordId, What};
use std::sync::Arc;

/// Nodes in the table; those that matter most come first.
const MOST: usize = 24;
/// Letters of a reason that stand in the table; all of it is the hint.
const SHORT: usize = 26;

/// A decision and its record.
pub type Taken = (RecordId, Arc<Decision>);

/// Branch and record of a decision, and how it comes about, if it can be repeated.
pub type Explained = ((usize, RecordId), Option<Arc<Explanation>>);

/// The newest decision about a pod that has been taken by now.
pub fn newest(view: &View, pod: &Key) -> Option<Taken> {
    view.player.past().iter().rev().find_map(|r| match &r.what {
        What::Decision(d) if d.pod == *pod => Some((r.id, d.clone())),
        _ => None,
    })
}

/// The table of a decision.
pub fn show(view: &mut View, ui: &mut Ui, id: RecordId, decision: &Decision) {
    let about = (view.player.source().active(), id);
    if view.ui.explained.as_ref().is_none_or(|(known, _)| *known != about) {
        let explained = decision::explain(view, id).map(Arc::new);
        view.ui.explained = Some((about, explained));
    }
    let Some(explained) = view.ui.explained.as_ref().and_then(|(_, e)| e.clone()) else {
        return plain(view, ui, decision);
    };
    table(view, ui, decision, &explained);
}

/// What the record itself says, where the decision cannot be repeated.
fn plain(view: &View, ui: &mut Ui, d: &Decision) {
    let c = view.catalogue();
    let counts = c.text("view-decision-counts", &[("looked", &d.looked_at), ("feasible", &d.feasible)]);
    ui.label(counts);
    if !d.winner.is_empty() {
        ui.label(c.text("view-decision-winner", &[("node", &d.winner), ("score", &d.score)]));
    }
    for (reason, count) in &d.reasons {
        ui.label(format!("{count} × {reason}"));
    }
}

/// The nodes in the order of the table: the chosen one, then by score, then those that do not fit.
fn ordered<'a>(e: &'a Explanation, winner: &str) -> Vec<&'a NodeExplanation> {
    let mut nodes: Vec<&NodeExplanation> = e.nodes.iter().collect();
    nodes.sort_by_key(|n| (n.node != winner, !n.feasible(), std::cmp::Reverse(n.total), !n.looked_at));
    nodes
}

fn table(view: &View, ui: &mut Ui, d: &Decision, e: &Explanation) {
    let theme = view.theme();
    let c = view.catalogue();
    let counts = c.text("view-decision-counts", &[("looked", &e.looked_at), ("feasible", &e.feasible)]);
    ui.label(counts);
    if let Some((plugin, rejection)) = &e.rejected {
        let why = rejection.reasons.iter().map(|r| r.as_str()).collect::<Vec<_>>().join("; ");
        ui.label(format!("{plugin}: {why}"));
        return;
    }
    let nodes = ordered(e, &d.winner);
    let rest = nodes.len().saturating_sub(MOST);
    let nodes = &nodes[..nodes.len() - rest];
    let bold = |text: &str| RichText::new(text).strong().color(theme.text.egui());
    ScrollArea::horizontal().id_salt("decision").show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        Grid::new("decision-grid").striped(true).spacing([8.0, 3.0]).show(ui, |ui| {
            ui.label(bold(&view.text("view-decision-filter")));
            for n in nodes {
                let chosen = n.node == d.winner;
                let name = if chosen { format!("✔ {}", n.node) } else { n.node.to_string() };
                let text = bold(&name);
                ui.label(if chosen { text.color(theme.accent.egui()) } else { text });
            }
            ui.end_row();
            for plugin in names(nodes.iter().flat_map(|n| n.verdicts.iter().map(|v| v.plugin))) {
                ui.label(RichText::new(plugin).size(14.0));
                nodes.iter().for_each(|n| verdict(view, ui, n, plugin));
                ui.end_row();
            }
            let scoring = names(nodes.iter().flat_map(|n| n.scores.iter().map(|s| s.plugin)));
            if scoring.is_empty() {
                return;
            }
            ui.label(bold(&view.text("view-decision-score")));
            ui.end_row();
            for plugin in scoring {
                ui.label(RichText::new(plugin).size(14.0));
                nodes.iter().for_each(|n| score(view, ui, n, plugin));
                ui.end_row();
            }
            ui.label(bold(&view.text("view-decision-total")));
            for n in nodes {
                let total = if n.scores.is_empty() { String::new() } else { n.total.to_string() };
                let text = bold(&total);
                ui.label(if n.node == d.winner { text.color(theme.accent.egui()) } else { text });
            }
            ui.end_row();
        });
    });
    if rest > 0 {
        widgets::faint(view, ui, c.text("view-decision-more", &[("count", &rest)]));
    }
    if scoreless(e) {
        widgets::faint(view, ui, view.text("view-decision-only"));
    }
    if e.best.len() > 1 {
        let text = c.text("view-decision-tie", &[("count", &e.best.len())]);
        widgets::faint(view, ui, text);
    }
}

/// Of a single node that fits, nobody asks for scores.
fn scoreless(e: &Explanation) -> bool {
    e.feasible == 1 && e.nodes.iter().all(|n| n.scores.is_empty())
}

/// Each name once, in order.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for name in all {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

fn verdict(view: &View, ui: &mut Ui, n: &NodeExplanation, plugin: &str) {
    let theme = view.theme();
    if !n.looked_at {
        widgets::faint(view, ui, "·").on_hover_text(view.text("view-decision-unseen"));
        return;
    }
    match n.verdicts.iter().find(|v| v.plugin == plugin).map(|v| &v.rejection) {
        Some(Some(r)) => {
            let why = r.reasons.iter().map(|r| r.as_str()).collect::<Vec<_>>().join("; ");
            let short: String = why.chars().take(SHORT).collect();
            let more = if short.len() < why.len() { "…" } else { "" };
            let text = RichText::new(format!("✖ {short}{more}")).color(theme.bad.egui());
            ui.label(text).on_hover_text(why);
        }
        Some(None) => {
            ui.label(RichText::new("✔").color(theme.good.egui()));
        }
        None => {
            ui.label("");
        }
    }
}

fn score(view: &View, ui: &mut Ui, n: &NodeExplanation, plugin: &str) {
    let Some(s) = n.scores.iter().find(|s| s.plugin == plugin) else {
        ui.label("");
        return;
    };
    let weight = if s.normalised == 0 { String::new() } else { format!(" × {}", s.weighted / s.normalised) };
    let text = format!("{}{weight}", s.normalised);
    let hint = view.catalogue().text("view-decision-raw", &[("raw", &s.raw), ("weighted", &s.weighted)]);
    ui.label(text).on_hover_text(hint);
}
