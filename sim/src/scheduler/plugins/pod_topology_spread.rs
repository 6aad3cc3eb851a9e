//! PodTopologySpread: keeps the pods that a selector selects evenly over the domains of a label.
//! Sources: `plugins/podtopologyspread/{plugin,common,filtering,scoring}.go`.
//!
//! What a verdict rests on is how many pods match in each domain. These counts are kept from cycle to cycle and told
//! of each pod that comes or goes.

use super::node_affinity;
use super::taint_toleration::untolerated;
use crate::object::{LabelSelector, Labels, Node, Pod, Str, lit};
use crate::scheduler::config::args::{
    InclusionPolicy, PodTopologySpreadArgs, SpreadConstraint, SpreadDefaults, WhenUnsatisfiable,
};
use crate::scheduler::facts::Spread;
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, NODE_ADD, NODE_DELETE, NODE_LABEL, NODE_TAINT, NORMALIZE, POD_ADD,
    POD_DELETE, POD_LABEL, PRE_FILTER, PRE_SCORE, Plugin, PodChange, PodInfo, Points, PreFilter, Rejection,
    SCORE, State, Subject, coded, map_scores, state, state_mut, state_or_default,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use crate::scheduler::topology::{Column, NONE};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The label that each node has for itself.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// See the module.
#[derive(Debug)]
pub struct PodTopologySpread {
    /// The constraints of pods that have none, for pods that a service or an owner stands for.
    pub defaults: Vec<Spread>,
    /// Whether those are upstream's own: then a node without one of the labels is not left out.
    pub system: bool,
}

impl PodTopologySpread {
    /// With the arguments of a profile.
    pub fn new(args: &PodTopologySpreadArgs) -> PodTopologySpread {
        let soft = |key: Str, max_skew| Spread {
            max_skew,
            topology_key: key,
            when_unsatisfiable: lit!("ScheduleAnyway"),
            label_selector: None,
            min_domains: None,
            node_affinity_policy: None,
            node_taints_policy: None,
            match_label_keys: Vec::new(),
        };
        let policy = |p: InclusionPolicy| match p {
            InclusionPolicy::Honor => Some(lit!("Honor")),
            InclusionPolicy::Ignore => Some(lit!("Ignore")),
        };
        match &args.defaults {
            SpreadDefaults::System => PodTopologySpread {
                defaults: vec![
                    soft(lit!("kubernetes.io/hostname"), 3),
                    soft(lit!("topology.kubernetes.io/zone"), 5),
                ],
                system: true,
            },
            SpreadDefaults::List(list) => {
                let constraint = |c: &SpreadConstraint| Spread {
                    when_unsatisfiable: match c.when_unsatisfiable {
                        WhenUnsatisfiable::DoNotSchedule => lit!("DoNotSchedule"),
                        WhenUnsatisfiable::ScheduleAnyway => lit!("ScheduleAnyway"),
                    },
                    min_domains: c.min_domains.map(i64::from),
                    node_affinity_policy: policy(c.node_affinity_policy),
                    node_taints_policy: policy(c.node_taints_policy),
                    match_label_keys: c.match_label_keys.clone(),
                    ..soft(c.topology_key.clone(), i64::from(c.max_skew))
                };
                PodTopologySpread { defaults: list.iter().map(constraint).collect(), system: false }
            }
        }
    }
}

/// Which pods a constraint counts.
struct Counted {
    namespace: Str,
    /// `None` selects nothing.
    selector: Option<LabelSelector>,
}

impl Counted {
    fn selects(&self, labels: &Labels) -> bool {
        self.selector.as_ref().is_some_and(|s| s.matches(labels))
    }
    /// How many of the pods of a node count: not those on their way out, and with an empty selector none
    /// (`countPodsMatchSelector`).
    fn of(&self, node: &NodeInfo) -> i64 {
        if self.selector.as_ref().is_none_or(LabelSelector::is_empty) {
            return 0;
        }
        node.pods.iter().filter(|p| self.counts(&p.pod)).count() as i64
    }
    fn counts(&self, pod: &Pod) -> bool {
        !pod.metadata.deleting()
            && pod.metadata.namespace == self.namespace
            && self.selector.as_ref().is_some_and(|s| !s.is_empty())
            && self.selects(&pod.metadata.labels)
    }
    /// As `counts`, in a trial of preemption: there upstream takes pods on their way out, and an empty selector's, too.
    fn tried(&self, pod: &Pod) -> bool {
        pod.metadata.namespace == self.namespace && self.selects(&pod.metadata.labels)
    }
}

/// A constraint and the numbers of pods in its domains.
struct Constraint {
    max_skew: i64,
    min_domains: i64,
    counted: Counted,
    column: Arc<Column>,
    /// Whether the label is the one that each node has for itself.
    hostname: bool,
    /// Whether the pods of a node count, by the constraint's policies and the labels of the node; `None`: all do.
    included: Option<Vec<bool>>,
    counts: Vec<i64>,
    /// How many domains of included nodes have each count. Kept for hard constraints.
    spread: BTreeMap<i64, u32>,
    /// 1 if the pod itself would be counted.
    itself: i64,
    /// The pods of each node, for the label that each node has for itself. Kept for soft constraints.
    by_row: Vec<u32>,
    weight: f64,
}

impl Constraint {
    fn new(c: &Spread, selector: Option<LabelSelector>, pod: &PodInfo, cluster: &Cache) -> Self {
        let m = &pod.pod.metadata;
        let counted = Counted { namespace: m.namespace.clone(), selector };
        let column = Column::of(cluster, &c.topology_key);
        Constraint {
            max_skew: c.max_skew,
            min_domains: c.min_domains.unwrap_or(1),
            hostname: c.topology_key == HOSTNAME,
            itself: i64::from(counted.selects(&m.labels)),
            counts: vec![0; column.domains()],
            counted,
            column,
            included: None,
            spread: BTreeMap::new(),
            by_row: Vec::new(),
            weight: 0.0,
        }
    }

    /// Calls `f` with each node that may have pods that count, and how many it has.
    fn each(&self, cluster: &Cache, mut f: impl FnMut(u32, i64)) {
        let selector = self.counted.selector.as_ref();
        let few = selector.and_then(|s| cluster.rows_with(&self.counted.namespace, s));
        let mut one = |node: &NodeInfo| {
            let n = self.counted.of(node);
            if n != 0 {
                f(node.row, n);
            }
        };
        match few {
            Some(rows) => {
                rows.iter().map(|r| cluster.row(*r)).filter(|n| n.node.is_some()).for_each(&mut one)
            }
            None => cluster.nodes().filter(|n| !n.pods.is_empty()).for_each(&mut one),
        }
    }

    fn includes(&self, row: u32) -> bool {
        self.included.as_ref().is_none_or(|i| i.get(row as usize).is_some_and(|i| *i))
    }

    fn count(&mut self, cluster: &Cache) {
        let mut counts = std::mem::take(&mut self.counts);
        self.each(cluster, |row, n| {
            let domain = self.column.domain(row);
            if domain != NONE && self.includes(row) {
                counts[domain as usize] += n;
            }
        });
        self.counts = counts;
    }

    /// Sorts the domains of included nodes by their counts.
    fn sort(&mut self, cluster: &Cache) {
        let mut present = vec![false; self.counts.len()];
        let mut spread = BTreeMap::new();
        for row in cluster.order().iter().filter(|r| self.includes(**r)) {
            let domain = self.column.domain(*row);
            if domain != NONE && !std::mem::replace(&mut present[domain as usize], true) {
                *spread.entry(self.counts[domain as usize]).or_default() += 1;
            }
        }
        self.spread = spread;
    }

    fn add(&mut self, row: u32, n: i64) {
        let domain = self.column.domain(row);
        if domain == NONE || !self.includes(row) {
            return;
        }
        let count = &mut self.counts[domain as usize];
        let was = *count;
        *count += n;
        if !self.spread.is_empty() {
            if let Some(k) = self.spread.get_mut(&was) {
                *k -= 1;
                if *k == 0 {
                    self.spread.remove(&was);
                }
            }
            *self.spread.entry(was + n).or_default() += 1;
        }
    }

    /// The pods of the emptiest domain.
    fn least(&self) -> i64 {
        let domains: u32 = if self.min_domains > 1 { self.spread.values().sum() } else { 1 };
        if i64::from(domains) < self.min_domains {
            return 0;
        }
        self.spread.first_key_value().map_or(0, |(n, _)| *n)
    }
}

/// Whether the policies of a constraint may leave a node out.
fn selective(c: &Spread, pod: &Pod) -> bool {
    let spec = &pod.spec;
    let chooses =
        !spec.node_selector.is_empty() || spec.affinity.as_ref().is_some_and(|a| a.node_affinity.is_some());
    chooses || c.node_taints_policy.as_ref().is_some_and(|p| p == "Honor")
}

/// Whether the pods of a node count by the policies of a constraint (`matchNodeInclusionPolicies`).
fn includes(c: &Spread, pod: &Pod, node: &Node) -> bool {
    let honours = |policy: &Option<Str>, default: bool| policy.as_ref().map_or(default, |p| p == "Honor");
    (!honours(&c.node_affinity_policy, true) || node_affinity::matches(&pod.spec, node))
        && (!honours(&c.node_taints_policy, false) || untolerated(node, &pod.spec.tolerations).is_none())
}

/// The constraints of one kind, with numbers.
#[derive(Default)]
struct Counts {
    constraints: Vec<Constraint>,
}

#[derive(Default)]
struct Kept {
    hard: Option<Counts>,
    soft: Option<Counts>,
    /// The emptiest domain of each hard constraint.
    least: Vec<i64>,
    /// Whether the feasible node at that place has no score.
    ignored: Vec<bool>,
    /// For each soft constraint, when a domain was last seen among feasible nodes.
    seen: Vec<Vec<u64>>,
    round: u64,
}

/// Why nodes are refused, and whether for good.
static REASONS: [(Str, bool); 2] = [
    (lit!("node(s) didn't match pod topology spread constraints (missing required label)"), true),
    (lit!("node(s) didn't match pod topology spread constraints"), false),
];

impl Kept {
    /// 0 if the node passes, otherwise 1 + the place of the reason.
    #[inline]
    fn verdict(&self, row: u32) -> u8 {
        let Some(hard) = &self.hard else { return 0 };
        for (c, least) in hard.constraints.iter().zip(&self.least) {
            let domain = c.column.domain(row);
            if domain == NONE {
                return 1;
            }
            if c.counts[domain as usize] + c.itself - least > c.max_skew {
                return 2;
            }
        }
        0
    }
}

impl PodTopologySpread {
    /// The constraints of a pod, hard or soft, with their selectors.
    fn constraints(
        &self,
        pod: &PodInfo,
        cluster: &Cache,
        hard: bool,
    ) -> Vec<(Spread, Option<LabelSelector>)> {
        let of = |list: &[Spread]| list.iter().filter(|c| c.hard() == hard).cloned().collect::<Vec<_>>();
        if !pod.facts.spread.is_empty() {
            let with_keys = |c: Spread| {
                let mut selector = c.label_selector.clone();
                if let Some(s) = &mut selector {
                    for key in &c.match_label_keys {
                        if let Some(value) = pod.pod.metadata.labels.get(key) {
                            s.match_expressions.push(crate::object::SelectorRequirement {
                                key: key.clone(),
                                operator: crate::object::SelectorOperator::In,
                                values: vec![value.clone()],
                            });
                        }
                    }
                }
                (c, selector)
            };
            return of(&pod.facts.spread).into_iter().map(with_keys).collect();
        }
        let defaults = of(&self.defaults);
        if defaults.is_empty() {
            return Vec::new();
        }
        let Some(selector) = cluster.listers.default_selector(&pod.pod) else { return Vec::new() };
        defaults.into_iter().map(|c| (c, Some(selector.clone()))).collect()
    }

    fn requires_all(&self, pod: &PodInfo) -> bool {
        !pod.facts.spread.is_empty() || !self.system
    }

    fn counts(&self, pod: &PodInfo, cluster: &Cache, hard: bool) -> Counts {
        let list = self.constraints(pod, cluster, hard);
        if list.is_empty() {
            return Counts::default();
        }
        let new = |(c, selector): &(Spread, Option<LabelSelector>)| {
            Constraint::new(c, selector.clone(), pod, cluster)
        };
        let mut constraints: Vec<Constraint> = list.iter().map(new).collect();
        // Nodes without one of the labels do not count, nor those that a policy leaves out.
        let labels = hard || self.requires_all(pod);
        let lacks = |row: &u32| constraints.iter().any(|c| c.column.domain(*row) == NONE);
        let lacking: Vec<u32> =
            if labels { cluster.order().iter().copied().filter(lacks).collect() } else { Vec::new() };
        for (c, (spread, _)) in constraints.iter_mut().zip(&list) {
            if !lacking.is_empty() || selective(spread, &pod.pod) {
                let mut included = vec![false; cluster.rows().len()];
                for node in cluster.nodes() {
                    included[node.row as usize] = includes(spread, &pod.pod, node.object());
                }
                lacking.iter().for_each(|row| included[*row as usize] = false);
                c.included = Some(included);
            }
        }
        for c in &mut constraints {
            if !hard && c.hostname {
                let mut by_row = vec![0; cluster.rows().len()];
                c.each(cluster, |row, n| by_row[row as usize] = n as u32);
                c.by_row = by_row;
            } else {
                c.count(cluster);
            }
            if hard {
                c.sort(cluster);
            }
        }
        Counts { constraints }
    }
}

fn score_of(constraints: &[Constraint], row: u32) -> i64 {
    let mut score = 0.0;
    for c in constraints {
        let domain = c.column.domain(row);
        if domain != NONE {
            let count =
                if c.hostname { i64::from(c.by_row[row as usize]) } else { c.counts[domain as usize] };
            score += count as f64 * c.weight + (c.max_skew - 1) as f64;
        }
    }
    // Rounded, halves up: scores are not negative.
    let whole = score as i64;
    whole + i64::from(score - whole as f64 >= 0.5)
}

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER).or(PRE_SCORE).or(SCORE).or(NORMALIZE)
    }
    fn depends_on(&self) -> Depends {
        Depends::Counts
    }
    fn events(&self) -> Events {
        POD_ADD.or(POD_DELETE).or(POD_LABEL).or(NODE_ADD).or(NODE_DELETE).or(NODE_LABEL).or(NODE_TAINT)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, cluster: &Cache) -> bool {
        let list = self.constraints(pod, cluster, true);
        let about = |p: &Pod| {
            let counts = |(_, s): &(Spread, Option<LabelSelector>)| {
                s.as_ref().is_some_and(|s| s.matches(&p.metadata.labels))
            };
            p.metadata.namespace == pod.pod.metadata.namespace && list.iter().any(counts)
        };
        let values = |n: &Node| -> Option<Vec<Str>> {
            list.iter().map(|(c, _)| n.metadata.labels.get(&c.topology_key).cloned()).collect()
        };
        let honoured = list.iter().any(|(c, _)| c.node_taints_policy.as_ref().is_some_and(|p| p == "Honor"));
        match &event.subject {
            Subject::Pod { new: Some(new), .. } if new.metadata.uid == pod.pod.metadata.uid => true,
            Subject::Pod { old: Some(old), new: Some(new) } => about(old) != about(new),
            Subject::Pod { old, new } => old.iter().chain(new).any(|p| about(p)),
            Subject::Node { old: Some(old), new: Some(new) } => {
                values(old) != values(new)
                    || honoured && values(new).is_some() && old.spec.taints != new.spec.taints
            }
            Subject::Node { old, new } => old.iter().chain(new).any(|n| values(n).is_some()),
            Subject::Object { .. } | Subject::None => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, cluster: &Cache, keep: &mut State) -> PreFilter {
        if pod.facts.spread.is_empty() && self.defaults.iter().all(|c| !c.hard()) {
            return PreFilter::Skip;
        }
        let kept = state_or_default::<Kept>(keep);
        let counts = kept.hard.get_or_insert_with(|| self.counts(pod, cluster, true));
        if counts.constraints.is_empty() {
            return PreFilter::Skip;
        }
        kept.least = counts.constraints.iter().map(Constraint::least).collect();
        PreFilter::Continue
    }
    fn update(&self, _: &PodInfo, change: PodChange<'_>, _: &Cache, keep: &mut State) {
        let Some(kept) = state_mut::<Kept>(keep) else { return };
        let PodChange { info, row, sign, trial } = change;
        for c in kept.hard.iter_mut().flat_map(|h| &mut h.constraints) {
            if if trial { c.counted.tried(&info.pod) } else { c.counted.counts(&info.pod) } {
                c.add(row, sign);
            }
        }
        if let Some(hard) = &kept.hard {
            kept.least.clear();
            kept.least.extend(hard.constraints.iter().map(Constraint::least));
        }
        if trial {
            return;
        }
        for c in kept.soft.iter_mut().flat_map(|s| &mut s.constraints) {
            if !c.counted.counts(&info.pod) {
                continue;
            }
            if c.hostname {
                if let Some(n) = c.by_row.get_mut(row as usize) {
                    *n = n.wrapping_add_signed(sign as i32);
                }
            } else {
                c.add(row, sign);
            }
        }
    }
    fn filter(&self, _: &PodInfo, node: &NodeInfo, keep: &State) -> Result<(), Rejection> {
        let Some(kept) = state::<Kept>(keep) else { return Ok(()) };
        match kept.verdict(node.row) {
            0 => Ok(()),
            n => Err(coded(&REASONS, n)),
        }
    }
    fn filter_all(&self, _: &PodInfo, rows: &[u32], keep: &State, out: &mut [u8]) -> bool {
        let Some(kept) = state::<Kept>(keep) else { return false };
        for (verdict, row) in out.iter_mut().zip(rows) {
            *verdict = kept.verdict(*row);
        }
        true
    }
    fn rejections(&self) -> &'static [(Str, bool)] {
        &REASONS
    }
    fn pre_score(&self, pod: &PodInfo, cluster: &Cache, feasible: &[u32], keep: &mut State) -> bool {
        let kept = state_or_default::<Kept>(keep);
        let counts = kept.soft.get_or_insert_with(|| self.counts(pod, cluster, false));
        let constraints = &mut counts.constraints;
        if constraints.is_empty() {
            return false;
        }
        // The more domains the feasible nodes are in, the more a constraint weighs.
        kept.ignored.clear();
        kept.ignored.resize(feasible.len(), false);
        let mut scored = feasible.len();
        if self.requires_all(pod) {
            for (i, row) in feasible.iter().enumerate() {
                if constraints.iter().any(|c| c.column.domain(*row) == NONE) {
                    kept.ignored[i] = true;
                    scored -= 1;
                }
            }
        }
        kept.round += 1;
        kept.seen.resize_with(constraints.len(), Vec::new);
        for (c, seen) in constraints.iter_mut().zip(&mut kept.seen) {
            let mut size = scored;
            if !c.hostname {
                size = 0;
                // One more, for nodes without the label.
                seen.resize(c.counts.len() + 1, 0);
                for (row, ignored) in feasible.iter().zip(&kept.ignored) {
                    let domain = (c.column.domain(*row) as usize).min(c.counts.len());
                    if !ignored && seen[domain] != kept.round {
                        seen[domain] = kept.round;
                        size += 1;
                    }
                }
            }
            c.weight = ((size + 2) as f64).ln();
        }
        true
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, keep: &State) -> i64 {
        let Some(soft) = state::<Kept>(keep).and_then(|k| k.soft.as_ref()) else { return 0 };
        let lacks = |c: &Constraint| c.column.domain(node.row) == NONE;
        if self.requires_all(pod) && soft.constraints.iter().any(lacks) {
            return 0;
        }
        score_of(&soft.constraints, node.row)
    }
    fn score_all(&self, _: &PodInfo, _: &Cache, rows: &[u32], keep: &State, out: &mut Vec<i64>) {
        let Some(kept) = state::<Kept>(keep) else { return out.extend(rows.iter().map(|_| 0)) };
        let constraints = kept.soft.as_ref().map_or(&[][..], |s| &s.constraints);
        let of = |(row, ignored): (&u32, &bool)| if *ignored { 0 } else { score_of(constraints, *row) };
        out.extend(rows.iter().zip(&kept.ignored).map(of));
    }
    fn normalize(&self, scores: &mut [i64], keep: &State) {
        let Some(kept) = state::<Kept>(keep) else { return };
        let with = || scores.iter().zip(&kept.ignored).filter(|(_, i)| !**i).map(|(s, _)| *s);
        let (min, max) = (with().min().unwrap_or(0), with().max().unwrap_or(0));
        map_scores(scores, |s| if max == 0 { 100 } else { 100 * (max + min - s) / max });
        for (s, _) in scores.iter_mut().zip(&kept.ignored).filter(|(_, ignored)| **ignored) {
            *s = 0;
        }
    }
}
