//! The work queue of one controller: each key is worked on by one worker at a time, and events that
//! come while it waits are taken together.
//!
//! Source: `k8s.io/client-go/util/workqueue` (queue, delaying queue, rate-limited queue). Modelled:
//! de-duplication, the exponential back-off per key, and that a sync takes time. Left out: the bucket
//! of ten requeues a second for all keys together.

use crate::core::Cx;
use crate::msg::Timer;
use crate::object::Key;
use crate::time::{SimTime, Span};
use crate::trace::Cause;
use std::collections::{BTreeMap, VecDeque};

use super::KcmTimer;

/// First wait after a failure (`DefaultTypedControllerRateLimiter`).
const BACKOFF_FIRST: Span = Span::ms(5);
/// Longest wait after a failure.
const BACKOFF_MAX: Span = Span::secs(1000);

/// How much an event says about why a key needs work. Of the events taken together, the newest of the
/// weightiest is named as the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A look to be on the safe side: a resync, a retry, a status that moved.
    Light,
    /// Something that probably needs an answer: a new specification, an object gone.
    Heavy,
}

/// Why a key needs work.
#[derive(Clone, Copy, Debug)]
struct Why {
    cause: Cause,
    weight: Weight,
    /// Whether it is part of what goes on all the time.
    background: bool,
}

impl Why {
    fn or(self, newer: Why) -> Why {
        let why = if newer.weight >= self.weight { newer } else { self };
        Why { background: self.background && newer.background, ..why }
    }
}

/// A key whose requests are under way.
#[derive(Clone, Debug)]
struct Flight {
    round: u32,
    left: u32,
    failed: u32,
    since: SimTime,
    why: Why,
}

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well; what failed before is forgotten.
    Done,
    /// Try again after a back-off.
    Retry,
    /// Nothing could be done yet. Whoever triggers the next sync, the reason for this one stays.
    Deferred,
}

/// The work queue of one controller.
#[derive(Clone, Debug)]
pub struct Lane {
    id: u8,
    ready: VecDeque<Key>,
    dirty: BTreeMap<Key, Why>,
    carried: BTreeMap<Key, Why>,
    flights: BTreeMap<Key, Flight>,
    delayed: BTreeMap<Key, SimTime>,
    failures: BTreeMap<Key, u32>,
    /// The key that the worker is busy with.
    busy: Option<Key>,
    round: u32,
}

impl Lane {
    /// An empty queue.
    pub(super) fn new(id: u8) -> Lane {
        Lane {
            id,
            ready: VecDeque::new(),
            dirty: BTreeMap::new(),
            carried: BTreeMap::new(),
            flights: BTreeMap::new(),
            delayed: BTreeMap::new(),
            failures: BTreeMap::new(),
            busy: None,
            round: 0,
        }
    }

    /// The lane's number.
    pub(super) fn id(&self) -> u8 {
        self.id
    }

    /// A key needs work, because of the present cause.
    pub(super) fn add(&mut self, cx: &Cx<'_>, key: Key, weight: Weight) {
        let mut why = Why { cause: cx.cause(), weight, background: cx.background() };
        if let Some(old) = self.carried.remove(&key) {
            why = old.or(why);
        }
        if let Some(have) = self.dirty.get_mut(&key) {
            *have = have.or(why);
            return;
        }
        if !self.flights.contains_key(&key) {
            self.ready.push_back(key.clone());
        }
        self.dirty.insert(key, why);
    }

    /// A key needs work after a while; of several such calls the earliest counts.
    pub(super) fn add_after(&mut self, cx: &mut Cx<'_>, key: Key, wait: Span) {
        let at = cx.now() + wait;
        if self.delayed.get(&key).is_some_and(|t| *t <= at) {
            return;
        }
        self.delayed.insert(key.clone(), at);
        cx.after(wait, Timer::Kcm(KcmTimer::Delayed { lane: self.id, key }));
    }

    /// A key's wait may be over.
    pub(super) fn on_delayed(&mut self, cx: &Cx<'_>, key: Key) {
        if self.delayed.get(&key).is_some_and(|t| *t <= cx.now()) {
            self.delayed.remove(&key);
            self.add(cx, key, Weight::Light);
        }
    }

    /// The next key, if the worker is free. What the worker does is as much in the background as the
    /// reason for it.
    pub(super) fn take(&mut self, cx: &mut Cx<'_>) -> Option<Key> {
        if self.busy.is_some() {
            return None;
        }
        let key = self.ready.pop_front()?;
        if let Some(why) = self.dirty.get(&key) {
            cx.set_cause(why.cause);
            cx.set_background(why.background);
        }
        self.busy = Some(key.clone());
        Some(key)
    }

    /// The worker's time on its key has passed: the sync itself. Sets the key's cause.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>) -> Option<Key> {
        let key = self.busy.take()?;
        let why = self.dirty.remove(&key)?;
        cx.set_cause(why.cause);
        cx.set_background(why.background);
        self.round = self.round.wrapping_add(1).max(1);
        let flight = Flight { round: self.round, left: 0, failed: 0, since: cx.now(), why };
        self.flights.insert(key.clone(), flight);
        Some(key)
    }

    /// A request goes out for a key. Returns the round to name in its context.
    pub(super) fn sent(&mut self, key: &Key) -> u32 {
        self.flights.get_mut(key).map_or(0, |f| {
            f.left += 1;
            f.round
        })
    }

    /// Remembers why the key's later requests are made.
    pub(super) fn keep_cause(&mut self, key: &Key, cause: Cause) {
        if let Some(f) = self.flights.get_mut(key) {
            f.why.cause = cause;
        }
    }

    /// Whether an answer belongs to the key's present flight; if so sets the flight's cause.
    pub(super) fn expects(&mut self, cx: &mut Cx<'_>, key: &Key, round: u32) -> bool {
        match self.flights.get(key).filter(|f| f.round == round) {
            Some(f) => {
                cx.set_cause(f.why.cause);
                cx.set_background(f.why.background);
                true
            }
            None => false,
        }
    }

    /// An answer has come. Returns how many requests of the round failed, once none is left.
    pub(super) fn answered(&mut self, key: &Key, failed: bool) -> Option<u32> {
        let f = self.flights.get_mut(key)?;
        f.left = f.left.saturating_sub(1);
        f.failed += u32::from(failed);
        (f.left == 0).then(|| std::mem::take(&mut f.failed))
    }

    /// Whether requests of a key are under way.
    pub(super) fn waits(&self, key: &Key) -> bool {
        self.flights.get(key).is_some_and(|f| f.left > 0)
    }

    /// A key's sync is over.
    pub(super) fn finish(&mut self, cx: &mut Cx<'_>, key: &Key, outcome: Outcome) {
        let Some(f) = self.flights.remove(key) else { return };
        match outcome {
            Outcome::Done => {
                self.failures.remove(key);
            }
            Outcome::Retry => {
                self.carry(key, f.why);
                self.retry(cx, key.clone());
            }
            Outcome::Deferred => {
                self.failures.remove(key);
                self.carry(key, f.why);
            }
        }
        if self.dirty.contains_key(key) {
            self.ready.push_back(key.clone());
        }
    }

    fn carry(&mut self, key: &Key, why: Why) {
        match self.dirty.get_mut(key) {
            Some(have) => *have = why.or(*have),
            None => {
                self.carried.insert(key.clone(), why);
            }
        }
    }

    /// Requeues a key after its back-off.
    pub(super) fn retry(&mut self, cx: &mut Cx<'_>, key: Key) {
        let n = self.failures.entry(key.clone()).or_default();
        let wait = Span((BACKOFF_FIRST.0 << (*n).min(30)).min(BACKOFF_MAX.0));
        *n += 1;
        self.add_after(cx, key, wait);
    }

    /// Drops what is remembered about a key that is gone for good.
    pub(super) fn forget(&mut self, key: &Key) {
        self.failures.remove(key);
        self.carried.remove(key);
    }

    /// Keys whose answers have not come since `before`.
    pub(super) fn overdue(&self, before: SimTime) -> Vec<Key> {
        self.flights.iter().filter(|(_, f)| f.since < before).map(|(k, _)| k.clone()).collect()
    }

    /// Whether any request is under way.
    pub(super) fn in_flight(&self) -> bool {
        !self.flights.is_empty()
    }
}
