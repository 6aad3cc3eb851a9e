//! The reference path of a scheduling decision, over plain objects and written to be read: `podium why` and the
//! view repeat a decision with it and show every verdict and score.
//!
//! Source: `pkg/scheduler/schedule_one.go` (schedulePod, findNodesThatFitPod, prioritizeNodes, selectHost).

use super::fast::absent_reason;
use super::filters::Filters;
use super::framework::{NORMALIZE, PRE_SCORE, PodInfo, Rejection, SCORE, feasible_to_find, pick};
use super::message::{Reasons, fit_error};
use super::profile::Profile;
use super::snapshot::Cache;
use crate::object::Str;
use std::sync::Arc;

/// How a decision is made, apart from the cluster and the pod.
#[derive(Clone, Debug)]
pub struct Search {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Where the search begins, in the scheduler's order of nodes.
    pub start: u32,
}

impl Default for Search {
    fn default() -> Self {
        Search { profile: Profile::standard(), start: 0 }
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
    /// The plugin whose rejection counts: the first to reject.
    pub counts: Option<&'static str>,
    /// Each score, in order; empty unless the node was found feasible and had competition.
    pub scores: Vec<Score>,
    /// The sum of the weighted scores.
    pub total: i64,
}

impl NodeExplanation {
    /// The rejection that counts: the first.
    pub fn rejected(&self) -> Option<(&'static str, &Rejection)> {
        let plugin = self.counts?;
        let verdict = self.verdicts.iter().find(|v| v.plugin == plugin)?;
        Some((plugin, verdict.rejection.as_ref()?))
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
    /// The plugins that rejected, sorted, if none passed.
    pub rejectors: Vec<&'static str>,
    /// The nodes, by number, whose rejection evicting pods could remove.
    pub open: Vec<u32>,
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

/// Decides where a pod goes.
pub fn explain(cluster: &Cache, pod: &PodInfo, search: &Search) -> Explanation {
    let profile = &*search.profile;
    let all = cluster.order().len();
    let mut out = Explanation {
        nodes: Vec::new(),
        rejected: None,
        best: Vec::new(),
        looked_at: 0,
        feasible: 0,
        next_start: if all == 0 { 0 } else { search.start % all as u32 },
        reasons: Reasons::new(),
        rejectors: Vec::new(),
        open: Vec::new(),
        message: String::new(),
    };
    if all == 0 {
        out.message = super::message::NO_NODES.into();
        return out;
    }

    // PreFilter: which filters have something to say, and which nodes are in question at all.
    let mut filters = match Filters::begin(profile, pod, cluster) {
        Ok(f) => f,
        Err((plugin, r)) => {
            out.message = fit_error(all, Some(&r), &Reasons::new(), None);
            out.rejectors.push(profile.plugin(plugin).name());
            out.rejected = Some((profile.plugin(plugin).name(), r));
            return out;
        }
    };

    // Filter: every plugin on every node, so that all can be shown. The first rejection counts; where pods are
    // nominated to the node, it may be one that the node alone does not give.
    for node in cluster.nodes() {
        let name = |i: usize| profile.plugin(i).name();
        let mut verdicts: Vec<Verdict> = Vec::new();
        for i in filters.plugins() {
            verdicts.push(Verdict { plugin: name(i), rejection: filters.ask(i, node) });
        }
        let counted = filters.check(node);
        if let Some((i, r)) = &counted
            && let Some(v) = verdicts.iter_mut().find(|v| v.plugin == name(*i))
        {
            v.rejection = Some(r.clone());
        }
        out.nodes.push(NodeExplanation {
            node: node.name.clone(),
            looked_at: false,
            left_out: filters.confined.only.as_ref().is_some_and(|o| !o.contains(&node.name)),
            verdicts,
            counts: counted.map(|(i, _)| name(i)),
            scores: Vec::new(),
            total: 0,
        });
    }

    // The search: from the start on, until enough nodes are found.
    let feasible = find(&mut out, pod, search);
    out.feasible = feasible.len() as u32;
    if feasible.is_empty() {
        let absent = absent_reason(profile, filters.confined.by);
        out.rejectors.extend(profile.names(filters.confined.by));
        for (i, n) in out.nodes.iter().enumerate() {
            match n.rejected() {
                Some((plugin, r)) if n.looked_at => {
                    for reason in r.reasons.iter() {
                        *out.reasons.entry(reason.clone()).or_default() += 1;
                    }
                    if !r.unresolvable {
                        out.open.push(cluster.order()[i]);
                    }
                    out.rejectors.push(plugin);
                }
                _ => *out.reasons.entry(absent.clone()).or_default() += 1,
            }
        }
        out.rejectors.sort_unstable();
        out.rejectors.dedup();
        out.message = fit_error(all, None, &out.reasons, None);
        return out;
    }

    // Score, unless there is no choice.
    let rows: Vec<u32> = feasible.iter().map(|i| cluster.order()[*i]).collect();
    if feasible.len() > 1 {
        for p in profile.at(SCORE) {
            let (plugin, weight) = (profile.plugin(*p), profile.weight(*p));
            let state = &mut filters.states[*p];
            if profile.asks(*p, PRE_SCORE) && !plugin.pre_score(pod, cluster, &rows, state) {
                continue;
            }
            let raw: Vec<i64> = rows.iter().map(|r| plugin.score(pod, cluster.row(*r), state)).collect();
            let mut normalised = raw.clone();
            if plugin.points().meets(NORMALIZE) {
                plugin.normalize(&mut normalised, state);
            }
            for (k, i) in feasible.iter().enumerate() {
                let weighted = normalised[k] * weight;
                let n = &mut out.nodes[*i];
                n.total += weighted;
                n.scores.push(Score {
                    plugin: plugin.name(),
                    raw: raw[k],
                    normalised: normalised[k],
                    weighted,
                });
            }
        }
    }
    let best = feasible.iter().map(|i| out.nodes[*i].total).max().unwrap_or(0);
    let tied = feasible.iter().map(|i| &out.nodes[*i]).filter(|n| n.total == best);
    out.best = tied.map(|n| n.node.clone()).collect();
    out
}

/// Marks the nodes that the search comes to; returns the places of the feasible ones in the order in which it finds
/// them.
fn find(out: &mut Explanation, pod: &PodInfo, search: &Search) -> Vec<usize> {
    let nominated = &pod.pod.status.nominated_node_name;
    let nominated = out.nodes.iter().position(|n| !nominated.is_empty() && n.node == *nominated);
    if let Some(i) = nominated {
        out.nodes[i].looked_at = true;
        if out.nodes[i].rejected().is_none() {
            out.looked_at = 1;
            return vec![i];
        }
    }
    let candidates: Vec<usize> = (0..out.nodes.len()).filter(|i| !out.nodes[*i].left_out).collect();
    let scored = !search.profile.at(SCORE).is_empty();
    let want = if scored { feasible_to_find(candidates.len(), search.profile.percent) } else { 1 };
    let mut found = Vec::new();
    for k in 0..candidates.len() {
        let i = candidates[(search.start as usize + k) % candidates.len()];
        if out.nodes[i].rejected().is_none() {
            // Upstream notices that it has enough when it meets one more.
            if found.len() == want {
                break;
            }
            found.push(i);
        }
        out.nodes[i].looked_at = true;
    }
    out.looked_at = out.nodes.iter().filter(|n| n.looked_at).count() as u32;
    out.next_start = (search.start + out.looked_at) % out.nodes.len() as u32;
    found
}
