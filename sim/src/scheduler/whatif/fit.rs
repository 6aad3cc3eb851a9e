//! How many more replicas of a template there is room for.

use super::advice::Advice;
use super::{Cluster, Fate, Options, Run, Template, name_of};
use crate::object::Str;
use crate::scheduler::facts::PodInfo;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many replicas of a template fit.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The template.
    pub origin: String,
    /// How many fit.
    pub replicas: u64,
    /// How many of them on each node, in the order of names.
    pub nodes: BTreeMap<Str, u64>,
    /// Why no more do.
    pub end: End,
}

/// Why no more replicas fit.
#[derive(Clone, Debug)]
pub enum End {
    /// The limit was reached.
    Limit,
    /// There is one for each node that it is meant for, and all of them have one.
    All,
    /// The next one fits nowhere.
    Full {
        /// Its name.
        pod: Str,
        /// What the FailedScheduling event would say, preemption aside.
        message: String,
        /// How many nodes gave each reason.
        reasons: Vec<(Str, u32)>,
        /// What would have to change.
        advice: Arc<Vec<Advice>>,
    },
    /// The scheduler is not asked about such pods; why.
    Held(String),
}

/// Places replicas of a template until one does not fit, or until there are `limit` of them. The cluster stays as it is.
pub fn fit(
    cluster: &Cluster,
    template: &Template,
    options: &Options,
    limit: u64,
    progress: &mut dyn FnMut(u64),
) -> Fit {
    let mut run = Run::new(cluster.clone(), &options.profile, options.seed);
    let mut taken = cluster.names.clone();
    let mut maker = template.maker();
    let mut out =
        Fit { origin: template.origin.clone(), replicas: 0, nodes: BTreeMap::new(), end: End::Limit };
    let mut last: Option<PodInfo> = None;
    let mut full = None;
    let mut tried = 0;
    while tried < limit {
        let Some(made) = maker.make(&mut taken) else {
            out.end = End::All;
            break;
        };
        tried += 1;
        progress(tried);
        made.claims.iter().for_each(|c| run.claim(c));
        let info = PodInfo::like(last.as_ref(), made.pod);
        last = Some(info.clone());
        match run.turn(&info, &Options { preempt: false, ..options.clone() }, None).0 {
            Fate::Placed { node, .. } | Fate::Named(node) => {
                out.replicas += 1;
                *out.nodes.entry(node).or_default() += 1;
            }
            Fate::Refused { message, reasons, advice, .. } => {
                full.get_or_insert(End::Full { pod: name_of(&info.pod), message, reasons, advice });
                // Each pod of a daemon set has its own node: the others may still fit.
                if !template.finite() {
                    break;
                }
            }
            Fate::Held(why) | Fate::Evicted(why) => {
                out.end = End::Held(why);
                break;
            }
        }
    }
    if let Some(full) = full {
        out.end = full;
    }
    out
}
