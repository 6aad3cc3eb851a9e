//! The scheduling queue: what to schedule next, and what to leave alone until something changes.
//!
//! Source: `pkg/scheduler/backend/queue/{scheduling_queue,active_queue,backoff_queue}.go`, with the feature gates
//! of v1.34 (SchedulerQueueingHints, SchedulerPopFromBackoffQ). A pod is in one of four places: active; backing
//! off after a rejection, or after an error; or unschedulable, where it stays until an event that one of the
//! plugins that rejected it cares about. Nominations are in the [`Cache`]. Left out: `Pending` verdicts.

use super::framework::{
    Bits, ClusterEvent, Events, POD_GATES, POD_LABEL, POD_SCALE_DOWN, POD_TOLERATION, POST_FILTER,
    PRE_ENQUEUE, PodInfo, QUEUE_SORT, Subject, TIMEOUT, event_label,
};
use super::plugins::scheduling_gates::gated;
use super::profile::Profile;
use super::profiles::Profiles;
use super::resources::PodAmounts;
use super::snapshot::Cache;
use crate::core::Cx;
use crate::object::{Key, Kind, Pod, Uid, UidMap};
use crate::time::{SimTime, Span};
use crate::trace::{Cause, Code};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Back-offs end at whole windows (`backoffQOrderingWindowDuration`).
const WINDOW: Span = Span::secs(1);
/// After so long an unschedulable pod is tried again without a reason.
pub const LEFTOVER_AFTER: Span = Span::secs(300);
/// How often such pods are looked for.
pub const LEFTOVER_PERIOD: Span = Span::secs(30);

/// A pod in the queue, or in a cycle.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The pod.
    pub info: PodInfo,
    /// When it came, or when its last attempt ended.
    pub timestamp: SimTime,
    /// Attempts so far.
    pub attempts: u32,
    /// Why it is where it is.
    pub cause: Cause,
    /// The plugins that rejected it last, or that keep it out of the queue.
    pub rejectors: Bits,
    /// The number of its profile.
    pub profile: usize,
    /// The plugin that keeps it out of the queue.
    gated: Option<usize>,
    rejections: u32,
    errors: u32,
    seq: u64,
}

impl Queued {
    /// The profile, and whose events may help the pod: of the plugins that rejected it, or of the one that keeps it
    /// out of the queue.
    fn waits_for(&self) -> (usize, u32) {
        (self.profile, self.gated.map_or(self.rejectors, Bits::one).0)
    }
    fn uid(&self) -> Uid {
        self.info.pod.metadata.uid
    }
    fn key(&self) -> Key {
        Key {
            kind: Kind::Pod,
            ns: self.info.pod.metadata.namespace.clone(),
            name: self.info.pod.metadata.name.clone(),
        }
    }
    /// How long it has to wait after its last attempt, with the first wait and the longest: by default 1 s, 2 s,
    /// 4 s, 8 s, 10 s (`calculateBackoffDuration`).
    pub fn backoff(&self, (first, max): (Span, Span)) -> Span {
        let count = if self.errors > 0 { self.errors } else { self.rejections };
        match count {
            0 => Span::ZERO,
            n => Span(max.0.min(first.0.saturating_mul(1 << (n - 1).min(20)))),
        }
    }
    /// The window in which its back-off ends.
    fn expires(&self, limits: (Span, Span)) -> SimTime {
        window(self.timestamp + self.backoff(limits))
    }
    /// Upstream counts the window in which the back-off ends as part of it.
    fn backing_off(&self, now: SimTime, limits: (Span, Span)) -> bool {
        self.errors + self.rejections > 0 && limits.1 > Span::ZERO && self.expires(limits) >= window(now)
    }
}

fn window(t: SimTime) -> SimTime {
    SimTime(t.0 - t.0 % WINDOW.0)
}

/// Lower goes first.
type SortKey = ((i64, SimTime), u64, Uid);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Active,
    Backoff,
    ErrorBackoff,
    Unschedulable,
}

/// The queue.
#[derive(Clone)]
pub struct SchedulingQueue {
    profiles: Profiles,
    /// Pods for which others are being evicted: they are kept out until that is done.
    preempting: HashSet<Uid>,
    /// The pod that came last.
    latest: Option<PodInfo>,
    pods: UidMap<(Queued, Place)>,
    active: BTreeSet<SortKey>,
    backoff: BTreeSet<(SimTime, SortKey)>,
    error_backoff: BTreeSet<(SimTime, SortKey)>,
    /// By the plugins that rejected them.
    unschedulable: BTreeMap<(usize, u32), BTreeSet<(u64, Uid)>>,
    /// The pod in the scheduling cycle, and what happened since it began.
    in_flight: Option<(Uid, Vec<(ClusterEvent, Cause)>)>,
    seq: u64,
}

impl SchedulingQueue {
    /// An empty queue for the pods of these profiles.
    pub fn new(profiles: impl Into<Profiles>) -> SchedulingQueue {
        SchedulingQueue {
            profiles: profiles.into(),
            preempting: HashSet::new(),
            latest: None,
            pods: UidMap::default(),
            active: BTreeSet::new(),
            backoff: BTreeSet::new(),
            error_backoff: BTreeSet::new(),
            unschedulable: BTreeMap::new(),
            in_flight: None,
            seq: 0,
        }
    }

    /// How many pods are active, backing off, and unschedulable.
    pub fn lengths(&self) -> (usize, usize, usize) {
        (
            self.active.len(),
            self.backoff.len() + self.error_backoff.len(),
            self.unschedulable.values().map(BTreeSet::len).sum(),
        )
    }

    fn profile(&self, q: &Queued) -> &Arc<Profile> {
        self.profiles.at(q.profile)
    }

    /// Whether the pod is in a cycle.
    pub fn is_in_flight(&self, uid: Uid) -> bool {
        self.in_flight.as_ref().is_some_and(|(id, _)| *id == uid)
    }

    /// For a pod others are being evicted, or no longer are (`preempting` in `preemption/preemption.go`).
    pub fn set_preempting(&mut self, uid: Uid, on: bool) {
        if on {
            self.preempting.insert(uid);
        } else {
            self.preempting.remove(&uid);
        }
    }

    fn sort_key(&self, q: &Queued) -> SortKey {
        // All profiles sort alike: a configuration where they do not is refused.
        let profile = self.profile(q);
        let sort = profile.at(QUEUE_SORT).first();
        let key = sort.map_or((0, q.timestamp), |i| profile.plugin(*i).sort_key(&q.info, q.timestamp));
        (key, q.seq, q.uid())
    }

    fn insert(&mut self, q: Queued, place: Place) {
        let key = self.sort_key(&q);
        match place {
            Place::Active => drop(self.active.insert(key)),
            Place::Backoff => drop(self.backoff.insert((q.expires(self.profiles.backoff), key))),
            Place::ErrorBackoff => drop(self.error_backoff.insert((q.expires(self.profiles.backoff), key))),
            Place::Unschedulable => {
                self.unschedulable.entry(q.waits_for()).or_default().insert((q.seq, q.uid()));
            }
        }
        self.pods.insert(q.uid(), (q, place));
    }

    fn take(&mut self, uid: Uid) -> Option<(Queued, Place)> {
        let (q, place) = self.pods.remove(&uid)?;
        let key = self.sort_key(&q);
        match place {
            Place::Active => self.active.remove(&key),
            Place::Backoff => self.backoff.remove(&(q.expires(self.profiles.backoff), key)),
            Place::ErrorBackoff => self.error_backoff.remove(&(q.expires(self.profiles.backoff), key)),
            Place::Unschedulable => self.let_go(&q),
        };
        Some((q, place))
    }

    fn let_go(&mut self, q: &Queued) -> bool {
        let Some(set) = self.unschedulable.get_mut(&q.waits_for()) else { return false };
        let was = set.remove(&(q.seq, q.uid()));
        if set.is_empty() {
            self.unschedulable.remove(&q.waits_for());
        }
        was
    }

    /// The unschedulable pods for which `concerned` holds, told their profile and whose events may help them, in the
    /// order in which they came.
    fn waiting(&self, concerned: impl Fn(usize, Bits) -> bool) -> Vec<Uid> {
        let sets = self.unschedulable.iter().filter(|((profile, bits), _)| concerned(*profile, Bits(*bits)));
        let mut all: Vec<(u64, Uid)> = sets.flat_map(|(_, set)| set.iter().copied()).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, uid)| uid).collect()
    }

    /// A pod that waits for a node has come. One of no profile is nobody's business.
    pub fn add(&mut self, cx: &mut Cx<'_>, pod: Arc<Pod>) {
        let Some(profile) = self.profiles.number(&pod.spec.scheduler_name) else { return };
        self.seq += 1;
        let q = Queued {
            info: PodInfo::like(self.latest.as_ref(), pod),
            timestamp: cx.now(),
            attempts: 0,
            cause: cx.cause(),
            rejectors: Bits::NONE,
            profile,
            gated: None,
            rejections: 0,
            errors: 0,
            seq: self.seq,
        };
        self.latest = Some(q.info.clone());
        self.enter(q, Place::Active);
    }

    /// To that place, unless a PreEnqueue plugin keeps it out.
    fn enter(&mut self, mut q: Queued, place: Place) {
        let profile = self.profile(&q);
        let preempting = self.preempting.contains(&q.uid());
        q.gated = profile.at(PRE_ENQUEUE).iter().copied().find(|i| {
            let plugin = profile.plugin(*i);
            // The plugin that evicts pods for this one waits until that is done.
            preempting && plugin.points().meets(POST_FILTER) || plugin.pre_enqueue(&q.info.pod).is_err()
        });
        if let Some(i) = q.gated {
            q.rejectors = q.rejectors.or(Bits::one(i));
        }
        let place = if q.gated.is_some() { Place::Unschedulable } else { place };
        self.insert(q, place);
    }

    /// A pod no longer waits for a node.
    pub fn remove(&mut self, uid: Uid) {
        self.take(uid);
    }

    /// A waiting pod has changed.
    pub fn update(&mut self, cx: &mut Cx<'_>, cluster: &Cache, old: &Arc<Pod>, new: &Arc<Pod>) {
        let uid = new.metadata.uid;
        let subject = Subject::Pod { old: Some(old.clone()), new: Some(new.clone()) };
        if let Some((id, seen)) = &mut self.in_flight
            && *id == uid
        {
            for what in pod_changes(old, new) {
                seen.push((ClusterEvent { what, subject: subject.clone() }, cx.cause()));
            }
            return;
        }
        let Some((mut q, place)) = self.take(uid) else {
            self.add(cx, new.clone());
            return;
        };
        q.info = PodInfo::like(Some(&q.info), new.clone());
        if place == Place::Unschedulable {
            for what in pod_changes(old, new) {
                let event = ClusterEvent { what, subject: subject.clone() };
                if self.worth(&q, &event, cluster) {
                    self.retry(cx, q, what);
                    return;
                }
            }
        }
        self.insert(q, place);
    }

    /// The next pod to schedule; its cycle begins. When no pod is active, one that backs off after a rejection is
    /// taken early, as upstream does since v1.33.
    pub fn pop(&mut self) -> Option<Queued> {
        let uid = self.active.first().map(|k| k.2).or_else(|| self.backoff.first().map(|(_, k)| k.2))?;
        let (mut q, _) = self.take(uid)?;
        q.attempts += 1;
        q.rejectors = Bits::NONE;
        q.gated = None;
        self.in_flight = Some((uid, Vec::new()));
        Some(q)
    }

    /// The pod's cycle is over, and it needs no place in the queue.
    pub fn done(&mut self, uid: Uid) {
        self.in_flight.take_if(|(id, _)| *id == uid);
    }

    /// The attempt failed: `rejectors` refused the pod, or, if there are none, something went wrong
    /// (`AddUnschedulableIfNotPresent`).
    pub fn fail(&mut self, cx: &mut Cx<'_>, cluster: &Cache, mut q: Queued, rejectors: Bits) {
        let seen = self.in_flight.take_if(|(id, _)| *id == q.uid()).map_or(Vec::new(), |(_, seen)| seen);
        q.timestamp = cx.now();
        q.rejectors = rejectors;
        q.cause = cx.cause();
        if rejectors.is_empty() {
            q.errors += 1;
            let wait = (q.expires(self.profiles.backoff) + WINDOW) - cx.now();
            q.cause = cx.note(Code::PodBackoff, &q.key(), &[("wait", &wait)]);
            self.enter(q, Place::ErrorBackoff);
            return;
        }
        q.rejections += 1;
        q.errors = 0;
        for (event, cause) in seen {
            if self.worth(&q, &event, cluster) {
                let own = cx.cause();
                cx.set_cause(cause);
                self.retry(cx, q, event.what);
                cx.set_cause(own);
                return;
            }
        }
        self.insert(q, Place::Unschedulable);
    }

    /// Whether an event may let a pod fit (`isPodWorthRequeuing`).
    fn worth(&self, q: &Queued, event: &ClusterEvent, cluster: &Cache) -> bool {
        event.what == TIMEOUT
            || q.rejectors.is_empty()
            || q.rejectors.iter().any(|i| {
                let plugin = self.profile(q).plugin(i);
                plugin.events().meets(event.what) && plugin.hint(&q.info, event, cluster)
            })
    }

    /// Because of an event, which is the present cause, a pod is tried again.
    fn retry(&mut self, cx: &mut Cx<'_>, mut q: Queued, what: Events) {
        q.cause = cx.note(Code::PodRetried, &q.key(), &[("event", &event_label(what))]);
        let place = if !q.backing_off(cx.now(), self.profiles.backoff) {
            Place::Active
        } else if q.rejectors.is_empty() {
            Place::ErrorBackoff
        } else {
            Place::Backoff
        };
        self.enter(q, place);
    }

    /// Something happened: the unschedulable pods that it may help are tried again
    /// (`MoveAllToActiveOrBackoffQueue`).
    pub fn react(&mut self, cx: &mut Cx<'_>, cluster: &Cache, event: ClusterEvent) {
        self.react_up_to(cx, cluster, event, i32::MAX);
    }

    /// As [`SchedulingQueue::react`], but for pods of up to a priority (`getLEPriorityPreCheck`).
    pub fn react_up_to(&mut self, cx: &mut Cx<'_>, cluster: &Cache, event: ClusterEvent, priority: i32) {
        let interested = |p: &Arc<Profile>| {
            let asks = p.plugins.iter().enumerate().filter(|(_, e)| e.plugin.events().meets(event.what));
            asks.fold(Bits::NONE, |all, (i, _)| all.or(Bits::one(i)))
        };
        let interested: Vec<Bits> = self.profiles.iter().map(interested).collect();
        if interested.iter().all(|i| i.is_empty()) {
            return;
        }
        // Also those about which something went wrong, which no plugin rejected.
        for uid in self.waiting(|profile, of| of.is_empty() || interested[profile].meets(of)) {
            let Some((q, _)) = self.pods.get(&uid) else { continue };
            if q.info.priority() <= priority
                && self.worth(q, &event, cluster)
                && let Some((q, _)) = self.take(uid)
            {
                self.retry(cx, q, event.what);
            }
        }
        if let Some((_, seen)) = &mut self.in_flight {
            seen.push((event, cx.cause()));
        }
    }

    /// A pod that waits goes to the front, whatever it waits for (`Activate`).
    pub fn activate(&mut self, cx: &mut Cx<'_>, uid: Uid) {
        if let Some((mut q, place)) = self.take(uid) {
            if place != Place::Active {
                q.cause = cx.cause();
            }
            self.enter(q, Place::Active);
        }
    }

    /// Pods whose back-off is over become active.
    pub fn flush_backoff(&mut self, now: SimTime) {
        let over = |set: &BTreeSet<(SimTime, SortKey)>| -> Vec<Uid> {
            set.iter().take_while(|(expires, _)| *expires < window(now)).map(|(_, k)| k.2).collect()
        };
        for uid in over(&self.backoff).into_iter().chain(over(&self.error_backoff)) {
            if let Some((q, _)) = self.take(uid) {
                self.enter(q, Place::Active);
            }
        }
    }

    /// When the next back-off is over.
    pub fn next_backoff(&self) -> Option<SimTime> {
        let first =
            self.backoff.first().into_iter().chain(self.error_backoff.first()).map(|(t, _)| *t).min()?;
        Some(first + WINDOW)
    }

    /// Pods that have been unschedulable for too long are tried again.
    pub fn flush_leftover(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        for uid in self.waiting(|_, _| true) {
            if self.pods.get(&uid).is_some_and(|(q, _)| now - q.timestamp > LEFTOVER_AFTER)
                && let Some((q, _)) = self.take(uid)
            {
                self.retry(cx, q, TIMEOUT);
            }
        }
    }

    /// Since when the pod waits that has been unschedulable for longest.
    pub fn oldest_unschedulable(&self) -> Option<SimTime> {
        let all = self.unschedulable.values().flatten();
        all.filter_map(|(_, uid)| Some(self.pods.get(uid)?.0.timestamp)).min()
    }
}

/// What changed in a pod that plugins care about (`PodSchedulingPropertiesChange`).
fn pod_changes(old: &Pod, new: &Pod) -> Vec<Events> {
    let mut out = Vec::new();
    if old.metadata.labels != new.metadata.labels {
        out.push(POD_LABEL);
    }
    if Arc::ptr_eq(&old.spec, &new.spec) {
        return out;
    }
    if old.spec.tolerations != new.spec.tolerations {
        out.push(POD_TOLERATION);
    }
    if gated(old) && !gated(new) {
        out.push(POD_GATES);
    }
    let (a, b) = (PodAmounts::of(old).request, PodAmounts::of(new).request);
    if b.milli_cpu < a.milli_cpu || b.memory < a.memory {
        out.push(POD_SCALE_DOWN);
    }
    out
}
