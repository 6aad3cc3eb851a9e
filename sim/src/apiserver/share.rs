//! Pods that went through the same second of life have the same conditions: they share one list.

use crate::object::{Condition, List, Obj};
use std::collections::HashMap;
use std::sync::Arc;

/// The lists of late, by a hash of what tells them apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions(Arc<HashMap<u64, List<Condition>>>);

/// How many lists are remembered. When there are more, all are forgotten: those in use come back soon.
const MEMORY: usize = 4096;

impl Conditions {
    /// Gives a pod the list that an equal one has already.
    pub(super) fn share(&mut self, o: &mut Obj) {
        let Obj::Pod(pod) = o else { return };
        if pod.status.conditions.is_empty() {
            return;
        }
        let hash = hash(&pod.status.conditions);
        match self.0.get(&hash) {
            Some(list) if list.same(&pod.status.conditions) => {}
            Some(list) if *list == pod.status.conditions => {
                Arc::make_mut(pod).status.conditions = list.clone();
            }
            Some(_) | None => {
                let lists = Arc::make_mut(&mut self.0);
                if lists.len() >= MEMORY {
                    lists.clear();
                }
                lists.insert(hash, pod.status.conditions.clone());
            }
        }
    }
}

/// Not of the texts: whoever finds a list by its hash compares it.
fn hash(list: &[Condition]) -> u64 {
    list.iter().fold(list.len() as u64, |h, c| {
        let time = c.last_transition_time.map_or(0, |t| t.0 as u64);
        let text = (c.type_.len() + 31 * c.reason.len() + 961 * c.message.len()) as u64;
        let new = time << 24 ^ text << 2 ^ c.status as u64;
        (h ^ new).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    })
}
