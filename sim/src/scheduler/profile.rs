//! A profile: which plugins a scheduler asks, at which points, in which order and with which weights.
//! Source: `pkg/scheduler/framework/runtime/framework.go` (NewFramework).

use super::config::{Point, ProfileConfig, Registered, SchedulerConfiguration, expand, read_with};
use super::framework::{Bits, Depends, Plugin, Points};
use super::plugins;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::object::Str;
use std::fmt;
use std::sync::{Arc, OnceLock};

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
    /// A profile of a configuration.
    ///
    /// # Errors
    /// When it asks for plugins that are not there, or for what they cannot do.
    pub fn of(config: &SchedulerConfiguration, profile: &ProfileConfig) -> Result<Profile, Vec<String>> {
        let registry = plugins::registry();
        let expanded = expand(profile, &registry)?;
        // The plugins that are asked anywhere, in the order of the registry.
        let asked = |r: &&Registered| !expanded.points_of(r.name).is_empty();
        let names: Vec<&str> = registry.iter().filter(asked).map(|r| r.name).collect();
        if names.len() > 32 {
            return Err(vec![format!("the profile has {} plugins; at most 32 fit", names.len())]);
        }
        let build = |name: &&str| {
            let plugin = plugins::build(name, &profile.args).map_err(|e| vec![e])?;
            Ok(Entry { plugin, weight: expanded.weight_of(name).unwrap_or(0) })
        };
        let plugins = names.iter().map(build).collect::<Result<Vec<Entry>, Vec<String>>>()?;
        let place = |name: &str| names.iter().position(|n| *n == name);
        let at = std::array::from_fn(|point| {
            let Some(of) = Point::EACH.iter().find(|p| p.bits().has(point)) else { return Vec::new() };
            // Upstream's plugins are listed with points that nothing here needs, such as Reserve.
            let asked = |i: &usize| plugins[*i].plugin.points().has(point);
            expanded.at(*of).iter().filter_map(|(name, _)| place(name)).filter(asked).collect()
        });
        Ok(Profile {
            scheduler_name: profile.scheduler_name.clone(),
            plugins,
            percent: usize::try_from(config.percentage_for(profile)).unwrap_or(0),
            at,
        })
    }

    /// The first profile of a configuration, from its text.
    ///
    /// # Errors
    /// What is wrong with the text, with places.
    pub fn read(source: &Arc<SourceText>) -> Result<Arc<Profile>, Vec<Diagnostic>> {
        let (config, _) = read_with(source, &plugins::registry())?;
        if let [_, second, ..] = config.profiles.as_slice() {
            let message = format!(
                "the configuration has {} profiles, and one is asked for here ({} is the second)",
                config.profiles.len(),
                second.scheduler_name
            );
            let help = "keep the one profile that is meant; a scenario's cluster.scheduler takes several";
            return Err(vec![Diagnostic::error("scheduler.profiles", source, message).help(help)]);
        }
        let wrong = |all: Vec<String>| {
            all.into_iter().map(|m| Diagnostic::error("scheduler.config", source, m)).collect::<Vec<_>>()
        };
        Profile::of(&config, &config.profiles[0]).map(Arc::new).map_err(wrong)
    }

    /// The default profile of v1.34.
    pub fn standard() -> Arc<Profile> {
        static STANDARD: OnceLock<Arc<Profile>> = OnceLock::new();
        let of = || {
            let config = SchedulerConfiguration::default();
            Arc::new(Profile::of(&config, &config.profiles[0]).expect("the default profile is a profile"))
        };
        STANDARD.get_or_init(of).clone()
    }

    /// The places of the plugins that are asked at a point, in order.
    pub fn at(&self, point: Points) -> &[usize] {
        &self.at[point.0.trailing_zeros() as usize]
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
