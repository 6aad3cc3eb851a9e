//! What would have to change for a pod to fit: each rejection of each node, turned round.
//!
//! Upstream says how many nodes gave each reason. Here the same rejections are gone through again and told by what
//! would lift them: how much of a resource is missing and where, which taint, which label, whose port. A node on
//! which one change is all that is missing is marked [`Place::alone`].

use super::others::Others;
use crate::api_util::Quantity;
use crate::api_util::quantity::Format;
use crate::object::{NodeSelectorRequirement, NodeSelectorTerm, Str, TaintEffect};
use crate::scheduler::explain::Explanation;
use crate::scheduler::facts::{HostPort, PodInfo};
use crate::scheduler::framework::Rejection;
use crate::scheduler::plugins::node_affinity::selected;
use crate::scheduler::resources::Resource;
use crate::scheduler::snapshot::{Cache, NodeInfo};

/// So many nodes are named in a text.
const NAMED: usize = 3;

/// Something that would have to change.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// The plugin that rejects.
    pub plugin: &'static str,
    /// Its reason, in upstream's words.
    pub reason: Str,
    /// What would have to change.
    pub change: Change,
    /// Where: those nodes first for which least is missing. Empty if it is about the pod, whatever the node.
    pub places: Vec<Place>,
    /// All of it in words, on one line.
    pub text: String,
}

/// A node that a change is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The node.
    pub node: Str,
    /// Whether nothing else keeps the pod off it.
    pub alone: bool,
    /// How much is missing, of what can be counted.
    pub gap: Option<Gap>,
    /// What is there instead: the label's value, the pod that has the port.
    pub found: Option<Str>,
}

/// How much is missing of a resource: thousandths of a core, bytes, or pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// How much more would have to be free.
    pub short: i64,
    /// How much is free.
    pub free: i64,
    /// How much the node has in all.
    pub allocatable: i64,
    /// How much the pod asks for.
    pub asked: i64,
}

/// What would have to change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// More of a resource would have to be free (`pods`: places for pods).
    Free(Str),
    /// A taint would have to go, or be tolerated.
    Taint {
        /// Its key.
        key: Str,
        /// Its value.
        value: Str,
        /// Its effect.
        effect: TaintEffect,
    },
    /// The node would have to be uncordoned.
    Uncordon,
    /// The node would have to have a label, or have another: `disk=ssd`, `zone in (a,b)`, `!gpu`.
    Label(Str),
    /// `spec.nodeName` would have to be another, or empty.
    NodeName(Str),
    /// A port of the node would have to be free: `8080/TCP`.
    Port(Str),
    /// Pods would have to be spread otherwise over the values of a label.
    Spread(Str),
    /// Pods that it wants to be near would have to be there.
    Near(Str),
    /// Pods that it does not want to be near would have to go, or pods that do not want it.
    Apart(Str),
    /// Something else: the reason says what.
    Other,
}

impl Change {
    /// The kind of change, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Change::Free(_) => "free",
            Change::Taint { .. } => "taint",
            Change::Uncordon => "uncordon",
            Change::Label(_) => "label",
            Change::NodeName(_) => "nodeName",
            Change::Port(_) => "port",
            Change::Spread(_) => "spread",
            Change::Near(_) => "near",
            Change::Apart(_) => "apart",
            Change::Other => "other",
        }
    }
    /// What it is about: the resource, the taint, the label.
    pub fn subject(&self) -> String {
        match self {
            Change::Taint { key, value, effect } => taint(key, value, *effect),
            Change::Free(s)
            | Change::Label(s)
            | Change::NodeName(s)
            | Change::Port(s)
            | Change::Spread(s)
            | Change::Near(s)
            | Change::Apart(s) => s.to_string(),
            Change::Uncordon | Change::Other => String::new(),
        }
    }
}

/// `key=value:Effect`, as kubectl writes a taint.
fn taint(key: &str, value: &str, effect: TaintEffect) -> String {
    let equals = if value.is_empty() { "" } else { "=" };
    format!("{key}{equals}{value}:{}", effect.as_str())
}

/// One thing in the way on one node.
struct Hurdle {
    plugin: &'static str,
    reason: Str,
    change: Change,
    gap: Option<Gap>,
    found: Option<Str>,
}

/// What would have to change for a pod to fit, from a decision that found no node for it. What helps by itself comes
/// first. Empty if a node was found.
pub fn advice(cluster: &Cache, pod: &PodInfo, e: &Explanation) -> Vec<Advice> {
    if e.feasible > 0 {
        return Vec::new();
    }
    if let Some((plugin, r)) = &e.rejected {
        let whole = |reason: &Str| Advice {
            plugin,
            reason: reason.clone(),
            change: Change::Other,
            places: Vec::new(),
            text: format!("{reason} ({plugin}): it is about the pod itself, and holds on every node"),
        };
        return r.reasons.iter().map(whole).collect();
    }
    let mut others = Others::new(cluster, pod);
    let mut all: Vec<Advice> = Vec::new();
    let mut left_out = 0;
    for n in &e.nodes {
        let Some(row) = cluster.row_of(&n.node) else { continue };
        if n.left_out {
            left_out += 1;
            continue;
        }
        let mut hurdles = Vec::new();
        for v in &n.verdicts {
            if let Some(r) = &v.rejection {
                look(cluster, pod, cluster.row(row), (v.plugin, r), &mut others, &mut hurdles);
            }
        }
        let alone = hurdles.len() == 1;
        for h in hurdles {
            let place = Place { node: n.node.clone(), alone, gap: h.gap, found: h.found };
            match all
                .iter_mut()
                .find(|a| a.plugin == h.plugin && a.change == h.change && a.reason == h.reason)
            {
                Some(a) => a.places.push(place),
                None => all.push(Advice {
                    plugin: h.plugin,
                    reason: h.reason,
                    change: h.change,
                    places: vec![place],
                    text: String::new(),
                }),
            }
        }
    }
    for a in &mut all {
        // What is short by least is nearest; the order stays otherwise.
        a.places.sort_by_key(|p| (p.gap.map(|g| g.short), !p.alone));
        a.text = text(a);
    }
    all.sort_by_key(|a| !a.places.iter().any(|p| p.alone));
    if left_out > 0 {
        all.push(confined(e, left_out));
    }
    all
}

/// About nodes that a PreFilter left out.
fn confined(e: &Explanation, left_out: usize) -> Advice {
    let reason = e.reasons.keys().find(|r| r.starts_with("node(s) didn't satisfy plugin(s)")).cloned();
    let reason = reason.unwrap_or_default();
    let by = reason.split_once('[').map_or("", |(_, n)| n.trim_end_matches(']')).to_owned();
    let rest = e.nodes.len() - left_out;
    let text = match rest {
        0 => format!("the nodes that the pod is confined to ({by}) do not exist"),
        _ => format!(
            "{left_out} of {} nodes are out of the question: {by} confines the pod to {rest}",
            e.nodes.len()
        ),
    };
    let plugin = e.rejectors.iter().find(|p| by.split(' ').any(|b| b == **p)).copied().unwrap_or("");
    Advice { plugin, reason, change: Change::Other, places: Vec::new(), text }
}

/// What a rejection of a node comes from.
fn look(
    cluster: &Cache,
    pod: &PodInfo,
    node: &NodeInfo,
    (plugin, rejection): (&'static str, &Rejection),
    others: &mut Others<'_>,
    out: &mut Vec<Hurdle>,
) {
    let before = out.len();
    for reason in rejection.reasons.iter() {
        let mut add = |change, gap, found| {
            out.push(Hurdle { plugin, reason: reason.clone(), change, gap, found });
        };
        match plugin {
            "NodeResourcesFit" => {
                let name = match reason.strip_prefix("Insufficient ") {
                    Some(name) => name,
                    None if reason == "Too many pods" => "pods",
                    None => continue,
                };
                add(Change::Free(name.into()), Some(gap(cluster, pod, node, name)), None);
            }
            "TaintToleration" => {
                let hard = |e: TaintEffect| e != TaintEffect::PreferNoSchedule;
                let tolerated =
                    |t: &crate::object::Taint| pod.pod.spec.tolerations.iter().any(|x| x.tolerates(t));
                let taints = node.object().spec.taints.iter().filter(|t| hard(t.effect) && !tolerated(t));
                for t in taints {
                    let (key, value) = (t.key.clone(), t.value.clone());
                    add(Change::Taint { key, value, effect: t.effect }, None, None);
                }
            }
            "NodeUnschedulable" => add(Change::Uncordon, None, None),
            "NodeName" => add(Change::NodeName(pod.pod.node_name.clone()), None, None),
            "NodeAffinity" => {
                for (want, has) in labels(pod, node) {
                    add(Change::Label(want), None, has);
                }
            }
            "NodePorts" => {
                for p in &pod.facts.ports {
                    if let Some(found) = holder(node, p) {
                        add(Change::Port(port(p)), None, found);
                    }
                }
            }
            "PodTopologySpread" | "InterPodAffinity" => {
                for (change, found) in others.hurdles(node, reason) {
                    add(change, None, found);
                }
            }
            _ => {}
        }
    }
    if out.len() == before {
        for reason in rejection.reasons.iter() {
            let reason = reason.clone();
            out.push(Hurdle { plugin, reason, change: Change::Other, gap: None, found: None });
        }
    }
}

/// How much of a resource is missing. Pods that are nominated to the node count as if they were there.
fn gap(cluster: &Cache, pod: &PodInfo, node: &NodeInfo, name: &str) -> Gap {
    let nominated = cluster.nominated_before(node.row, pod);
    let (allocatable, used, asked) = if name == "pods" {
        (node.allocatable.pods, node.pods.len() as i64 + nominated.count() as i64, 1)
    } else {
        let r = Resource::named(name);
        let held: i64 = nominated.map(|p| p.facts.amounts.request.get(&r)).sum();
        let asked = pod.facts.amounts.request.get(&r);
        (node.allocatable.get(&r), node.requested.get(&r).saturating_add(held), asked)
    };
    let free = allocatable.saturating_sub(used);
    Gap { short: asked.saturating_sub(free).max(0), free, allocatable, asked }
}

/// The labels that the pod wants of a node and does not find there, each with what it finds. Of required terms, of
/// which one is enough, the one that lacks least.
fn labels(pod: &PodInfo, node: &NodeInfo) -> Vec<(Str, Option<Str>)> {
    let spec = &pod.pod.spec;
    let mut out: Vec<(Str, Option<Str>)> = Vec::new();
    for (k, v) in spec.node_selector.iter() {
        let has = node.label(k);
        if has != Some(v) {
            out.push((Str::from(format!("{k}={v}")), has.cloned()));
        }
    }
    let required = spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref()?.required.as_ref());
    let Some(terms) = required.map(|r| &r.node_selector_terms) else { return out };
    if selected(terms, node.object()) {
        return out;
    }
    let unmet = |t: &NodeSelectorTerm| -> Vec<(Str, Option<Str>)> {
        let one = |r: &NodeSelectorRequirement, field: bool| {
            let mut t = NodeSelectorTerm::default();
            if field { &mut t.match_fields } else { &mut t.match_expressions }.push(r.clone());
            let has = if field { Some(&node.name) } else { node.label(&r.key) };
            (!selected(&[t], node.object())).then(|| (requirement(r), has.cloned()))
        };
        let labels = t.match_expressions.iter().filter_map(|r| one(r, false));
        labels.chain(t.match_fields.iter().filter_map(|r| one(r, true))).collect()
    };
    let least = terms.iter().map(unmet).filter(|u| !u.is_empty()).min_by_key(Vec::len);
    out.extend(least.unwrap_or_default());
    out
}

/// A requirement as kubectl writes selectors: `zone in (a,b)`.
fn requirement(r: &NodeSelectorRequirement) -> Str {
    let key = &r.key;
    let values = r.values.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(",");
    Str::from(match (r.operator.as_str(), r.values.len()) {
        ("In", 1) => format!("{key}={values}"),
        ("NotIn", 1) => format!("{key}!={values}"),
        ("In", _) => format!("{key} in ({values})"),
        ("NotIn", _) => format!("{key} notin ({values})"),
        ("Exists", _) => key.to_string(),
        ("DoesNotExist", _) => format!("!{key}"),
        ("Gt", _) => format!("{key}>{values}"),
        ("Lt", _) => format!("{key}<{values}"),
        (other, _) => format!("{key} {other} ({values})"),
    })
}

fn port(p: &HostPort) -> Str {
    let ip = if p.ip == "0.0.0.0" { String::new() } else { format!("{}:", p.ip) };
    Str::from(format!("{ip}{}/{}", p.port, p.protocol))
}

/// Whether a port of a node is taken, and by whom if that is known.
fn holder(node: &NodeInfo, p: &HostPort) -> Option<Option<Str>> {
    if !node.ports.iter().any(|taken| taken.conflicts(p)) {
        return None;
    }
    let has = |q: &&PodInfo| q.facts.ports.iter().any(|taken| taken.conflicts(p));
    Some(node.pods.iter().find(has).map(|q| super::name_of(&q.pod)))
}

/// An amount of a resource: `1500m`, `512Mi`. Bytes are rounded up to something that can be read.
pub fn amount(resource: &str, n: i64) -> String {
    match resource {
        "cpu" => Quantity::from_milli(n, Format::DecimalSi).to_string(),
        r if r == "memory" || r == "ephemeral-storage" || r.starts_with("hugepages-") => {
            let units = [1i64 << 30, 1 << 20, 1 << 10];
            let unit = units.into_iter().find(|u| n.unsigned_abs() >= 10 * u.unsigned_abs()).unwrap_or(1);
            let up = (n / unit + i64::from(n % unit > 0)).saturating_mul(unit);
            let exact = units.into_iter().any(|u| n % u == 0);
            Quantity::new(if exact { n } else { up }, Format::BinarySi).to_string()
        }
        _ => n.to_string(),
    }
}

/// Some names, and how many more there are.
fn some<'a>(names: impl ExactSizeIterator<Item = &'a Str>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut out: Vec<String> = names.take(NAMED).map(|n| n.to_string()).collect();
    if more > 0 {
        out.push(format!("{more} more"));
    }
    match out.len() {
        0 | 1 => out.concat(),
        n => format!("{} and {}", out[..n - 1].join(", "), out[n - 1]),
    }
}

fn nodes(a: &Advice) -> String {
    some(a.places.iter().map(|p| &p.node))
}

/// `node-1 (zone=a), node-2 (none)`.
fn found(a: &Advice, none: &str) -> String {
    let one = |p: &Place| match &p.found {
        Some(f) => Str::from(format!("{} ({f})", p.node)),
        None if none.is_empty() => p.node.clone(),
        None => Str::from(format!("{} ({none})", p.node)),
    };
    let all: Vec<Str> = a.places.iter().take(NAMED + 1).map(one).collect();
    if a.places.len() <= NAMED { some(all.iter()) } else { some_of(&all[..NAMED], a.places.len()) }
}

fn some_of(named: &[Str], all: usize) -> String {
    format!("{} and {} more", named.join(", "), all - named.len())
}

/// What would have to change, in words.
fn text(a: &Advice) -> String {
    let mut out = match &a.change {
        Change::Free(r) if r == "pods" => {
            let one = |p: &Place| {
                let most = p.gap.map_or(0, |g| g.allocatable);
                Str::from(format!("{} (it takes {most})", p.node))
            };
            let all: Vec<Str> = a.places.iter().map(one).collect();
            format!("pods: there is no place for one more on {}", some(all.iter()))
        }
        Change::Free(r) => {
            let one = |p: &Place| {
                let g = p.gap.unwrap_or(Gap { short: 0, free: 0, allocatable: 0, asked: 0 });
                let free = format!("{} of {} free", amount(r, g.free), amount(r, g.allocatable));
                match g.short {
                    0 => Str::from(format!("held back for others on {} ({free})", p.node)),
                    short => Str::from(format!("{} short on {} ({free})", amount(r, short), p.node)),
                }
            };
            let all: Vec<Str> = a.places.iter().map(one).collect();
            let asked = a.places.first().and_then(|p| p.gap).map_or(0, |g| g.asked);
            format!("{r}: it asks for {}; {}", amount(r, asked), some(all.iter()))
        }
        Change::Taint { key, value, effect } => {
            format!("taint {} on {}: tolerate it or take it off", taint(key, value, *effect), nodes(a))
        }
        Change::Uncordon => format!("cordoned: kubectl uncordon {}", nodes(a)),
        Change::Label(l) => format!("label {l} is wanted of {}", found(a, "has none")),
        Change::NodeName(n) => format!("spec.nodeName is {n}: not {}", nodes(a)),
        Change::Port(p) => format!("host port {p} is taken on {}", found(a, "")),
        Change::Spread(what) => format!("spread over {what}: {}", found(a, "")),
        Change::Near(what) => format!("near pods with {what}: none by {}", found(a, "")),
        Change::Apart(what) => format!("apart from {what}: {}", found(a, "")),
        Change::Other => format!("{} ({}): {}", a.reason, a.plugin, nodes(a)),
    };
    let alone: Vec<&Str> = a.places.iter().filter(|p| p.alone).map(|p| &p.node).collect();
    if !alone.is_empty() && alone.len() == a.places.len() {
        out.push_str("; nothing else is in the way there");
    } else if !alone.is_empty() {
        out.push_str(&format!("; nothing else is in the way on {}", some(alone.into_iter())));
    }
    out
}
