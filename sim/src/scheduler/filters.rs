//! The filters of a profile, asked one after the other about a node, for one attempt to schedule a pod.
//! Source: `pkg/scheduler/framework/runtime/framework.go` (RunPreFilterPlugins, RunFilterPlugins,
//! RunFilterPluginsWithNominatedPods).

use super::framework::{Bits, FILTER, PRE_FILTER, PodChange, PodInfo, PreFilter, Rejection, State};
use super::profile::Profile;
use super::snapshot::{Cache, NodeInfo};
use crate::object::Str;

/// The filters after PreFilter.
pub struct Filters<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// The pod that is to be placed.
    pub pod: &'a PodInfo,
    /// The cluster.
    pub cluster: &'a Cache,
    /// What each plugin keeps.
    pub states: Vec<State>,
    /// The plugins whose filter has nothing to say.
    pub skip: Bits,
    /// To which nodes PreFilter plugins confined the pod.
    pub confined: Confined,
}

/// The nodes to which PreFilter plugins confine a pod (`PreFilterResult`).
#[derive(Clone, Debug, Default)]
pub struct Confined {
    /// Only nodes of these names are in question; `None`: all.
    pub only: Option<Vec<Str>>,
    /// The plugins that said so.
    pub by: Bits,
}

impl Confined {
    /// A plugin names the nodes; of several, those hold that all of them name.
    pub fn to(&mut self, plugin: usize, names: Vec<Str>) {
        self.by = self.by.or(Bits::one(plugin));
        self.only = Some(match self.only.take() {
            None => names,
            Some(only) => only.into_iter().filter(|n| names.contains(n)).collect(),
        });
    }
}

/// A plugin, by its place in the profile, and its rejection.
pub type Rejected = (usize, Rejection);

/// A pod whose spec cannot be read fits nowhere.
pub fn malformed(pod: &PodInfo) -> Option<Rejection> {
    let what = pod.facts.malformed.as_ref()?;
    Some(Rejection::unresolvable(Str::from(format!("the pod cannot be read: {what}"))))
}

impl<'a> Filters<'a> {
    /// Runs PreFilter.
    ///
    /// # Errors
    /// When a plugin rejects the pod as a whole.
    pub fn begin(
        profile: &'a Profile,
        pod: &'a PodInfo,
        cluster: &'a Cache,
    ) -> Result<Filters<'a>, Rejected> {
        if let Some(r) = malformed(pod) {
            return Err((0, r));
        }
        let states = profile.plugins.iter().map(|_| None).collect();
        let mut f = Filters::resume(profile, pod, cluster, states, Bits::NONE);
        for i in profile.at(PRE_FILTER) {
            match profile.plugin(*i).pre_filter(pod, cluster, &mut f.states[*i]) {
                PreFilter::Continue => {}
                PreFilter::Skip => f.skip = f.skip.or(Bits::one(*i)),
                PreFilter::Reject(r) => return Err((*i, r)),
                PreFilter::Only(names) => f.confined.to(*i, names),
            }
        }
        Ok(f)
    }

    /// After a PreFilter that has been run already: with what the plugins kept, and those that have nothing to say.
    pub fn resume(
        profile: &'a Profile,
        pod: &'a PodInfo,
        cluster: &'a Cache,
        states: Vec<State>,
        skip: Bits,
    ) -> Filters<'a> {
        Filters { profile, pod, cluster, states, skip, confined: Confined::default() }
    }

    /// The filters that have something to say, in order.
    pub fn plugins(&self) -> impl Iterator<Item = usize> {
        let skip = self.skip;
        self.profile.at(FILTER).iter().copied().filter(move |i| !skip.has(*i))
    }

    /// Whether all of them look at nothing beyond the node.
    pub fn by_node(&self) -> bool {
        self.plugins().all(|i| self.profile.by_node(i))
    }

    /// What one plugin says about a node.
    pub fn ask(&self, plugin: usize, node: &NodeInfo) -> Option<Rejection> {
        self.profile.plugin(plugin).filter(self.pod, node, &self.states[plugin]).err()
    }

    /// The first rejection of a node as it is.
    pub fn first(&self, node: &NodeInfo) -> Option<Rejected> {
        self.plugins().find_map(|i| Some((i, self.ask(i, node)?)))
    }

    /// A pod comes to a node or leaves it, for the states of the plugins.
    pub fn change(&mut self, info: &PodInfo, row: u32, sign: i64) {
        for i in self.profile.at(PRE_FILTER) {
            if !self.skip.has(*i) {
                let change = PodChange { info, row, sign, trial: true };
                self.profile.plugin(*i).update(self.pod, change, self.cluster, &mut self.states[*i]);
            }
        }
    }

    /// The first rejection of a node, to which pods may be nominated: those of no lower priority are counted as if
    /// they were there, and the pod must also fit without them.
    pub fn check(&mut self, node: &NodeInfo) -> Option<Rejected> {
        let nominated: Vec<PodInfo> = self.cluster.nominated_before(node.row, self.pod).cloned().collect();
        if !nominated.is_empty() {
            let mut with = node.clone();
            for p in &nominated {
                with.add_pod(p.clone());
                self.change(p, node.row, 1);
            }
            let rejected = self.first(&with);
            for p in &nominated {
                self.change(p, node.row, -1);
            }
            if rejected.is_some() {
                return rejected;
            }
        }
        self.first(node)
    }
}
