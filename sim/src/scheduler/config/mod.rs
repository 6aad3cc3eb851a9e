//! `KubeSchedulerConfiguration`: which profiles a scheduler has, which plugins they run, and with which arguments.
//!
//! Sources: `staging/src/k8s.io/kube-scheduler/config/v1`, `pkg/scheduler/apis/config/{v1,validation}`, v1.34.
//! [`read`] takes what the real kube-scheduler takes with `--config`, YAML or JSON, and finds the mistakes that it
//! would find, each at its line and column. [`expand::expand`] says which plugins a profile asks at each extension
//! point, in which order.
//!
//! Read and put to use: `profiles`, `percentageOfNodesToScore`, `podInitialBackoffSeconds`, `podMaxBackoffSeconds`,
//! `parallelism`. Checked and then left alone, because a simulation has no use for them: `leaderElection`,
//! `clientConnection`, `enableProfiling`, `enableContentionProfiling`, `delayCacheUntilActive`. Refused: `extenders`,
//! which are HTTP servers.
//!
//! Stricter than upstream, because there the mistake would silently do nothing or the scheduler would fail later:
//! names of plugins that do not exist, also under `disabled` and `pluginConfig`; negative weights; arguments for
//! plugins that take none. What upstream accepts and what has no effect is a warning: see [`read_with`].

pub mod args;
pub mod expand;
mod fields;
mod known;
mod read;
mod read_affinity;
mod read_args;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_args;
#[cfg(test)]
mod tests_bad;
#[cfg(test)]
mod tests_property;

pub use args::PluginArgs;
pub use expand::{Expanded, Registered, expand};
pub use known::IN_TREE;

use super::framework::{
    BIND, Bits, FILTER, PERMIT, POST_FILTER, PRE_BIND, PRE_ENQUEUE, PRE_FILTER, PRE_SCORE, Points,
    QUEUE_SORT, RESERVE, SCORE,
};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::manifest::node::{Node, PathSeg};
use crate::object::{Str, lit};
use std::sync::Arc;

/// The `apiVersion` of the configurations that are read (`config/v1/register.go`).
pub const API_VERSION: &str = "kubescheduler.config.k8s.io/v1";
/// Their `kind` (`config/v1/types.go`).
pub const KIND: &str = "KubeSchedulerConfiguration";

/// Runs after a binding. No plugin of upstream's does; the framework has no bit of its own for it.
const POST_BIND: Points = Bits::one(12);

/// An extension point, by its name in the configuration (`config/v1/types.go`, `Plugins`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Point {
    PreEnqueue,
    QueueSort,
    PreFilter,
    Filter,
    PostFilter,
    PreScore,
    Score,
    Reserve,
    Permit,
    PreBind,
    Bind,
    PostBind,
    /// All of the above that a plugin has.
    MultiPoint,
}

impl Point {
    /// The points at which plugins are asked (`getExtensionPoints`).
    pub const EACH: [Point; 12] = [
        Point::PreEnqueue,
        Point::QueueSort,
        Point::PreFilter,
        Point::Filter,
        Point::PostFilter,
        Point::PreScore,
        Point::Score,
        Point::Reserve,
        Point::Permit,
        Point::PreBind,
        Point::Bind,
        Point::PostBind,
    ];

    /// Its name as a field of `plugins`.
    pub fn name(self) -> &'static str {
        match self {
            Point::PreEnqueue => "preEnqueue",
            Point::QueueSort => "queueSort",
            Point::PreFilter => "preFilter",
            Point::Filter => "filter",
            Point::PostFilter => "postFilter",
            Point::PreScore => "preScore",
            Point::Score => "score",
            Point::Reserve => "reserve",
            Point::Permit => "permit",
            Point::PreBind => "preBind",
            Point::Bind => "bind",
            Point::PostBind => "postBind",
            Point::MultiPoint => "multiPoint",
        }
    }

    /// The framework's bit for it; all of them for `multiPoint`.
    pub fn bits(self) -> Points {
        match self {
            Point::PreEnqueue => PRE_ENQUEUE,
            Point::QueueSort => QUEUE_SORT,
            Point::PreFilter => PRE_FILTER,
            Point::Filter => FILTER,
            Point::PostFilter => POST_FILTER,
            Point::PreScore => PRE_SCORE,
            Point::Score => SCORE,
            Point::Reserve => RESERVE,
            Point::Permit => PERMIT,
            Point::PreBind => PRE_BIND,
            Point::Bind => BIND,
            Point::PostBind => POST_BIND,
            Point::MultiPoint => Bits(u32::MAX),
        }
    }
}

/// A plugin that a profile enables (`config/v1/types.go`, `Plugin`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnabledPlugin {
    /// Its name.
    pub name: Str,
    /// The weight of its score, if one is written; 0 counts as 1.
    pub weight: Option<i32>,
}

/// What a profile says about one extension point (`config/v1/types.go`, `PluginSet`), as written: the default
/// plugins are not merged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginSet {
    /// Plugins to ask, in this order.
    pub enabled: Vec<EnabledPlugin>,
    /// Plugins not to ask; `*` stands for all.
    pub disabled: Vec<Str>,
}

/// What a profile says about its plugins (`config/v1/types.go`, `Plugins`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plugins {
    sets: [PluginSet; 13],
}

impl Plugins {
    /// What is said about one point.
    pub fn at(&self, point: Point) -> &PluginSet {
        &self.sets[point as usize]
    }
    /// The same, to be changed.
    pub fn at_mut(&mut self, point: Point) -> &mut PluginSet {
        &mut self.sets[point as usize]
    }
}

/// A profile (`config/v1/types.go`, `KubeSchedulerProfile`).
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileConfig {
    /// Pods choose it with `spec.schedulerName`.
    pub scheduler_name: Str,
    /// How much of the cluster is searched, in percent; overrides the configuration's.
    pub percentage_of_nodes_to_score: Option<i32>,
    /// Which plugins it has, compared with the default ones.
    pub plugins: Plugins,
    /// What the plugins are told, defaults filled in.
    pub args: PluginArgs,
}

impl Default for ProfileConfig {
    /// `default-scheduler`, with upstream's plugins and their default arguments.
    fn default() -> Self {
        ProfileConfig {
            scheduler_name: lit!("default-scheduler"),
            percentage_of_nodes_to_score: None,
            plugins: Plugins::default(),
            args: PluginArgs::default(),
        }
    }
}

/// A scheduler's configuration (`config/v1/types.go`, `KubeSchedulerConfiguration`).
#[derive(Clone, Debug, PartialEq)]
pub struct SchedulerConfiguration {
    /// How much of the cluster is searched, in percent; 0 or none means upstream's adaptive share.
    pub percentage_of_nodes_to_score: Option<i32>,
    /// The first back-off of a pod that did not fit.
    pub pod_initial_backoff_seconds: i64,
    /// The longest.
    pub pod_max_backoff_seconds: i64,
    /// At least one, no two of one name.
    pub profiles: Vec<ProfileConfig>,
    /// How many nodes upstream filters at the same time. It decides which surplus nodes are seen, not what is right.
    pub parallelism: i32,
}

impl Default for SchedulerConfiguration {
    /// What holds without a file (`apis/config/v1/defaults.go`).
    fn default() -> Self {
        SchedulerConfiguration {
            percentage_of_nodes_to_score: None,
            pod_initial_backoff_seconds: 1,
            pod_max_backoff_seconds: 10,
            profiles: vec![ProfileConfig::default()],
            parallelism: 16,
        }
    }
}

impl SchedulerConfiguration {
    /// The profile of this name.
    pub fn profile(&self, scheduler_name: &str) -> Option<&ProfileConfig> {
        self.profiles.iter().find(|p| p.scheduler_name == scheduler_name)
    }

    /// The percentage that holds for a profile: its own, else the configuration's, else 0 for adaptive
    /// (`schedule_one.go`, `numFeasibleNodesToFind`).
    pub fn percentage_for(&self, profile: &ProfileConfig) -> i32 {
        profile.percentage_of_nodes_to_score.or(self.percentage_of_nodes_to_score).unwrap_or(0)
    }
}

/// Reads a configuration for upstream's plugins ([`IN_TREE`]) from YAML or JSON
/// (`cmd/kube-scheduler/app/options/configfile.go`). The findings of an `Err` hold at least one error.
pub fn read(source: &Arc<SourceText>) -> Result<SchedulerConfiguration, Vec<Diagnostic>> {
    read_with(source, IN_TREE).map(|(config, _)| config)
}

/// As [`read`], for these plugins; and with warnings about what has no effect, such as the weight of a filter
/// (`cmd/kube-scheduler/app/options/configfile.go`, `app.WithPlugin`).
pub fn read_with(
    source: &Arc<SourceText>,
    registry: &[Registered],
) -> Result<(SchedulerConfiguration, Vec<Diagnostic>), Vec<Diagnostic>> {
    read::read(source, registry)
}

/// As [`read_with`], from a part of another document, at that path of it: places are those of that document
/// (`cmd/kube-scheduler/app/options/configfile.go`).
pub fn read_part(
    source: &Arc<SourceText>,
    node: &Node,
    path: Vec<PathSeg>,
    registry: &[Registered],
) -> Result<(SchedulerConfiguration, Vec<Diagnostic>), Vec<Diagnostic>> {
    read::read_part(source, node, path, registry)
}

/// As [`read`], from a configuration inside another document. Places are those of the value written out as JSON
/// (`cmd/kube-scheduler/app/options/configfile.go`).
pub fn from_value(value: &serde_json::Value) -> Result<SchedulerConfiguration, Vec<Diagnostic>> {
    read(&SourceText::new("config", format!("{value:#}")))
}
