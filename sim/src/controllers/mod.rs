//! kube-controller-manager: one process, many control loops over one shared cache.
//!
//! What it does upstream: `cmd/kube-controller-manager` starts the controllers of `pkg/controller/*`;
//! each watches, queues the keys of what may need work, compares desired with actual, writes. Modelled:
//! shared informers, work queues with de-duplication and back-off, the time that a sync takes (so that
//! events in a burst are taken together), and the controllers in [`ALL`]. Left out: leader election, the
//! clients' rate limits (`--kube-api-qps`), and the controllers of kinds that are stored inert.
//!
//! A controller is one file and one line in [`ALL`]: a type that implements [`Reconciler`].

mod cache;
mod deployment;
pub(crate) mod deployment_parts;
mod deployment_status;
mod expectations;
mod garbage_collector;
mod io;
mod lane;
mod namespace;
mod node_lifecycle;
mod node_zones;
mod pod_gc;
mod replicaset;
mod replicaset_rank;
mod service_account;
mod taint_eviction;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use cache::{Cache, PodGroup, Seen};
pub use io::Io;
pub use lane::{Outcome, Weight};

use crate::apiserver::Status;
use crate::client::{Change, Informer};
use crate::core::Cx;
use crate::msg::{Ctx, Input, Msg, Reply, Timer};
use crate::object::{Key, Kind, Obj, Str, lit};
use crate::time::{SimTime, Span};
use crate::world::Component;
use io::Events;
use lane::Lane;

/// A control loop.
pub trait Reconciler: Send + Sync {
    /// The controller's name, as traces and user agents have it.
    fn name(&self) -> Str;
    /// The kinds that it watches. It begins to work when all of them have been listed.
    fn watches(&self) -> &'static [Kind];
    /// The process has started: the place to set the first tick.
    fn start(&mut self, _io: &mut Io<'_, '_>) {}
    /// An object of a watched kind has changed. The cache shows the new state already.
    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>);
    /// How long the worker is busy with a key.
    fn cost(&self, _key: &Key, _cache: &Cache) -> Span {
        Span::us(200)
    }
    /// Compares desired with actual and writes. Level-triggered: the key says where to look, not why.
    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome;
    /// One answer has come. Returns whether it counts as a failure of the key's sync.
    fn answered(&mut self, _answer: &Answer<'_>, _io: &mut Io<'_, '_>) -> Verdict {
        Verdict::ByResult
    }
    /// All answers of a sync have come; `failed` of them counted as failures. More may be asked.
    fn resume(&mut self, _key: &Key, failed: u32, _io: &mut Io<'_, '_>) -> Outcome {
        if failed == 0 { Outcome::Done } else { Outcome::Retry }
    }
    /// A timer set by [`Io::wake_after`] has run out.
    fn wake(&mut self, _key: Key, _token: u64, _io: &mut Io<'_, '_>) {}
    /// A timer set by [`Io::tick_after`] has run out.
    fn tick(&mut self, _name: &'static str, _io: &mut Io<'_, '_>) {}
    /// A copy, for a fork of the world.
    fn copy(&self) -> Box<dyn Reconciler>;
}

/// An answer to a request of a controller.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The key whose sync it belongs to.
    pub key: &'a Key,
    /// What the controller called the request.
    pub tag: u8,
    /// The object that the controller said it is about.
    pub about: Option<&'a Key>,
    /// What the API server said.
    pub result: &'a Result<Reply, Box<Status>>,
}

/// Whether an answer is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is one if it is an error.
    ByResult,
    /// It is fine, whatever it says.
    Fine,
}

/// All controllers. The order is that of the lanes: a new one goes to the end.
pub const ALL: &[fn() -> Box<dyn Reconciler>] = &[
    || Box::new(deployment::DeploymentController::default()),
    || Box::new(replicaset::ReplicaSetController::default()),
    || Box::new(node_lifecycle::NodeLifecycle::default()),
    || Box::new(taint_eviction::TaintEviction::default()),
    || Box::new(garbage_collector::GarbageCollector::default()),
    || Box::new(namespace::NamespaceController::default()),
    || Box::new(service_account::ServiceAccountController),
    || Box::new(pod_gc::PodGc::default()),
];

/// What is watched; the informer's number is the position. The last stands for all inert kinds.
static WATCHED: [Kind; 10] = [
    Kind::Namespace,
    Kind::Node,
    Kind::Lease,
    Kind::Pod,
    Kind::ReplicaSet,
    Kind::Deployment,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::ServiceAccount,
    INERT,
];

/// The kind that stands for all inert kinds in a list or a watch.
pub const INERT: Kind = Kind::Other(lit!("*/*"));

/// What a request was for.
#[derive(Clone, Debug)]
pub struct KcmCtx(Box<Slip>);

#[derive(Clone, Debug)]
struct Slip {
    lane: u8,
    key: Key,
    tag: u8,
    about: Option<Key>,
    round: u32,
}

/// Timers.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum KcmTimer {
    /// A worker's time on its key has passed.
    Work { lane: u8 },
    /// A key's wait in the queue is over.
    Delayed { lane: u8, key: Key },
    /// A controller's own timer about a key.
    Wake { lane: u8, key: Key, token: u64 },
    /// A controller's period.
    Tick { lane: u8, name: &'static str },
    /// Time to look for answers that never came.
    Overdue,
}

/// kube-controller-manager. A restart is a new one and [`Input::Start`].
pub struct ControllerManager {
    informers: Vec<Informer>,
    cache: Cache,
    controllers: Vec<Box<dyn Reconciler>>,
    lanes: Vec<Lane>,
    events: Events,
    sweeping: bool,
}

impl Default for ControllerManager {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for ControllerManager {
    fn clone(&self) -> Self {
        ControllerManager {
            informers: self.informers.clone(),
            cache: self.cache.clone(),
            controllers: self.controllers.iter().map(|c| c.copy()).collect(),
            lanes: self.lanes.clone(),
            events: self.events.clone(),
            sweeping: self.sweeping,
        }
    }
}

impl std::fmt::Debug for ControllerManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControllerManager").field("informers", &self.informers).finish_non_exhaustive()
    }
}

impl ControllerManager {
    /// A process with empty memory.
    pub fn new() -> ControllerManager {
        ControllerManager {
            informers: WATCHED.iter().enumerate().map(|(i, k)| Informer::new(i as u8, k.clone())).collect(),
            cache: Cache::default(),
            controllers: ALL.iter().map(|make| make()).collect(),
            lanes: (0..ALL.len()).map(|i| Lane::new(i as u8)).collect(),
            events: Events::default(),
            sweeping: false,
        }
    }

    /// What the informers have told.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Whether all informers have listed.
    pub fn synced(&self) -> bool {
        self.informers.iter().all(Informer::synced)
    }

    /// Lets a controller act, with its name on what it does.
    fn with<R>(
        &mut self,
        lane: u8,
        cx: &mut Cx<'_>,
        act: impl FnOnce(&mut dyn Reconciler, &mut Io<'_, '_>) -> R,
    ) -> R {
        let i = usize::from(lane);
        let controller = &mut *self.controllers[i];
        cx.set_part(controller.name());
        let mut io = Io { cx, cache: &self.cache, lane: &mut self.lanes[i], events: &mut self.events };
        act(controller, &mut io)
    }

    fn ready(&self, lane: u8) -> bool {
        let kinds = self.controllers[usize::from(lane)].watches();
        self.informers.iter().all(|i| i.synced() || !kinds.contains(i.kind()))
    }

    /// Gives a free worker its next key.
    fn pump(&mut self, lane: u8, cx: &mut Cx<'_>) {
        if !self.ready(lane) {
            return;
        }
        let i = usize::from(lane);
        if let Some(key) = self.lanes[i].take(cx) {
            let cost = self.controllers[i].cost(&key, &self.cache);
            cx.after(cost, Timer::Kcm(KcmTimer::Work { lane }));
        }
    }

    fn pump_all(&mut self, cx: &mut Cx<'_>) {
        for lane in 0..self.lanes.len() {
            self.pump(lane as u8, cx);
        }
    }

    fn work(&mut self, lane: u8, cx: &mut Cx<'_>) {
        let i = usize::from(lane);
        if let Some(key) = self.lanes[i].begin(cx) {
            let outcome = self.with(lane, cx, |c, io| c.reconcile(&key, io));
            self.lanes[i].keep_cause(&key, cx.cause());
            self.settle(lane, &key, outcome, cx);
        }
        self.pump(lane, cx);
    }

    /// Ends a sync unless answers are still to come.
    fn settle(&mut self, lane: u8, key: &Key, outcome: Outcome, cx: &mut Cx<'_>) {
        let l = &mut self.lanes[usize::from(lane)];
        if !l.waits(key) {
            l.finish(cx, key, outcome);
        } else if !self.sweeping {
            self.sweeping = true;
            let wait = cx.config().timings.client_timeout;
            cx.tick(wait, Timer::Kcm(KcmTimer::Overdue), "client-timeout");
        }
    }

    fn answer(&mut self, slip: &Slip, result: &Result<Reply, Box<Status>>, cx: &mut Cx<'_>) {
        let lane = slip.lane;
        let i = usize::from(lane);
        if slip.round != 0 && !self.lanes[i].expects(cx, &slip.key, slip.round) {
            return;
        }
        let answer = Answer { key: &slip.key, tag: slip.tag, about: slip.about.as_ref(), result };
        let verdict = self.with(lane, cx, |c, io| c.answered(&answer, io));
        if slip.round != 0 {
            let failed = verdict == Verdict::ByResult && result.is_err();
            if let Some(failed) = self.lanes[i].answered(&slip.key, failed) {
                let outcome = self.with(lane, cx, |c, io| c.resume(&slip.key, failed, io));
                self.lanes[i].keep_cause(&slip.key, cx.cause());
                self.settle(lane, &slip.key, outcome, cx);
            }
        }
        self.pump(lane, cx);
    }

    /// Gives up on answers that have not come for three client time-outs: whoever should have said
    /// so is gone. The key is tried again.
    fn overdue(&mut self, cx: &mut Cx<'_>) {
        self.sweeping = false;
        let wait = cx.config().timings.client_timeout;
        let before = SimTime(cx.now().0.saturating_sub(3 * wait.0));
        for i in 0..self.lanes.len() {
            for key in self.lanes[i].overdue(before) {
                self.lanes[i].finish(cx, &key, Outcome::Retry);
            }
        }
        if self.lanes.iter().any(Lane::in_flight) {
            self.sweeping = true;
            cx.tick(wait, Timer::Kcm(KcmTimer::Overdue), "client-timeout");
        }
    }

    fn apply(&mut self, number: u8, change: Change, cx: &mut Cx<'_>) {
        match change {
            Change::Set(obj) => {
                let seen = self.cache.set(obj);
                self.observe(seen, cx);
            }
            Change::Remove(obj) => {
                let seen = self.cache.remove(&obj.key(), Some(obj));
                self.observe(seen, cx);
            }
            Change::Replace(items) => {
                let kind = &WATCHED[usize::from(number)];
                let mut now: Vec<Key> = items.iter().map(Obj::key).collect();
                now.sort();
                let gone: Vec<Key> = if *kind == INERT {
                    self.cache.inert().map(Obj::key).collect()
                } else {
                    self.cache.of_kind(kind).map(Obj::key).collect()
                };
                for key in gone.into_iter().filter(|k| now.binary_search(k).is_err()) {
                    let seen = self.cache.remove(&key, None);
                    self.observe(seen, cx);
                }
                let cause = cx.cause();
                for obj in items {
                    if let Some(seen) = self.cache.set(obj) {
                        cx.set_cause_to_news_of(&seen.key);
                        self.observe(Some(seen), cx);
                        cx.set_cause(cause);
                    }
                }
            }
        }
        self.pump_all(cx);
    }

    fn observe(&mut self, seen: Option<Seen>, cx: &mut Cx<'_>) {
        let Some(seen) = seen else { return };
        let kind = match &seen.key.kind {
            Kind::Other(_) => &INERT,
            k => k,
        };
        let (cause, background) = (cx.cause(), cx.background());
        for lane in 0..self.controllers.len() {
            if self.controllers[lane].watches().contains(kind) {
                self.with(lane as u8, cx, |c, io| c.observe(&seen, io));
                cx.set_cause(cause);
                cx.set_background(background);
            }
        }
    }
}

impl Component for ControllerManager {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Start => {
                cx.set_part(lit!("informers"));
                for informer in &mut self.informers {
                    informer.start(cx);
                }
                for lane in 0..self.lanes.len() {
                    self.with(lane as u8, cx, |c, io| c.start(io));
                }
            }
            Input::Message { msg: Msg::Response { ctx: Ctx::Informer(n), result }, .. } => {
                cx.set_part(lit!("informers"));
                if let Some(change) = self.informers[usize::from(n)].on_response(cx, result) {
                    self.apply(n, change, cx);
                }
            }
            Input::Message { msg: Msg::Watch { informer: n, revision, event }, .. } => {
                cx.set_part(lit!("informers"));
                if let Some(change) = self.informers[usize::from(n)].on_watch(cx, revision, event) {
                    self.apply(n, change, cx);
                }
            }
            Input::Message { msg: Msg::Response { ctx: Ctx::Kcm(slip), result }, .. } => {
                self.answer(&slip.0, &result, cx);
            }
            // Answers about events that nobody waits for, and what is not meant for this process.
            Input::Message { .. } => {}
            Input::Timer(Timer::Informer(n)) => {
                cx.set_part(lit!("informers"));
                self.informers[usize::from(n)].on_timer(cx);
            }
            Input::Timer(Timer::Kcm(timer)) => match timer {
                KcmTimer::Work { lane } => self.work(lane, cx),
                KcmTimer::Delayed { lane, key } => {
                    self.lanes[usize::from(lane)].on_delayed(cx, key);
                    self.pump(lane, cx);
                }
                KcmTimer::Wake { lane, key, token } => {
                    self.with(lane, cx, |c, io| c.wake(key, token, io));
                    self.pump(lane, cx);
                }
                KcmTimer::Tick { lane, name } => {
                    self.with(lane, cx, |c, io| c.tick(name, io));
                    self.pump(lane, cx);
                }
                KcmTimer::Overdue => {
                    self.overdue(cx);
                    self.pump_all(cx);
                }
            },
            Input::Timer(_) => {}
        }
    }
}
