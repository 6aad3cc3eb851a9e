//! What all components share: the clock, the queue, the links, the random streams, the trace, and
//! who is alive. A component sees it through its [`Cx`].

use crate::api_util::{MicroTime, Time};
use crate::apiserver::{RequestInfo, Status, Verb};
use crate::config::WorldConfig;
use crate::links::LinkClass;
use crate::msg::{Comp, Ctx, Input, Msg, Reply, Request, Timer, label};
use crate::object::{Key, Kind, Str, lit};
use crate::queue::Queue;
use crate::rng::Rng;
use crate::time::{SimTime, Span};
use crate::trace::{Actor, Cause, Code, Level, RecordId, Tracer, What};
use std::collections::HashMap;
use std::sync::Arc;

/// Something due in a component.
#[derive(Clone, Debug)]
pub struct Due {
    /// Where.
    pub to: Comp,
    /// The life of the component for which it was meant: a timer of an earlier life is void.
    pub life: u32,
    /// What.
    pub input: Input,
    /// Why.
    pub cause: Cause,
    /// The record of its sending, if it is a message and the trace keeps those.
    pub sent: RecordId,
    /// Whether it is part of what goes on all the time (heartbeats, passing probes, monitor ticks).
    pub background: bool,
}

/// Whether a component runs, and which life it is in.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    /// Whether it runs.
    pub up: bool,
    /// Raised at each start.
    pub life: u32,
    /// The fault that stopped it, the last time that one did.
    pub stopped_by: RecordId,
    /// When.
    pub stopped_at: SimTime,
}

impl Health {
    const fn fresh() -> Health {
        Health { up: false, life: 0, stopped_by: RecordId(0), stopped_at: SimTime(0) }
    }
}

/// A node's health.
#[derive(Clone, Copy, Debug)]
pub struct NodeHealth {
    /// Its kubelet.
    pub kubelet: Health,
    /// Its machine and with it the runtime.
    pub machine: Health,
    /// Whether its link to the control plane is cut, and by which fault.
    pub cut: Option<RecordId>,
    /// The record that says why no heartbeat comes any more; 0 while they come.
    pub silent: RecordId,
}

/// State that is shared by all components of a world.
#[derive(Clone)]
pub struct Core {
    /// The present.
    pub now: SimTime,
    /// What the world was built from.
    pub config: Arc<WorldConfig>,
    /// The trace so far.
    pub tracer: Tracer,
    /// What is due, and when.
    pub queue: Queue<Due>,
    /// What the image registry lacks at present.
    pub registry: crate::runtime::Registry,
    /// How much slower etcd is than usual, in percent (100 is usual).
    pub etcd_percent: u64,
    pub(crate) control: [Health; 5],
    pub(crate) nodes: Vec<NodeHealth>,
    rng_control: [Rng; 6],
    rng_nodes: Vec<Rng>,
    /// When the last message on its way arrives: between processes of the control plane, from and to.
    control_busy: [[SimTime; 6]; 6],
    /// The same for each node: kubelet to API server and back, kubelet to runtime and back.
    node_busy: Vec<[SimTime; 4]>,
    node_index: Arc<HashMap<Str, u32>>,
}

fn control_slot(c: Comp) -> Option<usize> {
    match c {
        Comp::User => Some(0),
        Comp::Api => Some(1),
        Comp::Etcd => Some(2),
        Comp::Scheduler => Some(3),
        Comp::Kcm => Some(4),
        Comp::World | Comp::Kubelet(_) | Comp::Runtime(_) => None,
    }
}

impl Core {
    /// A core at time zero in which nothing runs.
    pub fn new(config: WorldConfig, seed: u64) -> Core {
        let names = ["user", "apiserver", "etcd", "scheduler", "controller-manager", "world"];
        let fresh =
            NodeHealth { kubelet: Health::fresh(), machine: Health::fresh(), cut: None, silent: RecordId(0) };
        Core {
            now: SimTime(0),
            tracer: Tracer::new(config.trace),
            queue: Queue::default(),
            registry: Default::default(),
            etcd_percent: 100,
            control: [Health::fresh(); 5],
            nodes: vec![fresh; config.nodes.len()],
            rng_control: names.map(|n| Rng::new(seed, n)),
            rng_nodes: config.nodes.iter().map(|n| Rng::new(seed, &n.name)).collect(),
            control_busy: [[SimTime(0); 6]; 6],
            node_busy: vec![[SimTime(0); 4]; config.nodes.len()],
            node_index: Arc::new(
                config.nodes.iter().enumerate().map(|(i, n)| (n.name.clone(), i as u32)).collect(),
            ),
            config: Arc::new(config),
        }
    }

    /// The index of a node by its name.
    pub fn node_index(&self, name: &str) -> Option<u32> {
        self.node_index.get(name).copied()
    }

    /// The name of a node.
    pub fn node_name(&self, index: u32) -> Str {
        self.config.nodes[index as usize].name.clone()
    }

    /// A component's health. The world is always well.
    pub fn health(&self, c: Comp) -> Health {
        match c {
            Comp::Kubelet(n) => self.nodes[n as usize].kubelet,
            Comp::Runtime(n) => self.nodes[n as usize].machine,
            c => control_slot(c).map_or(Health { up: true, ..Health::fresh() }, |s| self.control[s]),
        }
    }

    pub(crate) fn health_mut(&mut self, c: Comp) -> Option<&mut Health> {
        match c {
            Comp::Kubelet(n) => self.nodes.get_mut(n as usize).map(|n| &mut n.kubelet),
            Comp::Runtime(n) => self.nodes.get_mut(n as usize).map(|n| &mut n.machine),
            c => control_slot(c).map(|s| &mut self.control[s]),
        }
    }

    /// When the last message from one component to another that is on its way arrives.
    fn busy(&mut self, from: Comp, to: Comp) -> &mut SimTime {
        let slot = |c| control_slot(c).unwrap_or(5);
        match (from, to) {
            (Comp::Kubelet(n), Comp::Runtime(_)) => &mut self.node_busy[n as usize][2],
            (Comp::Runtime(n), _) => &mut self.node_busy[n as usize][3],
            (Comp::Kubelet(n), _) => &mut self.node_busy[n as usize][0],
            (_, Comp::Kubelet(n) | Comp::Runtime(n)) => &mut self.node_busy[n as usize][1],
            (from, to) => &mut self.control_busy[slot(from)][slot(to)],
        }
    }

    /// A component's random stream.
    pub fn rng(&mut self, c: Comp) -> &mut Rng {
        match c {
            Comp::Kubelet(n) | Comp::Runtime(n) => &mut self.rng_nodes[n as usize],
            c => &mut self.rng_control[control_slot(c).unwrap_or(5)],
        }
    }

    /// The wall clock, to the second, as `metav1.Time` keeps it.
    pub fn wall(&self) -> Time {
        Time(self.config.epoch_s + (self.now.0 / 1_000_000_000) as i64)
    }

    /// The wall clock, to the microsecond.
    pub fn wall_micro(&self) -> MicroTime {
        MicroTime(self.config.epoch_s * 1_000_000 + (self.now.0 / 1_000) as i64)
    }

    /// The record that explains why `c` does not answer or speak, if it does not.
    pub fn silence_of(&self, c: Comp) -> Option<RecordId> {
        let h = self.health(c);
        if !h.up {
            return Some(h.stopped_by);
        }
        match c {
            Comp::Kubelet(n) => self.nodes[n as usize].cut,
            _ => None,
        }
    }

    /// The fault because of which nobody could have renewed anything for some time before now, if there was one:
    /// the API server or etcd was stopped within that time.
    pub fn outage_within(&self, span: Span) -> Option<RecordId> {
        let stopped = |c| {
            let h = self.health(c);
            (h.stopped_by != RecordId(0) && h.stopped_at + span >= self.now).then_some(h)
        };
        [Comp::Api, Comp::Etcd]
            .into_iter()
            .filter_map(stopped)
            .min_by_key(|h| h.stopped_at)
            .map(|h| h.stopped_by)
    }

    /// Whether a message between the two cannot pass now, and which fault is to blame.
    pub(crate) fn blocked(&self, a: Comp, b: Comp) -> Option<RecordId> {
        if a.node().is_some() && a.node() == b.node() {
            return None;
        }
        a.node().or(b.node()).and_then(|n| self.nodes[n as usize].cut)
    }
}

/// A component's view of the world while it handles one input.
pub struct Cx<'a> {
    /// The shared state.
    pub core: &'a mut Core,
    me: Comp,
    part: Str,
    cause: Cause,
    background: bool,
}

/// The class of the hop from one component to another.
///
/// # Panics
/// If no such edge exists in a real cluster: that is a bug in the sender.
pub fn link_class(from: Comp, to: Comp) -> LinkClass {
    match (from, to) {
        (Comp::User, Comp::Api) | (Comp::Api, Comp::User) => LinkClass::UserApi,
        (Comp::Api, Comp::Etcd) | (Comp::Etcd, Comp::Api) => LinkClass::ApiEtcd,
        (Comp::Scheduler | Comp::Kcm, Comp::Api) | (Comp::Api, Comp::Scheduler | Comp::Kcm) => {
            LinkClass::ControlPlaneApi
        }
        (Comp::Kubelet(_), Comp::Api) | (Comp::Api, Comp::Kubelet(_)) => LinkClass::KubeletApi,
        (Comp::Kubelet(a), Comp::Runtime(b)) | (Comp::Runtime(a), Comp::Kubelet(b)) if a == b => {
            LinkClass::KubeletRuntime
        }
        (from, to) => panic!("there is no edge from {from:?} to {to:?}"),
    }
}

impl<'a> Cx<'a> {
    /// The view of component `me`, acting because of `cause`.
    pub fn new(core: &'a mut Core, me: Comp, cause: Cause) -> Cx<'a> {
        Cx { core, me, part: lit!(""), cause, background: false }
    }

    /// Marks what follows as going on all the time, or as news. Inherited by what it sets off.
    pub fn set_background(&mut self, background: bool) {
        self.background = background;
    }
    /// Whether what happens now goes on all the time.
    pub fn background(&self) -> bool {
        self.background
    }

    /// The component.
    pub fn me(&self) -> Comp {
        self.me
    }
    /// The present.
    pub fn now(&self) -> SimTime {
        self.core.now
    }
    /// The wall clock, to the second.
    pub fn wall(&self) -> Time {
        self.core.wall()
    }
    /// The component's random stream.
    pub fn rng(&mut self) -> &mut Rng {
        self.core.rng(self.me)
    }
    /// What the world was built from.
    pub fn config(&self) -> Arc<WorldConfig> {
        self.core.config.clone()
    }
    /// Why the component acts now.
    pub fn cause(&self) -> Cause {
        self.cause
    }
    /// From here on, act because of something else (say, what [`Cx::note`] returned).
    pub fn set_cause(&mut self, cause: Cause) {
        self.cause = cause;
    }
    /// From here on, act because of the newest write of an object, if a list was needed to learn of it: the write
    /// came while this component or its watch was away. A write of before that is no news.
    pub fn set_cause_to_news_of(&mut self, key: &Key) {
        let write = self.core.tracer.last_write(key);
        if write > self.core.health(self.me).stopped_by {
            self.cause = Cause::Record(write);
        }
    }
    /// Names the part of the component that acts from here on, such as `replicaset-controller`.
    pub fn set_part(&mut self, part: Str) {
        self.part = part;
    }

    fn actor(&self) -> Actor {
        Actor { comp: self.me, part: self.part.clone() }
    }

    /// Adds a record, with the present cause. Returns it as a cause for what follows.
    pub fn record(&mut self, what: impl FnOnce(&mut Tracer) -> What) -> Cause {
        let actor = self.actor();
        self.core.tracer.record(self.core.now, self.cause, &actor, what)
    }

    /// Makes a record of the present cause if it is a timer, so that all that follows names the same one.
    pub fn pin_cause(&mut self) {
        let actor = self.actor();
        self.cause = self.core.tracer.pinned(self.core.now, self.cause, &actor);
    }

    /// Records something worth a sentence. What comes of it should follow `set_cause` of the result.
    pub fn note(
        &mut self,
        code: Code,
        subject: &Key,
        args: &[(&'static str, &dyn std::fmt::Display)],
    ) -> Cause {
        self.record(|t| What::Note {
            code,
            subject: subject.clone(),
            args: args.iter().map(|(k, v)| (t.word(k), Str::from(v.to_string()))).collect(),
        })
    }

    /// Wakes this component after a while, because of the present cause.
    pub fn after(&mut self, d: Span, timer: Timer) {
        let cause = self.cause;
        self.push_timer(d, timer, cause, self.background);
    }

    /// Wakes this component after a while because a period is over: the chain of causes starts anew.
    pub fn tick(&mut self, d: Span, timer: Timer, name: &'static str) {
        self.push_timer(d, timer, Cause::Timer(name), true);
    }

    fn push_timer(&mut self, d: Span, timer: Timer, cause: Cause, background: bool) {
        let life = self.core.health(self.me).life;
        let due = Due { to: self.me, life, input: Input::Timer(timer), cause, sent: RecordId(0), background };
        self.core.queue.push(self.core.now + d, due);
    }

    /// Sends a message over the link between the two components.
    pub fn send(&mut self, to: Comp, msg: Msg) {
        self.send_about(to, msg, None);
    }

    /// Sends a message that is about an object.
    pub fn send_about(&mut self, to: Comp, msg: Msg, subject: Option<Key>) {
        self.send_late(to, msg, subject, Span::ZERO);
    }

    /// Sends a message after some time of work.
    pub fn send_late(&mut self, to: Comp, msg: Msg, subject: Option<Key>, work: Span) {
        let life = self.core.health(to).life;
        self.send_to_life(to, life, msg, subject, work);
    }

    /// Sends a message that only a certain life of its receiver understands.
    pub(crate) fn send_to_life(&mut self, to: Comp, life: u32, msg: Msg, subject: Option<Key>, work: Span) {
        let class = link_class(self.me, to);
        let latency = self.core.config.latency.sample(class, self.core.rng(self.me));
        let earliest = self.core.now + work + latency;
        let busy = self.core.busy(self.me, to);
        let arrives = earliest.max(*busy);
        *busy = arrives;
        let mut cause = self.cause;
        let mut sent = RecordId(0);
        if self.core.tracer.level() == Level::Full {
            cause = self.record(|_| {
                let (what, kind) = label(&msg);
                let label = match kind {
                    Some(k) => Str::from(format!("{what} {k}")),
                    None => Str::from(what),
                };
                What::Sent { to, class, label, subject, arrives }
            });
            if let Cause::Record(id) = cause {
                sent = id;
            }
        }
        let background = self.background;
        let due = Due { to, life, input: Input::Message { from: self.me, msg }, cause, sent, background };
        self.core.queue.push(arrives, due);
    }

    /// Asks the API server for something; the answer carries `ctx`.
    pub fn request(&mut self, verb: Verb, ctx: Ctx) {
        let info = RequestInfo::of(self.me, &self.part);
        self.request_as(info, verb, ctx);
    }

    /// Asks as somebody in particular.
    pub fn request_as(&mut self, info: RequestInfo, verb: Verb, ctx: Ctx) {
        let subject = if self.core.tracer.level() == Level::Full { verb.key() } else { None };
        let life = self.core.health(self.me).life;
        let req = Request { from: self.me, life, info, verb, ctx };
        self.send_about(Comp::Api, Msg::Request(Box::new(req)), subject);
    }

    /// Answers a request.
    pub fn respond(&mut self, to: Comp, life: u32, ctx: Ctx, result: Result<Reply, Status>) {
        let msg = Msg::Response { ctx, result: result.map_err(Box::new) };
        self.send_to_life(to, life, msg, None, Span::ZERO);
    }
}

/// The key that stands for no object, in records about a component.
pub fn no_key() -> Key {
    Key::new(Kind::Node, "", "")
}
