//! Which plugins a profile asks at each extension point, in which order and with which weight.
//!
//! Sources: `apis/config/v1/default_plugins.go` (`mergePlugins`), `framework/runtime/framework.go` (`NewFramework`,
//! `expandMultiPointPlugins`, `getScoreWeights`). The default profile enables everything at `multiPoint`; a
//! profile's own `multiPoint` is merged into that, and the result is spread over the points that the plugins have.

use super::{EnabledPlugin, Plugins, Point, ProfileConfig};
use crate::object::Str;
use crate::scheduler::framework::{Bits, Points};
use std::collections::{BTreeMap, BTreeSet};

/// A plugin that exists (`framework/runtime/registry.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub name: &'static str,
    /// The extension points that it implements.
    pub points: Points,
    /// The weight that the default profile gives it; 0 if none.
    pub weight: i64,
    /// Whether the default profile has it.
    pub by_default: bool,
}

impl Registered {
    /// Whether it can be asked at a point.
    pub fn has(&self, point: Point) -> bool {
        self.points.meets(point.bits())
    }
    /// The names of its points, for messages.
    pub(super) fn point_names(&self) -> String {
        let names: Vec<String> =
            Point::EACH.iter().filter(|p| self.has(**p)).map(|p| format!("`{}`", p.name())).collect();
        names.join(", ")
    }
}

/// The plugins of a profile, point by point (`frameworkImpl`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    points: [Vec<(&'static str, i64)>; 12],
}

impl Expanded {
    /// The plugins that are asked at a point, in order. The weight is 0 except at `score`. `multiPoint` has none.
    pub fn at(&self, point: Point) -> &[(&'static str, i64)] {
        self.points.get(point as usize).map_or(&[], Vec::as_slice)
    }

    /// The points at which a plugin is asked.
    pub fn points_of(&self, name: &str) -> Points {
        let at = |p: &Point| self.at(*p).iter().any(|(n, _)| *n == name);
        Point::EACH.iter().filter(|p| at(p)).fold(Bits::NONE, |all, p| all.or(p.bits()))
    }

    /// The weight of a plugin's score; `None` if it is not asked for one.
    pub fn weight_of(&self, name: &str) -> Option<i64> {
        self.at(Point::Score).iter().find(|(n, _)| *n == name).map(|(_, weight)| *weight)
    }
}

/// A reason why a profile cannot be, and the point that it is about.
pub(super) struct Problem {
    pub point: Point,
    pub message: String,
}

/// The plugins of a profile at each point, in upstream's order (`NewFramework`): first those of the point's own list
/// that `multiPoint` has, too, then the others of `multiPoint`, then the rest of the point's own list.
///
/// `registry` holds the plugins that exist, in the order of the default profile. The error says in full sentences
/// which plugins are not there, cannot do what is asked of them, or are missing.
pub fn expand(profile: &ProfileConfig, registry: &[Registered]) -> Result<Expanded, Vec<String>> {
    try_expand(profile, registry).map_err(|all| all.into_iter().map(|p| p.message).collect())
}

/// As [`expand`], with the points that the problems are about.
pub(super) fn try_expand(profile: &ProfileConfig, registry: &[Registered]) -> Result<Expanded, Vec<Problem>> {
    let by_name: BTreeMap<&str, &Registered> = registry.iter().map(|r| (r.name, r)).collect();
    let mut problems = Vec::new();
    let multi =
        resolve(&merged_multi_point(&profile.plugins, registry), &by_name, Point::MultiPoint, &mut problems);
    let own = resolve(&profile.plugins.at(Point::Score).enabled, &by_name, Point::Score, &mut Vec::new());
    let weights = score_weights(&own, &multi);
    let mut out = Expanded::default();
    for (point, list) in Point::EACH.into_iter().zip(&mut out.points) {
        let set = profile.plugins.at(point);
        let own = resolve(&set.enabled, &by_name, point, &mut problems);
        let names = ordered(&own, &multi, &set.disabled, point);
        let weight =
            |name: &str| if point == Point::Score { weights.get(name).copied().unwrap_or(1) } else { 0 };
        *list = names.into_iter().map(|name| (name, weight(name))).collect();
    }
    let name = &profile.scheduler_name;
    let sorts = out.at(Point::QueueSort);
    if sorts.len() != 1 {
        let names: Vec<&str> = sorts.iter().map(|(n, _)| *n).collect();
        let found = if names.is_empty() { "none".to_owned() } else { names.join(" and ") };
        let message =
            format!("the profile {name} needs exactly one plugin at `queueSort`, but it has {found}");
        problems.push(Problem { point: Point::QueueSort, message });
    }
    if out.at(Point::Bind).is_empty() {
        let message = format!("the profile {name} has no plugin at `bind`, so that no pod would get a node");
        problems.push(Problem { point: Point::Bind, message });
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

/// The default plugins with a profile's `multiPoint` merged in (`mergePluginSet`): what is disabled goes, what is
/// enabled anew keeps its place and takes the new weight, the rest of what is enabled goes to the end.
fn merged_multi_point(plugins: &Plugins, registry: &[Registered]) -> Vec<EnabledPlugin> {
    let custom = plugins.at(Point::MultiPoint);
    let disabled: BTreeSet<&str> = custom.disabled.iter().map(Str::as_str).collect();
    // Of two entries with one name the last counts, and the first is appended; it is then refused as a duplicate.
    let enabled: BTreeMap<&str, usize> =
        custom.enabled.iter().enumerate().map(|(n, p)| (p.name.as_str(), n)).collect();
    let mut replaced = BTreeSet::new();
    let mut out = Vec::new();
    for r in registry.iter().filter(|r| r.by_default) {
        if disabled.contains("*") || disabled.contains(r.name) {
            continue;
        }
        match enabled.get(r.name) {
            Some(n) => {
                replaced.insert(*n);
                out.push(custom.enabled[*n].clone());
            }
            None => {
                let weight = i32::try_from(r.weight).ok().filter(|w| *w != 0);
                out.push(EnabledPlugin { name: Str::from(r.name), weight });
            }
        }
    }
    out.extend(
        custom.enabled.iter().enumerate().filter(|(n, _)| !replaced.contains(n)).map(|(_, p)| p.clone()),
    );
    out
}

/// The registered plugins of a list; those that are not there, cannot be asked there or come twice are reported
/// (`updatePluginList`).
fn resolve<'r>(
    list: &[EnabledPlugin],
    by_name: &BTreeMap<&str, &'r Registered>,
    point: Point,
    problems: &mut Vec<Problem>,
) -> Vec<(&'r Registered, Option<i32>)> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for p in list {
        let (name, at) = (&p.name, point.name());
        let message = match by_name.get(name.as_str()) {
            None => format!("`{at}` enables {name}, but there is no such plugin"),
            Some(r) if !r.has(point) => {
                format!("`{at}` enables {name}, which works only at {}", r.point_names())
            }
            Some(_) if !seen.insert(name.as_str()) => format!("`{at}` enables {name} twice"),
            Some(r) => {
                out.push((*r, p.weight));
                continue;
            }
        };
        problems.push(Problem { point, message });
    }
    out
}

/// The weights of the scores: the point's own before those of `multiPoint`, 0 and none being 1 (`getScoreWeights`).
fn score_weights<'r>(
    own: &[(&'r Registered, Option<i32>)],
    multi: &[(&'r Registered, Option<i32>)],
) -> BTreeMap<&'r str, i64> {
    let mut weights = BTreeMap::new();
    for (r, weight) in own.iter().chain(multi).filter(|(r, _)| r.has(Point::Score)) {
        let weight = weight.filter(|w| *w != 0).map_or(1, i64::from);
        weights.entry(r.name).or_insert(weight);
    }
    weights
}

/// One point's plugins in order (`expandMultiPointPlugins`).
fn ordered(
    own: &[(&Registered, Option<i32>)],
    multi: &[(&Registered, Option<i32>)],
    disabled: &[Str],
    point: Point,
) -> Vec<&'static str> {
    let disabled: BTreeSet<&str> = disabled.iter().map(Str::as_str).collect();
    if disabled.contains("*") {
        return own.iter().map(|(r, _)| r.name).collect();
    }
    let own_names: BTreeSet<&str> = own.iter().map(|(r, _)| r.name).collect();
    let spread: Vec<&'static str> = multi
        .iter()
        .map(|(r, _)| *r)
        .filter(|r| r.has(point) && !disabled.contains(r.name))
        .map(|r| r.name)
        .collect();
    let overrides: BTreeSet<&str> = spread.iter().copied().filter(|n| own_names.contains(n)).collect();
    let first = own.iter().map(|(r, _)| r.name).filter(|n| overrides.contains(n));
    let then = spread.iter().copied().filter(|n| !own_names.contains(n));
    let last = own.iter().map(|(r, _)| r.name).filter(|n| !overrides.contains(n));
    first.chain(then).chain(last).collect()
}
