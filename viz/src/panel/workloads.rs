//! Deployments, each with its replica sets side by side, old and new, and how many of its pods were available when.

use super::{Stamp, legend, stamp, widgets};
use crate::scene::Tile;
use crate::theme::{Color, owner_color};
use crate::view::{Target, View};
use egui::{Color32, Rect, RichText, Sense, Ui, Vec2, vec2};
use egui_plot::{GridMark, Line, Plot, PlotPoints, VLine};
use podium_sim::object::{Deployment, Key, Kind, Obj, ReplicaSet, Str};
use podium_sim::time::SimTime;
use podium_sim::trace::{What, WriteVerb};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Deployments shown; the picture shows the rest.
const MOST: usize = 8;
/// Replica sets beside each other.
const ABREAST: usize = 2;
/// Beyond so many pods of a replica set only a part is drawn.
const SQUARES: usize = 120;
/// With so many pods in the cluster none is drawn here.
const CROWD: usize = 4000;

/// How many pods were available and wanted, from when on.
pub type Strip = Vec<(SimTime, i64, i64)>;
/// The strips of all deployments of a trace.
pub type Series = Arc<BTreeMap<Key, Strip>>;

/// The strips of the branch that is followed.
fn series(view: &mut View) -> Series {
    let now: Stamp = stamp(view);
    if let Some((known, series)) = &view.ui.series
        && *known == now
    {
        return series.clone();
    }
    let mut all: BTreeMap<Key, Strip> = BTreeMap::new();
    for r in view.player.records() {
        let What::Write { verb, obj: obj @ Obj::Deployment(d), .. } = &r.what else { continue };
        let point = match verb {
            WriteVerb::Delete => (r.at, 0, 0),
            WriteVerb::Create | WriteVerb::Update => {
                (r.at, d.status.available_replicas, d.spec.replicas.unwrap_or(1))
            }
        };
        let strip = all.entry(obj.key()).or_default();
        if strip.last().is_none_or(|last| (last.1, last.2) != (point.1, point.2)) {
            strip.push(point);
        }
    }
    let series: Series = Arc::new(all);
    view.ui.series = Some((now, series.clone()));
    series
}

/// All objects of a kind.
fn of<'a>(view: &'a View, kind: &'a Kind) -> impl Iterator<Item = (&'a Key, &'a Obj)> {
    let from = Key::new(kind.clone(), "", "");
    view.player.scene().fold.objects.range(from..).take_while(move |(k, _)| k.kind == *kind)
}

/// A replica set with its pods.
struct Row {
    key: Key,
    set: Arc<ReplicaSet>,
    pods: Vec<Tile>,
}

/// The pods of each replica set, by its namespace and name.
type Pods = BTreeMap<(Str, Str), Vec<Tile>>;

/// All pods that have an owner, unless there are too many to be drawn here.
fn pods(view: &View) -> Pods {
    let mut out = Pods::new();
    if of(view, &Kind::Pod).take(CROWD).count() == CROWD {
        return out;
    }
    let scene = view.player.scene();
    for (key, pod) in of(view, &Kind::Pod).filter_map(|(k, o)| Some((k, o.as_pod()?))) {
        if let (Some(set), Some((tile, _))) = (pod.metadata.controller(), scene.tile(key)) {
            out.entry((key.ns.clone(), set.name.clone())).or_default().push(tile.clone());
        }
    }
    out
}

fn rows(view: &View, owner: &Key, pods: &Pods) -> Vec<Row> {
    let mut rows: Vec<Row> = of(view, &Kind::ReplicaSet)
        .filter_map(|(key, o)| Some((key, o.as_replica_set()?)))
        .filter(|(key, set)| {
            key.ns == owner.ns && set.metadata.controller().is_some_and(|c| c.name == owner.name)
        })
        .map(|(key, set)| {
            let pods = pods.get(&(key.ns.clone(), key.name.clone())).cloned().unwrap_or_default();
            Row { key: key.clone(), set: set.clone(), pods }
        })
        .collect();
    rows.retain(|r| !r.pods.is_empty() || r.set.spec.replicas.unwrap_or(1) > 0);
    rows.sort_by_key(|r| revision(&r.set));
    rows
}

/// The number of the rollout that a replica set belongs to.
fn revision(set: &ReplicaSet) -> i64 {
    let text = set.metadata.annotations.get("deployment.kubernetes.io/revision");
    text.and_then(|t| t.parse().ok()).unwrap_or(0)
}

/// The panel.
pub fn show(view: &mut View, ui: &mut Ui) {
    if !view.panels.workloads {
        return;
    }
    widgets::heading(view, ui, "view-workloads");
    let all: Vec<(Key, Arc<Deployment>)> = of(view, &Kind::Deployment)
        .take(MOST)
        .filter_map(|(k, o)| Some((k.clone(), o.as_deployment()?.clone())))
        .collect();
    if all.is_empty() {
        let text = view.text("view-workloads-none");
        widgets::faint(view, ui, text);
    }
    let (series, pods) = (series(view), pods(view));
    for (key, deployment) in &all {
        let rows = rows(view, key, &pods);
        ui.push_id(key, |ui| one(view, ui, key, deployment, &rows, series.get(key)));
    }
}

fn one(view: &mut View, ui: &mut Ui, key: &Key, d: &Deployment, rows: &[Row], strip: Option<&Strip>) {
    let title = format!("{} {}", view.catalogue().kind(&Kind::Deployment), widgets::name(key));
    if widgets::link(view, ui, &title) {
        view.select(Target::Object(key.clone()));
    }
    let c = view.catalogue();
    let counts = c.text(
        "view-workload-counts",
        &[
            ("want", &d.spec.replicas.unwrap_or(1)),
            ("updated", &d.status.updated_replicas),
            ("ready", &d.status.ready_replicas),
            ("available", &d.status.available_replicas),
        ],
    );
    ui.label(RichText::new(counts).size(14.0));
    // Old and new side by side.
    for side in rows.chunks(ABREAST) {
        ui.columns(side.len().min(ABREAST), |columns| {
            for (ui, row) in columns.iter_mut().zip(side) {
                replica_set(view, ui, key, row);
            }
        });
    }
    if let Some(strip) = strip.filter(|s| !s.is_empty()) {
        plot(view, ui, key, strip);
    }
    ui.add_space(6.0);
}

fn replica_set(view: &mut View, ui: &mut Ui, owner: &Key, row: &Row) {
    let hue = owner_color(&row.set.metadata.name);
    let short = row.key.name.strip_prefix(owner.name.as_str()).unwrap_or(&row.key.name);
    let image = row.set.spec.template.spec.containers.first().map(|c| c.image.clone()).unwrap_or_default();
    let text = view.catalogue().text(
        "view-workload-set",
        &[
            ("revision", &revision(&row.set)),
            ("have", &row.set.status.replicas),
            ("want", &row.set.spec.replicas.unwrap_or(1)),
        ],
    );
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(6.0, 20.0), Sense::hover());
        ui.painter().rect_filled(rect, 1.0, hue.egui());
        let label = egui::Button::new(RichText::new(format!("…{short}")).size(14.0)).frame(false).truncate();
        let hint = format!("{}\n{image}", row.key.name);
        if ui.add(label).on_hover_text(hint).clicked() {
            view.select(Target::Object(row.key.clone()));
        }
    });
    ui.add(egui::Label::new(RichText::new(text).size(14.0)).truncate());
    squares(view, ui, &row.pods, hue);
}

/// Pods as small squares that stand on their owner's hue.
fn squares(view: &mut View, ui: &mut Ui, pods: &[Tile], hue: Color) {
    let size = if pods.len() > 40 { 10.0 } else { 18.0 };
    let theme = view.theme();
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(3.0);
        for tile in pods.iter().take(SQUARES) {
            let (rect, response) = ui.allocate_exact_size(vec2(size, size + 4.0), Sense::click());
            let square = Rect::from_min_size(rect.min, Vec2::splat(size));
            legend::swatch(ui.painter(), &theme, tile.look, square);
            let foot = Rect::from_min_max(egui::pos2(rect.left(), rect.bottom() - 3.0), rect.max);
            ui.painter().rect_filled(foot, 0.0, hue.egui());
            let name: Str = tile.key.name.clone();
            let look = view.text(tile.look.message());
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::WidgetType::Button, true, format!("{name} {look}"))
            });
            if response.on_hover_text(format!("{name}\n{look}")).clicked() {
                chosen = Some(tile.key.clone());
            }
        }
        if pods.len() > SQUARES {
            widgets::faint(view, ui, format!("+{}", pods.len() - SQUARES));
        }
    });
    if let Some(key) = chosen {
        view.select(Target::Object(key));
    }
}

/// How many pods were available, over the story; the wanted number as a thin line.
fn plot(view: &View, ui: &mut Ui, key: &Key, strip: &Strip) {
    let theme = view.theme();
    let story = view.player.story();
    let veil = super::lesson::veil(view).unwrap_or(view.player.end());
    let strip = &strip[..strip.partition_point(|p| p.0 <= veil)];
    let end = story.place(veil);
    let most = strip.iter().map(|p| p.1.max(p.2)).max().unwrap_or(1).max(1);
    let steps = |pick: fn(&(SimTime, i64, i64)) -> i64| {
        let mut points: Vec<[f64; 2]> = Vec::new();
        for p in strip {
            let x = story.place(p.0);
            if let Some(last) = points.last().copied() {
                points.push([x, last[1]]);
            }
            points.push([x, pick(p) as f64]);
        }
        if let Some(last) = points.last().copied() {
            points.push([end, last[1]]);
        }
        PlotPoints::from(points)
    };
    let (have, want) = (steps(|p| p.1), steps(|p| p.2));
    let now = story.place(view.player.now());
    let color = |c: Color| -> Color32 { c.egui() };
    widgets::faint(view, ui, view.text("view-workload-available"));
    Plot::new(("available", key))
        .height(64.0)
        .show_axes([false, true])
        .show_x(false)
        .show_y(false)
        .show_grid([false, true])
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .y_grid_spacer(move |_| {
            let mark = |value: i64| GridMark { value: value as f64, step_size: most as f64 };
            vec![mark(0), mark(most)]
        })
        .y_axis_formatter(|mark, _| format!("{:.0}", mark.value))
        .y_axis_min_width(18.0)
        .default_x_bounds(0.0, end)
        .default_y_bounds(0.0, most as f64 + 0.5)
        .show(ui, |plot| {
            plot.line(Line::new("want", want).color(color(theme.faint)).width(1.0));
            plot.line(Line::new("have", have).color(color(theme.accent)).width(2.5).fill(0.0));
            plot.vline(VLine::new("now", now).color(color(theme.text)).width(1.5));
        });
}
