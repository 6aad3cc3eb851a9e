//! Facts about what is chosen: what it is, its text, its conditions, its events, and why it is so.

use super::{actions, decision_table, facts, go_record, go_time, stamp, why, widgets};
use crate::scene::{Rack, Standing};
use crate::view::{Target, View};
use egui::{RichText, ScrollArea, Ui};
use podium_sim::api_util::Time;
use podium_sim::api_util::time::human_duration;
use podium_sim::msg::Comp;
use podium_sim::object::{Key, Kind, Obj, lit};
use podium_sim::print;
use podium_sim::trace::{Actor, RecordId, What};

/// How many of a component's doings are listed.
const DOINGS: usize = 8;
/// Events shown, the newest first.
const EVENTS: usize = 30;

/// A moment of a branch, by the number of records that have happened, and what is looked at.
pub type Moment = (usize, usize, Key);

/// Which side of an object is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What it is.
    #[default]
    Facts,
    /// Its text.
    Yaml,
    /// Its conditions.
    Conditions,
    /// Events about it.
    Events,
    /// Why it is so.
    Why,
}

const TABS: [(Tab, &str); 5] = [
    (Tab::Facts, "view-tab-facts"),
    (Tab::Why, "view-tab-why"),
    (Tab::Events, "view-tab-events"),
    (Tab::Conditions, "view-tab-conditions"),
    (Tab::Yaml, "view-tab-yaml"),
];

/// The panel.
pub fn show(view: &mut View, ui: &mut Ui) {
    ui.horizontal(|ui| {
        let back = view.text("view-back");
        if !view.ui.back.is_empty() && ui.button(format!("← {back}")).clicked() {
            let (target, at) = view.ui.back.pop().expect("there is one");
            go_time(view, at);
            view.selected = Some(target);
        }
        let close = view.text("view-close");
        if ui.button(close).clicked() {
            view.panels.inspector = false;
            view.selected = None;
        }
    });
    let Some(target) = view.selected.clone() else {
        let text = view.text("view-inspector-empty");
        widgets::faint(view, ui, text);
        return;
    };
    match &target {
        Target::Part(comp) => part(view, ui, *comp),
        Target::Node(name) => object(view, ui, &Key::new(Kind::Node, "", name.clone()), &target),
        Target::Object(key) => object(view, ui, key, &target),
        Target::Record(id) => record(view, ui, *id, &target),
    }
}

fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).size(18.0).strong());
}

/// A component's name.
pub fn part_name(view: &View, comp: Comp) -> String {
    let node = comp.node().and_then(|n| view.player.nodes().get(n as usize));
    view.catalogue().actor(&Actor { comp, part: lit!("") }, node.map_or("", |n| n.as_str()))
}

/// How a node is, in a word or two.
pub fn standing(view: &View, rack: &Rack) -> String {
    let mut words = vec![match rack.standing {
        Standing::Unknown => view.text("view-node-unknown"),
        Standing::Ready => view.text("ui-node-ready"),
        Standing::NotReady => view.text("ui-node-not-ready"),
    }];
    for (holds, id) in [
        (rack.cordoned, "ui-node-cordoned"),
        (rack.trouble.off, "ui-node-off"),
        (rack.trouble.kubelet, "view-node-kubelet"),
        (rack.trouble.cut, "view-node-cut"),
    ] {
        if holds {
            words.push(view.text(id));
        }
    }
    words.join(" · ")
}

/// A component: what it is for, and what it did last.
fn part(view: &mut View, ui: &mut Ui, comp: Comp) {
    title(ui, &part_name(view, comp));
    let about = match comp {
        Comp::World => "view-part-world",
        Comp::User => "view-part-user",
        Comp::Api => "view-part-api",
        Comp::Etcd => "view-part-etcd",
        Comp::Scheduler => "view-part-scheduler",
        Comp::Kcm => "view-part-kcm",
        Comp::Kubelet(_) => "view-part-kubelet",
        Comp::Runtime(_) => "view-part-runtime",
    };
    ui.label(view.text(about));
    widgets::heading(view, ui, "view-part-last");
    let index = view.player.index();
    let mine = view.player.past().iter().rev().take(100_000);
    let told = mine.filter(|r| r.actor.comp == comp && !view.player.muted(r.id));
    let told = told.filter_map(|r| Some((r.id, r.at, view.catalogue().say(&index.tell(r)?))));
    let told: Vec<_> = told.take(DOINGS).collect();
    if told.is_empty() {
        widgets::faint(view, ui, view.text("ui-empty"));
    }
    let mut chosen = None;
    for (id, at, text) in told {
        if widgets::link(view, ui, &format!("{}  {text}", widgets::clock(at, 1))) {
            chosen = Some(id);
        }
    }
    if let Some(id) = chosen {
        go_record(view, id);
    }
}

/// A record: what it says, what it is about, and why it happened.
fn record(view: &mut View, ui: &mut Ui, id: RecordId, target: &Target) {
    let index = view.player.index();
    let Some(r) = index.get(id) else { return };
    let c = view.catalogue();
    let what = match &r.what {
        What::Delivered { sent } => index.get(*sent).map_or(&r.what, |s| &s.what),
        what => what,
    };
    let text = match (index.tell(r), what) {
        (Some(told), _) => c.say(&told),
        (None, What::Sent { to, label, .. }) => {
            c.text("view-message", &[("label", label), ("to", &part_name(view, *to))])
        }
        _ => c.text("view-record", &[("number", &id.0)]),
    };
    let (at, subject) = (r.at, r.what.subject());
    let decision = match &r.what {
        What::Decision(d) => Some(d.clone()),
        _ => None,
    };
    title(ui, &text);
    let who = super::caption::actor(view, r);
    widgets::faint(view, ui, format!("{} · {who}", widgets::clock(at, 3)));
    if let Some(key) = subject.filter(|k| !k.name.is_empty()) {
        let c = view.catalogue();
        let name = c.text("thing", &[("kind", &c.kind(&key.kind)), ("name", &widgets::name(&key))]);
        if widgets::link(view, ui, &name) {
            return view.select(Target::Object(key));
        }
    }
    if let Some(d) = decision {
        ui.separator();
        decision_table::show(view, ui, id, &d);
    }
    ui.separator();
    why::show(view, ui, target);
}

fn object(view: &mut View, ui: &mut Ui, key: &Key, target: &Target) {
    let c = view.catalogue();
    title(ui, &c.text("thing", &[("kind", &c.kind(&key.kind)), ("name", &widgets::name(key))]));
    actions::buttons(view, ui, target);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 1.0;
        for (tab, id) in TABS {
            let text = view.text(id);
            if ui.selectable_label(view.ui.tab == tab, text).clicked() {
                view.ui.tab = tab;
            }
        }
    });
    ui.separator();
    let object = view.player.scene().fold.objects.get(key).cloned();
    if object.is_none() {
        let text = view.text("view-object-gone");
        widgets::faint(view, ui, text);
    }
    match (view.ui.tab, &object) {
        (Tab::Why, _) => {
            why::show(view, ui, target);
            if key.kind == Kind::Pod {
                decided(view, ui, key);
            }
        }
        (Tab::Events, _) => events(view, ui, key),
        (Tab::Facts, Some(o)) => facts::show(view, ui, key, o),
        (Tab::Yaml, Some(o)) => {
            let text = print::yaml::to_yaml(&o.to_value());
            ScrollArea::horizontal().id_salt("yaml").show(ui, |ui| {
                ui.add(egui::Label::new(RichText::new(text).monospace()).extend().selectable(true));
            });
        }
        (Tab::Conditions, Some(o)) => conditions(view, ui, o),
        _ => {
            let target = Target::Object(key.clone());
            why::show(view, ui, &target);
        }
    }
}

/// The scheduler's newest decision about a pod, as a table that can be folded away.
fn decided(view: &mut View, ui: &mut Ui, key: &Key) {
    let about = (stamp(view).0, view.player.past().len(), key.clone());
    if view.ui.decided.as_ref().is_none_or(|(known, _)| *known != about) {
        let newest = decision_table::newest(view, key);
        view.ui.decided = Some((about, newest));
    }
    let Some((id, decision)) = view.ui.decided.as_ref().and_then(|(_, d)| d.clone()) else { return };
    ui.separator();
    let title = RichText::new(view.text("view-decision-title")).strong();
    egui::CollapsingHeader::new(title)
        .id_salt("decided")
        .default_open(true)
        .show_unindented(ui, |ui| decision_table::show(view, ui, id, &decision));
}

/// The wall clock of the cluster.
pub fn wall(view: &View) -> Time {
    Time(view.player.source().header().epoch_s + (view.player.now().0 / 1_000_000_000) as i64)
}

/// Since when, as kubectl prints ages.
pub fn age(view: &View, since: Option<Time>) -> String {
    since.map_or_else(String::new, |t| human_duration(wall(view).0 - t.0))
}

fn conditions(view: &View, ui: &mut Ui, o: &Obj) {
    let all = match o {
        Obj::Pod(p) => p.status.conditions.to_vec(),
        Obj::Node(n) => n.status.conditions.clone(),
        Obj::Deployment(d) => d.status.conditions.clone(),
        Obj::ReplicaSet(r) => r.status.conditions.clone(),
        _ => Vec::new(),
    };
    if all.is_empty() {
        widgets::faint(view, ui, view.text("ui-empty"));
    }
    for c in all {
        let since = view.catalogue().text("view-since", &[("age", &age(view, c.last_transition_time))]);
        let status = if c.last_transition_time.is_some() { since } else { String::new() };
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(format!("{} = {}", c.type_, c.status.as_str())).strong());
            widgets::faint(view, ui, status);
        });
        for text in [&c.reason, &c.message] {
            if !text.is_empty() {
                ui.label(text.as_str());
            }
        }
        ui.add_space(4.0);
    }
}

/// The Event objects about it: what Kubernetes itself remembers.
fn events(view: &View, ui: &mut Ui, key: &Key) {
    let objects = &view.player.scene().fold.objects;
    let from = Key::new(Kind::Event, "", "");
    let about = objects.range(from..).filter_map(|(_, o)| match o {
        Obj::Event(e) => Some(e.clone()),
        _ => None,
    });
    let mut mine: Vec<_> = about
        .filter(|e| {
            let to = &e.involved_object;
            to.name == key.name && to.kind == key.kind.name() && (to.namespace == key.ns || key.ns.is_empty())
        })
        .collect();
    mine.sort_by_key(|e| std::cmp::Reverse(print::events::last_seen(e)));
    if mine.is_empty() {
        widgets::faint(view, ui, view.text("view-events-none"));
    }
    for e in mine.iter().take(EVENTS) {
        let count = if e.count > 1 { format!(" ×{}", e.count) } else { String::new() };
        let theme = view.theme();
        let warning = e.type_ == podium_sim::object::EventType::Warning;
        let color = if warning { theme.bad } else { theme.text };
        let head = format!("{}{}{count}", if warning { "✖ " } else { "" }, e.reason);
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(head).strong().color(color.egui()));
            let seen = age(view, print::events::last_seen(e));
            widgets::faint(view, ui, view.catalogue().text("view-age", &[("age", &seen)]));
        });
        ui.label(e.message.as_str());
        ui.add_space(4.0);
    }
}
