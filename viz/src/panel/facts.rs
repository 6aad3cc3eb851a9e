//! What an object is, in a few lines, with the things that belong to it as links.

use super::inspector::{age, standing, wall};
use super::widgets;
use crate::view::{Target, View};
use egui::{Grid, RichText, ScrollArea, Ui};
use podium_sim::object::{Key, Kind, Obj, Pod, Str};
use podium_sim::print;

/// Pods of a node that are listed.
const PODS: usize = 40;

/// A line: what it says of what, and where a click leads.
struct Fact {
    id: &'static str,
    text: String,
    to: Option<Target>,
}

fn fact(id: &'static str, text: impl Into<String>) -> Fact {
    Fact { id, text: text.into(), to: None }
}

fn link(id: &'static str, text: impl Into<String>, to: Target) -> Fact {
    Fact { id, text: text.into(), to: Some(to) }
}

/// The lines.
pub fn show(view: &mut View, ui: &mut Ui, key: &Key, object: &Obj) {
    let mut all = match object {
        Obj::Pod(p) => pod(view, key, p),
        Obj::Node(_) => node(view, key),
        Obj::Deployment(d) => {
            let s = &d.status;
            let want = d.spec.replicas.unwrap_or(1);
            vec![
                fact("view-fact-wanted", want.to_string()),
                fact("view-fact-updated", s.updated_replicas.to_string()),
                fact("view-fact-ready", s.ready_replicas.to_string()),
                fact("view-fact-available", s.available_replicas.to_string()),
            ]
        }
        Obj::ReplicaSet(r) => vec![
            fact("view-fact-wanted", r.spec.replicas.unwrap_or(1).to_string()),
            fact("view-fact-replicas", r.status.replicas.to_string()),
            fact("view-fact-ready", r.status.ready_replicas.to_string()),
        ],
        _ => Vec::new(),
    };
    let meta = object.meta();
    if let Some(owner) = meta.controller() {
        let kind = Kind::ALL.into_iter().find(|k| k.name() == owner.kind);
        let text = format!("{} {}", owner.kind, owner.name);
        all.push(match kind {
            Some(kind) => {
                let key = Key::new(kind, meta.namespace.clone(), owner.name.clone());
                link("view-fact-owner", text, Target::Object(key))
            }
            None => fact("view-fact-owner", text),
        });
    }
    if !meta.labels.is_empty() {
        let labels: Vec<String> = meta.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        all.push(fact("view-fact-labels", labels.join("\n")));
    }
    all.push(fact("view-fact-age", age(view, meta.creation_timestamp)));
    all.push(fact("view-fact-version", meta.resource_version.to_string()));
    let mut chosen = None;
    ui.spacing_mut().interact_size.y = 20.0;
    Grid::new("facts").num_columns(2).spacing([12.0, 5.0]).show(ui, |ui| {
        for f in all {
            widgets::faint(view, ui, view.text(f.id));
            match f.to {
                Some(to) if widgets::link(view, ui, &f.text) => chosen = Some(to),
                Some(_) => {}
                None => {
                    ui.add(egui::Label::new(f.text).wrap());
                }
            }
            ui.end_row();
        }
    });
    describe(view, ui, key);
    if let Some(to) = chosen {
        view.select(to);
    }
}

/// What `kubectl describe` would print, folded away.
fn describe(view: &View, ui: &mut Ui, key: &Key) {
    let title = RichText::new("kubectl describe").monospace();
    egui::CollapsingHeader::new(title).id_salt("describe").show(ui, |ui| {
        let cluster = print::Cluster { objects: &view.player.scene().fold.objects, now: wall(view) };
        let text = print::describe(cluster, key).unwrap_or_default();
        ScrollArea::horizontal().id_salt("describe-text").show(ui, |ui| {
            ui.add(egui::Label::new(RichText::new(text).monospace()).extend().selectable(true));
        });
    });
}

fn pod(view: &View, key: &Key, p: &Pod) -> Vec<Fact> {
    let summary = print::pod_summary(p);
    let look = view.player.scene().tile(key).map(|(t, _)| view.text(t.look.message()));
    let node = match p.node_name.is_empty() {
        true => fact("view-fact-node", view.text("ui-unscheduled")),
        false => link("view-fact-node", p.node_name.as_str(), Target::Node(p.node_name.clone())),
    };
    let images: Vec<&str> = p.spec.containers.iter().map(|c| c.image.as_str()).collect();
    let mut all = vec![
        fact("view-fact-status", format!("{} · {}", summary.status, look.unwrap_or_default())),
        fact("view-fact-containers", format!("{}/{}", summary.ready, summary.total)),
        fact("view-fact-restarts", summary.restarts.to_string()),
        node,
        fact("view-fact-ip", p.status.pod_ip.as_str()),
        fact("view-fact-images", images.join("\n")),
        fact("view-fact-requests", amounts(p.request("cpu"), p.request("memory"))),
    ];
    all.retain(|f| !f.text.is_empty());
    all
}

/// `500m CPU, 128 MiB`.
fn amounts(cpu_milli: i64, memory: i64) -> String {
    format!("{cpu_milli}m CPU · {} MiB", memory / (1 << 20))
}

fn node(view: &View, key: &Key) -> Vec<Fact> {
    let scene = view.player.scene();
    let Some(rack) = scene.rack(&key.name).map(|i| &scene.racks[i]) else { return Vec::new() };
    let (cpu, memory) = rack.requested();
    let taints: Vec<&str> = rack.taints.iter().map(Str::as_str).collect();
    let mut all = vec![
        fact("view-fact-status", standing(view, rack)),
        fact("view-fact-offers", amounts(rack.cpu_milli, rack.memory)),
        fact("view-fact-requests", amounts(cpu, memory)),
        fact("view-fact-taints", taints.join("\n")),
    ];
    all.retain(|f| !f.text.is_empty());
    for tile in rack.tiles().take(PODS) {
        let text = format!("{} · {}", widgets::name(&tile.key), view.text(tile.look.message()));
        all.push(link("view-fact-pod", text, Target::Object(tile.key.clone())));
    }
    all
}
