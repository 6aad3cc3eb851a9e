//! What a controller has asked for and not yet seen come true, so that it does not ask twice.
//!
//! Source: `pkg/controller/controller_utils.go` (`ControllerExpectations`,
//! `UIDTrackingControllerExpectations`).

use crate::object::Key;
use crate::time::{SimTime, Span};
use std::collections::{BTreeMap, BTreeSet};

/// After this time an expectation is given up (`ExpectationsTimeout`).
pub const EXPECTATIONS_TIMEOUT: Span = Span::secs(5 * 60);

#[derive(Clone, Debug)]
struct Expectation {
    creations: i64,
    deletions: BTreeSet<Key>,
    since: SimTime,
}

/// Expectations of one controller, by the key of its object.
#[derive(Clone, Debug, Default)]
pub struct Expectations(BTreeMap<Key, Expectation>);

impl Expectations {
    /// So many creations are asked for.
    pub fn expect_creations(&mut self, key: &Key, n: i64, now: SimTime) {
        let e = Expectation { creations: n, deletions: BTreeSet::new(), since: now };
        self.0.insert(key.clone(), e);
    }
    /// The deletion of these is asked for.
    pub fn expect_deletions(&mut self, key: &Key, deletions: BTreeSet<Key>, now: SimTime) {
        self.0.insert(key.clone(), Expectation { creations: 0, deletions, since: now });
    }
    /// A creation was seen, or will not come.
    pub fn creation_observed(&mut self, key: &Key) {
        if let Some(e) = self.0.get_mut(key) {
            e.creations -= 1;
        }
    }
    /// A deletion was seen, or will not come.
    pub fn deletion_observed(&mut self, key: &Key, object: &Key) {
        if let Some(e) = self.0.get_mut(key) {
            e.deletions.remove(object);
        }
    }
    /// Whether nothing is outstanding, or it has been for too long.
    pub fn satisfied(&self, key: &Key, now: SimTime) -> bool {
        self.0.get(key).is_none_or(|e| {
            (e.creations <= 0 && e.deletions.is_empty()) || now - e.since > EXPECTATIONS_TIMEOUT
        })
    }
    /// The object is gone.
    pub fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Kind;

    #[test]
    fn expectations_hold_until_seen_or_timed_out() {
        let rs = Key::new(Kind::ReplicaSet, "default", "web");
        let pod = |n: &str| Key::new(Kind::Pod, "default", n);
        let t = |s: u64| SimTime(0) + Span::secs(s);
        let mut e = Expectations::default();
        assert!(e.satisfied(&rs, t(0)), "none");
        e.expect_creations(&rs, 2, t(0));
        e.creation_observed(&rs);
        assert!(!e.satisfied(&rs, t(300)), "one is outstanding");
        assert!(e.satisfied(&rs, t(301)), "given up after five minutes");
        e.creation_observed(&rs);
        assert!(e.satisfied(&rs, t(1)), "both seen");
        e.expect_deletions(&rs, [pod("a"), pod("b")].into(), t(0));
        e.deletion_observed(&rs, &pod("a"));
        e.deletion_observed(&rs, &pod("a"));
        assert!(!e.satisfied(&rs, t(1)), "the same deletion seen twice counts once");
        e.deletion_observed(&rs, &pod("b"));
        assert!(e.satisfied(&rs, t(1)));
    }
}
