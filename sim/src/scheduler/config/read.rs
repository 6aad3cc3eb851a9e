//! From text to a [`SchedulerConfiguration`].
//!
//! Sources: `config/v1/types.go`, `apis/config/validation/validation.go`,
//! `component-base/config/validation/validation.go`.

use super::expand::try_expand;
use super::fields::{MAX_I32, Place, Reader, list, shorten};
use super::known::{misplaced, removed_in, retired};
use super::read_args::{plugin_config, queue_sort_args};
use super::{
    API_VERSION, EnabledPlugin, KIND, Plugins, Point, ProfileConfig, Registered, SchedulerConfiguration,
};
use crate::diagnostic::{Diagnostic, SourceText, nearest};
use crate::manifest::node::{Node, PathSeg};
use crate::manifest::yaml;
use crate::object::{Str, lit};
use crate::time::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const ROOT: &[&str] = &[
    "apiVersion",
    "kind",
    "parallelism",
    "leaderElection",
    "clientConnection",
    "enableProfiling",
    "enableContentionProfiling",
    "percentageOfNodesToScore",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    "profiles",
    "extenders",
    "delayCacheUntilActive",
];

/// Reads a text; see [`super::read_with`].
pub(super) fn read(
    source: &Arc<SourceText>,
    registry: &[Registered],
) -> Result<(SchedulerConfiguration, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (documents, found) = yaml::parse_documents(source);
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    let mut r = Reader::new(source, registry);
    found.into_iter().for_each(|d| r.report(d));
    let config = match &documents[..] {
        [] => {
            let found = Diagnostic::error("config.empty", source, "there is no configuration in this text");
            r.report(found.help(format!("begin it with `apiVersion: {API_VERSION}` and `kind: {KIND}`")));
            SchedulerConfiguration::default()
        }
        [root, others @ ..] => {
            if let Some(other) = others.first() {
                let message = "a scheduler has one configuration, but here a second document begins";
                let found = r.error(&Place::root(other), "config.documents", message);
                r.report(found.help("put it into a file of its own"));
            }
            root_of(&mut r, &Place::root(root))
        }
    };
    r.finish(config)
}

/// Reads a part of another document; see [`super::read_part`].
pub(super) fn read_part(
    source: &Arc<SourceText>,
    node: &Node,
    path: Vec<PathSeg>,
    registry: &[Registered],
) -> Result<(SchedulerConfiguration, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut r = Reader::new(source, registry);
    let config = root_of(&mut r, &Place::under(node, path));
    r.finish(config)
}

/// Whether this is a configuration of the version that is known; of others nothing is read.
fn is_ours(r: &mut Reader<'_>, root: &Place<'_>) -> bool {
    let before = r.errors();
    if let Some(at) = r.needed(root, "kind")
        && let Some(kind) = r.text(&at)
        && kind != KIND
    {
        let found = r.error(
            &at,
            "kind.unknown",
            format!("the kind `{}` is not a scheduler's configuration", shorten(&kind)),
        );
        r.report(found.help(format!("write `kind: {KIND}`")));
    }
    if let Some(at) = r.needed(root, "apiVersion")
        && let Some(version) = r.text(&at)
        && version != API_VERSION
    {
        let message = match removed_in(&version) {
            Some(release) => format!("`{version}` was removed in Kubernetes {release}"),
            None => format!("there is no {KIND} in `{}`", shorten(&version)),
        };
        let found = r.error(&at, "kind.version", message);
        r.report(found.help(format!("write `apiVersion: {API_VERSION}`")));
    }
    r.errors() == before
}

fn root_of(r: &mut Reader<'_>, root: &Place<'_>) -> SchedulerConfiguration {
    let mut config = SchedulerConfiguration::default();
    if root.node.as_map().is_none() {
        r.map(root, &[]);
        return config;
    }
    if !is_ours(r, root) {
        return config;
    }
    r.map_or(root, ROOT, misplaced);
    config.parallelism = r.int32(root, "parallelism", 1, i32::MAX).unwrap_or(config.parallelism);
    config.percentage_of_nodes_to_score = r.int32(root, "percentageOfNodesToScore", 0, 100);
    backoff(r, root, &mut config);
    leader_election(r, root);
    client_connection(r, root);
    for key in ["enableProfiling", "enableContentionProfiling", "delayCacheUntilActive"] {
        r.boolean(root, key);
    }
    if let Some(first) = r.items(root, "extenders").first() {
        let message = "extenders are HTTP servers, and a simulation calls none";
        let found = r.error(first, "config.extenders", message);
        r.report(found.help("delete `extenders`; a plugin can do what an extender does"));
    }
    profiles(r, root, &mut config);
    config
}

fn backoff(r: &mut Reader<'_>, root: &Place<'_>, config: &mut SchedulerConfiguration) {
    let first = r.int(root, "podInitialBackoffSeconds", 1, i64::MAX);
    let most = r.int(root, "podMaxBackoffSeconds", i64::MIN, i64::MAX);
    config.pod_initial_backoff_seconds = first.unwrap_or(config.pod_initial_backoff_seconds);
    config.pod_max_backoff_seconds = most.unwrap_or(config.pod_max_backoff_seconds);
    let (first, most) = (config.pod_initial_backoff_seconds, config.pod_max_backoff_seconds);
    if most < first {
        let written = root.child("podMaxBackoffSeconds").or_else(|| root.child("podInitialBackoffSeconds"));
        let message = format!("the longest back-off ({most} s) is shorter than the first ({first} s)");
        let expected = "`podMaxBackoffSeconds` (10 unless written) of at least `podInitialBackoffSeconds`";
        r.invalid(written.as_ref().unwrap_or(root), message, expected);
    }
}

/// Only checked: there is one scheduler, and it leads (`ValidateLeaderElectionConfiguration`).
fn leader_election(r: &mut Reader<'_>, root: &Place<'_>) {
    const TIMES: [&str; 3] = ["leaseDuration", "renewDeadline", "retryPeriod"];
    const TEXTS: [&str; 3] = ["resourceLock", "resourceName", "resourceNamespace"];
    let Some(at) = root.child("leaderElection") else { return };
    if !r.map(&at, &[&["leaderElect"], &TIMES[..], &TEXTS[..]].concat()) {
        return;
    }
    let elects = r.boolean(&at, "leaderElect").unwrap_or(true);
    let before = r.errors();
    let seconds = |n: u64| Span(n * 1_000_000_000);
    let mut times = [seconds(15), seconds(10), seconds(2)];
    for (key, time) in TIMES.into_iter().zip(&mut times) {
        // Zero counts as not written.
        *time = r.duration(&at, key).filter(|d| *d != Span::ZERO).unwrap_or(*time);
    }
    for key in TEXTS {
        let text = r.optional_text(&at, key);
        if let Some(text) = text.filter(|t| elects && key == "resourceLock" && !t.is_empty() && t != "leases")
            && let Some(place) = at.child(key)
        {
            r.invalid(&place, format!("`resourceLock` cannot be `{}`", shorten(&text)), "`leases`");
        }
    }
    if !elects || r.errors() > before {
        return;
    }
    for (longer, shorter) in [(0, 1), (1, 2)] {
        if times[longer] <= times[shorter] {
            let place = at.child(TIMES[longer]).or_else(|| at.child(TIMES[shorter]));
            let message = format!("`{}` must be longer than `{}`", TIMES[longer], TIMES[shorter]);
            r.invalid(place.as_ref().unwrap_or(&at), message, "for example 15s, 10s and 2s");
        }
    }
}

/// Only checked: the API server is a part of the same world (`ValidateClientConnectionConfiguration`).
fn client_connection(r: &mut Reader<'_>, root: &Place<'_>) {
    let Some(at) = root.child("clientConnection") else { return };
    if r.map(&at, &["kubeconfig", "acceptContentTypes", "contentType", "qps", "burst"]) {
        for key in ["kubeconfig", "acceptContentTypes", "contentType"] {
            r.optional_text(&at, key);
        }
        r.number(&at, "qps");
        r.int(&at, "burst", 0, MAX_I32);
    }
}

fn profiles(r: &mut Reader<'_>, root: &Place<'_>, config: &mut SchedulerConfiguration) {
    let places = r.items(root, "profiles");
    if places.is_empty() {
        return;
    }
    let before = r.errors();
    let mut names: BTreeMap<Str, usize> = BTreeMap::new();
    config.profiles.clear();
    for (n, at) in places.iter().enumerate() {
        let profile = profile(r, at, places.len());
        let name = profile.scheduler_name.clone();
        if let (Some(place), Some(first)) = (at.child("schedulerName"), names.get(&name)) {
            let message = format!("profiles[{first}] is called `{}`, too", shorten(&name));
            let found = r.error(&place, "config.duplicate", message);
            r.report(found.help("give each profile a name of its own; pods choose by it"));
        }
        names.entry(name).or_insert(n);
        config.profiles.push(profile);
    }
    if r.errors() == before {
        same_queue_sort(r, &places, &config.profiles);
    }
}

fn profile(r: &mut Reader<'_>, at: &Place<'_>, profiles: usize) -> ProfileConfig {
    let mut out = ProfileConfig::default();
    if !r.map_or(at, &["schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig"], profile_hint)
    {
        return out;
    }
    let before = r.errors();
    if at.child("schedulerName").is_some() {
        if let Some(name) = r.needed_text(at, "schedulerName") {
            out.scheduler_name = name;
        }
    } else if profiles > 1 {
        let message = format!("of {profiles} profiles each needs a `schedulerName`, and this one has none");
        let found = r.error(at, "field.missing", message);
        r.report(found.help("add `schedulerName: …`; the usual one is `default-scheduler`"));
    } else {
        out.scheduler_name = lit!("default-scheduler");
    }
    out.percentage_of_nodes_to_score = r.int32(at, "percentageOfNodesToScore", 0, 100);
    if let Some(plugins) = at.child("plugins") {
        out.plugins = read_plugins(r, &plugins);
    }
    out.args = plugin_config(r, at);
    if r.errors() == before
        && let Err(problems) = try_expand(&out, r.registry)
    {
        for p in problems {
            let plugins = at.child("plugins");
            let within = |p: Point| plugins.as_ref().and_then(|at| at.child(p.name()));
            let place = within(p.point).or_else(|| within(Point::MultiPoint)).or_else(|| plugins.clone());
            let found = r.error(place.as_ref().unwrap_or(at), "config.plugins", p.message);
            r.report(match p.point {
                Point::QueueSort => found.help("leave PrioritySort, or disable it and enable one other"),
                Point::Bind => found.help("leave DefaultBinder, or enable another plugin that binds"),
                _ => found,
            });
        }
    }
    out
}

fn profile_hint(field: &str) -> Option<&'static str> {
    if Point::EACH.iter().any(|p| p.name() == field) || field == Point::MultiPoint.name() {
        return Some("it belongs into `plugins`");
    }
    (field == "percentageOfPlacementsToScore")
        .then_some("it is of a release later than 1.34. Delete the line")
}

fn plugins_hint(field: &str) -> Option<&'static str> {
    ["placementGenerate", "placementScore", "placementFeasible", "podGroupPostFilter"]
        .contains(&field)
        .then_some("it is of a release later than 1.34. Delete it")
}

fn read_plugins(r: &mut Reader<'_>, at: &Place<'_>) -> Plugins {
    let mut out = Plugins::default();
    let points: Vec<Point> = Point::EACH.into_iter().chain([Point::MultiPoint]).collect();
    let names: Vec<&str> = points.iter().map(|p| p.name()).collect();
    if !r.map_or(at, &names, plugins_hint) {
        return out;
    }
    for point in points {
        let Some(set) = at.child(point.name()) else { continue };
        if !r.map(&set, &["enabled", "disabled"]) {
            continue;
        }
        let mut seen = BTreeSet::new();
        for item in r.items(&set, "enabled") {
            if let Some(plugin) = enabled(r, &item, point) {
                if !seen.insert(plugin.name.clone()) {
                    let message = format!("`{}` enables {} twice", point.name(), plugin.name);
                    let found = r.error(&item, "config.duplicate", message);
                    r.report(found.help("delete one of the two"));
                }
                out.at_mut(point).enabled.push(plugin);
            }
        }
        for item in r.items(&set, "disabled") {
            out.at_mut(point).disabled.extend(disabled(r, &item, point));
        }
    }
    out
}

/// The name of a plugin that exists, or else a finding.
pub(super) fn known_plugin<'a>(r: &mut Reader<'a>, at: &Place<'_>, name: &str) -> Option<&'a Registered> {
    let found = r.registry.iter().find(|p| p.name == name);
    if found.is_none() {
        let finding = r.error(at, "plugin.unknown", format!("there is no plugin `{}`", shorten(name)));
        let names = || r.registry.iter().map(|p| p.name);
        // Go has the names of types with `Args`, Kubernetes's documentation some with `Plugin` at the end.
        let bare = name.trim_end_matches("Args").trim_end_matches("Plugin");
        let finding = match (retired(name), nearest(name, names()).or_else(|| nearest(bare, names()))) {
            (Some(instead), _) => finding.help(format!("it was removed from Kubernetes; {instead}")),
            (None, Some(near)) => finding.help(format!("did you mean `{near}`?")),
            (None, None) => finding.expected(format!("one of {}", list(&names().collect::<Vec<_>>()))),
        };
        r.report(finding);
    }
    found
}

fn enabled(r: &mut Reader<'_>, at: &Place<'_>, point: Point) -> Option<EnabledPlugin> {
    if !r.map(at, &["name", "weight"]) {
        return None;
    }
    let name = r.needed_text(at, "name")?;
    let place = at.child("name")?;
    if name == "*" {
        let found =
            r.error(&place, "value.invalid", "`*` stands for all plugins, and only `disabled` takes it");
        r.report(found.help("name the plugins to enable"));
        return None;
    }
    let plugin = known_plugin(r, &place, &name)?;
    if !plugin.has(point) {
        let message = format!("`{}` cannot ask {name}, which does not implement it", point.name());
        r.invalid(&place, message, &format!("one of the points of {name}: {}", plugin.point_names()));
        return None;
    }
    let weight = r.int32(at, "weight", 0, i32::MAX);
    let scores = plugin.has(Point::Score) && matches!(point, Point::Score | Point::MultiPoint);
    if let (Some(place), false) = (at.child("weight"), scores) {
        r.warn(&place, format!("a weight has no effect here: at `{}` {name} does not score", point.name()));
    }
    Some(EnabledPlugin { name, weight })
}

fn disabled(r: &mut Reader<'_>, at: &Place<'_>, point: Point) -> Option<Str> {
    if !r.map(at, &["name", "weight"]) {
        return None;
    }
    let name = r.needed_text(at, "name")?;
    let place = at.child("name")?;
    r.int32(at, "weight", i32::MIN, i32::MAX);
    if name == "*" {
        return Some(name);
    }
    if retired(&name).is_some() && !r.registry.iter().any(|p| p.name == name) {
        r.warn(&place, format!("this has no effect: the plugin {name} was removed from Kubernetes"));
    } else if !known_plugin(r, &place, &name)?.has(point) {
        r.warn(&place, format!("this has no effect: {name} does not implement `{}`", point.name()));
    }
    Some(name)
}

/// There is one queue for all profiles (`validateCommonQueueSort`, `profile.cfgValidator`).
fn same_queue_sort(r: &mut Reader<'_>, places: &[Place<'_>], profiles: &[ProfileConfig]) {
    let sorter = |p: &ProfileConfig| {
        let expanded = try_expand(p, r.registry).ok()?;
        expanded.at(Point::QueueSort).first().map(|(name, _)| *name)
    };
    let sorters: Vec<Option<&'static str>> = profiles.iter().map(sorter).collect();
    let Some((first, others)) = profiles.split_first() else { return };
    let args = |p: &ProfileConfig| sorters[0].and_then(|name| p.args.other.get(name)).cloned();
    for (n, other) in others.iter().enumerate() {
        let at = &places[n + 1];
        let plugins = at.child("plugins");
        let within = |p: Point| plugins.as_ref().and_then(|at| at.child(p.name()));
        let place =
            within(Point::QueueSort).or_else(|| within(Point::MultiPoint)).or_else(|| plugins.clone());
        let sets_differ = first.plugins.at(Point::QueueSort) != other.plugins.at(Point::QueueSort);
        if sets_differ || sorters[n + 1] != sorters[0] {
            let message = "`queueSort` must be the same in all profiles: they share one queue";
            let found = r.error(place.as_ref().unwrap_or(at), "config.queueSort", message);
            r.report(found.help("write the same plugins at `queueSort` as in the first profile"));
        } else if args(other).is_some() && args(first) != args(other) {
            let message = "the arguments of the `queueSort` plugin must be the same in all profiles";
            let place = sorters[0].and_then(|name| queue_sort_args(r, at, name));
            let found = r.error(place.as_ref().unwrap_or(at), "config.queueSort", message);
            r.report(found.help("give it the arguments that it has in the first profile"));
        }
    }
}
