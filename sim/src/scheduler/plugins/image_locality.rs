//! ImageLocality: prefers nodes that have the pod's images, the more so the larger they are and the more nodes have
//! them (lest one node gets all). Source: `plugins/imagelocality/image_locality.go`.

use crate::scheduler::framework::{Depends, PRE_SCORE, Plugin, PodInfo, Points, SCORE, State, state};
use crate::scheduler::snapshot::{Cache, NodeInfo};

const MIB: i64 = 1024 * 1024;
/// What is smaller counts as nothing.
const MIN: i64 = 23 * MIB;
/// The largest size that counts, for each container.
const MAX: i64 = 1000 * MIB;

/// See the module.
pub struct ImageLocality;

/// The scores of all nodes by number, and when they were worked out.
struct Scores {
    epoch: u64,
    of_row: Vec<i64>,
}

impl Plugin for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }
    fn points(&self) -> Points {
        PRE_SCORE.or(SCORE)
    }
    fn depends_on(&self) -> Depends {
        Depends::Counts
    }
    fn pre_score(&self, pod: &PodInfo, cluster: &Cache, _: &[u32], keep: &mut State) -> bool {
        let images = &pod.facts.images;
        if images.iter().all(|i| cluster.image(i).is_none()) {
            return false;
        }
        let epoch = cluster.images_epoch();
        if state::<Scores>(keep).is_some_and(|s| s.epoch == epoch) {
            return true;
        }
        let nodes = cluster.order().len() as f64;
        let mut of_row = vec![0i64; cluster.rows().len()];
        for image in images.iter().filter_map(|i| cluster.image(i)) {
            let share = (image.size as f64 * (image.rows.len() as f64 / nodes)) as i64;
            image.rows.iter().for_each(|row| of_row[*row as usize] += share);
        }
        let max = MAX * images.len() as i64;
        for sum in &mut of_row {
            *sum = 100 * ((*sum).clamp(MIN, max) - MIN) / (max - MIN);
        }
        *keep = Some(Box::new(Scores { epoch, of_row }));
        true
    }
    fn score(&self, _: &PodInfo, node: &NodeInfo, keep: &State) -> i64 {
        state::<Scores>(keep).map_or(0, |s| s.of_row[node.row as usize])
    }
    fn score_all(&self, _: &PodInfo, _: &Cache, rows: &[u32], keep: &State, out: &mut Vec<i64>) {
        let Some(scores) = state::<Scores>(keep) else { return out.extend(rows.iter().map(|_| 0)) };
        out.extend(rows.iter().map(|r| scores.of_row[*r as usize]));
    }
}
