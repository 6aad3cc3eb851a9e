//! Doing something at the moment that is shown: another future begins there, and the one that was known stays.

use super::{lesson, widgets};
use crate::view::{Target, View};
use egui::Ui;
use podium_sim::apiserver::Propagation;
use podium_sim::fault::Fault;
use podium_sim::object::{Key, Kind, Str};
use podium_sim::trace::ActError;
use podium_sim::world::{External, UserCommand};

/// More of a kind are not offered in the menu; they can be clicked on the picture.
const MOST: usize = 12;

/// Something that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A pod is deleted.
    DeletePod(Key),
    /// A node loses its power.
    Crash(Str),
    /// What is wrong with a node ends: the fault of that number.
    Mend(Str, u64),
    /// The scheduler leaves a node alone, or does no longer.
    Cordon(Str, bool),
    /// A deployment gets another number of replicas.
    Scale(Key, i64),
}

impl Deed {
    /// What a button says.
    pub fn label(&self, view: &View) -> String {
        let c = view.catalogue();
        match self {
            Deed::DeletePod(key) => c.text("view-do-delete", &[("name", &widgets::name(key))]),
            Deed::Crash(node) => c.text("view-do-crash", &[("name", node)]),
            Deed::Mend(node, _) => c.text("view-do-mend", &[("name", node)]),
            Deed::Cordon(node, true) => c.text("view-do-cordon", &[("name", node)]),
            Deed::Cordon(node, false) => c.text("view-do-uncordon", &[("name", node)]),
            Deed::Scale(key, n) => c.text("view-do-scale", &[("name", &widgets::name(key)), ("replicas", n)]),
        }
    }

    /// What it is called beside the branch that it begins: kubectl's words, or the fault's.
    fn title(&self) -> String {
        let ns = |key: &Key| {
            if key.ns == "default" { String::new() } else { format!(" -n {}", key.ns) }
        };
        match self {
            Deed::DeletePod(key) => format!("kubectl delete pod {}{}", key.name, ns(key)),
            Deed::Crash(node) => format!("nodeCrash {node}"),
            Deed::Mend(node, _) => format!("mend {node}"),
            Deed::Cordon(node, true) => format!("kubectl cordon {node}"),
            Deed::Cordon(node, false) => format!("kubectl uncordon {node}"),
            Deed::Scale(key, n) => {
                format!("kubectl scale deployment {} --replicas={n}{}", key.name, ns(key))
            }
        }
    }

    /// What comes into the world. `fresh` is a number that nothing in it has yet.
    fn input(&self, fresh: u64) -> External {
        let user = |command| External::User { id: fresh, command };
        match self {
            Deed::DeletePod(key) => user(UserCommand::Delete {
                key: key.clone(),
                grace: None,
                propagation: Propagation::Background,
            }),
            Deed::Crash(node) => {
                let args = serde_json::json!({"node": node.as_str()});
                External::Fault { id: fresh, fault: Fault { name: "nodeCrash".into(), args } }
            }
            Deed::Mend(_, id) => External::Mend { id: *id },
            Deed::Cordon(node, on) => user(UserCommand::Cordon { node: node.clone(), on: *on }),
            Deed::Scale(key, replicas) => user(UserCommand::Scale { key: key.clone(), replicas: *replicas }),
        }
    }
}

/// The faults of a node that hold now, by their numbers.
fn faults(view: &View, node: &str) -> Vec<u64> {
    let mut open: Vec<u64> = Vec::new();
    let past = view.player.source().inputs().iter().take_while(|(at, _)| *at <= view.player.now());
    for (_, input) in past {
        match input {
            External::Fault { id, fault } if fault.args.get("node").is_some_and(|n| n == node) => {
                open.push(*id);
            }
            External::Mend { id } => open.retain(|o| o != id),
            _ => {}
        }
    }
    open
}

/// What can be done to something.
pub fn possible(view: &View, target: &Target) -> Vec<Deed> {
    let scene = view.player.scene();
    match target {
        Target::Node(name) => {
            let Some(rack) = scene.rack(name).map(|i| &scene.racks[i]) else { return Vec::new() };
            let power = match faults(view, name).last() {
                Some(id) => Deed::Mend(name.clone(), *id),
                None => Deed::Crash(name.clone()),
            };
            vec![power, Deed::Cordon(name.clone(), !rack.cordoned)]
        }
        Target::Object(key) => match key.kind {
            Kind::Node => possible(view, &Target::Node(key.name.clone())),
            Kind::Pod if scene.fold.objects.contains_key(key) => vec![Deed::DeletePod(key.clone())],
            Kind::Deployment => {
                let object = scene.fold.objects.get(key).and_then(|o| o.as_deployment());
                let Some(n) = object.map(|d| d.spec.replicas.unwrap_or(1)) else { return Vec::new() };
                let other = if n > 0 { vec![n - 1, n + 1] } else { vec![n + 1] };
                other.into_iter().map(|n| Deed::Scale(key.clone(), n)).collect()
            }
            _ => Vec::new(),
        },
        Target::Part(_) | Target::Record(_) => Vec::new(),
    }
}

/// Does it, now; says what came of it.
pub fn perform(view: &mut View, deed: &Deed) {
    let now = view.player.now();
    let fresh = (1 << 40) + view.player.source().branches().len() as u64;
    let said = match view.player.act(deed.title(), deed.input(fresh)) {
        Ok(()) => view.text("view-acted"),
        Err(e) => refusal(view, &e),
    };
    view.say(said);
    lesson::watch(view, now);
}

/// Why nothing can be done to this trace.
pub fn refusal(view: &View, e: &ActError) -> String {
    match e {
        ActError::NoScenario => view.text("view-act-no-scenario"),
        ActError::Differs(at) => {
            view.catalogue().text("view-act-differs", &[("time", &widgets::clock(*at, 3))])
        }
    }
}

/// Buttons for what can be done to something.
pub fn buttons(view: &mut View, ui: &mut Ui, target: &Target) {
    let deeds = possible(view, target);
    if deeds.is_empty() {
        return;
    }
    let hint = view.text("view-do-hint");
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        for deed in &deeds {
            if ui.button(deed.label(view)).on_hover_text(&hint).clicked() {
                chosen = Some(deed.clone());
            }
        }
    });
    if let Some(deed) = chosen {
        perform(view, &deed);
    }
}

/// The menu of what can be done.
pub fn menu(view: &mut View, ui: &mut Ui) {
    let mut chosen = None;
    let title = view.text("view-do");
    let response = ui.menu_button(title, |ui| {
        ui.set_min_width(260.0);
        widgets::faint(view, ui, view.text("view-do-hint"));
        let all = offered(view);
        if all.is_empty() {
            ui.label(view.text("ui-did-nothing"));
        }
        for deed in all {
            if ui.button(deed.label(view)).clicked() {
                chosen = Some(deed);
                ui.close();
            }
        }
    });
    response.response.on_hover_text(view.text("view-do-hint"));
    if let Some(deed) = chosen {
        perform(view, &deed);
    }
}

/// What the menu offers: for what is chosen, each deployment with its newest ready pod, and the nodes.
fn offered(view: &View) -> Vec<Deed> {
    let mut all: Vec<Deed> = view.selected.iter().flat_map(|t| possible(view, t)).collect();
    let objects = &view.player.scene().fold.objects;
    let of = |kind: Kind| {
        let from = Key::new(kind.clone(), "", "");
        objects.range(from..).take_while(move |(k, _)| k.kind == kind)
    };
    for (key, _) in of(Kind::Deployment).take(MOST) {
        all.extend(possible(view, &Target::Object(key.clone())));
    }
    let pods = of(Kind::Pod).filter_map(|(k, o)| Some((k, o.as_pod()?)));
    let newest =
        pods.filter(|(_, p)| p.active() && p.ready()).max_by_key(|(_, p)| p.metadata.resource_version);
    all.extend(newest.map(|(key, _)| Deed::DeletePod(key.clone())));
    for rack in view.player.scene().racks.iter().take(MOST) {
        all.extend(possible(view, &Target::Node(rack.name.clone())).into_iter().take(1));
    }
    let mut seen: Vec<Deed> = Vec::new();
    all.retain(|d| {
        let new = !seen.contains(d);
        seen.push(d.clone());
        new
    });
    all
}

/// The menu of futures.
pub fn branches(view: &mut View, ui: &mut Ui) {
    let count = view.player.source().branches().len();
    let mut chosen = None;
    ui.menu_button(view.catalogue().text("view-futures", &[("count", &count)]), |ui| {
        ui.set_min_width(260.0);
        for branch in 0..count {
            let b = &view.player.source().branches()[branch];
            let from = b.parent.map(|(_, at)| widgets::clock(at, 1)).unwrap_or_default();
            let text = format!("{from}  {}", super::timeline::branch_title(view, branch));
            let on = view.player.source().active() == branch;
            if ui.selectable_label(on, text.trim()).clicked() {
                chosen = Some(branch);
                ui.close();
            }
        }
    });
    if let Some(branch) = chosen {
        let now = view.player.now();
        view.player.follow(branch);
        lesson::jumped(view, now);
    }
}
