//! The scheduling framework: what a plugin is asked, and when.
//!
//! Sources: `pkg/scheduler/framework/{interface,types,events}.go`, `k8s.io/kube-scheduler/framework`.
//! A plugin is one file in `plugins/` and one line in a list there ([`super::plugins`]). It is written to be read: the
//! same code serves the reference path ([`super::explain`]), which calls it for every node of every pod, and the fast
//! path ([`super::fast`]), which calls it only where what it [depends on](Plugin::depends_on) has changed.

pub use super::facts::{Facts, PodInfo};
use super::preemption::{Attempt, Preemption};
use super::snapshot::{Cache, NodeInfo};
use crate::object::{Node, Obj, Pod, Str};
use crate::time::SimTime;
use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;

/// A set of small numbers: extension points, events, or plugins by their place in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits(pub u32);

impl Bits {
    /// The empty set.
    pub const NONE: Bits = Bits(0);
    /// The set of one number.
    pub const fn one(i: usize) -> Bits {
        Bits(1 << i)
    }
    /// Members of either set.
    pub const fn or(self, other: Bits) -> Bits {
        Bits(self.0 | other.0)
    }
    /// Whether the sets share a member.
    pub const fn meets(self, other: Bits) -> bool {
        self.0 & other.0 != 0
    }
    /// Whether a number is in it.
    pub const fn has(self, i: usize) -> bool {
        self.0 >> i & 1 == 1
    }
    /// Whether it has no member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Its members, rising.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |i| self.has(*i))
    }
}

/// Extension points.
pub type Points = Bits;
/// May keep a pod out of the queue.
pub const PRE_ENQUEUE: Points = Bits::one(0);
/// Orders the queue.
pub const QUEUE_SORT: Points = Bits::one(1);
/// Looks at the pod, once a cycle, before the filters.
pub const PRE_FILTER: Points = Bits::one(2);
/// Rejects nodes.
pub const FILTER: Points = Bits::one(3);
/// Helps when no node is left.
pub const POST_FILTER: Points = Bits::one(4);
/// Looks at the feasible nodes, once a cycle, before the scores.
pub const PRE_SCORE: Points = Bits::one(5);
/// Scores nodes.
pub const SCORE: Points = Bits::one(6);
/// Brings its scores to 0 to 100.
pub const NORMALIZE: Points = Bits::one(7);
/// Sets aside what the pod will use on its node.
pub const RESERVE: Points = Bits::one(8);
/// May hold a pod back before it is bound.
pub const PERMIT: Points = Bits::one(9);
/// Prepares the binding.
pub const PRE_BIND: Points = Bits::one(10);
/// Binds.
pub const BIND: Points = Bits::one(11);

/// What a plugin's verdict and raw score on a node can change with, besides the pod's spec. The fast path
/// keeps an answer for as long as that has not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depends {
    /// The node object.
    Node,
    /// The node object and the pods on that node.
    NodePods,
    /// Other nodes and other pods too, and the pod's labels, by counts that the plugin keeps in its [`State`]. The
    /// state outlives the cycle: [`Plugin::update`] tells it of each pod that comes or goes, and it is dropped when
    /// nodes or other objects change. The next cycle of a like pod finds it in PreFilter and PreScore.
    Counts,
    /// Anything. It is asked anew each time.
    Anything,
}

/// One reason or more, in upstream's words. One literal, the most frequent case, allocates nothing.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Why {
    One(Str),
    Many(Vec<Str>),
}

impl Deref for Why {
    type Target = [Str];
    fn deref(&self) -> &[Str] {
        match self {
            Why::One(s) => std::slice::from_ref(s),
            Why::Many(v) => v,
        }
    }
}
impl PartialEq for Why {
    fn eq(&self, other: &Why) -> bool {
        **self == **other
    }
}
impl Eq for Why {}
impl From<Str> for Why {
    fn from(s: Str) -> Why {
        Why::One(s)
    }
}
impl From<Vec<Str>> for Why {
    fn from(v: Vec<Str>) -> Why {
        Why::Many(v)
    }
}

/// Why a node, or a pod as a whole, is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// In upstream's words.
    pub reasons: Why,
    /// `UnschedulableAndUnresolvable`: evicting pods would not help.
    pub unresolvable: bool,
}

impl Rejection {
    /// A reason that evicting pods may remove.
    pub fn unschedulable(reason: impl Into<Why>) -> Rejection {
        Rejection { reasons: reason.into(), unresolvable: false }
    }
    /// A reason that evicting pods would not remove.
    pub fn unresolvable(reason: impl Into<Why>) -> Rejection {
        Rejection { reasons: reason.into(), unresolvable: true }
    }
}

/// The answer at PreFilter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreFilter {
    /// Ask the filter for each node.
    Continue,
    /// The filter has nothing to say about this pod.
    Skip,
    /// Only nodes of these names can be feasible (`PreFilterResult`).
    Only(Vec<Str>),
    /// No node can be.
    Reject(Rejection),
}

/// What a plugin keeps from its PreFilter and PreScore for the nodes of the same cycle (`CycleState`); with
/// [`Depends::Counts`], for later cycles too.
pub type State = Option<Box<dyn Any + Send + Sync>>;

/// The state as its plugin knows it.
pub fn state<T: 'static>(state: &State) -> Option<&T> {
    state.as_ref()?.downcast_ref()
}
/// The state as its plugin knows it, for change.
pub fn state_mut<T: 'static>(state: &mut State) -> Option<&mut T> {
    state.as_mut()?.downcast_mut()
}

/// The state as its plugin knows it, made if there is none.
pub fn state_or_default<T: Default + Send + Sync + 'static>(keep: &mut State) -> &mut T {
    if state::<T>(keep).is_none() {
        *keep = Some(Box::new(T::default()));
    }
    state_mut(keep).expect("it has just been put there")
}

/// The rejection that a verdict of [`Plugin::filter_all`] other than 0 stands for.
pub fn coded(reasons: &[(Str, bool)], verdict: u8) -> Rejection {
    let (why, unresolvable) = &reasons[usize::from(verdict) - 1];
    Rejection { reasons: why.clone().into(), unresolvable: *unresolvable }
}

/// A pod came to a node or left it.
#[derive(Clone, Copy, Debug)]
pub struct PodChange<'a> {
    /// The pod.
    pub info: &'a PodInfo,
    /// The node's number.
    pub row: u32,
    /// 1 if it came, -1 if it left.
    pub sign: i64,
    /// In a trial of preemption, or for a nominated pod: it will be undone.
    pub trial: bool,
}

/// Things that happen in a cluster and may let a rejected pod fit (`ClusterEvent`).
pub type Events = Bits;
/// A node joined.
pub const NODE_ADD: Events = Bits::one(0);
/// A node left.
pub const NODE_DELETE: Events = Bits::one(1);
/// A node's allocatable resources changed.
pub const NODE_ALLOCATABLE: Events = Bits::one(2);
/// A node's labels changed.
pub const NODE_LABEL: Events = Bits::one(3);
/// A node's taints changed, or it became schedulable.
pub const NODE_TAINT: Events = Bits::one(4);
/// A condition of a node changed its status.
pub const NODE_CONDITION: Events = Bits::one(5);
/// A pod on a node came into view.
pub const POD_ADD: Events = Bits::one(6);
/// A pod on a node is gone or has ended.
pub const POD_DELETE: Events = Bits::one(7);
/// The labels of a pod on a node, or of the waiting pod, changed.
pub const POD_LABEL: Events = Bits::one(8);
/// The tolerations of the waiting pod changed.
pub const POD_TOLERATION: Events = Bits::one(9);
/// The last scheduling gate of the waiting pod was lifted.
pub const POD_GATES: Events = Bits::one(10);
/// A pod asks for less than before.
pub const POD_SCALE_DOWN: Events = Bits::one(11);
/// Five minutes are over: every pod is tried again, whatever its plugins say.
pub const TIMEOUT: Events = Bits::one(12);
/// A PersistentVolumeClaim came or changed.
pub const VOLUME_CLAIM: Events = Bits::one(13);
/// A PersistentVolume came or changed.
pub const VOLUME: Events = Bits::one(14);
/// A StorageClass came or changed.
pub const STORAGE_CLASS: Events = Bits::one(15);
/// A CSINode came or changed.
pub const CSI_NODE: Events = Bits::one(16);
/// A CSIDriver changed.
pub const CSI_DRIVER: Events = Bits::one(17);
/// A CSIStorageCapacity came or changed.
pub const CSI_CAPACITY: Events = Bits::one(18);
/// A VolumeAttachment is gone.
pub const ATTACHMENT_DELETE: Events = Bits::one(19);

/// The name of an event, as `ClusterEvent.Label()` gives it.
pub fn event_label(what: Events) -> &'static str {
    match what {
        NODE_ADD => "NodeAdd",
        NODE_DELETE => "NodeDelete",
        NODE_ALLOCATABLE => "NodeUpdateNodeAllocatable",
        NODE_LABEL => "NodeUpdateNodeLabel",
        NODE_TAINT => "NodeUpdateNodeTaint",
        NODE_CONDITION => "NodeUpdateNodeCondition",
        POD_ADD => "AssignedPodAdd",
        POD_DELETE => "AssignedPodDelete",
        POD_LABEL => "PodUpdatePodLabel",
        POD_TOLERATION => "PodUpdatePodToleration",
        POD_GATES => "PodUpdatePodSchedulingGatesEliminated",
        POD_SCALE_DOWN => "PodUpdatePodScaleDown",
        TIMEOUT => "UnschedulableTimeout",
        VOLUME_CLAIM => "PersistentVolumeClaimUpdate",
        VOLUME => "PersistentVolumeUpdate",
        STORAGE_CLASS => "StorageClassUpdate",
        CSI_NODE => "CSINodeUpdate",
        CSI_DRIVER => "CSIDriverUpdate",
        CSI_CAPACITY => "CSIStorageCapacityUpdate",
        ATTACHMENT_DELETE => "VolumeAttachmentDelete",
        _ => "Unknown",
    }
}

/// What an event is about, before and after.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Subject {
    None,
    Node { old: Option<Arc<Node>>, new: Option<Arc<Node>> },
    Pod { old: Option<Arc<Pod>>, new: Option<Arc<Pod>> },
    Object { old: Option<Obj>, new: Option<Obj> },
}

/// Something happened in the cluster.
#[derive(Clone, Debug)]
pub struct ClusterEvent {
    /// What: one event.
    pub what: Events,
    /// To what.
    pub subject: Subject,
}

/// A scheduler plugin. What it does not implement, it is not asked: [`Plugin::points`] says so.
pub trait Plugin: Send + Sync {
    /// Its name in upstream's configuration.
    fn name(&self) -> &'static str;
    /// The extension points at which it is asked.
    fn points(&self) -> Points;
    /// What its filter and its raw score depend on.
    fn depends_on(&self) -> Depends {
        Depends::Node
    }
    /// Events that may let a pod fit which it rejected (`EventsToRegister`).
    fn events(&self) -> Events {
        Events::NONE
    }
    /// Whether such an event may help this pod (`QueueingHintFn`).
    fn hint(&self, pod: &PodInfo, event: &ClusterEvent, cluster: &Cache) -> bool {
        let _ = (pod, event, cluster);
        true
    }
    /// Whether a pod may enter the active queue.
    fn pre_enqueue(&self, pod: &Pod) -> Result<(), Rejection> {
        let _ = pod;
        Ok(())
    }
    /// The pod's place in the queue; the lower key goes first.
    fn sort_key(&self, pod: &PodInfo, queued: SimTime) -> (i64, SimTime) {
        let _ = pod;
        (0, queued)
    }
    /// Before the filters. With [`Depends::Node`] and [`Depends::NodePods`], the answer must follow from the
    /// pod's spec alone.
    fn pre_filter(&self, pod: &PodInfo, cluster: &Cache, state: &mut State) -> PreFilter {
        let _ = (pod, cluster, state);
        PreFilter::Continue
    }
    /// A pod came to a node or left it after the state was made: it is set right (`PreFilterExtensions`). Asked in
    /// trials of preemption, for nominated pods, and, with [`Depends::Counts`], between cycles. A pod that comes and
    /// leaves again must leave no trace.
    fn update(&self, pod: &PodInfo, change: PodChange<'_>, cluster: &Cache, state: &mut State) {
        let _ = (pod, change, cluster, state);
    }
    /// Whether the pod can run on the node.
    fn filter(&self, pod: &PodInfo, node: &NodeInfo, state: &State) -> Result<(), Rejection> {
        let _ = (pod, node, state);
        Ok(())
    }
    /// The verdicts on many nodes: 0 for each that passes, otherwise 1 + the place of the reason in
    /// [`Plugin::rejections`]. There only to be faster than [`Plugin::filter`] for each; `false` if it is not there.
    fn filter_all(&self, pod: &PodInfo, rows: &[u32], state: &State, out: &mut [u8]) -> bool {
        let _ = (pod, rows, state, out);
        false
    }
    /// The reasons of [`Plugin::filter_all`].
    fn rejections(&self) -> &'static [(Str, bool)] {
        &[]
    }
    /// When no node passed the filters: whether the plugin can make room (`PostFilter`).
    fn post_filter(&self, attempt: &mut Attempt<'_, '_>) -> PostFilter {
        let _ = attempt;
        PostFilter::Nothing(String::new())
    }
    /// Before the scores; `feasible` are numbers of nodes. `false` leaves the plugin out. With [`Depends::Node`] and
    /// [`Depends::NodePods`], the answer must follow from the pod's spec alone. The state is what PreFilter left.
    fn pre_score(&self, pod: &PodInfo, cluster: &Cache, feasible: &[u32], state: &mut State) -> bool {
        let _ = (pod, cluster, feasible, state);
        true
    }
    /// The node's raw score.
    fn score(&self, pod: &PodInfo, node: &NodeInfo, state: &State) -> i64 {
        let _ = (pod, node, state);
        0
    }
    /// The raw scores of many nodes. There only to be faster than [`Plugin::score`] for each.
    fn score_all(&self, pod: &PodInfo, cluster: &Cache, rows: &[u32], state: &State, out: &mut Vec<i64>) {
        out.extend(rows.iter().map(|r| self.score(pod, cluster.row(*r), state)));
    }
    /// Brings the raw scores of all feasible nodes to 0 to 100.
    fn normalize(&self, scores: &mut [i64], state: &State) {
        let _ = (scores, state);
    }
}

/// What a PostFilter plugin came to.
#[derive(Clone, Debug)]
pub enum PostFilter {
    /// Room can be made.
    Nominated(Box<Preemption>),
    /// No room can be made; why, in upstream's words. A nomination that the pod has stays.
    Nothing(String),
    /// As `Nothing`, and a nomination that the pod has is withdrawn.
    Withdrawn(String),
}

/// The highest normalised score (`MaxNodeScore`).
pub const MAX_SCORE: i64 = 100;

/// Replaces each number by what `f` makes of it. Scores of many nodes have few values, so that most need no work.
pub fn map_scores(scores: &mut [i64], f: impl Fn(i64) -> i64) {
    const SLOTS: usize = 16;
    let mut known = [(i64::MIN, 0i64); SLOTS];
    for s in scores {
        let slot = &mut known[*s as usize % SLOTS];
        if slot.0 != *s || *s == i64::MIN {
            *slot = (*s, f(*s));
        }
        *s = slot.1;
    }
}

/// `helper.DefaultNormalizeScore`: the highest becomes 100, the others in proportion; `reverse` turns it round.
pub fn default_normalize(scores: &mut [i64], reverse: bool) {
    let max = scores.iter().copied().max().unwrap_or(0).max(0);
    if max == 0 {
        if reverse {
            scores.fill(MAX_SCORE);
        }
        return;
    }
    map_scores(scores, |s| {
        let scaled = MAX_SCORE * s / max;
        if reverse { MAX_SCORE - scaled } else { scaled }
    });
}

/// How many nodes have to be found feasible before the search ends (`numFeasibleNodesToFind`).
/// `percent` 0 means adaptive, as by default.
pub fn feasible_to_find(nodes: usize, percent: usize) -> usize {
    const MIN_FEASIBLE: usize = 100;
    const MIN_PERCENT: usize = 5;
    if nodes < MIN_FEASIBLE {
        return nodes;
    }
    let percent = if percent == 0 { 50usize.saturating_sub(nodes / 125).max(MIN_PERCENT) } else { percent };
    (nodes * percent / 100).max(MIN_FEASIBLE).min(nodes)
}

/// The one of `n` that a draw chooses.
pub fn pick(draw: u64, n: usize) -> usize {
    ((u128::from(draw) * n as u128) >> 64) as usize
}
