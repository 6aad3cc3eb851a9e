//! The fast path of a scheduling decision: the same answer as [`super::explain`], found without asking every
//! plugin about every node.
//!
//! Pods of one spec are a class. A class keeps for each node the verdict of the filters and the raw scores. Plugins are
//! asked again only for nodes that changed since, which after a decision is one. Plugins that look beyond the node are
//! left out of these. Those that keep counts find them as the last like pod left them, brought up to date by the pods
//! that came and left since; the others are asked each time. A property test holds the two paths together.

use super::filters::{Confined, Filters, malformed};
use super::framework::{
    Bits, Depends, FILTER, NORMALIZE, POST_FILTER, PRE_FILTER, PRE_SCORE, PodChange, PodInfo, PostFilter,
    PreFilter, Rejection, SCORE, State, coded, feasible_to_find, pick,
};
use super::message::Reasons;
use super::preemption::{Attempt, Preemption, Trials};
use super::profile::Profile;
use super::snapshot::{Cache, NodeInfo};
use crate::api_util::Time;
use crate::object::{Labels, Pod, PodSpec, Str};
use std::collections::HashMap;
use std::sync::Arc;

/// How many classes are remembered; the one that was not used for longest goes.
const CLASSES_MAX: usize = 256;
/// How many sets of counts are remembered in a class.
const KIN_MAX: usize = 16;

/// A verdict that has to be found anew.
const STALE: u32 = u32::MAX;

/// What a class knows about the nodes, in columns by row.
#[derive(Clone, Debug, Default)]
struct Cells {
    /// How many changes of rows these have heard of.
    touches: u64,
    /// 0 if all cached filters pass, [`STALE`], or 1 + the number of the refusal.
    verdict: Vec<u32>,
    /// Whether pods are nominated to the node that count for this class.
    nominated: Vec<bool>,
    /// Weighted sum of the scores that are not normalised.
    flat: Vec<i64>,
    /// Raw scores of the plugins that normalise, a column each.
    raw: Vec<Vec<i32>>,
    /// How many of a column are not 0.
    nonzero: Vec<u32>,
}

impl Cells {
    /// Forgets what has changed since the last time.
    fn catch_up(&mut self, cache: &Cache, columns: usize) {
        let rows = cache.rows().len();
        match cache.touched_since(self.touches).filter(|_| self.verdict.len() == rows) {
            Some(touched) => touched.iter().for_each(|r| self.verdict[*r as usize] = STALE),
            None => {
                self.verdict.clear();
                self.verdict.resize(rows, STALE);
                self.nominated.resize(rows, false);
                self.flat.resize(rows, 0);
                self.raw.resize_with(columns, Vec::new);
                self.raw.iter_mut().for_each(|c| c.resize(rows, 0));
                self.nonzero.resize(columns, 0);
            }
        }
        self.touches = cache.touches();
    }

    fn set_raw(&mut self, column: usize, row: usize, value: i32) {
        let old = std::mem::replace(&mut self.raw[column][row], value);
        self.nonzero[column] += u32::from(value != 0);
        self.nonzero[column] -= u32::from(old != 0);
    }
}

/// A plugin's refusal, kept once a class.
#[derive(Clone, Debug, PartialEq)]
struct Refusal {
    plugin: usize,
    rejection: Rejection,
}

/// The refusals that a class has met, numbered from 1.
#[derive(Clone, Debug, Default)]
struct Refusals {
    all: Vec<Refusal>,
    /// By plugin and first reason, once there are many.
    by_reason: HashMap<(usize, Str), Vec<u32>>,
}

impl Refusals {
    /// So few are gone through one by one.
    const FEW: usize = 16;

    fn number(&mut self, plugin: usize, rejection: Rejection) -> u32 {
        let same = |r: &Refusal| r.plugin == plugin && r.rejection == rejection;
        if self.all.len() <= Self::FEW {
            if let Some(i) = self.all.iter().position(same) {
                return i as u32 + 1;
            }
        } else {
            if self.by_reason.is_empty() {
                for (i, r) in self.all.iter().enumerate() {
                    self.by_reason.entry(Self::key(r.plugin, &r.rejection)).or_default().push(i as u32);
                }
            }
            let known = self.by_reason.get(&Self::key(plugin, &rejection));
            if let Some(i) = known.into_iter().flatten().find(|i| same(&self.all[**i as usize])) {
                return i + 1;
            }
            let key = Self::key(plugin, &rejection);
            self.by_reason.entry(key).or_default().push(self.all.len() as u32);
        }
        self.all.push(Refusal { plugin, rejection });
        self.all.len() as u32
    }

    fn key(plugin: usize, rejection: &Rejection) -> (usize, Str) {
        (plugin, rejection.reasons.first().cloned().unwrap_or_default())
    }
}

struct Class {
    /// Whether it is that of one pod alone.
    alone: bool,
    spec: Arc<PodSpec>,
    node_name: Str,
    used: u64,
    /// Plugins whose filter has nothing to say.
    skip_filter: Bits,
    /// Plugins that do not score this class.
    skip_score: Bits,
    /// What cached PreFilters answered besides Continue and Skip.
    answers: Vec<(usize, PreFilter)>,
    refusals: Refusals,
    cells: Arc<Cells>,
    kin: Vec<Kin>,
    trials: Trials,
}

/// Pods of one class that plugins cannot tell apart by labels, namespace and owner either, and the counts for them.
struct Kin {
    namespace: Str,
    labels: Labels,
    owner: Option<(Str, Str)>,
    used: u64,
    epoch: u64,
    place: u64,
    states: Vec<State>,
}

impl Clone for Class {
    /// Counts are not copied: they are made anew when they are needed.
    fn clone(&self) -> Class {
        Class {
            spec: self.spec.clone(),
            node_name: self.node_name.clone(),
            answers: self.answers.clone(),
            refusals: self.refusals.clone(),
            cells: self.cells.clone(),
            kin: Vec::new(),
            trials: Trials::default(),
            ..*self
        }
    }
}

/// Why no node was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnosis {
    /// A PreFilter refused the pod as a whole.
    pub all: Option<Rejection>,
    /// How many nodes gave each reason.
    pub reasons: Reasons,
    /// The plugins that refused, by their place in the list.
    pub rejectors: Bits,
    /// Nodes whose refusal is not final: evicting pods could help. Row numbers.
    pub candidates: Vec<u32>,
}

impl Diagnosis {
    /// Each reason with how many of the nodes gave it; what refuses the pod as a whole counts for all of them.
    pub fn counted(&self, nodes: usize) -> Vec<(Str, u32)> {
        match &self.all {
            Some(r) => r.reasons.iter().map(|r| (r.clone(), nodes as u32)).collect(),
            None => self.reasons.iter().map(|(r, n)| (r.clone(), *n)).collect(),
        }
    }
}

/// The result of a decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// The node's row; `None` if none fitted.
    pub winner: Option<u32>,
    /// Its total score; 0 if it was the only feasible one, since then nothing is scored.
    pub score: i64,
    /// The draw that broke a tie; 0 if there was none.
    pub draw: u64,
    /// Nodes that passed the filters.
    pub feasible: u32,
    /// Nodes on which the filters ran to an end.
    pub looked_at: u32,
    /// Where the next search begins.
    pub next_start: u32,
    /// Why there is no winner.
    pub diagnosis: Option<Diagnosis>,
}

/// Makes decisions.
#[derive(Clone)]
pub struct Decider {
    profile: Arc<Profile>,
    /// Cached plugins that normalise: each has a place in [`Cells::raw`].
    columns: Vec<usize>,
    /// Each plugin's place among the filters.
    rank: Vec<usize>,
    classes: Vec<Class>,
    clock: u64,
    /// The class, the kin and the skipped filters of the last decision, if it came to asking plugins.
    last: Option<(usize, usize, Bits)>,
    feasible: Vec<u32>,
    totals: Vec<i64>,
    column: Vec<i64>,
    counts: Vec<u32>,
    candidates: Vec<u32>,
}

/// What came of asking the PostFilter plugins.
#[derive(Clone, Debug, Default)]
pub struct PostFiltered {
    /// Who has to leave which node, if that helps.
    pub preemption: Option<Box<Preemption>>,
    /// Whether a nomination that the pod has is withdrawn.
    pub withdrawn: bool,
    /// What the plugins say, if nothing helps.
    pub message: String,
}

fn owner(pod: &Pod) -> Option<(&Str, &Str)> {
    pod.metadata.controller().map(|o| (&o.kind, &o.name))
}

impl Decider {
    /// A decider with that profile.
    pub fn new(profile: Arc<Profile>) -> Decider {
        let normalises = |i: &usize| profile.plugin(*i).points().meets(NORMALIZE) && profile.by_node(*i);
        let columns: Vec<usize> = profile.at(SCORE).iter().copied().filter(normalises).collect();
        let place = |i| profile.at(FILTER).iter().position(|f| *f == i).unwrap_or(usize::MAX);
        Decider {
            rank: (0..profile.plugins.len()).map(place).collect(),
            profile,
            columns,
            classes: Vec::new(),
            clock: 0,
            last: None,
            feasible: Vec::new(),
            totals: Vec::new(),
            column: Vec::new(),
            counts: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// The profile.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    fn class_of(&mut self, pod: &PodInfo, cache: &Cache) -> usize {
        self.clock += 1;
        let (spec, node_name) = (&pod.pod.spec, &pod.pod.node_name);
        let same = |c: &Class| !c.alone && Arc::ptr_eq(&c.spec, spec) && c.node_name == *node_name;
        let equal = |c: &Class| !c.alone && c.spec == *spec && c.node_name == *node_name;
        let found = self.classes.iter().rposition(same).or_else(|| self.classes.iter().rposition(equal));
        let i = found.filter(|_| !pod.facts.resizing).unwrap_or_else(|| {
            let class = Class::new(&self.profile, pod, cache);
            if self.classes.len() < CLASSES_MAX {
                self.classes.push(class);
                return self.classes.len() - 1;
            }
            let oldest = (0..self.classes.len()).min_by_key(|i| self.classes[*i].used).unwrap_or(0);
            self.classes[oldest] = class;
            oldest
        });
        self.classes[i].used = self.clock;
        i
    }

    /// The kin of a pod in its class, with counts that are up to date.
    fn kin_of(&mut self, class: usize, pod: &PodInfo, cache: &Cache) -> usize {
        let m = &pod.pod.metadata;
        let kin = &mut self.classes[class].kin;
        let like = |k: &Kin| {
            k.namespace == m.namespace
                && (k.labels.same(&m.labels) || k.labels == m.labels)
                && k.owner.as_ref().map(|(a, b)| (a, b)) == owner(&pod.pod)
        };
        let i = kin.iter().position(like).unwrap_or_else(|| {
            let new = Kin {
                namespace: m.namespace.clone(),
                labels: m.labels.clone(),
                owner: owner(&pod.pod).map(|(a, b)| (a.clone(), b.clone())),
                used: 0,
                epoch: cache.epoch(),
                place: cache.journal().end(),
                states: self.profile.plugins.iter().map(|_| None).collect(),
            };
            if kin.len() < KIN_MAX {
                kin.push(new);
                return kin.len() - 1;
            }
            let oldest = (0..kin.len()).min_by_key(|i| kin[*i].used).unwrap_or(0);
            kin[oldest] = new;
            oldest
        });
        let k = &mut kin[i];
        k.used = self.clock;
        k.catch_up(&self.profile, pod, cache);
        i
    }

    /// Decides where a pod goes. `start` is where the search begins; `draw` breaks ties.
    pub fn decide(
        &mut self,
        pod: &PodInfo,
        cache: &Cache,
        start: u32,
        draw: &mut dyn FnMut() -> u64,
    ) -> Decided {
        let all = cache.order().len();
        self.last = None;
        if all == 0 {
            return Decided { diagnosis: Some(Diagnosis::default()), ..Decided::default() };
        }
        let nobody = |rejection, plugin| {
            let diagnosis =
                Diagnosis { all: Some(rejection), rejectors: Bits::one(plugin), ..Diagnosis::default() };
            Decided { diagnosis: Some(diagnosis), next_start: start % all as u32, ..Decided::default() }
        };
        if let Some(r) = malformed(pod) {
            return nobody(r, 0);
        }
        let c = self.class_of(pod, cache);
        let k = self.kin_of(c, pod, cache);
        let mut states = std::mem::take(&mut self.classes[c].kin[k].states);
        let decided = match self.pre_filters(c, pod, cache, &mut states) {
            Ok(pre) => {
                self.last = Some((c, k, self.classes[c].skip_filter.or(pre.skip)));
                self.search(c, &pre, pod, cache, start, &mut states, draw)
            }
            Err((plugin, rejection)) => {
                self.last = Some((c, k, Bits::NONE));
                nobody(rejection, plugin)
            }
        };
        self.classes[c].kin[k].states = states;
        decided
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one decision")]
    fn search(
        &mut self,
        c: usize,
        pre: &Pre,
        pod: &PodInfo,
        cache: &Cache,
        start: u32,
        states: &mut [State],
        draw: &mut dyn FnMut() -> u64,
    ) -> Decided {
        let all = cache.order().len();
        let class = &mut self.classes[c];
        self.feasible.clear();
        self.candidates.clear();
        self.counts.clear();
        let cells = Arc::make_mut(&mut class.cells);
        if class.refusals.all.len() > 4 * cache.rows().len() + 1000 {
            // Nodes keep changing their reasons: the old ones are let go.
            class.refusals = Refusals::default();
            cells.verdict.clear();
        }
        cells.catch_up(cache, self.columns.len());
        let mut look = Look {
            known: [[0; 4]; BEYOND],
            profile: &self.profile,
            columns: &self.columns,
            rank: &self.rank,
            refusals: &mut class.refusals,
            skip_filter: class.skip_filter.or(pre.skip),
            skip_score: class.skip_score,
            uncached: &pre.uncached,
            states,
            cells,
            pod,
            cache,
            own_nomination: cache.nomination(pod.pod.metadata.uid).and_then(|n| cache.row_of(n)),
        };

        let mut explicit = 0u32;
        let wished = cache.row_of(&pod.pod.status.nominated_node_name);
        let granted = wished.filter(|row| look.refusal(*row) == 0);
        if let Some(row) = granted {
            self.feasible.push(row);
        } else {
            let rows = pre.rows.as_deref().unwrap_or(cache.order());
            let want = match self.profile.at(SCORE).is_empty() {
                true => 1,
                false => feasible_to_find(rows.len(), self.profile.percent),
            };
            let first = if rows.is_empty() { 0 } else { start as usize % rows.len() };
            let mut refuse = |look: &Look<'_>, row: u32, refusal: usize| {
                explicit += 1;
                if self.counts.len() < refusal {
                    self.counts.resize(refusal, 0);
                }
                self.counts[refusal - 1] += 1;
                if !look.refusals.all[refusal - 1].rejection.unresolvable {
                    self.candidates.push(row);
                }
            };
            let mut met = wished.is_none();
            // Like upstream, the search ends when one more feasible node is met than wanted.
            'search: for part in [&rows[first..], &rows[..first]] {
                for chunk in part.chunks(CHUNK) {
                    let codes = look.ask_beyond(chunk);
                    for (i, row) in chunk.iter().enumerate() {
                        let refusal = look.combined(*row, &codes, i) as usize;
                        if refusal == 0 {
                            if self.feasible.len() == want {
                                break 'search;
                            }
                            self.feasible.push(*row);
                            continue;
                        }
                        met |= wished == Some(*row);
                        refuse(&look, *row, refusal);
                    }
                }
            }
            // The node to which the pod is nominated was asked before the others.
            if let Some(row) = wished.filter(|_| !met) {
                let refusal = look.refusal(row) as usize;
                refuse(&look, row, refusal);
            }
        }
        let feasible = self.feasible.len() as u32;
        let looked_at = feasible + explicit;
        let next_start =
            if granted.is_some() { start % all as u32 } else { (start + looked_at) % all as u32 };
        let mut out = Decided { feasible, looked_at, next_start, ..Decided::default() };
        match feasible {
            0 => {
                let mut d = Diagnosis { rejectors: pre.confined_by, ..Diagnosis::default() };
                for (i, n) in self.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                    let r = &look.refusals.all[i];
                    d.rejectors = d.rejectors.or(Bits::one(r.plugin));
                    for reason in r.rejection.reasons.iter() {
                        *d.reasons.entry(reason.clone()).or_default() += n;
                    }
                }
                let absent = all as u32 - explicit;
                if absent > 0 && !pre.confined_by.is_empty() {
                    *d.reasons.entry(absent_reason(&self.profile, pre.confined_by)).or_default() += absent;
                }
                d.candidates.clone_from(&self.candidates);
                out.diagnosis = Some(d);
            }
            1 => out.winner = Some(self.feasible[0]),
            _ => {
                score(&mut look, &self.feasible, &mut self.totals, &mut self.column);
                let best = self.totals.iter().copied().max().unwrap_or(0);
                let ties = self.totals.iter().filter(|t| **t == best).count();
                let mut nth = 0;
                if ties > 1 {
                    out.draw = draw();
                    nth = pick(out.draw, ties);
                }
                let tied = self.totals.iter().zip(&self.feasible).filter(|(t, _)| **t == best);
                out.winner = tied.map(|(_, row)| *row).nth(nth);
                out.score = best;
            }
        }
        out
    }

    /// The nodes of the highest score in the last decision, if it scored any.
    pub fn best(&self) -> Vec<u32> {
        let Some(best) = self.totals.iter().max().filter(|_| self.feasible.len() > 1) else {
            return self.feasible.clone();
        };
        self.totals.iter().zip(&self.feasible).filter(|(t, _)| *t == best).map(|(_, r)| *r).collect()
    }

    /// Asks the PostFilter plugins about the pod that [`Decider::decide`] has just found no node for.
    pub fn post_filter(
        &mut self,
        pod: &PodInfo,
        cache: &Cache,
        diagnosis: &Diagnosis,
        now: Time,
        draw: &mut dyn FnMut() -> u64,
    ) -> PostFiltered {
        let profile = self.profile.clone();
        let Some((c, k, skip)) = self.last else { return PostFiltered::default() };
        let class = &mut self.classes[c];
        let states = std::mem::take(&mut class.kin[k].states);
        let mut filters = Filters::resume(&profile, pod, cache, states, skip);
        let (open, trials) = (diagnosis.candidates.clone(), &mut class.trials);
        let mut attempt = Attempt { filters: &mut filters, open, now, draw, trials };
        let mut out = PostFiltered::default();
        let mut said: Vec<String> = Vec::new();
        for i in profile.at(POST_FILTER) {
            match profile.plugin(*i).post_filter(&mut attempt) {
                PostFilter::Nominated(p) => {
                    said.clear();
                    out.preemption = Some(p);
                    break;
                }
                PostFilter::Withdrawn(why) => {
                    out.withdrawn = true;
                    said.push(why);
                }
                PostFilter::Nothing(why) => said.push(why),
            }
        }
        said.retain(|s| !s.is_empty());
        out.message = said.join(", ");
        class.kin[k].states = filters.states;
        out
    }

    /// PreFilter: the class knows the answers of cached plugins, the others are asked.
    fn pre_filters(
        &self,
        class: usize,
        pod: &PodInfo,
        cache: &Cache,
        states: &mut [State],
    ) -> Result<Pre, (usize, Rejection)> {
        let class = &self.classes[class];
        let mut pre = Pre::default();
        let mut confined = Confined::default();
        for i in self.profile.at(PRE_FILTER) {
            let i = *i;
            let answer = if self.profile.by_node(i) {
                match class.answers.iter().find(|(p, _)| *p == i) {
                    Some((_, a)) => a.clone(),
                    None => continue,
                }
            } else {
                if self.profile.plugin(i).depends_on() == Depends::Anything {
                    states[i] = None;
                }
                self.profile.plugin(i).pre_filter(pod, cache, &mut states[i])
            };
            match answer {
                PreFilter::Continue => {}
                PreFilter::Skip => pre.skip = pre.skip.or(Bits::one(i)),
                PreFilter::Only(names) => confined.to(i, names),
                PreFilter::Reject(r) => return Err((i, r)),
            }
        }
        for i in self.profile.at(FILTER) {
            if !self.profile.by_node(*i) && !pre.skip.has(*i) {
                pre.uncached.push(*i);
            }
        }
        pre.confined_by = confined.by;
        if let Some(names) = confined.only {
            let mut rows: Vec<u32> = names.iter().filter_map(|n| cache.row_of(n)).collect();
            if rows.len() > 1 {
                let named = |row: &&u32| names.contains(&cache.row(**row).name);
                rows = cache.order().iter().filter(named).copied().collect();
            }
            pre.rows = Some(rows);
        }
        Ok(pre)
    }
}

/// What holds for nodes that a PreFilterResult leaves out.
pub fn absent_reason(profile: &Profile, by: Bits) -> Str {
    let mut names: Vec<&str> = profile.names(by).collect();
    names.sort_unstable();
    Str::from(format!("node(s) didn't satisfy plugin(s) [{}]", names.join(" ")))
}

#[derive(Default)]
struct Pre {
    skip: Bits,
    uncached: Vec<usize>,
    confined_by: Bits,
    rows: Option<Vec<u32>>,
}

impl Kin {
    /// Tells the plugins that keep counts which pods came and left since the last time.
    fn catch_up(&mut self, profile: &Profile, pod: &PodInfo, cache: &Cache) {
        let (epoch, end) = (cache.epoch(), cache.journal().end());
        if self.epoch == epoch && self.place == end {
            return;
        }
        let kept: Vec<usize> = (0..self.states.len()).filter(|i| self.states[*i].is_some()).collect();
        match cache.journal().since(self.place).filter(|_| self.epoch == epoch) {
            Some(changes) if !kept.is_empty() => {
                for (info, row, sign) in changes {
                    let change = PodChange { info, row: *row, sign: *sign, trial: false };
                    for i in &kept {
                        profile.plugin(*i).update(pod, change, cache, &mut self.states[*i]);
                    }
                }
            }
            Some(_) => {}
            None => kept.iter().for_each(|i| self.states[*i] = None),
        }
        self.epoch = epoch;
        self.place = end;
    }
}

impl Class {
    fn new(profile: &Profile, pod: &PodInfo, cache: &Cache) -> Class {
        let mut class = Class {
            alone: pod.facts.resizing,
            spec: pod.pod.spec.clone(),
            node_name: pod.pod.node_name.clone(),
            used: 0,
            skip_filter: Bits::NONE,
            skip_score: Bits::NONE,
            answers: Vec::new(),
            refusals: Refusals::default(),
            cells: Arc::default(),
            kin: Vec::new(),
            trials: Trials::default(),
        };
        for i in (0..profile.plugins.len()).filter(|i| profile.by_node(*i)) {
            let plugin = profile.plugin(i);
            if profile.asks(i, PRE_FILTER) {
                match plugin.pre_filter(pod, cache, &mut None) {
                    PreFilter::Continue => {}
                    PreFilter::Skip => class.skip_filter = class.skip_filter.or(Bits::one(i)),
                    other => class.answers.push((i, other)),
                }
            }
            if profile.asks(i, PRE_SCORE) && !plugin.pre_score(pod, cache, &[], &mut None) {
                class.skip_score = class.skip_score.or(Bits::one(i));
            }
        }
        class
    }
}

/// So many nodes are asked about at once.
const CHUNK: usize = 64;
/// So many plugins are asked about many nodes at once; of more, all are asked node by node.
const BEYOND: usize = 4;

/// What plugins that look beyond the node say about the nodes of a chunk ([`super::framework::Plugin::filter_all`]).
struct Codes {
    asked: Bits,
    of: [[u8; CHUNK]; BEYOND],
}

/// One look over the nodes for one pod.
struct Look<'a> {
    /// For each plugin that looks beyond the node, the numbers of its refusals by their codes.
    known: [[u32; 4]; BEYOND],
    profile: &'a Profile,
    columns: &'a [usize],
    rank: &'a [usize],
    refusals: &'a mut Refusals,
    skip_filter: Bits,
    skip_score: Bits,
    uncached: &'a [usize],
    states: &'a mut [State],
    cells: &'a mut Cells,
    pod: &'a PodInfo,
    cache: &'a Cache,
    /// The node to which the pod itself is nominated.
    own_nomination: Option<u32>,
}

impl Look<'_> {
    /// Asks the plugins that look beyond the node about many nodes at once, where they can be.
    fn ask_beyond(&mut self, rows: &[u32]) -> Codes {
        let mut codes = Codes { asked: Bits::NONE, of: [[0; CHUNK]; BEYOND] };
        for (k, p) in self.uncached.iter().enumerate().take(BEYOND) {
            let plugin = self.profile.plugin(*p);
            if plugin.filter_all(self.pod, rows, &self.states[*p], &mut codes.of[k][..rows.len()]) {
                codes.asked = codes.asked.or(Bits::one(k));
            }
        }
        codes
    }

    /// As [`Look::refusal`], with what the plugins have said already about the row, which is the `i`th of its chunk.
    #[inline]
    fn combined(&mut self, row: u32, codes: &Codes, i: usize) -> u32 {
        let cached = self.by_node(row);
        if self.uncached.is_empty() {
            return cached;
        }
        if codes.asked.0.count_ones() as usize != self.uncached.len() || self.cells.nominated[row as usize] {
            return self.refusal_beyond(row, cached);
        }
        // The first in the list to refuse is the one that counts.
        for k in 0..self.uncached.len() {
            let code = codes.of[k][i];
            if code != 0 {
                let plugin = self.uncached[k];
                return if self.rank[plugin] < self.rank_of(cached) {
                    self.interned(k, code)
                } else {
                    cached
                };
            }
        }
        cached
    }

    /// The number of a refusal by its code.
    fn interned(&mut self, k: usize, code: u8) -> u32 {
        let slot = usize::from(code) - 1;
        if let Some(n) = self.known[k].get(slot).copied().filter(|n| *n != 0) {
            return n;
        }
        let plugin = self.uncached[k];
        let n = self.refusals.number(plugin, coded(self.profile.plugin(plugin).rejections(), code));
        if let Some(known) = self.known[k].get_mut(slot) {
            *known = n;
        }
        n
    }

    /// The verdict of the plugins whose answers are kept by node.
    #[inline]
    fn by_node(&mut self, row: u32) -> u32 {
        match self.cells.verdict[row as usize] {
            known if known != STALE && self.own_nomination != Some(row) => known,
            _ => self.fill(row),
        }
    }

    /// The place among the filters of the plugin that made a refusal; after all of them if there is none.
    fn rank_of(&self, refusal: u32) -> usize {
        match refusal {
            0 => usize::MAX,
            n => self.rank[self.refusals.all[n as usize - 1].plugin],
        }
    }

    /// 0 if the node is feasible, otherwise 1 + the number of the first refusal.
    #[inline]
    fn refusal(&mut self, row: u32) -> u32 {
        let cached = self.by_node(row);
        if self.uncached.is_empty() { cached } else { self.refusal_beyond(row, cached) }
    }

    /// With the plugins that look beyond the node. The first in the list to refuse is the one that counts.
    fn refusal_beyond(&mut self, row: u32, cached: u32) -> u32 {
        if self.cells.nominated[row as usize] {
            return self.refusal_with_nominated(row);
        }
        let node = self.cache.row(row);
        let before = self.rank_of(cached);
        for p in self.uncached {
            if self.rank[*p] > before {
                break;
            }
            if let Err(r) = self.profile.plugin(*p).filter(self.pod, node, &self.states[*p]) {
                return self.refusals.number(*p, r);
            }
        }
        cached
    }

    #[cold]
    fn refusal_with_nominated(&mut self, row: u32) -> u32 {
        let states = self.states.iter_mut().map(std::mem::take).collect();
        let mut filters = Filters::resume(self.profile, self.pod, self.cache, states, self.skip_filter);
        let rejected = filters.check(self.cache.row(row));
        for (mine, theirs) in self.states.iter_mut().zip(filters.states) {
            *mine = theirs;
        }
        rejected.map_or(0, |(p, r)| self.refusals.number(p, r))
    }

    /// Asks the plugins whose answers are kept by node; returns the verdict.
    #[inline(never)]
    fn fill(&mut self, row: u32) -> u32 {
        let (i, node) = (row as usize, self.cache.row(row));
        let mut verdict = 0;
        self.cells.nominated[i] = false;
        let mut nominated = self.cache.nominated_before(row, self.pod).peekable();
        if nominated.peek().is_some() {
            self.cells.nominated[i] = true;
            let mut with = node.clone();
            nominated.for_each(|p| with.add_pod(p.clone()));
            verdict = self.first(&with);
        }
        if verdict == 0 {
            verdict = self.first(node);
        }
        // What holds for this pod alone, because it is nominated there itself, is not kept.
        self.cells.verdict[i] = if self.own_nomination == Some(row) { STALE } else { verdict };
        // Raw scores are counts and sums of weights: far below 2^31 in any cluster, and cut there.
        let small = |s: i64| s.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        let mut flat = 0;
        for p in self.profile.at(SCORE) {
            let plugin = self.profile.plugin(*p);
            if !self.profile.by_node(*p) || self.skip_score.has(*p) {
                continue;
            }
            let raw = if verdict == 0 { plugin.score(self.pod, node, &None) } else { 0 };
            match self.columns.iter().position(|c| c == p) {
                Some(c) => self.cells.set_raw(c, i, small(raw)),
                None => flat += raw * self.profile.weight(*p),
            }
        }
        self.cells.flat[i] = flat;
        verdict
    }

    /// The first refusal of the cached filters.
    fn first(&mut self, node: &NodeInfo) -> u32 {
        for p in self.profile.at(FILTER) {
            if !self.profile.by_node(*p) || self.skip_filter.has(*p) {
                continue;
            }
            if let Err(r) = self.profile.plugin(*p).filter(self.pod, node, &None) {
                return self.refusals.number(*p, r);
            }
        }
        0
    }
}

/// The total scores of the feasible nodes, in their order.
fn score(look: &mut Look<'_>, feasible: &[u32], totals: &mut Vec<i64>, column: &mut Vec<i64>) {
    totals.clear();
    totals.extend(feasible.iter().map(|r| look.cells.flat[*r as usize]));
    let add = |totals: &mut [i64], weight: i64, column: &[i64]| {
        for (t, s) in totals.iter_mut().zip(column) {
            *t += weight * s;
        }
    };
    for (c, p) in look.columns.iter().enumerate().filter(|(_, p)| !look.skip_score.has(**p)) {
        let (plugin, weight) = (look.profile.plugin(*p), look.profile.weight(*p));
        if look.cells.nonzero[c] == 0 {
            // What is equal everywhere stays equal.
            let mut one = [0];
            plugin.normalize(&mut one, &None);
            totals.iter_mut().for_each(|t| *t += weight * one[0]);
            continue;
        }
        column.clear();
        column.extend(feasible.iter().map(|r| i64::from(look.cells.raw[c][*r as usize])));
        plugin.normalize(column, &None);
        add(totals, weight, column);
    }
    for p in look.profile.at(SCORE).iter().filter(|p| !look.profile.by_node(**p)) {
        let plugin = look.profile.plugin(*p);
        if look.profile.asks(*p, PRE_SCORE)
            && !plugin.pre_score(look.pod, look.cache, feasible, &mut look.states[*p])
        {
            continue;
        }
        column.clear();
        plugin.score_all(look.pod, look.cache, feasible, &look.states[*p], column);
        if plugin.points().meets(NORMALIZE) {
            plugin.normalize(column, &look.states[*p]);
        }
        add(totals, look.profile.weight(*p), column);
    }
}
