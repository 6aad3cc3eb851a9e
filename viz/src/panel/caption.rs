//! One sentence for what is happening.

use super::lesson;
use crate::player::Player;
use crate::view::View;
use egui::{RichText, Ui};
use podium_sim::caption::{Telling, Weight};
use podium_sim::time::SimTime;
use podium_sim::trace::{Record, RecordId, What};

/// How far back a sentence is looked for, in records.
const FAR: usize = 20_000;

/// A sentence with who and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// The record that it tells.
    pub record: RecordId,
    /// The sentence.
    pub text: String,
    /// Who did it, and how long ago.
    pub aside: String,
    /// What has happened since that matters less.
    pub detail: Option<String>,
}

/// What a record weighs here: an answer that a client expected is no news.
pub fn weigh(told: &Telling) -> Weight {
    match &*told.id {
        "refused-notFound" | "refused-conflict" | "write-created" => Weight::Noise,
        "kubelet-started" => told.weight.min(Weight::Detail),
        _ => told.weight,
    }
}

/// The newest record that is worth a sentence, with what it says.
fn newest(player: &Player, least: Weight, after: Option<RecordId>) -> Option<(&Record, Telling)> {
    let index = player.index();
    let past = player.past().iter().rev().take(FAR).take_while(|r| after.is_none_or(|id| r.id > id));
    past.filter(|r| !player.muted(r.id)).find_map(|r| {
        let told = index.tell(r).filter(|t| weigh(t) >= least)?;
        Some((r, told))
    })
}

/// Who did it, in the language that is chosen.
pub fn actor(view: &View, r: &Record) -> String {
    let c = view.catalogue();
    match &r.what {
        What::Write { by, .. } if !by.is_empty() => c.writer(by),
        _ => {
            let node = r.actor.comp.node().and_then(|n| view.player.nodes().get(n as usize));
            c.actor(&r.actor, node.map_or("", |n| n.as_str()))
        }
    }
}

/// How long before now.
pub fn ago(view: &View, at: SimTime) -> String {
    let ms = view.player.now().0.saturating_sub(at.0) / 1_000_000;
    let c = view.catalogue();
    match ms {
        0..100 => view.text("view-now"),
        _ => c.text("view-ago", &[("span", &c.span(ms))]),
    }
}

/// The sentence for now.
pub fn current(view: &View) -> Option<Caption> {
    let c = view.catalogue();
    let p = &view.player;
    let (r, told) = newest(p, Weight::Headline, None).or_else(|| newest(p, Weight::Detail, None))?;
    // The same thing may have happened to several at once.
    let index = p.index();
    let twins = p.past().iter().rev().skip_while(|o| o.id >= r.id).take_while(|o| o.at == r.at);
    let more = twins.filter(|o| index.tell(o).is_some_and(|t| t.id == told.id)).count();
    let mut text = c.say(&told);
    if more > 0 {
        let and = c.text("ui-and-more", &[("count", &more)]);
        let gap = if and.trim().is_ascii() { " " } else { "" };
        text = format!("{text}{gap}{}", and.trim());
    }
    let aside = format!("{} · {}", actor(view, r), ago(view, r.at));
    let detail = newest(p, Weight::Detail, Some(r.id)).map(|(_, t)| c.say(&t));
    Some(Caption { record: r.id, text, aside, detail })
}

/// The line below the picture.
pub fn show(view: &mut View, ui: &mut Ui) {
    lesson::verdict(view, ui);
    let theme = view.theme();
    let (big, small) = if view.presenter { (24.0, 16.0) } else { (20.0, 15.0) };
    // Two lines of the sentence and one below always have their room, so that the picture does not jump.
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.set_min_height(big * 1.2 * 2.0 + small * 1.3);
    let Some(told) = current(view) else {
        ui.label(RichText::new(view.text("view-nothing-yet")).size(big).color(theme.faint.egui()));
        return;
    };
    let text = RichText::new(&told.text).size(big).color(theme.text.egui());
    if ui.add(egui::Label::new(text).sense(egui::Sense::click())).clicked() {
        view.select(crate::view::Target::Record(told.record));
    }
    let below = match &told.detail {
        Some(d) => format!("{} — {d}", told.aside),
        None => told.aside,
    };
    ui.add(egui::Label::new(RichText::new(below).size(small).color(theme.faint.egui())).truncate());
}
