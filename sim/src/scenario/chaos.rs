//! Random faults: drawn once from the seed into a plain list, so that a list that fails can be made shorter.

use super::model::{Chaos, Scenario};
use crate::fault::{self, Fault, FaultKind};
use crate::rng::Rng;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A fault with its time, counted from the beginning of the chaos, and how long it lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedFault {
    /// When it strikes.
    pub at: Span,
    /// How long it lasts.
    pub lasts: Span,
    /// What goes wrong.
    pub fault: Fault,
}

/// `after 12.5s, for 40.0s: nodeCrash {"node":"node-2"}`.
impl std::fmt::Display for PlannedFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "after {}, for {}: {} {}", self.at, self.lasts, self.fault.name, self.fault.args)
    }
}

impl Chaos {
    /// How long the shortest and the longest fault lasts.
    pub fn lasting_range(&self) -> (Span, Span) {
        self.lasting.map_or((Span::secs(10), Span::secs(180)), |(a, b)| (a.0, b.0))
    }

    /// The peace after the last has been mended.
    pub fn quiet_span(&self) -> Span {
        self.quiet.map_or(Span::secs(900), |d| d.0)
    }
}

/// Whole milliseconds in `lo..=hi`, evenly drawn.
fn between(rng: &mut Rng, lo: Span, hi: Span) -> Span {
    let (lo, hi) = (lo.0 / 1_000_000, hi.0.max(lo.0) / 1_000_000);
    Span::ms(lo + rng.below(hi - lo + 1))
}

/// Whether a draw knows what to put in for all that the fault must be told.
pub fn drawable(kind: &FaultKind) -> bool {
    kind.args.iter().all(|(arg, needed, _)| !needed || matches!(*arg, "node" | "factor" | "pod"))
}

/// The faults that a seed draws, in the order of their times. Each takes the same number of draws, so that
/// another number of faults changes none of the first ones' kinds.
pub fn plan(scenario: &Scenario, seed: u64) -> Vec<PlannedFault> {
    let Some(chaos) = &scenario.spec.chaos else { return Vec::new() };
    let nodes = scenario.spec.cluster.node_configs();
    let kinds: Vec<&FaultKind> = fault::ALL
        .iter()
        .filter(|f| chaos.kinds.is_empty() || chaos.kinds.iter().any(|k| k == f.name))
        .filter(|f| drawable(f) && (!nodes.is_empty() || f.args.iter().all(|(a, ..)| *a != "node")))
        .collect();
    if kinds.is_empty() {
        return Vec::new();
    }
    let mut rng = Rng::new(seed, "chaos");
    let (shortest, longest) = chaos.lasting_range();
    let mut out: Vec<PlannedFault> = (0..chaos.faults)
        .map(|_| {
            let kind = kinds[rng.below(kinds.len() as u64) as usize];
            let at = between(&mut rng, Span::ZERO, chaos.over.0);
            let lasts = between(&mut rng, shortest, longest);
            let (node, factor) = (rng.below(nodes.len().max(1) as u64), 2 + rng.below(99));
            let mut args = serde_json::Map::new();
            for (arg, ..) in kind.args {
                match *arg {
                    "node" => args.insert("node".into(), json!(nodes[node as usize].name.as_str())),
                    "factor" => args.insert("factor".into(), json!(factor)),
                    "pod" => args.insert("pod".into(), json!("*")),
                    _ => None,
                };
            }
            PlannedFault { at, lasts, fault: Fault { name: kind.name.to_owned(), args: args.into() } }
        })
        .collect();
    out.sort_by_key(|f| f.at);
    out
}

/// The faults of a failing seed, made as few as still make it fail: delta debugging (Zeller and Hildebrandt's
/// `ddmin`). `fails` plays the scenario with a list of faults; it is called with the whole list first, and if that
/// does not fail, the list comes back as it was.
pub fn shrink(
    scenario: &Scenario,
    seed: u64,
    fails: impl FnMut(&[PlannedFault]) -> bool,
) -> Vec<PlannedFault> {
    minimise(plan(scenario, seed), fails)
}

/// The shortest list that `ddmin` finds: none of its items can be left out alone.
pub fn minimise<T: Clone>(mut list: Vec<T>, mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    if list.is_empty() || !fails(&list) {
        return list;
    }
    if fails(&[]) {
        return Vec::new();
    }
    let mut parts = 2;
    while list.len() >= 2 {
        let size = list.len().div_ceil(parts);
        let chunks = list.len().div_ceil(size);
        let without = |i: usize| -> Vec<T> {
            let cut = i * size..((i + 1) * size).min(list.len());
            list.iter().enumerate().filter(|(n, _)| !cut.contains(n)).map(|(_, t)| t.clone()).collect()
        };
        let shorter = (0..chunks).map(without).find(|rest| rest.len() < list.len() && fails(rest));
        match shorter {
            Some(rest) => {
                list = rest;
                parts = (parts - 1).max(2);
            }
            None if parts >= list.len() => break,
            None => parts = (parts * 2).min(list.len()),
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::values::Dur;

    fn stormy() -> Scenario {
        let mut s = Scenario::named("storm");
        let kinds = Vec::new();
        let over = Dur(Span::secs(600));
        s.spec.chaos = Some(Chaos { faults: 12, over, kinds, lasting: None, quiet: None, after: None });
        s
    }

    #[test]
    fn a_seed_draws_the_same_faults_each_time() {
        let s = stormy();
        assert_eq!(plan(&s, 7), plan(&s, 7));
        assert_ne!(plan(&s, 7), plan(&s, 8));
        assert_eq!(plan(&s, 7).len(), 12);
        for f in plan(&s, 7) {
            assert!(
                f.at <= Span::secs(600) && f.lasts >= Span::secs(10) && f.lasts <= Span::secs(180),
                "{f:?}"
            );
            let kind = fault::kind(&f.fault.name).unwrap();
            assert!(kind.args.iter().all(|(a, needed, _)| !needed || f.fault.args.get(a).is_some()), "{f:?}");
        }
        assert!(plan(&s, 7).windows(2).all(|w| w[0].at <= w[1].at));
    }

    #[test]
    fn kinds_can_be_chosen() {
        let mut s = stormy();
        s.spec.chaos.as_mut().unwrap().kinds = vec!["partition".into()];
        assert!(plan(&s, 1).iter().all(|f| f.fault.name == "partition"));
    }

    #[test]
    fn shrinking_finds_the_few_that_matter() {
        for (name, guilty) in
            [("one", vec![5]), ("two far apart", vec![0, 11]), ("three", vec![2, 3, 9]), ("none", vec![])]
        {
            let mut runs = 0;
            let left = minimise((0..12).collect(), |list| {
                runs += 1;
                guilty.iter().all(|g| list.contains(g))
            });
            assert_eq!(left, guilty, "{name}");
            assert!(runs < 100, "{name}: {runs} runs");
        }
        assert_eq!(minimise(vec![1, 2, 3], |_| false), [1, 2, 3], "what does not fail stays");
    }
}
