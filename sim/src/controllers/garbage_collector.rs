//! The garbage collector: what belongs to something that is gone goes, too.
//!
//! Source: `pkg/controller/garbagecollector/{garbagecollector.go,graph_builder.go}`. The graph of owners is
//! the cache's index of dependents. Left out: cycles of owners, and owners in another namespace.

use super::cache::{Cache, Seen};
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::{Answer, Reconciler, Verdict};
use crate::apiserver::{DeleteOptions, Patch, Propagation, Verb};
use crate::msg::Reply;
use crate::object::{Key, Kind, Obj, ObjectMeta, OwnerReference, Str, Uid, lit};
use crate::time::Span;
use crate::trace::Code;
use std::collections::{BTreeSet, VecDeque};

const NAME: Str = lit!("garbage-collector-controller");
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
const GET: u8 = 1;
const WRITE: u8 = 2;

/// How many identities that are known to be gone are remembered.
const MEMORY: usize = 10_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct GarbageCollector {
    absent: BTreeSet<Uid>,
    order: VecDeque<Uid>,
    /// Objects whose owners were asked about and found to be gone.
    settled: BTreeSet<Key>,
}

fn has(meta: &ObjectMeta, finalizer: &str) -> bool {
    meta.finalizers.iter().any(|f| *f == finalizer)
}

/// Whether it waits for its dependents to go.
fn deleting_dependents(o: &Obj) -> bool {
    o.meta().deleting() && has(o.meta(), FOREGROUND)
}

fn without(meta: &ObjectMeta, finalizer: &str) -> Patch {
    Patch::Finalizers(meta.finalizers.iter().filter(|f| **f != finalizer).cloned().collect())
}

fn owner_key(o: &OwnerReference, ns: &Str) -> Key {
    let kind = Kind::of(&o.api_version, &o.kind);
    let ns = if kind.namespaced() { ns.clone() } else { lit!("") };
    Key { kind, ns, name: o.name.clone() }
}

impl GarbageCollector {
    fn gone(&mut self, uid: Uid) {
        if self.absent.insert(uid) {
            self.order.push_back(uid);
            if self.order.len() > MEMORY
                && let Some(old) = self.order.pop_front()
            {
                self.absent.remove(&old);
            }
        }
    }

    /// Owners that are waiting for their dependents may be done.
    fn nudge_owners(owners: &[OwnerReference], io: &mut Io<'_, '_>) {
        for o in owners {
            if let Some(owner) = io.cache.of_uid(o.uid)
                && owner.meta().deleting()
            {
                let key = owner.key();
                io.add(key, Weight::Light);
            }
        }
    }

    fn patch(key: &Key, of: &Key, uid: Uid, patch: Patch, io: &mut Io<'_, '_>) {
        io.send(key, Verb::Patch { key: of.clone(), uid: Some(uid), patch }, WRITE, None);
    }

    /// An object whose deletion waits for something here: its dependents' end, or their release.
    fn finalize(key: &Key, meta: &ObjectMeta, io: &mut Io<'_, '_>) {
        let cache: &Cache = io.cache;
        if has(meta, ORPHAN) {
            let dependents: Vec<&Key> = cache.dependents(meta.uid).collect();
            for d in &dependents {
                if let Some(o) = cache.get(d) {
                    let kept =
                        o.meta().owner_references.iter().filter(|r| r.uid != meta.uid).cloned().collect();
                    Self::patch(key, d, o.meta().uid, Patch::Owners(kept), io);
                }
            }
            if dependents.is_empty() {
                Self::patch(key, key, meta.uid, without(meta, ORPHAN), io);
            }
            return;
        }
        let blocks = |k: &&Key| {
            cache.get(k).is_some_and(|o| {
                o.meta().owner_references.iter().any(|r| r.uid == meta.uid && r.block_owner_deletion)
            })
        };
        if cache.dependents(meta.uid).filter(blocks).count() == 0 {
            Self::patch(key, key, meta.uid, without(meta, FOREGROUND), io);
            return;
        }
        for d in cache.dependents(meta.uid) {
            if cache.get(d).is_some_and(|o| !o.meta().deleting()) {
                io.add(d.clone(), Weight::Heavy);
            }
        }
    }
}

impl Reconciler for GarbageCollector {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        &super::WATCHED
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }
    fn cost(&self, _: &Key, _: &Cache) -> Span {
        Span::us(20)
    }

    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        let empty: &[OwnerReference] = &[];
        let replaced = match (&seen.old, &seen.new) {
            (Some(o), Some(n)) => o.meta().uid != n.meta().uid,
            _ => false,
        };
        if let Some(old) = &seen.old
            && (seen.new.is_none() || replaced)
        {
            let dependents: Vec<Key> = io.cache.dependents(old.meta().uid).cloned().collect();
            if !dependents.is_empty() {
                self.gone(old.meta().uid);
            }
            for d in dependents {
                io.add(d, Weight::Heavy);
            }
            Self::nudge_owners(&old.meta().owner_references, io);
        }
        let Some(new) = &seen.new else {
            self.settled.remove(&seen.key);
            return;
        };
        let meta = new.meta();
        if meta.deleting() && (has(meta, FOREGROUND) || has(meta, ORPHAN)) {
            io.add(seen.key.clone(), Weight::Heavy);
        }
        let before = seen.old.as_ref().filter(|_| !replaced).map_or(empty, |o| &o.meta().owner_references);
        if before != meta.owner_references.as_slice() {
            Self::nudge_owners(before, io);
            let doubtful = |o: &OwnerReference| io.cache.of_uid(o.uid).is_none_or(deleting_dependents);
            if meta.owner_references.iter().any(doubtful) {
                io.add(seen.key.clone(), Weight::Light);
            }
        }
    }

    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        let Some(item) = io.cache.get(key).cloned() else {
            io.lane.forget(key);
            return Outcome::Done;
        };
        let meta = item.meta();
        if meta.deleting() {
            if has(meta, FOREGROUND) || has(meta, ORPHAN) {
                Self::finalize(key, meta, io);
            }
            return Outcome::Done;
        }
        let (mut solid, mut dangling, mut waiting, mut unknown) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for o in &meta.owner_references {
            match io.cache.of_uid(o.uid) {
                Some(owner) if deleting_dependents(owner) => waiting.push(o),
                Some(_) => solid.push(o),
                None if self.absent.contains(&o.uid) => dangling.push(o),
                None => unknown.push(o),
            }
        }
        // An owner that the cache does not show may be too new for it: ask.
        if !unknown.is_empty() {
            for o in unknown {
                let about = owner_key(o, &key.ns);
                io.send(key, Verb::Get(about.clone()), GET, Some(about));
            }
            return Outcome::Deferred;
        }
        let Some(owner) = dangling.first().or(waiting.first()) else { return Outcome::Done };
        if !solid.is_empty() {
            let kept = solid.into_iter().cloned().collect();
            Self::patch(key, key, meta.uid, Patch::Owners(kept), io);
            return Outcome::Done;
        }
        let has_dependents = io.cache.dependents(meta.uid).next().is_some();
        let propagation = if has(meta, ORPHAN) {
            Propagation::Orphan
        } else if has(meta, FOREGROUND) || (!waiting.is_empty() && has_dependents) {
            Propagation::Foreground
        } else {
            Propagation::Background
        };
        let first = if dangling.is_empty() { "yes" } else { "no" };
        let owner = owner_key(owner, &key.ns);
        let cause = io.cx.note(Code::GarbageCollected, key, &[("owner", &owner), ("first", &first)]);
        io.cx.set_cause(cause);
        let options = DeleteOptions { uid: Some(meta.uid), propagation, grace: None };
        io.send(key, Verb::Delete { key: key.clone(), options }, WRITE, None);
        Outcome::Done
    }

    fn answered(&mut self, answer: &Answer<'_>, io: &mut Io<'_, '_>) -> Verdict {
        let (GET, Some(about)) = (answer.tag, answer.about) else {
            return match answer.result {
                Err(e) if e.code == 404 || e.code == 409 => Verdict::Fine,
                _ => Verdict::ByResult,
            };
        };
        let found = match answer.result {
            Ok(Reply::Object(o)) => Some(o.meta().uid),
            Ok(_) => None,
            Err(e) if e.code == 404 => None,
            Err(_) => return Verdict::ByResult,
        };
        let Some(item) = io.cache.get(answer.key).cloned() else { return Verdict::Fine };
        for o in &item.meta().owner_references {
            if owner_key(o, &answer.key.ns) == *about && found != Some(o.uid) {
                self.gone(o.uid);
                self.settled.insert(answer.key.clone());
            }
        }
        Verdict::Fine
    }

    fn resume(&mut self, key: &Key, failed: u32, io: &mut Io<'_, '_>) -> Outcome {
        if self.settled.remove(key) {
            io.add(key.clone(), Weight::Heavy);
        }
        if failed > 0 { Outcome::Retry } else { Outcome::Done }
    }
}
