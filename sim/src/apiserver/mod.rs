//! The API server: the one door to etcd.
//!
//! A write is a conversation: the request is prepared against the newest version that is known
//! (defaults, admission, validation), sent to etcd as compare-and-commit, and answered when etcd has
//! answered. Reads and watches are served from a cache that follows etcd's own watch; Event objects
//! are not cached, as in the real one. Left out: authentication, authorisation, webhooks, conversion.

mod admission;
mod defaults;
mod delete;
mod select;
mod share;
mod types;
mod validate;
mod watch;
mod write;

pub use select::Selection;
pub use types::{DeleteOptions, Patch, Propagation, RequestInfo, Status, Verb};

use crate::core::Cx;
use crate::etcd::{Committed, EtcdReply, EtcdRequest};
use crate::msg::{Comp, Input, Msg, Reply, Request, Timer};
use crate::object::{Key, Kind, Namespace, Obj, ObjectMeta, ObjectSet, Pod, PodSpec, Str, lit};
use crate::time::Span;
use crate::trace::What;
use crate::world::Component;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fills in the defaults of a pod's spec, for those who hand pods to a scheduler without an API server.
pub(crate) fn default_pod_spec(spec: &mut crate::object::PodSpec) {
    defaults::pod_spec(spec);
}

/// A pod's spec with the server's defaults and a priority, as it is kept of a pod that comes in.
pub(crate) fn admitted(pod: &Pod, priority: i32) -> Arc<PodSpec> {
    const TOLERATION_S: i64 = 300;
    admission::Memo::default().admit(pod, TOLERATION_S, admission::Priority::known(&pod.spec, priority))
}

/// What a new object would be refused for: `path: what`.
pub(crate) fn problems(o: &Obj) -> Vec<String> {
    validate::object(o)
}

/// The API server's own timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiTimer {
    /// Requests that wait for etcd may have waited too long.
    Sweep,
    /// Bookmarks are due.
    Bookmarks,
    /// Old revisions are compacted.
    Compact,
    /// Try to reach etcd again.
    Reconnect,
}

/// The namespaces that every cluster has.
pub const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// A request that waits for etcd.
#[derive(Clone, Debug)]
struct Pending {
    request: Request,
    since: crate::time::SimTime,
    tries: u32,
    /// What to answer if the commit succeeds and the object itself is not the answer.
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Reading the current version of an object that is not cached.
    Reading,
    /// Listing objects that are not cached.
    Listing,
    /// Committing.
    Writing,
}

/// The component.
#[derive(Clone, Debug, Default)]
pub struct ApiServer {
    cache: ObjectSet,
    revision: u64,
    /// Whether the cache has been filled since the start.
    ready: bool,
    /// Requests that came before it was.
    early: Vec<(crate::time::SimTime, Request)>,
    next_id: u64,
    pending: BTreeMap<u64, Pending>,
    watches: watch::Watches,
    /// Pod specs that admission has gone over, by the address of what came in: replicas share both.
    admitted: admission::Memo,
    conditions: share::Conditions,
    /// Revision at the last compaction tick.
    compact_to: u64,
    sweeping: bool,
}

const START: u64 = 0;

impl ApiServer {
    /// All clients with an open watch, for the moment when the server dies.
    pub(crate) fn watchers(&self) -> Vec<(Comp, u32, u8)> {
        self.watches.clients()
    }

    /// Clients that wait for an answer, likewise.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Request> {
        self.pending.values().map(|p| &p.request).chain(self.early.iter().map(|(_, r)| r))
    }

    /// Forgets the watches of a client that is gone.
    pub(crate) fn drop_client(&mut self, client: Comp) {
        self.watches.remove(client, None);
    }

    /// Forgets one watch whose stream broke.
    pub(crate) fn drop_watch(&mut self, client: Comp, informer: u8) {
        self.watches.remove(client, Some(informer));
    }

    fn start(&mut self, cx: &mut Cx<'_>) {
        let t = cx.config().timings.clone();
        cx.tick(t.bookmark_period, Timer::Api(ApiTimer::Bookmarks), "bookmarks");
        cx.tick(t.compaction_interval, Timer::Api(ApiTimer::Compact), "compaction");
        self.connect(cx);
    }

    /// Reads everything from etcd, then watches it.
    fn connect(&mut self, cx: &mut Cx<'_>) {
        let (from, to) = (Key::new(Kind::Namespace, "", ""), Key::new(Kind::Event, "", ""));
        self.ask(cx, EtcdRequest::Range { id: START, from, to: Some(to) });
        cx.after(Span::secs(1), Timer::Api(ApiTimer::Reconnect));
    }

    fn ask(&mut self, cx: &mut Cx<'_>, request: EtcdRequest) {
        let subject = match &request {
            EtcdRequest::Txn { key, .. } => Some(key.clone()),
            _ => None,
        };
        cx.send_about(Comp::Etcd, Msg::Etcd(Box::new(request)), subject);
    }

    /// The cache is filled from a full reading of etcd.
    fn filled(&mut self, cx: &mut Cx<'_>, items: Vec<Obj>, revision: u64) {
        self.cache = items.into_iter().map(|o| (o.key(), o)).collect();
        self.revision = revision;
        self.ready = true;
        self.watches.reset(revision);
        self.ask(cx, EtcdRequest::Watch { after: revision });
        let namespaces = SYSTEM_NAMESPACES.map(|name| {
            let metadata = ObjectMeta { name: Str::from(name), ..Default::default() };
            Obj::Namespace(Arc::new(Namespace { metadata, ..Default::default() }))
        });
        for object in namespaces.into_iter().chain(admission::system_classes()) {
            if !self.cache.contains_key(&object.key()) {
                let info = RequestInfo::of(Comp::Api, &lit!(""));
                let request = Request {
                    from: Comp::Api,
                    life: 0,
                    info,
                    verb: Verb::Create(object),
                    ctx: crate::msg::Ctx::Ignore,
                };
                self.handle(cx, request);
            }
        }
        for (_, request) in std::mem::take(&mut self.early) {
            self.handle(cx, request);
        }
    }

    fn answer(&mut self, cx: &mut Cx<'_>, request: Request, result: Result<Reply, Status>) {
        if let Err(e) = &result
            && let Some(key) = request.verb.key()
        {
            cx.record(|_| What::Refused {
                verb: Str::from(request.verb.name()),
                key,
                code: e.code,
                reason: Str::from(e.reason),
                message: Str::from(e.message.as_str()),
            });
        }
        if request.from != Comp::Api {
            cx.respond(request.from, request.life, request.ctx, result);
        }
    }

    fn handle(&mut self, cx: &mut Cx<'_>, request: Request) {
        if !self.ready {
            self.early.push((cx.now(), request));
            return self.watch_the_clock(cx);
        }
        match &request.verb {
            Verb::Get(key) if key.kind == Kind::Event => self.read(cx, request),
            Verb::Get(key) => {
                let found = self.cache.get(key).cloned().ok_or_else(|| Status::not_found(key));
                self.answer(cx, request, found.map(Reply::Object));
            }
            Verb::List { kind, selection } | Verb::Watch { kind, selection, .. }
                if selection.check(kind).is_err() =>
            {
                let refused = selection.check(kind).map(|()| Reply::Done);
                self.answer(cx, request, refused);
            }
            Verb::List { kind: Kind::Event, selection } => {
                let from = Key { kind: Kind::Event, ns: selection.ns.clone(), name: lit!("") };
                let id = self.park(cx, request, Stage::Listing, 0);
                self.ask(cx, EtcdRequest::Range { id, from, to: None });
            }
            Verb::List { kind, selection } => {
                let items = self.list(kind, selection);
                let revision = self.revision;
                self.answer(cx, request, Ok(Reply::List { items, revision }));
            }
            Verb::Watch { .. } => self.open_watch(cx, request),
            Verb::Patch { key, .. } | Verb::Delete { key, .. } if key.kind == Kind::Event => {
                self.read(cx, request)
            }
            Verb::Create(_)
            | Verb::Update(_)
            | Verb::UpdateStatus(_)
            | Verb::Patch { .. }
            | Verb::Delete { .. }
            | Verb::Bind { .. } => {
                let current = request.verb.key().and_then(|k| self.cache.get(&k)).cloned();
                self.write(cx, request, current, 0);
            }
        }
    }

    fn list(&self, kind: &Kind, selection: &Selection) -> Vec<Obj> {
        let items: Box<dyn Iterator<Item = (&Key, &Obj)>> = if watch::all_inert(kind) {
            Box::new(self.cache.range(Key::new(Kind::Other(lit!("")), "", "")..))
        } else {
            let from = Key { kind: kind.clone(), ns: selection.ns.clone(), name: lit!("") };
            Box::new(self.cache.range(from..).take_while(|(k, _)| k.kind == *kind))
        };
        items.filter(|(_, o)| selection.matches(o)).map(|(_, o)| o.clone()).collect()
    }

    /// Reads an object that is not cached before writing it.
    fn read(&mut self, cx: &mut Cx<'_>, request: Request) {
        let Some(from) = request.verb.key() else { return };
        let to = Key { name: Str::from(format!("{}\0", from.name)), ..from.clone() };
        let id = self.park(cx, request, Stage::Reading, 0);
        self.ask(cx, EtcdRequest::Range { id, from, to: Some(to) });
    }

    fn park(&mut self, cx: &mut Cx<'_>, request: Request, stage: Stage, tries: u32) -> u64 {
        self.next_id += 1;
        self.pending.insert(self.next_id, Pending { request, since: cx.now(), tries, stage });
        if cx.core.etcd_percent > 100 || !cx.core.health(Comp::Etcd).up {
            self.watch_the_clock(cx);
        }
        self.next_id
    }

    /// From now on, requests that wait too long are given up.
    fn watch_the_clock(&mut self, cx: &mut Cx<'_>) {
        if !self.sweeping {
            self.sweeping = true;
            cx.after(cx.config().timings.etcd_timeout, Timer::Api(ApiTimer::Sweep));
        }
    }

    /// Prepares a write against the version that is known, and sends it to etcd.
    fn write(&mut self, cx: &mut Cx<'_>, request: Request, current: Option<Obj>, tries: u32) {
        let outcome = match self.prepare(cx, &request, current.as_ref()) {
            Ok(o) => o,
            Err(e) => return self.answer(cx, request, Err(e)),
        };
        let (key, put) = match outcome {
            write::Outcome::Unchanged(o) => return self.answer(cx, request, Ok(Reply::Object(o))),
            write::Outcome::Put(mut o) => {
                self.conditions.share(&mut o);
                (o.key(), Some(o))
            }
            write::Outcome::Remove(k) => (k, None),
        };
        if request.info.dry_run {
            let reply = put.or(current).map_or(Reply::Done, Reply::Object);
            return self.answer(cx, request, Ok(reply));
        }
        let expect = current.as_ref().map_or(0, |o| o.meta().resource_version);
        let ttl = (key.kind == Kind::Event).then(|| cx.config().timings.event_ttl);
        let by = if request.info.user.starts_with("system:") || request.info.user == "kubernetes-admin" {
            request.info.manager.clone()
        } else {
            request.info.user.clone()
        };
        let id = self.park(cx, request, Stage::Writing, tries);
        self.ask(cx, EtcdRequest::Txn { id, key, expect, put, ttl, by });
    }

    fn on_etcd(&mut self, cx: &mut Cx<'_>, reply: EtcdReply) {
        match reply {
            EtcdReply::Range { id: START, items, revision } => {
                if !self.ready {
                    self.filled(cx, items, revision);
                }
            }
            EtcdReply::Range { id, mut items, revision } => {
                let Some(p) = self.pending.remove(&id) else { return };
                match p.stage {
                    Stage::Listing => {
                        if let Verb::List { selection, .. } = &p.request.verb {
                            items.retain(|o| selection.matches(o));
                        }
                        self.answer(cx, p.request, Ok(Reply::List { items, revision }));
                    }
                    Stage::Reading | Stage::Writing => match (&p.request.verb, items.pop()) {
                        (Verb::Get(key), None) => {
                            let e = Status::not_found(key);
                            self.answer(cx, p.request, Err(e));
                        }
                        (Verb::Get(_), Some(o)) => self.answer(cx, p.request, Ok(Reply::Object(o))),
                        (_, current) => self.write(cx, p.request, current, p.tries),
                    },
                }
            }
            EtcdReply::Committed { id, event } => self.on_committed(cx, id, event),
            EtcdReply::Failed { id, current } => {
                let Some(p) = self.pending.remove(&id) else { return };
                // Upstream's GuaranteedUpdate: prepare again against what etcd has now.
                if p.tries < 5 {
                    self.write(cx, p.request, current, p.tries + 1);
                } else {
                    let e = p.request.verb.key().map_or_else(Status::etcd_timeout, |k| Status::modified(&k));
                    self.answer(cx, p.request, Err(e));
                }
            }
            EtcdReply::Watching { .. } => {}
            EtcdReply::Compacted { .. } => {
                // Too far behind: read everything again; watchers must do the same.
                for (client, life, informer) in self.watches.clients() {
                    let event = crate::msg::WatchEvent::Expired;
                    let msg = Msg::Watch { informer, revision: self.revision, event };
                    cx.send_to_life(client, life, msg, None, Span::ZERO);
                }
                self.watches.clear();
                self.ready = false;
                self.connect(cx);
            }
            EtcdReply::Closed => {
                self.watch_the_clock(cx);
                cx.after(Span::secs(1), Timer::Api(ApiTimer::Reconnect));
            }
        }
    }

    fn on_committed(&mut self, cx: &mut Cx<'_>, id: Option<u64>, event: Committed) {
        if event.revision > self.revision {
            self.revision = event.revision;
            let key = event.object().key();
            if key.kind != Kind::Event {
                match &event.new {
                    Some(o) => self.cache.insert(key, o.clone()),
                    None => self.cache.remove(&key),
                };
            }
            self.watches.publish(cx, &event);
        }
        if let Some(p) = id.and_then(|id| self.pending.remove(&id)) {
            let reply = Reply::Object(event.object().clone());
            self.answer(cx, p.request, Ok(reply));
        }
    }

    /// Gives up on requests that etcd has not answered in time.
    fn sweep(&mut self, cx: &mut Cx<'_>) {
        let limit = cx.config().timings.etcd_timeout;
        let late: Vec<u64> =
            self.pending.iter().filter(|(_, p)| p.since + limit <= cx.now()).map(|(id, _)| *id).collect();
        for id in late {
            if let Some(p) = self.pending.remove(&id) {
                self.answer(cx, p.request, Err(Status::etcd_timeout()));
            }
        }
        let (late, early) =
            std::mem::take(&mut self.early).into_iter().partition(|(t, _)| *t + limit <= cx.now());
        self.early = early;
        let late: Vec<_> = late;
        for (_, request) in late {
            self.answer(cx, request, Err(Status::etcd_timeout()));
        }
        self.sweeping = !self.pending.is_empty() || !self.early.is_empty();
        if self.sweeping {
            cx.after(Span::ms(500), Timer::Api(ApiTimer::Sweep));
        }
    }
}

impl Component for ApiServer {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Start => self.start(cx),
            Input::Message { msg: Msg::Request(r), .. } => self.handle(cx, *r),
            Input::Message { msg: Msg::EtcdReply(r), .. } => self.on_etcd(cx, *r),
            Input::Message { .. } => {}
            Input::Timer(Timer::Api(t)) => match t {
                ApiTimer::Sweep => self.sweep(cx),
                ApiTimer::Bookmarks => {
                    self.watches.bookmarks(cx, self.revision);
                    cx.tick(cx.config().timings.bookmark_period, Timer::Api(t), "bookmarks");
                }
                ApiTimer::Compact => {
                    let revision = std::mem::replace(&mut self.compact_to, self.revision);
                    if revision > 0 {
                        self.ask(cx, EtcdRequest::Compact { revision });
                    }
                    cx.tick(cx.config().timings.compaction_interval, Timer::Api(t), "compaction");
                }
                ApiTimer::Reconnect => {
                    if !cx.core.health(Comp::Etcd).up {
                        cx.after(Span::secs(1), Timer::Api(t));
                    } else if !self.ready {
                        self.connect(cx);
                    } else {
                        self.ask(cx, EtcdRequest::Watch { after: self.revision });
                    }
                }
            },
            Input::Timer(_) => {}
        }
    }
}
