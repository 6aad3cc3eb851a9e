//! etcd: a key-value store with one global revision.
//!
//! The real one is a Raft group with a multi-version B-tree on disk. Here it is one member: every
//! transaction compares one key's last revision and puts or deletes that key; every commit raises the
//! revision by one and is remembered in a log, from which a watch can start, until it is compacted.
//! Its memory is its disk: stopping the process loses nothing. Left out: Raft, multi-key transactions,
//! reads at old revisions.

mod events;

use crate::core::Cx;
use crate::msg::{Comp, Input, Msg, Timer};
use crate::object::{Key, Kind, Obj, ObjectSet, Str};
use crate::time::{SimTime, Span};
use crate::trace::{What, WriteVerb};
use crate::world::Component;
use std::collections::{BTreeMap, VecDeque};

/// What the API server asks of etcd.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum EtcdRequest {
    /// Compare and commit: if the key's last revision is `expect` (0: it must not exist), put `obj`
    /// or delete the key. `ttl` attaches the object to a new lease; `by` is who asked, for the trace.
    Txn { id: u64, key: Key, expect: u64, put: Option<Obj>, ttl: Option<Span>, by: Str },
    /// All keys from `from` to before `to` (or the end), at the newest revision.
    Range { id: u64, from: Key, to: Option<Key> },
    /// Everything after a revision, from now on.
    Watch { after: u64 },
    /// Forget the log up to a revision.
    Compact { revision: u64 },
}

impl EtcdRequest {
    /// Its name in traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Txn { put: Some(_), .. } => "put",
            Self::Txn { put: None, .. } => "delete",
            Self::Range { .. } => "range",
            Self::Watch { .. } => "watch",
            Self::Compact { .. } => "compact",
        }
    }
}

/// What etcd answers.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum EtcdReply {
    /// A change, with the id of the transaction that made it if the watcher asked for it itself.
    Committed {
        id: Option<u64>,
        event: Committed,
    },
    /// The comparison failed: this is there now.
    Failed {
        id: u64,
        current: Option<Obj>,
    },
    Range {
        id: u64,
        items: Vec<Obj>,
        revision: u64,
    },
    /// The watch is open; etcd stands at this revision.
    Watching {
        revision: u64,
    },
    /// The watch cannot start there: the log was compacted up to this revision.
    Compacted {
        revision: u64,
    },
    /// The connection broke (etcd went away).
    Closed,
}

impl EtcdReply {
    /// Its name in traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Committed { .. } => "committed",
            Self::Failed { .. } => "compare failed",
            Self::Range { .. } => "range",
            Self::Watching { .. } => "watching",
            Self::Compacted { .. } => "compacted",
            Self::Closed => "closed",
        }
    }
}

/// One committed change.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The store's revision after it.
    pub revision: u64,
    /// The object before it; `None` if it was created.
    pub old: Option<Obj>,
    /// The object after it; `None` if it was deleted.
    pub new: Option<Obj>,
}

impl Committed {
    /// The object, whichever side has it.
    pub fn object(&self) -> &Obj {
        self.new.as_ref().or(self.old.as_ref()).expect("a change has an object")
    }
}

/// etcd's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtcdTimer {
    /// Leases may have run out.
    Leases,
}

/// Leases are kept by the minute in which they end; upstream's API server reuses a lease for a minute too.
const LEASE_GRAIN: Span = Span::secs(60);

/// What goes when a lease ends.
#[derive(Clone, Debug, Default)]
struct Lease {
    /// Event rows: they are found by the lease's number, since a list of 900,000 keys takes as much memory as their rows.
    rows: bool,
    /// Whatever else.
    keys: Vec<Key>,
}

/// The store.
#[derive(Clone, Debug)]
pub struct Etcd {
    revision: u64,
    objects: ObjectSet,
    /// How many of them are events: as a rule none, and then none is looked for there.
    whole_events: usize,
    /// Event objects, apart from the others: see [`events`].
    events: events::Events,
    log: VecDeque<Committed>,
    compacted: u64,
    watched: bool,
    leases: BTreeMap<SimTime, Lease>,
    /// The newest lease of the whole events that have had more than one; a row knows its own.
    renewed: BTreeMap<Key, SimTime>,
    last_change: SimTime,
}

/// How many changes the log keeps at most; beyond it etcd compacts by itself, to bound its memory.
const LOG_MAX: usize = 10_000;

impl Default for Etcd {
    fn default() -> Self {
        Etcd {
            revision: 0,
            objects: ObjectSet::default(),
            whole_events: 0,
            events: events::Events::default(),
            log: VecDeque::new(),
            compacted: 0,
            watched: false,
            leases: BTreeMap::new(),
            renewed: BTreeMap::new(),
            last_change: SimTime(0),
        }
    }
}

impl Etcd {
    /// The newest revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }
    /// The changes after a revision, unless some of them are compacted.
    pub fn changes_after(&self, revision: u64) -> Option<impl Iterator<Item = &Committed>> {
        let from = self.log.partition_point(|e| e.revision <= revision);
        (revision >= self.compacted).then(|| self.log.range(from..))
    }
    /// All objects at the newest revision but most events, in key order.
    pub fn objects(&self) -> &ObjectSet {
        &self.objects
    }
    /// The events that are kept as rows, in key order, after all other objects.
    pub fn events(&self) -> impl Iterator<Item = (Key, Obj)> {
        self.events.iter()
    }
    /// The newest version of an object.
    fn get(&self, key: &Key) -> Option<Obj> {
        if key.kind == Kind::Event && !self.whole(key) {
            return self.events.get(key);
        }
        self.objects.get(key).cloned()
    }
    /// Whether an event is kept as a whole object.
    fn whole(&self, key: &Key) -> bool {
        self.whole_events > 0 && self.objects.contains_key(key)
    }
    /// Its revision; 0 if it does not exist.
    fn revision_of(&self, key: &Key) -> u64 {
        if key.kind == Kind::Event && !self.whole(key) {
            return self.events.revision(key);
        }
        self.objects.get(key).map_or(0, |o| o.meta().resource_version)
    }
    /// When something last changed that is more than a heartbeat or an event.
    pub fn last_change(&self) -> SimTime {
        self.last_change
    }

    fn commit(
        &mut self,
        cx: &mut Cx<'_>,
        key: Key,
        put: Option<Obj>,
        ttl: Option<Span>,
        by: Str,
    ) -> Committed {
        self.revision += 1;
        let revision = self.revision;
        let lease = ttl.map(|ttl| SimTime((cx.now() + ttl).0.div_ceil(LEASE_GRAIN.0) * LEASE_GRAIN.0));
        let new = put.map(|mut o| {
            o.meta_mut().resource_version = revision;
            o
        });
        let event = key.kind == Kind::Event;
        let kept = cx.core.tracer.level().keeps_writes(&key.kind);
        let old = self.store(key, new.as_ref(), lease);
        if !heartbeat(old.as_ref(), new.as_ref()) {
            self.last_change = cx.now();
            if !event {
                cx.set_background(false);
            }
        }
        let event = Committed { revision, old, new };
        // Most writes are of events: nothing is made for a trace that does not keep them.
        if kept {
            let cause = cx.record(|t| {
                let obj = event.object().clone();
                let verb = match (&event.old, &event.new) {
                    (None, _) => WriteVerb::Create,
                    (_, None) => WriteVerb::Delete,
                    _ => WriteVerb::Update,
                };
                What::Write { verb, revision, previous: t.last_write(&obj.key()), by, obj }
            });
            cx.set_cause(cause);
        }
        self.log.push_back(event.clone());
        if self.log.len() > LOG_MAX
            && let Some(e) = self.log.pop_front()
        {
            self.compacted = e.revision;
        }
        event
    }

    /// Puts or deletes; returns what was there.
    fn store(&mut self, key: Key, new: Option<&Obj>, mut lease: Option<SimTime>) -> Option<Obj> {
        if key.kind != Kind::Event {
            return match new {
                Some(o) => self.objects.insert(key, o.clone()),
                None => self.objects.remove(&key),
            };
        }
        let old = self.get(&key);
        let whole = self.whole(&key);
        if let Some(Obj::Event(e)) = new
            && !whole
        {
            // What is written again keeps its lease.
            lease = lease.or_else(|| Some(SimTime(u64::from(self.events.lease(&key)?) * LEASE_GRAIN.0)));
            if let Some(end) = lease
                && let Ok(number) = u32::try_from(end.0 / LEASE_GRAIN.0)
                && self.events.put(e, number)
            {
                self.leases.entry(end).or_default().rows = true;
                return old;
            }
        }
        self.events.remove(&key);
        if let Some(end) = lease.filter(|_| new.is_some()) {
            let kept = match old {
                None => self.renewed.remove(&key),
                Some(_) => self.renewed.insert(key.clone(), end),
            };
            if kept != Some(end) || old.is_none() {
                self.leases.entry(end).or_default().keys.push(key.clone());
            }
        }
        self.whole_events = self.whole_events + usize::from(new.is_some()) - usize::from(whole);
        match new {
            Some(o) => self.objects.insert(key, o.clone()),
            None => self.objects.remove(&key),
        };
        old
    }

    /// Time that a commit takes: an fsync of the write-ahead log, times the fault's factor.
    fn work(cx: &Cx<'_>) -> Span {
        Span(cx.core.config.latency.base(crate::links::LinkClass::ApiEtcd).0 * cx.core.etcd_percent / 100)
    }

    fn reply(cx: &mut Cx<'_>, reply: EtcdReply, subject: Option<Key>) {
        let work = Self::work(cx);
        cx.send_late(Comp::Api, Msg::EtcdReply(Box::new(reply)), subject, work);
    }

    fn on_request(&mut self, cx: &mut Cx<'_>, request: EtcdRequest) {
        match request {
            EtcdRequest::Txn { id, key, expect, put, ttl, by } => {
                if self.revision_of(&key) != expect {
                    let current = self.get(&key);
                    return Self::reply(cx, EtcdReply::Failed { id, current }, Some(key));
                }
                let event = self.commit(cx, key.clone(), put, ttl, by);
                Self::reply(cx, EtcdReply::Committed { id: Some(id), event }, Some(key));
            }
            EtcdRequest::Range { id, from, to } => {
                let items = self.range(from, to.as_ref());
                let revision = self.revision;
                Self::reply(cx, EtcdReply::Range { id, items, revision }, None);
            }
            EtcdRequest::Watch { after } => {
                if after < self.compacted {
                    return Self::reply(cx, EtcdReply::Compacted { revision: self.compacted }, None);
                }
                self.watched = true;
                Self::reply(cx, EtcdReply::Watching { revision: self.revision }, None);
                let missed: Vec<Committed> =
                    self.log.iter().filter(|e| e.revision > after).cloned().collect();
                for event in missed {
                    Self::reply(cx, EtcdReply::Committed { id: None, event }, None);
                }
            }
            EtcdRequest::Compact { revision } => {
                while self.log.front().is_some_and(|e| e.revision <= revision) {
                    self.log.pop_front();
                }
                self.compacted = self.compacted.max(revision);
            }
        }
    }

    fn range(&self, from: Key, to: Option<&Key>) -> Vec<Obj> {
        // One key, as the API server reads an event before it counts it up.
        if to.is_some_and(|to| to.name.strip_prefix(from.name.as_str()) == Some("\0") && to.ns == from.ns) {
            return self.get(&from).into_iter().collect();
        }
        let below = |k: &Key| to.is_none_or(|to| k < to);
        let whole = self.objects.range(from.clone()..).take_while(|(k, _)| below(k));
        let mut items: Vec<Obj> = whole.map(|(_, o)| o.clone()).collect();
        if to.is_none_or(|to| to.kind == Kind::Event && !to.ns.is_empty()) {
            let rows = self.events.iter().filter(|(k, _)| *k >= from && below(k));
            let before = items.len();
            items.extend(rows.map(|(_, o)| o));
            // Whole events lie between the rows.
            let event = |o: &Obj| matches!(o, Obj::Event(_));
            if items[..before].last().is_some_and(event) {
                items.sort_by_cached_key(Obj::key);
            }
        }
        items
    }

    /// Deletes what hangs on leases that have run out.
    fn expire(&mut self, cx: &mut Cx<'_>) {
        let later = self.leases.split_off(&SimTime(cx.now().0 + 1));
        for (end, lease) in std::mem::replace(&mut self.leases, later) {
            let mut keys = lease.keys;
            if lease.rows {
                keys.extend(self.events.expired((end.0 / LEASE_GRAIN.0) as u32));
            }
            for key in keys {
                // A write since then has put it on a later lease.
                if self.renewed.get(&key).is_some_and(|end| *end > cx.now()) {
                    continue;
                }
                self.renewed.remove(&key);
                if self.revision_of(&key) == 0 {
                    continue;
                }
                let event = self.commit(cx, key.clone(), None, None, crate::object::lit!("etcd"));
                if self.watched {
                    Self::reply(cx, EtcdReply::Committed { id: None, event }, Some(key));
                }
            }
        }
        cx.tick(LEASE_GRAIN, Timer::Etcd(EtcdTimer::Leases), "lease expiry");
    }
}

/// Whether a change is only a sign of life, or an Event object.
fn heartbeat(old: Option<&Obj>, new: Option<&Obj>) -> bool {
    match (old, new) {
        (_, Some(Obj::Lease(_) | Obj::Event(_))) | (Some(Obj::Event(_)), None) => true,
        (Some(Obj::Node(a)), Some(Obj::Node(b))) => {
            a.spec == b.spec
                && a.metadata.labels == b.metadata.labels
                && a.status.conditions.len() == b.status.conditions.len()
                && a.status.conditions.iter().zip(&b.status.conditions).all(|(x, y)| x.status == y.status)
        }
        _ => false,
    }
}

impl Component for Etcd {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Start => {
                self.watched = false;
                cx.tick(LEASE_GRAIN, Timer::Etcd(EtcdTimer::Leases), "lease expiry");
            }
            Input::Message { msg: Msg::Etcd(request), .. } => self.on_request(cx, *request),
            Input::Timer(Timer::Etcd(EtcdTimer::Leases)) => self.expire(cx),
            Input::Message { .. } | Input::Timer(_) => {}
        }
    }
}
