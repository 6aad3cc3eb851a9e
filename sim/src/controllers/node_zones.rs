//! How fast nodes are given up: a rate for each zone, which slows down or stops when so much of the
//! zone is gone that the fault is more likely on our side.
//!
//! Source: `pkg/controller/nodelifecycle/{node_lifecycle_controller.go,scheduler/rate_limited_queue.go}`
//! (`ComputeZoneState`, `handleDisruption`, `ReducedQPSFunc`, `RateLimitedTimedQueue`).

use crate::object::{Node, Str};
use crate::time::{SimTime, Span};
use crate::trace::Cause;
use std::collections::{BTreeMap, VecDeque};

/// `--node-eviction-rate` 0.1 a second.
const RATE: Span = Span::secs(10);
/// `--secondary-node-eviction-rate` 0.01 a second.
const RATE_SECONDARY: Span = Span::secs(100);
/// `--large-cluster-size-threshold`.
const LARGE: usize = 50;
/// The queue is looked at so often (`NodeEvictionPeriod`).
const PERIOD: Span = Span::ms(100);

/// How much of a zone is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZoneState {
    /// Little or nothing.
    #[default]
    Normal,
    /// More than 55 %, and more than two nodes.
    Partial,
    /// All.
    Full,
}

/// `ComputeZoneState`.
pub fn state_of(ready: usize, not_ready: usize) -> ZoneState {
    if ready == 0 && not_ready > 0 {
        ZoneState::Full
    } else if not_ready > 2 && not_ready * 100 >= (not_ready + ready) * 55 {
        ZoneState::Partial
    } else {
        ZoneState::Normal
    }
}

/// The time from one node to the next; `None`: no node is given up.
pub fn pace(state: ZoneState, size: usize) -> Option<Span> {
    match state {
        ZoneState::Normal | ZoneState::Full => Some(RATE),
        ZoneState::Partial if size > LARGE => Some(RATE_SECONDARY),
        ZoneState::Partial => None,
    }
}

/// A node's zone (`utilnode.GetZoneKey`).
pub fn zone_of(node: &Node) -> Str {
    let label = |k: &str| node.metadata.labels.get(k).map_or("", |s| s.as_str());
    match (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone")) {
        ("", "") => Str::new(),
        (r, z) => Str::from(format!("{r}/{z}")),
    }
}

/// One zone's queue of nodes to be tainted, behind a token bucket that holds one token.
#[derive(Clone, Debug)]
pub struct Zone {
    state: ZoneState,
    pace: Option<Span>,
    free_at: SimTime,
    queue: VecDeque<(Str, Cause)>,
}

impl Zone {
    fn new() -> Zone {
        Zone { state: ZoneState::Normal, pace: Some(RATE), free_at: SimTime(0), queue: VecDeque::new() }
    }

    /// `SwapLimiter`: a new rate; who was waiting goes on waiting.
    fn set_pace(&mut self, pace: Option<Span>, now: SimTime) {
        if self.pace == pace {
            return;
        }
        let waiting = self.pace.is_none() || now < self.free_at;
        self.pace = pace;
        self.free_at = if waiting { now + pace.unwrap_or(Span::ZERO) } else { now };
    }

    /// When the next node may be taken, on the grid of the loop that looks at the queue.
    pub fn next_at(&self, now: SimTime) -> Option<SimTime> {
        self.pace?;
        self.queue.front()?;
        let at = self.free_at.max(now).0;
        Some(SimTime((at / PERIOD.0 + 1) * PERIOD.0))
    }

    /// Takes a node if the rate allows it now.
    pub fn take(&mut self, now: SimTime) -> Option<(Str, Cause)> {
        let pace = self.pace?;
        if now < self.free_at {
            return None;
        }
        let next = self.queue.pop_front()?;
        self.free_at = now + pace;
        Some(next)
    }
}

/// What a round of the monitor makes of all zones together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disruption {
    /// Go on.
    None,
    /// All zones are gone as a whole: give up no node, lift what was set.
    Begins,
    /// That is over: start to count anew for all nodes.
    Ends,
}

/// All zones.
#[derive(Clone, Debug, Default)]
pub struct Zones(BTreeMap<Str, Zone>);

impl Zones {
    /// A node waits to be tainted.
    pub fn push(&mut self, zone: Str, node: &Str, cause: Cause) {
        let q = &mut self.0.entry(zone).or_insert_with(Zone::new).queue;
        if !q.iter().any(|(n, _)| n == node) {
            q.push_back((node.clone(), cause));
        }
    }
    /// A node no longer waits.
    pub fn drop_node(&mut self, zone: &Str, node: &Str) {
        if let Some(z) = self.0.get_mut(zone) {
            z.queue.retain(|(n, _)| n != node);
        }
    }
    /// The zones, for change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Str, &mut Zone)> {
        self.0.iter_mut()
    }

    /// Takes the counts of ready and other nodes by zone (`handleDisruption`).
    pub fn update(&mut self, counts: &BTreeMap<Str, (usize, usize)>, now: SimTime) -> Disruption {
        for zone in counts.keys() {
            self.0.entry(zone.clone()).or_insert_with(Zone::new);
        }
        let was_full = self.0.values().all(|z| z.state == ZoneState::Full);
        self.0.retain(|k, _| counts.contains_key(k));
        let states: BTreeMap<&Str, ZoneState> =
            counts.iter().map(|(k, (r, n))| (k, state_of(*r, *n))).collect();
        let is_full = !states.is_empty() && states.values().all(|s| *s == ZoneState::Full);
        for (k, z) in &mut self.0 {
            let state = states[k];
            let size = counts[k].0 + counts[k].1;
            let pace = if is_full { None } else { pace(state, size) };
            z.set_pace(pace, now);
            z.state = state;
        }
        match (was_full, is_full) {
            (false, true) => Disruption::Begins,
            (true, false) => Disruption::Ends,
            _ => Disruption::None,
        }
    }
    /// Whether all zones are gone.
    pub fn all_gone(&self) -> bool {
        !self.0.is_empty() && self.0.values().all(|z| z.state == ZoneState::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::lit;

    #[test]
    fn zones_slow_down_and_stop() {
        // name, ready, not ready, state, seconds from node to node
        let cases = [
            ("well", 3, 0, ZoneState::Normal, Some(10)),
            ("one of three", 2, 1, ZoneState::Normal, Some(10)),
            ("two of three: too few to tell", 1, 2, ZoneState::Normal, Some(10)),
            ("just below 55 %", 46, 54, ZoneState::Normal, Some(10)),
            ("55 % of a large zone", 45, 55, ZoneState::Partial, Some(100)),
            ("most of a small zone", 2, 4, ZoneState::Partial, None),
            ("all", 0, 3, ZoneState::Full, Some(10)),
        ];
        for (name, ready, gone, state, secs) in cases {
            assert_eq!(state_of(ready, gone), state, "{name}");
            assert_eq!(pace(state, ready + gone), secs.map(Span::secs), "{name}");
        }
    }

    #[test]
    fn the_queue_gives_one_node_at_once_and_then_one_each_ten_seconds() {
        let mut zones = Zones::default();
        for n in ["a", "b", "a", "c"] {
            zones.push(lit!(""), &Str::from(n), Cause::Timer("t"));
        }
        let zone = zones.0.get_mut("").expect("a zone");
        let t = |ms: u64| SimTime(ms * 1_000_000);
        let mut got = Vec::new();
        let mut now = t(50);
        while let Some(at) = zone.next_at(now) {
            now = at;
            if let Some((node, _)) = zone.take(now) {
                got.push((node.to_string(), now));
            }
        }
        assert_eq!(got, [("a".into(), t(100)), ("b".into(), t(10_200)), ("c".into(), t(20_300))]);
    }

    #[test]
    fn when_everything_is_gone_nothing_is_given_up() {
        let mut zones = Zones::default();
        let counts = |r, n| BTreeMap::from([(lit!(""), (r, n))]);
        assert_eq!(zones.update(&counts(3, 0), SimTime(0)), Disruption::None);
        assert_eq!(zones.update(&counts(0, 3), SimTime(1)), Disruption::Begins);
        zones.push(lit!(""), &lit!("a"), Cause::Timer("t"));
        assert_eq!(zones.0[""].next_at(SimTime(2)), None);
        assert_eq!(zones.update(&counts(1, 2), SimTime(3)), Disruption::Ends);
        assert!(zones.0[""].next_at(SimTime(4)).is_some());
    }
}
