//! A profile: which plugins a scheduler asks, at which points, in which order and with which weights.
//! Source: `pkg/scheduler/framework/runtime/framework.go` (NewFramework).

use super::framework::{Bits, Depends, Plugin, Points};
use super::plugins;
use crate::object::{Str, lit};
use std::fmt;
use std::sync::Arc;

/// How many extension points there are.
pub const POINTS: usize = 12;

/// A plugin and the weight of its score.
#[derive(Clone)]
pub struct Entry {
    /// The plugin.
    pub plugin: Arc<dyn Plugin>,
    /// The weight of its score; 0 if it has none.
    pub weight: i64,
}

/// The plugins of one scheduler name.
#[derive(Clone)]
pub struct Profile {
    /// The name that pods ask for in `spec.schedulerName`.
    pub scheduler_name: Str,
    /// Each plugin once. Sets of plugins ([`Bits`]) are by their place here.
    pub plugins: Vec<Entry>,
    /// `percentageOfNodesToScore`; 0 for the default.
    pub percent: usize,
    at: [Vec<usize>; POINTS],
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.plugins.iter().map(|e| e.plugin.name()).collect();
        f.debug_struct("Profile").field("name", &self.scheduler_name).field("plugins", &names).finish()
    }
}

impl Profile {
    /// A profile in which each plugin is asked at all of its points, in the order given.
    ///
    /// # Panics
    /// With more than 32 plugins.
    pub fn of(scheduler_name: Str, plugins: Vec<Entry>) -> Profile {
        assert!(plugins.len() <= 32, "a profile has at most 32 plugins");
        let at = std::array::from_fn(|point| {
            let asked = |i: &usize| plugins[*i].plugin.points().has(point);
            (0..plugins.len()).filter(asked).collect()
        });
        Profile { scheduler_name, plugins, percent: 0, at }
    }

    /// The default profile of v1.34.
    pub fn standard() -> Arc<Profile> {
        Arc::new(Profile::of(lit!("default-scheduler"), plugins::standard()))
    }

    /// The places of the plugins that are asked at a point, in order.
    pub fn at(&self, point: Points) -> &[usize] {
        &self.at[point.0.trailing_zeros() as usize]
    }

    /// Sets which plugins are asked at a point.
    pub fn set(&mut self, point: usize, order: Vec<usize>) {
        self.at[point] = order;
    }

    /// Whether a plugin is asked at a point.
    pub fn asks(&self, plugin: usize, point: Points) -> bool {
        self.at(point).contains(&plugin)
    }

    /// A plugin.
    pub fn plugin(&self, i: usize) -> &dyn Plugin {
        &*self.plugins[i].plugin
    }

    /// The weight of a plugin's score.
    pub fn weight(&self, i: usize) -> i64 {
        self.plugins[i].weight
    }

    /// The names of some of the plugins.
    pub fn names(&self, of: Bits) -> impl Iterator<Item = &'static str> {
        of.iter().map(|i| self.plugins[i].plugin.name())
    }

    /// The weight of the plugin of that name; 1 if there is none.
    pub fn weight_of(&self, name: &str) -> i64 {
        self.plugins.iter().find(|e| e.plugin.name() == name).map_or(1, |e| e.weight)
    }

    /// Whether the fast path keeps the plugin's answers by node.
    pub fn by_node(&self, i: usize) -> bool {
        matches!(self.plugin(i).depends_on(), Depends::Node | Depends::NodePods)
    }
}
