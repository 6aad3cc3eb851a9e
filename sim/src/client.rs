//! What clients of the API share: informers (list, then watch, then list again when the watch breaks)
//! and event recorders. Source: `k8s.io/client-go/tools/cache` and `tools/record`.

use crate::apiserver::{Patch, Selection, Status, Verb};
use crate::core::{Cx, no_key};
use crate::msg::{Ctx, Reply, Timer, WatchEvent};
use crate::object::{Event, EventSource, EventType, Key, Kind, Obj, ObjectMeta, ObjectReference, Str, lit};
use crate::time::Span;
use crate::trace::Code;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where an informer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Listing,
    Watching,
    Waiting,
}

/// Keeps a client's picture of one kind up to date. It owns no cache: it reports [`Change`]s.
#[derive(Clone, Debug)]
pub struct Informer {
    number: u8,
    kind: Kind,
    selection: Selection,
    stage: Stage,
    revision: u64,
    tries: u32,
    listed: bool,
}

/// What an informer learned.
#[derive(Clone, Debug)]
pub enum Change {
    /// This is all there is now.
    Replace(Vec<Obj>),
    /// New or changed.
    Set(Obj),
    /// Gone; the last version.
    Remove(Obj),
}

impl Informer {
    /// An informer with a number of its client's choosing, for all objects of a kind.
    pub fn new(number: u8, kind: Kind) -> Informer {
        Informer {
            number,
            kind,
            selection: Selection::default(),
            stage: Stage::Idle,
            revision: 0,
            tries: 0,
            listed: false,
        }
    }

    /// Only pods on one node (`fieldSelector=spec.nodeName=…`), or the one node object of that name.
    pub fn on_node(mut self, node: Str) -> Informer {
        self.selection = Selection::of_node(&self.kind, &node);
        self
    }

    /// Whether the first list has come. A list of an empty store comes at revision 0.
    pub fn synced(&self) -> bool {
        self.listed
    }
    /// The newest revision seen.
    pub fn revision(&self) -> u64 {
        self.revision
    }
    /// The kind watched.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Begins to list.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        self.stage = Stage::Listing;
        let verb = Verb::List { kind: self.kind.clone(), selection: self.selection.clone() };
        cx.request(verb, Ctx::Informer(self.number));
    }

    /// Takes the answer to a list or watch request.
    pub fn on_response(&mut self, cx: &mut Cx<'_>, result: Result<Reply, Box<Status>>) -> Option<Change> {
        match (self.stage, result) {
            (Stage::Listing, Ok(Reply::List { items, revision })) => {
                self.tries = 0;
                self.revision = revision;
                self.listed = true;
                self.stage = Stage::Watching;
                let verb = Verb::Watch {
                    kind: self.kind.clone(),
                    selection: self.selection.clone(),
                    revision,
                    informer: self.number,
                };
                cx.request(verb, Ctx::Informer(self.number));
                Some(Change::Replace(items))
            }
            (Stage::Watching, Ok(_)) => None,
            (_, Err(e)) => {
                self.retry(cx, e.reason);
                None
            }
            (Stage::Idle | Stage::Listing | Stage::Waiting, Ok(_)) => None,
        }
    }

    /// Takes what the watch reports.
    pub fn on_watch(&mut self, cx: &mut Cx<'_>, revision: u64, event: WatchEvent) -> Option<Change> {
        if self.stage != Stage::Watching {
            return None;
        }
        self.revision = self.revision.max(revision);
        match event {
            WatchEvent::Added(o) | WatchEvent::Modified(o) => Some(Change::Set(o)),
            WatchEvent::Deleted(o) => Some(Change::Remove(o)),
            WatchEvent::Bookmark(_) => None,
            WatchEvent::Expired => {
                self.retry(cx, "Expired");
                None
            }
            WatchEvent::Closed => {
                self.retry(cx, "ConnectionRefused");
                None
            }
        }
    }

    /// The time to list again has come.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>) {
        if self.stage == Stage::Waiting {
            self.start(cx);
        }
    }

    /// Lists again after a back-off of 0.8 s doubling to 30 s, as client-go's reflector.
    fn retry(&mut self, cx: &mut Cx<'_>, why: &str) {
        if self.stage == Stage::Waiting {
            return;
        }
        self.stage = Stage::Waiting;
        cx.note(Code::Relist, &no_key(), &[("kind", &self.kind), ("why", &why)]);
        let base =
            if why == "Expired" { Span::ms(10) } else { Span::ms((800 << self.tries.min(6)).min(30_000)) };
        self.tries += 1;
        let jitter = Span(cx.rng().below(base.0));
        cx.after(base + jitter, Timer::Informer(self.number));
    }
}

/// Writes Event objects for a component, counting repeats instead of writing them again
/// (`client-go/tools/record`: the same event again raises `count` of the first).
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// The event's name, its count, and the wall clock at the last one, in seconds.
    seen: BTreeMap<u64, (Str, u32, u32)>,
    order: std::collections::VecDeque<u64>,
}

/// How much longer than its time to live an event may be there: etcd looks once a minute.
const LEASE_GRAIN: Span = Span::secs(60);

/// How many different events a recorder remembers (`maxLruCacheEntries` upstream).
const RECORDER_MEMORY: usize = 4096;

impl Recorder {
    /// Reports an event. `component` is the source, such as `kubelet`; `host` its node or empty.
    #[allow(clippy::too_many_arguments)]
    pub fn event(
        &mut self,
        cx: &mut Cx<'_>,
        (component, host): (Str, Str),
        type_: EventType,
        reason: Str,
        involved: ObjectReference,
        message: Str,
        remember: bool,
    ) {
        let now = cx.wall();
        let ns = if involved.namespace.is_empty() { lit!("default") } else { involved.namespace.clone() };
        let hash = [&*involved.name, &*reason, &*message, &*involved.field_path, &*component, &*host]
            .iter()
            .flat_map(|s| s.bytes().chain([0]))
            .chain(involved.uid.0.to_le_bytes())
            .fold(0xcbf29ce484222325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100000001b3));
        let seconds = now.0 as u32;
        let mut total = 1;
        if remember && let Some((name, count, last)) = self.seen.get_mut(&hash) {
            *count += 1;
            total = i64::from(*count);
            let life = cx.core.config.timings.event_ttl + LEASE_GRAIN;
            let gone = Span::secs(u64::from(seconds.wrapping_sub(*last))) > life;
            *last = seconds;
            if !gone {
                let patch = Patch::EventCount { count: total, last: now };
                let key = Key { kind: Kind::Event, ns, name: name.clone() };
                cx.request(Verb::Patch { key, uid: None, patch }, Ctx::Event);
                return;
            }
            // Upstream is told so (404), and creates it again with the count that it has reached.
        }
        // Upstream names an event by its object and the nanosecond; here a draw keeps names apart
        // that fall into the same virtual nanosecond.
        let name = Str::from(format!("{}.{:016x}", involved.name, cx.rng().next()));
        if remember && total > 1 {
            self.seen.insert(hash, (name.clone(), total as u32, seconds));
        } else if remember {
            if self.order.len() == RECORDER_MEMORY
                && let Some(old) = self.order.pop_front()
            {
                self.seen.remove(&old);
            }
            self.seen.insert(hash, (name.clone(), 1, seconds));
            self.order.push_back(hash);
        }
        let event = Event {
            metadata: ObjectMeta { name, namespace: ns, ..Default::default() },
            involved_object: involved,
            reason,
            message,
            type_,
            source: EventSource { component, host },
            first_timestamp: Some(now),
            last_timestamp: Some(now),
            count: total,
            other: Default::default(),
        };
        cx.request(Verb::Create(Obj::Event(Arc::new(event))), Ctx::Event);
    }
}
