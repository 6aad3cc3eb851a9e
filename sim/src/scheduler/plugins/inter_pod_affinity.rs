//! InterPodAffinity: pods that want to be near certain others, or away from them.
//! Sources: `plugins/interpodaffinity/{plugin,filtering,scoring}.go`.
//!
//! What a verdict rests on is how many pods match in each domain of a label. These counts are kept from cycle to
//! cycle and told of each pod that comes or goes.

use crate::object::{Labels, Node, Pod, Str, lit};
use crate::scheduler::config::args::InterPodAffinityArgs;
use crate::scheduler::facts::{Facts, Term};
use crate::scheduler::framework::{
    ClusterEvent, Depends, Events, FILTER, NODE_ADD, NODE_LABEL, NORMALIZE, POD_ADD, POD_DELETE, POD_LABEL,
    PRE_FILTER, PRE_SCORE, Plugin, PodChange, PodInfo, Points, PreFilter, Rejection, SCORE, State, Subject,
    coded, map_scores, state, state_mut, state_or_default,
};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use crate::scheduler::topology::{Column, NONE};
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct InterPodAffinity {
    /// What a required affinity of a pod on a node counts in scores (`hardPodAffinityWeight`).
    pub hard_weight: i64,
    /// Whether preferences of pods on nodes count only for pods with preferences of their own.
    pub ignore_preferred_of_existing: bool,
}

impl InterPodAffinity {
    /// With the arguments of a profile.
    pub fn new(args: &InterPodAffinityArgs) -> InterPodAffinity {
        InterPodAffinity {
            hard_weight: i64::from(args.hard_pod_affinity_weight),
            ignore_preferred_of_existing: args.ignore_preferred_terms_of_existing_pods,
        }
    }
}

/// A number for each domain of a label.
struct Table {
    key: Str,
    column: Arc<Column>,
    sums: Vec<i64>,
}

/// Numbers by label and domain (`topologyToMatchedTermCount`, `scoreMap`).
#[derive(Default)]
struct Sums {
    tables: Vec<Table>,
    /// How many of the numbers are not 0.
    nonzero: usize,
}

impl Sums {
    fn table(&mut self, key: &Str, cluster: &Cache) -> &mut Table {
        let i = self.tables.iter().position(|t| t.key == *key).unwrap_or_else(|| {
            let column = Column::of(cluster, key);
            self.tables.push(Table { key: key.clone(), sums: vec![0; column.domains()], column });
            self.tables.len() - 1
        });
        &mut self.tables[i]
    }
    fn add(&mut self, key: &Str, row: u32, n: i64, cluster: &Cache) {
        let table = self.table(key, cluster);
        let domain = table.column.domain(row);
        if domain == NONE || n == 0 {
            return;
        }
        let sum = &mut table.sums[domain as usize];
        let was = *sum;
        *sum += n;
        let is = *sum;
        if was == 0 {
            self.nonzero += 1;
        } else if is == 0 {
            self.nonzero -= 1;
        }
    }
}

/// What the filter rests on (`preFilterState`).
#[derive(Default)]
struct Counts {
    /// Pods on nodes that want to be away from such a pod.
    avoided_by: Sums,
    /// Pods that match all required terms of affinity.
    near: Sums,
    /// Pods that match required terms of anti-affinity.
    away: Sums,
    /// Whether the pod matches all its own terms of affinity.
    itself: bool,
}

#[derive(Default)]
struct Kept {
    filter: Option<Counts>,
    score: Option<Sums>,
}

/// Whether a term of the incoming pod is about another pod. Upstream looks up the namespaces that a selector selects,
/// and then holds the selector against no labels as well: one that asks only for what is absent selects all.
fn mine(term: &Term, pod: &Pod, other: &Pod, cluster: &Cache) -> bool {
    let own = &pod.metadata.namespace;
    let labels = cluster.listers.namespace(&other.metadata.namespace);
    term.matches(own, other, labels) || term.namespace_selector.is_some() && term.matches(own, other, None)
}

/// Whether a pod matches all of the terms, of which there is one.
fn all_mine(terms: &[Term], pod: &Pod, other: &Pod, cluster: &Cache) -> bool {
    !terms.is_empty() && terms.iter().all(|t| mine(t, pod, other, cluster))
}

impl Counts {
    fn count(pod: &PodInfo, cluster: &Cache) -> Counts {
        let facts = &pod.facts;
        let itself = all_mine(&facts.affinity, &pod.pod, &pod.pod, cluster);
        let mut counts = Counts { itself, ..Counts::default() };
        // A table for each label of the pod's own terms, so that they can be looked up in order.
        for t in &facts.affinity {
            counts.near.table(&t.topology_key, cluster);
        }
        for t in &facts.anti_affinity {
            counts.away.table(&t.topology_key, cluster);
        }
        let own = !facts.affinity.is_empty() || !facts.anti_affinity.is_empty();
        let namespace = cluster.listers.namespace(&pod.pod.metadata.namespace);
        for node in cluster.nodes().filter(|n| own || n.with_anti_affinity > 0) {
            for other in node.pods.iter().filter(|o| own || !o.facts.anti_affinity.is_empty()) {
                counts.change(
                    pod,
                    namespace,
                    PodChange { info: other, row: node.row, sign: 1, trial: false },
                    cluster,
                );
            }
        }
        counts
    }

    fn change(&mut self, pod: &PodInfo, namespace: Option<&Labels>, change: PodChange<'_>, cluster: &Cache) {
        let PodChange { info: other, row, sign, .. } = change;
        for t in &other.facts.anti_affinity {
            if t.matches(&other.pod.metadata.namespace, &pod.pod, namespace) {
                self.avoided_by.add(&t.topology_key, row, sign, cluster);
            }
        }
        let facts = &pod.facts;
        if all_mine(&facts.affinity, &pod.pod, &other.pod, cluster) {
            for t in &facts.affinity {
                self.near.add(&t.topology_key, row, sign, cluster);
            }
        }
        for t in &facts.anti_affinity {
            if mine(t, &pod.pod, &other.pod, cluster) {
                self.away.add(&t.topology_key, row, sign, cluster);
            }
        }
    }

    /// 0 if the node passes, otherwise 1 + the place of the reason.
    #[inline]
    fn verdict(&self, row: u32) -> u8 {
        if !self.near.tables.is_empty() && !self.near(row) {
            return 1;
        }
        if any(&self.away, row) {
            return 2;
        }
        if any(&self.avoided_by, row) { 3 } else { 0 }
    }

    fn near(&self, row: u32) -> bool {
        let mut all = true;
        for t in &self.near.tables {
            match t.column.domain(row) {
                NONE => return false,
                domain => all &= t.sums[domain as usize] > 0,
            }
        }
        // The first of pods that want to be near each other may go anywhere.
        all || self.near.nonzero == 0 && self.itself
    }
}

/// Why nodes are refused, and whether for good.
static REASONS: [(Str, bool); 3] = [
    (lit!("node(s) didn't match pod affinity rules"), true),
    (lit!("node(s) didn't match pod anti-affinity rules"), false),
    (lit!("node(s) didn't satisfy existing pods anti-affinity rules"), false),
];

#[inline]
fn any(sums: &Sums, row: u32) -> bool {
    sums.nonzero > 0
        && sums.tables.iter().any(|t| {
            let domain = t.column.domain(row);
            domain != NONE && t.sums[domain as usize] > 0
        })
}

impl InterPodAffinity {
    /// Adds what a pod on a node is worth to the domains of that node (`processExistingPod`).
    fn value(&self, sums: &mut Sums, pod: &PodInfo, change: PodChange<'_>, cluster: &Cache) {
        let PodChange { info: other, row, sign, .. } = change;
        for (weight, t) in &pod.facts.preferred {
            if mine(t, &pod.pod, &other.pod, cluster) {
                sums.add(&t.topology_key, row, sign * weight, cluster);
            }
        }
        if !other.facts.has_affinity() {
            return;
        }
        let own = &other.pod.metadata.namespace;
        let namespace = cluster.listers.namespace(&pod.pod.metadata.namespace);
        let hard = other.facts.affinity.iter().map(|t| (self.hard_weight, t)).filter(|(w, _)| *w > 0);
        for (weight, t) in hard.chain(other.facts.preferred.iter().map(|(w, t)| (*w, t))) {
            if t.matches(own, &pod.pod, namespace) {
                sums.add(&t.topology_key, row, sign * weight, cluster);
            }
        }
    }

    fn values(&self, pod: &PodInfo, cluster: &Cache) -> Sums {
        let mut sums = Sums::default();
        let own = !pod.facts.preferred.is_empty();
        for node in cluster.nodes().filter(|n| own || n.with_affinity > 0) {
            for other in node.pods.iter().filter(|o| own || o.facts.has_affinity()) {
                let change = PodChange { info: other, row: node.row, sign: 1, trial: false };
                self.value(&mut sums, pod, change, cluster);
            }
        }
        sums
    }
}

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER).or(PRE_SCORE).or(SCORE).or(NORMALIZE)
    }
    fn depends_on(&self) -> Depends {
        Depends::Counts
    }
    fn events(&self) -> Events {
        POD_ADD.or(POD_DELETE).or(POD_LABEL).or(NODE_ADD).or(NODE_LABEL)
    }
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, cluster: &Cache) -> bool {
        let (near, away) = (&pod.facts.affinity, &pod.facts.anti_affinity);
        let wanted = |p: &Pod| all_mine(near, &pod.pod, p, cluster);
        let unwanted = |p: &Pod| all_mine(away, &pod.pod, p, cluster);
        let moved = |t: &Term, old: &Node, new: &Node| {
            old.metadata.labels.get(&t.topology_key) != new.metadata.labels.get(&t.topology_key)
        };
        match &event.subject {
            Subject::Pod { new: Some(new), .. } if new.metadata.uid == pod.pod.metadata.uid => true,
            Subject::Pod { old: Some(old), new: Some(new) } => {
                !wanted(old) && wanted(new) || unwanted(old) && !unwanted(new)
            }
            Subject::Pod { old: None, new: Some(new) } => wanted(new),
            Subject::Pod { old: Some(gone), new: None } => {
                let namespace = cluster.listers.namespace(&pod.pod.metadata.namespace);
                let theirs = Facts::of(gone).anti_affinity;
                unwanted(gone)
                    || theirs.iter().any(|t| t.matches(&gone.metadata.namespace, &pod.pod, namespace))
            }
            Subject::Node { old: None, new: Some(new) } => {
                near.iter().any(|t| new.metadata.labels.get(&t.topology_key).is_some())
                    || !away.is_empty()
                    || near.is_empty()
            }
            Subject::Node { old: Some(old), new: Some(new) } => {
                near.iter().chain(away).any(|t| moved(t, old, new)) || near.is_empty() && away.is_empty()
            }
            Subject::Node { new: None, .. }
            | Subject::Pod { .. }
            | Subject::Object { .. }
            | Subject::None => false,
        }
    }
    fn pre_filter(&self, pod: &PodInfo, cluster: &Cache, keep: &mut State) -> PreFilter {
        let own = !pod.facts.affinity.is_empty() || !pod.facts.anti_affinity.is_empty();
        if !own && cluster.with_anti_affinity() == 0 {
            if let Some(k) = state_mut::<Kept>(keep) {
                k.filter = None;
            }
            return PreFilter::Skip;
        }
        let counts = state_or_default::<Kept>(keep).filter.get_or_insert_with(|| Counts::count(pod, cluster));
        if !own && counts.avoided_by.nonzero == 0 { PreFilter::Skip } else { PreFilter::Continue }
    }
    fn update(&self, pod: &PodInfo, change: PodChange<'_>, cluster: &Cache, keep: &mut State) {
        let Some(kept) = state_mut::<Kept>(keep) else { return };
        if let Some(counts) = &mut kept.filter {
            let namespace = cluster.listers.namespace(&pod.pod.metadata.namespace);
            counts.change(pod, namespace, change, cluster);
        }
        if let Some(sums) = kept.score.as_mut().filter(|_| !change.trial) {
            self.value(sums, pod, change, cluster);
        }
    }
    fn filter(&self, _: &PodInfo, node: &NodeInfo, keep: &State) -> Result<(), Rejection> {
        let Some(counts) = state::<Kept>(keep).and_then(|k| k.filter.as_ref()) else { return Ok(()) };
        match counts.verdict(node.row) {
            0 => Ok(()),
            n => Err(coded(&REASONS, n)),
        }
    }
    fn filter_all(&self, _: &PodInfo, rows: &[u32], keep: &State, out: &mut [u8]) -> bool {
        let Some(counts) = state::<Kept>(keep).and_then(|k| k.filter.as_ref()) else { return false };
        for (verdict, row) in out.iter_mut().zip(rows) {
            *verdict = counts.verdict(*row);
        }
        true
    }
    fn rejections(&self) -> &'static [(Str, bool)] {
        &REASONS
    }
    fn pre_score(&self, pod: &PodInfo, cluster: &Cache, _: &[u32], keep: &mut State) -> bool {
        let own = !pod.facts.preferred.is_empty();
        if !own && (self.ignore_preferred_of_existing || cluster.with_affinity() == 0) {
            if let Some(k) = state_mut::<Kept>(keep) {
                k.score = None;
            }
            return false;
        }
        let sums = state_or_default::<Kept>(keep).score.get_or_insert_with(|| self.values(pod, cluster));
        sums.nonzero > 0
    }
    fn score(&self, _: &PodInfo, node: &NodeInfo, keep: &State) -> i64 {
        let Some(sums) = state::<Kept>(keep).and_then(|k| k.score.as_ref()) else { return 0 };
        let of = |t: &Table| match t.column.domain(node.row) {
            NONE => 0,
            domain => t.sums[domain as usize],
        };
        sums.tables.iter().map(of).sum()
    }
    fn score_all(&self, _: &PodInfo, _: &Cache, rows: &[u32], keep: &State, out: &mut Vec<i64>) {
        let start = out.len();
        out.resize(start + rows.len(), 0);
        let Some(sums) = state::<Kept>(keep).and_then(|k| k.score.as_ref()) else { return };
        for t in &sums.tables {
            for (score, row) in out[start..].iter_mut().zip(rows) {
                let domain = t.column.domain(*row);
                if domain != NONE {
                    *score += t.sums[domain as usize];
                }
            }
        }
    }
    fn normalize(&self, scores: &mut [i64], _: &State) {
        let (Some(min), Some(max)) = (scores.iter().copied().min(), scores.iter().copied().max()) else {
            return;
        };
        let range = (max - min) as f64;
        map_scores(scores, |s| if max > min { (100.0 * ((s - min) as f64 / range)) as i64 } else { 0 });
    }
}
