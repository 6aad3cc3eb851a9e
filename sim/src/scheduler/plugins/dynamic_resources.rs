//! DynamicResources: device claims. They are not modelled: a pod that has some is refused with that reason, and for all
//! others the plugin says what upstream's says. Source: `plugins/dynamicresources/dynamicresources.go`.

use crate::object::lit;
use crate::scheduler::framework::{
    POST_FILTER, PRE_FILTER, Plugin, PodInfo, Points, PostFilter, PreFilter, Rejection, State,
};
use crate::scheduler::preemption::Attempt;
use crate::scheduler::snapshot::Cache;

/// See the module.
pub struct DynamicResources;

impl Plugin for DynamicResources {
    fn name(&self) -> &'static str {
        "DynamicResources"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(POST_FILTER)
    }
    fn pre_filter(&self, pod: &PodInfo, _: &Cache, _: &mut State) -> PreFilter {
        if pod.facts.claims_devices {
            let why = lit!("the pod has spec.resourceClaims: device claims are not modelled");
            return PreFilter::Reject(Rejection::unresolvable(why));
        }
        PreFilter::Skip
    }
    fn post_filter(&self, _: &mut Attempt<'_, '_>) -> PostFilter {
        PostFilter::Nothing("no new claims to deallocate".into())
    }
}
