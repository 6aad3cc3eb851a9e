//! NodeAffinity: `nodeSelector` and required node affinity must match, preferred terms add to the score.
//! Sources: `plugins/nodeaffinity/node_affinity.go`, `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`.

use crate::object::{
    Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, PreferredTerm, Str, lit,
};
use crate::scheduler::config::args::NodeAffinityArgs;
use crate::scheduler::framework::{
    ClusterEvent, Events, FILTER, NODE_ADD, NODE_LABEL, NORMALIZE, PRE_FILTER, PRE_SCORE, Plugin, PodInfo,
    Points, PreFilter, Rejection, SCORE, State, Subject, default_normalize,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use std::collections::BTreeSet;

/// See the module.
#[derive(Debug, Default)]
pub struct NodeAffinity {
    /// What every pod of the profile wants besides (`addedAffinity`).
    pub added: Option<crate::object::NodeAffinity>,
}

impl NodeAffinity {
    /// With the arguments of a profile.
    pub fn new(args: &NodeAffinityArgs) -> NodeAffinity {
        NodeAffinity { added: args.added_affinity.clone() }
    }
    fn added_required(&self) -> Option<&NodeSelector> {
        self.added.as_ref()?.required.as_ref()
    }
    fn added_preferred(&self) -> &[PreferredTerm] {
        self.added.as_ref().map_or(&[], |a| &a.preferred)
    }
}

fn affinity(spec: &PodSpec) -> Option<&crate::object::NodeAffinity> {
    spec.affinity.as_ref()?.node_affinity.as_ref()
}

fn required(spec: &PodSpec) -> Option<&[NodeSelectorTerm]> {
    Some(&affinity(spec)?.required.as_ref()?.node_selector_terms)
}

/// Whether a label value, or its absence, meets a requirement. What does not parse meets nothing.
fn meets(r: &NodeSelectorRequirement, have: Option<&Str>) -> bool {
    let compare = |f: fn(&i64, &i64) -> bool| match (have.map(|v| v.parse::<i64>()), r.values.as_slice()) {
        (Some(Ok(have)), [want]) => want.parse::<i64>().is_ok_and(|want| f(&have, &want)),
        _ => false,
    };
    match r.operator.as_str() {
        "In" => have.is_some_and(|v| r.values.contains(v)),
        "NotIn" => have.is_none_or(|v| !r.values.contains(v)),
        "Exists" => have.is_some(),
        "DoesNotExist" => have.is_none(),
        "Gt" => compare(i64::gt),
        "Lt" => compare(i64::lt),
        _ => false,
    }
}

/// Whether a term matches; an empty one matches nothing.
fn term_matches(term: &NodeSelectorTerm, node: &Node) -> bool {
    if term.match_expressions.is_empty() && term.match_fields.is_empty() {
        return false;
    }
    term.match_expressions.iter().all(|r| meets(r, node.metadata.labels.get(&r.key)))
        && term.match_fields.iter().all(|r| {
            let field = (r.key == "metadata.name").then_some(&node.metadata.name);
            matches!(r.operator.as_str(), "In" | "NotIn") && meets(r, field)
        })
}

/// Whether one of the terms matches.
pub fn selected(terms: &[NodeSelectorTerm], node: &Node) -> bool {
    terms.iter().any(|t| term_matches(t, node))
}

/// Whether a node may take the pod (`GetRequiredNodeAffinity(pod).Match(node)`).
pub fn matches(spec: &PodSpec, node: &Node) -> bool {
    spec.node_selector.iter().all(|(k, v)| node.metadata.labels.get(k) == Some(v))
        && required(spec).is_none_or(|terms| selected(terms, node))
}

/// The node names to which each term confines the pod; `None` if some term leaves them open.
fn confined(terms: &[NodeSelectorTerm]) -> Option<BTreeSet<Str>> {
    let mut all = BTreeSet::new();
    for t in terms {
        let mut names: Option<BTreeSet<Str>> = None;
        for r in t.match_fields.iter().filter(|r| r.key == "metadata.name" && r.operator == "In") {
            names = Some(match names {
                None => r.values.iter().cloned().collect(),
                Some(n) => n.into_iter().filter(|x| r.values.contains(x)).collect(),
            });
        }
        all.extend(names?);
    }
    (!terms.is_empty()).then_some(all)
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER).or(PRE_SCORE).or(SCORE).or(NORMALIZE)
    }
    fn events(&self) -> Events {
        NODE_ADD.or(NODE_LABEL)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, _: &Cache) -> bool {
        match &event.subject {
            Subject::Node { old, new: Some(new) } => {
                matches(&pod.pod.spec, new) && old.as_ref().is_none_or(|o| !matches(&pod.pod.spec, o))
            }
            Subject::Node { new: None, .. }
            | Subject::Pod { .. }
            | Subject::Object { .. }
            | Subject::None => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, _: &Cache, _: &mut State) -> PreFilter {
        let spec = &pod.pod.spec;
        let Some(terms) = required(spec) else {
            let nothing = spec.node_selector.is_empty() && self.added_required().is_none();
            return if nothing { PreFilter::Skip } else { PreFilter::Continue };
        };
        match confined(terms) {
            None => PreFilter::Continue,
            Some(n) if n.is_empty() => {
                PreFilter::Reject(Rejection::unresolvable(lit!("pod affinity terms conflict")))
            }
            Some(n) => PreFilter::Only(n.into_iter().collect()),
        }
    }
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> Result<(), Rejection> {
        if self.added_required().is_some_and(|r| !selected(&r.node_selector_terms, node.object())) {
            let why = lit!("node(s) didn't match scheduler-enforced node affinity");
            return Err(Rejection::unresolvable(why));
        }
        if matches(&pod.pod.spec, node.object()) {
            return Ok(());
        }
        Err(Rejection::unresolvable(lit!("node(s) didn't match Pod's node affinity/selector")))
    }
    fn pre_score(&self, pod: &PodInfo, _: &Cache, _: &[u32], _: &mut State) -> bool {
        !self.added_preferred().is_empty() || affinity(&pod.pod.spec).is_some_and(|a| !a.preferred.is_empty())
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        let preferred = affinity(&pod.pod.spec).map_or(&[][..], |a| &a.preferred);
        let all = preferred.iter().chain(self.added_preferred());
        all.filter(|t| term_matches(&t.preference, node.object())).map(|t| t.weight).sum()
    }
    fn normalize(&self, scores: &mut [i64], _: &State) {
        default_normalize(scores, false);
    }
}
