//! The namespace controller: empties a namespace that is being deleted, then lets it go.
//!
//! Source: `pkg/controller/namespace/{namespace_controller.go,deletion/namespaced_resources_deleter.go}`.
//! Left out: the conditions that say what remains.

use super::cache::{Cache, Seen};
use super::io::Io;
use super::lane::{Outcome, Weight};
use super::{Answer, INERT, Reconciler, Verdict};
use crate::apiserver::{DeleteOptions, Selection, Verb};
use crate::msg::Reply;
use crate::object::{Key, Kind, Namespace, Obj, Str, lit};
use crate::time::Span;
use crate::trace::Code;
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: Str = lit!("namespace-controller");
/// Seconds for other API servers to hear of the deletion (`namespaceDeletionGracePeriod`).
const GRACE_S: i64 = 5;
const DELETE: u8 = 1;
const LIST: u8 = 2;
const FINALIZE: u8 = 3;
const EVENTS: u8 = 4;

/// What a namespace may hold.
static CONTENT: [Kind; 9] = [
    Kind::Lease,
    Kind::Pod,
    Kind::ReplicaSet,
    Kind::Deployment,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::ServiceAccount,
    Kind::Event,
    INERT,
];

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct NamespaceController {
    /// Namespaces that look empty, and how many objects a last list has shown.
    listing: BTreeMap<Key, usize>,
}

fn key_of(ns: &Str) -> Key {
    Key { kind: Kind::Namespace, ns: lit!(""), name: ns.clone() }
}

fn terminating<'a>(cache: &'a Cache, key: &Key) -> Option<&'a Arc<Namespace>> {
    match cache.get(key) {
        Some(Obj::Namespace(n))
            if n.metadata.deleting() && n.spec.finalizers.iter().any(|f| *f == "kubernetes") =>
        {
            Some(n)
        }
        _ => None,
    }
}

fn contents<'a>(cache: &'a Cache, ns: &'a Str) -> impl Iterator<Item = &'a Obj> {
    let known = CONTENT.iter().filter(|k| **k != INERT).flat_map(move |k| cache.in_namespace(k, ns));
    known.chain(cache.inert().filter(move |o| o.meta().namespace == *ns))
}

fn delete(key: &Key, o: &Obj, io: &mut Io<'_, '_>) {
    let options = DeleteOptions { uid: Some(o.meta().uid), ..Default::default() };
    io.send(key, Verb::Delete { key: o.key(), options }, DELETE, None);
}

impl Reconciler for NamespaceController {
    fn name(&self) -> Str {
        NAME
    }
    fn watches(&self) -> &'static [Kind] {
        static WATCHED: [Kind; 9] = [
            Kind::Namespace,
            Kind::Lease,
            Kind::Pod,
            Kind::ReplicaSet,
            Kind::Deployment,
            Kind::ConfigMap,
            Kind::Secret,
            Kind::ServiceAccount,
            INERT,
        ];
        &WATCHED
    }
    fn copy(&self) -> Box<dyn Reconciler> {
        Box::new(self.clone())
    }

    fn observe(&mut self, seen: &Seen, io: &mut Io<'_, '_>) {
        if seen.key.kind == Kind::Namespace {
            if terminating(io.cache, &seen.key).is_some() {
                io.add(seen.key.clone(), Weight::Heavy);
            }
        } else if seen.new.is_none() || seen.old.is_none() {
            let key = key_of(&seen.key.ns);
            if terminating(io.cache, &key).is_some() {
                io.add(key, Weight::Light);
            }
        }
    }

    fn reconcile(&mut self, key: &Key, io: &mut Io<'_, '_>) -> Outcome {
        self.listing.remove(key);
        let cache = io.cache;
        let Some(ns) = terminating(cache, key) else { return Outcome::Done };
        let asked = ns.metadata.deletion_timestamp.map_or(0, |t| t.0);
        if io.cx.wall().0 < asked + GRACE_S {
            io.add_after(key.clone(), Span::secs(1));
            return Outcome::Deferred;
        }
        let left = contents(cache, &key.name).count();
        if left == 0 {
            // The cache may be behind, and events are not in it: only a list can tell.
            self.listing.insert(key.clone(), 0);
            for kind in &CONTENT {
                let verb =
                    Verb::List { kind: kind.clone(), selection: Selection::in_namespace(key.name.clone()) };
                io.send(key, verb, LIST, None);
            }
            return Outcome::Done;
        }
        let doomed: Vec<&Obj> = contents(cache, &key.name).filter(|o| !o.meta().deleting()).collect();
        if !doomed.is_empty() {
            let cause = io.cx.note(Code::NamespaceEmptied, key, &[("left", &left)]);
            io.cx.set_cause(cause);
        }
        if !doomed.is_empty() {
            // Events are not in the cache, and do not wait for what a finalizer holds.
            let verb = Verb::List { kind: Kind::Event, selection: Selection::in_namespace(key.name.clone()) };
            io.send(key, verb, EVENTS, None);
        }
        for o in doomed {
            delete(key, o, io);
        }
        Outcome::Done
    }

    fn answered(&mut self, answer: &Answer<'_>, io: &mut Io<'_, '_>) -> Verdict {
        match (answer.tag, answer.result) {
            (LIST, Ok(Reply::List { items, .. })) => {
                *self.listing.entry(answer.key.clone()).or_default() += items.len();
                for o in items.iter().filter(|o| !o.meta().deleting()) {
                    delete(answer.key, o, io);
                }
                Verdict::ByResult
            }
            (EVENTS, Ok(Reply::List { items, .. })) => {
                for o in items {
                    delete(answer.key, o, io);
                }
                Verdict::ByResult
            }
            (DELETE | FINALIZE, Err(e)) if e.code == 404 => Verdict::Fine,
            // The cache showed one that has been replaced since: the watch will say.
            (DELETE, Err(e)) if e.code == 409 => Verdict::Fine,
            _ => Verdict::ByResult,
        }
    }

    fn resume(&mut self, key: &Key, failed: u32, io: &mut Io<'_, '_>) -> Outcome {
        let listed = self.listing.remove(key);
        if failed > 0 {
            return Outcome::Retry;
        }
        match (listed, terminating(io.cache, key).cloned()) {
            (Some(0), Some(ns)) => {
                let mut ns = Namespace::clone(&ns);
                ns.spec.finalizers.retain(|f| *f != "kubernetes");
                io.send(key, Verb::Update(Obj::Namespace(Arc::new(ns))), FINALIZE, None);
            }
            (Some(_), Some(_)) => io.add_after(key.clone(), Span::secs(1)),
            _ => {}
        }
        Outcome::Done
    }
}
