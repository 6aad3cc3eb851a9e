//! Why it is so: the chain of causes, each link of which leads to its moment.

use super::{go_record, widgets};
use crate::view::{Target, View};
use egui::{RichText, Ui};
use podium_sim::caption::Lang;
use podium_sim::object::Kind;
use podium_sim::trace::{Order, RecordId, Why, explain, explain_record};

/// What an explanation depends on.
pub type About = (usize, usize, Lang, Target);

/// The explanation of what is chosen, as it is now. Worked out once.
pub fn explained(view: &mut View, target: &Target) -> Result<Why, String> {
    let about = (view.player.source().active(), view.player.past().len(), view.lang, target.clone());
    if let Some((known, why)) = &view.ui.why
        && *known == about
    {
        return why.clone();
    }
    let (index, c) = (view.player.index(), view.catalogue());
    let why = match target {
        Target::Record(id) => explain_record(&index, *id, c, Order::OldestFirst).map_err(|e| e.to_string()),
        Target::Object(key) => {
            explain(&index, key, view.player.now(), c, Order::OldestFirst).map_err(|e| e.to_string())
        }
        Target::Node(name) => {
            let key = podium_sim::object::Key::new(Kind::Node, "", name.clone());
            explain(&index, &key, view.player.now(), c, Order::OldestFirst).map_err(|e| e.to_string())
        }
        Target::Part(_) => Err(String::new()),
    };
    view.ui.why = Some((about, why.clone()));
    why
}

/// The chain, from its root on.
pub fn show(view: &mut View, ui: &mut Ui, target: &Target) {
    let why = match explained(view, target) {
        Ok(why) => why,
        Err(_) => {
            let text = view.text("view-why-unknown");
            widgets::faint(view, ui, text);
            return;
        }
    };
    let theme = view.theme();
    ui.label(RichText::new(&why.headline).size(16.0).strong());
    let hint = view.text("view-why-hint");
    let mut chosen = None;
    for (i, line) in why.lines.iter().enumerate() {
        if i > 0 {
            ui.label(RichText::new("    ↓").color(theme.faint.egui()));
        }
        widgets::faint(view, ui, format!("{} · {}", widgets::clock(line.at, 3), line.actor));
        let text = RichText::new(&line.text).color(theme.accent.egui());
        let button = egui::Button::new(text).frame(false).wrap();
        if ui.add(button).on_hover_text(&hint).clicked() {
            chosen = Some(line.record);
        }
    }
    if let Some(record) = chosen {
        follow(view, record);
    }
}

/// Goes to a link of the chain, and looks at what it is about.
pub fn follow(view: &mut View, record: RecordId) {
    if let Some(from) = view.selected.clone() {
        view.ui.back.push((from, view.player.now()));
    }
    go_record(view, record);
    let subject = view.player.index().get(record).and_then(|r| r.what.subject());
    let target = match subject {
        Some(key) if key.kind == Kind::Node => Target::Node(key.name),
        Some(key) if !key.name.is_empty() => Target::Object(key),
        _ => Target::Record(record),
    };
    view.select(target);
}
