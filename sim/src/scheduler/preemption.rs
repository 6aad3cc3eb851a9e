//! Preemption: whether a pod that fits nowhere would fit somewhere without pods of lower priority.
//! Source: `pkg/scheduler/framework/preemption/preemption.go`, `plugins/defaultpreemption/default_preemption.go`.

use super::filters::Filters;
use super::framework::{PodInfo, PostFilter, Rejection, Why, pick};
use super::listers::Budget;
use super::message::{Reasons, fit_error};
use super::snapshot::Cache;
use crate::api_util::Time;
use crate::object::{ConditionStatus, Pod, lit};
use std::cmp::{Ordering, Reverse};

/// A node that pods would have to leave.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The node's number.
    pub row: u32,
    /// The pods, the most important first.
    pub victims: Vec<PodInfo>,
    /// How many of them a disruption budget would keep.
    pub violations: i64,
}

/// What preemption came to.
#[derive(Clone, Debug)]
pub struct Preemption {
    /// The node, and who leaves it.
    pub chosen: Candidate,
    /// Pods of lower priority whose nomination to that node is withdrawn.
    pub withdrawn: Vec<PodInfo>,
}

/// How many candidates are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Of the nodes in question, per cent.
    pub percentage: i64,
    /// At least.
    pub absolute: i64,
}

/// A failed attempt to schedule a pod, for PostFilter plugins.
pub struct Attempt<'a, 'f> {
    /// The filters of the attempt.
    pub filters: &'a mut Filters<'f>,
    /// The nodes whose rejection evicting pods could remove, in the scheduler's order.
    pub open: Vec<u32>,
    /// What pods without a start time count as started at.
    pub now: Time,
    /// Draws where to begin, and breaks ties.
    pub draw: &'a mut dyn FnMut() -> u64,
    /// What is known from earlier attempts of like pods.
    pub trials: &'a mut Trials,
}

/// Whether a pod may preempt at all; why not. `nominated_open`: the node that it is nominated to was not refused for
/// good (`PodEligibleToPreemptOthers`).
pub fn eligible(pod: &PodInfo, cluster: &Cache, refused_for_good: bool) -> Result<(), &'static str> {
    if pod.pod.spec.other.get("preemptionPolicy").is_some_and(|p| p == "Never") {
        return Err("not eligible due to preemptionPolicy=Never.");
    }
    let nominated = &pod.pod.status.nominated_node_name;
    if nominated.is_empty() || refused_for_good {
        return Ok(());
    }
    let Some(row) = cluster.row_of(nominated) else { return Ok(()) };
    let leaving = |p: &PodInfo| p.priority() < pod.priority() && leaves_by_preemption(&p.pod);
    if cluster.row(row).pods.iter().any(leaving) {
        return Err("not eligible due to a terminating pod on the nominated node.");
    }
    Ok(())
}

fn leaves_by_preemption(pod: &Pod) -> bool {
    pod.metadata.deleting()
        && pod
            .condition("DisruptionTarget")
            .is_some_and(|c| c.status == ConditionStatus::True && c.reason == "PreemptionByScheduler")
}

/// When a pod started; one that has not, now.
fn started(pod: &Pod, now: Time) -> Time {
    pod.status.start_time.unwrap_or(now)
}

/// The order of importance: by priority, then who started first (`MoreImportantPod`).
fn importance(p: &PodInfo, now: Time) -> (Reverse<i32>, Time) {
    (Reverse(p.priority()), started(&p.pod, now))
}

/// The pods of which eviction would break a budget, and the others, each in the order given
/// (`filterPodsWithPDBViolation`).
fn by_budget(pods: Vec<PodInfo>, budgets: &[&Budget]) -> (Vec<PodInfo>, Vec<PodInfo>) {
    let mut left: Vec<i64> = budgets.iter().map(|b| b.allowed).collect();
    pods.into_iter().partition(|p| {
        let m = &p.pod.metadata;
        let mut breaks = false;
        for (b, left) in budgets.iter().zip(&mut left) {
            let about = !m.labels.is_empty()
                && b.namespace == m.namespace
                && !b.selector.is_empty()
                && b.selector.matches(&m.labels)
                && !b.disrupted.contains(&m.name);
            if about {
                *left -= 1;
                breaks |= *left < 0;
            }
        }
        breaks
    })
}

impl Attempt<'_, '_> {
    /// Who would have to leave a node, or why that would not help (`SelectVictimsOnNode`).
    ///
    /// # Errors
    /// Why the node stays out of reach; the plugin that says so, if it is one.
    pub fn trial(&mut self, row: u32) -> Result<Candidate, (Option<usize>, Rejection)> {
        let (f, now) = (&mut *self.filters, self.now);
        let mut node = f.cluster.row(row).clone();
        let priority = f.pod.priority();
        let mut lower: Vec<PodInfo> = node.pods.iter().filter(|p| p.priority() < priority).cloned().collect();
        if lower.is_empty() {
            let why = lit!("No preemption victims found for incoming pod");
            return Err((None, Rejection::unresolvable(why)));
        }
        for p in &lower {
            node.remove_pod(p.pod.metadata.uid);
            f.change(p, row, -1);
        }
        if let Some((plugin, r)) = f.check(&node) {
            for p in &lower {
                f.change(p, row, 1);
            }
            return Err((Some(plugin), r));
        }
        lower.sort_by_key(|p| importance(p, now));
        let budgets: Vec<&Budget> = f.cluster.listers.budgets().collect();
        let (breaking, others) = by_budget(lower, &budgets);
        let mut victims = Vec::new();
        let mut violations = 0;
        for (p, breaks) in
            breaking.into_iter().map(|p| (p, true)).chain(others.into_iter().map(|p| (p, false)))
        {
            node.add_pod(p.clone());
            f.change(&p, row, 1);
            if f.check(&node).is_some() {
                node.remove_pod(p.pod.metadata.uid);
                f.change(&p, row, -1);
                violations += i64::from(breaks);
                victims.push(p);
            }
        }
        for p in &victims {
            f.change(p, row, 1);
        }
        victims.sort_by_key(|p| importance(p, now));
        Ok(Candidate { row, victims, violations })
    }

    /// The whole of preemption (`Evaluator.Preempt`).
    pub fn preempt(&mut self, wanted: Wanted) -> PostFilter {
        let (pod, cluster) = (self.filters.pod, self.filters.cluster);
        let nominated = cluster.row_of(&pod.pod.status.nominated_node_name);
        let for_good = nominated.is_some_and(|row| !self.open.contains(&row));
        if let Err(why) = eligible(pod, cluster, for_good) {
            return PostFilter::Nothing(format!("preemption: {why}"));
        }
        self.trials.catch_up(cluster, self.filters.by_node());
        // What holds for this pod alone, because it is nominated there itself, is not kept.
        let own = cluster.nomination(pod.pod.metadata.uid).and_then(|n| cluster.row_of(n));
        own.iter().for_each(|row| self.trials.rows[*row as usize] = None);
        let best = self.best(wanted);
        let Some(row) = best else {
            let mut reasons = Reasons::new();
            for row in &self.open {
                if let Some(Trial::InVain(why)) = &self.trials.rows[*row as usize] {
                    for r in why.iter() {
                        *reasons.entry(r.clone()).or_default() += 1;
                    }
                }
            }
            let absent = cluster.order().len() - self.open.len();
            if absent > 0 {
                *reasons.entry(lit!("Preemption is not helpful for scheduling")).or_default() +=
                    absent as u32;
            }
            let message = fit_error(cluster.order().len(), None, &reasons, None);
            return PostFilter::Withdrawn(format!("preemption: {message}"));
        };
        let Some(Trial::Helps(chosen, _)) = self.trials.rows[row as usize].clone() else {
            return PostFilter::Nothing(String::new());
        };
        own.iter().for_each(|row| self.trials.rows[*row as usize] = None);
        let withdrawn = withdrawn(pod, cluster, row);
        PostFilter::Nominated(Box::new(Preemption { chosen, withdrawn }))
    }

    /// Tries nodes, from a drawn one on, until there are enough candidates (`DryRunPreemption`); the node that is as
    /// good as any.
    fn best(&mut self, wanted: Wanted) -> Option<u32> {
        let n = self.open.len();
        if n == 0 {
            return None;
        }
        let enough = wanted.enough(n);
        let offset = pick((self.draw)(), n);
        let (mut found, mut harmless) = (0, false);
        let mut best: Option<Price> = None;
        let mut ties: Vec<u32> = Vec::new();
        for k in 0..n {
            let i = offset + k;
            let row = self.open[if i < n { i } else { i - n }];
            if self.trials.rows[row as usize].is_none() {
                let trial = match self.trial(row) {
                    Ok(c) => Trial::Helps(c.clone(), price(&c)),
                    Err((_, r)) => Trial::InVain(r.reasons),
                };
                self.trials.rows[row as usize] = Some(trial);
            }
            let Some(Trial::Helps(_, price)) = &self.trials.rows[row as usize] else { continue };
            match best.map_or(Ordering::Less, |b| price.compare(&b, self.now)) {
                Ordering::Less => {
                    best = Some(*price);
                    ties.clear();
                    ties.push(row);
                }
                Ordering::Equal => ties.push(row),
                Ordering::Greater => {}
            }
            found += 1;
            harmless |= price.violations == 0;
            if found >= enough && harmless {
                break;
            }
        }
        match ties.len() {
            0 => None,
            1 => Some(ties[0]),
            n => Some(ties[pick((self.draw)(), n)]),
        }
    }
}

impl Wanted {
    /// How many candidates are enough among so many nodes.
    pub fn enough(self, nodes: usize) -> usize {
        let n = nodes as i64;
        (n * self.percentage / 100).max(self.absolute).min(n) as usize
    }
}

/// Pods of lower priority that are nominated to a node.
pub fn withdrawn(pod: &PodInfo, cluster: &Cache, row: u32) -> Vec<PodInfo> {
    cluster.nominated(row).iter().filter(|p| p.priority() < pod.priority()).cloned().collect()
}

/// What a candidate costs, the first difference counting most: budgets broken, the highest priority, the sum of
/// priorities, the number of victims, and how long the most important have run (`pickOneNodeForPreemption`).
#[derive(Clone, Copy, Debug)]
struct Price {
    violations: i64,
    highest: i32,
    sum: i64,
    victims: usize,
    /// When the first of the most important started; `None` if it has not.
    started: Option<Time>,
}

impl Price {
    fn compare(&self, other: &Price, now: Time) -> Ordering {
        let key = |p: &Price| (p.violations, p.highest, p.sum, p.victims, Reverse(p.started.unwrap_or(now)));
        key(self).cmp(&key(other))
    }
}

fn price(c: &Candidate) -> Price {
    let highest = c.victims.first().map_or(i32::MIN, PodInfo::priority);
    let most = c.victims.iter().filter(|v| v.priority() == highest);
    Price {
        violations: c.violations,
        highest,
        sum: c.victims.iter().map(|v| i64::from(v.priority()) + i64::from(i32::MAX) + 1).sum(),
        victims: c.victims.len(),
        // A pod that has not started counts as started now, which is after all others.
        started: most.map(|v| v.pod.status.start_time).min_by_key(|t| (t.is_none(), *t)).flatten(),
    }
}

/// The candidates that are as good as any.
pub fn best_of(candidates: &[Candidate], now: Time) -> Vec<usize> {
    let prices: Vec<Price> = candidates.iter().map(price).collect();
    let Some(least) = prices.iter().min_by(|a, b| a.compare(b, now)) else { return Vec::new() };
    (0..prices.len()).filter(|i| prices[*i].compare(least, now) == Ordering::Equal).collect()
}

/// What came of trying a node.
#[derive(Clone, Debug)]
enum Trial {
    Helps(Candidate, Price),
    InVain(Why),
}

/// What came of trying nodes for pods of one class. It holds until a node changes, if the filters look at nothing
/// beyond the node.
#[derive(Debug, Default)]
pub struct Trials {
    touches: u64,
    budgets: u64,
    /// Whether they hold for the next pod.
    keep: bool,
    rows: Vec<Option<Trial>>,
}

impl Clone for Trials {
    /// Trials are not copied: they are made anew when they are needed.
    fn clone(&self) -> Trials {
        Trials::default()
    }
}

impl Trials {
    fn catch_up(&mut self, cluster: &Cache, keep: bool) {
        let rows = cluster.rows().len();
        let budgets = cluster.listers.budget_epoch();
        let known = keep && self.keep && self.rows.len() == rows && self.budgets == budgets;
        match cluster.touched_since(self.touches).filter(|_| known) {
            Some(touched) => touched.iter().for_each(|r| self.rows[*r as usize] = None),
            None => {
                self.rows.clear();
                self.rows.resize_with(rows, || None);
            }
        }
        self.touches = cluster.touches();
        self.budgets = budgets;
        self.keep = keep;
    }
}
