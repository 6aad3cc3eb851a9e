//! ImageLocality: prefers nodes that have the pod's images, the more so the larger they are and the more nodes have
//! them (lest one node gets all). Source: `plugins/imagelocality/image_locality.go`.

use crate::scheduler::framework::{Depends, Plugin, PodInfo, Points, SCORE, State};
use crate::scheduler::snapshot::NodeInfo;

const MIB: i64 = 1024 * 1024;
/// What is smaller counts as nothing.
const MIN: i64 = 23 * MIB;
/// The largest size that counts, for each container.
const MAX: i64 = 1000 * MIB;

/// See the module.
pub struct ImageLocality;

impl Plugin for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }
    fn points(&self) -> Points {
        SCORE
    }
    fn depends_on(&self) -> Depends {
        Depends::NodePods
    }
    fn score(&self, pod: &PodInfo, node: &NodeInfo, _: &State) -> i64 {
        if node.images.is_empty() {
            return 0;
        }
        let images = &pod.facts.images;
        let spread = |i: &crate::object::Str| {
            node.images.iter().find(|here| here.name == *i).map_or(0, |here| here.spread)
        };
        let max = MAX * images.len().max(1) as i64;
        100 * (images.iter().map(spread).sum::<i64>().clamp(MIN, max) - MIN) / (max - MIN)
    }
}
