//! The fast path of a scheduling decision: the same answer as [`super::explain`], found without asking every
//! plugin about every node.
//!
//! Pods of one spec are a class. A class keeps one small `Cell` a node: the verdict of the filters and the raw
//! scores, stamped with the node's generation. Plugins are asked again only for nodes that changed since, which
//! after a decision is one. A plugin that [depends on anything](Depends::Anything) is left out of the cells and
//! asked each time; no other plugin loses its cells for it. A property test holds the two paths together.

use super::framework::{
    Bits, Entry, FILTER, NORMALIZE, PRE_FILTER, PRE_SCORE, PodInfo, PreFilter, Rejection, SCORE, State,
    feasible_to_find, pick,
};
use super::message::Reasons;
use super::snapshot::{Cache, NodeInfo, View};
use crate::object::{PodSpec, Str};
use std::sync::Arc;

#[allow(unused_imports)] // for the documentation
use super::framework::Depends;

/// How many classes are remembered; the one that was not used for longest goes.
const CLASSES_MAX: usize = 256;
/// How many cached plugins may normalise their scores. Raise it when the list of plugins outgrows it.
const RAW_MAX: usize = 4;

/// What a class knows about a node.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// The row's generation for which this holds; 0 if none.
    generation: u32,
    /// 0 if all cached filters pass; otherwise 1 + the number of the refusal.
    refusal: u16,
    /// Weighted sum of the scores that are not normalised.
    flat: i32,
    /// Raw scores of the plugins that normalise.
    raw: [i32; RAW_MAX],
}

/// A plugin's refusal, kept once a class.
#[derive(Clone, Debug, PartialEq)]
struct Refusal {
    plugin: usize,
    rejection: Rejection,
}

#[derive(Clone, Debug)]
struct Class {
    spec: Arc<PodSpec>,
    node_name: Str,
    used: u64,
    /// Plugins whose filter has nothing to say.
    skip_filter: Bits,
    /// Plugins that do not score this class.
    skip_score: Bits,
    /// What cached PreFilters answered besides Continue and Skip.
    answers: Vec<(usize, PreFilter)>,
    refusals: Vec<Refusal>,
    cells: Arc<Vec<Cell>>,
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
    plugins: &'static [Entry],
    percent: usize,
    /// Cached plugins that normalise: each has a place in [`Cell::raw`].
    columns: Vec<usize>,
    classes: Vec<Class>,
    clock: u64,
    feasible: Vec<u32>,
    totals: Vec<i64>,
    column: Vec<i64>,
    counts: Vec<u32>,
    candidates: Vec<u32>,
}

impl Decider {
    /// A decider with that profile. `percent` is `percentageOfNodesToScore`, 0 for the default.
    ///
    /// # Panics
    /// If more plugins normalise than a cell has room for.
    pub fn new(plugins: &'static [Entry], percent: usize) -> Decider {
        let columns: Vec<usize> =
            (0..plugins.len()).filter(|i| plugins[*i].at(NORMALIZE) && !plugins[*i].uncached()).collect();
        assert!(columns.len() <= RAW_MAX, "RAW_MAX is too small for this profile");
        Decider {
            plugins,
            percent,
            columns,
            classes: Vec::new(),
            clock: 0,
            feasible: Vec::new(),
            totals: Vec::new(),
            column: Vec::new(),
            counts: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// The profile.
    pub fn plugins(&self) -> &'static [Entry] {
        self.plugins
    }

    fn class_of(&mut self, pod: &PodInfo, view: &View<'_>) -> usize {
        self.clock += 1;
        let (spec, node_name) = (&pod.pod.spec, &pod.pod.node_name);
        let same = |c: &Class| Arc::ptr_eq(&c.spec, spec) && c.node_name == *node_name;
        let equal = |c: &Class| c.spec == *spec && c.node_name == *node_name;
        let found = self.classes.iter().rposition(same).or_else(|| self.classes.iter().rposition(equal));
        let i = found.unwrap_or_else(|| {
            let class = Class::new(self.plugins, pod, view);
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

    /// Decides where a pod goes. `start` is where the search begins; `draw` breaks ties.
    pub fn decide(
        &mut self,
        pod: &PodInfo,
        cache: &Cache,
        start: u32,
        draw: &mut dyn FnMut() -> u64,
    ) -> Decided {
        let view = cache.view();
        let all = view.order.len();
        if all == 0 {
            return Decided { diagnosis: Some(Diagnosis::default()), ..Decided::default() };
        }
        let class = self.class_of(pod, &view);
        let mut states: Vec<State> = Vec::new();
        let pre = match self.pre_filters(class, pod, &view, &mut states) {
            Ok(pre) => pre,
            Err(diagnosis) => {
                return Decided {
                    diagnosis: Some(diagnosis),
                    next_start: start % all as u32,
                    ..Decided::default()
                };
            }
        };
        let class = &mut self.classes[class];
        self.feasible.clear();
        self.candidates.clear();
        self.counts.clear();
        let cells = Arc::make_mut(&mut class.cells);
        if cells.len() < view.rows.len() {
            cells.resize(view.rows.len(), Cell::default());
        }
        let mut look = Look {
            plugins: self.plugins,
            columns: &self.columns,
            refusals: &mut class.refusals,
            skip_filter: class.skip_filter.or(pre.skip),
            skip_score: class.skip_score,
            uncached: &pre.uncached,
            states: &states,
            cells,
            pod,
            view,
            generations: cache.generations(),
        };

        let mut explicit = 0u32;
        let mut nominated = false;
        if !pod.pod.status.nominated_node_name.is_empty()
            && let Some(row) = cache.row_of(&pod.pod.status.nominated_node_name)
            && pre.rows.as_ref().is_none_or(|r| r.contains(&row))
            && look.refusal(row) == 0
        {
            self.feasible.push(row);
            nominated = true;
        }
        if !nominated {
            let rows = pre.rows.as_deref().unwrap_or(view.order);
            let want = feasible_to_find(rows.len(), self.percent);
            let first = if rows.is_empty() { 0 } else { start as usize % rows.len() };
            // Like upstream, the search ends when one more feasible node is met than wanted.
            for row in rows[first..].iter().chain(&rows[..first]) {
                let refusal = look.refusal(*row) as usize;
                if refusal == 0 {
                    if self.feasible.len() == want {
                        break;
                    }
                    self.feasible.push(*row);
                    continue;
                }
                explicit += 1;
                if self.counts.len() < refusal {
                    self.counts.resize(refusal, 0);
                }
                self.counts[refusal - 1] += 1;
                if !look.refusals[refusal - 1].rejection.unresolvable {
                    self.candidates.push(*row);
                }
            }
        }
        let feasible = self.feasible.len() as u32;
        let looked_at = feasible + explicit;
        let next_start = if nominated { start % all as u32 } else { (start + looked_at) % all as u32 };
        let mut out = Decided { feasible, looked_at, next_start, ..Decided::default() };
        match feasible {
            0 => {
                let mut d = Diagnosis { rejectors: pre.confined_by, ..Diagnosis::default() };
                for (i, n) in self.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                    let r = &look.refusals[i];
                    d.rejectors = d.rejectors.or(Bits::one(r.plugin));
                    for reason in &r.rejection.reasons {
                        *d.reasons.entry(reason.clone()).or_default() += n;
                    }
                }
                let absent = all as u32 - explicit;
                if absent > 0 && !pre.confined_by.is_empty() {
                    *d.reasons.entry(absent_reason(self.plugins, pre.confined_by)).or_default() += absent;
                }
                d.candidates.clone_from(&self.candidates);
                out.diagnosis = Some(d);
            }
            1 => out.winner = Some(self.feasible[0]),
            _ => {
                score(&look, &self.feasible, &mut self.totals, &mut self.column);
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

    /// PreFilter: the class knows the answers of cached plugins, the others are asked.
    fn pre_filters(
        &self,
        class: usize,
        pod: &PodInfo,
        view: &View<'_>,
        states: &mut Vec<State>,
    ) -> Result<Pre, Diagnosis> {
        let class = &self.classes[class];
        let mut pre = Pre::default();
        let mut names: Option<Vec<Str>> = None;
        let mut cached = class.answers.iter().peekable();
        for (i, e) in self.plugins.iter().enumerate() {
            let answer = if e.uncached() {
                states.resize_with(self.plugins.len(), || None);
                if e.at(FILTER) {
                    pre.uncached.push(i);
                }
                if e.at(PRE_FILTER) {
                    e.plugin.pre_filter(pod, view, &mut states[i])
                } else {
                    PreFilter::Continue
                }
            } else {
                match cached.next_if(|(p, _)| *p == i) {
                    Some((_, a)) => a.clone(),
                    None => continue,
                }
            };
            match answer {
                PreFilter::Continue => {}
                PreFilter::Skip => pre.skip = pre.skip.or(Bits::one(i)),
                PreFilter::Only(only) => {
                    pre.confined_by = pre.confined_by.or(Bits::one(i));
                    names = Some(match names {
                        None => only,
                        Some(n) => n.into_iter().filter(|x| only.contains(x)).collect(),
                    });
                }
                PreFilter::Reject(r) => {
                    return Err(Diagnosis { all: Some(r), rejectors: Bits::one(i), ..Diagnosis::default() });
                }
            }
        }
        if let Some(names) = names {
            let named = |row: &&u32| names.contains(&view.rows[**row as usize].name);
            pre.rows = Some(view.order.iter().filter(named).copied().collect());
        }
        Ok(pre)
    }
}

/// What holds for nodes that a PreFilterResult leaves out.
pub fn absent_reason(plugins: &[Entry], by: Bits) -> Str {
    let mut names: Vec<&str> = by.iter().map(|i| plugins[i].plugin.name()).collect();
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

impl Class {
    fn new(plugins: &[Entry], pod: &PodInfo, view: &View<'_>) -> Class {
        let mut class = Class {
            spec: pod.pod.spec.clone(),
            node_name: pod.pod.node_name.clone(),
            used: 0,
            skip_filter: Bits::NONE,
            skip_score: Bits::NONE,
            answers: Vec::new(),
            refusals: Vec::new(),
            cells: Arc::default(),
        };
        for (i, e) in plugins.iter().enumerate().filter(|(_, e)| !e.uncached()) {
            if e.at(PRE_FILTER) {
                match e.plugin.pre_filter(pod, view, &mut None) {
                    PreFilter::Continue => {}
                    PreFilter::Skip => class.skip_filter = class.skip_filter.or(Bits::one(i)),
                    other => class.answers.push((i, other)),
                }
            }
            if e.at(PRE_SCORE) && !e.plugin.pre_score(pod, view, &[], &mut None) {
                class.skip_score = class.skip_score.or(Bits::one(i));
            }
        }
        class
    }
}

/// One look over the nodes for one pod.
struct Look<'a> {
    plugins: &'static [Entry],
    columns: &'a [usize],
    refusals: &'a mut Vec<Refusal>,
    skip_filter: Bits,
    skip_score: Bits,
    uncached: &'a [usize],
    states: &'a [State],
    cells: &'a mut [Cell],
    pod: &'a PodInfo,
    view: View<'a>,
    generations: &'a [u32],
}

impl Look<'_> {
    /// 0 if the node is feasible, otherwise 1 + the number of the first refusal.
    fn refusal(&mut self, row: u32) -> u16 {
        let i = row as usize;
        if self.cells[i].generation != self.generations[i] {
            self.cells[i] = self.fill(&self.view.rows[i], self.generations[i]);
        }
        let cached = self.cells[i].refusal;
        if self.uncached.is_empty() {
            return cached;
        }
        // The first plugin in the list to refuse is the one that counts.
        let before = if cached == 0 { usize::MAX } else { self.refusals[cached as usize - 1].plugin };
        for p in self.uncached {
            if *p > before {
                break;
            }
            if self.skip_filter.has(*p) {
                continue;
            }
            if let Err(r) = self.plugins[*p].plugin.filter(self.pod, &self.view.rows[i], &self.states[*p]) {
                return self.intern(*p, r);
            }
        }
        cached
    }

    fn intern(&mut self, plugin: usize, rejection: Rejection) -> u16 {
        let refusal = Refusal { plugin, rejection };
        let i = self.refusals.iter().position(|r| *r == refusal).unwrap_or_else(|| {
            self.refusals.push(refusal);
            self.refusals.len() - 1
        });
        u16::try_from(i + 1).expect("a class of pods has fewer than 65,535 different refusals")
    }

    fn fill(&mut self, node: &NodeInfo, generation: u32) -> Cell {
        let mut cell = Cell { generation, ..Cell::default() };
        let plugins = self.plugins;
        for (p, e) in plugins.iter().enumerate() {
            if !e.at(FILTER) || e.uncached() || self.skip_filter.has(p) {
                continue;
            }
            if let Err(r) = e.plugin.filter(self.pod, node, &None) {
                cell.refusal = self.intern(p, r);
                return cell;
            }
        }
        let small = |s: i64| i32::try_from(s).expect("a raw score fits in 32 bits");
        for (p, e) in plugins.iter().enumerate() {
            if !e.at(SCORE) || e.uncached() || self.skip_score.has(p) {
                continue;
            }
            let raw = e.plugin.score(self.pod, node, &None);
            match self.columns.iter().position(|c| *c == p) {
                Some(c) => cell.raw[c] = small(raw),
                None => cell.flat += small(raw * e.weight),
            }
        }
        cell
    }
}

/// The total scores of the feasible nodes, in their order.
fn score(look: &Look<'_>, feasible: &[u32], totals: &mut Vec<i64>, column: &mut Vec<i64>) {
    totals.clear();
    totals.extend(feasible.iter().map(|r| i64::from(look.cells[*r as usize].flat)));
    let mut add = |weight: i64, column: &[i64]| {
        for (t, s) in totals.iter_mut().zip(column) {
            *t += weight * s;
        }
    };
    for (c, p) in look.columns.iter().enumerate().filter(|(_, p)| !look.skip_score.has(**p)) {
        column.clear();
        column.extend(feasible.iter().map(|r| i64::from(look.cells[*r as usize].raw[c])));
        look.plugins[*p].plugin.normalize(column, &None);
        add(look.plugins[*p].weight, column);
    }
    for e in look.plugins.iter().enumerate().filter(|(_, e)| e.uncached() && e.at(SCORE)) {
        let (_, e) = e;
        let mut state: State = None;
        if e.at(PRE_SCORE) && !e.plugin.pre_score(look.pod, &look.view, feasible, &mut state) {
            continue;
        }
        column.clear();
        column
            .extend(feasible.iter().map(|r| e.plugin.score(look.pod, &look.view.rows[*r as usize], &state)));
        if e.at(NORMALIZE) {
            e.plugin.normalize(column, &state);
        }
        add(e.weight, column);
    }
}
