//! Which pods a replica set gives up first.
//!
//! Source: `pkg/controller/controller_utils.go` (`ActivePodsWithRanks`).

use crate::api_util::Time;
use crate::object::{ConditionStatus, Pod, PodPhase};
use std::cmp::Ordering;
use std::sync::Arc;

/// A pod and how many related pods run on its node.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The pod.
    pub pod: Arc<Pod>,
    /// Active pods of the same replica set, or of its siblings, on the same node.
    pub rank: usize,
}

fn phase_order(phase: PodPhase) -> u8 {
    match phase {
        PodPhase::Pending => 0,
        PodPhase::Unknown => 1,
        PodPhase::Running | PodPhase::Succeeded | PodPhase::Failed => 2,
    }
}

/// `controller.kubernetes.io/pod-deletion-cost`; 0 when absent or not a number.
fn deletion_cost(pod: &Pod) -> i32 {
    let text = pod.metadata.annotations.get("controller.kubernetes.io/pod-deletion-cost");
    text.and_then(|t| t.parse().ok()).unwrap_or(0)
}

fn ready_since(pod: &Pod) -> Option<Time> {
    pod.condition("Ready").filter(|c| c.status == ConditionStatus::True)?.last_transition_time
}

fn most_restarts(pod: &Pod) -> i64 {
    pod.status.container_statuses.iter().map(|c| c.restart_count).max().unwrap_or(0)
}

/// The younger first, but only if it is younger by about a factor of two: otherwise by identity, so
/// that it is not always the newest that goes (`logarithmicRankDiff`).
fn younger_first(a: (&Pod, Option<Time>), b: (&Pod, Option<Time>), now_ns: i128) -> Ordering {
    let bucket = |t: Time| {
        let age = now_ns - i128::from(t.0) * 1_000_000_000;
        if age > 0 { i64::from(age.ilog2()) } else { -1 }
    };
    match (a.1, b.1) {
        (a_time, b_time) if a_time == b_time => Ordering::Equal,
        (None, _) => Ordering::Less,
        (_, None) => Ordering::Greater,
        (Some(x), Some(y)) => bucket(x).cmp(&bucket(y)).then_with(|| a.0.metadata.uid.cmp(&b.0.metadata.uid)),
    }
}

/// `Less`: the pod to be deleted first orders first. `now_ns` is the wall clock in nanoseconds.
pub fn delete_first(a: &Ranked, b: &Ranked, now_ns: i128) -> Ordering {
    let (p, q) = (&*a.pod, &*b.pod);
    let mut order = p.node_name.is_empty().cmp(&q.node_name.is_empty()).reverse();
    order = order.then_with(|| phase_order(p.status.phase).cmp(&phase_order(q.status.phase)));
    order = order.then_with(|| p.ready().cmp(&q.ready()));
    order = order.then_with(|| deletion_cost(p).cmp(&deletion_cost(q)));
    order = order.then_with(|| b.rank.cmp(&a.rank));
    if p.ready() && q.ready() {
        order = order.then_with(|| younger_first((p, ready_since(p)), (q, ready_since(q)), now_ns));
    }
    order = order.then_with(|| most_restarts(q).cmp(&most_restarts(p)));
    order.then_with(|| {
        younger_first((p, p.metadata.creation_timestamp), (q, q.metadata.creation_timestamp), now_ns)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Condition, ContainerStatus, Labels, Str, Uid, lit};

    /// A running, ready pod on node a, a thousand seconds old, that a test then changes.
    fn base(uid: u128) -> Pod {
        let mut p = Pod { node_name: lit!("a"), ..Default::default() };
        p.metadata.uid = Uid(uid);
        p.metadata.creation_timestamp = Some(Time(1_000));
        p.status.phase = PodPhase::Running;
        p.status.container_statuses = vec![ContainerStatus::default()].into();
        p.status.conditions = vec![Condition {
            type_: lit!("Ready"),
            status: ConditionStatus::True,
            last_transition_time: Some(Time(1_000)),
            ..Default::default()
        }]
        .into();
        p
    }

    type Change = fn(&mut Pod);

    #[test]
    fn the_first_to_go() {
        let now = 2_000 * 1_000_000_000i128;
        // name, what is true of the pod that must go first, what is true of the other, ranks
        let cases: &[(&str, Change, Change, (usize, usize))] = &[
            ("unassigned before assigned", |p| p.node_name = lit!(""), |_| {}, (1, 1)),
            ("pending before running", |p| p.status.phase = PodPhase::Pending, |_| {}, (1, 1)),
            (
                "pending before unknown",
                |p| p.status.phase = PodPhase::Pending,
                |p| p.status.phase = PodPhase::Unknown,
                (1, 1),
            ),
            ("unknown before running", |p| p.status.phase = PodPhase::Unknown, |_| {}, (1, 1)),
            ("not ready before ready", |p| p.status.conditions.clear(), |_| {}, (1, 1)),
            (
                "cheap before dear",
                |p| {
                    let pair = (lit!("controller.kubernetes.io/pod-deletion-cost"), Str::from("-5"));
                    p.metadata.annotations = Labels::from_iter([pair]);
                },
                |_| {},
                (1, 1),
            ),
            ("doubled up before alone", |_| {}, |_| {}, (2, 1)),
            (
                "younger readiness first",
                |p| p.status.conditions[0].last_transition_time = Some(Time(1_900)),
                |_| {},
                (1, 1),
            ),
            (
                "same bucket of age: by identity, not by age",
                |p| p.status.conditions[0].last_transition_time = Some(Time(990)),
                |_| {},
                (1, 1),
            ),
            ("more restarts first", |p| p.status.container_statuses[0].restart_count = 3, |_| {}, (1, 1)),
            ("younger first", |p| p.metadata.creation_timestamp = Some(Time(1_900)), |_| {}, (1, 1)),
            (
                "cost outweighs doubling",
                |_| {},
                |p| p.metadata.annotations.insert("controller.kubernetes.io/pod-deletion-cost", "7"),
                (1, 9),
            ),
            (
                "phase outweighs readiness",
                |p| p.status.phase = PodPhase::Pending,
                |p| p.status.conditions.clear(),
                (1, 1),
            ),
        ];
        for (name, first, second, ranks) in cases {
            let (mut a, mut b) = (base(1), base(2));
            first(&mut a);
            second(&mut b);
            let a = Ranked { pod: Arc::new(a), rank: ranks.0 };
            let b = Ranked { pod: Arc::new(b), rank: ranks.1 };
            assert_eq!(delete_first(&a, &b, now), Ordering::Less, "{name}");
            assert_eq!(delete_first(&b, &a, now), Ordering::Greater, "{name}, the other way round");
        }
    }
}
