//! The informers of the scheduler. Source: `pkg/scheduler/eventhandlers.go` (addAllEventHandlers, WaitForCacheSync), and
//! the listers that plugins ask for when they are made.

use crate::apiserver::Status;
use crate::client::{Change, Informer};
use crate::core::Cx;
use crate::msg::{Reply, WatchEvent};
use crate::object::{Kind, List};
use crate::trace::Heard;

/// The number of the informer of pods.
pub(super) const PODS: u8 = 0;
/// The number of the informer of nodes.
pub(super) const NODES: u8 = 1;

/// The kinds that the scheduler is told of besides pods and nodes, as `apiVersion` and kind. Their informers have the
/// numbers from 2 on.
pub const KINDS: [(&str, &str); 13] = [
    ("v1", "Namespace"),
    ("v1", "Service"),
    ("v1", "ReplicationController"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("policy/v1", "PodDisruptionBudget"),
    ("v1", "PersistentVolume"),
    ("v1", "PersistentVolumeClaim"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("storage.k8s.io/v1", "CSINode"),
    ("storage.k8s.io/v1", "CSIDriver"),
    ("storage.k8s.io/v1", "CSIStorageCapacity"),
    ("storage.k8s.io/v1", "VolumeAttachment"),
];

/// An informer, with what the trace is to know of it.
#[derive(Clone, Debug)]
struct One {
    informer: Informer,
    /// The lists that it has had: see [`Heard`].
    lists: List<(u64, u64)>,
    /// What the last decision said of it: the revision and the number of lists.
    told: Option<(u64, usize)>,
}

impl One {
    fn heard(&self) -> Heard {
        Heard { revision: self.informer.revision(), lists: self.lists.clone() }
    }
}

/// All informers, by number.
#[derive(Clone, Debug)]
pub(super) struct Informers(Vec<One>);

impl Default for Informers {
    fn default() -> Self {
        let others = KINDS.iter().map(|(version, kind)| Kind::of(version, kind));
        let kinds = [Kind::Pod, Kind::Node].into_iter().chain(others);
        let one = |(i, kind)| One {
            informer: Informer::new(u8::try_from(i).unwrap_or(u8::MAX), kind),
            lists: List::default(),
            told: None,
        };
        Informers(kinds.enumerate().map(one).collect())
    }
}

impl Informers {
    /// All of them begin to list.
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) {
        self.0.iter_mut().for_each(|i| i.informer.start(cx));
    }

    /// Whether each has had its first list: nothing is scheduled before.
    pub(super) fn synced(&self) -> bool {
        self.0.iter().all(|i| i.informer.synced())
    }

    /// What one learned from an answer.
    pub(super) fn on_response(
        &mut self,
        cx: &mut Cx<'_>,
        number: u8,
        result: Result<Reply, Box<Status>>,
    ) -> Option<Change> {
        let one = self.0.get_mut(usize::from(number))?;
        let before = one.informer.revision();
        let change = one.informer.on_response(cx, result)?;
        one.lists.push((before, one.informer.revision()));
        Some(change)
    }

    /// What one learned from its watch.
    pub(super) fn on_watch(
        &mut self,
        cx: &mut Cx<'_>,
        number: u8,
        revision: u64,
        event: WatchEvent,
    ) -> Option<Change> {
        self.0.get_mut(usize::from(number))?.informer.on_watch(cx, revision, event)
    }

    /// One is to try again.
    pub(super) fn on_timer(&mut self, cx: &mut Cx<'_>, number: u8) {
        if let Some(one) = self.0.get_mut(usize::from(number)) {
            one.informer.on_timer(cx);
        }
    }

    /// What has been heard of pods and of nodes.
    pub(super) fn heard(&self) -> [Heard; 2] {
        [PODS, NODES].map(|i| self.0[usize::from(i)].heard())
    }

    /// What has been heard of other objects since this was asked last, by the place in [`KINDS`].
    pub(super) fn news(&mut self) -> Vec<(u8, Heard)> {
        let mut out = Vec::new();
        for (place, one) in (0u8..).zip(&mut self.0[2..]) {
            let now = Some((one.informer.revision(), one.lists.len()));
            if one.told != now {
                one.told = now;
                out.push((place, one.heard()));
            }
        }
        out
    }
}
