//! VolumeRestrictions.

use crate::scheduler::framework::{Depends, FILTER, PRE_FILTER, Plugin, PodInfo, Points, PreFilter, State};
use crate::scheduler::snapshot::Cache;

/// See the module.
pub struct VolumeRestrictions;

impl Plugin for VolumeRestrictions {
    fn name(&self) -> &'static str {
        "VolumeRestrictions"
    }
    fn points(&self) -> Points {
        PRE_FILTER.or(FILTER)
    }
    fn depends_on(&self) -> Depends {
        Depends::Anything
    }
    fn pre_filter(&self, _: &PodInfo, _: &Cache, _: &mut State) -> PreFilter {
        PreFilter::Skip
    }
}
