//! The scene as shapes and labels. Rebuilt each frame from what is seen, so that nothing on the picture can be left over
//! from another moment.

mod control;
pub mod packets;
mod racks;

pub(crate) use racks::dress;

use crate::draw::{Canvas, Shape};
use crate::layout::Layout;
use crate::scene::Trouble;
use crate::theme::Theme;
use crate::view::View;
use crate::{decision, scene};
use egui::Rect;
use podium_sim::msg::Comp;
use podium_sim::object::Str;
use podium_sim::scheduler::explain::Explanation;
use podium_sim::time::SimTime;
use podium_sim::trace::{Decision, RecordId};
use std::sync::Arc;

/// What the painters share.
pub(crate) struct Painter<'a> {
    pub view: &'a View,
    pub layout: &'a Layout,
    pub theme: Theme,
    pub scene: &'a scene::Scene,
    /// The decision that is shown, and what was said of each node.
    pub decision: Option<(RecordId, Arc<Decision>)>,
}

impl Painter<'_> {
    fn explanation(&self) -> Option<&Explanation> {
        let (id, _) = self.decision.as_ref()?;
        self.view.decision.get(self.view.player.source().active(), *id)
    }

    /// How much of a movement that began at a time and takes `seconds` of the viewer is done, 0 to 1.
    fn done(&self, since: SimTime, seconds: f64) -> f32 {
        let (from, now) = (self.view.player.ago(seconds), self.view.player.now());
        if self.view.still || since <= from || now <= since {
            return if now < since { 0.0 } else { 1.0 };
        }
        let story = self.view.player.story();
        let (a, b) = (story.place(since), story.place(now));
        let part = match self.view.player.pace {
            crate::player::Pace::Story => (b - a) / seconds,
            crate::player::Pace::Clock => (now.0 - since.0) as f64 / (now.0 - from.0).max(1) as f64,
        };
        let t = part.clamp(0.0, 1.0) as f32;
        t * t * (3.0 - 2.0 * t)
    }

    /// What is wrong with a component.
    fn broken(&self, comp: Comp) -> bool {
        let faults = &self.scene.fold.faults;
        let down = |what: &str| faults.keys().any(|(name, target)| target == what && name != "etcdSlow");
        let trouble = |n: u32| self.scene.racks.get(n as usize).map_or(Trouble::default(), |r| r.trouble);
        match comp {
            Comp::World | Comp::User => false,
            Comp::Api => down("kube-apiserver"),
            Comp::Etcd => down("etcd"),
            Comp::Scheduler => down("kube-scheduler"),
            Comp::Kcm => down("kube-controller-manager"),
            Comp::Kubelet(n) => trouble(n).off || trouble(n).kubelet,
            Comp::Runtime(n) => trouble(n).off,
        }
    }

    /// Whether a text is long enough ago to be forgotten.
    fn fresh(&self, at: SimTime, seconds: f64) -> bool {
        at >= self.view.player.ago(seconds)
    }
}

/// Draws the scene into an area.
pub fn scene(view: &mut View, area: Rect, canvas: &mut Canvas) {
    let theme = view.theme();
    canvas.shape(Shape::fill(area, if view.blank { theme.text } else { theme.background }));
    if view.blank || area.width() < 80.0 || area.height() < 80.0 {
        return;
    }
    let decision = decision::watch(view);
    let racks = view.player.scene().racks.len();
    let layout = Layout::new(area, racks, view.player.most_slots(), &view.camera);
    view.camera.level = Some(layout.level);
    let p = Painter { view, layout: &layout, theme, scene: view.player.scene(), decision };
    racks::draw(&p, canvas);
    // What lies above the field covers racks that are moved under it.
    let above = Rect::from_min_max(area.min, egui::pos2(area.max.x, layout.field.min.y));
    canvas.shape(Shape::fill(above, theme.background));
    control::edges(&p, canvas);
    control::draw(&p, canvas);
    racks::flights(&p, canvas);
    packets::draw(&p, canvas);
}

/// A pod's name as a tile has room for it: the part that tells it from its siblings.
pub(crate) fn short(name: &Str) -> &str {
    match name.rsplit_once('-') {
        Some((_, last)) if last.len() >= 4 => last,
        _ => name,
    }
}
