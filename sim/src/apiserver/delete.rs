//! Deletion: grace for pods, finalizers, and what becomes of dependents.
//!
//! Source: `k8s.io/apiserver/pkg/registry/{rest/delete.go,generic/registry/store.go}` and
//! `pkg/registry/core/pod/strategy.go`.

use super::write::Outcome;
use super::{DeleteOptions, Propagation};
use crate::api_util::Time;
use crate::object::{Obj, Str, lit};
use std::sync::Arc;

/// What DELETE makes of an object.
pub(super) fn delete(old: &Obj, options: &DeleteOptions, now: Time) -> Outcome {
    let mut new = old.clone();
    if let Obj::Namespace(n) = &mut new {
        let n = Arc::make_mut(n);
        if n.metadata.deletion_timestamp.is_none() {
            n.metadata.deletion_timestamp = Some(now);
            n.status.phase = lit!("Terminating");
        }
        return if n.spec.finalizers.is_empty() && n.metadata.finalizers.is_empty() {
            Outcome::Remove(old.key())
        } else {
            put(old, new)
        };
    }
    let grace = match &new {
        // A pod that no kubelet has, or that has ended, needs no grace.
        Obj::Pod(p) if p.node_name.is_empty() || p.terminal() => 0,
        Obj::Pod(p) => options.grace.unwrap_or_else(|| p.spec.grace_seconds()).max(0),
        _ => 0,
    };
    let m = new.meta_mut();
    let finalizer = match options.propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(lit!("foregroundDeletion")),
        Propagation::Orphan => Some(lit!("orphan")),
    };
    if let Some(f) = finalizer
        && m.deletion_timestamp.is_none()
        && !m.finalizers.contains(&f)
    {
        m.finalizers.push(f);
    }
    if grace > 0 {
        // A second request may only shorten the grace.
        if m.deletion_grace_period_seconds.is_none_or(|g| grace < g) {
            m.deletion_timestamp = Some(Time(now.0 + grace));
            m.deletion_grace_period_seconds = Some(grace);
        }
        return put(old, new);
    }
    if m.finalizers.is_empty() {
        return Outcome::Remove(old.key());
    }
    m.deletion_timestamp.get_or_insert(now);
    m.deletion_grace_period_seconds = Some(0);
    put(old, new)
}

fn put(old: &Obj, new: Obj) -> Outcome {
    if *old == new { Outcome::Unchanged(new) } else { Outcome::Put(new) }
}

/// Whether nothing holds a deleted object any more, so that this update removes it
/// (`ShouldDeleteDuringUpdate`).
pub(super) fn finished(o: &Obj) -> bool {
    let m = o.meta();
    let own: &[Str] = if let Obj::Namespace(n) = o { &n.spec.finalizers } else { &[] };
    let grace_over = match o {
        Obj::Pod(_) => m.deletion_grace_period_seconds == Some(0),
        _ => true,
    };
    m.deleting() && m.finalizers.is_empty() && own.is_empty() && grace_over
}
