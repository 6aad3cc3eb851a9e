//! What other pods have to do with a pod that does not fit: the pods that it wants to be near or apart from, those
//! that want to be apart from it, and those over which it is spread. Each sum over the cluster is made once, when the
//! first node asks for it.

use super::advice::Change;
use super::name_of;
use crate::object::{LabelSelector, Str};
use crate::scheduler::facts::{PodInfo, Spread, Term};
use crate::scheduler::plugins::{node_affinity, taint_toleration::untolerated};
use crate::scheduler::snapshot::{Cache, NodeInfo};
use std::collections::BTreeMap;

/// A value of a label of nodes, and a pod on one of them.
type Witnesses = BTreeMap<Str, Str>;

/// The pods of a cluster, as one pod sees them.
pub(super) struct Others<'a> {
    cluster: &'a Cache,
    pod: &'a PodInfo,
    near: Option<Vec<Witnesses>>,
    apart: Option<Vec<Witnesses>>,
    /// By topology key and value: a pod that does not want this one there.
    unwanted: Option<BTreeMap<(Str, Str), Str>>,
    spread: Option<Vec<Domains>>,
}

/// How many of the counted pods there are for each value of a label.
#[derive(Default)]
struct Domains {
    counts: BTreeMap<Str, i64>,
    itself: i64,
}

impl<'a> Others<'a> {
    /// The others of a pod.
    pub(super) fn new(cluster: &'a Cache, pod: &'a PodInfo) -> Others<'a> {
        Others { cluster, pod, near: None, apart: None, unwanted: None, spread: None }
    }

    /// What a plugin's reason comes from, and what is found on the node instead.
    pub(super) fn hurdles(&mut self, node: &NodeInfo, reason: &str) -> Vec<(Change, Option<Str>)> {
        if reason.contains("topology spread") {
            self.spreads(node)
        } else if reason.contains("existing pods anti-affinity") {
            self.unwanted(node)
        } else if reason.contains("anti-affinity") {
            self.terms_apart(node)
        } else if reason.contains("pod affinity") {
            self.terms_near(node)
        } else {
            Vec::new()
        }
    }

    /// For each term, the values of its label where there is a pod that it is about.
    fn witnesses(cluster: &Cache, pod: &PodInfo, terms: &[Term]) -> Vec<Witnesses> {
        let mut all: Vec<Witnesses> = terms.iter().map(|_| Witnesses::new()).collect();
        let own = &pod.pod.metadata.namespace;
        for n in cluster.nodes() {
            for (t, seen) in terms.iter().zip(&mut all) {
                let Some(value) = n.label(&t.topology_key).filter(|v| !seen.contains_key(*v)) else {
                    continue;
                };
                let about = |p: &&PodInfo| {
                    t.matches(own, &p.pod, cluster.listers.namespace(&p.pod.metadata.namespace))
                };
                if let Some(p) = n.pods.iter().find(about) {
                    seen.insert(value.clone(), name_of(&p.pod));
                }
            }
        }
        all
    }

    fn terms_near(&mut self, node: &NodeInfo) -> Vec<(Change, Option<Str>)> {
        let terms = &self.pod.facts.affinity;
        let near = self.near.get_or_insert_with(|| Self::witnesses(self.cluster, self.pod, terms));
        let mut out = Vec::new();
        for (t, seen) in terms.iter().zip(near) {
            let what =
                Change::Near(Str::from(format!("{} by {}", selector(&t.label_selector), t.topology_key)));
            match node.label(&t.topology_key) {
                None => out.push((what, Some(Str::from(format!("has no label {}", t.topology_key))))),
                Some(v) if !seen.contains_key(v) => out.push((what, Some(pair(&t.topology_key, v)))),
                Some(_) => {}
            }
        }
        out
    }

    fn terms_apart(&mut self, node: &NodeInfo) -> Vec<(Change, Option<Str>)> {
        let terms = &self.pod.facts.anti_affinity;
        let apart = self.apart.get_or_insert_with(|| Self::witnesses(self.cluster, self.pod, terms));
        let mut out = Vec::new();
        for (t, seen) in terms.iter().zip(apart) {
            if let Some(p) = node.label(&t.topology_key).and_then(|v| seen.get(v)) {
                let what = format!("pods with {} by {}", selector(&t.label_selector), t.topology_key);
                out.push((Change::Apart(Str::from(what)), Some(p.clone())));
            }
        }
        out
    }

    fn unwanted(&mut self, node: &NodeInfo) -> Vec<(Change, Option<Str>)> {
        let (cluster, pod) = (self.cluster, self.pod);
        let unwanted = self.unwanted.get_or_insert_with(|| {
            let namespace = cluster.listers.namespace(&pod.pod.metadata.namespace);
            let mut all = BTreeMap::new();
            for n in cluster.nodes().filter(|n| n.with_anti_affinity > 0) {
                for p in &n.pods {
                    for t in &p.facts.anti_affinity {
                        if let Some(v) = n.label(&t.topology_key)
                            && t.matches(&p.pod.metadata.namespace, &pod.pod, namespace)
                        {
                            all.entry((t.topology_key.clone(), v.clone())).or_insert_with(|| name_of(&p.pod));
                        }
                    }
                }
            }
            all
        });
        let here = unwanted.iter().filter(|((key, value), _)| node.label(key) == Some(value));
        here.map(|((key, _), p)| {
            let what = format!("pods that want none of its labels by {key}");
            (Change::Apart(Str::from(what)), Some(p.clone()))
        })
        .collect()
    }

    fn spreads(&mut self, node: &NodeInfo) -> Vec<(Change, Option<Str>)> {
        let (cluster, pod) = (self.cluster, self.pod);
        let hard: Vec<&Spread> = pod.facts.spread.iter().filter(|s| s.hard()).collect();
        let spread =
            self.spread.get_or_insert_with(|| hard.iter().map(|s| domains(cluster, pod, s)).collect());
        let mut out = Vec::new();
        for (s, d) in hard.iter().zip(spread) {
            let what = Change::Spread(s.topology_key.clone());
            let Some(value) = node.label(&s.topology_key) else {
                out.push((what, Some(Str::from("has no such label"))));
                continue;
            };
            let few = s.min_domains.is_some_and(|m| (d.counts.len() as i64) < m);
            let least = if few { 0 } else { d.counts.values().copied().min().unwrap_or(0) };
            let here = d.counts.get(value).copied().unwrap_or(0);
            if here + d.itself - least > s.max_skew {
                let emptiest = d.counts.iter().find(|(_, n)| **n == least).map(|(v, _)| v.as_str());
                let emptiest = emptiest.map_or(String::new(), |v| format!(", {v} {least}"));
                let found = format!("{value} has {here}{emptiest}, maxSkew {}", s.max_skew);
                out.push((what, Some(Str::from(found))));
            }
        }
        out
    }
}

/// Counts the pods that a constraint is about.
fn domains(cluster: &Cache, pod: &PodInfo, s: &Spread) -> Domains {
    let mut d = Domains::default();
    let meta = &pod.pod.metadata;
    let keys = || s.match_label_keys.iter().filter_map(|k| Some((k, meta.labels.get(k)?)));
    let counts = |p: &crate::object::Pod| {
        s.label_selector.as_ref().is_some_and(|l| l.matches(&p.metadata.labels))
            && keys().all(|(k, v)| p.metadata.labels.get(k) == Some(v))
    };
    d.itself = i64::from(counts(&pod.pod));
    let ignores = |policy: &Option<Str>, default: &str| policy.as_deref().unwrap_or(default) == "Ignore";
    for n in cluster.nodes() {
        let Some(value) = n.label(&s.topology_key) else { continue };
        let refused = !ignores(&s.node_affinity_policy, "Honor")
            && !node_affinity::matches(&pod.pod.spec, n.object())
            || !ignores(&s.node_taints_policy, "Ignore")
                && untolerated(n.object(), &pod.pod.spec.tolerations).is_some();
        if refused {
            continue;
        }
        let like = |p: &&PodInfo| {
            p.pod.metadata.namespace == meta.namespace && !p.pod.metadata.deleting() && counts(&p.pod)
        };
        *d.counts.entry(value.clone()).or_default() += n.pods.iter().filter(like).count() as i64;
    }
    d
}

fn pair(key: &str, value: &str) -> Str {
    Str::from(format!("{key}={value}"))
}

/// A selector in words.
fn selector(s: &Option<LabelSelector>) -> String {
    match s {
        None => "no labels at all".to_owned(),
        Some(s) if s.is_empty() => "any labels".to_owned(),
        Some(s) => s.to_string(),
    }
}
