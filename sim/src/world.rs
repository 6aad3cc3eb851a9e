//! The world: all components, their queue, and the one door for inputs.
//!
//! It has no clock, no threads and no I/O: a driver tells it the time. Everything that comes in is
//! logged, so that the same log gives the same world, however the driver sliced time.

use crate::apiserver::{ApiServer, Propagation, Status};
use crate::config::WorldConfig;
use crate::controllers::ControllerManager;
use crate::core::{Core, Cx, Due};
use crate::etcd::{Committed, Etcd, EtcdReply};
use crate::fault::{Active, Fault};
use crate::kubelet::{Kubelet, KubeletTimer};
use crate::msg::{Comp, Ctx, Input, Msg, Timer, WatchEvent};
use crate::object::{Key, Kind, List, Obj, ObjectSet, Str, lit};
use crate::runtime::{RuntimeEvent, SimRuntime, Usage};
use crate::scheduler::Scheduler;
use crate::time::{SimTime, Span};
use crate::trace::{Actor, Cause, Code, Level, PodUsage, Record, RecordId, What};
use crate::user::{Outcome, User};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A part of the cluster: a process with a memory of its own.
pub trait Component {
    /// Handles one input at `cx.now()`.
    fn step(&mut self, input: Input, cx: &mut Cx<'_>);
}

/// What comes into the world from outside. Everything that does is logged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum External {
    /// Somebody uses kubectl. `id` is echoed in the outcome.
    User { id: u64, command: UserCommand },
    /// A fault begins. `id` names it for [`External::Mend`].
    Fault { id: u64, fault: Fault },
    /// A fault ends.
    Mend { id: u64 },
    /// A runtime outside of the world reports.
    Runtime { node: u32, event: RuntimeEvent },
}

/// What kubectl is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum UserCommand {
    /// `kubectl apply -f`: create, or patch what differs from what was applied last.
    Apply { objects: Vec<Value> },
    /// `kubectl create -f`.
    Create { objects: Vec<Value> },
    /// `kubectl delete KIND NAME`.
    Delete { key: Key, grace: Option<i64>, propagation: Propagation },
    /// `kubectl delete KIND -l SELECTOR --field-selector FIELDS`: a list, then a delete of each.
    DeleteSelected { kind: Kind, ns: Str, labels: String, fields: String },
    /// `kubectl scale`.
    Scale { key: Key, replicas: i64 },
    /// `kubectl patch --type=TYPE`.
    Patch { key: Key, kind: PatchKind, patch: Value },
    /// `kubectl rollout undo [--to-revision=N]`; 0 is the one before.
    RolloutUndo { key: Key, to_revision: i64 },
    /// `kubectl rollout restart`.
    RolloutRestart { key: Key },
    /// `kubectl rollout pause` and `resume`.
    RolloutPause { key: Key, paused: bool },
    /// `kubectl cordon` and `uncordon`.
    Cordon { node: Str, on: bool },
}

/// The content type of a patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum PatchKind {
    #[default]
    Strategic,
    Merge,
    Json,
}

/// How long a client takes to notice that a stream over a cut link is dead
/// (HTTP/2 read-idle 30 s and ping 15 s in client-go).
const STREAM_HEALTH: Span = Span::secs(45);

/// A cluster and everything in it.
#[derive(Clone)]
pub struct World {
    pub(crate) core: Core,
    etcd: Etcd,
    pub(crate) api: ApiServer,
    scheduler: Scheduler,
    kcm: ControllerManager,
    /// Behind `Arc`s, as the runtimes: a fork copies a node when something happens on it.
    kubelets: Vec<Arc<Kubelet>>,
    pub(crate) runtimes: Vec<Arc<SimRuntime>>,
    user: User,
    pub(crate) faults: BTreeMap<u64, Active>,
    /// What the trace says last of what each node's pods use.
    measured: Vec<List<PodUsage>>,
    log: Vec<(SimTime, External)>,
    steps: u64,
}

impl World {
    /// A cluster that is being switched on: etcd and the API server at once, the other processes of
    /// the control plane 20 ms later, the nodes within the half second after 100 ms.
    pub fn new(config: WorldConfig, seed: u64) -> World {
        let n = config.nodes.len() as u32;
        let mut core = Core::new(config, seed);
        let actor = Actor { comp: Comp::World, part: lit!("") };
        let scheduler_config = core.config.scheduler.clone();
        let cause = core.tracer.record(SimTime(0), Cause::Record(RecordId(0)), &actor, |_| {
            let scheduler = scheduler_config.map_or(Str::new(), |v| Str::from(v.to_string()));
            What::Start { scheduler }
        });
        let boot = |core: &mut Core, at: Span, to: Comp| {
            let due = Due { to, life: 0, input: Input::Start, cause, sent: RecordId(0), background: false };
            core.queue.push(SimTime(0) + at, due);
        };
        for c in [Comp::Etcd, Comp::Api, Comp::User] {
            boot(&mut core, Span::ZERO, c);
        }
        for c in [Comp::Scheduler, Comp::Kcm] {
            boot(&mut core, Span::ms(20), c);
        }
        for i in 0..n {
            let at = Span::ms(100) + Span(core.rng(Comp::World).below(Span::ms(500).0));
            boot(&mut core, at, Comp::Runtime(i));
            boot(&mut core, at, Comp::Kubelet(i));
        }
        World {
            etcd: Etcd::default(),
            api: ApiServer::default(),
            scheduler: Scheduler::new(),
            kcm: ControllerManager::new(),
            kubelets: (0..n).map(|i| Arc::new(Kubelet::new(i, &core.config))).collect(),
            runtimes: (0..n).map(|i| Arc::new(SimRuntime::new(i))).collect(),
            user: User::default(),
            faults: BTreeMap::new(),
            measured: vec![List::default(); n as usize],
            log: Vec::new(),
            steps: 0,
            core,
        }
    }

    /// The present.
    pub fn now(&self) -> SimTime {
        self.core.now
    }

    /// Takes an input at a time that is not before the present; first runs what is due until then.
    pub fn handle(&mut self, now: SimTime, input: External) {
        self.advance(now);
        self.log.push((now, input.clone()));
        match input {
            External::User { id, command } => {
                let actor = Actor { comp: Comp::User, part: lit!("kubectl") };
                let cause = self.core.tracer.record(now, Cause::Record(RecordId(0)), &actor, |_| {
                    What::User { command: Str::from(command.to_string()) }
                });
                let mut cx = Cx::new(&mut self.core, Comp::User, cause);
                self.user.command(id, command, &mut cx);
            }
            External::Fault { id, fault } => self.begin_fault(id, fault),
            External::Mend { id } => self.end_fault(id),
            External::Runtime { node, event } => {
                let cause = Cause::Timer("runtime");
                let mut cx = Cx::new(&mut self.core, Comp::Runtime(node), cause);
                cx.send(Comp::Kubelet(node), Msg::RuntimeEvent(Box::new(event)));
            }
        }
    }

    /// Runs everything that is due at or before a time, each at its own.
    pub fn advance(&mut self, now: SimTime) {
        while let Some((at, due)) = self.core.queue.pop_due(now) {
            self.core.now = at;
            self.steps += 1;
            self.dispatch(due);
        }
        self.core.now = self.core.now.max(now);
    }

    /// When something is due next. There is always something as long as a node lives.
    pub fn next_deadline(&self) -> Option<SimTime> {
        self.core.queue.next_at()
    }

    /// A second future: a copy that shares all objects with the first.
    pub fn fork(&self) -> World {
        self.clone()
    }

    /// How many events have been handled.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes the trace records that have gathered.
    pub fn take_records(&mut self) -> Vec<Record> {
        self.core.tracer.take()
    }

    /// Takes the answers to user commands.
    pub fn take_outcomes(&mut self) -> Vec<Outcome> {
        self.user.take_outcomes()
    }

    /// All inputs so far.
    pub fn input_log(&self) -> &[(SimTime, External)] {
        &self.log
    }

    /// What etcd holds but for [`World::events`], in key order.
    pub fn objects(&self) -> &ObjectSet {
        self.etcd.objects()
    }

    /// The Event objects, in key order: made when they are asked for.
    pub fn events(&self) -> impl Iterator<Item = (Key, Obj)> {
        self.etcd.events()
    }

    /// One object that etcd holds, unless it is an event.
    pub fn get(&self, key: &Key) -> Option<&Obj> {
        self.etcd.objects().get(key)
    }

    /// What was written after a revision, unless etcd has compacted some of it.
    pub fn changes_after(&self, revision: u64) -> Option<impl Iterator<Item = &Committed>> {
        self.etcd.changes_after(revision)
    }

    /// etcd's revision.
    pub fn revision(&self) -> u64 {
        self.etcd.revision()
    }

    /// When something last changed that is more than a heartbeat or an event.
    pub fn last_change(&self) -> SimTime {
        self.etcd.last_change()
    }

    /// What the running containers use, by node.
    pub fn usage(&self) -> impl Iterator<Item = (Str, Usage)> {
        self.runtimes
            .iter()
            .zip(&self.core.config.nodes)
            .zip(&self.core.nodes)
            .filter(|(_, health)| health.machine.up)
            .flat_map(|((r, n), _)| r.usage().map(|u| (n.name.clone(), u)))
    }

    /// What the world was built from.
    pub fn config(&self) -> &WorldConfig {
        &self.core.config
    }

    /// Whether nothing has changed for `since`, nothing but periodic work is due for `ahead`, and no
    /// rollout is between its beginning and its end (whose deadline is watched in the background).
    pub fn quiet(&self, since: Span, ahead: Span) -> bool {
        let soon = self.core.now + ahead;
        self.last_change() + since <= self.core.now
            && !self.rolling_out()
            && self.core.queue.iter().all(|(t, d)| d.background || t > soon)
    }

    /// Whether a deployment still waits for its pods, and its deadline has not been found to be over.
    fn rolling_out(&self) -> bool {
        self.objects().range(Key::new(Kind::Deployment, "", "")..).map_while(|(_, o)| o.as_deployment()).any(
            |d| {
                let (want, s) = (d.spec.replicas.unwrap_or(1), &d.status);
                let given_up = s.conditions.iter().any(|c| c.reason == "ProgressDeadlineExceeded");
                !d.spec.paused && !given_up && (s.updated_replicas < want || s.available_replicas < want)
            },
        )
    }

    fn dispatch(&mut self, due: Due) {
        let Due { to, life, input, cause, sent, background } = due;
        if matches!(input, Input::Start) {
            return self.boot(to, cause);
        }
        let health = self.core.health(to);
        if let Input::Message { from, msg } = &input
            && let Some(blame) = self.core.blocked(*from, to)
        {
            let (from, msg) = (*from, msg.clone());
            return self.lost(from, to, life, msg, sent, blame, "the link is cut");
        }
        if !health.up || (life != 0 && life != health.life) {
            if let Input::Message { from, msg } = input {
                self.lost(from, to, life, msg, sent, health.stopped_by, "nobody is there");
            }
            return;
        }
        let cause = if sent == RecordId(0) {
            cause
        } else {
            let actor = Actor { comp: to, part: lit!("") };
            self.core.tracer.record(self.core.now, cause, &actor, |_| What::Delivered { sent })
        };
        let mut cx = Cx::new(&mut self.core, to, cause);
        cx.set_background(background);
        match to {
            Comp::World => {}
            Comp::User => self.user.step(input, &mut cx),
            Comp::Api => self.api.step(input, &mut cx),
            Comp::Etcd => self.etcd.step(input, &mut cx),
            Comp::Scheduler => self.scheduler.step(input, &mut cx),
            Comp::Kcm => self.kcm.step(input, &mut cx),
            Comp::Kubelet(n) => {
                let i = n as usize;
                if matches!(input, Input::Timer(Timer::Kubelet(KubeletTimer::Status))) {
                    measure(n, &self.runtimes[i], &mut self.measured[i], &mut cx);
                }
                Arc::make_mut(&mut self.kubelets[i]).step(input, &mut cx);
            }
            Comp::Runtime(n) => Arc::make_mut(&mut self.runtimes[n as usize]).step(input, &mut cx),
        }
    }

    /// A process starts with an empty memory.
    fn boot(&mut self, c: Comp, cause: Cause) {
        match c {
            // etcd reads its disk again; a runtime finds its images, and its containers dead.
            Comp::World | Comp::User | Comp::Etcd | Comp::Runtime(_) => {}
            Comp::Api => self.api = ApiServer::default(),
            Comp::Scheduler => self.scheduler = Scheduler::new(),
            Comp::Kcm => self.kcm = ControllerManager::new(),
            Comp::Kubelet(n) => self.kubelets[n as usize] = Arc::new(Kubelet::new(n, &self.core.config)),
        }
        if let Some(h) = self.core.health_mut(c) {
            h.up = true;
            h.life += 1;
        }
        let mut cx = Cx::new(&mut self.core, c, cause);
        match c {
            Comp::World | Comp::User => {}
            Comp::Api => self.api.step(Input::Start, &mut cx),
            Comp::Etcd => self.etcd.step(Input::Start, &mut cx),
            Comp::Scheduler => self.scheduler.step(Input::Start, &mut cx),
            Comp::Kcm => self.kcm.step(Input::Start, &mut cx),
            Comp::Kubelet(n) => Arc::make_mut(&mut self.kubelets[n as usize]).step(Input::Start, &mut cx),
            Comp::Runtime(n) => Arc::make_mut(&mut self.runtimes[n as usize]).step(Input::Start, &mut cx),
        }
    }

    /// Starts a process that is down.
    pub(crate) fn start(&mut self, c: Comp, cause: Cause) {
        if !self.core.health(c).up {
            self.boot(c, cause);
        }
    }

    /// Stops a process at once, without a word to anyone. Its peers learn of it as in life: requests
    /// that were under way fail, and streams break.
    pub(crate) fn stop(&mut self, c: Comp, fault: RecordId) {
        if !self.core.health(c).up {
            return;
        }
        let now = self.core.now;
        if let Some(h) = self.core.health_mut(c) {
            h.up = false;
            h.stopped_by = fault;
            h.stopped_at = now;
        }
        let cause = Cause::Record(fault);
        match c {
            Comp::Api => {
                let streams = self.api.watchers();
                let waiting: Vec<_> = self.api.waiting().map(|r| (r.from, r.life, r.ctx.clone())).collect();
                for (client, life, informer) in streams {
                    let msg = Msg::Watch { informer, revision: 0, event: WatchEvent::Closed };
                    self.tell(client, life, msg, cause, Span::ms(1));
                }
                for (client, life, ctx) in waiting {
                    self.fail(client, life, ctx, Status::refused(), cause, Span::ms(1));
                }
                self.api = ApiServer::default();
            }
            Comp::Etcd => {
                let life = self.core.health(Comp::Api).life;
                self.tell(Comp::Api, life, Msg::EtcdReply(Box::new(EtcdReply::Closed)), cause, Span::ms(1));
            }
            Comp::Kubelet(_) | Comp::Scheduler | Comp::Kcm => self.api.drop_client(c),
            Comp::Runtime(n) => {
                let mut cx = Cx::new(&mut self.core, Comp::World, cause);
                note_usage(n, List::default(), &mut self.measured[n as usize], &mut cx);
            }
            Comp::World | Comp::User => {}
        }
    }

    /// Notes, as nobody inside can, why no heartbeat of a node arrives any more (or, with `None`,
    /// that they do again).
    pub(crate) fn silence(&mut self, node: u32, fault: Option<RecordId>, why: &str) {
        let Some(fault) = fault else {
            self.core.nodes[node as usize].silent = RecordId(0);
            return;
        };
        let key = Key { kind: Kind::Node, ns: Str::new(), name: self.core.node_name(node) };
        let mut cx = Cx::new(&mut self.core, Comp::World, Cause::Record(fault));
        let cause = cx.note(Code::NodeSilent, &key, &[("why", &why)]);
        if let Cause::Record(id) = cause {
            self.core.nodes[node as usize].silent = id;
        }
    }

    /// What becomes of a message that cannot be delivered.
    #[allow(clippy::too_many_arguments)]
    fn lost(
        &mut self,
        from: Comp,
        to: Comp,
        life: u32,
        msg: Msg,
        sent: RecordId,
        blame: RecordId,
        why: &str,
    ) {
        let actor = Actor { comp: to, part: lit!("") };
        let cause = self.core.tracer.record(self.core.now, Cause::Record(blame), &actor, |_| What::Dropped {
            sent,
            why: Str::from(why),
        });
        let patience = self.core.config.timings.client_timeout;
        let cut = self.core.blocked(from, to).is_some();
        match msg {
            Msg::Request(r) if cut => self.fail(from, r.life, r.ctx, Status::timeout(), cause, patience),
            Msg::Request(r) => self.fail(from, r.life, r.ctx, Status::refused(), cause, Span::ms(1)),
            Msg::Response { ctx, .. } if cut => self.fail(to, life, ctx, Status::timeout(), cause, patience),
            Msg::Watch { informer, .. } if cut => {
                self.api.drop_watch(to, informer);
                let msg = Msg::Watch { informer, revision: 0, event: WatchEvent::Closed };
                self.tell(to, life, msg, cause, STREAM_HEALTH);
            }
            Msg::Response { .. }
            | Msg::Watch { .. }
            | Msg::Etcd(_)
            | Msg::EtcdReply(_)
            | Msg::Runtime(_)
            | Msg::RuntimeEvent(_) => {}
        }
    }

    /// A client's own network stack reports a failure.
    fn fail(&mut self, client: Comp, life: u32, ctx: Ctx, status: Status, cause: Cause, after: Span) {
        self.tell(client, life, Msg::Response { ctx, result: Err(Box::new(status)) }, cause, after);
    }

    /// Something reaches a component from its own machine, not over a link of the cluster.
    fn tell(&mut self, to: Comp, life: u32, msg: Msg, cause: Cause, after: Span) {
        // "From itself", so that a cut link does not hold it up.
        let input = Input::Message { from: to, msg };
        let due = Due { to, life, input, cause, sent: RecordId(0), background: false };
        self.core.queue.push(self.core.now + after, due);
    }

    /// What the trace keeps.
    pub fn level(&self) -> Level {
        self.core.tracer.level()
    }
}

/// Notes for the trace what containers use, when a kubelet looks after its node. No component reads it.
fn measure(node: u32, runtime: &SimRuntime, last: &mut List<PodUsage>, cx: &mut Cx<'_>) {
    if cx.core.tracer.level() != Level::Full {
        return;
    }
    let mut pods: BTreeMap<(Str, Str), (i64, i64)> = BTreeMap::new();
    for u in runtime.usage() {
        let sum = pods.entry((u.pod.ns, u.pod.name)).or_default();
        *sum = (sum.0 + u.cpu_milli, sum.1 + u.memory);
    }
    let usage = |((ns, name), (cpu_milli, memory_bytes))| PodUsage {
        pod: Key { kind: Kind::Pod, ns, name },
        cpu_milli,
        memory_bytes,
    };
    note_usage(node, pods.into_iter().map(usage).collect(), last, cx);
}

fn note_usage(node: u32, pods: List<PodUsage>, last: &mut List<PodUsage>, cx: &mut Cx<'_>) {
    if pods != *last {
        last.clone_from(&pods);
        cx.pin_cause();
        cx.record(|_| What::Usage { node, pods });
    }
}
