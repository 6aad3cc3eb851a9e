//! What a controller can see and do while it handles something.

use super::cache::Cache;
use super::lane::{Lane, Weight};
use super::{KcmCtx, KcmTimer, Slip};
use crate::apiserver::Verb;
use crate::client::Recorder;
use crate::core::Cx;
use crate::msg::{Ctx, Timer};
use crate::object::{EventType, Key, Kind, ObjectMeta, ObjectReference, Str, Uid, lit};
use crate::time::{SimTime, Span};
use std::collections::{BTreeMap, VecDeque};

/// A controller's hands and eyes.
pub struct Io<'a, 'b> {
    /// The component's view of the world.
    pub cx: &'a mut Cx<'b>,
    /// What the informers have told.
    pub cache: &'a Cache,
    pub(super) lane: &'a mut Lane,
    pub(super) events: &'a mut Events,
}

impl Io<'_, '_> {
    /// A key needs work, because of the present cause.
    pub fn add(&mut self, key: Key, weight: Weight) {
        self.lane.add(self.cx, key, weight);
    }

    /// A key needs work after a while.
    pub fn add_after(&mut self, key: Key, wait: Span) {
        self.lane.add_after(self.cx, key, wait);
    }

    /// Asks the API server for something as part of the key's sync, which is over when all answers
    /// have come. `tag` and `about` are for the controller to know the answer by.
    pub fn send(&mut self, key: &Key, verb: Verb, tag: u8, about: Option<Key>) {
        let round = self.lane.sent(key);
        self.request(key, verb, tag, about, round);
    }

    /// Asks the API server for something outside of any key's sync.
    pub fn send_loose(&mut self, key: &Key, verb: Verb, tag: u8, about: Option<Key>) {
        self.request(key, verb, tag, about, 0);
    }

    fn request(&mut self, key: &Key, verb: Verb, tag: u8, about: Option<Key>, round: u32) {
        // What a controller writes is news: none of them writes the same again and again.
        self.cx.set_background(false);
        let slip = Slip { lane: self.lane.id(), key: key.clone(), tag, about, round };
        self.cx.request(verb, Ctx::Kcm(KcmCtx(Box::new(slip))));
    }

    /// Wakes this controller once more, for a reason of its own (see [`super::Reconciler::wake`]).
    pub fn wake_after(&mut self, wait: Span, key: Key, token: u64) {
        self.cx.after(wait, Timer::Kcm(KcmTimer::Wake { lane: self.lane.id(), key, token }));
    }

    /// Wakes this controller because a period is over (see [`super::Reconciler::tick`]).
    pub fn tick_after(&mut self, wait: Span, name: &'static str) {
        self.cx.tick(wait, Timer::Kcm(KcmTimer::Tick { lane: self.lane.id(), name }), name);
    }

    /// Reports an event about an object, in the name of `component`.
    pub fn event(
        &mut self,
        component: Str,
        (kind, meta): (Kind, &ObjectMeta),
        type_: EventType,
        reason: Str,
        message: String,
    ) {
        let mut involved = ObjectReference::to(&kind, meta);
        if kind == Kind::Node {
            involved.namespace = lit!("");
        }
        self.events.event(self.cx, component, involved, type_, reason, message);
    }
}

/// The event recorder behind a filter against floods (`client-go/tools/record/events_cache.go`,
/// `EventSourceObjectSpamFilter`): of one component about one object 25 events at once, then one
/// every five minutes.
#[derive(Clone, Debug, Default)]
pub struct Events {
    recorder: Recorder,
    buckets: BTreeMap<(Str, Uid), (u32, SimTime)>,
    order: VecDeque<(Str, Uid)>,
}

const SPAM_BURST: u32 = 25;
const SPAM_REFILL: Span = Span::secs(300);
const SPAM_MEMORY: usize = 4096;

impl Events {
    fn allowed(&mut self, now: SimTime, component: &Str, uid: Uid) -> bool {
        let at = (component.clone(), uid);
        let (tokens, since) = match self.buckets.get(&at) {
            Some(b) => *b,
            None => {
                if self.order.len() == SPAM_MEMORY
                    && let Some(old) = self.order.pop_front()
                {
                    self.buckets.remove(&old);
                }
                self.order.push_back(at.clone());
                (SPAM_BURST, now)
            }
        };
        let gained = (now - since).0 / SPAM_REFILL.0;
        let full = tokens + gained.min(u64::from(SPAM_BURST)) as u32 >= SPAM_BURST;
        let tokens = (tokens + gained.min(u64::from(SPAM_BURST)) as u32).min(SPAM_BURST);
        let since = if full { now } else { since + Span(gained * SPAM_REFILL.0) };
        self.buckets.insert(at, (tokens.saturating_sub(1), since));
        tokens > 0
    }

    fn event(
        &mut self,
        cx: &mut Cx<'_>,
        component: Str,
        involved: ObjectReference,
        type_: EventType,
        reason: Str,
        message: String,
    ) {
        if self.allowed(cx.now(), &component, involved.uid) {
            let from = (component, lit!(""));
            self.recorder.event(cx, from, type_, reason, involved, Str::from(message), true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_events_is_cut_to_a_burst_and_then_one_per_five_minutes() {
        let mut e = Events::default();
        let count = |e: &mut Events, at: SimTime, n: usize| {
            (0..n).filter(|_| e.allowed(at, &lit!("x"), Uid(1))).count()
        };
        assert_eq!(count(&mut e, SimTime(0), 100), 25, "burst");
        assert_eq!(count(&mut e, SimTime(0) + Span::secs(299), 10), 0, "empty");
        assert_eq!(count(&mut e, SimTime(0) + Span::secs(300), 10), 1, "one refilled");
        assert_eq!(count(&mut e, SimTime(0) + Span::secs(100_000), 100), 25, "full again");
        assert!(e.allowed(SimTime(0), &lit!("x"), Uid(2)), "another object has its own bucket");
    }
}
