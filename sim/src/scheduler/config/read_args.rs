//! `pluginConfig`: the arguments of plugins.
//!
//! Sources: `config/v1/types_pluginargs.go`, `apis/config/v1/defaults.go`,
//! `apis/config/validation/validation_pluginargs.go`.

use super::args::*;
use super::fields::{MAX_I32, Place, Reader, shorten};
use super::read::known_plugin;
use super::read_affinity::{added_affinity, constraint_type};
use super::{API_VERSION, IN_TREE, PluginArgs};
use crate::api_util::hash::label_key;
use crate::object::Str;
use std::collections::BTreeSet;

/// The arguments of a profile's plugins.
pub(super) fn plugin_config(r: &mut Reader<'_>, profile: &Place<'_>) -> PluginArgs {
    let mut out = PluginArgs::default();
    let mut seen = BTreeSet::new();
    for item in r.items(profile, "pluginConfig") {
        if !r.map(&item, &["name", "args"]) {
            continue;
        }
        let Some(name) = r.needed_text(&item, "name") else { continue };
        let Some(place) = item.child("name") else { continue };
        if !seen.insert(name.clone()) {
            let message = format!("{} has arguments twice", shorten(&name));
            let found = r.error(&place, "config.duplicate", message);
            r.report(found.help("put all of them into one item"));
        } else if known_plugin(r, &place, &name).is_some()
            && let Some(args) = item.child("args")
        {
            read(r, &args, name, &mut out);
        }
    }
    out
}

/// Where a profile has the arguments of a plugin.
pub(super) fn queue_sort_args<'n>(r: &mut Reader<'_>, profile: &Place<'n>, name: &str) -> Option<Place<'n>> {
    let named = |item: &Place<'n>| item.child("name").is_some_and(|n| n.node.as_str() == Some(name));
    r.items(profile, "pluginConfig").into_iter().find(named).and_then(|item| item.child("args"))
}

fn read(r: &mut Reader<'_>, at: &Place<'_>, name: Str, out: &mut PluginArgs) {
    match name.as_str() {
        "DefaultPreemption" => out.default_preemption = default_preemption(r, at),
        "DynamicResources" => out.dynamic_resources = dynamic_resources(r, at),
        "InterPodAffinity" => out.inter_pod_affinity = inter_pod_affinity(r, at),
        "NodeAffinity" => {
            if typed(r, at, "NodeAffinity", &["addedAffinity"])
                && let Some(affinity) = at.child("addedAffinity")
            {
                out.node_affinity.added_affinity = added_affinity(r, &affinity);
            }
        }
        "NodeResourcesBalancedAllocation" => {
            out.node_resources_balanced_allocation = balanced_allocation(r, at)
        }
        "NodeResourcesFit" => out.node_resources_fit = node_resources_fit(r, at),
        "PodTopologySpread" => out.pod_topology_spread = pod_topology_spread(r, at),
        "VolumeBinding" => out.volume_binding = volume_binding(r, at),
        _ if IN_TREE.iter().any(|p| name == p.name) => {
            if at.node.as_map().is_some_and(|m| !m.is_empty()) {
                let found = r.error(at, "plugin.args", format!("{name} takes no arguments"));
                r.report(found.help("delete this item of `pluginConfig`"));
            } else {
                r.map(at, &[]);
            }
        }
        _ => {
            out.other.insert(name, at.node.to_json());
        }
    }
}

/// Whether these are a mapping with the arguments of that plugin. They may say what they are (`decodeNestedObjects`).
fn typed(r: &mut Reader<'_>, at: &Place<'_>, plugin: &str, fields: &[&str]) -> bool {
    if !r.map(at, &[&["apiVersion", "kind"], fields].concat()) {
        return false;
    }
    for (key, right) in [("apiVersion", API_VERSION.to_owned()), ("kind", format!("{plugin}Args"))] {
        if let Some(place) = at.child(key)
            && let Some(text) = r.text(&place)
            && text != right
        {
            let message = format!("the `{key}` of {plugin}'s arguments is not `{}`", shorten(&text));
            let found = r.error(&place, "plugin.args", message);
            r.report(found.help(format!("write `{key}: {right}`, or leave it out")));
        }
    }
    true
}

fn default_preemption(r: &mut Reader<'_>, at: &Place<'_>) -> DefaultPreemptionArgs {
    let (percentage, absolute) = ("minCandidateNodesPercentage", "minCandidateNodesAbsolute");
    let mut out = DefaultPreemptionArgs::default();
    if typed(r, at, "DefaultPreemption", &[percentage, absolute]) {
        let (p, a) = (&mut out.min_candidate_nodes_percentage, &mut out.min_candidate_nodes_absolute);
        *p = r.int32(at, percentage, 0, 100).unwrap_or(*p);
        *a = r.int32(at, absolute, 0, i32::MAX).unwrap_or(*a);
        if let (0, 0, Some(place)) = (*p, *a, at.child(percentage)) {
            let message = format!("`{percentage}` and `{absolute}` are both 0: no node would be tried");
            r.invalid(&place, message, "one of the two above 0");
        }
    }
    out
}

fn dynamic_resources(r: &mut Reader<'_>, at: &Place<'_>) -> DynamicResourcesArgs {
    let mut out = DynamicResourcesArgs::default();
    if typed(r, at, "DynamicResources", &["filterTimeout"]) {
        out.filter_timeout = r.duration(at, "filterTimeout").unwrap_or(out.filter_timeout);
    }
    out
}

fn inter_pod_affinity(r: &mut Reader<'_>, at: &Place<'_>) -> InterPodAffinityArgs {
    let (hard, ignore) = ("hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods");
    let mut out = InterPodAffinityArgs::default();
    if typed(r, at, "InterPodAffinity", &[hard, ignore]) {
        out.hard_pod_affinity_weight = r.int32(at, hard, 0, 100).unwrap_or(out.hard_pod_affinity_weight);
        out.ignore_preferred_terms_of_existing_pods = r.boolean(at, ignore).unwrap_or(false);
    }
    out
}

/// The resources of a list, weights of 0 or none being 1. An empty list stands for cpu and memory. Those that are to
/// be in balance have no weights but 1, and each comes once.
fn resources(r: &mut Reader<'_>, at: &Place<'_>, balance: bool) -> Vec<ResourceSpec> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    let max = if balance { 1 } else { 100 };
    for item in r.items(at, "resources") {
        if r.map(&item, &["name", "weight"])
            && let Some(name) = r.needed_text(&item, "name")
        {
            if balance && !seen.insert(name.clone()) {
                let message = format!("`{}` is listed twice", shorten(&name));
                let found = r.error(&item, "config.duplicate", message);
                r.report(found.help("delete one of the two"));
            }
            let weight = r.int(&item, "weight", 0, max).filter(|w| *w != 0).unwrap_or(1);
            out.push(ResourceSpec { name, weight });
        }
    }
    if out.is_empty() { default_resources() } else { out }
}

fn balanced_allocation(r: &mut Reader<'_>, at: &Place<'_>) -> NodeResourcesBalancedAllocationArgs {
    let mut out = NodeResourcesBalancedAllocationArgs::default();
    if typed(r, at, "NodeResourcesBalancedAllocation", &["resources"]) {
        out.resources = resources(r, at, true);
    }
    out
}

fn node_resources_fit(r: &mut Reader<'_>, at: &Place<'_>) -> NodeResourcesFitArgs {
    let mut out = NodeResourcesFitArgs::default();
    if !typed(r, at, "NodeResourcesFit", &["ignoredResources", "ignoredResourceGroups", "scoringStrategy"]) {
        return out;
    }
    out.ignored_resources = names(r, at, "ignoredResources", true);
    out.ignored_resource_groups = names(r, at, "ignoredResourceGroups", false);
    if let Some(strategy) = at.child("scoringStrategy") {
        out.scoring_strategy = scoring_strategy(r, &strategy);
    }
    out
}

/// A list of names of resources, or of what stands before their slash.
fn names(r: &mut Reader<'_>, at: &Place<'_>, key: &str, whole: bool) -> Vec<Str> {
    let mut out = Vec::new();
    for item in r.items(at, key) {
        let Some(name) = r.text(&item) else { continue };
        if !whole && name.contains('/') {
            let message = format!("\"{}\" has a slash, but a group is what stands before it", shorten(&name));
            r.invalid(&item, message, "a group of resources, such as `example.com`");
        } else if let Some(why) = label_key(&name).first() {
            let message = format!("\"{}\" is not a resource's name: {why}", shorten(&name));
            r.invalid(
                &item,
                message,
                if whole { "a name such as `example.com/gpu`" } else { "`example.com`" },
            );
        }
        out.push(name);
    }
    out
}

fn scoring_strategy(r: &mut Reader<'_>, at: &Place<'_>) -> ScoringStrategy {
    const TYPES: [&str; 3] = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];
    let mut out = ScoringStrategy::default();
    if !r.map(at, &["type", "resources", "requestedToCapacityRatio"]) {
        return out;
    }
    out.resources = resources(r, at, false);
    let Some(kind) = r.needed(at, "type").and_then(|place| r.word(&place, &TYPES)) else { return out };
    let ratio = at.child("requestedToCapacityRatio");
    match (kind, ratio) {
        (2, Some(ratio)) => out.kind = ScoringType::RequestedToCapacityRatio(shape(r, &ratio)),
        (2, None) => {
            let message = "the type RequestedToCapacityRatio needs a `requestedToCapacityRatio`";
            let found = r.error(at, "field.missing", message);
            r.report(found.help("add `requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, …]}`"));
        }
        (n, Some(ratio)) => {
            let message = format!("`requestedToCapacityRatio` does not go with the type {}", TYPES[n]);
            let found = r.error(&ratio, "value.invalid", message);
            r.report(found.help("delete it, or write `type: RequestedToCapacityRatio`"));
        }
        (1, None) => out.kind = ScoringType::MostAllocated,
        _ => {}
    }
    out
}

/// The points of a `requestedToCapacityRatio` (`validateFunctionShape`).
fn shape(r: &mut Reader<'_>, at: &Place<'_>) -> Vec<ShapePoint> {
    let mut out: Vec<ShapePoint> = Vec::new();
    if !r.map(at, &["shape"]) {
        return out;
    }
    let items = r.items(at, "shape");
    let before = r.errors();
    for item in &items {
        if !r.map(item, &["utilization", "score"]) {
            continue;
        }
        // What is not written is 0.
        let utilization = r.int32(item, "utilization", 0, 100).unwrap_or(0);
        let score = r.int32(item, "score", 0, 10).unwrap_or(0);
        if out.last().is_some_and(|last| last.utilization >= utilization) && r.errors() == before {
            let place = item.child("utilization");
            r.invalid(
                place.as_ref().unwrap_or(item),
                "`utilization` must rise from point to point",
                "each above the one before",
            );
        }
        out.push(ShapePoint { utilization, score });
    }
    if items.is_empty() && r.errors() == before {
        let found = r.error(at, "field.missing", "`shape` needs at least one point");
        r.report(found.help("add `shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]`"));
    }
    out
}

fn pod_topology_spread(r: &mut Reader<'_>, at: &Place<'_>) -> PodTopologySpreadArgs {
    let mut out = PodTopologySpreadArgs::default();
    if !typed(r, at, "PodTopologySpread", &["defaultConstraints", "defaultingType"]) {
        return out;
    }
    let items = r.items(at, "defaultConstraints");
    let mut constraints = Vec::new();
    let mut seen = BTreeSet::new();
    for item in &items {
        let Some(c) = constraint(r, item) else { continue };
        if !seen.insert((c.topology_key.clone(), c.when_unsatisfiable)) {
            let message = format!(
                "there is a constraint for {} and {:?} already",
                c.topology_key, c.when_unsatisfiable
            );
            let found = r.error(item, "config.duplicate", message);
            r.report(found.help("delete one of the two"));
        }
        constraints.push(c);
    }
    let kind = at.child("defaultingType").filter(|p| p.node.as_str() != Some(""));
    let list = match &kind {
        Some(place) => r.word(place, &["System", "List"]) == Some(1),
        None => false,
    };
    if list {
        out.defaults = SpreadDefaults::List(constraints);
    } else if let (Some(first), None | Some("System")) =
        (items.first(), kind.as_ref().map(|k| k.node.as_str().unwrap_or_default()))
    {
        let message = "`defaultConstraints` count only with `defaultingType: List`, and here it is System";
        let found = r.error(kind.as_ref().unwrap_or(first), "value.invalid", message);
        r.report(found.help("write `defaultingType: List`, or delete the constraints"));
    }
    out
}

fn constraint(r: &mut Reader<'_>, at: &Place<'_>) -> Option<SpreadConstraint> {
    if let Some(ty) = constraint_type()
        && !r.schema(at, &ty)
    {
        return None;
    }
    let before = r.errors();
    let max_skew = r.int(at, "maxSkew", 1, MAX_I32);
    let key = r.needed_text(at, "topologyKey")?;
    if let (Some(why), Some(place)) = (label_key(&key).first(), at.child("topologyKey")) {
        r.invalid(&place, format!("\"{}\" is not a label's key: {why}", shorten(&key)), "");
    }
    let when = r.needed(at, "whenUnsatisfiable")?;
    let when = r.word(&when, &["DoNotSchedule", "ScheduleAnyway"]);
    if let Some(selector) = at.child("labelSelector") {
        let message = "a default constraint has no selector: it is taken from what owns each pod";
        let found = r.error(&selector, "value.invalid", message);
        r.report(found.help("delete `labelSelector`"));
    }
    let mut policy = |key: &str, default| match at.child(key) {
        Some(place) => match r.word(&place, &["Honor", "Ignore"]) {
            Some(0) => InclusionPolicy::Honor,
            _ => InclusionPolicy::Ignore,
        },
        None => default,
    };
    let node_affinity_policy = policy("nodeAffinityPolicy", InclusionPolicy::Honor);
    let node_taints_policy = policy("nodeTaintsPolicy", InclusionPolicy::Ignore);
    let min_domains = r.int32(at, "minDomains", 1, i32::MAX);
    let match_label_keys = names(r, at, "matchLabelKeys", true);
    (r.errors() == before).then_some(SpreadConstraint {
        max_skew: max_skew.and_then(|n| i32::try_from(n).ok()).unwrap_or(1),
        topology_key: key,
        when_unsatisfiable: match when {
            Some(0) => WhenUnsatisfiable::DoNotSchedule,
            _ => WhenUnsatisfiable::ScheduleAnyway,
        },
        min_domains,
        node_affinity_policy,
        node_taints_policy,
        match_label_keys,
    })
}

fn volume_binding(r: &mut Reader<'_>, at: &Place<'_>) -> VolumeBindingArgs {
    let mut out = VolumeBindingArgs::default();
    if typed(r, at, "VolumeBinding", &["bindTimeoutSeconds", "shape"]) {
        out.bind_timeout_seconds =
            r.int(at, "bindTimeoutSeconds", 0, i64::MAX).unwrap_or(out.bind_timeout_seconds);
        if let Some(shape) = at.child("shape") {
            let message = "`shape` needs the feature gate StorageCapacityScoring, which is closed in v1.34";
            let found = r.error(&shape, "value.invalid", message);
            r.report(found.help("delete `shape`"));
        }
    }
    out
}
