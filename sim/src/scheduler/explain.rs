//! The reference path of a scheduling decision, over plain objects and written to be read: `podium why` and the
//! view repeat a decision with it and show every verdict and score.
//!
//! Source: `pkg/scheduler/schedule_one.go` (schedulePod, findNodesThatFitPod, prioritizeNodes, selectHost).

use super::fast::absent_reason;
use super::framework::{
    Bits, Entry, FILTER, NORMALIZE, PRE_FILTER, PRE_SCORE, PodInfo, PreFilter, Rejection, SCORE, State,
    feasible_to_find, pick,
};
use super::message::{Reasons, fit_error};
use super::resources::PodAmounts;
use super::snapshot::{NodeInfo, View};
use crate::object::{Node, Pod, Str};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a decision is made, apart from the cluster and the pod.
#[derive(Clone, Copy)]
pub struct Search {
    /// The profile.
    pub plugins: &'static [Entry],
    /// `percentageOfNodesToScore`; 0 for the default.
    pub percent: usize,
    /// Where the search begins, in the scheduler's order of nodes.
    pub start: u32,
}

impl Default for Search {
    fn default() -> Self {
        Search { plugins: super::plugins::ALL, percent: 0, start: 0 }
    }
}

/// A plugin's word on a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The plugin.
    pub plugin: &'static str,
    /// Why it rejects the node; `None` if it does not.
    pub rejection: Option<Rejection>,
}

/// A plugin's score of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The plugin.
    pub plugin: &'static str,
    /// As the plugin counts.
    pub raw: i64,
    /// 0 to 100.
    pub normalised: i64,
    /// Times the plugin's weight.
    pub weighted: i64,
}

/// All that was said about a node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeExplanation {
    /// Its name.
    pub node: Str,
    /// Whether the search came to it. If it did not, the verdicts say what would have been.
    pub looked_at: bool,
    /// Whether a PreFilter left it out.
    pub left_out: bool,
    /// Each filter, in order. Upstream stops at the first rejection.
    pub verdicts: Vec<Verdict>,
    /// Each score, in order; empty unless the node was found feasible and had competition.
    pub scores: Vec<Score>,
    /// The sum of the weighted scores.
    pub total: i64,
}

impl NodeExplanation {
    /// The rejection that counts: the first.
    pub fn rejected(&self) -> Option<(&'static str, &Rejection)> {
        self.verdicts.iter().find_map(|v| Some((v.plugin, v.rejection.as_ref()?)))
    }
    /// Whether the node took part in the scoring.
    pub fn feasible(&self) -> bool {
        self.looked_at && self.rejected().is_none()
    }
}

/// A decision, explained.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// All nodes, in the scheduler's order.
    pub nodes: Vec<NodeExplanation>,
    /// A PreFilter rejected the pod as a whole.
    pub rejected: Option<(&'static str, Rejection)>,
    /// The nodes of the highest total, in the order in which they were found.
    pub best: Vec<Str>,
    /// How many nodes the search came to.
    pub looked_at: u32,
    /// How many of them passed.
    pub feasible: u32,
    /// Where the next search begins.
    pub next_start: u32,
    /// How many nodes gave each reason, if none passed.
    pub reasons: Reasons,
    /// The message of the FailedScheduling event without the part about preemption; empty if a node was found.
    pub message: String,
}

impl Explanation {
    /// The node that a draw chooses among the best.
    pub fn winner(&self, draw: u64) -> Option<&Str> {
        (!self.best.is_empty()).then(|| &self.best[pick(draw, self.best.len())])
    }
    /// The total score of the best nodes.
    pub fn score(&self) -> i64 {
        self.best.first().and_then(|b| self.nodes.iter().find(|n| n.node == *b)).map_or(0, |n| n.total)
    }
}

/// Decides where `pod` goes. `nodes` are in the scheduler's order
/// ([`super::node_tree::in_order`]), `pods` are those that count on a node, with their `nodeName`.
pub fn explain(nodes: &[Arc<Node>], pods: &[Arc<Pod>], pod: &Arc<Pod>, search: Search) -> Explanation {
    let plugins = search.plugins;
    let pod = PodInfo::new(pod.clone());
    let infos = node_infos(nodes, pods);
    let order: Vec<u32> = (0..infos.len() as u32).collect();
    let cluster = View { rows: &infos, order: &order };

    let mut out = Explanation {
        nodes: Vec::new(),
        rejected: None,
        best: Vec::new(),
        looked_at: 0,
        feasible: 0,
        next_start: if nodes.is_empty() { 0 } else { search.start % nodes.len() as u32 },
        reasons: Reasons::new(),
        message: String::new(),
    };
    if nodes.is_empty() {
        out.message = super::message::NO_NODES.into();
        return out;
    }

    // PreFilter: which filters have something to say, and which nodes are in question at all.
    let mut states: Vec<State> = plugins.iter().map(|_| None).collect();
    let mut filters = Vec::new();
    let mut only: Option<Vec<Str>> = None;
    let mut confined_by = Bits::NONE;
    for (i, e) in plugins.iter().enumerate() {
        let answer = match e.at(PRE_FILTER) {
            true => e.plugin.pre_filter(&pod, &cluster, &mut states[i]),
            false => PreFilter::Continue,
        };
        match answer {
            PreFilter::Skip => continue,
            PreFilter::Continue => {}
            PreFilter::Reject(r) => {
                out.message = fit_error(nodes.len(), Some(&r), &Reasons::new(), None);
                out.rejected = Some((e.plugin.name(), r));
                return out;
            }
            PreFilter::Only(names) => {
                confined_by = confined_by.or(Bits::one(i));
                only = Some(match only {
                    None => names,
                    Some(o) => o.into_iter().filter(|n| names.contains(n)).collect(),
                });
            }
        }
        if e.at(FILTER) {
            filters.push(i);
        }
    }

    // Filter: every plugin on every node, so that all can be shown.
    for node in cluster.nodes() {
        let verdict = |i: &usize| Verdict {
            plugin: plugins[*i].plugin.name(),
            rejection: plugins[*i].plugin.filter(&pod, node, &states[*i]).err(),
        };
        out.nodes.push(NodeExplanation {
            node: node.name.clone(),
            looked_at: false,
            left_out: only.as_ref().is_some_and(|o| !o.contains(&node.name)),
            verdicts: filters.iter().map(verdict).collect(),
            scores: Vec::new(),
            total: 0,
        });
    }

    // The search: from the start on, until enough nodes are found.
    let feasible = find(&mut out, &pod, search);
    out.feasible = feasible.len() as u32;
    if feasible.is_empty() {
        for n in &out.nodes {
            match n.rejected() {
                Some((_, r)) if n.looked_at => {
                    for reason in &r.reasons {
                        *out.reasons.entry(reason.clone()).or_default() += 1;
                    }
                }
                _ => *out.reasons.entry(absent_reason(plugins, confined_by)).or_default() += 1,
            }
        }
        out.message = fit_error(nodes.len(), None, &out.reasons, None);
        return out;
    }

    // Score, unless there is no choice.
    if feasible.len() > 1 {
        for e in plugins.iter().filter(|e| e.at(SCORE)) {
            let mut state = None;
            if e.at(PRE_SCORE) && !e.plugin.pre_score(&pod, &cluster, &feasible, &mut state) {
                continue;
            }
            let raw: Vec<i64> =
                feasible.iter().map(|i| e.plugin.score(&pod, &infos[*i as usize], &state)).collect();
            let mut normalised = raw.clone();
            if e.at(NORMALIZE) {
                e.plugin.normalize(&mut normalised, &state);
            }
            for (k, i) in feasible.iter().enumerate() {
                let weighted = normalised[k] * e.weight;
                let n = &mut out.nodes[*i as usize];
                n.total += weighted;
                n.scores.push(Score {
                    plugin: e.plugin.name(),
                    raw: raw[k],
                    normalised: normalised[k],
                    weighted,
                });
            }
        }
    }
    let best = feasible.iter().map(|i| out.nodes[*i as usize].total).max().unwrap_or(0);
    out.best = feasible
        .iter()
        .map(|i| &out.nodes[*i as usize])
        .filter(|n| n.total == best)
        .map(|n| n.node.clone())
        .collect();
    out
}

/// Marks the nodes that the search comes to; returns the feasible ones in the order in which it finds them.
fn find(out: &mut Explanation, pod: &PodInfo, search: Search) -> Vec<u32> {
    let passes = |n: &NodeExplanation| !n.left_out && n.rejected().is_none();
    let nominated = &pod.pod.status.nominated_node_name;
    if let Some(i) = out.nodes.iter().position(|n| n.node == *nominated && passes(n)) {
        out.nodes[i].looked_at = true;
        out.looked_at = 1;
        return vec![i as u32];
    }
    let candidates: Vec<usize> = (0..out.nodes.len()).filter(|i| !out.nodes[*i].left_out).collect();
    let want = feasible_to_find(candidates.len(), search.percent);
    let mut found = Vec::new();
    for k in 0..candidates.len() {
        let i = candidates[(search.start as usize + k) % candidates.len()];
        if passes(&out.nodes[i]) {
            // Upstream notices that it has enough when it meets one more.
            if found.len() == want {
                break;
            }
            found.push(i as u32);
        }
        out.nodes[i].looked_at = true;
        out.looked_at += 1;
    }
    out.next_start = (search.start + out.looked_at) % out.nodes.len() as u32;
    found
}

fn node_infos(nodes: &[Arc<Node>], pods: &[Arc<Pod>]) -> Vec<NodeInfo> {
    let mut infos: Vec<NodeInfo> = nodes.iter().map(|n| NodeInfo::new(n.clone())).collect();
    let by_name: BTreeMap<Str, usize> = infos.iter().enumerate().map(|(i, n)| (n.name.clone(), i)).collect();
    for p in pods {
        if let Some(i) = by_name.get(&p.node_name) {
            infos[*i].add_pod(p.clone(), &PodAmounts::of(&p.spec));
        }
    }
    infos
}
